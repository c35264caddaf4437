"""Functions of single elements, smooth and with kinks.

At a kink every operation has the subgradient of this table:

relu, leaky_relu at 0      the slope of the left side (0, or the leak)
absolute at 0              0
clip at a bound            1 (the bound belongs to the inside)
hardtanh, relu6, shrinks   0 at their bounds and thresholds, and so for hardsigmoid and threshold
hardswish at −3 and 3      0 and 1
elu, celu, selu, prelu     at 0 the slope of the left side
hinges of losses at 0      1 where they clip (margin_ranking, triplet, …), 0 in multi_margin_loss
length of a zero vector    0
maximum, minimum at a tie  half to each argument; a nan beside a number gets all, two nan are a tie
max, min over an axis      shared equally among the tied elements; among the nan, if there are any
sort                       each element gets that of its new position; equal elements keep their order
max_pool2d                 all to the first maximum in row-major order (its switch); nan is the largest
std of equal elements      0 (the slope of sqrt itself at 0 is inf)
x ** 0                     0 in x, at x = 0 too
0 ** y in y                0 for y ≥ 0; for y < 0 result · log 0, which is -inf, or inf where the result is -inf

So where a result is nan, the gradient shows which element it came from.
"""

from collections.abc import Collection
from typing import Any

import numpy as np

from ..arguments import DType, Number, Plain
from ..core import tape
from ..core.primitive import Primitive, call_as, operand
from ..kernels import maps
from ..kernels.quiet import quiet
from .kinds import conjugated, definition, elementwise, op

# ── smooth ────────────────────────────────────────────────────────────────────────────────────────────────────────────

square = elementwise(np.square, lambda x: 2 * x, """x², elementwise. x (...) -> (...).

    Example:
        >>> x = Tensor([3.0, -1.0], requires_grad=True)
        >>> ag.grad(ag.square(x).sum(), x).numpy()
        array([ 6., -2.])
    """, methods=["square"])  # fmt: skip
exp = elementwise(np.exp, lambda out: out, """The exponential eˣ, elementwise. x (...) -> (...).

    Example:
        >>> x = Tensor([0.0, 1.0], requires_grad=True)
        >>> ag.grad(ag.exp(x).sum(), x).numpy()  # its own derivative
        array([1.        , 2.71828183])
    """, methods=["exp"])  # fmt: skip
expm1 = elementwise(np.expm1, lambda x: exp(x), """The exponential less one, eˣ − 1, elementwise. x (...) -> (...).

    Near 0 it has the digits that exp(x) - 1 loses.

    Example:
        >>> ag.expm1(Tensor(1e-12)).item(), ag.exp(Tensor(1e-12)).item() - 1
        (1.0000000000005e-12, 1.000088900582341e-12)
    """, methods=["expm1"])  # fmt: skip
log = elementwise(np.log, None, """The natural logarithm, elementwise. x (...) -> (...).

    As in NumPy it is -inf at 0 and nan below.

    Example:
        >>> x = Tensor([1.0, 4.0], requires_grad=True)
        >>> ag.grad(ag.log(x).sum(), x).numpy()
        array([1.  , 0.25])
    """, product=lambda g, x: g / conjugated(x), methods=["log"])  # fmt: skip
log1p = elementwise(np.log1p, None, """The natural logarithm of 1 + x, elementwise. x (...) -> (...).

    Near 0 it has the digits that log(1 + x) loses. It is -inf at -1 and nan below.

    Example:
        >>> ag.log1p(Tensor(1e-12)).item(), ag.log(1 + Tensor(1e-12)).item()
        (9.999999999995e-13, 1.000088900581841e-12)
    """, product=lambda g, x: g / conjugated(1 + x), methods=["log1p"])  # fmt: skip
sqrt = elementwise(np.sqrt, None, """The square root √x, elementwise. x (...) -> (...).

    The slope at 0 is inf; below 0 the result is nan.

    Example:
        >>> x = Tensor([4.0, 25.0], requires_grad=True)
        >>> ag.grad(ag.sqrt(x).sum(), x).numpy()
        array([0.25, 0.1 ])
    """, product=lambda g, out: g / conjugated(2 * out), methods=["sqrt"])  # fmt: skip
