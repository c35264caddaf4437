"""What sums, extremes and other reductions are written as, and what runs along an axis."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from .arithmetic import log_of_1_and
from .elementwise import MEANS, numeric, truth
from .graph import Graph, UnwrittenError, Var, written

STEPS = 256
"""As many nodes may stand for one operation that ONNX has no operator for, step by step along an axis."""


def _axes(x: Var, axis: Any) -> list[int]:
    return [*range(x.ndim)] if axis is None else [axis] if isinstance(axis, int) else [*axis]


@written("sum", plain=True)
def _sum(graph: Graph, x: Var, *, axis: Any, keepdims: bool) -> Var:
    return graph.reduce("ReduceSum", numeric(graph, x), _axes(x, axis), keepdims)


def _mean(graph: Graph, count: float, x: Var, *, axis: Any, keepdims: bool) -> Var | None:
    """The mean, if as many are summed."""
    axes = _axes(x, axis)
    if not axes or any(not isinstance(x.shape[i], int) for i in axes) or prod(x.shape[i] for i in axes) != count:
        return None
    x = graph.cast(x, graph.out)
    if keepdims and x.ndim > 2 and sorted(axes) == [*range(2, x.ndim)]:
        return graph.GlobalAveragePool(x)
    return graph.reduce("ReduceMean", x, axes, keepdims)


MEANS["sum"] = _mean


def _extreme(graph: Graph, operator: str, x: Var, axis: Any, keepdims: bool) -> Var:
    if x.dtype == np.bool_:
        return graph.cast(graph.reduce(operator, graph.cast(x, np.int32), _axes(x, axis), keepdims), np.bool_)
    return graph.reduce(operator, x, _axes(x, axis), keepdims)


@written("max", plain=True)
def _max(graph: Graph, x: Var, *, axis: Any, keepdims: bool) -> Var:
    return _extreme(graph, "ReduceMax", x, axis, keepdims)


@written("min", plain=True)
def _min(graph: Graph, x: Var, *, axis: Any, keepdims: bool) -> Var:
    return _extreme(graph, "ReduceMin", x, axis, keepdims)


@written("prod", plain=True)
def _prod(graph: Graph, x: Var, *, axis: Any, keepdims: bool) -> Var:
    return graph.reduce("ReduceProd", numeric(graph, x), _axes(x, axis), keepdims)


@written("any", plain=True)
def _any(graph: Graph, x: Var, *, axis: Any, keepdims: bool) -> Var:
    return graph.cast(graph.reduce("ReduceMax", _ones(graph, x), _axes(x, axis), keepdims), np.bool_)


@written("all", plain=True)
def _all(graph: Graph, x: Var, *, axis: Any, keepdims: bool) -> Var:
    return graph.cast(graph.reduce("ReduceMin", _ones(graph, x), _axes(x, axis), keepdims), np.bool_)


def _ones(graph: Graph, x: Var) -> Var:
    """1 where it is not 0."""
    return graph.cast(truth(graph, x), np.int32)


@written("count_nonzero", plain=True)
def _count_nonzero(graph: Graph, x: Var, *, axis: Any, keepdims: bool) -> Var:
    return graph.reduce("ReduceSum", graph.cast(truth(graph, x), np.int64), _axes(x, axis), keepdims)


def _place(graph: Graph, operator: str, x: Var, axis: Any, keepdims: bool) -> Var:
    x = graph.cast(x, np.int32) if x.dtype == np.bool_ else x
    if axis is None:
        flat = graph.Reshape(x, graph.ints([-1]))
        found = graph.add(operator, flat, axis=0, keepdims=0)[0]
        return graph.reshape(found, [1] * x.ndim) if keepdims else found
    return graph.add(operator, x, axis=int(axis), keepdims=int(keepdims))[0]


@written("argmax", plain=True)
def _argmax(graph: Graph, x: Var, *, axis: Any, keepdims: bool) -> Var:
    return _place(graph, "ArgMax", x, axis, keepdims)


@written("argmin", plain=True)
def _argmin(graph: Graph, x: Var, *, axis: Any, keepdims: bool) -> Var:
    return _place(graph, "ArgMin", x, axis, keepdims)


@written("mean_square")
def _mean_square(graph: Graph, x: Var, *, axis: Any, keepdims: bool, n: Any, degrees: Any) -> Var:
    x = numeric(graph, x)
    centred = x - graph.reduce("ReduceSum", x, _axes(x, axis), True) / float(n)
    return graph.reduce("ReduceSum", centred * centred, _axes(x, axis), keepdims) / float(degrees)


@written("logsumexp")
def _logsumexp(graph: Graph, x: Var, *, axis: Any) -> Var:
    x, axes = numeric(graph, x), _axes(x, axis)
    top = graph.reduce("ReduceMax", x, axes, True)
    top = graph.where(graph.IsInf(top) | graph.IsNaN(top), 0, top)
    return graph.Log(graph.reduce("ReduceSum", graph.Exp(x - top), axes, True)) + top


@written("p_norm")
def _p_norm(graph: Graph, x: Var, *, p: float, axes: Any) -> Var:
    return _norm(graph, numeric(graph, x), float(p), _axes(x, axes), True)


@written("vector_norm")
def _vector_norm(graph: Graph, x: Var, *, axis: Any, p: float, keepdims: bool) -> Var:
    return _norm(graph, numeric(graph, x), float(p), _axes(x, axis), keepdims)


def _norm(graph: Graph, x: Var, p: float, axes: list[int], keepdims: bool) -> Var:
    if p in (1, 2):
        return graph.reduce(f"ReduceL{p:.0f}", x, axes, keepdims)
    size = graph.Abs(x)
    if np.isinf(p):
        return graph.reduce("ReduceMax" if p > 0 else "ReduceMin", size, axes, keepdims)
    if p == 0:
        return graph.reduce("ReduceSum", graph.cast(truth(graph, x), x.dtype), axes, keepdims)
    return graph.Pow(graph.reduce("ReduceSum", graph.Pow(size, p), axes, keepdims), 1 / p)


# ── along an axis ─────────────────────────────────────────────────────────────────────────────────────────────────────


@written("cumsum", plain=True)
def _cumsum(graph: Graph, x: Var, *, axis: Any) -> Var:
    x, axis = _line(graph, numeric(graph, x), axis)
    return graph.CumSum(x, graph.array(axis, np.int64))


def _line(graph: Graph, x: Var, axis: Any) -> tuple[Var, int]:
    """The array and its axis; all elements in one line if axis is None."""
    if axis is not None:
        return x, int(axis) % x.ndim
    return graph.reshape(x, [prod(x.shape)]), 0


def stepped(graph: Graph, axis: int, step: Callable[..., Var], *lines: Var) -> Var:
    """The results of a step along an axis, one after the other: step(before, *elements), for the first before None."""
    n = lines[0].shape[axis]
    if not isinstance(n, int) or n > STEPS:
        raise UnwrittenError(f"is written step by step, and goes along an axis of {n}; the most is {STEPS}")
    parts = [graph.add("Split", x, graph.ints([1] * n), axis=axis, outputs=n) for x in lines]
    found: list[Var] = []
    for entries in zip(*parts, strict=True):
        found.append(step(found[-1] if found else None, *entries))
    return graph.Concat(*found, axis=axis) if n else graph.Identity(lines[0])


@written("cumprod", plain=True)
def _cumprod(graph: Graph, x: Var, *, axis: Any) -> Var:
    x, axis = _line(graph, numeric(graph, x), axis)
    return stepped(graph, axis, lambda before, x: x if before is None else before * x, x)


@written("recurrence")
def _recurrence(graph: Graph, a: Var, b: Var, *, axis: int) -> Var:
    a, b = numeric(graph, a), numeric(graph, b)
    whole = graph.sizes(graph.shape)
    spread = [graph.Expand(v, whole) for v in (a, b)]
    for v in spread:
        v.shape = graph.shape
    return stepped(graph, axis, lambda before, a, b: b if before is None else before * a + b, *spread)


@written("logcumsumexp")
def _logcumsumexp(graph: Graph, x: Var, *, axis: int) -> Var:
    def step(before: Var | None, x: Var) -> Var:
        if before is None:
            return x
        apart = graph.where(before.equals(x), 0, graph.Abs(before - x))
        return graph.Max(before, x) + log_of_1_and(graph, graph.Exp(-apart))

    return stepped(graph, int(axis) % x.ndim, step, numeric(graph, x))


@written("running_place", plain=True)
def _running_place(graph: Graph, x: Var, *, axis: int, largest: bool) -> Var:
    def running(operator: str) -> Callable[..., Var]:
        return lambda before, x: x if before is None else graph.add(operator, before, x)[0]

    top = stepped(graph, axis, running("Max" if largest else "Min"), x)
    line = graph.array(np.arange(x.shape[axis]).reshape([-1 if i == axis else 1 for i in range(x.ndim)]), np.int64)
    chosen = x.equals(top) | ~x.equals(x)
    places = graph.where(chosen, line, 0)
    places.shape = x.shape
    return stepped(graph, axis, running("Max"), places)


@written("diff", plain=True)
def _diff(graph: Graph, x: Var, *, n: int, axis: int) -> Var:
    x, length = numeric(graph, x), x.shape[axis]
    for k in range(n):
        after, before = graph.slice(x, axis, 1, length - k), graph.slice(x, axis, 0, length - k - 1)
        x = graph.pair("Xor", after, before) if x.dtype == np.bool_ else after - before
    return graph.Identity(x) if not n else x


# ── in order ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@written("argsort", "argpartition", plain=True)
def _argsort(graph: Graph, x: Var, *, axis: Any, **_: Any) -> Var:
    x, axis = _line(graph, x, axis)
    x = graph.cast(x, np.int32) if x.dtype == np.bool_ else x
    return graph.add("TopK", x, graph.length(x.shape[axis]), outputs=2, axis=axis, largest=0)[1]


@written("digitize", plain=True)
def _digitize(graph: Graph, x: Var, bins: Var, *, right: bool) -> Var:
    if bins.constant is None:
        raise UnwrittenError("has edges that are computed, of which it is not known whether they rise")
    rises = bins.constant.size < 2 or bool(bins.constant[-1] >= bins.constant[0])
    x = graph.cast(graph.unsqueeze(x, x.ndim), np.result_type(x.dtype, bins.dtype))
    edges = graph.cast(bins, x.dtype)
    passed = (edges < x if right else edges <= x) if rises else (edges >= x if right else edges > x)
    return graph.reduce("ReduceSum", graph.cast(passed, np.int64), [len(graph.shape)], False)


@written("searchsorted", plain=True)
def _searchsorted(graph: Graph, a: Var, v: Var, *, side: str, sorter: Any) -> Var:
    if sorter is not None:
        a = graph.Gather(a, graph.array(np.asarray(getattr(sorter, "_array", sorter)), np.int64), axis=0)
    dtype = np.result_type(a.dtype, v.dtype)
    x, a = graph.cast(graph.unsqueeze(v, v.ndim), dtype), graph.cast(a, dtype)
    passed = a < x if side == "left" else a <= x
    return graph.reduce("ReduceSum", graph.cast(passed, np.int64), [v.ndim], False)


@written("isin", plain=True)
def _isin(graph: Graph, element: Var, test_elements: Var, *, invert: bool) -> Var:
    dtype = np.result_type(element.dtype, test_elements.dtype)
    x = graph.cast(graph.unsqueeze(element, element.ndim), dtype)
    others = graph.Reshape(graph.cast(test_elements, dtype), graph.ints([-1]))
    found = graph.reduce("ReduceMax", graph.cast(x.equals(others), np.int32), [element.ndim], False)
    return graph.cast(found if not invert else 1 - found, np.bool_)
