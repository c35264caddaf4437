"""The tape: nodes that remember what was computed from what, and the one walk back over them.

A `Node` stands for one result. It knows the operation that made it, the nodes of the arguments (edges point backwards
in time, to nodes and never to tensors) and the few bare arrays that the operation's rules will ask for. A `Value` is
an array together with its node. Nothing here knows any mathematics: an operation is asked to `pull` a gradient from
its result to one of its arguments, and how it does that is its own affair (`primitives.py`).

    x ──► conv2d ──► relu ──► sum          recording: each step leaves a node
    ∂x ◄─ pull  ◄─── pull ◄── pull ◄── 1   walking back: newest step first
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from operator import attrgetter
from typing import Any, Protocol
from weakref import WeakSet

from .calling import Place
from .guard import Seals, changed, explanation, guard, hand_out
from .ledger import Ledger

BACKWARD = "backward"
"""Where the steps of a recorded walk stand: those that pull back through conv1 are called backward.conv1."""

Rules = Mapping[str, Mapping[str, Any]]
"""Rules that replace an operation's own during one walk: {operation name: {argument name: rule}}."""


class Operation(Protocol):
    """What the tape asks of an operation."""

    name: str

    def pull(self, node: Node, argument: int, g: Any, rules: Rules | None, kind: type[Value] | None) -> Any:
        """The gradient of `node`'s result, carried to one of its arguments."""


