"""Random programs drawn step by step: wide ones by Hypothesis, small ones for gradient checkers by a seed.

Every step is computed at once on bare arrays, on earlier values, so that values are used several times or not at all;
one that leaves the domain where slopes are regular and values finite and below the ceiling is not taken. Kinks and
exact ties are kept: the subgradients documented in `ops/elementwise.py` are PyTorch's.

A wide program has up to four leaves, constants beside them and up to sixteen steps; a small one up to 40 numbers in its
inputs, all of them leaves, 20 in its outputs, and two to eight steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from . import operands as o
from .characters import CEILING, REACH, examined, near_jump
from .kinks import FLOOR, Array, Shape
from .operations import NAMED, OPERATIONS, Operation, weighed
from .program import KINDS, LAYOUTS, Input, Program, Step, settings_of

LEAVES, ARRAYS, STEPS, FEW = 4, 8, 16, 3000  # of a wide program; entries of one of its values
IN, BETWEEN, OUT = 40, 48, 20  # entries of a small program: of all inputs, of a value, of all outputs
BIGGER = ((2, 3, 6, 5), (1, 4, 7, 6), (3, 2, 5, 8), (1, 16, 6, 6))
INPUTS: dict[str, Callable[[np.random.Generator, Shape], Any]] = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "grid": lambda rng, shape: rng.choice(o.GRID, shape),
    "near grid": lambda rng, shape: (
        rng.choice(o.GRID, shape) + rng.choice([-1, 1], shape) * 10 ** rng.uniform(-7, -5, shape)
    ),
    "scaled": lambda rng, shape: rng.standard_normal(shape) * 10 ** rng.uniform(-3, 3, shape),
}
SHARES = (0.2, 0.3, 0.3, 0.2)  # of small programs; kinked ones are a part only of those drawn to be
OFTEN = (*["normal"] * 5, *["grid"] * 3, "near grid", "scaled")  # of a wide program's inputs


class Choices:
    """The part of a NumPy generator that drawing asks for, led by Hypothesis."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw = draw

    def integers(self, low: int, high: int | None = None, size: Any = None) -> Any:
        low, high = (0, low) if high is None else (low, high)
        if high <= low:
            raise o.UnfitError
        if size is None:
            return self.draw(st.integers(int(low), int(high) - 1))
        return self._drawn().integers(low, high, size)

    def random(self, size: Any = None) -> Any:
        return self.draw(st.integers(0, 99)) / 100 if size is None else np.asarray(self._drawn().random(size))

    def permutation(self, n: int) -> Array:
        return self._drawn().permutation(n)

    def _drawn(self) -> np.random.Generator:
        return np.random.default_rng(self.draw(st.integers(0, 999)))


