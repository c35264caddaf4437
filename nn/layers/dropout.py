"""Dropout: a layer that leaves elements out at random while training."""

from __future__ import annotations

from typing import Any

import autograd_mini as ag
from autograd_mini.arguments import generator, is_real

from ..init import Rng
from ..module import Weightless

__all__ = [
    "Dropout",
]  # fmt: skip


class Dropout(Weightless):
    """While training, drop each element with probability p and scale the rest by 1 / (1 − p); else the identity.

    x (...) -> (...).

    Arguments:
        p: the probability of dropping, 0 ≤ p < 1.
        rng: a Generator or a seed, from which it is drawn what is dropped.
    Raises:
        ValueError: for another p.
    Source: Srivastava et al. 2014.

    Example:
        >>> drop = nn.Dropout(0.5, rng=0)
        >>> sorted(set(drop(np.ones(100)).tolist())), drop.eval()(np.ones(2))
        ([0.0, 2.0], array([1., 1.]))
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
