"""Losses of classes: how far logits, logarithms or probabilities are from labels, as numbers or as one number."""

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np

from ..arguments import Number, Parameter, Plain, Real, Whole, array_of, is_real
from ..core.primitive import operand
from ..kernels.quiet import quiet
from ..kernels.rows import are_classes
from .activation import logsigmoid
from .elementwise import clip, floating, log, relu, sigmoid, where
from .embedding import take_rows
from .entropy import cross_entropy
from .kinds import definition, linear, op
from .precision import in_single
from .reduce import sum
from .softmax import log_softmax

# ── from many numbers to one ──────────────────────────────────────────────────────────────────────────────────────────


def _reduction(name: str, what: str, value: Any, x: Any) -> str:
    if value not in ("none", "mean", "sum"):
        raise ValueError(f"{name}: reduction must be 'none', 'mean' or 'sum', not {value!r}")
    return str(value)


Reduction = Annotated[Any, Parameter(_reduction, 'Literal["none", "mean", "sum"]')]


def reduced(x: Any, how: str, count: Any = None) -> Any:
    """The losses themselves, their sum, or that divided by how many they are; of none, nan."""
    if how == "none":
        return x
    total = sum.bind(x, axis=tuple(range(len(x.shape))), keepdims=False)
    count = x.size if count is None else count
    return total if how == "sum" else total / count if np.any(getattr(count, "_array", count)) else total * np.nan


def by_element(of: Callable[..., Any], how: str, *arrays: Any) -> Any:
    """The reduced losses of(*arrays), half precision computed in single."""

    def computed(*arrays: Any) -> Any:
        with quiet(under="ignore"):
            return reduced(of(*arrays), how)

    return in_single(computed)(*arrays)


def of_one_shape(name: str, **arrays: Any) -> tuple[Any, ...]:
    """Floating arrays. Raises ValueError unless they have one shape: broadcasting would hide a mistake."""
    found = floating(name, (), **arrays)
    if len({a.shape for a in found}) > 1:
        said = " and ".join(f"{what} {a.shape}" for what, a in zip(arrays, found, strict=True))
        raise ValueError(f"{name}: {said} must have one shape")
    return found


# ── labels ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@linear(lambda g, shape, labels, *, axis: place.bind(g, labels, shape=shape, axis=axis), public=False)
def pick(x: Any, labels: Any, *, axis: Plain) -> Any:
    """The element that each label names along an axis. x (..., C, ...), labels (...) -> (...)."""
    return np.take_along_axis(x, np.expand_dims(labels, axis), axis).squeeze(axis)


@linear(lambda g, labels, *, axis: pick.bind(g, labels, axis=axis), public=False)
def place(y: Any, labels: Any, *, shape: Plain, axis: Plain) -> Any:
    """Zeros of `shape` with y where the labels say. y, labels (...) -> (..., C, ...)."""
    x = np.zeros(shape, np.asarray(y).dtype)
    np.put_along_axis(x, np.expand_dims(labels, axis), np.expand_dims(y, axis), axis)
    return x


pick.defvjp(labels=None)
place.defvjp(labels=None)


def _checked(name: str, x: Any, labels: Any, axis: int, ignored: int) -> Any:
    """Which labels are not ignored. Raises errors, as `name`, for labels that do not belong to x."""
    if labels.dtype.kind not in "iu":
        raise TypeError(f"{name}: labels must be integers, one class number each, not {labels.dtype}")
    wanted = (*x.shape[:axis], *x.shape[axis + 1 :])
    if labels.shape != wanted:
        raise ValueError(f"{name}: labels {labels.shape} must be {wanted}: x {x.shape} without the classes' axis")
    kept = labels != ignored
    bad = np.argwhere(kept & ((labels < 0) | (labels >= x.shape[axis])))
    if len(bad):
        at = tuple(int(i) for i in bad[0])
        upper = f"at least 0 and below the number of classes, {x.shape[axis]}"
        raise ValueError(f"{name}: label {labels[at]} at position {at} must be {upper}")
    return kept


def _axis(name: str, x: Any, weight: Any) -> int:
    """The classes' axis."""
    if not x.shape:
        raise ValueError(f"{name}: x () has no axis of classes; it must be (C,), or (N, C, ...)")
    axis = int(len(x.shape) > 1)
    if weight is not None and weight.shape != x.shape[axis : axis + 1]:
        raise ValueError(f"{name}: weight {weight.shape} must have one entry for each class of x {x.shape}")
    return axis


