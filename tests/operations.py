"""Operations in plain NumPy, forward and rules, all of them right: what the catalogue breaks one rule at a time.

They belong to no engine. `checkers.py` makes of each a primitive of ours, a `torch.autograd.Function` and a primitive
of HIPS autograd. A rule is (g, out, *arrays) -> the gradient by one argument, in that argument's shape: broadcasting is
undone here, since not every engine does it. A rule that is to be differentiated again (`again`) takes the engine's own
functions before all that and is written with them.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from rows.row import Draw, apart, constant, mask, normal, positive
from rows.shape import added
from rows.softmax import softmax as soft

from autograd_mini.kernels import conv
from autograd_mini.kernels.layout import Geometry

Array = np.ndarray
Rule = Callable[..., Any]


@dataclass(frozen=True)
class Operation:
    """A function on arrays, and its rules by argument; None for an argument that no gradient reaches."""

    name: str
    family: str
    forward: Callable[..., Any]
    draws: tuple[Draw, ...]  # arrays to try it on
    rules: Mapping[str, Rule | None]
    again: bool = False  # the rules are made of the engine's functions, which they are given first

    @property
    def args(self) -> tuple[str, ...]:
        return tuple(inspect.signature(self.forward).parameters)


ALL: list[Operation] = []


def operation(
    name: str, family: str, forward: Callable[..., Any], *draws: Draw, again: bool = False, **rules: Rule | None
) -> Operation:
    made = Operation(name, family, forward, draws, rules, again)
    assert tuple(rules) == made.args, name
    ALL.append(made)
    return made


# fmt: off

# ── single elements ───────────────────────────────────────────────────────────────────────────────────────────────────

phi = np.vectorize(lambda x: (1 + math.erf(x / math.sqrt(2))) / 2, otypes=[float])
sigma = lambda x: 1 / (1 + np.exp(-x))

SINE = operation("sine", "elementwise", lambda x: np.sin(x), normal(3), x=lambda g, out, x: g * np.cos(x))
EXPONENTIAL = operation("exponential", "elementwise", lambda x: np.exp(x), normal(2, 3), x=lambda g, out, x: g * out)
BOUNDED = operation("squashed", "elementwise", lambda x: np.tanh(x), normal(2, 3),
    x=lambda g, out, x: g * (1 - out * out))
LOGISTIC = operation("logistic", "elementwise", lambda x: sigma(x), normal(2, 3),
    x=lambda g, out, x: g * out * (1 - out))
SWISH = operation("swish", "elementwise", lambda x: x * sigma(x), normal(2, 3),
    x=lambda g, out, x: g * (sigma(x) + out * (1 - sigma(x))))
GELU = operation("gaussian_unit", "elementwise", lambda x: x * phi(x), normal(2, 4),
    x=lambda g, out, x: g * (phi(x) + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi)))
LOGARITHM = operation("logarithm", "power, log", lambda x: np.log(x), positive(2, 3), x=lambda g, out, x: g / x)
ROOT = operation("square_root", "power, log", lambda x: np.sqrt(x), positive(2, 3), x=lambda g, out, x: g / (2 * out))
CUBED = operation("cubed", "power, log", lambda x: x**3, normal(2, 3), x=lambda g, out, x: 3 * g * x * x)
RECIPROCAL = operation("one_over", "power, log", lambda x: 1 / x, positive(2, 3), x=lambda g, out, x: -g * out * out)
COPIED = operation("copied", "elementwise", lambda x: x * 1, normal(8, 8), x=lambda g, out, x: g * 1)
RECAST = operation("recast", "cast", lambda x: x.astype(np.float64), normal(2, 3), x=lambda g, out, x: g * 1)

# ── two arguments ─────────────────────────────────────────────────────────────────────────────────────────────────────

PRODUCT = operation("product", "binary, broadcasting", lambda x, y: x * y, normal(3, 4), normal(4),
    x=lambda g, out, x, y: g * y, y=lambda g, out, x, y: (g * x).sum(axis=0))
DIFFERENCE = operation("difference", "binary, broadcasting", lambda x, y: x - y, normal(3, 4), normal(3, 1),
    x=lambda g, out, x, y: g * 1, y=lambda g, out, x, y: -g.sum(axis=1, keepdims=True))
QUOTIENT = operation("ratio", "power, log", lambda x, y: x / y, normal(2, 3), positive(2, 3),
    x=lambda g, out, x, y: g / y, y=lambda g, out, x, y: -g * out / y)
RAISED = operation("raised", "power, log", lambda x, y: x**y, positive(2, 3), normal(2, 3),
    x=lambda g, out, x, y: g * y * x ** (y - 1), y=lambda g, out, x, y: g * out * np.log(x))
HYPOTENUSE = operation("hypotenuse", "binary, broadcasting", lambda x, y: np.sqrt(x * x + y * y), normal(2, 3),
    normal(2, 3), x=lambda g, out, x, y: g * x / out, y=lambda g, out, x, y: g * y / out)

# ── matrices ──────────────────────────────────────────────────────────────────────────────────────────────────────────

MATRIX_PRODUCT = operation("matrix_product", "matmul, linear", lambda a, b: a @ b, normal(4, 4), normal(4, 4),
    a=lambda g, out, a, b: g @ b.T, b=lambda g, out, a, b: a.T @ g)
BATCHED = operation("batched_product", "matmul, linear", lambda a, b: a @ b, normal(3, 2, 3), normal(3, 2),
    a=lambda g, out, a, b: g @ b.T, b=lambda g, out, a, b: (a.mT @ g).sum(axis=0))
AFFINE = operation("affine", "matmul, linear", lambda x, w, b: x @ w.T + b, normal(4, 3), normal(3, 3), normal(3),
    x=lambda g, out, x, w, b: g @ w, w=lambda g, out, x, w, b: g.T @ x, b=lambda g, out, x, w, b: g.sum(axis=0))
TRILINEAR = operation("trilinear", "matmul, linear", lambda x, w, y: np.einsum("ni,ij,nj->n", x, w, y), normal(3, 4),
    normal(4, 4), normal(3, 4), x=lambda g, out, x, w, y: np.einsum("n,ij,nj->ni", g, w, y),
    w=lambda g, out, x, w, y: np.einsum("n,ni,nj->ij", g, x, y),
    y=lambda g, out, x, w, y: np.einsum("n,ni,ij->nj", g, x, w))

# ── convolution ───────────────────────────────────────────────────────────────────────────────────────────────────────

SAME = Geometry((1, 1), (1, 1), (1, 1))
STRIDED = Geometry((2, 2), (1, 1), (1, 1))

CONVOLUTION = operation("convolution", "conv2d", lambda x, w, b: conv.conv2d(x, w, b, SAME), normal(2, 2, 4, 4),
    normal(2, 2, 3, 3), normal(2), x=lambda g, out, x, w, b: conv.conv_transpose2d(g, w, x.shape[2:], SAME),
    w=lambda g, out, x, w, b: conv.conv2d_filter(x, g, w.shape[2:], SAME),
    b=lambda g, out, x, w, b: g.sum(axis=(0, 2, 3)))
STRIDED_CONVOLUTION = operation("strided_convolution", "conv2d", lambda x, w: conv.conv2d(x, w, None, STRIDED),
    normal(2, 2, 5, 5), normal(3, 2, 3, 3), x=lambda g, out, x, w: conv.conv_transpose2d(g, w, x.shape[2:], STRIDED),
    w=lambda g, out, x, w: conv.conv2d_filter(x, g, w.shape[2:], STRIDED))
DECONVOLUTION = operation("deconvolution", "conv_transpose2d", lambda y, w: conv.conv_transpose2d(y, w, (4, 4), SAME),
    normal(1, 2, 4, 4), normal(2, 2, 3, 3), y=lambda g, out, y, w: conv.conv2d(g, w, None, SAME),
    w=lambda g, out, y, w: conv.conv2d_filter(g, y, w.shape[2:], SAME))
FILTER = operation("filter_of", "conv2d_filter", lambda x, y: conv.conv2d_filter(x, y, (3, 3), SAME),
    normal(1, 2, 4, 4), normal(1, 2, 4, 4), x=lambda g, out, x, y: conv.conv_transpose2d(y, g, x.shape[2:], SAME),
    y=lambda g, out, x, y: conv.conv2d(x, g, None, SAME))

# ── windows ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def windows(x: Array, size: int, stride: int) -> Array:
    """(..., H, W) -> (..., Hout, Wout, size²)"""
    seen = sliding_window_view(x, (size, size), axis=(-2, -1))[..., ::stride, ::stride, :, :]
    return seen.reshape(*seen.shape[:-2], size * size)


def put_back(values: Array, shape: tuple[int, ...], size: int, stride: int, overwrite: bool = False) -> Array:
    """Values (..., Hout, Wout, size²) to their pixels, added where windows overlap: the adjoint of `windows`."""
    x = np.zeros(shape)
    place = windows(np.arange(x.size).reshape(shape), size, stride)
    if overwrite:
        x.flat[place.ravel()] = np.broadcast_to(values, place.shape).ravel()
    else:
        np.add.at(x.reshape(-1), place, values)
    return x


def chosen_back(g: Array, x: Array, size: int, stride: int, choose: Any = np.argmax, overwrite: bool = False) -> Array:
    """g to the pixel chosen in each window."""
    choice = choose(windows(x, size, stride), axis=-1)[..., None]
    if not overwrite:
        return put_back(g[..., None] * (np.arange(size * size) == choice), x.shape, size, stride)
    result = np.zeros(x.shape)
    place = np.take_along_axis(windows(np.arange(x.size).reshape(x.shape), size, stride), choice, axis=-1)
    result.flat[place.ravel()] = g.ravel()
    return result

MAX_POOL = operation("max_pooled", "pooling", lambda x: windows(x, 2, 2).max(axis=-1), normal(1, 2, 4, 4),
    x=lambda g, out, x: chosen_back(g, x, 2, 2))
OVERLAPPING_POOL = operation("overlapping_max_pooled", "pooling", lambda x: windows(x, 3, 1).max(axis=-1),
    apart(1, 2, 5, 5), x=lambda g, out, x: chosen_back(g, x, 3, 1))
AVERAGE_POOL = operation("average_pooled", "pooling", lambda x: windows(x, 2, 2).mean(axis=-1), normal(1, 2, 4, 4),
    x=lambda g, out, x: put_back(g[..., None] / 4, x.shape, 2, 2))
SUM_POOL = operation("sum_pooled", "pooling", lambda x: windows(x, 3, 2).sum(axis=-1), normal(1, 2, 5, 5),
    x=lambda g, out, x: put_back(g[..., None], x.shape, 3, 2))
UNPOOLED = operation("unpooled", "pooling",
    lambda y, switches: put_back(y[..., None] * (np.arange(4) == switches[..., None]), (*y.shape[:2], 4, 4), 2, 2),
    normal(1, 2, 2, 2), lambda rng: rng.integers(0, 4, (1, 2, 2, 2)),
    y=lambda g, out, y, switches: np.take_along_axis(windows(g, 2, 2), switches[..., None], -1)[..., 0], switches=None)
UNFOLDED = operation("unfolded", "shape", lambda x: windows(x, 3, 2), normal(5, 5),
    x=lambda g, out, x: put_back(g, x.shape, 3, 2))

# ── kinks ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

RECTIFIED = operation("rectified", "kinked", lambda x: np.maximum(x, 0), apart(3, 4), x=lambda g, out, x: g * (x > 0))
LEAKY = operation("leaky", "kinked", lambda x: np.where(x > 0, x, 0.1 * x), apart(3, 4),
    x=lambda g, out, x: np.where(x > 0, g, 0.1 * g))
MAGNITUDE = operation("magnitude", "kinked", lambda x: np.abs(x), apart(3, 4), x=lambda g, out, x: g * np.sign(x))
CLIPPED = operation("clipped", "kinked", lambda x: np.clip(x, -0.3, 0.3), apart(3, 4),
    x=lambda g, out, x: g * (np.abs(x) < 0.3))
LARGER = operation("larger", "kinked", lambda x, y: np.maximum(x, y), apart(3, 4), apart(3, 4, shift=0.03),
    x=lambda g, out, x, y: g * (x > y), y=lambda g, out, x, y: g * (y > x))
SMALLER = operation("smaller", "kinked", lambda x, y: np.minimum(x, y), apart(3, 4), apart(3, 4, shift=0.03),
    x=lambda g, out, x, y: g * (x < y), y=lambda g, out, x, y: g * (y < x))
CHOSEN = operation("chosen", "kinked", lambda condition, x, y: np.where(condition, x, y), mask(3, 4), normal(3, 4),
    normal(3, 4), condition=None, x=lambda g, out, condition, x, y: g * condition,
    y=lambda g, out, condition, x, y: g * ~condition)
DROPPED = operation("dropped_out", "dropout", lambda x, mask: x * mask * 2, normal(3, 4), mask(3, 4),
    x=lambda g, out, x, mask: g * mask * 2, mask=None)

# ── reductions ────────────────────────────────────────────────────────────────────────────────────────────────────────

TOTAL = operation("total", "reductions", lambda x: x.sum(axis=1), normal(4, 4),
    x=lambda g, out, x: np.repeat(g[:, None], x.shape[1], axis=1))
AVERAGE = operation("average", "reductions", lambda x: x.mean(axis=0), normal(4, 3),
    x=lambda g, out, x: np.repeat(g[None] / len(x), len(x), axis=0))
VARIANCE = operation("variance", "reductions", lambda x: x.var(axis=1), normal(3, 4),
    x=lambda g, out, x: 2 * g[:, None] * (x - x.mean(axis=1, keepdims=True)) / x.shape[1])
NORM = operation("norm", "reductions", lambda x: np.sqrt((x * x).sum(axis=1)), normal(3, 4),
    x=lambda g, out, x: (g / out)[:, None] * x)


def shared(g: Array, x: Array) -> Array:
    """g to the largest of each row, in equal parts where several are."""
    top = x == x.max(axis=1, keepdims=True)
    return g[:, None] * top / top.sum(axis=1, keepdims=True)

PEAK = operation("peak", "reductions", lambda x: x.max(axis=1), apart(3, 4), x=lambda g, out, x: shared(g, x))
TWICE = operation("twice_over", "shape", lambda x: np.concatenate([x, x], axis=1), apart(3, 4),
    x=lambda g, out, x: g[:, : x.shape[1]] + g[:, x.shape[1] :])
RUNNING = operation("running_total", "reductions", lambda x: np.cumsum(x, axis=1), normal(2, 4),
    x=lambda g, out, x: np.cumsum(g[:, ::-1], axis=1)[:, ::-1])

# ── softmax and what is made of it ────────────────────────────────────────────────────────────────────────────────────


def hot(labels: Array, classes: int) -> Array:
    return np.eye(classes)[labels]

SOFTMAX = operation("soft_maximum", "softmax", lambda x: soft(x), normal(4, 4),
    x=lambda g, out, x: out * (g - (g * out).sum(axis=1, keepdims=True)))
LOG_SOFTMAX = operation("log_soft_maximum", "softmax", lambda x: np.log(soft(x)), normal(3, 4),
    x=lambda g, out, x: g - soft(x) * g.sum(axis=1, keepdims=True))
LOGSUMEXP = operation("log_sum_exp", "softmax", lambda x: np.log(np.exp(x).sum(axis=1)), normal(4, 4),
    x=lambda g, out, x: g[:, None] * soft(x))
CROSS_ENTROPY = operation("surprise", "softmax",
    lambda logits, labels: -np.log(soft(logits)[np.arange(len(labels)), labels]).mean(), normal(4, 3),
    constant([0, 2, 1, 2]),
    logits=lambda g, out, logits, labels: g * (soft(logits) - hot(labels, logits.shape[1])) / len(labels), labels=None)

# ── shape ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

RESHAPED = operation("reshaped", "shape", lambda x: x.reshape(6, 2), normal(3, 4),
    x=lambda g, out, x: g.reshape(x.shape))
PERMUTED = operation("permuted", "shape", lambda x: x.transpose(1, 2, 0), normal(3, 3, 3),
    x=lambda g, out, x: g.transpose(2, 0, 1))
TRANSPOSED = operation("transposed", "shape", lambda x: x.T * 1, normal(4, 4), x=lambda g, out, x: g.T * 1)
JOINED = operation("joined", "shape", lambda x, y: np.concatenate([x, y], axis=1), normal(3, 2), normal(3, 3),
    x=lambda g, out, x, y: g[:, :2], y=lambda g, out, x, y: g[:, 2:])
PAIRED = operation("paired", "shape", lambda x, y: np.stack([x, y]), normal(2, 3), normal(2, 3),
    x=lambda g, out, x, y: g[0], y=lambda g, out, x, y: g[1])
PADDED = operation("padded", "shape", lambda x: np.pad(x, ((1, 2), (2, 1))), normal(3, 3),
    x=lambda g, out, x: g[1:-2, 2:-1])


def set_at(g: Array, x: Array, index: Any) -> Array:
    result = np.zeros(x.shape)
    result[index] = g
    return result

PICKED = operation("picked", "shape", lambda x, index: x[index], normal(5, 2), constant([0, 3, 3, 1, 3]),
    x=lambda g, out, x, index: added(g, x.shape, index), index=None)
SLICED = operation("sliced", "shape", lambda x: x[1:4, ::2], normal(5, 4),
    x=lambda g, out, x: set_at(g, x, np.s_[1:4, ::2]))
FLIPPED = operation("flipped", "shape", lambda x: x[:, ::-1], normal(4, 4), x=lambda g, out, x: g[:, ::-1])
ROLLED = operation("rolled", "shape", lambda x: np.roll(x, 1, axis=1), normal(2, 4),
    x=lambda g, out, x: np.roll(g, -1, axis=1))
SPREAD = operation("spread", "shape", lambda x: np.broadcast_to(x, (4, 3)), normal(3),
    x=lambda g, out, x: g.sum(axis=0))
COLUMN = operation("column_spread", "shape", lambda x: np.broadcast_to(x, (3, 3)) * 1, normal(3, 1),
    x=lambda g, out, x: g.sum(axis=1, keepdims=True))

# ── normalisation ─────────────────────────────────────────────────────────────────────────────────────────────────────


def standard(x: Array, axis: int) -> tuple[Array, Array]:
    """x with mean 0 and variance 1, and the standard deviation it was divided by."""
    deviation = np.sqrt(x.var(axis=axis, keepdims=True) + 1e-5)
    return (x - x.mean(axis=axis, keepdims=True)) / deviation, deviation


def standard_back(g: Array, x: Array, axis: int, mean: bool = True, variance: bool = True) -> Array:
    hat, deviation = standard(x, axis)
    back = g * 1
    if mean:
        back = back - g.mean(axis=axis, keepdims=True)
    if variance:
        back = back - hat * (g * hat).mean(axis=axis, keepdims=True)
    return back / deviation

NORMALISED = operation("normalised", "normalisation", lambda x, gamma, beta: standard(x, 0)[0] * gamma + beta,
    normal(5, 3), positive(3), normal(3), x=lambda g, out, x, gamma, beta: standard_back(g * gamma, x, 0),
    gamma=lambda g, out, x, gamma, beta: (g * standard(x, 0)[0]).sum(axis=0),
    beta=lambda g, out, x, gamma, beta: g.sum(axis=0))
STANDARD = operation("standardised", "normalisation", lambda x: standard(x, 1)[0], normal(3, 5),
    x=lambda g, out, x: standard_back(g, x, 1))
CENTRED = operation("centred", "normalisation", lambda x: x - x.mean(axis=1, keepdims=True), normal(2, 4),
    x=lambda g, out, x: g - g.mean(axis=1, keepdims=True))

# ── parts of a small net ──────────────────────────────────────────────────────────────────────────────────────────────

NO_BORDER = Geometry((1, 1), (0, 0), (1, 1))
NET_CONV = operation("net_convolution", "composition", lambda x, w: conv.conv2d(x, w, None, NO_BORDER),
    normal(2, 1, 5, 5), normal(2, 1, 2, 2), x=lambda g, out, x, w: conv.conv_transpose2d(g, w, x.shape[2:], NO_BORDER),
    w=lambda g, out, x, w: conv.conv2d_filter(x, g, w.shape[2:], NO_BORDER))
NET_BIAS = operation("net_bias", "composition", lambda x, b: x + b[:, None, None], normal(2, 2, 3, 3), normal(2),
    x=lambda g, out, x, b: g * 1, b=lambda g, out, x, b: g.sum(axis=(0, 2, 3)))
NET_RELU = operation("net_rectifier", "composition", lambda x: np.maximum(x, 0), apart(2, 2, 3, 3),
    x=lambda g, out, x: g * (out > 0))
NET_POOL = operation("net_pooling", "composition", lambda x: windows(x, 2, 1).mean(axis=-1), normal(2, 2, 4, 4),
    x=lambda g, out, x: put_back(g[..., None] / 4, x.shape, 2, 1))
NET_FLAT = operation("net_flattening", "composition", lambda x: x.reshape(len(x), -1), normal(2, 2, 3, 3),
    x=lambda g, out, x: g.reshape(x.shape))
NET_LINEAR = operation("net_linear", "composition", lambda x, w: x @ w.T, normal(2, 18), normal(3, 18),
    x=lambda g, out, x, w: g @ w, w=lambda g, out, x, w: g.T @ x)
NET_LOSS = operation("net_loss", "composition",
    lambda logits, labels: -np.log(soft(logits)[np.arange(len(labels)), labels]).mean(), normal(2, 3), constant([2, 0]),
    logits=lambda g, out, logits, labels: g * (soft(logits) - hot(labels, logits.shape[1])) / len(labels), labels=None)
SCORES = operation("attention_scores", "composition", lambda q, k: q @ k.T / 2, normal(3, 4), normal(3, 4),
    q=lambda g, out, q, k: g @ k / 2, k=lambda g, out, q, k: g.T @ q / 2)

# ── rules made of the engine's functions, to be differentiated again ──────────────────────────────────────────────────

SQUARED = operation("squared", "second order", lambda x: x * x, normal(3), again=True, x=lambda o, g, out, x: 2 * g * x)
CUBED_AGAIN = operation("cubed_again", "second order", lambda x: x**3, normal(3), again=True,
    x=lambda o, g, out, x: 3 * g * o.squared(x))
COSINE = operation("cosine", "second order", lambda x: np.cos(x), normal(3), again=True,
    x=lambda o, g, out, x: -g * o.sin(x))
SINE_AGAIN = operation("sine_again", "second order", lambda x: np.sin(x), normal(3), again=True,
    x=lambda o, g, out, x: g * o.cosine(x))
EXP_AGAIN = operation("exponential_again", "second order", lambda x: np.exp(x), normal(3), again=True,
    x=lambda o, g, out, x: g * out)
PRODUCT_AGAIN = operation("product_again", "second order", lambda x, y: x * y, normal(2, 3), normal(2, 3), again=True,
    x=lambda o, g, out, x, y: g * y, y=lambda o, g, out, x, y: g * x)
