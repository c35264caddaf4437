"""Functions that are not deterministic: which step differs from run to run, and where random numbers come from."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..observe.snapshot import same
from .localize import Fault
from .trace import Trace

ADVICE = (
    "draw random numbers from a generator that is made inside fn, np.random.default_rng(0), or in a module from one "
    "that it holds as an attribute: nn.gradcheck puts those back before every run. Without chance, in evaluation mode, "
    "a net is checked inside `with net.evaluating():`"
)


def generators() -> dict[str, Any]:
    """The states of the generators that all code in the process shares, by name."""
    import random

    return {
        "np.random": np.random.get_state(),  # noqa: NPY002 (to see whether others draw from it)
        "the module random": random.getstate(),
    }


def origin(before: dict[str, Any]) -> str:
    """Which shared generators were drawn from since `before`, if any, and what to do instead."""
    moved = [name for name, state in generators().items() if not same(state, before[name])]
    return f"it draws from {' and '.join(moved)}, shared by all and never put back: {ADVICE}" if moved else ADVICE


def restless_step(one: Trace, two: Trace) -> Fault | None:
    """The first step that differs between two runs at the same point; None if none does."""
    for a, b in zip(one.steps, two.steps, strict=False):
        if a.op.name != b.op.name:
            return None
        for i in range(min(len(a.arrays), len(b.arrays))):
            if not same(a.arrays[i], b.arrays[i]):
                words = f"its argument {a.argument(i)!r} differs from run to run: random numbers (dropout in training)?"
                return Fault(a, None, None, words)
        if not same(a.params, b.params):
            return Fault(a, None, None, "its parameters differ from run to run")
        if not same(a.out, b.out):
            return Fault(a, None, None, "the same arguments give another result each time")
    return None
