"""The tape: nodes that remember what was computed from what, and the one backward pass over them.

A `Node` stands for one result. It knows the operation that made it, the nodes of the arguments (edges point backwards
in time, to nodes and never to tensors) and the few bare arrays that the operation's rules name. A `Value` is an array
together with its node. Nothing here knows any mathematics: `op.vjp(node, g, wanted, rules, kind)` gives the gradient of
each argument whose node is in `wanted`, from the gradient g of the result (`primitive.py`).

    x ──► conv2d ──► relu ──► sum          recording: each step leaves a node
    ∂x ◄─ vjp ◄───── vjp ◄─── vjp ◄─── 1   backward: newest step first

An operation with several floating outputs leaves one joint node, whose gradient is a list, and a thin node, with a
`Pick` as its operation, for each output.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import count, repeat
from operator import attrgetter
from sys import getrefcount
from typing import Any, Self
from weakref import ref

import numpy as np

from .observer import current, rescoped

BACKWARD = "backward"
"""The scope of a recorded backward pass: steps that go back through conv1 are called backward.conv1."""

Rules = Mapping[str, Mapping[str, Any]]
"""Rules that replace an operation's own during one backward pass: {operation name: {argument name: rule}}."""

Shape = tuple[int, ...]
_numbers, _number = count(1), attrgetter("number")


class Node:
    """One recorded result: the operation, the nodes of its arguments, and what its rules need.

    A leaf (a tensor the user made with `requires_grad=True`) has no operation; its node holds `.grad`.
    """

    __slots__ = (
        "__weakref__", "dtype", "grad", "name", "notes", "number", "op", "outputs", "params", "parents",
        "retains_grad", "saved", "shape",
    )  # fmt: skip

    def __init__(
        self, shape: Shape, dtype: Any, op: Any = None, parents: Any = (), saved: Any = None, params: Any = None,
        name: str | None = None,
    ) -> None:  # fmt: skip
        self.shape, self.dtype, self.op = shape, dtype, op
        self.number = next(_numbers)  # larger than any parent's: the order of the backward pass
        self.parents: tuple[Node | None, ...] = parents  # one per array argument; None where no gradient can flow
        self.saved: dict[str, Any] | None = saved  # bare arrays by name; None once the backward pass has freed them
        self.params: Mapping[str, Any] = {} if params is None else params
        self.name = name
        self.outputs: tuple[Pick | None, ...] = ()  # of a joint node: what picks each, None for one without gradient
        self.notes: dict[Any, Any] | None = None  # observer -> what it returned from `recorded`
        self.grad: Any = None
        self.retains_grad: bool | str = False  # a sentence, of a leaf that has been given data of another shape

    def __setstate__(self, state: dict[str, Any]) -> None:
        """In a copy, which `copies.py` makes."""
        for name, value in state.items():
            setattr(self, name, value)
        if isinstance(self.op, Pick):
            self.op.made = ref(self)

    def __repr__(self) -> str:
        return f"<{'leaf' if self.op is None else self.op.name}{f' {self.name!r}' if self.name else ''} {self.shape}>"


class Value:
    """An array and its node; the node of a constant is None."""

    __slots__ = ("__weakref__", "_array", "_leaf", "_name", "node")

    _array: np.ndarray[Shape, np.dtype[Any]]
    _leaf: Node | None  # of a leaf that requires no gradient for a while
    _name: str | None
    node: Node | None

    @classmethod
    def made(cls, data: Any, node: Node | None) -> Self:
        """An instance of `cls` for an operation's result, without the checks that a user's own data need."""
        value = object.__new__(cls)
        value._array, value.node = data, node
        value._leaf = value._name = None
        return value


Kind = type[Value] | None
"""The class of the gradients of a recorded backward pass; None if they are bare arrays."""


