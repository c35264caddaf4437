"""Pooling layers: the largest or the mean of each window, and the adjoint of choosing."""

from __future__ import annotations

from typing import Any

import autograd_mini as ag
from autograd_mini.geometry import IntOrPair, window_of

from ..module import Module, Weightless


class _Pool(Module):
    def __init__(self, kernel_size: IntOrPair, stride: IntOrPair | None = None, padding: IntOrPair = 0) -> None:
        window_of(type(self).__name__, kernel_size, stride, padding)
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding

    def extra_repr(self) -> str:
        """The layer's arguments."""
        stride = self.kernel_size if self.stride is None else self.stride
        return f"{self.kernel_size}, stride={stride}, padding={self.padding}"


class MaxPool2d(_Pool):
    """The largest element of each window.

    x (N, C, H, W) -> (N, C, Hout, Wout), with the geometry of `autograd_mini.max_pool2d`.

    Arguments:
        kernel_size: of the window, an integer or a pair (vertical, horizontal), in pixels.
        stride, padding: likewise; the stride is by default the kernel_size.
        return_indices: whether (values, indices) come back, for `MaxUnpool2d`.
    Raises:
        ValueError: for a window that means nothing, such as one that may be all padding.
    Source: the report, section 3.1.3.

    Example:
        >>> nn.MaxPool2d(2)(np.arange(16.0).reshape(1, 1, 4, 4))
        array([[[[ 5.,  7.],
                 [13., 15.]]]])
    """

    def __init__(
        self,
        kernel_size: IntOrPair,
        stride: IntOrPair | None = None,
        padding: IntOrPair = 0,
        return_indices: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding)
        self.return_indices = return_indices

    def forward(self, x: Any) -> Any:
        """The maxima, and where they stood if asked for."""
        return ag.max_pool2d(
            x,
            kernel_size=self.kernel_size,
            stride=self.stride,
            padding=self.padding,
            return_indices=self.return_indices,
        )


class MaxUnpool2d(_Pool):
    """Put pooled values back where they stood, zeros elsewhere.

    y and indices (N, C, h, w) -> (N, C, H, W), as `autograd_mini.max_unpool2d` does.

    Arguments:
        kernel_size: of the pooling, an integer or a pair (vertical, horizontal), in pixels.
        stride, padding: likewise; the stride is by default the kernel_size.
    Raises:
        ValueError: for a window that means nothing, such as one that may be all padding.
    Source: the report, section 3.2.2.

    Example:
        >>> values, indices = nn.MaxPool2d(2, return_indices=True)(np.arange(4.0).reshape(1, 1, 2, 2))
        >>> nn.MaxUnpool2d(2)(values, indices)
        array([[[[0., 0.],
                 [0., 3.]]]])
    """

    def forward(self, y: Any, indices: Any, output_size: tuple[int, int] | None = None) -> Any:
        """The values at their indices, zeros elsewhere."""
        return ag.max_unpool2d(
            y,
            indices,
            kernel_size=self.kernel_size,
            stride=self.stride,
            padding=self.padding,
            output_size=output_size,
        )


class AvgPool2d(_Pool, Weightless):
    """The mean of each window, padding counted as zeros.

    x (N, C, H, W) -> (N, C, Hout, Wout), with the geometry of `autograd_mini.avg_pool2d`.

    Arguments:
        kernel_size: of the window, an integer or a pair (vertical, horizontal), in pixels.
        stride, padding: likewise; the stride is by default the kernel_size.
    Raises:
        ValueError: for a window that means nothing, such as one that may be all padding.

    Example:
        >>> nn.AvgPool2d(2)(np.arange(4.0).reshape(1, 1, 2, 2))
        array([[[[1.5]]]])
    """

    def forward(self, x: Any) -> Any:
        """The means."""
        return ag.avg_pool2d(x, kernel_size=self.kernel_size, stride=self.stride, padding=self.padding)
