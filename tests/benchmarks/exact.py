"""How far float32 results of a 3×3 convolution and of its filters' gradient are from the same in float64."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograd_mini.kernels.layout import Geometry
from tests import direct

from . import inputs
from .inputs import Array

PADDED = Geometry((1, 1), (1, 1), (1, 1))


def errors(
    convolve: Callable[[Array, Array, Array], tuple[Array, Array]], channels: int, filters: int, side: int, batch: int
) -> dict[str, dict[str, float]]:
    """Largest errors, absolute and relative to the largest exact number, of the maps and of the filters' gradient."""
    x, g = inputs.normal("x", (batch, channels, side, side)), inputs.normal("g", (batch, filters, side, side))
    w = inputs.normal("w", (filters, channels, 3, 3))
    exact = direct.maps(x, w, None, (side, side), PADDED), direct.filters(x, g, (3, 3), PADDED)
    found = {}
    for what, result, true in zip(("forward", "weight gradient"), convolve(x, w, g), exact, strict=True):
        worst = float(np.abs(result - true).max())
        found[what] = {"absolute": worst, "relative": worst / float(np.abs(true).max())}
    return found
