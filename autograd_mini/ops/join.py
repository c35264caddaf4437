"""Arrays joined side by side, cut into parts, and with parts put in or taken out.

stacking by rows, columns and depth      NumPy's views of lines as rows or columns
array_split, hsplit, …                   parts in a tuple; of what cannot be cut evenly the first ones are longer
"""

from collections.abc import Callable
from math import prod
from typing import Annotated, Any

import numpy as np

from ..arguments import AxesOrNone, Axis, AxisOrFlat, Index, Parameter, Several, Whole, axis_of, is_whole
from ..core.primitive import operand
from .axes import atleast_1d, atleast_2d, atleast_3d, ravel
from .kinds import definition
from .shape import _joined, concatenate, getitem, parted, split, squeeze

IntOrSeveral = Annotated[Any, Parameter(None, "int | Sequence[int]")]
Values = Annotated[Any, Parameter(None, "Tensor | ArrayLike")]

# ── joined ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _stacking(name: str, raised: Callable[..., Any], axis: int | None, how: str, example: str, result: str) -> Any:
    """A row of NumPy's: each array brought to enough axes, then all joined along one."""

    def made(arrays: Several) -> Any:
        given = _joined(name, arrays)
        parts = [raised(x) for x in given]
        along = (0 if len(parts[0].shape) == 1 else 1) if axis is None else axis
        lengths = {x.shape[:along] + x.shape[along + 1 :] for x in parts}
        if len(lengths) > 1:
            shapes, brought = (" and ".join(map(str, dict.fromkeys(x.shape for x in xs))) for xs in (given, parts))
            words = f"{shapes}, as {brought}," if shapes != brought else shapes
            raise ValueError(f"{name}: {words} must agree on every axis but axis {along}")
        return concatenate(parts, along)

    made.__name__ = made.__qualname__ = name
    made.__doc__ = f"""{how}

    Arguments:
        arrays: several arrays.
    Returns:
        The joined array.
    Raises:
        ValueError: for nothing to join, and for lengths that differ.

    Example:
        >>> ag.{name}({example}).tolist()
        {result}
    """
    return definition(numpy=[getattr(np, name)])(made)


def _as_column(x: Any) -> Any:
    return atleast_2d(x).T if len(x.shape) < 2 else x


_PAIR = "[Tensor([1, 2]), Tensor([3, 4])]"
vstack = _stacking(
    "vstack", atleast_2d, 0, "Joined along the first axis, lines as rows. [(a, c), (b, c)] -> (a + b, c).",
    _PAIR, "[[1, 2], [3, 4]]",
)  # fmt: skip
hstack = _stacking(
    "hstack", atleast_1d, None, "Joined along the second axis, lines end to end. [(a, b), (a, c)] -> (a, b + c).",
    _PAIR, "[1, 2, 3, 4]",
)  # fmt: skip
dstack = _stacking(
    "dstack", atleast_3d, 2, "Joined along the third axis. [(a, b), (a, b)] -> (a, b, 2).",
    _PAIR, "[[[1, 3], [2, 4]]]",
)  # fmt: skip
column_stack = _stacking(
    "column_stack", _as_column, 1, "Joined along the second axis, lines as columns. [(a,), (a,)] -> (a, 2).",
    _PAIR, "[[1, 3], [2, 4]]",
)  # fmt: skip


@definition(numpy=[np.append])
def append(x: Any, values: Values, axis: AxisOrFlat = None) -> Any:
    """Values put behind x along an axis; without one both in one line. x (n, ...), values (m, ...) -> (n + m, ...).

    Arguments:
        x: an array.
        values: what follows it.
        axis: the axis; None joins all elements in one line.
    Returns:
        The joined array.
    Raises:
        ValueError: for lengths that differ on another axis.

    Example:
        >>> ag.append(Tensor([[1, 2]]), [3]).tolist()
        [1, 2, 3]
    """
    values = operand("append", values, x)
    return concatenate([ravel(x), ravel(values)]) if axis is None else concatenate([x, values], axis)


