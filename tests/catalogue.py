"""A catalogue of broken derivative rules: what goes wrong when people write them, each with the right rule beside it.

An entry is a function of arrays made of operations in plain NumPy (`operations.py`), one of which is broken: one rule
wrong, or missing, or its forward function ill-behaved. It knows which operation and which argument must be blamed.
With the right rule in place the same entry must pass every checker, so each is a test for false alarms too.

Nothing here is specific to an engine. The composition gets `o`, the engine's operations by name, and engine values.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import EllipsisType
from typing import Any

import numpy as np

# isort: off
from operations import (
    AFFINE, AVERAGE, AVERAGE_POOL, BATCHED, BOUNDED, CENTRED, CHOSEN, CLIPPED, COLUMN, CONVOLUTION, COPIED, COSINE,
    CROSS_ENTROPY, CUBED, CUBED_AGAIN, DECONVOLUTION, DIFFERENCE, DROPPED, EXP_AGAIN, EXPONENTIAL, FILTER, FLIPPED,
    GELU, HYPOTENUSE, JOINED, LARGER, LEAKY, LOG_SOFTMAX, LOGARITHM, LOGISTIC, LOGSUMEXP, MAGNITUDE, MATRIX_PRODUCT,
    MAX_POOL, NET_BIAS, NET_CONV, NET_FLAT, NET_LINEAR, NET_LOSS, NET_POOL, NET_RELU, NORM, NORMALISED,
    OVERLAPPING_POOL, PADDED, PAIRED, PEAK, PERMUTED, PICKED, PRODUCT, PRODUCT_AGAIN, QUOTIENT, RAISED, RECAST,
    RECIPROCAL, RECTIFIED, RESHAPED, ROLLED, ROOT, RUNNING, SAME, SCORES, SINE, SINE_AGAIN, SLICED, SMALLER,
    SOFTMAX, SPREAD, SQUARED, STANDARD, STRIDED, STRIDED_CONVOLUTION, SUM_POOL, SWISH, TOTAL, TRANSPOSED, TRILINEAR,
    TWICE, UNFOLDED, UNPOOLED, VARIANCE, Array, Operation, Rule, chosen_back, hot, put_back, set_at, soft, standard,
    standard_back, windows,
)  # fmt: skip

# isort: on
from rows.row import Draw, is_float, normal

from autograd_mini.kernels import conv

Composition = Callable[..., Any]


@dataclass(frozen=True)
class Broken:
    """One operation with one thing wrong, the function it is part of, and what to blame."""

    kind: str
    operation: Operation  # as it should be
    argument: str | None  # whose rule is wrong; None if it is no rule
    what: str
    wrong: Rule | EllipsisType | None = ...  # the rule instead: None for none at all, ... where the rules are right
    forward: Callable[..., Any] | None = None  # the forward function instead
    others: tuple[Operation, ...] = ()  # right ones that the function is made of as well
    composition: Composition | None = None  # (o, *values) -> value or tuple of values; None: the operation by itself
    composition_wrong: Composition | None = None  # instead, where what is wrong is outside of every operation
    draws: tuple[Draw | Callable[..., Any], ...] = ()  # the operation's own unless given
    order: int = 1  # of the derivative that is wrong
    family: str = ""  # the operation's unless given

    @property
    def name(self) -> str:
        where = f"{self.operation.name}, {self.argument}" if self.argument else self.operation.name
        return f"{where}: {self.what}"

    @property
    def blamed(self) -> str | None:
        """The operation that a checker should name; None if no operation is wrong."""
        return None if self.composition_wrong else self.operation.name

    def __str__(self) -> str:
        return self.name

    def arrays(self) -> list[Any]:
        """Fresh inputs, the same each time. Those of floats are to be differentiated."""
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        return [np.array(draw(rng)) for draw in self.draws or self.operation.draws]

    def operations(self, right: bool) -> tuple[Operation, ...]:
        """Every operation that the function needs, the one in question right or broken."""
        one = self.operation
        if not right:
            rules = dict(one.rules)
            if self.argument is not None and self.wrong is not ...:
                rules[self.argument] = self.wrong
            one = replace(one, rules=rules, forward=self.forward or one.forward)
        return (one, *self.others)

    def function(self, right: bool) -> Composition:
        alone: Composition = lambda o, *values: getattr(o, self.operation.name)(*values)
        return (None if right else self.composition_wrong) or self.composition or alone


CATALOGUE: list[Broken] = []


def broken(kind: str, operation: Operation, *rest: Any, family: str = "", **more: Any) -> None:
    CATALOGUE.append(Broken(kind, operation, *rest, family=family or operation.family, **more))


def times(operation: Operation, argument: str, factor: Any) -> Rule:
    """The right rule's gradient times a factor, a number or an array."""
    rule = operation.rules[argument]
    assert rule is not None
    return lambda g, out, *arrays: rule(g, out, *arrays) * factor


