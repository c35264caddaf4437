"""Optimisers change parameters in place by their gradients."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_mini import Tensor
from autograd_mini.arguments import is_real, is_whole
from autograd_mini.core.observer import expose
from autograd_mini.kernels import maps

from .moved import ROOMS

Array = np.ndarray[Any, Any]
# what NumPy calls a fault of arithmetic, and the setting that says what to do about it
_FAULTS = {"divide by zero": "divide", "overflow": "over", "invalid value": "invalid"}


if not TYPE_CHECKING:  # schedules, which were here
    __getattr__ = ROOMS.names_of("optim")


class Optimizer:
    """What optimisers share: the parameters, the learning rate `lr`, and a state for each parameter.

    Parameters frozen by `requires_grad=False` are left out.

    Arguments:
        params: leaf Tensors, each once.
        lr: the learning rate, above 0.
        weight_decay: λ, at least 0.
    Raises:
        ValueError: for no parameter that requires a gradient, one given twice, or numbers out of range.
        TypeError: for what is no leaf Tensor.

    Example:
        >>> class SignDescent(nn.Optimizer):
        ...     def _move(self, i, p, g):
        ...         p -= self.lr * np.sign(g)
        >>> w = Tensor([1.0, -2.0], requires_grad=True)
        >>> (w * w).sum().backward(); SignDescent([w], lr=0.1).step(); w.numpy()
        array([ 0.9, -1.9])
    """

    def __init__(self, params: Iterable[Tensor], lr: float, weight_decay: float = 0.0) -> None:
        name = type(self).__name__
        if isinstance(params, Tensor) or not isinstance(params, Iterable):
            raise TypeError(f"{name}: params must be a sequence of Tensors, not {type(params).__name__}")
        given = list(params)
        for p in given:
            if not isinstance(p, Tensor) or not p.is_leaf:
                odd = f"a result of shape {p.shape}" if isinstance(p, Tensor) else type(p).__name__
                raise TypeError(f"{name}: parameters must be leaf Tensors with requires_grad=True, not {odd}")
        self.params = [p for p in given if p.requires_grad]
        if not self.params:
            raise ValueError(f"{name}: there are no parameters to optimise: none is given that requires a gradient")
        if len({id(p) for p in self.params}) < len(self.params):
            raise ValueError(f"{name}: a parameter is given twice and would move twice a step")
        if not (is_real(lr) and 0 < lr < math.inf):
            raise ValueError(f"{name}: the learning rate must be a positive number, not {lr}")
        if not (is_real(weight_decay) and 0 <= weight_decay < math.inf):
            raise ValueError(f"{name}: weight_decay must be at least 0, not {weight_decay}")
        self.lr, self.weight_decay = lr, weight_decay
        self.steps = 0
        self.memory: dict[int, dict[str, Array]] = {}  # what is remembered of each parameter that has moved
        self.first_lr: float | None = None  # what schedules count from: the rate before the first of them

    def zero_grad(self) -> None:
        """Forget all gradients; call before each backward."""
        for p in self.params:
            p.grad = None

    def step(self) -> None:
        """Move every parameter that has a gradient: all of them, or none.

        What NumPy has to say about numbers that are not finite, as `np.errstate` asks for, it says when all have moved.

        Raises:
            ValueError: before any moves, if a gradient does not fit or a parameter cannot be written to.
        """
        pairs = [(i, expose(p, writing=True), p.grad._array) for i, p in enumerate(self.params) if p.grad is not None]
        for i, p, g in pairs:
            if p.shape != g.shape:
                raise ValueError(f"{type(self).__name__}: parameter {i} {p.shape} has a gradient of shape {g.shape}")
            if not p.flags.writeable:
                raise ValueError(f"{type(self).__name__}: parameter {i} {p.shape} cannot be written to")
        for i, p, _ in pairs:
            self._memory(i, p)  # where there is no room for it, before any moves
        self.steps += 1
        faults: dict[str, int] = {}
        with np.errstate(all="call", under="ignore", call=faults.__setitem__):
            for i, p, g in pairs:
                self._move(i, p, g)
        if faults:
            self._tell(faults)

    def _tell(self, faults: Iterable[str]) -> None:
        """Raise, or warn of, what NumPy met in a step, as `np.errstate` asks for."""
        modes = np.geterr()
        found = {modes[_FAULTS[fault]]: fault for fault in faults if fault in _FAULTS}  # type: ignore[literal-required]
        words = f"encountered in {type(self).__name__}.step; every parameter has moved"
        if "raise" in found:
            raise FloatingPointError(f"{found['raise']} {words}")
        if "warn" in found:
            warnings.warn(f"{found['warn']} {words}", RuntimeWarning, stacklevel=3)

    def state_dict(self) -> dict[str, Array]:
        """The learning rate, the steps taken and what is remembered of each parameter: the arrays, not copies."""
        numbers = {"lr": self.lr, "first_lr": np.nan if self.first_lr is None else self.first_lr, "steps": self.steps}
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
        name, memory = type(self).__name__, dict[int, dict[str, Array]]()
        if not isinstance(state, Mapping):
            raise TypeError(f"{name}: the state must be what state_dict gives, not {type(state).__name__}")
        own = {key: array.ndim for key, array in self._remembers(np.zeros(1)).items()}
        for key, value in state.items():
            if key in ("lr", "first_lr", "steps"):
                continue
            part, _, number = str(key).partition(".")
            i = int(number) if number.isdecimal() else len(self.params)
            if part not in own or i >= len(self.params):
                raise ValueError(f"{name}: the state has {key!r}, which this optimiser has no place for")
            array = np.array(value)
            if array.shape != (self.params[i].shape if own[part] else ()):
                raise ValueError(f"{name}: {key} {array.shape} is of parameter {i}, which is {self.params[i].shape}")
            if array.dtype.kind not in "fiu" or (not own[part] and array < 0):
                raise ValueError(f"{name}: {key} must hold real numbers, and a count none below 0")
            kind = self._remembers(np.empty(0, self.params[i].dtype))[part].dtype
            memory.setdefault(i, {})[part] = array.astype(kind, copy=False)
        lacking = [key for key in ("lr", "first_lr", "steps") if key not in state or np.ndim(state[key])]
        lacking += [f"{part}.{i}" for i, parts in memory.items() for part in own if part not in parts]
        if lacking:
            raise ValueError(f"{name}: the state lacks {', '.join(lacking)}")
        lr, first, steps = (np.asarray(state[key]).item() for key in ("lr", "first_lr", "steps"))
        if not (is_real(lr) and 0 < lr < math.inf) or not is_whole(steps, 0):
            raise ValueError(
                f"{name}: the state's lr must be a positive number, its steps a count, not {lr} and {steps}"
            )
        if first == first and not (is_real(first) and 0 < first < math.inf):
            raise ValueError(f"{name}: the state's first_lr must be a positive number, or nan for none, not {first}")
        self.lr, self.steps, self.first_lr, self.memory = lr, steps, None if first != first else first, memory

    def _memory(self, i: int, p: Array) -> dict[str, Array]:
        if i not in self.memory:
            self.memory[i] = self._remembers(p)
        return self.memory[i]

    def _remembers(self, p: Array) -> dict[str, Array]:
        """What is remembered of a parameter before it first moves."""
        return {}

    def _move(self, i: int, p: Array, g: Array) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not say how a parameter moves: it needs a _move method")


class SGD(Optimizer):
    """Stochastic gradient descent: v ← μv + g + λp; p ← p − lr · v (with Nesterov: p − lr · (g + λp + μv)).

    Half precision moves in single, in which v is.

    Arguments:
        params: leaf Tensors, each once; frozen ones are left out.
        lr: the learning rate, above 0.
        momentum: μ, from 0 to below 1.
        weight_decay: λ, at least 0.
        nesterov: whether to look ahead, which needs a momentum.
    Raises:
        ValueError: for numbers out of range, nesterov without a momentum, or no parameters.
        TypeError: for what is no leaf Tensor.
    Source: the report, section 5, Optimizer; Sutskever et al. 2013 in PyTorch's form.

    Example:
        >>> w = Tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = nn.SGD([w], lr=0.1)
        >>> (w * w).sum().backward(); optimizer.step(); w.numpy()
        array([ 0.8, -1.6])
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(params, lr, weight_decay)
        if not (is_real(momentum) and 0 <= momentum < 1):
            raise ValueError(f"SGD: momentum must be at least 0 and below 1, not {momentum}")
        if nesterov and not momentum:
            raise ValueError("SGD: nesterov needs a momentum")
        self.momentum, self.nesterov = momentum, nesterov

    def _remembers(self, p: Array) -> dict[str, Array]:
        return {"velocity": np.zeros_like(p, maps.wide(p.dtype))} if self.momentum else {}

    def _move(self, i: int, p: Array, g: Array) -> None:
        velocity = self._memory(i, p).get("velocity")
        maps.sgd(p, g, velocity, self.lr, self.momentum, self.weight_decay, self.nesterov)


