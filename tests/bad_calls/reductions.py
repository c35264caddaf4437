"""Reductions over axes, and losses: axes, labels, targets."""

import numpy as np

import autograd_mini as ag
import nn

from .given import A, T

CALLS = {
    "sum": {
        "over an array of axes": lambda: T(2, 3).sum(np.array([0, 1])),
        "over nested lists of axes": lambda: T(2, 3).sum([[0], [1]]),
        "over an axis of a number": lambda: T().sum(0),
        "of nested lists of Tensors": lambda: ag.sum([[T(2)], [T(2)]]),
    },
    "var": {
        "of one": lambda: T(1).var(ddof=1),
        "with ddof below 0": lambda: T(3).var(ddof=-1),
    },
    "std": {
        "of one": lambda: T(1).std(ddof=1),
    },
    "max": {
        "of nothing": lambda: T(0).max(),
    },
    "argmax": {
        "over two axes": lambda: T(2, 3).argmax((0, 1)),
        "of nothing": lambda: T(0).argmax(),
    },
    "softmax": {
        "over two axes": lambda: T(2, 3).softmax((0, 1)),
        "of a number": lambda: T().softmax(),
    },
    "logsumexp": {
        "of a number": lambda: T().logsumexp(),
    },
    "cross_entropy": {
        "high label": lambda: nn.cross_entropy(T(2, 2), [0, 2]),
        "negative label": lambda: nn.cross_entropy(T(2, 2), [-1, 1]),
        "float labels": lambda: nn.cross_entropy(T(2, 2), [0.0, 1.0]),
        "nan": lambda: nn.cross_entropy(T(2, 2), [0.0, np.nan]),
        "booleans": lambda: nn.cross_entropy(T(2, 2), [True, False]),
        "number of labels": lambda: nn.cross_entropy(T(3, 2), np.zeros(4, int)),
        "column of labels": lambda: nn.cross_entropy(T(2, 2), [[0], [1]]),
        "of a vector": lambda: nn.cross_entropy(T(2), [0, 1]),
        "of no rows": lambda: nn.cross_entropy(T(0, 2), np.zeros(0, int)),
        "logits and labels exchanged": lambda: nn.cross_entropy([0, 1], T(2, 2)),
        "probabilities of other classes": lambda: nn.cross_entropy(T(2, 2), np.ones((2, 3))),
        "one-hot integer labels": lambda: nn.cross_entropy(T(2, 2), np.eye(2, dtype=int)),
        "no labels": lambda: nn.cross_entropy(T(2, 2), None),
        "labels in words": lambda: nn.cross_entropy(T(2, 2), ["a", "b"]),
        "one label": lambda: nn.cross_entropy(T(1, 2), 0),
        "ragged labels": lambda: nn.cross_entropy(T(2, 2), [[0], [1, 2]]),
        "a label too large for any class": lambda: nn.cross_entropy(T(2, 2), np.array([0, 2**64 - 1], np.uint64)),
        "a label to be ignored if it were another": lambda: nn.cross_entropy(T(2, 2), [0, -100], ignore_index=-1),
        "logits of no classes": lambda: nn.cross_entropy(T(2, 0), [0, 0]),
        "labels of other images": lambda: nn.cross_entropy(T(2, 3, 4, 4), np.zeros((2, 4, 3), int)),
        "labels of no images": lambda: nn.cross_entropy(T(2, 3, 4, 4), [0, 1]),
        "smoothing of 2": lambda: nn.cross_entropy(T(2, 2), [0, 1], label_smoothing=2),
        "reduction in other words": lambda: nn.cross_entropy(T(2, 2), [0, 1], reduction="avg"),
        "weights of other classes": lambda: nn.cross_entropy(T(2, 2), [0, 1], weight=np.ones(3)),
        "a list of Tensors as logits": lambda: nn.cross_entropy([T(2), T(2)], [0, 1]),
        "text as logits": lambda: nn.cross_entropy([["a", "b"]], [0]),
        "no logits": lambda: nn.cross_entropy(None, [0]),
    },
    "mse_loss": {
        "shapes": lambda: nn.mse_loss(T(2, 1), A(2)),
        "of nothing": lambda: nn.mse_loss(T(0), A(0)),
        "without targets": lambda: nn.mse_loss(T(2), None),
        "with targets in words": lambda: nn.mse_loss(T(2), ["a", "b"]),
        "with a list of Tensors": lambda: nn.mse_loss(T(2), [T(), T()]),
        "with ragged targets": lambda: nn.mse_loss(T(2), [[1.0], [1.0, 2.0]]),
        "of booleans": lambda: nn.mse_loss(np.array([True]), np.array([False])),
        "with complex targets": lambda: nn.mse_loss(T(2), A(2) + 1j),
    },
    "min": {
        "over an axis of nothing": lambda: T(2, 0).min(1),
    },
}
