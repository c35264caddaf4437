"""ResNet and ResNeXt: blocks of convolutions, each added to what it was given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor

from ..fusion import both
from ..init import Initialiser, Rng, he_normal
from ..layers import AdaptiveAvgPool2d, MaxPool2d, ReLU
from ..module import Module
from ..sequential import Sequential
from .by_name import TORCHVISION, Factory, by_name

__all__ = [
    "ResNet", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d",
]  # fmt: skip

Convolution = tuple[int, int, int, int]  # filters, their size, stride, groups


class Residual(Module):
    """Convolutions conv1, bn1, relu1, conv2, …, whose result is added to what they are given, before the last ReLU.

    (N, C, H, W) -> (N, C', H / stride, W / stride). `downsample` gives what they are given their shape; None where it
    has it. Source: He et al. 2016, figures 2 and 5.
    """

    def __init__(self, make: Factory, into: int, convolutions: Sequence[Convolution]) -> None:
        channels, strides, self.count = into, 1, len(convolutions)
        for i, (out, kernel, stride, groups) in enumerate(convolutions, 1):
            vars(self)[f"conv{i}"] = make.conv(channels, out, kernel, stride, groups=groups)
            vars(self)[f"bn{i}"] = make.norm(out)
            vars(self)[f"relu{i}"] = ReLU()
            channels, strides = out, strides * stride
        same = (channels, strides) == (into, 1)
        self.downsample = None if same else Sequential(make.conv(into, channels, 1, strides), make.norm(channels))

    def forward(self, x: Any) -> Tensor:
        """The sum, rectified."""
        parts, y = vars(self), x
        for i in range(1, self.count + 1):
            y, norm, relu = parts[f"conv{i}"](y), parts[f"bn{i}"], parts[f"relu{i}"]
            if i < self.count:
                y = both(norm, relu, y)
            else:
                y = relu(norm(y) + (x if self.downsample is None else self.downsample(x)))
        result: Tensor = y
        return result


class ResNet(Module):
    """A classifier of four stages of residual blocks.

    x (N, 3, H, W) -> logits (N, num_classes). Names are torchvision's, whose weights fit: conv1, bn1, layer1.0.conv1,
    …, fc. Activations are called relu, maxpool, layer1.0.relu1, …

    Arguments:
        layers: how many blocks each stage has.
        bottleneck: whether a block is 1×1, 3×3 and 1×1 convolutions, with four times the channels, not two 3×3 ones.
        groups: of the 3×3 convolutions of bottlenecks.
        width_per_group: their channels in a group of the first stage, where that has 64 channels.
        channels: of the first stage; each further one has twice as many and half the height and width.
        num_classes: how many logits there are.
        rng: a Generator or a seed, from which weights are drawn.
        init: how they are drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for arguments that mean nothing.
    Source: He et al. 2016, table 1; with groups Xie et al. 2017.

    Example:
        >>> net = nn.ResNet((1, 1, 1, 1), channels=8, num_classes=10, rng=0)
        >>> net(np.zeros((2, 3, 32, 32))).shape, [*net.state_dict()][:2]
        ((2, 10), ['conv1.weight', 'bn1.weight'])
    """

    input_shape = (3, 224, 224)
    preprocess = TORCHVISION

    def __init__(
        self,
        layers: Sequence[int],
        bottleneck: bool = False,
        groups: int = 1,
        width_per_group: int = 64,
        *,
        channels: int = 64,
        num_classes: int = 1000,
        rng: Rng = None,
        init: Initialiser = he_normal,
        dtype: Any = np.float32,
    ) -> None:
        make = Factory("ResNet", rng, init, dtype)
        layers = make.counts("layers", layers, 4)
        make.whole(groups=groups, width_per_group=width_per_group, channels=channels)
        self.conv1, self.bn1, self.relu = make.conv(3, channels, 7, 2), make.norm(channels), ReLU()
        self.maxpool = MaxPool2d(3, 2, 1)
        into = channels
        for i, (count, out) in enumerate(
            zip(layers, (channels, 2 * channels, 4 * channels, 8 * channels), strict=True)
        ):
            blocks = []
            for stride in [2 if i else 1] + [1] * (count - 1):
                inner = out * width_per_group // 64 * groups
                row = ((inner, 1, 1, 1), (inner, 3, stride, groups), (4 * out, 1, 1, 1))
                blocks.append(Residual(make, into, row if bottleneck else ((out, 3, stride, 1), (out, 3, 1, 1))))
                into = 4 * out if bottleneck else out
            vars(self)[f"layer{i + 1}"] = Sequential(*blocks)
        self.avgpool = AdaptiveAvgPool2d(1)
        self.fc = make.linear(into, num_classes)

    def forward(self, x: Any) -> Tensor:
        """The logits of images x (N, 3, H, W)."""
        x = self.maxpool(both(self.bn1, self.relu, self.conv1(x)))
        for i in range(1, 5):
            x = vars(self)[f"layer{i}"](x)
        return self.fc(ag.flatten(self.avgpool(x), 1))


@by_name
def resnet18(**drawn: Any) -> ResNet:
    """ResNet-18, with 11,689,512 parameters.

    Source: He et al. 2016, table 1.

    Example:
        >>> nn.resnet18(num_classes=10, rng=0)(np.zeros((2, 3, 64, 64))).shape
        (2, 10)
    """
    return ResNet((2, 2, 2, 2), **drawn)


@by_name
def resnet34(**drawn: Any) -> ResNet:
    """ResNet-34, with 21,797,672 parameters.

    Source: He et al. 2016, table 1.

    Example:
        >>> len(nn.resnet34(init=nn.zeros).layer3)
        6
    """
    return ResNet((3, 4, 6, 3), **drawn)


@by_name
def resnet50(**drawn: Any) -> ResNet:
    """ResNet-50, with 25,557,032 parameters.

    A block's 3×3 convolution has the stride, as in torchvision; in the paper its first one has.

    Source: He et al. 2016, table 1.

    Example:
        >>> nn.resnet50(init=nn.zeros).fc
        Linear(2048, 1000)
    """
    return ResNet((3, 4, 6, 3), bottleneck=True, **drawn)


@by_name
def resnet101(**drawn: Any) -> ResNet:
    """ResNet-101, with 44,549,160 parameters.

    Source: He et al. 2016, table 1.

    Example:
        >>> len(nn.resnet101(init=nn.zeros).layer3)
        23
    """
    return ResNet((3, 4, 23, 3), bottleneck=True, **drawn)


@by_name
def resnet152(**drawn: Any) -> ResNet:
    """ResNet-152, with 60,192,808 parameters.

    Source: He et al. 2016, table 1.

    Example:
        >>> len(nn.resnet152(init=nn.zeros).layer3)
        36
    """
    return ResNet((3, 8, 36, 3), bottleneck=True, **drawn)


@by_name
def resnext50_32x4d(**drawn: Any) -> ResNet:
    """ResNeXt-50, whose 3×3 convolutions have 32 groups of 4 channels, with 25,028,904 parameters.

    Source: Xie et al. 2017, table 1.

    Example:
        >>> nn.resnext50_32x4d(init=nn.zeros).layer1[0].conv2.groups
        32
    """
    return ResNet((3, 4, 6, 3), bottleneck=True, groups=32, width_per_group=4, **drawn)
