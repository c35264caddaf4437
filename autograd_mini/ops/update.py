"""Elements written, added to or gathered by their places: new arrays, nothing changed in place.

getitem ↔ index_add      index_set: what is overwritten has no gradient
gather ↔ scatter_add     segment_sum ↔ take
"""

from typing import Annotated, Any

import numpy as np

from ..arguments import Axis, Parameter, Plain, bare, is_whole
from ..core.primitive import operand
from ..core.tape import Value
from .choose import whole_numbers
from .elementwise import cast, maximum, minimum, where
from .kinds import definition, op
from .shape import broadcast_to, getitem
from .shape import index_add as added_at
from .sort import take_along_axis

Values = Annotated[Any, Parameter(None, "Tensor | ArrayLike")]
Places = Annotated[Any, Parameter(None, "ArrayLike")]

# ── x.at[index] ───────────────────────────────────────────────────────────────────────────────────────────────────────


@op(public=False, takes_complex=True, analytic=True)
def index_set(x: Any, y: Any, *, index: Any) -> Any:
    """x with y in the place of x[index]; of an element named twice the last one counts."""
    out = np.array(x, np.result_type(x, y) if np.asarray(y).dtype.kind == "c" else None)
    out[index] = y
    return out


def _outside(g: Any, *, index: Any) -> Any:
    mask = np.ones(g.shape, bool)
    mask[index] = False
    return where(mask, g, 0)


def _inside(g: Any, shape: Any, *, index: Any) -> Any:
    """g at the places, but 0 for what another one written to the same place has replaced."""
    found = getitem.bind(g, index=index)
    parts = index if type(index) is tuple else (index,)
    if not any(isinstance(i, np.ndarray) and i.dtype.kind in "iu" for i in parts):
        return found
    numbers = np.arange(int(np.prod(found.shape))).reshape(found.shape)
    owner = np.full(g.shape, -1)
    owner[index] = numbers
    return where(owner[index] == numbers, found, 0)


index_set.defvjp(x=_outside, y=_inside)


class At:
    """The elements of a Tensor by their places, for a new one in which they are others: `x.at[0].add(1.0)`."""

    __slots__ = ("_index", "_x")

    def __init__(self, x: Any, index: Any = None) -> None:
        self._x, self._index = x, index

    def __getitem__(self, index: Any) -> "At":
        parts = index if isinstance(index, tuple) else (index,)
        kept = tuple(np.array(bare(i)) if isinstance(i, Value | np.ndarray | list) else i for i in parts)
        return At(self._x, kept if isinstance(index, tuple) else kept[0])

    def get(self) -> Any:
        """The elements themselves, x[index]."""
        return getitem(self._x, self._index)

    def set(self, values: Any) -> Any:
        """Others in their place; of an element named twice the last one counts."""
        return index_set.bind(self._x, self._fitting(values), index=self._index)

    def add(self, values: Any) -> Any:
        """With values added; an element named twice gets both."""
        shape = self._shape()
        given = self._fitting(values)
        return self._x + added_at.bind(broadcast_to.bind(given, shape=shape), shape=self._x.shape, index=self._index)

    def subtract(self, values: Any) -> Any:
        """With values taken off; from an element named twice both."""
        return self.add(-operand("at", values))

    def multiply(self, values: Any) -> Any:
        """Times values. Raises ValueError for an element named twice, as do the following."""
        return self._once("multiply").set(self.get() * self._fitting(values))

    def divide(self, values: Any) -> Any:
        """Divided by values."""
        return self._once("divide").set(self.get() / self._fitting(values))

    def power(self, values: Any) -> Any:
        """To the power of values."""
        return self._once("power").set(self.get() ** self._fitting(values))

    def max(self, values: Any) -> Any:
        """The larger of each and its value."""
        return self._once("max").set(maximum(self.get(), self._fitting(values)))

    def min(self, values: Any) -> Any:
        """The smaller of each and its value."""
        return self._once("min").set(minimum(self.get(), self._fitting(values)))

    def apply(self, function: Any) -> Any:
        """A function of the elements in their place."""
        return self._once("apply").set(function(self.get()))

    def _shape(self) -> tuple[int, ...]:
        return tuple(np.empty(self._x.shape, bool)[self._index].shape)

    def _fitting(self, values: Any) -> Any:
        given = operand("at", values)
        shape = self._shape()
        try:
            fits = np.broadcast_shapes(given.shape, shape) == shape
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(f"at: values {given.shape} do not broadcast to the elements' shape {shape}")
        if given.dtype.kind == "c" != self._x.dtype.kind or (given.dtype.kind == "f" and self._x.dtype.kind in "iub"):
            raise TypeError(f"at: {given.dtype} does not go into {self._x.dtype}; astype makes room")
        return given

    def _once(self, name: str) -> "At":
        counts = np.zeros(self._x.shape, np.intp)
        np.add.at(counts, self._index, 1)
        if counts.max(initial=0) > 1:
            place = tuple(int(i) for i in np.argwhere(counts > 1)[0])
            raise ValueError(f"at: {name} names the element {place} twice; only add, subtract and set may")
        return self


