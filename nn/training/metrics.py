"""What is counted of outputs: loss and accuracy batch by batch, and quantities of a whole data set."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_mini.arguments import array_of, is_whole

Array = np.ndarray[Any, Any]
Metric = Callable[[Array, Array], Any]


@dataclass
class Totals:
    """Loss and accuracy, of all that counts.

    Attributes:
        loss: the sum over all batches.
        amount: of how much: the number of examples, or of labels by the weights of their classes.
        count: how many examples there were.
        counted: how many of them were not ignored.
        right: how many of those were right.
        classifies: whether there is an accuracy.
    """

    loss: float = 0.0
    amount: float = 0.0
    count: int = 0
    counted: int = 0
    right: int = 0
    classifies: bool = True

    def add(self, loss: float, outputs: Array, targets: Any, of: tuple[Any, float]) -> None:
        """Count one batch in. of: what `losses.modules.counted` says of it."""
        labels, (kept, amount) = array_of(targets), of
        self.loss += loss * amount if amount else 0.0  # a mean of nothing is nan
        self.amount += amount
        self.count += len(labels)
        self.classifies &= labels.dtype.kind in "iu" and labels.ndim == 1 and outputs.ndim == 2
        if self.classifies:
            kept = np.ones(len(labels), bool) if kept is None else kept
            self.counted += int(kept.sum())
            self.right += int(((classes_of(outputs) == labels) & kept).sum())

    def means(self) -> dict[str, float]:
        """Over all that counted so far; nan if nothing did."""
        means = {"loss": self.loss / self.amount if self.amount else math.nan}
        if self.classifies:
            means["accuracy"] = self.right / self.counted if self.counted else math.nan
        return means


def classes_of(outputs: Array) -> Array:
    """The class of each row's largest output, −1 where one of them is nan. (N, classes) -> (N,)."""
    chosen: Array = outputs.argmax(1)
    return np.where(np.isnan(outputs).any(1), -1, chosen) if outputs.dtype.kind == "f" else chosen


def top_k_accuracy(outputs: Any, labels: Any, k: int = 5) -> float:
    """The share of rows whose label is among the k largest outputs; a row with a nan is not right.

    Arguments:
        outputs: (N, classes).
        labels: (N,) integers.
        k: from 1 to the number of classes.
    Returns:
        A number from 0 to 1.
    Raises:
        ValueError: for shapes that do not go together, or another k.

    Example:
        >>> nn.top_k_accuracy([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]], [2, 1], k=2)
        0.5
    """
    outputs, labels = _scores("top_k_accuracy", outputs, labels)
    if not is_whole(k, 1) or k > outputs.shape[1]:
        raise ValueError(f"top_k_accuracy: k must be from 1 to the number of classes, {outputs.shape[1]}, not {k!r}")
    own = np.take_along_axis(outputs, labels[:, None], 1)
    ahead = (outputs > own) | ((outputs == own) & (np.arange(outputs.shape[1]) < labels[:, None]))
    return float(((ahead.sum(1) < k) & ~np.isnan(outputs).any(1)).mean())


def confusion_matrix(outputs: Any, labels: Any) -> Array:
    """How many rows of each class were taken for each class; a row with a nan is left out.

    Arguments:
        outputs: (N, classes).
        labels: (N,) integers.
    Returns:
        (classes, classes) integers: [of this class, taken for that one].
    Raises:
        ValueError: for shapes that do not go together.

    Example:
        >>> nn.confusion_matrix([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]], [0, 1, 1]).tolist()
        [[1, 0], [1, 1]]
    """
    return _table(*_scores("confusion_matrix", outputs, labels))


def f1_score(outputs: Any, labels: Any) -> float:
    """The mean over the classes of F1 = 2 · right / (of the class + taken for it), 0 for a class without either.

    Arguments:
        outputs: (N, classes).
        labels: (N,) integers.
    Returns:
        A number from 0 to 1.
    Raises:
        ValueError: for shapes that do not go together.

    Example:
        >>> round(nn.f1_score([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]], [0, 1, 1]), 4)
        0.6667
    """
    outputs, labels = _scores("f1_score", outputs, labels)
    table = _table(outputs, labels)
    whole = np.bincount(labels, minlength=len(table)) + table.sum(0)
    right = 2 * table.diagonal()
    return float(np.divide(right, whole, out=np.zeros(len(table)), where=whole > 0).mean())


