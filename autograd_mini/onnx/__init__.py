"""ONNX, the format in which other frameworks exchange nets.

Read on in this order: writing (graph, elementwise, activation, reductions, shapes, layers, recurrent, unwritten, batch,
file, export).
"""

from .writing.export import to_onnx

__all__ = ["to_onnx"]
