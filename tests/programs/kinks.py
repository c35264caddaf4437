"""Where the operations of random programs kink and jump, and where their slopes are regular.

A gap is given the arrays and parameters of a call: the signs of its numbers say on which piece of the function the
arrays are, 0 at a kink.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray
Shape = tuple[int, ...]
FLOOR = 1e-3  # least argument of log, sqrt, division, …


def all_axes(x: Any, axis: Any) -> Shape:
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(a % x.ndim for a in axes)


def itself(x: Array, *_: Any, **__: Any) -> Array:
    return x


def lead(x: Array) -> Array:
    """By how much each entry of the last axis is ahead of all others there."""
    if x.shape[-1] < 2:
        return np.ones(x.shape)
    ordered = np.sort(x, axis=-1)
    first, second = ordered[..., -1:], ordered[..., -2:-1]
    return x - np.where((x == first) & (np.cumsum(x == first, axis=-1) == 1), second, first)


def lead_of_all(x: Array) -> Array:
    return lead(x.reshape(-1))


def lead_over(x: Array, *, axis: Any, **_: Any) -> Array:
    axes = all_axes(x, axis)
    rest = [a for a in range(x.ndim) if a not in axes]
    return lead(x.transpose(*rest, *axes).reshape(*[x.shape[a] for a in rest], -1))


def lead_in_windows(x: Array, *, kernel_size: Any, stride: Any, padding: Any) -> Array:
    bordered = np.pad(x, [(0, 0), (0, 0), *[(p, p) for p in padding]], constant_values=-1e9)
    windows = np.lib.stride_tricks.sliding_window_view(bordered, kernel_size, axis=(2, 3))
    return lead(windows[:, :, :: stride[0], :: stride[1]].reshape(-1, kernel_size[0] * kernel_size[1]))


def order(x: Array, *, axis: int) -> Array:
    """The differences of all pairs along an axis."""
    lines = np.moveaxis(x, axis, -1)
    one, other = np.triu_indices(lines.shape[-1], 1)
    return lines[..., one] - lines[..., other]


def from_bounds(x: Array, *, low: float | None, high: float | None) -> Array:
    return np.stack([x - bound for bound in (low, high) if bound is not None])


def known(gap: Array) -> Array:
    """A gap whose own rounding may decide its sign, not a number where it does: then no two runs agree."""
    return np.where(np.abs(gap) < 1e-12 * np.abs(gap).max(initial=0.0), np.nan, gap)


def least(x: Array, *_: Any, **__: Any) -> bool:
    return bool(x.min() >= FLOOR)


def spread(x: Array, *_: Any, axis: Any, **__: Any) -> bool:
    return bool(np.var(x, axis=axis).min() >= FLOOR)


def spread_in_channels(x: Array, *_: Any, axes: Any, **__: Any) -> bool:
    return spread(x, axis=axes)


def full_rank(x: Array) -> bool:
    """Whether the columns that QR begins with are far from dependent."""
    return bool(np.linalg.svd(x[..., : x.shape[-2]], compute_uv=False).min(initial=1.0) > 0.1)
