"""Loops over rows, compiled. They add up in double precision, in lanes, so that vectors can be used."""

from __future__ import annotations

import numpy as np

from . import loop

LANES = 64


@loop
def _sums(g, y, mean, lanes):  # type: ignore[no-untyped-def]
    """Σ g and Σ (g − mean) · (y − mean) of two rows (n,). lanes (2, LANES) is room to work in."""
    lanes[:] = 0
    whole = g.size - g.size % LANES
    for start in range(0, whole, LANES):
        for k in range(LANES):
            lanes[0, k] += g[start + k]
            lanes[1, k] += (g[start + k] - mean) * (y[start + k] - mean)
    total, product = lanes[0].sum(), lanes[1].sum()
    for k in range(whole, g.size):
        total += g[k]
        product += (g[k] - mean) * (y[k] - mean)
    return total, product


@loop
def standardise(x, out, scale, eps, centred):  # type: ignore[no-untyped-def]
    """out = (x − mean) · scale, scale = 1 / √(mean square + eps) of what is left; x and out (m, n), scale (m, 1)."""
    n, lanes, mean = x.shape[1], np.empty((2, LANES)), 0.0
    for i in range(len(x)):
        if centred:
            mean = _sums(x[i], x[i], 0.0, lanes)[0] / n
        root = 1 / np.sqrt(_sums(x[i], x[i], mean, lanes)[1] / n + eps)
        scale[i, 0] = root
        for k in range(n):
            out[i, k] = (x[i, k] - mean) * root


@loop
def standardised(g, y, out, scale, g_scale, centred):  # type: ignore[no-untyped-def]
    """out = scale · (g − Σg/n − y · Σ(g·y)/n) − g_scale · scale² · y / n; g, y, out (m, n), the others (m, 1)."""
    n, lanes = g.shape[1], np.empty((2, LANES))
    for i in range(len(g)):
        total, product = _sums(g[i], y[i], 0.0, lanes)
        root = np.float64(scale[i, 0])
        mean = total / n if centred else 0.0
        along = (root * product + g_scale[i, 0] * root * root) / n
        for k in range(n):
            out[i, k] = root * (g[i, k] - mean) - y[i, k] * along
