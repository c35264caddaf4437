"""Measures on a drawing: gradients and where they end, bytes, time, multiply-adds; how dark a step is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from ..core.primitive import Primitive
from ..core.tape import Node
from ..observe.memory import saved_by
from ..observe.profiler import Gradient
from ..observe.table import in_bytes, in_seconds, in_thousands
from .model import STEPS, Graph, Vertex
from .traced import Facts

SHOWN = ("gradients", "time", "bytes", "multiply_adds")
ENDS = {"none": "no gradient", "zero": "∇ = 0", "bad": "∇ not finite"}
LINES = 20  # of the user's code, in one tooltip


def measured(graph: Graph, show: Collection[str], shade: str | None, profile: Facts | None, name: str) -> Graph:
    """The graph with notes on its vertices, and with the edges marked at which gradients end.

    show: some of SHOWN. shade: one of them, "gradients" excepted, or None. Raises ValueError for other words, and for
    what needs a profile that is not there.
    """
    for word in [*show, *([shade] if shade else [])]:
        if word not in SHOWN or (word == shade == "gradients"):
            known = ", ".join(SHOWN[1:] if word == shade else SHOWN)
            raise ValueError(f"{name}: {word!r} cannot be {'a shade' if word == shade else 'shown'}; there are {known}")
        if word == "time" and profile is None:
            raise ValueError(
                f'{name}: "time" needs profile=…: run the program inside `with ag.profile() as profile:`, hand it over'
            )
    steps = [node for vertex in graph.vertices.values() for node in vertex.nodes if node.op is not None]
    figures: dict[str, Callable[[Node], float]] = {}
    if "bytes" in show or shade == "bytes":
        figures["bytes"] = _bytes(steps, profile, name)
    if "time" in show or shade == "time":
        figures["time"] = lambda node: _seconds(profile, node)
    if "multiply_adds" in show or shade == "multiply_adds":
        figures["multiply_adds"] = lambda node: cost_of(node, profile)
    gradient = _gradients(graph, profile) if "gradients" in show else None
    for vertex in graph.vertices.values():
        vertex.tip = _tip(vertex, profile) or vertex.tip
        if gradient is not None:
            _note_gradient(vertex, gradient, of_leaves=profile is None)
        if vertex.kind in STEPS:
            notes = [_WORDS[word](vertex, figures[word], profile) for word in SHOWN if word in show and word in figures]
            vertex.notes += tuple(filter(None, notes))
    if shade is not None:
        shaded = {key: _total(v, figures[shade]) for key, v in graph.vertices.items() if v.kind in STEPS}
        most = max(shaded.values(), default=0.0)
        for key, figure in shaded.items():
            graph.vertices[key].shade = figure / most if most else 0.0
    if gradient is not None:
        fates = {key: vertex.mark for key, vertex in graph.vertices.items()}
        graph.edges = [
            replace(e, kind="lost", label=f"{e.label}\n{ENDS[fates[e.source]]}".lstrip("\n"))
            if e.kind == "flow" and fates[e.source] and fates[e.source] != fates[e.target]
            else e
            for e in graph.edges
        ]
    return graph


def _total(vertex: Vertex, figure: Callable[[Node], float]) -> float:
    return sum(figure(node) for node in vertex.nodes if node.op is not None)


# ── each measure ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _bytes(steps: list[Node], profile: Facts | None, name: str) -> Callable[[Node], float]:
    if profile is not None:
        rows = {node: row for node in steps if (row := profile.of(node)) is not None}
        return lambda node: rows[node].saved_bytes if node in rows else 0
    if steps and all(node.saved is None for node in steps):
        raise ValueError(
            f"{name}: the backward pass has given this graph's memory back, so there are no bytes to show; draw before "
            "backward(), pass retain_graph=True to it, or hand over profile=…"
        )
    found = saved_by(dict.fromkeys(steps))
    return lambda node: found.get(node, 0)


def _seconds(profile: Facts | None, node: Node) -> float:
    row = None if profile is None else profile.of(node)
    return 0.0 if row is None else row.seconds + (row.backward_seconds or 0.0)


def cost_of(node: Node, profile: Facts | None = None) -> int:
    """The multiply-adds of a step, as far as the shapes of its arguments are known; 0 where they are not."""
    row = None if profile is None else profile.of(node)
    if row is not None:
        return row.multiply_adds
    if not isinstance(node.op, Primitive):
        return 0
    saved = node.saved or {}
    shapes = [
        parent.shape if parent is not None else getattr(saved.get(word), "shape", None)
        for parent, word in zip(node.parents, node.op.args, strict=False)
    ]
    return node.op.multiply_adds(node.shape, shapes, node.params) or 0


def _time_note(vertex: Vertex, figure: Callable[[Node], float], profile: Facts | None) -> str:
    assert profile is not None
    rows = [row for node in vertex.nodes if (row := profile.of(node)) is not None]
    if not rows:
        return ""
    back = [row.backward_seconds for row in rows if row.backward_seconds is not None]
    forward = f"→ {in_seconds(sum(row.seconds for row in rows))}"
    return f"{forward}  ← {in_seconds(sum(back))}" if back else forward


_WORDS: dict[str, Callable[[Vertex, Callable[[Node], float], Facts | None], str]] = {
    "time": _time_note,
    "bytes": lambda vertex, figure, _: f"saves {in_bytes(int(total))}" if (total := _total(vertex, figure)) else "",
    "multiply_adds": lambda vertex, figure, _: (
        f"{in_thousands(total)} multiply-adds" if (total := _total(vertex, figure)) else ""
    ),
}


# ── gradients ─────────────────────────────────────────────────────────────────────────────────────────────────────────

Found = Callable[[Node], Gradient | None]


def _gradients(graph: Graph, profile: Facts | None) -> Found | None:
    """A function that gives a node's gradient; None if no backward pass reached the graph."""

    def remembered(node: Node) -> Gradient | None:
        return None if node.grad is None else Gradient.of(node.grad._array)

    found = remembered if profile is None else profile.gradient
    nodes = (node for vertex in graph.vertices.values() for node in vertex.nodes)
    return found if any(found(node) is not None for node in nodes) else None


