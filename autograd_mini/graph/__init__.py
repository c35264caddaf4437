"""The recorded graph as a picture: operations, parameters, modules, shapes, from the inputs down to the result.

Read on in this order: model (what was recorded, as vertices and edges), fold (making it small), dot (how it looks),
renderers (who draws it).
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .dot import drawn
from .fold import at_depth, repeated, without
from .model import read
from .renderers import written

if TYPE_CHECKING:
    from graphviz import Digraph

__all__ = ["render", "to_graphviz"]

MANY = 100  # vertices beyond which repeated blocks are folded unasked


def to_graphviz(
    output: Any,
    inputs: Any = None,
    *,
    depth: int | None = None,
    fold: bool | None = None,
    hide: Collection[str] = (),
    rankdir: str = "TB",
    legend: bool = False,
) -> Digraph:
    """The graph that `output` was computed by, as a `graphviz.Digraph` (its `.source` is the DOT text).

    output: a Tensor with a graph, or a sequence of them. inputs: where to stop; only the steps between are drawn.
    depth: modules at that depth become single boxes, 1 the outermost. fold: tell blocks that repeat once, "× N"; by
    default where there are more than 100 vertices. hide: names of operations to leave out ("reshape"), or kinds
    ("constant", "parameter"). rankdir: "TB" draws top to bottom, "LR" left to right. legend: explain the shapes.

    Raises ValueError if an output has no graph, does not depend on the inputs, or for a depth below 1 or an unknown
    rankdir.
    """
    if depth is not None and depth < 1:
        raise ValueError(f"to_graphviz: depth must be at least 1, not {depth}")
    if rankdir not in ("TB", "LR", "BT", "RL"):
        raise ValueError(f"to_graphviz: rankdir must be TB, LR, BT or RL, not {rankdir!r}")
    graph = read(output, inputs)
    if hide:
        graph = without(graph, {hide} if isinstance(hide, str) else set(hide))
    if depth is not None:
        graph = at_depth(graph, depth)
    if fold or (fold is None and len(graph.vertices) > MANY):
        graph = repeated(graph)
    return drawn(graph, rankdir=rankdir, legend=legend)


def render(output: Any, path: str | os.PathLike[str], inputs: Any = None, **options: Any) -> Path:
    """Draw the graph of `output` into a file and return its path.

    output, inputs and options: as in `to_graphviz`; or a `graphviz.Digraph` already made. The suffix says what is
    wanted: .dot or .gv for the DOT text, .svg for a picture by the system's `dot` or, where there is none, by the
    WebAssembly build of Graphviz; .png and .pdf need `dot`. The file is written whole or not at all. Raises ValueError
    for another suffix or an output without a graph; FileNotFoundError if there is no such folder; RuntimeError if
    nothing here can draw, after writing the DOT text beside `path`.
    """
    return written(output if hasattr(output, "source") else to_graphviz(output, inputs, **options), path)
