"""Steps of the optimisers, compiled: one pass over memory each."""

from __future__ import annotations

import numpy as np

from .team import shared


@shared
def sgd(p, g, v, lr, momentum, decay, nesterov, first, last):  # type: ignore[no-untyped-def]
    """v ← μv + g + λp; p ← p − lr · v (with Nesterov: p − lr · (g + λp + μv)); all (n,)."""
    p, g, v = p[first:last], g[first:last], v[first:last]
    for i in range(p.size):
        step = g[i] + decay * p[i] if decay else g[i]  # 0 · inf is nan
        v[i] = momentum * v[i] + step
        p[i] -= lr * (step + momentum * v[i] if nesterov else v[i])


@shared
def adam(p, g, m, v, rate, beta1, beta2, root, eps, decay, shrink, first, last):  # type: ignore[no-untyped-def]
    """p ← p · shrink; m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², p ← p − rate · m / (√v / root + ε); all (n,)."""
    one = p.dtype.type(1)
    p, g, m, v = p[first:last], g[first:last], m[first:last], v[first:last]
    for i in range(p.size):
        step = g[i] + decay * p[i] if decay else g[i]
        m[i] = beta1 * m[i] + (one - beta1) * step
        v[i] = beta2 * v[i] + (one - beta2) * step * step
        p[i] = p[i] * shrink - rate * m[i] / (np.sqrt(v[i]) / root + eps)
