"""How vertices, edges and boxes look in DOT."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..observe.table import format_shape
from .mirror import chains, reverses, side_by_side
from .model import AGAIN, APART, Edge, Graph, Vertex, title_of

if TYPE_CHECKING:
    from graphviz import Digraph

INK, PALE = "#1f2937", "#757b84"  # text on a filled shape; lines and text on the page, which may be white or black
LOST, LINKED = "#d55e00", "#2a83b5"
FONT = "Verdana"  # wide, and known to Graphviz without fonts, so that words fit whatever font the viewer has instead

# kind -> shape, fill and outline: light tints of Okabe and Ito's colours, which colour-blind people can distinguish,
# and a shape of its own for each, so that nothing is said by colour alone
LOOKS = {
    "input": ("ellipse", "#dcf0fb", "#2a83b5"),
    "parameter": ("note", "#fdf0d0", "#a8730a"),
    "constant": ("ellipse", "#eeeeee", "#8a8a8a"),
    "operation": ("box", "#ffffff", "#4b5563"),
    "module": ("box", "#f3f4f6", "#4b5563"),
    "result": ("box", "#d5f0e6", "#00795a"),
    "loss": ("octagon", "#fbe2d2", "#b84e00"),
}
LEGEND = {
    "input": "input",
    "parameter": "parameter, or another leaf",
    "constant": "constant: takes no gradient",
    "operation": "operation",
    "module": "module, folded",
    "result": "result",
    "loss": "loss (one number)",
}
ADDED, CHANGED = "#00795a", "#a8730a"
# mark -> outline, style, and the sign before the words, if any
MARKS = {
    "none": ("#8a8a8a", "dashed", ""),
    "zero": (LOST, "dashed", ""),
    "bad": ("#8f2d6b", "bold", ""),
    "failed": (LOST, "bold", "✗ "),
    "added": (ADDED, "bold", "+ "),
    "removed": (LOST, "dashed", "− "),
    "changed": (CHANGED, "bold", "~ "),
}
MARKED = {
    "none": "no gradient comes here",
    "zero": "∇ = 0: nothing is learned here",
    "bad": "∇ is inf or nan",
    "failed": "✗ raised the error",
    "added": "+ added",
    "removed": "− removed",
    "changed": "~ changed",
}
EDGES = {
    "flow": {},
    "link": {"style": "dotted", "constraint": "false", "color": LINKED},
    "left": {"style": "dashed", "color": LOST, "fontcolor": LOST},
    "lost": {"style": "dashed", "penwidth": "2", "color": LOST, "fontcolor": LOST},
    "added": {"style": "bold", "color": ADDED, "fontcolor": ADDED},
    "removed": {"style": "dashed", "color": LOST, "fontcolor": LOST},
}
# what DOT would read into a name, written otherwise
UNREAD = str.maketrans({APART: " #", AGAIN: " #", '"': "″", "\\": "⧵"})
SHADES = ((255, 255, 255), (253, 174, 97))  # white to orange


def drawn(graph: Graph, *, rankdir: str, legend: bool, shade: str | None = None, title: str = "tape") -> Digraph:
    """The graph as a `graphviz.Digraph`: nested boxes from the modules' paths, keys as node names."""
    from .drawing import Drawing  # here, so that importing autograd_mini stays quick

    digraph = Drawing(title)
    digraph.attr(rankdir=rankdir, bgcolor="transparent", nodesep="0.25", ranksep="0.3", fontname=FONT, fontsize="10")
    digraph.attr(tooltip=" ", fontcolor=PALE, color=PALE, style="rounded", labeljust="l")
    shape, fill, outline = LOOKS["operation"]
    digraph.attr("node", fontname=FONT, fontsize="10", fontcolor=INK, margin="0.12,0.06", height="0.3", tooltip=" ")
    digraph.attr("node", shape=shape, style="filled,rounded", fillcolor=fill, color=outline)
    digraph.attr("edge", color=PALE, fontcolor=PALE, fontname=FONT, fontsize="8", arrowsize="0.6", tooltip=" ")
    straight = chains(graph)
    boxes: dict[tuple[str, ...], list[Vertex]] = {}
    for vertex in graph.vertices.values():
        for depth in range(len(vertex.path) + 1):
            boxes.setdefault(vertex.path[:depth], [])
        boxes[vertex.path].append(vertex)
    inside: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for path in boxes:
        if path:
            inside.setdefault(path[:-1], []).append(path)
    _fill(digraph, (), boxes, inside)
    mirrored = any(vertex.level for vertex in graph.vertices.values())
    if mirrored:
        digraph.attr(newrank="true")
        for forward, backward in side_by_side(graph):
            with digraph.subgraph() as rank:
                rank.attr(rank="same")
                rank.node(forward)
                rank.node(backward)
    levels = {key: vertex.level for key, vertex in graph.vertices.items()}
    across = [edge for edge in graph.edges if edge.kind == "flow" and levels[edge.source] != levels[edge.target]]
    for edge in graph.edges:
        if len(across) > 1 and levels[edge.target]:  # lines across would run through labels; what stands beside is
            edge = replace(edge, label="")  # shaped alike
        _join(digraph, edge, graph, straight=(edge.source, edge.target) in straight)
    if legend:
        _add_legend(digraph, graph, shade)
    return digraph


