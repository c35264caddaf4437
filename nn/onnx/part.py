"""A part of a net out of a file that is no layer here: a node, computed by the function of its operator."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_mini.onnx.reading import File, Node, Runner

from ..module import Module


class Operator(Module):
    """What one node of a file computes. Its arrays are the file's; the net that it is part of gives it its inputs.

    node: the node. around: names of the values that graphs within it take from around it, given behind its inputs.
    """

    def __init__(self, node: Node, file: File, rng: np.random.Generator) -> None:
        self.node, self.rng = node, rng
        self.where, self.opsets = file.path, file.opsets
        self.around = tuple(dict.fromkeys(name for graph in node.graphs() for name in graph.free()))

    def forward(self, *given: Any) -> Any:
        """The node's result, or a tuple of them."""
        count = len(self.node.inputs)
        runner = Runner(self.where, self.opsets, self.rng, self.training)
        results = runner.perform(self.node, given[:count], dict(zip(self.around, given[count:], strict=True)))
        if not isinstance(results, tuple | list):
            return results
        return results[0] if len(self.node.outputs) == 1 else tuple(results)

    def extra_repr(self) -> str:
        """The operator and what it is set to."""
        return ", ".join([self.node.kind, *(f"{key}={_short(value)}" for key, value in self.node.attributes.items())])


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.size > 6:
        return f"array {value.shape} {value.dtype}"
    text = repr(value.tolist() if isinstance(value, np.ndarray) else value)
    return text if len(text) <= 40 else f"{text[:37]}…"