def one_wrong(shape: tuple[int, ...], place: tuple[int, ...], factor: float) -> Array:
    factors = np.ones(shape)
    factors[place] = factor
    return factors


def with_g(operation: Operation, argument: str, change: Callable[[Array], Array]) -> Rule:
    """The right rule, given something else in place of g."""
    rule = operation.rules[argument]
    assert rule is not None
    return lambda g, out, *arrays: rule(change(g), out, *arrays)


def tanh_gelu(x: Array) -> Array:
    """The derivative of ½x(1 + tanh(√(2/π)(x + 0.044715x³))), which many use in place of GELU."""
    inner = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)
    slope = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x * x)
    return (1 + np.tanh(inner)) / 2 + x / 2 * (1 - np.tanh(inner) ** 2) * slope


turned = lambda w: np.ascontiguousarray(w[:, :, ::-1, ::-1])

# fmt: off

# ── the sign ──
broken("sign", SINE,          "x", "minus",         lambda g, out, x: -g * np.cos(x))
broken("sign", RECIPROCAL,    "x", "no minus",      lambda g, out, x: g * out * out)
broken("sign", DIFFERENCE,    "y", "no minus",      lambda g, out, x, y: g.sum(axis=1, keepdims=True))
broken("sign", QUOTIENT,      "y", "no minus",      lambda g, out, x, y: g * out / y)
broken("sign", DECONVOLUTION, "y", "minus",         times(DECONVOLUTION, "y", -1))
broken("sign", MAGNITUDE,     "x", "minus",         lambda g, out, x: -g * np.sign(x))

# ── a factor ──
broken("factor", CUBED,          "x", "2 for 3",        lambda g, out, x: 2 * g * x * x)
broken("factor", ROOT,           "x", "forgets the ½",  lambda g, out, x: g / out)
broken("factor", MATRIX_PRODUCT, "a", "twice",          times(MATRIX_PRODUCT, "a", 2))
broken("factor", AVERAGE,        "x", "forgets 1/n",    times(AVERAGE, "x", 4))
broken("factor", TOTAL,          "x", "1/n",            times(TOTAL, "x", 1 / 4))
broken("factor", VARIANCE,       "x", "forgets the 2",  times(VARIANCE, "x", 1 / 2))
broken("factor", AVERAGE_POOL,   "x", "forgets 1/k²",   times(AVERAGE_POOL, "x", 4))
broken("factor", CONVOLUTION,    "w", "mean over the batch", times(CONVOLUTION, "w", 1 / 2))
broken("factor", CROSS_ENTROPY,  "logits", "forgets 1/N",    times(CROSS_ENTROPY, "logits", 4))
broken("factor", DROPPED,        "x", "forgets the scale",   lambda g, out, x, mask: g * mask)

# ── transposed ──
broken("transposed", MATRIX_PRODUCT, "a", "b for bᵀ",      lambda g, out, a, b: g @ b)
broken("transposed", MATRIX_PRODUCT, "b", "a for aᵀ",      lambda g, out, a, b: a @ g)
broken("transposed", AFFINE,    "w", "the transpose",      lambda g, out, x, w, b: (x.T @ g))
broken("transposed", TRILINEAR, "w", "the transpose",      lambda g, out, x, w, y: np.einsum("n,ni,nj->ji", g, x, y))
broken("transposed", PERMUTED,  "x", "the axes not inverted",   lambda g, out, x: g.transpose(1, 2, 0))
broken("transposed", TRANSPOSED, "x", "not transposed",         lambda g, out, x: g * 1)
broken("transposed", CONVOLUTION, "w", "channels transposed",
       lambda g, out, x, w, b: conv.conv2d_filter(x, g, (3, 3), SAME).transpose(1, 0, 2, 3))
