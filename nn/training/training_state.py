"""One training run: its history, what it counts in an epoch, where it is in the data, and its checkpoint."""

from __future__ import annotations

import operator
import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from sys import float_info
from typing import Any

import numpy as np

from autograd_mini.arguments import is_whole

from ..data.adapter import Loaded
from ..data.datasets import Batch, Dataset, batch_ends, batches
from ..module import Module
from ..optim import EMA, Optimizer
from ..schedules import Schedule
from .checkpoint import Checkpoint, as_schedules, previous, read_checkpoint, set_previous, write_checkpoint
from .generators import check_generator_state, generator_state, set_generator_state, set_generator_states
from .history import History
from .metrics import Totals

Array = np.ndarray[Any, Any]


@dataclass
class Loader:
    """Data in batches, in an order drawn anew for each epoch by a generator, or as they are."""

    data: Dataset
    batch_size: int
    rng: np.random.Generator | None
    drop_last: bool = False
    least: int = 1
    workers: int | None = None
    weights: Array | None = None

    def batches(self, first: int) -> Iterator[Batch]:
        """An epoch's batches from one on."""
        options: dict[str, Any] = {"drop_last": self.drop_last, "least": self.least, "workers": self.workers}
        options["weights"] = self.weights
        return batches(self.data, self.batch_size, self.rng, first=first, **options)

    def ends(self) -> list[int]:
        """How many examples there are before each batch, and in all."""
        return batch_ends(len(self.data), self.batch_size, self.drop_last, self.least)

    def count(self) -> int | None:
        """How many examples an epoch has, if that is known."""
        return self.data.count if isinstance(self.data, Loaded) else self.ends()[-1]

    def about(self) -> dict[str, Any]:
        """What must be the same for another training to go on with these batches."""
        about = {"examples": len(self.data), "batch_size": int(self.batch_size), "shuffled": self.rng is not None}
        others = {"drop_last": self.drop_last, "weighted": self.weights is not None}
        return about | {what: True for what, holds in others.items() if holds}


@dataclass
class Run:
    """Where one `fit` is: its batches, what it counted in this epoch, and its checkpoint.

    trained: what goes into the checkpoint, which is written after every epoch, after every `every` steps, and when
    training is asked to end.
    """

    trained: tuple[Module, Optimizer, Schedule | Sequence[Schedule] | None]
    history: History
    loader: Loader
    checkpoint: str | os.PathLike[str] | None = None
    every: int | None = None
    average: EMA | None = None

    def __post_init__(self) -> None:
        self.first = len(self.history)
        self.standing: bool | None = None  # what the file holds: this run (True), this run damaged (False), another
        self.drawn: dict[str, Any] | None = None
        self._begin()

    def _begin(self) -> None:
        """At the start of an epoch."""
        self.total, self.batch, self.seconds = Totals(), 0, 0.0
        rng = self.loader.rng
        self.order = None if rng is None or self.checkpoint is None else generator_state(rng)

    def batches(self) -> Iterator[Batch]:
        """The batches of this epoch that are still to come, in the order of the generator."""
        coming = self.loader.batches(self.batch)
        if self.drawn is not None:  # only now: the order may have been drawn by one of the model's own generators
            set_generator_states(self.trained[0], self.drawn)
            self.drawn = None
        return coming

    def took_step(self) -> None:
        """After each step: what follows the weights, and the schedules that count steps."""
        if self.average is not None:
            self.average.update()
        for schedule in as_schedules(self.trained[2]):
            schedule.end_step()

    def end_step(self, seconds: float, ends: bool) -> None:
        """After each step: a checkpoint where one is due, and an end where one is asked for."""
        self.batch, self.seconds = self.batch + 1, seconds
        self._pause(self.every is not None and self.batch % self.every == 0, ends)

    def end_epoch(self, ends: bool) -> None:
        """After each epoch."""
        self._begin()
        self._pause(True, ends)

    def stop(self) -> None:
        """Training ends here because somebody wanted it: write the checkpoint."""
        self._pause(True, False)

    def resume(self) -> bool:
        """Go on from the checkpoint, if there is one. Raises ValueError if it was written of something else."""
        if self.checkpoint is None or not os.path.exists(self.checkpoint):
            return False
        held, loader = self._read(self.checkpoint), self.loader
        try:
            given = held.position
            total, first, batch = (
                Totals(**given["total"]),
                operator.index(given["first"]),
                operator.index(given["batch"]),
            )
            history, order, seconds, data = list(given["history"]), given["order"], given["seconds"], given["data"]
        except (KeyError, TypeError) as error:
            raise ValueError(f"fit: {held.source} was not written by fit: {error!r}") from error
        if data != loader.about():
            raise ValueError(f"fit: {held.source} was written of other batches: {data}, not {loader.about()}")
        if not self._is_place(total, first, batch, seconds, history):
            raise ValueError(f"fit: {held.source} was not written by fit: no training of these data was ever there")
        if loader.rng is not None:
            try:
                check_generator_state(loader.rng, order)
            except ValueError as error:
                raise ValueError(f"fit: {held.source}: {error}") from error
        held.restore(*self.trained, self.average)
        if loader.rng is not None:
            set_generator_state(loader.rng, order)
        self.history.epochs[:] = history
        self.first, self.batch, self.seconds, self.total, self.order = first, batch, seconds, total, order
        self.drawn = held.generators if batch else None
        return True

    def _is_place(self, total: Totals, first: int, batch: int, seconds: Any, history: list[Any]) -> bool:
        """Whether a training of these data can be there: what is counted goes with where it is."""
        ends = self.loader.ends()
        return (
            0 <= first <= len(history)
            and 0 <= batch < len(ends)
            and all(isinstance(epoch, dict) and all(map(_is_number, epoch.values())) for epoch in history)
            and _is_number(seconds)
            and _is_number(total.loss)
            and is_whole(total.count, 0)
            and _is_number(total.amount)
            and is_whole(total.counted, 0)
            and is_whole(total.right, 0)
            and total.right <= total.counted <= total.count == ends[batch]
            and isinstance(total.classifies, bool)
        )

    def _read(self, path: str | os.PathLike[str]) -> Checkpoint:
        try:
            held, self.standing = read_checkpoint(path), True
        except (ValueError, OSError) as damage:
            try:
                held, self.standing = read_checkpoint(previous(path)), False
            except (ValueError, OSError):
                raise damage from None
            warnings.warn(f"fit: going on from the checkpoint before, {held.source}: {damage}", stacklevel=4)
        return held

    def _pause(self, is_due: bool, ends: bool) -> None:
        """Where all is whole: write the checkpoint, and end if that is asked for."""
        end = "training was interrupted"
        if self.checkpoint is not None and (is_due or ends):
            self._write(self.checkpoint)
            end += f"; it is all in {os.fspath(self.checkpoint)}"
        if ends:
            raise KeyboardInterrupt(end)

    def _write(self, path: str | os.PathLike[str]) -> None:
        position = {
            "first": self.first,
            "history": self.history.epochs,
            "batch": self.batch,
            "seconds": self.seconds,
            "total": vars(self.total),
            "order": self.order,
            "data": self.loader.about(),
        }
        before = None if self.standing is False else partial(set_previous, path, bool(self.standing))
        write_checkpoint(path, *self.trained, position, average=self.average, before=before)
        self.standing = True


def _is_number(value: Any) -> bool:
    """A loss may be nan; an integer may be no larger than a floating number can be."""
    return isinstance(value, float) or (is_whole(value) and abs(value) <= float_info.max)
