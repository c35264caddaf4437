"""Each channel by its own numbers: scaled and shifted, its products summed, its mean and variance, a pass for each.

Images are (N, C, ...), vectors (C,). Channels lie innermost in memory, and several pixels make one long row. Half
precision is computed in single: sums and moments of it are single.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .buffers import empty
from .layout import Array, long_rows, row_major
from .parallel import each, shares_of, spread
from .pieces import PASS
from .quiet import quiet
from .settings import is_compiled
from .sums import sums

SMALL = 1 << 14  # elements; with fewer, NumPy's own broadcasting has the least ceremony
PIECE = 1 << 16  # elements that stay in the cache from one of NumPy's passes to the next
RUN = 1 << 15  # and from one compiled loop to the next
_HALF, _SINGLE = np.dtype(np.float16), np.dtype(np.float32)

Vector = Array | None


def _in_single(kernel: Callable[..., Array]) -> Callable[..., Array]:
    """A kernel that is given single precision for half; what is too small to differ from 0 is 0, without a word."""

    @wraps(kernel)
    def computed(*arrays: Any, **more: Any) -> Array:
        with quiet(under="ignore"):
            for array in arrays:
                if array is not None and getattr(array, "dtype", None) == _HALF:
                    arrays = tuple(a.astype(_SINGLE) if getattr(a, "dtype", None) == _HALF else a for a in arrays)
                    break
            return kernel(*arrays, **more)

    return computed


def affine(
    x: Array, c: Vector, a: Array, b: Vector, y: Vector, k: Vector, limits: tuple[float, float] | None = None
) -> Array:
    """(x − c)·a + b + y·k, what is None left out. x, y (N, C, ...), c, a, b, k (C,) -> (N, C, ...), channels-last.

    limits: between which results are brought, as a ReLU, (0, inf), after it would do it, or a ReLU6.
    """
    out = _affine(x, c, a, b, y, k, limits)
    if x.dtype != _HALF:
        return out
    return out.astype(np.result_type(*(v for v in (x, c, a, b, y, k) if v is not None)), copy=False)


@_in_single
def _affine(x: Array, c: Vector, a: Array, b: Vector, y: Vector, k: Vector, limits: Any) -> Array:
    if _few(x, c, a, b, y, k):
        line = (-1, *[1] * (np.ndim(x) - 2))
        out = (x if c is None else x - c.reshape(line)) * a.reshape(line)
        out = out if b is None else out + b.reshape(line)
        out = out if y is None or k is None else out + y * k.reshape(line)
        return out if limits is None else _limited(out, limits)
    rows = _rows(x)
    out = empty(rows.shape, x.dtype)
    first, last, second = (_tiled(v, rows) for v in (c, b, k))
    factor = _tiled(a, rows)
    others = None if y is None else _rows(y)

    def share(start: int, stop: int) -> None:
        for begin, end in _pieces(start, stop, rows):
            piece = out[begin:end]
            if first is None:
                np.multiply(rows[begin:end], factor, out=piece)
            else:
                np.subtract(rows[begin:end], first, out=piece)
                piece *= factor
            if last is not None:
                piece += last
            if others is not None:
                piece += others[begin:end] * second
            if limits is not None:
                _limited(piece, limits, piece)

    work: Any = share
    if compiled := _compiled():
        numbers = (_or_zeros(first, rows), factor, _or_zeros(last, rows))
        low, high = map(rows.dtype.type, limits or (-np.inf, np.inf))
        if others is None:
            work = compiled.affine(rows, out, *numbers, low, high)
        else:
            work = compiled.blend(rows, out, *numbers, others, second, low, high)
    each(work, len(rows), PASS * rows.size, max(1, PIECE // rows.shape[1]))
    return out.reshape(x.shape[0], *x.shape[2:], x.shape[1]).transpose(0, -1, *range(1, x.ndim - 1))


@_in_single
def channel_sums(y: Array, x: Array, c: Vector) -> Array:
    """Σ y and Σ y·(x − c), a None c being 0, over every axis but the channels'. y, x (N, C, ...), c (C,) -> (2, C)."""
    if _few(y, x, c):
        axes = (0, *range(2, np.ndim(x)))
        centred = x if c is None else x - c.reshape((-1, *[1] * (np.ndim(x) - 2)))
        return np.stack([sums(y, axes), sums(y * centred, axes)])
    left, right = _rows(y), _rows(x)
    centre, cost = _tiled(c, right), 2 * PASS * right.size

    def share(start: int, stop: int) -> Array:
        totals = np.zeros((2, right.shape[1]))
        for begin, end in _pieces(start, stop, right):
            ones = np.ones(end - begin, x.dtype)
            product = left[begin:end] * right[begin:end] if centre is None else right[begin:end] - centre
            if centre is not None:
                product *= left[begin:end]
            totals += ones @ left[begin:end], ones @ product
        return totals

    if compiled := _compiled():
        parts = np.empty((shares_of(len(right), cost), 2, right.shape[1]))
        each(compiled.channel_sums(left, right, _or_zeros(centre, right), parts), len(parts), cost)
    total = np.sum(parts if compiled else spread(share, len(right), cost), axis=0)
    channels: Array = total.reshape(2, -1, x.shape[1]).sum(axis=1).astype(x.dtype)
    return channels


