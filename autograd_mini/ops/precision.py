"""Half precision is counted and summed in single: its largest number is 65,504, and above 2,048 it skips integers."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from ..kernels.quiet import quiet
from .elementwise import cast

_HALF, _SINGLE = np.dtype(np.float16), np.dtype(np.float32)


def in_single(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of arrays or Tensors that computes half precision in single.

    The result, or each of a tuple of results, is half again if the first argument was.
    """

    @wraps(function)
    def computed(*args: Any, **params: Any) -> Any:
        for arg in args:
            if getattr(arg, "dtype", None) == _HALF:
                break
        else:
            return function(*args, **params)
        halves = [getattr(arg, "dtype", None) == _HALF for arg in args]
        wide = (cast(arg, dtype=_SINGLE) if half else arg for arg, half in zip(args, halves, strict=True))
        result = function(*wide, **params)
        if not halves[0]:
            return result
        return _half(result) if not isinstance(result, tuple) else getattr(result, "_make", tuple)(map(_half, result))

    return computed


def _half(x: Any) -> Any:
    if getattr(x, "dtype", None) != _SINGLE:
        return x
    with quiet(under="ignore"):  # what is too small for half is 0
        return cast(x, dtype=_HALF)
