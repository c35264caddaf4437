"""Winograd's F(4×4, 3×3), compiled: some tiles at a time are carried over, multiplied and carried back in one go.

Layouts, flat: tiles (36, T, C), with a gap after each of the 36 so that they do not fall on the same lines of the
cache; filters 36 times `panels` of (C, K), with the same gap.
"""

from __future__ import annotations

import numpy as np

from ..buffers import empty
from ..layout import Array, Geometry, Pair
from ..parallel import each, spread
from ..winograd import BACK, FILTERS, INTO
from . import loop
from .products import panel_width, products, scratch
from .vectors import HALF, REGISTER, sandwich

_into, _into_half = sandwich(INTO, REGISTER), sandwich(INTO, HALF)
_back, _back_half = sandwich(BACK, REGISTER), sandwich(BACK, HALF)
_into_of_outputs, _into_of_outputs_half = sandwich(BACK.T, REGISTER), sandwich(BACK.T, HALF)
_filters_wide, _filters_half = sandwich(FILTERS, REGISTER), sandwich(FILTERS, HALF)
_filters_back = sandwich(FILTERS.T, HALF)

TILES = 48  # at once, so that they and their products stay in a core's L2 cache up to 64 channels
MANY_TILES = 200  # at once where the filters themselves outgrow it: from 256·256 on they are read again for each block
GAP = 16  # elements