class Draft:
    """A wide program in the making."""

    most = FEW  # entries of a value

    def __init__(self, rng: Any, ceiling: float = CEILING) -> None:
        self.rng, self.ceiling = rng, ceiling
        self.nodes: list[Input | Step] = []
        self.values: list[Array] = []
        self.flows: list[bool] = []  # whether a gradient can
        self.empty = False  # whether the operation in hand takes arrays without elements

    def any(self, options: Sequence[Any]) -> Any:
        return options[self.rng.integers(len(options))]

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() >= 1 - p)  # the simplest choice is no

    def add(self, node: Input | Step, array: Array, flows: bool) -> int:
        self.nodes.append(node)
        self.values.append(array)
        self.flows.append(flows)
        return len(self.nodes) - 1

    @property
    def inputs(self) -> list[Input]:
        return [node for node in self.nodes if isinstance(node, Input)]

    @property
    def steps(self) -> list[int]:
        return [i for i, node in enumerate(self.nodes) if isinstance(node, Step)]

    # which values an operation is given

    def take(self, fits: o.Fits = lambda v: True, fresh: Sequence[Shape] = o.ANY, new: float = 0.15) -> int:
        """An earlier value that fits, the last ones rather than the first, or else a new input of a shape in fresh."""
        found = [i for i in self.wide() if (self.values[i].size or self.empty) and fits(self.values[i])]
        shapes = self.affordable(fresh)
        if shapes and (not found or self.chance(new)):
            return self.given(self.any(shapes), fits)
        if not found:
            raise o.UnfitError
        return found[-1] if self.chance(0.65) else self.any(found)

    def wide(self) -> list[int]:
        return [i for i, v in enumerate(self.values) if v.dtype == np.float64]

    def affordable(self, shapes: Sequence[Shape]) -> Sequence[Shape]:
        return shapes if len(self.inputs) < ARRAYS else ()

    def given(self, shape: Shape, fits: o.Fits, dtype: Any = np.float64) -> int:
        """A new input: of this shape, or of another that fits as well."""
        other = shape
        if self.empty and shape and self.chance(0.15):
            axis = self.any(range(len(shape)))
            other = (*shape[:axis], 0, *shape[axis + 1 :])
        elif shape in o.IMAGES and self.chance(0.25):
            other = self.any(BIGGER)
        if other != shape and fits(np.ones(other)):
            shape = other
        full = sum(given.leaf for given in self.inputs) == LEAVES
        kind = self.any(KINDS[1:] if full else (KINDS[0], *KINDS) if self.inputs else KINDS[:1])
        drawn, rng = self.any(OFTEN), np.random.default_rng(self.any(range(1000)))
        array = np.asarray(INPUTS[drawn](rng, shape)).astype(np.float32).astype(dtype)
        return self.add(Input(array, self.any(LAYOUTS[: (1, 4, 5)[min(len(shape), 2)]]), kind), array, kind == KINDS[0])

    def narrow(self, shape: Shape) -> int:
        """A new float32 array."""
        if not self.affordable([shape]):
            raise o.UnfitError
        return self.given(shape, lambda v: v.shape == shape, np.float32)

    def flowing(self) -> int:
        """A value through which a gradient flows."""
        return self.any([i for i, flows in enumerate(self.flows) if flows and self.values[i].size] or self._none())

    def _none(self) -> Any:
        raise o.UnfitError

    def positive(self) -> int:
        """A value with all entries positive: one there is, or |x| + 0.5, or x² + 0.5."""
        found = [i for i in self.wide() if self.values[i].size and self.values[i].min() >= FLOOR]
        if found and self.chance(0.7):
            return self.any(found)
        x = self.take()
        x = self.apply(NAMED["abs"], (x,), {}) if self.chance(0.5) else self.apply(NAMED["*"], (x, x), {})
        return self.apply(NAMED["shift"], (x,), {"by": 0.5})

    # steps

    def apply(self, operation: Operation, operands: tuple[int, ...], params: dict[str, Any]) -> int:
        """A step, if its result is one that both sides agree on."""
        step, arrays = Step(operation, operands, params), [self.values[i] for i in operands]
        if operation.safe is not None and not operation.safe(*arrays, **params):
            raise o.UnfitError
        try:
            result = step.on(arrays)
        except Exception as error:
            raise AssertionError(f"{error!r}\n{Program((*self.nodes, step), ()).alone()}") from error
        if result.size > self.most or not np.isfinite(result).all() or np.abs(result).max(initial=0) > self.ceiling:
            raise o.UnfitError
        self.allow(step, result)
        unrecorded = self.leaves_tape()
        flows = not unrecorded and any(self.flows[i] for i in operands[slice(*operation.through)])
        return self.add(replace(step, unrecorded=unrecorded), result, flows)

    def allow(self, step: Step, result: Array) -> None:
        """Raises UnfitError for what a program of this sort must not have."""

    def leaves_tape(self) -> bool:
        return self.chance(0.04)

    def attempt(self, operation: Operation) -> None:
        """Apply it to something, if it goes with anything."""
        before = len(self.nodes)
        self.empty = operation.empty
        try:
            self.apply(operation, *operation.take(self))
        except o.UnfitError:
            for made in (self.nodes, self.values, self.flows):
                del made[before:]


