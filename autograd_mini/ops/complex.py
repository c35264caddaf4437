"""Complex numbers: their parts, conjugate and angle. The gradient of a real loss is ∂L/∂Re + i·∂L/∂Im.

real ↔ real      imag ↔ · i      conjugate ↔ conjugate
"""

from typing import Any

import numpy as np

from ..arguments import Plain, bare
from .kinds import definition, linear, op


@linear(lambda g: g.conjugate(), numpy=[np.conjugate], methods=["conjugate", "conj"], aliases=["conj"])
def conjugate(x: Any) -> Any:
    """The complex conjugate Re x − i·Im x, elementwise. x (...) -> (...).

    Arguments:
        x: numbers; real ones are their own conjugates.
    Returns:
        An array of x's shape and dtype.

    Example:
        >>> ag.conjugate(Tensor([1 + 2j])).numpy()
        array([1.-2.j])
    """
    return np.conjugate(x)


@linear(lambda g: g, numpy=[np.real])
def real(x: Any) -> Any:
    """The real part, elementwise. x (...) -> (...).

    Arguments:
        x: numbers.
    Returns:
        Real numbers in x's precision and shape.

    Example:
        >>> z = Tensor([1 + 2j], requires_grad=True)
        >>> ag.grad(ag.real(z * z).sum(), z).numpy()  # ∂/∂Re + i·∂/∂Im of Re² − Im²
        array([2.-4.j])
    """
    return np.real(x)


@linear(lambda g: g * 1j, numpy=[np.imag])
def imag(x: Any) -> Any:
    """The imaginary part, elementwise. x (...) -> (...).

    Arguments:
        x: numbers; of real ones it is 0.
    Returns:
        Real numbers in x's precision and shape.

    Example:
        >>> ag.imag(Tensor([1 + 2j])).numpy()
        array([2.])
    """
    return np.imag(x)


@op(takes_complex=True, numpy=[np.angle])
def angle(x: Any, deg: Plain = False) -> Any:
    """The angle in the complex plane, elementwise, in radians or degrees. x (...) -> (...).

    The gradient at 0 is 0; of real numbers it is 0 everywhere.

    Arguments:
        x: numbers.
        deg: whether to give degrees.
    Returns:
        Real numbers from −π to π, or −180 to 180, in x's precision and shape.

    Example:
        >>> z = Tensor([1j], requires_grad=True)
        >>> ag.angle(z).numpy(), ag.grad(ag.angle(z).sum(), z).numpy()
        (array([1.57079633]), array([-1.+0.j]))
    """
    return np.angle(x, deg)


def _turned(g: Any, x: Any, *, deg: Any) -> Any:
    size = abs(x) + (x == 0)
    return g * (180 / np.pi if deg else 1) * (x / size * 1j) / size


angle.defvjp(x=_turned)


@definition(numpy=[np.real_if_close])
def real_if_close(x: Any, tol: Plain = 100) -> Any:
    """The real part if all imaginary parts are close to 0, else x as it is. x (...) -> (...).

    Arguments:
        x: numbers.
        tol: how close: in units of the precision if above 1, else absolute.
    Returns:
        Real or complex numbers in x's precision.

    Example:
        >>> ag.real_if_close(Tensor([1 + 1e-15j])).numpy()
        array([1.])
    """
    return real.bind(x) if x.dtype.kind == "c" and np.isrealobj(np.real_if_close(bare(x), tol)) else x