broken("transposed", FILTER, "x", "channels transposed",
       lambda g, out, x, y: conv.conv_transpose2d(y, g.transpose(1, 0, 2, 3), x.shape[2:], SAME))

# ── the sum over a broadcast axis ──
broken("broadcast not summed", PRODUCT,     "y", "the first row",  lambda g, out, x, y: (g * x)[0])
broken("broadcast not summed", DIFFERENCE,  "y", "the mean",       lambda g, out, x, y: -g.mean(axis=1, keepdims=True))
broken("broadcast not summed", AFFINE,      "b", "the first row",  lambda g, out, x, w, b: g[0])
broken("broadcast not summed", CONVOLUTION, "b", "one pixel",      lambda g, out, x, w, b: g[:, :, 0, 0].sum(axis=0))
broken("broadcast not summed", BATCHED,     "b", "the last batch", lambda g, out, a, b: a[-1].T @ g[-1])
broken("broadcast not summed", SPREAD,      "x", "the mean",       lambda g, out, x: g.mean(axis=0))
broken("broadcast not summed", NORMALISED, "gamma", "the mean",
       lambda g, out, x, gamma, beta: (g * standard(x, 0)[0]).mean(axis=0))

# ── the wrong way round ──
broken("flipped", CONVOLUTION, "x", "the filter flipped",
       lambda g, out, x, w, b: conv.conv_transpose2d(g, turned(w), x.shape[2:], SAME))
broken("flipped", CONVOLUTION, "w", "the filter flipped",
       lambda g, out, x, w, b: turned(conv.conv2d_filter(x, g, (3, 3), SAME)))
broken("flipped", DECONVOLUTION, "y", "the filter flipped", lambda g, out, y, w: conv.conv2d(g, turned(w), None, SAME))
broken("flipped", FILTER, "y", "g flipped",                 lambda g, out, x, y: conv.conv2d(x, turned(g), None, SAME))
broken("flipped", FLIPPED, "x", "not flipped back",         lambda g, out, x: g * 1)
broken("flipped", RUNNING, "x", "not from the end",         lambda g, out, x: np.cumsum(g, axis=1))

# ── off by one ──
broken("off by one", CONVOLUTION, "x", "padding",
       lambda g, out, x, w, b: np.roll(conv.conv_transpose2d(g, w, x.shape[2:], SAME), 1, axis=2))
broken("off by one", STRIDED_CONVOLUTION, "w", "padding",
       lambda g, out, x, w: conv.conv2d_filter(np.roll(x, 1, axis=3), g, (3, 3), STRIDED))
broken("off by one", PADDED, "x", "the border",             lambda g, out, x: g[2:5, 2:5])
broken("off by one", JOINED, "y", "the start",              lambda g, out, x, y: g[:, 1:4])
broken("off by one", ROLLED, "x", "rolled the same way",    lambda g, out, x: np.roll(g, 1, axis=1))
broken("off by one", SUM_POOL, "x", "the stride",
       lambda g, out, x: np.roll(put_back(g[..., None], x.shape, 3, 2), 1, axis=3))
broken("off by one", SLICED, "x", "the start",              lambda g, out, x: set_at(g, x, np.s_[2:5, ::2]))
broken("off by one", VARIANCE, "x", "n - 1 for n",          times(VARIANCE, "x", 4 / 3))

# ── nothing arrives ──
broken("zero", EXPONENTIAL, "x", "zeros",     lambda g, out, x: np.zeros_like(x))
broken("zero", AFFINE,      "b", "zeros",     lambda g, out, x, w, b: np.zeros_like(b))
broken("zero", NORMALISED,  "beta", "zeros",  lambda g, out, x, gamma, beta: np.zeros_like(beta))
broken("zero", PICKED,      "x", "zeros",     lambda g, out, x, index: np.zeros_like(x))

broken("no rule", LOGISTIC,    "x", "none", None)
broken("no rule", PRODUCT,     "y", "none", None)
broken("no rule", CONVOLUTION, "w", "none", None)
broken("no rule", SMALLER,     "y", "none", None)
broken("no rule", RAISED,      "y", "none", None)

