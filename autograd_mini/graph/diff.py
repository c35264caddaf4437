"""Two graphs laid over one another: what was added, removed or changed between them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from difflib import SequenceMatcher

from ..observe.table import format_shape
from .model import Edge, Graph, Vertex


def merged(before: Graph, after: Graph) -> Graph:
    """The later graph and what only the earlier one had, each vertex and edge marked "added", "removed" or "changed".

    Vertices are matched in their order: by name and operation, then, in the gaps that this leaves, by name or by
    operation.
    """
    match = dict(_matched(list(before.vertices.values()), list(after.vertices.values())))
    keys = {key: match.get(key, f"was_{key}") for key in before.vertices}
    earlier = {new: before.vertices[old] for old, new in match.items()}
    vertices: dict[str, Vertex] = {}
    gone = [key for key in before.vertices if key not in match]
    place = {key: i for i, key in enumerate(before.vertices)}
    for key, vertex in after.vertices.items():
        if key in earlier:
            while gone and place[gone[0]] < place[earlier[key].key]:
                old = gone.pop(0)
                vertices[keys[old]] = replace(before.vertices[old], key=keys[old], mark="removed")
            vertices[key] = _compared(earlier[key], vertex)
        else:
            vertices[key] = replace(vertex, mark="added")
    for old in gone:
        vertices[keys[old]] = replace(before.vertices[old], key=keys[old], mark="removed")
    there = {(keys[e.source], keys[e.target]): e for e in before.edges}
    here = {(e.source, e.target) for e in after.edges}
    edges = [e if (e.source, e.target) in there else replace(e, kind="added") for e in after.edges]
    edges += [Edge(*ends, e.label, "removed") for ends, e in there.items() if ends not in here]
    return Graph(vertices, edges)


def _matched(before: list[Vertex], after: list[Vertex]) -> Iterator[tuple[str, str]]:
    """Pairs of keys, before and after, of what is the same step or leaf."""
    tokens: list[Callable[[Vertex], Hashable]] = [
        lambda vertex: (vertex.kind == "constant", vertex.name, vertex.title, vertex.shape, vertex.lines),
        lambda vertex: (vertex.kind == "constant", vertex.name, vertex.title),
        lambda vertex: (vertex.kind == "constant", vertex.name or (vertex.kind != "constant" and vertex.title)),
    ]
    gaps = [(before, after)]
    for token in tokens:
        left: list[tuple[list[Vertex], list[Vertex]]] = []
        for old, new in gaps:
            a = b = 0
            blocks = SequenceMatcher(None, [*map(token, old)], [*map(token, new)], autojunk=False).get_matching_blocks()
            for block in blocks:
                left.append((old[a : block.a], new[b : block.b]))
                a, b = block.a + block.size, block.b + block.size
                yield from ((o.key, n.key) for o, n in zip(old[block.a : a], new[block.b : b], strict=True))
        gaps = [(old, new) for old, new in left if old and new]


def _compared(before: Vertex, after: Vertex) -> Vertex:
    """The later vertex, marked as changed, and with what it was, if it differs from the earlier one."""
    notes = []
    if before.title != after.title:
        notes.append(f"was {before.title}")
    if (before.shape, before.dtype) != (after.shape, after.dtype):
        notes.append(f"{format_shape(after.shape, after.dtype)}, was {format_shape(before.shape, before.dtype)}")
    if before.times != after.times:
        notes.append(f"was × {before.times:,}")
    if before.lines != after.lines:
        notes.append(f"was {', '.join(before.lines) or 'without parameters'}")
    elif before.parameters != after.parameters:
        notes.append(f"was {before.parameters:,} parameters")
    return replace(after, mark="changed", notes=(*after.notes, *notes)) if notes else after
