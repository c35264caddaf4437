"""DenseNet: every layer of a block sees the maps of all layers before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd_mini as ag

from ..init import Initialiser, Rng, he_normal
from ..layers import AdaptiveAvgPool2d, AvgPool2d, Flatten, MaxPool2d, ReLU
from ..module import Module
from ..sequential import Sequential
from .by_name import TORCHVISION, Factory, by_name

__all__ = [
    "DenseNet", "densenet121",
]  # fmt: skip


class DenseBlock(Sequential):
    """Layers that each add a few maps to those that they are given.

    (N, C, H, W) -> (N, C + layers · growth, H, W). Source: Huang et al. 2017, figure 1.
    """

    def forward(self, x: Any) -> Any:
        """What came in, and behind it what each layer made."""
        for layer in self:
            x = ag.concatenate([x, layer(x)], axis=1)
        return x


class DenseNet(Sequential):
    """A classifier of dense blocks, with half the maps and half their height and width after each.

    x (N, 3, H, W) -> logits (N, num_classes). Names are torchvision's, whose weights fit: features.conv0,
    features.norm0, features.denseblock1.denselayer1.norm1, …, features.transition1.norm, …, features.norm5, classifier.

    Arguments:
        layers: how many layers each block has.
        growth: how many maps each layer adds.
        channels: of the first convolution.
        num_classes: how many logits there are.
        rng: a Generator or a seed, from which weights are drawn.
        init: how they are drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for arguments that mean nothing.
    Source: Huang et al. 2017, table 1, with bottlenecks and a compression of 1/2.

    Example:
        >>> nn.DenseNet((2, 2), growth=4, channels=8, num_classes=10, rng=0)(np.zeros((1, 3, 32, 32))).shape
        (1, 10)
    """

    input_shape = (3, 224, 224)
    preprocess = TORCHVISION

    def __init__(
        self,
        layers: Sequence[int],
        *,
        growth: int = 32,
        channels: int = 64,
        num_classes: int = 1000,
        rng: Rng = None,
        init: Initialiser = he_normal,
        dtype: Any = np.float32,
    ) -> None:
        make = Factory("DenseNet", rng, init, dtype)
        layers = make.counts("layers", layers)
        make.whole(growth=growth, channels=channels)
        features: dict[str, Module] = {"conv0": make.conv(3, channels, 7, 2), "norm0": make.norm(channels)}
        features |= {"relu0": ReLU(), "pool0": MaxPool2d(3, 2, 1)}
        for i, count in enumerate(layers, 1):
            block = {}
            for j in range(1, count + 1):
                block[f"denselayer{j}"] = Sequential(
                    norm1=make.norm(channels), relu1=ReLU(), conv1=make.conv(channels, 4 * growth, 1),
                    norm2=make.norm(4 * growth), relu2=ReLU(), conv2=make.conv(4 * growth, growth, 3),
                )  # fmt: skip
                channels += growth
            features[f"denseblock{i}"] = DenseBlock(**block)
            if i < len(layers):
                features[f"transition{i}"] = Sequential(
                    norm=make.norm(channels), relu=ReLU(), conv=make.conv(channels, channels // 2, 1), pool=AvgPool2d(2)
                )
                channels //= 2
        features[f"norm{len(layers) + 1}"] = make.norm(channels)
        super().__init__(
            features=Sequential(**features),
            relu=ReLU(),
            avgpool=AdaptiveAvgPool2d(1),
            flatten=Flatten(),
            classifier=make.linear(channels, num_classes),
        )


@by_name
def densenet121(**drawn: Any) -> DenseNet:
    """DenseNet-121, with 7,978,856 parameters.

    Source: Huang et al. 2017, table 1.

    Example:
        >>> nn.densenet121(init=nn.zeros).classifier
        Linear(1024, 1000)
    """
    return DenseNet((6, 12, 24, 16), **drawn)
