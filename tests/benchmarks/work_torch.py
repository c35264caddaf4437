"""How PyTorch does each task, at its best: in-place ReLU, fused SGD, inference mode, one of its two memory formats.

`fused=True` was the fastest of SGD's three ways on the CPU (0.03 s beside 0.05 s for 68 M parameters).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

import torch
from torch.nn import functional as F

from . import inputs
from .inputs import Array
from .machine import cores
from .nets import NETS
from .work import kinds

FORMAT = torch.contiguous_format


COMPILED = False


def start(channels_last: bool, compiled: bool = False, threads: int | None = None) -> dict[str, Any]:
    """Choose the memory format, and whether nets are compiled; what there is to know about this side."""
    global FORMAT, COMPILED
    FORMAT = torch.channels_last if channels_last else torch.contiguous_format
    COMPILED = compiled
    torch.set_num_threads(threads or cores())
    return {"threads": torch.get_num_threads(), "versions": {"torch": torch.__version__}}


def formatted(array: Array) -> torch.Tensor:
    """An array, and (N, C, H, W) in the chosen memory format."""
    tensor = torch.from_numpy(array)
    return tensor.contiguous(memory_format=FORMAT) if array.ndim == 4 else tensor


def chain(h: Any, w: Any, b: Any, length: int) -> Any:
    for _ in range(length):
        h = torch.relu((h @ w) * 0.5 + b)
    return h


def reduced(function: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction over axes, or over all."""
    return lambda x, axes: function(x) if axes is None else function(x, axes if len(axes) > 1 else axes[0])


class Engine:
    Model: type
    operations: ClassVar[dict[str, Callable[..., Any]]] = {
        "add": lambda x, y: x + y,
        "avgpool": F.avg_pool2d,
        "bneval": lambda x, mean, var, weight, bias: F.batch_norm(x, mean, var, weight, bias),
        "bntrain": lambda x, mean, var, weight, bias: F.batch_norm(x, None, None, weight, bias, training=True),
        "chain": chain,
        "concat": lambda x, y: torch.cat([x, y], 1),
        "conv": F.conv2d,
        "convT": F.conv_transpose2d,
        "cross_entropy": F.cross_entropy,
        "div": lambda x, y: x / y,
        "dropout": F.dropout,
        "exp": torch.exp,
        "fancy": lambda x, index: x[index],
        "leaky": F.leaky_relu,
        "linear": F.linear,
        "log": torch.log,
        "log_softmax": lambda x: torch.log_softmax(x, -1),
        "matmul": lambda x, y: x @ y,
        "max": reduced(torch.amax),
        "maxpool": F.max_pool2d,
        "mean": reduced(torch.mean),
        "mul": lambda x, y: x * y,
        "pad": lambda x: F.pad(x, (1, 1, 1, 1)),
        "relu": torch.relu,
        "reshape": lambda x: x.reshape(-1),
        "sigmoid": torch.sigmoid,
        "sin": torch.sin,
        "slice": lambda x: x[: len(x) // 2],
        "softmax": lambda x: torch.softmax(x, -1),
        "sqrt": torch.sqrt,
        "sum": reduced(torch.sum),
        "tanh": torch.tanh,
        "transpose": lambda x, axes: x.permute(axes).reshape(-1),
        "var": reduced(torch.var),
        "where": lambda x, y, condition: torch.where(condition, x, y),
    }

    def leaf(self, array: Array, is_maps: bool, wanted: bool) -> torch.Tensor:
        return (formatted(array) if is_maps else torch.from_numpy(array)).requires_grad_(wanted)

    def options(self, options: dict[str, Any]) -> dict[str, Any]:
        return {name: formatted(value) if hasattr(value, "dtype") else value for name, value in options.items()}

    def array(self, result: torch.Tensor) -> Array:
        return result.detach().numpy()

    def alone(self, compute: Callable[..., Any], leaves: Sequence[Any]) -> Any:
        with torch.inference_mode():
            return compute(*leaves)

    def both(self, compute: Callable[..., Any], leaves: Sequence[Any], wanted: Sequence[int], g: Any) -> list[Any]:
        out = compute(*leaves)
        return [out, *torch.autograd.grad(out, [leaves[i] for i in wanted], g)]


class Layers:
    """The layers of `nets`, their parameters made when they are first called."""

    relu, relu6 = staticmethod(partial(F.relu, inplace=True)), staticmethod(partial(F.relu6, inplace=True))
    leaky, tanh = staticmethod(partial(F.leaky_relu, negative_slope=0.2, inplace=True)), staticmethod(torch.tanh)
    max_pool, concatenate = staticmethod(F.max_pool2d), staticmethod(partial(torch.cat, dim=1))

    def __init__(self) -> None:
        self.parameters: dict[str, torch.Tensor] = {}
        self.modules: dict[str, torch.nn.Module] = {}
        self.running: dict[str, torch.Tensor] = {}
        self.training = self.drops = False

    def made(self, name: str, *shape: int, running: bool = False) -> torch.Tensor:
        """A parameter, or a running statistic."""
        kept = self.running if running else self.parameters
        if name not in kept:
            kept[name] = formatted(inputs.weights(name, shape)).requires_grad_(not running)
        return kept[name]

    def both(self, name: str, shape: Sequence[int], outputs: int, bias: bool) -> tuple[Any, Any]:
        return self.made(f"{name}.weight", *shape), self.made(f"{name}.bias", outputs) if bias else None

    def conv(self, name: str, x: Any, outputs: int, kernel: int, bias: bool = True, groups: int = 1, **how: Any) -> Any:
        shape = (outputs, x.shape[1] // groups, kernel, kernel)
        return F.conv2d(x, *self.both(name, shape, outputs, bias), groups=groups, **how)

    def conv_transpose(self, name: str, x: Any, outputs: int, kernel: int, bias: bool = True, **how: Any) -> Any:
        shape = (x.shape[1], outputs, kernel, kernel)
        return F.conv_transpose2d(x, *self.both(name, shape, outputs, bias), **how)

    def linear(self, name: str, x: Any, outputs: int) -> Any:
        return F.linear(x, *self.both(name, (outputs, x.shape[-1]), outputs, True))

    def norm(self, name: str, x: Any) -> Any:
        c = x.shape[1]
        running = [self.made(f"{name}.running_{what}", c, running=True) for what in ("mean", "var")]
        return F.batch_norm(x, *running, *self.both(name, (c,), c, True), training=self.training)

    def module(self, name: str, make: Callable[[], torch.nn.Module]) -> torch.nn.Module:
        """A layer that PyTorch has as a module alone."""
        if name not in self.modules:
            module = self.modules[name] = make()
            for key, parameter in module.named_parameters():
                parameter.data = torch.from_numpy(inputs.weights(f"{name}.{key}", tuple(parameter.shape)))
                self.parameters[f"{name}.{key}"] = parameter
        return self.modules[name]

    def lstm(self, name: str, x: Any, size: int) -> Any:
        return self.module(name, lambda: torch.nn.LSTM(x.shape[-1], size))(x)[0]

    def transformer(self, name: str, x: Any, heads: int) -> Any:
        d = x.shape[-1]
        return self.module(
            name, lambda: torch.nn.TransformerEncoderLayer(d, heads, 4 * d, dropout=0, batch_first=True)
        )(x)

    def mean(self, x: Any) -> Any:
        return x.mean((2, 3))

    def flatten(self, x: Any) -> Any:
        return x.flatten(1)

    def pixels(self, x: Any) -> Any:
        return x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])

    def dropout(self, x: Any, p: float) -> Any:
        return F.dropout(x, p, self.training and self.drops)


