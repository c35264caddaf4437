"""Is a picture about what the net has learned? The same picture from randomised weights, and how alike they are.

    trained ──► its top layer randomised ──► the next one too ──► … ──► all of them       each projects the same unit

Source: Adebayo et al. 2018, "Sanity Checks for Saliency Maps", sections 3 and 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageDraw

from autograd_mini.core.observer import Observer, observed_by
from autograd_mini.core.tape import Node, Rules, ancestors
from autograd_mini.observe.snapshot import root_of

from ..figures.figure import Figure, colours, shown
from ..figures.pictures import grid, to_image
from ..figures.similarity import Similarity, normalised, similarity
from ..predictions import as_batch
from ..record import Array, Position, after_own_relu, choose_units, find_layer, named_in_errors, record
from ..rules import DECONVNET, GRADIENT, GUIDED
from .deconvnet import project
from .randomised import Layers, Rng, Values, inside, layers_of, randomiser, restored


@dataclass(frozen=True, eq=False)
class Sanity:
    """The projections of one unit of each image, from the trained net and from randomised ones.

    steps (S + 1): "trained", then the layer or part that each step randomises on top of those before. projections
    (S + 1, N, C, H, W); ssim, rank (S + 1, N): how alike each is to the first, which says 1. methods: the trained net's
    projections (N, C, H, W) by several rules; between: for two of them, a Similarity an image. boxes (N, 4): the pixels
    compared: top, left, bottom, right, half-open. units: (channel, position) of each image.
    """

    layer: str
    units: list[tuple[int, Position]]
    steps: list[str]
    projections: Array
    ssim: Array
    rank: Array
    methods: Mapping[str, Array]
    between: Mapping[tuple[str, str], list[Similarity]]
    boxes: Array
    images: Array = field(repr=False)
    model: Any = field(repr=False)

    def figure(self, image: int = 0, columns: int = 7) -> Figure:
        """An image, its projections by several rules, and below them the cascade, with how alike each is to the first.

        Cut to the pixels that are compared. Random weights know no size, so every signal is divided by the 99th
        percentile of its own absolute values: middle grey is 0, white and black are ±1 and what lies beyond. Raises
        IndexError for an image that is not there.
        """
        if not -len(self.images) <= image < len(self.images):
            raise IndexError(f"figure: there is no image {image}; there are {len(self.images)}")
        top, left, bottom, right = (int(edge) for edge in self.boxes[image])
        side = max(150, *self.images.shape[2:])
        zoom = max(1, side // max(bottom - top, right - left))

        def seen(signal: Array) -> Any:
            cut = normalised(colours(self.model, signal[image])[:, top:bottom, left:right])
            return to_image(cut if len(cut) in (1, 3) else cut.mean(0, keepdims=True), scale=1.0, zoom=zoom)

        photo = shown(self.model, self.images[image][None])[0]
        picture = to_image(photo if len(photo) in (1, 3) else photo.mean(0), display="clip").convert("RGB")
        ImageDraw.Draw(picture).rectangle((left, top, right - 1, bottom - 1), outline="red")
        picture = picture.resize(
            [n * max(1, side // max(picture.size)) for n in picture.size], Image.Resampling.NEAREST
        )
        channel, position = self.units[image]
        place = "" if position is None else f", {position}"
        pictures, captions = [picture], [f"{self.layer}\nchannel {channel}{place}"]
        for name, signal in self.methods.items():
            likes = [(pair, alike[image]) for pair, alike in self.between.items() if name == pair[1]]
            pictures.append(seen(signal))
            captions.append("\n".join([name, *(f"to {pair[0]}: {_format_likeness(*alike)}" for pair, alike in likes)]))
        rows = [grid(pictures, captions, columns=len(pictures))]
        likenesses = [_format_likeness(s, r) for s, r in zip(self.ssim[:, image], self.rank[:, image], strict=True)]
        names = [self.steps[0], *(f"+ {step}" for step in self.steps[1:])]
        steps = [f"{name}\n{alike}" for name, alike in zip(names, likenesses, strict=True)]
        rows.append(grid([seen(signal) for signal in self.projections], steps, columns=min(columns, len(steps))))
        data = {"projections": self.projections[:, image], "ssim": self.ssim[:, image], "rank": self.rank[:, image]}
        caption = (
            f"Above, the projections of one unit of {self.layer} by several rules; below, from the trained net, and "
            "with its layers randomised one after another from the top. SSIM and Spearman's rank correlation: 1 is "
            "the same."
        )
        sheet = Image.new("RGB", (max(row.width for row in rows), sum(row.height for row in rows)), "white")
        sheet.paste(rows[0], (0, 0))
        sheet.paste(rows[1], (0, rows[0].height))
        return Figure(sheet, data, 1.0, caption)


@named_in_errors("sanity_check")
def sanity_check(
    model: Any,
    images: Any,
    layer: str,
    *,
    channel: int | None = None,
    position: Position = None,
    rules: Rules = DECONVNET,
    start: Literal["activation"] | float = 1.0,
    after_relu: bool = True,
    methods: Mapping[str, Rules] | None = None,
    parts: Sequence[str] = (),
    values: Values = "initial",
    rng: Rng = 0,
    **options: Any,
) -> Sanity:
    """Project a unit from the trained net, and again while more and more of its layers are randomised from the top.

    model, images, layer, channel, position, rules, start, after_relu and other options: as for `project`, but it starts
    from 1, because in a randomised net the unit may well be off, and nothing comes from nothing. The unit is the
    trained net's (its strongest by default) all along, and the weights the net's own again afterwards. Layers that the
    unit does not depend on are passed over; the others go in the order in which they ran, whatever order they are
    defined in. parts: what lies in one of these parts (`fire9`) is randomised in one step. values, rng: see
    `randomised`. methods: rule sets by name to compare at the trained net, by default gradient, guided and deconvnet.

    Compared is the smallest box with all that is not 0 in any projection of the image (but not less than 7×7): the
    zeros outside the receptive field are the same for all, and would make everything look alike.

    Raises what `project` and `randomised` raise, ImportError without scikit-image and SciPy.
    Source: Adebayo et al. 2018, section 4.
    """
    x = as_batch(images)
    if methods is not None and not isinstance(methods, Mapping):
        raise TypeError(f"sanity_check: methods must be rule sets by name, not {type(methods).__name__}")
    layers, uses = layers_of(model), _Uses()
    randomise = randomiser(layers, values, rng)
    with observed_by(uses):
        recorded = record(model, x)
    value = find_layer(recorded, layer)
    value = after_own_relu(recorded, value) if after_relu else value
    mask = choose_units(value.numpy(), channel, position)
    units: list[tuple[int, Position]] = []
    for chosen in mask:
        c, *place = (int(i) for i in np.argwhere(chosen)[0])
        units.append((c, "all" if position == "all" else (place[0], place[1]) if place else None))
    assert value.node is not None
    steps = _in_steps(_from_the_top(layers, uses, value.node), layers, parts)
    del recorded, value, uses  # the graph: projecting makes its own

    def projected(by: Rules) -> Array:
        return np.concatenate(
            [
                project(
                    model, image[None], layer, channel=c, position=place,
                    rules=by, start=start, after_relu=after_relu, **options,
                )
                for image, (c, place) in zip(x, units, strict=True)
            ]
        )  # fmt: skip

    compared = {"gradient": GRADIENT, "guided": GUIDED, "deconvnet": DECONVNET} if methods is None else methods
    by_method = {name: projected(by) for name, by in compared.items()}
    cascade = [projected(rules)]
    with restored(layers):
        for members in steps.values():
            for name in members:
                randomise(name)
            cascade.append(projected(rules))
    projections = np.stack(cascade)
    boxes = np.array([_box([*projections[:, n], *(p[n] for p in by_method.values())]) for n in range(len(x))])

    def alike(a: Array, b: Array) -> list[Similarity]:
        return [
            similarity(p[:, top:bottom, left:right], q[:, top:bottom, left:right])
            for p, q, (top, left, bottom, right) in zip(a, b, boxes, strict=True)
        ]

    scores = np.array([alike(projections[0], projection) for projection in projections])
    between = {(a, b): alike(by_method[a], by_method[b]) for a, b in combinations(by_method, 2)}
    return Sanity(
        layer,
        units,
        ["trained", *steps],
        projections,
        scores[..., 0],
        scores[..., 1],
        by_method,
        between,
        boxes,
        x,
        model,
    )


class _Uses(Observer):
    """Which recorded steps take which arrays, in the order in which they ran."""

    def __init__(self) -> None:
        self.steps: list[tuple[Node, list[int]]] = []

    def recorded(self, node: Any, op: Any, args: Any, arrays: Any, params: Any, out: Any, byproducts: Any) -> None:
        if node is not None:
            buffers = [id(root_of(array)) for array in arrays if isinstance(array, np.ndarray)]
            self.steps.append((node, buffers))


def _from_the_top(layers: Layers, uses: _Uses, unit: Node) -> list[str]:
    """The layers that a unit depends on, the one that ran last first."""
    owner = {id(root_of(p._array)): name for name, parameters in layers.items() for p in parameters.values()}
    ran = [(node, {owner[buffer] for buffer in buffers if buffer in owner}) for node, buffers in uses.steps]
    behind = set(ancestors(unit))
    last = {name: i for i, (node, names) in enumerate(ran) if node in behind for name in names}
    unseen = set(layers).difference(*(names for _, names in ran))  # frozen, and used by way of something else
    return sorted(last, key=last.__getitem__, reverse=True) + [name for name in reversed([*layers]) if name in unseen]


def _in_steps(names: Sequence[str], layers: Layers, parts: Sequence[str]) -> dict[str, list[str]]:
    """The layers by step: those in one of the parts together, the others one by one."""
    part_of = {name: part for part in parts for name in inside(part, layers)}
    steps: dict[str, list[str]] = {}
    for name in names:
        steps.setdefault(part_of.get(name, name), []).append(name)
    return steps


def _box(signals: Sequence[Array]) -> tuple[int, int, int, int]:
    """The smallest box with all that is not 0 in any signal (C, H, W), grown to 7×7 where the image allows it."""
    there = np.any([signal != 0 for signal in signals], axis=(0, 1))
    edges = []
    for axis, length in enumerate(there.shape):
        places = np.flatnonzero(there.any(axis=1 - axis))
        low, high = (int(places[0]), int(places[-1]) + 1) if places.size else (0, length)
        low = max(0, min(low - (7 - high + low) // 2, length - 7)) if high - low < 7 else low
        edges.append((low, min(length, max(high, low + 7))))
    (top, bottom), (left, right) = edges
    return top, left, bottom, right


def _format_likeness(ssim: float, rank: float) -> str:
    return f"SSIM {ssim:.2f}, rank {'–' if np.isnan(rank) else f'{rank:.2f}'}"
