"""Elements in the order in which they lie in memory: by a compiled loop, or in pieces that stay in the cache.

NumPy's own loops use one core and make an array for each step. Here large arrays are shared out over threads, and
results lie in memory used again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from .buffers import LARGE, empty
from .layout import Array
from .parallel import SMALL, Compiled, each
from .settings import is_compiled

FEW = 1 << 13  # elements; with fewer, one of NumPy's calls takes no longer than finding out what would be quicker
LEAST = 1 << 13  # elements worth another piece of a compiled loop
PIECE = 1 << 18  # elements: with fewer, threads wait for the interpreter (gate: 32 ms instead of 10)
SHARED = 1 << 24  # bytes from which on two threads are quicker at one of NumPy's passes (4 MB: 134 instead of 91 µs)
PASS = 16  # a pass over an element takes as long as this many multiply-adds
_COMPILED = frozenset({np.dtype(np.float32), np.dtype(np.float64)})


def is_many(x: Any) -> bool:
    """Whether it is an array of more than a few floating numbers."""
    return isinstance(x, np.ndarray) and x.size >= FEW and x.dtype.char in "efd" and x.dtype.isnative


def is_large(x: Any) -> bool:
    """Whether it is an array of numbers worth several threads."""
    return isinstance(x, np.ndarray) and x.nbytes >= SHARED and x.dtype.char in "fd" and x.dtype.isnative


def compiled_loop(name: str, *arrays: Array) -> Callable[..., Compiled] | None:
    """The compiled loop "room.name", if there is one for arrays of these kinds: floating of one dtype, or masks."""
    if not name or not is_compiled():
        return None
    dtype = arrays[0].dtype
    if dtype not in _COMPILED:
        return None
    for a in arrays:
        if a.dtype != dtype and a.dtype.char != "?":
            return None
    return loop_called(name)


@cache
def loop_called(name: str) -> Callable[..., Any]:
    """The compiled loop "room.name"."""
    room, _, word = name.partition(".")
    loop: Callable[..., Any] = getattr(import_module(f".compiled.{room}", __package__), word)
    return loop


def mapped(name: str, piece: Callable[..., Any], x: Array, *others: Array, numbers: tuple[Any, ...] = ()) -> Array:
    """piece(x, *others, out, *numbers) over everything, into an array that lies in memory as x does.

    name: of the compiled loop that does the same; none if it is empty. others: of x's shape, or broadcast to it.
    """
    for array in (x, *others):
        if array.shape != x.shape or not array.flags.c_contiguous:
            break
    else:
        out = empty(x.shape, x.dtype)
        _over(name, piece, [a.reshape(-1) for a in (x, *others, out)], numbers)
        return out
    order = order_of(x)
    out = empty(tuple(x.shape[axis] for axis in order), x.dtype)
    out = out.transpose(np.argsort(order))
    others = tuple(np.broadcast_to(other, x.shape) for other in others)
    update(name, piece, [x, *others, out], numbers)
    return out


def update(name: str, piece: Callable[..., Any], arrays: list[Array], numbers: tuple[Any, ...]) -> None:
    """piece(*arrays, *numbers) over everything: shares for threads, and pieces that stay in the cache."""
    order = order_of(arrays[0])
    ordered = [array.transpose(order) for array in arrays]
    if not all(array.flags.c_contiguous for array in ordered):  # they do not lie alike: NumPy finds its way
        piece(*arrays, *numbers)
        return
    _over(name, piece, [array.reshape(-1) for array in ordered], numbers)


def _over(name: str, piece: Callable[..., Any], flat: list[Array], numbers: tuple[Any, ...]) -> None:
    """piece(*flat, *numbers), all (n,)."""
    compiled, count = compiled_loop(name, *flat), flat[0].size
    if compiled is not None:
        each(compiled(*flat, *numbers), count, PASS * count, LEAST)
        return

    def share(first: int, last: int) -> None:
        for start in range(first, last, PIECE):
            piece(*(array[start : min(start + PIECE, last)] for array in flat), *numbers)

    shared(share, count, PASS * count, PIECE)


def shared(work: Callable[[int, int], object], count: int, cost: float, least: int = 1) -> None:
    """As `each`, but little work at once: BLAS, which it does not call, need not be held for it."""
    if cost < SMALL:
        work(0, count)
    else:
        each(work, count, cost, least)


def order_of(x: Array) -> tuple[int, ...]:
    """The axes from the one whose neighbours lie farthest apart to the one whose lie nearest."""
    return tuple(sorted(range(x.ndim), key=lambda axis: -abs(x.strides[axis])))


def copy_into(out: Array, x: Array) -> None:
    """out[...] = x, in shares along the axis whose neighbours in `out` lie farthest apart."""
    if x.nbytes < LARGE:
        out[...] = x
        return
    axis = next(a for a in order_of(out) if out.shape[a] > 1)
    into, given = np.moveaxis(out, axis, 0), np.moveaxis(x, axis, 0)

    def share(first: int, last: int) -> None:
        into[first:last] = given[first:last]

    each(share, len(into), PASS * x.size, max(1, PIECE * len(into) // x.size))


def joined(arrays: tuple[Array, ...], axis: int) -> Array:
    """The arrays joined along an axis; large ones of one dtype into memory used again, where they lie as before."""
    first, size = arrays[0], sum(a.nbytes for a in arrays)
    order = order_of(first)
    if size < LARGE or not first.dtype.isnative or any(a.dtype != first.dtype or order_of(a) != order for a in arrays):
        return np.concatenate(arrays, axis)
    shape = [*first.shape]
    shape[axis] = sum(a.shape[axis] for a in arrays)
    out = empty(tuple(shape[a] for a in order), first.dtype).transpose(np.argsort(order))
    start = 0
    for a in arrays:
        copy_into(out[(slice(None),) * axis + (slice(start, start + a.shape[axis]),)], a)
        start += a.shape[axis]
    return out
