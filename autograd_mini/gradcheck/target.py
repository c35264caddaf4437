"""The function under check: run at any point, its outputs as one vector, its gradients by the rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..core.gradient import grad
from ..core.observer import enable_grad
from ..core.tensor import Tensor
from ..observe.snapshot import same
from .trace import Step, Trace, replay, traced

Arrays = Sequence[Any]


@dataclass
class Run:
    """One evaluation: its leaves, its outputs, and every step between."""

    leaves: list[Tensor]
    outputs: list[Tensor]
    labels: list[str]
    trace: Trace

    @cached_property
    def vector(self) -> Any:
        """All outputs, one after another, as float64."""
        return np.concatenate([output.numpy().ravel().astype(np.float64) for output in self.outputs])

    def parts(self, vector: Any) -> list[Any]:
        """A vector of cotangents in the outputs' shapes and dtypes."""
        ends = np.cumsum([output.size for output in self.outputs])[:-1]
        pieces = zip(np.split(vector, ends), self.outputs, strict=True)
        return [piece.reshape(output.shape).astype(output.dtype) for piece, output in pieces]

    def split(self, vector: Any) -> list[Any]:
        """A vector over all inputs in their shapes."""
        ends = np.cumsum([leaf.size for leaf in self.leaves])[:-1]
        return [piece.reshape(leaf.shape) for piece, leaf in zip(np.split(vector, ends), self.leaves, strict=True)]

    def gradients(self, vector: Any) -> list[Any]:
        """The cotangent carried back by the rules: one array for each leaf, None where no gradient arrives."""
        pairs = [(o, g) for o, g in zip(self.outputs, self.parts(vector), strict=True) if o.requires_grad]
        if not pairs:
            return [None] * len(self.leaves)
        outputs, cotangents = zip(*pairs, strict=True)
        found = grad(list(outputs), self.leaves, list(cotangents), retain_graph=True, allow_unused=True)
        return [None if g is None else g.numpy() for g in found]

    def gradient(self, vector: Any) -> Any:
        """The same as one vector over all inputs, 0 where no gradient arrives."""
        found = zip(self.gradients(vector), self.leaves, strict=True)
        return np.concatenate([np.zeros(leaf.size) if g is None else g.ravel() for g, leaf in found])

    def again(self, leaves: Arrays, rng: np.random.Generator | None = None) -> Any:
        """The outputs of the same steps on other leaves; the vector may be complex."""
        start = {mine.node: leaf for mine, leaf in zip(self.leaves, leaves, strict=True) if mine.node is not None}
        values = replay(self.trace.steps, start, rng)
        found = [o.numpy() if o.node is None else values.get(o.node, o.numpy()) for o in self.outputs]
        return np.concatenate([np.ravel(value) for value in found])

    def gradient_noise(self, vector: Any, rng: np.random.Generator) -> Any:
        """How far random rounding moves the gradient: a number for each element of all inputs.

        The backward pass is recorded; forward and backward steps are run again with random rounding, which is never
        coarser than the forward steps' own: a rule that computes in less precision is not excused. None if a rule
        cannot be recorded.
        """
        reached = [(o, Tensor(g)) for o, g in zip(self.outputs, self.parts(vector), strict=True) if o.requires_grad]
        if not reached:
            return np.zeros(sum(leaf.size for leaf in self.leaves))
        outputs, cotangents = [list(side) for side in zip(*reached, strict=True)]
        with traced(Trace()) as back:
            try:
                found = grad(outputs, self.leaves, cotangents, create_graph=True, allow_unused=True)
            except (TypeError, ValueError, AttributeError):  # written for bare arrays
                return None
        start = {leaf.node: leaf.numpy() for leaf in self.leaves if leaf.node is not None}
        steps = [*self.trace.steps, *back.steps]
        unit = max(float(np.finfo(step.out.dtype).eps) for step in self.trace.steps if step.node is not None)
        exact, *others = (replay(steps, start, r, unit) for r in (None, *[rng] * 6))
        noise = []
        for leaf, g in zip(self.leaves, found, strict=True):
            here = np.zeros(leaf.size)
            if g is not None and g.node is not None:
                for other in others:
                    here = np.maximum(here, np.abs(np.ravel(other[g.node] - exact[g.node])))
            noise.append(here)
        return np.concatenate(noise)


