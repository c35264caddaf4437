"""Logs of a training: a line, a table, or TensorBoard's events, written after each epoch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from autograd_mini.files import could_not_write, try_file, write_file
from autograd_mini.progress import say

from .history import TIMING, History


class Log(Protocol):
    """What is called after each epoch."""

    def __call__(self, history: History) -> None:
        """Write down what is new."""


def say_epoch(numbers: dict[str, float], left: float) -> None:
    """Print an epoch's numbers, and how many seconds are left."""
    parts = [f"epoch {numbers['epoch']:.0f}"]
    parts += [f"{key.replace('_', ' ')} {numbers[key]:.4f}" for key in numbers if key not in (*TIMING, "lr")]
    parts += [f"{numbers['images_per_second']:.0f} images/s, {numbers['seconds']:.1f} s"]
    if left >= 1:
        parts.append(f"{left / 60:.0f} min left" if left >= 90 else f"{left:.0f} s left")
    say(", ".join(parts))


@contextmanager
def log_to(path: str | os.PathLike[str] | None, first: int) -> Iterator[Log]:
    """The log of a path: of a .csv file, of a folder for TensorBoard, or none. first: how many epochs there were."""
    if path is None:
        yield lambda history: None
    elif os.fspath(path).endswith(".csv"):
        target = Path(path)
        if not target.parent.is_dir():
            raise FileNotFoundError(f"log: there is no folder {target.parent}")
        with _telling(target):
            try_file(target)
        yield lambda history: _write(target, history)
    else:
        with _writer(path, first) as writer:
            yield writer


def _write(target: Path, history: History) -> None:
    """The whole table anew: whole or not at all, and the same after a training that was resumed."""
    with _telling(target):
        write_file(target, [history.to_csv().encode()])


@contextmanager
def _telling(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise could_not_write("log", target, error) from error


@contextmanager
def _writer(folder: str | os.PathLike[str], first: int) -> Iterator[Log]:
    """TensorBoard's own writer; what a training wrote that was stopped behind the epoch it goes on from is purged."""
    try:
        from tensorboardX import SummaryWriter
    except ImportError as error:
        raise ImportError(
            f"fit: the log {os.fspath(folder)} is not a .csv file but a folder for TensorBoard, which tensorboardX "
            "writes; pip install 'autograd-mini[tensorboard]' brings it"
        ) from error
    writer: Any = SummaryWriter(os.fspath(folder), purge_step=first + 1)
    written = first

    def write(history: History) -> None:
        nonlocal written
        for epoch in history.epochs[written:]:
            for key, value in epoch.items():
                if key != "epoch":
                    writer.add_scalar(key, value, int(epoch["epoch"]))
        written = len(history)
        writer.flush()

    try:
        yield write
    finally:
        writer.close()
