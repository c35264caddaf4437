"""The matrix product, shared out over the longer side of the result; each share is one call of BLAS."""

from __future__ import annotations

from typing import Any

import numpy as np

from .buffers import empty
from .maps import PASS
from .parallel import spread
from .quiet import without_underflow

Array = np.ndarray[Any, Any]

ALONE = 1 << 18  # multiply-adds below which BLAS uses one thread by itself
AT_ONCE = 4  # multiply-adds that BLAS does in the time of one of other work


@without_underflow
def stacked(a: Array, b: Array) -> Array:
    """np.matmul of any shapes that go together, shared out over the first axis of the result.

    Each product by itself is one thread's, so that its bits do not depend on what other threads are doing.
    """
    each = (a.shape[-2] if a.ndim > 1 else 1) * (b.shape[-1] if b.ndim > 1 else 1) * a.shape[-1]
    axes = max(a.ndim, b.ndim)
    if each < ALONE or not (a.size and b.size):
        result: Array = np.matmul(a, b)
        return result
    count = 1 if axes < 3 else max(x.shape[0] for x in (a, b) if x.ndim == axes)

    if count == 1:
        (result,) = spread(lambda *_: np.matmul(a, b), 1, each / AT_ONCE)
        return result
    lead, ends = np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), (*a.shape[-2:-1], *b.shape[1:][-1:])
    out = empty((*lead, *ends), np.result_type(a, b))

    def part(x: Array, first: int, last: int) -> Array:
        return x[first:last] if x.ndim == axes and len(x) == count else x

    def products(first: int, last: int) -> None:
        np.matmul(part(a, first, last), part(b, first, last), out=out[first:last])

    spread(products, count, each * count / AT_ONCE)
    return out


@without_underflow
def product(a: Array, b: Array) -> Array:
    """a (m, n) @ b (n, p) -> (m, p)."""
    (m, n), p = a.shape, b.shape[1]
    multiply: Any = (
        np.multiply if n == len(b) == 1 else np.matmul
    )  # of a column by a row BLAS takes several times as long
    if m * n * p < ALONE:
        result: Array = multiply(a, b)
        return result
    if n > 1 and m < p and b.T.flags.c_contiguous:  # a few rows by a large Cᵀ, which BLAS is slow to transpose: (C aᵀ)ᵀ
        return np.ascontiguousarray(product(b.T, a.T).T)
    out = empty((m, p), np.result_type(a, b))

    def rows(first: int, last: int) -> None:
        multiply(a[first:last], b, out=out[first:last])

    def columns(first: int, last: int) -> None:
        multiply(a, b[:, first:last], out=out[:, first:last])

    spread(rows if m >= p else columns, max(m, p), m * p * (n / AT_ONCE if n > 1 else PASS))
    return out
