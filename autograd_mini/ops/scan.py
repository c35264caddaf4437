"""Along one axis: running sums, and differences of neighbours.

cumsum ↔ cumsum from behind      diff ↔ ± diff, of what is surrounded by zeros
"""

from typing import Annotated, Any

import numpy as np

from ..arguments import Axis, AxisOrFlat, Parameter, Whole, is_whole
from ..core.primitive import operand
from .kinds import definition, linear
from .precision import in_single
from .shape import broadcast_to, concatenate, flip, pad

Beside = Annotated[Any, Parameter(None, "Tensor | ArrayLike | None")]


def _from_behind(g: Any, along: int) -> Any:
    return flip.bind(cumsum.bind(flip.bind(g, axis=(along,)), axis=along), axis=(along,))


@linear(lambda g, shape, *, axis: _from_behind(g, axis or 0).reshape(shape), methods=["cumsum"], numpy=[np.cumsum])
@in_single
def cumsum(x: Any, axis: AxisOrFlat = None) -> Any:
    """The sums of all elements up to each along the axis; by default of all in one line. x (...) -> (...) or (n,).

    Half precision is added up in single.
    """
    return np.cumsum(x, axis)


def _adjoint(g: Any, *, n: int, axis: int) -> Any:
    width = tuple((n, n) if i == axis else (0, 0) for i in range(len(g.shape)))
    back = diff.bind(pad.bind(g, pad_width=width, value=0.0), n=n, axis=axis)
    return -back if n % 2 else back


@linear(_adjoint, public=False)
def diff(x: Any, *, n: int, axis: int) -> Any:
    """x[i + 1] − x[i] along the axis, n times, at most as often as it is long. x (..., m, ...) -> (..., m − n, ...)."""
    return np.diff(x, n, axis)


@definition(name="diff", methods=["diff"], numpy=[np.diff])
def differences(x: Any, n: Whole = 1, axis: Axis = -1, prepend: Beside = None, append: Beside = None) -> Any:
    """x[i + 1] − x[i] along the axis, n times. x (..., m, ...) -> (..., m − n, ...), or none there if n > m.

    prepend, append: what is joined to either end of x before, arrays or a number. Raises ValueError if n is no integer
    of at least 0, and for what does not fit beside x.
    """
    if not is_whole(n, 0):
        raise ValueError(f"diff: n must be an integer of at least 0, not {n!r}")
    parts = [_end(x, axis, "prepend", prepend), x, _end(x, axis, "append", append)]
    parts = [part for part in parts if part is not None]
    joined = concatenate(parts, axis) if n and len(parts) > 1 else x
    return diff.bind(joined, n=min(int(n), joined.shape[axis]), axis=axis)


def _end(x: Any, axis: int, what: str, value: Any) -> Any:
    """What is joined to x: a number once along the axis, in x's dtype if that is floating."""
    if value is None:
        return None
    y = np.asarray(value, x.dtype) if type(value) in (int, float) and x.dtype.kind == "f" else operand("diff", value)
    around = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
    if not y.shape:
        return broadcast_to.bind(y, shape=around)
    if (*y.shape[:axis], 1, *y.shape[axis + 1 :]) != around:
        raise ValueError(f"diff: {what} {y.shape} and x {x.shape} must agree on every axis but axis {axis}")
    return y
