"""Elements chosen by place, by condition or by number; diagonals and triangles.

where with functions      each is computed on its own elements only, so that no nan comes from the branch not taken
"""

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np

from ..arguments import Axis, AxisOrFlat, Parameter, Plain, Whole, bare
from ..core.primitive import call_as, operand
from .axes import moveaxis, ravel
from .elementwise import astype, in_dtype, where
from .kinds import definition, linear
from .reduce import sum
from .shape import _joined, broadcast_to, getitem, index_add

Choices = Annotated[Any, Parameter(None, "Sequence[Tensor | ArrayLike]")]
Places = Annotated[Any, Parameter(None, "int | ArrayLike")]
Values = Annotated[Any, Parameter(None, "Tensor | ArrayLike")]

# ── by place ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def whole_numbers(name: str, what: str, given: Any) -> Any:
    """An array of integers. Raises TypeError, as `name`, for other data."""
    array = np.asarray(bare(given))
    if array.dtype.kind not in "iu" and array.size:
        raise TypeError(f"{name}: {what} must be integers, not {array.dtype}")
    return array.astype(np.intp)


@definition(numpy=[np.take], methods=["take"])
def take(x: Any, indices: Places, axis: AxisOrFlat = None, *, mode: Plain = "raise") -> Any:
    """Elements by their places along an axis; PyTorch's `index_select`. x (..., n, ...) -> (..., *indices, ...).

    An element taken twice receives both gradients.

    Arguments:
        x: an array.
        indices: the places, integers in any shape.
        axis: the axis; None takes from all elements in one line.
        mode: what is done out of range: "raise", "wrap" around, or "clip" to the ends.
    Returns:
        The elements, the places' shape instead of the axis.
    Raises:
        IndexError: for a place out of range.
        TypeError: for places that are no integers.
        ValueError: for another mode.

    Example:
        >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
        >>> ag.grad(ag.take(x, [0, 2, 2]).sum(), x).numpy()
        array([1., 0., 2.])
    """
    x, along = (ravel(x), 0) if axis is None else (x, axis)
    places, n = whole_numbers("take", "indices", indices), x.shape[along]
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"take: mode must be 'raise', 'wrap' or 'clip', not {mode!r}")
    if mode != "raise":
        places = np.clip(places, 0, n - 1) if mode == "clip" else places % max(n, 1)
    odd = (places < -n) | (places >= n)
    if odd.any():
        raise IndexError(f"take: place {places[odd].flat[0]} is out of range for axis {along} of shape {x.shape}")
    return getitem.bind(x, index=(*[slice(None)] * along, places))


@definition(numpy=[np.compress])
def compress(condition: Any, a: Any, axis: Plain = None) -> Any:
    """What stands along an axis where a condition holds. a (..., n, ...) -> (..., m, ...).

    Arguments:
        condition: a line of booleans, at most as long as the axis.
        a: an array.
        axis: the axis; None for all elements in one line.
    Returns:
        The chosen parts.
    Raises:
        ValueError: for a condition of more axes.
        IndexError: for one that holds beyond the axis.

    Example:
        >>> ag.compress([True, False, True], Tensor([1, 2, 3])).tolist()
        [1, 3]
    """
    mask = np.asarray(bare(condition))
    if mask.ndim != 1:
        raise ValueError(f"compress: the condition {mask.shape} must be a line")
    return take(operand("compress", a), np.flatnonzero(mask), axis)


@definition(numpy=[np.extract])
def extract(condition: Any, arr: Any) -> Any:
    """The elements where a condition holds, in one line. arr (...) -> (m,).

    Arguments:
        condition: booleans in arr's shape.
        arr: an array.
    Returns:
        The chosen elements.
    Raises:
        IndexError: for a condition that holds beyond the array.

    Example:
        >>> ag.extract([[True, False], [False, True]], Tensor([[1, 2], [3, 4]])).tolist()
        [1, 4]
    """
    return take(operand("extract", arr), np.flatnonzero(np.asarray(bare(condition))))


# ── by condition ──────────────────────────────────────────────────────────────────────────────────────────────────────


