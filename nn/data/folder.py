"""A folder of pictures as a data set: read as they are needed; those that cannot be read raise, or are passed over."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import numpy as np

from .preprocessing import Array, Preprocessing, check_size, read_picture

IMAGE_SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
_NO_PICTURE = "is not called like a picture"


class Pictures:
    """Picture files as a data set; they become float32 (3, size, size) with values in [0, 1].

    Pictures are turned as their EXIF data say and made RGB, on white where they are transparent. Files are opened when
    asked for: nothing is held but their names, and a `Learner` has the next ones read while it computes.

    Arguments:
        files: their paths.
        labels: a number each, by default 0.
        size: pixels a side.
        resize: "crop" scales the shorter side to `size` and cuts the middle out, "stretch" scales both sides.
        preprocess: what a net wants to see, such as `net.preprocess`; it then says how, and size and resize do not
            matter.
        unreadable: "raise" has a file that is no picture raise ValueError, naming it, when it is opened. "skip" opens
            every file at once, in background threads, and leaves out those that cannot be read: `skipped` lists them,
            each with the reason.
    Raises:
        ValueError: for options that mean nothing, or labels that are not as many as the files.

    Example:
        >>> from PIL import Image
        >>> Image.new("RGB", (20, 10), "red").save("red.png")
        >>> nn.Pictures(["red.png"], size=4).inputs([0])[0, :, 0, 0]
        array([1., 0., 0.], dtype=float32)
    """

    readable_ahead = True

    def __init__(
        self,
        files: Iterable[str | os.PathLike[str]],
        labels: Iterable[int] | None = None,
        size: int = 224,
        *,
        resize: Literal["crop", "stretch"] = "crop",
        preprocess: Preprocessing | None = None,
        unreadable: Literal["raise", "skip"] = "raise",
    ) -> None:
        name = type(self).__name__
        check_size(name, size, resize)
        if unreadable not in ("raise", "skip"):
            raise ValueError(f"{name}: unreadable must be 'raise' or 'skip', not {unreadable!r}")
        self.size, self.resize, self.preprocess = size, resize, preprocess
        self.files = [Path(file) for file in files]
        self.labels: Array = np.zeros(len(self.files), int) if labels is None else np.array([*labels], int)
        if len(self.labels) != len(self.files):
            raise ValueError(f"{name}: {len(self.files)} files need as many labels, not {len(self.labels)}")
        self.skipped: list[tuple[Path, str]] = []
        if unreadable == "skip":
            self._skip()

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

    def _skip(self) -> None:
        """Leave out what cannot be read."""

        from concurrent.futures import ThreadPoolExecutor

        def fault(file: Path) -> str | None:
            try:
                self._read(file)
            except (OSError, ValueError) as error:
                return str(error).removeprefix(f"{file} ")
            return None

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            faults = [*pool.map(fault, self.files)]
        self.skipped += [(file, why) for file, why in zip(self.files, faults, strict=True) if why is not None]
        self.labels = self.labels[[why is None for why in faults]]
        self.files = [file for file, why in zip(self.files, faults, strict=True) if why is None]


class ImageFolder(Pictures):
    """A folder with one sub-folder a class, as a data set of pictures, which are read as `Pictures` reads them.

    `classes` are the sub-folders' names in alphabetical order, labels their numbers. Hidden files are passed over.
    Links to files are followed, and classes may be links; links to folders inside a class are not, so none go round.
    `skipped` also lists folders that cannot be read, links that lead nowhere, pipes, and files that are not called like
    pictures.

    Arguments:
        path: the folder.
        size: pixels a side.
        resize: "crop" scales the shorter side to `size` and cuts the middle out, "stretch" scales both sides.
        preprocess: what a net wants to see, such as `net.preprocess`; it then says how, and size and resize do not
            matter.
        unreadable: "raise" or "skip", what to do about files that are no pictures.
    Raises:
        FileNotFoundError: if there is no such folder.
        ValueError: for no classes, only one, or one without pictures.

    Example:
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> for name in ("cat", "dog"):
        ...     Path(name).mkdir()
        ...     Image.new("RGB", (8, 8)).save(f"{name}/1.png")
        >>> folder = nn.ImageFolder(".", size=4)
        >>> folder.classes, folder.labels
        (['cat', 'dog'], array([0, 1]))
    """

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
        self.classes = sorted(f.name for f in root.iterdir() if f.is_dir() and not f.name.startswith("."))
        if len(self.classes) < 2:
            found = f"only {self.classes[0]!r}" if self.classes else "none"
            raise ValueError(
                f"ImageFolder: {root} must hold a folder for each of at least two classes; there is {found}"
            )
        passed: list[tuple[Path, str]] = []
        by_class = [pictures_in(root / name, passed) for name in self.classes]
        files = [file for found in by_class for file in found]
        labels = [number for number, found in enumerate(by_class) for _ in found]
        super().__init__(files, labels, size, resize=resize, preprocess=preprocess, unreadable=unreadable)
        self.skipped = passed + self.skipped
        for number, name in enumerate(self.classes):
            if number not in self.labels:
                faults = [(file, why) for file, why in self.skipped if why != _NO_PICTURE]
                inside = [f"{file} {why}" for file, why in faults if root / name in (file, *file.parents)]
                because = f": {inside[0]}" if inside else ""
                raise ValueError(f"ImageFolder: class {name!r} has no pictures in {root / name}{because}")


def pictures_in(folder: str | os.PathLike[str], passed: list[tuple[Path, str]] | None = None) -> list[Path]:
    """The files in a folder, and in those inside it, that are called like pictures; hidden ones are not among them.

    Arguments:
        folder: where to look.
        passed: where to write down files that are called otherwise, links that lead nowhere, pipes, and folders that
            cannot be read, each with the reason.
    Returns:
        Their paths, in order.

    Example:
        >>> from pathlib import Path
        >>> for name in ("b.jpg", "a.png", "notes.txt", ".hidden.png"):
        ...     Path(name).touch()
        >>> [file.name for file in nn.pictures_in(".")]
        ['a.png', 'b.jpg']
    """
    found: list[Path] = []
    others: list[tuple[Path, str]] = [] if passed is None else passed

    def unread(error: OSError) -> None:
        others.append((Path(error.filename), f"cannot be read: {error.strerror}"))

    for place, folders, names in os.walk(folder, onerror=unread):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for file in (Path(place, name) for name in names if not name.startswith(".")):
            if file.suffix.lower() not in IMAGE_SUFFIXES:
                others.append((file, _NO_PICTURE))
            elif file.is_file():
                found.append(file)
            elif file.is_symlink() and not file.exists():
                others.append((file, "is a link that leads nowhere"))
            else:
                others.append((file, "is a pipe or a device"))
    return sorted(found)


def read_image(path: str | os.PathLike[str], size: int, resize: str = "crop") -> Array:
    """Read one picture.

    Arguments:
        path: a file.
        size: pixels a side.
        resize: "crop" scales the shorter side to `size` and cuts the middle out, "stretch" scales both sides.
    Returns:
        float32 (3, size, size) in [0, 1].
    Raises:
        ValueError: if it cannot be read as a picture.
        FileNotFoundError, PermissionError: if it cannot be opened.

    Example:
        >>> from PIL import Image
        >>> Image.new("RGB", (20, 10), "red").save("red.png")
        >>> nn.read_image("red.png", 4)[:, 0, 0]
        array([1., 0., 0.], dtype=float32)
    """
    return read_picture(path, size, resize)
