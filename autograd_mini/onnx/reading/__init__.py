"""ONNX files read as plain values, and what each of their operators computes."""

from . import (
    attention,
    chance,
    control,
    elements,
    images,
    losses,
    normalising,
    places,
    records,
    recurrent,
    reductions,
    resizing,
    shapes,
    signals,
    windows,
)
from .file import read
from .graph import File, Graph, Node
from .operators import OPERATORS, implement
from .running import Runner, run

__all__ = ["OPERATORS", "File", "Graph", "Node", "Runner", "implement", "read", "run"]
ROOMS = (
    attention, chance, control, elements, images, losses, normalising, places, records, recurrent, reductions, resizing,
    shapes, signals, windows,
)  # fmt: skip
"""Where the operators are; imported, each puts its own into the table."""
