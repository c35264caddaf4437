"""Activation layers: functions of each element, and softmax along an axis."""

from __future__ import annotations

from typing import Any

import autograd_mini as ag
from autograd_mini.arguments import is_real, is_whole

from ..module import Weightless


class ReLU(Weightless):
    """The larger of x and 0, element by element.

    x (...) -> (...). The gradient at 0 is 0.

    Source: the report, section 3.1.4.

    Example:
        >>> nn.ReLU()(np.array([-1.0, 0.0, 2.0]))
        array([0., 0., 2.])
    """

    def forward(self, x: Any) -> Any:
        """max(x, 0)."""
        return ag.relu(x)


class LeakyReLU(Weightless):
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

    def __init__(self, negative_slope: float = 0.01) -> None:
        if not is_real(negative_slope):
            raise TypeError(f"LeakyReLU: negative_slope must be a number, not {negative_slope!r}")
        self.negative_slope = negative_slope

    def forward(self, x: Any) -> Any:
        """The leaky maximum."""
        return ag.leaky_relu(x, self.negative_slope)


class Sigmoid(Weightless):
    """1 / (1 + e⁻ˣ), element by element.

    x (...) -> (...).

    Example:
        >>> nn.Sigmoid()(np.array([-1000.0, 0.0, 1000.0]))
        array([0. , 0.5, 1. ])
    """

    def forward(self, x: Any) -> Any:
        """The sigmoid."""
        return ag.sigmoid(x)


class Tanh(Weightless):
    """The hyperbolic tangent, element by element.

    x (...) -> (...).

    Example:
        >>> nn.Tanh()(np.array([-1000.0, 0.0, 1000.0]))
        array([-1.,  0.,  1.])
    """

    def forward(self, x: Any) -> Any:
        """The hyperbolic tangent."""
        return ag.tanh(x)


class Softmax(Weightless):
    """Softmax: eˣ / Σeˣ along an axis.

    x (...) -> (...). It makes probabilities to read, not to train with: the losses here take logits.

    Arguments:
        axis: along which the results sum to 1.
    Raises:
        TypeError: for an axis that is no integer.

    Example:
        >>> nn.Softmax()(np.log([[1.0, 3.0]]))
        array([[0.25, 0.75]])
    """

    def __init__(self, axis: int = -1) -> None:
        if not is_whole(axis):
            raise TypeError(f"Softmax: axis must be an integer, not {axis!r}")
        self.axis = int(axis)

    def forward(self, x: Any) -> Any:
        """The probabilities."""
        return ag.softmax(x, self.axis)


class LogSoftmax(Weightless):
    """The logarithm of the softmax, x − log Σeˣ along an axis, without overflow.

    x (...) -> (...). Log-probabilities to read; `nn.cross_entropy` takes logits and has this inside.

    Arguments:
        axis: along which the probabilities sum to 1.
    Raises:
        TypeError: for an axis that is no integer.

    Example:
        >>> nn.LogSoftmax()(np.array([[0.0, 1000.0]]))
        array([[-1000.,     0.]])
    """

    def __init__(self, axis: int = -1) -> None:
        if not is_whole(axis):
            raise TypeError(f"LogSoftmax: axis must be an integer, not {axis!r}")
        self.axis = int(axis)

    def forward(self, x: Any) -> Any:
        """The logarithms."""
        return ag.log_softmax(x, self.axis)
