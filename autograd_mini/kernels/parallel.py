"""One pool of threads over contiguous shares of work, with BLAS at one thread inside.

NumPy gives up the interpreter lock in its loops and in BLAS, so threads over blocks use every core. BLAS's own threads
are kept asleep meanwhile: after a product they spin for milliseconds, on the cores our next share needs. Shares are
fixed by the number of threads, and sums over them have one order, so results repeat bit for bit.

Compiled loops need no interpreter, and call no BLAS. Workers that have nothing to do look for pieces of such for a
while, on a board in memory (`compiled.team`), before they sleep.

A signal handler may compute, or raise, between any two steps of the main thread. So no lock is held from one step to
the next that another kernel would need, and what may be left over is read off who is still there: BLAS is held while a
holder lives, and a holder lives as long as the frame of its kernel, however that ends.
"""

from __future__ import annotations

import itertools
import os
import threading
from _thread import start_new_thread
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from itertools import pairwise
from queue import SimpleQueue
from typing import Any, Generic, NamedTuple, TypeVar
from weakref import ref

import numpy as np

from .blas import Blas, loaded
from .quiet import quiet

T = TypeVar("T")


class _Inside(threading.local):
    """Whether this thread is in the middle of a share."""

    yes = False


class _Holder:
    """A kernel that runs: its thread, and the shares it gave to others."""

    __slots__ = ("__weakref__", "shares", "thread")

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.shares: list[Share[Any]] = []


CALLED, PLACES = 4, tuple(range(0, 9 * 8, 8))  # of the board's numbers, each in a line of the cache of its own
attending: list[Callable[[Any, int], object]] = []  # if there are compiled loops: attend(board, patience) does pieces


class _Pool:
    """The workers, begun when first needed, and who holds BLAS."""

    def __init__(self) -> None:
        self.threads: int | None = None
        self.blas: list[Blas] | None = None
        self.holders: set[ref[_Holder]] = set()  # each leaves by itself when its kernel's frame is gone
        self.inside = _Inside()
        self.reset()

    def reset(self) -> None:
        """Have no workers yet."""
        self.queue: SimpleQueue[Share[Any] | None] = SimpleQueue()
        self.workers: list[int] = []
        self.asleep: set[int] = set()
        whole = np.zeros(PLACES[-1] + 16, np.int64)
        self.board = whole[-whole.ctypes.data % 64 // 8 :]


_pool = _Pool()


def _after_fork() -> None:
    """Only the forking thread is here: the workers, what they had begun, and other threads' kernels are not."""
    _pool.reset()
    for link in list(_pool.holders):
        holder = link()
        if holder is None or holder.thread != threading.get_ident():
            _pool.holders.discard(link)
        else:
            for share in holder.shares:
                if share.lock.locked() and share.doer != holder.thread:
                    share.lose()
    _set_free()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_after_fork)


def get_num_threads() -> int:
    """How many threads the kernels and BLAS may use.

    Returns:
        The number given to `set_num_threads`, else that of the cores this process may run on.

    Example:
        >>> ag.get_num_threads() >= 1
        True
    """
    if _pool.threads is None:
        _pool.threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return _pool.threads


def set_num_threads(n: int) -> None:
    """Let the kernels and BLAS use `n` threads.

    Results repeat bit for bit with the same number of threads; with another one sums may be rounded otherwise.

    Arguments:
        n: an integer of at least 1.
    Returns:
        None.
    Raises:
        ValueError: for anything else.

    Example:
        >>> before = ag.get_num_threads()
        >>> ag.set_num_threads(1)
        >>> ag.get_num_threads()
        1
        >>> ag.set_num_threads(before)
    """
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        raise ValueError(f"set_num_threads: the number of threads must be an integer of at least 1, not {n!r}")
    queue, board = _pool.queue, _pool.board
    _pool.reset()
    queue.put(None)
    board[PLACES[CALLED]] = 1
    _pool.threads = n
    for library in _blas():
        if _pool.holders:  # some kernel runs: when it leaves
            library.freed = n
        else:
            library.freed = 0
            library.set_num_threads(n)


PIECES = 6  # for each thread: the last to finish keeps the others waiting for a sixth of a share at most
SMALL = 1 << 21  # multiply-adds worth about 50 µs, which is what handing a share to another thread takes
SOON = 1 << 19  # and worth it if the other thread is looking at the board
PATIENCE = 4_000  # looks at it, about half a millisecond, before a worker sleeps


