"""Which step is wrong: every rule checked by itself, and values that bypass the tape."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..core.gradient import grad
from ..core.tensor import Tensor
from ..observe.snapshot import same
from .compare import Comparison, Mismatch, Tolerance, full, jacobian, sharpened, unit
from .diagnosis import diagnose
from .differences import Differences
from .projections import projected
from .target import Run, Target, alone
from .trace import Step, Trace, index
from .trap import Trap, trap

SMALL = 40_000  # Jacobian entries of one step that are still compared one by one


@dataclass
class Fault:
    """A step that is wrong, in which argument, and how."""

    step: Step
    argument: int | None
    mismatch: Mismatch | None
    diagnosis: str | None
    also: int = 0  # further steps that are wrong
    what: str | None = None  # what is wrong, if not the rule

    def __str__(self) -> str:
        """The message's paragraph: operation, layer, line; the worst entry; the likely reason."""
        step, m = self.step, self.mismatch
        of = "" if self.argument is None else f", the rule for {step.argument(self.argument)!r}"
        layer = f" in {step.layer}" if step.layer else ""
        lines = [f"to blame: {self.what or step.op.name + layer + of}"]
        if step.line:
            lines.append(f"  called at {step.line}")
        if m is not None and self.argument is not None:
            shape = np.shape(step.arrays[self.argument])
            lines.append(
                f"  its own worst entry ∂{step.element(m.row)}/"
                f"∂{step.argument(self.argument)}{index(m.column, shape)}: {numbers(m)}"
            )
        if self.diagnosis:
            lines.append(f"  diagnosis: {self.diagnosis}")
        if self.also:
            lines.append(f"  {self.also} more step{'s are' if self.also > 1 else ' is'} wrong too")
        return "\n".join(lines)


def numbers(m: Mismatch) -> str:
    """Analytic, numeric and their ratio."""
    ratio = "" if m.ratio is None else f", ratio {m.ratio:.9g}"
    return f"analytic {m.analytic:.9g}, numeric {m.numeric:.9g}{ratio}"


# ── rules ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def wrong_steps(
    trace: Trace, tolerance: Tolerance, seed: int, every: bool = False, unsettled: list[str] | None = None
) -> list[Fault]:
    """The steps whose own rules disagree with their own differences, oldest first; every one, or the first.

    Steps that differences cannot decide are added to `unsettled`.
    """
    found: list[Fault] = []
    for step in trace.steps:
        for i in (i for i, parent in enumerate(step.parents) if parent is not None):
            fault = _wrong(step, i, tolerance, seed, unsettled)
            if fault is not None:
                found.append(fault)
                break
        if found and not every:
            break
    return found


def _wrong(step: Step, i: int, tolerance: Tolerance, seed: int, unsettled: list[str] | None) -> Fault | None:
    if step.is_complex:
        if unsettled is not None:
            unsettled.append(str(step))
        return None
    target = alone(step, i)
    try:
        run = target.run()
        differences = Differences(target, run, eps_for(run), seed)
        if run.vector.size * run.leaves[0].size <= SMALL:
            analytic = jacobian(run)
            done = full(run, differences, analytic, tolerance)
            if done.wrong is None and precision(run) < 1e-10:
                sharpened(run, differences, analytic, done)
        else:
            done = projected(run, differences, tolerance, 2, seed)
        if done.wrong is not None and (met := _met(run, done.wrong)) is not None:  # nan of 0 · inf proves nothing
            mended = met.mended()[0]
            if mended is not None:
                return _wrong(replace(step, arrays=mended.arrays, out=mended.out), i, tolerance, seed, unsettled)
            done.wrong, done.doubtful = None, done.doubtful + 1
    except (ValueError, TypeError, RuntimeError) as error:
        return Fault(step, i, None, f"the rule fails: {error}")
    if done.wrong is None and done.together is not None:
        return Fault(step, i, done.together, "tied elements together receive more, or less, than the gradient there is")
    if unsettled is not None and done.wrong is None and done.doubtful and not done.kinks:
        unsettled.append(str(step))
    return None if done.wrong is None else Fault(step, i, done.wrong, _diagnosis(step, i, run, done, differences))


