"""Arguments of every kind, brought into one form or refused.

A row annotates its parameters with what is below: `def sum(x, axis: Axes = None)`. When the operation is called, each
goes through `normalise(operation, parameter, value, first array)`; forward and rules get the one form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Annotated, Any

import numpy as np

from .core.observer import expose
from .core.primitive import RAGGED
from .core.tape import Value

Normaliser = Callable[[str, str, Any, Any], Any]

_WHOLE, _REAL, _SEVERAL = (int, np.integer), (int, float, np.integer, np.floating), (tuple, list)  # made once


@dataclass(frozen=True)
class Parameter:
    """What a row's annotation says of a parameter: how to normalise it, and the type that users may give.

    more: how many results a flag adds to the first when it is True.
    """

    normalise: Normaliser | None
    hint: str
    more: int = 0


# ── checks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def is_real(x: Any) -> bool:
    """Whether x is one real number: no boolean, no text, no array, not nan."""
    return isinstance(x, _REAL) and not isinstance(x, bool) and bool(x == x)


def is_whole(x: Any, least: int | None = None) -> bool:
    """Whether x is an integer, of at least `least`; True is none."""
    return isinstance(x, _WHOLE) and not isinstance(x, bool) and (least is None or bool(x >= least))


def check_whole(name: str, what: str, n: Any, least: int) -> None:
    """Raise ValueError, as `name`, unless somebody gave an integer of at least so much."""
    if not is_whole(n, least):
        raise ValueError(f"{name}: {what} must be an integer of at least {least}, not {n!r}")


def bare(x: Any) -> Any:
    """The array of a Value, for code that only reads its elements; anything else as it is."""
    return expose(x, None) if isinstance(x, Value) else x


def array_of(x: Any) -> np.ndarray[Any, Any]:
    """The array that NumPy makes of a user's data; of a Value its own, whether or not it carries a gradient."""
    array: np.ndarray[Any, Any] = expose(x) if isinstance(x, Value) else np.asarray(x)
    return array


