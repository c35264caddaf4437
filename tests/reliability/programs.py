"""Random programs of all primitives beside PyTorch in float64: forward, backward, second order."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import hypothesis
import numpy as np
import torch
from hypothesis import HealthCheck, Phase

import autograd_mini as ag
from autograd_mini.ops.kinds import ROWS
from tests.internals import Observer, observed_by

from .program_drawing import programs
from .program_operations import OPERATIONS, Operation
from .program_rounding import narrow_runs
from .program_text import Program, bare, settings_of
from .promise import Outcome, Promise

TOLERANCE = 1e-9  # of the largest entry, and of each entry
TOO_LARGE = 1e8  # gradients beyond say little
BLOCK = 250  # programs between two fresh starts of Hypothesis
OURS = frozenset(
    name
    for name, op in ag.PRIMITIVES.items()
    if op.__module__.startswith("autograd_mini.") and (name in ROWS or op.joint or any(op.rules.values()))
)
"""What can be called by name, and what a gradient flows through inside of it."""


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
    within = TOLERANCE if one.dtype == np.float64 else 1e-5
    np.testing.assert_allclose(
        one, other, rtol=within, atol=within * max(scale, largest), err_msg=what, equal_nan=False
    )  # fmt: skip


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
    drawn = lambda order, of: [
        np.asarray(np.random.default_rng((seed, order, i)).standard_normal(x.shape)) for i, x in enumerate(of)
    ]
    scale = max([1.0, *(np.abs(bare(x)).max(initial=0.0) for x in v)])
    ours, theirs = [v[i] for i in outputs], [t[i] for i in outputs]
    cotangents = drawn(0, ours)
    seeds = [torch.tensor(y) for y in cotangents]
    wanted = [*leaves, *retained]
    first = ag.grad(ours, [v[i] for i in wanted], cotangents, allow_unused=True, retain_graph=True)
    expected = torch.autograd.grad(theirs, [t[i] for i in wanted], seeds, allow_unused=True, retain_graph=True)
    for i, one, other in zip(wanted, first, expected, strict=True):
        same(f"gradient by v{i}, grad", one, other, scale)

    for i in retained:
        v[i].retain_grad()
        t[i].retain_grad()
    for one, other, y in zip(ours, theirs, cotangents, strict=True):
        one.backward(y, retain_graph=True)
        other.backward(torch.tensor(y), retain_graph=True)
    for i in wanted:
        same(f"gradient by v{i}, backward", v[i].grad, t[i].grad, scale)

    inputs, others = [v[i] for i in leaves], [t[i] for i in leaves]
    first = ag.grad(ours, inputs, cotangents, allow_unused=True, create_graph=True)
    expected = torch.autograd.grad(theirs, others, seeds, allow_unused=True, create_graph=True)
    for i, one, other in zip(leaves, first, expected, strict=True):
        same(f"gradient by v{i}, create_graph", one, other, scale)
        scale = max(scale, 0.0 if other is None else np.abs(bare(other)).max(initial=0.0))
    directions = drawn(1, inputs)
    rows = [(g, y) for g, y in zip(first, directions, strict=True) if g is not None and g.requires_grad]
    columns = [(g, torch.tensor(y, dtype=g.dtype)) for g, y in zip(expected, directions, strict=True)
               if g is not None and g.requires_grad]  # fmt: skip
    nothing = (None,) * len(inputs)
    second = ag.grad(*_sides(rows, inputs), allow_unused=True) if rows else nothing
    wished = torch.autograd.grad(*_sides(columns, others), allow_unused=True) if columns else nothing
    for i, one, other in zip(leaves, second, wished, strict=True):
        same(f"second order by v{i}", one, other, scale)


def _sides(pairs: list[tuple[Any, Any]], inputs: list[Any]) -> tuple[list[Any], list[Any], list[Any]]:
    return [g for g, _ in pairs], inputs, [y for _, y in pairs]


def together(program: Program) -> None:
    """The program here and in PyTorch. Raises AssertionError where they differ, IllPosedError where they may."""
    with settings_of(program.settings):
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
    ours, theirs = (", ".join(f"{letter}{i}" for i in range(len(program.inputs))) for letter in "vt")
    return "\n".join([
        "import torch, torch.nn.functional as F",
        "from tests.reliability.programs import compare",
        alone(program, "float64"),
        program.lines("torch"),
        f"compare([{ours}], [{theirs}], leaves={program.leaves}, "
        f"outputs={list(program.outputs)}, retained={list(program.retained)}, seed={program.seed})",
    ])  # fmt: skip


def alone(program: Program, dtype: str) -> str:
    """Python that runs it here."""
    compiled, winograd, threads = program.settings
    return "\n".join([
        "import numpy as np, autograd_mini as ag, nn",
        "from tests.internals import batch_norm_relu, conv2d_relu, linear_relu",
        f"ag.set_compiled({compiled}); ag.set_winograd({winograd}); ag.set_num_threads({threads})",
        program.inputs_text(dtype),
        program.lines("ag", dtype),
    ])  # fmt: skip


# ── many programs ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Seen(Observer):
    """Which primitives a program has run on something a gradient reaches."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def recorded(self, node: Any, op: Any, args: Any, arrays: Any, params: Any, out: Any, byproducts: Any) -> None:
        self.names.add(op.name)


