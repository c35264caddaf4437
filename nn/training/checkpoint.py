"""Checkpoints: all that training stands on, in one file that one training holds; Ctrl-C waits for a step to end."""

from __future__ import annotations

import json
import operator
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np

from ..io.safetensors_io import DIGEST, check_place, lock, unwritable, write_state
from ..io.weights import Array, check_state, read_with_notes
from ..module import Module, held_arrays
from ..optim import Optimizer
from ..schedules import Schedule

_NOTE = "checkpoint"


def write_checkpoint(
    path: str | os.PathLike[str],
    model: Module,
    optimizer: Optimizer,
    schedule: Schedule | None = None,
    position: Mapping[str, Any] | None = None,
    *,
    before: Callable[[], None] | None = None,
) -> None:
    """Write what training stands on to one safetensors file, whole or not at all.

    That is the model's parameters and buffers, the state of its generators (dropout's), the optimiser's and the
    schedule's, and `position`: where training is, in anything that JSON can hold. before: called when the new file is
    complete and the older one not yet replaced. Raises OSError if it cannot be written; an older file is then as it
    was.
    """
    about = {
        "position": dict(position or {}),
        "generators": generator_states(model),
        "schedule": None if schedule is None else schedule.epoch,
    }
    write_state(
        {f"model.{name}": array for name, array in held_arrays(model).items()}
        | {f"optimizer.{name}": array for name, array in optimizer.state_dict().items()},
        path,
        {_NOTE: json.dumps(about)},
        before=before,
    )


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a file of `write_checkpoint` holds. position: where training was."""

    source: str
    position: dict[str, Any]
    weights: dict[str, Array]
    memory: dict[str, Array]
    generators: dict[str, Any]
    epoch: int | None

    def restore(self, model: Module, optimizer: Optimizer, schedule: Schedule | None = None) -> None:
        """Put model, generators, optimiser and schedule in the state that was written.

        Raises ValueError for another model, optimiser or schedule; then nothing is changed.
        """
        if (self.epoch is None) != (schedule is None):
            without = "without" if self.epoch is None else "with"
            raise ValueError(f"checkpoint: {self.source} was written {without} a schedule")
        check_state(self.weights, held_arrays(model), self.source)
        try:
            check_generator_states(model, self.generators, self.source)
            optimizer.load_state_dict(self.memory)
        except ValueError as error:
            raise ValueError(f"checkpoint: {self.source} does not fit: {error}") from error
        model.load_state_dict(self.weights, self.source)
        set_generator_states(model, self.generators)
        if schedule is not None:
            schedule.epoch = self.epoch or 0


def read_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a checkpoint. Raises FileNotFoundError if there is none, ValueError if it is damaged or something else."""
    source, (arrays, notes) = os.fspath(path), read_with_notes(path)
    note = notes.get(_NOTE)
    if note is None:
        raise ValueError(f"checkpoint: {source} holds weights alone; Module.load takes them")
    if DIGEST not in notes:
        raise ValueError(
            f"checkpoint: {source} has no digest, so damage would not show; if an earlier version wrote it and all is "
            "well, write it anew: nn.write_state(nn.read_state(path), path, nn.read_notes(path))"
        )
    try:
        about = json.loads(note)
        position, generators, epoch = dict(about["position"]), dict(about["generators"]), about["schedule"]
        epoch = None if epoch is None else operator.index(epoch)
        if epoch is not None and not 0 <= epoch < 2**31:
            raise ValueError(f"there is no epoch {epoch!s:.20}")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"checkpoint: what {source} says of itself cannot be read: {error!r}") from error
    weights, memory = (
        {name.removeprefix(part): array for name, array in arrays.items() if name.startswith(part)}
        for part in ("model.", "optimizer.")
    )
    return Checkpoint(source, position, weights, memory, generators, epoch)


def generator_states(model: Module) -> dict[str, Any]:
    """The states of the generators that modules hold as attributes (dropout's), each once, by path."""
    return {name: generator_state(rng) for name, rng in _generators(model).items()}


def set_generator_states(model: Module, states: Mapping[str, Any]) -> None:
    """Put a model's generators in states that `generator_states` gave."""
    for name, rng in _generators(model).items():
        set_generator_state(rng, states[name])


def check_generator_states(model: Module, states: Mapping[str, Any], source: str) -> None:
    """Raise ValueError unless the states are those of such generators as the model holds."""
    held = _generators(model)
    if set(states) != set(held):
        raise ValueError(f"checkpoint: {source} has generators {sorted(states)}, the model has {sorted(held)}")
    for name, rng in held.items():
        set_generator_state(np.random.Generator(type(rng.bit_generator)()), states[name])


