"""A 3×3 convolution and its filters' gradient as direct sums in float64, and how far float32 results are from them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from . import inputs
from .inputs import Array


def direct(x: Array, w: Array, g: Array) -> tuple[Array, Array]:
    """x (N, C, H, W), w (K, C, 3, 3), g (N, K, H, W) -> maps (N, K, H, W), filters (K, C, 3, 3), padding 1, float64."""
    n, _, height, width = x.shape
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (1, 1), (1, 1))).transpose(1, 0, 2, 3)
    weights, back = w.astype(np.float64), g.astype(np.float64).transpose(1, 0, 2, 3).reshape(len(w), -1)
    maps, filters = np.zeros((len(w), n * height * width)), np.zeros(w.shape)
    for u in range(3):
        for v in range(3):
            shifted = padded[:, :, u : u + height, v : v + width].reshape(len(padded), -1)
            maps += weights[:, :, u, v] @ shifted
            filters[:, :, u, v] = back @ shifted.T
    return maps.reshape(len(w), n, height, width).transpose(1, 0, 2, 3), filters


def errors(
    convolve: Callable[[Array, Array, Array], tuple[Array, Array]], channels: int, filters: int, side: int, batch: int
) -> dict[str, dict[str, float]]:
    """Largest errors, absolute and relative to the largest exact number, of the maps and of the filters' gradient."""
    x, g = inputs.normal("x", (batch, channels, side, side)), inputs.normal("g", (batch, filters, side, side))
    w = inputs.normal("w", (filters, channels, 3, 3))
    found = {}
    for what, result, true in zip(("forward", "weight gradient"), convolve(x, w, g), direct(x, w, g), strict=True):
        worst = float(np.abs(result - true).max())
        found[what] = {"absolute": worst, "relative": worst / float(np.abs(true).max())}
    return found
