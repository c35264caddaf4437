"""Complex numbers: their parts, conjugate and angle. The gradient of a real loss is ∂L/∂Re + i·∂L/∂Im.

real ↔ real      imag ↔ · i      conjugate ↔ conjugate
"""

from typing import Any

import numpy as np

from .kinds import linear, op

conjugate: Any = linear(lambda g: g.conjugate(), methods=["conjugate", "conj"], aliases=["conj"])(np.conjugate)
conjugate.__doc__ = """Re x − i·Im x, elementwise; what is real as it is. x (...) -> (...)."""


@linear(lambda g: g, numpy=[np.real])
def real(x: Any) -> Any:
    """The real part, elementwise; what is real as it is. x (...) -> (...) of real numbers."""
    return np.real(x)


@linear(lambda g: g * 1j, numpy=[np.imag])
def imag(x: Any) -> Any:
    """The imaginary part, elementwise; 0 of what is real. x (...) -> (...) of real numbers."""
    return np.imag(x)


@op(takes_complex=True, numpy={np.angle: ()})
def angle(x: Any) -> Any:
    """The angle of x in the complex plane, in radians from −π to π. x (...) -> (...) of real numbers.

    The gradient at 0 is 0; of what is real it is 0 everywhere.
    """
    return np.angle(x)


angle.defvjp(x=lambda g, x: g * (x * 1j) / (x * x.conjugate() + (x == 0)))
