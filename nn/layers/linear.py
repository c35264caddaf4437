"""Linear layers, and the flattening of feature maps that goes before them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor
from autograd_mini.arguments import is_whole
from autograd_mini.ops.former import relu_keyword

from ..init import Initialiser, Rng, he_normal, weight_and_bias
from ..module import Module, Weightless

if TYPE_CHECKING:
    from autograd_mini.core.methods import ArrayLike

__all__ = [
    "Flatten", "Linear",
]  # fmt: skip


class Linear(Module):
    """x Wᵀ + b.

    x (..., in_features) -> (..., out_features). Parameters: weight (out_features, in_features), and bias
    (out_features,), which begins with 0, or None.

    Arguments:
        in_features, out_features: how many numbers go in and come out.
        bias: whether b is added.
        rng: a Generator or a seed, from which the weight is drawn.
        init: how it is drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for sizes, an initialiser or a dtype that means nothing.
    Source: the report, section 3.1.1.

    Example:
        >>> fc = nn.Linear(3, 2, init=lambda shape, rng, dtype: np.ones(shape, dtype))
        >>> fc([[1.0, 2.0, 3.0]])
        Tensor([[6., 6.]], ...)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        rng: Rng = None,
        init: Initialiser = he_normal,
        dtype: Any = np.float32,
    ) -> None:
        shape, count = (out_features, in_features), out_features if bias else None
        self.weight, self.bias = weight_and_bias(type(self).__name__, shape, count, rng, init, dtype)

    @relu_keyword
    def forward(self, x: Tensor | ArrayLike) -> Tensor:
        """x Wᵀ + b."""
        return ag.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The layer's arguments."""
        out, into = self.weight.shape
        return f"{into}, {out}{'' if self.bias is not None else ', bias=False'}"


class Flatten(Weightless):
    """Make all axes from one on into one.

    x (N, C, H, W) -> (N, C·H·W), with the axis that is the default.

    Arguments:
        start_axis: the first of them.
    Raises:
        TypeError: for an axis that is no integer.

    Example:
        >>> nn.Flatten()(np.zeros((5, 2, 3, 4))).shape
        (5, 24)
    """

    def __init__(self, start_axis: int = 1) -> None:
        if not is_whole(start_axis):
            raise TypeError(f"Flatten: start_axis must be an integer, not {start_axis!r}")
        self.start_axis = int(start_axis)

    def forward(self, x: Any) -> Any:
        """The flattened input."""
        return ag.flatten(x, self.start_axis)
