"""Nets out of ONNX files and PyTorch: layers where a node is one, parts with the file's names, weights to train."""

from .net import OnnxNet, from_onnx
from .torch_module import from_torch

__all__ = ["OnnxNet", "from_onnx", "from_torch"]
