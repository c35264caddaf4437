"""Products, quantiles and other statistics; what runs along an axis, is sorted, counted or sampled."""

import numpy as np
import torch

from .row import apart, between, case, complex_numbers, constant, dims, kink, positive, real, row

# fmt: off

T = torch
OVER = (real(2, 3), case(real(2, 3), axis=1, keepdims=True), case(real(2, 3, 2), axis=(2, 0)), real())


def beside_nan(function, x, **how):
    return function(x + np.array([[np.nan, 0, 0], [0, np.nan, 0]], x.dtype), **how)


# ── reductions ────────────────────────────────────────────────────────────────────────────────────────────────────────

row("prod", *OVER, real(0, 2), complex_numbers(3), oracle=np.prod)
row("prod", case(real(2, 3), axis=1, keepdims=True), oracle=np.prod, torch=dims(T.prod))
for zeros, times in (((0,), 1), ((0, 4), 1), ((1, 2, 3), 1), ((1,), 1 - 0.5j), ((0, 4), 1j)):
    holes = constant(np.where(np.isin(np.arange(6), zeros), 0.0, times * (np.arange(6) - 2.5)))
    row("prod", holes, oracle=np.prod, torch=T.prod)
    row("cumprod", case(holes, axis=0), oracle=np.cumprod, torch=dims(T.cumprod))


def recurrence(a, b, axis):
    """Each element the one before times a, and b more."""
    rows = [np.take(b, 0, axis) + 0 * np.take(a, 0, axis)]
    for i in range(1, b.shape[axis]):
        rows.append(np.take(b, i, axis) + np.take(a, i, axis) * rows[-1])
    return np.stack(rows, axis)


row("cumprod", case(real(2, 3, 2), axis=1), case(complex_numbers(3), axis=0),
    case(constant([1 + 2j, 0, 3 - 1j, 0.5j]), axis=0), oracle=np.cumprod, torch=dims(T.cumprod))
row("recurrence", case(real(4, 2), real(4, 2), axis=0), case(complex_numbers(2, 3), complex_numbers(2, 3), axis=1),
    oracle=recurrence, linear="1")
row("cumprod", real(2, 3), case(real(0, 2), axis=0), real(), oracle=np.cumprod)
row("cumulative_prod", case(real(2, 3), axis=1), real(3), case(real(3, 2), axis=0, include_initial=True),
    oracle=np.cumulative_prod)
row("cumulative_sum", case(real(2, 3), axis=1), real(3), case(real(3, 2), axis=0, include_initial=True),
    oracle=np.cumulative_sum, linear="0")
for name, along, theirs in (
    ("cummax", np.maximum.accumulate, lambda x, axis=-1: T.cummax(x, axis)[0]),
    ("cummin", np.minimum.accumulate, lambda x, axis=-1: T.cummin(x, axis)[0]),
    ("logcumsumexp", np.logaddexp.accumulate, lambda x, axis=-1: T.logcumsumexp(x, axis)),
):
    row(name, real(2, 4), case(real(4, 3), axis=0), case(real(0, 2), axis=0), ties=name != "logcumsumexp",
        oracle=lambda x, axis=-1, along=along: along(x, axis=axis), torch=theirs)
tied = kink([3.0, np.nan, 3.0], slopes=[0.5, 0, 0.5], as_torch=False)
for name in ("nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin"):
    groups = "0" if name in ("nansum", "nanmean") else ""
    row(name, case(real(2, 3), axis=1), oracle=getattr(np, name), linear=groups, around=beside_nan)
    row(name, *(OVER[:3] if name == "nanstd" else OVER), oracle=getattr(np, name), ties=name in ("nanmax", "nanmin"),
        linear=groups, kinks=(tied,) if name == "nanmax" else ())
row("median", *OVER, oracle=np.median, ties=True)
row("ptp", *OVER[:3], oracle=np.ptp, ties=True)
row("ptp", real(), oracle=np.ptp, ties=True, around=lambda f, x: f(x) + 0 * x)
row("average", *OVER, oracle=np.average, linear="0")
row("average", case(real(3, 2), axis=0), case(complex_numbers(3)), oracle=np.average, linear="0")
weighed = lambda f, x, w, **how: f(x, weights=w, **how)
row("average", case(real(3, 2), positive(3), axis=0), case(real(3, 2), positive(3, 2)), oracle=np.average,
    around=weighed, linear="0")
