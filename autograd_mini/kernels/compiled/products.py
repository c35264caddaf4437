"""Products of rows with panels of columns: what convolutions and Winograd's algorithm are made of once compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..buffers import LINE, empty
from ..parallel import each
from . import loop
from .vectors import HALF, REGISTER, WIDE, row_products

Array = np.ndarray[Any, Any]

# 32 registers hold 6·4 or 14·2 sums and their factors, 16 registers 6·2 or 12; the fewer vectors, the more rows
_four = row_products((6, 4, 2, 1) if WIDE else (3, 1), 4, REGISTER)
_two = row_products((14, 7, 3, 1) if WIDE else (6, 3, 1), 2, REGISTER)
_one = row_products((14, 7, 3, 1) if WIDE else (12, 6, 3, 1), 1, REGISTER)
_half = row_products((14, 7, 3, 1), 1, HALF)

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
    each(lambda first, last: _in_panels(w, out, first, last), wide * w.itemsize // HALF, 8 * out.size)
    return out


@loop
def even(columns, size):  # type: ignore[no-untyped-def]
    """So many columns, of elements of `size` bytes, filled up to whole vectors."""
    return -(-columns * size // HALF) * HALF // size


@loop
def _in_panels(w, out, first, last):  # type: ignore[no-untyped-def]
    """The vectors first … last - 1 of columns of `in_panels`."""
    columns, channels, kh, kw = w.shape
    lanes, whole = HALF // w.itemsize, even(columns, w.itemsize)
    start = 0
    while start < whole:
        panel = panel_width(whole - start, w.itemsize)
        for k in range(start, start + panel, lanes):
            if first <= k // lanes < last:
                for c in range(channels):
                    for u in range(kh):
                        for v in range(kw):
                            at = start * kh * kw * channels + ((u * kw + v) * channels + c) * panel + k - start
                            for lane in range(lanes):
                                out[at + lane] = w[k + lane, c, u, v] if k + lane < columns else 0
        start += panel


@loop
def out_of_panels(u, out, first, last):  # type: ignore[no-untyped-def]
    """out (K, C, kh, kw) of u (kh·kw·C, at least K), for the channels first … last - 1."""
    columns, channels, kh, kw = out.shape
    for c in range(first, last):
        for k in range(columns):
            for i in range(kh):
                for j in range(kw):
                    out[k, c, i, j] = u[(i * kw + j) * channels + c, k]
