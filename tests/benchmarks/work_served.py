"""How ONNX Runtime and OpenVINO evaluate nets: PyTorch's, written to ONNX. Both are optional packages."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .inputs import Array
from .machine import cores
from .work import Work, kinds
from .work_torch import Model

RUNTIME = ""


def start(runtime: str) -> dict[str, Any]:
    """Import the runtime, or raise ImportError; what there is to know about it."""
    global RUNTIME
    for package in ("onnx", runtime):
        import_module(package)
    RUNTIME = runtime
    return {"threads": cores(), "versions": {runtime: version(runtime)}}


class Wrapped(torch.nn.Module):
    """A function as a module, which is what can be written."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x)


class Served:
    """A net of `nets` in the runtime."""

    def __init__(self, name: str, batch: int, side: int | None, train: bool) -> None:
        if train:
            raise NotImplementedError(f"{RUNTIME} does not train")
        model = Model(name, batch, side, False)
        self.x = model.x.contiguous().numpy()
        with tempfile.TemporaryDirectory() as folder, torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for parameter in model.layers.parameters.values():
                parameter.requires_grad_(False)
            path = Path(folder) / "net.onnx"
            torch.onnx.export(Wrapped(model.net).eval(), (model.x,), str(path), dynamo=False, input_names=["x"])
            self.compute = {"onnxruntime": in_onnxruntime, "openvino": in_openvino}[RUNTIME](path)

    def dropping(self, on: bool) -> None:
        pass

    def logits(self) -> Array:
        return self.compute(self.x)


def in_onnxruntime(path: Path) -> Callable[[Array], Array]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores()
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda x: np.asarray(session.run(None, {"x": x})[0])


def in_openvino(path: Path) -> Callable[[Array], Array]:
    import openvino

    net = openvino.compile_model(
        str(path), "CPU", {"INFERENCE_NUM_THREADS": cores(), "INFERENCE_PRECISION_HINT": "f32"}
    )
    return lambda x: np.asarray(net(x)[0])


class Engine:
    Model = Served


KINDS: dict[str, Callable[..., Work]] = {"net": kinds(Engine())["net"]}