def branches(condition: Any, x: Any, y: Any, of: Any) -> Any:
    """`where` with functions: each is given the elements of the operands that are its own, in one line."""
    mask = np.asarray(bare(condition)).astype(bool)
    operands = [operand("where", o) for o in (of if isinstance(of, tuple | list) else (of,))]
    dtype = np.result_type(*(o.dtype for o in operands))
    x, y = (side if callable(side) else in_dtype("where", side, dtype) for side in (x, y))
    fixed = [side for side in (x, y) if not callable(side)]
    shape = np.broadcast_shapes(mask.shape, *(o.shape for o in (*operands, *fixed)))
    mask = np.broadcast_to(mask, shape)
    spread = [broadcast_to.bind(o, shape=shape) for o in operands]
    parts = []
    for side, there in ((x, mask), (y, ~mask)):
        if callable(side):
            given = side(*(getitem.bind(o, index=there) for o in spread))
        else:
            given = getitem.bind(broadcast_to.bind(side, shape=shape), index=there)
        count = int(there.sum())
        if np.shape(given) not in ((), (count,)):
            raise ValueError(f"where: a function gave {np.shape(given)} for {count} elements; it must keep them")
        line = broadcast_to.bind(in_dtype("where", given, dtype), shape=(count,))
        parts.append(index_add.bind(line, shape=shape, index=there))
    return parts[0] + parts[1]


_GIVEN: Any = object()


def _where(condition: Any, x: Any = _GIVEN, y: Any = _GIVEN, *, of: Any = None) -> Any:
    """The elements of x where the condition holds, those of y elsewhere. condition, x, y (...) -> (...).

    Each element's gradient goes to the one that was chosen; none to the condition. A function in the place of x or y is
    given the elements of `of` that are its own, and computed on them only: no nan comes from the branch not taken.

    Arguments:
        condition: booleans, or numbers, of which 0 is False.
        x, y: numbers or functions; the shapes of all three broadcast. Without them the places where it holds are given.
        of: what functions are functions of: a Tensor or several.
    Returns:
        The chosen elements, in the shape that all three, and the dtype that x and y have in common.
    Raises:
        TypeError: for a condition that is not made of booleans or real numbers, and for functions of nothing.
        ValueError: for shapes that do not broadcast, and for functions that do not keep the number of elements.

    Example:
        >>> x = Tensor([0.0, 4.0], requires_grad=True)
        >>> y = ag.where(x > 0, ag.sqrt, 0.0, of=x)
        >>> y.numpy(), ag.grad(y.sum(), x).numpy()
        (array([0., 2.]), array([0.  , 0.25]))
    """
    if y is _GIVEN:
        if x is _GIVEN and of is None:
            return np.nonzero(bare(condition))
        raise TypeError("where: takes a condition alone, or with x and y both")
    if of is None and not callable(x) and not callable(y):
        return where.bind(condition, x, y)
    if of is None:
        raise TypeError("where: of=… says which Tensor the functions are functions of")
    return branches(condition, x, y, of)


call_as(where, _where)


@definition(numpy=[np.select])
def select(condlist: Choices, choicelist: Choices, default: Values = 0) -> Any:
    """Elementwise, of the first of several conditions that holds its choice. n × (...), n × (...) -> (...).

    Arguments:
        condlist: several arrays of booleans.
        choicelist: for each what is chosen where it holds.
        default: what there is where none holds.
    Returns:
        The chosen elements, in the shape that all have in common.
    Raises:
        ValueError: unless there are as many conditions as choices, and for shapes that do not broadcast.

    Example:
        >>> x = Tensor([-2.0, 0.5, 3.0])
        >>> ag.select([x < 0, x < 1], [-x, x * x], 1.0).numpy()
        array([2.  , 0.25, 1.  ])
    """
    conditions, choices = [*condlist], [*choicelist]
    if len(conditions) != len(choices) or not conditions:
        raise ValueError(f"select: {len(conditions)} conditions do not go with {len(choices)} choices")
    found = default
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        found = where(condition, operand("select", choice, default, *choices), found)
    return found


@definition(numpy=[np.choose])
def choose(a: Places, choices: Choices, *, mode: Plain = "raise") -> Any:
    """Elementwise, of several arrays the one whose number stands there. a (...), n × (...) -> (...).

    Arguments:
        a: numbers of arrays, integers.
        choices: the arrays.
        mode: what is done out of range: "raise", "wrap" around, or "clip".
    Returns:
        The chosen elements, in the shape that all have in common.
    Raises:
        ValueError: for a number out of range, and for shapes that do not broadcast.

    Example:
        >>> ag.choose([1, 0], [Tensor([1, 2]), Tensor([10, 20])]).tolist()
        [10, 2]
    """
    arrays, numbers = _joined("choose", choices), whole_numbers("choose", "a", a)
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"choose: mode must be 'raise', 'wrap' or 'clip', not {mode!r}")
    if mode != "raise":
        numbers = np.clip(numbers, 0, len(arrays) - 1) if mode == "clip" else numbers % len(arrays)
    if numbers.size and not (numbers.min() >= 0 and numbers.max() < len(arrays)):
        raise ValueError(f"choose: numbers must be from 0 to {len(arrays) - 1}, not {numbers.min()} to {numbers.max()}")
    return select([numbers == i for i in range(len(arrays))], arrays, arrays[0] * 0)


