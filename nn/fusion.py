"""Fusion: pairs of layers that one pass over memory computes. On the tape, and to the bit, they are two."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from autograd_mini.core.observer import current
from autograd_mini.ops.arithmetic import linear_by, linear_then_relu
from autograd_mini.ops.channels import batch_norm_by, channel_affine_then_relu, normalise_then_relu
from autograd_mini.ops.conv import conv2d_by, conv2d_then_relu
from autograd_mini.ops.elementwise import relu_done

from .layers import BatchNorm2d, Conv2d, Linear, ReLU
from .module import Module
from .running import run_as

_FORWARDS: dict[type, Callable[..., Any]] = {kind: kind.forward for kind in (BatchNorm2d, Conv2d, Linear, ReLU)}


def _linear(layer: Linear, x: Any) -> Any:
    return linear_by(linear_then_relu, x, layer.weight, layer.bias)


def _conv2d(layer: Conv2d, x: Any) -> Any:
    x, how = layer._bordered(x)
    return conv2d_by(conv2d_then_relu, x, layer.weight, layer.bias, **how)


def _batch_norm(layer: BatchNorm2d, x: Any) -> Any:
    return layer._normalised(partial(batch_norm_by, (normalise_then_relu, channel_affine_then_relu)), x)


PAIRS: dict[tuple[type, type], Callable[[Any, Any], Any]] = {
    (Linear, ReLU): _linear,
    (Conv2d, ReLU): _conv2d,
    (BatchNorm2d, ReLU): _batch_norm,
}
"""What computes the first layer and does the second's work too; `relu_done` then records the second."""


def _has_its_own_forward(part: Module) -> bool:
    return "forward" not in vars(part) and type(part).forward is _FORWARDS[type(part)]


def fused(layer: Module, after: Module | None) -> Callable[[Any], Any] | None:
    """What computes after(layer(x)) in one pass; None unless there is such a pair, and nobody sees what is between.

    Types are exact, and their forwards their own: neither a class's nor an instance's has been replaced, nor hooked.
    """
    first, observers = PAIRS.get((type(layer), type(after))), current.get().observers
    if first is None or after is None or observers.named or observers.needs_values:
        return None
    if not (_has_its_own_forward(layer) and _has_its_own_forward(after)):
        return None
    if "_hooks" in vars(layer) or "_hooks" in vars(after):
        return None
    return lambda x: run_as(after, relu_done.bind, run_as(layer, first, layer, x))
