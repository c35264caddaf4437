"""ONNX's normalisations, and dropout."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops as f
from ...arguments import bare, generator
from .elements import kept
from .operators import operator
from .running import Call


@operator("BatchNormalization", since=7)
def _batch_norm(
    x: Any, scale: Any, b: Any, mean: Any, var: Any, *, epsilon: float = 1e-5, momentum: float = 0.9,
    training_mode: int = 0, spatial: int = 1, call: Call,
) -> Any:  # fmt: skip
    """In the mode that the file says: in a net it is a layer, which goes by the net's."""
    if not spatial:
        raise ValueError("statistics of each place, spatial=0, are not read here")
    if not training_mode:
        return _scaled(x, mean, var, scale, b, epsilon)
    axes = (0, *range(2, x.ndim))
    own_mean, own_var = f.mean(x, axes), f.var(x, axes)
    found = _scaled(x, own_mean, own_var, scale, b, epsilon)
    return found, mean * momentum + own_mean * (1 - momentum), var * momentum + own_var * (1 - momentum)


def _scaled(x: Any, mean: Any, var: Any, scale: Any, b: Any, epsilon: float) -> Any:
    line = (-1, *[1] * (x.ndim - 2)) if x.ndim > 1 else (-1,)
    mean, var, scale, b = (f.reshape(one, line) for one in (mean, var, scale, b))
    return kept((x - mean) / f.sqrt(var + epsilon) * scale + b, x.dtype)


@operator("InstanceNormalization")
def _instance_norm(x: Any, scale: Any, b: Any, *, epsilon: float = 1e-5) -> Any:
    return f.instance_norm(x, scale, b, epsilon)


@operator("LayerNormalization")
def _layer_norm(
    x: Any, scale: Any, b: Any = None, *, axis: int = -1, epsilon: float = 1e-5, stash_type: int = 1, call: Call
) -> Any:
    along = tuple(range(axis % x.ndim, x.ndim))
    shape = x.shape[axis % x.ndim :]
    if call.outputs == 1 and scale.shape == shape and (b is None or b.shape == shape):
        return f.layer_norm(x, shape, scale, b, epsilon)
    single = kept(x, np.promote_types(x.dtype, np.float32)) if stash_type == 1 else x
    mean = f.mean(single, along, True)
    inverse = 1 / f.sqrt(f.var(single, along, keepdims=True) + epsilon)
    found = kept((single - mean) * inverse, x.dtype) * scale
    return (found if b is None else found + b), mean, inverse


@operator("RMSNormalization")
def _rms_norm(x: Any, scale: Any, *, axis: int = -1, epsilon: float = 1e-5, stash_type: int = 1) -> Any:
    single = kept(x, np.promote_types(x.dtype, np.float32)) if stash_type == 1 else x
    squares = f.mean(single * single, tuple(range(axis % x.ndim, x.ndim)), True)
    return kept(single / f.sqrt(squares + epsilon), x.dtype) * scale


@operator("GroupNormalization", since=21)
def _group_norm(x: Any, scale: Any, b: Any, *, num_groups: int, epsilon: float = 1e-5, stash_type: int = 1) -> Any:
    return f.group_norm(x, num_groups, scale, b, epsilon)


@operator("GroupNormalization", since=18)
def _group_norm_by_groups(x: Any, scale: Any, b: Any, *, num_groups: int, epsilon: float = 1e-5) -> Any:
    """A scale and a bias of each group."""
    each = x.shape[1] // num_groups
    return f.group_norm(x, num_groups, f.repeat(scale, each, 0), f.repeat(b, each, 0), epsilon)


@operator("MeanVarianceNormalization")
def _mean_variance(x: Any, *, axes: Any = (0, 2, 3)) -> Any:
    mean = f.mean(x, tuple(axes), True)
    return (x - mean) / (f.sqrt(f.mean(x * x, tuple(axes), True) - mean * mean) + 1e-9)


@operator("LRN")
def _lrn(x: Any, *, size: int, alpha: float = 1e-4, beta: float = 0.75, bias: float = 1.0) -> Any:
    if size % 2:
        return f.local_response_norm(x, size, alpha, beta, bias)
    before, behind = (size - 1) // 2, size // 2
    around = f.pad(x * x, ((0, 0), (before, behind), *[(0, 0)] * (x.ndim - 2)))
    total = sum(f.getitem(around, (slice(None), slice(i, i + x.shape[1]))) for i in range(size))
    return x / (bias + alpha / size * total) ** beta


@operator("LpNormalization")
def _lp_norm(x: Any, *, axis: int = -1, p: int = 2) -> Any:
    norm = f.sqrt(f.sum(x * x, axis, True)) if p == 2 else f.sum(f.absolute(x), axis, True)
    return x / f.where(norm == 0, np.ones((), x.dtype), norm)


@operator("Dropout")
def _dropout(
    x: Any, given: Any = None, training: Any = None, *, ratio: float = 0.5, seed: int | None = None, call: Call
) -> Any:
    p = ratio if given is None else float(np.asarray(bare(given)).reshape(-1)[0])
    wanted = call.training if training is None else bool(np.asarray(bare(training)).reshape(-1)[0])
    if not wanted or p == 0:
        return x, np.ones(x.shape, bool)
    legacy = np.random.RandomState  # whose numbers a seed means: they are in the operator's own tests
    mask = (generator("Dropout", call.rng) if seed is None else legacy(seed)).uniform(size=x.shape) >= p
    return kept(x * mask.astype(x.dtype) / (1 - p), x.dtype), mask
