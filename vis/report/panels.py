"""What a report's page tells of one image: the pictures, written beside the page, and the numbers that go with them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..attribution.occlusion import COLOURS, REST, Occlusion
from ..attribution.squares import over_pixels
from ..errors import refusal
from ..figures.figure import colours, shown
from ..figures.pictures import common_scale, to_image
from ..figures.similarity import similarity
from ..receptive import ReceptiveField
from ..record import Array
from ..targets import Unit
from .pages import PictureFiles

_MOST = 5  # classes whose probabilities are shown
_LEAST = 3  # pixels a side that can be compared


@dataclass(frozen=True)
class Panels:
    """Writes the pictures of one image and tells what the page needs to know of them.

    files: where. number: of the image. model: for its `preprocess`, if it has one.
    """

    files: PictureFiles
    number: int
    model: Any

    def write(self, picture: Any, *words: Any) -> str:
        """Save a picture under a name made of words; returns its path as the page says it."""
        slug = "-".join(re.sub(r"[^A-Za-z0-9.]+", "_", str(word)) for word in (f"image{self.number}", *words))
        return self.files.write(picture, f"{slug}.png")

    def image(self, image: Array, name: str) -> dict[str, Any]:
        """The input, (C, H, W)."""
        height, width = image.shape[1:]
        picture = to_image(shown(self.model, image[None])[0], display="clip")
        return {"name": name, "src": self.write(picture, "input"), "width": width, "height": height}

    def unit(self, unit: Unit, index: int, image_shape: tuple[int, ...], name: str) -> dict[str, Any]:
        """A unit's activation map and what it sees. index: of its layer, for the pictures' names; name: its class's."""
        field = unit.field
        seen = field.clipped(image_shape[0], image_shape[1])
        signed = bool(unit.map.min() < 0)
        scale = float(np.abs(unit.map).max())
        picture = to_image(unit.map, display="symmetric" if signed else "heat", scale=scale)
        return {
            "channel": unit.place.channel,
            "name": name,
            "y": unit.place.position[0],
            "x": unit.place.position[1],
            "activation": number(unit.activation),
            "map": {
                "src": self.write(picture, *self._words(unit, index), "map"),
                "scale": number(scale),
                "signed": signed,
                "on": int((unit.map > 0).sum()),
            },
            "field": [seen.top, seen.left, seen.bottom, seen.right],
            "beyond": seen != field,
        }

    def projection(self, signal: Array, unit: Unit, index: int, way: str) -> dict[str, Any]:
        """What a unit projects back to the pixels, (C, H, W)."""
        return self.signal(signal, *self._words(unit, index), way)

    def signal(self, signal: Array, *words: Any) -> dict[str, Any]:
        """A signal at the pixels, (C, H, W)."""
        scale = common_scale([signal])
        picture = to_image(colours(self.model, signal), scale=scale)
        return {
            "src": self.write(picture, *words),
            "scale": number(scale),
            "low": number(signal.min()),
            "high": number(signal.max()),
        }

    def lost(
        self, totals: Array, bare: float, boxes: Array, unit: Unit, index: int, size: tuple[int, ...]
    ) -> dict[str, Any]:
        """What of a channel is left while a square covers each place, (rows, columns)."""
        low, high = min(0.0, float(totals.min()), bare), max(float(totals.max()), bare)
        spread = over_pixels((totals - low) / ((high - low) or 1), boxes, size)
        source = self.write(to_image(spread, display="clip"), *self._words(unit, index), "occluded")
        return {"src": source, "low": number(low), "high": number(high), **least_of(totals, bare, boxes)}

    def swept(self, found: Occlusion, names: Sequence[str]) -> dict[str, Any]:
        """What the square does to the probability of the target and to the predicted class, on the only image."""
        probability, predicted, boxes = found.probability[0], found.predicted[0], found.boxes
        bare, size = found.unoccluded.predicted[0], found.images.shape[2:]
        classes, counts = np.unique(predicted, return_counts=True)
        order = sorted(range(len(classes)), key=lambda i: (classes[i] != bare, -counts[i]))
        listed, rest = order[: len(COLOURS)], order[len(COLOURS) :]
        if len(rest) == 1:
            listed, rest = order[: len(COLOURS) - 1], order[len(COLOURS) - 1 :]
        painted = np.empty((3, *predicted.shape))
        painted[:] = _rgb(REST)[:, None, None]
        legend = []
        for colour, i in zip(COLOURS, listed, strict=False):
            painted[:, predicted == classes[i]] = _rgb(colour)[:, None]
            legend.append({"name": names[classes[i]], "colour": colour, "places": int(counts[i])})
        if rest:
            legend.append({"name": f"{len(rest)} others", "colour": REST, "places": int(counts[rest].sum())})
        seen = [*probability.ravel(), found.unoccluded.probability[0]]
        low, high = float(min(seen)), float(max(seen))
        grey = to_image(over_pixels((probability - low) / ((high - low) or 1), boxes, size), display="clip")
        coloured = to_image(over_pixels(painted, boxes, size), display="clip")
        return {
            "target": names[found.target[0]],
            "places": int(predicted.size),
            "probability": {
                "src": self.write(grey, "probability"),
                "black": number(low),
                "white": number(high),
                **least_of(probability, found.unoccluded.probability[0], boxes),
            },
            "predicted": {"src": self.write(coloured, "predicted"), "legend": legend},
        }

    def _words(self, unit: Unit, index: int) -> tuple[Any, ...]:
        return f"layer{index}", unit.place.layer, f"channel{unit.place.channel}"


