"""Rows of a table looked up by integers, one by one and in bags.

take_rows ↔ add_rows
"""

from typing import Annotated, Any

import numpy as np

from ..arguments import Flag, Parameter, Plain, array_of, is_whole
from ..core.primitive import operand
from .elementwise import floating, where
from .kinds import definition, linear, op
from .precision import in_single
from .sort import in_order, take_along_axis

WholeOrNone = Annotated[Any, Parameter(None, "int | None")]


@linear(lambda g, shape, indices, *, skip: add_rows.bind(g, indices, count=shape[0], skip=skip), public=False)
def take_rows(weight: Any, indices: Any, *, skip: Plain) -> Any:
    """weight[indices]; the row `skip` gets no gradient, if it is one. weight (V, ...), indices (I) -> (I, ...)."""
    return weight[indices]


@linear(lambda g, indices, *, skip: _taken(g, indices, skip), public=False)
@in_single
def add_rows(y: Any, indices: Any, *, count: Plain, skip: Plain) -> Any:
    """Each row of y added to the row of zeros that its index names, but not to `skip`. y (I, ...) -> (count, ...)."""
    axes = np.ndim(indices)
    rows, places = y.reshape(indices.size, *y.shape[axes:]), indices.reshape(-1)
    if skip is not None:
        rows, places = rows[places != skip], places[places != skip]
    out = np.zeros((count, *y.shape[axes:]), y.dtype)
    if len(places):
        order = in_order(places, 0)
        sorted_ = places[order]
        starts = np.flatnonzero(np.r_[True, sorted_[1:] != sorted_[:-1]])
        out[sorted_[starts]] = np.add.reduceat(rows[order], starts, axis=0)
    return out


def _taken(g: Any, indices: Any, skip: int | None) -> Any:
    found = take_rows.bind(g, indices, skip=skip)
    if skip is None:
        return found
    kept = getattr(indices, "_array", indices) != skip
    return where(kept.reshape(*kept.shape, *[1] * (len(g.shape) - 1)), found, 0)


take_rows.defvjp(indices=None)
add_rows.defvjp(indices=None)


def _indices(name: str, indices: Any, count: int) -> Any:
    """Integers from 0 to count − 1, a Tensor as it is."""
    indices = operand(f"{name}: indices", indices)
    array = np.asarray(getattr(indices, "_array", indices))  # only to refuse what is wrong
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: indices must be integers, not {array.dtype}")
    if array.size and (array.min() < 0 or array.max() >= count):
        bad = array.min() if array.min() < 0 else array.max()
        raise IndexError(f"{name}: index {bad} must be at least 0 and below the number of rows, {count}")
    return indices


def _table(name: str, weight: Any, padding_idx: Any, max_norm: Any) -> tuple[Any, int | None]:
    if len(weight.shape) != 2:
        raise ValueError(f"{name}: weight {weight.shape} must be (rows, features)")
    if max_norm is not None:
        raise ValueError(f"{name}: max_norm would write into the weight; normalise its rows before, as an operation")
    rows = weight.shape[0]
    if padding_idx is None:
        return weight, None
    if not is_whole(padding_idx) or not -rows <= padding_idx < rows:
        raise ValueError(f"{name}: padding_idx {padding_idx!r} must be an integer from {-rows} to {rows - 1}")
    return weight, int(padding_idx) % rows


@definition
def embedding(indices: Any, weight: Any, padding_idx: WholeOrNone = None, max_norm: Plain = None) -> Any:
    """The rows of a table that the indices name. indices (...), weight (V, E) -> (..., E).

    A row that is named several times gets the sum of their gradients.

    Arguments:
        indices: integers from 0 to V − 1.
        weight: (V, E), the table.
        padding_idx: a row that gets no gradient, or None.
        max_norm: None; to shorten long rows would write into the weight.
    Returns:
        (..., E), in weight's dtype.
    Raises:
        IndexError: for an index that names no row.
        TypeError: for indices that are not integers.
        ValueError: for a weight without two axes, a padding_idx that names no row, and for a max_norm.

    Example:
        >>> w = Tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True)
        >>> ag.grad(ag.embedding(np.array([0, 2, 2]), w).sum(), w).numpy()
        array([[1., 1.],
               [0., 0.],
               [2., 2.]])
    """
    weight = operand("embedding: weight", weight)
    weight, skip = _table("embedding", weight, padding_idx, max_norm)
    return take_rows.bind(weight, _indices("embedding", indices, weight.shape[0]), skip=skip)


@op
def one_hot(indices: Any, num_classes: WholeOrNone = None) -> Any:
    """A 1 at the place that each index names, among zeros. indices (...) -> (..., C).

    No gradient flows through it.

    Arguments:
        indices: integers of at least 0.
        num_classes: C, a positive integer; None for one more than the largest index.
    Returns:
        (..., C), integers.
    Raises:
        TypeError: for indices that are not integers.
        IndexError: for an index that is below 0 or not below C.
        ValueError: for no indices without a C.

    Example:
        >>> ag.one_hot(np.array([2, 0]))
        array([[0, 0, 1],
               [1, 0, 0]])
    """
    array = np.asarray(indices)
    if array.dtype.kind not in "iu":
        raise TypeError(f"indices must be integers, not {array.dtype}")
    if num_classes is None and not array.size:
        raise ValueError("without indices num_classes must be given")
    count = int(array.max()) + 1 if num_classes is None else num_classes
    if array.size and (array.min() < 0 or array.max() >= count):
        bad = array.min() if array.min() < 0 else array.max()
        raise IndexError(f"index {bad} must be at least 0 and below the number of classes, {count}")
    return (array[..., None] == np.arange(count)).astype(np.int64)


