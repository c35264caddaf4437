"""Loops over elements, compiled: what would be several passes over memory in NumPy is one."""

from __future__ import annotations

import numpy as np

from . import loop
from .exponential import ONE, exponential, logistic

_LOWEST, _FAR = np.float32(-800), 40.0  # below them silu and gelu are 0, as in NumPy
_SMALL = float(np.finfo(np.float32).eps) ** (1 / 3)
"""Where Φ is ½ + x φ(0) to the last digit."""


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
def select(x, y, mask, out):  # type: ignore[no-untyped-def]
    """out = x where the mask, else y; all (n,)."""
    for i in range(x.size):
        out[i] = x[i] if mask[i] else y[i]


@loop
def leak(g, x, out, slope):  # type: ignore[no-untyped-def]
    """out = g where x > 0, else slope · g; all (n,)."""
    for i in range(x.size):
        out[i] = g[i] if x[i] > 0 else slope * g[i]


@loop
def sigmoid(x, out):  # type: ignore[no-untyped-def]
    """out = 1 / (1 + e⁻ˣ), of single precision; all (n,)."""
    for i in range(x.size):
        out[i] = logistic(x[i])


@loop
def sigmoid_product(g, y, out):  # type: ignore[no-untyped-def]
    """out = g · y · (1 − y); all (n,)."""
    one = y.dtype.type(1)
    for i in range(g.size):
        out[i] = g[i] * (y[i] * (one - y[i]))


@loop
def silu(x, out):  # type: ignore[no-untyped-def]
    """out = x · σ(x), of single precision; all (n,)."""
    for i in range(x.size):
        out[i] = (_LOWEST if x[i] < _LOWEST else x[i]) * logistic(x[i])


@loop
def silu_slope(x, out):  # type: ignore[no-untyped-def]
    """out = σ(x) · (1 + x · (1 − σ(x))), of single precision; all (n,)."""
    for i in range(x.size):
        s = logistic(x[i])
        near = x[i] if abs(x[i]) < -_LOWEST else ONE  # beyond it s is 0 or 1
        out[i] = s * (ONE + near * (ONE - s))


@loop
def dropout(x, mask, out, scale):  # type: ignore[no-untyped-def]
    """out = x · scale where the mask, else 0; all (n,)."""
    for i in range(x.size):
        out[i] = x[i] * scale if mask[i] else 0


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


_TAIL = (
    0.055213864741, -0.289395792295, 0.529200518249, -0.432379996306, 0.396097518633,
    0.002120974321, 0.190721604883, 0.171735437819, 0.188648124301, 0.18803774322,
)  # fmt: skip
"""Of a polynomial, the highest power first: (1 − Φ(a)) · 2 exp(a²/2) / t, in t = 1 / (1 + a / 3√2)."""


@loop
def _falling(x):  # type: ignore[no-untyped-def]
    """exp(−x²/2), which is 0 where single precision has no such number, without a branch."""
    return exponential(max(-0.5 * x * x, -690.0))


@loop
def gelu(x, out):  # type: ignore[no-untyped-def]
    """out = x · Φ(x), of single precision; all (n,).

    1 − Φ(a) is exp(−a²/2) · t · P(t) / 2 with t = 1 / (1 + a / 3√2), and P is fitted to 3e-9 of it up to a = 14.
    """
    for i in range(x.size):
        a = np.float64(x[i]) if x[i] > -_FAR or x[i] != x[i] else -_FAR
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
        near = a if abs(a) < _FAR else 0.0
        slope = near * 0.3989422804014327 * _falling(near)
        normal = (1.0 if a > 0 else 0.0) if abs(a) >= _FAR else y[i] / a
        out[i] = (0.5 + slope if abs(a) < _SMALL else normal) + slope
