"""What a unit wants, and what a layer knows of a photograph: pictures found by descent.

picture ──► shifted at random ──► the layer ──► loss          backward passes to the pixels, and on to the canvas
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_mini import grad, roll
from autograd_mini.arguments import generator, is_real, is_whole
from autograd_mini.core.tape import Rules
from autograd_mini.progress import bar

from ..errors import called, named_in_errors, refusal
from ..figures.figure import Figure
from ..figures.pictures import to_image
from ..predictions import as_batch, whole
from ..record import Array, Position, check_channel, choose_units, find_layer, record
from ..rules import GRADIENT, LINEAR
from .canvas import Canvas, as_input, rgb, smoothness

Rng = np.random.Generator | int | None


@dataclass(frozen=True, eq=False)
class Wanted:
    """A picture that was found.

    Attributes:
        picture: (C, H, W), in [0, 1].
        values: one a step: the unit's value as it was climbed, or the distance as it fell.
        layer, channel: what was asked about; channel None for a whole layer's code.

    Example:
        >>> net = nn.Sequential(conv=nn.Conv2d(3, 2, 3, rng=0))
        >>> found = vis.activation_maximization(net, "conv", 1, size=16, steps=30)
        >>> found.picture.shape, bool(found.values[-1] > found.values[0])
        ((3, 16, 16), True)
    """

    picture: Array
    values: Array
    layer: str
    channel: int | None = None
    model: Any = field(repr=False, default=None)

    @named_in_errors("figure")
    def figure(self, zoom: int = 1) -> Figure:
        """The picture as it is."""
        what = self.layer if self.channel is None else f"{self.layer}, channel {self.channel}"
        shown = self.picture if len(self.picture) in (1, 3) else self.picture.mean(axis=0, keepdims=True)
        caption = f"{what}: {self.values[0]:.3g} at the first step, {self.values[-1]:.3g} at the last"
        return Figure(to_image(shown, display="clip", zoom=zoom), {"values": self.values}, None, caption)


@named_in_errors("activation_maximization")
def activation_maximization(
    model: Any,
    layer: str,
    channel: int,
    *,
    position: Position = "all",
    size: int | tuple[int, int] | None = None,
    channels: int = 3,
    steps: int = 128,
    lr: float = 0.05,
    jitter: int = 8,
    smooth: float = 0.0,
    fourier: bool = True,
    decorrelated: bool = True,
    rng: Rng = 0,
    progress: bool = False,
) -> Wanted:
    """A picture that excites a unit: of a channel the map's mean, of a class its logit.

    Found by Adam, from noise, in Fourier space with colours as they go together in photographs; at each step the
    picture is shifted at random, so that no pixel counts by its place. The layer is taken as it is named; where a unit
    is off behind a ReLU, and has no slope to climb, ReLUs let the signal pass (`LINEAR`) until it is on.

    Arguments:
        model: any function of a Tensor whose activations carry names; pictures become its inputs as its `preprocess`
            says.
        layer: the activation's name.
        channel: the channel, or the class.
        position: "all" of the map, a unit's (y, x), or None for the unit in the middle.
        size: of the picture, pixels or (height, width), by default what `preprocess` says.
        channels: of the picture.
        steps: how many.
        lr: Adam's rate.
        jitter: by how many pixels the picture is shifted at most, in each direction; take 0 for a single unit.
        smooth: how much neighbours that differ count against it.
        fourier, decorrelated: without the one, pixels are optimised themselves; without the other, bare colours.
        rng: a NumPy Generator, or a seed.
        progress: show a bar on a terminal.
    Returns:
        A Wanted.
    Raises:
        KeyError, IndexError, TypeError, ValueError: for a unit that is not there, and for numbers that mean nothing.
    Source: Erhan et al. 2009; Simonyan et al. 2013, section 2; Olah et al. 2017, "Feature Visualization".

    Example:
        >>> net = nn.Sequential(conv=nn.Conv2d(3, 2, 3, rng=0), relu=nn.ReLU())
        >>> values = vis.activation_maximization(net, "conv", 0, size=12, steps=20).values
        >>> len(values), bool(values[-1] > values[0])
        (20, True)
    """
    if channel is None:
        raise refusal(TypeError, "channel must be the number of a channel, or of a class, not None")

    def loss(values: Array) -> tuple[float, Array, Rules]:
        check_channel(channel, values.shape[1])
        middle = tuple(n // 2 for n in values.shape[2:]) or None
        units = choose_units(values, channel, middle if position is None else position)
        seed = units / units.sum()
        return float((seed * values).sum()), -seed, GRADIENT if values[units].any() else LINEAR

    return _found(
        model, layer, channel, loss, _size(model, size), whole("channels", channels), steps, lr, jitter, smooth,
        fourier, decorrelated, rng, progress,
    )  # fmt: skip


@named_in_errors("feature_inversion")
def feature_inversion(
    model: Any,
    image: Any,
    layer: str,
    *,
    steps: int = 256,
    lr: float = 0.05,
    smooth: float = 1.0,
    fourier: bool = True,
    decorrelated: bool = True,
    rng: Rng = 0,
    progress: bool = False,
) -> Wanted:
    """A picture that a layer can hardly tell from an image: what of the image its code still holds.

    Found by Adam from noise, so that ‖code − the image's code‖² / ‖the image's code‖² falls.

    Arguments:
        model: as for `activation_maximization`.
        image: (C, H, W), or a batch of one, as the model takes it.
        layer: the activation's name.
        steps, lr, smooth, fourier, decorrelated, rng, progress: as for `activation_maximization`.
    Returns:
        A Wanted, whose values are the relative distances.
    Raises:
        KeyError, TypeError, ValueError: as `record` does, and for numbers that mean nothing.
    Source: Mahendran & Vedaldi 2015, "Understanding Deep Image Representations by Inverting Them".

    Example:
        >>> net, x = nn.Sequential(conv=nn.Conv2d(3, 8, 3, rng=0)), np.full((3, 12, 12), 0.7, np.float32)
        >>> values = vis.feature_inversion(net, x, "conv", steps=60).values
        >>> bool(values[-1] < 0.5 * values[0])
        True
    """
    x = as_batch(image)
    if len(x) != 1:
        raise refusal(ValueError, f"takes one image, (C, H, W), not {len(x)}")
    code = find_layer(record(model, x, enough=lambda name, _: name == layer), layer).numpy()
    size = float((code.astype(np.float64) ** 2).sum())
    if not size:
        raise refusal(ValueError, f"the layer {layer!r} is 0 everywhere, and tells nothing of the image")

    def loss(values: Array) -> tuple[float, Array, Rules]:
        off = values - code
        return float((off.astype(np.float64) ** 2).sum() / size), 2 * off / size, GRADIENT

    return _found(
        model, layer, None, loss, (x.shape[2], x.shape[3]), x.shape[1], steps, lr, 0, smooth, fourier, decorrelated,
        rng, progress,
    )  # fmt: skip


def _found(
    model: Any,
    layer: str,
    channel: int | None,
    loss: Callable[[Array], tuple[float, Array, Rules]],
    size: tuple[int, int],
    channels: int,
    steps: int,
    lr: float,
    jitter: int,
    smooth: float,
    fourier: bool,
    decorrelated: bool,
    rng: Rng,
    progress: bool,
) -> Wanted:
    """Descent by Adam.

    loss: of the layer's values, what to report, the gradient that goes back from there, and by which rules.
    """
    steps = whole("steps", steps)
    for what, number in (("lr", lr), ("smooth", smooth)):
        if not (is_real(number) and 0 <= number < np.inf):
            raise refusal(ValueError, f"{what} must be a number of at least 0, not {number!r}")
    if not is_whole(jitter, 0):
        raise refusal(ValueError, f"jitter must be a number of pixels, not {jitter!r}")
    draw, values = generator(called(), rng), []
    canvas = Canvas((channels, *size), fourier, decorrelated, draw)
    mean, square = (np.zeros(canvas.parameters.shape, np.float32) for _ in range(2))
    with bar(steps, "step", called(), progress) as shown:
        for step in range(1, steps + 1):
            picture = canvas.picture()
            shift = draw.integers(-jitter, jitter + 1, size=2)
            given = as_input(model, roll(picture, tuple(map(int, shift)), axis=(2, 3)) if jitter else picture)
            recorded = record(model, given.numpy(), enough=lambda name, _: name == layer)
            value = find_layer(recorded, layer)
            reported, seed, rules = loss(value.numpy())
            slope = grad(value, recorded.images, seed.astype(value.dtype), rules=rules).numpy()
            total = (given * slope).sum()
            g = grad(total + smooth * smoothness(picture) if smooth else total, canvas.parameters).numpy()
            mean += 0.1 * (g - mean)
            square += 0.001 * (g * g - square)
            ahead = (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
            canvas.moved(lr * ahead)
            values.append(reported)
            shown.update(1)
    return Wanted(rgb(canvas.picture()), np.array(values), layer, channel, model)


def _size(model: Any, size: Any) -> tuple[int, int]:
    """(height, width) of a picture, by default the model's own."""
    given = getattr(getattr(model, "preprocess", None), "size", None) if size is None else size
    both = given if isinstance(given, tuple | list) else (given, given)
    if len(both) != 2 or not all(is_whole(n, 2) for n in both):
        words = "must be a number of pixels of at least 2, or two" if size is not None else "of the picture? Say size=…"
        raise refusal(ValueError, f"size {words}" + ("" if size is None else f", not {size!r}"))
    return int(both[0]), int(both[1])
