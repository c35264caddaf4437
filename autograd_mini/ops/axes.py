"""Axes exchanged, moved, turned, added and repeated: views and copies of the same elements."""

from math import prod
from typing import Annotated, Any

import numpy as np

from ..arguments import Axis, AxisOrFlat, Parameter, Plain, Whole, axes_of, axis_of, bare, is_whole
from ..core.primitive import operand
from .kinds import definition, linear
from .precision import in_single
from .shape import broadcast_to, flip, getitem, reshape, tile, transpose

IntOrSeveral = Annotated[Any, Parameter(None, "int | Sequence[int]")]
Counts = Annotated[Any, Parameter(None, "int | ArrayLike")]

# ── in another order ──────────────────────────────────────────────────────────────────────────────────────────────────


@definition(numpy=[np.swapaxes], methods=["swapaxes"])
def swapaxes(x: Any, axis1: Axis, axis2: Axis) -> Any:
    """Two axes exchanged; PyTorch's `transpose`. x (..., m, ..., n, ...) -> (..., n, ..., m, ...).

    Arguments:
        x: an array.
        axis1, axis2: the two axes.
    Returns:
        The same elements.
    Raises:
        ValueError: for an axis out of range.

    Example:
        >>> ag.swapaxes(Tensor(np.zeros((2, 3, 4))), 0, 2).shape
        (4, 3, 2)
    """
    order = [*range(len(x.shape))]
    order[axis1], order[axis2] = axis2, axis1
    return transpose.bind(x, axes=tuple(order))


@definition(numpy=[np.moveaxis])
def moveaxis(x: Any, source: IntOrSeveral, destination: IntOrSeveral) -> Any:
    """Axes moved to other places, the others in their order; PyTorch's `movedim`. x (a, b, c) -> (b, c, a).

    Arguments:
        x: an array.
        source: one axis or several.
        destination: where each of them goes.
    Returns:
        The same elements.
    Raises:
        ValueError: for an axis out of range or named twice, and unless there are as many of either.

    Example:
        >>> ag.moveaxis(Tensor(np.zeros((2, 3, 4))), 0, -1).shape
        (3, 4, 2)
    """
    ends = [
        [axis_of("moveaxis", x.shape, axis) for axis in (given if isinstance(given, tuple | list) else [given])]
        for given in (source, destination)
    ]
    if len(set(ends[0])) != len(ends[0]) or sorted(set(ends[1])) != sorted(ends[1]) or len(ends[0]) != len(ends[1]):
        raise ValueError(f"moveaxis: {source} and {destination} must be equally many axes, each of them once")
    order = [axis for axis in range(len(x.shape)) if axis not in ends[0]]
    for to, axis in sorted(zip(ends[1], ends[0], strict=True)):
        order.insert(to, axis)
    return transpose.bind(x, axes=tuple(order))


@definition(numpy=[np.rollaxis])
def rollaxis(x: Any, axis: Axis, start: Whole = 0) -> Any:
    """One axis moved to before another; `moveaxis` says the same more plainly. x (a, b, c) -> (c, a, b).

    Arguments:
        x: an array.
        axis: the axis that moves.
        start: before which axis it goes; the number of axes stands for the end.
    Returns:
        The same elements.
    Raises:
        ValueError: for an axis out of range.

    Example:
        >>> ag.rollaxis(Tensor(np.zeros((2, 3, 4))), 2).shape
        (4, 2, 3)
    """
    n = len(x.shape)
    if not is_whole(start, -n) or start > n:
        raise ValueError(f"rollaxis: start {start!r} is out of range for shape {x.shape}, which has {n} axes")
    place = start + n if start < 0 else start
    return moveaxis(x, axis, place - 1 if axis < place else place)


@definition(numpy=[np.permute_dims], methods=["permute_dims"])
def permute_dims(x: Any, axes: Plain) -> Any:
    """The axes in another order, the array API's and PyTorch's way to say `transpose`. x (a, b, c) -> (c, a, b).

    Arguments:
        x: an array.
        axes: each axis once, in the order that they are to have.
    Returns:
        The same elements.
    Raises:
        ValueError: unless axes is a permutation.

    Example:
        >>> ag.permute_dims(Tensor(np.zeros((2, 3, 4))), (2, 0, 1)).shape
        (4, 2, 3)
    """
    return transpose(x, axes)


