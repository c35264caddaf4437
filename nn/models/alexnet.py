"""AlexNet, and the net that Zeiler & Fergus made of it by looking into it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..init import Initialiser, Rng, he_normal
from ..layers import AdaptiveAvgPool2d, Flatten, LocalResponseNorm, MaxPool2d, ReLU
from ..layers.kinds import together
from ..module import Module
from ..sequential import Sequential
from .by_name import TORCHVISION, Factory, by_name

__all__ = [
    "AlexNet", "ZFNet", "alexnet", "zfnet",
]  # fmt: skip

ALEX = ((64, 11, 4, 2), "M", (192, 5, 1, 2), "M", (384, 3, 1, 1), (256, 3, 1, 1), (256, 3, 1, 1), "M")
"""AlexNet's layers: filters, their size, stride and padding; M for max-pooling, 3×3 with a stride of 2."""

ZEILER = ((96, 7, 2, 1), "MN", (256, 5, 2, 0), "MN", (384, 3, 1, 1), (384, 3, 1, 1), (256, 3, 1, 1), "M")
"""Likewise; N for normalising over neighbouring maps."""


class _EightLayers(Sequential):
    """Five convolutions and three linear layers.

    Arguments:
        dropout: the probability of dropping beside each hidden linear layer.
        hidden: how many numbers those give.
        num_classes: how many logits there are.
        rng: a Generator or a seed, from which weights are drawn, and what is dropped.
        init: how they are drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for arguments that mean nothing.
    """

    input_shape = (3, 224, 224)

    def __init_subclass__(cls) -> None:
        cls.__doc__ = together(cls.__doc__ or "", _EightLayers.__doc__ or "")

    def __init__(
        self,
        dropout: float = 0.5,
        *,
        hidden: int = 4096,
        num_classes: int = 1000,
        rng: Rng = None,
        init: Initialiser = he_normal,
        dtype: Any = np.float32,
    ) -> None:
        make = Factory(type(self).__name__, rng, init, dtype)
        super().__init__(**self._layers(make, dropout, hidden, num_classes))

    def _layers(self, make: Factory, dropout: float, hidden: int, num_classes: int) -> dict[str, Module]:
        """The layers by name."""
        raise NotImplementedError


class AlexNet(_EightLayers):
    """The net that began it: five convolutions, three linear layers.

    x (N, 3, H, W) -> logits (N, num_classes), for images of 63 pixels a side or more. Names are torchvision's, whose
    weights fit: features.0, …, classifier.6.

    Source: Krizhevsky 2014, which is Krizhevsky et al. 2012 on one device.

    Example:
        >>> nn.AlexNet(hidden=20, num_classes=10, rng=0)(np.zeros((1, 3, 63, 63))).shape
        (1, 10)
    """

    preprocess = TORCHVISION

    def _layers(self, make: Factory, dropout: float, hidden: int, num_classes: int) -> dict[str, Module]:
        features: list[Module] = []
        channels = 3
        for entry in ALEX:
            if isinstance(entry, str):
                features.append(MaxPool2d(3, 2))
            else:
                features += [make.conv(channels, *entry, bias=True), ReLU()]
                channels = entry[0]
        classifier = Sequential(
            make.drop(dropout), make.linear(channels * 6 * 6, hidden), ReLU(),
            make.drop(dropout), make.linear(hidden, hidden), ReLU(), make.linear(hidden, num_classes),
        )  # fmt: skip
        pooled = {"avgpool": AdaptiveAvgPool2d(6), "flatten": Flatten()}
        return {"features": Sequential(*features), **pooled, "classifier": classifier}


class ZFNet(_EightLayers):
    """AlexNet with smaller filters and strides in the first two layers, so that maps are larger and nothing is aliased.

    x (N, 3, H, W) -> logits (N, num_classes), for images of 63 pixels a side or more. Layers are called conv1, relu1,
    pool1, norm1, conv2, …, conv5, relu5, pool5, fc6, relu6, drop6, fc7, relu7, drop7, fc8. For images of 224×224 pixels
    the maps have the sizes of the paper's figure 3: 110, 55, 26, 13, 13, 13, 6; those of others are pooled to 6×6.
    "Contrast normalised across feature maps" is the normalisation of Krizhevsky et al. 2012.

    Source: Zeiler & Fergus 2014, section 3 and figure 3.

    Example:
        >>> nn.ZFNet(hidden=20, num_classes=10, rng=0)(np.zeros((1, 3, 64, 64))).shape
        (1, 10)
    """

    def _layers(self, make: Factory, dropout: float, hidden: int, num_classes: int) -> dict[str, Module]:
        layers: dict[str, Module] = {}
        channels, n = 3, 0
        for entry in ZEILER:
            if isinstance(entry, str):
                layers[f"pool{n}"] = MaxPool2d(3, 2, ceil_mode=n < 5)
                if "N" in entry:
                    layers[f"norm{n}"] = LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
            else:
                n += 1
                layers |= {f"conv{n}": make.conv(channels, *entry, bias=True), f"relu{n}": ReLU()}
                channels = entry[0]
        layers |= {"avgpool": AdaptiveAvgPool2d(6), "flatten": Flatten()}
        inputs = channels * 6 * 6
        for n in (6, 7):
            layers |= {f"fc{n}": make.linear(inputs, hidden), f"relu{n}": ReLU(), f"drop{n}": make.drop(dropout)}
            inputs = hidden
        return layers | {"fc8": make.linear(inputs, num_classes)}


@by_name
def alexnet(**drawn: Any) -> AlexNet:
    """AlexNet, with 61,100,840 parameters.

    Source: Krizhevsky 2014.

    Example:
        >>> nn.alexnet(init=nn.zeros).classifier[-1]
        Linear(4096, 1000)
    """
    return AlexNet(**drawn)


@by_name
def zfnet(**drawn: Any) -> ZFNet:
    """Zeiler & Fergus's net, with 62,357,608 parameters.

    Source: Zeiler & Fergus 2014, section 3.

    Example:
        >>> nn.zfnet(init=nn.zeros).conv1.weight.shape
        (96, 3, 7, 7)
    """
    return ZFNet(**drawn)
