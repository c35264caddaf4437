"""Occlusion: a square slides over an image; what a layer and the classifier make of it tells where they look.

Source: Zeiler & Fergus 2014, section 4.2 and Figure 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont, ImageOps

from ..errors import named_in_errors, refusal
from ..figures.figure import Figure, check_image, one_or_three, shown
from ..figures.pictures import grid, to_image
from ..predictions import Classes, Fill, as_batch, fill_colours, observe, probabilities, target_classes, whole
from ..record import Array, choose_units, own_limit, record, through_relu
from .squares import Side, averaged, boxes_of, covered, covered_images, over_pixels

Measure = Literal["total", "strongest"]


class Unoccluded(NamedTuple):
    """What the images give without a square: each (N,)."""

    activation: Array
    probability: Array
    predicted: Array


@dataclass(frozen=True, eq=False)
class Occlusion:
    """What it does to each image to occlude each place of it.

    Attributes:
        activation, probability, predicted: (N, rows, columns), with the square at each place: the layer's answer, the
            probability of the target, the class that is predicted.
        boxes: (rows, columns, 4), the pixels covered: top, left, bottom, right, half-open.
        unoccluded: the same three without a square, (N,) each.
        target, channel: (N,), the class and the channel of each image; there is no channel without a layer.
        layer, measure: what was asked for.
        fill: (N, C), the colour of the square.
        classes: how many there are.
        images: (N, C, H, W), without squares.
        model: the function that was asked.

    Example:
        >>> found = vis.occlusion(lambda x: x.sum(axis=(2, 3)), np.ones((1, 2, 4, 4)), size=2, stride=2, target=0)
        >>> found.activation  # of 16 ones, 4 are covered
        array([[[12., 12.],
                [12., 12.]]])
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
        return covered(self.images[image], self.boxes[row, column], self.fill[image])

    @named_in_errors("attribution")
    def attribution(self, of: Literal["activation", "probability"] = "activation") -> Array:
        """What occluding each pixel takes away, (N, H, W): f(x) − f(occluded), averaged over the squares on it.

        It is what `captum.attr.Occlusion` gives for a square over all channels, but that repeats it channel by channel.
        Raises ValueError where squares leave pixels between them, of which nothing is known.
        """
        if of not in ("activation", "probability"):
            raise refusal(ValueError, f"of must be 'activation' or 'probability', not {of!r}")
        lost = getattr(self.unoccluded, of)[:, None, None] - getattr(self, of)
        return averaged(lost, self.boxes, self.images.shape[2:])

    @named_in_errors("figure")
    def figure(self, image: int = 0, classes: Sequence[str] | None = None) -> Figure:
        """An image where the square hurts the target most, and its maps; each map drawn to its own scale, as written.

        image: which one. classes: the names of all classes, else their numbers. A pixel shows the square whose centre
        is nearest. Raises IndexError for an image that is not there, ValueError for a wrong number of names.
        """
        check_image(image, self.images)
        if classes is not None and len(classes) != self.classes:
            raise refusal(ValueError, f"{self.classes} classes need as many names, not {len(classes)}")
        names = [str(name) for name in (range(self.classes) if classes is None else classes)]
        activation, probability, predicted = self.activation[image], self.probability[image], self.predicted[image]
        bare = Unoccluded(*(values[image] for values in self.unoccluded))
        target = names[self.target[image]]
        worst = np.unravel_index(probability.argmin(), probability.shape)
        worst_seen = shown(self.model, self.occluded(image, *map(int, worst))[None])[0]
        height, width = self.images.shape[2:]
        zoom = max(1, round(224 / max(height, width)))
        spread = partial(over_pixels, boxes=self.boxes, size=(height, width))
        low, high = min(activation.min(), bare.activation), max(activation.max(), bare.activation)
        least, most = min(probability.min(), bare.probability), max(probability.max(), bare.probability)
        what = "the target's logit" if self.channel is None else f"{self.layer}, channel {self.channel[image]}"
        coloured, legend = _class_map(predicted, int(bare.predicted), names, height * zoom)
        pictures = [
            to_image(one_or_three(worst_seen), display="clip", zoom=zoom),
            to_image(spread((activation - low) / ((high - low) or 1)), display="clip", zoom=zoom),
            to_image(spread((probability - least) / ((most - least) or 1)), display="clip", zoom=zoom),
            to_image(spread(coloured), display="clip", zoom=zoom),
        ]
        captions = [
            f"where {target} falls lowest,\nfrom {bare.probability:.3g} to {probability.min():.3g}",
            f"{what}: {'' if self.channel is None else self.measure}\n"
            f"black {low:.4g}, white {high:.4g}, bare {bare.activation:.4g}",
            f"probability of {target}\nblack {least:.3g}, white {most:.3g}, bare {bare.probability:.3g}",
            "predicted class",
            "",
        ]
        top, left, bottom, right = self.boxes[0, 0]
        caption = (
            f"A square of {bottom - top}×{right - left} pixels slides over the image. Each pixel of a map shows "
            f"what is left with the square there of {what} and of {target}, and which class is predicted."
        )
        data = {"occluded": worst_seen, "activation": activation, "probability": probability, "predicted": predicted}
        framed = [*(ImageOps.expand(picture.convert("RGB"), 1, REST) for picture in pictures), legend]
        return Figure(grid(framed, captions, columns=5), data, None, caption)


