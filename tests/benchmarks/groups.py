"""The groups of measurements, each from its tasks to its rows, telling every row as it is done."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from . import report, tasks
from .figures import row, slope
from .rounds import Run, measure, peak
from .sides import ROOT, SIDES, SideError
from .tasks import BOTH, Task

Group = Callable[[Run], dict[str, Any]]


def heading(run: Run, section: str, sides: Sequence[str]) -> None:
    run.say(f"\n{report.heading(section, sides)}")


def timed(run: Run, chosen: list[Task]) -> list[dict[str, Any]]:
    """Measure some tasks with one team of workers, a table for each section."""
    rows = []
    with run.gathered(name for task in chosen for name in task.sides) as team:
        for section, together in groupby(chosen, lambda task: task.section):
            members = list(together)
            shown = [name for name in team if any(name in task.sides for task in members)]
            heading(run, section, shown)
            for task in members:
                rows.append(measure(task, team, run))
                run.say(report.line(rows[-1], shown))
    return rows


def nets(run: Run) -> dict[str, Any]:
    """Training steps and evaluations of whole nets."""
    return {"rows": timed(run, tasks.nets(run.quick))}


def convs(run: Run) -> dict[str, Any]:
    """Single convolutions."""
    return {"rows": timed(run, tasks.convs(run.quick))}


def deconvnet(run: Run) -> dict[str, Any]:
    """A projection by the deconvnet rule."""
    return {"rows": timed(run, tasks.deconvnet(run.quick))}


def small(run: Run) -> dict[str, Any]:
    """Pooling, a linear layer, the cost of recording, and of importing."""
    return {"rows": timed(run, tasks.small(run.quick)) + imports(run)}


def memory(run: Run) -> dict[str, Any]:
    """Peak memory of a fresh process for each side and net that does nothing else."""
    rows = []
    every = tasks.nets(run.quick)
    chosen = [replace(task, section=f"{task.section}, peak memory") for task in (every[:1] if run.quick else every)]
    for section, together in groupby(chosen, lambda task: task.section):
        heading(run, section, [name for name in BOTH if name in run.sides])
        rows += peaks(run, list(together))
    return {"rows": rows}


def peaks(run: Run, chosen: list[Task]) -> list[dict[str, Any]]:
    """A row of peak memory for each task."""
    rows = []
    shown = [name for name in BOTH if name in run.sides]
    for task in chosen:
        found = {name: peak(task, name, run.say) for name in shown}
        samples = {name: [float(number)] for name, number in found.items() if number is not None}
        rows.append(row(task.section, task.name, "bytes", samples, kind=task.kind, params=task.params))
        run.say(report.line(rows[-1], shown))
    return rows


def growth(run: Run) -> dict[str, Any]:
    """How time and memory of a training step grow with the batch and with the image."""
    rows = []
    for chosen, per, amount in zip(tasks.growth(run.quick), ("image", "megapixel"), (_images, _pixels), strict=True):
        section = chosen[0].section
        rows += timed(run, [replace(task, section=f"{section}: time per image") for task in chosen])
        if run.quick and per == "megapixel":
            continue  # the batch has told already, and every point is four more processes
        title = f"{section}: peak memory"
        heading(run, title, [name for name in BOTH if name in run.sides])
        found = peaks(run, [replace(task, section=title) for task in chosen])
        ends = [(amount(task), line["sides"]) for task, line in ((chosen[0], found[0]), (chosen[-1], found[-1]))]
        slopes = {
            name: [slope((ends[0][0], ends[0][1][name]["median"]), (ends[1][0], ends[1][1][name]["median"]))]
            for name in ends[0][1]
            if name in ends[1][1]
        }
        found.append(row(title, f"growth per {per}", "bytes", slopes))
        run.say(report.line(found[-1], slopes))
        rows += found
    return {"rows": rows}


def _images(task: Task) -> float:
    return task.images


def _pixels(task: Task) -> float:
    return task.images * task.params["shape"][1] * task.params["shape"][2] / 1e6


def accuracy(run: Run) -> dict[str, Any]:
    """float32 errors of convolutions, ours with Winograd's algorithm and without, beside PyTorch's."""
    rows = []
    run.say(f"\n{report.errors_heading()}")
    with run.gathered(BOTH) as team:
        for shape in tasks.accuracy(run.quick):
            name = "{channels}→{filters} at {side}²".format(**shape)
            for side, worker in team.items():
                for winograd in (True, False) if side.startswith("ours") else (False,):
                    ours = f", Winograd {'on' if winograd else 'off'}" if side.startswith("ours") else ""
                    how = SIDES[side].label + ours
                    try:
                        errors = worker.ask("accuracy", shape=shape, winograd=winograd)
                    except SideError as error:
                        run.say(f"  {how} failed: {error}")
                        continue
                    rows.append({"section": "float32 error", "name": name, "how": how, **errors})
                    run.say(report.errors_line(rows[-1]))
    return {"errors": rows}


IMPORTS = {"numpy": "import numpy", "ours-numpy": "import autograd_mini, nn, vis", "torch-nchw": "import torch"}


def imports(run: Run) -> list[dict[str, Any]]:
    """Seconds of importing, each time in a fresh interpreter; all include NumPy's own, told beside them."""
    samples: dict[str, list[float]] = {name: [] for name in IMPORTS if name in ("numpy", *run.sides)}
    for number in range(1 if run.quick else run.rounds + 1):
        for name in samples:
            program = f"import time; t = time.perf_counter(); {IMPORTS[name]}; print(time.perf_counter() - t)"
            done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
            if number or run.quick:  # the first one may have had to read the disk
                samples[name].append(float(done.stdout))
            time.sleep(0.03)
    alone = samples.pop("numpy")
    found = row("import", "import autograd_mini, nn, vis | torch", "s", samples, numpy=sorted(alone)[len(alone) // 2])
    heading(run, "import", list(samples))
    run.say(report.line(found, list(samples)))
    return [found]


GROUPS: dict[str, Group] = {
    "nets": nets,
    "memory": memory,
    "convs": convs,
    "small": small,
    "deconvnet": deconvnet,
    "growth": growth,
    "accuracy": accuracy,
}
