"""Softmax and its logarithm, safe against overflow: the largest logit is subtracted first."""

from typing import Any

import numpy as np

from ..arguments import AxisWithElements
from ..core.primitive import call_as
from ..kernels.quiet import quiet
from ..kernels.sums import sums
from .kinds import op
from .precision import in_single
from .reduce import sum
from .shape import squeeze

NEAR = 0.125  # what is added to 1 keeps all but three bits down to here


@op(analytic=True, methods=["softmax"])
@in_single
def softmax(x: Any, axis: AxisWithElements = -1) -> Any:
    """eˣ / Σeˣ along the axis. x (...) -> (...), each line of which sums to 1. All -inf, or +inf, gives nan.

    Raises ValueError for an axis out of range.
    """
    with quiet(over="ignore", under="ignore"):  # what is far below the largest is 0, however far
        e = np.exp(x - np.maximum.reduce(x, axis=axis, keepdims=True))
        return e / sums(e, (axis,), keepdims=True)


@op(analytic=True, methods=["log_softmax"])
@in_single
def log_softmax(x: Any, axis: AxisWithElements = -1) -> Any:
    """(x − max x) − log Σeˣ⁻ᵐᵃˣ along the axis: what all have in common leaves no trace. x (...) -> (...).

    Raises ValueError for an axis out of range.
    The largest logit's own term is 1. Where the others are small they are added up without it, not to be lost.
    """
    below = x - np.maximum.reduce(x, axis=axis, keepdims=True)
    with quiet(under="ignore"):
        e = np.exp(below)
        total = sums(e, (axis,), keepdims=True)
        logarithm, small = np.log(total), total < 1 + NEAR
        if small.any():
            e[below == 0] = 0
            logarithm = np.where(small, np.log1p(sums(e, (axis,), keepdims=True)), logarithm)
        return below - logarithm


@op(analytic=True, methods=["logsumexp"])
@in_single
def logsumexp(x: Any, axis: AxisWithElements = -1) -> Any:
    """log Σeˣ along the axis, which stays with length 1. x (...) -> (...). All -inf gives -inf."""
    top = np.maximum.reduce(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    with quiet(divide="ignore", over="ignore", under="ignore"):  # log 0 is -inf; beside +inf anything may be
        return np.log(sums(np.exp(x - top), (axis,), keepdims=True)) + top


_with_length_1 = logsumexp.call


def _logsumexp(x: Any, axis: int = -1, keepdims: bool = False) -> Any:
    """log Σeˣ along the axis, without overflow. x (...) -> (...) without the axis, or with length 1 there."""
    out = _with_length_1(x, axis)
    return out if keepdims else squeeze(out, axis)


call_as(logsumexp, _logsumexp)


def _lines(x: Any, axis: int) -> Any:
    return sum.bind(x, axis=(axis,), keepdims=True)


# fmt: off
softmax.defvjp(    x=in_single(lambda g, out, *, axis: out * (g - _lines(g * out, axis))))
log_softmax.defvjp(x=in_single(lambda g, x, *, axis: g - softmax.bind(x, axis=axis) * _lines(g, axis)))
logsumexp.defvjp(  x=in_single(lambda g, x, *, axis: g * softmax.bind(x, axis=axis)))
# fmt: on
