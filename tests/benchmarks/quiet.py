"""How much of the CPU other programs took meanwhile: on a busy machine figures mean little, and PyTorch's least of all.

Its threads wait for each other after every operation, so one of them losing its core for a moment stops them all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

TOLERATED = 0.1  # of all cores' time; the system counts in steps of 10 ms


class Watch:
    """From its making until `others`: the share of the CPU that neither this process nor the given ones used."""

    def __init__(self, processes: Iterable[int]) -> None:
        self.processes = [os.getpid(), *processes]
        self.before = self._now()

    def others(self) -> float | None:
        """Between 0 and 1; None where the system does not tell."""
        after = self._now()
        if self.before is None or after is None:
            return None
        passed, busy, own = (b - a for a, b in zip(self.before, after, strict=True))
        return min(1.0, max(0.0, busy - own) / max(passed * (os.cpu_count() or 1), 1e-9))

    def warn(self) -> None:
        """Say so if other programs took too much."""
        if (others := self.others() or 0.0) > TOLERATED:
            print(f"!!! WARNING: other programs took {others:.0%} of the CPU: these figures are not to be trusted")

    def _now(self) -> tuple[float, float, float] | None:
        """Seconds: of the clock, that all cores were busy, and that the processes used."""
        try:
            tick = os.sysconf("SC_CLK_TCK")
            fields = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
            own = sum(self._used(process) for process in self.processes)
        except (AttributeError, OSError, ValueError):
            return None
        idle = fields[3] + fields[4]
        return time.perf_counter(), (sum(fields) - idle) / tick, own / tick

    @staticmethod
    def _used(process: int) -> int:
        try:
            words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            return 0
        return int(words[11]) + int(words[12])