# ── along an axis ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _fitted(name: str, x: Any, axis: int, indices: Any) -> tuple[Any, Any]:
    """x cut on all other axes to the lengths of the places, as PyTorch has it; and the places."""
    places = whole_numbers(name, "indices", indices)
    others = [i for i in range(len(x.shape)) if i != axis]
    if places.ndim != len(x.shape) or any(places.shape[i] > x.shape[i] for i in others):
        words = f"must have x's axes, {x.shape}, and be no longer beside axis {axis}"
        raise ValueError(f"{name}: indices {places.shape} {words}")
    _check_range(name, x, axis, places)
    return tuple(slice(None) if i == axis else slice(0, places.shape[i]) for i in range(len(x.shape))), places


def _check_range(name: str, x: Any, axis: int, places: Any) -> None:
    odd = (places < -x.shape[axis]) | (places >= x.shape[axis])
    if odd.any():
        raise IndexError(f"{name}: place {places[odd].flat[0]} is out of range for axis {axis} of shape {x.shape}")


def _grid(shape: tuple[int, ...], axis: int, places: Any) -> tuple[Any, ...]:
    grid = np.ogrid[tuple(slice(n) for n in places.shape)]
    return tuple(places if i == axis else np.broadcast_to(g, places.shape) for i, g in enumerate(grid))


@definition(methods=["gather"])
def gather(x: Any, axis: Axis, indices: Places) -> Any:
    """Along an axis the elements at places that differ from line to line; PyTorch's name. x (...) -> (...).

    Arguments:
        x: an array.
        axis: the axis.
        indices: the places, integers, with as many axes as x, no longer on the others.
    Returns:
        The elements, in the places' shape.
    Raises:
        ValueError: for places of another number of axes, or longer.
        IndexError: for a place out of range.

    Example:
        >>> ag.gather(Tensor([[1, 2], [3, 4]]), 1, [[1], [0]]).tolist()
        [[2], [3]]
    """
    cut, places = _fitted("gather", x, axis, indices)
    return take_along_axis.bind(getitem.bind(x, index=cut), places, axis=axis)


@definition(methods=["scatter"])
def scatter(x: Any, axis: Axis, indices: Places, values: Values) -> Any:
    """x with values at places along an axis that differ from line to line; PyTorch's name. x (...) -> (...).

    Arguments:
        x: an array.
        axis: the axis.
        indices: the places, integers, with as many axes as x, no longer on the others.
        values: a number, or at least as many as places. Of two at one place the last counts.
    Returns:
        An array of x's shape.
    Raises:
        ValueError: for places or values that do not fit.
        IndexError: for a place out of range.

    Example:
        >>> ag.scatter(Tensor([[0, 0], [0, 0]]), 1, [[1], [0]], 5).tolist()
        [[0, 5], [5, 0]]
    """
    _, places = _fitted("scatter", x, axis, indices)
    return At(x)[_grid(x.shape, axis, places)].set(_as_many("scatter", x, values, places.shape))


