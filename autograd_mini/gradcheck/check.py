"""`gradcheck` and `gradgradcheck`: what is checked, in which order."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..core.gradient import grad
from ..core.tensor import Tensor
from ..observe.snapshot import same
from .chance import ADVICE
from .compare import RTOL, Comparison, Tolerance, full, jacobian, sharpened
from .differences import Differences
from .first_run import first_run
from .localize import eps_for, hidden_path, numbers, precision, trapped, wrong_rules, wrong_steps
from .options import Options, listed
from .parts import in_parts
from .projections import projected
from .report import GradcheckError, GradcheckReport, fail
from .target import Run, Target, labelled
from .trace import index

Array = np.ndarray[Any, Any]

LARGEST = 40_000_000  # entries of a Jacobian; some ten arrays of that size are needed at once, 3 GB


def gradcheck(
    fn: Callable[..., Any], inputs: Tensor | Array | Sequence[Any], *, eps: float | None = None,
    atol: float | None = None, rtol: float | None = None, mode: str = "full", projections: int = 3, seed: int = 0,
) -> GradcheckReport:  # fmt: skip
    """Compare the gradients of `fn(*inputs)` with finite differences; name the operation whose rule is wrong.

    fn is given copies: `inputs` and their `.grad` stay as they were. An entry of the Jacobian passes if gradient and
    difference are no further apart than atol + rtol · |entry| + the rounding error of the difference, which is
    measured. In mode "full", with no tolerance given and where every operation's formula holds for complex numbers, the
    Jacobian is compared again by complex steps, to nine digits.

    On a kink every gradient between the two one-sided slopes is right. Where a kink or rounding leaves an entry
    undecided, every step of the function is checked by itself; a gradient made of right steps is right.

    In float32 and float16 every operation and every rule is compared with itself in float64, within what rounding
    explains. The differences are taken in float64 if the function computes in it when its inputs are float64; else in
    its own precision, with longer steps. Of complex inputs and outputs the real and imaginary parts are checked, as two
    entries of a further axis.

    Arguments:
        fn: a function of the inputs that returns a Tensor, or sequences and dicts of Tensors.
        inputs: a Tensor, an array or a sequence. Floating Tensors that require a gradient are checked, or, if there is
            none, floating arrays; everything else (integers, constants, plain objects) is passed on.
        eps: the first step, in units of max(1, |x|); None is 1e-6 in float64, else the cube root of the rounding unit.
            The step shrinks where the stencil crosses a kink, and other steps are tried where entries disagree.
        atol: None is 1e-8 of the largest slope in the entry's row or column (the smaller of the two), between that
            input and that output.
        rtol: None is 1e-6.
        mode: "full" compares every entry of the Jacobian, "projected" compares uᵀJv for random cotangents u and random
            directions v, one for each input: a whole net in seconds.
        projections: how many random cotangents mode "projected" takes.
        seed: of all random numbers.
    Returns:
        A GradcheckReport, which is true.
    Raises:
        GradcheckError: for entries that differ, with the first wrong operation, its layer, line and argument, and a
            diagnosis; for a gradient that does not arrive because part of the function is computed outside the tape;
            for a nan made of 0 · inf, as where(v > 0, log(v), 0) gives at 0, with what to write instead; for results
            that differ from run to run; for inputs changed in place; for a rule that is not linear in g, writes into an
            array that it did not make, returns a wrong shape or dtype, or gives another gradient with create_graph than
            without.
        ValueError: if no input requires a gradient, if fn returns nothing to compare or nothing finite, for an unknown
            mode or an option out of range, and in mode "full" if the Jacobian has more than forty million entries.
        TypeError: if fn is no function, or inputs neither a Tensor, nor an array, nor a sequence.
    Source: the report, section 3.1.1, Numerical Verification.

    Example:
        >>> w = np.array([[0.5, 1.0], [2.0, 3.0]])
        >>> ag.gradcheck(lambda w: ag.tanh(w @ w).sum(), w)
        <gradcheck passed: 4 entries, worst error ...>
    """
    options = Options("gradcheck", eps, atol, rtol, mode, projections, seed)
    return _check(*in_parts(fn, listed("gradcheck", fn, inputs)), options)


def gradgradcheck(
    fn: Callable[..., Any], inputs: Tensor | Array | Sequence[Any], *, eps: float | None = None,
    atol: float | None = None, rtol: float | None = None, mode: str = "full", projections: int = 3, seed: int = 0,
) -> GradcheckReport:  # fmt: skip
    """Compare the second derivatives of `fn(*inputs)` with finite differences: `gradcheck` of its gradients.

    The gradients are checked as functions of the inputs and of the cotangents g, random numbers for every output. Where
    every rule is right but the derivative of one is not, the error names that rule.

    Arguments:
        fn, inputs, eps, atol, rtol, mode, projections, seed: as in `gradcheck`.
    Returns:
        A GradcheckReport, which is true.
    Raises:
        GradcheckError, ValueError, TypeError: as `gradcheck`.

    Example:
        >>> bool(ag.gradgradcheck(lambda x: (x ** 3).sum(), Tensor([1.0, 2.0], requires_grad=True)))
        True
    """
    options = Options("gradgradcheck", eps, atol, rtol, mode, projections, seed)
    fn, given = in_parts(fn, listed("gradgradcheck", fn, inputs))
    first = _target("gradgradcheck", fn, given)
    outputs = first.run().outputs
    rng = np.random.default_rng(seed)
    cotangents = [
        Tensor(rng.standard_normal(y.shape).astype(y.dtype), requires_grad=True, name=f"g{k}" if k else "g")
        for k, y in enumerate(outputs)
        if y.requires_grad
    ]
    if not cotangents:
        return _check(fn, given, replace(options, name="gradcheck"))

    def gradients(*xs: Any) -> Any:
        wanted = [xs[i] for i in first.checked]
        result = fn(*xs[: len(given)])
        reached = [y for _, y in labelled(result) if isinstance(y, Tensor) and y.requires_grad]
        found = grad(reached, wanted, list(xs[len(given) :]), create_graph=True, allow_unused=True)
        return [Tensor(np.zeros(x.shape, x.dtype)) if g is None else g for x, g in zip(wanted, found, strict=True)]

    try:
        return _check(gradients, [*given, *cotangents], options)
    except (GradcheckError, TypeError, ValueError, RuntimeError) as error:
        if isinstance(error, GradcheckError) and error.argument is not None:
            raise
        with np.errstate(all="ignore"):
            run = first.run(lines=True)
            fault = trapped(run, None, seed) or wrong_rules(run.trace, _tolerance(options), seed)
        if fault is None:
            raise
        raise GradcheckError(f"{_first_lines(error)}\n{fault}", fault) from None


def _first_lines(error: Exception) -> str:
    """An error's message without the lines on a step, which here is a step of the gradient."""
    text = str(error).split("\nto blame")[0].split("\nevery step")[0]
    return text if text.startswith("gradgradcheck") else f"gradgradcheck: {text}"


