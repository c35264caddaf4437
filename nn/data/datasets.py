"""Data sets: arrays in memory, parts of them, changed ones; seeded batches, made ahead of their use."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from autograd_mini.arguments import array_of, check_whole, generator
from autograd_mini.core.primitive import RAGGED, told_kind
from autograd_mini.kernels.ahead import made_ahead

from .showing import ShownData
from .transforms import Transform
from .transforms.protocol import each_changed

Array = np.ndarray[Any, Any]
Batch = tuple[Array, Array]


class Dataset(Protocol):
    """What training needs of a data set: its labels, and the inputs at some positions."""

    labels: Array

    def __len__(self) -> int:
        """How many examples there are."""

    def inputs(self, positions: Array) -> Array:
        """The inputs at the given positions, stacked."""


class ArrayData(ShownData):
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


class _Derived(ShownData):
    """A data set made of another one: what it changes is in `examples`."""

    labels: Array

    def __init__(self, data: Dataset) -> None:
        check_data(type(self).__name__, data)
        self.data = data
        self.draws, self.readable_ahead, self.in_turn = draws(data), _readable_ahead(data), _in_turn(data)

    @property
    def classes(self) -> list[str]:
        """The names of the classes, where the data set has them."""
        names: list[str] = self.data.classes  # type: ignore[attr-defined]
        return names

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, position: int) -> tuple[Array, Any]:
        """One input and its label."""
        inputs, labels = self.examples(np.arange(len(self))[[position]])
        return inputs[0], labels[0]

    def inputs(self, positions: Array, rng: np.random.Generator | int | None = None) -> Array:
        """The inputs at the given positions. rng: for what draws."""
        return self.examples(positions, rng)[0]

    def examples(self, positions: Array, rng: np.random.Generator | int | None = None) -> Batch:
        """Inputs and labels at the given positions. rng: for what draws."""
        raise NotImplementedError


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

    @property
    def files(self) -> list[Any]:
        """The examples' files, where the data set has them."""
        files: list[Any] = self.data.files  # type: ignore[attr-defined]
        return [files[i] for i in self.positions]

    def examples(self, positions: Array, rng: np.random.Generator | int | None = None) -> Batch:
        """Inputs and labels at the given positions of the subset."""
        return examples(self.data, self.positions[positions], rng)


class Augmented(_Derived):
    """A data set whose inputs are changed each time they are asked for: shifted, mirrored, made noisy.

    With a Generator every batch draws from one of its own, so that the same seed gives the same batches, whichever are
    made ahead of their use and wherever an interrupted training goes on.

    Arguments:
        data: any data set.
        change: takes a batch of inputs (B, ...), or the batch and a Generator to draw from, and returns as many.
            Floating inputs keep their dtype; of integers, as bytes are, floating results are float32 and others stay
            as they are. Or one of `nn.transforms`, for pictures (B, C, H, W): each has a Generator of its own, and
            labels that are masks (B, H, W) are moved as their pictures are.
    Raises:
        TypeError: for what is no data set or no function.
        ValueError: when inputs are asked for, if `change` returns fewer or more.

    Example:
        >>> noisy = nn.Augmented(nn.ArrayData(np.zeros(4), np.arange(4)), lambda x, rng: x + rng.integers(10, size=4))
        >>> [inputs.tolist() for _ in range(2) for inputs, _ in nn.batches(noisy, 4, rng=0)]
        [[9.0, 5.0, 6.0, 8.0], [9.0, 5.0, 6.0, 8.0]]
    """

    def __init__(
        self, data: Dataset, change: Callable[[Array], Array] | Callable[[Array, Any], Array] | Transform
    ) -> None:
        super().__init__(data)
        if not callable(change):
            raise TypeError(f"Augmented: `change` must be a function of a batch, not {told_kind(change)}")
        self.change = change
        self.labels: Array = data.labels
        self.is_given_rng = isinstance(change, Transform) or _takes_two(change)
        self.draws |= self.is_given_rng
        self.readable_ahead &= self.is_given_rng
        self.in_turn |= not self.is_given_rng  # it may have a generator of its own

    def examples(self, positions: Array, rng: np.random.Generator | int | None = None) -> Batch:
        """The changed inputs at the given positions, and their labels. rng: for what draws."""
        rng = np.random.default_rng(rng)
        inputs, labels = examples(self.data, positions, rng)
        if isinstance(self.change, Transform):
            masks = labels if labels.shape[1:] == inputs.shape[2:] and labels.ndim == 3 else None
            inputs, moved = each_changed(self.change, inputs, masks, rng)
            return inputs, labels if moved is None else moved
        given = (inputs, rng) if self.is_given_rng else (inputs,)
        changed = _array("Augmented: what `change` made", self.change(*given))
        if changed.shape[:1] != (len(inputs),):
            made = len(changed) if changed.ndim else "no"
            raise ValueError(f"Augmented: `change` made {made} inputs of {len(inputs)}")
        return _of_kind(changed, inputs.dtype), labels


