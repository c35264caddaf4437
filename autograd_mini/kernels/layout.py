"""How images lie in memory, and how filters slide over them: words every kernel uses."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
Pair = tuple[int, int]


class Geometry(NamedTuple):
    """How filters slide: all pairs (vertical, horizontal)."""

    stride: Pair
    padding: Pair
    dilation: Pair


class Window(NamedTuple):
    """What slides over the maps when pooling, and how: all pairs (vertical, horizontal)."""

    kernel_size: Pair
    stride: Pair
    padding: Pair


def channels_last(x: Array, dtype: Any = None) -> Array:
    """(N, C, H, W), any memory -> (N, H, W, C), contiguous. No copy when the memory is channels-last already."""
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1), dtype)


def channels_first(x: Array) -> Array:
    """The same array under its logical shape again: (N, H, W, C) -> (N, C, H, W), memory untouched."""
    return x.transpose(0, 3, 1, 2)
