"""Rows for NumPy's functions: a call that means the same to NumPy and to us, arrays for it, and its like in PyTorch.

`m` is NumPy or our package; with NumPy's function and Tensors the call is recorded. Arrays are drawn from the row's own
name, with elements that are at least 0.02 apart from each other and from 0 and ±1.
"""

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch


@dataclass(frozen=True)
class Case:
    name: str
    call: Any  # (m, *arrays) -> result or results
    draws: tuple
    torch: Any = None  # (*tensors) -> the same
    ours: Any = None  # another call for our package

    def arrays(self, dtype=np.float64):
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        given = [draw(rng) if callable(draw) else draw for draw in self.draws]
        return [a.astype(dtype) if getattr(a, "dtype", np.dtype(int)).kind == "f" else a for a in given]

    def __str__(self):
        return self.name


def spread(low, high, *shape):
    """Elements between two numbers, far from each other, in random order."""

    def draw(rng):
        n = int(np.prod(shape))
        places = np.linspace(low, high, max(n, 1)) if n else np.zeros(0)
        away = np.where(np.abs(np.abs(np.rint(places)) - np.abs(places)) < 0.02, places + 0.03, places)
        return rng.permutation(away).reshape(shape)

    return draw


def real(*shape):
    return spread(-2.3, 2.2, *shape)


def positive(*shape):
    return spread(0.35, 2.4, *shape)


def inside(*shape):
    return spread(-0.83, 0.79, *shape)


def above(*shape):
    return spread(1.2, 3.1, *shape)


CASES = []


def case(name, call, *draws, **more):
    CASES.append(Case(name, call, draws, **more))


T = torch

# ── elementwise ───────────────────────────────────────────────────────────────────────────────────────────────────────

for name, draw, theirs in (
    ("tan", inside, T.tan), ("arcsin", inside, T.asin), ("arccos", inside, T.acos), ("arctan", real, T.atan),
    ("sinh", real, T.sinh), ("cosh", real, T.cosh), ("arcsinh", real, T.asinh), ("arccosh", above, T.acosh),
    ("arctanh", inside, T.atanh), ("sinc", real, T.sinc), ("deg2rad", real, T.deg2rad), ("rad2deg", real, T.rad2deg),
    ("radians", real, T.deg2rad), ("degrees", real, T.rad2deg),
    ("exp2", real, T.exp2), ("log2", positive, T.log2), ("log10", positive, T.log10), ("cbrt", real, None),
    ("reciprocal", real, T.reciprocal), ("nan_to_num", real, T.nan_to_num), ("fabs", real, T.abs),
    ("positive", real, T.positive), ("real", real, None), ("conjugate", real, None), ("copy", real, T.clone),
):  # fmt: skip
    mine = {"fabs": lambda m, x: m.absolute(x), "positive": lambda m, x: +x}.get(name)
    case(name, lambda m, x, f=name: getattr(m, f)(x), draw(2, 3), torch=theirs, ours=mine)
for name, draw, what in (
    ("sec", inside, lambda x: 1 / np.cos(x)), ("csc", inside, lambda x: 1 / np.sin(x)),
    ("rsqrt", positive, lambda x: x**-0.5),
    ("cot", inside, lambda x: 1 / np.tan(x)), ("sech", real, lambda x: 1 / np.cosh(x)),
    ("csch", real, lambda x: 1 / np.sinh(x)), ("coth", real, lambda x: 1 / np.tanh(x)),
    ("arccot", real, lambda x: np.arctan(1 / x)), ("arcsec", above, lambda x: np.arccos(1 / x)),
    ("arccsc", above, lambda x: np.arcsin(1 / x)), ("arccsch", real, lambda x: np.arcsinh(1 / x)),
    ("arccoth", above, lambda x: np.arctanh(1 / x)), ("frac", real, lambda x: x - np.trunc(x)),
):  # fmt: skip
    case(name, lambda m, x, f=name, w=what: w(x) if m is np else getattr(m, f)(x), draw(2, 3))
