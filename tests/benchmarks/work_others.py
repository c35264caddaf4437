"""How HIPS autograd and MyGrad do the tasks that they have operations for. Both are optional packages.

HIPS autograd convolves through SciPy, for minutes where the others need milliseconds, and is not asked to. MyGrad has
convolution and pooling; its digits net and its SGD are written here, from its operations.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

from . import inputs
from .inputs import Array

KINDS: dict[str, Callable[..., Any]] = {}  # filled by start, with one library's


def start(package: str) -> dict[str, Any]:
    """Import the library, or raise ImportError; what there is to know about it."""
    __import__(package)
    KINDS.update({"autograd": AUTOGRAD, "mygrad": MYGRAD}[package])
    return {"versions": {package: version(package)}}


class Work:
    """Something with results."""

    def results(self) -> list[Array]:
        raise NotImplementedError

    def run(self) -> None:
        self.results()

    def check(self) -> dict[str, Any]:
        return {f"result {i}": np.asarray(result) for i, result in enumerate(self.results())}


# ── HIPS autograd ─────────────────────────────────────────────────────────────────────────────────────────────────────


class AutogradLinear(Work):
    """x Wᵀ + b with its gradients."""

    def __init__(self, inputs_: int, outputs: int, batch: int) -> None:
        self.arrays = (
            inputs.normal("x", (batch, inputs_)),
            inputs.normal("w", (outputs, inputs_)),
            inputs.normal("b", (outputs,)),
        )
        self.g = inputs.normal("g", (batch, outputs))

    def compute(self, x: Any, w: Any, b: Any) -> Any:
        import autograd.numpy as anp

        return anp.dot(x, w.T) + b

    def results(self) -> list[Array]:
        from autograd import make_vjp

        vjp, out = make_vjp(self.compute, (0, 1, 2))(*self.arrays)
        return [out, *vjp(self.g)]


class AutogradChain(AutogradLinear):
    """h ← relu(0.5 · (h @ w) + b), again and again; relu is maximum(h, 0) there."""

    def __init__(self, length: int, size: int) -> None:
        self.length = length
        self.arrays = (
            inputs.normal("x", (size, size)),
            2 * inputs.rotation(size),
            0.1 * inputs.normal("b", (size, size)),
        )
        self.g = inputs.normal("g", (size, size))

    def compute(self, x: Any, w: Any, b: Any) -> Any:
        import autograd.numpy as anp

        for _ in range(self.length):
            x = anp.maximum(anp.matmul(x, w) * 0.5 + b, 0)
        return x


AUTOGRAD = {"linear": lambda inputs, outputs, batch: AutogradLinear(inputs, outputs, batch), "chain": AutogradChain}


# ── MyGrad ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class MygradLinear(AutogradLinear):
    """x Wᵀ + b with its gradients."""

    def compute(self, x: Any, w: Any, b: Any) -> Any:
        import mygrad as mg

        return mg.matmul(x, w.T) + b

    def results(self) -> list[Array]:
        import mygrad as mg

        leaves = [mg.tensor(array, copy=False) for array in self.arrays]
        out = self.compute(*leaves)
        out.backward(self.g)
        return [out.data, *(leaf.grad for leaf in leaves)]


class MygradChain(AutogradChain):
    """h ← relu(0.5 · (h @ w) + b), again and again."""

    results = MygradLinear.results

    def compute(self, x: Any, w: Any, b: Any) -> Any:
        import mygrad as mg
        from mygrad.nnet.activations import relu

        for _ in range(self.length):
            x = relu(mg.matmul(x, w) * 0.5 + b)
        return x


class MygradConv(Work):
    """One convolution with bias, forward alone (nothing recorded) or with its gradients."""

    def __init__(
        self, channels: int, filters: int, side: int, kernel: int, stride: int, padding: int, batch: int,
        backward: bool, input_gradient: bool,
    ) -> None:  # fmt: skip
        out = (side + 2 * padding - kernel) // stride + 1
        self.x = inputs.normal("x", (batch, channels, side, side))
        self.w = inputs.normal("w", (filters, channels, kernel, kernel))
        self.b = inputs.normal("b", (filters,))
        self.g = inputs.normal("g", (batch, filters, out, out))
        self.input_gradient, self.backward = input_gradient, backward
        self.how = {"stride": stride, "padding": padding}

    def results(self) -> list[Array]:
        import mygrad as mg
        from mygrad.nnet.layers import conv_nd

        x = mg.tensor(self.x, copy=False, constant=not self.input_gradient)
        w, b = mg.tensor(self.w, copy=False), mg.tensor(self.b, copy=False)
        if not self.backward:
            with mg.no_autodiff:
                return [(conv_nd(x, w, **self.how) + b.reshape(1, -1, 1, 1)).data]
        out = conv_nd(x, w, **self.how) + b.reshape(1, -1, 1, 1)
        out.backward(self.g)
        return [out.data, *(t.grad for t in (x, w, b) if not t.constant)]


class MygradPool(Work):
    """Max-pooling 2×2, forward; its gradient takes too long to wait for."""

    def __init__(self, shape: list[int], backward: bool) -> None:
        self.x = inputs.normal("x", shape)

    def results(self) -> list[Array]:
        import mygrad as mg
        from mygrad.nnet.layers import max_pool

        with mg.no_autodiff:
            return [max_pool(mg.tensor(self.x, copy=False), (2, 2), 2).data]


class MygradDigits(Work):
    """A training step or an evaluation of the digits net."""

    SHAPES = ((32, 1, 3, 3), (32,), (64, 32, 3, 3), (64,), (128, 9216), (128,), (10, 128), (10,))

    def __init__(self, line: str, shape: list[int], classes: int, batch: int, train: bool) -> None:
        import mygrad as mg

        if line != "digits":
            raise NotImplementedError("MyGrad is asked for the digits net alone")
        self.parameters = [mg.tensor(np.empty(size, np.float32), copy=False) for size in self.SHAPES]
        for number, parameter in enumerate(self.parameters):
            inputs.fill(parameter.data, number)
        self.velocities = [np.zeros_like(parameter.data) for parameter in self.parameters]
        self.x, self.labels = inputs.normal("images", (batch, *shape)), inputs.labels(classes, batch)
        self.train, self.dropping, self.draw = train, train, np.random.default_rng(0)

    def dropout(self, x: Any, p: float) -> Any:
        if not self.dropping:
            return x
        return x * ((self.draw.random(x.shape, dtype=np.float32) >= p) * np.float32(1 / (1 - p)))

    def logits(self) -> Any:
        from mygrad.nnet.activations import relu
        from mygrad.nnet.layers import conv_nd, max_pool

        w1, b1, w2, b2, w3, b3, w4, b4 = self.parameters
        x = relu(conv_nd(self.x, w1, stride=1) + b1.reshape(1, -1, 1, 1))
        x = max_pool(relu(conv_nd(x, w2, stride=1) + b2.reshape(1, -1, 1, 1)), (2, 2), 2)
        x = self.dropout(x, 0.25).reshape(len(self.x), -1)
        return self.dropout(relu(x @ w3.T + b3), 0.5) @ w4.T + b4

    def run(self) -> float:  # type: ignore[override]
        import mygrad as mg
        from mygrad.nnet.losses import softmax_crossentropy

        if not self.train:
            with mg.no_autodiff:
                return float(self.logits().data[0, 0])
        loss = softmax_crossentropy(self.logits(), self.labels)
        loss.backward()
        for parameter, velocity in zip(self.parameters, self.velocities, strict=True):
            velocity *= 0.9
            velocity += parameter.grad
            parameter.data -= np.float32(1e-5) * velocity
        return float(loss.data)

    def check(self) -> dict[str, Any]:
        import mygrad as mg

        self.dropping = False
        with mg.no_autodiff:
            found: dict[str, Any] = {"logits": self.logits().data}
        if self.train:
            losses = [self.run()]
            found |= {f"gradient {i}": parameter.grad.copy() for i, parameter in enumerate(self.parameters)}
            found["losses"] = np.array([*losses, self.run(), self.run()])
        self.dropping = self.train
        return found


MYGRAD = {
    "linear": lambda inputs, outputs, batch: MygradLinear(inputs, outputs, batch),
    "chain": MygradChain,
    "conv": MygradConv,
    "pool": MygradPool,
    "net": MygradDigits,
}
