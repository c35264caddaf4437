"""Sums over axes that lose few digits: half precision is added up in single, and long sums in runs.

NumPy adds up neighbours in memory pairwise, but rows one after another: of a million rows float32 loses a hundredth.
Here a run of numbers is added one after another, and then the sums of runs, in runs again.
Source: Higham 1993, "The accuracy of floating point summation".
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .quiet import quiet

Array = np.ndarray[Any, Any]

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
        x = _shortened(x, axis)
    reduced: Any = np.add.reduce  # whose types know no flag that may be either
    return reduced(x, axis=axis, keepdims=keepdims)


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
