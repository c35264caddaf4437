"""How this project does each task. Images and feature maps are given in channels-last memory, its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

import autograd_mini as ag
import nn
from autograd_mini import Tensor

from . import inputs, nets
from .inputs import Array
from .work import Work, kinds


def start(compiled: bool, threads: int | None = None) -> dict[str, Any]:
    """Choose the variant; what there is to know about it."""
    ag.set_compiled(compiled)
    if threads is not None:
        ag.set_num_threads(threads)
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


def chain(h: Any, w: Any, b: Any, length: int) -> Any:
    for _ in range(length):
        h = ag.relu((h @ w) * 0.5 + b)
    return h


class Engine:
    Model: type
    operations: ClassVar[dict[str, Callable[..., Any]]] = {
        "add": lambda x, y: x + y,
        "avgpool": ag.avg_pool2d,
        "bneval": lambda x, mean, var, weight, bias: ag.batch_norm(x, mean, var, weight, bias),
        "bntrain": lambda x, mean, var, weight, bias: ag.batch_norm(x, None, None, weight, bias),
        "chain": chain,
        "concat": lambda x, y: ag.concatenate([x, y], axis=1),
        "conv": ag.conv2d,
        "convT": ag.conv_transpose2d,
        "cross_entropy": ag.cross_entropy,
        "div": lambda x, y: x / y,
        "dropout": ag.dropout,
        "exp": ag.exp,
        "fancy": lambda x, index: x[index],
        "leaky": ag.leaky_relu,
        "linear": ag.linear,
        "log": ag.log,
        "log_softmax": ag.log_softmax,
        "matmul": lambda x, y: x @ y,
        "max": lambda x, axes: ag.max(x, axes),
        "maxpool": ag.max_pool2d,
        "mean": lambda x, axes: ag.mean(x, axes),
        "mul": lambda x, y: x * y,
        "pad": lambda x: ag.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))),
        "relu": ag.relu,
        "reshape": lambda x: ag.reshape(x, (-1,)),
        "sigmoid": ag.sigmoid,
        "sin": ag.sin,
        "slice": lambda x: x[: len(x) // 2],
        "softmax": ag.softmax,
        "sqrt": ag.sqrt,
        "sum": lambda x, axes: ag.sum(x, axes),
        "tanh": ag.tanh,
        "transpose": lambda x, axes: ag.reshape(ag.transpose(x, axes), (-1,)),
        "var": lambda x, axes: ag.var(x, axes, ddof=1),
        "where": lambda x, y, condition: ag.where(condition, x, y),
    }

    def leaf(self, array: Array, is_maps: bool, wanted: bool) -> Tensor:
        return Tensor(maps(array) if is_maps else array, requires_grad=wanted)

    def options(self, options: dict[str, Any]) -> dict[str, Any]:
        return options

    def array(self, result: Tensor) -> Array:
        return result.numpy()

    def alone(self, compute: Callable[..., Any], leaves: Sequence[Any]) -> Any:
        with ag.no_grad():
            return compute(*leaves)

    def both(self, compute: Callable[..., Any], leaves: Sequence[Any], wanted: Sequence[int], g: Any) -> list[Any]:
        out = compute(*leaves)
        return [out, *ag.grad(out, [leaves[i] for i in wanted], g)]


class Discriminated(nn.Module):
    """DCGAN's generator, and its discriminator on what it makes."""

    def __init__(self) -> None:
        widths, up, down = (100, 512, 256, 128, 64), {}, {}
        for i, (into, out) in enumerate(pairwise(widths)):
            up |= {f"up{i}": nn.ConvTranspose2d(into, out, 4, 2 if i else 1, 1 if i else 0, bias=False)}
            up |= {f"bn{i}": nn.BatchNorm2d(out), f"relu{i}": nn.ReLU()}
        self.g = nn.Sequential(**up, up4=nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), tanh=nn.Tanh())
        for i, (into, out) in enumerate(pairwise((3, 64, 128, 256, 512))):
            down |= {f"conv{i}": nn.Conv2d(into, out, 4, 2, 1, bias=False)}
            down |= ({f"bn{i}": nn.BatchNorm2d(out)} if i else {}) | {f"leaky{i}": nn.LeakyReLU(0.2)}
        self.d = nn.Sequential(**down, conv4=nn.Conv2d(512, 2, 4), flatten=nn.Flatten())

    def forward(self, z: Any) -> Any:
        return self.d(self.g(z))


