"""Every promise, in the order of the record."""

from __future__ import annotations

from . import (  # noqa: F401  (each enters its own)
    calls,
    endurance,
    files,
    loudness,
    programs,
    sameness,
    survival,
    training_child,
    training_stops,
)  # fmt: skip
from .promise import AREAS, ENTERED, Promise

PROMISES: list[Promise] = sorted(ENTERED, key=lambda promise: AREAS.index(promise.area))
