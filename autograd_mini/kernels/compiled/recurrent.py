"""Steps of long short-term memories, compiled, of single precision: what is done between two products is one call.

Rows are examples. Each inner loop writes one array, so that vectors can be used without knowing that no other is it.
"""

from __future__ import annotations

import numpy as np

from . import loop
from .exponential import ONE, logistic, tanh
from .products import panel_width, products
from .team import shared


@loop
def _product(x, w, c, out, first, last):  # type: ignore[no-untyped-def]
    """out = x w + c for rows first … last − 1; w of `in_panels`, x (N, M), out (N, K), c (K,), K whole vectors."""
    (_, inner), (_, columns) = x.shape, out.shape
    source, target, k = x.reshape(-1), out.reshape(-1), 0
    while k < columns:
        panel = panel_width(columns - k, x.itemsize)
        products(
            target, (first * columns + k, columns), c, (k, 0), source, (first * inner, inner, 0, 1),
            w, (k * inner, 0, panel), (1, inner, last - first), False, panel,
        )  # fmt: skip
        k += panel


@loop
def _gates(row):  # type: ignore[no-untyped-def]
    """i, f, g, o of what they are given, in place; row (4 · H,)."""
    k = row.size // 4
    i, f, g, o = row[:k], row[k : 2 * k], row[2 * k : 3 * k], row[3 * k :]
    for j in range(k):
        i[j] = logistic(i[j])
    for j in range(k):
        f[j] = logistic(f[j])
    for j in range(k):
        g[j] = tanh(g[j])
    for j in range(k):
        o[j] = logistic(o[j])
    return i, f, g, o


@shared
def lstm_step(h, w, b, z, c, a, cells, out, first, last):  # type: ignore[no-untyped-def]
    """a = the gates of h w + b + z, cells = f · c + i · g, out = o · tanh(cells).

    w: of `in_panels`. z, a (N, 4 · H), b (4 · H,), others (N, H).
    """
    _product(h, w, b, a, first, last)
    for n in range(first, last):
        row, given, before, after, state = a[n], z[n], c[n], cells[n], out[n]
        for j in range(row.size):
            row[j] += given[j]
        i, f, g, o = _gates(row)
        for j in range(after.size):
            after[j] = f[j] * before[j] + i[j] * g[j]
        for j in range(after.size):
            state[j] = o[j] * tanh(after[j])


@shared
def lstm_gates(a, z, first, last):  # type: ignore[no-untyped-def]
    """a = the gates of a + z, in place; a, z (n, 4 · H)."""
    for n in range(first, last):
        row, given = a[n], z[n]
        for j in range(row.size):
            row[j] += given[j]
        _gates(row)


@shared
def lstm_back_step(later, w, g, dh, g_cells, dc, gates, before, cells, d, first, last):  # type: ignore[no-untyped-def]
    """d, the gradient of the gates' arguments, and dc, that of the cells before, in place of that of these.

    The gradient of the state is g and what dh becomes, later w, if any is given; that of the cells g_cells + dc.
    later (M, 4 · H), d of the next step, or (0, 4 · H); w of `in_panels`; gates, d (N, 4 · H), others (N, H).
    """
    k = dh.shape[1]
    if len(later):
        _product(later, w, np.zeros_like(dh[0]), dh, first, last)
    size, whole, state = np.empty_like(dh[0]), np.empty_like(dh[0]), np.empty_like(dh[0])
    for n in range(first, last):
        row, to, given, more, own = gates[n], d[n], g[n], dh[n], dc[n]
        i, f, m, o = row[:k], row[k : 2 * k], row[2 * k : 3 * k], row[3 * k :]
        cell, old, other = cells[n], before[n], g_cells[n]
        for j in range(k):
            size[j] = tanh(cell[j])
        for j in range(k):
            state[j] = more[j] + given[j]
        for j in range(k):
            whole[j] = own[j] + other[j] + state[j] * (o[j] * (ONE - size[j] * size[j]))
        to_i, to_f, to_m, to_o = to[:k], to[k : 2 * k], to[2 * k : 3 * k], to[3 * k :]
        for j in range(k):
            to_i[j] = whole[j] * (m[j] * i[j] * (ONE - i[j]))
        for j in range(k):
            to_f[j] = whole[j] * (old[j] * f[j] * (ONE - f[j]))
        for j in range(k):
            to_m[j] = whole[j] * (i[j] * (ONE - m[j] * m[j]))
        for j in range(k):
            to_o[j] = state[j] * (size[j] * o[j] * (ONE - o[j]))
        for j in range(k):
            own[j] = whole[j] * f[j]
