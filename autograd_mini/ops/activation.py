"""Activations of neural nets: smooth gates, ReLU's relatives, and the gated linear unit.

At a kink each has PyTorch's subgradient, which the table in `elementwise` lists.
"""

from collections.abc import Callable
from functools import cache
from math import erfc, pi, sqrt
from typing import Annotated, Any

import numpy as np

from ..arguments import Axis, Flag, Number, Parameter, Plain, Rng, generator
from ..kernels import limits, maps
from ..kernels.quiet import quiet
from .dropout import random_like
from .elementwise import band, clip, exp, gate, in_dtype, sigmoid, square, tanh, where
from .kinds import definition, elementwise, op, times
from .precision import in_single
from .shape import getitem

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
"""With which the outputs of a normal x have mean 0 and variance 1. Source: Klambauer et al. 2017, equation 14."""


def _approximation(name: str, what: str, value: Any, x: Any) -> str:
    if value not in ("none", "tanh"):
        raise ValueError(f"{name}: approximate must be 'none' or 'tanh', not {value!r}")
    return str(value)


Approximation = Annotated[Any, Parameter(_approximation, 'Literal["none", "tanh"]')]

# ── smooth ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def _normal() -> Callable[[Any], Any]:
    """The normal distribution function Φ: SciPy's where it is installed, else Python's, element by element."""
    try:
        from scipy.special import ndtr
    except ImportError:
        each = np.frompyfunc(lambda x: erfc(-x / sqrt(2)) / 2, 1, 1)
        return lambda x: np.asarray(each(x)).astype(np.result_type(x, np.float16))
    return ndtr  # type: ignore[no-any-return]


_ROOT, _CUBE, _FAR, _LOWEST = sqrt(2 / pi), 0.044715, limits.FAR, limits.LOWEST


@elementwise(
    product=lambda g, x, out, *, approximate: times(g, gelu_slope.bind(x, out, approximate=approximate)), analytic=False
)
@in_single
def gelu(x: Any, approximate: Approximation = "none") -> Any:
    """The Gaussian error linear unit x · Φ(x), elementwise, with Φ the normal distribution. x (...) -> (...).

    At −∞ it is 0, as is its slope. Half precision is computed in single. Φ is SciPy's if that is installed, else
    Python's, which is slow.

    Arguments:
        x: real numbers.
        approximate: "none", or "tanh" for ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))).
    Returns:
        As many numbers, in x's dtype if that is floating.
    Raises:
        ValueError: for another approximation.
    Source: Hendrycks & Gimpel 2016.

    Example:
        >>> ag.gelu(Tensor([-1.0, 0.0, 1.0])).numpy().round(6)
        array([-0.158655,  0.      ,  0.841345])
    """
    with quiet(over="ignore", under="ignore"):
        if approximate == "none":
            return maps.gelu(x, _normal())
        x = np.maximum(x, -_FAR)
        return 0.5 * x * (1 + np.tanh(_ROOT * (x + _CUBE * (x * x * x))))


@in_single
def _gelu_bend(g: Any, x: Any, *, approximate: str) -> Any:
    x = clip.bind(x, low=-_FAR, high=_FAR)
    if approximate == "none":
        return g * (2 - x * x) * exp(-0.5 * x * x) / sqrt(2 * pi)
    t, slope = tanh(_ROOT * (x + _CUBE * (x * x * x))), _ROOT * (1 + 3 * _CUBE * (x * x))
    return g * (1 - t * t) * (slope * (1 - x * t * slope) + 3 * _ROOT * _CUBE * (x * x))


@op(public=False)
@in_single
def gelu_slope(x: Any, y: Any, *, approximate: Plain) -> Any:
    """The slope of gelu at x, where it is y: Φ(x) + x φ(x) with Φ = y / x. x, y (...) -> (...)."""
    with quiet(over="ignore", under="ignore"):
        if approximate == "none":
            return maps.gelu_slope(x, y)
        x = np.clip(x, -_FAR, _FAR)
        t = np.tanh(_ROOT * (x + _CUBE * (x * x * x)))
        return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * (_ROOT * (1 + 3 * _CUBE * (x * x)))


