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


def _pair(value: IntOrPair) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value, value)


class Conv2d(Module):
    """Slide `out_channels` filters over the maps; geometry as in `autograd_mini.conv2d`.

    (N, in_channels, H, W) -> (N, out_channels, Hout, Wout). Fields: weight (out, in, kh, kw), bias (out,) or None.
    Source: the report, section 3.1.2.
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
        geometry_of("Conv2d", stride, padding, dilation)
        shape, count = (out_channels, in_channels, *_pair(kernel_size)), out_channels if bias else None
        self.weight, self.bias = weight_and_bias(type(self).__name__, shape, count, rng, init, dtype)
        self.stride, self.padding, self.dilation = stride, padding, dilation

    @relu_keyword
    def forward(self, x: Tensor | ArrayLike) -> Tensor:
        """The feature maps."""
        geometry: Any = {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}
        return ag.conv2d(x, self.weight, self.bias, **geometry)

    def extra_repr(self) -> str:
        """The layer's arguments."""
        out, into, *kernel = self.weight.shape
        bias = "" if self.bias is not None else ", bias=False"
        return f"{into}, {out}, {tuple(kernel)}, stride={self.stride}, padding={self.padding}{bias}"


class ConvTranspose2d(Module):
    """The adjoint of Conv2d, the report's deconv; geometry as in `autograd_mini.conv_transpose2d`.

    (N, in_channels, H, W) -> (N, out_channels, Hout, Wout). Fields: weight (in, out, kh, kw), bias (out,) or None.
    Source: the report, section 3.2.1.
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
        steps = geometry_of("ConvTranspose2d", stride, padding, dilation).stride
        extra = pair_of("ConvTranspose2d", "output_padding", output_padding, 0)
        if extra[0] >= steps[0] or extra[1] >= steps[1]:
            raise ValueError(f"ConvTranspose2d: output_padding {extra} must be smaller than the stride {steps}")
        shape, count = (in_channels, out_channels, *_pair(kernel_size)), out_channels if bias else None
        self.weight, self.bias = weight_and_bias(type(self).__name__, shape, count, rng, init, dtype)
        self.stride, self.padding, self.dilation = stride, padding, dilation
        self.output_padding = output_padding

    def forward(self, y: Tensor | ArrayLike) -> Tensor:
        """The images that the maps paint."""
        geometry: Any = {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}
        return ag.conv_transpose2d(y, self.weight, self.bias, output_padding=self.output_padding, **geometry)

    def extra_repr(self) -> str:
        """The layer's arguments."""
        into, out, *kernel = self.weight.shape
        return f"{into}, {out}, {tuple(kernel)}, stride={self.stride}, padding={self.padding}"
