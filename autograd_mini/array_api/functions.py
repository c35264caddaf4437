"""Functions whose arguments in the standard are not those of the package's operations."""

from __future__ import annotations

from math import prod as _product
from typing import Any

import numpy as np

from .. import ops as f
from ..arguments import array_of, axes_of, axis_of
from ..numpy_functions import NUMPY

__all__ = [
    "argsort", "clip", "concat", "cumulative_prod", "cumulative_sum", "positive", "prod", "reshape", "searchsorted", "sort",
    "std", "sum", "var",
]  # fmt: skip

cumulative_sum, cumulative_prod = f.cumulative_sum, f.cumulative_prod


def positive(x: Any, /) -> Any:
    """The numbers as they are, in memory of their own."""
    return f.copy(x)


def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:
    """The numbers, those below `min` replaced by it, those above `max` by that; in x's dtype."""
    return f.copy(x) if min is None and max is None else NUMPY[np.clip](x, min, max)


def concat(arrays: Any, /, *, axis: int | None = 0) -> Any:
    """Arrays joined along an axis; without one, all their elements in a line."""
    return NUMPY[np.concatenate](arrays, axis)


def reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> Any:
    """The same elements in another shape.

    copy: True for memory of its own, None for sharing where that is possible, False for a ValueError where it is not.
    """
    found = f.reshape(x, shape)
    shared = np.may_share_memory(array_of(x), array_of(found))
    if copy is False and not shared and x.size:
        raise ValueError(f"reshape: {x.shape} cannot become {found.shape} without a copy")
    return f.copy(found) if copy and shared else found


# ── order ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """The elements in order along an axis."""
    found = f.sort(x, axis)
    return f.flip(found, axis) if descending else found


def argsort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """The positions of the elements in order along an axis; equal ones keep their order."""
    if not descending:
        return f.argsort(x, axis)
    last = x.shape[axis_of("argsort", x.shape, axis)] - 1
    return last - f.flip(f.argsort(f.flip(x, axis), axis), axis)


def searchsorted(x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Any:
    """Where in an ascending line numbers would have to be put in."""
    return f.searchsorted(x1, x2, side, sorter)


# ── statistics ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _in(x: Any, dtype: Any) -> Any:
    return x if dtype is None else f.astype(x, dtype)


def sum(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The sum over the given axes, by default all."""
    return f.sum(_in(x, dtype), axis, keepdims)


def prod(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The product over the given axes, by default all."""
    return f.prod(_in(x, dtype), axis, keepdims)


def var(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """The variance Σ(x − mean)² / (n − correction) over the given axes, by default all."""
    if float(correction).is_integer() and correction >= 0:
        return f.var(x, axis, keepdims, ddof=int(correction))
    n = _product(x.shape[a] for a in axes_of("var", x.shape, axis))
    return f.var(x, axis, keepdims) * (n / (n - correction))


def std(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """The square root of the variance over the given axes, by default all."""
    if float(correction).is_integer() and correction >= 0:
        return f.std(x, axis, keepdims, ddof=int(correction))
    n = _product(x.shape[a] for a in axes_of("std", x.shape, axis))
    return f.std(x, axis, keepdims) * (n / (n - correction)) ** 0.5