def trapped(run: Run, mismatch: Mismatch | None, seed: int) -> Fault | None:
    """What makes nan of 0 · inf in the backward pass from a random cotangent, or from a wrong entry's output."""
    found = trap(run, np.random.default_rng(seed).standard_normal(run.vector.size))
    if found is None and mismatch is not None:
        found = _met(run, mismatch)
    if found is None:
        return None
    step, i = found.step, found.argument
    what = f"0 · inf in the gradient of {step} by {step.argument(i)!r}"
    return Fault(step, i, None, str(found), what=what)


def _met(run: Run, mismatch: Mismatch) -> Trap | None:
    """The trap behind a wrong entry, if the entry is nan."""
    if not np.isnan(mismatch.analytic):
        return None
    one = np.zeros(run.vector.size)
    one[sum(output.size for output in run.outputs[: mismatch.output]) + mismatch.row] = 1
    return trap(run, one)


def _diagnosis(step: Step, i: int, run: Run, done: Comparison, differences: Differences) -> str | None:
    out, argument = np.shape(step.out), np.shape(step.arrays[i])
    if done.jacobian is not None:
        analytic, low, high = done.jacobian
        said = diagnose(analytic, (low + high) / 2, out, argument)
        return said or _another(step, i, analytic, tolerance=1e-5)
    # too large for its whole Jacobian: uᵀJ, or a few columns of it
    rng = np.random.default_rng(differences.seed)
    u = rng.standard_normal(run.vector.size)
    found = run.gradients(u)[0]
    if found is None:
        return "no gradient arrives"
    columns = np.arange(found.size) if found.size <= 1024 else rng.choice(found.size, 64, replace=False)
    numeric = []
    for column in columns:
        slopes = differences.along(unit(run, 0, column))
        numeric.append(u @ ((slopes.low + slopes.high) / 2))
    shape = argument if len(columns) == found.size else (len(columns),)
    return diagnose(found.ravel()[columns][None], np.array(numeric)[None], (1,), shape)


def _another(step: Step, i: int, analytic: Any, tolerance: float) -> str | None:
    """A sentence if the rule gives the gradient of another argument of the same shape; else None."""
    for k, parent in enumerate(step.parents):
        if k == i or parent is None or np.shape(step.arrays[k]) != np.shape(step.arrays[i]):
            continue
        target = alone(step, k)
        run = target.run()
        differences = Differences(target, run, eps_for(run), 0)
        theirs = np.stack([differences.along(unit(run, 0, j)).low for j in range(run.leaves[0].size)], axis=1)
        if np.allclose(theirs, analytic, rtol=tolerance, atol=tolerance * np.abs(theirs).max(initial=0)):
            return f"this is the gradient of {step.argument(k)!r}: two arguments are exchanged"
    return None


def precision(run: Run) -> float:
    """The rounding unit of the coarsest floating step between inputs and outputs."""
    kinds = {np.asarray(step.out).dtype for step in run.trace.steps} | {output.dtype for output in run.outputs}
    return max((float(np.finfo(kind).eps) for kind in kinds if kind.kind == "f"), default=float(np.finfo(float).eps))


def eps_for(run: Run) -> float:
    """The first step of the differences: 1e-6 in float64; else ∛eps of the rounding unit, where noise/h and h² are of a
    size.
    """
    unit = precision(run)
    return 1e-6 if unit < 1e-10 else float(np.cbrt(unit))


# ── past the tape ─────────────────────────────────────────────────────────────────────────────────────────────────────