sin = elementwise(np.sin, lambda x: cos(x), """The sine, elementwise, of x in radians. x (...) -> (...).

    Example:
        >>> x = Tensor([0.0, np.pi], requires_grad=True)
        >>> ag.grad(ag.sin(x).sum(), x).numpy()  # the cosine
        array([ 1., -1.])
    """, methods=["sin"])  # fmt: skip
cos: Primitive = elementwise(np.cos, None, """The cosine, elementwise, of x in radians. x (...) -> (...).

    Example:
        >>> x = Tensor(0.0, requires_grad=True)
        >>> slope = ag.grad(ag.cos(x), x, create_graph=True)
        >>> ag.grad(slope, x).numpy()  # the second derivative, -cos(x)
        array(-1.)
    """, product=lambda g, x: -g * conjugated(sin(x)), methods=["cos"])  # fmt: skip
tanh = elementwise(np.tanh, lambda out: 1 - out * out, """The hyperbolic tangent, elementwise. x (...) -> (...).

    Example:
        >>> x = Tensor([-20.0, 0.0], requires_grad=True)
        >>> ag.grad(ag.tanh(x).sum(), x).numpy()  # flat where it is saturated
        array([0., 1.])
    """, methods=["tanh"])  # fmt: skip


def _back_over_sigmoid(g: Any, out: Any) -> Any:
    return sigmoid_product.bind(g, out) if out.dtype.kind != "c" else g * conjugated(out * (1 - out))


@elementwise(product=_back_over_sigmoid, analytic=False, takes_complex=True, methods=["sigmoid"])
def sigmoid(x: Any) -> Any:
    """The logistic function 1 / (1 + e⁻ˣ), elementwise, SciPy's `expit`. x (...) -> (...).

    Nothing overflows, and nothing is lost to cancellation.

    Example:
        >>> ag.sigmoid(Tensor([-1000.0, 0.0, 1000.0])).numpy()
        array([0. , 0.5, 1. ])
    """
    with quiet(under="ignore"):  # e⁻ˣ is added to 1
        if np.iscomplexobj(x):
            left = x.real < 0
            e = np.exp(np.where(left, x, -x))
            return np.where(left, e, 1) / (1 + e)
        return maps.sigmoid(x)


@op(public=False)
def sigmoid_product(g: Any, y: Any) -> Any:
    """g · y · (1 − y): the gradient g carried back over a sigmoid whose result is y. g, y (...), real -> (...)."""
    return maps.sigmoid_product(g, y)


sigmoid_product.defvjp(g=lambda v, y: sigmoid_product.bind(v, y), y=lambda v, g, y: v * g * (1 - 2 * y))

# ── with kinks ────────────────────────────────────────────────────────────────────────────────────────────────────────

absolute = elementwise(np.absolute, None, """The absolute value |x|, elementwise. x (...) -> (...).

    The subgradient at 0 is 0.

    Example:
        >>> x = Tensor([-3.0, 0.0, 2.0], requires_grad=True)
        >>> ag.grad(ag.absolute(x).sum(), x).numpy()
        array([-1.,  0.,  1.])
    """, product=lambda g, x, out: g * sign.bind(x) if x.dtype.kind != "c" else g * _unit(x, out),
    kink=lambda x: np.sign(x), methods=["abs"], aliases=["abs"], takes_complex=True)  # fmt: skip
sign: Primitive = op(np.sign, None, kink=lambda x: np.sign(x), methods=["sign"])
sign.defvjp(x=None)


def _sign(x: Any) -> Any:
    """The sign of x, elementwise: -1, 0 or 1; of complex numbers x / |x|, and 0 of 0. x (...) -> (...).

    No gradient flows through that of real numbers.

    Arguments:
        x: numbers.
    Returns:
        The signs, in x's dtype.

    Example:
        >>> ag.sign(Tensor([-3.0, 0.0, 2.0], requires_grad=True))
        Tensor([-1.,  0.,  1.])
    """
    if getattr(x, "dtype", np.dtype(float)).kind != "c":
        return sign.bind(x)
    return _unit(x, absolute(x))


