"""Maps over elements: one pass over memory compiled, several short ones in NumPy, and none that branches.

NumPy's `where` waits for each element's branch, and its `maximum` with a number takes one element at a time. Here a
mask is bits, all ones or none, and a zero is a row of zeros.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray  # of NumPy's attributes Python has no cache

from .buffers import empty
from .distribution import logistic
from .layout import Array, long_rows
from .limits import FAR, LOWEST
from .parallel import each, spread
from .pieces import PASS, PIECE, SHARED, compiled_loop, is_large, is_many, loop_called, mapped, order_of, update
from .settings import is_compiled
from .sums import summed, sums

_ROW = 1 << 12  # zeros in a row
ACROSS = 1 << 17  # bytes from which on looking for a loop with a row or a column is worth it
_ZEROS = {np.dtype(kind): np.zeros(_ROW, kind) for kind in (np.float16, np.float32, np.float64)}  # made once


def relu(x: Array, out: Array | None = None) -> Array:
    """max(x, 0), where a zero is above zero and nan is nan. x (...) -> (...), into `out`, which may be x, if given."""
    if not is_many(x):
        return _relu(x, out)
    if out is None:
        return mapped("maps.relu", _relu_by_rows, x)
    update("maps.relu", _relu_by_rows, [x, out], ())
    return out


def _relu(x: Array, out: Array | None = None) -> Array:
    """As every kernel does it that a ReLU is fused into. Of two equal zeros half precision gives the first."""
    half = type(x) is np.ndarray and x.dtype.char == "e"
    maxima: Array = np.maximum(0, x, out=out) if half else np.maximum(x, 0, out=out)
    return maxima


def _relu_by_rows(x: Array, out: Array) -> None:
    """As `_relu`."""
    whole = x.size - x.size % _ROW if x.ndim == 1 and x.dtype.char != "e" else 0
    np.maximum(x[:whole].reshape(-1, _ROW), _ZEROS[x.dtype], out=out[:whole].reshape(-1, _ROW))
    _relu(x[whole:], out[whole:])


def gate(g: Array, y: Array) -> Array:
    """g where y is not 0, else 0. g, y (...) -> (...)."""
    if not is_many(g):
        zero = _ZEROS.get(g.dtype)
        return np.where(y, g, 0 if zero is None else zero[0])  # y as it is: half the time of comparing it first
    return mapped("maps.gate", lambda g, y, out: keep(g, y if y.dtype.char == "?" else y != 0, out), g, y)


def keep(x: Array, mask: Array, out: Array) -> None:
    """out = x where the mask, else 0: the bits of x, or none of them, so that inf and nan stay where they are.

    Several times faster than NumPy's `where`. x, out of one dtype, mask bool; all (...).
    """
    whole = np.dtype(f"i{x.dtype.itemsize}")
    np.bitwise_and(x.view(whole), _bits(mask, whole), out=out.view(whole))


def _bits(mask: Array, whole: np.dtype[Any]) -> Array:
    """All ones where True."""
    bits: Array = np.negative(mask.view(np.int8), dtype=whole)
    return bits


def where(mask: Any, x: Any, y: Any) -> Array:
    """x where the mask, else y. mask, x, y (...) broadcast -> (...)."""
    whole, other = (x, y) if is_many(x) else (y, x)
    if is_many(whole) and isinstance(mask, np.ndarray) and mask.dtype.char == "?" and mask.shape == whole.shape:
        if not np.ndim(other) and other == 0 and (type(other) is int or other.dtype == whole.dtype):
            return gate(whole, mask if whole is x else ~mask)
        if isinstance(other, np.ndarray) and other.dtype == whole.dtype and other.shape == whole.shape:
            return mapped("maps.select", _selected, x, y, mask)
    found: Array = np.where(mask, x, y)
    return found


def _selected(x: Array, y: Array, mask: Array, out: Array) -> None:
    """The bits of x where the mask, else those of y."""
    whole = np.dtype(f"i{x.dtype.itemsize}")
    x, y, into = x.view(whole), y.view(whole), out.view(whole)
    bits = np.bitwise_xor(x, y)
    bits &= _bits(mask, whole)
    np.bitwise_xor(bits, y, out=into)


def any_alike(x: Any, y: Any) -> bool:
    """Whether two numbers that meet are equal, or there is a nan. x, y (...) broadcast."""
    return not bool(np.logical_and.reduce(np.less(x, y) | np.greater(x, y), axis=None))


def leak(g: Array, x: Array, slope: float) -> Array:
    """g where x > 0, else slope · g. g, x (...), of one dtype -> (...)."""
    if not is_many(g) or g.dtype != x.dtype:
        return np.where(np.greater(x, 0), g, slope * g)

    def piece(g: Array, x: Array, out: Array, slope: Any) -> None:
        _selected(g, slope * g, np.greater(x, 0), out)

    return mapped("maps.leak", piece, g, x, numbers=(g.dtype.type(slope),))


def relu6(x: Array) -> Array:
    """min(relu(x), 6). x (...) -> (...)."""
    if not is_many(x):
        found: Array = np.minimum(_relu(x), 6)
        return found

    def piece(x: Array, out: Array) -> None:
        _relu_by_rows(x, out)
        np.minimum(out, 6, out=out)

    return mapped("maps.relu6", piece, x)


def band(g: Array, y: Array, low: float, high: float) -> Array:
    """g where low < y < high, else 0. g, y (...) -> (...)."""
    if not is_many(g) or g.dtype != y.dtype:
        return np.where(np.greater(y, low) & np.less(y, high), g, np.result_type(g).type(0))

    def piece(g: Array, y: Array, out: Array, low: Any, high: Any) -> None:
        keep(g, np.greater(y, low) & np.less(y, high), out)

    return mapped("maps.band", piece, g, y, numbers=(g.dtype.type(low), g.dtype.type(high)))


def sigmoid(x: Array) -> Array:
    """1 / (1 + e⁻ˣ), for large |x| with all its digits. x (...), real -> (...)."""
    if not is_many(x):
        e = np.exp(-np.abs(x))
        found: Array = np.where(np.less(x, 0), e, 1) / (1 + e)
        return found

    def piece(x: Array, out: Array) -> None:
        e = np.exp(np.negative(np.abs(x), out=out))
        above = np.greater_equal(x, 0).astype(x.dtype)
        np.maximum(e, above, out=out)  # 1 above 0, since e is 1 at most
        e += 1
        out /= e

    return mapped(_if_single("maps.sigmoid", x), piece, x)


def sigmoid_product(g: Array, y: Array) -> Array:
    """g · y · (1 − y): the gradient g carried back over a sigmoid whose result is y. g, y (...), real -> (...)."""
    if not is_many(g) or g.dtype != y.dtype:
        found: Array = g * (y * (1 - y))
        return found

    def piece(g: Array, y: Array, out: Array) -> None:
        np.subtract(1, y, out=out)
        out *= y
        out *= g

    return mapped("maps.sigmoid_product", piece, g, y)


def silu(x: Array) -> Array:
    """x · σ(x), at −∞ what it tends to. x (...) -> (...)."""

    def piece(x: Array, out: Array) -> None:
        np.multiply(np.maximum(x, LOWEST), logistic(x), out=out)

    return mapped(_if_single("maps.silu", x), piece, x) if is_many(x) else np.maximum(x, LOWEST) * logistic(x)


def silu_slope(x: Array) -> Array:
    """σ(x) · (1 + x · (1 − σ(x))), at ±∞ what it tends to. x (...) -> (...)."""

    def piece(x: Array, out: Array) -> None:
        s = logistic(x)
        np.subtract(1, s, out=out)
        out *= np.clip(x, LOWEST, -LOWEST)
        out += 1
        out *= s

    if is_many(x):
        return mapped(_if_single("maps.silu_slope", x), piece, x)
    s, x = logistic(x), np.clip(x, LOWEST, -LOWEST)
    found: Array = s * (1 + x * (1 - s))
    return found


def dropout(x: Array, mask: Array, scale: float) -> Array:
    """x · scale where the mask, else 0. x (...), mask (...) bool -> (...)."""
    if not is_many(x):
        return np.where(mask, x, np.result_type(x).type(0)) * scale

    def piece(x: Array, mask: Array, out: Array, scale: Any) -> None:
        keep(x, mask, out)
        out *= scale

    return mapped("maps.dropout", piece, x, mask, numbers=(x.dtype.type(scale),))


def gelu(x: Array, normal: Callable[[Array], Array]) -> Array:
    """x · Φ(x), at −∞ what it tends to. normal: Φ, for where no compiled loop is quicker. x (...) -> (...)."""

    def piece(x: Array, out: Array) -> None:
        np.multiply(np.maximum(x, -FAR), normal(x), out=out)

    return mapped(_if_single("maps.gelu", x), piece, x) if is_many(x) else np.maximum(x, -FAR) * normal(x)


def gelu_slope(x: Array, y: Array) -> Array:
    """Φ(x) + x · φ(x) where y is x · Φ(x), at ±∞ what it tends to. x, y (...) -> (...)."""

    def piece(x: Array, y: Array, out: Array) -> None:
        np.add(*_normal_and_slope(x, y), out=out)

    return mapped(_if_single("maps.gelu_slope", x), piece, x, y) if is_many(x) else np.add(*_normal_and_slope(x, y))


def _normal_and_slope(x: Array, y: Array) -> tuple[Array, Array]:
    """Φ(x) and x · φ(x).

    Φ is y / x; where |x|³ is less than the last digit of 1 it is ½ + x φ(0), and y may have few digits.
    """
    small = np.less(np.abs(x), np.finfo(np.result_type(x, y)).eps ** (1 / 3))
    x = np.clip(x, -FAR, FAR)
    density = np.exp(-0.5 * (x * x)) / math.sqrt(2 * math.pi)
    return np.where(small, 0.5 + x * density, np.minimum(y, FAR) / (x + small)), x * density


def _if_single(name: str, x: Array) -> str:
    """The name of a loop for single precision only, or none."""
    return name if x.dtype == np.float32 else ""


# ── NumPy's own functions, by several threads ─────────────────────────────────────────────────────────────────────────


def keeps_precision(ufunc: np.ufunc) -> bool:
    """Whether the result for floating numbers is one of their precision, as that of a comparison is not."""
    return f"{'f' * ufunc.nin}->f" in ufunc.types


def by_threads(ufunc: np.ufunc, *given: Any) -> Any:
    """ufunc(*given), of one or two arguments that broadcast. Large ones of one precision are shared out.

    Only for functions whose result is in that precision (`keeps_precision`).
    """
    for a in given:
        if type(a) is ndarray and a.nbytes >= ACROSS:
            break
    else:
        return ufunc(*given)
    if len(given) == 2 and (quick := _across(ufunc, *given)) is not None:
        return quick
    arrays = [a for a in given if type(a) not in (int, float)]
    if not all(isinstance(a, np.ndarray) for a in arrays) or not is_large(whole := max(arrays, key=np.size)):
        return ufunc(*given)
    shape = whole.shape
    if any(a.dtype != whole.dtype for a in arrays) or np.broadcast_shapes(*[a.shape for a in arrays]) != shape:
        return ufunc(*given)
    order = order_of(whole)
    out = empty(tuple(shape[axis] for axis in order), whole.dtype)
    lead = (0,) * next(i for i, n in enumerate(out.shape) if n > 1)  # axes of length 1 are nothing to share out
    into = out[lead]
    found = [a if type(a) in (int, float) else np.broadcast_to(a, shape).transpose(order)[lead] for a in given]

    def share(first: int, last: int) -> None:
        ufunc(*(a if type(a) in (int, float) else a[first:last] for a in found), out=into[first:last])

    each(share, len(into), PASS * out.size, max(1, PIECE * len(into) // out.size))
    return out.transpose(np.argsort(order))


_ACROSS: dict[Any, int] = {np.add: 0, np.subtract: 1, np.multiply: 2, np.divide: 3}
_EITHER_WAY = (0, 2)


def _across(ufunc: np.ufunc, x: Any, y: Any) -> Array | None:
    """ufunc(x, y) if one has a number for each row or column of the other, compiled; None if there is no loop for it.

    Of infinite results too, for what NumPy has to say of them. NumPy begins a loop anew for each row.
    """
    which = _ACROSS.get(ufunc)
    if which is None or type(x) is not ndarray or type(y) is not ndarray or x.shape == y.shape:
        return None
    if x.size < y.size and which in _EITHER_WAY:
        x, y = y, x
    missing = x.ndim - y.ndim
    if not is_compiled() or x.nbytes >= SHARED or x.dtype != y.dtype or x.dtype.char not in "fd" or missing < 0:
        return None
    order = range(x.ndim) if x.flags.c_contiguous else order_of(x)
    y = y.reshape((1,) * missing + y.shape).transpose(order)
    rows = x.transpose(order)
    shape, equal = rows.shape, [n == m for n, m in zip(y.shape, rows.shape, strict=True)]
    first, last = equal.index(False), x.ndim - 1 - equal[::-1].index(False)  # axis along which y is repeated
    before, behind = math.prod(y.shape[:first]), math.prod(y.shape[last + 1 :])
    if not rows.flags.c_contiguous or y.size != before * behind:
        return None
    if last == x.ndim - 1 and before > 1:
        name, n = "maps.with_columns", y.size
    elif before == 1 and behind > 1:
        name, n = "maps.with_rows", x.size // y.size
    else:
        return None
    out = empty(shape, x.dtype)
    finite = loop_called(name)(which, rows.reshape(n, -1), np.ascontiguousarray(y).reshape(-1), out.reshape(n, -1))
    return out.transpose(np.argsort(order)) if finite else None


def column_sums(x: Array) -> Array:
    """The sum over every axis but the last. x (..., K) contiguous -> (K,)."""
    rows = long_rows(x.reshape(-1, x.shape[-1]))
    compiled, single = compiled_loop("maps.column_sums", x), np.dtype(np.float32) if x.dtype == np.float16 else x.dtype

    def share(first: int, last: int) -> Array:
        part: Array = sums(rows[first:last].astype(single, copy=False), (0,))
        return part

    if compiled is None:
        total, *others = spread(share, len(rows), PASS * x.size)
        for other in others:
            total += other
    else:
        total = summed(compiled, rows)
    columns: Array = sums(total.reshape(-1, x.shape[-1]), (0,)).astype(x.dtype, copy=False)
    return columns
