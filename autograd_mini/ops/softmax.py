"""Softmax, its logarithm and its relatives, without overflow: the largest logit is subtracted first."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from ..arguments import Axis, AxisWithElements, Flag, Number, Plain, Rng, axes_of, generator
from ..core.primitive import call_as, operand
from ..kernels.quiet import quiet
from ..kernels.rows import by_row
from ..kernels.sums import sums
from .dropout import random_like
from .elementwise import where
from .kinds import definition, op
from .precision import in_single
from .reduce import sum
from .shape import squeeze, transpose

NEAR = 0.125  # what is added to 1 keeps all but three bits down to here


@op(analytic=True, methods=["softmax"])
@in_single
def softmax(x: Any, axis: Axis = -1) -> Any:
    """The softmax eˣ / Σeˣ along an axis. x (...) -> (...).

    Half precision is computed in single. A line of -inf only, or with a +inf or nan in it, gives nan.

    Arguments:
        x: logits, real numbers.
        axis: the axis along which the result sums to 1.
    Returns:
        Probabilities, in x's dtype if that is floating.
    Raises:
        ValueError: for an axis out of range.

    Example:
        >>> ag.softmax(Tensor([1000.0, 1000.0 + np.log(3)])).numpy().round(6)
        array([0.25, 0.75])
    """
    if not np.size(x):
        return np.exp(x)
    if (found := by_row("softmax", axis, x)) is not None:
        return found
    with quiet(over="ignore", under="ignore"):  # what is far below the largest is 0, however far
        e = np.exp(x - np.maximum.reduce(x, axis=axis, keepdims=True))
        return e / sums(e, (axis,), keepdims=True)


@op(analytic=True, methods=["log_softmax"])
@in_single
def log_softmax(x: Any, axis: Axis = -1) -> Any:
    """The logarithm of the softmax, x − log Σeˣ along an axis. x (...) -> (...).

    It is computed as (x − max x) − log Σeˣ⁻ᵐᵃˣ, so that a constant added to x makes no difference and small
    probabilities do not become log 0. The largest logit's own term is 1; where the others are small they are added up
    without it, and lose no digits to it. Half precision is computed in single.

    Arguments:
        x: logits, real numbers.
        axis: the axis along which the probabilities sum to 1.
    Returns:
        Logarithms of probabilities, in x's dtype if that is floating.
    Raises:
        ValueError: for an axis out of range.

    Example:
        >>> ag.log_softmax(Tensor([0.0, 1000.0])).numpy()
        array([-1000.,     0.])
    """
    if not np.size(x):
        return np.exp(x)
    if (found := by_row("log_softmax", axis, x)) is not None:
        return found
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
def logsumexp(x: Any, axis: Axis = -1) -> Any:
    """log Σeˣ along the axis, which stays with length 1. x (..., n, ...) -> (..., 1, ...). All -inf gives -inf."""
    if not np.size(x):
        return np.full([1 if i == axis else n for i, n in enumerate(x.shape)], -np.inf, np.exp(x).dtype)
    top = np.maximum.reduce(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    with quiet(divide="ignore", over="ignore", under="ignore"):  # log 0 is -inf; beside +inf anything may be
        return np.log(sums(np.exp(x - top), (axis,), keepdims=True)) + top


_with_length_1 = logsumexp.call


def _logsumexp(x: Any, axis: int | Sequence[int] | None = -1, keepdims: bool = False) -> Any:
    """The logarithm log Σeˣ along axes, without overflow; SciPy's name. x (..., n, ...) -> (...).

    Its gradient is the softmax. A line of -inf only, or of no elements, gives -inf. Half precision is computed in
    single.

    Arguments:
        x: real numbers.
        axis: the axis that is summed over, or several; None for all of them.
        keepdims: whether these axes stay, with length 1.
    Returns:
        The logarithms, in x's dtype if that is floating.
    Raises:
        ValueError: for an axis out of range or named twice.

    Example:
        >>> x = Tensor([1000.0, 1000.0], requires_grad=True)
        >>> ag.grad(ag.logsumexp(x), x).numpy()
        array([0.5, 0.5])
    """
    if isinstance(axis, int | np.integer):
        out = _with_length_1(x, axis)
        return out if keepdims else squeeze(out, axis)
    x = operand("logsumexp", x)
    along = axes_of("logsumexp", x.shape, axis)
    rest = [i for i in range(len(x.shape)) if i not in along]
    lines = transpose(x, (*rest, *along)).reshape((*(x.shape[i] for i in rest), prod(x.shape[i] for i in along)))
    out = _with_length_1(lines, -1)
    return out.reshape(tuple(1 if i in along else n for i, n in enumerate(x.shape) if keepdims or i in rest))


call_as(logsumexp, _logsumexp)


def _lines(x: Any, axis: int) -> Any:
    return sum.bind(x, axis=(axis,), keepdims=True)


@op(public=False)
def softmax_back(g: Any, y: Any, *, axis: Plain) -> Any:
    """y · (g − Σ g·y): the gradient g carried back over a softmax whose result is y. g, y (...) -> (...)."""
    if (found := by_row("softmax_back", axis, g, y)) is not None:
        return found
    if y.dtype == np.float64 and np.size(y):  # less g at the largest y the sum loses no digits where that is nearly 1
        g = g - np.take_along_axis(g, np.argmax(y, axis=axis, keepdims=True), axis)
    return y * (g - sums(g * y, (axis,), keepdims=True))


@op(public=False)
def log_softmax_back(g: Any, x: Any, *, axis: Plain) -> Any:
    """g − softmax(x) · Σg: the gradient g carried back over the logarithm of a softmax. g, x (...) -> (...)."""
    if (found := by_row("log_softmax_back", axis, g, x)) is not None:
        return found
    if x.dtype == np.float64:  # 1 − p keeps its digits where p is nearly 1
        logs = log_softmax.forward(x, axis=axis)
        with quiet(under="ignore"):
            return -g * np.expm1(logs) - np.exp(logs) * (sums(g, (axis,), keepdims=True) - g)
    return g - softmax.forward(x, axis=axis) * sums(g, (axis,), keepdims=True)


softmax_back.defvjp(
    g=lambda v, y, *, axis: softmax_back.bind(v, y, axis=axis),
    y=lambda v, g, y, *, axis: v * (g - _lines(g * y, axis)) - g * _lines(v * y, axis),
)
log_softmax_back.defvjp(
    g=lambda v, x, *, axis: v - _lines(v * softmax.bind(x, axis=axis), axis),
    x=lambda v, g, x, *, axis: softmax_back.bind(-v * _lines(g, axis), softmax.bind(x, axis=axis), axis=axis),
)
# fmt: off
softmax.defvjp(    x=in_single(lambda g, out, *, axis: softmax_back.bind(g, out, axis=axis)))
log_softmax.defvjp(x=in_single(lambda g, x, *, axis: log_softmax_back.bind(g, x, axis=axis)))
logsumexp.defvjp(  x=in_single(lambda g, x, *, axis: g * softmax.bind(x, axis=axis)))
# fmt: on


# ── relatives ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@definition
def softmin(x: Any, axis: Axis = -1) -> Any:
    """The softmax of −x along an axis. x (...) -> (...).

    Arguments:
        x: real numbers.
        axis: the axis along which the result sums to 1.
    Returns:
        Probabilities, in x's dtype if that is floating.
    Raises:
        ValueError: for an axis out of range.

    Example:
        >>> ag.softmin(Tensor([0.0, np.log(3)])).numpy().round(6)
        array([0.75, 0.25])
    """
    return softmax.bind(-x, axis=axis)


@op(kink=lambda out: np.greater(out, 0))
@in_single
def sparsemax(x: Any, axis: AxisWithElements = -1) -> Any:
    """The nearest probabilities to x along an axis, many of which are 0: max(x − τ, 0). x (...) -> (...).

    Half precision is computed in single.

    Arguments:
        x: real numbers.
        axis: the axis along which the result sums to 1.
    Returns:
        Probabilities, in x's dtype if that is floating.
    Raises:
        ValueError: for an axis out of range, and for one without elements.
    Source: Martins & Astudillo 2016, algorithm 1.

    Example:
        >>> ag.sparsemax(Tensor([0.0, 1.0, 1.5])).numpy()
        array([0.  , 0.25, 0.75])
    """
    z = np.moveaxis(x - np.max(x, axis=axis, keepdims=True), axis, -1)
    falling = -np.sort(-z, axis=-1)
    total = np.cumsum(falling, axis=-1) - 1
    k = np.arange(1, z.shape[-1] + 1)
    count = np.sum(k * falling > total, axis=-1, keepdims=True)
    tau = np.take_along_axis(total, np.maximum(count, 1) - 1, -1) / count.astype(z.dtype)
    return np.moveaxis(np.maximum(z - tau, 0), -1, axis)


@in_single
def _within_support(g: Any, out: Any, *, axis: int) -> Any:
    """g less its mean over the elements above 0, and 0 for the others."""
    inside = out > 0
    kept = where(inside, g, 0)
    count = inside.sum(axis=axis, keepdims=True).astype(g.dtype)
    return where(inside, kept - sum.bind(kept, axis=(axis,), keepdims=True) / count, 0)


sparsemax.defvjp(x=_within_support)


@op(public=False)
def straight_through(y: Any, *, axis: Plain) -> Any:
    """1 at the first largest element along the axis, else 0; the gradient passes as if it were y. y (...) -> (...)."""
    hard = np.zeros(np.shape(y), np.asarray(y).dtype)
    np.put_along_axis(hard, np.argmax(y, axis, keepdims=True), 1, axis)
    return hard


straight_through.defvjp(y=lambda g: g)


@definition
def gumbel_softmax(
    x: Any, tau: Number = 1.0, hard: Flag = False, axis: AxisWithElements = -1, *, rng: Rng = None
) -> Any:
    """A sample of a class by a softmax of x with Gumbel noise, so that gradients reach x. x (...) -> (...).

    Arguments:
        x: logits, real numbers.
        tau: the temperature, a number above 0; the lower it is, the nearer is the result to a single 1.
        hard: whether the result is 1 at the largest and 0 elsewhere, with the gradient of the softmax.
        axis: the axis along which the result sums to 1.
        rng: a NumPy Generator, or the seed of one; None for another one each time.
    Returns:
        (...), in x's dtype if that is floating.
    Raises:
        ValueError: unless tau is above 0, for an axis out of range, and for one without elements.
        TypeError: for an rng that is neither Generator nor seed.
    Source: Jang et al. 2016; Maddison et al. 2016.

    Example:
        >>> ag.gumbel_softmax(Tensor([0.0, 3.0, 0.0]), hard=True, rng=0).numpy()
        array([0., 1., 0.])
    """
    if not tau > 0:
        raise ValueError(f"gumbel_softmax: tau must be above 0, not {tau}")
    noise = random_like.bind(x, rng=generator("gumbel_softmax", rng), draw="gumbel", of=(0, 1))
    soft = softmax.bind((x + noise) / tau, axis=axis)
    return straight_through.bind(soft, axis=axis) if hard else soft
