"""What a model computes on its way, by name, and which unit of a layer to look at."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Collection
from contextlib import nullcontext, suppress
from typing import Any, Literal, NamedTuple

import numpy as np

from autograd_mini import Tensor, enable_grad
from autograd_mini.arguments import array_of, is_whole
from autograd_mini.core.tape import Node, ancestors
from autograd_mini.kernels.settings import plain_convolutions
from autograd_mini.observe.activations import activation_hook

from .errors import named_in_errors, refusal
from .rules import ceiling

Array = np.ndarray[Any, Any]
AfterRelu = bool | Literal["norm"]
Channel = int | Literal["all"] | None
Position = tuple[int, int] | Literal["all"] | None
Enough = Callable[[str, Tensor], bool]


class Recorded(NamedTuple):
    """One forward pass: the images as the tensor that went in, the outputs, and every named value in between."""

    images: Tensor
    outputs: list[Tensor]
    named: dict[str, Tensor]


class _Enough(BaseException):
    """Ends a forward pass from within: raised and caught by `forward`; no `except Exception` of a model stops it."""


def forward(
    model: Any, x: Tensor, layers: Collection[str] | None = None, enough: Enough | None = None
) -> tuple[list[Tensor], dict[str, Tensor]]:
    """One forward pass in evaluation mode: the outputs, and the values that carry names, by name, in order.

    A name that comes up again for another value (another node; another array, where nothing is recorded) is set apart
    by "#2", "#3", … layers: the names to collect, by default all; others are held by nobody, so that memory goes as the
    model goes on. enough(name, value): asked of every value that is collected; once it says yes the model is left there
    and then, and there are no outputs. Raises ValueError if one of the layers does not come up.
    """
    if not callable(model):
        raise refusal(TypeError, f"the model must be a function of a Tensor, not {type(model).__name__}")
    _check_inputs(model)
    named: dict[str, Tensor] = {}

    def collect(name: str, value: Tensor) -> None:
        if layers is not None and not any(layer == name or layer.startswith(f"{name}#") for layer in layers):
            return
        unique, again = name, 1
        while unique in named and not _same(named[unique], value):
            again += 1
            unique = f"{name}#{again}"
        named[unique] = value
        if enough is not None and enough(unique, value):
            raise _Enough

    output: Any = ()
    with activation_hook(collect), getattr(model, "evaluating", nullcontext)(), suppress(_Enough):
        output = model(x)
    if lacking := [layer for layer in layers or () if layer not in named]:
        raise refusal(ValueError, f"the model did not come to {lacking[0]!r} for every batch")
    results = output.values() if isinstance(output, dict) else output if isinstance(output, tuple | list) else [output]
    return [result for result in results if isinstance(result, Tensor)], named


def _check_inputs(model: Any) -> None:
    """Raise TypeError for a model that cannot be called with one tensor, as far as its signature tells."""
    try:
        parameters = inspect.signature(getattr(model, "forward", model)).parameters.values()
    except (TypeError, ValueError):  # some functions have none that can be read
        return
    wanted = [
        p.name for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if len(wanted) > 1:
        raise refusal(
            TypeError,
            f"the model takes {len(wanted)} inputs, {', '.join(wanted)}; give a function of the images alone, as "
            f"lambda {wanted[0]}: model({', '.join(wanted)})",
        )


def _same(a: Tensor, b: Tensor) -> bool:
    return a.node is b.node and (a.node is not None or a.data is b.data)


@named_in_errors("record")
def record(model: Any, images: Any, *, enough: Enough | None = None) -> Recorded:
    """Run a model in evaluation mode, recording, and collect the values that carry names.

    Images are convolved by plain sums, not by Winograd's algorithm, so that in flat parts of photographs the first of
    equal numbers is the largest, as in a window by itself. Values carry names because nn modules give them, or by
    `t.named("…")`. A name that comes up again (a layer used twice) is set apart by "#2", "#3", …

    Arguments:
        model: any function of a Tensor.
        images: (N, C, H, W), or (N, C) for a model of vectors: floating array or Tensor.
        enough: asked of every value as it is named, enough(name, value); once it says yes the model is left there and
            then, and there are no outputs.
    Returns:
        The images as the tensor that went in, the list of outputs, and the named values by name, in order.
    Raises:
        TypeError: for images that are not floating numbers, or a model that is no function.
        ValueError: for no images, another shape, or numbers that are not finite.

    Example:
        >>> net = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=0), relu=nn.ReLU())
        >>> {name: value.shape for name, value in vis.record(net, np.ones((1, 1, 5, 5), np.float32)).named.items()}
        {'conv': (1, 2, 3, 3), 'relu': (1, 2, 3, 3)}
    """
    x = Tensor(_checked(images), requires_grad=True, name="images")
    with enable_grad(), plain_convolutions():
        return Recorded(x, *forward(model, x, enough=enough))


def _checked(images: Any) -> Array:
    array = as_array(images)
    if array.dtype.kind != "f":
        raise refusal(
            TypeError,
            f"images must be floating numbers, not {array.dtype}; scale [0, 255] to what the model was trained on",
        )
    if array.ndim not in (2, 4) or not array.size:
        hint = "; of a single image make a batch with images[None]" if array.ndim == 3 else ""
        raise refusal(ValueError, f"images {array.shape} must be a batch, (N, C, H, W), with at least one image{hint}")
    if not np.isfinite(array).all():
        odd = np.count_nonzero(~np.isfinite(array))
        raise refusal(ValueError, f"images {array.shape} must be finite numbers; {odd} of them are not")
    return array


def as_array(images: Any) -> Array:
    """Images as an array. Raises ValueError for lists of unequal ones."""
    try:
        return array_of(images)
    except ValueError:
        raise refusal(ValueError, "the images make no array; they must have one shape") from None


@named_in_errors("activations")
def activations(model: Any, images: Any) -> dict[str, Array]:
    """Every named value of one forward pass in evaluation mode.

    Arguments:
        model: any function of a Tensor whose values carry names.
        images: (N, C, H, W), or (N, C) for a model of vectors: floating array or Tensor.
    Returns:
        The values as arrays, by name, in order; a name that comes up again is set apart by "#2", "#3", …
    Raises:
        TypeError, ValueError: for images that are none, as `record` does.

    Example:
        >>> vis.activations(lambda x: (x * 2).named("twice"), np.ones((1, 3)))
        {'twice': array([[2., 2., 2.]])}
    """
    return {name: value.numpy() for name, value in record(model, images).named.items()}


def find_layer(recorded: Recorded, layer: str) -> Tensor:
    """The value called `layer`. Raises KeyError listing near names, or ValueError if no image reaches it."""
    names = list(recorded.named)
    if layer not in recorded.named:
        if not names:
            raise refusal(
                KeyError,
                f"no activation is called {layer!r}: the model names none. Build it of nn modules, whose paths "
                "are the names, or name what it computes: t.named('hidden')",
            )
        near = difflib.get_close_matches(str(layer), names, n=5, cutoff=0.4) or names[:20]
        more = f" and {len(names) - len(near)} more" if len(near) < len(names) else ""
        raise refusal(KeyError, f"no activation is called {layer!r}; there are {', '.join(near)}{more}")
    value = recorded.named[layer]
    if value.node is None or recorded.images.node not in ancestors(value.node):
        raise refusal(ValueError, f"the activation {layer!r} does not depend on the images")
    return value


def is_rectified(value: Tensor) -> bool:
    """True if the values come out of ReLUs, pooled, joined or reshaped at most: one more would change nothing."""
    nodes = [value.node]
    while nodes:
        node = nodes.pop()
        if node is None or node.op is None:
            return False
        if node.op.name in ("max_pool2d", "max_pool", "concatenate", "reshape"):
            nodes += node.parents
        elif ceiling(node) is None:
            return False
    return True


def after_own_relu(recorded: Recorded, value: Tensor) -> Tensor:
    """The value after the ReLU that alone takes it on, if that is so; else the value itself."""
    consumer = _only_consumer(recorded, value.node)
    most = None if consumer is None else ceiling(consumer)
    if most is not None:
        rectified: Tensor = Tensor.made(through_relu(value.numpy(), most), consumer)
        return rectified
    return value


def behind_norm(recorded: Recorded, layer: str) -> str:
    """The name of the batch normalisation that alone takes a layer on, if a ReLU alone takes that on; else the layer's.

    Raises as `find_layer` does.
    """
    norm = _only_consumer(recorded, find_layer(recorded, layer).node)
    if norm is None or norm.op is None or norm.op.name != "channel_affine":
        return layer
    then = _only_consumer(recorded, norm)
    rectified = then is not None and ceiling(then) is not None
    return next((name for name, value in recorded.named.items() if rectified and value.node is norm), layer)


def _only_consumer(recorded: Recorded, node: Node | None) -> Node | None:
    """The step that alone takes a value on, if only one does."""
    ends = [end.node for end in (*recorded.named.values(), *recorded.outputs) if end.node is not None]
    consumers = [one for one in ancestors(*ends) if node in one.parents]
    return consumers[0] if len(consumers) == 1 else None


def value_of(recorded: Recorded, layer: str, after_relu: bool = True) -> Tensor:
    """The value of a layer to start from, behind the layer's own ReLU or not. Raises as `find_layer` does."""
    value = find_layer(recorded, layer)
    return after_own_relu(recorded, value) if after_relu else value


