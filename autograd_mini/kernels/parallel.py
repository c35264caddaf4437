"""One pool of threads over contiguous shares of work, with BLAS at one thread inside.

NumPy gives up the interpreter lock in its loops and in BLAS, so threads over blocks use every core. BLAS's own threads
are kept asleep meanwhile: after a product they spin for milliseconds, on the cores our next share needs. Shares are
fixed by the number of threads, and sums over them have one order, so results repeat bit for bit.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from itertools import pairwise
from typing import Any, Generic, TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

T = TypeVar("T")


class _Pool:
    """The workers, made when first needed, and the hold on BLAS while they run."""

    def __init__(self) -> None:
        self.threads: int | None = None
        self.reset()

    def reset(self) -> None:
        """Forget workers that are not there (after a fork, only the forking thread survives)."""
        self.executor: ThreadPoolExecutor | None = None
        self.blas: list[Any] | None = None
        self.lock = threading.Lock()
        self.holders: set[object] = set()
        self.freed: list[
            tuple[Any, int]
        ] = []  # while BLAS is held: each of its libraries, and the threads it gets back
        self.inside = threading.local()


_pool = _Pool()


def _after_fork() -> None:
    freed = _pool.freed
    _pool.reset()
    for library, threads in freed:  # held by another thread of the parent, which is not here to let it go
        _let(library, threads)


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_after_fork)


def get_num_threads() -> int:
    """How many threads the kernels and BLAS may use: the cores this process may run on, unless set."""
    if _pool.threads is None:
        _pool.threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return _pool.threads


def set_num_threads(n: int) -> None:
    """Let the kernels and BLAS use `n` threads. Raises ValueError if n is not a positive integer.

    Results are bitwise repeatable for the same number of threads; another number may round sums otherwise.
    """
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        raise ValueError(f"set_num_threads: the number of threads must be an integer of at least 1, not {n!r}")
    with _pool.lock:
        if _pool.executor is not None:
            _pool.executor.shutdown(wait=False)
        _pool.executor = None
        _pool.threads = n
        if _pool.freed:  # some kernel runs: when it leaves
            _pool.freed = [(library, n) for library, _ in _pool.freed]
        else:
            for library in _blas():
                _let(library, n)


PIECES = 6  # for each thread: the last to finish keeps the others waiting for a sixth of a share at most
SMALL = 1 << 21  # multiply-adds worth about 50 µs, which is what handing a share to another thread takes


def spread(work: Callable[[int, int], T], count: int, cost: float) -> list[T]:
    """Call work(first, last) on contiguous shares of range(count), one share a thread; results in order of shares.

    cost: how much work there is in all, in multiply-adds. Runs in the calling thread alone if that is little, if there
    is only one share, or when called from inside another share. However it ends, no share runs on after it. In every
    thread what `np.errstate` asks for holds as for the caller, but underflow is 0 without a word.
    """
    shares = min(get_num_threads(), count)
    if getattr(_pool.inside, "yes", False):
        return [work(0, count)]
    holder = object()
    try:
        _hold_blas(holder)
        with np.errstate(under="ignore"):
            found = [work(0, count)] if shares <= 1 or cost < SMALL else _shared_out(work, count, shares)
    finally:
        try:
            _let_go_of_blas(holder)
        except KeyboardInterrupt:  # Ctrl-C counts when things are in order
            _let_go_of_blas(holder)
            raise
    return found


def _shared_out(work: Callable[[int, int], T], count: int, shares: int) -> list[T]:
    bounds = [count * i // shares for i in range(shares + 1)]
    others = [_Share(work, first, last) for first, last in pairwise(bounds[1:])]
    try:
        _hand_out(others)
        _pool.inside.yes = True
        first = work(0, bounds[1])  # the calling thread takes the first share itself, and those that nobody has begun
        found = [first, *(share.taken() for share in others)]
    finally:
        _pool.inside.yes = False
        try:
            _call_off(others)
        except KeyboardInterrupt:
            _call_off(others)
            raise
    return found


class _Share(Generic[T]):
    """A part of some work: done once, by whoever comes first. Nothing that is done or called off is still held here."""

    def __init__(self, work: Callable[[int, int], T], first: int, last: int) -> None:
        self.work: Callable[[int, int], T] | None = work
        self.first, self.last = first, last
        self.context = copy_context()
        self.lock = threading.Lock()
        self.result: list[T] = []
        self.error: BaseException | None = None

    def do(self) -> None:
        """Do it now, or wait while another thread does."""
        with self.lock:
            work, self.work = self.work, None
            if work is not None:
                try:
                    self.result.append(self.context.run(work, self.first, self.last))
                except BaseException as error:
                    self.error = error
                work = None

    def taken(self) -> T:
        """What it gave. Raises what it raised: an error knows its frames, and they must not know it."""
        self.do()
        error, self.error = self.error, None
        try:
            if error is not None:
                raise error
            return self.result.pop()
        finally:
            del error


def _call_off(shares: list[_Share[T]]) -> None:
    """Wait for those that are being done, and let nobody begin another."""
    for share in shares:
        with share.lock:
            share.work, share.error = None, None


def _hand_out(shares: list[_Share[T]]) -> None:
    """Let workers begin; there are none any more when the interpreter is ending."""
    with _pool.lock, suppress(RuntimeError):
        if _pool.executor is None:
            _pool.executor = ThreadPoolExecutor(get_num_threads(), "autograd_mini", _enter_worker)
        for share in shares:
            _pool.executor.submit(share.do)


def each(work: Callable[[int, int], object], count: int, cost: float, least: int = 1) -> None:
    """Call work(first, last) on pieces of range(count), whoever is free taking the next; cost as for `spread`.

    For work whose pieces do not depend on one another: which thread does one must not matter to the result.
    least: what a piece should not be smaller than, if there is enough for every thread.
    """
    threads = get_num_threads()
    pieces = min(count, PIECES * threads, max(threads, count // least)) if cost >= SMALL else 1
    turn = itertools.count()

    def share(*_: int) -> None:
        while (i := next(turn)) < pieces:
            work(count * i // pieces, count * (i + 1) // pieces)

    spread(share, threads, cost)


def made_ahead(makers: Iterable[Callable[[], T]], ahead: int) -> Iterator[T]:
    """What each maker makes, in order, by one thread of its own that is up to `ahead` of them before its reader."""
    waiting: deque[Future[T]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as executor:
        try:
            for maker in makers:
                waiting.append(executor.submit(maker))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _enter_worker() -> None:
    _pool.inside.yes = True


def _blas() -> list[Any]:
    """The libraries of BLAS that are loaded when first asked."""
    if _pool.blas is None:
        _pool.blas = ThreadpoolController().select(user_api="blas").lib_controllers
    return _pool.blas


def _let(library: Any, threads: int) -> None:
    """Let a library use so many threads. Newer threadpoolctl listens to one thread only, for as long as it lives."""
    free = getattr(library, "clear_controlling_thread", lambda force=False: None)
    free(force=True)  # our lock is held
    library.set_num_threads(threads)
    free()


def _hold_blas(holder: object) -> None:
    """Keep BLAS at one thread while any of our kernels runs."""
    with _pool.lock:
        if not _pool.holders:
            _pool.freed = [(library, library.get_num_threads()) for library in _blas()]
            for library in _blas():
                _let(library, 1)
        _pool.holders.add(holder)


def _let_go_of_blas(holder: object) -> None:
    """The last to leave sets it free."""
    with _pool.lock:
        _pool.holders.discard(holder)
        if not _pool.holders:
            for library, threads in _pool.freed:
                _let(library, threads)
            _pool.freed = []
