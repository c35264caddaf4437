"""Schedules: an optimiser's learning rates, epoch by epoch or step by step."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd_mini.arguments import is_real, is_whole

from ..optim import Optimizer

UNITS = ("epoch", "step")


class Schedule:
    """A learning rate that depends on how many epochs, or steps, there were; `step()` after each sets the optimiser's.

    Every group's rate is the one that it had before, times `factor(count)`, which each kind of schedule says, or what
    `factors(count)` says for it. Several schedules of one optimiser multiply, and a rate that is set by hand is
    multiplied from then on. One that is made when others have stepped takes their place: it begins with the rate that
    was before them. A group that is added later goes on from its rate as the first group does.

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
        check_optimizer(type(self).__name__, optimizer)
        if by not in UNITS:
            raise ValueError(f"{type(self).__name__}: by must be 'epoch' or 'step', not {by!r}")
        self.optimizer, self.by, self.count, self.place = optimizer, by, 0, optimizer.add_schedule()
        self.first_lrs: list[float] = [group["first_lr"] for group in optimizer.param_groups]

    def factor(self, count: int) -> float:
        """What the first learning rate is multiplied by after so many epochs, or steps."""
        raise NotImplementedError(f"{type(self).__name__} says no learning rate: it needs a factor method")

    def factors(self, count: int) -> list[float]:
        """The factor of each group."""
        return self.of_every_group([self.factor(count)])

    def settings(self, count: int) -> list[dict[str, Any]]:
        """What else it sets in each group."""
        return [{} for _ in self.optimizer.param_groups]

    def of_every_group(self, values: list[Any]) -> list[Any]:
        """Values of groups; those that have none, such as groups that were added later, have the first group's."""
        return values + [values[0]] * (len(self.optimizer.param_groups) - len(values))

    def begin(self) -> None:
        """Set the rates with which training begins, where the first factor is not 1."""
        self._apply(self.factors(0), self.settings(0))

    def step(self) -> None:
        """Go to the next epoch, or step."""
        self._go_to(self.factors(self.count + 1))

    def _go_to(self, factors: list[float]) -> None:
        settings = self.settings(self.count + 1)
        self.count += 1
        self.optimizer.stepped.add(self.place)
        self._apply(factors, settings)

    def _apply(self, factors: list[float], settings: list[dict[str, Any]]) -> None:
        self.optimizer.follow(self.place, factors)
        for group, own in zip(self.optimizer.param_groups, settings, strict=True):
            group.update(own)

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
        held = [state[key] if isinstance(own[key], list) else [state[key]] for key in own]
        if not all(isinstance(numbers, list) and all(map(is_real, numbers)) for numbers in held):
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
        for group, own in zip(self.optimizer.param_groups, self.settings(self.count), strict=True):
            group.update(own)

    def now(self) -> list[float]:
        """The factors that hold."""
        return self.factors(self.count)


class RateSchedule(Schedule):
    """A schedule that says the rates themselves, of each group; as factors of their first ones they are followed.

    Arguments:
        optimizer: whose `lr` is set.
        by: what is counted, "epoch" or "step".
    Raises:
        TypeError: for what is no optimiser.
        ValueError: for another unit.
    """

    def rates(self, count: int) -> list[float]:
        """The rates of the groups that it was made of, after so many epochs, or steps."""
        raise NotImplementedError

    def factor(self, count: int) -> float:
        """The first group's rate over its first one."""
        return self.factors(count)[0]

    def factors(self, count: int) -> list[float]:
        """Each group's rate over its first one."""
        return self.of_every_group(
            [rate / first for rate, first in zip(self.rates(count), self.first_lrs, strict=True)]
        )


def check_optimizer(name: str, optimizer: Any) -> None:
    """Raise TypeError for what is no optimiser."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{name}: takes an optimiser, not {type(optimizer).__name__}")


def per_group(name: str, optimizer: Any, check: Callable[..., None], **given: Any) -> list[list[Any]]:
    """Each value as one of every group: a number, or as many as there are. Raises ValueError, TypeError."""
    check_optimizer(name, optimizer)
    n, found = len(optimizer.param_groups), []
    for what, value in given.items():
        each = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value] * n
        if len(each) != n:
            raise ValueError(f"{name}: {what} must be one for all groups or one for each of the {n}, not {len(each)}")
        for one in each:
            check(name, **{what: one})
        found.append(each)
    return found


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


def check_fraction(name: str, **given: Any) -> None:
    """Raise ValueError for what is no number from 0 to below 1."""
    for what, value in given.items():
        if not (is_real(value) and 0 <= value < 1):
            raise ValueError(f"{name}: {what} must be at least 0 and below 1, not {value}")


def check_function(name: str, **given: Any) -> None:
    """Raise TypeError for what is no function."""
    for what, value in given.items():
        if not callable(value):
            raise TypeError(f"{name}: {what} must be a function of a count, not {type(value).__name__}")


def check_length(name: str, **given: Any) -> None:
    """Raise ValueError for what is no number of epochs, or steps."""
    for what, value in given.items():
        if not (is_real(value) and 0 < value < math.inf):
            raise ValueError(f"{name}: {what} must be at least 1, not {value}")
