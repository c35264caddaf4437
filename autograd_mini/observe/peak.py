"""The most memory that is allocated at once in a block, by `tracemalloc`, of all threads."""

from __future__ import annotations

import threading
import tracemalloc
from typing import Any, ClassVar
from weakref import WeakSet

from ..core.observer import Observer, observe_everywhere


class _Computing(Observer):
    """Notes every thread that runs an operation while `tracemalloc` runs."""

    def __init__(self) -> None:
        self.threads: WeakSet[threading.Thread] = WeakSet()

    def calling(self, op: Any, args: Any) -> None:
        self.threads.add(threading.current_thread())


_computing = _Computing()


class Peak:
    """The most that is allocated at once from `begin` until `ended`.

    There is one tracemalloc, with one peak, for all threads and all nested blocks: before one resets it, all others
    note it.
    """

    running: ClassVar[list[Peak]] = []
    lock = threading.Lock()
    started = False

    def __init__(self) -> None:
        self.before = self.highest = 0

    def begin(self) -> None:
        """Start measuring."""
        with self.lock:
            if not tracemalloc.is_tracing():
                Peak.started = True
                observe_everywhere(_computing, True)
                tracemalloc.start()
            self.before = self.highest = self._noted()
            self.running.append(self)

    def ended(self) -> int:
        """Stop, and give the bytes at the peak above those at the beginning."""
        with self.lock:
            self._noted()
            if self in self.running:
                self.running.remove(self)
            if self.started and not self.running and not _others_compute():
                tracemalloc.stop()
                observe_everywhere(_computing, False)
                Peak.started = False
        return self.highest - self.before

    def _noted(self) -> int:
        """Let every running block note the peak so far, reset it, and return what is allocated now."""
        now, highest = tracemalloc.get_traced_memory()
        for peak in self.running:
            peak.highest = max(peak.highest, highest)
        tracemalloc.reset_peak()
        return now


def _others_compute() -> bool:
    """True if other threads that computed are alive: stopping tracemalloc beside them crashes some versions of Python.

    Then it runs on, and the next block that ends without them stops it.
    """
    mine = threading.current_thread()
    return any(thread is not mine and thread in _computing.threads for thread in threading.enumerate())