gelu_slope.defvjp(x=_gelu_bend, y=None)


def _logistic(x: Any) -> Any:
    """1 / (1 + e⁻ˣ), which is 0 where e⁻ˣ is too large for x's dtype."""
    with quiet(over="ignore", under="ignore"):
        if not np.ndim(x):
            return 1 / (1 + np.exp(-x))
        e = np.negative(x)  # the only memory: what is new for each step takes longer to get than to fill
        np.exp(e, out=e)
        e += 1
        return np.divide(1, e, out=e)


@elementwise(product=lambda g, x: times(g, silu_slope.bind(x)), analytic=False)
@in_single
def silu(x: Any) -> Any:
    """The sigmoid linear unit x · σ(x), elementwise, also called swish. x (...) -> (...).

    At −∞ it is 0, as is its slope. Half precision is computed in single.

    Source: Elfwing et al. 2017.

    Example:
        >>> ag.silu(Tensor([-1000.0, 0.0, 1000.0])).numpy() + 0.0
        array([   0.,    0., 1000.])
    """
    with quiet(under="ignore"):
        return maps.silu(x, _logistic)


@in_single
def _silu_bend(g: Any, x: Any) -> Any:
    x = clip.bind(x, low=_LOWEST, high=-_LOWEST)
    s = sigmoid(x)
    return g * s * (1 - s) * (2 + x * (1 - 2 * s))


@elementwise(product=_silu_bend, analytic=False, public=False)
@in_single
def silu_slope(x: Any) -> Any:
    """The slope of silu. x (...) -> (...)."""
    with quiet(under="ignore"):
        return maps.silu_slope(x, _logistic)


def _square_less_1(x: Any) -> Any:
    """n = (1 + eˣ)² − 1, of which tanh(log(1 + eˣ)) = n / (n + 2), which far above 0 is 1."""
    e = np.exp(np.minimum(x, _FAR))
    return e * (2 + e)


@elementwise(product=lambda g, x: g * mish_slope.bind(x), analytic=False)
@in_single
def mish(x: Any) -> Any:
    """The gate x · tanh(log(1 + eˣ)), elementwise. x (...) -> (...).

    At −∞ it is 0, as is its slope. Half precision is computed in single.

    Source: Misra 2019.

    Example:
        >>> ag.mish(Tensor([-1.0, 0.0, 1.0])).numpy().round(6)
        array([-0.303401,  0.      ,  0.865098])
    """
    with quiet(under="ignore"):
        n = _square_less_1(x)
        return np.maximum(x, _LOWEST) * (n / (n + 2))


@in_single
def _mish_bend(g: Any, x: Any) -> Any:
    x = clip.bind(x, low=_LOWEST, high=_FAR)
    w, s = tanh(softplus.bind(x, beta=1.0, threshold=np.inf)), sigmoid(x)
    return g * (1 - w * w) * s * (2 + x * (1 - s - 2 * w * s))


@elementwise(product=_mish_bend, analytic=False, public=False)
@in_single
def mish_slope(x: Any) -> Any:
    """The slope of mish. x (...) -> (...)."""
    with quiet(under="ignore"):
        x = np.clip(x, _LOWEST, _FAR)
        n = _square_less_1(x)
        w = n / (n + 2)
        return w + x * _logistic(x) * (2 / (n + 2) * (1 + w))


@elementwise(
    product=lambda g, x, *, beta, threshold: g * softplus_slope.bind(x, beta=beta, threshold=threshold),
    kink=lambda x, beta, threshold: np.greater(beta * x, threshold),
)
@in_single
def softplus(x: Any, beta: Number = 1.0, threshold: Number = 20.0) -> Any:
    """A smooth ReLU, log(1 + e^(βx)) / β, elementwise. x (...) -> (...).

    Half precision is computed in single.

    Arguments:
        x: real numbers.
        beta: β, a number; the larger it is, the nearer is the ReLU.
        threshold: where βx is above it the result is x, and the slope 1.
    Returns:
        As many numbers, in x's dtype if that is floating.
    Raises:
        TypeError: for parameters that are not numbers.
    Source: Dugas et al. 2001.

    Example:
        >>> ag.softplus(Tensor([-1000.0, 0.0, 1000.0])).numpy()
        array([0.00000000e+00, 6.93147181e-01, 1.00000000e+03])
    """
    with quiet(under="ignore"):
        z = beta * x
        out = np.asarray((np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))) / beta)
        np.copyto(out, x, where=np.greater(z, threshold))
        return out


