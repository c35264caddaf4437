"""The maps of Winograd's F(4×4, 3×3), compiled: filters, tiles of inputs and tiles of outputs carried over and back.

Layouts, flat: tiles (36, T, C), with a gap after each of the 36 so that they do not fall on the same lines of the
cache; filters 36 times panels of (C, K), with the same gap.
"""

from __future__ import annotations

import numpy as np

from ..winograd import BACK, FILTERS, INTO
from . import loop
from .products import panel_width, scratch, weights
from .team import shared
from .vectors import HALF, REGISTER, sandwich

_into, _into_half = sandwich(INTO, REGISTER), sandwich(INTO, HALF)
_back, _back_half = sandwich(BACK, REGISTER), sandwich(BACK, HALF)
_into_of_outputs, _into_of_outputs_half = sandwich(BACK.T, REGISTER), sandwich(BACK.T, HALF)
_filters_wide, _filters_half = sandwich(FILTERS, REGISTER), sandwich(FILTERS, HALF)
_filters_back = sandwich(FILTERS.T, HALF)

GAP = 16  # elements


@shared
def carry_filters(w, out, first, last):  # type: ignore[no-untyped-def]
    """out = G w Gᵀ for the vectors first … last - 1 of output channels; w (K, C, 3, 3)."""
    columns, channels = w.shape[:2]
    lanes, gap, start = HALF // w.itemsize, channels * columns + GAP, 0
    while start < columns:
        panel = panel_width(columns - start, w.itemsize)
        begin, end = max(start, first * lanes), min(start + panel, last * lanes)
        if begin < end:
            carry(w, out, (start * channels, panel, gap), (start, begin, end), 0, channels)
        start += panel


@loop
def carry(w, out, places, columns, first, last):  # type: ignore[no-untyped-def]
    """G w Gᵀ of the output channels columns[1] … columns[2] - 1 and the input channels first … last - 1.

    places: where in `out` the first of them goes, if columns[0] is the first, and from one input channel and from one
    of the 36 to the next.
    """
    (begin, row, gap), (start, k, end) = places, columns
    lanes = HALF // w.itemsize
    taps = scratch(9 * 2 * lanes, w)
    while k < end:
        wide = REGISTER > HALF and k + 2 * lanes <= end
        width = 2 * lanes if wide else lanes
        for c in range(first, last):
            weights(taps, 0, width, w, k, c, width)
            to = (begin + (c - first) * row + k - start, 6 * gap, gap)
            if wide:
                _filters_wide(out, to, taps, (0, 3 * width, width))
            else:
                _filters_half(out, to, taps, (0, 3 * width, width))
        k += width


@shared
def carry_filters_back(u, out, first, last):  # type: ignore[no-untyped-def]
    """out (K, C, 3, 3) = Gᵀ u G for input channels first … last - 1; u (36, C, K), flat, with gaps."""
    columns, channels = out.shape[:2]
    lanes, gap = HALF // out.itemsize, channels * columns + GAP
    taps = scratch(9 * lanes, out)
    for c in range(first, last):
        for k in range(0, columns, lanes):
            carry_back(u, c * columns + k, gap, taps, out, k, c)


@loop
def carry_back(u, begin, gap, taps, out, k, c):  # type: ignore[no-untyped-def]
    """Gᵀ u G for input channel c and a half vector of output channels from k on, of out (K, C, 3, 3)."""
    lanes = HALF // out.itemsize
    _filters_back(taps, (0, 3 * lanes, lanes), u, (begin, 6 * gap, gap))
    for lane in range(lanes):
        target = out[k + lane, c]
        for i in range(3):
            for j in range(3):
                target[i, j] = taps[(i * 3 + j) * lanes + lane]


@loop
def _cut(corner, x, n, top, left):  # type: ignore[no-untyped-def]
    """corner (h, w, C) = x[n, top:, left:], zeros where that is outside of x (N, H, W, C)."""
    for i in range(corner.shape[0]):
        for j in range(corner.shape[1]):
            if 0 <= top + i < x.shape[1] and 0 <= left + j < x.shape[2]:
                corner[i, j] = x[n, top + i, left + j]
            else:
                corner[i, j] = 0


@shared
def all_inputs(x, size, padding, tiles, gap, first, last):  # type: ignore[no-untyped-def]
    """As `carry_inputs`, tiles first … last − 1 of all, in their places among all, and all channels."""
    channels = x.shape[3]
    carry_inputs(x, size, padding, first, last - first, tiles[first * channels :], gap, 0, channels)


@shared
def all_outputs(y, size, tiles, gap, places, first, last):  # type: ignore[no-untyped-def]
    """As `carry_outputs`, tiles first … last − 1 of all, in their places among all."""
    carry_outputs(y, size, first, last - first, tiles, gap, first, places)


@loop
def carry_inputs(x, size, padding, first, count, tiles, gap, c_first, c_last):  # type: ignore[no-untyped-def]
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
def carry_outputs(y, size, first, count, tiles, gap, place, places):  # type: ignore[no-untyped-def]
    """tiles (36, panels of (places, K)) = A y Aᵀ for the tiles from number `first` on, which go to `place` and on."""
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
                to = (start * places + (place + t) * panel + k, 6 * gap, gap)
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
def give(after, gap, row, b, out, columns, then_relu, first, count):  # type: ignore[no-untyped-def]
    """out = Aᵀ y A plus b for the tiles from number `first` on, and the output channels columns[0] … columns[1] - 1.

    y: after (36, count, row), with gaps.
    """
    (height, width), (begin, end) = out.shape[1:3], columns
    rows, across, some = -(-height // 4), -(-width // 4), end - begin
    flat = scratch(16 * some, out)
    square = flat.reshape(4, 4, some)
    wide = some * out.itemsize % REGISTER == 0
    low = out.dtype.type(0 if then_relu else -np.inf)
    for t in range(count):
        for k in range(0, some, (REGISTER if wide else HALF) // out.itemsize):
            if wide:
                _back(flat, (k, 4 * some, some), after, (t * row + k, 6 * gap, gap))
            else:
                _back_half(flat, (k, 4 * some, some), after, (t * row + k, 6 * gap, gap))
        n, rest = divmod(first + t, rows * across)
        top, left = rest // across * 4, rest % across * 4
        for i in range(min(4, height - top)):
            for j in range(min(4, width - left)):
                value, y = square[i, j], out[n, top + i, left + j, begin:end]
                for k in range(some):
                    total = value[k] + b[begin + k]
                    y[k] = low if total <= low else total