LEVELS = [[0.0, 0.21], [0.5, 1.0]]
for method in (
    "linear", "lower", "higher", "midpoint", "nearest", "inverted_cdf", "averaged_inverted_cdf", "closest_observation",
    "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased", "normal_unbiased",
):
    row("quantile", case(real(7), q=LEVELS, method=method), oracle=np.quantile, ties=True)
row("quantile", case(real(5, 2), q=[0.1, 0.5, 0.83], axis=0), oracle=np.quantile, ties=True,
    torch=lambda x, q, axis: T.quantile(x, T.tensor(q, dtype=x.dtype), axis))
for method in ("linear", "weibull", "hazen", "median_unbiased"):
    row("quantile", case(real(5), constant([0.13, 0.42, 0.88]), method=method), oracle=np.quantile, ties=True)
row("percentile", case(real(2, 3, 2), q=35, axis=(0, 1), keepdims=True), case(real(), q=30), oracle=np.percentile,
    ties=True)
for name, spread, theirs in (("var", np.var, T.var_mean), ("std", np.std, T.std_mean)):
    row(f"{name}_mean", real(2, 3), case(real(3, 2), axis=0), torch=dims(theirs),
        oracle=lambda x, axis=None, spread=spread: (spread(x, axis, ddof=1), np.mean(x, axis)))
    row(name, complex_numbers(2, 3), oracle=spread)
row("mean", complex_numbers(2, 3), oracle=np.mean, linear="0", torch=T.mean)
row("sum", complex_numbers(2, 3), oracle=np.sum, linear="0", torch=T.sum)
row("trapezoid", case(real(4, 2), dx=0.5, axis=0), oracle=np.trapezoid, linear="0",
    torch=lambda y, dx, axis: T.trapezoid(y, dx=dx, dim=axis))
row("trapezoid", case(real(2, 4), constant([0.0, 0.5, 2.0, 2.5])), oracle=np.trapezoid, torch=T.trapezoid,
    linear="0 1")
row("logsumexp", case(real(2, 3), axis=None), oracle=lambda x, axis: np.logaddexp.reduce(x, axis=axis),
    torch=lambda x, axis: T.logsumexp(x, (0, 1)))
row("logsumexp", case(real(2, 3, 2), axis=(2, 0), keepdims=True), torch=dims(T.logsumexp),
    oracle=lambda x, axis, keepdims: np.log(np.exp(x).sum(axis, keepdims=keepdims)))
row("argmin", apart(2, 3), *(case(apart(2, 3, 2), axis=axis, keepdims=k) for axis in (0, -1) for k in (False, True)),
    oracle=np.argmin, flat=True)
for name in ("count_nonzero", "any", "all"):
    row(name, apart(2, 3), case(constant([[0.0, 1, 2], [0, 0, 3]]), axis=1, keepdims=True), oracle=getattr(np, name),
        flat=True)

# ── order ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

row("sort", case(apart(4, 2), axis=0, descending=True), ties=True, torch=lambda x, **how: T.sort(x, 0, True)[0],
    oracle=lambda x, axis, descending: -np.sort(-x, axis))
row("partition", case(apart(5, 2), kth=2, axis=0), oracle=lambda x, kth, axis: np.partition(x, kth, axis), ties=True)
row("partition", case(apart(5), kth=[0, 3]), oracle=np.partition, ties=True)
row("argpartition", case(apart(5, 2), kth=2, axis=0), oracle=np.argpartition, flat=True)
row("topk", case(apart(2, 4), k=2), torch=lambda x, k: T.topk(x, k)[0], ties=True,
    oracle=lambda x, k: (-np.sort(-x, 1)[:, :k], np.argsort(-x, 1)[:, :k]))
row("topk", case(apart(4, 2), k=3, axis=0, largest=False), ties=True,
    oracle=lambda x, k, **how: (np.sort(x, 0)[:k], np.argsort(x, 0)[:k]))
