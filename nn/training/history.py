"""What was counted in each epoch of a training: kept, written down and drawn."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass, field
from typing import Any

from autograd_mini.observe.table import in_seconds, table
from autograd_mini.showing import Shown, as_picture, as_text

TIMING = ("epoch", "seconds", "images_per_second")


@dataclass
class History(Shown):
    """What was counted in each epoch of a training; `history["loss"]` is one quantity over the epochs.

    Attributes:
        epochs: one dict each: epoch, loss, accuracy, images_per_second, seconds, lr, and validation_… where validated.

    Example:
        >>> history = nn.History([{"epoch": 1, "validation_loss": 0.5}, {"epoch": 2, "validation_loss": 0.7}])
        >>> history["validation_loss"], history.best()["epoch"]
        ([0.5, 0.7], 1)
    """

    epochs: list[dict[str, float]] = field(default_factory=list)

    def __getitem__(self, key: str) -> list[float]:
        """One quantity over the epochs: history["loss"]."""
        return [epoch[key] for epoch in self.epochs]

    def __len__(self) -> int:
        return len(self.epochs)

    def best(self) -> dict[str, float]:
        """The epoch that did best in validation: by accuracy, by loss among equals, the first of those.

        One whose loss is not finite is never it. Raises ValueError if there is no other.
        """

        def merit(epoch: dict[str, float]) -> tuple[float, float]:
            return epoch.get("validation_accuracy", 0.0), -epoch["validation_loss"]

        candidates = [epoch for epoch in self.epochs if math.isfinite(epoch.get("validation_loss", math.nan))]
        if not candidates:
            raise ValueError("best: no epoch has a validation loss that is finite")
        return max(candidates, key=merit)

    def since_best(self, first: int = 0) -> int:
        """How many epochs there were after the best one, of those from `first` on."""
        later = History(self.epochs[first:])
        try:
            best = later.best()
        except ValueError:
            return len(later)
        return next(i for i, epoch in enumerate(reversed(later.epochs)) if epoch is best)

    def to_csv(self) -> str:
        """A line of names and a line for each epoch, separated by commas."""
        names = list(dict.fromkeys(key for epoch in self.epochs for key in epoch))
        text = io.StringIO()
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.epochs)
        return text.getvalue()

    def __str__(self) -> str:
        if not self.epochs:
            return "no epoch yet"
        names = list(dict.fromkeys(key for epoch in self.epochs for key in epoch))
        written = {"epoch": "{:g}".format, "seconds": in_seconds, "images_per_second": "{:,.0f}".format}
        rows = [
            [written.get(name, "{:.4g}".format)(epoch[name]) if name in epoch else "" for name in names]
            for epoch in self.epochs
        ]
        return table([name.replace("_", " ") for name in names], rows)

    def _repr_html_(self) -> str:
        try:
            figure = self.plot()
        except (ImportError, ValueError):  # without matplotlib, or an epoch
            return as_text(str(self))
        png = io.BytesIO()
        figure.savefig(png, dpi=100)
        return as_picture(png.getvalue(), "what was counted, over the epochs") + as_text(str(self))

    def plot(self) -> Any:
        """Losses, and what else was counted, over the epochs, drawn by matplotlib.

        Returns:
            A matplotlib Figure, with `savefig`.
        Raises:
            ImportError: without matplotlib.
            ValueError: if there is no epoch.
        """
        if not self.epochs:
            raise ValueError("plot: the history has no epoch yet")
        names = list(dict.fromkeys(key for epoch in self.epochs for key in epoch if key not in TIMING))
        panels: dict[str, list[str]] = {}
        for name in names:
            panels.setdefault(name.removeprefix("validation_"), []).append(name)
        figure, axes = panels_of(len(panels))
        for axis, (title, series) in zip(axes, panels.items(), strict=True):
            for name in series:
                epochs = [epoch for epoch in self.epochs if name in epoch]
                axis.plot([e["epoch"] for e in epochs], [e[name] for e in epochs], label=name.replace("_", " "))
            axis.ticklabel_format(axis="y", useOffset=False)
            values = [epoch[name] for name in series for epoch in self.epochs if name in epoch]
            if min(values) == max(values):  # what is constant is drawn halfway up from 0
                axis.set_ylim(*sorted((0.0, 2 * values[0] or 1.0)))
            axis.set_xlabel("epoch")
            axis.set_title(title.replace("_", " "))
            if len(series) > 1:
                axis.legend()
        return figure


def panels_of(count: int) -> tuple[Any, list[Any]]:
    """A figure and so many axes in a row. Raises ImportError without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("plot: matplotlib draws it; pip install 'autograd-mini[report]' brings it") from error
    figure = Figure(figsize=(4.5 * count, 3.5), layout="constrained")
    return figure, [figure.add_subplot(1, count, i + 1) for i in range(count)]
