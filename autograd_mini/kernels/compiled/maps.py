"""Loops over elements first … last − 1, compiled: what would be several passes over memory in NumPy is one."""

from __future__ import annotations

import numpy as np

from ..limits import FAR, LOWEST
from . import loop, regrouped
from .exponential import ONE, exponential, logistic
from .team import shared

_LOWEST, _FAR = np.float32(LOWEST), FAR  # below them silu and gelu are 0, as in NumPy
_SMALL = float(np.finfo(np.float32).eps) ** (1 / 3)
"""Where Φ is ½ + x φ(0) to the last digit."""


@shared
def relu(x, out, first, last):  # type: ignore[no-untyped-def]
    """out = max(x, 0), where a zero is above zero and nan is nan; all (n,)."""
    x, out = x[first:last], out[first:last]
    for i in range(out.size):
        out[i] = 0 if x[i] <= 0 else x[i]


@shared
def gate(g, y, out, first, last):  # type: ignore[no-untyped-def]
    """out = g where y is not 0, else 0; all (n,)."""
    g, y, out = g[first:last], y[first:last], out[first:last]
    for i in range(out.size):
        out[i] = g[i] if y[i] != 0 else 0


@shared
def relu6(x, out, first, last):  # type: ignore[no-untyped-def]
    """out = min(max(x, 0), 6), where a zero is above zero and nan is nan; all (n,)."""
    x, out = x[first:last], out[first:last]
    for i in range(out.size):
        value = x.dtype.type(0) if x[i] <= 0 else x[i]
        out[i] = x.dtype.type(6) if value >= 6 else value


@shared
def band(g, y, out, low, high, first, last):  # type: ignore[no-untyped-def]
    """out = g where low < y < high, else 0; all (n,)."""
    g, y, out = g[first:last], y[first:last], out[first:last]
    for i in range(out.size):
        out[i] = g[i] if (y[i] > low) & (y[i] < high) else 0


@shared
def select(x, y, mask, out, first, last):  # type: ignore[no-untyped-def]
    """out = x where the mask, else y; all (n,)."""
    x, y, mask, out = x[first:last], y[first:last], mask[first:last], out[first:last]
    for i in range(out.size):
        out[i] = x[i] if mask[i] else y[i]


@shared
def leak(g, x, out, slope, first, last):  # type: ignore[no-untyped-def]
    """out = g where x > 0, else slope · g; all (n,)."""
    g, x, out = g[first:last], x[first:last], out[first:last]
    for i in range(out.size):
        out[i] = g[i] if x[i] > 0 else slope * g[i]


@shared
def sigmoid(x, out, first, last):  # type: ignore[no-untyped-def]
    """out = 1 / (1 + e⁻ˣ), of single precision; all (n,)."""
    x, out = x[first:last], out[first:last]
    for i in range(out.size):
        out[i] = logistic(x[i])


@shared
def sigmoid_product(g, y, out, first, last):  # type: ignore[no-untyped-def]
    """out = g · y · (1 − y); all (n,)."""
    one = y.dtype.type(1)
    g, y, out = g[first:last], y[first:last], out[first:last]
    for i in range(out.size):
        out[i] = g[i] * (y[i] * (one - y[i]))


@shared
def silu(x, out, first, last):  # type: ignore[no-untyped-def]
    """out = x · σ(x), of single precision; all (n,)."""
    x, out = x[first:last], out[first:last]
    for i in range(out.size):
        out[i] = (_LOWEST if x[i] < _LOWEST else x[i]) * logistic(x[i])


@shared
def silu_slope(x, out, first, last):  # type: ignore[no-untyped-def]
    """out = σ(x) · (1 + x · (1 − σ(x))), of single precision; all (n,)."""
    x, out = x[first:last], out[first:last]
    for i in range(out.size):
        s = logistic(x[i])
        near = x[i] if abs(x[i]) < -_LOWEST else ONE  # beyond it s is 0 or 1
        out[i] = s * (ONE + near * (ONE - s))


