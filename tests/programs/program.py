"""A random program as text that runs in this engine, PyTorch and HIPS autograd, and the settings it runs under."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from types import CodeType
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

import autograd_mini as ag
import nn
from tests.internals import array_of, batch_norm_relu, conv2d_relu, dropout, linear_relu

from .by_row import in_row
from .kinks import Array
from .operations import Operation

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
    "ag": ag, "nn": nn, "np": np, "torch": torch, "F": F, "dropout": dropout,
    "in_row": in_row, "linear_relu": linear_relu, "conv2d_relu": conv2d_relu, "batch_norm_relu": batch_norm_relu,
}  # fmt: skip
IMPORTS = """import numpy as np, autograd_mini as ag, nn
from tests.internals import batch_norm_relu, conv2d_relu, dropout, linear_relu
from tests.programs.by_row import in_row"""


@cache
def names_of(side: str) -> dict[str, Any]:
    """What the names in a program's text mean: "ag" (also on bare arrays, "arrays"), "torch" or "hips"."""
    if side != "hips":
        return NAMES
    from . import hips  # HIPS autograd is in the extra `bench`

    ours = ("dropout", "linear_relu", "conv2d_relu", "batch_norm_relu")
    return {"ag": hips, "nn": hips, "np": np, **{name: getattr(hips, name) for name in ours}}


def bare(x: Any) -> Array:
    """A value of either side as an array."""
    return x.numpy(force=True) if isinstance(x, torch.Tensor) else array_of(x)


def cotangents(values: Sequence[Any], seed: Sequence[int]) -> list[Array]:
    """What a gradient starts from: normal numbers in the shapes of some values."""
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.standard_normal(value.shape)) for value in values]


@dataclass(frozen=True)
class Input:
    """An array that a program starts from: how it lies in memory, and as what it goes in."""

    array: Array
    layout: str = LAYOUTS[0]
    kind: str = KINDS[0]

    @property
    def leaf(self) -> bool:
        return self.kind == KINDS[0]

    def laid(self, dtype: str) -> Array:
        array = self.array if dtype == "float64" else self.array.astype(dtype)
        return eval(self.layout.format("a"), NAMES, {"a": array})

    def text(self, dtype: str) -> str:
        """The array, to the last bit."""
        kind = self.array.dtype if dtype == "float64" else dtype
        return self.layout.format(f"np.array({self.array.tolist()}, np.{kind}).reshape({self.array.shape})")

    def line(self, side: str, i: int) -> str:
        if side == "torch":
            return f"t{i} = torch.tensor(a{i}.copy(){', requires_grad=True' if self.leaf else ''})"
        return f"v{i} = {self.kind.format(f'a{i}')}"


@dataclass(frozen=True)
class Step:
    """One operation on earlier values; without a tape if it is `unrecorded`."""

    operation: Operation
    operands: tuple[int, ...]
    params: dict[str, Any]
    unrecorded: bool = False

    def call(self, side: str) -> str:
        letter = "t" if side == "torch" else "v"
        text = self.operation.call(side, [f"{letter}{i}" for i in self.operands], self.params)
        return text.replace(".detach()", "") if side == "arrays" else text

    def line(self, side: str, i: int) -> str:
        line = f"{'t' if side == 'torch' else 'v'}{i} = {self.call(side)}"
        return f"with {side}.no_grad():\n    {line}" if self.unrecorded else line

    def on(self, arrays: Sequence[Array]) -> Array:
        """Its result on bare arrays."""
        given = {f"v{i}": array for i, array in zip(self.operands, arrays, strict=True)}
        return array_of(eval(self.call("arrays"), NAMES, given))

    def gap(self, values: Sequence[Any]) -> Array | None:
        """Where it kinks or jumps, the numbers whose signs say on which piece of the function it is."""
        gaps = self.operation.gaps or self.operation.jumps
        return gaps and np.asarray(bare(gaps(*(bare(values[i]) for i in self.operands), **self.params)))


