"""What an operation's result sees of its arguments: sets of elements, one step back along the tape.

A set is a boolean array that broadcasts to the shape of what it is a set of; an axis of length 1 says that all along it
are in the set or none is. Weights count as generic: one that is 0 does not hide an element. Of operations that are not
in the table here the kind tells: what is elementwise sees one element each, what is linear those its adjoint reaches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_mini.core.primitive import PRIMITIVES
from autograd_mini.core.tape import Node
from autograd_mini.kernels.layout import Geometry, Pair

from ..record import Array

Set = Array
Seeing = Callable[[Node, int, Set], Set]
Box = tuple[int, int, int, int]
"""Rows and columns of a map, and of the padding around it: top, left, bottom, right, half-open."""


def seen_of(node: Node, i: int, seen: Set) -> Set:
    """The elements of argument i that are seen by those in `seen` of the node's result; all if we do not know it."""
    assert node.op is not None
    return seeing(node.op.name)(node, i, seen)


def seeing(name: str) -> Seeing:
    """What is known of an operation: from the table, or from its kind; `everything` if nothing is."""
    return _SEEING.get(name) or _OF_KIND.get(PRIMITIVES[name].kind, everything)


def box_of(node: Node, i: int, box: Box) -> Box | None:
    """The same for a box of pixels, wherever it lies: beyond the edge too. None if the step is not one from map to map.

    A convolution's window stands on padding as it stands on pixels, so the box keeps its size at the border.
    """
    assert node.op is not None
    name, shape = node.op.name, _shape(node, i)
    if len(shape) != 4 or len(node.shape) != 4:
        return None
    if name == "pad":
        (above, _), (left, _) = node.params["pad_width"][2:]
        return box[0] - above, box[1] - left, box[2] - above, box[3] - left
    how = seeing(name)
    if how in (_filtered, _windows, _painted, _under):
        if i:
            return None
        back = _line if how in (_filtered, _windows) else _line_back
        kernel, geometry = _sliding(node)
        spans = zip((box[::2], box[1::2]), kernel, *geometry, strict=True)
        (top, bottom), (left, right) = (back(*numbers) for numbers in spans)
        return top, left, bottom, right
    stays = shape[2:] == node.shape[2:] and (
        how in (_alike, _by_channel, _reduced, _along) or (name == "concatenate" and node.params["axis"] == 1)
    )
    return box if stays else None


def bounds(seen: Set, shape: tuple[int, ...]) -> Box:
    """The smallest box around a set of elements of maps (N, C, H, W)."""
    if len(shape) != 4:
        return 0, 0, 1, 1
    whole = np.broadcast_to(seen, (*seen.shape[:2], *shape[2:]))
    rows, columns = np.flatnonzero(whole.any(axis=(0, 1, 3))), np.flatnonzero(whole.any(axis=(0, 1, 2)))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def _line(span: Pair, k: int, s: int, p: int, d: int) -> Pair:
    """On one axis: what the windows of outputs first … last − 1 stand on."""
    first, last = span
    return first * s - p, (last - 1) * s - p + d * (k - 1) + 1


