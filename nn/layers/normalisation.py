"""Normalisation layers: over the batch, with statistics that are remembered for evaluation, and over one example."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor
from autograd_mini.arguments import is_whole
from autograd_mini.core.primitive import operand
from autograd_mini.ops.channels import track_moments
from autograd_mini.ops.former import relu_keyword

from ..init import floating
from ..module import Module, Weightless
from .kinds import Kind

__all__ = [
    "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "GroupNorm", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d",
    "LayerNorm", "LocalResponseNorm", "RMSNorm",
]  # fmt: skip

IMAGES = {2: "(N, C)", 3: "(N, C, L)", 4: "(N, C, H, W)", 5: "(N, C, D, H, W)"}


class _Scaled(Kind):
    """Numbers that are normalised, then scaled by a weight and shifted by a bias if there are any."""

    eps: float
    weight: Tensor | None
    bias: Tensor | None

    def _grow(self, shape: tuple[int, ...], dtype: Any, weight: bool, bias: bool) -> None:
        """Make the weight of ones and the bias of zeros."""
        kind = floating(type(self).__name__, dtype)
        self.weight = Tensor(np.ones(shape, kind), requires_grad=True, name="weight") if weight else None
        self.bias = Tensor(np.zeros(shape, kind), requires_grad=True, name="bias") if bias else None


class _OfChannels(_Scaled):
    """Each channel normalised, with statistics that may be remembered."""

    axes: ClassVar[tuple[int, ...]]
    buffers = ("running_mean", "running_var", "num_batches_tracked")
    num_features: int
    momentum: float | None
    affine: bool
    track_running_stats: bool

    def _keep(self, num_features: int, eps: float, momentum: float, affine: bool, track: bool, dtype: Any) -> None:
        self._whole(num_features=num_features)
        self._numbers(least=0, eps=eps)
        self._numbers(least=0, most=1, momentum=momentum)
        self._flags(affine=affine, track_running_stats=track)
        self._grow((num_features,), dtype, affine, affine)
        remembered = np.promote_types(dtype, np.float32)  # a variance may not fit into half precision
        mean, var = np.zeros(num_features, remembered), np.ones(num_features, remembered)
        self.running_mean = Tensor(mean, name="running_mean") if track else None
        self.running_var = Tensor(var, name="running_var") if track else None
        self.num_batches_tracked: Tensor | None = None

    def _maps(self, x: Any) -> Any:
        """The maps, refused unless they have the channels."""
        name = type(self).__name__
        x = operand(name, x)
        if len(x.shape) not in self.axes or x.shape[1] != self.num_features:
            images = " or ".join(IMAGES[n] for n in self.axes)
            raise ValueError(f"{name}: x {x.shape} must be {images} with C = {self.num_features} channels")
        return x

    def _counted(self, x: Any, count: int) -> int:
        """How many numbers a channel has, refused where they have no variance."""
        if self.training and count < 2:
            raise ValueError(
                f"{type(self).__name__}: x {x.shape} has {'one element' if count else 'no elements'} a channel; "
                "training needs more to have a variance"
            )
        return count

    def _remember(self, mean: Any, var: Any, count: int) -> None:
        """Move the running statistics towards those of a batch with `count` numbers a channel."""
        if self.running_mean is None:
            return
        running = (self.running_mean, self.running_var, self.num_batches_tracked)
        track_moments.bind(mean, var, running=running, momentum=self.momentum, count=count)


class _BatchNorm(_OfChannels):
    """Each channel with mean 0 and variance 1 over the batch, then scaled and shifted.

    While training the batch's own statistics are used, and remembered: running ← (1 − momentum) · running + momentum ·
    batch, of the variance with ddof=1. Evaluation uses what is remembered. Parameters: weight, bias (C,). Buffers:
    running_mean, running_var (C,), in single precision at least. A call while training raises ValueError for a channel
    of less than two elements.

    Arguments:
        num_features: C.
        eps: added to the variance before the root is taken.
        momentum: how much of a batch's statistics is remembered, from 0 to 1; None for the mean over all batches, whose
            number is then the buffer num_batches_tracked.
        affine: whether there are a weight and a bias.
        track_running_stats: whether statistics are remembered; without it evaluation too uses the batch's own.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for arguments that mean nothing.
    Source: Ioffe & Szegedy 2015.
    """

    always = ("eps", "momentum")

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        dtype: Any = np.float32,
    ) -> None:
        self._keep(num_features, eps, 0.1 if momentum is None else momentum, affine, track_running_stats, dtype)
        if momentum is None:
            self.momentum = None
            self.num_batches_tracked = Tensor(np.array(0), name="num_batches_tracked") if track_running_stats else None

    @relu_keyword
    def forward(self, x: Any) -> Tensor:
        """The normalised maps."""
        return self._normalised(ag.batch_norm, x)

    def _normalised(self, batch_norm: Any, x: Any) -> Tensor:
        """The maps normalised by `batch_norm` or what stands for it, and while training its statistics remembered."""
        x = self._maps(x)
        y: Tensor
        if not self.training and self.running_mean is not None:
            mean = self.running_mean + 0  # a copy: training changes the original, which may be needed yet
            y = batch_norm(x, mean, self.running_var, self.weight, self.bias, eps=self.eps)
            return y
        count = self._counted(x, x.shape[0] * prod(x.shape[2:]))
        y, mean, var = batch_norm(x, None, None, self.weight, self.bias, eps=self.eps, return_statistics=True)
        if self.training:
            self._remember(mean, var, count)
        return y


def least_batch(model: Module) -> int:
    """How many examples a batch must have to train a model on: a variance over the batch may need two."""
    return 1 + any(isinstance(module, _BatchNorm) for _, module in model.named_modules())


class BatchNorm1d(_BatchNorm):
    """Give each feature mean 0 and variance 1 over the batch, then scale and shift it.

    x (N, C) or (N, C, L) -> same.

    Example:
        >>> nn.BatchNorm1d(1)(np.array([[1.0], [3.0]])).numpy().ravel().round(3)
        array([-1.,  1.])
    """

    axes = 2, 3


class BatchNorm2d(_BatchNorm):
    """Give each channel mean 0 and variance 1 over the batch, then scale and shift it.

    x (N, C, H, W) -> same.

    Example:
        >>> norm, x = nn.BatchNorm2d(1), np.array([1.0, 3.0]).reshape(2, 1, 1, 1)
        >>> norm(x).numpy().ravel().round(3), norm.running_mean.numpy()
        (array([-1.,  1.]), array([0.2], dtype=float32))
    """

    axes = (4,)


class BatchNorm3d(_BatchNorm):
    """Give each channel of volumes mean 0 and variance 1 over the batch, then scale and shift it.

    x (N, C, D, H, W) -> same.

    Example:
        >>> nn.BatchNorm3d(1)(np.arange(2.0).reshape(1, 1, 1, 1, 2)).numpy().ravel().round(3)
        array([-1.,  1.])
    """

    axes = (5,)


class _InstanceNorm(_OfChannels, Weightless):
    """Each channel of each example with mean 0 and variance 1.

    Parameters, if `affine`: weight, bias (C,). Buffers, if `track_running_stats`: running_mean, running_var (C,), which
    are moved while training towards the means over the batch, and are what evaluation uses.

    Arguments:
        num_features: C.
        eps: added to the variance before the root is taken.
        momentum: how much of a batch's statistics is remembered, from 0 to 1.
        affine: whether there are a weight and a bias.
        track_running_stats: whether statistics are remembered.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for arguments that mean nothing.
    Source: Ulyanov et al. 2016.
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        dtype: Any = np.float32,
    ) -> None:
        self._keep(num_features, eps, momentum, affine, track_running_stats, dtype)

    def forward(self, x: Any) -> Any:
        """The normalised maps."""
        x = self._maps(x)
        if not self.training and self.running_mean is not None:
            return ag.batch_norm(x, self.running_mean + 0, self.running_var, self.weight, self.bias, eps=self.eps)
        count = self._counted(x, prod(x.shape[2:]))
        if self.training and self.running_mean is not None:
            with ag.no_grad():
                maps = x.reshape((1, -1, *x.shape[2:]))
                _, *own = ag.batch_norm(maps, eps=self.eps, return_statistics=True)
                mean, var = (ag.mean(v.reshape(x.shape[:2]), axis=0) for v in own)
            self._remember(mean, var, count)
        return ag.instance_norm(x, self.weight, self.bias, self.eps)


