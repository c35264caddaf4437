"""Dropout: a layer that leaves elements out at random while training."""

from __future__ import annotations

from typing import Any

import autograd_mini as ag
from autograd_mini.arguments import generator, is_real

from ..init import Rng
from ..module import Weightless


class Dropout(Weightless):
    """While training, drop each element with probability p and scale the rest by 1/(1 − p); else the identity.

    (...) -> (...). Raises ValueError unless 0 ≤ p < 1. Source: Srivastava et al. 2014.
    """

    def __init__(self, p: float = 0.5, *, rng: Rng = None) -> None:
        if not (is_real(p) and 0 <= p < 1):
            raise ValueError(f"Dropout: p is the probability of dropping, 0 ≤ p < 1; got {p}")
        self.p, self.rng = p, generator("Dropout", rng)

    def forward(self, x: Any) -> Any:
        """What is left."""
        return ag.dropout(x, self.p, training=self.training, rng=self.rng)

    def extra_repr(self) -> str:
        """The layer's arguments."""
        return f"p={self.p}"
