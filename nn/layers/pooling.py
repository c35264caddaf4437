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
    """The largest element of each window, `autograd_mini.max_pool2d`. (N, C, H, W) -> (N, C, Hout, Wout).

    With return_indices=True the result is (values, indices). Source: the report, section 3.1.3.
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
    """Put pooled values back where they stood, `autograd_mini.max_unpool2d`. (N, C, h, w) twice -> (N, C, H, W).

    Source: the report, section 3.2.2.
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
    """The mean of each window, `autograd_mini.avg_pool2d`. (N, C, H, W) -> (N, C, Hout, Wout)."""

    def forward(self, x: Any) -> Any:
        """The means."""
        return ag.avg_pool2d(x, kernel_size=self.kernel_size, stride=self.stride, padding=self.padding)
