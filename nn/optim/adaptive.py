"""Steps scaled by the gradients of a parameter until now: RMSprop and Adagrad."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_mini.kernels import steps

from .optimizer import Array, Group, Optimizer, check_at_least, check_fraction


class RMSprop(Optimizer):
    """Steps scaled by a running mean square: s ← αs + (1 − α)g², p ← p − lr · g / (√s + ε).

    Half precision moves in single, in which s is.

    Arguments:
        params: leaf Tensors, each once, or groups of them; frozen ones are left out.
        lr: the learning rate, above 0.
        alpha: α, from 0 to below 1.
        eps: ε, at least 0.
        weight_decay: λ, at least 0; λp is added to the gradient.
        momentum: μ, from 0 to below 1: v ← μv + g / (√s + ε), and p ← p − lr · v.
        centered: whether s has the square of the gradient's running mean taken off, which makes it a variance.
    Raises:
        ValueError: for numbers out of range, or no parameters.
        TypeError: for what is no leaf Tensor.
    Source: Tieleman & Hinton 2012; centred, Graves 2013.

    Example:
        >>> w = Tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = nn.RMSprop([w], lr=0.01)
        >>> (w * w).sum().backward(); optimizer.step(); w.numpy().round(6)  # the first step is lr / √(1 − α)
        array([ 0.9, -1.9])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        super().__init__(params, lr, weight_decay, alpha=alpha, eps=eps, momentum=momentum, centered=centered)

    def _check(self, name: str, group: Group) -> None:
        super()._check(name, group)
        check_at_least(name, group, "eps")
        check_fraction(name, group, "alpha")
        check_fraction(name, group, "momentum")

    def _remembers(self, p: Array, group: Group) -> dict[str, Array]:
        names = ("square", *["mean"] * bool(group["centered"]), *["velocity"] * bool(group["momentum"]))
        return {name: np.zeros_like(p, steps.wide(p.dtype)) for name in names}

    def _move(self, p: Array, g: Array, memory: dict[str, Array], group: Group) -> None:
        steps.rmsprop(
            p, g, memory["square"], memory["mean"] if group["centered"] else None,
            memory["velocity"] if group["momentum"] else None,
            lr=group["lr"], alpha=group["alpha"], momentum=group["momentum"], eps=group["eps"],
            decay=group["weight_decay"],
        )  # fmt: skip


class Adagrad(Optimizer):
    """Steps scaled by all squares until now: s ← s + g², p ← p − lr / (1 + (t − 1)η) · g / (√s + ε) in step t.

    Half precision moves in single, in which s is.

    Arguments:
        params: leaf Tensors, each once, or groups of them; frozen ones are left out.
        lr: the learning rate, above 0.
        lr_decay: η, at least 0.
        weight_decay: λ, at least 0; λp is added to the gradient.
        initial_accumulator_value: s before the first step, at least 0.
        eps: ε, at least 0.
    Raises:
        ValueError: for numbers out of range, or no parameters.
        TypeError: for what is no leaf Tensor.
    Source: Duchi, Hazan & Singer 2011.

    Example:
        >>> w = Tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = nn.Adagrad([w], lr=0.1)
        >>> (w * w).sum().backward(); optimizer.step(); w.numpy().round(6)  # the first step is lr · the sign
        array([ 0.9, -1.9])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        super().__init__(
            params, lr, weight_decay,
            lr_decay=lr_decay, initial_accumulator_value=initial_accumulator_value, eps=eps,
        )  # fmt: skip

    def _check(self, name: str, group: Group) -> None:
        super()._check(name, group)
        check_at_least(name, group, "lr_decay", "initial_accumulator_value", "eps")

    def _remembers(self, p: Array, group: Group) -> dict[str, Array]:
        start = group["initial_accumulator_value"]
        return {"square": np.full_like(p, start, steps.wide(p.dtype)), "count": np.zeros((), np.int64)}

    def _move(self, p: Array, g: Array, memory: dict[str, Array], group: Group) -> None:
        rate = group["lr"] / (1 + int(memory["count"]) * group["lr_decay"])
        memory["count"] += 1
        steps.adagrad(p, g, memory["square"], rate=rate, eps=group["eps"], decay=group["weight_decay"])
