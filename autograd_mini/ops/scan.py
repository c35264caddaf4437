"""Along one axis: running sums, and differences of neighbours.

cumsum ↔ cumsum in reverse order      diff ↔ ± diff of zeros, y, zeros
"""

from typing import Annotated, Any

import numpy as np

from ..arguments import Axis, AxisOrFlat, Parameter, Whole, is_whole
from .elementwise import in_dtype
from .kinds import definition, linear
from .precision import in_single
from .shape import broadcast_to, concatenate, flip, pad

Beside = Annotated[Any, Parameter(None, "Tensor | ArrayLike | None")]


def _from_behind(g: Any, along: int) -> Any:
    return flip.bind(cumsum.bind(flip.bind(g, axis=(along,)), axis=along), axis=(along,))


@linear(lambda g, shape, *, axis: _from_behind(g, axis or 0).reshape(shape), methods=["cumsum"], numpy=[np.cumsum])
@in_single
def cumsum(x: Any, axis: AxisOrFlat = None) -> Any:
    """The running sum along an axis: Σ xⱼ over j ≤ i. x (...) -> (...).

    Half precision is added up in single.

    Arguments:
        x: numbers.
        axis: one axis, or None for all elements in row-major order.
    Returns:
        As many sums, in x's dtype if that is floating; (n,) without an axis.
    Raises:
        ValueError: for an axis out of range.

    Example:
        >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
        >>> y = ag.cumsum(x)
        >>> y.numpy(), ag.grad(y.sum(), x).numpy()  # the first element is in all three sums
        (array([1., 3., 6.]), array([3., 2., 1.]))
    """
    return np.cumsum(x, axis)


def _adjoint(g: Any, *, n: int, axis: int) -> Any:
    width = tuple((n, n) if i == axis else (0, 0) for i in range(len(g.shape)))
    back = diff.bind(pad.bind(g, pad_width=width, value=0.0), n=n, axis=axis)
    return -back if n % 2 else back


@linear(_adjoint, public=False)
def diff(x: Any, *, n: int, axis: int) -> Any:
    """x[i + 1] − x[i] along the axis, n times; n is at most the axis's length. x (..., m, ...) -> (..., m − n, ...)."""
    return np.diff(x, n, axis)


@definition(name="diff", methods=["diff"], numpy=[np.diff])
def differences(x: Any, n: Whole = 1, axis: Axis = -1, prepend: Beside = None, append: Beside = None) -> Any:
    """The differences x[i + 1] − x[i] along an axis, n times. x (..., m, ...) -> (..., m − n, ...).

    Arguments:
        x: real numbers.
        n: how many times, an integer of at least 0.
        axis: the axis.
        prepend, append: what is joined to x before and after it along the axis: an array, a number, or None.
    Returns:
        The differences; none along the axis if n is larger than its length.
    Raises:
        ValueError: unless n is an integer of at least 0, for a bad axis, and for arrays that cannot be joined.

    Example:
        >>> x = Tensor([1.0, 4.0, 9.0], requires_grad=True)
        >>> y = ag.diff(x)
        >>> y.numpy(), ag.grad(y, x, np.array([1.0, 10.0])).numpy()
        (array([3., 5.]), array([-1., -9., 10.]))
    """
    if not is_whole(n, 0):
        raise ValueError(f"diff: n must be an integer of at least 0, not {n!r}")
    parts = [_end(x, axis, "prepend", prepend), x, _end(x, axis, "append", append)]
    parts = [part for part in parts if part is not None]
    joined = concatenate(parts, axis) if n and len(parts) > 1 else x
    return diff.bind(joined, n=min(int(n), joined.shape[axis]), axis=axis)


def _end(x: Any, axis: int, what: str, value: Any) -> Any:
    """What is joined to x, in x's shape beside the axis. A number is one element there, in x's dtype if floating."""
    if value is None:
        return None
    y = in_dtype("diff", value, x.dtype)
    around = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
    if not y.shape:
        return broadcast_to.bind(y, shape=around)
    if (*y.shape[:axis], 1, *y.shape[axis + 1 :]) != around:
        raise ValueError(f"diff: {what} {y.shape} and x {x.shape} must agree on every axis but axis {axis}")
    return y
