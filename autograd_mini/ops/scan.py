"""Along one axis: running sums.

cumsum ↔ cumsum from behind
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arguments import AxisOrFlat
from .kinds import linear
from .precision import in_single
from .shape import flip


def _from_behind(g: Any, along: int) -> Any:
    return flip.bind(cumsum.bind(flip.bind(g, axis=(along,)), axis=along), axis=(along,))


@linear(lambda g, shape, *, axis: _from_behind(g, axis or 0).reshape(shape), methods=["cumsum"], numpy=[np.cumsum])
@in_single
def cumsum(x: Any, axis: AxisOrFlat = None) -> Any:
    """The sums of all elements up to each along the axis; by default of all in one line. x (...) -> (...) or (n,).

    Half precision is added up in single.
    """
    return np.cumsum(x, axis)
