"""Loops over rows, compiled. Mean and variance are of double precision."""

from __future__ import annotations

import numpy as np

from . import loop
from .exponential import exp
from .lines import alike, largest, products, squares, total
from .team import shared

# ── mean 0 and variance 1 ─────────────────────────────────────────────────────────────────────────────────────────────


@loop
def _moments(x, i, eps, centred):  # type: ignore[no-untyped-def]
    """The mean of x[i], 0 without `centred`; and 1 / √(mean square + eps) of what is left."""
    n = x.shape[1]
    mean = total(x, i) / n if centred else 0.0
    return mean, 1 / np.sqrt(squares(x, i, mean) / n + eps)


@shared
def normed(x, w, b, out, eps, centred, first, last):  # type: ignore[no-untyped-def]
    """out = (x − mean) · scale · w + b, scale = 1 / √(mean square + eps) of what is left; x, out (m, n).

    w and b (G, C), of which row i takes number i modulo G, each of them for n / C neighbours.
    """
    n, channels = x.shape[1], w.shape[1]
    same = n // channels
    for i in range(first, last):
        mean, scale = _moments(x, i, eps, centred)
        j = i % len(w)
        if same == 1:
            for k in range(n):
                out[i, k] = (x[i, k] - mean) * scale * w[j, k] + b[j, k]
        else:
            for c in range(channels):
                factor, shift = scale * w[j, c], b[j, c]
                there, into = x[i, c * same : (c + 1) * same], out[i, c * same : (c + 1) * same]
                for k in range(same):
                    into[k] = (there[k] - mean) * factor + shift


@shared
def normed_back(g, x, w, out, totals, eps, centred, first, last):  # type: ignore[no-untyped-def]
    """out = scale · (h − Σh/n − x̂ · Σ(h·x̂)/n) with h = g · w; totals[s] = Σ g · x̂, Σ g. g, x, out (m, n).

    Of shares s = first … last − 1 of the groups of rows. w (G, C) as for `normed`, totals (shares, 2, G, C) float64.
    """
    groups = len(x) // len(w)
    for share in range(first, last):
        totals[share] = 0
        begin, end = groups * share // len(totals) * len(w), groups * (share + 1) // len(totals) * len(w)
        _normed_back(g, x, w, out, totals[share], eps, centred, begin, end)


@loop
def _normed_back(g, x, w, out, sums, eps, centred, first, last):  # type: ignore[no-untyped-def]
    """As `normed_back` for rows first … last − 1, added to sums (2, G, C)."""
    n, channels = x.shape[1], w.shape[1]
    same = n // channels
    for i in range(first, last):
        mean, scale = _moments(x, i, eps, centred)
        j = i % len(w)
        if same == 1:
            whole, product = products(g, w, j, x, i, mean)
        else:
            whole, product = 0.0, 0.0
            for c in range(channels):
                plain, scaled = alike(g, x, i, c * same, (c + 1) * same, mean)
                whole += plain * w[j, c]
                product += scaled * w[j, c]
                sums[0, j, c] += scaled * scale
                sums[1, j, c] += plain
        near, along = whole / n if centred else 0.0, scale * scale * product / n
        if same == 1:
            for k in range(n):
                away = x[i, k] - mean
                out[i, k] = scale * (np.float64(g[i, k]) * w[j, k] - near - away * along)
                sums[0, j, k] += g[i, k] * away * scale
                sums[1, j, k] += g[i, k]
        else:
            for c in range(channels):
                factor, start, stop = np.float64(w[j, c]), c * same, (c + 1) * same
                given, there, into = g[i, start:stop], x[i, start:stop], out[i, start:stop]
                for k in range(same):
                    into[k] = scale * (given[k] * factor - near - (there[k] - mean) * along)


# ── softmax, of single precision ──────────────────────────────────────────────────────────────────────────────────────


@loop
def _exponentials(x, i, out):  # type: ignore[no-untyped-def]
    """out[i] = exp(x[i] − max x[i]), and its sum."""
    top = largest(x, i)
    for k in range(x.shape[1]):
        out[i, k] = exp(x[i, k] - top)
    return np.float32(total(out, i))


@shared
def softmax(x, out, first, last):  # type: ignore[no-untyped-def]
    """out = eˣ / Σeˣ of each row; x, out (m, n)."""
    for i in range(first, last):
        whole = _exponentials(x, i, out)
        for k in range(x.shape[1]):
            out[i, k] /= whole


@shared
def softmax_back(g, y, out, first, last):  # type: ignore[no-untyped-def]
    """out = y · (g − Σ g·y) of each row; all (m, n)."""
    for i in range(first, last):
        for k in range(y.shape[1]):
            out[i, k] = g[i, k] * y[i, k]
        whole = np.float32(total(out, i))
        for k in range(y.shape[1]):
            out[i, k] = y[i, k] * (g[i, k] - whole)


@loop
def _logarithm(x, i, top, rest):  # type: ignore[no-untyped-def]
    """log Σ exp(x[i] − top): those at the top are added last, to lose no digits to them. rest (1, n) is room."""
    count, row = np.int32(0), x[i]
    for k in range(row.size):
        below = row[k] - top
        value = exp(below)
        rest[0, k] = 0 if below == 0 else value
    for k in range(row.size):
        count += row[k] - top == 0
    return np.float32(np.log1p(total(rest, 0) + (count - 1)))


@shared
def log_softmax(x, out, first, last):  # type: ignore[no-untyped-def]
    """out = x − log Σeˣ of each row; x, out (m, n)."""
    rest = np.empty((1, x.shape[1]), np.float32)
    for i in range(first, last):
        top = largest(x, i)
        logarithm = _logarithm(x, i, top, rest)
        for k in range(x.shape[1]):
            out[i, k] = (x[i, k] - top) - logarithm


@shared
def log_softmax_back(g, x, out, first, last):  # type: ignore[no-untyped-def]
    """out = g − softmax(x) · Σg of each row; all (m, n)."""
    for i in range(first, last):
        share = np.float32(total(g, i)) / _exponentials(x, i, out)
        for k in range(x.shape[1]):
            out[i, k] = g[i, k] - out[i, k] * share


@shared
def cross_entropies(x, labels, out, first, last):  # type: ignore[no-untyped-def]
    """out = −log softmax(x)[label] of each row; x (m, n), labels, out (m,)."""
    rest = np.empty((1, x.shape[1]), np.float32)
    for i in range(first, last):
        top = largest(x, i)
        out[i] = _logarithm(x, i, top, rest) - (x[i, labels[i]] - top)


@shared
def cross_entropies_back(x, labels, out, factor, first, last):  # type: ignore[no-untyped-def]
    """out = (softmax(x) − one-hot(label)) · factor of each row; x, out (m, n), labels (m,)."""
    for i in range(first, last):
        whole = _exponentials(x, i, out)
        for k in range(x.shape[1]):
            out[i, k] /= whole
        out[i, labels[i]] -= 1
        for k in range(x.shape[1]):
            out[i, k] *= factor
