"""Parts made of nodes: which array of a file is a parameter of which, and what the parts are called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_mini.onnx.reading import File, Node
from autograd_mini.onnx.reading.running import FAULTS
from autograd_mini.onnx.reading.shapes import constant, constant_of_shape

from ..module import Module
from .layers import held_as, layer_of
from .naming import BUFFERS, ROLES, Path, is_path, paths_of, safe
from .part import Operator
from .scope import Scope

Array = np.ndarray[Any, Any]
SETTINGS: dict[str, range] = {
    "Resize": range(1, 4), "Upsample": range(1, 2), "Pad": range(1, 4), "Clip": range(1, 3), "Dropout": range(1, 3),
    "Range": range(3), "OneHot": range(1, 3), "NonMaxSuppression": range(2, 5), "MelWeightMatrix": range(5),
}  # fmt: skip
"""Inputs that say how an operator works: no number of theirs is learned."""
SAME_RANK = {
    "Relu", "Sigmoid", "Tanh", "LeakyRelu", "Elu", "Selu", "Celu", "Gelu", "HardSigmoid", "HardSwish", "Mish", "Clip",
    "Softmax", "LogSoftmax", "BatchNormalization", "InstanceNormalization", "GroupNormalization", "LRN", "Dropout",
    "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool", "Identity", "Cast", "Concat", "Pad",
    "Resize", "Upsample", "Transpose", "PRelu", "Softplus", "Softsign", "Exp", "Log", "Sqrt", "Neg", "Abs",
    "LayerNormalization", "Slice", "DepthToSpace", "SpaceToDepth",
}  # fmt: skip
BROADCAST = {"Add", "Sub", "Mul", "Div", "Pow", "Sum", "Max", "Min", "Mean", "Where"}


MOST_TOLD = 1 << 30
"""Bytes of arrays that a file only tells of: a few of its own ask for any number."""


@dataclass
class Step:
    """One node: the part that computes it, what it is given, what it gives, and what is over after it.

    alone: the place of the step of the same module that alone goes on with the result, if there is one.
    """

    node: Node
    path: Path
    given: tuple[str, ...]
    over: tuple[str, ...]
    alone: int | None = None


@dataclass
class Built:
    """What a net is made of. held: the part and attribute of each of the file's arrays."""

    parts: Scope
    steps: list[Step]
    held: dict[str, tuple[Path, str]]
    constants: dict[str, Array]


