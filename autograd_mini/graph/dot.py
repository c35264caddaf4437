"""The visual language: how vertices, edges and boxes look in DOT."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from .model import Graph, Vertex, told

if TYPE_CHECKING:
    from graphviz import Digraph

INK, PALE = "#1f2937", "#6b7280"  # text on a filled shape; lines and text on the page, which may be white or black

# kind -> shape, fill and outline: light tints of Okabe and Ito's colours, which colour-blind people can tell apart,
# and a shape of its own for each, so that nothing is said by colour alone
LOOKS = {
    "input": ("ellipse", "#dcf0fb", "#2a83b5"),
    "parameter": ("note", "#fdf0d0", "#a8730a"),
    "constant": ("ellipse", "#eeeeee", "#8a8a8a"),
    "operation": ("box", "#ffffff", "#4b5563"),
    "module": ("box3d", "#f3f4f6", "#4b5563"),
    "result": ("box", "#d5f0e6", "#00795a"),
    "loss": ("octagon", "#fbe2d2", "#b84e00"),
}
LEGEND = {
    "input": "input",
    "parameter": "parameter, or another leaf that receives a gradient",
    "constant": "constant: takes no gradient",
    "operation": "operation",
    "module": "module, folded",
    "result": "result",
    "loss": "loss (one number)",
}


def drawn(graph: Graph, *, rankdir: str, legend: bool, title: str = "tape") -> Digraph:
    """The graph as a `graphviz.Digraph`: nested boxes from the modules' paths, keys as node names."""
    from graphviz import Digraph  # here, so that importing autograd_mini stays quick

    digraph = Digraph(title)
    digraph.attr(rankdir=rankdir, bgcolor="transparent", nodesep="0.25", ranksep="0.35", fontname="Helvetica")
    digraph.attr(tooltip=" ", fontcolor=PALE)
    digraph.attr("node", fontname="Helvetica", fontsize="11", fontcolor=INK, margin="0.12,0.06", height="0.3")
    digraph.attr("edge", color=PALE, fontcolor=PALE, fontname="Helvetica", fontsize="9", arrowsize="0.6")
    boxes: dict[tuple[str, ...], list[Vertex]] = {}
    for vertex in graph.vertices.values():
        for depth in range(len(vertex.path) + 1):
            boxes.setdefault(vertex.path[:depth], [])
        boxes[vertex.path].append(vertex)
    _fill(digraph, (), boxes)
    for edge in graph.edges:
        dashed = {"style": "dashed"} if graph.vertices[edge.source].kind == "constant" else {}
        words = {"label": f" {edge.label} ", "tooltip": edge.label} if edge.label else {"tooltip": " "}
        digraph.edge(edge.source, edge.target, **words, **dashed)
    if legend:
        _add_legend(digraph, graph)
    return digraph


def _fill(digraph: Digraph, path: tuple[str, ...], boxes: dict[tuple[str, ...], list[Vertex]]) -> None:
    for vertex in boxes[path]:
        _add(digraph, vertex)
    for inner in boxes:
        if len(inner) == len(path) + 1 and inner[: len(path)] == path:
            with digraph.subgraph(name="cluster_" + ".".join(inner).replace('"', "")) as box:
                box.attr(
                    label=_plain(inner[-1].partition(" #")[0]),
                    tooltip=_plain(inner[-1].partition(" #")[0]),
                    color=PALE,
                    style="rounded",
                )
                box.attr(fontname="Helvetica", fontsize="11", fontcolor=PALE, labeljust="l", margin="10")
                _fill(box, inner, boxes)


def _add(digraph: Digraph, vertex: Vertex) -> None:
    shape, fill, outline = LOOKS[vertex.kind]
    style = "filled,rounded" if shape == "box" else "filled"
    if vertex.kind == "constant":
        style = "filled,dashed"
    width = "1.8" if vertex.kind in ("result", "loss") else "1"
    digraph.node(
        vertex.key,
        _plain(label(vertex)),
        shape=shape,
        style=style,
        fillcolor=fill,
        color=outline,
        penwidth=width,
        tooltip=_plain(tooltip(vertex)),
    )


def label(vertex: Vertex) -> str:
    """The words in a vertex: what it is, its name, its parameters; a line each.

    Plain text, because Graphviz as WebAssembly knows no HTML-like labels.
    """
    boxes = "".join(f"{level}." for level in vertex.path if not level.startswith("×"))
    name = vertex.name.removeprefix(boxes)
    if name + "." == boxes or boxes.endswith(f".{name}."):  # the box has that name
        name = ""
    head = name if vertex.kind == "module" else vertex.title
    if vertex.kind in ("parameter", "input"):
        head = name or head
    lines = [head if vertex.times == 1 else f"{head}  × {vertex.times:,}"]
    if name and name != head:
        lines.append(name)
    if vertex.kind in ("result", "loss"):
        lines.append(told(vertex.shape, vertex.dtype))
    lines += vertex.lines
    if vertex.parameters and (vertex.lines or vertex.kind == "module"):
        lines.append(f"{vertex.parameters:,} parameters")
    return "\n".join(lines)


def tooltip(vertex: Vertex) -> str:
    """What the pointer is told: everything that is known of a vertex."""
    lines = [" ".join(filter(None, [vertex.title, vertex.name if vertex.name != vertex.title else ""]))]
    if vertex.shape is not None:
        lines.append(told(vertex.shape, vertex.dtype))
    lines += vertex.lines
    if vertex.parameters and vertex.kind != "parameter":
        lines.append(f"{vertex.parameters:,} parameters")
    if vertex.times > 1:
        lines.append(f"{vertex.times} alike, one after another")
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Lines of text for an attribute: whatever they hold is drawn as it is written."""
    from graphviz import nohtml

    lines = text.split("\n")
    if not text.isprintable():
        lines = ["".join(map(_printable, line)) for line in lines]
    plain: str = nohtml("\\n".join(line.replace("\\", "\\\\") for line in lines))
    return plain


def _printable(c: str) -> str:
    return c if c.isprintable() else "↵" if c == "\n" else "\N{REPLACEMENT CHARACTER}"


def _add_legend(digraph: Digraph, graph: Graph) -> None:
    present = [kind for kind in LEGEND if any(v.kind == kind for v in graph.vertices.values())]
    with digraph.subgraph(name="cluster_legend") as box:
        box.attr(label="legend", color=PALE, style="dashed", fontname="Helvetica", fontsize="11", fontcolor=PALE)
        for kind in present:
            shape, fill, outline = LOOKS[kind]
            style = {"box": "filled,rounded"}.get(shape, "filled")
            if kind == "constant":
                style = "filled,dashed"
            box.node(
                f"legend_{kind}", LEGEND[kind], shape=shape, style=style, fillcolor=fill, color=outline, tooltip=" "
            )
        for one, two in pairwise(present):
            box.edge(f"legend_{one}", f"legend_{two}", style="invis")