def generator_state(rng: np.random.Generator) -> dict[str, Any]:
    """The state of a Generator, as JSON can hold it."""
    held: dict[str, Any] = json.loads(json.dumps(rng.bit_generator.state, default=lambda array: array.tolist()))
    return held


def set_generator_state(rng: np.random.Generator, state: Any) -> None:
    """Put a Generator in a state that `generator_state` gave. Raises ValueError for what is none."""

    def arrays(held: Any) -> Any:
        if isinstance(held, list):
            return np.array(held, np.uint64)
        return {key: arrays(value) for key, value in held.items()} if isinstance(held, dict) else held

    try:
        rng.bit_generator.state = arrays(state)
    except (TypeError, ValueError, KeyError, OverflowError, IndexError) as error:
        kind = type(rng.bit_generator).__name__
        raise ValueError(f"checkpoint: there is no such state of a {kind}: {str(state)[:80]} ({error})") from error


def _generators(model: Module) -> dict[str, np.random.Generator]:
    """The generators that modules hold as attributes, each once, by path."""
    found: dict[int, tuple[str, np.random.Generator]] = {}
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            if isinstance(value, np.random.Generator):
                found.setdefault(id(value), (f"{path}.{name}" if path else name, value))
    return dict(found.values())


def previous(path: str | os.PathLike[str]) -> str:
    """Where the checkpoint before this one is kept."""
    return f"{os.fspath(path)}.previous"


def set_previous(path: str | os.PathLike[str], is_ours: bool) -> None:
    """Before a checkpoint is written over: keep it, where the file system has hard links, if it is of this training.

    If it is of another, what is kept of that is removed.
    """
    with suppress(OSError):
        with suppress(FileNotFoundError):
            os.unlink(previous(path))
        if is_ours:
            os.link(path, previous(path))


@contextmanager
def held(path: str | os.PathLike[str]) -> Iterator[None]:
    """Inside the block no other training holds this checkpoint: a process that is killed lets go of it.

    Raises BlockingIOError if one does, of another process or thread, and at once what writing would: OSError, or
    ValueError for a name of another kind of file. On systems without such locks nothing is held.
    """
    check_place(path)
    if os.name == "nt":
        yield
        return
    target = Path(path)
    name = target.with_name(f".{target.name}.lock")
    waits = 250
    while True:
        try:
            file = open(name, "r+b", buffering=0, opener=_make)  # noqa: SIM115 (closed below)
        except OSError as error:
            raise unwritable(target, error) from error
        with file:
            if lock(file.fileno()) is False:
                other = file.read(20).decode("ascii", "replace").strip()
                if waits and not _is_there(other):  # a child that it forked is just letting go
                    waits -= 1
                    time.sleep(0.02)
                    continue
                raise BlockingIOError(f"fit: another training, in process {other}, has the checkpoint {target}")
            try:
                if not os.path.samestat(os.fstat(file.fileno()), os.stat(name)):
                    continue
            except FileNotFoundError:  # the other let go of it, and removed it, between opening and holding
                continue
            try:
                _locks.add(file)
                with suppress(OSError):  # a full disk is an error when there is something to write
                    file.write(f"{os.getpid():<20}".encode())
                yield
            finally:
                if not file.closed:
                    _locks.discard(file)
                    with suppress(OSError):
                        os.unlink(name)
            return


def _is_there(process: str) -> bool:
    """Whether a process of this number runs; True for what is no number."""
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (ValueError, OverflowError, PermissionError):
        return True
    return True


_locks: set[FileIO] = set()


def _let_go() -> None:
    """In a fork: only the training itself holds its checkpoint, not a worker of its own that outlives it."""
    for file in _locks:
        file.close()
    _locks.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


def _make(name: str, flags: int) -> int:
    return os.open(name, flags | os.O_CREAT | os.O_NOFOLLOW, 0o666)


class Interruption:
    """Whether Ctrl-C was pressed."""

    asked = False


@contextmanager
def interruption_waits() -> Iterator[Interruption]:
    """Inside the block Ctrl-C only sets `asked`, for the block to end where it is whole; pressed again it interrupts.

    If the block comes to its end all the same, it interrupts there. In other threads than the main one, where Python
    hears no signals, and where another handler than Python's own is in place, nothing is changed.
    """
    heard = Interruption()
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield heard
        return

    def hear(number: int, frame: Any) -> None:
        if heard.asked:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.default_int_handler(number, frame)
        heard.asked = True

    signal.signal(signal.SIGINT, hear)
    try:
        yield heard
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if heard.asked:
        raise KeyboardInterrupt