# ── g ──
broken("ignores g", SINE,      "x", "the derivative alone", lambda g, out, x: np.cos(x))
broken("ignores g", PRODUCT,   "x", "the derivative alone", lambda g, out, x, y: np.broadcast_to(y, x.shape) * 1)
broken("ignores g", AVERAGE,   "x", "the derivative alone", lambda g, out, x: np.full_like(x, 1 / 4))
broken("ignores g", LOGSUMEXP, "x", "the derivative alone", lambda g, out, x: soft(x))
broken("ignores g", CROSS_ENTROPY, "logits", "the derivative alone",
       lambda g, out, logits, labels: (soft(logits) - hot(labels, 3)) / 4,
       composition=lambda o, x, labels: o.surprise(x, labels) * 3)

broken("not linear in g", SINE,        "x", "|g|",        with_g(SINE, "x", np.abs))
broken("not linear in g", TOTAL,       "x", "g²",         with_g(TOTAL, "x", lambda g: g * g))
broken("not linear in g", RECTIFIED,   "x", "max(g, 0), as in guided backpropagation",
       lambda g, out, x: np.maximum(g, 0) * (x > 0))
broken("not linear in g", CONVOLUTION, "x", "max(g, 0), as in a deconvnet",
       with_g(CONVOLUTION, "x", lambda g: np.maximum(g, 0)))
broken("not linear in g", AFFINE,      "x", "g clipped to ±1",  with_g(AFFINE, "x", lambda g: np.clip(g, -1, 1)))
broken("not linear in g", AFFINE,      "w", "the sign of g",    with_g(AFFINE, "w", np.sign))

# ── few or small ──
broken("one wrong entry", COPIED,      "x", "1 of 64",  times(COPIED, "x", one_wrong((8, 8), (5, 2), 1.5)))
broken("one wrong entry", AFFINE,      "w", "1 of 9",   times(AFFINE, "w", one_wrong((3, 3), (2, 0), 0)))
broken("one wrong entry", CONVOLUTION, "w", "1 of 36",
       times(CONVOLUTION, "w", one_wrong((2, 2, 3, 3), (1, 0, 2, 2), -1)))
broken("one wrong entry", MAX_POOL,    "x", "the last row of pixels",
       times(MAX_POOL, "x", one_wrong((1, 2, 4, 4), np.s_[:, :, -1], 0)))

broken("off by 1 %",   SINE,           "x", "1 %",    times(SINE, "x", 1.01))
broken("off by 1 %",   NORMALISED,     "x", "1 %",    times(NORMALISED, "x", 0.99))
broken("off by 1 %",   STRIDED_CONVOLUTION, "x", "1 %",  times(STRIDED_CONVOLUTION, "x", 1.01))
broken("off by 0.1 %", AFFINE,         "w", "0.1 %",  times(AFFINE, "w", 1.001))
broken("off by 0.1 %", LOG_SOFTMAX,    "x", "0.1 %",  times(LOG_SOFTMAX, "x", 0.999))
broken("off by 0.1 %", GELU,           "x", "that of its approximation by tanh", lambda g, out, x: g * tanh_gelu(x))
broken("off by 1e-4",  BOUNDED,        "x", "1e-4",   times(BOUNDED, "x", 1.0001))
broken("off by 1e-4",  CONVOLUTION,    "x", "1e-4",   times(CONVOLUTION, "x", 1.0001))
broken("off by 1e-4",  RAISED,         "x", "1e-4",   times(RAISED, "x", 0.9999))
broken("off by 1e-5",  MATRIX_PRODUCT, "b", "1e-5",   times(MATRIX_PRODUCT, "b", 1.00001))
broken("off by 1e-5",  EXPONENTIAL,    "x", "1e-5",   times(EXPONENTIAL, "x", 0.99999))
broken("off by 1e-5",  CONVOLUTION,    "w", "1e-5",   times(CONVOLUTION, "w", 1.00001))

# ── a term ──
broken("a term dropped", SWISH,       "x", "one half of the product rule", lambda g, out, x: g * out / x)
broken("a term dropped", SOFTMAX,     "x", "no Σ",         lambda g, out, x: out * g)
broken("a term dropped", SOFTMAX,     "x", "only the diagonal", lambda g, out, x: g * out * (1 - out))
broken("a term dropped", LOG_SOFTMAX, "x", "no Σ",         lambda g, out, x: g * 1)
broken("a term dropped", LOGSUMEXP,   "x", "not divided by the sum", lambda g, out, x: g[:, None] * np.exp(x))
broken("a term dropped", CROSS_ENTROPY, "logits", "no one-hot",
       lambda g, out, logits, labels: g * soft(logits) / len(labels))
