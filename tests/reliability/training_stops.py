"""Trainings that run out of disk or are interrupted by Ctrl-C, in a process of one thread."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import autograd_mini as ag
import nn

from .child import ONE_THREAD
from .interruptible import KINDS, at_end, at_step, calls, calls_watched, fit, learner, whole_run
from .promise import AREAS, Outcome, promise
from .training_child import ended, failure, forked, forking


@promise(
    AREAS[1], "A full disk is reported in one sentence; the last checkpoint is whole, and training goes on later",
    short=6, long=300, apart=ONE_THREAD,
)  # fmt: skip
@forking
def disk_full(cases: int, seed: int) -> Outcome:
    """The disk is full after so many bytes of a file, or at a call that needs room; later there is room again."""
    rng, outcome = random.Random(seed), Outcome()
    whole = {kind: whole_run(kind) for kind in KINDS}
    errors = [(28, "No space left on device"), (122, "Disk quota exceeded"), (5, "Input/output error"),
              (30, "Read-only file system")]  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        every = {kind: len(calls(kind, Path(place) / kind)) for kind in KINDS}
        size = (Path(place) / "sgd").stat().st_size
        for case in range(cases):
            folder, kind = Path(place) / f"case{case}", rng.choice(KINDS)
            folder.mkdir()
            limit, last, error = rng.randrange(size), rng.randrange(every[kind]), rng.choice(errors)
            steps = rng.randrange(12)
            work = partial(_full, folder, kind, steps, (limit, last, error, case % 2), whole)
            code = ended(forked(work, folder))
            if code:
                how = f"{limit} bytes" if case % 2 else f"{error} at call {last}"
                outcome.failures.append(f"case {case}, {kind}, {how}: {failure(folder)}")
            outcome.cases += 1
            shutil.rmtree(folder)
    return outcome


def _full(folder: Path, kind: str, steps: int, how: tuple[Any, ...], whole: dict[str, Any]) -> None:
    limit, last, error, is_limit = how
    (end, table), path, trained = whole[kind], folder / "run", learner(kind)
    if steps:
        _pressed_after(trained, steps)
        try:
            fit(trained, path)
        except KeyboardInterrupt:
            del trained.step
    before = {name: (folder / name).read_bytes() for name in os.listdir(folder)}
    said = ""

    def act(number: int, name: str, do: Callable[[], Any], part: Any) -> Any:
        nonlocal before
        if not is_limit and number >= last and name in ("write", "fsync", "replace", "link"):
            raise OSError(*error)
        done = do()
        if name == "replace":
            before = {"run": path.read_bytes()}
        return done

    try:
        if is_limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        with calls_watched(act):
            fit(trained, path)
    except OSError as caught:
        said = str(caught)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    reason = "File too large" if is_limit else error[1]
    if said:
        assert said == f"save: {path} cannot be written: {reason}", said
        now = {name: (folder / name).read_bytes() for name in os.listdir(folder) if name != "run.previous"}
        assert now == {name: held for name, held in before.items() if name != "run.previous"}, "the files changed"
        assert at_step(trained) == table[trained.optimizer.steps], "the state in memory is not that after a whole step"
    else:
        assert not is_limit, "a full disk was not reported"
    if path.exists():
        shutil.copy(path, folder / "copy")
        another = learner(kind, seed=8)  # as in a new process
        for again, file in ((trained, path), (another, folder / "copy")):
            fit(again, file)
            assert at_end(again) == end, "what follows is not what would have been"


def _pressed_after(trained: nn.Learner, steps: int) -> None:
    step = trained.step

    def pressed(*args: Any) -> Any:
        done = step(*args)
        if trained.optimizer.steps == steps:
            signal.raise_signal(signal.SIGINT)
        return done

    trained.step = pressed  # type: ignore[method-assign]


@promise(AREAS[1], "Ctrl-C at any moment leaves a whole step, and training goes on to the same bits",
         short=6, long=400, apart=ONE_THREAD)  # fmt: skip
@forking
def interrupted(cases: int, seed: int) -> Outcome:
    """Ctrl-C between any two instructions: all is at a whole step, and training goes on; or pressed twice."""
    rng, outcome, before = random.Random(seed), Outcome(), 0
    whole = {kind: whole_run(kind) for kind in KINDS}
    with tempfile.TemporaryDirectory() as place:
        with _Presses() as counted:
            fit(learner("sgd"), Path(place) / "counted")
        case = 0
        while outcome.cases < cases:
            kind, path = rng.choice(KINDS), Path(place) / f"run{case}"
            last = counted.count if case % 20 else min(3000, counted.count)  # its first moments too
            at = sorted(rng.randrange(last) for _ in range(2 if case % 4 == 3 else 1))
            how = f"case {case}, {kind}, at moments {at}{', without a checkpoint' if case % 4 == 1 else ''}"
            try:
                was = _pressed(kind, None if case % 4 == 1 else path, at, whole[kind])
            except Exception as error:
                outcome.failures.append(f"{how}: {type(error).__name__}: {error}")
                was = True
            outcome.cases, before, case = outcome.cases + was, before + (not was), case + 1
    outcome.measured = f"{counted.count:,} moments to press at; {before} trainings were over before"
    return outcome


WATCHED = tuple(os.path.dirname(package.__file__) for package in (nn, ag))


class _Presses:
    """Inside the block Ctrl-C is pressed at some instructions of nn, or lines of autograd_mini."""

    def __init__(self, *at: int) -> None:
        self.at, self.count = at, 0

    def _enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        if not frame.f_code.co_filename.startswith(WATCHED):
            return None
        frame.f_trace_opcodes = frame.f_code.co_filename.startswith(WATCHED[0])
        return self._each

    def _each(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == ("opcode" if frame.f_trace_opcodes else "line"):
            self.count += 1
            if self.count in self.at:
                signal.raise_signal(signal.SIGINT)
        return self._each

    def __enter__(self) -> _Presses:
        sys.settrace(self._enter)
        return self

    def __exit__(self, *error: object) -> None:
        sys.settrace(None)


def _pressed(kind: str, path: Path | None, at: list[int], whole: tuple[str, dict[int, str]]) -> bool:
    """Whether it came in time to interrupt."""
    (end, table), trained, was = whole, learner(kind), False
    try:
        with _Presses(*at):
            fit(trained, path)
    except KeyboardInterrupt:
        was = True
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler, "the handler was not put back"
    assert was or len(at) > 1 or at_end(trained) == end, "a training that was over ended otherwise"
    if len(at) == 1:
        assert at_step(trained) == table[trained.optimizer.steps], "the state is not that after a whole step"
    if path is None:
        fit(trained, None, epochs=1)
        return was
    left = {name for name in os.listdir(path.parent) if path.name in name and not name.startswith(path.name)}
    assert len(at) > 1 or not left, f"{left} are left"
    has_begun = path.exists()
    for again in ([trained] if len(at) == 1 else []) + [learner(kind, seed=8 if has_begun else 0)]:
        if has_begun or not again.optimizer.steps:
            fit(again, path)
            assert at_end(again) == end, "what follows is not what would have been"
    return was
