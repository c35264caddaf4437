"""Graphs of every kind, dropped: nothing of them is left, without the garbage collector; tried program by program."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import numpy as np

import autograd_mini as ag
import nn
from autograd_mini import PRIMITIVES, Tensor, grad, no_grad, primitive
from nn.data import batches
from tests.internals import Node, Value, activation_hook, ancestors

from .promise import Outcome
from .training import BareTraining, ConvTraining

Program = Callable[[], Any]
"""Returns what holds its graph, or nothing; all of it is dropped then."""


def freed_by_count(cases: int, seed: int) -> Outcome:
    """Programs in turn, from a shuffled list of all of them."""
    every = [*programs(seed)]
    order = np.random.default_rng(seed).permutation(len(every))
    outcome = Outcome()
    with counting_only():
        for i in range(cases):
            name, program = every[order[i % len(every)]]
            if left := remains(program):
                outcome.failures.append(f"{name}: after it was dropped there still were {left}")
            outcome.cases += 1
    outcome.measured = f"{len(every):,} different programs"
    return outcome


@contextmanager
def counting_only() -> Iterator[None]:
    """No garbage collector inside, and what was there before is not looked at."""
    was = gc.isenabled()
    gc.collect()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if was:
            gc.enable()


def remains(program: Program) -> str:
    """What is left of a program that was run and its result dropped: nodes, values, arrays; nothing, if all is well.

    Run inside `counting_only`. What is left is given to the garbage collector, so that the next program is not blamed.
    Where a kernel was compiled meanwhile the program is run again: Numba's compiler leaves errors behind, and they know
    all frames.
    """
    arrays: list[weakref.ref[Any]] = []
    with suppress(Expected):
        arrays = held(program())
    counts: dict[str, int] = {}
    compiled = False
    for thing in gc.get_objects():
        if isinstance(thing, Node | Value | BaseException):
            counts[type(thing).__name__] = counts.get(type(thing).__name__, 0) + 1
            compiled |= type(thing).__module__.startswith("numba.")
    counts["ndarray"] = sum(array() is not None for array in arrays)
    gc.collect()
    gc.freeze()
    if compiled:
        return remains(program)
    return ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items()) if n)


def held(result: Any) -> list[weakref.ref[Any]]:
    """The arrays that the graphs of some values hold: results, gradients, and all that is kept."""
    values = [value for value in (result if isinstance(result, list | tuple) else [result]) if isinstance(value, Value)]
    arrays = [value._array for value in values]
    for node in ancestors(*(value.node for value in values if value.node is not None)):
        arrays += [array for array in (node.saved or {}).values() if isinstance(array, np.ndarray)]
        arrays += [node.grad._array] if node.grad is not None else []
    return [weakref.ref(array) for array in {id(array): array for array in arrays}.values()]


class Expected(Exception):  # noqa: N818
    """An error that a program raises on purpose."""


# ── the programs ──────────────────────────────────────────────────────────────────────────────────────────────────────


def programs(seed: int) -> Iterator[tuple[str, Program]]:
    """Every row of the table in every mode, models in every mode, and what else makes or looks at graphs."""
    from tests.rows import TABLE  # here: it brings PyTorch in, which the children of other promises can do without

    for row in TABLE:
        for name, mode in MODES.items():
            yield f"{row}, {name}", partial(of_row, row, mode)
    for kind in (ConvTraining, BareTraining):
        yield f"{kind.__name__}, seed {seed}", partial(of_training, kind, seed)
    for name, program in SINGLE.items():
        yield name, program


def of_row(row: Any, mode: Callable[[Any, list[Tensor]], Any]) -> Any:
    """A row of the table on leaves, in a mode."""
    arrays = [
        Tensor(a, requires_grad=True) if isinstance(a, np.ndarray) and a.dtype.kind in "fc" else a for a in row.arrays()
    ]
    out = row(*arrays)
    if not isinstance(out, Tensor) or out.node is None:
        return out
    weighted = out * np.cos(np.arange(out.size)).reshape(out.shape)
    return mode(_real(weighted).sum(), [a for a in arrays if isinstance(a, Tensor)])


def _real(x: Tensor) -> Any:
    return ag.real(x) if x.dtype.kind == "c" else x


def forward(loss: Any, leaves: list[Tensor]) -> Any:
    """The graph alone."""
    return loss


def backward(loss: Any, leaves: list[Tensor]) -> Any:
    """Leaves a gradient on each leaf."""
    loss.backward()
    return [loss, *leaves]


def twice(loss: Any, leaves: list[Tensor]) -> Any:
    """Two backward passes over kept arrays."""
    loss.backward(retain_graph=True)
    loss.backward(retain_graph=True)
    return [loss, *leaves]


def twice_differentiated(loss: Any, leaves: list[Tensor]) -> Any:
    """A recorded gradient, and the gradient of that."""
    first = [g for g in grad(loss, leaves, create_graph=True, allow_unused=True) if g is not None]
    squares = [_real(g * g).sum() for g in first if g.node is not None]
    if not squares:
        return [loss, *first]
    try:
        return [loss, *first, *grad(ag.stack(squares).sum(), leaves, create_graph=True, allow_unused=True)]
    except NotImplementedError:  # there is no second derivative
        raise Expected from None


def profiled(loss: Any, leaves: list[Tensor]) -> Any:
    """A backward pass under a profile and a memory watch, both still there when the graph is not."""
    with ag.profile() as profile, ag.memory_usage() as usage:
        (loss * 2).backward()
    return [profile, usage, str(profile), str(usage)]


def given_back(loss: Any, leaves: list[Tensor]) -> Any:
    """An error of the second backward pass: what it needs was freed."""
    loss.backward()
    try:
        (loss * loss).backward()
    except RuntimeError:
        raise Expected from None
    return loss


def broken_rule(loss: Any, leaves: list[Tensor]) -> Any:
    """An error in the middle of the backward pass, one recorded and one not."""
    for create_graph in (False, True):
        with suppress(Expected):
            grad(stumbling(loss * 1.0) + loss, leaves, create_graph=create_graph, retain_graph=True)
    raise Expected


def interrupted_rule(loss: Any, leaves: list[Tensor]) -> Any:
    """Ctrl-C in the middle of the backward pass."""
    try:
        grad(loss, leaves, rules={loss.node.op.name: {loss.node.op.args[0]: interrupting}})
    except KeyboardInterrupt as error:
        raise Expected from error
    return loss


MODES = {
    "forward": forward, "backward": backward, "twice backward": twice, "twice differentiated": twice_differentiated,
    "profiled": profiled, "backward again": given_back, "with a broken rule": broken_rule,
    "interrupted": interrupted_rule,
}  # fmt: skip


def stumbling(x: Any) -> Any:
    """An operation whose rule fails."""

    def fail(g: Any) -> Any:
        raise Expected

    def stumble(x: Any) -> Any:
        return x * 1

    op = primitive(stumble)
    op.defvjp(x=fail)
    del PRIMITIVES["stumble"]
    return op(x)


def interrupting(g: Any) -> Any:
    """A rule during which Ctrl-C is pressed."""
    raise KeyboardInterrupt


def of_training(kind: type[ConvTraining] | type[BareTraining], seed: int) -> Any:
    """Two steps of training."""
    training = kind(seed)
    for _ in range(2):
        training.step()
    return None


def net() -> Any:
    """A model's loss, recorded."""
    training = ConvTraining(0, size=8, channels=4)
    return nn.cross_entropy(training.model(Tensor(training.data.values)), training.data.labels)


