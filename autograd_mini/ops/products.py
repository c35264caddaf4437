"""Products of vectors, of matrices with vectors, of tensors over some of their axes, and distances."""

from math import prod
from typing import Annotated, Any

import numpy as np

from ..arguments import Parameter, Plain, axis_of, is_whole
from ..core.primitive import operand
from .arithmetic import matmul, multiply
from .axes import moveaxis, ravel
from .elementwise import absolute, astype, sqrt, where
from .kinds import conjugated, definition, op
from .precision import in_single
from .reduce import max, sum
from .shape import getitem, reshape, transpose

OneAxis = Annotated[Any, Parameter(None, "int")]


@definition(numpy=[np.dot], methods=["dot"])
def dot(a: Any, b: Any) -> Any:
    """NumPy's dot: sums of products over one axis. a (..., n), b (..., n, p) -> (..., ..., p).

    Of vectors the inner product, of matrices `matmul`; of more axes a's last goes with b's only one or last but one.

    Arguments:
        a, b: numbers; a scalar multiplies.
    Returns:
        The sums of products.
    Raises:
        ValueError: for lengths that differ.

    Example:
        >>> ag.dot(Tensor([1.0, 2.0]), [3.0, 4.0]).item()
        11.0
    """
    b = operand("dot", b, a)
    if not a.shape or not b.shape:
        return multiply(a, b)
    if len(a.shape) <= 2 and len(b.shape) <= 2:
        _check("dot", a, b, -1, 0)
        return matmul(a, b)
    inner = -1 if len(b.shape) == 1 else -2
    _check("dot", a, b, -1, inner)
    return tensordot(a, b, (-1, inner))


def _check(name: str, a: Any, b: Any, i: int, j: int) -> None:
    if a.shape[i] != b.shape[j]:
        lengths = f"{a.shape[i]} and {b.shape[j]}"
        raise ValueError(f"{name}: {a.shape} and {b.shape}: the axes summed over have lengths {lengths}")


@definition(numpy=[np.inner])
def inner(a: Any, b: Any) -> Any:
    """The sums of products over the last axes. a (..., n), b (..., n) -> (..., ...).

    Arguments:
        a, b: numbers; a scalar multiplies.
    Returns:
        The sums, a's other axes before b's.
    Raises:
        ValueError: for last axes of different lengths.

    Example:
        >>> ag.inner(Tensor([1.0, 2.0]), [3.0, 4.0]).item()
        11.0
    """
    b = operand("inner", b, a)
    if not a.shape or not b.shape:
        return multiply(a, b)
    _check("inner", a, b, -1, -1)
    return tensordot(a, b, (-1, -1))


@definition(numpy=[np.outer])
def outer(a: Any, b: Any) -> Any:
    """The product of each element with each. a (...), b (...) -> (m, n).

    Arguments:
        a, b: numbers, each taken as one line.
    Returns:
        The matrix a[i]·b[j].

    Example:
        >>> ag.outer(Tensor([1.0, 2.0]), [3.0, 4.0]).tolist()
        [[3.0, 4.0], [6.0, 8.0]]
    """
    b = operand("outer", b, a)
    return reshape.bind(a, shape=(prod(a.shape), 1)) * reshape.bind(b, shape=(1, prod(b.shape)))


@definition(numpy=[np.vdot])
def vdot(a: Any, b: Any) -> Any:
    """The inner product of all elements, the first one's conjugated. a (...), b (...) -> ().

    Arguments:
        a, b: numbers, equally many; each is taken as one line.
    Returns:
        The sum of products.
    Raises:
        ValueError: for different numbers of elements.

    Example:
        >>> ag.vdot(Tensor([1j]), Tensor([1j])).item()
        (1+0j)
    """
    b = operand("vdot", b, a)
    x, y = ravel(a), ravel(b)
    if x.shape != y.shape:
        words = f"there must be equally many elements, not {x.shape[0]} and {y.shape[0]}"
        raise ValueError(f"vdot: {a.shape} and {b.shape}: {words}")
    return matmul(conjugated(x), y)


@definition(numpy=[np.vecdot, np.linalg.vecdot])
def vecdot(x1: Any, x2: Any, axis: OneAxis = -1) -> Any:
    """The inner products along an axis, the first one's elements conjugated. x1, x2 (..., n) -> (...).

    Arguments:
        x1, x2: numbers; the other axes broadcast.
        axis: the axis, counted from the end, or of both alike.
    Returns:
        The sums of products.
    Raises:
        ValueError: for lengths that differ.

    Example:
        >>> ag.vecdot(Tensor([[1.0, 2.0], [0.0, 1.0]]), [3.0, 4.0]).numpy()
        array([11.,  4.])
    """
    x2 = operand("vecdot", x2, x1)
    lines = [moveaxis(x, axis_of("vecdot", x.shape, axis), -1) for x in (x1, x2)]
    _check("vecdot", lines[0], lines[1], -1, -1)
    n = lines[0].shape[-1]
    rows, columns = (x.reshape((*x.shape[:-1], *ends)) for x, ends in zip(lines, ((1, n), (n, 1)), strict=True))
    found = matmul(conjugated(rows), columns)
    return reshape.bind(found, shape=found.shape[:-2])


