"""What operations of single elements are written as: by one table of names, or as a few nodes."""

from __future__ import annotations

from math import log, pi, sqrt
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


# ── arithmetic ────────────────────────────────────────────────────────────────────────────────────────────────────────


@written("square")
def _square(graph: Graph, x: Var) -> Var:
    x = numeric(graph, x)
    return x * x


@written("rsqrt")
def _rsqrt(graph: Graph, x: Var) -> Var:
    return graph.Reciprocal(graph.Sqrt(numeric(graph, x)))


def exp_less_1(graph: Graph, x: Var) -> Var:
    """eˣ − 1 = tanh(x / 2) · (eˣ + 1), exact near 0 too."""
    return graph.Tanh(x * 0.5) * (graph.Exp(x) + 1)


def log_of_1_and(graph: Graph, x: Var) -> Var:
    """log(1 + x), exact near 0 too: what rounding took from u = 1 + x is put back by x / (u − 1)."""
    u = x + 1
    return graph.where(u.equals(1), x, graph.where(u.equals(x), graph.Log(u), graph.Log(u) * (x / (u - 1))))


@written("expm1")
def _expm1(graph: Graph, x: Var) -> Var:
    return exp_less_1(graph, numeric(graph, x))


@written("log1p")
def _log1p(graph: Graph, x: Var) -> Var:
    return log_of_1_and(graph, numeric(graph, x))


@written("exp2")
def _exp2(graph: Graph, x: Var) -> Var:
    return graph.Pow(graph.number(2), numeric(graph, x))


@written("log2")
def _log2(graph: Graph, x: Var) -> Var:
    return graph.Log(numeric(graph, x)) * (1 / log(2))


@written("log10")
def _log10(graph: Graph, x: Var) -> Var:
    return graph.Log(numeric(graph, x)) * (1 / log(10))


@written("cbrt")
def _cbrt(graph: Graph, x: Var) -> Var:
    x = numeric(graph, x)
    return graph.Sign(x) * graph.Pow(graph.Abs(x), 1 / 3)


@written("root")
def _root(graph: Graph, x: Var, *, p: float) -> Var:
    return graph.Pow(x, 1 / p)


@written("flat_root")
def _flat_root(graph: Graph, x: Var) -> Var:
    return graph.Sqrt(numeric(graph, x))


def _added_exponents(name: str, base: float) -> None:
    def rule(graph: Graph, x: Var, y: Var) -> Var:
        x, y = numeric(graph, x), numeric(graph, y)
        apart = graph.Abs(x - y) * base
        more = graph.where(x.equals(y), log(2), log_of_1_and(graph, graph.Exp(-apart)))
        return graph.Max(x, y) + more / base

    RULES[name] = rule


_added_exponents("logaddexp", 1.0)
_added_exponents("logaddexp2", log(2))


@written("hypot")
def _hypot(graph: Graph, x: Var, y: Var) -> Var:
    x, y = graph.Abs(numeric(graph, x)), graph.Abs(numeric(graph, y))
    big, small = graph.Max(x, y), graph.Min(x, y)
    ratio = small / graph.where(big.equals(0), 1, big)
    return big * graph.Sqrt(ratio * ratio + 1)


@written("arctan2")
def _arctan2(graph: Graph, x: Var, y: Var) -> Var:
    x, y = numeric(graph, x), numeric(graph, y)
    both = x.equals(0) & y.equals(0)
    turn = graph.where(y < 0, graph.where(_minus(graph, x), -pi, pi), 0)
    return graph.Atan(graph.where(both, x, x / y)) + turn


def _minus(graph: Graph, x: Var) -> Var:
    """Where the sign is minus, of −0 too."""
    return (x < 0) | (x.equals(0) & (graph.Reciprocal(x) < 0))


@written("signbit", plain=True)
def _signbit(graph: Graph, x: Var) -> Var:
    return _minus(graph, x) if x.dtype.kind == "f" else x < 0


@written("copysign")
def _copysign(graph: Graph, x: Var, y: Var) -> Var:
    size = graph.Abs(numeric(graph, x))
    return graph.where(_minus(graph, numeric(graph, y)), -size, size)