broken("a term dropped", NORMALISED,  "x", "no mean term",
       lambda g, out, x, gamma, beta: standard_back(g * gamma, x, 0, mean=False))
broken("a term dropped", NORMALISED,  "x", "no variance term",
       lambda g, out, x, gamma, beta: standard_back(g * gamma, x, 0, variance=False))
broken("a term dropped", STANDARD,    "x", "mean and variance as constants",
       lambda g, out, x: standard_back(g, x, 1, mean=False, variance=False))
broken("a term dropped", VARIANCE,    "x", "no mean",      lambda g, out, x: 2 * g[:, None] * x / x.shape[1])
broken("a term dropped", RAISED,      "y", "no logarithm", lambda g, out, x, y: g * out)
broken("a term dropped", CENTRED,     "x", "no mean",      lambda g, out, x: g * 1)

# ── masks ──
broken("mask inverted", RECTIFIED, "x", "where x < 0",         lambda g, out, x: g * (x < 0))
broken("mask inverted", LEAKY,     "x", "the slopes swapped",  lambda g, out, x: np.where(x > 0, 0.1 * g, g))
broken("mask inverted", DROPPED,   "x", "what was dropped",    lambda g, out, x, mask: g * ~mask * 2)
broken("mask inverted", CHOSEN,    "y", "where it holds",      lambda g, out, condition, x, y: g * condition)
broken("mask inverted", CLIPPED,   "x", "outside",             lambda g, out, x: g * (np.abs(x) > 0.3))

broken("mask missing", RECTIFIED, "x", "straight through",     lambda g, out, x: g * 1)
broken("mask missing", CLIPPED,   "x", "straight through",     lambda g, out, x: g * 1)
broken("mask missing", DROPPED,   "x", "g everywhere",         lambda g, out, x, mask: g * 2)
broken("mask missing", LARGER,    "x", "g to both",            lambda g, out, x, y: g * 1)
broken("mask missing", PEAK,      "x", "g to all",             lambda g, out, x: g[:, None] * np.ones_like(x))
broken("mask missing", MAGNITUDE, "x", "no sign",              lambda g, out, x: g * 1)

# ── who was chosen ──
broken("wrong switch", MAX_POOL, "x", "the last of each window",
       lambda g, out, x: chosen_back(g, x, 2, 2, choose=lambda seen, axis: np.full(seen.shape[:-1], 3)))
broken("wrong switch", OVERLAPPING_POOL, "x", "the minimum", lambda g, out, x: chosen_back(g, x, 3, 1, np.argmin))
broken("wrong switch", UNPOOLED, "y", "the mean of the window", lambda g, out, y, switches: windows(g, 2, 2).mean(-1))
broken("wrong switch", PEAK, "x", "all of g to each of the tied",
       lambda g, out, x: g[:, None] * (x == x.max(axis=1, keepdims=True)),
       others=(TWICE,), composition=lambda o, x: o.peak(o.twice_over(x)))
broken("wrong switch", SMALLER, "x", "where x is larger", lambda g, out, x, y: g * (x > y))

# ── added or overwritten ──
broken("overwritten, not added", OVERLAPPING_POOL, "x", "where windows overlap",
       lambda g, out, x: chosen_back(g, x, 3, 1, overwrite=True))
broken("overwritten, not added", SUM_POOL, "x", "where windows overlap",
       lambda g, out, x: put_back(g[..., None], x.shape, 3, 2, overwrite=True))
broken("overwritten, not added", UNFOLDED, "x", "where windows overlap",
       lambda g, out, x: put_back(g, x.shape, 3, 2, overwrite=True))
broken("overwritten, not added", PICKED, "x", "the index repeated", lambda g, out, x, index: set_at(g, x, index))
broken("overwritten, not added", TWICE, "x", "the second half alone", lambda g, out, x: g[:, 3:] * 1,
       draws=(normal(3, 3),))

