"""The same kernels with their loops compiled by Numba: the extra `fast`. Imported only when first needed.

What is compiled is kept on disk beside the sources (or where NUMBA_CACHE_DIR says), so that it is done once a machine.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba import njit
from numba.core import event


class _Announcement(event.Listener):  # type: ignore[misc]
    """Says, once a process, that kernels are being compiled: the first call takes seconds."""

    said = False

    def on_start(self, event: Any) -> None:
        function = event.data["dispatcher"].py_func
        if not self.said and function.__module__.startswith(__name__):
            self.said = True
            logging.getLogger("autograd_mini").warning(
                "autograd_mini: compiling kernels for this processor, once; they are kept on disk for the next time"
            )

    def on_end(self, event: Any) -> None:
        pass


event.register("numba:compile", _Announcement())


def _digest() -> str:
    """Of the sources of everything compiled here."""
    folder = Path(__file__).parent
    sources = (*sorted(folder.glob("*.py")), folder.parent / "winograd.py")
    return sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


_STAMP = _digest()


def loop(function: Callable[..., Any], fastmath: Any = False) -> Any:
    """Compile a function when it is first called; it lets other threads run, and is kept on disk if that may be.

    Division by zero gives inf or nan, as NumPy's does, and nothing raises in the middle of a loop. fastmath: what the
    compiler may do that the program does not say.
    """
    options: Any = {"nogil": True, "error_model": "numpy", "fastmath": fastmath}
    try:
        made = njit(cache=True, **options)(function)
    except RuntimeError:  # nowhere to keep it: it is compiled again in each process
        return njit(**options)(function)
    with suppress(AttributeError):  # Numba looks for changes in a function's own file; what it calls stands in others
        made._cache._cache_file._source_stamp = _STAMP
    return made


fused = partial(loop, fastmath={"contract"})
"""As `loop`, for functions of which a product and a sum are rounded as one where the processor can."""

regrouped = partial(loop, fastmath={"contract", "reassoc"})
"""As `fused`, for sums that may be added up in any order, in many lanes."""
