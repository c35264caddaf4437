"""How PyTorch does each task, at its best: in-place ReLU, fused SGD, inference mode, one of its two memory formats.

`fused=True` was the fastest of SGD's three ways on the CPU (0.03 s beside 0.05 s for 68 M parameters).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from . import inputs
from .inputs import Array

FORMAT = torch.contiguous_format


def start(channels_last: bool) -> dict[str, Any]:
    """Choose the memory format; what there is to know about this side."""
    global FORMAT
    FORMAT = torch.channels_last if channels_last else torch.contiguous_format
    torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    return {"threads": torch.get_num_threads(), "versions": {"torch": torch.__version__}}


def maps(array: Array) -> torch.Tensor:
    """(N, C, H, W) in the chosen memory format."""
    return torch.from_numpy(array).contiguous(memory_format=FORMAT)


def vgg(line: str, shape: list[int]) -> nn.Sequential:
    """A VGG-like net from the line that nn.VGG takes."""
    features, classifier = line.split("|")
    channels, height, width = shape
    layers: list[nn.Module] = []
    for word in features.split():
        if word == "M":
            layers.append(nn.MaxPool2d(2))
            height, width = height // 2, width // 2
            continue
        out, _, times = word.partition("x")
        for _ in range(int(times or 1)):
            layers += [nn.Conv2d(channels, int(out), 3, padding=1), nn.ReLU(inplace=True)]
            channels = int(out)
    layers.append(nn.Flatten())
    size = channels * height * width
    *hidden, classes = map(int, classifier.split())
    for out_features in hidden:
        layers += [nn.Linear(size, out_features), nn.ReLU(inplace=True), nn.Dropout(0.5)]
        size = out_features
    return nn.Sequential(*layers, nn.Linear(size, classes))


def digits_net() -> nn.Sequential:
    """The net of examples/digits.py."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(inplace=True), nn.Conv2d(32, 64, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Dropout(0.25), nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(inplace=True), nn.Dropout(0.5),
        nn.Linear(128, 10),
    )  # fmt: skip


