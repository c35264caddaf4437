"""A recorded graph as a table for terminals: its steps in the order of recording, and what each holds and costs."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..moved import renamed
from ..observe.memory import saved_by
from ..observe.table import format_shape, in_bytes, table
from ..showing import Shown
from .measures import cost_of
from .model import STEPS
from .reading import read


class Line(NamedTuple):
    """One step, or a leaf that several steps share."""

    name: str
    operation: str
    output: str
    parameters: int
    saved_bytes: int
    multiply_adds: int


Line.kept_bytes = renamed("kept_bytes", "saved_bytes")  # type: ignore[attr-defined]


class Listing(Shown):
    """The steps behind a result: a table when printed, sums when asked.

    parameters: elements of the leaves that receive a gradient. saved_bytes: for the backward pass at this moment, every
    buffer once, parameters not counted. multiply_adds: of the products, forward.
    """

    kept_bytes = renamed("kept_bytes", "saved_bytes")

    def __init__(self, output: Any) -> None:
        vertices = [v for v in read(output, name="summary").vertices.values() if v.kind in STEPS or v.parameters]
        steps = [[top for top in v.tops if top.op is not None] for v in vertices]
        saved = saved_by(top for tops in steps for top in tops)
        self.rows = [
            Line(
                v.name or v.title,
                v.title if tops else "leaf",
                format_shape(v.shape, v.dtype),
                v.parameters,
                sum(saved[top] for top in tops),
                sum(cost_of(top) for top in tops),
            )
            for v, tops in zip(vertices, steps, strict=True)
        ]
        self.parameters = sum(row.parameters for row in self.rows)
        self.saved_bytes = sum(row.saved_bytes for row in self.rows)
        self.multiply_adds = sum(row.multiply_adds for row in self.rows)

    def __str__(self) -> str:
        total = f"parameters: {self.parameters:,}; saved for the backward pass: {in_bytes(self.saved_bytes)}; "
        heading = ("name", "operation", "output", "parameters", "saved", "multiply-adds")
        return f"{table(heading, self.rows)}\n{total}multiply-adds: {self.multiply_adds:,}"

    __repr__ = __str__
