"""Products of rows with panels of columns: what convolutions and Winograd's algorithm are made of once compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..buffers import LINE, empty
from ..parallel import each
from . import loop
from .team import shared
from .vectors import HALF, REGISTER, WIDE, row_products, turned

Array = np.ndarray[Any, Any]

# 32 registers hold 6·4 or 14·2 sums and their factors, 16 registers 6·2 or 12; the fewer vectors, the more rows
_four = row_products((6, 4, 2, 1) if WIDE else (3, 1), 4, REGISTER)
_two = row_products((14, 7, 3, 1) if WIDE else (6, 3, 1), 2, REGISTER)
_one = row_products((14, 7, 3, 1) if WIDE else (12, 6, 3, 1), 1, REGISTER)
_half = row_products((14, 7, 3, 1), 1, HALF)

_each_four = row_products((7, 3, 1) if WIDE else (3, 1), 4, REGISTER, splat=False)
_each_two = row_products((14, 7, 3, 1) if WIDE else (6, 3, 1), 2, REGISTER, splat=False)
_each_one = row_products((14, 7, 3, 1) if WIDE else (12, 6, 3, 1), 1, REGISTER, splat=False)
_each_half = row_products((14, 7, 3, 1), 1, HALF, splat=False)

SOME = 16  # weights of other filters that are turned at once
_turned, _turned_half = turned(9, REGISTER), turned(9, HALF)  # the weights of a 3×3 filter
_turned_some = turned(SOME, REGISTER)

PANEL = 4 * REGISTER if WIDE else 2 * REGISTER  # bytes of the widest panel of columns


@loop
def panel_width(columns, size):  # type: ignore[no-untyped-def]
    """How many of so many columns, in elements of `size` bytes, the next panel takes; columns · size is k · HALF."""
    width = PANEL
    while width > columns * size:
        width //= 2
    return width // size


@loop
def products(out, to, c, start, a, left, b, right, counts, then_relu, width):  # type: ignore[no-untyped-def]
    """`row_products` for a panel of that many columns."""
    size = width * out.itemsize
    if size == 4 * REGISTER:
        _four(out, to, c, start, a, left, b, right, counts, then_relu)
    elif size == 2 * REGISTER:
        _two(out, to, c, start, a, left, b, right, counts, then_relu)
    elif size == REGISTER:
        _one(out, to, c, start, a, left, b, right, counts, then_relu)
    elif size == HALF:
        _half(out, to, c, start, a, left, b, right, counts, then_relu)


@loop
def products_of_channels(out, to, c, start, a, left, b, right, counts, then_relu, width):  # type: ignore[no-untyped-def]
    """`row_products` for a panel of that many columns, each with sums of its own."""
    size = width * out.itemsize
    if size == 4 * REGISTER:
        _each_four(out, to, c, start, a, left, b, right, counts, then_relu)
    elif size == 2 * REGISTER:
        _each_two(out, to, c, start, a, left, b, right, counts, then_relu)
    elif size == REGISTER:
        _each_one(out, to, c, start, a, left, b, right, counts, then_relu)
    elif size == HALF:
        _each_half(out, to, c, start, a, left, b, right, counts, then_relu)


@loop
def scratch(size, like):  # type: ignore[no-untyped-def]
    """An array (size,) of the dtype of another that begins at a cache line, so that no vector lies across two."""
    whole = np.empty(size + LINE // like.itemsize, like.dtype)
    start = -whole.ctypes.data % LINE // like.itemsize
    return whole[start : start + size]


def in_panels(w: Array) -> Array:
    """Filters (K, C, kh, kw) -> flat: panel after panel of columns, each (kh·kw·C, width) contiguous.

    Zeros fill the last vector.
    """
    wide = even(len(w), w.itemsize)
    out = empty((w[0].size * wide,), w.dtype)
    if w.shape[2:] == (1, 1) and w.strides[0] == w.itemsize and wide == len(w):  # rows of panels are neighbours
        start, rows = 0, w[:, :, 0, 0].T
        while start < wide:
            panel = panel_width(wide - start, w.itemsize)
            out[start * len(rows) : (start + panel) * len(rows)].reshape(-1, panel)[:] = rows[:, start : start + panel]
            start += panel
        return out
    each(_in_panels(w, out), wide * w.itemsize // HALF, 8 * out.size)
    return out


@loop
def even(columns, size):  # type: ignore[no-untyped-def]
    """So many columns, of elements of `size` bytes, filled up to whole vectors."""
    return -(-columns * size // HALF) * HALF // size


@shared
def _in_panels(w, out, first, last):  # type: ignore[no-untyped-def]
    """The vectors first … last - 1 of columns of `in_panels`."""
    columns, channels, kh, kw = w.shape
    lanes, whole = HALF // w.itemsize, even(columns, w.itemsize)
    tile, start = scratch(SOME * REGISTER // w.itemsize, w), 0
    while start < whole:
        panel = panel_width(whole - start, w.itemsize)
        row, k = channels * panel, max(start, first * lanes)
        while k < min(start + panel, last * lanes):
            wide = REGISTER > HALF and k + 2 * lanes <= min(start + panel, last * lanes)
            width = 2 * lanes if wide else lanes
            at, done = start * kh * kw * channels + k - start, 0
            if k + width <= columns:
                if kh == 3 and kw == 3:
                    for c in range(channels):
                        weights(out, at + c * panel, row, w, k, c, width)
                    done = channels
                elif width * w.itemsize == REGISTER:
                    done = _turn(w, k, out, at, (panel, row), tile)
            for c in range(done, channels):
                for u in range(kh):
                    for v in range(kw):
                        to = at + c * panel + (u * kw + v) * row
                        for lane in range(width):
                            out[to + lane] = w[k + lane, c, u, v] if k + lane < columns else 0
            k += width
        start += panel


@loop
def _turn(w, k, out, at, gaps, tile):  # type: ignore[no-untyped-def]
    """Lay out the weights of a vector of columns from k on, of the first channels; how many of those.

    out[at + c · gaps[0] + tap · gaps[1]] are those of channel c. Done are all, where 16 neighbours in memory have a few
    of a column's weights or more, and are inside.
    """
    (columns, channels, kh, kw), size, lanes = w.shape, w.itemsize, REGISTER // w.itemsize
    lane, channel, line, step = w.strides[0] // size, w.strides[1] // size, w.strides[2] // size, w.strides[3] // size
    if w.strides[0] % size or w.strides[1] % size or w.strides[2] % size or w.strides[3] % size:
        return 0  # a field of larger items
    if step == 1 and line == kw and channel == kh * kw:  # weights of a column are neighbours, whatever they are of
        count = channels * kh * kw
        for begin in range(0, count - SOME + 1, SOME):
            _turned_some(tile, (0, lanes), w, (k * lane + begin, lane))
            c, tap = divmod(begin, kh * kw)
            for n in range(SOME):
                to = at + c * gaps[0] + tap * gaps[1]
                for i in range(lanes):
                    out[to + i] = tile[n * lanes + i]
                tap += 1
                if tap == kh * kw:
                    c, tap = c + 1, 0
        return count // SOME * SOME // (kh * kw)
    some = kh if (kh - 1) * abs(line) + (kw - 1) * abs(step) < SOME else 1  # rows of a filter at once
    if (some - 1) * abs(line) + (kw - 1) * abs(step) >= SOME or lane < 1 or channel < 0 or lane == 1:
        return 0
    end = (columns - 1) * lane + (channels - 1) * channel + max(0, (kh - 1) * line) + max(0, (kw - 1) * step) + 1
    for c in range(channels):
        for u in range(0, kh, some):
            low = min(0, (some - 1) * line) + min(0, (kw - 1) * step)
            begin = k * lane + c * channel + u * line + low
            if begin + (lanes - 1) * lane + SOME > end:
                return c
            _turned_some(tile, (0, lanes), w, (begin, lane))
            for i in range(some):
                for v in range(kw):
                    n, to = i * line + v * step - low, at + c * gaps[0] + ((u + i) * kw + v) * gaps[1]
                    for q in range(lanes):
                        out[to + q] = tile[n * lanes + q]
    return channels


@loop
def weights(out, to, row, w, k, c, width):  # type: ignore[no-untyped-def]
    """out[to + n·row :] = weight n of w[k : k + width, c], for w (K, C, 3, 3) and `width` a vector or half of one."""
    size, lanes = w.itemsize, HALF // w.itemsize
    lane, channel, line, step = w.strides[0] // size, w.strides[1] // size, w.strides[2] // size, w.strides[3] // size
    whole = w.strides[0] % size == 0 and w.strides[1] % size == 0  # not so in a field of larger items
    if whole and abs(w.strides[3]) == size and line == 3 * step and lane > 0 and channel >= 0:
        begin, end = k * lane + c * channel, (w.shape[0] - 1) * lane + (w.shape[1] - 1) * channel + 9
        if step > 0:
            start, first, following = begin, to, row
        else:  # flipped: the last is the first in memory
            start, first, following = begin - 8, to + 8 * row, -row
        if width > lanes and begin + (width - 1) * lane + width <= end:  # a whole vector is inside
            _turned(out, (first, following), w, (start, lane))
            return
        for half in range(0, width, lanes):
            _turned_half(out, (first + half, following), w, (start + half * lane, lane))
        return
    for u in range(3):
        for v in range(3):
            for i in range(width):
                out[to + (u * 3 + v) * row + i] = w[k + i, c, u, v]


@shared
def out_of_panels(u, out, first, last):  # type: ignore[no-untyped-def]
    """out (K, C, kh, kw) of u (kh·kw·C, at least K), for the channels first … last - 1."""
    columns, channels, kh, kw = out.shape
    taps, lanes = kh * kw, REGISTER // out.itemsize
    target, count = out.reshape(-1), channels * kh * kw
    tile = scratch(lanes * SOME, out)
    for begin in range(first * taps, last * taps, lanes):  # lanes neighbours of a column at once
        some = min(lanes, last * taps - begin)
        for k in range(0, columns, SOME):
            wide = min(SOME, columns - k)
            if some == lanes and wide == SOME:
                c, tap = divmod(begin, taps)
                for n in range(lanes):
                    source = u[tap * channels + c, k : k + SOME]
                    for i in range(SOME):
                        tile[n * SOME + i] = source[i]
                    tap += 1
                    if tap == taps:
                        c, tap = c + 1, 0
                _turned_some(target, (k * count + begin, count), tile, (0, SOME))
            else:
                for n in range(begin, begin + some):
                    c, tap = divmod(n, taps)
                    for i in range(k, k + wide):
                        target[i * count + n] = u[tap * channels + c, i]
