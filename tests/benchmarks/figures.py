"""From samples to figures: medians, ratios, how numbers are written."""

from __future__ import annotations

import statistics
from typing import Any

BEST_OF = ("torch-nchw", "torch-nhwc")
OURS = ("ours-numpy", "ours-fast")


def summary(samples: list[float]) -> dict[str, Any]:
    """Median, least and largest of some samples, and the samples."""
    return {"median": statistics.median(samples), "min": min(samples), "max": max(samples), "samples": list(samples)}


def best(sides: dict[str, dict[str, Any]]) -> str | None:
    """The memory format in which PyTorch's median is smaller; None where it has none."""
    there = [name for name in BEST_OF if name in sides]
    return min(there, key=lambda name: sides[name]["median"], default=None)


def ratios(sides: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Best PyTorch / ours for each variant of ours: above 1, ours needs less."""
    opponent = best(sides)
    if opponent is None:
        return {}
    return {name: sides[opponent]["median"] / sides[name]["median"] for name in OURS if name in sides}


def least_ratios(sides: dict[str, dict[str, Any]]) -> dict[str, float]:
    """The same of the least samples: what a disturbed machine spoils last."""
    least = min((sides[name]["min"] for name in BEST_OF if name in sides), default=None)
    return {} if least is None else {name: least / sides[name]["min"] for name in OURS if name in sides}


def row(section: str, name: str, unit: str, samples: dict[str, list[float]], **more: Any) -> dict[str, Any]:
    """One line of a table: every side's figures, who is PyTorch's best, and the ratios."""
    sides = {side: summary(values) for side, values in samples.items() if values}
    return {"section": section, "name": name, "unit": unit, "sides": sides, "best": best(sides),
            "ratios": ratios(sides), "least_ratios": least_ratios(sides), **more}  # fmt: skip


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
