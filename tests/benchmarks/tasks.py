"""What is measured: every task as a row of plain data, in a full and a quick size."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nn.models.vgg import CONFIGURATIONS

OURS = ("ours-numpy", "ours-fast")
TORCH = ("torch-nchw", "torch-nhwc")
BOTH = (*OURS, *TORCH)
FLAT = (*OURS, "torch-nchw")  # work without a memory format: PyTorch is there once

SMALL_NET = "16x2 M 32x2 M 64x2 M | 128 10"


@dataclass(frozen=True)
class Task:
    """One thing to be done by several sides.

    kind: which function of work_ours, work_torch, work_others does it, with params. section: the table it stands in.
    tolerance: of the comparison with PyTorch, relative. units: how many units of work one repetition is (times are
    given for one). images: how many images it handles, where that is the point.
    """

    section: str
    name: str
    kind: str
    params: dict[str, Any] = field(default_factory=dict)
    sides: tuple[str, ...] = BOTH
    tolerance: float = 2e-3
    units: int = 1
    images: int = 1


def nets(quick: bool) -> list[Task]:
    """The nets of the headline: one training step and one evaluation each."""
    digits = _net("digits net", "digits", (1, 28, 28), 10, 256)
    if quick:
        chosen = [_net("small VGG", SMALL_NET, (3, 64, 64), 10, 8), _net("digits net", "digits", (1, 28, 28), 10, 32)]
    else:
        chosen = [
            _net("VGG-16", CONFIGURATIONS["vgg16"], (3, 224, 224), 1000, 8),
            _net("the report's net", CONFIGURATIONS["report"], (3, 224, 224), 2, 36),
            digits,
        ]
    tasks = []
    for train in (True, False):
        for name, params in chosen:
            with_mygrad = (*BOTH, "mygrad") if params["line"] == "digits" and not quick else BOTH
            section = "training step" if train else "evaluation"
            tasks.append(Task(section, name, "net", {**params, "train": train}, with_mygrad, images=params["batch"]))
    return tasks


def _net(name: str, line: str, shape: tuple[int, ...], classes: int, batch: int) -> tuple[str, dict[str, Any]]:
    return f"{name}, batch {batch}", {"line": line, "shape": shape, "classes": classes, "batch": batch}


WIDE = [(3, 64, 224), (64, 64, 224), (64, 128, 112), (128, 128, 112), (128, 256, 56), (256, 256, 56), (256, 512, 28),
        (512, 512, 28), (512, 512, 14)]  # fmt: skip
NARROW = [(3, 8, 224), (8, 8, 224), (8, 16, 112), (16, 16, 112), (16, 32, 56), (32, 32, 56), (32, 64, 28), (64, 64, 28)]
OTHER = [(64, 64, 112, 1, 1), (64, 64, 56, 5, 2), (3, 64, 224, 7, 2)]  # channels, filters, side, kernel, stride
MYGRAD_CONVS = {(128, 128, 112), (16, 16, 112)}


def convs(quick: bool) -> list[Task]:
    """3×3 convolutions as VGG and the report's net have them, and a few others; forward, then forward and backward."""
    ladders = [("3×3, padding 1, batch 8", WIDE, 8), ("3×3, padding 1, batch 36", NARROW, 36)]
    others = OTHER
    if quick:
        ladders = [
            ("3×3, padding 1, batch 2", [(64, 64, 56)], 2),
            ("3×3, padding 1, batch 4", [(3, 8, 112), (16, 16, 56)], 4),
        ]
        others = [(32, 32, 28, 5, 2)]
    tasks = []
    for backward in (False, True):
        direction = "forward and backward" if backward else "forward"
        for title, ladder, batch in ladders:
            for channels, filters, side in ladder:
                sides = (*BOTH, "mygrad") if (channels, filters, side) in MYGRAD_CONVS else BOTH
                tasks.append(_conv(f"{title}, {direction}", channels, filters, side, 3, 1, batch, backward, sides))
        for channels, filters, side, kernel, stride in others:
            title = f"other convolutions, {direction}"
            tasks.append(_conv(title, channels, filters, side, kernel, stride, 2 if quick else 8, backward, BOTH))
    return tasks


