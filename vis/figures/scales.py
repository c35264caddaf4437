"""What is drawn as white: one scale for each picture, row, layer or figure of signals, and what it cuts off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from autograd_mini.arguments import is_real

from ..errors import check_counts, refusal
from .pictures import Array, common_scale

Scale = Literal["picture", "row", "layer", "figure"]


class Scales:
    """The scales of signals in rows and columns, an image a row and a layer a column, each (C, H, W).

    shared: "picture", "row", "layer" (a column) or "figure": which of them have one scale. percentile: as for
    `common_scale`.
    """

    def __init__(self, signals: Sequence[Sequence[Array]], shared: Scale, percentile: float) -> None:
        self.signals, self.shared, self.percentile = signals, shared, percentile
        self._found: dict[tuple[int, int], float] = {}

    def of(self, row: int, column: int) -> float:
        """What is drawn as white in one picture."""
        place = (row if self.shared in ("picture", "row") else 0, column if self.shared in ("picture", "layer") else 0)
        if place not in self._found:
            self._found[place] = common_scale(self._together(*place), percentile=self.percentile)
        return self._found[place]

    @property
    def whole(self) -> float | None:
        """The scale of all pictures, None where they have several."""
        return self.of(0, 0) if self.shared == "figure" else None

    def words(self) -> str:
        """What grey, white and black are, and what is cut off."""
        if self.shared == "figure":
            return format_scale(self._together(0, 0), self.of(0, 0))
        cut = (
            ""
            if self.percentile == 100
            else f" and beyond, the {ordinal(self.percentile)} percentile of what is not zero"
        )
        return f"grey is zero; each {self.shared} has its scale: white and black are the ± written there{cut}"

    def below(self, row: int, column: int) -> str:
        """What is written below one picture."""
        return f"\n±{self.of(row, column):.2g}" if self.shared in ("picture", "layer") else ""

    def beside(self, row: int) -> str:
        """What is written below the image that a row is of."""
        return f"\n±{self.of(row, 0):.2g}" if self.shared == "row" else ""

    def _together(self, row: int, column: int) -> list[Array]:
        if self.shared == "picture":
            return [self.signals[row][column]]
        if self.shared == "row":
            return list(self.signals[row])
        columns = [column] if self.shared == "layer" else range(len(self.signals[0]))
        return [signals[j] for signals in self.signals for j in columns]


def format_scale(signals: Sequence[Array], scale: float) -> str:
    """What is grey, white and black in pictures of these signals, and how much of them is cut off."""
    sizes = np.concatenate([np.abs(signal[signal != 0]).ravel() for signal in signals])
    words = f"grey is zero, white and black ±{scale:.3g}"
    beyond = float((sizes > scale).mean()) if sizes.size else 0.0
    return f"{words} and beyond: {100 * beyond:.2g} % of what is not zero, up to {sizes.max():.3g}" if beyond else words


def check_drawing(scale: Any, percentile: Any, zoom: Any) -> None:
    """Raise ValueError for what says not how to draw."""
    if scale not in ("picture", "row", "layer", "figure"):
        raise refusal(ValueError, f"scale must be 'picture', 'row', 'layer' or 'figure', not {scale!r}")
    if not (is_real(percentile) and 0 <= percentile <= 100):
        raise refusal(ValueError, f"percentile must be a number from 0 to 100, not {percentile!r}")
    check_counts(zoom=zoom)


def ordinal(number: float) -> str:
    """A number as one counts with it: 1st, 2nd, 99th, 99.5th."""
    whole = int(number) if number == int(number) else 0
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{number:g}{'th' if whole % 100 in (11, 12, 13) else ends.get(whole % 10, 'th')}"
