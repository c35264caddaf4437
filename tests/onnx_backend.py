"""A backend of the package `onnx`, as its tests want one: models run by the operators of `autograd_mini.onnx`."""

import numpy as np
from onnx.backend.base import Backend as Base
from onnx.backend.base import BackendRep

from autograd_mini import Tensor
from autograd_mini.onnx import reading
from autograd_mini.onnx.reading.operators import OPERATORS, check_known


class Prepared(BackendRep):
    """A model, ready to run."""

    on_tape = False

    def __init__(self, model):
        self.file = reading.read(model.SerializeToString())
        check_known(self.file, self.file.path)

    def run_on_tape(self, inputs):
        """The outputs as they come: Tensors of Tensors."""
        runner = reading.Runner(self.file.path, self.file.opsets)
        given = {one.name: x for one, x in zip(self.file.graph.inputs, inputs, strict=False)}
        return reading.run(self.file.graph, {**self.file.graph.arrays, **given}, runner.perform)

    def run(self, inputs, **_):
        """The outputs as arrays."""
        given = [Tensor(x, requires_grad=True) if self.on_tape and x.dtype.kind == "f" else x for x in inputs]
        return [x.numpy() if isinstance(x, Tensor) else np.asarray(x) for x in self.run_on_tape(given)]


class PreparedOnTape(Prepared):
    """A model whose floating inputs are on the tape."""

    on_tape = True


class Backend(Base):
    """Runs models on arrays."""

    prepared = Prepared

    @classmethod
    def prepare(cls, model, device="CPU", **_):
        """A model, read."""
        return cls.prepared(model)

    @classmethod
    def run_model(cls, model, inputs, device="CPU", **_):
        """What a model gives."""
        return cls.prepare(model).run(inputs)

    @classmethod
    def supports_device(cls, device):
        """The processor alone."""
        return device == "CPU"

    @classmethod
    def supports_operator(cls, name, domain=""):
        """Whether an operator is known."""
        return (domain, name) in OPERATORS


class TensorBackend(Backend):
    """Runs models on Tensors that require a gradient."""

    prepared = PreparedOnTape