def correlate(x: Array, w: Array, b: Array | None, size: Pair, geometry: Geometry, then_relu: bool = False) -> Array:
    """x (N, H, W, C), w (K, C, 3, 3), b (K,) or None -> (N, *size, K); negative results become 0 if `then_relu`."""
    columns, channels = w.shape[:2]
    bias = np.zeros(columns, x.dtype) if b is None else b
    carried = empty((36 * (channels * columns + GAP),), x.dtype)
    vectors = columns * x.itemsize // HALF
    each(lambda first, last: _carry_filters(w, carried, first, last), vectors, w.size * 18)
    out = empty((len(x), *size, columns), x.dtype)
    tiles = len(x) * -(-size[0] // 4) * -(-size[1] // 4)

    def share(first: int, last: int) -> None:
        _correlate(x, carried, bias, out, geometry.padding, then_relu, first, last)

    each(share, tiles, 36 * tiles * channels * columns, TILES)
    return out


def filters(x: Array, y: Array, size: Pair, geometry: Geometry) -> Array:
    """x (N, H, W, C), y (N, Hy, Wy, K) -> (K, C, 3, 3)."""
    channels, columns = x.shape[3], y.shape[3]
    tiles = len(x) * -(-y.shape[1] // 4) * -(-y.shape[2] // 4)
    total = empty((36 * (channels * columns + GAP),), x.dtype)
    out = empty((columns, channels, 3, 3), x.dtype)
    vectors = channels * x.itemsize // HALF
    step = HALF // x.itemsize
    if tiles < channels * columns // 16:  # each thread has some of the channels, for all tiles
        total[:] = 0
        spread(
            lambda a, z: _filters(x, y, total, geometry.padding, 0, tiles, a * step, z * step),
            vectors,
            36 * tiles * channels * columns,
        )
    else:  # each thread has all channels, for some of the tiles

        def share(first: int, last: int) -> Array:
            part = np.zeros_like(total)
            _filters(x, y, part, geometry.padding, first, last, 0, channels)
            return part

        total, *others = spread(share, tiles, 36 * tiles * channels * columns)
        for other in others:
            total += other
    each(lambda first, last: _carry_filters_back(total, out, first, last), channels, out.size * 18)
    return out


@loop
def _carry_filters(w, out, first, last):  # type: ignore[no-untyped-def]
    """out = G w Gᵀ for the vectors first … last - 1 of output channels; w (K, C, 3, 3)."""
    columns, channels = w.shape[:2]
    lanes = HALF // w.itemsize
    gap = channels * columns + GAP
    taps = scratch(9 * 2 * lanes, w)
    start = 0
    while start < columns:
        panel = panel_width(columns - start, w.itemsize)
        k = 0
        while k < panel:
            vector = (start + k) // lanes
            if first <= vector < last:
                wide = REGISTER > HALF and vector + 1 < last and k + 2 * lanes <= panel
                width = 2 * lanes if wide else lanes
                for c in range(channels):
                    for lane in range(width):
                        tap = w[start + k + lane, c]
                        for u in range(3):
                            for v in range(3):
                                taps[(u * 3 + v) * width + lane] = tap[u, v]
                    to = (start * channels + c * panel + k, 6 * gap, gap)
                    if wide:
                        _filters_wide(out, to, taps, (0, 3 * width, width))
                    else:
                        _filters_half(out, to, taps, (0, 3 * width, width))
                k += width
            else:
                k += lanes
        start += panel


@loop
def _carry_filters_back(u, out, first, last):  # type: ignore[no-untyped-def]
    """out (K, C, 3, 3) = Gᵀ u G for input channels first … last - 1; u (36, C, K), flat, with gaps."""
    columns, channels = out.shape[:2]
    lanes = HALF // out.itemsize
    taps = scratch(9 * lanes, out)
    gap = channels * columns + GAP
    for c in range(first, last):
        for k in range(0, columns, lanes):
            _filters_back(taps, (0, 3 * lanes, lanes), u, (c * columns + k, 6 * gap, gap))
            for lane in range(lanes):
                target = out[k + lane, c]
                for i in range(3):
                    for j in range(3):
                        target[i, j] = taps[(i * 3 + j) * lanes + lane]


@loop
def _tiles_at_once(count, products):  # type: ignore[no-untyped-def]
    """So many that blocks are of one size; more where the filters outgrow the cache and are read again each time."""
    most = MANY_TILES if products >= 256 * 256 else TILES
    return max(1, -(-count // max(1, -(-count // most))))


@loop
def _cut(corner, x, n, top, left):  # type: ignore[no-untyped-def]
    """corner (h, w, C) = x[n, top:, left:], zeros where that is outside of x (N, H, W, C)."""
    for i in range(corner.shape[0]):
        for j in range(corner.shape[1]):
            if 0 <= top + i < x.shape[1] and 0 <= left + j < x.shape[2]:
                corner[i, j] = x[n, top + i, left + j]
            else:
                corner[i, j] = 0


@loop
def _carry_inputs(x, size, padding, first, count, tiles, gap, c_first, c_last):  # type: ignore[no-untyped-def]
    """tiles (36, count, C) = Bᵀ x B for the tiles from number `first` on, and channels c_first … c_last - 1.

    size: (rows, columns) of tiles an image.
    """
    height, width, channels = x.shape[1:]
    flat, source = scratch(36 * channels, x), x.reshape(-1)
    corner = flat.reshape(6, 6, channels)
    some = c_last - c_first
    wide = some * x.itemsize % REGISTER == 0
    for t in range(count):
        n, rest = divmod(first + t, size[0] * size[1])
        top, left = rest // size[1] * 4 - padding[0], rest % size[1] * 4 - padding[1]
        inside = top >= 0 and left >= 0 and top + 6 <= height and left + 6 <= width
        if not inside:
            _cut(corner, x, n, top, left)
        begin = ((n * height + top) * width + left) * channels
        for c in range(c_first, c_last, (REGISTER if wide else HALF) // x.itemsize):
            to = (t * some + c - c_first, 6 * gap, gap)
            if inside and wide:
                _into(tiles, to, source, (begin + c, width * channels, channels))
            elif inside:
                _into_half(tiles, to, source, (begin + c, width * channels, channels))
            elif wide:
                _into(tiles, to, flat, (c, 6 * channels, channels))
            else:
                _into_half(tiles, to, flat, (c, 6 * channels, channels))


@loop
def _carry_outputs(y, size, first, count, tiles, gap):  # type: ignore[no-untyped-def]
    """tiles (36, `panels` of (count, K)) = A y Aᵀ for the tiles from number `first` on."""
    height, width, columns = y.shape[1:]
    flat, source = scratch(16 * columns, y), y.reshape(-1)
    corner = flat.reshape(4, 4, columns)
    for t in range(count):
        n, rest = divmod(first + t, size[0] * size[1])
        top, left = rest // size[1] * 4, rest % size[1] * 4
        inside = top + 4 <= height and left + 4 <= width
        if not inside:
            _cut(corner, y, n, top, left)
        begin = ((n * height + top) * width + left) * columns
        start = 0
        while start < columns:
            panel = panel_width(columns - start, y.itemsize)
            wide = panel * y.itemsize % REGISTER == 0
            for k in range(0, panel, (REGISTER if wide else HALF) // y.itemsize):
                to = (start * count + t * panel + k, 6 * gap, gap)
                if inside and wide:
                    _into_of_outputs(tiles, to, source, (begin + start + k, width * columns, columns))
                elif inside:
                    _into_of_outputs_half(tiles, to, source, (begin + start + k, width * columns, columns))
                elif wide:
                    _into_of_outputs(tiles, to, flat, (start + k, 4 * columns, columns))
                else:
                    _into_of_outputs_half(tiles, to, flat, (start + k, 4 * columns, columns))
            start += panel


@loop
def _correlate(x, u, b, out, padding, then_relu, first, last):  # type: ignore[no-untyped-def]
    """Tiles first … last - 1 of out (N, Hout, Wout, K) = x (N, H, W, C) ⋆ w, plus b (K,).

    u: what `_carry_filters` made of w. Negative results become 0 if `then_relu`.
    """
    (height, width, columns), channels = out.shape[1:], x.shape[3]
    size = (-(-height // 4), -(-width // 4))
    tiles = _tiles_at_once(last - first, channels * columns)
    gap, after_gap = tiles * channels + GAP, tiles * columns + GAP
    before, after = scratch(36 * gap, x), scratch(36 * after_gap, x)
    zeros, flat = np.zeros(columns, x.dtype), scratch(16 * columns, x)
    square = flat.reshape(4, 4, columns)
    wide = columns * x.itemsize % REGISTER == 0
    low = x.dtype.type(0 if then_relu else -np.inf)
    for start in range(first, last, tiles):
        count = min(tiles, last - start)
        _carry_inputs(x, size, padding, start, count, before, gap, 0, channels)
        for f in range(36):
            k = 0
            while k < columns:
                panel = panel_width(columns - k, x.itemsize)
                products(
                    after, (f * after_gap + k, columns), zeros, (0, 0), before, (f * gap, channels, 0, 1),
                    u, (f * (channels * columns + GAP) + k * channels, 0, panel), (1, channels, count), False, panel,
                )  # fmt: skip
                k += panel
        for t in range(count):
            for k in range(0, columns, (REGISTER if wide else HALF) // x.itemsize):
                if wide:
                    _back(flat, (k, 4 * columns, columns), after, (t * columns + k, 6 * after_gap, after_gap))
                else:
                    _back_half(flat, (k, 4 * columns, columns), after, (t * columns + k, 6 * after_gap, after_gap))
            n, rest = divmod(start + t, size[0] * size[1])
            top, left = rest // size[1] * 4, rest % size[1] * 4
            for i in range(min(4, height - top)):
                for j in range(min(4, width - left)):
                    value, y = square[i, j], out[n, top + i, left + j]
                    for k in range(columns):
                        total = value[k] + b[k]
                        y[k] = low if total <= low else total


@loop
def _filters(x, y, out, padding, first, last, c_first, c_last):  # type: ignore[no-untyped-def]
    """Add to out (36, C, K), flat with gaps, what tiles first … last - 1 of y (N, Hy, Wy, K) and x (N, H, W, C) make.

    Of the channels of x only c_first … c_last - 1.
    """
    (height, width, columns), channels = y.shape[1:], x.shape[3]
    size, some = (-(-height // 4), -(-width // 4)), c_last - c_first
    tiles = _tiles_at_once(last - first, channels * columns)
    gap, after_gap = tiles * some + GAP, tiles * columns + GAP
    before, after = scratch(36 * gap, x), scratch(36 * after_gap, x)
    for start in range(first, last, tiles):
        count = min(tiles, last - start)
        _carry_inputs(x, size, padding, start, count, before, gap, c_first, c_last)
        _carry_outputs(y, size, start, count, after, after_gap)
        for f in range(36):
            k = 0
            while k < columns:
                panel = panel_width(columns - k, x.itemsize)
                to = (f * (channels * columns + GAP) + c_first * columns + k, columns)
                products(
                    out, to, out, to, before, (f * gap, 1, 0, some),
                    after, (f * after_gap + k * count, 0, panel), (1, count, some), False, panel,
                )  # fmt: skip
                k += panel
