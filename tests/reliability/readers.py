"""Readers of weights and checkpoints, each with good files, a way to spoil them, and what must hold of any bytes."""

from __future__ import annotations

import io
import json
import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

import nn
from nn.io.torch_file import LEGACY
from nn.losses.modules import counted
from nn.training.training_state import Loader, Run

from .spoiling import sealed, spoiled_bytes, spoiled_npz, spoiled_safetensors
from .torch_files import of_state, spoiled_pickle

LEAST = 64 << 20  # bytes that any file may take for a moment
REFUSALS = (ValueError, OSError, ModuleNotFoundError)  # what the readers' docstrings name


class BrokenError(AssertionError):
    """A promise that a file made the reader break."""


class Reader(ABC):
    """What is tried of any file."""

    @abstractmethod
    def good(self, folder: Path) -> list[bytes]:
        """Whole files, small ones."""

    @abstractmethod
    def spoiled(self, data: bytes, rng: random.Random) -> bytes:
        """One of them, or one that was spoiled before, changed."""

    @abstractmethod
    def attempt(self, path: Path) -> None:
        """Read the file. Raises BrokenError, or whatever the reader should not have raised."""

    def suffix(self, data: bytes) -> str:
        """What a file of these bytes is called."""
        return ".safetensors"

    def bound(self, size: int) -> int:
        """Bytes of memory that a file of so many bytes may take."""
        return max(LEAST, 20 * size)


def refused(path: Path, read: Callable[[], Any]) -> str | None:
    """Read; the sentence if it is refused. Raises BrokenError for a sentence that does not name the file."""
    try:
        read()
    except REFUSALS as error:
        if path.name not in str(error):
            raise BrokenError(f"the refusal does not name the file: {type(error).__name__}: {error}") from error
        return str(error)
    return None


def _model(seed: int = 0) -> nn.Module:
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        conv=nn.Conv2d(1, 2, 1, rng=rng), norm=nn.BatchNorm2d(2), flat=nn.Flatten(), drop=nn.Dropout(0.5, rng=seed),
        fc=nn.Linear(2, 3, rng=rng),
    )  # fmt: skip


