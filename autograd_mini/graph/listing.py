"""A recorded graph as a table for terminals: its steps in the order of recording, and what each holds and costs."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..observe.memory import kept_by
from ..observe.table import in_bytes, in_thousands, table
from .measures import cost_of
from .model import STEPS, format_shape
from .reading import read


class Line(NamedTuple):
    """One step, or a leaf that several steps share."""

    name: str
    operation: str
    output: str
    parameters: int
    kept_bytes: int
    multiply_adds: int


class Listing:
    """The steps behind a result: a table when printed, sums when asked.

    parameters: elements of the leaves that receive a gradient. kept_bytes: for the backward pass at this moment, every
    buffer once, parameters not counted. multiply_adds: of the products, forward.
    """

    def __init__(self, output: Any) -> None:
        vertices = [v for v in read(output, name="summary").vertices.values() if v.kind in STEPS or v.parameters]
        steps = [[top for top in v.tops if top.op is not None] for v in vertices]
        kept = kept_by(top for tops in steps for top in tops)
        self.rows = [
            Line(
                v.name or v.title,
                v.title if tops else "leaf",
                format_shape(v.shape, v.dtype),
                v.parameters,
                sum(kept[top] for top in tops),
                sum(cost_of(top) for top in tops),
            )
            for v, tops in zip(vertices, steps, strict=True)
        ]
        self.parameters = sum(row.parameters for row in self.rows)
        self.kept_bytes = sum(row.kept_bytes for row in self.rows)
        self.multiply_adds = sum(row.multiply_adds for row in self.rows)

    def __str__(self) -> str:
        rows = [("name", "operation", "output", "parameters", "keeps", "multiply-adds")]
        for row in self.rows:
            parameters = f"{row.parameters:,}" if row.parameters else "–"
            keeps = in_bytes(row.kept_bytes) if row.kept_bytes else "–"
            cost = in_thousands(row.multiply_adds) if row.multiply_adds else "–"
            rows.append((*row[:3], parameters, keeps, cost))
        total = f"parameters: {self.parameters:,}; saved for the backward pass: {in_bytes(self.kept_bytes)}; "
        return f"{table(rows, right=(3, 4, 5))}\n{total}multiply-adds: {self.multiply_adds:,}"

    __repr__ = __str__
