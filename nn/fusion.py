"""Fusion: pairs of layers that one pass over memory computes. On the tape, and to the bit, they are two."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from autograd_mini.core.observer import current
from autograd_mini.ops.activation import relu6_done
from autograd_mini.ops.arithmetic import linear_by, linear_then_relu
from autograd_mini.ops.channels import (
    batch_norm_by,
    channel_affine_then_relu,
    channel_affine_then_relu6,
    normalise_then_relu,
    normalise_then_relu6,
)  # fmt: skip
from autograd_mini.ops.conv import conv2d_by, conv2d_then_relu
from autograd_mini.ops.elementwise import relu_done

from .layers import BatchNorm2d, Conv2d, Linear, ReLU, ReLU6
from .module import Module
from .running import run_as

_FORWARDS: dict[type, Callable[..., Any]] = {kind: kind.forward for kind in (BatchNorm2d, Conv2d, Linear, ReLU, ReLU6)}


def _linear(layer: Linear, x: Any) -> Any:
    return linear_by(linear_then_relu, x, layer.weight, layer.bias)


def _conv2d(layer: Conv2d, x: Any) -> Any:
    x, how = layer._bordered(x)
    return conv2d_by(conv2d_then_relu, x, layer.weight, layer.bias, **how)


def _batch_norm(layer: BatchNorm2d, x: Any) -> Any:
    return layer._normalised(partial(batch_norm_by, (normalise_then_relu, channel_affine_then_relu)), x)


def _batch_norm6(layer: BatchNorm2d, x: Any) -> Any:
    return layer._normalised(partial(batch_norm_by, (normalise_then_relu6, channel_affine_then_relu6)), x)


PAIRS: dict[tuple[type, type], Callable[[Any, Any], Any]] = {
    (Linear, ReLU): _linear,
    (Conv2d, ReLU): _conv2d,
    (BatchNorm2d, ReLU): _batch_norm,
    (BatchNorm2d, ReLU6): _batch_norm6,
}
"""What computes the first layer and does the second's work too; what `DONE` has for that then records it."""

DONE: dict[type, Any] = {ReLU: relu_done, ReLU6: relu6_done}


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
    done = DONE[type(after)].bind
    return lambda x: run_as(after, done, run_as(layer, first, layer, x))


def both(layer: Module, after: Module, x: Any) -> Any:
    """after(layer(x)), in one pass if it may be."""
    together = fused(layer, after)
    return after(layer(x)) if together is None else together(x)
