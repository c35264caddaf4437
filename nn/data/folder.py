"""A folder of pictures as a data set: read as they are needed; those that cannot be read raise, or are passed over."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from autograd_mini.progress import say

from .datasets import Batch
from .preprocessing import WHITE, Array, Preprocessing, as_rgb, check_ground, check_size, fitted, opened, read_picture
from .showing import ShownData
from .transforms import Compose, Transform

IMAGE_SUFFIXES = {
    ".avif", ".bmp", ".gif", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp",
}  # fmt: skip
_NO_PICTURE = "is not called like a picture"
_HIDDEN = "is hidden"


class Pictures(ShownData):
    """Picture files as a data set; they become float32 (3, size, size) with values in [0, 1].

    Pictures are turned as their EXIF data say and made RGB, on `ground` where they are transparent; of those that move
    the first frame is taken. Files are opened when asked for: nothing is held but their names, and a `Learner` has the
    next ones read while it computes. What is called so is read as AVIF, where Pillow can, and as HEIC, where the
    package pillow-heif is.

    Arguments:
        files: their paths.
        labels: a number each, by default 0.
        size: pixels a side: 224, or as large as `transform` makes them.
        resize: "crop" scales the shorter side to `size` and cuts the middle out, "stretch" scales both sides.
        ground: what transparent pictures stand on, red, green and blue from 0 to 255.
        preprocess: what a net wants to see, such as `net.preprocess`; it then says how, and size, resize and ground do
            not matter.
        transform: one of `nn.transforms`, given a Generator for each picture, or a function of a PIL image; what it
            returns is an array (C, H, W) or a PIL image, and bytes are brought to [0, 1]. It sees pictures of `size`,
            or as they are without; `preprocess` comes after it.
        unreadable: "raise" has a file that is no picture raise ValueError, naming it, when it is opened. "skip" opens
            every file at once, in background threads, and leaves out those that cannot be read: `skipped` lists them,
            each with the reason.
    Raises:
        ValueError: for options that mean nothing, or labels that are not as many as the files.
        TypeError: for a transform that is no function.

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
        size: int | None = None,
        *,
        resize: Literal["crop", "stretch"] = "crop",
        ground: tuple[int, int, int] = WHITE,
        preprocess: Preprocessing | None = None,
        transform: Callable[..., Any] | None = None,
        unreadable: Literal["raise", "skip"] = "raise",
    ) -> None:
        name = type(self).__name__
        check_size(name, 224 if size is None else size, resize)
        if unreadable not in ("raise", "skip"):
            raise ValueError(f"{name}: unreadable must be 'raise' or 'skip', not {unreadable!r}")
        if transform is not None and not callable(transform):
            raise TypeError(f"{name}: transform must be a function of a picture, not {type(transform).__name__}")
        self.size, self.preprocess, self.draws = size, preprocess, transform is not None
        self._seen = preprocess or Preprocessing(224 if size is None else size, resize=resize, ground=ground)
        self.transform = transform if transform is None or isinstance(transform, Transform) else Compose([transform])
        self.files = [Path(file) for file in files]
        self.labels: Array = np.zeros(len(self.files), int) if labels is None else np.array([*labels], int)
        if len(self.labels) != len(self.files):
            raise ValueError(f"{name}: {len(self.files)} files need as many labels, not {len(self.labels)}")
        self.skipped: list[tuple[Path, str]] = []
        if unreadable == "skip":
            self._skip()

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, position: int) -> tuple[Array, Any]:
        """One picture (3, size, size) and its label."""
        inputs, labels = self.examples(np.arange(len(self))[[position]])
        return inputs[0], labels[0]

    def inputs(self, positions: Array, rng: np.random.Generator | int | None = None) -> Array:
        """The pictures at the given positions, (B, 3, size, size). rng: for a transform that draws."""
        return self.examples(positions, rng)[0]

    def examples(self, positions: Array, rng: np.random.Generator | int | None = None) -> Batch:
        """The pictures at the given positions, and their labels. rng: for a transform that draws."""
        places = np.arange(len(self))[positions]
        seeds = np.random.default_rng(rng).integers(2**63, size=len(places)) if self.draws else [None] * len(places)
        made = [self._example(i, seed) for i, seed in zip(places, seeds, strict=True)]
        if len(shapes := sorted({picture.shape for picture, _ in made})) > 1:
            raise ValueError(
                f"{type(self).__name__}: pictures of one batch must become as large as each other, not {shapes}; "
                "give size=, or a transform that makes them so"
            )
        return np.stack([picture for picture, _ in made]), np.stack([label for _, label in made])

    def _example(self, place: int, seed: Any) -> tuple[Array, Any]:
        """One picture and its label."""
        file = self.files[place]
        if self.transform is None:
            return self._seen(file), self.labels[place]
        return self._transformed(file, self._picture(file), None, seed)[0], self.labels[place]

    def _picture(self, file: Path) -> Image.Image:
        """A picture in RGB as a transform is to see it."""
        with opened(file) as picture:
            colours = as_rgb(picture, "it", self._seen.ground)
            colours.load()  # also where it is RGB already, and not yet read
            return colours if self._as_it_is else fitted(colours, self._seen.size, self._seen.resize)

    @property
    def _as_it_is(self) -> bool:
        """Whether a transform sees pictures as large as they are."""
        return self.size is None or self.preprocess is not None

    def _transformed(self, file: Path, picture: Image.Image, mask: Any, seed: Any) -> tuple[Array, Any]:
        """A picture as the transform makes it and the net wants it, and its mask as the transform makes it."""
        assert self.transform is not None
        try:
            made = self.transform(picture, np.random.default_rng(seed), mask)
            changed, moved = (made, None) if mask is None else made
            if self.preprocess is not None:
                return self.preprocess(changed), moved
        except (ValueError, TypeError) as error:
            raise type(error)(f"{file}: {error}") from error
        return (changed.astype(np.float32) / 255 if changed.dtype == np.uint8 else changed.astype(np.float32)), moved

    def _read(self, file: Path) -> None:
        """Raise ValueError if a picture cannot be read."""
        read_picture(file, 1, "stretch")

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

    `classes` are the sub-folders' names in alphabetical order, labels their numbers. Links to files are followed, and
    classes may be links; links to folders inside a class are not, so none go round. What is passed over is listed in
    `skipped` with the reason, and told in one line: what is hidden, beside the sub-folders, or not called like a
    picture, folders that cannot be read, links that lead nowhere, and pipes.

    Arguments:
        path: the folder.
        size: pixels a side: 224, or as large as `transform` makes them.
        resize: "crop" scales the shorter side to `size` and cuts the middle out, "stretch" scales both sides.
        ground: what transparent pictures stand on, red, green and blue from 0 to 255.
        preprocess: what a net wants to see, such as `net.preprocess`; it then says how, and size, resize and ground do
            not matter.
        transform: one of `nn.transforms`, or a function of a PIL image, as for `Pictures`.
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
        size: int | None = None,
        *,
        resize: Literal["crop", "stretch"] = "crop",
        ground: tuple[int, int, int] = WHITE,
        preprocess: Preprocessing | None = None,
        transform: Callable[..., Any] | None = None,
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
        passed = [(file, _HIDDEN if file.name.startswith(".") else "is in no class's folder")
                  for file in sorted(root.iterdir()) if file.name.startswith(".") or not file.is_dir()]  # fmt: skip
        by_class = [pictures_in(root / name, passed) for name in self.classes]
        files = [file for found in by_class for file in found]
        labels = [number for number, found in enumerate(by_class) for _ in found]
        super().__init__(
            files, labels, size, resize=resize, ground=ground, preprocess=preprocess, transform=transform,
            unreadable=unreadable,
        )  # fmt: skip
        self.skipped = passed + self.skipped
        for number, name in enumerate(self.classes):
            if number not in self.labels:
                faults = [(file, why) for file, why in self.skipped if why not in (_NO_PICTURE, _HIDDEN)]
                inside = [f"{file} {why}" for file, why in faults if root / name in (file, *file.parents)]
                because = f": {inside[0]}" if inside else ""
                raise ValueError(f"ImageFolder: class {name!r} has no pictures in {root / name}{because}")
        tell_skipped("ImageFolder", root, self.skipped)


