"""What a model's parts are and cost: shapes, parameters, what is saved for the backward pass, multiply-adds.

    print(nn.VGG("8 M | 10", input_shape=(3, 32, 32)).summary())

    layer         kind        output          parameters     saved  multiply-adds
    (model)       VGG         (1, 10)                  –         –              –
      features    Sequential  (1, 8, 16, 16)           –         –              –
        conv1_1   Conv2d      (1, 8, 32, 32)         224  12.0 KiB          221 k
        …

The numbers of a row are its own: a container's are those of what its forward does between its parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd_mini.moved import renamed
from autograd_mini.observe.table import in_bytes, in_words, table

from .notebook import as_table

_HEADING = ("layer", "kind", "output", "parameters", "saved", "multiply-adds")


@dataclass
class Row:
    """One module; the numbers are its own, without those of its parts.

    name: within the module it is a part of, which is `depth` modules inside. uses: how often it ran; the numbers are
    those of all times together. shapes: of what it returned, each that differed once; one is a tuple, or a list or dict
    of such for several results. parameters, trainable, buffers: elements, shared ones where they come first.
    saved_bytes: for the backward pass to inputs and trainable parameters, every buffer where it is first saved, the
    model's own tensors not counted.
    """

    path: str
    name: str
    kind: str
    depth: int
    uses: int = 0
    shapes: list[Any] = field(default_factory=list)
    parameters: int = 0
    parameter_bytes: int = 0
    trainable: int = 0
    buffers: int = 0
    buffer_bytes: int = 0
    saved_bytes: int = 0
    multiply_adds: int = 0
    kept_bytes = renamed("kept_bytes", "saved_bytes")

    @property
    def shape(self) -> Any:
        """The shape of what it returned first; None if it did not run."""
        return self.shapes[0] if self.shapes else None

    def _cells(self) -> tuple[Any, ...]:
        return (
            self.name or "(model)",
            self.kind if self.uses < 2 else f"{self.kind} × {self.uses}",
            _show(self.shapes, "; ") if self.shapes else "–",
            self.parameters,
            self.saved_bytes,
            self.multiply_adds,
        )


class Summary:
    """A model's parts and what they cost in one forward pass: a table when printed, and in a notebook.

    The numbers of all rows together are attributes too: parameters, parameter_bytes, trainable, buffers, buffer_bytes,
    saved_bytes, multiply_adds.

    Attributes:
        rows: one for each module, in the order of `named_modules`.
        inputs: shape and dtype of each input.

    Example:
        >>> found = nn.Sequential(fc=nn.Linear(3, 2)).summary((1, 3))
        >>> found.parameters, found.multiply_adds, found.rows[1].shape
        (8, 6, (1, 2))
    """

    kept_bytes = renamed("kept_bytes", "saved_bytes")

    rows: tuple[Row, ...]
    inputs: tuple[str, ...]

    def __init__(self, rows: Sequence[Row], inputs: Sequence[str]) -> None:
        self.rows, self.inputs = tuple(rows), tuple(inputs)
        self.parameters = sum(row.parameters for row in rows)
        self.parameter_bytes = sum(row.parameter_bytes for row in rows)
        self.trainable = sum(row.trainable for row in rows)
        self.buffers = sum(row.buffers for row in rows)
        self.buffer_bytes = sum(row.buffer_bytes for row in rows)
        self.saved_bytes = sum(row.saved_bytes for row in rows)
        self.multiply_adds = sum(row.multiply_adds for row in rows)

    def _totals(self) -> list[str]:
        parameters = f"parameters: {self.parameters:,} ({in_bytes(self.parameter_bytes)})"
        if self.parameters:
            parameters += f", {'all' if self.trainable == self.parameters else f'{self.trainable:,} of them'} trainable"
        if self.buffers:
            parameters += f"; buffers: {self.buffers:,} ({in_bytes(self.buffer_bytes)})"
        return [
            parameters,
            f"saved for the backward pass: {in_bytes(self.saved_bytes)}",
            f"multiply-adds: {self.multiply_adds:,}",
            f"input: {', '.join(self.inputs)}",
        ]

    def __str__(self) -> str:
        rows = [(f"{'  ' * row.depth}{name}", *cells) for row in self.rows for name, *cells in [row._cells()]]
        return "\n".join([table(_HEADING, rows), *self._totals()])

    def _repr_html_(self) -> str:
        words = in_words(_HEADING, (row._cells() for row in self.rows))
        caption = f"The layers of {self.rows[0].kind}"
        return as_table(caption, words, [row.depth for row in self.rows], self._totals())


def _show(shape: Any, between: str = ", ") -> str:
    """A shape in words; of several the first three."""
    if not isinstance(shape, list | dict):
        return str(shape)
    several = [f"{key} {_show(each)}" for key, each in shape.items()] if isinstance(shape, dict) else map(_show, shape)
    first = [*several]
    return between.join(first[:3] + [f"… ({len(first)})"] * (len(first) > 3))
