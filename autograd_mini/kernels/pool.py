"""Pooling: choose, gather, put back. Windows are visited offset by offset, a strip of the output at a time.

A switch says where in its window the maximum stood, as u·kw + v in one byte (more for windows of more than 256).
Inside, arrays are channels-last (N, H, W, C), and the pixels at one offset of all windows are taken out of the image
first, each as one item of C numbers: what follows runs over contiguous memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .buffers import empty
from .layout import Array, Pair, Window, channels_first, channels_last, line_of
from .maps import keep
from .parallel import Compiled, each
from .settings import is_compiled

PASS = 32  # the few passes over an element take as long as this many multiply-adds
LEAST = 1 << 15  # elements of the result that are worth another piece for a thread
STRIP = 1 << 18  # elements of a strip of the output: with fewer, threads wait for the interpreter (77 ms instead of 14)


def pooled_size(size: tuple[int, ...], window: Window) -> Pair:
    """(H, W) -> (Hout, Wout): ⌊(H + 2p − k) / s⌋ + 1 on each side."""
    kernel, stride, padding = window
    height, width = ((n + 2 * p - k) // s + 1 for n, k, s, p in zip(size, kernel, stride, padding, strict=True))
    return height, width


def max_pool2d(x: Array, window: Window, size: Pair | None = None) -> tuple[Array, Array]:
    """x (N, C, H, W) -> maxima and switches, both (N, C, Hout, Wout). The first maximum wins; nan counts as largest.

    size: (Hout, Wout), by default `pooled_size`.
    """
    (kh, kw), stride, padding = window
    image, size = channels_last(x), size or pooled_size(x.shape[2:], window)
    out = empty((len(x), *size, x.shape[1]), x.dtype)
    switches = empty(out.shape, np.min_scalar_type(kh * kw - 1))
    # the first pixel of each window that is inside the image
    down, across = (np.maximum(p - s * np.arange(n), 0) for p, s, n in zip(padding, stride, size, strict=True))

    def share(a: int, b: int) -> None:
        for n, rows in _strips(out, a, b):
            values, chosen = out[n, rows], switches[n, rows]
            values[:] = -np.inf
            chosen[:] = (down[rows, None] * kw + across)[..., None]
            places = list(_places(image[n], rows, size, window))
            for offset, source, target in places:
                pixels, best, which = _taken(source), values[target], chosen[target]
                wins = pixels > best
                np.maximum(best, pixels, out=best)
                # offsets grow: the largest is the last that won
                np.maximum(which, np.multiply(wins, offset, dtype=which.dtype), out=which)
            if np.isnan(values).any():  # which no comparison has seen
                for offset, source, target in reversed(places):
                    np.copyto(chosen[target], offset, where=(source == values[target]) | np.isnan(source))

    if compiled := _compiled(x):
        _by_lines(compiled.max_pool(image, out, switches, *window), out, PASS * x.size)
    else:
        each(share, len(x), PASS * x.size)
    return channels_first(out), channels_first(switches)


def max_values2d(x: Array, window: Window) -> Array:
    """The maxima alone, for who will not go back: a third of the work. x (N, C, H, W) -> (N, C, Hout, Wout)."""
    if _compiled(x):
        return max_pool2d(x, window)[0]
    image, size = channels_last(x), pooled_size(x.shape[2:], window)
    out = empty((len(x), *size, x.shape[1]), x.dtype)

    def share(a: int, b: int) -> None:
        for n, rows in _strips(out, a, b):
            values = out[n, rows]
            values[:] = -np.inf
            for _, source, target in _places(image[n], rows, size, window):
                np.maximum(values[target], _taken(source), out=values[target])

    each(share, len(x), PASS * x.size)
    return channels_first(out)


def pool(x: Array, switches: Array, window: Window) -> Array:
    """Gather: x (N, C, H, W) at the switches -> (N, C, Hout, Wout)."""
    image, chosen, size = channels_last(x), channels_last(switches), (switches.shape[2], switches.shape[3])
    out = empty((len(x), *size, x.shape[1]), x.dtype)

    def share(a: int, b: int) -> None:
        for n, rows in _strips(out, a, b):
            values, switched = out[n, rows], chosen[n, rows]
            values[:] = 0
            for offset, source, target in _places(image[n], rows, size, window):
                np.copyto(values[target], source, where=switched[target] == offset)

    if compiled := _compiled(x):
        each(compiled.pool(image, chosen, out, *window), len(x), PASS * out.size)
    else:
        each(share, len(x), PASS * x.size)
    return channels_first(out)


def unpool(y: Array, switches: Array, size: Pair, window: Window) -> Array:
    """Put back: y (N, C, Hout, Wout) to where the switches point -> (N, C, *size); overlaps add up."""
    values, chosen = channels_last(y), channels_last(switches)
    out = empty((len(y), *size, y.shape[1]), y.dtype)
    (kh, kw), (sh, sw), _ = window
    overlapping = sh < kh or sw < kw

    def share(a: int, b: int) -> None:
        out[a:b] = 0
        for n, rows in _strips(values, a, b):
            kept = np.empty_like(values[n, rows])
            for offset, target, source in _places(out[n], rows, values.shape[1:3], window):
                part = kept[source]
                keep(values[n, rows][source], chosen[n, rows][source] == offset, part)
                if overlapping:
                    target += part
                else:
                    np.copyto(_items(target), _items(part))

    if compiled := _compiled(y):
        each(compiled.unpool(values, chosen, out, *window), len(y), PASS * out.size)
    else:
        each(share, len(y), PASS * out.size)
    return channels_first(out)


def sum_pool2d(x: Array, window: Window, size: Pair | None = None) -> Array:
    """The sum over each window. x (N, C, H, W) -> (N, C, Hout, Wout), by default of `pooled_size`."""
    image, size = channels_last(x), size or pooled_size(x.shape[2:], window)
    out = empty((len(x), *size, x.shape[1]), x.dtype)

    def share(a: int, b: int) -> None:
        out[a:b] = 0
        for n, rows in _strips(out, a, b):
            for _, source, target in _places(image[n], rows, size, window):
                out[n, rows][target] += source

    if compiled := _compiled(x):
        _by_lines(compiled.sum_pool(image, out, *window), out, PASS * x.size)
    else:
        each(share, len(x), PASS * x.size)
    return channels_first(out)


def sum_unpool2d(y: Array, size: Pair, window: Window) -> Array:
    """Each value to every pixel of its window. y (N, C, Hout, Wout) -> (N, C, *size); overlaps add up."""
    values = channels_last(y)
    out = empty((len(y), *size, y.shape[1]), y.dtype)

    def share(a: int, b: int) -> None:
        out[a:b] = 0
        for n, rows in _strips(values, a, b):
            for _, target, source in _places(out[n], rows, values.shape[1:3], window):
                target += values[n, rows][source]

    if compiled := _compiled(y):
        _by_lines(compiled.sum_unpool(values, out, *window), out, PASS * out.size)
    else:
        each(share, len(y), PASS * out.size)
    return channels_first(out)


def _by_lines(work: Compiled, out: Array, cost: float) -> None:
    """work on pieces of all images' rows of the result (N, H, W, C)."""
    lines = len(out) * out.shape[1]
    each(work, lines, cost, max(1, LEAST * lines // max(1, out.size)))


def _compiled(x: Array) -> Any:
    """The compiled loops, if they may run and know the dtype."""
    if not is_compiled() or x.dtype not in (np.float32, np.float64):
        return None
    from .compiled import pool

    return pool


def _strips(y: Array, first: int, last: int) -> Iterator[tuple[slice, slice]]:
    """Of the images first … last - 1 of y (N, H, W, C), some at a time, or some rows of one."""
    line = max(1, y.shape[2] * y.shape[3])
    images, step = max(1, STRIP // max(1, line * y.shape[1])), max(1, STRIP // line)
    for n in range(first, last, images):
        for top in range(0, y.shape[1], step):
            yield slice(n, min(n + images, last)), slice(top, min(top + step, y.shape[1]))


def _places(
    image: Array, rows: slice, size: Pair, window: Window
) -> Iterator[tuple[int, Array, tuple[slice, slice, slice]]]:
    """For each offset (u, v) of the window, in row-major order: its number, the pixels there, the outputs they feed.

    image (N, H, W, C); the outputs are those of a strip of rows.
    """
    (kh, kw), stride, (above, left) = window
    for u in range(kh):
        down, i = line_of(image.shape[1], rows.stop - rows.start, u, stride[0], above - rows.start * stride[0])
        for v in range(kw):
            across, j = line_of(image.shape[2], size[1], v, stride[1], left)
            yield u * kw + v, image[:, down, across], (slice(None), i, j)


def _items(pixels: Array) -> Array:
    """(..., C), contiguous there -> (...), each pixel one item: copies of strided pixels are then twice as fast."""
    return pixels.view(np.dtype((np.void, pixels.shape[-1] * pixels.itemsize)))[..., 0]


def _taken(pixels: Array) -> Array:
    """A contiguous copy of pixels (..., C)."""
    out = np.empty(pixels.shape, pixels.dtype)
    np.copyto(_items(out), _items(pixels))
    return out
