"""Cross-entropy fused with the softmax it follows: logits and labels in, one number out."""

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
    with quiet(under="ignore"):
        return -log_softmax.forward(logits, axis=1)[np.arange(len(labels)), labels].mean()


def _one_hot(labels: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    hot = np.zeros(shape, dtype)
    hot[np.arange(len(labels)), labels] = 1
    return hot


cross_entropy.defvjp(
    logits=in_single(
        lambda g, logits, labels: (
            (softmax.bind(logits, axis=1) - _one_hot(labels, logits.shape, logits.dtype)) * (g / len(labels))
        )
    ),
    labels=None,
)
