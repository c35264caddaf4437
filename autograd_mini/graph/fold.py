"""Making a large graph small: modules as single boxes, operations left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from ..core.tape import BACKWARD
from .model import STEPS, Edge, Graph, Vertex, title_of


def at_depth(graph: Graph, depth: int) -> Graph:
    """Every module at that depth as one vertex: depth 1 shows the outermost modules only.

    A module that runs a single operation, under its own name, is drawn as that operation.
    """
    homes = {key: key for key in graph.vertices}
    modules: dict[str, Vertex] = {}
    groups = _groups(graph, depth)
    often = Counter(parts for parts, _ in groups)
    for parts, keys in groups:
        if len(keys) == 1 and graph.vertices[keys[0]].name == ".".join(parts):
            continue
        home = keys[0]
        modules[home] = _module(".".join(parts), [graph.vertices[key] for key in keys], often[parts])
        homes.update(dict.fromkeys(keys, home))
    children = graph.children()
    inside: set[str] = set()  # leaves and constants of one module, part of its calls
    for key, vertex in reversed(graph.vertices.items()):  # a constant after what was computed from it
        if vertex.kind == "parameter" or (vertex.kind == "constant" and vertex.path):  # else a module is applied to it
            users = {homes[child] for child in children[key]}
            calls = [modules[home] for home in users if home in modules]
            names = {module.name for module in calls}  # one module's, called so often
            its = vertex.kind == "constant" or all(vertex.name.startswith(f"{name}.") for name in names)
            if len(calls) == len(users) and len(names) == 1 and its:
                homes[key] = calls[0].key
                inside.add(key)
                for module in calls:
                    module.parameters += vertex.parameters
                    module.nodes += vertex.nodes
    vertices = {k: modules.get(k, v) for k, v in graph.vertices.items() if homes[k] == k}
    edges = (e for e in graph.edges if e.source not in inside)
    edges = (replace(e, source=homes[e.source], target=homes[e.target]) for e in edges)
    return Graph(vertices, list(dict.fromkeys(e for e in edges if e.source != e.target)))


def _groups(graph: Graph, depth: int) -> list[tuple[tuple[str, ...], list[str]]]:
    """The steps of each module at a depth.

    A module that the order leaves and enters again, as a list of blocks with sums between them, would close a cycle of
    edges: it is split into its parts.
    """
    steps = [key for key, v in graph.vertices.items() if v.kind in STEPS]
    found: list[tuple[tuple[str, ...], list[str]]] = []
    waiting: list[tuple[tuple[str, ...], list[str], Sequence[int]]] = [((), steps, range(len(steps)))]
    while waiting:
        above, keys, places = waiting.pop()
        groups: dict[tuple[tuple[str, ...], int], list[int]] = {}
        for key, place in zip(keys, places, strict=True):
            name = graph.vertices[key].name
            parts = _parts(name)
            if len(parts) > len(above) and len(parts) >= depth:
                parts = parts[: max(depth, len(above) + 1)]
                groups.setdefault((parts, id(graph.vertices[key].calls.get(".".join(parts)))), []).append(place)
        for (parts, _), members in groups.items():
            inside = [steps[place] for place in members]
            if members[-1] - members[0] + 1 == len(members):
                found.append((parts, inside))
            else:
                waiting.append((parts, inside, members))
    return found


def _parts(name: str) -> tuple[str, ...]:
    """A path in levels; being part of a backward pass is no level of its own."""
    parts = name.split(".") if name else []
    while len(parts) > 1 and parts[0].split(".")[-1] == BACKWARD:
        parts[:2] = [f"{parts[0]}.{parts[1]}"]
    return tuple(parts)


def _module(name: str, members: list[Vertex], times: int) -> Vertex:
    """One vertex for all that a module ran in one of its calls. times: how many there are."""
    path: list[str] = []
    for level in members[0].path:  # the boxes around the module
        if len(".".join(map(title_of, [*path, level]))) >= len(name):
            break
        path.append(level)
    last, calls = members[-1], members[0].calls
    said = ", ".join(f"{count} {what}" for what, count in Counter(member.title for member in members).items())
    return Vertex(
        members[0].key,
        kind=last.kind if last.kind in ("result", "loss") else "module",
        title=calls[name].module if name in calls else "",
        name=name,
        shape=last.shape,
        dtype=last.dtype,
        path=tuple(path),
        calls={outer: call for outer, call in calls.items() if f"{name}.".startswith(f"{outer}.")},
        parameters=sum(member.parameters for member in members),
        lines=(said, *[f"called {times} times"] * (times > 1)),
        tops=last.tops,
        nodes=tuple(node for member in members for node in member.nodes),
        level=last.level,
    )


def without(graph: Graph, titles: Collection[str]) -> Graph:
    """The graph without the operations of those names (and without "constant"s, "parameter"s …, by kind).

    What led into them leads on to where they led.
    """
    gone = {k for k, v in graph.vertices.items() if v.kind in titles or (v.kind == "operation" and v.title in titles)}
    incoming: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        incoming.setdefault(edge.target, []).append(edge)
    sources: dict[str, list[Edge]] = {}
    edges: list[Edge] = []
    for key in graph.vertices:  # arguments come before results
        found: list[Edge] = []
        for edge in incoming.get(key, ()):
            if edge.source in gone:
                found += [replace(e, target=key) for e in sources.get(edge.source, ())]
            else:
                found.append(edge)
        if key in gone:
            sources[key] = found
        else:
            edges += found
    return Graph({k: v for k, v in graph.vertices.items() if k not in gone}, edges)
