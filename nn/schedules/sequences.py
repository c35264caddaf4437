"""Schedules one after the other, and one that waits for a plateau."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from autograd_mini.arguments import check_whole, is_real

from ..optim import Optimizer
from .curves import rising
from .schedule import Schedule, check_at_least_0, per_group


class _InTurn(Schedule):
    """What says what other schedules say."""

    def turn(self, count: int) -> tuple[Schedule, int]:
        """The schedule whose turn it is, and what it counts."""
        raise NotImplementedError

    def factor(self, count: int) -> float:
        """That of the schedule whose turn it is."""
        return self.factors(count)[0]

    def factors(self, count: int) -> list[float]:
        """Those of the schedule whose turn it is."""
        schedule, own = self.turn(count)
        return schedule.factors(own)

    def settings(self, count: int) -> list[dict[str, Any]]:
        """Those of the schedule whose turn it is."""
        schedule, own = self.turn(count)
        return schedule.settings(own)


class SequentialLR(_InTurn):
    """One schedule after the other, each from its own beginning.

    Arguments:
        optimizer: whose `lr` is set.
        schedules: of the same optimiser and the same unit, two at least.
        milestones: where each of them but the first begins, in epochs or steps.
    Raises:
        ValueError: for other milestones, or schedules that do not go together.
        TypeError: for what is no optimiser or no schedule.

    Example:
        >>> optimizer = nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0)
        >>> parts = [nn.LinearLR(optimizer, 0.5, total_iters=2), nn.ExponentialLR(optimizer, 0.5)]
        >>> schedule = nn.SequentialLR(optimizer, parts, [2])
        >>> optimizer.lr, [schedule.factor(epoch) for epoch in range(5)]
        (0.5, [0.5, 0.75, 1.0, 0.5, 0.25])
    """

    def __init__(self, optimizer: Optimizer, schedules: Sequence[Schedule], milestones: Sequence[int]) -> None:
        name, given = type(self).__name__, list(schedules) if isinstance(schedules, Sequence) else [schedules]
        for one in given:
            check_part(name, "a part", one, optimizer)
        self.milestones = rising(name, milestones)
        if len(given) < 2:
            raise ValueError(f"{name}: takes two schedules at least, not {len(given)}")
        if len(given) != len(self.milestones) + 1:
            raise ValueError(
                f"{name}: {len(given)} schedules need {len(given) - 1} milestones, not {len(self.milestones)}"
            )
        if len({one.by for one in given}) > 1:
            raise ValueError(f"{name}: some of the schedules count epochs and some steps")
        super().__init__(optimizer, given[0].by)
        self.schedules = given
        for one in given:
            optimizer.follow(one.place, one.of_every_group([1.0]))
        self.begin()

    def turn(self, count: int) -> tuple[Schedule, int]:
        """The schedule whose turn it is, and what it counts, from its own beginning."""
        turn = bisect_right(self.milestones, count)
        return self.schedules[turn], count - (self.milestones[turn - 1] if turn else 0)


class WarmupLR(Schedule):
    """Rise linearly over the first epochs, then follow another schedule.

    The optimiser begins with the first of its rates at once.

    Arguments:
        optimizer: whose `lr` is set.
        epochs: how many epochs, or steps, it rises, at least 1.
        then: a schedule of the same optimiser, which begins afterwards; by default the rate stays.
        by: what is counted, "epoch" or "step"; by default what `then` counts.
    Raises:
        ValueError: for epochs below 1, or the schedule of another optimiser or unit.
        TypeError: for what is no optimiser or no schedule.

    Example:
        >>> optimizer = nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0)
        >>> schedule = nn.WarmupLR(optimizer, 3, then=nn.ExponentialLR(optimizer, 0.5))
        >>> [schedule.factor(epoch) for epoch in range(6)]
        [0.25, 0.5, 0.75, 1.0, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, epochs: int, then: Schedule | None = None, by: str | None = None) -> None:
        check_whole("WarmupLR", "epochs", epochs, 1)
        if then is not None:
            check_part("WarmupLR", "`then`", then, optimizer)
            if by not in (None, then.by):
                raise ValueError(f"WarmupLR: `then` counts {then.by}s, not {by}s")
            by = then.by
            optimizer.follow(then.place, then.of_every_group([1.0]))
        super().__init__(optimizer, by or "epoch")
        self.epochs, self.then = epochs, then
        self.begin()

    def factor(self, count: int) -> float:
        """(count + 1) / (epochs + 1) while warming up."""
        return self.factors(count)[0]

    def factors(self, count: int) -> list[float]:
        """The same in each group while warming up, then those of `then`."""
        if count < self.epochs or self.then is None:
            return self.of_every_group([min((count + 1) / (self.epochs + 1), 1.0)])
        return self.then.factors(count - self.epochs)

    def settings(self, count: int) -> list[dict[str, Any]]:
        """Those with which `then` begins while warming up, then those that it has."""
        return super().settings(count) if self.then is None else self.then.settings(max(count - self.epochs, 0))


