"""What the numbers of a row add up to, and the largest of them: in many lanes, which vectors can be used for."""

from __future__ import annotations

import numpy as np

from . import loop, regrouped
from .exponential import bits_of, number_of
from .team import shared

_SIZE, _INF, _LOWEST = np.int32(0x7FFFFFFF), np.int32(0x7F800000), np.int32(-0x80000000)


@regrouped
def total(x, i):  # type: ignore[no-untyped-def]
    """Σ x[i], added up in double precision."""
    whole, row = 0.0, x[i]
    for k in range(row.size):
        whole += row[k]
    return whole


@regrouped
def squares(x, i, mean):  # type: ignore[no-untyped-def]
    """Σ (x[i] − mean)², added up in double precision."""
    square, row = 0.0, x[i]
    for k in range(row.size):
        square += (row[k] - mean) * (row[k] - mean)
    return square


@regrouped
def products(g, w, j, y, i, mean):  # type: ignore[no-untyped-def]
    """Σ g[i]·w[j] and Σ g[i]·w[j] · (y[i] − mean), added up in double precision."""
    whole, product, left, weight, right = 0.0, 0.0, g[i], w[j], y[i]
    for k in range(left.size):
        part = np.float64(left[k]) * weight[k]
        whole += part
        product += part * (right[k] - mean)
    return whole, product


@regrouped
def alike(g, y, i, start, stop, mean):  # type: ignore[no-untyped-def]
    """Σ g and Σ g · (y − mean) over [i, start:stop], added up in double precision."""
    whole, product, left, right = 0.0, 0.0, g[i, start:stop], y[i, start:stop]
    for k in range(left.size):
        whole += left[k]
        product += left[k] * (right[k] - mean)
    return whole, product


@loop
def _ordered(bits):  # type: ignore[no-untyped-def]
    """Bits of single precision as integers in the order of the numbers; and back again."""
    return np.int32(bits ^ np.int32((bits >> 31) & _SIZE))


@loop
def largest(x, i):  # type: ignore[no-untyped-def]
    """The largest number of x[i], of single precision; nan if there is one. Integers are compared in vectors."""
    top, size, row = _LOWEST, np.int32(0), x[i]
    for k in range(row.size):
        bits = bits_of(row[k])
        top = max(top, _ordered(bits))
        size = max(size, np.int32(bits & _SIZE))
    return number_of(_ordered(top) if size <= _INF else size)


@shared
def row_sums(x, out, first, last):  # type: ignore[no-untyped-def]
    """out = Σ x of each row; x (m, n), out (m,)."""
    for i in range(first, last):
        out[i] = total(x, i)


@shared
def row_maxima(x, out, first, last):  # type: ignore[no-untyped-def]
    """out = the largest number of each row, of single precision; x (m, n), out (m,)."""
    for i in range(first, last):
        out[i] = largest(x, i)