@in_single
def _of_labels(logs: Any, weight: Any, labels: Any, kept: Any, axis: int, how: str, smoothing: float) -> Any:
    """−(1 − s) · log p[label] − s/C · Σ log p, weighted; the mean is that of the weights."""
    safe = np.where(kept, labels, 0)
    factors = kept.astype(logs.dtype) if weight is None else take_rows.bind(weight, safe, skip=None) * kept
    losses = -pick.bind(logs, safe, axis=axis) * factors
    if smoothing:
        column = [1] * (len(logs.shape) - axis - 1)
        every = logs if weight is None else logs * weight.reshape((-1, *column))
        spread = -sum.bind(every, axis=(axis,), keepdims=False)
        losses = (1 - smoothing) * losses + (smoothing / logs.shape[axis]) * spread
    losses = losses if kept.all() else where(kept, losses, 0)
    return reduced(losses, how, reduced(factors, "sum"))


@definition(name="cross_entropy")
def cross_entropy_loss(
    x: Any,
    target: Any,
    weight: Any = None,
    ignore_index: Whole = -100,
    reduction: Reduction = "mean",
    label_smoothing: Real = 0.0,
) -> Any:
    """The cross-entropy −Σ t · log softmax(x) of logits with classes, or probabilities t of classes.

    Half precision is computed in single. If every label is ignored the mean is nan.

    Arguments:
        x: (N, C, ...) or (C,), logits.
        target: (N, ...) or (), class numbers; or probabilities in the shape of x.
        weight: (C,), by which the losses of each class are multiplied; the mean is divided by the labels' weights.
        ignore_index: the class number that counts for nothing.
        reduction: "none", "mean" or "sum".
        label_smoothing: from 0 to 1, how much of each label is spread over all classes.
    Returns:
        (N, ...) or (), the losses, or one number (), in x's dtype if that is floating.
    Raises:
        ValueError: for shapes that do not go together, labels out of range, and other reductions and smoothings.
        TypeError: for data that are not numbers of the right kind.
    Source: the report, section 2, Notations; the smoothing, Szegedy et al. 2015, section 7.

    Example:
        >>> x = Tensor([[0.0, 0.0], [0.0, 1000.0]], requires_grad=True)
        >>> ag.grad(ag.cross_entropy(x, np.array([0, 1]), reduction="sum"), x).numpy()
        array([[-0.5,  0.5],
               [ 0. ,  0. ]])
    """
    name = "cross_entropy"
    x, weight = floating(name, ("weight",), x=x, weight=weight)
    target, axis = operand(f"{name}: target", target), _axis(name, x, weight)
    if not (is_real(label_smoothing) and 0 <= label_smoothing <= 1):
        raise ValueError(f"{name}: label_smoothing must be from 0 to 1, not {label_smoothing!r}")
    if target.dtype.kind == "f":
        if target.shape != x.shape:
            raise ValueError(f"{name}: probabilities {target.shape} must have the shape of x {x.shape}")
        return _of_probabilities(x, target, weight, axis, reduction, label_smoothing)
    labels = getattr(target, "_array", target)  # only to refuse what is wrong
    plain = weight is None and not label_smoothing and reduction == "mean" and len(x.shape) == 2
    whole = plain and not 0 <= ignore_index < x.shape[1] and labels.dtype.kind in "iu"  # so that no label is ignored
    if whole and labels.shape == x.shape[:1] and are_classes(labels, x.shape[1]):
        return cross_entropy.bind(x, target)
    kept = _checked(name, x, labels, axis, ignore_index)
    if plain and kept.all() and len(kept):
        return cross_entropy.bind(x, target)
    logs = in_single(log_softmax.bind)(x, axis=axis)
    return _of_labels(logs, weight, array_of(target), kept, axis, reduction, label_smoothing)


@in_single
def _of_probabilities(x: Any, t: Any, weight: Any, axis: int, how: str, smoothing: float) -> Any:
    logs = log_softmax.bind(x, axis=axis)
    t = t if not smoothing else t * (1 - smoothing) + smoothing / x.shape[axis]
    every = logs * t if weight is None else logs * t * weight.reshape((-1, *[1] * (len(x.shape) - axis - 1)))
    losses = -sum.bind(every, axis=(axis,), keepdims=False)
    return reduced(losses, how)


