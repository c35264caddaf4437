"""Elements chosen by their positions along an axis, or put in ascending order.

take_along_axis ↔ add_along_axis
"""

from math import prod
from typing import Any

import numpy as np

from ..arguments import AxisOrFlat, Flag, Plain
from ..core.primitive import operand
from .kinds import definition, linear, op
from .precision import in_single
from .shape import flip, reshape

LONG = 1000
"""Elements from which on NumPy's fast sort gains more over its stable one than the order of equals costs."""


@linear(
    lambda g, shape, indices, *, axis: add_along_axis.bind(g, indices, shape=shape, axis=axis),
    numpy=[np.take_along_axis],
)
def take_along_axis(x: Any, indices: Any, axis: AxisOrFlat = -1) -> Any:
    """The elements x[…, indices[…, j, …], …]; PyTorch's `take_along_dim`. x (..., n, ...) -> (..., m, ...).

    An element taken twice receives both gradients.

    Arguments:
        x: (..., n, ...), numbers.
        indices: (..., m, ...), integers from −n to n − 1; on the other axes the shapes broadcast.
        axis: the axis, or None for positions (m,) in all of x in row-major order.
    Returns:
        (..., m, ...), the elements at the indices.
    Raises:
        ValueError: for an axis out of range, and unless x and the indices have as many axes, of lengths that broadcast.
        IndexError: for indices that are not integers, or out of bounds.

    Example:
        >>> x = Tensor([1.0, 4.0, 9.0], requires_grad=True)
        >>> y = ag.take_along_axis(x, np.array([0, 0, 2]))
        >>> y.numpy(), ag.grad(y.sum(), x).numpy()
        (array([1., 1., 9.]), array([2., 0., 1.]))
    """
    if np.ndim(indices) != (1 if axis is None else np.ndim(x)):
        raise ValueError(f"indices must have {'one axis' if axis is None else 'as many axes as x'}")
    x, indices = np.asarray(x), np.asarray(indices)
    pairs = zip(x.shape, indices.shape, strict=True) if axis is not None else ()
    if any(i != axis and n != m and 1 not in (n, m) for i, (n, m) in enumerate(pairs)):
        raise ValueError(f"on all axes but axis {axis} their lengths must be equal, or 1")
    flat = axis is None or x.ndim == 1
    return x.ravel()[indices] if flat and indices.dtype.kind in "iu" else np.take_along_axis(x, indices, axis)


@linear(lambda g, indices, *, axis: take_along_axis.bind(g, indices, axis=axis), public=False)
@in_single
def add_along_axis(y: Any, indices: Any, *, shape: Plain, axis: Plain) -> Any:
    """Zeros of `shape` to which y is added at the indices. y, indices (..., m, ...) -> (..., n, ...)."""
    x = np.zeros(prod(shape), y.dtype)
    flat = axis is None or len(shape) == 1
    places = indices if flat else np.take_along_axis(np.arange(x.size).reshape(shape), indices, axis)
    np.add.at(x, places.ravel(), y.ravel())
    return x.reshape(shape)


@op(methods=["argsort"], numpy={np.argsort: ("kind", "stable")})
def argsort(x: Any, axis: AxisOrFlat = -1) -> Any:
    """The positions of the elements in ascending order along an axis. x (...) -> (...).

    Equal elements keep their order, and nan are last. No gradient flows through it.

    Arguments:
        x: real numbers.
        axis: the axis, or None for positions among all elements in row-major order.
    Returns:
        Integers; (n,) without an axis.
    Raises:
        ValueError: for an axis out of range.

    Example:
        >>> ag.argsort(Tensor([3.0, 1.0, 2.0])).tolist()
        [1, 2, 0]
    """
    return in_order(np.asarray(x), axis)


def in_order(x: Any, axis: int | None) -> Any:
    """np.argsort(x, axis, kind="stable"), by NumPy's fast sort: of equal elements the positions are sorted after it."""
    line = x.ravel() if axis is None else x
    along = 0 if axis is None else axis
    n = line.shape[along] if line.ndim else 0
    if n < LONG or x.dtype.kind not in "fiu" or x.dtype.itemsize < 4:  # of fewer bits the stable sort is by digits
        return np.argsort(x, axis, kind="stable")
    line = np.moveaxis(line, along, -1)
    order = np.argsort(line, -1)
    put = np.take_along_axis(line, order, -1)
    equal = (put[..., 1:] == put[..., :-1]) | (put[..., :-1] != put[..., :-1])  # all nan are equal
    if equal.any():
        runs = np.zeros(order.shape, np.int64)
        np.cumsum(~equal, axis=-1, out=runs[..., 1:])
        order = np.sort(runs * n + order, -1) % n
    return np.moveaxis(order, -1, along)


argsort.defvjp(x=None)
take_along_axis.defvjp(indices=None)
add_along_axis.defvjp(indices=None)


@definition(methods=["sort"], numpy={np.sort: ("kind", "stable")})
def sort(x: Any, axis: AxisOrFlat = -1, *, descending: Flag = False) -> Any:
    """The elements in ascending order along an axis. x (...) -> (...).

    Equal elements keep their order, and nan are last. Each element gets the gradient of its new position.

    Arguments:
        x: real numbers.
        axis: the axis, or None for all elements in row-major order.
        descending: whether the largest come first, nan before them.
    Returns:
        The sorted elements, in x's dtype; (n,) without an axis.
    Raises:
        ValueError: for an axis out of range.

    Example:
        >>> x = Tensor([3.0, 1.0, 2.0], requires_grad=True)
        >>> ag.grad(ag.sort(x), x, np.array([10.0, 20.0, 30.0])).numpy()
        array([30., 10., 20.])
    """
    x = operand("sort", x)
    order = falling(x, axis) if descending else argsort.bind(x, axis=axis)
    return take_along_axis.bind(x, order, axis=axis)


def falling(x: Any, axis: int | None) -> Any:
    """The positions of the elements in descending order, nan first; equal elements keep their order."""
    line, along = (reshape.bind(x, shape=(prod(x.shape),)), 0) if axis is None else (x, axis)
    back = argsort.bind(flip.bind(line, axis=(along,)), axis=along)
    return line.shape[along] - 1 - flip.bind(back, axis=(along,))
