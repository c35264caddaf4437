"""How results show themselves in a notebook: text in columns of equal letters, in a box no higher than a screen."""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape
from typing import Any

BOX = '<div style="max-height:32em;overflow:auto">{}</div>'


READABLE = 1000
"""How high a drawing may be, in points, to be read when all of it is shown on a screen."""


def as_text(text: str) -> str:
    """Text as it stands, in letters of one width; what is longer than a screen is scrolled."""
    style = "font-family:monospace;line-height:1.25;white-space:pre;margin:0"
    return BOX.format(f'<pre style="{style}">{escape(text)}</pre>')


def as_picture(png: bytes, words: str) -> str:
    """A picture, as wide as the page at most; words: what is to be seen, for those who cannot."""
    source = f"data:image/png;base64,{b64encode(png).decode()}"
    return f'<img src="{source}" alt="{escape(words)}" style="max-width:100%">'


def as_drawing(svg: str) -> str:
    """A drawing, whole and no higher than a screen; one that could not be read then is scrolled."""
    height = re.search(r'<svg[^>]*?height="(\d+)', svg)
    if height is None or int(height[1]) > READABLE:
        return BOX.format(svg)
    return svg.replace("<svg", '<svg style="max-width:100%;max-height:40em;width:auto;height:auto"', 1)


class Shown:
    """What shows itself in a notebook as it is printed."""

    def _repr_html_(self) -> str:
        return as_text(str(self))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """For IPython in a terminal."""
        printer.text("…" if cycle else str(self))
