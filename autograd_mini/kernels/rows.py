"""Rows brought to mean 0 and variance 1, and the softmax of rows: each row, or a few, while it is in the cache."""

from __future__ import annotations

from functools import cache
from math import prod
from typing import Any

import numpy as np

from .buffers import empty
from .layout import Array, row_major
from .parallel import each, shares_of, spread
from .pieces import PASS, shared
from .settings import is_compiled
from .sums import sums

FEW = 1 << 9  # elements: NumPy's calls alone take as long as a loop over as many
PIECE = 1 << 16  # elements that stay in the cache from one of NumPy's passes to the next
PASSES = 24  # multiply-adds that an element takes as long as
_SINGLE = np.dtype(np.float32)
_FLOATING = frozenset({_SINGLE, np.dtype(np.float64)})

Vector = Array | None


# ── mean 0 and variance 1 ─────────────────────────────────────────────────────────────────────────────────────────────


def normed(x: Array, w: Vector, b: Vector, axes: int, eps: float, centred: bool) -> Array:
    """x̂ · w + b, x̂ = (x − mean) / √(mean square + eps) of what is left, over the last `axes` axes. x (...) -> (...).

    Without `centred` the mean is not taken off. w and b have x's last axes, those or more of them, or length 1 on the
    last of all; or are None.
    """
    x, w, b, group, channels = _rows_of(axes, x, w, b)
    out, n = empty(x.shape, x.dtype), prod(x.shape[x.ndim - axes :])
    rows, into = x.reshape(-1, n), out.reshape(-1, n)
    compiled = _compiled(x)
    if compiled is not None:
        w, b = (np.full((group, channels), k, x.dtype) if v is None else v for v, k in ((w, 1), (b, 0)))

    def share(first: int, last: int) -> None:
        for i, j in _pieces(first, last, group * n):
            piece = into[i * group : j * group]
            piece *= _standardise(rows[i * group : j * group], piece, eps, centred)
            piece = piece.reshape(j - i, group, channels, -1)
            if w is not None:
                piece *= w[..., None]
            if b is not None:
                piece += b[..., None]

    if compiled is None:  # a pass over a small piece is over before another thread has got hold of the interpreter
        shared(share, len(rows) // group, PASS * x.size, max(1, PIECE // (group * max(1, n))))
    else:
        each(compiled.normed(rows, w, b, into, eps, centred), len(rows), PASSES * x.size)
    return out


def normed_back(
    g: Array, x: Array, w: Vector, b: Vector, axes: int, eps: float, centred: bool
) -> tuple[Array, Array, Array]:
    """The gradients of x, w and b from that of `normed`; those of w and b have the shape of either."""
    shape = next((v.shape for v in (w, b) if v is not None), (1,))
    x, w, b, group, channels = _rows_of(axes, x, w, b)
    out, n = empty(x.shape, x.dtype), prod(x.shape[x.ndim - axes :])
    given, rows, into = row_major(g.astype(x.dtype, copy=False)).reshape(-1, n), x.reshape(-1, n), out.reshape(-1, n)
    compiled = _compiled(x)
    if compiled is not None and w is None:
        w = np.ones((group, channels), x.dtype)

    def share(first: int, last: int) -> Array:
        totals = np.zeros((2, group, channels))
        for i, j in _pieces(first, last, group * n):
            piece, hat = into[i * group : j * group], np.empty((group * (j - i), n), x.dtype)
            scale = _standardise(rows[i * group : j * group], hat, eps, centred)
            hat *= scale
            back = given[i * group : j * group].reshape(j - i, group, channels, -1)
            totals += sums(back * hat.reshape(back.shape), (0, 3)), sums(back, (0, 3))
            back = (back if w is None else back * w[..., None]).reshape(hat.shape)
            hat *= sums(back * hat, (1,), keepdims=True) / n
            np.subtract(back, hat, out=piece)
            if centred:
                piece -= sums(back, (1,), keepdims=True) / n
            piece *= scale
        return totals

    count, cost = len(rows) // group, 2 * PASSES * x.size
    if compiled is None:
        parts: Any = spread(share, count, cost)
    else:
        parts = np.empty((shares_of(count, cost), 2, group, channels))
        each(compiled.normed_back(given, rows, w, into, parts, eps, centred), len(parts), cost)
    scaled, plain = np.sum(parts, axis=0).astype(x.dtype)
    return out, scaled.reshape(shape), plain.reshape(shape)


def _standardise(x: Array, out: Array, eps: float, centred: bool) -> Array:
    """out = x − mean, rows (m, n); and 1 / √(mean square + eps) of that, (m, 1)."""
    n = x.shape[1]
    if centred:
        np.subtract(x, sums(x, (1,), keepdims=True) / n, out=out)
        out -= sums(out, (1,), keepdims=True) / n  # which the mean lost to rounding: all there is of equal ones
    else:
        np.copyto(out, x)
    scale: Array = 1 / np.sqrt(sums(out * out, (1,), keepdims=True) / n + eps)
    return scale


def _rows_of(axes: int, x: Array, w: Vector, b: Vector) -> Any:
    """All in one dtype and contiguous, w and b as (G, C); G, of how many rows each has its own, and C."""
    dtype = np.result_type(x, *(v for v in (w, b) if v is not None))
    size = next((v.shape for v in (w, b) if v is not None), (1,))
    wide = x.shape[-1] if size[-1] == 1 else 1  # neighbours that have one number
    channels = prod(x.shape[x.ndim - axes :]) // wide if len(size) > 1 or size[0] > 1 else 1
    group = prod(size) // channels
    vectors = (None if v is None else np.ascontiguousarray(v, dtype).reshape(group, channels) for v in (w, b))
    return row_major(x.astype(dtype, copy=False)), *vectors, group, channels


def _pieces(first: int, last: int, size: int) -> list[tuple[int, int]]:
    step = max(1, PIECE // max(1, size))
    return [(i, min(i + step, last)) for i in range(first, last, step)]


# ── softmax ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def by_row(name: str, axis: int, *arrays: Any, numbers: tuple[Any, ...] = ()) -> Array | None:
    """The compiled loop of that name for every row, along the last axis. arrays (..., n) -> (..., n).

    None if no loop is there for these arrays.
    """
    x = arrays[0]
    if axis != x.ndim - 1 or (compiled := _compiled(*arrays)) is None or x.dtype != _SINGLE or not x.shape[axis]:
        return None
    for a in arrays:
        if a.shape != x.shape or not a.flags.c_contiguous:
            return None
    out, n = empty(x.shape, x.dtype), x.shape[axis]
    rows = [a.reshape(-1, n) for a in (*arrays, out)]
    each(getattr(compiled, name)(*rows, *numbers), len(rows[0]), PASSES * x.size)
    return out


def of_labels(name: str, x: Array, labels: Array, numbers: tuple[Any, ...] = ()) -> Array | None:
    """As `by_row`, with a label for each row. x (N, n), labels (N,) -> (N, n), or (N,) for "cross_entropies"."""
    if type(labels) is not np.ndarray or labels.shape != x.shape[:1] or labels.dtype.kind not in "iu":
        return None
    compiled = _compiled(x)
    if compiled is None or x.dtype != _SINGLE or not x.flags.c_contiguous or not are_classes(labels, x.shape[1]):
        return None
    out = empty(x.shape if numbers else x.shape[:1], x.dtype)
    labels = np.ascontiguousarray(labels, np.int64)
    each(getattr(compiled, name)(x, labels, out, *numbers), len(x), PASSES * x.size)
    return out


def are_classes(labels: Array, n: int) -> bool:
    """Whether all of these integers, of which there is one at least, are from 0 to n − 1."""
    unsigned = labels.view(f"{labels.dtype.byteorder}u{labels.itemsize}")  # in which what is negative is large
    return labels.size > 0 and bool(np.maximum.reduce(unsigned, axis=None) < n)


def _compiled(*arrays: Any) -> Any:
    """The compiled loops, if they are quicker and there are some for arrays of these kinds."""
    first = arrays[0]
    if first.size < FEW or not is_compiled() or first.dtype not in _FLOATING:
        return None
    for a in arrays:
        if type(a) is not np.ndarray or a.dtype != first.dtype:
            return None
    return _loops()


@cache
def _loops() -> Any:
    from .compiled import rows

    return rows
