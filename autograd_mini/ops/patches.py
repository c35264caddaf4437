"""Images as matrices of patches, and channels that become pixels: unfold ↔ fold, pixel_shuffle ↔ pixel_unshuffle."""

from math import prod
from typing import Any

from ..arguments import is_whole
from ..core.primitive import call_as
from ..geometry import IntOrPair, check_fits, check_maps, geometry_of, pair_of
from ..kernels import patches as kernels
from ..kernels.layout import Geometry, Size
from .elementwise import floating
from .kinds import definition, linear
from .precision import in_single
from .shape import reshape, transpose


@linear(lambda g, shape, *, kernel, geometry: fold.bind(g, size=shape[2:], kernel=kernel, geometry=geometry))
def unfold(x: Any, *, kernel: Size, geometry: Geometry) -> Any:
    """The patches of images as columns. x (N, C, H, W) -> (N, C·kh·kw, windows)."""
    return kernels.unfold(x, kernel, geometry)


@linear(lambda g, *, kernel, geometry: unfold.bind(g, kernel=kernel, geometry=geometry))
@in_single
def fold(y: Any, *, size: Size, kernel: Size, geometry: Geometry) -> Any:
    """Columns added up where their patches were. y (N, C·kh·kw, windows) -> (N, C, *size)."""
    return kernels.fold(y, size, kernel, geometry)


def _unfold(
    x: Any, *, kernel_size: IntOrPair, stride: IntOrPair = 1, padding: IntOrPair = 0, dilation: IntOrPair = 1
) -> Any:
    """The patches that a kernel meets, as columns of a matrix; im2col.

    Arguments:
        x: (N, C, H, W), images.
        kernel_size: (kh, kw), or one integer for both, in pixels.
        stride, padding, dilation: integers or pairs (vertical, horizontal), in pixels.
    Returns:
        (N, C·kh·kw, windows): for each window, in row-major order, its numbers channel by channel.
    Raises:
        ValueError: for x without four axes, and for a kernel that reaches beyond the padded image.
        TypeError: for data that are not real numbers.

    Example:
        >>> ag.unfold(np.arange(6.0).reshape(1, 1, 2, 3), kernel_size=2)
        array([[[0., 1.],
                [1., 2.],
                [3., 4.],
                [4., 5.]]])
    """
    (x,) = floating("unfold", (), x=x)
    kernel = pair_of("unfold", "kernel_size", kernel_size, 1)
    geometry = geometry_of("unfold", stride, padding, dilation)
    check_maps("unfold", "x (N, C, H, W)", x)
    check_fits("unfold", x.shape, kernel, geometry.padding, geometry.dilation)
    return unfold.bind(x, kernel=kernel, geometry=geometry)