class Pick:
    """The operation of a thin node: it picks one output of a joint node."""

    def __init__(self, index: int, name: str, shape: Shape, dtype: Any) -> None:
        self.index, self.name, self.shape, self.dtype = index, name, shape, dtype
        self.made: Any = None  # a weak reference to the thin node

    def node(self, joint: Node) -> Node:
        """The thin node: always the same one, made anew if nothing refers to it any more."""
        node: Node | None = self.made and self.made()
        if node is None:
            node = Node(self.shape, self.dtype, self, (joint,), {}, name=joint.name)
            self.made = ref(node)
        return node

    def zeros(self, kind: Kind) -> Any:
        """The output's gradient if nothing depends on it: one zero, repeated."""
        zeros = np.broadcast_to(np.zeros((), self.dtype), self.shape)
        return zeros if kind is None else kind.made(zeros, None)

    def vjp(self, node: Node, g: Any, wanted: Sequence[Any], rules: Rules | None, kind: Kind) -> list[Any]:
        """The output's gradient, at its place in the joint node's list."""
        return [[g if k == self.index else None for k in range(len(wanted[0].outputs))]]

    def __reduce__(self) -> Any:
        return Pick, (self.index, self.name, self.shape, self.dtype)


# ── the backward pass ─────────────────────────────────────────────────────────────────────────────────────────────────


def backward_pass(
    seeds: Mapping[Node, Any], wanted: Collection[Node] | None, rules: Rules | None, retain_graph: bool, kind: Kind
) -> dict[Node, Any]:
    """Carry the seeds' gradients back and return those that arrive at the wanted nodes.

    `wanted=None` means every leaf and every node asked to retain its gradient; otherwise only nodes between seeds and
    wanted nodes are visited. A node's saved arrays are freed when the pass leaves it, unless `retain_graph`. With
    `kind`, gradients are Values of that class and the pass itself is recorded, for second derivatives. Without, they
    are bare arrays, and nothing else refers to those returned.
    """
    nodes, useful = (ancestors(*seeds), None) if wanted is None else _between(seeds, wanted)  # no comprehension below:
    arrived: dict[Node, Any] = dict(seeds)  # what it captured would be slower for the whole function
    found: dict[Node, Any] = {}
    observers = current.get().observers
    exact: Any = kind or np.ndarray
    for node in nodes:
        g = arrived.pop(node)  # whole: every step on the way to it is newer
        for see in observers.arrived:
            see(node, g)
        if node in wanted if wanted is not None else node.op is None or node.retains_grad:
            found[node] = g
        op, onward = node.op, node.parents
        if useful is not None and not useful.issuperset(onward):
            onward = _among(useful, onward)
        if op is None or not any(onward):
            continue
        if node.saved is None:
            freed = f"{op.name}{place(node)} was already passed and what it saved was freed"
            words = "pass retain_graph=True to the first backward pass if a second one follows"
            raise RuntimeError(f"backward: {freed}; {words}")
        for see in observers.entering:
            see(node)
        if kind is not None:
            rescoped(f"{BACKWARD}.{node.name}" if node.name else BACKWARD)
        if node.outputs:
            g = _filled(g, node.outputs, kind)
        grads: Any = op.vjp(node, g, onward, rules, kind)
        if observers.carried:
            grads = [*map(_fit, grads, onward, repeat(node), repeat(kind))]
            for see in observers.carried:
                see(node, g, grads)
        grads.reverse()
        for parent in onward:
            grad = grads.pop()  # so that reference counts show whether the array is shared
            if parent is None:
                continue
            if type(grad) is not exact or grad.shape != parent.shape or grad.dtype != parent.dtype:
                grad = _fit(grad, parent, node, kind)
            if parent not in arrived:
                arrived[parent] = grad
            elif parent.outputs:  # each has its pick, of which there is one
                arrived[parent] = [b if a is None else a for a, b in zip(arrived[parent], grad, strict=True)]
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
    g = None
    for node in found if kind is None else ():
        if not _is_unshared(found, node):
            found[node] = np.array(found[node])
    return found


def ancestors(*nodes: Node, floor: int = 0) -> list[Node]:
    """All nodes that the given ones were computed from, and these, newest first; none older than `floor`."""
    found: list[Any] = [*dict.fromkeys(nodes)]
    seen = {None, *nodes}
    for node in found:  # which grows
        for parent in node.parents:
            if parent not in seen and parent.number >= floor:
                seen.add(parent)
                found.append(parent)
    return sorted(found, key=_number, reverse=True)


def place(node: Node) -> str:
    """Where a node was made, for a message: ` (features.conv1)`, or nothing if it has no name."""
    return f" ({node.name})" if node.name else ""


