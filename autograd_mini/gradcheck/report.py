"""What a gradient check says: a report when all is well, an error that names the guilty when it is not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .compare import Mismatch
from .localize import Fault


class GradcheckError(AssertionError):
    """A gradient that is not the derivative, or a function that has none to speak of.

    operation, argument, layer, line: of the first wrong step, or the one whose slope is infinite where a gradient of 0
    meets it (the primitive, which of its arguments the rule is for, the path of the module that ran it, where in the
    caller's code); None where no step is to blame. analytic, numeric,
    ratio: of the worst entry of the function. diagnosis: what is probably wrong, or None.
    """

    def __init__(self, message: str, fault: Fault | None = None, mismatch: Mismatch | None = None) -> None:
        super().__init__(message)
        step = None if fault is None else fault.step
        has_argument = fault is not None and fault.argument is not None
        self.operation = None if step is None else step.op.name
        self.argument = step.argument(fault.argument) if step and fault and has_argument else None  # type: ignore[arg-type]
        self.layer = None if step is None else step.layer
        self.line = None if step is None else step.line
        self.diagnosis = None if fault is None else fault.diagnosis
        self.analytic = None if mismatch is None else mismatch.analytic
        self.numeric = None if mismatch is None else mismatch.numeric
        self.ratio = None if mismatch is None else mismatch.ratio


@dataclass(frozen=True)
class GradcheckReport:
    """What was compared, and how close it was. True in a condition: a failing check raises instead.

    entries: how many numbers were compared (entries of the Jacobian, or projections of it). worst_error: the largest
    |analytic − numeric|; worst_relative: the same in units of the largest slope it stands beside. kinks: for each
    operation with kinks, how many entries had a stencil that crossed one of its branches. by_steps: entries that no
    difference could settle (on a kink, or lost in rounding), for which every step of the function was checked by itself
    instead. unsettled: steps that even that could not decide, their own slopes being lost in their own rounding:
    nothing is known of them. steps: operations in the function. evaluations: of the function. seconds: taken. inputs:
    their sizes.
    """

    entries: int
    worst_error: float
    worst_relative: float
    eps: float
    mode: str = "full"
    kinks: Counter[str] = field(default_factory=Counter)
    by_steps: int = 0
    unsettled: tuple[str, ...] = ()
    steps: int = 0
    evaluations: int = 0
    seconds: float = 0.0
    inputs: Any = ()

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        plural = "y" if self.entries == 1 else "ies"
        what = f"entr{plural}" if self.mode == "full" else f"projections onto {sum(self.inputs):,} elements"
        error = f"worst error {self.worst_error:.2g} ({self.worst_relative:.2g} relative)"
        parts = [f"{self.entries:,} {what}, {error} with ε = {self.eps:.2g}"]
        if self.kinks:
            met = ", ".join(f"{name} {count}" for name, count in self.kinks.most_common())
            parts.append(f"stencils that crossed a kink: {met}")
        if self.by_steps:
            parts.append(f"{self.by_steps} settled step by step")
        if self.unsettled:
            parts.append(f"lost in rounding and not settled: {', '.join(self.unsettled)}")
        return f"<gradcheck passed: {'; '.join(parts)}; {self.seconds:.2g} s>"
