"""Arrays of ONNX files: in the file itself, or in others of its folder."""

from __future__ import annotations

import os
from math import prod
from typing import Any

import numpy as np

from ...files import open_file
from .graph import Array

DTYPES: dict[int, np.dtype[Any]] = {
    number: np.dtype(name)
    for number, name in {
        1: "f4", 2: "u1", 3: "i1", 4: "u2", 5: "i2", 6: "i4", 7: "i8", 9: "?", 10: "f2", 11: "f8", 12: "u4", 13: "u8",
        14: "c8", 15: "c16",
    }.items()
}  # fmt: skip
"""By the number that stands for it in a file."""
BFLOAT16 = 16
OTHERS = {
    8: "string", 16: "bfloat16", 17: "float8e4m3fn", 18: "float8e4m3fnuz", 19: "float8e5m2", 20: "float8e5m2fnuz",
    21: "uint4", 22: "int4", 23: "float4e2m1", 24: "float8e8m0", 25: "uint2", 26: "int2",
}  # fmt: skip
"""Those that NumPy does not have."""
MOST_AXES = 64
_FIELDS = {1: "float_data", 11: "double_data", 14: "float_data", 15: "double_data", 7: "int64_data", 12: "uint64_data",
           13: "uint64_data"}  # fmt: skip


class Budget:
    """Bytes that a file's arrays may take: what it holds, and what the other files hold, a few times over."""

    def __init__(self, size: int) -> None:
        self.left, self.files = 8 * size + (16 << 20), set[str]()

    def take(self, count: int) -> None:
        """Raises ValueError where that is more than is left."""
        self.left -= count
        if self.left < 0:
            raise ValueError("the arrays ask for many times the bytes that the file has")

    def opened(self, path: str, size: int) -> None:
        """Another file is there."""
        if path not in self.files:
            self.files.add(path)
            self.left += 4 * size


def dtype_of(number: int) -> np.dtype[Any]:
    """The dtype that a number stands for; bfloat16 is kept as float32. ValueError for what NumPy does not have."""
    if number == BFLOAT16:
        return DTYPES[1]
    if number not in DTYPES:
        raise ValueError(f"dtype {OTHERS.get(number, number)} is none that is read here")
    return DTYPES[number]


def shape_of(dims: Any) -> tuple[int, ...]:
    """A shape, whose lengths are not negative and whose axes are not too many."""
    shape = tuple(int(n) for n in dims)
    if min(shape, default=0) < 0 or len(shape) > MOST_AXES:
        raise ValueError(f"the shape {shape[:8]} means nothing")
    return shape


def array_of(proto: Any, folder: str | None, budget: Budget) -> Array:
    """The array that a TensorProto holds, or tells of in another file of the folder.

    Raises ValueError where dtype, shape and bytes do not fit, and for a file outside the folder.
    """
    shape = shape_of(proto.dims)
    dtype = dtype_of(proto.data_type)
    stored = np.dtype("<u2") if proto.data_type == BFLOAT16 else dtype.newbyteorder("<")
    count = prod(shape)
    if proto.HasField("segment"):
        raise ValueError("it is stored in segments, which no version of ONNX has defined")
    if proto.data_location == 1:
        octets = _outside(proto, folder, count * stored.itemsize, budget)
    elif proto.HasField("raw_data"):
        octets = proto.raw_data
    else:
        budget.take(8 * len(getattr(proto, _FIELDS.get(proto.data_type, "int32_data"))))
        return _listed(proto, shape, dtype, count)
    if len(octets) != count * stored.itemsize:
        raise ValueError(f"{shape} of {dtype} is {count * stored.itemsize:,} bytes, and there are {len(octets):,}")
    budget.take(count * dtype.itemsize)
    found: Array = np.frombuffer(octets, stored).reshape(shape)
    if proto.data_type == BFLOAT16:
        found = (found.astype(np.uint32) << 16).view(np.float32)
    if dtype.kind == "b":
        found = found.view(np.uint8) != 0
    return found.astype(dtype)


def _listed(proto: Any, shape: tuple[int, ...], dtype: np.dtype[Any], count: int) -> Array:
    """An array whose numbers stand in the file one by one."""
    values = getattr(proto, _FIELDS.get(proto.data_type, "int32_data"))
    if len(values) != count * (2 if dtype.kind == "c" else 1):
        raise ValueError(f"{shape} of {dtype} is {count:,} numbers, and there are {len(values):,}")
    found = np.array(values, {"f": "f8", "c": "f8"}.get(dtype.kind, "u8" if dtype.itemsize == 8 else "i8"))
    if proto.data_type == BFLOAT16:
        return (found.astype(np.uint32) << 16).view(np.float32).reshape(shape)
    if proto.data_type == 10:
        return found.astype(np.uint16).view(np.float16).reshape(shape)
    if dtype.kind == "c":
        return (found[::2] + 1j * found[1::2]).astype(dtype).reshape(shape)
    return found.astype(dtype).reshape(shape)


def _outside(proto: Any, folder: str | None, wanted: int, budget: Budget) -> bytes:
    """The bytes that stand in another file."""
    given = {entry.key: entry.value for entry in proto.external_data}
    location = given.get("location", "")
    if folder is None:
        raise ValueError(f"its numbers are in the file {location!r}, and it is not known in which folder that is")
    root = os.path.realpath(folder)
    path = os.path.realpath(os.path.join(root, location))
    if not location or "\0" in location or os.path.isabs(location) or os.path.commonpath([root, path]) != root:
        raise ValueError(f"its numbers are said to be in {location!r}, which is no file in the folder of the net")
    try:
        begin, length = int(given.get("offset", 0)), int(given.get("length", wanted))
    except ValueError:
        raise ValueError("the place of its numbers in another file is no integer") from None
    if not os.path.exists(path):
        raise FileNotFoundError(f"its numbers are in the file {location!r}, which is not there")
    with open_file(path, "") as file:
        there = os.fstat(file.fileno()).st_size
        budget.opened(path, there)
        if length != wanted or begin < 0 or begin + length > there:
            raise ValueError(
                f"its {wanted:,} bytes are said to be {length:,} from byte {begin:,} of {location!r}, which has "
                f"{there:,}"
            )
        budget.take(wanted)
        file.seek(begin)
        return file.read(length)
