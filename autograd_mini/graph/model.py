"""A drawing before it is drawn: what the tape recorded as vertices and edges, in an order that never changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from ..tape import Node, Value

STEPS = ("operation", "module", "result", "loss")  # what was computed
KINDS = ("input", "parameter", "constant", *STEPS)


@dataclass
class Vertex:
    """One thing in the drawing.

    kind: one of KINDS. title: what it is (an operation's name, a tensor's). name: the path of the module that ran it or
    the user's name, "" if it has none. path: the boxes it stands in, outermost first. parameters: how many numbers are
    learned in it; lines: its own parameters, told in it rather than beside it. nodes: what it stands for on the tape.
    times: how many alike it stands for.
    """

    key: str
    kind: str
    title: str
    name: str = ""
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    path: tuple[str, ...] = ()
    parameters: int = 0
    lines: tuple[str, ...] = ()
    nodes: tuple[Node, ...] = ()
    times: int = 1


@dataclass(frozen=True)
class Edge:
    """From an argument to a result; the label is the argument's shape and dtype."""

    source: str
    target: str
    label: str = ""


@dataclass
class Graph:
    """Vertices in the order of recording, and the edges between them."""

    vertices: dict[str, Vertex]
    edges: list[Edge]

    def parents(self) -> dict[str, list[str]]:
        """For every vertex where its edges come from, in order."""
        found: dict[str, list[str]] = {key: [] for key in self.vertices}
        for edge in self.edges:
            found[edge.target].append(edge.source)
        return found

    def children(self) -> dict[str, list[str]]:
        """For every vertex where its edges lead."""
        found: dict[str, list[str]] = {key: [] for key in self.vertices}
        for edge in self.edges:
            found[edge.source].append(edge.target)
        return found


def read(outputs: Any, inputs: Any = None, name: str = "to_graphviz") -> Graph:
    """The graph behind one or several Tensors, back to the leaves, or to `inputs` if they are given.

    With `inputs` only the steps between them and the outputs are read. Raises ValueError if an output has no graph or
    depends on none of the inputs.
    """
    results = _nodes(outputs, name, "output")
    wanted = None if inputs is None else set(_nodes(inputs, name, "input"))
    order = _recorded_order(results, wanted or ())
    if wanted is not None:
        reaching = _reaching(order, wanted)
        order = [node for node in order if node in reaching]
        if not order:
            raise ValueError(f"{name}: the output does not depend on the inputs given")
    own = _told_in_their_operation(order)
    keys: dict[Node, str] = {}
    vertices: dict[str, Vertex] = {}
    edges: list[Edge] = []
    boxes = _boxes(order)
    for node in order:
        if node in own:
            continue
        key = keys[node] = f"n{len(keys)}"
        vertices[key] = _vertex(key, node, own, node in results, wanted is not None and node in wanted, boxes)
        if node.op is None or (wanted is not None and node in wanted):
            continue
        for i, parent in enumerate(node.parents):
            if parent in keys:
                edges.append(Edge(keys[parent], key, told(parent.shape, parent.dtype)))
            elif parent is None:
                constant = f"{key}c{i}"
                vertices[constant] = Vertex(constant, "constant", "constant", path=vertices[key].path)
                edges.append(Edge(constant, key))
    _draw_boxes(vertices)
    return Graph(vertices, edges)


def _draw_boxes(vertices: dict[str, Vertex]) -> None:
    """Keep the boxes that the order enters and leaves once. A list of blocks with sums between them is none: its blocks
    are, as blocks.0, blocks.1, …
    """
    steps = [vertex for vertex in vertices.values() if vertex.kind in STEPS]
    entered: dict[tuple[str, ...], int] = {}
    last: tuple[str, ...] = ()
    for vertex in steps:
        for depth in range(1, len(vertex.path) + 1):
            if last[:depth] != vertex.path[:depth]:
                entered[vertex.path[:depth]] = entered.get(vertex.path[:depth], 0) + 1
        last = vertex.path
    for vertex in vertices.values():
        path: list[str] = []
        waiting = ""
        for depth, level in enumerate(vertex.path, 1):
            waiting = f"{waiting}.{level}" if waiting else level
            if entered.get(vertex.path[:depth]) == 1:
                path.append(waiting)
                waiting = ""
        vertex.path = tuple(path)