def hidden_path(target: Target, run: Run, eps: float, seed: int) -> Fault | str | None:
    """The first constant on the tape that moves when the inputs do; None if every constant stays.

    A float constant that moves was computed from the inputs where the tape did not see it.
    """
    rng = np.random.default_rng(seed)
    point = [leaf.numpy() for leaf in run.leaves]
    direction = [rng.choice([-1.0, 1.0], x.shape) * np.maximum(1, np.abs(x)) for x in point]
    moved = [target.run(target.moved(point, direction, t)) for t in (eps, 2 * eps)]
    for step, *others in zip(run.trace.steps, *(other.trace.steps for other in moved), strict=False):
        if any(other.op.name != step.op.name for other in others):
            return None
        if step.node is None:
            if not _keeps_moving(step.out, *(other.out for other in others)):
                continue
            none = [i for i, a in enumerate(step.arrays) if step.op.rules.get(step.argument(i), 0) is None]
            words = "its rule is declared None (no gradient flows), yet its result moves with the argument"
            return Fault(step, none[0] if none else None, None, words)
        for name, value in step.params.items():
            if _keeps_moving(*map(_number, (value, *(other.params.get(name) for other in others)))):
                words = (
                    f"its parameter {name!r} moves with the inputs: it was computed from them outside the tape, and no "
                    "gradient flows through a parameter"
                )
                return Fault(step, None, None, words)
        for i, parent in enumerate(step.parents):
            if parent is None and _keeps_moving(step.arrays[i], *(other.arrays[i] for other in others)):
                name = step.argument(i)
                if step.op.rules.get(name, 0) is None:
                    if not _keeps_moving(step.out, *(_with_argument(step, i, other.arrays[i]) for other in others)):
                        continue  # a mask: it moves, but what it lets through does not
                    return Fault(step, i, None, f"the rule for {name!r} is declared None, yet the result moves with it")
                words = (
                    f"its argument {name!r} is a constant on the tape, yet moves with the inputs: it was computed from "
                    "them outside the tape (NumPy, .numpy(), detach() or no_grad)"
                )
                return Fault(step, None, None, words)
    for k, output in enumerate(run.outputs):
        if output.node is None and _keeps_moving(output.numpy(), *(other.outputs[k].numpy() for other in moved)):
            return (
                f"{run.labels[k]} is no part of the graph, yet moves with the inputs: it was computed outside the tape"
            )
    return None


def _number(value: Any) -> Any:
    return np.asarray(value) if isinstance(value, float) else value


def _with_argument(step: Step, i: int, array: Any) -> Any:
    """The result of a step with another array in place of its argument i."""
    return step.result([*step.arrays[:i], array, *step.arrays[i + 1 :]])


def _keeps_moving(*values: Any) -> bool:
    """True if a floating array differs between all neighbouring points: no mere jump from one piece to another."""
    if any(not isinstance(value, np.ndarray | np.generic) or value.dtype.kind != "f" for value in values):
        return False
    if len({np.shape(value) for value in values}) > 1:
        return False
    a, b, c = values
    return bool(((a != b) & (b != c) & ~np.isnan(a)).any())


def culprit_of_change(target: Target, before: Any) -> Fault | None:
    """The first step after which an input is no longer what it was."""
    found: list[Step] = []

    def watch(step: Step) -> None:
        now = dict(enumerate(target.constants)) | dict(zip(target.checked, target.started, strict=True))
        arrays = {i: x.numpy() if isinstance(x, Tensor) else x for i, x in now.items()}
        if not found and not all(same(arrays[i], before[i]) for i in arrays):
            found.append(step)

    target.run(lines=True, watch=watch)
    return Fault(found[0], None, None, "it writes into its argument") if found else None


# ── second order ──────────────────────────────────────────────────────────────────────────────────────────────────────


def wrong_rules(trace: Trace, tolerance: Tolerance, seed: int) -> Fault | None:
    """The first step with a rule whose own derivative is wrong."""
    for step in trace.steps:
        positions = [i for i, parent in enumerate(step.parents) if parent is not None and not step.is_complex]
        for i in positions:
            target = _rule_of(step, i, positions, seed)
            try:
                run = target.run()
                differences = Differences(target, run, eps_for(run), seed)
                done = projected(run, differences, tolerance, 2, seed)
            except (ValueError, TypeError, RuntimeError) as error:
                return Fault(step, i, None, f"the rule cannot be differentiated: {error}")
            if done.wrong is not None:
                what = ["g", *(repr(step.argument(k)) for k in positions)][done.wrong.input]
                lost = (
                    " (a rule made of NumPy on bare arrays leaves no trace on the tape)"
                    if not done.wrong.analytic
                    else ""
                )
                words = f"the rule is right, but its own derivative by {what} is not: {numbers(done.wrong)}{lost}"
                return Fault(step, i, None, words)
    return None


def _rule_of(step: Step, i: int, positions: list[int], seed: int) -> Target:
    """The rule for argument i as a function of g and of the arguments that a gradient reaches."""

    def carried(g: Any, *moved: Any) -> Any:
        arrays = list(step.arrays)
        for k, x in zip(positions, moved, strict=True):
            arrays[k] = x
        return grad(step.result(arrays), moved[positions.index(i)], g, create_graph=True)

    out = np.asarray(step.out)
    g = np.random.default_rng(seed).standard_normal(out.shape).astype(out.dtype)
    arrays = [g, *(np.asarray(step.arrays[k]) for k in positions)]
    return Target(step.op.name, carried, [Tensor(array, requires_grad=True) for array in arrays])
