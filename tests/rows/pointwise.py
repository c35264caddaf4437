"""NumPy's functions of single elements: their kinks are at whole numbers, at 0, and where two arrays are equal."""

import numpy as np
import torch

from .row import (
    above,
    apart,
    beside,
    between,
    case,
    complex_numbers,
    constant,
    doubled,
    inside,
    kink,
    normal,
    positive,
    real,
    row,
    whole,
)

# fmt: off

T = torch


def some(draw):
    """Many, one, and none."""
    return draw(2, 3), draw(), draw(0, 2)


for name, draw, theirs in (
    ("tan", inside, T.tan), ("arcsin", inside, T.asin), ("arccos", inside, T.acos), ("arctan", real, T.atan),
    ("sinh", real, T.sinh), ("cosh", real, T.cosh), ("arcsinh", real, T.asinh), ("arccosh", above, T.acosh),
    ("arctanh", inside, T.atanh), ("exp2", real, T.exp2), ("log2", positive, T.log2), ("log10", positive, T.log10),
    ("reciprocal", real, T.reciprocal), ("cbrt", real, None), ("sinc", real, T.sinc),
):
    numbers = (complex_numbers(3),) if name not in ("exp2", "cbrt", "sinc") else ()
    row(name, *some(draw), *numbers, oracle=getattr(np, name), torch=theirs)
row("sinc", constant([0.0, 1e-9, -1e-5, 2.0]), oracle=np.sinc)
row("rsqrt", *some(positive), oracle=lambda x: x**-0.5, torch=T.rsqrt)
row("deg2rad", *some(real), oracle=np.deg2rad, torch=T.deg2rad, linear="0")
row("rad2deg", *some(real), oracle=np.rad2deg, torch=T.rad2deg, linear="0")
for name, draw, what in (
    ("sec", inside, lambda x: 1 / np.cos(x)), ("csc", inside, lambda x: 1 / np.sin(x)),
    ("cot", inside, lambda x: 1 / np.tan(x)), ("sech", real, lambda x: 1 / np.cosh(x)),
    ("csch", real, lambda x: 1 / np.sinh(x)), ("coth", real, lambda x: 1 / np.tanh(x)),
    ("arccot", real, lambda x: np.arctan(1 / x)), ("arcsec", above, lambda x: np.arccos(1 / x)),
    ("arccsc", above, lambda x: np.arcsin(1 / x)), ("arccsch", real, lambda x: np.arcsinh(1 / x)),
    ("arccoth", above, lambda x: np.arctanh(1 / x)),
):
    row(name, *some(draw), oracle=what)
for name, theirs in (("exp", T.exp), ("log", T.log), ("sqrt", T.sqrt), ("square", T.square), ("sin", T.sin),
                     ("cos", T.cos), ("tanh", T.tanh), ("absolute", T.abs), ("negative", T.neg)):
    row(name, complex_numbers(3), oracle=getattr(np, name), torch=theirs, linear="0" if name == "negative" else "")
for name in ("expm1", "log1p"):
    row(name, complex_numbers(3), oracle=getattr(np, name), torch=getattr(T, name))
row("expit", *some(real), oracle=lambda x: 1 / (1 + np.exp(-x)), torch=T.sigmoid)
row("fabs", apart(3), oracle=np.fabs, torch=T.abs)

row("conjugate", complex_numbers(2, 3), *some(real), oracle=np.conjugate, torch=lambda x: x.conj(), linear="0")
row("real", complex_numbers(2, 3), *some(real), oracle=np.real, torch=lambda x: x.real, linear="0")
row("imag", complex_numbers(2, 3), oracle=np.imag, torch=lambda x: x.imag, linear="0")
row("angle", complex_numbers(2, 3), oracle=np.angle, torch=T.angle)
row("angle", case(complex_numbers(2, 3), deg=True), oracle=np.angle)
row("real_if_close", normal(2, 3), oracle=np.real_if_close, linear="0", around=doubled)

# ── of two arrays ─────────────────────────────────────────────────────────────────────────────────────────────────────

PAIRS = (case(apart(2, 3), beside(3)), case(apart(), beside(2, 1)), case(apart(0, 2), beside(2)))
for name, theirs in (("hypot", T.hypot), ("arctan2", T.atan2), ("logaddexp", T.logaddexp),
                     ("logaddexp2", T.logaddexp2)):
    row(name, *PAIRS, oracle=getattr(np, name), torch=theirs)
