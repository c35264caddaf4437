"""Long runs and many threads: memory, collected graphs, long chains, workers, interruptions."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_mini as ag
import nn
from autograd_mini import Tensor, grad, no_grad
from tests.benchmarks.machine import resident
from tests.internals import Node

from .freed import freed_by_count
from .interruptions import interrupted_anywhere
from .promise import AREAS, Outcome, promise
from .threads import threads_alone
from .training import BareTraining, ConvTraining
from .workers import workers

# ── memory through training ───────────────────────────────────────────────────────────────────────────────────────────

SAMPLES = 100
DRIFT = 64 << 10  # bytes that the fitted line may rise over the run beyond its own noise: pages touched late
SETTLED = 2000  # steps that Python takes to fill its own caches; before them resident memory says nothing
STRANGERS = 8  # objects of other packages that may appear late: the second thread of a pool
ARRAYS = np.lib.tracemalloc_domain
OURS = ("autograd_mini.", "nn.", "tests.", "numpy.", "builtins.traceback", "builtins.frame")


@promise(AREAS[3], "Training for tens of thousands of steps leaves memory flat and no object behind",
         short=600, long=40_000, apart={})  # fmt: skip
def steady_memory(cases: int, seed: int) -> Outcome:
    """Half of the steps by each kind of training, without the garbage collector."""
    gc.disable()
    outcome = Outcome()
    told = []
    for training in (Evaluated(seed), BareTraining(seed)):
        steps = -(-cases // 2)
        slope, error, problems = growth(training.step, steps)
        name = type(training).__name__
        outcome.cases += steps
        outcome.failures += [f"{name}, seed {seed}, {steps} steps: {problem}" for problem in problems]
        told.append(f"{name} {slope:+.2f} ± {error:.2f}")
    outcome.measured = f"RSS slope in bytes a step: {', '.join(told)}"
    return outcome


class Evaluated(ConvTraining):
    """Small steps; some with a batch whose arrays are kept to be used again, some followed by an evaluation."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, size=8, channels=8)
        self.steps = 0

    def step(self) -> float:
        """One update."""
        self.steps += 1
        self.batch = 600 if self.steps % 50 == 0 else 8 - self.steps % 3
        loss = super().step()
        if self.steps % 20 == 0:
            with no_grad(), self.model.evaluating():
                self.model(Tensor(self.data.values)).numpy()
        return loss


def growth(step: Callable[[], Any], steps: int) -> tuple[float, float, list[str]]:
    """The slope of resident memory in bytes a step, its standard error, and what grew: in sentences.

    The first third warms up. Then resident memory is sampled and a line fitted; live objects are counted by type at the
    beginning and the end of that; and so are, over 100 more steps, the bytes of all arrays.
    """
    warm, every = steps // 3, max(1, steps * 2 // 3 // SAMPLES)
    at, held, circles = [0.0] * 0, [0.0] * 0, 0
    for i in range(steps):
        step()
        if i == warm // 2:
            gc.collect()
            gc.freeze()  # what is there by now need not be looked at each time
            live()  # the first time it leaves marks of its own
        if i == warm:
            before = live()
        elif i > warm and i % every == 0:
            circles += gc.collect()  # empties Python's own lists of dead tuples too, which would look like growth
            at.append(float(i))
            held.append(float(resident()))
    problems = [
        f"{n:+} objects of {kind}" for kind, n in (live() - before).items() if kind.startswith(OURS) or n > STRANGERS
    ]
    if circles:
        problems.append(f"only the garbage collector found {circles} objects")
    slope, error = line(np.array(at), np.array(held))
    rise, noise = slope * (steps - warm), 4 * error * (steps - warm)
    if steps >= SETTLED and rise > DRIFT + noise:
        problems.append(f"resident memory grows by {slope:.1f} ± {error:.1f} bytes a step")
    if added := arrays_added(step):
        problems.append(f"arrays hold {added:+,} bytes after 100 more steps")
    return slope, error, problems


def line(x: Any, y: Any) -> tuple[float, float]:
    """The slope of a line fitted to points, and its standard error."""
    x = x - x.mean()
    slope = float((x * y).sum() / (x * x).sum())
    rest = y - y.mean() - slope * x
    return slope, float(np.sqrt((rest * rest).sum() / (len(x) - 2) / (x * x).sum()))


