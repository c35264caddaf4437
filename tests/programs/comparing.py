"""Random programs of all primitives beside PyTorch in float64, forward, backward, second order; and in float32."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import numpy as np
import torch
from hypothesis import HealthCheck, Phase

import autograd_mini as ag
from autograd_mini.ops.kinds import ROWS
from tests.internals import Observer, observed_by

from .drawing import programs
from .operations import OPERATIONS, Operation
from .program import Program, bare, cotangents, settings_of
from .rounding import narrow_runs

TOLERANCE = {"float64": 1e-9, "float32": 1e-5}  # of the largest entry, and of each entry
TOO_LARGE = 1e8  # gradients beyond say little
BLOCK = 250  # programs between two fresh starts of Hypothesis
CALLED = {word for operation in OPERATIONS for word in re.findall(r"\w+", operation.ours)} & ROWS.keys()
WITHIN = [
    "absolute",
    "add",
    "add_along_axis",
    "channel_affine",
    "channel_sums",
    "divide",
    "flat_root",
    "getitem",
    "index_add",
    "less_one_hot",
    "matmul",
    "moments",
    "multiply",
    "negative",
    "normalise",
    "pool",
    "power",
    "solve",
    "subtract",
    "sum_pool2d",
    "sum_unpool2d",
    "unpool",
]
"""What they are made of, and what their gradients are."""
OURS = frozenset(CALLED & ag.PRIMITIVES.keys()) - {"all"} | {*WITHIN}  # "all" is a word of theirs
"""The primitives that occur in programs. Others occur in random calls (`others/random_calls.py`)."""


class IllPosedError(Exception):
    """A program on which the two sides may differ, and why."""


# ── one program on both sides ─────────────────────────────────────────────────────────────────────────────────────────


def same(what: str, ours: Any, theirs: Any, scale: float = 1.0) -> None:
    """Raises AssertionError unless shapes and dtypes are equal, and values to rounding. A gradient of None is 0."""
    if ours is None and theirs is None:
        return
    other = np.zeros_like(bare(ours)) if theirs is None else bare(theirs)
    one = np.zeros_like(other) if ours is None else bare(ours)
    assert one.shape == other.shape, f"{what}: shape {one.shape}, in PyTorch {other.shape}"
    assert one.dtype == other.dtype, f"{what}: {one.dtype}, in PyTorch {other.dtype}"
    largest = np.abs(other).max(initial=0.0)
    if not largest <= TOO_LARGE and np.isfinite(one).all() == np.isfinite(other).all():
        raise IllPosedError("too large")
    within = TOLERANCE[one.dtype.name]
    np.testing.assert_allclose(
        one, other, rtol=within, atol=within * max(scale, largest), err_msg=what, equal_nan=False
    )  # fmt: skip


def largest_of(values: Sequence[Any]) -> float:
    return max([1.0, *(np.abs(bare(x)).max(initial=0.0) for x in values if x is not None)])


def compare(
    v: Sequence[Any],
    t: Sequence[Any],
    *,
    leaves: Sequence[int],
    outputs: Sequence[int],
    retained: Sequence[int] = (),
    seed: int = 0,
    before: Callable[[int], None] = lambda i: None,
) -> None:
    """Values v of this engine and t of PyTorch, one by one, then the gradients of the outputs by `grad` and `backward`
    for a random cotangent, then the second order. `before(i)` is called before value i is looked at.

    Raises AssertionError that says what differs first.
    """
    for i, (one, other) in enumerate(zip(v, t, strict=True)):
        before(i)
        same(f"value v{i}", one, other)
    scale, wanted = largest_of(v), [*leaves, *retained]
    ours, theirs = [v[i] for i in outputs], [t[i] for i in outputs]
    seeds = cotangents(ours, (seed, 0))
    tensors = [torch.tensor(y) for y in seeds]

    def first_order(wanted: Sequence[int], **how: bool) -> tuple[Any, Any]:
        how |= {"allow_unused": True, "retain_graph": True}
        found = ag.grad(ours, [v[i] for i in wanted], seeds, **how)
        return found, torch.autograd.grad(theirs, [t[i] for i in wanted], tensors, **how)

    for i, one, other in zip(wanted, *first_order(wanted), strict=True):
        same(f"gradient by v{i}, grad", one, other, scale)

    for i in retained:
        v[i].retain_grad()
        t[i].retain_grad()
    for one, other, y in zip(ours, theirs, seeds, strict=True):
        one.backward(y, retain_graph=True)
        other.backward(torch.tensor(y), retain_graph=True)  # its own: PyTorch may add to it in place
    for i in wanted:
        same(f"gradient by v{i}, backward", v[i].grad, t[i].grad, scale)

    found, expected = first_order(leaves, create_graph=True)
    for i, one, other in zip(leaves, found, expected, strict=True):
        same(f"gradient by v{i}, create_graph", one, other, scale)
    scale = max(scale, largest_of(expected))
    directions = cotangents([v[i] for i in leaves], (seed, 1))
    second = _again(found, [v[i] for i in leaves], directions, ag.grad)
    tensors = [torch.tensor(y, dtype=t[i].dtype) for i, y in zip(leaves, directions, strict=True)]
    wished = _again(expected, [t[i] for i in leaves], tensors, torch.autograd.grad)
    for i, one, other in zip(leaves, second, wished, strict=True):
        same(f"second order by v{i}", one, other, scale)


def _again(grads: Sequence[Any], inputs: Sequence[Any], directions: Sequence[Any], grad: Callable[..., Any]) -> Any:
    """The gradient of the gradients in some directions."""
    rows = [(g, y) for g, y in zip(grads, directions, strict=True) if g is not None and g.requires_grad]
    if not rows:
        return [None] * len(inputs)
    return grad([g for g, _ in rows], inputs, [y for _, y in rows], allow_unused=True)


def together(program: Program) -> None:
    """The program here and in PyTorch. Raises AssertionError where they differ, IllPosedError where they may."""
    with settings_of(program):
        ours, theirs = program.run("ag"), program.run("torch")

        def tied(i: int) -> None:
            if not program.on_one_piece(i, ours, theirs):
                raise IllPosedError("a tie up to rounding")

        compare(
            ours, theirs, leaves=program.leaves, outputs=program.outputs, retained=program.retained,
            seed=program.seed, before=tied,
        )  # fmt: skip


def script(program: Program) -> str:
    """Python that repeats the comparison, from the project's folder."""
    ours, theirs = (", ".join(f"{letter}{i}" for i in range(len(program.nodes))) for letter in "vt")
    return "\n".join([
        "import torch, torch.nn.functional as F",
        "from tests.programs.comparing import compare",
        program.alone(),
        program.lines("torch"),
        f"compare([{ours}], [{theirs}], leaves={program.leaves}, "
        f"outputs={list(program.outputs)}, retained={list(program.retained)}, seed={program.seed})",
    ])  # fmt: skip


