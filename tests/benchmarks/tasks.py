"""What is measured: every task as a row of plain data, in a full and a quick size."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .nets import NETS
from .operations import NAMES, OF_MAPS
from .sides import OURS

TORCH, KEPT = ("torch", "torch-cl"), ("torch-kept", "torch-cl-kept")
BOTH = (*OURS, *TORCH)
PLAIN = (*OURS, "torch", "torch-kept")  # work without a memory format
FORMATS = (*BOTH, *KEPT)
COMPILERS = ("torch-compile", "jax")
SERVERS = ("onnxruntime", "openvino")
NORMALISED = ("ResNet-18", "MobileNetV2", "DCGAN", "U-Net")
TRAINED = {
    "VGG-16": (8,), "the report's net": (36, 64, 1), "digits": (256, 32, 8, 1), "ResNet-18": (8, 2),
    "MobileNetV2": (8,), "DCGAN": (16,), "U-Net": (8,), "transformer block": (8,), "LSTM, 50 steps": (32,),
    "MLP": (64, 1),
}  # fmt: skip
TRAINED_QUICKLY = {
    "small VGG": (8,), "digits": (32,), "ResNet-18": (2,), "MobileNetV2": (1,), "DCGAN": (4,), "U-Net": (2,),
    "transformer block": (4,), "LSTM, 50 steps": (32,), "MLP": (64, 1),
}  # fmt: skip
EVALUATED = {"SqueezeNet": (1, 16), "ResNet-18": (1, 16), "VGG-16": (1, 8), "the report's net": (1, 36),
             "digits": (256,)}  # fmt: skip
EVALUATED_QUICKLY = {"SqueezeNet": (1,), "ResNet-18": (1,), "digits": (32,)}


@dataclass(frozen=True)
class Task:
    """One thing to be done by several sides.

    kind: which function of the sides' modules does it, with params. section: the table it stands in. tolerance: of the
    comparison with PyTorch, relative; gradients: that of whole nets' gradients. units: how many units of work one
    repetition is (times are given for one). images: how many images it handles, where that is the point.
    """

    section: str
    name: str
    kind: str
    params: dict[str, Any] = field(default_factory=dict)
    sides: tuple[str, ...] = BOTH
    tolerance: float = 2e-3
    gradients: float = 5e-2
    units: int = 1
    images: int = 1


def operations(quick: bool) -> list[Task]:
    """The lines of `operations`, forward and with the backward pass; quickly every second of them, malloc kept."""
    found = []
    for name in NAMES[::2] if quick else NAMES:
        sides = FORMATS if name.split("/")[0] in OF_MAPS else PLAIN
        sides = tuple(side for side in sides if side not in TORCH) if quick else sides
        for backward, word in ((False, "forward"), (True, "forward and backward")):
            params = {"name": name, "backward": backward}
            found.append(Task(f"single operations, {word}", name, "operation", params, sides))
    return sorted(found, key=lambda task: task.section)


def nets(quick: bool) -> list[Task]:
    """Training steps, and what recording costs on small arrays."""
    found = []
    for name, batches in (TRAINED_QUICKLY if quick else TRAINED).items():
        sides = FORMATS if NETS[name].shape[1:] and NETS[name].shape[0] <= 100 else PLAIN
        found += [_net("training step", name, batch, sides if quick else (*sides, *COMPILERS)) for batch in batches]
    chain = Task("training step", "400 operations on 8×8", "chain", {"length": 100, "size": 8}, PLAIN)
    return [*found, chain]


def evaluations(quick: bool) -> list[Task]:
    """Evaluations, beside what does nothing else."""
    return [
        _net("inference", name, batch, (*FORMATS, *SERVERS) if quick else (*FORMATS, *COMPILERS, *SERVERS))
        for name, batches in (EVALUATED_QUICKLY if quick else EVALUATED).items()
        for batch in batches
    ]


def _net(section: str, name: str, batch: int, sides: tuple[str, ...], side: int | None = None) -> Task:
    """A training step or an evaluation.

    Where batches are normalised, rounding moves gradients further: on 8 images PyTorch's own two memory formats are
    0.13 apart in ResNet-18's last convolution.
    """
    params = {"name": name, "batch": batch, "train": section != "inference", "side": side}
    size = "" if side is None else f", {side}×{side}"
    return Task(section, f"{name}, batch {batch}{size}", "net", params, sides, images=batch,
                gradients=0.2 if name in NORMALISED else 5e-2)  # fmt: skip


def looking(quick: bool) -> list[Task]:
    """Pictures of SqueezeNet from one class back to the pixels, beside Captum; what only this project does, alone."""
    found = []
    for batch in (1,) if quick else (1, 8):
        for method in ("deconvnet", "guided", "gradient"):
            params = {"method": method, "batch": batch, "target": 281}
            found.append(Task("looking", f"{method}, batch {batch}", "look", params, (*OURS, "captum"), 5e-3))
    square = {"method": "occlusion", "batch": 1, "target": 281, "size": 45, "stride": 45 if quick else 15}
    found.append(Task("looking", "occlusion of one image", "look", square, (*OURS, "captum")))
    many = {"method": "top activations", "batch": 8 if quick else 64, "target": 281}
    found.append(Task("looking", f"top activations of {many['batch']} images", "look", many, OURS))
    return found


def growth(quick: bool) -> tuple[list[Task], list[Task]]:
    """Training steps of a small VGG as the batch grows, then as the images grow."""
    batches = (1, 16) if quick else (1, 2, 4, 8, 16, 32, 64)
    sides = (32, 128) if quick else (32, 64, 128, 192, 256, 320, 384, 448)
    of_batch = [_net("growth with the batch, 64×64", "small VGG", batch, FORMATS) for batch in batches]
    of_side = [_net("growth with the image, batch 4", "small VGG", 4, FORMATS, side) for side in sides]
    return of_batch, of_side


def scaling(quick: bool) -> list[Task]:
    """What is measured with one thread, too."""
    chosen = [("digits", 32)] if quick else [("VGG-16", 8), ("ResNet-18", 8), ("digits", 256)]
    return [_net("training step", name, batch, FORMATS) for name, batch in chosen]


def accuracy(quick: bool) -> list[dict[str, int]]:
    """Convolutions whose float32 error is told: channels, filters, side, batch."""
    shapes = [(16, 16, 28, 2)] if quick else [(64, 64, 56, 4), (512, 512, 14, 4), (16, 16, 112, 2)]
    return [dict(zip(("channels", "filters", "side", "batch"), shape, strict=True)) for shape in shapes]


def tiny() -> list[Task]:
    """For the test of this suite: one convolution, in milliseconds."""
    params = {"name": "conv/2x4x16/8/3/s1p1", "backward": True}
    return [Task("single operations, forward and backward", params["name"], "operation", params, FORMATS)]