row("kthvalue", case(apart(4, 2), k=2, axis=0), torch=lambda x, k, axis: T.kthvalue(x, k, axis)[0], ties=True,
    oracle=lambda x, k, axis: (np.sort(x, axis)[k - 1], np.argsort(x, axis)[k - 1]))
row("unique", apart(4), case(apart(4), return_index=True, return_inverse=True, return_counts=True),
    case(apart(3, 2), axis=0), oracle=np.unique, ties=True)
row("unique_values", apart(2, 3), oracle=lambda x: np.unique(x), ties=True)
for name in ("unique_all", "unique_counts", "unique_inverse"):
    row(name, apart(2, 3), oracle=getattr(np, name), ties=True)
row("searchsorted", case(constant([0.0, 0.5, 2.0]), real(2, 3), side="right"), case(apart(3), constant([0.0, 0.3]),
    sorter=np.array([1, 0, 2])), oracle=lambda a, v, side="left", sorter=None: np.searchsorted(a, v, side, sorter),
    flat=True)
row("nonzero", constant([[0.0, 1, 2], [0, 0, 3]]), oracle=lambda x: np.nonzero(x), flat=True)
row("digitize", case(real(2, 3), constant([-1.0, 0.0, 1.5])), case(real(3), constant([1.0, 0.0]), right=True),
    oracle=np.digitize, flat=True)
row("bincount", case(constant([0, 3, 3]), real(3), minlength=6), oracle=np.bincount, linear="1")
row("histogram", case(real(6), bins=4), oracle=np.histogram, ties=True, around=lambda f, x, bins: f(x, bins)[::-1])
for name in ("nanargmax", "nanargmin"):
    row(name, constant([[np.nan, 1.5, -0.3], [2.0, np.nan, 0.7]]), case(apart(2, 3), axis=1, keepdims=True),
        oracle=getattr(np, name), flat=True)

# ── sampled ───────────────────────────────────────────────────────────────────────────────────────────────────────────

GRID = np.array([-1.0, 0.0, 0.5, 2.0])
row("interp", case(between(-1.5, 2.5, 5), constant(GRID), real(4)), oracle=np.interp, linear="2")
row("interp", case(constant([-0.5, 0.3, 3.0, -4.0]), constant(GRID), real(4), left=-5.0), oracle=np.interp)
row("interp", case(between(-4.2, 4.4, 6), constant(GRID), real(4), period=3.5), oracle=np.interp, linear="2")
row("unwrap", constant([0.1, 3.0, 6.5, 0.2, -3.0]), case(real(2, 3), axis=0, period=1.0), oracle=np.unwrap, ties=True)
row("ediff1d", real(2, 3), real(0, 3), oracle=np.ediff1d, linear="0")
row("ediff1d", case(real(2, 3), real(2)), oracle=np.ediff1d, around=lambda f, x, end: f(x, to_end=end, to_begin=0.5))
for order in (1, 2):
    row("gradient", case(real(4, 3), edge_order=order), oracle=np.gradient, linear="0")
    row("gradient", case(real(4, 3), constant(tuple(GRID)), axis=0, edge_order=order), linear="0",
        oracle=lambda f, places, **how: np.gradient(f, np.array(places), **how))
for mode in ("full", "same", "valid"):
    for n, k in ((5, 3), (2, 5)):
        row("convolve", case(real(n), real(k), mode=mode), oracle=np.convolve, linear="0 1")
        row("correlate", case(real(n), real(k), mode=mode), oracle=np.correlate, linear="0 1")
row("convolve", case(complex_numbers(3), complex_numbers(2)), oracle=np.convolve, linear="0 1")
row("correlate", case(complex_numbers(3), complex_numbers(2), mode="full"), oracle=np.correlate, linear="0 1")
row("cov", real(3, 5), oracle=np.cov, torch=T.cov)
row("cov", case(real(4, 2), real(4, 1), rowvar=False, bias=True, fweights=[1, 2, 1, 3]),
    case(real(2, 3), aweights=[0.5, 2.0, 1.0]), case(complex_numbers(3), complex_numbers(3)), oracle=np.cov)
row("corrcoef", real(3, 5), oracle=np.corrcoef, torch=T.corrcoef, ties=True)
