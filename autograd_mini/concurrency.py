"""What the engine must know of others: threads, which add to leaves one at a time, and the kernels' memory."""

from __future__ import annotations

import os
import threading
from typing import Any

from .core import gradient, tape
from .kernels.buffers import is_lent

_adding = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_adding.acquire, after_in_parent=_adding.release, after_in_child=_adding.release)


def _one_at_a_time(nodes: list[Any], values: list[Any]) -> None:
    with _adding:
        gradient.add_up(nodes, values)


gradient.accumulate = _one_at_a_time
tape.is_lent = is_lent
