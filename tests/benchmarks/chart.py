"""One chart of the ratios best PyTorch / ours: nets in training and evaluation."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import machine, report

COLOURS = {"ours-numpy": "#E69F00", "ours-fast": "#0072B2"}  # Okabe & Ito: told apart by everybody
LABELS = {"ours-numpy": "pure NumPy", "ours-fast": "with compiled kernels (pip extra “fast”)"}
OPPONENT = "malloc kept"  # the honest one
Part = tuple[str, list[dict[str, Any]]]


def sections(results: Mapping[str, Any]) -> list[Part]:
    """(title, rows) from top to bottom: training steps, then evaluations."""
    chosen: dict[str, list[dict[str, Any]]] = {}
    for group in ("nets", "inference"):
        for row in results["groups"].get(group, {}).get("rows", []):
            if OPPONENT in row["ratios"]:
                chosen.setdefault(row["section"], []).append(row)
    return list(chosen.items())


def draw(results: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write bench.svg and bench.png; the paths written. Raises ImportError without matplotlib."""
    from matplotlib import rc_context

    parts = sections(results)
    if not parts:
        return []
    drawn = figure(parts, caption(results, parts))
    paths = []
    for kind in ("svg", "png"):
        buffer = io.BytesIO()
        with rc_context({"svg.hashsalt": "bench"}):
            metadata = {"Date": None} if kind == "svg" else None
            drawn.savefig(buffer, format=kind, dpi=200, metadata=metadata, facecolor="white")
        paths.append(folder / f"bench.{kind}")
        report.save(paths[-1], buffer.getvalue())
    return paths


def caption(results: Mapping[str, Any], parts: list[Part]) -> str:
    """The machine, and what keeps the figures from being the full ones."""
    about = results["machine"]
    versions = {name: about["versions"][name] for name in ("numpy", "numba", "torch") if name in about["versions"]}
    text, remarks = machine.caption({**about, "versions": versions}), []
    if results["options"]["quick"]:
        remarks.append("quick run, small sizes")
    if others := report.disturbance(row for _, rows in parts for row in rows):
        remarks.append(f"DISTURBED: other programs took up to {others:.0%} of the CPU")
    return "\n".join([text, "; ".join(remarks)]) if remarks else text


def figure(parts: list[Part], caption: str) -> Any:
    """The chart: a part for each section, all on one scale."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context({"font.size": 10, "font.family": "DejaVu Sans"}):
        heights = [0.32 * len(rows) + 0.4 for _, rows in parts]
        top, bottom = 1.0, 0.95  # inches for the title and the caption
        total = sum(heights) + top + bottom
        drawn = Figure(figsize=(9.2, total))
        FigureCanvasAgg(drawn)
        grid = drawn.add_gridspec(len(parts), 1, height_ratios=heights, left=0.24, right=0.955, hspace=0.0,
                                  top=1 - top / total, bottom=bottom / total)  # fmt: skip
        limit = max(
            1.3, 1.13 * max(ratio for _, rows in parts for row in rows for ratio in row["ratios"][OPPONENT].values())
        )
        axes = [_part(drawn.add_subplot(grid[i]), *part, limit, i == len(parts) - 1) for i, part in enumerate(parts)]
        drawn.text(0.02, 1 - 0.36 / total, "Time of PyTorch at its best, as a multiple of ours", fontsize=14.5,
                   fontweight="bold", va="center")  # fmt: skip
        handles, names = axes[0].get_legend_handles_labels()
        drawn.legend(handles, names, loc="center left", bbox_to_anchor=(0.012, 1 - 0.72 / total), ncols=2,
                     frameon=False, handlelength=1.2, columnspacing=1.6)  # fmt: skip
        axes[-1].set_xlabel("best PyTorch (either memory format, malloc kept) / ours        right of 1: ours is faster")
        drawn.text(0.02, 0.12 / total, caption, fontsize=8, color="#555555")
    return drawn


def _part(axes: Any, title: str, rows: list[dict[str, Any]], limit: float, last: bool) -> Any:
    """One section: two bars a row, values at their ends, a line at 1."""
    for i, row in enumerate(rows):
        for side, offset in (("ours-numpy", -0.19), ("ours-fast", 0.19)):
            ratio = row["ratios"][OPPONENT].get(side)
            if ratio is not None:
                axes.barh(i + offset, ratio, 0.36, color=COLOURS[side], label=LABELS[side] if i == 0 else None)
                end = 1 if 1 - 0.055 * limit < ratio < 1 else ratio  # the number stays clear of the line at 1
                axes.text(end + 0.006 * limit, i + offset, f"{ratio:.2f}", va="center", fontsize=7.5, color="#333333")
    axes.axvline(1, color="#222222", linewidth=1.1, zorder=3)
    axes.set_yticks(range(len(rows)), [row["name"] for row in rows])
    axes.set(xlim=(0, limit), ylim=(len(rows) - 0.42, -1.05))
    axes.text(0.004 * limit, -0.72, title, fontweight="bold", va="center", fontsize=10,
              bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2}, zorder=4)  # fmt: skip
    axes.grid(axis="x", color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", bottom=last, labelbottom=last)
    for place in ("top", "right", "left", "bottom"):
        axes.spines[place].set_visible(False)
    return axes
