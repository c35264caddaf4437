"""Progress bars: tqdm's, with nothing that a fork could inherit locked."""

from __future__ import annotations

import os
import sys
import threading
from functools import cache
from importlib.util import find_spec
from typing import Any

from .kernels.settings import compiling


def bar(total: int | None, unit: str, words: str, shown: bool, initial: int = 0) -> Any:
    """A bar over `total` things, if that is known, gone when it is done; `with bar(…) as progress: progress.update(1)`.

    Shown on a terminal and in a notebook only, and not at all unless `shown`.
    """
    there = is_notebook()
    hidden = not (shown and _open(sys.stderr) and (there or getattr(sys.stderr, "isatty", bool)()))
    return _kind(there and not hidden)(total=total, initial=initial, unit=unit, desc=words, leave=False, disable=hidden)


def say(words: str) -> None:
    """Print a line above the bars that are shown, if there is anything to print to."""
    if _open(sys.stdout):
        _kind().write(words)


def _open(stream: Any) -> bool:
    """False for one that was closed, and where a program has none: as a service, or begun from a window."""
    return stream is not None and not getattr(stream, "closed", False)


def is_notebook() -> bool:
    """Whether the program runs in a notebook's kernel, whose pages show bars of their own."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


@cache
def _kind(in_notebook: bool = False) -> Any:
    """tqdm's own lock is a semaphore that forks share: one that is killed holding it would stop all the others.

    A notebook's bar is a widget where the package ipywidgets is there, else a line of text that is written over.
    """
    from tqdm import tqdm  # here, so that importing stays quick

    if in_notebook and find_spec("ipywidgets"):
        from tqdm.notebook import tqdm

    class Bar(tqdm):  # type: ignore[misc]
        monitor_interval = 0  # no thread, whose locks a fork would have and which it would not have itself
        _lock = threading.RLock()

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.compiling = compiling.seconds

        def update(self, n: float | None = 1) -> bool | None:
            """Count; time in which kernels were compiled, which the rest will not take, is no time of the bar's."""
            seconds, self.compiling = compiling.seconds - self.compiling, compiling.seconds
            if seconds and not self.disable:
                self.start_t += seconds
                self.last_print_t += seconds
            shown: bool | None = super().update(n)
            return shown

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: Bar.set_lock(threading.RLock()))
    return Bar
