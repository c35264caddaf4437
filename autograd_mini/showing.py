"""How results show themselves in a notebook: text in columns of equal letters, in a box no higher than a screen."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import Any

BOX = '<div style="max-height:32em;overflow:auto">{}</div>'


def as_text(text: str) -> str:
    """Text as it stands, in letters of one width; what is longer than a screen is scrolled."""
    style = "font-family:monospace;line-height:1.25;white-space:pre;margin:0"
    return BOX.format(f'<pre style="{style}">{escape(text)}</pre>')


def as_picture(png: bytes, words: str) -> str:
    """A picture, as wide as the page at most; words: what is to be seen, for those who cannot."""
    source = f"data:image/png;base64,{b64encode(png).decode()}"
    return f'<img src="{source}" alt="{escape(words)}" style="max-width:100%">'


class Shown:
    """What shows itself in a notebook as it is printed."""

    def _repr_html_(self) -> str:
        return as_text(str(self))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """For IPython in a terminal."""
        printer.text("…" if cycle else str(self))
