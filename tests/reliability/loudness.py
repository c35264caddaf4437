"""A gradient is never silently wrong: arrays changed under the tape, numbers that are not finite, bad calls."""

from __future__ import annotations

from .promise import Promise

PROMISES: list[Promise] = []