class Pixels(nn.UNet):
    """The logits of all pixels as rows."""

    def forward(self, x: Any) -> Any:
        y = super().forward(x)
        return y.transpose((0, 2, 3, 1)).reshape((-1, y.shape[1]))


class Last(nn.Module):
    """A class by the last output of an LSTM."""

    def __init__(self) -> None:
        self.lstm, self.fc = nn.LSTM(128, 128), nn.Linear(128, 10)

    def forward(self, x: Any) -> Any:
        return self.fc(self.lstm(x)[0][-1])


class OfTokens(nn.Module):
    """A class by the mean of what a transformer's block makes of tokens."""

    def __init__(self) -> None:
        self.block = nn.TransformerEncoderLayer(256, 8, 1024, dropout=0.0, batch_first=True)
        self.fc = nn.Linear(256, 10)

    def forward(self, x: Any) -> Any:
        return self.fc(self.block(x).mean(1))


def vgg(line: str, shape: tuple[int, int, int] = (3, 224, 224)) -> Callable[[], nn.Module]:
    return lambda: nn.VGG(line, input_shape=shape, init=nn.zeros)


NETS: dict[str, Callable[[], nn.Module]] = {
    "VGG-16": vgg(nets.VGG16),
    "the report's net": vgg(nets.REPORT),
    "small VGG": vgg(nets.SMALL, (3, 64, 64)),
    "digits": digits_net,
    "ResNet-18": lambda: nn.resnet18(init=nn.zeros),
    "MobileNetV2": lambda: nn.mobilenet_v2(init=nn.zeros),
    "SqueezeNet": lambda: nn.SqueezeNet(init=nn.zeros),
    "DCGAN": Discriminated,
    "U-Net": lambda: Pixels(width=16, init=nn.zeros),
    "transformer block": OfTokens,
    "LSTM, 50 steps": Last,
    "MLP": lambda: nn.Sequential(fc1=nn.Linear(784, 256), relu1=nn.ReLU(), fc2=nn.Linear(256, 256), relu2=nn.ReLU(),
                                 fc3=nn.Linear(256, 10)),
}  # fmt: skip


def filled(net: nn.Module) -> nn.Module:
    """A net with the weights that every side has."""
    for name, parameter in net.named_parameters():
        parameter.numpy()[...] = inputs.weights(name, parameter.shape)
    return net


class Model:
    """A net of `nets`, made of this project's layers."""

    def __init__(self, name: str, batch: int, side: int | None, train: bool) -> None:
        made = nets.NETS[name]
        self.net = filled(NETS[name]() if side is None else vgg(nets.SMALL, (3, side, side))())
        images, self.labels = made.inputs(batch, side)
        self.x, self.train = Tensor(maps(images) if images.ndim == 4 else images), train
        self.optimizer = nn.SGD(self.net.parameters(), lr=1e-5, momentum=0.9)

    def dropping(self, on: bool) -> None:
        self.net.train(self.train)
        for _, module in self.net.named_modules():
            if isinstance(module, nn.Dropout):
                module.train(on)

    def logits(self) -> Array:
        with ag.no_grad():
            return self.net(self.x).numpy()

    def step(self) -> Any:
        self.optimizer.zero_grad()
        loss = nn.cross_entropy(self.net(self.x), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def gradients(self) -> dict[str, Array]:
        return {name: parameter.grad.numpy() for name, parameter in self.net.named_parameters()}  # type: ignore


Engine.Model = Model


def look(**params: Any) -> Work:
    """A way of looking into SqueezeNet; `vis` is imported for it alone, that it does not count as a net's memory."""
    from .work_looking import Looking

    return Looking(**params)


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


KINDS = kinds(Engine(), look=look)