# ── turned ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@definition(numpy=[np.rot90])
def rot90(x: Any, k: Whole = 1, axes: IntOrSeveral = (0, 1)) -> Any:
    """Turned by right angles in the plane of two axes, from the first to the second. x (m, n) -> (n, m).

    Arguments:
        x: an array of at least two axes.
        k: how often; negative the other way round.
        axes: the two axes.
    Returns:
        The same elements.
    Raises:
        ValueError: unless there are two different axes.

    Example:
        >>> ag.rot90(Tensor([[1, 2], [3, 4]])).tolist()
        [[2, 4], [1, 3]]
    """
    if not isinstance(axes, tuple | list) or len(axes) != 2 or len(axes_of("rot90", x.shape, tuple(axes))) != 2:
        raise ValueError(f"rot90: axes must be two different axes, not {axes!r}")
    if not is_whole(k):
        raise TypeError(f"rot90: k must be an integer, not {k!r}")
    first, second = (a % len(x.shape) for a in axes)
    if k % 4 == 2:
        return flip.bind(x, axis=tuple(sorted((first, second))))
    if k % 4:
        turned = flip.bind(x, axis=(second if k % 4 == 1 else first,))
        return swapaxes(turned, first, second)
    return x


@definition(numpy=[np.fliplr])
def fliplr(x: Any) -> Any:
    """The columns in reverse order. x (m, n, ...) -> same.

    Arguments:
        x: an array of at least two axes.
    Returns:
        The same elements.
    Raises:
        ValueError: for fewer than two axes.

    Example:
        >>> ag.fliplr(Tensor([[1, 2], [3, 4]])).tolist()
        [[2, 1], [4, 3]]
    """
    if len(x.shape) < 2:
        raise ValueError(f"fliplr: shape {x.shape} has no columns")
    return flip.bind(x, axis=(1,))


@definition(numpy=[np.flipud])
def flipud(x: Any) -> Any:
    """The rows in reverse order. x (m, ...) -> same.

    Arguments:
        x: an array of at least one axis.
    Returns:
        The same elements.
    Raises:
        ValueError: for a scalar.

    Example:
        >>> ag.flipud(Tensor([[1, 2], [3, 4]])).tolist()
        [[3, 4], [1, 2]]
    """
    if not x.shape:
        raise ValueError("flipud: shape () has no rows")
    return flip.bind(x, axis=(0,))


# ── one line, more axes ───────────────────────────────────────────────────────────────────────────────────────────────


@definition(numpy=[np.ravel], methods=["ravel"])
def ravel(x: Any, order: Plain = "C") -> Any:
    """All elements in one line. x (...) -> (n,).

    Arguments:
        x: an array.
        order: "C" row by row, "F" column by column; "A" and "K" mean "C".
    Returns:
        The same elements.
    Raises:
        ValueError: for another order.

    Example:
        >>> ag.ravel(Tensor([[1, 2], [3, 4]]), "F").tolist()
        [1, 3, 2, 4]
    """
    if order not in ("C", "F", "A", "K"):
        raise ValueError(f"ravel: order must be 'C', 'F', 'A' or 'K', not {order!r}")
    return reshape.bind(transpose(x) if order == "F" else x, shape=(prod(x.shape),))


def _at_least(n: int, arrays: tuple[Any, ...], name: str) -> Any:
    found = []
    for given in arrays:
        x = operand(name, given)
        lacking = n - len(x.shape)
        if lacking > 0:  # NumPy puts a line into the middle of three axes
            before = 1 if (n, lacking) == (3, 2) else 0 if (n, lacking) == (3, 1) else lacking
            x = reshape.bind(x, shape=(*[1] * before, *x.shape, *[1] * (lacking - before)))
        found.append(x)
    return found[0] if len(found) == 1 else tuple(found)


