"""Arithmetic: + − × ÷ **, and the matrix product with the report's two laws.

Arguments broadcast as in NumPy; the backward pass undoes that, so no rule here mentions it.
"""

from functools import reduce
from math import prod
from typing import Any

import numpy as np

from ..core.primitive import Primitive, call_as, clash, operand, plain
from ..kernels import maps
from ..kernels.product import product, stacked
from .elementwise import cast, log
from .former import relu_keyword
from .kinds import by, conjugated, definition, op, times
from .kinds import linear as kind_linear
from .reduce import sum
from .shape import squeeze

SMALL = 1 << 15  # multiplications; below it `dot`, which has the least ceremony, is the quickest


@op(analytic=True, takes_complex=True, numpy=[np.add])
def add(x: Any, y: Any) -> Any:
    """The sum x + y, elementwise. x, y (...) -> (...).

    Arguments:
        x, y: numbers, whose shapes broadcast.
    Returns:
        The sums, in the shape and the dtype that x and y have in common.
    Raises:
        ValueError: for shapes that do not broadcast.

    Example:
        >>> b = Tensor([1.0, 2.0], requires_grad=True)
        >>> ag.grad(ag.add(np.zeros((3, 2)), b).sum(), b).numpy()  # each element of b is in three sums
        array([3., 3.])
    """
    return maps.by_threads(np.add, x, y)


@op(analytic=True, takes_complex=True, numpy=[np.subtract])
def subtract(x: Any, y: Any) -> Any:
    """The difference x − y, elementwise. x, y (...) -> (...).

    Arguments:
        x, y: numbers, whose shapes broadcast.
    Returns:
        The differences, in the shape and the dtype that x and y have in common.
    Raises:
        ValueError: for shapes that do not broadcast.
        TypeError: for booleans.

    Example:
        >>> y = Tensor([1.0, 2.0], requires_grad=True)
        >>> ag.grad(ag.subtract(5.0, y).sum(), y).numpy()
        array([-1., -1.])
    """
    return maps.by_threads(np.subtract, x, y)


@op(analytic=True, takes_complex=True, numpy=[np.multiply])
def multiply(x: Any, y: Any) -> Any:
    """The product x · y, elementwise. x, y (...) -> (...).

    Arguments:
        x, y: real numbers, whose shapes broadcast.
    Returns:
        The products, in the shape and the dtype that x and y have in common.
    Raises:
        ValueError: for shapes that do not broadcast.

    Example:
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> ag.grad(ag.multiply(x, [3.0, -4.0]).sum(), x).numpy()
        array([ 3., -4.])
    """
    return maps.by_threads(np.multiply, x, y)


@op(analytic=True, takes_complex=True, numpy=[np.divide], aliases=["true_divide"])
def divide(x: Any, y: Any) -> Any:
    """The quotient x / y, elementwise. x, y (...) -> (...).

    As in NumPy a division by zero gives inf or nan.

    Arguments:
        x, y: real numbers, whose shapes broadcast.
    Returns:
        The quotients, in the shape that x and y have in common; floating, of integers too.
    Raises:
        ValueError: for shapes that do not broadcast.

    Example:
        >>> y = Tensor([1.0, 2.0], requires_grad=True)
        >>> ag.grad(ag.divide(6.0, y).sum(), y).numpy()  # -6 / y²
        array([-6. , -1.5])
    """
    return maps.by_threads(np.divide, x, y)


@op(analytic=True, takes_complex=True, numpy=[np.power])
def power(x: Any, y: Any) -> Any:
    """The power x ** y, elementwise. x, y (...) -> (...).

    In x the slope of x ** 0 is 0, at x = 0 too. In y the slope at x = 0 is 0 where y ≥ 0; where y < 0 it is the
    result times log 0: -inf, or inf where the result is -inf.

    Arguments:
        x, y: real numbers, whose shapes broadcast.
    Returns:
        The powers, in the shape and the dtype that x and y have in common.
    Raises:
        ValueError: for shapes that do not broadcast, and for integers to negative integer powers.

    Example:
        >>> x = Tensor([0.0, 2.0], requires_grad=True)
        >>> ag.grad(ag.power(x, 3).sum(), x).numpy()
        array([ 0., 12.])
    """
    return np.power(x, y)


@definition(numpy=[np.float_power])
def float_power(x: Any, y: Any) -> Any:
    """The power x ** y in double precision at least, elementwise. x, y (...) -> (...).

    Arguments:
        x, y: numbers, whose shapes broadcast; integers are made floating first.
    Returns:
        The powers, float64 or complex128.
    Raises:
        ValueError: for shapes that do not broadcast.

    Example:
        >>> ag.float_power(Tensor([2, 4]), -1).numpy()
        array([0.5 , 0.25])
    """
    x, y = (operand("float_power", v, x, y) for v in (x, y))
    wide = np.dtype(np.complex128 if "c" in (x.dtype.kind, y.dtype.kind) else np.float64)
    return power.bind(*(v if v.dtype == wide else cast.bind(v, dtype=wide) for v in (x, y)))


