"""Occlusion: a square slides over an image; what a layer and the classifier make of it tells where they look.

    tops, lefts   0, stride, 2·stride, … until a square reaches the border, where it is cut off
    maps          (N, rows, columns): one number for each place of the square, beside the number without it

Source: Zeiler & Fergus 2014, section 4.2 and Figure 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont, ImageOps

from ..figures.figure import Figure, shown
from ..figures.pictures import grid, to_image
from ..predictions import (
    Fill,
    Target,
    as_batch,
    fill_colours,
    in_batches,
    observe,
    probabilities,
    target_classes,
    whole,
)
from ..record import Array, after_own_relu, choose_units, find_layer, named_in_errors, record

Measure = Literal["total", "strongest"]


class Unoccluded(NamedTuple):
    """What the images give without a square: each (N,)."""

    activation: Array
    probability: Array
    predicted: Array


@dataclass(frozen=True, eq=False)
class Occlusion:
    """What it does to each image to occlude each place of it.

    activation, probability, predicted (N, rows, columns): the layer's answer, the probability of the target, the class
    that is predicted. boxes (rows, columns, 4): the pixels covered: top, left, bottom, right, half-open. unoccluded:
    the same three without a square. target, channel (N,): the class and the channel of each image; there is no channel
    without a layer. fill (N, C): the colour of the square. classes: how many there are.
    """

    activation: Array
    probability: Array
    predicted: Array
    boxes: Array
    unoccluded: Unoccluded
    target: Array
    layer: str | None
    channel: Array | None
    measure: Measure
    fill: Array
    classes: int
    images: Array = field(repr=False)
    model: Any = field(repr=False)

    def occluded(self, image: int, row: int, column: int) -> Array:
        """An image with its square at one place, as the model saw it, (C, H, W)."""
        return _covered(self.images[image], self.boxes[row, column], self.fill[image])

    def attribution(self, of: Literal["activation", "probability"] = "activation") -> Array:
        """What occluding each pixel takes away, (N, H, W): f(x) − f(occluded), averaged over the squares on it.

        It is what `captum.attr.Occlusion` gives for a square over all channels, but that repeats it channel by channel.
        Raises ValueError where squares leave pixels between them, of which nothing is known.
        """
        if of not in ("activation", "probability"):
            raise ValueError(f"attribution: of must be 'activation' or 'probability', not {of!r}")
        values: Array = getattr(self, of)
        lost = getattr(self.unoccluded, of)[:, None, None] - values
        height, width = self.images.shape[2:]
        total, count = np.zeros((len(lost), height, width)), np.zeros((height, width), int)
        for row, column in np.ndindex(*values.shape[1:]):
            top, left, bottom, right = self.boxes[row, column]
            total[:, top:bottom, left:right] += lost[:, row, column, None, None]
            count[top:bottom, left:right] += 1
        if not count.all():
            bare = np.count_nonzero(count == 0)
            raise ValueError(f"attribution: {bare} pixels lie under no square; the stride must be at most the size")
        return (total / count).astype(values.dtype)

    def figure(self, image: int = 0, classes: Sequence[str] | None = None) -> Figure:
        """An image where the square hurts the target most, and its maps; each map drawn to its own scale, as written.

        image: which one. classes: the names of all classes, else their numbers. A pixel shows the square whose centre
        is nearest. Raises IndexError for an image that is not there, ValueError for a wrong number of names.
        """
        if not -len(self.images) <= image < len(self.images):
            raise IndexError(f"figure: there is no image {image}; there are {len(self.images)}")
        if classes is not None and len(classes) != self.classes:
            raise ValueError(f"figure: {self.classes} classes need as many names, not {len(classes)}")
        names = [str(name) for name in (range(self.classes) if classes is None else classes)]
        activation, probability, predicted = self.activation[image], self.probability[image], self.predicted[image]
        bare = Unoccluded(*(values[image] for values in self.unoccluded))
        target = names[self.target[image]]
        worst = np.unravel_index(probability.argmin(), probability.shape)
        covered = shown(self.model, self.occluded(image, *map(int, worst))[None])[0]
        height, width = self.images.shape[2:]
        zoom = max(1, round(224 / max(height, width)))
        spread = partial(over_pixels, boxes=self.boxes, size=(height, width))
        low, high = min(activation.min(), bare.activation), max(activation.max(), bare.activation)
        most = max(probability.max(), bare.probability)
        what = "the target's logit" if self.channel is None else f"{self.layer}, channel {self.channel[image]}"
        coloured, legend = _class_map(predicted, int(bare.predicted), names, height * zoom)
        pictures = [
            to_image(covered if len(covered) in (1, 3) else covered.mean(0), display="clip", zoom=zoom),
            to_image(spread((activation - low) / ((high - low) or 1)), display="clip", zoom=zoom),
            to_image(spread(probability / (most or 1)), display="clip", zoom=zoom),
            to_image(spread(coloured), display="clip", zoom=zoom),
        ]
        captions = [
            f"where {target} falls lowest,\nfrom {bare.probability:.3g} to {probability.min():.3g}",
            f"{what}: {'' if self.channel is None else self.measure}\n"
            f"black {low:.4g}, white {high:.4g}, bare {bare.activation:.4g}",
            f"probability of {target}\nblack 0, white {most:.3g}, bare {bare.probability:.3g}",
            "predicted class",
            "",
        ]
        top, left, bottom, right = self.boxes[0, 0]
        caption = (
            f"A square of {bottom - top}×{right - left} pixels slides over the image. Each pixel of a map shows "
            f"what is left with the square there of {what} and of {target}, and which class is predicted."
        )
        data = {"occluded": covered, "activation": activation, "probability": probability, "predicted": predicted}
        framed = [*(ImageOps.expand(picture.convert("RGB"), 1, REST) for picture in pictures), legend]
        return Figure(grid(framed, captions, columns=5), data, None, caption)


@named_in_errors("occlusion")
def occlusion(
    model: Any,
    images: Any,
    *,
    layer: str | None = None,
    channel: int | None = None,
    size: int | tuple[int, int] | None = None,
    stride: int | tuple[int, int] | None = None,
    fill: Fill = 0.0,
    target: Target = None,
    measure: Measure = "total",
    after_relu: bool = True,
    batch_size: int = 32,
    progress: bool = False,
) -> Occlusion:
    """Slide a square over images: what it takes from a feature map and from a class, and which class comes instead.

    model: any function of a Tensor that gives logits (N, classes); it runs in evaluation mode, on `batch_size` occluded
    images at a time, and nothing is recorded. images (N, C, H, W), or one of them, (C, H, W).
    layer, channel: the activation to watch, by default the target's logit; without a channel, that of the layer's
    strongest unit in the bare image, as in the paper. measure: the "total" of the channel's map, as in the paper, or
    its "strongest" unit, wherever it is. after_relu: behind the layer's own ReLU where one follows.
    size, stride: in pixels, or pairs (vertical, horizontal); by default a fifth of the shorter side, and a third of
    that. The first square lies in the corner; the last of a row reaches the border and is cut off there, as in Captum.
    fill: the square's colour at the model's input, one number or one a channel (0 is the mean colour where a net is
    fed with that taken off), or "mean", each image's own.
    target: the class, one for all or one an image; by default what is predicted for the bare image.

    Raises ValueError or TypeError for what makes no sense, KeyError for an unknown layer, IndexError for a channel or a
    class that is not there. Source: Zeiler & Fergus 2014, section 4.2.
    """
    x, batch_size = as_batch(images), whole("occlusion", "batch_size", batch_size)
    if measure not in ("total", "strongest"):
        raise ValueError(f"occlusion: measure must be 'total' or 'strongest', not {measure!r}")
    if layer is None and channel is not None:
        raise ValueError(f"occlusion: channel {channel} of which layer? Name it: layer=…")
    boxes = _boxes(x.shape[2:], size, stride)
    colours = fill_colours("occlusion", fill, x)
    observe("occlusion", model, x[:1])  # a model that is no classifier says so before it works for long
    watch = _Watch(model, x[:1], layer, measure, after_relu)
    logits, seen = zip(*(watch(x[i : i + batch_size]) for i in range(0, len(x), batch_size)), strict=True)
    scores = np.concatenate(logits)
    targets = target_classes("occlusion", target, scores)
    maps = None if layer is None else np.concatenate(seen)
    channels = None if maps is None else choose_units(maps, channel, None).nonzero()[1]
    everyone = np.arange(len(x))
    without = Unoccluded(*watch.measured(scores, maps, targets, channels))
    places = [(n, row, column) for n in everyone for row, column in np.ndindex(*boxes.shape[:2])]
    found = []
    for some in in_batches(places, batch_size, progress, "occlusion"):
        batch = np.stack([_covered(x[n], boxes[row, column], colours[n]) for n, row, column in some])
        of = np.array([n for n, _, _ in some])
        found.append(watch.measured(*watch(batch), targets[of], None if channels is None else channels[of]))
    activation, probability, predicted = (
        np.concatenate(parts).reshape(len(x), *boxes.shape[:2]) for parts in zip(*found, strict=True)
    )
    classes = scores.shape[1]
    return Occlusion(
        activation,
        probability,
        predicted,
        boxes,
        without,
        targets,
        layer,
        channels,
        measure,
        colours,
        classes,
        x,
        model,
    )


class _Watch:
    """A model's logits, and a layer's values behind its own ReLU, for one batch after another."""

    def __init__(self, model: Any, image: Array, layer: str | None, measure: Measure, after_relu: bool) -> None:
        self.model, self.layer, self.measure, self.then_relu = model, layer, measure, False
        if layer is not None:
            recorded = record(model, image)
            value = find_layer(recorded, layer)
            self.then_relu = after_relu and after_own_relu(recorded, value) is not value

    def __call__(self, images: Array) -> tuple[Array, Array | None]:
        if self.layer is None:
            return observe("occlusion", self.model, images)[0], None
        logits, seen = observe("occlusion", self.model, images, [self.layer])
        values = seen[self.layer]
        return logits, np.maximum(values, 0) if self.then_relu else values

    def measured(
        self, logits: Array, maps: Array | None, targets: Array, channels: Array | None
    ) -> tuple[Array, Array, Array]:
        """Activation, probability of the target and predicted class of each image, each (N,)."""
        rows = np.arange(len(logits))
        activation = logits[rows, targets]
        if maps is not None:
            units = maps[rows, channels].reshape(len(rows), -1)
            activation = units.sum(axis=1) if self.measure == "total" else units.max(axis=1)
        return activation, probabilities(logits)[rows, targets], logits.argmax(axis=1)


def _boxes(extent: tuple[int, ...], size: Any, stride: Any) -> Array:
    """Where the squares lie, (rows, columns, 4): top, left, bottom, right."""
    default = max(1, min(extent) // 5)
    sizes = _pair("size", default if size is None else size)
    strides = _pair("stride", tuple(max(1, n // 3) for n in sizes) if stride is None else stride)
    if any(n > whole_side for n, whole_side in zip(sizes, extent, strict=True)):
        raise ValueError(f"occlusion: size {sizes[0]}×{sizes[1]} is larger than the image, {extent[0]}×{extent[1]}")
    starts = [np.arange(-(-(e - n) // s) + 1) * s for e, n, s in zip(extent, sizes, strides, strict=True)]
    tops, lefts = np.meshgrid(*starts, indexing="ij")
    bottoms, rights = np.minimum(tops + sizes[0], extent[0]), np.minimum(lefts + sizes[1], extent[1])
    return np.stack([tops, lefts, bottoms, rights], axis=-1)


def _pair(what: str, given: Any) -> tuple[int, int]:
    both = given if isinstance(given, tuple | list) else (given, given)
    if len(both) != 2:
        raise ValueError(f"occlusion: {what} must be an integer, or a pair (vertical, horizontal), not {given!r}")
    return whole("occlusion", what, both[0]), whole("occlusion", what, both[1])


def _covered(image: Array, box: Array, colour: Array) -> Array:
    covered = image.copy()
    top, left, bottom, right = box
    covered[:, top:bottom, left:right] = colour[:, None, None]
    return covered


def over_pixels(values: Array, boxes: Array, size: tuple[int, ...]) -> Array:
    """A map (..., rows, columns) over the pixels of an image, (..., H, W): each takes the nearest square's value.

    boxes (rows, columns, 4): the squares' top, left, bottom, right; size: (H, W).
    """
    middles = (boxes[:, 0, 0] + boxes[:, 0, 2]) / 2, (boxes[0, :, 1] + boxes[0, :, 3]) / 2
    rows, columns = (
        np.abs(np.arange(n)[:, None] + 0.5 - middle).argmin(axis=1) for n, middle in zip(size, middles, strict=True)
    )
    return values[..., rows[:, None], columns]


COLOURS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#f0e442", "#000000")  # Okabe & Ito
REST = "#999999"
"""Of classes: the most frequent first, and of all for whom there is no colour left."""


def _class_map(predicted: Array, bare: int, names: Sequence[str], height: int) -> tuple[Array, Image.Image]:
    """The predicted classes (rows, columns) as colours (3, rows, columns) in [0, 1], and what the colours mean.

    The class of the bare image has the first colour, then the others by how often they come; the rarest share grey.
    """
    found, counts = np.unique(predicted, return_counts=True)
    often = dict(
        sorted(zip(found.tolist(), counts.tolist(), strict=True), key=lambda pair: (pair[0] != bare, -pair[1]))
    )
    named = dict(zip(often, COLOURS, strict=False))
    rest = predicted.size - sum(often[number] for number in named)
    rows = [(colour, f"{names[n]} {often[n] / predicted.size:.0%}") for n, colour in named.items()]
    if rest:
        rows.append((REST, f"{len(often) - len(named)} others {rest / predicted.size:.0%}"))
    palette = {number: np.array(ImageColor.getrgb(named.get(number, REST))) / 255 for number in often}
    colours = np.array([palette[number] for number in predicted.ravel().tolist()]).T.reshape(3, *predicted.shape)

    font = ImageFont.load_default(12)
    measure = ImageDraw.Draw(Image.new("L", (1, 1)))
    width = max(int(measure.textbbox((0, 0), text, font=font)[2]) for _, text in rows) + 26
    legend = Image.new("RGB", (max(height, width), max(height, 20 * len(rows))), "white")
    draw = ImageDraw.Draw(legend)
    for i, (colour, text) in enumerate(rows):
        draw.rectangle((2, 20 * i + 3, 15, 20 * i + 16), fill=colour)
        draw.text((22, 20 * i + 3), text, fill="black", font=font)
    return colours, legend