@definition(numpy=[np.matvec])
def matvec(x1: Any, x2: Any) -> Any:
    """Matrices times vectors. x1 (..., m, n), x2 (..., n) -> (..., m).

    Arguments:
        x1: a matrix, or a stack of them.
        x2: vectors; the other axes broadcast.
    Returns:
        Vectors.
    Raises:
        ValueError: for lengths that differ, and for arrays with too few axes.

    Example:
        >>> ag.matvec(Tensor([[1.0, 2.0], [0.0, 1.0]]), [3.0, 4.0]).numpy()
        array([11.,  4.])
    """
    x2 = operand("matvec", x2, x1)
    if len(x1.shape) < 2 or len(x2.shape) < 1 or x1.shape[-1] != x2.shape[-1]:
        raise ValueError(f"matvec: {x1.shape} and {x2.shape} must be (..., m, n) and (..., n)")
    found = matmul(x1, x2.reshape((*x2.shape, 1)))
    return reshape.bind(found, shape=found.shape[:-1])


@definition(numpy=[np.vecmat])
def vecmat(x1: Any, x2: Any) -> Any:
    """Vectors, conjugated, times matrices. x1 (..., m), x2 (..., m, n) -> (..., n).

    Arguments:
        x1: vectors.
        x2: a matrix, or a stack of them; the other axes broadcast.
    Returns:
        Vectors.
    Raises:
        ValueError: for lengths that differ, and for arrays with too few axes.

    Example:
        >>> ag.vecmat([3.0, 4.0], Tensor([[1.0, 2.0], [0.0, 1.0]])).numpy()
        array([ 3., 10.])
    """
    x2 = operand("vecmat", x2, x1)
    if len(x1.shape) < 1 or len(x2.shape) < 2 or x1.shape[-1] != x2.shape[-2]:
        raise ValueError(f"vecmat: {x1.shape} and {x2.shape} must be (..., m) and (..., m, n)")
    found = matmul(conjugated(x1).reshape((*x1.shape[:-1], 1, x1.shape[-1])), x2)
    return reshape.bind(found, shape=(*found.shape[:-2], found.shape[-1]))


@definition(numpy=[np.tensordot, np.linalg.tensordot])
def tensordot(a: Any, b: Any, axes: Plain = 2) -> Any:
    """The sums of products over chosen axes. a (..., n), b (n, ...) -> (..., ...).

    Arguments:
        a, b: numbers.
        axes: how many of a's last and b's first axes are summed over, or a pair: those of a, and those of b.
    Returns:
        The sums, a's other axes before b's.
    Raises:
        ValueError: for axes of different number or length.

    Example:
        >>> ag.tensordot(Tensor(np.ones((2, 3))), np.ones((4, 3)), axes=(1, 1)).shape
        (2, 4)
    """
    b = operand("tensordot", b, a)
    if is_whole(axes, 0):
        if axes > len(a.shape) or axes > len(b.shape):
            raise ValueError(f"tensordot: {a.shape} and {b.shape} do not have {axes} axes each")
        own, other = [*range(len(a.shape) - axes, len(a.shape))], [*range(axes)]
    else:
        try:
            pair = [[side] if is_whole(side) else [*side] for side in axes]
        except TypeError:
            pair = []
        if len(pair) != 2:
            raise ValueError(f"tensordot: axes must be a number of axes, or a pair of axes of a and b, not {axes!r}")
        own, other = (
            [axis_of("tensordot", x.shape, axis) for axis in side] for x, side in zip((a, b), pair, strict=True)
        )
    lengths = [a.shape[i] for i in own], [b.shape[j] for j in other]
    if lengths[0] != lengths[1] or len(set(own)) != len(own) or len(set(other)) != len(other):
        raise ValueError(f"tensordot: {a.shape} over {own} and {b.shape} over {other} do not go together")
    left, right = ([i for i in range(len(x.shape)) if i not in axes_] for x, axes_ in ((a, own), (b, other)))
    n, shape = prod(lengths[0]), (*(a.shape[i] for i in left), *(b.shape[j] for j in right))
    rows = reshape.bind(transpose.bind(a, axes=(*left, *own)), shape=(prod(a.shape[i] for i in left), n))
    columns = reshape.bind(transpose.bind(b, axes=(*other, *right)), shape=(n, prod(b.shape[j] for j in right)))
    return reshape.bind(matmul.bind(rows, columns), shape=shape)


