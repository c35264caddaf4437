"""The page of the experiment: accuracy and how sure it is, mistakes, what the net looks at, doubts."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import charts
from ..pages import write_page
from . import pictures
from .doubts import Score, Trial, middle_alone, middle_hidden, score
from .training import Experiment


@dataclass(frozen=True)
class Result:
    """The numbers of one seed, with the weights of its best epoch in validation."""

    seed: int
    accuracy: float
    best_epoch: int
    last: float
    epoch_seconds: float


def result(experiment: Experiment) -> Result:
    """The numbers of a finished training."""
    history = experiment.learner.history
    best = experiment.best_epoch
    return Result(
        experiment.seed,
        best["validation_accuracy"],
        int(best["epoch"]),
        history["validation_accuracy"][-1],
        statistics.median(history["seconds"]),
    )


def show(experiment: Experiment, results: Sequence[Result], out: Path, trial: Trial | None, vgg16: Path | None) -> Path:
    """Write out/index.html and its pictures of one experiment's net, with the results of all seeds in a table."""
    learner, model, classes = experiment.learner, experiment.model, experiment.classes
    held_out = experiment.validation
    logits = learner.predict(held_out)
    predicted = logits.argmax(1)
    reached = Score(int((predicted == held_out.labels).sum()), len(held_out))
    doubts = {
        "as they are": reached,
        "with the middle half hidden": score(learner, held_out, middle_hidden),
        "with the middle half alone": score(learner, held_out, middle_alone),
    }
    charts.learning_chart(learner.history, out / "learning.svg", "validation")
    charts.confusion_chart(held_out.labels, predicted, classes, out / "confusion.svg")
    wrong = pictures.mistakes(model, held_out, predicted, classes)
    if wrong is not None:
        wrong.save(out / "mistakes.png")
    seen = pictures.telling(held_out, logits, of=0)
    pictures.reconstructions(model, seen).save(out / "reconstructions.png")
    pictures.occlusions(model, seen[:1], 0, classes).save(out / "occlusion.png")
    if vgg16 is not None:
        pictures.beside_vgg16(model, seen, vgg16).save(out / "beside_vgg16.png")
    drawn = ""
    try:
        pictures.architecture(model, seen, out / "mirror.svg")
    except (RuntimeError, NotImplementedError) as error:
        drawn = str(error)
    accuracies = [one.accuracy for one in results]
    return write_page(
        out / "index.html", "cats.html", experiment=experiment, classes=classes, reached=reached, results=results,
        mean=float(np.mean(accuracies)), spread=statistics.stdev(accuracies) if len(accuracies) > 1 else None,
        last=float(np.mean([one.last for one in results])), doubts=doubts, trial=trial, no_mistakes=wrong is None,
        most=pictures.MOST, not_drawn=drawn, vgg16=vgg16 is not None, history=learner.history.epochs,
        parameters=sum(p.size for p in model.parameters()),
        trained=sum(p.size for p in model.parameters() if p.requires_grad),
    )  # fmt: skip
