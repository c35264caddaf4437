"""Pooling by so many windows that cover the map, of unequal sizes where those do not divide it; and by one for all."""

from math import prod
from typing import Any

from ..arguments import AndOneMore, is_whole
from ..geometry import check_maps
from ..kernels.layout import Size, Sliding
from ..kernels.resample import Axis
from .elementwise import floating
from .kinds import definition
from .pool_nd import family
from .reduce import mean
from .resample import resample
from .sort import take_along_axis
from .windows import PIXELS, adaptive_positions, max_pooled, mean_of


def _adaptive(name: str, axes: int, x: Any, output_size: Any) -> tuple[Any, Size, Sliding | None]:
    """x as a floating array, the size of what comes out, and the windows if they are all of one size."""
    (x,) = floating(name, (), x=x)
    check_maps(name, f"x (N, C, {PIXELS[axes]})", x)
    given = tuple(output_size) if isinstance(output_size, tuple | list) else (output_size,) * axes
    if len(given) != axes or not all(m is None or is_whole(m, 1) for m in given):
        many = "" if axes == 1 else f", or {axes} of them"
        raise ValueError(f"{name}: output_size must be an integer of at least 1, or None{many}, not {output_size!r}")
    if 0 in x.shape[2:]:
        raise ValueError(f"{name}: x {x.shape} has no pixels")
    size = tuple(n if m is None else int(m) for n, m in zip(x.shape[2:], given, strict=True))
    if any(n % m for n, m in zip(x.shape[2:], size, strict=True)):
        return x, size, None
    kernel = tuple(n // m for n, m in zip(x.shape[2:], size, strict=True))
    return x, size, Sliding(kernel, kernel, (0,) * axes, (1,) * axes)


_ADAPTIVE = """
    Arguments:
        x: (N, C, {pixels}), maps.
        output_size: how many windows, {ints}, or None for as many as there are pixels."""
_REFUSED = """
    Raises:
        ValueError: for x of another number of axes or without pixels, and for sizes that are not integers above 0.
        TypeError: for data that are not real numbers.

    Example:
{example}
    """


def _adaptive_avg_pool(n: int, ints: str, example: str) -> Any:
    def adaptive_avg_pool(x: Any, output_size: Any) -> Any:
        name = f"adaptive_avg_pool{n}d"
        x, size, window = _adaptive(name, n, x, output_size)
        if set(size) == {1}:
            return mean(x, axis=tuple(range(2, n + 2)), keepdims=True)
        if window is not None:
            return mean_of(name, x, size, window, prod(window.kernel_size))
        return resample.bind(x, axes=tuple(Axis("area", a, b, a / b) for a, b in zip(x.shape[2:], size, strict=True)))

    adaptive_avg_pool.__doc__ = (
        """The means of so many windows that cover the map.

    On an axis of n pixels window i of m reaches from ⌊i·n / m⌋ to ⌈(i + 1)·n / m⌉, without that end.
"""
        + _ADAPTIVE.format(pixels=PIXELS[n], ints=ints)
        + """
    Returns:
        (N, C, *output_size)."""
        + _REFUSED.format(example=example)
    )
    return definition(adaptive_avg_pool, name=f"adaptive_avg_pool{n}d")


def _adaptive_max_pool(n: int, ints: str, example: str) -> Any:
    def adaptive_max_pool(x: Any, output_size: Any, return_indices: AndOneMore = False) -> Any:
        name = f"adaptive_max_pool{n}d"
        x, size, window = _adaptive(name, n, x, output_size)
        if window is not None:
            return max_pooled(name, n, x, window.kernel_size, None, 0, 1, False, return_indices)
        positions = adaptive_positions.bind(x, size=size)
        lines = positions.reshape((*x.shape[:2], prod(size)))
        flat = x.reshape((*x.shape[:2], prod(x.shape[2:])))
        out = take_along_axis.bind(flat, lines, axis=2).reshape(positions.shape)
        return (out, positions) if return_indices else out

    adaptive_max_pool.__doc__ = (
        """The maxima of so many windows that cover the map.

    On an axis of n pixels window i of m reaches from ⌊i·n / m⌋ to ⌈(i + 1)·n / m⌉, without that end. The first maximum
    in row-major order wins, and gets the whole gradient; nan is the largest.
"""
        + _ADAPTIVE.format(pixels=PIXELS[n], ints=ints)
        + """
        return_indices: whether the positions of the maxima come back too.
    Returns:
        (N, C, *output_size); with `return_indices` also as many integers, the positions of the maxima in a channel of x
        in row-major order."""
        + _REFUSED.format(example=example)
    )
    return definition(adaptive_max_pool, name=f"adaptive_max_pool{n}d")


adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = family(_adaptive_avg_pool, {
    1: """>>> ag.adaptive_avg_pool1d(np.array([[[1.0, 5.0, 2.0]]]), 2)
        array([[[3. , 3.5]]])""",
    2: """>>> ag.adaptive_avg_pool2d(np.ones((1, 1, 5, 7)), (2, None)).shape
        (1, 1, 2, 7)""",
    3: """>>> ag.adaptive_avg_pool3d(np.arange(8.0).reshape(1, 1, 2, 2, 2), 1).ravel()
        array([3.5])""",
})  # fmt: skip
adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = family(_adaptive_max_pool, {
    1: """>>> ag.adaptive_max_pool1d(np.array([[[1.0, 5.0, 2.0]]]), 2)
        array([[[5., 5.]]])""",
    2: """>>> ag.adaptive_max_pool2d(np.arange(6.0).reshape(1, 1, 2, 3), 1, return_indices=True)[1]
        array([[[[5]]]])""",
    3: """>>> ag.adaptive_max_pool3d(np.arange(8.0).reshape(1, 1, 2, 2, 2), (2, 1, 1)).ravel()
        array([3., 7.])""",
})  # fmt: skip


@definition
def global_avg_pool(x: Any) -> Any:
    """The mean of each channel. x (N, C, ...) -> (N, C, 1, ...).

    Arguments:
        x: (N, C, ...), maps with any number of axes of pixels.
    Returns:
        (N, C, 1, ...), a mean for each channel; half precision is added up in single.
    Raises:
        ValueError: for x without pixels.
        TypeError: for data that are not real numbers.

    Example:
        >>> ag.global_avg_pool(np.array([[[1.0, 2.0], [5.0, 7.0]]]))
        array([[[1.5],
                [6. ]]])
    """
    (x,) = floating("global_avg_pool", (), x=x)
    _check_pixels("global_avg_pool", x)
    return mean(x, axis=tuple(range(2, len(x.shape))), keepdims=True)


@definition
def global_max_pool(x: Any) -> Any:
    """The maximum of each channel. x (N, C, ...) -> (N, C, 1, ...).

    The first maximum in row-major order gets the whole gradient; nan is the largest.

    Arguments:
        x: (N, C, ...), maps with any number of axes of pixels.
    Returns:
        (N, C, 1, ...), a maximum for each channel.
    Raises:
        ValueError: for x without pixels.
        TypeError: for data that are not real numbers.

    Example:
        >>> x = Tensor([[[1.0, 2.0, 2.0]]], requires_grad=True)
        >>> ag.grad(ag.global_max_pool(x).sum(), x).numpy()
        array([[[0., 1., 0.]]])
    """
    (x,) = floating("global_max_pool", (), x=x)
    _check_pixels("global_max_pool", x)
    line = x.reshape((*x.shape[:2], prod(x.shape[2:])))
    out = max_pooled("global_max_pool", 1, line, line.shape[2], None, 0, 1, False, False)
    return out.reshape((*x.shape[:2], *[1] * (len(x.shape) - 2)))


def _check_pixels(name: str, x: Any) -> None:
    if len(x.shape) < 3 or 0 in x.shape[1:]:
        raise ValueError(f"{name}: x {x.shape} has no channels with pixels; it must be (N, C, ...)")
