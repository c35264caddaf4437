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

RUN = 512  # numbers in a run: a loop over a few channels is over before it has begun
PASS = 4  # a product that is loaded and stored takes as long as this many in registers


def correlate(x: Array, w: Array, b: Array | None, size: Size, geometry: Geometry) -> Array:
    """x (N, *pixels, C), w (K, 1, *kernel), b (K,) or None -> (N, *size, K)."""
    out, taps = empty((len(x), *size, len(w)), x.dtype), _taps(w)
    x, bias = _each_by_itself(x, len(w)), np.zeros(len(w), x.dtype) if b is None else b

    def share(first: int, last: int) -> None:
        out[first:last] = bias
        for tap, pixels, maps in meetings(x.shape[1:-1], size, w.shape[2:], geometry):
            out[first:last][maps] += x[first:last][pixels] * taps[tap]

    if compiled := _compiled(x):
        image, target, filters = _volumes(x), _volumes(out), _volume(taps)
        filters = np.tile(filters, _together(len(w), size[-1]))
        steps, rows = _steps(geometry), len(x) * int(np.prod(target.shape[1:3]))
        each(lambda a, b: compiled.correlate(image, filters, bias, target, *steps, a, b), rows, _cost(out, taps))
    else:
        each(share, len(x), _cost(out, taps))
    return out


def transposed(y: Array, w: Array, size: Size, geometry: Geometry, groups: int) -> Array:
    """y (N, *maps, K), w (K, 1, *kernel) -> (N, *size, groups)."""
    out, taps = empty((len(y), *size, len(w)), y.dtype), _taps(w)

    def share(first: int, last: int) -> None:
        out[first:last] = 0
        for tap, pixels, maps in meetings(out.shape[1:-1], y.shape[1:-1], w.shape[2:], geometry):
            out[first:last][pixels] += y[first:last][maps] * taps[tap]

    if compiled := _compiled(y):
        maps, target, filters = _volumes(y), _volumes(out), _volume(taps)
        steps, rows = _steps(geometry), len(y) * int(np.prod(target.shape[1:3]))
        each(lambda a, b: compiled.transposed(maps, filters, target, *steps, a, b), rows, _cost(y, taps))
    else:
        each(share, len(y), _cost(y, taps))
    return out if len(w) == groups else out.reshape(*out.shape[:-1], groups, len(w) // groups).sum(axis=-1)


def filters(x: Array, y: Array, size: Size, geometry: Geometry) -> Array:
    """x (N, *pixels, C), y (N, *maps, K) -> (K, 1, *size)."""
    columns = y.shape[-1]
    x = _each_by_itself(x, columns)
    compiled = _compiled(x)
    places = "dhw"[: len(size)]
    run = _together(columns, y.shape[-2])
    images, maps, steps = _volumes(x), _volumes(y), _steps(geometry)

    def compiled_share(first: int, last: int) -> Array:
        total = np.zeros((*[1] * (3 - len(size)), *size, columns))
        compiled.filters(images, maps, np.empty(run * columns, x.dtype), total, *steps, first, last)
        return total.reshape(*size, columns)

    def share(first: int, last: int) -> Array:
        total = np.zeros((*size, columns), np.result_type(x, np.float64))
        for n in range(first, last):
            for tap, pixels, maps in meetings(x.shape[1:-1], y.shape[1:-1], size, geometry):
                total[tap] += np.einsum(f"{places}c,{places}c->c", x[n][pixels[1:]], y[n][maps[1:]])
        return total

    cost = PASS * y.size * int(np.prod(size))
    rows = len(x) * int(np.prod(maps.shape[1:3])) if compiled else len(x)
    total, *others = spread(compiled_share if compiled else share, rows, cost)
    for other in others:
        total += other
    return np.moveaxis(total.astype(x.dtype, copy=False), -1, 0)[:, None]


def _together(channels: int, width: int) -> int:
    """How many pixels of a row are one run of numbers."""
    return max(1, min(RUN // channels, width))


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


def _volumes(x: Array) -> Array:
    """(N, *pixels, C) with three axes of pixels, contiguous."""
    return np.ascontiguousarray(x).reshape(len(x), *[1] * (5 - x.ndim), *x.shape[1:])


def _volume(taps: Array) -> Array:
    return taps.reshape(*[1] * (4 - taps.ndim), *taps.shape)


def _steps(geometry: Geometry) -> tuple[tuple[int, ...], ...]:
    """Stride, padding and dilation along three axes."""
    return tuple((*[least] * (3 - len(s)), *s) for s, least in zip(geometry, (1, 0, 1), strict=True))
