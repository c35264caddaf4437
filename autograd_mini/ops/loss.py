"""Cross-entropy in one operation with the softmax before it: of logits and labels, one number."""

from typing import Any

import numpy as np

from ..kernels.quiet import quiet
from .kinds import op
from .precision import in_single
from .softmax import log_softmax, softmax


@op(public=False, analytic=True)
@in_single
def cross_entropy(logits: Any, labels: Any) -> Any:
    """The mean of −log softmax(logits)[label]. logits (N, classes), labels (N,) integers -> ().

    ∂/∂logits = (softmax(logits) − one-hot(labels)) / N. Source: the report, section 2, Notations.
    """
    if (labels < 0).any():
        raise IndexError("labels must be at least 0")
    with quiet(under="ignore"):
        return -log_softmax.forward(logits, axis=1)[np.arange(len(labels)), labels].mean()


@op(public=False, analytic=True)
def less_one_hot(p: Any, labels: Any) -> Any:
    """p − one-hot(labels): each row less 1 at its label. p (N, classes), labels (N,) -> (N, classes)."""
    result = np.array(p)
    result[np.arange(len(labels)), labels] -= 1
    return result


less_one_hot.defvjp(p=lambda g: g, labels=None)
cross_entropy.defvjp(
    logits=in_single(
        lambda g, logits, labels: less_one_hot.bind(softmax.bind(logits, axis=1), labels) * (g / len(labels))
    ),
    labels=None,
)
