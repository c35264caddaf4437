"""Learning rates that go up and down again, and momentum with them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any

from autograd_mini.arguments import check_whole, is_real

from ..optim import Optimizer
from .curves import along_cosine, along_line
from .schedule import RateSchedule, check_above_0, check_at_least_0, check_fraction, check_optimizer, per_group


class CosineAnnealingWarmRestarts(RateSchedule):
    """Half a cosine from each group's first rate down to eta_min, again and again.

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

    def rates(self, count: int) -> list[float]:
        """From the first rates to eta_min, in each period."""
        period = self.T_0
        if self.T_mult == 1:
            count %= period
        while count >= period:
            count, period = count - period, period * self.T_mult
        return [along_cosine(first, self.eta_min, count / period) for first in self.first_lrs]


class _Cycle(RateSchedule):
    """What moves momentum too: that of optimisers that have one, the first of the betas of others."""

    def __init__(
        self, optimizer: Optimizer, by: str, cycle_momentum: bool, base_momentum: Any, max_momentum: Any
    ) -> None:
        name, self.cycle_momentum = type(self).__name__, bool(cycle_momentum)
        check_optimizer(name, optimizer)
        if self.cycle_momentum:
            if not {"momentum", "betas"} & {*optimizer.settings}:
                told = f"{type(optimizer).__name__} has no momentum"
                raise ValueError(f"{name}: {told}; cycle_momentum=False cycles the rate alone")
            self.base_momenta, self.max_momenta = per_group(
                name, optimizer, check_fraction, base_momentum=base_momentum, max_momentum=max_momentum
            )
        super().__init__(optimizer, by)

    def momenta(self, count: int) -> list[float]:
        """The momenta of the groups that it was made of."""
        raise NotImplementedError

    def settings(self, count: int) -> list[dict[str, Any]]:
        """Each group's momentum, if it is cycled."""
        if not self.cycle_momentum:
            return super().settings(count)
        pairs = zip(self.optimizer.param_groups, self.of_every_group(self.momenta(count)), strict=True)
        return [{"betas": (m, *own["betas"][1:])} if "betas" in own else {"momentum": m} for own, m in pairs]


