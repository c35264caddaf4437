"""The tape read into a drawing: nodes become vertices and edges, paths of modules become boxes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from math import prod
from typing import Any

from ..core.primitive import Primitive
from ..core.tape import BACKWARD, Node, Pick, Value
from ..observe.constants import Constants, KnownConstant, in_words
from ..observe.module_calls import ModuleCall, calls_of
from ..observe.mutation import constants_of
from ..observe.profiler import Profile
from ..observe.table import format_shape, name_of
from .model import AGAIN, STEPS, Edge, Graph, Vertex, title_of
from .order import arguments_of, reaching, recorded_order, shown_in_their_operation
from .traced import Facts, Traced


def read(
    outputs: Any,
    inputs: Any = None,
    profile: Facts | None = None,
    constants: bool = False,
    name: str = "to_graphviz",
) -> Graph:
    """The graph behind one or several Tensors, back to the leaves, or to `inputs` if they are given.

    With `inputs` only the steps between them and the outputs are read. A constant has its value or shape if a node
    saved it; with a profile every constant has, and its name, and what was detached is read too. constants: read also
    what a constant was computed from, as far as the profile observed it. Raises ValueError if an output has no graph or
    depends on none of the inputs, TypeError for what is no Tensor or no profile.
    """
    if profile is not None and not isinstance(profile, Profile | Traced):
        raise TypeError(f"{name}: profile must be what `ag.profile()` gives, not {type(profile).__name__}")
    if isinstance(profile, Traced):
        results, ends = profile.results, profile.inputs
    else:
        results = _nodes(outputs, name, "output")
        ends = [] if inputs is None else _nodes(inputs, name, "input")
    arguments = arguments_of(profile, set(ends))
    order = recorded_order(results, arguments)
    if inputs is not None:
        found = reaching(order, ends, arguments)
        if not found:
            raise ValueError(f"{name}: the output does not depend on the inputs given")
        own = {leaf: op for leaf, op in shown_in_their_operation(order).items() if op in found}
        order = [node for node in order if node in found or node in own]
    else:
        own = shown_in_their_operation(order)
    reader = _Reader(order, own, set(results), set(ends), profile, constants)
    for node in order:
        if node not in own:
            reader.read(node, arguments(node))
    _draw_boxes(reader.graph.vertices, {path for path, calls in reader.calls.items() if len(calls) > 1})
    return reader.graph


class _Reader:
    """Nodes into vertices and edges, arguments before results."""

    def __init__(
        self,
        order: list[Node],
        own: dict[Node, Node],
        results: set[Node],
        ends: set[Node],
        profile: Facts | None,
        origins: bool,
    ) -> None:
        self.graph = Graph({}, [])
        self.own, self.ends, self.profile, self.origins = own, ends, profile, origins
        self.results = {self._joint(result) for result in results}
        self.mine: dict[Node, list[Node]] = {}
        for leaf, op in own.items():
            self.mine.setdefault(op, []).append(leaf)
        self.runs: dict[str, set[str]] = {}  # operations and modules that run under each name: two make a module's box
        self.choosers: dict[tuple[str, str], Node] = {}  # name and by-product -> the operation that returned it
        for node in order:
            if node.op is not None:
                self.runs.setdefault(name := node.name or "", set()).add(node.op.name)
                while "." in name:
                    name, _, inner = name.rpartition(".")
                    self.runs.setdefault(name, set()).add(f"{inner}.")
                for byproduct in getattr(node.op, "byproducts", ()):
                    self.choosers[node.name or "", byproduct] = node
        self.keys: dict[Node, str] = {}
        self.calls: dict[str, dict[int, int]] = {}  # the calls of each module, which are equal as text, numbered
        self.arrays = Constants()
        self.constants: dict[KnownConstant, str] = {}
        self.entered: set[tuple[str, ...]] = {()}  # outermost boxes that a step has been read of

    def read(self, node: Node, arguments: Sequence[tuple[Node | None, str]]) -> None:
        """A vertex for a node, and the edges that lead to it; one of several outputs is part of what computed it."""
        if (joint := self._joint(node)) is not node:
            self.keys[node] = self.keys[joint]
            self.graph.vertices[self.keys[joint]].tops += (node,)
            return
        key = self.keys[node] = f"n{len(self.keys)}"
        vertex = self.graph.vertices[key] = self._vertex(key, node)
        for i, (parent, kind) in enumerate(arguments):
            if parent is None:
                self._constant(node, vertex, i)
            elif parent in self.keys:
                output = f"{_last(parent.op.name)} " if isinstance(parent.op, Pick) and parent not in self.ends else ""
                self._edge(self.keys[parent], key, output + format_shape(parent.shape, parent.dtype), kind)
            elif self.own.get(parent, node) is not node:  # a filter, shown in its own operation, used again
                self._edge(self.keys[self.own[parent]], key, _last(parent.name), "link")
        if node.op is not None:
            self.entered.add(vertex.path[:1])

    def _joint(self, node: Node) -> Node:
        """What computed one of several outputs, if that is to be read too; else the node itself."""
        joint = node.parents[0] if isinstance(node.op, Pick) and node not in self.ends else None
        return joint or node

    def _vertex(self, key: str, node: Node) -> Vertex:
        name, dtype = node.name or "", name_of(node.dtype)
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
                path=home,
                parameters=count,
                tops=(node,),
                nodes=(node,),
                level=level,
            )
        mine, calls = self.mine.get(node, []), calls_of(node.name)
        boxes = parts if len(self.runs[name]) > 1 else parts[:-1]
        return Vertex(
            key,
            kind="operation" if node not in self.results else "loss" if prod(node.shape) == 1 else "result",
            title=node.op.name,
            name=name,
            shape=node.shape,
            dtype=dtype,
            path=tuple(self._box(boxes[:depth], calls) for depth in range(1, len(boxes) + 1)),
            calls=calls,
            parameters=sum(prod(leaf.shape) for leaf in mine),
            lines=tuple(f"{_last(leaf.name)} {format_shape(leaf.shape, '')}" for leaf in mine),
            own=tuple((leaf,) for leaf in mine),
            tops=(node,),
            nodes=(node, *mine),
            level=level,
        )

    def _box(self, parts: tuple[str, ...], calls: Mapping[str, ModuleCall]) -> str:
        """The name of the innermost of these boxes, of which there is one for each call of a module."""
        path = ".".join(parts)
        numbers = self.calls.setdefault(path, {})
        number = numbers.setdefault(id(calls.get(path)), len(numbers) + 1)
        return parts[-1] if number == 1 else f"{parts[-1]}{AGAIN}{number}"

    def _constant(self, node: Node, vertex: Vertex, i: int) -> None:
        """An argument that takes no gradient, one vertex for an array however often it is used; none if it is absent.

        What a backward pass asks of the step it goes back over is no constant but a link to that step.
        """
        word = node.op.arg(i) if isinstance(node.op, Primitive) else ""
        chooser = self.choosers.get(((node.name or "").removeprefix(f"{BACKWARD}."), word))
        if vertex.level and chooser in self.keys:
            self._edge(self.keys[chooser], vertex.key, word, "link")
            return
        constant = self._known(node, word, i)
        if constant is None:
            return
        outside = i == 0 and vertex.path[:1] not in self.entered  # what the outermost module is applied to
        key = self._draw_constant(constant, f"{vertex.key}c{i}", () if outside else vertex.path, vertex.level)
        if word:
            drawn = self.graph.vertices[key]
            drawn.tip = "\n".join(dict.fromkeys([*drawn.tip.split("\n"), f"{word} of {node.op.name}"])).strip()
        self._edge(key, vertex.key)

    def _known(self, node: Node, word: str, i: int) -> KnownConstant | None:
        """What the profile noted of an argument, or what the node saved of it; None if it was not given."""
        noted = None if self.profile is None else self.profile.constants(node)
        if noted is not None:
            return noted.get(i)
        saved = node.saved or {}
        if word not in saved:
            return self._unsaved(node, i)
        value = saved[word]
        if isinstance(node.op, Primitive) and node.op.variadic:
            return KnownConstant("constant") if value[i] is None else self.arrays.of(value[i])
        return None if value is None else self.arrays.of(value)

    def _unsaved(self, node: Node, i: int) -> KnownConstant | None:
        """What the mutation check noted of an argument that nobody saved; None if it was not given."""
        noted = constants_of(node)
        if i not in noted:
            return KnownConstant("constant")
        kind = noted[i]
        if isinstance(kind, tuple):
            return KnownConstant(format_shape(*kind))
        return None if kind is None else KnownConstant(in_words(kind))

    def _draw_constant(self, constant: KnownConstant, key: str, path: tuple[str, ...], level: int) -> str:
        """The key of a constant's vertex, in the innermost box around all its uses; its origin is drawn before it, if
        asked.
        """
        if constant in self.constants:
            vertex = self.graph.vertices[self.constants[constant]]
            both = takewhile(lambda levels: levels[0] == levels[1], zip(vertex.path, path, strict=False))
            vertex.path, vertex.level = tuple(level for level, _ in both), min(vertex.level, level)
            return vertex.key
        waiting = [(constant, key, path)]
        while waiting:
            one, key, path = waiting[-1]
            arguments = one.arguments if self.origins else ()
            pending = next((i for i, arg in enumerate(arguments) if self._source(arg) is None), None)
            if pending is not None:
                waiting.append((arguments[pending], f"c{len(self.constants)}_{len(waiting)}", ()))
                continue
            waiting.pop()
            if one in self.constants:
                continue
            self.constants[one] = key
            drawn = Vertex(key, "constant", one.words, one.name, path=path, level=level)
            if arguments:
                drawn = replace(drawn, title=one.op, name=one.place, lines=(one.words,))
            self.graph.vertices[key] = drawn
            for arg in arguments:
                source, origin = self._source(arg), arg.node()
                assert source is not None
                if arg in self.constants or origin is None:
                    self._edge(source, key)
                else:
                    self._edge(source, key, format_shape(origin.shape, origin.dtype), "left")
        return self.constants[constant]

    def _source(self, constant: KnownConstant) -> str | None:
        """The key of a drawn constant, or of the step or leaf whose array it is; None if neither is drawn."""
        node = constant.node()
        found = self.constants.get(constant)
        return found if found or node is None else self.keys.get(self.own.get(node) or node)

    def _edge(self, source: str, target: str, label: str = "", kind: str = "flow") -> None:
        self.graph.edges.append(Edge(source, target, label, kind))


def _draw_boxes(vertices: dict[str, Vertex], several: Collection[str]) -> None:
    """Draw a box for each module that the order enters and leaves once.

    A list of blocks with sums between them is entered again and again: it has no box, but its blocks have, as blocks.0,
    blocks.1, …

    several: modules that have a box for each of their calls; what belongs to all calls is drawn beside the boxes.
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
        if vertex.kind in ("parameter", "input"):
            shared = [".".join(vertex.path[: i + 1]) in several for i in range(len(vertex.path))]
            vertex.path = vertex.path[: shared.index(True) if any(shared) else None]
        path: list[str] = []
        waiting = ""
        for depth, level in enumerate(vertex.path, 1):
            waiting = f"{title_of(waiting)}.{level}" if waiting else level
            if entered.get(vertex.path[:depth]) == 1:
                path.append(waiting)
                waiting = ""
        vertex.path = tuple(path)


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
            raise TypeError(
                f"{name}: the {what} must be a Tensor, not {type(value).__name__}; to draw a model, draw what it "
                "computes: model(x)"
            )
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