for name, theirs in (
    ("hypot", T.hypot), ("arctan2", T.atan2), ("logaddexp", T.logaddexp), ("logaddexp2", T.logaddexp2),
    ("remainder", T.remainder), ("fmod", T.fmod), ("fmax", T.fmax), ("fmin", T.fmin), ("true_divide", T.true_divide),
):  # fmt: skip
    case(name, lambda m, x, y, f=name: getattr(m, f)(x, y), real(2, 3), spread(-1.9, 2.6, 3), torch=theirs)
case("copysign", lambda m, x, y: m.copysign(x, y), real(2, 3), np.array([1.0, -2.0, 0.5]), torch=T.copysign)
case("heaviside", lambda m, x, y: m.heaviside(x, y), np.array([-1.0, 0.0, 2.0]), real(3))
case("ldexp", lambda m, x, y: m.ldexp(x, y), real(2, 3), np.array([1, -2, 0]))
case("modf", lambda m, x: m.modf(x), real(2, 3))
case("frexp", lambda m, x: m.frexp(x), spread(-2.6, 2.7, 2, 3), torch=lambda x: T.frexp(x)[0])
case("divmod", lambda m, x, y: m.divmod(x, y), real(2, 3), above(3))
case("float_power", lambda m, x, y: m.float_power(x, y), positive(2, 3), real(3), torch=T.float_power)
case(
    "lerp",
    lambda m, x, y, w: x + w * (y - x) if m is np else m.lerp(x, y, w),
    real(2, 3),
    real(3),
    inside(3),
    torch=T.lerp,
)
case(
    "nan_to_num of what is none",
    lambda m, x: m.nan_to_num(x, nan=3.0, posinf=7.0),
    np.array([np.nan, 1.5, np.inf, -2.0]),
)
case("clip", lambda m, x: m.clip(x, -0.9, 1.1), real(3, 3), torch=lambda x: T.clamp(x, -0.9, 1.1))
case("clip to arrays", lambda m, x, y, z: m.clip(x, y, z), real(3, 3), spread(-1.5, -0.3, 3), spread(0.4, 1.5, 3),
     torch=T.clamp)  # fmt: skip
case("clip by NumPy's names", lambda m, x: m.clip(x, a_min=-0.9, a_max=None), real(3, 3))
case("clip by the array API's names", lambda m, x: m.clip(x, max=0.9), real(3, 3))
case(
    "add_sequence",
    lambda m, x, y, z: x + y + z if m is np else m.add_sequence(x, y, z),
    real(2, 3),
    real(3),
    real(2, 1),
)
case("multiply_sequence", lambda m, x, y, z: x * y * z if m is np else m.multiply_sequence(x, y, z), real(2, 3),
     real(3), real(2, 1))  # fmt: skip
case("x % y", lambda m, x, y: x % y, real(2, 3), above(3), torch=T.remainder)
case("x // y, x % y", lambda m, x, y: divmod(x, y), real(2, 3), above(3))

# ── reductions, running ───────────────────────────────────────────────────────────────────────────────────────────────

case("prod", lambda m, x: m.prod(x), real(2, 3), torch=T.prod)
case(
    "prod over an axis",
    lambda m, x: m.prod(x, axis=1, keepdims=True),
    real(2, 3, 2),
    torch=lambda x: T.prod(x, 1, True),
)
case("prod over axes", lambda m, x: m.prod(x, axis=(2, 0)), real(2, 3, 2))
for zeros in ((0,), (0, 4), (1, 2, 3)):
    case(
        f"prod with zeros at {zeros}",
        lambda m, x, z=zeros: m.prod(m.where(np.isin(np.arange(6), z), x * 0, x)),
        real(6),
    )
    hole = np.isin(np.arange(6), zeros)
    case(f"prod of an array with zeros at {zeros}", lambda m, x: m.prod(x), np.where(hole, 0.0, np.arange(6) - 2.5),
         torch=T.prod)  # fmt: skip
    case(f"cumprod of an array with zeros at {zeros}", lambda m, x: m.cumprod(x),
         np.where(hole, 0.0, np.arange(6) - 2.5), torch=lambda x: T.cumprod(x, 0))  # fmt: skip
