"""What activations are written as, their slopes too."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

import numpy as np

from .arithmetic import exp_less_1
from .elementwise import numeric
from .graph import Graph, Var, written

_ROOT, _CUBE = sqrt(2 / pi), 0.044715


def distribution(graph: Graph, x: Var) -> Var:
    """The normal distribution function Φ."""
    return 0.5 * (1 + graph.Erf(x * sqrt(0.5)))


@written("gelu")
def _gelu(graph: Graph, x: Var, *, approximate: str) -> Var:
    x = numeric(graph, x)
    if graph.opset >= 20:
        return graph.Gelu(x, approximate=approximate)
    if approximate == "none":
        return x * distribution(graph, x)
    return 0.5 * x * (1 + graph.Tanh(_ROOT * (x + _CUBE * (x * x * x))))


@written("gelu_slope")
def _gelu_slope(graph: Graph, x: Var, y: Var, *, approximate: str) -> Var:
    x = graph.Clip(x, -40, 40)
    if approximate == "none":
        return distribution(graph, x) + x * graph.Exp(-0.5 * x * x) * (1 / sqrt(2 * pi))
    t = graph.Tanh(_ROOT * (x + _CUBE * (x * x * x)))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * (_ROOT * (1 + 3 * _CUBE * (x * x)))


@written("silu")
def _silu(graph: Graph, x: Var) -> Var:
    x = numeric(graph, x)
    return x * graph.Sigmoid(x)


@written("silu_slope")
def _silu_slope(graph: Graph, x: Var) -> Var:
    s = graph.Sigmoid(x)
    return s * (1 + x * (1 - s))


@written("mish_slope")
def _mish_slope(graph: Graph, x: Var) -> Var:
    t = graph.Tanh(graph.Softplus(x))
    return t + x * graph.Sigmoid(x) * (1 - t * t)


@written("softplus")
def _softplus(graph: Graph, x: Var, *, beta: float, threshold: float) -> Var:
    x = numeric(graph, x)
    z = x if beta == 1 else x * float(beta)
    found = graph.Softplus(z)
    found = found if beta == 1 else found / float(beta)
    return found if beta == 1 and threshold >= 20 else graph.where(z > float(threshold), x, found)


@written("softplus_slope")
def _softplus_slope(graph: Graph, x: Var, *, beta: float, threshold: float) -> Var:
    z = x * float(beta)
    return graph.where(z > float(threshold), 1, graph.Sigmoid(z))


@written("logsigmoid")
def _logsigmoid(graph: Graph, x: Var) -> Var:
    return -graph.Softplus(-numeric(graph, x))


@written("tanhshrink")
def _tanhshrink(graph: Graph, x: Var) -> Var:
    x = numeric(graph, x)
    return x - graph.Tanh(x)


@written("decay")
def _decay(graph: Graph, x: Var, *, rate: float) -> Var:
    return graph.where(x > 0, 0, graph.Exp(graph.Min(x, 0) * float(rate)))


@written("exponential_unit")
def _exponential_unit(graph: Graph, x: Var, *, scale: float, alpha: float, rate: float) -> Var:
    x = numeric(graph, x)
    if rate == 1 and scale == 1:
        return graph.Elu(x, alpha=float(alpha))
    if rate == 1:
        return graph.Selu(x, alpha=float(alpha), gamma=float(scale))
    if scale == 1 and np.isclose(alpha * rate, 1, rtol=1e-12):
        return graph.Celu(x, alpha=float(alpha)) if x.dtype == np.float32 else _unit(graph, x, alpha, rate)
    return float(scale) * _unit(graph, x, alpha, rate)


def _unit(graph: Graph, x: Var, alpha: float, rate: float) -> Var:
    return graph.Max(x, 0) + float(alpha) * exp_less_1(graph, graph.Min(x, 0) * float(rate))


@written("hardtanh")
def _hardtanh(graph: Graph, x: Var, *, min_val: float, max_val: float) -> Var:
    return _limited(graph, x, min_val, max_val)


@written("relu6")
def _relu6(graph: Graph, x: Var) -> Var:
    return _limited(graph, x, 0, 6)


def _limited(graph: Graph, x: Var, low: float, high: float) -> Var:
    x = numeric(graph, x)
    return graph.Clip(x, graph.number(low), graph.number(high))


@written("hardsigmoid")
def _hardsigmoid(graph: Graph, x: Var) -> Var:
    return graph.HardSigmoid(numeric(graph, x), alpha=1 / 6, beta=0.5)


@written("hardswish")
def _hardswish(graph: Graph, x: Var) -> Var:
    return graph.HardSwish(numeric(graph, x))


@written("hardshrink")
def _hardshrink(graph: Graph, x: Var, *, lambd: float) -> Var:
    x = numeric(graph, x)
    return graph.where((x >= -float(lambd)) & (x <= float(lambd)), 0, x)


@written("softshrink")
def _softshrink(graph: Graph, x: Var, *, lambd: float) -> Var:
    return graph.Shrink(numeric(graph, x), lambd=float(lambd), bias=float(lambd))


@written("threshold")
def _threshold(graph: Graph, x: Var, *, threshold: float, value: float) -> Var:
    x = numeric(graph, x)
    return graph.where(x <= threshold, value, x)


@written("sloped")
def _sloped(graph: Graph, x: Var, w: Var) -> Var:
    x, w = numeric(graph, x), numeric(graph, w)
    fits = len(w.shape) <= len(x.shape) and all(m in (1, n) for m, n in zip(w.shape[::-1], x.shape[::-1], strict=False))
    return graph.PRelu(x, w) if fits else graph.where(x > 0, x, w * x)


@written("leaky_relu")
def _leaky_relu(graph: Graph, x: Var, *, negative_slope: float) -> Var:
    return graph.LeakyRelu(numeric(graph, x), alpha=float(negative_slope))


@written("dropout")
def _dropout(graph: Graph, x: Var, mask: Any, *, scale: float) -> Var:
    return graph.where(mask, x * float(scale), 0)


@written("softmax")
def _softmax(graph: Graph, x: Var, *, axis: int) -> Var:
    return graph.Softmax(numeric(graph, x), axis=int(axis))


@written("log_softmax")
def _log_softmax(graph: Graph, x: Var, *, axis: int) -> Var:
    return graph.LogSoftmax(numeric(graph, x), axis=int(axis))


@written("softmax_back")
def _softmax_back(graph: Graph, g: Var, y: Var, *, axis: int) -> Var:
    return y * (g - graph.reduce("ReduceSum", g * y, [axis], True))


@written("log_softmax_back")
def _log_softmax_back(graph: Graph, g: Var, x: Var, *, axis: int) -> Var:
    return g - graph.Softmax(x, axis=int(axis)) * graph.reduce("ReduceSum", g, [axis], True)


@written("sparsemax")
def _sparsemax(graph: Graph, x: Var, *, axis: int) -> Var:
    n = x.shape[axis]
    z = numeric(graph, x) - graph.reduce("ReduceMax", x, [axis], True)
    falling, _ = graph.add("TopK", z, graph.ints([n]), outputs=2, axis=int(axis))
    total = graph.CumSum(falling, graph.array(axis, np.int64)) - 1
    line = [n if i == axis else 1 for i in range(x.ndim)]
    k = graph.array(np.arange(1, n + 1).reshape(line), x.dtype)
    count = graph.reduce("ReduceSum", graph.cast(k * falling > total, np.int64), [axis], True)
    last = graph.Max(count, graph.number(1, np.int64)) - 1
    tau = graph.GatherElements(total, last, axis=int(axis)) / graph.cast(count, z.dtype)
    return graph.Max(z - tau, 0)


@written("straight_through")
def _straight_through(graph: Graph, y: Var, *, axis: int) -> Var:
    line = [y.shape[axis] if i == axis % y.ndim else 1 for i in range(y.ndim)]
    places = graph.array(np.arange(y.shape[axis]).reshape(line), np.int64)
    return graph.cast(places.equals(graph.ArgMax(y, axis=int(axis), keepdims=1)), graph.out)
