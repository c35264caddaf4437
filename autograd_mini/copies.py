"""Copies and pickles of graphs: a node comes with all its ancestors, oldest first, so that nothing recurses."""

from __future__ import annotations

import copyreg
from contextvars import ContextVar
from operator import itemgetter
from typing import Any
from weakref import WeakValueDictionary

from .core.tape import Node, ancestors


class _Record:
    """A node in copies and pickles. Records of its parents come before its own."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def __reduce__(self) -> Any:
        state = {name: getattr(self.node, name) for name in {*Node.__slots__} - {"__weakref__", "number", "notes"}}
        state["parents"] = tuple(parent and _record_of(parent) for parent in self.node.parents)
        return Node, ((), None), state


_records: ContextVar[WeakValueDictionary[int, _Record]] = ContextVar("records")


def _record_of(node: Node) -> _Record:
    """The record of a node: always the same one while a copy refers to it."""
    records = _records.get(None)
    if records is None:
        _records.set(records := WeakValueDictionary())
    return records.setdefault(id(node), _Record(node))


def _reduced(node: Node) -> Any:
    return itemgetter(-1), ([_record_of(each) for each in reversed(ancestors(node))],)


copyreg.pickle(Node, _reduced)