@definition(numpy=[np.block])
def block(arrays: Several) -> Any:
    """Joined as nested lists lay them out. [[(a, b), (a, c)], [(d, b), (d, c)]] -> (a + d, b + c).

    Arguments:
        arrays: an array, or lists of arrays, nested equally deep; the innermost are joined along the last axis, the
            next along the one before.
    Returns:
        The joined array.
    Raises:
        ValueError: for lists that are empty or nested unequally, and for lengths that differ.

    Example:
        >>> ag.block([[Tensor([[1]]), Tensor([[2]])], [Tensor([[3, 4]])]]).tolist()
        [[1, 2], [3, 4]]
    """

    def depth(x: Any) -> int:
        if not isinstance(x, list):
            return 0
        depths = {depth(part) for part in x}
        if len(depths) != 1:
            raise ValueError("block: lists must not be empty, and all be nested equally deep")
        return 1 + depths.pop()

    def flat(x: Any) -> list[Any]:
        return [leaf for part in x for leaf in flat(part)] if isinstance(x, list) else [operand("block", x)]

    levels = depth(arrays)
    axes = max([levels, *(len(x.shape) for x in flat(arrays))])

    def joined(x: Any, level: int) -> Any:
        if not isinstance(x, list):
            x = operand("block", x)
            return x.reshape((*[1] * (axes - len(x.shape)), *x.shape))
        return concatenate([joined(part, level + 1) for part in x], axes - levels + level)

    return joined(arrays, 0)


# ── cut ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


@definition(numpy=[np.array_split])
def array_split(x: Any, indices_or_sections: IntOrSeveral, axis: Axis = 0) -> tuple[Any, ...]:
    """Cut along an axis into parts, the first ones longer if need be. x (n, ...) -> parts (m, ...).

    Arguments:
        x: an array.
        indices_or_sections: how many parts, or before which places to cut.
        axis: the axis.
    Returns:
        A tuple of parts.
    Raises:
        ValueError: for no parts, and for places that go back.

    Example:
        >>> [part.tolist() for part in ag.array_split(Tensor([1, 2, 3]), 2)]
        [[1, 2], [3]]
    """
    if isinstance(indices_or_sections, tuple | list | np.ndarray):
        return tuple(parted(x, indices_or_sections, axis))
    if not is_whole(indices_or_sections, 1):
        raise ValueError(f"array_split: there must be an integer of at least 1 parts, not {indices_or_sections!r}")
    count, n = int(indices_or_sections), x.shape[axis]
    longer, length = n % count, n // count
    ends = tuple(i * length + min(i, longer) for i in range(1, count))
    return _parts(x, ends=ends, axis=axis)


def _parts(x: Any, ends: tuple[int, ...], axis: int) -> tuple[Any, ...]:
    found: tuple[Any, ...] = split.bind(x, ends=ends, axis=axis)
    return found


def _splitting(name: str, axis: int, least: int, where: str, example: str, result: str) -> Any:
    """A row of NumPy's: `split` along one axis."""

    def made(x: Any, indices_or_sections: IntOrSeveral) -> tuple[Any, ...]:
        if len(x.shape) < least:
            raise ValueError(f"{name}: shape {x.shape} has fewer than {least} axes")
        return tuple(parted(x, indices_or_sections, 0 if name == "hsplit" and len(x.shape) == 1 else axis))

    made.__name__ = made.__qualname__ = name
    made.__doc__ = f"""Cut along the {where} axis. x (...) -> parts (...).

    Arguments:
        x: an array of at least {least} ax{"is" if least == 1 else "es"}.
        indices_or_sections: into how many equal parts, or before which places to cut.
    Returns:
        A tuple of parts.
    Raises:
        ValueError: for parts that would be unequal, places that go back, and fewer axes.

    Example:
        >>> [part.tolist() for part in ag.{name}({example}, 2)]
        {result}
    """
    return definition(numpy=[getattr(np, name)])(made)


hsplit = _splitting("hsplit", 1, 1, "second", "Tensor([[1, 2], [3, 4]])", "[[[1], [3]], [[2], [4]]]")
vsplit = _splitting("vsplit", 0, 2, "first", "Tensor([[1, 2], [3, 4]])", "[[[1, 2]], [[3, 4]]]")
dsplit = _splitting("dsplit", 2, 3, "third", "Tensor([[[1, 2]]])", "[[[[1]]], [[[2]]]]")


@definition(numpy=[np.unstack], methods=["unbind"])
def unstack(x: Any, axis: Axis = 0) -> tuple[Any, ...]:
    """The parts along an axis, without it; PyTorch's `unbind`. x (n, ...) -> n × (...).

    Arguments:
        x: an array of at least one axis.
        axis: the axis.
    Returns:
        A tuple of arrays.
    Raises:
        ValueError: for an axis out of range.

    Example:
        >>> [row.tolist() for row in ag.unstack(Tensor([[1, 2], [3, 4]]))]
        [[1, 2], [3, 4]]
    """
    if not x.shape[axis]:
        return ()
    parts = _parts(x, ends=tuple(range(1, x.shape[axis])), axis=axis)
    return tuple(squeeze(part, axis) for part in parts)


