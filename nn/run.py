"""One training run: its history, what it counts in an epoch, where it is in the data, and its checkpoint."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .checkpoint import (
    Interruption,
    generator_state,
    read_checkpoint,
    set_generator_state,
    set_generator_states,
    write_checkpoint,
)
from .data import Batch, Dataset, batches
from .module import Module
from .optim import Optimizer, Schedule

Array = np.ndarray[Any, Any]


@dataclass
class History:
    """One dict an epoch: epoch, loss, accuracy, images_per_second, seconds, lr, and validation_… where validated."""

    epochs: list[dict[str, float]] = field(default_factory=list)

    def __getitem__(self, key: str) -> list[float]:
        """One quantity over the epochs: history["loss"]."""
        return [epoch[key] for epoch in self.epochs]

    def __len__(self) -> int:
        return len(self.epochs)

    def best(self) -> dict[str, float]:
        """The epoch that did best in validation: by accuracy, by loss among equals, the first of those."""

        def merit(epoch: dict[str, float]) -> tuple[float, float]:
            return epoch.get("validation_accuracy", 0.0), -epoch["validation_loss"]

        return max((epoch for epoch in self.epochs if "validation_loss" in epoch), key=merit)


@dataclass
class Totals:
    """Loss and accuracy, weighted by the size of each batch."""

    loss: float = 0.0
    count: int = 0
    right: int = 0
    classifies: bool = True

    def add(self, loss: float, outputs: Array, targets: Any) -> None:
        """Count one batch in."""
        labels = np.asarray(targets)
        self.loss += loss * len(labels)
        self.count += len(labels)
        self.classifies &= labels.dtype.kind in "iu" and labels.ndim == 1 and outputs.ndim == 2
        if self.classifies:
            self.right += int((outputs.argmax(1) == labels).sum())

    def means(self) -> dict[str, float]:
        """Over all examples so far."""
        means = {"loss": self.loss / self.count}
        return means | {"accuracy": self.right / self.count} if self.classifies else means


class Run:
    """Where one `fit` is: its batches, what it counted in this epoch, and its checkpoint."""

    def __init__(
        self,
        model: Module,
        optimizer: Optimizer,
        history: History,
        data: Dataset,
        batch_size: int,
        rng: np.random.Generator | None,
        schedule: Schedule | None,
        checkpoint: str | os.PathLike[str] | None,
        every: int | None,
    ) -> None:
        self.model, self.optimizer, self.schedule, self.history = model, optimizer, schedule, history
        self.data, self.batch_size, self.rng = data, batch_size, rng
        self.checkpoint, self.every = checkpoint, every
        self.first = len(history)
        self.interruption = Interruption()
        self.drawn: dict[str, Any] | None = None
        self._begin()

    def _begin(self) -> None:
        """At the start of an epoch."""
        self.total, self.batch, self.seconds = Totals(), 0, 0.0
        self.order = None if self.rng is None or self.checkpoint is None else generator_state(self.rng)

    def batches(self) -> Iterator[Batch]:
        """The batches of this epoch that are still to come, in the order of the generator."""
        coming = batches(self.data, self.batch_size, self.rng, first=self.batch)
        if self.drawn is not None:  # only now: the order may have been drawn by one of the model's own generators
            set_generator_states(self.model, self.drawn)
            self.drawn = None
        return coming

    def end_step(self, seconds: float) -> None:
        """After each step: a checkpoint where one is due, and an end where one is asked for."""
        self.batch, self.seconds = self.batch + 1, seconds
        if self.checkpoint is not None and (self.interruption.asked or (self.every and self.batch % self.every == 0)):
            self._write()

    def end_epoch(self) -> None:
        """After each epoch."""
        self._begin()
        if self.checkpoint is not None:
            self._write()

    def resume(self) -> bool:
        """Go on from the checkpoint, if there is one. Raises ValueError if it was written of something else."""
        if self.checkpoint is None or not os.path.exists(self.checkpoint):
            return False
        held = read_checkpoint(self.checkpoint)
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
        if data != self._about_data():
            raise ValueError(f"fit: {held.source} was written of other batches: {data}, not {self._about_data()}")
        if self.rng is not None:
            set_generator_state(np.random.Generator(type(self.rng.bit_generator)()), order)  # if it is one
        held.restore(self.model, self.optimizer, self.schedule)
        if self.rng is not None:
            set_generator_state(self.rng, order)
        self.history.epochs[:] = history
        self.first, self.batch, self.seconds, self.total, self.order = first, batch, seconds, total, order
        self.drawn = held.generators if batch else None
        return True

    def _about_data(self) -> dict[str, Any]:
        return {"examples": len(self.data), "batch_size": int(self.batch_size), "shuffled": self.rng is not None}

    def _write(self) -> None:
        assert self.checkpoint is not None
        position = {
            "first": self.first,
            "history": self.history.epochs,
            "batch": self.batch,
            "seconds": self.seconds,
            "total": vars(self.total),
            "order": self.order,
            "data": self._about_data(),
        }
        write_checkpoint(self.checkpoint, self.model, self.optimizer, self.schedule, position)
        if self.interruption.asked:
            raise KeyboardInterrupt(f"training was interrupted; it is all in {os.fspath(self.checkpoint)}")
