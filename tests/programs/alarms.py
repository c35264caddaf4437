"""Gradient checkers on small programs of right operations: how often each raises a false alarm."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

import autograd_mini as ag

from .characters import CEILING, CHARACTERS, in_float32
from .drawing import small_programs
from .program import Program

try:
    from autograd.test_util import check_grads
except ImportError:  # an optional package: without it the other checkers still compare
    check_grads = None


def passes_ours(program: Program, mode: str = "full") -> bool:
    inputs = [ag.Tensor(x, requires_grad=True) for x in program.arrays]
    try:
        return bool(ag.gradcheck(program.function("ag"), inputs, mode=mode))
    except ag.GradcheckError:
        return False


def passes_torch(program: Program, fast: bool = False) -> bool:
    inputs = [torch.tensor(x, requires_grad=True) for x in program.arrays]
    with torch.random.fork_rng([]):
        torch.default_generator.manual_seed(program.seed)  # the fast mode draws directions
        return torch.autograd.gradcheck(program.function("torch"), inputs, raise_exception=False, fast_mode=fast)


def passes_hips(program: Program) -> bool:
    before = np.random.get_state()  # noqa: NPY002  its directions are drawn from the global generator
    np.random.seed(program.seed)  # noqa: NPY002
    try:
        check_grads(program.function("hips"), modes=["rev"], order=1)(*program.arrays)
    except AssertionError:
        return False
    finally:
        np.random.set_state(before)  # noqa: NPY002
    return True


Checker = Callable[[Program], bool]
CHECKERS: dict[str, Checker] = {
    "ours, full": passes_ours,
    "ours, projected": lambda program: passes_ours(program, "projected"),
    "torch": passes_torch,
    "torch, fast": lambda program: passes_torch(program, fast=True),
    "HIPS": passes_hips,
}


def false_alarms(
    count: int,
    seed: int = 0,
    checkers: Mapping[str, Checker] = CHECKERS,
    dtype: Any = np.float64,
    ceiling: float = CEILING,
) -> tuple[dict[str, dict[str, tuple[int, int]]], dict[str, list[Program]]]:
    """checker -> character -> (alarms, programs checked), and checker -> the programs it objected to.

    A checker takes a program and says whether it passes. In another dtype the inputs are rounded to it first, and
    programs that become illegitimate by that are left out.
    """
    counts = {name: dict.fromkeys(CHARACTERS, (0, 0)) for name in checkers}
    alarmed: dict[str, list[Program]] = {name: [] for name in checkers}
    for drawn in small_programs(count, seed, ceiling):
        checked = drawn if dtype == np.float64 else in_float32(drawn, ceiling)
        if checked is None:
            continue
        for name, checker in checkers.items():
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")  # theirs are not the question
                passed = checker(checked)
            alarms, total = counts[name][checked.character]
            counts[name][checked.character] = alarms + (not passed), total + 1
            if not passed:
                alarmed[name].append(checked)
    return counts, alarmed