def spread(work: Callable[[int, int], T], count: int, cost: float) -> list[T]:
    """Call work(first, last) on contiguous shares of range(count), one share a thread; results in order of shares.

    cost: how much work there is in all, in multiply-adds. It is one share if that is little. The calling thread does
    all shares if it is in the middle of one, as a signal handler may be. However it ends, no share begins after it, and
    none runs on, unless waiting for that is interrupted itself. In every thread what `np.errstate` asks for holds as
    for the caller, but underflow is 0 without a word.
    """
    shares = 1 if cost < SMALL else max(1, min(get_num_threads(), count))
    if _pool.inside.yes:
        return [work(count * i // shares, count * (i + 1) // shares) for i in range(shares)]
    holder = _Holder()
    link = ref(holder, _pool.holders.discard)
    try:
        _hold_blas(link)
        with quiet(under="ignore"):
            found = [work(0, count)] if shares == 1 else _shared_out(work, count, shares, holder)
    finally:
        try:
            _let_go_of_blas(link)
        except BaseException:  # a signal handler's: it counts when things are in order
            _let_go_of_blas(link)
            raise
    return found


def _shared_out(work: Callable[[int, int], T], count: int, shares: int, holder: _Holder) -> list[T]:
    bounds = [count * i // shares for i in range(shares + 1)]
    others = [Share(work, first, last) for first, last in pairwise(bounds[1:])]
    holder.shares = others
    try:
        _hand_out(others)
        _pool.inside.yes = True
        first = work(0, bounds[1])  # the calling thread takes the first share itself, and those that nobody has begun
        found = [first, *(share.taken() for share in others)]
    finally:
        _pool.inside.yes = False
        try:
            _call_off(others)
        except BaseException:
            _call_off(others)
            raise
    return found


class Share(Generic[T]):
    """A part of some work: done once, by whoever comes first. Nothing that is done or called off is still held here."""

    def __init__(self, work: Callable[[int, int], T] | None, first: int, last: int) -> None:
        self.work = work  # None: there is nothing to do but to wake up
        self.first, self.last = first, last
        self.context = copy_context()
        self.lock = threading.Lock()
        self.doer: int | None = None  # the thread that has the lock
        self.result: list[T] = []
        self.error: BaseException | None = None

    def do(self) -> None:
        """Do it now, or wait while another thread does."""
        with self.lock:
            self.doer = threading.get_ident()
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

    def lose(self) -> None:
        """After a fork: the thread that does it is not here, nor what it has made so far."""
        self.work, self.error = (
            None,
            RuntimeError(
                "this process was forked while a thread was at work that did not come along; compute it again"
            ),
        )
        if self.lock.locked():
            self.lock.release()


def _call_off(shares: list[Share[T]]) -> None:
    """Wait for those that are being done, and let nobody begin another."""
    for share in shares:
        with share.lock:
            share.work, share.error = None, None


def _hand_out(shares: list[Share[T]]) -> None:
    """Let workers begin; where there can be none, as when the interpreter is ending, the calling thread does it all."""
    _pool.board[PLACES[CALLED]] = 1
    for share in shares:
        _pool.queue.put(share)
    _begin(len(shares))


def _begin(count: int) -> None:
    """Have so many workers, if there can be."""
    with suppress(RuntimeError):
        while len(_pool.workers) < count:  # in one step, which Thread.start is not
            _pool.workers.append(start_new_thread(_serve, (_pool.queue, _pool.board, _pool.asleep)))


def _serve(queue: SimpleQueue[Share[Any] | None], board: Any, asleep: set[int]) -> None:
    """A worker: do what is handed out, until nothing more will be; between that, look at the board for a while."""
    _pool.inside.yes = True
    me = threading.get_ident()
    while True:
        for attend in attending:
            attend(board, PATIENCE)
        asleep.add(me)
        share = queue.get()
        asleep.discard(me)
        if share is None:
            break
        share.do()
        share = None  # nothing is held while waiting
        if queue.empty():
            board[PLACES[CALLED]] = 0
    queue.put(None)  # for the next one


class Compiled(NamedTuple):
    """A compiled loop that can be done in pieces, see `compiled.team`, and what it is given."""

    run: Callable[..., int]
    given: tuple[Any, ...]


def shares_of(count: int, cost: float) -> int:
    """How many shares `spread` makes."""
    return 1 if cost < SMALL else max(1, min(get_num_threads(), count))


def _in_pieces(work: Compiled, count: int, cost: float, least: int) -> None:
    """As `each`."""
    threads = 1 if cost < SOON else get_num_threads()
    pieces = min(count, threads * max(1, min(PIECES, count // (least * threads)))) if threads > 1 else 1
    if pieces > 1 and len(_pool.workers) < threads - 1:
        _begin(threads - 1)
    if pieces > 1 and _pool.asleep and cost >= SMALL:  # for less they would come too late
        for _ in range(threads - 1):
            _pool.queue.put(Share(None, 0, 0))
        _pool.asleep.clear()
    if work.run(_pool.board, count, pieces, *work.given):
        raise MemoryError("there is no memory left for what a compiled loop needs")


def each(work: Callable[[int, int], object] | Compiled, count: int, cost: float, least: int = 1) -> None:
    """Call work(first, last) on pieces of range(count), whoever is free taking the next; cost as for `spread`.

    For work whose pieces do not depend on one another: which thread does one must not matter to the result.
    least: what a piece should not be smaller than, if there is enough for every thread.
    """
    if isinstance(work, Compiled):
        _in_pieces(work, count, cost, least)
        return
    threads = get_num_threads()
    pieces = min(count, threads * max(1, min(PIECES, count // (least * threads)))) if cost >= SMALL else 1
    turn, compute = itertools.count(), work

    def share(*_: int) -> None:
        while (i := next(turn)) < pieces:
            compute(count * i // pieces, count * (i + 1) // pieces)

    spread(share, threads, cost)


# ── BLAS ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _blas() -> list[Blas]:
    """The libraries of BLAS that are loaded when first asked."""
    if _pool.blas is None:
        _pool.blas = [*loaded()]
    return _pool.blas


def _hold_blas(link: ref[_Holder]) -> None:
    """Keep BLAS at one thread while any of our kernels runs."""
    _pool.holders.add(link)
    for library in _blas():
        threads = library.get_num_threads()
        if threads > 1 and not library.freed:  # else another one has noted it, or somebody has set another number
            library.freed = threads
        library.set_num_threads(1)


def _let_go_of_blas(link: ref[_Holder]) -> None:
    """The last to leave sets it free."""
    _pool.holders.discard(link)
    _set_free()


def _set_free() -> None:
    """Give BLAS its threads back, if no kernel runs: also what one has left behind that was interrupted twice."""
    for library in _blas():
        if not _pool.holders and library.freed:
            threads, library.freed = library.freed, 0
            library.set_num_threads(threads)