def live() -> Counter[str]:
    """How many objects of each type there are that the garbage collector knows, cyclic rubbish included."""
    time.sleep(0.05)  # a worker may be about to drop its last share
    return Counter(f"{type(thing).__module__}.{type(thing).__qualname__}" for thing in gc.get_objects())


def arrays_added(step: Callable[[], Any]) -> int:
    """How many bytes more arrays hold after 100 steps than after 60 others before them."""
    tracemalloc.start()
    try:
        counts = []
        for steps in (60, 100):
            for _ in range(steps):
                step()
            time.sleep(0.05)
            ag.empty_cache()
            found = tracemalloc.take_snapshot().filter_traces([tracemalloc.DomainFilter(True, ARRAYS)])
            counts.append(sum(trace.size for trace in found.traces))
        return counts[1] - counts[0]
    finally:
        tracemalloc.stop()


# ── long chains ───────────────────────────────────────────────────────────────────────────────────────────────────────


promise(AREAS[3], "What is dropped is freed at once, by reference count alone",
        short=300, long=4_600)(freed_by_count)  # fmt: skip
promise(AREAS[3], "Threads do not see one another: the same bits as alone, no gradient lost or wrong",
        short=24, long=1_200)(threads_alone)  # fmt: skip


@promise(AREAS[3], "A graph may be as long as memory allows: built, differentiated and freed without recursion",
         short=50_000, long=1_000_000, apart={})  # fmt: skip
def long_chain(cases: int, seed: int) -> Outcome:
    """A chain, a fan and a shorter chain differentiated twice, and a net of many layers; recursion would end it."""
    outcome = Outcome()
    for shape in (straight, fanned, recorded, layered):
        done, wrong = shape(max(10, cases if shape is straight else cases // 10))
        outcome.cases += done
        outcome.failures += [f"{shape.__name__}: {wrong}"] if wrong else []
    gc.collect()
    if left := [thing for thing in gc.get_objects() if isinstance(thing, Node)]:
        outcome.failures.append(f"{len(left)} nodes are left")
    return outcome


def straight(steps: int) -> tuple[int, str]:
    """x + 1 − 1 + 1 …, times 3 at the end."""
    x = Tensor(np.zeros(1), requires_grad=True)
    y: Any = x
    for i in range(steps):
        y = y + 1.0 if i % 2 == 0 else y - 1.0
    (y * 3.0).backward()
    return steps, "" if x.grad is not None and x.grad.item() == 3 else f"the gradient is {x.grad}, not 3"


def fanned(steps: int) -> tuple[int, str]:
    """One leaf used so often, the sum taken along."""
    x = Tensor(np.ones(1), requires_grad=True)
    total: Any = x * 1.0
    for _ in range(steps - 1):
        total = total + x * 1.0
    total.backward()
    return 2 * steps, "" if x.grad is not None and x.grad.item() == steps else f"the gradient is {x.grad}, not {steps}"


def recorded(steps: int) -> tuple[int, str]:
    """x² · ½ · 2 · ½ …: the first and the second derivative, the backward pass itself being recorded."""
    x = Tensor(np.full(1, 3.0), requires_grad=True)
    y = x * x
    for i in range(steps - steps % 2):
        y = y * (0.5 if i % 2 == 0 else 2.0)
    first = grad(y, x, create_graph=True)
    second = grad(first, x)
    return 2 * steps, "" if (first.item(), second.item()) == (6, 2) else f"the derivatives are {first}, {second}"


def layered(steps: int) -> tuple[int, str]:
    """A Sequential of so many layers, 2,000 at most, each of the identity."""
    layers = min(steps, 2000)
    net = nn.Sequential(
        *(nn.Linear(2, 2, init=lambda shape, rng, dtype: np.eye(*shape, dtype=dtype)) for _ in range(layers))
    )
    x = Tensor(np.ones((1, 2)), requires_grad=True)
    net(x).sum().backward()
    right = (
        x.grad is not None
        and np.array_equal(x.grad.numpy(), [[1, 1]])
        and all(p.grad is not None for p in net.parameters())
    )
    return layers, "" if right else f"the gradient is {x.grad}"


promise(AREAS[3], "Worker processes, forked or spawned, give the bits of their parent and never hang",
        short=4, long=36, apart={})(workers)  # fmt: skip
promise(
    AREAS[3],
    "A signal at any moment, whose handler raises or computes, leaves a process that gives the same bits",
    short=36, long=1_500, apart={},
)(interrupted_anywhere)  # fmt: skip
