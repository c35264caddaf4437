"""Files are data: damaged and hostile weights, checkpoints and pictures end in one clear sentence."""

from __future__ import annotations

from .promise import Promise

PROMISES: list[Promise] = []
