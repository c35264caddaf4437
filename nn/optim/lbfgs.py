"""L-BFGS: steps along directions that take in the curvature of the steps before."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from autograd_mini.arguments import check_whole
from autograd_mini.core.observer import expose

from .optimizer import Array, Group, Optimizer, check_at_least

# a pair of a move and the change of the gradient along it counts if their product is above this: the curvature is then
# positive, and the direction one of descent
_CURVED = 1e-10


class LBFGS(Optimizer):
    """Limited-memory BFGS: x ← x + t · d, where −d is the gradient times an inverse Hessian made of the last moves.

    `step` takes a closure, which forgets the gradients, computes the loss and its gradients, and returns the loss; it
    is called several times. All is computed in double precision. A step that fails leaves everything as it was.

    Arguments:
        params: leaf Tensors, each once; frozen ones are left out.
        lr: t, above 0; with a line search where that begins.
        max_iter: how many moves a step makes at most.
        max_eval: how many evaluations a step makes at most; by default max_iter · 5 / 4.
        tolerance_grad: no element of the gradient above this ends a step.
        tolerance_change: a move, or a change of the loss, below this ends a step.
        history_size: how many moves are remembered.
        line_search_fn: None, or "strong_wolfe" for a t that fulfils the strong Wolfe conditions, found by SciPy.
    Raises:
        ValueError: for numbers or words out of range, several groups, or no parameters.
        TypeError: for what is no leaf Tensor.
        ImportError: for a line search without SciPy.
    Source: Nocedal & Wright 2006, algorithms 7.4 and 3.5; in PyTorch's form.

    Example:
        >>> w = Tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = nn.LBFGS([w], lr=0.5)
        >>> def closure():
        ...     optimizer.zero_grad(); loss = (w * w).sum(); loss.backward(); return loss
        >>> loss = optimizer.step(closure); bool(abs(w.numpy()).max() < 1e-4)
        True
    """

    needs_closure: ClassVar[bool] = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        self.search = _line_search() if line_search_fn == "strong_wolfe" else None
        super().__init__(
            params, lr,
            max_iter=max_iter, max_eval=max_eval, tolerance_grad=tolerance_grad, tolerance_change=tolerance_change,
            history_size=history_size, line_search_fn=line_search_fn,
        )  # fmt: skip
        if len(self.param_groups) > 1:
            raise ValueError(f"LBFGS: takes one group of parameters, not {len(self.param_groups)}")
        self.moves: dict[str, Array] = {}  # what is remembered of the moves until now

    def _check(self, name: str, group: Group) -> None:
        super()._check(name, group)
        for what in ("max_iter", "history_size"):
            check_whole(name, what, group[what], 1)
        if group["max_eval"] is not None:
            check_whole(name, "max_eval", group["max_eval"], 1)
        check_at_least(name, group, "tolerance_grad", "tolerance_change")
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise ValueError(f"{name}: line_search_fn must be None or 'strong_wolfe', not {group['line_search_fn']!r}")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move along several directions, until one of the limits is met.

        Arguments:
            closure: forgets the gradients, computes the loss and its gradients, and returns the loss.
        Returns:
            What the closure returned first.
        Raises:
            ValueError: without a closure, or if a parameter cannot be written to; then nothing moves.
        """
        if closure is None:
            raise ValueError(
                "LBFGS: step takes a closure, which computes the loss and its gradients, and returns the loss"
            )
        before, moves = [p._array.copy() for p in self.params], self.moves
        try:
            first = closure()
            self._ready()
            self._descend(_Problem(self.params, closure), float(_number(first)))
        except BaseException:
            for p, array in zip(self.params, before, strict=True):
                expose(p, writing=True)[...] = array
            self.moves = moves
            raise
        self.steps += 1
        return first

    def _descend(self, problem: _Problem, loss: float) -> None:
        group, gradient = self.param_groups[0], problem.gradient()
        most = group["max_eval"] or group["max_iter"] * 5 // 4
        if np.abs(gradient).max() <= group["tolerance_grad"]:
            return
        x, held, evaluations = problem.x(), dict(self.moves), 1
        for i in range(group["max_iter"]):
            direction = self._direction(held, gradient)
            held |= {"gradient": gradient, "direction": direction, "count": held.get("count", np.asarray(0)) + 1}
            size = group["lr"] * (min(1.0, 1.0 / np.abs(gradient).sum()) if held["count"] == 1 else 1.0)
            slope, last = float(gradient @ direction), loss
            if slope > -group["tolerance_change"]:
                break
            if self.search is None:
                x = x + size * direction
                problem.move_to(x)
                if i + 1 < group["max_iter"]:  # else the next step begins with it
                    loss, gradient, evaluations = problem.evaluated(x)
            else:
                found = self.search(problem.loss, problem.slopes, x, size * direction, gradient, loss, maxiter=25)[0]
                if found is None:
                    problem.move_to(x)
                    break
                size *= found
                x = x + size * direction
                loss, gradient, evaluations = problem.evaluated(x)
            held["size"] = np.asarray(size)
            self.moves = dict(held)
            if (
                evaluations >= most
                or np.abs(gradient).max() <= group["tolerance_grad"]
                or np.abs(size * direction).max() <= group["tolerance_change"]
                or (i + 1 < group["max_iter"] and abs(loss - last) < group["tolerance_change"])
            ):
                break

    def _direction(self, held: dict[str, Array], gradient: Array) -> Array:
        """Minus the gradient times the inverse Hessian, by the two loops over the moves, of which one may be new."""
        if "count" not in held:
            held |= {"s": np.empty((0, gradient.size)), "y": np.empty((0, gradient.size)), "scale": np.asarray(1.0)}
            return -gradient
        change, move = gradient - held["gradient"], held["size"] * held["direction"]
        if (product := float(change @ move)) > _CURVED:
            keep = self.param_groups[0]["history_size"]
            held["s"], held["y"] = (
                np.concatenate([rows, new[None]])[-keep:] for rows, new in ((held["s"], move), (held["y"], change))
            )
            held["scale"] = np.asarray(product / float(change @ change))
        q, parts = -gradient, list[float]()
        pairs = list(zip(held["s"], held["y"], strict=True))
        for s, y in reversed(pairs):
            parts.append(float(s @ q) / float(y @ s))
            q = q - parts[-1] * y
        direction: Array = q * held["scale"]
        for (s, y), part in zip(pairs, reversed(parts), strict=True):
            direction = direction + s * (part - float(y @ direction) / float(y @ s))
        return direction

    def state_dict(self) -> dict[str, Array]:
        """The learning rate, the steps taken and what is remembered of the moves: the arrays, not copies."""
        return super().state_dict() | {f"moves.{name}": array for name, array in self.moves.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave.

        Arguments:
            state: arrays by name.
        Raises:
            ValueError: for what does not fit, before anything changes.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"LBFGS: the state must be what state_dict gives, not {type(state).__name__}")
        moves = {key.removeprefix("moves."): np.array(v) for key, v in state.items() if key.startswith("moves.")}
        size = sum(p.size for p in self.params)
        rows = moves["s"].shape[:1] if "s" in moves else (0,)
        shapes = {"s": (*rows, size), "y": (*rows, size), "gradient": (size,), "direction": (size,)}
        shapes |= {"scale": (), "size": (), "count": ()}
        if moves and {name: array.shape for name, array in moves.items()} != shapes:
            raise ValueError(f"LBFGS: the state's moves are not those of {size} numbers: {', '.join(sorted(moves))}")
        if any(array.dtype.kind not in "fiu" for array in moves.values()):
            raise ValueError("LBFGS: the state's moves must be real numbers")
        super().load_state_dict({key: value for key, value in state.items() if not key.startswith("moves.")})
        self.moves = moves


