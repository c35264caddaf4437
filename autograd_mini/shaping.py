"""Friendly functions that move elements: shapes, axes counted from either end, joining, padding, indexing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from .arguments import is_whole
from .core.primitive import RAGGED, operand, told_kind
from .core.tape import Value
from .ops import shape as shapes

Axis = int | Sequence[int] | None


def axis_of(name: str, shape: tuple[int, ...], axis: int) -> int:
    """One axis, non-negative. Raises TypeError for what is no integer, ValueError for one out of range."""
    if not isinstance(axis, int | np.integer) or isinstance(axis, bool):
        raise TypeError(f"{name}: the axis must be an integer, not {axis!r}")
    return axes_of(name, shape, int(axis))[0]


def axes_of(name: str, shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """An axis argument as a sorted tuple of non-negative axes. Raises ValueError for one out of range or repeated."""
    if axis is None:
        return tuple(range(len(shape)))
    given = tuple(axis) if isinstance(axis, tuple | list) else (axis,)
    for a in given:
        if not isinstance(a, int | np.integer) or isinstance(a, bool):
            raise TypeError(f"{name}: an axis must be an integer or a tuple of them, not {axis!r}")
        if not -len(shape) <= a < len(shape):
            raise ValueError(f"{name}: axis {a} is out of range for shape {shape}, which has {len(shape)} axes")
    axes = tuple(sorted({int(a) % len(shape) for a in given}))
    if len(axes) != len(given):
        raise ValueError(f"{name}: axis {tuple(given)} names an axis twice")
    return axes


def reshape(x: Any, shape: int | Sequence[int]) -> Any:
    """The same elements in another shape; one length may be -1. Raises ValueError if the counts differ."""
    x = operand("reshape", x)
    new = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    if not all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in new):
        raise TypeError(f"reshape: shape {x.shape} cannot become {new}: lengths must be integers")
    known, size = prod(n for n in new if n != -1), prod(x.shape)
    if list(new).count(-1) == 1 and known and size % known == 0:
        new = tuple(size // known if n == -1 else int(n) for n in new)
    if any(n < 0 for n in new) or prod(new) != size:
        raise ValueError(f"reshape: shape {x.shape} has {size} elements and cannot become {new}")
    return shapes.reshape(x, shape=new)


def flatten(x: Any, start_axis: int = 0) -> Any:
    """All axes from `start_axis` on made one, in row-major order. x (a, b, c) -> (abc,), or (a, bc) from axis 1."""
    x = operand("flatten", x)
    start = axis_of("flatten", x.shape, start_axis) if x.shape or start_axis else 0
    return reshape(x, (*x.shape[:start], int(np.prod(x.shape[start:]))))


def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """The axes in another order, by default reversed. Raises ValueError if `axes` is no permutation of x's axes."""
    x = operand("transpose", x)
    count = len(x.shape)
    if axes is not None and not (isinstance(axes, tuple | list) and all(map(is_whole, axes))):
        raise TypeError(f"transpose: axes must be a tuple of integers, not {axes!r}")
    order = tuple(range(count))[::-1] if axes is None else tuple(a + count if a < 0 else int(a) for a in axes)
    if sorted(order) != list(range(count)):
        raise ValueError(f"transpose: axes {axes} must name each of the {count} axes of shape {x.shape} once")
    return shapes.transpose(x, axes=order)


def matrix_transpose(x: Any) -> Any:
    """The last two axes exchanged. x (..., m, n) -> (..., n, m). Raises ValueError for fewer than two axes."""
    x = operand("mT", x)
    if len(x.shape) < 2:
        raise ValueError(f"mT: shape {x.shape} has no two axes to exchange")
    lead = tuple(range(len(x.shape) - 2))
    return shapes.transpose(x, axes=(*lead, len(lead) + 1, len(lead)))


def expand_dims(x: Any, axis: int | Sequence[int]) -> Any:
    """New axes of length 1 at the given places of the result. x (a, b) -> (1, a, b) for axis 0."""
    x = operand("expand_dims", x)
    count = len(axis) if isinstance(axis, tuple | list) else 1
    new = axes_of("expand_dims", (1,) * (len(x.shape) + count), (None,) if axis is None else axis)
    rest = iter(x.shape)
    return reshape(x, [1 if i in new else next(rest) for i in range(len(x.shape) + count)])


