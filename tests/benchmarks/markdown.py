"""Figures as Markdown: `python -m tests.benchmarks.markdown out/bench/bench.json` writes docs/speed.md and a table.

docs/performance.md has the table between two comments that name this program; nothing else in it is touched.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from . import machine, report
from .figures import Row, mean, written
from .sides import OPPONENTS, OURS, ROOT, SIDES

BEGIN, END = "<!-- made by tests.benchmarks.markdown -->", "<!-- end -->"
SHORT = ("training step", "inference", "looking")
FLATTERS = """\
Ratios are theirs / ours, so that above 1 ours is faster. What flatters whom:

- NumPy's OpenBLAS multiplies matrices faster than PyTorch's MKL does on processors of AMD, which is most of what fully
  connected layers gain here; on processors of Intel less is left of it.
- Large arrays are used again here from step to step; glibc's malloc gives them back to the system and takes new pages.
  "Malloc kept" is PyTorch with malloc told to keep them (`MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184
  MALLOC_TOP_PAD_=67108864`), and the honest opponent.
- Maps are given in channels-last memory here, PyTorch's in whichever of its two formats is faster for that row.
- PyTorch's nets are functions, without the calls of modules, their ReLUs in place and their SGD fused, so they are as
  fast as can be written. JAX's training steps do not keep running statistics.
"""


def tables(rows: list[Row]) -> Iterator[str]:
    """A table for each section."""
    sections = dict.fromkeys(row["section"] for row in rows)
    for section in sections:
        members = [row for row in rows if row["section"] == section]
        opponents = [name for name in OPPONENTS if any(name in row["ratios"] for row in members)]
        yield f"\n**{section}**\n"
        yield f"| | ours, NumPy | ours, fast | {' | '.join(f'{name} / NumPy, fast' for name in opponents)} | noise |"
        yield "|---" * (4 + len(opponents)) + "|"
        for row in members:
            cells = [written(row["sides"][s]["median"], row["unit"]) if s in row["sides"] else "–" for s in OURS]
            cells += [f"{report.ratio(row, name, OURS[0])}, {bold(report.ratio(row, name))}" for name in opponents]
            yield f"| {row['name']} | {' | '.join(cells)} | {row['noise']:.0%} |"


def bold(ratio: str) -> str:
    """A ratio of 1 and above is a gain."""
    return f"**{ratio}**" if ratio != "–" and float(ratio) >= 1 else ratio


def short(results: Mapping[str, Any]) -> Iterator[str]:
    """The table of docs/performance.md: whole steps, and single operations by their mean."""
    rows = [row for row in every(results) if row["section"] in SHORT]
    opponents = [name for name in OPPONENTS if any(name in row["ratios"] for row in rows)]
    yield f"| theirs / ours, fast | pure NumPy: {' / '.join(opponents[:2])} | {' | '.join(opponents)} |"
    yield "|---" * (2 + len(opponents)) + "|"
    for row in rows:
        plain = ", ".join(report.ratio(row, name, OURS[0]) for name in opponents[:2])
        cells = [bold(report.ratio(row, name)) for name in opponents]
        yield f"| {row['section']}: {row['name']} | {plain} | {' | '.join(cells)} |"
    for section, members in by_section(results, "operations"):
        means = {
            (name, side): mean(row["ratios"][name][side] for row in members if side in row["ratios"].get(name, {}))
            for name in opponents
            for side in OURS
        }
        told = {key: f"{number:.2f}" if number == number else "–" for key, number in means.items()}
        plain = ", ".join(told[name, OURS[0]] for name in opponents[:2])
        cells = [bold(told[name, OURS[1]]) for name in opponents]
        yield f"| {len(members)} {section}, geometric mean | {plain} | {' | '.join(cells)} |"


def by_section(results: Mapping[str, Any], group: str) -> list[tuple[str, list[Row]]]:
    rows = results["groups"].get(group, {}).get("rows", [])
    return [
        (name, [row for row in rows if row["section"] == name]) for name in dict.fromkeys(r["section"] for r in rows)
    ]


def every(results: Mapping[str, Any]) -> list[Row]:
    """Every row of every group."""
    return [row for group in results["groups"].values() for row in group.get("rows", [])]


def measured_on(results: Mapping[str, Any]) -> Iterator[str]:
    """Where, how, and what spoils it."""
    options = results["options"]
    how = f"{'quick' if options['quick'] else 'full'} sizes, {options['rounds']} rounds"
    yield f"{machine.caption(results['machine'])}; {how}, {results['seconds'] / 60:.0f} minutes."
    if others := report.disturbance(every(results)):
        yield f"Other programs took up to {others:.0%} of the processor meanwhile: ratios are rough."
    if results["missing"]:
        yield f"Not measured: {', '.join(SIDES[name].label for name in results['missing'])}."


def page(results: Mapping[str, Any]) -> str:
    """docs/speed.md."""
    lines = ["# Speed", "", "Made by `make bench`; medians of alternating turns.", "", *measured_on(results), ""]
    lines += [FLATTERS, *(f"- {sentence}" for sentence in machine.lines(results["machine"])[1:]), ""]
    for name, group in results["groups"].items():
        lines += [f"## {name.capitalize()}", *tables(group.get("rows", []))]
        if name == "operations":
            lines += ["", "```", *report.summary(group["rows"]), "```"]
        if group.get("limits"):
            lines += [
                "",
                "The share of what matrix products and copies alone would take, by definition (Winograd's algorithm",
                "needs fewer multiplications).",
                "",
                "| | | time | GFLOP/s | share |",
                "|---|---|---|---|---|",
            ]
            lines += [f"| {row['name']} | {SIDES[row['side']].label} | {written(row['seconds'], 's')} | "
                      f"{row['operations'] / row['seconds'] / 1e9:.0f} | {row['share']:.0%} |"
                      for row in group["limits"]]  # fmt: skip
        if group.get("errors"):
            lines += ["", "```", report.errors_heading(), *map(report.errors_line, group["errors"]), "```"]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def put_between(text: str, table: str) -> str:
    """The page with another table. Raises ValueError if the two comments are not there."""
    before, begun, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (begun and ended):
        raise ValueError(f"the page has no place for the table, between {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.markdown", description=__doc__)
    parser.add_argument("results", type=Path, help="bench.json, as `make bench` writes it")
    parser.add_argument("--into", type=Path, default=ROOT, help="the folder of docs/")
    args = parser.parse_args(argv)
    results = json.loads(args.results.read_text(encoding="utf-8"))
    report.save(args.into / "docs" / "speed.md", page(results).encode())
    readme = args.into / "docs" / "performance.md"
    table = "\n".join([*measured_on(results), "", *short(results)])
    report.save(readme, put_between(readme.read_text(encoding="utf-8"), table).encode())


if __name__ == "__main__":
    main()
