"""Friendly functions over the primitives: defaults, axes counted from either end, and what follows by definition.

Everything takes Tensors or arrays and gives a Tensor if it was given one, else an array. Definitions (mean, var, stack,
dropout, …) are compositions, so they need no rules of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .ops import elementwise, reduce, shape
from .ops import softmax as softmaxes
from .ops.arithmetic import linear as linear_primitive
from .ops.arithmetic import matmul as matmul_primitive
from .tape import Value

Axis = int | Sequence[int] | None


def operand(x: Any) -> Any:
    """A Value or array as it is; anything else as the array NumPy makes of it."""
    return x if isinstance(x, Value | np.ndarray) else np.asarray(x)


def axes_of(name: str, shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """An axis argument as a sorted tuple of non-negative axes. Raises ValueError for one out of range or repeated."""
    if axis is None:
        return tuple(range(len(shape)))
    given = (axis,) if isinstance(axis, int | np.integer) else tuple(axis)
    for a in given:
        if not -len(shape) <= a < len(shape):
            raise ValueError(f"{name}: axis {a} is out of range for shape {shape}, which has {len(shape)} axes")
    axes = tuple(sorted({int(a) % len(shape) for a in given}))
    if len(axes) != len(given):
        raise ValueError(f"{name}: axis {tuple(given)} names an axis twice")
    return axes


# ── reductions ────────────────────────────────────────────────────────────────────────────────────────────────────────


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum over the given axes, by default all. x (...) -> (...) without them. Raises ValueError for a bad axis."""
    x = operand(x)
    return reduce.sum(x, axis=axes_of("sum", x.shape, axis), keepdims=keepdims)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The arithmetic mean over the given axes, by default all: Σx / n. x (...) -> (...) without them."""
    x = operand(x)
    axes = axes_of("mean", x.shape, axis)
    return reduce.sum(x, axis=axes, keepdims=keepdims) / _count("mean", x.shape, axes)


def var(x: Any, axis: Axis = None, keepdims: bool = False, *, ddof: int = 0) -> Any:
    """The variance Σ(x − mean)² / (n − ddof), as NumPy defines it. x (...) -> (...) without the axes.

    Raises ValueError if there are no more than `ddof` elements.
    """
    x = operand(x)
    axes = axes_of("var", x.shape, axis)
    count = _count("var", x.shape, axes) - ddof
    if count <= 0:
        raise ValueError(f"var: {count + ddof} element(s) per result leave no degree of freedom with ddof={ddof}")
    centred = x - mean(x, axes, keepdims=True)
    return reduce.sum(centred * centred, axis=axes, keepdims=keepdims) / count


def std(x: Any, axis: Axis = None, keepdims: bool = False, *, ddof: int = 0) -> Any:
    """The standard deviation, √var. x (...) -> (...) without the axes. Its slope where all are equal is infinite."""
    return elementwise.sqrt(var(x, axis, keepdims, ddof=ddof))


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest element over the given axes, by default all. x (...) -> (...). Ties share the gradient equally."""
    x = operand(x)
    return reduce.max(x, axis=axes_of("max", x.shape, axis), keepdims=keepdims)


def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest element over the given axes, by default all. x (...) -> (...). Ties share the gradient equally."""
    x = operand(x)
    return reduce.min(x, axis=axes_of("min", x.shape, axis), keepdims=keepdims)


def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The position of the first largest element, in the flattened array or along an axis. No gradient flows."""
    return reduce.argmax(operand(x), axis=axis, keepdims=keepdims)


def softmax(x: Any, axis: int = -1) -> Any:
    """eˣ / Σeˣ along the axis. x (...) -> (...). Raises ValueError for an axis out of range."""
    x = operand(x)
    return softmaxes.softmax(x, axis=axes_of("softmax", x.shape, axis)[0])


def log_softmax(x: Any, axis: int = -1) -> Any:
    """log softmax(x), without overflow. x (...) -> (...). Raises ValueError for an axis out of range."""
    x = operand(x)
    return softmaxes.log_softmax(x, axis=axes_of("log_softmax", x.shape, axis)[0])


def logsumexp(x: Any, axis: int = -1, keepdims: bool = False) -> Any:
    """log Σeˣ along the axis, without overflow. x (...) -> (...) without the axis, or with length 1 there."""
    x = operand(x)
    along = axes_of("logsumexp", x.shape, axis)
    out = softmaxes.logsumexp(x, axis=along[0])
    return out if keepdims else squeeze(out, along)


