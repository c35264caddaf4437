"""Arrays out of open files; short floats that NumPy lacks become float32."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any, Literal

import numpy as np

Array = np.ndarray[Any, Any]


def _raw(file: IO[bytes], dtype: np.dtype[Any], count: int) -> Array:
    """So many numbers from where a file stands. The caller has seen that it claims no more bytes than there are."""
    array: Array = np.empty(count, dtype)
    octets, at = memoryview(array.view(np.uint8)), 0  # type: ignore[arg-type]
    while at < len(octets):
        got = file.readinto(octets[at:])  # type: ignore[attr-defined]
        if not got:
            raise ValueError(f"it ends {len(octets) - at:,} bytes too early")
        at += got
    return array


# ── short floats ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_bfloat16(halves: Array) -> Array:
    """The upper half of a float32."""
    return (halves.astype(np.uint32) << 16).view(np.float32)


def _of_e5m2(octets: Array) -> Array:
    """The upper half of a float16."""
    return (octets.astype(np.uint16) << 8).view(np.float16).astype(np.float32)


def _of_e4m3(octets: Array) -> Array:
    """A sign, four bits of exponent and three of mantissa; no infinity, and nan where all bits but the sign are set."""
    bits = np.arange(256)
    exponent, mantissa = bits >> 3 & 15, bits & 7
    size = np.where(exponent == 0, mantissa * 2.0**-9, (8 + mantissa) * 2.0 ** (exponent - 10))
    size[bits & 127 == 127] = np.nan
    values: Array = np.where(bits < 128, size, -size).astype(np.float32)[octets]
    return values


SHORT: dict[str, tuple[np.dtype[Any], Callable[[Array], Array]]] = {
    "bfloat16": (np.dtype("u2"), _of_bfloat16),
    "float8_e4m3fn": (np.dtype("u1"), _of_e4m3),
    "float8_e5m2": (np.dtype("u1"), _of_e5m2),
}
"""Floating numbers that NumPy lacks: the integers they are read as, and what makes float32 of those, exactly."""


def read_numbers(file: IO[bytes], kind: str, count: int, order: Literal["<", ">"] = "<") -> Array:
    """So many numbers of a kind, which is the name of a NumPy dtype or a key of SHORT."""
    stored, widened = SHORT.get(kind) or (np.dtype(kind), None)
    array = _raw(file, stored.newbyteorder(order), count)
    array = array.astype(stored, copy=False)
    return array if widened is None else widened(array)


def width(kind: str) -> int:
    """How many bytes a number of a kind takes in a file."""
    return SHORT[kind][0].itemsize if kind in SHORT else np.dtype(kind).itemsize
