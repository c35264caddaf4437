"""ONNX, the format in which other frameworks exchange nets.

Read on in this order: reading (graph, arrays, file, operators, running, then the rooms of operators); writing (graph,
elementwise and the other rooms of operations, unwritten, batch, file, export).
"""

from importlib import import_module
from typing import Any

from .writing.export import to_onnx

__all__ = ["from_onnx", "to_onnx"]


def from_onnx(path: Any) -> Any:
    """A net of an ONNX file, as `nn.from_onnx` gives it."""
    return import_module("nn").from_onnx(path)
