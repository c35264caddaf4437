"""Pooling along one to three axes: windows with gaps, unequal borders, and of unequal length.

    max_pool(x) -> values, switches                    as max_pool2d, which has the loops for plain windows of images
    pool_at(x, switches) ↔ unpool_at(y, switches)      linear in their first argument, and each other's adjoint
    sum_pool(x)          ↔ sum_unpool(y)               likewise

A window's `Sliding` says where it begins; the size of what comes out is given, and so is where it ends.
"""

from math import prod
from typing import Any

import numpy as np

from ..arguments import Plain, bare, is_real
from ..core.primitive import operand
from ..core.tape import Value
from ..geometry import Borders, borders_of, check_fits, check_maps, size_of
from ..kernels import windows as kernels
from ..kernels.layout import Size, Sliding
from ..kernels.quiet import quiet
from ..kernels.resample import bounds
from .elementwise import floating
from .kinds import op
from .precision import in_single
from .sort import add_along_axis

PIXELS = {1: "W", 2: "H, W", 3: "D, H, W"}


@op(public=False, byproducts=("switches",))
def max_pool(x: Any, *, size: Size, window: Sliding) -> Any:
    """The maximum of each window and its switch. x (N, C, ...) -> (N, C, *size) twice."""
    return kernels.max_pool(x, size, window)


@op(public=False)
def pool_at(x: Any, switches: Any, *, window: Sliding) -> Any:
    """The elements of x at the switches. x (N, C, ...), switches (N, C, *maps) -> (N, C, *maps)."""
    return kernels.pool_at(x, switches, window)


@op(public=False)
@in_single
def unpool_at(y: Any, switches: Any, *, size: Size, window: Sliding) -> Any:
    """y at the switches, zeros elsewhere; overlaps add up. y, switches (N, C, *maps) -> (N, C, *size)."""
    return kernels.unpool_at(y, switches, size, window)


@op(public=False)
@in_single
def sum_pool(x: Any, *, size: Size, window: Sliding) -> Any:
    """The sum over each window. x (N, C, ...) -> (N, C, *size)."""
    return kernels.sum_pool(x, size, window)


@op(public=False)
@in_single
def sum_unpool(y: Any, *, size: Size, window: Sliding) -> Any:
    """y at every pixel of its window; overlaps add up. y (N, C, *maps) -> (N, C, *size)."""
    return kernels.sum_unpool(y, size, window)


@op(public=False)
def window_positions(switches: Any, *, shape: Plain, window: Sliding) -> Any:
    """Switches as positions in images of `shape`, in row-major order. (N, C, *maps) -> (N, C, *maps)."""
    return kernels.positions(switches, shape[2:], window)


@op(public=False)
def adaptive_positions(x: Any, *, size: Size) -> Any:
    """The positions of the maxima of adaptive windows, in row-major order. x (N, C, ...) -> (N, C, *size)."""
    return kernels.adaptive_max(x, tuple(map(bounds, x.shape[2:], size)))


# fmt: off
max_pool.defvjp(  x=lambda g, switches, shape, *, window: unpool_at.bind(g, switches, size=shape[2:], window=window))
pool_at.defvjp(   x=lambda g, switches, shape, *, window: unpool_at.bind(g, switches, size=shape[2:], window=window),
                  switches=None)
unpool_at.defvjp( y=lambda g, switches, *, window: pool_at.bind(g, switches, window=window), switches=None)
sum_pool.defvjp(  x=lambda g, shape, *, window: sum_unpool.bind(g, size=shape[2:], window=window))
sum_unpool.defvjp(y=lambda g, shape, *, window: sum_pool.bind(g, size=shape[2:], window=window))
# fmt: on
window_positions.defvjp(switches=None)
adaptive_positions.defvjp(x=None)

# ── windows of one size ───────────────────────────────────────────────────────────────────────────────────────────────


