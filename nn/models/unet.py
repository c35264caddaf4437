"""U-Net: a class for every pixel."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor

from ..init import Initialiser, Rng, he_normal
from ..layers import ConvTranspose2d, MaxPool2d, ReLU
from ..module import Module
from ..sequential import Sequential
from .by_name import Factory, Weights, loaded

__all__ = [
    "UNet", "unet",
]  # fmt: skip


class DoubleConv(Module):
    """Two 3×3 convolutions, each normalised and rectified. (N, C, H, W) -> (N, C', H, W)."""

    def __init__(self, make: Factory, into: int, out: int) -> None:
        self.double_conv = Sequential(
            make.conv(into, out, 3), make.norm(out), ReLU(), make.conv(out, out, 3), make.norm(out), ReLU()
        )

    def forward(self, x: Any) -> Tensor:
        """The maps."""
        return self.double_conv(x)


class Down(Module):
    """Pooling, then two convolutions. (N, C, H, W) -> (N, C', H / 2, W / 2)."""

    def __init__(self, make: Factory, into: int, out: int) -> None:
        self.maxpool_conv = Sequential(MaxPool2d(2), DoubleConv(make, into, out))

    def forward(self, x: Any) -> Tensor:
        """The maps."""
        return self.maxpool_conv(x)


class Up(Module):
    """Maps made twice as large, beside those of that size on the way down, then two convolutions."""

    def __init__(self, make: Factory, into: int, out: int) -> None:
        self.up = ConvTranspose2d(into, into // 2, 2, stride=2, **make.drawn)
        self.conv = DoubleConv(make, into, out)

    def forward(self, x: Any, skipped: Any) -> Tensor:
        """The maps x (N, C, h, w) and those skipped (N, C / 2, H, W) -> (N, C', H, W)."""
        x = self.up(x)
        sides = [(lack // 2, lack - lack // 2) for lack in (n - m for n, m in zip(skipped.shape, x.shape, strict=True))]
        if any(map(any, sides)):
            x = ag.pad(x, [(0, 0), (0, 0), *sides[2:]])
        return self.conv(ag.concatenate([skipped, x], axis=1))


class UNet(Module):
    """A classifier of pixels: down to small maps that know what is there, and up to large ones that know where.

    x (N, channels, H, W) -> logits (N, num_classes, H, W), for images of 16 pixels a side or more. Names are those of
    the widely used Pytorch-UNet, whose weights fit: inc.double_conv.0, down1.maxpool_conv.1.double_conv.0, …, up4.up,
    up4.conv.double_conv.0, outc.conv. Unlike in the paper, convolutions have a border and are normalised, so that
    logits are as large as the image.

    Arguments:
        channels: of the images.
        width: how many maps there are at the top; twice as many at each of four steps down.
        num_classes: how many logits there are for each pixel.
        rng: a Generator or a seed, from which weights are drawn.
        init: how they are drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for arguments that mean nothing.
    Source: Ronneberger et al. 2015, figure 1.

    Example:
        >>> nn.UNet(width=4, rng=0)(np.zeros((1, 3, 33, 40))).shape
        (1, 2, 33, 40)
    """

    def __init__(
        self,
        channels: int = 3,
        width: int = 64,
        *,
        num_classes: int = 2,
        rng: Rng = None,
        init: Initialiser = he_normal,
        dtype: Any = np.float32,
    ) -> None:
        make = Factory("UNet", rng, init, dtype)
        make.whole(channels=channels, width=width)
        self.input_shape = (channels, 572, 572)
        self.inc = DoubleConv(make, channels, width)
        for i in (1, 2, 3, 4):
            vars(self)[f"down{i}"] = Down(make, width << i - 1, width << i)
        for i in (1, 2, 3, 4):
            vars(self)[f"up{i}"] = Up(make, width << 5 - i, width << 4 - i)
        self.outc = Sequential(conv=make.conv(width, num_classes, 1, bias=True))

    def forward(self, x: Any) -> Tensor:
        """The logits of images x (N, channels, H, W)."""
        parts, maps = vars(self), [self.inc(x)]
        for i in (1, 2, 3, 4):
            maps.append(parts[f"down{i}"](maps[-1]))
        y = maps.pop()
        for i in (1, 2, 3, 4):
            y = parts[f"up{i}"](y, maps.pop())
        return self.outc(y)


def unet(
    weights: Weights = None,
    *,
    num_classes: int = 2,
    channels: int = 3,
    rng: Rng = None,
    init: Initialiser = he_normal,
    dtype: Any = np.float32,
) -> UNet:
    """U-Net of the paper's widths, with 31,037,698 parameters for two classes.

    Arguments:
        weights: a file of them, as `read_state` reads, or a state; without, the net knows nothing yet.
        num_classes: how many logits there are for each pixel.
        channels: of the images.
        rng: a Generator or a seed, from which weights are drawn that are not given.
        init: how they are drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Returns:
        The net: images (N, channels, H, W) -> logits (N, num_classes, H, W).
    Raises:
        FileNotFoundError, ValueError: as `Module.load` does.
    Source: Ronneberger et al. 2015, figure 1.

    Example:
        >>> nn.unet(init=nn.zeros).outc.conv
        Conv2d(64, 2, (1, 1), stride=1, padding=0)
    """
    return loaded("unet", UNet(channels, num_classes=num_classes, rng=rng, init=init, dtype=dtype), weights)
