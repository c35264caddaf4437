"""Operations that move elements without computing with them. Each stands beside its adjoint.

reshape ↔ reshape      transpose ↔ transpose      broadcast_to ↔ the backward pass's sum
getitem ↔ index_add    pad ↔ getitem              concatenate ↔ getitem             flip ↔ flip
roll ↔ roll            split ↔ concatenate
"""

from collections.abc import Iterable, Mapping
from itertools import accumulate
from math import prod
from typing import Annotated, Any

import numpy as np

from ..arguments import (
    Axes,
    AxesAsGiven,
    AxesOrNone,
    Axis,
    Filling,
    Index,
    LargerShape,
    Order,
    Parameter,
    Plain,
    Several,
    Shape,
    Whole,
    Widths,
    axes_of,
    axis_of,
    is_whole,
)
from ..core.primitive import call_as, operand, told_kind
from ..kernels.buffers import empty
from ..kernels.layout import repeated, row_major
from ..kernels.pieces import copy_into, joined, order_of
from .elementwise import astype
from .kinds import definition, linear, op
from .precision import in_single

IntOrSeveral = Annotated[Any, Parameter(None, "int | Sequence[int]")]
_BASIC, _SEVERAL = (int, slice, type(None), type(...)), (tuple, list)  # what a basic index is made of; made once
FEW = 1000
"""Elements that are added at indices as they are."""


@linear(lambda g, shape: g.reshape(shape))
def reshape(x: Any, shape: Shape) -> Any:
    """The same elements, in row-major order, in another shape. x (...) -> (...).

    Arguments:
        x: numbers.
        shape: the lengths, of which one may be -1, or one integer.
    Returns:
        A view of x where its memory allows that, else a copy.
    Raises:
        ValueError: for a shape with another number of elements.
        TypeError: for lengths that are not integers.

    Example:
        >>> ag.reshape(np.arange(6), (2, -1))
        array([[0, 1, 2],
               [3, 4, 5]])
    """
    x = np.asarray(x)
    try:
        return x.reshape(shape, copy=False)
    except ValueError:  # the elements do not lie in that order
        return row_major(x).reshape(shape)


@linear(lambda g, *, axes: g.transpose(tuple(sorted(range(len(axes)), key=axes.__getitem__))))
def transpose(x: Any, axes: Order = None) -> Any:
    """The axes in another order; PyTorch's `permute`. x (...) -> (...).

    Arguments:
        x: numbers.
        axes: axis i of the result is axis axes[i] of x; None for the reverse order.
    Returns:
        A view of x.
    Raises:
        ValueError: unless `axes` names each axis of x once.
        TypeError: for axes that are not integers.

    Example:
        >>> ag.transpose(np.zeros((2, 3, 5)), (0, 2, 1)).shape
        (2, 5, 3)
    """
    return np.asarray(x).transpose(axes)


@linear(lambda g: g)
def broadcast_to(x: Any, shape: LargerShape) -> Any:
    """The array repeated to a larger shape by NumPy's rules; PyTorch's `expand`. x (1, a) -> (b, a).

    The gradient is the sum over the repetitions.

    Arguments:
        x: numbers.
        shape: the lengths; from the right each is x's, or x's is 1 or missing.
    Returns:
        A read-only view of x.
    Raises:
        ValueError: for a shape that x does not broadcast to.
        TypeError: for lengths that are not integers.

    Example:
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> ag.grad(ag.broadcast_to(x, (3, 2)).sum(), x).numpy()
        array([3., 3.])
    """
    return repeated(np.asarray(x), shape)


@linear(lambda g, shape, *, index: index_add.bind(g, shape=shape, index=index))
def getitem(x: Any, index: Index) -> Any:
    """The elements x[index], by NumPy's basic and advanced indexing. x (...) -> (...).

    An element taken twice receives both gradients; one that is not taken, 0.

    Arguments:
        x: numbers.
        index: what may stand in brackets: integers, slices, `...`, None, arrays of integers or booleans, and tuples.
    Returns:
        The elements: a view of x for a basic index, a copy for an advanced one.
    Raises:
        IndexError: for an index that is out of bounds, or that x does not have the axes for.

    Example:
        >>> x = Tensor([1.0, 4.0, 9.0], requires_grad=True)
        >>> ag.grad(x[[0, 0, 2]].sum(), x).numpy()  # brackets call it
        array([2., 0., 1.])
    """
    return np.asarray(x)[index]


