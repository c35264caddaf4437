"""Long runs and many threads: memory, collected graphs, long chains, workers, interruptions."""

from __future__ import annotations

from .promise import Promise

PROMISES: list[Promise] = []
