"""Progress bars: tqdm's, with nothing that a fork could inherit locked."""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import Any


def bar(total: int | None, unit: str, words: str, shown: bool, initial: int = 0) -> Any:
    """A bar over `total` things, if that is known, gone when it is done; `with bar(…) as progress: progress.update(1)`.

    Shown on a terminal only, and not at all unless `shown`.
    """
    hidden = None if shown else True
    return _kind()(total=total, initial=initial, unit=unit, desc=words, leave=False, disable=hidden)


def say(words: str) -> None:
    """Print a line above the bars that are shown."""
    _kind().write(words)


@cache
def _kind() -> Any:
    """tqdm's own lock is a semaphore that forks share: one that is killed holding it would stop all the others."""
    from tqdm import tqdm  # here, so that importing stays quick

    class Bar(tqdm):  # type: ignore[misc]
        monitor_interval = 0  # no thread, whose locks a fork would have and which it would not have itself
        _lock = threading.RLock()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: Bar.set_lock(threading.RLock()))
    return Bar
