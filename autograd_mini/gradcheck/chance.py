"""Another result each time: which step does not repeat itself, and where its random numbers come from."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..observe.snapshot import same
from .localize import Fault
from .trace import Trace

ADVICE = (
    "draw random numbers from a generator that is made inside fn, np.random.default_rng(0), or in a module from one "
    "that it holds as an attribute: nn.gradcheck puts those back before every run"
)


def generators() -> dict[str, Any]:
    """The states of the generators that belong to nobody, by what they are called."""
    import random

    return {
        "np.random": np.random.get_state(),  # noqa: NPY002 (to see whether others draw from it)
        "the module random": random.getstate(),
    }


def origin(before: dict[str, Any]) -> str:
    """Where random numbers came from since then, if it is known, and what to do."""
    moved = [name for name, state in generators().items() if not same(state, before[name])]
    return f"it draws from {' and '.join(moved)}, shared by all and never put back: {ADVICE}" if moved else ADVICE


def restless_step(one: Trace, two: Trace) -> Fault | None:
    """The first step of two runs at the same point that does not repeat itself."""
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