class Target:
    """A function and the inputs it is checked at; `checked` are the positions of those that require a gradient."""

    def __init__(self, name: str, fn: Callable[..., Any], inputs: Sequence[Any], dtype: Any = None) -> None:
        self.name, self.fn = name, fn
        self.checked = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
        self.constants = [_copied(x, dtype) for x in inputs]  # the caller's own arrays are not handed to fn
        self.point = [self.constants[i].numpy() for i in self.checked]
        self.names = [inputs[i].name for i in self.checked]
        self.started: list[Tensor] = []  # the leaves of the newest run

    def with_dtype(self, dtype: Any) -> Target:
        """The same function, its floating inputs in another dtype."""
        return Target(self.name, self.fn, self.constants, dtype)

    def with_arrays(self, arrays: Arrays) -> Target:
        """The same function of other arrays, one for each input."""
        inputs = [
            Tensor(a, requires_grad=x.requires_grad, name=x.name) if isinstance(x, Tensor) else a
            for x, a in zip(self.constants, arrays, strict=True)
        ]
        return Target(self.name, self.fn, inputs)

    def run(self, arrays: Arrays | None = None, lines: bool = False, watch: Any = None) -> Run:
        """Evaluate fn at the given arrays, by default at the inputs themselves, on leaves of its own."""
        given = self.point if arrays is None else arrays
        leaves = [Tensor(a, requires_grad=True, name=n) for a, n in zip(given, self.names, strict=True)]
        inputs = list(self.constants)
        for i, leaf in zip(self.checked, leaves, strict=True):
            inputs[i] = leaf
        self.started = leaves
        with enable_grad(), traced(Trace(lines, watch=watch)) as trace:
            result = self.fn(*inputs)
        outputs, labels = [], []
        for label, output in labelled(result):
            if isinstance(output, Tensor | np.ndarray | np.floating) and output.dtype.kind == "f":
                outputs.append(output if isinstance(output, Tensor) else Tensor(output))  # to which no gradient flows
                labels.append(label)
        if not any(isinstance(output, Tensor) for _, output in labelled(result)):
            outputs, labels = [], []  # nothing that could have a gradient
        return Run(leaves, outputs, labels, trace)

    def moved(self, arrays: Arrays, direction: Arrays, t: float) -> list[Any]:
        """The point at distance t along a direction, which is an array or None for each checked input."""
        return [a if d is None else (a + t * d).astype(a.dtype) for a, d in zip(arrays, direction, strict=True)]

    def changed(self, run: Run, before: Arrays) -> int | None:
        """The position of the first input whose array is no longer what it was; None if all are."""
        now = dict(enumerate(self.constants)) | dict(zip(self.checked, run.leaves, strict=True))
        return next((i for i, x in now.items() if not same(_array(x), before[i])), None)

    def arrays(self) -> list[Any]:
        """A copy of every input's array."""
        return [np.copy(_array(x)) if isinstance(_array(x), np.ndarray) else x for x in self.constants]

    def called(self, position: int) -> str:
        """What input `position` of the checked ones is called in a message."""
        number, name = self.checked[position], self.names[position]
        return f"input {number}" + (f" ({name!r})" if name else "")


def alone(step: Step, i: int) -> Target:
    """A step as a function of its argument i, the others fixed."""

    def fn(x: Any) -> Any:
        arrays = list(step.arrays)
        arrays[i] = x
        return step.result(arrays)

    array = np.asarray(step.arrays[i])
    return Target(step.op.name, fn, [Tensor(array, requires_grad=True, name=step.argument(i))])


def _copied(x: Any, dtype: Any) -> Any:
    if isinstance(x, Tensor):
        data = x.numpy()
        wanted = dtype if dtype is not None and data.dtype.kind == "f" else data.dtype
        return Tensor(data.astype(wanted), requires_grad=x.requires_grad, name=x.name)
    return np.copy(x) if isinstance(x, np.ndarray) else x


def _array(x: Any) -> Any:
    return x.numpy() if isinstance(x, Tensor) else x


def labelled(result: Any) -> list[tuple[str, Any]]:
    """The outputs of a function with what to call them: `output 0`, `output 'loss'`, nested ones `output 1[0]`."""
    if isinstance(result, Mapping | list | tuple):
        return [(f"output {key}{rest}", value) for key, inner in _entries(result) for rest, value in _nested(inner)]
    return [("output 0", result)]


def _entries(result: Any) -> list[tuple[str, Any]]:
    pairs = result.items() if isinstance(result, Mapping) else enumerate(result)
    return [(repr(key), value) for key, value in pairs]


def _nested(value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, Mapping | list | tuple):
        return [("", value)]
    return [(f"[{key}]{rest}", leaf) for key, inner in _entries(value) for rest, leaf in _nested(inner)]
