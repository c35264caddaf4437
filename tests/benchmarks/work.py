"""The tasks, written once for every side: what is computed on which data, in terms of what each side can do.

A side is a module with `start(**how)` and `KINDS`, made by `kinds` from an engine, which can do the following.

operations                        functions of leaves and options, by the kind of a line of `operations`
leaf(array, maps, wanted)         what is computed on, maps in the side's memory format
options(options)                  what else an operation is given, in the side's own terms
array(result)                     a result as an array
alone(compute, leaves)            the result, nothing recorded
both(compute, leaves, wanted, g)  the result and the gradients of the leaves that are wanted
Model(name)                       a net, see `Net`
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from . import inputs
from .inputs import Array
from .operations import Call, read


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
    """One operation, forward alone (nothing recorded) or with the gradients of what it is given."""

    def __init__(self, engine: Any, call: Call, backward: bool) -> None:
        self.engine, self.backward, self.random = engine, backward, call.random
        function, options = engine.operations[call.kind], engine.options(call.options)
        self.compute = lambda *leaves: function(*leaves, **options)
        self.wanted = call.wanted if call.wanted is not None else tuple(range(len(call.arrays)))
        self.leaves = [
            engine.leaf(array, i in call.maps, i in self.wanted and backward) for i, array in enumerate(call.arrays)
        ]
        if backward:
            shape = tuple(engine.alone(self.compute, self.leaves).shape)
            self.g = engine.leaf(inputs.normal("g", shape), bool(call.maps) and len(shape) == 4, False)

    def run(self) -> None:
        self.computed()

    def computed(self) -> list[Any]:
        if not self.backward:
            return [self.engine.alone(self.compute, self.leaves)]
        return list(self.engine.both(self.compute, self.leaves, self.wanted, self.g))

    def results(self) -> dict[str, Any]:
        found = [self.engine.array(result) for result in self.computed()]
        if self.random:  # each side drops others
            return {f"shape {i}": np.array(result.shape) for i, result in enumerate(found)}
        return {f"result {i}": result for i, result in enumerate(found)}


def operation(engine: Any, name: str, backward: bool) -> Operation:
    """A line of `operations`."""
    return Operation(engine, read(name), backward)


def chain(engine: Any, length: int, size: int) -> Operation:
    """h ← relu(0.5 · (h @ w) + b), again and again, on arrays so small that the recording is what costs."""
    x, b = (inputs.normal(name, (size, size)) for name in "xb")
    return Operation(engine, Call("chain", [x, 2 * inputs.rotation(size), 0.1 * b], {"length": length}), True)


class Net(Work):
    """A training step (forward, backward, SGD with momentum) or an evaluation of a net of `nets`.

    An engine's Model(name, batch) has the net in the side's memory format with `inputs.fill` for weights; then there
    are `dropping(on)`, `logits()`, nothing recorded, `step()`, which gives the loss, and `gradients()` of the last
    step, by the parameters' names.
    """

    def __init__(self, engine: Any, name: str, batch: int, train: bool, side: int | None = None) -> None:
        self.model, self.train = engine.Model(name, batch, side, train), train
        self.model.dropping(train)

    def run(self) -> float:
        return float(self.model.step() if self.train else self.model.logits().reshape(-1)[0])

    def results(self) -> dict[str, Any]:
        """Without dropout: logits, or of training three losses, and the gradients of the first step."""
        self.model.dropping(False)
        if not self.train:
            return {"logits": np.array(self.model.logits())}
        losses = [self.run()]
        found: dict[str, Any] = {f"gradient {name}": np.array(g) for name, g in self.model.gradients().items()}
        found["losses"] = np.array([*losses, self.run(), self.run()])
        self.model.dropping(True)
        return found


def kinds(engine: Any, **own: Any) -> dict[str, Callable[..., Work]]:
    """The tasks that an engine does, and those it does in a way of its own."""

    def bound(make: Callable[..., Work]) -> Callable[..., Work]:
        return lambda **params: make(engine, **params)

    every = {"operation": operation, "chain": chain, "net": Net}
    return {name: bound(make) for name, make in every.items()} | own
