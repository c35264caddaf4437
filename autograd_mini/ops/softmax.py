"""Softmax and its logarithm, safe against overflow: the largest logit is subtracted first."""

from typing import Any

import numpy as np

from ..core.primitive import primitive


@primitive
def softmax(x: Any, *, axis: int) -> Any:
    """eˣ / Σeˣ along the axis. x (...) -> (...), each line of which sums to 1."""
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@primitive
def log_softmax(x: Any, *, axis: int) -> Any:
    """x − log Σeˣ along the axis. x (...) -> (...)."""
    return x - logsumexp.forward(x, axis=axis)


@primitive
def logsumexp(x: Any, *, axis: int) -> Any:
    """log Σeˣ along the axis, which stays with length 1. x (...) -> (...). All -inf gives -inf."""
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore"):
        return np.log(np.exp(x - top).sum(axis=axis, keepdims=True)) + top


softmax.defvjp(x=lambda g, out, *, axis: out * (g - (g * out).sum(axis=axis, keepdims=True)))
log_softmax.defvjp(x=lambda g, x, *, axis: g - softmax(x, axis=axis) * g.sum(axis=axis, keepdims=True))
logsumexp.defvjp(x=lambda g, x, *, axis: g * softmax(x, axis=axis))

for op in (softmax, log_softmax, logsumexp):
    op.analytic = True
