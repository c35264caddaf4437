"""Weights on disk: a safetensors file, written whole or not at all; others' files too, and nothing in them is run."""

from __future__ import annotations

import importlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def write_state(
    state: Mapping[str, Array], path: str | os.PathLike[str], notes: Mapping[str, str] | None = None
) -> None:
    """Write named arrays to a .safetensors file; an existing file stays whole until the new one is complete.

    notes: words to keep beside them, for `read_notes`. Raises OSError if the place cannot be written, ValueError for a
    name that says it is an .npz file.
    """
    from safetensors import SafetensorError  # here, so that importing nn stays quick
    from safetensors.numpy import save_file

    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"save: there is no folder {target.parent}")
    if target.suffix.lower() == ".npz":
        raise ValueError(f"save: {target} is a name for another kind of file; call it .safetensors")
    arrays = {name: np.asarray(array, order="C") for name, array in state.items()}
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "rb") as file:
            try:
                save_file(arrays, temporary, dict(notes) if notes else None)
            except SafetensorError as error:
                raise OSError(f"save: {target} cannot be written: {error}") from error
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Have the new name outlast a power cut; systems that cannot do so for folders need no telling."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read_state(path: str | os.PathLike[str]) -> dict[str, Array]:
    """Read the named arrays of a .safetensors file, a NumPy .npz, or (with torch installed) PyTorch's .pth or .pt.

    Files are told apart by how they begin. PyTorch reads its own, weights only; a "state_dict" in one is taken for the
    whole. Raises FileNotFoundError if there is none, ValueError if it is not whole or holds anything but arrays,
    ModuleNotFoundError if it takes torch and there is none.
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
    """The words that a .safetensors file keeps beside its arrays; none in files of other kinds."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(os.fspath(path), framework="numpy") as file:
            return dict(file.metadata() or {})
    except SafetensorError:
        return {}


_TORCH = {".pth", ".pt"}


def _read_safetensors(name: str) -> dict[str, Array]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        state: dict[str, Array] = load_file(name)
    except SafetensorError as error:
        raise ValueError(f"load: {name} is not a whole safetensors file: {error}") from error
    except TypeError as error:  # bfloat16 and its like
        raise ValueError(f"load: {name} holds numbers of a kind that NumPy lacks: {error}") from error
    return state


def _read_npz(name: str) -> dict[str, Array]:
    reason: object = "it is no zip file"
    try:
        with open(name, "rb") as file:
            if zipfile.is_zipfile(file):
                file.seek(0)
                with np.load(file, allow_pickle=False) as archive:
                    return {key: archive[key] for key in archive.files}
    except (ValueError, EOFError, OSError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        reason = error
    raise ValueError(f"load: {name} is not a whole .npz file of plain arrays: {reason}")


def _holds_arrays(path: str | os.PathLike[str]) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return all(member.endswith(".npy") for member in archive.namelist())
    except zipfile.BadZipFile:
        return False


def _read_torch(name: str) -> dict[str, Array]:
    try:
        torch = importlib.import_module("torch")  # whoever has such files has it; nothing here stands on it
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"load: {name} is a file of PyTorch's and torch is not installed; install it, or have the weights written "
            "as .safetensors"
        ) from error
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
        if name not in wanted:
            problems.append(f"{shown}: {source} has {np.shape(state[name])}, the model lacks it")
        elif np.shape(state[name]) != wanted[name].shape:
            problems.append(f"{shown}: the model has {wanted[name].shape}, {source} has {np.shape(state[name])}")
        elif np.asarray(state[name]).dtype.kind != wanted[name].dtype.kind:
            kind = "floating numbers" if wanted[name].dtype.kind == "f" else str(wanted[name].dtype)
            problems.append(f"{shown}: {source} holds {np.asarray(state[name]).dtype}, not {kind}")
    if problems:
        listed = "\n  ".join(problems[:20]) + (f"\n  and {len(problems) - 20} more" if len(problems) > 20 else "")
        raise ValueError(f"load: {source} does not fit the model, which is left unchanged:\n  {listed}")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
