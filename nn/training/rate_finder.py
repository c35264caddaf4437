"""A learning rate that suits a model and its data: the loss while the rate rises from step to step."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np

from autograd_mini.core.observer import expose
from autograd_mini.showing import as_picture, as_text

from ..module import Module
from ..optim import Optimizer
from .generators import held_generators, put_back_generators
from .history import panels_of

SMOOTHING, DIVERGED = 0.9, 4.0


@dataclass(frozen=True)
class RateSearch:
    """What `Learner.find_lr` found.

    Attributes:
        rates: the learning rate of each step, rising.
        losses: the loss of each step.
        suggestion: a tenth of the rate at which the loss, smoothed, was lowest; None if it never fell.

    Example:
        >>> net = nn.Linear(1, 1, rng=0)
        >>> x = np.linspace(-1, 1, 16)[:, None]
        >>> learner = nn.Learner(net, nn.mse_loss, nn.SGD(net.parameters(), lr=0.1))
        >>> found = learner.find_lr(x, 3 * x, batch_size=8)
        >>> 0.01 < found.suggestion < 1, learner.optimizer.lr
        (True, 0.1)
    """

    rates: list[float]
    losses: list[float]
    suggestion: float | None

    def _repr_html_(self) -> str:
        try:
            figure = self.plot()
        except ImportError:
            return as_text(repr(self))
        png = BytesIO()
        figure.savefig(png, dpi=100)
        return as_picture(png.getvalue(), "the losses over the rates")

    def plot(self) -> Any:
        """The losses over the rates, drawn by matplotlib: a Figure. Raises ImportError without it."""
        figure, (axis,) = panels_of(1)
        axis.plot(self.rates, self.losses)
        axis.set_xscale("log")
        axis.set_xlabel("learning rate")
        axis.set_ylabel("loss")
        if self.suggestion is not None:
            axis.axvline(self.suggestion, linestyle="--", label=f"{self.suggestion:.2g}")
            axis.legend()
        return figure


def rates_between(start: float, end: float, steps: int) -> list[float]:
    """So many rates, each the same multiple of the one before."""
    return [start * (end / start) ** (i / (steps - 1)) for i in range(steps)]


def searched(rates: list[float], loss_at: Callable[[float], float]) -> RateSearch:
    """Take a step at each rate, until the loss is not finite or several times the lowest."""
    losses: list[float] = []
    mean, smooth = 0.0, list[float]()
    for i, rate in enumerate(rates):
        loss = loss_at(rate)
        if not math.isfinite(loss):
            break
        losses.append(loss)
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        smooth.append(mean / (1 - SMOOTHING ** (i + 1)))
        if smooth[-1] > DIVERGED * min(smooth):
            break
    tried = rates[: len(losses)]
    settled = min(int(1 / (1 - SMOOTHING)), len(smooth) - 1)  # before that a mean is of few batches, and as uneven
    later = smooth[settled:]
    lowest = later.index(min(later)) if later else 0
    return RateSearch(tried, losses, tried[settled + lowest] / 10 if lowest else None)


@contextmanager
def put_back_after(model: Module, optimizer: Optimizer) -> Iterator[None]:
    """Whatever the block does to a model, its generators and its optimiser, afterwards they are as before."""
    tensors = [(tensor, tensor._array.copy(), tensor.grad) for _, tensor, _ in model.named_tensors()]
    modes = [(module, module.training) for _, module in model.named_modules()]
    drawn = held_generators(model)
    state = {name: np.array(array) for name, array in optimizer.state_dict().items()}
    try:
        yield
    finally:
        for tensor, array, grad in tensors:
            expose(tensor, writing=True)[...] = array
            tensor.grad = grad
        for module, mode in modes:
            module.training = mode
        put_back_generators(drawn)
        optimizer.load_state_dict(state)
