"""Reductions over axes; and mean, variance and standard deviation, which are made of them."""

from math import prod
from typing import Any

import numpy as np
from numpy import ndarray  # of NumPy's attributes Python has no cache

from ..arguments import Axes, AxesWithElements, AxisOrAll, Ddof, Flag, Plain
from ..core import tape
from ..core.primitive import operand
from ..kernels.layout import channels_last
from ..kernels.maps import column_sums
from ..kernels.quiet import quiet, quiet_underflow
from ..kernels.sums import largest, sums
from .elementwise import where
from .kinds import definition, elementwise, linear, op
from .precision import in_single
from .shape import broadcast_to

COPIED = 1 << 16  # elements that are copied


def _spread(g: Any, shape: tuple[int, ...], *, axis: tuple[int, ...]) -> Any:
    """g for every element that was added up into it: of a few a copy, which is quick to go over and may be added to."""
    if type(g) is ndarray and prod(shape) <= COPIED:
        spread = np.empty(shape, g.dtype)
        spread[...] = restored(g, shape, axis) if g.shape else g
        return spread
    return broadcast_to.bind(restored(g, shape, axis) if g.shape else g, shape=shape)


@linear(_spread, methods=["sum"])
def sum(x: Any, axis: Axes = None, keepdims: Flag = False) -> Any:
    """The sum over the given axes, by default all. x (...) -> (...).

    Half precision is added up in single. Long sums in single are added up in runs, so that they lose few digits.

    Arguments:
        x: numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
    Returns:
        The sums, in x's dtype; of booleans and of small integers, in NumPy's default integer.
    Raises:
        ValueError: for an axis out of range or named twice.

    Example:
        >>> x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        >>> ag.grad(ag.sum(x, axis=0), x, np.array([1.0, 10.0])).numpy()
        array([[ 1., 10.],
               [ 1., 10.]])
    """
    if axis == (0, 2, 3) and np.ndim(x) == 4 and not keepdims and x.strides[1] == x.itemsize:
        return column_sums(channels_last(x))  # the gradient of a bias
    return sums(x, axis, keepdims)


tape.total = lambda g, axes: sums(g, axes, keepdims=True)  # broadcasting is undone with the same care
tape.quiet = quiet_underflow


def restored(y: Any, shape: tuple[int, ...], axis: tuple[int, ...]) -> Any:
    """y with length 1 on each reduced axis again, so that it broadcasts against `shape`."""
    if len(axis) == 1:
        return y.reshape((*shape[: axis[0]], 1, *shape[axis[0] + 1 :]))
    return y.reshape(tuple([1 if i in axis else n for i, n in enumerate(shape)]))


@in_single
def _shared(g: Any, x: Any, out: Any, *, axis: tuple[int, ...]) -> Any:
    """g for the elements of x that are equal to `out`, shared equally where there are several."""
    hit = (x == restored(out, x.shape, axis)) | (x != x)  # nan is the largest, and the smallest
    return where.bind(hit, restored(g, x.shape, axis) / hit.sum(axis=axis, keepdims=True).astype(g.dtype), 0)


def _reached(x: Any, out: Any, axis: tuple[int, ...]) -> Any:
    return x == restored(out, x.shape, axis)


@op(kink=_reached, methods=["max"])
def max(x: Any, axis: AxesWithElements = None, keepdims: Flag = False) -> Any:
    """The largest element over the given axes, by default all; PyTorch's `amax`. x (...) -> (...).

    Tied elements share the gradient equally. Where there is nan, those that are nan do.

    Arguments:
        x: real numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
    Returns:
        The largest elements, nan where there is one, in x's dtype.
    Raises:
        ValueError: for an axis out of range or named twice, and for axes without elements.

    Example:
        >>> x = Tensor([1.0, 5.0, 5.0], requires_grad=True)
        >>> ag.grad(ag.max(x), x).numpy()  # a tie
        array([0. , 0.5, 0.5])
    """
    return largest(x, axis, keepdims)


@op(kink=_reached, methods=["min"])
def min(x: Any, axis: AxesWithElements = None, keepdims: Flag = False) -> Any:
    """The smallest element over the given axes, by default all; PyTorch's `amin`. x (...) -> (...).

    Tied elements share the gradient equally. Where there is nan, those that are nan do.

    Arguments:
        x: real numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
    Returns:
        The smallest elements, nan where there is one, in x's dtype.
    Raises:
        ValueError: for an axis out of range or named twice, and for axes without elements.

    Example:
        >>> x = Tensor([1.0, 1.0, 5.0], requires_grad=True)
        >>> ag.grad(ag.min(x), x).numpy()  # a tie
        array([0.5, 0.5, 0. ])
    """
    return np.minimum.reduce(x, axis=axis, keepdims=keepdims)


max.defvjp(x=_shared)
min.defvjp(x=_shared)


@op(methods=["argmax"], numpy=[np.argmax])
def argmax(x: Any, axis: AxisOrAll = None, keepdims: Flag = False) -> Any:
    """The position of the first largest element along an axis. x (..., n, ...) -> (...).

    nan counts as largest. No gradient flows through it.

    Arguments:
        x: real numbers.
        axis: one axis, or None for the position in all of x in row-major order.
        keepdims: whether the reduced axis stays, with length 1.
    Returns:
        The positions, integers.
    Raises:
        ValueError: for an axis out of range, and for one without elements.

    Example:
        >>> ag.argmax(np.array([[1, 5, 2], [7, 0, 7]]), axis=1)
        array([1, 0])
    """
    return np.argmax(x, axis=axis, keepdims=keepdims)


