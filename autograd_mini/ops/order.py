"""The smallest and largest of the elements along an axis: partitions, the k first, and the one at place k."""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np

from ..arguments import Axis, AxisOrFlat, Flag, Parameter, Plain, Whole, is_whole
from ..core.primitive import operand
from .axes import ravel
from .kinds import definition, op
from .shape import getitem, squeeze
from .sort import argsort, falling, take_along_axis

Places = Annotated[Any, Parameter(None, "int | Sequence[int]")]


@op(methods=["argpartition"])
def argpartition(x: Any, kth: Places, axis: AxisOrFlat = -1, kind: Plain = "introselect") -> Any:
    """The positions of the elements, of which those at kth are as in sorted order. x (..., n, ...) -> (..., n, ...).

    What is before position k is no larger, and what is behind no smaller. No gradient flows through it.

    Arguments:
        x: real numbers.
        kth: a position in the sorted order, or several.
        axis: the axis, or None for all elements in row-major order.
        kind: "introselect".
    Returns:
        Integers.
    Raises:
        ValueError: for a position or an axis out of range.

    Example:
        >>> ag.argpartition(Tensor([3.0, 1.0, 2.0]), 0).numpy()[0]
        np.int64(1)
    """
    return np.argpartition(x, kth, axis, kind)


argpartition.defvjp(x=None)


@definition(numpy={np.partition: ("order",)})
def partition(x: Any, kth: Places, axis: AxisOrFlat = -1, kind: Plain = "introselect") -> Any:
    """The elements along an axis, of which those at kth are as in sorted order. x (..., n, ...) -> (..., n, ...).

    What is before position k is no larger, and what is behind no smaller. Each element gets the gradient of its new
    position.

    Arguments:
        x: real numbers.
        kth: a position in the sorted order, or several.
        axis: the axis, or None for all elements in row-major order.
        kind: "introselect".
    Returns:
        The same elements.
    Raises:
        ValueError: for a position or an axis out of range.

    Example:
        >>> ag.partition(Tensor([3.0, 1.0, 2.0]), 1).numpy()
        array([1., 2., 3.])
    """
    lined, along = (ravel(x), 0) if axis is None else (x, axis)
    _check("partition", kth, lined.shape, along)
    return take_along_axis.bind(lined, argpartition.bind(lined, kth=kth, axis=along, kind=kind), axis=along)


def _check(name: str, kth: Any, shape: tuple[int, ...], axis: int) -> None:
    n = shape[axis]
    for k in kth if isinstance(kth, Sequence | np.ndarray) else (kth,):
        if not is_whole(k, -n) or k >= n:
            raise ValueError(f"{name}: position {k!r} is out of range for axis {axis} of shape {shape}")


@definition(methods=["topk"])
def topk(x: Any, k: Whole, axis: Axis = -1, largest: Flag = True, sorted: Flag = True) -> tuple[Any, Any]:  # noqa: A002
    """The k largest elements along an axis, and where they are; PyTorch's name. x (..., n, ...) -> (..., k, ...), same.

    Of equal elements the first is taken; nan is largest. Each chosen element gets its result's gradient.

    Arguments:
        x: real numbers.
        k: how many.
        axis: the axis.
        largest: False for the smallest ones.
        sorted: without meaning: they are in order.
    Returns:
        The elements, in descending order, or ascending if they are the smallest; and their positions, constants.
    Raises:
        ValueError: for an axis out of range, and unless k is from 0 to its length.

    Example:
        >>> [part.tolist() for part in ag.topk(Tensor([3.0, 1.0, 2.0]), 2)]
        [[3.0, 2.0], [0, 2]]
    """
    x = operand("topk", x)
    if not is_whole(k, 0) or k > x.shape[axis]:
        raise ValueError(f"topk: k must be from 0 to {x.shape[axis]}, the length of axis {axis}, not {k!r}")
    order = falling(x, axis) if largest else argsort.bind(x, axis=axis)
    places = getitem.bind(order, index=(*[slice(None)] * axis, slice(0, int(k))))
    return take_along_axis.bind(x, places, axis=axis), places


@definition(methods=["kthvalue"])
def kthvalue(x: Any, k: Whole, axis: Axis = -1, keepdims: Flag = False) -> tuple[Any, Any]:
    """The k-th smallest element along an axis, and where it is; PyTorch's name. x (..., n, ...) -> (...), (...).

    Arguments:
        x: real numbers.
        k: which, counted from 1.
        axis: the axis.
        keepdims: whether the axis stays, with length 1.
    Returns:
        The elements, and their positions, constants.
    Raises:
        ValueError: for an axis out of range, and unless k is from 1 to its length.

    Example:
        >>> [part.item() for part in ag.kthvalue(Tensor([3.0, 1.0, 2.0]), 2)]
        [2.0, 2]
    """
    if not is_whole(k, 1) or k > x.shape[axis]:
        raise ValueError(f"kthvalue: k must be from 1 to {x.shape[axis]}, the length of axis {axis}, not {k!r}")
    order = argsort.bind(x, axis=axis)
    places = getitem.bind(order, index=(*[slice(None)] * axis, slice(int(k) - 1, int(k))))
    found = take_along_axis.bind(x, places, axis=axis), places
    return found if keepdims else tuple(squeeze(part, axis) for part in found)
