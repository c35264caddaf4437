"""The tape: nodes that remember what was computed from what, and the one backward pass over them.

A `Node` stands for one result. It knows the operation that made it, the nodes of the arguments (edges point backwards
in time, to nodes and never to tensors) and the few bare arrays that the operation's rules will ask for. A `Value` is
an array together with its node. Nothing here knows any mathematics: an operation is asked for its `vjp`, the gradients
of its arguments from that of its result, and how it finds them is its own affair (`primitive.py`).

    x ──► conv2d ──► relu ──► sum          recording: each step leaves a node
    ∂x ◄─ vjp ◄───── vjp ◄─── vjp ◄─── 1   backward: newest step first

An operation with several floating outputs leaves one joint node, whose gradient is a list, and a thin pick per output.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextvars import ContextVar
from operator import attrgetter
from sys import getrefcount
from typing import Any, Protocol

import numpy as np

from .observer import current, rescoped

BACKWARD = "backward"
"""Where the steps of a recorded backward pass stand: those that go back through conv1 are called backward.conv1."""

Rules = Mapping[str, Mapping[str, Any]]
"""Rules that replace an operation's own during one backward pass: {operation name: {argument name: rule}}."""


class Operation(Protocol):
    """What the tape asks of an operation."""

    name: str

    def vjp(
        self, node: Node, g: Any, wanted: Sequence[Node | None], rules: Rules | None, kind: type[Value] | None
    ) -> list[Any]:
        """The gradient of each argument that has a node in `wanted`, None for the others."""


