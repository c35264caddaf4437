"""Stochastic gradient descent, with and without momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_mini.kernels import steps

from .optimizer import Array, Group, Optimizer, check_fraction


class SGD(Optimizer):
    """Stochastic gradient descent: v ← μv + g + λp; p ← p − lr · v (with Nesterov: p − lr · (g + λp + μv)).

    Half precision moves in single, in which v is.

    Arguments:
        params: leaf Tensors, each once, or groups of them; frozen ones are left out.
        lr: the learning rate, above 0.
        momentum: μ, from 0 to below 1.
        weight_decay: λ, at least 0.
        nesterov: whether to look ahead, which needs a momentum.
    Raises:
        ValueError: for numbers out of range, nesterov without a momentum, or no parameters.
        TypeError: for what is no leaf Tensor.
    Source: the report, section 5, Optimizer; Sutskever et al. 2013 in PyTorch's form.

    Example:
        >>> w = Tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = nn.SGD([w], lr=0.1)
        >>> (w * w).sum().backward(); optimizer.step(); w.numpy()
        array([ 0.8, -1.6])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(params, lr, weight_decay, momentum=momentum, nesterov=nesterov)

    def _check(self, name: str, group: Group) -> None:
        super()._check(name, group)
        check_fraction(name, group, "momentum")
        if group["nesterov"] and not group["momentum"]:
            raise ValueError(f"{name}: nesterov needs a momentum")

    def _remembers(self, p: Array, group: Group) -> dict[str, Array]:
        return {"velocity": np.zeros_like(p, steps.wide(p.dtype))} if group["momentum"] else {}

    def _move(self, p: Array, g: Array, memory: dict[str, Array], group: Group) -> None:
        settings = (group[key] for key in ("lr", "momentum", "weight_decay", "nesterov"))
        steps.sgd(p, g, memory["velocity"] if group["momentum"] else None, *settings)
