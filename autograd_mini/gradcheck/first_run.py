"""The first runs of a function under check: what must hold before any number is compared."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..observe.snapshot import same
from .chance import generators, origin, restless_step
from .compare import RTOL, Tolerance
from .localize import Fault, culprit_of_change, wrong_steps
from .low_precision import check_low_precision
from .report import fail
from .rule_properties import RuleError, check_recorded, check_rule_properties
from .target import Run, Target
from .trace import index


def first_run(target: Target, seed: int) -> Run:
    """Run the function twice and every rule a few times, and give the first run.

    Raises ValueError if there is nothing to compare, or something is not finite; GradcheckError if results differ, if
    inputs were changed, or if a rule lacks a property of every rule.
    """
    name, before = target.name, target.arrays()
    run = target.run(lines=True)
    if not run.outputs:
        raise ValueError(f"{name}: fn returned no floating Tensor to compare; was the graph lost on the way?")
    if (changed := target.changed(run, before)) is not None:
        fail(f"{name}: fn changes input {changed} in place", culprit_of_change(target.with_arrays(before), before))
    for label, output in zip(run.labels, run.outputs, strict=True):
        if not np.isfinite(output.numpy()).all():
            bad = index(int(np.argmin(np.isfinite(output.numpy()))), output.shape)
            raise ValueError(f"{name}: {label}{bad} is not finite at the given inputs, so it has no slope there")
    drawn = generators()
    again = target.run(lines=True)
    if run.vector.size != again.vector.size or not same(run.vector, again.vector):
        off = _largest(run.vector, again.vector)
        fail(
            f"{name}: fn is not deterministic: the same inputs gave results that differ by {off:.3g}\n{origin(drawn)}",
            restless_step(run.trace, again.trace),
        )
    try:
        check_rule_properties(run.trace, seed)
        check_recorded(run.trace, seed)
        check_low_precision(run.trace, seed)
    except RuleError as error:
        fail(f"{name}: a rule misbehaves: {error}", Fault(error.step, error.argument, None, str(error)))
    u = np.random.default_rng(seed).standard_normal(run.vector.size)
    try:
        one, two = run.gradients(u), run.gradients(u)
    except (ValueError, TypeError) as error:
        fail(
            f"{name}: the backward pass fails: {error}",
            next(iter(wrong_steps(run.trace, Tolerance(None, RTOL), seed)), None),
        )
    for i, (a, b) in enumerate(zip(one, two, strict=True)):
        if not same(a, b):
            fail(f"{name}: the gradient of {target.called(i)} differs from one backward pass to the next", None)
    return run


def _largest(a: Any, b: Any) -> float:
    """The largest difference of two vectors; nan if their lengths differ."""
    return float(np.abs(a - b).max(initial=0)) if a.size == b.size else float("nan")
