"""DOT texts of any drawer, read by a small tolerant reader and counted: nodes, edges, names a user knows, shapes."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Drawing:
    """Every node's label and the labels of the boxes around it, outermost first; every edge (tail, head, label)."""

    nodes: dict[str, tuple[str, tuple[str, ...]]]
    edges: list[tuple[str, str, str]]


class Token(NamedTuple):
    """A piece of DOT. kind: "id", "quoted", "html" or "mark"."""

    kind: str
    text: str


TOKEN = re.compile(
    r"""\s+ | //[^\n]* | /\*.*?\*/
      | "(?P<quoted>(?:[^"\\]|\\.)*)" | (?P<mark>->|--|[\[\]{}=;,:]) | (?P<id>-?[\w.]+)""",
    re.DOTALL | re.VERBOSE,
)
BRACKET = re.compile("[<>]")
KEYWORDS = ("strict", "graph", "digraph", "subgraph", "node", "edge")


def tokens(text: str) -> Iterator[Token]:
    """A DOT text in pieces. Raises ValueError where it is none."""
    at = 0
    while at < len(text):
        if text[at] == "<":  # an HTML-like label, up to the > that closes it
            end = depth = 0
            for bracket in BRACKET.finditer(text, at):
                depth += 1 if bracket[0] == "<" else -1
                if depth == 0:
                    end = bracket.end()
                    break
            if not end:
                raise ValueError(f"not closed: {text[at : at + 40]!r}")
            yield Token("html", text[at + 1 : end - 1])
            at = end
            continue
        found = TOKEN.match(text, at)
        if found is None:
            raise ValueError(f"not DOT: {text[at : at + 40]!r}")
        if found.lastgroup:
            yield Token(found.lastgroup, found[found.lastgroup].replace('\\"', '"'))
        at = found.end()


class Reader:
    """The pieces one after another."""

    def __init__(self, text: str) -> None:
        self.tokens = [*tokens(text), Token("mark", "")]
        self.at = 0

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def sees(self, *marks: str) -> bool:
        return self.tokens[self.at].kind == "mark" and self.tokens[self.at].text in marks

    def attributes(self, name: str = "") -> dict[str, str]:
        """What [a=b, c=d] says of the node of that name, if it stands here."""
        said: dict[str, str] = {}
        while self.sees("["):
            while not self.sees("]", ""):
                key = self.take()
                if key.kind != "mark" and self.sees("="):
                    self.take()
                    said[key.text] = plain(*self.take(), name)
            self.take()
        return said


def plain(kind: str, text: str, name: str = "") -> str:
    """The label of the node of that name as it is seen: escapes and tags are gone, lines are lines."""
    if kind == "html":
        return html.unescape(re.sub(r"<[^>]*>", " ", text))
    meant = {"n": "\n", "l": "\n", "r": "\n", "N": name}
    return re.sub(r"\\(.)", lambda found: meant.get(found[1], found[1]), text, flags=re.DOTALL)


def read(text: str) -> Drawing:
    """Nodes, boxes and edges, as far as drawers use the language: no edges to whole subgraphs, no joined strings."""
    reader, strict = Reader(text), False
    boxes: list[dict[str, str]] = [{}]  # the attributes of what is open here; the outermost is the page
    labels: dict[str, str] = {}
    homes: dict[str, list[dict[str, str]]] = {}
    edges: list[tuple[str, str, str]] = []
    while not reader.sees(""):
        token = reader.take()
        if token.kind == "mark":
            if token.text == "{":
                boxes.append({})
            elif token.text == "}" and len(boxes) > 1:
                boxes.pop()
        elif reader.sees("="):
            reader.take()
            boxes[-1][token.text] = plain(*reader.take())
        elif token.kind == "id" and token.text.lower() in KEYWORDS:
            strict |= token.text.lower() == "strict"
            if reader.sees("["):
                said = reader.attributes()  # those of `node` and `edge` are about looks
                boxes[-1].update(said if token.text == "graph" else {})
            elif reader.tokens[reader.at].text.lower() not in KEYWORDS and not reader.sees("{"):
                reader.take()  # the name of a graph
        else:
            chain = [token.text]
            while reader.sees("->", "--", ":"):
                port = reader.take().text == ":"
                if reader.sees("{"):  # a whole subgraph
                    break
                end = reader.take()
                chain += [] if port else [end.text]
            said = reader.attributes(token.text)
            for name in chain:
                labels.setdefault(name, name)
                if len(boxes) - 2 >= len(homes.get(name, ())):
                    homes[name] = boxes[2:]
            if len(chain) == 1:
                labels[token.text] = said.get("label", labels[token.text])
            edges += [(tail, head, said.get("label", "")) for tail, head in pairwise(chain)]
    nodes = {name: (label, tuple(box.get("label", "") for box in homes[name])) for name, label in labels.items()}
    return Drawing(nodes, list({edge[:2]: edge for edge in edges}.values()) if strict else edges)


