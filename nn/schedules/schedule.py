"""Schedules: an optimiser's learning rates, epoch by epoch or step by step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from autograd_mini.arguments import is_real, is_whole

from ..optim import Optimizer

UNITS = ("epoch", "step")


class Schedule:
    """A learning rate that depends on how many epochs, or steps, there were; `step()` after each sets the optimiser's.

    Every group's rate is the one that it had before, times `factor(count)`, which each kind of schedule says. Several
    schedules of one optimiser multiply, and a rate that is set by hand is multiplied from then on. One that is made
    when others have stepped takes their place: it begins with the rate that was before them.

    Arguments:
        optimizer: whose `lr` is set.
        by: what is counted, "epoch" or "step"; `Learner.fit` calls `step()` after each of these.
    Raises:
        TypeError: for what is no optimiser.
        ValueError: for another unit.

    Example:
        >>> class Halving(nn.Schedule):
        ...     def factor(self, count):
        ...         return 0.5**count
        >>> halving = Halving(nn.SGD([Tensor([0.0], requires_grad=True)], lr=0.8))
        >>> halving.step(); halving.optimizer.lr
        0.4
    """

    def __init__(self, optimizer: Optimizer, by: str = "epoch") -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__}: takes an optimiser, not {type(optimizer).__name__}")
        if by not in UNITS:
            raise ValueError(f"{type(self).__name__}: by must be 'epoch' or 'step', not {by!r}")
        self.optimizer, self.by, self.count, self.place = optimizer, by, 0, optimizer.add_schedule()
        self.first_lr: float = optimizer.param_groups[0]["first_lr"]

    def factor(self, count: int) -> float:
        """What the first learning rate is multiplied by after so many epochs, or steps."""
        raise NotImplementedError(f"{type(self).__name__} says no learning rate: it needs a factor method")

    def begin(self) -> None:
        """Set the rates with which training begins, where the first factor is not 1."""
        self.optimizer.follow(self.place, self.factor(0))

    def step(self) -> None:
        """Go to the next epoch, or step."""
        self._go_to(self.factor(self.count + 1))

    def _go_to(self, factor: float) -> None:
        self.count += 1
        self.optimizer.stepped.add(self.place)
        self.optimizer.follow(self.place, factor)

    def end_step(self) -> None:
        """After a step of training."""
        if self.by == "step":
            self.step()

    def end_epoch(self, numbers: Mapping[str, float]) -> None:
        """After an epoch with these numbers."""
        if self.by == "epoch":
            self.step()

    @property
    def epoch(self) -> int:
        """How many epochs, or steps, there were."""
        return self.count

    def state_dict(self) -> dict[str, Any]:
        """What a training goes on from, in numbers."""
        return {"count": self.count}

    def check_state(self, state: Mapping[str, Any]) -> None:
        """Raise ValueError for what `state_dict` did not give."""
        name, own = type(self).__name__, self.state_dict()
        if not isinstance(state, Mapping) or set(state) != set(own):
            raise ValueError(f"{name}: the state must have {', '.join(own)}, not {state!r:.60}")
        counts = [key for key in own if isinstance(own[key], int)]
        if not all(is_whole(state[key], 0) and state[key] < 2**31 for key in counts):
            raise ValueError(f"{name}: the state must hold counts of at least 0, not {state!r:.60}")
        if not all(is_real(state[key]) for key in own):
            raise ValueError(f"{name}: the state must hold numbers, not {state!r:.60}")

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave; the rates are the optimiser's to load, which comes first.

        Arguments:
            state: what is remembered, by name.
        Raises:
            ValueError: for what does not fit, before anything changes.
        """
        self.check_state(state)
        self.count = state["count"]
        self.optimizer.factors[self.place] = self.now()
        self.optimizer.stepped.add(self.place)

    def now(self) -> float:
        """The factor that holds."""
        return self.factor(self.count)


def check_above_0(name: str, **given: Any) -> None:
    """Raise ValueError for what is no number above 0."""
    for what, value in given.items():
        if not (is_real(value) and 0 < value < math.inf):
            raise ValueError(f"{name}: {what} must be a positive number, not {value}")


def check_at_least_0(name: str, **given: Any) -> None:
    """Raise ValueError for what is no number of at least 0."""
    for what, value in given.items():
        if not (is_real(value) and 0 <= value < math.inf):
            raise ValueError(f"{name}: {what} must be at least 0, not {value}")


def check_length(name: str, **given: Any) -> None:
    """Raise ValueError for what is no number of epochs, or steps."""
    for what, value in given.items():
        if not (is_real(value) and 0 < value < math.inf):
            raise ValueError(f"{name}: {what} must be at least 1, not {value}")
