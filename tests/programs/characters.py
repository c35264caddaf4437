"""Which small programs are legitimate questions to a gradient checker, and of which character they are.

Both are judged by the forward values alone, never by a checker. The rules of a program are right, so a checker that
objects to a legitimate one raises a false alarm. What is left out:

- values that are not finite, or beyond a ceiling: differences of them say little, whatever the rules;
- singular slopes: log, sqrt, division, powers that are no whole number ≥ 0, std and batch_norm take arguments (or
  variances) of at least 1e-3;
- jumps: `where(x > y, a, b)` with two different sides has no derivative where x = y, so the sample stays farther than
  1e-5 from there, in the compared values and in the inputs.

Kinks are kept, exactly at the sample and as near to it as can be: there the function is continuous and its rules give a
subgradient. Composed subgradients need not be one: relu(x) − relu(−x) is x, of slope 1, and autodiff rightly gives 0
at 0. So programs are told apart by their character, the first of these that holds:

exact kink      a kinked step is at its kink, up to rounding, and leaves it when the inputs move by 1e-5
near kink       a kinked step changes its piece when the inputs move by 1e-5, farther than the usual stencils do
badly scaled    inputs of magnitudes from 1e-3 to 1e3 side by side
generic         none of that

The inputs move one by one and all together. In float32 these 1e-5 are 1e-2, as differences there take longer steps. A
tie that lasts however the inputs move (relu of what relu made 0, the maximum of an array and itself) is no kink.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .kinks import Array
from .program import Program, Step

CHARACTERS = ("generic", "near kink", "exact kink", "badly scaled")
CEILING = 1e4  # largest magnitude of a value, unless asked for more
REACH = {"float64": 1e-5, "float32": 1e-2}  # how far from the sample kinks are looked for, and jumps kept away
ROUNDING = 1e-13  # relative: what is closer is at its kink


def near_jump(step: Step, values: Sequence[Array], reach: float) -> bool:
    return step.operation.jumps is not None and bool(np.abs(step.gap(values)).min() <= reach)


def legitimate(step: Step, values: Sequence[Array], result: Array, ceiling: float, reach: float) -> bool:
    """Whether a checker may be asked about this step, by the values that go in and the one that comes out."""
    safe = step.operation.safe
    return bool(
        result.size > 0
        and np.isfinite(result).all()
        and np.abs(result).max() <= ceiling
        and (safe is None or safe(*(values[i] for i in step.operands), **step.params))
        and not near_jump(step, values, reach)
    )


def pieces(program: Program, values: Sequence[Array]) -> list[tuple[bool, Array]]:
    """For each step that kinks or jumps whether it jumps, and the signs of its gaps."""
    signs = []
    for step in program.steps.values():
        if (gap := step.gap(values)) is not None:
            scale = max(1.0, *(float(np.abs(values[i]).max()) for i in step.operands))
            away = np.abs(gap) > ROUNDING * scale  # false where the gap is not known
            signs.append((step.operation.gaps is None, np.where(away, np.sign(gap), 0)))
    return signs


def moves(inputs: Sequence[Array], reach: float, seed: int) -> Iterator[list[Array]]:
    """The inputs with one entry a little larger or smaller, for every entry; then with all of them."""
    rng = np.random.default_rng(seed)
    sizes = [x.size for x in inputs]
    one_by_one = np.eye(sum(sizes))
    together = rng.choice([-1.0, 1.0], (4, sum(sizes)))
    for direction in np.concatenate([one_by_one, together]):
        for side in (reach, -reach):
            parts = np.split(side * direction, np.cumsum(sizes)[:-1])
            yield [x + part.reshape(x.shape) for x, part in zip(inputs, parts, strict=True)]


def examined(program: Program, ceiling: float = CEILING) -> str | None:
    """The program's character; None if it is not legitimate. Judged in float64, whatever the inputs are stored in."""
    inputs = [array.astype(np.float64) for array in program.arrays]
    reach = REACH[program.arrays[0].dtype.name]
    with np.errstate(all="ignore"):
        values = [np.asarray(value) for value in program.values("arrays", inputs)]
        if not all(legitimate(step, values, values[i], ceiling, reach) for i, step in program.steps.items()):
            return None
        last = max((i for i, step in program.steps.items() if step.operation.gaps or step.operation.jumps), default=-1)
        leading = replace(program, nodes=program.nodes[: last + 1])  # as far as the last step that matters
        here = pieces(leading, values)
        exact = near = False
        jumping = any(jumps for jumps, _ in here)
        tied = any((signs == 0).any() for _, signs in here)
        for moved in moves(inputs, reach, program.seed) if here else ():
            there = pieces(leading, leading.values("arrays", moved[: len(leading.inputs)]))
            for (jumps, before), (_, after) in zip(here, there, strict=True):
                changed = before != after
                if jumps and changed.any():
                    return None
                exact |= bool((changed & (before == 0)).any())
                near |= bool(changed.any())
            if not jumping and (exact or (near and not tied)):
                break  # no further move can change the answer
    scaled = "badly scaled" if program.title.endswith("scaled") else "generic"
    return "exact kink" if exact else "near kink" if near else scaled


def in_float32(program: Program, ceiling: float = CEILING) -> Program | None:
    """The same with inputs rounded to float32, looked at from farther away; None if it is not legitimate there."""
    narrowed: Any = lambda node: node if isinstance(node, Step) else replace(node, array=node.array.astype(np.float32))
    rounded = replace(program, nodes=tuple(narrowed(node) for node in program.nodes))
    character = examined(rounded, ceiling)
    return character and replace(rounded, character=character)
