"""A program that gives a reader of files spoiled bytes, led by coverage where atheris is, and tells what it did.

python -m tests.reliability.fuzzing weights|checkpoints|pictures|nets|claims RUNS SEED FOLDER

It is a program of its own because what it looks for may end it. FOLDER/now.… is the file it is at; FOLDER/outcome.json
tells how it went. Nothing is run, started, written or opened on the way but that file: Python's own audit says so.
"""

from __future__ import annotations

import base64
import faulthandler
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
import zlib
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from tests.benchmarks.machine import peak, resident

from .promise import Outcome

LONGEST = 6000  # bytes of a spoiled file
SLOW, HUNG = 5.0, 300.0  # seconds of computing for one file; seconds of waiting for a hundred
MANY = 5000  # cases that are worth a second process
SHOWN = 20
LED_IN = {  # whose branches coverage counts
    "weights": [
        "nn.io.weights",
        "nn.io.safetensors_io",
        "nn.io.pickles",
        "nn.io.torch_file",
        "nn.io.matching",
        "nn.module",
        "pickletools",
        "zipfile",
    ],
    "checkpoints": [
        "nn.io.weights",
        "nn.io.safetensors_io",
        "nn.training.checkpoint",
        "nn.training.generators",
        "nn.training.training_state",
        "nn.optim.optimizer",
    ],
    "pictures": ["nn.data.preprocessing", "nn.data.folder", "PIL"],
    "nets": ["autograd_mini.onnx.reading.file", "autograd_mini.onnx.reading.arrays", "nn.onnx"],
}
FORBIDDEN = (
    "exec", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty",
    "shutil.", "pickle.find_class", "socket.", "ctypes.dlopen", "os.remove", "os.rename", "os.mkdir", "os.rmdir",
    "os.symlink", "os.link", "os.truncate", "os.chmod", "os.chown", "os.putenv", "webbrowser.open",
    "code.__new__", "marshal.loads",
)  # fmt: skip


