"""Large arrays, used again: a training step needs the same sizes each time, and fresh memory costs page faults.

A block of memory is free when nothing refers to it but the list here. Every view of a NumPy array refers to the array
that owns the memory, so the count of references proves that nobody looks at a block any more.
"""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

LARGE = 1 << 20  # bytes; below, the allocator keeps memory by itself
WASTE = 1.25  # a block may serve a request this many times smaller
SLACK = 1.1  # of memory held for each byte once in use: sizes change through a step, and a tenth spares most misses
LINE = 64  # bytes of a cache line, and of the widest vector


class _Buffers:
    """The blocks, and how many bytes of them were in use at the fullest moment."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.blocks: list[Array] = [np.empty(1, np.uint8)]
        self.alone = self.references(0)  # to a block that only the list holds
        self.blocks.clear()
        self.peak = 0
        self.told: Callable[[Array], None] = lambda block: None  # of a block about to be used again

    def references(self, i: int) -> int:
        return sys.getrefcount(self.blocks[i])

    def free(self) -> list[int]:
        """Which blocks nobody uses, the smallest first."""
        return sorted(
            (i for i in range(len(self.blocks)) if self.references(i) == self.alone), key=lambda i: self.blocks[i].size
        )

    def take(self, size: int) -> Array:
        """A block of at least `size` bytes; held is at most SLACK times what was once in use at the same time."""
        with self.lock:
            free = self.free()
            for i in free:
                if size <= self.blocks[i].size <= WASTE * size:
                    self.told(self.blocks[i])
                    return self.blocks[i]
            idle = sum(self.blocks[i].size for i in free)
            used = sum(block.size for block in self.blocks) - idle
            self.peak = max(self.peak, int(SLACK * (used + size)))
            dropped = []
            for i in free:
                if used + idle + size <= self.peak:
                    break
                idle -= self.blocks[i].size
                dropped.append(i)
            for i in sorted(dropped, reverse=True):
                del self.blocks[i]
            block = np.empty(size, np.uint8)
            self.blocks.append(block)
            return block


_buffers = _Buffers()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: setattr(_buffers, "lock", threading.Lock()))


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


def tell_of_reuse(told: Callable[[Array], None]) -> None:
    """Call `told` with every block that nobody looks into any more and that is about to be used again."""
    _buffers.told = told


def empty_cache() -> None:
    """Give the memory of large arrays that nobody uses any more back to the system; it is kept to be used again."""
    with _buffers.lock:
        for i in sorted(_buffers.free(), reverse=True):
            del _buffers.blocks[i]
        _buffers.peak = 0


def _physical_memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not told on this system: leave it to the allocator
        return sys.maxsize
