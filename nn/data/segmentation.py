"""Pictures with a label for each pixel, in mask files, as a data set."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from autograd_mini.arguments import is_whole

from .folder import Pictures, pictures_in, tell_skipped
from .preprocessing import WHITE, Array, Preprocessing, fitted, opened, upright

_NEAREST = Image.Resampling.NEAREST

Colour = tuple[int, int, int]
Files = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


class Segmentation(Pictures):
    """Pictures and their masks as a data set: float32 (3, size, size), and integers (size, size).

    Masks are pictures with a number for each pixel, such as the place of its colour in a palette, or shades of grey of
    8 or 16 bits; or, with `palette`, colours that stand for numbers. They are turned, cut and resized as their pictures
    are, by the nearest pixel, so that they hold no other numbers, and moved by `transform` in the same way. Which files
    of two folders belong together is told by their names without the suffix, and those of the folders inside.

    Arguments:
        images, masks: a folder of each, or as many paths of files.
        size, resize, ground, preprocess, transform, unreadable: as for `Pictures`. With "skip" a picture is also left
            out if its mask cannot be read.
        palette: of masks in colours, the colour (red, green, blue) of each number, from 0 on, or a dict of numbers by
            colour; a colour that is not there is refused.
    Raises:
        FileNotFoundError: if there is no such folder.
        ValueError: for pictures without masks, or options that mean nothing; when asked for, for masks that are not as
            large as their pictures or hold colours that have no number.

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
        palette: Sequence[Colour] | Mapping[Colour, int] | None = None,
    ) -> None:
        self.palette = None if palette is None else _codes(palette)
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
            if self.palette is not None:
                return Image.fromarray(_numbers(np.asarray(turned.convert("RGB")), *self.palette))
            if turned.mode not in ("1", "L", "P", "I") and not turned.mode.startswith("I;16"):
                raise ValueError(
                    f"a mask holds a number for each pixel, grey or by its own palette; this one is {turned.mode}, "
                    "and palette= says which number each colour stands for"
                )
            return Image.fromarray(np.asarray(turned).astype(np.int32))

    def _read(self, file: Path) -> None:
        super()._read(file)
        self._mask(self._mask_of[file])


def _codes(palette: Any) -> tuple[Array, Array]:
    """Colours as one number each, rising, and what they stand for. Raises ValueError, TypeError for what are none."""
    pairs = [*palette.items()] if isinstance(palette, Mapping) else [(colour, i) for i, colour in enumerate(palette)]
    for colour, number in pairs:
        if not (isinstance(colour, Sequence | np.ndarray) and len(colour) == 3 and all(map(_is_byte, colour))):
            raise ValueError(f"Segmentation: a colour of palette must be three integers from 0 to 255, not {colour!r}")
        if not (is_whole(number, 0) and number < 2**31):
            raise ValueError(
                f"Segmentation: palette must give the colour {colour} an integer of at least 0, not {number!r}"
            )
    codes, places = np.unique([_code(np.asarray(colour, np.int32)) for colour, _ in pairs], return_index=True)
    if len(codes) < len(pairs) or not pairs:
        raise ValueError("Segmentation: palette must hold each colour once, and at least one")
    return codes, np.array([number for _, number in pairs], np.int32)[places]


def _is_byte(part: Any) -> bool:
    return is_whole(part, 0) and part < 256


def _code(colours: Array) -> Array:
    """Red, green and blue as one number. (..., 3) -> (...)."""
    return np.asarray(colours[..., 0] << 16 | colours[..., 1] << 8 | colours[..., 2])


def _numbers(colours: Array, codes: Array, numbers: Array) -> Array:
    """What the colours of a mask stand for. (H, W, 3) -> (H, W). Raises ValueError for one that stands for nothing."""
    given = _code(colours.astype(np.int32))
    places = np.searchsorted(codes, given).clip(max=len(codes) - 1)
    strange = codes[places] != given
    if strange.any():
        row, column = np.argwhere(strange)[0].tolist()
        told = f"{strange.sum()} of {strange.size} pixels have colours that palette does not hold"
        raise ValueError(f"{told}, the first {(*colours[row, column].tolist(),)} at row {row}, column {column}")
    return np.asarray(numbers[places])


def _found(files: Files, passed: list[tuple[Path, str]]) -> list[Path]:
    """The files of a folder, or those that are given."""
    if not isinstance(files, str | os.PathLike):
        return [Path(file) for file in files]
    if not os.path.isdir(files):
        raise FileNotFoundError(f"Segmentation: there is no folder {os.fspath(files)}")
    return pictures_in(files, passed)
