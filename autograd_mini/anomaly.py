"""The first number that is not finite, on the way forward or back: which operation made it, of what, on which line.

    with ag.detect_anomaly():
        loss = nn.cross_entropy(model(images), labels)
        loss.backward()

    FloatingPointError: log (head.log), called at train.py:12, in loss: …, gave -inf at (0, 3), the first value that is
    not finite (2 of 12 elements). Its arguments: x (4, 3) float32 from 0 to 2.5

Outside the block nothing is looked at and nothing costs anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .calling import calling_line, told
from .ledger import Call, Ledger
from .tape import Node, Value, watched_by


class Watch(Ledger):
    """Looks at every result and every gradient as it is made."""

    def computed(self, call: Call, place: str | None) -> None:
        """Raise FloatingPointError if an operation's result is not finite."""
        found = _first(call.out)
        if found is None:
            return
        op, args = call.op, call.op.args
        names = [f"{args[0]}[{i}]" if op.variadic else args[i] for i in range(len(call.arrays))]
        raise FloatingPointError(
            f"{op.name}{f' ({place})' if place else ''}{_at('called', calling_line())} gave {found}. "
            f"Its arguments: {_ranges(names, call.arrays)}"
        )

    def arrived(self, node: Node, g: Any) -> None:
        """Raise FloatingPointError if a gradient is not finite although every part of it was."""
        found = _first(_bare(g))
        if found is not None:
            what = f"{node.op.name}'s result" if node.op is not None else "a leaf"
            raise FloatingPointError(
                f"backward: the gradient that arrives at {what}{f' ({node.name})' if node.name else ''}{_line(node)} "
                f"is {found}: it was given so, or it is a sum that is too large"
            )

    def pulled(self, node: Node, argument: int, g: Any, pulled: Any) -> None:
        """Raise FloatingPointError if a rule makes something not finite of a gradient."""
        found = _first(_bare(pulled))
        if found is None or node.op is None:
            return
        op: Any = node.op
        name = f"{op.args[0]}[{argument}]" if op.variadic else op.args[argument]
        kept = node.kept or {}
        raise FloatingPointError(
            f"backward: the rule of {op.name} for {name}{f' ({node.name})' if node.name else ''}{_line(node)} "
            f"gave {found}. It was given: {_ranges(['g', *kept], [_bare(g), *kept.values()])}"
        )


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Inside the block, raise FloatingPointError at the first value that is not finite, on the way forward or back.

    It names the operation, the path of the module that ran it, the line of the user's code, and what it was given: the
    shapes and ranges of its arguments. It looks at every operation on Tensors in this thread, under `no_grad` too, and
    at every gradient of a walk back that runs inside; that takes about as long as one more pass over each result.
    """
    with watched_by(Watch()):
        yield


def _first(array: Any) -> str | None:
    """The first element that is not finite, where it is and how many there are; None if there is none."""
    array = np.asarray(array)
    if array.dtype.kind != "f":
        return None
    finite = np.isfinite(array)
    if finite.all():
        return None
    where = tuple(int(i) for i in np.unravel_index(int(np.argmin(finite)), array.shape))
    count = array.size - int(np.count_nonzero(finite))
    share = f" ({count:,} of {array.size:,} elements)" if array.size > 1 else ""
    return f"{array[where]}{f' at {where}' if where else ''}, the first value that is not finite{share}"


def _ranges(names: Sequence[str], arrays: Sequence[Any]) -> str:
    return ", ".join(f"{name} {_range(array)}" for name, array in zip(names, arrays, strict=True) if array is not None)


def _range(array: Any) -> str:
    """Shape, dtype, and from where to where its finite values go; how many are not finite."""
    array = np.asarray(array)
    if array.dtype.kind not in "fiu" or not array.size:
        return f"{array.shape} {array.dtype}"
    finite = array[np.isfinite(array)]
    words = f"from {finite.min():.6g} to {finite.max():.6g}" if finite.size else "nowhere finite"
    odd = array.size - finite.size
    return f"{array.shape} {array.dtype} {words}{f' and {odd:,} not finite' if odd and finite.size else ''}"


def _bare(x: Any) -> Any:
    return x._data if isinstance(x, Value) else x


def _line(node: Node) -> str:
    return _at("called", None if node.line is None else told(node.line))


def _at(verb: str, line: str | None) -> str:
    return f", {verb} at {line}," if line else ""
