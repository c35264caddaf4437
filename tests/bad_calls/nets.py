"""Nets by name: sizes, tables, images and weights that do not fit."""

import numpy as np

import nn

from .given import ways
from .layers import made

SMALL = {"layers": 1, "heads": 2, "features": 4, "hidden": 4, "num_classes": 2, "init": nn.zeros}


CALLS = {
    "ResNet": made("ResNet", (1, 1, 1, 1))({
        "three stages": {"args": ((1, 1, 1),)}, "a stage of 0": {"args": ((1, 0, 1, 1),)},
        "layers of 18": {"args": (18,)}, "groups of 0": {"groups": 0}, "fractional channels": {"channels": 1.5},
        "of integers": {"dtype": int},
    }),
    "DenseNet": made("DenseNet", (1, 1))({
        "layers of 121": {"args": (121,)}, "no layers": {"args": ((),)}, "growth of 0": {"growth": 0},
    }),
    "MobileNetV2": made("MobileNetV2")({
        "a row of three": {"args": ([(1, 16, 1)],)}, "a stride of 0": {"args": ([(1, 16, 1, 0)],)},
        "stages of 4": {"args": (4,)}, "dropout of 2": {"dropout": 2},
    }),
    "EfficientNetLite": made("EfficientNetLite")({
        "a row of four": {"args": ([(1, 16, 1, 1)],)}, "left_out of 1": {"left_out": 1},
    }),
    "VisionTransformer": made("VisionTransformer")({
        "squares of 5": {"args": (16, 5)}, "three heads": {"args": (8, 4), **SMALL, "heads": 3},
        "no layers": {"args": (8, 4), **SMALL, "layers": 0},
    }) | ways(lambda x: nn.VisionTransformer(8, 4, **SMALL)(x), {
        "a larger image": {"x": np.zeros((1, 3, 12, 12))}, "one image": {"x": np.zeros((3, 8, 8))},
    }),
    "GPT": made("GPT", 5, 6)({
        "five heads": {"heads": 5, "features": 12}, "no words": {"args": (0, 6)},
    }) | ways(lambda x: nn.GPT(5, 6, layers=1, heads=1, features=2, init=nn.zeros)(x), {
        "too many words": {"x": np.zeros((1, 7), int)}, "one sequence": {"x": np.zeros(3, int)},
    }),
    "UNet": made("UNet")({"width of 0": {"width": 0}}),
    "squeezenet1_1": made("squeezenet1_1")({
        "classes in words": {"num_classes": "ten"}, "of integers": {"dtype": int},
        "weights that are an array": {"args": (np.zeros(3),)},
    }),
}  # fmt: skip