# ── products ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def matmul(a: Any, b: Any) -> Any:
    """The matrix product a @ b: matrices, stacks of them (leading axes broadcast), and vectors as in NumPy.

    a (..., m, n) or (n,), b (..., n, p) or (n,) -> (..., m, p) without the axis a vector lacks.
    Raises ValueError for scalars and for inner lengths that differ.
    """
    a, b = operand(a), operand(b)
    if not a.shape or not b.shape:
        raise ValueError(f"matmul: {a.shape} @ {b.shape}: a scalar has no rows or columns; use * instead")
    inner = b.shape[0] if len(b.shape) == 1 else b.shape[-2]
    if a.shape[-1] != inner:
        raise ValueError(
            f"matmul: {a.shape} @ {b.shape}: the last axis of the first ({a.shape[-1]}) must be as long as "
            f"the {'only' if len(b.shape) == 1 else 'second-to-last'} axis of the second ({inner})"
        )
    left, right = len(a.shape) == 1, len(b.shape) == 1
    out = matmul_primitive(a.reshape((1, -1)) if left else a, b.reshape((-1, 1)) if right else b)
    drop = (*((-2,) if left else ()), *((-1,) if right else ()))
    return squeeze(out, drop) if drop else out


def linear(x: Any, w: Any, b: Any = None) -> Any:
    """The fully connected layer x wᵀ + b. x (..., in), w (out, in), b (out,) -> (..., out).

    Raises ValueError if the lengths do not agree. Source: the report, section 3.1.1.
    """
    x, w = operand(x), operand(w)
    if len(w.shape) != 2 or not x.shape or x.shape[-1] != w.shape[1]:
        raise ValueError(f"linear: x {x.shape} and w {w.shape}: w must be (out, in) and x end in the same `in`")
    if b is not None and tuple(b.shape) != w.shape[:1]:
        raise ValueError(f"linear: b {b.shape} must have one entry for each of w's {w.shape[0]} outputs, w {w.shape}")
    if len(x.shape) == 2:
        return linear_primitive(x, w, b)
    return linear_primitive(x.reshape((-1, x.shape[-1])), w, b).reshape((*x.shape[:-1], w.shape[0]))


# ── elementwise ───────────────────────────────────────────────────────────────────────────────────────────────────────


def clip(x: Any, low: float | None = None, high: float | None = None) -> Any:
    """x limited to [low, high]; None is no limit. x (...) -> (...). Raises ValueError if both are None."""
    if low is None and high is None:
        raise ValueError("clip: low and high are both None, so there is nothing to clip to")
    return elementwise.clip(x, low=low, high=high)


def leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    """x where x > 0, else negative_slope · x. x (...) -> (...)."""
    return elementwise.leaky_relu(x, negative_slope=negative_slope)


def dropout(x: Any, p: float = 0.5, *, training: bool = True, rng: np.random.Generator | None = None) -> Any:
    """Drop each element with probability p and scale the rest by 1/(1 − p); the identity unless `training`.

    x (...) -> (...). Raises ValueError unless 0 ≤ p < 1. Source: Srivastava et al. 2014, in its "inverted" form.
    """
    if not 0 <= p < 1:
        raise ValueError(f"dropout: p is the probability of dropping, 0 ≤ p < 1; got {p}")
    if not training or p == 0:
        return x
    x = operand(x)
    draws = np.empty_like(x.data if isinstance(x, Value) else x, dtype=np.float32)
    flat = draws.ravel("K")  # a view: the draws are made in the order of x's own memory
    (rng or np.random.default_rng()).random(dtype=np.float32, out=flat)
    return elementwise.dropout(x, draws >= p, scale=1 / (1 - p))


def astype(x: Any, dtype: Any) -> Any:
    """x in another dtype; the gradient returns in x's own. x (...) -> (...). Through integers no gradient flows."""
    return elementwise.cast(x, dtype=np.dtype(dtype))


# ── shapes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def reshape(x: Any, shape: int | Sequence[int]) -> Any:
    """The same elements in another shape; one length may be -1. Raises ValueError if the counts differ."""
    return shape_op(x, (shape,) if isinstance(shape, int | np.integer) else tuple(shape))


