"""What the numbers of a line add up to, and the largest of them: in many lanes, which vectors can be used for."""

from __future__ import annotations

import numpy as np

from . import loop, regrouped

RUN = 1024  # numbers that are added up in their own precision, some in each lane
_SIZE, _INF, _LOWEST = np.int32(0x7FFFFFFF), np.int32(0x7F800000), np.int32(-0x80000000)


@regrouped
def _run(x, total):  # type: ignore[no-untyped-def]
    for k in range(x.size):
        total += x[k]
    return total


@loop
def total(x):  # type: ignore[no-untyped-def]
    """Σ x of a line (n,), float64: runs of numbers, and their sums in double precision."""
    if x.size <= RUN:
        return np.float64(_run(x, -x.dtype.type(0)))  # of zeros below zero it is one of them
    whole = -0.0
    for start in range(0, x.size, RUN):
        whole += _run(x[start : start + RUN], -x.dtype.type(0))
    return whole


@regrouped
def squares(x, mean):  # type: ignore[no-untyped-def]
    """Σ (x − mean)² of a line (n,), added up in double precision."""
    square = 0.0
    for k in range(x.size):
        square += (x[k] - mean) * (x[k] - mean)
    return square


@regrouped
def products(g, w, y, mean):  # type: ignore[no-untyped-def]
    """Σ g·w and Σ g·w · (y − mean) of lines (n,), added up in double precision."""
    whole, product = 0.0, 0.0
    for k in range(g.size):
        part = np.float64(g[k]) * w[k]
        whole += part
        product += part * (y[k] - mean)
    return whole, product


@loop
def _ordered(bits):  # type: ignore[no-untyped-def]
    """Bits of single precision as integers in the order of the numbers; and back again."""
    return np.int32(bits ^ np.int32((bits >> 31) & _SIZE))


@loop
def largest(bits):  # type: ignore[no-untyped-def]
    """The bits of the largest number of a line (n,) of single precision, given as bits; of a nan if there is one."""
    top, size = _LOWEST, np.int32(0)
    for k in range(bits.size):
        top = max(top, _ordered(bits[k]))
        size = max(size, np.int32(bits[k] & _SIZE))
    return _ordered(top) if size <= _INF else size
