"""What every way of looking has in common: record a pass, choose units, go back to the pixels, draw what comes back.

record     (model, images, layer)             one forward pass that saves what the method needs, and stops when it may
target     (…, channel, position)             the layer's value, and which units of it are asked about
backward   (target) -> (N, C, H, W)           what each pixel has to do with them: the one thing each method writes
picture    (model, one image's) -> picture    how that is drawn
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

from autograd_mini import Tensor, no_grad

from ..errors import named_in_errors, warn
from ..figures.figure import colours, one_or_three
from ..figures.pictures import to_image
from ..options import Start
from ..receptive import places_inside
from ..record import (
    AfterRelu,
    Array,
    Channel,
    Position,
    Recorded,
    behind_norm,
    choose_units,
    forward,
    is_rectified,
    own_limit,
    record,
    through_relu,
    value_of,
)


@dataclass(frozen=True, eq=False)
class Target:
    """Units of a layer that an attribution asks about, one choice an image, and the pass in which they were chosen.

    Attributes:
        model: the function of a Tensor that was recorded.
        recorded: the pass, as `vis.record` gives it.
        layer: the activation's name.
        value: that activation, (N, C, H, W) or (N, C), behind the layer's own ReLU if the method looks there.
        units: of the value's shape: True for those that are asked about.
        after_relu: whether the method looks there.

    Example:
        >>> net, x = nn.Sequential(fc=nn.Linear(2, 3, rng=0)), np.ones((1, 2), np.float32)
        >>> method = vis.Projection()
        >>> method.target(net, method.record(net, x, "fc"), "fc", channel=2).units
        array([[False, False,  True]])
    """

    model: Any
    recorded: Recorded
    layer: str
    value: Tensor
    units: Array
    after_relu: bool = True

    @property
    def images(self) -> Array:
        """What was recorded, (N, C, H, W)."""
        return self.recorded.images.numpy()

    def seed(self, start: Start = "activation") -> Array:
        """Where a backward pass starts: the units' activations, or a number for each, and zeros elsewhere."""
        values = self.value.numpy()
        return np.where(self.units, values if start == "activation" else np.asarray(start, values.dtype), 0)

    def on(self, images: Array, of: Array, saving: AbstractContextManager[None] | None = None) -> Target:
        """The same units on other images, (M, C, H, W), in a pass of their own; of (M,): whose units each has.

        saving: what operations save meanwhile, as a method's `saving` says.
        """
        with saving or nullcontext():
            recorded = recorded_to(self.model, images, self.layer, self.after_relu)
        value = value_of(recorded, self.layer, self.after_relu)
        return replace(self, recorded=recorded, value=value, units=self.units[of])

    def score(self, images: Array, of: Array) -> Array:
        """The sum of the units on other images, (M, C, H, W) -> (M,), recording nothing; of (M,): whose each has."""
        with no_grad():
            _, named = forward(self.model, Tensor(images), [self.layer], lambda name, _: name == self.layer)
        limit = own_limit(self.recorded, self.layer, self.after_relu)
        values = through_relu(named[self.layer].numpy(), limit)
        total: Array = values[self.units[of]].reshape(len(images), -1).sum(axis=1)
        return total


def recorded_to(model: Any, images: Any, layer: str, after_relu: bool) -> Recorded:
    """A forward pass, left at the layer if nothing that follows, as its own ReLU would, has a say in where to start."""
    return record(model, images, enough=lambda name, value: name == layer and (not after_relu or is_rectified(value)))


class Attribution(ABC):
    """A way of looking into a net: what the pixels of an image have to do with chosen units of a layer.

    A method of your own overrides `backward`; `saving` too if its backward pass needs what operations do not save.

    Example:
        >>> class Gradient(vis.Attribution):
        ...     def backward(self, target):
        ...         ones = target.units.astype(target.value.dtype)
        ...         return ag.grad(target.value, target.recorded.images, ones).numpy()
        >>> Gradient()(lambda x: (3 * x).named("out"), np.ones((1, 2)), "out", channel=0)
        array([[3., 0.]])
    """

    after_relu: AfterRelu = True
    """Whether to look behind the layer's own ReLU, where one alone takes it on; "norm": behind a batch norm's, too."""

    def __call__(
        self,
        model: Any,
        images: Any,
        layer: str,
        *,
        channel: Channel = None,
        position: Position = None,
        inside: bool = False,
    ) -> Array:
        """The attribution of a unit of a layer for each image: (N, C, H, W) -> same.

        channel, position: the unit, by default the strongest of the layer (position: the strongest of the channel);
        "all" takes every channel, or the whole channel. inside: the strongest of those whose receptive field lies
        inside the image: units that see padding may respond to it. Raises KeyError for an unknown layer, IndexError
        for a unit that is not there, ValueError or TypeError for images that are none.
        """
        with named_in_errors(type(self).__name__):
            recorded = self.record(model, images, layer)
            target = self.target(model, recorded, layer, channel, position, inside)
            if words := self.caution(target):
                warn(words)
            return self.backward(target)

    def caution(self, target: Target) -> str:
        """What a caller is to be warned of: options that do nothing here. "" for nothing."""
        return ""

    def saving(self) -> AbstractContextManager[None]:
        """While this holds, operations save what the backward pass needs beside what their own rules name."""
        return nullcontext()

    def record(self, model: Any, images: Any, layer: str) -> Recorded:
        """One forward pass, left once nothing that follows has a say in where to start."""
        with self.saving():
            return recorded_to(model, images, layer, bool(self.after_relu))

    def target(
        self,
        model: Any,
        recorded: Recorded,
        layer: str,
        channel: Channel = None,
        position: Position = None,
        inside: bool = False,
    ) -> Target:
        """The units of a recorded pass that are asked about; arguments and errors as for a call."""
        layer = behind_norm(recorded, layer) if self.after_relu == "norm" else layer
        value = value_of(recorded, layer, bool(self.after_relu))
        among = places_inside(recorded, value) if inside else None
        units = choose_units(value.numpy(), channel, position, among)
        return Target(model, recorded, layer, value, units, bool(self.after_relu))

    @abstractmethod
    def backward(self, target: Target) -> Array:
        """What the pixels have to do with the units: an array shaped as the images."""

    def picture(self, model: Any, signal: Array, *, scale: float | None = None, zoom: int = 1) -> Image.Image:
        """One image's attribution, (C, H, W), drawn: grey is 0, white and black ±scale and beyond.

        By default the scale is the 99th percentile of the absolute values that are not 0.
        """
        return to_image(one_or_three(colours(model, signal)), scale=scale, zoom=zoom)
