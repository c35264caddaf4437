"""Distribution functions outside compiled loops: the logistic one and the normal one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import erfc, sqrt
from typing import Any

import numpy as np

from .quiet import quiet


def logistic(x: Any) -> Any:
    """1 / (1 + e⁻ˣ), which is 0 where e⁻ˣ is too large for x's dtype."""
    with quiet(over="ignore", under="ignore"):
        if not np.ndim(x):
            return 1 / (1 + np.exp(-x))
        e = np.negative(x)  # the only memory: what is new for each step takes longer to get than to fill
        np.exp(e, out=e)
        e += 1
        return np.divide(1, e, out=e)


@cache
def normal() -> Callable[[Any], Any]:
    """The normal distribution function Φ: SciPy's where it is installed, else Python's, element by element."""
    try:
        from scipy.special import ndtr
    except ImportError:
        each = np.frompyfunc(lambda x: erfc(-x / sqrt(2)) / 2, 1, 1)
        return lambda x: np.asarray(each(x)).astype(np.result_type(x, np.float16))
    return ndtr  # type: ignore[no-any-return]
