"""From samples to figures: medians, ratios, their mean, how numbers are written."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from typing import Any

from .sides import OPPONENTS, OURS

Row = dict[str, Any]


def summary(samples: list[float]) -> dict[str, Any]:
    """Median, least and largest of some samples, and the samples."""
    return {"median": statistics.median(samples), "min": min(samples), "max": max(samples), "samples": list(samples)}


def ratios(sides: Mapping[str, Mapping[str, Any]], of: str = "median") -> dict[str, dict[str, float]]:
    """{opponent: {variant of ours: the opponent's best side / ours}}: above 1, ours needs less."""
    found = {}
    for opponent, members in OPPONENTS.items():
        best = min((sides[name][of] for name in members if name in sides), default=None)
        if best is not None:
            found[opponent] = {name: best / sides[name][of] for name in OURS if name in sides}
    return found


def row(section: str, name: str, unit: str, samples: Mapping[str, list[float]], **more: Any) -> Row:
    """One line of a table: every side's figures, the ratios of medians and of least samples, and the noise."""
    sides = {side: summary(values) for side, values in samples.items() if values}
    noise = max((side["median"] / side["min"] - 1 for side in sides.values() if side["min"] > 0), default=0.0)
    return {"section": section, "name": name, "unit": unit, "sides": sides, "ratios": ratios(sides),
            "least_ratios": ratios(sides, "min"), "noise": noise, **more}  # fmt: skip


def mean(numbers: Iterable[float]) -> float:
    """The geometric mean; nan of nothing."""
    logs = [math.log(number) for number in numbers]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


def slope(first: tuple[float, float], last: tuple[float, float]) -> float:
    """How much the second number grows for each unit of the first."""
    return (last[1] - first[1]) / (last[0] - first[0])


SCALES = {"s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")), "bytes": ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))}


def written(number: float, unit: str) -> str:
    """A number in three figures with a unit that suits it: 0.0123, "s" -> 12.3 ms."""
    scales = SCALES[unit]
    scale, name = next((pair for pair in scales if abs(number) >= pair[0]), scales[-1])
    value = number / scale
    digits = 0 if abs(value) >= 99.95 else 1 if abs(value) >= 9.995 else 2
    return f"{value:.{digits}f} {name}"
