"""What a caller may ask of the gradient check, and what is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from ..arguments import is_real, is_whole
from ..core.tensor import Tensor

MODES = ("full", "projected")


@dataclass(frozen=True)
class Options:
    """What a caller asked of a check, by whose name errors are raised; meaningless options are refused."""

    name: str
    eps: float | None
    atol: float | None
    rtol: float | None
    mode: str
    projections: int
    seed: int

    def __post_init__(self) -> None:
        name, eps, mode = self.name, self.eps, self.mode
        if mode not in MODES:
            raise ValueError(f"{name}: mode must be one of {', '.join(map(repr, MODES))}, not {mode!r}")
        if eps is not None and not (is_real(eps) and 0 < eps < inf):
            raise ValueError(f"{name}: eps must be larger than 0, and finite, not {eps!r}")
        for what, value in (("atol", self.atol), ("rtol", self.rtol)):
            if value is not None and not (is_real(value) and 0 <= value < inf):
                raise ValueError(f"{name}: {what} must be at least 0, and finite, not {value!r}")
        check_counts(name, projections=(self.projections, 1), seed=(self.seed, 0))


def check_counts(name: str, **counts: tuple[Any, int]) -> None:
    """Refuse what is no integer of at least so much; each is given as (value, least), under its name."""
    for what, (count, least) in counts.items():
        if not is_whole(count, least):
            raise ValueError(f"{name}: {what} must be an integer of at least {least}, not {count!r}")


def listed(name: str, fn: Any, inputs: Any) -> list[Any]:
    """The inputs as a list; a Tensor or an array alone is one input.

    Where no Tensor requires a gradient, floating arrays are taken for what does. Raises TypeError if fn is no function,
    or inputs neither a Tensor nor an array nor a sequence.
    """
    if not callable(fn):
        raise TypeError(f"{name}: takes a function of the inputs, not {type(fn).__name__}")
    if isinstance(inputs, Mapping) or not isinstance(inputs, Iterable):
        raise TypeError(
            f"{name}: inputs must be a Tensor, an array or a sequence of these, not {type(inputs).__name__}"
        )
    given = [inputs] if isinstance(inputs, Tensor | np.ndarray) else list(inputs)
    if any(isinstance(x, Tensor) and x.requires_grad for x in given):
        return given
    return [Tensor(x, requires_grad=True) if _can_differ(x) else x for x in given]


def _can_differ(x: Any) -> bool:
    """Whether something is a floating array."""
    return isinstance(x, np.ndarray) and x.dtype.kind in "fc"
