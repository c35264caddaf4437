"""Weights from disk: safetensors files and those of PyTorch, NumPy and Keras; nothing in them is run."""

from __future__ import annotations

import os
import zipfile
from math import prod
from pathlib import Path
from typing import IO

import numpy as np

from autograd_mini.files import open_file

from .hdf5_file import KERAS, SIGNATURE, read_hdf5
from .matching import by_name
from .opening import Array
from .pickles import Stored
from .safetensors_io import DIGEST, check_digest, read_header, read_safetensors
from .torch_file import LEGACY, TorchFile, read_legacy, read_zip


def read_state(path: str | os.PathLike[str]) -> dict[str, Array]:
    """Read the named arrays of a file of weights.

    That is a .safetensors file, PyTorch's .pth, .pt or .bin (without PyTorch), NumPy's .npz, or (with h5py) Keras's .h5
    or .keras. Files are told apart by how they begin. Numbers that NumPy lacks, bfloat16 and float8, become float32.
    What training programs wrap around the arrays, `{"model": …, "epoch": 3}`, is opened, and dicts inside dicts become
    names with dots.

    Arguments:
        path: the file.
    Returns:
        Arrays by name.
    Raises:
        FileNotFoundError: if there is none.
        ValueError: if it is not whole or holds anything but arrays.
        ModuleNotFoundError: if it takes h5py and there is none.

    Example:
        >>> np.savez("w.npz", w=np.arange(3))
        >>> nn.read_state("w.npz")
        {'w': array([0, 1, 2])}
    """
    return read_with_notes(path)[0]


def read_notes(path: str | os.PathLike[str]) -> dict[str, str]:
    """The words that a .safetensors file keeps beside its arrays.

    Arguments:
        path: the file.
    Returns:
        Words by name; none of files of other kinds.
    Raises:
        FileNotFoundError: if there is none.

    Example:
        >>> nn.write_state({}, "w.safetensors", {"trained on": "cats"})
        >>> nn.read_notes("w.safetensors")
        {'trained on': 'cats'}
    """
    with open_file(path) as file:
        try:
            return {name: words for name, words in read_header(file)[1].items() if name != DIGEST}
        except ValueError:
            return {}


def read_with_notes(path: str | os.PathLike[str]) -> tuple[dict[str, Array], dict[str, str]]:
    """The arrays of a file and its notes, with the digest, from one opening: written together.

    Raises what `read_state` does.
    """
    name = os.fspath(path)
    with open_file(path) as file:
        read, what = _READERS[_kind(file, Path(path).suffix.lower())]
        try:
            state, notes = read(file, name)
        except ModuleNotFoundError:
            raise
        except Exception as error:  # whatever zipfile, NumPy and h5py refuse, they refuse in ways of their own
            raise ValueError(f"load: {name} is not a whole {what}: {error!s:.500}") from error
    check_digest(state, notes, name)
    return state, notes


def _kind(file: IO[bytes], suffix: str) -> str:
    """What a file is, by how it begins; where that says nothing, by its suffix."""
    head = file.read(len(LEGACY))
    file.seek(0)
    if head.startswith(SIGNATURE):
        return "hdf5"
    if head.startswith(b"PK\3\4"):
        try:
            with zipfile.ZipFile(file) as archive:
                names = archive.namelist()
        except Exception:  # it is damaged, and what reads it will say how
            names = []
        file.seek(0)
        if any(name.endswith("data.pkl") for name in names):
            return "torch"
        return "keras" if KERAS in names else "torch" if suffix in _TORCH and not names else "npz"
    if head == LEGACY or (suffix in _TORCH and head[8:9] != b"{"):
        return "legacy"
    return "npz" if suffix == ".npz" else "safetensors"


# ── the kinds ─────────────────────────────────────────────────────────────────────────────────────────────────────────

Read = tuple[dict[str, Array], dict[str, str]]


def _torch(file: IO[bytes], _: str) -> Read:
    with zipfile.ZipFile(file) as archive:
        return _arrays_of(read_zip(archive, _size(file))), {}


def _legacy(file: IO[bytes], _: str) -> Read:
    return _arrays_of(read_legacy(file)), {}


def _arrays_of(torch: TorchFile) -> dict[str, Array]:
    if not isinstance(torch.held, dict):
        kind = "Tensor" if isinstance(torch.held, Stored) else type(torch.held).__name__
        raise ValueError(f"it holds a {kind}, not arrays by name; save model.state_dict()")
    held = by_name(torch.held)
    other = [f"{name} is a {type(value).__name__}" for name, value in held.items() if not isinstance(value, Stored)]
    if other:
        raise ValueError(f"it holds more than arrays by name: {', '.join(other[:5])}; save model.state_dict()")
    return {name: torch.array(stored) for name, stored in held.items()}


def _hdf5(file: IO[bytes], name: str) -> Read:
    return read_hdf5(file, name, _most(file)), {}


def _keras(file: IO[bytes], name: str) -> Read:
    with zipfile.ZipFile(file) as archive:
        if archive.getinfo(KERAS).file_size > _most(file):
            raise ValueError(f"its weights claim to take more than {_most(file):,} bytes")
        with archive.open(KERAS) as inner:
            return read_hdf5(inner, name, _most(file)), {}


def _npz(file: IO[bytes], _: str) -> Read:
    state: dict[str, Array] = {}
    with zipfile.ZipFile(file) as archive:
        claimed = sum(member.file_size for member in archive.infolist())
        if claimed > _most(file):
            raise ValueError(f"its {_size(file):,} bytes claim to hold {claimed:,}")
        for member in archive.infolist():
            key = member.filename.removesuffix(".npy")
            if key in state:
                raise ValueError(f"it holds {key!r} twice")
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError(f"{key!r} is compressed in a way that NumPy does not use")
            with archive.open(member) as opened:
                state[key] = _read_npy(opened, member.file_size)
    return state, {}


def _read_npy(file: IO[bytes], size: int) -> Array:
    """An array, of which the header tells less than there are bytes: memory is taken for what it tells."""
    is_first = np.lib.format.read_magic(file) == (1, 0)
    read_header = np.lib.format.read_array_header_1_0 if is_first else np.lib.format.read_array_header_2_0
    shape, _, dtype = read_header(file)
    if prod(shape) * max(dtype.itemsize, 1) > size - file.tell():
        raise ValueError(f"an array {shape} of {dtype} is more than its {size:,} bytes")
    file.seek(0)
    array: Array = np.load(file, allow_pickle=False)
    return array


_READERS = {
    "safetensors": (read_safetensors, "safetensors file"),
    "torch": (_torch, "PyTorch file of weights alone"),
    "legacy": (_legacy, "PyTorch file of weights alone"),
    "npz": (_npz, ".npz file of plain arrays"),
    "hdf5": (_hdf5, "HDF5 file of arrays"),
    "keras": (_keras, ".keras file of arrays"),
}
"""How each kind of file is read, and what it is called when it is refused."""

_TORCH = {".pth", ".pt", ".bin"}
_MODEST, _TIMES = 64 << 20, 20  # bytes that any file may unfold to, and how many times its own size a larger one may


def _size(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size


def _most(file: IO[bytes]) -> int:
    """How many bytes a file may unfold to."""
    return max(_MODEST, _TIMES * _size(file))
