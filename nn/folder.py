"""A folder of pictures as a data set: read as they are needed; those that cannot be read are told, or passed over."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np

from .preprocessing import Array, Preprocessing, check_size, read_picture

IMAGE_SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
_NO_PICTURE = "is not called like a picture"


class ImageFolder:
    """A folder with one sub-folder a class; pictures become float32 (3, size, size) with values in [0, 1].

    Classes are the sub-folders' names in alphabetical order, labels their numbers. Pictures are turned as their EXIF
    data say and made RGB (transparency is dropped); `resize="crop"` scales the shorter side to `size` and cuts the
    middle out, "stretch" scales both sides. preprocess: what a net wants to see, such as `net.preprocess`; it then says
    how, and size and resize do not matter. Files are opened when asked for: nothing is held but their names, and a
    `Learner` has the next ones read while it computes. Hidden files are passed over.

    unreadable: "raise" has a file that is no picture raise ValueError, naming it, when it is opened. "skip" opens every
    file at once, in background threads, and leaves out those that cannot be read: `skipped` lists them, each with the
    reason; so it does folders that cannot be read and files that are not called like pictures.

    Raises FileNotFoundError if there is no such folder; ValueError for no classes, only one, or one without pictures.
    """

    readable_ahead = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        size: int = 224,
        *,
        resize: Literal["crop", "stretch"] = "crop",
        preprocess: Preprocessing | None = None,
        unreadable: Literal["raise", "skip"] = "raise",
    ) -> None:
        root = Path(path)
        if not root.is_dir():
            raise FileNotFoundError(f"ImageFolder: there is no folder {root}")
        check_size("ImageFolder", size, resize)
        if unreadable not in ("raise", "skip"):
            raise ValueError(f"ImageFolder: unreadable must be 'raise' or 'skip', not {unreadable!r}")
        self.size, self.resize, self.preprocess = size, resize, preprocess
        self.skipped: list[tuple[Path, str]] = []
        self.classes = sorted(f.name for f in root.iterdir() if f.is_dir() and not f.name.startswith("."))
        if len(self.classes) < 2:
            found = f"only {self.classes[0]!r}" if self.classes else "none"
            raise ValueError(
                f"ImageFolder: {root} must hold a folder for each of at least two classes; there is {found}"
            )
        self.files: list[Path] = []
        labels: list[int] = []
        for number, name in enumerate(self.classes):
            files = self._pictures_in(root / name)
            if unreadable == "skip":
                files = self._readable(files)
            if not files:
                faults = [f"{file} {why}" for file, why in self.skipped if why != _NO_PICTURE]
                because = f": {faults[-1]}" if faults else ""
                raise ValueError(f"ImageFolder: class {name!r} has no pictures in {root / name}{because}")
            self.files += files
            labels += [number] * len(files)
        self.labels = np.array(labels)

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, position: int) -> tuple[Array, int]:
        """One picture (3, size, size) and its label."""
        return self._read(self.files[position]), int(self.labels[position])

    def inputs(self, positions: Array) -> Array:
        """The pictures at the given positions, (B, 3, size, size)."""
        return np.stack([self._read(self.files[i]) for i in np.arange(len(self))[positions]])

    def _read(self, file: Path) -> Array:
        return read_picture(file, self.size, self.resize) if self.preprocess is None else self.preprocess(file)

    def _pictures_in(self, folder: Path) -> list[Path]:
        """The files in a folder and those inside it that are called like pictures, in order."""
        found = []

        def unread(error: OSError) -> None:
            self.skipped.append((Path(error.filename), f"cannot be read: {error.strerror}"))

        for place, folders, names in os.walk(folder, onerror=unread):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for file in (Path(place, name) for name in names if not name.startswith(".")):
                if file.suffix.lower() not in IMAGE_SUFFIXES:
                    self.skipped.append((file, _NO_PICTURE))
                elif file.is_file():
                    found.append(file)
        return sorted(found)

    def _readable(self, files: Iterable[Path]) -> list[Path]:
        """Those that can be read; the others are written down."""

        def fault(file: Path) -> str | None:
            try:
                self._read(file)
            except (OSError, ValueError) as error:
                return str(error)
            return None

        good = []
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for file, why in zip(files, pool.map(fault, files), strict=True):
                if why is None:
                    good.append(file)
                else:
                    self.skipped.append((file, why.removeprefix(f"{file} ")))
        return good


def read_image(path: str | os.PathLike[str], size: int, resize: str = "crop") -> Array:
    """One picture as float32 (3, size, size) in [0, 1]; see ImageFolder. Raises ValueError if it cannot be read."""
    return read_picture(path, size, resize)
