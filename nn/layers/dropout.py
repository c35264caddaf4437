"""Dropout layers, which leave elements or whole channels out at random while training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import autograd_mini as ag
from autograd_mini.arguments import generator

from ..init import Rng
from ..module import Weightless
from .kinds import Kind

__all__ = [
    "AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d",
]  # fmt: skip


class _Dropout(Kind, Weightless):
    """What is left while training.

    Arguments:
        p: the probability of dropping, 0 ≤ p < 1.
        rng: a Generator or a seed, from which it is drawn what is dropped.
    Raises:
        ValueError: for another p.
    """

    always = ("p",)
    compute: ClassVar[Callable[..., Any]]
    p: float

    def __init__(self, p: float = 0.5, *, rng: Rng = None) -> None:
        self._dropping(p=p)
        self.rng = generator(type(self).__name__, rng)

    def forward(self, x: Any) -> Any:
        """What is left."""
        return type(self).compute(x, self.p, training=self.training, rng=self.rng)


class Dropout(_Dropout):
    """While training, drop each element with probability p and scale the rest by 1 / (1 − p); else the identity.

    x (...) -> (...).

    Source: Srivastava et al. 2014.

    Example:
        >>> drop = nn.Dropout(0.5, rng=0)
        >>> sorted(set(drop(np.ones(100)).tolist())), drop.eval()(np.ones(2))
        ([0.0, 2.0], array([1., 1.]))
    """

    compute = ag.dropout


class Dropout1d(_Dropout):
    """While training, drop each channel with probability p and scale the rest by 1 / (1 − p); else the identity.

    x (N, C, L) -> same.

    Source: Tompson et al. 2014.

    Example:
        >>> nn.Dropout1d(rng=3)(np.ones((1, 3, 2)))
        array([[[2., 2.],
                [2., 2.],
                [0., 0.]]])
    """

    compute = ag.dropout1d


class Dropout2d(_Dropout):
    """While training, drop each channel with probability p and scale the rest by 1 / (1 − p); else the identity.

    x (N, C, H, W) -> same.

    Source: Tompson et al. 2014.

    Example:
        >>> nn.Dropout2d(rng=3)(np.ones((1, 3, 1, 2)))[0, :, 0]
        array([[2., 2.],
               [2., 2.],
               [0., 0.]])
    """

    compute = ag.dropout2d


class Dropout3d(_Dropout):
    """While training, drop each channel with probability p and scale the rest by 1 / (1 − p); else the identity.

    x (N, C, D, H, W) -> same.

    Source: Tompson et al. 2014.

    Example:
        >>> nn.Dropout3d(rng=3)(np.ones((1, 3, 1, 1, 2)))[0, :, 0, 0]
        array([[2., 2.],
               [2., 2.],
               [0., 0.]])
    """

    compute = ag.dropout3d


class AlphaDropout(_Dropout):
    """While training, set elements to selu's lowest value with probability p, then scale and shift; else the identity.

    x (...) -> (...). A mean of 0 and a variance of 1 stay what they are.

    Source: Klambauer et al. 2017.

    Example:
        >>> nn.AlphaDropout(rng=3)(np.zeros(3)).round(6)
        array([ 0.779194,  0.779194, -0.779194])
    """

    compute = ag.alpha_dropout
