"""Is a picture about what the net has learned? The same picture from randomised weights, and how alike they are.

    trained ──► its top layer randomised ──► the next one too ──► … ──► all of them       each shows the same unit

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

from ..errors import named_in_errors, refusal
from ..figures.figure import Figure, check_image, one_or_three, shown
from ..figures.pictures import grid, to_image
from ..figures.similarity import Similarity, normalised, similarity
from ..predictions import as_batch
from ..record import Array, Position, record
from ..rules import DECONVNET, GRADIENT, GUIDED
from .projection import Projection
from .protocol import Attribution
from .randomised import Layers, Rng, Values, inside, layers_of, randomiser, restored


@dataclass(frozen=True, eq=False)
class Sanity:
    """The pictures of one unit of each image, from the trained net and from randomised ones.

    Attributes:
        layer: the unit's.
        units: (channel, position) of each image.
        steps: S + 1 of them: "trained", then the layer or part that each step randomises on top of those before.
        projections: (S + 1, N, C, H, W), the picture at each step.
        ssim, rank: (S + 1, N), how alike each is to the first, which says 1.
        methods: the trained net's pictures (N, C, H, W) by several rules or methods, by name.
        between: for two of those, a Similarity an image.
        boxes: (N, 4), the pixels compared: top, left, bottom, right, half-open.
        images: (N, C, H, W).
        model: the function that was looked into.
        method: the Attribution that made the pictures.

    Example:
        >>> net, x = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=0), relu=nn.ReLU()), np.ones((1, 1, 9, 9), np.float32)
        >>> vis.sanity_check(net, x, "relu", channel=0, position="all").units
        [(0, 'all')]
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
    method: Attribution = field(repr=False, default_factory=Projection)

    @named_in_errors("figure")
    def figure(self, image: int = 0, columns: int = 7) -> Figure:
        """An image, its projections by several rules, and below them the cascade, with how alike each is to the first.

        Cut to the pixels that are compared. Random weights know no size, so every signal is divided by the 99th
        percentile of its own absolute values: middle grey is 0, white and black are ±1 and what lies beyond. Raises
        IndexError for an image that is not there.
        """
        check_image(image, self.images)
        top, left, bottom, right = (int(edge) for edge in self.boxes[image])
        side = max(150, *self.images.shape[2:])
        zoom = max(1, side // max(bottom - top, right - left))

        def seen(signal: Array) -> Any:
            cut = normalised(signal[image][:, top:bottom, left:right])
            return self.method.picture(self.model, cut, scale=1.0, zoom=zoom)

        photo = shown(self.model, self.images[image][None])[0]
        picture = to_image(one_or_three(photo), display="clip").convert("RGB")
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
    methods: Mapping[str, Rules | Attribution] | None = None,
    parts: Sequence[str] = (),
    values: Values = "initial",
    rng: Rng = 0,
    method: Attribution | None = None,
    **options: Any,
) -> Sanity:
    """Project a unit from the trained net, and again while more and more of its layers are randomised from the top.

    The unit is the trained net's (its strongest by default) all along, and the weights the net's own again afterwards.
    Layers that the unit does not depend on are passed over; the others go in the order in which they ran, whatever
    order they are defined in. Compared is the smallest box with all that is not 0 in any picture of the image (but not
    less than 7×7): the zeros outside the receptive field are the same for all, and would make everything look alike.

    Arguments:
        model: any function of a Tensor whose activations carry names, with `named_parameters()`.
        images: (N, C, H, W), or one of them, (C, H, W).
        layer, channel, position, rules: as for `project`.
        start: as for `project`, but 1: in a randomised net the unit may well be off, and nothing comes from nothing.
        after_relu: as for `project`.
        methods: rule sets or Attributions by name to compare at the trained net, by default gradient, guided and
            deconvnet.
        parts: what lies in one of these parts (`fire9`) is randomised in one step.
        values, rng: as for `randomised`.
        method: any Attribution, to check it instead of projecting by `rules`; it has its own after_relu.
        options: others of `project`.
    Returns:
        A Sanity: the pictures step by step, and how alike each is to the trained net's.
    Raises:
        KeyError, IndexError, TypeError, ValueError: as `project` and `randomised` do.
        ImportError: without scikit-image and SciPy.
    Source: Adebayo et al. 2018, section 4.

    Example:
        >>> net = nn.Sequential(conv1=nn.Conv2d(1, 2, 3, rng=0), relu=nn.ReLU(), conv2=nn.Conv2d(2, 2, 3, rng=1))
        >>> x = np.random.default_rng(0).random((1, 1, 9, 9), np.float32)
        >>> found = vis.sanity_check(net, x, "conv2", rules=vis.GRADIENT)
        >>> found.steps, found.ssim[0].round(6)
        (['trained', 'conv2', 'conv1'], array([1.]))
    """
    x = as_batch(images)
    if methods is not None and not isinstance(methods, Mapping):
        raise refusal(TypeError, f"methods must be rule sets by name, not {type(methods).__name__}")
    if method is not None and not isinstance(method, Attribution):
        raise refusal(TypeError, f"method must be an Attribution, not {type(method).__name__}")

    def made(rules: Rules | Attribution) -> Attribution:
        return rules if isinstance(rules, Attribution) else Projection(rules, start, after_relu, **options)

    looking = made(rules if method is None else method)
    layers, uses = layers_of(model), _Uses()
    randomise = randomiser(layers, values, rng)
    with observed_by(uses):
        target = looking.target(model, record(model, x), layer, channel, position)
    units: list[tuple[int, Position]] = []
    for chosen in target.units:
        c, *place = (int(i) for i in np.argwhere(chosen)[0])
        units.append((c, "all" if position == "all" else (place[0], place[1]) if place else None))
    assert target.value.node is not None
    steps = _in_steps(_from_the_top(layers, uses, target.value.node), layers, parts)
    del target, uses  # the graph: each picture records its own

    def seen(how: Attribution) -> Array:
        pictures = [
            how(model, image[None], layer, channel=c, position=p) for image, (c, p) in zip(x, units, strict=True)
        ]
        return np.concatenate(pictures)

    compared = {"gradient": GRADIENT, "guided": GUIDED, "deconvnet": DECONVNET} if methods is None else methods
    by_method = {name: seen(made(rules)) for name, rules in compared.items()}
    cascade = [seen(looking)]
    with restored(layers):
        for members in steps.values():
            for name in members:
                randomise(name)
            cascade.append(seen(looking))
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
        layer, units, ["trained", *steps], projections, scores[..., 0], scores[..., 1], by_method, between, boxes,
        x, model, looking,
    )  # fmt: skip


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
