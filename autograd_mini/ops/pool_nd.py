"""Pools of sequences and volumes, called; the p-norms of windows, of images too."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ..arguments import AndOneMore, Real, is_real
from ..geometry import IntOrSize, Padding, size_of
from .elementwise import floating
from .kinds import definition, elementwise
from .windows import PIXELS, avg_pooled, max_pooled, unpooled


@elementwise(product=lambda g, x, out, *, p: g * out / (p * (x + (x == 0))) * (x != 0), analytic=False, public=False)
def root(x: Any, *, p: float) -> Any:
    """x^(1/p), whose derivative at 0 is taken to be 0. x (...) -> (...)."""
    return x ** (1 / p)


def _max_pool(n: int, ints: str, example: str) -> Any:
    def max_pool(
        x: Any,
        *,
        kernel_size: IntOrSize,
        stride: IntOrSize | None = None,
        padding: Padding = 0,
        dilation: IntOrSize = 1,
        ceil_mode: bool = False,
        return_indices: AndOneMore = False,
    ) -> Any:
        name = f"max_pool{n}d"
        return max_pooled(name, n, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)

    max_pool.__doc__ = f"""The largest element of each window.

    The first maximum in row-major order wins, and gets the whole gradient. nan is the largest; padding never wins.

    Arguments:
        x: (N, C, {PIXELS[n]}), maps.
        kernel_size: of the window, {ints}.
        stride: {ints}; None is kernel_size.
        padding: {ints}, or a pair (before, after) for each axis.
        dilation: from one element of a window to the next, {ints}.
        ceil_mode: whether a last window may reach beyond the padded map.
        return_indices: whether the positions of the maxima come back too.
    Returns:
        (N, C, {"..." if n > 1 else "Wout"}) with Wout = ⌊(W + before + after − d(k − 1) − 1) / s⌋ + 1, or ⌈…⌉ with
        `ceil_mode`, and likewise on other axes; with `return_indices` also as many integers, the positions of the
        maxima in a channel of x in row-major order.
    Raises:
        ValueError: for x of another number of axes, for a window that could see padding only, and for one that reaches
            beyond the padded map.
        TypeError: for data that are not real numbers.

    Example:
{example}
    """
    return definition(max_pool, name=f"max_pool{n}d")


def _avg_pool(n: int, ints: str, example: str) -> Any:
    def avg_pool(
        x: Any,
        *,
        kernel_size: IntOrSize,
        stride: IntOrSize | None = None,
        padding: Padding = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: float | None = None,
    ) -> Any:
        name = f"avg_pool{n}d"
        return avg_pooled(name, n, x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)

    avg_pool.__doc__ = f"""The mean of each window.

    Half precision is added up in single.

    Arguments:
        x: (N, C, {PIXELS[n]}), maps.
        kernel_size: of the window, {ints}.
        stride: {ints}; None is kernel_size.
        padding: {ints}, or a pair (before, after) for each axis.
        ceil_mode: whether a last window may reach beyond the padded map; what is there is not counted.
        count_include_pad: whether padding counts as zeros, or not at all.
        divisor_override: what to divide the sums by instead of the count; None for the count.
    Returns:
        (N, C, {"..." if n > 1 else "Wout"}) with Wout = ⌊(W + before + after − k) / s⌋ + 1, or ⌈…⌉ with `ceil_mode`,
        and likewise on other axes.
    Raises:
        ValueError: for x of another number of axes, for a padding that is not below kernel_size, for a window that
            reaches beyond the padded map, and for a divisor_override of 0.
        TypeError: for data that are not real numbers.

    Example:
{example}
    """
    return definition(avg_pool, name=f"avg_pool{n}d")


def _lp_pool(n: int, ints: str, example: str) -> Any:
    def lp_pool(
        x: Any, norm_type: Real, *, kernel_size: IntOrSize, stride: IntOrSize | None = None, ceil_mode: bool = False
    ) -> Any:
        name = f"lp_pool{n}d"
        (x,) = floating(name, (), x=x)
        if not (is_real(norm_type) and 0 < norm_type < np.inf):
            raise ValueError(f"{name}: norm_type must be a number above 0, not {norm_type!r}")
        means = avg_pooled(name, n, x**norm_type, kernel_size, stride, 0, ceil_mode, True, None)
        sums = means * float(prod(size_of(name, "kernel_size", kernel_size, 1, n)))
        return root.bind(sums, p=float(norm_type))

    lp_pool.__doc__ = f"""The p-norm of each window, (Σ xᵖ)^(1/p).

    Where the sum is 0 its gradient is 0.

    Arguments:
        x: (N, C, {PIXELS[n]}), maps; not negative, or p is even.
        norm_type: p, a number above 0.
        kernel_size: of the window, {ints}.
        stride: {ints}; None is kernel_size.
        ceil_mode: whether a last window may reach beyond the map; the mean of what it sees counts for the rest.
    Returns:
        (N, C, {"..." if n > 1 else "Wout"}) with Wout = ⌊(W − k) / s⌋ + 1, or ⌈…⌉ with `ceil_mode`, and likewise on
        other axes.
    Raises:
        ValueError: for x of another number of axes, a norm_type that is not above 0, and a window that reaches beyond
            the map.
        TypeError: for data that are not real numbers.

    Example:
{example}
    """
    return definition(lp_pool, name=f"lp_pool{n}d")


def _max_unpool(n: int, ints: str, example: str) -> Any:
    def max_unpool(
        y: Any,
        indices: Any,
        *,
        kernel_size: IntOrSize,
        stride: IntOrSize | None = None,
        padding: IntOrSize = 0,
        output_size: Any = None,
    ) -> Any:
        return unpooled(f"max_unpool{n}d", n, y, indices, kernel_size, stride, padding, output_size)

    max_unpool.__doc__ = f"""The pooled values back at the positions of their maxima, zeros elsewhere; overlaps add up.

    Arguments:
        y: (N, C, {PIXELS[n]}), pooled values.
        indices: as many positions, from max_pool{n}d(…, return_indices=True).
        kernel_size: of the window, {ints}.
        stride, padding: {ints}; a stride of None is kernel_size.
        output_size: that of the result, {ints}; None for the smallest that pools to y.
    Returns:
        (N, C, *output_size), by default s(Wout − 1) + k − 2p, and likewise on other axes.
    Raises:
        ValueError: for indices that are not integers in y's shape or lie outside of the result, and for a size that is
            a stride away from the default.
        TypeError: for data that are not real numbers.
    Source: Zeiler & Fergus 2014, section 2.1.

    Example:
{example}
    """
    return definition(max_unpool, name=f"max_unpool{n}d")


_ONE, _TWO, _THREE = "an integer", "an integer or a pair (vertical, horizontal)", "an integer or three"
_BOTH: dict[int, str] = {1: _ONE, 2: _TWO, 3: _THREE}


def family(make: Callable[[int, str, str], Any], examples: dict[int, str]) -> list[Any]:
    """The functions for each number of axes that there is an example of."""
    return [make(n, _BOTH[n], f"        {example}") for n, example in examples.items()]


max_pool1d, max_pool3d = family(_max_pool, {
    1: """>>> ag.max_pool1d(np.array([[[1.0, 5.0, 2.0]]]), kernel_size=2, ceil_mode=True)
        array([[[5., 2.]]])""",
    3: """>>> ag.max_pool3d(np.arange(8.0).reshape(1, 1, 2, 2, 2), kernel_size=(1, 2, 2)).ravel()
        array([3., 7.])""",
})  # fmt: skip
avg_pool1d, avg_pool3d = family(_avg_pool, {
    1: """>>> ag.avg_pool1d(np.array([[[1.0, 5.0, 2.0]]]), kernel_size=2, padding=((1, 0),), count_include_pad=False)
        array([[[1. , 3.5]]])""",
    3: """>>> ag.avg_pool3d(np.arange(8.0).reshape(1, 1, 2, 2, 2), kernel_size=(1, 2, 2)).ravel()
        array([1.5, 5.5])""",
})  # fmt: skip
lp_pool1d, lp_pool2d, lp_pool3d = family(_lp_pool, {
    1: """>>> ag.lp_pool1d(np.array([[[3.0, 4.0, 0.0]]]), 2, kernel_size=2)
        array([[[5.]]])""",
    2: """>>> ag.lp_pool2d(np.array([[[[3.0, 4.0], [0.0, 12.0]]]]), 2, kernel_size=2)
        array([[[[13.]]]])""",
    3: """>>> ag.lp_pool3d(np.ones((1, 1, 2, 2, 2)), 3, kernel_size=2)
        array([[[[[2.]]]]])""",
})  # fmt: skip
max_unpool1d, max_unpool3d = family(_max_unpool, {
    1: """>>> ag.max_unpool1d(np.array([[[5.0, 7.0]]]), np.array([[[1, 2]]]), kernel_size=2)
        array([[[0., 5., 7., 0.]]])""",
    3: """>>> ag.max_unpool3d(np.ones((1, 1, 1, 1, 1)), np.full((1, 1, 1, 1, 1), 3), kernel_size=(1, 2, 2)).ravel()
        array([0., 0., 0., 1.])""",
})  # fmt: skip