def _fold(
    y: Any,
    *,
    output_size: IntOrPair,
    kernel_size: IntOrPair,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> Any:
    """The adjoint of unfold: each column is added to the image where its patch was.

    Arguments:
        y: (N, C·kh·kw, windows), patches as columns.
        output_size: (H, W) of the images, or one integer for both.
        kernel_size: (kh, kw), or one integer for both, in pixels.
        stride, padding, dilation: of unfold, integers or pairs (vertical, horizontal), in pixels.
    Returns:
        (N, C, H, W); half precision is added up in single.
    Raises:
        ValueError: for y without three axes, or of a shape that unfold does not give for such images.
        TypeError: for data that are not real numbers.

    Example:
        >>> y = ag.unfold(np.ones((1, 1, 2, 3)), kernel_size=2)
        >>> ag.fold(y, output_size=(2, 3), kernel_size=2)[0, 0]  # how many windows see each pixel
        array([[1., 2., 1.],
               [1., 2., 1.]])
    """
    (y,) = floating("fold", (), y=y)
    kernel, size = pair_of("fold", "kernel_size", kernel_size, 1), pair_of("fold", "output_size", output_size, 1)
    geometry = geometry_of("fold", stride, padding, dilation)
    check_maps("fold", "y (N, C·kh·kw, windows)", y)
    check_fits("fold", (*y.shape[:2], *size), kernel, geometry.padding, geometry.dilation)
    windows = kernels.outputs_of(size, kernel, geometry)
    if y.shape[1] % prod(kernel) or y.shape[2] != prod(windows):
        raise ValueError(
            f"fold: y {y.shape} must have a multiple of {kernel[0]}·{kernel[1]} = {prod(kernel)} rows and "
            f"{windows[0]}·{windows[1]} = {prod(windows)} columns for images {size}"
        )
    return fold.bind(y, size=size, kernel=kernel, geometry=geometry)


call_as(unfold, _unfold)
call_as(fold, _fold)


def _whole(name: str, what: str, value: Any) -> int:
    if not is_whole(value, 1):
        raise ValueError(f"{name}: {what} must be an integer of at least 1, not {value!r}")
    return int(value)


@definition
def pixel_shuffle(x: Any, upscale_factor: int) -> Any:
    """Channels made pixels: r² of them become a square of r×r. x (N, C·r², H, W) -> (N, C, H·r, W·r).

    Arguments:
        x: (N, C·r², H, W), maps.
        upscale_factor: r, an integer of at least 1.
    Returns:
        (N, C, H·r, W·r).
    Raises:
        ValueError: for x without four axes, and for channels that r² does not divide.
    Source: Shi et al. 2016.

    Example:
        >>> ag.pixel_shuffle(np.arange(4.0).reshape(1, 4, 1, 1), 2)[0, 0]
        array([[0., 1.],
               [2., 3.]])
    """
    check_maps("pixel_shuffle", "x (N, C, H, W)", x)
    r, (n, channels, height, width) = _whole("pixel_shuffle", "upscale_factor", upscale_factor), x.shape
    if channels % r**2:
        raise ValueError(f"pixel_shuffle: {r}² = {r**2} does not divide the {channels} channels of x {x.shape}")
    apart = reshape.bind(x, shape=(n, channels // r**2, r, r, height, width))
    return reshape.bind(
        transpose.bind(apart, axes=(0, 1, 4, 2, 5, 3)), shape=(n, channels // r**2, height * r, width * r)
    )


@definition
def pixel_unshuffle(x: Any, downscale_factor: int) -> Any:
    """Pixels made channels: the inverse of pixel_shuffle. x (N, C, H·r, W·r) -> (N, C·r², H, W).

    Arguments:
        x: (N, C, H·r, W·r), maps.
        downscale_factor: r, an integer of at least 1.
    Returns:
        (N, C·r², H, W).
    Raises:
        ValueError: for x without four axes, and for a height or width that r does not divide.
    Source: Shi et al. 2016.

    Example:
        >>> ag.pixel_unshuffle(np.arange(4.0).reshape(1, 1, 2, 2), 2).shape
        (1, 4, 1, 1)
    """
    check_maps("pixel_unshuffle", "x (N, C, H, W)", x)
    r, (n, channels, height, width) = _whole("pixel_unshuffle", "downscale_factor", downscale_factor), x.shape
    if height % r or width % r:
        raise ValueError(f"pixel_unshuffle: {r} does not divide the height and width of x {x.shape}")
    apart = reshape.bind(x, shape=(n, channels, height // r, r, width // r, r))
    return reshape.bind(
        transpose.bind(apart, axes=(0, 1, 3, 5, 2, 4)), shape=(n, channels * r**2, height // r, width // r)
    )


@definition
def channel_shuffle(x: Any, groups: int) -> Any:
    """The channels of each group spread over all groups. x (N, groups·C, ...) -> (N, C·groups, ...).

    Arguments:
        x: (N, groups·C, ...), maps.
        groups: an integer of at least 1.
    Returns:
        As many maps: channel i of group g is number i·groups + g.
    Raises:
        ValueError: for x with fewer than three axes, and for channels that the groups do not divide.
    Source: Zhang et al. 2018, ShuffleNet.

    Example:
        >>> ag.channel_shuffle(np.arange(6.0).reshape(1, 6, 1), 2).ravel()
        array([0., 3., 1., 4., 2., 5.])
    """
    parts = _whole("channel_shuffle", "groups", groups)
    if len(x.shape) < 3 or x.shape[1] % parts:
        raise ValueError(f"channel_shuffle: x {x.shape} must be (N, C, ...) with channels that {parts} groups divide")
    n, channels, *pixels = x.shape
    apart = reshape.bind(x, shape=(n, parts, channels // parts, *pixels))
    order = (0, 2, 1, *range(3, len(pixels) + 3))
    return reshape.bind(transpose.bind(apart, axes=order), shape=x.shape)
