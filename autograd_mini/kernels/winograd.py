"""Winograd's algorithm F(4×4, 3×3): four times fewer multiplications in a 3×3 convolution of stride 1.

A tile of 4×4 outputs needs 6×6 inputs. Between three small linear maps the convolution becomes a product per element:

    Y = Aᵀ [ (G w Gᵀ) ⊙ (Bᵀ x B) ] A      36 multiplications instead of 144; summed over channels, 36 matrix products

Every step is a product from the left or from the right, so the report's two laws give the gradient by w, again through
the 36 products:  ∇w = Gᵀ [ Σ over tiles (Bᵀ x B) ⊙ (A ∇Y Aᵀ) ] G.  The gradient by x is a convolution with the filters
flipped.

The differences between neighbours that the maps take cost some precision (float32: errors of about 1e-5 of the results'
spread, at worst 1e-4), and a nan or inf in a tile's inputs reaches all of its outputs; so does the rounding of a number
far larger than the others. Images with such numbers are convolved plainly.
Source: Lavin & Gray 2016, with the points 0, ±1, ±2, ∞.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .buffers import empty
from .im2col import cut, window
from .layout import Array, Geometry, Pair, Size
from .parallel import each, spread

INTO = np.array(
    [[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0],
     [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1]], float,
)  # fmt: skip
"""Bᵀ, of inputs: 6×6."""

FILTERS = np.array(
    [[1 / 4, 0, 0], [-1 / 6, -1 / 6, -1 / 6], [-1 / 6, 1 / 6, -1 / 6],
     [1 / 24, 1 / 12, 1 / 6], [1 / 24, -1 / 12, 1 / 6], [0, 0, 1]],
)  # fmt: skip
"""G, of filters: 6×3."""

BACK = np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]], float)
"""Aᵀ, of outputs: 4×6."""

TILES = 96  # at least, in a block: 36 products of a size that BLAS likes, mostly inside the cache


def correlate(x: Array, w: Array, b: Array | None, size: Pair, geometry: Geometry, then_relu: bool = False) -> Array:
    """x (N, H, W, C), w (K, C, 3, 3), b (K,) or None -> (N, *size, K); negative results become 0 if `then_relu`."""
    (columns, channels), into, back = w.shape[:2], INTO.astype(x.dtype), BACK.astype(x.dtype)
    filters = _both_sides(FILTERS.astype(x.dtype), np.ascontiguousarray(w.transpose(2, 3, 1, 0)))
    filters = filters.reshape(36, channels, columns)
    out = empty((len(x), *size, columns), x.dtype)
    blocks = _blocks(x, size)

    def share(first: int, last: int) -> None:
        for n, rows, tiles in _tiles(x, blocks[first:last], size, geometry.padding):
            before = _both_sides(into, tiles)
            before = before.reshape(36, -1, channels)
            after = np.matmul(before, filters)
            y = _both_sides(back, after.reshape(6, 6, *tiles.shape[2:5], columns))
            y = y.transpose(2, 3, 0, 4, 1, 5)  # images, rows, 4, columns, 4, K
            target = out[n, rows.start * 4 : rows.stop * 4]
            whole = target.shape[1:3] == (y.shape[1] * 4, y.shape[3] * 4)
            place = target.reshape(y.shape) if whole else np.empty(y.shape, y.dtype)
            np.copyto(place, y) if b is None else np.add(y, b, out=place)
            if then_relu:
                np.maximum(place, 0, out=place)
            if not whole:
                pixels = place.reshape(len(y), y.shape[1] * 4, -1, columns)
                target[...] = pixels[:, : target.shape[1], : target.shape[2]]

    each(share, len(blocks), out.size * channels)
    return out


def filters(x: Array, y: Array, size: Pair, geometry: Geometry) -> Array:
    """x (N, H, W, C), y (N, Hy, Wy, K) -> (K, C, 3, 3), seen through a transposed view."""
    channels, columns, into, back = x.shape[3], y.shape[3], INTO.astype(x.dtype), BACK.T.astype(x.dtype)
    blocks = _blocks(x, y.shape[1:3])

    def share(first: int, last: int) -> Array:
        total = np.zeros((36, channels, columns), x.dtype)
        product = np.empty_like(total)
        for n, rows, tiles in _tiles(x, blocks[first:last], y.shape[1:3], geometry.padding):
            before = _both_sides(into, tiles)
            part = y[n, rows.start * 4 : rows.stop * 4]
            whole = (len(part), 4 * tiles.shape[3], 4 * tiles.shape[4], columns)
            if part.shape != whole:
                padded = np.zeros(whole, y.dtype)
                padded[:, : part.shape[1], : part.shape[2]] = part
                part = padded
            part = part.reshape(len(part), tiles.shape[3], 4, tiles.shape[4], 4, columns).transpose(2, 4, 0, 1, 3, 5)
            after = _both_sides(back, np.ascontiguousarray(part))
            np.matmul(before.reshape(36, -1, channels).mT, after.reshape(36, -1, columns), out=product)
            total += product
        return total

    total, *others = spread(share, len(blocks), y.size * channels)
    for other in others:
        total += other
    by_filters = _both_sides(FILTERS.T.astype(x.dtype), total.reshape(6, 6, channels, columns))
    return by_filters.transpose(3, 2, 0, 1)


def _both_sides(m: Array, x: Array) -> Array:
    """M X Mᵀ for X (p, p, ...) and M (q, p) -> (q, q, ...)."""
    (q, p), rest, size = m.shape, x.shape[2:], x[0, 0].size
    left = np.matmul(m, x.reshape(p, -1))
    both: Array = np.matmul(m, left.reshape(q, p, size))
    return both.reshape(q, q, *rest)


Block = tuple[slice, slice]  # images, rows of tiles


def _blocks(x: Array, size: tuple[int, ...]) -> list[Block]:
    """Cut the output's tiles into blocks."""
    return cut(x, (-(-size[0] // 4), -(-size[1] // 4)), (6, 6), TILES)


def _tiles(x: Array, blocks: list[Block], size: Size, padding: Size) -> Iterator[tuple[slice, slice, Array]]:
    """For each block its tiles (6, 6, images, rows, columns, C); they are overwritten by the next."""
    if not blocks:
        return
    columns, channels = -(-size[1] // 4), x.shape[3]
    largest = max((n.stop - n.start) * (rows.stop - rows.start) for n, rows in blocks)
    scratch = np.empty(36 * largest * columns * channels, x.dtype)
    borders: dict[tuple[int, ...], Array] = {}
    for n, rows in blocks:
        images, height = n.stop - n.start, rows.stop - rows.start
        seen = window(x[n], rows.start * 4 - padding[0], height * 4 + 2, -padding[1], columns * 4 + 2, borders)
        sn, sh, sw, sc = seen.strides
        shape = (6, 6, images, height, columns, channels)
        tiles = scratch[: np.prod(shape)].reshape(shape)
        np.copyto(tiles, as_strided(seen, shape, (sh, sw, sn, 4 * sh, 4 * sw, sc), writeable=False))
        yield n, rows, tiles
