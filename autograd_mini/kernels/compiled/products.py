"""Products of rows with panels of columns: what convolutions and Winograd's algorithm are made of once compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..buffers import LINE
from . import loop
from .vectors import HALF, REGISTER, WIDE, row_products

Array = np.ndarray[Any, Any]

# 32 registers hold 6·4 or 14·2 sums and their factors, 16 registers 6·2 or 12; the fewer vectors, the more rows
_four = row_products((6, 3, 1) if WIDE else (3, 1), 4, REGISTER)
_two = row_products((14, 6, 3, 1) if WIDE else (6, 3, 1), 2, REGISTER)
_one = row_products((14, 6, 3, 1) if WIDE else (12, 6, 3, 1), 1, REGISTER)
_half = row_products((14, 6, 3, 1), 1, HALF)

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


def panels(w: Array) -> Array:
    """(..., n, K) -> flat; for each leading index, panel after panel of columns, each (n, width) contiguous."""
    n, columns = w.shape[-2:]
    flat = w.reshape(-1, n, columns)
    pieces, first = [], 0
    while first < columns:
        width = panel_width(columns - first, w.itemsize)
        pieces.append(flat[:, :, first : first + width].reshape(len(flat), -1))
        first += width
    return np.concatenate(pieces, axis=1).reshape(-1)
