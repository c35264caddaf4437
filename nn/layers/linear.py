"""Linear and bilinear layers, and layers that only give what they are given another shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor
from autograd_mini.arguments import is_whole
from autograd_mini.ops.former import relu_keyword

from ..init import Initialiser, Rng, he_normal, weight_and_bias
from ..module import Weightless
from .kinds import Kind

if TYPE_CHECKING:
    from autograd_mini.core.methods import ArrayLike

__all__ = [
    "Bilinear", "Flatten", "Identity", "Linear", "Unflatten",
]  # fmt: skip


class Linear(Kind):
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

    in_features: int
    out_features: int

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
        self._whole(in_features=in_features, out_features=out_features)
        shape, count = (self.out_features, self.in_features), self.out_features if self._flag("bias", bias) else None
        self.weight, self.bias = weight_and_bias(type(self).__name__, shape, count, rng, init, dtype)

    @relu_keyword
    def forward(self, x: Tensor | ArrayLike) -> Tensor:
        """x Wᵀ + b."""
        return ag.linear(x, self.weight, self.bias)


class Bilinear(Kind):
    """x₁ᵀ A x₂ + b: every product of a number of one and a number of the other has a weight.

    x₁ (..., in1_features), x₂ (..., in2_features) -> (..., out_features). Parameters: weight (out_features,
    in1_features, in2_features), and bias (out_features,), which begins with 0, or None.

    Arguments:
        in1_features, in2_features, out_features: how many numbers go in and come out.
        bias: whether b is added.
        rng: a Generator or a seed, from which the weight is drawn.
        init: how it is drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for sizes, an initialiser or a dtype that means nothing.

    Example:
        >>> both = nn.Bilinear(2, 1, 1, init=lambda shape, rng, dtype: np.ones(shape, dtype))
        >>> both([[1.0, 2.0]], [[10.0]])
        Tensor([[30.]], ...)
    """

    in1_features: int
    in2_features: int
    out_features: int

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        *,
        rng: Rng = None,
        init: Initialiser = he_normal,
        dtype: Any = np.float32,
    ) -> None:
        self._whole(in1_features=in1_features, in2_features=in2_features, out_features=out_features)
        shape = (self.out_features, self.in1_features, self.in2_features)
        count = self.out_features if self._flag("bias", bias) else None
        self.weight, self.bias = weight_and_bias("Bilinear", shape, count, rng, init, dtype)

    def forward(self, x1: Tensor | ArrayLike, x2: Tensor | ArrayLike) -> Tensor:
        """The weighted products."""
        y: Tensor = ag.einsum("...i,oij,...j->...o", x1, self.weight, x2)
        return y if self.bias is None else y + self.bias


class Identity(Kind, Weightless):
    """What it is given; to put in the place of a layer.

    x (...) -> (...).

    Example:
        >>> nn.Identity()(np.array([1.0, 2.0]))
        array([1., 2.])
    """

    def forward(self, x: Any) -> Any:
        """The input."""
        return x


class Flatten(Kind, Weightless):
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


class Unflatten(Kind, Weightless):
    """Make one axis into several.

    x (N, C·H·W) -> (N, C, H, W), with axis 1 and sizes (C, H, W).

    Arguments:
        axis: which.
        unflattened_size: the lengths of those that come in its place; one may be -1, for what is left.
    Raises:
        TypeError: for an axis or sizes that are no integers.

    Example:
        >>> nn.Unflatten(1, (2, 3, 4))(np.zeros((5, 24))).shape
        (5, 2, 3, 4)
    """

    def __init__(self, axis: int, unflattened_size: Sequence[int]) -> None:
        if not is_whole(axis):
            raise TypeError(f"Unflatten: axis must be an integer, not {axis!r}")
        if not isinstance(unflattened_size, tuple | list) or not all(map(is_whole, unflattened_size)):
            raise TypeError(f"Unflatten: unflattened_size must be a tuple of integers, not {unflattened_size!r}")
        self.axis, self.unflattened_size = int(axis), tuple(unflattened_size)

    def forward(self, x: Any) -> Any:
        """The input with more axes."""
        return ag.unflatten(x, self.axis, self.unflattened_size)
