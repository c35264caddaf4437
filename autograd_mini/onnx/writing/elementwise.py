"""What operations of single elements are written as: by one table of names, or as a few nodes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...names_elsewhere import ONNX
from .graph import RULES, Graph, Var, element, written

# ── by name ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_SINGLE = """
    absolute arccos arccosh arcsin arcsinh arctan arctanh ceil copy cos cosh erf exp floor isinf isnan log mish negative
    reciprocal relu rint sigmoid sign sin sinh softsign sqrt tan tanh
"""
_PAIRS = "add subtract multiply power"


def _named(name: str) -> None:
    operator = ONNX["pow" if name == "power" else name]

    def rule(graph: Graph, *args: Any) -> Var:
        return graph.add(operator, *[numeric(graph, x) for x in args])[0]

    RULES[name] = rule


def numeric(graph: Graph, x: Var, dtype: Any = None) -> Var:
    """A value in the dtype of the result, unless that is boolean."""
    dtype = dtype or (graph.out if graph.out.kind != "b" else x.dtype)
    found = graph.cast(x, dtype)
    found.made = found.made or x.made
    return found


for _name in (_SINGLE + _PAIRS).split():
    _named(_name)


@written("detach", "cast", "real", "conjugate", plain=True)
def _same(graph: Graph, x: Var, **_: Any) -> Var:
    return graph.Cast(x, dtype=graph.out, to=element(graph.out)) if x.dtype != graph.out else graph.Identity(x)


@written("mish")
def _mish(graph: Graph, x: Var) -> Var:
    return graph.Mish(x) if graph.opset >= 18 else x * graph.Tanh(graph.Softplus(x))


@written("multiply", plain=True)
def _multiply(graph: Graph, x: Var, y: Var) -> Var:
    x, y = numeric(graph, x), numeric(graph, y)
    return graph.And(x, y) if graph.out.kind == "b" else graph.Mul(x, y)


@written("add", plain=True)
def _add(graph: Graph, x: Var, y: Var) -> Var:
    x, y = numeric(graph, x), numeric(graph, y)
    return graph.Or(x, y) if graph.out.kind == "b" else graph.Add(x, y)


def _extremes(name: str) -> None:
    operator, skips_nan = ("Max" if "max" in name else "Min"), name.startswith("f")

    def rule(graph: Graph, x: Var, y: Var) -> Var:
        x, y = numeric(graph, x), numeric(graph, y)
        if graph.out.kind == "b":
            return graph.Or(x, y) if operator == "Max" else graph.And(x, y)
        found = graph.add(operator, x, y)[0]
        if not skips_nan or graph.out.kind != "f":
            return found
        return graph.where(graph.IsNaN(x), y, graph.where(graph.IsNaN(y), x, found))

    RULES[name] = rule


for _name in ("maximum", "fmax", "minimum", "fmin"):
    _extremes(_name)


# ── comparisons and bits ──────────────────────────────────────────────────────────────────────────────────────────────


def common(graph: Graph, x: Var, y: Var) -> tuple[Var, Var]:
    """Two values in the dtype that they have in common; a Python number has the other's."""
    dtype = np.result_type(*(v.dtype if v.number is None else v.number for v in (x, y)))
    return graph.cast(x, dtype), graph.cast(y, dtype)


@written("equal", plain=True)
def _equal(graph: Graph, x: Var, y: Var) -> Var:
    return graph.Equal(*common(graph, x, y))


@written("not_equal", plain=True)
def _not_equal(graph: Graph, x: Var, y: Var) -> Var:
    return graph.Not(graph.Equal(*common(graph, x, y)))


def _compared(name: str) -> None:
    operator = ONNX[name]

    def rule(graph: Graph, x: Var, y: Var) -> Var:
        x, y = common(graph, x, y)
        if x.dtype == np.bool_:
            x, y = graph.cast(x, np.int32), graph.cast(y, np.int32)
        return graph.add(operator, x, y)[0]

    RULES[name] = rule


for _name in ("less", "less_equal", "greater", "greater_equal"):
    _compared(_name)


def truth(graph: Graph, x: Var) -> Var:
    """Where it is not 0."""
    return x if x.dtype == np.bool_ else graph.Not(graph.Equal(x, graph.number(0, x.dtype)))


def _logical(name: str) -> None:
    operator = ONNX[name]
    RULES[name] = lambda graph, *args: graph.add(operator, *(truth(graph, x) for x in args))[0]


