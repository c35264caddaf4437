"""What each of ONNX's operators computes: a table of functions by name, and the version of it that a file means."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from .graph import File, Node

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Row:
    """A function of an operator's inputs, None for one that is left out, and its attributes by keyword.

    since: the first opset in which it means this. takes_call: whether it asks for `call`, a Call.
    """

    since: int
    function: Callable[..., Any]
    takes_call: bool


OPERATORS: dict[tuple[str, str], list[Row]] = {}
"""By domain and name: the versions, the newest last."""


def operator(*names: str, since: int = 1, domain: str = "") -> Callable[[F], F]:
    """Say what an operator computes from an opset on."""

    def put(function: F) -> F:
        for name in names:
            rows = [row for row in OPERATORS.get((domain, name), ()) if row.since != since]
            rows.append(Row(since, function, "call" in _keywords(function)))
            OPERATORS[domain, name] = sorted(rows, key=lambda row: row.since)
        return function

    return put


def _keywords(function: Callable[..., Any]) -> set[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # of a function of C
        return set()
    return {parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}


def implement(name: str, function: Callable[..., Any], *, domain: str = "", since: int = 1) -> None:
    """Say what an operator computes, one that is missing or another way of one that is there.

    Arguments:
        name: the operator's, as the file has it.
        function: of the operator's inputs, arrays or Tensors, None for one that is left out, and its attributes by
            keyword; of operations of this package, so that gradients flow. It returns the output, or a tuple.
        domain: the operator's, "" for ONNX's own.
        since: the first version of the domain in which it means this.
    Raises:
        TypeError: for a name that is no text, and a function that cannot be called.

    Example:
        >>> ag.onnx.implement("Twice", lambda x: 2 * x, domain="my.own")
    """
    if not isinstance(name, str) or not isinstance(domain, str) or not name:
        raise TypeError(f"implement: an operator and its domain are called by text, not {name!r}, {domain!r}")
    if not callable(function):
        raise TypeError(f"implement: {name!r} needs a function of its inputs, not {type(function).__name__}")
    operator(name, since=since, domain=domain)(function)


def row_of(node: Node, opsets: dict[str, int]) -> Row | None:
    """What a node computes in these versions; None if that is not known."""
    version = opsets.get(node.domain, 1)
    rows = [row for row in OPERATORS.get((node.domain, node.operator), ()) if row.since <= version]
    return rows[-1] if rows else None


def missing(file: File) -> Counter[str]:
    """The operators of a file that are not here, and how often each occurs."""
    return Counter(node.kind for node in file.graph.every_node() if row_of(node, file.opsets) is None)


def check_known(file: File, begin: str) -> None:
    """Raise NotImplementedError if operators are missing: which, how often, and where first."""
    lacking = missing(file)
    if not lacking:
        return
    first: dict[str, Node] = {}
    for node in file.graph.every_node():
        first.setdefault(node.kind, node)
    told = ", ".join(
        f"{kind} ({count}×, first in {first[kind].name or first[kind].outputs[0]!r})"
        for kind, count in sorted(lacking.items())
    )
    raise NotImplementedError(
        f"{begin}: of its operators these are not known: {told}; ag.onnx.implement(name, function) adds one"
    )
