"""How alike two signals are: structural similarity and rank correlation, by scikit-image and SciPy."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from autograd_mini.arguments import array_of
from autograd_mini.core.primitive import operand

from ..errors import called, named_in_errors, refusal
from ..record import Array


class Similarity(NamedTuple):
    """How alike two signals are.

    Attributes:
        ssim: the structural similarity, 1 for the same.
        rank: Spearman's rank correlation, −1 to 1; nan where there are no ranks.

    Example:
        >>> vis.similarity(np.eye(9), np.zeros((9, 9))).rank  # zeros have no ranks
        nan
    """

    ssim: float
    rank: float


@named_in_errors("similarity")
def similarity(a: Any, b: Any, *, absolute: bool = False) -> Similarity:
    """Structural similarity and rank correlation of two signals, whatever their sizes.

    SSIM is scikit-image's, the mean over 7×7 windows (smaller where the signal is), of the signals as pictures: each
    divided by the 99th percentile of its absolute values, −1 black, 0 middle grey, 1 white and cut off there. The rank
    correlation is Spearman's, over all values as they are, nan if one of the signals is constant.

    Arguments:
        a, b: (H, W) or (C, H, W), both alike, from 3×3 pixels up.
        absolute: compare absolute values, 0 black: where signals are strong, whatever their sign.
    Returns:
        A Similarity, (ssim, rank).
    Raises:
        ValueError: for other shapes, fewer than 3 pixels a side, or values that are not finite.
        ImportError: without scikit-image and SciPy.
    Source: Wang et al. 2004; Adebayo et al. 2018, section 4.

    Example:
        >>> signal = np.random.default_rng(0).standard_normal((9, 9))
        >>> [round(vis.similarity(signal, -signal, absolute=sizes).rank, 6) for sizes in (False, True)]
        [-1.0, 1.0]
    """
    first, second = (array_of(operand(called(), signal)).astype(np.float64, copy=False) for signal in (a, b))
    if first.shape != second.shape or first.ndim not in (2, 3) or min(first.shape[-2:]) < 3:
        raise refusal(
            ValueError, f"{first.shape} and {second.shape} must be the same, (H, W) or (C, H, W), from 3×3 pixels up"
        )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise refusal(ValueError, "both signals must be finite")
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
        raise refusal(ImportError, f"{library} measures it; pip install 'autograd-mini[report]' brings it") from error
