"""What the layers of nets are written as: products, convolutions, pools, normalisations, resampling, attention."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...kernels.layout import Geometry, Grouped
from .elementwise import numeric
from .graph import Graph, UnwrittenError, Var, written

# ── products ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@written("matmul", plain=True)
def _matmul(graph: Graph, a: Var, b: Var) -> Var:
    return graph.MatMul(numeric(graph, a), numeric(graph, b))


@written("linear")
def _linear(graph: Graph, x: Var, w: Var, b: Var | None) -> Var:
    x, w = numeric(graph, x), numeric(graph, w)
    if x.ndim == 2:
        return graph.Gemm(x, w, *([] if b is None else [numeric(graph, b)]), transB=1)
    y = graph.MatMul(x, graph.Transpose(w, perm=[1, 0]))
    return y if b is None else y + numeric(graph, b)


@written("einsum", plain=True)
def _einsum(graph: Graph, *operands: Var, terms: Any, out: str, **_: Any) -> Var:
    letters = dict(
        zip(
            dict.fromkeys("".join(map(str, (*terms, out)))),
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
            strict=False,
        )
    )
    spelt = ["".join(letters[c] for c in term) for term in (*terms, out)]
    return graph.Einsum(*(numeric(graph, x) for x in operands), equation=f"{','.join(spelt[:-1])}->{spelt[-1]}")


@written("crossed", plain=True)
def _crossed(graph: Graph, a: Var, b: Var) -> Var:
    def turned(x: Var, places: Any) -> Var:
        return graph.Gather(x, graph.ints(places), axis=x.ndim - 1)

    a, b, after, before = numeric(graph, a), numeric(graph, b), (1, 2, 0), (2, 0, 1)
    return turned(a, after) * turned(b, before) - turned(a, before) * turned(b, after)


@written("convolved", plain=True)
def _whole_convolution(graph: Graph, a: Var, v: Var) -> Var:
    m = v.shape[0]
    turned = graph.slice(numeric(graph, v), 0, -1, -(2**62), -1)
    return _line_convolution(graph, numeric(graph, a), turned, [m - 1, m - 1])


@written("correlated", plain=True)
def _correlated(graph: Graph, y: Var, v: Var) -> Var:
    return _line_convolution(graph, numeric(graph, y), numeric(graph, v), [0, 0])


def _line_convolution(graph: Graph, a: Var, v: Var, pads: list[int]) -> Var:
    y = graph.Conv(graph.unsqueeze(a, 0, 1), graph.unsqueeze(v, 0, 1), pads=pads)
    return graph.squeeze(y, 0, 1)


@written("det")
def _det(graph: Graph, a: Var) -> Var:
    return graph.Det(numeric(graph, a))


# ── convolutions ──────────────────────────────────────────────────────────────────────────────────────────────────────


def sides(size: Any, pixels: Any, kernel: Any, geometry: Any) -> list[int]:
    """The padding before and behind, so that so many outputs come out."""
    stride, padding, dilation = geometry[:3]
    behind = [
        (m - 1) * s + d * (k - 1) + 1 - n - p
        for m, s, d, k, n, p in zip(size, stride, dilation, kernel, pixels, padding, strict=True)
    ]
    return [*padding, *behind]


def how_of(geometry: Any, kernel: Any) -> dict[str, Any]:
    """How filters slide, as attributes of a node."""
    return {
        "kernel_shape": [int(k) for k in kernel],
        "strides": [int(s) for s in geometry.stride],
        "dilations": [int(d) for d in geometry.dilation],
        "group": int(getattr(geometry, "groups", 1)),
    }


def convolution(graph: Graph, x: Var, w: Var, b: Var | None, size: Any, geometry: Any) -> Var:
    """A Conv node; where padding behind is negative, the image is cut."""
    x, w = numeric(graph, x), numeric(graph, w)
    kernel = w.shape[2:]
    pads = sides(size, x.shape[2:], kernel, geometry)
    axes = len(kernel)
    for i, behind in enumerate(pads[axes:]):
        if behind < 0:  # pixels that no window reaches
            pads[axes + i] = 0
    given = [] if b is None else [numeric(graph, b)]
    return graph.Conv(x, w, *given, pads=[int(p) for p in pads], **how_of(geometry, kernel))


@written("conv2d")
def _conv2d(graph: Graph, x: Var, w: Var, b: Var | None, *, geometry: Geometry) -> Var:
    kernel = w.shape[2:]
    pads = [int(p) for p in (*geometry.padding, *geometry.padding)]
    given = [] if b is None else [numeric(graph, b)]
    return graph.Conv(numeric(graph, x), numeric(graph, w), *given, pads=pads, **how_of(geometry, kernel))


@written("conv")
def _conv(graph: Graph, x: Var, w: Var, b: Var | None, *, size: Any, geometry: Grouped) -> Var:
    return convolution(graph, x, w, b, size, geometry)


@written("conv_transpose2d", "conv_transpose")
def _conv_transpose(graph: Graph, y: Var, w: Var, *, size: Any, geometry: Any) -> Var:
    return transposed_convolution(graph, y, w, size, geometry)


def transposed_convolution(graph: Graph, y: Var, w: Var, size: Any, geometry: Any) -> Var:
    """A ConvTranspose node, which gives images of the size."""
    kernel = w.shape[2:]
    pads = sides(y.shape[2:], size, kernel, geometry)
    axes = len(kernel)
    more = [max(0, -n) for n in pads[axes:]]
    pads = [*pads[:axes], *(max(0, n) for n in pads[axes:])]
    return graph.ConvTranspose(
        numeric(graph, y), numeric(graph, w), pads=[int(p) for p in pads],
        output_padding=[int(n) for n in more] if any(more) else None, **how_of(geometry, kernel),
    )  # fmt: skip


@written("conv2d_filter", "conv_filter")
def _conv_filter(graph: Graph, x: Var, y: Var, *, size: Any, geometry: Any) -> Var:
    axes = len(size)
    if getattr(geometry, "groups", 1) != 1:
        raise UnwrittenError("is the gradient of grouped filters, for which ONNX has no operator")
    turn, maps = [1, 0, *range(2, 2 + axes)], y.shape[2:]
    turned = Geometry(geometry.dilation, geometry.padding, geometry.stride)
    pads = sides(size, x.shape[2:], maps, turned)
    pads = [*pads[:axes], *(max(0, n) for n in pads[axes:])]
    x, y = (graph.Transpose(numeric(graph, v), perm=turn) for v in (x, y))
    found = graph.Conv(x, y, pads=[int(p) for p in pads], **how_of(turned, maps))
    for i, n in enumerate(size):
        found = graph.slice(found, 2 + i, 0, n)  # the last pixels of an image may meet no window
    return graph.Transpose(found, perm=turn)


# ── losses ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@written("cross_entropy")
def _cross_entropy(graph: Graph, logits: Var, labels: Var) -> Var:
    return graph.SoftmaxCrossEntropyLoss(numeric(graph, logits), graph.cast(labels, np.int64), reduction="mean")


@written("less_one_hot")
def _less_one_hot(graph: Graph, p: Var, labels: Var) -> Var:
    return p - _hot(graph, p, labels)


def _hot(graph: Graph, like: Var, labels: Var) -> Var:
    values = graph.array([0, 1], like.dtype)
    return graph.OneHot(graph.cast(labels, np.int64), graph.ints([like.shape[1]]), values, dtype=like.dtype)


@written("cross_entropy_back")
def _cross_entropy_back(graph: Graph, logits: Var, labels: Var, factor: Var) -> Var:
    return (graph.Softmax(logits, axis=1) - _hot(graph, logits, labels)) * numeric(graph, factor)
