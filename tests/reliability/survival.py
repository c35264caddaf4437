"""Training survives: damaged checkpoints, and places that cannot be written."""

from __future__ import annotations

import errno
import json
import os
import random
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import nn

from .interruptible import BATCHES, EPOCHS, KINDS, at_end, at_step, fit, learner, whole_run
from .promise import AREAS, Outcome, promise

# ── damaged files ─────────────────────────────────────────────────────────────────────────────────────────────────────


class _StoppedError(Exception):
    """Training is to end here."""


def stopped(kind: str, path: Path, steps: int) -> nn.Learner:
    """A training with a checkpoint after every step, that ended after some of them."""
    made = learner(kind)
    step = made.step

    def stopping(*args: Any) -> Any:
        if made.optimizer.steps == steps:
            raise _StoppedError
        return step(*args)

    made.step = stopping  # type: ignore[method-assign]
    try:
        fit(made, path)
    except _StoppedError:
        return made
    raise ValueError(f"there are fewer than {steps} steps")


def _block(rng: random.Random, whole: bytes) -> tuple[int, int]:
    """Where a block begins and ends, of a disk or of memory."""
    size = rng.choice((512, 512, 4096))
    begin = rng.randrange(0, len(whole), size)
    return begin, min(begin + size, len(whole))


def _swapped(rng: random.Random, whole: bytes, older: bytes, at: int) -> bytes:
    size = rng.choice((512, 512, 4096))
    blocks = [whole[i : i + size] for i in range(0, len(whole), size)]
    i, j = rng.randrange(len(blocks)), rng.randrange(len(blocks))
    blocks[i], blocks[j] = blocks[j], blocks[i]
    return b"".join(blocks)


def _overwritten(rng: random.Random, whole: bytes, older: bytes, at: int) -> bytes:
    begin, end = _block(rng, whole)
    size = end - begin
    return whole[:begin] + rng.choice((bytes(size), older[begin:end], whole[:size], rng.randbytes(size))) + whole[end:]


def _lost(rng: random.Random, whole: bytes, older: bytes, at: int) -> bytes:
    begin, end = _block(rng, whole)
    return whole[:begin] + whole[end:]


def _flipped(rng: random.Random, whole: bytes, older: bytes, at: int) -> bytes:
    flipped = bytearray(whole)
    for place in [at, *(rng.randrange(len(whole)) for _ in range(rng.choice((0, 0, 0, 1, 5))))]:
        flipped[place] ^= 1 << rng.randrange(8)
    return bytes(flipped)


DAMAGES: tuple[Callable[[random.Random, bytes, bytes, int], bytes], ...] = (
    lambda rng, whole, older, at: whole[:at],
    lambda rng, whole, older, at: whole[:at] + bytes(len(whole) - at),
    lambda rng, whole, older, at: whole[:at] + older[at:],
    lambda rng, whole, older, at: whole + rng.randbytes(rng.randint(1, 9)),
    _swapped, _overwritten, _lost, _flipped,
)  # fmt: skip


def _contents(path: Path) -> str:
    held = nn.read_checkpoint(path)
    arrays = {**held.weights, **held.memory}
    told = {name: (str(array.dtype), array.shape, array.tobytes().hex()) for name, array in sorted(arrays.items())}
    return json.dumps([told, held.position, held.generators, held.epoch])


@promise(AREAS[1], "A damaged checkpoint is never loaded as another state: it is refused in one sentence",
         short=600, long=60_000)  # fmt: skip
def torn(cases: int, seed: int) -> Outcome:
    """A checkpoint cut at every byte, with zeros, old or other blocks in it, blocks swapped or lost, bits flipped."""
    rng, outcome, same = random.Random(seed), Outcome(), 0
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "run"
        stopped("adam", path, 3)
        whole, older, written = path.read_bytes(), Path(f"{path}.previous").read_bytes(), _contents(path)
        for case in range(cases):
            at = case // len(DAMAGES) * 7 % len(whole)
            bad = DAMAGES[case % len(DAMAGES)](rng, whole, older, at)
            path.unlink()  # to write over a file takes longer
            path.write_bytes(bad)
            outcome.cases += 1
            try:
                if _contents(path) != written and bad != older:
                    outcome.failures.append(f"damage {case} (seed {seed}) is loaded as another state")
                same += 1
            except ValueError as error:
                if str(path) not in str(error) or "\n" in str(error):
                    outcome.failures.append(f"damage {case} (seed {seed}) is refused with {str(error)!r}")
            except Exception as error:
                outcome.failures.append(f"damage {case} (seed {seed}) ends in {type(error).__name__}: {error}")
    outcome.measured = f"{same} times nothing that counts was changed"
    return outcome


@promise(AREAS[1], "If the newest checkpoint is damaged, training says so and goes on from the one before",
         short=3, long=200)  # fmt: skip
