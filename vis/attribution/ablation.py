"""Ways that go forward only: what of a unit goes when parts of the image are taken away.

feature ablation    unit(x) − unit(x without the feature), one feature at a time
RISE                the mean of many random masks, each weighed by the unit's value on the image behind it
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from autograd_mini import Tensor, interpolate, no_grad
from autograd_mini.arguments import array_of, generator, is_real, is_whole

from ..errors import called, refusal
from ..figures.pictures import to_image
from ..predictions import Fill, as_batch, fill_colours, in_batches, whole
from ..record import Array
from .protocol import Attribution, Target
from .randomised import Rng


@dataclass(frozen=True)
class FeatureAblation(Attribution):
    """What of a unit goes as each feature, a set of pixels, takes the fill's colour: unit(x) − unit(x without).

    Every pixel of a feature has its number. `SlidingSquare` averages over features that overlap.

    Arguments:
        features: (H, W) or (C, H, W), integers that say which feature each pixel belongs to (those of a segmentation,
            say); or a number k, for a grid of k × k rectangles.
        fill: the colour at the model's input, one number or one a channel, or "mean", each image's own.
        after_relu: look behind the layer's own ReLU where one alone takes it on.
        batch_size: how many images the model runs on at once.
    Raises:
        TypeError, ValueError: when called, for features that do not cover the image and numbers that mean nothing.
    Source: Zeiler & Fergus 2014, section 4.2; Kokhlikyan et al. 2020, "Captum", section 3.

    Example:
        >>> net, x = lambda x: x.sum(axis=(2, 3)).named("sums"), np.arange(4.0).reshape(1, 1, 2, 2)
        >>> vis.FeatureAblation(np.array([[0, 0], [1, 2]]))(net, x, "sums")
        array([[[[1., 1.],
                 [2., 3.]]]])
    """

    features: int | Array = 8
    fill: Fill = 0.0
    after_relu: bool = True
    batch_size: int = 32

    def backward(self, target: Target) -> Array:
        """Takes every feature away, and measures the units again."""
        x = as_batch(target.images)
        features, colours = self._features(x.shape[1:]), fill_colours(self.fill, x)
        names, found = np.unique(features), np.zeros_like(x)
        bare = target.score(x, np.arange(len(x)))
        for i, image in enumerate(x):
            for some in in_batches(names.tolist(), whole("batch_size", self.batch_size), False, "ablation"):
                gone = [features == name for name in some]
                without = np.stack([np.where(where, colours[i][:, None, None], image) for where in gone])
                lost = bare[i] - target.score(without, np.full(len(some), i))
                for where, amount in zip(gone, lost, strict=True):
                    found[i][where] = amount
        return found

    def _features(self, shape: tuple[int, ...]) -> Array:
        """Each pixel's feature, (C, H, W)."""
        if is_whole(self.features, 1):
            rows, columns = (np.arange(n) * self.features // n for n in shape[1:])
            return np.broadcast_to(rows[:, None] * self.features + columns, shape)
        given = array_of(self.features)
        if given.dtype.kind not in "iub" or given.shape not in (shape, shape[1:]):
            words = f"must be integers {shape} or {shape[1:]}, or a number of at least 1 for a grid"
            what = f"{given.dtype} {given.shape}" if given.ndim else repr(self.features)
            raise refusal(ValueError, f"features {what} {words}")
        return np.broadcast_to(given, shape)


@dataclass(frozen=True)
class RISE(Attribution):
    """RISE: how strong a unit is on average where a pixel is seen, over images behind random masks.

    A mask is a grid of noughts and ones, stretched bilinearly and shifted at random. The unit is taken as it is; the
    paper's are probabilities. The same in each channel.

    Arguments:
        n: how many masks.
        size: how many cells a mask has a side.
        p: the probability that a cell is seen.
        fill: the colour behind the masks, one number or one a channel, or "mean", each image's own.
        after_relu: look behind the layer's own ReLU where one alone takes it on.
        rng: a NumPy Generator, or a seed; each mask draws (size, size) numbers, then two for its shift.
        batch_size: how many images the model runs on at once.
    Raises:
        TypeError, ValueError: when called, for numbers that mean nothing.
    Source: Petsiuk, Das & Saenko 2018, "RISE", section 3, equation 6.

    Example:
        >>> bright = lambda x: x[:, :, :1, :1].sum(axis=(2, 3)).named("corner")
        >>> found = vis.RISE(n=500, size=2)(bright, np.ones((1, 1, 6, 6)), "corner")
        >>> np.unravel_index(found.argmax(), found.shape)[2:]
        (np.int64(0), np.int64(0))
    """

    n: int = 2000
    size: int = 7
    p: float = 0.5
    fill: Fill = 0.0
    after_relu: bool = True
    rng: Rng = 0
    batch_size: int = 32

    def backward(self, target: Target) -> Array:
        """Measures the units behind each mask."""
        x = as_batch(target.images)
        if not (is_real(self.p) and 0 < self.p <= 1):
            raise refusal(ValueError, f"p must be a probability above 0, not {self.p!r}")
        colours, n = fill_colours(self.fill, x)[:, :, None, None], whole("n", self.n)
        found = np.zeros_like(x)
        draw = generator(called(), self.rng)
        for masks in self._masks(draw, n, x.shape[2:]):
            masks = masks.astype(x.dtype)
            for i, image in enumerate(x):
                seen = target.score(masks * image + (1 - masks) * colours[i], np.full(len(masks), i))
                found[i] += (seen[:, None, None, None] * masks).sum(axis=0) / (n * self.p)
        return found

    def picture(self, model: Any, signal: Array, *, scale: float | None = None, zoom: int = 1) -> Image.Image:
        """As heat, from the smallest value: every pixel has its share of what the unit is on average."""
        heat = signal.mean(axis=0)
        return to_image(heat - heat.min(), display="heat", scale=scale, zoom=zoom)

    def _masks(self, draw: np.random.Generator, n: int, extent: tuple[int, ...]) -> Iterator[Array]:
        """(B, 1, H, W), so many at a time as the model runs on."""
        size = whole("size", self.size)
        cells = [-(-side // size) for side in extent]
        for some in in_batches(range(n), whole("batch_size", self.batch_size), False, "RISE"):
            grids, corners = [], []
            for _ in some:
                grids.append(draw.random((1, size, size)) < self.p)
                corners.append([int(draw.integers(cell)) for cell in cells])
            with no_grad():
                wide = [(size + 1) * cell for cell in cells]
                masks = interpolate(Tensor(np.array(grids, float)), size=wide, mode="bilinear").numpy()
            yield np.stack(
                [
                    mask[:, top : top + extent[0], left : left + extent[1]]
                    for mask, (top, left) in zip(masks, corners, strict=True)
                ]
            )