@elementwise(product=lambda g, out, *, beta: beta * (g * out * (1 - out)), analytic=False, public=False)
@in_single
def softplus_slope(x: Any, *, beta: Plain, threshold: Plain) -> Any:
    """The slope of softplus. x (...) -> (...)."""
    with quiet(under="ignore"):
        out = np.asarray(_logistic(beta * x))
        np.copyto(out, 1, where=np.greater(beta * x, threshold))
        return out


@elementwise(product=lambda g, x: g * sigmoid(-x), analytic=False, aliases=["log_expit"])
@in_single
def logsigmoid(x: Any) -> Any:
    """The logarithm of the logistic function, −log(1 + e⁻ˣ), elementwise. x (...) -> (...).

    Nothing overflows. Half precision is computed in single. SciPy calls it `log_expit`.

    Example:
        >>> ag.logsigmoid(Tensor([-10.0, 0.0])).numpy().round(6)
        array([-10.000045,  -0.693147])
    """
    with quiet(under="ignore"):
        return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


@elementwise(product=lambda g, x: g * square(tanh(x)), analytic=False)
def tanhshrink(x: Any) -> Any:
    """What is left without its hyperbolic tangent, x − tanh x, elementwise. x (...) -> (...).

    Example:
        >>> x = Tensor([0.0, 20.0], requires_grad=True)
        >>> ag.grad(ag.tanhshrink(x).sum(), x).numpy()
        array([0., 1.])
    """
    return x - np.tanh(x)


@elementwise(product=lambda g, x: g * square(1 / (1 + abs(x))), analytic=False)
def softsign(x: Any) -> Any:
    """The bounded x / (1 + |x|), elementwise. x (...) -> (...).

    Example:
        >>> x = Tensor([-1.0, 0.0, 3.0], requires_grad=True)
        >>> ag.grad(ag.softsign(x).sum(), x).numpy()
        array([0.25  , 1.    , 0.0625])
    """
    most = np.finfo(np.result_type(x, np.float16)).max
    x = np.clip(x, -most, most)  # ±inf is ±1, and all others stay
    return x / (1 + np.abs(x))


# ── exponential below 0 ───────────────────────────────────────────────────────────────────────────────────────────────


@elementwise(product=lambda g, out, *, rate: rate * (g * out), kink=lambda x: np.greater(x, 0), public=False)
@in_single
def decay(x: Any, *, rate: Plain) -> Any:
    """e^(rate · x) where x ≤ 0, else 0. x (...) -> (...)."""
    with quiet(under="ignore"):
        return maps.gate(np.exp(rate * np.minimum(x, 0)), ~np.greater(x, 0))  # nan stays


def _exponential(g: Any, x: Any, *, scale: float, alpha: float, rate: float) -> Any:
    return scale * gate.bind(g, x > 0) + (scale * alpha * rate) * (g * decay.bind(x, rate=rate))


@elementwise(product=_exponential, kink=lambda x: np.greater(x, 0), public=False)
@in_single
def exponential_unit(x: Any, *, scale: Plain, alpha: Plain, rate: Plain) -> Any:
    """scale · x where x > 0, else scale · alpha · (e^(rate · x) − 1). x (...) -> (...)."""
    with quiet(under="ignore"):  # one of both terms is 0
        return scale * np.maximum(x, 0) + (scale * alpha) * np.expm1(rate * np.minimum(x, 0))


