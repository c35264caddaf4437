"""Convolution layers: filters that slide over sequences, images and volumes, and their adjoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor
from autograd_mini.core.primitive import operand
from autograd_mini.geometry import IntOrSize, Padding, borders_of, size_of
from autograd_mini.ops.former import relu_keyword

from ..init import Initialiser, Rng, he_normal, weight_and_bias
from .kinds import Kind

if TYPE_CHECKING:
    from autograd_mini.core.methods import ArrayLike

__all__ = [
    "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d",
]  # fmt: skip

PADDING_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""What is beyond the border, and what `ag.pad` calls it."""


class _Filters(Kind):
    """Filters, and the geometry by which they meet the maps."""

    always = ("stride", "padding")
    axes: ClassVar[int]
    compute: ClassVar[Callable[..., Any]]
    in_channels: int
    out_channels: int
    groups: int

    def _slide(self, kernel_size: Any, stride: Any, padding: Any, dilation: Any, same: bool) -> None:
        """Keep the geometry."""
        name, n = type(self).__name__, self.axes
        self.kernel_size = size_of(name, "kernel_size", kernel_size, 1, n)
        s, d = size_of(name, "stride", stride, 1, n), size_of(name, "dilation", dilation, 1, n)
        borders_of(name, padding, self.kernel_size, s, d, same)
        self.stride, self.padding, self.dilation = stride, padding, dilation

    def _grow(self, into: int, out: int, maps: int, images: int, bias: bool, **made: Any) -> None:
        """Make filters (maps, images / groups, *kernel_size), and a bias of `out`."""
        name = type(self).__name__
        if into % self.groups or out % self.groups:
            raise ValueError(f"{name}: {self.groups} groups must divide in_channels {into} and out_channels {out}")
        shape = (maps, images // self.groups, *self.kernel_size)
        self.weight, self.bias = weight_and_bias(name, shape, out if bias else None, **made)

    def _geometry(self) -> dict[str, Any]:
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation, "groups": self.groups}


class _Convolution(_Filters):
    """Filters that slide over maps.

    Parameters: weight (out_channels, in_channels / groups, *kernel_size), and bias (out_channels,), which begins with
    0, or None.

    Arguments:
        in_channels, out_channels: of what goes in, and how many filters there are.
        kernel_size: of the filters, an integer or one for each axis, the vertical one of an image first.
        stride: likewise.
        padding: likewise; or "same", which keeps the size, an odd one behind, or "valid" for none.
        dilation: from one element of a filter to the next, likewise.
        groups: in how many equal parts channels and filters fall; in_channels of them for a depthwise convolution.
        bias: whether each output channel has a number added.
        padding_mode: what the padding is: "zeros", "reflect" for the mirrored map without its outermost elements,
            "replicate" for the outermost ones, or "circular" for those of the other end.
        rng: a Generator or a seed, from which the weight is drawn.
        init: how it is drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for sizes, a geometry, groups, an initialiser or a dtype that means nothing.
    """

    padding_mode: str

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: IntOrSize,
        stride: IntOrSize = 1,
        padding: Padding = 0,
        dilation: IntOrSize = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        rng: Rng = None,
        init: Initialiser = he_normal,
        dtype: Any = np.float32,
    ) -> None:
        self._whole(in_channels=in_channels, out_channels=out_channels, groups=groups)
        self._flag("bias", bias)
        self._choice("padding_mode", padding_mode, PADDING_MODES)
        self._slide(kernel_size, stride, padding, dilation, same=True)
        into, out = self.in_channels, self.out_channels
        self._grow(into, out, out, into, bias, rng=rng, init=init, dtype=dtype)

    def _bordered(self, x: Any) -> tuple[Any, dict[str, Any]]:
        """The maps, with a border if that is not of zeros, and what the convolution of them is given besides."""
        how = self._geometry()
        if self.padding_mode == "zeros":
            return x, how
        s, d = (size_of("", "", size, 1, self.axes) for size in (self.stride, self.dilation))
        borders = borders_of(type(self).__name__, self.padding, self.kernel_size, s, d)
        return ag.pad(x, ((0, 0), (0, 0), *borders), PADDING_MODES[self.padding_mode]), how | {"padding": 0}

    @relu_keyword
    def forward(self, x: Tensor | ArrayLike) -> Tensor:
        """The feature maps."""
        x, how = self._bordered(x)
        y: Tensor = type(self).compute(x, self.weight, self.bias, **how)
        return y


class Conv1d(_Convolution):
    """Slide filters over sequences.

    x (N, in_channels, W) -> (N, out_channels, Wout), with the geometry of `autograd_mini.conv1d`.

    Example:
        >>> conv = nn.Conv1d(3, 8, 5, padding="same", rng=0)
        >>> conv(np.zeros((1, 3, 32))).shape
        (1, 8, 32)
    """

    axes, compute = 1, ag.conv1d


class Conv2d(_Convolution):
    """Slide filters over images.

    x (N, in_channels, H, W) -> (N, out_channels, Hout, Wout), with the geometry of `autograd_mini.conv2d`.

    Source: the report, section 3.1.2.

    Example:
        >>> conv = nn.Conv2d(3, 8, 5, stride=2, padding=2, rng=0)
        >>> conv(np.zeros((1, 3, 32, 32))).shape
        (1, 8, 16, 16)
    """

    axes, compute = 2, ag.conv2d


