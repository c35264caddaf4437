"""Which array of a state is which of a model's: wrappings, prefixes, counters, tied weights, and what does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from autograd_mini.arguments import array_of
from autograd_mini.core.primitive import RAGGED
from autograd_mini.showing import Shown

from .opening import Array

WRAPPINGS = (
    "state_dict", "model_state_dict", "model", "params", "net", "network", "weights",
    "state_dict_ema", "model_ema", "ema_state_dict", "params_ema", "ema",
)  # fmt: skip
"""What training programs call the weights among what else they keep, the first that is there; averages come last."""

PREFIXES = ("module.", "model.", "backbone.", "_orig_mod.")
"""What data-parallel, compiled and other modules around a model put before all of its names."""

COUNTERS = ("num_batches_tracked", "n_averaged")
"""What says nothing to a model that has none: how many batches were seen, how many models averaged."""

_FEW = 8  # where fewer names than one in so many are common, the state is of another net
_DEEPEST, _LONGEST = 16, 1000  # how far dicts may nest, and how long the names of those inside may get


@dataclass(frozen=True)
class Match(Shown):
    """What a model took of a state, and what it did not: what `load` and `load_state_dict` report.

    Attributes:
        source: where the state is from.
        matched: the model's arrays that were loaded, by path.
        missing: those that the source lacks, which were left as they were.
        unexpected: what the source holds that the model lacks, by the source's names.
        mismatched: what has another shape or kind of numbers, and was left as it was, each with both sides.

    Example:
        >>> net = nn.Sequential(conv=nn.Conv2d(3, 4, 1), fc=nn.Linear(4, 2))
        >>> net.load_state_dict({"conv.weight": np.zeros((4, 3, 1, 1)), "conv.bias": np.zeros(4)}, missing="keep")
        2 of 4 arrays loaded from the state
        missing, left as they were: fc.weight, fc.bias
    """

    source: str
    matched: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    mismatched: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        count = len(self.matched) + len(self.missing) + sum(name not in self.missing for name in self.mismatched)
        lines = [f"{len(self.matched)} of {count} arrays loaded from {self.source}"]
        lines += [f"missing, left as they were: {_some(self.missing)}"] * bool(self.missing)
        lines += [f"unexpected: {_some(self.unexpected)}"] * bool(self.unexpected)
        lines += [f"left as it was: {words}" for words in self.mismatched.values()]
        return "\n".join(lines)


class Translated(NamedTuple):
    """A state under a model's own names, what those arrays were called, and what nets of that origin want to see."""

    state: Mapping[str, Any]
    called: Mapping[str, str] = {}
    preprocess: Any = None


def by_name(held: Mapping[Any, Any]) -> dict[str, Any]:
    """What is inside the wrappings, under one name each: dicts inside dicts become names with dots.

    Raises ValueError for dicts that hold themselves, or one another twice; TypeError for names that are no text.
    """
    for _ in range(_DEEPEST):
        inner = [held[name] for name in WRAPPINGS if isinstance(held.get(name), Mapping)]
        if not inner:
            break
        held = inner[0]
    found: dict[str, Any] = {}
    stack: list[tuple[str, int, Any]] = [("", 0, held)]
    seen: set[int] = set()
    while stack:
        path, depth, value = stack.pop()
        if not isinstance(value, Mapping):
            found[path] = value
            continue
        if id(value) in seen:
            raise ValueError(f"{path!r:.80} holds what is held elsewhere too")
        seen.add(id(value))
        for name in value:
            if not isinstance(name, str):
                raise TypeError("takes a mapping of arrays by path, not names that are no text")
        if depth > _DEEPEST or len(path) > _LONGEST:
            raise ValueError(f"{path!r:.80} nests deeper than {_DEEPEST} or is longer than {_LONGEST:,}")
        stack += [(f"{path}.{name}" if path else name, depth + 1, value[name]) for name in reversed([*value])]
    return found


def under_own_names(state: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """A state without prefixes that all names have and no wanted one, and without counters that the model lacks."""
    names = [name for name in state if _last(name) not in COUNTERS]
    cut = 0
    while prefix := next((prefix for prefix in PREFIXES if _is_around(prefix, names, wanted)), ""):
        cut, names = cut + len(prefix), [name.removeprefix(prefix) for name in names]
    found = {name if name == "n_averaged" else name[cut:]: value for name, value in state.items()}
    return {name: value for name, value in found.items() if name in wanted or _last(name) not in COUNTERS}


def _is_around(prefix: str, names: list[str], wanted: Mapping[str, Any]) -> bool:
    inside = bool(names) and all(name.startswith(prefix) for name in names)
    return inside and not any(name.startswith(prefix) for name in wanted)


def _last(name: str) -> str:
    return name.rpartition(".")[2]


# ── what fits ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def matched(
    given: Translated,
    wanted: Mapping[str, Array],
    source: str,
    *,
    tied: Callable[[str], str | None] = lambda name: None,
    strict: bool = True,
    keep: bool = False,
) -> tuple[Match, dict[str, Array]]:
    """What fits of a state, and its arrays in the model's dtypes by the model's names; nothing is written yet.

    tied: of a name that is not among the wanted, the wanted one of the same tensor. strict, keep: as `load_state_dict`
    says. Raises ValueError, naming every difference and both sides of it, where more differs than those allow, and
    where nothing fits.
    """
    match, problems = Match(source), []
    found: dict[str, Array] = {}
    for name, value in given.state.items():
        ours = name if name in wanted else tied(name)
        theirs = given.called.get(name, name)
        shown = theirs if ours is None or theirs == ours else f"{ours} (there {theirs})"
        try:
            array = array_of(value)
        except ValueError:
            problem = f"{shown}: {RAGGED}"
        else:
            if ours is None:
                problem = f"{shown}: {source} has {array.shape}, the model lacks it"
            else:
                made, problem = _in_dtype(array, wanted[ours], shown, source)
                if not problem and ours in found and not np.array_equal(found[ours], made, equal_nan=True):
                    problem = f"{theirs}: the model has it as {ours} too, {source} has two that differ"
                elif not problem:
                    found.setdefault(ours, made)
        if ours is None:
            match.unexpected.append(theirs)
        elif problem:
            match.mismatched[ours] = problem
        if problem and not (keep and ours is not None and _is_top(ours, wanted)):
            problems.append(problem)
    match.matched[:] = [name for name in wanted if name in found]
    match.missing[:] = [name for name in wanted if name not in found and name not in match.mismatched]
    lacking = [f"{name}: the model has {wanted[name].shape}, {source} lacks it" for name in match.missing]
    problems = problems if keep else lacking + problems
    called = "load_state_dict" if source == "the state" else "load"  # a file's name comes from `load`
    common = len({*found, *match.mismatched})
    is_foreign = bool(given.state) and _FEW * common < len(wanted) and (not common or len(given.state) >= _FEW)
    loads_nothing = wanted and not found and (keep or not strict)  # which nobody asks for
    if loads_nothing or (is_foreign and strict and problems):
        raise ValueError(f"{called}: {_foreign(given, wanted, source, len(found))}")
    if strict and problems:
        listed = "\n  ".join(problems[:20]) + (f"\n  and {len(problems) - 20} more" if len(problems) > 20 else "")
        raise ValueError(f"{called}: {source} does not fit the model, which is left unchanged:\n  {listed}")
    return match, found


