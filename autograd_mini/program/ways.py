"""Ways: where what goes into a program is used, how far a gradient would flow back, and at which calls that ends."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from ..core.tensor import Tensor
from .calls import Call, Constant, Leaf, Result, flat
from .program import Program


@dataclass(frozen=True)
class End:
    """A call that takes what depends on the leaf or input, and lets no gradient through. words: why."""

    call: Call
    words: str


def way(program: Program, w: Tensor | int) -> str:
    """Whether a gradient flows from a program's outputs to one of its leaves, or an input, and if not, where it ends.

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
    """The number of a leaf or input, and what it is called."""
    if not isinstance(w, Tensor):
        if 0 <= w < len(program.inputs):
            return int(w), f"input {w}"
        raise ValueError(f"why_no_grad: there is no input {w}; the program has {len(program.inputs)}, from 0")
    leaf = next((leaf for leaf in program.leaves if leaf.tensor() is w), None)
    if leaf is not None:
        return leaf.number, called(leaf.tensor())
    raise ValueError(f"why_no_grad: the program has no such leaf as {called(w)}: {_absent(program.leaves, w)}")


def _absent(leaves: tuple[Leaf, ...], w: Tensor) -> str:
    """What is known of a Tensor that is none of the leaves."""
    if any(w.name is not None and leaf.name.partition("#")[0] == w.name for leaf in leaves):
        return "another leaf has its name, and one of the two was put in the other's place"
    names = f"its leaves are {', '.join(few([leaf.name for leaf in leaves]))}" if leaves else "it has no leaves"
    return f"no operation took it; {names}; an input is asked for by its number"


def _followed(program: Program, number: int) -> list[Call] | str:
    """The calls on a way that a gradient takes back, or where all ways end."""
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
    return f"what is computed from it has no part in the outputs; the last is {told(last)}"


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
    """Ends as words, those at one line once."""
    found = counted([told(end.call, end.words) for end in ends])
    return found[0] if len(found) == 1 else "\n  ".join([f"each of its {len(found)} ways ends:", *few(found)])


# ── words ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def told(call: Call, words: str = "") -> str:
    """A call by its operation and module, something about it, and its line."""
    where = f" ({call.name or call.path})" if call.name or call.path else ""
    return f"{f'{call.op.name}{where} {words}'.rstrip()}{f', at {call.line}' if call.place else ''}"


def called(tensor: Any) -> str:
    """A Tensor by its name; without one it is w."""
    return repr(tensor.name) if tensor is not None and tensor.name else "w"


def chain(names: list[str]) -> str:
    """Steps in order, those in the middle of many left out."""
    left = len(names) - 8
    shown = names if left < 2 else [*names[:4], f"… {left} more …", *names[-4:]]
    return " → ".join(shown)


def counted(words: list[str]) -> list[str]:
    """Each once, in order, with how often it comes."""
    return [f"{word} (× {n})" if n > 1 else word for word, n in Counter(words).items()]


def few(words: list[str], most: int = 6) -> list[str]:
    """The first of them, and how many more there are."""
    return words if len(words) <= most else [*words[:most], f"and {len(words) - most} more"]
