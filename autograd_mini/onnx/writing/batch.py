"""The first axis of any length: programs of the same function, for batches of several sizes, as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...program.calls import Call, Result
from ...program.program import Program
from .graph import Dim, UnwrittenError


@dataclass(frozen=True)
class Batch:
    """How long the first axis was in each run: once, or three times, so that what grows with it is told from what else

    it may do.
    """

    sizes: tuple[int, ...]

    def length(self, values: Sequence[int]) -> int | Dim:
        """An integer of all runs: the same, or one that grows with the batch."""
        first = values[0]
        if all(value == first for value in values):
            return first
        factor, left = divmod(values[1] - first, self.sizes[1] - self.sizes[0])
        more = first - factor * self.sizes[0]
        if left or any(value != factor * n + more for n, value in zip(self.sizes, values, strict=True)):
            raise UnwrittenError(f"has {self._told(values)}")
        return Dim(factor, more)

    def shape(self, shapes: Sequence[Any]) -> tuple[int | Dim, ...]:
        """A shape of all runs."""
        if len({len(shape) for shape in shapes}) > 1:
            raise UnwrittenError(f"gives {self._told(shapes)}")
        return tuple(map(self.length, zip(*shapes, strict=True)))

    def value(self, values: Sequence[Any]) -> Any:
        """A parameter of all runs."""
        first, *others = values
        if isinstance(first, tuple | list) and all(type(v) is type(first) and len(v) == len(first) for v in others):
            entries = [*map(self.value, zip(*values, strict=True))]
            return type(first)(*entries) if hasattr(first, "_fields") else type(first)(entries)
        if isinstance(first, slice) and all(isinstance(v, slice) for v in others):
            ends = ((v.start, v.stop, v.step) for v in values)
            return slice(*map(self.value, zip(*ends, strict=True)))
        if all(isinstance(v, int | np.integer) and not isinstance(v, bool) for v in values):
            return self.length([*map(int, values)])
        if all(isinstance(v, np.ndarray) for v in values):
            if all(np.array_equal(first, v) for v in others):
                return first
        elif all(first is v for v in others) or not isinstance(first, _PLAIN) or all(first == v for v in others):
            return first
        raise UnwrittenError(f"has other parameters for a batch of {self.sizes[0]} than for one of {self.sizes[1]}")

    def constant(self, values: Sequence[Any]) -> Any:
        """A constant of all runs: (its value, None); or (the one number in it, its shape by the batch)."""
        arrays = [np.asarray(getattr(v, "_array", v)) for v in values]
        first = arrays[0]
        equal_nan = first.dtype.kind in "fc"
        if all(x.shape == first.shape and np.array_equal(x, first, equal_nan=equal_nan) for x in arrays):
            return values[0], None
        if {x.shape for x in arrays} == {()}:
            factor = first.item() / self.sizes[0]
            if all(np.isclose(x.item(), factor * n, rtol=1e-6) for x, n in zip(arrays, self.sizes, strict=True)):
                return factor, ()
        elif all(x.size and (x == first.flat[0]).all() for x in arrays):
            return first.flat[0], self.shape([x.shape for x in arrays])
        raise UnwrittenError(f"takes another constant for a batch of {self.sizes[0]} than for one of {self.sizes[1]}")

    def _told(self, values: Sequence[Any]) -> str:
        return ", ".join(f"{value} for a batch of {n}" for n, value in zip(self.sizes, values, strict=True))


_PLAIN = (int, float, str, tuple, list, type(None))


def compared(programs: Sequence[Program]) -> list[tuple[Call, ...]]:
    """The calls of programs side by side. Raises ValueError where another operation runs."""
    rows = [*zip(*(program.calls for program in programs), strict=False)]
    for first, *others in rows:
        if any(call.op is not first.op or _differ(first.args, call.args) for call in others):
            words = f"{first.op.name} at {first.line}" if first.line else first.op.name
            raise ValueError(f"to_onnx: the function does something else for another batch, from {words} on")
    if any(len(program.calls) != len(rows) for program in programs):
        raise ValueError("to_onnx: the function takes another number of steps for another batch; fix its length")
    return rows


def _differ(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """True if arguments come from elsewhere."""
    numbers = [[arg.number if isinstance(arg, Result) else None for arg in args] for args in (one, other)]
    return numbers[0] != numbers[1]
