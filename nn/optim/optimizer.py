"""What optimisers share: parameters in groups, a step that is whole or not at all, and their state."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from autograd_mini import Tensor
from autograd_mini.arguments import is_real, is_whole
from autograd_mini.core.observer import expose

from ..elsewhere import Told

Array = np.ndarray[Any, Any]
Group = dict[str, Any]
# what NumPy calls a fault of arithmetic, and the setting that says what to do about it
_FAULTS = {"divide by zero": "divide", "overflow": "over", "invalid value": "invalid"}


class Optimizer(Told):
    """What optimisers share: the parameters, in groups with settings of their own, and a state for each parameter.

    Parameters frozen by `requires_grad=False` are left out. `param_groups` has a dict for each group: its `params`, its
    `lr` and the other settings, which may be changed between steps.

    Arguments:
        params: leaf Tensors, each once; or groups of them, dicts with `params` and the settings that differ there.
        lr: the learning rate, above 0.
        weight_decay: λ, at least 0.
        **settings: others by name, which a group may change.
    Raises:
        ValueError: for no parameter that requires a gradient, one given twice, or numbers out of range.
        TypeError: for what is no leaf Tensor.

    Example:
        >>> class SignDescent(nn.Optimizer):
        ...     def _move(self, p, g, memory, group):
        ...         p -= group["lr"] * np.sign(g)
        >>> w = Tensor([1.0, -2.0], requires_grad=True)
        >>> (w * w).sum().backward(); SignDescent([w], lr=0.1).step(); w.numpy()
        array([ 0.9, -1.9])
    """

    needs_closure: ClassVar[bool] = False

    def __init__(self, params: Iterable[Any], lr: float, weight_decay: float = 0.0, **settings: Any) -> None:
        name = type(self).__name__
        if isinstance(params, Tensor | Mapping) or not isinstance(params, Iterable):
            raise TypeError(
                f"{name}: params must be a sequence of Tensors, not {type(params).__name__}{_meant(params)}"
            )
        self.settings: Group = {"lr": lr, "weight_decay": weight_decay, **settings}
        self.params: list[Tensor] = []
        self.param_groups: list[Group] = []
        self.steps = 0
        self.memory: dict[int, dict[str, Array]] = {}  # what is remembered of each parameter that has moved
        self.factors: list[list[float]] = []  # what each schedule multiplies the groups' rates by
        self.bases: list[list[float]] = []  # what each of them said when a rate was last set by hand
        self.stepped: set[int] = set()  # which of them have stepped
        given = list(params)
        in_groups = any(isinstance(group, Mapping) for group in given)
        for group in given if in_groups else [{"params": given}]:
            self.add_param_group(group)
        if not self.params:
            raise ValueError(f"{name}: there are no parameters to optimise: none is given that requires a gradient")

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Optimise more parameters.

        Arguments:
            group: `params`, and the settings that are to differ from those that the optimiser was made with.
        Raises:
            ValueError, TypeError: for parameters or settings that do not fit; then nothing changes.
        """
        name, number = type(self).__name__, len(self.param_groups)
        if not isinstance(group, Mapping) or "params" not in group:
            odd = "one without params" if isinstance(group, Mapping) else type(group).__name__
            raise TypeError(f"{name}: group {number} must be a dict with params, not {odd}")
        given = [group["params"]] if isinstance(group["params"], Tensor) else list(group["params"])
        for p in given:
            if not isinstance(p, Tensor) or not p.is_leaf:
                odd = f"a result of shape {p.shape}" if isinstance(p, Tensor) else type(p).__name__
                raise TypeError(
                    f"{name}: parameters must be leaf Tensors with requires_grad=True, not {odd}{_meant(p)}"
                )
        if strange := [str(key) for key in group if key not in ("params", *self.settings)]:
            there = ", ".join(self.settings)
            raise ValueError(f"{name}: group {number} has {', '.join(strange)}; the settings are {there}")
        params = [p for p in given if p.requires_grad]
        if len({id(p) for p in (*self.params, *params)}) < len(self.params) + len(params):
            raise ValueError(f"{name}: a parameter is given twice and would move twice a step")
        made = {**self.settings, **group, "params": params}
        self._check(name if not number else f"{name}: group {number}", made)
        self.param_groups.append({**made, "first_lr": made["lr"]})
        self.params += params
        for said, base in zip(self.factors, self.bases, strict=True):  # it goes on from here as the first one does
            said.append(said[0])
            base.append(said[0] or 1.0)

    def _check(self, name: str, group: Group) -> None:
        """Raise ValueError for settings that mean nothing."""
        if not (is_real(group["lr"]) and 0 < group["lr"] < math.inf):
            raise ValueError(f"{name}: the learning rate must be a positive number, not {group['lr']}")
        if not (is_real(group["weight_decay"]) and 0 <= group["weight_decay"] < math.inf):
            raise ValueError(f"{name}: weight_decay must be at least 0, not {group['weight_decay']}")

    @property
    def lr(self) -> float:
        """The learning rate of the first group; setting it keeps those of other groups in proportion to it."""
        rate: float = self.param_groups[0]["lr"]
        return rate

    @lr.setter
    def lr(self, rate: float) -> None:
        if not (is_real(rate) and 0 <= rate < math.inf):
            raise ValueError(f"{type(self).__name__}: the learning rate must be a number of at least 0, not {rate}")
        before = self.lr
        for group in self.param_groups:
            group["lr"] = rate if group["lr"] == before else rate * (group["lr"] / before if before else 1.0)

    def add_schedule(self) -> int:
        """Take in a schedule, and say which it is. What those that have stepped by now said is over: it begins anew."""
        self._take_in_rates()
        ones = [1.0] * len(self.param_groups)
        self.factors = [[*ones] if i in self.stepped else said for i, said in enumerate(self.factors)] + [[*ones]]
        self.bases = [[*ones] if i in self.stepped else base for i, base in enumerate(self.bases)] + [[*ones]]
        self.stepped.clear()
        self._set_rates()
        return len(self.factors) - 1

    def follow(self, schedule: int, factors: Sequence[float]) -> None:
        """Set every rate to its first one times what all schedules say, of which one now says these factors.

        A rate that was set by hand meanwhile is a first one, and schedules count from what they said then.
        """
        self._take_in_rates()
        self.factors[schedule] = [*factors]
        self._set_rates()

    def _take_in_rates(self) -> None:
        for i, (group, product) in enumerate(zip(self.param_groups, self._products(), strict=True)):
            if group["lr"] != group["first_lr"] * product:
                for said, base in zip(self.factors, self.bases, strict=True):
                    base[i] = said[i] or 1.0
                group["first_lr"] = group["lr"] if product else group["lr"] or group["first_lr"]

    def _set_rates(self) -> None:
        for group, product in zip(self.param_groups, self._products(), strict=True):
            group["lr"] = group["first_lr"] * product

    def _products(self) -> list[float]:
        """What the first rate of each group is multiplied by."""
        parts = list(zip(self.factors, self.bases, strict=True))
        return [math.prod(said[i] / base[i] for said, base in parts) for i in range(len(self.param_groups))]

    def zero_grad(self) -> None:
        """Forget all gradients; call before each backward."""
        for p in self.params:
            p.grad = None

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient: all of them, or none.

        What NumPy has to say about numbers that are not finite, as `np.errstate` asks for, it says when all have moved.

        Arguments:
            closure: forgets the gradients, computes the loss and its gradients, and returns the loss; called first.
        Returns:
            What the closure returned, or None.
        Raises:
            ValueError: before any moves, if a gradient does not fit or a parameter cannot be written to.
        """
        loss = None if closure is None else closure()
        moves = self._ready()
        names = {id(group): self._remembers(np.empty(0), group).keys() for group in self.param_groups}
        for i, p, _, group in moves:  # where there is no room for it, before any moves
            held = self.memory.get(i, {})
            if i not in self.memory or not names[id(group)] <= held.keys():  # settings may change between steps
                self.memory[i] = self._remembers(p, group) | held
        self.steps += 1
        faults: dict[str, int] = {}
        with np.errstate(all="call", under="ignore", call=faults.__setitem__):
            for i, p, g, group in moves:
                self._move(p, g, self.memory[i], group)
        if faults:
            self._tell(faults)
        return loss

    def _ready(self) -> list[tuple[int, Array, Array, Group]]:
        """Of each parameter with a gradient, its number, itself, the gradient and its group, if all may move."""
        name = type(self).__name__
        moves = [
            (i, expose(p, writing=True), p.grad._array, group)
            for i, (p, group) in enumerate(zip(self.params, self._groups(), strict=True))
            if p.grad is not None
        ]
        for i, p, g, _ in moves:
            if p.shape != g.shape:
                raise ValueError(f"{name}: parameter {i} {p.shape} has a gradient of shape {g.shape}")
            if not p.flags.writeable:
                raise ValueError(f"{name}: parameter {i} {p.shape} cannot be written to")
        return moves

    def _tell(self, faults: Iterable[str]) -> None:
        """Raise, or warn of, what NumPy met in a step, as `np.errstate` asks for."""
        modes = np.geterr()
        found = {modes[_FAULTS[fault]]: fault for fault in faults if fault in _FAULTS}  # type: ignore[literal-required]
        words = f"encountered in {type(self).__name__}.step; every parameter has moved"
        if "raise" in found:
            raise FloatingPointError(f"{found['raise']} {words}")
        if "warn" in found:
            warnings.warn(f"{found['warn']} {words}", RuntimeWarning, stacklevel=3)

    # ── state ──

    def state_dict(self) -> dict[str, Array]:
        """The learning rates, the steps taken and what is remembered of each parameter: the arrays, not copies."""
        rates = {key: [group[key] for group in self.param_groups] for key in ("lr", "first_lr")}
        numbers = {key: value[0] if len(value) == 1 else value for key, value in rates.items()} | {"steps": self.steps}
        numbers |= {"lr_bases": self.bases} if any(one != 1 for base in self.bases for one in base) else {}
        return {name: np.asarray(value) for name, value in numbers.items()} | {
            f"{name}.{i}": array for i, memory in self.memory.items() for name, array in memory.items()
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave.

        Arguments:
            state: arrays by name.
        Raises:
            ValueError: for what does not fit, before anything changes.
        """
        name = type(self).__name__
        if not isinstance(state, Mapping):
            raise TypeError(f"{name}: the state must be what state_dict gives, not {type(state).__name__}")
        many = (len(self.factors), len(self.param_groups))
        numbers, bases = ("lr", "first_lr", "steps"), np.asarray(state.get("lr_bases", np.ones(many)))
        held = {key: value for key, value in state.items() if key not in (*numbers, "lr_bases")}
        memory, lacking = self._remembered(held)
        rates = () if len(self.param_groups) == 1 else (len(self.param_groups),)
        shapes = {"lr": rates, "first_lr": rates, "steps": ()}
        lacking = [key for key in numbers if key not in state or np.shape(state[key]) != shapes[key]] + lacking
        if lacking:
            raise ValueError(f"{name}: the state lacks {', '.join(lacking)}")
        steps = np.asarray(state["steps"]).item()
        lr, first = (np.asarray(state[key]).reshape(-1).tolist() for key in ("lr", "first_lr"))
        if not all(is_real(rate) and 0 <= rate < math.inf for rate in lr) or not is_whole(steps, 0):
            told = lr[0] if len(lr) == 1 else lr
            raise ValueError(
                f"{name}: the state's lr must be a number of at least 0, its steps a count, not {told} and {steps}"
            )
        first = [rate if one != one else one for rate, one in zip(lr, first, strict=True)]
        if not all(is_real(one) and 0 < one < math.inf for one in first):
            told = first[0] if len(first) == 1 else first
            raise ValueError(f"{name}: the state's first_lr must be a positive number, or nan for none, not {told}")
        if bases.shape != many or bases.dtype.kind != "f" or not np.all(bases > 0):
            raise ValueError(f"{name}: the state's lr_bases must be {many} positive numbers, not {bases!s:.60}")
        self.bases = bases.tolist()
        for group, rate, one in zip(self.param_groups, lr, first, strict=True):
            group["lr"], group["first_lr"] = rate, one
        self.steps, self.memory = steps, memory

    def _remembered(self, state: Mapping[str, Any]) -> tuple[dict[int, dict[str, Array]], list[str]]:
        """What a state remembers of each parameter, in arrays of its own, and what it lacks. Raises ValueError."""
        name, memory, lacking = type(self).__name__, dict[int, dict[str, Array]](), list[str]()
        groups = self._groups()
        for key, value in state.items():
            part, _, number = str(key).partition(".")
            i = int(number) if number.isdecimal() else len(groups)
            own = self._remembers(np.empty(0, self.params[i].dtype), groups[i]) if i < len(groups) else {}
            if part not in own:
                raise ValueError(f"{name}: the state has {key!r}, which this optimiser has no place for")
            array, kind = np.array(value), own[part]
            if array.shape != (self.params[i].shape if kind.ndim else ()):
                raise ValueError(f"{name}: {key} {array.shape} is of parameter {i}, which is {self.params[i].shape}")
            if array.dtype.kind not in "fiu" or (not kind.ndim and array < 0):
                raise ValueError(f"{name}: {key} must hold real numbers, and a count none below 0")
            memory.setdefault(i, {})[part] = array.astype(kind.dtype, copy=False)
        for i, parts in memory.items():
            whole = self._remembers(np.empty(0), groups[i])
            lacking += [f"{part}.{i}" for part in whole if part not in parts]
        return memory, lacking

    def _groups(self) -> list[Group]:
        """The group of each parameter."""
        return [group for group in self.param_groups for _ in group["params"]]

    def _remembers(self, p: Array, group: Group) -> dict[str, Array]:
        """What is remembered of a parameter before it first moves."""
        return {}

    def _move(self, p: Array, g: Array, memory: dict[str, Array], group: Group) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not say how a parameter moves: it needs a _move method")


def check_at_least(name: str, group: Group, *keys: str) -> None:
    """Raise ValueError for settings that are no numbers of at least 0."""
    for key in keys:
        if not (is_real(group[key]) and 0 <= group[key] < math.inf):
            raise ValueError(f"{name}: {key} must be at least 0, not {group[key]}")


def check_fraction(name: str, group: Group, key: str) -> None:
    """Raise ValueError for a setting that is no number of at least 0 and below 1."""
    if not (is_real(group[key]) and 0 <= group[key] < 1):
        raise ValueError(f"{name}: {key} must be at least 0 and below 1, not {group[key]}")


def _meant(odd: Any) -> str:
    """What to give where a model was given."""
    return "; give its parameters()" if callable(getattr(odd, "parameters", None)) else ""
