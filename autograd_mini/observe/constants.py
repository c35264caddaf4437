"""Constants, the arguments that take no gradient: in words, which uses are of one array, and what computed it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import ref

import numpy as np

from ..core import tape
from .snapshot import root_of
from .table import format_shape

Link = Callable[[], Any]
"""A weak reference: the object, or None when it is gone."""


def nobody() -> None:
    """A Link to an object that is gone."""


@dataclass(eq=False)
class KnownConstant:
    """What is known of one array, however often it is used, or of one use of a number.

    words: its value if it is one number, else its shape and dtype. name: of its Tensor. node: of the recorded result or
    leaf whose array it is. op: the operation that computed it of these arguments, "" if none was observed. place: the
    path of the module that ran it.
    """

    words: str
    name: str = ""
    node: Link = nobody
    op: str = ""
    place: str = ""
    arguments: tuple[KnownConstant, ...] = ()


class Constants:
    """What is known of constants, by memory and layout, for as long as the memory lives."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], tuple[Link, KnownConstant]] = {}

    def of(self, value: Any, name: str | None = None, node: Link = nobody) -> KnownConstant:
        """What is known of a constant by now: one KnownConstant for an array, a new one for each number."""
        if isinstance(value, np.ndarray):
            key, owner = _key(value), _owner(value)
            link, found = self._known.get(key, (nobody, None))
            if found is None or link() is None or (owner is not value and link() is not owner):
                found = KnownConstant(in_words(value))
                self._known[key] = ref(owner), found
        else:
            found = KnownConstant(in_words(value))
        found.name = name or found.name
        found.node = node if found.node() is None else found.node
        return found

    def computed(self, value: Any, op: str, place: str, arguments: Sequence[KnownConstant]) -> None:
        """Note what computed an array, unless it is an argument as it was."""
        if self.of(value) not in arguments:
            found = KnownConstant(in_words(value), op=op, place=place, arguments=tuple(arguments))
            self._known[_key(value)] = ref(_owner(value)), found


def _key(array: Any) -> tuple[Any, ...]:
    return array.ctypes.data, array.shape, array.strides, array.dtype


def _owner(array: Any) -> Any:
    """The array whose life is that of the memory: what this is a view of, or itself if a pool lends the memory."""
    root = root_of(array)
    return array if tape.is_lent(root) else root


def in_words(value: Any) -> str:
    """A constant's value if it is one number, else its shape and dtype: `2`, `8×3 float64`."""
    given = np.asarray(getattr(value, "_array", value))
    if given.size == 1 and given.dtype.kind in "fiub":
        item = given.item()
        return str(item) if type(item) is int else f"{item:.6g}"
    return format_shape(given.shape, given.dtype)
