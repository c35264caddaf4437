"""The first axis of any length: two programs of the same function, for batches of two sizes, as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...program.calls import Call, Constant, Result
from ...program.program import Program
from .graph import Dim, UnwrittenError


@dataclass(frozen=True)
class Batch:
    """How long the first axis was in two runs."""

    first: int
    second: int

    def length(self, a: int, b: int) -> int | Dim:
        """An integer of both runs: the same, or one that grows with the batch."""
        if a == b:
            return a
        factor, left = divmod(b - a, self.second - self.first)
        more = a - factor * self.first
        if left or factor < 1 or (factor > 1 and more):
            raise UnwrittenError(f"has {a} for a batch of {self.first}, and {b} for one of {self.second}")
        return Dim(factor, more)

    def shape(self, a: Any, b: Any) -> tuple[int | Dim, ...]:
        """A shape of both runs."""
        if len(a) != len(b):
            raise UnwrittenError(f"gives {a} for a batch of {self.first}, and {b} for one of {self.second}")
        return tuple(self.length(m, n) for m, n in zip(a, b, strict=True))

    def value(self, a: Any, b: Any) -> Any:
        """A parameter of both runs."""
        if isinstance(a, tuple | list) and isinstance(b, tuple | list) and len(a) == len(b):
            entries = [self.value(x, y) for x, y in zip(a, b, strict=True)]
            return type(a)(*entries) if hasattr(a, "_fields") else type(a)(entries)
        if isinstance(a, slice) and isinstance(b, slice):
            return slice(*(self.value(x, y) for x, y in ((a.start, b.start), (a.stop, b.stop), (a.step, b.step))))
        if isinstance(a, int | np.integer) and isinstance(b, int | np.integer) and not isinstance(a, bool):
            return self.length(int(a), int(b))
        if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
            if np.array_equal(a, b):
                return a
        elif a is b or a == b or not isinstance(a, int | float | str | tuple | list | type(None)):
            return a
        raise UnwrittenError(f"has another parameter for a batch of {self.first} than for one of {self.second}")

    def constant(self, a: Any, b: Any) -> Any:
        """A constant of both runs: (its value, None); or (the one number in it, its shape by the batch)."""
        x, y = (np.asarray(getattr(v, "_array", v)) for v in (a, b))
        if x.shape == y.shape and np.array_equal(x, y, equal_nan=x.dtype.kind in "fc"):
            return a, None
        same = x.size and y.size and (x == x.flat[0]).all() and (y == x.flat[0]).all()
        if same and x.shape != y.shape:
            return x.flat[0], self.shape(x.shape, y.shape)
        if x.shape == y.shape == ():
            factor = x.item() / self.first
            if np.isclose(y.item(), factor * self.second, rtol=1e-6) and isinstance(a, int | float):
                return factor, ()
        raise UnwrittenError(f"takes another constant for a batch of {self.first} than for one of {self.second}")


def compared(one: Program, other: Program) -> list[tuple[Call, Call]]:
    """The calls of two programs in pairs. Raises ValueError where another operation runs."""
    for a, b in zip(one.calls, other.calls, strict=False):
        if a.op is not b.op or len(a.args) != len(b.args) or any(map(_differ, a.args, b.args)):
            words = f"{a.op.name} at {a.line}" if a.line else a.op.name
            raise ValueError(f"to_onnx: the function does something else for another batch, from {words} on")
    if len(one.calls) != len(other.calls):
        raise ValueError("to_onnx: the function takes another number of steps for another batch; fix its length")
    return [*zip(one.calls, other.calls, strict=True)]


def _differ(a: Any, b: Any) -> bool:
    if isinstance(a, Result) and isinstance(b, Result):
        return a.number != b.number
    return not (isinstance(a, Constant) and isinstance(b, Constant))
