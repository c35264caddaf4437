"""Tables as text, and results as files: each is written whole, or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .figures import Row, mean, written
from .quiet import TOLERATED
from .sides import OPPONENTS, OURS

COLUMNS = {"ours-numpy": "ours NumPy", "ours-fast": "ours fast", **{name: name for name in OPPONENTS}}
MEMBERS = {**{side: (side,) for side in OURS}, **OPPONENTS}
KEY = """times are medians, an opponent's that of its better memory format; ratios are theirs / ours fast, above 1 ours
needs less; * a side's median is over 1.3 times its least: disturbed"""
NAME, WIDTH, RATIO = 44, 14, 7
LOW, LOWEST = 0.8, 0.5  # ratios below which rows are listed


def columns(sides: Any) -> list[str]:
    """The columns of a table that some sides fill."""
    return [name for name in COLUMNS if any(side in sides for side in MEMBERS[name])]


def heading(section: str, sides: Any) -> str:
    """The first two lines of a table."""
    shown = columns(sides)
    first = section[:NAME].ljust(NAME)
    for name in shown:
        first += COLUMNS[name].rjust(WIDTH) + (" ratio".rjust(RATIO) if name in OPPONENTS else "")
    return f"{first}\n{'─' * len(first)}"


def line(row: Row, sides: Any) -> str:
    """A row of a table: each column's median, an opponent's with the ratio; a dash where there is none."""
    told = row["name"][:NAME].ljust(NAME)
    for name in columns(sides):
        found = [row["sides"][side] for side in MEMBERS[name] if side in row["sides"]]
        best = min(found, key=lambda side: side["median"], default=None)
        cell = written(best["median"], row["unit"]) + ("*" if disturbed(best) else "") if best else "–"
        told += cell.rjust(WIDTH)
        if name in OPPONENTS:
            told += ratio(row, name).rjust(RATIO)
    others = disturbance([row])
    return told + (f"   others took {others:.0%} of the CPU" if others else "")


def ratio(row: Row, opponent: str, ours: str = "ours-fast") -> str:
    """A ratio in words, or a dash."""
    found = row["ratios"].get(opponent, {}).get(ours)
    return "–" if found is None else f"{found:.2f}"


def summary(rows: Iterable[Row]) -> Iterator[str]:
    """Geometric means of the ratios, how many are low, and which, the lowest first."""
    rows = list(rows)
    for opponent in OPPONENTS:
        for ours in OURS:
            low = sorted(
                (row["ratios"][opponent][ours], row["name"], row["section"].partition(", ")[2])
                for row in rows
                if ours in row["ratios"].get(opponent, {})
            )
            if not low:
                continue
            found = [number for number, *_ in low]
            below = ", ".join(f"{sum(number < limit for number in found)} below {limit}" for limit in (1, LOW, LOWEST))
            yield f"\n{opponent} / {COLUMNS[ours]}: geometric mean {mean(found):.2f} of {len(found)} rows, {below}"
            if ours == "ours-fast":
                named = [f"{number:.2f} {name} {way}" for number, name, way in low if number < LOW]
                yield f"  below {LOW}: " + "; ".join(named) if named else f"  none below {LOW}"


def disturbance(rows: Iterable[Row]) -> float:
    """The largest share of the CPU that other programs took in any row; 0 if that is little."""
    largest = max((row.get("others") or 0.0 for row in rows), default=0.0)
    return largest if largest > TOLERATED else 0.0


def disturbed(side: Mapping[str, Any]) -> bool:
    """True if the median is well above the least: something else was running."""
    return bool(side["median"] > 1.3 * side["min"] > 0)


def reached_line(row: Mapping[str, Any]) -> str:
    """A training step, and its share of what the processor can do."""
    return (
        f"{row['name']}"[:NAME].ljust(NAME)
        + written(row["seconds"], "s").rjust(WIDTH)
        + f"{row['operations'] / row['seconds'] / 1e9:.0f} GFLOP/s".rjust(WIDTH)
        + f"{row['share']:.0%}".rjust(RATIO)
    )


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
