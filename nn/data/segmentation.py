"""Pictures with a label for each pixel, in mask files, as a data set."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from .folder import Pictures, pictures_in, tell_skipped
from .preprocessing import WHITE, Array, Preprocessing, fitted, opened, upright

_NEAREST = Image.Resampling.NEAREST

Files = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


class Segmentation(Pictures):
    """Pictures and their masks as a data set: float32 (3, size, size), and integers (size, size).

    Masks are pictures with a number for each pixel, such as the place of its colour in a palette, or shades of grey of
    8 or 16 bits. They are turned, cut and resized as their pictures are, by the nearest pixel, so that they hold no
    other numbers, and moved by `transform` in the same way. Which files of two folders belong together is told by their
    names without the suffix, and those of the folders inside.

    Arguments:
        images, masks: a folder of each, or as many paths of files.
        size, resize, ground, preprocess, transform, unreadable: as for `Pictures`. With "skip" a picture is also left
            out if its mask cannot be read.
    Raises:
        FileNotFoundError: if there is no such folder.
        ValueError: for pictures without masks, or options that mean nothing; when asked for, for masks that are not as
            large as their pictures or hold colours.

    Example:
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> for name, mode in (("images", "RGB"), ("masks", "L")):
        ...     Path(name).mkdir()
        ...     Image.new(mode, (8, 8), 3 if mode == "L" else "red").save(f"{name}/1.png")
        >>> (inputs, masks), = nn.batches(nn.Segmentation("images", "masks", size=2), 1)
        >>> inputs.shape, masks.tolist()
        ((1, 3, 2, 2), [[[3, 3], [3, 3]]])
    """

    def __init__(
        self,
        images: Files,
        masks: Files,
        size: int | None = None,
        *,
        resize: Literal["crop", "stretch"] = "crop",
        ground: tuple[int, int, int] = WHITE,
        preprocess: Preprocessing | None = None,
        transform: Callable[..., Any] | None = None,
        unreadable: Literal["raise", "skip"] = "raise",
    ) -> None:
        passed: list[tuple[Path, str]] = []
        pictures, found = _found(images, passed), _found(masks, passed)
        if isinstance(images, str | os.PathLike) and isinstance(masks, str | os.PathLike):
            by_name = {file.relative_to(masks).with_suffix(""): file for file in found}
            names = [file.relative_to(images).with_suffix("") for file in pictures]
            if missing := [picture for picture, name in zip(pictures, names, strict=True) if name not in by_name]:
                raise ValueError(f"Segmentation: {len(missing)} pictures have no mask in {masks}: {missing[0]}")
            passed += [(by_name[name], "is the mask of no picture") for name in by_name.keys() - {*names}]
            found = [by_name[name] for name in names]
        if len(found) != len(pictures) or not pictures:
            raise ValueError(
                f"Segmentation: {len(pictures)} pictures and {len(found)} masks; each needs the other, and at least "
                "one must be there"
            )
        self._mask_of = dict(zip(pictures, found, strict=True))
        super().__init__(
            pictures, None, size, resize=resize, ground=ground, preprocess=preprocess, transform=transform,
            unreadable=unreadable,
        )  # fmt: skip
        self.labels: Array = np.zeros((len(self.files), 0), int)  # which a mask holds shows when it is read
        self.skipped = passed + self.skipped
        tell_skipped("Segmentation", Path(os.path.commonpath(pictures)), self.skipped)

    @property
    def masks(self) -> list[Path]:
        """The masks' files, one a picture."""
        return [self._mask_of[file] for file in self.files]

    def _example(self, place: int, seed: Any) -> tuple[Array, Any]:
        file = self.files[place]
        mask = self._mask(self._mask_of[file])
        with opened(file) as picture:
            sides = upright(picture, "it").size
        if mask.size != sides:
            width, height = mask.size
            raise ValueError(
                f"{self._mask_of[file]}: the mask is {width}×{height}, its picture {file} {sides[0]}×{sides[1]}"
            )
        if self.transform is None:
            return self._seen(file), np.asarray(fitted(mask, self._seen.size, self._seen.resize, _NEAREST))
        if not self._as_it_is:
            mask = fitted(mask, self._seen.size, self._seen.resize, _NEAREST)
        changed, moved = self._transformed(file, self._picture(file), np.asarray(mask), seed)
        if self.preprocess is not None:
            moved = np.asarray(fitted(Image.fromarray(moved), self._seen.size, self._seen.resize, _NEAREST))
        return changed, moved

    def _mask(self, file: Path) -> Image.Image:
        """A mask, upright, as 32-bit integers."""
        with opened(file) as picture:
            turned = upright(picture, "it")
            if turned.mode not in ("1", "L", "P", "I") and not turned.mode.startswith("I;16"):
                raise ValueError(
                    f"a mask holds a number for each pixel, grey or by a palette; this one is {turned.mode}"
                )
            return Image.fromarray(np.asarray(turned).astype(np.int32))

    def _read(self, file: Path) -> None:
        super()._read(file)
        self._mask(self._mask_of[file])


def _found(files: Files, passed: list[tuple[Path, str]]) -> list[Path]:
    """The files of a folder, or those that are given."""
    if not isinstance(files, str | os.PathLike):
        return [Path(file) for file in files]
    if not os.path.isdir(files):
        raise FileNotFoundError(f"Segmentation: there is no folder {os.fspath(files)}")
    return pictures_in(files, passed)
