"""Files and folders that are written whole or not at all; nothing stays of writers that were killed."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_BINARY, _NO_LINK, _NO_WAIT = (getattr(os, flag, 0) for flag in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"))


def write_file(target: Path, parts: Iterable[bytes | memoryview], before: Callable[[], object] | None = None) -> None:
    """Write a file; one that is there stays whole until the new one is on disk. A link is replaced, not followed.

    before: called when the new file is complete and the older one not yet replaced. Raises OSError as the system does.
    """
    with _beside(target, _make_file, _remove_file) as (partial, handle):
        for part in parts:
            while part:
                part = part[os.write(handle, part) :]
        os.fsync(handle)
        if os.name == "nt":
            let_go(handle)  # there nothing open can be renamed
        if before is not None:
            before()
        os.replace(partial, target)
    _sync(target.parent)


def try_file(target: Path) -> None:
    """Raise the OSError that writing a file would, and leave nothing."""
    with _beside(target, _make_file, _remove_file):
        pass


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A folder to write into, hidden beside the target; it takes that place when the block is left without an error.

    Until then what is there stays as it is, and after an error or an interruption nothing else is left.
    """
    with _beside(target, _make_folder, _remove_folder) as (partial, _):
        yield partial
        for path in (*partial.rglob("*"), partial):
            _sync(path)
        _put(partial, target)
    _sync(target.parent)


def open_file(path: str | os.PathLike[str], begin: str = "load: ") -> IO[bytes]:
    """A file, open to be read; begin: what sentences that refuse one begin with.

    Raises FileNotFoundError and its like as the system does, IsADirectoryError for a folder, and ValueError for a
    pipe or a device.
    """
    name = os.fspath(path)
    if os.path.isdir(name):
        raise IsADirectoryError(f"{begin}{name} is a folder, not a file")
    handle = os.open(name, os.O_RDONLY | _BINARY | _NO_WAIT)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ValueError(f"{begin}{name} is a pipe or a device, not a file")
    return os.fdopen(handle, "rb")


def could_not_write(name: str, target: Path, error: OSError) -> OSError:
    """The same kind of error, saying which operation could not write which file."""
    return type(error)(error.errno, f"{name}: could not write ({error.strerror})", str(target))


# ── who holds what ────────────────────────────────────────────────────────────────────────────────────────────────────

_taken: set[int] = set()


def take(handle: int) -> bool | None:
    """Hold an open file until `let_go`, or until this process ends, however it does; its forks do not hold it.

    False if another holds it, another thread of this process too; None on systems without such locks.
    """
    _taken.add(handle)
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
    except OSError:  # a file system without them
        return None


def let_go(handle: int) -> None:
    """Close what was taken, unless that was done: a fork has done it from the beginning."""
    if handle in _taken:
        _taken.discard(handle)
        os.close(handle)


def _after_fork() -> None:
    """A fork that outlives this process would hold what it held."""
    for handle in _taken:
        os.close(handle)
    _taken.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


# ── what is being written ─────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _beside(target: Path, make: Callable[[str], int], remove: Callable[[Path], None]) -> Iterator[tuple[Path, int]]:
    """Something new beside the target, held, so that another writer knows that it is not abandoned.

    It is removed at the end if it was not moved; a fork that comes there leaves that to the process that made it.
    """
    _remove_abandoned(target)
    process, (partial, handle) = os.getpid(), _new(target, make)
    try:
        yield partial, handle
    finally:
        let_go(handle)
        if os.getpid() == process:
            remove(partial)


def _new(target: Path, make: Callable[[str], int]) -> tuple[Path, int]:
    while True:
        partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
        with suppress(FileExistsError):
            handle = make(str(partial))
            if take(handle) is not False and partial.exists():
                return partial, handle
            let_go(handle)  # one that looks for abandoned files was quicker than the lock


def _remove_abandoned(target: Path) -> None:
    """Remove what writers of this target left behind that were killed; of a folder also the one it replaced."""
    ours = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{8}}\.(partial|former)")
    with suppress(OSError):  # not ours to see
        for name in os.listdir(target.parent):
            if (found := ours.fullmatch(name)) and (found[1] == "partial" or target.exists()):
                with suppress(OSError):  # gone in the meantime, a link, or not ours to remove
                    path = target.parent / name
                    handle = os.open(path, os.O_RDONLY | _NO_LINK | _NO_WAIT)
                    try:
                        if take(handle):
                            (_remove_folder if path.is_dir() else _remove_file)(path)
                    finally:
                        let_go(handle)


def _make_file(name: str) -> int:
    return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)


def _make_folder(name: str) -> int:
    Path(name).mkdir()
    with suppress(FileNotFoundError):  # one that looks for abandoned folders was quicker than the lock
        return os.open(os.devnull if os.name == "nt" else name, os.O_RDONLY)  # there folders cannot be opened
    raise FileExistsError(name)


def _remove_file(path: Path) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)


def _remove_folder(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)


def _put(folder: Path, target: Path) -> None:
    """Move a folder to where another may be; if that fails the other one is back in its place."""
    former = folder.with_suffix(".former")
    try:
        if target.is_dir():
            target.rename(former)
        folder.rename(target)
    except BaseException:
        if former.is_dir() and not target.exists():
            former.rename(target)
        raise
    finally:
        if target.is_dir():
            _remove_folder(former)


def _sync(path: Path) -> None:
    """Have a file, or a folder's new names, outlast a power cut; systems that cannot do so need no telling."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY | _NO_WAIT)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
