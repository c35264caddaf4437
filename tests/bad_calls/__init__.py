"""Bad calls: what users of NumPy and PyTorch would get wrong, and the exact error of each.

A room holds CALLS: {what is called: {how it is called badly: the call}}. The golden file holds the errors, and reads
from top to bottom as documentation; `python -m tests.bad_calls --write` writes it anew.
"""

from pathlib import Path

from . import (
    arithmetic,
    checks,
    from_numpy,
    images,
    layers,
    lines,
    looking,
    modules,
    own,
    passes,
    reductions,
    shapes,
    tensors,
    training,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "messages.txt"
ROOMS = (
    tensors, arithmetic, reductions, shapes, lines, from_numpy, images, passes, own, checks, modules, layers,
    training, looking,
)  # fmt: skip


def rows():
    """Every row once: (what is called, how, the call), all of one function together."""
    found = {}
    for room in ROOMS:
        for called, ways in room.CALLS.items():
            there = found.setdefault(called, {})
            assert not there.keys() & ways.keys(), called
            there |= ways
    return [(called, how, call) for called, ways in found.items() for how, call in ways.items()]


ROWS = rows()