def sliding_of(
    name: str, axes: int, x: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> tuple[Sliding, Borders, Size]:
    """The windows of a pooling of x, their borders, and the size of what comes out; checked."""
    check_maps(name, f"x (N, C, {PIXELS[axes]})", x)
    kernel = size_of(name, "kernel_size", kernel_size, 1, axes)
    s = kernel if stride is None else size_of(name, "stride", stride, 1, axes)
    d = size_of(name, "dilation", dilation, 1, axes)
    borders = borders_of(name, padding, kernel, s, d, same=False)
    size = []
    for k, step, gap, pixels, (before, after) in zip(kernel, s, d, x.shape[2:], borders, strict=True):
        reach = gap * (k - 1) + 1
        if max(before, after) >= reach:
            raise ValueError(
                f"{name}: padding {borders} must be smaller than the window's reach, {reach} for kernel_size {kernel} "
                f"with dilation {d}, so that no window is all padding"
            )
        free = pixels + before + after - reach
        outputs = (-(-free // step) if ceil_mode else free // step) + 1
        size.append(outputs - (ceil_mode and (outputs - 1) * step >= pixels + before))
    check_fits(name, x.shape, kernel, borders, d)
    return Sliding(kernel, s, tuple([before for before, _ in borders]), d), borders, tuple(size)


def max_pooled(
    name: str,
    axes: int,
    x: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: Any,
    places: Any,
) -> Any:
    """Max-pooling along so many axes, as `name`; with the positions of the maxima if `places`."""
    (x,) = floating(name, (), x=x)
    window, _, size = sliding_of(name, axes, x, kernel_size, stride, padding, dilation, ceil_mode)
    for pixels, outputs, k, s, p, d in zip(x.shape[2:], size, *window, strict=True):
        starts = np.arange(outputs) * s - p
        first = starts + np.maximum(-(starts // d), 0) * d
        if (first >= np.minimum(starts + d * k, pixels)).any():
            raise ValueError(
                f"{name}: a window of {k} with dilation {d} over {pixels} pixels of x {x.shape}, padded by {p}, would "
                f"see padding only"
            )
    out, switches = max_pool.bind(x, size=size, window=window)
    if not places:
        return out
    switches = type(out).made(switches, None) if isinstance(out, Value) else switches
    return out, window_positions.bind(switches, shape=x.shape, window=window)


def avg_pooled(
    name: str,
    axes: int,
    x: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: Any,
    counted: Any,
    divisor: Any,
) -> Any:
    """Average pooling along so many axes, as `name`."""
    (x,) = floating(name, (), x=x)
    if divisor is not None and not (is_real(divisor) and divisor != 0):
        raise ValueError(f"{name}: divisor_override must be a number other than 0, or None, not {divisor!r}")
    window, borders, size = sliding_of(name, axes, x, kernel_size, stride, padding, 1, ceil_mode)
    count: Any = divisor
    if divisor is None:
        count = np.ones((1,) * (axes + 2))
        for axis, (pixels, m, (before, after)) in enumerate(zip(x.shape[2:], size, borders, strict=True)):
            starts = np.arange(m) * window.stride[axis] - before
            ends = np.minimum(starts + window.kernel_size[axis], pixels + after)
            length = ends - starts if counted else np.minimum(ends, pixels) - np.maximum(starts, 0)
            count = count * length.reshape([-1 if i == axis + 2 else 1 for i in range(axes + 2)])
        count = count.flat[0] if (count == count.flat[0]).all() else count
    return mean_of(name, x, size, window, count)


def mean_of(name: str, x: Any, size: Size, window: Sliding, count: Any) -> Any:
    """The sums over the windows divided by `count`, a number or one for each window."""

    def means(x: Any) -> Any:
        divisor = count.astype(x.dtype) if isinstance(count, np.ndarray) else float(count)
        return sum_pool.bind(x, size=size, window=window) / divisor

    try:
        with quiet(under="ignore"):
            return in_single(means)(x)
    except MemoryError as error:
        raise MemoryError(str(error).replace("sum_pool", name, 1)) from error


def unpooled(
    name: str, axes: int, y: Any, indices: Any, kernel: Any, stride: Any, padding: Any, output_size: Any
) -> Any:
    """Pooled values back at positions in row-major order, wherever those are in the image, as `name`."""
    (y,) = floating(name, (), y=y)
    check_maps(name, f"y (N, C, {PIXELS[axes]})", y)
    positions = operand(f"{name}: indices", indices)
    if isinstance(positions, Value) and not isinstance(y, Value):
        positions = bare(positions)
    if positions.shape != y.shape or positions.dtype.kind not in "iu":
        raise ValueError(
            f"{name}: indices {positions.shape} of {positions.dtype} must be integers, one for each value of "
            f"y {y.shape}"
        )
    kernel = size_of(name, "kernel_size", kernel, 1, axes)
    s = kernel if stride is None else size_of(name, "stride", stride, 1, axes)
    p = size_of(name, "padding", padding, 0, axes)
    smallest = tuple(s * (m - 1) + k - 2 * p for m, k, s, p in zip(y.shape[2:], kernel, s, p, strict=True))
    size = smallest if output_size is None else size_of(name, "output_size", output_size, 1, axes)
    if any(abs(n - m) >= step for n, m, step in zip(size, smallest, s, strict=True)):
        raise ValueError(f"{name}: output_size {size} must be less than the stride {s} away from {smallest}")
    found = bare(positions)
    if found.size and not 0 <= found.min() <= found.max() < prod(size):
        raise ValueError(f"{name}: the index {found.min() if found.min() < 0 else found.max()} is outside of {size}")
    flat = (*y.shape[:2], prod(y.shape[2:]))
    back = add_along_axis.bind(y.reshape(flat), positions.reshape(flat), shape=(*y.shape[:2], prod(size)), axis=2)
    return back.reshape((*y.shape[:2], *size))
