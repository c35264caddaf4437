"""Recipes: a net and how to train it. The report's own; a present-day one from scratch; a pretrained net."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import nn

WEIGHTS = nn.models.by_name.PACKAGED["squeezenet"]


@dataclass(frozen=True)
class Recipe:
    """How one kind of net is made and trained.

    name, words: for the page. net: (number of classes, generator) -> a model whose `preprocess` reads pictures.
    optimizer: of the model. schedule: of an optimiser, for so many epochs. change: of each training batch. larger:
    pixels a side of training pictures, of which `change` takes a part; None for the net's own size.
    """

    name: str
    words: str
    epochs: int
    batch_size: int
    net: Callable[[int, np.random.Generator], Any]
    optimizer: Callable[[nn.Module], nn.Optimizer]
    schedule: Callable[[nn.Optimizer, int], nn.Schedule] | None = None
    change: Callable[[np.ndarray, np.random.Generator], np.ndarray] | None = None
    larger: int | None = None

    def training(self, folder: Path, model: Any, **options: Any) -> nn.ImageFolder:
        """The folder's pictures as this net's training reads them."""
        size = self.larger or model.preprocess.size
        return nn.ImageFolder(folder, preprocess=replace(model.preprocess, size=size), **options)


# ── the report's ──────────────────────────────────────────────────────────────────────────────────────────────────────


def report_net(classes: int, rng: np.random.Generator) -> nn.VGG:
    """Figure 6.1: 68,293,610 parameters, all drawn from normal distributions.

    The report does not say how wide. Weights are He's (variance 2 / fan-in), biases as in listing 5.1 (1 / fan-in):
    with the listing's width for the weights too, the signal shrinks by half from layer to layer and learning begins
    only after some 30 epochs.
    """
    net = nn.VGG("report", num_classes=classes, dropout=0.5, rng=rng, init=nn.he_normal)
    parameters = dict(net.named_parameters())
    for name, bias in parameters.items():
        if name.endswith(".bias"):
            inputs = parameters[name.removesuffix("bias") + "weight"].data[0].size
            bias.data[...] = rng.standard_normal(bias.shape, np.float32) / np.sqrt(inputs)
    net.preprocess = nn.Preprocessing(224)
    return net


def report_optimizer(net: nn.Module) -> nn.SGD:
    """Section 6.1: plain momentum, the rate never changed."""
    return nn.SGD(net.parameters(), lr=1e-3, momentum=0.9)


# ── from scratch, as one would today ──────────────────────────────────────────────────────────────────────────────────

SIDE, CROP = 128, 112  # pixels: of a whole picture, and of the parts of it that training sees


def scratch_net(
    classes: int,
    rng: np.random.Generator,
    *,
    widths: Sequence[int] = (32, 64, 128, 256, 256),
    batch_norm: bool = True,
    hidden: Sequence[int] = (),
) -> nn.Sequential:
    """Five wide convolutions with batch normalisation, the mean of each map, one linear layer: 1.0 million parameters.

    Normalising behind the pooling instead of before it costs a quarter; with a positive scale it is the same function.
    widths, batch_norm, hidden (fully connected layers instead of the means): to see what each of these brings.
    """
    layers: list[tuple[str, nn.Module]] = []
    channels = 3
    for number, width in enumerate(widths, 1):
        layers.append((f"conv{number}", nn.Conv2d(channels, width, 3, padding=1, bias=not batch_norm, rng=rng)))
        if number < len(widths) or hidden:
            layers.append((f"pool{number}", nn.MaxPool2d(2)))
        if batch_norm:
            layers.append((f"bn{number}", nn.BatchNorm2d(width)))
        layers.append((f"relu{number}", nn.ReLU()))
        channels = width
    if hidden:
        layers.append(("flatten", nn.Flatten()))
        channels *= (CROP >> len(widths)) ** 2
        for number, width in enumerate(hidden, 1):
            layers += [(f"fc{number}", nn.Linear(channels, width, rng=rng)), (f"relu_fc{number}", nn.ReLU())]
            layers.append((f"drop{number}", nn.Dropout(0.5, rng=rng)))
            channels = width
    else:
        layers += [("mean", nn.GlobalAverage()), ("drop", nn.Dropout(0.2, rng=rng))]
    net = nn.Sequential(*layers, ("fc", nn.Linear(channels, classes, rng=rng)))
    side = CROP if hidden else SIDE
    net.preprocess = nn.Preprocessing(side, mean=(0.45,) * 3, std=(0.27,) * 3)
    net.input_shape = (3, side, side)
    return net


def varied(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Random parts of pictures, CROP a side: some mirrored, in other light, with a square erased. (N, 3, H, W) each."""
    count, _, height, width = pictures.shape
    parts = np.empty((count, 3, CROP, CROP), pictures.dtype)
    for part, picture in zip(parts, pictures, strict=True):
        top, left = rng.integers(0, height - CROP + 1), rng.integers(0, width - CROP + 1)
        part[...] = picture[:, top : top + CROP, left : left + CROP]
        if rng.random() < 0.5:
            part[...] = part[:, :, ::-1].copy()
    middle = parts.mean((1, 2, 3), keepdims=True)
    contrast, light = rng.uniform(0.7, 1.3, (count, 1, 1, 1)), rng.uniform(-0.3, 0.3, (count, 3, 1, 1))
    parts = ((parts - middle) * contrast + middle + light).astype(pictures.dtype)
    for part in parts:
        if rng.random() < 0.25:
            side = rng.integers(CROP // 6, CROP // 2)
            top, left = rng.integers(0, CROP - side, 2)
            part[:, top : top + side, left : left + side] = part.mean()
    return parts


def warmed(optimizer: nn.Optimizer, epochs: int) -> nn.Schedule:
    """A rate that rises for a few epochs, then falls along a cosine."""
    up = max(1, min(3, epochs // 10))
    return nn.WarmupLR(optimizer, up, nn.CosineAnnealingLR(optimizer, max(1, epochs - up)))


# ── a pretrained net ──────────────────────────────────────────────────────────────────────────────────────────────────


class Transferred(nn.SqueezeNet):
    """SqueezeNet as it was trained on ImageNet, frozen, with one new linear layer on the means of fire9's maps."""

    def __init__(self, classes: int, rng: np.random.Generator) -> None:
        super().__init__(num_classes=classes, init=nn.zeros)
        self.load(WEIGHTS, missing="keep")
        for parameter in self.parameters():
            parameter.requires_grad = False
        for name in ("conv10", "relu10", "logits"):
            del self.layers[name]
        self.layers |= {"mean": nn.GlobalAverage(), "fc": nn.Linear(512, classes, rng=rng, init=nn.zeros)}


def mirrored(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Half of the pictures mirrored. (N, 3, H, W) -> the same."""
    chosen = rng.random(len(pictures)) < 0.5
    return np.where(chosen[:, None, None, None], pictures[..., ::-1], pictures)


_ALL = [
    Recipe(
        name="report",
        words="the report's own: VGG-like, 68,293,610 parameters, SGD with momentum, dropout",
        epochs=20,
        batch_size=36,
        net=report_net,
        optimizer=report_optimizer,
    ),
    Recipe(
        name="scratch",
        words="from these pictures alone: wide convolutions, batch normalisation, one linear layer, varied pictures",
        epochs=30,
        batch_size=36,
        net=scratch_net,
        optimizer=lambda net: nn.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4, nesterov=True),
        schedule=warmed,
        change=varied,
        larger=SIDE,
    ),
    Recipe(
        name="transfer",
        words="SqueezeNet trained on ImageNet, its last layer new",
        epochs=6,
        batch_size=36,
        net=Transferred,
        optimizer=lambda net: nn.AdamW(net.parameters(), lr=2e-3, weight_decay=1.0),
        schedule=lambda optimizer, epochs: nn.CosineAnnealingLR(optimizer, epochs),
        change=mirrored,
    ),
]
RECIPES = {recipe.name: recipe for recipe in _ALL}
