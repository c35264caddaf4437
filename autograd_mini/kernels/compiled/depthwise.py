"""Depthwise convolution, compiled: vectors of channels, each by filters of its own; sums stay in registers.

As `direct` does it, with a product for each channel where that adds up over channels: strips of the images are laid out
with their padding, and a stride's adjoint is a correlation for each of its phases. Images are (N, D, H, W, C).
"""

from __future__ import annotations

from itertools import product

import numpy as np

from ..buffers import empty
from ..layout import Array, Geometry, Size
from ..parallel import each, spread
from . import loop
from .direct import cut, lay_out, phase, window_of
from .products import even, panel_width, products_of_channels

COST = 4  # multiply-adds that take as long as one whose factors are both loaded


def correlate(x: Array, w: Array, b: Array | None, size: Size, geometry: Geometry) -> Array:
    """x (N, *pixels, C), w (C, 1, *kernel), b (C,) or None -> (N, *size, C)."""
    image, taps, volume, steps = _filled(_volumes(x)), _taps(w), _three(size, 1), _steps(geometry)
    out = empty((len(x), *volume, image.shape[4]), x.dtype)
    _correlated(out, 0, _strides(volume, (1, 1, 1), image.shape[4]), volume, image, taps, b, steps)
    return _cut_off(out, len(w)).reshape(len(x), *size, len(w))


