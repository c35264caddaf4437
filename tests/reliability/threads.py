"""Threads of the user's own: nets trained at once, switches and watches apart, shared leaves and graphs."""

from __future__ import annotations

import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor, enable_grad, is_grad_enabled, no_grad
from tests.internals import FRESH, ancestors, here

from .promise import Outcome
from .training import BareTraining, ConvTraining, trained

THREADS = 4


def threads_alone(cases: int, seed: int) -> Outcome:
    """Rounds of four threads, of each kind in turn."""
    kinds = (nets_apart, watches_apart, shared_leaves, one_graph, products_apart)
    outcome = Outcome()
    with switching_often(), tracing():
        for i in range(cases):
            kind = kinds[i % len(kinds)]
            wrong = kind(seed + i)
            outcome.failures += [f"{kind.__name__}({seed + i}): {problem}" for problem in wrong]
            outcome.cases += 1
    return outcome


@contextmanager
def switching_often() -> Iterator[None]:
    """The interpreter goes from thread to thread every few steps, so that what can meet does."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@contextmanager
def tracing() -> Iterator[None]:
    """tracemalloc runs already: beginning and ending it beside threads that compute crashes CPython before 3.13.2."""
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def together(work: Callable[[int], Any]) -> list[Any]:
    """What work(0), work(1), … give in threads that begin at once: results, or the errors they raised."""
    results: list[Any] = [None] * THREADS
    start = threading.Barrier(THREADS)

    def run(i: int) -> None:
        start.wait()
        try:
            results[i] = work(i)
        except Exception as error:
            results[i] = error

    threads = [threading.Thread(target=run, args=(i,)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def nets_apart(seed: int) -> list[str]:
    """Four nets trained at once become, bit for bit, what each becomes alone."""
    kinds = (ConvTraining, ConvTraining, BareTraining, ConvTraining)
    alone = [trained(seed + i, 3, kinds[i]) for i in range(THREADS)]
    found = together(lambda i: trained(seed + i, 3, kinds[i]))
    return [
        f"net {i} became {other!r:.80}, alone {one!r:.12}"
        for i, (one, other) in enumerate(zip(alone, found, strict=True))
        if one != other
    ]


def products_apart(seed: int) -> list[str]:
    """Stacks of matrices multiplied beside threads that convolve are, bit for bit, what they are alone."""
    rng = np.random.default_rng(seed)
    a, b = (Tensor(rng.standard_normal(shape)) for shape in ((2, 244, 1672), (2, 1672, 29)))
    x, w = (rng.standard_normal(shape).astype(np.float32) for shape in ((8, 16, 32, 32), (16, 16, 3, 3)))
    alone = ag.matmul(a, b).numpy()
    done = threading.Event()

    def work(i: int) -> list[str]:
        if i:
            while not done.is_set():
                ag.conv2d(x, w, padding=1)
            return []
        try:
            differ = sum(not np.array_equal(ag.matmul(a, b).numpy(), alone) for _ in range(10))
        finally:
            done.set()
        return [f"{differ} of 10 products differ"] if differ else []

    return [problem for problems in together(work) for problem in said(problems)]


def watches_apart(seed: int) -> list[str]:
    """Recording on and off, names, profiles and memory watches of one thread are not seen in another."""
    rng = np.random.default_rng(seed)
    depths = rng.integers(1, 6, THREADS)

    def work(i: int) -> list[str]:
        wrong = []
        net = ConvTraining(i, size=8, channels=4)
        for _ in range(4):
            with no_grad() if i % 2 else enable_grad(), ag.profile() as profile, ag.memory_usage() as usage:
                if is_grad_enabled() == bool(i % 2):
                    wrong.append("recording was switched by another")
                x = Tensor(np.full(i + 2, 2.0), requires_grad=True)
                recorded = int(depths[i])
                for _ in range(recorded):
                    with enable_grad():
                        x = x * 2
                    if is_grad_enabled() == bool(i % 2):
                        wrong.append("recording was left switched")
            for what, rows in (("profile", profile.rows), ("memory watch", usage.rows)):
                if [row.shape for row in rows] != [(i + 2,)] * recorded:
                    wrong.append(f"the {what} saw {len(rows)} operations, not {recorded}")
            out = net.model(Tensor(net.data.values))
            names = {node.name for node in ancestors(out.node) if node.op is not None and node.op.name == "conv2d"}
            if names != {"0", "3"} and names != {"2", "4"}:
                wrong.append(f"convolutions were called {names}")
        if here() != FRESH:
            wrong.append("something was left switched")
        return wrong

    return [f"thread {i}: {problem}" for i, problems in enumerate(together(work)) for problem in said(problems)]


def shared_leaves(seed: int) -> list[str]:
    """Backward passes at once over graphs that share leaves lose no gradient. Integers: sums are exact in any order."""
    rng = np.random.default_rng(seed)
    leaves = [Tensor(rng.integers(-4, 5, (3, 4)).astype(float), requires_grad=True) for _ in range(3)]
    passes = 25
    factors = rng.integers(1, 9, (THREADS, passes, len(leaves))).astype(float)

    def work(i: int) -> list[str]:
        for number in range(passes):
            sum((leaf * factor).sum() for leaf, factor in zip(leaves, factors[i, number], strict=True)).backward()
        return []

    wrong = [problem for problems in together(work) for problem in said(problems)]
    for leaf, total in zip(leaves, factors.sum((0, 1)), strict=True):
        if leaf.grad is None or not np.array_equal(leaf.grad.numpy(), np.full((3, 4), total)):
            wrong.append(f"a gradient of {total} came to {None if leaf.grad is None else leaf.grad.numpy()[0, 0]}")
    return wrong


def one_graph(seed: int) -> list[str]:
    """One graph differentiated by all threads at once: each gets the right gradient or an error; kept, all get it."""
    rng = np.random.default_rng(seed)
    x = Tensor(rng.integers(-3, 4, (4, 4)).astype(float), requires_grad=True)
    retained = bool(rng.integers(2))

    def build() -> Any:
        y = x
        for factor in rng.integers(1, 4, 12).tolist():
            y = y * factor if factor < 3 else y @ np.eye(4)[::-1] - y * y.detach().numpy().clip(-1, 1)
        return (y * y).sum()

    loss = build()
    right = ag.grad(loss, x, retain_graph=True).numpy()
    found = together(lambda i: ag.grad(loss, x, retain_graph=retained).numpy())
    wrong = []
    for g in found:
        if isinstance(g, RuntimeError) and not retained and "was freed" in str(g):
            continue
        if not isinstance(g, np.ndarray) or not np.array_equal(g, right):
            wrong.append(f"a backward pass {'over a kept graph ' if retained else ''}gave {g!r:.200}")
    return wrong


def said(result: Any) -> list[str]:
    """The problems a thread returned, or the error that ended it."""
    return result if isinstance(result, list) else [repr(result)]
