"""The matrix product, shared out over the longer side of the result; each share is one call of BLAS."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .buffers import empty
from .parallel import each, spread
from .quiet import without_underflow

Array = np.ndarray[Any, Any]

ALONE = 1 << 18  # multiply-adds below which BLAS uses one thread by itself
FAST = 4  # multiply-adds that BLAS does while other loops do one: two threads bring nothing below 2²³


@without_underflow
def stacked(a: Array, b: Array) -> Array:
    """np.matmul of any shapes that go together, shared out over the first axis of the result.

    Each product by itself is one thread's, so that its bits do not depend on what other threads are doing.
    """
    rows, columns = (a.shape[-2:-1] if a.ndim > 1 else ()), (b.shape[-1:] if b.ndim > 1 else ())
    alone = math.prod(rows) * math.prod(columns) * a.shape[-1]
    if alone < ALONE or not (a.size and b.size):
        result: Array = np.matmul(a, b)
        return result
    axes, lead = max(a.ndim, b.ndim), np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    out = empty((*lead, *rows, *columns), np.result_type(a, b))

    def part(x: Array, first: int, last: int) -> Array:
        return x[first:last] if x.ndim == axes and len(x) > 1 else x

    def products(first: int, last: int) -> None:
        np.matmul(part(a, first, last), part(b, first, last), out=out[first:last])

    if lead:
        spread(products, lead[0], alone * math.prod(lead) / FAST)
    else:
        spread(lambda *_: np.matmul(a, b, out=out), 1, alone)
    return out


@without_underflow
def product(a: Array, b: Array) -> Array:
    """a (m, n) @ b (n, p) -> (m, p)."""
    (m, n), p = a.shape, b.shape[1]
    if n == 1 == len(b):  # BLAS takes long: 988 ms beside 10 for the gradient of a 12544×4096 weight
        flat = empty((m, p), np.result_type(a, b))
        each(lambda first, last: np.multiply(a[first:last], b, out=flat[first:last]), m, 4 * m * p)
        return flat
    if m * n * p < ALONE:
        result: Array = np.matmul(a, b)
        return result
    if m < p and b.T.flags.c_contiguous:  # a few rows by a large Cᵀ, which BLAS is slow to transpose: (C aᵀ)ᵀ
        return np.ascontiguousarray(product(b.T, a.T).T)
    out = empty((m, p), np.result_type(a, b))

    def rows(first: int, last: int) -> None:
        np.matmul(a[first:last], b, out=out[first:last])

    def columns(first: int, last: int) -> None:
        np.matmul(a, b[:, first:last], out=out[:, first:last])

    spread(rows if m >= p else columns, max(m, p), m * n * p / FAST)
    return out