class InstanceNorm1d(_InstanceNorm):
    """Give each channel of each sequence mean 0 and variance 1.

    x (N, C, L) -> same.

    Example:
        >>> nn.InstanceNorm1d(1)(np.array([[[1.0, 3.0]]])).round(3)
        array([[[-1.,  1.]]])
    """

    axes = (3,)


class InstanceNorm2d(_InstanceNorm):
    """Give each channel of each image mean 0 and variance 1.

    x (N, C, H, W) -> same.

    Example:
        >>> nn.InstanceNorm2d(1)(np.array([[[[1.0, 3.0]]]])).round(3)
        array([[[[-1.,  1.]]]])
    """

    axes = (4,)


class InstanceNorm3d(_InstanceNorm):
    """Give each channel of each volume mean 0 and variance 1.

    x (N, C, D, H, W) -> same.

    Example:
        >>> nn.InstanceNorm3d(1)(np.array([[[[[1.0, 3.0]]]]])).round(3)
        array([[[[[-1.,  1.]]]]])
    """

    axes = (5,)


# ── one example ───────────────────────────────────────────────────────────────────────────────────────────────────────


class _LastAxes(_Scaled, Weightless):
    """The last axes of each example normalised."""

    normalized_shape: tuple[int, ...]
    elementwise_affine: bool

    def _keep(self, normalized_shape: Any, elementwise_affine: bool) -> None:
        shape = tuple(normalized_shape) if isinstance(normalized_shape, tuple | list) else (normalized_shape,)
        if not shape or not all(is_whole(n, 1) for n in shape):
            raise ValueError(
                f"{type(self).__name__}: normalized_shape must be positive integers, at least one, not "
                f"{normalized_shape!r}"
            )
        self.normalized_shape = shape
        self._flags(elementwise_affine=elementwise_affine)