# ── the wrong one ──
broken("another's gradient", PRODUCT, "x", "x for y", lambda g, out, x, y: g * x)
broken("another's gradient", HYPOTENUSE, "x", "that of y",    lambda g, out, x, y: g * y / out)
broken("another's gradient", QUOTIENT,   "x", "that of y",    lambda g, out, x, y: -g * out / y)
broken("another's gradient", LARGER,     "y", "that of x",    lambda g, out, x, y: g * (x > y))
broken("another's gradient", TRILINEAR,  "x", "that of y",    lambda g, out, x, w, y: np.einsum("n,ni,ij->nj", g, x, w))
broken("another's gradient", PAIRED,     "y", "that of x",    lambda g, out, x, y: g[0])

broken("wrong axis", TOTAL,     "x", "across",  lambda g, out, x: np.repeat(g[None], 4, axis=0))
broken("wrong axis", SOFTMAX,   "x", "across",  lambda g, out, x: out * (g - (g * out).sum(axis=0, keepdims=True)))
broken("wrong axis", LOGSUMEXP, "x", "across",  lambda g, out, x: g[:, None] * soft(x, axis=0))
broken("wrong axis", FLIPPED,   "x", "across",  lambda g, out, x: g[::-1])

broken("stale value", EXPONENTIAL, "x", "x for the result", lambda g, out, x: g * x)
broken("stale value", BOUNDED,     "x", "x for the result", lambda g, out, x: g * (1 - x * x))
broken("stale value", ROOT,        "x", "x for the result", lambda g, out, x: g / (2 * x))
broken("stale value", LOGARITHM,   "x", "the result for x", lambda g, out, x: g / out)
broken("stale value", NORM,        "x", "the result forgotten", lambda g, out, x: g[:, None] * x)

# ── not a number ──
broken("nan", SINE,     "x", "all",        lambda g, out, x: g * np.nan)
broken("nan", QUOTIENT, "y", "one entry",  times(QUOTIENT, "y", one_wrong((2, 3), (1, 1), np.nan)))
broken("nan", RAISED,   "y", "where x < 1",
       lambda g, out, x, y: g * out * np.log(np.where(x < 1, np.nan, x)))
broken("nan", CUBED,    "x", "inf",        times(CUBED, "x", one_wrong((2, 3), (0, 2), np.inf)))

# ── precision and shape ──
broken("precision lost", PRODUCT, "x", "float32 returned",  lambda g, out, x, y: (g * y).astype(np.float32))
broken("precision lost", RECAST,  "x", "float32 returned",  lambda g, out, x: (g * 1).astype(np.float32))
broken("precision lost", CUBED,   "x", "through float16",
       lambda g, out, x: (3 * g * x * x).astype(np.float16).astype(np.float64))
broken("precision lost", LOGARITHM, "x", "integers returned", lambda g, out, x: np.rint(g / x).astype(np.int64))

broken("wrong shape", RESHAPED, "x", "g as it came",      lambda g, out, x: g * 1)
broken("wrong shape", COLUMN,   "x", "an outer product",  lambda g, out, x: g.sum(axis=1) * np.ones((3, 1)))
broken("wrong shape", AFFINE,   "b", "the sum of all",    lambda g, out, x, w, b: g.sum())
broken("wrong shape", MATRIX_PRODUCT, "b", "flat",        lambda g, out, a, b: (a.T @ g).ravel())


# ── what a function should not do ──
def writes_into_g(g: Array, out: Array, x: Array) -> Array:
    g *= np.cos(x)
    return g


def writes_into_x(g: Array, out: Array, x: Array) -> Array:
    x *= x
    return 3 * g * x


def writes_into_out(g: Array, out: Array, x: Array) -> Array:
    out *= g
    return out


def writes_into_both(g: Array, out: Array, x: Array, y: Array) -> Array:
    g *= y
    return g


broken("rule writes into its arrays", SINE,        "x", "g",         writes_into_g)
broken("rule writes into its arrays", CUBED,       "x", "x",         writes_into_x)
broken("rule writes into its arrays", EXPONENTIAL, "x", "the result", writes_into_out)
broken("rule writes into its arrays", PRODUCT,     "x", "g, which the other rule reads", writes_into_both)


def rectified_in_place(x: Array) -> Array:
    return np.maximum(x, 0, out=x)


def centred_in_place(x: Array) -> Array:
    x -= x.mean(axis=1, keepdims=True)
    return x * 1


