"""Activation layers: functions of each element, and softmax and gates along an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor
from autograd_mini.arguments import generator, is_whole

from ..init import Rng, floating
from ..module import Weightless
from .kinds import Kind

__all__ = [
    "CELU", "ELU", "GELU", "GLU", "SELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU",
    "LogSigmoid", "LogSoftmax", "Mish", "PReLU", "RReLU", "ReLU", "ReLU6", "SiLU", "Sigmoid", "Softmax", "Softmin",
    "Softplus", "Softshrink", "Softsign", "Tanh", "Tanhshrink", "Threshold",
]  # fmt: skip


class _Activation(Kind, Weightless):
    """A function of x, and of the attributes that it is given."""

    compute: ClassVar[Callable[..., Any]]
    given: ClassVar[tuple[str, ...]] = ()

    def forward(self, x: Any) -> Any:
        """The function's values."""
        return type(self).compute(x, *[getattr(self, name) for name in self.given])


class ReLU(_Activation):
    """The larger of x and 0, element by element.

    x (...) -> (...). The gradient at 0 is 0.

    Source: the report, section 3.1.4.

    Example:
        >>> nn.ReLU()(np.array([-1.0, 0.0, 2.0]))
        array([0., 0., 2.])
    """

    compute = ag.relu


class ReLU6(_Activation):
    """x limited to [0, 6], element by element.

    x (...) -> (...). The gradient at both is 0.

    Example:
        >>> nn.ReLU6()(np.array([-1.0, 3.0, 8.0]))
        array([0., 3., 6.])
    """

    compute = ag.relu6


class Sigmoid(_Activation):
    """1 / (1 + e⁻ˣ), element by element.

    x (...) -> (...).

    Example:
        >>> nn.Sigmoid()(np.array([-1000.0, 0.0, 1000.0]))
        array([0. , 0.5, 1. ])
    """

    compute = ag.sigmoid


class Tanh(_Activation):
    """The hyperbolic tangent, element by element.

    x (...) -> (...).

    Example:
        >>> nn.Tanh()(np.array([-1000.0, 0.0, 1000.0]))
        array([-1.,  0.,  1.])
    """

    compute = ag.tanh


class SiLU(_Activation):
    """x / (1 + e⁻ˣ), element by element.

    x (...) -> (...).

    Example:
        >>> nn.SiLU()(np.array([-1000.0, 0.0, 1000.0])) + 0.0
        array([   0.,    0., 1000.])
    """

    compute = ag.silu


class Mish(_Activation):
    """x · tanh(log(1 + eˣ)), element by element.

    x (...) -> (...).

    Source: Misra 2019.

    Example:
        >>> nn.Mish()(np.array([-1.0, 0.0, 1.0])).round(6)
        array([-0.303401,  0.      ,  0.865098])
    """

    compute = ag.mish


class SELU(_Activation):
    """The self-normalising ELU λ · elu(x, α), λ = 1.0507…, α = 1.6732…, element by element.

    x (...) -> (...).

    Source: Klambauer et al. 2017.

    Example:
        >>> nn.SELU()(np.array([-1000.0, 1.0])).round(6)
        array([-1.758099,  1.050701])
    """

    compute = ag.selu


class Hardswish(_Activation):
    """x · relu6(x + 3) / 6, element by element.

    x (...) -> (...).

    Source: Howard et al. 2019.

    Example:
        >>> nn.Hardswish()(np.array([-4.0, 1.0, 4.0])).round(6) + 0.0
        array([0.      , 0.666667, 4.      ])
    """

    compute = ag.hardswish


class Hardsigmoid(_Activation):
    """A sigmoid of lines, relu6(x + 3) / 6, element by element.

    x (...) -> (...).

    Example:
        >>> nn.Hardsigmoid()(np.array([-4.0, 0.0, 4.0]))
        array([0. , 0.5, 1. ])
    """

    compute = ag.hardsigmoid


class Softsign(_Activation):
    """x / (1 + |x|), element by element.

    x (...) -> (...).

    Example:
        >>> nn.Softsign()(np.array([-1.0, 0.0, 3.0]))
        array([-0.5 ,  0.  ,  0.75])
    """

    compute = ag.softsign


class Tanhshrink(_Activation):
    """x − tanh x, element by element.

    x (...) -> (...).

    Example:
        >>> nn.Tanhshrink()(np.array([0.0, 20.0]))
        array([ 0., 19.])
    """

    compute = ag.tanhshrink


class LogSigmoid(_Activation):
    """The logarithm of the sigmoid, −log(1 + e⁻ˣ), element by element.

    x (...) -> (...).

    Example:
        >>> nn.LogSigmoid()(np.array([-10.0, 0.0])).round(6)
        array([-10.000045,  -0.693147])
    """

    compute = ag.logsigmoid


