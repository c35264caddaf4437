"""Loops over rows in which every element has its own numbers, compiled: each reads memory once."""

from __future__ import annotations

import numpy as np

from .team import shared


@shared
def affine(x, out, c, a, b, low, high, first, last):  # type: ignore[no-untyped-def]
    """out = (x − c)·a + b between low and high; x, out (n, K), c, a, b (K,)."""
    for i in range(first, last):
        for k in range(a.size):
            value = (x[i, k] - c[k]) * a[k] + b[k]
            value = low if value <= low else value
            out[i, k] = high if value >= high else value


@shared
def blend(x, out, c, a, b, y, d, low, high, first, last):  # type: ignore[no-untyped-def]
    """out = (x − c)·a + b + y·d between low and high; x, y, out (n, K), c, a, b, d (K,)."""
    for i in range(first, last):
        for k in range(a.size):
            value = (x[i, k] - c[k]) * a[k] + b[k] + y[i, k] * d[k]
            value = low if value <= low else value
            out[i, k] = high if value >= high else value


@shared
def channel_sums(y, x, c, out, first, last):  # type: ignore[no-untyped-def]
    """out[s, 0] = Σᵢ y[i], out[s, 1] = Σᵢ y[i]·(x[i] − c) of the rows of shares s = first … last − 1, in runs of them.

    y, x (n, K), c (K,), out (shares, 2, K) float64.
    """
    plain, product = np.empty_like(c), np.empty_like(c)
    for share in range(first, last):
        begin, end = len(x) * share // len(out), len(x) * (share + 1) // len(out)
        out[share] = 0
        for start in range(begin, end, 256):
            plain[:] = 0
            product[:] = 0
            for i in range(start, min(start + 256, end)):
                for k in range(c.size):
                    plain[k] += y[i, k]
                    product[k] += y[i, k] * (x[i, k] - c[k])
            for k in range(c.size):
                out[share, 0, k] += plain[k]
                out[share, 1, k] += product[k]


@shared
def moments(x, out, run, first, last):  # type: ignore[no-untyped-def]
    """The mean of each column, and Σ (x − mean)², of the rows of shares first … last − 1; `run` rows at a time.

    x (n, K), out (shares, 2, K) float64.
    """
    near, off, around = np.empty_like(x[0]), np.empty_like(x[0]), np.empty_like(x[0])
    for share in range(first, last):
        begin, end = len(x) * share // len(out), len(x) * (share + 1) // len(out)
        mean, squares = out[share, 0], out[share, 1]
        mean[:] = 0
        squares[:] = 0
        for start in range(begin, end, run):
            stop = min(start + run, end)
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
            part = (stop - start) / (stop - begin)
            for k in range(near.size):
                error = off[k] / (stop - start)
                away = near[k] + error - mean[k]
                mean[k] += away * part
                squares[k] += around[k] - error * off[k] + away * away * ((start - begin) * part)
