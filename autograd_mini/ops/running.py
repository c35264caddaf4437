"""Running products, extremes and logarithms of sums along an axis; and the linear recurrence that carries them back.

cumprod with a 0 in it      every gradient is right: nothing is divided by
cummax, cummin at a tie     all to the last of the tied elements, as in PyTorch
"""

from typing import Any

import numpy as np

from ..arguments import Axis, AxisOrFlat, bare
from .elementwise import exp, where
from .kinds import conjugated, definition, op
from .precision import in_single
from .scan import cumsum
from .shape import concatenate, flip, getitem, reshape
from .sort import take_along_axis


def moved(x: Any, axis: int, start: int, end: int, value: Any = 0) -> Any:
    """x moved along an axis: `start` of `value` put before it and its end cut off, or `end` behind it."""
    n, lead = x.shape[axis], (slice(None),) * axis
    rest = getitem.bind(x, index=(*lead, slice(end, n - start)))
    edge = np.full((*x.shape[:axis], start + end, *x.shape[axis + 1 :]), value, x.dtype)
    return concatenate([edge, rest] if start else [rest, edge], axis)


def _reversed(x: Any, axis: int) -> Any:
    return flip.bind(x, axis=(axis,))


@op(public=False, analytic=True, takes_complex=True)
def recurrence(a: Any, b: Any, *, axis: int) -> Any:
    """s with sᵢ = aᵢ·sᵢ₋₁ + bᵢ along an axis, s₋₁ = 0. a, b (..., n, ...) -> (..., n, ...)."""
    a, b = np.moveaxis(a, axis, 0), np.moveaxis(b, axis, 0)
    s = np.array(b, np.result_type(a, b))
    for i in range(1, len(s)):
        s[i] += a[i] * s[i - 1]
    return np.moveaxis(s, 0, axis)


def from_behind(a: Any, b: Any, axis: int) -> Any:
    """t with tᵢ = aᵢ₊₁·tᵢ₊₁ + bᵢ along an axis: the adjoint of the recurrence in b."""
    following = _reversed(moved(a, axis, 0, 1), axis) if b.shape[axis] else a
    return _reversed(recurrence.bind(following, _reversed(b, axis), axis=axis), axis)


recurrence.defvjp(
    a=lambda g, a, out, *, axis: from_behind(conjugated(a), g, axis) * conjugated(moved(out, axis, 1, 0)),
    b=lambda g, a, *, axis: from_behind(conjugated(a), g, axis),
)


def _back_over_cumprod(g: Any, x: Any, out: Any, *, axis: int | None) -> Any:
    shape, along = x.shape, axis or 0
    x = reshape.bind(x, shape=out.shape)
    if bare(x).all():
        back = _reversed(cumsum.bind(_reversed(g * conjugated(out), along), axis=along), along) / conjugated(x)
    else:
        before = moved(cumprod.bind(x, axis=along), along, 1, 0, 1)
        back = conjugated(before) * from_behind(conjugated(x), g, along)
    return reshape.bind(back, shape=shape)


@op(analytic=True, takes_complex=True, methods=["cumprod"], numpy=[np.cumprod])
@in_single
def cumprod(x: Any, axis: AxisOrFlat = None) -> Any:
    """The running product along an axis: Π xⱼ over j ≤ i. x (...) -> (...).

    Half precision is multiplied in single.

    Arguments:
        x: numbers.
        axis: one axis, or None for all elements in row-major order.
    Returns:
        As many products, in x's dtype if that is floating; (n,) without an axis.
    Raises:
        ValueError: for an axis out of range.

    Example:
        >>> x = Tensor([2.0, 0.0, 3.0], requires_grad=True)
        >>> ag.grad(ag.cumprod(x).sum(), x).numpy()  # also behind a 0
        array([1., 8., 0.])
    """
    return np.cumprod(x, axis)


cumprod.defvjp(x=in_single(_back_over_cumprod))


def _running_extreme(x: Any, axis: int, ufunc: Any) -> Any:
    """The running extreme, taken from where each stands: the last place of equal ones; nan is the most extreme."""
    return take_along_axis.bind(x, running_place.bind(x, axis=axis, largest=ufunc is np.maximum), axis=axis)


@op(public=False)
def running_place(x: Any, *, axis: int, largest: bool) -> Any:
    """Where the running extreme along an axis stands. x (...) -> (...)."""
    ufunc = np.maximum if largest else np.minimum
    chosen = (x == ufunc.accumulate(x, axis)) | (x != x)
    line = np.arange(x.shape[axis]).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    return np.maximum.accumulate(np.where(chosen, line, 0), axis)


running_place.defvjp(x=None)


@definition
def cummax(x: Any, axis: Axis = -1) -> Any:
    """The running maximum along an axis; NumPy's maximum.accumulate. x (...) -> (...).

    Of tied elements the last one has the gradient.

    Arguments:
        x: real numbers.
        axis: the axis.
    Returns:
        The largest of xⱼ over j ≤ i; nan from the first nan on.
    Raises:
        ValueError: for an axis out of range.

    Example:
        >>> x = Tensor([1.0, 3.0, 2.0], requires_grad=True)
        >>> ag.cummax(x).numpy(), ag.grad(ag.cummax(x).sum(), x).numpy()
        (array([1., 3., 3.]), array([1., 2., 0.]))
    """
    return _running_extreme(x, axis, np.maximum)


@definition
def cummin(x: Any, axis: Axis = -1) -> Any:
    """The running minimum along an axis; NumPy's minimum.accumulate. x (...) -> (...).

    Of tied elements the last one has the gradient.

    Arguments:
        x: real numbers.
        axis: the axis.
    Returns:
        The smallest of xⱼ over j ≤ i; nan from the first nan on.
    Raises:
        ValueError: for an axis out of range.

    Example:
        >>> ag.cummin(Tensor([3.0, 1.0, 2.0])).numpy()
        array([3., 1., 1.])
    """
    return _running_extreme(x, axis, np.minimum)


@op(analytic=False, methods=["logcumsumexp"])
@in_single
def logcumsumexp(x: Any, axis: Axis = -1) -> Any:
    """The logarithm of the running sum of exponentials, without overflow; PyTorch's name. x (...) -> (...).

    Half precision is computed in single.

    Arguments:
        x: real numbers.
        axis: the axis.
    Returns:
        log Σ exp xⱼ over j ≤ i, in x's dtype if that is floating.
    Raises:
        ValueError: for an axis out of range.

    Example:
        >>> x = Tensor([1000.0, 1000.0], requires_grad=True)
        >>> ag.grad(ag.logcumsumexp(x).sum(), x).numpy()
        array([1.5, 0.5])
    """
    return np.logaddexp.accumulate(x, axis)


def _back_over_logcumsumexp(g: Any, x: Any, out: Any, *, axis: int) -> Any:
    """Each step's share of the next sum, at most 1, carries back what arrived there."""
    kept = where(out == -np.inf, 0, out)  # −∞ less −∞ is no share
    shares = exp(moved(kept, axis, 1, 0, -np.inf) - kept)
    return exp(x - kept) * from_behind(where(out == -np.inf, 0, shares), g, axis)


logcumsumexp.defvjp(x=in_single(_back_over_logcumsumexp))
