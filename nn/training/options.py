"""What `fit`, `evaluate` and `predict` are given, and what is refused of it before anything is trained."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_mini.arguments import check_whole, is_real, is_whole

from ..data.adapter import Loaded, is_examples
from ..data.datasets import Dataset, check_classes, classes_of
from ..losses.modules import label_check
from ..module import Module
from ..optim import EMA, Optimizer
from ..schedules import Schedule

NOT_FINITE = ("raise", "continue")


def check_made_of(model: Any, loss: Any, optimizer: Any) -> None:
    """Raise TypeError for what a Learner cannot be made of."""
    if not isinstance(model, Module):
        raise TypeError(f"Learner: the model must be a Module, not {type(model).__name__}")
    if not callable(loss):
        such = "; losses are functions, such as nn.cross_entropy" if isinstance(loss, str) else ""
        raise TypeError(f"Learner: the loss must be a function of outputs and targets, not {type(loss).__name__}{such}")
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        is_class = isinstance(optimizer, type) and issubclass(optimizer, Optimizer)
        odd = f"its class; write nn.{optimizer.__name__}(net.parameters())" if is_class else type(optimizer).__name__
        raise TypeError(f"Learner: the optimizer must be an Optimizer, not {odd}")


def check_options(data: Dataset, held_out: Dataset | None, loss: Any, given: dict[str, Any]) -> None:
    """Raise ValueError or TypeError for options of `fit` that mean nothing, or not together."""
    check_classes("fit", classes_of(data), classes_of(held_out))
    for what in ("epochs", "batch_size", "accumulate"):
        check_whole("fit", what, given[what], 1)
    for what in ("workers", "every", "patience"):
        if given[what] is not None:
            check_whole("fit", what, given[what], 1)
    if isinstance(data, Loaded) and (
        given["drop_last"] or given["checkpoint"] is not None or given["weights"] is not None
    ):
        raise ValueError(
            "fit: a loader makes its own batches in its own order, so that fit can neither leave one out, nor draw by "
            "weights, nor go on from a checkpoint as if it had never stopped; give its data set"
        )
    if given["drop_last"] and len(data) < given["batch_size"]:
        words = f"make no batch of {given['batch_size']}, and drop_last leaves it out"
        raise ValueError(f"fit: {len(data)} examples {words}")
    if (check := label_check(loss)) is not None:
        for part in (data, held_out):
            if part is not None:
                check(part.labels)
    for what in ("best", "checkpoint", "log"):
        if given[what] is not None and not isinstance(given[what], str | os.PathLike):
            raise TypeError(f"fit: {what} must be a str or a Path, not {type(given[what]).__name__}")
    for what in ("clip_norm", "clip_value"):
        if given[what] is not None and not (is_real(given[what]) and 0 < given[what] < math.inf):
            raise ValueError(f"fit: {what} must be a positive number, not {given[what]}")
    seed = given["seed"]
    if not isinstance(seed, np.random.Generator) and not is_whole(seed, 0):
        raise ValueError(f"fit: seed must be an integer of at least 0 or a Generator, not {seed!r}")
    if given["on_nonfinite"] not in NOT_FINITE:
        raise ValueError(f"fit: on_nonfinite must be 'raise' or 'continue', not {given['on_nonfinite']!r}")
    if held_out is None and (given["metrics"] is not None):
        raise ValueError("fit: metrics are counted in validation; give validation=")
    if given["best"] is not None and held_out is None:
        raise ValueError("fit: which weights are best shows in validation; give validation=")
    if given["patience"] is not None and held_out is None:
        raise ValueError("fit: which epoch is best shows in validation; patience needs validation=")
    if given["weights"] is not None and not given["shuffle"]:
        raise ValueError("fit: examples are drawn by their weights; shuffle=False keeps them in order")
    if given["checkpoint"] is None and (given["resume"] or given["every"] is not None):
        raise ValueError("fit: resume and every are of a checkpoint; give checkpoint=")


def schedules_of(given: Any, optimizer: Optimizer) -> tuple[Schedule, ...]:
    """One schedule, several, or none. Raises TypeError, or ValueError for that of another optimiser."""
    schedules = () if given is None else tuple(given) if isinstance(given, Sequence) else (given,)
    for schedule in schedules:
        if not isinstance(schedule, Schedule):
            raise TypeError(f"fit: schedule must be a Schedule, not {type(schedule).__name__}")
        if schedule.optimizer is not optimizer:
            raise ValueError("fit: schedule moves the learning rate of another optimizer than this Learner's")
    return schedules


def check_average(average: Any, model: Module) -> None:
    """Raise TypeError or ValueError unless it is an average of the model's weights, or none."""
    if average is not None and not isinstance(average, EMA):
        raise TypeError(f"fit: average must be an EMA, not {type(average).__name__}")
    if average is not None and average.model is not model:
        raise ValueError("fit: average is of another model than this Learner's")


def pair_of(validation: Any) -> tuple[Any, Any]:
    """Inputs and targets, or a data set and nothing."""
    if not isinstance(validation, tuple | list) or is_examples(validation):
        return validation, None
    if len(validation) != 2:
        given = f"a {type(validation).__name__} of {len(validation)}"
        raise ValueError(f"fit: validation must be inputs and targets, or a data set, not {given}")
    return validation[0], validation[1]
