"""The three faces of convolution, and the choice of the way each is computed.

Every way is a room with `correlate(x, w, b, size, geometry, then_relu)` and `filters(x, y, size, geometry)` on
channels-last arrays: `im2col`, `toeplitz`, `winograd`, and compiled, `compiled.direct` and `compiled.winograd`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import im2col, toeplitz, winograd
from .layout import Array, Geometry, Pair, channels_first, channels_last
from .outliers import is_even
from .quiet import without_underflow
from .settings import is_compiled, is_plain, is_winograd

SPREAD = 3  # times the pixels of maps: larger images are painted (100→256, 4×4 from 1×1, 16 images: 1.3 ms → 0.5)


def way(
    channels: int, columns: int, kernel: Pair, width: int, geometry: Geometry, dtype: Any, x: Array | None = None
) -> Any:
    """The room that computes a correlation of `channels` with `columns` filters, or its filters' gradient, fastest.

    width: of the output. x: images, whose numbers may be of sizes that Winograd's algorithm must not mix. The reasons
    are times beside each other on two cores with AVX-512, float32, 3×3 filters.
    """
    stride, _, dilation = geometry
    square = kernel == (3, 3) and stride == (1, 1) and dilation == (1, 1) and is_winograd()
    exact = dtype not in (np.float32, np.float64)  # whole numbers stay whole, and half precision has no digits to lose
    if not exact and is_compiled():
        from .compiled import direct
        from .compiled import winograd as fast_winograd
        from .compiled.vectors import HALF

        even = columns * dtype.itemsize % HALF == 0  # whole vectors of output channels
        # 16→16 at 112²: Winograd 10.2 ms, direct 12.8; 8→8 at 224²: 19.9 beside 16.4; 3→64: direct
        square = square and even and channels * dtype.itemsize % HALF == 0 and channels >= 16
        if square and (x is None or is_even(x)):
            return fast_winograd
        return direct
    # 16→16 at 112²: Winograd 67 ms, Toeplitz 75, patches 95; 8→16: Toeplitz 39, Winograd 42, patches 49
    square = square and not exact and min(channels, columns) >= 16
    if square and (x is None or is_even(x)):
        return winograd
    q = toeplitz.neighbours(columns)
    # 8→8 at 224²: Toeplitz 114 ms, Winograd 146, patches 175; 3→8: 61, 176, 113
    if stride[1] == 1 and dilation == (1, 1) and kernel[1] > 1 and q > 1 and channels <= 16 and width % q == 0:
        return toeplitz
    return im2col


@without_underflow
def conv2d(x: Array, w: Array, b: Array | None, geometry: Geometry, then_relu: bool = False) -> Array:
    """x (N, C, H, W), w (K, C, kh, kw), b (K,) or None -> (N, K, Hout, Wout), channels-last.

    then_relu: negative results become 0, as a ReLU after it would make them.
    """
    height, width = (
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(x.shape[2:], w.shape[2:], *geometry, strict=True)
    )
    return _correlate(x, w, b, (height, width), geometry, then_relu, True)


@without_underflow
def conv_transpose2d(y: Array, w: Array, size: Pair, geometry: Geometry) -> Array:
    """y (N, K, Hy, Wy), w (K, C, kh, kw) -> (N, C, *size), channels-last."""
    stride, padding, dilation = geometry
    # a correlation with the filters flipped gathers instead of adding up; around few pixels it would mostly see zeros
    if stride == (1, 1) and size[0] * size[1] <= SPREAD * y.shape[2] * y.shape[3]:
        border = tuple(d * (k - 1) - p for k, p, d in zip(w.shape[2:], padding, dilation, strict=True))
        flipped = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
        return _correlate(y, flipped, None, size, Geometry((1, 1), (border[0], border[1]), dilation))
    dtype, inside = inner_dtypes(y, w)
    image = painted(channels_last(y, inside), w.astype(inside, copy=False), size, geometry)
    return channels_first(image.astype(dtype, copy=False))


@without_underflow
def conv2d_filter(x: Array, y: Array, size: Pair, geometry: Geometry) -> Array:
    """x (N, C, H, W), y (N, K, Hy, Wy) -> (K, C, *size)."""
    dtype, inside = inner_dtypes(x, y)
    chosen = way(x.shape[1], y.shape[1], size, y.shape[3], geometry, dtype)
    filters: Array = chosen.filters(channels_last(x, inside), channels_last(y, inside), size, geometry)
    return filters.astype(dtype, copy=False)


def painted(y: Array, w: Array, size: Pair, geometry: Geometry) -> Array:
    """y (N, Hy, Wy, K), w (K, C, kh, kw) -> (N, *size, C), each value of a map painting its filter."""
    if geometry.stride != (1, 1) and is_compiled() and y.dtype in (np.float32, np.float64):
        from .compiled import direct

        return direct.transposed(y, w, size, geometry)
    return im2col.scatter(y, w, size, geometry)


def _correlate(
    x: Array, w: Array, b: Array | None, size: Pair, geometry: Geometry, then_relu: bool = False, images: bool = False
) -> Array:
    dtype, inside = inner_dtypes(x, w) if b is None else inner_dtypes(x, w, b)
    if images and is_plain() and not is_compiled() and inside == np.float32:
        inside = np.dtype(np.float64)  # BLAS adds up by the place in its blocks; what differs is rounded away
    bias = None if b is None else np.ascontiguousarray(b, inside)
    (columns, channels), kernel = w.shape[:2], (w.shape[2], w.shape[3])
    if 0 in size:
        return np.empty((len(x), columns, *size), dtype)
    image = channels_last(x, inside)
    chosen = way(channels, columns, kernel, size[1], geometry, dtype, image if images else None)
    out = chosen.correlate(image, w.astype(inside, copy=False), bias, size, geometry, then_relu)
    return channels_first(out.astype(dtype, copy=False))


def inner_dtypes(*arrays: Array) -> tuple[Any, Any]:
    """The result's dtype, and what is added up in: single for half precision."""
    dtype = np.result_type(*arrays)
    return dtype, np.dtype(np.float32) if dtype == np.float16 else dtype
