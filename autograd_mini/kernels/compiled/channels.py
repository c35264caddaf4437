"""Loops over rows in which every element has its own numbers, compiled: each reads memory once."""

from __future__ import annotations

import numpy as np

from . import loop


@loop
def affine(x, out, c, a, b, then_relu):  # type: ignore[no-untyped-def]
    """out = (x − c)·a + b, and 0 for what is negative if `then_relu`; x, out (n, K), c, a, b (K,)."""
    low = x.dtype.type(0 if then_relu else -np.inf)
    for i in range(len(x)):
        for k in range(a.size):
            value = (x[i, k] - c[k]) * a[k] + b[k]
            out[i, k] = low if value <= low else value


@loop
def blend(x, out, c, a, b, y, d, then_relu):  # type: ignore[no-untyped-def]
    """out = (x − c)·a + b + y·d, and 0 for what is negative if `then_relu`; x, y, out (n, K), c, a, b, d (K,)."""
    low = x.dtype.type(0 if then_relu else -np.inf)
    for i in range(len(x)):
        for k in range(a.size):
            value = (x[i, k] - c[k]) * a[k] + b[k] + y[i, k] * d[k]
            out[i, k] = low if value <= low else value


@loop
def channel_sums(y, x, c, out):  # type: ignore[no-untyped-def]
    """out[0] += Σᵢ y[i], out[1] += Σᵢ y[i]·(x[i] − c); y, x (n, K), c (K,), out (2, K) float64. In runs of rows."""
    plain, product = np.empty_like(c), np.empty_like(c)
    for start in range(0, len(x), 256):
        plain[:] = 0
        product[:] = 0
        for i in range(start, min(start + 256, len(x))):
            for k in range(c.size):
                plain[k] += y[i, k]
                product[k] += y[i, k] * (x[i, k] - c[k])
        for k in range(c.size):
            out[0, k] += plain[k]
            out[1, k] += product[k]


@loop
def moments(x, mean, squares, run):  # type: ignore[no-untyped-def]
    """The mean of each column, and Σ (x − mean)², of x (n, K) into zeros (K,) of float64; `run` rows at a time."""
    near, off, around = np.empty_like(x[0]), np.empty_like(x[0]), np.empty_like(x[0])
    for start in range(0, len(x), run):
        stop = min(start + run, len(x))
        near[:] = 0
        off[:] = 0
        around[:] = 0
        for i in range(start, stop):
            for k in range(near.size):
                near[k] += x[i, k]
        for k in range(near.size):
            near[k] /= stop - start
        for i in range(start, stop):
            for k in range(near.size):
                away = x[i, k] - near[k]
                off[k] += away
                around[k] += away * away
        part = (stop - start) / stop
        for k in range(near.size):
            error = off[k] / (stop - start)
            away = near[k] + error - mean[k]
            mean[k] += away * part
            squares[k] += around[k] - error * off[k] + away * away * (start * part)
