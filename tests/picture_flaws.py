"""What keeps a picture of a graph from being read: texts that are cut or overlap, lines and shapes over one another.

A picture is known by where its nodes, edges, clusters and texts lie, in px: see READ in browser.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

# How far things may overlap, in px, before it counts; and a text that comes nearer than this to the line around it
# touches it. Letters are told to 0.2 px, anti-aliasing smears them by half a px, and a line of 1 pt is drawn to 0.67 px
# on both sides of the path that is measured, so the path itself may reach only a third of a px into a text.
SLACK = 1.0
HALF_LINE = 2 / 3
STEP = 0.5  # how far apart the points are that stand for a line


@dataclass(eq=False)
class Part:
    """A node, edge or cluster, or the whole picture.

    outlines: its closed shapes; lines: what is drawn of it as a line; points (n, 2) each. A node's lines are those
    inside it (between the fields of a record, the edges of a box3d), an edge's hold its arrowhead.
    """

    kind: str
    title: str
    outlines: list[np.ndarray]
    lines: list[np.ndarray]
    words: str = ""

    def __str__(self) -> str:
        title = self.title.removeprefix("cluster_")
        words = f" “{self.words}”" if self.kind == "node" and self.words else ""
        return f"{self.kind} {title}{words}".strip()

    @property
    def drawing(self) -> str:
        """What it is that runs through something."""
        return {"cluster": "the outline of ", "node": "a line in "}.get(self.kind, "") + str(self)


@dataclass(eq=False)
class Text:
    """A line of text: the box (left, top, right, bottom) around its ink."""

    words: str
    box: np.ndarray
    part: Part

    def __str__(self) -> str:
        return f"“{self.words}” of {self.part}"


def flaws_of(picture: dict[str, Any]) -> list[str]:
    """A sentence for each flaw, each said once."""
    parts = [
        Part(part["kind"], part["title"], [*map(np.array, part["outlines"])], [*map(np.array, part["lines"])])
        for part in picture["parts"]
    ]
    whole = Part("the picture", "", [], [])
    texts = []
    for text in picture["texts"]:
        part = parts[text["part"]] if text["part"] >= 0 else whole
        part.words = part.words or text["words"]
        texts.append(Text(text["words"], np.array(text["box"]), part))
    nodes = [(part, outline) for part in parts if part.kind == "node" for outline in part.outlines]
    lines = [(part, dense(line)) for part in parts for line in part.lines]
    found = [
        *_cut(texts),
        *_outside(np.array(picture["frame"]), parts, texts),
        *_texts_that_overlap(texts),
        *_texts_over_nodes(texts, nodes),
        *_lines_through_texts(lines, texts),
        *_lines_through_nodes(lines, nodes, {part.title for part in parts if part.kind == "node"}),
        *_nodes_that_overlap(nodes),
    ]
    return list(dict.fromkeys(found))


def _cut(texts: Iterable[Text]) -> Iterator[str]:
    """Texts that reach out of their node's shape or cluster's outline, or up to it."""
    for text in texts:
        part = text.part
        if not part.outlines:
            continue
        # of several shapes, as of a table or a double circle, the one that it stands in
        home = min(
            [outline for outline in part.outlines if inside(_middle(text.box)[None], outline).all()] or part.outlines,
            key=_area,
        )
        points = _grid(text.box)
        near = points[~inside(points, grown(home, -SLACK))]
        far = max((_distance(point, home) for point in near[~inside(near, home)]), default=0.0)
        if far > SLACK:
            yield f"{text} reaches {far:.1f} px outside its {part.kind}"
        elif len(near):
            yield f"{text} touches the outline of its {part.kind}"


def _outside(frame: np.ndarray, parts: Iterable[Part], texts: Iterable[Text]) -> Iterator[str]:
    """What lies outside the picture, and so is not seen."""
    drawn = [(part, [*part.outlines, *part.lines]) for part in parts]
    boxes = [(str(part), around(np.concatenate(shapes))) for part, shapes in drawn if shapes]
    for name, box in [*((str(text), text.box) for text in texts), *boxes]:
        far = np.concatenate([frame[:2] - box[:2], box[2:] - frame[2:]]).max()
        if far > SLACK:
            yield f"{name} reaches {far:.1f} px outside the picture"


def _texts_that_overlap(texts: list[Text]) -> Iterator[str]:
    boxes = _boxes(text.box for text in texts)
    pairs = _meeting(boxes, boxes, SLACK)
    for i, j in pairs[pairs[:, 0] < pairs[:, 1]]:
        wide, high = np.minimum(boxes[i, 2:], boxes[j, 2:]) - np.maximum(boxes[i, :2], boxes[j, :2])
        yield f"{texts[i]} and {texts[j]} overlap by {wide:.1f} × {high:.1f} px"


def _texts_over_nodes(texts: list[Text], nodes: list[tuple[Part, np.ndarray]]) -> Iterator[str]:
    """An edge's label, or any other text, on a node that it does not belong to."""
    for i, j in _meeting(_boxes(text.box for text in texts), _boxes(around(o) for _, o in nodes), SLACK):
        text, (node, outline) = texts[i], nodes[j]
        shape = grown(outline, -SLACK)
        over = inside(_grid(text.box), shape).any() or within(dense(_closed(shape)), text.box).any()
        if over and text.part is not node:
            yield f"{text} lies over {node}"


