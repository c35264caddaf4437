"""What a run did, step by step: each operation, its arguments, the branch it took, and how to run it again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np

from ..core import tape
from ..core.observer import Observer, enable_grad, no_grad, observed_by
from ..core.primitive import Primitive
from ..core.tape import Node, Pick, Value
from ..observe.lines import calling_line
from ..observe.mutation import forward_may_write
from ..observe.snapshot import same
from ..ops.shape import concatenate, flatten

_NUMPY = (np.ndarray, np.generic)


@dataclass
class Step:
    """One operation that ran. `node` is None if it let no gradient through.

    Several floating outputs count as one: `out` is a vector of them all, one after another.
    """

    op: Primitive
    node: Node | None
    arrays: Sequence[Any]
    params: Mapping[str, Any]
    out: Any
    byproducts: Sequence[Any]
    line: str | None = None

    @property
    def parents(self) -> tuple[Node | None, ...]:
        """The node of each argument; None for a constant."""
        own = () if self.node is None else self.node.parents
        return (*own, *[None] * (len(self.arrays) - len(own)))

    @property
    def layer(self) -> str | None:
        """The path of the module that ran it, or the name of its result."""
        return None if self.node is None else self.node.name

    def branches(self) -> list[Any]:
        """What of the step changes in jumps only: where all of it is the same, so is the piece of the function."""
        found = [a for a in (*self.arrays, *self.byproducts) if isinstance(a, _NUMPY) and a.dtype.kind in "iub"]
        piece = self.op.branch_of(self.arrays, self.params, self.out)
        return found if piece is None else [*found, np.asarray(piece)]

    @property
    def picks(self) -> Sequence[Pick | None]:
        """What picks each of several outputs; empty if there is only one."""
        return () if self.node is None else self.node.outputs

    def result(self, arrays: Sequence[Any], forward: bool = False) -> Any:
        """What the operation gives for other arguments, its parameters the same; without by-products.

        forward: by the very function that ran, on bare arrays.
        """
        found = (self.op.forward if forward else self.op.canonical.bind)(*arrays, **self.params)
        return joined(found, self.picks) if self.picks else found[0] if self.op.byproducts else found

    @property
    def is_complex(self) -> bool:
        """True if an argument or the result is complex: gradients flow, but no differences are taken."""
        return any(np.iscomplexobj(array) for array in (self.out, *self.arrays) if array is not None)

    @property
    def results(self) -> list[tuple[Node, Any]]:
        """The nodes that other steps begin at, each with its array: one, or a pick for each of several outputs."""
        if self.node is None or not self.picks:
            return [] if self.node is None else [(self.node, self.out)]
        parts = zip(self.picks, parted(self.out, self.picks), strict=True)
        return [(pick.node(self.node), part) for pick, part in parts if pick is not None]

    def cotangent(self, rng: np.random.Generator) -> Any:
        """A random gradient of the result."""
        g, dtype = np.asarray(rng.standard_normal(np.shape(self.out))), np.asarray(self.out).dtype
        return np.asarray(g + 1j * rng.standard_normal(g.shape) if dtype.kind == "c" else g, dtype)

    def element(self, flat: int) -> str:
        """An element of the result, as `eigh.w[1]` or `exp[0, 2]`."""
        for pick in filter(None, self.picks):
            if flat < prod(pick.shape):
                return pick.name + index(flat, pick.shape)
            flat -= prod(pick.shape)
        return self.op.name + index(flat, np.shape(self.out))

    def argument(self, i: int) -> str:
        """What the operation calls its argument i."""
        return self.op.args[0 if self.op.variadic else i]

    def __str__(self) -> str:
        return f"{self.op.name} ({self.layer})" if self.layer else self.op.name


@dataclass(eq=False)
class Trace(Observer):
    """The steps of one run, oldest first."""

    lines: bool = False
    steps: list[Step] = field(default_factory=list)
    branches: list[list[Any]] | None = None  # of every step, once they were asked for
    watch: Callable[[Step], None] | None = None

    needs_values = True

    def recorded(self, node: Any, op: Any, args: Any, arrays: Any, params: Any, out: Any, byproducts: Any) -> None:
        """Note a step."""
        line = calling_line() if self.lines else None
        if node is not None and node.outputs:
            given = byproducts
            byproducts = [b for b, pick in zip((out, *byproducts), node.outputs, strict=True) if pick is None]
            out = joined((out, *given), node.outputs)
        self.steps.append(Step(op, node, list(arrays), params, out, byproducts, line))
        if self.watch is not None:
            self.watch(self.steps[-1])


@contextmanager
def traced(trace: Trace) -> Iterator[Trace]:
    """Fill the trace with the steps of the block."""
    with observed_by(trace), forward_may_write():
        yield trace


def crossing(here: Trace, there: Trace) -> str | None:
    """The first operation that took another branch there than here; None if all took the same."""
    if here.branches is None:
        here.branches = [step.branches() for step in here.steps]
    for a, b, branches in zip(here.steps, there.steps, here.branches, strict=False):
        if a.op is not b.op and a.op.name != b.op.name:
            break
        if branches and not all(map(same, branches, b.branches())):
            return str(a)
        try:
            if a.params == b.params:
                continue
        except ValueError:  # arrays among them
            pass
        if not same(a.params, b.params):
            return str(a)
    else:
        if len(here.steps) == len(there.steps):
            return None
    return "the function itself, which runs other operations"


def joined(results: Sequence[Any], picks: Sequence[Pick | None]) -> Any:
    """The floating ones of several results as one vector."""
    floating = [result for result, pick in zip(results, picks, strict=True) if pick is not None]
    if any(isinstance(result, Value) for result in floating):
        return concatenate([flatten(result) for result in floating])
    return np.concatenate([np.ravel(result) for result in floating])


def parted(vector: Any, picks: Sequence[Pick | None]) -> list[Any]:
    """The vector that `joined` made as several arrays again, of their own shapes and dtypes; None for what is not
    floating. A complex vector of real results is that of a complex step, and its parts stay complex.
    """
    parts: list[Any] = []
    start, is_step = 0, vector.dtype.kind == "c" and all(pick is None or pick.dtype.kind != "c" for pick in picks)
    for pick in picks:
        if pick is None:
            parts.append(None)
            continue
        part = vector[start : start + prod(pick.shape)].reshape(pick.shape)
        parts.append(part if is_step or part.dtype == pick.dtype else tape.cast(part, pick.dtype))
        start += prod(pick.shape)
    return parts


def vjp(step: Step, argument: int, g: Any, node: Node | None = None, kind: type[Value] | None = None) -> Any:
    """What the rule for one argument, asked for alone, makes of g; see `vjps`."""
    return vjps(step, (argument,), g, node, kind)[argument]


def vjps(
    step: Step, arguments: Collection[int], g: Any, node: Node | None = None, kind: type[Value] | None = None
) -> list[Any]:
    """What the rules for some arguments make of g: bare arrays, or with `kind` Values whose steps are recorded.

    node: stands in for the step's own. The rules run as they do in a backward pass, recording only with `kind`. Raises
    whatever they do.
    """
    chosen = step.node if node is None else node
    assert chosen is not None
    with enable_grad() if kind is not None else no_grad():
        wanted = [parent if i in arguments else None for i, parent in enumerate(chosen.parents)]
        given = parted(g, chosen.outputs) if chosen.outputs else g
        return step.op.vjp(chosen, given, wanted, None, kind)


def fitted(carried: Any, shape: tuple[int, ...]) -> Any:
    """What a rule returned, as a bare array, summed over the axes that broadcasting repeated."""
    array = np.asarray(carried)
    lead = array.ndim - len(shape)
    axes = (*range(lead), *(lead + k for k, n in enumerate(shape) if n == 1 != array.shape[lead + k]))
    return array.sum(axis=axes, keepdims=True).reshape(shape) if axes else array


def index(flat: int, shape: tuple[int, ...]) -> str:
    """[1, 2] for the flat index of an element."""
    return str([int(i) for i in np.unravel_index(flat, shape)]) if shape else ""


def is_float(array: Any) -> bool:
    """True for an array of floating numbers."""
    return isinstance(array, np.ndarray) and array.dtype.kind == "f"


class NotAnalyticError(Exception):
    """A step whose formula does not hold for complex numbers."""


def replay(
    steps: Sequence[Step], leaves: Mapping[Node, Any], rng: np.random.Generator | None = None, coarsest: float = 1.0
) -> dict[Node, Any]:
    """Run the steps again on other leaves, as bare arrays: the value of every node.

    Complex leaves are let through analytic steps only. With `rng` every floating argument is moved by up to a unit in
    the last place of its step's result, and no more than `coarsest`, before the step runs: random rounding.
    """
    values = dict(leaves)
    imaginary = any(np.iscomplexobj(leaf) for leaf in leaves.values())
    for step in steps:
        if step.node is None:
            continue
        moved = [values.get(p, a) if p else a for a, p in zip(step.arrays, step.parents, strict=True)]
        if imaginary and not step.op.analytic and any(map(np.iscomplexobj, moved)):
            raise NotAnalyticError(step.op.name)
        if rng is not None:
            unit = min(float(np.finfo(step.out.dtype).eps), coarsest)
            moved = [rounded(a, unit, rng) if isinstance(a, np.ndarray) and a.dtype.kind in "fc" else a for a in moved]
        values[step.node] = np.asarray(step.result(moved))
        values |= replace(step, out=values[step.node]).results
    return values


def rounded(array: Any, unit: float, rng: np.random.Generator) -> Any:
    """The array, each element moved by up to `unit` of its size."""
    return (array * (1 + unit * rng.uniform(-1, 1, np.shape(array)))).astype(array.dtype)
