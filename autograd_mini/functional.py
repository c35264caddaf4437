"""Friendly functions that compute: reductions, products, elementwise; defaults, and what follows by definition.

Everything takes Tensors or arrays and gives a Tensor if it was given one, else an array. Definitions (mean, var,
dropout, …) are compositions, so they need no rules of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import numpy as np

from .arguments import generator, is_real, is_whole
from .core.primitive import clash, operand
from .core.tape import Value
from .ops import elementwise, reduce
from .ops import softmax as softmaxes
from .ops.arithmetic import linear as linear_primitive
from .ops.arithmetic import linear_rectified
from .ops.arithmetic import matmul as matmul_primitive
from .ops.precision import in_single
from .shaping import Axis, axes_of, axis_of, squeeze

# ── reductions ────────────────────────────────────────────────────────────────────────────────────────────────────────


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum over the given axes, by default all. x (...) -> (...) without them. Raises ValueError for a bad axis."""
    x = operand("sum", x)
    return reduce.sum(x, axis=axes_of("sum", x.shape, axis), keepdims=keepdims)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The arithmetic mean over the given axes, by default all: Σx / n. x (...) -> (...) without them.

    Half precision is added up and divided in single.
    """
    x = operand("mean", x)
    axes = axes_of("mean", x.shape, axis)
    count = _count("mean", x.shape, axes)
    return in_single(lambda x: reduce.sum(x, axis=axes, keepdims=keepdims) / count)(x)


def var(x: Any, axis: Axis = None, keepdims: bool = False, *, ddof: int = 0) -> Any:
    """The variance Σ(x − mean)² / (n − ddof), as NumPy defines it. x (...) -> (...) without the axes.

    Raises ValueError if there are no more than `ddof` elements.
    """
    return in_single(lambda x: _var("var", x, axis, keepdims, ddof))(operand("var", x))


def std(x: Any, axis: Axis = None, keepdims: bool = False, *, ddof: int = 0) -> Any:
    """The standard deviation, √var. x (...) -> (...) without the axes. Where all are equal its subgradient is 0."""
    return in_single(lambda x: _root(_var("std", x, axis, keepdims, ddof)))(operand("std", x))


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest element over the given axes, by default all. x (...) -> (...). Ties share the gradient equally."""
    x = operand("max", x)
    axes = axes_of("max", x.shape, axis)
    _count("max", x.shape, axes)
    return reduce.max(x, axis=axes, keepdims=keepdims)


def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest element over the given axes, by default all. x (...) -> (...). Ties share the gradient equally."""
    x = operand("min", x)
    axes = axes_of("min", x.shape, axis)
    _count("min", x.shape, axes)
    return reduce.min(x, axis=axes, keepdims=keepdims)


def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The position of the first largest element, in all of x or along an axis. x (...) -> (...) of integers.

    No gradient flows through it.
    """
    x = operand("argmax", x)
    along = None if axis is None else axis_of("argmax", x.shape, axis)
    _count("argmax", x.shape, range(len(x.shape)) if along is None else (along,))
    return reduce.argmax(x, axis=along, keepdims=keepdims)


def softmax(x: Any, axis: int = -1) -> Any:
    """eˣ / Σeˣ along the axis. x (...) -> (...). Raises ValueError for an axis out of range."""
    x = operand("softmax", x)
    return softmaxes.softmax(x, axis=_along("softmax", x.shape, axis))


def log_softmax(x: Any, axis: int = -1) -> Any:
    """log softmax(x), without overflow. x (...) -> (...). Raises ValueError for an axis out of range."""
    x = operand("log_softmax", x)
    return softmaxes.log_softmax(x, axis=_along("log_softmax", x.shape, axis))


def logsumexp(x: Any, axis: int = -1, keepdims: bool = False) -> Any:
    """log Σeˣ along the axis, without overflow. x (...) -> (...) without the axis, or with length 1 there."""
    x = operand("logsumexp", x)
    along = _along("logsumexp", x.shape, axis)
    out = softmaxes.logsumexp(x, axis=along)
    return out if keepdims else squeeze(out, along)


# ── products ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def matmul(a: Any, b: Any) -> Any:
    """The matrix product a @ b: matrices, stacks of them (leading axes broadcast), and vectors as in NumPy.

    a (..., m, n) or (n,), b (..., n, p) or (n,) -> (..., m, p) without the axis a vector lacks.
    Raises ValueError for scalars and for inner lengths that differ.
    """
    a, b = operand("matmul", a), operand("matmul", b)
    first, second = a.shape, b.shape
    if len(first) == len(second) == 2 and first[1] == second[0]:  # two matrices that fit: nothing to look into
        return matmul_primitive(a, b)
    if not first or not second:
        raise ValueError(f"matmul: {a.shape} @ {b.shape}: a scalar has no rows or columns; use * instead")
    inner = b.shape[0] if len(b.shape) == 1 else b.shape[-2]
    if a.shape[-1] != inner:
        raise ValueError(
            f"matmul: {a.shape} @ {b.shape}: the last axis of the first ({a.shape[-1]}) must be as long as "
            f"the {'only' if len(b.shape) == 1 else 'second-to-last'} axis of the second ({inner})"
        )
    stacks = [a.shape[:-2], b.shape[:-2]]
    try:
        np.broadcast_shapes(*stacks)
    except ValueError:
        raise ValueError(
            f"matmul: {a.shape} @ {b.shape}: stacks {stacks[0]} and {stacks[1]}: {clash(stacks)}"
        ) from None
    left, right = len(a.shape) == 1, len(b.shape) == 1
    out = matmul_primitive(a.reshape((1, -1)) if left else a, b.reshape((-1, 1)) if right else b)
    drop = (*((-2,) if left else ()), *((-1,) if right else ()))
    return squeeze(out, drop) if drop else out