@written("sinc")
def _sinc(graph: Graph, x: Var) -> Var:
    z = numeric(graph, x) * pi
    return graph.where(z.equals(0), 1, graph.Sin(z) / graph.where(z.equals(0), 1, z))


@written("deg2rad")
def _deg2rad(graph: Graph, x: Var) -> Var:
    return numeric(graph, x) * (pi / 180)


@written("rad2deg")
def _rad2deg(graph: Graph, x: Var) -> Var:
    return numeric(graph, x) * (180 / pi)


@written("sech")
def _sech(graph: Graph, x: Var) -> Var:
    return graph.Reciprocal(graph.Cosh(numeric(graph, x)))


@written("csch")
def _csch(graph: Graph, x: Var) -> Var:
    return graph.Reciprocal(graph.Sinh(numeric(graph, x)))


@written("arccot")
def _arccot(graph: Graph, x: Var) -> Var:
    x = numeric(graph, x)
    return graph.Atan(graph.Reciprocal(graph.where(x.equals(0), 0, x)))


# ── rounding and remainders ───────────────────────────────────────────────────────────────────────────────────────────


def towards_0(graph: Graph, x: Var) -> Var:
    """The nearest integer towards 0."""
    return graph.Sign(x) * graph.Floor(graph.Abs(x))


@written("trunc")
def _trunc(graph: Graph, x: Var) -> Var:
    return towards_0(graph, x) if x.dtype.kind == "f" else graph.Identity(x)


@written("below")
def _below(graph: Graph, x: Var) -> Var:
    return graph.Floor(x)


@written("nearest")
def _nearest(graph: Graph, x: Var) -> Var:
    return graph.Round(x)


def _rounded(name: str) -> None:
    operator = ONNX[name]
    RULES[name] = lambda graph, x: (graph.Identity(x) if graph.out.kind != "f"
                                    else graph.add(operator, numeric(graph, x))[0])  # fmt: skip


for _name in ("floor", "ceil", "rint"):
    _rounded(_name)


@written("round")
def _round(graph: Graph, x: Var, *, decimals: int) -> Var:
    if x.dtype.kind != "f":
        return graph.Identity(x) if decimals >= 0 else graph.cast(_by(graph, graph.cast(x, np.float64), decimals), x.dtype)
    return _by(graph, x, decimals)


def _by(graph: Graph, x: Var, decimals: int) -> Var:
    power = 10.0 ** abs(decimals)
    if not decimals:
        return graph.Round(x)
    return graph.Round(x * power) / power if decimals > 0 else graph.Round(x / power) * power


@written("frac")
def _frac(graph: Graph, x: Var) -> Var:
    x = numeric(graph, x)
    return x - towards_0(graph, x)


@written("fmod")
def _fmod(graph: Graph, x: Var, y: Var) -> Var:
    return graph.Mod(numeric(graph, x), numeric(graph, y), fmod=1)


def remainder_of(graph: Graph, x: Var, y: Var) -> Var:
    """The remainder with y's sign."""
    if x.dtype.kind != "f":
        return graph.Mod(x, y)
    left = graph.Mod(x, y, fmod=1)
    return graph.where(~left.equals(0) & ((left < 0) ^ (y < 0)), left + y, left)


@written("remainder")
def _remainder(graph: Graph, x: Var, y: Var) -> Var:
    return remainder_of(graph, numeric(graph, x), numeric(graph, y))


@written("floor_divide", "floored")
def _floor_divide(graph: Graph, x: Var, y: Var) -> Var:
    x, y = numeric(graph, x), numeric(graph, y)
    whole = (x - remainder_of(graph, x, y)) / y
    if x.dtype.kind != "f":
        return whole
    below = graph.Floor(whole)
    return graph.where(whole - below > 0.5, below + 1, below)


@written("ldexp")
def _ldexp(graph: Graph, x: Var, y: Var) -> Var:
    return numeric(graph, x) * graph.Pow(graph.number(2), numeric(graph, y))


