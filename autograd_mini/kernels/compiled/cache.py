"""Compiled kernels on disk, a file each: for every process of this user, and every copy of the same sources.

Numba's own cache lies beside the sources and knows a function's own file by its time, so a second copy compiles all
again, and two processes that compile at once may lose each other's entries. Here a file's name says all that it depends
on: sources, function, types, processor, versions. It is written whole or not at all; what cannot be read is compiled.
A folder copied to another machine with the same kind of processor is as good there.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import Any

import llvmlite
import numba
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps
from numba.misc.appdirs import user_cache_dir

from ...files import write_file

MONTH = 30 * 24 * 3600.0


def _digest() -> str:
    """Of the sources of all kernels: loops call those of other files, and others' constants are compiled in."""
    sources = sorted(Path(__file__).parents[1].rglob("*.py"))
    return sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


DIGEST = _digest()
VERSIONS = (numba.__version__, llvmlite.__version__, sys.version_info[:3])


def _folders() -> list[Path]:
    """Where kernels may be kept: the first that can be written to is; all are looked into."""
    wished = os.environ.get("NUMBA_CACHE_DIR")
    own = Path(wished) if wished else Path(user_cache_dir("autograd-mini", appauthor=False))
    return [folder / f"kernels-{DIGEST[:16]}" for folder in (own, Path(__file__).parent / "__pycache__")]


class Kept(NullCache):  # type: ignore[misc]
    """What `numba.njit` is to keep of one function compiled with some options, in place of Numba's own cache.

    of: what it keeps of the only function that this one closes over. Else it closes over what is pickled alike in every
    process, as numbers are and functions are not.
    """

    def __init__(self, function: Callable[..., Any], options: Any, of: Kept | None = None) -> None:
        self.name: str = f"{function.__module__.rpartition('.')[2] if of is None else of.name}.{function.__name__}"
        closed = dumps([cell.cell_contents for cell in function.__closure__ or ()]) if of is None else of.depends
        line = function.__code__.co_firstlineno
        self.depends: bytes = repr((function.__qualname__, line, sorted(options.items()), VERSIONS)).encode() + closed

    def _name(self, signature: Any, codegen: Any) -> str:
        types = repr((signature, codegen.magic_tuple())).encode()
        return f"{self.name}-{sha256(self.depends + types).hexdigest()[:32]}.kernel"

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The function as compiled before for these types, or None."""
        target_context.refresh()
        name = self._name(sig, target_context.codegen())
        for folder in _folders():
            with suppress(OSError):
                whole = (folder / name).read_bytes()
                if sha256(whole[32:]).digest() == whole[:32]:  # else it was cut off or spoiled
                    return CompileResult._rebuild(target_context, *pickle.loads(whole[32:]))
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep it, if that may be."""
        if data.library.has_dynamic_globals or data.lifted:
            return
        compiled, name = dumps(data._reduce()), self._name(sig, data.codegen)
        for folder in _folders():
            with suppress(OSError):
                if not folder.is_dir():
                    folder.mkdir(mode=0o700, parents=True)
                    _forget(folder)
                write_file(folder / name, [sha256(compiled).digest(), compiled])
                return


def _forget(kept: Path) -> None:
    """Remove what other versions of these sources kept, if nothing was added to it for a month."""
    for folder in kept.parent.glob("kernels-" + "[0-9a-f]" * 16):
        with suppress(OSError):
            if folder != kept and time.time() - folder.stat().st_mtime > MONTH:
                rmtree(folder)