def _target(name: str, fn: Callable[..., Any], inputs: Sequence[Any]) -> Target:
    target = Target(name, fn, inputs)
    if not target.checked:
        kinds = [
            f"input {i} is {x.dtype}" for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.dtype.kind != "f"
        ]
        raise ValueError(
            f"{name}: no input requires a gradient, so there is nothing to check"
            + (
                f"; {', '.join(kinds)}, and only floating Tensors can"
                if kinds
                else "; give arrays of floating numbers, or Tensors with requires_grad=True"
            )
        )
    return target


def _tolerance(options: Options) -> Tolerance:
    return Tolerance(options.atol, RTOL if options.rtol is None else options.rtol)


def _check(fn: Callable[..., Any], inputs: Any, options: Options) -> GradcheckReport:
    with np.errstate(all="ignore"):  # nan and inf are looked for where they matter
        return _checked(fn, inputs, options)


def _checked(fn: Callable[..., Any], inputs: Any, options: Options) -> GradcheckReport:
    name, eps, mode, seed = options.name, options.eps, options.mode, options.seed
    started = time.perf_counter()
    target = _target(name, fn, listed(name, fn, inputs))
    tolerance = _tolerance(options)
    run = first_run(target, seed)
    if any(array.dtype != np.float64 for array in target.point):
        wide = target.with_dtype(np.float64)
        other = wide.run(lines=True)
        if precision(other) < 1e-10:
            target, run = wide, other
    h = eps if eps is not None else eps_for(run)
    differences = Differences(target, run, h, seed)
    if mode == "full":
        entries = run.vector.size * sum(leaf.size for leaf in run.leaves)
        if entries > LARGEST:
            raise ValueError(
                f"{name}: the Jacobian has {run.vector.size:,} × {entries // run.vector.size:,} entries; above "
                f'{LARGEST:,} use mode="projected"'
            )
        analytic = jacobian(run)
        done = full(run, differences, analytic, tolerance)
        if done.wrong is None and precision(run) < 1e-10 and (eps, options.atol, options.rtol) == (None,) * 3:
            sharpened(run, differences, analytic, done)
        if done.wrong is None:
            _consistent(target, run, analytic, seed)
    else:
        done = projected(run, differences, tolerance, options.projections, seed)
    unsettled: list[str] = []
    if done.wrong is not None or done.doubtful:
        unsettled = _check_steps(target, run, done, tolerance, h, seed)
    if not same(run.vector, target.run().vector):
        calls = f"after {differences.evaluations} calls it gives another result"
        fail(f"{name}: fn is not deterministic: {calls}\n{ADVICE}", None)
    return GradcheckReport(
        entries=done.entries,
        worst_error=done.worst,
        worst_relative=done.worst_relative,
        eps=h,
        mode=mode,
        kinks=done.kinks,
        by_steps=done.doubtful,
        unsettled=tuple(unsettled),
        steps=len(run.trace.steps),
        evaluations=differences.evaluations,
        seconds=time.perf_counter() - started,
        inputs=tuple(leaf.size for leaf in run.leaves),
    )


