"""Arithmetic: + − × ÷ **, and the matrix product with the report's two laws.

Arguments broadcast as in NumPy; the walk undoes that, so no rule here mentions it.
"""

from math import prod
from typing import Any

import numpy as np

from ..core.primitive import primitive
from ..kernels.product import product, stacked
from .elementwise import log
from .reduce import sum

SMALL = 1 << 15  # multiplications; below it `dot`, which has the least ceremony, is the quickest


@primitive
def add(x: Any, y: Any) -> Any:
    """x + y, elementwise. x, y (...) broadcast -> (...)."""
    return x + y


@primitive
def subtract(x: Any, y: Any) -> Any:
    """x − y, elementwise. x, y (...) broadcast -> (...)."""
    return x - y


@primitive
def multiply(x: Any, y: Any) -> Any:
    """x · y, elementwise. x, y (...) broadcast -> (...)."""
    return x * y


@primitive
def divide(x: Any, y: Any) -> Any:
    """x / y, elementwise. x, y (...) broadcast -> (...). Division by zero gives inf or nan, as in NumPy."""
    return np.divide(x, y)


@primitive
def power(x: Any, y: Any) -> Any:
    """x ** y, elementwise. x, y (...) broadcast -> (...). The slope of x ** 0 is 0, at x = 0 too.

    In y the slope at x = 0 is 0 where y ≥ 0, and -inf (or inf, the result being -inf) where y < 0.
    """
    return np.power(x, y)


@primitive
def negative(x: Any) -> Any:
    """−x, elementwise. x (...) -> (...)."""
    return np.negative(x)


@primitive
def matmul(a: Any, b: Any) -> Any:
    """The matrix product, batched over leading axes. a (..., m, n), b (..., n, p) -> (..., m, p).

    Y = AX has ∇X = Aᵀ∇Y (Law 1), Y = XC has ∇X = ∇Y Cᵀ (Law 2). Source: the report, section 2.
    """
    if a.ndim != 2 or b.ndim != 2:
        return stacked(a, b)
    if len(a) * b.size < SMALL:
        try:
            return a.dot(b)
        except FloatingPointError:  # where `np.errstate` asks for it: terms that underflow do no harm to a sum
            pass
    return product(a, b)


@primitive
def linear(x: Any, w: Any, b: Any) -> Any:
    """The fully connected layer X Wᵀ + b. x (N, in), w (out, in), b (out,) or None -> (N, out).

    By Law 2 with C = Wᵀ: ∇X = ∇Y W. By Law 1 for Wᵀ: ∇Wᵀ = Xᵀ∇Y, so ∇W = ∇Yᵀ X. Source: the report, section 3.1.1.
    """
    y = matmul.forward(x, w.T)
    return y if b is None else np.add(y, b, out=y if b.dtype == y.dtype else None)


@linear.implementation
def linear_rectified(x: Any, w: Any, b: Any) -> Any:
    """linear with negative results already 0, for a relu that follows and need not touch them again."""
    y = linear.forward(x, w, b)
    return np.maximum(y, 0, out=y)


def _but_0_0(x: Any, y: Any) -> Any:
    """x, but 1 where x and y are 0: the slope of x ** 0 is 0 there too, not 0 · ∞."""
    return x + (x == 0) * (y == 0)


def _log(x: Any, out: Any) -> Any:
    """log x, but 0 for x = 0 and finite x ** y, whose slope in y is 0. A Python number takes on its company's dtype."""
    x = x if hasattr(x, "dtype") else out.dtype.type(x)
    return log(x + (x == 0) * (out != np.inf) * (out != -np.inf))


# fmt: off
add.defvjp(     x=lambda g: g,                                     y=lambda g: g)
subtract.defvjp(x=lambda g: g,                                     y=lambda g: -g)
multiply.defvjp(x=lambda g, y: g * y,                              y=lambda g, x: g * x)
divide.defvjp(  x=lambda g, y: g / y,                              y=lambda g, y, out: -g * out / y)
power.defvjp(   x=lambda g, x, y: g * y * _but_0_0(x, y) ** (y - 1),   y=lambda g, x, out: g * out * _log(x, out))
negative.defvjp(x=lambda g: -g)
matmul.defvjp(  a=lambda g, b: matmul(g, b.mT),                    b=lambda g, a: matmul(a.mT, g))  # Law 2, Law 1
linear.defvjp(  x=lambda g, w: matmul(g, w),                       w=lambda g, x: matmul(g.mT, x),
                b=lambda g: sum(g, axis=(0,), keepdims=False))
# fmt: on

matmul.defcost(lambda out, b: prod(out) * b[-2 if len(b) > 1 else 0])
linear.defcost(lambda out, w: prod(out) * w[1])

for op in (add, subtract, multiply, divide, power, negative, matmul, linear):
    op.analytic = True
