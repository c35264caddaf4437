"""Worker processes: forked, spawned or served, after the threads of the kernels were used, with models handed over."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor
from autograd_mini.kernels import parallel

from .promise import Outcome
from .training import ConvTraining, trained

PATIENCE = 300  # seconds: a hang, nothing else, takes them


def workers(cases: int, seed: int) -> Outcome:
    """Workers of every kind in turn."""
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)  # that is what is tried
    rng = np.random.default_rng(seed)
    methods = [name for name in ("fork", "spawn", "forkserver") if name in multiprocessing.get_all_start_methods()]
    every = [(method, kind) for method in methods for kind in KINDS]
    outcome = Outcome()
    for i in range(cases):
        method, kind = every[i % len(every)]
        number = int(rng.integers(1000))
        trained(number)  # the threads of the kernels have worked by then
        try:
            wrong = kind(multiprocessing.get_context(method), number)
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"
        outcome.tried(f"{kind.__name__} by {method}, seed {number}", wrong)
    return outcome


def in_process(context: Any, work: Callable[..., Any], *given: Any) -> Any:
    """What a worker's function returns, through a pool of one process."""
    with ProcessPoolExecutor(1, context) as pool:
        return pool.submit(work, *given).result(PATIENCE)


def beside_training(context: Any, number: int) -> str:
    """A worker begun while other threads train: whatever locks they hold just then, it trains too."""
    stop = threading.Event()

    def train() -> None:
        while not stop.is_set():
            trained(number + 1, 1)

    threads = [threading.Thread(target=train) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        found = [in_process(context, trained, number), *pooled(context, number)]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    return "" if set(found) == {trained(number)} else f"workers gave {found}, the parent {trained(number)}"


def pooled(context: Any, number: int) -> list[str]:
    """Two workers at once."""
    with context.Pool(2) as pool:
        found: list[str] = pool.starmap_async(trained, [(number,)] * 2).get(PATIENCE)
        return found


def handed_over(context: Any, number: int) -> str:
    """A model, pickled whole or as its state, evaluates and goes on training as in the parent."""
    training = ConvTraining(number)
    training.step()
    x = training.data.values[:4]
    with ag.no_grad(), training.model.evaluating():
        right = training.model(Tensor(x)).numpy()
    ways = {
        "a pickled model": in_process(context, evaluated, training.model, x),
        "a state": in_process(context, evaluated_from, training.model.state_dict(), x),
        "a copied model": evaluated(copy.deepcopy(training.model), x),
    }
    wrong = [way for way, found in ways.items() if not np.array_equal(found, right)]
    further = in_process(context, continued, training)
    if further != continued(training):
        wrong.append("training that goes on")
    return f"{', '.join(wrong)} gave other bits" if wrong else ""


def evaluated(model: Any, x: Any) -> Any:
    """A model's outputs in evaluation mode."""
    with ag.no_grad(), model.evaluating():
        return model(Tensor(x)).numpy()


def evaluated_from(state: dict[str, Any], x: Any) -> Any:
    """The outputs of a model with that state."""
    model = ConvTraining(0).model
    model.load_state_dict(state)
    return evaluated(model, x)


def continued(training: ConvTraining) -> bytes:
    """The bits after another step."""
    training.step()
    return b"".join(np.ascontiguousarray(array).tobytes() for array in training.arrays())


def passed_tensors(context: Any, number: int) -> str:
    """Tensors go there and back: a constant, a leaf with its gradient, and a recorded result with its graph."""
    rng = np.random.default_rng(number)
    leaf = Tensor(rng.standard_normal((3, 2)), requires_grad=True, name="leaf")
    (leaf * leaf).sum().backward()
    back = in_process(context, returned, leaf)
    wrong = []
    if not (back.requires_grad and back.is_leaf and back.name == "leaf" and np.array_equal(back.numpy(), leaf.numpy())):
        wrong.append("a leaf came back changed")
    if back.grad is None or not np.array_equal(back.grad.numpy(), leaf.grad.numpy()):  # type: ignore[union-attr]
        wrong.append("its gradient was lost")
    constant = in_process(context, returned, Tensor(rng.standard_normal(4)))
    if constant.requires_grad:
        wrong.append("a constant came back with a graph")
    result = in_process(context, doubled_sum, leaf)
    result.backward()
    (own,) = pickle.loads(pickle.dumps([(leaf * 2).sum()]))
    if result.item() != (leaf * 2).sum().item() or own.node is None:
        wrong.append("a recorded result came back changed")
    return ", ".join(wrong)


def returned(x: Any) -> Any:
    """The same."""
    return x


def doubled_sum(x: Any) -> Any:
    """Recorded in a worker."""
    return (x * 2).sum()


def held_blas(context: Any, number: int) -> str:
    """A worker begun while a kernel keeps BLAS at one thread gets the number that BLAS had before."""
    before = [library.get_num_threads() for library in parallel._blas()]
    begun, go = threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: parallel.spread(lambda a, b: (begun.set(), go.wait()), 1, 1.0))
    thread.start()
    begun.wait()
    try:
        found = in_process(context, blas_threads)
    finally:
        go.set()
        thread.join()
    return "" if found == before[: len(found)] else f"BLAS has {found} threads, in the parent {before}"


def blas_threads() -> list[int]:
    """How many threads each library of BLAS has."""
    return [library.get_num_threads() for library in parallel._blas()]


KINDS = (beside_training, handed_over, passed_tensors, held_blas)
