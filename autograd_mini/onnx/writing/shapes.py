"""What operations are written as that move elements: shapes, borders, joining and cutting."""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from .elementwise import numeric
from .graph import Graph, Var, written


@written("reshape", plain=True)
def _reshape(graph: Graph, x: Var, *, shape: Any) -> Var:
    if len(x.shape) == len(shape) + 1 - sum(n == 1 for n in shape) and x.shape == (*shape, 1):
        return graph.squeeze(x, len(shape))
    return graph.reshape(x, shape)


@written("transpose", plain=True)
def _transpose(graph: Graph, x: Var, *, axes: Any) -> Var:
    axes = [*range(x.ndim)][::-1] if axes is None else [int(i) for i in axes]
    return graph.Transpose(x, perm=axes) if axes else graph.Identity(x)


@written("broadcast_to", plain=True)
def _broadcast_to(graph: Graph, x: Var, *, shape: Any) -> Var:
    return graph.Expand(x, graph.sizes(shape))


@written("pad", plain=True)
def _pad(graph: Graph, x: Var, *, pad_width: Any, value: Any) -> Var:
    x = numeric(graph, x)
    edges = [int(before) for before, _ in pad_width] + [int(after) for _, after in pad_width]
    return graph.Pad(x, graph.ints(edges), graph.number(value, x.dtype))


@written("flip", plain=True)
def _flip(graph: Graph, x: Var, *, axis: Any) -> Var:
    axes = [*range(x.ndim)] if axis is None else [int(i) for i in axis]
    if not axes:
        return graph.Identity(x)
    ends = graph.ints([-1] * len(axes)), graph.ints([-(2**62)] * len(axes))
    return graph.Slice(x, *ends, graph.ints(axes), graph.ints([-1] * len(axes)))


@written("roll", plain=True)
def _roll(graph: Graph, x: Var, *, shift: Any, axis: Any) -> Var:
    shape = x.shape
    found, axes = (graph.reshape(x, [prod(shape)]), [0]) if axis is None else (x, [int(i) for i in axis])
    shifts = [sum(shift)] if axis is None else [*shift] * (len(axes) // len(shift))
    for by, i in zip(shifts, axes, strict=True):
        n = prod(shape) if axis is None else shape[i]
        if by := by % n if n else 0:
            found = graph.Concat(graph.slice(found, i, n - by, n), graph.slice(found, i, 0, n - by), axis=i)
    return graph.reshape(found, shape)


@written("concatenate", plain=True)
def _concatenate(graph: Graph, *arrays: Var, axis: int, starts: Any) -> Var:
    return graph.Concat(*(numeric(graph, x, graph.out) for x in arrays), axis=int(axis))


@written("split", plain=True)
def _split(graph: Graph, x: Var, *, ends: Any, axis: int) -> tuple[Var, ...]:
    sizes = [after - before for before, after in pairwise((0, *ends, x.shape[axis]))]
    return graph.add("Split", x, graph.ints(sizes), axis=int(axis), outputs=len(sizes))


@written("repeated", plain=True)
def _repeated(graph: Graph, x: Var, *, counts: Any, axis: int) -> Var:
    places = np.repeat(np.arange(x.shape[axis]), counts)
    return graph.Gather(x, graph.array(places, np.int64), axis=int(axis))


@written("add_up", plain=True)
def _add_up(graph: Graph, y: Var, *, counts: Any, axis: int, length: int) -> Var:
    rows = np.repeat(np.arange(length), counts)
    shape = [*y.shape[:axis], length, *y.shape[axis + 1 :]]
    line = np.broadcast_to(np.expand_dims(rows, [i for i in range(y.ndim) if i != axis]), y.shape)
    return added(graph, numeric(graph, y), shape, graph.array(line, np.int64), axis)


def added(graph: Graph, y: Var, shape: Any, places: Var, axis: int = 0, reduction: str = "add", fill: Any = 0) -> Var:
    """Zeros of a shape, with y added at places along an axis."""
    zeros = graph.Expand(graph.number(fill, y.dtype), graph.sizes(shape))
    return graph.ScatterElements(zeros, places, y, axis=int(axis), reduction=reduction)
