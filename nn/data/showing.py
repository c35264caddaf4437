"""How a data set shows itself: how many examples of which classes, and in a notebook its first pictures."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from autograd_mini.showing import as_picture, as_text

FEW, SIDE, MOST = 8, 96, 12
"""How many pictures are shown, how high each is, and how many classes are named."""


class ShownData:
    """A data set that says what it holds."""

    labels: Any

    def __repr__(self) -> str:
        count = len(self.labels)
        words = f"{type(self).__name__}: {count:,} example{'s' * (count != 1)}"
        labels = np.asarray(self.labels)
        if labels.ndim != 1 or labels.dtype.kind not in "iub":
            return words
        found, counts = np.unique(labels, return_counts=True)
        names = getattr(self, "classes", None)
        shown = [
            f"{names[label] if names and 0 <= label < len(names) else label} {number:,}"
            for label, number in zip(found.tolist()[:MOST], counts.tolist(), strict=False)
        ]
        return (
            f"{words} of {len(found)} class{'es' * (len(found) != 1)}: {', '.join(shown)}{', …' * (len(found) > MOST)}"
        )

    def _repr_html_(self) -> str:
        words = as_text(repr(self))
        strip = _strip(self)
        return words if strip is None else words + as_picture(strip, "the first pictures")


def _strip(data: Any) -> bytes | None:
    """The first pictures side by side; None of what are none."""
    try:
        inputs = np.asarray(data.inputs(np.arange(min(FEW, len(data.labels)))))
    except (OSError, ValueError):  # of files: what reads them to train will say which
        return None
    if inputs.ndim != 4 or inputs.shape[1] not in (1, 3) or min(inputs.shape[2:]) < 4:
        return None
    low, high = (0, 255) if inputs.dtype == np.uint8 else (float(inputs.min()), float(inputs.max()))
    if inputs.dtype.kind == "f" and low >= 0 and high <= 1:
        low, high = 0, 1
    pixels = np.clip((inputs.astype(np.float64) - low) / (high - low or 1) * 255, 0, 255).astype(np.uint8)
    width = max(1, round(SIDE * inputs.shape[3] / inputs.shape[2]))
    strip = Image.new("RGB", (len(pixels) * (width + 4) - 4, SIDE), "white")
    for i, picture in enumerate(pixels):
        whole = Image.fromarray(np.repeat(picture, 3 // len(picture), 0).transpose(1, 2, 0))
        strip.paste(
            whole.resize((width, SIDE), Image.Resampling.NEAREST if inputs.shape[2] < SIDE else None),
            (i * (width + 4), 0),
        )
    written = BytesIO()
    strip.save(written, "png")
    return written.getvalue()
