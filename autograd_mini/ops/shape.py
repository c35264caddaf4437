"""Operations that move elements and compute nothing. Each stands beside its adjoint.

reshape ↔ reshape      transpose ↔ transpose      broadcast_to ↔ the backward pass's sum
getitem ↔ index_add    pad ↔ getitem              concatenate ↔ getitem             flip ↔ flip
roll ↔ roll            split ↔ concatenate
"""

from collections.abc import Iterable, Mapping
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
from ..kernels.layout import row_major
from .kinds import definition, linear, op
from .precision import in_single

IntOrSeveral = Annotated[Any, Parameter(None, "int | Sequence[int]")]


@linear(lambda g, shape: g.reshape(shape))
def reshape(x: Any, shape: Shape) -> Any:
    """The same elements in another shape; one length may be -1. Raises ValueError if the counts differ."""
    x = np.asarray(x)
    try:
        return x.reshape(shape, copy=False)
    except ValueError:  # the elements do not lie in that order
        return row_major(x).reshape(shape)


@linear(lambda g, *, axes: g.transpose(tuple(map(int, np.argsort(axes)))))
def transpose(x: Any, axes: Order = None) -> Any:
    """The axes in another order, by default reversed: axis i of the result is axis axes[i] of x.

    Raises ValueError if `axes` is no permutation of x's axes.
    """
    return np.asarray(x).transpose(axes)


@linear(lambda g: g)
def broadcast_to(x: Any, shape: LargerShape) -> Any:
    """x repeated to a larger shape by NumPy's rules. x (1, a) -> (b, a). Raises ValueError if it does not fit."""
    return np.broadcast_to(x, shape)


@linear(lambda g, shape, *, index: index_add.bind(g, shape=shape, index=index))
def getitem(x: Any, index: Index) -> Any:
    """x[index] with NumPy's basic and advanced indexing; an element taken twice receives both gradients."""
    return np.asarray(x)[index]


@linear(lambda g, *, index: getitem.bind(g, index=index), public=False)
@in_single
def index_add(y: Any, *, shape: Plain, index: Plain) -> Any:
    """Zeros of `shape` with y added at [index]; an element indexed twice receives both. The adjoint of getitem."""
    x = np.zeros(shape, np.asarray(y).dtype)
    if all(isinstance(i, int | slice | type(None) | type(...)) for i in (index if type(index) is tuple else (index,))):
        x[index] = y  # a basic index names no element twice
    else:
        np.add.at(x, index, y)
    return x


@op(analytic=True, takes_complex=True)
def pad(x: Any, pad_width: Widths, value: Filling = 0.0) -> Any:
    """A border of `value` around x. x (n, ...) -> (before + n + after, ...).

    pad_width as in np.pad: one number, one (before, after), or such a pair for each axis. Raises ValueError for others.
    """
    x = np.asarray(x)
    lengths = [n + before + after for n, (before, after) in zip(x.shape, pad_width, strict=True)]
    padded = np.empty(lengths, x.dtype, order="F" if x.flags.fnc else "C")
    padded.fill(value)
    padded[_inside(pad_width, x.shape)] = x
    return padded


pad.defvjp(x=lambda g, shape, *, pad_width: g[_inside(pad_width, shape)])