def _row_of_atleast(n: int, shapes: str) -> Any:
    name = f"atleast_{n}d"

    def made(*arrays: Any) -> Any:
        return _at_least(n, arrays, name)

    made.__name__ = made.__qualname__ = name
    made.__doc__ = f"""Arrays of at least {n} ax{"is" if n == 1 else "es"}. {shapes}.

    Arguments:
        *arrays: one array or several.
    Returns:
        The array, or a tuple of several.

    Example:
        >>> ag.{name}(Tensor(1.0)).ndim
        {n}
    """
    return definition(numpy=[getattr(np, name)])(made)


atleast_1d = _row_of_atleast(1, "() -> (1,)")
atleast_2d = _row_of_atleast(2, "(n,) -> (1, n)")
atleast_3d = _row_of_atleast(3, "(n,) -> (1, n, 1), (m, n) -> (m, n, 1)")

# ── repeated ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@definition(numpy=[np.broadcast_arrays])
def broadcast_arrays(*arrays: Any) -> tuple[Any, ...]:
    """Arrays in the shape that they have in common by NumPy's rules. (...), (...) -> a tuple of (...).

    Arguments:
        *arrays: arrays whose shapes go together.
    Returns:
        A tuple of arrays of one shape.
    Raises:
        ValueError: for shapes that do not broadcast.

    Example:
        >>> [x.shape for x in ag.broadcast_arrays(Tensor([[1.0], [2.0]]), Tensor([3.0]))]
        [(2, 1), (2, 1)]
    """
    given = [operand("broadcast_arrays", x) for x in arrays]
    try:
        shape = np.broadcast_shapes(*(x.shape for x in given))
    except ValueError:
        raise ValueError(f"broadcast_arrays: {' and '.join(str(x.shape) for x in given)} do not broadcast") from None
    return tuple(broadcast_to.bind(x, shape=shape) for x in given)