def batches(
    data: Dataset,
    batch_size: int,
    rng: np.random.Generator | int | None = None,
    *,
    ahead: int | None = None,
    workers: int | None = None,
    first: int = 0,
    drop_last: bool = False,
    weights: Any = None,
    least: int = 1,
) -> Iterator[Batch]:
    """A data set, batch by batch; the last one may be smaller.

    Arguments:
        data: a data set.
        batch_size: how many examples.
        rng: a Generator or a seed, by which they are shuffled; without they come in order.
        ahead: how many batches are made ready by background threads while the caller uses the one before; by default
            two for each of the `workers`, or two of data that say they are `readable_ahead`, as pictures on disk are.
        workers: how many threads make them. However many there are, batches and what they draw are the same. What is
            changed by a function that is given no Generator is made by one.
        first: the batch to begin with; those before it are never made.
        drop_last: whether a last batch that is smaller is left out.
        weights: (N,), how likely each example is, in any unit: as many as there are are drawn with replacement.
        least: examples in the last batch; fewer join the batch before it.
    Returns:
        An iterator of (inputs, labels).
    Raises:
        ValueError: for a batch size, `workers` or `least` below 1, `ahead` or `first` below 0, or weights that are
            none.
        TypeError: for what is no data set or generator.

    Example:
        >>> data = nn.ArrayData(np.arange(5.0), np.arange(5))
        >>> [labels.tolist() for _, labels in nn.batches(data, 2)]
        [[0, 1], [2, 3], [4]]
    """
    check_data("batches", data)
    if hasattr(data, "batches"):  # which makes its own
        made: Iterator[Batch] = data.batches()
        return made
    threads = int(_readable_ahead(data)) if workers is None else workers
    for what, number, bound in (("workers", workers, 1), ("ahead", ahead, 0), ("first", first, 0), ("least", least, 1)):
        if number is not None:
            check_whole("batches", what, number, bound)
    ahead = 2 * threads if ahead is None else ahead
    ends = batch_ends(len(data), batch_size, drop_last, least)
    if weights is not None and rng is None:
        raise ValueError("batches: examples are drawn by their weights; give rng=, a seed or a Generator")
    rng = None if rng is None else generator("batches", rng)
    likely = None if weights is None else weights_of("batches", weights, len(data))
    order = np.arange(len(data)) if rng is None else _order(rng, len(data), likely)
    parts = [order[start:end] for start, end in pairwise(ends)]
    seeds = rng.integers(2**63, size=len(parts)).tolist() if draws(data) and rng is not None else [None] * len(parts)
    makers = [partial(examples, data, *which) for which in zip(parts[first:], seeds[first:], strict=True)]
    return made_ahead(makers, ahead, 1 if _in_turn(data) else max(threads, 1)) if ahead else (made() for made in makers)


