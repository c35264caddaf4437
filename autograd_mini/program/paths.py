"""Paths in a program: from an input or leaf to the outputs, how far back gradients flow, and which calls end them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from ..core.tensor import Tensor
from .calls import Call, Constant, Leaf, Result, flat
from .program import Program


@dataclass(frozen=True)
class End:
    """A call that depends on the leaf or input and lets no gradient through to it. words: why."""

    call: Call
    words: str


def path_or_end(program: Program, w: Tensor | int) -> str:
    """A sentence: whether a gradient flows from a program's outputs to one of its leaves or inputs, else where it ends.

    Raises ValueError if the program has no such leaf or input.
    """
    number, who = _start(program, w)
    kind = program.kind_of(Result(number))
    if kind is not None and kind.dtype.kind not in "fc":
        return f"{who} is {kind}: no gradient flows to integers; make it floating with astype"
    frozen = isinstance(w, Tensor) and not w.requires_grad
    found = _followed(program, number)
    if frozen:
        path = "with requires_grad=True there would be a path" if isinstance(found, list) else f"besides, {found}"
        return f"{who} does not require a gradient: its requires_grad is False; {path}"
    if isinstance(found, str):
        return f"no gradient flows to {who}: {found}"
    steps = chain([who, *(call.op.name for call in found)])
    words = "whether the gradient is zero depends on values: why_no_grad(function(*inputs), w) tells"
    return f"there is a path: {steps}; {words}"


def _start(program: Program, w: Tensor | int) -> tuple[int, str]:
    """The number of a leaf or input, and its name."""
    if not isinstance(w, Tensor):
        if 0 <= w < len(program.inputs):
            return int(w), f"input {w}"
        raise ValueError(f"why_no_grad: there is no input {w}; the program has {len(program.inputs)}, from 0")
    leaf = next((leaf for leaf in program.leaves if leaf.tensor() is w), None)
    if leaf is not None:
        return leaf.number, called(leaf.tensor())
    raise ValueError(f"why_no_grad: the program has no such leaf as {called(w)}: {_absent(program.leaves, w)}")


def _absent(leaves: tuple[Leaf, ...], w: Tensor) -> str:
    """A sentence on a Tensor that is none of the leaves."""
    if any(w.name is not None and leaf.name.partition("#")[0] == w.name for leaf in leaves):
        return "another leaf has its name, and one of the two was put in the other's place"
    names = f"its leaves are {', '.join(few([leaf.name for leaf in leaves]))}" if leaves else "it has no leaves"
    return f"no operation took it; {names}; an input is asked for by its number"


def _followed(program: Program, number: int) -> list[Call] | str:
    """The calls on a path that a gradient takes back, or a sentence on where all paths end."""
    depends, flows = {number}, {number}
    before: dict[int, tuple[Call, int]] = {}  # by result that a gradient flows through
    ends: list[End] = []
    for call in program.calls:
        taken = [(i, arg) for i, arg in enumerate(call.args) if isinstance(arg, Result) and arg.number in depends]
        if not taken:
            continue
        depends |= {*call.results}
        for i, arg in taken:
            if arg.number in flows:
                words = _stop(call, i, arg)
                if words is not None:
                    ends.append(End(call, words))
                    continue
                through = [n for n, kind in zip(call.results, call.kinds, strict=True) if kind.dtype.kind in "fc"]
                flows |= {*through}
                before |= dict.fromkeys(through, (call, arg.number))
    outputs = [output for output in flat(program.outputs) if isinstance(output, Result)]
    for output in outputs:
        if output.number in flows and not output.detached:
            return _back(before, output.number)
    needed = _needed(program, outputs)
    if any(output.number in flows for output in outputs):
        return "the function returns its bare array, or one of what is computed from it, as a constant"
    counting = [end for end in ends if needed & {*end.call.results}]
    if counting:
        return _listed(counting)
    last = next((call for call in reversed(program.calls) if depends & {*call.results}), None)
    if last is None:
        return "no operation takes it, and it is not returned"
    return f"what is computed from it has no part in the outputs; the last is {format_call(last)}"


def _stop(call: Call, i: int, arg: Result | Constant) -> str | None:
    """Why no gradient flows back from a call to argument i; None if one does."""
    op, name = call.op, call.op.arg(i)
    if isinstance(arg, Result) and arg.detached:
        return f"is given its bare array as {name}"
    if not call.recorded:
        return "runs under no_grad"
    if all(kind.dtype.kind not in "fc" for kind in call.kinds):
        return f"gives {call.kinds[0].dtype}, through which no gradient flows"
    if op.rules.get(name, op.joint) is None:
        which = f" to its {name}" * (len(op.args) > 1)
        return f"lets no gradient through{which}"
    return None


def _needed(program: Program, outputs: list[Result]) -> set[int]:
    """The numbers of the outputs and of all that they are computed from."""
    needed = {output.number for output in outputs}
    for call in reversed(program.calls):
        if needed & {*call.results}:
            needed |= {arg.number for arg in call.args if isinstance(arg, Result)}
    return needed


def _back(before: dict[int, tuple[Call, int]], number: int) -> list[Call]:
    """The calls from the start to a result, in order."""
    calls: list[Call] = []
    while number in before:
        call, number = before[number]
        calls.append(call)
    return calls[::-1]


def _listed(ends: list[End]) -> str:
    """The ends as words; equal ones once, with their number."""
    found = counted([format_call(end.call, end.words) for end in ends])
    return found[0] if len(found) == 1 else "\n  ".join([f"each of its {len(found)} ways ends:", *few(found)])


# ── words ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def format_call(call: Call, words: str = "") -> str:
    """A call as operation, module, some words and its line."""
    where = f" ({call.name or call.path})" if call.name or call.path else ""
    return f"{f'{call.op.name}{where} {words}'.rstrip()}{f', at {call.line}' if call.place else ''}"


def called(tensor: Any) -> str:
    """A Tensor's name in quotes, or w."""
    return repr(tensor.name) if tensor is not None and tensor.name else "w"


def chain(names: list[str]) -> str:
    """Steps joined by arrows, without those in the middle if there are many."""
    left = len(names) - 8
    shown = names if left < 2 else [*names[:4], f"… {left} more …", *names[-4:]]
    return " → ".join(shown)


def counted(words: list[str]) -> list[str]:
    """Each text once, in order, with the number of times it occurs."""
    return [f"{word} (× {n})" if n > 1 else word for word, n in Counter(words).items()]


def few(words: list[str], most: int = 6) -> list[str]:
    """The first texts, and how many more there are."""
    return words if len(words) <= most else [*words[:most], f"and {len(words) - most} more"]
