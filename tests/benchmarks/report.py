"""Tables as text, and results as files: each is written whole, or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .figures import OURS, written
from .quiet import TOLERATED

COLUMNS = {
    "ours-numpy": "ours NumPy",
    "ours-fast": "ours fast",
    "torch-nchw": "PyTorch",
    "torch-nhwc": "PyTorch c-l",
    "autograd": "autograd",
    "mygrad": "MyGrad",
}
KEY = ("times are medians; PyTorch c-l is channels_last; ratio = best PyTorch / ours, above 1 ours needs less; "
       "* a side's median is over 1.3 times its least: disturbed")  # fmt: skip
NAME, WIDTH = 46, 12


def columns(sides: Any) -> list[str]:
    """The sides in the order of the tables."""
    return [side for side in COLUMNS if side in sides]


def heading(section: str, sides: Any) -> str:
    """The first two lines of a table."""
    names = [COLUMNS[side] for side in columns(sides)] + ["ratio NumPy", "ratio fast"]
    first = section[:NAME].ljust(NAME) + "".join(name.rjust(WIDTH) for name in names)
    return f"{first}\n{'─' * len(first)}"


def line(row: Mapping[str, Any], sides: Any) -> str:
    """A row of a table: every side's median, then the ratios; a dash where there is none."""
    cells = []
    for side in columns(sides):
        found = row["sides"].get(side)
        cells.append(written(found["median"], row["unit"]) + ("*" if disturbed(found) else "") if found else "–")
    cells += [f"{row['ratios'][side]:.2f}" if side in row["ratios"] else "–" for side in OURS]
    others = disturbance([row])
    busy = f"   others took {others:.0%} of the CPU" if others else ""
    return row["name"][:NAME].ljust(NAME) + "".join(cell.rjust(WIDTH) for cell in cells) + busy


def disturbance(rows: Iterable[Mapping[str, Any]]) -> float:
    """The largest share of the CPU that other programs took in any row; 0 if that is little."""
    largest = max((row.get("others") or 0.0 for row in rows), default=0.0)
    return largest if largest > TOLERATED else 0.0


def disturbed(side: Mapping[str, Any]) -> bool:
    """True if the median is well above the least: something else was running."""
    return bool(side["median"] > 1.3 * side["min"] > 0)


def headline(groups: Mapping[str, Any]) -> list[str]:
    """The nets once more, time beside peak memory: net × {training step, evaluation}."""
    rows = [row for name in ("nets", "memory") for row in groups.get(name, {}).get("rows", [])]
    sides = {side for row in rows for side in row["sides"]}
    if not rows:
        return []
    told = ["\n" + heading("in short", sides)]
    order = list(dict.fromkeys((row["section"].removesuffix(", peak memory"), row["name"]) for row in rows))
    for section, name in order:
        for row in rows:
            if row["name"] == name and row["section"].removesuffix(", peak memory") == section:
                what = "peak memory" if row["unit"] == "bytes" else section
                told.append(line({**row, "name": f"{name}, {what}" if row["unit"] == "s" else f"    {what}"}, sides))
    return told


def errors_heading() -> str:
    """The first two lines of the table of float32 errors."""
    first = "largest error of float32 beside float64".ljust(NAME) + "".join(
        name.rjust(2 * WIDTH) for name in ("forward", "weight gradient")
    )
    second = " " * NAME + "".join(name.rjust(WIDTH) for name in ("absolute", "relative") * 2)
    return f"{first}\n{second}\n{'─' * len(first)}"


def errors_line(row: Mapping[str, Any]) -> str:
    """One way of computing a convolution, and its errors."""
    cells = [row[what][how] for what in ("forward", "weight gradient") for how in ("absolute", "relative")]
    return f"{row['name']}, {row['how']}"[:NAME].ljust(NAME) + "".join(f"{cell:.1e}".rjust(WIDTH) for cell in cells)


def save(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever finds half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def save_json(path: Path, results: Mapping[str, Any]) -> None:
    """Results as JSON. Raises ValueError for numbers that JSON has not (nan, infinity)."""
    save(path, (json.dumps(results, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())
