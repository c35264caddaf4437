"""Half precision counts and sums in single: 65,504 is its largest number, and above 2,048 it cannot count by ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .elementwise import cast

_HALF, _SINGLE = np.dtype(np.float16), np.dtype(np.float32)


def in_single(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of arrays or Tensors in which sums and counts fit: half precision comes in as single.

    The result is half again if the first argument was. What is too small to be told from 0 is 0 inside, without
    NumPy's word about underflow: in a sum, or beside a larger number, it makes no difference.
    """

    @wraps(function)
    def computed(*args: Any, **params: Any) -> Any:
        with np.errstate(under="ignore"):
            halves = [getattr(arg, "dtype", None) == _HALF for arg in args]
            if not any(halves):
                return function(*args, **params)
            wide = (cast(arg, dtype=_SINGLE) if half else arg for arg, half in zip(args, halves, strict=True))
            result = function(*wide, **params)
            return cast(result, dtype=_HALF) if halves[0] else result

    return computed
