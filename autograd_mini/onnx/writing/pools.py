"""What pools and patches are written as; switches are known by their places in the image."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ...kernels.layout import Geometry, Grouped, Sliding, Window
from .elementwise import MEANS, numeric
from .graph import Graph, UnwrittenError, Var, written
from .layers import how_of, sides, transposed_convolution
from .shapes import added


@written("max_pool2d")
def _max_pool2d(graph: Graph, x: Var, *, window: Window) -> tuple[Var, Var]:
    size = [(n + 2 * p - k) // s + 1 for n, k, s, p in zip(x.shape[2:], *window, strict=True)]
    return _chosen_maps(graph, x, size, Sliding(*window, (1, 1)))


@written("max_pool")
def _max_pool(graph: Graph, x: Var, *, size: Any, window: Sliding) -> tuple[Var, Var]:
    return _chosen_maps(graph, x, size, window)


def _chosen_maps(graph: Graph, x: Var, size: Any, window: Sliding) -> tuple[Var, Var]:
    found, places = _pooled(graph, "MaxPool", x, size, window, outputs=2)
    return found, _switches(graph, graph.Mod(places, graph.number(prod(x.shape[2:]), np.int64)))


def _switches(graph: Graph, places: Var) -> Var:
    """Switches, that is places within windows, which are not written; of each its place in the image is known."""
    switches = Var(graph, np.uint8, words="takes the switches of a pool, which are not written")
    switches.last = places
    return switches


def _places(switches: Var) -> Var:
    """Places in the image, by switches."""
    if switches.last is None:
        raise UnwrittenError("takes switches that are constants or inputs; ONNX knows places in the image")
    return switches.last


@written("positions_of", "window_positions", plain=True)
def _positions(graph: Graph, switches: Var, **_: Any) -> Var:
    return _places(switches)


@written("switches_of", plain=True)
def _switches_of(graph: Graph, positions: Var, **_: Any) -> Var:
    return _switches(graph, graph.cast(positions, np.int64))


@written("pool", "pool_at", plain=True)
def _chosen(graph: Graph, x: Var, switches: Var, **_: Any) -> Var:
    lines, places = (graph.reshape(v, [*x.shape[:2], -1]) for v in (x, _places(switches)))
    return graph.reshape(graph.GatherElements(lines, places, axis=2), graph.shape)


@written("unpool", "unpool_at", plain=True)
def _unpool(graph: Graph, y: Var, switches: Var, *, size: Any, window: Any) -> Var:
    lines, places = (graph.reshape(v, [*y.shape[:2], -1]) for v in (numeric(graph, y), _places(switches)))
    return graph.reshape(added(graph, lines, [*y.shape[:2], prod(size)], places, 2), graph.shape)


@written("sum_unpool2d", "sum_unpool")
def _sum_unpool(graph: Graph, y: Var, *, size: Any, window: Any) -> Var:
    kernel, channels = window.kernel_size, y.shape[1]
    geometry = Grouped(window.stride, window.padding, getattr(window, "dilation", (1,) * len(kernel)), channels)
    filters = graph.array(np.ones((channels, 1, *kernel)), graph.out)
    return transposed_convolution(graph, y, filters, size, geometry)


def _pooled(
    graph: Graph, op: str, x: Var, size: Any, window: Sliding, outputs: int = 1, **more: Any
) -> tuple[Var, ...]:
    pads = sides(size, x.shape[2:], window.kernel_size, window[1:])
    axes = len(window.kernel_size)
    pads = [*pads[:axes], *(max(0, int(p)) for p in pads[axes:])]
    dilations = [int(d) for d in window.dilation]
    if op == "AveragePool" and set(dilations) != {1}:
        graph.since(19, "has a dilation")
    return graph.add(
        op, x, outputs=outputs, kernel_shape=[*map(int, window.kernel_size)], strides=[*map(int, window.stride)],
        pads=[int(p) for p in pads], dilations=dilations if set(dilations) != {1} else None, **more,
    )  # fmt: skip


@written("sum_pool2d")
def _sum_pool2d(graph: Graph, x: Var, *, window: Window) -> Var:
    return _averages2d(graph, numeric(graph, x), window) * float(prod(window.kernel_size))


def _averages2d(graph: Graph, x: Var, window: Window) -> Var:
    pads = [int(p) for p in (*window.padding, *window.padding)]
    return graph.AveragePool(
        x, kernel_shape=[int(k) for k in window.kernel_size], strides=[int(s) for s in window.stride], pads=pads,
        count_include_pad=int(any(pads)) or None,
    )  # fmt: skip


@written("sum_pool")
def _sum_pool(graph: Graph, x: Var, *, size: Any, window: Sliding) -> Var:
    return _averages(graph, x, size, window) * float(prod(window.kernel_size))


def _averages(graph: Graph, x: Var, size: Any, window: Sliding) -> Var:
    """The mean of each window, counting the border, which is written out: versions differ in counting it."""
    x = numeric(graph, x)
    pads = sides(size, x.shape[2:], window.kernel_size, window[1:])
    axes = len(window.kernel_size)
    pads = [*pads[:axes], *(max(0, int(p)) for p in pads[axes:])]
    if any(pads):
        edges = graph.ints([0, 0, *pads[:axes], 0, 0, *pads[axes:]])
        pixels = [n + p + q for n, p, q in zip(x.shape[2:], pads, pads[axes:], strict=False)]
        shape = (*x.shape[:2], *pixels)
        x = graph.Pad(x, edges, graph.number(0, x.dtype))
        x.shape = shape
        window = window._replace(padding=(0,) * axes)
    return _pooled(graph, "AveragePool", x, size, window)[0]


MEANS["sum_pool2d"] = lambda graph, count, x, *, window: (
    _averages2d(graph, x, window) if count == prod(window.kernel_size) else None
)
MEANS["sum_pool"] = lambda graph, count, x, *, size, window: (
    _averages(graph, x, size, window) if count == prod(window.kernel_size) else None
)


@written("unfold")
def _unfold(graph: Graph, x: Var, *, kernel: Any, geometry: Geometry) -> Var:
    filters, how = _corners(graph, x.shape[1], kernel, geometry)
    maps = graph.Conv(numeric(graph, x), filters, **how)
    return graph.reshape(maps, graph.shape)


@written("fold")
def _fold(graph: Graph, y: Var, *, size: Any, kernel: Any, geometry: Geometry) -> Var:
    filters, how = _corners(graph, graph.shape[1], kernel, geometry)
    counts = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, p, d, k, s in zip(
        size, geometry.padding, geometry.dilation, kernel, geometry.stride, strict=True)]  # fmt: skip
    maps = graph.reshape(numeric(graph, y), [*y.shape[:2], *counts])
    reach = [(m - 1) * s + d * (k - 1) + 1 - 2 * p for m, s, d, k, p in zip(
        counts, geometry.stride, geometry.dilation, kernel, geometry.padding, strict=True)]  # fmt: skip
    more = [int(n - r) for n, r in zip(size, reach, strict=True)]
    return graph.ConvTranspose(maps, filters, output_padding=more if any(more) else None, **how)


def _corners(graph: Graph, channels: int, kernel: Any, geometry: Geometry) -> tuple[Var, dict[str, Any]]:
    """For each channel and place of the kernel a filter that takes that pixel."""
    places = prod(kernel)
    filters = np.tile(np.eye(places), (channels, 1)).reshape(channels * places, 1, *kernel)
    how = how_of(geometry, kernel) | {"group": int(channels), "pads": [int(p) for p in geometry.padding] * 2}
    return graph.array(filters, graph.out), how
