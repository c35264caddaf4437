"""Zeiler & Fergus's deconvnet as the paper has it: a network of its own, which mirrors the one that is looked into.

    forward    x ──► conv ──► relu ──► pool ──► the chosen unit
    DeconvNet  x̂ ◄── deconv ◄ relu ◄── unpool ◄─ its activation, all others zero      forward, through the mirror

The second, independent implementation of what `projection.py` does by one backward pass over the tape. Source: Zeiler &
Fergus 2014, section 2.1; the report, section 3.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_mini.core.observer import saving
from autograd_mini.core.tape import Node, Rules, ancestors
from autograd_mini.kernels import conv, conv_nd, pool, windows

from ..errors import named_in_errors, refusal
from ..options import BackwardOptions, Bias, Overlap, Start, winners
from ..record import AfterRelu, Array, Channel, Position, record, value_of
from ..rules import DECONVNET, GRADIENT, GUIDED, LINEAR, ceiling
from .projection import Projection
from .protocol import Target


@dataclass(frozen=True)
class MirroredLayer:
    """One layer of a DeconvNet.

    Attributes:
        kind: what it does: "deconv", "unpool", "relu", …
        mirrors: the name of the layer that it mirrors, or of its operation.
        shape_in, shape_out: between which shapes it leads, on the way back.

    Example:
        >>> net = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=0))
        >>> vis.DeconvNet(net).layers(np.ones((1, 1, 5, 5), np.float32), "conv")
        [MirroredLayer(kind='deconv', mirrors='conv', shape_in=(1, 2, 3, 3), shape_out=(1, 1, 5, 5))]
    """

    kind: str
    mirrors: str
    shape_in: tuple[int, ...]
    shape_out: tuple[int, ...]


class MirroredNetwork(Projection):
    """The mirrored network as an Attribution: the same answers as `Projection`'s, without the tape's rules.

    Arguments:
        rules: one of the four rule sets; it only says which un-ReLU is meant.
        start, after_relu, overlap, bias: as for `Projection`.
    Raises:
        TypeError, ValueError: for choices that do not exist; NotImplementedError when called, for what has no mirror.
    Source: Zeiler & Fergus 2014, section 2.1.

    Example:
        >>> net, x = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=0), relu=nn.ReLU()), np.ones((1, 1, 4, 4), np.float32)
        >>> bool(np.abs(vis.MirroredNetwork()(net, x, "relu") - vis.Projection()(net, x, "relu")).max() < 1e-6)
        True
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if not any(self.rules == known for known, _ in _UNRELUS):
            raise refusal(ValueError, "rules must be DECONVNET, GRADIENT, GUIDED or LINEAR; for others, vis.project")

    def saving(self) -> AbstractContextManager[None]:
        """Biases, which no rule of the tape names."""
        context: AbstractContextManager[None] = saving(
            {"conv2d": ("b",), "conv": ("b",), "linear": ("b",), "clip": ("out",)}
        )
        return context

    def caution(self, target: Target) -> str:
        """None: what rules could leave alone has no mirror, and is refused."""
        return ""

    def backward(self, target: Target, retain_graph: bool = False) -> Array:
        """The signal through the mirror, layer by layer."""
        top, images = target.value.node, target.recorded.images.node
        assert top is not None
        assert images is not None
        signals: dict[Node, Array] = {top: target.seed(self.start)}
        for node, mirror, inputs in _mirrored(top, images):
            signal = signals.pop(node)
            for i, parent in inputs:
                mirrored = mirror(node, i, signal, self)
                if mirrored.shape != parent.shape:
                    raise refusal(
                        NotImplementedError, f"{_operation(node)} at {node.name!r} broadcasts the images' side"
                    )
                signals[parent] = signals[parent] + mirrored if parent in signals else mirrored
        return signals[images]


