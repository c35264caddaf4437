"""Fusion: pairs of layers that one pass over memory computes. On the tape, and to the bit, they are two."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import MethodType
from typing import Any

from autograd_mini.core.observer import current
from autograd_mini.ops.arithmetic import linear_by, linear_then_relu
from autograd_mini.ops.channels import batch_norm_by, channel_affine_then_relu, normalise_then_relu
from autograd_mini.ops.conv import conv2d_by, conv2d_then_relu
from autograd_mini.ops.elementwise import relu_done

from .layers import BatchNorm2d, Conv2d, Linear, ReLU
from .module import Module

_FORWARDS: dict[type, Callable[..., Any]] = {kind: kind.forward for kind in (BatchNorm2d, Conv2d, Linear, ReLU)}


def _linear(layer: Linear, x: Any) -> Any:
    return linear_by(linear_then_relu, x, layer.weight, layer.bias)


def _conv2d(layer: Conv2d, x: Any) -> Any:
    return conv2d_by(conv2d_then_relu, x, layer.weight, layer.bias, layer.stride, layer.padding, layer.dilation)


def _batch_norm(layer: BatchNorm2d, x: Any) -> Any:
    return layer.normalised(partial(batch_norm_by, normalise_then_relu, channel_affine_then_relu), x)


PAIRS: dict[tuple[type, type], Callable[[Any, Any], Any]] = {
    (Linear, ReLU): _linear,
    (Conv2d, ReLU): _conv2d,
    (BatchNorm2d, ReLU): _batch_norm,
}
"""What computes the first layer and does the second's work too; `relu_done` then records the second."""


def fused(layer: Module, after: Module | None) -> Callable[[Any], Any] | None:
    """What computes after(layer(x)) in one pass; None unless there is such a pair, and nobody sees what is between.

    Types are exact, and their forwards their own: neither a class's nor an instance's has been replaced.
    """
    first, observers = PAIRS.get((type(layer), type(after))), current.get().observers
    if first is None or after is None or observers.named or observers.needs_values:
        return None
    if any(part.forward != MethodType(_FORWARDS[type(part)], part) for part in (layer, after)):
        return None
    return lambda x: after.run(relu_done.bind, layer.run(first, layer, x))
