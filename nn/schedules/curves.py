"""Learning rates as functions of the epoch, or of the step: stairs, lines, powers, cosines."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from autograd_mini.arguments import check_whole, is_real, is_whole

from ..optim import Optimizer
from .schedule import Schedule, check_above_0, check_at_least_0, check_length


class LambdaLR(Schedule):
    """The learning rate times what a function says.

    Arguments:
        optimizer: whose `lr` is set.
        lr_lambda: of the count, from 0; it is no part of a checkpoint.
        by: what is counted, "epoch" or "step".
    Raises:
        TypeError: for what is no optimiser or no function.

    Example:
        >>> schedule = nn.LambdaLR(nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0), lambda epoch: 1 / (1 + epoch))
        >>> schedule.step(); schedule.optimizer.lr
        0.5
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float], by: str = "epoch") -> None:
        if not callable(lr_lambda):
            raise TypeError(f"LambdaLR: lr_lambda must be a function of a count, not {type(lr_lambda).__name__}")
        super().__init__(optimizer, by)
        self.lr_lambda = lr_lambda
        self.begin()

    def factor(self, count: int) -> float:
        """What the function says."""
        return self.lr_lambda(count)


class StepLR(Schedule):
    """Multiply the learning rate by gamma every `step_size` epochs.

    Arguments:
        optimizer: whose `lr` is set.
        step_size: in epochs, or steps.
        gamma: above 0.
        by: what is counted, "epoch" or "step".
    Raises:
        ValueError: for numbers that are not above 0.
        TypeError: for what is no optimiser.

    Example:
        >>> schedule = nn.StepLR(nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0), 2, gamma=0.5)
        >>> [schedule.factor(epoch) for epoch in range(5)]
        [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, by: str = "epoch") -> None:
        check_length(type(self).__name__, step_size=step_size)
        check_above_0(type(self).__name__, gamma=gamma)
        super().__init__(optimizer, by)
        self.step_size, self.gamma = step_size, gamma

    def factor(self, count: int) -> float:
        """gamma ** ⌊count / step_size⌋."""
        return float(self.gamma ** (count // self.step_size))


class MultiStepLR(Schedule):
    """Multiply the learning rate by gamma at each milestone.

    Arguments:
        optimizer: whose `lr` is set.
        milestones: in epochs, or steps, each larger than the one before.
        gamma: above 0.
        by: what is counted, "epoch" or "step".
    Raises:
        ValueError: for numbers out of range.
        TypeError: for what is no optimiser.

    Example:
        >>> schedule = nn.MultiStepLR(nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0), [2, 3], gamma=0.5)
        >>> [schedule.factor(epoch) for epoch in range(5)]
        [1.0, 1.0, 0.5, 0.25, 0.25]
    """

    def __init__(self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1, by: str = "epoch") -> None:
        self.milestones = rising("MultiStepLR", milestones)
        check_above_0("MultiStepLR", gamma=gamma)
        super().__init__(optimizer, by)
        self.gamma = gamma

    def factor(self, count: int) -> float:
        """gamma ** the number of milestones that were reached."""
        return float(self.gamma ** bisect_right(self.milestones, count))


class ExponentialLR(StepLR):
    """Multiply the learning rate by gamma every epoch.

    Arguments:
        optimizer: whose `lr` is set.
        gamma: above 0.
        by: what is counted, "epoch" or "step".
    Raises:
        ValueError: for a gamma that is not above 0.
        TypeError: for what is no optimiser.

    Example:
        >>> schedule = nn.ExponentialLR(nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0), 0.5)
        >>> [schedule.factor(epoch) for epoch in range(4)]
        [1.0, 0.5, 0.25, 0.125]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, by: str = "epoch") -> None:
        super().__init__(optimizer, 1, gamma, by)


