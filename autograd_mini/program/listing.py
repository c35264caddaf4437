"""A program as a table, and two programs' tables side by side."""

from __future__ import annotations

from difflib import ndiff
from typing import Any

import numpy as np

from ..observe.snapshot import checksum
from ..observe.table import in_bytes, table
from .calls import Call, Constant, mapped

_HEADING = ("", "operation", "given", "result", "module", "saved", "multiply-adds", "line")


def listed(program: Any) -> str:
    """A line for each input and call: what it was given, its result, its module, what it saves, what it costs."""
    rows: list[tuple[Any, ...]] = [
        (f"%{i}", name, "", str(kind), "", 0, 0, "")
        for i, (name, kind) in enumerate(zip(program.names, program.inputs, strict=True))
    ]
    for call in program.calls:
        numbers, line = ", ".join(f"%{number}" for number in call.results), (call.line or "").partition(",")[0]
        cost = program.multiply_adds_of(call)
        rows.append(
            (numbers, call.op.name, _given(program, call), _kinds(call), _where(call), call.saved_bytes, cost, line)
        )
    total = f"multiply-adds: {program.multiply_adds:,}; results: {in_bytes(program.nbytes)}; "
    total += f"saved for the backward pass: {in_bytes(program.saved_bytes)}"
    if program.untried:
        total += f"\ntraced on these elements alone: in another order the function raises {program.untried}"
    return f"{table(_HEADING, rows)}\nreturns {_words(mapped(program.outputs, program.called))}\n{total}"


def changes(one: Any, other: Any) -> str:
    """The calls of two programs as lines, those that differ marked − and +."""
    before, after = ([_line(program, call) for call in program.calls] for program in (one, other))
    marked = [line for line in ndiff(before, after) if not line.startswith("?")]
    return "" if all(line.startswith("  ") for line in marked) else "\n".join(marked).replace("\n- ", "\n− ")


def _line(program: Any, call: Call) -> str:
    kinds = ", ".join(_fixed(arg) if isinstance(arg, Constant) else str(program.kind_of(arg)) for arg in call.args)
    params = "".join(f", {name}={_value(value)}" for name, value in call.params.items())
    return f"{call.op.name}({kinds}{params}) -> {_kinds(call)}  {_where(call)}".rstrip()


def _given(program: Any, call: Call) -> str:
    args = [program.called(arg) for arg in call.args if not (isinstance(arg, Constant) and arg.value is None)]
    return ", ".join([*args, *(f"{name}={_value(value)}" for name, value in call.params.items())])


def _fixed(constant: Constant) -> str:
    """A constant in words that differ for different arrays."""
    array = getattr(constant.value, "_array", constant.value)
    several = isinstance(array, np.ndarray) and array.size != 1
    return f"{constant} {checksum(array) % 0x10000:04x}" if several else str(constant)


def _value(value: Any) -> str:
    """A parameter in a few words."""
    if isinstance(value, tuple | list) and any(hasattr(entry, "shape") for entry in value):
        return f"({', '.join(map(_value, value))})"
    words = str(Constant(value)) if hasattr(value, "dtype") else str(value)
    return words if len(words) <= 40 else f"{words[:39]}…"


def _kinds(call: Call) -> str:
    return ", ".join(map(str, call.kinds))


def _where(call: Call) -> str:
    return " ".join(filter(None, (call.path, call.name and f"“{call.name}”", call.effect and f"({call.effect})")))


def _words(tree: Any) -> str:
    """Tuples, lists and dicts of words as one."""
    if isinstance(tree, dict):
        return f"{{{', '.join(f'{key}: {_words(entry)}' for key, entry in tree.items())}}}"
    return f"({', '.join(map(_words, tree))})" if isinstance(tree, list | tuple) else str(tree)
