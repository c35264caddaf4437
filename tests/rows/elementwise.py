"""Single elements: the kinks of absolute, relu, leaky_relu are at 0, those of clip at its bounds."""

import numpy as np
import torch
import torch.nn.functional as F

from .row import apart, beside, case, constant, kink, mask, normal, positive, row, whole

# fmt: off

MAPS = (2, 3, 2, 2)


def three(draw):
    return draw(), draw(3, 4), draw(*MAPS)


def two(first, second=None, *more):
    """Shapes that broadcast in every way."""
    second = second or first
    return (
        case(first(), second(), *more),
        case(first(*MAPS), second(*MAPS), *more),
        case(first(1, 4), second(3, 1), *more),
        case(first(4), second(2, 3, 4), *more),
        case(first(*MAPS), second(1, 3, 1, 1), *more),
        case(first(), second(2, 3), *more),
    )


row("exp", *three(normal), oracle=np.exp, torch=torch.exp, maps=True)
row("expm1", *three(normal), oracle=np.expm1, torch=torch.expm1, maps=True)
row("log", *three(positive), oracle=np.log, torch=torch.log, maps=True)
row("log1p", *three(positive), oracle=np.log1p, torch=torch.log1p, maps=True)
row("sqrt", *three(positive), oracle=np.sqrt, torch=torch.sqrt, maps=True, kinks=(kink([0.0], slopes=[np.inf]),))
row("square", *three(normal), oracle=np.square, torch=torch.square, maps=True)
row("flat_root", *three(positive), oracle=np.sqrt, torch=torch.sqrt, maps=True,
    kinks=(kink([0.0], slopes=[0.0], as_torch=False),))
row("sin", *three(normal), oracle=np.sin, torch=torch.sin, maps=True)
row("cos", *three(normal), oracle=np.cos, torch=torch.cos, maps=True)
row("tanh", *three(normal), oracle=np.tanh, torch=torch.tanh, maps=True)
row("sigmoid", *three(normal), oracle=lambda x: 1 / (1 + np.exp(-x)), torch=torch.sigmoid, maps=True)
row("negative", *three(normal), oracle=np.negative, torch=torch.neg, linear="0", maps=True)

at_zero = kink([0.0, -0.0], slopes=[0, 0])
row("absolute", *three(apart), oracle=np.absolute, torch=torch.abs, maps=True, kinks=(at_zero,))
row("abs", apart(3), oracle=np.abs, torch=torch.abs)
row("relu", *three(apart), oracle=lambda x: np.maximum(x, 0), torch=torch.relu, maps=True, kinks=(at_zero,))
row("sign", *three(apart), oracle=np.sign, torch=torch.sign, maps=True, flat=True)
row("leaky_relu", case(apart(*MAPS)), *(case(apart(*MAPS), negative_slope=s) for s in (0.2, 0.0, -0.5, 1.5, 0, -1)),
    oracle=lambda x, negative_slope=0.01: np.where(x > 0, x, negative_slope * x), torch=F.leaky_relu, maps=True,
    kinks=tuple(kink([0.0, -0.0], slopes=[s, s], negative_slope=s) for s in (0.01, 0.3, 0.0, -2.0)))
row(
    "clip",
    *(case(apart(*MAPS), low=low, high=high) for low, high in ((-0.4, 0.6), (None, 0.3), (-0.2, None), (-10, 10))),
    case(apart(4, 5), low=3, high=4),
    oracle=lambda x, low, high: np.clip(x, low, high),
    torch=lambda x, low=None, high=None: torch.clamp(x, low, high),
    maps=True,
    kinks=(
        kink([-1.5, -1, 0, 2, 2.5], slopes=[0, 1, 1, 1, 0], low=-1, high=2),
        kink([2.0, 3.0], slopes=[1, 0], low=None, high=2),
        kink([-1.0, -2.0], slopes=[1, 0], low=-1),
    ),
)
row("gate", case(normal(*MAPS), whole(*MAPS)), case(normal(), whole()), oracle=lambda g, y: np.where(y != 0, g, 0),
    torch=lambda g, y: g * (y != 0), linear="0", maps=True)

halves = kink([1.0, 2.0, 0.0], [1.0, 2.0, 1.0], slopes=([0.5, 0.5, 0], [0.5, 0.5, 1]))
broadcast = kink([[1.0, 2], [3, 3]], [1.0, 3], slopes=([[0.5, 0], [1, 0.5]], [0.5, 1.5]))
row("maximum", *two(apart, beside), case(apart(2, 3), constant(0.1)), ties=True, oracle=np.maximum, maps=True,
    torch=lambda x, y: torch.maximum(x, torch.as_tensor(y, dtype=x.dtype)), kinks=(halves, broadcast))
halves = kink([1.0, 2.0, 0.0], [1.0, 2.0, 1.0], slopes=([0.5, 0.5, 1], [0.5, 0.5, 0]))
row("minimum", *two(apart, beside), case(apart(2, 3), constant(0.1)), ties=True, oracle=np.minimum, maps=True,
    torch=lambda x, y: torch.minimum(x, torch.as_tensor(y, dtype=x.dtype)), kinks=(halves,))

row("where",
    case(mask(3, 4), normal(3, 4), normal(3, 4)), case(mask(*MAPS), normal(*MAPS), normal(*MAPS)),
    case(mask(3, 1), normal(1, 4), normal(2, 1, 1)), case(mask(2, 3, 4), normal(4), normal()),
    oracle=np.where, torch=torch.where, linear="12", maps=True)
row("where", case(mask(3, 4), normal(3, 4), constant(0.5)), oracle=np.where, torch=torch.where)


def dropped_out(x, p, rng):
    """Each element by 16 bits of its own, in the order of memory."""
    draws = np.random.default_rng(rng).integers(0, 1 << 16, x.size, dtype=np.uint16)
    return np.where(draws.reshape(x.shape) >= round(p * (1 << 16)), x / (1 - p), 0)


row("dropout", case(normal(3, 4), p=0.4, rng=3), case(normal(*MAPS), p=0.5, rng=1), oracle=dropped_out, linear="0")
row("dropout", case(normal(3, 4), mask(3, 4), scale=2.5), case(normal(*MAPS), mask(*MAPS), scale=1.25),
    oracle=lambda x, mask, scale: x * mask * scale, torch=lambda x, mask, scale: x * mask * scale, linear="0",
    maps=True, bound=True)
row("astype", case(normal(*MAPS), dtype=np.float64), oracle=lambda x, dtype: x.astype(dtype), linear="0", maps=True,
    torch=lambda x, dtype: x.to(torch.float64))
row("detach", normal(2, 3), oracle=np.copy, torch=torch.detach, flat=True)