case("cumprod", lambda m, x: m.cumprod(x, axis=1), real(2, 3, 2), torch=lambda x: T.cumprod(x, 1))
case("cumprod of all", lambda m, x: m.cumprod(x), real(2, 3))
case("cummax", lambda m, x: np.maximum.accumulate(x, axis=0) if m is np else m.cummax(x, axis=0), real(4, 3),
     torch=lambda x: T.cummax(x, 0)[0])  # fmt: skip
case("cummin", lambda m, x: np.minimum.accumulate(x, axis=1) if m is np else m.cummin(x), real(2, 4),
     torch=lambda x: T.cummin(x, 1)[0])  # fmt: skip
case("logcumsumexp", lambda m, x: np.logaddexp.accumulate(x, axis=1) if m is np else m.logcumsumexp(x), real(2, 4),
     torch=lambda x: T.logcumsumexp(x, 1))  # fmt: skip
case("add.accumulate", lambda m, x: np.add.accumulate(x), real(3, 2), torch=lambda x: T.cumsum(x, 0))
case("multiply.accumulate", lambda m, x: np.multiply.accumulate(x, axis=1), real(3, 2), torch=lambda x: T.cumprod(x, 1))
case("add.reduce", lambda m, x: np.add.reduce(x, axis=1), real(3, 2), torch=lambda x: x.sum(1))
case("maximum.reduce", lambda m, x: np.maximum.reduce(x), real(3, 2), torch=lambda x: x.amax(0))
case("minimum.reduce", lambda m, x: np.minimum.reduce(x, axis=None, keepdims=True), real(3, 2))
case("logaddexp.reduce", lambda m, x: np.logaddexp.reduce(x), real(3, 2), torch=lambda x: T.logsumexp(x, 0))
case("subtract.outer", lambda m, x, y: np.subtract.outer(x, y), real(2, 3), real(2))
case("hypot.outer", lambda m, x, y: np.hypot.outer(x, y), real(3), real(2))
for name in ("nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin", "median", "ptp", "average"):
    case(name, lambda m, x, f=name: getattr(m, f)(x), real(3, 4))
    case(f"{name} over an axis", lambda m, x, f=name: getattr(m, f)(x, axis=1, keepdims=True), real(3, 4))
    if name.startswith("nan"):
        holes = np.array([[np.nan, 1.5, -0.3], [2.0, np.nan, 0.7]])
        case(f"{name} beside nan", lambda m, x, f=name: getattr(m, f)(x, axis=1), holes)
case("quantile", lambda m, x: m.quantile(x, [0.1, 0.5, 0.83], axis=0), real(5, 2),
     torch=lambda x: T.quantile(x, T.tensor([0.1, 0.5, 0.83], dtype=x.dtype), 0))  # fmt: skip
for method in (
    "linear", "lower", "higher", "midpoint", "nearest", "inverted_cdf", "averaged_inverted_cdf", "closest_observation",
    "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased", "normal_unbiased",
):  # fmt: skip
    case(f"quantile, {method}", lambda m, x, how=method: m.quantile(x, [[0.0, 0.21], [0.5, 1.0]], method=how), real(7))
case("percentile", lambda m, x: m.percentile(x, 35, axis=(0, 1), keepdims=True), real(2, 3, 2))
case("average with weights", lambda m, x, w: m.average(x, axis=0, weights=w), real(3, 2), positive(3))
case("average with weights of its shape", lambda m, x, w: m.average(x, weights=w), real(3, 2), positive(3, 2))
case(
    "trapezoid", lambda m, y: m.trapezoid(y, dx=0.5, axis=0), real(4, 2), torch=lambda y: T.trapezoid(y, dx=0.5, dim=0)
)
case("trapezoid at places", lambda m, y, x: m.trapezoid(y, x), real(2, 4), np.array([0.0, 0.5, 2.0, 2.5]),
     torch=lambda y, x: T.trapezoid(y, x))  # fmt: skip
