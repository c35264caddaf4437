"""Zeros: the step from which on a gradient is exactly zero, and the reason."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.gradient import grad
from ..core.observer import Observer, observed_by
from ..core.tape import Node, Pick, place
from ..core.tensor import Tensor
from ..observe.lines import format_place
from ..observe.mutation import line_of
from ..observe.profiler import Gradient
from ..observe.snapshot import saved_arrays

_BECAUSE = {
    "relu": "none of its inputs is positive there",
    "clip": "all of its inputs there are out of its bounds",
    "where": "its condition chooses the other there",
    "maximum": "the other is larger there",
    "minimum": "the other is smaller there",
    "dropout": "all of its inputs there are dropped",
}
"""By operation, what it means that its rule gives zero; there: where a gradient arrives that is not zero."""


class _Zeros(Observer):
    """Notes where a gradient that is not zero becomes zero."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.reached: set[Node] = set()  # by a part that is not zero

    def arrived(self, node: Node, g: Any) -> None:
        """Note a sum of gradients that cancel."""
        if node in self.reached and not _any(g):
            self.steps.append(format_node(node, "is reached by gradients that cancel"))

    def carried(self, node: Node, g: Any, grads: Any) -> None:
        """Note a rule that makes zero of a gradient."""
        if not _any(g):
            return
        for i, (parent, part) in enumerate(zip(node.parents, grads, strict=False)):
            if part is None or parent is None:
                continue
            if _any(part):
                self.reached.add(parent)
            elif not isinstance(node.op, Pick) and np.size(part):
                self.steps.append(format_node(node, f"carries 0 back{_because(node, i)}"))


def measured(loss: Tensor, node: Node) -> tuple[Gradient, list[str]]:
    """The gradient that arrives from a loss at a node, in three numbers, and the steps that made it zero.

    The graph stays as it is. A loss of several elements is given random gradients, in which nothing cancels by chance.
    """
    seen, end = _Zeros(), Tensor.made(np.empty(node.shape, node.dtype), node)
    given = np.ones(loss.shape) if loss.size == 1 else np.random.default_rng(0).uniform(0.5, 1.5, loss.shape)
    with np.errstate(all="ignore"), observed_by(seen):
        return Gradient.of(grad(loss, end, given, retain_graph=True)), seen.steps


def _because(node: Node, i: int) -> str:
    """The argument for which a step's rule gives zero, and the reason as far as it is known."""
    op: Any = node.op
    saved = [(name, np.asarray(held)) for name, held in {**(node.saved or {}), **saved_arrays(node)}.items()]
    numbers = [(name, array) for name, array in saved if array.size and array.dtype.kind in "biuf"]
    alike = [(name, array) for name, array in numbers if (array == array.flat[0]).all()]
    zeros = [(name, array) for name, array in alike if not array.any()]
    why = _BECAUSE.get(op.name) or " and ".join([_alike(name, array) for name, array in zeros or alike])
    which = "" if len(node.parents) < 2 else f" to its {argument(node, i)}"
    return f"{which}{f': {why}' if why else ''}"


def _alike(name: str, array: Any) -> str:
    return f"its {name} is {float(array.flat[0]) + 0.0:.6g}{' everywhere' * (array.size > 1)}"


def argument(node: Node, i: int) -> str:
    """The name of argument i of a node."""
    return f"{node.op.arg(i)}{f'[{i}]' * node.op.variadic}"


def format_node(node: Node, words: str = "") -> str:
    """A node as operation, module, some words and its line."""
    node = node.parents[0] or node if isinstance(node.op, Pick) else node
    if node.op is None:
        return f"{f'the leaf {node.name!r}' if node.name else f'a leaf {node.shape} {node.dtype}'} {words}".rstrip()
    line = line_of(node)
    at = "" if line is None else f", at {format_place(line)}"
    return f"{f'{node.op.name}{place(node)} {words}'.rstrip()}{at}"


def _any(g: Any) -> bool:
    """True if an element of an array, or of one of several, is not 0."""
    if isinstance(g, list | tuple):
        return any(map(_any, g))
    return g is not None and bool(np.any(getattr(g, "_array", g)))
