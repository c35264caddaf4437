"""Operations that move elements and compute nothing. Each stands beside its adjoint.

reshape ↔ reshape      transpose ↔ transpose      broadcast_to ↔ the walk's sum
getitem ↔ index_add    pad ↔ getitem              concatenate ↔ getitem             flip ↔ flip
"""

from typing import Any

import numpy as np

from ..core.primitive import primitive
from ..kernels.layout import row_major
from .precision import in_single


@primitive
def reshape(x: Any, *, shape: tuple[int, ...]) -> Any:
    """The same elements in row-major order, another shape. x (...) -> shape."""
    try:
        return np.reshape(x, shape, copy=False)
    except ValueError:  # the elements do not lie in that order
        return np.reshape(row_major(np.asarray(x)), shape)


@primitive
def transpose(x: Any, *, axes: tuple[int, ...]) -> Any:
    """The axes in another order: axis i of the result is axis axes[i] of x."""
    return np.transpose(x, axes)


@primitive
def broadcast_to(x: Any, *, shape: tuple[int, ...]) -> Any:
    """x repeated along axes of length 1, and along new leading axes. x (...) -> shape."""
    return np.broadcast_to(x, shape)


@primitive
def getitem(x: Any, *, index: Any) -> Any:
    """x[index], basic or advanced indexing as in NumPy."""
    return np.asarray(x)[index]


@primitive
@in_single
def index_add(y: Any, *, shape: tuple[int, ...], index: Any) -> Any:
    """Zeros of `shape` with y added at [index]; an element indexed twice receives both. The adjoint of getitem."""
    x = np.zeros(shape, np.asarray(y).dtype)
    if all(isinstance(i, int | slice | type(None) | type(...)) for i in (index if type(index) is tuple else (index,))):
        x[index] = y  # a basic index names no element twice
    else:
        np.add.at(x, index, y)
    return x


@primitive
def pad(x: Any, *, width: tuple[tuple[int, int], ...], value: float) -> Any:
    """x with a border of `value`, width[i] = (before, after) elements on axis i."""
    return np.pad(x, width, constant_values=value)


@primitive
def flip(x: Any, *, axis: tuple[int, ...]) -> Any:
    """The elements in reverse order along the axes. x (...) -> (...)."""
    return np.flip(x, axis)


@primitive
def concatenate(*arrays: Any, axis: int, starts: tuple[int, ...]) -> Any:
    """The arrays joined along an axis; array i begins at starts[i] there."""
    return np.concatenate(arrays, axis)


def _span(axis: int, start: int, length: int) -> tuple[slice, ...]:
    return (*[slice(None)] * axis, slice(start, start + length))


def _inside(width: tuple[tuple[int, int], ...], shape: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple(slice(before, before + n) for (before, _), n in zip(width, shape, strict=True))


# fmt: off
reshape.defvjp(     x=lambda g, shape: g.reshape(shape))
transpose.defvjp(   x=lambda g, *, axes: g.transpose(tuple(map(int, np.argsort(axes)))))
broadcast_to.defvjp(x=lambda g: g)
getitem.defvjp(     x=lambda g, shape, *, index: index_add(g, shape=shape, index=index))
index_add.defvjp(   y=lambda g, *, index: getitem(g, index=index))
pad.defvjp(         x=lambda g, shape, *, width: g[_inside(width, shape)])
flip.defvjp(        x=lambda g, *, axis: flip(g, axis=axis))
concatenate.defvjp( arrays=lambda g, shape, index, *, axis, starts: g[_span(axis, starts[index], shape[axis])])
# fmt: on

for op in (reshape, transpose, broadcast_to, getitem, index_add, pad, flip, concatenate):
    op.analytic = True
