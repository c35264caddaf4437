"""Data sets: arrays in memory, parts of them, changed ones; seeded splits and batches, made ahead of their use."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np

from autograd_mini.arguments import array_of, check_whole, generator, is_real
from autograd_mini.core.primitive import RAGGED, told_kind
from autograd_mini.kernels.ahead import made_ahead

Array = np.ndarray[Any, Any]
Batch = tuple[Array, Array]


class Dataset(Protocol):
    """What training needs of a data set: its labels, and the inputs at some positions."""

    labels: Array

    def __len__(self) -> int:
        """How many examples there are."""

    def inputs(self, positions: Array) -> Array:
        """The inputs at the given positions, stacked."""


class ArrayData:
    """Inputs and labels already in memory.

    Arguments:
        inputs, labels: (N, ...) each, of the same N.
    Raises:
        ValueError: if there are none, their numbers differ or they make no array.

    Example:
        >>> data = nn.ArrayData([[0.1], [0.2], [0.3]], [0, 1, 1])
        >>> len(data), data.inputs([0, 2]).tolist()
        (3, [[0.1], [0.3]])
    """

    def __init__(self, inputs: Any, labels: Any) -> None:
        self.values, self.labels = _array("data: inputs", inputs), _array("data: labels", labels)
        if not self.values.ndim or not self.labels.ndim or not 0 < len(self.values) == len(self.labels):
            raise ValueError(
                f"data: inputs {self.values.shape} and labels {self.labels.shape} must have equally many rows, "
                "and at least one"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def inputs(self, positions: Array) -> Array:
        """The inputs at the given positions, (B, ...)."""
        picked: Array = self.values[positions]
        return picked


class _Derived:
    """A data set made of another one."""

    def __init__(self, data: Dataset) -> None:
        _check_data(type(self).__name__, data)
        self.data = data

    @property
    def classes(self) -> list[str]:
        """The names of the classes, where the data set has them."""
        names: list[str] = self.data.classes  # type: ignore[attr-defined]
        return names


class Subset(_Derived):
    """Some examples of a data set.

    Arguments:
        data: the data set; names of classes are still found.
        positions: (B,) integers, or a mask (N,) that is True where the examples stand.
    Raises:
        IndexError: for a position that the data set does not have.
        ValueError, TypeError: for what are neither positions nor a mask, or for what is no data set.

    Example:
        >>> data = nn.ArrayData(np.arange(4.0), [0, 1, 0, 1])
        >>> nn.Subset(data, data.labels == 1).inputs([0, 1])
        array([1., 3.])
    """

    def __init__(self, data: Dataset, positions: Sequence[int] | Array) -> None:
        super().__init__(data)
        self.positions = _chosen(positions, len(data))
        self.labels: Array = data.labels[self.positions]
        self.readable_ahead = _readable_ahead(data)

    def __len__(self) -> int:
        return len(self.positions)

    def inputs(self, positions: Array) -> Array:
        """The inputs at the given positions of the subset."""
        return self.data.inputs(self.positions[positions])


class Augmented(_Derived):
    """A data set whose inputs are changed each time they are asked for: shifted, mirrored, made noisy.

    With a Generator every batch draws from one of its own, so that the same seed gives the same batches, whichever are
    made ahead of their use and wherever an interrupted training goes on.

    Arguments:
        data: any data set.
        change: takes a batch of inputs (B, ...), or the batch and a Generator to draw from, and returns as many; their
            dtype is kept.
    Raises:
        TypeError: for what is no data set or no function.
        ValueError: when inputs are asked for, if `change` returns fewer or more.

    Example:
        >>> noisy = nn.Augmented(nn.ArrayData(np.zeros(4), np.arange(4)), lambda x, rng: x + rng.integers(10, size=4))
        >>> [inputs.tolist() for _ in range(2) for inputs, _ in nn.batches(noisy, 4, rng=0)]
        [[9.0, 5.0, 6.0, 8.0], [9.0, 5.0, 6.0, 8.0]]
    """

    def __init__(self, data: Dataset, change: Callable[[Array], Array] | Callable[[Array, Any], Array]) -> None:
        super().__init__(data)
        if not callable(change):
            raise TypeError(f"Augmented: `change` must be a function of a batch, not {told_kind(change)}")
        self.change = change
        self.labels: Array = data.labels
        self.draws = _takes_two(change)
        self.readable_ahead = self.draws and _readable_ahead(data)

    def __len__(self) -> int:
        return len(self.data)

    def inputs(self, positions: Array, rng: np.random.Generator | int | None = None) -> Array:
        """The changed inputs at the given positions. rng: for a `change` that draws."""
        inputs = self.data.inputs(positions)
        given = (inputs, np.random.default_rng(rng)) if self.draws else (inputs,)
        changed = np.asarray(self.change(*given), inputs.dtype)
        if changed.shape[:1] != (len(inputs),):
            made = len(changed) if changed.ndim else "no"
            raise ValueError(f"Augmented: `change` made {made} inputs of {len(inputs)}")
        return changed


def split(data: Dataset, fraction: float, *, seed: int = 0) -> tuple[Subset, Subset]:
    """Part a data set in two, class by class.

    Of a class with more than one example, at least one goes to each part. Targets that are not integer labels, (N,),
    are parted as one class.

    Arguments:
        data: a data set.
        fraction: of every class, rounded, that goes to the first part: above 0 and below 1.
        seed: of the drawing, by which each part is the same every time.
    Returns:
        Two subsets, their examples in the order of the data.
    Raises:
        ValueError: for another fraction, or if one part has no examples.
        TypeError: for what is no data set or seed.

    Example:
        >>> training, validation = nn.split(nn.ArrayData(np.arange(10), [0] * 6 + [1] * 4), 0.5)
        >>> training.labels, validation.labels
        (array([0, 0, 0, 1, 1]), array([0, 0, 0, 1, 1]))
    """
    _check_data("split", data)
    if not (is_real(fraction) and 0 < fraction < 1):
        raise ValueError(f"split: the fraction must be between 0 and 1, not {fraction!r}")
    rng = generator("split", seed, "seed")
    first: list[Array] = []
    second: list[Array] = []
    classifies = data.labels.ndim == 1 and data.labels.dtype.kind in "iub"
    for label in np.unique(data.labels) if classifies else [None]:
        members = rng.permutation(np.flatnonzero(data.labels == label) if classifies else np.arange(len(data)))
        cut = round(fraction * len(members))
        if len(members) > 1 and classifies:
            cut = min(max(cut, 1), len(members) - 1)
        first.append(members[:cut])
        second.append(members[cut:])
    parts = np.concatenate(first), np.concatenate(second)
    if not len(parts[0]) or not len(parts[1]):
        raise ValueError(f"split: {fraction} of {len(data)} examples leaves one part empty")
    return Subset(data, np.sort(parts[0])), Subset(data, np.sort(parts[1]))


def batches(
    data: Dataset,
    batch_size: int,
    rng: np.random.Generator | int | None = None,
    *,
    ahead: int | None = None,
    first: int = 0,
) -> Iterator[Batch]:
    """A data set, batch by batch; the last one may be smaller.

    Arguments:
        data: a data set.
        batch_size: how many examples.
        rng: a Generator or a seed, by which they are shuffled; without they come in order.
        ahead: how many batches a background thread makes ready while the caller uses the one before; by default two of
            data that say they are `readable_ahead`, as pictures on disk are, and none of others.
        first: the batch to begin with; those before it are never made.
    Returns:
        An iterator of (inputs, labels).
    Raises:
        ValueError: for a batch size below 1, or `ahead` or `first` below 0.
        TypeError: for what is no data set or generator.

    Example:
        >>> data = nn.ArrayData(np.arange(5.0), np.arange(5))
        >>> [labels.tolist() for _, labels in nn.batches(data, 2)]
        [[0, 1], [2, 3], [4]]
    """
    _check_data("batches", data)
    ahead = (2 if _readable_ahead(data) else 0) if ahead is None else ahead
    for what, number, least in (("batch_size", batch_size, 1), ("ahead", ahead, 0), ("first", first, 0)):
        check_whole("batches", what, number, least)
    rng = None if rng is None else generator("batches", rng)
    order = np.arange(len(data)) if rng is None else rng.permutation(len(data))
    parts = [order[start : start + batch_size] for start in range(0, len(data), batch_size)]
    draws = getattr(data, "draws", False)
    seeds = rng.integers(2**63, size=len(parts)).tolist() if draws and rng is not None else [None] * len(parts)

    def make(positions: Array, seed: int | None) -> Batch:
        inputs = data.inputs(positions, seed) if draws else data.inputs(positions)  # type: ignore[call-arg]
        return inputs, data.labels[positions]

    makers = [partial(make, *which) for which in zip(parts[first:], seeds[first:], strict=True)]
    return made_ahead(makers, ahead) if ahead else (made() for made in makers)


def _check_data(name: str, data: Any) -> None:
    if not hasattr(data, "inputs") or not hasattr(data, "labels"):
        raise TypeError(f"{name}: takes a data set, not {type(data).__name__}; ArrayData makes one of arrays")


def _array(name: str, values: Any) -> Array:
    try:
        return array_of(values)
    except ValueError:
        raise ValueError(f"{name}: {RAGGED}") from None


def _chosen(positions: Any, count: int) -> Array:
    """The positions that somebody gave, or marked in a mask, of so many examples."""
    chosen = _array("Subset: positions", positions)
    if chosen.dtype.kind not in "biu" and chosen.shape != (0,):  # nothing has no kind
        kind = told_kind(chosen if chosen.ndim else positions)
        raise TypeError(f"Subset: positions must be integers, or a mask of booleans, not {kind}")
    if chosen.ndim != 1:
        raise ValueError(f"Subset: positions must have shape (B,), not {chosen.shape}")
    if chosen.dtype.kind == "b" and len(chosen) != count:
        raise ValueError(f"Subset: a mask of {count} examples must have shape ({count},), not {chosen.shape}")
    if chosen.dtype.kind not in "iu":
        return np.flatnonzero(chosen)
    if len(bad := chosen[(chosen < -count) | (chosen >= count)]):
        raise IndexError(f"Subset: position {bad[0]} is out of range: the data set has {count} examples")
    return chosen


def _readable_ahead(data: Dataset) -> bool:
    """Whether inputs may be asked for by another thread, before they are used."""
    return bool(getattr(data, "readable_ahead", False))


def _takes_two(change: Callable[..., Array]) -> bool:
    """Whether a function must be given two arguments."""
    try:
        parameters = inspect.signature(change).parameters.values()
    except ValueError:  # some functions of others' tell nothing of themselves
        return False
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return sum(p.default is p.empty for p in positional) == 2
