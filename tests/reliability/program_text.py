"""A random program as text that runs here and in PyTorch, and the settings it runs under."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

import autograd_mini as ag
import nn
from tests.internals import array_of, batch_norm_relu, conv2d_relu, linear_relu

from .. import compositions as c
from .program_operations import Operation

NUMBA = find_spec("numba") is not None
LAYOUTS = (  # how an array lies in memory
    "{}",
    "np.asfortranarray({})",
    "np.flip(np.flip({}).copy())",
    "np.repeat({}, 2, axis=-1)[..., ::2]",
    "np.moveaxis(np.moveaxis({}, 1, -1).copy(), -1, 1)",
)
KINDS = ("ag.Tensor({}, requires_grad=True)", "{}", "ag.Tensor({})")  # a leaf, or a constant
NAMES = {
    "ag": ag, "nn": nn, "np": np, "torch": torch, "F": F,
    "linear_relu": linear_relu, "conv2d_relu": conv2d_relu, "batch_norm_relu": batch_norm_relu,
}  # fmt: skip


def bare(x: Any) -> c.Array:
    """A value of either side as an array."""
    return x.numpy(force=True) if isinstance(x, torch.Tensor) else array_of(x)


@dataclass(frozen=True)
class Input:
    """An array that a program starts from: as text, how it lies in memory, and as what it goes in."""

    array: c.Array
    layout: str
    kind: str

    @property
    def leaf(self) -> bool:
        return self.kind == KINDS[0]


@dataclass(frozen=True)
class Step:
    """One operation on earlier values; without a tape if it is `unrecorded`."""

    operation: Operation
    operands: tuple[int, ...]
    params: dict[str, Any]
    unrecorded: bool = False

    def line(self, side: str, i: int) -> str:
        template, letter = (self.operation.ours, "v") if side == "ag" else (self.operation.torch, "t")
        line = f"{letter}{i} = {self.operation.text(template, letter, self.operands, self.params)}"
        return f"with {side}.no_grad():\n    {line}" if self.unrecorded else line


@dataclass(frozen=True)
class Program:
    """What is made of it: inputs and steps share one numbering, None stands where a step is.

    outputs: the values it is differentiated from. retained: those whose own gradients are looked at. seed: of the
    cotangents. settings: compiled, Winograd, threads.
    """

    inputs: tuple[Input | None, ...]
    steps: tuple[Step | None, ...]
    outputs: tuple[int, ...]
    retained: tuple[int, ...]
    seed: int
    settings: tuple[bool, bool, int]

    @property
    def leaves(self) -> list[int]:
        return [i for i, given in enumerate(self.inputs) if given is not None and given.leaf]

    def lines(self, side: str, dtype: str = "float64") -> str:
        """The forward pass here ("ag") or in PyTorch ("torch"), from arrays a0, a1, …"""
        lines = []
        for i, (given, step) in enumerate(zip(self.inputs, self.steps, strict=True)):
            if step is not None:
                lines.append(step.line(side, i))
            elif side == "ag":
                lines.append(f"v{i} = {given.kind.format(f'a{i}')}")
            else:
                lines.append(f"t{i} = torch.tensor(a{i}.copy(){', requires_grad=True' if given.leaf else ''})")
        return "\n".join(lines).replace("np.float64", f"np.{dtype}")

    def run(self, side: str, dtype: str = "float64") -> list[Any]:
        """Every value."""
        names = dict(NAMES)
        for i, given in enumerate(self.inputs):
            if given is not None:
                array = given.array if dtype == "float64" else given.array.astype(dtype)
                names[f"a{i}"] = eval(given.layout.format("a"), NAMES, {"a": array})
        exec(self.lines(side, dtype), names)
        return [names[f"{'v' if side == 'ag' else 't'}{i}"] for i in range(len(self.inputs))]

    def on_one_piece(self, i: int, *runs: Sequence[Any]) -> bool:
        """Whether step i, if it has kinks or jumps, is on the same piece of its function in several runs."""
        step = self.steps[i]
        gaps = step and (step.operation.gaps or step.operation.jumps)
        if step is None or not gaps:
            return True
        signs = [np.sign(bare(gaps(*(bare(values[j]) for j in step.operands), **step.params))) for values in runs]
        return all(np.array_equal(signs[0], other) for other in signs)

    def cotangents(self, arrays: Sequence[Any], order: int = 0) -> list[c.Array]:
        rng = np.random.default_rng((self.seed, order))
        return [np.asarray(rng.standard_normal(array.shape)) for array in arrays]

    def inputs_text(self, dtype: str = "float64") -> str:
        """The arrays a0, a1, … to the last bit."""
        lines = []
        for i, given in enumerate(self.inputs):
            if given is not None:
                kind = given.array.dtype if dtype == "float64" else dtype
                text = f"np.array({given.array.tolist()}, np.{kind}).reshape({given.array.shape})"
                lines.append(f"a{i} = {given.layout.format(text)}")
        return "\n".join(lines)


class settings_of:
    """Kernels and threads as a program wants them, put back afterwards."""

    def __init__(self, settings: tuple[bool, bool, int]) -> None:
        self.settings = settings

    def __enter__(self) -> None:
        self.before = ag.is_compiled(), ag.is_winograd(), ag.get_num_threads()
        self._set(*self.settings)

    def __exit__(self, *_: Any) -> None:
        self._set(*self.before)

    def _set(self, compiled: bool, winograd: bool, threads: int) -> None:
        ag.set_compiled(compiled and NUMBA)
        ag.set_winograd(winograd)
        if threads != ag.get_num_threads():
            ag.set_num_threads(threads)
