"""Keras's files, .h5, .weights.h5 and .keras, read by h5py where it is installed: every array by its path."""

from __future__ import annotations

from math import prod
from typing import IO, Any

from .opening import Array

SIGNATURE = b"\x89HDF"
KERAS = "model.weights.h5"
"""What a .keras file, which is a zip, calls its weights."""

_NO_WEIGHTS = ("optimizer", "optimizer_weights")
_DEEPEST = 32


def read_hdf5(file: IO[bytes], name: str, most: int) -> dict[str, Array]:
    """The arrays of an HDF5 file but those of an optimiser; `vars/0` and `kernel:0` are parts of their paths.

    most: how many bytes they may take. Raises ValueError for links out of the file, storage outside it, and more bytes
    than that; ModuleNotFoundError without h5py.
    """
    try:
        import h5py
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"load: {name} is an HDF5 file, as Keras writes them, and h5py is not installed: "
            "pip install 'autograd-mini[keras]'"
        ) from error
    state: dict[str, Array] = {}
    taken = 0
    with h5py.File(file, "r") as opened:
        groups: list[tuple[str, Any]] = [("", opened["/"])]
        seen = {hash(group.id) for _, group in groups}
        while groups:
            path, group = groups.pop()
            if path.count("/") > _DEEPEST:
                raise ValueError(f"{path!r:.80} nests deeper than {_DEEPEST}")
            for key in group:
                inner = f"{path}/{key}" if path else key
                if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                    raise ValueError(f"{inner!r:.80} is a link to somewhere else")
                held = group[key]
                if isinstance(held, h5py.Group):
                    if hash(held.id) in seen:
                        raise ValueError(f"{inner!r:.80} is a group that it holds elsewhere")
                    seen.add(hash(held.id))
                    if inner not in _NO_WEIGHTS:
                        groups.append((inner, held))
                elif isinstance(held, h5py.Dataset):
                    if held.external or held.is_virtual:
                        raise ValueError(f"{inner!r:.80} is kept in another file")
                    taken += (held.size or 0) * held.dtype.itemsize
                    if max(taken, prod(held.chunks or (0,)) * held.dtype.itemsize) > most:
                        raise ValueError(f"its arrays claim to take more than {most:,} bytes")
                    if held.dtype.kind in "biufc":
                        state[inner] = held[()]
    return state
