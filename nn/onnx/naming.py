"""What the parts of a net are called: the modules that a file tells of, by weights' names, scopes, or nodes' names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from autograd_mini.onnx.reading import Node

from .scope import Scope

Path = tuple[str, ...]

ROLES: dict[str, tuple[str, ...]] = {
    "Conv": ("", "weight", "bias"), "ConvTranspose": ("", "weight", "bias"), "Gemm": ("weight", "weight", "bias"),
    "MatMul": ("weight", "weight"), "DeformConv": ("", "weight", "", "bias"),
    "BatchNormalization": ("", "weight", "bias", "running_mean", "running_var"),
    "LayerNormalization": ("", "weight", "bias"), "GroupNormalization": ("", "weight", "bias"),
    "InstanceNormalization": ("", "weight", "bias"), "RMSNormalization": ("", "weight"), "PRelu": ("", "weight"),
    "Gather": ("weight",), "RNN": ("", "weight_ih", "weight_hh", "bias"), "GRU": ("", "weight_ih", "weight_hh", "bias"),
    "LSTM": ("", "weight_ih", "weight_hh", "bias", "", "", "", "peepholes"),
}  # fmt: skip
"""What the inputs of an operator are called, if they are the file's arrays."""
BUFFERS = ("running_mean", "running_var")

_ENDS = r"(?:[._/]?(?:weight|bias|kernel|gamma|beta|scale|mean|var|moving_mean|moving_variance|running_mean|running_var"
_STEM = re.compile(_ENDS + r"|w|b|s|rm|riv)(?:_\d+)?(?::\d+)?(?:/Read\S*)?)$", re.IGNORECASE)
_PATH = re.compile(r"^[A-Za-z_]\w*(\.\w+)+$")


def is_path(name: str) -> bool:
    """Whether a name is the path of a module's tensor, `layer1.0.conv1.weight`."""
    return _PATH.match(name) is not None


def split_name(name: str) -> Path:
    """The parts of a node's name, `/layer1/layer1.0/conv1/Conv`: what repeats the whole path so far counts once."""
    found: list[str] = []
    for part in name.split("/"):
        if found and part.startswith(found[-1] + "."):
            found[-1] = part
        elif part:
            found.append(part)
    return tuple(piece for part in found for piece in re.split(r"[.:]+", part) if piece)


def _scoped(scope: Sequence[str]) -> Path:
    """The path of a scope as PyTorch's newer exporter notes it: each the whole path so far, the last the operator."""
    found: Path = ()
    for part in scope[:-1]:
        here = tuple(piece for piece in part.split(".") if piece)
        found = here if here[: len(found)] == found else (*found, *here)
    return (*found, scope[-1]) if scope else found


def raw_path(node: Node, weights: Sequence[str]) -> tuple[Path, bool]:
    """What a node is called, and whether the last name is the step's own in a module of the name before.

    weights: the names of the file's arrays that it takes.
    """
    first = weights[0] if weights else ""
    role = ROLES.get(node.operator)
    if role and is_path(first) and first.rpartition(".")[2] in (*role, "weight", "bias"):
        return tuple(first.split(".")[:-1]), False
    if node.scope:
        return _scoped(node.scope), True
    stem = _STEM.sub("", first) if role else ""
    result = next((name for name in node.outputs if name), "")
    named = [node.name, stem, result]
    found = next((name for name in named if name and not _is_number(name, node)), node.name or node.operator)
    path = split_name(found) or (node.operator,)
    own = re.sub(r"_\d+$", "", path[-1]).lower() == node.operator.lower()
    return path, own and found == node.name


def _is_number(name: str, node: Node) -> bool:
    """Whether a name only counts: `n12`, `123`, `Conv_3`, `onnx::Conv_193`."""
    return re.fullmatch(rf"(n|node|op|onnx::\w+?|{re.escape(node.operator)})?_?\d+", name) is not None


def safe(word: str) -> str:
    """A name that none of a module's own attributes has."""
    word = word.strip() or "_"
    return f"{word}_" if word == "_inside" or hasattr(Scope, word) or word.startswith("__") else word


def paths_of(nodes: Sequence[Node], weights: Mapping[int, Sequence[str]]) -> list[Path]:
    """A path for each node, no two the same and none within another. weights: by the node's place."""
    told = [raw_path(node, weights.get(i, ())) for i, node in enumerate(nodes)]
    raw = [tuple(map(safe, path)) for path, _ in told]
    around = Counter(path[:k] for path in raw for k in range(1, len(path)))
    alone = [
        path[:-1] if own and len(path) > 1 and around[path[:-1]] == 1 and path[:-1] not in raw else path
        for path, (_, own) in zip(raw, told, strict=True)
    ]  # a module with one step is that step
    inner = {path[:k] for path in alone for k in range(1, len(path))}
    found: list[Path] = []
    taken: set[Path] = set()
    for node, path in zip(nodes, alone, strict=True):
        base, i = (*path, node.operator) if path in inner else path, 1
        path = base
        while path in taken or path in inner:
            i += 1
            path = (*base[:-1], f"{base[-1]}_{i}")
        taken.add(path)
        found.append(path)
    return found