class LeakyReLU(_Activation):
    """x where x > 0, else negative_slope · x.

    x (...) -> (...).

    Arguments:
        negative_slope: what negative elements are multiplied by.
    Raises:
        TypeError: for a slope that is no number.

    Example:
        >>> nn.LeakyReLU(0.1)(np.array([-1.0, 2.0]))
        array([-0.1,  2. ])
    """

    compute, given = ag.leaky_relu, ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01) -> None:
        self._numbers(negative_slope=negative_slope)


class ELU(_Activation):
    """x where x > 0, else α (eˣ − 1).

    x (...) -> (...).

    Arguments:
        alpha: α.
    Raises:
        TypeError: for an alpha that is no number.
    Source: Clevert et al. 2015.

    Example:
        >>> nn.ELU(0.5)(np.array([-1000.0, 2.0]))
        array([-0.5,  2. ])
    """

    compute, given = ag.elu, ("alpha",)

    def __init__(self, alpha: float = 1.0) -> None:
        self._numbers(alpha=alpha)


class CELU(_Activation):
    """x where x > 0, else α (e^(x/α) − 1).

    x (...) -> (...).

    Arguments:
        alpha: α, other than 0.
    Raises:
        TypeError, ValueError: for an alpha that is no number, or 0.
    Source: Barron 2017.

    Example:
        >>> nn.CELU(0.5)(np.array([-1000.0, 2.0]))
        array([-0.5,  2. ])
    """

    compute, given = ag.celu, ("alpha",)

    def __init__(self, alpha: float = 1.0) -> None:
        self._numbers(alpha=alpha)
        if not alpha:
            raise ValueError("CELU: alpha must not be 0, by which x is divided")


class Hardtanh(_Activation):
    """x limited to [min_val, max_val].

    x (...) -> (...).

    Arguments:
        min_val, max_val: the bounds, the first below the second; the gradient at both is 0.
    Raises:
        TypeError, ValueError: for what are no bounds.

    Example:
        >>> nn.Hardtanh(0, 2)(np.array([-1.0, 1.0, 3.0]))
        array([0., 1., 2.])
    """

    compute, given = ag.hardtanh, ("min_val", "max_val")

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        self._numbers(min_val=min_val, max_val=max_val)
        if not min_val < max_val:
            raise ValueError(f"Hardtanh: min_val {min_val} must be below max_val {max_val}")


class Softplus(_Activation):
    """A smooth ReLU, log(1 + e^(βx)) / β.

    x (...) -> (...).

    Arguments:
        beta: β; the larger it is, the nearer is the ReLU.
        threshold: where βx is above it the result is x.
    Raises:
        TypeError: for parameters that are no numbers.
    Source: Dugas et al. 2001.

    Example:
        >>> nn.Softplus()(np.array([-1000.0, 0.0, 1000.0])).round(6)
        array([0.00000e+00, 6.93147e-01, 1.00000e+03])
    """

    compute, given = ag.softplus, ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self._numbers(beta=beta, threshold=threshold)


class Softshrink(_Activation):
    """x moved towards 0 by λ, and 0 inside [−λ, λ].

    x (...) -> (...).

    Arguments:
        lambd: λ, at least 0.
    Raises:
        ValueError: for a lambd that is no number, or below 0.

    Example:
        >>> nn.Softshrink()(np.array([-1.0, 0.5, 2.0]))
        array([-0.5,  0. ,  1.5])
    """

    compute, given = ag.softshrink, ("lambd",)

    def __init__(self, lambd: float = 0.5) -> None:
        self._numbers(least=0, lambd=lambd)


class Hardshrink(_Activation):
    """x outside of [−λ, λ], and 0 inside.

    x (...) -> (...).

    Arguments:
        lambd: λ, at least 0.
    Raises:
        ValueError: for a lambd that is no number, or below 0.

    Example:
        >>> nn.Hardshrink()(np.array([-1.0, 0.5, 2.0]))
        array([-1.,  0.,  2.])
    """

    compute, given = ag.hardshrink, ("lambd",)

    def __init__(self, lambd: float = 0.5) -> None:
        self._numbers(least=0, lambd=lambd)


class Threshold(_Activation):
    """x above the threshold, and `value` elsewhere.

    x (...) -> (...).

    Arguments:
        threshold, value: numbers.
    Raises:
        TypeError: for parameters that are no numbers.

    Example:
        >>> nn.Threshold(0.1, 20.0)(np.array([-1.0, 0.1, 2.0]))
        array([20., 20.,  2.])
    """

    compute, given = ag.threshold, ("threshold", "value")

    def __init__(self, threshold: float, value: float) -> None:
        self._numbers(threshold=threshold, value=value)


