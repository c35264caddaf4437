"""A drawing before it is drawn: what the tape recorded as vertices and edges, in an order that never changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from ..primitives import Primitive
from ..profiling import Profile
from ..tape import BACKWARD, Node, Value

STEPS = ("operation", "module", "result", "loss")  # what was computed
KINDS = ("input", "parameter", "constant", *STEPS)
MARKS = ("none", "zero", "bad", "added", "removed", "changed")  # of a gradient, which may be not finite; of a change


@dataclass
class Vertex:
    """One thing in the drawing.

    kind: one of KINDS. title: what it is (an operation's name, a tensor's). name: the path of the module that ran it or
    the user's name, "" if it has none. path: the boxes it stands in, outermost first. parameters: how many numbers are
    learned in it; lines: its own parameters, told in it rather than beside it, and `own` their leaves, line by line.
    tops: the nodes of its results, one for each of the `times` alike that it stands for; nodes: all that it stands for.
    level: 0 in the forward pass, 1 in a walk back that was recorded, 2 in a walk back over that. notes: what was
    measured of it, a line each; tip: what only the tooltip tells. mark: one of MARKS. shade: from 0 to 1, how dark.
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
    own: tuple[tuple[Node, ...], ...] = ()
    tops: tuple[Node, ...] = ()
    nodes: tuple[Node, ...] = ()
    times: int = 1
    level: int = 0
    notes: tuple[str, ...] = ()
    mark: str = ""
    shade: float | None = None
    tip: str = ""


@dataclass(frozen=True)
class Edge:
    """From an argument to a result; the label is the argument's shape and dtype.

    kind: "flow"; "link" where a recorded walk uses again what belongs to a forward step, its filters or its switches;
    "left" where a value was taken without its graph; "lost" where a gradient ends; "added" and "removed" in a diff.
    """

    source: str
    target: str
    label: str = ""
    kind: str = "flow"


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


def read(outputs: Any, inputs: Any = None, profile: Profile | None = None, name: str = "to_graphviz") -> Graph:
    """The graph behind one or several Tensors, back to the leaves, or to `inputs` if they are given.

    With `inputs` only the steps between them and the outputs are read. With a profile, constants tell their values or
    shapes, and what they were detached from is read too. Raises ValueError if an output has no graph or depends on none
    of the inputs, TypeError for what is no Tensor or no profile.
    """
    if profile is not None and not isinstance(profile, Profile):
        raise TypeError(f"{name}: profile must be what `ag.profile()` gives, not {type(profile).__name__}")
    results = _nodes(outputs, name, "output")
    ends = [] if inputs is None else _nodes(inputs, name, "input")
    arguments = _arguments(profile, set(ends))
    order = _recorded_order(results, arguments)
    if inputs is not None:
        reaching = _reaching(order, ends, arguments)
        if not reaching:
            raise ValueError(f"{name}: the output does not depend on the inputs given")
        own = {leaf: op for leaf, op in _told_in_their_operation(order).items() if op in reaching}
        order = [node for node in order if node in reaching or node in own]
    else:
        own = _told_in_their_operation(order)
    reader = _Reader(order, own, set(results), set(ends), profile)
    for node in order:
        if node not in own:
            reader.read(node, arguments(node))
    _draw_boxes(reader.graph.vertices)
    return reader.graph


class _Reader:
    """Nodes into vertices and edges, arguments before results."""

    def __init__(
        self, order: list[Node], own: dict[Node, Node], results: set[Node], ends: set[Node], profile: Profile | None
    ) -> None:
        self.graph = Graph({}, [])
        self.own, self.results, self.ends, self.profile = own, results, ends, profile
        self.mine: dict[Node, list[Node]] = {}
        for leaf, op in own.items():
            self.mine.setdefault(op, []).append(leaf)
        self.runs: dict[str, set[str]] = {}  # which operations run under each name: two make a module's box
        self.choosers: dict[tuple[str, str], Node] = {}  # name and by-product -> the operation that returned it
        for node in order:
            if node.op is not None:
                self.runs.setdefault(node.name or "", set()).add(node.op.name)
                for byproduct in getattr(node.op, "byproducts", ()):
                    self.choosers[node.name or "", byproduct] = node
        self.keys: dict[Node, str] = {}
        self.entered: set[tuple[str, ...]] = {()}  # outermost boxes that a step has been read of

    def read(self, node: Node, arguments: Sequence[tuple[Node | None, str]]) -> None:
        """A vertex for a node, and the edges that lead to it."""
        key = self.keys[node] = f"n{len(self.keys)}"
        vertex = self.graph.vertices[key] = self._vertex(key, node)
        for i, (parent, kind) in enumerate(arguments):
            if parent is None:
                self._constant(node, vertex, i)
            elif parent in self.keys:
                self._edge(self.keys[parent], key, told(parent.shape, parent.dtype), kind)
            elif self.own.get(parent, node) is not node:  # a filter, told in its own operation, used again
                self._edge(self.keys[self.own[parent]], key, _last(parent.name), "link")
        if node.op is not None:
            self.entered.add(vertex.path[:1])

    def _vertex(self, key: str, node: Node) -> Vertex:
        name, dtype = node.name or "", str(node.dtype)
        parts = tuple(name.split(".")) if name else ()
        level = next((i for i, part in enumerate(parts) if part != BACKWARD), len(parts))
        if node.op is None or node in self.ends:
            kind = "input" if node in self.ends else "parameter"
            home = parts[:level] or parts[:-2]  # beside its module's box, whose steps may all use it
            count = prod(node.shape) if kind == "parameter" else 0
            return Vertex(
                key,
                kind,
                name or "leaf",
                name,
                node.shape,
                dtype,
                home,
                count,
                tops=(node,),
                nodes=(node,),
                level=level,
            )
        mine = self.mine.get(node, [])
        return Vertex(
            key,
            kind="operation" if node not in self.results else "loss" if prod(node.shape) == 1 else "result",
            title=node.op.name,
            name=name,
            shape=node.shape,
            dtype=dtype,
            path=parts if len(self.runs[name]) > 1 else parts[:-1],
            parameters=sum(prod(leaf.shape) for leaf in mine),
            lines=tuple(f"{_last(leaf.name)} {told(leaf.shape, '')}" for leaf in mine),
            own=tuple((leaf,) for leaf in mine),
            tops=(node,),
            nodes=(node, *mine),
            level=level,
        )

    def _constant(self, node: Node, vertex: Vertex, i: int) -> None:
        """An argument that takes no gradient: by the operation's name for it."""
        word = "constant"
        if isinstance(node.op, Primitive):
            word = node.op.args[0 if node.op.variadic else i]
            chooser = self.choosers.get(((node.name or "").removeprefix(f"{BACKWARD}."), word))
            if vertex.level and chooser in self.keys:
                self._edge(self.keys[chooser], vertex.key, word, "link")
                return
        measured = None if self.profile is None else self.profile.of(node)
        lines = () if measured is None else (measured.constants.get(i, ""),)
        key = f"{vertex.key}c{i}"
        outside = i == 0 and vertex.path[:1] not in self.entered  # what the outermost module is applied to
        path = () if outside else vertex.path
        self.graph.vertices[key] = Vertex(key, "constant", word, path=path, lines=lines, level=vertex.level)
        self._edge(key, vertex.key)

    def _edge(self, source: str, target: str, label: str = "", kind: str = "flow") -> None:
        self.graph.edges.append(Edge(source, target, label, kind))


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


