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
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, TypeVar

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
        self.blas: ThreadpoolController | None = None
        self.lock = threading.Lock()
        self.holders = 0
        self.hold: Any = None
        self.inside = threading.local()


_pool = _Pool()
if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_pool.reset)


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
    _blas().limit(limits=n, user_api="blas")


PIECES = 6  # for each thread: the last to finish keeps the others waiting for a sixth of a share at most
SMALL = 1 << 21  # multiply-adds worth about 50 µs, which is what handing a share to another thread takes


def spread(work: Callable[[int, int], T], count: int, cost: float) -> list[T]:
    """Call work(first, last) on contiguous shares of range(count), one share a thread; results in order of shares.

    cost: how much work there is in all, in multiply-adds. Runs in the calling thread alone if that is little, if there
    is only one share, or when called from inside another share.
    """
    shares = min(get_num_threads(), count)
    if getattr(_pool.inside, "yes", False):
        return [work(0, count)]
    with _blas_alone():
        if shares <= 1 or cost < SMALL:
            return [work(0, count)]
        bounds = [count * i // shares for i in range(shares + 1)]
        with _pool.lock:
            if _pool.executor is None:
                _pool.executor = ThreadPoolExecutor(get_num_threads(), "autograd_mini", _enter_worker)
            executor = _pool.executor
        others = [executor.submit(work, a, b) for a, b in pairwise(bounds[1:])]
        _pool.inside.yes = True  # the calling thread takes the first share itself
        try:
            first = work(0, bounds[1])
        finally:
            _pool.inside.yes = False
            wait(others)
        return [first, *(future.result() for future in others)]


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


def _blas() -> ThreadpoolController:
    if _pool.blas is None:
        _pool.blas = ThreadpoolController()
    return _pool.blas


@contextmanager
def _blas_alone() -> Iterator[None]:
    """Keep BLAS at one thread while any of our kernels runs; the last to leave sets it free."""
    with _pool.lock:
        _pool.holders += 1
        if _pool.holders == 1:
            _pool.hold = _blas().limit(limits=1, user_api="blas")
    try:
        yield
    finally:
        with _pool.lock:
            _pool.holders -= 1
            if _pool.holders == 0:
                _pool.hold.restore_original_limits()
