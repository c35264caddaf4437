"""Layers: each is its fields and one line of mathematics. Images and feature maps are (N, C, H, W).

Layers with weights take `rng` (a NumPy Generator or a seed; fresh randomness if None), `init` for the weight (biases
begin at 0) and `dtype`. Share one Generator among a net's layers and the whole net is reproducible.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor
from autograd_mini.arguments import generator, is_real, is_whole
from autograd_mini.core.primitive import operand
from autograd_mini.geometry import geometry_of, pair_of, window_of
from autograd_mini.ops.channels import track_moments
from autograd_mini.ops.former import relu_keyword

from .init import Initialiser, Rng, floating, he_normal, weight_and_bias
from .module import Module, Weightless

if TYPE_CHECKING:
    from autograd_mini.core.methods import ArrayLike

IntOrPair = int | tuple[int, int]


def _pair(value: IntOrPair) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value, value)


def _axis(name: str, what: str, axis: Any) -> int:
    if not is_whole(axis):
        raise TypeError(f"{name}: {what} must be an integer, not {axis!r}")
    return int(axis)


class Linear(Module):
    """x Wᵀ + b. (..., in_features) -> (..., out_features). Fields: weight (out, in), bias (out,) or None.

    Source: the report, section 3.1.1.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        rng: Rng = None,
        init: Initialiser = he_normal,
        dtype: Any = np.float32,
    ) -> None:
        shape, count = (out_features, in_features), out_features if bias else None
        self.weight, self.bias = weight_and_bias(type(self).__name__, shape, count, rng, init, dtype)

    @relu_keyword
    def forward(self, x: Tensor | ArrayLike) -> Tensor:
        """x Wᵀ + b."""
        return ag.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The layer's arguments."""
        out, into = self.weight.shape
        return f"{into}, {out}{'' if self.bias is not None else ', bias=False'}"


class Conv2d(Module):
    """Slide `out_channels` filters over the maps; geometry as in `autograd_mini.conv2d`.

    (N, in_channels, H, W) -> (N, out_channels, Hout, Wout). Fields: weight (out, in, kh, kw), bias (out,) or None.
    Source: the report, section 3.1.2.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: IntOrPair,
        stride: IntOrPair = 1,
        padding: IntOrPair = 0,
        dilation: IntOrPair = 1,
        bias: bool = True,
        *,
        rng: Rng = None,
        init: Initialiser = he_normal,
        dtype: Any = np.float32,
    ) -> None:
        geometry_of("Conv2d", stride, padding, dilation)
        shape, count = (out_channels, in_channels, *_pair(kernel_size)), out_channels if bias else None
        self.weight, self.bias = weight_and_bias(type(self).__name__, shape, count, rng, init, dtype)
        self.stride, self.padding, self.dilation = stride, padding, dilation

    @relu_keyword
    def forward(self, x: Tensor | ArrayLike) -> Tensor:
        """The feature maps."""
        geometry = {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}
        return ag.conv2d(x, self.weight, self.bias, **geometry)

    def extra_repr(self) -> str:
        """The layer's arguments."""
        out, into, *kernel = self.weight.shape
        bias = "" if self.bias is not None else ", bias=False"
        return f"{into}, {out}, {tuple(kernel)}, stride={self.stride}, padding={self.padding}{bias}"


class ConvTranspose2d(Module):
    """The adjoint of Conv2d, the report's deconv; geometry as in `autograd_mini.conv_transpose2d`.

    (N, in_channels, H, W) -> (N, out_channels, Hout, Wout). Fields: weight (in, out, kh, kw), bias (out,) or None.
    Source: the report, section 3.2.1.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: IntOrPair,
        stride: IntOrPair = 1,
        padding: IntOrPair = 0,
        output_padding: IntOrPair = 0,
        dilation: IntOrPair = 1,
        bias: bool = True,
        *,
        rng: Rng = None,
        init: Initialiser = he_normal,
        dtype: Any = np.float32,
    ) -> None:
        steps = geometry_of("ConvTranspose2d", stride, padding, dilation).stride
        extra = pair_of("ConvTranspose2d", "output_padding", output_padding, 0)
        if extra[0] >= steps[0] or extra[1] >= steps[1]:
            raise ValueError(f"ConvTranspose2d: output_padding {extra} must be smaller than the stride {steps}")
        shape, count = (in_channels, out_channels, *_pair(kernel_size)), out_channels if bias else None
        self.weight, self.bias = weight_and_bias(type(self).__name__, shape, count, rng, init, dtype)
        self.stride, self.padding, self.dilation = stride, padding, dilation
        self.output_padding = output_padding

    def forward(self, y: Tensor | ArrayLike) -> Tensor:
        """The images that the maps paint."""
        geometry = {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}
        return ag.conv_transpose2d(y, self.weight, self.bias, output_padding=self.output_padding, **geometry)

    def extra_repr(self) -> str:
        """The layer's arguments."""
        into, out, *kernel = self.weight.shape
        return f"{into}, {out}, {tuple(kernel)}, stride={self.stride}, padding={self.padding}"


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


