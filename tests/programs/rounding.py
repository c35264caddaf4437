"""What rounding may do to a program in float32: a bound of first order, from the program's own gradients in float64.

Each recorded step, forward or on the way back, is off by no more than some roundings of what it adds up; the gradient
that reaches the step says how much of that arrives at the end. For a number s computed through nodes z,

    |s in float32 − s in float64|  ≤  u · Σ over z  ⟨|∂s/∂z|, size(z)⟩,       u = 2⁻²⁴,

doubled for what is of second order. Three numbers are looked at: the outputs times random cotangents, the gradient
times a random direction, and the second derivative times another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

import autograd_mini as ag
from tests.internals import Node, Observer, bare, observed_by

from .program import KINDS, Input, Program, cotangents

UNIT = 2.0**-24
WINOGRAD = 32  # times the rounding of a plain sum, and of the largest result rather than of each
CONVOLUTIONS = ("conv2d", "conv_transpose2d", "conv2d_filter")
ADDING = {*CONVOLUTIONS, "sum", "matmul", "linear", "index_add", "unpool", "sum_pool2d", "sum_unpool2d",
          "channel_affine", "channel_sums"}  # fmt: skip
CENTRE = {"channel_affine": 1, "channel_sums": 2}  # the argument that is subtracted
MADE = ("out and in", "gradient", "second order")


def size(op: Any, arrays: Any, params: Any, out: Any) -> Any:
    """How many roundings, times how large, a call may be off by; an array as its result, or a number for all."""
    name, out = op.name, np.abs(np.asarray(out))
    if name in ADDING:
        given = [a if a is None or np.asarray(a).dtype.kind != "f" else np.abs(a) for a in arrays]
        ones = [a if a is None or np.asarray(a).dtype.kind != "f" else np.ones_like(a) for a in given]
        if name in CENTRE and given[CENTRE[name]] is not None:
            for taken in (given, ones):
                taken[CENTRE[name]] = -taken[CENTRE[name]]
        forward = op.canonical.forward
        summed, terms = forward(*given, **params), np.max(forward(*ones, **params), initial=0.0)
        if name in CONVOLUTIONS and ag.is_winograd():
            summed, terms = np.max(summed, initial=0.0), WINOGRAD + terms
        return (terms + 2) * summed
    x = np.asarray(arrays[0])
    largest = float(np.max(np.abs(x), initial=0.0))
    if name == "softmax":
        return (8 + 2 * largest + x.shape[params["axis"]]) * out
    if name in ("log_softmax", "logsumexp", "cross_entropy"):
        return 8 * (out + largest) + x.shape[params.get("axis", 1)]
    if name == "moments":
        return (x.size + 8) * (largest + largest**2)
    if name == "normalise":
        scale = np.max(1 / np.sqrt(x.var(axis=(0, *range(2, x.ndim))) + params["eps"]))
        w, b = (1.0 if a is None else float(np.max(np.abs(a))) for a in arrays[1:3])
        return (x.size + 8) * (largest * scale * w + b)
    return 4 * out + (name in ("sin", "cos"))


class Rounding(Observer):
    """Adds up what rounding each step may do to the number whose gradient is being carried back."""

    def __init__(self) -> None:
        self.sizes: dict[Node, Any] = {}
        self.bound = 0.0

    def recorded(self, node: Any, op: Any, args: Any, arrays: Any, params: Any, out: Any, byproducts: Any) -> None:
        if node is not None:
            self.sizes[node] = size(op, arrays, params, out)

    def arrived(self, node: Node, g: Any) -> None:
        if node in self.sizes and not node.outputs:
            self.bound += 2 * UNIT * float(np.sum(np.abs(np.asarray(bare(g))) * self.sizes[node]))


def numbers(program: Program, dtype: str) -> tuple[list[Any], list[Any], list[Any]]:
    """All values, the numbers that are looked at (fewer if the program is linear), and every leaf behind them."""
    values = program.run("ag", dtype)
    inputs = [values[i] for i in program.leaves]
    behind, found = list(inputs), []
    made = [values[i] for i in program.outputs]
    for order in range(3):
        drawn = [y.astype(np.float32).astype(dtype) for y in cotangents(made, (program.seed, order))]
        seeds = [ag.Tensor(y, requires_grad=True) for y in drawn]
        behind += seeds
        found.append(ag.sum(ag.stack([ag.sum(x * y) for x, y in zip(made, seeds, strict=True)])))
        if order < 2:
            grads = ag.grad(found[-1], inputs, create_graph=True, allow_unused=True)
            made = [g for g in grads if g is not None and g.requires_grad]
            if not made:
                break
    return values, found, behind


def whole(program: Program) -> Program:
    """The same with every input a leaf and every step recorded, so that the tape sees all that is computed."""
    recorded: Any = lambda node: (
        replace(node, kind=KINDS[0]) if isinstance(node, Input) else replace(node, unrecorded=False)
    )
    return replace(program, nodes=tuple(recorded(node) for node in program.nodes))


def narrow_runs(program: Program) -> list[tuple[str, float, float, float]] | None:
    """For each number: its name, in float32, in float64, and how far rounding may set them apart.

    None if the two are on different pieces of a function with kinks. Raises AssertionError for what is not float32.
    """
    program = whole(program)
    rounding = Rounding()
    with observed_by(rounding):
        values, exact, behind = numbers(program, "float64")
    narrow, got, _ = numbers(program, "float32")
    for i in range(len(values)):
        if not program.on_one_piece(i, values, narrow):
            return None
        assert narrow[i].dtype == np.float32, f"v{i} is {narrow[i].dtype}"
    assert len(got) == len(exact), "fewer orders in float32"
    bounds = [_bound(number, behind, rounding) for number in exact]
    return [
        (name, one.item(), other.item(), bound)
        for name, one, other, bound in zip(MADE, got, exact, bounds, strict=False)
    ]  # fmt: skip


def _bound(number: Any, behind: Sequence[Any], rounding: Rounding) -> float:
    rounding.bound = 0.0
    with observed_by(rounding):
        ag.grad(number, behind, retain_graph=True, allow_unused=True)
    return rounding.bound
