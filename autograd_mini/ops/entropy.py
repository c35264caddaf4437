"""The cross-entropy of logits and labels in one operation, and its gradient in another."""

from typing import Any

import numpy as np

from ..kernels.quiet import quiet
from ..kernels.rows import of_labels
from .kinds import op
from .precision import in_single
from .softmax import log_softmax, softmax, softmax_back


@op(public=False, analytic=True)
@in_single
def cross_entropy(logits: Any, labels: Any) -> Any:
    """The mean of −log softmax(logits)[label]. logits (N, classes), labels (N,) integers -> ().

    ∂/∂logits = (softmax(logits) − one-hot(labels)) / N. Source: the report, section 2, Notations.
    """
    with quiet(under="ignore"):
        if (losses := of_labels("cross_entropies", logits, labels)) is not None:
            return _mean(losses)
        if (labels < 0).any():
            raise IndexError("labels must be at least 0")
        return -_mean(log_softmax.forward(logits, axis=1)[np.arange(len(labels)), labels])


def _mean(x: Any) -> Any:
    """The mean, which is a number of x's dtype even if the sum is none."""
    return x.mean(dtype=np.result_type(x, np.float64)).astype(x.dtype)


@op(public=False, analytic=True)
def less_one_hot(p: Any, labels: Any) -> Any:
    """p − one-hot(labels): each row less 1 at its label. p (N, classes), labels (N,) -> (N, classes)."""
    result = np.array(p)
    result[np.arange(len(labels)), labels] -= 1
    return result


@op(public=False)
def cross_entropy_back(logits: Any, labels: Any, factor: Any) -> Any:
    """(softmax(logits) − one-hot(labels)) · factor. logits (N, classes), labels (N,), factor () -> (N, classes)."""
    with quiet(under="ignore", over="ignore"):  # what is too far below the largest is 0, however far
        number = (logits.dtype.type(factor),)
        if (found := of_labels("cross_entropies_back", logits, labels, number)) is not None:
            return found
        logs, at_label = log_softmax.forward(logits, axis=1), (np.arange(len(labels)), labels)
        result = np.exp(logs)
        result[at_label] = np.expm1(logs[at_label])  # p − 1, which keeps its digits where p is nearly 1
        result *= factor
        return result


def _bent(v: Any, logits: Any, factor: Any) -> Any:
    return softmax_back.bind(v * factor, softmax.bind(logits, axis=1), axis=1)


less_one_hot.defvjp(p=lambda g: g, labels=None)
cross_entropy_back.defvjp(
    logits=_bent,
    labels=None,
    factor=lambda v, logits, labels: v * less_one_hot.bind(softmax.bind(logits, axis=1), labels),
)
cross_entropy.defvjp(
    logits=in_single(lambda g, logits, labels: cross_entropy_back.bind(logits, labels, g / len(labels))),
    labels=None,
)