class GELU(_Activation):
    """x · Φ(x), Φ the distribution function of the normal distribution.

    x (...) -> (...).

    Arguments:
        approximate: "none", or "tanh" for an approximation.
    Raises:
        ValueError: for another word.
    Source: Hendrycks & Gimpel 2016.

    Example:
        >>> nn.GELU()(np.array([-1.0, 0.0, 1.0])).round(6)
        array([-0.158655,  0.      ,  0.841345])
    """

    compute, given = ag.gelu, ("approximate",)

    def __init__(self, approximate: str = "none") -> None:
        self._choice("approximate", approximate, ("none", "tanh"))


class PReLU(Kind):
    """A leaky ReLU whose slope below 0 is learned: x where x > 0, else weight · x.

    x (N, C, ...) -> same. Parameter: weight (num_parameters,).

    Arguments:
        num_parameters: 1, or C for a slope for each channel.
        init: the number that slopes begin with.
        dtype: of the weight, a floating one.
    Raises:
        ValueError, TypeError: for arguments that mean nothing.
    Source: He et al. 2015.

    Example:
        >>> nn.PReLU()(np.array([[-1.0, 2.0]]))
        Tensor([[-0.25,  2.  ]], ...)
    """

    num_parameters: int
    init: float

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype: Any = np.float32) -> None:
        self._whole(num_parameters=num_parameters)
        self._numbers(init=init)
        self.weight = Tensor(np.full(num_parameters, init, floating("PReLU", dtype)), requires_grad=True, name="weight")

    def forward(self, x: Any) -> Any:
        """The leaky maximum."""
        return ag.prelu(x, self.weight)


class RReLU(Kind, Weightless):
    """A leaky ReLU whose slope is drawn for each element while training; else it is the mean of both bounds.

    x (...) -> (...).

    Arguments:
        lower, upper: slopes are uniform between them.
        rng: a Generator or a seed, from which slopes are drawn.
    Raises:
        ValueError, TypeError: for arguments that mean nothing.
    Source: Xu et al. 2015.

    Example:
        >>> nn.RReLU(0.1, 0.3).eval()(np.array([-1.0, 2.0]))
        array([-0.2,  2. ])
    """

    lower: float
    upper: float

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, *, rng: Rng = None) -> None:
        self._numbers(lower=lower, upper=upper)
        if lower > upper:
            raise ValueError(f"RReLU: lower {lower} must not be above upper {upper}")
        self.rng = generator("RReLU", rng)

    def forward(self, x: Any) -> Any:
        """The leaky maximum."""
        return ag.rrelu(x, self.lower, self.upper, self.training, rng=self.rng)


# ── along an axis ─────────────────────────────────────────────────────────────────────────────────────────────────────


class _AlongAxis(_Activation):
    """A function along an axis.

    Raises:
        TypeError: for an axis that is no integer.
    """

    given = ("axis",)

    def __init__(self, axis: int = -1) -> None:
        if not is_whole(axis):
            raise TypeError(f"{type(self).__name__}: axis must be an integer, not {axis!r}")
        self.axis = int(axis)


class Softmax(_AlongAxis):
    """Softmax: eˣ / Σeˣ along an axis.

    x (...) -> (...). It makes probabilities to read, not to train with: the losses here take logits.

    Arguments:
        axis: along which the results sum to 1.

    Example:
        >>> nn.Softmax()(np.log([[1.0, 3.0]]))
        array([[0.25, 0.75]])
    """

    compute = ag.softmax


class LogSoftmax(_AlongAxis):
    """The logarithm of the softmax, x − log Σeˣ along an axis, without overflow.

    x (...) -> (...). Log-probabilities to read; `nn.cross_entropy` takes logits and has this inside.

    Arguments:
        axis: along which the probabilities sum to 1.

    Example:
        >>> nn.LogSoftmax()(np.array([[0.0, 1000.0]]))
        array([[-1000.,     0.]])
    """

    compute = ag.log_softmax


class Softmin(_AlongAxis):
    """The softmax of −x: the smallest number has the largest share.

    x (...) -> (...).

    Arguments:
        axis: along which the results sum to 1.

    Example:
        >>> nn.Softmin()(-np.log([[1.0, 3.0]]))
        array([[0.25, 0.75]])
    """

    compute = ag.softmin


class GLU(_AlongAxis):
    """The gated linear unit a · σ(b), a and b the halves of x along an axis.

    x (..., 2n, ...) -> (..., n, ...).

    Arguments:
        axis: the axis, of even length.
    Source: Dauphin et al. 2016.

    Example:
        >>> nn.GLU()(np.array([8.0, 6.0, 0.0, np.log(3)])).round(6)
        array([4. , 4.5])
    """

    compute = ag.glu