def tell_skipped(name: str, root: Path, skipped: Sequence[tuple[Path, str]]) -> None:
    """One line that says how many files a folder has that are passed over, and why, if there are any."""
    if skipped:
        reasons = Counter(why.partition(":")[0] for _, why in skipped)
        told = ", ".join(f"what {why} ({count})" for why, count in reasons.most_common())
        say(f"{name}: passed over in {root}: {told}; `skipped` lists them")


def pictures_in(folder: str | os.PathLike[str], passed: list[tuple[Path, str]] | None = None) -> list[Path]:
    """The files in a folder, and in those inside it, that are called like pictures; hidden ones are not among them.

    Arguments:
        folder: where to look.
        passed: where to write down files that are called otherwise, what is hidden, links that lead nowhere, pipes, and
            folders that cannot be read, each with the reason.
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
        others.extend((Path(place, name), _HIDDEN) for name in (*folders, *names) if name.startswith("."))
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


def read_image(
    path: str | os.PathLike[str], size: int, resize: str = "crop", *, ground: tuple[int, int, int] = WHITE
) -> Array:
    """Read one picture.

    Arguments:
        path: a file.
        size: pixels a side.
        resize: "crop" scales the shorter side to `size` and cuts the middle out, "stretch" scales both sides.
        ground: what a transparent picture stands on, red, green and blue from 0 to 255.
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
    return read_picture(path, size, resize, check_ground("read_image", ground))
