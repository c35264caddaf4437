"""Secants, cosecants and cotangents, circular and hyperbolic, and the inverse functions of them. MyGrad's names."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..kernels.quiet import quiet
from .elementwise import cos, sin, tanh
from .exponential import reciprocal
from .kinds import conjugated, definition, elementwise
from .trigonometry import arccos, arcsin, arcsinh, arctanh, tan


def _row(
    name: str, function: Callable[[Any], Any], what: str, at: float, example: float, kind: Any = definition
) -> Any:  # fmt: skip
    """A definition, or a row of another kind, with an example at one number."""

    def made(x: Any) -> Any:
        return function(x)

    made.__name__ = made.__qualname__ = name
    made.__doc__ = f"""{what}, elementwise. x (...) -> (...).

    Arguments:
        x: numbers.
    Returns:
        As many numbers, in x's dtype if that is floating.

    Example:
        >>> round(ag.{name}(Tensor({at})).item(), 6)
        {example}
    """
    return kind(made)


def _less_than_any_number(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """1 / function(x), 0 where the function is too large for x's dtype."""

    def made(x: Any) -> Any:
        with quiet(over="ignore", under="ignore"):
            return 1 / function(x)

    return made


sec = _row("sec", lambda x: reciprocal(cos(x)), "The secant 1 / cos x", 1.0, 1.850816)
csc = _row("csc", lambda x: reciprocal(sin(x)), "The cosecant 1 / sin x", 1.0, 1.188395)
cot = _row("cot", lambda x: reciprocal(tan(x)), "The cotangent 1 / tan x", 1.0, 0.642093)
sech = _row(
    "sech", _less_than_any_number(np.cosh), "The hyperbolic secant 1 / cosh x", 1.0, 0.648054,
    elementwise(product=lambda g, x, out: -g * conjugated(out * tanh(x))),
)  # fmt: skip
csch = _row(
    "csch", _less_than_any_number(np.sinh), "The hyperbolic cosecant 1 / sinh x", 1.0, 0.850918,
    elementwise(product=lambda g, x, out: -g * conjugated(out / tanh(x))),
)  # fmt: skip
coth = _row("coth", lambda x: reciprocal(tanh(x)), "The hyperbolic cotangent 1 / tanh x", 1.0, 1.313035)
arcsec = _row("arcsec", lambda x: arccos(reciprocal(x)), "The inverse secant, arccos 1/x", 2.0, 1.047198)
arccsc = _row("arccsc", lambda x: arcsin(reciprocal(x)), "The inverse cosecant, arcsin 1/x", 2.0, 0.523599)
arccsch = _row("arccsch", lambda x: arcsinh(reciprocal(x)), "The inverse of csch, arsinh 1/x", 2.0, 0.481212)
arccoth = _row("arccoth", lambda x: arctanh(reciprocal(x)), "The inverse of coth, artanh 1/x", 2.0, 0.549306)


@elementwise(product=lambda g, x: -g / (1 + x * x), analytic=False)
def arccot(x: Any) -> Any:
    """The inverse cotangent, arctan 1/x, π/2 at 0, elementwise. x (...) -> (...).

    Example:
        >>> x = Tensor([0.0, 1.0], requires_grad=True)
        >>> ag.arccot(x).numpy().round(6), ag.grad(ag.arccot(x).sum(), x).numpy()
        (array([1.570796, 0.785398]), array([-1. , -0.5]))
    """
    with np.errstate(divide="ignore"):
        return np.arctan(np.divide(1, np.where(np.equal(x, 0), 0, x)))  # of −0 too it is π/2