@definition
def elu(x: Any, alpha: Number = 1.0) -> Any:
    """The exponential linear unit: x where x > 0, else α (eˣ − 1), elementwise. x (...) -> (...).

    The subgradient at 0 is α. Half precision is computed in single.

    Arguments:
        x: real numbers.
        alpha: α, a number.
    Returns:
        As many numbers, in x's dtype if that is floating.
    Raises:
        TypeError: for an alpha that is no number.
    Source: Clevert et al. 2015.

    Example:
        >>> x = Tensor([-1000.0, 0.0, 2.0], requires_grad=True)
        >>> ag.grad(ag.elu(x, 0.5).sum(), x).numpy()
        array([0. , 0.5, 1. ])
    """
    return exponential_unit.bind(x, scale=1.0, alpha=alpha, rate=1.0)


@definition
def celu(x: Any, alpha: Number = 1.0) -> Any:
    """The continuously differentiable ELU: x where x > 0, else α (e^(x/α) − 1), elementwise. x (...) -> (...).

    Half precision is computed in single.

    Arguments:
        x: real numbers.
        alpha: α, a number other than 0.
    Returns:
        As many numbers, in x's dtype if that is floating.
    Raises:
        TypeError: for an alpha that is no number.
        ValueError: for an alpha of 0.
    Source: Barron 2017.

    Example:
        >>> x = Tensor([0.0, 2.0], requires_grad=True)
        >>> ag.grad(ag.celu(x, 0.5).sum(), x).numpy()
        array([1., 1.])
    """
    if alpha == 0:
        raise ValueError("celu: alpha must not be 0, by which x is divided")
    return exponential_unit.bind(x, scale=1.0, alpha=alpha, rate=1 / alpha)


@definition
def selu(x: Any) -> Any:
    """The self-normalising ELU λ · elu(x, α), λ = 1.0507…, α = 1.6732…, elementwise. x (...) -> (...).

    The subgradient at 0 is λα. Half precision is computed in single.

    Arguments:
        x: real numbers.
    Returns:
        As many numbers, in x's dtype if that is floating.
    Source: Klambauer et al. 2017.

    Example:
        >>> ag.selu(Tensor([-1000.0, 1.0])).numpy().round(6)
        array([-1.758099,  1.050701])
    """
    return exponential_unit.bind(x, scale=SELU_SCALE, alpha=SELU_ALPHA, rate=1.0)


# ── pieces of lines ───────────────────────────────────────────────────────────────────────────────────────────────────


@elementwise(
    product=lambda g, x, *, min_val, max_val: g * ((x > min_val) & (x < max_val)),
    kink=lambda x, min_val, max_val: np.greater(x, min_val) + 1 * np.greater_equal(x, max_val),
)
def hardtanh(x: Any, min_val: Number = -1.0, max_val: Number = 1.0) -> Any:
    """The numbers limited to [min_val, max_val], elementwise. x (...) -> (...).

    The subgradient at a bound is 0; that of `clip` is 1.

    Arguments:
        x: real numbers.
        min_val, max_val: the bounds, numbers.
    Returns:
        As many numbers, in x's dtype if that is floating.
    Raises:
        TypeError: for bounds that are not numbers.

    Example:
        >>> x = Tensor([-2.0, 0.5, 1.0], requires_grad=True)
        >>> ag.grad(ag.hardtanh(x).sum(), x).numpy()
        array([0., 1., 0.])
    """
    return np.clip(x, min_val, max_val)


@elementwise(
    product=lambda g, out: band.bind(g, out, low=0, high=6),
    kink=lambda x: np.greater(x, 0) + 1 * np.greater_equal(x, 6),
)
def relu6(x: Any) -> Any:
    """The numbers limited to [0, 6], elementwise. x (...) -> (...).

    The subgradient at a bound is 0.

    Example:
        >>> ag.relu6(Tensor([-1.0, 3.0, 8.0])).numpy()
        array([0., 3., 6.])
    """
    return maps.relu6(x)


@relu6.implementation
def relu6_done(x: Any) -> Any:
    """relu6 of the result of an implementation that has applied it already. x (...) -> x itself."""
    return x