@definition(methods=["chunk"])
def chunk(x: Any, chunks: Whole, axis: Axis = 0) -> tuple[Any, ...]:
    """Cut along an axis into parts of one length, the last one shorter; PyTorch's name. x (n, ...) -> parts (m, ...).

    Arguments:
        x: an array.
        chunks: into how many parts at most.
        axis: the axis.
    Returns:
        A tuple of parts.
    Raises:
        ValueError: unless chunks is an integer of at least 1.

    Example:
        >>> [part.tolist() for part in ag.chunk(Tensor([1, 2, 3, 4, 5]), 3)]
        [[1, 2], [3, 4], [5]]
    """
    if not is_whole(chunks, 1):
        raise ValueError(f"chunk: there must be an integer of at least 1 chunks, not {chunks!r}")
    n = x.shape[axis]
    length = max(1, -(-n // int(chunks)))
    return _parts(x, ends=tuple(range(length, n, length)), axis=axis)


# ── put in, taken out ─────────────────────────────────────────────────────────────────────────────────────────────────


def moved_as(function: Callable[..., Any], *arrays: Any) -> Any:
    """The elements of arrays where NumPy's function puts them: it is run on their numbers in line."""
    sizes = [prod(x.shape) for x in arrays]
    starts = np.cumsum([0, *sizes])
    numbers = [start + np.arange(n).reshape(x.shape) for start, n, x in zip(starts, sizes, arrays, strict=False)]
    places = function(*numbers)
    line = concatenate([ravel(x) for x in arrays]) if len(arrays) > 1 else ravel(arrays[0])
    return getitem.bind(line, index=places)


@definition(numpy=[np.delete])
def delete(x: Any, obj: Index, axis: AxisOrFlat = None) -> Any:
    """Without some places along an axis. x (..., n, ...) -> (..., m, ...).

    Arguments:
        x: an array.
        obj: the places: a number, several, a slice or a mask.
        axis: the axis; None for all elements in one line.
    Returns:
        What is left.
    Raises:
        IndexError: for a place out of range.

    Example:
        >>> ag.delete(Tensor([1, 2, 3]), 1).tolist()
        [1, 3]
    """
    x, along = (ravel(x), 0) if axis is None else (x, axis)
    keep = np.delete(np.arange(x.shape[along]), obj)
    return getitem.bind(x, index=(*[slice(None)] * along, keep))


@definition(numpy=[np.insert])
def insert(x: Any, obj: Index, values: Values, axis: AxisOrFlat = None) -> Any:
    """Values put in before some places along an axis. x (..., n, ...) -> (..., m, ...).

    Arguments:
        x: an array.
        obj: the places, of x as it is: a number, several, a slice or a mask.
        values: what comes there, in a shape that broadcasts.
        axis: the axis; None for all elements in one line.
    Returns:
        The longer array.
    Raises:
        IndexError: for a place out of range.
        ValueError: for values that do not fit.

    Example:
        >>> ag.insert(Tensor([1, 2, 3]), 1, 9).tolist()
        [1, 9, 2, 3]
    """
    added = operand("insert", values, x)
    try:
        return moved_as(lambda own, new: np.insert(own, obj, new, axis), x, added)
    except ValueError:
        raise ValueError(f"insert: values {added.shape} do not go into {x.shape} at {obj!r:.60}") from None


@definition(numpy={np.lib.stride_tricks.sliding_window_view: ("subok", "writeable")})
def sliding_window_view(x: Any, window_shape: IntOrSeveral, axis: AxesOrNone = None) -> Any:
    """All windows of one shape, as further axes behind. x (n, ...) -> (n − w + 1, ..., w).

    An element that is in several windows receives all their gradients.

    Arguments:
        x: an array.
        window_shape: the window's length along the axis, or along several.
        axis: the axis, or several; None for all of them.
    Returns:
        The windows, copied.
    Raises:
        ValueError: for windows that are longer than the axis, and lengths that do not go with the axes.

    Example:
        >>> ag.sliding_window_view(Tensor([1, 2, 3]), 2).tolist()
        [[1, 2], [2, 3]]
    """
    along = axis if isinstance(axis, tuple | list) else (axis,)
    axes = None if axis is None else tuple(axis_of("sliding_window_view", x.shape, a) for a in along)
    try:
        return moved_as(lambda own: np.lib.stride_tricks.sliding_window_view(own, window_shape, axes), x)
    except ValueError as error:
        raise ValueError(f"sliding_window_view: {window_shape!r} in shape {x.shape}: {error}") from None
