"""Softmax, its logarithm, and the loss on top of it."""

import numpy as np
import torch.nn.functional as F

from .row import case, constant, normal, row

# fmt: off

LINES = (
    normal(2, 3, 2),
    *(case(normal(*shape), axis=axis) for axis, shape in
      ((1, (2, 3)), (0, (3, 2)), (1, (2, 3, 2)), (-3, (2, 3, 2)), (1, (2, 3, 2, 2)))),
    case(normal(1), axis=0, called="axis 0 of 1"),
)


def softmax(x, axis=-1):
    return np.exp(x) / np.exp(x).sum(axis, keepdims=True)


row("softmax", *LINES, oracle=softmax, torch=lambda x, axis=-1: x.softmax(axis), maps=True)
row("log_softmax", *LINES, oracle=lambda x, axis=-1: np.log(softmax(x, axis)), maps=True,
    torch=lambda x, axis=-1: x.log_softmax(axis))
row("logsumexp", *LINES, case(normal(2, 3), keepdims=True), case(normal(2, 3, 2), axis=1, keepdims=True),
    oracle=lambda x, axis=-1, keepdims=False: np.log(np.exp(x).sum(axis, keepdims=keepdims)),
    torch=lambda x, axis=-1, keepdims=False: x.logsumexp(axis, keepdim=keepdims))
row("cross_entropy", case(normal(4, 3), constant([2, 0, 1, 0])), case(normal(1, 5), constant([3])),
    oracle=lambda x, labels: -np.mean(np.log(softmax(x))[np.arange(len(x)), labels]), torch=F.cross_entropy)
row("less_one_hot", case(normal(4, 3), constant([2, 0, 1, 0])), oracle=lambda p, labels: p - np.eye(p.shape[1])[labels],
    torch=lambda p, labels: p - F.one_hot(labels, p.shape[1]))