@written("heaviside")
def _heaviside(graph: Graph, x: Var, y: Var) -> Var:
    x, y = numeric(graph, x), numeric(graph, y)
    step = graph.where(x.equals(0), y, graph.Max(graph.Sign(x), 0))
    return graph.where(graph.IsNaN(x), x, step)


@written("nan_to_num")
def _nan_to_num(graph: Graph, x: Var, *, nan: Any, posinf: Any, neginf: Any) -> Var:
    if x.dtype.kind != "f":
        return graph.Identity(x)
    info = np.finfo(x.dtype)
    high, low = (info.max if posinf is None else posinf), (info.min if neginf is None else neginf)
    found = graph.where(graph.IsNaN(x), float(nan), x)
    found = graph.where(graph.IsInf(x, detect_negative=0), float(high), found)
    return graph.where(graph.IsInf(x, detect_positive=0), float(low), found)


# ── choosing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@written("divide", plain=True)
def _divide(graph: Graph, x: Var, y: Var) -> Var:
    count = None if y.constant is None or y.constant.size != 1 else y.constant.item()
    if count and x.made is not None and graph.out == x.dtype:
        if (found := mean_of(graph, x.made, count)) is not None:
            return found
    return graph.Div(numeric(graph, x), numeric(graph, y))


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


@written("leak")
def _leak(graph: Graph, g: Var, x: Var, *, slope: float) -> Var:
    return graph.where(x > 0, g, g * slope)


@written("sigmoid_product")
def _sigmoid_product(graph: Graph, g: Var, y: Var) -> Var:
    return g * y * (1 - y)


# ── special functions ─────────────────────────────────────────────────────────────────────────────────────────────────


@written("erfc")
def _erfc(graph: Graph, x: Var) -> Var:
    return 1 - graph.Erf(numeric(graph, x))


@written("ndtr")
def _ndtr(graph: Graph, x: Var) -> Var:
    return 0.5 * (1 + graph.Erf(numeric(graph, x) * sqrt(0.5)))


@written("logit")
def _logit(graph: Graph, x: Var) -> Var:
    x = numeric(graph, x)
    return graph.Log(x / (1 - x))


@written("quotient")
def _quotient(graph: Graph, p: Var, x: Var) -> Var:
    p, x = numeric(graph, p), numeric(graph, x)
    return p / graph.where(p.equals(0) & x.equals(0), 1, x)


@written("xlogy")
def _xlogy(graph: Graph, x: Var, y: Var) -> Var:
    x, y = numeric(graph, x), numeric(graph, y)
    return graph.where(x.equals(0) & ~graph.IsNaN(y), 0, x * graph.Log(y))


@written("xlog1py")
def _xlog1py(graph: Graph, x: Var, y: Var) -> Var:
    x, y = numeric(graph, x), numeric(graph, y)
    return graph.where(x.equals(0) & ~graph.IsNaN(y), 0, x * log_of_1_and(graph, y))


@written("x_log_x")
def _x_log_x(graph: Graph, x: Var) -> Var:
    return x * graph.Log(graph.where(x.equals(0), 1, x))


@written("entr")
def _entr(graph: Graph, x: Var) -> Var:
    x = numeric(graph, x)
    found = -x * graph.Log(graph.where(x > 0, x, 1))
    return graph.where(x < 0, -np.inf, graph.where(graph.IsNaN(x), x, found))


@written("huber")
def _huber(graph: Graph, x: Var, *, bound: float) -> Var:
    size = graph.Abs(x)
    near = graph.Min(size, float(bound))
    return near * (size - 0.5 * near)


@written("bernoulli")
def _bernoulli(graph: Graph, p: Var, t: Var) -> Var:
    p, t = numeric(graph, p), numeric(graph, t)
    yes, no = graph.Max(graph.Log(p), -100), graph.Max(log_of_1_and(graph, -p), -100)
    return -(t * yes) - (1 - t) * no


@written("bernoulli_of_logits")
def _bernoulli_of_logits(graph: Graph, x: Var, t: Var, w: Var | None) -> Var:
    x, t = numeric(graph, x), numeric(graph, t)
    yes, no = t * graph.Softplus(-x), (1 - t) * graph.Softplus(x)
    return no + (yes if w is None else numeric(graph, w) * yes)