def _consistent(target: Target, run: Run, analytic: Any, seed: int) -> None:
    """Raise unless a random combination of the outputs has the same combination of the Jacobian's rows as gradient."""
    u = np.random.default_rng(seed).standard_normal(run.vector.size)
    found = run.gradient(u)
    apart, size = np.abs(found - u @ analytic), np.abs(u) @ np.abs(analytic) + np.abs(found).max(initial=0)
    off = apart > 1e3 * precision(run) * size
    if off.any():
        noise = run.gradient_noise(u, np.random.default_rng(seed))
        off &= apart > (1e-6 * size if noise is None else 30 * noise)
    if off.any():
        fail(
            f"{target.name}: the gradient is not linear in the cotangent: Σ u · rows of the Jacobian and the gradient "
            f"of Σ u · outputs differ by {apart[off].max():.3g}",
            None,
        )


# ── entries that are undecided or wrong ───────────────────────────────────────────────────────────────────────────────


def _check_steps(target: Target, run: Run, done: Comparison, tolerance: Tolerance, eps: float, seed: int) -> list[str]:
    """Check every step by itself, and what bypasses the tape; raise if any of that, or the comparison, is wrong.

    Returns the steps that rounding leaves undecided.
    """
    unsettled: list[str] = []
    faults = wrong_steps(run.trace, tolerance, seed, every=True, unsettled=unsettled)
    path = None if faults else hidden_path(target, run, eps, seed)
    met = None if done.wrong is None else trapped(run, done.wrong, seed)
    if met is not None and all(fault.step.node is not met.step.node for fault in faults):  # its rule is right
        faults.insert(0, met)
    if done.wrong is not None or faults or path is not None:
        if faults:
            faults[0].also = len(faults) - 1
        fail(_summary(target, run, done), faults[0] if faults else path, done.wrong, unsettled)
    return unsettled


def _summary(target: Target, run: Run, done: Comparison) -> str:
    m = done.wrong
    if m is None:
        entries = "an entry" if done.doubtful == 1 else f"{done.doubtful} entries"
        return f"{target.name}: no difference settles {entries}, and a step on the way is wrong"
    output, leaf = run.outputs[m.output], run.leaves[m.input]
    what = f"∂{run.labels[m.output]}/∂{target.called(m.input)}"
    if run.gradients(np.ones(run.vector.size))[m.input] is None:
        found = f"no gradient arrives at {target.called(m.input)}, yet {run.labels[m.output]} moves with it"
    elif done.jacobian is None:
        found = f"a projection of {what} differs"
    else:
        found = f"{max(done.differing, 1)} of {done.entries} entries of {what} differ"
    entry = f"∂output{index(m.row, output.shape)}/∂input{index(m.column, leaf.shape)}"
    size = f"ε = {m.eps:.2g}, allowed {m.allowed:.2g}"
    return f"{target.name}: {found}\nthe worst is {entry}: {numbers(m)} ({size})"
