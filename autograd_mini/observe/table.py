"""Tables for a terminal: columns of words and figures, and numbers as people read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any


def table(heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """The heading and the rows as lines in columns, those of figures aligned to the right."""
    columns = []
    for column in zip(*in_words(heading, rows), strict=True):
        fitted, width = str.rjust if column[0] in FIGURES else str.ljust, max(map(len, column))
        columns.append([fitted(word, width) for word in column])
    return "\n".join("  ".join(row).rstrip() for row in zip(*columns, strict=True))


def in_words(heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[tuple[str, ...]]:
    """The heading and the rows, whose figures are numbers: each in words, – for a count of 0 and for None."""
    return [tuple(heading), *(tuple(map(_in_a_word, heading, row)) for row in rows)]


def _in_a_word(column: str, value: Any) -> str:
    if value is None or (value == 0 and not isinstance(value, float)):
        return "–"
    word = value if isinstance(value, str) else FIGURES.get(column, str)(value)
    return word if word.isprintable() else repr(word)[1:-1]


def in_bytes(nbytes: int) -> str:
    """1536 -> 1.5 KiB."""
    size, unit = float(nbytes), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{nbytes} B" if unit == "B" else f"{size:.1f} {unit}"


def in_thousands(number: float) -> str:
    """86704128 -> 86.7 M; 512 -> 512."""
    unit = ""
    for larger in ("k", "M", "G", "T", "P"):
        if number < 1000:
            break
        number, unit = number / 1000, larger
    return f"{number:.3g} {unit}" if unit else f"{number:g}"


def in_seconds(seconds: float) -> str:
    """0.00123 -> 1.23 ms."""
    for factor, unit in ((1, "s"), (1e3, "ms")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


@cache
def name_of(dtype: Any) -> str:
    """What a dtype is called, which NumPy puts together anew each time."""
    return str(dtype)


def format_shape(shape: Sequence[int] | None, dtype: Any) -> str:
    """A shape and a dtype as they are written everywhere: 64×3×3×3 float32."""
    if shape is None:
        return ""
    return f"{'×'.join(map(str, shape)) or 'scalar'} {name_of(dtype)}".strip()


FIGURES: dict[str, Callable[[Any], str]] = {
    "": str,  # the number of the row
    "calls": str,
    "parameters": "{:,}".format,
    "forward": in_seconds,
    "backward": in_seconds,
    "multiply-adds": in_thousands,
    "saved": in_bytes,
    "bytes": in_bytes,
    "‖∇‖": str,
}
"""The columns that hold figures, by their headings, and how each writes them."""
