"""The three faces of convolution written plainly, in float64: one product for each place of the filter.

Beside it, what each way of the kernels is made for, how wrong its results may be, and shapes that lie across all that.
"""

import itertools

import numpy as np

from autograd_mini.kernels import toeplitz
from autograd_mini.kernels.layout import Geometry

VECTOR = 32  # bytes; the compiled ways take channels in whole vectors

WINOGRAD = 100
"""How many eps a result of Winograd's algorithm may be off, relative to the largest sum of the sizes of its terms.

Its constants make numbers up to a few dozen times larger on the way; up to 25 eps have been seen in random data.
"""


def convolved(size, kernel, geometry):
    """How large the maps are."""
    return tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in zip(size, kernel, *geometry, strict=True))


def border(kernel, geometry):
    """The geometry that leads back with the filters flipped; its padding may be negative."""
    rim = tuple(d * (k - 1) - p for k, p, d in zip(kernel, geometry.padding, geometry.dilation, strict=True))
    return Geometry((1, 1), rim, geometry.dilation)


def meetings(shape, size, kernel, geometry):
    """For each place of a filter: the rows and columns of maps that meet a pixel there, and the pixels' own."""
    for place in np.ndindex(*kernel):
        line = []
        for n, m, u, s, p, d in zip(shape, size, place, *geometry, strict=True):
            pixels = np.arange(m) * s + u * d - p
            met = (pixels >= 0) & (pixels < n)
            line.append((np.flatnonzero(met), pixels[met]))
        (rows, above), (columns, beside) = line
        every = slice(None)
        yield place, (every, every, rows[:, None], columns), (every, every, above[:, None], beside)


def maps(x, w, b, size, geometry):
    """x (N, C, H, W), w (K, C, kh, kw), b (K,) or None -> (N, K, *size)."""
    x, w = np.asarray(x, float), np.asarray(w, float)
    out = np.zeros((len(x), len(w), *size))
    if b is not None:
        out += np.asarray(b, float).reshape(1, -1, 1, 1)
    for (u, v), there, here in meetings(x.shape[2:], size, w.shape[2:], geometry):
        out[there] += np.tensordot(w[:, :, u, v], x[here], (1, 1)).swapaxes(0, 1)
    return out


def images(y, w, size, geometry):
    """y (N, K, Hy, Wy), w (K, C, kh, kw) -> (N, C, *size)."""
    y, w = np.asarray(y, float), np.asarray(w, float)
    out = np.zeros((len(y), w.shape[1], *size))
    for (u, v), there, here in meetings(size, y.shape[2:], w.shape[2:], geometry):
        out[here] += np.tensordot(w[:, :, u, v], y[there], (0, 1)).swapaxes(0, 1)
    return out


def filters(x, y, kernel, geometry):
    """x (N, C, H, W), y (N, K, Hy, Wy) -> (K, C, *kernel)."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    out = np.zeros((y.shape[1], x.shape[1], *kernel))
    for (u, v), there, here in meetings(x.shape[2:], y.shape[2:], kernel, geometry):
        out[:, :, u, v] = np.tensordot(y[there], x[here], ((0, 2, 3), (0, 2, 3)))
    return out


# ── the ways ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def name_of(way):
    return way.__name__.removeprefix("autograd_mini.kernels.")


def is_approximate(way):
    return name_of(way).endswith("winograd")


def allowance(way, terms, sizes, dtype):
    """How far a result of `terms` products may be from the true one; sizes: the same sum of the sizes of its terms.

    Added up in whatever order, n rounded products are within n·eps/2 of their sum, times the sum of their sizes.
    """
    eps = np.finfo(dtype).eps
    if way is None or is_approximate(way):
        return WINOGRAD * eps * sizes.max(initial=0)
    return (terms + 1) * eps * sizes


def assert_near(got, want, tolerance, message=""):
    assert got.shape == want.shape, message
    error = np.abs(np.asarray(got, float) - want)
    assert np.all(error <= tolerance), f"{message}: off by {error.max()}, allowed is {np.max(tolerance)}"


CHANNELS = (1, 2, 3, 8, 16, 24, 40, 72)
FILTERS = (1, 3, 8, 10, 16, 40, 100)


def shapes(way, dtype, seed=0):
    """(channels, columns, size of the images, kernel, geometry) that this way is made for, across everything.

    Every height from 1 to 14 stands beside every padding from -2 (a border that cuts off) to 4; what is across follows
    by chance, and so does the rest.
    """
    rng = np.random.default_rng(seed)
    choose = lambda options: options[rng.integers(len(options))]
    name, lanes = name_of(way), VECTOR // np.dtype(dtype).itemsize
    for height, above in itertools.product(range(1, 15), range(-2, 5)):
        channels, columns, kernel, stride, dilation = choose(CHANNELS), choose(FILTERS), (3, 3), (1, 1), (1, 1)
        if name == "compiled.winograd":
            channels, columns = (max(n // lanes * lanes, lanes) for n in (channels, columns))
        elif name != "winograd":
            kernel = (choose((1, 2, 3, 3, 3, 4, 5)), choose((1, 2, 3, 3, 3, 4, 5)))
            stride = (choose((1, 1, 2, 3)), choose((1, 1, 2, 3)))
        if name in ("im2col", "compiled.direct"):
            dilation = (choose((1, 1, 2)), choose((1, 1, 2)))
        width, beside = int(rng.integers(1, 15)), int(rng.integers(-2, 5))
        if name == "toeplitz":
            stride, columns = (stride[0], 1), min(columns, 16)
            together = toeplitz.neighbours(columns)
            width = together * int(rng.integers(1, 4)) + kernel[1] - 1 - 2 * beside
        geometry = Geometry(stride, (above, beside), dilation)
        if width >= 1 and min(convolved((height, width), kernel, geometry)) >= 1:
            yield channels, columns, (height, width), kernel, geometry
