"""safetensors files: written whole or not at all, with a digest; read, and found damaged if they are."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np

from autograd_mini.files import try_file, write_file

from .opening import read_numbers, width

Array = np.ndarray[Any, Any]


def write_state(
    state: Mapping[str, Array],
    path: str | os.PathLike[str],
    notes: Mapping[str, str] | None = None,
    *,
    before: Callable[[], None] | None = None,
) -> None:
    """Write named arrays to a .safetensors file; an existing file stays whole until the new one is complete.

    A digest of arrays and notes is kept too, by which reading finds damage.

    Arguments:
        state: arrays by name.
        path: the file.
        notes: words to keep beside them, for `read_notes`.
        before: called when the new file is complete and the older one not yet replaced.
    Returns:
        None.
    Raises:
        OSError: if the place cannot be written.
        ValueError: for a name that says it is another kind of file (.npz, .pth, .h5, …), and for arrays of a kind that
            such files lack.

    Example:
        >>> nn.write_state({"w": np.arange(3)}, "w.safetensors", {"made": "by hand"})
        >>> nn.read_state("w.safetensors"), nn.read_notes("w.safetensors")
        ({'w': array([0, 1, 2])}, {'made': 'by hand'})
    """
    target = _target(path)
    arrays = {name: _little(array) for name, array in state.items()}
    for name, array in arrays.items():
        if array.dtype not in _KINDS or name == _NOTES:
            raise ValueError(f"save: {target} cannot hold {name}, which is of {array.dtype}")
    try:
        write_file(target, _parts(arrays, dict(notes or {})), before)
    except OSError as error:
        raise unwritable(target, error) from error


def check_place(path: str | os.PathLike[str]) -> None:
    """Raise what `write_state` would, if a file cannot be written there: now, not after an hour of training."""
    target = _target(path)
    try:
        try_file(target)
    except OSError as error:
        raise unwritable(target, error) from error


def _target(path: str | os.PathLike[str]) -> Path:
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"save: there is no folder {target.parent}")
    if target.is_dir():
        raise IsADirectoryError(f"save: {target} is a folder")
    if target.suffix.lower() in _OTHERS:
        raise ValueError(f"save: {target} is a name for another kind of file; call it .safetensors")
    return target


def unwritable(target: Path, error: OSError) -> OSError:
    """The same kind of error, naming the file."""
    named = type(error)(f"save: {target} cannot be written: {error.strerror or error}")
    named.errno = error.errno
    return named


_OTHERS = {
    ".npz", ".npy", ".pth", ".pt", ".pkl", ".pickle", ".joblib", ".h5", ".hdf5", ".keras", ".onnx", ".msgpack", ".gguf",
    ".tflite", ".pb",
}  # fmt: skip
"""Suffixes of other kinds of files: whoever opens one of these expects its kind."""

_KINDS = {
    np.dtype(kind): name
    for kind, name in {
        "?": "BOOL", "i1": "I8", "u1": "U8", "<i2": "I16", "<u2": "U16", "<f2": "F16", "<i4": "I32", "<u4": "U32",
        "<f4": "F32", "<i8": "I64", "<u8": "U64", "<f8": "F64", "<c8": "C64",
    }.items()
}  # fmt: skip

DIGEST = "autograd_mini.xxh3_128"  # what the note is called
_NOTES = "__metadata__"  # what a file calls its notes


def _parts(arrays: dict[str, Array], notes: dict[str, str]) -> Iterator[memoryview]:
    """A safetensors file: the length of its header, the header, and the arrays, the widest numbers first."""
    names = sorted(arrays, key=lambda name: (-arrays[name].itemsize, name))
    header: dict[str, Any] = {_NOTES: notes | {DIGEST: digest(arrays, notes)}}
    end = 0
    for name in names:
        array, begin = arrays[name], end
        end += array.nbytes
        header[name] = {"dtype": _KINDS[array.dtype], "shape": array.shape, "data_offsets": [begin, end]}
    words = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    words += b" " * (-len(words) % 8)
    yield memoryview(len(words).to_bytes(8, "little") + words)
    for name in names:
        yield _octets(arrays[name])


def digest(arrays: Mapping[str, Array], notes: Mapping[str, str]) -> str:
    """What tells named arrays and words from any others."""
    from xxhash import xxh3_128

    shapes = [(name, _little(array).dtype.str, array.shape) for name, array in sorted(arrays.items())]
    found = xxh3_128(json.dumps([shapes, sorted(notes.items())]).encode())
    for _, array in sorted(arrays.items()):
        found.update(_octets(_little(array)))
    return found.hexdigest()


def check_digest(arrays: Mapping[str, Array], notes: Mapping[str, str], source: str) -> None:
    """Raise ValueError if the notes have a digest, as all that `write_state` writes, and it is of something else."""
    others = {name: words for name, words in notes.items() if name != DIGEST}
    if DIGEST in notes and notes[DIGEST] != digest(arrays, others):
        raise ValueError(f"load: {source} is damaged: its arrays or notes are not those that were written")


def read_safetensors(file: IO[bytes], _: str) -> tuple[dict[str, Array], dict[str, str]]:
    """The arrays of a file, and its notes with the digest. Raises ValueError, KeyError or TypeError if it is none."""
    header, notes = read_header(file)
    return dict(_read_arrays(file, header)), notes


def read_header(file: IO[bytes]) -> tuple[dict[str, Any], dict[str, str]]:
    """What a file says of its arrays, and its notes; the file stands where the arrays begin.

    Raises ValueError if it says it in no such way.
    """
    left, length = os.fstat(file.fileno()).st_size - 8, int.from_bytes(file.read(8), "little")
    if not 2 <= length <= min(left, _LONGEST):
        raise ValueError(f"its header is to take {length:,} bytes, of {max(left, 0):,} that follow")
    words = file.read(length)
    if not words.startswith(b"{"):
        raise ValueError("its header is no JSON object")
    try:
        header = json.loads(words, object_pairs_hook=_each_once)
    except RecursionError as error:
        raise ValueError("its header nests too deep") from error
    notes = header.pop(_NOTES, {})
    if not isinstance(notes, dict) or not all(isinstance(word, str) for word in notes.values()):
        raise ValueError("its notes are no words by name")
    return header, notes


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("it names something twice")
    return found


def _read_arrays(file: IO[bytes], header: dict[str, Any]) -> Iterator[tuple[str, Array]]:
    """The arrays in the order of their bytes, which follow one another without a gap to the end of the file."""
    start = end = file.tell()
    size = os.fstat(file.fileno()).st_size
    for name, about in sorted(header.items(), key=lambda item: tuple(item[1]["data_offsets"])):
        kind, shape, (begin, stop) = about["dtype"], about["shape"], about["data_offsets"]
        if kind not in _READ:
            raise ValueError(f"{name!r:.80} holds numbers of kind {kind!s:.20}, which NumPy lacks")
        if not all(type(number) is int and number >= 0 for number in (*shape, begin, stop)):
            raise ValueError(f"{name!r:.80} has shape {shape!s:.80} at {begin!s:.20} to {stop!s:.20}")
        count = prod(shape)
        if start + begin != end or stop - begin != count * width(_READ[kind]) or start + stop > size:
            raise ValueError(f"{name!r:.80}, {kind} {shape!s:.80}, is not in bytes {begin} to {stop}")
        end = start + stop
        yield name, read_numbers(file, _READ[kind], count).reshape(shape)
    if end != size:
        raise ValueError(f"{size - end:,} bytes at its end belong to no array")


_LONGEST = 32 << 20  # bytes of a header
_READ = {name: kind.name for kind, name in _KINDS.items()} | {
    "BF16": "bfloat16", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2",
}  # fmt: skip


def _little(array: Array) -> Array:
    given = np.asarray(array, order="C")
    return given.astype(given.dtype.newbyteorder("<"), copy=False)


def _octets(array: Array) -> memoryview:
    return memoryview(array.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