def _fill(
    digraph: Digraph,
    path: tuple[str, ...],
    boxes: dict[tuple[str, ...], list[Vertex]],
    inside: dict[tuple[str, ...], list[tuple[str, ...]]],
) -> None:
    for vertex in boxes[path]:
        _add(digraph, vertex)
    for inner in inside.get(path, ()):
        identity = "cluster_" + ".".join(inner).translate(UNREAD)
        if not identity.isprintable():  # XML has no place for it; names that differ stay different
            identity = identity.encode("unicode_escape").decode().replace("\\", "⧵")
        with digraph.subgraph(name=identity) as box:
            title = _plain(title_of(inner[-1]))
            box.attr(label=title, tooltip=title, margin="10")
            _fill(box, inner, boxes, inside)


def _add(digraph: Digraph, vertex: Vertex) -> None:
    looks = {}
    if vertex.kind != "operation":
        shape, fill, outline = LOOKS[vertex.kind]
        looks = {"shape": shape, "style": _style(vertex.kind), "fillcolor": fill, "color": outline}
    if vertex.kind == "module":
        looks["peripheries"] = "2"
    if vertex.kind in ("result", "loss"):
        looks["penwidth"] = "1.8"
    if vertex.shade is not None and vertex.kind in ("operation", "module"):
        looks["fillcolor"] = _mixed(vertex.shade)
    if vertex.mark:
        color, style, _ = MARKS[vertex.mark]
        looks |= {"color": color, "penwidth": "2", "style": f"{_style(vertex.kind)},{style}"}
    digraph.node(vertex.key, _plain(label(vertex)), tooltip=_plain(tooltip(vertex)), **looks)


def _style(kind: str) -> str:
    return "filled,rounded" if LOOKS[kind][0] == "box" else "filled,dashed" if kind == "constant" else "filled"


def _join(digraph: Digraph, edge: Edge, graph: Graph, straight: bool) -> None:
    looks = dict(EDGES[edge.kind])
    if straight:
        looks["weight"] = "9"
    source, target = graph.vertices[edge.source], graph.vertices[edge.target]
    if source.kind == "constant":
        looks["style"] = "dashed"
    words = f"{edge.label}\ndetached" if edge.kind == "left" else edge.label
    if words:
        looks["tooltip"] = _plain(words)
    if edge.kind == "link" or source.level != target.level:  # across, from the forward pass to a backward pass
        looks["constraint"] = "false"
    elif words and edge.kind != "removed":
        looks["label"] = _plain("\n".join(f" {line} " for line in words.split("\n")))
    if reverses(source, target):
        digraph.edge(edge.target, edge.source, dir="back", **looks)
    else:
        digraph.edge(edge.source, edge.target, **looks)


