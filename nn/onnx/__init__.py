"""Nets out of ONNX files: layers where a node is one, parts with the file's names, weights to train."""

from .net import OnnxNet, from_onnx

__all__ = ["OnnxNet", "from_onnx"]
