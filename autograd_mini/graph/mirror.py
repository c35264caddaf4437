"""Alignment: chains in a straight line, and a recorded backward pass beside the steps that it goes back over."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.tape import BACKWARD
from .model import STEPS, Graph, Vertex


def chains(graph: Graph) -> set[tuple[str, str]]:
    """Pairs of steps that are drawn in a straight line.

    Of several arguments the one computed last continues the chain, so that a block is straight and its shortcut goes
    around it.
    """
    place = {key: i for i, key in enumerate(graph.vertices)}
    parents: dict[str, list[str]] = {}
    for edge in graph.edges:
        if edge.kind != "link" and graph.vertices[edge.source].level == graph.vertices[edge.target].level:
            parents.setdefault(edge.target, []).append(edge.source)
    found: set[tuple[str, str]] = set()
    taken: set[str] = set()
    for last in reversed(graph.vertices):
        key = last
        while key not in taken and graph.vertices[key].kind in STEPS:
            taken.add(key)
            above = [parent for parent in parents.get(key, ()) if parent not in taken]
            if not above:
                break
            steps = [parent for parent in above if graph.vertices[parent].kind in STEPS]
            parent = max(steps, key=place.__getitem__) if steps else above[0]
            found.add((parent, key))
            key = parent
    return found


def reverses(source: Vertex, target: Vertex) -> bool:
    """True for an edge of a backward pass: it is drawn upwards, against the order of the forward pass."""
    return source.level == target.level and source.level % 2 == 1


def side_by_side(graph: Graph) -> Iterator[tuple[str, str]]:
    """Pairs drawn at the same height: a step, and the step of the backward pass that goes back over it."""
    steps: dict[str, list[Vertex]] = {}
    for vertex in graph.vertices.values():
        if vertex.kind in STEPS:
            steps.setdefault(vertex.name, []).append(vertex)
    children = graph.children()
    for name, forward in steps.items():
        mirrored = steps.get(f"{BACKWARD}.{name}", []) if name else []
        onward = [v for v in mirrored if any(graph.vertices[key].name != v.name for key in children[v.key])]
        carrying = onward or [v for v in mirrored if not children[v.key]]
        if len(forward) == 1 and carrying:
            yield forward[0].key, carrying[-1].key
