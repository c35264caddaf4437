"""An attempt in a process of its own: a crash or a hang there is a failure here, and no state is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
HANG = 7200  # seconds: so long that only what hangs takes them
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
              "AUTOGRAD_MINI_COMPILED": "0"}  # fmt: skip


def ran(module: str, attempt: str, cases: int, seed: int, first: str = "", **environment: str) -> dict[str, Any]:
    """The outcome of `attempt(cases, seed)` of a module, run by a Python of its own, after some statements."""
    called = f"{attempt}({cases}, {seed})"
    program = f"{first}\nfrom tests.reliability.child import tell; tell({module!r}, {attempt!r}, {cases}, {seed})"
    try:
        done = python(program, **environment)
    except subprocess.TimeoutExpired:
        return {"failures": [f"{called} hung"]}
    if done.returncode:
        last = " / ".join(done.stderr.splitlines()[-12:])
        return {"failures": [f"{called} ended with status {done.returncode}: {last}"]}
    return json.loads(done.stdout.splitlines()[-1])


def python(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program, run from the project's folder with some variables changed."""
    command = [sys.executable, "-X", "faulthandler", "-c", program]
    paths = filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment}
    return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=HANG)


def tell(module: str, attempt: str, cases: int, seed: int) -> None:
    """Try it and print the outcome."""
    print(json.dumps(asdict(getattr(import_module(module), attempt)(cases, seed))))