case("sum where", lambda m, x: np.sum(x, axis=1, where=np.array([True, False, True]), initial=2.0), real(2, 3))
case("prod where", lambda m, x: np.prod(x, where=np.array([True, False, True]), initial=2.0), real(2, 3))
case("mean where", lambda m, x: np.mean(x, 0, where=np.array([[True, False], [True, True]])), real(2, 2))
case("max initial", lambda m, x: np.max(x, 1, initial=0.5), real(2, 3))
case("var with correction", lambda m, x: np.var(x, correction=1), real(2, 3), torch=lambda x: T.var(x))
case(
    "var_mean", lambda m, x: (np.var(x, ddof=1), np.mean(x)) if m is np else m.var_mean(x), real(2, 3), torch=T.var_mean
)
case("std_mean", lambda m, x: (np.std(x, 0, ddof=1), np.mean(x, 0)) if m is np else m.std_mean(x, 0), real(3, 2),
     torch=lambda x: T.std_mean(x, 0))  # fmt: skip
case("logsumexp over all", lambda m, x: np.logaddexp.reduce(x, axis=None) if m is np else m.logsumexp(x, axis=None),
     real(2, 3), torch=lambda x: T.logsumexp(x, (0, 1)))  # fmt: skip
case("logsumexp over axes", lambda m, x: np.log(np.exp(x).sum((2, 0), keepdims=True)) if m is np else
     m.logsumexp(x, axis=(2, 0), keepdims=True), real(2, 3, 2), torch=lambda x: T.logsumexp(x, (0, 2), True),
     ours=lambda m, x: m.logsumexp(x, axis=(2, 0), keepdims=True))  # fmt: skip

# ── sampled ───────────────────────────────────────────────────────────────────────────────────────────────────────────

grid = np.array([-1.0, 0.0, 0.5, 2.0])
case("interp", lambda m, x, xp, fp: m.interp(x, xp, fp), spread(-1.5, 2.5, 5), grid, real(4))
case("interp with moving places", lambda m, x, xp, fp: m.interp(x, xp, fp, left=-5.0), np.array([-0.5, 0.3, 3.0, -4.0]),
     grid, real(4))  # fmt: skip
case("interp with a period", lambda m, x, xp, fp: m.interp(x, xp, fp, period=3.5), spread(-4.2, 4.4, 6), grid, real(4))
case("unwrap", lambda m, x: m.unwrap(x), np.array([0.1, 3.0, 6.5, 0.2, -3.0]))
case("ediff1d", lambda m, x, e: m.ediff1d(x, to_end=e, to_begin=0.5), real(2, 3), real(2))
case("diff with ends", lambda m, x, e: m.diff(x, axis=0, append=e), real(3, 2), real(1, 2))
for order in (1, 2):
    case(f"gradient, edge order {order}", lambda m, x, k=order: m.gradient(x, edge_order=k), real(4, 3))
    case(
        f"gradient at places, edge order {order}",
        lambda m, x, k=order: m.gradient(x, grid, axis=0, edge_order=k),
        real(4, 3),
    )
for mode in ("full", "same", "valid"):
    for n, k in ((5, 3), (2, 5)):
        case(f"convolve {n}, {k}, {mode}", lambda m, x, y, how=mode: m.convolve(x, y, how), real(n), real(k))
        case(f"correlate {n}, {k}, {mode}", lambda m, x, y, how=mode: m.correlate(x, y, how), real(n), real(k))
case("cov", lambda m, x: m.cov(x), real(3, 5), torch=T.cov)
case(
    "cov with more", lambda m, x, y: m.cov(x, y, rowvar=False, bias=True, fweights=[1, 2, 1, 3]), real(4, 2), real(4, 1)
)
case("cov, weighted", lambda m, x: m.cov(x, aweights=[0.5, 2.0, 1.0]), real(2, 3))
case("corrcoef", lambda m, x: m.corrcoef(x), real(3, 5), torch=T.corrcoef)

# ── axes, join ────────────────────────────────────────────────────────────────────────────────────────────────────────

