"""A net from its file alone: what `save` noted it is made of, or the one whose arrays these are."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from inspect import signature
from math import prod
from typing import Any

import numpy as np

from ..elsewhere import is_own
from ..init import zeros
from ..io.matching import by_name
from ..io.weights import read_with_notes
from ..making import NOTE
from ..module import Module
from ..sequential import Sequential
from .recognised import BUILDERS, recognised
from .vgg import VGG

__all__ = ["read_net"]

_MODEST = 4096  # a number in a description that no array needs to account for


def read_net(path: str | os.PathLike[str]) -> Any:
    """A net with its weights, from a file alone.

    Files that `save` wrote say what net they are of, if it is one of nn's: a net by name, a VGG of any configuration,
    or a Sequential of layers. Of other files the arrays' names and shapes tell: SqueezeNet, VGG-like nets, and
    torchvision's. Nothing in a file is run.

    Arguments:
        path: a file of weights, as `read_state` reads them.
    Returns:
        The net, in evaluation mode.
    Raises:
        FileNotFoundError: if there is none.
        ValueError: for a file that is damaged, or of no net that is known.

    Example:
        >>> nn.Sequential(nn.Linear(4, 3, rng=0), nn.ReLU(), nn.Linear(3, 2, rng=1)).save("net.safetensors")
        >>> nn.read_net("net.safetensors")[2]
        Linear(3, 2)
    """
    name = os.fspath(path)
    if not os.path.exists(path):
        raise FileNotFoundError(f"read_net: there is no file {name!r}")
    state, notes = read_with_notes(path)
    state = by_name(state)
    net = _described(notes[NOTE], state, name) if NOTE in notes else _recognised(state)
    if net is None:
        first = ", ".join(list(state)[:3]) + ", …" * (len(state) > 3)
        held = f"{len(state)} array{'s' * (len(state) != 1)} ({first})"
        raise ValueError(
            f"read_net: {name} holds {held} and does not say of which net, and no net of nn's is known by these. Make "
            "the net in Python, load the file with net.load(path), and go on there"
        )
    return net.load(path).eval()


def _described(note: str, state: Mapping[str, Any], name: str) -> Module | None:
    """The net of a description, its weights zeros. Raises ValueError for a description that means none."""
    most = max(_MODEST, sum(prod(np.shape(array)) for array in state.values()))
    try:
        if any(int(number) > most for number in re.findall(r"\d+", note)):
            raise ValueError("it is larger than its arrays")
        kinds = [array.dtype for array in state.values() if array.dtype.kind == "f"]
        return _built(json.loads(note), {"init": zeros, "rng": None, "dtype": max(kinds, default=np.dtype(np.float32))})
    except (ValueError, TypeError, KeyError, RecursionError, MemoryError, OverflowError) as error:
        raise ValueError(f"read_net: {name} describes no net of nn's: {error!s:.300}") from error


def _built(what: Any, free: dict[str, Any]) -> Module:
    """The module of a description; free: arguments of which nothing is left once weights are loaded, and the dtype."""
    if what["class"] == "Sequential":
        return Sequential(*[(name, _built(layer, free)) for name, layer in what["layers"]])
    kind = _own_classes().get(what["class"])
    if kind is None:
        raise ValueError(f"there is no {what['class']!r}")
    args, kwargs = _tuples(what["args"]), {name: _tuples(value) for name, value in what["kwargs"].items()}
    taken = signature(kind).parameters
    made: Module = kind(*args, **kwargs, **{name: value for name, value in free.items() if name in taken})
    return made


def _own_classes() -> dict[str, type[Module]]:
    """Every class of modules that is nn's, by its name."""
    found, left = dict[str, type[Module]](), [*Module.__subclasses__()]
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        if is_own(kind):
            found[kind.__name__] = kind
    return found


def _tuples(value: Any) -> Any:
    return tuple(_tuples(each) for each in value) if isinstance(value, list) else value


# ── by the arrays ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _recognised(state: Mapping[str, Any]) -> Module | None:
    if "features.conv1_1.weight" in state:
        return _vgg(state)
    name = recognised(state)
    if name is None:
        return None
    net = BUILDERS[name](init=zeros)
    last = [*net.state_dict()][-1]
    try:
        given = net._translated(state).state
        return BUILDERS[name](num_classes=len(given[last]), init=zeros) if last in given else None
    except (ValueError, TypeError):
        return None


def _vgg(state: Mapping[str, Any]) -> Module | None:
    """A VGG of any configuration. Of images of which a border is pooled away the smallest are taken."""
    blocks: dict[int, list[str]] = {}
    places = sorted(
        (int(found[1]), int(found[2]))
        for n in state
        if (found := re.fullmatch(r"features\.conv(\d+)_(\d+)\.weight", n))
    )
    for block, i in places:
        blocks.setdefault(block, []).append(str(len(state[f"features.conv{block}_{i}.weight"])))
    widths = list[int]()
    while (name := f"classifier.fc{len(widths) + 1}.weight") in state:
        widths.append(np.shape(state[name])[0])
    if not widths:
        return None
    first, last = state["features.conv1_1.weight"], int([*blocks.values()][-1][-1])
    maps = np.shape(state["classifier.fc1.weight"])[1] // last
    side = round(maps**0.5) << len(blocks)
    if side * side != maps << 2 * len(blocks):
        return None
    line = " ".join(f"{' '.join(block)} M" for block in blocks.values())
    return VGG(
        f"{line} | {' '.join(map(str, widths))}", input_shape=(np.shape(first)[1], side, side), init=zeros,
        batch_norm="features.bn1_1.weight" in state,
    )  # fmt: skip
