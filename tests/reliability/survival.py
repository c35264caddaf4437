"""Training survives: killed processes, torn files, full disks, two processes on one checkpoint."""

from __future__ import annotations

from .promise import Promise

PROMISES: list[Promise] = []
