"""Training by a recipe: pictures streamed from their folders, the best weights saved, interrupted and resumed."""

from __future__ import annotations

import copy
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import nn

from .recipes import Recipe


@dataclass
class Experiment:
    """One net, its training and validation pictures, and the folder for its weights."""

    recipe: Recipe
    seed: int
    folder: Path
    data: nn.ImageFolder
    model: Any
    learner: nn.Learner
    training: Any
    validation: nn.Subset
    best_epoch: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def best(self) -> Path:
        """The weights of the epoch that did best in validation."""
        return self.folder / "best.safetensors"

    @property
    def checkpoint(self) -> Path:
        """All that training stands on."""
        return self.folder / "checkpoint.safetensors"

    @property
    def classes(self) -> list[str]:
        """The names of the classes."""
        return self.data.classes


def prepare(recipe: Recipe, pictures: Path, seed: int, folder: Path) -> Experiment:
    """The net of a recipe and the pictures of a folder with one folder a class: nine in ten to train, seeded.

    Files that cannot be read are left out and listed in `data.skipped`. Raises what nn.ImageFolder raises.
    """
    rng = np.random.default_rng(seed)
    classes = len(nn.ImageFolder(pictures).classes)
    model = recipe.net(classes, rng)
    data = recipe.training(pictures, model, unreadable="skip")
    training, held_out = nn.split(data, 0.9, seed=seed)
    whole = copy.copy(data)
    whole.preprocess = model.preprocess  # to validate, whole pictures, as the net sees them later
    learner = nn.Learner(model, nn.cross_entropy, recipe.optimizer(model))
    varied = nn.Augmented(training, recipe.change) if recipe.change else training
    return Experiment(recipe, seed, folder, data, model, learner, varied, nn.Subset(whole, held_out.positions))


def unfinished(folder: Path) -> str:
    """In words, what training anew into a folder would lose: the progress of an interrupted training; "" if none."""
    path = folder / "checkpoint.safetensors"
    if not path.exists():
        return ""
    try:
        position = nn.read_checkpoint(path).position
        done, wanted = len(position["history"]), json.loads((folder / "plan.json").read_text())["epochs"]
    except (OSError, ValueError, KeyError) as error:
        return f"something that cannot be read ({error})"
    return "" if done >= wanted else f"a training interrupted in epoch {done + 1} of {wanted}"


def train(experiment: Experiment, epochs: int | None, *, resume: bool, progress: bool) -> None:
    """Train, or resume; afterwards the model holds the best weights.

    KeyboardInterrupt and OSError (a full disk) leave the last checkpoint and the best weights in the folder.
    """
    recipe, learner = experiment.recipe, experiment.learner
    epochs = epochs or recipe.epochs
    experiment.folder.mkdir(parents=True, exist_ok=True)
    (experiment.folder / "plan.json").write_text(json.dumps({"epochs": epochs}))
    schedule = recipe.schedule(learner.optimizer, epochs) if recipe.schedule else None
    started = time.perf_counter()
    learner.fit(
        experiment.training, epochs=epochs, batch_size=recipe.batch_size, validation=experiment.validation,
        schedule=schedule, seed=experiment.seed, progress=progress, best=experiment.best,
        checkpoint=experiment.checkpoint, resume=resume,
    )  # fmt: skip
    experiment.seconds = time.perf_counter() - started
    rows = learner.history.epochs
    experiment.best_epoch = max(
        rows, key=lambda row: (row["validation_accuracy"], -row["validation_loss"], -row["epoch"])
    )
    experiment.model.load(experiment.best)
