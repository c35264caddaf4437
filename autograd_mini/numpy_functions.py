"""NumPy's functions on Tensors: the table, and NumPy's signatures bound to those of operations.

`NUMPY` says what a function or ufunc does with a Tensor among its arguments. An operation may compute and record it;
NumPy may compute it, if the result has no derivative and is a constant, or if only the array is looked at. What is not
in the table is not recorded. An operation whose arguments have NumPy's names says so in its row (`numpy=`), and
`as_numpy_calls` adds the arguments that only NumPy has; for another signature there is an adaptor, which takes NumPy's
arguments and raises `UnsupportedError` for those that no operation carries out.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from . import ops as f
from .arguments import bare
from .core.primitive import operand
from .ops import elementwise as e
from .ops.kinds import ROWS

_NO: Any = np._NoValue  # what NumPy's own signatures have for "not given"


class UnsupportedError(Exception):
    """An argument of NumPy's that no operation here carries out, as it was given: `mode='reflect'`."""


# ── what several signatures share ─────────────────────────────────────────────────────────────────────────────────────


def unsupported(name: str, value: Any) -> UnsupportedError:
    """The error for an argument that was given: `mode='reflect'`, `dtype=float32`, `out=`."""
    if name == "dtype":
        return UnsupportedError(f"dtype={np.dtype(value)}")
    return UnsupportedError(f"{name}={value!r:.40}" if isinstance(value, str | int | float) else f"{name}=")


def _only(**given: tuple[Any, Any]) -> None:
    """Refuse an argument that is not its default. given: by name, what it is and its default."""
    for name, (value, default) in given.items():
        if value is not default and not (isinstance(value, str) and value == default):
            raise unsupported(name, value)


def _typed(x: Any, dtype: Any) -> Any:
    """x in the dtype asked for, if any."""
    if dtype is None:
        return x
    if np.dtype(dtype).kind not in "fc":
        raise unsupported("dtype", dtype)
    return [f.astype(part, dtype) for part in x] if isinstance(x, list | tuple) else f.astype(x, dtype)


def as_numpy_calls(function: Any, own: Callable[..., Any], indifferent: tuple[str, ...]) -> Callable[..., Any]:
    """An operation with the signature of NumPy's function, whose arguments it has by the same names, the first aside.

    Of those that it lacks, dtype is cast to, `indifferent` ones change nothing, and others must be their default.
    """
    if isinstance(function, np.ufunc):
        return own
    theirs = inspect.signature(function)
    names, ours = [*theirs.parameters], inspect.signature(own).parameters
    lacking = {name: theirs.parameters[name].default for name in names[1:] if name not in ours}
    if not lacking:
        return own

    def called(*args: Any, **kwargs: Any) -> Any:
        given = theirs.bind(*args, **kwargs)
        more = {name: given.arguments.pop(name) for name in lacking if name in given.arguments}
        dtype = more.pop("dtype", None)
        more |= more.pop("kwargs", {})
        _only(**{name: (value, lacking.get(name)) for name, value in more.items() if name not in indifferent})
        if dtype is not None:
            given.arguments[names[0]] = _typed(given.arguments[names[0]], dtype)
        return own(*given.args, **given.kwargs)

    called.__signature__ = theirs  # type: ignore[attr-defined]  # functions have attributes
    return called


def _filled(name: str, x: Any, where: Any, fill: Any) -> Any:
    """x where the mask holds, `fill` elsewhere. Raises ValueError, as `name`, for a mask that does not fit into x."""
    x, mask = operand(name, x), np.asarray(bare(where))
    try:
        fits = np.broadcast_shapes(x.shape, mask.shape) == x.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{name}: where= {mask.shape} does not broadcast to {x.shape}")
    return e.where(mask, x, fill)


def _given(where: Any) -> bool:
    return where is not _NO and where is not True


def _keeps(keepdims: Any) -> bool:
    return keepdims is not _NO and bool(keepdims)


# ── reductions ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _folded(own: Callable[..., Any], neutral: float, join: Callable[..., Any]) -> Callable[..., Any]:
    """The signature of np.sum and np.prod. neutral: in the place of what is left out. join: a result and `initial`."""

    def folded(
        a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = _NO, initial: Any = _NO,
        where: Any = _NO,
    ) -> Any:  # fmt: skip
        _only(out=(out, None))
        x = _typed(a, dtype)
        if _given(where):
            x = _filled(own.__name__, x, where, neutral)
        total = own(x, axis, _keeps(keepdims))
        return total if initial is _NO else join(total, initial)

    return folded


