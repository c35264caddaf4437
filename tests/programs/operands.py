"""Which values the operations of random programs are applied to, with which parameters, and where they kink.

A *take* is given the draft of a program and gives operands, as positions among its values, and parameters by name. What
draws is `d.rng` and what is led by it, so that the same choices are made by a seed and by Hypothesis, which shrinks
them. A *gap* is given the arrays and parameters of a call: the signs of its numbers say on which piece of the function
the arrays are, 0 at a kink.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray
Shape = tuple[int, ...]
Taken = tuple[tuple[int, ...], dict[str, Any]]
Fits = Callable[[Array], bool]

GRID = (-1.0, -0.5, 0.0, 0.5, 1.0)  # where inputs, bounds and thresholds meet
FLOOR = 1e-3  # least argument of log, sqrt, division, …
IMAGES = ((1, 1, 3, 3), (1, 1, 4, 4), (1, 2, 3, 3), (2, 1, 3, 3), (1, 1, 3, 5))
MATRICES = ((2, 3), (3, 2), (3, 1), (1, 4), (3, 3))
AXES = ((1,), (3,), (4,), *MATRICES, (2, 3, 2), (2, 1, 3))
ANY = ((), *AXES)


class UnfitError(Exception):
    """The operation drawn does not go with the values there are."""


# ── gaps, and where slopes are regular ────────────────────────────────────────────────────────────────────────────────


def itself(x: Array, *_: Any, **__: Any) -> Array:
    return x


def lead(x: Array) -> Array:
    """By how much each entry of the last axis is ahead of all others there."""
    if x.shape[-1] < 2:
        return np.ones(x.shape)
    ordered = np.sort(x, axis=-1)
    first, second = ordered[..., -1:], ordered[..., -2:-1]
    return x - np.where((x == first) & (np.cumsum(x == first, axis=-1) == 1), second, first)


def lead_of_all(x: Array) -> Array:
    return lead(x.reshape(-1))


def lead_over(x: Array, *, axis: Any, **_: Any) -> Array:
    axes = all_axes(x, axis)
    rest = [a for a in range(x.ndim) if a not in axes]
    return lead(x.transpose(*rest, *axes).reshape(*[x.shape[a] for a in rest], -1))


def lead_in_windows(x: Array, *, kernel_size: Any, stride: Any, padding: Any) -> Array:
    bordered = np.pad(x, [(0, 0), (0, 0), *[(p, p) for p in padding]], constant_values=-1e9)
    windows = np.lib.stride_tricks.sliding_window_view(bordered, kernel_size, axis=(2, 3))
    return lead(windows[:, :, :: stride[0], :: stride[1]].reshape(-1, kernel_size[0] * kernel_size[1]))


def order(x: Array, *, axis: int) -> Array:
    """The differences of all pairs along an axis."""
    lines = np.moveaxis(x, axis, -1)
    one, other = np.triu_indices(lines.shape[-1], 1)
    return lines[..., one] - lines[..., other]


def from_bounds(x: Array, *, low: float | None, high: float | None) -> Array:
    return np.stack([x - bound for bound in (low, high) if bound is not None])


def known(gap: Array) -> Array:
    """A gap whose own rounding may decide its sign, not a number where it does: then no two runs agree."""
    return np.where(np.abs(gap) < 1e-12 * np.abs(gap).max(initial=0.0), np.nan, gap)


def least(x: Array, *_: Any, **__: Any) -> bool:
    return bool(x.min() >= FLOOR)


def spread(x: Array, *_: Any, axis: Any, **__: Any) -> bool:
    return bool(np.var(x, axis=axis).min() >= FLOOR)


def spread_in_channels(x: Array, *_: Any, axes: Any, **__: Any) -> bool:
    return spread(x, axis=axes)


def full_rank(x: Array) -> bool:
    """Whether the columns that QR begins with are far from dependent."""
    return bool(np.linalg.svd(x[..., : x.shape[-2]], compute_uv=False).min(initial=1.0) > 0.1)


# ── one value ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def one(d: Any) -> Taken:
    return (d.take(),), {}


def positive(d: Any) -> Taken:
    return (d.positive(),), {}


def flowing(d: Any) -> Taken:
    return (d.flowing(),), {}


def one_and(**options: Sequence[Any]) -> Callable[[Any], Taken]:
    return lambda d: ((d.take(),), {key: d.any(values) for key, values in options.items()})


def bounded(d: Any) -> Taken:
    low, high = d.any([(-0.5, 0.5), (0.0, 1.0), (None, 0.5), (-1.0, None)])
    return (d.take(),), {"low": low, "high": high}


def fixed_power(d: Any) -> Taken:
    if d.chance(0.5):
        return (d.take(),), {"exponent": d.any([0, 1, 2, 3])}
    return (d.positive(),), {"exponent": d.any([-2, -1, -0.5, 0.5, 1.5])}


def whole(d: Any) -> Taken:
    """A value and an array of integers."""
    x = d.take()
    return (x,), {"counts": d.rng.integers(-2, 4, d.values[x].shape)}


def narrow(d: Any) -> Taken:
    return (d.narrow(d.any(AXES)),), {}


def labelled(d: Any) -> Taken:
    x = d.take(lambda v: v.ndim == 2, MATRICES)
    n, classes = d.values[x].shape
    return (x,), {"labels": d.rng.integers(0, classes, n)}


# ── several ───────────────────────────────────────────────────────────────────────────────────────────────────────────


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
    thin = tuple(1 if d.chance(0.5) else n for n in shape)
    return d.take(fits_with(d, shape), [shape, thin, shape[1:], ()], new=0.3)


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


def alike(count: int) -> Callable[[Any], Taken]:
    def take(d: Any) -> Taken:
        x = d.take()
        return (x, *(like(d, x) for _ in range(count - 1))), {}

    return take


def masked(count: int) -> Callable[[Any], Taken]:
    def take(d: Any) -> Taken:
        operands, _ = alike(count)(d)
        return operands, {"mask": np.asarray(d.rng.random(d.values[operands[0]].shape) < 0.5)}

    return take


def two_with_axes(d: Any) -> Taken:
    x = with_axes(d)
    return (x, like(d, x)), {}


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

    thin = tuple(1 if d.chance(0.5) else n for n in above)
    shapes = [(k,), (k, 2), (*thin, k, 3), (2, *above, k, 1), (3, 1, k, 2)]
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
    fits = lambda v: (
        v.ndim == len(shape) and all(a == axis or n == m for a, (n, m) in enumerate(zip(v.shape, shape, strict=True)))
    )
    others = [d.take(fits, [shape, (*shape[:axis], 1, *shape[axis + 1 :])], new=0.3) for _ in range(d.any([1, 2]))]
    return (x, *others), {"axis": axis}


def piled(d: Any) -> Taken:
    operands, _ = alike(d.any([2, 3]))(d)
    return operands, {"axis": int(d.rng.integers(d.values[operands[0]].ndim + 1))}


# ── axes ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def all_axes(x: Any, axis: Any) -> Shape:
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(a % x.ndim for a in axes)


def with_axes(d: Any) -> int:
    return d.take(lambda v: v.ndim > 0, (*AXES, IMAGES[0]))


def several_axes(d: Any, n: int) -> Shape:
    return tuple(int(a) for a in d.rng.permutation(n)[: d.rng.integers(1, n + 1)])


def reduced(d: Any) -> Taken:
    x = with_axes(d)
    n = d.values[x].ndim
    axis = d.any([None, int(d.rng.integers(-n, n)), several_axes(d, n)])
    return (x,), {"axis": axis, "dims": all_axes(d.values[x], axis), "keepdims": d.chance(0.4)}


def with_freedom(d: Any) -> Taken:
    (x,), params = reduced(d)
    count = int(np.prod([d.values[x].shape[a] for a in params["dims"]]))
    return (x,), params | {"ddof": d.any([0, 1]) if count > 1 else 0}


def along(d: Any) -> Taken:
    x = with_axes(d)
    n = d.values[x].ndim
    return (x,), {"axis": int(d.rng.integers(-n, n))}


def along_or_kept(d: Any) -> Taken:
    operands, params = along(d)
    return operands, params | {"keepdims": d.chance(0.4)}


def some_axes(d: Any) -> Taken:
    x = with_axes(d)
    return (x,), {"axis": several_axes(d, d.values[x].ndim)}


def permuted(d: Any) -> Taken:
    x = with_axes(d)
    return (x,), {"axes": tuple(int(a) for a in d.rng.permutation(d.values[x].ndim))}


def matrices(d: Any) -> Taken:
    return (d.take(lambda v: v.ndim >= 2, (*MATRICES, *IMAGES)),), {}


def thin(d: Any) -> Taken:
    x = d.take(lambda v: 1 in v.shape, ((1, 3), (2, 1, 3)))
    return (x,), {"axis": d.any([a for a, n in enumerate(d.values[x].shape) if n == 1])}


def new_axis(d: Any) -> Taken:
    x = d.take()
    n = d.values[x].ndim + 1
    return (x,), {"axis": int(d.rng.integers(-n, n))}


# ── shapes and places ─────────────────────────────────────────────────────────────────────────────────────────────────


def bordered(d: Any) -> Taken:
    x = with_axes(d)
    width = [(int(a), int(b)) for a, b in d.rng.integers(0, 2, (d.values[x].ndim, 2))]
    return (x,), {"width": width, "flat": [n for pair in reversed(width) for n in pair], "value": d.any(GRID)}


def reshaped(d: Any) -> Taken:
    x = d.take(fresh=(*ANY, *IMAGES))
    n = d.values[x].size
    split = [(k, n // k) for k in (2, 3, 4) if n % k == 0]
    return (x,), {"shape": d.any([(n,), (1, n), (n, 1), (1, 1, n), *split, *((1, 1, *two) for two in split)])}


def enlarged(d: Any) -> Taken:
    x = d.take()
    shape = tuple(d.any([2, 3]) if n == 1 else n for n in d.values[x].shape)
    return (x,), {"shape": d.any([shape, (2, *shape), (1, 3, *shape)])}


def sliced(d: Any) -> Taken:
    x = with_axes(d)
    index: list[Any] = []
    for n in d.values[x].shape:
        start = int(d.rng.integers(n))
        index.append(d.any([slice(None), slice(start, None), slice(None, start + 1), slice(None, None, 2), start - n]))
    if d.chance(0.2):
        index = [..., index[-1]]
    if d.chance(0.2):
        index.insert(0, None)
    return (x,), {"index": tuple(index)}


def backwards(d: Any) -> Taken:
    x = with_axes(d)
    axis = d.any(range(d.values[x].ndim))
    step, before = d.any([1, 2]), (slice(None),) * axis
    index, flipped = ((*before, slice(None, None, by)) for by in (-step, step))
    return (x,), {"axis": axis, "index": index, "flipped": flipped}


def picked(d: Any) -> Taken:
    """Entries by lists of positions, some of them twice."""
    x = with_axes(d)
    shape = d.values[x].shape
    count = int(d.rng.integers(2, 5))
    lists = tuple(d.rng.integers(-n, n, count).tolist() for n in shape[: d.rng.integers(1, min(2, len(shape)) + 1)])
    return (x,), {"index": lists}


def placed(d: Any) -> Taken:
    """A value, an axis and positions along it, some of them twice."""
    (x,), params = along(d)
    shape = list(d.values[x].shape)
    n, shape[params["axis"]] = shape[params["axis"]], 2
    return (x,), {**params, "at": d.rng.integers(0, n, tuple(shape))}


def chosen(d: Any) -> Taken:
    x = with_axes(d)
    mask = d.rng.random(d.values[x].shape) < 0.6
    if not mask.any():
        raise UnfitError
    return (x,), {"mask": mask}


# ── images ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def image(d: Any) -> int:
    return d.take(lambda v: v.ndim == 4, IMAGES)


def fitting(draw: Callable[[], Any], fits: Callable[[Any], bool]) -> Any:
    found = next(filter(fits, (draw() for _ in range(8))), None)
    if found is None:
        raise UnfitError
    return found


def geometry(d: Any) -> dict[str, Any]:
    pair = lambda options: (d.any(options), d.any(options))
    return {"stride": pair([1, 1, 2, 3]), "padding": pair([0, 0, 1, 2]), "dilation": pair([1, 1, 2])}


def convolved(size: Sequence[int], kernel: Shape, *, stride: Any, padding: Any, dilation: Any = (1, 1)) -> Shape:
    """Height and width of what comes out; below 1 if the kernel does not fit."""
    return tuple(
        (n + 2 * p - e * (k - 1) - 1) // s + 1
        for n, k, s, p, e in zip(size, kernel, stride, padding, dilation, strict=True)
    )


def convolution(d: Any) -> Taken:
    """Few filters, or as many as the compiled loops like."""
    x = image(d)
    _, channels, *size = d.values[x].shape
    count, kernel = d.any([1, 2, 3, 4, 8, 16]), (d.any([1, 2, 3]), d.any([1, 2, 3]))
    kernel = (3, 3) if d.chance(0.3) else kernel
    fits = lambda v: v.ndim == 4 and v.shape[1] == channels and max(v.shape[2:]) <= 3
    w = d.take(fits, [(count, channels, *kernel), (count, channels, *kernel), (2, channels, 2, 1)], new=0.7)
    params = fitting(lambda: geometry(d), lambda g: min(convolved(size, d.values[w].shape[2:], **g)) > 0)
    return (x, w, *bias(d, len(d.values[w]))), params


def transposed_convolution(d: Any) -> Taken:
    y = image(d)
    maps = d.values[y].shape[1]
    w = d.take(
        lambda v: v.ndim == 4 and len(v) == maps and max(v.shape[2:]) <= 3,
        [(maps, 1, 2, 2), (maps, 2, 1, 2), (maps, 1, 3, 3), (maps, 1, 1, 1)],
        new=0.5,
    )
    params = geometry(d)
    params["output_padding"] = tuple(int(d.rng.integers(s)) for s in params["stride"])
    if min(transposed(d.values[y].shape[2:], d.values[w].shape[2:], **params)) < 1:
        raise UnfitError
    return (y, w, *bias(d, d.values[w].shape[1])), params


def transposed(size: Shape, kernel: Shape, *, stride: Any, padding: Any, dilation: Any, output_padding: Any) -> Shape:
    """Height and width of what comes out of a transposed convolution."""
    return tuple(
        s * (n - 1) + e * (k - 1) + 1 - 2 * p + more
        for n, k, s, p, e, more in zip(size, kernel, stride, padding, dilation, output_padding, strict=True)
    )


def images_and_maps(d: Any) -> Taken:
    x = image(d)
    n, _, *size = d.values[x].shape
    kernel = (d.any([1, 2, 3]), d.any([1, 2]))
    g = fitting(lambda: geometry(d), lambda g: min(convolved(size, kernel, **g)) > 0)
    shape = convolved(size, kernel, **g)
    fits = lambda v: v.ndim == 4 and len(v) == n and v.shape[2:] == shape
    return (x, d.take(fits, [(n, 1, *shape), (n, 2, *shape)], new=0.5)), {"kernel_size": kernel, **g}


def windows(d: Any) -> Taken:
    """Beside each other, overlapping, with holes between them; with a padding of at most half a window."""
    x = image(d)

    def draw() -> dict[str, Any]:
        kernel = (d.any([1, 2, 3]), d.any([2, 2, 3]))
        stride = d.any([kernel, (1, 1), (1, 2), (2, 3)])
        return {"kernel_size": kernel, "stride": stride, "padding": tuple(d.any(range(k // 2 + 1)) for k in kernel)}

    fits = lambda g: min(convolved(d.values[x].shape[2:], g["kernel_size"], stride=g["stride"], padding=g["padding"]))
    return (x,), fitting(draw, lambda g: fits(g) > 0)


def unpooled(d: Any) -> Taken:
    """Maps, and where in its window of 2×2 each entry goes, counted over the whole map."""
    y = d.take(lambda v: v.ndim == 4 and 4 * v.size <= d.most, [(1, 1, 2, 2), (1, 2, 1, 2), (2, 1, 1, 2)])
    rows, columns = np.indices(d.values[y].shape)[2:]
    down, right = np.divmod(d.rng.integers(0, 4, rows.shape), 2)
    return (y,), {"switches": (2 * rows + down) * 2 * rows.shape[3] + 2 * columns + right}


def normalized(vectors: int) -> Callable[[Any], Taken]:
    def take(d: Any) -> Taken:
        x = d.take(lambda v: v.ndim in (2, 3, 4) and v.size > v.shape[1], (*MATRICES[:2], (2, 3, 2), *IMAGES))
        shape = d.values[x].shape
        rest = [d.take(lambda v: v.shape == shape[1:2], [shape[1:2]], new=0.5) for _ in range(vectors)]
        line = (1, -1, *[1] * (len(shape) - 2))
        return (x, *rest), {"axes": (0, *range(2, len(shape))), "line": line, "which": d.any([1, 2])}

    return take