@definition(numpy=[np.piecewise])
def piecewise(x: Any, condlist: Choices, funclist: Plain) -> Any:
    """Several functions, each computed on the elements where its condition holds, and nowhere else. x (...) -> (...).

    Arguments:
        x: the argument of the functions.
        condlist: for each function where it holds; of several that hold the last counts.
        funclist: functions or numbers; one more than conditions is for where none holds, which is 0 otherwise.
    Returns:
        The values, in x's shape.
    Raises:
        ValueError: for another number of functions.

    Example:
        >>> x = Tensor([-1.0, 4.0], requires_grad=True)
        >>> ag.grad(ag.piecewise(x, [x > 0], [ag.sqrt, 0]).sum(), x).numpy()
        array([0.  , 0.25])
    """
    several = condlist if isinstance(condlist, list | tuple) else [condlist]
    conditions = [np.asarray(bare(c)).astype(bool) for c in several]
    functions: list[Any] = [*funclist]
    if len(functions) - len(conditions) not in (0, 1):
        raise ValueError(f"piecewise: {len(functions)} functions do not go with {len(conditions)} conditions")
    rest = functions.pop() if len(functions) > len(conditions) else 0
    found, taken = None, np.zeros(x.shape, bool)
    for condition, function in reversed([*zip(conditions, functions, strict=True)]):
        own = condition & ~taken
        taken |= condition
        part = branches(own, function, 0, x)
        found = part if found is None else found + part
    last = branches(~taken, rest, 0, x)
    last = last if found is None else found + last
    return astype(last, x.dtype) if x.dtype.kind in "biu" else last


@definition(methods=["masked_fill"])
def masked_fill(x: Any, mask: Places, value: Values) -> Any:
    """x with a value where a mask holds; PyTorch's name for `where(mask, value, x)`. x (...) -> (...).

    Arguments:
        x: an array.
        mask: booleans in a shape that broadcasts to x's.
        value: a number or a scalar Tensor.
    Returns:
        An array of x's shape and dtype.
    Raises:
        TypeError: for a mask that is not made of booleans.
        ValueError: for one that does not fit.

    Example:
        >>> ag.masked_fill(Tensor([1.0, 2.0]), [True, False], -1.0).numpy()
        array([-1.,  2.])
    """
    where_ = np.asarray(bare(mask))
    if where_.dtype.kind != "b":
        raise TypeError(f"masked_fill: the mask must be made of booleans, not {where_.dtype}")
    try:
        fits = np.broadcast_shapes(where_.shape, x.shape) == x.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"masked_fill: the mask {where_.shape} does not broadcast to {x.shape}")
    return where(where_, value if isinstance(value, int | float | complex) else operand("masked_fill", value), x)


# ── diagonals and triangles ───────────────────────────────────────────────────────────────────────────────────────────


def _along_diagonal(m: int, n: int, offset: int) -> tuple[Any, Any]:
    rows = np.arange(max(0, -offset), max(max(0, -offset), min(m, n - offset)))
    return rows, rows + offset


@linear(lambda g, shape, *, offset: on_diagonal.bind(g, shape=shape, offset=offset), public=False)
def last_diagonal(x: Any, *, offset: int) -> Any:
    """The diagonal of the last two axes. x (..., m, n) -> (..., k)."""
    return np.diagonal(x, offset, -2, -1)


@linear(lambda g, *, offset: last_diagonal.bind(g, offset=offset), public=False)
def on_diagonal(y: Any, *, shape: tuple[int, ...], offset: int) -> Any:
    """Zeros with y on the diagonal of the last two axes: the adjoint of taking it. y (..., k) -> (..., m, n)."""
    out = np.zeros(shape, y.dtype)
    out[(..., *_along_diagonal(shape[-2], shape[-1], offset))] = y
    return out


