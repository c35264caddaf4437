"""NumPy's errors told again: which operation, which shapes, which rule was broken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def explained(name: str, error: Exception, arrays: Sequence[Any]) -> Exception:
    """The same kind of error, saying which operation, which shapes and which rule."""
    kinds: tuple[type[Exception], ...] = (ValueError, IndexError, MemoryError)
    kind = next((kind for kind in kinds if isinstance(error, kind)), TypeError)
    text = str(error)
    shapes = [np.shape(array) for array in arrays if array is not None]
    if "broadcast" in text and len(shapes) > 1:
        text = f"these shapes do not broadcast; compared from the right, {clash(shapes)}"
    return kind(": ".join([name, *([" and ".join(map(str, shapes))] if shapes else []), text]))


def clash(shapes: Sequence[tuple[int, ...]]) -> str:
    """Which lengths do not go together."""
    for axis in range(1, 1 + max(map(len, shapes))):
        sizes = {shape[-axis] for shape in shapes if len(shape) >= axis} - {1}
        if len(sizes) > 1:
            return f"{' and '.join(map(str, sorted(sizes)))} differ on axis {-axis} and neither is 1"
    return "they do not agree"
