"""Few channels, large images: several neighbouring outputs of a row in one product.

With C and K around 8 the matrices of `im2col` are too thin for BLAS, and a patch copies each pixel kh·kw times. Taking
q neighbours together makes the product q times wider and copies a pixel only kh·(q + kw − 1)/q times; the filters
become a block-Toeplitz matrix, the same filter q times, each one pixel further on:

    w w w . . .        q = 4 neighbours of a row, kw = 3: the row of the filter bank for neighbour i begins at column i;
    . w w w . .        the zeros cost multiplications, which thin products have to spare
    . . w w w .
    . . . w w w

Stride along the row is 1. Nothing is approximated, but a nan or inf also reaches those of the q neighbours
for which it is multiplied by 0.
"""

from __future__ import annotations

import numpy as np

from . import im2col
from .layout import Array, Geometry, Pair


def neighbours(columns: int) -> int:
    """How many outputs of a row go together: enough for 32 columns of the product (8→8 at 224²: 114 ms, alone 175)."""
    return 32 // columns


def correlate(x: Array, w: Array, b: Array | None, size: Pair, geometry: Geometry, then_relu: bool = False) -> Array:
    """x (N, H, W, C), w (K, C, kh, kw), b (K,) or None -> (N, *size, K); size[1] is a multiple of `neighbours(K)`."""
    columns, channels, kh, kw = w.shape
    q = neighbours(columns)
    wide = np.zeros((q, columns, channels, kh, kw + q - 1), w.dtype)
    for i in range(q):
        wide[i, ..., i : i + kw] = w
    bias = None if b is None else np.tile(b, q)
    filters, together = wide.reshape(q * columns, channels, kh, -1), (size[0], size[1] // q)
    out = im2col.correlate(x, filters, bias, together, _stepping(geometry, q), then_relu)
    return out.reshape(len(x), *size, columns)


def filters(x: Array, y: Array, size: Pair, geometry: Geometry) -> Array:
    """x (N, H, W, C), y (N, Hy, Wy, K) -> (K, C, *size): the adjoint, the q shifted filters added up."""
    n, height, width, columns = y.shape
    q = neighbours(columns)
    together = y.reshape(n, height, width // q, q * columns)
    wide = im2col.filters(x, together, (size[0], size[1] + q - 1), _stepping(geometry, q))
    wide = wide.reshape(q, columns, *wide.shape[1:])
    total = wide[0, ..., : size[1]].copy()
    for i in range(1, q):
        total += wide[i, ..., i : i + size[1]]
    return total


def _stepping(geometry: Geometry, q: int) -> Geometry:
    return Geometry((geometry.stride[0], q), geometry.padding, geometry.dilation)