def _conv(
    section: str, channels: int, filters: int, side: int, kernel: int, stride: int, batch: int, backward: bool,
    sides: tuple[str, ...],
) -> Task:  # fmt: skip
    """Layers on the pixels (3 channels) take no gradient of the pixels, as in training."""
    shape = "" if kernel == 3 else f"{kernel}×{kernel} stride {stride}, "
    params = {
        "channels": channels, "filters": filters, "side": side, "kernel": kernel, "stride": stride,
        "padding": kernel // 2, "batch": batch, "backward": backward, "input_gradient": channels != 3,
    }  # fmt: skip
    return Task(section, f"{shape}{channels}→{filters} at {side}²", "conv", params, sides)


def small(quick: bool) -> list[Task]:
    """Pooling, a linear layer, and what recording costs per operation."""
    maps = (2, 64, 56, 56) if quick else (8, 64, 224, 224)
    width = 1024 if quick else 4096
    pool = f"max-pooling 2×2, {'×'.join(map(str, maps))}"
    everyone = (*FLAT, "autograd", "mygrad")
    return [
        Task("pooling and linear", f"{pool}, forward", "pool", {"shape": maps, "backward": False}, (*BOTH, "mygrad")),
        Task("pooling and linear", f"{pool}, both", "pool", {"shape": maps, "backward": True}, BOTH),
        Task("pooling and linear", f"linear {width}→{width}, batch 36, both", "linear",
             {"inputs": width, "outputs": width, "batch": 36}, everyone),
        Task("per recorded operation", "matmul, scale, add, relu on 8×8, both", "chain",
             {"length": 100, "size": 8}, everyone, units=400),
    ]  # fmt: skip


def growth(quick: bool) -> tuple[list[Task], list[Task]]:
    """Training steps of a small VGG as the batch grows, then as the images grow."""
    batches = [1, 16] if quick else [1, 2, 4, 8, 16, 32, 64]
    sides = [32, 128] if quick else [32, 64, 128, 192, 256, 320, 384, 448]
    return (
        [_grown("growth with the batch, 64×64", f"batch {n}", n, 64) for n in batches],
        [_grown("growth with the image, batch 4", f"{side}×{side}", 4, side) for side in sides],
    )


def _grown(section: str, name: str, batch: int, side: int) -> Task:
    params = {"line": SMALL_NET, "shape": (3, side, side), "classes": 10, "batch": batch, "train": True}
    return Task(section, name, "net", params, units=batch, images=batch)


def deconvnet(quick: bool) -> list[Task]:
    """One unit of the last convolution of VGG-16, back to the pixels of one image."""
    params = {"line": CONFIGURATIONS["vgg16"], "layer": "conv5_3", "channel": 7, "shape": (1, 3, 224, 224)}
    name = "VGG-16, one unit of conv5_3, 224×224"
    if quick:
        params = {"line": CONFIGURATIONS["vgg11"], "layer": "conv4_2", "channel": 7, "shape": (1, 3, 64, 64)}
        name = "VGG-11, one unit of conv4_2, 64×64"
    return [Task("deconvnet projection, one image", name, "deconvnet", params, tolerance=5e-3)]


def accuracy(quick: bool) -> list[dict[str, int]]:
    """Convolutions whose float32 error is told: channels, filters, side, batch."""
    shapes = [(16, 16, 28, 2)] if quick else [(64, 64, 56, 4), (512, 512, 14, 4), (16, 16, 112, 2)]
    return [dict(zip(("channels", "filters", "side", "batch"), shape, strict=True)) for shape in shapes]


def tiny() -> list[Task]:
    """For the test of this suite: one convolution, in milliseconds."""
    return [_conv("3×3, tiny, forward and backward", 4, 8, 16, 3, 1, 2, True, BOTH)]
