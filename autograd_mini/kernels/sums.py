"""Sums over axes that lose few digits: half precision is added up in single, and long sums in runs.

NumPy adds up neighbours in memory pairwise, but rows one after another: of a million rows float32 loses a hundredth.
Here a run of numbers is added one after another, and then the sums of runs, in runs again; compiled loops add up the
sums of runs in double precision.
Source: Higham 1993, "The accuracy of floating point summation".
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from .layout import Array
from .parallel import Compiled, each, shares_of
from .pieces import FEW, PASS, loop_called
from .quiet import quiet
from .settings import is_compiled

PIECE = 1 << 16  # elements that are worth another thread
SHORT = 512  # additions one after another that are left to NumPy
RUN = 64  # and how many follow one another where there are more: the sum of a million equal numbers is off by 1e-6
WIDE = 512  # elements of a row from which on NumPy is quick to add up a few of them
_HALF, _SINGLE = np.dtype(np.float16), np.dtype(np.float32)


def sums(x: Any, axis: tuple[int, ...], keepdims: bool = False) -> Any:
    """The sum over the axes, in x's own dtype. x (...) -> (...) without those axes, or with length 1 there."""
    x = np.asarray(x)
    dtype = x.dtype
    if dtype is _HALF or dtype == _HALF:
        total = np.sum(_shortened(x, axis), axis=axis, keepdims=keepdims, dtype=_SINGLE)
        with quiet(under="ignore"):
            return total.astype(_HALF)
    if x.size > SHORT and dtype == _SINGLE:
        if (found := by_loop("row_sums", "column_sums", x, axis, keepdims)) is not None:
            return found
        x = _shortened(x, axis)
    reduced: Any = np.add.reduce  # whose types know no flag that may be either
    return reduced(x, axis=axis, keepdims=keepdims)


def largest(x: Any, axis: tuple[int, ...] | None, keepdims: bool = False) -> Any:
    """The largest element over the axes, nan where there is one. x (...) -> (...)."""
    some = axis or ()
    if len(some) < np.ndim(x) and (found := by_loop("row_maxima", "", x, some, keepdims)) is not None:
        return found  # over all of them NumPy is quick
    reduced: Any = np.maximum.reduce
    return reduced(x, axis=axis, keepdims=keepdims)


def by_loop(by_rows: str, by_columns: str, x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    """What compiled loops of these names give over the last axes, or the first ones; None if there is none for them."""
    if not isinstance(x, np.ndarray) or x.size < FEW or x.dtype != _SINGLE or not axis or not x.flags.c_contiguous:
        return None
    over, ndim, n = sorted([a % x.ndim for a in axis]), x.ndim, 1
    for a in over:
        n *= x.shape[a]
    last = over[0] == ndim - len(over)
    if not (last or (by_columns and over[-1] == len(over) - 1)) or not is_compiled():
        return None
    if last and len(over) == ndim:
        out = _in_one(by_rows, x.reshape(-1))
        return out.reshape((1,) * ndim) if keepdims else out[0]
    out = _of_rows(by_rows, x.reshape(-1, n)) if last else _of_columns(by_columns, x.reshape(n, -1))
    rest, ones = (x.shape[: over[0]] if last else x.shape[len(over) :]), (1,) * len(over) if keepdims else ()
    return out.reshape((*rest, *ones) if last else (*ones, *rest))


def _of_rows(name: str, rows: Array) -> Array:
    out, loop = np.empty(len(rows), rows.dtype), loop_called(f"lines.{name}")
    each(loop(rows, out), len(rows), PASS * rows.size, max(1, PIECE // rows.shape[1]))
    return out


def _in_one(name: str, line: Array) -> Array:
    """Of a whole line, in pieces whose number depends on nothing but its length."""
    if line.size < 2 * PIECE:
        return _of_rows(name, line[None])
    whole = line.size - line.size % PIECE
    parts = [_of_rows(name, line[:whole].reshape(-1, PIECE)), line[whole:]]
    return _of_rows(name, np.concatenate(parts)[None])


def _of_columns(name: str, rows: Array) -> Array:
    loop = loop_called(f"maps.{name}")

    total: Array = summed(loop, rows).astype(rows.dtype)
    return total


def summed(loop: Callable[..., Compiled], rows: Array) -> Array:
    """The sum of rows (n, K) in double precision, (K,), by the compiled loop for it."""
    parts = np.empty((shares_of(len(rows), PASS * rows.size), rows.shape[1]))
    each(loop(rows, parts), len(parts), PASS * rows.size)
    total: Array = parts[0] if len(parts) == 1 else np.add.reduce(parts)
    return total


def _shortened(x: Array, axis: tuple[int, ...]) -> Array:
    """x (...) with sums of runs in the place of what NumPy would add one after another: the same total, shorter."""
    if _longest(x, axis, SHORT) is not None:
        while (along := _longest(x, axis, RUN)) is not None:
            x = _in_runs(x, along)
    return x


def _longest(x: Array, axis: tuple[int, ...], most: int) -> int | None:
    """The longest axis that NumPy goes along one after another; None if it does no more than `most` such additions."""
    over = [a % x.ndim for a in axis]
    if prod(x.shape[a] for a in over) <= most or (len(over) == x.ndim and x.flags.forc):
        return None
    reach = 0  # from one element of those added up pairwise to the next
    for a in sorted((a for a in range(x.ndim) if x.shape[a] > 1), key=lambda a: abs(x.strides[a])):
        if a not in over or not x.strides[a] or abs(x.strides[a]) != (reach or abs(x.strides[a])):
            break  # of what is repeated without lying in memory NumPy takes the axes in another order
        over.remove(a)
        reach = abs(x.strides[a]) * x.shape[a]
    if prod(x.shape[a] for a in over) <= most:
        return None
    return max(over, key=lambda a: x.shape[a])


def _in_runs(x: Array, a: int) -> Array:
    """Sums of RUN elements along axis a, and one of what is left. x (..., n, ...) -> (..., ⌈n / RUN⌉, ...)."""
    length = min(RUN, x.shape[a])
    count = x.shape[a] // length
    before, wide = (slice(None),) * a, x.size >= WIDE * x.shape[a]
    # neighbours where rows are wide; else elements that lie `count` apart, so that NumPy adds up rows of that many
    split = (count, length) if wide else (length, count)
    head = x[(*before, slice(0, length * count))].reshape(*x.shape[:a], *split, *x.shape[a + 1 :])
    total: Array = np.asarray(np.sum(head, axis=a + wide, dtype=_SINGLE))
    if length * count == x.shape[a]:
        return total
    rest = np.sum(x[(*before, slice(length * count, None))], axis=a, keepdims=True, dtype=_SINGLE)
    return np.concatenate([total, rest], axis=a)
