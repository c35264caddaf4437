"""Weights on disk: one safetensors file, written whole or not at all, read without running anything in it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def write_state(state: Mapping[str, Array], path: str | os.PathLike[str]) -> None:
    """Write named arrays to a .safetensors file; an existing file stays whole until the new one is complete.

    Raises OSError if the place cannot be written.
    """
    from safetensors.numpy import save  # here, so that importing nn stays quick

    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"save: there is no folder {target.parent}")
    payload = save({name: np.asarray(array, order="C") for name, array in state.items()})
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def read_state(path: str | os.PathLike[str]) -> dict[str, Array]:
    """Read the named arrays of a .safetensors file.

    Raises FileNotFoundError if there is none, ValueError if it is not a whole safetensors file.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    if os.path.isdir(path):
        raise IsADirectoryError(f"load: {os.fspath(path)} is a folder, not a safetensors file")
    try:
        state: dict[str, Array] = load_file(os.fspath(path))
    except SafetensorError as error:
        raise ValueError(f"load: {os.fspath(path)} is not a whole safetensors file: {error}") from error
    except TypeError as error:  # bfloat16 and its like
        raise ValueError(f"load: {os.fspath(path)} holds numbers of a kind that NumPy lacks: {error}") from error
    return state


def check_state(state: Mapping[str, Any], wanted: Mapping[str, Array], source: str) -> None:
    """Raise ValueError, naming every difference and both sides of it, unless names and shapes agree."""
    problems = [
        f"{name}: the model has {wanted[name].shape}, {source} lacks it" for name in wanted if name not in state
    ]
    for name in state:
        if name not in wanted:
            problems.append(f"{name}: {source} has {np.shape(state[name])}, the model lacks it")
        elif np.shape(state[name]) != wanted[name].shape:
            problems.append(f"{name}: the model has {wanted[name].shape}, {source} has {np.shape(state[name])}")
        elif np.asarray(state[name]).dtype.kind != wanted[name].dtype.kind:
            kind = "floating numbers" if wanted[name].dtype.kind == "f" else str(wanted[name].dtype)
            problems.append(f"{name}: {source} holds {np.asarray(state[name]).dtype}, not {kind}")
    if problems:
        shown = "\n  ".join(problems[:20]) + (f"\n  and {len(problems) - 20} more" if len(problems) > 20 else "")
        raise ValueError(f"load: {source} does not fit the model, which is left unchanged:\n  {shown}")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