def own_limit(recorded: Recorded, layer: str, after_relu: bool = True) -> float | None:
    """How large the layer's own ReLU lets values get; None where to start is before it, or there is none."""
    value = value_of(recorded, layer, after_relu)
    if value is recorded.named[layer]:
        return None
    assert value.node is not None
    return ceiling(value.node)


def through_relu(values: Array, limit: float | None) -> Array:
    """A layer's values behind its own ReLU, if `own_limit` found one."""
    return values if limit is None else np.clip(values, 0, limit)


def check_channel(channel: Any, count: int) -> None:
    """Raise TypeError for what is no channel (None is any), IndexError for one that the layer does not have."""
    if channel is not None and not is_whole(channel):
        raise refusal(TypeError, f"channel must be the number of a channel, or None, not {channel!r}")
    if channel is not None and not 0 <= channel < count:
        raise refusal(
            IndexError, f"channel {channel} is out of range: the layer has {count} channels, 0 to {count - 1}"
        )


def is_pair(position: Any) -> bool:
    """Whether somebody gave two integers."""
    return isinstance(position, tuple | list | np.ndarray) and len(position) == 2 and all(map(is_whole, position))


def maps_of(values: Array) -> Array:
    """A layer's values, (N, C, H, W) or (N, C), as maps (N, C, H, W). Raises ValueError for other shapes."""
    if values.ndim not in (2, 4):
        raise refusal(ValueError, f"a layer of shape {values.shape} has no channels; it must be (N, C, H, W) or (N, C)")
    return values if values.ndim == 4 else values[:, :, None, None]


