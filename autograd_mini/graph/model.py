"""Vertices and edges of a drawing, in an order that never changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..core.tape import Node
from ..observe.module_calls import ModuleCall

STEPS = ("operation", "module", "result", "loss")  # what was computed
KINDS = ("input", "parameter", "constant", *STEPS)
APART, AGAIN = "\0", "\1"  # after a box's title, before what distinguishes it from others: of repetitions, of calls
MARKS = ("none", "zero", "bad", "failed", "added", "removed", "changed")  # of a gradient; of a step; of a change


@dataclass
class Vertex:
    """One thing in the drawing.

    kind: one of KINDS. title: an operation's name, a tensor's. name: the path of the module that ran it or the user's
    name, "" if it has none. path: the boxes around it, outermost first. calls: of the modules that it ran in, by their
    path. parameters: how many numbers are learned in it. lines: its own parameters, written in it rather than drawn
    beside it; own: their leaves, line by line. tops: the nodes of its results, one for each of the `times` equal steps
    that it stands for; nodes: all that it stands for. level: 0 in the forward pass, 1 in a recorded backward pass, 2 in
    one over that. notes: its measures, a line each. tip: what only the tooltip has. mark: one of MARKS. shade: from 0
    to 1, how dark.
    """

    key: str
    kind: str
    title: str
    name: str = ""
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    path: tuple[str, ...] = ()
    calls: Mapping[str, ModuleCall] = field(default_factory=dict)
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

    kind: "flow"; "link" where the backward pass uses what belongs to a forward step, its filters or its switches;
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


def title_of(box: str) -> str:
    """The words on a box."""
    return box.partition(APART)[0].partition(AGAIN)[0]
