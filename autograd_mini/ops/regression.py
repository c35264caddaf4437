"""Losses of numbers and of distributions: how far predictions are from targets."""

from math import log as log_of
from math import pi
from typing import Annotated, Any

import numpy as np

from ..arguments import Flag, Number, Parameter
from .elementwise import absolute, clip, detach, exp, floating, log, square, where
from .kinds import definition, elementwise
from .loss import Reduction, by_element, of_one_shape, reduced


@elementwise(
    product=lambda g, x, *, bound: g * clip.bind(x, low=-bound, high=bound),
    kink=lambda x, bound: np.greater(x, bound) * 1 - np.less(x, -bound),
    public=False,
)
def huber(x: Any, *, bound: Any) -> Any:
    """½x² where |x| ≤ bound, beyond it the line that goes on from there. x (...) -> (...)."""
    size = np.abs(x)
    near = np.minimum(size, bound)
    return near * (size - 0.5 * near)


@elementwise(product=lambda g, x: g * (log(x) + 1), analytic=False, public=False)
def x_log_x(x: Any) -> Any:
    """x log x, 0 at 0. x (...) -> (...)."""
    return x * np.log(x + (x == 0))


@definition
def l1_loss(x: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """The absolute difference |x − target|. x, target (...) -> () or (...).

    The subgradient at 0 is 0. Half precision is computed in single.

    Arguments:
        x, target: (...), of one shape.
        reduction: "none", "mean" or "sum".
    Returns:
        (...), the losses, or one number (), in x's dtype if that is floating.
    Raises:
        ValueError: unless the shapes are equal, and for other reductions.

    Example:
        >>> ag.l1_loss(Tensor([1.0, 5.0]), np.array([2.0, 2.0])).numpy()
        array(2.)
    """
    x, target = of_one_shape("l1_loss", x=x, target=target)
    return by_element(lambda x, t: absolute(x - t), reduction, x, target)


@definition
def mse_loss(x: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """The squared difference (x − target)². x, target (...) -> () or (...).

    Half precision is computed in single.

    Arguments:
        x, target: (...), of one shape.
        reduction: "none", "mean" or "sum".
    Returns:
        (...), the losses, or one number (), in x's dtype if that is floating.
    Raises:
        ValueError: unless the shapes are equal, and for other reductions.
    Source: the report, section 2, Notations.

    Example:
        >>> ag.mse_loss(Tensor([1.0, 5.0]), np.array([2.0, 2.0])).numpy()
        array(5.)
    """
    x, target = of_one_shape("mse_loss", x=x, target=target)
    return by_element(lambda x, t: square(x - t), reduction, x, target)


@definition
def huber_loss(x: Any, target: Any, reduction: Reduction = "mean", delta: Number = 1.0) -> Any:
    """Half the squared difference, ½d², or δ (|d| − ½δ) where |d| is above δ. x, target (...) -> () or (...).

    Half precision is computed in single.

    Arguments:
        x, target: (...), of one shape.
        reduction: "none", "mean" or "sum".
        delta: δ, a number above 0.
    Returns:
        (...), the losses, or one number (), in x's dtype if that is floating.
    Raises:
        ValueError: unless the shapes are equal and delta above 0, and for other reductions.
    Source: Huber 1964.

    Example:
        >>> ag.huber_loss(Tensor([1.0, 5.0]), np.array([2.0, 2.0]), reduction="none").numpy()
        array([0.5, 2.5])
    """
    if not delta > 0:
        raise ValueError(f"huber_loss: delta must be above 0, not {delta}")
    x, target = of_one_shape("huber_loss", x=x, target=target)
    return by_element(lambda x, t: huber.bind(x - t, bound=delta), reduction, x, target)


@definition
def smooth_l1_loss(x: Any, target: Any, reduction: Reduction = "mean", beta: Number = 1.0) -> Any:
    """The absolute difference less ½β, or ½d²/β where that is below β. x, target (...) -> () or (...).

    With a β of 0 it is `l1_loss`. Half precision is computed in single.

    Arguments:
        x, target: (...), of one shape.
        reduction: "none", "mean" or "sum".
        beta: β, a number of at least 0.
    Returns:
        (...), the losses, or one number (), in x's dtype if that is floating.
    Raises:
        ValueError: unless the shapes are equal and beta at least 0, and for other reductions.
    Source: Girshick 2015, equation 3.

    Example:
        >>> ag.smooth_l1_loss(Tensor([1.0, 5.0]), np.array([2.0, 2.0]), reduction="none").numpy()
        array([0.5, 2.5])
    """
    if not beta >= 0:
        raise ValueError(f"smooth_l1_loss: beta must be at least 0, not {beta}")
    x, target = of_one_shape("smooth_l1_loss", x=x, target=target)
    if beta == 0:
        return by_element(lambda x, t: absolute(x - t), reduction, x, target)
    return by_element(lambda x, t: huber.bind(x - t, bound=beta) / beta, reduction, x, target)


def _or_batchmean(name: str, what: str, value: Any, x: Any) -> str:
    if value not in ("none", "mean", "sum", "batchmean"):
        raise ValueError(f"{name}: reduction must be 'none', 'mean', 'batchmean' or 'sum', not {value!r}")
    return str(value)


OrBatchMean = Annotated[Any, Parameter(_or_batchmean, 'Literal["none", "mean", "batchmean", "sum"]')]


@definition
def kl_div(x: Any, target: Any, reduction: OrBatchMean = "mean", log_target: Flag = False) -> Any:
    """The Kullback-Leibler divergence t (log t − x) of probabilities t from those whose logarithms are x.

    Where t is 0 it is 0. Half precision is computed in single.

    Arguments:
        x: (N, ...), logarithms of probabilities.
        target: (N, ...), probabilities.
        reduction: "none", "mean" over all elements, "batchmean", the sum divided by N, or "sum".
        log_target: whether the target too is given in logarithms.
    Returns:
        (N, ...), the terms, or one number (), in x's dtype if that is floating.
    Raises:
        ValueError: unless the shapes are equal, and for other reductions.

    Example:
        >>> t = np.array([[0.5, 0.5]])
        >>> round(ag.kl_div(Tensor(np.log([[0.25, 0.75]])), t, "batchmean").item(), 6)
        0.143841
    """
    x, target = of_one_shape("kl_div", x=x, target=target)
    if reduction == "batchmean" and not x.shape:
        raise ValueError("kl_div: x () has no batch to take the mean over")

    def terms(x: Any, t: Any) -> Any:
        each = exp(t) * (t - x) if log_target else x_log_x.bind(t) - t * x
        return reduced(each, "mean", x.shape[0]) if reduction == "batchmean" else each

    return by_element(terms, "none" if reduction == "batchmean" else reduction, x, target)


@definition
def poisson_nll_loss(
    x: Any,
    target: Any,
    log_input: Flag = True,
    full: Flag = False,
    eps: Number = 1e-8,
    reduction: Reduction = "mean",
) -> Any:
    """The negative log-likelihood of counts under a Poisson distribution: eˣ − t x, or x − t log(x + eps).

    Half precision is computed in single.

    Arguments:
        x: (...), logarithms of the expected counts, or these.
        target: (...), counts.
        log_input: whether x are logarithms.
        full: whether Stirling's approximation of log t! is added where t > 1.
        eps: a number, added to what a logarithm is taken of.
        reduction: "none", "mean" or "sum".
    Returns:
        (...), the losses, or one number (), in x's dtype if that is floating.
    Raises:
        ValueError: unless the shapes are equal, and for other reductions.

    Example:
        >>> ag.poisson_nll_loss(Tensor([0.0, 0.0]), np.array([3.0, 0.0]), reduction="none").numpy()
        array([1., 1.])
    """
    x, target = of_one_shape("poisson_nll_loss", x=x, target=target)

    def losses(x: Any, t: Any) -> Any:
        own = exp(x) - t * x if log_input else x - t * log(x + eps)
        if not full:
            return own
        many = t > 1
        safe = where(many, t, 1)
        return own + where(many, safe * log(safe) - safe + 0.5 * log(2 * pi * safe), 0)

    return by_element(losses, reduction, x, target)


@definition
def gaussian_nll_loss(
    x: Any, target: Any, var: Any, full: Flag = False, eps: Number = 1e-6, reduction: Reduction = "mean"
) -> Any:
    """The loss of a normal distribution: ½ (log v + (x − t)² / v) with v = max(var, eps). x (...) -> () or (...).

    The gradient of a variance below eps is that at eps. Half precision is computed in single.

    Arguments:
        x, target: (...), expected values, and what was found.
        var: (...), or without its last axis, or with length 1 there, or one for all: variances of at least 0.
        full: whether ½ log 2π is added.
        eps: a number above 0, the least variance.
        reduction: "none", "mean" or "sum".
    Returns:
        (...), the losses, or one number (), in x's dtype if that is floating.
    Raises:
        ValueError: for shapes that do not go together, a variance below 0, and for other reductions.

    Example:
        >>> ag.gaussian_nll_loss(Tensor([1.0, 5.0]), np.array([2.0, 2.0]), np.array([1.0, 9.0])).numpy().round(6)
        np.float64(1.049306)
    """
    name = "gaussian_nll_loss"
    x, target = of_one_shape(name, x=x, target=target)
    _, var = floating(name, (), x=x, var=var)
    if not eps > 0:
        raise ValueError(f"{name}: eps must be above 0, not {eps}")
    if var.shape == x.shape[:-1] != x.shape:
        var = var.reshape((*var.shape, 1))
    if var.shape not in (x.shape, (*x.shape[:-1], 1), ()):
        words = f"must have the shape of x {x.shape}, but for the last axis, or be one number"
        raise ValueError(f"{name}: var {var.shape} {words}")
    if (getattr(var, "_array", var) < 0).any():
        raise ValueError(f"{name}: var must be at least 0")

    def losses(x: Any, t: Any, v: Any) -> Any:
        v = v + clip.bind(eps - detach.bind(v), low=0, high=None)
        own = 0.5 * (log(v) + square(x - t) / v)
        return own + 0.5 * log_of(2 * pi) if full else own

    return by_element(losses, reduction, x, target, var)