def _line_back(span: Pair, k: int, s: int, p: int, d: int) -> Pair:
    """On one axis: the outputs whose windows stand on pixels first … last − 1."""
    first, last = span
    return -((d * (k - 1) - p - first) // s), (last - 1 + p) // s + 1


# ── the sets of each operation ────────────────────────────────────────────────────────────────────────────────────────


def _shape(node: Node, i: int) -> tuple[int, ...]:
    parent = node.parents[i]
    assert parent is not None
    return parent.shape


def _any(seen: Set, *axes: int) -> Set:
    """Whether anything along the axes is in the set; they stay, with length 1."""
    return np.asarray(seen.any(axis=axes, keepdims=True))


def everything(node: Node, i: int, seen: Set) -> Set:
    """All elements, if any result is seen."""
    return np.full((1,) * len(_shape(node, i)), seen.any())


def _alike(node: Node, i: int, seen: Set) -> Set:
    """Elementwise, broadcasting undone."""
    shape = _shape(node, i)
    lead = seen.ndim - len(shape)
    seen = _any(seen, *range(lead), *(lead + axis for axis, n in enumerate(shape) if n == 1))
    return seen.reshape(seen.shape[lead:])


def _by_adjoint(node: Node, i: int, seen: Set) -> Set:
    """Linear, without weights of its own: what the adjoint makes of random numbers, none of which cancel."""
    if node.outputs or node.op is None:
        return everything(node, i, seen)
    g = np.where(seen, np.random.default_rng(0).uniform(1, 2, node.shape), 0)
    wanted = [parent if k == i else None for k, parent in enumerate(node.parents)]
    reached: Set = node.op.vjp(node, g, wanted, None, None)[i] != 0
    return _alike(node, i, reached)


def _filtered(node: Node, i: int, seen: Set) -> Set:
    """conv2d: of the images every channel; of filters and biases those of the channels that are seen."""
    if i:
        return _any(seen, 0, 2, 3).reshape((-1, *[1] * (len(_shape(node, i)) - 1)))
    return _windows(node, i, _any(seen, 1))


def _painted(node: Node, i: int, seen: Set) -> Set:
    """conv_transpose2d: of the maps every channel; of the filters the channels that are seen."""
    return _any(seen, 0, 2, 3) if i else _under(node, i, _any(seen, 1))


def _sliding(node: Node) -> tuple[Any, Geometry]:
    """kernel_size; stride, padding and dilation."""
    if "window" in node.params:
        kernel, stride, padding = node.params["window"]
        return kernel, Geometry(stride, padding, (1, 1))
    assert node.saved is not None
    return (node.saved["w"] if node.parents[1] is None else node.parents[1]).shape[2:], node.params["geometry"]


def _windows(node: Node, i: int, seen: Set) -> Set:
    """The pixels in the windows of the outputs that are seen. (…, Hout, Wout) -> (…, H, W)."""
    return _on_each_axis(node, node.shape, _shape(node, i), seen, _spread)


def _under(node: Node, i: int, seen: Set) -> Set:
    """The other way: the values in whose windows the seen pixels lie. (…, H, W) -> (…, Hout, Wout)."""
    return _on_each_axis(node, _shape(node, i), node.shape, seen, _gather)


def _on_each_axis(node: Node, maps: tuple[int, ...], images: tuple[int, ...], seen: Set, step: Any) -> Set:
    """Rows, then columns: the pixels of a window are the product of its rows and its columns."""
    kernel, geometry = _sliding(node)
    seen = np.broadcast_to(seen, (*seen.shape[:2], *node.shape[2:]))
    for axis in (2, 3):
        k, s, p, d = kernel[axis - 2], *(pair[axis - 2] for pair in geometry)
        n, length = maps[axis], images[axis]
        lines = [slice(u * d, u * d + (n - 1) * s + 1, s) for u in range(k)]  # of a canvas with the padding around
        moved = step(np.moveaxis(seen, axis, 0), lines, max((n - 1) * s + (k - 1) * d + 1, p + length), p, length)
        seen = np.moveaxis(moved, 0, axis)
    return seen


def _spread(seen: Set, lines: list[slice], canvas: int, p: int, length: int) -> Set:
    out = np.zeros((canvas, *seen.shape[1:]), bool)
    for line in lines:
        out[line] |= seen
    return out[p : p + length]


def _gather(seen: Set, lines: list[slice], canvas: int, p: int, length: int) -> Set:
    out = np.zeros((canvas, *seen.shape[1:]), bool)
    out[p : p + length] = seen
    gathered: Set = np.logical_or.reduce([out[line] for line in lines])
    return gathered


def _part(node: Node, i: int, seen: Set) -> Set:
    axis, start = node.params["axis"], node.params["starts"][i]
    if seen.shape[axis] == 1 != node.shape[axis]:
        return seen
    return seen[(*[slice(None)] * axis, slice(start, start + _shape(node, i)[axis]))]


def _indexed(node: Node, i: int, seen: Set) -> Set:
    shape = _shape(node, i)
    places = np.arange(np.prod(shape, dtype=int)).reshape(shape)[node.params["index"]]
    out = np.zeros(shape, bool)
    out.reshape(-1)[places[np.broadcast_to(seen, node.shape)]] = True
    return out


def _inside(node: Node, i: int, seen: Set) -> Set:
    whole = np.broadcast_to(seen, node.shape)
    return whole[tuple(slice(w[0], w[0] + n) for w, n in zip(node.params["pad_width"], _shape(node, i), strict=True))]


def _reshaped(node: Node, i: int, seen: Set) -> Set:
    shape = _shape(node, i)
    return seen.reshape((1,) * len(shape)) if seen.size == 1 else np.broadcast_to(seen, node.shape).reshape(shape)


def _reduced(node: Node, i: int, seen: Set) -> Set:
    return seen if node.params["keepdims"] else np.expand_dims(seen, node.params["axis"])


def _along(node: Node, i: int, seen: Set) -> Set:
    return _any(seen, node.params["axis"])


def _multiplied(node: Node, i: int, seen: Set) -> Set:
    """matmul: rows of the first, columns of the second."""
    return _alike(node, i, _any(seen, -1 if i == 0 else -2))


def _multiplied_by_weights(node: Node, i: int, seen: Set) -> Set:
    """linear: rows of the input; rows of the weights, and entries of the bias."""
    return _any(seen, 1) if i == 0 else _any(seen, 0).reshape((-1, *[1] * (2 - i)))


def _by_channel(node: Node, i: int, seen: Set) -> Set:
    """channel_affine: of images the same elements; of vectors the entries of the channels that are seen."""
    return seen if len(_shape(node, i)) > 1 else _any(seen, 0, *range(2, seen.ndim)).reshape(-1)


def _summed(node: Node, i: int, seen: Set) -> Set:
    """channel_sums, moments: every element of a channel; what stands beside y has no part in Σ y."""
    whole = np.broadcast_to(seen, node.shape)[1 if i else 0 :]
    return _any(whole, 0).reshape((-1, *[1] * (len(_shape(node, i)) - 2)))


def _whole_channels(node: Node, i: int, seen: Set) -> Set:
    """normalise: every element of a channel has its part in the channel's mean and variance."""
    seen = _any(seen, 0, *range(2, seen.ndim))
    return seen if i == 0 else seen.reshape(-1)


_SEEING: dict[str, Seeing] = {
    **dict.fromkeys(
        ("add", "broadcast_to", "divide", "dropout", "gate", "maximum", "minimum", "multiply", "negative", "power",
         "subtract", "where"), _alike,
    ),
    **dict.fromkeys(("max_pool2d", "pool", "sum_pool2d"), _windows),
    **dict.fromkeys(("unpool", "sum_unpool2d"), _under),
    **dict.fromkeys(("sum", "max", "min"), _reduced),
    **dict.fromkeys(("softmax", "log_softmax", "logsumexp"), _along),
    "channel_affine": _by_channel,
    **dict.fromkeys(("channel_sums", "moments"), _summed),
    "normalise": _whole_channels,
    "conv2d": _filtered,
    "conv_transpose2d": _painted,
    "linear": _multiplied_by_weights,
    "matmul": _multiplied,
    "concatenate": _part,
    "reshape": _reshaped,
    "transpose": lambda node, i, seen: seen.transpose(np.argsort(node.params["axes"])),
    "getitem": _indexed,
    "index_add": lambda node, i, seen: np.broadcast_to(seen, node.shape)[node.params["index"]],
    "pad": _inside,
}  # fmt: skip

_OF_KIND: dict[str, Seeing] = {"elementwise": _alike, "linear": _by_adjoint}