def _unit(x: Any, length: Any) -> Any:
    """x / |x| of complex x, 0 at 0 and flat there."""
    return x / where(length == 0, np.inf, length)


call_as(sign, _sign)


@elementwise(product=lambda g, out: gate.bind(g, out), kink=lambda x: np.greater(x, 0), methods=["relu"])
def relu(x: Any) -> Any:
    """The larger of x and 0, elementwise. x (...) -> (...).

    The subgradient at 0 is 0.

    Arguments:
        x: real numbers.
    Returns:
        As many numbers, in x's dtype.
    Source: the report, section 3.1.4.

    Example:
        >>> x = Tensor([-1.0, 0.0, 2.0], requires_grad=True)
        >>> ag.grad(ag.relu(x).sum(), x).numpy()
        array([0., 0., 1.])
    """
    return maps.relu(x)


@relu.implementation
def relu_done(x: Any) -> Any:
    """relu of the result of an implementation that has applied it already. x (...) -> x itself."""
    return x


@op(kink=lambda y: np.not_equal(y, 0))
def gate(g: Any, y: Any) -> Any:
    """The gradient that a ReLU lets through: g where y is not 0, else 0. g, y (...) -> (...).

    Linear in g, and its own adjoint there. No gradient flows to y.

    Arguments:
        g: the gradient of the ReLU's result.
        y: the ReLU's result.
    Returns:
        The gradient of the ReLU's argument, in g's dtype.

    Example:
        >>> ag.gate(Tensor([5.0, 7.0]), Tensor([0.0, 2.0])).numpy()
        array([0., 7.])
    """
    return maps.gate(operand("gate", g), operand("gate", y))


gate.defvjp(g=lambda v, y: gate.bind(v, y), y=None)


@op(public=False, kink=lambda x: np.greater(x, 0))
def leak(g: Any, x: Any, *, slope: Plain) -> Any:
    """g where x > 0, else slope · g: linear in g, and its own adjoint there. g, x (...) -> (...)."""
    with quiet(under="ignore"):
        return maps.leak(g, x, slope)


leak.defvjp(g=lambda v, x, *, slope: leak.bind(v, x, slope=slope), x=None)


@op(public=False, kink=lambda y, low, high: np.greater(y, low) + 1 * np.greater_equal(y, high))
def band(g: Any, y: Any, *, low: Plain, high: Plain) -> Any:
    """g where low < y < high, else 0: linear in g, and its own adjoint there. g, y (...) -> (...)."""
    return maps.band(g, y, low, high)


band.defvjp(g=lambda v, y, *, low, high: band.bind(v, y, low=low, high=high), y=None)


@elementwise(
    product=lambda g, x, *, negative_slope: leak.bind(g, x, slope=negative_slope), kink=lambda x: np.greater(x, 0)
)
def leaky_relu(x: Any, negative_slope: Number = 0.01) -> Any:
    """A leaky ReLU, elementwise: x where x > 0, else negative_slope · x. x (...) -> (...).

    The subgradient at 0 is `negative_slope`.

    Arguments:
        x: real numbers.
        negative_slope: a number, the slope for x ≤ 0.
    Returns:
        As many numbers, in x's dtype if that is floating.
    Raises:
        TypeError: for a slope that is no number.

    Example:
        >>> x = Tensor([-2.0, 0.0, 2.0], requires_grad=True)
        >>> ag.grad(ag.leaky_relu(x, 0.1).sum(), x).numpy()
        array([0.1, 0.1, 1. ])
    """
    with quiet(under="ignore"):
        return maps.leak(x, x, negative_slope)


def _inside(x: Any, low: float | None, high: float | None) -> Any:
    return (x >= (-np.inf if low is None else low)) * (x <= (np.inf if high is None else high))


