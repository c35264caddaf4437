"""ONNX, the format in which other frameworks exchange nets.

Read on in this order: reading (graph, arrays, file, operators, running, then the rooms of operators); writing (graph,
elementwise and the other rooms of operations, unwritten, batch, file, export).
"""

from importlib import import_module
from typing import Any

from .reading.operators import implement
from .writing.export import to_onnx

__all__ = ["from_onnx", "implement", "to_onnx"]


def from_onnx(path: Any, *, rng: Any = None) -> Any:
    """The net of an ONNX file: what `nn.from_onnx` gives, a Module.

    Arguments:
        path: of the file, beside which its external data are; or its bytes.
        rng: a Generator or a seed, for dropout and for random operators without a seed.
    Returns:
        An nn.OnnxNet.
    Raises:
        ValueError, FileNotFoundError, NotImplementedError, ModuleNotFoundError: as `nn.from_onnx`.

    Example:
        >>> ag.from_onnx("no.onnx")
        Traceback (most recent call last):
        FileNotFoundError: from_onnx: there is no file 'no.onnx'
    """
    return import_module("nn").from_onnx(path, rng=rng)
