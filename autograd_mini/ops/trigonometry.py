"""Trigonometric and hyperbolic functions, their inverses, and angles in degrees.

arctan2, hypot at the origin      the subgradient is 0
sinc at 0                         the slope is 0, and all further ones are those of the series
"""

from math import factorial
from typing import Any

import numpy as np

from ..core.primitive import Primitive
from ..kernels.maps import by_threads
from ..kernels.quiet import quiet
from .elementwise import absolute, cos, sqrt, where
from .kinds import elementwise, op

MANY = 1 << 9  # numbers that are worth a look at their squares
FAR = 1e200  # a square that is far from overflowing

# ── trigonometric ─────────────────────────────────────────────────────────────────────────────────────────────────────

tan = elementwise(np.tan, lambda out: 1 + out * out, """The tangent, elementwise, of x in radians. x (...) -> (...).

    Example:
        >>> x = Tensor([0.0, np.pi / 4], requires_grad=True)
        >>> ag.grad(ag.tan(x).sum(), x).numpy()  # 1 + tan²
        array([1., 2.])
    """, methods=["tan"])  # fmt: skip
arcsin = elementwise(np.arcsin, lambda x: 1 / _root_1_less_square(x),
    """The arcsine, elementwise, in radians. x (...) -> (...).

    The slope at -1 and 1 is inf; beyond them real numbers give nan. Also called asin.

    Example:
        >>> x = Tensor([0.0, 0.6], requires_grad=True)
        >>> ag.grad(ag.arcsin(x).sum(), x).numpy()
        array([1.  , 1.25])
    """, methods=["arcsin", "asin"], aliases=["asin"])  # fmt: skip
arccos = elementwise(np.arccos, lambda x: -1 / _root_1_less_square(x),
    """The arccosine, elementwise, in radians. x (...) -> (...).

    The slope at -1 and 1 is -inf; beyond them real numbers give nan. Also called acos.

    Example:
        >>> x = Tensor([0.0, 0.6], requires_grad=True)
        >>> ag.grad(ag.arccos(x).sum(), x).numpy()
        array([-1.  , -1.25])
    """, methods=["arccos", "acos"], aliases=["acos"])  # fmt: skip
arctan = elementwise(np.arctan, lambda x: 1 / (1 + x * x), """The arctangent, elementwise, in radians. x (...) -> (...).

    Also called atan.

    Example:
        >>> x = Tensor([0.0, 3.0], requires_grad=True)
        >>> ag.grad(ag.arctan(x).sum(), x).numpy()
        array([1. , 0.1])
    """, methods=["arctan", "atan"], aliases=["atan"])  # fmt: skip


def _root_1_less_square(x: Any) -> Any:
    """√(1 − x²), without losing x near 1."""
    return sqrt((1 - x) * (1 + x)) if x.dtype.kind != "c" else sqrt(1 - x) * sqrt(1 + x)


# ── hyperbolic ────────────────────────────────────────────────────────────────────────────────────────────────────────

sinh: Primitive = elementwise(np.sinh, lambda x: cosh(x), """The hyperbolic sine, elementwise. x (...) -> (...).

    Example:
        >>> x = Tensor(0.0, requires_grad=True)
        >>> ag.grad(ag.sinh(x), x).item()
        1.0
    """, methods=["sinh"])  # fmt: skip
cosh: Primitive = elementwise(np.cosh, lambda x: sinh(x), """The hyperbolic cosine, elementwise. x (...) -> (...).

    Example:
        >>> x = Tensor(0.0, requires_grad=True)
        >>> ag.cosh(x).item(), ag.grad(ag.cosh(x), x).item()
        (1.0, 0.0)
    """, methods=["cosh"])  # fmt: skip
arcsinh = elementwise(np.arcsinh, lambda x: 1 / _root_1_and_square(x),
    """The inverse hyperbolic sine, elementwise. x (...) -> (...).

    Also called asinh.

    Example:
        >>> x = Tensor([0.0, 0.75], requires_grad=True)
        >>> ag.grad(ag.arcsinh(x).sum(), x).numpy()
        array([1. , 0.8])
    """, methods=["arcsinh", "asinh"], aliases=["asinh"])  # fmt: skip
arccosh = elementwise(np.arccosh, lambda x: 1 / (sqrt(x - 1) * sqrt(x + 1)),
    """The inverse hyperbolic cosine, elementwise. x (...) -> (...).

    The slope at 1 is inf; below 1 real numbers give nan. Also called acosh.

    Example:
        >>> x = Tensor(1.25, requires_grad=True)
        >>> round(ag.grad(ag.arccosh(x), x).item(), 12)
        1.333333333333
    """, methods=["arccosh", "acosh"], aliases=["acosh"])  # fmt: skip
arctanh = elementwise(np.arctanh, lambda x: 1 / ((1 - x) * (1 + x)),
    """The inverse hyperbolic tangent, elementwise. x (...) -> (...).

    Infinite at -1 and 1; beyond them real numbers give nan. Also called atanh.

    Example:
        >>> x = Tensor(0.5, requires_grad=True)
        >>> round(ag.grad(ag.arctanh(x), x).item(), 12)
        1.333333333333
    """, methods=["arctanh", "atanh"], aliases=["atanh"])  # fmt: skip


