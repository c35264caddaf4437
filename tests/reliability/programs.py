"""Random programs of all primitives beside PyTorch in float64: forward, backward, second order."""

from __future__ import annotations

from .promise import Promise

PROMISES: list[Promise] = []