def told(shape: Sequence[int] | None, dtype: Any) -> str:
    """A shape and a dtype as they are written in a drawing: 64×3×3×3 float32."""
    if shape is None:
        return ""
    return f"{'×'.join(map(str, shape)) or 'scalar'} {dtype}".strip()


def _nodes(values: Any, name: str, what: str) -> list[Node]:
    nodes: list[Node] = []
    for value in [values] if isinstance(values, Value) else list(values):
        if not isinstance(value, Value) or value.node is None:
            raise ValueError(
                f"{name}: the {what} has no graph: no tensor with requires_grad=True went into it, "
                "or it was computed under no_grad(), or it was detached"
            )
        if value.node not in nodes:
            nodes.append(value.node)
    return nodes


def _recorded_order(results: Sequence[Node], ends: Collection[Node]) -> list[Node]:
    """Every node behind the results, arguments first and in the order of the arguments; not behind the ends."""
    order: dict[Node, None] = {}
    stack: list[tuple[Node, int]] = [(node, 0) for node in reversed(results)]
    while stack:
        node, i = stack.pop()
        if node in order:
            continue
        parents = () if node in ends else node.parents
        while i < len(parents) and (parents[i] is None or parents[i] in order):
            i += 1
        if i < len(parents):
            stack += [(node, i + 1), (parents[i], 0)]  # type: ignore[list-item]
        else:
            order[node] = None
    return list(order)


def _reaching(order: Iterable[Node], wanted: Collection[Node]) -> set[Node]:
    """The wanted nodes and those computed from them."""
    found = {node for node in order if node in wanted}
    for node in order:
        if any(parent in found for parent in node.parents if parent is not None):
            found.add(node)
    return found


def _told_in_their_operation(order: Iterable[Node]) -> dict[Node, Node]:
    """Leaves that belong to the one operation they go into: features.conv1.weight to features.conv1."""
    users: dict[Node, list[Node]] = {}
    for node in order:
        for parent in node.parents:
            if parent is not None and parent.op is None:
                users.setdefault(parent, []).append(node)
    return {
        leaf: using[0]
        for leaf, using in users.items()
        if len(using) == 1 and leaf.name and using[0].name and leaf.name.rpartition(".")[0] == using[0].name
    }


def _boxes(order: Iterable[Node]) -> dict[str, int]:
    """How many operations run under each name: a module that runs several is a box of its own."""
    found: dict[str, int] = {}
    for node in order:
        if node.op is not None and node.name:
            found[node.name] = found.get(node.name, 0) + 1
    return found


def _vertex(
    key: str, node: Node, own: dict[Node, Node], is_result: bool, is_input: bool, boxes: dict[str, int]
) -> Vertex:
    name, dtype = node.name or "", str(node.dtype)
    parts = tuple(name.split(".")) if name else ()
    if node.op is None or is_input:
        kind = "input" if is_input else "parameter"
        home = parts[:-1] if boxes.get(".".join(parts[:-1]), 0) > 1 else parts[:-2]
        count = 0 if is_input else prod(node.shape)
        return Vertex(key, kind, name or "leaf", name, node.shape, dtype, home, count, nodes=(node,))
    mine = [leaf for leaf in node.parents if leaf is not None and own.get(leaf) is node]
    return Vertex(
        key,
        kind="operation" if not is_result else "loss" if prod(node.shape) == 1 else "result",
        title=node.op.name,
        name=name,
        shape=node.shape,
        dtype=dtype,
        path=parts if boxes.get(name, 0) > 1 else parts[:-1],
        parameters=sum(prod(leaf.shape) for leaf in mine),
        lines=tuple(f"{(leaf.name or '').rpartition('.')[2]} {told(leaf.shape, '')}" for leaf in mine),
        nodes=(node, *mine),
    )
