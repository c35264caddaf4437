"""Graphs run, node by node; what nothing needs any more is let go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .graph import Graph, Node
from .operators import row_of

Perform = Callable[[Node, Sequence[Any], Mapping[str, Any]], Any]
FAULTS = (
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    ArithmeticError,
    NotImplementedError,
    AttributeError,
    MemoryError,
)


@dataclass
class Call:
    """What an operator may ask beside its inputs.

    outputs: how many are wanted. training: whether what differs in training, differs. rng: where random numbers come
    from. opset: of the operator's domain. run(graph, *inputs): the outputs of a graph within, where it stands.
    """

    outputs: int
    opset: int
    training: bool = False
    rng: Any = None
    run: Callable[..., list[Any]] = field(default=lambda *_: [])


class Scope(dict[str, Any]):
    """Values by name, those around it too."""

    def __init__(self, around: Mapping[str, Any], own: Mapping[str, Any]) -> None:
        super().__init__(own)
        self.around = around

    def __missing__(self, name: str) -> Any:
        return self.around[name]


def run(graph: Graph, values: dict[str, Any], perform: Perform) -> list[Any]:
    """The outputs of a graph. values: of its inputs and of what is around it, by name; perform: gives a node's."""
    for node, over in zip(graph.nodes, graph.over, strict=True):
        given = [values[name] if name else None for name in node.inputs]
        results = perform(node, given, values)
        results = results if isinstance(results, tuple | list) else (results,)
        for name, result in zip(node.outputs, results, strict=False):
            if name:
                values[name] = result
        if len(results) < len(node.outputs) and any(node.outputs[len(results) :]):
            raise ValueError(f"{node}: it gives {len(results)} results, and {len(node.outputs)} are wanted")
        del results, given
        for name in over:
            values.pop(name, None)
    return [values[name] for name in graph.outputs]


class Runner:
    """Computes nodes of a file by the functions of their operators."""

    def __init__(self, path: str, opsets: dict[str, int], rng: Any = None, training: bool = False) -> None:
        self.opsets, self.rng, self.training = opsets, rng, training
        self.where = f"from_onnx: {path}"

    def perform(self, node: Node, given: Sequence[Any], around: Mapping[str, Any]) -> Any:
        """A node's results. Errors name it and the file."""
        row = row_of(node, self.opsets)
        if row is None:
            raise NotImplementedError(f"{self.where}: {node} is not known here")
        try:
            if not row.takes_call:
                return row.function(*given, **node.attributes)
            opset = self.opsets.get(node.domain, 1)

            def within(graph: Graph, *inputs: Any) -> list[Any]:
                named = {one.name: value for one, value in zip(graph.inputs, inputs, strict=True)}
                return run(graph, Scope(around, named), self.perform)

            call = Call(len(node.outputs), opset, self.training, self.rng, within)
            return row.function(*given, **node.attributes, call=call)
        except FAULTS as error:
            raise told(error, self.where, node) from error


def told(error: Exception, where: str, node: Node) -> Exception:
    """The error of a node, with its name and the file's."""
    words = str(error)
    if words.startswith(where):  # it was told within
        return error
    kind = type(error) if type(error) in FAULTS else ValueError
    return kind(f"{where}: {node}: {words.removeprefix('from_onnx: ')}")