@definition(numpy=[np.kron])
def kron(a: Any, b: Any) -> Any:
    """The Kronecker product: each element of a times all of b. a (m, n), b (p, q) -> (m·p, n·q).

    Arguments:
        a, b: numbers; the one with fewer axes gets ones in front.
    Returns:
        The blocks a[i, j]·b side by side.

    Example:
        >>> ag.kron(Tensor([1.0, 10.0]), [1.0, 2.0]).numpy()
        array([ 1.,  2., 10., 20.])
    """
    b = operand("kron", b, a)
    axes = np.maximum(len(a.shape), len(b.shape))
    wide, narrow = ((*[1] * int(axes - len(x.shape)), *x.shape) for x in (a, b))
    left = reshape.bind(a, shape=tuple(n for m in wide for n in (m, 1)))
    right = reshape.bind(b, shape=tuple(n for m in narrow for n in (1, m)))
    return reshape.bind(left * right, shape=tuple(m * n for m, n in zip(wide, narrow, strict=True)))


@op(public=False, analytic=True, takes_complex=True)
def crossed(a: Any, b: Any) -> Any:
    """The cross product of vectors that lie on the last axis. a, b (..., 3) -> (..., 3)."""
    after, before = (1, 2, 0), (2, 0, 1)
    a, b = np.asarray(a), np.asarray(b)
    return a[..., after] * b[..., before] - a[..., before] * b[..., after]


crossed.defvjp(
    a=lambda g, b: crossed.bind(conjugated(b), g),  # g · (a × b) = a · (b × g) = b · (g × a)
    b=lambda g, a: crossed.bind(g, conjugated(a)),
)


@definition(numpy=[np.cross])
def cross(a: Any, b: Any, axisa: OneAxis = -1, axisb: OneAxis = -1, axisc: OneAxis = -1, axis: Plain = None) -> Any:
    """The cross product of vectors. a, b (..., 3) -> (..., 3).

    Arguments:
        a, b: vectors of three elements; the other axes broadcast.
        axisa, axisb: where they are in a and b.
        axisc: where they are in the result.
        axis: all three.
    Returns:
        Vectors perpendicular to both.
    Raises:
        ValueError: for other lengths.

    Example:
        >>> ag.cross(Tensor([1.0, 0.0, 0.0]), [0.0, 1.0, 0.0]).numpy()
        array([0., 0., 1.])
    """
    b = operand("cross", b, a)
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = (moveaxis(v, axis_of("cross", v.shape, i), -1) for v, i in ((a, axisa), (b, axisb)))
    if x.shape[-1] != 3 or y.shape[-1] != 3:
        lengths = f"{x.shape[-1]} and {y.shape[-1]}"
        raise ValueError(f"cross: {a.shape} and {b.shape}: vectors must have three elements, not {lengths}")
    found = crossed.bind(x, y)
    return moveaxis(found, -1, axis_of("cross", found.shape, axisc))


@definition
@in_single
def cdist(x1: Any, x2: Any, p: Plain = 2.0) -> Any:
    """The distances of each point of one set from each of another. x1 (..., m, k), x2 (..., n, k) -> (..., m, n).

    The name is SciPy's and PyTorch's. The subgradient at distance 0 is 0. Half precision is computed in single.

    Arguments:
        x1, x2: points, a row each.
        p: of the norm Σ|x|ᵖ to the power 1/p; inf for the largest difference, 0 for the number of those that are not 0.
    Returns:
        The distances.
    Raises:
        ValueError: for points of different dimensions, and another p.

    Example:
        >>> ag.cdist(Tensor([[0.0, 0.0]]), Tensor([[3.0, 4.0], [0.0, 0.0]])).numpy()
        array([[5., 0.]])
    """
    x2 = operand("cdist", x2, x1)
    if len(x1.shape) < 2 or len(x2.shape) < 2 or x1.shape[-1] != x2.shape[-1]:
        raise ValueError(f"cdist: {x1.shape} and {x2.shape} must be points (..., n, k) of one dimension k")
    if not (isinstance(p, int | float) and p >= 0):
        raise ValueError(f"cdist: p must be a number of at least 0, not {p!r}")
    every = slice(None)
    apart = getitem.bind(x1, index=(..., every, None, every)) - getitem.bind(x2, index=(..., None, every, every))
    return _length(absolute(apart), float(p))


def _length(sizes: Any, p: float) -> Any:
    """The p-norm of absolute values over the last axis, of slope 0 where it is 0."""
    if p == np.inf:
        return max(sizes, -1)
    if p in (0, 1):
        return sum(sizes if p else astype(sizes != 0, sizes.dtype), -1)
    nothing = sum(sizes, -1, keepdims=True) == 0
    total = sum(where(nothing, 1, sizes) ** p if p != 2 else where(nothing, 1, sizes) * where(nothing, 1, sizes), -1)
    root = sqrt(total) if p == 2 else total ** (1 / p)
    return where(nothing[..., 0], 0, root)
