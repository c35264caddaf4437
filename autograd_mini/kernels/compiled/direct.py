"""Convolution as it is written, compiled: sums over a window in registers, one strip of output rows at a time.

With channels innermost the kw·C numbers that one row of a filter meets are contiguous, and the window of the next pixel
begins C further on: a product of overlapping rows, with nothing unrolled and no patches stored. Only the borders cost a
copy: the strip of the image that the window slides over is laid out with its padding, in a scratch of a thread's own.
"""

from __future__ import annotations

import numpy as np

from ..buffers import empty
from ..layout import Array, Geometry, Pair
from ..parallel import each, spread
from . import loop
from .products import panel_width, panels, products, scratch
from .vectors import HALF

STRIP = 1 << 18  # bytes of laid-out image at once: a quarter of a core's L2 cache


def correlate(x: Array, w: Array, b: Array | None, size: Pair, geometry: Geometry, then_relu: bool = False) -> Array:
    """x (N, H, W, C), w (K, C, kh, kw), b (K,) or None -> (N, *size, K); negative results become 0 if `then_relu`."""
    (columns, channels), kernel = w.shape[:2], (w.shape[2], w.shape[3])
    even = -(-columns * x.itemsize // HALF) * HALF // x.itemsize  # whole vectors
    filters, bias = np.zeros((kernel[0] * kernel[1] * channels, even), x.dtype), np.zeros(even, x.dtype)
    filters[:, :columns] = w.transpose(2, 3, 1, 0).reshape(-1, columns)
    if b is not None:
        bias[:columns] = b
    filters = panels(filters)
    out = empty((len(x), *size, even), x.dtype)
    strips = len(x) * -(-size[0] // _strip_rows(size, kernel, channels, x.itemsize, geometry.stride))

    def share(first: int, last: int) -> None:
        _correlate(x, filters, bias, out, kernel, geometry.stride, geometry.padding, then_relu, first, last)

    each(share, strips, out.size * channels * kernel[0] * kernel[1])
    return out if even == columns else np.ascontiguousarray(out[..., :columns])


def filters(x: Array, y: Array, size: Pair, geometry: Geometry) -> Array:
    """x (N, H, W, C), y (N, Hy, Wy, K) -> (K, C, *size); K is a multiple of the HALF vector."""
    shape = (size[0] * size[1] * x.shape[3], y.shape[3])
    strips = len(x) * -(-y.shape[1] // _strip_rows(y.shape[1:3], size, x.shape[3], x.itemsize, geometry.stride))

    def share(first: int, last: int) -> Array:
        total = np.zeros(shape, x.dtype)
        _filters(x, y, total, geometry.stride, geometry.padding, size, first, last)
        return total

    total, *others = spread(share, strips, y.size * shape[0])
    for other in others:
        total += other
    return np.ascontiguousarray(total.reshape(*size, x.shape[3], y.shape[3]).transpose(3, 2, 0, 1))


@loop
def _lay_out(window, x, n, top, left):  # type: ignore[no-untyped-def]
    """window (rows, columns, C) = x[n, top:, left:], zeros where that is outside of x (N, H, W, C)."""
    height, width = x.shape[1], x.shape[2]
    first, last = max(left, 0), min(left + window.shape[1], width)
    for i in range(window.shape[0]):
        row = window[i]
        if top + i < 0 or top + i >= height or last <= first:
            row[:] = 0
        else:
            row[: first - left] = 0
            row[first - left : last - left] = x[n, top + i, first:last]
            row[last - left :] = 0


@loop
def _strip_rows(size, kernel, channels, itemsize, stride):  # type: ignore[no-untyped-def]
    """How many output rows one strip holds."""
    line = ((size[1] - 1) * stride[1] + kernel[1]) * channels * itemsize
    return min(size[0], max(1, (STRIP // line - kernel[0]) // stride[0] + 1))


@loop
def _correlate(x, w, b, out, kernel, stride, padding, then_relu, first, last):  # type: ignore[no-untyped-def]
    """Strips first … last - 1 of out (N, Hout, Wout, K) = x (N, H, W, C) ⋆ w, plus b (K,).

    w: `panels` of (kh·kw·C, K). Negative results become 0 if `then_relu`.
    """
    (kh, kw), (height, width), (channels, columns) = kernel, out.shape[1:3], (x.shape[3], out.shape[3])
    rows = _strip_rows((height, width), kernel, channels, x.itemsize, stride)
    strips = -(-height // rows)
    line = ((width - 1) * stride[1] + kw) * channels
    flat, target = scratch(((rows - 1) * stride[0] + kh) * line, x), out.reshape(-1)
    window = flat.reshape(-1, line // channels, channels)
    for strip in range(first, last):
        n, top = strip // strips, strip % strips * rows
        bottom = min(top + rows, height)
        _lay_out(window, x, n, top * stride[0] - padding[0], -padding[1])
        k = 0
        while k < columns:
            panel = panel_width(columns - k, x.itemsize)
            for i in range(top, bottom):
                products(
                    target, ((n * height + i) * width * columns + k, columns), b, (k, 0),
                    flat, ((i - top) * stride[0] * line, stride[1] * channels, line, 1),
                    w, (k * kh * kw * channels, kw * channels * panel, panel),
                    (kh, kw * channels, width), then_relu, panel,
                )  # fmt: skip
            k += panel


@loop
def _filters(x, y, out, stride, padding, kernel, first, last):  # type: ignore[no-untyped-def]
    """Add to out (kh·kw·C, K) what strips first … last - 1 of y (N, Hy, Wy, K) and x (N, H, W, C) make of it."""
    (kh, kw), (height, width), (channels, columns) = kernel, y.shape[1:3], (x.shape[3], y.shape[3])
    rows = _strip_rows((height, width), kernel, channels, x.itemsize, stride)
    strips = -(-height // rows)
    line = ((width - 1) * stride[1] + kw) * channels
    flat, source, target = scratch(((rows - 1) * stride[0] + kh) * line, x), y.reshape(-1), out.reshape(-1)
    window = flat.reshape(-1, line // channels, channels)
    for strip in range(first, last):
        n, top = strip // strips, strip % strips * rows
        _lay_out(window, x, n, top * stride[0] - padding[0], -padding[1])
        k = 0
        while k < columns:
            panel = panel_width(columns - k, x.itemsize)
            for u in range(kh):
                to = (u * kw * channels * columns + k, columns)
                products(
                    target, to, target, to,
                    flat, (u * line, 1, stride[0] * line, stride[1] * channels),
                    source, ((n * height + top) * width * columns + k, width * columns, columns),
                    (min(rows, height - top), width, kw * channels), False, panel,
                )  # fmt: skip
            k += panel
