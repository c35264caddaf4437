"""How a notebook shows a recorded result: as its graph, if that fits on a page and can be drawn."""

from __future__ import annotations

from typing import Any

from .dot import drawn
from .fold import at_depth
from .reading import read
from .renderers import picture
from .repeat import repeated

MOST = 150  # vertices, after folding: beyond that drawing takes long and nobody can read it


def as_svg(output: Any) -> str | None:
    """The <svg> element of a result's graph, folded if it is large; None without a graph, or if nothing can draw it."""
    if output.node is None or output.node.op is None:
        return None
    graph = read(output)
    if len(graph.vertices) > MOST:
        graph = repeated(graph)
    if len(graph.vertices) > MOST:
        graph = at_depth(graph, 1)
    if len(graph.vertices) > MOST:
        return None
    try:
        svg = picture(drawn(graph, rankdir="TB", legend=False).source, "svg").decode()
    except RuntimeError:
        return None
    return svg[svg.index("<svg") :]
