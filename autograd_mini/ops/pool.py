"""Max-pooling in two steps: the switches choose, `pool` gathers by them. `unpool` puts values back.

    max_pool2d(x) -> values, switches         one kernel, one pass
    pool(x, switches) ↔ unpool(y, switches)   linear in their first argument, and each other's adjoint

`unpool` is both the gradient of max-pooling and Zeiler & Fergus's unpooling.
Source: the report, sections 3.1.3 and 3.2.2.
"""

from typing import Any

import numpy as np

from ..arguments import AndOneMore, Plain, bare
from ..core.observer import is_grad_enabled
from ..core.primitive import call_as, operand
from ..core.tape import Value
from ..geometry import (
    IntOrPair,
    Padding,
    check_maps,
    flat_indices,
    has_sides,
    pair_of,
    pooling_of,
    switches_at,
    window_of,
)
from ..kernels import pool as kernels
from ..kernels.layout import Pair, Window
from ..kernels.pool import pooled_size
from ..kernels.quiet import quiet
from .elementwise import floating
from .kinds import definition, op
from .precision import in_single
from .windows import avg_pooled, max_pooled, unpooled


@op(byproducts=("switches",))
def max_pool2d(x: Any, *, window: Window) -> Any:
    """The maximum of each window and its switch. x (N, C, H, W) -> (N, C, Hout, Wout) twice."""
    return kernels.max_pool2d(x, window)


@max_pool2d.implementation
def max_values2d(x: Any, *, window: Window) -> Any:
    """max_pool2d without its switches, for results that are not recorded."""
    return kernels.max_values2d(x, window), np.empty(0, np.uint8)


@op(public=False)
def pool(x: Any, switches: Any, *, window: Window) -> Any:
    """The elements of x at the switches. x (N, C, H, W), switches (N, C, Hout, Wout) -> (N, C, Hout, Wout)."""
    return kernels.pool(x, switches, window)


@op(public=False)
@in_single
def unpool(y: Any, switches: Any, *, size: Pair, window: Window) -> Any:
    """y at the switches, zeros elsewhere; overlaps add up. y, switches (N, C, Hout, Wout) -> (N, C, *size)."""
    return kernels.unpool(y, switches, size, window)


@op(public=False)
@in_single
def sum_pool2d(x: Any, *, window: Window) -> Any:
    """The sum over each window. x (N, C, H, W) -> (N, C, Hout, Wout)."""
    return kernels.sum_pool2d(x, window)


@op(public=False)
@in_single
def sum_unpool2d(y: Any, *, size: Pair, window: Window) -> Any:
    """y at every pixel of its window; overlaps add up. y (N, C, Hout, Wout) -> (N, C, *size)."""
    return kernels.sum_unpool2d(y, size, window)


@op(public=False)
def positions_of(switches: Any, *, shape: Plain, window: Window) -> Any:
    """Switches as flat positions in the H×W plane of images of `shape`. (N, C, Hout, Wout) -> (N, C, Hout, Wout)."""
    return flat_indices(switches, shape, window)


@op(public=False)
def switches_of(positions: Any, *, size: Pair, window: Window) -> Any:
    """The inverse of `positions_of`. (N, C, Hout, Wout) -> (N, C, Hout, Wout).

    Raises ValueError for a position outside its window.
    """
    return switches_at(positions, size, window)


positions_of.defvjp(switches=None)
switches_of.defvjp(positions=None)

# fmt: off
max_pool2d.defvjp(  x=lambda g, switches, shape, *, window: unpool.bind(g, switches, size=shape[2:], window=window))
pool.defvjp(        x=lambda g, switches, shape, *, window: unpool.bind(g, switches, size=shape[2:], window=window),
                    switches=None)
unpool.defvjp(      y=lambda g, switches, *, window: pool.bind(g, switches, window=window), switches=None)
sum_pool2d.defvjp(  x=lambda g, shape, *, window: sum_unpool2d.bind(g, size=shape[2:], window=window))
sum_unpool2d.defvjp(y=lambda g, *, window: sum_pool2d.bind(g, window=window))
# fmt: on

