"""ONNX files: whole ones, ways to spoil them where it hurts, and what must hold when any of them is read."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from onnx import helper, numpy_helper

import nn

from .readers import REFUSALS, BrokenError, Reader
from .spoiling import NUMBERS, spoiled_bytes

WORDS = (
    "", "x", "y", "w", "Conv", "Relu", "If", "Loop", "Constant", "ConstantOfShape", "Identity", "Twice", "my.own",
    "/layer1/layer1.0/conv1/Conv", "layer1.0.conv1.weight", "forward", "__class__", "_inside", "../../etc/passwd",
    "/etc/passwd", "\0", "é" * 50, ".", "..", "/", "x" * 5000, "ai.onnx", "SAME_UPPER", "location", "offset",
)  # fmt: skip


def _value(name: str, shape: Any, kind: int = 1) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def _conv_net() -> Any:
    rng = np.random.default_rng(0)
    arrays = {
        "layer1.0.conv.weight": rng.standard_normal((2, 3, 3, 3)), "layer1.0.conv.bias": np.zeros(2),
        "bn.weight": np.ones(2), "bn.bias": np.zeros(2), "bn.running_mean": np.zeros(2), "bn.running_var": np.ones(2),
        "fc_w_0": np.ones((2, 8)),
    }  # fmt: skip
    nodes = [
        helper.make_node("Conv", ["x", "layer1.0.conv.weight", "layer1.0.conv.bias"], ["a"],
                         "/layer1/layer1.0/conv/Conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1], group=1),
        helper.make_node("BatchNormalization", ["a", *list(arrays)[2:6]], ["b"], "/bn/BatchNormalization",
                         epsilon=1e-5),
        helper.make_node("Relu", ["b"], ["c"], "/relu/Relu"),
        helper.make_node("MaxPool", ["c"], ["d"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("LRN", ["d"], ["e"], size=3), helper.make_node("Dropout", ["e"], ["f"]),
        helper.make_node("Flatten", ["f"], ["g"]), helper.make_node("Gemm", ["g", "fc_w_0"], ["y"], transB=1),
    ]  # fmt: skip
    held = [numpy_helper.from_array(array.astype(np.float32), name) for name, array in arrays.items()]
    return helper.make_graph(nodes, "net", [_value("x", ["N", 3, 4, 4])], [_value("y", ["N", 2])], held)


def _flow() -> Any:
    """Branches, loops, constants of every kind, numbers in other files."""
    then = helper.make_graph([helper.make_node("Mul", ["x", "two"], ["t"])], "then", [], [_value("t", None)])
    other = helper.make_graph([helper.make_node("Neg", ["x"], ["e"])], "else", [], [_value("e", None)])
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Add", ["s", "s"], ["s2"])], "body",
        [_value("i", [], 7), _value("go", [], 9), _value("s", None)], [_value("on", [], 9), _value("s2", None)],
    )  # fmt: skip
    array = numpy_helper.from_array
    far = array(np.ones(3, np.float32), "far")
    far.ClearField("raw_data")
    far.data_location = 1
    far.external_data.add(key="location", value="weights.bin")
    far.external_data.add(key="offset", value="0")
    nodes = [
        helper.make_node("Constant", [], ["two"], value=array(np.array([2.0], np.float32))),
        helper.make_node("Constant", [], ["shape"], value_ints=[2, 2]),
        helper.make_node("ConstantOfShape", ["shape"], ["ones"], value=array(np.ones(1, np.float32))),
        helper.make_node("If", ["choice"], ["z"], then_branch=then, else_branch=other),
        helper.make_node("Loop", ["turns", "choice", "z"], ["v"], body=body),
        helper.make_node("Twice", ["v"], ["y"], domain="my.own"),
    ]
    held = [array(np.array(3), "turns"), array(np.array(True), "choice")]
    listed = helper.make_tensor("listed", 1, [2, 2], [1.0, 2.0, 3.0, 4.0])
    sparse = helper.make_sparse_tensor(
        helper.make_tensor("few", 1, [2], [1.0, 2.0]), helper.make_tensor("at", 7, [2], [1, 3]), [2, 2]
    )
    return helper.make_graph(nodes, "flow", [_value("x", [2])], [_value("y", None)], [*held, listed],
                             sparse_initializer=[sparse]), far  # fmt: skip


def models() -> list[Any]:
    """Whole files."""
    graph, far = _flow()
    twice = helper.make_function(
        "my.own", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], [helper.make_opsetid("", 18)]
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("my.own", 1)]
    flow = helper.make_model(graph, opset_imports=opsets, functions=[twice])
    outside = onnx.ModelProto()
    outside.CopyFrom(flow)
    outside.graph.initializer.append(far)
    return [helper.make_model(_conv_net(), opset_imports=opsets[:1]), flow, outside]


def _messages(message: Message) -> list[Message]:
    """A message and all within it."""
    found, stack = [], [message]
    while stack:
        found.append(stack.pop())
        for field, value in found[-1].ListFields():
            if field.type == FieldDescriptor.TYPE_MESSAGE:
                stack += [value] if isinstance(value, Message) else list(value)
    return found


def spoiled_field(message: Message, rng: random.Random) -> None:
    """One field of a message, or of one within, changed, doubled or gone."""
    chosen = rng.choice(_messages(message))
    fields = chosen.ListFields()
    if not fields:
        return
    field, value = rng.choice(fields)
    several, kind = not isinstance(value, int | float | str | bytes | Message), rng.randrange(4)
    if kind == 0:
        chosen.ClearField(field.name)
    elif field.type == FieldDescriptor.TYPE_MESSAGE:
        if several:
            at = rng.randrange(len(value))
            if kind == 1:
                del value[at]
            else:
                value.add().CopyFrom(rng.choice(value) if kind == 2 else value[at])
        else:
            spoiled_field(value, rng)
    elif several:
        value[rng.randrange(len(value))] = _other(value[0], rng)
        if kind == 1:
            value.extend([_other(value[0], rng) for _ in range(rng.choice((1, 5, 100)))])
    else:
        setattr(chosen, field.name, _other(value, rng))


def _other(value: Any, rng: random.Random) -> Any:
    if isinstance(value, str):
        return rng.choice(WORDS)
    if isinstance(value, bytes):
        return rng.choice((rng.choice(WORDS).encode(), spoiled_bytes(value, rng), b""))
    if isinstance(value, float):
        return rng.choice((0.0, -1.0, float("nan"), float("inf"), 1e30))
    return rng.choice((value + rng.choice((-1, 1, 7)), rng.randrange(30), -1, rng.choice(NUMBERS))) % 2**31


class OnnxFiles(Reader):
    """`from_onnx`: a net, or a refusal."""

    def good(self, folder: Path) -> list[bytes]:
        return [model.SerializeToString() for model in models()]

    def spoiled(self, data: bytes, rng: random.Random) -> bytes:
        model = onnx.ModelProto()
        try:
            model.ParseFromString(data)
        except DecodeError:
            return spoiled_bytes(data, rng)
        if rng.random() < 0.25:
            return spoiled_bytes(data, rng)
        try:
            for _ in range(rng.choice((1, 1, 2, 4))):
                spoiled_field(model, rng)
            return model.SerializeToString()
        except (ValueError, TypeError, OverflowError):  # what no field of this kind can hold
            return spoiled_bytes(data, rng)

    def suffix(self, data: bytes) -> str:
        return ".onnx"

    def bound(self, size: int) -> int:
        return (1 << 30) + super().bound(size)  # of arrays that are one number everywhere

    def attempt(self, path: Path) -> None:
        try:
            net = nn.from_onnx(path)
        except (*REFUSALS, NotImplementedError) as error:
            if path.name not in str(error):
                raise BrokenError(f"the refusal does not name the file: {type(error).__name__}: {error}") from error
            return
        for name, tensor, _ in net.named_tensors():
            if not isinstance(name, str) or tensor.dtype.hasobject:
                raise BrokenError(f"a net with a tensor {name!r} of {tensor.dtype}")
        repr(net)