class LayerNorm(_LastAxes):
    """Give the last axes of each example mean 0 and variance 1, then scale and shift each element.

    x (..., *normalized_shape) -> same. Parameters: weight, bias, of normalized_shape.

    Arguments:
        normalized_shape: the lengths of these axes; an integer for one.
        eps: added to the variance before the root is taken.
        elementwise_affine: whether there are a weight and a bias.
        bias: whether, if so, there is a bias.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for arguments that mean nothing.
    Source: Ba et al. 2016.

    Example:
        >>> nn.LayerNorm(2)(np.array([[1.0, 3.0], [10.0, 30.0]])).numpy().round(3)
        array([[-1.,  1.],
               [-1.,  1.]])
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: Any = np.float32,
    ) -> None:
        self._keep(normalized_shape, elementwise_affine)
        self._numbers(least=0, eps=eps)
        self._grow(self.normalized_shape, dtype, elementwise_affine, self._flag("bias", bias) and elementwise_affine)

    def forward(self, x: Any) -> Any:
        """The normalised examples."""
        return ag.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)


class RMSNorm(_LastAxes):
    """Divide the last axes of each example by their root mean square, then scale each element.

    x (..., *normalized_shape) -> same. Parameter: weight, of normalized_shape.

    Arguments:
        normalized_shape: the lengths of these axes; an integer for one.
        eps: added to the mean square; None for the distance from 1 to the next number of x's dtype.
        elementwise_affine: whether there is a weight.
        dtype: of the weight, a floating one.
    Raises:
        ValueError, TypeError: for arguments that mean nothing.
    Source: Zhang & Sennrich 2019.

    Example:
        >>> nn.RMSNorm(2)(np.array([1.0, 7.0])).numpy().round(6)
        array([0.2, 1.4])
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        dtype: Any = np.float32,
    ) -> None:
        self._keep(normalized_shape, elementwise_affine)
        if eps is not None:
            self._numbers(least=0, eps=eps)
        self.eps: float | None = eps  # type: ignore[assignment]
        self._grow(self.normalized_shape, dtype, elementwise_affine, False)

    def forward(self, x: Any) -> Any:
        """The normalised examples."""
        return ag.rms_norm(x, self.normalized_shape, self.weight, self.eps)


class GroupNorm(_Scaled, Weightless):
    """Give each group of channels of each example mean 0 and variance 1, then scale and shift each channel.

    x (N, C, ...) -> same. Parameters: weight, bias (C,).

    Arguments:
        num_groups: in how many equal parts the channels fall.
        num_channels: C.
        eps: added to the variance before the root is taken.
        affine: whether there are a weight and a bias.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for arguments that mean nothing, and groups that do not divide the channels.
    Source: Wu & He 2018.

    Example:
        >>> nn.GroupNorm(2, 4)(np.array([[1.0, 3.0, 10.0, 30.0]])).numpy().round(3)
        array([[-1.,  1., -1.,  1.]])
    """

    num_groups: int
    num_channels: int

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, *, dtype: Any = np.float32
    ) -> None:
        self._whole(num_groups=num_groups, num_channels=num_channels)
        if num_channels % num_groups:
            raise ValueError(f"GroupNorm: {num_groups} groups must divide the {num_channels} channels")
        self._numbers(least=0, eps=eps)
        self._flags(affine=affine)
        self._grow((num_channels,), dtype, affine, affine)

    def forward(self, x: Any) -> Any:
        """The normalised maps."""
        return ag.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)


class LocalResponseNorm(Kind, Weightless):
    """Divide each number by its neighbours' in other channels: x / (k + α · mean of x² over `size` channels)^β.

    x (N, C, ...) -> same.

    Arguments:
        size: how many channels the mean is taken over.
        alpha, beta, k: α, β, and k, numbers.
    Raises:
        ValueError, TypeError: for arguments that mean nothing.
    Source: Krizhevsky et al. 2012, section 3.3, where α is not divided by the size.

    Example:
        >>> nn.LocalResponseNorm(3, alpha=3.0, beta=0.5, k=0.0)(np.array([[3.0, 0.0, 4.0]]))
        array([[1., 0., 1.]])
    """

    size: int
    alpha: float
    beta: float
    k: float

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        self._whole(size=size)
        self._numbers(alpha=alpha, beta=beta, k=k)

    def forward(self, x: Any) -> Any:
        """The quotients."""
        return ag.local_response_norm(x, self.size, self.alpha, self.beta, self.k)
