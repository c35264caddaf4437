"""Loops over elements, compiled: what would be several passes over memory in NumPy is one."""

from __future__ import annotations

import numpy as np

from . import loop


@loop
def relu(x, out):  # type: ignore[no-untyped-def]
    """out = max(x, 0), where a zero is above zero and nan is nan; all (n,)."""
    for i in range(x.size):
        out[i] = 0 if x[i] <= 0 else x[i]


@loop
def gate(g, y, out):  # type: ignore[no-untyped-def]
    """out = g where y is not 0, else 0; all (n,)."""
    for i in range(g.size):
        out[i] = g[i] if y[i] != 0 else 0


@loop
def dropout(x, mask, out, scale):  # type: ignore[no-untyped-def]
    """out = x · scale where the mask, else 0; all (n,)."""
    for i in range(x.size):
        out[i] = x[i] * scale if mask[i] else 0


@loop
def sgd(p, g, v, lr, momentum, decay, nesterov):  # type: ignore[no-untyped-def]
    """v ← μv + g + λp; p ← p − lr · v (with Nesterov: p − lr · (g + λp + μv)); all (n,)."""
    for i in range(p.size):
        step = g[i] + decay * p[i]
        v[i] = momentum * v[i] + step
        p[i] -= lr * (step + momentum * v[i] if nesterov else v[i])


@loop
def adam(p, g, m, v, rate, beta1, beta2, root, eps, decay, shrink):  # type: ignore[no-untyped-def]
    """p ← p · shrink; m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², p ← p − rate · m / (√v / root + ε); all (n,)."""
    one = p.dtype.type(1)
    for i in range(p.size):
        step = g[i] + decay * p[i]
        m[i] = beta1 * m[i] + (one - beta1) * step
        v[i] = beta2 * v[i] + (one - beta2) * step * step
        p[i] = p[i] * shrink - rate * m[i] / (np.sqrt(v[i]) / root + eps)


@loop
def column_sums(x, out):  # type: ignore[no-untyped-def]
    """out[k] += Σᵢ x[i, k]; x (n, K), out (K,) float64. In runs of rows, so that long sums lose little to rounding."""
    run = np.empty(out.size, x.dtype)
    for start in range(0, len(x), 64):
        run[:] = 0
        for i in range(start, min(start + 64, len(x))):
            for k in range(out.size):
                run[k] += x[i, k]
        for k in range(out.size):
            out[k] += run[k]