def choose_units(values: Array, channel: Channel, position: Position, among: Array | None = None) -> Array:
    """A mask of the chosen units, one choice an image: True where a unit starts the projection.

    values (N, C, H, W) or (N, C). channel None: the channel of the strongest unit; "all": each. position None: the
    strongest one of the channel; (y, x): that one; "all": the whole channel. among (H, W): the places from which they
    are chosen, the whole channel's too. Raises IndexError, TypeError or ValueError for what does not exist.
    """
    maps = maps_of(values)
    count, (height, width) = maps.shape[1], maps.shape[2:]
    every = isinstance(channel, str) and channel == "all"
    only = None if isinstance(channel, str) and every else channel
    check_channel(only, count)
    if position is not None and not (isinstance(position, str) and position == "all"):
        if not is_pair(position):
            raise refusal(ValueError, f"position must be None (the strongest), (y, x) or 'all', not {position!r}")
        position = (int(position[0]), int(position[1]))
    if isinstance(position, tuple) and not (0 <= position[0] < height and 0 <= position[1] < width):
        raise refusal(IndexError, f"position {position} is out of range: the layer's maps are {height}×{width}")
    mask = np.zeros(maps.shape, bool)
    for n, image in enumerate(maps if among is None else np.where(among, maps, -np.inf)):
        places: Any = position if isinstance(position, tuple) else slice(None) if among is None else among
        c: Any = only
        if c is None:
            strongest = image[:, *position] if isinstance(position, tuple) else image.max(axis=(1, 2))
            c = int(strongest.argmax())
        for each in range(count) if every else [c]:
            if position is None:
                places = np.unravel_index(image[each].argmax(), image[each].shape)
            mask[n, each][places] = True
    return mask.reshape(values.shape)