class Conv3d(_Convolution):
    """Slide filters over volumes.

    x (N, in_channels, D, H, W) -> (N, out_channels, Dout, Hout, Wout), with the geometry of `autograd_mini.conv3d`.

    Example:
        >>> conv = nn.Conv3d(2, 4, (1, 3, 3), padding=(0, 1, 1), rng=0)
        >>> conv(np.zeros((1, 2, 5, 6, 7))).shape
        (1, 4, 5, 6, 7)
    """

    axes, compute = 3, ag.conv3d


class _Transposed(_Filters):
    """The adjoint of a convolution: maps paint with their filters.

    Parameters: weight (in_channels, out_channels / groups, *kernel_size), and bias (out_channels,), which begins with
    0, or None.

    Arguments:
        in_channels, out_channels: of the maps that go in, and of what is painted.
        kernel_size: of the filters, an integer or one for each axis, the vertical one of an image first.
        stride, padding: those of the convolution, likewise.
        output_padding: how much larger the result is at its far ends, fewer than the stride, likewise.
        groups: in how many equal parts channels and filters fall.
        bias: whether each output channel has a number added.
        dilation: that of the convolution, an integer or one for each axis.
        rng: a Generator or a seed, from which the weight is drawn.
        init: how it is drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for sizes, a geometry, groups, an initialiser or a dtype that means nothing.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: IntOrSize,
        stride: IntOrSize = 1,
        padding: Padding = 0,
        output_padding: IntOrSize = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: IntOrSize = 1,
        *,
        rng: Rng = None,
        init: Initialiser = he_normal,
        dtype: Any = np.float32,
    ) -> None:
        self._whole(in_channels=in_channels, out_channels=out_channels, groups=groups)
        self._flag("bias", bias)
        self._slide(kernel_size, stride, padding, dilation, same=False)
        name, n = type(self).__name__, self.axes
        extra, steps = size_of(name, "output_padding", output_padding, 0, n), size_of(name, "stride", stride, 1, n)
        if any(more >= step for more, step in zip(extra, steps, strict=True)):
            raise ValueError(f"{name}: output_padding {extra} must be smaller than the stride {steps}")
        self.output_padding = output_padding
        into, out = self.in_channels, self.out_channels
        self._grow(into, out, into, out, bias, rng=rng, init=init, dtype=dtype)

    def forward(self, y: Tensor | ArrayLike, output_size: IntOrSize | None = None) -> Tensor:
        """What the maps paint; output_size says which of the sizes that the convolution maps to y's is meant."""
        maps: Any = operand(type(self).__name__, y)
        extra = self.output_padding if output_size is None else self._extra(maps.shape, output_size)
        x: Tensor = type(self).compute(maps, self.weight, self.bias, output_padding=extra, **self._geometry())
        return x

    def _extra(self, shape: tuple[int, ...], output_size: Any) -> tuple[int, ...]:
        """The output_padding that leads to a size."""
        name, n = type(self).__name__, self.axes
        size = size_of(name, "output_size", output_size, 1, n)
        s, d = (size_of(name, "", given, 1, n) for given in (self.stride, self.dilation))
        borders = borders_of(name, self.padding, self.kernel_size, s, d, same=False)
        steps = zip(shape[2:], self.kernel_size, borders, s, d, strict=False)
        least = tuple(s * (m - 1) + d * (k - 1) + 1 - sum(border) for m, k, border, s, d in steps)
        extra = tuple(wished - there for wished, there in zip(size, least, strict=False))
        if any(not 0 <= more < step for more, step in zip(extra, s, strict=False)):
            most = tuple(there + step - 1 for there, step in zip(least, s, strict=False))
            raise ValueError(f"{name}: output_size {size} must be from {least} to {most}, for y {shape}")
        return extra


class ConvTranspose1d(_Transposed):
    """The adjoint of Conv1d: maps paint sequences with their filters.

    y (N, in_channels, W) -> (N, out_channels, Wout), with the geometry of `autograd_mini.conv_transpose1d`.

    Example:
        >>> paint = nn.ConvTranspose1d(8, 3, 2, stride=2, rng=0)
        >>> paint(np.zeros((1, 8, 16))).shape
        (1, 3, 32)
    """

    axes, compute = 1, ag.conv_transpose1d


class ConvTranspose2d(_Transposed):
    """The adjoint of Conv2d, the report's deconv: maps paint images with their filters.

    y (N, in_channels, H, W) -> (N, out_channels, Hout, Wout), with the geometry of `autograd_mini.conv_transpose2d`.

    Source: the report, section 3.2.1.

    Example:
        >>> paint = nn.ConvTranspose2d(8, 3, 2, stride=2, rng=0)
        >>> paint(np.zeros((1, 8, 16, 16))).shape
        (1, 3, 32, 32)
    """

    axes, compute = 2, ag.conv_transpose2d


class ConvTranspose3d(_Transposed):
    """The adjoint of Conv3d: maps paint volumes with their filters.

    y (N, in_channels, D, H, W) -> (N, out_channels, Dout, Hout, Wout), with the geometry of
    `autograd_mini.conv_transpose3d`.

    Example:
        >>> paint = nn.ConvTranspose3d(4, 2, 2, stride=2, rng=0)
        >>> paint(np.zeros((1, 4, 2, 3, 4))).shape
        (1, 2, 4, 6, 8)
    """

    axes, compute = 3, ag.conv_transpose3d