@definition(numpy=[np.diagonal], methods=["diagonal"])
def diagonal(x: Any, offset: Whole = 0, axis1: Axis = 0, axis2: Axis = 1) -> Any:
    """A diagonal of two axes, as the last axis. x (m, n, ...) -> (..., k).

    Arguments:
        x: an array of at least two axes.
        offset: how far above the main diagonal; negative below.
        axis1, axis2: rows and columns.
    Returns:
        The elements.
    Raises:
        ValueError: for fewer than two axes, and unless they are different.

    Example:
        >>> x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        >>> ag.grad(ag.diagonal(x).sum(), x).numpy()
        array([[1., 0.],
               [0., 1.]])
    """
    if axis1 == axis2:
        raise ValueError(f"diagonal: axis1 and axis2 must be different, not both {axis1}")
    last = moveaxis(x, (axis1, axis2), (-2, -1))
    return last_diagonal.bind(last, offset=int(offset))


@definition(numpy=[np.diag])
def diag(v: Any, k: Whole = 0) -> Any:
    """A line on the diagonal of a matrix of 0, or a matrix's diagonal. v (n,) -> (n, n), (m, n) -> (k,).

    Arguments:
        v: a line or a matrix.
        k: how far above the main diagonal; negative below.
    Returns:
        The matrix or the line.
    Raises:
        ValueError: for another number of axes.

    Example:
        >>> ag.diag(Tensor([1, 2])).tolist()
        [[1, 0], [0, 2]]
    """
    if len(v.shape) == 2:
        return diagonal(v, k)
    if len(v.shape) != 1:
        raise ValueError(f"diag: shape {v.shape} is neither a line nor a matrix")
    n = v.shape[0] + abs(int(k))
    return on_diagonal.bind(v, shape=(n, n), offset=int(k))


@definition(numpy=[np.diagflat])
def diagflat(v: Any, k: Whole = 0) -> Any:
    """All elements in one line on the diagonal of a matrix of 0. v (...) -> (n, n).

    Arguments:
        v: an array.
        k: how far above the main diagonal; negative below.
    Returns:
        The matrix.

    Example:
        >>> ag.diagflat(Tensor([[1], [2]])).tolist()
        [[1, 0], [0, 2]]
    """
    return diag(ravel(v), k)


@definition(numpy=[np.trace], methods=["trace"])
def matrix_trace(x: Any, offset: Whole = 0, axis1: Axis = 0, axis2: Axis = 1) -> Any:
    """The sum of a diagonal of two axes; NumPy's and PyTorch's `trace`. x (n, n, ...) -> (...).

    `autograd_mini.trace` records a program.

    Arguments:
        x: an array of at least two axes.
        offset: how far above the main diagonal; negative below.
        axis1, axis2: rows and columns.
    Returns:
        The sums, without the two axes.
    Raises:
        ValueError: for fewer than two axes, and unless they are different.

    Example:
        >>> ag.matrix_trace(Tensor([[1.0, 2.0], [3.0, 4.0]])).item()
        5.0
    """
    return sum(diagonal(x, offset, axis1, axis2), -1)


@definition(numpy=[np.tril], methods=["tril"])
def tril(x: Any, k: Whole = 0) -> Any:
    """The lower triangle of matrices, 0 above the diagonal. x (..., m, n) -> same.

    Arguments:
        x: an array of at least two axes, or a line, which is taken for each row.
        k: how far above the main diagonal the triangle reaches; negative below.
    Returns:
        An array of x's shape and dtype.
    Raises:
        ValueError: for a scalar.

    Example:
        >>> ag.tril(Tensor([[1, 2], [3, 4]])).tolist()
        [[1, 0], [3, 4]]
    """
    return _triangle("tril", x, lambda m, n: _below(m, n, int(k)))


@definition(numpy=[np.triu], methods=["triu"])
def triu(x: Any, k: Whole = 0) -> Any:
    """The upper triangle of matrices, 0 below the diagonal. x (..., m, n) -> same.

    Arguments:
        x: an array of at least two axes, or a line, which is taken for each row.
        k: how far above the main diagonal the triangle begins; negative below.
    Returns:
        An array of x's shape and dtype.
    Raises:
        ValueError: for a scalar.

    Example:
        >>> ag.triu(Tensor([[1, 2], [3, 4]])).tolist()
        [[1, 2], [0, 4]]
    """
    return _triangle("triu", x, lambda m, n: ~_below(m, n, int(k) - 1))


def _triangle(name: str, x: Any, mask: Callable[[int, int], Any]) -> Any:
    if not x.shape:
        raise ValueError(f"{name}: shape () is no matrix")
    m, n = x.shape[-2:] if len(x.shape) > 1 else (x.shape[0], x.shape[0])
    return where.bind(mask(m, n), x, np.zeros((), x.dtype))


def _below(m: int, n: int, k: int) -> Any:
    """True up to the k-th diagonal, (m, n)."""
    return np.greater_equal(np.arange(k, m + k)[:, None], np.arange(n))
