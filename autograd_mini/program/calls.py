"""Calls: the record in a program of one operation that ran. Inputs, leaves and results have numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import ref

import numpy as np

from ..core.tape import Shape
from ..core.tensor import Tensor
from ..observe.constants import in_words
from ..observe.lines import Place, format_place
from ..observe.table import format_shape
from ..ops.kinds import EFFECTS


@dataclass(frozen=True)
class Result:
    """What a call was given: an input, a leaf or a result, by its number; `detached` if no gradient flows there."""

    number: int
    detached: bool = False

    def __str__(self) -> str:
        return f"%{self.number}{' detached' * self.detached}"


@dataclass(frozen=True, eq=False)
class Constant:
    """An array, or a Tensor without gradient, by copy; a number or None as it is. name: of the Tensor."""

    value: Any
    name: str = ""

    def __str__(self) -> str:
        return "None" if self.value is None else in_words(self.value)


@dataclass(frozen=True)
class Kind:
    """The shape and the dtype of an input or a result."""

    shape: Shape
    dtype: np.dtype[Any]

    def __str__(self) -> str:
        return format_shape(self.shape, self.dtype)


@dataclass(frozen=True, eq=False)
class Leaf:
    """A Tensor from outside, by reference, and its number: a run uses what it holds then."""

    number: int
    tensor: ref[Tensor]
    name: str
    kind: Kind
    requires_grad: bool


@dataclass(frozen=True)
class Call:
    """One operation that ran.

    args: one for each array argument. results: their numbers; kinds: their shapes and dtypes. path: of the module that
    ran it. name: what the user called the result. place: the line of the user's code. recorded: False under `no_grad`.
    saved_bytes: of what its node saved, every buffer where it is first saved, leaves not counted.
    """

    op: Any
    args: tuple[Result | Constant, ...]
    params: Mapping[str, Any]
    results: tuple[int, ...]
    kinds: tuple[Kind, ...]
    path: str | None
    name: str | None
    place: Place | None
    recorded: bool
    nbytes: int
    saved_bytes: int

    @property
    def line(self) -> str | None:
        """The line of the user's code, as `file:line, in function: code`."""
        return None if self.place is None else format_place(self.place)

    @property
    def effect(self) -> str | None:
        """What running it changes beside giving its result, in a few words; None if nothing."""
        return EFFECTS.get(self.op.name)


# ── what a function takes and returns ─────────────────────────────────────────────────────────────────────────────────


def mapped(tree: Any, change: Callable[[Any], Any]) -> Any:
    """Tuples, lists and dicts at any depth, with what is in them changed."""
    if isinstance(tree, dict):
        return {key: mapped(entry, change) for key, entry in tree.items()}
    if isinstance(tree, list | tuple):
        entries = [mapped(entry, change) for entry in tree]
        return type(tree)(*entries) if hasattr(tree, "_fields") else type(tree)(entries)
    return change(tree)


def flat(tree: Any) -> list[Any]:
    """What is in tuples, lists and dicts at any depth, in order."""
    found: list[Any] = []
    mapped(tree, found.append)
    return found
