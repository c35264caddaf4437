"""Winograd's F(4×4, 3×3), compiled: some tiles at a time are carried over, multiplied and carried back in one go.

Of few tiles and many filters the filters are the larger part: they are carried over some at a time, when they are met,
and 36 numbers for each pair of channels are never stored. So are the gradients of filters carried back.
"""

from __future__ import annotations

import numpy as np

from ..buffers import empty
from ..layout import Array, Geometry, Pair
from ..parallel import each, get_num_threads, shares_of
from . import loop
from .products import PANEL, panel_width, products, scratch
from .team import shared
from .tiles import (
    GAP,
    all_inputs,
    all_outputs,
    carry,
    carry_back,
    carry_filters,
    carry_filters_back,
    carry_inputs,
    carry_outputs,
    give,
)  # fmt: skip
from .vectors import HALF

TILES = 48  # at once, so that they and their products stay in a core's L2 cache up to 64 channels
MANY_TILES = 200  # at once where the filters themselves outgrow it: from 256·256 on they are read again for each block
FEW_TILES = 128  # up to which filters are carried over some at a time
SOME = 32  # channels whose filters are, for a panel of columns: a third of a core's L2 cache


def correlate(x: Array, w: Array, b: Array | None, size: Pair, geometry: Geometry, then_relu: bool = False) -> Array:
    """x (N, H, W, C), w (K, C, 3, 3), b (K,) or None -> (N, *size, K); negative results become 0 if `then_relu`."""
    columns, channels = w.shape[:2]
    bias = np.zeros(columns, x.dtype) if b is None else b
    out = empty((len(x), *size, columns), x.dtype)
    tiles, cost = _count(x, size), 36 * _count(x, size) * channels * columns
    panels = -(-columns * x.itemsize // PANEL)
    if tiles <= FEW_TILES and panels >= get_num_threads():
        before = _carried_inputs(x, size, geometry.padding)
        each(_meet(before, w, bias, out, then_relu), panels, cost)
        return out
    carried = empty((36 * (channels * columns + GAP),), x.dtype)
    each(carry_filters(w, carried), columns * x.itemsize // HALF, w.size * 18)
    each(_correlate(x, carried, bias, out, geometry.padding, then_relu), tiles, cost, TILES)
    return out


def filters(x: Array, y: Array, size: Pair, geometry: Geometry) -> Array:
    """x (N, H, W, C), y (N, Hy, Wy, K) -> (K, C, 3, 3)."""
    channels, columns = x.shape[3], y.shape[3]
    tiles = _count(x, y.shape[1:3])
    cost = 36 * tiles * channels * columns
    out = empty((columns, channels, 3, 3), x.dtype)
    if 0 < tiles <= FEW_TILES and channels >= SOME * get_num_threads():
        before = _carried_inputs(x, y.shape[1:3], geometry.padding)
        after = empty((36 * (tiles * columns + GAP),), x.dtype)
        rows, gap = (-(-y.shape[1] // 4), -(-y.shape[2] // 4)), tiles * columns + GAP
        each(all_outputs(y, rows, after, gap, tiles), tiles, 18 * after.size)
        each(_gather(before, after, out, tiles), -(-channels // SOME), cost)
        return out
    vectors = channels * x.itemsize // HALF
    by_channels = tiles < channels * columns // 16  # each thread has some of the channels, for all tiles; else all
    shares = shares_of(vectors if by_channels else tiles, cost)
    total = empty((1 if by_channels else shares, 36 * (channels * columns + GAP)), x.dtype)
    each(_filters(x, y, total, geometry.padding, tiles, shares), shares, cost)
    for other in total[1:]:
        total[0] += other
    each(carry_filters_back(total[0], out), channels, out.size * 18)
    return out


def _count(x: Array, size: tuple[int, ...]) -> int:
    """Of tiles."""
    return len(x) * -(-size[0] // 4) * -(-size[1] // 4)


def _carried_inputs(x: Array, size: tuple[int, ...], padding: tuple[int, ...]) -> Array:
    """All tiles of x (N, H, W, C)."""
    tiles, channels = _count(x, size), x.shape[3]
    out, rows = empty((36 * (tiles * channels + GAP),), x.dtype), (-(-size[0] // 4), -(-size[1] // 4))

    each(all_inputs(x, rows, padding, out, tiles * channels + GAP), tiles, 18 * out.size)
    return out


@loop
def _tiles_at_once(count, products):  # type: ignore[no-untyped-def]
    """So many that blocks are of one size; more where the filters outgrow the cache and are read again each time."""
    most = MANY_TILES if products >= 256 * 256 else TILES
    return max(1, -(-count // max(1, -(-count // most))))


@shared
def _correlate(x, u, b, out, padding, then_relu, first, last):  # type: ignore[no-untyped-def]
    """Tiles first … last - 1 of out (N, Hout, Wout, K) = x (N, H, W, C) ⋆ w, plus b (K,).

    u: what `carry_filters` made of w. Negative results become 0 if `then_relu`.
    """
    (height, width, columns), channels = out.shape[1:], x.shape[3]
    size = (-(-height // 4), -(-width // 4))
    tiles = _tiles_at_once(last - first, channels * columns)
    gap, after_gap = tiles * channels + GAP, tiles * columns + GAP
    before, after = scratch(36 * gap, x), scratch(36 * after_gap, x)
    zeros = np.zeros(columns, x.dtype)
    for start in range(first, last, tiles):
        count = min(tiles, last - start)
        carry_inputs(x, size, padding, start, count, before, gap, 0, channels)
        for f in range(36):
            k = 0
            while k < columns:
                panel = panel_width(columns - k, x.itemsize)
                products(
                    after, (f * after_gap + k, columns), zeros, (0, 0), before, (f * gap, channels, 0, 1),
                    u, (f * (channels * columns + GAP) + k * channels, 0, panel), (1, channels, count), False, panel,
                )  # fmt: skip
                k += panel
        give(after, after_gap, columns, b, out, (0, columns), then_relu, start, count)


@shared
def _meet(before, w, b, out, then_relu, first, last):  # type: ignore[no-untyped-def]
    """Panels first … last - 1 of out (N, Hout, Wout, K) = tiles (36, T, C) ⋆ w, plus b (K,), for all tiles."""
    (height, width, columns), channels = out.shape[1:], w.shape[1]
    tiles = len(out) * -(-height // 4) * -(-width // 4)
    most = PANEL // w.itemsize
    gap, after_gap, u_gap = tiles * channels + GAP, tiles * most + GAP, SOME * most + GAP
    after, u, zeros = scratch(36 * after_gap, w), scratch(36 * u_gap, w), np.zeros(most, w.dtype)
    start = first * most
    while start < min(columns, last * most):
        panel = panel_width(columns - start, w.itemsize)
        for c in range(0, channels, SOME):
            some = min(SOME, channels - c)
            carry(w, u, (0, panel, u_gap), (start, start, start + panel), c, c + some)
            for f in range(36):
                to = (f * after_gap, panel)
                sums, begin = (after, to) if c else (zeros, (0, 0))
                products(
                    after, to, sums, begin, before, (f * gap + c, channels, 0, 1),
                    u, (f * u_gap, 0, panel), (1, some, tiles), False, panel,
                )  # fmt: skip
        give(after, after_gap, panel, b, out, (start, start + panel), then_relu, 0, tiles)
        start += panel


@shared
def _gather(before, after, out, tiles, first, last):  # type: ignore[no-untyped-def]
    """out (K, C, 3, 3) of `before` (36, T, C) and `after` (36, panels of (T, K)).

    Of the channels of x those of numbers SOME · first … SOME · last - 1.
    """
    columns, channels = out.shape[:2]
    most, lanes = PANEL // out.itemsize, HALF // out.itemsize
    gap, after_gap, u_gap = tiles * channels + GAP, tiles * columns + GAP, SOME * most + GAP
    u, zeros, taps = scratch(36 * u_gap, out), np.zeros(most, out.dtype), scratch(9 * lanes, out)
    for c in range(first * SOME, min(last * SOME, channels), SOME):
        some, k = min(SOME, channels - c), 0
        while k < columns:
            panel = panel_width(columns - k, out.itemsize)
            for f in range(36):
                products(
                    u, (f * u_gap, panel), zeros, (0, 0), before, (f * gap + c, 1, 0, channels),
                    after, (f * after_gap + k * tiles, 0, panel), (1, tiles, some), False, panel,
                )  # fmt: skip
            for i in range(some):
                for j in range(0, panel, lanes):
                    carry_back(u, i * panel + j, u_gap, taps, out, k + j, c + i)
            k += panel


@shared
def _filters(x, y, totals, padding, count, shares, first, last):  # type: ignore[no-untyped-def]
    """totals (shares, 36·(C, K) with gaps): what the `count` tiles of y (N, Hy, Wy, K) and x (N, H, W, C) make.

    Shares first … last − 1 of so many of the tiles; of one total, shares of its channels, all tiles in each.
    """
    channels, lanes = x.shape[3], HALF // x.itemsize
    gap, vectors = channels * y.shape[3] + GAP, channels // lanes
    for share in range(first, last):
        if len(totals) == shares:
            totals[share] = 0
            some = (count * share // shares, count * (share + 1) // shares, 0, channels)
            _add_filters(x, y, totals[share], padding, *some)
        else:
            begin, end = vectors * share // shares * lanes, vectors * (share + 1) // shares * lanes
            for f in range(36):
                totals[0, f * gap + begin * y.shape[3] : f * gap + end * y.shape[3]] = 0
            _add_filters(x, y, totals[0], padding, 0, count, begin, end)


@loop
def _add_filters(x, y, out, padding, first, last, c_first, c_last):  # type: ignore[no-untyped-def]
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
        carry_inputs(x, size, padding, start, count, before, gap, c_first, c_last)
        carry_outputs(y, size, start, count, after, after_gap, 0, count)
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
