"""Elements compared and counted: constants all, but for weights, whose sums carry a gradient."""

from typing import Annotated, Any

import numpy as np

from ..arguments import AxisOrFlat, Flag, Parameter, Plain, axis_of, bare, is_whole
from ..core.observer import is_grad_enabled
from ..core.primitive import operand
from ..core.tape import Value
from .choose import take, whole_numbers
from .creation import linspace
from .elementwise import floating
from .kinds import definition, op
from .reduce import max, min
from .shape import index_add

Weights = Annotated[Any, Parameter(None, "Tensor | ArrayLike | None")]
Tolerance = Annotated[Any, Parameter(None, "float")]
Other = Annotated[Any, Parameter(None, "Tensor | ArrayLike")]


def _like(x: Any, found: Any) -> Any:
    """NumPy's result as a constant of x's kind."""
    if isinstance(found, tuple):
        return tuple(_like(x, part) for part in found)
    return type(x).made(found, None) if isinstance(x, Value) else found


# ── compared ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@op(takes_complex=True, numpy=[np.isclose])
def isclose(a: Any, b: Any, rtol: Tolerance = 1e-5, atol: Tolerance = 1e-8, equal_nan: Flag = False) -> Any:
    """Whether |a − b| ≤ atol + rtol·|b|, elementwise. a, b (...) -> (...).

    Arguments:
        a, b: numbers; the shapes broadcast.
        rtol, atol: the relative and the absolute tolerance.
        equal_nan: whether nan is close to nan.
    Returns:
        Booleans.

    Example:
        >>> ag.isclose(Tensor([1.0, 2.0]), [1.0 + 1e-9, 2.1]).tolist()
        [True, False]
    """
    return np.isclose(a, b, bare(rtol), bare(atol), equal_nan)


isclose.defvjp(a=None, b=None)


@definition
def allclose(a: Any, b: Other, rtol: Tolerance = 1e-5, atol: Tolerance = 1e-8, equal_nan: Flag = False) -> bool:
    """Whether all elements of a and b are close, as `isclose` has it. a, b (...) -> a bool.

    No gradient flows through it.

    Arguments:
        a, b: numbers; the shapes broadcast.
        rtol, atol: the relative and the absolute tolerance.
        equal_nan: whether nan is close to nan.
    Returns:
        True or False.

    Example:
        >>> ag.allclose(Tensor([1.0, 2.0]), [1.0 + 1e-9, 2.0])
        True
    """
    return bool(np.all(bare(isclose(a, b, rtol, atol, equal_nan))))


@definition
def array_equal(a1: Any, a2: Other, equal_nan: Flag = False) -> bool:
    """Whether two arrays have one shape and equal elements. a1, a2 (...) -> a bool.

    No gradient flows through it.

    Arguments:
        a1, a2: numbers.
        equal_nan: whether nan is equal to nan.
    Returns:
        True or False.

    Example:
        >>> ag.array_equal(Tensor([1, 2]), [1, 2])
        True
    """
    return bool(np.array_equal(bare(a1), bare(operand("array_equal", a2)), equal_nan))


# ── counted ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@op(numpy=[np.digitize])
def digitize(x: Any, bins: Any, right: Flag = False) -> Any:
    """In which bin each number is: how many of the edges are not above it. x (...), bins (n,) -> (...).

    Arguments:
        x: real numbers.
        bins: the edges, ascending or descending.
        right: whether a number at an edge belongs to the bin below it.
    Returns:
        Integers from 0 to n.
    Raises:
        ValueError: for edges that are not in order.

    Example:
        >>> ag.digitize(Tensor([0.5, 1.0, 7.0]), [0.0, 1.0, 2.0]).tolist()
        [1, 2, 3]
    """
    return np.digitize(x, bins, right)


digitize.defvjp(x=None, bins=None)


@definition(numpy=[np.bincount])
def bincount(x: Any, weights: Weights = None, minlength: Plain = 0) -> Any:
    """How often each number from 0 on is there, or the sum of the weights that stand with it. x (n,) -> (m,).

    Arguments:
        x: integers of at least 0.
        weights: a number for each, through which the gradient flows; None for 1.
        minlength: the least length of the result.
    Returns:
        Integers, or sums in the weights' dtype; at least one more than the largest number.
    Raises:
        ValueError: for negative numbers, what is no line, and weights of another shape.
        TypeError: for what are no integers.

    Example:
        >>> ag.bincount(Tensor([0, 2, 2]), weights=[1.0, 2.0, 3.0]).tolist()
        [1.0, 0.0, 5.0]
    """
    numbers = whole_numbers("bincount", "x", x)
    if numbers.ndim != 1 or numbers.min(initial=0) < 0:
        raise ValueError(f"bincount: x {numbers.shape} must be a line of integers of at least 0")
    if not is_whole(minlength, 0):
        raise ValueError(f"bincount: minlength must be an integer of at least 0, not {minlength!r}")
    if weights is None:
        return _like(x, np.bincount(numbers, minlength=minlength))
    (given,) = floating("bincount", (), weights=weights)
    if given.shape != numbers.shape:
        raise ValueError(f"bincount: weights {given.shape} must be one for each number of x {numbers.shape}")
    found = index_add.bind(given, shape=(int(np.maximum(numbers.max(initial=-1) + 1, minlength)),), index=numbers)
    return found if isinstance(found, Value) else _like(x, found)


