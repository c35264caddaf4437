"""Charts by matplotlib, which is imported when there is something to draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from ..errors import refusal
from .figure import Array


def charted(size: tuple[float, float], draw: Callable[[Any], None]) -> Image.Image:
    """What a function draws on an empty matplotlib figure of so many inches, as a picture. ImportError without it."""
    try:
        from matplotlib import rc_context
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure as Drawing
    except ImportError as error:
        raise refusal(ImportError, "matplotlib draws it; pip install 'autograd-mini[report]' brings it") from error

    with rc_context({"font.size": 9, "font.family": "DejaVu Sans"}):
        drawing = Drawing(figsize=size, layout="constrained")
        FigureCanvasAgg(drawing)
        draw(drawing)
        written = BytesIO()
        drawing.savefig(written, format="png", dpi=110, facecolor="white")
    return Image.open(written).convert("RGB")


def line_charts(across: Array, charts: Mapping[str, Mapping[str, Array]], label: str, up: str) -> Image.Image:
    """Charts side by side, each of lines by name over the same numbers."""

    def draw(drawing: Any) -> None:
        for axes, (title, lines) in zip(np.atleast_1d(drawing.subplots(1, len(charts))), charts.items(), strict=True):
            for name, line in lines.items():
                axes.plot(across, line, label=name, linewidth=1.3)
            axes.set(title=title, xlabel=label, ylabel=up)
            axes.grid(color="#dddddd", linewidth=0.7)
        axes.legend(fontsize=7)

    return charted((3.6 * len(charts), 3.0), draw)
