"""Elements picked along an axis by their positions, or in ascending order.

take_along_axis ↔ add_along_axis
"""

from math import prod
from typing import Any

import numpy as np

from ..arguments import AxisOrFlat, Plain
from ..core.primitive import operand
from .kinds import definition, linear, op
from .precision import in_single


@linear(
    lambda g, shape, indices, *, axis: add_along_axis.bind(g, indices, shape=shape, axis=axis),
    numpy=[np.take_along_axis],
)
def take_along_axis(x: Any, indices: Any, axis: AxisOrFlat = -1) -> Any:
    """x[…, indices[…, j, …], …] at place j of the axis. x, indices (..., n, ...), (..., m, ...) -> (..., m, ...).

    The other axes broadcast; None takes all of x in one line. An element taken twice receives both gradients. Raises
    ValueError unless there are as many axes, of lengths that go together; IndexError for what is no integer, or out of
    bounds.
    """
    if np.ndim(indices) != (1 if axis is None else np.ndim(x)):
        raise ValueError(f"indices must have {'one axis' if axis is None else 'as many axes as x'}")
    x, indices = np.asarray(x), np.asarray(indices)
    pairs = zip(x.shape, indices.shape, strict=True) if axis is not None else ()
    if any(i != axis and n != m and 1 not in (n, m) for i, (n, m) in enumerate(pairs)):
        raise ValueError(f"on all axes but axis {axis} their lengths must be equal, or 1")
    return np.take_along_axis(x, indices, axis)


@linear(lambda g, indices, *, axis: take_along_axis.bind(g, indices, axis=axis), public=False)
@in_single
def add_along_axis(y: Any, indices: Any, *, shape: Plain, axis: Plain) -> Any:
    """Zeros of `shape` with y added at the indices along the axis. y, indices (..., m, ...) -> (..., n, ...)."""
    x = np.zeros(prod(shape), y.dtype)
    places = np.take_along_axis(np.arange(x.size).reshape(shape), indices, axis)
    np.add.at(x, places.ravel(), y.ravel())
    return x.reshape(shape)


@op(public=False)
def argsort(x: Any, *, axis: Plain) -> Any:
    """Where the elements stand that come first, second, … in ascending order, nan last. x (...) -> (...) or (n,)."""
    return np.argsort(x, axis, kind="stable")


argsort.defvjp(x=None)
take_along_axis.defvjp(indices=None)
add_along_axis.defvjp(indices=None)


@definition(methods=["sort"], numpy={np.sort: ("kind", "stable")})
def sort(x: Any, axis: AxisOrFlat = -1) -> Any:
    """The elements in ascending order along the axis, or all in one line, nan last. x (...) -> (...), or (n,).

    Equal elements keep their order, and each has the gradient of the place where it comes to stand.
    """
    x = operand("sort", x)
    return take_along_axis.bind(x, argsort.bind(x, axis=axis), axis=axis)
