"""What threads share: one at a time adds gradients to leaves, else another's for the same leaf could be lost."""

from __future__ import annotations

import os
import threading
from typing import Any

from .core import gradient

_adding = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_adding.acquire, after_in_parent=_adding.release, after_in_child=_adding.release)


def _one_at_a_time(nodes: list[Any], values: list[Any]) -> None:
    with _adding:
        gradient.add_up(nodes, values)


gradient.accumulate = _one_at_a_time
