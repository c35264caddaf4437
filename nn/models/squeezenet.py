"""SqueezeNet 1.1: a whole ImageNet classifier in 1.2 million parameters, small enough to look into anywhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

import autograd_mini as ag

from ..data.preprocessing import Preprocessing
from ..init import Initialiser, Rng, he_normal
from ..layers import Conv2d, MaxPool2d, ReLU
from ..module import Module
from ..sequential import Sequential

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
        x = self.relu_squeeze1x1(self.squeeze1x1(x))
        return ag.concatenate([self.relu_expand1x1(self.expand1x1(x)), self.relu_expand3x3(self.expand3x3(x))], axis=1)


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


def squeezenet(weights: str | os.PathLike[str] | Mapping[str, Any] | None = None, *, rng: Rng = None) -> SqueezeNet:
    """SqueezeNet 1.1 for the 1,000 classes of ImageNet, in float32.

    `net.preprocess(photo)` makes its input.

    Arguments:
        weights: a safetensors file or a state, whose half-precision numbers become float32; without, it knows nothing
            yet.
        rng: a Generator or a seed, from which weights are drawn that are not given.
    Returns:
        A SqueezeNet: images (N, 3, 227, 227) -> logits (N, 1000).
    Raises:
        FileNotFoundError, ValueError: as `Module.load` does.

    Example:
        >>> net = nn.squeezenet(rng=0)
        >>> f"{sum(p.size for p in net.parameters()):,}", net.preprocess.size
        ('1,235,496', 227)
    """
    net = SqueezeNet(rng=rng)
    if isinstance(weights, Mapping):
        net.load_state_dict(weights)
    elif weights is not None:
        net.load(weights)
    return net