@_in_single
def moments(x: Array) -> Array:
    """The mean of each channel, and its mean squared deviation from that. x (N, C, ...) -> (2, C).

    Each piece is centred on its own mean while it is in the cache, and the pieces' moments are put together: one pass
    over memory that loses no more digits than two, however far the mean is from 0.
    Source: Chan, Golub & LeVeque 1983, "Algorithms for computing the sample variance".
    """
    if _few(x):
        axes = (0, *range(2, np.ndim(x)))
        count = x.size // x.shape[1]
        mean = sums(x, axes, keepdims=True) / count
        centred = x - mean
        error = sums(centred, axes, keepdims=True) / count  # of the mean, all that there is of equal numbers
        mean, centred = mean + error, centred - error
        return np.stack([mean.reshape(-1), sums(centred * centred, axes) / count])
    rows = _rows(x)
    cost = 2 * PASS * rows.size

    def share(start: int, stop: int) -> tuple[Array, Array, Array]:
        mean, squares = np.zeros((2, rows.shape[1]))
        for begin, end in _pieces(start, stop, rows):
            count, weight = end - begin, (end - begin) / (end - start)
            ones = np.ones(count, x.dtype)
            near = ones @ rows[begin:end] / x.dtype.type(count)
            centred = rows[begin:end] - near
            error = ones @ centred / count
            centred *= centred
            away = near + error.astype(np.float64) - mean
            mean += away * weight
            squares += ones @ centred - count * error**2 + away**2 * (weight * (begin - start))
        return np.full_like(mean, stop - start), mean, squares

    if compiled := _compiled():
        found = np.empty((shares_of(len(rows), cost), 2, rows.shape[1]))
        each(compiled.moments(rows, found, max(1, RUN // rows.shape[1])), len(found), cost)
        bounds = len(rows) * np.arange(len(found) + 1) // len(found)
        lengths = np.repeat(np.diff(bounds).astype(float)[:, None], rows.shape[1], 1)
        counts, means, squares = (of.reshape(-1, x.shape[1]) for of in (lengths, found[:, 0], found[:, 1]))
    else:
        parts = spread(share, len(rows), cost)
        counts, means, squares = (np.concatenate(of).reshape(-1, x.shape[1]) for of in zip(*parts, strict=True))
    mean = (counts * means).sum(axis=0) / counts.sum(axis=0)
    variance = (squares + counts * (means - mean) ** 2).sum(axis=0) / counts.sum(axis=0)
    return np.stack([mean, variance]).astype(x.dtype)


def _limited(x: Array, limits: tuple[float, float], out: Array | None = None) -> Array:
    """np.clip, of which an upper limit of inf is none."""
    low, high = limits
    found: Array = np.maximum(x, low, out=out)
    return found if high == np.inf else np.minimum(found, high, out=found)


def _few(*arrays: Vector) -> bool:
    """True if it is not worth while, or the arrays are not of one kind that the loops know."""
    first = arrays[0]
    assert first is not None
    kinds = {np.asarray(array).dtype for array in arrays if array is not None}
    return np.size(first) < SMALL or len(kinds) != 1 or not kinds <= {np.dtype(np.float32), np.dtype(np.float64)}


def _rows(x: Array) -> Array:
    """(N, C, ...) -> (n, C·r), contiguous, r pixels to a row."""
    pixels = x.transpose(0, *range(2, x.ndim), 1)  # moveaxis takes 5 µs
    return long_rows(row_major(pixels).reshape(-1, x.shape[1]))


def _tiled(v: Any, rows: Array) -> Any:
    """A number for each element of a row; of None, None."""
    return None if v is None else np.repeat(v[None], rows.shape[1] // len(v), 0).reshape(-1)


def _or_zeros(v: Vector, rows: Array) -> Array:
    return np.zeros(rows.shape[1], rows.dtype) if v is None else v


def _pieces(start: int, stop: int, rows: Array) -> list[tuple[int, int]]:
    step = max(1, PIECE // rows.shape[1])
    return [(begin, min(begin + step, stop)) for begin in range(start, stop, step)]


def _compiled() -> Any:
    """The compiled loops, if they may run."""
    if not is_compiled():
        return None
    from .compiled import channels

    return channels