class Adam(Optimizer):
    """Steps scaled by running moments: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², p ← p − lr · m̂ / (√v̂ + ε).

    Half precision moves in single, in which m and v are. With ε = 0, what never had a gradient becomes nan: 0 / 0.

    Arguments:
        params: leaf Tensors, each once; frozen ones are left out.
        lr: the learning rate, above 0.
        betas: β₁ and β₂, from 0 to below 1.
        eps: ε, at least 0.
        weight_decay: λ, at least 0; λp is added to the gradient.
    Raises:
        ValueError: for numbers out of range, or no parameters.
        TypeError: for what is no leaf Tensor.
    Source: Kingma & Ba 2015.

    Example:
        >>> w = Tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = nn.Adam([w], lr=0.1)
        >>> (w * w).sum().backward(); optimizer.step(); w.numpy().round(6)  # the first step is lr · the sign
        array([ 0.9, -1.9])
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr, weight_decay)
        name = type(self).__name__
        pair = isinstance(betas, tuple | list) and len(betas) == 2
        if not pair or not all(is_real(beta) and 0 <= beta < 1 for beta in betas):
            raise ValueError(f"{name}: betas must be two numbers of at least 0 and below 1, not {betas}")
        if not (is_real(eps) and 0 <= eps < math.inf):
            raise ValueError(f"{name}: eps must be at least 0, not {eps}")
        self.betas, self.eps = betas, eps

    def _remembers(self, p: Array) -> dict[str, Array]:
        first, second = (np.zeros_like(p, maps.wide(p.dtype)) for _ in range(2))
        return {"first": first, "second": second, "count": np.zeros((), np.int64)}

    def _move(self, i: int, p: Array, g: Array) -> None:
        memory = self._memory(i, p)
        memory["count"] += 1
        first, second, count = memory["first"], memory["second"], int(memory["count"])
        beta1, beta2 = self.betas
        rate, root = self.lr / (1 - beta1**count), math.sqrt(1 - beta2**count)
        decay, shrink = self._decays()
        maps.adam(p, g, first, second, rate=rate, betas=self.betas, root=root, eps=self.eps, decay=decay, shrink=shrink)

    def _decays(self) -> tuple[float, float]:
        """Weight decay as part of the gradient, and as a factor of the parameter."""
        return self.weight_decay, 1.0


class AdamW(Adam):
    """Adam with weight decay apart from the gradient: p ← p − lr · λ · p before each step.

    Arguments:
        params: leaf Tensors, each once; frozen ones are left out.
        lr: the learning rate, above 0.
        betas: β₁ and β₂, from 0 to below 1.
        eps: ε, at least 0.
        weight_decay: λ, at least 0.
    Raises:
        ValueError: for numbers out of range, or no parameters.
        TypeError: for what is no leaf Tensor.
    Source: Loshchilov & Hutter 2019.

    Example:
        >>> w = Tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = nn.AdamW([w], lr=0.1, weight_decay=0.5)
        >>> (w * w).sum().backward(); optimizer.step(); w.numpy().round(6)
        array([ 0.85, -1.8 ])
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)

    def _decays(self) -> tuple[float, float]:
        return 0.0, 1 - self.lr * self.weight_decay