def generator(name: str, rng: Any, called: str = "rng") -> np.random.Generator:
    """A Generator, the one of a seed, or a fresh one. Raises TypeError, as `name`, for anything else."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise TypeError(
            f"{name}: {called} must be a NumPy Generator, a seed of at least 0, or None, not {rng!r}"
        ) from None


CPU = "cpu"
"""The one device."""


def on_cpu(name: str, device: Any) -> None:
    """Raise ValueError, as `name`, for a device other than the one that there is; None is that one."""
    if device is not None and device != CPU:
        raise ValueError(f"{name}: the only device is {CPU!r}, not {device!r}")


# ── axes ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def axis_of(name: str, shape: tuple[int, ...], axis: Any) -> int:
    """One axis, non-negative. Raises TypeError for what is no integer, ValueError for one out of range."""
    if type(axis) is int and -len(shape) <= axis < len(shape):
        return axis % len(shape)
    if not isinstance(axis, _WHOLE) or isinstance(axis, bool):
        raise TypeError(f"{name}: the axis must be an integer, not {axis!r}")
    return axes_of(name, shape, int(axis))[0]


def axes_of(name: str, shape: tuple[int, ...], axis: Any) -> tuple[int, ...]:
    """An axis argument as a sorted tuple of non-negative axes. Raises ValueError for one out of range or repeated."""
    if axis is None:
        return tuple(range(len(shape)))
    given = tuple(axis) if isinstance(axis, _SEVERAL) else (axis,)
    for a in given:
        if not isinstance(a, _WHOLE) or isinstance(a, bool):
            raise TypeError(f"{name}: an axis must be an integer or a tuple of them, not {axis!r}")
        if not -len(shape) <= a < len(shape):
            raise ValueError(f"{name}: axis {a} is out of range for shape {shape}, which has {len(shape)} axes")
    axes = tuple(sorted({int(a) % len(shape) for a in given}))
    if len(axes) != len(given):
        raise ValueError(f"{name}: axis {tuple(given)} names an axis twice")
    return axes


def count(name: str, shape: tuple[int, ...], axes: Sequence[int]) -> int:
    """How many elements there are along the axes. Raises ValueError for none."""
    found = prod(shape[a] for a in axes)
    if found == 0:
        raise ValueError(f"{name}: shape {shape} has no elements along axis {tuple(axes)}, so there is no {name}")
    return found


def _axes(name: str, what: str, axis: Any, x: Any) -> tuple[int, ...]:
    return axes_of(name, x.shape, axis)


def _axes_with_elements(name: str, what: str, axis: Any, x: Any) -> tuple[int, ...]:
    axes = axes_of(name, x.shape, axis)
    count(name, x.shape, axes)
    return axes


def _axis(name: str, what: str, axis: Any, x: Any) -> int:
    return axis_of(name, x.shape, axis)


def _axis_with_elements(name: str, what: str, axis: Any, x: Any) -> int:
    along = axis_of(name, x.shape, axis)
    count(name, x.shape, (along,))
    return along


def _axis_or_all(name: str, what: str, axis: Any, x: Any) -> int | None:
    along = None if axis is None else axis_of(name, x.shape, axis)
    count(name, x.shape, range(len(x.shape)) if along is None else (along,))
    return along


def _axis_or_flat(name: str, what: str, axis: Any, x: Any) -> int | None:
    """One axis; None, for all elements in row-major order, stays."""
    return None if axis is None else axis_of(name, x.shape, axis)


# ── shapes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _shape(name: str, what: str, shape: Any, x: Any) -> tuple[int, ...]:
    """Another shape for the same elements, -1 resolved."""
    new = tuple(shape) if isinstance(shape, _SEVERAL) else (shape,)
    if not all(map(is_whole, new)):
        raise TypeError(f"{name}: shape {x.shape} cannot become {new}: lengths must be integers")
    size = prod(x.shape)
    if new.count(-1) == 1 and (known := -prod(new)) and size % known == 0:
        new = tuple([size // known if n == -1 else int(n) for n in new])
    if prod(new) != size or min(new, default=0) < 0:
        raise ValueError(f"{name}: shape {x.shape} has {size} elements and cannot become {new}")
    return new


def _larger_shape(name: str, what: str, shape: Any, x: Any) -> tuple[int, ...]:
    """A shape that x broadcasts to."""
    if not isinstance(shape, _SEVERAL) or not all(map(is_whole, shape)):
        raise TypeError(f"{name}: the shape must be a tuple of integers, not {shape!r}")
    new = tuple(shape)
    try:
        fits = np.broadcast_shapes(x.shape, new) == new
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{name}: {x.shape} does not broadcast to {new}: lengths must be equal, or 1")
    return new


def _order(name: str, what: str, axes: Any, x: Any) -> tuple[int, ...]:
    """All axes in some order, by default reversed."""
    n = len(x.shape)
    if axes is not None and not (isinstance(axes, _SEVERAL) and all(map(is_whole, axes))):
        raise TypeError(f"{name}: axes must be a tuple of integers, not {axes!r}")
    order = tuple(range(n))[::-1] if axes is None else tuple(a + n if a < 0 else int(a) for a in axes)
    if sorted(order) != list(range(n)):
        raise ValueError(f"{name}: axes {axes} must name each of the {n} axes of shape {x.shape} once")
    return order


def _widths(name: str, what: str, width: Any, x: Any) -> tuple[tuple[int, int], ...]:
    """(before, after) for each axis."""
    if not x.shape:
        raise ValueError(f"{name}: shape () has no axes to pad")
    if isinstance(width, dict):  # by axis
        axes = range(len(x.shape))
        width = [np.broadcast_to(width[i] if i in width else width.get(i - len(x.shape), 0), 2) for i in axes]
    try:
        found = np.broadcast_to(np.asarray(width), (len(x.shape), 2))
    except ValueError:
        found = np.asarray(-1)
    if found.dtype.kind not in "iu" or (found < 0).any():
        raise ValueError(
            f"{name}: the widths for shape {x.shape} must be an integer of at least 0, a pair of them, or a pair for "
            f"each axis, not {width!r}"
        )
    return tuple((int(a), int(b)) for a, b in found)


# ── others ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _index(name: str, what: str, index: Any, x: Any) -> Any:
    """The index with copies of its arrays, which the backward pass must find unchanged."""
    return tuple(map(_plain, index)) if isinstance(index, tuple) else _plain(index)


def _plain(i: Any) -> Any:
    if not isinstance(i, Value | np.ndarray | list):
        return i
    try:
        array = np.array(bare(i))
    except ValueError:
        raise ValueError(f"getitem: the index {i!r}: {RAGGED}") from None
    return array.astype(np.intp) if isinstance(i, list) and not array.size else array


def _dtype(name: str, what: str, dtype: Any, x: Any) -> np.dtype[Any]:
    try:
        wanted: np.dtype[Any] = np.dtype(dtype)
    except TypeError:
        raise TypeError(f"{name}: {dtype!r} is no dtype") from None
    if wanted.kind not in "fiubc":
        raise TypeError(f"{name}: {wanted} is not a dtype of numbers")
    if x.dtype.kind == "c" and wanted.kind not in "cb":
        raise TypeError(f"{name}: {x.dtype} into {wanted} would lose the imaginary part; take x.real")
    return wanted


def _filling(name: str, what: str, value: Any, x: Any) -> Any:
    """One number that an array of x's dtype can hold."""
    if not isinstance(value, _REAL) or (x.dtype.kind != "f" and not float(value).is_integer()):
        raise TypeError(f"{name}: the {what} must be one number of the dtype {x.dtype}, not {value!r}")
    return value


