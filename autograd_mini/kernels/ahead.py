"""Things made by a thread of their own, some before they are asked for: batches read while the net computes."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from _thread import start_new_thread
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeVar
from weakref import ref

from .parallel import Share

T = TypeVar("T")


class _Reader:
    """Who reads what is made. The maker's thread ends when it says so, or when it is gone, in whatever way."""

    __slots__ = ("__weakref__", "made", "thread", "wanted")

    def __init__(self) -> None:
        self.wanted: SimpleQueue[Any] = SimpleQueue()  # shares; anything else is the end
        self.made: SimpleQueue[Share[Any]] = SimpleQueue()
        gone = ref(self, self.wanted.put)
        self.thread = threading.Thread(target=_make, args=(self.wanted, self.made, gone), name="ahead_0", daemon=True)

    def end(self) -> None:
        """Have nothing more made, and wait for what is being made."""
        with suppress(Empty):
            while True:
                self.wanted.get_nowait()
        self.wanted.put(None)
        if self.thread.is_alive() and not sys.is_finalizing():  # by then it has come to a stop where it was
            self.thread.join()


_readers: set[ref[_Reader]] = set()  # each leaves by itself


def made_ahead(makers: Iterable[Callable[[], T]], ahead: int) -> Iterator[T]:
    """What each maker makes, in order, by one thread of its own that is up to `ahead` of them before its reader."""
    reader, waiting, begun = _Reader(), 0, False
    link = ref(reader, _readers.discard)
    try:
        _readers.add(link)
        for maker in makers:
            reader.wanted.put(_one(maker))
            if not begun:
                begun = bool(start_new_thread(_begin, (reader.thread, reader.made)))
            waiting += 1
            if waiting > ahead:
                waiting -= 1
                yield reader.made.get().taken()
        for _ in range(waiting):
            yield reader.made.get().taken()
    finally:
        reader.end()


def _one(maker: Callable[[], T]) -> Share[T]:
    return Share(lambda first, last: maker(), 0, 0)


def _begin(thread: threading.Thread, made: SimpleQueue[Share[Any]]) -> None:
    """Start it where no signal handler can come in between, which Thread.start does not bear. What fails is read."""
    start = _one(thread.start)
    start.do()
    if start.error is not None:
        made.put(start)


def _make(wanted: SimpleQueue[Any], made: SimpleQueue[Share[Any]], gone: ref[_Reader]) -> None:
    """The maker's thread; nothing that was made is held here. gone: has its end put into `wanted`."""
    while isinstance(share := wanted.get(), Share):
        share.do()
        made.put(share)
        del share


@atexit.register
def _end_all() -> None:
    for link in list(_readers):
        reader = link()
        if reader is not None:
            reader.end()


def _after_fork() -> None:
    """The makers are not here: whoever reads on gets what was made by then, and an error."""
    for link in list(_readers):
        reader = link()
        if reader is not None:
            lost = _one(int)
            lost.lose()
            reader.made.put(lost)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
