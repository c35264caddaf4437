"""Maps over elements and sums over columns, shared out over threads, results in memory used again.

NumPy's own loops use one core and make an array for each step. Here the elements are visited in the order in which they
lie in memory, in pieces without large arrays between them, or by a compiled loop.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .buffers import LARGE, empty
from .layout import Array, long_rows
from .parallel import each, spread
from .settings import is_compiled
from .sums import sums

PIECE = 1 << 18  # elements: with fewer, threads wait for the interpreter (gate: 32 ms instead of 10)
_ZEROS = {np.dtype(kind): np.zeros((), kind) for kind in (np.float32, np.float64)}  # made once: half of `where`'s time
PASS = 16  # a pass over an element takes as long as this many multiply-adds


def relu(x: Array, out: Array | None = None) -> Array:
    """max(x, 0), where a zero is above zero and nan is nan. x (...) -> (...), into `out`, which may be x, if given."""
    if not _large(x):
        return _relu(x, out)
    if out is None:
        return _mapped("relu", _relu, x)
    _update("relu", _relu, [x, out], ())
    return out


def _relu(x: Array, out: Array | None = None) -> Array:
    """As every kernel does it that a ReLU is fused into. Of two equal zeros half precision gives the first."""
    half = type(x) is np.ndarray and x.dtype.char == "e"
    maxima: Array = np.maximum(0, x, out=out) if half else np.maximum(x, 0, out=out)
    return maxima


def gate(g: Array, y: Array) -> Array:
    """g where y is not 0, else 0. g, y (...) -> (...)."""
    if not _large(g):
        return np.where(y, g, _ZEROS.get(g.dtype, 0))  # y as it is: half the time of comparing it first
    return _mapped("gate", lambda g, y, out: keep(g, y != 0, out), g, y)


def keep(x: Array, mask: Array, out: Array) -> None:
    """out = x where the mask, else 0: the bits of x, or none of them, so that inf and nan stay where they are.

    Several times faster than NumPy's `where`. x, out of one dtype, mask bool; all (...).
    """
    whole = np.dtype(f"i{x.dtype.itemsize}")
    bits = np.negative(mask.view(np.int8), dtype=whole)  # all ones where True
    np.bitwise_and(x.view(whole), bits, out=out.view(whole))


def dropout(x: Array, mask: Array, scale: float) -> Array:
    """x · scale where the mask, else 0. x (...), mask (...) bool -> (...)."""
    if not _large(x):
        return np.where(mask, x, np.result_type(x).type(0)) * scale

    def piece(x: Array, mask: Array, out: Array, scale: Any) -> None:
        keep(x, mask, out)
        out *= scale

    return _mapped("dropout", piece, x, mask, numbers=(x.dtype.type(scale),))


def gelu(x: Array, normal: Callable[[Array], Array]) -> Array:
    """x · Φ(x). normal: Φ, for where no compiled loop is quicker. x (...) -> (...)."""

    def piece(x: Array, out: Array) -> None:
        np.multiply(x, normal(x), out=out)

    return _mapped(_if_single("gelu", x), piece, x) if _large(x) else x * normal(x)


def gelu_slope(x: Array, y: Array) -> Array:
    """Φ(x) + x · φ(x) where y is x · Φ(x). x, y (...) -> (...)."""

    def piece(x: Array, y: Array, out: Array) -> None:
        np.add(*_normal_and_slope(x, y), out=out)

    return _mapped(_if_single("gelu_slope", x), piece, x, y) if _large(x) else np.add(*_normal_and_slope(x, y))


def _normal_and_slope(x: Array, y: Array) -> tuple[Array, Array]:
    """Φ(x) = y / x and x · φ(x)."""
    zero = np.equal(x, 0)
    return (y + 0.5 * zero) / (x + zero), x * (np.exp(-0.5 * (x * x)) / math.sqrt(2 * math.pi))


def _if_single(name: str, x: Array) -> str:
    """The name of a loop for single precision only, or none."""
    return name if x.dtype == np.float32 else ""


def column_sums(x: Array) -> Array:
    """The sum over every axis but the last. x (..., K) contiguous -> (K,)."""
    rows = long_rows(x.reshape(-1, x.shape[-1]))
    compiled, single = _compiled("column_sums", x), np.dtype(np.float32) if x.dtype == np.float16 else x.dtype

    def share(first: int, last: int) -> Array:
        if compiled is None:
            part: Array = sums(rows[first:last].astype(single, copy=False), (0,))
        else:
            part = np.zeros(rows.shape[1])
            compiled(rows[first:last], part)
        return part

    total, *others = spread(share, len(rows), PASS * x.size)
    for other in others:
        total += other
    columns: Array = sums(total.reshape(-1, x.shape[-1]), (0,)).astype(x.dtype, copy=False)
    return columns


def sgd(p: Array, g: Array, v: Array | None, lr: float, momentum: float, decay: float, nesterov: bool) -> None:
    """v ← μv + g + λp; p ← p − lr · v (with Nesterov: p − lr · (g + λp + μv)), in place; all (...).

    A p of half precision moves in single, in which v is.
    """

    def piece(p: Array, g: Array, v: Array | None, lr: Any, momentum: Any, decay: Any, nesterov: bool) -> None:
        g = _decayed(p, g, decay)
        if v is not None:
            v *= momentum
            v += g
            g = g + momentum * v if nesterov else v
        p -= lr * g

    numbers = (*_numbers(p, lr, momentum, decay), nesterov)
    if v is None:
        _update("", lambda p, g, *numbers: piece(p, g, None, *numbers), [p, g], numbers)
    else:
        _update("sgd", piece, [p, g, v], numbers)


def adam(
    p: Array, g: Array, m: Array, v: Array, largest: Array | None = None, *,
    rate: float, betas: tuple[float, float], root: float, eps: float, decay: float, shrink: float,
) -> None:  # fmt: skip
    """g ← g + λp, m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², p ← p · shrink − rate · m / (√v / root + ε).

    In place; all (...). With `largest`, which remembers it, the largest v until now stands for v. A p of half precision
    moves in single, in which m and v are: ε and g² would not fit into half.
    """

    def piece(p: Array, g: Array, m: Array, v: Array, *others: Any) -> None:
        *peaks, rate, beta1, beta2, root, eps, decay, shrink = others
        g = _decayed(p, g, decay)
        m *= beta1
        m += (1 - beta1) * g
        v *= beta2
        v += (1 - beta2) * (g * g)
        for peak in peaks:
            v = np.maximum(peak, v, out=peak)
        np.subtract(p if shrink == 1 else p * shrink, rate * m / (np.sqrt(v) / root + eps), out=p)

    numbers = _numbers(p, rate, *betas, root, eps, decay, shrink)
    if largest is None:
        _update("adam", piece, [p, g, m, v], numbers)
    else:
        _update("", piece, [p, g, m, v, largest], numbers)


def rmsprop(
    p: Array, g: Array, square: Array, mean: Array | None, velocity: Array | None, *,
    lr: float, alpha: float, momentum: float, eps: float, decay: float,
) -> None:  # fmt: skip
    """g ← g + λp, s ← αs + (1 − α)g², v ← μv + g / (√s + ε), p ← p − lr · v; with a mean m, s − m² stands for s.

    In place; all (...). A p of half precision moves in single.
    """

    def piece(p: Array, g: Array, square: Array, *others: Any) -> None:
        *held, lr, alpha, momentum, eps, decay = others
        g = _decayed(p, g, decay)
        square *= alpha
        square += (1 - alpha) * (g * g)
        if mean is not None:
            held[0] *= alpha
            held[0] += (1 - alpha) * g
            square = square - held[0] * held[0]
        step = g / (np.sqrt(square) + eps)
        if velocity is not None:
            held[-1] *= momentum
            step = np.add(held[-1], step, out=held[-1])
        p -= lr * step

    arrays = [array for array in (p, g, square, mean, velocity) if array is not None]
    _update("", piece, arrays, _numbers(p, lr, alpha, momentum, eps, decay))


def adagrad(p: Array, g: Array, square: Array, *, rate: float, eps: float, decay: float) -> None:
    """g ← g + λp, s ← s + g², p ← p − rate · g / (√s + ε), in place; all (...). Half precision moves in single."""

    def piece(p: Array, g: Array, square: Array, rate: Any, eps: Any, decay: Any) -> None:
        g = _decayed(p, g, decay)
        square += g * g
        p -= rate * g / (np.sqrt(square) + eps)

    _update("", piece, [p, g, square], _numbers(p, rate, eps, decay))


def _numbers(p: Array, *values: float) -> tuple[Any, ...]:
    """Numbers in the precision in which p moves."""
    number = wide(p.dtype).type
    return tuple(number(value) for value in values)


def _decayed(p: Array, g: Array, decay: Any) -> Array:
    """g + λp, in the precision of λ."""
    g = g.astype(type(decay), copy=False)
    return g + decay * p if decay else g


def wide(dtype: Any) -> np.dtype[Any]:
    """What parameters of this dtype move in: single at least."""
    return np.promote_types(dtype, np.float32)


# ── in the order of memory, a piece at a time ─────────────────────────────────────────────────────────────────────────


def _large(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.nbytes >= LARGE and x.dtype in (np.float16, np.float32, np.float64)


def _compiled(name: str, *arrays: Array) -> Callable[..., None] | None:
    """The compiled loop of that name, if there is one for arrays of these kinds."""
    if not name or not is_compiled():
        return None
    dtypes = {array.dtype for array in arrays if array.dtype.kind == "f"}
    if len(dtypes) != 1 or not dtypes <= {np.dtype(np.float32), np.dtype(np.float64)}:
        return None
    from .compiled import maps

    loop: Callable[..., None] = getattr(maps, name)
    return loop


def _mapped(name: str, piece: Callable[..., Any], x: Array, *others: Array, numbers: tuple[Any, ...] = ()) -> Array:
    """piece(x, *others, out, *numbers) over everything, into an array that lies in memory as x does."""
    order = _order(x)
    out = empty(tuple(x.shape[axis] for axis in order), x.dtype)
    out = out.transpose(np.argsort(order))
    others = tuple(np.broadcast_to(other, x.shape) for other in others)
    _update(name, piece, [x, *others, out], numbers)
    return out


def _update(name: str, piece: Callable[..., Any], arrays: list[Array], numbers: tuple[Any, ...]) -> None:
    """piece(*arrays, *numbers) over everything: shares for threads, and pieces that stay in the cache."""
    order = _order(arrays[0])
    ordered = [array.transpose(order) for array in arrays]
    if not all(array.flags.c_contiguous for array in ordered):  # they do not lie alike: NumPy finds its way
        piece(*arrays, *numbers)
        return
    flat = [array.reshape(-1) for array in ordered]
    compiled = _compiled(name, *flat)

    def share(first: int, last: int) -> None:
        if compiled is not None:
            compiled(*(array[first:last] for array in flat), *numbers)
            return
        for start in range(first, last, PIECE):
            piece(*(array[start : min(start + PIECE, last)] for array in flat), *numbers)

    each(share, flat[0].size, PASS * flat[0].size)


def _order(x: Array) -> tuple[int, ...]:
    """The axes from the one whose neighbours lie farthest apart to the one whose lie nearest."""
    return tuple(sorted(range(x.ndim), key=lambda axis: -abs(x.strides[axis])))
