"""Where a computation becomes wider than what it was given: single precision that turns into double unasked.

with ag.detect_promotion():
    loss = nn.cross_entropy(model(images), labels)

TypeError: multiply (head), called at train.py:12, gave float64 of float32 and float64: …
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..core.observer import Observer, current, observed_by
from .lines import calling_line


class PromotionCheck(Observer):
    """Compares each result's dtype with the narrowest floating argument's."""

    def computed(self, op: Any, arrays: Any, params: Any, out: Any, byproducts: Any) -> None:
        """Raise TypeError if an operation's result is wider than one of its floating arguments."""
        kinds = [array.dtype for array in arrays if isinstance(array, np.ndarray) and array.dtype.kind in "fc"]
        if op.name == "cast" or not kinds or out.dtype.kind not in "fc":
            return
        if np.finfo(out.dtype).bits > min(np.finfo(kind).bits for kind in kinds):
            place, line = current.get().scope, calling_line()
            where = (f" ({place})" if place else "") + (f", called at {line}," if line else "")
            raise TypeError(
                f"{op.name}{where} gave {out.dtype} of {' and '.join(map(str, kinds))}; give all arrays one dtype, or "
                "say astype where more digits are meant"
            )


@contextmanager
def detect_promotion() -> Iterator[None]:
    """Raise an error at the first operation in a block whose result has more digits than one of its arguments.

    One array of float64 among float32 ones makes everything behind it twice as large and half as quick. The error names
    the operation, the path of the module that ran it, and the line of your code. `astype` may widen; Python numbers
    never do.

    Returns:
        A context.
    Raises:
        TypeError: inside the block, at the first such operation.

    Example:
        >>> x = Tensor(np.ones(2, np.float32))
        >>> with ag.detect_promotion():
        ...     x * np.array([1.0, 2.0])
        Traceback (most recent call last):
        TypeError: multiply, called at ..., gave float64 of float32 and float64; give all arrays one dtype, or say
            astype where more digits are meant
    """
    with observed_by(PromotionCheck()):
        yield
