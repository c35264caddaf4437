"""Effects: what calls change beside giving results (generators, running statistics), and how that is undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from ..core.observer import expose
from ..core.tensor import Tensor
from .calls import Call, flat


def generators_of(call: Call) -> list[np.random.Generator]:
    """The generators that a call's parameters hold."""
    return [one for value in call.params.values() for one in flat(value) if isinstance(one, np.random.Generator)]


@contextmanager
def effects_undone(calls: Sequence[Call]) -> Iterator[None]:
    """Restore after the block what these calls have effects on."""
    generators = [(rng, rng.bit_generator.state) for call in calls for rng in generators_of(call)]
    touched = [held for call in calls if call.effect for value in call.params.values() for held in flat(value)]
    tensors = [(tensor, tensor._array.copy()) for tensor in touched if isinstance(tensor, Tensor)]
    try:
        yield
    finally:
        for rng, state in generators:
            rng.bit_generator.state = state
        for tensor, array in tensors:
            expose(tensor, writing=True)[...] = array
