"""The same seed gives the same bits: in two processes, in any order of importing.

It does not hold across numbers of threads, kernels (NumPy's or compiled, Winograd's algorithm or none), versions of
NumPy, its BLAS and Numba, or processors: sums are then taken in another order. Each is compared with itself only.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np

from .child import python
from .promise import AREAS, Outcome, promise

IMPORTS = ("autograd_mini", "nn", "vis", "numpy", "PIL.Image", "torch", "threadpoolctl", "safetensors.numpy", "tqdm")
SETTINGS = [*itertools.product((False, True), (False, True), (1, 2))]  # compiled, Winograd's algorithm, threads
KINDS = 2 * len(SETTINGS)  # of runs: each setting with two seeds
ROUND = 3 * KINDS  # runs in one process, at most


@promise(AREAS[4], "The same seed and number of threads give the same bits, whatever ran or was imported before",
         short=8, long=1_920)  # fmt: skip
def same_bits(cases: int, seed: int) -> Outcome:
    """Runs of training, in processes that differ in what must not matter; each compared with the first of its kind."""
    rng = np.random.default_rng(seed)
    outcome, first = Outcome(), dict[str, str]()
    each = min(ROUND, -(-cases // 2))  # so that there are two processes at least
    while outcome.cases < cases:
        order = [str(name) for name in rng.permutation(IMPORTS)]
        if outcome.cases == 0:
            order.remove("torch")
        hashes, runs = str(rng.integers(2**32)), [int(i) % KINDS for i in rng.permutation(each)]
        how = f"PYTHONHASHSEED={hashes}, imports {','.join(order)}, runs {runs}"
        found = told(order, runs, hashes)
        if isinstance(found, str):
            outcome.failures.append(f"{how}: {found}")
            break
        for key, digest in found:
            if first.setdefault(key, digest) != digest:
                outcome.failures.append(f"{how}: {key} gives {digest:.12}, another process {first[key]:.12}")
        outcome.cases += len(found)
    outcome.measured = f"1 and 2 threads agree in {agreeing(first, 2)}, NumPy and compiled in {agreeing(first, 0)}"
    return outcome


def told(order: list[str], runs: list[int], hashes: str) -> list[tuple[str, str]] | str:
    """What a process that imports in this order tells of its runs: setting and digest; or its error."""
    program = f"import {', '.join(order)}\nfrom tests.reliability.sameness import tell\ntell({runs})"
    done = python(program, PYTHONHASHSEED=hashes)
    if done.returncode:
        return " / ".join(done.stderr.splitlines()[-5:])
    return [(key, digest) for key, digest in json.loads(done.stdout.splitlines()[-1])]


def tell(runs: list[int]) -> None:
    """Train and print, in that process: each run after all that the ones before it have left."""
    import autograd_mini as ag

    from .training import BareTraining, trained

    lines = []
    for run in runs:
        (compiled, winograd, threads), seed = SETTINGS[run % len(SETTINGS)], run // len(SETTINGS)
        ag.set_compiled(compiled)
        ag.set_winograd(winograd)
        ag.set_num_threads(threads)
        digests = f"{trained(seed)} {trained(seed, 3, BareTraining)}"
        lines.append((json.dumps([compiled, winograd, threads, seed]), digests))
    print(json.dumps(lines))


def agreeing(first: dict[str, str], which: int) -> str:
    """How many runs give the same bits when only one setting differs."""
    groups: dict[Any, list[str]] = {}
    for key, digest in first.items():
        setting = json.loads(key)
        groups.setdefault(tuple(setting[:which] + setting[which + 1 :]), []).append(digest)
    pairs = [group for group in groups.values() if len(group) == 2]
    return f"{sum(a == b for a, b in pairs)} of {len(pairs)}"
