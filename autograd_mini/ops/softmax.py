"""Softmax and its logarithm, safe against overflow: the largest logit is subtracted first."""

from typing import Any

import numpy as np

from ..core.primitive import primitive
from ..kernels.sums import sums
from .precision import in_single
from .reduce import sum


@primitive
@in_single
def softmax(x: Any, *, axis: int) -> Any:
    """eˣ / Σeˣ along the axis. x (...) -> (...), each line of which sums to 1. All -inf, or +inf, gives nan."""
    with np.errstate(over="ignore"):  # so far below the largest that the distance is -inf: its power is 0
        e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / sums(e, (axis,), keepdims=True)


@primitive
@in_single
def log_softmax(x: Any, *, axis: int) -> Any:
    """(x − max x) − log Σeˣ⁻ᵐᵃˣ along the axis: what all have in common leaves no trace. x (...) -> (...)."""
    below = x - np.max(x, axis=axis, keepdims=True)
    return below - np.log(sums(np.exp(below), (axis,), keepdims=True))


@primitive
@in_single
def logsumexp(x: Any, *, axis: int) -> Any:
    """log Σeˣ along the axis, which stays with length 1. x (...) -> (...). All -inf gives -inf."""
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore", over="ignore"):  # log 0 is -inf; what is beside +inf may be anything
        return np.log(sums(np.exp(x - top), (axis,), keepdims=True)) + top


def _lines(x: Any, axis: int) -> Any:
    return sum(x, axis=(axis,), keepdims=True)


# fmt: off
softmax.defvjp(    x=in_single(lambda g, out, *, axis: out * (g - _lines(g * out, axis))))
log_softmax.defvjp(x=in_single(lambda g, x, *, axis: g - softmax(x, axis=axis) * _lines(g, axis)))
logsumexp.defvjp(  x=in_single(lambda g, x, *, axis: g * softmax(x, axis=axis)))
# fmt: on

for op in (softmax, log_softmax, logsumexp):
    op.analytic = True