@elementwise(
    product=lambda g, x, *, low, high: g * _inside(x, low, high),
    kink=lambda x, low, high: _inside(np.asarray(x), low, high), methods=["clip"],
)  # fmt: skip
def clip(x: Any, *, low: Any, high: Any) -> Any:
    """x limited to [low, high], elementwise; None is no limit. x (...) -> (...). The slope at a bound is 1."""
    return np.clip(x, low, high)


def _clip(
    x: Any, low: Any = None, high: Any = None, *, a_min: Any = None, a_max: Any = None,
    min: Any = None, max: Any = None,  # noqa: A002 (NumPy's names)
) -> Any:  # fmt: skip
    """The numbers limited to [low, high], elementwise; PyTorch's `clamp`. x (...) -> (...).

    The subgradient at a bound is 1. What is beyond a bound that is an array gives its gradient to that.

    Arguments:
        x: real numbers.
        low, high: the bounds, numbers, arrays or Tensors, whose shapes broadcast; None for no bound.
        a_min, a_max, min, max: the same by NumPy's names.
    Returns:
        As many numbers, in x's dtype if that is floating.
    Raises:
        ValueError: if both bounds are None.
        TypeError: for bounds that are not numbers, and for one that is given twice.

    Example:
        >>> x = Tensor([-2.0, 0.5, 1.0], requires_grad=True)
        >>> ag.grad(ag.clip(x, -1, 1).sum(), x).numpy()
        array([0., 1., 1.])
    """
    lows, highs = ([b for b in given if b is not None] for given in ((low, a_min, min), (high, a_max, max)))
    if len(lows) > 1 or len(highs) > 1:
        raise TypeError("clip: low, a_min and min are one thing, and high, a_max and max; give one of them")
    bounds = [
        bound.item() if isinstance(bound, np.generic) else bound for given in (lows, highs) for bound in given or [None]
    ]
    if bounds[0] is None and bounds[1] is None:
        raise ValueError("clip: low and high are both None, so there is nothing to clip to")
    if all(bound is None or isinstance(bound, int | float) for bound in bounds):
        return clip.bind(x, low=bounds[0], high=bounds[1])
    x = operand("clip", x, *bounds)
    for bound, beyond in zip(bounds, (np.less, np.greater), strict=True):
        if bound is not None:  # at the bound, x has the slope
            limit = bound if isinstance(bound, int | float) else operand("clip", bound)  # a number changes no dtype
            x = where(beyond(x, limit) | (limit != limit), limit, x)
    return x


call_as(clip, _clip)


def _share(g: Any, x: Any, y: Any, above: Any) -> Any:
    """The gradient of x, one of two arguments: all of g where it was chosen (`above`), half at a tie, else 0."""
    if type(g) is np.ndarray and type(above) is np.ndarray and g.shape == above.shape and not maps.any_alike(x, y):
        return maps.gate(g, above)
    return where((x == y) | ((x != x) & (y != y)), g / 2, where(above | ((x != x) & (y == y)), g, 0))


maximum = op(np.maximum, """The larger of x and y, elementwise; nan where one of them is. x, y (...) -> (...).

    At a tie each gets half the gradient. A nan beside a number gets all of it.

    Arguments:
        x, y: real numbers, whose shapes broadcast.
    Returns:
        The larger numbers, in the shape and the dtype that x and y have in common.
    Raises:
        ValueError: for shapes that do not broadcast.

    Example:
        >>> x = Tensor([4.0, 3.0], requires_grad=True)
        >>> ag.grad(ag.maximum(x, 3.0).sum(), x).numpy()
        array([1. , 0.5])
    """, kink=lambda x, y: np.sign(np.subtract(x, y)))  # fmt: skip
maximum.defvjp(x=lambda g, x, y: _share(g, x, y, x > y), y=lambda g, x, y: _share(g, y, x, y > x))

