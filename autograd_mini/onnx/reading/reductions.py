"""ONNX's operators that reduce axes, and products of matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops as f
from ...arguments import bare
from ...linalg import det
from .elements import is_tensor, kept
from .operators import operator
from .shapes import whole


def _reduced(function: Callable[[Any, Any, bool], Any]) -> Callable[..., Any]:
    """An operator that reduces the axes it is told, as attribute or as input; all of them if none."""

    def reduce(x: Any, given: Any = None, *, axes: Any = None, keepdims: int = 1, noop_with_empty_axes: int = 0) -> Any:
        along = axes if given is None else whole(given) if np.size(bare(given)) else None
        if not along and noop_with_empty_axes:
            return x if function in (_sum, _mean, _max, _min, _prod) else function(x, (), True)
        return function(x, tuple(range(x.ndim)) if not along else tuple(along), bool(keepdims))

    return reduce


def _exact(x: Any, ours: Any, theirs: Any, axis: Any, keepdims: bool) -> Any:
    """ours, of floats; of other arrays NumPy's in their own dtype."""
    if x.dtype.kind == "f":
        return ours(x, axis, keepdims)
    return np.asarray(theirs(np.asarray(bare(x)), axis=axis, keepdims=keepdims), x.dtype)


def _sum(x: Any, axis: Any, keepdims: bool) -> Any:
    return _exact(x, f.sum, np.sum, axis, keepdims)


def _mean(x: Any, axis: Any, keepdims: bool) -> Any:
    return _exact(x, f.mean, np.mean, axis, keepdims)


def _prod(x: Any, axis: Any, keepdims: bool) -> Any:
    return _exact(x, f.prod, np.prod, axis, keepdims)


def _extreme(ours: Any, theirs: Any, sign: int) -> Callable[[Any, Any, bool], Any]:
    def reduce(x: Any, axis: Any, keepdims: bool) -> Any:
        if any(x.shape[i] == 0 for i in axis):
            worst: Any = -sign * np.inf if x.dtype.kind == "f" else sign < 0
            if x.dtype.kind in "iu":
                worst = getattr(np.iinfo(x.dtype), "min" if sign > 0 else "max")
            return theirs(np.asarray(bare(x)), axis=axis, keepdims=keepdims, initial=worst)
        return _exact(x, ours, theirs, axis, keepdims)

    return reduce


_max, _min = _extreme(f.max, np.max, 1), _extreme(f.min, np.min, -1)


def _floats(x: Any) -> Any:
    """Integers as doubles: their roots and logarithms are told in their own dtype afterwards."""
    return x if x.dtype.kind == "f" else np.asarray(bare(x)).astype(np.float64)


operator("ReduceSum")(_reduced(_sum))
operator("ReduceMean")(_reduced(_mean))
operator("ReduceProd")(_reduced(_prod))
operator("ReduceMax")(_reduced(_max))
operator("ReduceMin")(_reduced(_min))
operator("ReduceL1")(_reduced(lambda x, axis, keep: _sum(f.absolute(x), axis, keep)))
operator("ReduceSumSquare")(_reduced(lambda x, axis, keep: _sum(x * x, axis, keep)))
operator("ReduceL2")(_reduced(lambda x, axis, keep: kept(f.sqrt(_sum(_floats(x) * _floats(x), axis, keep)), x.dtype)))
operator("ReduceLogSum")(_reduced(lambda x, axis, keep: kept(f.log(_sum(_floats(x), axis, keep)), x.dtype)))


@_reduced
def _log_sum_exp(x: Any, axis: Any, keepdims: bool) -> Any:
    floats = _floats(x)
    if not axis:
        return x
    if any(x.shape[i] == 0 for i in axis):
        return f.log(_sum(floats, axis, keepdims))
    return kept(f.logsumexp(floats, axis, keepdims), x.dtype)


operator("ReduceLogSumExp")(_log_sum_exp)


def _running(ours: Any, theirs: Any, first: float) -> Callable[..., Any]:
    def scan(x: Any, axis: Any, *, exclusive: int = 0, reverse: int = 0) -> Any:
        (along,) = whole(axis)
        along %= x.ndim
        x = f.flip(x, along) if reverse else x
        if exclusive:
            ends = [slice(None)] * x.ndim
            ends[along] = slice(0, x.shape[along] - 1)
            x = f.pad(f.getitem(x, tuple(ends)), tuple((int(i == along), 0) for i in range(x.ndim)), value=first)
        found = ours(x, along) if x.dtype.kind == "f" else theirs(np.asarray(bare(x)), along, dtype=x.dtype)
        return f.flip(found, along) if reverse else found

    return scan


operator("CumSum")(_running(f.cumsum, np.cumsum, 0))
operator("CumProd")(_running(f.cumprod, np.cumprod, 1))

# ── products ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@operator("MatMul")
def matmul(x: Any, y: Any) -> Any:
    """The product of matrices; of integers in their own dtype."""
    return f.matmul(x, y) if is_tensor(x, y) or x.dtype.kind == "f" else np.matmul(x, y)


@operator("Gemm")
def _gemm(
    a: Any, b: Any, c: Any = None, *, alpha: float = 1.0, beta: float = 1.0, transA: int = 0, transB: int = 0
) -> Any:
    found = matmul(f.transpose(a, (1, 0)) if transA else a, f.transpose(b, (1, 0)) if transB else b)
    found = found if alpha == 1 else kept(alpha * found, a.dtype)
    return found if c is None else found + (c if beta == 1 else kept(beta * c, a.dtype))


@operator("Einsum")
def _einsum(*inputs: Any, equation: str) -> Any:
    return f.einsum(equation.replace(" ", ""), *inputs)


@operator("Det")
def _det(x: Any) -> Any:
    return det(x)
