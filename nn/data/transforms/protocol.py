"""What a transform is: something drawn, then done to a picture, and to its mask where it moves pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from autograd_mini.arguments import array_of, generator, is_real, is_whole

from ..preprocessing import Array, as_rgb

Change = Callable[[Array, bool], Array]
"""(C, H, W) -> (C, H, W), of a picture, or of a mask if that is said."""


class Transform:
    """What is done to one picture: `transform(picture, rng)` -> the changed one, or with its mask a pair.

    A picture is an array (C, H, W), bytes or floating numbers, whose dtype it keeps, or a PIL image, which becomes
    bytes (3, H, W). A mask is an array of integers (H, W). Given to `Augmented`, or as `transform=` to data sets that
    read pictures, every picture has a Generator of its own. Subclasses write `draw`.

    Example:
        >>> class Inverted(nn.transforms.Transform):
        ...     def draw(self, rng, height, width):
        ...         return lambda picture, is_mask: 255 - picture
        >>> Inverted()(np.zeros((3, 1, 1), np.uint8)).tolist()
        [[[255]], [[255]], [[255]]]
    """

    geometric: ClassVar[bool] = False
    """Whether masks are moved as their pictures are."""

    def __call__(self, picture: Any, rng: np.random.Generator | int | None = None, mask: Any = None) -> Any:
        """The changed picture, or that and its mask.

        Arguments:
            picture: an array (C, H, W) or a PIL image.
            rng: a Generator to draw from, or a seed.
            mask: an array of integers (H, W).
        Raises:
            ValueError, TypeError: for what is no picture, or no mask of it.
        """
        name = type(self).__name__
        pixels = picture_of(name, picture)
        held = None if mask is None else _mask_of(name, mask, pixels)
        changed, moved = self.applied(pixels, held, generator(name, rng))
        return changed if mask is None else (changed, moved)

    def draw(self, rng: np.random.Generator, height: int, width: int) -> Change | None:
        """What is to be done to a picture of that size, drawn from the Generator; None for nothing."""
        raise NotImplementedError(f"{type(self).__name__}: a transform must say what it does, in `draw`")

    def applied(self, picture: Array, mask: Array | None, rng: np.random.Generator) -> tuple[Array, Array | None]:
        """A picture, and its mask if there is one, once it is drawn what is done to them."""
        change = self.draw(rng, *picture.shape[1:])
        if change is None:
            return picture, mask
        return change(picture, False), change(mask[None], True)[0] if self.geometric and mask is not None else mask

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{key}={value!r}' for key, value in vars(self).items())})"


class Compose(Transform):
    """Several transforms, one after the other.

    Arguments:
        transforms: the transforms; other functions are called with the picture alone.
    Raises:
        TypeError: for what are no functions.

    Example:
        >>> both = nn.transforms.Compose([nn.transforms.CenterCrop(2), nn.transforms.RandomHorizontalFlip(p=1)])
        >>> both(np.arange(16.0).reshape(1, 4, 4))
        array([[[ 6.,  5.],
                [10.,  9.]]])
    """

    geometric = True

    def __init__(self, transforms: Sequence[Callable[..., Any]]) -> None:
        self.transforms = [*transforms]
        for transform in self.transforms:
            if not callable(transform):
                raise TypeError(f"Compose: transforms must be functions of a picture, not {type(transform).__name__}")

    def applied(self, picture: Array, mask: Array | None, rng: np.random.Generator) -> tuple[Array, Array | None]:
        """A picture, and its mask if there is one, after all of them."""
        for transform in self.transforms:
            if isinstance(transform, Transform):
                picture, mask = transform.applied(picture, mask, rng)
            else:
                picture = picture_of("Compose", transform(picture))
        return picture, mask


def picture_of(name: str, picture: Any) -> Array:
    """A picture as an array (C, H, W) of bytes or floating numbers."""
    if isinstance(picture, Image.Image):
        return np.asarray(as_rgb(picture, "the picture")).transpose(2, 0, 1)
    pixels = array_of(picture)
    if pixels.ndim != 3 or not pixels.size:
        raise ValueError(f"{name}: the picture {pixels.shape} must be (C, H, W), and not empty")
    if pixels.dtype != np.uint8 and pixels.dtype.kind != "f":
        raise TypeError(f"{name}: a picture holds bytes or floating numbers, not {pixels.dtype}")
    return pixels


def _mask_of(name: str, mask: Any, picture: Array) -> Array:
    labels = array_of(mask)
    if labels.shape != picture.shape[1:] or labels.dtype.kind not in "biu":
        raise ValueError(
            f"{name}: the mask of a picture {picture.shape} must be integers {picture.shape[1:]}, not {labels.dtype} "
            f"{labels.shape}"
        )
    return labels


def each_changed(
    transform: Transform, pictures: Array, masks: Array | None, rng: np.random.Generator
) -> tuple[Array, Array | None]:
    """Every picture of a batch, and its mask, changed with a Generator of its own."""
    name = type(transform).__name__
    if pictures.ndim != 4:
        raise ValueError(f"{name}: pictures {pictures.shape} must be (B, C, H, W)")
    seeds = rng.integers(2**63, size=len(pictures)).tolist()
    made = [
        transform.applied(picture_of(name, picture), None if masks is None else masks[i], np.random.default_rng(seed))
        for i, (picture, seed) in enumerate(zip(pictures, seeds, strict=True))
    ]
    shapes = sorted({picture.shape for picture, _ in made})
    if len(shapes) > 1:
        raise ValueError(f"{name}: pictures of one batch must become as large as each other, not {shapes}")
    moved = [mask for _, mask in made if mask is not None]
    return np.stack([picture for picture, _ in made]), np.stack(moved) if moved else None


# ── arguments ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def probability(name: str, p: Any) -> float:
    """A number from 0 to 1."""
    if not (is_real(p) and 0 <= p <= 1):
        raise ValueError(f"{name}: p must be a number from 0 to 1, not {p!r}")
    return float(p)


def interval(name: str, what: str, ends: Any, least: float = -np.inf, most: float = np.inf) -> tuple[float, float]:
    """Two numbers in order, within bounds."""
    pair = isinstance(ends, tuple | list) and len(ends) == 2 and all(map(is_real, ends))
    if not (pair and least <= ends[0] <= ends[1] <= most):
        bounds = "".join(
            f"{words} {bound:g}" for words, bound in ((", at least", least), (", at most", most)) if np.isfinite(bound)
        )
        raise ValueError(f"{name}: {what} must be two numbers in order{bounds}, not {ends!r}")
    return float(ends[0]), float(ends[1])


def about(name: str, what: str, value: Any, least: float = -np.inf) -> tuple[float, float]:
    """From a number below 0 to the same above it; or two ends as they are."""
    if is_real(value) and value >= 0:
        return -float(value), float(value)
    if is_real(value):
        raise ValueError(f"{name}: {what} must be at least 0, or two numbers in order, not {value!r}")
    return interval(name, what, value, least)


def sides(name: str, size: Any) -> tuple[int, int]:
    """(height, width) of one number, for both, or of two."""
    pair = (size, size) if is_whole(size, 1) else size
    if not (isinstance(pair, tuple | list) and len(pair) == 2 and all(is_whole(side, 1) for side in pair)):
        raise ValueError(f"{name}: size must be an integer of at least 1, or (height, width), not {size!r}")
    return int(pair[0]), int(pair[1])