def _inside(width: tuple[tuple[int, int], ...], shape: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple(slice(before, before + n) for (before, _), n in zip(width, shape, strict=True))


@linear(lambda g, *, axis: flip.bind(g, axis=axis), numpy=[np.flip])
def flip(x: Any, axis: Axes = None) -> Any:
    """The elements in reverse order along the given axes, by default all. x (...) -> (...)."""
    return np.flip(x, axis)


@linear(lambda g, *, shift, axis: roll.bind(g, shift=tuple(-s for s in shift), axis=axis), public=False)
def roll(x: Any, *, shift: tuple[int, ...], axis: tuple[int, ...] | None) -> Any:
    """The elements moved by shift[i] places along axis[i], by all of them in one line if there is no axis."""
    return np.roll(x, shift, axis)


@linear(lambda g, shape, index, *, axis, starts: g[_span(axis, starts[index], shape[axis])])
def concatenate(*arrays: Any, axis: int, starts: tuple[int, ...]) -> Any:
    """The arrays joined along an axis; array i begins at starts[i] there."""
    return np.concatenate(arrays, axis)


def _span(axis: int, start: int, length: int) -> tuple[slice, ...]:
    return (*[slice(None)] * axis, slice(start, start + length))


def _concatenate(arrays: Several, axis: int = 0) -> Any:
    """Join along an existing axis; all other lengths must agree. [(a, c), (b, c)] -> (a + b, c).

    Raises ValueError for nothing to join or for lengths that differ.
    """
    arrays = _joined("concatenate", arrays)
    first = arrays[0].shape
    along = axis_of("concatenate", first, axis)
    for a in arrays:
        if len(a.shape) != len(first) or a.shape[:along] + a.shape[along + 1 :] != first[:along] + first[along + 1 :]:
            raise ValueError(f"concatenate: {first} and {a.shape} must agree on every axis but axis {along}")
    starts = np.cumsum([0] + [a.shape[along] for a in arrays[:-1]])
    return concatenate.bind(*arrays, axis=along, starts=tuple(map(int, starts)))


call_as(concatenate, _concatenate)


@definition(name="roll", methods=["roll"], numpy=[np.roll])
def rolled(x: Any, shift: IntOrSeveral, axis: AxesOrNone = None) -> Any:
    """The elements moved along the axes, by default in one line; what leaves at one end enters at the other.

    x (...) -> (...). shift: places to move by, for each axis its own or for all the same; negative ones go back.
    Raises ValueError for an axis out of range, and unless there is one of either for each of the other.
    """
    by = _wholes("roll", "shift", shift)
    if axis is not None:
        axis = tuple(axis_of("roll", x.shape, a) for a in (axis if isinstance(axis, tuple | list) else [axis]))
        if 1 not in (len(by), len(axis)) and len(by) != len(axis):
            raise ValueError(f"roll: {len(by)} shifts {by} do not go with {len(axis)} axes {axis}")
    return roll.bind(x, shift=by, axis=axis)


def _wholes(name: str, what: str, value: Any) -> tuple[int, ...]:
    """One integer or several, as a tuple. Raises TypeError, as `name`, for what is neither."""
    given = tuple(np.atleast_1d(value)) if isinstance(value, tuple | list | np.ndarray) else (value,)
    if not all(map(is_whole, given)):
        raise TypeError(f"{name}: {what} must be an integer or a tuple of them, not {value!r}")
    return tuple(map(int, given))


@linear(lambda g, *, ends, axis: concatenate.bind(*g, axis=axis, starts=(0, *ends)), outputs=("*parts",), public=False)
def split(x: Any, *, ends: tuple[int, ...], axis: int) -> Any:
    """x cut along an axis before the given places, which do not go back."""
    cuts = zip((0, *ends), (*ends, x.shape[axis]), strict=True)
    return tuple(x[_span(axis, start, end - start)] for start, end in cuts)


@definition(name="split", methods=["split"], numpy=[np.split])
def parted(x: Any, indices_or_sections: IntOrSeveral, axis: Axis = 0) -> tuple[Any, ...]:
    """x cut along an axis, into so many equal parts or before each of the given places. x (n, ...) -> parts (m, ...).

    Raises ValueError for parts that would be unequal, and for places that go back.
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
    """All axes from `start_axis` on made one, in row-major order. x (a, b, c) -> (abc,), or (a, bc) from axis 1."""
    start = axis_of("flatten", x.shape, start_axis) if x.shape or start_axis else 0
    return reshape.bind(x, shape=(*x.shape[:start], prod(x.shape[start:])))


@definition(numpy=[np.matrix_transpose])
def matrix_transpose(x: Any) -> Any:
    """The last two axes exchanged. x (..., m, n) -> (..., n, m). Raises ValueError for fewer than two axes."""
    if len(x.shape) < 2:
        raise ValueError(f"matrix_transpose: shape {x.shape} has no two axes to exchange")
    lead = tuple(range(len(x.shape) - 2))
    return transpose.bind(x, axes=(*lead, len(lead) + 1, len(lead)))


@definition(methods=["expand_dims"], numpy=[np.expand_dims])
def expand_dims(x: Any, axis: AxesAsGiven) -> Any:
    """New axes of length 1 at the given places of the result. x (a, b) -> (1, a, b) for axis 0."""
    count = len(axis) if isinstance(axis, tuple | list) else 1
    new = axes_of("expand_dims", (1,) * (len(x.shape) + count), (None,) if axis is None else axis)
    rest = iter(x.shape)
    return reshape.bind(x, shape=tuple(1 if i in new else next(rest) for i in range(len(x.shape) + count)))


@definition(methods=["squeeze"], numpy=[np.squeeze])
def squeeze(x: Any, axis: AxesOrNone = None) -> Any:
    """Axes of length 1 removed, by default all. x (1, a, 1) -> (a,). Raises ValueError if a named axis is longer."""
    drop = [i for i, n in enumerate(x.shape) if n == 1] if axis is None else axes_of("squeeze", x.shape, axis)
    for i in drop:
        if x.shape[i] != 1:
            raise ValueError(f"squeeze: axis {i} of shape {x.shape} has length {x.shape[i]}, not 1")
    return reshape.bind(x, shape=tuple(n for i, n in enumerate(x.shape) if i not in drop))


@definition(methods=["tile"], numpy=[np.tile])
def tile(x: Any, reps: IntOrSeveral) -> Any:
    """x laid side by side reps[i] times along axis i. x (a, b) -> (a·reps[0], b·reps[1]).

    As in NumPy the shorter of shape and reps gets ones in front: 2 stands for (1, 2), and (3, 1) makes (n,) be (3, n).
    Raises TypeError for what is no integer, ValueError for one below 0.
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
def stack(arrays: Several, axis: Whole = 0) -> Any:
    """Join along a new axis; all shapes must be equal. n × (a, b) -> (n, a, b). Raises ValueError if they are not."""
    arrays = _joined("stack", arrays)
    for a in arrays:
        if a.shape != arrays[0].shape:
            raise ValueError(f"stack: shapes {arrays[0].shape} and {a.shape} must be equal")
    if not is_whole(axis, -len(arrays[0].shape) - 1) or axis > len(arrays[0].shape):
        raise ValueError(f"stack: axis {axis!r} is no place for a new axis in shape {arrays[0].shape}")
    return concatenate([expand_dims(a, axis) for a in arrays], axis)


def _joined(name: str, arrays: Any) -> list[Any]:
    """The arrays to join. Raises TypeError if they are not several, ValueError if there are none."""
    if not isinstance(arrays, Iterable) or isinstance(arrays, str | bytes | Mapping):
        raise TypeError(f"{name}: takes a sequence of arrays to join, not {told_kind(arrays)}")
    found = [operand(name, a) for a in arrays]
    if not found:
        raise ValueError(f"{name}: there is nothing to join")
    return found
