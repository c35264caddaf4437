"""Pooling: choose, gather, put back. Windows are visited offset by offset, all images and channels at once.

A switch says where in its window the maximum stood, as u·kw + v in one byte (more for windows of more than 256).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .conv import Array, Pair
from .parallel import spread

PASS = 32  # the few passes over an element take as long as this many multiply-adds


class Window(NamedTuple):
    """What slides over the maps, and how: all pairs (vertical, horizontal)."""

    kernel_size: Pair
    stride: Pair
    padding: Pair


def pooled_size(size: tuple[int, ...], window: Window) -> Pair:
    """(H, W) -> (Hout, Wout): ⌊(H + 2p − k) / s⌋ + 1 on each side."""
    kernel, stride, padding = window
    height, width = ((n + 2 * p - k) // s + 1 for n, k, s, p in zip(size, kernel, stride, padding, strict=True))
    return height, width


def max_pool2d(x: Array, window: Window) -> tuple[Array, Array]:
    """x (N, C, H, W) -> maxima and switches, both (N, C, Hout, Wout). The first maximum wins; nan counts as largest."""
    (kh, kw), stride, padding = window
    size = pooled_size(x.shape[2:], window)
    out = _empty(x, size, x.dtype)
    switches = _empty(x, size, np.min_scalar_type(kh * kw - 1))
    first = [np.maximum(p - s * np.arange(n), 0) for p, s, n in zip(padding, stride, size, strict=True)]

    def share(a: int, b: int) -> None:
        values, chosen = out[a:b], switches[a:b]
        values[:] = -np.inf
        chosen[:] = first[0][:, None] * kw + first[1]  # the first pixel of each window that is inside the image
        offsets = list(_offsets(x[a:b], size, window))
        for _, source, target in offsets:
            np.maximum(values[target], source, out=values[target])
        has_nan = bool(np.isnan(values).any())
        for offset, source, target in reversed(offsets):  # so that the first maximum is written last
            hit = source == values[target]
            np.copyto(chosen[target], offset, where=hit | np.isnan(source) if has_nan else hit)

    spread(share, len(x), PASS * x.size)
    return out, switches


def pool(x: Array, switches: Array, window: Window) -> Array:
    """Gather: x (N, C, H, W) at the switches -> (N, C, Hout, Wout)."""
    size = (switches.shape[2], switches.shape[3])
    out = _empty(x, size, x.dtype)

    def share(a: int, b: int) -> None:
        out[a:b] = 0
        for offset, source, target in _offsets(x[a:b], size, window):
            np.copyto(out[a:b][target], source, where=switches[a:b][target] == offset)

    spread(share, len(x), PASS * x.size)
    return out


def unpool(y: Array, switches: Array, size: Pair, window: Window) -> Array:
    """Put back: y (N, C, Hout, Wout) to where the switches point -> (N, C, *size); overlaps add up."""
    out = _empty(y, size, y.dtype)
    (kh, kw), (sh, sw), _ = window
    overlapping = sh < kh or sw < kw

    def share(a: int, b: int) -> None:
        out[a:b] = 0
        for offset, target, source in _offsets(out[a:b], (y.shape[2], y.shape[3]), window):
            chosen = switches[a:b][source] == offset
            if overlapping:
                np.add(target, y[a:b][source], out=target, where=chosen)
            else:
                np.copyto(target, y[a:b][source], where=chosen)

    spread(share, len(y), PASS * out.size)
    return out


def sum_pool2d(x: Array, window: Window) -> Array:
    """The sum over each window. x (N, C, H, W) -> (N, C, Hout, Wout)."""
    size = pooled_size(x.shape[2:], window)
    out = _empty(x, size, x.dtype)

    def share(a: int, b: int) -> None:
        out[a:b] = 0
        for _, source, target in _offsets(x[a:b], size, window):
            out[a:b][target] += source

    spread(share, len(x), PASS * x.size)
    return out


def sum_unpool2d(y: Array, size: Pair, window: Window) -> Array:
    """Each value to every pixel of its window. y (N, C, Hout, Wout) -> (N, C, *size); overlaps add up."""
    out = _empty(y, size, y.dtype)

    def share(a: int, b: int) -> None:
        out[a:b] = 0
        for _, target, source in _offsets(out[a:b], (y.shape[2], y.shape[3]), window):
            target += y[a:b][source]

    spread(share, len(y), PASS * out.size)
    return out


def _empty(like: Array, size: Pair, dtype: Any) -> Array:
    """(N, C, *size), channels-last, for N and C of `like`."""
    return np.empty((like.shape[0], *size, like.shape[1]), dtype).transpose(0, 3, 1, 2)


def _offsets(
    image: Array, size: Pair, window: Window
) -> Iterator[tuple[int, Array, tuple[slice, slice, slice, slice]]]:
    """For each offset (u, v) of the window, in row-major order: its number, the pixels there, the outputs they feed."""
    (kh, kw), stride, padding = window
    everything = slice(None)
    for u in range(kh):
        for v in range(kw):
            (rows, i), (columns, j) = (
                _line(n, m, o, s, p)
                for n, m, o, s, p in zip(image.shape[2:], size, (u, v), stride, padding, strict=True)
            )
            yield u * kw + v, image[:, :, rows, columns], (everything, everything, i, j)


def _line(length: int, outputs: int, offset: int, stride: int, padding: int) -> tuple[slice, slice]:
    """On one axis: the pixels at this offset of a window that are inside the image, and which outputs those are."""
    first = max(0, -((offset - padding) // stride))
    last = min(outputs - 1, (length - 1 + padding - offset) // stride)
    if last < first:
        return slice(0, 0), slice(0, 0)
    start = first * stride + offset - padding
    return slice(start, start + (last - first) * stride + 1, stride), slice(first, last + 1)