@dataclass(frozen=True, repr=False)
class Program:
    """Inputs and steps, in one numbering.

    outputs: the values it is differentiated from. retained: those whose own gradients are looked at. seed: of the
    cotangents. settings: compiled, Winograd, threads. title: how it was drawn. character: see `characters`.
    """

    nodes: tuple[Input | Step, ...]
    outputs: tuple[int, ...]
    retained: tuple[int, ...] = ()
    seed: int = 0
    settings: tuple[bool, bool, int] = (True, True, 1)
    title: str = ""
    character: str = ""

    @cached_property
    def inputs(self) -> dict[int, Input]:
        return {i: node for i, node in enumerate(self.nodes) if isinstance(node, Input)}

    @cached_property
    def steps(self) -> dict[int, Step]:
        return {i: node for i, node in enumerate(self.nodes) if isinstance(node, Step)}

    @property
    def leaves(self) -> list[int]:
        return [i for i, given in self.inputs.items() if given.leaf]

    @property
    def arrays(self) -> list[Array]:
        return [given.array for given in self.inputs.values()]

    @property
    def operations(self) -> set[str]:
        return {step.operation.name for step in self.steps.values()}

    def lines(self, side: str, dtype: str = "float64") -> str:
        """The forward pass here ("ag") or in PyTorch ("torch"), from arrays a0, a1, …"""
        return "\n".join(node.line(side, i) for i, node in enumerate(self.nodes)).replace("np.float64", f"np.{dtype}")

    def inputs_text(self, dtype: str = "float64") -> str:
        """The arrays a0, a1, …"""
        return "\n".join(f"a{i} = {given.text(dtype)}" for i, given in self.inputs.items())

    def run(self, side: str, dtype: str = "float64") -> list[Any]:
        """Every value."""
        names = names_of(side) | {f"a{i}": given.laid(dtype) for i, given in self.inputs.items()}
        exec(self.lines(side, dtype), names)
        return [names[f"{'t' if side == 'torch' else 'v'}{i}"] for i in range(len(self.nodes))]

    @cached_property
    def _compiled(self) -> dict[str, CodeType]:
        return {}

    def values(self, side: str, inputs: Sequence[Any]) -> list[Any]:
        """Every value, of given inputs: of tensors, or of bare arrays ("arrays")."""
        letter = "t" if side == "torch" else "v"
        if side not in self._compiled:
            text = "\n".join(step.line(side, i) for i, step in self.steps.items())
            self._compiled[side] = compile(text, "<program>", "exec")
        names = names_of(side) | {f"{letter}{i}": x for i, x in zip(self.inputs, inputs, strict=True)}
        exec(self._compiled[side], names)
        return [names[f"{letter}{i}"] for i in range(len(self.nodes))]

    def function(self, side: str) -> Any:
        """The function from inputs to outputs that gradient checkers are given."""

        def outputs(*inputs: Any) -> Any:
            values = self.values(side, inputs)
            found = [values[i] for i in self.outputs]
            several = names_of(side)["ag"].together if side == "hips" else tuple
            return found[0] if len(found) == 1 else several(found)

        return outputs

    def on_one_piece(self, i: int, *runs: Sequence[Any]) -> bool:
        """Whether step i, if it has kinks or jumps, is on the same piece of its function in several runs."""
        if i in self.inputs or self.steps[i].gap(runs[0]) is None:
            return True
        signs = [np.sign(self.steps[i].gap(values)) for values in runs]
        return all(np.array_equal(signs[0], other) for other in signs)

    def alone(self, dtype: str = "float64") -> str:
        """Python that runs it here."""
        compiled, winograd, threads = self.settings
        return "\n".join([
            IMPORTS,
            f"ag.set_compiled({compiled and NUMBA}); ag.set_winograd({winograd}); ag.set_num_threads({threads})",
            self.inputs_text(dtype),
            self.lines("ag", dtype),
        ])  # fmt: skip

    def __repr__(self) -> str:
        return f"# {self.title}, {self.character}\n{self.alone()}\n# {self.outputs}, {self.retained}, {self.seed}\n"


@contextmanager
def settings_of(program: Program) -> Iterator[None]:
    """Kernels and threads as a program wants them, put back afterwards."""

    def put(compiled: bool, winograd: bool, threads: int) -> None:
        ag.set_compiled(compiled and NUMBA)
        ag.set_winograd(winograd)
        if threads != ag.get_num_threads():
            ag.set_num_threads(threads)

    before = ag.is_compiled(), ag.is_winograd(), ag.get_num_threads()
    put(*program.settings)
    try:
        yield
    finally:
        put(*before)