# ── called ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _max_pool2d(
    x: Any,
    *,
    kernel_size: IntOrPair,
    stride: IntOrPair | None = None,
    padding: Padding = 0,
    dilation: IntOrPair = 1,
    ceil_mode: bool = False,
    return_indices: AndOneMore = False,
) -> Any:
    """The largest element of each window.

    The first maximum in row-major order wins, and gets the whole gradient. nan is the largest; padding never wins.

    Arguments:
        x: (N, C, H, W), maps.
        kernel_size: (kh, kw) of the window, or one integer for both, in pixels.
        stride: an integer or a pair (vertical, horizontal); None is kernel_size.
        padding: an integer, a pair, or a pair (before, after) for each axis.
        dilation: from one pixel of a window to the next, an integer or a pair.
        ceil_mode: whether a last window may reach beyond the padded map.
        return_indices: whether the positions of the maxima come back too.
    Returns:
        (N, C, Hout, Wout) with Hout = ⌊(H + before + after − d(kh − 1) − 1) / s⌋ + 1, or ⌈…⌉ with `ceil_mode`; with
        `return_indices` also as many integers, the flat positions of the maxima in the H×W plane.
    Raises:
        ValueError: for x without four axes, for a padding that is not below the window's reach, and for a window that
            reaches beyond the padded map or could see padding only.
        TypeError: for data that are not real numbers.
    Source: the report, section 3.1.3.

    Example:
        >>> x = Tensor([[[[1.0, 5.0], [5.0, 2.0]]]], requires_grad=True)
        >>> ag.grad(ag.max_pool2d(x, kernel_size=2).sum(), x).numpy()[0, 0]
        array([[0., 1.],
               [0., 0.]])
    """
    if ceil_mode or dilation != 1 or isinstance(dilation, bool) or has_sides(padding):
        return max_pooled("max_pool2d", 2, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)
    (x,) = floating("max_pool2d", (), x=x)
    window = pooling_of("max_pool2d", x, kernel_size, stride, padding)
    if not return_indices:
        going_back = isinstance(x, Value) and x.node is not None and is_grad_enabled()
        return (max_pool2d if going_back else max_values2d).bind(x, window=window)[0]
    out, switches = max_pool2d.bind(x, window=window)
    switches = type(out).made(switches, None) if isinstance(out, Value) else switches
    return out, positions_of.bind(switches, shape=x.shape, window=window)


call_as(max_pool2d, _max_pool2d)


