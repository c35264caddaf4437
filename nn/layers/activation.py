"""Activation layers: functions of each element, and softmax along an axis."""

from __future__ import annotations

from typing import Any

import autograd_mini as ag
from autograd_mini.arguments import is_real, is_whole

from ..module import Weightless


class ReLU(Weightless):
    """max(x, 0). (...) -> (...). Source: the report, section 3.1.4."""

    def forward(self, x: Any) -> Any:
        """max(x, 0)."""
        return ag.relu(x)


class LeakyReLU(Weightless):
    """x where x > 0, else negative_slope · x. (...) -> (...)."""

    def __init__(self, negative_slope: float = 0.01) -> None:
        if not is_real(negative_slope):
            raise TypeError(f"LeakyReLU: negative_slope must be a number, not {negative_slope!r}")
        self.negative_slope = negative_slope

    def forward(self, x: Any) -> Any:
        """The leaky maximum."""
        return ag.leaky_relu(x, self.negative_slope)


class Sigmoid(Weightless):
    """1 / (1 + e⁻ˣ). (...) -> (...)."""

    def forward(self, x: Any) -> Any:
        """The sigmoid."""
        return ag.sigmoid(x)


class Tanh(Weightless):
    """The hyperbolic tangent. (...) -> (...)."""

    def forward(self, x: Any) -> Any:
        """The hyperbolic tangent."""
        return ag.tanh(x)


class Softmax(Weightless):
    """eˣ / Σeˣ along an axis. (...) -> (...). Losses here take logits: use it to read probabilities, not to train."""

    def __init__(self, axis: int = -1) -> None:
        if not is_whole(axis):
            raise TypeError(f"Softmax: axis must be an integer, not {axis!r}")
        self.axis = int(axis)

    def forward(self, x: Any) -> Any:
        """The probabilities."""
        return ag.softmax(x, self.axis)
