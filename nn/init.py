"""Initialisers: `init(shape, rng, dtype) -> array`. Weights have the shape (out, in) or (out, in, kh, kw)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Initialiser = Callable[[tuple[int, ...], np.random.Generator, Any], Array]


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many inputs feed one output, and how many outputs one input feeds: (in · kh · kw, out · kh · kw)."""
    window = int(np.prod(shape[2:]))
    return shape[1] * window, shape[0] * window


def he_normal(shape: tuple[int, ...], rng: np.random.Generator, dtype: Any = np.float32) -> Array:
    """Normal with variance 2 / fan_in: keeps the scale through ReLUs. Source: He et al. 2015."""
    return _normal(shape, rng, dtype, (2 / fans(shape)[0]) ** 0.5)


def he_uniform(shape: tuple[int, ...], rng: np.random.Generator, dtype: Any = np.float32) -> Array:
    """Uniform with variance 2 / fan_in. Source: He et al. 2015."""
    return _uniform(shape, rng, dtype, (6 / fans(shape)[0]) ** 0.5)


def xavier_normal(shape: tuple[int, ...], rng: np.random.Generator, dtype: Any = np.float32) -> Array:
    """Normal with variance 2 / (fan_in + fan_out): keeps the scale through tanh. Source: Glorot & Bengio 2010."""
    return _normal(shape, rng, dtype, (2 / sum(fans(shape))) ** 0.5)


def xavier_uniform(shape: tuple[int, ...], rng: np.random.Generator, dtype: Any = np.float32) -> Array:
    """Uniform with variance 2 / (fan_in + fan_out). Source: Glorot & Bengio 2010."""
    return _uniform(shape, rng, dtype, (6 / sum(fans(shape))) ** 0.5)


def normal(
    shape: tuple[int, ...], rng: np.random.Generator, dtype: Any = np.float32, *, std: float | None = None
) -> Array:
    """Normal with the given standard deviation, by default √(1 / fan_in). Source: the report, listing 5.1."""
    return _normal(shape, rng, dtype, (1 / fans(shape)[0]) ** 0.5 if std is None else std)


def zeros(shape: tuple[int, ...], rng: np.random.Generator, dtype: Any = np.float32) -> Array:
    """All zeros."""
    return np.zeros(shape, dtype)


def _normal(shape: tuple[int, ...], rng: np.random.Generator, dtype: Any, std: float) -> Array:
    values = rng.standard_normal(shape, np.dtype(dtype))
    values *= std
    return values


def _uniform(shape: tuple[int, ...], rng: np.random.Generator, dtype: Any, bound: float) -> Array:
    values = rng.random(shape, np.dtype(dtype))
    values *= 2 * bound
    values -= bound
    return values
