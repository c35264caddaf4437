"""The report's experiment beside PyTorch: `python -m tests.benchmarks.cats --data DIR` prints tables as Markdown.

The same pictures, initial weights and batches on both sides, read by the same code, in PyTorch's faster memory format:

- loss: dropout off, step by step. What the two differ in is rounding alone.
- seeds: the recipe as it is, each side dropping by its own generator; validation accuracy of every epoch.
- speed: epochs taken alternately in one process.
- memory: the peak of one epoch, each side in a process of its own.

And, of this project alone:

- changes: the recipe "scratch" without each of the things that set it apart: what each of them brings.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import nn
import nn.models.vgg
from examples.cats.recipes import RECIPES, scratch_net
from examples.cats.training import prepare, train

from .cats_sides import RECIPE, Data, Ours, Torch
from .machine import cores, peak, warnings
from .quiet import Watch

SCRATCH = RECIPES["scratch"]
PARTS = ("loss", "seeds", "speed", "memory", "changes")


def _plain(rate: float) -> Any:
    return lambda net: nn.SGD(net.parameters(), lr=rate, momentum=0.9, weight_decay=5e-4, nesterov=True)


CHANGES = {
    "the recipe as it is": SCRATCH,
    "pictures not varied": replace(SCRATCH, change=None, larger=None),
    "no batch normalisation (rate 0.01)": replace(
        SCRATCH, net=partial(scratch_net, batch_norm=False), optimizer=_plain(0.01)
    ),
    "no schedule (rate 0.01)": replace(SCRATCH, schedule=None, optimizer=_plain(0.01)),
    "narrow convolutions (8 to 64)": replace(SCRATCH, net=partial(scratch_net, widths=(8, 16, 32, 64, 64))),
    "fully connected layers (4096, 4096)": replace(
        SCRATCH, net=partial(scratch_net, hidden=(4096, 4096)), optimizer=_plain(0.01)
    ),
}


def compare_losses(folder: Path, epochs: int, say: Any) -> dict[str, Any]:
    """Both sides without dropout, the same batches: losses of all steps, accuracies of all epochs."""
    data = Data(folder, 0)
    sides = [Ours(data.net, dropout=False), Torch(data.net, dropout=False)]
    found: dict[str, Any] = {side.name: {"loss": [], "accuracy": []} for side in sides}
    coming = [data.epochs() for _ in sides]
    for epoch in range(1, epochs + 1):
        for side, batches in zip(sides, coming, strict=True):
            found[side.name]["loss"] += side.train(next(batches))
            found[side.name]["accuracy"].append(side.right(data.held_out()))
        apart = np.abs(np.subtract(found["ours"]["loss"], found["PyTorch"]["loss"]))
        say(
            f"epoch {epoch}: largest difference of a step's loss so far {apart.max():.2g}; accuracy "
            + ", ".join(f"{side.name} {found[side.name]['accuracy'][-1]:.3f}" for side in sides)
        )
    return found


def train_seeds(folder: Path, epochs: int, seeds: int, sides: str, say: Any) -> dict[str, Any]:
    """Each side by each seed, with dropout: the validation accuracy after every epoch."""
    found: dict[str, Any] = {}
    for seed in range(seeds):
        for make in (Ours, Torch):
            if make.name not in sides.split(","):
                continue
            data = Data(folder, seed)
            side = Ours(data.net, True) if make is Ours else Torch(data.net, True, seed)
            accuracies = []
            for _, batches in zip(range(epochs), data.epochs(), strict=False):
                side.train(batches)
                accuracies.append(side.right(data.held_out()))
            found.setdefault(side.name, []).append(accuracies)
            say(f"seed {seed}, {side.name}: best {max(accuracies):.3f}, last {accuracies[-1]:.3f}")
    return found


def time_epochs(folder: Path, rounds: int, say: Any) -> dict[str, list[float]]:
    """Seconds an epoch, the sides taking turns; pictures are read ahead of their use on both."""
    data = Data(folder, 0)
    sides = [Ours(data.net, dropout=True), Torch(data.net, dropout=True)]
    found: dict[str, list[float]] = {side.name: [] for side in sides}
    coming, watch = [data.epochs() for _ in sides], Watch([])
    for turn in range(rounds + 1):
        for side, batches in zip(sides, coming, strict=True):
            begun = time.perf_counter()
            side.train(next(batches))
            if turn:  # the first is for warming up
                found[side.name].append(time.perf_counter() - begun)
    for name, seconds in found.items():
        say(f"{name}: {', '.join(f'{s:.2f}' for s in seconds)} s")
    watch.warn()
    return found


def peak_of(folder: Path, name: str) -> None:
    """Print the peak memory of a fresh process that trains one epoch, in MiB."""
    data = Data(folder, 0)
    side = (Ours if name == "ours" else Torch)(data.net, True)
    del data.net  # theirs has weights of its own
    side.train(next(data.epochs()))
    print(peak() / 2**20)


def measure_memory(folder: Path, say: Any) -> dict[str, float]:
    """Peak memory of one epoch by side, in MiB."""
    found = {}
    for name in ("ours", "PyTorch"):
        command = [sys.executable, "-m", "tests.benchmarks.cats", "--data", str(folder), "--peak", name]
        found[name] = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])
        say(f"{name}: {found[name]:.0f} MiB")
    return found


def leave_out(folder: Path, seeds: int, say: Any) -> dict[str, list[float]]:
    """The last epoch's accuracy by seed, of the scratch recipe without each of its changes."""
    found: dict[str, list[float]] = {}
    for words, recipe in CHANGES.items():
        for seed in range(seeds):
            with tempfile.TemporaryDirectory() as place:
                experiment = prepare(recipe, folder, seed, Path(place))
                train(experiment, None, resume=False, progress=False)
            found.setdefault(words, []).append(experiment.learner.history["validation_accuracy"][-1])
        say(f"{words}: {', '.join(f'{a:.3f}' for a in found[words])}")
    return found