class Node:
    """One recorded result: the operation, the nodes of its arguments, and what its rules need.

    A leaf (a tensor the user made with `requires_grad=True`) has no operation; it is where `.grad` lives.
    """

    __slots__ = (
        "__weakref__", "depth", "dtype", "grad", "kept", "line", "name", "op", "params", "parents", "retains_grad",
        "seals", "shape",
    )  # fmt: skip

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: Any,
        op: Operation | None = None,
        parents: tuple[Node | None, ...] = (),
        kept: dict[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self.op = op
        self.parents = parents  # one per array argument; None where no gradient can flow
        self.kept = kept  # name -> bare array; None once the walk has given the memory back
        self.seals: Seals | None = None  # of kept arrays that others hold too; None if recorded unguarded
        self.line: Place | None = None  # of the user's code
        self.params = {} if params is None else params
        self.name = name
        depth = 0
        for parent in parents:
            if parent is not None and parent.depth > depth:
                depth = parent.depth
        self.depth: int = depth + 1  # larger than any parent's: the order of the walk
        self.grad: Any = None
        self.retains_grad = False

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        """For copies and other processes: all but the line, which is code of this one."""
        state = {name: getattr(self, name) for name in self.__slots__ if name != "__weakref__"}
        return None, state | {"line": None}

    def __repr__(self) -> str:
        what = "leaf" if self.op is None else self.op.name
        return f"<{what}{f' {self.name!r}' if self.name else ''} {self.shape}>"


class Value:
    """An array and its place on the tape (`node` is None for a constant)."""

    __slots__ = ("__weakref__", "_data", "_name", "node")

    _data: Any
    _name: str | None
    node: Node | None

    @classmethod
    def made(cls, data: Any, node: Node | None) -> Any:
        """The result of an operation, clothed as `cls` without the checks a user's own data needs."""
        value = object.__new__(cls)
        value._data = data
        value._name = None
        value.node = node
        return value

    @property
    def data(self) -> Any:
        """The bare array. The tape knows then that others may write into it."""
        return hand_out(self)


# ── the recording switch ──────────────────────────────────────────────────────────────────────────────────────────────


COMPUTING: WeakSet[threading.Thread] = WeakSet()
"""Every thread that has come by here; some have ended."""


class _Recording(threading.local):
    """What recording looks like right now, in this thread."""

    def __init__(self) -> None:
        COMPUTING.add(threading.current_thread())
        self.enabled = True
        self.marks: dict[str, object] = {}  # by attribute: of the innermost block that set it
        self.place: str | None = None  # path of the module that is running: names the nodes it makes
        self.listener: Callable[[str, Value], None] | None = None  # told of every value that receives a name
        self.ledgers: tuple[Ledger, ...] = ()


recording = _Recording()


@contextmanager
def _holding(attribute: str, value: Any) -> Iterator[None]:
    """Give `recording` another value inside the block."""
    now, mark, late = recording.__dict__, object(), False
    before, outer = now[attribute], recording.marks.get(attribute)
    now[attribute], recording.marks[attribute] = value, mark
    try:
        yield
    except GeneratorExit:  # dropped without being left, as Ctrl-C may bring about: those around it may be left by now
        late = True
        raise
    finally:
        if not late or recording.marks[attribute] is mark:
            now[attribute], recording.marks[attribute] = before, outer


def no_grad(function: Callable[..., Any] | None = None) -> Any:
    """Record nothing inside: `with no_grad(): …`, or `@no_grad` above a function. Affects this thread only."""
    if function is not None and not callable(function):
        raise TypeError(f"no_grad: takes a function or nothing, not {type(function).__name__}")
    return _holding("enabled", False) if function is None else _holding("enabled", False)(function)


def enable_grad() -> Any:
    """Record again inside a `no_grad` block. Affects this thread only."""
    return _holding("enabled", True)


def is_grad_enabled() -> bool:
    """True if operations on tensors that require a gradient are recorded in this thread."""
    return recording.enabled


def watched_by(ledger: Ledger) -> AbstractContextManager[None]:
    """Tell the ledger of everything that happens inside, in this thread."""
    return _holding("ledgers", (*recording.ledgers, ledger))


def listening(listener: Callable[[str, Value], None]) -> AbstractContextManager[None]:
    """Call `listener(name, value)` for every value named inside: by a module's call, or by `Tensor.named`."""
    return _holding("listener", listener)


def announce(name: str, value: Any) -> None:
    """Tell the listener, if there is one, that `value` is now known as `name`."""
    if recording.listener is not None and isinstance(value, Value):
        recording.listener(name, value)


# ── the walk back ─────────────────────────────────────────────────────────────────────────────────────────────────────


def walk(
    seeds: Mapping[Node, Any],
    wanted: Collection[Node] | None = None,
    *,
    rules: Rules | None = None,
    retain_graph: bool = False,
    kind: type[Value] | None = None,
) -> dict[Node, Any]:
    """Carry the seeds' gradients back and return those that arrive at the wanted nodes.

    `wanted=None` means every leaf and every node asked to retain its gradient; otherwise only the paths that lead to a
    wanted node are walked. Each step's kept arrays are dropped as it is left, unless `retain_graph`. With `kind`, the
    gradients are Values of that kind and the walk itself is recorded: that is how second derivatives come about. (The
    caller puts `recording.place` back, which tells where in the walk we are.)
    Without, they are bare arrays, and those returned are held by nobody else.
    """
    nodes = ancestors(*seeds)
    useful = None if wanted is None else _leading_to(wanted, nodes)
    arrived: dict[Node, Any] = dict(seeds)
    ours: set[Node] = set()  # nodes whose arrived array was made during this walk and is held by nobody else
    found: dict[Node, Any] = {}
    ledgers = recording.ledgers
    for node in nodes:
        g = arrived.pop(node, None)
        if g is None:
            continue
        if ledgers:  # asked first: it costs less than a loop over nothing
            for ledger in ledgers:
                ledger.arrived(node, g)
        if node in wanted if wanted is not None else node.op is None or node.retains_grad:
            found[node] = g if kind is not None or node in ours else g.copy("K")
        onward = node.parents if useful is None else [parent if parent in useful else None for parent in node.parents]
        if node.op is None or not any(onward):
            continue
        kept = node.kept  # another thread's walk may give it back meanwhile
        if kept is None:
            raise RuntimeError(
                f"backward: {node.op.name}{place(node)} was already walked and its arrays were given back; "
                "pass retain_graph=True to the first walk if a second one follows"
            )
        seals = node.seals
        if guard.on and seals is not None and (seals or guard.watched) and (name := changed(kept, seals)):
            raise RuntimeError(explanation(node, name))
        if kind is not None:
            recording.place = f"{BACKWARD}.{node.name}" if node.name else BACKWARD
        for i, parent in enumerate(onward):
            if parent is None:
                continue
            pulled = node.op.pull(node, i, g, rules, kind)
            if type(pulled) is not type(g) or pulled.shape != parent.shape or pulled.dtype != parent.dtype:
                pulled = _fit(pulled, parent, node, kind)
            for ledger in ledgers:
                ledger.pulled(node, i, g, pulled)
            if parent not in arrived:
                arrived[parent] = pulled
                if (
                    parent.op is None
                    and kind is None
                    and node.op.name not in (rules or ())
                    and _is_fresh(pulled, g, node)
                ):
                    ours.add(parent)
            elif parent in ours:
                arrived[parent] += pulled
            else:
                arrived[parent] = arrived[parent] + pulled
                if kind is None:
                    ours.add(parent)
        if ledgers:
            for ledger in ledgers:
                ledger.departed(node)
                if not retain_graph:
                    ledger.given_back(node)
        if not retain_graph:
            node.kept = None
    return found


def ancestors(*nodes: Node) -> list[Node]:
    """Every node that the given ones were computed from, themselves included, newest first."""
    seen = dict.fromkeys(nodes)
    stack = list(nodes)
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent not in seen:
                seen[parent] = None
                stack.append(parent)
    return sorted(seen, key=attrgetter("depth"), reverse=True)


def place(node: Node) -> str:
    """Where a node was made, for a message: ` (features.conv1)`, or nothing when it has no name."""
    return f" ({node.name})" if node.name else ""


def _leading_to(wanted: Collection[Node], nodes: list[Node]) -> set[Node]:
    """Those of the nodes, given newest first, through which a wanted one is reached, and the wanted ones."""
    useful = set(wanted)
    for node in reversed(nodes):
        if any(parent in useful for parent in node.parents if parent is not None):
            useful.add(node)
    return useful


def _fit(g: Any, parent: Node, node: Node, kind: type[Value] | None) -> Any:
    """Undo broadcasting and promotion: sum `g` over repeated axes to the parent's shape, return it in its dtype.

    This is the only place that knows of either; no rule mentions them.
    """
    if kind is None and isinstance(g, Value):
        g = g._data
    elif kind is not None and not isinstance(g, Value):
        raise TypeError(
            f"backward: {_rule_of(node)} returned {type(g).__name__}, so the second derivative would be lost; "
            "with create_graph=True a rule must be made of operations on g"
        )
    if not hasattr(g, "shape"):
        raise TypeError(f"backward: {_rule_of(node)} returned {type(g).__name__}, not an array")
    if g.shape != parent.shape:
        lead = len(g.shape) - len(parent.shape)
        sizes = g.shape[max(lead, 0) :]
        if lead < 0 or any(have != want != 1 for have, want in zip(sizes, parent.shape, strict=True)):
            raise ValueError(
                f"backward: {_rule_of(node)} returned a gradient of shape {g.shape} for an argument of shape "
                f"{parent.shape}; it must have, or broadcast from, the argument's shape"
            )
        axes = (*range(lead), *(lead + i for i, n in enumerate(parent.shape) if n == 1 != sizes[i]))
        g = g.sum(axis=axes, keepdims=True).reshape(parent.shape)
    return g if g.dtype == parent.dtype else g.astype(parent.dtype)


def _rule_of(node: Node) -> str:
    return f"a rule of {'' if node.op is None else node.op.name}{place(node)}"


def _is_fresh(pulled: Any, g: Any, node: Node) -> bool:
    """True if a rule made this array itself: no repeated view, no memory shared with `g` or what the node keeps."""
    root = _root(pulled)
    return (
        pulled.flags.writeable
        and root is not _root(g)
        and all(root is not _root(kept) for kept in (node.kept or {}).values())
    )


def _root(array: Any) -> Any:
    base = getattr(array, "base", None)
    return array if base is None else base
