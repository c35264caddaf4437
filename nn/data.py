"""Data sets: arrays in memory, or a folder of images read as they are needed; seeded splits and batches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from .preprocessing import Array, check_size, read_picture

IMAGE_SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}


class Dataset(Protocol):
    """What training needs of a data set: its labels, and the inputs at some positions."""

    labels: Array

    def __len__(self) -> int:
        """How many examples there are."""

    def inputs(self, positions: Array) -> Array:
        """The inputs at the given positions, stacked."""


class ArrayData:
    """Inputs and labels already in memory: inputs (N, ...), labels (N, ...).

    Raises ValueError if there are none or their numbers differ.
    """

    def __init__(self, inputs: Any, labels: Any) -> None:
        self.values, self.labels = np.asarray(inputs), np.asarray(labels)
        if not self.values.ndim or not self.labels.ndim or not 0 < len(self.values) == len(self.labels):
            raise ValueError(
                f"data: inputs {self.values.shape} and labels {self.labels.shape} must have equally many rows, "
                "and at least one"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def inputs(self, positions: Array) -> Array:
        """The inputs at the given positions, (B, ...)."""
        picked: Array = self.values[positions]
        return picked


class ImageFolder:
    """A folder with one sub-folder a class; pictures become float32 (3, size, size) with values in [0, 1].

    Classes are the sub-folders' names in alphabetical order, labels their numbers. Pictures are turned as their EXIF
    data say and made RGB (transparency is dropped); `resize="crop"` scales the shorter side to `size` and cuts the
    middle out, "stretch" scales both sides. Files are opened when asked for: nothing is held but their names. Hidden
    files are passed over.

    Raises FileNotFoundError if there is no such folder; ValueError for no classes, only one, or one without pictures.
    A file that cannot be read as an image raises ValueError naming it, when it is opened.
    """

    def __init__(
        self, path: str | os.PathLike[str], size: int = 224, *, resize: Literal["crop", "stretch"] = "crop"
    ) -> None:
        root = Path(path)
        if not root.is_dir():
            raise FileNotFoundError(f"ImageFolder: there is no folder {root}")
        check_size("ImageFolder", size, resize)
        self.size, self.resize = size, resize
        self.classes = sorted(f.name for f in root.iterdir() if f.is_dir() and not f.name.startswith("."))
        if len(self.classes) < 2:
            found = f"only {self.classes[0]!r}" if self.classes else "none"
            raise ValueError(
                f"ImageFolder: {root} must hold a folder for each of at least two classes; there is {found}"
            )
        self.files: list[Path] = []
        labels: list[int] = []
        for number, name in enumerate(self.classes):
            found_here = ((f, f.relative_to(root).parts) for f in (root / name).rglob("*"))
            files = sorted(
                f for f, parts in found_here
                if f.suffix.lower() in IMAGE_SUFFIXES and f.is_file() and not any(p.startswith(".") for p in parts)
            )  # fmt: skip
            if not files:
                raise ValueError(f"ImageFolder: class {name!r} has no pictures in {root / name}")
            self.files += files
            labels += [number] * len(files)
        self.labels = np.array(labels)

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, position: int) -> tuple[Array, int]:
        """One picture (3, size, size) and its label."""
        return read_image(self.files[position], self.size, self.resize), int(self.labels[position])

    def inputs(self, positions: Array) -> Array:
        """The pictures at the given positions, (B, 3, size, size)."""
        chosen = np.arange(len(self))[positions]
        return np.stack([read_image(self.files[i], self.size, self.resize) for i in chosen])


class Subset:
    """Some examples of a data set: by their positions, or by a mask that is True where they stand."""

    def __init__(self, data: Dataset, positions: Sequence[int] | Array) -> None:
        chosen = np.asarray(positions)
        self.data, self.positions = data, np.flatnonzero(chosen) if chosen.dtype.kind == "b" else chosen
        self.labels: Array = data.labels[self.positions]

    @property
    def classes(self) -> list[str]:
        """The names of the classes, where the data set has them."""
        names: list[str] = self.data.classes  # type: ignore[attr-defined]
        return names

    def __len__(self) -> int:
        return len(self.positions)

    def inputs(self, positions: Array) -> Array:
        """The inputs at the given positions of the subset."""
        return self.data.inputs(self.positions[positions])


class Augmented:
    """A data set whose inputs are changed each time they are asked for: shifted, mirrored, made noisy, …

    data: any data set. change: takes a batch of inputs (B, ...) and returns as many; their dtype is kept.
    """

    def __init__(self, data: Dataset, change: Callable[[Array], Array]) -> None:
        self.data, self.change = data, change
        self.labels: Array = data.labels

    def __len__(self) -> int:
        return len(self.data)

    def inputs(self, positions: Array) -> Array:
        """The changed inputs at the given positions."""
        inputs = self.data.inputs(positions)
        changed = np.asarray(self.change(inputs), inputs.dtype)
        if len(changed) != len(inputs):
            raise ValueError(f"Augmented: `change` made {len(changed)} inputs of {len(inputs)}")
        return changed


def read_image(path: str | os.PathLike[str], size: int, resize: str = "crop") -> Array:
    """One picture as float32 (3, size, size) in [0, 1]; see ImageFolder. Raises ValueError if it cannot be read."""
    return read_picture(path, size, resize)


def split(data: Dataset, fraction: float, *, seed: int = 0) -> tuple[Subset, Subset]:
    """Part a data set in two: `fraction` of every class (rounded) in the first, the rest in the second; seeded.

    Targets that are not integer labels, (N,), are parted as one class.

    Raises ValueError unless 0 < fraction < 1 and both parts have examples.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"split: the fraction must be between 0 and 1, not {fraction}")
    rng = np.random.default_rng(seed)
    first: list[Array] = []
    second: list[Array] = []
    classifies = data.labels.ndim == 1 and data.labels.dtype.kind in "iub"
    for label in np.unique(data.labels) if classifies else [None]:
        members = rng.permutation(np.flatnonzero(data.labels == label) if classifies else np.arange(len(data)))
        cut = round(fraction * len(members))
        first.append(members[:cut])
        second.append(members[cut:])
    parts = np.concatenate(first), np.concatenate(second)
    if not len(parts[0]) or not len(parts[1]):
        raise ValueError(f"split: {fraction} of {len(data)} examples leaves one part empty")
    return Subset(data, np.sort(parts[0])), Subset(data, np.sort(parts[1]))


def batches(
    data: Dataset, batch_size: int, rng: np.random.Generator | int | None = None
) -> Iterator[tuple[Array, Array]]:
    """(inputs, labels) batch by batch; shuffled by `rng`, in order without; the last batch may be smaller.

    Raises ValueError for a batch size below 1.
    """
    if not isinstance(batch_size, int | np.integer) or batch_size < 1:
        raise ValueError(f"batches: batch_size must be an integer of at least 1, not {batch_size!r}")
    order = np.arange(len(data)) if rng is None else np.random.default_rng(rng).permutation(len(data))
    parts = (order[start : start + batch_size] for start in range(0, len(data), batch_size))
    return ((data.inputs(positions), data.labels[positions]) for positions in parts)