minimum = op(np.minimum, """The smaller of x and y, elementwise; nan where one of them is. x, y (...) -> (...).

    At a tie each gets half the gradient. A nan beside a number gets all of it.

    Arguments:
        x, y: real numbers, whose shapes broadcast.
    Returns:
        The smaller numbers, in the shape and the dtype that x and y have in common.
    Raises:
        ValueError: for shapes that do not broadcast.

    Example:
        >>> x = Tensor([4.0, 3.0], requires_grad=True)
        >>> ag.grad(ag.minimum(x, 3.0).sum(), x).numpy()
        array([0. , 0.5])
    """, kink=lambda x, y: np.sign(np.subtract(x, y)))  # fmt: skip
minimum.defvjp(x=lambda g, x, y: _share(g, x, y, x < y), y=lambda g, x, y: _share(g, y, x, y < x))

# ── choosing and casting ──────────────────────────────────────────────────────────────────────────────────────────────


@op(analytic=True, takes_complex=True)
def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, else y. condition, x, y (...) broadcast -> (...)."""
    if np.asarray(condition).dtype.kind not in "biuf":
        raise TypeError(f"the condition must be booleans, not {condition!r}")
    return maps.where(condition, x, y)


where.defvjp(
    condition=None,
    x=lambda g, condition: where.bind(condition, g, 0),
    y=lambda g, condition: where.bind(condition, 0, g),
)


@op(public=False, takes_complex=True)
def detach(x: Any) -> Any:
    """The same array as a constant: no gradient flows through it. x (...) -> x itself."""
    return x


detach.defvjp(x=None)


@elementwise(product=lambda g: g, analytic=False, public=False, takes_complex=True)
def cast(x: Any, dtype: Plain) -> Any:
    """x in another dtype; the real part of complex x if that is real. x (...) -> (...).

    The gradient has x's own dtype.
    """
    x = np.asarray(x)
    return (x.real if x.dtype.kind == "c" != np.dtype(dtype).kind else x).astype(dtype)


tape.cast = lambda g, dtype: cast.bind(g, dtype=dtype)  # a gradient in its argument's dtype, recorded if need be


# ── by definition ─────────────────────────────────────────────────────────────────────────────────────────────────────


@definition(methods=["astype"])
def astype(x: Any, dtype: DType) -> Any:
    """The numbers in another dtype, PyTorch's `to`. x (...) -> (...).

    The gradient has x's own dtype; none flows through integers and booleans.

    Arguments:
        x: real numbers.
        dtype: anything `np.dtype` takes, of real numbers.
    Returns:
        The same numbers, rounded to the dtype.
    Raises:
        TypeError: for a dtype that is not of real numbers.

    Example:
        >>> x = Tensor([1.5, 2.5], requires_grad=True)
        >>> y = ag.astype(x, np.float32)
        >>> y.dtype, ag.grad(y.sum(), x).dtype
        (dtype('float32'), dtype('float64'))
    """
    return cast.bind(x, dtype=dtype)


def in_dtype(name: str, x: Any, dtype: np.dtype[Any]) -> Any:
    """A Value or array as it is; a Python number in a floating dtype, which it does not change."""
    return np.asarray(x, dtype) if _number(x) and dtype.kind == "f" else operand(name, x)


def _number(x: Any) -> bool:
    return type(x) in (int, float)


def floating(name: str, optional: Collection[str], **arrays: Any) -> tuple[Any, ...]:
    """The arguments as floating arrays. Integers and numbers get the dtype of the floating ones, float64 without any.

    optional: the arguments that may be None. Raises TypeError, as `name`, for anything but real numbers.
    """
    given = {key: None if a is None and key in optional else operand(f"{name}: {key}", a) for key, a in arrays.items()}
    for key, a in given.items():
        if a is not None and a.dtype.kind not in "fiub":
            raise TypeError(f"{name}: {key} has dtype {a.dtype}; it must hold real numbers")
    own = {key: a.dtype for key, a in given.items() if a is not None and a.dtype.kind == "f"}
    own = {key: dtype for key, dtype in own.items() if not _number(arrays[key])}
    dtype = np.result_type(*own.values()) if own else np.dtype(np.float64)
    return tuple(a if a is None or key in own else cast.bind(a, dtype=dtype) for key, a in given.items())