@linear(lambda g, *, index: getitem.bind(g, index=index), public=False)
@in_single
def index_add(y: Any, *, shape: Plain, index: Plain) -> Any:
    """Zeros of `shape` with y added at [index]; an element indexed twice receives both. y (...) -> shape."""
    y = np.asarray(y)
    x = np.zeros(shape, y.dtype)
    if all(isinstance(i, _BASIC) for i in (index if type(index) is tuple else (index,))):
        x[index] = y  # a basic index names no element twice
    elif y.size > FEW and _names_rows(index) and y.shape == (*index.shape, *shape[1:]):
        width = prod(shape[1:])  # element by element: NumPy is quick at adding to one line
        places = index.reshape(-1, 1).astype(np.intp) * width + np.arange(width)
        np.add.at(x.reshape(-1), places.reshape(-1), y.reshape(-1))
    else:
        np.add.at(x, index, y)
    return x


def _names_rows(index: Any) -> bool:
    return type(index) is np.ndarray and index.dtype.kind in "iu"


@op(analytic=True, takes_complex=True, public=False)
def pad(x: Any, pad_width: Widths, value: Filling = 0.0) -> Any:
    """A border of one value around x. x (n, ...) -> (before + n + after, ...)."""
    x = np.asarray(x)
    lengths = [n + before + after for n, (before, after) in zip(x.shape, pad_width, strict=True)]
    order = order_of(x)
    padded = empty(tuple(lengths[axis] for axis in order), x.dtype).transpose(np.argsort(order))  # lies as x does
    inside = _inside(pad_width, x.shape)
    for axis, part in enumerate(inside):
        for border in (slice(part.start), slice(part.stop, None)):
            padded[(*inside[:axis], border)] = value
    copy_into(padded[inside], x)
    return padded


pad.defvjp(x=lambda g, shape, *, pad_width: g[_inside(pad_width, shape)])


