"""Convolution layers: filters that slide over images, and their adjoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor
from autograd_mini.geometry import IntOrPair, geometry_of, pair_of
from autograd_mini.ops.former import relu_keyword

from ..init import Initialiser, Rng, he_normal, weight_and_bias
from ..module import Module

if TYPE_CHECKING:
    from autograd_mini.core.methods import ArrayLike


class _Convolution(Module):
    """Filters (channels of the maps, channels of the images, kh, kw), and the geometry by which the two meet."""

    def __init__(
        self, maps: int, images: int, kernel_size: IntOrPair, stride: IntOrPair, padding: IntOrPair,
        dilation: IntOrPair, bias: int | None, **made: Any,
    ) -> None:  # fmt: skip
        name = type(self).__name__
        geometry_of(name, stride, padding, dilation)
        kernel = tuple(kernel_size) if isinstance(kernel_size, tuple | list) else (kernel_size, kernel_size)
        self.weight, self.bias = weight_and_bias(name, (maps, images, *kernel), bias, **made)
        self.stride, self.padding, self.dilation = stride, padding, dilation

    def _geometry(self) -> dict[str, Any]:
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}

    def _described(self, into: int, out: int) -> str:
        bias = "" if self.bias is not None else ", bias=False"
        return f"{into}, {out}, {self.weight.shape[2:]}, stride={self.stride}, padding={self.padding}{bias}"


class Conv2d(_Convolution):
    """Slide filters over the maps.

    x (N, in_channels, H, W) -> (N, out_channels, Hout, Wout), with the geometry of `autograd_mini.conv2d`. Parameters:
    weight (out_channels, in_channels, kh, kw), and bias (out_channels,), which begins with 0, or None.

    Arguments:
        in_channels, out_channels: of what goes in, and how many filters there are.
        kernel_size, stride, padding, dilation: integers or pairs (vertical, horizontal), in pixels.
        bias: whether each output channel has a number added.
        rng: a Generator or a seed, from which the weight is drawn.
        init: how it is drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for sizes, a geometry, an initialiser or a dtype that means nothing.
    Source: the report, section 3.1.2.

    Example:
        >>> conv = nn.Conv2d(3, 8, 5, stride=2, padding=2, rng=0)
        >>> conv(np.zeros((1, 3, 32, 32))).shape
        (1, 8, 16, 16)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: IntOrPair,
        stride: IntOrPair = 1,
        padding: IntOrPair = 0,
        dilation: IntOrPair = 1,
        bias: bool = True,
        *,
        rng: Rng = None,
        init: Initialiser = he_normal,
        dtype: Any = np.float32,
    ) -> None:
        given = (kernel_size, stride, padding, dilation, out_channels if bias else None)
        super().__init__(out_channels, in_channels, *given, rng=rng, init=init, dtype=dtype)

    @relu_keyword
    def forward(self, x: Tensor | ArrayLike) -> Tensor:
        """The feature maps."""
        return ag.conv2d(x, self.weight, self.bias, **self._geometry())

    def extra_repr(self) -> str:
        """The layer's arguments."""
        return self._described(self.weight.shape[1], self.weight.shape[0])


class ConvTranspose2d(_Convolution):
    """The adjoint of Conv2d, the report's deconv: maps paint images with their filters.

    y (N, in_channels, H, W) -> (N, out_channels, Hout, Wout), with the geometry of `autograd_mini.conv_transpose2d`.
    Parameters: weight (in_channels, out_channels, kh, kw), and bias (out_channels,), which begins with 0, or None.

    Arguments:
        in_channels, out_channels: of the maps that go in, and of the images.
        kernel_size, stride, padding: integers or pairs (vertical, horizontal), in pixels: those of the convolution.
        output_padding: pixels more at the lower and right edge, fewer than the stride.
        dilation: an integer or a pair (vertical, horizontal): that of the convolution.
        bias: whether each output channel has a number added.
        rng: a Generator or a seed, from which the weight is drawn.
        init: how it is drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for sizes, a geometry, an initialiser or a dtype that means nothing.
    Source: the report, section 3.2.1.

    Example:
        >>> paint = nn.ConvTranspose2d(8, 3, 2, stride=2, rng=0)
        >>> paint(np.zeros((1, 8, 16, 16))).shape
        (1, 3, 32, 32)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: IntOrPair,
        stride: IntOrPair = 1,
        padding: IntOrPair = 0,
        output_padding: IntOrPair = 0,
        dilation: IntOrPair = 1,
        bias: bool = True,
        *,
        rng: Rng = None,
        init: Initialiser = he_normal,
        dtype: Any = np.float32,
    ) -> None:
        given = (kernel_size, stride, padding, dilation, out_channels if bias else None)
        super().__init__(in_channels, out_channels, *given, rng=rng, init=init, dtype=dtype)
        extra = pair_of("ConvTranspose2d", "output_padding", output_padding, 0)
        steps = pair_of("ConvTranspose2d", "stride", stride, 1)
        if extra[0] >= steps[0] or extra[1] >= steps[1]:
            raise ValueError(f"ConvTranspose2d: output_padding {extra} must be smaller than the stride {steps}")
        self.output_padding = output_padding

    def forward(self, y: Tensor | ArrayLike) -> Tensor:
        """The images that the maps paint."""
        geometry = {"output_padding": self.output_padding, **self._geometry()}
        return ag.conv_transpose2d(y, self.weight, self.bias, **geometry)

    def extra_repr(self) -> str:
        """The layer's arguments."""
        return self._described(*self.weight.shape[:2])