class Node:
    """One recorded result: the operation, the nodes of its arguments, and what its rules need.

    A leaf (a tensor the user made with `requires_grad=True`) has no operation; it is where `.grad` lives.
    """

    __slots__ = (
        "__weakref__", "depth", "dtype", "grad", "name", "notes", "op", "outputs", "params", "parents", "retains_grad",
        "saved", "shape",
    )  # fmt: skip

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: Any,
        op: Operation | None = None,
        parents: tuple[Node | None, ...] = (),
        saved: dict[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self.op = op
        self.parents = parents  # one per array argument; None where no gradient can flow
        self.saved = saved  # name -> bare array; None once the backward pass has freed the memory
        self.params = {} if params is None else params
        self.name = name
        self.outputs: tuple[Any, ...] = ()  # shape and dtype of each, None for one without gradient; () of one output
        self.notes: dict[Any, Any] | None = None  # observer -> what it returned from `recorded`
        depth = 0
        for parent in parents:
            if parent is not None and parent.depth > depth:
                depth = parent.depth
        self.depth: int = depth + 1  # larger than any parent's: the order of the backward pass
        self.grad: Any = None
        self.retains_grad = False

    def saved_arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """The arrays among what is saved; those of several arguments under one name as `name[i]`."""
        found: dict[str, Any] = {}
        for name, held in (self.saved or {}).items():
            several = isinstance(held, tuple)
            found |= {f"{name}[{i}]": array for i, array in enumerate(held)} if several else {name: held}
        return {name: array for name, array in found.items() if isinstance(array, np.ndarray)}

    def __reduce__(self) -> Any:
        """For copies and other processes: the ancestors first, oldest first, so that nothing recurses."""
        if self in _copied.get():
            state = {name: getattr(self, name) for name in self.__slots__ if name not in ("__weakref__", "notes")}
            return _blank, (), (None, state | {"notes": None})
        return _newest, (_OldestFirst(ancestors(self)[::-1]),)

    def __repr__(self) -> str:
        what = "leaf" if self.op is None else self.op.name
        return f"<{what}{f' {self.name!r}' if self.name else ''} {self.shape}>"


class Value:
    """An array and its place on the tape (`node` is None for a constant)."""

    __slots__ = ("__weakref__", "_data", "_leaf", "_name", "node")

    _data: Any
    _leaf: Node | None  # of a leaf that requires no gradient for a while
    _name: str | None
    node: Node | None

    @classmethod
    def made(cls, data: Any, node: Node | None) -> Any:
        """The result of an operation, as `cls`, without the checks that a user's own data need."""
        value = object.__new__(cls)
        value._data = data
        value._leaf = value._name = None
        value.node = node
        return value


class Pick:
    """What leads from a joint node to one of its outputs."""

    def __init__(self, index: int, name: str) -> None:
        self.index, self.name = index, name

    def vjp(self, node: Node, g: Any, wanted: Sequence[Node | None], rules: Rules | None, kind: Any) -> list[Any]:
        """The output's gradient, at its place in the joint node's list."""
        assert wanted[0] is not None
        return [[g if k == self.index else None for k in range(len(wanted[0].outputs))]]


# ── the backward pass ─────────────────────────────────────────────────────────────────────────────────────────────────


def backward_pass(
    seeds: Mapping[Node, Any],
    wanted: Collection[Node] | None = None,
    *,
    rules: Rules | None = None,
    retain_graph: bool = False,
    kind: type[Value] | None = None,
) -> dict[Node, Any]:
    """Carry the seeds' gradients back and return those that arrive at the wanted nodes.

    `wanted=None` means every leaf and every node asked to retain its gradient; otherwise only what lies between seeds
    and wanted nodes is visited. What each step saved is freed as it is left, unless `retain_graph`. With `kind`, the
    gradients are Values of that kind and the pass itself is recorded: that is how second derivatives come about.
    Without, they are bare arrays, and those returned are held by nobody else.
    """
    if wanted is None:
        nodes, useful = ancestors(*seeds), None
    else:
        nodes, useful = _between(seeds, wanted)
    arrived: dict[Node, Any] = dict(seeds)
    found: dict[Node, Any] = {}
    observers = current.get().observers
    exact: Any = kind or np.ndarray
    for node in nodes:
        g = arrived.pop(node, None)
        if g is None:
            continue
        for see in observers.arrived:
            see(node, g)
        if node in wanted if wanted is not None else node.op is None or node.retains_grad:
            found[node] = g
        op, onward = node.op, node.parents
        if useful is not None:
            onward = tuple([parent if parent in useful else None for parent in onward])
        if op is None or not any(onward):
            continue
        if node.saved is None:
            raise RuntimeError(
                f"backward: {op.name}{place(node)} was already passed and what it saved was freed; "
                "pass retain_graph=True to the first backward pass if a second one follows"
            )
        for see in observers.entering:
            see(node)
        if kind is not None:
            rescoped(f"{BACKWARD}.{node.name}" if node.name else BACKWARD)
        if node.outputs:
            g = [_zeros(output, kind) if part is None else part for part, output in zip(g, node.outputs, strict=True)]
        grads: Any = op.vjp(node, g, onward, rules, kind)
        if observers.carried:
            grads = [None if p is None else _fit(grad, p, node, kind) for p, grad in zip(onward, grads, strict=True)]
            for see in observers.carried:
                see(node, g, grads)
        for i, parent in enumerate(onward):
            if parent is None:
                continue
            grad, grads[i] = grads[i], None  # reference counts are to tell who else holds an array
            if type(grad) is not exact or grad.shape != parent.shape or grad.dtype != parent.dtype:
                grad = _fit(grad, parent, node, kind)
            if parent not in arrived:
                arrived[parent] = grad
            elif parent.outputs:
                arrived[parent] = _together(arrived[parent], grad)
            elif kind is None and _is_unshared(arrived, parent):
                arrived[parent] += grad
            else:
                arrived[parent] = arrived[parent] + grad
            grad = None
        for see in observers.left:
            see(node)
        if not retain_graph:
            for see in observers.freed:
                see(node)
            node.saved = None
        g = grads = None
    if kind is None:
        g = None
        for node in found:
            if not _is_unshared(found, node):
                found[node] = found[node].copy("K")
    return found


def ancestors(*nodes: Node, floor: int = 0) -> list[Node]:
    """Every node that the given ones were computed from, themselves included, newest first; none below a depth."""
    seen = dict.fromkeys(nodes)
    stack = list(nodes)
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent not in seen and parent.depth >= floor:
                seen[parent] = None
                stack.append(parent)
    return sorted(seen, key=attrgetter("depth"), reverse=True)


def place(node: Node) -> str:
    """Where a node was made, for a message: ` (features.conv1)`, or nothing when it has no name."""
    return f" ({node.name})" if node.name else ""


def _between(seeds: Collection[Node], wanted: Collection[Node]) -> tuple[list[Node], set[Node]]:
    """The nodes that lie between, newest first; and the same and the wanted ones as a set."""
    nodes = ancestors(*seeds, floor=min((node.depth for node in wanted), default=0))
    useful = set(wanted)
    for node in reversed(nodes):
        if any(parent in useful for parent in node.parents if parent is not None):
            useful.add(node)
    return [node for node in nodes if node in useful], useful


def _zeros(output: Any, kind: type[Value] | None) -> Any:
    """The gradient of an output that nothing depends on."""
    if output is None:
        return None
    zeros = np.zeros(*output)
    return zeros if kind is None else kind.made(zeros, None)


def _together(a: list[Any], b: list[Any]) -> list[Any]:
    """The gradients of a joint node's outputs, added up one by one."""
    return [x if y is None else y if x is None else x + y for x, y in zip(a, b, strict=True)]


def _fit(g: Any, parent: Node, node: Node, kind: type[Value] | None) -> Any:
    """Undo broadcasting and promotion: sum `g` over repeated axes to the parent's shape, return it in its dtype.

    This is the only place that knows of either; no rule mentions them. Of what is complex, a real parent gets the real
    part: the gradient of a real loss is ∂L/∂Re + i·∂L/∂Im.
    """
    if parent.outputs:
        return g
    if kind is None and isinstance(g, Value):
        g = g._data
    elif kind is not None and not isinstance(g, Value):
        raise TypeError(
            f"backward: {_rule_of(node)} returned {type(g).__name__}, so the second derivative would be lost; "
            "with create_graph=True a rule must be made of operations on g"
        )
    if not hasattr(g, "shape"):
        raise TypeError(f"backward: {_rule_of(node)} returned {type(g).__name__}, not an array")
    if kind is None and type(g) is not np.ndarray:  # a NumPy scalar, a subclass of NumPy's array
        g = np.asarray(g)
    if g.shape != parent.shape:
        lead = len(g.shape) - len(parent.shape)
        sizes = g.shape[max(lead, 0) :]
        if lead < 0 or any(have != want != 1 for have, want in zip(sizes, parent.shape, strict=True)):
            raise ValueError(
                f"backward: {_rule_of(node)} returned a gradient of shape {g.shape} for an argument of shape "
                f"{parent.shape}; it must have, or broadcast from, the argument's shape"
            )
        axes = (*range(lead), *(lead + i for i, n in enumerate(parent.shape) if n == 1 != sizes[i]))
        g = (total(g, axes) if kind is None else g.sum(axis=axes, keepdims=True)).reshape(parent.shape)
    if g.dtype.kind == "c" != parent.dtype.kind:
        g = g.real
    return g if g.dtype == parent.dtype else g.astype(parent.dtype)


def _plain_total(g: Any, axes: tuple[int, ...]) -> Any:
    return g.sum(axis=axes, keepdims=True)


total = _plain_total
"""How an array is added up over axes that stay; who sums with more care puts that here."""


def _rule_of(node: Node) -> str:
    return f"a rule of {'' if node.op is None else node.op.name}{place(node)}"


# ── who else holds an array ───────────────────────────────────────────────────────────────────────────────────────────


def _is_unshared(arrays: dict[Node, Any], node: Node) -> bool:
    """True if reference counts prove that nobody but the dictionary holds this array or looks into its memory."""
    if type(arrays[node]) is not np.ndarray or not arrays[node].flags.writeable:
        return False
    if getrefcount(arrays[node]) != _ALONE:
        return False
    base = arrays[node].base
    return base is None or (
        type(base) is np.ndarray
        and base.base is None
        and getrefcount(base) == _ALONE_AS_BASE
        and arrays[node].nbytes <= base.nbytes
    )


def _counted() -> tuple[int, int]:
    """What the two counts above are for an array that nobody else holds, and for the base of such a one."""
    one, key = np.empty(2), Node((), None)
    arrays = {key: one[1:]}
    del one
    base = arrays[key].base
    return getrefcount(arrays[key]), getrefcount(base)


_ALONE, _ALONE_AS_BASE = _counted()


# ── copies of graphs ──────────────────────────────────────────────────────────────────────────────────────────────────

_copied: ContextVar[Collection[Node]] = ContextVar("copied", default=())
"""The nodes that are just being copied in an order in which parents come first."""


class _OldestFirst(list[Node]):
    """Nodes to be copied one after the other."""

    def __reduce__(self) -> Any:
        return list, (), None, self._in_order()

    def _in_order(self) -> Iterator[Node]:
        before = _copied.get()
        _copied.set(frozenset(self))
        try:
            yield from self
        finally:
            _copied.set(before)


def _newest(nodes: list[Node]) -> Node:
    return nodes[-1]


def _blank() -> Node:
    return Node((), None)