def doubled_in_place(x: Array, y: Array) -> Array:
    y *= x[0]
    return x * (y / x[0])


broken("forward writes into its input", RECTIFIED, None, "in place", forward=rectified_in_place)
broken("forward writes into its input", CENTRED,   None, "in place", forward=centred_in_place)
broken("forward writes into its input", PRODUCT,   None, "y as scratch", forward=doubled_in_place)

CHANCE = np.random.default_rng(5)

broken("not the same twice", SINE, None, "the result, by 1e-3",
       forward=lambda x: np.sin(x) + 1e-3 * CHANCE.standard_normal(x.shape))
broken("not the same twice", DROPPED, None, "a new mask at every call",
       forward=lambda x, mask: x * (CHANCE.random(x.shape) < 0.5) * 2)
broken("not the same twice", DROPPED, "x", "a new mask on the way back",
       lambda g, out, x, mask: g * (CHANCE.random(x.shape) < 0.5) * 2)
broken("not the same twice", BOUNDED, "x", "the gradient, by 1e-3",
       lambda g, out, x: g * (1 - out * out) * (1 + 1e-3 * CHANCE.standard_normal(x.shape)))
broken("not the same twice", SUM_POOL, "x", "the gradient, by 1e-9",
       lambda g, out, x: put_back(g[..., None], x.shape, 3, 2) * (1 + 1e-9 * CHANCE.standard_normal(x.shape)))

# ── outside of every operation ──
broken("computed outside the tape", SINE, None, "one factor",
       composition=lambda o, x: x * o.sine(x), composition_wrong=lambda o, x: x * o.bare(o.sine(x)))
broken("computed outside the tape", NORM, None, "the divisor", draws=(normal(1, 4),),
       composition=lambda o, x: x / o.norm(x), composition_wrong=lambda o, x: x / o.bare(o.norm(x)))
broken("computed outside the tape", PRODUCT, None, "an argument",
       composition=lambda o, x, y: o.product(x, y), composition_wrong=lambda o, x, y: o.product(x, o.bare(y)))

# ── several outputs ──
both = lambda o, x: (o.sine(x), o.cubed(x))
broken("one of two outputs", CUBED, "x", "zeros in the second",  lambda g, out, x: np.zeros_like(x),
       others=(SINE,), composition=both)
broken("one of two outputs", SINE,  "x", "none in the first",    None, others=(CUBED,), composition=both,
       draws=(normal(2, 3),))
broken("one of two outputs", CUBED, "x", "the sign in the second", lambda g, out, x: -3 * g * x * x,
       others=(SINE,), composition=both)

# ── what a careless check cannot see ──
broken("blind to ones", SOFTMAX,  "x", "zeros", lambda g, out, x: np.zeros_like(x))
broken("blind to ones", STANDARD, "x", "zeros", lambda g, out, x: np.zeros_like(x))
broken("blind to ones", CENTRED,  "x", "zeros", lambda g, out, x: np.zeros_like(x))

SCALES = lambda rng: np.array([1e-4, 3e2, 1e3, 8e-5])
broken("small beside large", PRODUCT, "x", "small ones 0", draws=(normal(3, 4), SCALES),
       wrong=lambda g, out, x, y: g * np.where(y < 1, 0, y))
broken("small beside large", EXPONENTIAL, "x", "small ones 0", lambda g, out, x: g * np.where(out < 1, 0, out),
       draws=(lambda rng: np.array([-9.0, 6.5, 7.0, 6.0]),))
broken("small beside large", AFFINE, "w", "one small column twice", times(AFFINE, "w", np.array([1, 2, 1.0])),
       draws=(lambda rng: rng.standard_normal((4, 3)) * [1e3, 1e-4, 1e2], normal(3, 3), normal(3)))

# ── deep inside a net ──
NET = (NET_CONV, NET_BIAS, NET_RELU, NET_POOL, NET_FLAT, NET_LINEAR, NET_LOSS)


def net(o: Any, x: Any, w: Any, b: Any, v: Any, labels: Any) -> Any:
    maps = o.net_rectifier(o.net_bias(o.net_convolution(x, w), b))
    return o.net_loss(o.net_linear(o.net_flattening(o.net_pooling(maps)), v), labels)


