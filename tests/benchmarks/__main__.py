"""`python -m tests.benchmarks`: measure this project beside PyTorch, print tables, write JSON and a chart."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import chart, machine, report
from .groups import GROUPS, Group
from .rounds import Run, workers
from .sides import SIDES
from .tasks import COMPILERS


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes and few rounds: rough figures")
    parser.add_argument("--only", default=",".join(GROUPS), metavar="GROUPS", help=f"some of {','.join(GROUPS)}")
    parser.add_argument("--sides", default=",".join(SIDES), metavar="SIDES", help=f"some of {','.join(SIDES)}")
    parser.add_argument("--rounds", type=int, help="rounds of turns, 5 if not given (3 if quick)")
    parser.add_argument("--out", type=Path, default=Path("out/bench"), help="folder for bench.json, .svg and .png")
    args = parser.parse_args(argv)
    chosen = [name.strip() for name in args.only.split(",") if name.strip()]
    if unknown := [name for name in chosen if name not in GROUPS]:
        parser.error(f"there is no group {', '.join(unknown)}; groups are {', '.join(GROUPS)}")
    sides = [name.strip() for name in args.sides.split(",") if name.strip()]
    if unknown := [name for name in sides if name not in SIDES]:
        parser.error(f"there is no side {', '.join(unknown)}; sides are {', '.join(SIDES)}")
    rounds = args.rounds if args.rounds is not None else 3 if args.quick else 5
    if rounds < 1:
        parser.error(f"--rounds must be at least 1, not {rounds}")
    return run({name: GROUPS[name] for name in GROUPS if name in chosen}, args.out, rounds, args.quick, sides)


def run(groups: Mapping[str, Group], folder: Path, rounds: int, quick: bool, sides: Iterable[str]) -> int:
    """Run groups and write what they found after each; 1 if results differed or a group broke, else 0."""
    started = time.perf_counter()
    warned = machine.warnings(os.environ, machine.cores())
    for sentence in warned:
        say(f"!!! WARNING: {sentence}")
    say("asking every side for its versions …")
    with workers([name for name in sides if not (quick and name in COMPILERS)], say) as team:
        about = machine.describe({name: worker.about for name, worker in team.items()})
        for sentence in machine.lines(about):
            say(sentence)
        say(report.KEY)
        results: dict[str, Any] = {
            "machine": about,
            "environment": warned,
            "missing": [name for name in SIDES if name not in team],
            "options": {"quick": quick, "rounds": rounds, "groups": list(groups)},
            "groups": {},
            "broken": {},
        }
        how = Run(tuple(team), rounds, quick, say)
        if quick:
            measured(groups, replace(how, turn=0.02, patience=3.0, team=team), results, folder)
    if not quick:
        measured(groups, how, results, folder)
    try:
        drawn = chart.draw(results, folder)
    except ImportError as error:
        drawn = []
        say(f"no chart: {error}")
    written = ", ".join(str(path) for path in [folder / "bench.json", *drawn])
    say(f"\n{written} after {time.perf_counter() - started:.0f} s")
    disturbed = report.disturbance(rows(results))
    if disturbed:
        say(f"!!! WARNING: other programs took up to {disturbed:.0%} of the CPU: rows marked so are not to be trusted")
    wrong = differing(results)
    for sentence in wrong:
        say(f"!!! WRONG: {sentence}")
    return 1 if wrong or results["broken"] else 0


def measured(groups: Mapping[str, Group], how: Run, results: dict[str, Any], folder: Path) -> None:
    """Run group after group; the JSON is written after each."""
    started = time.perf_counter()
    for name, group in groups.items():
        try:
            began = time.perf_counter()
            results["groups"][name] = group(how)
            results["groups"][name]["seconds"] = round(time.perf_counter() - began, 1)
        except Exception as error:  # the rest is still worth having
            results["broken"][name] = f"{type(error).__name__}: {error}"
            say(f"  the group {name} broke: {results['broken'][name]}")
        results["seconds"] = round(time.perf_counter() - started, 1)
        report.save_json(folder / "bench.json", results)


def rows(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every row of every group."""
    return [row for group in results["groups"].values() for row in group.get("rows", [])]


def differing(results: Mapping[str, Any]) -> list[str]:
    """A sentence for each task in which a side's results differ from the reference."""
    return [
        f"{SIDES[side].label} differs from {found['reference']} in {row['section']}, {row['name']}"
        for row in rows(results)
        for side, found in row.get("parity", {}).items()
        if not found["same"]
    ]


def say(sentence: str) -> None:
    """Print at once, also into a pipe."""
    print(sentence, flush=True)


if __name__ == "__main__":
    sys.exit(main())
