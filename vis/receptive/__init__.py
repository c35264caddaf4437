"""Receptive fields, exact: which pixels a unit can see, read off the graph that the model recorded.

The pass goes from the unit back to the images, as the gradient's does, but carries a set instead of numbers: the
elements that the unit depends on (`dependence.py`). Beside it goes a box that knows no edges, for the padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_mini import Tensor
from autograd_mini.arguments import array_of, is_whole
from autograd_mini.core.tape import Node, ancestors
from autograd_mini.kernels.layout import Pair

from ..errors import named_in_errors, refusal
from ..record import Array, Recorded, as_array, check_channel, find_layer, is_pair, record
from .dependence import Box, bounds, box_of, seen_of


@dataclass(frozen=True)
class ReceptiveField:
    """The smallest box of pixels outside which nothing changes a unit: rows top … bottom − 1, columns left … right − 1.

    It may reach outside the image, into the padding: negative, or beyond the image's size. A unit that sees padding
    alone has an empty field.

    Arguments:
        top, left, bottom, right: in pixels of the image, half-open.

    Example:
        >>> field = vis.ReceptiveField(-1, -1, 2, 2)
        >>> field.clipped(8, 8), field.crop(np.arange(64).reshape(8, 8)).tolist()
        (ReceptiveField(top=0, left=0, bottom=2, right=2), [[0, 1], [8, 9]])
    """

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """How many rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """How many columns."""
        return self.right - self.left

    def clipped(self, height: int, width: int) -> ReceptiveField:
        """The part of it that is inside an image of height × width pixels."""
        top, left = min(max(self.top, 0), height), min(max(self.left, 0), width)
        bottom, right = min(max(self.bottom, top), height), min(max(self.right, left), width)
        return ReceptiveField(top, left, bottom, right)

    @named_in_errors("crop")
    def crop(self, image: Any) -> Array:
        """What the unit sees of an image: (..., H, W) -> (..., clipped height, clipped width), a view.

        Raises ValueError for an array that has no rows and columns.
        """
        array = array_of(image)
        if array.ndim < 2:
            raise refusal(ValueError, f"shape {array.shape} has no rows and columns; it must be (..., H, W)")
        box = self.clipped(array.shape[-2], array.shape[-1])
        return array[..., box.top : box.bottom, box.left : box.right]


@named_in_errors("receptive_field")
def receptive_field(
    model: Any, images: Any, layer: str, position: tuple[int, int] | None = None, *, channel: int | None = None
) -> ReceptiveField:
    """The box of pixels that a unit of a layer sees.

    Changing pixels outside the box leaves the unit's value as it is, to the last bit unless Winograd's algorithm
    computed it, which mixes neighbours and takes them out again (`set_winograd(False)`). The box is the smallest one
    for weights in general. Seen is what a gradient would flow through, so a condition of `where`, a switch of
    `max_unpool2d` or an index that was computed from pixels does not count as seeing them. An operation that the pass
    does not know (a primitive of your own) counts as seeing all of its argument.

    Arguments:
        model: any function of a Tensor whose activations carry names; it runs once, in evaluation mode.
        images: model inputs (N, C, H, W), of which the first is used, or a shape, (C, H, W) or (N, C, H, W), such as
            `model.input_shape`.
        layer: the activation's name.
        position: the unit, (y, x), by default the one in the middle of the map.
        channel: by default the box holds what any channel sees there; where channels see different parts, as behind a
            concatenation, what this one sees.
    Returns:
        A ReceptiveField, unclipped.
    Raises:
        KeyError: for an unknown layer.
        IndexError: for a unit that is not there.
        TypeError, ValueError: for images that are none.
    Source: Araujo, Norris & Sim 2019, Computing Receptive Fields of Convolutional Neural Networks.

    Example:
        >>> net = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=0), pool=nn.MaxPool2d(2))
        >>> vis.receptive_field(net, (1, 8, 8), "pool", (0, 2))
        ReceptiveField(top=0, left=4, bottom=4, right=8)
    """
    array = as_array(_noise(images) if _is_shape(images) else images)
    if array.ndim != 4:
        raise refusal(ValueError, f"images {array.shape} must be (N, C, H, W), or a shape (C, H, W)")
    recorded = record(model, array[:1], enough=lambda name, _: name == layer)
    return field_of(recorded, find_layer(recorded, layer), position, channel)


