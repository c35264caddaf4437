"""Depthwise convolution: each channel by filters of its own, in shifts and multiplies, or in compiled loops.

Arrays are channels-last with one to three axes of pixels; w is (K, 1, *kernel) with K a multiple of x's channels, and
filter k slides over channel k // (K / C).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .buffers import empty
from .layout import Array, Geometry, Size, meetings
from .parallel import each, spread
from .settings import is_compiled

PASS = 4  # a product that is loaded and stored takes as long as this many in registers


def correlate(x: Array, w: Array, b: Array | None, size: Size, geometry: Geometry) -> Array:
    """x (N, *pixels, C), w (K, 1, *kernel), b (K,) or None -> (N, *size, K)."""
    x = _each_by_itself(x, len(w))
    if compiled := _compiled(x):
        found: Array = compiled.correlate(x, w, b, size, geometry)
        return found
    out, taps, bias = empty((len(x), *size, len(w)), x.dtype), _taps(w), np.zeros(len(w), x.dtype) if b is None else b

    def share(first: int, last: int) -> None:
        out[first:last] = bias
        for tap, pixels, maps in meetings(x.shape[1:-1], size, w.shape[2:], geometry):
            out[first:last][maps] += x[first:last][pixels] * taps[tap]

    each(share, len(x), _cost(out, taps))
    return out


def transposed(y: Array, w: Array, size: Size, geometry: Geometry, groups: int) -> Array:
    """y (N, *maps, K), w (K, 1, *kernel) -> (N, *size, groups)."""
    taps = _taps(w)

    def share(first: int, last: int) -> None:
        out[first:last] = 0
        for tap, pixels, maps in meetings(out.shape[1:-1], y.shape[1:-1], w.shape[2:], geometry):
            out[first:last][pixels] += y[first:last][maps] * taps[tap]

    compiled = _compiled(y)
    out: Array
    if compiled:
        out = compiled.transposed(y, w, size, geometry)
    else:
        out = empty((len(y), *size, len(w)), y.dtype)
        each(share, len(y), _cost(y, taps))
    return out if len(w) == groups else out.reshape(*out.shape[:-1], groups, len(w) // groups).sum(axis=-1)


def filters(x: Array, y: Array, size: Size, geometry: Geometry) -> Array:
    """x (N, *pixels, C), y (N, *maps, K) -> (K, 1, *size)."""
    columns = y.shape[-1]
    x = _each_by_itself(x, columns)
    if compiled := _compiled(x):
        found: Array = compiled.filters(x, y, size, geometry)
        return found
    places = "dhw"[: len(size)]

    def share(first: int, last: int) -> Array:
        total = np.zeros((*size, columns), np.result_type(x, np.float64))
        for n in range(first, last):
            for tap, pixels, maps in meetings(x.shape[1:-1], y.shape[1:-1], size, geometry):
                total[tap] += np.einsum(f"{places}c,{places}c->c", x[n][pixels[1:]], y[n][maps[1:]])
        return total

    total, *others = spread(share, len(x), PASS * y.size * int(np.prod(size)))
    for other in others:
        total += other
    return np.moveaxis(total.astype(x.dtype, copy=False), -1, 0)[:, None]


def _each_by_itself(x: Array, columns: int) -> Array:
    """x with a channel for each filter."""
    return x if x.shape[-1] == columns else x.repeat(columns // x.shape[-1], axis=-1)


def _taps(w: Array) -> Array:
    """(K, 1, *kernel) -> (*kernel, K), contiguous."""
    return np.ascontiguousarray(np.moveaxis(w[:, 0], 0, -1))


def _cost(maps: Array, taps: Array) -> float:
    return float(PASS * maps.size * taps.size / max(1, taps.shape[-1]))


def _compiled(x: Array) -> Any:
    """The compiled loops, if they may run and know the dtype."""
    if not is_compiled() or x.dtype not in (np.float32, np.float64):
        return None
    from .compiled import depthwise

    return depthwise
