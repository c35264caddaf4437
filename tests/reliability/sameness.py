"""The same seed gives the same bits: in two processes, in any order of importing."""

from __future__ import annotations

from .promise import Promise

PROMISES: list[Promise] = []