def _third(x: Any) -> Any:
    """The pieces of what bends at −3 and 3: 0, 1, 2."""
    return np.greater(x, -3) + 1 * np.greater_equal(x, 3)


@elementwise(product=lambda g, x: g * ((x > -3) & (x < 3)) / 6, kink=_third)
def hardsigmoid(x: Any) -> Any:
    """A sigmoid of lines, relu6(x + 3) / 6, elementwise. x (...) -> (...).

    The subgradient at −3 and 3 is 0.

    Example:
        >>> ag.hardsigmoid(Tensor([-4.0, 0.0, 4.0])).numpy()
        array([0. , 0.5, 1. ])
    """
    return np.clip(np.add(x, 3), 0, 6) / 6


@elementwise(product=lambda g, x: where(x >= 3, g, where(x > -3, g * (x / 3 + 0.5), 0)), kink=_third)
def hardswish(x: Any) -> Any:
    """A swish without exponentials, x · relu6(x + 3) / 6, elementwise. x (...) -> (...).

    The subgradient is 0 at −3 and 1 at 3.

    Source: Howard et al. 2019.

    Example:
        >>> ag.hardswish(Tensor([-4.0, 1.0, 4.0])).numpy().round(6) + 0.0
        array([0.      , 0.666667, 4.      ])
    """
    return np.maximum(x, -3) * (np.clip(np.add(x, 3), 0, 6) / 6)


def _outside(x: Any, lambd: float) -> Any:
    """-1, 0 or 1: below −lambd, between, above lambd."""
    return np.greater(x, lambd) * 1 - np.less(x, -lambd)


@elementwise(product=lambda g, x, *, lambd: g * ~((x >= -lambd) & (x <= lambd)), kink=_outside, methods=["hardshrink"])
def hardshrink(x: Any, lambd: Number = 0.5) -> Any:
    """The numbers outside [−λ, λ], and 0 for those inside, elementwise. x (...) -> (...).

    The subgradient at a bound is 0.

    Arguments:
        x: real numbers.
        lambd: λ, a number of at least 0.
    Returns:
        As many numbers, in x's dtype.
    Raises:
        TypeError: for a lambd that is no number.

    Example:
        >>> ag.hardshrink(Tensor([-1.0, 0.5, 2.0])).numpy()
        array([-1.,  0.,  2.])
    """
    return maps.gate(x, ~(np.greater_equal(x, -lambd) & np.less_equal(x, lambd)))


@elementwise(product=lambda g, x, *, lambd: g * ~((x >= -lambd) & (x <= lambd)), kink=_outside)
def softshrink(x: Any, lambd: Number = 0.5) -> Any:
    """The numbers moved towards 0 by λ, and 0 for those inside [−λ, λ], elementwise. x (...) -> (...).

    The subgradient at a bound is 0.

    Arguments:
        x: real numbers.
        lambd: λ, a number of at least 0.
    Returns:
        As many numbers, in x's dtype if that is floating.
    Raises:
        TypeError: for a lambd that is no number.

    Example:
        >>> ag.softshrink(Tensor([-1.0, 0.5, 2.0])).numpy()
        array([-0.5,  0. ,  1.5])
    """
    return x - np.clip(x, -lambd, lambd)


@elementwise(
    product=lambda g, x, *, threshold: g * ~(x <= threshold),
    kink=lambda x, threshold: np.greater(x, threshold),
)
def threshold(x: Any, threshold: Number, value: Number) -> Any:
    """The numbers above the threshold, and `value` for the others, elementwise. x (...) -> (...).

    The subgradient at the threshold is 0.

    Arguments:
        x: real numbers.
        threshold, value: numbers.
    Returns:
        As many numbers, in x's dtype if that is floating.
    Raises:
        TypeError: for parameters that are not numbers.

    Example:
        >>> ag.threshold(Tensor([-1.0, 0.1, 2.0]), 0.1, 20.0).numpy()
        array([20., 20.,  2.])
    """
    return np.where(np.less_equal(x, threshold), value, x)


