"""Making a large graph small: modules as single boxes, repeated blocks told once, what is of no interest left out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from ..core.tape import BACKWARD
from .model import STEPS, Edge, Graph, Vertex

APART = "\0"  # between the title of a box that is no module and what tells it from others of that title
LONGEST = 64  # vertices in a block that is looked for


def at_depth(graph: Graph, depth: int) -> Graph:
    """Every module at that depth as one vertex: depth 1 shows the outermost modules only.

    An operation that is all its module does stays as it is.
    """
    homes = {key: key for key in graph.vertices}
    modules: dict[str, Vertex] = {}
    for parts, keys in _groups(graph, depth):
        if len(keys) == 1 and graph.vertices[keys[0]].name == ".".join(parts):
            continue
        home = keys[0]
        modules[home] = _module(".".join(parts), [graph.vertices[key] for key in keys])
        homes.update(dict.fromkeys(keys, home))
    children = graph.children()
    for key, vertex in reversed(graph.vertices.items()):  # a constant after what was computed from it
        outside = vertex.kind == "constant" and not vertex.path  # what the module is applied to
        if vertex.kind in ("parameter", "constant") and not outside:  # all of whose users are in one module: told in it
            users = {homes[child] for child in children[key]}
            if len(users) == 1 and (home := users.pop()) in modules:
                homes[key] = home
                modules[home].parameters += vertex.parameters
                modules[home].nodes += vertex.nodes
    vertices = {k: modules.get(k, v) for k, v in graph.vertices.items() if homes[k] == k}
    return _rewired(graph, vertices, homes)


def _groups(graph: Graph, depth: int) -> list[tuple[tuple[str, ...], list[str]]]:
    """The steps of each module at a depth. A module that the order leaves and enters again, as a list of blocks with
    sums between them, would stand in a circle: it is split into its parts.
    """
    steps = [key for key, v in graph.vertices.items() if v.kind in STEPS]
    found: list[tuple[tuple[str, ...], list[str]]] = []
    waiting: list[tuple[tuple[str, ...], list[str], Sequence[int]]] = [((), steps, range(len(steps)))]
    while waiting:
        above, keys, places = waiting.pop()
        groups: dict[tuple[str, ...], list[int]] = {}
        for key, place in zip(keys, places, strict=True):
            name = graph.vertices[key].name
            parts = _parts(name)
            if len(parts) > len(above) and len(parts) >= depth:
                groups.setdefault(parts[: max(depth, len(above) + 1)], []).append(place)
        for parts, members in groups.items():
            inside = [steps[place] for place in members]
            if members[-1] - members[0] + 1 == len(members):
                found.append((parts, inside))
            else:
                waiting.append((parts, inside, members))
    return found


def _parts(name: str) -> tuple[str, ...]:
    """A path in levels. That a step belongs to a backward pass is no level of its own."""
    parts = name.split(".") if name else []
    while len(parts) > 1 and parts[0].split(".")[-1] == BACKWARD:
        parts[:2] = [f"{parts[0]}.{parts[1]}"]
    return tuple(parts)


def _module(name: str, members: list[Vertex]) -> Vertex:
    """One vertex for all that a module ran."""
    path: list[str] = []
    for level in members[0].path:  # the boxes around the module
        if len(".".join([*path, level])) >= len(name):
            break
        path.append(level)
    last = members[-1]
    counts: dict[str, int] = {}
    for member in members:
        counts[member.title] = counts.get(member.title, 0) + 1
    return Vertex(
        members[0].key,
        kind=last.kind if last.kind in ("result", "loss") else "module",
        title=name.rpartition(".")[2],
        name=name,
        shape=last.shape,
        dtype=last.dtype,
        path=tuple(path),
        parameters=sum(member.parameters for member in members),
        lines=(", ".join(f"{count} {what}" for what, count in counts.items()),),
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


def repeated(graph: Graph) -> Graph:
    """Blocks that follow one another and are alike, told once with their number."""
    while (block := _longest_repetition(graph)) is not None:
        graph = _folded(graph, *block)
    return graph


def _longest_repetition(graph: Graph) -> tuple[list[str], int, int] | None:
    """The keys of the stretch that saves most, in order; its period; how often it comes. None if nothing repeats."""
    parents = graph.parents()
    steps = [key for key, v in graph.vertices.items() if v.kind in STEPS]
    at = {key: i for i, key in enumerate(steps)}

    def looks(i: int, key: str) -> tuple[object, ...]:
        v = graph.vertices[key]
        reach = (i - at[p] if p in at else (graph.vertices[p].kind, graph.vertices[p].shape) for p in parents[key])
        return v.kind, v.title if v.kind != "module" else "", v.shape, v.lines, v.times, *reach

    numbers: dict[tuple[object, ...], int] = {}
    codes = [numbers.setdefault(looks(i, key), len(numbers)) for i, key in enumerate(steps)]
    best, found = 1, None
    for period in range(1, min(LONGEST, len(steps) // 2) + 1):
        run = 0
        for i in range(len(steps) - period - 1, -1, -1):
            run = run + 1 if codes[i] == codes[i + period] else 0
            times = run // period + 1
            if (times - 1) * period > best:
                best, found = (times - 1) * period, (i, period, times)
    if found is None:
        return None
    start, period, times = found
    return steps[start : start + period * times], period, times


def _folded(graph: Graph, stretch: list[str], period: int, times: int) -> Graph:
    """The graph with the first block of a stretch standing for all of them."""
    homes = {key: key for key in graph.vertices} | {key: stretch[j % period] for j, key in enumerate(stretch)}
    lost = set(stretch[period:])
    children = graph.children()
    for key, v in reversed(graph.vertices.items()):  # the parameters and constants of the blocks that are not drawn
        if v.kind in ("parameter", "constant") and children[key] and all(child in lost for child in children[key]):
            lost.add(key)
    vertices = {key: v for key, v in graph.vertices.items() if key not in lost}
    paths = [graph.vertices[key].path for key in stretch[:period]]
    shared = next((k for k, level in enumerate(zip(*paths, strict=False)) if len(set(level)) > 1), min(map(len, paths)))
    for j, key in enumerate(stretch[:period]):
        twins = [graph.vertices[twin] for twin in stretch[j::period]]
        vertices[key] = replace(
            vertices[key],
            times=vertices[key].times * (times if period == 1 else 1),
            path=(
                *paths[j][:shared],
                *([] if period == 1 else [f"× {times:,}{APART}{stretch[0]}"]),
                *paths[j][shared:],
            ),
            parameters=sum(twin.parameters for twin in twins),
            own=tuple(sum(line, ()) for line in zip(*(twin.own for twin in twins), strict=True)),
            tops=tuple(top for twin in twins for top in twin.tops),
            nodes=tuple(node for twin in twins for node in twin.nodes),
        )
    inside = set(stretch)
    edges = [
        replace(e, source=homes[e.source])
        for e in graph.edges
        if e.target not in lost and e.source not in lost - inside and not (e.target in inside and e.source in lost)
    ]
    return Graph(vertices, list(dict.fromkeys(edges)))


def _rewired(graph: Graph, vertices: dict[str, Vertex], homes: dict[str, str]) -> Graph:
    """The edges between the homes of their ends, each once, none from a home to itself."""
    edges = (replace(e, source=homes[e.source], target=homes[e.target]) for e in graph.edges)
    return Graph(vertices, list(dict.fromkeys(e for e in edges if e.source != e.target)))