@shared
def dropout(x, mask, out, scale, first, last):  # type: ignore[no-untyped-def]
    """out = x · scale where the mask, else 0; all (n,)."""
    x, mask, out = x[first:last], mask[first:last], out[first:last]
    for i in range(out.size):
        out[i] = x[i] * scale if mask[i] else 0


@shared
def column_sums(x, out, first, last):  # type: ignore[no-untyped-def]
    """out[s, k] = Σᵢ x[i, k] of the rows of shares s = first … last − 1; x (n, K), out (shares, K) float64.

    In runs of rows, so that long sums lose little to rounding.
    """
    run = np.empty(x.shape[1], x.dtype)
    for share in range(first, last):
        begin, end = len(x) * share // len(out), len(x) * (share + 1) // len(out)
        out[share] = 0
        for start in range(begin, end, 64):
            run[:] = 0
            for i in range(start, min(start + 64, end)):
                for k in range(run.size):
                    run[k] += x[i, k]
            for k in range(run.size):
                out[share, k] += run[k]


@regrouped
def with_columns(which, x, y, out):  # type: ignore[no-untyped-def]
    """out = x + y, x − y, x · y or x / y; which: 0 to 3; x, out (n, m), y (n,). Whether all of them are finite."""
    zero = x.dtype.type(0)
    lost = zero
    for i in range(len(x)):
        a, row, into = y[i], x[i], out[i]
        for j in range(row.size):
            b = row[j]
            into[j] = b + a if which == 0 else b - a if which == 1 else b * a if which == 2 else b / a
            lost += into[j] * zero
    return lost == zero


@regrouped
def with_rows(which, x, y, out):  # type: ignore[no-untyped-def]
    """As `with_columns`, y (m,)."""
    zero = x.dtype.type(0)
    lost = zero
    for i in range(len(x)):
        row, into = x[i], out[i]
        for j in range(row.size):
            a = y[j]
            b = row[j]
            into[j] = b + a if which == 0 else b - a if which == 1 else b * a if which == 2 else b / a
            lost += into[j] * zero
    return lost == zero


_TAIL = (
    0.055213864741, -0.289395792295, 0.529200518249, -0.432379996306, 0.396097518633,
    0.002120974321, 0.190721604883, 0.171735437819, 0.188648124301, 0.18803774322,
)  # fmt: skip
"""Of a polynomial, the highest power first: (1 − Φ(a)) · 2 exp(a²/2) / t, in t = 1 / (1 + a / 3√2)."""


@loop
def _falling(x):  # type: ignore[no-untyped-def]
    """exp(−x²/2), which is 0 where single precision has no such number, without a branch."""
    return exponential(max(-0.5 * x * x, -690.0))


@shared
def gelu(x, out, first, last):  # type: ignore[no-untyped-def]
    """out = x · Φ(x), of single precision; all (n,).

    1 − Φ(a) is exp(−a²/2) · t · P(t) / 2 with t = 1 / (1 + a / 3√2), and P is fitted to 3e-9 of it up to a = 14.
    """
    x, out = x[first:last], out[first:last]
    for i in range(out.size):
        a = np.float64(x[i]) if x[i] > -_FAR or x[i] != x[i] else -_FAR
        t = 1 / (1 + abs(a) * 0.23570226039551584)
        p = 0.0
        for c in _TAIL:
            p = p * t + c
        tail = 0.5 * t * p * _falling(a)
        out[i] = a * (tail if a < 0 else 1 - tail)


@shared
def gelu_slope(x, y, out, first, last):  # type: ignore[no-untyped-def]
    """out = Φ(x) + x · φ(x), of single precision, where y = x · Φ(x); all (n,)."""
    x, y, out = x[first:last], y[first:last], out[first:last]
    for i in range(out.size):
        a = np.float64(x[i])
        near = a if abs(a) < _FAR else 0.0
        slope = near * 0.3989422804014327 * _falling(near)
        normal = (1.0 if a > 0 else 0.0) if abs(a) >= _FAR else y[i] / a
        out[i] = (0.5 + slope if abs(a) < _SMALL else normal) + slope