@op(public=False, kink=lambda x: np.greater(x, 0))
def sloped(x: Any, w: Any) -> Any:
    """x where x > 0, else w · x. x, w (...) -> (...)."""
    with quiet(under="ignore"):
        return np.where(np.greater(x, 0), x, w * x)


sloped.defvjp(x=lambda g, x, w: where(x > 0, g, w * g), w=lambda g, x: gate.bind(x * g, ~(x > 0)))


@definition(methods=["prelu"])
def prelu(x: Any, weight: Any) -> Any:
    """A leaky ReLU whose slope below 0 is learned: x where x > 0, else weight · x. x (N, C, ...) -> (N, C, ...).

    The subgradient at 0 is the weight.

    Arguments:
        x: (N, C, ...), real numbers; one weight takes any shape.
        weight: (C,), a slope for each channel, or (), (1,) for one slope.
    Returns:
        As many numbers, in the dtype that x and weight have in common.
    Raises:
        ValueError: for other than one weight, or one for each channel.
    Source: He et al. 2015.

    Example:
        >>> w = Tensor([0.1, 0.2], requires_grad=True)
        >>> ag.grad(ag.prelu(np.array([[-3.0, -1.0], [5.0, -1.0]]), w).sum(), w).numpy()
        array([-3., -2.])
    """
    weight = in_dtype("prelu: weight", weight, x.dtype)
    channels = x.shape[1] if len(x.shape) > 1 else 1
    if weight.shape not in ((), (1,), (channels,)):
        raise ValueError(f"prelu: weight {weight.shape} must be one number, or one for each channel of x {x.shape}")
    shape = () if weight.shape in ((), (1,)) else (channels, *[1] * (len(x.shape) - 2))
    return sloped.bind(x, weight.reshape(shape))


@definition
def rrelu(
    x: Any, lower: Number = 1 / 8, upper: Number = 1 / 3, training: Flag = False, *, rng: Rng = None
) -> Any:  # fmt: skip
    """A leaky ReLU whose slope is drawn for each element, x where x > 0, else slope · x. x (...) -> (...).

    Arguments:
        x: real numbers.
        lower, upper: the slopes are uniform between them.
        training: without it the slope is the mean of both.
        rng: a NumPy Generator, or the seed of one; None for another one each time.
    Returns:
        As many numbers, in x's dtype if that is floating.
    Raises:
        ValueError: for a lower bound above the upper one.
        TypeError: for bounds that are not numbers, and an rng that is neither Generator nor seed.
    Source: Xu et al. 2015.

    Example:
        >>> ag.rrelu(Tensor([-1.0, 2.0]), 0.1, 0.3).numpy()
        array([-0.2,  2. ])
    """
    if lower > upper:
        raise ValueError(f"rrelu: lower {lower} must not be above upper {upper}")
    if not training:
        return sloped.bind(x, (lower + upper) / 2)
    return sloped.bind(x, random_like.bind(x, rng=generator("rrelu", rng), draw="uniform", of=(lower, upper)))


# ── of halves ─────────────────────────────────────────────────────────────────────────────────────────────────────


@definition
def glu(x: Any, axis: Axis = -1) -> Any:
    """The gated linear unit a · σ(b), a and b the halves of x along an axis. x (..., 2n, ...) -> (..., n, ...).

    Arguments:
        x: real numbers.
        axis: the axis, of even length.
    Returns:
        Half as many numbers, in x's dtype if that is floating.
    Raises:
        ValueError: for an axis out of range, or of odd length.
    Source: Dauphin et al. 2016.

    Example:
        >>> ag.glu(Tensor([8.0, 6.0, 0.0, np.log(3)])).numpy().round(6)
        array([4. , 4.5])
    """
    n, odd = divmod(x.shape[axis], 2)
    if odd:
        raise ValueError(f"glu: axis {axis} of shape {x.shape} must have an even length, to be halved")
    before = (slice(None),) * axis
    first, second = (getitem.bind(x, index=(*before, part)) for part in (slice(n), slice(n, None)))
    return first * sigmoid(second)
