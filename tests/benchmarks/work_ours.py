"""How this project does each task. Images and feature maps are given in channels-last memory, its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_mini as ag
import nn
import vis
from autograd_mini import Tensor

from . import inputs
from .inputs import Array

MODULES = ("autograd_mini", "nn", "vis")


def start(compiled: bool) -> dict[str, Any]:
    """Choose the variant; what there is to know about it."""
    ag.set_compiled(compiled)
    return {"threads": ag.get_num_threads(), "versions": {"autograd-mini": ag.__version__}}


def maps(array: Array) -> Array:
    """(N, C, H, W) in channels-last memory."""
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def digits_net() -> nn.Module:
    """The net of examples/digits.py, without the charts that example imports: they would count as memory."""
    rng = np.random.default_rng(0)
    return nn.Sequential(
        conv_1=nn.Conv2d(1, 32, 3, rng=rng), relu_1=nn.ReLU(), conv_2=nn.Conv2d(32, 64, 3, rng=rng), relu_2=nn.ReLU(),
        maxpool_1=nn.MaxPool2d(2), drop_1=nn.Dropout(0.25, rng=rng), flat_1=nn.Flatten(),
        fc_1=nn.Linear(9216, 128, rng=rng), relu_3=nn.ReLU(), drop_2=nn.Dropout(0.5, rng=rng),
        fc_2=nn.Linear(128, 10, rng=rng),
    )  # fmt: skip


class Net:
    """A training step (forward, backward, SGD with momentum) or an evaluation of a net."""

    def __init__(self, line: str, shape: list[int], classes: int, batch: int, train: bool) -> None:
        size = (shape[0], shape[1], shape[2])
        self.model = digits_net() if line == "digits" else nn.VGG(line, input_shape=size, rng=0)
        for number, parameter in enumerate(self.model.parameters()):
            inputs.fill(parameter.numpy(), number)
        self.optimizer = nn.SGD(self.model.parameters(), lr=1e-5, momentum=0.9)
        self.x, self.labels = maps(inputs.normal("images", (batch, *shape))), inputs.labels(classes, batch)
        self.train = train
        self.model.train(train)

    def run(self) -> float:
        if not self.train:
            with ag.no_grad():
                return float(self.model(Tensor(self.x)).numpy()[0, 0])
        self.optimizer.zero_grad()
        loss = nn.cross_entropy(self.model(Tensor(self.x)), self.labels)
        loss.backward()
        self.optimizer.step()
        return float(loss.item())

    def check(self) -> dict[str, Any]:
        """Without dropout: logits; for training also three losses, and the gradients of the first step."""
        self.model.eval()
        with ag.no_grad():
            found: dict[str, Any] = {"logits": self.model(Tensor(self.x)).numpy()}
        if self.train:
            losses = [self.run()]
            for number, parameter in enumerate(self.model.parameters()):
                assert parameter.grad is not None
                found[f"gradient {number}"] = parameter.grad.numpy().copy()
            found["losses"] = np.array([*losses, self.run(), self.run()])
        self.model.train(self.train)
        return found


class Conv:
    """One convolution with bias, forward alone (nothing recorded) or with its gradients."""

    def __init__(
        self, channels: int, filters: int, side: int, kernel: int, stride: int, padding: int, batch: int,
        backward: bool, input_gradient: bool,
    ) -> None:  # fmt: skip
        out = (side + 2 * padding - kernel) // stride + 1
        self.x = Tensor(maps(inputs.normal("x", (batch, channels, side, side))), requires_grad=input_gradient)
        self.w = Tensor(inputs.normal("w", (filters, channels, kernel, kernel)), requires_grad=True)
        self.b = Tensor(inputs.normal("b", (filters,)), requires_grad=True)
        self.g = Tensor(maps(inputs.normal("g", (batch, filters, out, out))))
        self.wanted = [self.x, self.w, self.b] if input_gradient else [self.w, self.b]
        self.how, self.backward = {"stride": stride, "padding": padding}, backward

    def results(self) -> list[Tensor]:
        if not self.backward:
            with ag.no_grad():
                return [ag.conv2d(self.x, self.w, self.b, **self.how)]
        out = ag.conv2d(self.x, self.w, self.b, **self.how)
        return [out, *ag.grad(out, self.wanted, self.g)]

    def run(self) -> None:
        self.results()

    def check(self) -> dict[str, Any]:
        return {f"result {i}": result.numpy() for i, result in enumerate(self.results())}


class Pool(Conv):
    """Max-pooling 2×2, forward alone or with its gradient."""

    def __init__(self, shape: list[int], backward: bool) -> None:
        n, c, height, width = shape
        self.x = Tensor(maps(inputs.normal("x", shape)), requires_grad=True)
        self.g = Tensor(maps(inputs.normal("g", (n, c, height // 2, width // 2))))
        self.backward = backward

    def results(self) -> list[Tensor]:
        if not self.backward:
            with ag.no_grad():
                return [ag.max_pool2d(self.x, kernel_size=2)]
        out = ag.max_pool2d(self.x, kernel_size=2)
        return [out, *ag.grad(out, [self.x], self.g)]


class Linear(Conv):
    """x Wᵀ + b with its gradients."""

    def __init__(self, inputs_: int, outputs: int, batch: int) -> None:
        self.x = Tensor(inputs.normal("x", (batch, inputs_)), requires_grad=True)
        self.w = Tensor(inputs.normal("w", (outputs, inputs_)), requires_grad=True)
        self.b = Tensor(inputs.normal("b", (outputs,)), requires_grad=True)
        self.g = Tensor(inputs.normal("g", (batch, outputs)))

    def results(self) -> list[Tensor]:
        out = ag.linear(self.x, self.w, self.b)
        return [out, *ag.grad(out, [self.x, self.w, self.b], self.g)]


class Chain(Conv):
    """h ← relu(0.5 · (h @ w) + b), again and again, on arrays so small that the recording is what costs."""

    def __init__(self, length: int, size: int) -> None:
        self.length = length
        self.x = Tensor(inputs.normal("x", (size, size)), requires_grad=True)
        self.w = Tensor(2 * inputs.rotation(size), requires_grad=True)
        self.b = Tensor(0.1 * inputs.normal("b", (size, size)), requires_grad=True)
        self.g = Tensor(inputs.normal("g", (size, size)))

    def results(self) -> list[Tensor]:
        h = self.x
        for _ in range(self.length):
            h = ag.relu((h @ self.w) * 0.5 + self.b)
        return [h, *ag.grad(h, [self.x, self.w, self.b], self.g)]


class Deconvnet:
    """One unit back to the pixels, with the deconvnet's rule for the ReLU. The convolutional part of the net alone."""

    def __init__(self, line: str, layer: str, channel: int, shape: list[int]) -> None:
        self.model = nn.VGG(line.split("|")[0] + "| 1", input_shape=(shape[1], shape[2], shape[3]), rng=0).features
        for number, parameter in enumerate(self.model.parameters()):
            inputs.fill(parameter.numpy(), number)
        self.images, self.layer, self.channel = maps(inputs.normal("images", shape)), layer, channel

    def project(self) -> Array:
        return vis.project(self.model, self.images, self.layer, channel=self.channel)

    def run(self) -> None:
        self.project()

    def check(self) -> dict[str, Any]:
        return {"projection": self.project()}


KINDS: dict[str, Callable[..., Any]] = {
    "net": Net,
    "conv": Conv,
    "pool": Pool,
    "linear": lambda inputs, outputs, batch: Linear(inputs, outputs, batch),
    "chain": Chain,
    "deconvnet": Deconvnet,
}


def convolve(x: Array, w: Array, g: Array, winograd: bool) -> tuple[Array, Array]:
    """A 3×3 convolution with padding 1 and the gradient of its filters: (maps, filters)."""
    before = ag.is_winograd()
    ag.set_winograd(winograd)
    try:
        filters = Tensor(w, requires_grad=True)
        out = ag.conv2d(Tensor(maps(x)), filters, padding=1)
        return out.numpy(), ag.grad(out, filters, Tensor(maps(g))).numpy()
    finally:
        ag.set_winograd(before)