@definition
def nll_loss(x: Any, target: Any, weight: Any = None, ignore_index: Whole = -100, reduction: Reduction = "mean") -> Any:
    """The negative log-likelihood of classes, −x at each label, of logarithms of probabilities.

    Half precision is computed in single. If every label is ignored the mean is nan.

    Arguments:
        x: (N, C, ...) or (C,), logarithms of probabilities.
        target: (N, ...) or (), class numbers.
        weight: (C,), by which the losses of each class are multiplied; the mean is divided by the labels' weights.
        ignore_index: the class number that counts for nothing.
        reduction: "none", "mean" or "sum".
    Returns:
        (N, ...) or (), the losses, or one number (), in x's dtype if that is floating.
    Raises:
        ValueError: for shapes that do not go together, labels out of range, and other reductions.
        TypeError: for labels that are not integers.

    Example:
        >>> round(ag.nll_loss(Tensor(np.log([[0.25, 0.75], [0.5, 0.5]])), np.array([1, -100])).item(), 6)
        0.287682
    """
    x, weight = floating("nll_loss", ("weight",), x=x, weight=weight)
    axis, labels = _axis("nll_loss", x, weight), array_of(operand("nll_loss: target", target))
    kept = _checked("nll_loss", x, labels, axis, ignore_index)
    return _of_labels(x, weight, labels, kept, axis, reduction, 0.0)


@definition
def multi_margin_loss(
    x: Any,
    target: Any,
    p: Whole = 1,
    margin: Number = 1.0,
    *,
    weight: Any = None,
    reduction: Reduction = "mean",
) -> Any:
    """A hinge loss of classes: Σ max(0, margin − x[label] + x[j])^p / C over the other classes j.

    The subgradient of a hinge at 0 is 0. Half precision is computed in single.

    Arguments:
        x: (N, C) or (C,), scores.
        target: (N,) or (), class numbers.
        p: 1 or 2.
        margin: a number.
        weight: (C,), by which the losses of each class are multiplied, or None.
        reduction: "none", "mean" or "sum".
    Returns:
        (N,) or (), the losses, or one number (), in x's dtype if that is floating.
    Raises:
        ValueError: for shapes that do not go together, labels out of range, another p, and other reductions.
        TypeError: for labels that are not integers.

    Example:
        >>> ag.multi_margin_loss(Tensor([[0.0, 2.0, 1.5, 0.0]]), np.array([1])).numpy()
        array(0.125)
    """
    name = "multi_margin_loss"
    x, weight = floating(name, ("weight",), x=x, weight=weight)
    axis, labels = _axis(name, x, weight), array_of(operand(f"{name}: target", target))
    if p not in (1, 2) or len(x.shape) > 2:
        raise ValueError(f"{name}: p must be 1 or 2, not {p!r}, and x (N, C) or (C,), not {x.shape}")
    if not _checked(name, x, labels, axis, -100).all():
        raise ValueError(f"{name}: labels must be at least 0")

    def losses(x: Any, *weights: Any) -> Any:
        own = pick.bind(x, labels, axis=axis)
        hinges = relu(margin - own.reshape((*own.shape, 1)) + x)
        others = np.expand_dims(labels, axis) != np.arange(x.shape[axis])
        total = sum.bind(where(others, hinges if p == 1 else hinges * hinges, 0), axis=(axis,), keepdims=False)
        factors = [take_rows.bind(w, labels, skip=None) for w in weights]
        return (total if not factors else total * factors[0]) / x.shape[axis]

    return by_element(losses, reduction, x, *([] if weight is None else [weight]))


# ── yes and no ────────────────────────────────────────────────────────────────────────────────────────────────────────


@op(public=False)
def bernoulli(p: Any, t: Any) -> Any:
    """−t log p − (1 − t) log(1 − p), logarithms being at least −100. p, t (...) -> (...)."""
    with quiet(divide="ignore"):
        return -t * np.maximum(np.log(p), -100) - (1 - t) * np.maximum(np.log1p(-p), -100)


def _bounded(p: Any) -> Any:
    with quiet(divide="ignore"):
        return clip.bind(log(p), low=-100, high=None)


bernoulli.defvjp(
    p=lambda g, p, t: g * (p - t) / clip.bind(p * (1 - p), low=1e-12, high=None),
    t=lambda g, p: g * (_bounded(1 - p) - _bounded(p)),
)


@op(public=False)
def bernoulli_of_logits(x: Any, t: Any, w: Any) -> Any:
    """−w t log σ(x) − (1 − t) log σ(−x). x, t (...), w broadcasts, or None for 1 -> (...)."""
    small = np.log1p(np.exp(-np.abs(x)))
    yes = t * (np.maximum(np.negative(x), 0) + small)
    return (1 - t) * (np.maximum(x, 0) + small) + (yes if w is None else w * yes)


def _weighted(x: Any, w: Any) -> Any:
    return x if w is None else w * x


bernoulli_of_logits.defvjp(
    x=lambda g, x, t, w: g * ((1 - t) * sigmoid(x) - _weighted(t * sigmoid(-x), w)),
    t=lambda g, x, w: g * (logsigmoid(-x) - _weighted(logsigmoid(x), w)),
    w=lambda g, x, t: -g * t * logsigmoid(x),
)


