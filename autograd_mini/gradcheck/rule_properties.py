"""What every rule must satisfy besides giving the right numbers.

It is linear in g, gives the right shape and dtype, writes into no array, repeats itself, and gives the same gradient
whether the backward pass is recorded (`create_graph`) or not.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from ..core.tape import Node, Value
from ..core.tensor import Tensor
from ..observe.snapshot import same
from .trace import Step, Trace, fitted, replay, traced, vjp, vjps

REPLAYS = 3  # random roundings of a recorded rule
REFUSED = suppress(np.linalg.LinAlgError)  # by a rule that knows of losses without derivative; a random one may be such


class RuleError(Exception):
    """A rule lacks a property that every rule must have."""

    def __init__(self, step: Step, argument: int | None, words: str) -> None:
        super().__init__(words)
        self.step, self.argument = step, argument


def check_rule_properties(trace: Trace, seed: int) -> None:
    """Call every rule of every step with a random cotangent, and with others. Raises RuleError."""
    rng = np.random.default_rng(seed)
    for step in trace.steps:
        for i, parent in enumerate(step.parents):
            if parent is not None:
                with REFUSED:
                    _check(step, i, parent.shape, parent.dtype, rng)
        with REFUSED:
            _check_together(step, rng)


def check_recorded(trace: Trace, seed: int) -> None:
    """Call every rule of every step on a Tensor, as a recorded backward pass does. Raises RuleError."""
    rng = np.random.default_rng(seed)
    for step in trace.steps:
        for i, parent in enumerate(step.parents):
            if parent is not None and step.node is not None:
                with REFUSED:
                    _check_recorded(step, i, parent.shape, parent.dtype, step.cotangent(rng), rng)


def _check(step: Step, i: int, shape: tuple[int, ...], dtype: Any, rng: np.random.Generator) -> None:
    node = step.node
    assert node is not None
    g = step.cotangent(rng)
    protected = _protected(step)
    before = [np.copy(a) if isinstance(a, np.ndarray) else a for a in protected]

    def apply(cotangent: Any) -> Any:
        given = cotangent.copy()
        try:
            found = vjp(step, i, given)
        except np.linalg.LinAlgError:
            raise
        except Exception as error:
            raise RuleError(step, i, f"the rule fails: {type(error).__name__}: {error}") from error
        if not same(given, cotangent):
            raise RuleError(step, i, "the rule writes into g, which other rules still need")
        if not all(map(same, protected, before)):
            raise RuleError(step, i, "the rule writes into an array that the operation was given or gave back")
        return found._array if isinstance(found, Value) else found

    carried = apply(g)
    if not hasattr(carried, "shape"):
        raise RuleError(step, i, f"the rule returns {type(carried).__name__}, not an array")
    _check_form(step, i, carried, shape, dtype)
    _check_linear(step, i, apply, g, carried, [*(node.saved or {}).values()])


def _check_together(step: Step, rng: np.random.Generator) -> None:
    """Compare what a joint rule gives for one argument alone with what it gives for all of them."""
    positions = [i for i, parent in enumerate(step.parents) if parent is not None]
    if step.op.joint is None or len(positions) < 2:
        return
    g = step.cotangent(rng)
    try:
        found = vjps(step, positions, g.copy())
    except np.linalg.LinAlgError:
        raise
    except Exception as error:
        raise RuleError(step, None, f"the joint rule fails: {type(error).__name__}: {error}") from error
    for i in positions:
        shape = np.shape(step.arrays[i])
        together, alone = (fitted(back, shape) for back in (found[i], vjp(step, i, g.copy())))
        allowed = 1e4 * np.finfo(alone.dtype).eps * np.abs(alone[np.isfinite(alone)]).max(initial=0)
        if not np.allclose(together, alone, rtol=0, atol=allowed, equal_nan=True):
            worst = int(np.argmax(np.abs(together - alone)))
            words = f"{together.flat[worst]:.8g} beside {alone.flat[worst]:.8g}"
            what = "the joint rule gives another gradient asked for all than for one alone"
            raise RuleError(step, i, f"{what}: {words}")


def _protected(step: Step) -> list[Any]:
    """What no rule may write into."""
    assert step.node is not None
    return [step.out, *(a for a in step.arrays if isinstance(a, np.ndarray)), *(step.node.saved or {}).values()]


def _check_form(step: Step, i: int, carried: Any, shape: tuple[int, ...], dtype: Any, recorded: str = "") -> None:
    """Shape and dtype. What broadcasting repeated is summed by the backward pass, so a rule may return it repeated."""
    assert step.node is not None
    lead = len(carried.shape) - len(shape)
    if lead < 0 or any(have != want != 1 for have, want in zip(carried.shape[lead:], shape, strict=True)):
        words = f"the rule returns shape {carried.shape}{recorded}; the argument has shape {shape}"
        raise RuleError(step, i, words)
    allowed = {np.dtype(dtype), np.asarray(step.out).dtype}
    if step.op.takes_complex or any(kind.kind == "c" for kind in allowed):  # of what is real, the real part is taken
        allowed |= {np.result_type(kind, np.complex64) for kind in allowed} | {np.finfo(kind).dtype for kind in allowed}
    if carried.dtype not in allowed:
        words = f"the rule returns {carried.dtype}{recorded} for an argument that is {dtype}"
        raise RuleError(step, i, words)


def _check_linear(step: Step, i: int, apply: Any, g: Any, carried: Any, saved: list[Any]) -> None:
    if not np.isfinite(carried).all():
        return  # 0 · inf; the comparison of numbers will say what is the matter
    again = apply(g)
    precision, tiny = np.finfo(carried.dtype).eps, 1e4 * np.finfo(carried.dtype).smallest_subnormal
    size = np.abs(carried).max(initial=0)
    if not np.allclose(carried, again, rtol=0, atol=64 * precision * size):
        raise RuleError(step, i, "the rule gives another gradient when it is called again with the same g")
    if apply(np.zeros_like(g)).any():
        raise RuleError(step, i, "the rule ignores g: a zero cotangent must give a zero gradient")
    doubled = apply(-2 * g)
    if not np.allclose(doubled, -2 * carried, rtol=0, atol=1e4 * precision * size):
        raise RuleError(step, i, "the rule is not linear in g: −2g does not give −2 times the gradient that g gives")
    far = 2.0 ** (4 if g.dtype.itemsize < 4 else 24)
    for factor in (far, 1 / far):  # clipped where it is large, dropped where it is small
        scaled = apply((factor * g).astype(g.dtype))
        allowed = 1e4 * precision * size * factor + tiny
        if np.isfinite(scaled).all() and not np.allclose(scaled, factor * carried, rtol=0, atol=allowed):
            words = f"{factor:.2g} g does not give {factor:.2g} times the gradient that g gives"
            raise RuleError(step, i, f"the rule is not linear in g: {words}")
    if g.size > 1:
        one, others = np.zeros_like(g), g.copy()
        middle = g.size // 2
        one.flat[middle], others.flat[middle] = g.flat[middle], 0
        sizes = [np.abs(a).max(initial=0) for a in saved if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
        inner = float(np.abs(g).max() * max(sizes, default=1))  # terms of this size may cancel
        if not np.allclose(apply(one) + apply(others), carried, rtol=0, atol=1e4 * precision * max(size, inner) + tiny):
            words = "one element of g and the others, carried back apart, do not add up to what g gives"
            raise RuleError(step, i, f"the rule is not linear in g: {words}")


# ── the same rule, recorded ───────────────────────────────────────────────────────────────────────────────────────────

RECORDED = " where g is a Tensor (create_graph=True)"


def _check_recorded(step: Step, i: int, shape: tuple[int, ...], dtype: Any, g: Any, rng: np.random.Generator) -> None:
    """Compare the rule on a Tensor, a constant and one that is differentiated, with the rule on the bare array.

    A rule that cannot be recorded is not refused here: a recorded backward pass raises its error.
    """
    protected = _protected(step)
    before = [np.copy(a) if isinstance(a, np.ndarray) else a for a in protected]
    bare = fitted(vjp(step, i, g.copy()), shape)
    for requires_grad in (False, True):
        given = Tensor.made(g.copy(), Node(g.shape, g.dtype) if requires_grad else None)
        with traced(Trace()) as back:
            try:
                found = vjp(step, i, given, kind=Tensor)
            except Exception:  # of whatever kind: a recorded backward pass raises it too
                continue
        if not same(given.numpy(), g):
            raise RuleError(step, i, f"the rule writes into g{RECORDED}, which other rules still need")
        if not all(map(same, protected, before)):
            words = f"the rule writes into an array that the operation was given or gave back{RECORDED}"
            raise RuleError(step, i, words)
        if not isinstance(found, Tensor):
            continue  # the backward pass refuses it
        _check_form(step, i, found, shape, dtype, RECORDED)
        off = _apart(bare, found, back, given, shape, rng)
        if off is not None:
            raise RuleError(step, i, f"the rule gives another gradient{RECORDED} than on bare arrays: {off}")


def _apart(
    bare: Any, found: Tensor, back: Trace, given: Tensor, shape: tuple[int, ...], rng: np.random.Generator
) -> str | None:
    """The entry in which a recorded gradient differs most, if by more than its own rounding explains."""
    recorded = fitted(found.numpy(), shape)
    finite = np.isfinite(bare) & np.isfinite(recorded)
    off = np.where(finite, np.abs(np.where(finite, recorded, 0) - np.where(finite, bare, 0)), 0)
    off[np.isfinite(bare) != np.isfinite(recorded)] = np.inf
    units = max(64, 8 * np.sqrt(max(given.size, bare.size)))
    allowed = units * float(np.finfo(bare.dtype).eps) * np.abs(np.where(finite, bare, 0)).max(initial=0)
    if (off > allowed).any() and found.node is not None:
        start = {} if given.node is None else {given.node: given.numpy()}
        again = [fitted(replay(back.steps, start, rng)[found.node], shape) for _ in range(REPLAYS)]
        spread = max(np.abs(a - recorded)[finite].max(initial=0) for a in again)
        allowed = max(allowed, units * np.nan_to_num(spread, nan=0, posinf=0))
    if not (off > allowed).any():
        return None
    worst = int(np.argmax(off))
    return f"{recorded.flat[worst]:.8g} beside {bare.flat[worst]:.8g}"