class Builder:
    """Makes the parts of one file's net."""

    def __init__(self, file: File, rng: np.random.Generator) -> None:
        self.file, self.rng = file, rng
        self.constants: dict[str, Array] = {}
        self.told = 0
        self.arrays = file.graph.arrays
        self.nodes: list[Node] = []
        self.over: list[tuple[str, ...]] = []
        self.held: dict[str, tuple[Path, str]] = {}
        for node, over in zip(file.graph.nodes, file.graph.over, strict=True):
            if not self._is_constant(node):
                self.nodes.append(node)
                self.over.append(over)
        self.users = defaultdict[str, list[int]](list)
        for i, node in enumerate(self.nodes):
            for name in node.uses():
                self.users[name].append(i)
        self.ranks = self._ranks()

    def _is_constant(self, node: Node) -> bool:
        """Whether a node holds an array, or tells of one that is the same number everywhere; it is noted then."""
        if node.domain or node.operator not in ("Constant", "ConstantOfShape", "Identity") or not node.outputs[0]:
            return False
        if node.operator != "Constant" and not node.inputs:
            return False
        if node.operator == "Identity":  # PyTorch's exporter writes equal weights of two modules once
            if node.inputs[0] not in self.arrays or not is_path(node.outputs[0]):
                return False
            self.arrays[node.outputs[0]] = self.arrays[node.inputs[0]]
            return True
        if node.operator == "Constant":
            try:
                self.constants[node.outputs[0]] = constant(**node.attributes)
            except FAULTS:
                return False  # text, of which errors tell when it is used
            return True
        shape = self.arrays.get(node.inputs[0], self.constants.get(node.inputs[0]))
        if shape is None or shape.ndim != 1 or shape.dtype.kind != "i":
            return False
        try:
            self.arrays[node.outputs[0]] = same = constant_of_shape(shape, **node.attributes)
            self.told += same.size * same.itemsize
            if self.told > MOST_TOLD:
                raise ValueError(f"arrays of one number everywhere would take more than {MOST_TOLD:,} bytes")
        except FAULTS as error:
            raise ValueError(f"from_onnx: {self.file.path}: {node}: {error}") from error
        return True

    def _ranks(self) -> dict[str, int]:
        """How many axes values have, where that shows."""
        ranks = {name: array.ndim for name, array in (*self.arrays.items(), *self.constants.items())}
        ranks |= {one.name: len(one.shape) for one in self.file.graph.inputs if one.shape is not None}
        for node in self.nodes:
            known = [ranks.get(name) for name in node.inputs if name]
            rank: int | None = None
            if node.operator in SAME_RANK:
                rank = known[0] if known else None
            elif node.operator in BROADCAST and None not in known:
                rank = max(one for one in known if one is not None) if known else None
            elif node.operator in ("Conv", "ConvTranspose"):
                rank = known[1] if len(known) > 1 else None
            elif node.operator == "Unsqueeze" and known and known[0] is not None and "axes" in node.attributes:
                rank = known[0] + len(node.attributes["axes"])
            elif node.operator in ("Gemm", "Flatten"):
                rank = 2
            elif node.operator == "Reshape" and len(node.inputs) > 1:
                shape = self.arrays.get(node.inputs[1], self.constants.get(node.inputs[1]))
                rank = shape.size if shape is not None else None
            if rank is not None:
                ranks[node.outputs[0]] = rank
        return ranks

    # ── parts ──

    def built(self) -> Built:
        """All of it."""
        own = {i: [name for name in node.uses() if name in self.arrays] for i, node in enumerate(self.nodes)}
        paths = paths_of(self.nodes, own)
        root, steps = Scope(), list[Step]()
        known: dict[Any, Path] = {}
        for i, (node, path) in enumerate(zip(self.nodes, paths, strict=True)):
            key = self._key(node)
            if key in known:
                steps.append(Step(node, known[key], node.inputs[:1], self.over[i]))
                continue
            try:
                part, given = self._part(node)
            except FAULTS as error:
                raise ValueError(f"from_onnx: {self.file.path}: {node}: {error!s}") from error
            if not isinstance(part, Operator):
                given = node.inputs[:1]
                if key is not None:
                    known[key] = path
            self._put(root, path, part)
            steps.append(Step(node, path, given, self.over[i]))
        self._hold(root, steps)
        self._pair(steps)
        return Built(root, steps, self.held, self.constants)

    def _key(self, node: Node) -> Any:
        """What is the same for nodes that are one layer, called more than once: operator, settings and arrays."""
        weights = tuple(name for name in node.inputs[1:] if name)
        if not weights or any(name not in self.arrays for name in weights):
            return None
        return node.kind, repr(sorted(node.attributes.items())), node.inputs[1:]

    def _part(self, node: Node) -> tuple[Module, tuple[str, ...]]:
        """The part that computes a node, and the values that it is given."""
        arrays = [self.arrays.get(name, self.constants.get(name)) if name else None for name in node.inputs]
        weights = [name for name in node.inputs if name in self.arrays]
        alone = all(len({self._key(self.nodes[i]) for i in self.users[name]}) == 1 for name in weights)
        if node.inputs and alone and not any(name in self.constants for name in node.inputs[:1]):
            layer = layer_of(node, arrays, self.ranks.get(node.inputs[0]), self.file.opsets.get("", 1))
            if layer is not None:
                return layer, node.inputs[:1]
        part = Operator(node, self.file, self.rng)
        return part, (*node.inputs, *part.around)

    def _put(self, root: Scope, path: Path, part: Module) -> None:
        for name in path[:-1]:
            if name not in root._inside:
                root._inside[name] = Scope()
            root = root._inside[name]  # type: ignore[assignment]
        root._inside[path[-1]] = part

    def _hold(self, root: Scope, steps: list[Step]) -> None:
        """Give parts the file's arrays, unless they are layers, which have theirs."""
        outputs = [name for name in self.file.graph.outputs if name in self.arrays]
        for step in steps:
            part = part_at(root, step.path)
            roles = ROLES.get(step.node.operator, ())
            for i, name in enumerate(step.node.inputs):
                if name not in self.arrays or name in self.held:
                    continue
                role = roles[i] if i < len(roles) else ""
                if not isinstance(part, Operator):
                    if role:
                        self.held[name] = (step.path, role)
                    continue
                self._keep(root, step, name, role, i)
            if isinstance(part, Operator):
                for name in part.around:
                    if name in self.arrays and name not in self.held:
                        self._keep(root, step, name, "", len(step.node.inputs))
        for name in outputs:
            if name not in self.held:
                self._keep(root, Step(Node("", "", "", (), (), {}), (), (), ()), name, "", 0)

    def _keep(self, root: Scope, step: Step, name: str, role: str, i: int) -> None:
        """Keep an array at its own path, if it has one, else with the part that uses it first."""
        array, path, called = self.arrays[name], step.path, role or "value"
        if is_path(name):
            *around, called = name.split(".")
            path = tuple(map(safe, around))
            owner: Any = root
            for word in path:
                if not isinstance(owner, Scope):
                    break
                owner = owner._inside.setdefault(word, Scope())
            else:
                return self._set(owner, path, safe(called), name, array, step, i)
            path, called = step.path, role or called
        return self._set(part_at(root, path), path, safe(called), name, array, step, i)

    def _set(self, owner: Any, path: Path, called: str, name: str, array: Array, step: Step, i: int) -> None:
        base, k = called, 1
        while called in vars(owner) or hasattr(owner, called):
            k += 1
            called = f"{base}_{k}"
        learned = array.dtype.kind == "f" and (array.ndim > 0 or is_path(name)) and i not in SETTINGS.get(
            step.node.operator, ()) and called not in BUFFERS  # fmt: skip
        setattr(owner, called, held_as(array, learned, called))
        if not learned:
            owner.buffers = (*owner.buffers, called)
        self.held[name] = (path, called)

    def _pair(self, steps: list[Step]) -> None:
        """Note which step alone goes on with what another gives: one pass over memory may do both."""
        outputs = set(self.file.graph.outputs)
        place = {name: i for i, step in enumerate(steps) for name in step.node.uses()}
        for step in steps:
            (first, *more) = step.node.outputs or ("",)
            if first and not any(more) and first not in outputs and len(self.users[first]) == 1:
                after = place.get(first)
                if after is not None and steps[after].path[:-1] == step.path[:-1]:
                    step.alone = after


def part_at(root: Any, path: Path) -> Any:
    """The part of a path."""
    for name in path:
        root = root._inside[name]
    return root


def all_parts(inside: Mapping[str, Module]) -> dict[Path, Module]:
    """Every part by path, but for those that are only names around others."""
    found: dict[Path, Module] = {}
    stack: list[tuple[Path, Mapping[str, Module]]] = [((), inside)]
    while stack:
        path, here = stack.pop()
        for name, part in here.items():
            if type(part) is Scope:
                stack.append(((*path, name), part._inside))
            else:
                found[*path, name] = part
    return found
