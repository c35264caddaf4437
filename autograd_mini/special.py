"""The namespace `ag.special`: SciPy's special functions that are recorded, under SciPy's names."""

# isort: skip_file
from math import prod
from typing import Any

import numpy as np

from .arguments import axes_of, bare
from .core.primitive import operand
from .kernels.quiet import quiet
from .ops import (
    beta, betainc, betaincc, betaln, digamma, entr, erf, erfc, erfcinv, erfcx, erfinv, exp, expit, expm1, gamma,
    gammainc, gammaincc, gammaln, gammasgn, i0, i0e, i1, i1e, iv, ive, j0, j1, jn, jv, k0, k1, kv, log, log1p,
    log_expit, log_ndtr, logit, multigammaln, ndtr, ndtri, polygamma, psi, rgamma, softplus, stdtr, sum as sum_,
    xlog1py, xlogy, y0, y1, yn, yv, zeta,
)  # fmt: skip

__all__ = [
    "beta", "betainc", "betaincc", "betaln", "digamma", "entr", "erf", "erfc", "erfcinv", "erfcx", "erfinv",
    "expit", "expm1", "gamma", "gammainc", "gammaincc", "gammaln", "gammasgn", "i0", "i0e", "i1", "i1e", "iv", "ive",
    "j0", "j1", "jn", "jv", "k0", "k1", "kv", "log1p", "log_expit", "log_ndtr", "logit", "logsumexp", "multigammaln",
    "ndtr", "ndtri", "polygamma", "psi", "rgamma", "softplus", "stdtr", "xlog1py", "xlogy", "y0", "y1", "yn", "yv",
    "zeta",
]  # fmt: skip


def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False) -> Any:
    """The logarithm of a weighted sum of exponentials, log Σ b · eᵃ, without overflow.

    Arguments:
        a: (...), real.
        axis: an axis, several, or None for all.
        b: weights that broadcast against a; None for 1. Where the sum is below 0 the result is nan.
        keepdims: whether the axes stay, with length 1.
    Returns:
        (...) without the axes. All -inf gives -inf.
    Raises:
        ValueError: for a bad axis.

    Example:
        >>> ag.special.logsumexp(Tensor([1000.0, 1000.0]), b=[0.25, 0.75]).item()
        1000.0
    """
    a = operand("logsumexp", a)
    axes = axes_of("logsumexp", a.shape, axis)
    top = np.max(bare(a), axis=axes, keepdims=True, initial=-np.inf) if prod(a.shape) else np.zeros(())
    top = np.where(np.isfinite(top), top, 0).astype(a.dtype if a.dtype.kind == "f" else np.float64)
    with quiet(over="ignore", under="ignore", divide="ignore"):
        terms = exp(a - top)
        total = log(sum_(terms if b is None else b * terms, axes, True)) + top
    return total if keepdims else total.reshape(tuple(n for i, n in enumerate(total.shape) if i not in axes))