def fuzzed(reader: str, cases: int, seed: int) -> Outcome:
    """Run the program, twice at once where there is much to do, and gather what it tells."""
    shares = [cases] if cases < MANY else [cases - cases // 2, cases // 2]
    outcome, rate, most, slowest, led = Outcome(), 0.0, 0, 0.0, True
    with tempfile.TemporaryDirectory() as folder:
        running = []
        for number, share in enumerate(shares):
            place = Path(folder, str(number))
            place.mkdir()
            command = [sys.executable, "-m", __spec__.name, reader, str(share), str(seed * 1000 + number), str(place)]
            with open(place / "said", "wb") as said:
                running.append((place, subprocess.Popen(command, stdout=said, stderr=said)))
        for place, program in running:
            code = program.wait()
            told = place / "outcome.json"
            if not told.exists():
                at = [told_bytes(file) for file in sorted(place.glob("now.*"), key=os.path.getmtime)[-1:]]
                said = (place / "said").read_text(errors="replace")[-2000:]
                outcome.failures.append(f"the reading program ended with {code} at {at}: {said}")
                continue
            found = json.loads(told.read_text(encoding="utf-8"))
            outcome.cases += found["cases"]
            outcome.failures += found["failures"]
            rate += found["cases"] / found["seconds"]
            most, slowest = max(most, found["grown"]), max(slowest, found["slowest"])
            led &= found["led"]
    outcome.measured = (
        f"{rate:,.0f} files/s, {'led by coverage' if led else 'at random'}; "
        f"at most {most >> 20} MiB and {slowest:.2f} s of computing for one"
    )
    return outcome


def told_bytes(file: Path) -> str:
    """A file's bytes, enough to have it again: zlib, then base64."""
    return f"{file.name} zlib+base64:{base64.b64encode(zlib.compress(file.read_bytes(), 9)).decode()}"


class Watch:
    """What Python's audit tells of while a file is read."""

    def __init__(self) -> None:
        self.path: str | None = None
        self.seen: list[str] = []
        self.hears = False

    def begin(self) -> None:
        """Hear from now on; there is no way back."""
        if not self.hears:
            sys.addaudithook(self._hear)
            self.hears = True

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.path is None:
            return
        if event == "open":
            path, _, flags = arguments
            reads = not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
            if not (reads and (isinstance(path, int) or os.fsdecode(path) in (self.path, f"{self.path}.previous"))):
                self.seen.append(f"open {path!r} {flags:#o}")
        elif event.startswith(FORBIDDEN):
            self.seen.append(f"{event} {arguments!r:.200}")


watch = Watch()


class Fuzzing:
    """The files, one after another, and what came of each. ends: whether this process is there for nothing else."""

    def __init__(self, reader: Any, folder: Path, runs: int, ends: bool = False) -> None:
        self.reader, self.folder, self.runs, self.ends = reader, folder, runs, ends
        self.cases, self.slowest, self.grown, self.led = 0, 0.0, 0, False
        self.failures: list[str] = []
        self.resident = resident()
        self.kinds: dict[str, int] = {}
        (folder / "good").mkdir()
        self.good = reader.good(folder / "good")
        for path in (folder / "good").iterdir():
            path.unlink()
        for number, data in enumerate(self.good):
            (folder / "good" / str(number)).write_bytes(data)
        "".encode("raw_unicode_escape")  # which Python imports when a pickle is first written that way
        watch.begin()
        for data in self.good * 2:  # what is imported on the way is imported now
            self.read(data, warming=True)
        self.began, self.resident = time.perf_counter(), resident()

    def read(self, data: bytes, warming: bool = False) -> None:
        """One file."""
        path = self.folder / f"now{self.reader.suffix(data)}"
        with open(path, "wb", buffering=0) as file:
            file.write(data)
        wrong, begun, before = "", time.process_time(), peak()
        watch.path, watch.seen = None if warming else str(path), []
        try:
            self.reader.attempt(path)
        except Exception as error:
            watch.path = None
            last = traceback.extract_tb(error.__traceback__)[-1]
            wrong = f"{type(error).__name__}: {str(error)[:300]} ({Path(last.filename).name}:{last.lineno})"
        finally:
            watch.path = None
        took, most = time.process_time() - begun, peak()
        grown = most - self.resident if most > before else 0
        if warming:
            if wrong:
                raise RuntimeError(f"a good file is not read: {wrong}")
            return
        self.slowest, self.grown = max(self.slowest, took), max(self.grown, grown)
        if watch.seen:
            wrong = f"reading did more than read: {watch.seen}; {wrong}"
        elif not wrong and grown > self.reader.bound(len(data)):
            wrong = f"{grown >> 20} MiB for a file of {len(data):,} bytes"
        elif not wrong and took > SLOW:
            wrong = f"{took:.1f} s for a file of {len(data):,} bytes"
        if wrong:
            self._note(wrong, path)
        self.cases += 1
        if self.cases % 100 == 0:
            self.resident = resident()
            if self.ends:
                faulthandler.dump_traceback_later(HUNG, exit=True)

    def _note(self, wrong: str, path: Path) -> None:
        kind = wrong.rpartition("(")[2]
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if self.kinds[kind] <= 2 or len(self.failures) < SHOWN:
            self.failures.append(f"{wrong}: {told_bytes(path)}")
        else:
            self.failures.append(wrong)

    def end(self) -> None:
        """Tell how it went, and end; libFuzzer would go on."""
        seconds = time.perf_counter() - self.began
        told = {"cases": self.cases, "failures": self.failures, "seconds": seconds, "slowest": self.slowest}
        told |= {"grown": self.grown, "led": self.led}
        (self.folder / "unfinished").write_text(json.dumps(told), encoding="utf-8")
        os.replace(self.folder / "unfinished", self.folder / "outcome.json")
        os._exit(0)

    def at_random(self, seed: int) -> None:
        """Without atheris: good files, spoiled once or several times."""
        rng = random.Random(seed)
        while self.cases < self.runs:
            data = rng.choice(self.good)
            for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
                data = self.reader.spoiled(data, rng)
            self.read(data)

    def led_by_coverage(self, atheris: Any, seed: int) -> None:
        """With atheris: files that reach new places are spoiled further."""
        self.led = True

        def one(data: bytes) -> None:
            self.read(data)
            if self.cases >= self.runs:
                self.end()

        def changed(data: bytes, longest: int, number: int) -> bytes:
            rng = random.Random(number)
            if rng.random() < 0.25:
                return atheris.Mutate(data, longest)
            return self.reader.spoiled(data or rng.choice(self.good), rng)[:longest]

        options = [f"-seed={seed + 1}", f"-max_len={LONGEST}", "-rss_limit_mb=0", "-len_control=0", "-timeout=100000"]
        atheris.Setup([sys.argv[0], *options, str(self.folder / "good")], ending(one), custom_mutator=ending(changed))
        atheris.Fuzz()


def ending(function: Callable[..., Any]) -> Callable[..., Any]:
    """What ends the program if it raises: libFuzzer would wait for its own ways out."""

    def called(*args: Any) -> Any:
        try:
            return function(*args)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(3)

    return called


def main(name: str, runs: str, seed: str, folder: str) -> None:
    atheris = None
    with suppress(ImportError):
        if name in LED_IN:
            import atheris
    with nullcontext() if atheris is None else atheris.instrument_imports(include=LED_IN[name]):
        from .claims import Claims
        from .onnx_files import OnnxFiles
        from .picture_reader import PictureFiles
        from .readers import READERS
    warnings.simplefilter("ignore")
    fuzzing = Fuzzing(
        (READERS | {"claims": Claims, "pictures": PictureFiles, "nets": OnnxFiles})[name](),
        Path(folder),
        int(runs),
        ends=True,
    )
    if atheris is None:
        fuzzing.at_random(int(seed))
        fuzzing.end()
    else:
        fuzzing.led_by_coverage(atheris, int(seed))


if __name__ == "__main__":
    main(*sys.argv[1:])
