"""What a model computes on its way, by name, and which unit of a layer to look at."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import wraps
from typing import Any, Literal, NamedTuple, ParamSpec, TypeVar

import numpy as np

from autograd_mini import Tensor, enable_grad
from autograd_mini.arguments import array_of, is_whole
from autograd_mini.core.tape import ancestors
from autograd_mini.observe.activations import activation_hook

Array = np.ndarray[Any, Any]
Position = tuple[int, int] | Literal["all"] | None
P = ParamSpec("P")
T = TypeVar("T")


class _Called(threading.local):
    """The function of `vis` that the user called in this thread, while it runs; what it calls is not named."""

    name = ""


_called = _Called()


def named_in_errors(name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let what a function refuses be refused in its name, unless another one called it."""

    def wrapped(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def named(*args: P.args, **kwargs: P.kwargs) -> T:
            before, _called.name = _called.name, _called.name or name
            try:
                return function(*args, **kwargs)
            finally:
                _called.name = before

        return named

    return wrapped


def refusal(words: str) -> str:
    """An error's words behind the name of the function that the user called."""
    return f"{_called.name}: {words}" if _called.name else words


class Recorded(NamedTuple):
    """One forward pass: the images as the tensor that went in, the outputs, and every named value in between."""

    images: Tensor
    outputs: list[Tensor]
    named: dict[str, Tensor]


class _Enough(BaseException):
    """Ends a forward pass from within: raised and caught by `record`; no `except Exception` of a model stops it."""


@named_in_errors("record")
def record(model: Any, images: Any, *, enough: Callable[[str, Tensor], bool] | None = None) -> Recorded:
    """Run a model in evaluation mode, recording, and collect the values that carry names.

    model: any function of a Tensor; its activations carry names because nn modules give them, or `t.named("…")` does.
    images (N, C, H, W), or (N, C) for a model of vectors: floating array or Tensor. A name that comes up again (a layer
    used twice) is set apart by "#2", "#3", … enough(name, value): asked of every value as it is named; once it says
    yes the model is left there and then, and there are no outputs. Raises TypeError for images that are not floating
    numbers, ValueError for none, for another shape or non-finite ones.
    """
    array = _checked(images)
    if not callable(model):
        raise TypeError(refusal(f"the model must be a function of a Tensor, not {type(model).__name__}"))
    named: dict[str, Tensor] = {}

    def collect(name: str, value: Any) -> None:
        unique, again = name, 1
        while unique in named and named[unique].node is not value.node:
            again += 1
            unique = f"{name}#{again}"
        named[unique] = value
        if enough is not None and enough(unique, value):
            raise _Enough

    output: Any = ()
    with enable_grad(), activation_hook(collect), getattr(model, "evaluating", nullcontext)():
        x = Tensor(array, requires_grad=True, name="images")
        with suppress(_Enough):
            output = model(x)
    results = output.values() if isinstance(output, dict) else output if isinstance(output, tuple | list) else [output]
    return Recorded(x, [result for result in results if isinstance(result, Tensor)], named)


def _checked(images: Any) -> Array:
    array = as_array(images)
    if array.dtype.kind != "f":
        raise TypeError(
            refusal(
                f"images must be floating numbers, not {array.dtype}; scale [0, 255] to what the model was trained on"
            )
        )
    if array.ndim not in (2, 4) or not array.size:
        hint = "; of a single image make a batch with images[None]" if array.ndim == 3 else ""
        raise ValueError(refusal(f"images {array.shape} must be a batch, (N, C, H, W), with at least one image{hint}"))
    if not np.isfinite(array).all():
        odd = np.count_nonzero(~np.isfinite(array))
        raise ValueError(refusal(f"images {array.shape} must be finite numbers; {odd} of them are not"))
    return array


def as_array(images: Any) -> Array:
    """Images as an array. Raises ValueError for lists of unequal ones."""
    try:
        return array_of(images)
    except ValueError:
        raise ValueError(refusal("the images make no array; they must have one shape")) from None


@named_in_errors("activations")
def activations(model: Any, images: Any) -> dict[str, Array]:
    """Every named value of one forward pass in evaluation mode, by name, in order. Arguments as for `record`."""
    return {name: value.numpy() for name, value in record(model, images).named.items()}


def find_layer(recorded: Recorded, layer: str) -> Tensor:
    """The value called `layer`. Raises KeyError listing near names, or ValueError if no image reaches it."""
    names = list(recorded.named)
    if layer not in recorded.named:
        if not names:
            raise KeyError(
                refusal(
                    f"no activation is called {layer!r}: the model names none. Build it of nn modules, whose paths "
                    "are the names, or name what it computes: t.named('hidden')"
                )
            )
        near = difflib.get_close_matches(str(layer), names, n=5, cutoff=0.4) or names[:20]
        more = f" and {len(names) - len(near)} more" if len(near) < len(names) else ""
        raise KeyError(refusal(f"no activation is called {layer!r}; there are {', '.join(near)}{more}"))
    value = recorded.named[layer]
    if value.node is None or recorded.images.node not in ancestors(value.node):
        raise ValueError(refusal(f"the activation {layer!r} does not depend on the images"))
    return value


def is_rectified(value: Tensor) -> bool:
    """True if the values come out of ReLUs, pooled, joined or reshaped at most: one more would change nothing."""
    nodes = [value.node]
    while nodes:
        node = nodes.pop()
        if node is None or node.op is None:
            return False
        if node.op.name in ("max_pool2d", "concatenate", "reshape"):
            nodes += node.parents
        elif node.op.name != "relu":
            return False
    return True


def after_own_relu(recorded: Recorded, value: Tensor) -> Tensor:
    """The value after the ReLU that alone takes it on, if that is so; else the value itself."""
    ends = [end.node for end in (*recorded.named.values(), *recorded.outputs) if end.node is not None]
    consumers = [node for node in ancestors(*ends) if value.node in node.parents]
    if len(consumers) == 1 and consumers[0].op is not None and consumers[0].op.name == "relu":
        rectified: Tensor = Tensor.made(np.maximum(value.numpy(), 0), consumers[0])
        return rectified
    return value


def check_channel(channel: Any, count: int) -> None:
    """Raise TypeError for what is no channel (None is any), IndexError for one that the layer does not have."""
    if channel is not None and not is_whole(channel):
        raise TypeError(refusal(f"channel must be the number of a channel, or None, not {channel!r}"))
    if channel is not None and not 0 <= channel < count:
        raise IndexError(
            refusal(f"channel {channel} is out of range: the layer has {count} channels, 0 to {count - 1}")
        )


def is_pair(position: Any) -> bool:
    """Whether somebody gave two integers."""
    return isinstance(position, tuple | list | np.ndarray) and len(position) == 2 and all(map(is_whole, position))


def choose_units(values: Array, channel: int | None, position: Position) -> Array:
    """A mask of the chosen units, one choice an image: True where a unit starts the projection.

    values (N, C, H, W) or (N, C). channel None: the channel of the strongest unit. position None: the strongest one of
    the channel; (y, x): that one; "all": the whole channel. Raises IndexError or ValueError for what does not exist.
    """
    if values.ndim not in (2, 4):
        raise ValueError(refusal(f"a layer of shape {values.shape} has no channels; it must be (N, C, H, W) or (N, C)"))
    maps = values if values.ndim == 4 else values[:, :, None, None]
    count, (height, width) = maps.shape[1], maps.shape[2:]
    check_channel(channel, count)
    if position is not None and not (isinstance(position, str) and position == "all"):
        if not is_pair(position):
            raise ValueError(refusal(f"position must be None (the strongest), (y, x) or 'all', not {position!r}"))
        position = (int(position[0]), int(position[1]))
    if isinstance(position, tuple) and not (0 <= position[0] < height and 0 <= position[1] < width):
        raise IndexError(refusal(f"position {position} is out of range: the layer's maps are {height}×{width}"))
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
