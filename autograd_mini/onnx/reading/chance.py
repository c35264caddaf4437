"""ONNX's random numbers: of the seed that a node names, else of the net's generator."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...arguments import bare, generator
from .arrays import dtype_of
from .operators import operator
from .running import Call
from .shapes import within_reason


def _rng(seed: float | None, call: Call) -> Any:
    return generator("from_onnx", call.rng if seed is None else int(np.float32(seed).view(np.uint32)))


@operator("RandomNormal")
def _normal(*, shape: Any, mean: float = 0.0, scale: float = 1.0, dtype: int = 1, seed: Any = None, call: Call) -> Any:
    return _rng(seed, call).normal(mean, scale, within_reason(shape)).astype(dtype_of(dtype))


@operator("RandomUniform")
def _uniform(*, shape: Any, low: float = 0.0, high: float = 1.0, dtype: int = 1, seed: Any = None, call: Call) -> Any:
    return _rng(seed, call).uniform(low, high, within_reason(shape)).astype(dtype_of(dtype))


@operator("RandomNormalLike")
def _normal_like(
    x: Any, *, mean: float = 0.0, scale: float = 1.0, dtype: int | None = None, seed: Any = None, call: Call
) -> Any:
    return _rng(seed, call).normal(mean, scale, x.shape).astype(x.dtype if dtype is None else dtype_of(dtype))


@operator("RandomUniformLike")
def _uniform_like(
    x: Any, *, low: float = 0.0, high: float = 1.0, dtype: int | None = None, seed: Any = None, call: Call
) -> Any:
    return _rng(seed, call).uniform(low, high, x.shape).astype(x.dtype if dtype is None else dtype_of(dtype))


@operator("Bernoulli")
def _bernoulli(x: Any, *, dtype: int | None = None, seed: Any = None, call: Call) -> Any:
    p = np.asarray(bare(x))
    return (_rng(seed, call).random(p.shape) < p).astype(p.dtype if dtype is None else dtype_of(dtype))


@operator("Multinomial")
def _multinomial(x: Any, *, dtype: int = 6, sample_size: int = 1, seed: Any = None, call: Call) -> Any:
    logs = np.asarray(bare(x), np.float64)
    within_reason((len(logs), sample_size, logs.shape[1]))
    noise = _rng(seed, call).gumbel(size=(len(logs), sample_size, logs.shape[1]))
    return (logs[:, None] + noise).argmax(-1).astype(dtype_of(dtype))
