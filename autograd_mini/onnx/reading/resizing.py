"""ONNX's Resize and Upsample: along each axis a matrix of the shares that pixels have in pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops as f
from ...arguments import bare
from .operators import operator
from .shapes import whole, within_reason

_ROUND: dict[str, Callable[[Any], Any]] = {
    "round_prefer_floor": lambda x: np.ceil(x - 0.5),
    "round_prefer_ceil": lambda x: np.floor(x + 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
}


def _coordinates(mode: str, new: int, old: int, scale: float, roi: tuple[float, float]) -> Any:
    """Where each new element lies among the old ones."""
    x = np.arange(new, dtype=np.float64)
    if mode == "half_pixel" or (mode == "pytorch_half_pixel" and new > 1):
        return (x + 0.5) / scale - 0.5
    if mode == "pytorch_half_pixel":
        return x * 0
    if mode == "half_pixel_symmetric":
        return old / 2 * (1 - new / (scale * old)) + (x + 0.5) / scale - 0.5
    if mode == "align_corners":
        return x * ((old - 1) / (scale * old - 1) if new > 1 else 0)
    if mode == "asymmetric":
        return x / scale
    if mode == "tf_crop_and_resize":
        first, last = roi
        step = (last - first) * (old - 1) / (new - 1) if new > 1 else 0
        return (first * (old - 1) if new > 1 else 0.5 * (first + last) * (old - 1)) + x * step
    raise ValueError(f"there is no coordinate_transformation_mode {mode!r}")


def _line(distance: Any) -> Any:
    return np.maximum(1 - np.abs(distance), 0)


def _cubic(a: float) -> Callable[[Any], Any]:
    """Keys's cubic convolution kernel."""

    def kernel(distance: Any) -> Any:
        x = np.abs(distance)
        near = ((a + 2) * x - (a + 3)) * x * x + 1
        far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
        return np.where(x <= 1, near, np.where(x < 2, far, 0))

    return kernel


def _shares(x: Any, old: int, kernel: Any, reach: int, scale: float, antialias: bool, inside_only: bool) -> Any:
    """(new, old): how much each old element counts for each new one; beyond the border the outermost ones do."""
    wide = max(1.0, 1 / scale) if antialias else 1.0
    first = np.floor(x - reach * wide).astype(np.int64)
    taps = first[:, None] + np.arange(int(np.ceil(2 * reach * wide)) + 2)
    weights = kernel((taps - x[:, None]) / wide)
    outside = (taps < 0) | (taps >= old)
    if inside_only:
        weights = np.where(outside, 0, weights)
    if inside_only or antialias:
        weights = weights / weights.sum(1, keepdims=True)
    matrix = np.zeros((len(x), old))
    np.add.at(matrix, (np.arange(len(x))[:, None], np.clip(taps, 0, old - 1)), weights)
    return matrix


@operator("Resize", since=11)
def _resize(
    x: Any, roi: Any = None, scales: Any = None, sizes: Any = None, *, mode: str = "nearest", antialias: int = 0,
    axes: Any = None, coordinate_transformation_mode: str = "half_pixel", cubic_coeff_a: float = -0.75,
    exclude_outside: int = 0, extrapolation_value: float = 0.0, keep_aspect_ratio_policy: str = "stretch",
    nearest_mode: str = "round_prefer_floor",
) -> Any:  # fmt: skip
    along = range(x.ndim) if axes is None else [axis % x.ndim for axis in axes]
    old = [x.shape[axis] for axis in along]
    if sizes is not None and np.size(bare(sizes)):
        new = whole(sizes)
        factors = [m / n for m, n in zip(new, old, strict=True)]
        if keep_aspect_ratio_policy != "stretch":
            one = (min if keep_aspect_ratio_policy == "not_larger" else max)(factors)
            factors = [one] * len(old)
            new = [int(np.floor(one * n + 0.5)) for n in old]
    elif scales is not None:
        factors = [float(scale) for scale in np.asarray(bare(scales)).reshape(-1)]
        new = [int(np.floor(n * scale)) for n, scale in zip(old, factors, strict=True)]
    else:
        raise ValueError("neither scales nor sizes are given")
    if min(factors, default=1) <= 0 or min(old, default=1) == 0:
        raise ValueError(f"{old} cannot be scaled by {factors}")
    within_reason(new)
    borders = [0.0, 1.0] * len(old) if roi is None or not np.size(bare(roi)) else np.asarray(bare(roi)).reshape(-1)
    mode_of = coordinate_transformation_mode
    for i, axis in enumerate(along):
        edges = (0.0, 1.0) if roi is None else (float(borders[i]), float(borders[i + len(old)]))
        if new[i] == old[i] and factors[i] == 1 and mode_of != "tf_crop_and_resize":
            continue
        within_reason((new[i], old[i]))
        at = _coordinates(mode_of, new[i], old[i], factors[i], edges)
        if mode == "nearest":
            chosen = np.clip(_ROUND[nearest_mode](at), 0, old[i] - 1).astype(np.int64)
            if antialias:
                raise ValueError("the nearest element cannot be taken with antialias")
            found = f.take(x, chosen, axis)
        else:
            kernel, reach = (_line, 1) if mode == "linear" else (_cubic(cubic_coeff_a), 2)
            matrix = _shares(at, old[i], kernel, reach, factors[i], bool(antialias), bool(exclude_outside))
            dtype = x.dtype if x.dtype.kind == "f" else np.float32
            found = f.moveaxis(f.matmul(f.moveaxis(x, axis, -1), matrix.T.astype(dtype)), -1, axis)
        if mode_of == "tf_crop_and_resize":
            line = [-1 if j == axis else 1 for j in range(x.ndim)]
            beyond = ((at < 0) | (at > old[i] - 1)).reshape(line)
            found = f.where(beyond, np.array(extrapolation_value, found.dtype), found)
        x = found
    return x


@operator("Resize", since=10)
def _resize_before(x: Any, scales: Any, *, mode: str = "nearest") -> Any:
    return upsample(x, scales, mode=mode)


@operator("Upsample", since=7)
def upsample(x: Any, given: Any = None, *, scales: Any = None, mode: str = "nearest") -> Any:
    """By whole or broken factors, from the first element on."""
    factors = np.asarray(scales if given is None else bare(given), np.float64)
    way: dict[str, Any] = {"mode": "nearest" if mode == "nearest" else "linear", "nearest_mode": "floor"}
    return _resize(x, None, factors, coordinate_transformation_mode="asymmetric", **way)
