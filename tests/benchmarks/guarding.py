"""What the mutation check costs: epochs of the digits example, and one small operation, with it and without in turn.

python -m tests.benchmarks.guarding [--rounds 9] prints medians and their ratio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

import numpy as np

import autograd_mini as ag
import nn
from examples.digits import digits_net, load_digits

from .machine import cores, warnings
from .quiet import Watch


def epoch() -> Callable[[], None]:
    """One epoch over the 4,000 training digits, always the same."""
    training, _ = load_digits(4000, 0)

    def run() -> None:
        model = digits_net(np.random.default_rng(0))
        learner = nn.Learner(model, nn.cross_entropy, nn.Adam(model.parameters(), lr=1e-3))
        learner.fit(training, epochs=1, batch_size=32, progress=False)

    return run


def small() -> None:
    """2,000 products of 8 × 8 numbers, recorded."""
    y = ag.Tensor(np.ones((8, 8)), requires_grad=True)
    for _ in range(2000):
        y = y * 1.0001


def compared(run: Callable[[], None], rounds: int) -> dict[bool, float]:
    """The median seconds with the check and without, taken in turn after one round for warming up."""
    found: dict[bool, list[float]] = {True: [], False: []}
    before = ag.is_guarded()
    try:
        for turn in range(rounds + 1):
            for on in (True, False) if turn % 2 else (False, True):
                ag.set_guarded(on)
                begun = time.perf_counter()
                run()
                if turn:
                    found[on].append(time.perf_counter() - begun)
    finally:
        ag.set_guarded(before)
    return {on: statistics.median(seconds) for on, seconds in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.guarding", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    for sentence in warnings(os.environ, cores()):
        print(f"!!! WARNING: {sentence}")
    watch = Watch([])
    for name, run, times in (("an epoch of digits", epoch(), 1), ("a small operation", small, 2000)):
        found = compared(run, rounds)
        with_it, without = (1e6 * found[on] / times for on in (True, False))
        print(f"{name}: {with_it:,.2f} µs checked, {without:,.2f} µs not ({with_it / without - 1:+.1%})")
    watch.warn()


if __name__ == "__main__":
    main()
