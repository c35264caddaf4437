"""The losses that the learner knows: of labels, which it checks before anything is trained, and of numbers."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, overload

import numpy as np

import autograd_mini as ag
from autograd_mini.arguments import array_of
from autograd_mini.core.primitive import RAGGED, operand
from autograd_mini.core.tape import Value
from autograd_mini.ops.precision import in_single

if TYPE_CHECKING:
    from autograd_mini import Tensor
    from autograd_mini.core.methods import ArrayLike


def check_labels(labels: Any, classes: int | None = None, ignored: int = -100) -> Any:
    """Labels as an integer array (N, ...). Raises TypeError or ValueError saying which label breaks which rule."""
    array = _array(labels)
    if array.dtype.kind not in "iu":
        nan = "; nan is among them" if array.dtype.kind == "f" and np.isnan(array).any() else ""
        raise TypeError(f"cross_entropy: labels must be integers, one class number each, not {array.dtype}{nan}")
    if not array.ndim:
        raise ValueError("cross_entropy: labels must have shape (N,), not ()")
    out = (array < 0) | (array >= classes if classes is not None else False)
    bad = np.argwhere(out & (array != ignored))
    if len(bad):
        upper = f" and below the number of classes, {classes}" if classes is not None else ""
        at = tuple(bad[0].tolist())
        place = at[0] if len(at) == 1 else at
        raise ValueError(f"cross_entropy: label {array[at]} at position {place} must be at least 0{upper}")
    return array


def is_probabilities(labels: Any) -> bool:
    """Whether they may be probabilities of classes, (N, classes, ...), instead of labels."""
    array = _array(labels)
    return bool(array.dtype.kind == "f" and array.ndim > 1)


def _array(labels: Any) -> Any:
    try:
        return labels._array if isinstance(labels, Value) else array_of(labels)  # only to refuse what is wrong
    except ValueError:
        raise ValueError(f"cross_entropy: labels: {RAGGED}") from None


@overload
def cross_entropy(
    logits: Tensor,
    labels: Tensor | ArrayLike,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor: ...
@overload
def cross_entropy(
    logits: ArrayLike,
    labels: Tensor | ArrayLike,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> np.ndarray[Any, Any]: ...
def cross_entropy(
    logits: Any, labels: Any, weight: Any = None, ignore_index: int = -100, reduction: Any = "mean",
    label_smoothing: float = 0.0,
) -> Any:  # fmt: skip
    """The mean of −log softmax(logits)[label].

    Arguments:
        logits: (N, classes), of images (N, classes, ...).
        labels: (N,) or (N, ...) integers, the number of each row's class; or probabilities in the shape of the logits.
        weight: (classes,), by which the losses of each class are multiplied, or None; the mean is that of the weights.
        ignore_index: the label that counts for nothing.
        reduction: "mean", "sum", or "none" for the losses themselves.
        label_smoothing: from 0 to 1, how much of each label is spread over all classes.
    Returns:
        (), or the losses in the shape of the labels.
    Raises:
        ValueError: for shapes that do not go together, no rows, labels out of range, and settings that mean nothing.
        TypeError: for labels that are not integers.
    Source: the report, section 2, Notations; the smoothing, Szegedy et al. 2015, section 7.

    Example:
        >>> logits = Tensor([[0.0, 0.0]], requires_grad=True)
        >>> loss = nn.cross_entropy(logits, [1])
        >>> loss.backward(); round(loss.item(), 4), logits.grad.numpy()  # log 2, and probabilities less what is right
        (0.6931, array([[ 0.5, -0.5]]))
    """
    logits = operand("cross_entropy: logits", logits)
    shape, settings = logits.shape, (weight, ignore_index, reduction, label_smoothing)
    if len(shape) < 2:
        raise ValueError(f"cross_entropy: logits must have shape (N, classes), not {shape}")
    if is_probabilities(labels) and _array(labels).shape == shape and prod(shape):
        return ag.cross_entropy(logits, labels, *settings)
    array = check_labels(labels, shape[1], ignore_index)
    if array.ndim != len(shape) - 1:
        wanted = "(N,)" if len(shape) == 2 else (*shape[:1], *shape[2:])
        raise ValueError(f"cross_entropy: labels must have shape {wanted}, not {array.shape}")
    if array.shape != (*shape[:1], *shape[2:]) or not array.size:
        rows = "rows" if len(shape) == 2 else "rows and pixels"
        raise ValueError(
            f"cross_entropy: logits {shape} and labels {array.shape} must have equally many {rows}, and at least one"
        )
    given: Any = labels if isinstance(labels, Value) else array
    return ag.cross_entropy(logits, given, *settings)


@overload
def mse_loss(predictions: Tensor, targets: Tensor | ArrayLike, reduction: str = "mean") -> Tensor: ...
@overload
def mse_loss(predictions: ArrayLike, targets: Tensor, reduction: str = "mean") -> Tensor: ...
@overload
def mse_loss(predictions: ArrayLike, targets: ArrayLike, reduction: str = "mean") -> np.ndarray[Any, Any]: ...
def mse_loss(predictions: Any, targets: Any, reduction: Any = "mean") -> Any:
    """The mean of (prediction − target)².

    Arguments:
        predictions, targets: (...), of one shape: broadcasting would hide a mistake.
        reduction: "mean", "sum", or "none" for the squares themselves.
    Returns:
        (), or (...).
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
    if reduction != "mean":
        return ag.mse_loss(x, y, reduction)
    with np.errstate(under="ignore"):  # of squares
        return _mean_square(x - y)


@in_single
def _mean_square(x: Any) -> Any:
    return ag.mean(x * x)