def _frozen(arrays: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    """Arrays as what can be compared bit by bit."""
    return {name: (a.dtype.str, a.shape, a.tobytes()) for name, a in ((n, np.asarray(a)) for n, a in arrays.items())}


class Weights(Reader):
    """`read_state`, `read_notes` and `Module.load`: arrays, or a refusal that leaves the model as it was."""

    def __init__(self) -> None:
        self.model = _model()
        self.arrays = self.model.state_dict()  # they stay the same ones: loading writes into them
        self.begun = {name: array.copy() for name, array in self.arrays.items()}
        self.frozen = _frozen(self.begun)

    def good(self, folder: Path) -> list[bytes]:
        model, files = _model(1), []
        for preprocess in (None, nn.Preprocessing(8), nn.Preprocessing(4, bgr=True, scale=255.0, mean=(1, 2, 3))):
            model.preprocess = preprocess
            model.save(folder / "good.safetensors")
            files.append((folder / "good.safetensors").read_bytes())
        doubles = {name: array.astype(np.float64) for name, array in model.state_dict().items()}
        kinds = [np.zeros(3, kind) for kind in "?bBhHiIlLefd"]
        for number, state in enumerate((model.state_dict(), doubles, dict(zip("abcdefghijkl", kinds, strict=True)))):
            nn.write_state(state, folder / "good.safetensors", {"note": "{}"})
            files.append((folder / "good.safetensors").read_bytes())
            for save in (np.savez, np.savez_compressed):
                made = io.BytesIO()
                save(made, **state)
                if number < 2 or save is np.savez:
                    files.append(made.getvalue())
        for wrapped in (None, "state_dict"):
            files += of_state(model.state_dict(), wrapped)
        files += of_state({"a": np.arange(6.0).reshape(2, 3).T, "b": np.zeros(3, bool), "c": np.float16(2)})
        made = io.BytesIO()
        np.savez(made, a=np.asfortranarray(np.ones((2, 3))), b=np.array("word"), c=np.array([(1, 2.0)], "i4,f4"), d=1)
        return [*files, made.getvalue(), b"\x89HDF\r\n\x1a\n", b"\x80\x02}q\x00."]

    def spoiled(self, data: bytes, rng: random.Random) -> bytes:
        if data.startswith(LEGACY):
            return (spoiled_pickle if rng.random() < 0.7 else spoiled_bytes)(data, rng)
        if b"PK" in data[:100]:
            return spoiled_npz(data, rng)
        return sealed(spoiled_safetensors(data, rng)) if rng.random() < 0.8 else spoiled_safetensors(data, rng)

    def suffix(self, data: bytes) -> str:
        return ".npz" if b"PK" in data[:100] and len(data) % 5 else ".safetensors" if len(data) % 7 else ".weights"

    def attempt(self, path: Path) -> None:
        state: dict[str, Any] = {}
        notes: dict[str, str] = {}
        unread = refused(path, lambda: state.update(nn.read_state(path)))
        if any(
            not isinstance(name, str) or type(a) is not np.ndarray or a.dtype.hasobject for name, a in state.items()
        ):
            raise BrokenError(f"read_state gave something else than arrays by name: {state!r:.200}")
        if unread and path.stat().st_size % 4:  # to refuse it twice takes as long
            return
        refused(path, lambda: notes.update(nn.read_notes(path)))
        if any(not isinstance(word, str) for pair in notes.items() for word in pair):
            raise BrokenError(f"read_notes gave something else than words: {notes!r:.200}")
        unloaded = refused(path, lambda: self.model.load(path))
        if unread and not unloaded:
            raise BrokenError("load took what read_state refuses")
        found = self.arrays
        if unloaded:
            if _frozen(found) != self.frozen or self.model.preprocess is not None:
                raise BrokenError(f"a refused file changed the model: {unloaded}")
            return
        with np.errstate(all="ignore"):
            wanted = {name: state[name].astype(array.dtype) for name, array in found.items()}
        if _frozen(found) != _frozen(wanted):
            raise BrokenError("what was loaded is not what the file holds")
        for name, array in self.begun.items():
            found[name][...] = array
        self.model.preprocess = None


class Checkpoints(Reader):
    """`read_checkpoint`, `restore` and `fit(resume=True)`: training goes on, or a refusal that changes nothing."""

    def __init__(self) -> None:
        self.x, self.y = (
            np.random.default_rng(2).standard_normal((6, 1, 1, 1), np.float32),
            np.array([0, 1, 2, 1, 0, 2]),
        )
        self.learners = [self._learner(kind) for kind in range(3)]
        for learner in self.learners:
            learner.fit(self.x, self.y, epochs=1, batch_size=2, schedule=learner.schedule, progress=False)
        self.arrays = [learner.model.state_dict() for learner in self.learners]
        self.begun = [self._all_of(kind) for kind in range(3)]

    def _learner(self, kind: int) -> Any:
        model = _model(kind)
        optimizer = (
            nn.SGD(model.parameters(), 0.1, momentum=0.9) if kind == 0 else
            nn.Adam(model.parameters(), 0.01) if kind == 1 else nn.SGD(model.parameters(), 0.1)
        )  # fmt: skip
        learner = nn.Learner(model, nn.cross_entropy, optimizer)
        learner.schedule = nn.StepLR(optimizer, 2) if kind != 1 else None  # type: ignore[attr-defined]
        return learner

    def good(self, folder: Path) -> list[bytes]:
        files, path = [], folder / "good.safetensors"

        def stops(outputs: Any, targets: Any) -> Any:
            steps.append(1)
            if len(steps) == 3:
                raise KeyError
            return nn.cross_entropy(outputs, targets)

        for kind in range(3):
            for epochs, every, loss in ((1, None, nn.cross_entropy), (2, 2, nn.cross_entropy), (1, 1, stops)):
                learner, steps = self._learner(kind), []
                learner.loss = loss
                options = {"batch_size": 2, "schedule": learner.schedule, "checkpoint": path, "progress": False}
                with suppress(KeyError):
                    learner.fit(self.x, self.y, epochs=epochs, every=every, **options)
                files.append(path.read_bytes())
        return files

    def spoiled(self, data: bytes, rng: random.Random) -> bytes:
        return sealed(spoiled_safetensors(data, rng)) if rng.random() < 0.9 else spoiled_safetensors(data, rng)

    def attempt(self, path: Path) -> None:
        held: list[nn.Checkpoint] = []
        if refused(path, lambda: held.append(nn.read_checkpoint(path))):
            held.clear()
            if path.stat().st_size % 4:  # to refuse it twice takes as long
                return
        velocity = held and any(name.startswith("velocity") for name in held[0].memory)
        kind = (0 if velocity else 1 if held[0].epoch is None else 2) if held else 0
        learner = self.learners[kind]
        if held:
            self._whole(kind, lambda: held[0].restore(learner.model, learner.optimizer, learner.schedule), path)
            self._whole(kind, lambda: self._resume(learner, path), path)
        elif not self._whole(kind, lambda: self._resume(learner, path), path):
            raise BrokenError("fit went on from what read_checkpoint refuses")

    def _resume(self, learner: Any, path: Path) -> None:
        """What fit(resume=True) reads, and then a step of training."""
        loader = Loader(nn.ArrayData(self.x, self.y), 2, np.random.default_rng(7))
        run = Run((learner.model, learner.optimizer, learner.schedule), learner.history, loader, path)
        run.resume()
        with np.errstate(all="ignore"):
            self._go_on(learner, run)

    def _go_on(self, learner: Any, run: Run) -> None:
        try:
            if not 0 <= run.first <= len(run.history) or not isinstance(run.seconds, int | float):
                raise BrokenError(f"a training that began at epoch {run.first} and took {run.seconds!r} seconds")
            json.dumps(run.history.epochs)
            for numbers in run.history.epochs:
                sum(numbers.values(), 0.0)
            left = 0
            for x, y in run.batches():
                loss, outputs = learner.step(x, y, on_nonfinite="continue")  # spoiled weights may be as large as any
                run.total.add(loss, outputs, y, counted(learner.loss, y))
                left += 1
            run.total.means()
            if run.total.count != 6 or not 0 <= run.total.right <= 6 or left + run.batch != 3:
                raise BrokenError(f"an epoch of 6 examples with {run.total}, {left} batches after {run.batch}")
            if learner.schedule is not None:
                learner.schedule.step()
        except REFUSALS as error:
            raise BrokenError(
                f"training could not go on from an accepted file: {type(error).__name__}: {error}"
            ) from error

    def _whole(self, kind: int, attempt: Callable[[], None], path: Path) -> str | None:
        """Either a refusal, and nothing is changed, or something else, and then all is put back."""
        try:
            unread = refused(path, attempt)
        except Exception:
            self._put_back(kind)
            raise
        if unread is None:
            self._put_back(kind)
        elif self._all_of(kind)[0] != self.begun[kind][0]:
            self._put_back(kind)
            raise BrokenError(f"a refused file changed the model, its optimiser or its generators: {unread}")
        return unread

    def _all_of(self, kind: int) -> tuple[Any, ...]:
        learner = self.learners[kind]
        arrays = {**self.arrays[kind], **{f"-{n}": a for n, a in learner.optimizer.state_dict().items()}}
        epoch = None if learner.schedule is None else learner.schedule.epoch
        generator = learner.model["drop"].rng.bit_generator.state
        compared = (_frozen(arrays), epoch, generator, list(learner.history.epochs), learner.optimizer.lr)
        return compared, {name: np.copy(array) for name, array in arrays.items()}

    def _put_back(self, kind: int) -> None:
        learner, ((_, epoch, generator, history, _), arrays) = self.learners[kind], self.begun[kind]
        learner.model.load_state_dict({name: a for name, a in arrays.items() if name[0] != "-"})
        learner.optimizer.load_state_dict({name[1:]: a for name, a in arrays.items() if name[0] == "-"})
        learner.model["drop"].rng.bit_generator.state = generator
        learner.history.epochs[:] = history
        if learner.schedule is not None:
            learner.schedule.count = epoch


READERS: dict[str, type[Reader]] = {"weights": Weights, "checkpoints": Checkpoints}
