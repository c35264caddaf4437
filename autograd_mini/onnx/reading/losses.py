"""ONNX's losses of classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops as f
from ...arguments import bare
from .operators import operator


def _nll(x: Any, target: Any, weight: Any, ignore: int | None, reduction: str) -> Any:
    classes = np.asarray(bare(target))
    counted = np.ones(classes.shape, bool) if ignore is None else classes != ignore
    safe = np.where(counted, classes, 0)
    if safe.size and not 0 <= safe.min() <= safe.max() < x.shape[1]:
        raise IndexError(f"a target is not one of {x.shape[1]} classes")
    index: Any = np.indices(classes.shape, sparse=True)
    chosen = f.getitem(x, (index[0], safe, *index[1:]))
    share = counted.astype(x.dtype) if weight is None else f.take(weight, safe, 0) * counted.astype(x.dtype)
    loss = -chosen * share
    if reduction == "none":
        return loss
    if reduction == "sum":
        return f.sum(loss)
    if reduction != "mean":
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}")
    return f.sum(loss) / f.sum(share)


@operator("NegativeLogLikelihoodLoss")
def _negative_log_likelihood(
    x: Any, target: Any, weight: Any = None, *, ignore_index: int | None = None, reduction: str = "mean"
) -> Any:
    return _nll(x, target, weight, ignore_index, reduction)


@operator("SoftmaxCrossEntropyLoss")
def _softmax_cross_entropy(
    x: Any, target: Any, weight: Any = None, *, ignore_index: int | None = None, reduction: str = "mean"
) -> Any:
    logs = f.log_softmax(x, 1)
    return _nll(logs, target, weight, ignore_index, reduction), logs
