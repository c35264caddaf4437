"""PyTorch's files, .pth, .pt and .bin, read without PyTorch: their pickles are taken apart, their storages read."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from reprlib import repr
from typing import IO, Any, Literal

import numpy as np

from .opening import Array, read_numbers, width
from .pickles import Storage, Stored, taken_apart

LEGACY = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
"""What files of PyTorch before 1.6 begin with: a pickle of a number that stands for them."""

_LONGEST = 16 << 20  # bytes of a pickle


class TorchFile:
    """What a file holds, with a `Stored` for each tensor, and their arrays, read when they are asked for.

    Attributes:
        held: containers, numbers and words.
    """

    def __init__(self, held: Any, read: Callable[[Storage, str], Array]) -> None:
        self.held, self._read = held, read
        self._arrays: dict[tuple[str, str, bool, bool], Array] = {}

    def array(self, stored: Stored) -> Array:
        """A tensor's array: a view of its storage, as in PyTorch, so that those that share numbers share them here.

        Raises ValueError if its storage is not there or has fewer numbers.
        """
        storage, kind, offset, shape, strides, is_conjugate, is_negative = stored
        if (key := (storage.key, kind, is_conjugate, is_negative)) not in self._arrays:
            read = self._read(storage, kind)
            read = read.conj() if is_conjugate else read
            self._arrays[key] = -read if is_negative else read
        numbers = self._arrays[key]
        last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
        if 0 not in shape and last >= numbers.size:
            raise ValueError(f"a tensor {shape!s:.80} reaches number {last!s:.20} of {numbers.size:,}")
        if 0 in shape:
            return np.zeros(shape, numbers.dtype)
        size = numbers.itemsize
        return np.ndarray(shape, numbers.dtype, numbers, offset * size, [step * size for step in strides])


def read_zip(archive: zipfile.ZipFile, size: int) -> TorchFile:
    """A file of so many bytes as PyTorch writes it since 1.6: a pickle, and a member for each storage.

    Raises ValueError for another one.
    """
    members = {member.filename: member for member in archive.infolist()}
    if len(members) < len(archive.infolist()):
        raise ValueError("it holds a name twice")
    if any(name.endswith("/constants.pkl") for name in members):
        raise ValueError("it is a TorchScript program, not arrays by name; save model.state_dict()")
    if any(member.compress_type != zipfile.ZIP_STORED for member in members.values()):
        raise ValueError("it is compressed, as PyTorch's are not")
    if sum(member.file_size for member in members.values()) > size:
        raise ValueError(f"its {size:,} bytes claim to hold more")
    (pickle,) = (name for name in members if name.endswith("/data.pkl") or name == "data.pkl")
    if members[pickle].file_size > _LONGEST:
        raise ValueError(f"its pickle takes {members[pickle].file_size:,} bytes")
    folder = pickle.removesuffix("data.pkl")
    is_big = f"{folder}byteorder" in members and archive.read(f"{folder}byteorder") == b"big"

    def read(storage: Storage, kind: str) -> Array:
        name = f"{folder}data/{storage.key}"
        if name not in members:
            raise ValueError(f"it has no storage {storage.key!r:.80}")
        count = _count(storage, kind)
        if count * width(kind) > members[name].file_size:
            raise ValueError(f"storage {storage.key!r:.80} has {members[name].file_size:,} bytes, not {count:,} {kind}")
        with archive.open(name) as file:
            return read_numbers(file, kind, count, ">" if is_big else "<")

    return TorchFile(taken_apart(io.BytesIO(archive.read(pickle))), read)


def read_legacy(file: IO[bytes]) -> TorchFile:
    """A file as PyTorch before 1.6 wrote it: pickles, one of them the keys of the storages that follow.

    Raises ValueError for another one.
    """
    size, pickles = os.fstat(file.fileno()).st_size, io.BytesIO(file.read(_LONGEST))
    storages: dict[str, Storage] = {}
    _, _, system, held, keys = (taken_apart(pickles, storages) for _ in range(5))
    order: Literal["<", ">"] = "<" if not isinstance(system, dict) or system.get("little_endian", True) else ">"
    if not isinstance(keys, list):
        raise ValueError("it does not say which storages follow")
    places: dict[str, int] = {}
    at = pickles.tell()
    for key in keys:
        if not isinstance(key, str) or key not in storages:
            raise ValueError(f"nothing in it is of storage {repr(key)}")
        file.seek(at)
        count = int.from_bytes(file.read(8), "little" if order == "<" else "big")
        wide = width(storages[key].kind or "u1")
        if count != storages[key].length or at + 8 + count * wide > size:
            raise ValueError(f"storage {key!r:.80} of {count:,} numbers is not whole")
        places[key], at = at + 8, at + 8 + count * wide

    def read(storage: Storage, kind: str) -> Array:
        if storage.key not in places or storage.length > storages[storage.key].length:
            raise ValueError(f"it has no storage {storage.key!r:.80} of {storage.length:,} numbers")
        file.seek(places[storage.key])
        return read_numbers(file, kind, _count(storage, kind), order)

    return TorchFile(held, read)


def _count(storage: Storage, kind: str) -> int:
    """How many numbers of a kind are in a storage."""
    return storage.length * width(storage.kind or "u1") // width(kind)