def in_net(operation: Operation, argument: str, what: str, wrong: Rule) -> None:
    broken("deep in a net", operation, argument, what, wrong, composition=net,
           others=tuple(other for other in NET if other is not operation),
           draws=(*NET_CONV.draws, NET_BIAS.draws[1], NET_LINEAR.draws[1], NET_LOSS.draws[1]))


in_net(NET_CONV,   "w", "flipped",        lambda g, out, x, w: turned(NET_CONV.rules["w"](g, out, x, w)))
in_net(NET_BIAS,   "b", "the mean over pixels", lambda g, out, x, b: g.mean(axis=(2, 3)).sum(axis=0))
in_net(NET_RELU,   "x", "no mask",        lambda g, out, x: g * 1)
in_net(NET_POOL,   "x", "overwritten",    lambda g, out, x: put_back(g[..., None] / 4, x.shape, 2, 1, overwrite=True))
in_net(NET_LINEAR, "x", "half",           times(NET_LINEAR, "x", 0.5))
in_net(NET_LINEAR, "w", "off by 1 %",     times(NET_LINEAR, "w", 1.01))
in_net(NET_LOSS,   "logits", "forgets 1/N", times(NET_LOSS, "logits", 2))
broken("deep in a net", SOFTMAX, "x", "no Σ, in attention", lambda g, out, x: out * g, family="composition",
       others=(SCORES, MATRIX_PRODUCT), draws=(normal(3, 4), normal(3, 4), normal(3, 4)),
       composition=lambda o, q, k, v: o.matrix_product(o.soft_maximum(o.attention_scores(q, k)), v))
broken("deep in a net", STANDARD, "x", "no variance term, in a residual block", family="composition",
       wrong=lambda g, out, x: standard_back(g, x, 1, variance=False),
       others=(AFFINE, BOUNDED), draws=(normal(4, 3), normal(3, 3), normal(3)),
       composition=lambda o, x, w, b: x + o.squashed(o.affine(o.standardised(x), w, b)))

# ── right once, wrong twice ──
broken("second order", SQUARED, "x", "all of it bare", lambda o, g, out, x: o.bare(2 * g * x), order=2)
broken("second order", SQUARED, "x", "x bare",         lambda o, g, out, x: 2 * g * o.bare(x), order=2)
broken("second order", SQUARED, "x", "g bare",         lambda o, g, out, x: 2 * o.bare(g) * x, order=2)
broken("second order", EXP_AGAIN, "x", "the result bare", lambda o, g, out, x: g * o.bare(out), order=2)
broken("second order", PRODUCT_AGAIN, "y", "x bare",   lambda o, g, out, x, y: g * o.bare(x), order=2)
broken("second order", COSINE, "x", "the rule of a rule: no minus", lambda o, g, out, x: g * o.sin(x), order=2,
       others=(SINE_AGAIN,), composition=lambda o, x: o.sine_again(x))
broken("second order", SQUARED, "x", "the rule of a rule: half", lambda o, g, out, x: g * x, order=2,
       others=(CUBED_AGAIN,), composition=lambda o, x: o.cubed_again(x))
# fmt: on


# ── carried out in NumPy, without any engine ──────────────────────────────────────────────────────────────────────────


class InNumPy:
    """The operations as bare functions, which write down what each was called with.

    What is taken off the tape is a constant to every engine. So it is here: `constants` of an earlier run are kept to.
    """

    def __init__(self, operations: tuple[Operation, ...], constants: list[Any] | None = None) -> None:
        self.calls: list[tuple[Operation, list[Any], Any]] = []
        self.constants: list[Any] = []
        self.sin = np.sin
        self._before = constants
        for one in operations:
            setattr(self, one.name, self._noting(one))

    def bare(self, x: Any) -> Any:
        self.constants.append(np.array(x) if self._before is None else self._before[len(self.constants)])
        return self.constants[-1]

    def _noting(self, one: Operation) -> Callable[..., Any]:
        def call(*arrays: Any) -> Any:
            given = [np.array(array) for array in arrays]
            out = one.forward(*arrays)
            self.calls.append((one, given, out))
            return out

        return call


def differentiable(arrays: list[Any]) -> list[int]:
    return [i for i, array in enumerate(arrays) if is_float(array)]


__all__ = ["CATALOGUE", "Broken", "InNumPy", "differentiable"]