def _root_1_and_square(x: Any) -> Any:
    """√(1 + x²), of real numbers by hypot, which does not overflow."""
    return sqrt(1 + x * x) if x.dtype.kind == "c" else hypot(x, 1)


# ── of two arguments ──────────────────────────────────────────────────────────────────────────────────────────────────

hypot: Primitive = op(np.hypot,
    """The length √(x² + y²) of the vector (x, y), elementwise, without overflow. x, y (...) -> (...).

    The subgradient at the origin is 0.

    Arguments:
        x, y: real numbers; the shapes broadcast.
    Returns:
        The lengths, in the common shape.

    Example:
        >>> x, y = Tensor(3.0, requires_grad=True), Tensor(4.0, requires_grad=True)
        >>> [g.item() for g in ag.grad(ag.hypot(x, y), [x, y])]
        [0.6, 0.8]
    """)  # fmt: skip


def _length(x: Any, y: Any) -> Any:
    """√(x² + y²), of many numbers by their squares where these neither overflow nor vanish: a fifth of the time."""
    for a in (x, y):
        if type(a) is np.ndarray and a.dtype == float and a.size >= MANY:
            with quiet(over="ignore", under="ignore"):
                square = x * x + y * y
                if np.maximum.reduce(square, axis=None) < FAR and np.minimum.reduce(square, axis=None) > 1 / FAR:
                    return np.sqrt(square)
    return by_threads(np.hypot, x, y)


hypot.forward = _length
hypot.defvjp(x=lambda g, x, out: g * (x / _but_0(out)), y=lambda g, y, out: g * (y / _but_0(out)))

arctan2 = op(np.arctan2,
    """The angle of the vector (y, x) to the first axis, elementwise, in radians. x, y (...) -> (...).

    The subgradient at the origin is 0. Also called atan2.

    Arguments:
        x: NumPy's first argument, the vector's second coordinate.
        y: the vector's first coordinate; the shapes broadcast.
    Returns:
        Angles from −π to π, in the common shape.

    Example:
        >>> x, y = Tensor(1.0, requires_grad=True), Tensor(2.0, requires_grad=True)
        >>> [round(g.item(), 12) for g in ag.grad(ag.arctan2(x, y), [x, y])]
        [0.4, -0.2]
    """, aliases=["atan2"])  # fmt: skip


def _back_over_arctan2(g: Any, x: Any, y: Any, wanted: Any) -> tuple[Any, Any]:
    """g·y / (x² + y²) and −g·x / (x² + y²), by lengths: squares would overflow, vanish or be 0."""
    length = _but_0(hypot(x, y))
    return g * (y / length / length) if wanted[0] else None, -g * (x / length / length) if wanted[1] else None


arctan2.defvjp(_back_over_arctan2)


def _but_0(length: Any) -> Any:
    """A length, but 1 where it is 0: what is divided by it is 0 there too."""
    return length + (length == 0)


# ── sinc ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

NEAR = 0.25  # |x| below which sinc's slope is computed by its series
TERMS = 11  # of the series, the first left out of which is below 1e-20 there


def _slope_of_sinc(x: Any, out: Any) -> Any:
    """sinc′, (cos πx − sinc x) / x; near 0, where that cancels, its series."""
    near = absolute(x) < NEAR
    outside = where(near, 1, x)
    if isinstance(x, np.ndarray):  # nothing is recorded
        found = np.asarray((np.cos(np.pi * x) - out) / outside)
        found[near] = _series(x[near])
        return found
    direct = (cos(np.pi * outside) - sinc(outside)) / outside
    return where(near, _series(where(near, x, 0)), direct)


def _series(x: Any) -> Any:
    square, series = x * x, 0.0
    for coefficient in _COEFFICIENTS:
        series = series * square + coefficient
    return series * x


_COEFFICIENTS = [(-1) ** k * 2 * k * np.pi ** (2 * k) / factorial(2 * k + 1) for k in range(TERMS, 0, -1)]


sinc: Primitive = elementwise(np.sinc, _slope_of_sinc,
    """The cardinal sine sin(πx) / (πx), 1 at 0, elementwise. x (...) -> (...).

    Example:
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> ag.grad(ag.sinc(x).sum(), x).numpy()
        array([-1. ,  0.5])
    """, name="sinc", takes_complex=False, analytic=False, numpy=[np.sinc], methods=["sinc"])  # fmt: skip

# ── degrees ───────────────────────────────────────────────────────────────────────────────────────────────────────────

deg2rad = elementwise(np.deg2rad, None, """Degrees in radians, elementwise: x · π / 180. x (...) -> (...).

    Also called radians.

    Example:
        >>> ag.deg2rad(Tensor(180.0)).item()
        3.141592653589793
    """, product=lambda g: g * (np.pi / 180), methods=["deg2rad"], takes_complex=False, analytic=False,
    numpy=[np.radians], aliases=["radians"])  # fmt: skip
rad2deg = elementwise(np.rad2deg, None, """Radians in degrees, elementwise: x · 180 / π. x (...) -> (...).

    Also called degrees.

    Example:
        >>> ag.rad2deg(Tensor(np.pi)).item()
        180.0
    """, product=lambda g: g * (180 / np.pi), methods=["rad2deg"], takes_complex=False, analytic=False,
    numpy=[np.degrees], aliases=["degrees"])  # fmt: skip
