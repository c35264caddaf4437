"""Images anywhere, by interpolation between their pixels: grid_sample, and the grids of affine maps."""

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np

from ..arguments import Plain, is_whole
from ..geometry import check_maps
from ..kernels import points as kernels
from ..kernels.resample import CUBIC
from .elementwise import floating
from .kinds import definition, elementwise, linear, op
from .precision import in_single
from .windows import PIXELS

A = CUBIC[False]


@linear(lambda g, index, shape: put_points.bind(g, index, size=shape[2]), public=False)
def take_points(x: Any, index: Any) -> Any:
    """The pixels at positions, zeros at −1. x (N, C, pixels), index (N, points) -> (N, C, points)."""
    return kernels.take(x, index)


@linear(lambda g, index, *, size: take_points.bind(g, index), public=False)
@in_single
def put_points(y: Any, index: Any, *, size: int) -> Any:
    """y added up at positions, nowhere at −1. y (N, C, points), index (N, points) -> (N, C, size)."""
    return kernels.put(y, index, size)


@op(public=False)
def point_index(*pixels: Any, sizes: Plain) -> Any:
    """Whole numbers on each axis as positions in row-major order, −1 outside. (N, points) each -> (N, points)."""
    return kernels.flat_index(pixels, sizes)


@op(public=False)
def bounded_slope(place: Any, *, n: int, mode: str, align: bool) -> Any:
    """The derivative of `bounded`. (N, points) -> (N, points)."""
    return kernels.bounded(place, n, mode, align)[1]


@elementwise(
    product=lambda g, place, *, n, mode, align: g * bounded_slope.bind(place, n=n, mode=mode, align=align),
    kink=lambda place, n, mode, align: kernels.bounded(place, n, mode, align)[1] + np.floor(place),
    public=False,
)
def bounded(place: Any, *, n: int, mode: str, align: bool) -> Any:
    """Places on an axis of n pixels moved to where an image has some, if mode says so. (N, points) -> (N, points)."""
    return kernels.bounded(place, n, mode, align)[0]


@op(public=False)
def below(place: Any) -> Any:
    """The pixel before each place, ⌊place⌋. (N, points) -> (N, points)."""
    return np.floor(place)


@op(public=False)
def nearest(place: Any) -> Any:
    """The pixel next to each place, an even one in the middle between two. (N, points) -> (N, points)."""
    return np.rint(place)


take_points.defvjp(index=None)
put_points.defvjp(index=None)
point_index.defvjp(pixels=None)
bounded_slope.defvjp(place=None)
below.defvjp(place=None)
nearest.defvjp(place=None)


@definition
def affine_grid(theta: Any, size: Sequence[int], align_corners: bool = False) -> Any:
    """The places that an affine map takes an image's pixels to, for grid_sample.

    Arguments:
        theta: (N, 2, 3), or (N, 3, 4) for volumes: for each image a matrix and, in its last column, a translation; of
            coordinates (x, y) from −1 to 1.
        size: (N, C, H, W), or (N, C, D, H, W), of the images to make.
        align_corners: whether −1 and 1 are the centres of the corner pixels, instead of the image's edges.
    Returns:
        (N, H, W, 2), or (N, D, H, W, 3), coordinates (x, y) or (x, y, z).
    Raises:
        ValueError: for shapes that do not fit.
        TypeError: for data that are not real numbers.
    Source: Jaderberg et al. 2015.

    Example:
        >>> ag.affine_grid(np.array([[[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]]]), (1, 1, 1, 2))
        array([[[[0., 0.],
                 [1., 0.]]]])
    """
    (theta,) = floating("affine_grid", (), theta=theta)
    given = tuple(size) if isinstance(size, tuple | list) else (size,)
    axes = len(given) - 2
    if axes not in (2, 3) or not all(is_whole(n, 1) for n in given[1:]) or theta.shape != (given[0], axes, axes + 1):
        raise ValueError(
            f"affine_grid: theta {theta.shape} must be (N, 2, 3) for a size (N, C, H, W), or (N, 3, 4) for "
            f"(N, C, D, H, W), not {size!r}"
        )
    shrunk = [1 if align_corners else (n - 1) / n for n in given[2:]]
    lines = [np.linspace(-1, 1, n) * by if n > 1 else np.zeros(1) for n, by in zip(given[2:], shrunk, strict=True)]
    places = np.meshgrid(*lines, indexing="ij")
    base = np.stack([*places[::-1], np.ones(given[2:])], axis=-1).reshape(-1, axes + 1).astype(theta.dtype)
    return (base @ theta.mT).reshape((*given[:1], *given[2:], axes))


