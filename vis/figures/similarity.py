"""How alike two signals are: structural similarity and rank correlation, by scikit-image and SciPy."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from autograd_mini.arguments import array_of
from autograd_mini.core.primitive import operand

from ..record import Array


class Similarity(NamedTuple):
    """How alike two signals are: SSIM, 1 for the same, and Spearman's rank correlation, −1 to 1 (nan: no ranks)."""

    ssim: float
    rank: float


def similarity(a: Any, b: Any, *, absolute: bool = False) -> Similarity:
    """Structural similarity and rank correlation of two signals, whatever their sizes. (H, W) or (C, H, W), both alike.

    ssim: scikit-image's, the mean over 7×7 windows (smaller where the signal is), of the signals as pictures: each
    divided by the 99th percentile of its absolute values, −1 black, 0 middle grey, 1 white and cut off there. rank:
    Spearman's over all values as they are, nan if one of the signals is constant. absolute: compare absolute values, 0
    black: where signals are strong, whatever their sign.
    Raises ValueError for other shapes, fewer than 3 pixels a side, or values that are not finite; ImportError without
    scikit-image and SciPy. Source: Wang et al. 2004; Adebayo et al. 2018, section 4.
    """
    first, second = (array_of(operand("similarity", signal)).astype(np.float64, copy=False) for signal in (a, b))
    if first.shape != second.shape or first.ndim not in (2, 3) or min(first.shape[-2:]) < 3:
        raise ValueError(
            f"similarity: {first.shape} and {second.shape} must be the same, (H, W) or (C, H, W), from 3×3 pixels up"
        )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("similarity: both signals must be finite")
    metrics, stats = _from_report("skimage.metrics"), _from_report("scipy.stats")
    if absolute:
        first, second = np.abs(first), np.abs(second)
    pictures = [normalised(signal) if absolute else 0.5 + normalised(signal) / 2 for signal in (first, second)]
    window = min(7, min(first.shape[-2:]) - 1 + min(first.shape[-2:]) % 2)
    ssim = metrics.structural_similarity(
        *pictures, win_size=window, data_range=1.0, channel_axis=0 if first.ndim == 3 else None
    )
    constant = any(signal.min() == signal.max() for signal in (first, second))
    rank = np.nan if constant else stats.spearmanr(first.ravel(), second.ravel()).statistic
    return Similarity(float(ssim), float(rank))


def normalised(signal: Array) -> Array:
    """A signal divided by the 99th percentile of its absolute values, cut off at ±1; zeros stay zeros."""
    sizes = np.abs(signal)
    scale = np.percentile(sizes, 99) or sizes.max()  # where less than 1 % is not 0, the largest
    cut: Array = np.clip(signal / scale, -1, 1) if scale else signal
    return cut


def _from_report(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        library = "scikit-image" if name.startswith("skimage") else "scipy"
        raise ImportError(
            f"similarity: {library} measures it; pip install 'autograd-mini[report]' brings it"
        ) from error
