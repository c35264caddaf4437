"""Nets recognised: which of the nets by name a file of weights belongs to, by the names and shapes of its arrays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from .alexnet import alexnet, zfnet
from .densenet import densenet121
from .mobilenet import efficientnet_lite0, mobilenet_v2
from .resnet import resnet18, resnet34, resnet50, resnet101, resnet152, resnext50_32x4d
from .squeezenet import squeezenet, squeezenet1_0, squeezenet1_1
from .vgg import vgg11, vgg11_bn, vgg13, vgg13_bn, vgg16, vgg16_bn, vgg19, vgg19_bn
from .vit import vit_b_16

_MAKERS: tuple[Any, ...] = (
    alexnet, densenet121, efficientnet_lite0, mobilenet_v2, resnet18, resnet34, resnet50, resnet101, resnet152,
    resnext50_32x4d, squeezenet, squeezenet1_0, squeezenet1_1, vgg11, vgg11_bn, vgg13, vgg13_bn, vgg16, vgg16_bn,
    vgg19, vgg19_bn, vit_b_16, zfnet,
)  # fmt: skip
BUILDERS: dict[str, Any] = {make.__name__: make for make in _MAKERS}
"""By name, what makes nets of photographs."""


def recognised(state: Mapping[str, Any]) -> str | None:
    """The name of the net that a state belongs to, under torchvision's names or ours; None for others."""
    shapes = {re.sub(r"^(module|model|net)\.", "", name): np.shape(array) for name, array in state.items()}
    if "conv10.weight" in shapes:
        return "squeezenet"
    if any("block1_conv1" in key for key in shapes):  # Keras's
        return "vgg19" if any("block5_conv4" in key for key in shapes) else "vgg16"
    for name, word in _BY_WORD.items():
        if any(word in key for key in shapes):
            return name
    if "fc8.weight" in shapes and "features.0.weight" not in shapes:
        return "zfnet"
    if "layer1.0.conv1.weight" in shapes:
        return _resnet(shapes)
    first = shapes.get("features.0.weight")
    if "features.3.squeeze.weight" in shapes and first is not None:
        return "squeezenet1_0" if first[-1] == 7 else "squeezenet1_1"
    if first is not None and len(first) == 4 and first[-1] == 11:
        return "alexnet"
    filters = sum(len(shape) == 4 and key.startswith("features") for key, shape in shapes.items())
    normal = "_bn" * any("running_mean" in key for key in shapes)
    return {n: f"vgg{n + 3}{normal}" for n in (8, 10, 13, 16)}.get(filters)


_BY_WORD = {
    "densenet121": "denseblock1.denselayer1.", "mobilenet_v2": "features.1.conv.0.0.weight", "vit_b_16": "conv_proj.",
    "efficientnet_lite0": "_blocks.0._depthwise_conv",
}  # fmt: skip
_RESNETS = {
    (2, False): "resnet18", (6, False): "resnet34", (6, True): "resnet50", (23, True): "resnet101",
    (36, True): "resnet152",
}  # fmt: skip


def _resnet(shapes: Mapping[str, Any]) -> str | None:
    """Which of the residual nets, by the blocks of its third layer."""
    blocks = len({key.split(".")[1] for key in shapes if key.startswith("layer3.")})
    deep = "layer1.0.conv3.weight" in shapes
    if deep and shapes["layer1.0.conv2.weight"][1] == 4:
        return "resnext50_32x4d" if blocks == 6 else None
    return _RESNETS.get((blocks, deep))
