"""Functions of single elements, smooth and kinked. At a kink the subgradient is the one in this table, everywhere:

relu, leaky_relu at 0      the slope of the left side (0, or the leak)
absolute at 0              0
clip at a bound            1 (the bound belongs to the inside)
maximum, minimum at a tie  one half to each side; nan beside a number has all of it, two nan are a tie
max, min over an axis      shared equally among the tied elements; where there is nan, among those that are nan
sort                       each element that of the place where it comes to stand; equal ones keep their order
max_pool2d                 all to the first maximum in row-major order (its switch); nan is the largest
std where all are equal    0, as if the root ended flat there (the slope of sqrt itself at 0 is inf)
x ** 0                     0 in x, at x = 0 too
0 ** y in y                0 for y ≥ 0; for y < 0 result · log 0, which is -inf, or inf where the result is -inf

Where nan decides the result, the gradient shows which element it came from.
"""

from collections.abc import Collection
from typing import Any

import numpy as np

from ..arguments import DType, Flag, Number, Plain, Real, Rng, generator, is_real
from ..core import tape
from ..core.primitive import Primitive, call_as, operand
from ..kernels import maps
from ..kernels.quiet import quiet
from .kinds import definition, elementwise, op

# ── smooth ────────────────────────────────────────────────────────────────────────────────────────────────────────────

square = elementwise(np.square, lambda x: 2 * x, "x², elementwise. x (...) -> (...).", methods=["square"])
exp = elementwise(np.exp, lambda out: out, "eˣ, elementwise. x (...) -> (...).", methods=["exp"])
expm1 = elementwise(
    np.expm1, lambda x: exp(x), "eˣ − 1, elementwise, without losing small x. x (...) -> (...).", methods=["expm1"]
)
log = elementwise(
    np.log, None, "The natural logarithm, elementwise. x (...) -> (...). -inf at 0, nan below, as in NumPy.",
    product=lambda g, x: g / x, methods=["log"],
)  # fmt: skip
log1p = elementwise(
    np.log1p, None, "log(1 + x), elementwise, without losing small x. x (...) -> (...). -inf at -1, nan below.",
    product=lambda g, x: g / (1 + x), methods=["log1p"],
)  # fmt: skip
sqrt = elementwise(
    np.sqrt, None, "√x, elementwise. x (...) -> (...). The slope at 0 is inf.",
    product=lambda g, out: g / (2 * out), methods=["sqrt"],
)  # fmt: skip
sin = elementwise(np.sin, lambda x: cos(x), "Sine, elementwise, x in radians. x (...) -> (...).", methods=["sin"])
cos: Primitive = elementwise(
    np.cos, None, "Cosine, elementwise, x in radians. x (...) -> (...).",
    product=lambda g, x: -g * sin(x), methods=["cos"],
)  # fmt: skip
tanh = elementwise(
    np.tanh, lambda out: 1 - out * out, "The hyperbolic tangent, elementwise. x (...) -> (...).",
    methods=["tanh"],
)  # fmt: skip


@elementwise(product=lambda g, out: g * out * (1 - out), analytic=False, methods=["sigmoid"])
def sigmoid(x: Any) -> Any:
    """1 / (1 + e⁻ˣ), elementwise, without overflow or cancellation. x (...) -> (...)."""
    with quiet(under="ignore"):  # e⁻ˣ is added to 1
        e = np.exp(-np.abs(x))
        return np.where(np.less(x, 0), e, 1) / (1 + e)


# ── with kinks ────────────────────────────────────────────────────────────────────────────────────────────────────────

absolute = elementwise(
    np.absolute, lambda x: sign(x), "|x|, elementwise. x (...) -> (...). The subgradient at 0 is 0.",
    kink=lambda x: np.sign(x), methods=["abs"], aliases=["abs"],
)  # fmt: skip
sign: Primitive = op(
    np.sign, "−1, 0 or 1, elementwise. x (...) -> (...). No gradient flows through it.",
    kink=lambda x: np.sign(x),
)  # fmt: skip
sign.defvjp(x=None)