class DeconvNet:
    """The paper's mirrored network of a model, built from the graph that the model records.

    Every layer between the images and the chosen one gets its mirror: max-pooling an unpooling by its switches, ReLU a
    ReLU, convolution a transposed convolution with the same filters, a linear layer its transposed matrix, branches
    and joins their reverses. It does not use the tape's rules: it is the second, independent implementation.

    Arguments:
        model: any function of a Tensor whose activations carry names.
    Raises:
        NotImplementedError: when used, naming the layer, for an operation that has no mirror.
    Source: Zeiler & Fergus 2014, section 2.1.

    Example:
        >>> net = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=0), relu=nn.ReLU(), pool=nn.MaxPool2d(2))
        >>> [layer.kind for layer in vis.DeconvNet(net).layers(np.ones((1, 1, 6, 6), np.float32), "pool")]
        ['unpool', 'relu', 'deconv']
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    @named_in_errors("DeconvNet")
    def project(
        self,
        images: Any,
        layer: str,
        *,
        channel: Channel = None, position: Position = None, inside: bool = False, rules: Rules = DECONVNET,
        start: Start = "activation", after_relu: AfterRelu = True, overlap: Overlap = "sum", bias: Bias = "dropped",
    ) -> Array:  # fmt: skip
        """Project a unit back to the pixels; arguments, result and errors are those of `vis.project`.

        rules: one of the four rule sets; it only says which un-ReLU is meant. Raises ValueError for others.
        """
        how = MirroredNetwork(rules, start, after_relu, overlap, bias)
        return how(self.model, images, layer, channel=channel, position=position, inside=inside)

    @named_in_errors("DeconvNet")
    def layers(self, images: Any, layer: str) -> list[MirroredLayer]:
        """The mirrored network from `layer` down to the pixels, top first."""
        recorded = record(self.model, images)
        top, pixels = value_of(recorded, layer).node, recorded.images.node
        assert top is not None
        assert pixels is not None
        return [
            MirroredLayer(_NAMES.get(op := _operation(n), op), n.name or op, n.shape, parent.shape)
            for n, _, inputs in _mirrored(top, pixels)
            for _, parent in inputs
        ]


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
    out, most = _kept(node, "out"), ceiling(node)
    assert most is not None
    grows = (out > 0) & (out < most)
    return next(unrelu for rules, unrelu in _UNRELUS if rules == how.rules)(signal, out > 0, grows)


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


def _unpool_sliding(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    """The same for windows with dilations and partial ones, on any number of axes."""
    shape, window, switches = _parent(node, 0).shape, node.params["window"], _kept(node, "switches")
    if how.overlap != "sum":
        values = signal if how.overlap == "max" else None
        signal = np.where(winners(switches, shape, window, values), signal, 0)
    unpooled: Array = windows.unpool_at(signal, switches, shape[2:], window)
    return unpooled


def _deconv_grouped(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    """A convolution in groups, or on another number of axes than two."""
    w, geometry = _kept(node, "w"), node.params["geometry"]
    images: Array = conv_nd.conv_transpose(_unbiased(node, signal, how), w, _parent(node, 0).shape[2:], geometry)
    return images


def _conv(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    """A transposed convolution, whose mirror is the convolution."""
    if i:
        raise refusal(NotImplementedError, f"{_operation(node)} at {node.name!r} has a mirror for its maps only")
    w, geometry = _kept(node, "w"), node.params["geometry"]
    if _operation(node) == "conv_transpose2d":
        return conv.conv2d(signal, w, None, geometry)
    maps: Array = conv_nd.conv(signal, w, None, _parent(node, 0).shape[2:], geometry)
    return maps


def _inside(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    """Without a border."""
    sides = zip(node.params["pad_width"], _parent(node, 0).shape, strict=True)
    return signal[tuple(slice(before, before + n) for (before, _), n in sides)]


def _put_back(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    """What was taken out of an array, at its place among zeros."""
    out = np.zeros(_parent(node, 0).shape, signal.dtype)
    np.add.at(out, node.params["index"], signal)
    return out


def _spread(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    height, width = _parent(node, 0).shape[2:]
    return pool.sum_unpool2d(signal, (height, width), node.params["window"])


def _spread_sliding(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    spread: Array = windows.sum_unpool(signal, _parent(node, 0).shape[2:], node.params["window"])
    return spread


def _cut(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    axis, start = node.params["axis"], node.params["starts"][i]
    return np.take(signal, np.arange(start, start + _parent(node, i).shape[axis]), axis)


def _same(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    return -signal if _operation(node) == "subtract" and i == 1 else signal


def _divided(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    if i == 1:
        raise refusal(NotImplementedError, f"divide at {node.name!r} has no mirror for its denominator")
    divided: Array = signal / _kept(node, "y")
    return divided


def _repeat(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    shape, axes = _parent(node, 0).shape, node.params["axis"]
    return np.broadcast_to(signal.reshape([1 if a in axes else n for a, n in enumerate(shape)]), shape)


def _channels_scaled(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    """Batch normalisation by remembered statistics, which themselves have no mirror."""
    if i:
        raise refusal(NotImplementedError, f"channel_affine at {node.name!r} has a mirror for its images only")
    scaled: Array = signal * _kept(node, "a").reshape((-1, *[1] * (signal.ndim - 2)))
    return scaled


def _product(node: Node, i: int, signal: Array, how: BackwardOptions) -> Array:
    other = np.swapaxes(_kept(node, "ba"[i]), -1, -2)
    mirrored: Array = signal @ other if i == 0 else other @ signal
    return mirrored


_MIRRORS: dict[str, Mirror] = {
    "conv2d": _deconv,
    "conv": _deconv_grouped,
    "conv_transpose2d": _conv,
    "conv_transpose": _conv,
    "max_pool2d": _unpool,
    "max_pool": _unpool_sliding,
    "sum_pool2d": _spread,
    "sum_pool": _spread_sliding,
    "pad": _inside,
    "getitem": _put_back,
    "copy": lambda node, i, signal, how: signal,
    "negative": lambda node, i, signal, how: -signal,
    "concatenate": _cut,
    "sum": _repeat,
    "add": _same,
    "subtract": _same,
    "relu": _unrelu,
    "relu6": _unrelu,
    "clip": _unrelu,
    "linear": _linear,
    "reshape": lambda node, i, signal, how: signal.reshape(_parent(node, 0).shape),
    "transpose": lambda node, i, signal, how: signal.transpose(np.argsort(node.params["axes"])),
    "channel_affine": _channels_scaled,
    "multiply": lambda node, i, signal, how: signal * _kept(node, "yx"[i]),
    "divide": _divided,
    "matmul": _product,
}
_UNRELUS: list[
    tuple[Rules, Callable[[Array, Array, Array], Array]]
] = [  # (signal, where the unit was on, where it grows)
    (DECONVNET, lambda signal, on, grows: np.maximum(signal, 0)),
    (GRADIENT, lambda signal, on, grows: signal * grows),
    (GUIDED, lambda signal, on, grows: np.maximum(signal, 0) * on),
    (LINEAR, lambda signal, on, grows: signal),
]
_NAMES = {
    "conv2d": "deconv",
    "conv": "deconv",
    "max_pool2d": "unpool",
    "max_pool": "unpool",
    "linear": "linear, transposed",
    "concatenate": "split",
}


def _operation(node: Node) -> str:
    return "images" if node.op is None else node.op.name


def _mirror(node: Node) -> Mirror:
    name = _operation(node)
    if name not in _MIRRORS or (name == "clip" and ceiling(node) is None):
        place = f" at {node.name!r}" if node.name else ""
        raise refusal(
            NotImplementedError, f"{name}{place} has no mirror; vis.project passes through it by its own rule instead"
        )
    return _MIRRORS[name]