def _in_dtype(array: Array, wanted: Array, shown: str, source: str) -> tuple[Array, str]:
    """An array in the wanted dtype, and what is wrong with it, if something is."""
    if array.shape != wanted.shape:
        return array, f"{shown}: the model has {wanted.shape}, {source} has {array.shape}"
    if array.dtype.kind != wanted.dtype.kind:
        kind = "floating numbers" if wanted.dtype.kind == "f" else str(wanted.dtype)
        return array, f"{shown}: {source} holds {array.dtype}, not {kind}"
    if array.dtype == wanted.dtype:
        return array, ""
    with np.errstate(all="ignore"):
        made = array.astype(wanted.dtype)
        lost = np.isfinite(array) & ~np.isfinite(made) if made.dtype.kind in "fc" else made != array
    if lost.any():
        return array, f"{shown}: {source} has {array[lost][0]}, which is beyond {wanted.dtype}"
    return made, ""


def _is_top(name: str, wanted: Mapping[str, Array]) -> bool:
    """Whether an array is of the layer that a model defines last: the one that depends on the number of classes."""
    return name.rpartition(".")[0] == [*wanted][-1].rpartition(".")[0]


# ── what is said ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _foreign(given: Translated, wanted: Mapping[str, Array], source: str, count: int) -> str:
    """Of a state that has hardly a name in common with the model: what each of them looks like."""
    names = [given.called.get(name, name) for name in given.state]
    theirs = dict(zip(names, map(_shape, given.state.values()), strict=True))
    begin = f"only {count} of" if count else "nothing in"
    kind = next((f" called as in {kind}" for kind, pattern in _LOOKS.items() if any(map(pattern, names))), "")
    return (
        f"{begin} {source} fits the model, which is left unchanged: it holds {_arrays(theirs)}{kind}; the model has "
        f"{_arrays({name: array.shape for name, array in wanted.items()})}"
    )


def _shape(value: Any) -> object:
    try:
        return array_of(value).shape
    except ValueError:
        return "of no shape"


def _arrays(shapes: Mapping[str, object]) -> str:
    begin = ", ".join(f"{name:.80} {shape}" for name, shape in [*shapes.items()][:4])
    return f"{len(shapes)} arrays ({begin}{', …' if len(shapes) > 4 else ''})"


def _some(names: list[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


_LOOKS = {
    kind: re.compile(pattern).match
    for kind, pattern in {
        "a VGG of this package": r"features\.conv\d_\d\.",
        "a SqueezeNet of this package": r"fire\d\.(squeeze|expand)\dx\d\.",
        "torchvision's SqueezeNet": r"features\.\d+\.(squeeze|expand\dx\d)\.",
        "torchvision's DenseNet": r"features\.denseblock\d",
        "torchvision's MobileNet or EfficientNet": r"features\.\d+\.(conv|block|\d)\.",
        "torchvision's VGG or AlexNet": r"features\.\d+\.\w+$",
        "torchvision's ResNet": r"layer\d\.\d+\.(conv|bn)\d\.",
        "torchvision's Inception": r"Mixed_\d\w\.",
        "torchvision's ConvNeXt": r"features\.\d+\.\d+\.layer_scale$",
        "timm's ConvNeXt": r"stages\.\d+\.blocks\.\d+\.(gamma|conv_dw)",
        "an EfficientNet": r"_?(blocks\.\d+(\.\d+)?\.(conv_pw|conv_dw|_expand_conv|_depthwise_conv)|conv_stem)",
        "a vision transformer": r"(blocks|encoder\.layers)\.\w+\.(attn\.qkv|self_attention)",
        "a YOLO": r"(model\.)?\d+\.(conv|cv\d)\.",
        "a transformer of language": r".*(attention\.self|attn\.c_attn|self_attn\.q_proj)",
        "Keras's VGG": r"(.*/)?block\d_conv\d[/._]",
        "a net of Keras": r".*(/vars/\d|/(kernel|bias|gamma|moving_mean)(:0)?)$",
    }.items()
}
"""Nets by what some of their names look like, the more particular first."""
