"""New Tensors: of nested lists, of one number, and of numbers in a row. What they are made of keeps its gradient."""

from typing import Annotated, Any

import numpy as np

from ..arguments import Parameter, Plain, axis_of, bare, check_whole, is_whole
from ..core.primitive import operand
from ..core.tape import Value
from ..core.tensor import Tensor
from .elementwise import astype, cast, exp, log
from .kinds import definition, linear
from .shape import broadcast_to, stack

DTypeOrNone = Annotated[Any, Parameter(None, "DTypeLike | None")]
Lengths = Annotated[Any, Parameter(None, "int | Sequence[int]")]
Number = Annotated[Any, Parameter(None, "Tensor | float")]
Entries = Annotated[Any, Parameter(None, "Any")]

# ── of what is given ──────────────────────────────────────────────────────────────────────────────────────────────────


@definition
def array(entries: Entries, dtype: DTypeOrNone = None) -> Any:
    """A Tensor of numbers, arrays, Tensors, or nested lists of them. [(...), (...)] -> (2, ...).

    Arguments:
        entries: what it is made of, nested equally deep. Tensors in lists are joined, and keep their gradients.
        dtype: of the elements, by default the one that all have in common.
    Returns:
        The Tensor.
    Raises:
        ValueError: for lists of different lengths.
        TypeError: for what are no numbers.

    Example:
        >>> x = Tensor(3.0, requires_grad=True)
        >>> y = ag.array([x, 2 * x, 1.0])
        >>> y.numpy(), ag.grad(y.sum(), x).item()
        (array([3., 6., 1.]), 3.0)
    """
    found: Any = _joined(entries)
    found = found if isinstance(found, Value) else Tensor(found)
    return found if dtype is None else astype(found, dtype)


def _joined(entries: Any) -> Any:
    if isinstance(entries, list | tuple) and _has_values(entries):
        parts = [_joined(entry) for entry in entries]
        shapes = list(dict.fromkeys(np.shape(part) for part in parts))
        if len(shapes) > 1:
            raise ValueError(f"array: {' and '.join(map(str, shapes))} make no array; lists must be equally long")
        dtype = np.result_type(*(_kind(e, p) for e, p in zip(entries, parts, strict=True)))
        parts = [part if isinstance(part, Value) else np.asarray(part, dtype) for part in parts]
        floating = dtype.kind in "fc"
        return stack([cast.bind(p, dtype=dtype) if floating and p.dtype != dtype else p for p in parts])
    return entries if isinstance(entries, Value | int | float | complex) else operand("array", entries)


def _kind(entry: Any, part: Any) -> Any:
    """What an entry brings to the common dtype: Python's numbers, alone or in lists, do not change a floating one."""
    if isinstance(part, int | float | complex):
        return part
    return part.dtype.type().item() if _has_numbers_only(entry) else part.dtype


def _has_numbers_only(entries: Any) -> bool:
    several = isinstance(entries, list | tuple)
    return all(map(_has_numbers_only, entries)) if several else isinstance(entries, int | float | complex)


def _has_values(entries: Any) -> bool:
    return any(isinstance(e, Value) or (isinstance(e, list | tuple) and _has_values(e)) for e in entries)


def _shape_of(name: str, shape: Any) -> tuple[int, ...]:
    lengths = tuple(shape) if isinstance(shape, tuple | list | np.ndarray) else (shape,)
    if not all(is_whole(n, 0) for n in lengths):
        raise ValueError(f"{name}: the shape must be integers of at least 0, not {shape!r}")
    return tuple(map(int, lengths))


@definition
def full(shape: Lengths, fill_value: Number, dtype: DTypeOrNone = None) -> Any:
    """One number everywhere. -> shape.

    Arguments:
        shape: the lengths of the axes.
        fill_value: the number, or a scalar Tensor, or what broadcasts to the shape; it keeps its gradient.
        dtype: of the elements, by default that of the number.
    Returns:
        A Tensor.
    Raises:
        ValueError: for a shape that is none, and a filling that does not fit.

    Example:
        >>> ag.full((2, 2), 7.0).tolist()
        [[7.0, 7.0], [7.0, 7.0]]
    """
    if isinstance(fill_value, Value):
        spread = broadcast_to(fill_value, _shape_of("full", shape))
        return spread if dtype is None else astype(spread, dtype)
    return Tensor(np.full(_shape_of("full", shape), operand("full", fill_value), dtype))


@definition(numpy={np.full_like: ("order", "subok", "device")})
def full_like(x: Any, fill_value: Number, dtype: DTypeOrNone = None, *, shape: Plain = None) -> Any:
    """One number everywhere, in another array's shape. x (...) -> (...).

    Arguments:
        x: the array whose shape and dtype are taken.
        fill_value: the number, or a scalar Tensor, which keeps its gradient.
        dtype: another dtype.
        shape: another shape.
    Returns:
        A Tensor.

    Example:
        >>> ag.full_like(Tensor([1, 2]), 7).tolist()
        [7, 7]
    """
    return full(x.shape if shape is None else shape, fill_value, x.dtype if dtype is None else dtype)