def batch_ends(count: int, batch_size: int, drop_last: bool = False, least: int = 1) -> list[int]:
    """Where the batches of so many examples end, from 0 on."""
    check_whole("batches", "batch_size", batch_size, 1)
    ends = [*range(0, count, batch_size), count]
    left = count - ends[-2] if len(ends) > 1 else batch_size
    if left < batch_size and drop_last:
        del ends[-1]
    elif left < least and len(ends) > 2:
        del ends[-2]
    return ends


def examples(data: Dataset, positions: Array, rng: Any = None) -> Batch:
    """Inputs and labels at some positions. rng: for what draws."""
    if hasattr(data, "examples"):
        made: Batch = data.examples(positions, rng)
        return made
    inputs = data.inputs(positions, rng) if draws(data) else data.inputs(positions)  # type: ignore[call-arg]
    return inputs, data.labels[positions]


def draws(data: Dataset) -> bool:
    """Whether inputs are drawn at random, from the generator that they are asked for with."""
    return bool(getattr(data, "draws", False))


def check_classes(name: str, ours: Sequence[str] | None, theirs: Sequence[str] | None) -> None:
    """Raise ValueError, as `name`, for data of other classes than those trained on: a label would mean another one."""
    if ours is not None and theirs is not None and [*ours] != [*theirs]:
        raise ValueError(f"{name}: the classes trained on are {told(ours)}; those to evaluate on are {told(theirs)}")


def classes_of(data: Dataset | None) -> list[str] | None:
    """The names of the classes, where a data set has them."""
    found: list[str] | None = getattr(data, "classes", None)
    return found


def told(classes: Sequence[str]) -> str:
    """The names of classes in a sentence, at most twelve of them."""
    more = f" and {len(classes) - 12} more" if len(classes) > 12 else ""
    return f"{[*classes][:12]}{more}"


def _order(rng: np.random.Generator, count: int, weights: Any) -> Array:
    """The positions of so many examples, shuffled or drawn."""
    return rng.permutation(count) if weights is None else rng.choice(count, count, p=weights)


def weights_of(name: str, weights: Any, count: int) -> Array:
    """How likely each of so many examples is, of 1 in all. Raises ValueError, as `name`, for weights that are none."""
    likely = _array(f"{name}: weights", weights)
    is_one_each = likely.shape == (count,) and likely.dtype.kind in "biuf"
    if not is_one_each or not (likely >= 0).all():
        told = likely.min() if is_one_each else f"{likely.dtype} {likely.shape}"
        raise ValueError(f"{name}: weights must be {count} numbers of at least 0, one an example, not {told}")
    total = likely.sum(dtype=np.float64)
    if not 0 < total < np.inf:
        raise ValueError(f"{name}: the sum of the weights must be a number above 0, not {total:g}")
    return np.asarray(likely / total)


def _of_kind(changed: Array, dtype: np.dtype[Any]) -> Array:
    """What was made of inputs of a dtype, in that dtype if they were floating; bytes are not for what is no byte."""
    if dtype.kind in "fc" and np.can_cast(changed.dtype, dtype, "same_kind"):
        return changed.astype(dtype, copy=False)
    return changed.astype(np.float32, copy=False) if changed.dtype.kind == "f" else changed


def check_data(name: str, data: Any) -> None:
    """Raise TypeError, as `name`, for what is no data set."""
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
    return chosen.copy()


def _readable_ahead(data: Dataset) -> bool:
    """Whether inputs may be asked for by another thread, before they are used."""
    return bool(getattr(data, "readable_ahead", False))


def _in_turn(data: Dataset) -> bool:
    """Whether one thread must ask for inputs, in order, as they draw from a generator that nobody else knows."""
    return bool(getattr(data, "in_turn", False))


def _takes_two(change: Callable[..., Array]) -> bool:
    """Whether a function must be given two arguments."""
    try:
        parameters = inspect.signature(change).parameters.values()
    except ValueError:  # some functions of others' tell nothing of themselves
        return False
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return sum(p.default is p.empty for p in positional) == 2
