"""How this project does each task. Images and feature maps are given in channels-last memory, its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd_mini as ag
import nn
import vis
from autograd_mini import Tensor

from . import inputs
from .inputs import Array
from .work import Work, kinds

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


class Model:
    def __init__(self, line: str, shape: list[int]) -> None:
        self.net = digits_net() if line == "digits" else nn.VGG(line, input_shape=(shape[0], shape[1], shape[2]), rng=0)
        self.arrays = [parameter.numpy() for parameter in self.net.parameters()]

    def ready(self, images: Array, labels: Array) -> None:
        self.x, self.labels = maps(images), labels
        self.optimizer = nn.SGD(self.net.parameters(), lr=1e-5, momentum=0.9)

    def dropping(self, on: bool) -> None:
        self.net.train(on)

    def logits(self) -> Array:
        with ag.no_grad():
            return self.net(Tensor(self.x)).numpy()

    def step(self) -> Any:
        self.optimizer.zero_grad()
        loss = nn.cross_entropy(self.net(Tensor(self.x)), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def gradients(self) -> list[Any]:
        return [parameter.grad.numpy() for parameter in self.net.parameters()]  # type: ignore[union-attr]


class Engine:
    Model, linear = Model, staticmethod(ag.linear)

    def leaf(self, array: Array, wanted: bool, filters: bool) -> Tensor:
        return Tensor(maps(array) if array.ndim == 4 and not filters else array, requires_grad=wanted)

    def gradient(self, array: Array) -> Tensor:
        return Tensor(maps(array) if array.ndim == 4 else array)

    def array(self, result: Tensor) -> Array:
        return result.numpy()

    def alone(self, compute: Callable[..., Any], leaves: Sequence[Any]) -> Any:
        with ag.no_grad():
            return compute(*leaves)

    def both(self, compute: Callable[..., Any], leaves: Sequence[Any], wanted: Sequence[int], g: Any) -> list[Any]:
        out = compute(*leaves)
        return [out, *ag.grad(out, [leaves[i] for i in wanted], g)]

    def conv2d(self, stride: int, padding: int) -> Callable[..., Any]:
        return lambda x, w, b: ag.conv2d(x, w, b, stride=stride, padding=padding)

    def max_pool2d(self, x: Any) -> Any:
        return ag.max_pool2d(x, kernel_size=2)

    def chain(self, length: int) -> Callable[..., Any]:
        def compute(h: Any, w: Any, b: Any) -> Any:
            for _ in range(length):
                h = ag.relu((h @ w) * 0.5 + b)
            return h

        return compute


class Deconvnet(Work):
    """One unit back to the pixels, with the deconvnet's rule for the ReLU. The convolutional part of the net alone."""

    def __init__(self, line: str, layer: str, channel: int, shape: list[int]) -> None:
        self.model = nn.VGG(line.split("|")[0] + "| 1", input_shape=(shape[1], shape[2], shape[3]), rng=0).features
        for number, parameter in enumerate(self.model.parameters()):
            inputs.fill(parameter.numpy(), number)
        self.images, self.layer, self.channel = maps(inputs.normal("images", shape)), layer, channel

    def results(self) -> dict[str, Any]:
        return {"projection": vis.project(self.model, self.images, self.layer, channel=self.channel)}


KINDS = kinds(Engine(), "net", "conv", "pool", "linear", "chain", deconvnet=Deconvnet)


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
