"""Every promise, in the order of the record."""

from __future__ import annotations

from . import calls, endurance, files, loudness, programs, sameness, survival
from .promise import Promise

PROMISES: list[Promise] = [
    promise for room in (loudness, calls, survival, files, endurance, sameness, programs) for promise in room.PROMISES
]
