"""What is in an ONNX file, as plain values: nodes in an order in which they can run, arrays, inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Node:
    """One step: an operator on values by name, "" for one that is left out.

    scope: the modules that the exporter says it ran in, outermost first, or none.
    """

    name: str
    operator: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]
    scope: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The operator with its domain, unless that is ONNX's own."""
        return f"{self.domain}.{self.operator}" if self.domain else self.operator

    def __str__(self) -> str:
        called = self.name or next((name for name in self.outputs if name), "")
        return f"node {called!r} ({self.kind})"

    def graphs(self) -> Iterator[Graph]:
        """The graphs within: bodies of loops, branches."""
        return (value for value in self.attributes.values() if isinstance(value, Graph))

    def uses(self) -> Iterator[str]:
        """The values that it takes from where it stands, those that graphs within take among them."""
        yield from (name for name in self.inputs if name)
        for graph in self.graphs():
            yield from graph.free()


@dataclass(frozen=True)
class Given:
    """An input: its dtype, and its shape, in which a length that is not fixed is a text or None."""

    name: str
    dtype: np.dtype[Any] | None
    shape: tuple[int | str | None, ...] | None


@dataclass
class Graph:
    """Nodes, and what goes in and comes out; `arrays`, the file's own, are all with the outermost graph."""

    name: str
    inputs: list[Given]
    outputs: list[str]
    nodes: list[Node]
    arrays: dict[str, Array] = field(default_factory=dict)
    over: list[tuple[str, ...]] = field(default_factory=list)
    """For each node the values that nothing needs after it."""

    def free(self) -> Iterator[str]:
        """The values that it takes from around it."""
        own = {given.name for given in self.inputs} | {name for node in self.nodes for name in node.outputs}
        own |= set(self.arrays)
        yield from (name for node in self.nodes for name in node.uses() if name not in own)
        yield from (name for name in self.outputs if name not in own)

    def every_node(self) -> Iterator[Node]:
        """All nodes, those of graphs within too."""
        for node in self.nodes:
            yield node
            for graph in node.graphs():
                yield from graph.every_node()


@dataclass
class File:
    """A whole file: its outermost graph, and the version of each set of operators that it is written for."""

    path: str
    graph: Graph
    opsets: dict[str, int]
    producer: str = ""


def ordered(graph: Graph, where: str) -> None:
    """Put nodes behind those whose values they take, if they are not, and note what is over after each.

    Raises ValueError, naming a node, for nodes that wait for one another.
    """
    maker = {name: i for i, node in enumerate(graph.nodes) for name in node.outputs if name}
    needs = {i: {maker[name] for name in node.uses() if name in maker} for i, node in enumerate(graph.nodes)}
    if any(other >= i for i, others in needs.items() for other in others):
        try:
            order = [*TopologicalSorter(needs).static_order()]
        except CycleError as error:
            circle = error.args[1]
            raise ValueError(
                f"{where}: {graph.nodes[circle[0]]} needs its own result, by way of {len(circle) - 1} nodes in a circle"
            ) from None
        graph.nodes = [graph.nodes[i] for i in order]
    last: dict[str, int] = {}
    for i, node in enumerate(graph.nodes):
        last.update(dict.fromkeys((*node.uses(), *(name for name in node.outputs if name)), i))
    for name in graph.outputs:
        last.pop(name, None)
    own = set(maker)
    graph.over = [()] * len(graph.nodes)
    for name, i in last.items():
        if name in own:
            graph.over[i] = (*graph.over[i], name)
