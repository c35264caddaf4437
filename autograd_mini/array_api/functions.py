"""Functions whose arguments in the standard are not those of the package's operations."""

from __future__ import annotations

from math import inf
from math import prod as _product
from typing import Any

import numpy as np

from .. import ops as f
from ..arguments import axes_of, axis_of
from ..numpy_functions import NUMPY
from ..ops.sort import falling

__all__ = [
    "argsort", "broadcast_arrays", "broadcast_shapes", "clip", "concat", "cumulative_prod", "cumulative_sum",
    "expand_dims", "expm1", "floor_divide", "isin", "meshgrid", "positive", "prod", "reshape", "searchsorted",
    "sign", "sort", "std", "sum", "var",
]  # fmt: skip

# ── elements ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def expm1(x: Any, /) -> Any:
    """The exponential less one; of complex numbers with the standard's values at 0 and where they are not finite."""
    if x.dtype.kind != "c":
        return f.expm1(x)
    return f.where(f.isfinite(x) & (x != 0), f.expm1(x), f.exp(x) - 1)


def floor_divide(x1: Any, x2: Any, /) -> Any:
    """The quotient rounded down: x1 // x2."""
    return x1 // x2


def sign(x: Any, /) -> Any:
    """-1, 0 or 1; of complex numbers x / |x|, and 0 of 0."""
    if x.dtype.kind != "c":
        return f.sign(x)
    none = x == 0
    return f.where(none, 0, x / f.where(none, 1, f.abs(x)))


def positive(x: Any, /) -> Any:
    """The numbers as they are, in memory of their own."""
    return f.copy(x)


def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:  # noqa: A002
    """The numbers, those below `min` replaced by it, those above `max` by that; in x's dtype."""
    return f.copy(x) if min is None and max is None else NUMPY[np.clip](x, min, max)


# ── shapes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def broadcast_arrays(*arrays: Any) -> list[Any]:
    """Arrays in the shape that they have together."""
    return [*f.broadcast_arrays(*arrays)]


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that arrays of these shapes have together. Raises ValueError if there is none."""
    return np.broadcast_shapes(*shapes)


def meshgrid(*arrays: Any, indexing: str = "xy") -> list[Any]:
    """The coordinates of a grid's points, of those along each axis."""
    return [*f.meshgrid(*arrays, indexing=indexing)]


def concat(arrays: Any, /, *, axis: int | None = 0) -> Any:
    """Arrays joined along an axis; without one, all their elements in a line."""
    return NUMPY[np.concatenate](arrays, axis)


def expand_dims(x: Any, /, axis: int | tuple[int, ...]) -> Any:
    """More axes, of length 1, at one position or several. Raises IndexError for one out of range."""
    several = axis if isinstance(axis, tuple) else (axis,)
    axes = x.ndim + len(several)
    for a in several:
        if not -axes <= a < axes:
            raise IndexError(f"expand_dims: axis {a} is out of range for the {axes} axes that {x.shape} is to have")
    return f.expand_dims(x, axis)


def reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> Any:
    """The same elements in another shape.

    copy: True for memory of its own, None for sharing where that is possible, False for a ValueError where it is not.
    """
    found = f.reshape(x, shape)
    shared = np.may_share_memory(x._array, found._array)
    if copy is False and not shared and x.size:
        raise ValueError(f"reshape: {x.shape} cannot become {found.shape} without a copy")
    return f.copy(found) if copy and shared else found


# ── order ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """The elements in order along an axis."""
    return f.sort(x, axis, descending=descending)


def argsort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """The positions of the elements in order along an axis; equal ones keep their order."""
    return falling(x, axis_of("argsort", x.shape, axis)) if descending else f.argsort(x, axis)


def isin(x1: Any, x2: Any, /, *, invert: bool = False) -> Any:
    """Whether each element is one of others."""
    return f.isin(x1, x2, invert=invert)


def searchsorted(x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Any:
    """Where in an ascending line numbers would have to be put in."""
    return f.searchsorted(x1, x2, side, sorter)


# ── statistics ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _in(x: Any, dtype: Any) -> Any:
    return x if dtype is None else f.astype(x, dtype)


def _count(name: str, x: Any, axis: Any) -> int:
    return _product(x.shape[a] for a in axes_of(name, x.shape, axis))


def sum(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The sum over the given axes, by default all."""
    return _in(f.sum(_in(x, dtype), axis, keepdims), dtype)


def prod(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The product over the given axes, by default all."""
    return _in(f.prod(_in(x, dtype), axis, keepdims), dtype)


def cumulative_sum(x: Any, /, *, axis: Any = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """The sums of the first elements along an axis."""
    return _in(f.cumulative_sum(x, axis, dtype=dtype, include_initial=include_initial), dtype)


def cumulative_prod(x: Any, /, *, axis: Any = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """The products of the first elements along an axis."""
    return _in(f.cumulative_prod(x, axis, dtype=dtype, include_initial=include_initial), dtype)


def _spread(name: str, x: Any, axis: Any, correction: float, keepdims: bool) -> Any:
    n, own = _count(name, x, axis), getattr(f, name)
    if float(correction).is_integer() and 0 <= correction < max(n, 1):
        return own(x, axis, keepdims, ddof=int(correction))
    factor = n / (n - correction) if n > correction else inf
    return own(x, axis, keepdims) * (factor if name == "var" else factor**0.5)


def var(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """The variance Σ(x − mean)² / (n − correction) over the given axes, by default all; of no elements nan."""
    return _spread("var", x, axis, correction, keepdims)


def std(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """The square root of the variance over the given axes, by default all; of no elements nan."""
    return _spread("std", x, axis, correction, keepdims)
