"""Weights to disk and back: safetensors files, and those of others."""

from .safetensors_io import write_state
from .weights import read_notes, read_state

__all__ = [
    "read_notes",
    "read_state",
    "write_state",
]