class LinearLR(Schedule):
    """The learning rate times a factor that goes along a line.

    Arguments:
        optimizer: whose `lr` is set.
        start_factor: above 0 and at most 1, with which training begins at once.
        end_factor: from 0 to 1, at which it stays.
        total_iters: how many epochs, or steps, the way takes.
        by: what is counted, "epoch" or "step".
    Raises:
        ValueError: for numbers out of range.
        TypeError: for what is no optimiser.

    Example:
        >>> schedule = nn.LinearLR(nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0), 0.5, total_iters=2)
        >>> schedule.optimizer.lr, [schedule.factor(epoch) for epoch in range(4)]
        (0.5, [0.5, 0.75, 1.0, 1.0])
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        by: str = "epoch",
    ) -> None:
        if not (is_real(start_factor) and 0 < start_factor <= 1):
            raise ValueError(f"LinearLR: start_factor must be above 0 and at most 1, not {start_factor}")
        if not (is_real(end_factor) and 0 <= end_factor <= 1):
            raise ValueError(f"LinearLR: end_factor must be from 0 to 1, not {end_factor}")
        check_length("LinearLR", total_iters=total_iters)
        super().__init__(optimizer, by)
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        self.begin()

    def factor(self, count: int) -> float:
        """From start_factor to end_factor."""
        return _between(self.start_factor, self.end_factor, min(count / self.total_iters, 1.0))


class PolynomialLR(Schedule):
    """The learning rate times (1 − count / total_iters) ** power, which comes down to 0.

    Arguments:
        optimizer: whose `lr` is set.
        total_iters: how many epochs, or steps, that takes.
        power: above 0.
        by: what is counted, "epoch" or "step".
    Raises:
        ValueError: for numbers that are not above 0.
        TypeError: for what is no optimiser.

    Example:
        >>> schedule = nn.PolynomialLR(nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0), 2, power=2.0)
        >>> [schedule.factor(epoch) for epoch in range(4)]
        [1.0, 0.25, 0.0, 0.0]
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, by: str = "epoch") -> None:
        check_length("PolynomialLR", total_iters=total_iters)
        check_above_0("PolynomialLR", power=power)
        super().__init__(optimizer, by)
        self.total_iters, self.power = total_iters, power

    def factor(self, count: int) -> float:
        """From 1 to 0."""
        return float((1 - min(count / self.total_iters, 1.0)) ** self.power)


class CosineAnnealingLR(Schedule):
    """Half a cosine from the first rate down to eta_min.

    Groups of another rate come down to a floor in proportion to it.

    Arguments:
        optimizer: whose `lr` is set.
        T_max: how many epochs, or steps, that takes.
        eta_min: the last rate, at least 0.
        by: what is counted, "epoch" or "step".
    Raises:
        ValueError: for a T_max that is not above 0, or an eta_min below 0.
        TypeError: for what is no optimiser.
    Source: Loshchilov & Hutter 2017.

    Example:
        >>> schedule = nn.CosineAnnealingLR(nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0), 4)
        >>> [round(schedule.factor(epoch), 3) for epoch in range(5)]
        [1.0, 0.854, 0.5, 0.146, 0.0]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, by: str = "epoch") -> None:
        check_length("CosineAnnealingLR", T_max=T_max)
        check_at_least_0("CosineAnnealingLR", eta_min=eta_min)
        super().__init__(optimizer, by)
        self.T_max, self.eta_min = T_max, eta_min

    def factor(self, count: int) -> float:
        """From 1 to eta_min / first lr."""
        return _cosine(1.0, self.eta_min / self.first_lr, count / self.T_max)


class CosineAnnealingWarmRestarts(Schedule):
    """Half a cosine from the first rate down to eta_min, again and again.

    Arguments:
        optimizer: whose `lr` is set.
        T_0: how many epochs, or steps, the first one takes.
        T_mult: how many times as long as the one before each later one takes, at least 1.
        eta_min: the last rate of each, at least 0.
        by: what is counted, "epoch" or "step".
    Raises:
        ValueError: for numbers out of range.
        TypeError: for what is no optimiser.
    Source: Loshchilov & Hutter 2017.

    Example:
        >>> optimizer = nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0)
        >>> schedule = nn.CosineAnnealingWarmRestarts(optimizer, 2, T_mult=2)
        >>> [round(schedule.factor(epoch), 3) for epoch in range(7)]
        [1.0, 0.5, 1.0, 0.854, 0.5, 0.146, 1.0]
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, by: str = "epoch"
    ) -> None:
        for what, number in (("T_0", T_0), ("T_mult", T_mult)):
            check_whole("CosineAnnealingWarmRestarts", what, number, 1)
        check_at_least_0("CosineAnnealingWarmRestarts", eta_min=eta_min)
        super().__init__(optimizer, by)
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min

    def factor(self, count: int) -> float:
        """From 1 to eta_min / first lr, in each period."""
        period = self.T_0
        if self.T_mult == 1:
            count %= period
        while count >= period:
            count, period = count - period, period * self.T_mult
        return _cosine(1.0, self.eta_min / self.first_lr, count / period)


