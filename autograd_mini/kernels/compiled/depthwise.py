"""Depthwise convolution, compiled: vectors of channels, each by filters of its own; sums stay in registers.

Pixels whose windows are inside the image are done together, those at its borders one by one, with the weights that
meet a pixel. A stride's adjoint is a correlation for each of its phases, as in `direct`. Images are (N, D, H, W, C).
"""

from __future__ import annotations

from itertools import product

import numpy as np

from ..buffers import empty
from ..layout import Array, Geometry, Size
from ..parallel import each, shares_of
from . import loop
from .direct import phase
from .products import even, panel_width, products_of_channels
from .team import shared

ROWS = 16  # summed before they are added up in double precision
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
    rows, cost = len(image) * volume[0] * volume[1], COST * maps.size * float(np.prod(kernel))
    totals = np.empty((shares_of(rows, cost), *kernel, channels))
    each(_filters(image, maps, totals, steps), len(totals), cost)
    total = totals.sum(axis=0)
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
    flat, taps, rows = out.reshape(-1), np.ascontiguousarray(w).reshape(-1), len(x) * size[0] * size[1]
    work = _correlate(x, taps, bias, flat, start, places, size, kernel, geometry)
    each(work, rows, COST * float(rows * size[2] * channels * np.prod(kernel)))


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
    taps = np.ascontiguousarray(w[:, 0].transpose(*range(1, w.ndim - 1), 0))
    return _filled(taps.reshape(*_three(taps.shape[:-1], 1), len(w)))


def _strides(size: Size, steps: Size, channels: int) -> tuple[int, int, int, int]:
    """From one image, depth, row and pixel to the next, in elements of a contiguous array."""
    deep, high, wide = size
    return (deep * high * wide * channels, steps[0] * high * wide * channels, steps[1] * wide * channels,
            steps[2] * channels)  # fmt: skip


@loop
def _met(start, length, kernel, dilation):  # type: ignore[no-untyped-def]
    """Which weights (first, last + 1) of a window that begins at `start` meet a pixel, on an axis of this length."""
    first = max(0, -(start // dilation))
    return first, max(first, min(kernel, (length - 1 - start) // dilation + 1))


@loop
def _together(k, outputs, length, kernel, step):  # type: ignore[no-untyped-def]
    """How many outputs from number k on have windows inside; 1, and it is no matter where, if that one has not."""
    stride, padding, dilation = step
    inside = (length - 1 - (kernel - 1) * dilation + padding) // stride + 1
    return max(1, min(outputs, inside) - k) if k * stride >= padding else 1


@shared
def _correlate(x, w, b, out, start, places, size, kernel, geometry, first, last):  # type: ignore[no-untyped-def]
    """Rows first … last - 1 of out = x (N, D, H, W, C) ⋆ w (kd, kh, kw, C), plus b. Flat are w and `out`."""
    (deep, high, wide), (depth, height, width), channels = kernel, size, x.shape[4]
    (sd, sh, sw), (pd, ph, pw), (dd, dh, dw) = geometry
    flat, line = x.reshape(-1), x.shape[3] * channels
    c = 0
    while c < channels:
        panel = panel_width(channels - c, x.itemsize)
        for row in range(first, last):
            image, j = divmod(row, height)
            n, i = divmod(image, depth)
            to = start + n * places[0] + i * places[1] + j * places[2] + c
            front, top = i * sd - pd, j * sh - ph
            t, t_end = _met(front, x.shape[1], deep, dd)
            u, u_end = _met(top, x.shape[2], high, dh)
            if t == t_end or u == u_end:
                for k in range(width):
                    for q in range(panel):
                        out[to + k * places[3] + q] = b[c + q]
                continue
            for tap in range(t, t_end):
                begin = ((n * x.shape[1] + front + tap * dd) * x.shape[2] + top + u * dh) * line + c
                k = 0
                while k < width:
                    left = k * sw - pw
                    run, (v, v_end) = (
                        _together(k, width, x.shape[3], wide, (sw, pw, dw)),
                        _met(left, x.shape[3], wide, dw),
                    )
                    here = (to + k * places[3], places[3])
                    sums, at = (b, (c, 0)) if tap == t else (out, here)
                    if v < v_end:
                        products_of_channels(
                            out, here, sums, at,
                            flat, (begin + (left + v * dw) * channels, sw * channels, dh * line, dw * channels),
                            w, (((tap * high + u) * wide + v) * channels + c, wide * channels, channels),
                            (u_end - u, v_end - v, run), False, panel,
                        )  # fmt: skip
                    elif tap == t:
                        out[here[0] : here[0] + panel] = b[c : c + panel]
                    k += run
        c += panel


@shared
def _filters(x, y, totals, geometry, first, last):  # type: ignore[no-untyped-def]
    """totals (shares, kd, kh, kw, C): what rows of y and x make, in shares first … last − 1 of so many."""
    rows = len(y) * y.shape[1] * y.shape[2]
    for share in range(first, last):
        totals[share] = 0
        some = (rows * share // len(totals), rows * (share + 1) // len(totals))
        _add_filters(x, y, totals[share], geometry, some[0], some[1])


@loop
def _add_filters(x, y, total, geometry, first, last):  # type: ignore[no-untyped-def]
    """Add to total (kd, kh, kw, C) what rows first … last - 1 of y (N, Do, Ho, Wo, C) and x (N, D, H, W, C) make of it.

    In each, of some rows, sums are of the arrays' own precision.
    """
    (deep, high, wide), (depth, height, width, channels) = total.shape[:3], y.shape[1:]
    (sd, sh, sw), (pd, ph, pw), (dd, dh, dw) = geometry
    flat, source, line, goal = x.reshape(-1), y.reshape(-1), x.shape[3] * channels, total.reshape(-1)
    sums = np.zeros(len(goal), x.dtype)
    for row in range(first, last):
        image, j = divmod(row, height)
        n, i = divmod(image, depth)
        front, top = i * sd - pd, j * sh - ph
        t, t_end = _met(front, x.shape[1], deep, dd)
        u, u_end = _met(top, x.shape[2], high, dh)
        for tap in range(t * high, t_end * high):
            if tap % high < u or tap % high >= u_end:
                continue
            begin = (((n * x.shape[1] + front + tap // high * dd) * x.shape[2]) + top + tap % high * dh) * line
            k = 0
            while k < width:
                left = k * sw - pw
                run, (v, v_end) = _together(k, width, x.shape[3], wide, (sw, pw, dw)), _met(left, x.shape[3], wide, dw)
                c = 0
                while c < channels and v < v_end:
                    panel = panel_width(channels - c, x.itemsize)
                    to = ((tap * wide + v) * channels + c, channels)
                    products_of_channels(
                        sums, to, sums, to,
                        flat, (begin + (left + v * dw) * channels + c, dw * channels, 0, sw * channels),
                        source, ((row * width + k) * channels + c, 0, channels), (1, run, v_end - v), False, panel,
                    )  # fmt: skip
                    c += panel
                k += run
        if (row + 1) % ROWS == 0 or row + 1 == last:
            for k in range(len(goal)):
                goal[k] += sums[k]
                sums[k] = 0
