"""Operands for convolution, pooling and batch normalisation: images and what fits them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .kinks import Shape
from .operands import IMAGES, MATRICES, Taken, UnfitError, bias, fitting_one

image = fitting_one(lambda v: v.ndim == 4, IMAGES)


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