def best_classes(probabilities: Array, names: Sequence[str]) -> list[dict[str, Any]]:
    """The most probable classes of (classes,), best first."""
    order = np.argsort(-probabilities, kind="stable")[:_MOST]
    return [{"name": names[i], "probability": number(probabilities[i])} for i in order.tolist()]


def least_of(values: Array, bare: float, boxes: Array) -> dict[str, Any]:
    """The extremes of a map (rows, columns), its value without a square, and the square that leaves least."""
    place = np.unravel_index(values.argmin(), values.shape)
    return {
        "least": number(values.min()),
        "most": number(values.max()),
        "bare": number(bare),
        "box": [int(edge) for edge in boxes[place]],
    }


def number(value: Any) -> float:
    """A number as the page keeps it: six significant digits. Raises ValueError for one that is not finite."""
    if not np.isfinite(value):
        raise refusal(ValueError, f"this net computes {float(value)}, which no picture can show")
    return float(f"{float(value):.6g}")


def compared(trained: Array, random: Array, field: ReceptiveField) -> dict[str, Any]:
    """How alike a projection (C, H, W) and the same from random weights are, in numbers and in words.

    Only within what the unit sees: the zeros outside are the same for all, and would make everything look alike.
    """
    none: dict[str, Any] = {"ssim": None, "rank": None}
    if not trained.any() or not random.any():
        which = "the random" if trained.any() else "the trained" if random.any() else "either"
        return {
            **none,
            "verdict": f"By this rule nothing comes back with {which} weights, so there is nothing to compare: the way "
            "leads through ReLUs that are off.",
        }
    rows, columns = (
        _at_least(_LEAST, *edges)
        for edges in zip((field.top, field.left), (field.bottom, field.right), trained.shape[1:], strict=True)
    )
    first, second = trained[:, rows, columns], random[:, rows, columns]
    if min(first.shape[1:]) < _LEAST:
        return {**none, "verdict": "The image is too small to compare pictures of it."}
    ssim, rank = similarity(first, second)
    ranks = "no ranks to compare" if np.isnan(rank) else f"a rank correlation of {rank:.2f}"
    return {
        "ssim": number(ssim),
        "rank": None if np.isnan(rank) else number(rank),
        "verdict": f"Within what the unit sees, the two pictures have an SSIM of {ssim:.2f} and {ranks} (1: the same, "
        "0: nothing in common). As far as they are alike, they show the image and the architecture, not what was "
        "learned.",
    }


def _at_least(least: int, low: int, high: int, length: int) -> slice:
    """The part [low, high) of a side of some length, grown on both sides to so many pixels where there are as many."""
    if high - low >= least:
        return slice(low, high)
    low = max(0, min(low - (least - (high - low)) // 2, length - least))
    return slice(low, min(length, low + least))


def _rgb(colour: str) -> Array:
    return np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def format_options(options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The choices that were made, as terms and sentences."""
    start, overlap, bias = options["start"], options["overlap"], options["bias"]
    overlaps = {"sum": "are added up", "overwrite": "keep the later one's value", "max": "keep the larger value"}
    biases = {"dropped": "is dropped, as the adjoint does", "subtracted": "is subtracted before the transposed filter"}
    return [
        ("Unit", "The strongest position of the channel; all other units are set to zero. " + (
            "Units that see the padding around the picture are passed over (in deep layers, of which nearly all do, "
            "those for which the middle half of what they see reaches into it)." if options["inside"]
            else "Units that see the padding around the picture are taken, too.")),
        ("Ways back", "The three strongest channels of a layer are projected in every way, the others in the first, "
         "unless they were asked for by number."),
        ("Start value", "The unit's own activation." if start == "activation" else f"{start:g}, not the activation."),
        ("Where it starts", f"{'Behind' if options['after_relu'] else 'Before'} the layer's own ReLU, if one follows."),
        ("Unpooling", f"By the switches of max-pooling; where windows overlap they {overlaps[overlap]}."),
        ("Bias", f"On the way back it {biases[bias]}."),
        ("Display", "Grey is zero; positive values brighten their colour channel, negative ones darken it. White and "
         "black are the 99th percentile of the absolute values that are not zero, written below each picture: what is "
         "beyond is cut off there, for single pixels would dim all others. Small pictures get more contrast."),
        ("What a unit sees", "Its exact receptive field; the part of it that lies in padding is not drawn."),
    ]  # fmt: skip


def format_square(found: Occlusion) -> tuple[str, str]:
    """Which square slid over the images, as a term and a sentence."""
    boxes = found.boxes
    top, left, bottom, right = (int(edge) for edge in boxes[0, 0])
    colour = ", ".join(f"{value:.3g}" for value in np.unique(found.fill))
    return (
        "Occlusion",
        f"A square of {bottom - top}×{right - left} pixels at {boxes.shape[0]}×{boxes.shape[1]} places, filled with "
        f"{colour} at the net's input; squares at the border are cut off there. Each pixel of a map shows the square "
        "whose centre is nearest.",
    )
