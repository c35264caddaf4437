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


class Linear(Module):
    """x Wᵀ + b. (..., in_features) -> (..., out_features). Fields: weight (out, in), bias (out,) or None.

    Source: the report, section 3.1.1.
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
    """All axes from `start_axis` on made one. (N, C, H, W) -> (N, C·H·W)."""

    def __init__(self, start_axis: int = 1) -> None:
        if not is_whole(start_axis):
            raise TypeError(f"Flatten: start_axis must be an integer, not {start_axis!r}")
        self.start_axis = int(start_axis)

    def forward(self, x: Any) -> Any:
        """The flattened input."""
        return ag.flatten(x, self.start_axis)
