"""How PyTorch does each task, at its best: in-place ReLU, fused SGD, inference mode, one of its two memory formats.

`fused=True` was the fastest of SGD's three ways on the CPU (0.03 s beside 0.05 s for 68 M parameters).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from . import inputs
from .inputs import Array
from .work import Work, kinds

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


class Model:
    def __init__(self, line: str, shape: list[int]) -> None:
        self.net = digits_net() if line == "digits" else vgg(line, shape)
        self.arrays = [parameter.detach().numpy() for parameter in self.net.parameters()]

    def ready(self, images: Array, labels: Array) -> None:
        self.net = self.net.to(memory_format=FORMAT)
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=1e-5, momentum=0.9, fused=True)
        self.x, self.labels = maps(images), torch.from_numpy(labels)

    def dropping(self, on: bool) -> None:
        self.net.train(on)

    def logits(self) -> Array:
        with torch.inference_mode():
            return self.net(self.x).numpy()

    def step(self) -> float:
        self.optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(self.net(self.x), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def gradients(self) -> list[Any]:
        return [parameter.grad.numpy() for parameter in self.net.parameters()]  # type: ignore[union-attr]


class Engine:
    Model, linear = Model, staticmethod(functional.linear)

    def leaf(self, array: Array, wanted: bool, filters: bool) -> torch.Tensor:
        return self.gradient(array).requires_grad_(wanted)

    def gradient(self, array: Array) -> torch.Tensor:
        return maps(array) if array.ndim == 4 else torch.from_numpy(array)

    def array(self, result: torch.Tensor) -> Array:
        return result.detach().numpy()

    def alone(self, compute: Callable[..., Any], leaves: Sequence[Any]) -> Any:
        with torch.inference_mode():
            return compute(*leaves)

    def both(self, compute: Callable[..., Any], leaves: Sequence[Any], wanted: Sequence[int], g: Any) -> list[Any]:
        out = compute(*leaves)
        return [out, *torch.autograd.grad(out, [leaves[i] for i in wanted], g)]

    def conv2d(self, stride: int, padding: int) -> Callable[..., Any]:
        return lambda x, w, b: functional.conv2d(x, w, b, stride, padding)

    def max_pool2d(self, x: Any) -> Any:
        return functional.max_pool2d(x, 2)

    def chain(self, length: int) -> Callable[..., Any]:
        def compute(h: Any, w: Any, b: Any) -> Any:
            for _ in range(length):
                h = torch.relu((h @ w) * 0.5 + b)
            return h

        return compute


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


class Deconvnet(Work):
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

    def results(self) -> dict[str, Any]:
        x = self.images.detach().requires_grad_()
        out = self.model(x)
        values = out.detach()[:, self.channel]
        strongest = values.flatten(1).argmax(1)
        seed = torch.zeros_like(out)
        for n, at in enumerate(strongest.tolist()):
            y, z = divmod(at, values.shape[2])
            seed[n, self.channel, y, z] = values[n, y, z]
        return {"projection": torch.autograd.grad(out, x, seed)[0].numpy()}


KINDS = kinds(Engine(), "net", "conv", "pool", "linear", "chain", deconvnet=Deconvnet)


def convolve(x: Array, w: Array, g: Array, winograd: bool) -> tuple[Array, Array]:
    """A 3×3 convolution with padding 1 and the gradient of its filters: (maps, filters). Its algorithm is its own."""
    filters = maps(w).requires_grad_()
    out = functional.conv2d(maps(x), filters, None, 1, 1)
    return out.detach().numpy(), torch.autograd.grad(out, filters, maps(g))[0].numpy()
