"""A figure: the picture, the numbers it was made of, the scale of its signals; and how a model's inputs are seen."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from autograd_mini.arguments import array_of
from autograd_mini.files import could_not_write, write_file

from ..errors import called, named_in_errors, refusal

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Figure:
    """What a function of `vis` shows. In a notebook it shows its picture.

    Arguments:
        picture: a PIL image.
        data: the arrays it was made of, by name.
        scale: what is drawn as white (and, negative, as black) in every signal, None where there are none.
        caption: what is to be seen, in words.

    Example:
        >>> figure = vis.Figure(vis.to_image(np.eye(3), zoom=10), {"eye": np.eye(3)}, scale=1.0)
        >>> figure.save("eye.png").name, figure.picture.size
        ('eye.png', (30, 30))
    """

    picture: Image.Image
    data: Mapping[str, Array] = field(default_factory=dict)
    scale: float | None = None
    caption: str = ""

    @named_in_errors("save")
    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture, in the format that the suffix says, whole or not at all; returns the path.

        Raises ValueError for a suffix that means nothing, FileNotFoundError if there is no such folder.
        """
        if not isinstance(path, str | os.PathLike):
            raise refusal(TypeError, f"the path must be a str or a Path, not {type(path).__name__}")
        target = Path(path)
        if not target.parent.is_dir():
            raise refusal(FileNotFoundError, f"there is no folder {str(target.parent)!r} to write {target.name} into")
        kind = Image.registered_extensions().get(target.suffix.lower())
        if kind not in Image.SAVE:
            raise refusal(ValueError, f"{target.name!r} must end in .png or another kind of picture that Pillow writes")
        try:
            write_file(target, [self._as_bytes(kind)])
        except OSError as error:
            raise could_not_write(called(), target, error) from error
        return target

    def _repr_png_(self) -> bytes:
        return self._as_bytes("png")

    def _as_bytes(self, kind: str) -> bytes:
        written = BytesIO()
        self.picture.save(written, kind)
        return written.getvalue()


def check_image(image: int, images: Array) -> None:
    """Raise IndexError for an image that is not there."""
    if not -len(images) <= image < len(images):
        raise refusal(IndexError, f"there is no image {image}; there are {len(images)}")


def one_or_three(picture: Array) -> Array:
    """A picture (C, H, W) with one channel or three: of other numbers, their mean."""
    return picture if len(picture) in (1, 3) else picture.mean(0, keepdims=True)


def shown(model: Any, images: Any) -> list[Array]:
    """Model inputs (N, C, H, W) as they are seen: by the model's `preprocess`, or stretched to [0, 1]."""
    preprocess = getattr(model, "preprocess", None)
    if preprocess is not None:
        return [preprocess.shown(image) for image in array_of(images)]
    arrays = array_of(images).astype(np.float64, copy=False)
    low, high = (0.0, 1.0) if arrays.min() >= 0 and arrays.max() <= 1 else (arrays.min(), arrays.max())
    return list((arrays - low) / (high - low or 1.0))


def colours(model: Any, signal: Array) -> Array:
    """A signal (C, H, W) with its channels in the order red, green, blue."""
    preprocess = getattr(model, "preprocess", None)
    ordered: Array = signal if preprocess is None else preprocess.colours(signal)
    return ordered
