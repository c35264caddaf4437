"""Reductions over axes. `axis` is a sorted tuple of non-negative axes, made so by `functional.py`."""

from typing import Any

import numpy as np

from ..core.primitive import primitive
from ..kernels.layout import channels_last
from ..kernels.maps import column_sums
from ..kernels.sums import sums
from .elementwise import where
from .precision import in_single
from .shape import broadcast_to

Axes = tuple[int, ...]


@primitive
def sum(x: Any, *, axis: Axes, keepdims: bool) -> Any:
    """The sum over the axes. x (...) -> the same without those axes, or with length 1 there.

    Half precision is added up in single, and long sums of single in runs, so that they lose few digits.
    """
    if axis == (0, 2, 3) and np.ndim(x) == 4 and not keepdims and x.strides[1] == x.itemsize:
        return column_sums(channels_last(x))  # the gradient of a bias
    return sums(x, axis, keepdims)


@primitive
def max(x: Any, *, axis: Axes, keepdims: bool) -> Any:
    """The largest element over the axes. x (...) -> (...). Tied elements share the gradient equally."""
    return np.max(x, axis=axis, keepdims=keepdims)


@primitive
def min(x: Any, *, axis: Axes, keepdims: bool) -> Any:
    """The smallest element over the axes. x (...) -> (...). Tied elements share the gradient equally."""
    return np.min(x, axis=axis, keepdims=keepdims)


@primitive
def argmax(x: Any, *, axis: int | None, keepdims: bool) -> Any:
    """The position of the first largest element. x (...) -> (...) of integers. No gradient flows through it."""
    return np.argmax(x, axis=axis, keepdims=keepdims)


def restored(y: Any, shape: tuple[int, ...], axis: Axes) -> Any:
    """y with length 1 on each reduced axis again, so that it broadcasts against `shape`."""
    return y.reshape(tuple(1 if i in axis else n for i, n in enumerate(shape)))


def _shared(g: Any, x: Any, out: Any, axis: Axes) -> Any:
    """g for the elements of x that reached `out`, shared equally where several did."""
    hit = (x == restored(out, x.shape, axis)) | (x != x)  # nan is the largest, and the smallest
    return where(hit, restored(g, x.shape, axis) / hit.sum(axis=axis, keepdims=True).astype(g.dtype), 0)


sum.defvjp(x=lambda g, shape, *, axis: broadcast_to(restored(g, shape, axis), shape=shape))
max.defvjp(x=in_single(lambda g, x, out, *, axis: _shared(g, x, out, axis)))
min.defvjp(x=in_single(lambda g, x, out, *, axis: _shared(g, x, out, axis)))
argmax.defvjp(x=None)

max.defbranch(lambda x, out, axis: x == restored(out, x.shape, axis))
min.defbranch(lambda x, out, axis: x == restored(out, x.shape, axis))
sum.analytic = True