@elementwise(product=lambda g, out: gate.bind(g, out), kink=lambda x: np.greater(x, 0), methods=["relu"])
def relu(x: Any) -> Any:
    """max(x, 0), elementwise. x (...) -> (...). The subgradient at 0 is 0. Source: the report, section 3.1.4."""
    return maps.relu(x)


@relu.implementation
def relu_done(x: Any) -> Any:
    """relu where the operation before it has done its work. x (...) -> x itself."""
    return x


@op(kink=lambda y: np.not_equal(y, 0))
def gate(g: Any, y: Any) -> Any:
    """g where y is not 0, else 0: what a ReLU with result y lets through. g, y (...) -> (...). Self-adjoint in g."""
    return maps.gate(operand("gate", g), operand("gate", y))


gate.defvjp(g=lambda v, y: gate.bind(v, y), y=None)


@elementwise(
    product=lambda g, x, *, negative_slope: where(x > 0, g, negative_slope * g), kink=lambda x: np.greater(x, 0)
)
def leaky_relu(x: Any, negative_slope: Number = 0.01) -> Any:
    """x where x > 0, else negative_slope · x. x (...) -> (...). Raises TypeError for a slope that is no number."""
    with quiet(under="ignore"):
        return np.where(x > 0, x, negative_slope * x)


def _inside(x: Any, low: float | None, high: float | None) -> Any:
    return (x >= (-np.inf if low is None else low)) * (x <= (np.inf if high is None else high))


@elementwise(
    product=lambda g, x, *, low, high: g * _inside(x, low, high),
    kink=lambda x, low, high: _inside(np.asarray(x), low, high), methods=["clip"],
)  # fmt: skip
def clip(x: Any, *, low: Any, high: Any) -> Any:
    """x limited to [low, high], elementwise; None is no limit. x (...) -> (...). The slope at a bound is 1."""
    return np.clip(x, low, high)


def _clip(x: Any, low: float | None = None, high: float | None = None) -> Any:
    """x limited to [low, high]; None is no limit. x (...) -> (...). Raises ValueError if both are None."""
    if low is None and high is None:
        raise ValueError("clip: low and high are both None, so there is nothing to clip to")
    bounds = [bound.item() if isinstance(bound, np.generic) else bound for bound in (low, high)]
    if not all(bound is None or isinstance(bound, int | float) for bound in bounds):
        raise TypeError(
            f"clip: low and high must be numbers or None, not {low!r:.40} and {high!r:.40}; see maximum, minimum"
        )
    return clip.bind(x, low=bounds[0], high=bounds[1])


call_as(clip, _clip)


def _share(g: Any, x: Any, y: Any, above: Any) -> Any:
    """The share of g of that argument x of maximum or minimum which is chosen where `above`: all, half or nothing."""
    odd, other = x != x, y != y
    return where((x == y) | (odd & other), g / 2, where(above | (odd & (y == y)), g, 0))


maximum = op(
    np.maximum, "The larger of x and y, nan if one is. x, y (...) broadcast -> (...). At a tie each gets half the "
    "gradient.", kink=lambda x, y: np.sign(np.subtract(x, y)),
)  # fmt: skip
maximum.defvjp(x=lambda g, x, y: _share(g, x, y, x > y), y=lambda g, x, y: _share(g, y, x, y > x))

minimum = op(
    np.minimum, "The smaller of x and y, nan if one is. x, y (...) broadcast -> (...). At a tie each gets half the "
    "gradient.", kink=lambda x, y: np.sign(np.subtract(x, y)),
)  # fmt: skip
minimum.defvjp(x=lambda g, x, y: _share(g, x, y, x < y), y=lambda g, x, y: _share(g, y, x, y < x))

# ── choosing and casting ──────────────────────────────────────────────────────────────────────────────────────────────


