"""Rows brought to mean 0 and variance 1, and the gradient of that: a compiled loop for large arrays."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .buffers import LARGE, empty
from .layout import Array
from .parallel import each
from .settings import is_compiled
from .sums import sums

PASSES = 48  # multiply-adds that an element takes as long as

Axes = tuple[int, ...]


def standardise(x: Array, axes: Axes, eps: float, centred: bool) -> tuple[Array, Array]:
    """x̂ = (x − mean) · scale, scale = 1 / √(mean square + eps) of what is left. x (...) -> (...), (..., 1, ...).

    Without `centred` the mean is not taken off.
    """
    n = prod(x.shape[a] for a in axes)
    if not _in_rows(axes, x):
        y = x - sums(x, axes, keepdims=True) / n if centred else x
        scale = 1 / np.sqrt(sums(y * y, axes, keepdims=True) / n + eps)
        return y * scale, scale
    from .compiled import rows

    out, scale = empty(x.shape, x.dtype), np.empty((x.size // n, 1), x.dtype)
    flat = x.reshape(-1, n), out.reshape(-1, n), scale
    each(lambda i, j: rows.standardise(*(a[i:j] for a in flat), eps, centred), len(scale), PASSES * x.size)
    return out, scale.reshape(*x.shape[: x.ndim - len(axes)], *[1] * len(axes))


def standardised(g: Array, y: Array, scale: Array, g_scale: Array, axes: Axes, centred: bool) -> Array | None:
    """∂L/∂x = scale · (g − Σg/n − y · Σ(g·y)/n) − g_scale · scale² · y / n; None if no loop is there for it.

    g and y (...), of one dtype; scale and g_scale (..., 1, ...).
    """
    if not _in_rows(axes, g, y):
        return None
    from .compiled import rows

    n, out = prod(g.shape[a] for a in axes), empty(g.shape, g.dtype)
    flat = *(a.reshape(-1, n) for a in (g, y, out)), *(a.reshape(-1, 1) for a in (scale, g_scale))
    each(lambda i, j: rows.standardised(*(a[i:j] for a in flat), centred), len(flat[3]), PASSES * g.size)
    return out


def _in_rows(axes: Axes, *arrays: Any) -> bool:
    """Whether a compiled loop takes these: large, of one dtype, with what lies along the axes in one piece."""
    first = arrays[0]
    return (
        all(type(a) is np.ndarray and a.flags.c_contiguous and a.dtype == first.dtype for a in arrays)
        and first.dtype in (np.float32, np.float64)
        and first.nbytes >= LARGE
        and axes == tuple(range(first.ndim - len(axes), first.ndim))
        and is_compiled()
    )
