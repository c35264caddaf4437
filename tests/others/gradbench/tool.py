"""A process that answers GradBench's messages with one library: `python -m tests.others.gradbench.tool ours`.

It is a tool as the suite's own program wants it, `gradbench run --tool`: a line of JSON asks, a line of JSON answers.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from .libraries import LIBRARIES
from .problems import PROBLEMS


def timed(compute: Callable[[], Any], runs: int, seconds: float) -> tuple[Any, list[int]]:
    """The result, and the nanoseconds of as many runs and seconds as the suite asks for. One run goes before."""
    result, spent = compute(), []
    while len(spent) < runs or sum(spent) < seconds * 1e9:
        started = time.perf_counter_ns()
        result = compute()
        spent.append(time.perf_counter_ns() - started)
    return result, spent


def evaluate(library: Any, message: dict[str, Any]) -> dict[str, Any]:
    """The answer to one question: output and timings."""
    name, given = message["function"], message["input"]
    problem: Any = PROBLEMS[message["module"]](given)  # type: ignore[call-arg]
    result, spent = timed(problem.prepared(library, name), given.get("min_runs", 1), given.get("min_seconds", 0))
    timings = [{"name": "evaluate", "nanoseconds": nanoseconds} for nanoseconds in spent]
    return {"success": True, "output": problem.answer(library, name, result), "timings": timings}


def answer(library: Any, message: dict[str, Any]) -> dict[str, Any]:
    """The response to one of the suite's messages."""
    response: dict[str, Any] = {}
    match message["kind"]:
        case "start":
            response = {"tool": library.name, "config": {"version": library.version}}
        case "define":
            response = {"success": message["module"] in PROBLEMS}
        case "evaluate":
            try:
                response = evaluate(library, message)
            except Exception as error:
                response = {"success": False, "error": "".join(traceback.format_exception(error))}
    return {"id": message["id"], **response}


def main() -> None:
    library = LIBRARIES[sys.argv[1]]()
    for line in sys.stdin:
        print(json.dumps(answer(library, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