@named_in_errors("occlusion")
def occlusion(
    model: Any,
    images: Any,
    *,
    layer: str | None = None,
    channel: int | None = None,
    size: Side = None,
    stride: Side = None,
    fill: Fill = 0.0,
    target: Classes = None,
    measure: Measure = "total",
    after_relu: bool = True,
    batch_size: int = 32,
    progress: bool = False,
) -> Occlusion:
    """Slide a square over images: what it takes from a feature map and from a class, and which class comes instead.

    The first square lies in the corner; the last of a row reaches the border and is cut off there, as in Captum.

    Arguments:
        model: any function of a Tensor that gives logits (N, classes); it runs in evaluation mode, recording nothing.
        images: (N, C, H, W), or one of them, (C, H, W).
        layer: the activation to watch, by default the target's logit.
        channel: by default that of the layer's strongest unit in the bare image, as in the paper.
        size, stride: in pixels, integers or pairs (vertical, horizontal); by default a fifth of the image's shorter
            side, and a third of that.
        fill: the square's colour at the model's input, one number or one a channel (0 is the mean colour where a net is
            fed with that taken off), or "mean", each image's own.
        target: the class, one for all or one an image; by default what is predicted for the bare image.
        measure: the "total" of the channel's map, as in the paper, or its "strongest" unit, wherever it is.
        after_relu: watch behind the layer's own ReLU where one follows.
        batch_size: how many occluded images the model runs on at once.
        progress: show a bar on a terminal.
    Returns:
        An Occlusion: its maps have one number for each place of the square.
    Raises:
        TypeError, ValueError: for what makes no sense.
        KeyError: for an unknown layer.
        IndexError: for a channel or a class that is not there.
    Source: Zeiler & Fergus 2014, section 4.2.

    Example:
        >>> x = np.zeros((1, 1, 4, 4))
        >>> x[..., :2, :2] = 1.0
        >>> def corners(x):
        ...     return ag.concatenate([x[:, :, :2, :2].sum(axis=(2, 3)), x[:, :, 2:, 2:].sum(axis=(2, 3))], axis=1)
        >>> vis.occlusion(corners, x, size=2, stride=2).attribution()[0]  # only the first corner matters
        array([[4., 4., 0., 0.],
               [4., 4., 0., 0.],
               [0., 0., 0., 0.],
               [0., 0., 0., 0.]])
    """
    x, batch_size = as_batch(images), whole("batch_size", batch_size)
    if measure not in ("total", "strongest"):
        raise refusal(ValueError, f"measure must be 'total' or 'strongest', not {measure!r}")
    if layer is None and channel is not None:
        raise refusal(ValueError, f"channel {channel} of which layer? Name it: layer=…")
    boxes = boxes_of(x.shape[2:], size, stride)
    colours = fill_colours(fill, x)
    observe(model, x[:1])  # a model that is no classifier says so before it works for long
    watch = _Watch(model, x[:1], layer, measure, after_relu)
    logits, seen = zip(*(watch(x[i : i + batch_size]) for i in range(0, len(x), batch_size)), strict=True)
    scores = np.concatenate(logits)
    targets = target_classes(target, scores)
    maps = None if layer is None else np.concatenate(seen)
    channels = None if maps is None else choose_units(maps, channel, None).nonzero()[1]
    without = Unoccluded(*watch.measured(scores, maps, targets, channels))
    found = [
        watch.measured(*watch(batch), targets[of], None if channels is None else channels[of])
        for batch, of in covered_images(x, boxes, colours, batch_size, progress)
    ]
    activation, probability, predicted = (
        np.concatenate(parts).reshape(len(x), *boxes.shape[:2]) for parts in zip(*found, strict=True)
    )
    return Occlusion(
        activation, probability, predicted, boxes, without, targets, layer, channels, measure, colours,
        scores.shape[1], x, model,
    )  # fmt: skip


class _Watch:
    """A model's logits, and a layer's values behind its own ReLU, for one batch after another."""

    def __init__(self, model: Any, image: Array, layer: str | None, measure: Measure, after_relu: bool) -> None:
        self.model, self.layer, self.measure = model, layer, measure
        self.limit = None if layer is None else own_limit(record(model, image), layer, after_relu)

    def __call__(self, images: Array) -> tuple[Array, Array | None]:
        if self.layer is None:
            return observe(self.model, images)[0], None
        logits, seen = observe(self.model, images, [self.layer])
        return logits, through_relu(seen[self.layer], self.limit)

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
