"""A small training with everything that has a state, what tells two states apart, and mishaps at one of its calls."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import nn
from nn.training.generators import generator_states

BATCHES, EPOCHS = 5, 3
KINDS = ("sgd", "adam")


def learner(kind: str, seed: int = 0) -> nn.Learner:
    """A net with dropout and running statistics; an optimiser that remembers, and a schedule. seed: 0 in the runs that
    are compared; another in those that go on, to which it must not matter.
    """
    rng = np.random.default_rng(seed)
    model = nn.Sequential(
        conv=nn.Conv2d(2, 3, 3, padding=1, rng=rng), norm=nn.BatchNorm2d(3), relu=nn.ReLU(),
        drop1=nn.Dropout(0.3, rng=rng), flat=nn.Flatten(), drop2=nn.Dropout(0.3, rng=seed + 1),
        fc=nn.Linear(48, 3, rng=rng),
    )  # fmt: skip
    if kind == "sgd":
        optimizer: nn.Optimizer = nn.SGD(model.parameters(), 0.05, momentum=0.9, weight_decay=1e-3, nesterov=True)
    else:
        optimizer = nn.Adam(model.parameters(), 0.01)
    made = nn.Learner(model, nn.cross_entropy, optimizer)
    made.schedule = nn.WarmupLR(optimizer, 1, nn.CosineAnnealingLR(optimizer, EPOCHS))
    return made


def _array(count: int) -> nn.ArrayData:
    rng = np.random.default_rng(5)
    return nn.ArrayData(rng.standard_normal((count, 2, 4, 4), np.float32), rng.integers(0, 3, count))


def fit(learner: nn.Learner, checkpoint: Path | None, **options: Any) -> nn.History:
    """Some epochs in shuffled order with noise on the pictures, checked after each."""
    noisy = nn.Augmented(_array(4 * BATCHES - 1), lambda x, rng: x + 0.1 * rng.standard_normal(x.shape))
    kept = {"checkpoint": checkpoint, "resume": True, "every": 1} if checkpoint else {}
    given = {"epochs": EPOCHS, "batch_size": 4, "validation": _array(5), "schedule": learner.schedule, "seed": 3,
             "progress": False}  # fmt: skip
    return learner.fit(noisy, **given | kept | options)


def at_step(learner: nn.Learner) -> str:
    """What a whole step leaves: weights, statistics, the optimiser's memory, dropout's generators; as a fingerprint."""
    arrays = {f"model.{name}": array for name, array in learner.model.state_dict().items()}
    arrays |= {name: array for name, array in learner.optimizer.state_dict().items() if "lr" not in name}
    told = hashlib.sha256(json.dumps(generator_states(learner.model)).encode())
    for name, array in sorted(arrays.items()):
        told.update(f"{name} {array.dtype} {array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return told.hexdigest()


def at_end(learner: nn.Learner) -> str:
    """All of it: the learning rate, the schedule and what was counted in every epoch too, but no times."""
    history = [{key: v for key, v in epoch.items() if "second" not in key} for epoch in learner.history.epochs]
    numbers = [history, learner.schedule.epoch, learner.optimizer.lr, learner.optimizer.param_groups[0]["first_lr"]]
    return hashlib.sha256((at_step(learner) + json.dumps(numbers)).encode()).hexdigest()


def whole_run(kind: str) -> tuple[str, dict[int, str]]:
    """What an uninterrupted training ends in, and the fingerprint after every one of its steps."""
    trained = learner(kind)
    steps = {0: at_step(trained)}
    step = trained.step

    def watched(*args: Any) -> Any:
        done = step(*args)
        steps[trained.optimizer.steps] = at_step(trained)
        return done

    trained.step = watched  # type: ignore[method-assign]
    fit(trained, None)
    return at_end(trained), steps


CALLS = ("open", "write", "fsync", "replace", "link", "unlink", "close", "listdir")


@contextmanager
def calls_watched(act: Callable[[int, str, Callable[[], Any], Any], Any]) -> Iterator[None]:
    """Inside the block every call by which a file gets to disk goes through act(its number, its name, doing it,
    what it writes).
    """
    kept, count = {name: getattr(os, name) for name in CALLS}, iter(range(10**9))

    def watched(name: str) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            part = args if name == "write" else None
            return act(next(count), name, lambda: kept[name](*args, **options), part)

        return call

    for name in CALLS:
        setattr(os, name, watched(name))
    try:
        yield
    finally:
        for name, function in kept.items():
            setattr(os, name, function)


def calls(kind: str, path: Path) -> list[str]:
    """The names of those calls in a whole training with a checkpoint."""
    made: list[str] = []

    def note(number: int, name: str, do: Callable[[], Any], part: Any) -> Any:
        made.append(name)
        return do()

    with calls_watched(note):
        fit(learner(kind), path)
    return made