def _note_gradient(vertex: Vertex, gradient: Found, of_leaves: bool) -> None:
    """Write a vertex's gradient; of_leaves: only leaves, and results that retain theirs, know it."""
    if vertex.own:
        norms = [_in_words([gradient(leaf) for leaf in leaves]) for leaves in vertex.own]
        vertex.lines = tuple(f"{line}  {norm}" for line, norm in zip(vertex.lines, norms, strict=True))
    known = [gradient(top) for top in vertex.tops]
    if known and not (of_leaves and vertex.kind in STEPS and not any(known)):
        vertex.mark = _fate(known)
        vertex.notes = (_in_words(known),)


def _fate(known: list[Gradient | None]) -> str:
    some = [found for found in known if found is not None]
    if not some:
        return "none"
    if not all(found.finite for found in some):
        return "bad"
    return "" if any(found.norm for found in some) else "zero"


def _in_words(known: list[Gradient | None]) -> str:
    fate = _fate(known)
    if fate:
        return ENDS[fate]
    norms = sorted({str(found): found.norm for found in known if found is not None}.items(), key=lambda pair: pair[1])
    return "‖∇‖ " + " … ".join(dict.fromkeys((norms[0][0], norms[-1][0])))


def _tip(vertex: Vertex, profile: Facts | None) -> str:
    """The lines at which the steps were recorded, and what else the tooltip has."""
    if profile is None:
        return ""
    rows = [row for node in vertex.nodes if (row := profile.of(node)) is not None]
    lines = list(dict.fromkeys(row.line for row in rows if row.line))
    tips: list[Any] = lines[:LINES] + [f"and {len(lines) - LINES} lines more"] * (len(lines) > LINES)
    if len(rows) == 1 and (gradient := rows[0].gradient) is not None and gradient.zeros:
        tips.append(f"{gradient.zeros:.0%} of its gradient is exactly 0")
    return "\n".join(tips)
