"""Nodes that are layers: then the layer is used, so that it is drawn, summarised, folded and fused as any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_mini import Tensor
from autograd_mini.onnx.reading import Node
from autograd_mini.onnx.reading.windows import Window

from .. import layers as nn
from ..module import Module

Array = np.ndarray[Any, Any]
Held = Sequence[Array | None]
"""The file's arrays among a node's inputs, None for what is computed."""
Made = Callable[[Node, Held, int], Module | None]
_LAYERS: dict[str, Made] = {}
_CONV = {3: nn.Conv1d, 4: nn.Conv2d, 5: nn.Conv3d}
_NORM = {3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 5: nn.BatchNorm3d}
_POOLS: dict[str, Any] = {
    "MaxPool": {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d},
    "AveragePool": {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d},
}


def layer_of(node: Node, held: Held, ndim: int | None, opset: int) -> Module | None:
    """The layer that computes a node with its first input alone; None where there is none.

    ndim: of the first input, None if that is not known.
    """
    made = _LAYERS.get(node.operator) if not node.domain else None
    wanted = [name for name in node.outputs if name]
    if made is None or held[0] is not None or len(wanted) != 1 or wanted[0] != node.outputs[0]:
        return None
    if ndim is None and node.operator in ("BatchNormalization", "Gemm"):
        return None
    return made(node, held, opset if ndim is None else ndim * 1000 + opset)


def _of(name: str) -> Callable[[Made], Made]:
    def put(made: Made) -> Made:
        _LAYERS[name] = made
        return made

    return put


def _floats(held: Held, *places: int) -> bool:
    """Whether the file has these inputs, as floats."""
    return all(i < len(held) and held[i] is not None and held[i].dtype.kind == "f" for i in places)  # type: ignore[union-attr]


def _has(node: Node, i: int) -> bool:
    return i < len(node.inputs) and bool(node.inputs[i])


def _one(sizes: Sequence[int]) -> int | tuple[int, ...]:
    """One integer for all axes, where they are alike."""
    return sizes[0] if len(set(sizes)) == 1 else tuple(sizes)


def _window(node: Node, kernel: Sequence[int]) -> dict[str, Any] | None:
    """How a layer slides; None if that depends on the size of the maps, or no layer pads so."""
    settings = {key: value for key, value in node.attributes.items() if key in ("strides", "pads", "dilations")}
    if node.attributes.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID", ""):
        return None
    if node.attributes.get("auto_pad") == "VALID":
        settings.pop("pads", None)
    try:
        window = Window([1] * len(kernel), kernel, **settings)
    except ValueError:
        return None
    if any(low != high or low < 0 for low, high in window.pads):
        return None
    return {
        "kernel_size": _one(window.kernel), "stride": _one(window.stride),
        "padding": _one([low for low, _ in window.pads]), "dilation": _one(window.dilation),
    }  # fmt: skip


def held_as(array: Array, learned: bool, name: str) -> Tensor:
    """A Tensor with an array of its own: what is learned is copied by the Tensor."""
    return Tensor(array if learned else np.array(array), requires_grad=learned, name=name)


def _filled(layer: Any, **arrays: Array | None) -> Any:
    for name, array in arrays.items():
        if array is not None:
            buffer = name in layer.buffers
            setattr(layer, name, held_as(array, not buffer, name))
    return layer


@_of("Conv")
def _conv(node: Node, held: Held, _: int) -> Module | None:
    bias = _has(node, 2)
    if not _floats(held, 1, *((2,) if bias else ())):
        return None
    weight: Any = held[1]
    groups = node.attributes.get("group", 1)
    kernel = node.attributes.get("kernel_shape", weight.shape[2:])
    how = _window(node, kernel) if weight.ndim in _CONV and tuple(kernel) == weight.shape[2:] else None
    if how is None or 0 in weight.shape or groups < 1 or weight.shape[0] % groups:
        return None
    small = [(groups, 1), groups, groups]  # a layer of the least size, whose weights are then the file's
    layer: Any = _CONV[weight.ndim](small[1], small[2], **how, groups=groups, bias=bias, init=_nothing)
    layer.in_channels, layer.out_channels = weight.shape[1] * groups, weight.shape[0]
    return _filled(layer, weight=weight, bias=held[2] if bias else None)  # type: ignore[no-any-return]


def _nothing(shape: Any, rng: Any, dtype: Any) -> Array:
    return np.zeros(shape, dtype)


@_of("BatchNormalization")
def _batch_norm(node: Node, held: Held, known: int) -> Module | None:
    if (
        not _floats(held, 1, 2, 3, 4)
        or node.attributes.get("training_mode", 0)
        or node.attributes.get("spatial", 1) != 1
    ):
        return None
    kind = _NORM.get(max(known // 1000, 3))
    if kind is None or len({array.shape for array in held[1:5] if array is not None}) != 1 or held[1].ndim != 1:  # type: ignore[union-attr]
        return None
    scale, bias, mean, var = held[1:5]
    momentum = 1 - node.attributes.get("momentum", 0.9)
    layer = kind(len(scale), eps=node.attributes.get("epsilon", 1e-5), momentum=round(momentum, 7))  # type: ignore[arg-type]
    return _filled(layer, weight=scale, bias=bias, running_mean=mean, running_var=var)  # type: ignore[no-any-return]


@_of("Gemm")
def _linear(node: Node, held: Held, known: int) -> Module | None:
    bias, attributes = _has(node, 2), node.attributes
    if not _floats(held, 1, *((2,) if bias else ())) or not attributes.get("transB") or attributes.get("transA"):
        return None
    weight: Any = held[1]
    if weight.ndim != 2 or 0 in weight.shape or (bias and held[2].shape != weight.shape[:1]):  # type: ignore[union-attr]
        return None
    if attributes.get("alpha", 1.0) != 1 or (bias and attributes.get("beta", 1.0) != 1):
        return None
    layer: Any = nn.Linear(1, 1, bias=bias)
    layer.out_features, layer.in_features = weight.shape
    return _filled(layer, weight=weight, bias=held[2] if bias else None)  # type: ignore[no-any-return]


@_of("LayerNormalization")
def _layer_norm(node: Node, held: Held, known: int) -> Module | None:
    bias = _has(node, 2)
    if not _floats(held, 1, *((2,) if bias else ())) or node.attributes.get("axis", -1) != -1:
        return None
    weight: Any = held[1]
    if weight.ndim != 1 or not weight.size or (bias and held[2].shape != weight.shape):  # type: ignore[union-attr]
        return None
    layer = nn.LayerNorm(len(weight), eps=node.attributes.get("epsilon", 1e-5), bias=bias)
    return _filled(layer, weight=weight, bias=held[2] if bias else None)  # type: ignore[no-any-return]


def _pool(node: Node, held: Held, _: int) -> Module | None:
    kernel = node.attributes.get("kernel_shape", ())
    how = _window(node, kernel) if 1 <= len(kernel) <= 3 else None
    if how is None or node.attributes.get("storage_order"):
        return None
    if node.operator == "AveragePool":
        if how.pop("dilation") != 1:
            return None
        how["count_include_pad"] = bool(node.attributes.get("count_include_pad", 0))
    try:
        made: Any = _POOLS[node.operator][len(kernel)](**how, ceil_mode=bool(node.attributes.get("ceil_mode", 0)))
    except ValueError:  # a window that may be all padding
        return None
    return made  # type: ignore[no-any-return]


_LAYERS["MaxPool"] = _LAYERS["AveragePool"] = _pool


@_of("Dropout")
def _dropout(node: Node, held: Held, known: int) -> Module | None:
    if _has(node, 2) or (_has(node, 1) and held[1] is None):
        return None
    p = float(held[1].reshape(-1)[0]) if _has(node, 1) else node.attributes.get("ratio", 0.5)  # type: ignore[union-attr]
    return nn.Dropout(float(p)) if 0 <= p < 1 else None


@_of("Softmax")
def _softmax(node: Node, held: Held, known: int) -> Module | None:
    if known % 1000 >= 13:
        return nn.Softmax(node.attributes.get("axis", -1))
    return nn.Softmax(1) if known // 1000 == 2 and node.attributes.get("axis", 1) == 1 else None


@_of("LRN")
def _lrn(node: Node, held: Held, known: int) -> Module | None:
    size, given = node.attributes["size"], node.attributes
    if size % 2 == 0 or size < 1:
        return None
    return nn.LocalResponseNorm(size, given.get("alpha", 1e-4), given.get("beta", 0.75), given.get("bias", 1.0))


def _plain(kind: Any, **names: tuple[str, Any]) -> Made:
    """A layer without weights; names: of its arguments, what the attribute is called and what it is by default."""

    def made(node: Node, held: Held, known: int) -> Module | None:
        if any(_has(node, i) for i in range(1, len(node.inputs))):
            return None
        given = {name: node.attributes.get(theirs, default) for name, (theirs, default) in names.items()}
        layer: Module = kind(**given)
        return layer

    return made


_LAYERS |= {
    "Relu": _plain(nn.ReLU), "Sigmoid": _plain(nn.Sigmoid), "Tanh": _plain(nn.Tanh), "HardSwish": _plain(nn.Hardswish),
    "LeakyRelu": _plain(nn.LeakyReLU, negative_slope=("alpha", 0.01)), "Elu": _plain(nn.ELU, alpha=("alpha", 1.0)),
    "Celu": _plain(nn.CELU, alpha=("alpha", 1.0)), "Gelu": _plain(nn.GELU, approximate=("approximate", "none")),
    "Identity": _plain(nn.Identity), "Mish": _plain(nn.Mish), "Softsign": _plain(nn.Softsign),
}  # fmt: skip
