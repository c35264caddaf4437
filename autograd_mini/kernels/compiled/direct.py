"""Convolution as it is written, compiled: sums over a window in registers, one strip of output rows at a time.

With channels innermost the kw·C numbers that one row of a filter meets are contiguous, and the window of the next pixel
begins C further on: a product of overlapping rows, with nothing unrolled and no patches stored. Only borders cost a
copy: the strip of the image that the window slides over is laid out with its padding, in a scratch of a thread's own.

The adjoint of a stride s falls into s·s correlations of stride 1, each with every s-th weight of the filters, flipped,
and for every s-th pixel of the image: nothing is added up in memory.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..buffers import empty
from ..layout import Array, Geometry, Pair, Size, row_major
from ..parallel import each, get_num_threads, shares_of
from . import loop
from .products import PANEL, even, in_panels, out_of_panels, panel_width, products, scratch
from .team import shared

STRIP = 1 << 18  # bytes of laid-out image at once: a quarter of a core's L2 cache
STRIPS = 4  # for each thread, if there are rows enough
TERMS = 512  # of a filter's gradient summed before they are added to the others: the fewer, the less rounding
WIDTH = 512  # pixels at most of what counts as a row where the window is one pixel


def correlate(x: Array, w: Array, b: Array | None, size: Pair, geometry: Geometry, then_relu: bool = False) -> Array:
    """x (N, H, W, C), w (K, C, kh, kw), b (K,) or None -> (N, *size, K); negative results become 0 if `then_relu`."""
    out = empty((len(x), *size, len(w)), x.dtype)
    if w.shape[2:] == (1, 1) and geometry.padding == (0, 0):
        x = _pixels(x, size, geometry.stride)
        geometry, size = Geometry((1, 1), (0, 0), (1, 1)), (x.shape[1], x.shape[2])
    row = size[1] * len(w)
    _correlated(out, (0, size[0] * row, row, len(w)), size, x, w, b, geometry, then_relu)
    return out


def transposed(y: Array, w: Array, size: Pair, geometry: Geometry) -> Array:
    """y (N, Hy, Wy, K), w (K, C, kh, kw) -> (N, *size, C)."""
    channels, stride = w.shape[1], geometry.stride
    out = empty((len(y), *size, channels), y.dtype)
    turned = w.transpose(1, 0, 2, 3)
    for i in range(min(stride[0], size[0])):
        rows, top, far = phase(i, w.shape[2], stride[0], geometry.padding[0], geometry.dilation[0])
        for j in range(min(stride[1], size[1])):
            columns, left, wide = phase(j, w.shape[3], stride[1], geometry.padding[1], geometry.dilation[1])
            filters = turned[:, :, rows, columns]
            if not filters.size:
                out[:, i :: stride[0], j :: stride[1]] = 0
                continue
            places = ((i * size[1] + j) * channels, size[0] * size[1] * channels,
                      stride[0] * size[1] * channels, stride[1] * channels)  # fmt: skip
            pixels = (-((i - size[0]) // stride[0]), -((j - size[1]) // stride[1]))
            _correlated(out, places, pixels, y, filters, None, Geometry((1, 1), (top, left), (far, wide)), False)
    return out


def filters(x: Array, y: Array, size: Pair, geometry: Geometry) -> Array:
    """x (N, H, W, C), y (N, Hy, Wy, K) -> (K, C, *size)."""
    columns = y.shape[3]
    if even(columns, y.itemsize) > columns:
        wide = empty((*y.shape[:3], even(columns, y.itemsize)), y.dtype)
        wide[..., :columns] = y
        wide[..., columns:] = 0
        y = wide
    if size == (1, 1) and geometry.padding == (0, 0):
        x = _pixels(x, y.shape[1:3], geometry.stride)
        y, geometry = y.reshape(*x.shape[:3], y.shape[3]), Geometry((1, 1), (0, 0), (1, 1))
    shape = (size[0] * size[1] * x.shape[3], y.shape[3])
    rows, strips, lines = _cut(x, y.shape[1:3], size, geometry)
    cost, vectors = y.size * shape[0], -(-y.shape[3] * y.itemsize // PANEL)
    all_strips = y.size < shape[0] * shape[1] and vectors > 1  # each thread has them, for some of the columns
    shares = shares_of(vectors if all_strips else strips, cost)
    total = empty((1 if all_strips else shares, *shape), x.dtype)
    given = (x, _flat(x, lines), lines, y, total, size, geometry, rows, strips, shares)
    each(_filters(*given), shares, cost)
    for other in total[1:]:
        total[0] += other
    out = empty((columns, x.shape[3], *size), x.dtype)
    each(out_of_panels(total[0], out), x.shape[3], 8 * out.size)
    return out


def phase(first: int, kernel: int, stride: int, padding: int, dilation: int) -> tuple[slice, int, int]:
    """On one axis, for the pixels first, first + stride, …: the weights they meet, flipped, padding and dilation."""
    whole, rest = divmod(first + padding, stride)
    met = [u for u in range(kernel) if (dilation * u - rest) % stride == 0]
    if not met:
        return slice(0), 0, 1
    step, far = stride // math.gcd(stride, dilation), dilation // math.gcd(stride, dilation)
    end = met[0] - step
    return slice(met[-1], None if end < 0 else end, -step), (dilation * met[-1] - rest) // stride - whole, far


def _pixels(x: Array, size: tuple[int, ...], stride: tuple[int, ...]) -> Array:
    """The pixels (N, H, W, C) that windows of one pixel meet, in rows as long as the loops like them."""
    if stride != (1, 1):
        x = row_major(x[:, : size[0] * stride[0] : stride[0], : size[1] * stride[1] : stride[1]])
    elif size != x.shape[1:3]:
        x = row_major(x[:, : size[0], : size[1]])
    count = len(x) * size[0] * size[1]
    width = next(n for n in range(min(WIDTH, count), 0, -1) if count % n == 0) if count else 1
    return x.reshape(1, -1, width, x.shape[3])


def _cut(x: Array, size: Size, kernel: Size, geometry: Geometry) -> tuple[int, int, int]:
    """How many output rows a strip holds, how many strips there are, and numbers in what is laid out for one.

    The last is 0 where every window is inside the image.
    """
    (sh, sw), (top, left), (dh, dw) = geometry
    wide, far = (size[1] - 1) * sw + (kernel[1] - 1) * dw + 1, (kernel[0] - 1) * dh + 1
    line = wide * x.shape[3]
    rows = (STRIP // (line * x.itemsize) - far) // sh + 1
    rows = max(1, min(rows, -(-size[0] * len(x) // (STRIPS * get_num_threads())), size[0]))
    if size[0]:
        rows = -(-size[0] // -(-size[0] // rows))  # of one size
    inside = min(top, left) >= 0 == max(top, left) and (size[0] - 1) * sh + far <= x.shape[1] and wide <= x.shape[2]
    return rows, len(x) * -(-size[0] // rows), 0 if inside else ((rows - 1) * sh + far) * line


def _flat(x: Array, numbers: int) -> Array:
    """The image that windows slide over, flat; nothing, if `numbers` of it are to be laid out at a time."""
    np.empty(numbers, x.dtype)  # says how many bytes it would be if they are too many
    flat = x.reshape(-1)[: 0 if numbers else None]
    return flat if flat.flags.writeable else flat.copy()  # to the compiler a kind of its own


def _correlated(
    out: Array, places: Any, size: Pair, x: Array, w: Array, b: Array | None, geometry: Geometry, then_relu: bool
) -> None:
    """Write a correlation of x (N, H, W, C) with w (K, C, kh, kw) into `out`, whose memory is contiguous.

    places: (the first result's, and from one image, row and pixel to the next), in elements. size: (rows, columns).
    """
    (columns, channels), kernel = w.shape[:2], (w.shape[2], w.shape[3])
    bias = np.zeros(even(columns, x.itemsize), x.dtype)
    if b is not None:
        bias[:columns] = b
    weights = in_panels(w)
    rows, strips, lines = _cut(x, size, kernel, geometry)
    panels = -(-columns * x.itemsize // PANEL)
    parts = 1 if strips >= STRIPS * get_num_threads() else panels
    flat = out.reshape(-1)

    given = (x, _flat(x, lines), lines, weights, bias, flat, places, (*size, columns), kernel, geometry, rows, parts)
    cost = float(len(x) * size[0] * size[1]) * columns * channels * kernel[0] * kernel[1]
    each(_correlate(*given, then_relu), strips * parts, cost)


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


@shared
def _correlate(  # type: ignore[no-untyped-def]
    x, image, lines, w, b, out, places, size, kernel, geometry, rows, parts, then_relu, first, last
):
    """Parts first … last - 1 of strips of out = x (N, H, W, C) ⋆ w (`in_panels`), plus b. Flat are `image` and `out`.

    lines: how many numbers of a strip are laid out; else image is x. Negative results become 0 if `then_relu`.
    """
    laid = lines > 0
    flat = np.empty(lines, x.dtype) if laid else image
    (kh, kw), (height, width, columns), channels = kernel, size, x.shape[3]
    (sh, sw), (ph, pw), (dh, dw) = geometry
    strips, whole, wide = -(-height // rows), len(b), (width - 1) * sw + (kw - 1) * dw + 1
    line = (wide if laid else x.shape[2]) * channels
    panels = -(-whole * x.itemsize // PANEL)
    spare = scratch(width * PANEL // x.itemsize if whole > columns else 1, x)
    # a row of a filter is one run of numbers; dilated, a run for each of its pixels, and the sums are stored between
    turns, outer, inner = (1, kh, kw * channels) if dw == 1 else (kh, kw, channels)
    before = -1
    for unit in range(first, last):
        strip, part = divmod(unit, parts)
        n, top = strip // strips, strip % strips * rows
        bottom = min(top + rows, height)
        begin = (n * x.shape[1] + top * sh) * line
        if laid:
            begin = 0
            if strip != before:
                window = flat.reshape(-1, wide, channels)
                _lay_out(window, x, n, top * sh - ph, -pw)
                before = strip
        k = panels * part // parts * (PANEL // x.itemsize)
        end = min(whole, panels * (part + 1) // parts * (PANEL // x.itemsize))
        while k < end:
            panel = panel_width(whole - k, x.itemsize)
            cut = k + panel > columns
            for i in range(top, bottom):
                to = (places[0] + n * places[1] + i * places[2] + k, places[3])
                target, here = (spare, (0, panel)) if cut else (out, to)
                for u in range(turns):
                    sums, start = (target, here) if u else (b, (k, 0))
                    products(
                        target, here, sums, start,
                        flat, (begin + ((i - top) * sh + u * dh) * line, sw * channels,
                               dh * line if dw == 1 else dw * channels, 1),
                        w, ((k * kh * kw + u * kw * panel) * channels, inner * panel, panel),
                        (outer, inner, width), then_relu and u == turns - 1, panel,
                    )  # fmt: skip
                if cut:
                    for j in range(width):
                        for c in range(columns - k):
                            out[to[0] + j * to[1] + c] = spare[j * panel + c]
            k += panel


@shared
def _filters(  # type: ignore[no-untyped-def]
    x, image, lines, y, totals, kernel, geometry, rows, strips, shares, first, last
):
    """totals (shares, kh·kw·C, K): what strips of y (N, Hy, Wy, K) and x (N, H, W, C) make of it.

    Shares first … last − 1 of so many of the `strips`; of one total, shares of its panels of columns, all strips in
    each. lines: how many numbers of a strip are laid out; else image is x.
    """
    panels, step = -(-y.shape[3] * x.itemsize // PANEL), PANEL // x.itemsize
    flat = np.empty(lines, x.dtype) if lines > 0 else image
    for share in range(first, last):
        if len(totals) == shares:
            totals[share] = 0
            strip, part = (strips * share // shares, strips * (share + 1) // shares), (0, panels)
            _add_filters(x, flat, y, totals[share], kernel, geometry, rows, lines > 0, strip, part)
        else:
            part = (panels * share // shares, panels * (share + 1) // shares)
            totals[0, :, part[0] * step : part[1] * step] = 0
            _add_filters(x, flat, y, totals[0], kernel, geometry, rows, lines > 0, (0, strips), part)


@loop
def _add_filters(x, flat, y, out, kernel, geometry, rows, laid, strip, part):  # type: ignore[no-untyped-def]
    """Add to out (kh·kw·C, K) what some of the strips make of it, for some of the panels.

    strip, part: (first, last + 1). laid: whether strips are laid out in `flat`; else it is x.
    """
    (kh, kw), (height, width, columns), channels = kernel, y.shape[1:], x.shape[3]
    (sh, sw), (ph, pw), (dh, dw) = geometry
    strips, wide = -(-height // rows), (width - 1) * sw + (kw - 1) * dw + 1
    line = (wide if laid else x.shape[2]) * channels
    source, target, step = y.reshape(-1), out.reshape(-1), PANEL // x.itemsize
    runs, run = (1, kw * channels) if dw == 1 else (kw, channels)
    some = max(1, TERMS // max(1, width))  # rows
    for one in range(strip[0], strip[1]):
        n, top = one // strips, one % strips * rows
        bottom = min(top + rows, height)
        begin = (n * x.shape[1] + top * sh) * line
        if laid:
            begin = 0
            window = flat.reshape(-1, wide, channels)
            _lay_out(window, x, n, top * sh - ph, -pw)
        k = part[0] * step
        while k < min(columns, part[1] * step):
            panel = panel_width(columns - k, x.itemsize)
            for u in range(kh):
                for v in range(runs):
                    to = ((u * kw + v) * channels * columns + k, columns)
                    for i in range(top, bottom, some):
                        products(
                            target, to, target, to,
                            flat, (begin + ((i - top) * sh + u * dh) * line + v * dw * channels, 1,
                                   sh * line, sw * channels),
                            source, ((n * height + i) * width * columns + k, width * columns, columns),
                            (min(some, bottom - i), width, run), False, panel,
                        )  # fmt: skip
            k += panel
