"""Zeiler & Fergus's deconvnet, twice: as one backward pass over the tape, and as the paper's mirrored network.

    forward    x ──► conv ──► relu ──► pool ──► the chosen unit
    project    ∂x ◄─ convᵀ ◄─ rule ◄── unpool ◄─ its activation, all others zero      backward pass, its rule replaced
    DeconvNet  x̂ ◄── deconv ◄ relu ◄── unpool ◄─ its activation, all others zero      a network of its own, forward

Both drop biases (the adjoint of adding a constant is the identity) and add up where unpooling windows overlap, unless
asked otherwise: `options.py` lists the options. Source: Zeiler & Fergus 2014, section 2.1; the report, section 3.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_mini import grad
from autograd_mini.core.observer import saving
from autograd_mini.core.tape import Node, Rules, ancestors
from autograd_mini.kernels import conv, pool

from ..options import BackwardOptions, Bias, Overlap, Start, saving_for
from ..record import Array, Position, Recorded, after_own_relu, choose_units, find_layer, named_in_errors, record
from ..rules import DECONVNET, GRADIENT, GUIDED, LINEAR


@named_in_errors("project")
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
    overlap: Overlap = "sum",
    bias: Bias = "dropped",
) -> Array:
    """Project a unit of a layer back to the pixels: which part of each image made it respond, and how.

    model: any function of a Tensor whose activations carry names; it runs in evaluation mode. images (N, C, H, W) ->
    an array of that shape, one projection an image. layer: the activation's name. channel, position: the unit, by
    default the strongest of the layer (position: the strongest of the channel); position "all" takes the whole channel.
    rules: DECONVNET, GRADIENT, GUIDED or LINEAR, or your own, which may name any argument, by-product or result.
    start: the unit's activation, or a number to start from. after_relu: start behind the layer's own ReLU where one
    alone takes it on. overlap: where unpooling windows overlap their values are added ("sum"), or one of them stays:
    the later window's in row-major order ("overwrite") or the larger ("max", of negative ones the less negative).
    bias: that of convolutions and linear layers is "dropped", or "subtracted" from the whole signal before the
    transposed filter.

    A unit that is off (0 after its ReLU) gives a projection of zeros; one whose activation is negative (a logit)
    starts from that negative number, so its picture shows what lowers it. The rule sets replace the rule of `relu`
    alone: other rectifiers (`maximum(x, 0)`, `leaky_relu`) keep their true derivative, and in a net without ReLU all
    four give the same picture (a report's page says so).

    Raises KeyError for an unknown layer, IndexError for a unit that is not there, ValueError or TypeError for images
    that are none and for choices that do not exist. Source: Zeiler & Fergus 2014, section 2.1.
    """
    how = BackwardOptions(rules, start, after_relu, overlap, bias)
    rules = how.backward_rules()
    with saving_for(rules):
        recorded = record(model, images, enough=how.reached(layer))
    value, seed = _start(recorded, layer, channel, position, how)
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

    @named_in_errors("DeconvNet")
    def project(
        self,
        images: Any,
        layer: str,
        *,
        channel: int | None = None,
        position: Position = None,
        rules: Rules = DECONVNET,
        start: Start = "activation",
        after_relu: bool = True,
        overlap: Overlap = "sum",
        bias: Bias = "dropped",
    ) -> Array:
        """Project a unit back to the pixels; arguments, result and errors are those of `vis.project`.

        rules: one of the four rule sets; it only says which un-ReLU is meant. Raises ValueError for others.
        """
        how = BackwardOptions(rules, start, after_relu, overlap, bias)
        if not any(rules == known for known, _ in _UNRELUS):
            raise ValueError("DeconvNet: rules must be DECONVNET, GRADIENT, GUIDED or LINEAR; for others, vis.project")
        with saving({"conv2d": ("b",), "linear": ("b",)}):
            recorded = record(self.model, images, enough=how.reached(layer))
        value, seed = _start(recorded, layer, channel, position, how)
        assert value.node is not None
        assert recorded.images.node is not None
        signals: dict[Node, Array] = {value.node: seed}
        for node, mirror, inputs in _mirrored(value.node, recorded.images.node):
            signal = signals.pop(node)
            for i, parent in inputs:
                mirrored = mirror(node, i, signal, how)
                if mirrored.shape != parent.shape:
                    raise NotImplementedError(
                        f"DeconvNet: {_operation(node)} at {node.name!r} broadcasts the images' side"
                    )
                signals[parent] = signals[parent] + mirrored if parent in signals else mirrored
        return signals[recorded.images.node]

    @named_in_errors("DeconvNet")
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
    recorded: Recorded, layer: str, channel: int | None, position: Position, how: BackwardOptions
) -> tuple[Any, Array]:
    """The value to start from and the signal there: zeros but for the chosen unit of each image."""
    value = find_layer(recorded, layer)
    if how.after_relu:
        value = after_own_relu(recorded, value)
    values = value.numpy()
    mask = choose_units(values, channel, position)
    return value, np.where(mask, values if how.start == "activation" else np.asarray(how.start, values.dtype), 0)


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


# ── the mirror of each operation: (node, which argument, signal at its output, how) -> signal at that argument ────────

Mirror = Callable[[Node, int, Array, BackwardOptions], Array]


def _kept(node: Node, name: str) -> Any:
    assert node.saved is not None
    return node.saved[name]


def _parent(node: Node, i: int) -> Node:
    parent = node.parents[i]
    assert parent is not None
    return parent


def _unbiased(node: Node, signal: Array, how: BackwardOptions) -> Array:
    b = _kept(node, "b")
    if b is None or how.bias == "dropped":
        return signal
    lifted: Array = signal - np.expand_dims(b, tuple(range(1, signal.ndim - 1)))
    return lifted


def _deconv(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    height, width = _parent(node, 0).shape[2:]
    signal = _unbiased(node, signal, how)
    return conv.conv_transpose2d(signal, _kept(node, "w"), (height, width), node.params["geometry"])


def _linear(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    transposed: Array = _unbiased(node, signal, how) @ _kept(node, "w")
    return transposed


def _unrelu(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    return next(unrelu for rules, unrelu in _UNRELUS if rules == how.rules)(signal, _kept(node, "out") > 0)


def _unpool(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    """Window after window, in row-major order, puts its value at its switch."""
    (count, maps, height, width), window = _parent(node, 0).shape, node.params["window"]
    switches = _kept(node, "switches")
    if how.overlap == "sum":
        return pool.unpool(signal, switches, (height, width), window)
    out = np.full((count, maps, height, width), -np.inf, signal.dtype)
    n, c = np.ogrid[:count, :maps]
    for i, j in np.ndindex(signal.shape[2:]):
        down, across = np.divmod(switches[:, :, i, j].astype(int), window.kernel_size[1])
        y = down + i * window.stride[0] - window.padding[0]
        x = across + j * window.stride[1] - window.padding[1]
        value = signal[:, :, i, j]
        out[n, c, y, x] = np.maximum(out[n, c, y, x], value) if how.overlap == "max" else value
    return np.where(np.isneginf(out), 0, out)


def _spread(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    height, width = _parent(node, 0).shape[2:]
    return pool.sum_unpool2d(signal, (height, width), node.params["window"])


def _cut(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    axis, start = node.params["axis"], node.params["starts"][i]
    return np.take(signal, np.arange(start, start + _parent(node, i).shape[axis]), axis)


def _same(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    return -signal if _operation(node) == "subtract" and i == 1 else signal


def _divided(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    if i == 1:
        raise NotImplementedError(f"DeconvNet: divide at {node.name!r} has no mirror for its denominator")
    divided: Array = signal / _kept(node, "y")
    return divided


def _repeat(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    shape, axes = _parent(node, 0).shape, node.params["axis"]
    return np.broadcast_to(signal.reshape([1 if a in axes else n for a, n in enumerate(shape)]), shape)


def _channels_scaled(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    """Batch normalisation by remembered statistics, which themselves have no mirror."""
    if i:
        raise NotImplementedError(f"DeconvNet: channel_affine at {node.name!r} has a mirror for its images only")
    scaled: Array = signal * _kept(node, "a").reshape((-1, *[1] * (signal.ndim - 2)))
    return scaled


def _product(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    other = np.swapaxes(_kept(node, "ba"[i]), -1, -2)
    mirrored: Array = signal @ other if i == 0 else other @ signal
    return mirrored


_MIRRORS: dict[str, Mirror] = {
    "conv2d": _deconv,
    "max_pool2d": _unpool,
    "sum_pool2d": _spread,
    "concatenate": _cut,
    "sum": _repeat,
    "add": _same,
    "subtract": _same,
    "relu": _unrelu,
    "linear": _linear,
    "reshape": lambda node, i, signal, how: signal.reshape(_parent(node, 0).shape),
    "transpose": lambda node, i, signal, how: signal.transpose(np.argsort(node.params["axes"])),
    "channel_affine": _channels_scaled,
    "multiply": lambda node, i, signal, how: signal * _kept(node, "yx"[i]),
    "divide": _divided,
    "matmul": _product,
}
_UNRELUS: list[tuple[Rules, Callable[[Array, Array], Array]]] = [  # (signal, where the unit was on) -> signal
    (DECONVNET, lambda signal, on: np.maximum(signal, 0)),
    (GRADIENT, lambda signal, on: signal * on),
    (GUIDED, lambda signal, on: np.maximum(signal, 0) * on),
    (LINEAR, lambda signal, on: signal),
]
_NAMES = {"conv2d": "deconv", "max_pool2d": "unpool", "linear": "linear, transposed", "concatenate": "split"}


def _operation(node: Node) -> str:
    return "images" if node.op is None else node.op.name


def _mirror(node: Node) -> Mirror:
    name = _operation(node)
    if name not in _MIRRORS:
        place = f" at {node.name!r}" if node.name else ""
        raise NotImplementedError(
            f"DeconvNet: {name}{place} has no mirror; vis.project passes through it by its own rule instead"
        )
    return _MIRRORS[name]
