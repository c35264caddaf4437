"""Learning rates as functions of the epoch, or of the step: stairs, lines, powers, cosines."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from autograd_mini.arguments import is_real, is_whole

from ..optim import Optimizer
from .schedule import (
    RateSchedule,
    Schedule,
    check_above_0,
    check_at_least_0,
    check_function,
    check_length,
    per_group,
)


class LambdaLR(Schedule):
    """The learning rate times what a function says.

    Arguments:
        optimizer: whose `lr` is set.
        lr_lambda: of the count, from 0, or one for each group; they are no part of a checkpoint.
        by: what is counted, "epoch" or "step".
    Raises:
        TypeError: for what is no optimiser or no function.
        ValueError: for functions that are not as many as the groups.

    Example:
        >>> schedule = nn.LambdaLR(nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0), lambda epoch: 1 / (1 + epoch))
        >>> schedule.step(); schedule.optimizer.lr
        0.5
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        by: str = "epoch",
    ) -> None:
        (functions,) = per_group(type(self).__name__, optimizer, check_function, lr_lambda=lr_lambda)
        super().__init__(optimizer, by)
        self.lr_lambdas: list[Callable[[int], float]] = functions
        self.begin()

    def factor(self, count: int) -> float:
        """What the first group's function says."""
        return self.factors(count)[0]

    def factors(self, count: int) -> list[float]:
        """What each group's function says."""
        return self.of_every_group([one(count) for one in self.lr_lambdas])


class MultiplicativeLR(LambdaLR):
    """The learning rate times what a function says, again and again: the product of what it said for 1, 2, …, count.

    Arguments:
        optimizer: whose `lr` is set.
        lr_lambda: of the count, from 1, or one for each group; they are no part of a checkpoint, and called again for
            every count when training goes on from one.
        by: what is counted, "epoch" or "step".
    Raises:
        TypeError: for what is no optimiser or no function.
        ValueError: for functions that are not as many as the groups.

    Example:
        >>> optimizer = nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0)
        >>> schedule = nn.MultiplicativeLR(optimizer, lambda epoch: 0.5)
        >>> [schedule.factor(epoch) for epoch in range(4)]
        [1.0, 0.5, 0.25, 0.125]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        by: str = "epoch",
    ) -> None:
        self.products: list[list[float]] = []
        super().__init__(optimizer, lr_lambda, by)

    def factors(self, count: int) -> list[float]:
        """The products of what each group's function said until then."""
        while len(self.products) <= count:
            n, last = len(self.products), self.products[-1] if self.products else None
            said = [one(n) if n else 1.0 for one in self.lr_lambdas]
            self.products.append(said if last is None else [a * b for a, b in zip(last, said, strict=True)])
        return self.of_every_group(self.products[count])


class ConstantLR(Schedule):
    """The learning rate times a factor at first, then as it is.

    Arguments:
        optimizer: whose `lr` is set.
        factor: above 0 and at most 1, with which training begins at once.
        total_iters: after how many epochs, or steps, it holds no more.
        by: what is counted, "epoch" or "step".
    Raises:
        ValueError: for numbers out of range.
        TypeError: for what is no optimiser.

    Example:
        >>> schedule = nn.ConstantLR(nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0), 0.5, total_iters=2)
        >>> schedule.optimizer.lr, [schedule.factor(epoch) for epoch in range(4)]
        (0.5, [0.5, 0.5, 1.0, 1.0])
    """

    def __init__(self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5, by: str = "epoch") -> None:
        if not (is_real(factor) and 0 < factor <= 1):
            raise ValueError(f"ConstantLR: factor must be above 0 and at most 1, not {factor}")
        check_length("ConstantLR", total_iters=total_iters)
        super().__init__(optimizer, by)
        self.first_factor, self.total_iters = factor, total_iters
        self.begin()

    def factor(self, count: int) -> float:
        """The factor, until it holds no more."""
        return self.first_factor if count < self.total_iters else 1.0


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
        return along_line(self.start_factor, self.end_factor, min(count / self.total_iters, 1.0))


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


class CosineAnnealingLR(RateSchedule):
    """Half a cosine from each group's first rate down to eta_min.

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

    def rates(self, count: int) -> list[float]:
        """From the first rates to eta_min."""
        return [along_cosine(first, self.eta_min, count / self.T_max) for first in self.first_lrs]


def along_line(first: float, last: float, part: float) -> float:
    """Along a line."""
    return first + (last - first) * part


def along_cosine(first: float, last: float, part: float) -> float:
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
