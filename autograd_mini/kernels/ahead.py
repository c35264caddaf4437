"""Things made by threads of their own, some before they are asked for: batches read while the net computes."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from _thread import start_new_thread
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias, TypeVar
from weakref import ref

from .parallel import Share

T = TypeVar("T")
_Place: TypeAlias = "SimpleQueue[Share[Any]]"


class _Reader:
    """Who reads what is made, in order. The makers end when it says so, or when it is gone, in whatever way."""

    __slots__ = ("__weakref__", "forked", "threads", "waiting", "wanted")

    def __init__(self, workers: int) -> None:
        self.wanted: SimpleQueue[Any] = SimpleQueue()  # shares with their places; anything else is the end
        self.waiting: deque[_Place] = deque()
        self.forked = False
        gone = ref(self, self.wanted.put)
        self.threads = [
            threading.Thread(target=_make, args=(self.wanted, gone), name=f"ahead_{i}", daemon=True)
            for i in range(workers)
        ]

    def ask(self, maker: Callable[[], Any]) -> _Place:
        """Have it made, behind what was asked for before; where it will be found."""
        place: _Place = SimpleQueue()
        self.waiting.append(place)
        if self.forked:
            place.put(_lost())
        else:
            self.wanted.put((_one(maker), place))
        return place

    def next(self) -> Any:
        """What was asked for first, once it is there."""
        made = self.waiting[0].get()
        self.waiting.popleft()
        return made.taken()

    def lose(self) -> None:
        """After a fork: the makers are not here. What was made by then is read, and an error."""
        self.forked = True
        for place in self.waiting:
            place.put(_lost())

    def end(self) -> None:
        """Have nothing more made, and wait for what is being made."""
        with suppress(Empty):
            while True:
                self.wanted.get_nowait()
        self.wanted.put(None)
        for thread in self.threads:
            if thread.is_alive() and not sys.is_finalizing():  # by then it has come to a stop where it was
                thread.join()


_readers: set[ref[_Reader]] = set()  # each leaves by itself


def made_ahead(makers: Iterable[Callable[[], T]], ahead: int, workers: int = 1) -> Iterator[T]:
    """What each maker makes, in order, by threads of their own that are up to `ahead` of them before their reader."""
    reader, begun = _Reader(workers), 0
    link = ref(reader, _readers.discard)
    try:
        _readers.add(link)
        for maker in makers:
            place = reader.ask(maker)
            if begun < workers:
                start_new_thread(_begin, (reader.threads[begun], place))
                begun += 1
            if len(reader.waiting) > ahead:
                yield reader.next()
        while reader.waiting:
            yield reader.next()
    finally:
        reader.end()


def _one(maker: Callable[[], T]) -> Share[T]:
    return Share(lambda first, last: maker(), 0, 0)


def _lost() -> Share[int]:
    lost = _one(int)
    lost.lose()
    return lost


def _begin(thread: threading.Thread, place: _Place) -> None:
    """Start it where no signal handler can come in between, which Thread.start does not bear. What fails is read."""
    start = _one(thread.start)
    start.do()
    if start.error is not None:
        place.put(start)


def _make(wanted: SimpleQueue[Any], gone: ref[_Reader]) -> None:
    """A maker's thread; nothing that was made is held here. gone: has its end put into `wanted`."""
    while isinstance(asked := wanted.get(), tuple):
        share, place = asked
        share.do()
        place.put(share)
        del share, place, asked
    wanted.put(None)  # for the next one


@atexit.register
def _end_all() -> None:
    for link in list(_readers):
        reader = link()
        if reader is not None:
            reader.end()


def _after_fork() -> None:
    for link in list(_readers):
        reader = link()
        if reader is not None:
            reader.lose()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
