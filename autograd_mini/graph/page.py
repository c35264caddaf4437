"""A page of one file in which modules open and close on a click: the graph as data, and the script that draws it."""

from __future__ import annotations

import html
import json
from collections import Counter
from pathlib import Path
from typing import Any

from ..observe.table import format_shape
from .dot import label, tooltip
from .model import STEPS, Graph, Vertex, title_of

MOST = 50  # things in a box: where there are more, stretches of steps become boxes
SHOWN = 40  # vertices at first, if boxes can hold the others
Thing = int  # a vertex by its number, or a box: -1 - its number


class _Box:
    """A module, or a stretch of steps, and what is in it."""

    def __init__(self, parent: int | None, title: str, module: str = "") -> None:
        self.parent, self.title, self.module = parent, title, module
        self.things: list[Thing] = []
        self.steps: list[Vertex] = []
        self.is_open = parent is None


def page(graph: Graph, title: str, depth: int | None) -> str:
    """The page's text.

    depth: of modules that are closed at first; None closes as many as keep the page readable.
    """
    numbers = {key: i for i, key in enumerate(graph.vertices)}
    vertices = list(graph.vertices.values())
    boxes, places = _boxes(vertices)
    users: dict[int, set[int]] = {}
    for edge in graph.edges:
        users.setdefault(numbers[edge.source], set()).add(numbers[edge.target])
    for number in range(len(boxes)):
        _divide(boxes, places, number, vertices, users)
    _open(boxes, depth)
    constants = {numbers[v.key] for v in vertices if v.kind == "constant"}
    data = {
        "groups": [
            {
                "parent": box.parent,
                "open": box.is_open,
                "things": box.things,
                "lines": _lines(_said(box)),
                "tip": "\n".join(_said(box)),
            }
            for box in boxes
        ],
        "vertices": [_vertex(vertex, places[i]) for i, vertex in enumerate(vertices)],
        "edges": [
            [s, numbers[e.target], "dashed" if e.kind == "flow" and s in constants else e.kind]
            for e in graph.edges
            for s in [numbers[e.source]]
        ],
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    template = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    return template.replace("{{title}}", html.escape(title)).replace("{{data}}", text)


def _boxes(vertices: list[Vertex]) -> tuple[list[_Box], list[int]]:
    """The boxes of the vertices' paths, the whole first; and which box each vertex stands in."""
    known: dict[tuple[str, ...], int] = {(): 0}
    boxes, places = [_Box(None, "")], []
    for i, vertex in enumerate(vertices):
        for depth in range(1, len(vertex.path) + 1):
            path = vertex.path[:depth]
            if path not in known:
                name = ".".join(map(title_of, path))
                call = vertex.calls.get(name)
                known[path] = len(boxes)
                parent = known[path[:-1]]
                boxes[parent].things.append(-1 - len(boxes))
                boxes.append(_Box(parent, title_of(path[-1]), call.module if call else ""))
        place = known[vertex.path]
        boxes[place].things.append(i)
        places.append(place)
        number: int | None = place
        while number is not None and vertex.kind in STEPS:
            boxes[number].steps.append(vertex)
            number = boxes[number].parent
    return boxes, places


def _divide(
    boxes: list[_Box], places: list[int], number: int, vertices: list[Vertex], users: dict[int, set[int]]
) -> None:
    """Divide what is too much for one box into boxes for stretches of it, and these again where they are too many.

    A leaf or constant goes into the stretch that uses it, or stays outside if several do.
    """

    def thing_of(vertex: int) -> Thing:
        thing, place = vertex, places[vertex]
        while place != number:
            thing, place = -1 - place, boxes[place].parent or 0
        return thing

    box = boxes[number]
    while True:
        steps = [thing for thing in box.things if thing < 0 or vertices[thing].kind in STEPS]
        if len(steps) <= MOST:
            return
        homes: dict[Thing, int] = {}
        size = -(-len(steps) // -(-len(steps) // MOST))  # all about as large
        for start in range(0, len(steps), size):
            homes |= dict.fromkeys(steps[start : start + size], len(boxes))
            boxes.append(_Box(number, ""))
        leaves = [thing for thing in box.things if thing >= 0 and vertices[thing].kind not in STEPS]
        for leaf in leaves:
            using = {homes.get(thing_of(user)) for user in users.get(leaf, ())}
            if len(using) == 1 and (home := using.pop()) is not None:
                homes[leaf] = home
        box.things = [leaf for leaf in leaves if leaf not in homes]
        for home in dict.fromkeys(homes.values()):
            box.things.append(-1 - home)
        for thing, home in homes.items():
            inner = boxes[home]
            inner.things.append(thing)
            if thing >= 0:
                places[thing] = home
                inner.steps += [vertices[thing]] * (vertices[thing].kind in STEPS)
            else:
                boxes[-1 - thing].parent = home
                inner.steps += boxes[-1 - thing].steps
            inner.title = f"{len(inner.steps):,} steps"


def _open(boxes: list[_Box], depth: int | None) -> None:
    """Open boxes from the outermost on."""
    shown, level = len(boxes[0].things), [0]
    for _ in range(depth - 1 if depth is not None else len(boxes)):
        inner = [-1 - thing for number in level for thing in boxes[number].things if thing < 0]
        shown += sum(len(boxes[number].things) - 1 for number in inner)
        if not inner or (depth is None and shown > SHOWN):
            break
        for number in inner:
            boxes[number].is_open = True
        level = inner


def _said(box: _Box) -> list[str]:
    """The words on a closed box: name and class, how often each operation runs in it, how many numbers are learned."""
    counts = Counter(step.title for step in box.steps)
    said = ", ".join(f"{count:,} {what}" for what, count in counts.most_common(4)) + ", …" * (len(counts) > 4)
    parameters = sum(step.parameters for step in box.steps)
    head = " · ".join(dict.fromkeys(filter(None, [box.title, box.module])))
    return [head, *filter(None, [said, f"{parameters:,} parameters" if parameters else ""])]


def _vertex(vertex: Vertex, place: int) -> dict[str, Any]:
    head, *words = label(vertex).split("\n")
    shape = format_shape(vertex.shape, vertex.dtype)
    words = [head, *[shape] * (shape != "" and shape not in words), *words]
    found = {"group": place, "kind": vertex.kind, "mark": vertex.mark, "lines": _lines(words), "tip": tooltip(vertex)}
    return found | ({} if vertex.shade is None else {"shade": vertex.shade})


def _lines(words: list[str]) -> list[dict[str, Any]]:
    return [{"words": line} | ({"pale": 1} if i else {}) for i, line in enumerate(words)]
