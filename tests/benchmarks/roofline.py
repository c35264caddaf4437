"""How fast matrix products and copies are here, and how much of them a training step asks for by definition."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_mini as ag
import nn
from autograd_mini.kernels.parallel import each

COPIED = 1 << 24  # numbers: more than caches hold


def best(run: Callable[[], object]) -> float:
    """The least seconds of runs for a second, and of seven, so that a busy machine shows what it can for a moment."""
    least, runs, end = float("inf"), 0, time.perf_counter() + 1
    while runs < 7 or time.perf_counter() < end:
        started = time.perf_counter()
        run()
        least, runs = min(least, time.perf_counter() - started), runs + 1
    return least


def limits(size: int) -> dict[str, float]:
    """Operations a second of a float32 product of (size, size), and bytes a second that copying reads and writes."""
    a, b = (np.ones((size, size), np.float32) for _ in range(2))
    source, target = np.ones(COPIED, np.float32), np.zeros(COPIED, np.float32)

    def copy(start: int, stop: int) -> None:
        target[start:stop] = source[start:stop]

    copying = best(lambda: each(copy, COPIED, COPIED))
    return {"products": 2 * size**3 / best(lambda: a @ b), "copies": 2 * source.nbytes / copying}


def cost(work: Any) -> dict[str, float]:
    """A training step's operations, and the bytes of what it saves, of parameters, their gradients and velocities.

    Operations are two a multiply-add, and three times those of the forward pass: each product has two gradients.
    """
    model = work.model
    program = ag.trace(lambda x: nn.cross_entropy(model.net(x), model.labels), model.x)
    parameters = sum(parameter.numpy().nbytes for parameter in model.net.parameters())
    return {"operations": 6.0 * program.multiply_adds, "bytes": float(program.saved_bytes + 3 * parameters)}
