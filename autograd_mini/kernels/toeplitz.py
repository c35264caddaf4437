"""Few channels, large images: several neighbouring outputs of a row in one product.

With C and K around 8 the matrices of `im2col` are too thin for BLAS, and a patch copies each pixel kh·kw times. Taking
q neighbours together makes the product q times wider and copies a pixel only kh·(q + kw − 1)/q times; the filters
become a block-Toeplitz matrix, the same filter q times, each one pixel further on:

    w w w . . .        q = 4 neighbours of a row, kw = 3: the row of the filter bank for neighbour i begins at column i;
    . w w w . .        the zeros cost multiplications, which thin products have to spare
    . . w w w .
    . . . w w w

Stride along the row is 1. Nothing is approximated.
"""

from __future__ import annotations

import numpy as np

from . import im2col
from .layout import Array, Geometry, Pair

NEIGHBOURS = 4


def correlate(x: Array, w: Array, b: Array | None, size: Pair, geometry: Geometry, rectify: bool = False) -> Array:
    """x (N, H, W, C), w (K, C, kh, kw), b (K,) or None -> (N, *size, K); size[1] is a multiple of NEIGHBOURS."""
    columns, channels, kh, kw = w.shape
    wide = np.zeros((NEIGHBOURS, columns, channels, kh, kw + NEIGHBOURS - 1), w.dtype)
    for i in range(NEIGHBOURS):
        wide[i, ..., i : i + kw] = w
    bias = None if b is None else np.tile(b, NEIGHBOURS)
    together = (size[0], size[1] // NEIGHBOURS)
    out = im2col.correlate(x, wide.reshape(-1, *wide.shape[2:]), bias, together, _stepping(geometry), rectify)
    return out.reshape(len(x), *size, columns)


def filters(x: Array, y: Array, size: Pair, geometry: Geometry) -> Array:
    """x (N, H, W, C), y (N, Hy, Wy, K) -> (K, C, *size): the adjoint, the q shifted filters added up."""
    n, height, width, columns = y.shape
    together = y.reshape(n, height, width // NEIGHBOURS, NEIGHBOURS * columns)
    wide = im2col.filters(x, together, (size[0], size[1] + NEIGHBOURS - 1), _stepping(geometry))
    wide = wide.reshape(NEIGHBOURS, columns, *wide.shape[1:])
    total = wide[0, ..., : size[1]].copy()
    for i in range(1, NEIGHBOURS):
        total += wide[i, ..., i : i + size[1]]
    return total


def _stepping(geometry: Geometry) -> Geometry:
    return Geometry((geometry.stride[0], NEIGHBOURS), geometry.padding, geometry.dilation)