for _name in ("logical_and", "logical_or", "logical_xor", "logical_not"):
    _logical(_name)


def _bitwise(name: str, operator: str) -> None:
    def rule(graph: Graph, *args: Var) -> Var:
        args = tuple(graph.cast(x, graph.out) for x in args)
        if graph.out.kind == "b":
            return graph.add(operator, *args)[0]
        graph.since(18, "works on bits of integers")
        return graph.add(f"Bitwise{operator}", *args)[0]

    RULES[name] = rule


for _name, _operator in (("bitwise_and", "And"), ("bitwise_or", "Or"), ("bitwise_xor", "Xor"), ("invert", "Not")):
    _bitwise(_name, _operator)


@written("left_shift", plain=True)
def _left_shift(graph: Graph, x: Var, y: Var) -> Var:
    return numeric(graph, x) * graph.Pow(graph.number(2), numeric(graph, y))


@written("isfinite", plain=True)
def _isfinite(graph: Graph, x: Var) -> Var:
    return ~(graph.IsNaN(x) | graph.IsInf(x)) if x.dtype.kind == "f" else graph.Equal(x, x)


def _odd(name: str) -> None:
    operator = ONNX[name]
    RULES[name] = lambda graph, x: graph.add(operator, x)[0] if x.dtype.kind == "f" else ~graph.Equal(x, x)


_odd("isinf")
_odd("isnan")


@written("isclose", plain=True)
def _isclose(graph: Graph, a: Var, b: Var, *, rtol: float, atol: float, equal_nan: bool) -> Var:
    a, b = common(graph, a, b)
    if a.dtype.kind != "f":
        a, b = graph.cast(a, np.float64), graph.cast(b, np.float64)
    near = graph.Abs(a - b) <= atol + rtol * graph.Abs(b)
    near = (near & ~graph.IsInf(b)) | a.equals(b)
    return near | (graph.IsNaN(a) & graph.IsNaN(b)) if equal_nan else near


# ── choosing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@written("divide", plain=True)
def _divide(graph: Graph, x: Var, y: Var) -> Var:
    count = None if y.constant is None or y.constant.size != 1 else y.constant.item()
    found = mean_of(graph, x.made, count) if count and x.made is not None and graph.out == x.dtype else None
    return found or graph.Div(numeric(graph, x), numeric(graph, y))


MEANS: dict[str, Any] = {}
"""By an operation that sums, what the mean is written as: (graph, count, x, **parameters) -> value or None."""


def mean_of(graph: Graph, made: Any, count: float) -> Var | None:
    """A sum divided by how many it has, as one node; None if it is something else."""
    rule = MEANS.get(made.op)
    return None if rule is None else rule(graph, count, *made.args, **made.params)


@written("where", plain=True)
def _where(graph: Graph, condition: Var, x: Var, y: Var) -> Var:
    return graph.where(truth(graph, condition), graph.cast(x, graph.out), graph.cast(y, graph.out))


@written("clip")
def _clip(graph: Graph, x: Var, *, low: Any, high: Any) -> Var:
    x = numeric(graph, x)
    sizes = [np.size(getattr(v, "_array", v)) for v in (low, high) if v is not None]
    bounds = [None if v is None else graph.array(np.asarray(getattr(v, "_array", v)), x.dtype) for v in (low, high)]
    if all(n == 1 for n in sizes) and x.dtype.kind == "f":
        return graph.Clip(x, *(None if b is None else graph.number(b.array.item(), x.dtype) for b in bounds))  # type: ignore[union-attr]
    x = x if bounds[0] is None else graph.Max(x, bounds[0])
    return x if bounds[1] is None else graph.Min(x, bounds[1])


@written("gate")
def _gate(graph: Graph, g: Var, y: Var) -> Var:
    return graph.where(truth(graph, y), numeric(graph, g), 0)


@written("band")
def _band(graph: Graph, g: Var, y: Var, *, low: float, high: float) -> Var:
    return graph.where(y > low, graph.where(y < high, g, 0), 0)


@written("leak")
def _leak(graph: Graph, g: Var, x: Var, *, slope: float) -> Var:
    return graph.where(x > 0, g, g * slope)


@written("sigmoid_product")
def _sigmoid_product(graph: Graph, g: Var, y: Var) -> Var:
    return g * y * (1 - y)
