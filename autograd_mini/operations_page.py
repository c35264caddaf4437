"""The page that lists the operations, docs/operations.md, made from their rows. `make stubs`.

One line an operation, by room, in the order in which they are defined. What NumPy calls it is what its row stands for
and what has its name there; `names_elsewhere.py` has PyTorch's and ONNX's names; how it is differentiated follows from
the row's kind and rules, and what happens at a kink stands in the docstring.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from functools import reduce
from pathlib import Path
from sys import modules
from typing import Any

import numpy as np

from .core.primitive import Primitive
from .core.tensor import Tensor
from .names_elsewhere import ONNX, TORCH
from .ops.kinds import ROWS, Row

PAGE = Path(__file__).parent.parent / "docs" / "operations.md"

HOMES = ("", "linalg.", "fft.", "lib.stride_tricks.")
"""Where NumPy has its functions."""

HEAD = """\
# Operations

Written by `make stubs` from the rows in [`autograd_mini/ops`](../autograd_mini/ops), not by hand: {count} operations
under {names} names. `ag` is `autograd_mini`; names with a dot are those of `ag.linalg` and `ag.fft`.

- **operation**: its names in `ag`; those with a dot before them are its methods and properties of a Tensor.
- **NumPy**: what NumPy calls it. Called with a Tensor, NumPy's function comes to the same.
- **PyTorch**, **ONNX**: the function, or the operator of opset 21, of that meaning; parameters and defaults may differ.
  `F` is `torch.nn.functional`.
- **derivative**: *elementwise*, from f′; *linear*, from its adjoint; *rules*, by hand, for the arguments named; *joint
  rule*, one for all arguments; *definition*, made of other operations; *constant*: no gradient flows.
- **subgradient**: at a kink; "kinks" where the row says only which piece each element is on. There is one table of them
  all, at the head of [`ops/elementwise.py`](../autograd_mini/ops/elementwise.py).
"""


def page() -> str:
    """The text of the page."""
    rooms: dict[str, dict[Callable[..., Any], list[str]]] = {}
    for name, row in ROWS.items():
        if row.function.__module__.startswith("autograd_mini."):
            rooms.setdefault(row.function.__module__, {}).setdefault(row.function, []).append(name)
    names = [names for own in rooms.values() for names in own.values()]
    text = HEAD.format(count=len(names), names=sum(map(len, names)))
    for room, own in rooms.items():
        file = "/".join(room.split(".")[1:]) + ".py"
        title = (modules[room].__doc__ or "").partition("\n")[0]
        text += f"\n## [`{file}`](../autograd_mini/{file})\n\n{title}\n\n"
        text += "| operation | NumPy | PyTorch | ONNX | derivative | subgradient |\n|---|---|---|---|---|---|\n"
        text += "".join(line(names) for names in own.values())
    return text


def line(names: list[str]) -> str:
    """The line of an operation that has these names."""
    row = ROWS[names[0]]
    cells = (
        _code(*names, *(f".{method}" for method in methods_of(names, row))),
        _code(*(_called(function, names) for function in numpy_of(names, row))),
        _code(_elsewhere(names, TORCH).replace("torch.nn.functional.", "F.")),
        _code(_elsewhere(names, ONNX)),
        derivative_of(row),
        kinks_of(row),
    )
    return f"| {' | '.join(cells)} |\n"


def methods_of(names: list[str], row: Row) -> tuple[str, ...]:
    """The names of its methods, or properties, on Tensor: the row's, and those written by hand."""
    return row.methods or tuple(name for name in names if hasattr(Tensor, name))


def numpy_of(names: list[str], row: Row) -> list[Any]:
    """NumPy's functions: those that the row stands for, and those that have a name of the operation."""
    return [*dict.fromkeys([*filter(None, (_held(np, name) for name in names)), *row.numpy])]


def derivative_of(row: Row) -> str:
    """How the operation is differentiated, in a word or with the arguments that rules are for."""
    op = row.function
    if not isinstance(op, Primitive):
        return "constant" if _sentence(op, r"No gradient flows through it|A constant Tensor") else "definition"
    ruled = [arg for arg in op.args if op.rules.get(arg)]
    if not ruled and op.joint is None:
        return "constant"
    return op.kind or ("joint rule" if op.joint is not None else f"rules: {', '.join(ruled)}")


def kinks_of(row: Row) -> str:
    """What its docstring says of subgradients; else whether there are kinks."""
    op = row.function
    told = _sentence(op, "subgradient").removeprefix("The subgradient ")
    constant = derivative_of(row) == "constant"
    return told or ("kinks" if isinstance(op, Primitive) and op.branch.names and not constant else "")


def _sentence(function: Any, words: str) -> str:
    """The first sentence of a docstring in which words stand."""
    sentences = re.split(r"(?<=\.)\s+", inspect.getdoc(function) or "")
    return next((" ".join(s.split()).rstrip(".") for s in sentences if re.search(words, s)), "")


def _elsewhere(names: list[str], table: Mapping[str, str]) -> str:
    return next((table[name] for name in names if name in table), "")


def _held(home: Any, path: str) -> Any:
    """What is there by a dotted name, None without."""
    return reduce(lambda there, name: getattr(there, name, None), path.split("."), home)


def _called(function: Any, names: list[str]) -> str:
    """NumPy's function by the name that is also one of the operation's, else by its own."""
    own = next((name for name in names if _held(np, name) is function), function.__name__)
    return next(f"np.{home}{own}" for home in HOMES if _held(np, home + own) is function)


def _code(*names: str) -> str:
    return ", ".join(f"`{name}`" for name in names if name)


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
