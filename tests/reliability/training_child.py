"""Trainings that are killed or meet another one: in forks of a process of one thread."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import autograd_mini as ag
import nn

from .child import ONE_THREAD
from .interruptible import KINDS, at_end, calls, calls_watched, fit, learner, whole_run
from .promise import AREAS, Attempt, Outcome, promise

REFUSED = 3  # the exit code of a process to which another training, that has the checkpoint, was named


def forking(attempt: Attempt) -> Attempt:
    """An attempt in a process of one thread, which may fork."""

    @wraps(attempt)
    def tried(cases: int, seed: int) -> Outcome:
        ag.set_num_threads(1)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # which jobs in a shell's background ignore
        fit(learner("sgd"), None, epochs=1)  # what is loaded at first use, forks find loaded
        outcome = attempt(cases, seed)
        assert len(threading.enumerate()) == 1, "forks of a process of several threads may hang"
        return outcome

    return tried


def train(kind: str, folder: Path, seed: int = 8) -> None:
    """Train, or go on; what that ends in is written beside the checkpoint, and who wrote each checkpoint on the way."""
    made = learner(kind, seed if (folder / "run").exists() else 0)
    with _signed(folder):
        fit(made, folder / "run")
    (folder / "end").write_text(at_end(made))


@contextmanager
def _signed(folder: Path) -> Iterator[None]:
    """Every checkpoint put in its place is noted in a file, with who did so."""
    replace, journal = os.replace, os.open(folder / "journal", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def noted(source: Any, target: Any) -> None:
        os.write(journal, f"{os.getpid()}.{threading.get_ident()}\n".encode())
        replace(source, target)

    os.replace = noted
    try:
        yield
    finally:
        os.replace = replace
        os.close(journal)


HUNG = 300  # seconds; a training takes less than one


def forked(work: Callable[[], Any], folder: Path) -> int:
    """Do it in a fork; its exit code is 0, REFUSED, or 1 with the traceback in a file."""
    pid = os.fork()
    if pid:
        return pid
    code = 0
    signal.alarm(HUNG)
    try:
        work()
    except BlockingIOError as error:
        (folder / "told").write_text(str(error))
        code = REFUSED
    except BaseException:
        (folder / "error").write_text(traceback.format_exc())
        code = 1
    finally:
        os._exit(code)


def ended(pid: int) -> int:
    """How a fork ended: its exit code, or less than 0 for the signal that killed it."""
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code == -signal.SIGALRM:
        raise TimeoutError(f"a training did nothing for {HUNG} seconds")
    return code


def failure(folder: Path) -> str:
    """What a fork left of its failure."""
    file = folder / "error"
    return file.read_text() if file.exists() else "see above"


def flaws(folder: Path, at_rest: bool) -> str:
    """What is wrong with what a training left behind. at_rest: it ended by itself, and nothing of it may be left."""
    made = {name for name in os.listdir(folder) if name not in ("journal", "end", "told", "error")}
    kept = {"run", "run.previous"}
    partial = [name for name in made if name.endswith(".partial")]
    strange = made - kept - ({".run.lock", *partial} if not at_rest else set())
    if strange or len(partial) > 1:
        return f"{sorted(made)} are left"
    for name in made & kept:
        try:
            nn.read_checkpoint(folder / name)
        except (ValueError, OSError) as error:
            return f"{name} does not load: {error}"
    return f"{sorted(kept - made)} is not there" if at_rest and made != kept else ""


def wrong_end(folder: Path, code: int, wanted: str) -> str:
    """What is wrong with a training that was not killed."""
    if code:
        return f"it failed: {failure(folder) if code == 1 else code}"
    if (folder / "end").read_text() != wanted:
        return "its end is not, bit for bit, that of a training never interrupted"
    return flaws(folder, at_rest=True)


@promise(AREAS[1], "Killed with SIGKILL at any moment, training goes on to the same bits",
         short=5, long=500, apart=ONE_THREAD)  # fmt: skip
@forking
def killed(cases: int, seed: int) -> Outcome:
    """SIGKILL at random moments, and at, before and in the midst of the calls by which a checkpoint is written."""
    rng, outcome, trainings = random.Random(seed), Outcome(), 0
    ends = {kind: whole_run(kind)[0] for kind in KINDS}
    landed = {"at a random moment": 0, "at a call of the writing": 0, "with its start": 0}
    with tempfile.TemporaryDirectory() as place:
        every = {kind: len(calls(kind, Path(place) / kind)) for kind in KINDS}
        begun = time.perf_counter()
        fit(learner("sgd"), Path(place) / "timed")
        took = time.perf_counter() - begun
        while outcome.cases < cases:
            folder, kind = Path(place) / f"training{trainings}", KINDS[trainings % 2]
            folder.mkdir()
            trainings, moments = trainings + 1, list[str]()
            while True:
                code, how, moment = _killed_once(rng, folder, kind, took, every[kind], outcome.cases)
                moments.append(moment)
                if code == -signal.SIGKILL:
                    landed[how] += 1
                    outcome.cases += 1
                problem = flaws(folder, at_rest=False) if code < 0 else wrong_end(folder, code, ends[kind])
                if problem:
                    outcome.failures.append(f"{kind}, killed {'; '.join(moments)}: {problem}")
                if problem or code >= 0:
                    break
            shutil.rmtree(folder)
    outcome.measured = f"{trainings} trainings; killed " + ", ".join(f"{n} {how}" for how, n in landed.items() if n)
    return outcome


def _killed_once(rng: random.Random, folder: Path, kind: str, took: float, every: int, number: int) -> tuple[int, ...]:
    """Start or go on, and kill once if it is still there: how it ended, which way, and when."""
    if number % 25 == 24:  # a process of its own, killed in its imports or later
        program = (
            "import sys, pathlib, autograd_mini; from tests.reliability.training_child import train; "
            "autograd_mini.set_num_threads(1); train(sys.argv[1], pathlib.Path(sys.argv[2]))"
        )
        child = subprocess.Popen([sys.executable, "-c", program, kind, str(folder)])
        wait = rng.uniform(0, 3)
        try:
            child.wait(wait)
        except subprocess.TimeoutExpired:
            child.kill()
        return child.wait(), "with its start", f"{wait:.4f} s after its start"
    if rng.random() < 0.5:
        pid, wait = forked(lambda: train(kind, folder), folder), rng.uniform(0, took)
        time.sleep(wait)
        os.kill(pid, signal.SIGKILL)
        return ended(pid), "at a random moment", f"after {wait:.4f} s"
    last, manner = rng.randrange(every), rng.choice(["before", "after", "amid"])

    def act(number: int, name: str, do: Callable[[], Any], part: Any) -> Any:
        if number == last and manner == "amid" and part is not None:
            os.pwrite(part[0], part[1][: len(part[1]) // 2], os.lseek(part[0], 0, os.SEEK_CUR))
        done = None if number == last and manner != "after" else do()
        if number == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    def work() -> None:
        with calls_watched(act):
            train(kind, folder)

    return ended(forked(work, folder)), "at a call of the writing", f"{manner} call {last}"


@promise(
    AREAS[1], "Of two trainings with one checkpoint the second is refused, and goes on when the first is killed",
    short=3, long=300, apart=ONE_THREAD,
)  # fmt: skip
@forking
def two_processes(cases: int, seed: int) -> Outcome:
    """Two trainings with one checkpoint: the second is refused, and goes on when the first is killed; threads too."""
    rng, outcome, refused = random.Random(seed), Outcome(), 0
    ends = {kind: whole_run(kind)[0] for kind in KINDS}
    for case in range(cases):
        kind = rng.choice(KINDS)
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            meeting = (_stopped, _beside, _threads)[case % 3]
            problem, count = meeting(rng, kind, folder, ends[kind])
        refused += count
        outcome.tried(f"case {case}, {meeting.__name__[1:]}, {kind}", problem)
    outcome.measured = f"{refused} were refused"
    return outcome


def _stopped(rng: random.Random, kind: str, folder: Path, end: str) -> tuple[str, int]:
    """The first stands still somewhere in its training; then it is killed."""
    first = forked(lambda: train(kind, folder), folder)
    while not (folder / "run").exists():
        time.sleep(0.001)
    time.sleep(rng.uniform(0, 0.02))
    os.kill(first, signal.SIGSTOP)
    gone = os.waitid(os.P_PID, first, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    code = ended(forked(lambda: train(kind, folder), folder))
    os.kill(first, signal.SIGKILL)
    os.kill(first, signal.SIGCONT)
    ended(first)
    if not gone and code != REFUSED:
        return f"the second was not refused: {code}", 0
    if not gone and f"in process {first}, has the checkpoint {folder / 'run'}" not in (folder / "told").read_text():
        return f"the second was refused with {(folder / 'told').read_text()!r}", 1
    return wrong_end(folder, ended(forked(lambda: train(kind, folder), folder)), end) or _mixed(folder), 1


def _beside(rng: random.Random, kind: str, folder: Path, end: str) -> tuple[str, int]:
    """The second begins at a random moment, and the first may be killed at another."""
    first = forked(lambda: train(kind, folder), folder)
    time.sleep(rng.uniform(0, 0.2))
    second = forked(lambda: train(kind, folder), folder)
    if rng.random() < 0.5:
        time.sleep(rng.uniform(0, 0.1))
        os.kill(first, signal.SIGKILL)
    codes = [ended(first), ended(second)]
    if 1 in codes:
        return f"one failed: {failure(folder)}", 0
    code = ended(forked(lambda: train(kind, folder), folder))
    return wrong_end(folder, code, end) or _mixed(folder), codes.count(REFUSED)


def _threads(rng: random.Random, kind: str, folder: Path, end: str) -> tuple[str, int]:
    """Two threads of one process begin at once."""
    found: list[str] = []

    def work() -> None:
        meet = threading.Barrier(2)

        def one() -> None:
            made = learner(kind)
            meet.wait()
            try:
                fit(made, folder / "run")
                found.append(at_end(made))
            except BlockingIOError as error:
                found.append(str(error))

        with _signed(folder):
            threads = [threading.Thread(target=one) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        told = [words for words in found if "another training, in process" in words]
        if len(found) != 2 or any(words != end for words in found if words not in told) or len(told) == 2:
            raise AssertionError(f"the threads ended in {found}, not in {end}")
        (folder / "end").write_text(end)
        (folder / "told").write_text("\n".join(told))

    code = ended(forked(work, folder))
    count = len((folder / "told").read_text().splitlines()) if not code else 0
    return wrong_end(folder, code, end) or _mixed(folder), count


def _mixed(folder: Path) -> str:
    """Each who wrote checkpoints must have written all of them before or after the others."""
    writers = (folder / "journal").read_text().split()
    blocks = sum(1 for a, b in zip([None, *writers], writers, strict=False) if a != b)
    return f"two wrote by turns: {writers}" if blocks > len(set(writers)) else ""
