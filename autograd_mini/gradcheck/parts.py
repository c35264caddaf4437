"""Complex numbers for the gradient check: real and imaginary parts as inputs and outputs of their own.

The gradient by z of a real loss is ∂L/∂Re z + i·∂L/∂Im z, so what is checked is the function of the parts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..core.tensor import Tensor
from ..ops.complex import imag, real
from ..ops.shape import getitem, stack


def in_parts(fn: Callable[..., Any], inputs: Sequence[Any]) -> tuple[Callable[..., Any], Sequence[Any]]:
    """The same function with complex inputs and outputs (...) given as parts (..., 2); real ones as they are."""
    split = [isinstance(x, Tensor) and x.requires_grad and x.dtype.kind == "c" for x in inputs]

    def of_parts(*given: Any) -> Any:
        whole = [_joined(x) if parts else x for x, parts in zip(given, split, strict=False)]
        return _parted(fn(*whole, *given[len(split) :]))

    return of_parts, [_apart(x) if parts else x for x, parts in zip(inputs, split, strict=True)]


def _apart(x: Tensor) -> Tensor:
    array = x.numpy()
    return Tensor(np.stack([array.real, array.imag], -1), requires_grad=True, name=x.name)


def _joined(parts: Tensor) -> Tensor:
    whole: Tensor = getitem(parts, (..., 0)) + 1j * getitem(parts, (..., 1))
    return whole


def _parted(result: Any) -> Any:
    if isinstance(result, Mapping):
        return {key: _parted(value) for key, value in result.items()}
    if isinstance(result, list | tuple):
        return [_parted(value) for value in result]
    if isinstance(result, Tensor) and result.dtype.kind == "c":
        return stack([real(result), imag(result)], -1)
    return result
