"""Weights from disk: a safetensors file, found damaged if it is; others' files too, and nothing in them is run."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np

from autograd_mini.arguments import array_of
from autograd_mini.core.primitive import RAGGED

from .safetensors_io import DIGEST, check_digest

Array = np.ndarray[Any, Any]


def read_state(path: str | os.PathLike[str]) -> dict[str, Array]:
    """Read the named arrays of a .safetensors file, a NumPy .npz, or (with torch installed) PyTorch's .pth or .pt.

    Files are told apart by how they begin. PyTorch reads its own, weights only; a "state_dict" in one is taken for the
    whole.

    Arguments:
        path: the file.
    Returns:
        Arrays by name.
    Raises:
        FileNotFoundError: if there is none.
        ValueError: if it is not whole or holds anything but arrays.
        ModuleNotFoundError: if it takes torch and there is none.

    Example:
        >>> np.savez("w.npz", w=np.arange(3))
        >>> nn.read_state("w.npz")
        {'w': array([0, 1, 2])}
    """
    name = os.fspath(path)
    if os.path.isdir(path):
        raise IsADirectoryError(f"load: {name} is a folder, not a safetensors file")
    with open(path, "rb") as file:
        head = file.read(9)
    suffix = Path(path).suffix.lower()
    if head.startswith(b"\x89HDF"):
        raise ValueError(
            f"load: {name} is an HDF5 file; write its arrays by name to an .npz file: np.savez(path, **arrays)"
        )
    is_zip = head.startswith(b"PK\x03\x04")
    if suffix == ".npz" or (is_zip and suffix not in _TORCH and _holds_arrays(path)):
        return _read_npz(name)
    if is_zip or (suffix in _TORCH and head[8:] != b"{"):
        return _read_torch(name)
    return _read_safetensors(name)


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
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(os.fspath(path), framework="numpy") as file:
            return {name: words for name, words in (file.metadata() or {}).items() if name != DIGEST}
    except SafetensorError:
        return {}


_TORCH = {".pth", ".pt"}
_MODEST, _TIMES = 64 << 20, 20  # bytes that any .npz may unfold to, and how many times its own size a larger one may


def _read_safetensors(name: str) -> dict[str, Array]:
    return read_with_notes(name)[0]


def read_with_notes(path: str | os.PathLike[str]) -> tuple[dict[str, Array], dict[str, str]]:
    """The arrays of a .safetensors file and its notes, with the digest, from one opening: written together.

    Raises what `read_state` does.
    """
    from safetensors import SafetensorError, safe_open

    name = os.fspath(path)
    try:
        with safe_open(name, framework="numpy") as file:
            notes = dict(file.metadata() or {})
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (it is no dict)
    except SafetensorError as error:
        raise ValueError(f"load: {name} is not a whole safetensors file: {error}") from error
    except TypeError as error:  # bfloat16 and its like
        raise ValueError(f"load: {name} holds numbers of a kind that NumPy lacks: {error}") from error
    check_digest(state, notes, name)
    return state, notes


def _read_npz(name: str) -> dict[str, Array]:
    import zipfile

    state: dict[str, Array] = {}
    try:
        with zipfile.ZipFile(name) as archive:
            size, claimed = os.path.getsize(name), sum(member.file_size for member in archive.infolist())
            if claimed > max(_MODEST, _TIMES * size):
                raise ValueError(f"its {size:,} bytes claim to hold {claimed:,}")
            for member in archive.infolist():
                key = member.filename.removesuffix(".npy")
                if key in state:
                    raise ValueError(f"it holds {key!r} twice")
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise ValueError(f"{key!r} is compressed in a way that NumPy does not use")
                with archive.open(member) as file:
                    state[key] = _read_npy(file, member.file_size)
    except Exception as error:  # whatever zipfile and NumPy refuse, they refuse in ways of their own
        raise ValueError(f"load: {name} is not a whole .npz file of plain arrays: {error!s:.500}") from error
    return state


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


def _holds_arrays(path: str | os.PathLike[str]) -> bool:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            return all(member.endswith(".npy") for member in archive.namelist())
    except (ValueError, OSError, NotImplementedError, zipfile.BadZipFile):
        return False


def _read_torch(name: str) -> dict[str, Array]:
    try:
        torch = importlib.import_module("torch")  # whoever has such files has it; nothing here stands on it
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"load: {name} is a file of PyTorch's and torch is not installed; install it, or have the weights written "
            "as .safetensors"
        ) from error
    if tuple(int(part) for part in torch.__version__.split(".")[:2]) < (2, 6):  # CVE-2025-32434
        raise ValueError(
            f"load: {name}: torch {torch.__version__} may run what is in such a file; install torch 2.6 or a later one"
        )
    try:
        held = torch.load(name, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever it refuses, it refuses in ways of its own
        reason = str(error).strip().partition("\n")[0]
        raise ValueError(f"load: {name} is not a whole PyTorch file of weights alone: {reason}") from error
    if isinstance(held, Mapping) and isinstance(held.get("state_dict"), Mapping):
        held = held["state_dict"]
    if not isinstance(held, Mapping):
        raise ValueError(f"load: {name} holds a {type(held).__name__}, not arrays by name; save model.state_dict()")
    other = [f"{key} is a {type(value).__name__}" for key, value in held.items() if not torch.is_tensor(value)]
    if other:
        raise ValueError(
            f"load: {name} holds more than arrays by name: {', '.join(other[:5])}; save model.state_dict()"
        )
    is_short = {key: v.is_floating_point() and v.dtype.itemsize < 4 for key, v in held.items()}  # NumPy lacks most
    return {key: (v.float() if is_short[key] else v).detach().numpy() for key, v in held.items()}


def check_state(
    state: Mapping[str, Any], wanted: Mapping[str, Array], source: str, called: Mapping[str, str] | None = None
) -> None:
    """Raise ValueError, naming every difference and both sides of it, unless names and shapes agree.

    called: what the source calls an array, where that is not what the model calls it.
    """
    problems = [
        f"{name}: the model has {wanted[name].shape}, {source} lacks it" for name in wanted if name not in state
    ]
    for name in state:
        theirs = (called or {}).get(name, name)
        shown = theirs if name not in wanted or theirs == name else f"{name} (there {theirs})"
        try:
            array = array_of(state[name])
        except ValueError:
            problems.append(f"{shown}: {RAGGED}")
            continue
        if name not in wanted:
            problems.append(f"{shown}: {source} has {array.shape}, the model lacks it")
        elif array.shape != wanted[name].shape:
            problems.append(f"{shown}: the model has {wanted[name].shape}, {source} has {array.shape}")
        elif array.dtype.kind != wanted[name].dtype.kind:
            kind = "floating numbers" if wanted[name].dtype.kind == "f" else str(wanted[name].dtype)
            problems.append(f"{shown}: {source} holds {array.dtype}, not {kind}")
    if problems:
        listed = "\n  ".join(problems[:20]) + (f"\n  and {len(problems) - 20} more" if len(problems) > 20 else "")
        name = "load_state_dict" if source == "the state" else "load"  # a file's name comes from `load`
        raise ValueError(f"{name}: {source} does not fit the model, which is left unchanged:\n  {listed}")
