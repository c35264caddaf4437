"""Pooling by windows along one to three axes, dilated too: offset by offset, or by the loops of `pool` where they fit.

A switch says where in its window the maximum stood, counted in row-major order. Sizes of what comes out are given, so
that a window may reach beyond the image; there it sees nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import pool as plane
from .buffers import empty
from .layout import Array, Geometry, Size, Sliding, Window, meetings, row_major
from .parallel import each

PASS = 32  # the few passes over an element take as long as this many multiply-adds


def max_pool(x: Array, size: Size, sliding: Sliding) -> tuple[Array, Array]:
    """x (N, C, ...) -> maxima and switches, both (N, C, *size). The first maximum wins; nan counts as largest."""
    if flat := _in_a_plane(sliding):
        values, chosen = plane.max_pool2d(_images(x), flat, _pair(size))
        return values.reshape(*x.shape[:2], *size), chosen.reshape(*x.shape[:2], *size)
    image = _last(x)
    out = empty((len(x), *size, x.shape[1]), x.dtype)
    switches = empty(out.shape, _dtype(sliding))
    begins = np.zeros(size, np.intp)  # the first place of each window that is inside the image
    for axis, (k, s, p, d) in enumerate(zip(*sliding, strict=True)):
        inside = -(-np.maximum(p - s * np.arange(size[axis]), 0) // d)
        begins = begins * k + inside.reshape([-1 if i == axis else 1 for i in range(len(size))])

    def share(first: int, last: int) -> None:
        out[first:last] = -np.inf
        switches[first:last] = begins[..., None]
        for number, pixels, maps in _places(x.shape[2:], size, sliding):
            seen, best = image[first:last][pixels], out[first:last][maps]
            wins = (seen > best) | (np.isnan(seen) & ~np.isnan(best))
            np.copyto(best, seen, where=wins)
            np.copyto(switches[first:last][maps], switches.dtype.type(number), where=wins)

    each(share, len(x), PASS * out.size)
    return _first(out), _first(switches)


def pool_at(x: Array, switches: Array, sliding: Sliding) -> Array:
    """x (N, C, ...) at the switches (N, C, *maps) -> (N, C, *maps)."""
    if flat := _in_a_plane(sliding):
        return plane.pool(_images(x), _images(switches), flat).reshape(switches.shape)
    image, chosen = _last(x), _last(switches)
    out = empty(chosen.shape, x.dtype)

    def share(first: int, last: int) -> None:
        out[first:last] = 0
        for number, pixels, maps in _places(x.shape[2:], switches.shape[2:], sliding):
            there = chosen[first:last][maps] == number
            np.copyto(out[first:last][maps], image[first:last][pixels], where=there)

    each(share, len(x), PASS * out.size)
    return _first(out)


def unpool_at(y: Array, switches: Array, size: Size, sliding: Sliding) -> Array:
    """y (N, C, *maps) to where the switches point -> (N, C, *size); overlaps add up."""
    if flat := _in_a_plane(sliding):
        return plane.unpool(_images(y), _images(switches), _pair(size), flat).reshape(*y.shape[:2], *size)
    chosen = _last(switches)
    return _put(y, size, sliding, lambda values, part, maps, number: np.where(chosen[part][maps] == number, values, 0))


def sum_pool(x: Array, size: Size, sliding: Sliding) -> Array:
    """The sum over each window. x (N, C, ...) -> (N, C, *size)."""
    if flat := _in_a_plane(sliding):
        return plane.sum_pool2d(_images(x), flat, _pair(size)).reshape(*x.shape[:2], *size)
    image, out = _last(x), empty((len(x), *size, x.shape[1]), x.dtype)

    def share(first: int, last: int) -> None:
        out[first:last] = 0
        for _, pixels, maps in _places(x.shape[2:], size, sliding):
            out[first:last][maps] += image[first:last][pixels]

    each(share, len(x), PASS * out.size)
    return _first(out)


def sum_unpool(y: Array, size: Size, sliding: Sliding) -> Array:
    """Each value to every pixel of its window. y (N, C, *maps) -> (N, C, *size); overlaps add up."""
    if flat := _in_a_plane(sliding):
        return plane.sum_unpool2d(_images(y), _pair(size), flat).reshape(*y.shape[:2], *size)
    return _put(y, size, sliding, lambda values, part, maps, number: values)


def _put(y: Array, size: Size, sliding: Sliding, chosen: Callable[..., Array]) -> Array:
    values, out = _last(y), empty((len(y), *size, y.shape[1]), y.dtype)

    def share(first: int, last: int) -> None:
        part = slice(first, last)
        out[part] = 0
        for number, pixels, maps in _places(size, y.shape[2:], sliding):
            out[part][pixels] += chosen(values[part][maps], part, maps, number)

    each(share, len(y), PASS * out.size)
    return _first(out)


def positions(switches: Array, size: Size, sliding: Sliding) -> Array:
    """Switches (N, C, *maps) as positions in images of `size`, counted in row-major order."""
    inside = np.unravel_index(switches.astype(np.intp), sliding.kernel_size)
    flat = np.zeros(switches.shape, np.int64)
    for axis, (n, m, u) in enumerate(zip(size, switches.shape[2:], inside, strict=True)):
        begins = np.arange(m) * sliding.stride[axis] - sliding.padding[axis]
        line = begins.reshape([-1 if i == axis else 1 for i in range(len(size))])
        flat = flat * n + line + u * sliding.dilation[axis]
    return flat


def adaptive_max(x: Array, bounds: tuple[tuple[tuple[int, int], ...], ...]) -> Array:
    """The positions of the maxima of x (N, C, ...) between the bounds of each axis -> (N, C, *sizes), row-major."""
    shape = (*x.shape[:2], *map(len, bounds))
    best, flat = np.full(shape, -np.inf, x.dtype), np.zeros(shape, np.int64)
    longest = [max(end - start for start, end in axis) for axis in bounds]
    for place in np.ndindex(*longest):  # a window that is shorter sees its last pixels again
        lines = [
            np.array([min(start + u, end - 1) for start, end in axis]) for u, axis in zip(place, bounds, strict=True)
        ]
        where = np.zeros((1,) * len(lines), np.int64)
        for axis, line in enumerate(lines):
            where = where * x.shape[2 + axis] + line.reshape([-1 if i == axis else 1 for i in range(len(lines))])
        index: Any = (..., *np.ix_(*lines))
        seen = x[index]
        wins = (seen > best) | (np.isnan(seen) & ~np.isnan(best)) | (not any(place))
        np.copyto(best, seen, where=wins)
        np.copyto(flat, where, where=wins)
    return flat


# ── how arrays lie ────────────────────────────────────────────────────────────────────────────────────────────────────


def _in_a_plane(sliding: Sliding) -> Window | None:
    """The window of an image, if the loops for those will do."""
    if len(sliding.kernel_size) > 2 or set(sliding.dilation) != {1}:
        return None
    return Window(*(_pair(pair, least) for pair, least in zip(sliding[:3], (1, 1, 0), strict=True)))


def _pair(size: Size, least: int = 1) -> tuple[int, int]:
    return (size[-2] if len(size) > 1 else least, size[-1])


def _images(x: Array) -> Array:
    return x if x.ndim == 4 else x[:, :, None]


def _places(shape: Size, size: Size, sliding: Sliding) -> Any:
    """For each place of a window, in row-major order: its number, the pixels there, the outputs they feed."""
    steps = Geometry(*sliding[1:])
    return ((i, *pair) for i, (_, *pair) in enumerate(meetings(shape, size, sliding.kernel_size, steps)))


def _dtype(sliding: Sliding) -> np.dtype[Any]:
    return np.min_scalar_type(int(np.prod(sliding.kernel_size)) - 1)


def _last(x: Array) -> Array:
    return row_major(np.moveaxis(x, 1, -1))


def _first(x: Array) -> Array:
    return np.moveaxis(x, -1, 1)
