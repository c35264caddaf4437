"""Losses as layers, their settings in their fields: of predictions and targets they make one number."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor
from autograd_mini.arguments import array_of, is_whole
from autograd_mini.core.primitive import operand

from ..layers.kinds import Kind
from .functions import check_labels, cross_entropy, is_probabilities, mse_loss

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CTCLoss", "CosineEmbeddingLoss", "CrossEntropyLoss", "GaussianNLLLoss",
    "HingeEmbeddingLoss", "HuberLoss", "KLDivLoss", "L1Loss", "MSELoss", "MarginRankingLoss",
    "MultiLabelSoftMarginLoss", "MultiMarginLoss", "NLLLoss", "PoissonNLLLoss", "SmoothL1Loss", "SoftMarginLoss",
    "TripletMarginLoss",
]  # fmt: skip


class _Loss(Kind):
    """A loss.

    Raises:
        ValueError, TypeError: for settings that mean nothing.
    """

    buffers = ("weight", "pos_weight")
    compute: ClassVar[Callable[..., Any]]
    given: ClassVar[tuple[str, ...]] = ("reduction",)
    reductions: ClassVar[tuple[str, ...]] = ("mean", "sum", "none")

    def __init__(self, reduction: str = "mean") -> None:
        self._choice("reduction", reduction, self.reductions)

    def _weights(self, **given: Any) -> None:
        """Keep weights, which are not trained."""
        for what, value in given.items():
            own = None if value is None else operand(f"{type(self).__name__}: {what}", value)
            setattr(self, what, own if own is None else Tensor(array_of(own), name=what))

    def forward(self, *inputs: Any) -> Any:
        """The loss, or the losses."""
        return type(self).compute(*inputs, **{name: getattr(self, name) for name in self.given})


class L1Loss(_Loss):
    """The mean of |x − target|.

    x, target (...) -> ().

    Arguments:
        reduction: "mean", "sum", or "none" for the losses themselves.

    Example:
        >>> nn.L1Loss()(np.array([1.0, 4.0]), np.array([1.0, 2.0]))
        np.float64(1.0)
    """

    compute = ag.l1_loss


class MSELoss(_Loss):
    """The mean of (x − target)².

    x, target (...) -> ().

    Arguments:
        reduction: "mean", "sum", or "none" for the losses themselves.

    Example:
        >>> nn.MSELoss()(Tensor([1.0, 4.0]), [1.0, 2.0]).item()
        2.0
    """

    compute = mse_loss


class SmoothL1Loss(_Loss):
    """Squares of small differences, absolute values of large ones: d² / 2β below β, |d| − β/2 above.

    x, target (...) -> ().

    Arguments:
        reduction: "mean", "sum", or "none" for the losses themselves.
        beta: β, a number of at least 0.
    Source: Girshick 2015.

    Example:
        >>> nn.SmoothL1Loss()(Tensor([0.0, 3.0]), np.array([1.0, 1.0])).item()
        1.0
    """

    compute, given = ag.smooth_l1_loss, ("reduction", "beta")

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self._numbers(least=0, beta=beta)


class HuberLoss(_Loss):
    """Squares of small differences, absolute values of large ones: d² / 2 below δ, δ (|d| − δ/2) above.

    x, target (...) -> ().

    Arguments:
        reduction: "mean", "sum", or "none" for the losses themselves.
        delta: δ, a number above 0.
    Source: Huber 1964.

    Example:
        >>> nn.HuberLoss(delta=2.0)(Tensor([0.0, 3.0]), np.array([1.0, 0.0])).item()
        2.25
    """

    compute, given = ag.huber_loss, ("reduction", "delta")

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self._numbers(delta=delta)
        if delta <= 0:
            raise ValueError(f"HuberLoss: delta must be a number above 0, not {delta!r}")


class CrossEntropyLoss(_Loss):
    """The mean of −log softmax(logits)[label].

    logits (N, classes, ...), labels (N, ...), or probabilities in the shape of the logits -> ().

    Arguments:
        weight: (classes,), by which the losses of each class are multiplied, or None; it is a buffer.
        ignore_index: the label that counts for nothing.
        reduction: "mean", "sum", or "none" for the losses themselves.
        label_smoothing: from 0 to 1, how much of each label is spread over all classes.
    Source: the report, section 2, Notations.

    Example:
        >>> round(nn.CrossEntropyLoss(label_smoothing=0.1)(Tensor([[0.0, 0.0]]), [1]).item(), 4)
        0.6931
    """

    compute, given = cross_entropy, ("weight", "ignore_index", "reduction", "label_smoothing")

    def __init__(
        self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean", label_smoothing: float = 0.0
    ) -> None:
        super().__init__(reduction)
        self._numbers(least=0, most=1, label_smoothing=label_smoothing)
        if not is_whole(ignore_index):
            raise TypeError(f"CrossEntropyLoss: ignore_index must be an integer, not {ignore_index!r}")
        self.ignore_index = int(ignore_index)
        self._weights(weight=weight)


class NLLLoss(_Loss):
    """The mean of −x[label], x being logarithms of probabilities.

    x (N, classes, ...), labels (N, ...) -> ().

    Arguments:
        weight: (classes,), by which the losses of each class are multiplied, or None; it is a buffer.
        ignore_index: the label that counts for nothing.
        reduction: "mean", "sum", or "none" for the losses themselves.

    Example:
        >>> round(nn.NLLLoss()(Tensor(np.log([[0.25, 0.75]])), np.array([1])).item(), 6)
        0.287682
    """

    compute, given = ag.nll_loss, ("weight", "ignore_index", "reduction")

    def __init__(self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(reduction)
        if not is_whole(ignore_index):
            raise TypeError(f"NLLLoss: ignore_index must be an integer, not {ignore_index!r}")
        self.ignore_index = int(ignore_index)
        self._weights(weight=weight)


class BCELoss(_Loss):
    """The cross-entropy of probabilities of "yes" with targets.

    x, target (...), from 0 to 1 -> ().

    Arguments:
        weight: by which the losses are multiplied, broadcasts; or None; it is a buffer.
        reduction: "mean", "sum", or "none" for the losses themselves.

    Example:
        >>> round(nn.BCELoss()(Tensor([0.5]), np.array([1.0])).item(), 6)
        0.693147
    """

    compute, given = ag.binary_cross_entropy, ("weight", "reduction")

    def __init__(self, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self._weights(weight=weight)


class BCEWithLogitsLoss(_Loss):
    """The cross-entropy of logits of "yes" with targets.

    x (...), target (...), from 0 to 1 -> ().

    Arguments:
        weight: by which the losses are multiplied, broadcasts; or None; it is a buffer.
        reduction: "mean", "sum", or "none" for the losses themselves.
        pos_weight: by which "yes" is multiplied, likewise.

    Example:
        >>> round(nn.BCEWithLogitsLoss()(Tensor([0.0]), np.array([1.0])).item(), 6)
        0.693147
    """

    compute, given = ag.binary_cross_entropy_with_logits, ("weight", "reduction", "pos_weight")

    def __init__(self, weight: Any = None, reduction: str = "mean", pos_weight: Any = None) -> None:
        super().__init__(reduction)
        self._weights(weight=weight, pos_weight=pos_weight)


class KLDivLoss(_Loss):
    """The Kullback-Leibler divergence target · (log target − x), x being logarithms of probabilities.

    x, target (...) -> ().

    Arguments:
        reduction: "mean", "sum", "batchmean" for the sum divided by N, or "none" for the numbers themselves.
        log_target: whether the target is a logarithm too.

    Example:
        >>> round(nn.KLDivLoss("sum")(Tensor(np.log([0.5, 0.5])), np.array([1.0, 0.0])).item(), 6)
        0.693147
    """

    compute, given = ag.kl_div, ("reduction", "log_target")
    reductions = ("mean", "sum", "batchmean", "none")

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self._flags(log_target=log_target)


class PoissonNLLLoss(_Loss):
    """The negative log-likelihood of counts, Poisson-distributed around what is predicted.

    x, target (...) -> ().

    Arguments:
        log_input: whether x is the logarithm of the mean.
        full: whether Stirling's terms of the target are added.
        eps: added to the mean before its logarithm is taken.
        reduction: "mean", "sum", or "none" for the losses themselves.

    Example:
        >>> nn.PoissonNLLLoss()(Tensor([0.0]), np.array([3.0])).item()
        1.0
    """

    compute, given = ag.poisson_nll_loss, ("log_input", "full", "eps", "reduction")

    def __init__(self, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self._flags(log_input=log_input, full=full)
        self._numbers(least=0, eps=eps)


class GaussianNLLLoss(_Loss):
    """The negative log-likelihood of numbers, normally distributed around what is predicted.

    x, target, var (...) -> ().

    Arguments:
        full: whether log(2π) / 2 is added.
        eps: the least that a variance counts for.
        reduction: "mean", "sum", or "none" for the losses themselves.

    Example:
        >>> nn.GaussianNLLLoss()(Tensor([0.0]), np.array([2.0]), np.array([1.0])).item()
        2.0
    """

    compute, given = ag.gaussian_nll_loss, ("full", "eps", "reduction")

    def __init__(self, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self._flags(full=full)
        self._numbers(least=0, eps=eps)


class CTCLoss(_Loss):
    """The negative log-likelihood of label sequences, over all ways to align them.

    log_probs (T, N, C), targets (N, S), input_lengths (N,), target_lengths (N,) -> ().

    Arguments:
        blank: the class that is no label.
        reduction: "mean", "sum", or "none" for the losses themselves.
        zero_infinity: whether what cannot be aligned counts as 0.
    Source: Graves et al. 2006.

    Example:
        >>> round(nn.CTCLoss()(Tensor(np.log(np.full((2, 1, 2), 0.5))), np.array([[1]]), [2], [1]).item(), 6)
        0.287682
    """

    compute, given = ag.ctc_loss, ("blank", "reduction", "zero_infinity")

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction)
        self._flags(zero_infinity=zero_infinity)
        self._whole(0, blank=blank)


class HingeEmbeddingLoss(_Loss):
    """x where the target is 1, max(0, margin − x) where it is −1.

    x, target (...) -> ().

    Arguments:
        margin: a number.
        reduction: "mean", "sum", or "none" for the losses themselves.

    Example:
        >>> nn.HingeEmbeddingLoss()(Tensor([0.5, 0.25]), np.array([1, -1])).item()
        0.625
    """

    compute, given = ag.hinge_embedding_loss, ("margin", "reduction")

    def __init__(self, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self._numbers(margin=margin)


class MarginRankingLoss(_Loss):
    """The mean of max(0, −target · (x₁ − x₂) + margin): which of two should be the larger.

    x₁, x₂, target (...) -> ().

    Arguments:
        margin: a number.
        reduction: "mean", "sum", or "none" for the losses themselves.

    Example:
        >>> nn.MarginRankingLoss()(Tensor([1.0]), np.array([3.0]), np.array([1.0])).item()
        2.0
    """

    compute, given = ag.margin_ranking_loss, ("margin", "reduction")

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self._numbers(margin=margin)


class CosineEmbeddingLoss(_Loss):
    """1 − cos(x₁, x₂) where the target is 1, max(0, cos(x₁, x₂) − margin) where it is −1.

    x₁, x₂ (N, E), target (N,) -> ().

    Arguments:
        margin: a number from −1 to 1.
        reduction: "mean", "sum", or "none" for the losses themselves.

    Example:
        >>> nn.CosineEmbeddingLoss()(Tensor([[1.0, 0.0]]), np.array([[0.0, 1.0]]), np.array([1])).item()
        1.0
    """

    compute, given = ag.cosine_embedding_loss, ("margin", "reduction")

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self._numbers(margin=margin)


class TripletMarginLoss(_Loss):
    """The mean of max(0, ‖anchor − positive‖ − ‖anchor − negative‖ + margin).

    anchor, positive, negative (N, E) -> ().

    Arguments:
        margin: a number.
        p: of the norm.
        eps: added to the differences.
        swap: whether the positive's distance to the negative counts where that is smaller.
        reduction: "mean", "sum", or "none" for the losses themselves.
    Source: Balntas et al. 2016.

    Example:
        >>> round(nn.TripletMarginLoss()(Tensor([[0.0]]), np.array([[2.0]]), np.array([[1.0]])).item(), 3)
        2.0
    """

    compute, given = ag.triplet_margin_loss, ("margin", "p", "eps", "swap", "reduction")

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self._flags(swap=swap)
        self._numbers(margin=margin)
        self._numbers(p=p)
        self._numbers(least=0, eps=eps)
        if p <= 0:
            raise ValueError(f"TripletMarginLoss: p must be a number above 0, not {p!r}")


class MultiMarginLoss(_Loss):
    """A hinge loss of classes: Σ max(0, margin − x[label] + x[j])^p / C over the other classes j.

    x (N, C), labels (N,) -> ().

    Arguments:
        p: 1 or 2.
        margin: a number.
        weight: (C,), by which the losses of each class are multiplied, or None; it is a buffer.
        reduction: "mean", "sum", or "none" for the losses themselves.

    Example:
        >>> nn.MultiMarginLoss()(Tensor([[0.0, 2.0, 1.5, 0.0]]), np.array([1])).item()
        0.125
    """

    compute, given = ag.multi_margin_loss, ("p", "margin", "weight", "reduction")

    def __init__(self, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self._numbers(margin=margin)
        if p not in (1, 2):
            raise ValueError(f"MultiMarginLoss: p must be 1 or 2, not {p!r}")
        self.p = p
        self._weights(weight=weight)


class MultiLabelSoftMarginLoss(_Loss):
    """The mean over classes of the cross-entropy of σ(x) with targets: of several labels at once.

    x, target (N, C) -> ().

    Arguments:
        weight: (C,), by which the losses of each class are multiplied, or None; it is a buffer.
        reduction: "mean", "sum", or "none" for the losses themselves.

    Example:
        >>> round(nn.MultiLabelSoftMarginLoss()(Tensor([[0.0, 0.0]]), np.array([[1, 0]])).item(), 6)
        0.693147
    """

    compute, given = ag.multilabel_soft_margin_loss, ("weight", "reduction")

    def __init__(self, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self._weights(weight=weight)


class SoftMarginLoss(_Loss):
    """The mean of log(1 + exp(−target · x)), the targets being 1 or −1.

    x, target (...) -> ().

    Arguments:
        reduction: "mean", "sum", or "none" for the losses themselves.

    Example:
        >>> round(nn.SoftMarginLoss()(Tensor([0.0]), np.array([1.0])).item(), 6)
        0.693147
    """

    compute = ag.soft_margin_loss


Counted = tuple[Any, float]
"""Which labels of a batch count, None for all of them, and how much they count together."""

_OF_LABELS = (cross_entropy, ag.cross_entropy, ag.nll_loss)


def label_settings(loss: Any) -> tuple[int, Any] | None:
    """The label that a loss ignores, and the weight of each class or None; None for a loss that is not of labels."""
    if isinstance(loss, partial) and loss.func in _OF_LABELS:
        return loss.keywords.get("ignore_index", -100), loss.keywords.get("weight")
    if isinstance(loss, CrossEntropyLoss | NLLLoss) or loss in _OF_LABELS:
        return getattr(loss, "ignore_index", -100), getattr(loss, "weight", None)
    return None


def counted(loss: Any, targets: Any) -> Counted:
    """What the mean over a batch, which a loss is, is a mean of: all examples, or labels by the weights of classes."""
    labels, settings = array_of(targets), label_settings(loss)
    if settings is None or labels.dtype.kind not in "iu":
        return None, float(len(labels))
    ignored, weight = settings
    kept = labels != ignored
    if weight is None:
        return kept, float(kept.sum())
    each = array_of(weight)
    known = kept & (labels >= 0) & (labels < len(each))  # the loss refuses others
    return kept, float(each[labels[known]].sum(dtype=np.float64))


def label_check(loss: Any) -> Callable[..., Any] | None:
    """What refuses labels that a cross-entropy cannot take, whatever its settings; None for another loss."""
    settings = label_settings(loss)
    if settings is None or isinstance(loss, NLLLoss) or getattr(loss, "func", loss) in _OF_LABELS[1:]:
        return None

    def check(labels: Any, classes: int | None = None) -> None:
        if not is_probabilities(labels):
            check_labels(labels, classes, settings[0])

    return check
