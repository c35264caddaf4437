"""Large arrays, used again: a training step needs the same sizes each time, and fresh memory costs page faults.

A block of memory is free when nothing refers to it but the table here. Every view of a NumPy array refers to the array
that owns the memory, so the count of references proves that nobody looks at a block any more.

There is no lock, since a signal handler may compute while the main thread would have it, and wait for workers who would
want it. Whoever wants a block takes it out of the table, which one of several can, and counts again: what somebody had
got hold of just before goes back. What is left half done leaves a block out of the table, and so to the allocator.
"""

from __future__ import annotations

import itertools
import math
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from sys import getrefcount
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

LARGE = 1 << 20  # bytes; below, the allocator keeps memory by itself
WASTE = 1.25  # a block may serve a request this many times smaller
SLACK = 1.1  # of memory held for each byte once in use: sizes change through a step, and a tenth spares most misses
LINE = 64  # bytes of a cache line, and of the widest vector


class _Buffers:
    """The blocks, each under a key of its own, and how many bytes of them were in use at the fullest moment."""

    def __init__(self) -> None:
        self.blocks: dict[int, Array] = {}
        self.of_size: dict[int, list[int]] = {}  # their keys, and those of some that are gone
        self.keys = itertools.count()
        self.peak = 0
        self.reused: Callable[[Array], None] = lambda block: None  # of a block about to be used again

    def looked_through(self) -> tuple[list[tuple[int, int]], int]:
        """Of the blocks that nobody uses size and key, the smallest first; and the bytes of the others."""
        free, used = [], 0
        for key in list(self.blocks):
            try:
                alone, size = getrefcount(self.blocks[key]) == _ALONE, self.blocks[key].size
            except KeyError:  # just taken out
                continue
            if alone:
                free.append((size, key))
            else:
                used += size
        return sorted(free), used

    def take_out(self, key: int) -> Array | None:
        """A block that nobody else has; None, and it stays, if somebody has it by now."""
        try:
            out = [self.blocks.pop(key)]
        except KeyError:
            return None
        if getrefcount(out[0]) == _ALONE:
            return out[0]
        self.blocks[key] = out[0]
        return None

    def take(self, size: int) -> Array:
        """A block of at least `size` bytes; held is at most SLACK times what was once in use at the same time."""
        for key in self.of_size.get(size, ()):  # what a step asks for it asks for again
            if (block := self.take_out(key)) is not None:
                self.reused(block)
                self.blocks[key] = block
                return block
        free, used = self.looked_through()
        for length, key in free:
            if size <= length <= WASTE * size and (block := self.take_out(key)) is not None:
                self.reused(block)
                self.blocks[key] = block
                return block
        idle = sum(length for length, _ in free)
        self.peak = max(self.peak, int(SLACK * (used + size)))
        for length, key in free:
            if used + idle + size <= self.peak:
                break
            self.take_out(key)
            idle -= length
        block, key = np.empty(size, np.uint8), next(self.keys)
        self.blocks[key] = block
        self.of_size = self.sorted_out()
        return block

    def sorted_out(self) -> dict[int, list[int]]:
        """The keys of blocks of each size."""
        found: dict[int, list[int]] = {}
        for key in list(self.blocks):
            with suppress(KeyError):  # just taken out
                found.setdefault(self.blocks[key].size, []).append(key)
        return found

    def drop(self) -> None:
        """Give the free blocks back to the system."""
        for _, key in self.looked_through()[0]:
            self.take_out(key)
        self.of_size = {}
        self.peak = 0


def _references() -> int:
    """To a block that only one table holds."""
    blocks = [np.empty(1, np.uint8)]
    return getrefcount(blocks[0])


_ALONE = _references()
_buffers = _Buffers()


def is_lent(block: Any) -> bool:
    """True for a block of the table, which holds it beside those who look into it."""
    return block.nbytes >= LARGE and any(block is other for other in list(_buffers.blocks.values()))


def empty(shape: tuple[int, ...], dtype: Any) -> Array:
    """An array with anything in it, C-contiguous, beginning at a cache line if it is large.

    Raises MemoryError, with the bytes, for more than this machine has.
    """
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if size < LARGE:
        return np.empty(shape, dtype)
    if size > _physical_memory():
        raise MemoryError(
            f"an array of shape {tuple(shape)} and {dtype} needs {size:,} bytes ({size / 2**30:,.1f} GiB); "
            f"this machine has {_physical_memory() / 2**30:,.1f} GiB"
        )
    block = _buffers.take(size + LINE)
    start = -block.ctypes.data % LINE
    view: Array = block[start : start + size].view(dtype).reshape(shape)
    return view


def on_reuse(seen: Callable[[Array], None]) -> None:
    """Call `seen` with every block that nobody looks into any more and that is about to be used again."""
    _buffers.reused = seen


def empty_cache() -> None:
    """Give memory kept for reuse back to the system.

    Large arrays that nothing refers to any more are kept for the next step of the same size. Arrays in use stay.

    Returns:
        None.

    Example:
        >>> y = ag.relu(Tensor(np.ones(1 << 20)))
        >>> ag.empty_cache()
        >>> y.sum().item()
        1048576.0
    """
    _buffers.drop()


def _physical_memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not known on this system: leave it to the allocator
        return sys.maxsize