@definition
def grid_sample(
    x: Any, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = False
) -> Any:
    """Images at places of a grid. x (N, C, H, W), grid (N, Hg, Wg, 2) -> (N, C, Hg, Wg).

    A coordinate that is nan counts as −1. Where "nearest" is on a border between pixels the even one is taken; it gives
    no gradient to the grid.

    Arguments:
        x: (N, C, H, W), images, or (N, C, D, H, W), volumes.
        grid: (N, Hg, Wg, 2), or (N, Dg, Hg, Wg, 3), coordinates (x, y) or (x, y, z) from −1 to 1.
        mode: "bilinear", "nearest" or, for images, "bicubic".
        padding_mode: what is outside of the image, "zeros", "border" or "reflection".
        align_corners: whether −1 and 1 are the centres of the corner pixels, instead of the image's edges.
    Returns:
        (N, C, Hg, Wg), or (N, C, Dg, Hg, Wg).
    Raises:
        ValueError: for shapes that do not fit, and for a mode or a padding_mode that there is not.
        TypeError: for data that are not real numbers.
    Source: Jaderberg et al. 2015.

    Example:
        >>> x = np.array([[[[1.0, 3.0]]]])
        >>> ag.grid_sample(x, np.array([[[[0.0, 0.0], [1.0, 0.0]]]]), align_corners=True)
        array([[[[2., 3.]]]])
    """
    x, grid = floating("grid_sample", (), x=x, grid=grid)
    axes = len(x.shape) - 2
    if axes not in (2, 3):
        raise ValueError(f"grid_sample: x {x.shape} must be (N, C, H, W) or (N, C, D, H, W)")
    check_maps("grid_sample", f"x (N, C, {PIXELS[axes]})", x)
    if 0 in x.shape[2:]:
        raise ValueError(f"grid_sample: x {x.shape} has no pixels")
    if len(grid.shape) != axes + 2 or grid.shape[0] != x.shape[0] or grid.shape[-1] != axes:
        raise ValueError(f"grid_sample: grid {grid.shape} must be ({x.shape[0]}, ..., {axes}) for x {x.shape}")
    modes = ("bilinear", "nearest", "bicubic")[: 5 - axes]
    if mode not in modes:
        raise ValueError(f"grid_sample: for x {x.shape} mode must be one of {', '.join(modes)}, not {mode!r}")
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(f"grid_sample: padding_mode must be zeros, border or reflection, not {padding_mode!r}")
    points = (grid.shape[0], prod(grid.shape[1:-1]))
    taps = []
    for axis, n in enumerate(x.shape[2:]):
        g = grid[..., axes - 1 - axis].reshape(points)
        place = (g + 1) * ((n - 1) / 2) if align_corners else ((g + 1) * n - 1) / 2
        taps.append(_taps(place, n, mode, padding_mode, align_corners))
    flat: Any = x.reshape((*x.shape[:2], prod(x.shape[2:])))
    total: Any = 0.0
    for corner in product(*taps):
        weights: Any = [weight for _, weight in corner if weight is not None]
        values = take_points.bind(flat, point_index.bind(*[pixel for pixel, _ in corner], sizes=x.shape[2:]))
        weight: Any = prod(weights) if weights else None
        total = total + (values if weight is None else values * weight.reshape((points[0], 1, points[1])))
    return total.reshape((*x.shape[:2], *grid.shape[1:-1]))


def _taps(place: Any, n: int, mode: str, padding_mode: str, align: bool) -> list[tuple[Any, Any]]:
    """On an axis of n pixels, the pixels around a place and their weights."""
    cubic = mode == "bicubic"
    place = bounded.bind(place, n=n, mode="free" if cubic and padding_mode != "zeros" else padding_mode, align=align)
    if mode == "nearest":
        return [(nearest.bind(place), None)]
    base = below.bind(place)
    t = place - base
    if not cubic:
        return [(base, 1 - t), (base + 1, t)]
    pixels = [base + i for i in (-1, 0, 1, 2)]
    if padding_mode != "zeros":
        pixels = [nearest.bind(bounded.bind(pixel, n=n, mode=padding_mode, align=align)) for pixel in pixels]
    return [*zip(pixels, (_far(t + 1), _near(t), _near(1 - t), _far(2 - t)), strict=True)]


def _near(t: Any) -> Any:
    """Keys's kernel at a distance of at most 1."""
    return ((A + 2) * t - (A + 3)) * t * t + 1


def _far(t: Any) -> Any:
    """Keys's kernel at a distance from 1 to 2."""
    return ((A * t - 5 * A) * t + 8 * A) * t - 4 * A