@definition(methods=["scatter_add"])
def scatter_add(x: Any, axis: Axis, indices: Places, values: Values) -> Any:
    """x with values added at places along an axis that differ from line to line; PyTorch's name. x (...) -> (...).

    Arguments:
        x: an array.
        axis: the axis.
        indices: the places, integers, with as many axes as x, no longer on the others.
        values: a number, or at least as many as places. Two at one place are both added.
    Returns:
        An array of x's shape.
    Raises:
        ValueError: for places or values that do not fit.
        IndexError: for a place out of range.

    Example:
        >>> ag.scatter_add(Tensor([0, 0]), 0, [1, 1], Tensor([2, 3])).tolist()
        [0, 5]
    """
    _, places = _fitted("scatter_add", x, axis, indices)
    return At(x)[_grid(x.shape, axis, places)].add(_as_many("scatter_add", x, values, places.shape))


def _as_many(name: str, x: Any, values: Any, shape: tuple[int, ...]) -> Any:
    given = operand(name, values, x)
    if given.shape and (len(given.shape) != len(shape) or any(m < n for m, n in zip(given.shape, shape, strict=True))):
        raise ValueError(f"{name}: values {given.shape} must be a number, or at least as many as places {shape}")
    return getitem(given, tuple(slice(0, n) for n in shape)) if given.shape else given


def _at_line(name: str, x: Any, axis: int, indices: Any, source: Any) -> tuple[Any, Any]:
    places = whole_numbers(name, "indices", indices)
    given = operand(name, source, x)
    shape = (*x.shape[:axis], places.size, *x.shape[axis + 1 :])
    if places.ndim != 1 or given.shape not in ((), shape):
        words = f"indices {places.shape} must be a line, and values {given.shape} a number or {shape}"
        raise ValueError(f"{name}: {words}, for x {x.shape}")
    _check_range(name, x, axis, places)
    return At(x)[(*[slice(None)] * axis, places)], given


@definition(name="index_add", methods=["index_add"])
def summed_in(x: Any, axis: Axis, indices: Places, values: Values) -> Any:
    """x with parts added at places along an axis; PyTorch's name. x (..., n, ...) -> (..., n, ...).

    Arguments:
        x: an array.
        axis: the axis.
        indices: the places, a line of integers.
        values: a part for each place. Two at one place are both added.
    Returns:
        An array of x's shape.
    Raises:
        ValueError: for places or values that do not fit.
        IndexError: for a place out of range.

    Example:
        >>> ag.index_add(Tensor([0, 0, 0]), 0, [2, 0], Tensor([5, 7])).tolist()
        [7, 0, 5]
    """
    at, given = _at_line("index_add", x, axis, indices, values)
    return at.add(given)


@definition(methods=["index_copy"])
def index_copy(x: Any, axis: Axis, indices: Places, values: Values) -> Any:
    """x with other parts at places along an axis; PyTorch's name. x (..., n, ...) -> (..., n, ...).

    Arguments:
        x: an array.
        axis: the axis.
        indices: the places, a line of integers.
        values: a part for each place. Of two at one place the last counts.
    Returns:
        An array of x's shape.
    Raises:
        ValueError: for places or values that do not fit.
        IndexError: for a place out of range.

    Example:
        >>> ag.index_copy(Tensor([0, 0, 0]), 0, [2, 0], Tensor([5, 7])).tolist()
        [7, 0, 5]
    """
    at, given = _at_line("index_copy", x, axis, indices, values)
    return at.set(given)


# ── by segment ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _segments(name: str, data: Any, ids: Any, num_segments: int | None) -> tuple[Any, int]:
    numbers = whole_numbers(name, "segment_ids", ids)
    if not data.shape or numbers.shape != data.shape[:1]:
        raise ValueError(f"{name}: segment_ids {numbers.shape} must be one for each part of data {data.shape}")
    count = int(numbers.max(initial=-1)) + 1 if num_segments is None else num_segments
    if not is_whole(count, 0) or (numbers.size and not (numbers.min() >= 0 and numbers.max() < count)):
        raise ValueError(f"{name}: segments must be from 0 to {count - 1}, not {numbers.min()} to {numbers.max()}")
    return numbers, int(count)


