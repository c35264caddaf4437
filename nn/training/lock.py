"""The lock by which one training holds its checkpoint: a file beside it, which a process that is killed lets go of."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from autograd_mini.files import let_go, take

from ..io.safetensors_io import check_place, unwritable


@contextmanager
def held(path: str | os.PathLike[str]) -> Iterator[None]:
    """Inside the block no other training holds this checkpoint: a process that is killed lets go of it.

    Raises BlockingIOError if one does, of another process or thread, and at once what writing would: OSError, or
    ValueError for a name of another kind of file. On systems without such locks nothing is held.
    """
    check_place(path)
    if os.name == "nt":
        yield
        return
    target = Path(path)
    name = target.with_name(f".{target.name}.lock")
    process, handle = os.getpid(), _locked(target, name)
    try:
        with suppress(OSError):  # a full disk is an error when there is something to write
            os.pwrite(handle, f"{process:<20}".encode(), 0)
        yield
    finally:
        if os.getpid() == process:  # and not a fork that comes to its end
            with suppress(OSError):
                os.unlink(name)
        let_go(handle)


def _locked(target: Path, name: Path) -> int:
    """The lock's file, open and held."""
    waits = 250
    while True:
        try:
            handle = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        except OSError as error:
            raise unwritable(target, error) from error
        if take(handle) is False:
            other = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
            let_go(handle)
            if not waits or _is_there(other):
                raise BlockingIOError(f"fit: another training, in process {other}, has the checkpoint {target}")
            waits -= 1
            time.sleep(0.02)  # a child that it forked is just letting go
            continue
        with suppress(FileNotFoundError):  # the other let go of it, and removed it, between opening and holding
            if os.path.samestat(os.fstat(handle), os.stat(name)):
                return handle
        let_go(handle)


def _is_there(process: str) -> bool:
    """Whether a process of this number runs; True for what is no number."""
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (ValueError, OverflowError, PermissionError):
        return True
    return True
