"""Each axis of an image mapped by a sparse matrix: interpolation, means of unequal windows, and their adjoints.

An axis is described by an `Axis`; its matrix is a few columns and weights for each output, added up in gathers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from .buffers import empty
from .layout import Array, row_major
from .parallel import each

PASS = 16
BLOCK = 1 << 20  # bytes of images that are mapped together, so that what is between two axes stays in cache
CUBIC = {False: -0.75, True: -0.5}
"""Keys's parameter, as PyTorch has it, without and with anti-aliasing."""


class Axis(NamedTuple):
    """How an axis of `length` pixels becomes one of `size`.

    mode: nearest, nearest-exact, linear, cubic or area. step: pixels of the input to one of the output. align: whether
    the centres of the first and last pixels stay. antialias: whether the filter gets wider where pixels get fewer.
    adjoint: whether the matrix is transposed, from `size` to `length`.
    """

    mode: str
    length: int
    size: int
    step: float
    align: bool = False
    antialias: bool = False
    adjoint: bool = False


def resample(x: Array, axes: tuple[Axis, ...]) -> Array:
    """x (N, C, ...), a description for each axis of pixels -> (N, C, ...), channels-last."""
    image = row_major(np.moveaxis(x, 1, -1))
    sizes = [axis.length if axis.adjoint else axis.size for axis in axes]
    out = empty((len(x), *sizes, x.shape[1]), x.dtype)
    order = sorted(range(len(axes)), key=lambda i: sizes[i] / x.shape[2 + i])  # the one that shrinks most first
    step = max(1, BLOCK // max(1, out[:1].nbytes, image[:1].nbytes))

    def share(first: int, last: int) -> None:
        for n in range(first, last, step):
            part = image[n : min(n + step, last)]
            for i in order:
                if axes[i].mode != "nearest" or axes[i].length != axes[i].size:
                    part = _along(part, 1 + i, *_matrix(axes[i]))
            out[n : n + len(part)] = part

    each(share, len(x), PASS * max(x.size, out.size))
    return np.moveaxis(out, -1, 1)


def _along(x: Array, axis: int, counts: Array, columns: Array, weights: Array) -> Array:
    """The sums over the columns of each row, for all rows a column at a time, or a row at a time if that is shorter."""
    (rows, most), line = columns.shape, (-1, *[1] * (x.ndim - 1 - axis))
    weights = weights.astype(x.dtype)
    if most == 1 and counts.all() and (weights == 1).all():
        return x.take(columns[:, 0], axis)
    before: tuple[Any, ...] = (slice(None),) * axis
    if rows < most:
        out = np.zeros((*x.shape[:axis], rows, *x.shape[axis + 1 :]), x.dtype)
        for i, n in enumerate(counts):
            part = x.take(columns[i, :n], axis)
            part *= weights[i, :n].reshape(line)
            part.sum(axis=axis, out=out[(*before, i)])
        return out
    whole = counts > 0
    out = x.take(columns[:, 0], axis)
    out *= np.where(whole, weights[:, 0], 1).reshape(line)
    if not whole.all():
        out[(*before, ~whole)] = 0
    for t in range(1, most):
        there = np.flatnonzero(counts > t)
        part = x.take(columns[there, t], axis)
        part *= weights[there, t].reshape(line)
        place: Any = there if len(there) < rows else slice(None)
        out[(*before, place)] += part
    return out


@lru_cache(maxsize=256)
def _matrix(axis: Axis) -> tuple[Array, Array, Array]:
    """For each output how many inputs it sees (m,), which (m, most) and by what weights (m, most)."""
    rows, columns, weights = _entries(axis)
    if axis.adjoint:
        rows, columns = columns, rows
    order = np.lexsort((columns, rows))
    rows, columns, weights = rows[order], columns[order], weights[order]
    starts = np.flatnonzero(np.r_[True, (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])])
    rows, columns, weights = rows[starts], columns[starts], np.add.reduceat(weights, starts)
    counts = np.bincount(rows, minlength=axis.length if axis.adjoint else axis.size)
    places = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    shape = (len(counts), counts.max())
    table, factors = np.zeros(shape, np.intp), np.zeros(shape)
    table[rows, places], factors[rows, places] = columns, weights
    return counts, table, factors


def bounds(length: int, size: int) -> tuple[tuple[int, int], ...]:
    """The windows of adaptive pooling: from ⌊i·n / m⌋ to ⌈(i + 1)·n / m⌉."""
    return tuple((i * length // size, -(-(i + 1) * length // size)) for i in range(size))


def _entries(axis: Axis) -> tuple[Array, Array, Array]:
    """The matrix from `length` to `size`: rows, columns, weights; entries of one place add up."""
    mode, n, m, step, align, antialias, _ = axis
    out = np.arange(m)
    if mode == "area":
        counts = np.array([end - start for start, end in bounds(n, m)])
        columns = [np.arange(start, end) for start, end in bounds(n, m)]
        return out.repeat(counts), np.concatenate(columns), (1 / counts).repeat(counts)
    if mode.startswith("nearest"):
        # i · n / m may be a whole number, and its rounded value just below
        columns = np.floor((out + 0.5 if mode == "nearest-exact" else out) * step + 1e-9 * (mode == "nearest"))
        return out, np.minimum(columns, n - 1).astype(np.intp), np.ones(m)
    if antialias:
        wide, reach = max(step, 1.0), (1 if mode == "linear" else 2) * max(step, 1.0)
        centres = step * (out + 0.5)
        first, end = (
            np.maximum((centres - reach + 0.5).astype(int), 0),
            np.minimum((centres + reach + 0.5).astype(int), n),
        )
        columns = first[:, None] + np.arange((end - first).max())
        weights = _filter(mode, np.abs(columns - centres[:, None] + 0.5) / wide, True) * (columns < end[:, None])
        weights /= weights.sum(axis=1, keepdims=True)
    else:
        places = out * step if align else (out + 0.5) * step - 0.5
        if mode == "linear":
            places = np.clip(places, 0, n - 1)
        first = np.floor(places).astype(np.intp)
        columns = first[:, None] + np.arange(*((0, 2) if mode == "linear" else (-1, 3)))
        weights = _filter(mode, np.abs(columns - places[:, None]), False)
    here = weights != 0
    return np.broadcast_to(out[:, None], here.shape)[here], np.clip(columns, 0, n - 1)[here], weights[here]


def _filter(mode: str, distance: Any, antialias: bool) -> Any:
    """The weight at a distance in pixels: a triangle, or Keys's cubic."""
    if mode == "linear":
        return np.maximum(1 - distance, 0)
    a, t = CUBIC[antialias], distance
    near, far = ((a + 2) * t - (a + 3)) * t * t + 1, ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
    return np.where(t <= 1, near, np.where(t < 2, far, 0))
