"""One update: whole or not at all, in one pass or several, and what is not finite traced to its operation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_mini import Tensor
from autograd_mini.core.observer import expose
from autograd_mini.observe.anomaly import detect_anomaly

from ..module import Module
from ..optim import Optimizer
from ..optim.groups import first_not_finite
from .generators import held_generators, put_back_generators

Array = np.ndarray[Any, Any]
State = Sequence[tuple[str, Tensor, bool]]


@contextmanager
def whole(model: Module, state: State) -> Iterator[Callable[[], None]]:
    """Put a model's gradients, buffers and generators back if the block fails: a pass may already have changed them.

    What is given to the block does so at once. state: as `named_tensors` gives it.
    """
    before = [(tensor, tensor._array.copy()) for _, tensor, is_buffer in state if is_buffer]
    grads = [(tensor, tensor.grad) for _, tensor, _ in state]
    drawn = held_generators(model)

    def put_back() -> None:
        for tensor, array in before:
            expose(tensor, writing=True)[...] = array
        put_back_generators(drawn)

    try:
        yield put_back
    except BaseException:
        put_back()
        for tensor, grad in grads:
            tensor.grad = grad
        raise


def gradients(
    forward: Callable[[Any], Tensor],
    loss: Callable[[Tensor, Any], Tensor],
    x: Any,
    y: Any,
    parts: int,
    amount: Callable[[Any], float],
) -> tuple[float, Array]:
    """Pass a batch through in some parts, one after the other, and back: the loss of all, and the outputs.

    The gradients add up to those of the mean over the whole batch, if `loss` is a mean over its own. amount: how much
    there is in some targets that it is a mean of.
    """
    count = len(y)
    if parts == 1:
        outputs = forward(x)
        found = loss(outputs, y)
        found.backward()
        return found.item(), outputs._array
    size, total, made, whole = -(-count // parts), 0.0, list[Array](), amount(y)
    for start in range(0, count, size):
        targets = y[start : start + size]
        outputs = forward(x[start : start + size])
        made.append(outputs._array)
        if (share := amount(targets)) or not whole:  # a mean of nothing is nan, unless there is something elsewhere
            found = loss(outputs, targets) * (share / whole if whole else len(targets) / count)
            found.backward()
            total += found.item()
    return total, np.concatenate(made)


def not_finite(loss: float, state: State) -> str | None:
    """What is not finite of a step: the loss, or the gradient of a parameter."""
    if not math.isfinite(loss):
        return f"the loss is {loss}"
    name = first_not_finite((name, tensor) for name, tensor, _ in state)
    return None if name is None else f"the gradient of {name} is not finite"


def first_anomaly(again: Callable[[], Any]) -> str:
    """The first operation whose result, or gradient, is not finite when a step is computed again."""
    try:
        with np.errstate(all="ignore"), detect_anomaly():
            again()
    except FloatingPointError as error:
        return str(error)
    return "no operation gives such a number when it is computed again"


def check_reached(optimizer: Optimizer, model: Module) -> None:
    """Raise ValueError if the optimiser holds parameters that are not the model's and that no gradient reaches."""
    own = {id(p) for p in model.parameters()}
    strange = [p.shape for p in optimizer.params if p.grad is None and id(p) not in own]
    if strange:
        shapes = ", ".join(map(str, strange[:4])) + (", …" if len(strange) > 4 else "")
        raise ValueError(
            f"fit: {len(strange)} of the optimizer's {len(optimizer.params)} parameters are not the model's, and no "
            f"gradient reaches them ({shapes}): was it made of another model, or before a layer was replaced?"
        )
