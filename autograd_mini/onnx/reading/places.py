"""ONNX's operators that take, put and choose elements by their places."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops as f
from ...arguments import bare
from ...core.tape import Value
from ...ops.update import At
from .operators import operator
from .shapes import whole, within_reason


def places(x: Any) -> np.ndarray[Any, Any]:
    """Integers that say where; they leave the tape."""
    return np.asarray(bare(x))


def _from_front(indices: Any, n: int) -> np.ndarray[Any, Any]:
    """Places counted from the front. IndexError for those that are not there."""
    found = places(indices)
    if found.size and not (-n <= found.min() and found.max() < n):
        raise IndexError(f"place {found.min() if found.min() < -n else found.max()} is not on an axis of {n}")
    return np.where(found < 0, found + n, found)


@operator("Gather")
def _gather(x: Any, indices: Any, *, axis: int = 0) -> Any:
    return f.take(x, _from_front(indices, x.shape[axis]), axis)


@operator("GatherElements")
def _gather_elements(x: Any, indices: Any, *, axis: int = 0) -> Any:
    found = _from_front(indices, x.shape[axis])
    where = list(np.indices(found.shape, sparse=True))
    where[axis % x.ndim] = found
    return f.getitem(x, tuple(where))


@operator("GatherND")
def _gather_nd(x: Any, indices: Any, *, batch_dims: int = 0) -> Any:
    return f.getitem(x, _index(places(indices), batch_dims))


def _index(indices: Any, batch: int = 0) -> tuple[Any, ...]:
    """The index of which the last axis holds coordinates, behind axes that the array has too."""
    shape = indices.shape[:-1]
    first = [np.arange(n).reshape([-1 if i == j else 1 for j in range(len(shape))])
             for i, n in enumerate(shape[:batch])]  # fmt: skip
    return (*first, *(indices[..., i] for i in range(indices.shape[-1])))


def put(x: Any, index: tuple[Any, ...], updates: Any, reduction: str) -> Any:
    """x with others in places, or combined with what is there."""
    if not index:
        index = (...,)
    if not isinstance(x, Value) and not isinstance(updates, Value):
        found = np.array(x)
        ways = {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}
        if reduction == "none":
            found[index] = updates
        else:
            ways[reduction].at(found, index, updates)
        return found
    at = At(x if isinstance(x, Value) else type(updates).made(x, None))[index]
    if reduction in ("none", "add"):
        return (at.set if reduction == "none" else at.add)(updates)
    return _in_turns(x, index, updates, reduction)


def _in_turns(x: Any, index: tuple[Any, ...], updates: Any, reduction: str) -> Any:
    """x combined with updates, of which several may go to one place: the first of each, then the second, and so on."""
    flat = np.arange(x.size).reshape(x.shape)[index].reshape(-1)
    order = np.argsort(flat, kind="stable")
    begin = np.concatenate(([True], flat[order][1:] != flat[order][:-1]))[: len(flat)]
    turn = np.empty(len(flat), np.int64)
    turn[order] = np.arange(len(flat)) - np.maximum.accumulate(np.where(begin, np.arange(len(flat)), 0))
    line, values = f.reshape(x, (-1,)), f.reshape(updates, (-1,))
    for k in range(turn.max(initial=-1) + 1):
        chosen = np.flatnonzero(turn == k)
        at = At(line if isinstance(line, Value) else type(updates).made(line, None))[flat[chosen]]
        line = {"mul": at.multiply, "max": at.max, "min": at.min}[reduction](f.take(values, chosen, 0))
    return f.reshape(line, x.shape)


@operator("ScatterElements", "Scatter")
def _scatter_elements(x: Any, indices: Any, updates: Any, *, axis: int = 0, reduction: str = "none") -> Any:
    found = _from_front(indices, x.shape[axis])
    where = list(np.broadcast_arrays(*np.indices(found.shape, sparse=True)))
    where[axis % x.ndim] = found
    return put(x, tuple(where), updates, reduction)


@operator("ScatterND")
def _scatter_nd(x: Any, indices: Any, updates: Any, *, reduction: str = "none") -> Any:
    return put(x, _index(places(indices)), updates, reduction)


@operator("TensorScatter")
def _tensor_scatter(x: Any, update: Any, begin: Any = None, *, mode: str = "linear", axis: int = -2) -> Any:
    n, new = x.shape[axis], update.shape[axis]
    first = np.zeros(x.shape[0], np.int64) if begin is None else places(begin)
    lines = first[:, None] + np.arange(new)
    if mode == "circular":
        lines %= n
    moved, given = f.moveaxis(x, axis, 1), f.moveaxis(update, axis, 1)
    found = put(moved, (np.arange(x.shape[0])[:, None], lines), given, "none")
    return f.moveaxis(found, 1, axis)


@operator("OneHot")
def _one_hot(indices: Any, depth: Any, values: Any, *, axis: int = -1) -> Any:
    n = whole(depth)[0]
    chosen = places(indices)
    within_reason((*chosen.shape, n))
    hot = np.expand_dims(np.where(chosen < 0, chosen + n, chosen), axis) == np.arange(n).reshape(
        [-1 if i == axis % (chosen.ndim + 1) else 1 for i in range(chosen.ndim + 1)]
    )
    return f.where(hot, f.getitem(values, 1), f.getitem(values, 0))


@operator("Compress")
def _compress(x: Any, condition: Any, *, axis: int | None = None) -> Any:
    wanted = np.flatnonzero(places(condition))
    return f.take(f.reshape(x, (-1,)), wanted, 0) if axis is None else f.take(x, wanted, axis)


@operator("NonZero")
def _nonzero(x: Any) -> Any:
    return np.array(np.nonzero(np.atleast_1d(places(x))), np.int64)


@operator("TopK")
def _top_k(x: Any, given: Any = None, *, axis: int = -1, largest: int = 1, sorted: int = 1, k: int = 0) -> Any:
    count = k if given is None else whole(given)[0]
    numbers = places(x)
    if not 0 <= count <= x.shape[axis]:
        raise ValueError(f"{count} of {x.shape[axis]} elements are asked for")
    if largest:  # the first of equals first, as when the smallest are asked for
        order = np.flip(x.shape[axis] - 1 - np.argsort(np.flip(numbers, axis), axis, kind="stable"), axis)
    else:
        order = np.argsort(numbers, axis, kind="stable")
    chosen = np.take(order, np.arange(count), axis)
    return f.take_along_axis(x, chosen, axis), chosen.astype(np.int64)


@operator("ArgMax")
def _arg_max(x: Any, *, axis: int = 0, keepdims: int = 1, select_last_index: int = 0) -> Any:
    return _extreme(np.argmax, x, axis, keepdims, select_last_index)


@operator("ArgMin")
def _arg_min(x: Any, *, axis: int = 0, keepdims: int = 1, select_last_index: int = 0) -> Any:
    return _extreme(np.argmin, x, axis, keepdims, select_last_index)


def _extreme(function: Any, x: Any, axis: int, keepdims: int, last: int) -> Any:
    numbers = places(x)
    found = function(np.flip(numbers, axis) if last else numbers, axis=axis, keepdims=bool(keepdims))
    return np.asarray(x.shape[axis] - 1 - found if last else found, np.int64)


@operator("Unique")
def _unique(x: Any, *, axis: int | None = None, sorted: int = 1) -> Any:
    numbers = places(x)
    _, first, inverse, counts = np.unique(numbers, True, True, True, axis=axis)
    inverse = inverse.reshape(-1)
    if not sorted:
        order = np.argsort(first)
        rank = np.argsort(order)
        first, inverse, counts = first[order], rank[inverse], counts[order]
    found = f.take(f.reshape(x, (-1,)) if axis is None else x, first, 0 if axis is None else axis)
    return found, *(one.astype(np.int64) for one in (first, inverse, counts))
