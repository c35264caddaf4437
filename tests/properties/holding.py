"""A property of rows, and what properties share: leaves, cotangents, gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from rows import is_float
from rows.row import Row

from autograd_mini import Tensor, grad


@dataclass(frozen=True)
class Property:
    holds: Callable[[Row], None]
    of: Callable[[Row], Any]  # which rows it is a property of


PROPERTIES: dict[str, list[Property]] = {}
"""By their group, the file that they stand in."""


def holds(of: Callable[[Row], Any]) -> Callable[..., Any]:
    """Enter a function that fails for a row without the property."""

    def enter(function: Callable[[Row], None]) -> Callable[[Row], None]:
        PROPERTIES.setdefault(function.__module__.rpartition(".")[2], []).append(Property(function, of))
        return function

    return enter


def always(row: Row) -> bool:
    return True


def smooth(row: Row) -> bool:
    return not row.flat


def tensors(arrays: list[Any]) -> list[Any]:
    """The floating arrays as leaves, the constants as they are."""
    return [Tensor(a, requires_grad=True) if is_float(a) else a for a in arrays]


def bare(found: Any) -> np.ndarray:
    """The array of a result, whichever library's."""
    if hasattr(found, "resolve_conj"):
        found = found.detach().resolve_conj().resolve_neg()
    return found.numpy() if hasattr(found, "numpy") else np.asarray(found)


def leaves(inputs: list[Any]) -> list[Tensor]:
    return [x for x in inputs if isinstance(x, Tensor)]


def cotangent(shape: tuple[int, ...], dtype: Any = np.float64, seed: int = 7) -> np.ndarray:
    """Random, never all ones: ones are blind to whatever sums to zero."""
    rng = np.random.default_rng(seed)
    g = rng.standard_normal(shape)
    return np.asarray(g + 1j * rng.standard_normal(shape) if np.dtype(dtype).kind == "c" else g).astype(dtype)


def gradients(row: Row, arrays: list[Any], g: Any = None, **options: Any) -> tuple[Tensor, list[Tensor]]:
    """The result and the gradients of all leaves."""
    inputs = tensors(arrays)
    out = row(*inputs)
    return out, grad(out, leaves(inputs), cotangent(out.shape, out.dtype) if g is None else g, **options)
