"""Windows that slide over images, and the loops of convolution and pooling: the report's Algorithms 1 and 2."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_mini.kernels.layout import Geometry, Window

from .row import Array, Draw, shaped

# ── all small geometries of one axis: (length, kernel, stride, padding[, dilation]) ───────────────────────────────────

CONV_AXES = [
    (n, k, s, p, d)
    for n, k, s, p, d in itertools.product(range(1, 6), range(1, 4), range(1, 4), range(5), range(1, 3))
    if d * (k - 1) + 1 <= n + 2 * p
]
POOL_AXES = [
    (n, k, s, p)
    for n, k, s in itertools.product(range(1, 7), range(1, 5), range(1, 5))
    for p in range(k)
    if k <= n + 2 * p
]


def planes(axes: list[Any], seed: int) -> list[tuple[tuple[int, int], ...]]:
    """Every geometry once vertically and once horizontally, each with a partner of the same list: pairs of pairs."""
    partners = np.random.default_rng(seed).permutation(len(axes))
    return [tuple(zip(axes[i], axes[j], strict=True)) for i, j in enumerate(partners)]


def places(i: int, j: int, size: tuple[int, ...], window: Window) -> Iterator[tuple[int, int, int, int]]:
    """The places (u, v) of window (i, j), each with the pixel it looks at; only those inside the image."""
    (kh, kw), (sh, sw), (ph, pw) = window
    for u, v in itertools.product(range(kh), range(kw)):
        row, column = i * sh + u - ph, j * sw + v - pw
        if 0 <= row < size[0] and 0 <= column < size[1]:
            yield u, v, row, column


def pooled(shape: tuple[int, ...], window: Window) -> tuple[int, int]:
    height, width = (len(range(0, n + 2 * p - k + 1, s)) for n, k, s, p in zip(shape[2:], *window, strict=True))
    return height, width


def convolved(size: tuple[int, ...], kernel: tuple[int, ...], geometry: Geometry) -> tuple[int, int]:
    height, width = (
        len(range(0, n + 2 * p - d * (k - 1), s)) for n, k, s, p, d in zip(size, kernel, *geometry, strict=True)
    )
    return height, width


def switches(shape: tuple[int, ...], window: Window) -> Draw:
    """For every window any place of it that is inside the image: u·kw + v."""

    def draw(rng: np.random.Generator) -> Array:
        out = np.empty(shape[:2] + pooled(shape, window), np.uint8)
        for n, c, i, j in np.ndindex(out.shape):
            out[n, c, i, j] = rng.choice([u * window[0][1] + v for u, v, _, _ in places(i, j, shape[2:], window)])
        return out

    return Draw(draw, shaped(*shape))


# ── the loops ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def convolve(x: Array, w: Array, geometry: Geometry) -> Array:
    """Algorithm 1, with stride, padding (zeros add nothing) and dilation."""
    (N, C, H, W), (K, _, Hf, Wf) = x.shape, w.shape
    stride, padding, dilation = geometry
    output = np.zeros((N, K, *convolved((H, W), (Hf, Wf), geometry)))
    image, filters = x.tolist(), w.tolist()  # plain numbers: indexing an array in a loop is slow
    for n, k, oy, ox in np.ndindex(output.shape):
        total = 0.0
        for oh, ow in itertools.product(range(Hf), range(Wf)):
            row = oy * stride[0] + oh * dilation[0] - padding[0]
            column = ox * stride[1] + ow * dilation[1] - padding[1]
            if 0 <= row < H and 0 <= column < W:
                for c in range(C):
                    total += image[n][c][row][column] * filters[k][c][oh][ow]
        output[n, k, oy, ox] = total
    return output


def paint(y: Array, w: Array, size: tuple[int, ...], geometry: Geometry) -> Array:
    """The report's deconv: each value of a map paints its filter on a canvas, which is then cut out of its border."""
    stride, padding, dilation = geometry
    maps = y.tolist()
    canvas = np.zeros((len(y), w.shape[1], *((n + 2 * p) for n, p in zip(size, padding, strict=True))))
    for n, k, i, j in np.ndindex(y.shape):
        top, left = i * stride[0], j * stride[1]
        for c, oh, ow in np.ndindex(w.shape[1:]):
            canvas[n, c, top + oh * dilation[0], left + ow * dilation[1]] += maps[n][k][i][j] * w[k, c, oh, ow]
    return canvas[:, :, padding[0] : padding[0] + size[0], padding[1] : padding[1] + size[1]]


def collect(x: Array, y: Array, kernel: tuple[int, ...], geometry: Geometry) -> Array:
    """Every place of a filter meets some pixels; each meeting adds pixel times the value it helped to make."""
    (N, C, H, W), K = x.shape, y.shape[1]
    stride, padding, dilation = geometry
    image, maps = x.tolist(), y.tolist()
    filters = np.zeros((K, C, *kernel))
    for k, c, oh, ow in np.ndindex(filters.shape):
        for n, i, j in itertools.product(range(N), range(y.shape[2]), range(y.shape[3])):
            row, column = i * stride[0] + oh * dilation[0] - padding[0], j * stride[1] + ow * dilation[1] - padding[1]
            if 0 <= row < H and 0 <= column < W:
                filters[k, c, oh, ow] += image[n][c][row][column] * maps[n][k][i][j]
    return filters


def pool_by_maximum(x: Array, window: Window) -> tuple[Array, Array]:
    """Algorithm 2, remembering where: only what is larger replaces, so the first maximum in row-major order stays."""
    output = np.full(x.shape[:2] + pooled(x.shape, window), -np.inf)
    indices = np.full(output.shape, -1)
    for n, c, i, j in np.ndindex(output.shape):
        for _, _, row, column in places(i, j, x.shape[2:], window):
            if output[n, c, i, j] < x[n, c, row, column]:
                output[n, c, i, j] = x[n, c, row, column]
                indices[n, c, i, j] = row * x.shape[3] + column
    return output, indices


def put_back(y: Array, indices: Array, size: tuple[int, ...]) -> Array:
    out = np.zeros((*y.shape[:2], size[0] * size[1]))
    for n, c, i, j in np.ndindex(y.shape):
        out[n, c, indices[n, c, i, j]] += y[n, c, i, j]
    return out.reshape(*y.shape[:2], *size)


def flat_places(chosen: Array, width: int, window: Window) -> Array:
    """Switches as flat positions in a plane of that width."""
    i, j = np.indices(chosen.shape)[2:]
    u, v = np.divmod(chosen.astype(int), window[0][1])
    (sh, sw), (ph, pw) = window[1:]
    return (i * sh + u - ph) * width + j * sw + v - pw


def add_up(x: Array, window: Window) -> Array:
    output = np.zeros(x.shape[:2] + pooled(x.shape, window))
    for n, c, i, j in np.ndindex(output.shape):
        for _, _, row, column in places(i, j, x.shape[2:], window):
            output[n, c, i, j] += x[n, c, row, column]
    return output


def hand_out(y: Array, size: tuple[int, ...], window: Window) -> Array:
    out = np.zeros((*y.shape[:2], *size))
    for n, c, i, j in np.ndindex(y.shape):
        for _, _, row, column in places(i, j, size, window):
            out[n, c, row, column] += y[n, c, i, j]
    return out
