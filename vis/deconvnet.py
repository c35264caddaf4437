"""Zeiler & Fergus's deconvnet, twice: as one walk over the tape, and as the paper's mirrored network.

    forward    x ──► conv ──► relu ──► pool ──► the chosen unit
    project    ∂x ◄─ convᵀ ◄─ rule ◄── unpool ◄─ its activation, all others zero      the walk, with the rule replaced
    DeconvNet  x̂ ◄── deconv ◄ relu ◄── unpool ◄─ its activation, all others zero      a network of its own, forward

Both drop biases (the adjoint of adding a constant is the identity) and add up where unpooling windows overlap.
Source: Zeiler & Fergus 2014, section 2.1; the report, section 3.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from autograd_mini import grad
from autograd_mini.kernels import conv, pool
from autograd_mini.tape import Node, Rules, ancestors

from .activations import Array, Position, Recorded, after_own_relu, choose_units, find_layer, record
from .rules import DECONVNET

Start = Literal["activation"] | float


def project(
    model: Any,
    images: Any,
    layer: str,
    *,
    channel: int | None = None,
    position: Position = None,
    rules: Rules = DECONVNET,
    start: Start = "activation",
    after_relu: bool = True,
) -> Array:
    """Project a unit of a layer back to the pixels: which part of each image made it respond, and how.

    model: any function of a Tensor whose activations carry names; it runs in evaluation mode. images (N, C, H, W) ->
    an array of that shape, one projection an image. layer: the activation's name. channel, position: the unit, by
    default the strongest of the layer (position: the strongest of the channel); position "all" takes the whole channel.
    rules: DECONVNET, GRADIENT or GUIDED. start: the unit's activation, or a number to start from. after_relu: start
    behind the layer's own ReLU where one follows.

    A unit that is off (0 after its ReLU) gives a projection of zeros; one whose activation is negative (a logit)
    starts from that negative number, so its picture shows what lowers it. The rule sets replace the rule of `relu`
    alone: other rectifiers (`maximum(x, 0)`, `leaky_relu`) keep their true derivative.

    Raises KeyError for an unknown layer, IndexError for a unit that is not there, ValueError or TypeError for images
    that are none. Source: Zeiler & Fergus 2014, section 2.1.
    """
    recorded = record(model, images)
    value, seed = _start(recorded, layer, channel, position, start, after_relu)
    projection: Array = grad(value, recorded.images, seed, rules=rules).numpy()
    return projection


@dataclass(frozen=True)
class MirroredLayer:
    """One layer of a DeconvNet: what it does, which layer it mirrors, the shapes it leads between."""

    kind: str
    mirrors: str
    shape_in: tuple[int, ...]
    shape_out: tuple[int, ...]


class DeconvNet:
    """The paper's mirrored network of a model, built from the graph that the model records.

    Every layer between the images and the chosen one gets its mirror: max-pooling an unpooling by its switches, ReLU a
    ReLU, convolution a transposed convolution with the same filters, a linear layer its transposed matrix, branches
    and joins their reverses. It does not use the tape's rules: it is the second, independent implementation.
    Raises NotImplementedError, naming the layer, for an operation that has no mirror.
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    def project(
        self,
        images: Any,
        layer: str,
        *,
        channel: int | None = None,
        position: Position = None,
        start: Start = "activation",
        after_relu: bool = True,
    ) -> Array:
        """Project a unit back to the pixels; arguments, result and errors are those of `vis.project`."""
        recorded = record(self.model, images)
        value, seed = _start(recorded, layer, channel, position, start, after_relu)
        assert value.node is not None
        assert recorded.images.node is not None
        signals: dict[Node, Array] = {value.node: seed}
        for node, mirror, inputs in _mirrored(value.node, recorded.images.node):
            signal = signals.pop(node)
            for i, parent in inputs:
                mirrored = mirror(node, i, signal)
                if mirrored.shape != parent.shape:
                    raise NotImplementedError(
                        f"DeconvNet: {_operation(node)} at {node.name!r} broadcasts the images' side"
                    )
                signals[parent] = signals[parent] + mirrored if parent in signals else mirrored
        return signals[recorded.images.node]

    def layers(self, images: Any, layer: str) -> list[MirroredLayer]:
        """The mirrored network from `layer` down to the pixels, top first."""
        recorded = record(self.model, images)
        node = after_own_relu(recorded, find_layer(recorded, layer)).node
        assert node is not None
        assert recorded.images.node is not None
        return [
            MirroredLayer(_NAMES.get(op := _operation(n), op), n.name or op, n.shape, parent.shape)
            for n, _, inputs in _mirrored(node, recorded.images.node)
            for _, parent in inputs
        ]


