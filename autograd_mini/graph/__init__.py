"""The recorded graph as a drawing: operations, parameters, modules, shapes, from the inputs down to the result.

Read on in this order: model (vertices and edges), traced (a program's facts), order and reading (what was recorded),
failure (a pass that raised), fold and repeat (making it small), measures (gradients, bytes, time, cost), diff (what
changed), mirror (alignment), renderers and drawing (programs that draw), dot (how it looks), page (boxes that open and
close), listing (the same as a table), notebook.
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
    """Draw the graph that a result was computed by, as a `graphviz.Digraph`, whose `.source` is the DOT text.

    A constant shows its value if it is one number, else its shape. Without a profile that is known of what a node
    saved, until the backward pass frees it, and with the mutation check on also of what nobody saved; other constants
    are called "constant". A backward pass recorded by `grad(…, create_graph=True)` is drawn upwards beside the steps
    that it went back over. The same program gives the same text.

    Arguments:
        output: a Tensor with a graph, a sequence of them, or a `Program`; or an error that a forward pass raised, for
            the operation that raised it and what had been computed before.
        inputs: a Tensor or a sequence; only the steps between these and the output are drawn.
        depth: draw modules at this depth as single boxes; 1 is the outermost.
        fold: draw blocks that repeat once, "× N"; None does so where there are more than 100 vertices.
        hide: names of operations to leave out ("reshape"), or kinds ("constant", "parameter").
        rankdir: "TB" draws top to bottom, "LR" left to right; also "BT" and "RL".
        legend: explain the shapes.
        profile: what `ag.profile` measured. It adds measures, names of constants, what was detached, and tooltips with
            the lines of your code.
        show: which measures to write, some of "gradients" (norms after a backward pass, and the edge at which a
            gradient became zero, was lost or is not finite), "time" (forward →, backward ←), "bytes" (saved for the
            backward pass, every buffer once, parameters not counted) and "multiply_adds" (of products). None is all of
            them with a profile, else none. Without a profile "time" is not known, and "gradients" only of leaves and of
            results that retain theirs.
        shade: a measure other than "gradients": the more of it, the darker a step.
        constants: draw what constants were computed from too; needs a profile or a program.
    Returns:
        A Digraph that also draws itself without the `dot` program, as SVG.
    Raises:
        ValueError: if an output has no graph or does not depend on the inputs, for an option out of range, and for a
            measure that is not known.
        TypeError: for an output that is no Tensor, and for a profile that is none.

    Example:
        >>> x = Tensor([1.0, 2.0], requires_grad=True, name="x")
        >>> ag.to_graphviz(ag.relu(x).sum()).source.count("->")
        2
    """
    facts = facts_of(output, profile)
    graph = _observed("to_graphviz", output, inputs, facts, constants)
    graph = _small("to_graphviz", graph, depth, fold, hide, rankdir)
    return drawn(_shown("to_graphviz", graph, facts, show, shade), rankdir=rankdir, legend=legend, shade=shade)


def _observed(name: str, output: Any, inputs: Any, facts: Facts | None, constants: bool) -> Graph:
    """The graph of an output, with what a profile or a program knows of it."""
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
    """The graph as a page on which modules from a depth on are closed at first."""
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
    """Draw two graphs laid over one another: + added, − removed, ~ changed, with what it was.

    Steps are matched in order, by name and operation.

    Arguments:
        before, after: what to compare, as `output` in `to_graphviz`, errors excepted.
        depth, fold, hide, rankdir, legend: as in `to_graphviz`; `fold` None folds where there are more than 100
            vertices.
    Returns:
        A `graphviz.Digraph`.
    Raises:
        ValueError, TypeError: as `to_graphviz`.

    Example:
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> "+ tanh" in ag.graph_diff(ag.relu(x).sum(), ag.tanh(ag.relu(x)).sum()).source
        True
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
    """Draw the graph of a result into a file.

    The file is written whole or not at all. If it cannot be drawn, the DOT text is written beside `path`, where
    possible.

    Arguments:
        output: as in `to_graphviz`, or a `graphviz.Digraph`.
        path: whose suffix says what is wanted: .dot or .gv for the DOT text; .svg or .png for a picture, by the
            system's `dot` or, without it, by the WebAssembly build of Graphviz and resvg; .pdf, which needs `dot`;
            .html for a page of one file on which modules open and close.
        inputs: as in `to_graphviz`.
        **options: the other options of `to_graphviz`. A page takes no `fold`, `rankdir` or `legend`, and its modules
            from `depth` on are closed at first.
    Returns:
        The path, as a `Path`.
    Raises:
        ValueError: for another suffix, and as `to_graphviz`.
        TypeError: for a path that is none, for a page of a Digraph, and as `to_graphviz`.
        FileNotFoundError: if there is no such folder.
        OSError: if the file cannot be written.
        RuntimeError: if nothing here can draw the format.

    Example:
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> ag.render(ag.relu(x).sum(), "loss.dot").name
        'loss.dot'
    """
    if isinstance(path, str | os.PathLike) and os.fspath(path).endswith(".html"):
        return written(_page(Path(path).stem, output, inputs, **options), path)
    return written((output if hasattr(output, "source") else to_graphviz(output, inputs, **options)).source, path)
