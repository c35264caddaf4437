"""What powers, logarithms, angles, rounding and remainders are written as."""

from __future__ import annotations

from math import log, pi
from typing import Any

import numpy as np

from ...names_elsewhere import ONNX
from .elementwise import numeric
from .graph import RULES, Graph, Var, written


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
        return (
            graph.Identity(x) if decimals >= 0 else graph.cast(_by(graph, graph.cast(x, np.float64), decimals), x.dtype)
        )
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
