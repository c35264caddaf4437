"""Adam and AdamW: steps scaled by running moments of the gradient."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from autograd_mini.arguments import is_real
from autograd_mini.kernels import steps

from .optimizer import Array, Group, Optimizer, check_at_least


class Adam(Optimizer):
    """Steps scaled by running moments: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², p ← p − lr · m̂ / (√v̂ + ε).

    Half precision moves in single, in which m and v are. With ε = 0, what never had a gradient becomes nan: 0 / 0.

    Arguments:
        params: leaf Tensors, each once, or groups of them; frozen ones are left out.
        lr: the learning rate, above 0.
        betas: β₁ and β₂, from 0 to below 1.
        eps: ε, at least 0.
        weight_decay: λ, at least 0; λp is added to the gradient.
        amsgrad: whether v̂ is the largest until now (Reddi et al. 2018).
    Raises:
        ValueError: for numbers out of range, or no parameters.
        TypeError: for what is no leaf Tensor.
    Source: Kingma & Ba 2015.

    Example:
        >>> w = Tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = nn.Adam([w], lr=0.1)
        >>> (w * w).sum().backward(); optimizer.step(); w.numpy().round(6)  # the first step is lr · the sign
        array([ 0.9, -1.9])
    """

    decay_is_apart: ClassVar[bool] = False

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(params, lr, weight_decay, betas=betas, eps=eps, amsgrad=amsgrad)

    def _check(self, name: str, group: Group) -> None:
        super()._check(name, group)
        betas = group["betas"]
        pair = isinstance(betas, tuple | list) and len(betas) == 2
        if not pair or not all(is_real(beta) and 0 <= beta < 1 for beta in betas):
            raise ValueError(f"{name}: betas must be two numbers of at least 0 and below 1, not {betas}")
        check_at_least(name, group, "eps")

    def _remembers(self, p: Array, group: Group) -> dict[str, Array]:
        names = ("first", "second", *["largest"] * bool(group["amsgrad"]))
        moments = {name: np.zeros_like(p, steps.wide(p.dtype)) for name in names}
        return moments | {"count": np.zeros((), np.int64)}

    def _move(self, p: Array, g: Array, memory: dict[str, Array], group: Group) -> None:
        memory["count"] += 1
        count, lr, weight_decay, (beta1, beta2) = (
            int(memory["count"]),
            group["lr"],
            group["weight_decay"],
            group["betas"],
        )
        decay, shrink = (0.0, 1 - lr * weight_decay) if self.decay_is_apart else (weight_decay, 1.0)
        steps.adam(
            p, g, memory["first"], memory["second"], memory["largest"] if group["amsgrad"] else None,
            rate=lr / (1 - beta1**count), betas=(beta1, beta2), root=math.sqrt(1 - beta2**count), eps=group["eps"],
            decay=decay, shrink=shrink,
        )  # fmt: skip


class AdamW(Adam):
    """Adam with weight decay apart from the gradient: p ← p − lr · λ · p before each step.

    Arguments:
        params: leaf Tensors, each once, or groups of them; frozen ones are left out.
        lr: the learning rate, above 0.
        betas: β₁ and β₂, from 0 to below 1.
        eps: ε, at least 0.
        weight_decay: λ, at least 0.
        amsgrad: whether v̂ is the largest until now (Reddi et al. 2018).
    Raises:
        ValueError: for numbers out of range, or no parameters.
        TypeError: for what is no leaf Tensor.
    Source: Loshchilov & Hutter 2019.

    Example:
        >>> w = Tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = nn.AdamW([w], lr=0.1, weight_decay=0.5)
        >>> (w * w).sum().backward(); optimizer.step(); w.numpy().round(6)
        array([ 0.85, -1.8 ])
    """

    decay_is_apart = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad)
