"""VGG-like nets from one line of configuration: 3×3 convolutions in blocks, pooling between, linear layers on top."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_mini.arguments import check_whole, generator, is_real, is_whole

from ..data.preprocessing import Preprocessing
from ..init import Initialiser, Rng, he_normal
from ..io.matching import Translated
from ..layers import BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU
from ..module import Module
from ..sequential import Sequential
from .pretrained import translate

if TYPE_CHECKING:
    from autograd_mini import Tensor
    from autograd_mini.core.methods import ArrayLike

CONFIGURATIONS = {
    "report": "8x2 M 16x2 M 32x3 M 64x3 M | 4096 4096 2",
    "vgg11": "64 M 128 M 256x2 M 512x2 M 512x2 M | 4096 4096 1000",
    "vgg13": "64x2 M 128x2 M 256x2 M 512x2 M 512x2 M | 4096 4096 1000",
    "vgg16": "64x2 M 128x2 M 256x3 M 512x3 M 512x3 M | 4096 4096 1000",
    "vgg19": "64x2 M 128x2 M 256x4 M 512x4 M 512x4 M | 4096 4096 1000",
}
"""Nets by name: the report's (section 6.1; 68,293,610 parameters) and Simonyan & Zisserman's A, B, D and E."""


class VGG(Module):
    """A VGG-like classifier from one line of configuration.

    x (N, C, H, W) -> logits (N, classes). Layers are called features.conv1_1 (block 1, first), features.relu1_1,
    features.pool1, classifier.fc1, … Weights of torchvision's VGGs and of Keras's are loaded under their own names, as
    `nn.models.pretrained.translate` tells. `preprocess` is what the net wants to see: None until weights are loaded of
    which it is known, or you say so.

    Arguments:
        config: a name, "report", "vgg11", "vgg13", "vgg16" or "vgg19", or a line like "8x2 M 16 M | 100 10": channels
            of 3×3 convolutions with padding 1 (each followed by a ReLU), "x3" for three of them, M for 2×2 max-pooling;
            after the bar the widths of the linear layers, the last being the number of classes.
        input_shape: (C, H, W).
        num_classes: replaces the last width.
        dropout: the probability of dropping after each hidden linear layer.
        batch_norm: whether each convolution is followed by batch normalisation.
        rng: a Generator or a seed, from which weights are drawn, and what is dropped.
        init: how weights are drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError: for a line that cannot be read, more pooling than the input has pixels for, or another argument that
            does not fit.
        TypeError: for a config that is no text.
    Source: Simonyan & Zisserman 2015; the report, section 6.1.

    Example:
        >>> net = nn.VGG("8x2 M 16 M | 100 10", input_shape=(3, 32, 32), rng=0)
        >>> net(np.zeros((5, 3, 32, 32))).shape, net.maps
        ((5, 10), (16, 8, 8))
    """

    preprocess: Preprocessing | None = None

    def __init__(
        self,
        config: str = "vgg16",
        *,
        input_shape: tuple[int, int, int] = (3, 224, 224),
        num_classes: int | None = None,
        dropout: float = 0.5,
        batch_norm: bool = False,
        rng: Rng = None,
        init: Initialiser = he_normal,
        dtype: Any = np.float32,
    ) -> None:
        if not isinstance(config, str):
            raise TypeError(f"VGG: config must be a name or a line of text, not {type(config).__name__}")
        sizes = tuple(input_shape) if isinstance(input_shape, tuple | list) else ()
        if len(sizes) != 3 or not all(is_whole(size, 1) for size in sizes):
            raise ValueError(f"VGG: input_shape must be three integers of at least 1, (C, H, W), not {input_shape!r}")
        if not (is_real(dropout) and 0 <= dropout < 1):
            raise ValueError(f"VGG: dropout must be a probability, 0 ≤ p < 1, not {dropout!r}")
        rng = generator("VGG", rng)
        line = CONFIGURATIONS.get(config, config)
        blocks, widths = _read(line)
        if num_classes is not None:
            check_whole("VGG", "num_classes", num_classes, 1)
            widths[-1] = num_classes
        self.input_shape = channels, height, width = sizes
        features: list[tuple[str, Module]] = []
        for number, block in enumerate(blocks, 1):
            for i, out in enumerate(block, 1):
                place = f"{number}_{i}"
                features.append((f"conv{place}", Conv2d(channels, out, 3, padding=1, rng=rng, init=init, dtype=dtype)))
                if batch_norm:
                    features.append((f"bn{place}", BatchNorm2d(out, dtype=dtype)))
                features.append((f"relu{place}", ReLU()))
                channels = out
            if number < len(blocks) or line.split("|")[0].split()[-1] == "M":
                features.append((f"pool{number}", MaxPool2d(2)))
                height, width = height // 2, width // 2
        if height < 1 or width < 1:
            raise ValueError(f"VGG: {line!r} pools more often than images of {input_shape[1]}×{input_shape[2]} allow")
        classifier: list[tuple[str, Module]] = [("flatten", Flatten())]
        self.maps = (channels, height, width)
        inputs = channels * height * width
        for number, outputs in enumerate(widths, 1):
            classifier.append((f"fc{number}", Linear(inputs, outputs, rng=rng, init=init, dtype=dtype)))
            if number < len(widths):
                classifier += [(f"relu{number}", ReLU()), (f"drop{number}", Dropout(dropout, rng=rng))]
            inputs = outputs
        self.features = Sequential(*features)
        self.classifier = Sequential(*classifier)

    def forward(self, x: Tensor | ArrayLike) -> Tensor:
        """The logits of images x (N, C, H, W)."""
        return self.classifier(self.features(x))

    def _translated(self, state: Mapping[str, Any]) -> Translated:
        """A state of ours, or a VGG's from torchvision (with batch normalisation or without) or from Keras.

        By those names `preprocess` is then set. Those whose layers are called as torchvision's but were trained
        elsewhere, in Caffe say, need another one.
        """
        return translate(state, [*self.features.layers], [*self.classifier.layers], self.maps, self.input_shape)


def _read(line: str) -> tuple[list[list[int]], list[int]]:
    """Channels by block, and the widths of the linear layers."""
    try:
        left, right = line.split("|")
        blocks: list[list[int]] = [[]]
        for word in left.split():
            if word == "M":
                blocks.append([])
            else:
                channels, _, times = word.partition("x")
                if min(int(channels), int(times or 1)) < 1:
                    raise ValueError(word)
                blocks[-1] += [int(channels)] * int(times or 1)
        if not blocks[-1]:
            blocks.pop()
        widths = [int(word) for word in right.split()]
    except ValueError:
        blocks, widths = [], []
    if not blocks or not widths or not all(blocks) or min(widths) < 1:
        known = ", ".join(CONFIGURATIONS)
        raise ValueError(f"VGG: cannot read {line!r}; a line looks like '8x2 M 16 M | 100 10', and names are {known}")
    return blocks, widths