@definition
def max_unpool2d(
    y: Any,
    indices: Any,
    *,
    kernel_size: IntOrPair,
    stride: IntOrPair | None = None,
    padding: IntOrPair = 0,
    output_size: Pair | None = None,
) -> Any:
    """The pooled values back at the positions of their maxima, zeros elsewhere; overlaps add up.

    Arguments:
        y: (N, C, Hout, Wout), pooled values.
        indices: (N, C, Hout, Wout), positions from max_pool2d(…, return_indices=True).
        kernel_size: (kh, kw) of the window, or one integer for both, in pixels.
        stride, padding: integers or pairs (vertical, horizontal); a stride of None is kernel_size.
        output_size: (H, W) of the result, also one that `ceil_mode` pools to y; None for the smallest that pools to y.
    Returns:
        (N, C, H, W) with H = s(Hout − 1) + kh − 2p unless output_size is given.
    Raises:
        ValueError: for indices that are not integers in y's shape or lie outside their windows, for a size that does
            not pool to y, and for geometries that max_pool2d refuses.
        TypeError: for data that are not real numbers.
    Source: Zeiler & Fergus 2014, section 2.1; the report, section 3.2.2.

    Example:
        >>> values, indices = ag.max_pool2d(np.array([[[[1.0, 5.0], [3.0, 2.0]]]]), kernel_size=2, return_indices=True)
        >>> ag.max_unpool2d(values, indices, kernel_size=2)[0, 0]
        array([[0., 5.],
               [0., 0.]])
    """
    (y,) = floating("max_unpool2d", (), y=y)
    check_maps("max_unpool2d", "y (N, C, H, W)", y)
    positions = operand("max_unpool2d: indices", indices)
    if isinstance(positions, Value) and not isinstance(y, Value):
        positions = bare(positions)
    if positions.shape != y.shape or positions.dtype.kind not in "iu":
        raise ValueError(
            f"max_unpool2d: indices {positions.shape} of {positions.dtype} must be integers, one for each value of "
            f"y {y.shape}"
        )
    window = kernel, s, p = window_of("max_unpool2d", kernel_size, stride, padding)
    rows, columns = (s[i] * (y.shape[2 + i] - 1) + kernel[i] - 2 * p[i] for i in range(2))
    size = (rows, columns) if output_size is None else pair_of("max_unpool2d", "output_size", output_size, 1)
    if pooled_size(size, window) != y.shape[2:]:
        if tuple(-(-(n + 2 * p - k) // s) + 1 for n, k, s, p in zip(size, *window, strict=True)) == y.shape[2:]:
            return unpooled("max_unpool2d", 2, y, positions, kernel, s, p, size)  # of ceil_mode
        raise ValueError(
            f"max_unpool2d: pooling {size[0]}×{size[1]} with kernel_size {kernel}, stride {s} and padding {p} does not "
            f"give maps like y {y.shape}"
        )
    try:
        switches = switches_of.bind(positions, size=size, window=window)
    except ValueError as error:
        raise ValueError(str(error.__cause__)) from None
    return unpool.bind(y, switches, size=size, window=window)


@definition
def avg_pool2d(
    x: Any,
    *,
    kernel_size: IntOrPair,
    stride: IntOrPair | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: float | None = None,
) -> Any:
    """The mean of each window.

    Half precision is added up in single.

    Arguments:
        x: (N, C, H, W), maps.
        kernel_size: (kh, kw) of the window, or one integer for both, in pixels.
        stride: an integer or a pair (vertical, horizontal); None is kernel_size.
        padding: an integer, a pair, or a pair (before, after) for each axis.
        ceil_mode: whether a last window may reach beyond the padded map; what is there is not counted.
        count_include_pad: whether padding counts as zeros, or not at all.
        divisor_override: what to divide the sums by instead of the count; None for the count.
    Returns:
        (N, C, Hout, Wout) with Hout = ⌊(H + before + after − kh) / s⌋ + 1, or ⌈…⌉ with `ceil_mode`.
    Raises:
        ValueError: for x without four axes, for a padding that is not below kernel_size, for a window that reaches
            beyond the padded map, and for a divisor_override of 0.
        TypeError: for data that are not real numbers.

    Example:
        >>> x = Tensor([[[[1.0, 5.0], [3.0, 3.0]]]], requires_grad=True)
        >>> ag.grad(ag.avg_pool2d(x, kernel_size=2).sum(), x).numpy()[0, 0]
        array([[0.25, 0.25],
               [0.25, 0.25]])
    """
    if ceil_mode or not count_include_pad or divisor_override is not None or has_sides(padding):
        how = (padding, ceil_mode, count_include_pad, divisor_override)
        return avg_pooled("avg_pool2d", 2, x, kernel_size, stride, *how)
    (x,) = floating("avg_pool2d", (), x=x)
    window = pooling_of("avg_pool2d", x, kernel_size, stride, padding)
    try:
        count = window.kernel_size[0] * window.kernel_size[1]
        with quiet(under="ignore"):
            return in_single(lambda x: sum_pool2d.bind(x, window=window) / count)(x)
    except MemoryError as error:
        raise MemoryError(str(error).replace("sum_pool2d", "avg_pool2d", 1)) from error
