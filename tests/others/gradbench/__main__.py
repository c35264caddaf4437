"""GradBench on this project and, where they are installed, PyTorch, JAX and HIPS autograd, all by the same formulas.

python -m tests.others.gradbench SUITE, a clone of gradbench/gradbench, prints Markdown. Each eval of the suite runs as
its own program, makes the inputs and judges our answers by its reference in C++ (`make -C cpp; make -C tools/manual`
there); the others' answers are held against ours. Everybody answers each question in turn, best times count.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from .libraries import LIBRARIES

ROOT = Path(__file__).parents[3]
SIZES = {
    "gmm": ["-d", "2", "10", "32", "-k", "5", "25", "50"],
    "ba": ["--max", "5"],
    "ht": ["--max", "4"],
    "lstm": ["-l", "2", "4", "-c", "1024"],
    "ode": ["-n", "1000", "10000", "100000", "-s", "1", "10"],
    "kmeans": ["-k", "10", "100", "-n", "1000", "10000"],
}
ALONE = ("ode", "kmeans")  # evals that cannot leave validation out


class Program:
    """Another process that is told lines of JSON and tells lines of JSON."""

    def __init__(self, *command: str, folder: Path = ROOT, path: str = "") -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder,
            env=os.environ | ({"PYTHONPATH": path} if path else {}),
        )  # fmt: skip

    def told(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def tell(self, message: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def ask(self, message: Any) -> Any:
        self.tell(message)
        return self.told()

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.communicate()


def apart(one: Any, other: Any) -> float:
    """The largest difference between two answers, relative to the larger of them or 1."""
    if isinstance(one, dict):
        return max(apart(one[name], other[name]) for name in one)
    first, second = np.asarray(one, float), np.asarray(other, float)
    if first.shape != second.shape:
        return float("inf")
    return float(np.max(np.abs(first - second) / np.maximum(np.maximum(np.abs(first), np.abs(second)), 1), initial=0))


def questions(program: Program, tools: dict[str, Program]) -> Iterator[dict[str, Any]]:
    """Every question of an eval: {description, function, seconds of each tool, valid, apart}."""
    asked: dict[int, dict[str, Any]] = {}
    while (message := program.told()) is not None:
        answers = {name: tool.ask(message) for name, tool in tools.items()}
        program.tell(answers["ours"])
        if message["kind"] == "evaluate":
            good = {name: found for name, found in answers.items() if found["success"]}
            asked[message["id"]] = {
                "name": message.get("description", ""), "function": message["function"],
                "seconds": {n: min(t["nanoseconds"] for t in found["timings"]) / 1e9 for n, found in good.items()},
                "failed": {name: found["error"] for name, found in answers.items() if name not in good},
                "apart": {n: apart(answers["ours"]["output"], found["output"]) for n, found in good.items()}
                if "ours" in good else {},
                "valid": None, "error": "",
            }  # fmt: skip
        elif message["kind"] == "analysis":
            asked[message["of"]] |= {"valid": message["valid"], "error": message.get("error", "")}
    yield from asked.values()


def table(rows: list[dict[str, Any]], others: list[str]) -> Iterator[str]:
    """Markdown: a line an input, the function beside its derivative."""
    ratios = " | ".join(f"{name} / ours, function, derivative" for name in others)
    yield f"| eval, input | function, ms | derivative, ms | derivative ÷ function | {ratios} | valid |"
    yield "|---" * (5 + len(others)) + "|"
    for value, derivative in zip(rows[::2], rows[1::2], strict=False):  # the last may have no answer
        cells = []
        for name in others:
            pair = [row["seconds"].get(name, np.nan) / row["seconds"]["ours"] for row in (value, derivative)]
            cells.append(", ".join("–" if np.isnan(ratio) else f"{ratio:.2f}" for ratio in pair))
        first, second = (row["seconds"]["ours"] for row in (value, derivative))
        valid = "yes" if value["valid"] and derivative["valid"] else "not judged" if value["valid"] is None else "NO"
        furthest = max((row["apart"][name] for row in (value, derivative) for name in row["apart"]), default=0.0)
        yield (f"| {value['eval']} {value['name']} | {1e3 * first:.2f} | {1e3 * second:.2f} | {second / first:.1f} | "
               f"{' | '.join(cells)} | {valid}, others within {furthest:.0e} |")  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.others.gradbench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("suite", type=Path, help="a clone of gradbench/gradbench")
    parser.add_argument("--only", default=",".join(SIZES), help="some of the evals")
    parser.add_argument("--libraries", default=",".join(LIBRARIES), help="some of the libraries; ours is among them")
    parser.add_argument("--seconds", type=float, default=0.3, help="how long each question is repeated")
    parser.add_argument("--no-validation", action="store_true", help="where the suite's reference is not compiled")
    args = parser.parse_args(argv)
    wrong = []
    with ExitStack() as stack:
        tools = {}
        for name in dict.fromkeys(["ours", *args.libraries.split(",")]):
            tool = stack.enter_context(Program(sys.executable, "-m", f"{__package__}.tool", name))
            if tool.ask({"kind": "start", "id": 0}) is None:
                print(f"{name} is left out: it is not installed", file=sys.stderr)
            else:
                tools[name] = tool
        for eval_name in args.only.split(","):
            options = [*SIZES[eval_name], "--min-seconds", str(args.seconds)]
            if args.no_validation and eval_name not in ALONE:
                options.append("--no-validation")
            run = f"python/gradbench/gradbench/evals/{eval_name}/run.py"
            path = str(args.suite.resolve() / "python/gradbench")
            with Program(sys.executable, run, *options, folder=args.suite, path=path) as program:
                rows = [{"eval": eval_name, **row} for row in questions(program, tools)]
                for row in rows:
                    for name, why in row["failed"].items():
                        print(f"{name} failed in {eval_name} {row['name']}: {why}", file=sys.stderr)
                    if row["valid"] is False:
                        print(f"WRONG: {eval_name} {row['name']} {row['function']}: {row['error']}", file=sys.stderr)
                        wrong.append(row)
            for line in table(rows, [name for name in tools if name != "ours"]):
                print(line, flush=True)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
