"""The same kernels with their loops compiled by Numba: the extra `fast`. Imported only when first needed.

What is compiled is kept on disk beside the sources (or where NUMBA_CACHE_DIR says), so that it is done once a machine.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path
from typing import Any

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


def _forget_what_is_older_than_its_sources() -> None:
    """Numba looks at a function's own file only; what it is made of stands in several here."""
    folder = Path(__file__).parent
    newest = max(path.stat().st_mtime for path in (*folder.glob("*.py"), folder.parent / "winograd.py"))
    for index in (folder / "__pycache__").glob("*.nbi"):
        if index.stat().st_mtime < newest:
            index.unlink(missing_ok=True)


with suppress(OSError):  # a folder that cannot be written to holds no cache either
    _forget_what_is_older_than_its_sources()
