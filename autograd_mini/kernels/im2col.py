"""Convolution as products with patches, in blocks that stay in cache: any geometry, any number of channels.

With channels innermost a patch is a few contiguous runs of kw·C numbers, and each face is one matrix product a block
(the report's Y* = W* X*, gathered instead of unrolled):

    correlate   patches (M, kh·kw·C) @ filters (kh·kw·C, K) -> maps (M, K)          M output pixels a block
    scatter     maps (M, K) @ filtersᵀ -> patches, added where they came from -> images
    filters     patchesᵀ (kh·kw·C, M) @ maps (M, K), summed over blocks -> (kh·kw·C, K)

Patches live in one scratch array a thread and are never kept. Source: the report, section 3.1.2; Dumoulin & Visin 2016.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .buffers import empty
from .layout import Array, Geometry, Pair
from .parallel import each, get_num_threads, spread

PATCH_BYTES = 1 << 20  # of patches in a block: a core's L2 cache; smaller ones make threads wait for the interpreter
PATCH_ROWS = 192  # at least this many patches a block, so that BLAS reuses the filters it loads


def correlate(x: Array, w: Array, b: Array | None, size: Pair, geometry: Geometry, then_relu: bool = False) -> Array:
    """x (N, H, W, C), w (K, C, kh, kw), b (K,) or None -> (N, *size, K); negative results become 0 if `then_relu`."""
    out = empty((len(x), *size, len(w)), x.dtype)
    filters = np.ascontiguousarray(w.transpose(2, 3, 1, 0)).reshape(-1, len(w))
    kernel = (w.shape[2], w.shape[3])
    blocks = cut(x, size, kernel, PATCH_ROWS)

    def share(first: int, last: int) -> None:
        for n, rows, patches in _patches(x, blocks[first:last], size[1], kernel, geometry):
            y = out[n, rows].reshape(len(patches), -1)
            np.matmul(patches, filters, out=y)
            if b is not None:
                y += b
            if then_relu:
                np.maximum(y, 0, out=y)

    each(share, len(blocks), out.size * len(filters))
    return out


def filters(x: Array, y: Array, size: Pair, geometry: Geometry) -> Array:
    """x (N, H, W, C), y (N, Hy, Wy, K) -> (K, C, *size), seen through a transposed view."""
    blocks = cut(x, y.shape[1:3], size, PATCH_ROWS)

    def share(first: int, last: int) -> Array:
        total = np.zeros((size[0] * size[1] * x.shape[3], y.shape[3]), x.dtype)
        product = np.empty_like(total)
        for n, rows, patches in _patches(x, blocks[first:last], y.shape[2], size, geometry):
            np.matmul(patches.T, y[n, rows].reshape(len(patches), -1), out=product)
            total += product
        return total

    total, *others = spread(share, len(blocks), y.size * size[0] * size[1] * x.shape[3])
    for other in others:
        total += other
    return total.reshape(*size, x.shape[3], y.shape[3]).transpose(3, 2, 0, 1)


def scatter(y: Array, w: Array, size: Pair, geometry: Geometry) -> Array:
    """y (N, Hy, Wy, K), w (K, C, kh, kw) -> (N, *size, C)."""
    stride, padding, dilation = geometry
    dtype = y.dtype
    (hy, wy), (channels, kh, kw) = y.shape[1:3], w.shape[1:]
    filters = np.ascontiguousarray(w.transpose(0, 2, 3, 1)).reshape(len(w), -1)
    # every patch falls inside this canvas; the image is the part of it that begins at `padding`
    canvas = [
        max((n - 1) * s + (k - 1) * d + 1, p + m)
        for n, s, k, d, p, m in zip((hy, wy), stride, (kh, kw), dilation, padding, size, strict=True)
    ]
    out = empty((len(y), *size, channels), dtype)
    step = max(1, PATCH_BYTES // (wy * filters.shape[1] * dtype.itemsize))

    many = max(1, step // hy)  # images at once

    def share(first: int, last: int) -> None:
        images = np.empty((min(many, last - first), *canvas, channels), dtype)
        for n in range(first, last, many):
            maps = y[n : min(n + many, last)]
            image = images[: len(maps)]
            image[:] = 0
            for top in range(0, hy, step):
                part = maps[:, top : top + step]
                rows = part.shape[1]
                patches = (part.reshape(-1, len(w)) @ filters).reshape(len(part), rows, wy, kh, kw, channels)
                for u in range(kh):
                    first_row = top * stride[0] + u * dilation[0]
                    lines = image[:, first_row : first_row + (rows - 1) * stride[0] + 1 : stride[0]]
                    for v in range(kw):
                        left = v * dilation[1]
                        lines[:, :, left : left + (wy - 1) * stride[1] + 1 : stride[1]] += patches[:, :, :, u, v]
            out[n : n + len(maps)] = image[:, padding[0] : padding[0] + size[0], padding[1] : padding[1] + size[1]]

    each(share, len(y), y.size * filters.shape[1], many)
    return out


# ── patches, a block at a time ────────────────────────────────────────────────────────────────────────────────────────

Block = tuple[slice, slice]  # images, rows of the output


def cut(x: Array, size: tuple[int, ...], kernel: Pair, least: int) -> list[Block]:
    """Cut the output's pixels into blocks of at least so many: several whole images, or some rows of one."""
    height, width = size
    patch = kernel[0] * kernel[1] * x.shape[3] * x.itemsize
    pixels = max(least, PATCH_BYTES // patch)
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
        seen = window(x[n], top, lines, -padding[1], columns, borders)
        sn, sh, sw, sc = seen.strides
        view = as_strided(
            seen,
            (images, height, width, kh, kw, channels),
            (sn, sh * stride[0], sw * stride[1], sh * dilation[0], sw * dilation[1], sc),
            writeable=False,
        )
        patches = scratch[: images * height * width]
        np.copyto(patches.reshape(view.shape), view)
        yield n, rows, patches


def window(x: Array, top: int, height: int, left: int, width: int, borders: dict[tuple[int, ...], Array]) -> Array:
    """x[:, top:top+height, left:left+width], with zeros where that reaches outside the image."""
    bottom, right = top + height, left + width
    inside = x[:, max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if inside.shape[1:3] == (height, width):
        return inside
    i, j = max(-top, 0), max(-left, 0)
    key = (len(x), height, width, i, *inside.shape[1:3])
    if key not in borders:  # the border stays zero from one block to the next: only the inside is written again
        borders[key] = np.zeros((len(x), height, width, x.shape[3]), x.dtype)
    whole = borders[key]
    whole[:, i : i + inside.shape[1], j : j + inside.shape[2]] = inside
    return whole
