"""Invariance: how far a layer's answer moves, and what becomes of the class, as an image is shifted, scaled or turned.

    image ──► transformed(amount) ──► layer ──► ‖features − features of the image itself‖, and the class's probability

Source: Zeiler & Fergus 2014, section 4.1 and Figure 5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Literal

import numpy as np
from PIL import Image

from ..errors import named_in_errors, refusal
from ..figures.charts import charted
from ..figures.figure import Figure, shown
from ..predictions import (
    Classes,
    Fill,
    as_batch,
    fill_colours,
    in_batches,
    observe,
    probabilities,
    target_classes,
    whole,
)
from ..record import Array, find_layer, record

Transform = Literal["shift", "scale", "rotate"]

NEUTRAL: Mapping[Transform, float] = {"shift": 0, "scale": 1, "rotate": 0}
"""The amount that changes nothing."""

_AXES = {"shift": "shifted down by pixels", "scale": "scaled by", "rotate": "turned by degrees"}


@dataclass(frozen=True, eq=False)
class Invariance:
    """What a transform does to layers and to the class as its amount grows.

    Attributes:
        transform: "shift", "scale" or "rotate".
        amounts: (A,), in pixels, as factors or in degrees.
        distances: for each layer (N, A), the Euclidean distance between the feature vectors of the transformed image
            and of the image itself.
        probability, predicted: (N, A), the probability of the target, and the class that is predicted.
        target: (N,), the class of each image.
        images, fill: (N, C, H, W) and (N, C), the images, and the colour of what moves in.
        model: the function that was asked.

    Example:
        >>> sums, x = lambda x: x.sum(axis=(2, 3)).named("sums"), np.ones((1, 2, 4, 4))
        >>> found = vis.invariance(sums, x, layers="sums", amounts=[0, 1])
        >>> found.distances["sums"]  # a row of four ones has gone, in two channels
        array([[0.        , 5.65685425]])
    """

    transform: Transform
    amounts: Array
    distances: Mapping[str, Array]
    probability: Array
    predicted: Array
    target: Array
    images: Array = field(repr=False)
    fill: Array = field(repr=False)
    model: Any = field(repr=False)

    @named_in_errors("figure")
    def figure(self, names: Sequence[str] | None = None) -> Figure:
        """The first image at some amounts; below, the distance in each layer and the probability, a line for an image.

        names: of the images, else their numbers. Drawn by matplotlib: raises ImportError without it, ValueError for a
        wrong number of names.
        """
        count = len(self.images)
        if names is not None and len(names) != count:
            raise refusal(ValueError, f"{count} images need as many names, not {len(names)}")
        labels = [f"image {n}" for n in range(count)] if names is None else list(names)
        picture = _drawn(self, labels)
        data = {"amounts": self.amounts, **self.distances, "probability": self.probability}
        caption = (
            f"Each image {_AXES[self.transform]} as marked below: the distance of each layer's features from those of "
            "the image itself, and the probability of its class. Above, the first image."
        )
        return Figure(picture, data, None, caption)


@named_in_errors("invariance")
def invariance(
    model: Any,
    images: Any,
    *,
    layers: str | Sequence[str],
    transform: Transform = "shift",
    amounts: Sequence[float] | Array | None = None,
    fill: Fill = 0.0,
    target: Classes = None,
    batch_size: int = 32,
    progress: bool = False,
) -> Invariance:
    """Shift, scale or turn images, and measure how far layers' feature vectors and the class's probability move.

    Pillow transforms the input's channels as floating pictures, bilinearly, and averages where they become smaller: the
    same as to transform the photograph, where a preprocessing treats all pixels alike. What moves out is lost, the size
    stays.

    Arguments:
        model: any function of a Tensor that gives logits (N, classes); it runs in evaluation mode, recording nothing.
        images: (N, C, H, W), or one of them, (C, H, W).
        layers: the names of activations, or one.
        transform: "shift", "scale" (about the centre) or "rotate" (counter-clockwise about the centre).
        amounts: pixels, positive downwards; factors; degrees. By default a quarter of the height up and down; 1 to 1.8;
            a full turn.
        fill: the colour of what moves in from beyond the edges, one number or one a channel, or "mean", each image's
            own.
        target: the class, one for all or one an image; by default what is predicted for the image itself.
        batch_size: how many images the model runs on at once.
        progress: show a bar on a terminal.
    Returns:
        An Invariance: a row for each image, a column for each amount.
    Raises:
        TypeError, ValueError: for what makes no sense.
        KeyError: for an unknown layer.
        IndexError: for a class that is not there.
    Source: Zeiler & Fergus 2014, section 4.1.

    Example:
        >>> means = lambda x: ag.mean(x, axis=(2, 3)).named("means")
        >>> x = np.random.default_rng(0).random((1, 3, 8, 8))
        >>> turned = vis.invariance(means, x, layers="means", transform="rotate", amounts=[0, 90])
        >>> turned.distances["means"].round(6)  # a mean does not see a quarter turn
        array([[0., 0.]])
    """
    x, batch_size = as_batch(images), whole("batch_size", batch_size)
    if not isinstance(transform, str) or transform not in NEUTRAL:
        raise refusal(ValueError, f"transform must be 'shift', 'scale' or 'rotate', not {transform!r}")
    chosen = [layers] if isinstance(layers, str) else list(dict.fromkeys(layers)) if layers else []
    if not chosen:
        raise refusal(ValueError, "name at least one layer")
    steps = _amounts(transform, amounts, x.shape[2])
    colours = fill_colours(fill, x)
    observe(model, x[:1])  # a model that is no classifier says so before anything else
    recorded = record(model, x[:1])
    for layer in chosen:
        find_layer(recorded, layer)
    del recorded  # the graph, and what it keeps

    own: list[tuple[Array, dict[str, Array]]] = [observe(model, image[None], chosen) for image in x]
    targets = target_classes(target, np.concatenate([logits for logits, _ in own]))
    distances: dict[str, list[Array]] = {layer: [] for layer in chosen}
    logits = []
    places = [(n, amount) for n in range(len(x)) for amount in steps.tolist()]
    for some in in_batches(places, batch_size, progress, "invariance"):
        batch = np.stack([transformed(x[n], transform, amount, colours[n]) for n, amount in some])
        scores, seen = observe(model, batch, chosen)
        logits.append(scores)
        for layer in chosen:
            moved = [
                value.astype(np.float64) - own[n][1][layer][0] for (n, _), value in zip(some, seen[layer], strict=True)
            ]
            distances[layer].append(np.array([np.linalg.norm(difference) for difference in moved]))
    shape = len(x), len(steps)
    scores = np.concatenate(logits)
    chance = probabilities(scores)[np.arange(len(scores)), np.repeat(targets, len(steps))]
    moves = {layer: np.concatenate(parts).reshape(shape) for layer, parts in distances.items()}
    predicted = scores.argmax(axis=1).reshape(shape)
    return Invariance(transform, steps, moves, chance.reshape(shape), predicted, targets, x, colours, model)


def transformed(image: Array, transform: Transform, amount: float, fill: Array) -> Array:
    """An image (C, H, W) transformed by an amount, `fill` (C,) coming in from beyond its edges -> same shape and dtype.

    The neutral amount gives the image itself; by whole pixels, and by quarter turns of a square, pixels move unchanged.
    """
    if amount == NEUTRAL[transform] or (transform == "rotate" and amount % 360 == 0):
        return image
    channels = [
        _moved(Image.fromarray(np.ascontiguousarray(channel, np.float32)), transform, amount, float(colour))
        for channel, colour in zip(image, fill, strict=True)
    ]
    return np.stack([np.asarray(channel) for channel in channels]).astype(image.dtype)


def _moved(channel: Image.Image, transform: Transform, amount: float, colour: float) -> Image.Image:
    width, height = channel.size
    bilinear = Image.Resampling.BILINEAR
    if transform == "rotate":
        return channel.rotate(amount, bilinear, fillcolor=colour)
    if transform == "shift":
        how = Image.Resampling.NEAREST if amount == int(amount) else bilinear
        return channel.transform(channel.size, Image.Transform.AFFINE, (1, 0, 0, 0, 1, -amount), how, fillcolor=colour)
    beyond = [max(0, ceil((side / amount - side) / 2)) for side in channel.size]  # smaller: more than the image is seen
    canvas = Image.new("F", (width + 2 * beyond[0], height + 2 * beyond[1]), colour)
    canvas.paste(channel, (beyond[0], beyond[1]))
    left, top = ((side - size / amount) / 2 for side, size in zip(canvas.size, channel.size, strict=True))
    return canvas.resize(channel.size, bilinear, (left, top, left + width / amount, top + height / amount))


def _amounts(transform: Transform, amounts: Any, height: int) -> Array:
    """The amounts as numbers (A,), the defaults if none are given. Raises ValueError for what is none."""
    if amounts is None:
        quarter = height // 4
        return {
            "shift": np.unique(np.rint(np.linspace(-quarter, quarter, 17))),
            "scale": np.linspace(1, 1.8, 17),
            "rotate": np.arange(0.0, 361, 15),
        }[transform]
    given = np.asarray(amounts)
    if given.ndim != 1 or not given.size or given.dtype.kind not in "iuf" or not np.isfinite(given).all():
        raise refusal(ValueError, f"amounts must be a list of finite numbers, not {amounts!r}")
    if transform == "scale" and given.min() <= 0:
        raise refusal(ValueError, f"images can be scaled by what is above 0, not by {given.min():g}")
    return given.astype(np.float64)


def _drawn(result: Invariance, labels: Sequence[str]) -> Image.Image:
    panels = [*result.distances, None]
    strip = sorted({int(i) for i in np.linspace(0, len(result.amounts) - 1, 7).round()})

    def draw(drawing: Any) -> None:
        above, below = drawing.subfigures(2, 1, height_ratios=[1, 2.4])
        for axes, i in zip(np.atleast_1d(above.subplots(1, len(strip))), strip, strict=True):
            moved = transformed(result.images[0], result.transform, result.amounts[i], result.fill[0])
            seen = shown(result.model, moved[None])[0]
            colours = seen.transpose(1, 2, 0) if len(seen) == 3 else seen.mean(axis=0)
            axes.imshow(colours, cmap="gray", vmin=0, vmax=1)
            axes.set_title(f"{result.amounts[i]:.4g}", fontsize=8)
            axes.set_axis_off()
        for axes, layer in zip(np.atleast_1d(below.subplots(1, len(panels))), panels, strict=True):
            lines = result.probability if layer is None else result.distances[layer]
            for line, label in zip(lines, labels, strict=True):
                axes.plot(result.amounts, line, label=label, linewidth=1.3)
            axes.set(title="probability of the class" if layer is None else f"distance in {layer}")
            axes.set(xlabel=_AXES[result.transform], ylim=(0, 1.03 if layer is None else None))
            axes.grid(color="#dddddd", linewidth=0.7)
        if len(labels) > 1:
            axes.legend(fontsize=7)

    return charted((3.1 * len(panels), 4.4), draw)