halves = kink([1.0, 2.0, np.nan], [1.0, np.nan, 3.0], slopes=([0.5, 1, 0], [0.5, 0, 1]), as_torch=False)
row("fmax", *PAIRS, oracle=np.fmax, torch=T.fmax, ties=True, kinks=(halves,))
row("fmin", *PAIRS, oracle=np.fmin, torch=T.fmin, ties=True, kinks=(halves,))
DIVIDED = (case(real(2, 3), between(-1.9, 2.6, 3)), case(real(), above(2)), case(real(0, 2), above(2)))
row("remainder", *DIVIDED, oracle=np.remainder, torch=T.remainder, ties=True)
row("fmod", *DIVIDED, oracle=np.fmod, torch=T.fmod, ties=True)
row("divmod", *DIVIDED, oracle=np.divmod, ties=True)
row("floor_divide", *DIVIDED, oracle=np.floor_divide, flat=True)
row("float_power", case(positive(2, 3), real(3)), oracle=np.float_power, torch=T.float_power, least=np.float64)
row("copysign", case(real(2, 3), constant(np.array([1, -2, 1], np.int8))), oracle=np.copysign,
    torch=T.copysign, ties=True)
row("heaviside", case(constant(np.array([-1, 0, 2], np.int8)), real(3)), oracle=np.heaviside)
row("ldexp", case(real(2, 3), constant([1, -2, 0])), oracle=np.ldexp, linear="0", torch=lambda x, n: x * 2.0**n)
row("lerp", case(real(2, 3), real(3), inside(3)), oracle=lambda x, y, w: x + w * (y - x), torch=T.lerp,
    linear="01")
row("lerp", case(real(2, 3), real(3), constant(0.25)), oracle=lambda x, y, w: x + w * (y - x), torch=T.lerp,
    linear="01")
row("add_sequence", case(real(2, 3), real(3), real(2, 1)), oracle=lambda x, y, z: x + y + z, linear="012")
row("multiply_sequence", case(real(2, 3), real(3), real(2, 1)), oracle=lambda x, y, z: x * y * z, linear="0 1 2")
for name in ("add", "subtract", "multiply", "divide", "power"):
    pairs = ((complex_numbers, complex_numbers), (positive, complex_numbers), (complex_numbers, positive))
    groups = {"add": "01", "subtract": "01", "multiply": "0 1", "divide": "0"}.get(name, "")
    row(name, *(case(x(2, 3), y(3)) for x, y in pairs), oracle=getattr(np, name), torch=getattr(T, name, T.pow),
        linear=groups)

# ── rounded, taken apart, bounded ─────────────────────────────────────────────────────────────────────────────────────

for name in ("floor", "ceil", "rint", "trunc", "signbit", "round"):
    row(name, *some(real), oracle=getattr(np, name), flat=True)
row("round", case(real(2, 3), decimals=1), oracle=np.round, flat=True)
row("frac", *some(real), oracle=lambda x: x - np.trunc(x), torch=T.frac, ties=True)
row("modf", *some(real), oracle=np.modf, ties=True)
row("frexp", *some(real), oracle=np.frexp, torch=T.frexp, ties=True)
row("nan_to_num", *some(real), oracle=np.nan_to_num, torch=T.nan_to_num, linear="0")
row("clip", case(real(3, 3), between(-1.5, -0.3, 3), between(0.4, 1.5, 3)), oracle=np.clip, torch=T.clamp, ties=True)
row("clip", case(real(3, 3), a_min=-0.9, a_max=None), case(real(3, 3), a_min=-0.9, a_max=0.9), oracle=np.clip)
row("clip", case(real(3, 3), max=0.9), case(real(3, 3), min=-0.9), oracle=np.clip, torch=T.clamp)

# ── asked and answered ────────────────────────────────────────────────────────────────────────────────────────────────

EDGES = constant([[0.0, -1.5, np.inf], [2.5, np.nan, -0.0]])
ASKED = (case(EDGES, constant([1.0, -1.5, -np.inf])), case(real(), real(2)), case(real(0, 2), real(2)))
for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or",
             "logical_xor"):
    row(name, *ASKED, oracle=getattr(np, name), flat=True)
row("nextafter", case(real(2, 3), constant(np.array([9, -9, 0], np.int8))), oracle=np.nextafter, linear="0")
for name in ("logical_not", "isnan", "isinf", "isfinite"):
    row(name, EDGES, real(), oracle=getattr(np, name), flat=True)
BITS = case(constant([[6, 1, 3], [0, 255, 12]]), constant([3, 1, 2]))
for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift"):
    row(name, BITS, oracle=getattr(np, name), flat=True)
row("invert", whole(2, 3), oracle=np.invert, flat=True)
row("isclose", case(apart(2, 3), apart(3)), case(apart(3), constant([0.05, 0.15, 9.0]), atol=0.2), oracle=np.isclose,
    flat=True)
row("allclose", case(apart(2, 3), apart(3)), case(apart(3), constant(0.0), atol=9.0), oracle=np.allclose, flat=True)
row("array_equal", case(apart(2, 3), apart(3)), oracle=np.array_equal, flat=True)
row("isin", case(whole(2, 3), constant([1, 2])), case(real(2, 3), constant([0.5]), invert=True), oracle=np.isin,
    flat=True)
row("where", case(constant([[True], [False]]), complex_numbers(2, 2), complex_numbers(2)), oracle=np.where,
    torch=T.where, linear="12")