@definition(numpy=[np.histogram])
def histogram(
    a: Any, bins: Plain = 10, range: Plain = None, density: Plain = None,  # noqa: A002 (NumPy's name)
    weights: Weights = None,
) -> tuple[Any, Any]:  # fmt: skip
    """How many numbers are in each bin, and the edges of the bins. a (...) -> (m,), (m + 1,).

    The gradient flows to the edges that the smallest and the largest number make.

    Arguments:
        a: real numbers.
        bins: how many bins of one width, or their edges, ascending, or the name of NumPy's way to choose them.
        range: the ends of the bins, a pair; None for the smallest and the largest number.
        density: whether the integral is to be 1.
        weights: what each number counts, constants in a's shape; None for 1.
    Returns:
        The counts, constants, and the edges.
    Raises:
        ValueError: for edges that are not in order.
        TypeError: for weights that carry a gradient, which would be lost, as it would in densities and in edges that
            NumPy chooses.

    Example:
        >>> [part.tolist() for part in ag.histogram(Tensor([0.0, 1.0, 4.0]), bins=2)]
        [[2, 1], [0.0, 2.0, 4.0]]
    """
    if is_grad_enabled() and getattr(weights, "node", None) is not None:
        raise TypeError("histogram: the gradient of the weights would be lost; bincount keeps it, or detach them")
    moving = is_grad_enabled() and getattr(a, "node", None) is not None and range is None and np.ndim(bins) == 0
    if moving and (density or isinstance(bins, str)):
        raise TypeError("histogram: the gradient of densities and of chosen edges would be lost; give a.detach()")
    given = None if weights is None else bare(weights)
    counts, edges = np.histogram(bare(a), bare(bins), range, density, given)
    if moving and edges[0] == np.min(bare(a), initial=np.inf):  # and not half below the only number
        return _like(a, counts), linspace(min(a), max(a), len(edges))
    return _like(a, counts), _like(a, edges)


@definition(numpy=[np.unique])
def unique(
    ar: Any, return_index: Flag = False, return_inverse: Flag = False, return_counts: Flag = False, axis: Plain = None,
    *, equal_nan: Flag = True, sorted: Flag = True,  # noqa: A002
) -> Any:  # fmt: skip
    """The different elements, or parts along an axis, in ascending order; more if asked for. ar (...) -> (m,).

    The first of equal ones gets their gradient.

    Arguments:
        ar: numbers.
        return_index: whether to say where each was found first.
        return_inverse: whether to say which of them each element is.
        return_counts: whether to say how often each is there.
        axis: the axis along which parts are compared; None for elements.
        equal_nan: whether nan are one element.
        sorted: without meaning: they are in order.
    Returns:
        The elements; with more, which are constants, in the order of the arguments, a tuple.

    Example:
        >>> [part.tolist() for part in ag.unique(Tensor([5, 3, 5]), return_counts=True)]
        [[3, 5], [1, 2]]
    """
    along = None if axis is None else axis_of("unique", ar.shape, axis)
    values, first, *more = np.unique(bare(ar), True, return_inverse, return_counts, along, equal_nan=equal_nan)
    found = take(ar, first, along) if first.size else _like(ar, values)
    rest = [_like(ar, part) for part in ([first] if return_index else []) + more]
    return (found, *rest) if rest else found


@op(takes_complex=True)
def isin(element: Any, test_elements: Any, *, invert: Flag = False) -> Any:
    """Whether each element is one of others. element (...), test_elements (...) -> (...).

    Arguments:
        element: numbers.
        test_elements: the others, in any shape.
        invert: whether to say the contrary.
    Returns:
        Booleans.

    Example:
        >>> ag.isin(Tensor([1, 2, 3]), [3, 1]).tolist()
        [True, False, True]
    """
    return np.isin(element, test_elements, invert=invert)


isin.defvjp(element=None, test_elements=None)


@definition(numpy=[np.nanargmax])
def nanargmax(x: Any, axis: AxisOrFlat = None, keepdims: Flag = False) -> Any:
    """The position of the first largest element that is not nan. x (..., n, ...) -> (...).

    No gradient flows through it.

    Arguments:
        x: real numbers.
        axis: one axis, or None for the position in all of x in row-major order.
        keepdims: whether the reduced axis stays, with length 1.
    Returns:
        The positions, constants.
    Raises:
        ValueError: for an axis out of range, and for nothing but nan.

    Example:
        >>> ag.nanargmax(Tensor([1.0, np.nan, 3.0])).item()
        2
    """
    return _nan_position("nanargmax", np.nanargmax, x, axis, keepdims)


@definition(numpy=[np.nanargmin])
def nanargmin(x: Any, axis: AxisOrFlat = None, keepdims: Flag = False) -> Any:
    """The position of the first smallest element that is not nan. x (..., n, ...) -> (...).

    No gradient flows through it.

    Arguments:
        x: real numbers.
        axis: one axis, or None for the position in all of x in row-major order.
        keepdims: whether the reduced axis stays, with length 1.
    Returns:
        The positions, constants.
    Raises:
        ValueError: for an axis out of range, and for nothing but nan.

    Example:
        >>> ag.nanargmin(Tensor([1.0, np.nan, 3.0])).item()
        0
    """
    return _nan_position("nanargmin", np.nanargmin, x, axis, keepdims)


def _nan_position(name: str, function: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    try:
        return _like(x, np.asarray(function(bare(x), axis, keepdims=keepdims)))
    except ValueError as error:
        raise ValueError(f"{name}: shape {x.shape}: {error}") from None
