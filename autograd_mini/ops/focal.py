"""Focal losses: cross-entropy in which what is already known well counts little."""

from typing import Any

import numpy as np

from ..arguments import Real, bare
from ..core.primitive import operand
from .elementwise import exp, log
from .kinds import definition
from .softmax import log_softmax
from .sort import take_along_axis


def _of_targets(name: str, x: Any, targets: Any) -> Any:
    """Of each row the element of its class. x (N, C), targets (N,) -> (N,)."""
    labels = np.asarray(bare(operand(name, targets)))
    if len(x.shape) != 2 or labels.shape != x.shape[:1] or labels.dtype.kind not in "iu":
        raise ValueError(f"{name}: {x.shape} must be (N, C), and targets {labels.shape} N numbers of classes, integers")
    if labels.size and not (labels.min() >= 0 and labels.max() < x.shape[1]):
        raise ValueError(f"{name}: classes are 0 to {x.shape[1] - 1}, not {labels.min()} to {labels.max()}")
    return take_along_axis.bind(x, labels.astype(np.intp)[:, None], axis=1).reshape(labels.shape)


@definition
def focal_loss(class_probs: Any, targets: Any, alpha: Real = 1.0, gamma: Real = 0.0) -> Any:
    """The focal loss −α (1 − p)ᵞ log p of each row, p being its class's probability. (N, C), (N,) -> (N,).

    Arguments:
        class_probs: (N, C), probabilities.
        targets: (N,), the classes.
        alpha: what the loss is multiplied by.
        gamma: how little a probability near 1 counts; 0 is cross-entropy.
    Returns:
        (N,), the losses.
    Raises:
        ValueError: for classes that do not fit.
    Source: Lin et al. 2017, "Focal Loss for Dense Object Detection".

    Example:
        >>> ag.focal_loss(Tensor([[0.5, 0.5]]), [1], gamma=2.0).numpy().round(6)
        array([0.173287])
    """
    p = _of_targets("focal_loss", class_probs, targets)
    return -alpha * ((1 - p) ** gamma * log(p))


@definition
def softmax_focal_loss(scores: Any, targets: Any, alpha: Real = 1.0, gamma: Real = 0.0) -> Any:
    """The focal loss of the softmax of scores, without overflow. (N, C), (N,) -> (N,).

    Arguments:
        scores: (N, C), logits.
        targets: (N,), the classes.
        alpha: what the loss is multiplied by.
        gamma: how little a probability near 1 counts; 0 is cross-entropy.
    Returns:
        (N,), the losses.
    Raises:
        ValueError: for classes that do not fit.
    Source: Lin et al. 2017, "Focal Loss for Dense Object Detection".

    Example:
        >>> ag.softmax_focal_loss(Tensor([[0.0, 1000.0]]), [0], gamma=2.0).numpy()
        array([1000.])
    """
    logarithm = _of_targets("softmax_focal_loss", log_softmax(scores, 1), targets)
    return -alpha * ((1 - exp(logarithm)) ** gamma * logarithm)
