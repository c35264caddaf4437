"""Where elements are and which there are, positions and distinct elements; sums and products from a beginning."""

from typing import Any, NamedTuple

import numpy as np

from ..arguments import AxisOrFlat, Flag, Plain, axis_of, bare
from .counting import _like, unique
from .creation import DTypeOrNone
from .elementwise import astype
from .kinds import ROWS, definition, op
from .running import cumprod
from .scan import cumsum
from .shape import concatenate

# ── positions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@definition
def nonzero(x: Any) -> tuple[Any, ...]:
    """Where elements are not 0, as an array of positions for each axis. x (...) -> (n,), ...

    No gradient flows through it.

    Arguments:
        x: numbers.
    Returns:
        A tuple of constants, in row-major order; `x[ag.nonzero(x)]` are the elements.
    Raises:
        ValueError: for an array without axes.

    Example:
        >>> [i.tolist() for i in ag.nonzero(Tensor([[0, 5], [7, 0]]))]
        [[0, 1], [1, 0]]
    """
    if not x.shape:
        raise ValueError("nonzero: shape () has no axes to have positions along")
    return tuple(_like(x, positions) for positions in np.nonzero(bare(x)))


@op
def searchsorted(a: Any, v: Any, side: Plain = "left", sorter: Plain = None) -> Any:
    """Where in an ascending line numbers would have to be put in. a (n,), v (...) -> (...).

    No gradient flows through it.

    Arguments:
        a: the line (n,), in ascending order.
        v: the numbers to put in.
        side: "left" for the first possible position, "right" for the last.
        sorter: the order in which `a` is ascending, if it is not so as it stands.
    Returns:
        The positions, integers from 0 to n.
    Raises:
        ValueError: for what is no line, and another side.

    Example:
        >>> ag.searchsorted(Tensor([1.0, 2.0, 4.0]), Tensor([2.0, 3.0]), side="right").tolist()
        [2, 2]
    """
    return np.searchsorted(a, v, side, bare(sorter))


searchsorted.defvjp(a=None, v=None)

# ── distinct elements ─────────────────────────────────────────────────────────────────────────────────────────────────


class UniqueAllResult(NamedTuple):
    """What `unique_all` gives."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCountsResult(NamedTuple):
    """What `unique_counts` gives."""

    values: Any
    counts: Any


class UniqueInverseResult(NamedTuple):
    """What `unique_inverse` gives."""

    values: Any
    inverse_indices: Any


@definition(numpy=[np.unique_all])
def unique_all(x: Any) -> UniqueAllResult:
    """The distinct elements, and where and how often each is there. x (...) -> (m,), (m,), (...), (m,).

    The first of equal elements gets their gradient.

    Arguments:
        x: numbers; each nan is an element of its own.
    Returns:
        By these names: values, in ascending order, and as constants indices, where in row-major order each is first,
        inverse_indices, which of the values each element is, and counts.

    Example:
        >>> x = Tensor([5.0, 3.0, 5.0], requires_grad=True)
        >>> found = ag.unique_all(x)
        >>> [part.tolist() for part in found], ag.grad(found.values.sum(), x).tolist()
        ([[3.0, 5.0], [1, 0], [1, 0, 1], [1, 2]], [1.0, 1.0, 0.0])
    """
    return UniqueAllResult(*unique(x, True, True, True, equal_nan=False))


@definition(numpy=[np.unique_counts])
def unique_counts(x: Any) -> UniqueCountsResult:
    """The distinct elements, and how often each is there. x (...) -> (m,), (m,).

    The first of equal elements gets their gradient.

    Arguments:
        x: numbers; each nan is an element of its own.
    Returns:
        values, in ascending order, and the constant counts, by these names.

    Example:
        >>> [part.tolist() for part in ag.unique_counts(Tensor([5, 3, 5]))]
        [[3, 5], [1, 2]]
    """
    return UniqueCountsResult(*unique(x, return_counts=True, equal_nan=False))


@definition(numpy=[np.unique_inverse])
def unique_inverse(x: Any) -> UniqueInverseResult:
    """The distinct elements, and which of them each element is. x (...) -> (m,), (...).

    The first of equal elements gets their gradient.

    Arguments:
        x: numbers; each nan is an element of its own.
    Returns:
        values, in ascending order, and the constant inverse_indices, by these names.

    Example:
        >>> [part.tolist() for part in ag.unique_inverse(Tensor([5, 3, 5]))]
        [[3, 5], [1, 0, 1]]
    """
    return UniqueInverseResult(*unique(x, return_inverse=True, equal_nan=False))


@definition(numpy=[np.unique_values])
def unique_values(x: Any) -> Any:
    """The distinct elements in ascending order. x (...) -> (m,).

    The first of equal elements gets their gradient.

    Arguments:
        x: numbers; each nan is an element of its own.
    Returns:
        The elements.

    Example:
        >>> ag.unique_values(Tensor([5, 3, 5])).tolist()
        [3, 5]
    """
    return unique(x, equal_nan=False)


# ── from a beginning ──────────────────────────────────────────────────────────────────────────────────────────────────


def _cumulative(name: str, running: Any, first: int, words: str, result: str) -> None:
    """The row of a running sum or product that may begin with that of no elements."""

    def cumulative(x: Any, axis: AxisOrFlat = None, *, dtype: DTypeOrNone = None, include_initial: Flag = False) -> Any:
        if axis is None and len(x.shape) != 1:
            raise ValueError(f"{name}: shape {x.shape} has {len(x.shape)} axes; give the axis")
        along = axis_of(name, x.shape, axis or 0)
        found = running(x if dtype is None else astype(x, dtype), along)
        if not include_initial:
            return found
        shape = [1 if i == along else n for i, n in enumerate(found.shape)]
        return concatenate([np.full(shape, first, found.dtype), found], along)

    cumulative.__doc__ = f"""The {words} of the first elements along an axis. x (..., n, ...) -> (..., n, ...).

    Arguments:
        x: numbers.
        axis: the axis; None for the only one.
        dtype: another dtype to compute in.
        include_initial: whether to begin with that of no elements, {first}, so that there are n + 1.
    Returns:
        The {words}, in x's dtype if that is floating.
    Raises:
        ValueError: for several axes of which none is given, and an axis out of range.

    Example:
        >>> ag.{name}(Tensor([1.0, 2.0, 3.0, 4.0]), include_initial=True).tolist()
        {result}
    """
    definition(cumulative, name=name, numpy=[getattr(np, name)])


_cumulative("cumulative_sum", cumsum, 0, "sums", "[0.0, 1.0, 3.0, 6.0, 10.0]")
_cumulative("cumulative_prod", cumprod, 1, "products", "[1.0, 1.0, 2.0, 6.0, 24.0]")

ROWS |= {"concat": ROWS["concatenate"], "pow": ROWS["power"]}
