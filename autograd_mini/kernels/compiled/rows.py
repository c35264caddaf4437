"""Loops over rows, compiled. Mean and variance are of double precision."""

from __future__ import annotations

import numpy as np

from . import loop
from .exponential import exp
from .lines import largest, products, squares, total

# ── mean 0 and variance 1 ─────────────────────────────────────────────────────────────────────────────────────────────


@loop
def _moments(x, eps, centred):  # type: ignore[no-untyped-def]
    """The mean of a row (n,), 0 without `centred`; and 1 / √(mean square + eps) of what is left."""
    mean = total(x) / x.size if centred else 0.0
    return mean, 1 / np.sqrt(squares(x, mean) / x.size + eps)


@loop
def normed(x, w, b, out, eps, centred):  # type: ignore[no-untyped-def]
    """out = (x − mean) · scale · w + b, scale = 1 / √(mean square + eps) of what is left; x, out (m, n).

    w and b (G, n), of which row i takes number i modulo G.
    """
    for i in range(len(x)):
        mean, scale = _moments(x[i], eps, centred)
        weight, bias = w[i % len(w)], b[i % len(b)]
        for k in range(x.shape[1]):
            out[i, k] = (x[i, k] - mean) * scale * weight[k] + bias[k]


@loop
def normed_back(g, x, w, out, sums, eps, centred):  # type: ignore[no-untyped-def]
    """out = scale · (h − Σh/n − x̂ · Σ(h·x̂)/n) with h = g · w; sums[0] += g · x̂, sums[1] += g. g, x, out (m, n).

    w (G, n), sums (2, G, n) float64, of which row i takes number i modulo G.
    """
    n = x.shape[1]
    for i in range(len(x)):
        mean, scale = _moments(x[i], eps, centred)
        weight, scaled, plain = w[i % len(w)], sums[0, i % len(w)], sums[1, i % len(w)]
        whole, product = products(g[i], weight, x[i], mean)
        near, along = whole / n if centred else 0.0, scale * scale * product / n
        for k in range(n):
            away = x[i, k] - mean
            out[i, k] = scale * (g[i, k] * weight[k] - near - away * along)
            scaled[k] += g[i, k] * away * scale
            plain[k] += g[i, k]


# ── softmax, of single precision ──────────────────────────────────────────────────────────────────────────────────────


@loop
def _exponentials(x, bits, out):  # type: ignore[no-untyped-def]
    """out = exp(x − max x), rows (n,), and its sum."""
    out.view(np.int32)[0] = largest(bits)
    top = out[0]
    for k in range(x.size):
        out[k] = exp(x[k] - top)
    return np.float32(total(out))


@loop
def softmax(x, out):  # type: ignore[no-untyped-def]
    """out = eˣ / Σeˣ of each row; x, out (m, n)."""
    bits = x.view(np.int32)
    for i in range(len(x)):
        whole = _exponentials(x[i], bits[i], out[i])
        for k in range(x.shape[1]):
            out[i, k] /= whole


@loop
def softmax_back(g, y, out):  # type: ignore[no-untyped-def]
    """out = y · (g − Σ g·y) of each row; all (m, n)."""
    for i in range(len(y)):
        for k in range(y.shape[1]):
            out[i, k] = g[i, k] * y[i, k]
        whole = np.float32(total(out[i]))
        for k in range(y.shape[1]):
            out[i, k] = y[i, k] * (g[i, k] - whole)


@loop
def _below(x, bits, out, rest):  # type: ignore[no-untyped-def]
    """out = x − max x, rows (n,), and log Σ exp of that: those at the top are added last, to lose no digits to them.

    rest (n,) is room to work in.
    """
    out.view(np.int32)[0] = largest(bits)
    top, count = out[0], 0
    for k in range(x.size):
        below = x[k] - top
        rest[k] = 0 if below == 0 else exp(below)
        out[k] = below
    for k in range(x.size):
        count += out[k] == 0
    return np.float32(np.log1p(total(rest) + (count - 1)))


@loop
def log_softmax(x, out):  # type: ignore[no-untyped-def]
    """out = x − log Σeˣ of each row; x, out (m, n)."""
    bits, rest = x.view(np.int32), np.empty_like(x[0])
    for i in range(len(x)):
        logarithm = _below(x[i], bits[i], out[i], rest)
        for k in range(x.shape[1]):
            out[i, k] -= logarithm


@loop
def log_softmax_back(g, x, out):  # type: ignore[no-untyped-def]
    """out = g − softmax(x) · Σg of each row; all (m, n)."""
    bits = x.view(np.int32)
    for i in range(len(x)):
        share = np.float32(total(g[i])) / _exponentials(x[i], bits[i], out[i])
        for k in range(x.shape[1]):
            out[i, k] = g[i, k] - out[i, k] * share


@loop
def cross_entropies(x, labels, out):  # type: ignore[no-untyped-def]
    """out = −log softmax(x)[label] of each row; x (m, n), labels, out (m,)."""
    bits, row, rest = x.view(np.int32), np.empty_like(x[0]), np.empty_like(x[0])
    for i in range(len(x)):
        logarithm = _below(x[i], bits[i], row, rest)
        out[i] = logarithm - row[labels[i]]


@loop
def cross_entropies_back(x, labels, out, factor):  # type: ignore[no-untyped-def]
    """out = (softmax(x) − one-hot(label)) · factor of each row; x, out (m, n), labels (m,)."""
    bits = x.view(np.int32)
    for i in range(len(x)):
        whole = _exponentials(x[i], bits[i], out[i])
        for k in range(x.shape[1]):
            out[i, k] /= whole
        out[i, labels[i]] -= 1
        for k in range(x.shape[1]):
            out[i, k] *= factor
