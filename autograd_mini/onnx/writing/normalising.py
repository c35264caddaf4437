"""What normalisations are written as, resampling and attention."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...kernels.resample import Axis, resample
from .elementwise import numeric
from .graph import Graph, Made, UnwrittenError, Var, written

# ── normalisation ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _spread(graph: Graph, v: Var | None, ndim: int) -> Var | None:
    """A vector over channels with the axes of pixels."""
    return None if v is None else graph.unsqueeze(numeric(graph, v), *range(1, ndim - 1)) if ndim > 2 else v


@written("channel_affine")
def _channel_affine(graph: Graph, x: Var, c: Any, a: Any, b: Any, y: Any, k: Any) -> Var:
    if y is None and k is None and c is not None and a is not None and (found := _batch_norm(graph, x, c, a, b)):
        return found
    x, (c, a, b, k) = numeric(graph, x), (_spread(graph, v, x.ndim) for v in (c, a, b, k))
    x = x if c is None else x - c
    x = x if a is None else x * a
    x = x if b is None else x + b
    return x if y is None or k is None else x + numeric(graph, y) * k


def _batch_norm(graph: Graph, x: Var, c: Var, a: Var, b: Var | None) -> Var | None:
    """A batch normalisation by given statistics, as one node: a is weight / √(variance + eps)."""
    factor, weight = a, None
    if a.made is not None and a.made.op == "multiply":
        factor, weight = a.made.args
    root = _made(_made(factor, "divide", 1), "sqrt")
    total = _made(root, "add") if root is not None else None
    if total is None or total.args[1].constant is None or np.size(total.args[1].constant) != 1:
        return None
    variance, eps = total.args
    shifted = _given(c, "add")
    mean = shifted.args[0] if shifted is not None and _is(shifted.args[1], 0) else c
    channels = x.shape[1]
    weight = weight or graph.array(np.ones(channels), graph.out)
    bias = b or graph.array(np.zeros(channels), graph.out)
    stats = [numeric(graph, v) for v in (weight, bias, mean, variance)]
    if any(v.shape != (channels,) for v in stats):
        return None
    return graph.BatchNormalization(numeric(graph, x), *stats, epsilon=float(eps.constant))


def _is(x: Var, number: float) -> bool:
    return x.constant is not None and np.size(x.constant) == 1 and float(x.constant) == number


def _given(x: Var | None, op: str) -> Made | None:
    return x.made if x is not None and x.made is not None and x.made.op == op else None


def _made(x: Any, op: str, numerator: float | None = None) -> Any:
    """The call that made a value, or that a call took as its last argument, if it is of an operation."""
    value = x.args[-1] if isinstance(x, Made) and x.op == "divide" else x.args[0] if isinstance(x, Made) else x
    found = _given(value, op) if isinstance(value, Var) else None
    return found if found is None or numerator is None or _is(found.args[0], numerator) else None


@written("moments")
def _moments(graph: Graph, x: Var, known: Any) -> Var:
    x = numeric(graph, x)
    axes = [0, *range(2, x.ndim)]
    mean = graph.reduce("ReduceMean", x, axes, True)
    apart = x - mean
    both = mean, graph.reduce("ReduceMean", apart * apart, axes, True)
    return graph.Concat(*(graph.Reshape(v, graph.ints([1, -1])) for v in both), axis=0)


@written("channel_sums")
def _channel_sums(graph: Graph, y: Var, x: Var, c: Any) -> Var:
    x, y = numeric(graph, x), numeric(graph, y)
    axes = [0, *range(2, x.ndim)]
    c = _spread(graph, c, x.ndim)
    both = y, y * (x if c is None else x - c)
    found = [graph.reduce("ReduceSum", v, axes, False) for v in both]
    return graph.Concat(*(graph.unsqueeze(v, 0) for v in found), axis=0)


@written("normalise")
def _normalise(graph: Graph, x: Var, w: Any, b: Any, known: Any, *, eps: float) -> Var:
    x = numeric(graph, x)
    axes = [0, *range(2, x.ndim)]
    apart = x - graph.reduce("ReduceMean", x, axes, True)
    found = apart / graph.Sqrt(graph.reduce("ReduceMean", apart * apart, axes, True) + float(eps))
    w, b = (_spread(graph, v, x.ndim) for v in (w, b))
    found = found if w is None else found * w
    return found if b is None else found + b


@written("normed")
def _normed(graph: Graph, x: Var, w: Any, b: Any, *, axes: int, eps: float, centred: bool) -> Var:
    x, shape = numeric(graph, x), x.shape
    tail = shape[len(shape) - axes :]
    plain = all(v is None or v.shape == tail for v in (w, b))
    if centred and plain:
        weight = graph.array(np.ones(tail), graph.out) if w is None else numeric(graph, w)
        given = [weight] if b is None else [weight, numeric(graph, b)]
        return graph.LayerNormalization(x, *given, axis=-axes, epsilon=float(eps))
    where = [*range(len(shape) - axes, len(shape))]
    apart = x - graph.reduce("ReduceMean", x, where, True) if centred else x
    found = apart / graph.Sqrt(graph.reduce("ReduceMean", apart * apart, where, True) + float(eps))
    for v, joined in ((w, "Mul"), (b, "Add")):
        if v is not None:
            found = graph.pair(joined, found, numeric(graph, v))
    return found


@written("neighbour_sums")
def _neighbour_sums(graph: Graph, x: Var, *, before: int, after: int) -> Var:
    x, channels = numeric(graph, x), x.shape[1]
    edges = [0] * x.ndim * 2
    edges[1], edges[x.ndim + 1] = before, after
    wide = graph.Pad(x, graph.ints(edges), graph.number(0, x.dtype))
    parts = [graph.slice(wide, 1, k, k + channels) for k in range(before + after + 1)]
    return graph.Sum(*parts)


# ── resampling and attention ──────────────────────────────────────────────────────────────────────────────────────────

_RESIZED = {"nearest": ("nearest", "floor"), "linear": ("linear", None), "cubic": ("cubic", None)}


def _into(axis: Axis) -> int:
    """How many pixels are taken."""
    return axis.size if axis.adjoint else axis.length


@written("resample")
def _resample(graph: Graph, x: Var, *, axes: tuple[Axis, ...]) -> Var:
    x = numeric(graph, x)
    first, *_ = axes
    alike = all((a.mode, a.align) == (first.mode, first.align) for a in axes)
    scaled = all(not (a.adjoint or a.antialias) and (a.align or np.isclose(a.step * a.size, a.length)) for a in axes)
    if (
        alike
        and scaled
        and len(axes) == 2
        and first.mode in _RESIZED
        and not any(a.align and a.size == 1 for a in axes)
    ):
        mode, rounding = _RESIZED[first.mode]
        places = "asymmetric" if mode == "nearest" else "align_corners" if first.align else "half_pixel"
        sizes = graph.sizes([*x.shape[:2], *(a.size for a in axes)])
        return graph.Resize(
            x, None, None, sizes, mode=mode, coordinate_transformation_mode=places, nearest_mode=rounding,
            cubic_coeff_a=-0.75 if mode == "cubic" else None,
        )  # fmt: skip
    for i, axis in enumerate(axes):
        order = [*range(x.ndim)] if x.shape else [*range(2 + len(axes))]
        last = len(order) - 1
        order[2 + i], order[last] = last, 2 + i
        weights = graph.array(resample(np.eye(_into(axis))[:, None], (axis,))[:, 0], graph.out)
        moved = graph.Transpose(x, perm=order) if 2 + i != last else x
        found = graph.MatMul(moved, weights)
        x = graph.Transpose(found, perm=order) if 2 + i != last else found
        x.shape = (*graph.shape[:2], *[None] * len(axes))
    return x


@written("attention")
def _attention(
    graph: Graph, q: Var, k: Var, v: Var, mask: Any, seed: Any, *, batch: Any, scale: float, causal: bool, p: float
) -> Var:
    if p:
        raise UnwrittenError("drops weights at random; put the module into evaluation mode")
    keys = graph.unsqueeze(graph.Transpose(numeric(graph, k), perm=[0, 2, 1]), 1)
    scores = graph.MatMul(numeric(graph, q) * float(scale), keys)
    (length, count), lowest = (q.shape[2], k.shape[1]), -np.inf
    if mask is not None:
        whole = [*batch, *q.shape[1:3], count]
        scores = graph.reshape(scores, whole)
        scores = graph.where(mask, scores, lowest) if mask.dtype == np.bool_ else scores + numeric(graph, mask)
        scores = graph.reshape(scores, [*q.shape[:3], count])
    if causal:
        scores = graph.where(graph.array(np.tri(length, count, dtype=bool)), scores, lowest)
    if mask is None:
        return graph.MatMul(graph.Softmax(scores, axis=3), graph.unsqueeze(numeric(graph, v), 1))
    top = graph.reduce("ReduceMax", scores, [3], True)
    weights = graph.where(top.equals(lowest), 0, graph.Softmax(scores, axis=3))  # no key may be looked at
    return graph.MatMul(weights, graph.unsqueeze(numeric(graph, v), 1))
