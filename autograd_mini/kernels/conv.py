"""The three faces of convolution as im2col and matrix products, in blocks that stay in cache.

Arrays have the logical shape (N, C, H, W) and, inside, channels-last memory: a patch is then a few contiguous runs of
kw·C numbers, and every face is one matrix product per block (the report's Y* = W* X*, gathered instead of unrolled):

    correlate   patches (M, kh·kw·C) @ filters (kh·kw·C, K) -> maps (M, K)          M output pixels a block
    scatter     maps (M, K) @ filtersᵀ -> patches, added where they came from -> images
    filters     patchesᵀ (kh·kw·C, M) @ maps (M, K), summed over blocks -> (kh·kw·C, K)

Patches live in one scratch array a thread and are never kept. Source: the report, section 3.1.2; Dumoulin & Visin 2016.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .parallel import get_num_threads, spread

Array = np.ndarray[Any, Any]
Pair = tuple[int, int]


class Geometry(NamedTuple):
    """How filters slide: all pairs (vertical, horizontal)."""

    stride: Pair
    padding: Pair
    dilation: Pair


PATCH_BYTES = 1 << 19  # of patches in a block: half of a core's L2 cache
PATCH_ROWS = 192  # at least this many patches a block, so that BLAS reuses the filters it loads


def channels_last(x: Array) -> Array:
    """(N, C, H, W), any memory -> (N, H, W, C), contiguous. No copy when the memory is channels-last already."""
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1))


def conv2d(x: Array, w: Array, b: Array | None, geometry: Geometry) -> Array:
    """x (N, C, H, W), w (K, C, kh, kw), b (K,) or None -> (N, K, Hout, Wout), channels-last."""
    size = tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(x.shape[2:], w.shape[2:], *geometry, strict=True)
    )
    return _correlate(x, w, b, (size[0], size[1]), geometry)


def conv_transpose2d(y: Array, w: Array, size: Pair, geometry: Geometry) -> Array:
    """y (N, K, Hy, Wy), w (K, C, kh, kw) -> (N, C, *size), channels-last."""
    stride, padding, dilation = geometry
    if stride == (1, 1):  # the adjoint is a correlation with the filters flipped: gathers instead of adding up
        border = tuple(d * (k - 1) - p for k, p, d in zip(w.shape[2:], padding, dilation, strict=True))
        flipped = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
        return _correlate(y, flipped, None, size, Geometry((1, 1), (border[0], border[1]), dilation))
    return _scatter(y, w, size, geometry)


def conv2d_filter(x: Array, y: Array, size: Pair, geometry: Geometry) -> Array:
    """x (N, C, H, W), y (N, K, Hy, Wy) -> (K, C, *size)."""
    dtype = np.result_type(x, y)
    x, y = channels_last(x.astype(dtype, copy=False)), channels_last(y.astype(dtype, copy=False))
    blocks = _blocks(x, y.shape[1:3], size)

    def share(first: int, last: int) -> Array:
        total = np.zeros((size[0] * size[1] * x.shape[3], y.shape[3]), dtype)
        product = np.empty_like(total)
        for n, rows, patches in _patches(x, blocks[first:last], y.shape[2], size, geometry):
            np.matmul(patches.T, y[n, rows].reshape(len(patches), -1), out=product)
            total += product
        return total

    total, *others = spread(share, len(blocks), y.size * size[0] * size[1] * x.shape[3])
    for other in others:
        total += other
    return total.reshape(*size, x.shape[3], y.shape[3]).transpose(3, 2, 0, 1)


def _correlate(x: Array, w: Array, b: Array | None, size: Pair, geometry: Geometry) -> Array:
    dtype = np.result_type(x, w) if b is None else np.result_type(x, w, b)
    x = channels_last(x.astype(dtype, copy=False))
    out = np.empty((len(x), *size, len(w)), dtype)
    filters = np.ascontiguousarray(w.transpose(2, 3, 1, 0), dtype).reshape(-1, len(w))
    kernel = (w.shape[2], w.shape[3])
    blocks = _blocks(x, size, kernel)

    def share(first: int, last: int) -> None:
        for n, rows, patches in _patches(x, blocks[first:last], size[1], kernel, geometry):
            y = out[n, rows].reshape(len(patches), -1)
            np.matmul(patches, filters, out=y)
            if b is not None:
                y += b

    spread(share, len(blocks), out.size * len(filters))
    return out.transpose(0, 3, 1, 2)


def _scatter(y: Array, w: Array, size: Pair, geometry: Geometry) -> Array:
    stride, padding, dilation = geometry
    dtype = np.result_type(y, w)
    y = channels_last(y.astype(dtype, copy=False))
    (hy, wy), (channels, kh, kw) = y.shape[1:3], w.shape[1:]
    filters = np.ascontiguousarray(w.transpose(0, 2, 3, 1), dtype).reshape(len(w), -1)
    # every patch falls inside this canvas; the image is the part of it that begins at `padding`
    canvas = [
        max((n - 1) * s + (k - 1) * d + 1, p + m)
        for n, s, k, d, p, m in zip((hy, wy), stride, (kh, kw), dilation, padding, size, strict=True)
    ]
    out = np.empty((len(y), *size, channels), dtype)
    step = max(1, PATCH_BYTES // (wy * filters.shape[1] * dtype.itemsize))

    def share(first: int, last: int) -> None:
        image = np.empty((*canvas, channels), dtype)
        for n in range(first, last):
            image[:] = 0
            for top in range(0, hy, step):
                rows = min(step, hy - top)
                patches = (y[n, top : top + rows].reshape(rows * wy, -1) @ filters).reshape(rows, wy, kh, kw, channels)
                for u in range(kh):
                    first_row = top * stride[0] + u * dilation[0]
                    lines = image[first_row : first_row + (rows - 1) * stride[0] + 1 : stride[0]]
                    for v in range(kw):
                        left = v * dilation[1]
                        lines[:, left : left + (wy - 1) * stride[1] + 1 : stride[1]] += patches[:, :, u, v]
            out[n] = image[padding[0] : padding[0] + size[0], padding[1] : padding[1] + size[1]]

    spread(share, len(y), y.size * filters.shape[1])
    return out.transpose(0, 3, 1, 2)


# ── patches, a block at a time ────────────────────────────────────────────────────────────────────────────────────────

Block = tuple[slice, slice]  # images, rows of the output


def _blocks(x: Array, size: tuple[int, ...], kernel: Pair) -> list[Block]:
    """Cut the output's pixels into blocks: several whole images, or some rows of one."""
    height, width = size
    patch = kernel[0] * kernel[1] * x.shape[3] * x.itemsize
    pixels = max(PATCH_ROWS, PATCH_BYTES // patch)
    pixels = min(pixels, -(-len(x) * height * width // get_num_threads()))  # at least a block for each thread
    if 0 < height * width <= pixels:
        images = pixels // (height * width)
        return [(slice(n, min(n + images, len(x))), slice(0, height)) for n in range(0, len(x), images)]
    rows = max(1, pixels // width)
    return [(slice(n, n + 1), slice(i, min(i + rows, height))) for n in range(len(x)) for i in range(0, height, rows)]


def _patches(
    x: Array, blocks: list[Block], width: int, kernel: Pair, geometry: Geometry
) -> Iterator[tuple[slice, slice, Array]]:
    """For each block, its patches as a matrix (M, kh·kw·C); the matrix is overwritten by the next."""
    (kh, kw), channels = kernel, x.shape[3]
    stride, padding, dilation = geometry
    if not blocks:
        return
    largest = max((n.stop - n.start) * (rows.stop - rows.start) for n, rows in blocks)
    scratch = np.empty((largest * width, kh * kw * channels), x.dtype)
    columns = (width - 1) * stride[1] + (kw - 1) * dilation[1] + 1
    borders: dict[tuple[int, ...], Array] = {}  # scratch for windows that reach outside, by shape
    for n, rows in blocks:
        images, height = n.stop - n.start, rows.stop - rows.start
        top = rows.start * stride[0] - padding[0]
        lines = (height - 1) * stride[0] + (kh - 1) * dilation[0] + 1
        window = _window(x[n], top, lines, -padding[1], columns, borders)
        sn, sh, sw, sc = window.strides
        view = as_strided(
            window,
            (images, height, width, kh, kw, channels),
            (sn, sh * stride[0], sw * stride[1], sh * dilation[0], sw * dilation[1], sc),
            writeable=False,
        )
        patches = scratch[: images * height * width]
        np.copyto(patches.reshape(view.shape), view)
        yield n, rows, patches


def _window(x: Array, top: int, height: int, left: int, width: int, borders: dict[tuple[int, ...], Array]) -> Array:
    """x[:, top:top+height, left:left+width], with zeros where that reaches outside the image."""
    bottom, right = top + height, left + width
    inside = x[:, max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if inside.shape[1:3] == (height, width):
        return inside
    i, j = max(-top, 0), max(-left, 0)
    key = (len(x), height, width, i, *inside.shape[1:3])
    if key not in borders:  # the border stays zero from one block to the next: only the inside is written again
        borders[key] = np.zeros((len(x), height, width, x.shape[3]), x.dtype)
    window = borders[key]
    window[:, i : i + inside.shape[1], j : j + inside.shape[2]] = inside
    return window
