"""Layers that rearrange and resample pixels: images of another size, channels as pixels, windows as columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autograd_mini as ag
from autograd_mini.arguments import is_real, is_whole
from autograd_mini.geometry import IntOrPair, pair_of
from autograd_mini.ops.interpolate import MODES

from ..module import Weightless
from .kinds import Kind

__all__ = [
    "ChannelShuffle", "Fold", "PixelShuffle", "PixelUnshuffle", "Unfold", "Upsample",
]  # fmt: skip


class Upsample(Kind, Weightless):
    """Images of another size.

    x (N, C, ...) -> (N, C, *size), as `autograd_mini.interpolate` does.

    Arguments:
        size: of the images to make, an integer or one for each axis; None if there is a scale_factor.
        scale_factor: by what to multiply the size, a number or one for each axis.
        mode: "nearest", "nearest-exact", "area", "linear" (one axis), "bilinear", "bicubic" (two), "trilinear" (three).
        align_corners: whether the centres of the corner pixels stay where they are, instead of the image's edges.
    Raises:
        ValueError, TypeError: for both or neither of size and scale_factor, and for what is below 1 pixel or no mode.

    Example:
        >>> nn.Upsample(scale_factor=2)(np.array([[[1.0, 5.0]]]))
        array([[[1., 1., 5., 5.]]])
    """

    mode: str
    align_corners: bool

    def __init__(
        self,
        size: int | Sequence[int] | None = None,
        scale_factor: float | Sequence[float] | None = None,
        mode: str = "nearest",
        align_corners: bool = False,
    ) -> None:
        if (size is None) == (scale_factor is None):
            raise ValueError("Upsample: one of size and scale_factor must be given, and not both")
        self._choice("mode", mode, MODES)
        self._flags(align_corners=align_corners)
        if align_corners and MODES[mode][0] not in ("linear", "cubic"):
            raise ValueError(f"Upsample: mode {mode!r} has no align_corners")
        what, given = ("size", size) if scale_factor is None else ("scale_factor", scale_factor)
        each: Any = tuple(given) if isinstance(given, tuple | list) else (given,)
        if not each or not all((is_whole if size is not None else is_real)(n) and n > 0 for n in each):
            kind = "an integer of at least 1" if size is not None else "a number above 0"
            raise ValueError(f"Upsample: {what} must be {kind}, or one for each axis, not {given!r}")
        self.size, self.scale_factor = size, scale_factor

    def forward(self, x: Any) -> Any:
        """The resized images."""
        return ag.interpolate(x, self.size, self.scale_factor, self.mode, self.align_corners)


class PixelShuffle(Kind, Weightless):
    """Make r² channels into the pixels of an r × r square.

    x (N, C·r², H, W) -> (N, C, H·r, W·r).

    Arguments:
        upscale_factor: r.
    Raises:
        ValueError: for what is no integer above 0.
    Source: Shi et al. 2016.

    Example:
        >>> nn.PixelShuffle(2)(np.arange(4.0).reshape(1, 4, 1, 1))
        array([[[[0., 1.],
                 [2., 3.]]]])
    """

    upscale_factor: int

    def __init__(self, upscale_factor: int) -> None:
        self._whole(upscale_factor=upscale_factor)

    def forward(self, x: Any) -> Any:
        """The larger images."""
        return ag.pixel_shuffle(x, self.upscale_factor)


class PixelUnshuffle(Kind, Weightless):
    """Make the pixels of each r × r square into r² channels.

    x (N, C, H·r, W·r) -> (N, C·r², H, W).

    Arguments:
        downscale_factor: r.
    Raises:
        ValueError: for what is no integer above 0.
    Source: Shi et al. 2016.

    Example:
        >>> nn.PixelUnshuffle(2)(np.arange(4.0).reshape(1, 1, 2, 2)).ravel()
        array([0., 1., 2., 3.])
    """

    downscale_factor: int

    def __init__(self, downscale_factor: int) -> None:
        self._whole(downscale_factor=downscale_factor)

    def forward(self, x: Any) -> Any:
        """The smaller images."""
        return ag.pixel_unshuffle(x, self.downscale_factor)


class ChannelShuffle(Kind, Weightless):
    """Deal the channels out anew: the first of each group, then the second of each, and so on.

    x (N, C, ...) -> (N, C, ...).

    Arguments:
        groups: in how many equal parts the channels fall.
    Raises:
        ValueError: for what is no integer above 0.
    Source: Zhang et al. 2018.

    Example:
        >>> nn.ChannelShuffle(2)(np.arange(4.0).reshape(1, 4, 1)).ravel()
        array([0., 2., 1., 3.])
    """

    groups: int

    def __init__(self, groups: int) -> None:
        self._whole(groups=groups)

    def forward(self, x: Any) -> Any:
        """The channels in another order."""
        return ag.channel_shuffle(x, self.groups)


class _Patches(Kind, Weightless):
    """Windows that slide over images."""

    def _slide(self, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> None:
        name = type(self).__name__
        for what, value, least in (
            ("kernel_size", kernel_size, 1), ("dilation", dilation, 1), ("padding", padding, 0), ("stride", stride, 1)
        ):  # fmt: skip
            pair_of(name, what, value, least)
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def _windows(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("kernel_size", "dilation", "padding", "stride")}


class Unfold(_Patches):
    """Each window of an image as a column.

    x (N, C, H, W) -> (N, C·kh·kw, L), L windows in row-major order, as `autograd_mini.unfold` does.

    Arguments:
        kernel_size: of the window, an integer or a pair (vertical, horizontal).
        dilation, padding, stride: likewise.
    Raises:
        ValueError: for a geometry that means nothing.

    Example:
        >>> nn.Unfold(2)(np.arange(6.0).reshape(1, 1, 2, 3))[0].T
        array([[0., 1., 3., 4.],
               [1., 2., 4., 5.]])
    """

    def __init__(
        self, kernel_size: IntOrPair, dilation: IntOrPair = 1, padding: IntOrPair = 0, stride: IntOrPair = 1
    ) -> None:
        self._slide(kernel_size, dilation, padding, stride)

    def forward(self, x: Any) -> Any:
        """The columns."""
        return ag.unfold(x, **self._windows())


class Fold(_Patches):
    """The adjoint of Unfold: columns added up as windows of an image.

    y (N, C·kh·kw, L) -> (N, C, *output_size), as `autograd_mini.fold` does.

    Arguments:
        output_size: of the images, an integer or a pair (vertical, horizontal).
        kernel_size: of the window, likewise.
        dilation, padding, stride: likewise.
    Raises:
        ValueError: for a geometry that means nothing.

    Example:
        >>> nn.Fold((2, 3), 2)(np.ones((1, 4, 2)))[0, 0]
        array([[1., 2., 1.],
               [1., 2., 1.]])
    """

    def __init__(
        self,
        output_size: IntOrPair,
        kernel_size: IntOrPair,
        dilation: IntOrPair = 1,
        padding: IntOrPair = 0,
        stride: IntOrPair = 1,
    ) -> None:
        pair_of("Fold", "output_size", output_size, 1)
        self.output_size = output_size
        self._slide(kernel_size, dilation, padding, stride)

    def forward(self, y: Any) -> Any:
        """The images."""
        return ag.fold(y, output_size=self.output_size, **self._windows())