def _filled(name: str, value: float, article: str) -> None:
    """The rows of zeros, ones and empty, and of the same in another array's shape."""

    def made(shape: Lengths, dtype: DTypeOrNone = None) -> Any:
        return Tensor(np.full(_shape_of(name, shape), value, float if dtype is None else dtype))

    def made_like(x: Any, dtype: DTypeOrNone = None, *, shape: Plain = None) -> Any:
        lengths = x.shape if shape is None else _shape_of(f"{name}_like", shape)
        return Tensor(np.full(lengths, value, x.dtype if dtype is None else dtype))

    made.__doc__ = f"""A Tensor of {article}. -> shape.

    Arguments:
        shape: the lengths of the axes.
        dtype: of the elements, by default float64.
    Returns:
        A constant Tensor.
    Raises:
        ValueError: for a shape that is none.

    Example:
        >>> ag.{name}((2, 1)).shape
        (2, 1)
    """
    made_like.__doc__ = f"""A Tensor of {article} in another array's shape. x (...) -> (...).

    Arguments:
        x: the array whose shape and dtype are taken.
        dtype: another dtype.
        shape: another shape.
    Returns:
        A constant Tensor.

    Example:
        >>> ag.{name}_like(Tensor([[1.0, 2.0]])).shape
        (1, 2)
    """
    definition(made, name=name)
    definition(made_like, name=f"{name}_like")


_filled("zeros", 0, "zeros")
_filled("ones", 1, "ones")
_filled("empty", 0, "elements that mean nothing yet, which are zeros here")


def _check_lengths(name: str, n: Any, m: Any = None) -> None:
    for what, length in (("n", n) if name == "identity" else ("N", n), ("M", m)):
        if what != "M" or length is not None:
            check_whole(name, what, length, 0)


@definition
def eye(N: Plain, M: Plain = None, k: Plain = 0, dtype: DTypeOrNone = None) -> Any:
    """Ones on a diagonal, zeros elsewhere. -> (N, M).

    Arguments:
        N: how many rows.
        M: how many columns, by default as many.
        k: how far the diagonal is above the main one.
        dtype: of the elements, by default float64.
    Returns:
        A constant Tensor.

    Example:
        >>> ag.eye(2).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    _check_lengths("eye", N, M)
    return Tensor(np.eye(N, M, k, float if dtype is None else dtype))


@definition
def identity(n: Plain, dtype: DTypeOrNone = None) -> Any:
    """The square matrix with ones on its diagonal. -> (n, n).

    Arguments:
        n: how many rows and columns.
        dtype: of the elements, by default float64.
    Returns:
        A constant Tensor.

    Example:
        >>> ag.identity(1).tolist()
        [[1.0]]
    """
    _check_lengths("identity", n)
    return eye(n, dtype=dtype)


@definition
def tri(N: Plain, M: Plain = None, k: Plain = 0, dtype: DTypeOrNone = None) -> Any:
    """Ones on and below a diagonal, zeros above. -> (N, M).

    Arguments:
        N: how many rows.
        M: how many columns, by default as many.
        k: how far the diagonal is above the main one.
        dtype: of the elements, by default float64.
    Returns:
        A constant Tensor.

    Example:
        >>> ag.tri(2).tolist()
        [[1.0, 0.0], [1.0, 1.0]]
    """
    _check_lengths("tri", N, M)
    return Tensor(np.tri(N, M, k, float if dtype is None else dtype))


# ── in a row ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@definition
def arange(start: Number, stop: Plain = None, step: Plain = 1, dtype: DTypeOrNone = None) -> Any:
    """Numbers in equal steps, the end left out. -> (n,).

    Arguments:
        start: the first number; alone, the end, and the first is 0.
        stop: where it ends, before that number.
        step: from each to the next.
        dtype: of the elements, by default that of the arguments.
    Returns:
        A constant Tensor.

    Example:
        >>> ag.arange(2, 8, 3).tolist()
        [2, 5]
    """
    first, end = (0, start) if stop is None else (start, stop)
    return Tensor(np.arange(*map(bare, (first, end, step)), dtype=dtype))


def _floating(*ends: Any) -> np.dtype[Any]:
    """The dtype of floating numbers between some ends; Python's numbers do not change it."""
    return np.result_type(*(x if isinstance(x, int | float) else getattr(x, "dtype", float) for x in ends), 1.0)


def _steps(name: str, start: Any, stop: Any, num: Any, endpoint: bool) -> tuple[Any, Any]:
    """Shares of the way from start to stop, and the two, so that they broadcast."""
    if not is_whole(num, 0):
        raise ValueError(f"{name}: num must be an integer of at least 0, not {num!r}")
    first, last = (operand(name, x, start, stop) for x in (start, stop))
    axes = max(len(first.shape), len(last.shape))
    shares = (np.arange(num) / max(num - 1 if endpoint else num, 1)).astype(_floating(start, stop))
    return shares.reshape((-1, *[1] * axes)), (first, last)


