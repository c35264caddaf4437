"""0 · inf = nan: where an infinite slope meets a gradient of 0. No rule is wrong where that happens.

where(v > 0, log(v), 0)         at v = 0 where sends 0 back to log, whose slope there is 1/0: 0 · inf
sqrt((v * v).sum())             at v = 0 sqrt sends inf back to v * v, whose slope there is 0: inf · 0
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..core.gradient import grad
from ..core.tape import Node
from ..core.tensor import Tensor
from .target import Run, alone
from .trace import Step, fitted, index, vjp

HARMLESS = (1.0, 0.5, 2.0)  # arguments at which most functions are finite, and steep nowhere
TRIED = 8  # elements at which a slope is looked for


@dataclass
class Trap:
    """A step that has no finite slope at some elements of an argument, and how 0 and inf meet because of it."""

    step: Step
    argument: int
    at: Any  # which elements of the argument
    first: int  # one of them
    met: str = ""  # how 0 and inf come together

    def mended(self) -> tuple[Step | None, int, float]:
        """The step with a constant in place of those elements, of this argument or of another one; which; the constant.

        The step is None if no constant gives it a finite slope.
        """
        out = np.shape(self.step.out)
        for k in sorted(range(len(self.step.arrays)), key=lambda k: k != self.argument):
            array = np.asarray(self.step.arrays[k])
            mask = self.at if k == self.argument else _onto(self.at, out, array.shape)
            if mask is None or array.dtype.kind != "f":
                continue
            for constant in HARMLESS:
                arrays = [*self.step.arrays]
                arrays[k] = np.where(mask, array.dtype.type(constant), array)
                try:
                    run = alone(replace(self.step, arrays=arrays), self.argument).run()
                    g = run.gradients(np.ones(run.vector.size))[0]
                except (ValueError, TypeError, RuntimeError):  # no such constant is allowed
                    continue
                if g is not None and np.isfinite(g[self.at]).all():
                    return replace(self.step, arrays=arrays, out=run.outputs[0].numpy()), k, constant
        return None, self.argument, 0.0

    def __str__(self) -> str:
        """Which element it is, and what to write instead."""
        name, argument = self.step.op.name, self.step.argument(self.argument)
        array = np.asarray(self.step.arrays[self.argument])
        at = f"{argument}{index(self.first, array.shape)} = {float(array.flat[self.first]):.9g}"
        words = f"at {at} {name} has no finite slope, and {self.met}. The rule is right: keep such elements from {name}"
        mended, k, constant = self.mended()
        if mended is None:
            return words
        given = [self.step.argument(j) for j in range(len(self.step.arrays))]
        given[k] = f"where(c, {given[k]}, {constant:g})"
        return f"{words}, as in where(c, {name}({', '.join(given)}), 0), with c true where its result is used"


def trap(run: Run, vector: Any) -> Trap | None:
    """Where the backward pass from a cotangent first makes nan of 0 · inf; None if it does so nowhere."""
    steps = [step for step in run.trace.steps if step.node is not None]
    gradients = _arriving(run, steps, vector)
    for step, g in zip(reversed(steps), reversed(gradients), strict=True):
        if g is None or np.isnan(g).any():
            continue
        for i, back in _carried(step, g):
            nans = np.isnan(back)
            if not nans.any():
                continue
            if (g == 0).any():
                at = nans & ~np.isfinite(_again(step, i, g, g == 0))
                first = _first_steep(step, i, at, g == 0)
                if first is not None:
                    return _set(steps, gradients, Trap(step, i, at, first), g == 0)
            if np.isinf(g).any() and (nans & np.isfinite(_again(step, i, g, np.isinf(g)))).any():
                return _source(steps, gradients, step)
    return None


def _origin(steps: Sequence[Step], step: Step) -> tuple[Step, int, Any] | None:
    """The step that made the infinite value which meets 0 in a later step, as log does in v * log(v).

    Gives the step, its argument and the elements; None if no argument of that step has such elements.
    """
    made = {node: other for other in steps for node, _ in other.results}
    origin: Step | None = step
    while origin is not None:
        step, origin = origin, next((made[p] for _, p, a in _reached(origin) if p in made and _is_lost(a)), None)
    lost = ~np.isfinite(step.out)
    for i, _, array in _reached(step):
        at = _onto(lost, lost.shape, np.shape(array))
        if at is not None and at.any():
            return step, i, at
    return None


def _reached(step: Step) -> list[tuple[int, Node, Any]]:
    """The arguments that a gradient reaches: which, their nodes and arrays."""
    return [(i, p, step.arrays[i]) for i, p in enumerate(step.parents) if p is not None]


def _is_lost(array: Any) -> bool:
    return not np.isfinite(array).all()


def _arriving(run: Run, steps: Sequence[Step], vector: Any) -> list[Any]:
    """The gradient of every step's result; None where none arrives."""
    pairs = [(o, u) for o, u in zip(run.outputs, run.parts(vector), strict=True) if o.requires_grad]
    if not pairs or not steps:
        return [None] * len(steps)
    outputs, cotangents = [list(side) for side in zip(*pairs, strict=True)]
    results = [Tensor.made(array, node) for step in steps for node, array in step.results]
    found = iter(grad(outputs, results, cotangents, retain_graph=True, allow_unused=True))
    return [_whole(step, [next(found) for _ in step.results]) for step in steps]