def _number(name: str, what: str, value: Any, x: Any) -> Any:
    if not is_real(value):
        raise TypeError(f"{name}: {what} must be a number, not {value!r}")
    return value


def _ddof(name: str, what: str, value: Any, x: Any) -> Any:
    if not (is_real(value) and value >= 0):
        raise ValueError(f"{name}: {what} must be a number of at least 0, not {value!r}")
    return value


def _ddof_or_none(name: str, what: str, value: Any, x: Any) -> Any:
    return None if value is None else _ddof(name, what, value, x)


def _number_or_none(name: str, what: str, value: Any, x: Any) -> Any:
    return None if value is None else _number(name, what, value, x)


Plain = Annotated[Any, Parameter(None, "Any")]
"""A parameter that is taken as it is."""
Whole = Annotated[Any, Parameter(None, "int")]
Real = Annotated[Any, Parameter(None, "float")]
Ddof = Annotated[Any, Parameter(_ddof, "float")]
"""What the number of elements is reduced by in a variance."""
DdofOrNone = Annotated[Any, Parameter(_ddof_or_none, "float | None")]
Rng = Annotated[Any, Parameter(None, "np.random.Generator | int | None")]
AxesAsGiven = Annotated[Any, Parameter(None, "int | Sequence[int]")]
AxesOrNone = Annotated[Any, Parameter(None, "int | Sequence[int] | None")]
AndOneMore = Annotated[bool, Parameter(None, "bool", more=1)]
"""A flag with which one more result comes back."""
AndTwoMore = Annotated[bool, Parameter(None, "bool", more=2)]
Several = Annotated[Any, Parameter(None, "Sequence[Tensor | ArrayLike]")]
Flag = Annotated[Any, Parameter(None, "bool")]
Axes = Annotated[Any, Parameter(_axes, "int | Sequence[int] | None")]
AxesWithElements = Annotated[Any, Parameter(_axes_with_elements, "int | Sequence[int] | None")]
Axis = Annotated[Any, Parameter(_axis, "int")]
AxisWithElements = Annotated[Any, Parameter(_axis_with_elements, "int")]
AxisOrAll = Annotated[Any, Parameter(_axis_or_all, "int | None")]
AxisOrFlat = Annotated[Any, Parameter(_axis_or_flat, "int | None")]
"""None is for all elements in one line."""
Shape = Annotated[Any, Parameter(_shape, "int | Sequence[int]")]
LargerShape = Annotated[Any, Parameter(_larger_shape, "Sequence[int]")]
Order = Annotated[Any, Parameter(_order, "Sequence[int] | None")]
Widths = Annotated[Any, Parameter(_widths, "int | Sequence[int] | Sequence[Sequence[int]]")]
Filling = Annotated[Any, Parameter(_filling, "float")]
Index = Annotated[Any, Parameter(_index, "Index")]
DType = Annotated[Any, Parameter(_dtype, "DTypeLike")]
Number = Annotated[Any, Parameter(_number, "float")]
NumberOrNone = Annotated[Any, Parameter(_number_or_none, "float | None")]
