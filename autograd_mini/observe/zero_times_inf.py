"""0 · ∞ in a backward pass: the element where it is, and the operation that sent the 0.

    y = ag.where(x > 0, ag.sqrt(x), 0.0)      x = 0: where sends sqrt a 0, sqrt's slope there is inf, and 0 · inf is nan

While a pass runs, one bit an element notes which gradients are exactly 0: those that arrive at a node, and those that
each of its children sent. From a 0 the way leads on to the operation that made it of a gradient that was not 0.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary, ref

import numpy as np

from ..core.primitive import Primitive
from ..core.tape import Node
from .mutation import constants_of

Array = np.ndarray[Any, Any]
Bits = Array | None
"""Which elements are 0, packed; None if none is."""

_PLACEWISE = {"add", "subtract", "multiply", "divide", "power", "where", "maximum", "minimum", "clip"}
"""Beside ufuncs and those of that kind: what computes each element of its result from that place of its arguments."""


class Zeros:
    """Where gradients of a backward pass are exactly 0, and who sent them. It keeps no node alive."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self.last: int | None = None  # in a pass numbers fall
        self.whole: WeakKeyDictionary[Node, Bits] = WeakKeyDictionary()
        self.sent: WeakKeyDictionary[Node, list[tuple[Any, Bits]]] = WeakKeyDictionary()  # child and what it sent

    def arrived(self, node: Node, g: Array | None) -> None:
        """Note a node's gradient; None if it has several outputs."""
        if self.last is not None and node.number >= self.last:  # another pass
            self._forget()
        self.last = node.number
        self.whole[node] = None if g is None else _packed(g)

    def carried(self, node: Node, parent: Node, grad: Array) -> None:
        """Note what a node sends one of its parents."""
        self.sent.setdefault(parent, []).append((ref(node), _packed(grad)))

    def source(self, node: Node, at: int) -> Node | None:
        """The operation that made the 0 of an element's gradient; None if gradients cancel, or the loss's own was 0.

        Where it is not known which of a result's elements an argument's go into, the way ends at that operation.

        at: the element's number in row-major order.
        """
        while children := self.sent.get(node):
            child: Node | None = children[0][0]()
            if child is None or not all(_is_zero(bits, at) for _, bits in children):
                return None
            reached = _reached(child, node, at)
            if not reached.size or not all(_is_zero(self.whole.get(child), k) for k in reached):
                return child
            node, at = child, int(reached[0])
        return None


def infinite_slope(node: Node, i: int, g: Array) -> tuple[int, float] | None:
    """The number of the element whose gradient is 0 and whose slope is infinite, and that slope.

    None unless that is why the rule for argument i gave nan first.
    """
    wanted = [parent if k == i else None for k, parent in enumerate(node.parents)]

    def rule(given: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(node.op.vjp(node, given, wanted, None, None)[i])

    raw = rule(g)
    if raw.shape != g.shape or np.isfinite(raw).all():
        return None
    at = int(np.argmin(np.isfinite(raw)))
    if not np.isnan(raw.flat[at]) or g.flat[at] != 0:
        return None
    one = np.zeros_like(g)
    one.flat[at] = 1
    slope = float(rule(one).flat[at])  # other finite slopes add 0 to it, infinite ones would make it nan
    return (at, slope) if np.isinf(slope) else None


def _packed(g: Array) -> Bits:
    return None if np.count_nonzero(g) == g.size else np.packbits(g == 0)


def _is_zero(bits: Bits, at: int) -> bool:
    return bits is not None and bool(bits[at >> 3] >> (7 - (at & 7)) & 1)


def _reached(node: Node, parent: Node, at: int) -> Array:
    """The numbers of a result's elements that an argument's element goes into; none if we do not know."""
    op: Any = node.op
    if not isinstance(op, Primitive):  # it picks one of several results
        return np.zeros(0, np.intp)
    kind = "elementwise" if op.name in _PLACEWISE or isinstance(op.forward, np.ufunc) else op.kind
    constants = constants_of(node)
    known = all(p is not None or i in constants for i, p in enumerate(node.parents))
    one = np.zeros(parent.shape)
    one.flat[at] = 1
    if kind == "elementwise":
        return np.flatnonzero(np.broadcast_to(one, node.shape))
    if kind == "linear" and known and (op.variadic or len(op.args) == 1):
        others = [np.zeros(p.shape if p else constants[i][0]) for i, p in enumerate(node.parents)]
        given = [one if p is parent else other for p, other in zip(node.parents, others, strict=True)]
        return np.flatnonzero(op.forward(*given, **node.params))
    return np.zeros(0, np.intp)