def _reduced(folded: Callable[..., Any], typed: bool = True) -> Callable[..., Any]:
    """The signature of np.add.reduce and its like. typed: whether what is called has a dtype."""

    def reduced(
        array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False, initial: Any = _NO,
        where: Any = True,
    ) -> Any:  # fmt: skip
        out = out[0] if isinstance(out, tuple) else out
        if typed:
            return folded(array, axis, dtype, out, keepdims, initial, where)
        return folded(_typed(array, dtype), axis, out, keepdims, initial, where)

    return reduced


_sum, _prod = _folded(f.sum, 0, lambda x, y: x + y), _folded(f.prod, 1, lambda x, y: x * y)


def _mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = _NO, *, where: Any = _NO
) -> Any:
    _only(out=(out, None))
    x = _typed(a, dtype)
    if not _given(where):
        return f.mean(x, axis, _keeps(keepdims))
    total = f.sum(_filled("mean", x, where, 0), axis, _keeps(keepdims))
    counted = np.broadcast_to(bare(where), x.shape)
    count = np.sum(counted, axis, keepdims=_keeps(keepdims))
    return total / (np.asarray(count, total.dtype) if total.dtype.kind == "f" else count)


def _spread(own: Callable[..., Any]) -> Callable[..., Any]:
    """The signature of np.var and np.std."""

    def spread(
        a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = _NO, *,
        where: Any = _NO, mean: Any = _NO, correction: Any = _NO,
    ) -> Any:  # fmt: skip
        _only(out=(out, None), mean=(mean, _NO), where=(where if _given(where) else _NO, _NO))
        if correction is not _NO:
            if ddof != 0:
                raise ValueError(f"{own.__name__}: ddof and correction are one thing; give one of them")
            ddof = correction
        if not float(ddof).is_integer():
            raise unsupported("ddof", ddof)
        return own(_typed(a, dtype), axis, _keeps(keepdims), ddof=int(ddof))

    return spread


def _extreme(own: Callable[..., Any], either: Callable[..., Any]) -> Callable[..., Any]:
    """The signature of np.max and np.min. either: of two arrays, for what `initial` adds."""

    def extreme(
        a: Any, axis: Any = None, out: Any = None, keepdims: Any = _NO, initial: Any = _NO, where: Any = _NO
    ) -> Any:
        _only(out=(out, None))
        if _given(where):
            if initial is _NO:
                raise ValueError(f"{own.__name__}: where= needs initial=, for places where nothing is chosen")
            a = _filled(own.__name__, a, where, initial)
        if initial is not _NO and 0 in np.shape(a):
            raise unsupported("initial", initial)
        found = own(a, axis, _keeps(keepdims))
        return found if initial is _NO else either(found, initial)

    return extreme


