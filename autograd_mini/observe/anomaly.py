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

from ..core.observer import Observer, current, observed_by
from ..core.tape import BACKWARD, Node, Pick, Value, place
from .lines import calling_line, format_place
from .mutation import line_of
from .snapshot import saved_arrays
from .zero_times_inf import Zeros, infinite_slope


class AnomalyCheck(Observer):
    """Looks at every result and every gradient as it is made."""

    needs_values = True

    def __init__(self) -> None:
        self.zeros = Zeros()
        self.in_rule = False

    def computed(self, op: Any, arrays: Any, params: Any, out: Any, byproducts: Any) -> None:
        """Raise FloatingPointError if an operation's result is not finite. A rule's own steps are its own affair."""
        scope = current.get().scope
        if self.in_rule and scope is not None and scope.partition(".")[0] == BACKWARD:
            return  # in a pass that is recorded; `carried` judges what comes of them
        found = next(filter(None, map(_first, (out, *byproducts))), None)
        if found is None:
            return
        names = [f"{op.args[0]}[{i}]" if op.variadic else op.args[i] for i in range(len(arrays))]
        raise FloatingPointError(
            f"{op.name}{f' ({scope})' if scope else ''}{_at('called', calling_line())} gave {found}. "
            f"Its arguments: {_ranges(names, arrays)}"
        )

    def arrived(self, node: Node, g: Any) -> None:
        """Raise FloatingPointError if a gradient is not finite although every part of it was."""
        found = None if node.outputs else _first(_bare(g))
        if found is not None:
            what = "a leaf" if node.op is None else f"{node.op.name}'s result"
            if isinstance(node.op, Pick):  # one of several results
                node, name = node.parents[0] or node, node.op.name
                what = f"{'' if node.op is None else node.op.name}'s {name}"
            raise FloatingPointError(
                f"backward: the gradient that arrives at {what}{f' ({node.name})' if node.name else ''}{_line(node)} "
                f"is {found}: it was given so, or it is a sum that is too large"
            )
        self.zeros.arrived(node, None if isinstance(g, list) else _bare(g))

    def entering(self, node: Node) -> None:
        """A node's rules are about to run."""
        self.in_rule = True

    def carried(self, node: Node, g: Any, grads: Any) -> None:
        """Raise FloatingPointError if a rule makes something not finite of a gradient."""
        self.in_rule = False
        op: Any = node.op
        for i, grad in enumerate(grads):
            parent = node.parents[i]
            if grad is None or isinstance(grad, list) or parent is None:
                continue
            found = _first(_bare(grad))
            if found is None:
                self.zeros.carried(node, parent, _bare(grad))
                continue
            name = f"{op.args[0]}[{i}]" if op.variadic else op.args[i]
            given = {} if node.outputs else {"g": _bare(g)}
            given |= saved_arrays(node)
            raise FloatingPointError(
                f"backward: the rule of {op.name} for {name}{f' ({node.name})' if node.name else ''}{_line(node)} "
                f"gave {found}. It was given: {_ranges([*given], [*given.values()])}{self._zero_times_inf(node, i, g)}"
            )

    def _zero_times_inf(self, node: Node, i: int, g: Any) -> str:
        """A sentence, if a rule made nan of a gradient of 0 and an infinite slope: where the 0 comes from, as well."""
        found = None if node.outputs else infinite_slope(node, i, _bare(g))
        if found is None:
            return ""
        at, slope = found
        name = node.op.name
        words = f". There g is exactly 0 and the slope of {name} is {slope}, and 0 · {slope} is nan"
        source = self.zeros.source(node, at)
        if source is None:
            return words
        op: Any = source.op
        words += f". The 0 was sent back by {op.name}{place(source)}{_line(source)}".rstrip(",")
        return (
            f"{words}. {name} need not be computed there: where(condition, function, other, of=x) calls a function "
            "with those elements of x only for which the condition holds"
        )


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise an error at the first value in a block that is not finite, forward or backward.

    The error names the operation, the path of the module that ran it, the line of your code, and shapes and ranges of
    what the operation was given. Looked at are the results of all operations on Tensors in this thread, under `no_grad`
    too, and every gradient of a backward pass that runs in the block; that takes about as long as one more pass over
    each of them. A rule that makes nan of a gradient of 0 and an infinite slope, as behind the branch that `where` does
    not take, is told so, with the line that the 0 comes from.

    Returns:
        A context.
    Raises:
        FloatingPointError: inside the block, at the first inf or nan.

    Example:
        >>> with np.errstate(divide="ignore"), ag.detect_anomaly():
        ...     ag.log(Tensor([1.0, 0.0]))
        Traceback (most recent call last):
        FloatingPointError: log, called at ..., gave -inf at (1,), the first value that is not finite (1 of 2
            elements)...
    """
    with observed_by(AnomalyCheck()):
        yield


def _first(array: Any) -> str | None:
    """The first element that is not finite, where it is and how many there are; None if there is none."""
    array = np.asarray(array)
    if array.dtype.kind not in "fc":
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
    """Shape, dtype, and from where to where its finite values, or their sizes, go; how many are not finite."""
    array = np.asarray(array)
    if array.dtype.kind not in "fiuc" or not array.size:
        return f"{array.shape} {array.dtype}"
    finite, sizes = array[np.isfinite(array)], ""
    if array.dtype.kind == "c":
        finite, sizes = np.abs(finite), "of sizes "
    words = f"{sizes}from {finite.min():.6g} to {finite.max():.6g}" if finite.size else "nowhere finite"
    odd = array.size - finite.size
    return f"{array.shape} {array.dtype} {words}{f' and {odd:,} not finite' if odd and finite.size else ''}"


def _bare(x: Any) -> Any:
    return x._array if isinstance(x, Value) else x


def _line(node: Node) -> str:
    line = line_of(node)
    return _at("called", None if line is None else format_place(line))


def _at(verb: str, line: str | None) -> str:
    return f", {verb} at {line}," if line else ""
