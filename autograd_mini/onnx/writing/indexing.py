"""What indexing is written as, by integers, slices and arrays, and its adjoint."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .elementwise import numeric
from .graph import Dim, Graph, UnwrittenError, Var, written
from .shapes import added

FLAT = 1 << 24
"""As many places may be written into the file for one indexing by arrays."""


@written("getitem", plain=True)
def _getitem(graph: Graph, x: Var, *, index: Any) -> Var:
    if x.last is not None:
        return _last(x, x.last, index)
    entries = index if isinstance(index, tuple) else (index,)
    if not any(isinstance(entry, np.ndarray | list | bool | np.bool_) for entry in entries):
        return _sliced(graph, x, entries)
    entries = _full(x, entries)
    arrays = [i for i, entry in enumerate(entries) if isinstance(entry, np.ndarray)]
    if len(arrays) == 1 and entries[arrays[0]].dtype.kind in "iu" and None not in map(_none, entries):
        axis = arrays[0]
        others = [entry for i, entry in enumerate(entries) if i != axis]
        if all(entry == slice(None) for entry in others):
            return graph.Gather(x, graph.array(entries[axis], np.int64), axis=axis)
    return _by_places(graph, x, entries)


def _last(x: Var, last: Var, index: Any) -> Var:
    """The last element of a sequence that is not written, if that is asked for."""
    if x.ends is None:
        asked = isinstance(index, int | np.integer) and index in (-1, x.shape[0] - 1)
    else:
        pair = isinstance(index, tuple) and len(index) == 2
        asked = pair and np.array_equal(index[0], x.ends) and np.array_equal(index[1], np.arange(len(x.ends)))
    if not asked:
        raise UnwrittenError(x.words)
    return last


def _none(entry: Any) -> Any:
    return None if entry is None else 0


def _full(x: Var, entries: Any) -> tuple[Any, ...]:
    """An index with an entry for every axis, lists as arrays, without an ellipsis."""
    taken = [np.asarray(e) if isinstance(e, list) else e for e in entries]
    used = sum(_axes_of(e) for e in taken)
    rest = (slice(None),) * (x.ndim - used)
    at = next((i for i, e in enumerate(taken) if e is Ellipsis), len(taken))
    return (*taken[:at], *rest, *taken[at + 1 :])


def _axes_of(entry: Any) -> int:
    if entry is None or entry is Ellipsis or isinstance(entry, bool | np.bool_):
        return 0
    return entry.ndim if isinstance(entry, np.ndarray) and entry.dtype == np.bool_ else 1


def _sliced(graph: Graph, x: Var, entries: Any) -> Var:
    """An index of integers, slices, None and an ellipsis."""
    cuts, gone, new = [], [], []  # start, stop, axis and step of each slice; axes that go, and come
    axis, place = 0, 0
    for entry in _full(x, entries):
        if entry is None:
            new.append(place)
            place += 1
            continue
        n = x.shape[axis]
        if isinstance(entry, slice):
            if entry != slice(None):
                start, stop, step = _ends(entry, n)
                cuts.append((start, stop, axis, step))
            place += 1
        else:
            at = int(entry)
            cuts.append((at, at + 1 if at != -1 else 2**62, axis, 1))
            gone.append(axis)
        axis += 1
    if len(cuts) == len(gone) == 1 and not new:
        return graph.Gather(x, graph.number(cuts[0][0], np.int64), axis=gone[0])
    if cuts:
        x = graph.Slice(x, *map(graph.ints, zip(*cuts, strict=True)))
    x = graph.unsqueeze(graph.squeeze(x, *gone), *new)
    return x if cuts or gone or new else graph.Identity(x)


def _ends(entry: slice, n: Any) -> tuple[int, int, int]:
    """Start, stop and step; of a length that is not known, ends that are counted from where the slice says."""
    if not isinstance(n, Dim):
        start, stop, step = entry.indices(n)
        return start, (stop if stop >= 0 else -(2**62)), step
    step = 1 if entry.step is None else int(entry.step)
    ends = [None if e is None else e if isinstance(e, Dim) else int(e) for e in (entry.start, entry.stop)]
    if step < 0 or any(isinstance(e, Dim) and e != n for e in ends):
        raise UnwrittenError("cuts the batch at a length that depends on it")
    first, last = (None if isinstance(e, Dim) else e for e in ends)
    return first or 0, 2**62 if last is None else last, step


def _by_places(graph: Graph, x: Var, entries: Any) -> Var:
    """Any index at all: the places that it names, in one line of the elements."""
    lead = int(isinstance(x.shape[0], Dim) and entries[0] == slice(None)) if x.shape else 0
    places = _places(x.shape[lead:], entries[lead:])
    if lead:
        flat = graph.Reshape(x, graph.ints([0, -1]))
        found = graph.Gather(flat, graph.array(places, np.int64), axis=1)
        if len(graph.shape) != 1 + places.ndim or graph.shape[0] != x.shape[0]:
            raise UnwrittenError("puts what arrays index before the batch, whose length is not known")
        return found
    return graph.Gather(graph.Reshape(x, graph.ints([-1])), graph.array(places, np.int64), axis=0)


def _places(shape: Any, entries: Any) -> Any:
    if any(isinstance(n, Dim) for n in shape):
        raise UnwrittenError("indexes the batch by an array, and its length is not known")
    if prod(shape) > FLAT:
        raise UnwrittenError(f"indexes {prod(shape):,} elements by arrays; the most is {FLAT:,}")
    return np.arange(prod(shape)).reshape(shape)[tuple(entries)]


@written("index_add", plain=True)
def _index_add(graph: Graph, y: Var, *, shape: Any, index: Any) -> Var:
    places = _places(shape, index if isinstance(index, tuple) else (index,))
    flat = graph.Reshape(graph.Expand(numeric(graph, y), graph.ints(places.shape)), graph.ints([-1]))
    found = added(graph, flat, [prod(shape)], graph.array(places.reshape(-1), np.int64))
    return graph.reshape(found, shape)


@written("index_set", plain=True)
def _index_set(graph: Graph, x: Var, y: Var, *, index: Any) -> Var:
    places = _places(x.shape, index if isinstance(index, tuple) else (index,))
    if np.unique(places).size != places.size:
        raise UnwrittenError("sets an element twice, and in which order is not said in ONNX")
    spread = graph.Expand(numeric(graph, y), graph.ints(places.shape))
    flat, places = graph.Reshape(spread, graph.ints([-1])), graph.array(places.reshape(-1), np.int64)
    line = graph.Reshape(numeric(graph, x), graph.ints([-1]))
    return graph.reshape(graph.ScatterElements(line, places, flat, axis=0), x.shape)


@written("segment_extreme", plain=True)
def _segment_extreme(graph: Graph, x: Var, *, ids: Any, count: int, largest: bool) -> Var:
    graph.since(18, "takes the largest of what is scattered")
    places = np.broadcast_to(np.asarray(ids).reshape(-1, *[1] * (x.ndim - 1)), x.shape)
    fill, operator = (-np.inf, "max") if largest else (np.inf, "min")
    return added(graph, x, [count, *x.shape[1:]], graph.array(places, np.int64), 0, operator, fill)


@written("take_along_axis", plain=True)
def _take_along_axis(graph: Graph, x: Var, indices: Var, *, axis: Any) -> Var:
    if axis is None:
        return graph.Gather(graph.Reshape(x, graph.ints([-1])), indices, axis=0)
    axis = int(axis) % x.ndim
    shape = [n if i != axis else x.shape[axis] for i, n in enumerate(graph.shape)]
    x = x if [*x.shape] == shape else graph.Expand(x, graph.sizes(shape))
    indices = indices if indices.shape == graph.shape else graph.Expand(indices, graph.sizes(graph.shape))
    return graph.GatherElements(x, graph.cast(indices, np.int64), axis=axis)


@written("add_along_axis", plain=True)
def _add_along_axis(graph: Graph, y: Var, indices: Var, *, shape: Any, axis: Any) -> Var:
    if axis is None:
        return graph.reshape(added(graph, y, [prod(shape)], indices), shape)
    spread = [n if i != axis % len(shape) else y.shape[i] for i, n in enumerate(shape)]
    if [*y.shape] != spread or [*indices.shape] != spread:
        raise UnwrittenError("adds up what was repeated")
    return added(graph, y, shape, indices, axis % len(shape))


@written("take_rows", plain=True)
def _take_rows(graph: Graph, weight: Var, indices: Var, *, skip: Any) -> Var:
    return graph.Gather(weight, indices if indices.dtype.name in ("int32", "int64") else graph.cast(indices, np.int64))


@written("add_rows", plain=True)
def _add_rows(graph: Graph, y: Var, indices: Var, *, count: int, skip: Any) -> Var:
    y, axes = numeric(graph, y), indices.ndim
    places = graph.cast(indices, np.int64)
    if skip is not None:
        y = graph.where(graph.unsqueeze(places.equals(int(skip)), *range(axes, len(y.shape))), 0, y)
    width: Any = prod(graph.shape[1:])
    lines = graph.Reshape(y, graph.ints([-1, width]))
    spread = graph.Expand(graph.Reshape(places, graph.ints([-1, 1])), graph.ints([1, width]))
    return graph.reshape(added(graph, lines, [count, width], spread), graph.shape)


@written("one_hot", plain=True)
def _one_hot(graph: Graph, indices: Var, *, num_classes: int | None) -> Var:
    count = graph.shape[-1] if num_classes is None else num_classes
    return graph.OneHot(graph.cast(indices, np.int64), graph.ints([count]), graph.ints([0, 1]), dtype=np.int64)


@written("pick", plain=True)
def _pick(graph: Graph, x: Var, labels: Var, *, axis: int) -> Var:
    axis = int(axis) % x.ndim
    places = graph.unsqueeze(graph.cast(labels, np.int64), axis)
    return graph.squeeze(graph.GatherElements(x, places, axis=axis), axis)


@written("place", plain=True)
def _place(graph: Graph, y: Var, labels: Var, *, shape: Any, axis: int) -> Var:
    axis = int(axis) % len(shape)
    places = graph.unsqueeze(graph.cast(labels, np.int64), axis)
    return added(graph, graph.unsqueeze(y, axis), shape, places, axis, "none")


@written("last_diagonal", plain=True)
def _last_diagonal(graph: Graph, x: Var, *, offset: int) -> Var:
    places = np.diagonal(np.arange(prod(x.shape[-2:])).reshape(x.shape[-2:]), offset)
    flat = graph.reshape(x, [*x.shape[:-2], prod(x.shape[-2:])])
    return graph.Gather(flat, graph.array(places, np.int64), axis=x.ndim - 2)


@written("on_diagonal", plain=True)
def _on_diagonal(graph: Graph, y: Var, *, shape: Any, offset: int) -> Var:
    line = np.full(prod(shape[-2:]), y.shape[-1])
    places = np.diagonal(np.arange(line.size).reshape(shape[-2:]), offset)
    line[places] = np.arange(len(places))
    padded = graph.Pad(y, graph.ints([0] * (2 * y.ndim - 1) + [1]), graph.number(0, y.dtype))
    return graph.reshape(graph.Gather(padded, graph.array(line, np.int64), axis=y.ndim - 1), shape)


@written("take_points", plain=True)
def _take_points(graph: Graph, x: Var, index: Var) -> Var:
    n, channels = x.shape[:2]
    places = graph.unsqueeze(graph.cast(index, np.int64), 1)
    wide = graph.Expand(graph.Max(places, graph.number(0, np.int64)), graph.sizes([n, channels, index.shape[1]]))
    return graph.where(places < 0, 0, graph.GatherElements(x, wide, axis=2))


@written("put_points", plain=True)
def _put_points(graph: Graph, y: Var, index: Var, *, size: int) -> Var:
    places = graph.unsqueeze(graph.cast(index, np.int64), 1)
    there = graph.where(places < 0, 0, y)
    wide = graph.Expand(graph.Max(places, graph.number(0, np.int64)), graph.sizes(y.shape))
    return added(graph, there, [*y.shape[:2], size], wide, 2)


@written("point_index", plain=True)
def _point_index(graph: Graph, *pixels: Var, sizes: Any) -> Var:
    index, inside = graph.number(0, np.int64), graph.array(True)
    for pixel, n in zip(pixels, sizes, strict=True):
        inside = inside & (pixel >= 0) & (pixel <= n - 1)
        index = index * int(n) + graph.cast(graph.Min(graph.Max(pixel, 0), n - 1), np.int64)
    return graph.where(inside, index, -1)


@written("bounded")
def _bounded(graph: Graph, place: Var, *, n: int, mode: str, align: bool) -> Var:
    low, span = (0.0, n - 1.0) if align else (-0.5, float(n))
    lost = graph.IsNaN(place)
    if mode not in ("zeros", "border"):
        lost = lost | graph.IsInf(place)
    out = graph.where(lost, low, place)
    if mode == "zeros":
        return graph.where(graph.Abs(out - n / 2) > n / 2 + 3, -3.0, out)
    if mode == "reflection":
        away = graph.Abs(out - low)
        flips = graph.Floor(away / (span or 1.0))
        odd = graph.Mod(flips, 2, fmod=1).equals(1)
        out = graph.where(odd, (flips + 1) * span - away, away - flips * span) + low
    return out if mode == "free" else graph.Min(graph.Max(out, 0), n - 1)
