"""Weights to disk and back: safetensors files, and those of others; which array of a state is which of a model's."""

from .matching import Match
from .safetensors_io import write_state
from .weights import read_notes, read_state

__all__ = [
    "Match",
    "read_notes",
    "read_state",
    "write_state",
]