def read_by_dot(text: str) -> Drawing | None:
    """The same by Graphviz itself, to hold `read` against; None where there is no `dot`."""
    if not shutil.which("dot"):
        return None
    done = subprocess.run(["dot", "-Tdot_json"], input=text.encode(), capture_output=True, check=True)
    said = json.loads(done.stdout, strict=False)
    objects, count = said.get("objects", []), said["_subgraph_cnt"]

    def label(thing: dict[str, str]) -> str:
        text = thing.get("label", "")
        return plain("html" if text.lstrip().startswith("<") else "quoted", text, thing.get("name", ""))

    homes: dict[int, list[str]] = {}

    def enter(number: int, above: list[str]) -> None:
        here = [*above, label(objects[number])]
        for member in objects[number].get("nodes", ()):
            homes[member] = here
        for inner in objects[number].get("subgraphs", ()):
            enter(inner, here)

    inside = {inner for thing in objects[:count] for inner in thing.get("subgraphs", ())}
    for number in range(count):
        if number not in inside:
            enter(number, [])
    nodes = {
        thing["name"]: (label(thing), tuple(homes.get(number, ())))
        for number, thing in enumerate(objects[count:], count)
    }
    edges = [(objects[e["tail"]]["name"], objects[e["head"]]["name"], label(e)) for e in said.get("edges", ())]
    return Drawing(nodes, edges)


def named(drawing: Drawing, names: Collection[str]) -> int:
    """Nodes whose label carries one of the names, whole, or whole together with the boxes around the node.

    In a box "features" the word "conv1" is the name features.conv1; outside it is not.
    """
    return sum(
        any(word in names or any(f"{path}.{word}" in names for path in _paths(boxes, names)) for word in _words(label))
        for label, boxes in drawing.nodes.values()
    )


def _paths(boxes: tuple[str, ...], names: Collection[str]) -> list[str]:
    """The names that the boxes say, each alone or as the end of one before it."""
    found: list[str] = []
    for label in boxes:
        found += [name for word in _words(label) for name in (word, *(f"{p}.{word}" for p in found)) if name in names]
    return found


def _words(label: str) -> list[str]:
    return re.split(r"[\s()\[\],:;=|]+", label)


def shaped(drawing: Drawing, shapes: Collection[Shape]) -> tuple[int, int]:
    """Nodes and edges whose label tells one of the shapes, written (1, 64, 7) or 1×64×7."""
    labels = [label for label, _ in drawing.nodes.values()], [label for _, _, label in drawing.edges]
    nodes, edges = (sum(not shapes_in(label).isdisjoint(shapes) for label in kind) for kind in labels)
    return nodes, edges


def shapes_in(label: str) -> set[Shape]:
    """Every shape that a label tells. A single number is one in brackets only."""
    found = re.findall(r"\((\d[\d, ]*)\)|(\d+(?:×\d+)+)", label)
    return {tuple(map(int, re.findall(r"\d+", one or other))) for one, other in found}