def many(
    cases: int,
    seed: int,
    check: Callable[[Program], None],
    told: Callable[[Program], str] = script,
    operations: Sequence[Operation] = tuple(OPERATIONS),
    shrink: bool = True,
) -> tuple[Outcome, Counter[str], Counter[str]]:
    """Different programs until so many were checked: the outcome, what occurred in how many, and what was redrawn."""
    outcome, occurred, redrawn = Outcome(), Counter[str](), Counter[str]()
    known: set[int] = set()
    shown = ""  # of the last that failed: the smallest, once Hypothesis is through

    def tried(program: Program | None) -> None:
        nonlocal shown
        seen = Seen()
        try:
            if program is None:
                raise IllPosedError("no gradient")
            with observed_by(seen), np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.filterwarnings(
                    "ignore", "grad and param do not obey"
                )  # PyTorch's, about arrays without elements
                check(program)
        except IllPosedError as error:
            redrawn[str(error)] += 1
            hypothesis.reject()
        except Exception as error:
            shown = f"{type(error).__name__}: {error}\n{told(program)}"  # type: ignore[arg-type]
            raise
        key = hash(repr(program))
        if key not in known:
            known.add(key)
            outcome.cases += 1
            occurred.update((seen.names | {step.operation.name for step in program.steps if step}) & OURS)

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for block in range(4 * cases):
            if outcome.cases >= cases:
                break
            some = hypothesis.settings(
                max_examples=min(BLOCK, cases - outcome.cases + 5), database=None, deadline=None, derandomize=False,
                suppress_health_check=list(HealthCheck), report_multiple_bugs=False, print_blob=False,
                phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
            )  # fmt: skip
            try:
                hypothesis.seed(seed * 100_000 + block)(some(hypothesis.given(programs(operations))(tried)))()
            except Exception as error:
                outcome.cases += 1
                outcome.failures.append(shown or str(error))
                shown = ""
                if not shrink or len(outcome.failures) == 3:
                    break
    finally:
        torch.set_num_threads(threads)
    return outcome, occurred, redrawn


def again(redrawn: Counter[str]) -> str:
    return "redrawn: " + (", ".join(f"{n:,} ({why})" for why, n in sorted(redrawn.items())) or "none")


ENOUGH = 1000  # programs in which every primitive must occur


def programs_agree(cases: int, seed: int) -> Outcome:
    outcome, occurred, redrawn = many(cases, seed, together)
    missing = sorted(OURS - set(occurred))
    if cases >= ENOUGH and missing and not outcome.failures:
        outcome.failures.append(f"in {outcome.cases} programs of seed {seed} there is no {', '.join(missing)}")
    rarest = min(OURS, key=occurred.__getitem__)
    outcome.measured = (
        f"all {len(OURS)} primitives, the rarest ({rarest}) in {occurred[rarest]:,} programs; {again(redrawn)}"
        if not missing
        else f"{len(OURS) - len(missing)} of {len(OURS)} primitives"
    )
    return outcome


def follows(program: Program) -> float:
    """The program in float32 beside itself in float64: the largest difference, as a share of what rounding may do.

    Raises AssertionError if that is more than all of it, IllPosedError if kinks set the two apart.
    """
    with settings_of(program.settings):
        runs = narrow_runs(program)
    if runs is None:
        raise IllPosedError("other pieces in float32")
    if not all(abs(exact) <= TOO_LARGE for _, _, exact, _ in runs):
        raise IllPosedError("too large")
    for what, got, exact, bound in runs:
        assert abs(got - exact) <= bound, f"{what}: {got} in float32, {exact} in float64; rounding may do {bound:.2g}"
    return max(abs(got - exact) / bound if bound else 0.0 for _, got, exact, bound in runs)


def float32_follows(cases: int, seed: int) -> Outcome:
    shares: list[float] = []
    # the first leaves the tape; integers beside float32 give float64, as in NumPy
    some = [operation for operation in OPERATIONS if operation.name not in ("detach", "whole numbers")]
    outcome, _, redrawn = many(
        cases, seed, lambda program: shares.append(follows(program)), lambda program: alone(program, "float32"), some
    )
    outcome.measured = (
        f"differences of at most {max(shares, default=0.0):.2f} of what rounding may do; {again(redrawn)}"
    )
    return outcome


AREA = "Random programs beside PyTorch"
PROMISES: list[Promise] = [
    Promise(AREA, "Random programs of all primitives have PyTorch's values, gradients and second derivatives",
            programs_agree, short=120, long=10_000),
    Promise(AREA, "The same programs in float32 stay float32, within rounding of the float64 result",
            float32_follows, short=60, long=2_000),
]  # fmt: skip