def shape_op(x: Any, new: tuple[int, ...]) -> Any:
    """Reshape with any -1 filled in, so that what is recorded is a full shape."""
    x = operand(x)
    known = int(np.prod([n for n in new if n != -1]))
    size = int(np.prod(x.shape))
    if list(new).count(-1) == 1 and known and size % known == 0:
        new = tuple(size // known if n == -1 else int(n) for n in new)
    if -1 in new or int(np.prod(new)) != size:
        raise ValueError(f"reshape: shape {x.shape} has {size} elements and cannot become {new}")
    return shape.reshape(x, shape=new)


def flatten(x: Any, start_axis: int = 0) -> Any:
    """All axes from `start_axis` on made one, in row-major order. x (a, b, c) -> (abc,), or (a, bc) from axis 1."""
    x = operand(x)
    return reshape(x, (*x.shape[:start_axis], int(np.prod(x.shape[start_axis:]))))


def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """The axes in another order, by default reversed. Raises ValueError if `axes` is no permutation of x's axes."""
    x = operand(x)
    count = len(x.shape)
    order = tuple(range(count))[::-1] if axes is None else tuple(a + count if a < 0 else int(a) for a in axes)
    if sorted(order) != list(range(count)):
        raise ValueError(f"transpose: axes {axes} must name each of the {count} axes of shape {x.shape} once")
    return shape.transpose(x, axes=order)


def matrix_transpose(x: Any) -> Any:
    """The last two axes exchanged. x (..., m, n) -> (..., n, m). Raises ValueError for fewer than two axes."""
    x = operand(x)
    if len(x.shape) < 2:
        raise ValueError(f"mT: shape {x.shape} has no two axes to exchange")
    lead = tuple(range(len(x.shape) - 2))
    return shape.transpose(x, axes=(*lead, len(lead) + 1, len(lead)))


def expand_dims(x: Any, axis: int | Sequence[int]) -> Any:
    """New axes of length 1 at the given places of the result. x (a, b) -> (1, a, b) for axis 0."""
    x = operand(x)
    count = 1 if isinstance(axis, int | np.integer) else len(axis)
    new = axes_of("expand_dims", (1,) * (len(x.shape) + count), axis)
    rest = iter(x.shape)
    return reshape(x, [1 if i in new else next(rest) for i in range(len(x.shape) + count)])


def squeeze(x: Any, axis: Axis = None) -> Any:
    """Axes of length 1 removed, by default all. x (1, a, 1) -> (a,). Raises ValueError if a named axis is longer."""
    x = operand(x)
    drop = [i for i, n in enumerate(x.shape) if n == 1] if axis is None else axes_of("squeeze", x.shape, axis)
    for i in drop:
        if x.shape[i] != 1:
            raise ValueError(f"squeeze: axis {i} of shape {x.shape} has length {x.shape[i]}, not 1")
    return reshape(x, [n for i, n in enumerate(x.shape) if i not in drop])


def broadcast_to(x: Any, shape_: Sequence[int]) -> Any:
    """x repeated to a larger shape by NumPy's rules. Raises ValueError where a length is neither equal nor 1."""
    return shape.broadcast_to(operand(x), shape=tuple(shape_))


def concatenate(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Join along an existing axis; all other lengths must agree. [(a, c), (b, c)] -> (a + b, c).

    Raises ValueError for nothing to join or for lengths that differ.
    """
    arrays = [operand(a) for a in arrays]
    if not arrays:
        raise ValueError("concatenate: there is nothing to join")
    along = axes_of("concatenate", arrays[0].shape, axis)[0]
    for a in arrays:
        if a.shape[:along] + a.shape[along + 1 :] != arrays[0].shape[:along] + arrays[0].shape[along + 1 :]:
            raise ValueError(f"concatenate: {arrays[0].shape} and {a.shape} must agree on every axis but axis {along}")
    starts = np.cumsum([0] + [a.shape[along] for a in arrays[:-1]])
    return shape.concatenate(*arrays, axis=along, starts=tuple(map(int, starts)))


def stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Join along a new axis; all shapes must be equal. n × (a, b) -> (n, a, b). Raises ValueError if they are not."""
    arrays = [operand(a) for a in arrays]
    if not arrays:
        raise ValueError("stack: there is nothing to join")
    for a in arrays:
        if a.shape != arrays[0].shape:
            raise ValueError(f"stack: shapes {arrays[0].shape} and {a.shape} must be equal")
    return concatenate([expand_dims(a, axis) for a in arrays], axis)


def pad(x: Any, pad_width: Any, value: float = 0.0) -> Any:
    """A border of `value` around x; pad_width as in np.pad: n, (before, after), or a pair for each axis."""
    x = operand(x)
    width = np.broadcast_to(np.asarray(pad_width), (len(x.shape), 2))
    if width.dtype.kind not in "iu" or (width < 0).any():
        raise ValueError(f"pad: the widths must be integers of at least 0, not {pad_width!r}")
    return shape.pad(x, width=tuple((int(a), int(b)) for a, b in width), value=value)


def flip(x: Any, axis: Axis = None) -> Any:
    """The elements in reverse order along the given axes, by default all. x (...) -> (...)."""
    x = operand(x)
    return shape.flip(x, axis=axes_of("flip", x.shape, axis))


def getitem(x: Any, index: Any) -> Any:
    """x[index] with NumPy's basic and advanced indexing; an element taken twice receives both gradients."""

    def plain(i: Any) -> Any:
        return i.data if isinstance(i, Value) else np.asarray(i) if isinstance(i, list) else i

    return shape.getitem(x, index=tuple(map(plain, index)) if isinstance(index, tuple) else plain(index))


def _count(name: str, shape: tuple[int, ...], axes: tuple[int, ...]) -> int:
    count = int(np.prod([shape[a] for a in axes]))
    if count == 0:
        raise ValueError(f"{name}: shape {shape} has no elements along axis {axes}, so there is no {name}")
    return count
