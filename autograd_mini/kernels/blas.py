"""The libraries of BLAS in this process, and how many threads each may use."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from threadpoolctl import ThreadpoolController


class Blas:
    """A library of BLAS. Its calls keep the interpreter lock, so that between a test and the call that follows, where
    Python looks neither for signals nor for other threads, nothing can come.
    """

    __slots__ = ("freed", "get_num_threads", "set_num_threads")

    def __init__(self, controller: Any) -> None:
        self.freed = 0  # while it is held: the threads it gets back
        self.get_num_threads: Callable[[], int] = controller.get_num_threads
        self.set_num_threads: Callable[[int], object] = controller.set_num_threads
        if controller.internal_api == "openblas" and controller.threading_layer != "openmp":
            library = ctypes.PyDLL(controller.filepath)
            for before, after in itertools.product(("", "scipy_"), ("", "64_", "_64")):
                name = f"{before}openblas_%s_num_threads{after}"
                if hasattr(library, name % "set"):
                    self.get_num_threads, self.set_num_threads = (library[name % what] for what in ("get", "set"))


def loaded() -> Iterator[Blas]:
    """Those that are loaded now."""
    for controller in ThreadpoolController().select(user_api="blas").lib_controllers:
        yield Blas(controller)
