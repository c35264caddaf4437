"""Steps of the optimisers over all elements of a parameter, in place: one pass over memory, shared out over threads."""

from __future__ import annotations

from typing import Any

import numpy as np

from .layout import Array
from .pieces import update


def sgd(p: Array, g: Array, v: Array | None, lr: float, momentum: float, decay: float, nesterov: bool) -> None:
    """v ← μv + g + λp; p ← p − lr · v (with Nesterov: p − lr · (g + λp + μv)), in place; all (...).

    A p of half precision moves in single, in which v is.
    """

    def piece(p: Array, g: Array, v: Array | None, lr: Any, momentum: Any, decay: Any, nesterov: bool) -> None:
        g = _decayed(p, g, decay)
        if v is not None:
            v *= momentum
            v += g
            g = g + momentum * v if nesterov else v
        p -= lr * g

    numbers = (*_numbers(p, lr, momentum, decay), nesterov)
    if v is None:
        update("", lambda p, g, *numbers: piece(p, g, None, *numbers), [p, g], numbers)
    else:
        update("steps.sgd", piece, [p, g, v], numbers)


def adam(
    p: Array, g: Array, m: Array, v: Array, largest: Array | None = None, *,
    rate: float, betas: tuple[float, float], root: float, eps: float, decay: float, shrink: float,
) -> None:  # fmt: skip
    """g ← g + λp, m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², p ← p · shrink − rate · m / (√v / root + ε).

    In place; all (...). With `largest`, which remembers it, the largest v until now stands for v. A p of half precision
    moves in single, in which m and v are: ε and g² would not fit into half.
    """

    def piece(p: Array, g: Array, m: Array, v: Array, *others: Any) -> None:
        *peaks, rate, beta1, beta2, root, eps, decay, shrink = others
        g = _decayed(p, g, decay)
        m *= beta1
        m += (1 - beta1) * g
        v *= beta2
        v += (1 - beta2) * (g * g)
        for peak in peaks:
            v = np.maximum(peak, v, out=peak)
        np.subtract(p if shrink == 1 else p * shrink, rate * m / (np.sqrt(v) / root + eps), out=p)

    numbers = _numbers(p, rate, *betas, root, eps, decay, shrink)
    if largest is None:
        update("steps.adam", piece, [p, g, m, v], numbers)
    else:
        update("", piece, [p, g, m, v, largest], numbers)


def rmsprop(
    p: Array, g: Array, square: Array, mean: Array | None, velocity: Array | None, *,
    lr: float, alpha: float, momentum: float, eps: float, decay: float,
) -> None:  # fmt: skip
    """g ← g + λp, s ← αs + (1 − α)g², v ← μv + g / (√s + ε), p ← p − lr · v; with a mean m, s − m² stands for s.

    In place; all (...). A p of half precision moves in single.
    """

    def piece(p: Array, g: Array, square: Array, *others: Any) -> None:
        *held, lr, alpha, momentum, eps, decay = others
        g = _decayed(p, g, decay)
        square *= alpha
        square += (1 - alpha) * (g * g)
        if mean is not None:
            held[0] *= alpha
            held[0] += (1 - alpha) * g
            square = square - held[0] * held[0]
        step = g / (np.sqrt(square) + eps)
        if velocity is not None:
            held[-1] *= momentum
            step = np.add(held[-1], step, out=held[-1])
        p -= lr * step

    arrays = [array for array in (p, g, square, mean, velocity) if array is not None]
    update("", piece, arrays, _numbers(p, lr, alpha, momentum, eps, decay))


def adagrad(p: Array, g: Array, square: Array, *, rate: float, eps: float, decay: float) -> None:
    """g ← g + λp, s ← s + g², p ← p − rate · g / (√s + ε), in place; all (...). Half precision moves in single."""

    def piece(p: Array, g: Array, square: Array, rate: Any, eps: Any, decay: Any) -> None:
        g = _decayed(p, g, decay)
        square += g * g
        p -= rate * g / (np.sqrt(square) + eps)

    update("", piece, [p, g, square], _numbers(p, rate, eps, decay))


def _numbers(p: Array, *values: float) -> tuple[Any, ...]:
    """Numbers in the precision in which p moves."""
    number = wide(p.dtype).type
    return tuple(number(value) for value in values)


def _decayed(p: Array, g: Array, decay: Any) -> Array:
    """g + λp, in the precision of λ."""
    g = g.astype(type(decay), copy=False)
    return g + decay * p if decay else g


def wide(dtype: Any) -> np.dtype[Any]:
    """What parameters of this dtype move in: single at least."""
    return np.promote_types(dtype, np.float32)
