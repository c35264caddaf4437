"""The same kernels with their loops compiled by Numba: the extra `fast`. Imported only when first needed.

What is compiled is kept on disk (`cache.py`), so that it is done once a machine.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

from numba import njit
from numba.core import event

from ..settings import compiling
from .cache import Kept

_log = logging.getLogger("autograd_mini")


class _Announcement(event.Listener):  # type: ignore[misc]
    """Says, once a process, that kernels are being compiled, since the first call takes seconds; and counts those."""

    said = False

    def __init__(self) -> None:
        self.since: list[float] = []  # by kernel that is being compiled, of those that call each other

    def on_start(self, event: Any) -> None:
        function = event.data["dispatcher"].py_func
        if not self.said and function.__module__.startswith(__name__):
            self.said = True
            _log.warning(
                "autograd_mini: compiling kernels for this processor, once; they are kept on disk for the next time"
            )
        self.since.append(perf_counter())

    def on_end(self, event: Any) -> None:
        function, seconds = event.data["dispatcher"].py_func, perf_counter() - self.since.pop()
        if not self.since:
            compiling.seconds += seconds
        if function.__module__.startswith(__name__):
            _log.info("autograd_mini: compiled %s in %.1f s", function.__name__, seconds)


event.register("numba:compile", _Announcement())


def loop(function: Callable[..., Any], fastmath: Any = False) -> Any:
    """Compile a function when it is first called; it lets other threads run, and is kept on disk if that may be.

    Division by zero gives inf or nan, as NumPy's does, and nothing raises in the middle of a loop. fastmath: what the
    compiler may do that the program does not say.
    """
    options: Any = {"nogil": True, "error_model": "numpy", "fastmath": fastmath}
    made = njit(**options)(function)
    made._cache = Kept(function, options)
    return made


fused = partial(loop, fastmath={"contract"})
"""As `loop`, for functions of which a product and a sum are rounded as one where the processor can."""

regrouped = partial(loop, fastmath={"contract", "reassoc"})
"""As `fused`, for sums that may be added up in any order, in many lanes."""
