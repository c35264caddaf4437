"""SqueezeNet: a whole ImageNet classifier in 1.2 million parameters, small enough to look into anywhere."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_mini as ag

from ..data.preprocessing import Preprocessing
from ..fusion import both
from ..init import Initialiser, Rng, he_normal
from ..layers import AdaptiveAvgPool2d, Conv2d, Flatten, MaxPool2d, ReLU
from ..module import Module
from ..sequential import Sequential
from .by_name import TORCHVISION, Factory, by_name

__all__ = [
    "GlobalAverage", "SqueezeNet", "squeezenet", "squeezenet1_0", "squeezenet1_1",
]  # fmt: skip

FIRES = {2: (16, 64), 3: (16, 64), 4: (32, 128), 5: (32, 128), 6: (48, 192), 7: (48, 192), 8: (64, 256), 9: (64, 256)}
"""Channels of each fire module: squeezed, and each half of what they are expanded to."""


class Fire(Module):
    """Squeeze the channels by 1×1 filters, then expand them by 1×1 and 3×3 filters side by side.

    (N, in_channels, H, W) -> (N, 2 · expanded, H, W). Source: Iandola et al. 2016, section 3.2.
    """

    def __init__(
        self, in_channels: int, squeezed: int, expanded: int, *, rng: Rng = None, init: Initialiser, dtype: Any
    ) -> None:
        rng = np.random.default_rng(rng)
        self.squeeze1x1 = Conv2d(in_channels, squeezed, 1, rng=rng, init=init, dtype=dtype)
        self.relu_squeeze1x1 = ReLU()
        self.expand1x1 = Conv2d(squeezed, expanded, 1, rng=rng, init=init, dtype=dtype)
        self.relu_expand1x1 = ReLU()
        self.expand3x3 = Conv2d(squeezed, expanded, 3, padding=1, rng=rng, init=init, dtype=dtype)
        self.relu_expand3x3 = ReLU()

    def forward(self, x: Any) -> Any:
        """The maps of both kinds of filters, one after the other."""
        x = both(self.squeeze1x1, self.relu_squeeze1x1, x)
        one = both(self.expand1x1, self.relu_expand1x1, x)
        return ag.concatenate([one, both(self.expand3x3, self.relu_expand3x3, x)], axis=1)


class GlobalAverage(Module):
    """The mean of each map.

    x (N, C, H, W) -> (N, C).

    Example:
        >>> nn.GlobalAverage()(np.arange(8.0).reshape(1, 2, 2, 2))
        array([[1.5, 5.5]])
    """

    def forward(self, x: Any) -> Any:
        """The means."""
        return ag.mean(x, (2, 3))


class SqueezeNet(Sequential):
    """SqueezeNet 1.1, made for images of 227×227 pixels; other sizes from 29 up pass too.

    x (N, 3, H, W) -> logits (N, num_classes). Activations are called conv1, relu1, pool1, fire2.squeeze1x1,
    fire2.relu_squeeze1x1, fire2.expand1x1, …, fire2 (both kinds of maps), …, fire9, conv10, relu10 and logits. conv1
    stands one pixel over each edge, which for odd sizes is what TensorFlow calls 'same'; the authors' own net, and
    torchvision's, does not. `preprocess` says what it wants to see, `input_shape` how much.

    Arguments:
        num_classes: how many logits there are.
        rng: a Generator or a seed, from which the weights are drawn.
        init: how they are drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Source: Iandola et al. 2016.

    Example:
        >>> nn.SqueezeNet(num_classes=10, rng=0)(np.zeros((1, 3, 64, 64))).shape
        (1, 10)
    """

    def __init__(
        self, *, num_classes: int = 1000, rng: Rng = None, init: Initialiser = he_normal, dtype: Any = np.float32
    ) -> None:
        made: dict[str, Any] = {"rng": np.random.default_rng(rng), "init": init, "dtype": dtype}
        layers: dict[str, Module] = {"conv1": Conv2d(3, 64, 3, stride=2, padding=1, **made), "relu1": ReLU()}
        layers["pool1"] = MaxPool2d(3, 2)
        channels = 64
        for number, (squeezed, expanded) in FIRES.items():
            layers[f"fire{number}"] = Fire(channels, squeezed, expanded, **made)
            channels = 2 * expanded
            if number in (3, 5):
                layers[f"pool{number}"] = MaxPool2d(3, 2)
        layers |= {"conv10": Conv2d(channels, num_classes, 1, **made), "relu10": ReLU(), "logits": GlobalAverage()}
        super().__init__(**layers)
        self.input_shape = (3, 227, 227)
        self.preprocess: Preprocessing | None = Preprocessing(
            227, bgr=True, scale=255.0, mean=(103.939, 116.779, 123.68), resize="stretch"
        )


class _Fire(Module):
    """A fire module as torchvision calls its layers."""

    def __init__(self, make: Factory, into: int, squeezed: int, expanded: int) -> None:
        self.squeeze, self.squeeze_activation = make.conv(into, squeezed, 1, bias=True), ReLU()
        self.expand1x1, self.expand1x1_activation = make.conv(squeezed, expanded, 1, bias=True), ReLU()
        self.expand3x3, self.expand3x3_activation = make.conv(squeezed, expanded, 3, bias=True), ReLU()

    def forward(self, x: Any) -> Any:
        """The maps of both kinds of filters, one after the other."""
        x = both(self.squeeze, self.squeeze_activation, x)
        one = both(self.expand1x1, self.expand1x1_activation, x)
        return ag.concatenate([one, both(self.expand3x3, self.expand3x3_activation, x)], axis=1)


POOLED = {"1_0": ((96, 7), (4, 8)), "1_1": ((64, 3), (3, 5))}
"""Of each version the first filters and their size, and the fire modules with a pool behind them."""


class _Torchvisions(Sequential):
    """SqueezeNet as torchvision has it: without padding around the first layer, and with partial windows in pools."""

    input_shape = (3, 224, 224)
    preprocess = TORCHVISION

    def __init__(self, version: str, *, num_classes: int, rng: Rng, init: Initialiser = he_normal, dtype: Any) -> None:
        make = Factory(f"squeezenet{version}", rng, init, dtype)
        (channels, kernel), pooled = POOLED[version]
        features: list[Module] = [make.conv(3, channels, kernel, 2, 0, bias=True), ReLU()]
        features.append(MaxPool2d(3, 2, ceil_mode=True))
        for number, (squeezed, expanded) in FIRES.items():
            features.append(_Fire(make, channels, squeezed, expanded))
            channels = 2 * expanded
            if number in pooled:
                features.append(MaxPool2d(3, 2, ceil_mode=True))
        last = make.conv(channels, num_classes, 1, bias=True)
        classifier = Sequential(make.drop(0.5), last, ReLU(), AdaptiveAvgPool2d(1))
        super().__init__(features=Sequential(*features), classifier=classifier, flatten=Flatten())


@by_name
def squeezenet(**drawn: Any) -> SqueezeNet:
    """SqueezeNet 1.1 as its weights in this package want it, with 1,235,496 parameters.

    Source: Iandola et al. 2016.

    Example:
        >>> net = nn.squeezenet(rng=0)
        >>> f"{sum(p.size for p in net.parameters()):,}", net.preprocess.size
        ('1,235,496', 227)
    """
    return SqueezeNet(**drawn)


@by_name
def squeezenet1_0(**drawn: Any) -> Sequential:
    """SqueezeNet 1.0, with 1,248,424 parameters.

    Names are torchvision's, whose weights fit: features.0, features.3.squeeze, …, classifier.1.

    Source: Iandola et al. 2016, table 1.

    Example:
        >>> nn.squeezenet1_0(num_classes=10, rng=0)(np.zeros((1, 3, 64, 64))).shape
        (1, 10)
    """
    return _Torchvisions("1_0", **drawn)


@by_name
def squeezenet1_1(**drawn: Any) -> Sequential:
    """SqueezeNet 1.1, with 1,235,496 parameters.

    Names are torchvision's, whose weights fit: features.0, features.3.squeeze, …, classifier.1. It begins with fewer
    and smaller filters than 1.0 and pools earlier, for less than half the work.

    Source: Iandola et al. 2016, and the authors' later version.

    Example:
        >>> nn.squeezenet1_1(num_classes=10, rng=0)(np.zeros((1, 3, 64, 64))).shape
        (1, 10)
    """
    return _Torchvisions("1_1", **drawn)
