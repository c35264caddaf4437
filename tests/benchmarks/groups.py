"""The groups of measurements, each from its tasks to its rows, telling every row as it is done."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from typing import Any

from . import report, tasks
from .figures import Row, row, slope
from .rounds import Run, measure, peak, workers
from .sides import OURS, ROOT, SIDES, SideError
from .tasks import BOTH, Task

Group = Callable[[Run], dict[str, Any]]
THREADS = (1, 2)


def timed(run: Run, chosen: list[Task]) -> list[Row]:
    """Measure some tasks with one team of workers, a table for each section."""
    rows: list[Row] = []
    with run.gathered(dict.fromkeys(name for task in chosen for name in task.sides)) as team:
        for section, together in groupby(chosen, lambda task: task.section):
            members = list(together)
            shown = [name for name in team if any(name in task.sides for task in members)]
            run.say(f"\n{report.heading(section, shown)}")
            for task in members:
                rows.append(measure(task, team, run))
                run.say(report.line(rows[-1], shown))
    return rows


def operations(run: Run) -> dict[str, Any]:
    """Single operations; and their geometric mean."""
    rows = timed(run, tasks.operations(run.quick))
    for sentence in report.summary(rows):
        run.say(sentence)
    return {"rows": rows}


def nets(run: Run) -> dict[str, Any]:
    """Training steps."""
    return {"rows": timed(run, tasks.nets(run.quick))}


def inference(run: Run) -> dict[str, Any]:
    """Evaluations."""
    return {"rows": timed(run, tasks.evaluations(run.quick))}


def looking(run: Run) -> dict[str, Any]:
    """Pictures of what a net sees."""
    return {"rows": timed(run, tasks.looking(run.quick))}


def memory(run: Run) -> dict[str, Any]:
    """Peak memory of a fresh process for each side and training step that does nothing else."""
    chosen = [replace(task, section="peak memory") for task in tasks.nets(run.quick) if task.kind == "net"]
    return {"rows": peaks(run, chosen[:2] if run.quick else chosen)}


def peaks(run: Run, chosen: list[Task]) -> list[Row]:
    """A row of peak memory for each task, in the sides' usual malloc."""
    rows = []
    shown = [name for name in BOTH if name in run.sides]
    run.say(f"\n{report.heading(chosen[0].section, shown)}")
    for task in chosen:
        found = {name: peak(task, name, run.say) for name in shown if name in task.sides}
        samples = {name: [float(number)] for name, number in found.items() if number is not None}
        rows.append(row(task.section, task.name, "bytes", samples, kind=task.kind, params=task.params))
        run.say(report.line(rows[-1], shown))
    return rows


def growth(run: Run) -> dict[str, Any]:
    """How time and memory of a training step grow with the batch and with the image."""
    rows = []
    for chosen, per, amount in zip(tasks.growth(run.quick), ("image", "megapixel"), (_images, _pixels), strict=True):
        section = chosen[0].section
        rows += timed(run, [replace(task, section=f"{section}: time per image", units=task.images) for task in chosen])
        if run.quick:
            continue  # every point is four more processes
        title = f"{section}: peak memory"
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
    return task.images * (task.params["side"] or 64) ** 2 / 1e6


def scaling(run: Run) -> dict[str, Any]:
    """The same training steps with one thread and with two."""
    rows = []
    for threads in THREADS:
        with workers([name for name in run.sides if name in tasks.FORMATS], run.say, threads) as team:
            chosen = [replace(task, section=f"threads: {threads}") for task in tasks.scaling(run.quick)]
            rows += timed(replace(run, team=team), chosen)
    return {"rows": rows}


def roofline(run: Run) -> dict[str, Any]:
    """What the processor can do, measured by matrix products and copies; and how much of it training steps reach."""
    rows: list[dict[str, Any]] = []
    with workers([name for name in OURS if name in run.sides], run.say) as team:
        for name, worker in team.items():
            limits = worker.ask("limits", size=1024 if run.quick else 2048)
            run.say(f"\n{SIDES[name].label}: {limits['products'] / 1e9:.0f} GFLOP/s in matrix products, "
                    f"{limits['copies'] / 1e9:.0f} GB/s copied")  # fmt: skip
            for task in tasks.nets(run.quick):
                if task.kind == "net":
                    rows.append(reached(task, name, worker, limits))
                    run.say(report.reached_line(rows[-1]))
    return {"limits": rows}


def reached(task: Task, name: str, worker: Any, limits: dict[str, float]) -> dict[str, Any]:
    """A training step's share of what matrix products and copies alone would allow."""
    worker.ask("prepare", kind=task.kind, params=task.params)
    seconds = min(worker.ask("warm", turn=0.05)["seconds"], *(worker.ask("run")["seconds"] for _ in range(3)))
    cost = worker.ask("cost")
    worker.ask("drop")
    floor = max(cost["operations"] / limits["products"], 2 * cost["bytes"] / limits["copies"])
    return {"name": task.name, "side": name, "seconds": seconds, **cost, "share": floor / seconds}


def accuracy(run: Run) -> dict[str, Any]:
    """float32 errors of convolutions, ours with Winograd's algorithm and without, beside PyTorch's."""
    rows = []
    run.say(f"\n{report.errors_heading()}")
    with run.gathered(BOTH) as team:
        for shape in tasks.accuracy(run.quick):
            name = "{channels}→{filters} at {side}²".format(**shape)
            for side, worker in team.items():
                for winograd in (True, False) if side in OURS else (False,):
                    how = SIDES[side].label + (f", Winograd {'on' if winograd else 'off'}" if side in OURS else "")
                    try:
                        errors = worker.ask("accuracy", shape=shape, winograd=winograd)
                    except SideError as error:
                        run.say(f"  {how} failed: {error}")
                        continue
                    rows.append({"section": "float32 error", "name": name, "how": how, **errors})
                    run.say(report.errors_line(rows[-1]))
    return {"errors": rows}


IMPORTS = {"numpy": "import numpy", "ours-numpy": "import autograd_mini, nn, vis", "torch": "import torch"}


def imports(run: Run) -> dict[str, Any]:
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
    run.say(f"\n{report.heading('import', list(samples))}")
    run.say(report.line(found, list(samples)))
    return {"rows": [found]}


GROUPS: dict[str, Group] = {
    "operations": operations,
    "nets": nets,
    "inference": inference,
    "looking": looking,
    "memory": memory,
    "growth": growth,
    "scaling": scaling,
    "roofline": roofline,
    "accuracy": accuracy,
    "imports": imports,
}