def _whole(step: Step, found: Sequence[Any]) -> Any:
    """The gradient of a step's result from those of its outputs; None if none arrives."""
    if all(g is None for g in found):
        return None
    parts = [np.zeros_like(a) if g is None else g.numpy() for g, (_, a) in zip(found, step.results, strict=True)]
    return np.concatenate([part.ravel() for part in parts]) if step.picks else parts[0]


def _carried(step: Step, g: Any) -> list[tuple[int, Any]]:
    """What each rule of a step makes of g, in its argument's shape."""
    return [
        (i, fitted(vjp(step, i, g.copy()), parent.shape)) for i, parent in enumerate(step.parents) if parent is not None
    ]


def _again(step: Step, i: int, g: Any, odd: Any) -> Any:
    """What a rule makes of g with 1 in place of some elements."""
    return fitted(vjp(step, i, np.where(odd, g.dtype.type(1), g)), np.shape(step.arrays[i]))


def _first_steep(step: Step, i: int, at: Any, silent: Any) -> int | None:
    """The first of at most TRIED elements at which the step has no finite slope; None if it has one at each.

    Its rule is not asked: the result is not finite where `silent`, or the difference quotients grow.
    """
    lost = ~np.isfinite(step.out) & silent
    for flat in np.flatnonzero(at)[:TRIED]:
        here = lost.flat[flat] if lost.shape == at.shape else lost.any()
        if here or _is_steep(step, i, int(flat)):
            return int(flat)
    return None


def _is_steep(step: Step, i: int, flat: int) -> bool:
    """True if the difference quotient at an element grows without end as the step shrinks, or is no number."""
    array, out = np.asarray(step.arrays[i]), np.asarray(step.out)
    x = float(array.flat[flat])
    size, least = (abs(x), 16 * float(np.finfo(array.dtype).eps)) if x else (1.0, 1e-12)
    for side in (size, -size):
        sizes = []
        for h in (1e-3 * side, least * side):
            moved = array.copy()
            moved.flat[flat] = x + h
            there = np.asarray(step.result([*step.arrays[:i], moved, *step.arrays[i + 1 :]]))
            moves = (there != out) & ~(np.isnan(there) & np.isnan(out))
            sizes.append(float(np.abs((there - out)[moves] / h).max(initial=0)))
        far, near = sizes
        if not np.isfinite(near) or near > 3 * far:
            return True
    return False


def _source(steps: Sequence[Step], gradients: Sequence[Any], meeting: Step) -> Trap | None:
    """The newest step after `meeting` whose rule makes inf of a finite gradient, which then meets a slope of 0."""
    for step, g in zip(reversed(steps), reversed(gradients), strict=True):
        if step is meeting:
            return None
        if g is None or not np.isfinite(g).all():
            continue
        for i, back in _carried(step, g):
            at = np.isinf(back)
            first = _first_steep(step, i, at, np.ones(np.shape(step.out), bool))
            if first is not None:
                met = f"the inf that comes back from it meets a slope of 0 in {_named(meeting, step)}: inf · 0 is nan"
                return Trap(step, i, at, first, met)
    return None


def _set(steps: Sequence[Step], gradients: Sequence[Any], found: Trap, silent: Any) -> Trap:
    """The trap at the step that made the infinite value, with words on how the gradient came to be 0."""
    at, who = found.step, "it"
    shape = np.shape(at.out)
    masks = [(a, _onto(found.at, shape, np.shape(a))) for _, _, a in _reached(at)]
    carried = any(mask is not None and _is_lost(np.asarray(a)[mask]) for a, mask in masks)
    if carried and (origin := _origin(steps, at)) is not None:
        step, i, lost = origin
        found, who = Trap(step, i, lost, int(np.argmax(lost))), _named(at, step)
    stopped = _silence(steps, gradients, at, silent, found.step)
    return replace(found, met=f"the gradient that comes back to {who} is 0{stopped}: 0 · inf is nan")


def _silence(steps: Sequence[Step], gradients: Sequence[Any], step: Step, silent: Any, beside: Step) -> str:
    """The step nearest to another one that lets no gradient through to elements of its result, in words."""
    reached = {node for node, _ in step.results}
    for other, g in zip(steps, gradients, strict=True):
        if g is None or not any(parent in reached for parent in other.parents if parent is not None):
            continue
        reached |= {node for node, _ in other.results}
        for i, back in _carried(other, g):
            if other.parents[i] not in reached:
                continue
            stopped = back == 0
            stopped &= (g != 0) & silent if back.shape == g.shape == silent.shape else g.all()
            if stopped.any():
                how = "takes another branch" if other.branches() else "lets nothing through"
                return f", as {_named(other, beside)} {how} there"
    return ""


def _named(step: Step, beside: Step) -> str:
    """The name of a step, and its line if that is another one than that of the step beside it."""
    return str(step) if step.line in (None, beside.line) else f"{step}, called at {step.line.partition(', in ')[0]},"


def _onto(at: Any, out: tuple[int, ...], shape: tuple[int, ...]) -> Any:
    """Elements of one argument as elements of another, where both are broadcast to the result; else None."""
    try:
        whole = np.broadcast_to(at, out)
        np.broadcast_to(np.empty(shape), out)
    except ValueError:
        return None
    lead = len(out) - len(shape)
    axes = (*range(lead), *(lead + k for k, n in enumerate(shape) if n == 1 != out[lead + k]))
    return whole.any(axis=axes, keepdims=True).reshape(shape)