def _lines_through_texts(lines: list[tuple[Part, np.ndarray]], texts: list[Text]) -> Iterator[str]:
    """An edge, or a cluster's outline, across any text, its own too."""
    for i, j in _meeting(_boxes(around(line) for _, line in lines), _boxes(text.box for text in texts), -SLACK):
        (part, line), text = lines[i], texts[j]
        reach = np.minimum(SLACK - HALF_LINE, (text.box[2:] - text.box[:2]) / 4)  # a quarter: a dash may be as thin
        if within(line, text.box + np.concatenate([reach, -reach])).any():
            yield f"{part.drawing} runs through {text}"


def _lines_through_nodes(
    lines: list[tuple[Part, np.ndarray]], nodes: list[tuple[Part, np.ndarray]], names: set[str]
) -> Iterator[str]:
    """An edge across a node that it does not lead from or to, a cluster's outline across any."""
    lines = [(part, line) for part, line in lines if part.kind != "node"]
    for i, j in _meeting(_boxes(around(line) for _, line in lines), _boxes(around(o) for _, o in nodes), -SLACK):
        (part, line), (node, outline) = lines[i], nodes[j]
        own = part.kind == "edge" and node.title in ends(part.title, names)
        if not own and inside(line, grown(outline, -SLACK)).any():
            yield f"{part.drawing} runs through {node}"


def _nodes_that_overlap(nodes: list[tuple[Part, np.ndarray]]) -> Iterator[str]:
    boxes = _boxes(around(outline) for _, outline in nodes)
    pairs = _meeting(boxes, boxes, SLACK)
    for i, j in pairs[pairs[:, 0] < pairs[:, 1]]:
        (one, a), (two, b) = nodes[i], nodes[j]
        either_way = ((a, b), (b, a))  # one may lie within the other
        if one is not two and any(inside(dense(_closed(grown(p, -SLACK))), q).any() for p, q in either_way):
            yield f"{one} and {two} overlap"


def ends(title: str, names: set[str]) -> set[str]:
    """The nodes that an edge called a->b, a:port->b or a--b leads from and to; names may hold arrows and colons."""
    for arrow in re.finditer("(?=->|--)", title):
        found = [title[: arrow.start()], title[arrow.start() + 2 :]]
        for i, end in enumerate(found):
            while end not in names and ":" in end:
                end = end.rpartition(":")[0]
            found[i] = end
        if names.issuperset(found):
            return set(found)
    return set()


# ── points (n, 2), outlines likewise without their first point again, boxes (4,) as left, top, right, bottom ──


def around(points: np.ndarray) -> np.ndarray:
    """The box around points."""
    return np.concatenate([points.min(0), points.max(0)])


def within(points: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Which points lie in a box."""
    found: np.ndarray = ((points > box[:2]) & (points < box[2:])).all(1)
    return found


def inside(points: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """Which points lie in a closed shape: those from which a ray to the right crosses it an odd number of times."""
    found = within(points, around(outline))
    (x, y), (ax, ay), (bx, by) = points[found].T[..., None], outline.T, np.roll(outline, -1, axis=0).T
    with np.errstate(divide="ignore", invalid="ignore"):  # a level side is crossed by no level ray
        right = x < ax + (y - ay) * (bx - ax) / (by - ay)
    found[found] = (((ay > y) != (by > y)) & right).sum(1) % 2 == 1
    return found


def dense(line: np.ndarray) -> np.ndarray:
    """Points along a line of straight pieces, no two further than STEP apart."""
    at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    places = np.linspace(0.0, at[-1], int(at[-1] / STEP) + 2)
    return np.stack([np.interp(places, at, line[:, axis]) for axis in (0, 1)], axis=1)


def grown(outline: np.ndarray, by: float) -> np.ndarray:
    """The shape stretched about its middle, so that its box is larger by so much on each side."""
    box = around(outline)
    half = np.maximum((box[2:] - box[:2]) / 2, 1e-6)
    return _middle(box) + (outline - _middle(box)) * np.maximum(1 + by / half, 0.0)


def _meeting(these: np.ndarray, those: np.ndarray, by: float) -> np.ndarray:
    """Pairs (i, j) of boxes that overlap by more than `by` in both directions."""
    overlap = np.minimum(these[:, None, 2:], those[None, :, 2:]) - np.maximum(these[:, None, :2], those[None, :, :2])
    return np.argwhere((overlap > by).all(-1))


def _boxes(boxes: Iterable[np.ndarray]) -> np.ndarray:
    return np.array(list(boxes)).reshape(-1, 4)


def _grid(box: np.ndarray) -> np.ndarray:
    """Points of a box: its corners, along its sides, and between."""
    x, y = np.linspace(box[0], box[2], 9), np.linspace(box[1], box[3], 5)
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def _middle(box: np.ndarray) -> np.ndarray:
    middle: np.ndarray = (box[:2] + box[2:]) / 2
    return middle


def _closed(outline: np.ndarray) -> np.ndarray:
    return np.concatenate([outline, outline[:1]])


def _area(outline: np.ndarray) -> float:
    box = around(outline)
    return float(np.prod(box[2:] - box[:2]))


def _distance(point: np.ndarray, outline: np.ndarray) -> float:
    return float(np.hypot(*(dense(_closed(outline)) - point).T).min())
