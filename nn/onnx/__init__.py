"""Nets out of ONNX files and out of PyTorch: layers where a node is one, parts with the file's names, weights to train."""

from .torch_module import from_torch
from .net import OnnxNet, from_onnx

__all__ = ["OnnxNet", "from_onnx", "from_torch"]
