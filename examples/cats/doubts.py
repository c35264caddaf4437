"""Doubts: does the net look at the cat, or at something else in which the two classes differ?

The classes of such data often come from different sources, which differ in camera, size and compression too: a net that
recognises the source needs no cat. Two trials need no other pictures: hide the middle, where the object mostly is, or
show nothing else. A third takes pictures of other kinds from one of the sources, such as dogs from the cats' source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import nn

from ..charts import wilson


@dataclass(frozen=True)
class Score:
    """How many of some pictures are classified rightly."""

    right: int
    count: int

    @property
    def share(self) -> float:
        """The accuracy."""
        return self.right / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """The accuracy's 95 % confidence interval."""
        return wilson(self.right, self.count)


def middle_of(shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The square in the middle that is half of a picture's pixels."""
    height, width = shape[-2:]
    tall, wide = round(height * 0.5**0.5), round(width * 0.5**0.5)
    top, left = (height - tall) // 2, (width - wide) // 2
    return slice(top, top + tall), slice(left, left + wide)


def middle_hidden(pictures: np.ndarray) -> np.ndarray:
    """Pictures (N, C, H, W) whose middle half is their mean colour."""
    covered = pictures.copy()
    rows, columns = middle_of(pictures.shape)
    covered[:, :, rows, columns] = pictures.mean((2, 3), keepdims=True)
    return covered


def middle_alone(pictures: np.ndarray) -> np.ndarray:
    """Pictures (N, C, H, W) of which all but the middle half is their mean colour."""
    rows, columns = middle_of(pictures.shape)
    covered = np.broadcast_to(pictures.mean((2, 3), keepdims=True), pictures.shape).copy()
    covered[:, :, rows, columns] = pictures[:, :, rows, columns]
    return covered


def score(learner: nn.Learner, data: Any, change: Any = None) -> Score:
    """How many of a data set's pictures, changed first, are classified rightly."""
    predicted = learner.predict(nn.Augmented(data, change) if change else data).argmax(1)
    return Score(int((predicted == data.labels).sum()), len(data))


@dataclass(frozen=True)
class Tested:
    """A net's predictions on a folder of pictures.

    score: None where the folder has the name of none of its classes.
    """

    name: str
    count: int
    taken_for: dict[str, int]
    score: Score | None
    skipped: list[tuple[Path, str]]


def tested(learner: nn.Learner, folder: Path, classes: Sequence[str]) -> list[Tested]:
    """A net's predictions on each sub-folder's pictures.

    Raises FileNotFoundError if there are none at all.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    found = []
    for place in sorted(f for f in folder.iterdir() if f.is_dir() and not f.name.startswith(".")):
        preprocess = learner.model.preprocess  # type: ignore[attr-defined]
        pictures = nn.Pictures(nn.pictures_in(place), preprocess=preprocess, unreadable="skip")
        if not len(pictures):
            continue
        predicted = learner.predict(pictures).argmax(1)
        taken = {name: int((predicted == i).sum()) for i, name in enumerate(classes)}
        right = Score(taken[place.name], len(pictures)) if place.name in classes else None
        found.append(Tested(place.name, len(pictures), taken, right, pictures.skipped))
    if not found:
        raise FileNotFoundError(f"{folder} holds no folders with pictures that can be read")
    return found
