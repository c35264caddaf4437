"""Nets out of PyTorch: a module is traced by PyTorch, written as ONNX, and read."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import Any

from autograd_mini import Tensor
from autograd_mini.core.observer import expose

from .net import OnnxNet, from_onnx

_NEEDS = "from_torch needs PyTorch with its ONNX exporter: pip install torch onnx onnxscript"


def from_torch(module: Any, example: Any, *, dynamic_batch: bool = True) -> OnnxNet:
    """A net out of PyTorch, where it is installed: layers where its parts are layers, under the module's own names.

    PyTorch traces the module (`torch.export`) in evaluation mode, of which only `forward` runs, writes it as ONNX, and
    `from_onnx` reads that; afterwards the module is in the mode it was in. The net has copies of its numbers.

    Arguments:
        module: a torch.nn.Module.
        example: what it is called with: an array or a Tensor, of PyTorch or of ours, or a tuple of them. It fixes
            shapes and the ways that `forward` takes.
        dynamic_batch: whether the first axis of every input may have any length; if the module does not allow it,
            that of the example is fixed.
    Returns:
        An OnnxNet.
    Raises:
        ModuleNotFoundError: without PyTorch, onnx or onnxscript.
        TypeError: for what is no module of PyTorch.
        ValueError: for a module that PyTorch cannot trace or write.

    Example:
        >>> import torch
        >>> module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU())
        >>> net = nn.from_torch(module, np.ones((1, 3), np.float32))
        >>> net(np.zeros((5, 3), np.float32)).shape, [name for name, _ in net.named_parameters()]
        ((5, 2), ['0.weight', '0.bias'])
    """
    try:
        import onnxscript as onnxscript  # the exporter imports it
        import torch
    except ImportError as error:
        raise ModuleNotFoundError(f"{_NEEDS} ({error})") from None
    if not isinstance(module, torch.nn.Module):
        raise TypeError(f"from_torch: the module must be a torch.nn.Module, not {type(module).__name__}")
    given = tuple(map(_tensor, example if isinstance(example, tuple | list) else (example,)))
    modes = [(part, part.training) for part in module.modules()]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{type(module).__name__}.onnx"
        try:
            module.eval()
            _export(module, given, path, dynamic_batch)
        finally:
            for part, mode in modes:
                part.training = mode
        return from_onnx(path)


def _tensor(x: Any) -> Any:
    """An input as PyTorch's."""
    import torch

    if isinstance(x, torch.Tensor):
        return x
    return torch.tensor(expose(x).copy() if isinstance(x, Tensor) else x)


def _export(module: Any, given: tuple[Any, ...], path: Path, dynamic_batch: bool) -> None:
    """Write the module; its batch of any length if that can be."""
    import onnxscript.optimizer
    import torch

    batch = tuple([{0: torch.export.Dim.AUTO} if x.ndim else {} for x in given])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of PyTorch about its own parts
        try:
            program: Any = torch.onnx.export(
                module, given, dynamo=True, optimize=False, verbose=False,
                dynamic_shapes=batch if dynamic_batch else None,
            )  # fmt: skip
            onnxscript.optimizer.fold_constants(program.model, onnx_shape_inference=True)  # batch norms stay
            onnxscript.optimizer.remove_unused_nodes(program.model)
            program.save(str(path), external_data=False)
        except Exception as error:  # of many kinds, none of them its own
            if dynamic_batch:
                return _export(module, given, path, False)
            words = str(error).strip().splitlines() or [type(error).__name__]
            raise ValueError(f"from_torch: PyTorch cannot write the module: {words[0]:.300}") from error
    return None