@definition(numpy=[np.meshgrid])
def meshgrid(*xi: Any, indexing: Plain = "xy", sparse: Plain = False, copy: Plain = True) -> tuple[Any, ...]:
    """Coordinates of a grid from those along its axes. (n,), (m,) -> (m, n), (m, n).

    Arguments:
        *xi: lines of coordinates.
        indexing: "xy" for (m, n), columns first, as in NumPy; "ij" for (n, m), as PyTorch's default.
        sparse: leave length 1 where nothing changes.
        copy: without meaning here.
    Returns:
        As many arrays as lines, in a tuple.
    Raises:
        ValueError: for another indexing, and for what is no line.

    Example:
        >>> [x.tolist() for x in ag.meshgrid(Tensor([1, 2]), Tensor([5, 6]))]
        [[[1, 2], [1, 2]], [[5, 5], [6, 6]]]
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing must be 'xy' or 'ij', not {indexing!r}")
    lines = [operand("meshgrid", x) for x in xi]
    if any(len(x.shape) > 1 for x in lines):
        shape = next(x.shape for x in lines if len(x.shape) > 1)
        raise ValueError(f"meshgrid: {shape} is no line of coordinates (n,)")
    places = [*range(len(lines))]
    if indexing == "xy" and len(lines) > 1:
        places[:2] = 1, 0
    spread = [
        reshape.bind(x, shape=tuple(prod(x.shape) if i == place else 1 for i in range(len(lines))))
        for x, place in zip(lines, places, strict=True)
    ]
    return tuple(spread) if sparse or not spread else broadcast_arrays(*spread)


@linear(lambda g, shape, *, counts, axis: add_up.bind(g, counts=counts, axis=axis, length=shape[axis]), public=False)
def repeated(x: Any, *, counts: Any, axis: int) -> Any:
    """Each element along the axis so many times in a row. x (..., n, ...) -> (..., Σ counts, ...)."""
    return np.repeat(x, counts, axis)


@linear(lambda g, *, counts, axis: repeated.bind(g, counts=counts, axis=axis), public=False)
@in_single
def add_up(y: Any, *, counts: Any, axis: int, length: int) -> Any:
    """The sum of each so many neighbours along the axis: the adjoint of repeating. (..., m, ...) -> (..., n, ...)."""
    if isinstance(counts, int):
        return y.reshape((*y.shape[:axis], length, counts, *y.shape[axis + 1 :])).sum(axis=axis + 1)
    out = np.zeros((length, *y.shape[:axis], *y.shape[axis + 1 :]), y.dtype)
    np.add.at(out, np.repeat(np.arange(length), counts), np.moveaxis(y, axis, 0))
    return np.moveaxis(out, 0, axis)


@definition(numpy=[np.repeat], methods=["repeat"])
def repeat(x: Any, repeats: Counts, axis: AxisOrFlat = None) -> Any:
    """Each element several times in a row along an axis. x (..., n, ...) -> (..., m, ...).

    PyTorch calls it `repeat_interleave`.

    Arguments:
        x: an array.
        repeats: how often, a number for all or one for each element along the axis.
        axis: the axis; None repeats all elements in one line.
    Returns:
        The repeated elements.
    Raises:
        ValueError: for negative counts, and unless there is one for each element.
        TypeError: for counts that are no integers.

    Example:
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> y = ag.repeat(x, [1, 3])
        >>> y.tolist(), ag.grad(y.sum(), x).numpy()
        ([1.0, 2.0, 2.0, 2.0], array([1., 3.]))
    """
    counts: Any = np.asarray(bare(repeats))
    if counts.dtype.kind not in "iu":
        raise TypeError(f"repeat: repeats must be integers, not {repeats!r:.60}")
    if (counts < 0).any():
        raise ValueError(f"repeat: repeats must be at least 0, not {repeats!r:.60}")
    x = x if axis is not None else reshape.bind(x, shape=(prod(x.shape),))
    along = axis or 0
    if counts.size == 1:
        counts = int(counts.reshape(()))
    elif counts.shape != (x.shape[along],):
        raise ValueError(f"repeat: {counts.shape} repeats do not go with axis {along} of shape {x.shape}")
    return repeated.bind(x, counts=counts, axis=along)


@definition(numpy=[np.resize])
def resize(x: Any, new_shape: IntOrSeveral) -> Any:
    """The elements in row-major order, over and over, until another shape is full. x (...) -> new_shape.

    Arguments:
        x: an array.
        new_shape: the lengths of the result's axes.
    Returns:
        x's elements, cut off or repeated; zeros of an empty x.
    Raises:
        ValueError: for negative lengths.

    Example:
        >>> ag.resize(Tensor([1, 2, 3]), (2, 2)).tolist()
        [[1, 2], [3, 1]]
    """
    shape = tuple(new_shape) if isinstance(new_shape, tuple | list) else (new_shape,)
    if not all(is_whole(n, 0) for n in shape):
        raise ValueError(f"resize: lengths must be integers of at least 0, not {new_shape!r}")
    size, there = prod(shape), prod(x.shape)
    if not there:
        return x.reshape((0,)).sum() + np.zeros(shape, x.dtype)
    line = reshape.bind(x, shape=(there,))
    line = tile(line, -(-size // there)) if size > there else line
    return reshape.bind(getitem.bind(line, index=slice(0, size)), shape=shape)


@definition(methods=["unflatten"])
def unflatten(x: Any, axis: Axis, sizes: IntOrSeveral) -> Any:
    """One axis cut into several; PyTorch's name. x (..., n, ...) -> (..., *sizes, ...).

    Arguments:
        x: an array.
        axis: the axis.
        sizes: the lengths that it becomes, whose product is n; one may be -1.
    Returns:
        The same elements.
    Raises:
        ValueError: for sizes that do not make up the axis.

    Example:
        >>> ag.unflatten(Tensor(np.zeros((2, 6))), 1, (2, 3)).shape
        (2, 2, 3)
    """
    lengths = tuple(sizes) if isinstance(sizes, tuple | list) else (sizes,)
    known = prod(n for n in lengths if n != -1)
    if list(lengths).count(-1) == 1 and known and x.shape[axis] % known == 0:
        lengths = tuple(x.shape[axis] // known if n == -1 else n for n in lengths)
    if prod(lengths) != x.shape[axis] or any(n < 0 for n in lengths):
        raise ValueError(f"unflatten: sizes {sizes} do not make up axis {axis} of shape {x.shape}")
    return reshape.bind(x, shape=(*x.shape[:axis], *lengths, *x.shape[axis + 1 :]))