argmax.defvjp(x=None)

# ── by definition ─────────────────────────────────────────────────────────────────────────────────────────────────────


@definition(methods=["mean"])
def mean(x: Any, axis: Axes = None, keepdims: Flag = False) -> Any:
    """The arithmetic mean Σx / n over the given axes, by default all. x (...) -> (...).

    Half precision is added up and divided in single.

    Arguments:
        x: real numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
    Returns:
        The means, in x's dtype; of integers, float64; of no elements, nan.
    Raises:
        ValueError: for an axis out of range or named twice.

    Example:
        >>> x = Tensor([1.0, 2.0, 3.0, 6.0], requires_grad=True)
        >>> ag.grad(ag.mean(x), x).numpy()
        array([0.25, 0.25, 0.25, 0.25])
    """
    x = operand("mean", x)
    return _mean(x, axis=axis, keepdims=keepdims, n=_number(x.shape, axis))


@in_single
def _mean(x: Any, *, axis: tuple[int, ...], keepdims: bool, n: float) -> Any:
    return sum.bind(x, axis=axis, keepdims=keepdims) / n


def _number(shape: tuple[int, ...], axis: tuple[int, ...]) -> Any:
    """How many elements there are; nan for none, by which everything becomes nan."""
    return prod(shape if len(axis) == len(shape) else [shape[i] for i in axis]) or np.nan


@definition(methods=["var"])
def var(x: Any, axis: Axes = None, keepdims: Flag = False, *, ddof: Ddof = 0) -> Any:
    """The variance Σ(x − mean)² / (n − ddof) over the given axes, by default all. x (...) -> (...).

    As in NumPy the default divides by n; PyTorch's divides by n − 1. Half precision is computed in single.

    Arguments:
        x: real numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
        ddof: a number of at least 0, which the number n of elements is reduced by.
    Returns:
        The variances, in x's dtype; of integers, float64; of no elements, nan.
    Raises:
        ValueError: for an axis out of range or named twice, and for elements, but no more than `ddof`.

    Example:
        >>> x = Tensor([1.0, 2.0, 6.0], requires_grad=True)
        >>> ag.grad(ag.var(x, ddof=1), x).numpy()  # (x - 3) · 2 / (n - 1)
        array([-2., -1.,  3.])
    """
    with quiet(under="ignore"):  # of squares
        return _var(operand("var", x), name="var", axis=axis, keepdims=keepdims, ddof=ddof)


@definition(methods=["std"])
def std(x: Any, axis: Axes = None, keepdims: Flag = False, *, ddof: Ddof = 0) -> Any:
    """The standard deviation √var over the given axes, by default all. x (...) -> (...).

    As in NumPy the default divides by n; PyTorch's divides by n − 1. Half precision is computed in single. Where all
    elements are equal the subgradient is 0.

    Arguments:
        x: real numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
        ddof: a number of at least 0, which the number n of elements is reduced by.
    Returns:
        The standard deviations, in x's dtype; of integers, float64; of no elements, nan.
    Raises:
        ValueError: for an axis out of range or named twice, and for elements, but no more than `ddof`.

    Example:
        >>> x = Tensor([[1.0, 3.0], [2.0, 2.0]], requires_grad=True)
        >>> ag.grad(ag.std(x, axis=1).sum(), x).numpy()
        array([[-0.5,  0.5],
               [ 0. ,  0. ]])
    """
    with quiet(under="ignore"):
        return _std(operand("std", x), axis=axis, keepdims=keepdims, ddof=ddof)


@op(public=False, takes_complex=True)
def mean_square(x: Any, *, axis: Plain, keepdims: Plain, n: Plain, degrees: Plain) -> Any:
    """Σ|x − Σx / n|² / degrees over the axes. x (...) -> (...)."""
    centred = x - sums(x, axis, keepdims=True) / n
    square = centred * centred if centred.dtype.kind != "c" else (centred * centred.conjugate()).real
    return sums(square, axis, keepdims) / degrees


def _from_mean_square(g: Any, x: Any, *, axis: tuple[int, ...], n: float, degrees: float) -> Any:
    return restored(g, x.shape, axis) * (2 / degrees) * (x - sum.bind(x, axis=axis, keepdims=True) / n)


mean_square.defvjp(x=_from_mean_square)


@in_single
def _var(x: Any, *, name: str, axis: tuple[int, ...], keepdims: bool, ddof: float) -> Any:
    n = _number(x.shape, axis)
    if n - ddof <= 0:
        raise ValueError(f"{name}: {n} element(s) per result leave no degree of freedom with ddof={ddof}")
    return mean_square.bind(x, axis=axis, keepdims=keepdims, n=n, degrees=n - ddof)


@in_single
def _std(x: Any, **how: Any) -> Any:
    return flat_root.bind(_var(x, name="std", **how))


@elementwise(product=lambda g, out: g * (out != 0) / (2 * out + (out == 0)), public=False)
def flat_root(x: Any) -> Any:
    """√x, but of slope 0 at 0. x (...) -> (...)."""
    return np.sqrt(x)
