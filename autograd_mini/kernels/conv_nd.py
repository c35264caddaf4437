"""The three faces of convolution for one to three axes of pixels and any number of groups.

    one axis      images of height 1
    two axes      the ways of `conv`, group by group; depthwise, a loop of its own
    three axes    the kernel's depth becomes channels: N·Do images (H, W) of kd·C channels, in slabs

Each face takes the size of what comes out. How far the padding reaches behind the image follows from the sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import depthwise
from .buffers import empty
from .conv import inner_dtypes, painted, way
from .layout import Array, Geometry, Grouped, Size, line_of, row_major
from .parallel import each
from .quiet import without_underflow

COLUMNS = 8  # filters to a group that products in vectors can make use of
SLAB_BYTES = 1 << 26  # of images whose depth has become channels

Slab = tuple[slice, slice]  # images, depths of the output


@without_underflow
def conv(x: Array, w: Array, b: Array | None, size: Size, geometry: Grouped) -> Array:
    """x (N, C, *pixels), w (K, C / groups, *kernel), b (K,) or None -> (N, K, *size), channels-last."""
    dtype, inside = inner_dtypes(x, w) if b is None else inner_dtypes(x, w, b)
    bias = None if b is None else np.ascontiguousarray(b, inside)
    return _first(_correlate(_last(x, inside), w.astype(inside, copy=False), bias, size, *_parted(geometry)), dtype)


@without_underflow
def conv_transpose(y: Array, w: Array, size: Size, geometry: Grouped) -> Array:
    """y (N, K, *maps), w (K, C / groups, *kernel) -> (N, C, *size), channels-last."""
    dtype, inside = inner_dtypes(y, w)
    return _first(_transposed(_last(y, inside), w.astype(inside, copy=False), size, *_parted(geometry)), dtype)


@without_underflow
def conv_filter(x: Array, y: Array, size: Size, geometry: Grouped) -> Array:
    """x (N, C, *pixels), y (N, K, *maps) -> (K, C / groups, *size)."""
    dtype, inside = inner_dtypes(x, y)
    return _filters(_last(x, inside), _last(y, inside), size, *_parted(geometry)).astype(dtype, copy=False)


def _last(x: Array, dtype: Any) -> Array:
    return row_major(x.transpose(0, *range(2, x.ndim), 1), dtype)


def _first(x: Array, dtype: Any) -> Array:
    return x.astype(dtype, copy=False).transpose(0, -1, *range(1, x.ndim - 1))


def _parted(geometry: Grouped) -> tuple[Geometry, int]:
    return Geometry(*geometry[:3]), geometry.groups


# ── the faces, channels-last ──────────────────────────────────────────────────────────────────────────────────────────


def _correlate(
    x: Array, w: Array, b: Array | None, size: Size, geometry: Geometry, groups: int, given: bool = True
) -> Array:
    """x (N, *pixels, C), w (K, C / groups, *kernel), b (K,) or None -> (N, *size, K). given: x are no gradients."""
    if 0 in size:
        return empty((len(x), *size, len(w)), x.dtype)
    if groups > 1 and w.shape[1] == 1:
        return depthwise.correlate(x, w, b, size, geometry)
    if len(size) == 1:
        return _correlate(x[:, None], w[:, :, None], b, (1, *size), _flat(geometry), groups, given)[:, 0]
    if len(size) == 3:
        out, filters, inner = empty((len(x), *size, len(w)), x.dtype), _flat_filters(w), _inner(geometry)
        for n, depths in _slabs(x, size[0], w.shape[2]):
            flat = _flattened(x[n], depths, w.shape[2], geometry, groups)
            slab = _correlate(flat, filters, b, size[1:], inner, groups, given)
            out[n, depths] = slab.reshape(-1, depths.stop - depths.start, *size[1:], len(w))
        return out

    def one(x: Array, w: Array, b: Array | None) -> Array:
        room = way(x.shape[3], len(w), (w.shape[2], w.shape[3]), size[1], geometry, x.dtype, x if given else None)
        found: Array = room.correlate(x, w, b, size, geometry)
        return found

    if groups == 1:
        return one(x, w, b)
    apart = w.reshape(groups, -1, *w.shape[1:])
    many = _together(groups, apart.shape[1])
    if many > 1 and np.isfinite(x).all():  # else 0 · inf would reach other groups
        wide = np.zeros((groups // many, many, apart.shape[1], many, *apart.shape[2:]), w.dtype)
        for i in range(many):
            wide[:, i, :, i] = apart[i::many]
        return _correlate(x, wide.reshape(len(w), -1, *w.shape[2:]), b, size, geometry, groups // many, given)
    images, filters = _split(x, groups), apart
    biases = None if b is None else b.reshape(groups, -1)
    out = empty((len(x), *size, groups, filters.shape[1]), x.dtype)

    def group(g: int) -> None:
        out[..., g, :] = one(images[g], filters[g], None if biases is None else biases[g])

    _by_group(group, groups, out.size * filters[0, 0].size)
    return out.reshape(len(x), *size, len(w))


def _transposed(y: Array, w: Array, size: Size, geometry: Geometry, groups: int) -> Array:
    """y (N, *maps, K), w (K, C / groups, *kernel) -> (N, *size, C)."""
    if 0 in size:
        return empty((len(y), *size, w.shape[1] * groups), y.dtype)
    stride, padding, dilation = geometry
    if set(stride) == {1}:  # a correlation with the filters flipped, inputs and outputs of each group exchanged
        rim = tuple(d * (k - 1) - p for k, p, d in zip(w.shape[2:], padding, dilation, strict=True))
        apart = np.flip(w, tuple(range(2, w.ndim))).reshape(groups, -1, *w.shape[1:]).swapaxes(1, 2)
        flipped = apart.reshape(-1, apart.shape[2], *w.shape[2:])
        if w.shape[1] > 1 or len(w) == groups or groups == 1:  # else a channel has several filters
            return _correlate(y, flipped, None, size, Geometry(stride, rim, dilation), groups, False)
    if groups > 1 and w.shape[1] == 1:
        return depthwise.transposed(y, w, size, geometry, groups)
    if len(size) == 1:
        return _transposed(y[:, None], w[:, :, None], (1, *size), _flat(geometry), groups)[:, 0]
    if len(size) == 3:
        out, filters, inner = empty((len(y), *size, groups, w.shape[1]), y.dtype), _flat_filters(w), _inner(geometry)
        out[...] = 0
        whole = out.reshape(len(y), *size, groups * w.shape[1])
        for n, depths in _slabs(whole, y.shape[1], w.shape[2]):
            maps = y[n, depths].reshape(-1, *y.shape[2:])
            flat = _transposed(maps, filters, size[1:], inner, groups)
            flat = flat.reshape(-1, depths.stop - depths.start, *size[1:], groups, w.shape[2], w.shape[1])
            for u, pixels, where in _depths(size[0], depths, w.shape[2], geometry):
                out[n, pixels] += flat[:, where, ..., u, :]
        return whole
    if groups == 1:
        return painted(y, w, (size[0], size[1]), geometry)
    maps, filters = _split(y, groups), w.reshape(groups, -1, *w.shape[1:])
    out = empty((len(y), *size, groups, w.shape[1]), y.dtype)

    def group(g: int) -> None:
        out[..., g, :] = painted(maps[g], filters[g], (size[0], size[1]), geometry)

    _by_group(group, groups, y.size * filters[0, 0].size)
    return out.reshape(len(y), *size, groups * w.shape[1])


def _filters(x: Array, y: Array, size: Size, geometry: Geometry, groups: int) -> Array:
    """x (N, *pixels, C), y (N, *maps, K) -> (K, C / groups, *size)."""
    each_channels, columns = x.shape[-1] // groups, y.shape[-1]
    if groups > 1 and each_channels == 1:
        return depthwise.filters(x, y, size, geometry)
    if len(size) == 1:
        return _filters(x[:, None], y[:, None], (1, *size), _flat(geometry), groups)[:, :, 0]
    if len(size) == 3:
        total = np.zeros((columns, size[0] * each_channels, *size[1:]), x.dtype)
        for n, depths in _slabs(x, y.shape[1], size[0]):
            flat = _flattened(x[n], depths, size[0], geometry, groups)
            total += _filters(flat, y[n, depths].reshape(-1, *y.shape[2:]), size[1:], _inner(geometry), groups)
        return total.reshape(columns, size[0], each_channels, *size[1:]).swapaxes(1, 2)

    def one(x: Array, y: Array) -> Array:
        room = way(x.shape[3], y.shape[3], (size[0], size[1]), y.shape[2], geometry, x.dtype)
        found: Array = room.filters(x, y, size, geometry)
        return found

    if groups == 1:
        return one(x, y)
    many = _together(groups, columns // groups)
    if many > 1:
        wide = _filters(x, y, size, geometry, groups // many)
        wide = wide.reshape(groups // many, many, columns // groups, many, each_channels, *size)
        return np.stack([wide[:, i, :, i] for i in range(many)], axis=1).reshape(columns, each_channels, *size)
    images, maps = _split(x, groups), _split(y, groups)
    out = np.empty((groups, columns // groups, each_channels, *size), x.dtype)

    def group(g: int) -> None:
        out[g] = one(images[g], maps[g])

    _by_group(group, groups, y.size * each_channels * int(np.prod(size)))
    return out.reshape(columns, each_channels, *size)


def _flat(geometry: Geometry) -> Geometry:
    """Of a line as an image of height 1."""
    return Geometry((1, *geometry.stride), (0, *geometry.padding), (1, *geometry.dilation))


# ── groups ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _split(x: Array, groups: int) -> Array:
    """(N, H, W, C) -> (groups, N, H, W, C / groups), contiguous."""
    return row_major(np.moveaxis(x.reshape(*x.shape[:-1], groups, x.shape[-1] // groups), -2, 0))


def _together(groups: int, columns: int) -> int:
    """How many groups, with so many filters each, are one of `COLUMNS` filters, most of whose weights are 0."""
    return next(n for n in range(max(1, min(COLUMNS // columns, groups)), 0, -1) if groups % n == 0)


def _by_group(work: Callable[[int], None], groups: int, cost: float) -> None:
    def share(first: int, last: int) -> None:
        for g in range(first, last):
            work(g)

    each(share, groups, cost)


# ── depth as channels ─────────────────────────────────────────────────────────────────────────────────────────────────


def _inner(geometry: Geometry) -> Geometry:
    return Geometry(geometry.stride[1:], geometry.padding[1:], geometry.dilation[1:])


def _flat_filters(w: Array) -> Array:
    """(K, Cg, kd, kh, kw) -> (K, kd·Cg, kh, kw)."""
    return w.swapaxes(1, 2).reshape(len(w), -1, *w.shape[3:])


def _slabs(x: Array, outputs: int, kernel: int) -> Iterator[Slab]:
    """Images x (N, D, H, W, C) some at a time, or some depths of the output of one."""
    one = max(1, kernel * x[0, 0].nbytes) if x.size else 1
    together = max(1, SLAB_BYTES // one)
    images, step = max(1, together // outputs), min(outputs, together)
    for n in range(0, len(x), images):
        for i in range(0, outputs, step):
            yield slice(n, min(n + images, len(x))), slice(i, min(i + step, outputs))


def _depths(length: int, depths: slice, kernel: int, geometry: Geometry) -> Iterator[tuple[int, slice, slice]]:
    """For each depth u of the kernel: the depths of the image that it meets, and where in the slab."""
    stride, padding, dilation = geometry.stride[0], geometry.padding[0], geometry.dilation[0]
    for u in range(kernel):
        begin = padding - depths.start * stride
        yield u, *line_of(length, depths.stop - depths.start, u * dilation, stride, begin)


def _flattened(x: Array, depths: slice, kernel: int, geometry: Geometry, groups: int) -> Array:
    """x (N, D, H, W, C) -> (N·depths, H, W, groups·kernel·C / groups): what each output depth sees, zeros outside."""
    outputs, apart = depths.stop - depths.start, (groups, x.shape[4] // groups)
    out = empty((len(x), outputs, *x.shape[2:4], groups, kernel, apart[1]), x.dtype)
    source = x.reshape(*x.shape[:4], *apart)
    for u, pixels, where in _depths(x.shape[1], depths, kernel, geometry):
        out[:, : where.start, ..., u, :] = 0
        out[:, where, ..., u, :] = source[:, pixels]
        out[:, where.stop :, ..., u, :] = 0
    return out.reshape(len(x) * outputs, *x.shape[2:4], kernel * x.shape[4])