@definition(methods=["lerp"])
def lerp(x: Any, y: Any, weight: Any) -> Any:
    """From x to y by a share of the way, x + weight·(y − x), elementwise; PyTorch's name. x, y, weight (...) -> (...).

    Arguments:
        x, y: the ends.
        weight: the share, a number or an array; the shapes broadcast.
    Returns:
        An array of the common shape.

    Example:
        >>> ag.lerp(Tensor([0.0, 10.0]), [4.0, 20.0], 0.25).numpy()
        array([ 1. , 12.5])
    """
    return x + plain("lerp", weight) * (plain("lerp", y) - x)


@definition
def add_sequence(*arrays: Any) -> Any:
    """The sum of several arrays, elementwise; MyGrad's name. (...), (...) -> (...).

    Arguments:
        *arrays: two arrays or more, whose shapes broadcast.
    Returns:
        The sum.
    Raises:
        ValueError: for fewer than two, and for shapes that do not broadcast.

    Example:
        >>> ag.add_sequence(Tensor([1.0, 2.0]), 10.0, 100.0).numpy()
        array([111., 112.])
    """
    return _in_a_row("add_sequence", add, arrays)


@definition
def multiply_sequence(*arrays: Any) -> Any:
    """The product of several arrays, elementwise; MyGrad's name. (...), (...) -> (...).

    Arguments:
        *arrays: two arrays or more, whose shapes broadcast.
    Returns:
        The product.
    Raises:
        ValueError: for fewer than two, and for shapes that do not broadcast.

    Example:
        >>> ag.multiply_sequence(Tensor([1.0, 2.0]), 3.0, 5.0).numpy()
        array([15., 30.])
    """
    return _in_a_row("multiply_sequence", multiply, arrays)


def _in_a_row(name: str, op: Any, arrays: tuple[Any, ...]) -> Any:
    if len(arrays) < 2:
        raise ValueError(f"{name}: takes two arrays or more, not {len(arrays)}")
    return reduce(op, [operand(name, x, *arrays) for x in arrays])


@kind_linear(lambda g: -g, numpy=[np.negative])
def negative(x: Any) -> Any:
    """The negative −x, elementwise. x (...) -> (...).

    Arguments:
        x: numbers.
    Returns:
        As many numbers, in x's dtype.
    Raises:
        TypeError: for booleans.

    Example:
        >>> x = Tensor([1.0, -2.0], requires_grad=True)
        >>> ag.grad(ag.negative(x).sum(), x).numpy()
        array([-1., -1.])
    """
    return np.negative(x)


@op(analytic=True, takes_complex=True, numpy=[np.matmul], cost=lambda out, b: prod(out) * b[-2 if len(b) > 1 else 0])
def matmul(a: Any, b: Any) -> Any:
    """The product of matrices, or of stacks of them. a (..., m, n), b (..., n, p) -> (..., m, p).

    Y = AX has ∇X = Aᵀ∇Y (Law 1), Y = XC has ∇X = ∇Y Cᵀ (Law 2). Source: the report, section 2.
    """
    if a.ndim != 2 or b.ndim != 2:
        return stacked(a, b)
    if len(a) * b.size < SMALL:
        try:
            return a.dot(b)
        except FloatingPointError:  # where `np.errstate` asks for it: terms that underflow do no harm to a sum
            pass
    return product(a, b)


@op(analytic=True, takes_complex=True, cost=lambda out, w: prod(out) * w[1])
def linear(x: Any, w: Any, b: Any) -> Any:
    """X Wᵀ + b for one matrix X. x (N, in), w (out, in), b (out,) or None -> (N, out).

    By Law 2 with C = Wᵀ: ∇X = ∇Y W. By Law 1 for Wᵀ: ∇Wᵀ = Xᵀ∇Y, so ∇W = ∇Yᵀ X. Source: the report, section 3.1.1.
    """
    y = matmul.forward(x, w.T)
    return y if b is None else np.add(y, b, out=y if b.dtype == y.dtype else None)


@linear.implementation
def linear_then_relu(x: Any, w: Any, b: Any) -> Any:
    """linear with a relu applied to its result; `relu_done` records that relu."""
    y = linear.forward(x, w, b)
    return maps.relu(y, out=y)


def _but_0_0(x: Any, y: Any) -> Any:
    """x, but 1 where x and y are 0: there the slope of x ** 0 is 0, and 0 · ∞ would be nan."""
    return x + (x == 0) * (y == 0)


def _log(x: Any, out: Any) -> Any:
    """log x, but 0 where x is 0 and x ** y finite: the slope in y is 0 there. A number x gets out's dtype.

    Of a complex power it is complex: a real base may be below 0.
    """
    x = x if hasattr(x, "dtype") else out.dtype.type(x)
    x = cast.bind(x, dtype=out.dtype) if out.dtype.kind == "c" and x.dtype.kind != "c" else x
    return log(x + (x == 0) * (out != np.inf) * (out != -np.inf))


