"""Ctrl-C that waits for a step to end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Interruption:
    """Whether Ctrl-C was pressed."""

    asked = False


@contextmanager
def interruption_waits() -> Iterator[Interruption]:
    """Inside the block Ctrl-C only sets `asked`, for the block to end where it is whole; pressed again it interrupts.

    If the block comes to its end all the same, it interrupts there. In other threads than the main one, where Python
    hears no signals, and where another handler than Python's own is in place, nothing is changed. A fork made inside,
    which may never look at `asked`, is interrupted at once.
    """
    heard = Interruption()
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield heard
        return
    process = os.getpid()

    def hear(number: int, frame: Any) -> None:
        if heard.asked or os.getpid() != process:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.default_int_handler(number, frame)
        heard.asked = True

    signal.signal(signal.SIGINT, hear)
    try:
        yield heard
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if heard.asked:
        raise KeyboardInterrupt
