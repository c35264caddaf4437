"""The tasks, written once for every side: what is computed on which data, in terms of what each side can do.

A side is a module with `start(**how)` and `KINDS`, made by `kinds` from an engine, which can do the following.

leaf(array, wanted, filters)      what is computed on: filters, or maps in the side's memory format, or another array
gradient(array)                   what a gradient begins with
array(result)                     a result as an array
alone(compute, leaves)            the result, nothing recorded
both(compute, leaves, wanted, g)  the result and the gradients of the leaves that are wanted
conv2d(stride, padding), max_pool2d, linear, chain(length): what computes; Model: a net, see `Net`
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from . import inputs
from .inputs import Array


class Work:
    """Something with results by name."""

    def results(self) -> Mapping[str, Any]:
        raise NotImplementedError

    def run(self) -> float | None:
        self.results()
        return None

    def check(self) -> dict[str, Array]:
        return {name: np.asarray(result) for name, result in self.results().items()}


class Operation(Work):
    """One operation, forward alone (nothing recorded) or with its gradients."""

    def __init__(
        self, engine: Any, compute: Callable[..., Any], arrays: Sequence[Array], g: Sequence[int], *,
        backward: bool = True, wanted: Sequence[int] = (0, 1, 2),
    ) -> None:  # fmt: skip
        self.engine, self.compute, self.backward = engine, compute, backward
        self.wanted = [i for i in wanted if i < len(arrays)]
        self.leaves = [engine.leaf(array, i in self.wanted, i == 1) for i, array in enumerate(arrays)]
        self.g = engine.gradient(inputs.normal("g", g))

    def computed(self) -> list[Any]:
        if not self.backward:
            return [self.engine.alone(self.compute, self.leaves)]
        return self.engine.both(self.compute, self.leaves, self.wanted, self.g)

    def run(self) -> None:
        self.computed()

    def results(self) -> dict[str, Any]:
        return {f"result {i}": self.engine.array(result) for i, result in enumerate(self.computed())}


def conv(
    engine: Any, channels: int, filters: int, side: int, kernel: int, stride: int, padding: int, batch: int,
    backward: bool, input_gradient: bool,
) -> Operation:  # fmt: skip
    """One convolution with bias."""
    out = (side + 2 * padding - kernel) // stride + 1
    shapes = {"x": (batch, channels, side, side), "w": (filters, channels, kernel, kernel), "b": (filters,)}
    arrays = [inputs.normal(name, shape) for name, shape in shapes.items()]
    compute, g = engine.conv2d(stride, padding), (batch, filters, out, out)
    return Operation(engine, compute, arrays, g, backward=backward, wanted=(0, 1, 2) if input_gradient else (1, 2))


def pool(engine: Any, shape: list[int], backward: bool) -> Operation:
    """Max-pooling 2×2."""
    n, c, height, width = shape
    g = (n, c, height // 2, width // 2)
    return Operation(engine, engine.max_pool2d, [inputs.normal("x", shape)], g, backward=backward)


def linear(engine: Any, inputs_: int, outputs: int, batch: int) -> Operation:
    """x Wᵀ + b with its gradients."""
    shapes = {"x": (batch, inputs_), "w": (outputs, inputs_), "b": (outputs,)}
    arrays = [inputs.normal(name, shape) for name, shape in shapes.items()]
    return Operation(engine, engine.linear, arrays, (batch, outputs))


def chain(engine: Any, length: int, size: int) -> Operation:
    """h ← relu(0.5 · (h @ w) + b), again and again, on arrays so small that the recording is what costs."""
    x, b = (inputs.normal(name, (size, size)) for name in "xb")
    return Operation(engine, engine.chain(length), [x, 2 * inputs.rotation(size), 0.1 * b], (size, size))


class Net(Work):
    """A training step (forward, backward, SGD with momentum) or an evaluation of a net.

    An engine's Model(line, shape) has `arrays`, its parameters' own; then `ready(images, labels)` puts it in the side's
    memory format, and there are `dropping(on)`, `logits()`, nothing recorded, `step()`, which gives the loss, and
    `gradients()` of the last step.
    """

    def __init__(self, engine: Any, line: str, shape: list[int], classes: int, batch: int, train: bool) -> None:
        self.model, self.train = engine.Model(line, shape), train
        for number, parameter in enumerate(self.model.arrays):
            inputs.fill(parameter, number)
        self.model.ready(inputs.normal("images", (batch, *shape)), inputs.labels(classes, batch))
        self.model.dropping(train)

    def run(self) -> float:
        return float(self.model.step() if self.train else self.model.logits()[0, 0])

    def results(self) -> dict[str, Any]:
        """Without dropout: logits; for training also three losses, and the gradients of the first step."""
        self.model.dropping(False)
        found: dict[str, Any] = {"logits": self.model.logits()}
        if self.train:
            losses = [self.run()]
            found |= {f"gradient {i}": np.array(g) for i, g in enumerate(self.model.gradients())}
            found["losses"] = np.array([*losses, self.run(), self.run()])
        self.model.dropping(self.train)
        return found


def kinds(engine: Any, *names: str, **own: Any) -> dict[str, Callable[..., Work]]:
    """The tasks of these names for an engine, and those it does in a way of its own."""
    every: dict[str, Any] = {"net": Net, "conv": conv, "pool": pool, "linear": linear, "chain": chain}

    def bound(name: str) -> Callable[..., Work]:
        make = every[name]
        if name == "linear":  # whose parameter is called as a module here
            return lambda inputs, outputs, batch: make(engine, inputs, outputs, batch)
        return lambda **params: make(engine, **params)

    return {name: bound(name) for name in names} | own
