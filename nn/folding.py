"""Folding: a copy of a net for inference, in which convolutions do the work of what follows them."""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy
from typing import Any, TypeVar

import numpy as np

from autograd_mini import Tensor, enable_grad, no_grad
from autograd_mini.arguments import array_of
from autograd_mini.core.tape import Node, ancestors
from autograd_mini.observe.activations import activation_hook

from .fusion import PAIRS
from .layers import BatchNorm1d, BatchNorm2d, BatchNorm3d, Conv1d, Conv2d, Conv3d, Identity, Linear, ReLU
from .module import Module
from .sequential import Sequential

M = TypeVar("M", bound=Module)
NORMS = {Linear: BatchNorm1d, Conv1d: BatchNorm1d, Conv2d: BatchNorm2d, Conv3d: BatchNorm3d}
"""What a layer can take in, as a factor and a shift of each of its outputs."""


def folded(model: M, *inputs: Any) -> M:
    """A copy of a net for inference: batch norms are taken into the weights before them, ReLUs into the same pass.

    Which layers follow one another shows in a pass through the net, however its blocks are written: a layer takes in
    the batch norm that alone goes on with what it gives, then the ReLU that alone goes on with that. Identities stand
    in their places. The outputs are the net's in evaluation mode, to rounding: x · (s · w) is not (x · w) · s bit for
    bit. The copy is in evaluation mode, nothing in it is to be trained, and its names are not the net's: load weights
    into the net, then fold it.

    Arguments:
        model: a Module.
        inputs: what it is called with, such as a batch of one image; its values do not matter, unless the net's way
            depends on them.
    Returns:
        A module of the same class.
    Raises:
        TypeError: for what is no Module.
        ValueError: if the copy gives something else for these inputs, as when a net goes on with values that it took
            out of the tape.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(3, 4, 3, rng=0), nn.BatchNorm2d(4), nn.ReLU()).eval()
        >>> x = np.ones((1, 3, 5, 5), np.float32)
        >>> small = nn.folded(net, x)
        >>> [type(layer).__name__ for layer in small], bool(np.allclose(small(x), net(x), atol=1e-6))
        (['Sequential', 'Identity', 'Identity'], True)
    """
    if not isinstance(model, Module):
        raise TypeError(f"folded: the model must be a Module, not {type(model).__name__}")
    wanted, chains = _chains(model, inputs)
    stand_ins: dict[int, Module] = {}
    for layer, norm, relu in chains:
        own = deepcopy(layer)
        for taken in (norm, relu):
            if taken is not None:
                stand_ins[id(taken)] = Identity()
        if norm is not None:
            _take_in(own, norm)
        stand_ins[id(layer)] = own if relu is None else Sequential(own, ReLU())
    copy = deepcopy(model, dict(stand_ins)).eval().requires_grad_(False)
    with no_grad():
        found = _arrays(copy(*inputs))
    for one, other in zip(found, wanted, strict=True):
        room = np.sqrt(np.finfo(other.dtype).eps) * np.abs(other).max(initial=0) if other.dtype.kind == "f" else 0
        if one.shape != other.shape or not (np.abs(one - other) <= room).all():
            raise ValueError("folded: the copy does not give what the net gives; is a value used outside the tape?")
    return copy


Chain = tuple[Module, Module | None, Module | None]


def _chains(model: Module, inputs: tuple[Any, ...]) -> tuple[list[Any], list[Chain]]:
    """The outputs, and each layer with the batch norm or the ReLU, or both, that go on with its results."""
    parts: dict[str, Any] = dict(model.named_modules())
    made = defaultdict[str, list[Node]](list)

    def collect(name: str, value: Any) -> None:
        if name in parts:
            made[name].append(value.node)

    given = [Tensor(x, requires_grad=True) if array_of(x).dtype.kind == "f" else x for x in inputs]
    with enable_grad(), activation_hook(collect), model.evaluating():
        outputs = model(*given)
    ends = [tensor.node for tensor in _given(outputs) if isinstance(tensor, Tensor) and tensor.node is not None]
    users = defaultdict[Node, list[Node | None]](list, {node: [None] for node in ends})
    for node in ancestors(*ends):
        for parent in node.parents:
            if parent is not None:
                users[parent].append(node)
    whose: dict[Node | None, str] = {}
    for name, nodes in made.items():
        for node in nodes:
            whose.setdefault(node, name)  # a Sequential gives what its last layer gave

    def next_behind(name: str, kind: Any) -> str | None:
        """The layer of a kind that alone goes on with every result of another, and with nothing else."""
        after = {whose.get(users[node][0]) if len(users[node]) == 1 else None for node in made[name]}
        (following,) = after if len(after) == 1 else (None,)
        if following is None or type(parts[following]) is not kind or not _plain(parts[following]):
            return None
        return following if len(made[following]) == len(made[name]) else None

    found: list[Any] = []
    for name in [name for name in made if type(parts[name]) in NORMS and _plain(parts[name])]:
        norm = next_behind(name, NORMS[type(parts[name])])
        if norm is not None and parts[norm].running_mean is None:
            norm = None
        relu = next_behind(norm or name, ReLU) if (type(parts[name]), ReLU) in PAIRS else None
        if norm is not None or relu is not None:
            taken = [None if one is None else parts[one] for one in (norm, relu)]
            found.append((parts[name], *taken))
    return _arrays(outputs), found


def _plain(part: Module) -> bool:
    """Whether a layer does what its class does, and nobody looks on."""
    return "forward" not in vars(part) and "_hooks" not in vars(part)


def _take_in(layer: Any, norm: Any) -> None:
    """Let a layer give what a batch norm makes of its results: (y − mean) · s + b with s = weight / √(var + eps)."""
    mean, var = (array_of(buffer).astype(np.float64) for buffer in (norm.running_mean, norm.running_var))
    scale = 1 / np.sqrt(var + norm.eps)
    if norm.weight is not None:
        scale = scale * norm.weight.numpy()
    weight, bias = layer.weight.numpy(), 0 if layer.bias is None else layer.bias.numpy()
    shift = (bias - mean) * scale + (0 if norm.bias is None else norm.bias.numpy())
    layer.weight = Tensor((weight * scale.reshape(-1, *[1] * (weight.ndim - 1))).astype(weight.dtype), name="weight")
    layer.bias = Tensor(shift.astype(weight.dtype), name="bias")


def _given(outputs: Any) -> list[Any]:
    """What a net gives, alone, in a row or by name."""
    if isinstance(outputs, dict):
        return [*outputs.values()]
    return [*outputs] if isinstance(outputs, tuple | list) else [outputs]


def _arrays(outputs: Any) -> list[Any]:
    return [one._array if isinstance(one, Tensor) else np.asarray(one) for one in _given(outputs)]
