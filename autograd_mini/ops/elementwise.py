"""Functions of single elements, smooth and kinked. At a kink the subgradient is the one in this table, everywhere:

relu, leaky_relu at 0      the slope of the left side (0, or the leak)
absolute at 0              0
clip at a bound            1 (the bound belongs to the inside)
maximum, minimum at a tie  one half to each side; nan beside a number has all of it, two nan are a tie
max, min over an axis      shared equally among the tied elements; where there is nan, among those that are nan
max_pool2d                 all to the first maximum in row-major order (its switch); nan is the largest
std where all are equal    0, as if the root ended flat there (the slope of sqrt itself at 0 is inf)
x ** 0                     0 in x, at x = 0 too
0 ** y in y                0 for y ≥ 0; for y < 0 result · log 0, which is -inf, or inf where the result is -inf

Where nan decides the result, the gradient shows which element it came from.
"""

from typing import Any

import numpy as np

from ..core.primitive import primitive
from ..kernels import maps


@primitive
def absolute(x: Any) -> Any:
    """|x|, elementwise. x (...) -> (...). The subgradient at 0 is 0."""
    return np.absolute(x)


@primitive
def sign(x: Any) -> Any:
    """−1, 0 or 1, elementwise. x (...) -> (...). No gradient flows through it."""
    return np.sign(x)


@primitive
def exp(x: Any) -> Any:
    """eˣ, elementwise. x (...) -> (...)."""
    return np.exp(x)


@primitive
def log(x: Any) -> Any:
    """The natural logarithm, elementwise. x (...) -> (...). -inf at 0, nan below, as in NumPy."""
    return np.log(x)


@primitive
def sqrt(x: Any) -> Any:
    """√x, elementwise. x (...) -> (...). The slope at 0 is inf."""
    return np.sqrt(x)


@primitive
def sin(x: Any) -> Any:
    """Sine, elementwise, x in radians. x (...) -> (...)."""
    return np.sin(x)


@primitive
def cos(x: Any) -> Any:
    """Cosine, elementwise, x in radians. x (...) -> (...)."""
    return np.cos(x)


@primitive
def tanh(x: Any) -> Any:
    """The hyperbolic tangent, elementwise. x (...) -> (...)."""
    return np.tanh(x)


@primitive
def sigmoid(x: Any) -> Any:
    """1 / (1 + e⁻ˣ), elementwise, without overflow or cancellation. x (...) -> (...)."""
    with np.errstate(under="ignore"):  # e⁻ˣ is added to 1
        e = np.exp(-np.abs(x))
        return np.where(np.less(x, 0), e, 1) / (1 + e)


@primitive
def relu(x: Any) -> Any:
    """max(x, 0), elementwise. x (...) -> (...). The subgradient at 0 is 0. Source: the report, section 3.1.4."""
    return maps.relu(x)


@relu.implementation
def relu_of_rectified(x: Any) -> Any:
    """relu where nothing is negative any more. x (...) -> x itself."""
    return x


@primitive
def gate(g: Any, y: Any) -> Any:
    """g where y is not 0, else 0: what a ReLU with result y lets through. g, y (...) -> (...). Self-adjoint in g."""
    return maps.gate(g, y)


@primitive
def leaky_relu(x: Any, *, negative_slope: float) -> Any:
    """x where x > 0, else negative_slope · x, elementwise. x (...) -> (...). The slope at 0 is negative_slope."""
    with np.errstate(under="ignore"):
        return np.where(x > 0, x, negative_slope * x)


@primitive
def clip(x: Any, *, low: float | None, high: float | None) -> Any:
    """x limited to [low, high], elementwise; None is no limit. x (...) -> (...). The slope at a bound is 1."""
    return np.clip(x, low, high)


@primitive
def maximum(x: Any, y: Any) -> Any:
    """The larger of x and y, nan if one is. x, y (...) broadcast -> (...). At a tie each gets half the gradient."""
    return np.maximum(x, y)


@primitive
def minimum(x: Any, y: Any) -> Any:
    """The smaller of x and y, nan if one is. x, y (...) broadcast -> (...). At a tie each gets half the gradient."""
    return np.minimum(x, y)


@primitive
def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, else y. condition, x, y (...) broadcast -> (...)."""
    if np.asarray(condition).dtype.kind not in "biuf":
        raise TypeError(f"the condition must be booleans, not {condition!r}")
    return np.where(condition, x, y)


@primitive
def dropout(x: Any, mask: Any, *, scale: float) -> Any:
    """x · scale where the mask, else 0: what is left grows. x (...), mask (...) bool -> (...). Self-adjoint."""
    with np.errstate(under="ignore"):
        return maps.dropout(x, mask, scale)


@primitive
def cast(x: Any, *, dtype: Any) -> Any:
    """x in another floating dtype. x (...) -> (...). The gradient returns in x's own dtype."""
    return np.asarray(x).astype(dtype)


def _share(g: Any, x: Any, y: Any, above: Any) -> Any:
    """The share of g of that argument x of maximum or minimum which is chosen where `above`: all, half or nothing."""
    odd, other = x != x, y != y
    return where((x == y) | (odd & other), g / 2, where(above | (odd & (y == y)), g, 0))


def _inside(x: Any, low: float | None, high: float | None) -> Any:
    return (x >= (-np.inf if low is None else low)) * (x <= (np.inf if high is None else high))


# fmt: off
absolute.defvjp(  x=lambda g, x: g * sign(x))
sign.defvjp(      x=None)
exp.defvjp(       x=lambda g, out: g * out)
log.defvjp(       x=lambda g, x: g / x)
sqrt.defvjp(      x=lambda g, out: g / (2 * out))
sin.defvjp(       x=lambda g, x: g * cos(x))
cos.defvjp(       x=lambda g, x: -g * sin(x))
tanh.defvjp(      x=lambda g, out: g * (1 - out * out))
sigmoid.defvjp(   x=lambda g, out: g * out * (1 - out))
relu.defvjp(      x=lambda g, out: gate(g, out))
gate.defvjp(      g=lambda g, y: gate(g, y), y=None)
leaky_relu.defvjp(x=lambda g, x, *, negative_slope: where(x > 0, g, negative_slope * g))
clip.defvjp(      x=lambda g, x, *, low, high: g * _inside(x, low, high))
maximum.defvjp(   x=lambda g, x, y: _share(g, x, y, x > y), y=lambda g, x, y: _share(g, y, x, y > x))
minimum.defvjp(   x=lambda g, x, y: _share(g, x, y, x < y), y=lambda g, x, y: _share(g, y, x, y < x))
where.defvjp(     condition=None,
                  x=lambda g, condition: where(condition, g, 0),
                  y=lambda g, condition: where(condition, 0, g))
dropout.defvjp(   x=lambda g, mask, *, scale: dropout(g, mask, scale=scale), mask=None)
cast.defvjp(      x=lambda g: g)

absolute.defbranch(  lambda x: np.sign(x))
sign.defbranch(      lambda x: np.sign(x))
relu.defbranch(      lambda x: np.greater(x, 0))
gate.defbranch(      lambda y: np.not_equal(y, 0))
leaky_relu.defbranch(lambda x: np.greater(x, 0))
clip.defbranch(      lambda x, low, high: _inside(np.asarray(x), low, high))
maximum.defbranch(   lambda x, y: np.sign(np.subtract(x, y)))
minimum.defbranch(   lambda x, y: np.sign(np.subtract(x, y)))
# fmt: on

for op in (exp, log, sqrt, sin, cos, tanh, where):
    op.analytic = True