case("swapaxes", lambda m, x: m.swapaxes(x, 0, -1), real(2, 3, 2), torch=lambda x: T.swapaxes(x, 0, -1))
case(
    "moveaxis",
    lambda m, x: m.moveaxis(x, (0, 1), (-1, 0)),
    real(2, 3, 2),
    torch=lambda x: T.moveaxis(x, (0, 1), (-1, 0)),
)
case("rollaxis", lambda m, x: m.rollaxis(x, 2, 1), real(2, 3, 2))
case("rollaxis to the end", lambda m, x: m.rollaxis(x, 0, 3), real(2, 3, 2))
case("permute_dims", lambda m, x: m.permute_dims(x, (2, 0, 1)), real(2, 3, 2), torch=lambda x: T.permute(x, (2, 0, 1)))
for k in (-1, 0, 2, 5):
    case(
        f"rot90, {k}",
        lambda m, x, k=k: m.rot90(x, k, axes=(1, 2)),
        real(2, 3, 2),
        torch=lambda x, k=k: T.rot90(x, k, (1, 2)),
    )
case("fliplr", lambda m, x: m.fliplr(x), real(2, 3), torch=T.fliplr)
case("flipud", lambda m, x: m.flipud(x), real(2, 3), torch=T.flipud)
for order in "CFAK":
    case(f"ravel, {order}", lambda m, x, o=order: m.ravel(x, order=o), real(2, 3))
for n in (1, 2, 3):
    case(f"atleast_{n}d", lambda m, x, y, n=n: getattr(m, f"atleast_{n}d")(x, y), real(2), real(2, 3))
case("broadcast_arrays", lambda m, x, y: m.broadcast_arrays(x, y), real(2, 1), real(3), torch=T.broadcast_tensors)
case("meshgrid", lambda m, x, y: m.meshgrid(x, y), real(2), real(3), torch=lambda x, y: T.meshgrid(x, y, indexing="xy"))
case(
    "meshgrid, ij, sparse",
    lambda m, x, y, z: m.meshgrid(x, y, z, indexing="ij", sparse=True),
    real(2),
    real(3),
    real(2),
)
case("repeat", lambda m, x: m.repeat(x, 3, axis=1), real(2, 3), torch=lambda x: T.repeat_interleave(x, 3, 1))
case("repeat, each so often", lambda m, x: m.repeat(x, [2, 0, 1], axis=1), real(2, 3))
case("repeat, all in one line", lambda m, x: m.repeat(x, 2), real(2, 3))
case("resize", lambda m, x: m.resize(x, (3, 3)), real(2, 2))
case("resize to less", lambda m, x: m.resize(x, 3), real(2, 2))
case("unflatten", lambda m, x: x.reshape(2, 2, 3) if m is np else m.unflatten(x, 1, (2, -1)), real(2, 6))
for name in ("vstack", "hstack", "dstack", "column_stack"):
    case(f"{name} of lines", lambda m, x, y, f=name: getattr(m, f)([x, y]), real(3), real(3))
    case(f"{name} of matrices", lambda m, x, y, f=name: getattr(m, f)([x, y]), real(2, 3), real(2, 3))
case("append", lambda m, x, y: m.append(x, y, axis=1), real(2, 3), real(2, 1))
case("append, all in one line", lambda m, x, y: m.append(x, y), real(2, 3), real(2))
case("concatenate in one line", lambda m, x, y: m.concatenate([x, y], axis=None), real(2, 3), real(2))
case("block", lambda m, x, y, z: m.block([[x, y], [z]]), real(2, 2), real(2, 1), real(1, 3))
case("array_split", lambda m, x: m.array_split(x, 3, axis=1), real(2, 5), torch=lambda x: T.tensor_split(x, 3, 1))
case("array_split at places", lambda m, x: m.array_split(x, [1, 4], axis=1), real(2, 5))
case("hsplit", lambda m, x: m.hsplit(x, 2), real(2, 4), torch=lambda x: T.hsplit(x, 2))
case("vsplit", lambda m, x: m.vsplit(x, [1]), real(3, 2), torch=lambda x: T.vsplit(x, [1]))
case("dsplit", lambda m, x: m.dsplit(x, 2), real(1, 2, 4), torch=lambda x: T.dsplit(x, 2))
case("unstack", lambda m, x: m.unstack(x, axis=1), real(2, 3), torch=lambda x: T.unbind(x, 1))
case("chunk", lambda m, x: (x[:, :2], x[:, 2:4], x[:, 4:]) if m is np else m.chunk(x, 3, 1), real(2, 5),
     torch=lambda x: T.chunk(x, 3, 1))  # fmt: skip