@definition
def binary_cross_entropy(x: Any, target: Any, weight: Any = None, reduction: Reduction = "mean") -> Any:
    """The cross-entropy −t log x − (1 − t) log(1 − x) of probabilities x of "yes" with targets t.

    Logarithms are at least −100, and x (1 − x) at least 1e-12 in the gradient. Half precision is computed in single.

    Arguments:
        x: (...), from 0 to 1.
        target: (...), from 0 to 1.
        weight: by which the losses are multiplied, broadcasts; or None.
        reduction: "none", "mean" or "sum".
    Returns:
        (...), the losses, or one number (), in x's dtype if that is floating.
    Raises:
        ValueError: for an x outside [0, 1], for shapes that do not go together, and for other reductions.

    Example:
        >>> ag.binary_cross_entropy(Tensor([0.5, 0.0]), np.array([1.0, 1.0]), reduction="none").numpy().round(6)
        array([  0.693147, 100.      ])
    """
    x, target = of_one_shape("binary_cross_entropy", x=x, target=target)
    array = getattr(x, "_array", x)
    if ((array < 0) | (array > 1)).any():
        raise ValueError("binary_cross_entropy: x must be probabilities, from 0 to 1; logits go to ..._with_logits")
    return by_element(lambda x, t, *w: _times(bernoulli.bind(x, t), *w), reduction, x, target, *_given(x, weight))


@definition
def binary_cross_entropy_with_logits(
    x: Any, target: Any, weight: Any = None, reduction: Reduction = "mean", *, pos_weight: Any = None
) -> Any:
    """The cross-entropy of σ(x), x the logits of "yes", with targets t: −w t log σ(x) − (1 − t) log σ(−x).

    Nothing overflows, and gradients keep their digits. Half precision is computed in single.

    Arguments:
        x: (...), logits.
        target: (...), from 0 to 1.
        weight: by which the losses are multiplied, broadcasts; or None.
        reduction: "none", "mean" or "sum".
        pos_weight: w, by which "yes" is multiplied, broadcasts; or None for 1.
    Returns:
        (...), the losses, or one number (), in x's dtype if that is floating.
    Raises:
        ValueError: for shapes that do not go together, and for other reductions.

    Example:
        >>> x = Tensor([0.0, -1000.0], requires_grad=True)
        >>> ag.grad(ag.binary_cross_entropy_with_logits(x, np.array([0.0, 1.0]), reduction="sum"), x).numpy()
        array([ 0.5, -1. ])
    """
    x, target = of_one_shape("binary_cross_entropy_with_logits", x=x, target=target)
    pos, more = _given(x, pos_weight), _given(x, weight)

    def losses(x: Any, t: Any, *weights: Any) -> Any:
        own = bernoulli_of_logits.bind(x, t, weights[0] if pos else None)
        return _times(own, *weights[len(pos) :])

    return by_element(losses, reduction, x, target, *pos, *more)


def _given(x: Any, weight: Any) -> list[Any]:
    return [] if weight is None else [operand("weight", weight, x)]


def _times(x: Any, *weights: Any) -> Any:
    return x * weights[0] if weights else x


@definition
def multilabel_soft_margin_loss(x: Any, target: Any, weight: Any = None, reduction: Reduction = "mean") -> Any:
    """The mean over classes of the cross-entropy of σ(x) with targets: of several labels at once.

    Half precision is computed in single.

    Arguments:
        x: (..., C), logits.
        target: (..., C), 0 or 1.
        weight: (C,), by which the losses of each class are multiplied, or None.
        reduction: "none", "mean" or "sum".
    Returns:
        (...), the losses, or one number (), in x's dtype if that is floating.
    Raises:
        ValueError: for shapes that do not go together, and for other reductions.

    Example:
        >>> round(ag.multilabel_soft_margin_loss(Tensor([[0.0, 0.0]]), np.array([[1, 0]])).item(), 6)
        0.693147
    """
    x, target = of_one_shape("multilabel_soft_margin_loss", x=x, target=target)
    if not x.shape:
        raise ValueError("multilabel_soft_margin_loss: x () has no axis of classes; it must be (..., C)")

    def losses(x: Any, t: Any, *weights: Any) -> Any:
        every = _times(bernoulli_of_logits.bind(x, t, None), *weights)
        return sum.bind(every, axis=(len(x.shape) - 1,), keepdims=False) / x.shape[-1]

    return by_element(losses, reduction, x, target, *_given(x, weight))