@st.composite
def programs(draw: Callable[..., Any], operations: Sequence[Operation] = tuple(OPERATIONS)) -> Program | None:
    """A wide program, or None if no gradient reaches anything in what was drawn."""
    often = st.sampled_from(weighed(operations))
    settings = draw(st.tuples(st.booleans(), st.booleans(), st.integers(1, 2)))
    draft = Draft(Choices(draw))
    with np.errstate(all="ignore"), settings_of(Program((), (), settings=settings)):
        wanted = draw(st.integers(1, STEPS))
        for _ in range(3 * wanted):
            if len(draft.steps) < wanted:
                draft.attempt(draw(often))
    reached = [i for i in draft.steps if draft.flows[i]]
    if not reached:
        return None
    used = {i for j in reached for i in draft.nodes[j].operands}  # type: ignore[union-attr]
    outputs = [reached[-1]] if draft.chance(0.2) else [i for i in reached if i not in used]
    retained = [draft.any(reached)] if draft.chance(0.4) else []
    return Program(tuple(draft.nodes), tuple(outputs), tuple(retained), draft.any(range(1000)), settings)


# ── small programs ────────────────────────────────────────────────────────────────────────────────────────────────────


class SmallDraft(Draft):
    """A small program in the making: legitimate questions to a gradient checker (see `characters`)."""

    most = BETWEEN

    def __init__(self, rng: np.random.Generator, drawn: str, ceiling: float) -> None:
        super().__init__(rng, ceiling)
        self.drawn = drawn

    def affordable(self, shapes: Sequence[Shape]) -> Sequence[Shape]:
        room = IN - sum(given.array.size for given in self.inputs)
        return [shape for shape in shapes if math.prod(shape) <= room]

    def given(self, shape: Shape, fits: o.Fits, dtype: Any = np.float64) -> int:
        array = np.asarray(INPUTS[self.drawn](self.rng, shape), dtype)
        return self.add(Input(array), array, True)

    def allow(self, step: Step, result: Array) -> None:
        if not result.size or near_jump(step, self.values, REACH["float64"]):
            raise o.UnfitError

    def leaves_tape(self) -> bool:
        return False

    def needed(self, outputs: Sequence[int]) -> set[int]:
        """The values that lead to the outputs."""
        found: set[int] = set()
        left = list(outputs)
        while left:
            i = left.pop()
            if i not in found:
                found.add(i)
                node = self.nodes[i]
                left += node.operands if isinstance(node, Step) else ()
        return found

    def length(self) -> int:
        """How many steps lead to the last value."""
        return len(self.needed([len(self.nodes) - 1]).intersection(self.steps)) if self.nodes else 0

    def finished(self) -> Program | None:
        """The program that leads to the last value small enough, and perhaps to another, without idle steps."""
        small = [i for i in self.steps if self.values[i].size <= OUT]
        if not small:
            return None
        outputs = [small[-1]]
        second = [i for i in small[:-1] if self.values[i].size <= OUT - self.values[small[-1]].size]
        if second and self.chance(0.25):
            outputs.append(self.any(second))
        needed = sorted(self.needed(outputs))
        place = {old: new for new, old in enumerate(needed)}
        nodes = [
            node if isinstance(node, Input) else replace(node, operands=tuple(place[i] for i in node.operands))
            for node in map(self.nodes.__getitem__, needed)
        ]
        program = Program(tuple(nodes), tuple(place[i] for i in outputs))
        return program if 2 <= len(program.steps) <= 8 else None


@cache
def small_program(seed: int, index: int, ceiling: float = CEILING) -> Program:
    """Program `index` of a seed, with its character."""
    rng = np.random.default_rng((seed, index))
    drawn = str(rng.choice(list(INPUTS), p=SHARES))
    often = weighed([operation for operation in OPERATIONS if operation.differences], kinked=4)
    with np.errstate(all="ignore"):
        while True:
            draft = SmallDraft(rng, drawn, ceiling)
            length = rng.integers(2, 9)
            for _ in range(60):
                if draft.length() >= length:
                    break
                draft.attempt(draft.any(often))
            if (program := draft.finished()) is not None:
                program = replace(program, seed=index, title=f"program {index} of seed {seed}, {drawn}")
                if (character := examined(program, ceiling)) is not None:
                    return replace(program, character=character)


def small_programs(count: int, seed: int = 0, ceiling: float = CEILING) -> list[Program]:
    """Program i depends on the seed, the ceiling and i alone. A higher ceiling makes badly scaled ones worse."""
    return [small_program(seed, index, ceiling) for index in range(count)]
