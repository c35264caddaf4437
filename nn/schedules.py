"""Schedules: an optimiser's learning rate, epoch by epoch."""

from __future__ import annotations

import math

from autograd_mini.arguments import check_whole, is_real

from .optim import Optimizer


class Schedule:
    """A learning rate that depends on the epoch; `step()` after each epoch sets the optimiser's.

    It is the rate that the optimiser had before its first schedule, times `factor(epoch)`, which each kind of schedule
    says.

    Arguments:
        optimizer: whose `lr` is set.
    Raises:
        TypeError: for what is no optimiser.

    Example:
        >>> class Halving(nn.Schedule):
        ...     def factor(self, epoch):
        ...         return 0.5**epoch
        >>> halving = Halving(nn.SGD([Tensor([0.0], requires_grad=True)], lr=0.8))
        >>> halving.step(); halving.optimizer.lr
        0.4
    """

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__}: takes an optimiser, not {type(optimizer).__name__}")
        if optimizer.first_lr is None:
            optimizer.first_lr = optimizer.lr
        self.optimizer, self.first_lr, self.epoch = optimizer, optimizer.first_lr, 0

    def factor(self, epoch: int) -> float:
        """What the first learning rate is multiplied by in the given epoch, counted from 0."""
        raise NotImplementedError(f"{type(self).__name__} says no learning rate: it needs a factor method")

    def step(self) -> None:
        """Go to the next epoch."""
        rate = self.first_lr * self.factor(self.epoch + 1)
        self.epoch += 1
        self.optimizer.lr = rate


class StepLR(Schedule):
    """Multiply the learning rate by gamma every `step_size` epochs.

    Arguments:
        optimizer: whose `lr` is set.
        step_size: in epochs.
        gamma: above 0.
    Raises:
        ValueError: for numbers that are not above 0.
        TypeError: for what is no optimiser.

    Example:
        >>> schedule = nn.StepLR(nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0), 2, gamma=0.5)
        >>> [schedule.factor(epoch) for epoch in range(5)]
        [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        if not (is_real(step_size) and 0 < step_size < math.inf):
            raise ValueError(f"{type(self).__name__}: step_size must be at least 1, not {step_size}")
        if not (is_real(gamma) and 0 < gamma < math.inf):
            raise ValueError(f"{type(self).__name__}: gamma must be a positive number, not {gamma}")
        super().__init__(optimizer)
        self.step_size, self.gamma = step_size, gamma

    def factor(self, epoch: int) -> float:
        """gamma ** ⌊epoch / step_size⌋."""
        return float(self.gamma ** (epoch // self.step_size))


class ExponentialLR(StepLR):
    """Multiply the learning rate by gamma every epoch.

    Arguments:
        optimizer: whose `lr` is set.
        gamma: above 0.
    Raises:
        ValueError: for a gamma that is not above 0.
        TypeError: for what is no optimiser.

    Example:
        >>> schedule = nn.ExponentialLR(nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0), 0.5)
        >>> [schedule.factor(epoch) for epoch in range(4)]
        [1.0, 0.5, 0.25, 0.125]
    """

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        super().__init__(optimizer, 1, gamma)


class CosineAnnealingLR(Schedule):
    """Half a cosine from the first rate down to eta_min.

    Arguments:
        optimizer: whose `lr` is set.
        T_max: how many epochs that takes.
        eta_min: the last rate, at least 0.
    Raises:
        ValueError: for a T_max that is not above 0, or an eta_min below 0.
        TypeError: for what is no optimiser.
    Source: Loshchilov & Hutter 2017.

    Example:
        >>> schedule = nn.CosineAnnealingLR(nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0), 4)
        >>> [round(schedule.factor(epoch), 3) for epoch in range(5)]
        [1.0, 0.854, 0.5, 0.146, 0.0]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        if not (is_real(T_max) and 0 < T_max < math.inf):
            raise ValueError(f"CosineAnnealingLR: T_max must be at least 1, not {T_max}")
        if not (is_real(eta_min) and 0 <= eta_min < math.inf):
            raise ValueError(f"CosineAnnealingLR: eta_min must be at least 0, not {eta_min}")
        super().__init__(optimizer)
        self.T_max, self.eta_min = T_max, eta_min

    def factor(self, epoch: int) -> float:
        """From 1 to eta_min / first lr."""
        low = self.eta_min / self.first_lr
        return low + (1 - low) * (1 + math.cos(math.pi * epoch / self.T_max)) / 2


class WarmupLR(Schedule):
    """Rise linearly over the first epochs, then follow another schedule.

    The optimiser begins with the first of its rates at once.

    Arguments:
        optimizer: whose `lr` is set.
        epochs: how long it rises, at least 1.
        then: a schedule of the same optimiser, which begins afterwards; by default the rate stays.
    Raises:
        ValueError: for epochs below 1, or the schedule of another optimiser.
        TypeError: for what is no optimiser or no schedule.

    Example:
        >>> optimizer = nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0)
        >>> schedule = nn.WarmupLR(optimizer, 3, then=nn.ExponentialLR(optimizer, 0.5))
        >>> [schedule.factor(epoch) for epoch in range(6)]
        [0.25, 0.5, 0.75, 1.0, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, epochs: int, then: Schedule | None = None) -> None:
        check_whole("WarmupLR", "epochs", epochs, 1)
        if then is not None and not isinstance(then, Schedule):
            raise TypeError(f"WarmupLR: `then` must be a schedule, not {type(then).__name__}")
        if then is not None and then.optimizer is not optimizer:
            raise ValueError("WarmupLR: `then` is the schedule of another optimiser")
        super().__init__(optimizer)
        self.epochs, self.then = epochs, then
        optimizer.lr = self.first_lr * self.factor(0)

    def factor(self, epoch: int) -> float:
        """(epoch + 1) / (epochs + 1) while warming up."""
        if epoch < self.epochs:
            return (epoch + 1) / (self.epochs + 1)
        return self.then.factor(epoch - self.epochs) if self.then else 1.0
