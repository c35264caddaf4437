"""Whether images have numbers so large that Winograd's algorithm would spoil with them what does not see them."""

from __future__ import annotations

import numpy as np

from .layout import Array
from .parallel import spread

SPAN = 2**12  # times most numbers: errors are then at most a hundredth of what most results are
ROOM = 2.0**32  # between a number and overflow, for what the maps and sums may take
SEEN = 1024  # numbers that tell how large most are


def is_even(x: Array) -> bool:
    """Whether the numbers of x are of sizes that tiles may mix: none is SPAN times the others, or near overflow.

    The others are the geometric mean of some, zeros aside, so that a few huge ones do not count in it.
    """
    flat = x.reshape(-1)

    def largest(first: int, last: int) -> float:
        part = flat[first:last]
        return float(np.maximum(part.max(initial=0), -part.min(initial=0)))  # nan, if there is one

    most = float(np.max(spread(largest, flat.size, 2 * flat.size)))
    some = np.abs(flat[:: flat.size // SEEN | 1])  # an odd step: else it might be one channel
    if not some.any():
        some = np.abs(flat)
    some = some[some > 0]
    others = float(np.exp2(np.log2(some).mean(dtype=float))) if some.size else most
    return most <= SPAN * others and most <= float(np.finfo(x.dtype).max) / ROOM