@definition(numpy=[np.linspace])
def linspace(
    start: Number, stop: Number, num: Plain = 50, endpoint: Plain = True, retstep: Plain = False,
    dtype: DTypeOrNone = None, axis: Plain = 0,
) -> Any:  # fmt: skip
    """Numbers evenly spaced from one to another. start, stop (...) -> (num, ...).

    Arguments:
        start, stop: the ends: numbers, arrays or Tensors, which keep their gradients.
        num: how many.
        endpoint: whether stop is the last of them.
        retstep: give the distance too.
        dtype: of the elements, by default floating.
        axis: where in the result the numbers are.
    Returns:
        A Tensor; with retstep a pair.
    Raises:
        ValueError: for a number that is none.

    Example:
        >>> stop = Tensor(1.0, requires_grad=True)
        >>> ag.linspace(0.0, stop, 3).tolist(), ag.grad(ag.linspace(0.0, stop, 3).sum(), stop).item()
        ([0.0, 0.5, 1.0], 1.5)
    """
    shares, (first, last) = _steps("linspace", start, stop, num, endpoint)
    found: Any = first * (1 - shares) + last * shares
    found = found if isinstance(found, Value) else Tensor(found)
    found = found if dtype is None else astype(found, dtype)
    if along := axis_of("linspace", found.shape, axis):
        order = [*range(1, len(found.shape))]
        order.insert(along, 0)
        found = found.transpose(order)
    if not retstep:
        return found
    parts = max(num - 1 if endpoint else num, 0)
    return found, (last - first) / parts if parts else np.nan


@definition(numpy=[np.logspace])
def logspace(
    start: Number, stop: Number, num: Plain = 50, endpoint: Plain = True, base: Plain = 10.0,
    dtype: DTypeOrNone = None, axis: Plain = 0,
) -> Any:  # fmt: skip
    """Powers of a base, their exponents evenly spaced. start, stop (...) -> (num, ...).

    Arguments:
        start, stop: the first and last exponent: numbers, arrays or Tensors, which keep their gradients.
        num: how many.
        endpoint: whether stop is the last exponent.
        base: the base, a number.
        dtype: of the elements, by default floating.
        axis: where in the result the numbers are.
    Returns:
        A Tensor.

    Example:
        >>> ag.logspace(0, 2, 3).numpy().round(6)
        array([  1.,  10., 100.])
    """
    found = exp(linspace(start, stop, num, endpoint, axis=axis) * float(np.log(base)))
    return found if dtype is None else astype(found, dtype)


@definition(numpy=[np.geomspace])
def geomspace(
    start: Number, stop: Number, num: Plain = 50, endpoint: Plain = True, dtype: DTypeOrNone = None, axis: Plain = 0
) -> Any:
    """Numbers from one to another, each the same multiple of the one before. start, stop (...) -> (num, ...).

    Arguments:
        start, stop: the ends, of one sign: numbers, arrays or Tensors, which keep their gradients.
        num: how many.
        endpoint: whether stop is the last of them.
        dtype: of the elements, by default floating.
        axis: where in the result the numbers are.
    Returns:
        A Tensor.
    Raises:
        ValueError: for an end that is 0.

    Example:
        >>> ag.geomspace(1, 8, 4).numpy().round(6)
        array([1., 2., 4., 8.])
    """
    first, last = (operand("geomspace", x, start, stop) for x in (start, stop))
    if not (np.all(bare(first)) and np.all(bare(last))):
        raise ValueError("geomspace: no end may be 0")
    sign = np.sign(bare(first)).astype(kind := _floating(start, stop))
    logs = [log(x * sign if isinstance(x, Value) else Tensor(x.astype(kind)) * sign) for x in (first, last)]
    found = exp(linspace(*logs, num, endpoint, axis=axis)) * sign
    return found if dtype is None else astype(found, dtype)


@definition(numpy=[np.vander])
def vander(x: Any, N: Plain = None, increasing: Plain = False) -> Any:
    """The powers of a line of numbers, a row each. x (n,) -> (n, N).

    Arguments:
        x: a line of numbers.
        N: how many powers, by default as many as numbers.
        increasing: from the 0th power on; otherwise down to it.
    Returns:
        The matrix.
    Raises:
        ValueError: for what is no line.

    Example:
        >>> ag.vander(Tensor([2.0, 3.0]), 3).tolist()
        [[4.0, 2.0, 1.0], [9.0, 3.0, 1.0]]
    """
    if len(x.shape) != 1:
        raise ValueError(f"vander: {x.shape} is no line of numbers (n,)")
    powers = np.arange(x.shape[0] if N is None else N).astype(x.dtype if x.dtype.kind == "f" else int)
    return x.reshape((-1, 1)) ** (powers if increasing else powers[::-1])


@linear(lambda g: g, methods=["copy"], numpy={np.copy: ("order", "subok")})
def copy(x: Any) -> Any:
    """The same elements in memory of their own; PyTorch's `clone`. x (...) -> (...).

    Arguments:
        x: an array.
    Returns:
        A copy, in x's layout, through which the gradient flows.

    Example:
        >>> x = Tensor([1.0], requires_grad=True)
        >>> ag.grad(ag.copy(x).sum(), x).numpy()
        array([1.])
    """
    return np.array(x, order="K")
