"""Whether images have numbers so large that Winograd's algorithm would spoil with them what does not see them."""

from __future__ import annotations

import numpy as np

from .layout import Array
from .parallel import spread
from .settings import is_compiled

SPAN = 12  # binary digits: errors are then at most a hundredth of what most results are
ROOM = 32  # binary digits between a number and overflow that the maps and sums may take


def is_even(x: Array) -> bool:
    """Whether the numbers of x are of sizes that tiles may mix: none is 2^SPAN times the others, or near overflow.

    The others are the geometric mean of all but zeros, so that some huge ones, nan and inf do not count in it.
    """
    info = np.finfo(x.dtype)
    sizes, unit = x.reshape(-1).view(f"i{x.itemsize}"), 2.0**info.nmant  # as whole numbers, floats are logarithms

    def share(first: int, last: int) -> tuple[float, float, int]:
        if is_compiled():
            from .compiled.tiles import sizes_of

            most, total, count = sizes_of(sizes, first, last)
            return most, total, count
        some = sizes[first:last] & np.iinfo(sizes.dtype).max
        return float(some.max(initial=0)), float(some.sum(dtype=float)), int(np.count_nonzero(some))

    most, total, count = zip(*spread(share, sizes.size, sizes.size), strict=True)
    top, others = max(most) / unit, sum(total) / unit / max(1, sum(count))
    return bool(top - others <= SPAN and top <= 2 * info.maxexp - ROOM)
