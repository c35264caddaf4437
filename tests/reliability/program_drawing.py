"""Random tensor programs drawn by Hypothesis.

A program has up to four leaves, constants beside them and up to twelve steps, each on earlier values, so that values
are used several times or not at all. Every step is computed at once on bare arrays, and one that leaves the domain on
which both sides agree (singular slopes, values beyond the ceiling) is not taken. Kinks and exact ties are kept: the
subgradients documented in `ops/elementwise.py` are PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.internals import array_of

from .. import compositions as c
from .program_operands import FEW
from .program_operations import BIGGER, OPERATIONS, Operation, weighed
from .program_text import KINDS, LAYOUTS, NAMES, Input, Program, Step, settings_of

LEAVES, ARRAYS, STEPS = 4, 7, 12
CEILING = 1e4  # largest magnitude of a value
NAMED = {operation.name: operation for operation in OPERATIONS}


class Choices:
    """The part of a NumPy generator that choosing operands asks for, led by Hypothesis."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw = draw

    def integers(self, low: int, high: int | None = None, size: Any = None) -> Any:
        low, high = (0, low) if high is None else (low, high)
        if high <= low:
            raise c.UnfitError
        if size is None:
            return self.draw(st.integers(int(low), int(high) - 1))
        return self._drawn().integers(low, high, size)

    def random(self, size: Any = None) -> Any:
        return self.draw(st.integers(0, 99)) / 100 if size is None else np.asarray(self._drawn().random(size))

    def permutation(self, n: int) -> c.Array:
        return self._drawn().permutation(n)

    def _drawn(self) -> np.random.Generator:
        return np.random.default_rng(self.draw(st.integers(0, 999)))


class Draft(c.Draft):
    """A program in the making; choosing operands is shared with the compositions for gradient checkers."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        super().__init__(Choices(draw), "", CEILING)  # type: ignore[arg-type]
        self.inputs: list[Input | None] = []
        self.steps: list[Step | None] = []
        self.flows: list[bool] = []  # whether a gradient can
        self.empty = False  # whether the operation in hand takes arrays without elements

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() >= 1 - p)  # the simplest choice is no

    def new(self, shape: c.Shape, fits: Any = lambda v: True, dtype: Any = np.float64) -> int:
        other = shape
        if self.empty and shape and self.chance(0.15):
            axis = self.any(range(len(shape)))
            other = (*shape[:axis], 0, *shape[axis + 1 :])
        elif shape in c.IMAGES and self.chance(0.25):
            other = self.any(BIGGER)
        if other != shape and fits(np.ones(other)):
            shape = other
        count = sum(given is not None for given in self.inputs)
        full = sum(given is not None and given.leaf for given in self.inputs) == LEAVES
        kind = self.any(KINDS[1:] if full else (KINDS[0],) if not count else (KINDS[0], *KINDS))
        kinked = self.chance(0.4)
        rng = np.random.default_rng(self.any(range(1000)))
        array = rng.choice(c.GRID, shape) if kinked else rng.standard_normal(shape).astype(np.float32)
        layout = self.any(LAYOUTS[: (1, 4, 5)[min(len(shape), 2)]])
        self._add(np.asarray(array).astype(dtype), kind == KINDS[0])
        self.inputs.append(Input(self.values[-1], layout, kind))
        self.steps.append(None)
        return len(self.values) - 1

    def _add(self, array: c.Array, flows: bool) -> None:
        self.values.append(array)
        self.flows.append(flows)

    def take(self, fits: Any = lambda v: True, fresh: Sequence[c.Shape] = c.ANY, new: float = 0.15) -> int:
        found = [
            i for i, v in enumerate(self.values) if (v.size or self.empty) and v.dtype == np.float64 and fits(v)
        ]  # fmt: skip
        room = sum(given is not None for given in self.inputs) < ARRAYS
        if room and (not found or self.chance(new)):
            return self.new(self.any(fresh), fits)
        if not found:
            raise c.UnfitError
        return found[-1] if self.chance(0.6) else self.any(found)

    def narrow(self, shape: c.Shape) -> int:
        """A new float32 array."""
        if sum(given is not None for given in self.inputs) == ARRAYS:
            raise c.UnfitError
        return self.new(shape, lambda v: v.shape == shape, np.float32)

    def flowing(self) -> int:
        """A value through which a gradient flows."""
        found = [i for i, flows in enumerate(self.flows) if flows and self.values[i].size]
        if not found:
            raise c.UnfitError
        return self.any(found)

    def positive(self) -> int:
        found = [i for i, v in enumerate(self.values) if v.size and v.dtype == np.float64 and v.min() >= c.FLOOR]
        if found and self.chance(0.7):
            return self.any(found)
        x = self.take()
        x = self.step(NAMED["abs"], (x,), {}) if self.chance(0.5) else self.step(NAMED["*"], (x, x), {})
        return self.step(NAMED["shift"], (x,), {"by": 0.5})

    def step(self, operation: Operation, operands: tuple[int, ...], params: dict[str, Any]) -> int:
        """Take it, if its result is one that both sides agree on."""
        arrays = [self.values[i] for i in operands]
        step = Step(operation, operands, params)
        if operation.safe is not None and not operation.safe(*arrays, **params):
            raise c.UnfitError
        names = {f"v{i}": array for i, array in zip(operands, arrays, strict=True)}
        try:
            exec(step.line("ag", len(self.values)).replace(".detach()", ""), NAMES, names)
        except Exception as error:
            begun = Program((*self.inputs, None), (*self.steps, step), (), (), 0, (False, False, 1))
            raise AssertionError(f"{error!r}\n{begun.inputs_text()}\n{begun.lines('ag')}") from error
        result = array_of(names[f"v{len(self.values)}"])
        if result.size > FEW or not np.isfinite(result).all() or np.abs(result).max(initial=0) > self.ceiling:
            raise c.UnfitError
        unrecorded = self.chance(0.04)
        self._add(result, not unrecorded and any(self.flows[i] for i in operands[slice(*operation.through)]))
        self.inputs.append(None)
        self.steps.append(replace(step, unrecorded=unrecorded))
        return len(self.values) - 1

    def attempt(self, operation: Operation) -> None:  # type: ignore[override]
        before = len(self.values)
        self.empty = operation.empty
        try:
            self.step(operation, *operation.take(self))
        except c.UnfitError:
            for made in (self.values, self.flows, self.inputs, self.steps):
                del made[before:]


@st.composite
def programs(draw: Callable[..., Any], operations: Sequence[Operation] = tuple(OPERATIONS)) -> Program | None:
    """A program, or None if no gradient reaches anything in what was drawn."""
    often = st.sampled_from(weighed(operations))
    settings = draw(st.tuples(st.booleans(), st.booleans(), st.integers(1, 2)))
    draft = Draft(draw)
    with np.errstate(all="ignore"), settings_of(settings):
        wanted = draw(st.integers(1, STEPS))
        for _ in range(2 * wanted):
            if sum(step is not None for step in draft.steps) < wanted:
                draft.attempt(draw(often))
    reached = [i for i, step in enumerate(draft.steps) if step is not None and draft.flows[i]]
    if not reached:
        return None
    used = {i for j in reached for i in draft.steps[j].operands}  # type: ignore[union-attr]
    outputs = [reached[-1]] if draft.chance(0.2) else [i for i in reached if i not in used]
    retained = [draft.any(reached)] if draft.chance(0.4) else []
    return Program(
        tuple(draft.inputs), tuple(draft.steps), tuple(outputs), tuple(retained), draft.any(range(1000)), settings
    )