@definition
def segment_sum(data: Any, segment_ids: Places, num_segments: Plain = None) -> Any:
    """The sums of parts that belong together. data (n, ...), segment_ids (n,) -> (num_segments, ...).

    Arguments:
        data: the parts, along the first axis.
        segment_ids: which segment each belongs to, integers of at least 0 in any order.
        num_segments: how many there are, by default the largest number and one.
    Returns:
        The sums; 0 for a segment without parts.
    Raises:
        ValueError: for numbers that do not fit.

    Example:
        >>> ag.segment_sum(Tensor([1.0, 2.0, 4.0]), [0, 1, 0]).numpy()
        array([5., 2.])
    """
    numbers, count = _segments("segment_sum", data, segment_ids, num_segments)
    return added_at.bind(data, shape=(count, *data.shape[1:]), index=numbers)


@definition
def segment_mean(data: Any, segment_ids: Places, num_segments: Plain = None) -> Any:
    """The means of parts that belong together. data (n, ...), segment_ids (n,) -> (num_segments, ...).

    Arguments:
        data: the parts, along the first axis.
        segment_ids: which segment each belongs to, integers of at least 0 in any order.
        num_segments: how many there are, by default the largest number and one.
    Returns:
        The means; 0 for a segment without parts.
    Raises:
        ValueError: for numbers that do not fit.

    Example:
        >>> ag.segment_mean(Tensor([1.0, 2.0, 4.0]), [0, 1, 0]).numpy()
        array([2.5, 2. ])
    """
    numbers, count = _segments("segment_mean", data, segment_ids, num_segments)
    sizes = np.maximum(np.bincount(numbers, minlength=count), 1).reshape((-1, *[1] * (len(data.shape) - 1)))
    total = added_at.bind(data, shape=(count, *data.shape[1:]), index=numbers)
    return total / (sizes.astype(data.dtype) if data.dtype.kind == "f" else sizes)


@op(public=False, kink=lambda x, out, ids: np.equal(x, out[ids]))
def segment_extreme(x: Any, *, ids: Any, count: int, largest: bool) -> Any:
    """The largest or smallest of each segment; ∓inf for a segment without parts. x (n, ...) -> (count, ...)."""
    out = np.full((count, *x.shape[1:]), -np.inf if largest else np.inf, x.dtype)
    (np.maximum if largest else np.minimum).at(out, ids, x)
    return out


def _shared(g: Any, x: Any, out: Any, *, ids: Any, count: int) -> Any:
    """g for those that reached the extreme, shared equally where several did."""
    hit = (x == getitem.bind(out, index=ids)) + (x != x)
    number = added_at.bind(cast.bind(hit, dtype=g.dtype), shape=(count, *x.shape[1:]), index=ids)
    return where(hit, getitem.bind(g / maximum(number, 1), index=ids), 0)


segment_extreme.defvjp(x=_shared)


@definition
def segment_max(data: Any, segment_ids: Places, num_segments: Plain = None) -> Any:
    """The largest of parts that belong together. data (n, ...), segment_ids (n,) -> (num_segments, ...).

    Tied elements share the gradient equally.

    Arguments:
        data: the parts, floating, along the first axis.
        segment_ids: which segment each belongs to, integers of at least 0 in any order.
        num_segments: how many there are, by default the largest number and one.
    Returns:
        The largest; -inf for a segment without parts.
    Raises:
        ValueError: for numbers that do not fit.

    Example:
        >>> ag.segment_max(Tensor([1.0, 2.0, 4.0]), [0, 1, 0]).numpy()
        array([4., 2.])
    """
    numbers, count = _segments("segment_max", data, segment_ids, num_segments)
    return segment_extreme.bind(data, ids=numbers, count=count, largest=True)


@definition
def segment_min(data: Any, segment_ids: Places, num_segments: Plain = None) -> Any:
    """The smallest of parts that belong together. data (n, ...), segment_ids (n,) -> (num_segments, ...).

    Tied elements share the gradient equally.

    Arguments:
        data: the parts, floating, along the first axis.
        segment_ids: which segment each belongs to, integers of at least 0 in any order.
        num_segments: how many there are, by default the largest number and one.
    Returns:
        The smallest; inf for a segment without parts.
    Raises:
        ValueError: for numbers that do not fit.

    Example:
        >>> ag.segment_min(Tensor([1.0, 2.0, 4.0]), [0, 1, 0]).numpy()
        array([1., 2.])
    """
    numbers, count = _segments("segment_min", data, segment_ids, num_segments)
    return segment_extreme.bind(data, ids=numbers, count=count, largest=False)
