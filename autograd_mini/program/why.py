"""Why there is no gradient: where the path from a loss to a Tensor ends, in a sentence.

A program has every call, also those that no gradient flows through, so its answer is exact (`paths.py`). A graph has
only what was recorded: leaves, the operations between, and of their other arguments what they saved.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..core.observer import is_grad_enabled
from ..core.primitive import told_kind
from ..core.tape import Node, Pick, ancestors
from ..core.tensor import Tensor
from ..observe.profiler import Gradient
from .calls import Kind
from .paths import called, chain, counted, few, path_or_end
from .program import Program
from .zeros import argument, format_node, measured

_EXACTLY = "why_no_grad(ag.trace(function, *inputs), w) tells exactly"


def why_no_grad(loss: Tensor | Program, w: Tensor | int) -> str:
    """Say where the path from a loss to w ends, or that there is one and from which step on the gradient is zero.

    The answer of a program is exact. A graph has only what was recorded: where it cannot be certain the answer says so,
    and what the reason may be. Of a graph a backward pass is run, which changes nothing.

    Arguments:
        loss: a Tensor, before its backward pass; or a program of the function that computes it (`ag.trace`).
        w: a Tensor; of a program one of its leaves, or the number of an input.
    Returns:
        One sentence, or one and a list.
    Raises:
        TypeError: if the loss is neither a Tensor nor a Program, or w no Tensor (of a program: nor a number).
        ValueError: if the program has no such leaf or input.

    Example:
        >>> w = Tensor([1.0, 2.0], requires_grad=True, name="w")
        >>> print(ag.why_no_grad(ag.relu(w - 5).sum(), w))
        there is a path: 'w' → subtract → relu → sum; but its gradient is exactly 0: relu carries 0 back: none of its
        inputs is positive there, at ...
    """
    if isinstance(loss, Program):
        _check("w", w, Tensor | int | np.integer, "a Tensor, or the number of an input", "")
        return path_or_end(loss, w)
    _check("the loss", loss, Tensor, "a Tensor or a Program", "; of a number, as item() gives it, nothing is known")
    _check("w", w, Tensor, "a Tensor", "; numbers are those of a program's inputs")
    return _asked_of_graph(loss, w)  # type: ignore[arg-type]


def _check(what: str, given: Any, kind: Any, words: str, of_numbers: str) -> None:
    """Raise TypeError unless what was given is of a kind."""
    if not isinstance(given, kind) or isinstance(given, bool):
        more = of_numbers * isinstance(given, int | float | np.number)
        raise TypeError(f"why_no_grad: {what} must be {words}, not {told_kind(given)}{more}")


def _asked_of_graph(loss: Tensor, w: Tensor) -> str:
    who, node = called(w), w.node or w._leaf
    if loss is w:
        return f"{who} is the loss itself"
    nodes = [] if loss.node is None else ancestors(loss.node)
    if loss.node is not None and node in nodes:
        since = f"; {who} does not require a gradient any more: {_frozen(w)}" * (w.node is None)
        return f"there is a path: {chain(_shortest(loss.node, node, who))}; {_gradient(loss, w, node, nodes)}{since}"
    if w.node is None:
        return "\n  ".join([f"{who} does not require a gradient: {_frozen(w)}", *few([*_arrays_of(w, nodes)])])
    return _nowhere(loss, w, w.node, nodes) if nodes else f"the loss has no graph: {_no_graph(loss, w)}"


# ── there is a path ───────────────────────────────────────────────────────────────────────────────────────────────────


def _gradient(loss: Tensor, w: Tensor, node: Node, nodes: list[Node]) -> str:
    """What gradient arrives at the end of a path, and what becomes of it."""
    on_the_way = {node}
    for n in reversed(nodes):
        if not on_the_way.isdisjoint(n.parents):
            on_the_way.add(n)
    result = node.op is not None and not node.retains_grad
    leaves = f"{called(w)} is a result, and backward leaves .grad on leaves only: call retain_grad() on it before, or "
    leaves += f"ask grad(loss, {w.name or 'w'}); it is that of {format_node(node)}"
    freed = [n for n in nodes if n in on_the_way - {node} and n.saved is None]
    if freed and freed[0] is not loss.node:
        words = "part of it was freed by the backward pass of another loss, and this one's will fail at"
        return f"{words} {format_node(freed[0])}; detach what is carried over, or pass that one retain_graph=True"
    if freed:
        after = "it was the pass of grad(), or .grad was set to None afterwards, as zero_grad() does"
        after = after if node.grad is None else f"the gradient is there, of norm {Gradient.of(node.grad)}"
        return f"a backward pass has gone over it and freed what it saved: {leaves if result else after}"
    try:
        found, steps = measured(loss, node)
    except Exception as error:
        return f"but the backward pass fails: {error}"
    given = "" if loss.size == 1 else ", the loss being given random gradients"
    if not found.finite:
        return f"its gradient is not finite{given}: detect_anomaly() finds the first step"
    if found.norm:
        added = f"loss.backward({'gradient' * bool(given)}) adds it to .grad"
        return f"its gradient is not zero but of norm {found}{given}; {leaves if result else added}"
    steps = counted(steps) or ["no elements are on the way"]
    words = f"but its gradient is exactly 0{given}"
    return f"{words}: {steps[0]}" if len(steps) == 1 else "\n  ".join([f"{words}, from several steps on:", *few(steps)])


def _shortest(loss: Node, node: Node, who: str) -> list[str]:
    """The operations on the shortest path from w to the loss."""
    after: dict[Node, Node | None] = {loss: None}
    level = [loss]
    while node not in after:
        below = {p: n for n in level for p in n.parents if p is not None and p not in after and p.number >= node.number}
        after |= below
        level = [*below]
    steps, at = [who], after[node]
    while at is not None:
        steps += [] if isinstance(at.op, Pick) else [f"{at.op.name}{f' ({at.name})' if at.name else ''}"]
        at = after[at]
    return steps


# ── there is none ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _frozen(w: Tensor) -> str:
    """Why a Tensor has no node."""
    if w.dtype.kind not in "fc":
        return f"it holds {w.dtype}, and no gradient flows to integers; make it floating with astype"
    if w._leaf is not None:
        return "its requires_grad was set to False"
    words = "it was made without requires_grad=True, or is a result without a graph"
    return f"{words}: detached, computed under no_grad(), or from Tensors that require none"


def _no_graph(loss: Tensor, w: Tensor) -> str:
    """Why a loss has no node, as far as it can be known."""
    if _in_memory_of(w, loss._array):
        return f"it looks into the array of {called(w)}, as detach(), .data and numpy() give it"
    if loss.dtype.kind not in "fc":
        words = "no gradient flows through integers, as argmax, comparisons and rounding give"
        return f"it holds {loss.dtype}, and {words}"
    here = "; operations on this line are not recorded, for it runs under no_grad()" * (not is_grad_enabled())
    words = "it was computed under no_grad(), or detached, or from bare arrays (.data, numpy(), item()), or through an"
    words += " operation without a gradient (argmax, sign, a comparison), or no Tensor that went into it requires a"
    return f"{words} gradient{here}. Which of these it was is not known, since nothing was recorded; {_EXACTLY}"


def _nowhere(loss: Tensor, w: Tensor, node: Node, nodes: list[Node]) -> str:
    """Why there is no path to w: what is certain, or else what may be the reason."""
    who = called(w)
    certain = [*_facts(loss, w, node, nodes), *_arrays_of(w, nodes)]
    if certain:
        return "\n  ".join([f"no path leads from the loss to {who}: {certain[0]}", *few(certain[1:])])
    leaves = [n for n in nodes if n.op is None]
    words = (
        f"no path leads from the loss to {who}: all end at {', '.join(few(counted([*map(format_node, leaves)]), 4))}"
    )
    namesakes = [_namesake(leaf) for leaf in leaves if _is_called_alike(leaf, w)]
    if any(n.saved is None and n.op is not None for n in nodes):
        words += f". A backward pass has freed what was saved; asked before it, more can be told; {_EXACTLY}"
        return "\n  ".join([words, *few(namesakes)])
    found = sorted(_constants(nodes), key=lambda constant: isinstance(constant[2], int | float))  # arrays first
    constants = counted([format_node(n, f"takes its {name}, {_size(held)}") for n, name, held in found])
    if not constants and not namesakes:
        return f"{words}, and no other array goes into it"
    may = f"constants, and {who} may have become one of them (by detach, .data, numpy, argmax, under no_grad)"
    words += f". What else goes into it are {may}" if constants else ". No other array goes into it"
    return "\n  ".join([f"{words}; {_EXACTLY}:", *few(namesakes, 3), *few(constants)])


def _is_called_alike(leaf: Node, w: Tensor) -> bool:
    """True if a leaf has the name of w, or one that w will have as part of a net."""
    part = leaf.shape == w.shape and (leaf.name or "").endswith(f".{w.name}")
    return bool(w.name) and (part or leaf.name == w.name)


def _namesake(leaf: Node) -> str:
    words = "took the other's place: assigned anew, a copy of the net, in an optimizer since before"
    return f"another leaf called {leaf.name!r}, {Kind(leaf.shape, leaf.dtype)}, is in it: perhaps one {words}"


def _facts(loss: Tensor, w: Tensor, node: Node, nodes: list[Node]) -> Iterator[str]:
    """What is certain about a Tensor that a loss was not computed from."""
    who = called(w)
    if loss.node in (behind := ancestors(node)):
        yield f"it is {who} that was computed from the loss; ask why_no_grad({w.name or 'w'}, loss)"
        return
    for leaf in nodes:
        if isinstance(leaf.retains_grad, str) and leaf.name == w.name:
            yield leaf.retains_grad
    if node.op is not None:
        shared = [format_node(n) for n in {*behind} & {*nodes} if n.op is None]
        with_it = f"; both are computed from {', '.join(few(shared, 3))}" if shared else ""
        yield f"{who} is a result of its own, of {format_node(node)}, which the loss does not use{with_it}"
    elif node.number > loss.node.number:  # type: ignore[union-attr]
        yield f"{who} was made, or made to require a gradient, after the loss was computed"
    if loss.node is not None and loss.node.op is None:
        yield "the loss is a leaf, computed from nothing: its requires_grad was set by hand"


def _arrays_of(w: Tensor, nodes: list[Node]) -> Iterator[str]:
    """The constants in a graph that are w's array, or a copy of it."""
    varied = w.size > 1 and bool((w._array != w._array.flat[0]).any())
    for node, name, held in _constants(nodes):
        if not isinstance(held, np.ndarray):
            continue
        if _in_memory_of(w, held):
            words = f"takes what lies in the memory of {called(w)} as its {name}, a constant"
            yield format_node(node, f"{words}: detach(), .data or numpy() gave it")
        elif varied and held.shape == w.shape and np.array_equal(held, w._array):
            yield format_node(node, f"takes a constant with the same elements as {called(w)}, a copy, as its {name}")


def _constants(nodes: list[Node]) -> Iterator[tuple[Node, str, Any]]:
    """The arguments without a gradient: the step, what it calls them, and what it saved of them, or None."""
    for node in nodes:
        for i, parent in enumerate(node.parents):
            if parent is None:
                held = (node.saved or {}).get(node.op.arg(i))
                yield node, argument(node, i), held[i] if isinstance(held, tuple) else held


def _size(held: Any) -> str:
    """A constant in words, as far as it was saved."""
    if held is None:
        return "which it did not save"
    return f"{Kind(held.shape, held.dtype)}" if isinstance(held, np.ndarray | np.generic) else f"{held}"


def _in_memory_of(w: Tensor, array: Any) -> bool:
    """True if an array lies in w's memory."""
    try:
        return bool(np.shares_memory(w._array, array, max_work=10_000))  # type: ignore[arg-type]  # as its documentation has it
    except np.exceptions.TooHardError:
        return bool(np.may_share_memory(w._array, array))
