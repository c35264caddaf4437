"""The recorded graph as a picture: operations, parameters, modules, shapes, from the inputs down to the result.

Read on in this order: calls (of modules), model (vertices and edges), order and reading (what was recorded), fold and
repeat (making it small), measures (gradients, bytes, time, cost), diff (what changed), mirror (what stands where),
renderers and drawing (who draws it), dot (how it looks), page (boxes that open and close), listing (the same as a
table), notebook.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.primitive import PRIMITIVES
from .diff import merged
from .dot import drawn
from .failure import failed
from .fold import at_depth, without
from .measures import SHOWN, measured
from .model import KINDS, Graph
from .page import page
from .reading import read
from .renderers import written
from .repeat import repeated
from .traced import Facts, Traced, facts_of

if TYPE_CHECKING:
    from graphviz import Digraph

    from ..observe.profiler import Profile

__all__ = ["graph_diff", "render", "to_graphviz"]

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
    profile: Profile | None = None,
    show: str | Collection[str] | None = None,
    shade: str | None = None,
    constants: bool = False,
) -> Digraph:
    """The graph that `output` was computed by, as a `graphviz.Digraph` (its `.source` is the DOT text).

    output: a Tensor with a graph, a sequence of them, or a `Program`; or the error that a forward pass ended with, for
    what had been computed before, and the operation that raised it with its message. inputs: of Tensors, where to
    stop; only the steps between are drawn. depth: modules at that depth become single boxes, 1 the outermost. fold:
    draw blocks that repeat once, "× N"; by default where there are more than 100 vertices. hide: names of operations
    to leave out ("reshape"), or kinds ("constant", "parameter"). rankdir: "TB" draws top to bottom, "LR" left to
    right. legend: explain the shapes.

    show: what to write beside the structure, some of "gradients" (norms after a backward pass, and the edge at which
    a gradient became zero, was lost or is not finite), "time" (forward →, backward ←), "bytes" (saved for the
    backward pass, every buffer once, parameters not counted), "multiply_adds" (of products). profile: what
    `ag.profile` measured; with it everything is shown, unless `show` says what, tooltips name the line of your
    code, and what was detached is drawn. Without one, "time" is not known and "gradients" only of leaves. shade: one
    of the measures; the more of it, the darker a step.

    A constant shows its value if it is one number, else its shape, and with a profile the name of its Tensor. Without a
    profile that is known of those that a node saved for its rules, until the backward pass frees them, and of others
    where the mutation check is on; what is not known is called "constant". constants: draw what constants were computed
    from too; it needs a profile, which observes what runs on Tensors, or a program.

    A recorded backward pass (`grad(…, create_graph=True)`) is drawn upwards beside the steps it went back over.

    Raises ValueError if an output has no graph, does not depend on the inputs, for an option that means nothing, or for
    a measure that is not known; TypeError for what is no Tensor or no profile.
    """
    facts = facts_of(output, profile)
    graph = _observed("to_graphviz", output, inputs, facts, constants)
    graph = _small("to_graphviz", graph, depth, fold, hide, rankdir)
    return drawn(_shown("to_graphviz", graph, facts, show, shade), rankdir=rankdir, legend=legend, shade=shade)


def _observed(name: str, output: Any, inputs: Any, facts: Facts | None, constants: bool) -> Graph:
    """The graph, with what a profile or a program knows of it."""
    if isinstance(output, BaseException):
        return failed(output)
    if constants and facts is None:
        raise ValueError(f"{name}: constants=True needs profile=…, which knows what constants were computed from")
    return read(output, inputs, facts, constants, name)


def _shown(
    name: str, graph: Graph, facts: Facts | None, show: str | Collection[str] | None, shade: str | None
) -> Graph:
    """The graph with its measures."""
    if show is None:
        shown: Collection[str] = () if facts is None or isinstance(facts, Traced) else SHOWN
    else:
        shown = (show,) if isinstance(show, str) else show
    if not isinstance(shown, Collection):
        raise TypeError(f"{name}: show must be a word or several, of {', '.join(SHOWN)}, not {shown!r}")
    if isinstance(facts, Traced) and {"time", "gradients"} & {*shown, shade}:
        raise ValueError(f'{name}: a program knows no "time" and no "gradients"; run it inside `with ag.profile()`')
    return measured(graph, shown, shade, facts, name) if shown or shade or facts is not None else graph


def _page(
    title: str,
    output: Any,
    inputs: Any,
    *,
    depth: int | None = None,
    hide: Collection[str] = (),
    profile: Profile | None = None,
    show: str | Collection[str] | None = None,
    shade: str | None = None,
    constants: bool = False,
) -> str:
    """The graph as a page, its modules closed from a depth on."""
    if hasattr(output, "source"):
        raise TypeError("render: a page is made of the output itself, not of a drawing of it")
    _check_depth("render", depth)
    facts = facts_of(output, profile)
    graph = _small("render", _observed("render", output, inputs, facts, constants), None, False, hide, "TB")
    return page(_shown("render", graph, facts, show, shade), title, depth)


def graph_diff(
    before: Any,
    after: Any,
    *,
    depth: int | None = None,
    fold: bool | None = False,
    hide: Collection[str] = (),
    rankdir: str = "TB",
    legend: bool = True,
) -> Digraph:
    """Two graphs laid over one another: + added, − removed, ~ changed, with what it was.

    before, after: Tensors with a graph, sequences of them, or programs; the options are those of `to_graphviz`. Steps
    are matched in order, by name and operation. Gives a `graphviz.Digraph`. Raises as `to_graphviz` does.
    """
    read_of = [read(end, profile=facts_of(end, None), name="graph_diff") for end in (before, after)]
    graphs = [_small("graph_diff", graph, depth, fold, hide, rankdir) for graph in read_of]
    return drawn(merged(*graphs), rankdir=rankdir, legend=legend)


def _check_depth(name: str, depth: Any) -> None:
    if depth is not None and (not isinstance(depth, int) or depth < 1):
        raise ValueError(f"{name}: depth must be an integer of at least 1, not {depth!r}")


def _small(name: str, graph: Graph, depth: int | None, fold: bool | None, hide: Collection[str], rankdir: str) -> Graph:
    """The graph at a depth, folded, without what is hidden."""
    _check_depth(name, depth)
    if rankdir not in ("TB", "LR", "BT", "RL"):
        raise ValueError(f"{name}: rankdir must be TB, LR, BT or RL, not {rankdir!r}")
    hidden = {hide} if isinstance(hide, str) else set(hide)
    known = {*KINDS, *PRIMITIVES, *(vertex.title for vertex in graph.vertices.values())}
    for word in sorted(map(str, hidden - known)):
        near = ", ".join(get_close_matches(word, known)) or ", ".join(KINDS)
        raise ValueError(
            f"{name}: no operation and no kind is called {word!r}, so it cannot be hidden; there are {near}"
        )
    if hidden:
        graph = without(graph, hidden)
    if depth is not None:
        graph = at_depth(graph, depth)
    if fold or (fold is None and len(graph.vertices) > MANY):
        graph = repeated(graph)
    return graph


def render(output: Any, path: str | os.PathLike[str], inputs: Any = None, **options: Any) -> Path:
    """Draw the graph of `output` into a file and return its path.

    output, inputs and options: as in `to_graphviz`; or a `graphviz.Digraph` already made. The suffix says what is
    wanted: .dot or .gv for the DOT text, .svg and .png for a picture by the system's `dot` or, where there is none, by
    the WebAssembly build of Graphviz and resvg; .pdf needs `dot`. .html is a page of one file on which modules open and
    close: those from `depth` on are closed at first, and it takes no `fold`, `rankdir` or `legend`.

    The file is written whole or not at all. Raises ValueError for another suffix or an output without a graph;
    FileNotFoundError if there is no such folder, OSError if it cannot be written into; RuntimeError if nothing here can
    draw. The DOT text is then beside `path`, where one can write.
    """
    if isinstance(path, str | os.PathLike) and os.fspath(path).endswith(".html"):
        return written(_page(Path(path).stem, output, inputs, **options), path)
    return written((output if hasattr(output, "source") else to_graphviz(output, inputs, **options)).source, path)
