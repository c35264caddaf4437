"""A running mean of a model's weights, and the model with these weights for a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_mini.arguments import is_real, is_whole
from autograd_mini.core.observer import expose
from autograd_mini.kernels import steps

from ..module import Module

Array = np.ndarray[Any, Any]


class EMA:
    """An exponential moving average of a model's parameters: a ← δa + (1 − δ)p; the first one is p itself.

    `Learner.fit(…, average=)` updates it after each step, and validates and keeps the best with these weights. Half
    precision is averaged in single. Buffers, such as running statistics, are the model's own.

    Arguments:
        model: a Module.
        decay: δ, from 0 to below 1.
    Raises:
        TypeError: for what is no Module.
        ValueError: for a number out of range.
    Source: Polyak & Juditsky 1992.

    Example:
        >>> net = nn.Linear(1, 1, bias=False, rng=0)
        >>> average = nn.EMA(net, decay=0.75)
        >>> for weight in (0.0, 4.0):
        ...     net.weight.data[...] = weight; average.update()
        >>> with average.swapped():
        ...     print(net.weight.item())
        1.0
        >>> net.weight.item()
        4.0
    """

    def __init__(self, model: Module, decay: float = 0.999) -> None:
        if not isinstance(model, Module):
            raise TypeError(f"EMA: the model must be a Module, not {type(model).__name__}")
        if not (is_real(decay) and 0 <= decay < 1):
            raise ValueError(f"EMA: decay must be at least 0 and below 1, not {decay}")
        self.model, self.decay, self.count = model, decay, 0
        self.arrays: dict[str, Array] = {}

    def update(self) -> None:
        """Take in the parameters as they are now."""
        for name, p in self.model.named_parameters():
            if name not in self.arrays:
                self.arrays[name] = p._array.astype(steps.wide(p.dtype))
            else:
                mean = self.arrays[name]
                mean += np.asarray(1 - self.decay, mean.dtype) * (p._array - mean)
        self.count += 1

    @contextmanager
    def swapped(self) -> Iterator[None]:
        """The model with the average for weights inside the block; afterwards with its own."""
        held = [
            (p, p._array.copy(), self.arrays[name]) for name, p in self.model.named_parameters() if name in self.arrays
        ]
        try:
            for p, _, mean in held:
                expose(p, writing=True)[...] = mean
            yield
        finally:
            for p, own, _ in held:
                expose(p, writing=True)[...] = own

    def state_dict(self) -> dict[str, Array]:
        """The average by path, and how many updates there were: the arrays, not copies."""
        return {**self.arrays, "count": np.asarray(self.count)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave.

        Arguments:
            state: arrays by name.
        Raises:
            ValueError: for what does not fit, before anything changes.
        """
        self.check_state(state)
        held = dict(self.model.named_parameters())
        self.count = int(state["count"])
        self.arrays = {
            name: np.array(array, steps.wide(held[name].dtype)) for name, array in state.items() if name in held
        }

    def check_state(self, state: Mapping[str, Any]) -> None:
        """Raise ValueError for what `state_dict` of such a model did not give."""
        own = {name: p.shape for name, p in self.model.named_parameters()} | {"count": ()}
        if "count" not in state or not is_whole(np.asarray(state["count"])[()], 0):
            raise ValueError("EMA: the state must have a count of at least 0")
        wanted = set(own) if state["count"] else {"count"}
        if odd := sorted(wanted ^ set(state)):
            raise ValueError(f"EMA: the state and the model do not have the same parameters: {', '.join(odd[:6])}")
        for name, array in state.items():
            if np.shape(array) != own[name] or np.asarray(array).dtype.kind not in "fiu":
                raise ValueError(f"EMA: {name} {np.shape(array)} must be numbers of shape {own[name]}")