def field_of(
    recorded: Recorded, value: Tensor, position: Sequence[int] | None, channel: int | None = None
) -> ReceptiveField:
    """The field of a unit of a recorded value; arguments and errors as for `receptive_field`."""
    assert recorded.images.node is not None
    inner, beyond = _boxes(recorded.images.node, value, _unit(value.shape, position, channel), channel)
    if inner is None:
        return ReceptiveField(0, 0, 0, 0)
    (top, left, bottom, right), (height, width) = inner, recorded.images.shape[2:]
    return ReceptiveField(  # over an edge only where it sees the edge itself: what is inside stays the smallest box
        beyond[0] if top == 0 else top,
        beyond[1] if left == 0 else left,
        beyond[2] if bottom == height else bottom,
        beyond[3] if right == width else right,
    )


def _boxes(image: Node, value: Tensor, position: Pair, channel: int | None) -> tuple[Box | None, Box]:
    """The smallest box around the pixels that a unit sees, None if there are none, and the box that knows no edges."""
    assert value.node is not None
    row, column = position
    seen = np.zeros((1, 1 if channel is None else value.shape[1], *value.shape[2:]), bool)
    unit: tuple[Any, ...] = (0, slice(None) if channel is None else channel)
    seen[unit if seen.ndim == 2 else (*unit, row, column)] = True
    sets = {value.node: seen}
    boxes = {value.node: (row, column, row + 1, column + 1)}
    for node in ancestors(value.node):
        if node is image or node not in sets:
            continue
        seen, box = sets.pop(node), boxes.pop(node)
        for i, parent in enumerate(node.parents):
            if parent is None or (parent.op is None and parent is not image):
                continue
            part = seen_of(node, i, seen)
            if not part.any():
                continue
            beyond = box_of(node, i, box) or bounds(part, parent.shape)
            if parent in sets:
                part, beyond = part | sets[parent], _around(beyond, boxes[parent])
            sets[parent], boxes[parent] = part, beyond
    if image not in sets:
        return None, (0, 0, 0, 0)
    return bounds(sets[image], image.shape), boxes[image]


def places_inside(recorded: Recorded, value: Tensor) -> Array:
    """The places of a layer's maps whose units see no padding, (H, W); True for a layer (N, C).

    Units of deep layers see nearly all of an image from everywhere: where fewer than a quarter of the places are left
    so, those are taken whose field's middle half lies inside, and all where there are none. Fields move evenly with
    their units, so two corners tell of all.
    """
    if value.ndim != 4:
        return np.ones((1, 1), bool)
    assert recorded.images.node is not None
    counts, sides = value.shape[2:], recorded.images.shape[2:]
    corners = [(0, 0), (counts[0] - 1, counts[1] - 1)]
    first, last = (_boxes(recorded.images.node, value, corner, None)[1] for corner in corners)
    for part in (0.0, 0.25):
        fits = []
        for axis, (count, side) in enumerate(zip(counts, sides, strict=True)):
            lows, highs = (np.linspace(first[edge], last[edge], count) for edge in (axis, axis + 2))
            cut = part * (highs - lows)
            fits.append((lows + cut > -0.5) & (highs - cut < side + 0.5))
        found: Array = fits[0][:, None] & fits[1]
        if found.mean() >= 0.25:
            return found
    return found if found.any() else np.ones(counts, bool)


def _around(a: Box, b: Box) -> Box:
    """The smallest box around two."""
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _unit(shape: tuple[int, ...], position: Any, channel: int | None) -> Pair:
    """The unit's row and column, checked."""
    if len(shape) not in (2, 4):
        raise refusal(ValueError, f"a layer of shape {shape} has no units; it must be (N, C, H, W) or (N, C)")
    height, width = shape[2:] if len(shape) == 4 else (1, 1)
    check_channel(channel, shape[1])
    if position is None:
        return height // 2, width // 2
    if not is_pair(position):
        raise refusal(ValueError, f"position must be (y, x), or None for the middle, not {position!r}")
    row, column = int(position[0]), int(position[1])
    if not (0 <= row < height and 0 <= column < width):
        raise refusal(IndexError, f"position {(row, column)} is out of range: the layer's maps are {height}×{width}")
    return row, column


def _is_shape(images: Any) -> bool:
    return isinstance(images, tuple | list) and all(map(is_whole, images))


def _noise(shape: Sequence[int]) -> Array:
    """One image of this shape. Which does not matter, but it has no zeros that something might be divided by."""
    if len(shape) not in (3, 4) or min(shape) < 1:
        raise refusal(ValueError, f"the shape {tuple(shape)} must be (C, H, W) or (N, C, H, W)")
    return np.random.default_rng(0).standard_normal((1, *shape[-3:]), np.float32)
