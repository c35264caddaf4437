"""An attempt in a process of its own: a crash or a hang there is a failure told here, and no state is left behind.

python -m tests.reliability.child ROOM ATTEMPT CASES SEED
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from .promise import Outcome

ROOT = Path(__file__).parents[2]
HANG = 1800  # seconds: so long that only what hangs takes them


def in_child(room: str, attempt: str, cases: int, seed: int) -> Outcome:
    """The outcome of `attempt(cases, seed)` of a room of this folder, run by a Python of its own."""
    command = [
        sys.executable,
        "-X",
        "faulthandler",
        "-m",
        "tests.reliability.child",
        room,
        attempt,
        str(cases),
        str(seed),
    ]
    try:
        done = subprocess.run(command, cwd=ROOT, env=surroundings(), capture_output=True, text=True, timeout=HANG)
    except subprocess.TimeoutExpired:
        return Outcome(0, [f"{attempt}({cases}, {seed}) hung"])
    if done.returncode:
        last = " / ".join(done.stderr.splitlines()[-12:])
        return Outcome(0, [f"{attempt}({cases}, {seed}) ended with status {done.returncode}: {last}"])
    return Outcome(**json.loads(done.stdout.splitlines()[-1]))


def surroundings(**changed: str) -> dict[str, str]:
    """This process's environment, in which a child finds the project, with some variables changed."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        **changed,
    }


if __name__ == "__main__":
    room, attempt, cases, seed = sys.argv[1:]
    found = getattr(import_module(f"tests.reliability.{room}"), attempt)(int(cases), int(seed))
    print(json.dumps(asdict(found)))