def roc_auc(outputs: Any, labels: Any) -> float:
    """How likely a row of a class has a larger output for it than a row of another has; equal ones count one half.

    Of more than two classes the mean over them, each against all others.

    Arguments:
        outputs: (N, classes), or (N,) scores of class 1.
        labels: (N,) integers; every class must be there.
    Returns:
        A number from 0 to 1, or nan where an output is nan.
    Raises:
        ValueError: for shapes that do not go together, or a class that no row has.
    Source: Hanley & McNeil 1982.

    Example:
        >>> nn.roc_auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
        0.75
    """
    outputs = array_of(outputs)
    if outputs.ndim == 1 or outputs.shape[1:] == (1,):
        outputs = np.stack([-outputs.reshape(-1), outputs.reshape(-1)], 1)
    outputs, labels = _scores("roc_auc", outputs, labels)
    if np.isnan(outputs).any():
        return float("nan")
    classes = [1] if outputs.shape[1] == 2 else range(outputs.shape[1])
    if outputs.shape[1] == 2:
        outputs = outputs - outputs[:, :1]  # what tells the classes apart is their difference
    found = []
    for k in classes:
        own = labels == k
        if own.all() or not own.any():
            raise ValueError(f"roc_auc: {'all' if own.any() else 'none'} of the {len(labels)} rows are of class {k}")
        _, at, counts = np.unique(outputs[:, k], return_inverse=True, return_counts=True)
        ranks = (np.cumsum(counts) - (counts - 1) / 2)[at]
        n = int(own.sum())
        found.append((ranks[own].sum() - n * (n + 1) / 2) / (n * (len(labels) - n)))
    return float(np.mean(found))


def mean_absolute_error(outputs: Any, targets: Any) -> float:
    """The mean of |output − target|.

    Arguments:
        outputs, targets: of one shape.
    Returns:
        A number.
    Raises:
        ValueError: for shapes that differ.

    Example:
        >>> nn.mean_absolute_error([[1.0], [4.0]], [[2.0], [2.0]])
        1.5
    """
    outputs, targets = array_of(outputs), array_of(targets)
    if outputs.shape != targets.shape:
        raise ValueError(
            f"mean_absolute_error: outputs {outputs.shape} and targets {targets.shape} must be of one shape"
        )
    return float(np.abs(outputs - targets).mean(dtype=np.float64))


NAMED: dict[str, Metric] = {"f1": f1_score, "roc_auc": roc_auc, "mae": mean_absolute_error}


def metrics_of(name: str, given: Any) -> dict[str, Metric]:
    """Functions of outputs and targets by name: from names, or a dict of functions. Raises ValueError, TypeError."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        if odd := [key for key, value in given.items() if not (isinstance(key, str) and callable(value))]:
            raise TypeError(f"{name}: metrics must be functions by name, and {odd[0]!r} is none")
        return dict(given)
    found: dict[str, Metric] = {}
    for one in [given] if isinstance(given, str) or callable(given) else list(given) if _lists(given) else [given]:
        if callable(one):
            found[getattr(one, "__name__", type(one).__name__)] = one
        elif one in NAMED:
            found[one] = NAMED[one]
        elif isinstance(one, str) and one.startswith("top_") and one[4:].isdecimal():
            found[one] = _Top(int(one[4:]))
        else:
            there = ", ".join([*NAMED, "top_5 (or any number)"])
            raise ValueError(
                f"{name}: there is no metric {one!r}; there are {there}, and any function(outputs, targets)"
            )
    return found


@dataclass(frozen=True)
class _Top:
    """The top-k accuracy of one k."""

    k: int

    def __call__(self, outputs: Array, labels: Array) -> float:
        return top_k_accuracy(outputs, labels, self.k)


def _table(outputs: Array, labels: Array) -> Array:
    taken, count = classes_of(outputs), outputs.shape[1]
    pairs = (labels * count + taken)[taken >= 0]
    return np.bincount(pairs, minlength=count * count).reshape(count, count)


def _lists(given: Any) -> bool:
    return isinstance(given, Sequence | set | frozenset)


def _scores(name: str, outputs: Any, labels: Any) -> tuple[Array, Array]:
    outputs, labels = array_of(outputs), array_of(labels)
    if outputs.ndim != 2 or labels.shape != outputs.shape[:1] or labels.dtype.kind not in "iu" or not len(labels):
        odd = f"{outputs.shape} and {labels.dtype} {labels.shape}"
        raise ValueError(f"{name}: takes outputs (N, classes) and integer labels (N,), not {odd}")
    if labels.min() < 0 or labels.max() >= outputs.shape[1]:
        odd = f"from {labels.min()} to {labels.max()}"
        raise ValueError(
            f"{name}: labels must be at least 0 and below the number of classes, {outputs.shape[1]}, not {odd}"
        )
    return outputs, labels


def check_numbers(numbers: dict[str, Any]) -> None:
    """Make Python's numbers of what is kept of an epoch. Raises TypeError for a metric that is no number."""
    for key, value in numbers.items():
        if not isinstance(value, int | float | np.integer | np.floating):
            name = key.removeprefix("validation_")
            raise TypeError(f"fit: the metric {name!r} must give a number, not {type(value).__name__}")
        numbers[key] = value.item() if isinstance(value, np.generic) else value
