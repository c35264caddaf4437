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

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.right} of {self.count}, {self.share:.1%} ({low:.1%} to {high:.1%})"


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

    is_a: the class that its pictures are of, None where they are of none of the net's; score: None there too.
    """

    name: str
    is_a: str | None
    count: int
    taken_for: dict[str, int]
    score: Score | None
    skipped: list[tuple[Path, str]]


@dataclass(frozen=True)
class Trial:
    """What a net makes of pictures from elsewhere, folder by folder.

    together: of all the folders that are of a class. balanced: the mean of the classes' accuracies, which no always
    equal answer raises; None where there are pictures of one class only.
    """

    folders: list[Tested]
    together: Score | None
    balanced: float | None


def tested(learner: nn.Learner, asked: Sequence[str], classes: Sequence[str]) -> Trial:
    """A net's predictions on pictures from elsewhere.

    Arguments:
        learner: the trained net's.
        asked: folders with one folder of pictures a class, and NAME=CLASS for those that are called otherwise; NAME may
            be a folder by itself too.
        classes: the net's.
    Raises:
        FileNotFoundError: for a folder that is not there, or if none holds pictures that can be read.
        ValueError: for a class that is not the net's.
    """
    found = []
    for place, is_a in places_of(asked, classes):
        preprocess = learner.model.preprocess  # type: ignore[attr-defined]
        pictures = nn.Pictures(nn.pictures_in(place), preprocess=preprocess, unreadable="skip")
        if not len(pictures):
            continue
        predicted = learner.predict(pictures).argmax(1)
        taken = {name: int((predicted == i).sum()) for i, name in enumerate(classes)}
        right = Score(taken[is_a], len(pictures)) if is_a is not None else None
        found.append(Tested(place.name, is_a, len(pictures), taken, right, pictures.skipped))
    if not found:
        raise FileNotFoundError(f"{', '.join(asked)}: there are no pictures that can be read")
    scored = [(one.is_a, one.score) for one in found if one.score]
    together = Score(sum(s.right for _, s in scored), sum(s.count for _, s in scored)) if scored else None
    shares = []
    for name in dict.fromkeys(name for name, _ in scored):
        of_class = [score for is_a, score in scored if is_a == name]
        shares.append(sum(score.right for score in of_class) / sum(score.count for score in of_class))
    return Trial(found, together, float(np.mean(shares)) if len(shares) > 1 else None)


def places_of(asked: Sequence[str], classes: Sequence[str]) -> list[tuple[Path, str | None]]:
    """The folders of pictures that are asked about, each with its class; arguments and errors as for `tested`."""
    folders = [Path(one) for one in asked if "=" not in one or Path(one).is_dir()]
    named = {}
    for name, _, is_a in (one.rpartition("=") for one in asked if "=" in one and not Path(one).is_dir()):
        if is_a not in classes:
            raise ValueError(f"--test {name}={is_a}: there is no class {is_a!r}; the classes are {', '.join(classes)}")
        named[name] = is_a
    found: list[tuple[Path, str | None]] = []
    for folder in folders:
        if not folder.is_dir():
            raise FileNotFoundError(f"there is no folder {folder}")
        inner = sorted(place for place in folder.iterdir() if place.is_dir() and not place.name.startswith("."))
        found += [(place, named.pop(place.name, place.name if place.name in classes else None)) for place in inner]
    for name, is_a in named.items():
        if not Path(name).is_dir():
            raise FileNotFoundError(f"--test {name}={is_a}: there is no folder {name}")
        found.append((Path(name), is_a))
    return found
