"""The matrix product, shared out over the longer side of the result; each share is one call of BLAS."""

from __future__ import annotations

from typing import Any

import numpy as np

from .buffers import empty
from .parallel import spread

Array = np.ndarray[Any, Any]


def product(a: Array, b: Array) -> Array:
    """a (m, n) @ b (n, p) -> (m, p)."""
    (m, n), p = a.shape, b.shape[1]
    if m * n * p < 1 << 18:  # BLAS itself uses one thread below this
        result: Array = np.matmul(a, b)
        return result
    if m < p and b.T.flags.c_contiguous:  # a few rows by a large Cᵀ, which BLAS is slow to transpose: (C aᵀ)ᵀ
        return np.ascontiguousarray(product(b.T, a.T).T)
    out = empty((m, p), np.result_type(a, b))

    def rows(first: int, last: int) -> None:
        np.matmul(a[first:last], b, out=out[first:last])

    def columns(first: int, last: int) -> None:
        np.matmul(a, b[:, first:last], out=out[:, first:last])

    spread(rows if m >= p else columns, max(m, p), m * n * p)
    return out
