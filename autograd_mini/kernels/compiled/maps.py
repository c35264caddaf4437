"""Loops over elements, compiled: what would be several passes over memory in NumPy is one."""

from __future__ import annotations

from math import factorial

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


_EXP = tuple(1 / factorial(k) for k in range(8, -1, -1))
_TAIL = (
    0.055213864741, -0.289395792295, 0.529200518249, -0.432379996306, 0.396097518633,
    0.002120974321, 0.190721604883, 0.171735437819, 0.188648124301, 0.18803774322,
)  # fmt: skip
"""Of polynomials, the highest power first: eʸ; and (1 − Φ(a)) · 2 exp(a²/2) / t, in t = 1 / (1 + a / 3√2)."""


@loop
def _falling(x):  # type: ignore[no-untyped-def]
    """exp(−x²/2), which is 0 where single precision has no such number, without a branch."""
    y, e = max(-0.5 * x * x, -110.0) / 256, 0.0
    for c in _EXP:
        e = e * y + c
    for _ in range(8):
        e *= e
    return e


@loop
def gelu(x, out):  # type: ignore[no-untyped-def]
    """out = x · Φ(x), of single precision; all (n,).

    1 − Φ(a) is exp(−a²/2) · t · P(t) / 2 with t = 1 / (1 + a / 3√2), and P is fitted to 3e-9 of it up to a = 14.
    """
    for i in range(x.size):
        a = np.float64(x[i])
        t = 1 / (1 + abs(a) * 0.23570226039551584)
        p = 0.0
        for c in _TAIL:
            p = p * t + c
        tail = 0.5 * t * p * _falling(a)
        out[i] = a * (tail if a < 0 else 1 - tail)


@loop
def gelu_slope(x, y, out):  # type: ignore[no-untyped-def]
    """out = Φ(x) + x · φ(x), of single precision, where y = x · Φ(x); all (n,)."""
    for i in range(x.size):
        a = np.float64(x[i])
        normal = y[i] / a if a != 0 else 0.5
        out[i] = normal + a * 0.3989422804014327 * _falling(a)
