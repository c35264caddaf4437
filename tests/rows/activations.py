"""Activations, and dropout of channels, beside PyTorch's; the kinks are where the pieces of each meet."""

import numpy as np
import torch
import torch.nn.functional as F
from scipy import special

from .row import apart, between, case, constant, dims, kink, normal, row

# fmt: off

LINE = (between(-4.1, 7.3, 3, 4), constant(np.array(0.7)), normal(0, 2))
logistic = special.expit


def activation(name, oracle, theirs=None, *cases, edges=(), **how):
    """edges: where the pieces meet; the subgradients there are PyTorch's."""
    if cases:
        row(name, *cases, oracle=oracle, torch=theirs, **how)
        return
    theirs = theirs or getattr(F, name)
    points = torch.tensor([*edges], dtype=torch.float64, requires_grad=True)
    slopes = torch.autograd.grad(theirs(points).sum(), points)[0].tolist() if edges else []
    kinks = (kink(points.tolist(), slopes=slopes),) if edges else ()
    row(name, *LINE, oracle=oracle, torch=theirs, kinks=kinks, **how)


activation("gelu", lambda x: x * special.ndtr(x))
activation("gelu", lambda x, approximate: x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2, F.gelu,
           case(LINE[0], approximate="tanh"))
activation("silu", lambda x: x * logistic(x))
activation("mish", lambda x: x * np.tanh(np.logaddexp(0, x)))
activation("softplus", lambda x: np.logaddexp(0, x))
activation("softplus", lambda x, beta, threshold: np.where(beta * x > threshold, x, np.logaddexp(0, beta * x) / beta),
           F.softplus, case(LINE[0], beta=3.0, threshold=5))
activation("logsigmoid", lambda x: -np.logaddexp(0, -x))
activation("tanhshrink", lambda x: x - np.tanh(x))
activation("softsign", lambda x: x / (1 + np.abs(x)))
activation("elu", lambda x, alpha=1.0: np.where(x > 0, x, alpha * np.expm1(x)), edges=(0.0,))
activation("elu", lambda x, alpha=1.0: np.where(x > 0, x, alpha * np.expm1(x)), F.elu, case(LINE[0], alpha=0.3))
activation("celu", lambda x, alpha=1.0: np.where(x > 0, x, alpha * np.expm1(x / alpha)), F.celu,
           case(LINE[0], alpha=0.25), LINE[0])
activation("selu", lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)), edges=(0.0,))
activation("relu6", lambda x: np.clip(x, 0, 6), edges=(0.0, 6.0))
activation("hardtanh", lambda x: np.clip(x, -1, 1), edges=(-1.0, 1.0))
activation("hardtanh", lambda x, min_val, max_val: np.clip(x, min_val, max_val), F.hardtanh,
           case(LINE[0], min_val=-0.5, max_val=2))
activation("hardswish", lambda x: x * np.clip(x + 3, 0, 6) / 6, edges=(-3.0, 3.0))
activation("hardshrink", lambda x: np.where(np.abs(x) > 0.5, x, 0), edges=(-0.5, 0.5))
activation("softshrink", lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0), edges=(-0.5, 0.5))
activation("softshrink", lambda x, lambd: np.sign(x) * np.maximum(np.abs(x) - lambd, 0), F.softshrink,
           case(LINE[0], lambd=1.01))
activation("threshold", lambda x, threshold, value: np.where(x > threshold, x, value), F.threshold,
           case(LINE[0], threshold=0.5, value=-7))
row("hardsigmoid", *LINE, oracle=lambda x: np.clip(x + 3, 0, 6) / 6,
    kinks=(kink([-3.0, 3.0], slopes=[0, 0], as_torch=False),))
row("prelu", *(case(apart(*shape), normal(count)) for shape in ((4, 3), (4, 3, 2), (2, 3, 2, 2)) for count in (1, 3)),
    case(apart(5), normal(1)), torch=F.prelu,
    oracle=lambda x, w: np.where(x > 0, x, x * w.reshape(-1, *[1] * (x.ndim - 2))))


def sloped(x, lower=1 / 8, upper=1 / 3, training=False, rng=None):
    slopes = np.random.default_rng(rng).uniform(lower, upper, x.shape) if training else (lower + upper) / 2
    return np.where(x >= 0, x, x * slopes)


row("rrelu", apart(3, 4), oracle=sloped, torch=F.rrelu)
row("rrelu", case(apart(3, 4), lower=0.1, upper=0.3, training=True, rng=0), oracle=sloped)

# ── along an axis ─────────────────────────────────────────────────────────────────────────────────────────────────────

AXES = (case(normal(2, 4, 2), axis=1), normal(3, 2), case(normal(2, 3), axis=0))


def simplex(x, axis=-1):
    """The nearest point of the simplex: of all thresholds that of the largest support."""
    def point(line):
        down = np.sort(line)[::-1]
        at = (np.cumsum(down) - 1) / np.arange(1, len(line) + 1)
        return np.maximum(line - at[np.nonzero(down > at)[0][-1]], 0)

    return np.apply_along_axis(point, axis, x)


def halves(x, axis=-1):
    a, b = np.split(x, 2, axis)
    return a * logistic(b)


row("glu", *AXES, oracle=halves, torch=dims(F.glu))
row("softmin", *AXES, oracle=lambda x, axis=-1: special.softmax(-x, axis), torch=lambda x, axis=-1: F.softmin(x, axis))
row("sparsemax", *AXES, oracle=simplex)


def gumbel(x, tau=1.0, axis=-1, rng=None):
    noise = np.random.default_rng(rng).gumbel(size=x.shape)
    return special.softmax((x + noise) / tau, axis)


row("gumbel_softmax", case(normal(2, 3), tau=0.7, rng=0), case(normal(2, 3), axis=0, rng=1), oracle=gumbel)

# ── dropout ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def kept(shape, p, rng):
    """By 16 bits each, in order."""
    draws = np.random.default_rng(rng).integers(0, 1 << 16, int(np.prod(shape)), dtype=np.uint16)
    return draws.reshape(shape) >= round(p * (1 << 16))


for n in (1, 2, 3):
    row(f"dropout{n}d", case(normal(3, 4, *(2, 1, 2)[:n]), p=0.4, rng=3), linear="0", oracle=lambda x, p, rng:
        x * kept(x.shape[:2], p, rng).reshape(*x.shape[:2], *[1] * (x.ndim - 2)) / (1 - p))
LOWEST = -1.7580993408473766  # of selu


def lowered(x, p, rng):
    scale = ((1 - p) * (1 + p * LOWEST**2)) ** -0.5
    return np.where(kept(x.shape, p, rng), x, LOWEST) * scale - scale * LOWEST * p


row("alpha_dropout", case(normal(3, 4), p=0.3, rng=1), oracle=lowered)