def _start(
    recorded: Recorded, layer: str, channel: int | None, position: Position, start: Start, after_relu: bool
) -> tuple[Any, Array]:
    """The value to start from and the signal there: zeros but for the chosen unit of each image."""
    if isinstance(start, str) and start != "activation":
        raise ValueError(f"start must be 'activation' or a number, not {start!r}")
    value = find_layer(recorded, layer)
    if after_relu:
        value = after_own_relu(recorded, value)
    values = value.numpy()
    mask = choose_units(values, channel, position)
    return value, np.where(mask, values if start == "activation" else np.asarray(start, values.dtype), 0)


def _mirrored(top: Node, images: Node) -> Iterator[tuple[Node, Mirror, list[tuple[int, Node]]]]:
    """The nodes between `top` and the images, newest first: each with its mirror and the arguments to follow."""
    nodes = ancestors(top)
    reached = {images}
    for node in reversed(nodes):
        if any(parent in reached for parent in node.parents):
            reached.add(node)
    for node in nodes:
        if node in reached and node is not images:
            yield node, _mirror(node), [(i, p) for i, p in enumerate(node.parents) if p is not None and p in reached]


# ── the mirror of each operation: (node, which argument, signal at its output) -> signal at that argument ─────────────

Mirror = Callable[[Node, int, Array], Array]


def _kept(node: Node, name: str) -> Any:
    assert node.kept is not None
    return node.kept[name]


def _parent(node: Node, i: int) -> Node:
    parent = node.parents[i]
    assert parent is not None
    return parent


def _deconv(node: Node, i: int, signal: Array) -> Array:
    height, width = _parent(node, 0).shape[2:]
    return conv.conv_transpose2d(signal, _kept(node, "w"), (height, width), node.params["geometry"])


def _unpool(node: Node, i: int, signal: Array) -> Array:
    height, width = _parent(node, 0).shape[2:]
    return pool.unpool(signal, _kept(node, "switches"), (height, width), node.params["window"])


def _spread(node: Node, i: int, signal: Array) -> Array:
    height, width = _parent(node, 0).shape[2:]
    return pool.sum_unpool2d(signal, (height, width), node.params["window"])


def _cut(node: Node, i: int, signal: Array) -> Array:
    axis, start = node.params["axis"], node.params["starts"][i]
    return np.take(signal, np.arange(start, start + _parent(node, i).shape[axis]), axis)


def _same(node: Node, i: int, signal: Array) -> Array:
    return -signal if _operation(node) == "subtract" and i == 1 else signal


def _divided(node: Node, i: int, signal: Array) -> Array:
    if i == 1:
        raise NotImplementedError(f"DeconvNet: divide at {node.name!r} has no mirror for its denominator")
    divided: Array = signal / _kept(node, "y")
    return divided


def _repeat(node: Node, i: int, signal: Array) -> Array:
    shape, axes = _parent(node, 0).shape, node.params["axis"]
    return np.broadcast_to(signal.reshape([1 if a in axes else n for a, n in enumerate(shape)]), shape)


_MIRRORS: dict[str, Mirror] = {
    "conv2d": _deconv,
    "max_pool2d": _unpool,
    "sum_pool2d": _spread,
    "concatenate": _cut,
    "sum": _repeat,
    "add": _same,
    "subtract": _same,
    "relu": lambda node, i, signal: np.maximum(signal, 0),
    "linear": lambda node, i, signal: signal @ _kept(node, "w"),
    "reshape": lambda node, i, signal: signal.reshape(_parent(node, 0).shape),
    "transpose": lambda node, i, signal: signal.transpose(np.argsort(node.params["axes"])),
    "multiply": lambda node, i, signal: signal * _kept(node, "yx"[i]),
    "divide": _divided,
    "matmul": lambda node, i, signal: (
        signal @ np.swapaxes(_kept(node, "b"), -1, -2) if i == 0 else np.swapaxes(_kept(node, "a"), -1, -2) @ signal
    ),
}
_NAMES = {"conv2d": "deconv", "max_pool2d": "unpool", "linear": "linear, transposed", "concatenate": "split"}


def _operation(node: Node) -> str:
    return "images" if node.op is None else node.op.name


def _mirror(node: Node) -> Mirror:
    name = _operation(node)
    if name not in _MIRRORS:
        place = f" at {node.name!r}" if node.name else ""
        raise NotImplementedError(
            f"DeconvNet: {name}{place} has no mirror; vis.project walks through it by its own rule instead"
        )
    return _MIRRORS[name]