one_hot.defvjp(indices=None)


@op(public=False)
def first_largest(y: Any, bags: Any, *, count: Plain) -> Any:
    """For each bag, feature by feature, the first of its rows with the largest number. y (I, E) -> (count, E).

    bags: (I,), each row's bag, ascending. An empty bag gets row 0.
    """
    at = np.zeros((count, y.shape[1]), np.intp)
    starts = np.searchsorted(bags, np.arange(count))
    for bag in np.unique(bags):
        stop = np.searchsorted(bags, bag, side="right")
        at[bag] = starts[bag] + np.argmax(y[starts[bag] : stop], axis=0)
    return at


first_largest.defvjp(y=None, bags=None)


@definition
def embedding_bag(
    indices: Any,
    weight: Any,
    offsets: Any = None,
    per_sample_weights: Any = None,
    mode: Annotated[Any, Parameter(None, 'Literal["mean", "sum", "max"]')] = "mean",
    padding_idx: WholeOrNone = None,
    include_last_offset: Flag = False,
) -> Any:
    """The rows of a table, bag by bag their mean, sum or maximum. weight (V, E) -> (B, E).

    An empty bag gives zeros. Of tied rows the first gets the gradient of a maximum.

    Arguments:
        indices: (B, n), a bag each row; or (I,), with offsets: integers from 0 to V − 1.
        weight: (V, E), the table.
        offsets: (B,), where each bag begins; the first is 0.
        per_sample_weights: numbers in the shape of indices, by which the rows are multiplied in a sum; or None.
        mode: "mean", "sum" or "max".
        padding_idx: a row that counts for nothing and gets no gradient, or None.
        include_last_offset: whether offsets has one more, the number of indices.
    Returns:
        (B, E), in weight's dtype.
    Raises:
        IndexError: for an index that names no row.
        TypeError: for indices and offsets that are not integers.
        ValueError: for shapes, offsets and modes that do not go together.

    Example:
        >>> w = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 0.0]])
        >>> ag.embedding_bag(np.array([0, 1, 2]), w, np.array([0, 1]), mode="max")
        array([[1., 2.],
               [5., 4.]])
    """
    name = "embedding_bag"
    (weight,) = floating(name, (), weight=weight)
    weight, skip = _table(name, weight, padding_idx, None)
    places = array_of(_indices(name, indices, weight.shape[0]))
    if mode not in ("mean", "sum", "max"):
        raise ValueError(f"{name}: mode must be 'mean', 'sum' or 'max', not {mode!r}")
    bags, count = _bags(name, places.shape, offsets, include_last_offset)
    factors = per_sample_weights
    if factors is not None:
        (factors,) = floating(name, (), per_sample_weights=factors)
        if mode != "sum" or factors.shape != places.shape:
            words = f"go with the mode 'sum', not {mode!r}, and with as many indices {places.shape}"
            raise ValueError(f"{name}: per_sample_weights {factors.shape} {words}")
        factors = factors.reshape((places.size, 1))
    places = places.reshape(-1)
    if skip is not None:
        kept = np.flatnonzero(places != skip)
        places, bags = places[kept], bags[kept]
        factors = None if factors is None else take_rows.bind(factors, kept, skip=None)
    rows = take_rows.bind(weight, places, skip=skip)
    return _bagged(rows if factors is None else rows * factors, bags, count, mode)


@in_single
def _bagged(rows: Any, bags: Any, count: int, mode: str) -> Any:
    sizes = np.bincount(bags, minlength=count)[:, None]
    if mode != "max":
        total = add_rows.bind(rows, bags, count=count, skip=None)
        return total if mode == "sum" else total / np.maximum(sizes, 1).astype(rows.dtype)
    if not rows.shape[0]:
        return add_rows.bind(rows, bags, count=count, skip=None)
    return where(sizes > 0, take_along_axis.bind(rows, first_largest.bind(rows, bags, count=count), axis=0), 0)


def _bags(name: str, shape: tuple[int, ...], offsets: Any, include_last: bool) -> tuple[Any, int]:
    """The bag of each index, and how many bags there are."""
    if len(shape) == 2 and offsets is None:
        return np.repeat(np.arange(shape[0]), shape[1]), shape[0]
    if len(shape) != 1 or offsets is None:
        raise ValueError(f"{name}: indices {shape} must be (B, n) without offsets, or (I,) with them")
    starts = array_of(operand(f"{name}: offsets", offsets))
    if starts.dtype.kind not in "iu":
        raise TypeError(f"{name}: offsets must be integers, not {starts.dtype}")
    ends = starts[1:] if include_last else np.append(starts[1:], shape[0])
    starts = starts[:-1] if include_last else starts
    right = starts.ndim == 1 and len(starts) == len(ends) and (not len(starts) or starts[0] == 0)
    if not right or (ends < starts).any() or (len(ends) and ends[-1] != shape[0]):
        raise ValueError(f"{name}: offsets must be (B,), begin with 0, and ascend up to the {shape[0]} indices")
    return np.repeat(np.arange(len(starts)), ends - starts), len(starts)