def label(vertex: Vertex) -> str:
    """The words in a vertex: its name and what it is, its parameters, what was measured; a line each.

    Plain text, because Graphviz as WebAssembly knows no HTML-like labels.
    """
    boxes = "".join(f"{title_of(level)}." for level in vertex.path if APART not in level)
    name = vertex.name.removeprefix(boxes)
    if name + "." == boxes or boxes.endswith(f".{name}."):  # the box has that name
        name = ""
    if vertex.kind in ("parameter", "input"):
        head = name or vertex.title
    elif vertex.kind == "constant" and not vertex.lines:
        head = f"{name}: {vertex.title}" if name else vertex.title
    else:
        head = " · ".join(dict.fromkeys(filter(None, [name, vertex.title])))
    head = (MARKS[vertex.mark][2] if vertex.mark else "") + head
    lines = [head if vertex.times == 1 else f"{head}  × {vertex.times:,}"]
    if vertex.kind in ("result", "loss"):
        lines.append(format_shape(vertex.shape, vertex.dtype))
    together = ", ".join(vertex.lines)
    lines += vertex.lines if len(together) > 30 and vertex.own else [together] if together else []
    if vertex.parameters and (vertex.lines or vertex.kind == "module"):
        lines.append(f"{vertex.parameters:,} parameters")
    return "\n".join([*lines, *vertex.notes])


def tooltip(vertex: Vertex) -> str:
    """What a tooltip says: everything that is known of a vertex."""
    lines = [" ".join(filter(None, [vertex.title, vertex.name if vertex.name != vertex.title else ""]))]
    if vertex.shape is not None:
        lines.append(format_shape(vertex.shape, vertex.dtype))
    lines += vertex.lines
    if vertex.parameters and vertex.kind != "parameter":
        lines.append(f"{vertex.parameters:,} parameters")
    if vertex.times > 1:
        lines.append(f"{vertex.times} alike, one after another")
    return "\n".join([*lines, *vertex.notes, *filter(None, [vertex.tip])])


def _plain(text: str) -> str:
    """Text for an attribute, in which no character has a meaning for DOT."""
    from graphviz import nohtml

    lines = [line if line.isprintable() else "".join(map(_printable, line)) for line in text.split("\n")]
    if len(lines) > 1:  # on empty ones Graphviz as WebAssembly breaks down
        lines = [line or " " for line in lines]
    plain: str = nohtml("\\n".join(line.replace("\\", "\\\\").replace("&", "&amp;") for line in lines))
    return plain


def _printable(c: str) -> str:
    return c if c.isprintable() else "↵" if c == "\n" else "\N{REPLACEMENT CHARACTER}"


def _add_legend(digraph: Digraph, graph: Graph, shade: str | None) -> None:
    """Above the graph, two a row: Graphviz gives every rank the height that its highest node needs."""
    looks: dict[str, tuple[str, dict[str, str]]] = {}
    for kind, words in LEGEND.items():
        if any(vertex.kind == kind for vertex in graph.vertices.values()):
            shape, fill, outline = LOOKS[kind]
            looks[kind] = (words, {"shape": shape, "style": _style(kind), "fillcolor": fill, "color": outline})
            if kind == "module":
                looks[kind][1]["peripheries"] = "2"
    for mark, (color, style, _) in MARKS.items():
        if any(vertex.mark == mark for vertex in graph.vertices.values()):
            looks[mark] = (MARKED[mark], {"style": f"filled,rounded,{style}", "color": color, "penwidth": "2"})
    if shade is not None:
        words = f"the darker, the more {shade.replace('_', '-')}"
        looks["shade"] = (words, {"fillcolor": _mixed(1)})
    if any(edge.kind == "link" for edge in graph.edges):
        looks["link"] = ("dotted: the same filters, the same switches", {"style": "dotted", "color": LINKED})
    keys = [f"legend_{key}" for key in looks]
    with digraph.subgraph(name="cluster_legend") as box:
        box.attr(label="legend", style="rounded,dashed", margin="10")
        for key, (words, look) in zip(keys, looks.values(), strict=True):
            box.node(key, words, **look)
        for one, two in zip(keys, keys[2:], strict=False):
            box.edge(one, two, style="invis")
    if graph.vertices:
        digraph.edge(keys[(len(keys) - 1) // 2 * 2], next(iter(graph.vertices)), style="invis")


def _mixed(share: float) -> str:
    """The colour of a shade from 0 to 1."""
    mixed = (round(a + (b - a) * share) for a, b in zip(*SHADES, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)
