"""Rounding, remainders and signs: constants, but for what of the argument is left.

remainder, fmod      slope 1 in x; in y minus the quotient, rounded down or to zero
fmax, fmin at a tie  one half to each side; nan beside a number has nothing
"""

from typing import Any

import numpy as np

from ..arguments import Number, NumberOrNone, Whole, bare, is_whole
from ..core.primitive import Primitive
from ..kernels import maps
from .elementwise import absolute, floating, where
from .kinds import constant, definition, elementwise, op

# ── remainders ────────────────────────────────────────────────────────────────────────────────────────────────────────

remainder: Primitive = op(np.remainder, """The remainder x − y·⌊x / y⌋, elementwise, with y's sign. x, y (...) -> (...).

    Python's x % y. Also called mod.

    Arguments:
        x, y: real numbers; the shapes broadcast.
    Returns:
        The remainders, in the common shape; nan where y is 0.

    Example:
        >>> x, y = Tensor(7.0, requires_grad=True), Tensor(-2.0, requires_grad=True)
        >>> ag.remainder(x, y).item(), [g.item() for g in ag.grad(ag.remainder(x, y), [x, y])]
        (-1.0, [1.0, 4.0])
    """, kink=lambda x, y: np.floor_divide(x, y), aliases=["mod"])  # fmt: skip
remainder.defvjp(x=lambda g: g, y=lambda g, x, y, out: -g * rint((x - out) / y))

fmod: Primitive = op(np.fmod, """The remainder with x's sign, x − y·trunc(x / y), elementwise. x, y (...) -> (...).

    C's fmod.

    Arguments:
        x, y: real numbers; the shapes broadcast.
    Returns:
        The remainders, in the common shape; nan where y is 0.

    Example:
        >>> x, y = Tensor(7.0, requires_grad=True), Tensor(-2.0, requires_grad=True)
        >>> ag.fmod(x, y).item(), [g.item() for g in ag.grad(ag.fmod(x, y), [x, y])]
        (1.0, [1.0, 3.0])
    """, kink=lambda x, y: np.trunc(np.divide(x, y)))  # fmt: skip
fmod.defvjp(x=lambda g: g, y=lambda g, x, y, out: -g * rint((x - out) / y))

# ── to integers: constants ────────────────────────────────────────────────────────────────────────────────────────────

floor = constant(np.floor, "The largest integer not above x", "[1.5, -1.5]", "[ 1., -2.]", methods=["floor"])
ceil = constant(np.ceil, "The smallest integer not below x", "[1.5, -1.5]", "[ 2., -1.]", methods=["ceil"])
rint: Primitive = constant(
    np.rint, "The nearest integer, of two the even one", "[0.5, 1.5]", "[0., 2.]", methods=["rint"]
)
trunc = constant(
    np.trunc, "The nearest integer towards 0", "[1.5, -1.5]", "[ 1., -1.]",
    numpy=[np.fix], methods=["trunc"], aliases=["fix"],
)  # fmt: skip
floor_divide = constant(
    np.floor_divide, "The quotient rounded down, Python's x // y", "[7.0, -7.0], [2.0, 2.0]", "[ 3., -4.]"
)


@op(public=False)
def floored(x: Any, y: Any) -> Any:
    """The operator x // y: NumPy's, but where one of them is infinite ⌊x / y⌋, as in the array API standard."""
    endless = np.isinf(x) | np.isinf(y)
    if not endless.any():
        return np.floor_divide(x, y)
    with np.errstate(invalid="ignore"):  # NumPy's own answer is nan
        return np.where(endless, np.floor(np.divide(x, y)), np.floor_divide(x, y))


floored.defvjp(x=None, y=None)
signbit = constant(
    np.signbit, "Whether the sign is minus, of −0 too", "[-1.0, 2.0]", "[ True, False]", methods=["signbit"]
)


@op(name="round", methods=["round"], numpy={np.round: (), np.around: ()}, aliases=["around"], takes_complex=True)
def rounded(x: Any, decimals: Whole = 0) -> Any:
    """x rounded to so many decimals, of two nearest to the even one, elementwise. x (...) -> (...).

    No gradient flows through it.

    Arguments:
        x: numbers.
        decimals: an integer; a negative one counts places before the point.
    Returns:
        Constants in x's shape and dtype.
    Raises:
        TypeError: for decimals that are no integer.

    Example:
        >>> ag.round(Tensor([0.125, 2.5]), 2).numpy()
        array([0.12, 2.5 ])
    """
    if not is_whole(decimals):
        raise TypeError(f"decimals must be an integer, not {decimals!r}")
    return np.round(x, decimals)