def _logaddexp(array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    _only(out=(out, None))
    return f.logsumexp(_typed(array, dtype), axis, keepdims)


# ── elementwise, products ─────────────────────────────────────────────────────────────────────────────────────────────


def _clip(a: Any, a_min: Any = _NO, a_max: Any = _NO, out: Any = None, **others: Any) -> Any:
    new = {name: others.pop(name) for name in ("min", "max") if name in others}
    _only(out=(out, None), **{name: (value, None) for name, value in others.items()})
    if (a_min is _NO) != (a_max is _NO) or (new and a_min is not _NO):
        raise TypeError("clip: give a_min and a_max, both, or else min and max")
    low, high = (new.get("min"), new.get("max")) if a_min is _NO else (a_min, a_max)
    return a if low is None and high is None else f.clip(a, low, high)


def _astype(x: Any, dtype: Any, /, *, copy: Any = True, device: Any = None) -> Any:
    if device is not None and device != "cpu":
        raise unsupported("device", device)
    return f.astype(x, dtype)


# ── shapes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _reshape(a: Any, /, shape: Any, order: Any = "C", *, copy: Any = None) -> Any:
    if order not in ("C", "F"):
        raise unsupported("order", order)
    _only(copy=(copy, None))
    if order == "C":
        return f.reshape(a, shape)
    return f.transpose(f.reshape(f.transpose(a), tuple(shape)[::-1] if isinstance(shape, tuple | list) else shape))


def _transpose(a: Any, axes: Any = None) -> Any:
    return f.transpose(a, tuple(axes.tolist()) if isinstance(axes, np.ndarray) else axes)


def _broadcast_to(array: Any, shape: Any, subok: Any = False) -> Any:
    return f.broadcast_to(array, shape if isinstance(shape, tuple | list) else (shape,))


def _concatenate(
    arrays: Any, /, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = "same_kind"
) -> Any:
    _only(out=(out, None), casting=(casting, "same_kind"))
    return f.concatenate(_typed(arrays, dtype), axis)


def _stack(arrays: Any, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    _only(out=(out, None), casting=(casting, "same_kind"))
    return f.stack(_typed(arrays, dtype), axis)


def _pad(array: Any, pad_width: Any, mode: Any = "constant", **how: Any) -> Any:
    if mode == "empty" or callable(mode):
        raise unsupported("mode", mode)
    return f.pad(array, pad_width, mode, **how)


def _accumulated(running: Callable[..., Any]) -> Callable[..., Any]:
    """The signature of np.add.accumulate and its like."""

    def accumulated(array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
        _only(out=(out, None))
        return running(_typed(array, dtype), axis)

    return accumulated


def outer_of(own: Callable[..., Any]) -> Callable[..., Any]:
    """The signature of np.subtract.outer and its like: each element of one array with each of the other."""

    def outer(a: Any, b: Any) -> Any:
        a, b = operand("outer", a), operand("outer", b)
        return own(f.reshape(a, (*a.shape, *[1] * len(b.shape))), b)

    return outer


# ── the table ─────────────────────────────────────────────────────────────────────────────────────────────────────────


CONSTANT, LOOKS = "constant", "looks"

# fmt: off
NUMPY: dict[Any, Any] = {
    **{n: as_numpy_calls(n, row.function, more) for row in ROWS.values() for n, more in row.numpy.items()},

    np.linalg.matmul: lambda x1, x2, /: f.matmul(x1, x2), np.linalg.matrix_transpose: f.matrix_transpose,
    np.positive: lambda x: x,
    np.add.reduce: _reduced(_sum), np.multiply.reduce: _reduced(_prod),
    np.maximum.reduce: _reduced(_extreme(f.max, e.maximum), False),
    np.minimum.reduce: _reduced(_extreme(f.min, e.minimum), False),
    np.add.accumulate: _accumulated(f.cumsum), np.multiply.accumulate: _accumulated(f.cumprod),
    np.maximum.accumulate: _accumulated(f.cummax), np.minimum.accumulate: _accumulated(f.cummin),
    np.logaddexp.accumulate: _accumulated(f.logcumsumexp), np.logaddexp.reduce: _logaddexp,
    np.sum: _sum, np.prod: _prod, np.mean: _mean, np.var: _spread(f.var), np.std: _spread(f.std),
    np.max: _extreme(f.max, e.maximum), np.amax: _extreme(f.max, e.maximum),
    np.min: _extreme(f.min, e.minimum), np.amin: _extreme(f.min, e.minimum),
    np.clip: _clip, np.where: f.where, np.astype: _astype,

    np.reshape: _reshape, np.transpose: _transpose,
    np.broadcast_to: _broadcast_to, np.concatenate: _concatenate, np.stack: _stack, np.pad: _pad,

    **dict.fromkeys([
        np.argpartition, np.argwhere, np.nonzero, np.flatnonzero, np.lexsort, np.searchsorted, np.isin,
        np.allclose, np.array_equal, np.array_equiv, np.isreal, np.iscomplex, np.isposinf, np.isneginf,
    ], CONSTANT),
    **dict.fromkeys([
        np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.min_scalar_type, np.common_type, np.isrealobj,
        np.iscomplexobj, np.shares_memory, np.may_share_memory, np.array2string, np.array_repr, np.array_str,
        np.save, np.savez, np.savez_compressed, np.savetxt, np.zeros_like, np.ones_like, np.empty_like, np.einsum_path,
    ], LOOKS),
}
"""By function or ufunc: an operation or adaptor; CONSTANT, for a result without derivative; or LOOKS, for one that
uses no element of a Tensor, or only writes them down."""

INSTEAD: dict[Any, str] = {
    **dict.fromkeys([np.copyto, np.put, np.place, np.putmask], "where or stack, or t.at[index].set(values)"),
    **dict.fromkeys([np.put_along_axis, np.fill_diagonal], "where or stack, or t.at[index].set(values)"),
}
"""What to write instead of a function that is not recorded, where that can be said in a few words."""
# fmt: on