def tables(found: dict[str, Any]) -> str:
    """What was found, as Markdown."""
    lines = []
    if "seeds" in found:
        lines += [
            "| | validation accuracy by seed: last epoch | mean ± deviation | best epoch, mean |",
            "|---|---|---|---|",
        ]
        for name, runs in found["seeds"].items():
            last, best = [run[-1] for run in runs], [max(run) for run in runs]
            spread = statistics.stdev(last) if len(last) > 1 else 0.0
            listed = ", ".join(f"{a:.1%}" for a in last)
            lines.append(f"| {name} | {listed} | {np.mean(last):.1%} ± {spread:.1%} | {np.mean(best):.1%} |")
    if "speed" in found:
        ours, theirs = (statistics.median(found["speed"][name]) for name in ("ours", "PyTorch"))
        lines.append(f"\nan epoch: ours {ours:.2f} s, PyTorch {theirs:.2f} s, PyTorch / ours {theirs / ours:.2f}")
    if "memory" in found:
        ours, theirs = found["memory"]["ours"], found["memory"]["PyTorch"]
        lines.append(f"peak memory: ours {ours:.0f} MiB, PyTorch {theirs:.0f} MiB, PyTorch / ours {theirs / ours:.2f}")
    if "loss" in found:
        steps = len(found["loss"]["ours"]["loss"]) // len(found["loss"]["ours"]["accuracy"])
        apart = np.abs(np.subtract(found["loss"]["ours"]["loss"], found["loss"]["PyTorch"]["loss"]))
        ends = [f"{name} {found['loss'][name]['accuracy'][-1]:.1%}" for name in ("ours", "PyTorch")]
        lines.append(
            f"without dropout, same batches: a step's loss differs by at most {apart[:steps].max():.1g} in the first "
            f"epoch, {apart.max():.1g} in all; accuracy at the end {', '.join(ends)}"
        )
    if "changes" in found:
        lines += ["\n| scratch | accuracy, last epoch | difference |", "|---|---|---|"]
        whole = np.mean(found["changes"]["the recipe as it is"])
        for words, accuracies in found["changes"].items():
            lines.append(f"| {words} | {np.mean(accuracies):.1%} | {100 * (np.mean(accuracies) - whole):+.1f} |")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.cats", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--data", type=Path, required=True, help="a folder with one folder a class, two in all")
    parser.add_argument("--only", default=",".join(PARTS), metavar="PARTS", help=f"some of {','.join(PARTS)}")
    parser.add_argument("--epochs", type=int, default=RECIPE.epochs)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sides", default="ours,PyTorch", help="whose seeds to train")
    parser.add_argument("--rounds", type=int, default=5, help="epochs to time on each side")
    parser.add_argument("--out", type=Path, default=Path("out/bench/cats.json"))
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.peak:
        peak_of(args.data, args.peak)
        return
    chosen = args.only.split(",")
    if unknown := [name for name in chosen if name not in PARTS]:
        parser.error(f"there is no part {', '.join(unknown)}; parts are {', '.join(PARTS)}")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = json.loads(args.out.read_text()) if args.out.exists() else {}
    print(f"{cores()} cores, PyTorch {version('torch')}")
    for sentence in warnings(os.environ, cores()):
        print(f"!!! WARNING: {sentence}")
    for name in chosen:
        print(f"── {name} ──", flush=True)
        say = partial(print, flush=True)
        if name == "loss":
            found[name] = compare_losses(args.data, args.epochs, say)
        elif name == "seeds":
            found.setdefault(name, {}).update(train_seeds(args.data, args.epochs, args.seeds, args.sides, say))
        elif name == "speed":
            found[name] = time_epochs(args.data, args.rounds, say)
        elif name == "memory":
            found[name] = measure_memory(args.data, say)
        else:
            found[name] = leave_out(args.data, args.seeds, say)
        args.out.write_text(json.dumps(found))
    print(tables(found))


if __name__ == "__main__":
    main()