class Model:
    """A net of `nets`, and fused SGD."""

    def __init__(self, name: str, batch: int, side: int | None, train: bool) -> None:
        made, self.layers = NETS[name], Layers()
        images, labels = made.inputs(batch, side)
        self.x, self.labels = formatted(images), torch.from_numpy(labels)
        with torch.no_grad():
            made.function(self.layers, self.x)  # makes the parameters
        self.layers.training = train
        for module in self.layers.modules.values():
            module.train(train)
        self.net: Callable[[Any], Any] = partial(made.function, self.layers)
        if COMPILED:
            torch.compiler.reset()  # nets are one function to it, of which it compiles eight and runs others eagerly
            self.net = torch.compile(self.net)
        parameters = self.layers.parameters
        self.optimizer = torch.optim.SGD(list(parameters.values()), lr=1e-5, momentum=0.9, fused=True)

    def dropping(self, on: bool) -> None:
        self.layers.drops = on

    def logits(self) -> Array:
        with torch.inference_mode():
            return self.net(self.x).numpy()

    def step(self) -> float:
        self.optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(self.net(self.x), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def gradients(self) -> dict[str, Array]:
        return {name: parameter.grad.numpy() for name, parameter in self.layers.parameters.items()}  # type: ignore


Engine.Model = Model
KINDS = kinds(Engine())


def convolve(x: Array, w: Array, g: Array, winograd: bool) -> tuple[Array, Array]:
    """A 3×3 convolution with padding 1 and the gradient of its filters: (maps, filters). Its algorithm is its own."""
    filters = formatted(w).requires_grad_()
    out = F.conv2d(formatted(x), filters, None, 1, 1)
    return out.detach().numpy(), torch.autograd.grad(out, filters, formatted(g))[0].numpy()