class OneCycleLR(Schedule):
    """Up from a low rate to the highest, then down to almost none, step by step.

    Groups of another rate go through a cycle in proportion to it.

    Arguments:
        optimizer: whose `lr` is set.
        max_lr: the highest rate, above 0.
        total_steps: how many steps, or epochs, the cycle has: epochs · ⌈examples / batch size⌉.
        pct_start: the part of it that goes up, above 0 and below 1.
        anneal_strategy: "cos" or "linear".
        div_factor: the first rate is max_lr / div_factor.
        final_div_factor: the last one is the first / final_div_factor.
        by: what is counted, "step" or "epoch".
    Raises:
        ValueError: for numbers out of range.
        TypeError: for what is no optimiser.
    Source: Smith & Topin 2018, in PyTorch's form; momentum stays as it is.

    Example:
        >>> schedule = nn.OneCycleLR(nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0), 1.0, 5, pct_start=0.4)
        >>> [round(schedule.factor(step), 3) for step in range(6)]
        [0.04, 1.0, 0.75, 0.25, 0.0, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float,
        total_steps: int,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        by: str = "step",
    ) -> None:
        check_whole("OneCycleLR", "total_steps", total_steps, 2)
        check_above_0("OneCycleLR", max_lr=max_lr, div_factor=div_factor, final_div_factor=final_div_factor)
        if not (is_real(pct_start) and 0 < pct_start < 1):
            raise ValueError(f"OneCycleLR: pct_start must be above 0 and below 1, not {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"OneCycleLR: anneal_strategy must be 'cos' or 'linear', not {anneal_strategy!r}")
        super().__init__(optimizer, by)
        self.curve = _cosine if anneal_strategy == "cos" else _between
        self.total_steps, self.turn = total_steps, pct_start * total_steps - 1
        high = max_lr / self.first_lr
        self.first, self.high, self.last = high / div_factor, high, high / div_factor / final_div_factor
        self.begin()

    def factor(self, count: int) -> float:
        """From max_lr / div_factor up to max_lr and down, over first lr."""
        if count <= self.turn:
            return self.curve(self.first, self.high, count / self.turn if self.turn else 1.0)
        part = (min(count, self.total_steps - 1) - self.turn) / (self.total_steps - 1 - self.turn)
        return self.curve(self.high, self.last, part)


def _between(first: float, last: float, part: float) -> float:
    """Along a line."""
    return first + (last - first) * part


def _cosine(first: float, last: float, part: float) -> float:
    """Along half a cosine."""
    return last + (first - last) * (1 + math.cos(math.pi * part)) / 2


def rising(name: str, milestones: Any) -> list[int]:
    """Whole numbers of which each is larger than the one before."""
    given: list[Any] = list(milestones) if isinstance(milestones, Sequence) else [None]
    if not all(is_whole(m, 1) for m in given) or given != sorted(set(given)):
        raise ValueError(
            f"{name}: milestones must be integers of at least 1, each above the one before, not {milestones}"
        )
    return given