case("delete", lambda m, x: m.delete(x, [0, 2], axis=1), real(2, 4))
case("delete from one line", lambda m, x: m.delete(x, slice(1, 3)), real(2, 4))
case("insert", lambda m, x, y: m.insert(x, [0, 2], y, axis=1), real(2, 3), real(2, 1))
case("insert into one line", lambda m, x, y: m.insert(x, 1, y), real(2, 3), real())
case(
    "sliding_window_view",
    lambda m, x: (np.lib.stride_tricks if m is np else m).sliding_window_view(x, 3, axis=1),
    real(2, 5),
)
for mode in ("edge", "reflect", "symmetric", "wrap", "linear_ramp", "maximum", "mean", "median", "minimum"):
    case(f"pad, {mode}", lambda m, x, how=mode: m.pad(x, ((1, 2), (3, 0)), how), real(3, 3))
    case(f"pad, {mode}, far", lambda m, x, how=mode: m.pad(x, 5, how), real(3))
for mode in ("reflect", "symmetric"):
    case(f"pad, odd {mode}", lambda m, x, how=mode: m.pad(x, ((1, 2), (7, 5)), how, reflect_type="odd"), real(3, 4))
case("pad, short statistics", lambda m, x: m.pad(x, 2, "mean", stat_length=((1, 2), (2, 1))), real(3, 3))
case("pad, ramps to ends", lambda m, x: m.pad(x, 2, "linear_ramp", end_values=((5.0, -4.0), (1.0, 2.0))), real(3, 3))
case("pad, sides of different numbers", lambda m, x: m.pad(x, 1, constant_values=((1.0, 2.0), (3.0, 4.0))), real(2, 2))
case("pad by axis", lambda m, x: m.pad(x, {-1: (1, 2)}, constant_values=3.0), real(2, 2))

# ── chosen ────────────────────────────────────────────────────────────────────────────────────────────────────────────

yes = np.array([True, False, True])
case("take", lambda m, x: m.take(x, [[0, 2], [2, -1]], axis=1), real(2, 3))
case("take from one line, wrapping", lambda m, x: m.take(x, [7, -1, 0], mode="wrap"), real(2, 3))
case("take, clipping", lambda m, x: m.take(x, [7, -1, 0], axis=0, mode="clip"), real(2, 3))
case("compress", lambda m, x: m.compress(yes, x, axis=1), real(2, 3))
case("extract", lambda m, x: m.extract(x > 0, x), real(2, 3))
case("select", lambda m, x, y: m.select([x < -1, x < 1], [x * x, y], 3.0), real(2, 3), real(3))
case("choose", lambda m, x, y: m.choose(np.array([1, 0, 1]), [x, y]), real(2, 3), real(3))
case("choose, wrapping", lambda m, x, y: m.choose(np.array([5, -2, 1]), [x, y], mode="wrap"), real(3), real(3))
case("piecewise", lambda m, x: m.piecewise(x, [x < -1, x > 1], [lambda v: v * v, lambda v: m.exp(v), 2.0]), real(2, 3))
case("diagonal", lambda m, x: m.diagonal(x, 1, 2, 0), real(3, 2, 3), torch=lambda x: T.diagonal(x, 1, 2, 0))
case("diag of a line", lambda m, x: m.diag(x, -1), real(3), torch=lambda x: T.diag(x, -1))
case("diag of a matrix", lambda m, x: m.diag(x, 1), real(2, 3), torch=lambda x: T.diag(x, 1))
case("diagflat", lambda m, x: m.diagflat(x, 1), real(2, 2), torch=lambda x: T.diagflat(x, 1))
case("trace", lambda m, x: (m.trace if m is np else m.matrix_trace)(x, 1), real(3, 3, 2))
case("tril", lambda m, x: m.tril(x, -1), real(2, 3, 3), torch=lambda x: T.tril(x, -1))
case("triu", lambda m, x: m.triu(x, 1), real(3, 2), torch=lambda x: T.triu(x, 1))
case("triu of a line", lambda m, x: m.triu(x), real(3))
case("sort, descending", lambda m, x: -np.sort(-x, 0) if m is np else m.sort(x, 0, descending=True), real(4, 2),
     torch=lambda x: T.sort(x, 0, True)[0])  # fmt: skip
