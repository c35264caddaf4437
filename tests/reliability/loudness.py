"""A gradient is never silently wrong: arrays that change under the tape, and numbers that are not finite."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor
from tests.rows import TABLE, is_float
from tests.rows.row import Row

from .promise import AREAS, Outcome, promise

_HERE = "row.py"  # where the rows call their primitives


@cache
def rows() -> list[Row]:
    """Whose calls record one step."""
    return [row for row in TABLE if row.direct]


@dataclass
class Call:
    """One call of a primitive: leaves, intermediate results, constants and the user's own arrays as its arguments."""

    row: Row
    leaves: list[Tensor]
    given: list[Any]  # as the primitive got them
    early: list[Any]  # views of the same memory, taken before the call; None where there is none
    out: Any

    def gradients(self) -> list[np.ndarray]:
        """Differentiate, from a gradient that tells the elements of the result apart."""
        g = np.cos(np.arange(self.out.size, dtype=float)).reshape(self.out.shape)
        with np.errstate(all="ignore"):  # what was changed need not make sense
            self.out.backward(g.astype(self.out.dtype))
        return [np.zeros(0) if leaf.grad is None else np.array(leaf.grad) for leaf in self.leaves]


def call(row: Row, kinds: list[int], early: bool) -> Call:
    """Call a primitive. kinds: what each float argument is: a leaf, a result, a constant, or a bare array."""
    leaves, given, views = [], [], []
    for array, kind in zip(row.arrays(), kinds, strict=True):
        if not is_float(array):
            given.append(array)
        elif kind < 2:
            leaf = Tensor(array, requires_grad=True, name=f"leaf{len(leaves)}")
            leaves.append(leaf)
            given.append(leaf if kind == 0 else leaf * 1.0)
        else:
            given.append(Tensor(array, name="constant") if kind == 2 else array)
        held = given[-1].data if early and isinstance(given[-1], Tensor) else None
        views.append(None if held is None else held[...] if held.ndim else held.reshape(1))
    return Call(row, leaves, given, views, row(*given))


def in_place(tensor: Tensor, at: int) -> None:
    """Change one element of a leaf by an operator."""
    step = np.zeros(tensor.shape, tensor.dtype)
    step.flat[at] = 1
    with ag.no_grad():
        tensor += step


def flipped(array: np.ndarray, at: int) -> None:
    """Change one element of an array."""
    old = array.flat[at]
    array.flat[at] = not old if array.dtype.kind == "b" else old + 1


ROUTES: dict[str, Callable[[Tensor, int], None]] = {
    ".data": lambda tensor, at: flipped(tensor.data, at),
    ".numpy()": lambda tensor, at: flipped(tensor.numpy(), at),
    "np.asarray": ag.no_grad()(lambda tensor, at: flipped(np.asarray(tensor), at)),
    "a view": lambda tensor, at: flipped(tensor.data.reshape(-1).view(), at) if tensor.data.flags.c_contiguous else
    flipped(tensor.data, at),
    ".detach()": lambda tensor, at: flipped(tensor.detach().data, at),
    "np.copyto": ag.no_grad()(lambda tensor, at: np.copyto(tensor, np.asarray(tensor) + 1)),
    "an operator in place": lambda tensor, at: in_place(tensor, at) if tensor.is_leaf and tensor.requires_grad else
    flipped(tensor.data, at),
}  # fmt: skip


def drawn(cases: int, seed: int) -> Iterator[tuple[np.random.Generator, Row, list[int], bool, str]]:
    """Calls through which a gradient flows."""
    number = 0
    while cases:
        rng = np.random.default_rng([seed, number])
        number += 1
        row = rows()[int(rng.integers(len(rows())))]
        floats = [is_float(array) for array in row.arrays()]
        kinds = [int(rng.integers(4)) for _ in floats]
        if any(kind < 2 and there for kind, there in zip(kinds, floats, strict=True)):
            cases -= 1
            yield rng, row, kinds, bool(rng.integers(2)), f"seed {seed}, number {number - 1}, {row}, kinds {kinds}"


@promise(AREAS[0], "An array changed between forward and backward: an error, or it was not needed",
         short=400, long=20_000)  # fmt: skip