def transposed(y: Array, w: Array, size: Size, geometry: Geometry) -> Array:
    """y (N, *maps, C), w (C, 1, *kernel) -> (N, *size, C)."""
    maps, taps, volume, steps = _filled(_volumes(y)), _taps(w), _three(size, 1), _steps(geometry)
    out, channels = empty((len(y), *volume, maps.shape[4]), y.dtype), maps.shape[4]
    strides = _strides(volume, steps.stride, channels)
    for place in product(*(range(min(s, n)) for s, n in zip(steps.stride, volume, strict=True))):
        met, padding, dilation = zip(
            *(phase(i, k, *step) for i, k, *step in zip(place, taps.shape, *steps, strict=False)), strict=True
        )
        filters = taps[met]
        if not filters.size:
            out[:, *(slice(i, None, s) for i, s in zip(place, steps.stride, strict=True))] = 0
            continue
        start = int(np.ravel_multi_index(place, volume)) * channels
        pixels = tuple(-((i - n) // s) for i, n, s in zip(place, volume, steps.stride, strict=True))
        _correlated(out, start, strides, pixels, maps, filters, None, Geometry((1, 1, 1), padding, dilation))
    return _cut_off(out, len(w)).reshape(len(y), *size, len(w))


def filters(x: Array, y: Array, size: Size, geometry: Geometry) -> Array:
    """x (N, *pixels, C), y (N, *maps, C) -> (C, 1, *size)."""
    image, maps, kernel, steps = _filled(_volumes(x)), _filled(_volumes(y)), _three(size, 1), _steps(geometry)
    volume, channels = maps.shape[1:4], maps.shape[4]
    rows, strips, lines = _cut(image, volume, kernel, steps)

    def share(first: int, last: int) -> Array:
        total = np.zeros((*kernel, channels))
        _filters(image, window_of(image, lines), maps, total, steps, rows, lines > 0, first, last)
        return total

    total, *others = spread(share, strips, COST * maps.size * float(np.prod(kernel)))
    for other in others:
        total += other
    return np.ascontiguousarray(np.moveaxis(total[..., : x.shape[-1]].astype(x.dtype), -1, 0)).reshape(-1, 1, *size)


def _correlated(
    out: Array, start: int, places: Size, size: Size, x: Array, w: Array, b: Array | None, geometry: Geometry
) -> None:
    """Write into `out`, from number `start` on, what x (N, D, H, W, C) gives with w (kd, kh, kw, C).

    places: from one image, depth, row and pixel of the results to the next. size: of the results.
    """
    channels, kernel = x.shape[4], w.shape[:3]
    bias = np.zeros(channels, x.dtype)
    if b is not None:
        bias[: len(b)] = b
    rows, strips, lines = _cut(x, size, kernel, geometry)
    flat, taps = out.reshape(-1), np.ascontiguousarray(w).reshape(-1)

    def share(first: int, last: int) -> None:
        window = window_of(x, lines)
        _correlate(x, window, taps, bias, flat, start, places, size, kernel, geometry, rows, lines > 0, first, last)

    each(share, strips, COST * float(len(x) * np.prod(size) * channels * np.prod(kernel)))


def _cut(x: Array, size: Size, kernel: Size, geometry: Geometry) -> tuple[int, int, int]:
    """As `direct` cuts images, for every depth of the results; inside are windows only along all three axes."""
    rows, strips, lines = cut(np.moveaxis(x, 1, -1), size[1:], kernel[1:], Geometry(*(step[1:] for step in geometry)))
    return rows, strips * size[0], lines


def _three(sizes: Size, least: int) -> tuple[int, int, int]:
    deep, high, wide = (*[least] * (3 - len(sizes)), *sizes)
    return deep, high, wide


def _steps(geometry: Geometry) -> Geometry:
    """Along three axes."""
    return Geometry(*(_three(s, least) for s, least in zip(geometry, (1, 0, 1), strict=True)))


def _volumes(x: Array) -> Array:
    """(N, *pixels, C) with three axes of pixels, contiguous."""
    return np.ascontiguousarray(x).reshape(len(x), *_three(x.shape[1:-1], 1), x.shape[-1])


def _filled(x: Array) -> Array:
    """x (..., C) with zeros behind, up to whole vectors."""
    wide = even(x.shape[-1], x.itemsize)
    if wide == x.shape[-1]:
        return x
    out = empty((*x.shape[:-1], wide), x.dtype)
    out[..., : x.shape[-1]], out[..., x.shape[-1] :] = x, 0
    return out


def _cut_off(x: Array, channels: int) -> Array:
    return x if x.shape[-1] == channels else np.ascontiguousarray(x[..., :channels])


def _taps(w: Array) -> Array:
    """(C, 1, *kernel) -> (kd, kh, kw, C), filled up."""
    taps = np.ascontiguousarray(np.moveaxis(w[:, 0], 0, -1))
    return _filled(taps.reshape(*_three(taps.shape[:-1], 1), len(w)))


def _strides(size: Size, steps: Size, channels: int) -> tuple[int, int, int, int]:
    """From one image, depth, row and pixel to the next, in elements of a contiguous array."""
    deep, high, wide = size
    return (deep * high * wide * channels, steps[0] * high * wide * channels, steps[1] * wide * channels,
            steps[2] * channels)  # fmt: skip


@loop
def _correlate(  # type: ignore[no-untyped-def]
    x, flat, w, b, out, start, places, size, kernel, geometry, rows, laid, first, last
):
    """Strips first … last - 1 of out = x (N, D, H, W, C) ⋆ w (kd, kh, kw, C), plus b. Flat are `flat`, w and `out`."""
    (deep, high, wide), (depth, height, width), channels = kernel, size, x.shape[4]
    (sd, sh, sw), (pd, ph, pw), (dd, dh, dw) = geometry
    strips, across = -(-height // rows), (width - 1) * sw + (wide - 1) * dw + 1
    line = (across if laid else x.shape[3]) * channels
    for unit in range(first, last):
        image, strip = divmod(unit, strips)
        n, i = divmod(image, depth)
        top = strip * rows
        bottom = min(top + rows, height)
        place = start + n * places[0] + i * places[1]
        for t in range(deep):
            front = i * sd + t * dd - pd
            outside = front < 0 or front >= x.shape[1]
            if outside and t:
                continue
            begin = ((n * x.shape[1] + front) * x.shape[2] + top * sh) * line
            if laid and not outside:
                begin = 0
                lay_out(flat.reshape(-1, across, channels), x[n], front, top * sh - ph, -pw)
            for j in range(top, bottom):
                to = place + j * places[2]
                if outside:  # only the first: the others add to it
                    for q in range(width):
                        out[to + q * places[3] : to + q * places[3] + channels] = b
                    continue
                k = 0
                while k < channels:
                    panel = panel_width(channels - k, x.itemsize)
                    here = (to + k, places[3])
                    sums, at = (out, here) if t else (b, (k, 0))
                    products_of_channels(
                        out, here, sums, at,
                        flat, (begin + (j - top) * sh * line + k, sw * channels, dh * line, dw * channels),
                        w, (t * high * wide * channels + k, wide * channels, channels),
                        (high, wide, width), False, panel,
                    )  # fmt: skip
                    k += panel


@loop
def _filters(x, flat, y, total, geometry, rows, laid, first, last):  # type: ignore[no-untyped-def]
    """Add to total (kd, kh, kw, C) what strips first … last - 1 of y (N, Do, Ho, Wo, C) and x (N, D, H, W, C) make."""
    (deep, high, wide), (depth, height, width, channels) = total.shape[:3], y.shape[1:]
    (sd, sh, sw), (pd, ph, pw), (dd, dh, dw) = geometry
    strips, across = -(-height // rows), (width - 1) * sw + (wide - 1) * dw + 1
    line = (across if laid else x.shape[3]) * channels
    source, some = y.reshape(-1), high * wide * channels
    sums = np.empty(some, x.dtype)
    for unit in range(first, last):
        image, strip = divmod(unit, strips)
        n, i = divmod(image, depth)
        top = strip * rows
        for t in range(deep):
            front = i * sd + t * dd - pd
            if front < 0 or front >= x.shape[1]:
                continue
            begin = ((n * x.shape[1] + front) * x.shape[2] + top * sh) * line
            if laid:
                begin = 0
                lay_out(flat.reshape(-1, across, channels), x[n], front, top * sh - ph, -pw)
            sums[:] = 0
            for j in range(top, min(top + rows, height)):
                at = (image * height + j) * width * channels
                for u in range(high):
                    k, from_row = 0, begin + ((j - top) * sh + u * dh) * line
                    while k < channels:
                        panel = panel_width(channels - k, x.itemsize)
                        to = (u * wide * channels + k, channels)
                        products_of_channels(
                            sums, to, sums, to, flat, (from_row + k, dw * channels, 0, sw * channels),
                            source, (at + k, 0, channels), (1, width, wide), False, panel,
                        )  # fmt: skip
                        k += panel
            goal = total[t].reshape(-1)
            for k in range(some):
                goal[k] += sums[k]