class ReduceLROnPlateau(Schedule):
    """Multiply the learning rate by a factor when a quantity has not become better for a while.

    What is not finite is never better.

    Arguments:
        optimizer: whose `lr` is set.
        mode: "min" if less is better, "max" if more is.
        factor: above 0 and below 1.
        patience: how many epochs without a better one are let pass.
        threshold: what counts as better: by this part of the best, or (`threshold_mode`) by this much.
        threshold_mode: "rel" or "abs".
        cooldown: how many epochs after a reduction are not counted.
        min_lr: the lowest rate, at least 0, or one for each group.
        eps: a reduction of a group's rate by less than this is left out.
        metric: which of an epoch's numbers `Learner.fit` gives it.
    Raises:
        ValueError: for numbers or words out of range.
        TypeError: for what is no optimiser.

    Example:
        >>> schedule = nn.ReduceLROnPlateau(nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0), patience=1)
        >>> for loss in (3.0, 2.0, 2.0, 2.0):
        ...     schedule.step(loss)
        >>> schedule.optimizer.lr
        0.1
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0.0,
        eps: float = 1e-8,
        metric: str = "validation_loss",
    ) -> None:
        name = "ReduceLROnPlateau"
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ValueError(
                f"{name}: the modes must be 'min' or 'max', and 'rel' or 'abs', not {mode!r} and {threshold_mode!r}"
            )
        if not (is_real(factor) and 0 < factor < 1):
            raise ValueError(f"{name}: factor must be above 0 and below 1, not {factor}")
        for what, number in (("patience", patience), ("cooldown", cooldown)):
            check_whole(name, what, number, 0)
        check_at_least_0(name, threshold=threshold, eps=eps)
        (min_lrs,) = per_group(name, optimizer, check_at_least_0, min_lr=min_lr)
        super().__init__(optimizer)
        self.sign, self.relative = (1 if mode == "min" else -1), threshold_mode == "rel"
        self.shrink, self.patience, self.threshold, self.cooldown = factor, patience, threshold, cooldown
        self.min_lrs, self.eps, self.metric = min_lrs, eps, metric
        self.best, self.bad, self.cooling = math.inf * self.sign, 0, 0
        self.reduced = [1.0] * len(optimizer.param_groups)

    def now(self) -> list[float]:
        """The product of the reductions of each group until now."""
        return self.of_every_group(self.reduced)

    def step(self, metric: Any = None) -> None:
        """After an epoch with this value of the quantity."""
        if not is_real(metric) and metric == metric:  # nan is a number that is not better
            raise ValueError(f"ReduceLROnPlateau: step takes the number that is to become better, not {metric!r}")
        if self._is_better(metric):
            self.best, self.bad = float(metric), 0
        else:
            self.bad += 1
        if self.cooling:
            self.cooling, self.bad = self.cooling - 1, 0
        if self.bad > self.patience:
            self.cooling, self.bad = self.cooldown, 0
            self.reduced = self.now()
            for i, (group, least) in enumerate(
                zip(self.optimizer.param_groups, self.of_every_group(self.min_lrs), strict=True)
            ):
                lower = max(group["lr"] * self.shrink, least)
                if group["lr"] - lower > self.eps:
                    self.reduced[i] *= lower / group["lr"]
        self._go_to(self.now())

    def end_epoch(self, numbers: Mapping[str, float]) -> None:
        """Take the quantity from an epoch's numbers."""
        if self.metric not in numbers:
            there = ", ".join(numbers)
            raise ValueError(f"ReduceLROnPlateau: an epoch has no {self.metric!r}; its numbers are {there}")
        self.step(numbers[self.metric])

    def state_dict(self) -> dict[str, Any]:
        """What a training goes on from, in numbers."""
        return {key: getattr(self, key) for key in ("count", "bad", "cooling", "best")} | {"reduced": self.now()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        self.check_state(state)
        self.bad, self.cooling = state["bad"], state["cooling"]
        self.best, self.reduced = float(state["best"]), [*map(float, state["reduced"])]
        super().load_state_dict(state)

    def check_state(self, state: Mapping[str, Any]) -> None:
        """Raise ValueError for what `state_dict` did not give."""
        super().check_state(state)
        if len(state["reduced"]) != len(self.now()):
            told = f"the state must hold a reduction for each of the {len(self.now())} groups"
            raise ValueError(f"ReduceLROnPlateau: {told}, not {state['reduced']}")

    def _is_better(self, metric: float) -> bool:
        if not math.isfinite(metric) or not math.isfinite(self.best):
            return math.isfinite(metric)
        margin = self.threshold * (abs(self.best) if self.relative else 1.0)
        return self.sign * metric < self.sign * self.best - margin


def check_part(name: str, what: str, schedule: Any, optimizer: Optimizer) -> None:
    """Raise unless it is a schedule of the optimiser whose rates follow from the count alone."""
    if not isinstance(schedule, Schedule):
        raise TypeError(f"{name}: {what} must be a schedule, not {type(schedule).__name__}")
    if isinstance(schedule, ReduceLROnPlateau):
        raise TypeError(f"{name}: {what} must follow from the count alone, and a ReduceLROnPlateau does not")
    if schedule.optimizer is not optimizer:
        raise ValueError(f"{name}: {what} is the schedule of another optimiser")
