"""The standard's dtypes, which are NumPy's, and functions about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import ops as f
from ..arguments import on_cpu
from ..core.tensor import Tensor

BOOL = np.dtype(np.bool)
KINDS = {
    "bool": ("bool",),
    "signed integer": ("int8", "int16", "int32", "int64"),
    "unsigned integer": ("uint8", "uint16", "uint32", "uint64"),
    "real floating": ("float32", "float64"),
    "complex floating": ("complex64", "complex128"),
}
KINDS["integral"] = KINDS["signed integer"] + KINDS["unsigned integer"]
KINDS["numeric"] = KINDS["integral"] + KINDS["real floating"] + KINDS["complex floating"]
"""The names of the dtypes of each kind."""

DTYPES: dict[str, np.dtype[Any]] = {name: np.dtype(name) for name in (*KINDS["bool"], *KINDS["numeric"])}
globals().update(DTYPES)
__all__ = [*DTYPES, "astype", "can_cast", "finfo", "iinfo", "isdtype", "result_type"]


@dataclass(frozen=True)
class FloatInfo:
    """What a floating dtype can hold."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: np.dtype[Any]


@dataclass(frozen=True)
class IntegerInfo:
    """What an integer dtype can hold."""

    bits: int
    max: int
    min: int
    dtype: np.dtype[Any]


def _dtype_of(x: Any) -> Any:
    return x.dtype if isinstance(x, Tensor | np.ndarray) else x


def finfo(type: Any, /) -> FloatInfo:  # noqa: A002 (the standard's name)
    """What a floating dtype, or that of an array, can hold; of a complex one its parts."""
    found = np.finfo(_dtype_of(type))
    eps, largest, least, normal = (float(number) for number in (found.eps, found.max, found.min, found.smallest_normal))
    return FloatInfo(int(found.bits), eps, largest, least, normal, np.dtype(found.dtype))


def iinfo(type: Any, /) -> IntegerInfo:  # noqa: A002
    """What an integer dtype, or that of an array, can hold."""
    found = np.iinfo(_dtype_of(type))
    return IntegerInfo(int(found.bits), int(found.max), int(found.min), np.dtype(found.dtype))


def isdtype(dtype: Any, kind: Any) -> bool:
    """Whether a dtype is another one, or of a kind, or one of several."""
    return np.isdtype(dtype, kind)


def can_cast(from_: Any, to: Any, /) -> bool:
    """Whether a dtype, or that of an array, fits into another one by the rules of promotion."""
    return np.can_cast(_dtype_of(from_), to)


def result_type(*arrays_and_dtypes: Any) -> np.dtype[Any]:
    """The dtype that arrays, dtypes and Python numbers have together."""
    return np.result_type(*map(_dtype_of, arrays_and_dtypes))


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: str | None = None) -> Any:
    """The numbers in another dtype, in memory of their own unless nothing changes and `copy` is False."""
    on_cpu("astype", device)
    if x.dtype == np.dtype(dtype):
        return f.copy(x) if copy else x
    return f.astype(x, dtype)