def writing_is_loud(cases: int, seed: int) -> Outcome:
    """Change one element of one array between forward and backward: an error, or the same gradient to the last bit."""
    outcome, raised = Outcome(), 0
    for rng, row, kinds, early, words in drawn(cases, seed):
        outcome.cases += 1
        expected = call(row, kinds, False).gradients()
        made = call(row, kinds, early)
        there = [i for i, x in enumerate(made.given) if isinstance(x, Tensor | np.ndarray) and np.size(x)]
        targets = [*there, *[-1] * (made.out.size > 0 and made.out.numpy().flags.writeable)]
        if not targets:
            continue
        i = targets[int(rng.integers(len(targets)))]
        target, view = (made.out, None) if i < 0 else (made.given[i], made.early[i])
        at, route = int(rng.integers(np.size(target))), "a view from before"
        if isinstance(target, np.ndarray):
            flipped(target, at)
            route = "the user's own array"
        elif view is not None and rng.integers(2):
            flipped(view, at)
        else:
            route = list(ROUTES)[int(rng.integers(len(ROUTES)))]
            ROUTES[route](target, at)
        try:
            found = made.gradients()
        except (RuntimeError, IndexError) as error:  # without the check a place that was changed may not exist
            raised += 1
            text = str(error)
            if not text.startswith(f"backward: {row.name} ") or _HERE not in text:
                outcome.failures.append(f"{words}, {route}: the message does not say where: {text}")
            if any(leaf.grad is not None for leaf in made.leaves):
                outcome.failures.append(f"{words}, {route}: the backward pass failed but left a gradient")
        else:
            if any(a.tobytes() != b.tobytes() for a, b in zip(expected, found, strict=True)):
                outcome.failures.append(f"{words}, {route}, argument {i}: another gradient, in silence")
    outcome.measured = f"{raised:,} raised, the others needed nothing that was changed"
    return outcome


@promise(AREAS[0], "Reading arrays, and writing before and after, is never an error", short=200, long=10_000)
def reading_is_quiet(cases: int, seed: int) -> Outcome:
    """Read every array by every way, write before the call and after the gradient: no error, and the same gradient."""
    outcome = Outcome()
    for rng, row, kinds, early, words in drawn(cases, seed):
        outcome.cases += 1
        expected = call(row, kinds, False).gradients()
        made = call(row, kinds, early)
        for tensor in (*made.given, made.out):
            if isinstance(tensor, Tensor):
                with ag.no_grad():
                    np.asarray(tensor).sum(), tensor.data.copy(), tensor.numpy()[...], repr(tensor)
        try:
            found = made.gradients()
            for tensor in made.leaves:  # as an optimiser by hand does it
                tensor.data -= 0.1
                tensor.grad = None
            again = call(row, kinds, bool(rng.integers(2))).gradients()
        except RuntimeError as error:
            outcome.failures.append(f"{words}: {error}")
            continue
        if any(not a.tobytes() == b.tobytes() == c.tobytes() for a, b, c in zip(expected, found, again, strict=True)):
            outcome.failures.append(f"{words}: another gradient")
    return outcome


@promise(AREAS[0], "`detect_anomaly` names the first operation with a number that is not finite",
         short=200, long=10_000)  # fmt: skip
def anomalies_are_named(cases: int, seed: int) -> Outcome:
    """Put nan or inf into an element of an argument or of the gradient: the operation where it first shows is named."""
    outcome, raised = Outcome(), 0
    for rng, row, kinds, _, words in drawn(cases, seed):
        outcome.cases += 1
        odd = [np.nan, np.inf, -np.inf][int(rng.integers(3))]
        made = call(row, [0 if kind < 2 else kind for kind in kinds], False)
        targets = [t for t in made.given if isinstance(t, Tensor) and t.size]
        if targets and rng.integers(2):
            target = targets[int(rng.integers(len(targets)))]
            target.data.flat[int(rng.integers(target.size))] = odd
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                wrong = not np.isfinite(out := np.asarray(row(*made.given))).all()
                g = np.ones(out.shape)
                if out.size and rng.integers(2):
                    g.flat[int(rng.integers(out.size))] = odd
                carried = ag.grad(row(*made.given), made.leaves, g, allow_unused=True)
            except ValueError:  # refused, by an operation that has no derivative at such numbers
                continue
            spoiled = not all(x is None or np.isfinite(np.asarray(x)).all() for x in (Tensor(g), *carried))
            place = "forward" if wrong else "backward" if spoiled else None
            said = None
            try:
                with ag.detect_anomaly():
                    at = "forward"
                    result = row(*made.given)
                    at = "backward"
                    ag.grad(result, made.leaves, g, allow_unused=True)
            except FloatingPointError as error:
                raised, said = raised + 1, str(error)
        named = said is not None and at == place and row.name in said
        if named != (place is not None) or (said is None) != (place is None):
            outcome.failures.append(f"{words}: not finite in {place}, but the error in {at} is {said}")
        elif said is not None and _HERE not in said:
            outcome.failures.append(f"{words}: no line in {said}")
    outcome.measured = f"{raised:,} raised"
    return outcome