class _Problem:
    """The loss as a function of one vector of all parameters."""

    def __init__(self, params: list[Any], closure: Callable[[], Any]) -> None:
        self.params, self.closure, self.at, self.count = params, closure, np.empty(0), 1
        self.found = 0.0, np.empty(0)

    def x(self) -> Array:
        """Where the parameters are."""
        return np.concatenate([p._array.reshape(-1) for p in self.params]).astype(np.float64)

    def gradient(self) -> Array:
        """The gradients that they have."""
        parts = [np.zeros(p.size) if p.grad is None else p.grad._array.reshape(-1) for p in self.params]
        return np.concatenate(parts).astype(np.float64)

    def move_to(self, x: Array) -> None:
        """Write the vector into the parameters."""
        start = 0
        for p in self.params:
            expose(p, writing=True)[...] = x[start : start + p.size].reshape(p.shape)
            start += p.size

    def evaluated(self, x: Array) -> tuple[float, Array, int]:
        """Loss and gradient there, and how many evaluations there were; the parameters are there afterwards."""
        if not np.array_equal(x, self.at):
            self.move_to(x)
            loss = float(_number(self.closure()))
            self.at, self.found, self.count = x.copy(), (loss, self.gradient()), self.count + 1
        else:
            self.move_to(x)
        return *self.found, self.count

    def loss(self, x: Array) -> float:
        """The loss there; inf for one that is not finite, which no search takes."""
        found = self.evaluated(x)[0]
        return found if math.isfinite(found) else math.inf

    def slopes(self, x: Array) -> Array:
        """The gradient there."""
        return self.evaluated(x)[1]


def _number(loss: Any) -> Any:
    return loss.item() if hasattr(loss, "item") else loss


def _line_search() -> Callable[..., Any]:
    try:
        from scipy.optimize import line_search
    except ImportError as error:
        raise ImportError(
            "LBFGS: SciPy searches along the line; pip install 'autograd-mini[special]' brings it"
        ) from error
    found: Callable[..., Any] = line_search
    return found
