"""How images lie in memory, and how filters slide over them: words every kernel uses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .buffers import LARGE, LINE, empty
from .parallel import each

WIDTH = 1024  # elements of a long row
CUT = 32  # elements of a row from which on a copy goes by strips
STRIP = 1 << 11  # elements of a strip that are worth a call of NumPy's
Array = np.ndarray[Any, Any]
Pair = tuple[int, int]
Size = tuple[int, ...]


class Geometry(NamedTuple):
    """How filters slide along each axis of pixels; of images (vertical, horizontal). padding: before the first."""

    stride: Size
    padding: Size
    dilation: Size


class Grouped(NamedTuple):
    """A geometry, and the number of groups of channels that have filters of their own."""

    stride: Size
    padding: Size
    dilation: Size
    groups: int


class Sliding(NamedTuple):
    """What slides over the maps when pooling, and how, along each axis. padding: before the first pixel."""

    kernel_size: Size
    stride: Size
    padding: Size
    dilation: Size


class Window(NamedTuple):
    """What slides over the maps when pooling, and how: all pairs (vertical, horizontal)."""

    kernel_size: Pair
    stride: Pair
    padding: Pair


def channels_last(x: Array, dtype: Any = None) -> Array:
    """(N, C, H, W), any memory -> (N, H, W, C), contiguous. No copy when the memory is channels-last already."""
    return row_major(x.transpose(0, 2, 3, 1), dtype)


def channels_first(x: Array) -> Array:
    """The same array under its logical shape again: (N, H, W, C) -> (N, C, H, W), memory untouched."""
    return x.transpose(0, 3, 1, 2)


def long_rows(pixels: Array) -> Array:
    """(n, C), contiguous -> (n / r, r·C): r pixels to a row, a power of two that divides n, up to WIDTH elements.

    A loop over a few channels is over before it has begun.
    """
    n, channels = pixels.shape
    wished = max(1, WIDTH // max(1, channels))
    together = math.gcd(n, 1 << (wished.bit_length() - 1))
    return pixels.reshape(n // together, together * channels)


def row_major(x: Array, dtype: Any = None) -> Array:
    """x (...) with its last axis innermost in memory, C-contiguous; x itself if it is."""
    if x.nbytes < LARGE or not x.ndim or (x.flags.c_contiguous and dtype in (None, x.dtype)):
        return np.ascontiguousarray(x, dtype)
    out = empty(x.shape, dtype or x.dtype)

    def share(first: int, last: int) -> None:
        assign(out[first:last], x[first:last])

    each(share, len(x), 16 * x.size)
    return out


def assign(out: Array, x: Array) -> None:
    """out[...] = x, of equal shapes, `out` (..., n) with neighbours on its last axis; quick also if x lies otherwise.

    NumPy goes along one row of `out` after another: if rows are long, the lines of memory that x's elements lie in have
    left the cache before the next row needs what is beside them. So rows are cut into strips as wide as such a line.
    """
    last = near = x.ndim - 1
    if x.ndim > 1 and x.size:
        near = min(range(x.ndim), key=lambda axis: (x.shape[axis] < 2, abs(x.strides[axis])))
    if near == last or x.shape[last] < CUT or x.shape[near] < CUT or x.shape[near] * LINE < STRIP * x.itemsize:
        out[...] = x
        return
    out, x = np.moveaxis(out, near, -2), np.moveaxis(x, near, -2)
    step = LINE // x.itemsize
    for place in np.ndindex(*x.shape[:-2]):
        rows, given = out[place], x[place]
        for start in range(0, x.shape[-1], step):
            rows[:, start : start + step] = given[:, start : start + step]


def repeated(x: Array, shape: Size) -> Array:
    """A read-only view of x, repeated to a larger shape; of one number NumPy's own function takes longer."""
    if x.shape or not x.flags.c_contiguous:
        return np.broadcast_to(x, shape)
    view = np.ndarray(shape, x.dtype, x, 0, (0,) * len(shape))
    view.flags.writeable = False
    return view


def line_of(length: int, outputs: int, offset: int, stride: int, padding: int) -> tuple[slice, slice]:
    """On one axis: the pixels at this offset of a window that are inside the image, and which outputs those are."""
    first = max(0, -((offset - padding) // stride))
    last = min(outputs - 1, (length - 1 + padding - offset) // stride)
    if last < first:
        return slice(0, 0), slice(0, 0)
    start = first * stride + offset - padding
    return slice(start, start + (last - first) * stride + 1, stride), slice(first, last + 1)


def meetings(
    pixels: Size, outputs: Size, kernel: Size, geometry: Geometry
) -> Iterator[tuple[Size, tuple[slice, ...], tuple[slice, ...]]]:
    """For each place of the kernel, in row-major order: the pixels that it meets, and the outputs where it does.

    The slices are of channels-last arrays (N, ..., C).
    """
    for place in np.ndindex(*kernel):
        steps = zip(pixels, outputs, place, *geometry, strict=True)
        lines = [line_of(n, m, u * d, s, p) for n, m, u, s, p, d in steps]
        yield place, (slice(None), *(line[0] for line in lines)), (slice(None), *(line[1] for line in lines))