rounded.defvjp(x=None)


@elementwise(product=lambda g: g, analytic=False, takes_complex=False, kink=lambda x: np.trunc(x), methods=["frac"])
def frac(x: Any) -> Any:
    """What is left of x without its integer, x − trunc(x), elementwise; PyTorch's name. x (...) -> (...).

    Example:
        >>> ag.frac(Tensor([1.25, -1.25])).numpy()
        array([ 0.25, -0.25])
    """
    return np.modf(x)[0]


@definition(numpy=[np.modf])
def modf(x: Any) -> tuple[Any, Any]:
    """The fractional and the integral part, both with x's sign, elementwise. x (...) -> two of (...).

    Arguments:
        x: real numbers.
    Returns:
        frac(x), through which the gradient flows, and trunc(x), a constant.

    Example:
        >>> [part.item() for part in ag.modf(Tensor(-1.25))]
        [-0.25, -1.0]
    """
    (x,) = floating("modf", (), x=x)
    return frac.bind(x), trunc.bind(x)


ldexp: Primitive = op(np.ldexp, """The number x·2ʸ, elementwise. x, y (...) -> (...).

    Arguments:
        x: real numbers.
        y: integers, to which no gradient flows; the shapes broadcast.
    Returns:
        An array of the common shape.
    Raises:
        TypeError: for powers that are no integers.

    Example:
        >>> x = Tensor([1.0, 3.0], requires_grad=True)
        >>> ag.grad(ag.ldexp(x, [3, -1]).sum(), x).numpy()
        array([8. , 0.5])
    """)  # fmt: skip
ldexp.defvjp(x=lambda g, y: ldexp.bind(g, y), y=None)


@definition(numpy=[np.frexp])
def frexp(x: Any) -> tuple[Any, Any]:
    """The mantissa m and the exponent k of x = m·2ᵏ, ½ ≤ |m| < 1, elementwise. x (...) -> two of (...).

    Arguments:
        x: real numbers.
    Returns:
        The mantissas, through which the gradient flows, and the exponents, integers.
    Raises:
        TypeError: for complex numbers.

    Example:
        >>> [part.item() for part in ag.frexp(Tensor(6.0))]
        [0.75, 3]
    """
    if x.dtype.kind == "c":
        raise TypeError(f"frexp: is not defined for {x.dtype}")
    exponent = binary_exponent.bind(x)
    return ldexp.bind(x, -exponent), exponent


@op(public=False)
def binary_exponent(x: Any) -> Any:
    """The exponent k of x = m·2ᵏ, ½ ≤ |m| < 1, elementwise. x (...) -> (...)."""
    return np.asarray(np.frexp(x)[1])


binary_exponent.defvjp(x=None)


@definition(numpy=[np.fabs])
def fabs(x: Any) -> Any:
    """The absolute value |x| of real numbers, as floating ones, elementwise. x (...) -> (...).

    The subgradient at 0 is 0.

    Arguments:
        x: real numbers.
    Returns:
        As many numbers, in x's dtype if that is floating.
    Raises:
        TypeError: for complex numbers.

    Example:
        >>> ag.fabs(Tensor([-3, 2])).numpy()
        array([3., 2.])
    """
    return absolute.bind(*floating("fabs", (), x=x))


@definition(numpy=[np.divmod])
def divmod(x: Any, y: Any) -> tuple[Any, Any]:
    """The quotient rounded down and the remainder, elementwise. x, y (...) -> two of (...).

    Arguments:
        x, y: real numbers; the shapes broadcast.
    Returns:
        floor_divide(x, y), a constant, and remainder(x, y), through which the gradient flows.

    Example:
        >>> [r.item() for r in ag.divmod(Tensor(7.0), 2.0)]
        [3.0, 1.0]
    """
    return floor_divide(x, y), remainder(x, y)


# ── signs, and the larger of what is a number ─────────────────────────────────────────────────────────────────────────


def _signs(x: Any, y: Any) -> Any:
    return np.copysign(1.0, x) * np.copysign(1.0, y)


copysign = op(np.copysign, """The size of x with the sign of y, elementwise. x, y (...) -> (...).

    No gradient flows to y. The slope in x is 1, or -1 where the sign changes.

    Arguments:
        x, y: real numbers; the shapes broadcast.
    Returns:
        An array of the common shape.

    Example:
        >>> x = Tensor([1.0, -2.0], requires_grad=True)
        >>> ag.grad(ag.copysign(x, [-1.0, -1.0]).sum(), x).numpy()
        array([-1.,  1.])
    """, kink=lambda x: np.signbit(x))  # fmt: skip