class BatchNorm2d(Module):
    """Each channel made to have mean 0 and variance 1 over the batch, then scaled and shifted. (N, C, H, W) -> same.

    While training the batch's own statistics are used, and remembered: running ← (1 − momentum) · running + momentum ·
    batch (variance with ddof=1); evaluation uses what is remembered. Fields: weight, bias, running_mean, running_var,
    all (C,), the last two in single precision at least. Raises ValueError if a channel has a single element while
    training. Source: Ioffe & Szegedy 2015.
    """

    buffers = ("running_mean", "running_var")

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, *, dtype: Any = np.float32) -> None:
        if not is_whole(num_features, 1):
            raise ValueError(f"BatchNorm2d: num_features must be an integer of at least 1, not {num_features!r}")
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


class Dropout(Weightless):
    """While training, drop each element with probability p and scale the rest by 1/(1 − p); else the identity.

    (...) -> (...). Raises ValueError unless 0 ≤ p < 1. Source: Srivastava et al. 2014.
    """

    def __init__(self, p: float = 0.5, *, rng: Rng = None) -> None:
        if not (is_real(p) and 0 <= p < 1):
            raise ValueError(f"Dropout: p is the probability of dropping, 0 ≤ p < 1; got {p}")
        self.p, self.rng = p, generator("Dropout", rng)

    def forward(self, x: Any) -> Any:
        """What is left."""
        return ag.dropout(x, self.p, training=self.training, rng=self.rng)

    def extra_repr(self) -> str:
        """The layer's arguments."""
        return f"p={self.p}"


class Flatten(Weightless):
    """All axes from `start_axis` on made one. (N, C, H, W) -> (N, C·H·W)."""

    def __init__(self, start_axis: int = 1) -> None:
        self.start_axis = _axis("Flatten", "start_axis", start_axis)

    def forward(self, x: Any) -> Any:
        """The flattened input."""
        return ag.flatten(x, self.start_axis)


class ReLU(Weightless):
    """max(x, 0). (...) -> (...). Source: the report, section 3.1.4."""

    def forward(self, x: Any) -> Any:
        """max(x, 0)."""
        return ag.relu(x)


class LeakyReLU(Weightless):
    """x where x > 0, else negative_slope · x. (...) -> (...)."""

    def __init__(self, negative_slope: float = 0.01) -> None:
        if not is_real(negative_slope):
            raise TypeError(f"LeakyReLU: negative_slope must be a number, not {negative_slope!r}")
        self.negative_slope = negative_slope

    def forward(self, x: Any) -> Any:
        """The leaky maximum."""
        return ag.leaky_relu(x, self.negative_slope)


class Sigmoid(Weightless):
    """1 / (1 + e⁻ˣ). (...) -> (...)."""

    def forward(self, x: Any) -> Any:
        """The sigmoid."""
        return ag.sigmoid(x)


class Tanh(Weightless):
    """The hyperbolic tangent. (...) -> (...)."""

    def forward(self, x: Any) -> Any:
        """The hyperbolic tangent."""
        return ag.tanh(x)


class Softmax(Weightless):
    """eˣ / Σeˣ along an axis. (...) -> (...). Losses here take logits: use it to read probabilities, not to train."""

    def __init__(self, axis: int = -1) -> None:
        self.axis = _axis("Softmax", "axis", axis)

    def forward(self, x: Any) -> Any:
        """The probabilities."""
        return ag.softmax(x, self.axis)