def squeeze(x: Any, axis: Axis = None) -> Any:
    """Axes of length 1 removed, by default all. x (1, a, 1) -> (a,). Raises ValueError if a named axis is longer."""
    x = operand("squeeze", x)
    drop = [i for i, n in enumerate(x.shape) if n == 1] if axis is None else axes_of("squeeze", x.shape, axis)
    for i in drop:
        if x.shape[i] != 1:
            raise ValueError(f"squeeze: axis {i} of shape {x.shape} has length {x.shape[i]}, not 1")
    return reshape(x, [n for i, n in enumerate(x.shape) if i not in drop])


def broadcast_to(x: Any, shape: Sequence[int]) -> Any:
    """x repeated to a larger shape by NumPy's rules. x (1, a) -> (b, a). Raises ValueError if it does not fit."""
    x = operand("broadcast_to", x)
    if not isinstance(shape, tuple | list) or not all(map(is_whole, shape)):
        raise TypeError(f"broadcast_to: the shape must be a tuple of integers, not {shape!r}")
    new = tuple(shape)
    try:
        fits = np.broadcast_shapes(x.shape, new) == new
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"broadcast_to: {x.shape} does not broadcast to {new}: lengths must be equal, or 1")
    return shapes.broadcast_to(x, shape=new)


def concatenate(arrays: Sequence[Any], axis: int = 0) -> Any:
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
    return shapes.concatenate(*arrays, axis=along, starts=tuple(map(int, starts)))


def _joined(name: str, arrays: Any) -> list[Any]:
    """The arrays to join. Raises TypeError if they are not several, ValueError if there are none."""
    if not isinstance(arrays, Iterable) or isinstance(arrays, str | bytes | Mapping):
        raise TypeError(f"{name}: takes a sequence of arrays to join, not {told_kind(arrays)}")
    found = [operand(name, a) for a in arrays]
    if not found:
        raise ValueError(f"{name}: there is nothing to join")
    return found


def stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Join along a new axis; all shapes must be equal. n × (a, b) -> (n, a, b). Raises ValueError if they are not."""
    arrays = _joined("stack", arrays)
    for a in arrays:
        if a.shape != arrays[0].shape:
            raise ValueError(f"stack: shapes {arrays[0].shape} and {a.shape} must be equal")
    if not is_whole(axis, -len(arrays[0].shape) - 1) or axis > len(arrays[0].shape):
        raise ValueError(f"stack: axis {axis!r} is no place for a new axis in shape {arrays[0].shape}")
    return concatenate([expand_dims(a, axis) for a in arrays], axis)


def pad(x: Any, pad_width: Any, value: float = 0.0) -> Any:
    """A border of `value` around x. x (n, ...) -> (before + n + after, ...).

    pad_width as in np.pad: one number, one (before, after), or such a pair for each axis. Raises ValueError for others.
    """
    x = operand("pad", x)
    if not x.shape:
        raise ValueError("pad: shape () has no axes to pad")
    if not isinstance(value, int | float | np.integer | np.floating) or (
        x.dtype.kind != "f" and not float(value).is_integer()
    ):
        raise TypeError(f"pad: the value must be one number of the dtype {x.dtype}, not {value!r}")
    try:
        width = np.broadcast_to(np.asarray(pad_width), (len(x.shape), 2))
    except ValueError:
        width = np.asarray(-1)
    if width.dtype.kind not in "iu" or (width < 0).any():
        raise ValueError(
            f"pad: the widths for shape {x.shape} must be an integer of at least 0, a pair of them, or a pair for each "
            f"axis, not {pad_width!r}"
        )
    return shapes.pad(x, width=tuple((int(a), int(b)) for a, b in width), value=value)


def flip(x: Any, axis: Axis = None) -> Any:
    """The elements in reverse order along the given axes, by default all. x (...) -> (...)."""
    x = operand("flip", x)
    return shapes.flip(x, axis=axes_of("flip", x.shape, axis))


def getitem(x: Any, index: Any) -> Any:
    """x[index] with NumPy's basic and advanced indexing; an element taken twice receives both gradients."""

    def plain(i: Any) -> Any:
        if not isinstance(i, Value | np.ndarray | list):
            return i
        try:
            array = np.array(
                i._data if isinstance(i, Value) else i
            )  # a copy: the walk back must find the index as it was
        except ValueError:
            raise ValueError(f"getitem: the index {i!r}: {RAGGED}") from None
        return array.astype(np.intp) if isinstance(i, list) and not array.size else array

    return shapes.getitem(x, index=tuple(map(plain, index)) if isinstance(index, tuple) else plain(index))
