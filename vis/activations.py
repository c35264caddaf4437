"""What a model computes on its way, by name, and which unit of a layer to look at."""

from __future__ import annotations

import difflib
import operator
from contextlib import nullcontext
from typing import Any, Literal, NamedTuple

import numpy as np

from autograd_mini import Tensor, enable_grad
from autograd_mini.tape import ancestors, listening

Array = np.ndarray[Any, Any]
Position = tuple[int, int] | Literal["all"] | None


class Recorded(NamedTuple):
    """One forward pass: the images as the tensor that went in, the outputs, and every named value in between."""

    images: Tensor
    outputs: list[Tensor]
    named: dict[str, Tensor]


def record(model: Any, images: Any) -> Recorded:
    """Run a model in evaluation mode, recording, and collect the values that carry names.

    model: any function of a Tensor; its activations carry names because nn modules give them, or `t.named("…")` does.
    images (N, C, H, W): floating array or Tensor. A name that comes up again (a layer used twice) is told apart by
    "#2", "#3", … Raises TypeError for images that are not floating numbers, ValueError for none or non-finite ones.
    """
    array = np.asarray(images)
    if array.dtype.kind != "f":
        raise TypeError(
            f"images must be floating numbers, not {array.dtype}; scale [0, 255] to what the model was trained on"
        )
    if array.ndim < 2 or not array.size or not np.isfinite(array).all():
        raise ValueError(
            f"images {array.shape} must be a batch of finite numbers, (N, C, H, W), with at least one image"
        )
    named: dict[str, Tensor] = {}

    def collect(name: str, value: Any) -> None:
        unique, again = name, 1
        while unique in named and named[unique].node is not value.node:
            again += 1
            unique = f"{name}#{again}"
        named[unique] = value

    with enable_grad(), listening(collect), getattr(model, "evaluating", nullcontext)():
        x = Tensor(array, requires_grad=True, name="images")
        output = model(x)
    results = output.values() if isinstance(output, dict) else output if isinstance(output, tuple | list) else [output]
    return Recorded(x, [result for result in results if isinstance(result, Tensor)], named)


def activations(model: Any, images: Any) -> dict[str, Array]:
    """Every named value of one forward pass in evaluation mode, by name, in order. Arguments as for `record`."""
    return {name: value.numpy() for name, value in record(model, images).named.items()}


def find_layer(recorded: Recorded, layer: str) -> Tensor:
    """The value called `layer`. Raises KeyError listing near names, or ValueError if no image reaches it."""
    names = list(recorded.named)
    if layer not in recorded.named:
        near = ", ".join(difflib.get_close_matches(layer, names, n=5, cutoff=0.4) or names[:20])
        raise KeyError(f"no activation is called {layer!r}; {f'there are {near}' if names else 'the model names none'}")
    value = recorded.named[layer]
    if value.node is None or recorded.images.node not in ancestors(value.node):
        raise ValueError(f"the activation {layer!r} does not depend on the images")
    return value


def after_own_relu(recorded: Recorded, value: Tensor) -> Tensor:
    """The value after the ReLU that alone takes it on, if that is so; else the value itself."""
    ends = [end.node for end in (*recorded.named.values(), *recorded.outputs) if end.node is not None]
    consumers = [node for node in ancestors(*ends) if value.node in node.parents]
    if len(consumers) == 1 and consumers[0].op is not None and consumers[0].op.name == "relu":
        rectified: Tensor = Tensor.made(np.maximum(value.numpy(), 0), consumers[0])
        return rectified
    return value


def choose_units(values: Array, channel: int | None, position: Position) -> Array:
    """A mask of the chosen units, one choice an image: True where a unit starts the projection.

    values (N, C, H, W) or (N, C). channel None: the channel of the strongest unit. position None: the strongest one of
    the channel; (y, x): that one; "all": the whole channel. Raises IndexError or ValueError for what does not exist.
    """
    if values.ndim not in (2, 4):
        raise ValueError(f"a layer of shape {values.shape} has no channels; it must be (N, C, H, W) or (N, C)")
    maps = values if values.ndim == 4 else values[:, :, None, None]
    count, (height, width) = maps.shape[1], maps.shape[2:]
    if channel is not None and not 0 <= channel < count:
        raise IndexError(f"channel {channel} is out of range: the layer has {count} channels, 0 to {count - 1}")
    if position is not None and not (isinstance(position, str) and position == "all"):
        if isinstance(position, str) or np.shape(position) != (2,):
            raise ValueError(f"position must be None (the strongest), (y, x) or 'all', not {position!r}")
        position = (operator.index(position[0]), operator.index(position[1]))
    if isinstance(position, tuple) and not (0 <= position[0] < height and 0 <= position[1] < width):
        raise IndexError(f"position {position} is out of range: the layer's maps are {height}×{width}")
    mask = np.zeros(maps.shape, bool)
    for n, image in enumerate(maps):
        places: Any = slice(None) if not isinstance(position, tuple) else position
        c = channel
        if c is None:
            strongest = image[:, *position] if isinstance(position, tuple) else image.max(axis=(1, 2))
            c = int(strongest.argmax())
        if position is None:
            places = np.unravel_index(image[c].argmax(), image[c].shape)
        mask[n, c][places] = True
    return mask.reshape(values.shape)