# fmt: off
add.defvjp(     x=lambda g: g,                                     y=lambda g: g)
subtract.defvjp(x=lambda g: g,                                     y=lambda g: -g)
multiply.defvjp(x=lambda g, y: times(g, conjugated(y)),            y=lambda g, x: times(g, conjugated(x)))
divide.defvjp(  x=lambda g, y: divide.bind(g, conjugated(y)),
                y=lambda g, y, out: -times(g, conjugated(out)) / conjugated(y))
power.defvjp(   x=lambda g, x, y: g * conjugated(y) * conjugated(_but_0_0(x, y) ** (y - 1)),
                y=lambda g, x, out: g * conjugated(out) * conjugated(_log(x, out)))
matmul.defvjp(  a=lambda g, b: matmul.bind(g, conjugated(b).mT),  # Law 2
                b=lambda g, a: matmul.bind(conjugated(a).mT, g))  # Law 1
linear.defvjp(  x=lambda g, w: matmul.bind(g, conjugated(w)),          w=lambda g, x: matmul.bind(g.mT, conjugated(x)),
                b=lambda g: sum.bind(g, axis=(0,), keepdims=False))
# fmt: on

# ── called ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def matrix_product(a: Any, b: Any) -> Any:
    """The matrix product a @ b, of stacks of matrices one by one. a (..., m, n), b (..., n, p) -> (..., m, p).

    By the report's two laws the gradients are ∇a = ∇y bᵀ (Law 2) and ∇b = aᵀ ∇y (Law 1).

    Arguments:
        a: (..., m, n), or a vector (n,), which is one row.
        b: (..., n, p), or a vector (n,), which is one column. The axes before the last two broadcast.
    Returns:
        (..., m, p), without the axis that a vector lacks.
    Raises:
        ValueError: for scalars, for inner lengths that differ, and for stacks that do not broadcast.
    Source: the report, section 2, Laws 1 and 2.

    Example:
        >>> a = Tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> b = Tensor([1.0, 10.0], requires_grad=True)
        >>> ag.grad(ag.matmul(a, b).sum(), b).numpy()  # the columns of a, summed
        array([4., 6.])
    """
    a, b = operand("matmul", a, b), operand("matmul", b, a)
    first, second = a.shape, b.shape
    if len(first) == len(second) == 2 and first[1] == second[0]:  # two matrices that fit: nothing to look into
        return matmul.bind(a, b)
    if not first or not second:
        raise ValueError(f"matmul: {a.shape} @ {b.shape}: a scalar has no rows or columns; use * instead")
    inner = b.shape[0] if len(b.shape) == 1 else b.shape[-2]
    if a.shape[-1] != inner:
        raise ValueError(
            f"matmul: {a.shape} @ {b.shape}: the last axis of the first ({a.shape[-1]}) must be as long as "
            f"the {'only' if len(b.shape) == 1 else 'second-to-last'} axis of the second ({inner})"
        )
    stacks = [a.shape[:-2], b.shape[:-2]]
    try:
        np.broadcast_shapes(*stacks)
    except ValueError:
        raise ValueError(
            f"matmul: {a.shape} @ {b.shape}: stacks {stacks[0]} and {stacks[1]}: {clash(stacks)}"
        ) from None
    left, right = len(a.shape) == 1, len(b.shape) == 1
    out = matmul.bind(a.reshape((1, -1)) if left else a, b.reshape((-1, 1)) if right else b)
    drop = (*((-2,) if left else ()), *((-1,) if right else ()))
    return squeeze(out, drop) if drop else out


call_as(matmul, matrix_product)


def linear_by(implementation: Primitive, x: Any, w: Any, b: Any = None) -> Any:
    """The fully connected layer x wᵀ + b.

    Arguments:
        x: (..., in), a row of inputs for each sample.
        w: (out, in), the weights.
        b: (out,), the biases, or None.
    Returns:
        (..., out), a row of outputs for each sample.
    Raises:
        ValueError: for a w without two axes, and for lengths that do not agree.
    Source: the report, section 3.1.1.

    Example:
        >>> w = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        >>> y = ag.linear([[1.0, 10.0]], w, [0.5, 0.0])
        >>> y.numpy(), ag.grad(y.sum(), w).numpy()
        (array([[21.5, 43. ]]), array([[ 1., 10.],
               [ 1., 10.]]))
    """
    x, w, b = operand("linear", x), operand("linear", w), None if b is None else operand("linear", b)
    if len(w.shape) != 2 or not x.shape or x.shape[-1] != w.shape[1]:
        raise ValueError(f"linear: x {x.shape} and w {w.shape}: w must be (out, in) and x end in the same `in`")
    if b is not None and b.shape != w.shape[:1]:
        raise ValueError(f"linear: b {b.shape} must have one entry for each of w's {w.shape[0]} outputs, w {w.shape}")
    if len(x.shape) == 2:
        return implementation.bind(x, w, b)
    return implementation.bind(x.reshape((prod(x.shape[:-1]), x.shape[-1])), w, b).reshape((*x.shape[:-1], w.shape[0]))


call_as(linear, relu_keyword(by("linear", linear_by, linear)))
