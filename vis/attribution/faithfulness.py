"""Does a picture point at what the unit looks at? Pixels taken away, or put in, in the order of the picture.

deletion     the image, its most important pixels taken away first: the unit should fall early
insertion    the fill, the image's most important pixels put in first: the unit should rise early
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_mini.arguments import array_of, generator

from ..errors import called, named_in_errors, refusal
from ..figures.charts import line_charts
from ..figures.figure import Figure, check_image
from ..predictions import Fill, as_batch, fill_colours, in_batches, whole
from ..record import Array, Position
from .projection import Projection
from .protocol import Attribution, Target
from .randomised import Rng

RANDOM = "random"
"""The order that knows nothing, beside which every other is to be seen."""


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """How a unit falls and rises as pixels go and come in the order of pictures.

    Attributes:
        layer: the unit's.
        shares: (S + 1,), which part of the pixels is gone, or there: from 0 to 1.
        deletion: by method's name, and "random", (N, S + 1): the unit as pixels are taken away.
        insertion: the same as they are put in.
        attributions: by name, (N, C, H, W), the pictures.

    Example:
        >>> net, x = lambda x: x[:, :, 0, :2].sum(axis=(1, 2)).reshape((-1, 1)).named("first"), np.ones((1, 1, 2, 2))
        >>> found = vis.faithfulness(net, x, "first", {"gradient": vis.Gradient()}, steps=4)
        >>> found.deletion["gradient"], found.insertion["gradient"]
        (array([[2., 1., 0., 0., 0.]]), array([[0., 1., 2., 2., 2.]]))
    """

    layer: str
    shares: Array
    deletion: Mapping[str, Array]
    insertion: Mapping[str, Array]
    attributions: Mapping[str, Array] = field(repr=False)

    def areas(self) -> dict[str, tuple[float, float]]:
        """The areas below the curves by name, (deletion, insertion), averaged over images: small is good, and large."""
        return {
            name: (float(np.trapezoid(curve, self.shares).mean()), float(np.trapezoid(rising, self.shares).mean()))
            for (name, curve), rising in zip(self.deletion.items(), self.insertion.values(), strict=True)
        }

    @named_in_errors("figure")
    def figure(self, image: int = 0) -> Figure:
        """Both curves of an image, a line for each method. Raises IndexError, and ImportError without matplotlib."""
        check_image(image, next(iter(self.deletion.values())))
        charts = {
            f"pixels {what}": {name: curve[image] for name, curve in curves.items()}
            for what, curves in (("taken away", self.deletion), ("put in", self.insertion))
        }
        picture = line_charts(100 * self.shares, charts, "% of the pixels", self.layer)
        data = {f"{what}: {name}": curve for what, lines in charts.items() for name, curve in lines.items()}
        caption = (
            f"The unit of {self.layer} as pixels are taken away, and put in, in the order of each picture. What falls "
            "and rises earlier than by random order has found pixels that the unit depends on."
        )
        return Figure(picture, {"shares": self.shares, **data}, None, caption)


@named_in_errors("faithfulness")
def faithfulness(
    model: Any,
    images: Any,
    layer: str,
    methods: Mapping[str, Attribution | Array] | Attribution,
    *,
    channel: int | None = None,
    position: Position = None,
    after_relu: bool = True,
    steps: int = 20,
    fill: Fill = 0.0,
    absolute: bool = False,
    rng: Rng = 0,
    batch_size: int = 32,
) -> Faithfulness:
    """Take pixels away, and put them in, in the order in which pictures call them important; measure the unit again.

    A pixel counts by the sum of its channels, and is taken or put in with all of them. Beside the methods stands
    random order. That a unit falls early may also be because odd images lie far from all that it was trained on: look
    at both curves.

    Arguments:
        model: any function of a Tensor whose activations carry names.
        images: (N, C, H, W), or one of them, (C, H, W).
        layer: the activation's name.
        methods: Attributions, or arrays shaped as the images, by name; or one Attribution.
        channel, position: as for `project`.
        after_relu: measure behind the layer's own ReLU where one alone takes it on.
        steps: in how many steps all pixels go.
        fill: what is there instead, one number or one a channel, or "mean", each image's own.
        absolute: whether channels count by their sizes: for gradients, whose sign says which way to change a pixel.
        rng: a NumPy Generator, or a seed, for the random order.
        batch_size: how many images the model runs on at once.
    Returns:
        A Faithfulness.
    Raises:
        KeyError, IndexError, TypeError, ValueError: as `project` does, and for methods that are none.
    Source: Petsiuk, Das & Saenko 2018, "RISE", section 4.1.

    Example:
        >>> net, x = lambda x: x[:, :, 0, :2].sum(axis=(1, 2)).reshape((-1, 1)).named("first"), np.ones((1, 1, 2, 2))
        >>> vis.faithfulness(net, x, "first", vis.Gradient(), steps=4).areas()["Gradient"]
        (0.5, 1.5)
    """
    x = as_batch(images)
    if isinstance(methods, Attribution):
        methods = {type(methods).__name__: methods}
    if not isinstance(methods, Mapping) or not methods:
        words = "must be Attributions by name, at least one, or a single one"
        raise refusal(TypeError, f"methods {words}, not {methods!r:.40}")
    if RANDOM in methods:
        raise refusal(ValueError, f"{RANDOM!r} is the name of the order beside which methods are seen")
    steps, batch_size = whole("steps", steps), whole("batch_size", batch_size)
    colours = np.broadcast_to(fill_colours(fill, x)[:, :, None, None], x.shape)
    looking = Projection(after_relu=after_relu)
    target = looking.target(model, looking.record(model, x, layer), layer, channel, position)
    attributions = {name: _picture(how, name, target, channel, position) for name, how in methods.items()}
    orders = {name: _order(picture, absolute) for name, picture in attributions.items()}
    draw = generator(called(), rng)
    orders[RANDOM] = np.stack([draw.permutation(x[0, 0].size) for _ in x])
    counts = np.rint(np.linspace(0, x[0, 0].size, steps + 1)).astype(int)
    deletion, insertion = (
        {name: _curve(target, ahead, behind, order, counts, batch_size) for name, order in orders.items()}
        for ahead, behind in ((x, colours), (colours, x))
    )
    return Faithfulness(layer, counts / counts[-1], deletion, insertion, attributions)


def _picture(how: Any, name: Any, target: Target, channel: int | None, position: Position) -> Array:
    """A method's picture of the target's units, or one that was given."""
    if isinstance(how, Attribution):
        return how(target.model, target.images, target.layer, channel=channel, position=position)
    given = array_of(how)
    if given.dtype.kind not in "iuf" or given.shape != target.images.shape or not np.isfinite(given).all():
        words = f"must be an Attribution, or finite numbers shaped as the images {target.images.shape}"
        raise refusal(TypeError, f"the method {name!r} {words}")
    return given


def _order(picture: Array, absolute: bool) -> Array:
    """The numbers of each image's pixels, the most important first, (N, H·W)."""
    count = (np.abs(picture) if absolute else picture).sum(axis=1).reshape(len(picture), -1)
    order: Array = np.argsort(-count, axis=1, kind="stable")
    return order


def _curve(target: Target, ahead: Array, behind: Array, order: Array, counts: Array, batch_size: int) -> Array:
    """The unit as, in an order, `ahead` turns pixel by pixel into `behind`: (N, S + 1)."""
    rank = np.argsort(order, axis=1).reshape(len(order), 1, *ahead.shape[2:])
    places = [(n, count) for n in range(len(ahead)) for count in counts]
    found = []
    for some in in_batches(places, batch_size, False, "faithfulness"):
        mixed = np.stack([np.where(rank[n] < count, behind[n], ahead[n]) for n, count in some])
        found.append(target.score(mixed, np.array([n for n, _ in some])))
    return np.concatenate(found).reshape(len(ahead), len(counts))