@op(analytic=True)
def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, else y. condition, x, y (...) broadcast -> (...)."""
    if np.asarray(condition).dtype.kind not in "biuf":
        raise TypeError(f"the condition must be booleans, not {condition!r}")
    return np.where(condition, x, y)


where.defvjp(
    condition=None,
    x=lambda g, condition: where.bind(condition, g, 0),
    y=lambda g, condition: where.bind(condition, 0, g),
)


@op(public=False, effect="draws random numbers")
def dropout_mask(x: Any, *, p: Plain, rng: Plain) -> Any:
    """False with probability p, met to 16 bits, else True. x (...) -> (...) bool, laid out in memory as x is."""
    mask = np.empty_like(x, bool)
    flat = mask.ravel("K")  # a view: the draws are made in the order of x's own memory
    draws = rng.integers(0, 1 << 16, flat.size, dtype=np.uint16)
    np.greater_equal(draws, min(max(round(p * (1 << 16)), 1), (1 << 16) - 1), out=flat)
    return mask


dropout_mask.defvjp(x=None)


@op(public=False)
def dropout(x: Any, mask: Any, *, scale: Plain) -> Any:
    """x · scale where the mask, else 0: what is left grows. x (...), mask (...) bool -> (...). Self-adjoint."""
    with quiet(under="ignore"):
        return maps.dropout(x, mask, scale)


dropout.defvjp(x=lambda g, mask, *, scale: dropout.bind(g, mask, scale=scale), mask=None)


@op(public=False, takes_complex=True)
def detach(x: Any) -> Any:
    """The same array as a constant: no gradient flows through it. x (...) -> (...)."""
    return x


detach.defvjp(x=None)


@elementwise(product=lambda g: g, analytic=False, public=False, takes_complex=True)
def cast(x: Any, dtype: Plain) -> Any:
    """x in another floating dtype, of what is complex the real part if that is real. x (...) -> (...).

    The gradient returns in x's own dtype.
    """
    x = np.asarray(x)
    return (x.real if x.dtype.kind == "c" != np.dtype(dtype).kind else x).astype(dtype)


tape.cast = lambda g, dtype: cast.bind(g, dtype=dtype)  # a gradient in its argument's dtype, recorded if need be


# ── by definition ─────────────────────────────────────────────────────────────────────────────────────────────────────


@definition(methods=["astype"])
def astype(x: Any, dtype: DType) -> Any:
    """x in another dtype; the gradient returns in x's own. x (...) -> (...). Through integers no gradient flows.

    Raises TypeError for a dtype that is not of real numbers.
    """
    return cast.bind(x, dtype=dtype)


@definition(name="dropout")
def dropped_out(x: Any, p: Real = 0.5, *, training: Flag = True, rng: Rng = None) -> Any:
    """Drop each element with probability p and scale the rest by 1/(1 − p); the identity unless `training`.

    x (...) -> (...). p is met to 16 bits. rng: a NumPy Generator or a seed. Raises ValueError unless 0 ≤ p < 1.
    Source: Srivastava et al. 2014, in its "inverted" form.
    """
    if not (is_real(p) and 0 <= p < 1):
        raise ValueError(f"dropout: p is the probability of dropping, 0 ≤ p < 1; got {p}")
    if not training or p == 0:
        return x
    mask = dropout_mask.bind(x, p=p, rng=generator("dropout", rng))
    return dropout.bind(x, mask, scale=1 / (1 - p))


def floating(name: str, optional: Collection[str], **arrays: Any) -> tuple[Any, ...]:
    """The arguments as floating arrays; integers take on the floating dtype of their company, or float64.

    optional: which of them may be None. Raises TypeError, as `name`, for what are no real numbers.
    """
    given = {key: None if a is None and key in optional else operand(f"{name}: {key}", a) for key, a in arrays.items()}
    for key, a in given.items():
        if a is not None and a.dtype.kind not in "fiub":
            raise TypeError(f"{name}: {key} has dtype {a.dtype}; it must hold real numbers")
    floats = [a.dtype for a in given.values() if a is not None and a.dtype.kind == "f"]
    dtype = np.result_type(*floats) if floats else np.dtype(np.float64)
    return tuple(a if a is None or a.dtype.kind == "f" else cast.bind(a, dtype=dtype) for a in given.values())
