"""What a gradient check returns, and what it raises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ..showing import Shown
from .compare import Mismatch
from .localize import Fault


class GradcheckError(AssertionError):
    """A gradient is not the derivative, or the function has no derivative there.

    The step that an error speaks of is the first wrong one, or the one whose slope is infinite where a gradient of 0
    meets it; its attributes are None where no single step is at fault.

    Attributes:
        operation: the name of the step's primitive.
        argument: which of its arguments the wrong rule is for.
        layer: the path of the module that ran it.
        line: where in the caller's code it was called.
        diagnosis: what is probably wrong, or None.
        analytic, numeric, ratio: the worst entry of the function's Jacobian by the rules, by differences, and the one
            divided by the other; None if no entry was compared, the ratio also where `numeric` is 0.

    Example:
        >>> ag.gradcheck(lambda x: x * x.numpy(), Tensor([3.0], requires_grad=True))
        Traceback (most recent call last):
        autograd_mini.gradcheck.report.GradcheckError: gradcheck: 1 of 1 entries of ∂output 0/∂input 0 differ
        the worst is ∂output[0]/∂input[0]: analytic 3, numeric 6, ratio 0.5...
    """

    operation: str | None = None
    argument: str | None = None
    layer: str | None = None
    line: str | None = None
    diagnosis: str | None = None
    analytic: float | None = None
    numeric: float | None = None
    ratio: float | None = None

    def __init__(self, message: str, fault: Fault | None = None, mismatch: Mismatch | None = None) -> None:
        super().__init__(message)
        if fault is not None:
            step, i = fault.step, fault.argument
            self.operation, self.layer, self.line, self.diagnosis = step.op.name, step.layer, step.line, fault.diagnosis
            self.argument = None if i is None else step.argument(i)
        if mismatch is not None:
            self.analytic, self.numeric, self.ratio = mismatch.analytic, mismatch.numeric, mismatch.ratio


@dataclass(frozen=True)
class GradcheckReport(Shown):
    """What a gradient check compared, and how close it was. True in a condition: a check that fails raises instead.

    Attributes:
        entries: how many numbers were compared: entries of the Jacobian, or projections of it.
        worst_error: the largest |analytic − numeric|.
        worst_relative: the same, in units of the largest slope from that input to that output.
        eps: the first step of the differences.
        mode: "full" or "projected".
        kinks: for each operation with kinks, how many entries had a first stencil that crossed one.
        by_steps: entries that no difference could decide (on a kink, or lost in rounding), for which every step of the
            function was checked by itself.
        unsettled: steps that this could not decide either, because rounding hides their own slopes: nothing is known of
            them.
        steps: how many operations the function ran.
        evaluations: how often the function ran for differences.
        seconds: how long the check took.
        inputs: the number of elements of each input that was checked.

    Example:
        >>> report = ag.gradcheck(ag.relu, Tensor([1.0, 0.0], requires_grad=True))
        >>> report.entries, dict(report.kinks)
        (4, {'relu': 2})
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


def fail(
    message: str, fault: Fault | str | None, mismatch: Mismatch | None = None, unsettled: Sequence[str] = ()
) -> NoReturn:
    """Raise GradcheckError with a message, the wrong step, and where nothing is wrong by itself what that may mean."""
    text = message if fault is None else f"{message}\n{fault}"
    if fault is None and mismatch is not None and unsettled:
        odd = ", ".join(dict.fromkeys(unsettled))
        text += f"\nno step is found wrong by itself, but nothing is known of {odd}"
    elif fault is None and mismatch is not None:
        text += (
            "\nevery step's rule is right by itself and no constant moves: does fn do something else at other points?"
        )
    raise GradcheckError(text, fault if isinstance(fault, Fault) else None, mismatch)