def _between(seeds: Collection[Node], wanted: Collection[Node]) -> tuple[list[Node], set[Node | None]]:
    """The nodes between seeds and wanted nodes, newest first; and, as a set, these, the wanted nodes and None."""
    useful, found = {*wanted}, []
    for node in reversed(ancestors(*seeds, floor=min(map(_number, wanted), default=0))):
        if node in useful or not useful.isdisjoint(node.parents):
            useful.add(node)
            found.append(node)
    found.reverse()
    return found, useful | {None}


def _among(useful: Collection[Node | None], parents: Sequence[Node | None]) -> tuple[Node | None, ...]:
    return tuple([parent if parent in useful else None for parent in parents])


def _filled(g: list[Any], outputs: Sequence[Pick | None], kind: Kind) -> list[Any]:
    """The gradient of several outputs, zeros for those that nothing depends on."""
    return [p.zeros(kind) if part is None and p else part for part, p in zip(g, outputs, strict=True)]


def _fit(g: Any, parent: Node | None, node: Node, kind: Kind) -> Any:
    """Undo broadcasting and promotion: sum `g` over repeated axes to the parent's shape, return it in its dtype.

    No other place, and no rule, knows of either. Of a complex gradient a real parent gets the real part: the gradient
    of a real loss is ∂L/∂Re + i·∂L/∂Im.
    """
    if parent is None or parent.outputs:
        return g
    if kind is not None and not isinstance(g, Value):
        words = "the second derivative would be lost; with create_graph=True a rule must be made of operations on g"
        raise TypeError(f"{_returned(node)} {type(g).__name__}, so {words}")
    if not hasattr(g, "shape"):
        raise TypeError(f"{_returned(node)} {type(g).__name__}, not an array")
    if kind is None:  # a NumPy scalar, a subclass of NumPy's array, a Value
        g = np.asarray(g._array if isinstance(g, Value) else g)
    if g.shape != parent.shape:
        lead = len(g.shape) - len(parent.shape)
        sizes = g.shape[max(lead, 0) :]
        if lead < 0 or any(have != want != 1 for have, want in zip(sizes, parent.shape, strict=True)):
            words = f"of shape {parent.shape}; it must have, or broadcast from, the argument's shape"
            raise ValueError(f"{_returned(node)} a gradient of shape {g.shape} for an argument {words}")
        axes = (*range(lead), *(lead + i for i, n in enumerate(parent.shape) if n == 1 != sizes[i]))
        g = (total(g, axes) if kind is None else g.sum(axis=axes, keepdims=True)).reshape(parent.shape)
    return g if g.dtype == parent.dtype else cast(g, parent.dtype)


def _returned(node: Node) -> str:
    return f"backward: a rule of {node.op.name}{place(node)} returned"


total: Callable[[Any, Shape], Any] = lambda g, axes: g.sum(axis=axes, keepdims=True)
"""The sum of an array over axes that stay; replaced by one that loses fewer digits."""

cast: Callable[[Any, Any], Any] = lambda g, dtype: (g.real if g.dtype.kind == "c" != dtype.kind else g).astype(dtype)
"""A gradient in its argument's dtype; replaced by an operation, which can be recorded."""

quiet: Callable[[], Any] = lambda: np.errstate(under="ignore")
"""Settings of NumPy's in which a gradient too small to differ from 0 is 0; replaced by a cheaper way to them."""


# ── references to an array ────────────────────────────────────────────────────────────────────────────────────────────


is_lent: Callable[[Any], bool] = lambda base: False
"""Whether this memory belongs to a pool, which refers to it too; replaced where memory is pooled."""


def _holders(arrays: Mapping[Any, Any], key: Any) -> tuple[int, int]:
    """How many references there are to an array, and to its base, in a function that holds both."""
    array = arrays[key]
    base = array.base
    return getrefcount(array), getrefcount(base)


_ALONE = _holders({0: np.empty(2)[1:]}, 0)


def _is_unshared(arrays: dict[Node, Any], node: Node) -> bool:
    """True if reference counts prove that only the dictionary refers to this array and to its memory."""
    array = arrays[node]
    base = array.base
    if getrefcount(array) != _ALONE[0] or type(array) is not np.ndarray or not array.flags.writeable:
        return False
    if base is None:
        return True
    others = getrefcount(base) - _ALONE[1] if type(base) is np.ndarray and base.base is None else 2
    return (others == 0 or (others == 1 and is_lent(base))) and array.nbytes <= base.nbytes
