"""Pooling layers: the largest, the mean or the p-norm of each window, and the adjoint of choosing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import autograd_mini as ag
from autograd_mini.arguments import is_real, is_whole
from autograd_mini.geometry import IntOrSize, borders_of, size_of

from ..module import Weightless
from .kinds import Kind

if TYPE_CHECKING:
    OneOrMore = IntOrSize | tuple[int | None, ...] | None

__all__ = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d", "LPPool1d", "LPPool2d", "LPPool3d", "MaxPool1d",
    "MaxPool2d", "MaxPool3d", "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d",
]  # fmt: skip


class _Windows(Kind):
    """Windows that slide over maps."""

    always: ClassVar[tuple[str, ...]] = ("stride", "padding")
    axes: ClassVar[int]
    compute: ClassVar[Callable[..., Any]]

    def _slide(self, kernel_size: Any, stride: Any, padding: Any = 0, dilation: Any = 1) -> None:
        """Keep the windows, none of which may be all padding."""
        name, n = type(self).__name__, self.axes
        kernel, d = size_of(name, "kernel_size", kernel_size, 1, n), size_of(name, "dilation", dilation, 1, n)
        s = kernel if stride is None else size_of(name, "stride", stride, 1, n)
        borders = borders_of(name, padding, kernel, s, d, same=False)
        reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, d, strict=True))
        if any(max(border) >= most for border, most in zip(borders, reach, strict=True)):
            raise ValueError(
                f"{name}: padding {padding} must be smaller than the window's reach, {reach if n > 1 else reach[0]}, "
                "so that no window is all padding"
            )
        self.kernel_size, self.padding, self.dilation = kernel_size, padding, dilation
        self.stride = kernel_size if stride is None else stride

    def _given(self, *names: str) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("kernel_size", "stride", *names)}


class _MaxPool(_Windows):
    """The largest element of each window.

    Arguments:
        kernel_size: of the window, an integer or one for each axis, the vertical one of an image first.
        stride: likewise; None is kernel_size.
        padding: likewise; it never wins.
        dilation: from one element of a window to the next, likewise.
        return_indices: whether (values, indices) come back, for the layer that puts values back.
        ceil_mode: whether a last window may reach beyond the padded map.
    Raises:
        ValueError, TypeError: for a window that means nothing, such as one that may be all padding.
    """

    def __init__(
        self,
        kernel_size: IntOrSize,
        stride: IntOrSize | None = None,
        padding: IntOrSize = 0,
        dilation: IntOrSize = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        self._slide(kernel_size, stride, padding, dilation)
        self._flags(return_indices=return_indices, ceil_mode=ceil_mode)

    def forward(self, x: Any) -> Any:
        """The maxima, and where they stood if asked for."""
        return type(self).compute(x, **self._given("padding", "dilation", "ceil_mode", "return_indices"))


class MaxPool1d(_MaxPool):
    """The largest element of each window of a sequence.

    x (N, C, W) -> (N, C, Wout), with the geometry of `autograd_mini.max_pool1d`.

    Example:
        >>> nn.MaxPool1d(2, ceil_mode=True)(np.array([[[1.0, 5.0, 2.0]]]))
        array([[[5., 2.]]])
    """

    axes, compute = 1, ag.max_pool1d


class MaxPool2d(_MaxPool):
    """The largest element of each window.

    x (N, C, H, W) -> (N, C, Hout, Wout), with the geometry of `autograd_mini.max_pool2d`.

    Source: the report, section 3.1.3.

    Example:
        >>> nn.MaxPool2d(2)(np.arange(16.0).reshape(1, 1, 4, 4))
        array([[[[ 5.,  7.],
                 [13., 15.]]]])
    """

    axes, compute = 2, ag.max_pool2d


class MaxPool3d(_MaxPool):
    """The largest element of each window of a volume.

    x (N, C, D, H, W) -> (N, C, Dout, Hout, Wout), with the geometry of `autograd_mini.max_pool3d`.

    Example:
        >>> nn.MaxPool3d((1, 2, 2))(np.arange(8.0).reshape(1, 1, 2, 2, 2)).ravel()
        array([3., 7.])
    """

    axes, compute = 3, ag.max_pool3d


class _MaxUnpool(_Windows):
    """Pooled values back where they stood, zeros elsewhere.

    Arguments:
        kernel_size: of the pooling's window, an integer or one for each axis.
        stride: likewise; None is kernel_size.
        padding: likewise.
    Raises:
        ValueError: for a window that means nothing, such as one that may be all padding.
    """

    def __init__(self, kernel_size: IntOrSize, stride: IntOrSize | None = None, padding: IntOrSize = 0) -> None:
        self._slide(kernel_size, stride, padding)

    def forward(self, y: Any, indices: Any, output_size: tuple[int, ...] | None = None) -> Any:
        """The values at their indices, zeros elsewhere."""
        size = output_size if output_size is None else tuple(output_size)[-self.axes :]
        return type(self).compute(y, indices, output_size=size, **self._given("padding"))


class MaxUnpool1d(_MaxUnpool):
    """Put pooled values back where they stood in a sequence, zeros elsewhere.

    y and indices (N, C, w) -> (N, C, W), as `autograd_mini.max_unpool1d` does.

    Example:
        >>> nn.MaxUnpool1d(2)(np.array([[[5.0, 7.0]]]), np.array([[[1, 2]]]))
        array([[[0., 5., 7., 0.]]])
    """

    axes, compute = 1, ag.max_unpool1d


class MaxUnpool2d(_MaxUnpool):
    """Put pooled values back where they stood, zeros elsewhere.

    y and indices (N, C, h, w) -> (N, C, H, W), as `autograd_mini.max_unpool2d` does.

    Source: the report, section 3.2.2.

    Example:
        >>> values, indices = nn.MaxPool2d(2, return_indices=True)(np.arange(4.0).reshape(1, 1, 2, 2))
        >>> nn.MaxUnpool2d(2)(values, indices)
        array([[[[0., 0.],
                 [0., 3.]]]])
    """

    axes, compute = 2, ag.max_unpool2d


class MaxUnpool3d(_MaxUnpool):
    """Put pooled values back where they stood in a volume, zeros elsewhere.

    y and indices (N, C, d, h, w) -> (N, C, D, H, W), as `autograd_mini.max_unpool3d` does.

    Example:
        >>> nn.MaxUnpool3d((1, 2, 2))(np.ones((1, 1, 1, 1, 1)), np.full((1, 1, 1, 1, 1), 3)).ravel()
        array([0., 0., 0., 1.])
    """

    axes, compute = 3, ag.max_unpool3d


class _AvgPool(_Windows, Weightless):
    """The mean of each window.

    Arguments:
        kernel_size: of the window, an integer or one for each axis, the vertical one of an image first.
        stride: likewise; None is kernel_size.
        padding: likewise.
        ceil_mode: whether a last window may reach beyond the padded map; what is there is not counted.
        count_include_pad: whether padding counts as zeros, or not at all.
        divisor_override: what to divide the sums by instead of the count; None for the count.
    Raises:
        ValueError, TypeError: for a window that means nothing, such as one that may be all padding, and a divisor of 0.
    """

    def __init__(
        self,
        kernel_size: IntOrSize,
        stride: IntOrSize | None = None,
        padding: IntOrSize = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: float | None = None,
    ) -> None:
        self._slide(kernel_size, stride, padding)
        self._flags(ceil_mode=ceil_mode, count_include_pad=count_include_pad)
        if divisor_override is not None and not (is_real(divisor_override) and divisor_override != 0):
            name = type(self).__name__
            raise ValueError(
                f"{name}: divisor_override must be a number other than 0, or None, not {divisor_override!r}"
            )
        self.divisor_override = divisor_override

    def forward(self, x: Any) -> Any:
        """The means."""
        return type(self).compute(x, **self._given("padding", "ceil_mode", "count_include_pad", "divisor_override"))


class AvgPool1d(_AvgPool):
    """The mean of each window of a sequence.

    x (N, C, W) -> (N, C, Wout), with the geometry of `autograd_mini.avg_pool1d`.

    Example:
        >>> nn.AvgPool1d(2, padding=1, count_include_pad=False)(np.array([[[1.0, 5.0]]]))
        array([[[1., 5.]]])
    """

    axes, compute = 1, ag.avg_pool1d


class AvgPool2d(_AvgPool):
    """The mean of each window.

    x (N, C, H, W) -> (N, C, Hout, Wout), with the geometry of `autograd_mini.avg_pool2d`.

    Example:
        >>> nn.AvgPool2d(2)(np.arange(4.0).reshape(1, 1, 2, 2))
        array([[[[1.5]]]])
    """

    axes, compute = 2, ag.avg_pool2d


class AvgPool3d(_AvgPool):
    """The mean of each window of a volume.

    x (N, C, D, H, W) -> (N, C, Dout, Hout, Wout), with the geometry of `autograd_mini.avg_pool3d`.

    Example:
        >>> nn.AvgPool3d((1, 2, 2))(np.arange(8.0).reshape(1, 1, 2, 2, 2)).ravel()
        array([1.5, 5.5])
    """

    axes, compute = 3, ag.avg_pool3d


class _LPPool(_Windows, Weightless):
    """The p-norm of each window, (Σ xᵖ)^(1/p).

    Arguments:
        norm_type: p, a number above 0; where it is not even, x must not be negative.
        kernel_size: of the window, an integer or one for each axis, the vertical one of an image first.
        stride: likewise; None is kernel_size.
        ceil_mode: whether a last window may reach beyond the map; the mean of what it sees counts for the rest.
    Raises:
        ValueError, TypeError: for a p or a window that means nothing.
    """

    always = ("stride",)

    def __init__(
        self, norm_type: float, kernel_size: IntOrSize, stride: IntOrSize | None = None, ceil_mode: bool = False
    ) -> None:
        if not (is_real(norm_type) and 0 < norm_type < float("inf")):
            raise ValueError(f"{type(self).__name__}: norm_type must be a number above 0, not {norm_type!r}")
        self.norm_type = norm_type
        self._slide(kernel_size, stride)
        self._flags(ceil_mode=ceil_mode)

    def forward(self, x: Any) -> Any:
        """The norms."""
        return type(self).compute(x, self.norm_type, **self._given("ceil_mode"))


class LPPool1d(_LPPool):
    """The p-norm of each window of a sequence, (Σ xᵖ)^(1/p).

    x (N, C, W) -> (N, C, Wout), with the geometry of `autograd_mini.lp_pool1d`.

    Example:
        >>> nn.LPPool1d(2, 2)(np.array([[[3.0, 4.0, 0.0]]]))
        array([[[5.]]])
    """

    axes, compute = 1, ag.lp_pool1d


class LPPool2d(_LPPool):
    """The p-norm of each window, (Σ xᵖ)^(1/p).

    x (N, C, H, W) -> (N, C, Hout, Wout), with the geometry of `autograd_mini.lp_pool2d`.

    Example:
        >>> nn.LPPool2d(2, 2)(np.array([[[[3.0, 4.0], [0.0, 12.0]]]]))
        array([[[[13.]]]])
    """

    axes, compute = 2, ag.lp_pool2d


class LPPool3d(_LPPool):
    """The p-norm of each window of a volume, (Σ xᵖ)^(1/p).

    x (N, C, D, H, W) -> (N, C, Dout, Hout, Wout), with the geometry of `autograd_mini.lp_pool3d`.

    Example:
        >>> nn.LPPool3d(3, 2)(np.ones((1, 1, 2, 2, 2)))
        array([[[[[2.]]]]])
    """

    axes, compute = 3, ag.lp_pool3d


# ── so many windows ───────────────────────────────────────────────────────────────────────────────────────────────────


class _Adaptive(Kind):
    """So many windows that cover the map, of unequal sizes where those do not divide it."""

    axes: ClassVar[int]
    compute: ClassVar[Callable[..., Any]]

    def _cover(self, output_size: Any) -> None:
        given = tuple(output_size) if isinstance(output_size, tuple | list) else (output_size,) * self.axes
        if len(given) != self.axes or not all(m is None or is_whole(m, 1) for m in given):
            many = "" if self.axes == 1 else f", or {self.axes} of them"
            raise ValueError(
                f"{type(self).__name__}: output_size must be an integer of at least 1, or None{many}, not "
                f"{output_size!r}"
            )
        self.output_size = output_size


class _AdaptiveAvgPool(_Adaptive, Weightless):
    """The means of so many windows that cover the map.

    Arguments:
        output_size: how many windows, an integer or one for each axis; None for as many as there are elements.
    Raises:
        ValueError: for sizes that are not integers above 0.
    """

    def __init__(self, output_size: OneOrMore) -> None:
        self._cover(output_size)

    def forward(self, x: Any) -> Any:
        """The means."""
        return type(self).compute(x, self.output_size)


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """The means of so many windows that cover the sequence.

    x (N, C, W) -> (N, C, output_size).

    Example:
        >>> nn.AdaptiveAvgPool1d(2)(np.array([[[1.0, 5.0, 2.0]]]))
        array([[[3. , 3.5]]])
    """

    axes, compute = 1, ag.adaptive_avg_pool1d


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """The means of so many windows that cover the map.

    x (N, C, H, W) -> (N, C, *output_size).

    Example:
        >>> nn.AdaptiveAvgPool2d((2, None))(np.ones((1, 1, 5, 7))).shape
        (1, 1, 2, 7)
    """

    axes, compute = 2, ag.adaptive_avg_pool2d


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """The means of so many windows that cover the volume.

    x (N, C, D, H, W) -> (N, C, *output_size).

    Example:
        >>> nn.AdaptiveAvgPool3d(1)(np.arange(8.0).reshape(1, 1, 2, 2, 2)).ravel()
        array([3.5])
    """

    axes, compute = 3, ag.adaptive_avg_pool3d


class _AdaptiveMaxPool(_Adaptive):
    """The maxima of so many windows that cover the map.

    Arguments:
        output_size: how many windows, an integer or one for each axis; None for as many as there are elements.
        return_indices: whether (values, indices) come back.
    Raises:
        ValueError, TypeError: for sizes that are not integers above 0.
    """

    return_indices: bool

    def __init__(self, output_size: OneOrMore, return_indices: bool = False) -> None:
        self._cover(output_size)
        self._flags(return_indices=return_indices)

    def forward(self, x: Any) -> Any:
        """The maxima, and where they stood if asked for."""
        return type(self).compute(x, self.output_size, return_indices=self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The maxima of so many windows that cover the sequence.

    x (N, C, W) -> (N, C, output_size).

    Example:
        >>> nn.AdaptiveMaxPool1d(2)(np.array([[[1.0, 5.0, 2.0]]]))
        array([[[5., 5.]]])
    """

    axes, compute = 1, ag.adaptive_max_pool1d


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The maxima of so many windows that cover the map.

    x (N, C, H, W) -> (N, C, *output_size).

    Example:
        >>> nn.AdaptiveMaxPool2d(1, return_indices=True)(np.arange(6.0).reshape(1, 1, 2, 3))[1]
        array([[[[5]]]])
    """

    axes, compute = 2, ag.adaptive_max_pool2d


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """The maxima of so many windows that cover the volume.

    x (N, C, D, H, W) -> (N, C, *output_size).

    Example:
        >>> nn.AdaptiveMaxPool3d((2, 1, 1))(np.arange(8.0).reshape(1, 1, 2, 2, 2)).ravel()
        array([3., 7.])
    """

    axes, compute = 3, ag.adaptive_max_pool3d