def wrong_shape() -> Any:
    """An error deep inside a model, with the notes that models add."""
    model = ConvTraining(0, size=8, channels=4).model
    try:
        model(Tensor(np.ones((2, 3, 12, 12), np.float32)))
    except ValueError as error:
        raise Expected from error
    return model


def wrong_operation() -> Any:
    """An error of a forward function in the middle of a graph."""
    x = Tensor(np.ones((3, 4)), requires_grad=True)
    y = ag.exp(x * 2)
    try:
        y @ y
    except ValueError as error:
        raise Expected from error
    return y


def in_a_share() -> Any:
    """An error in a share of work that a thread of the pool does."""
    from autograd_mini.kernels.parallel import SMALL, spread

    kept = Tensor(np.ones(5), requires_grad=True) * 2

    def work(first: int, last: int) -> Any:
        if last == 8:
            raise Expected
        return kept

    return spread(work, 8, SMALL)


def unrecorded() -> Any:
    """Under no_grad, with recording switched on inside, names given and told."""
    told: list[str] = []
    x = Tensor(np.ones(3), requires_grad=True, name="x")
    with no_grad(), activation_hook(lambda name, value: told.append(name)):
        y = (x * 2).named("y")
        with ag.enable_grad():
            z = ag.exp(x + y).named("z")
    return [x, y, z.sum()]


def drawn() -> Any:
    """Read, listed, compared and drawn."""
    x = Tensor(np.ones((2, 3)), requires_grad=True, name="x")
    y = ag.softmax(x @ x.T).named("y")
    z = (y * 2).sum()
    return [str(z.summary()), ag.to_graphviz(z).source, str(ag.graph_diff(z, y.sum())), str(ag.saved(z)), repr(z)]


def checked() -> Any:
    """Gradient checks, of a right rule and of a broken one."""
    x = Tensor(np.linspace(0.5, 1.5, 4), requires_grad=True)
    ag.gradcheck(lambda x: ag.exp(x) * x, [x])
    ag.gradgradcheck(lambda x: ag.exp(x) * x, [x])
    with suppress(ag.GradcheckError):
        ag.gradcheck(lambda x: x * x.detach(), [x])
    return x


def abandoned_batches() -> Any:
    """Batches made ahead by a thread, left after the first."""
    x = Tensor(np.ones((8, 3)), requires_grad=True)
    made = batches(
        nn.Augmented(nn.ArrayData(np.ones((8, 3)), np.arange(8)), lambda b: b + x.numpy()[: len(b)]), 2, ahead=2
    )
    loss = (x[:2] * next(made)[0]).sum()
    made.close()
    return loss


def fitted() -> Any:
    """A whole fit and an evaluation, and a fit that an error ends."""
    training = ConvTraining(0, size=8, channels=4)
    learner = nn.Learner(training.model, optimizer=training.optimizer)
    learner.fit(training.data, epochs=1, batch_size=16, progress=False, validation=training.data)
    training.model.layers["8"] = nn.Linear(3, 3)
    with suppress(ValueError):
        learner.fit(training.data, epochs=1, batch_size=16, progress=False)
    return None


SINGLE: dict[str, Program] = {
    program.__name__: program
    for program in (
        net, wrong_shape, wrong_operation, in_a_share, unrecorded, drawn, checked, abandoned_batches, fitted,
    )
}  # fmt: skip
