"""Losses: how wrong the predictions are, as one number, from which the backward pass begins."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, overload

import numpy as np

import autograd_mini as ag
from autograd_mini.arguments import array_of
from autograd_mini.core.primitive import RAGGED, operand
from autograd_mini.core.tape import Value
from autograd_mini.ops.loss import cross_entropy as fused
from autograd_mini.ops.precision import in_single

if TYPE_CHECKING:
    from autograd_mini import Tensor
    from autograd_mini.core.methods import ArrayLike


def check_labels(labels: Any, classes: int | None = None) -> Any:
    """Labels as an integer array (N,). Raises TypeError or ValueError saying which label breaks which rule."""
    array = _array(labels)
    if array.dtype.kind not in "iu":
        nan = "; nan is among them" if array.dtype.kind == "f" and np.isnan(array).any() else ""
        raise TypeError(f"cross_entropy: labels must be integers, one class number each, not {array.dtype}{nan}")
    if array.ndim != 1:
        raise ValueError(f"cross_entropy: labels must have shape (N,), not {array.shape}")
    bad = np.flatnonzero((array < 0) | (array >= classes if classes is not None else False))
    if len(bad):
        upper = f" and below the number of classes, {classes}" if classes is not None else ""
        raise ValueError(f"cross_entropy: label {array[bad[0]]} at position {bad[0]} must be at least 0{upper}")
    return array


def _array(labels: Any) -> Any:
    try:
        return labels._array if isinstance(labels, Value) else array_of(labels)  # only to refuse what is wrong
    except ValueError:
        raise ValueError(f"cross_entropy: labels: {RAGGED}") from None


@overload
def cross_entropy(logits: Tensor, labels: Tensor | ArrayLike) -> Tensor: ...
@overload
def cross_entropy(logits: ArrayLike, labels: Tensor | ArrayLike) -> np.ndarray[Any, Any]: ...
def cross_entropy(logits: Any, labels: Any) -> Any:
    """The mean of −log softmax(logits)[label].

    Arguments:
        logits: (N, classes).
        labels: (N,) integers, the number of each row's class.
    Returns:
        ().
    Raises:
        ValueError: for shapes that do not go together, no rows, or labels out of range.
        TypeError: for labels that are not integers.
    Source: the report, section 2, Notations.

    Example:
        >>> logits = Tensor([[0.0, 0.0]], requires_grad=True)
        >>> loss = nn.cross_entropy(logits, [1])
        >>> loss.backward(); round(loss.item(), 4), logits.grad.numpy()  # log 2, and probabilities less what is right
        (0.6931, array([[ 0.5, -0.5]]))
    """
    logits = operand("cross_entropy: logits", logits)
    shape = logits.shape
    if len(shape) != 2:
        raise ValueError(f"cross_entropy: logits must have shape (N, classes), not {shape}")
    array = check_labels(labels, shape[1])
    if len(array) != shape[0] or not shape[0]:
        raise ValueError(
            f"cross_entropy: logits {shape} and labels {array.shape} must have equally many rows, and at least one"
        )
    return fused(logits, labels if isinstance(labels, Value) else array)


@overload
def mse_loss(predictions: Tensor, targets: Tensor | ArrayLike) -> Tensor: ...
@overload
def mse_loss(predictions: ArrayLike, targets: Tensor) -> Tensor: ...
@overload
def mse_loss(predictions: ArrayLike, targets: ArrayLike) -> np.ndarray[Any, Any]: ...
def mse_loss(predictions: Any, targets: Any) -> Any:
    """The mean of (prediction − target)².

    Arguments:
        predictions, targets: (...), of one shape: broadcasting would hide a mistake.
    Returns:
        ().
    Raises:
        ValueError: if the shapes differ, or there are no elements.
        TypeError: for what are no real numbers.
    Source: the report, section 2, Notations.

    Example:
        >>> nn.mse_loss(Tensor([1.0, 4.0]), [1.0, 2.0]).item()
        2.0
    """
    x, y = operand("mse_loss: predictions", predictions), operand("mse_loss: targets", targets)
    if x.shape != y.shape or not prod(x.shape):
        raise ValueError(
            f"mse_loss: predictions {x.shape} and targets {y.shape} must have one shape, with at least one element"
        )
    if x.dtype.kind == y.dtype.kind == "b" or "c" in (x.dtype.kind, y.dtype.kind):
        raise TypeError(f"mse_loss: predictions and targets must be real numbers, not {x.dtype} and {y.dtype}")
    with np.errstate(under="ignore"):  # of squares
        return _mean_square(x - y)


@in_single
def _mean_square(x: Any) -> Any:
    return ag.mean(x * x)
