"""Checkpoints: all that training stands on, in one file, and the one before it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from autograd_mini.arguments import is_whole

from ..io.matching import Translated, matched
from ..io.opening import Array
from ..io.safetensors_io import DIGEST, write_state
from ..io.weights import read_with_notes
from ..module import Module, held_arrays
from ..optim import EMA, Optimizer
from ..schedules import Schedule
from .generators import check_generator_states, generator_states, set_generator_states

_NOTE = "checkpoint"


def write_checkpoint(
    path: str | os.PathLike[str],
    model: Module,
    optimizer: Optimizer,
    schedule: Schedule | Sequence[Schedule] | None = None,
    position: Mapping[str, Any] | None = None,
    *,
    average: EMA | None = None,
    before: Callable[[], None] | None = None,
) -> None:
    """Write what training stands on to one safetensors file, whole or not at all.

    That is the model's parameters and buffers, the state of its generators (dropout's), the optimiser's and the
    schedule's.

    Arguments:
        path: the file.
        model: a Module.
        optimizer: of its parameters.
        schedule: of the optimiser, if there is one, or several of them.
        position: where training is, in anything that JSON can hold.
        average: of the model's weights, if there is one.
        before: called when the new file is complete and the older one not yet replaced.
    Returns:
        None.
    Raises:
        OSError: if it cannot be written; an older file is then as it was.

    Example:
        >>> net = nn.Linear(2, 1, rng=0)
        >>> nn.write_checkpoint("run", net, nn.SGD(net.parameters(), 0.1), position={"epoch": 3})
        >>> nn.read_checkpoint("run").position
        {'epoch': 3}
    """
    about = {
        "position": dict(position or {}),
        "generators": generator_states(model),
        "schedules": [one.state_dict() for one in as_schedules(schedule)],
    }
    write_state(
        {f"model.{name}": array for name, array in held_arrays(model).items()}
        | {f"optimizer.{name}": array for name, array in optimizer.state_dict().items()}
        | ({} if average is None else {f"average.{name}": array for name, array in average.state_dict().items()}),
        path,
        {_NOTE: json.dumps(about)},
        before=before,
    )


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a file of `write_checkpoint` holds.

    Attributes:
        source: the file.
        position: where training was.
        weights: parameters and buffers by path.
        memory: the optimiser's state.
        generators: the states of the model's generators by path.
        schedules: the state of each schedule.
        average: the state of the average of the weights; empty if there was none.

    Example:
        >>> net = nn.Linear(2, 1, rng=0)
        >>> nn.write_checkpoint("run", net, nn.SGD(net.parameters(), 0.1))
        >>> held = nn.read_checkpoint("run")
        >>> sorted(held.weights), held.memory["lr"], held.schedules
        (['bias', 'weight'], array(0.1), [])
    """

    source: str
    position: dict[str, Any]
    weights: dict[str, Array]
    memory: dict[str, Array]
    generators: dict[str, Any]
    schedules: list[dict[str, Any]]
    average: dict[str, Array]

    @property
    def epoch(self) -> int | None:
        """What the first schedule had counted, if there was one."""
        return self.schedules[0]["count"] if self.schedules else None

    def restore(
        self,
        model: Module,
        optimizer: Optimizer,
        schedule: Schedule | Sequence[Schedule] | None = None,
        average: EMA | None = None,
    ) -> None:
        """Put model, generators, optimiser, schedules and average in the state that was written.

        Arguments:
            model, optimizer, schedule, average: made as those that were written.
        Raises:
            ValueError: for another model, optimiser, schedule or average; then nothing is changed.
        """
        schedules = as_schedules(schedule)
        if len(self.schedules) != len(schedules):
            written = ("without a schedule", "with a schedule", f"with {len(self.schedules)} schedules")
            raise ValueError(f"checkpoint: {self.source} was written {written[min(len(self.schedules), 2)]}")
        if (average is not None) != bool(self.average):
            without = "with" if self.average else "without"
            raise ValueError(f"checkpoint: {self.source} was written {without} an average of the weights")
        matched(Translated(self.weights), held_arrays(model), self.source)
        try:
            check_generator_states(model, self.generators, self.source)
            for one, state in zip(schedules, self.schedules, strict=True):
                one.check_state(state)
            if average is not None:
                average.check_state(self.average)
            optimizer.load_state_dict(self.memory)
        except ValueError as error:
            raise ValueError(f"checkpoint: {self.source} does not fit: {error}") from error
        model.load_state_dict(self.weights, self.source)
        set_generator_states(model, self.generators)
        for one, state in zip(schedules, self.schedules, strict=True):
            one.load_state_dict(state)
        if average is not None:
            average.load_state_dict(self.average)


def read_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a checkpoint.

    Arguments:
        path: a file of `write_checkpoint`.
    Returns:
        A Checkpoint.
    Raises:
        FileNotFoundError: if there is none.
        ValueError: if it is damaged or something else.

    Example:
        >>> net, other = nn.Linear(2, 1, rng=0), nn.Linear(2, 1, rng=1)
        >>> nn.write_checkpoint("run", net, nn.SGD(net.parameters(), 0.1))
        >>> nn.read_checkpoint("run").restore(other, nn.SGD(other.parameters(), 0.5))
        >>> np.array_equal(net.weight.numpy(), other.weight.numpy())
        True
    """
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
        position, generators = dict(about["position"]), dict(about["generators"])
        if "schedules" not in about:  # as the release before wrote it, of one schedule
            epoch = about["schedule"]
            about["schedules"] = [] if epoch is None else [{"count": epoch}]
        schedules = [dict(state) for state in about["schedules"]]
        if not all(is_whole(state["count"], 0) and state["count"] < 2**31 for state in schedules):
            raise ValueError(f"there is no such count: {about['schedules']!s:.60}")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"checkpoint: what {source} says of itself cannot be read: {error!r}") from error
    weights, memory, average = (
        {name.removeprefix(part): array for name, array in arrays.items() if name.startswith(part)}
        for part in ("model.", "optimizer.", "average.")
    )
    return Checkpoint(source, position, weights, memory, generators, schedules, average)


def as_schedules(schedule: Schedule | Sequence[Schedule] | None) -> tuple[Schedule, ...]:
    """One schedule, several, or none."""
    if schedule is None:
        return ()
    return (schedule,) if isinstance(schedule, Schedule) else tuple(schedule)


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