def linear(x: Any, w: Any, b: Any = None, *, rectify: bool = False) -> Any:
    """The fully connected layer x wᵀ + b. x (..., in), w (out, in), b (out,) -> (..., out).

    With rectify, relu of that in the same pass over memory; on the tape they are two steps.
    Raises ValueError if the lengths do not agree. Source: the report, section 3.1.1.
    """
    x, w, b = operand("linear", x), operand("linear", w), None if b is None else operand("linear", b)
    if len(w.shape) != 2 or not x.shape or x.shape[-1] != w.shape[1]:
        raise ValueError(f"linear: x {x.shape} and w {w.shape}: w must be (out, in) and x end in the same `in`")
    if b is not None and b.shape != w.shape[:1]:
        raise ValueError(f"linear: b {b.shape} must have one entry for each of w's {w.shape[0]} outputs, w {w.shape}")
    if len(x.shape) == 2:
        if rectify:
            return elementwise.relu_of_rectified(linear_rectified(x, w, b))
        return linear_primitive(x, w, b)
    if rectify:
        return linear(x.reshape((-1, x.shape[-1])), w, b, rectify=True).reshape((*x.shape[:-1], w.shape[0]))
    return linear_primitive(x.reshape((-1, x.shape[-1])), w, b).reshape((*x.shape[:-1], w.shape[0]))


# ── elementwise ───────────────────────────────────────────────────────────────────────────────────────────────────────


def clip(x: Any, low: float | None = None, high: float | None = None) -> Any:
    """x limited to [low, high]; None is no limit. x (...) -> (...). Raises ValueError if both are None."""
    if low is None and high is None:
        raise ValueError("clip: low and high are both None, so there is nothing to clip to")
    bounds = [bound.item() if isinstance(bound, np.generic) else bound for bound in (low, high)]
    if not all(bound is None or isinstance(bound, int | float) for bound in bounds):
        raise TypeError(
            f"clip: low and high must be numbers or None, not {low!r:.40} and {high!r:.40}; see maximum, minimum"
        )
    return elementwise.clip(operand("clip", x), low=bounds[0], high=bounds[1])


def leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    """x where x > 0, else negative_slope · x. x (...) -> (...). Raises TypeError for a slope that is no number."""
    if not is_real(negative_slope):
        raise TypeError(f"leaky_relu: negative_slope must be a number, not {negative_slope!r}")
    return elementwise.leaky_relu(operand("leaky_relu", x), negative_slope=negative_slope)


def dropout(x: Any, p: float = 0.5, *, training: bool = True, rng: Any = None) -> Any:
    """Drop each element with probability p and scale the rest by 1/(1 − p); the identity unless `training`.

    x (...) -> (...). p is met to 16 bits. rng: a NumPy Generator or a seed. Raises ValueError unless 0 ≤ p < 1.
    Source: Srivastava et al. 2014, in its "inverted" form.
    """
    if not (is_real(p) and 0 <= p < 1):
        raise ValueError(f"dropout: p is the probability of dropping, 0 ≤ p < 1; got {p}")
    x = operand("dropout", x)
    if not training or p == 0:
        return x
    draw = generator("dropout", rng)
    mask = np.empty_like(x._data if isinstance(x, Value) else x, dtype=bool)
    flat = mask.ravel("K")  # a view: the draws are made in the order of x's own memory
    draws = draw.integers(0, 1 << 16, flat.size, dtype=np.uint16)
    np.greater_equal(draws, int(np.clip(round(p * (1 << 16)), 1, (1 << 16) - 1)), out=flat)
    return elementwise.dropout(x, mask, scale=1 / (1 - p))


def astype(x: Any, dtype: Any) -> Any:
    """x in another dtype; the gradient returns in x's own. x (...) -> (...). Through integers no gradient flows.

    Raises TypeError for a dtype that is not of real numbers.
    """
    try:
        wanted = np.dtype(dtype)
    except TypeError:
        raise TypeError(f"astype: {dtype!r} is no dtype") from None
    if wanted.kind not in "fiub":
        raise TypeError(f"astype: {wanted} is not a dtype of real numbers")
    return elementwise.cast(operand("astype", x), dtype=wanted)


def _var(name: str, x: Any, axis: Axis, keepdims: bool, ddof: int) -> Any:
    x = operand(name, x)
    if not is_whole(ddof, 0):
        raise ValueError(f"{name}: ddof must be an integer of at least 0, not {ddof!r}")
    axes = axes_of(name, x.shape, axis)
    count = _count(name, x.shape, axes) - ddof
    if count <= 0:
        raise ValueError(f"{name}: {count + ddof} element(s) per result leave no degree of freedom with ddof={ddof}")
    centred = x - mean(x, axes, keepdims=True)
    return reduce.sum(centred * centred, axis=axes, keepdims=keepdims) / count


def _root(x: Any) -> Any:
    """√x, but of slope 0 at 0."""
    flat = x == 0
    return elementwise.sqrt(elementwise.where(flat, 1, x)) - flat


def _along(name: str, shape: tuple[int, ...], axis: int) -> int:
    """One axis, non-negative, that has elements."""
    along = axis_of(name, shape, axis)
    _count(name, shape, (along,))
    return along


def _count(name: str, shape: tuple[int, ...], axes: Iterable[int]) -> int:
    count = prod(shape[a] for a in axes)
    if count == 0:
        raise ValueError(f"{name}: shape {shape} has no elements along axis {tuple(axes)}, so there is no {name}")
    return count