def last_good(cases: int, seed: int) -> Outcome:
    """The newest checkpoint is damaged: training says so and goes on from the one before."""
    rng, outcome = random.Random(seed), Outcome()
    ends = {kind: whole_run(kind)[0] for kind in KINDS}
    for case in range(cases):
        with tempfile.TemporaryDirectory() as place:
            path, kind, steps = Path(place) / "run", rng.choice(KINDS), rng.randrange(2, BATCHES * EPOCHS)
            stopped(kind, path, steps)
            before = f"{path}.previous"
            whole = path.read_bytes()
            path.write_bytes(whole[: rng.randrange(len(whole))])
            problem = _goes_on(kind, path, before, ends[kind], rng)
        outcome.tried(f"case {case} (seed {seed}), {kind}, {steps} steps", problem)
    return outcome


def _goes_on(kind: str, path: Path, before: str, end: str, rng: random.Random) -> str:
    if rng.random() < 0.3:  # both are damaged: nothing is left to go on from, and nothing changes
        Path(before).write_bytes(b"")
        made = learner(kind, seed=8)
        was, files = at_step(made), sorted(os.listdir(path.parent))
        try:
            fit(made, path)
        except ValueError as error:
            unchanged = at_step(made) == was and sorted(os.listdir(path.parent)) == files
            return "" if str(path) in str(error) and unchanged else f"{error}; unchanged: {unchanged}"
        return "trained although no checkpoint was whole"
    made = learner(kind, seed=8)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(made, path)
    told = [str(warning.message) for warning in caught]
    if len(told) != 1 or before not in told[0] or str(path) not in told[0] or "\n" in told[0]:
        return f"its warnings are {told}"
    if at_end(made) != end:
        return "its end is not, bit for bit, that of a training never interrupted"
    return "" if sorted(os.listdir(path.parent)) == ["run", "run.previous"] else "other files are left"


# ── places that cannot be written ─────────────────────────────────────────────────────────────────────────────────────

ERRORS = [errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EIO]


@contextmanager
def _refusing(folder: Path, number: int) -> Iterator[None]:
    """No file can be made in the folder, as if it were read-only."""
    make = os.open

    def refuse(path: Any, flags: int, *rest: Any, **options: Any) -> int:
        if flags & os.O_CREAT and Path(path).parent == folder:
            raise OSError(number, os.strerror(number), path)
        return make(path, flags, *rest, **options)

    with mock.patch.object(os, "open", refuse):
        yield


def _place(rng: random.Random, folder: Path) -> Path:
    """Where a file cannot be written, whoever asks."""
    name = "".join(rng.choice("abc é 猫._-") for _ in range(rng.randint(1, 12))).strip(" .") or "run"
    (folder / "file").touch()
    (folder / "folder").mkdir()
    places = [folder / "nowhere" / name, folder / "file" / name, folder / "folder", folder / f"{name}.npz",
              folder / (name + "x" * 300)]  # fmt: skip
    return rng.choice(places + [Path("/proc") / name] * (sys.platform == "linux"))


@promise(AREAS[1], "A place that cannot be written is reported before the first step", short=60, long=3_000)
def read_only(cases: int, seed: int) -> Outcome:
    """A folder that is missing, no folder, read-only, …: reported before the first step, for checkpoint and best."""
    rng, outcome = random.Random(seed), Outcome()
    made = learner("sgd")
    state, begun = at_step(made), list[int]()
    made.step = lambda *args: begun.append(1) or (0.0, None)  # type: ignore[method-assign]
    ways: tuple[Callable[[Path], Any], ...] = (
        lambda path: fit(made, path),
        lambda path: fit(made, None, best=path),
        lambda path: made.model.save(path),
        lambda path: nn.write_checkpoint(path, made.model, made.optimizer),
    )
    for case in range(cases):
        with tempfile.TemporaryDirectory() as place:
            folder, way = Path(place), case % len(ways)
            refused = rng.random() < 0.5
            path = folder / "run" if refused else _place(rng, folder)
            files = sorted(os.listdir(folder))
            problem = "it was taken"
            try:
                if refused:
                    with _refusing(folder, rng.choice(ERRORS)):
                        ways[way](path)
                else:
                    ways[way](path)
            except (OSError, ValueError) as error:
                named = str(path) in str(error) or (not path.parent.is_dir() and str(path.parent) in str(error))
                problem = "" if named and "\n" not in str(error) else f"the error is {str(error)!r}"
            except Exception as error:
                problem = f"the error is {type(error).__name__}: {error}"
            if begun or at_step(made) != state or sorted(os.listdir(folder)) != files:
                problem += f"; {len(begun)} steps, files {sorted(os.listdir(folder))}, not {files}"
            begun.clear()
        outcome.tried(f"case {case} (seed {seed}), way {way}, {path}", problem)
    return outcome