class Net:
    """A training step (forward, backward, SGD with momentum) or an evaluation of a net."""

    def __init__(self, line: str, shape: list[int], classes: int, batch: int, train: bool) -> None:
        model = digits_net() if line == "digits" else vgg(line, shape)
        for number, parameter in enumerate(model.parameters()):
            inputs.fill(parameter.detach().numpy(), number)
        self.model = model.to(memory_format=FORMAT)
        self.optimizer = torch.optim.SGD(model.parameters(), lr=1e-5, momentum=0.9, fused=True)
        self.x = maps(inputs.normal("images", (batch, *shape)))
        self.labels = torch.from_numpy(inputs.labels(classes, batch))
        self.train = train
        self.model.train(train)

    def run(self) -> float:
        if not self.train:
            with torch.inference_mode():
                return float(self.model(self.x)[0, 0])
        self.optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(self.model(self.x), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def check(self) -> dict[str, Any]:
        """Without dropout: logits; for training also three losses, and the gradients of the first step."""
        self.model.eval()
        with torch.inference_mode():
            found: dict[str, Any] = {"logits": self.model(self.x).numpy()}
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
        self.x = maps(inputs.normal("x", (batch, channels, side, side))).requires_grad_(input_gradient)
        self.w = maps(inputs.normal("w", (filters, channels, kernel, kernel))).requires_grad_()
        self.b = torch.from_numpy(inputs.normal("b", (filters,))).requires_grad_()
        self.g = maps(inputs.normal("g", (batch, filters, out, out)))
        self.wanted = [self.x, self.w, self.b] if input_gradient else [self.w, self.b]
        self.stride, self.padding, self.backward = stride, padding, backward

    def results(self) -> list[torch.Tensor]:
        if not self.backward:
            with torch.inference_mode():
                return [functional.conv2d(self.x, self.w, self.b, self.stride, self.padding)]
        out = functional.conv2d(self.x, self.w, self.b, self.stride, self.padding)
        return [out, *torch.autograd.grad(out, self.wanted, self.g)]

    def run(self) -> None:
        self.results()

    def check(self) -> dict[str, Any]:
        return {f"result {i}": result.detach().numpy() for i, result in enumerate(self.results())}


class Pool(Conv):
    """Max-pooling 2×2, forward alone or with its gradient."""

    def __init__(self, shape: list[int], backward: bool) -> None:
        n, c, height, width = shape
        self.x = maps(inputs.normal("x", shape)).requires_grad_()
        self.g = maps(inputs.normal("g", (n, c, height // 2, width // 2)))
        self.backward = backward

    def results(self) -> list[torch.Tensor]:
        if not self.backward:
            with torch.inference_mode():
                return [functional.max_pool2d(self.x, 2)]
        out = functional.max_pool2d(self.x, 2)
        return [out, *torch.autograd.grad(out, self.x, self.g)]


class Linear(Conv):
    """x Wᵀ + b with its gradients."""

    def __init__(self, inputs_: int, outputs: int, batch: int) -> None:
        self.x = torch.from_numpy(inputs.normal("x", (batch, inputs_))).requires_grad_()
        self.w = torch.from_numpy(inputs.normal("w", (outputs, inputs_))).requires_grad_()
        self.b = torch.from_numpy(inputs.normal("b", (outputs,))).requires_grad_()
        self.g = torch.from_numpy(inputs.normal("g", (batch, outputs)))

    def results(self) -> list[torch.Tensor]:
        out = functional.linear(self.x, self.w, self.b)
        return [out, *torch.autograd.grad(out, (self.x, self.w, self.b), self.g)]


class Chain(Conv):
    """h ← relu(0.5 · (h @ w) + b), again and again, on arrays so small that the recording is what costs."""

    def __init__(self, length: int, size: int) -> None:
        self.length = length
        self.x = torch.from_numpy(inputs.normal("x", (size, size))).requires_grad_()
        self.w = torch.from_numpy(2 * inputs.rotation(size)).requires_grad_()
        self.b = torch.from_numpy(0.1 * inputs.normal("b", (size, size))).requires_grad_()
        self.g = torch.from_numpy(inputs.normal("g", (size, size)))

    def results(self) -> list[torch.Tensor]:
        h = self.x
        for _ in range(self.length):
            h = torch.relu((h @ self.w) * 0.5 + self.b)
        return [h, *torch.autograd.grad(h, (self.x, self.w, self.b), self.g)]


class DeconvReLU(torch.autograd.Function):
    """ReLU going forward, in place; relu(g) going back. Faster than a hook, which computes the true gradient first."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.mark_dirty(x)
        return x.relu_()

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> torch.Tensor:
        return grads[0].relu()


class Rectify(nn.Module):
    """DeconvReLU as a layer."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return DeconvReLU.apply(x)


class Deconvnet:
    """One unit back to the pixels, the deconvnet's rule for the ReLU; the net is not run beyond that unit's layer."""

    def __init__(self, line: str, layer: str, channel: int, shape: list[int]) -> None:
        model = vgg(line.split("|")[0] + "| 1", shape[1:])
        for number, parameter in enumerate(model.parameters()):
            inputs.fill(parameter.detach().numpy(), number)
        block, place = map(int, layer.removeprefix("conv").split("_"))
        layers: list[nn.Module] = []
        pools = convolutions = 0
        for module in model:
            if isinstance(module, nn.ReLU):
                layers.append(Rectify())
                if (pools, convolutions) == (block - 1, place):
                    break
                continue
            layers.append(module)
            if isinstance(module, nn.MaxPool2d):
                pools, convolutions = pools + 1, 0
            else:
                convolutions += 1
        self.model = nn.Sequential(*layers).to(memory_format=FORMAT).requires_grad_(False).eval()
        self.images, self.channel = maps(inputs.normal("images", shape)), channel

    def project(self) -> torch.Tensor:
        x = self.images.detach().requires_grad_()
        out = self.model(x)
        values = out.detach()[:, self.channel]
        strongest = values.flatten(1).argmax(1)
        seed = torch.zeros_like(out)
        for n, at in enumerate(strongest.tolist()):
            y, z = divmod(at, values.shape[2])
            seed[n, self.channel, y, z] = values[n, y, z]
        return torch.autograd.grad(out, x, seed)[0]

    def run(self) -> None:
        self.project()

    def check(self) -> dict[str, Any]:
        return {"projection": self.project().numpy()}


KINDS: dict[str, Callable[..., Any]] = {
    "net": Net,
    "conv": Conv,
    "pool": Pool,
    "linear": lambda inputs, outputs, batch: Linear(inputs, outputs, batch),
    "chain": Chain,
    "deconvnet": Deconvnet,
}


def convolve(x: Array, w: Array, g: Array, winograd: bool) -> tuple[Array, Array]:
    """A 3×3 convolution with padding 1 and the gradient of its filters: (maps, filters). Its algorithm is its own."""
    filters = maps(w).requires_grad_()
    out = functional.conv2d(maps(x), filters, None, 1, 1)
    return out.detach().numpy(), torch.autograd.grad(out, filters, maps(g))[0].numpy()
