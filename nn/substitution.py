"""Other tensors in place of some, while one function runs: for the context that calls it, and for nobody else.

While any such call runs, the tensors have a class whose `_array` and `node` are looked up in the context: where the
call was made they are the others', and everywhere else the tensor's own. So threads, tasks and copies do not see it.
The call runs in a context of its own, which Python leaves in one step, whatever raises; and no lock is held, since a
signal handler may come between any two steps. What an interruption leaves behind is the class alone, until the next
call ends.
"""

from __future__ import annotations

import copyreg
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextvars import Context, ContextVar, copy_context
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar
from weakref import ref

from autograd_mini import Tensor

T = TypeVar("T")


class _Cell:
    """What stands in for a tensor's data and node."""

    __slots__ = ("_array", "node", "tensor")

    def __init__(self, other: Tensor) -> None:
        self._array, self.node, self.tensor = other._array, other.node, other


class _Call:
    """A call that is running, in its thread."""

    __slots__ = ("__weakref__", "thread")

    def __init__(self) -> None:
        self.thread = threading.get_ident()


_cells: ContextVar[Mapping[int, _Cell]] = ContextVar("autograd_mini.substitution", default=MappingProxyType({}))
_calls: set[ref[_Call]] = set()  # each leaves by itself when its frame is gone
_lent: dict[int, tuple[Tensor, type[Tensor]]] = {}  # tensors with another class, and their own


def computed_with(others: Sequence[tuple[Tensor, Tensor]], function: Callable[[], T]) -> T:
    """What function() returns while the first tensor of each pair has the data and the node of the second."""
    cells = {**_cells.get(), **{id(tensor): _Cell(other) for tensor, other in others}}
    call, context = _Call(), copy_context()
    link = ref(call, _calls.discard)
    try:
        _calls.add(link)
        for tensor, _ in others:
            key, now = id(tensor), type(tensor)
            own: Any = getattr(now, "own_class", now)
            other = _looking_up(own)
            tensor.__class__, _lent[key] = other, (tensor, own)
        return context.run(_inside, cells, function)
    finally:
        cells.clear()  # for tasks that were begun inside and outlive it
        for variable, value in context.items():
            if variable is not _cells and variable.get(_cells) is not value:
                variable.set(value)
        _calls.discard(link)
        _give_back()


def outside(function: Callable[[], T]) -> T:
    """What function() returns where nothing stands in for anything."""
    return Context().run(function)


def _inside(cells: Mapping[int, _Cell], function: Callable[[], T]) -> T:
    _cells.set(cells)
    return function()


def _give_back() -> None:
    """Give the tensors their own class, if no call runs. Python looks for signals and other threads where a function
    has returned or a loop turns: not between a test and what is set next to it, nor between two things set.
    """
    for key, (tensor, own) in list(_lent.items()):
        if not _calls:
            tensor.__class__ = own
        if tensor.__class__ is own and key in _lent:
            del _lent[key]


@cache
def _looking_up(own: type[Tensor]) -> type[Tensor]:
    """The class of tensors of a class while something may stand in for them. What is made of them has their own."""

    def looked_up(name: str) -> property:
        slot = getattr(own, name)

        def get(self: Tensor) -> Any:
            cell = _cells.get().get(id(self))
            return slot.__get__(self) if cell is None else getattr(cell, name)

        def put(self: Tensor, value: Any) -> None:
            cell = _cells.get().get(id(self))
            if cell is None:
                slot.__set__(self, value)
            else:
                setattr(cell, name, value)

        return property(get, put)

    def reduce(self: Tensor, protocol: Any) -> Any:
        """As pickles of before Python 2.3 did it: they do not ask what class the object has now."""
        reduced: Any = outside(lambda: own.__reduce_ex__(self, protocol))
        return copyreg._reconstructor, (own, object, None), *reduced[2:]  # type: ignore[attr-defined]

    def stand_in(self: Tensor) -> Tensor:
        """The tensor whose data and node these are; this one itself where nothing stands in for it."""
        cell = _cells.get().get(id(self))
        return self if cell is None else cell.tensor

    made = classmethod(lambda cls, data, node: own.made(data, node))
    body = {"_array": looked_up("_array"), "node": looked_up("node"), "made": made, "stand_in": property(stand_in)}
    about = {"__slots__": (), "own_class": own, "__module__": own.__module__, "__reduce_ex__": reduce}
    return type(own.__name__, (own,), about | body)


def _after_fork() -> None:
    """Calls of threads that are not here never end."""
    for link in list(_calls):
        call = link()
        if call is None or call.thread != threading.get_ident():
            _calls.discard(link)
    _give_back()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