def _inside(width: tuple[tuple[int, int], ...], shape: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple(slice(before, before + n) for (before, _), n in zip(width, shape, strict=True))


@linear(lambda g, *, axis: flip.bind(g, axis=axis), numpy=[np.flip])
def flip(x: Any, axis: Axes = None) -> Any:
    """The elements in reverse order along the given axes, by default all. x (...) -> (...).

    Arguments:
        x: numbers.
        axis: one axis or several; None for all of them.
    Returns:
        A view of x.
    Raises:
        ValueError: for an axis out of range or named twice.

    Example:
        >>> ag.flip(np.array([[1, 2], [3, 4]]), axis=1)
        array([[2, 1],
               [4, 3]])
    """
    return np.asarray(x)[tuple([slice(None, None, -1 if i in axis else None) for i in range(np.ndim(x))])]


@linear(lambda g, *, shift, axis: roll.bind(g, shift=tuple(-s for s in shift), axis=axis), public=False)
def roll(x: Any, *, shift: tuple[int, ...], axis: tuple[int, ...] | None) -> Any:
    """x moved by shift[i] places along axis[i], by all of them in one line if axis is None. x (...) -> (...)."""
    return np.roll(x, shift, axis)


@linear(lambda g, shape, index, *, axis, starts: g[_span(axis, starts[index], shape[axis])])
def concatenate(*arrays: Any, axis: int, starts: tuple[int, ...]) -> Any:
    """The arrays joined along an axis; array i begins at starts[i] there."""
    return joined(arrays, axis)


def _span(axis: int, start: int, length: int) -> tuple[slice, ...]:
    return (*[slice(None)] * axis, slice(start, start + length))


def _concatenate(arrays: Several, axis: int | None = 0, *, dtype: Plain = None) -> Any:
    """The arrays joined along an existing axis; PyTorch's `cat`. (a, c), (b, c) -> (a + b, c).

    Arguments:
        arrays: a sequence of Tensors or arrays that agree on every other axis.
        axis: the axis; None joins all elements in one line.
        dtype: another dtype for the result.
    Returns:
        The joined array. Each array's gradient is its part of it.
    Raises:
        ValueError: for an empty sequence, an axis out of range, and lengths that differ on another axis.
        TypeError: for anything but a sequence of arrays.

    Example:
        >>> x, y = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0], requires_grad=True)
        >>> _, g = ag.grad(ag.concatenate([x, y]), [x, y], np.array([1.0, 2.0, 3.0]))
        >>> g.numpy()
        array([3.])
    """
    arrays = _joined("concatenate", arrays, dtype)
    if axis is None:
        arrays, axis = [reshape.bind(a, shape=(prod(a.shape),)) for a in arrays], 0
    first = arrays[0].shape
    along = axis_of("concatenate", first, axis)
    for a in arrays:
        if len(a.shape) != len(first) or a.shape[:along] + a.shape[along + 1 :] != first[:along] + first[along + 1 :]:
            raise ValueError(f"concatenate: {first} and {a.shape} must agree on every axis but axis {along}")
    starts = tuple(accumulate([a.shape[along] for a in arrays[:-1]], initial=0))
    return concatenate.bind(*arrays, axis=along, starts=starts)


call_as(concatenate, _concatenate)


@definition(name="roll", methods=["roll"], numpy=[np.roll])
def rolled(x: Any, shift: IntOrSeveral, axis: AxesOrNone = None) -> Any:
    """The elements moved along axes; what leaves at one end enters at the other. x (...) -> (...).

    Arguments:
        x: numbers.
        shift: places to move by, one integer for each axis or one for all of them; negative ones move back.
        axis: one axis, several, or None for all elements in row-major order.
    Returns:
        The moved elements, in x's shape.
    Raises:
        ValueError: for an axis out of range, and for shifts and axes of different numbers unless one is single.
        TypeError: for what is not an integer.

    Example:
        >>> ag.roll(np.array([1, 2, 3, 4]), 1)
        array([4, 1, 2, 3])
    """
    by = _wholes("roll", "shift", shift)
    if axis is not None:
        axis = tuple(axis_of("roll", x.shape, a) for a in (axis if isinstance(axis, _SEVERAL) else [axis]))
        if 1 not in (len(by), len(axis)) and len(by) != len(axis):
            raise ValueError(f"roll: {len(by)} shifts {by} do not go with {len(axis)} axes {axis}")
    return roll.bind(x, shift=by, axis=axis)


def _wholes(name: str, what: str, value: Any) -> tuple[int, ...]:
    """An integer or several, as a tuple. Raises TypeError, as `name`, for anything else."""
    given = tuple(value) if isinstance(value, _SEVERAL) else (value,)
    if not all(map(is_whole, given)):
        given = tuple(np.atleast_1d(value)) if isinstance(value, (*_SEVERAL, np.ndarray)) else given
    if not all(map(is_whole, given)):
        raise TypeError(f"{name}: {what} must be an integer or a tuple of them, not {value!r}")
    return tuple(map(int, given))


@linear(lambda g, *, ends, axis: concatenate.bind(*g, axis=axis, starts=(0, *ends)), outputs=("*parts",), public=False)
def split(x: Any, *, ends: tuple[int, ...], axis: int) -> Any:
    """x cut along an axis before the given positions, which are in ascending order. x (n, ...) -> parts (m, ...)."""
    cuts = zip((0, *ends), (*ends, x.shape[axis]), strict=True)
    return tuple(x[_span(axis, start, end - start)] for start, end in cuts)


@definition(name="split", methods=["split"], numpy=[np.split])
def parted(x: Any, indices_or_sections: IntOrSeveral, axis: Axis = 0) -> tuple[Any, ...]:
    """The array cut along an axis into several; PyTorch's `tensor_split`. x (n, ...) -> parts (m, ...).

    Arguments:
        x: numbers.
        indices_or_sections: how many equal parts, or the positions to cut before, in ascending order.
        axis: the axis.
    Returns:
        A tuple of views of x.
    Raises:
        ValueError: for parts that would be unequal, positions that are not in order, and an axis out of range.
        TypeError: for what is not an integer.

    Example:
        >>> [part.numpy().tolist() for part in ag.split(Tensor([1.0, 2.0, 3.0, 4.0, 5.0]), [2, 3])]
        [[1.0, 2.0], [3.0], [4.0, 5.0]]
    """
    n, given = x.shape[axis], _wholes("split", "indices_or_sections", indices_or_sections)
    if isinstance(indices_or_sections, tuple | list | np.ndarray):
        ends = tuple(min(max(place + n if place < 0 else place, 0), n) for place in given)
        if list(ends) != sorted(ends):
            raise ValueError(f"split: the places {given} go back on axis {axis} of shape {x.shape}")
    else:
        (count,) = given
        if count < 1 or n % count:
            raise ValueError(f"split: axis {axis} of shape {x.shape}, of length {n}, has no {count} equal parts")
        ends = tuple(i * n // count for i in range(1, count))
    parts: tuple[Any, ...] = split.bind(x, ends=ends, axis=axis)
    return parts


# ── by definition ─────────────────────────────────────────────────────────────────────────────────────────────────────


@definition(methods=["flatten"])
def flatten(x: Any, start_axis: Whole = 0) -> Any:
    """The axes from `start_axis` on made one, in row-major order; NumPy's `ravel`. x (a, b, c) -> (abc,).

    Arguments:
        x: numbers.
        start_axis: the first axis to join; 1 keeps the samples of a batch apart.
    Returns:
        A view of x where its memory allows that, else a copy.
    Raises:
        ValueError: for an axis out of range.

    Example:
        >>> ag.flatten(np.zeros((2, 3, 5)), 1).shape
        (2, 15)
    """
    start = axis_of("flatten", x.shape, start_axis) if x.shape or start_axis else 0
    return reshape.bind(x, shape=(*x.shape[:start], prod(x.shape[start:])))


@definition(numpy=[np.matrix_transpose])
def matrix_transpose(x: Any) -> Any:
    """The last two axes exchanged; PyTorch's `mT`. x (..., m, n) -> (..., n, m).

    Arguments:
        x: a matrix, or a stack of them.
    Returns:
        A view of x.
    Raises:
        ValueError: for fewer than two axes.

    Example:
        >>> ag.matrix_transpose(np.array([[1, 2], [3, 4]]))
        array([[1, 3],
               [2, 4]])
    """
    if len(x.shape) < 2:
        raise ValueError(f"matrix_transpose: shape {x.shape} has no two axes to exchange")
    lead = tuple(range(len(x.shape) - 2))
    return transpose.bind(x, axes=(*lead, len(lead) + 1, len(lead)))


@definition(methods=["expand_dims"], numpy=[np.expand_dims])
def expand_dims(x: Any, axis: AxesAsGiven) -> Any:
    """New axes of length 1; PyTorch's `unsqueeze`. x (a, b) -> (1, a, b) for axis 0.

    Arguments:
        x: numbers.
        axis: where the new axes are in the result, one or several.
    Returns:
        A view of x.
    Raises:
        ValueError: for an axis out of range of the result, or named twice.
        TypeError: for an axis that is not an integer.

    Example:
        >>> ag.expand_dims(np.zeros((2, 3)), (0, -1)).shape
        (1, 2, 3, 1)
    """
    count = len(axis) if isinstance(axis, _SEVERAL) else 1
    new = axes_of("expand_dims", (1,) * (len(x.shape) + count), (None,) if axis is None else axis)
    rest = iter(x.shape)
    return reshape.bind(x, shape=tuple(1 if i in new else next(rest) for i in range(len(x.shape) + count)))


@definition(methods=["squeeze"], numpy=[np.squeeze])
def squeeze(x: Any, axis: AxesOrNone = None) -> Any:
    """Axes of length 1 removed. x (1, a, 1) -> (a,).

    Arguments:
        x: numbers.
        axis: one axis, several, or None for all of length 1.
    Returns:
        A view of x.
    Raises:
        ValueError: for an axis that is longer than 1, out of range, or named twice.

    Example:
        >>> ag.squeeze(np.zeros((1, 3, 1)), 0).shape
        (3, 1)
    """
    drop = [i for i, n in enumerate(x.shape) if n == 1] if axis is None else axes_of("squeeze", x.shape, axis)
    for i in drop:
        if x.shape[i] != 1:
            raise ValueError(f"squeeze: axis {i} of shape {x.shape} has length {x.shape[i]}, not 1")
    return reshape.bind(x, shape=tuple(n for i, n in enumerate(x.shape) if i not in drop))


@definition(methods=["tile"], numpy=[np.tile])
def tile(x: Any, reps: IntOrSeveral) -> Any:
    """Copies of x side by side, reps[i] of them along axis i. x (a, b) -> (a·reps[0], b·reps[1]).

    As in NumPy the shorter of shape and reps gets ones in front: 2 stands for (1, 2), and (3, 1) makes (n,) to (3, n).

    Arguments:
        x: numbers.
        reps: integers of at least 0, or one of them.
    Returns:
        The copies, in one array. The gradient is the sum over them.
    Raises:
        ValueError: for reps below 0.
        TypeError: for reps that are not integers.

    Example:
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> y = ag.tile(x, 3)
        >>> y.numpy(), ag.grad(y.sum(), x).numpy()
        (array([1., 2., 1., 2., 1., 2.]), array([3., 3.]))
    """
    times = _wholes("tile", "reps", reps)
    if any(r < 0 for r in times):
        raise ValueError(f"tile: reps must be at least 0, not {reps!r}")
    shape = (*[1] * (len(times) - len(x.shape)), *x.shape)
    pairs = [*zip((*[1] * (len(shape) - len(times)), *times), shape, strict=True)]
    apart = reshape.bind(x, shape=tuple(m for _, n in pairs for m in (1, n)))
    copies = broadcast_to.bind(apart, shape=tuple(m for pair in pairs for m in pair))
    return reshape.bind(copies, shape=tuple(r * n for r, n in pairs))


@definition
def stack(arrays: Several, axis: Whole = 0, *, dtype: Plain = None) -> Any:
    """The arrays joined along a new axis. n × (a, b) -> (n, a, b) for axis 0.

    Arguments:
        arrays: a sequence of Tensors or arrays of the same shape.
        axis: where the new axis is in the result.
        dtype: another dtype for the result.
    Returns:
        The joined array.
    Raises:
        ValueError: for an empty sequence, shapes that differ, and an axis out of range of the result.
        TypeError: for anything but a sequence of arrays.

    Example:
        >>> x, y = Tensor(1.0, requires_grad=True), Tensor(2.0, requires_grad=True)
        >>> ag.grad(ag.stack([x, y]), x, np.array([10.0, 20.0])).numpy()
        array(10.)
    """
    arrays = _joined("stack", arrays, dtype)
    for a in arrays:
        if a.shape != arrays[0].shape:
            raise ValueError(f"stack: shapes {arrays[0].shape} and {a.shape} must be equal")
    if not is_whole(axis, -len(arrays[0].shape) - 1) or axis > len(arrays[0].shape):
        raise ValueError(f"stack: axis {axis!r} is no place for a new axis in shape {arrays[0].shape}")
    return concatenate([expand_dims(a, axis) for a in arrays], axis)


def _joined(name: str, arrays: Any, dtype: Any = None) -> list[Any]:
    """The arrays to join, in another dtype if one is given.

    Raises TypeError if they are not several, ValueError if there are none.
    """
    plain = isinstance(arrays, _SEVERAL)
    if not plain and (not isinstance(arrays, Iterable) or isinstance(arrays, str | bytes | Mapping)):
        raise TypeError(f"{name}: takes a sequence of arrays to join, not {told_kind(arrays)}")
    found = [operand(name, a, *arrays) for a in arrays]
    if not found:
        raise ValueError(f"{name}: there is nothing to join")
    return found if dtype is None else [astype(a, dtype) for a in found]
