"""Which values the operations of random programs take, and where all is well with them.

Much is shared with the compositions for gradient checkers (`c`); this is what is drawn more widely here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import compositions as c

FEW = 3000  # entries of a value


def fits_with(shape: c.Shape) -> Callable[[c.Array], bool]:
    def fits(v: c.Array) -> bool:
        try:
            return bool(np.prod(np.broadcast_shapes(v.shape, shape)) <= FEW)
        except ValueError:
            return False

    return fits


def partner(d: Any, x: int) -> int:
    shape = d.values[x].shape
    thin = tuple(1 if d.chance(0.5) else n for n in shape)
    return d.take(fits_with(shape), [shape, thin, shape[1:], ()], new=0.3)


def two(d: Any) -> c.Taken:
    x = d.take()
    y = partner(d, x)
    return ((x, y) if d.chance(0.5) else (y, x)), {}


def quotient(d: Any) -> c.Taken:
    y = d.positive() if d.chance(0.5) else d.take(lambda v: np.abs(v).min() >= c.FLOOR)
    return (partner(d, y), y), {}


def of_positive(d: Any) -> c.Taken:
    x = d.positive()
    return (x, partner(d, x)), {}


def reduced(d: Any) -> c.Taken:
    operands, params = c.reduced(d)
    return operands, params | {"dims": c.all_axes(d.values[operands[0]], params["axis"])}


def with_freedom(d: Any) -> c.Taken:
    operands, params = reduced(d)
    count = int(np.prod([d.values[operands[0]].shape[a] for a in params["dims"]]))
    return operands, params | {"ddof": d.any([0, 1]) if count > 1 else 0}


def factors(d: Any) -> c.Taken:
    """Vectors, matrices and stacks of them, whose leading axes broadcast."""
    a = d.take(lambda v: 1 <= v.ndim <= 4, c.AXES)
    *stack, k = d.values[a].shape
    lead = tuple(stack[:-1])

    def fits(v: c.Array) -> bool:
        if not v.ndim or v.shape[-2:][0] != k or v.ndim > 4:
            return False
        return v.ndim == 1 or fits_with((*lead, k, v.shape[-1]))(v)

    thin = tuple(1 if d.chance(0.5) else n for n in lead)
    shapes = [(k,), (k, 2), (*thin, k, 3), (2, *lead, k, 1), (3, 1, k, 2)]
    return (a, d.take(fits, [shape for shape in shapes if fits(np.ones(shape))], new=0.5)), {}


def convolution(d: Any) -> c.Taken:
    """Few filters, or as many as the compiled loops like."""
    x = c.image(d)
    _, channels, *size = d.values[x].shape
    count, kernel = d.any([1, 2, 3, 4, 8, 16]), (d.any([1, 2, 3]), d.any([1, 2, 3]))
    kernel = (3, 3) if d.chance(0.3) else kernel
    fits = lambda v: v.ndim == 4 and v.shape[1] == channels and max(v.shape[2:]) <= 3
    w = d.take(fits, [(count, channels, *kernel)], new=0.7)
    params = c.fitting(
        d, lambda: c.drawn_geometry(d), lambda g: min(c.convolved(tuple(size), d.values[w].shape[2:], **g)) > 0
    )
    return (x, w, *c.bias(d, len(d.values[w]))), params


def channels_of(x: c.Array) -> dict[str, Any]:
    return {"axes": (0, *range(2, x.ndim)), "line": (1, -1, *[1] * (x.ndim - 2))}


def normalized(vectors: int) -> Callable[[Any], c.Taken]:
    def take(d: Any) -> c.Taken:
        x = d.take(lambda v: v.ndim in (2, 3, 4) and v.size > v.shape[1], (*c.MATRICES[:2], (2, 3, 2), *c.IMAGES))
        count = d.values[x].shape[1]
        rest = [d.take(lambda v: v.shape == (count,), [(count,)], new=0.5) for _ in range(vectors)]
        return (x, *rest), channels_of(d.values[x]) | {"which": d.any([1, 2])}

    return take


def bordered(d: Any) -> c.Taken:
    operands, params = c.bordered(d)
    return operands, params | {"flat": [n for pair in reversed(params["width"]) for n in pair]}


def backwards(d: Any) -> c.Taken:
    x = c.with_axes(d)
    axis = d.any(range(d.values[x].ndim))
    step, before = d.any([1, 2]), (slice(None),) * axis
    index, flipped = ((*before, slice(None, None, by)) for by in (-step, step))
    return (x,), {"axis": axis, "index": index, "flipped": flipped}


def unpooled(d: Any) -> c.Taken:
    (y,), params = c.switched(d)
    shape = d.values[y].shape
    flat = c.flat_indices(params["switches"], (*shape[:2], 2 * shape[2], 2 * shape[3]), c.SQUARES)
    return (y,), {"switches": flat}


def narrow(d: Any) -> c.Taken:
    return (d.narrow(d.any(c.AXES)),), {}


def narrow_and(d: Any) -> c.Taken:
    x = d.take()
    return (x, d.narrow(d.values[x].shape)), {}


def whole(d: Any) -> c.Taken:
    """A value and an array of integers."""
    x = d.take()
    return (x,), {"counts": d.rng.integers(-2, 4, d.values[x].shape)}


def shares(d: Any) -> c.Taken:
    operands, params = c.along(d)
    return operands, params | {"keepdims": d.chance(0.4)}


def least(x: c.Array, *_: Any, **__: Any) -> bool:
    return bool(x.min() >= c.FLOOR)


def spread(x: c.Array, *_: Any, axis: Any, **__: Any) -> bool:
    return bool(np.var(x, axis=axis).min() >= c.FLOOR)


def spread_in_channels(x: c.Array, *_: Any, axes: Any, **__: Any) -> bool:
    return spread(x, axis=axes)


def sole(x: c.Array) -> Any:
    """How far each entry leads; 0 where two do."""
    return c.lead(x.reshape(-1))
