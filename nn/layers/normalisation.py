"""Batch normalisation, and the statistics that it remembers for evaluation."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor
from autograd_mini.arguments import check_whole, is_real
from autograd_mini.core.primitive import operand
from autograd_mini.ops.channels import track_moments
from autograd_mini.ops.former import relu_keyword

from ..init import floating
from ..module import Module


class BatchNorm2d(Module):
    """Give each channel mean 0 and variance 1 over the batch, then scale and shift it.

    x (N, C, H, W) -> same. While training the batch's own statistics are used, and remembered: running ←
    (1 − momentum) · running + momentum · batch, of the variance with ddof=1. Evaluation uses what is remembered.
    Parameters: weight, bias (C,). Buffers: running_mean, running_var (C,), in single precision at least. A call while
    training raises ValueError for a channel of less than two elements.

    Arguments:
        num_features: C.
        eps: added to the variance before the root is taken.
        momentum: how much of a batch's statistics is remembered, from 0 to 1.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for arguments that mean nothing.
    Source: Ioffe & Szegedy 2015.

    Example:
        >>> norm, x = nn.BatchNorm2d(1), np.array([1.0, 3.0]).reshape(2, 1, 1, 1)
        >>> norm(x).numpy().ravel().round(3), norm.running_mean.numpy()
        (array([-1.,  1.]), array([0.2], dtype=float32))
    """

    buffers = ("running_mean", "running_var")

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, *, dtype: Any = np.float32) -> None:
        check_whole("BatchNorm2d", "num_features", num_features, 1)
        if not (is_real(eps) and 0 <= eps < np.inf):
            raise ValueError(f"BatchNorm2d: eps must be a number of at least 0, not {eps!r}")
        if not (is_real(momentum) and 0 <= momentum <= 1):
            raise ValueError(f"BatchNorm2d: momentum must be a number from 0 to 1, not {momentum!r}")
        dtype = floating("BatchNorm2d", dtype)
        self.weight = Tensor(np.ones(num_features, dtype), requires_grad=True, name="weight")
        self.bias = Tensor(np.zeros(num_features, dtype), requires_grad=True, name="bias")
        remembered = np.promote_types(dtype, np.float32)  # a variance may not fit into half precision
        self.running_mean = Tensor(np.zeros(num_features, remembered), name="running_mean")
        self.running_var = Tensor(np.ones(num_features, remembered), name="running_var")
        self.eps, self.momentum = eps, momentum

    @relu_keyword
    def forward(self, x: Any) -> Tensor:
        """The normalised maps."""
        return self._normalised(ag.batch_norm, x)

    def _normalised(self, batch_norm: Any, x: Any) -> Tensor:
        """The maps normalised by `batch_norm` or what stands for it, and while training its statistics remembered."""
        x = operand("BatchNorm2d", x)
        if len(x.shape) != 4 or x.shape[1] != self.weight.shape[0]:
            raise ValueError(f"BatchNorm2d: x {x.shape} must be (N, C, H, W) with C = {self.weight.shape[0]} channels")
        y: Tensor
        if not self.training:
            mean = self.running_mean + 0  # a copy: training changes the original, which may be needed yet
            y = batch_norm(x, mean, self.running_var, self.weight, self.bias, eps=self.eps)
            return y
        count = x.shape[0] * x.shape[2] * x.shape[3]
        if count < 2:
            raise ValueError(
                f"BatchNorm2d: x {x.shape} has {'one element' if count else 'no elements'} a channel; training needs "
                "more to have a variance"
            )
        y, mean, var = batch_norm(x, None, None, self.weight, self.bias, eps=self.eps, return_statistics=True)
        running = self.running_mean, self.running_var
        track_moments.bind(mean, var, running=running, momentum=self.momentum, count=count)
        return y

    def extra_repr(self) -> str:
        """The layer's arguments."""
        return f"{self.weight.shape[0]}, eps={self.eps}, momentum={self.momentum}"
