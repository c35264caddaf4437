"""Images as matrices of patches, and patches added up to images again; channels first, as users see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .layout import Array, Geometry, Size, meetings


def outputs_of(size: Size, kernel: Size, geometry: Geometry) -> Size:
    """How many windows there are along each axis, with the same padding on both sides."""
    steps = zip(size, kernel, *geometry, strict=True)
    return tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in steps)


def unfold(x: Array, kernel: Size, geometry: Geometry) -> Array:
    """x (N, C, H, W) -> (N, C·kh·kw, windows)."""
    size = outputs_of(x.shape[2:], kernel, geometry)
    out = np.zeros((*x.shape[:2], *kernel, *size), x.dtype)
    for there, here in _places(x.shape[2:], size, kernel, geometry):
        out[there] = x[here]
    return out.reshape(len(x), x.shape[1] * int(np.prod(kernel)), int(np.prod(size)))


def fold(y: Array, size: Size, kernel: Size, geometry: Geometry) -> Array:
    """y (N, C·kh·kw, windows) -> (N, C, *size); overlaps add up."""
    outputs = outputs_of(size, kernel, geometry)
    channels = y.shape[1] // int(np.prod(kernel))
    patches, out = y.reshape(len(y), channels, *kernel, *outputs), np.zeros((len(y), channels, *size), y.dtype)
    for there, here in _places(size, outputs, kernel, geometry):
        out[here] += patches[there]
    return out


def _places(size: Size, outputs: Size, kernel: Size, geometry: Geometry) -> Iterator[tuple[Any, Any]]:
    """For each place of the kernel: where it is in all patches, and the pixels there."""
    for place, (_, *pixels), (_, *maps) in meetings(size, outputs, kernel, geometry):
        yield (slice(None), slice(None), *place, *maps), (..., *pixels)
