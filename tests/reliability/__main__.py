"""`make reliability`: every promise tried at length, one line each, and the table as Markdown.

python -m tests.reliability [--only KEYS] [--share 0.1] [--seed 0] [--jobs 2] [--out FILE]

Every promise is tried in a process of its own; by default as many at a time as there are cores.
"""

from __future__ import annotations

import argparse
import platform
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from importlib.metadata import version
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

from tests.benchmarks.machine import cores

from .promise import Outcome, Promise
from .promises import PROMISES

SHOWN = 5  # failures printed in full


def line(promise: Promise, outcome: Outcome) -> str:
    """One promise in one line."""
    measured = f" · {outcome.measured}" if outcome.measured else ""
    return (
        f"{'kept  ' if not outcome.failures else 'BROKEN'} {promise.words}: {outcome.cases:,} cases, "
        f"{len(outcome.failures):,} failures, {outcome.seconds:.1f} s{measured}"
    )


def table(found: list[tuple[Promise, Outcome]]) -> str:
    """The record as Markdown."""
    where = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, NumPy {version('numpy')}"
    rows = ["# What trying every promise at length found", ""]
    rows += [f"`make reliability`, {date.today()}, {cores()} cores, {where}; promises are those of SECURITY.md.", ""]
    rows += ["| promise | cases | failures | seconds | measured |"]
    rows.append("|---|---:|---:|---:|---|")
    area = ""
    for promise, outcome in found:
        if promise.area != area:
            area = promise.area
            rows.append(f"| **{area}** | | | | |")
        figures = f"{outcome.cases:,} | {len(outcome.failures):,} | {outcome.seconds:.1f} | {outcome.measured}"
        rows.append(f"| {promise.words} | {figures} |")
    return "\n".join(rows)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--only", metavar="KEYS", help=f"some of {','.join(promise.key for promise in PROMISES)}")
    parser.add_argument("--share", type=float, default=1.0, help="of the recorded cases; at least as many as tests try")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="write the table there")
    parser.add_argument("--jobs", type=int, default=cores(), help="promises to try at a time")
    args = parser.parse_args(argv)
    chosen = None if args.only is None else args.only.split(",")
    if unknown := set(chosen or ()) - {promise.key for promise in PROMISES}:
        parser.error(f"there is no promise {', '.join(sorted(unknown))}")
    tried = [promise for promise in PROMISES if chosen is None or promise.key in chosen]
    cases = [max(promise.short, round(promise.long * args.share)) for promise in tried]
    found = []
    with ProcessPoolExecutor(args.jobs, get_context("spawn"), max_tasks_per_child=1) as processes:
        for promise, outcome in zip(tried, processes.map(Promise.kept, tried, cases, repeat(args.seed)), strict=True):
            found.append((promise, outcome))
            print(line(promise, outcome), flush=True)
            for failure in outcome.failures[:SHOWN]:
                print(f"       {failure}", flush=True)
    if args.out is not None:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(f"{table(found)}\n", encoding="utf-8")
    return 1 if any(outcome.failures for _, outcome in found) else 0


if __name__ == "__main__":
    sys.exit(main())
