"""Parameters by name in groups, and gradients that are held within bounds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd_mini import Tensor
from autograd_mini.arguments import is_real

from ..module import Module

Array = np.ndarray[Any, Any]


def parameter_groups(
    model: Module, settings: Mapping[str, Mapping[str, Any]] | None = None, *, decay_vectors: bool = True
) -> list[dict[str, Any]]:
    """A model's parameters in groups for an optimiser, by their paths.

    Arguments:
        model: a Module.
        settings: what differs, by pattern as `Module.select` takes them: {"*.bias": {"lr": 0.1}}. The first one that a
            path matches counts.
        decay_vectors: False gives biases, scales of norms and whatever else has at most one axis `weight_decay` 0.
    Returns:
        Dicts with `params` and settings, those without any first.
    Raises:
        ValueError: for a pattern that no path matches.
        TypeError: for what is no Module.

    Example:
        >>> net = nn.Sequential(body=nn.Linear(2, 3, rng=0), head=nn.Linear(3, 1, rng=1))
        >>> groups = nn.parameter_groups(net, {"head.*": {"lr": 0.1}}, decay_vectors=False)
        >>> [(len(group["params"]), group.get("lr"), group.get("weight_decay")) for group in groups]
        [(1, None, None), (1, None, 0.0), (1, 0.1, None), (1, 0.1, 0.0)]
    """
    if not isinstance(model, Module):
        raise TypeError(f"parameter_groups: the model must be a Module, not {type(model).__name__}")
    if not isinstance(settings, Mapping | None) or not all(
        isinstance(own, Mapping) for own in (settings or {}).values()
    ):
        raise TypeError(f"parameter_groups: settings must be dicts by pattern, not {settings!r:.60}")
    chosen: dict[int, Mapping[str, Any]] = {}
    for pattern, own in (settings or {}).items():
        for p in model.select(pattern):
            chosen.setdefault(id(p), own)
    found: list[tuple[dict[str, Any], list[Tensor]]] = [({}, [])]
    for p in model.parameters():
        wanted = {} if decay_vectors or p.ndim > 1 else {"weight_decay": 0.0}
        wanted |= chosen.get(id(p), {})
        params = next((held for own, held in found if own == wanted), None)
        if params is None:
            found.append((wanted, params := []))
        params.append(p)
    return [{"params": params, **own} for own, params in found if params]


def clip_grad_norm(params: Iterable[Tensor], max_norm: float, norm_type: float = 2.0) -> float:
    """Scale gradients by one factor, so that the norm of all of them together is at most so large.

    Arguments:
        params: Tensors; those without a gradient are left out.
        max_norm: at least 0.
        norm_type: the p of ‖g‖ = (Σ |g|^p)^(1/p), above 0; inf for the largest magnitude.
    Returns:
        The norm that they had.
    Raises:
        FloatingPointError: for a norm that is not finite; then nothing changes.
        ValueError, TypeError: for numbers out of range, or what are no Tensors.
    Source: Pascanu et al. 2013.

    Example:
        >>> w = Tensor([3.0, 4.0], requires_grad=True)
        >>> (w * w / 2).sum().backward(); nn.clip_grad_norm([w], 1.0), w.grad.numpy().round(4)
        (5.0, array([0.6, 0.8]))
    """
    if not (is_real(max_norm) and 0 <= max_norm < math.inf):
        raise ValueError(f"clip_grad_norm: max_norm must be at least 0, not {max_norm}")
    if not (is_real(norm_type) and norm_type > 0):
        raise ValueError(f"clip_grad_norm: norm_type must be a number above 0, or inf, not {norm_type}")
    held = _with_gradients("clip_grad_norm", params)
    norms = np.array([_norm(p.grad._array, norm_type) for p in held])
    total = _norm(norms, norm_type) if held else 0.0
    if not math.isfinite(total):
        raise FloatingPointError(
            f"clip_grad_norm: the norm of the gradients is {total}, and no factor makes it {max_norm}"
        )
    if (factor := max_norm / (total + 1e-6)) < 1:
        for p in held:
            p.grad = p.grad._array * np.asarray(factor, p.grad.dtype)
    return total


def clip_grad_value(params: Iterable[Tensor], clip_value: float) -> None:
    """Clip every element of the gradients to ±clip_value.

    Arguments:
        params: Tensors; those without a gradient are left out.
        clip_value: at least 0.
    Returns:
        None.
    Raises:
        ValueError, TypeError: for a number out of range, or what are no Tensors.

    Example:
        >>> w = Tensor([3.0, -0.5], requires_grad=True)
        >>> (w * w / 2).sum().backward(); nn.clip_grad_value([w], 1.0); w.grad.numpy()
        array([ 1. , -0.5])
    """
    if not (is_real(clip_value) and 0 <= clip_value < math.inf):
        raise ValueError(f"clip_grad_value: clip_value must be at least 0, not {clip_value}")
    for p in _with_gradients("clip_grad_value", params):
        p.grad = np.clip(p.grad._array, -clip_value, clip_value)


def first_not_finite(named: Iterable[tuple[str, Tensor]]) -> str | None:
    """The name of the first parameter whose gradient has an inf or a nan, if there is one."""
    for name, p in named:
        if p.grad is None:
            continue
        flat = p.grad._array.reshape(-1)
        # a product is finite only if all of them are, and takes one pass over memory; half precision has none
        is_in_doubt = flat.dtype == np.float16 or not math.isfinite(np.dot(flat, flat))
        if is_in_doubt and not np.isfinite(flat).all():
            return name
    return None


def _with_gradients(name: str, params: Any) -> list[Any]:
    held = [params] if isinstance(params, Tensor) else list(params) if isinstance(params, Iterable) else [params]
    for p in held:
        if not isinstance(p, Tensor):
            raise TypeError(f"{name}: takes Tensors, not {type(p).__name__}")
    return [p for p in held if p.grad is not None]


def _norm(array: Array, order: float) -> float:
    """The norm of an array, added up in double precision."""
    magnitudes = np.abs(array.astype(np.float64, copy=False)).reshape(-1)
    if not magnitudes.size:
        return 0.0
    if order == math.inf:
        return float(magnitudes.max())
    if order == 2:
        return math.sqrt(np.dot(magnitudes, magnitudes))
    with np.errstate(over="ignore"):
        return float((magnitudes**order).sum() ** (1 / order))
