"""What operations, methods and `grad` are given, in types: for the stubs, editors and type checkers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import EllipsisType
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from .tensor import Tensor

_Entry_co = TypeVar("_Entry_co", covariant=True)

class _Nested(Protocol[_Entry_co]):
    """A list or tuple, nested or not; no text."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> _Entry_co | _Nested[_Entry_co]: ...
    def __contains__(self, entry: object, /) -> bool: ...
    def __iter__(self) -> Iterator[_Entry_co | _Nested[_Entry_co]]: ...
    def __reversed__(self) -> Iterator[_Entry_co | _Nested[_Entry_co]]: ...
    def count(self, entry: Any, /) -> int: ...
    def index(self, entry: Any, /) -> int: ...

class SupportsArray(Protocol):
    """What NumPy makes an array of: a column of a table, another library's tensor."""

    def __array__(self) -> np.ndarray[Any, Any]: ...

ArrayLike: TypeAlias = NDArray[Any] | np.generic | float | _Nested[NDArray[Any] | np.generic | float]
"""Real numbers, one or many, of which none is a Tensor."""

_Place: TypeAlias = int | np.integer[Any] | slice | EllipsisType | NDArray[Any] | Tensor | _Nested[int] | None
Index: TypeAlias = _Place | tuple[_Place, ...]
"""What stands in brackets."""

Cotangents: TypeAlias = Tensor | ArrayLike | Sequence[Tensor | ArrayLike | None] | None
"""Gradients to begin a backward pass with."""

Replacements: TypeAlias = Mapping[Any, Mapping[str, Callable[..., Any]]] | None
"""Rules by operation, or its name, and argument."""
