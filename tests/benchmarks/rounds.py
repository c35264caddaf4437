"""Taking turns: every side does the same task, checked first, then round by round in rotating order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from . import inputs
from .figures import row
from .quiet import TOLERATED, Watch
from .sides import SIDES, SideError, Worker
from .tasks import KEPT, TORCH, Task

PAUSE = 0.03  # between turns: until then the last side's threads may spin, waiting for more
Say = Callable[[str], None]
Team = dict[str, Worker]


@dataclass(frozen=True)
class Run:
    """How to measure: the sides that are there, rounds, sizes, and where sentences go.

    turn: seconds a turn should last, so that short work is repeated. patience: seconds after which disturbed rounds are
    not done again. team: workers to be used throughout; without
    them each group begins with fresh ones.
    """

    sides: tuple[str, ...]
    rounds: int = 5
    quick: bool = False
    say: Say = print
    turn: float = 0.05
    patience: float = 30.0
    team: Team | None = None

    @contextmanager
    def gathered(self, names: Iterable[str]) -> Iterator[Team]:
        """Workers for those of the sides that are there, in the order of the sides."""
        asked = set(names)
        wanted = [name for name in self.sides if name in asked]
        if self.team is not None and all(worker.alive for worker in self.team.values()):
            yield {name: self.team[name] for name in wanted if name in self.team}
        else:
            with workers(wanted, self.say) as team:
                yield team


@contextmanager
def workers(names: Iterable[str], say: Say, threads: int | None = None) -> Iterator[Team]:
    """A fresh process for each side, started together; sides that are not installed are left out with a sentence."""
    with ExitStack() as stack:
        started = [stack.enter_context(Worker(name, threads)) for name in names]
        ready = {}
        for worker in started:
            try:
                about = worker.greet()
            except SideError as error:
                about = {"missing": str(error)}
            if "missing" in about:
                say(f"  {SIDES[worker.name].label} is left out: {about['missing']}")
            else:
                ready[worker.name] = worker
        yield ready


@dataclass(frozen=True)
class Round:
    """Every side's seconds of one round, and the share of the CPU that other programs took meanwhile."""

    seconds: dict[str, float]
    others: float | None

    @property
    def quiet(self) -> bool:
        return (self.others or 0.0) <= TOLERATED


def measure(task: Task, team: Team, run: Run) -> dict[str, Any]:
    """One task's row: samples in seconds, the comparison with PyTorch, and what went wrong with whom.

    Rounds in which other programs took the CPU are done again for a while, up to twice as many in all. They are left
    out of the figures (not of the file) if at least three were quiet.

    A side whose results differ from the reference is not timed: there is no speed of wrong results.
    """
    failed: dict[str, str] = {}
    digests: dict[str, Any] = {}
    playing = [name for name in task.sides if name in team and team[name].alive]

    def attempt(name: str, do: str, **request: Any) -> dict[str, Any] | None:
        try:
            return team[name].ask(do, **request)
        except SideError as error:
            failed[name] = str(error)
            playing.remove(name)
            return None

    for name in list(playing):
        if attempt(name, "prepare", kind=task.kind, params=task.params) is not None:
            reply = attempt(name, "check")
            if reply is not None:
                digests[name] = reply["digest"]
    parity = compared(digests, task)
    for name in [name for name in playing if not parity[name]["same"]]:
        playing.remove(name)
        run.say(f"  WRONG: {SIDES[name].label} differs from {parity[name]['reference']} in {task.name}: "
            f"{parity[name]['deviation']:.1e} at {parity[name]['where']}")  # fmt: skip
    for name in list(playing):
        attempt(name, "warm", turn=run.turn)
    done: list[Round] = []
    started = time.perf_counter()
    while playing and sum(turns.quiet for turns in done) < run.rounds:
        patient = time.perf_counter() - started < run.patience and len(done) < 2 * run.rounds
        if len(done) >= run.rounds and not patient:
            break
        watch, seconds = Watch(worker.process.pid for worker in team.values()), {}
        first = len(done) % len(playing)
        for name in playing[first:] + playing[:first]:
            time.sleep(PAUSE)
            reply = attempt(name, "run")
            if reply is not None:
                seconds[name] = reply["seconds"] / task.units
        done.append(Round(seconds, watch.others()))
    quiet = [turns for turns in done if turns.quiet]
    kept = quiet if len(quiet) >= min(3, run.rounds) else done
    samples = {name: [turns.seconds[name] for turns in kept if name in turns.seconds] for name in playing}
    for name in [name for name in task.sides if name in team and team[name].alive]:
        with suppress(SideError):
            team[name].ask("drop")
    for name, why in failed.items():
        run.say(f"  {SIDES[name].label} failed in {task.name}: {why}")
    return row(task.section, task.name, "s", samples, kind=task.kind, params=task.params, images=task.images,
               parity=parity, failed=failed, others=max((turns.others or 0.0 for turns in kept), default=None),
               left_out=[vars(turns) for turns in done if turns not in kept])  # fmt: skip


def compared(digests: dict[str, Any], task: Task) -> dict[str, dict[str, Any]]:
    """Each side's deviation from the reference (PyTorch, or whoever is there first), where it is least tolerable.

    Gradients of whole nets have a tolerance of their own: rounding that turns a ReLU or a choice of pooling over, deep
    in the net, moves them, and by 0.006 already from one of PyTorch's memory formats to the other. What computes a
    single gradient wrong is seen in the tasks of single operations.
    """
    if not digests:
        return {}
    reference = next((name for name in (*TORCH, *KEPT) if name in digests), next(iter(digests)))
    found = {}
    for side, digest in digests.items():
        apart = inputs.deviations(digests[reference], digest)
        allowed = {name: task.gradients if name.startswith("gradient") else task.tolerance for name in apart}
        worst = max(apart, key=lambda name: apart[name] / allowed[name])
        found[side] = {"reference": SIDES[reference].label, "deviation": min(apart[worst], 1e30), "where": worst,
                       "tolerance": allowed[worst], "same": apart[worst] <= allowed[worst]}  # fmt: skip
    return found


def peak(task: Task, name: str, say: Say) -> int | None:
    """Bytes of peak memory of a fresh process that does a task three times and nothing else."""
    with workers((name,), say) as team:
        if name not in team:
            return None
        try:
            team[name].ask("prepare", kind=task.kind, params=task.params)
            for _ in range(3):
                team[name].ask("run")
            return int(team[name].ask("peak")["bytes"])
        except SideError as error:
            say(f"  {SIDES[name].label} failed in {task.name}: {error}")
            return None