def _last(name: str | None) -> str:
    return (name or "").rpartition(".")[2]


def _nodes(values: Any, name: str, what: str) -> list[Node]:
    if isinstance(values, Value):
        values = [values]
    if not isinstance(values, Iterable) or isinstance(values, str):
        raise TypeError(
            f"{name}: the {what} must be a Tensor or a sequence of Tensors, not {type(values).__name__}; "
            "to draw a model, draw what it computes: model(x)"
        )
    nodes: list[Node] = []
    for value in values:
        if not isinstance(value, Value):
            raise TypeError(f"{name}: the {what} must be a Tensor, not {type(value).__name__}")
        if value.node is None:
            raise ValueError(
                f"{name}: the {what} has no graph: no tensor with requires_grad=True went into it, "
                "or it was computed under no_grad(), or it was detached"
            )
        if value.node not in nodes:
            nodes.append(value.node)
    if not nodes:
        raise ValueError(f"{name}: there is no {what}; give a Tensor or a sequence of Tensors")
    return nodes


Arguments = Callable[[Node], Sequence[tuple[Node | None, str]]]


def _arguments(profile: Profile | None, ends: Collection[Node]) -> Arguments:
    """What a node was computed from, as far as it is to be read: each argument's node, and the kind of its edge."""

    def arguments(node: Node) -> Sequence[tuple[Node | None, str]]:
        if node in ends:
            return ()
        left = {} if profile is None else profile.detached(node)
        count = max([len(node.parents), *(i + 1 for i in left)]) if left else len(node.parents)
        parents = (*node.parents, *[None] * (count - len(node.parents)))
        return [(parent, "flow") if parent or i not in left else (left[i], "left") for i, parent in enumerate(parents)]

    return arguments


def _recorded_order(results: Sequence[Node], arguments: Arguments) -> list[Node]:
    """Every node behind the results, arguments first and in the order of the arguments.

    The forward pass comes before a walk back over it, though the walk may ask for its results one by one.
    """
    order = _depth_first(results, arguments)
    forward = {node for node in order if not (node.name or "").startswith(BACKWARD)}
    if len(forward) == len(order):
        return order
    for node in order:  # forward steps that use gradients come after those
        if any(parent is not None and parent not in forward for parent, _ in arguments(node)):
            forward.discard(node)
    used = {parent for node in forward for parent, _ in arguments(node)}
    ends = sorted((node for node in order if node in forward and node not in used), key=lambda node: -node.depth)
    return _depth_first([*ends, *results], arguments)


def _depth_first(results: Sequence[Node], arguments: Arguments) -> list[Node]:
    order: dict[Node, None] = {}
    for result in results:
        stack = [(result, iter(arguments(result)))]
        while stack:
            node, pending = stack[-1]
            parent = next((p for p, _ in pending if p is not None and p not in order), None)
            if parent is not None:
                stack.append((parent, iter(arguments(parent))))
            else:
                order[node] = None
                stack.pop()
    return list(order)


def _reaching(order: Iterable[Node], wanted: Collection[Node], arguments: Arguments) -> set[Node]:
    """The wanted nodes and those computed from them."""
    found = {node for node in order if node in wanted}
    for node in order:
        if any(parent in found for parent, _ in arguments(node)):
            found.add(node)
    return found


def _told_in_their_operation(order: Iterable[Node]) -> dict[Node, Node]:
    """Leaves that belong to the one operation they go into: features.conv1.weight to features.conv1.

    A walk back over that operation may use them too.
    """
    users: dict[Node, list[Node]] = {}
    for node in order:
        for parent in node.parents:
            if parent is not None and parent.op is None:
                users.setdefault(parent, []).append(node)
    found = {}
    for leaf, using in users.items():
        home = (leaf.name or "").rpartition(".")[0]
        first, *others = using
        if home and first.name == home and all((other.name or "").endswith(f"{BACKWARD}.{home}") for other in others):
            found[leaf] = first
    return found