class OneCycleLR(_Cycle):
    """Up from a low rate to the highest, then down to almost none, step by step; momentum goes the other way.

    Arguments:
        optimizer: whose `lr` and momentum, or β₁, are set.
        max_lr: the highest rate, above 0, or one for each group.
        total_steps: how many steps, or epochs, the cycle has; by default epochs · steps_per_epoch.
        epochs, steps_per_epoch: ⌈examples / batch size⌉ steps an epoch.
        pct_start: the part of it that goes up, above 0 and below 1.
        anneal_strategy: "cos" or "linear".
        cycle_momentum: whether momentum is set.
        base_momentum, max_momentum: at the highest rate, and at the others; or one for each group.
        div_factor: the first rate is max_lr / div_factor.
        final_div_factor: the last one is the first / final_div_factor.
        three_phase: whether it goes down to the first rate in as many steps as it goes up, then to the last one.
        by: what is counted, "step" or "epoch".
    Raises:
        ValueError: for numbers out of range, or momentum where there is none.
        TypeError: for what is no optimiser.
    Source: Smith & Topin 2018, in PyTorch's form.

    Example:
        >>> optimizer = nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0, momentum=0.9)
        >>> schedule = nn.OneCycleLR(optimizer, 1.0, 5, pct_start=0.4)
        >>> [round(schedule.factor(step), 3) for step in range(6)], optimizer.param_groups[0]["momentum"]
        ([0.04, 1.0, 0.75, 0.25, 0.0, 0.0], 0.95)
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        by: str = "step",
    ) -> None:
        if total_steps is None:
            for what, count in (("epochs", epochs), ("steps_per_epoch", steps_per_epoch)):
                check_whole("OneCycleLR", f"total_steps, or else {what},", count, 1)
            total_steps = (epochs or 0) * (steps_per_epoch or 0)
        check_whole("OneCycleLR", "total_steps", total_steps, 2)
        check_above_0("OneCycleLR", div_factor=div_factor, final_div_factor=final_div_factor)
        if not (is_real(pct_start) and 0 < pct_start < 1):
            raise ValueError(f"OneCycleLR: pct_start must be above 0 and below 1, not {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"OneCycleLR: anneal_strategy must be 'cos' or 'linear', not {anneal_strategy!r}")
        (self.max_lrs,) = per_group("OneCycleLR", optimizer, check_above_0, max_lr=max_lr)
        super().__init__(optimizer, by, cycle_momentum, base_momentum, max_momentum)
        self.curve = along_cosine if anneal_strategy == "cos" else along_line
        up, self.three_phase, self.total_steps = pct_start * total_steps - 1, bool(three_phase), total_steps
        self.ends = [0.0, up, *[2 * up] * self.three_phase, float(total_steps - 1)]
        self.div_factor, self.final_div_factor = div_factor, final_div_factor
        self.begin()

    def rates(self, count: int) -> list[float]:
        """From max_lr / div_factor up to max_lr and down."""
        lows = [high / self.div_factor for high in self.max_lrs]
        return [
            self._between(count, low, high, *[low] * self.three_phase, low / self.final_div_factor)
            for low, high in zip(lows, self.max_lrs, strict=True)
        ]

    def momenta(self, count: int) -> list[float]:
        """From max_momentum down to base_momentum and up."""
        pairs = zip(self.base_momenta, self.max_momenta, strict=True)
        return [self._between(count, most, least, most, *[most] * self.three_phase) for least, most in pairs]

    def _between(self, count: int, *values: float) -> float:
        """Between the values at the ends of the phase that the count is in."""
        count = min(count, self.total_steps - 1)
        phase = min(max(bisect_left(self.ends, count), 1), len(self.ends) - 1)
        start, end = self.ends[phase - 1], self.ends[phase]
        return self.curve(values[phase - 1], values[phase], (count - start) / (end - start) if end > start else 1.0)


class CyclicLR(_Cycle):
    """Up along a line from a lowest rate to a highest and down again, cycle by cycle; momentum goes the other way.

    Arguments:
        optimizer: whose `lr` and momentum, or β₁, are set.
        base_lr, max_lr: the lowest rate and the highest, above 0, or one for each group.
        step_size_up, step_size_down: how many steps, or epochs, it goes up, and down; by default as many as up.
        mode: "triangular"; with "triangular2" each cycle is half as high as the one before; with "exp_range" the height
            is multiplied by gamma after each step.
        gamma: above 0.
        scale_fn: what the height is multiplied by instead, a function; it is no part of a checkpoint.
        scale_mode: of what: "cycle", from 1, or "iterations", from 0.
        cycle_momentum: whether momentum is set.
        base_momentum, max_momentum: at the highest rate, and at the lowest; or one for each group.
        by: what is counted, "step" or "epoch".
    Raises:
        ValueError: for numbers out of range, or momentum where there is none.
        TypeError: for what is no optimiser, or no function.
    Source: Smith 2017, in PyTorch's form.

    Example:
        >>> optimizer = nn.SGD([Tensor([0.0], requires_grad=True)], lr=1.0)
        >>> schedule = nn.CyclicLR(optimizer, 0.5, 1.0, 2, mode="triangular2")
        >>> [schedule.factor(step) for step in range(8)]
        [0.5, 0.75, 1.0, 0.75, 0.5, 0.625, 0.75, 0.625]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | Sequence[float],
        max_lr: float | Sequence[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[int], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.8,
        max_momentum: float | Sequence[float] = 0.9,
        by: str = "step",
    ) -> None:
        step_size_down = step_size_up if step_size_down is None else step_size_down
        for what, count in (("step_size_up", step_size_up), ("step_size_down", step_size_down)):
            check_whole("CyclicLR", what, count, 1)
        check_above_0("CyclicLR", gamma=gamma)
        for what, word, words in (
            ("mode", mode, ("triangular", "triangular2", "exp_range")),
            ("scale_mode", scale_mode, ("cycle", "iterations")),
        ):
            if word not in words:
                raise ValueError(f"CyclicLR: {what} must be one of {', '.join(map(repr, words))}, not {word!r}")
        if scale_fn is not None and not callable(scale_fn):
            raise TypeError(f"CyclicLR: scale_fn must be a function or None, not {type(scale_fn).__name__}")
        self.base_lrs, self.max_lrs = per_group("CyclicLR", optimizer, check_above_0, base_lr=base_lr, max_lr=max_lr)
        super().__init__(optimizer, by, cycle_momentum, base_momentum, max_momentum)
        self.up, self.length = step_size_up, step_size_up + step_size_down
        self.mode, self.gamma, self.scale_fn, self.scale_mode = mode, gamma, scale_fn, scale_mode
        self.begin()

    def rates(self, count: int) -> list[float]:
        """From base_lr up and down."""
        height = self._height(count)
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def momenta(self, count: int) -> list[float]:
        """From max_momentum down and up."""
        height = self._height(count)
        return [most - (most - least) * height for least, most in zip(self.base_momenta, self.max_momenta, strict=True)]

    def _height(self, count: int) -> float:
        """How high up it is, from 0 to 1, times what the mode or the function says."""
        cycle, place = divmod(count, self.length)
        part = place / self.up if place <= self.up else (self.length - place) / (self.length - self.up)
        if self.scale_fn is not None:
            return part * self.scale_fn(cycle + 1 if self.scale_mode == "cycle" else count)
        scales = {"triangular": 1.0, "triangular2": 0.5**cycle, "exp_range": self.gamma**count}
        return float(part * scales[self.mode])
