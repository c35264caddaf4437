"""Which values the operations of random programs are applied to, and with which parameters.

A *take* is given the draft of a program and gives operands, as positions among its values, and parameters by name. What
draws is `d.rng` and what is led by it, so that the same choices are made by a seed and by Hypothesis, which shrinks
them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .kinks import FLOOR, Array, Shape, all_axes

Taken = tuple[tuple[int, ...], dict[str, Any]]
Fits = Callable[[Array], bool]

GRID = (-1.0, -0.5, 0.0, 0.5, 1.0)  # where inputs, bounds and thresholds meet
IMAGES = ((1, 1, 3, 3), (1, 1, 4, 4), (1, 2, 3, 3), (2, 1, 3, 3), (1, 1, 3, 5))
MATRICES = ((2, 3), (3, 2), (3, 1), (1, 4), (3, 3))
AXES = ((1,), (3,), (4,), *MATRICES, (2, 3, 2), (2, 1, 3))
ANY = ((), *AXES)


class UnfitError(Exception):
    """The operation drawn does not go with the values there are."""


# ── one value, and what is computed of it ─────────────────────────────────────────────────────────────────────────────


def of(operand: Callable[[Any], int], **params: Callable[[Any, Array], Any]) -> Callable[[Any], Taken]:
    """One operand, and parameters drawn for its array."""

    def take(d: Any) -> Taken:
        x = operand(d)
        return (x,), {key: draw(d, d.values[x]) for key, draw in params.items()}

    return take


def fitting_one(fits: Fits, fresh: Sequence[Shape]) -> Callable[[Any], int]:
    return lambda d: d.take(fits, fresh)


def drawn_axis(d: Any, v: Array) -> int:
    return int(d.rng.integers(-v.ndim, v.ndim))


def drawn_axes(d: Any, v: Array) -> Shape:
    return tuple(int(a) for a in d.rng.permutation(v.ndim)[: d.rng.integers(1, v.ndim + 1)])


def drawn_shape(d: Any, v: Array) -> Shape:
    n = v.size
    split = [(k, n // k) for k in (2, 3, 4) if n % k == 0]
    return d.any([(n,), (1, n), (n, 1), (1, 1, n), *split, *((1, 1, *two) for two in split)])


def larger_shape(d: Any, v: Array) -> Shape:
    shape = tuple(d.any([2, 3]) if n == 1 else n for n in v.shape)
    return d.any([shape, (2, *shape), (1, 3, *shape)])


def drawn_slices(d: Any, v: Array) -> tuple[Any, ...]:
    index: list[Any] = []
    for n in v.shape:
        start = int(d.rng.integers(n))
        index.append(d.any([slice(None), slice(start, None), slice(None, start + 1), slice(None, None, 2), start - n]))
    if d.chance(0.2):
        index = [..., index[-1]]
    return (None, *index) if d.chance(0.2) else tuple(index)


def drawn_lists(d: Any, v: Array) -> tuple[list[int], ...]:
    """Positions along one axis or two, some of them twice."""
    count = int(d.rng.integers(2, 5))
    return tuple(
        d.rng.integers(-n, n, count).tolist() for n in v.shape[: d.rng.integers(1, min(2, v.ndim) + 1)]
    )  # fmt: skip


def drawn_mask(d: Any, v: Array) -> Array:
    mask = np.asarray(d.rng.random(v.shape) < 0.6)
    if not mask.any():
        raise UnfitError
    return mask


kept = lambda d, v: d.chance(0.4)
with_axes = fitting_one(lambda v: v.ndim > 0, (*AXES, IMAGES[0]))
one = of(lambda d: d.take())
positive = of(lambda d: d.positive())
flowing = of(lambda d: d.flowing())
narrow = of(lambda d: d.narrow(d.any(AXES)))
whole = of(lambda d: d.take(), counts=lambda d, v: d.rng.integers(-2, 4, v.shape))
labelled = of(
    fitting_one(lambda v: v.ndim == 2, MATRICES), labels=lambda d, v: d.rng.integers(0, v.shape[1], len(v))
)  # fmt: skip
matrices = of(fitting_one(lambda v: v.ndim >= 2, (*MATRICES, *IMAGES)))
along = of(with_axes, axis=drawn_axis)
along_or_kept = of(with_axes, axis=drawn_axis, keepdims=kept)
some_axes = of(with_axes, axis=drawn_axes)
permuted = of(with_axes, axes=lambda d, v: tuple(int(a) for a in d.rng.permutation(v.ndim)))
thin = of(
    fitting_one(lambda v: 1 in v.shape, ((1, 3), (2, 1, 3))),
    axis=lambda d, v: d.any([a for a, n in enumerate(v.shape) if n == 1]),
)  # fmt: skip
new_axis = of(lambda d: d.take(), axis=lambda d, v: int(d.rng.integers(-v.ndim - 1, v.ndim + 1)))
reshaped = of(lambda d: d.take(fresh=(*ANY, *IMAGES)), shape=drawn_shape)
enlarged = of(lambda d: d.take(), shape=larger_shape)
sliced = of(with_axes, index=drawn_slices)
picked = of(with_axes, index=drawn_lists)
chosen = of(with_axes, mask=drawn_mask)


def one_and(**options: Sequence[Any]) -> Callable[[Any], Taken]:
    return of(lambda d: d.take(), **{key: lambda d, v, values=values: d.any(values) for key, values in options.items()})


def bounded(d: Any) -> Taken:
    low, high = d.any([(-0.5, 0.5), (0.0, 1.0), (None, 0.5), (-1.0, None)])
    return (d.take(),), {"low": low, "high": high}


def fixed_power(d: Any) -> Taken:
    if d.chance(0.5):
        return (d.take(),), {"exponent": d.any([0, 1, 2, 3])}
    return (d.positive(),), {"exponent": d.any([-2, -1, -0.5, 0.5, 1.5])}


def reduced(d: Any) -> Taken:
    x = with_axes(d)
    v = d.values[x]
    axis = d.any([None, drawn_axis(d, v), drawn_axes(d, v)])
    return (x,), {"axis": axis, "dims": all_axes(v, axis), "keepdims": d.chance(0.4)}


def with_freedom(d: Any) -> Taken:
    (x,), params = reduced(d)
    count = int(np.prod([d.values[x].shape[a] for a in params["dims"]]))
    return (x,), params | {"ddof": d.any([0, 1]) if count > 1 else 0}


def bordered(d: Any) -> Taken:
    x = with_axes(d)
    width = [(int(a), int(b)) for a, b in d.rng.integers(0, 2, (d.values[x].ndim, 2))]
    return (x,), {"width": width, "flat": [n for pair in reversed(width) for n in pair], "value": d.any(GRID)}


def backwards(d: Any) -> Taken:
    x = with_axes(d)
    axis = d.any(range(d.values[x].ndim))
    step, before = d.any([1, 2]), (slice(None),) * axis
    index, flipped = ((*before, slice(None, None, by)) for by in (-step, step))
    return (x,), {"axis": axis, "index": index, "flipped": flipped}


def placed(d: Any) -> Taken:
    """A value, an axis and positions along it, some of them twice."""
    (x,), params = along(d)
    shape = list(d.values[x].shape)
    n, shape[params["axis"]] = shape[params["axis"]], 2
    return (x,), {**params, "at": d.rng.integers(0, n, tuple(shape))}


# ── several values ────────────────────────────────────────────────────────────────────────────────────────────────────


def fits_with(d: Any, shape: Shape) -> Fits:
    def fits(v: Array) -> bool:
        try:
            return bool(np.prod(np.broadcast_shapes(v.shape, shape)) <= d.most)
        except ValueError:
            return False

    return fits


def partner(d: Any, x: int) -> int:
    """A value that broadcasts with x, either way."""
    shape = d.values[x].shape
    narrowed = tuple(1 if d.chance(0.5) else n for n in shape)
    return d.take(fits_with(d, shape), [shape, narrowed, shape[1:], ()], new=0.3)


def two(d: Any) -> Taken:
    x = d.take()
    y = partner(d, x)
    return ((x, y) if d.chance(0.5) else (y, x)), {}


def quotient(d: Any) -> Taken:
    y = d.positive() if d.chance(0.5) else d.take(lambda v: np.abs(v).min() >= FLOOR)
    return (partner(d, y), y), {}


def of_positive(d: Any) -> Taken:
    x = d.positive()
    return (x, partner(d, x)), {}


def like(d: Any, x: int) -> int:
    shape = d.values[x].shape
    return d.take(lambda v: v.shape == shape, [shape], 0.3)


def alike(count: int, first: Callable[[Any], int] = lambda d: d.take()) -> Callable[[Any], Taken]:
    def take(d: Any) -> Taken:
        x = first(d)
        return (x, *(like(d, x) for _ in range(count - 1))), {}

    return take


two_with_axes = alike(2, with_axes)


def masked(count: int) -> Callable[[Any], Taken]:
    def take(d: Any) -> Taken:
        operands, _ = alike(count)(d)
        return operands, {"mask": np.asarray(d.rng.random(d.values[operands[0]].shape) < 0.5)}

    return take


def narrow_and(d: Any) -> Taken:
    x = d.take()
    return (x, d.narrow(d.values[x].shape)), {}


def factors(d: Any) -> Taken:
    """Vectors, matrices and stacks of them, whose leading axes broadcast."""
    a = d.take(lambda v: 1 <= v.ndim <= 4, AXES)
    *stack, k = d.values[a].shape
    above = tuple(stack[:-1])

    def fits(v: Array) -> bool:
        if not v.ndim or v.shape[-2:][0] != k or v.ndim > 4:
            return False
        return v.ndim == 1 or fits_with(d, (*above, k, v.shape[-1]))(v)

    narrowed = tuple(1 if d.chance(0.5) else n for n in above)
    shapes = [(k,), (k, 2), (*narrowed, k, 3), (2, *above, k, 1), (3, 1, k, 2)]
    return (a, d.take(fits, [shape for shape in shapes if fits(np.ones(shape))], new=0.5)), {}


def affine(d: Any) -> Taken:
    x = d.take(lambda v: v.ndim in (2, 3), (*MATRICES, (2, 1, 3)))
    width = d.values[x].shape[-1]
    w = d.take(lambda v: v.ndim == 2 and v.shape[1] == width, [(1, width), (2, width), (3, width)], new=0.4)
    return (x, w, *bias(d, len(d.values[w]))), {}


def bias(d: Any, length: int) -> tuple[int, ...]:
    return (d.take(lambda v: v.shape == (length,), [(length,)]),) if d.chance(0.5) else ()


def joined(d: Any) -> Taken:
    x = with_axes(d)
    shape = d.values[x].shape
    axis = int(d.rng.integers(len(shape)))
    beside = lambda other: (*other[:axis], *other[axis + 1 :])
    fits = lambda v: v.ndim == len(shape) and beside(v.shape) == beside(shape)
    others = [d.take(fits, [shape, (*shape[:axis], 1, *shape[axis + 1 :])], new=0.3) for _ in range(d.any([1, 2]))]
    return (x, *others), {"axis": axis}


def piled(d: Any) -> Taken:
    operands, _ = alike(d.any([2, 3]))(d)
    return operands, {"axis": int(d.rng.integers(d.values[operands[0]].ndim + 1))}