case("partition", lambda m, x: m.partition(x, 2, axis=0), real(5, 2))
case(
    "topk",
    lambda m, x: -np.sort(-x, 1)[:, :2] if m is np else m.topk(x, 2)[0],
    real(2, 4),
    torch=lambda x: T.topk(x, 2)[0],
)
case("kthvalue", lambda m, x: np.sort(x, 0)[1] if m is np else m.kthvalue(x, 2, 0)[0], real(4, 2),
     torch=lambda x: T.kthvalue(x, 2, 0)[0])  # fmt: skip
case("bincount", lambda m, w: m.bincount(np.array([0, 3, 3]), weights=w, minlength=6), real(3))

case("unique", lambda m, x: m.unique(x, return_counts=True), real(4))
case("unique rows", lambda m, x: m.unique(x, axis=0), real(3, 2))
case("histogram", lambda m, x: m.histogram(x, 4), real(6))

# ── made, products ────────────────────────────────────────────────────────────────────────────────────────────────────

case("linspace", lambda m, x, y: m.linspace(x, y, 4), real(2), real(2))
case("linspace along another axis", lambda m, x, y: m.linspace(x, y, 4, endpoint=False, axis=-1), real(2), real())
case("logspace", lambda m, x, y: m.logspace(x, y, 4, base=3.0), real(), real(2))
case("geomspace", lambda m, x, y: m.geomspace(x, y, 4), positive(2), above(2))
case("vander", lambda m, x: m.vander(x, 3), real(4))
case("vander, increasing", lambda m, x: m.vander(x, increasing=True), real(3))
case("full_like", lambda m, x, y: m.full_like(x, y), real(2, 3), real())
for name, a, b in (
    ("lines", real(3), real(3)), ("matrices", real(2, 3), real(3, 2)), ("matrix and line", real(2, 3), real(3)),
    ("many axes", real(2, 2, 3), real(2, 3, 2)), ("number", real(), real(2)),
):  # fmt: skip
    case(f"dot of {name}", lambda m, x, y: m.dot(x, y), a, b)
case("inner", lambda m, x, y: m.inner(x, y), real(2, 3), real(2, 2, 3), torch=T.inner)
case("outer", lambda m, x, y: m.outer(x, y), real(2, 2), real(3))
case("vdot", lambda m, x, y: m.vdot(x, y), real(2, 3), real(2, 3))
case("vecdot", lambda m, x, y: m.vecdot(x, y), real(2, 3), real(3), torch=T.linalg.vecdot)
case("vecdot along another axis", lambda m, x, y: m.vecdot(x, y, axis=0), real(3, 2), real(3, 2))
case("matvec", lambda m, x, y: m.matvec(x, y), real(2, 2, 3), real(3))
case("vecmat", lambda m, x, y: m.vecmat(x, y), real(2), real(3, 2, 3))
case(
    "tensordot",
    lambda m, x, y: m.tensordot(x, y),
    real(2, 2, 3),
    real(2, 3, 2),
    torch=lambda x, y: T.tensordot(x, y, 2),
)
case("tensordot over a pair", lambda m, x, y: m.tensordot(x, y, ((0, 2), (1, 0))), real(2, 2, 3), real(3, 2, 2))
case("kron", lambda m, x, y: m.kron(x, y), real(2, 2), real(3), torch=T.kron)
case(
    "cross",
    lambda m, x, y: m.cross(x, y, axis=0),
    real(3, 2),
    real(3, 2),
    torch=lambda x, y: T.linalg.cross(x, y, dim=0),
)
case(
    "multi_dot",
    lambda m, x, y, z: m.linalg.multi_dot([x, y, z]),
    real(2, 3),
    real(3, 1),
    real(1, 2),
)
case("cdist", lambda m, x, y: np.sqrt(((x[:, None] - y) ** 2).sum(-1)) if m is np else m.cdist(x, y), real(3, 2),
     spread(2.5, 4.0, 2, 2), torch=T.cdist)  # fmt: skip