def follows(program: Program) -> float:
    """The program in float32 beside itself in float64: the largest difference, as a share of what rounding may do.

    Raises AssertionError if that is more than all of it, IllPosedError if kinks set the two apart.
    """
    with settings_of(program):
        runs = narrow_runs(program)
    if runs is None:
        raise IllPosedError("other pieces in float32")
    if not all(abs(exact) <= TOO_LARGE for _, _, exact, _ in runs):
        raise IllPosedError("too large")
    for what, got, exact, bound in runs:
        assert abs(got - exact) <= bound, f"{what}: {got} in float32, {exact} in float64; rounding may do {bound:.2g}"
    return max(abs(got - exact) / bound if bound else 0.0 for _, got, exact, bound in runs)


# ── many programs ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Seen(Observer):
    """Which primitives a program has run on something a gradient reaches."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def recorded(self, node: Any, op: Any, args: Any, arrays: Any, params: Any, out: Any, byproducts: Any) -> None:
        self.names.add(op.name)


@dataclass
class Found:
    """What trying many programs gave: how many, the failures, what occurred in how many, and what was redrawn."""

    cases: int = 0
    failures: list[str] = field(default_factory=list)
    occurred: Counter[str] = field(default_factory=Counter)
    redrawn: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return "redrawn: " + (", ".join(f"{n:,} ({why})" for why, n in sorted(self.redrawn.items())) or "none")


def many(
    cases: int,
    seed: int,
    check: Callable[[Program], Any],
    text: Callable[[Program], str] = script,
    operations: Sequence[Operation] = tuple(OPERATIONS),
    shrink: bool = True,
) -> Found:
    """Different programs until so many were checked. `text` is what a failure prints of a program."""
    found = Found()
    known: set[int] = set()
    shown = ""  # of the last that failed: the smallest, once Hypothesis is through

    def tried(program: Program | None) -> None:
        nonlocal shown
        seen = Seen()
        try:
            if program is None:
                raise IllPosedError("no gradient")
            with observed_by(seen), np.errstate(all="ignore"), warnings.catch_warnings():
                # PyTorch's, about arrays without elements
                warnings.filterwarnings("ignore", "grad and param do not obey")
                check(program)
        except IllPosedError as error:
            found.redrawn[str(error)] += 1
            hypothesis.reject()
        except Exception as error:
            shown = f"{type(error).__name__}: {error}\n{text(program)}"  # type: ignore[arg-type]
            raise
        key = hash(repr(program))
        if key not in known:
            known.add(key)
            found.cases += 1
            found.occurred.update((seen.names | program.operations) & OURS)

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for block in range(4 * cases):
            if found.cases >= cases:
                break
            some = hypothesis.settings(
                max_examples=min(BLOCK, cases - found.cases + 5), database=None, deadline=None, derandomize=False,
                suppress_health_check=list(HealthCheck), report_multiple_bugs=False, print_blob=False,
                phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
            )  # fmt: skip
            try:
                hypothesis.seed(seed * 100_000 + block)(some(hypothesis.given(programs(operations))(tried)))()
            except Exception as error:
                found.cases += 1
                found.failures.append(shown or str(error))
                shown = ""
                if not shrink or len(found.failures) == 3:
                    break
    finally:
        torch.set_num_threads(threads)
    return found
