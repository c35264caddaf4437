"""A square that slides over images: where it lies, the images with it, and maps of what it takes away.

tops, lefts   0, stride, 2·stride, … until a square reaches the border, where it is cut off
maps          (N, rows, columns): one number for each place of the square
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import refusal
from ..predictions import Fill, as_batch, fill_colours, in_batches, whole
from ..record import Array
from .protocol import Attribution, Target

Side = int | tuple[int, int] | None


@dataclass(frozen=True)
class SlidingSquare(Attribution):
    """What of a unit goes as a square covers each pixel, as an Attribution that goes forward only.

    f(x) − f(covered), averaged over the squares on a pixel, the same in each channel; f is the unit, or the sum of the
    whole channel (position "all"). `vis.occlusion` measures the same for a classifier, and the class beside it.

    Arguments:
        size, stride: in pixels, integers or pairs (vertical, horizontal); by default a fifth of the image's shorter
            side, and a third of that.
        fill: the square's colour at the model's input, one number or one a channel, or "mean", each image's own.
        after_relu: look behind the layer's own ReLU where one alone takes it on.
        batch_size: how many covered images the model runs on at once.
    Raises:
        TypeError, ValueError: when called, for a square that makes no sense or leaves pixels between its places.
    Source: Zeiler & Fergus 2014, section 4.2.

    Example:
        >>> net, x = lambda x: x.sum(axis=(2, 3)).named("sums"), np.arange(4.0).reshape(1, 1, 2, 2)
        >>> vis.SlidingSquare(size=1)(net, x, "sums")
        array([[[[0., 1.],
                 [2., 3.]]]])
    """

    size: Side = None
    stride: Side = None
    fill: Fill = 0.0
    after_relu: bool = True
    batch_size: int = 32

    def backward(self, target: Target) -> Array:
        """Covers every place, and measures the units again."""
        x = as_batch(target.images)
        boxes, colours = boxes_of(x.shape[2:], self.size, self.stride), fill_colours(self.fill, x)
        bare = target.score(x, np.arange(len(x)))
        left = [
            bare[of] - target.score(images, of)
            for images, of in covered_images(x, boxes, colours, whole("batch_size", self.batch_size))
        ]
        taken = averaged(np.concatenate(left).reshape(len(x), *boxes.shape[:2]), boxes, x.shape[2:])
        return np.repeat(taken[:, None], x.shape[1], axis=1)


def boxes_of(extent: tuple[int, ...], size: Any, stride: Any) -> Array:
    """Where the squares lie, (rows, columns, 4): top, left, bottom, right."""
    default = max(1, min(extent) // 5)
    sizes = _pair("size", default if size is None else size)
    strides = _pair("stride", tuple(max(1, n // 3) for n in sizes) if stride is None else stride)
    if any(n > side for n, side in zip(sizes, extent, strict=True)):
        raise refusal(ValueError, f"size {sizes[0]}×{sizes[1]} is larger than the image, {extent[0]}×{extent[1]}")
    starts = [np.arange(-(-(e - n) // s) + 1) * s for e, n, s in zip(extent, sizes, strides, strict=True)]
    tops, lefts = np.meshgrid(*starts, indexing="ij")
    bottoms, rights = np.minimum(tops + sizes[0], extent[0]), np.minimum(lefts + sizes[1], extent[1])
    return np.stack([tops, lefts, bottoms, rights], axis=-1)


def _pair(what: str, given: Any) -> tuple[int, int]:
    both = given if isinstance(given, tuple | list) else (given, given)
    if len(both) != 2:
        raise refusal(ValueError, f"{what} must be an integer, or a pair (vertical, horizontal), not {given!r}")
    return whole(what, both[0]), whole(what, both[1])


def covered(image: Array, box: Array, colour: Array) -> Array:
    """An image (C, H, W) with one square, of a colour (C,)."""
    image = image.copy()
    top, left, bottom, right = box
    image[:, top:bottom, left:right] = colour[:, None, None]
    return image


def covered_images(
    x: Array, boxes: Array, colours: Array, batch_size: int, progress: bool = False
) -> Iterator[tuple[Array, Array]]:
    """Each image with the square at each place, `batch_size` at a time, and which image each is: (B, C, H, W), (B,)."""
    places = [(n, row, column) for n in range(len(x)) for row, column in np.ndindex(*boxes.shape[:2])]
    for some in in_batches(places, batch_size, progress, "occlusion"):
        images = np.stack([covered(x[n], boxes[row, column], colours[n]) for n, row, column in some])
        yield images, np.array([n for n, _, _ in some])


def averaged(lost: Array, boxes: Array, size: tuple[int, ...]) -> Array:
    """A map (N, rows, columns) over the pixels, (N, H, W): each has the mean of the squares on it.

    Raises ValueError where squares leave pixels between them, of which nothing is known.
    """
    total, count = np.zeros((len(lost), *size)), np.zeros(size, int)
    for row, column in np.ndindex(*boxes.shape[:2]):
        top, left, bottom, right = boxes[row, column]
        total[:, top:bottom, left:right] += lost[:, row, column, None, None]
        count[top:bottom, left:right] += 1
    if not count.all():
        bare = np.count_nonzero(count == 0)
        raise refusal(ValueError, f"{bare} pixels lie under no square; the stride must be at most the size")
    return (total / count).astype(lost.dtype)


def over_pixels(values: Array, boxes: Array, size: tuple[int, ...]) -> Array:
    """A map (..., rows, columns) over the pixels of an image, (..., H, W): each takes the nearest square's value.

    boxes (rows, columns, 4): the squares' top, left, bottom, right; size: (H, W).
    """
    middles = (boxes[:, 0, 0] + boxes[:, 0, 2]) / 2, (boxes[0, :, 1] + boxes[0, :, 3]) / 2
    rows, columns = (
        np.abs(np.arange(n)[:, None] + 0.5 - middle).argmin(axis=1) for n, middle in zip(size, middles, strict=True)
    )
    return values[..., rows[:, None], columns]