copysign.defvjp(x=lambda g, x, y: g * _signs(x, y).astype(g.dtype), y=None)

nextafter = op(np.nextafter, """The number next to x on the way to y, elementwise. x, y (...) -> (...).

    No gradient flows to y. The slope in x is 1.

    Arguments:
        x, y: real numbers; the shapes broadcast.
    Returns:
        An array of the common shape.

    Example:
        >>> ag.nextafter(Tensor([0.0, 1.0]), [1.0, 1.0]).numpy()
        array([5.e-324, 1.e+000])
    """)  # fmt: skip
nextafter.defvjp(x=lambda g: g, y=None)

heaviside = op(np.heaviside, """The step function: 0 for x < 0, y at 0, 1 above, elementwise. x, y (...) -> (...).

    No gradient flows to x; y's is 1 where x is 0.

    Arguments:
        x: real numbers.
        y: the value at 0; the shapes broadcast.
    Returns:
        An array of the common shape; nan where x is nan.

    Example:
        >>> ag.heaviside(Tensor([-1.0, 0.0, 2.0]), 0.5).numpy()
        array([0. , 0.5, 1. ])
    """, kink=lambda x: np.sign(x))  # fmt: skip
heaviside.defvjp(x=None, y=lambda g, x: where(x == 0, g, 0))


def _choice(g: Any, x: Any, y: Any, above: Any) -> Any:
    """The share of g of x: all where it is chosen or y is nan, half at a tie, nothing else."""
    if type(g) is np.ndarray and type(above) is np.ndarray and g.shape == above.shape and not maps.any_alike(x, y):
        return maps.gate(g, above)
    tied = (x == y) | ((x != x) & (y != y))
    return where(above | ((y != y) & (x == x)), g, where(tied, g * g.dtype.type(0.5), 0))


fmax = op(np.fmax, """The larger of x and y, elementwise; of a number and nan the number. x, y (...) -> (...).

    At a tie each gets half of the gradient; nan beside a number gets nothing.

    Arguments:
        x, y: real numbers; the shapes broadcast.
    Returns:
        An array of the common shape; nan where both are.

    Example:
        >>> ag.fmax(Tensor([1.0, np.nan]), [3.0, 2.0]).numpy()
        array([3., 2.])
    """, kink=lambda x, y: np.sign(np.subtract(x, y)))  # fmt: skip
fmax.defvjp(x=lambda g, x, y: _choice(g, x, y, x > y), y=lambda g, x, y: _choice(g, y, x, y > x))

fmin = op(np.fmin, """The smaller of x and y, elementwise; of a number and nan the number. x, y (...) -> (...).

    At a tie each gets half of the gradient; nan beside a number gets nothing.

    Arguments:
        x, y: real numbers; the shapes broadcast.
    Returns:
        An array of the common shape; nan where both are.

    Example:
        >>> ag.fmin(Tensor([1.0, np.nan]), [3.0, 2.0]).numpy()
        array([1., 2.])
    """, kink=lambda x, y: np.sign(np.subtract(x, y)))  # fmt: skip
fmin.defvjp(x=lambda g, x, y: _choice(g, x, y, x < y), y=lambda g, x, y: _choice(g, y, x, y < x))


@elementwise(
    product=lambda g, x: _through(g, x), analytic=False, takes_complex=True,
    numpy={np.nan_to_num: ("copy",)}, methods=["nan_to_num"],
)  # fmt: skip
def nan_to_num(x: Any, nan: Number = 0.0, posinf: NumberOrNone = None, neginf: NumberOrNone = None) -> Any:
    """Numbers in the place of nan and infinities, elementwise. x (...) -> (...).

    No gradient flows to what was replaced.

    Arguments:
        x: numbers.
        nan: what stands for nan.
        posinf, neginf: what stands for inf and -inf; None is the largest and the smallest number of the dtype.
    Returns:
        An array of x's shape and dtype.
    Raises:
        TypeError: for replacements that are no numbers.

    Example:
        >>> x = Tensor([1.0, np.nan], requires_grad=True)
        >>> ag.grad(ag.nan_to_num(x).sum(), x).numpy()
        array([1., 0.])
    """
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def _through(g: Any, x: Any) -> Any:
    """g where x is finite, by parts if it is complex; else 0."""
    if x.dtype.kind != "c":
        finite = np.isfinite(x)
        return g if type(g) is np.ndarray and finite.all() else where(finite, g, 0)
    parts = bare(x)
    return where(np.isfinite(parts.real), g.real, 0) + 1j * where(np.isfinite(parts.imag), g.imag, 0)
