"""What arrays hold, to compare with later: layouts, checksums, snapshots of buffers; and which buffers are exposed."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from ctypes import string_at
from functools import partial
from typing import Any

import numpy as np
from xxhash import xxh3_64_digest, xxh3_64_intdigest

from ..kernels.buffers import on_reuse
from .lines import Place, calling_place

EXACT = 1 << 20  # bytes; a larger buffer is compared block by block
BLOCK = 1 << 12  # bytes


def saved_arrays(node: Any) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays among what a node saves; those of several arguments under one name as `name[i]`."""
    found: dict[str, Any] = {}
    for name, held in (node.saved or {}).items():
        several = isinstance(held, tuple)
        found |= {f"{name}[{i}]": array for i, array in enumerate(held)} if several else {name: held}
    return {name: array for name, array in found.items() if isinstance(array, np.ndarray)}


def root_of(array: Any) -> Any:
    """The array whose buffer this one looks into: itself, unless it is a view."""
    root, base = array, getattr(array, "base", None)
    while base is not None:
        root = base if isinstance(base, np.ndarray) else root
        base = getattr(base, "base", None)
    return root


Layout = tuple[np.dtype[Any], tuple[int, ...], tuple[int, ...], int | None]
"""What can be changed of an array in place besides its values."""

_PARTS = ("dtype", "shape", "strides", "buffer")


def layout_of(array: Any) -> Layout:
    """An array's dtype, shape and strides, and if it is a view how many bytes its buffer has."""
    return array.dtype, array.shape, array.strides, None if array.base is None else root_of(array).nbytes


def changed_part(before: Layout, array: Any) -> str | None:
    """The first part of an array's layout that changed, in a word; None if none did."""
    now = layout_of(array)
    return None if now == before else next(w for w, a, b in zip(_PARTS, before, now, strict=True) if a != b)


def checksum(array: Any) -> int:
    """64 bits that stand for an array's values, element by element, in whatever order they lie in memory."""
    try:
        return xxh3_64_intdigest(array)  # of what lies in one piece, in C's order
    except (ValueError, TypeError, BufferError):
        if array.dtype.hasobject:
            return 0  # nothing of numbers
    if 0 in array.strides and array.size:  # repeated elements, once
        array = array[tuple(slice(None) if stride else slice(1) for stride in array.strides)]
    return xxh3_64_intdigest(array.ravel("K").view(np.uint8))


def same(a: Any, b: Any) -> bool:
    """Equal, arrays by their elements; nan equals nan."""
    if a is b:
        return True
    a, b = getattr(a, "_array", a), getattr(b, "_array", b)
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        a, b = np.asarray(a), np.asarray(b)
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    if isinstance(a, Mapping):
        return isinstance(b, Mapping) and a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return bool(a == b) or (a != a and b != b)


class Snapshot:
    """What a buffer held when it was exposed, byte by byte or block by block, and the layouts of arrays in it."""

    __slots__ = ("block", "buffer", "contents", "layouts", "low", "size")

    def __init__(self, root: Any) -> None:
        self.layouts = {id(root): layout_of(root)}
        address, self.low, high = _stretch(root)
        self.buffer = address, root.nbytes
        self.size = high - self.low
        self.block = 1 if self.size <= EXACT else BLOCK
        self.contents = self._contents(0, self.size)

    def add(self, array: Any) -> None:
        """Note the layout of one more array that is exposed."""
        self.layouts.setdefault(id(array), layout_of(array))

    def changed(self, array: Any, root: Any) -> str | None:
        """What has changed of an array that looks into this buffer, in a word; None if nothing has."""
        layout = self.layouts.get(id(array))
        if layout is not None and (part := changed_part(layout, array)):
            return part
        if (root.ctypes.data, root.nbytes) != self.buffer:
            return "buffer"  # it was resized: what it held may be gone
        address, low, high = _stretch(array)
        first, last = (low - self.low) // self.block, -(-(high - self.low) // self.block)
        now, unit = self._contents(first, last), np.dtype(np.uint8 if self.block == 1 else np.uint64)
        before = self.contents[first * unit.itemsize : last * unit.itemsize]
        if now == before:
            return None
        odd = np.repeat(np.frombuffer(now, unit) != np.frombuffer(before, unit), self.block)
        start = address - self.low - first * self.block
        where = np.ndarray((*array.shape, array.itemsize), bool, odd, start, (*array.strides, 1))
        return "values" if where.any() else None

    def _contents(self, first: int, last: int) -> bytes:
        """Of some blocks: their bytes if they are single ones, else their checksums."""
        start, stop = self.low + first * self.block, self.low + min(last * self.block, self.size)
        if self.block == 1:
            return string_at(start, stop - start)
        return b"".join([xxh3_64_digest(string_at(i, min(BLOCK, stop - i))) for i in range(start, stop, BLOCK)])


def _stretch(array: Any) -> tuple[int, int, int]:
    """The addresses of an array's first element, of its lowest byte, and of the one after its highest."""
    address = low = high = array.ctypes.data
    if array.size:
        high += array.itemsize
        for n, stride in zip(array.shape, array.strides, strict=True):
            low, high = low + min(0, (n - 1) * stride), high + max(0, (n - 1) * stride)
    return address, low, high


# ── exposed buffers ───────────────────────────────────────────────────────────────────────────────────────────────────


class Exposure:
    """A buffer that somebody outside may hold, and the line that it was last exposed at."""

    __slots__ = ("line", "root")

    def __init__(self, root: weakref.ref[Any]) -> None:
        self.root = root
        self.line: Place | None = None


EXPOSED: dict[int, Exposure] = {}
"""By the id of the array that owns the buffer, for as long as it lives."""

SNAPSHOTS: dict[int, Snapshot] = {}
"""Likewise, of those that were exposed while something may have saved them."""


def expose_buffer(array: Any, snapshot: Callable[[Any], Snapshot] | None = None) -> None:
    """Note that the buffer of an array is given away, and at which line.

    snapshot: makes one, if something may have saved the buffer; only at the first exposure is it sure to be unchanged.
    """
    root = root_of(array)
    key, known = id(root), EXPOSED.get(id(root))
    if known is None:
        if snapshot is not None:
            SNAPSHOTS.setdefault(key, snapshot(root))  # of two threads the first counts
        known = EXPOSED.setdefault(key, Exposure(weakref.ref(root, partial(_freed, key))))
    taken = SNAPSHOTS.get(key) if array is not root else None
    if taken is not None:
        taken.add(array)
    known.line = calling_place()


def _freed(key: int, root: weakref.ref[Any], exposed: Any = EXPOSED, snapshots: Any = SNAPSHOTS) -> None:
    """Forget a buffer that is gone; runs at the interpreter's end too, when a module's names are gone."""
    if (known := exposed.get(key)) is not None and known.root is root:
        exposed.pop(key, None)
        snapshots.pop(key, None)


def _forget(key: int) -> None:
    EXPOSED.pop(key, None)
    SNAPSHOTS.pop(key, None)


on_reuse(lambda block: _forget(id(block)))  # nobody looks into it any more
