"""Transforms that move pixels: mirrored, cut out, resized, turned; the masks of pictures too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from PIL import Image

from autograd_mini.arguments import is_real, is_whole

from ..preprocessing import Array
from .protocol import Change, Transform, about, interval, probability, sides

Interpolation = Literal["nearest", "bilinear", "bicubic"]
_RESAMPLING = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}
_PADDING = "constant", "edge", "reflect", "symmetric"
_ATTEMPTS = 10  # at a part of a drawn area and shape, before the middle is taken


class _Geometric(Transform):
    """What moves pixels."""

    geometric = True


class _Flip(_Geometric):
    """A picture mirrored.

    Arguments:
        p: how likely.
    Raises:
        ValueError: for what is no probability.
    """

    axis: int

    def __init__(self, p: float = 0.5) -> None:
        self.p = probability(type(self).__name__, p)

    def draw(self, rng: np.random.Generator, height: int, width: int) -> Change | None:
        """Mirrored, or nothing."""
        return (lambda x, _: np.flip(x, self.axis)) if rng.random() < self.p else None


class RandomHorizontalFlip(_Flip):
    """A picture mirrored, left to right.

    Arguments:
        p: how likely.
    Raises:
        ValueError: for what is no probability.

    Example:
        >>> nn.transforms.RandomHorizontalFlip(p=1)(np.arange(4.0).reshape(1, 2, 2))
        array([[[1., 0.],
                [3., 2.]]])
    """

    axis = -1


class RandomVerticalFlip(_Flip):
    """A picture mirrored, upside down.

    Arguments:
        p: how likely.
    Raises:
        ValueError: for what is no probability.

    Example:
        >>> nn.transforms.RandomVerticalFlip(p=1)(np.arange(4.0).reshape(1, 2, 2))
        array([[[2., 3.],
                [0., 1.]]])
    """

    axis = -2


class CenterCrop(_Geometric):
    """The middle of a picture; where that is smaller there are zeros.

    Arguments:
        size: pixels a side, or (height, width).
    Raises:
        ValueError: for what is no size.

    Example:
        >>> nn.transforms.CenterCrop(2)(np.arange(16.0).reshape(1, 4, 4))
        array([[[ 5.,  6.],
                [ 9., 10.]]])
    """

    def __init__(self, size: int | Sequence[int]) -> None:
        self.size = sides("CenterCrop", size)

    def draw(self, rng: np.random.Generator, height: int, width: int) -> Change | None:
        """The middle."""
        h, w = self.size
        top, left = (round((full - part) / 2) if full >= part else -((part - full) // 2)
                     for full, part in ((height, h), (width, w)))  # fmt: skip
        return lambda x, _: _cut(_padded(x, [-top, -left, h + top - height, w + left - width]), max(top, 0),
                                 max(left, 0), h, w)  # fmt: skip


class Resize(_Geometric):
    """A picture resized, with every pixel counted where it becomes smaller.

    Arguments:
        size: pixels of the shorter side, the other in proportion; or (height, width).
        interpolation: "bilinear", "bicubic" or "nearest", which masks are always resized by.
    Raises:
        ValueError: for other values.

    Example:
        >>> nn.transforms.Resize(2)(np.zeros((3, 4, 6))).shape
        (3, 2, 3)
    """

    def __init__(self, size: int | Sequence[int], interpolation: Interpolation = "bilinear") -> None:
        self.size = int(size) if is_whole(size, 1) else sides("Resize", size)  # type: ignore[arg-type]
        self.interpolation = _interpolation("Resize", interpolation)

    def draw(self, rng: np.random.Generator, height: int, width: int) -> Change | None:
        """Resized."""
        if isinstance(self.size, int):
            short = min(height, width)
            h, w = (int(self.size * side / short) for side in (height, width))
        else:
            h, w = self.size
        return lambda x, is_mask: _resized(x, h, w, self.interpolation, is_mask)


class RandomCrop(_Geometric):
    """A part of a picture, anywhere in it.

    Arguments:
        size: pixels a side, or (height, width).
        padding: pixels around the picture: on all sides, (left and right, above and below), or (left, top, right,
            bottom).
        pad_if_needed: whether a picture smaller than the part is padded to its size, on all sides.
        fill: what is there, in the unit of the pixels.
        padding_mode: "constant" has `fill` there, "edge" the outermost pixels, "reflect" and "symmetric" the picture
            mirrored, without and with its outermost pixels.
        mask_fill: what is there in masks, if it is constant.
    Raises:
        ValueError: for other values; when called, for a picture that is too small.

    Example:
        >>> nn.transforms.RandomCrop(2)(np.arange(16.0).reshape(1, 4, 4), rng=0)
        array([[[ 9., 10.],
                [13., 14.]]])
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: float = 0,
        padding_mode: Literal["constant", "edge", "reflect", "symmetric"] = "constant",
        *,
        mask_fill: int = 0,
    ) -> None:
        self.size = sides("RandomCrop", size)
        self.padding = _margins(padding)
        if padding_mode not in _PADDING:
            raise ValueError(f"RandomCrop: padding_mode must be one of {', '.join(_PADDING)}, not {padding_mode!r}")
        self.pad_if_needed, self.padding_mode = pad_if_needed, padding_mode
        self.fill, self.mask_fill = _fills("RandomCrop", fill, mask_fill)

    def draw(self, rng: np.random.Generator, height: int, width: int) -> Change | None:
        """A part."""
        (h, w), (left, top, right, bottom) = self.size, self.padding
        if self.pad_if_needed:
            across, down = max(w - left - width - right, 0), max(h - top - height - bottom, 0)
            left, top, right, bottom = left + across, top + down, right + across, bottom + down
        down, across = height + top + bottom - h, width + left + right - w
        if down < 0 or across < 0:
            raise ValueError(
                f"RandomCrop: a picture of {height + top + bottom}×{width + left + right} has no part of {h}×{w}"
            )
        i, j = int(rng.integers(down + 1)), int(rng.integers(across + 1))

        def change(x: Array, is_mask: bool) -> Array:
            fill = self.mask_fill if is_mask else self.fill
            return _cut(_padded(x, [top, left, bottom, right], self.padding_mode, fill), i, j, h, w)

        return change


class RandomResizedCrop(_Geometric):
    """A part of a picture, of a drawn area and shape, resized: what nets for ImageNet are trained on.

    Arguments:
        size: pixels a side, or (height, width).
        scale: the least and the largest share of the picture's area.
        ratio: the least and the largest width of the part over its height; their logarithms are drawn.
        interpolation: "bilinear", "bicubic" or "nearest", which masks are always resized by.
    Raises:
        ValueError: for other values.

    Example:
        >>> nn.transforms.RandomResizedCrop(2)(np.ones((3, 9, 7)), rng=0)[0]
        array([[1., 1.],
               [1., 1.]])
    """

    def __init__(
        self,
        size: int | Sequence[int],
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3 / 4, 4 / 3),
        interpolation: Interpolation = "bilinear",
    ) -> None:
        self.size = sides("RandomResizedCrop", size)
        self.scale = interval("RandomResizedCrop", "scale", scale, 0, 1)
        self.ratio = interval("RandomResizedCrop", "ratio", ratio, np.finfo(float).tiny)
        self.interpolation = _interpolation("RandomResizedCrop", interpolation)

    def draw(self, rng: np.random.Generator, height: int, width: int) -> Change | None:
        """A part, resized."""
        part = drawn_part(rng, height, width, self.scale, self.ratio)
        if part is None:  # the largest part in the middle that has a shape within bounds
            h, w = height, width
            if width / height < self.ratio[0]:
                h = max(round(width / self.ratio[0]), 1)
            elif width / height > self.ratio[1]:
                w = max(round(height * self.ratio[1]), 1)
            part = (height - h) // 2, (width - w) // 2, h, w
        return lambda x, is_mask: _resized(_cut(x, *part), *self.size, self.interpolation, is_mask)


class RandomAffine(_Geometric):
    """A picture turned, moved, scaled and sheared about its middle.

    Arguments:
        degrees: the largest angle either way, or the least and the largest; clockwise.
        translate: the largest moves either way, as shares of width and height.
        scale: the least and the largest.
        shear: the largest angle either way along the width, or the least and the largest, or those two along the
            width and two along the height; in degrees.
        interpolation: "nearest", "bilinear" or "bicubic"; masks always take the nearest.
        fill: what is where the picture was not, in the unit of the pixels.
        mask_fill: what is there in masks.
    Raises:
        ValueError: for other values.

    Example:
        >>> nn.transforms.RandomAffine((90, 90))(np.arange(4.0).reshape(1, 2, 2))
        array([[[2., 0.],
                [3., 1.]]])
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: float | Sequence[float] | None = None,
        interpolation: Interpolation = "nearest",
        fill: float = 0,
        *,
        mask_fill: int = 0,
    ) -> None:
        self.degrees = about("RandomAffine", "degrees", degrees)
        if translate is not None and not (
            isinstance(translate, tuple | list)
            and len(translate) == 2
            and all(is_real(t) and 0 <= t <= 1 for t in translate)
        ):
            raise ValueError(f"RandomAffine: translate must be two shares from 0 to 1, not {translate!r}")
        self.translate = None if translate is None else tuple(translate)
        self.scale = None if scale is None else interval("RandomAffine", "scale", scale, np.finfo(float).tiny)
        self.shear: tuple[float, float, float, float] | None = None
        if isinstance(shear, tuple | list) and len(shear) == 4:
            self.shear = *about("RandomAffine", "shear", shear[:2]), *about("RandomAffine", "shear", shear[2:])
        elif shear is not None:
            self.shear = *about("RandomAffine", "shear", shear), 0.0, 0.0
        self.interpolation = _interpolation("RandomAffine", interpolation)
        self.fill, self.mask_fill = _fills("RandomAffine", fill, mask_fill)

    def draw(self, rng: np.random.Generator, height: int, width: int) -> Change | None:
        """Turned, moved, scaled and sheared."""
        angle = rng.uniform(*self.degrees)
        across, down = self.translate or (0, 0)
        moved = round(rng.uniform(-across, across) * width), round(rng.uniform(-down, down) * height)
        scale = rng.uniform(*self.scale) if self.scale else 1.0
        low, high, least, most = self.shear or (0.0, 0.0, 0.0, 0.0)
        shear = rng.uniform(low, high), rng.uniform(least, most)
        matrix = affine_matrix(height, width, angle, moved, scale, shear)

        def change(x: Array, is_mask: bool) -> Array:
            fill, resampling = (self.mask_fill, "nearest") if is_mask else (self.fill, self.interpolation)
            return _each(
                x, lambda channel: channel.transform(
                    channel.size, Image.Transform.AFFINE, matrix, _RESAMPLING[resampling], fillcolor=fill
                )
            )  # fmt: skip

        return change


class RandomRotation(RandomAffine):
    """A picture turned about its middle.

    Arguments:
        degrees: the largest angle either way, or the least and the largest; anticlockwise.
        interpolation: "nearest", "bilinear" or "bicubic"; masks always take the nearest.
        fill: what is where the picture was not, in the unit of the pixels.
        mask_fill: what is there in masks.
    Raises:
        ValueError: for other values.

    Example:
        >>> nn.transforms.RandomRotation((90, 90))(np.arange(4.0).reshape(1, 2, 2))
        array([[[1., 3.],
                [0., 2.]]])
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: Interpolation = "nearest",
        fill: float = 0,
        *,
        mask_fill: int = 0,
    ) -> None:
        low, high = about("RandomRotation", "degrees", degrees)
        super().__init__((-high, -low), None, None, None, interpolation, fill, mask_fill=mask_fill)


def affine_matrix(
    height: int, width: int, angle: float, moved: tuple[int, int], scale: float, shear: tuple[float, float]
) -> tuple[float, ...]:
    """Where each pixel comes from, (a, b, c, d, e, f) for x = a·x' + b·y' + c and y = d·x' + e·y' + f."""
    turn, (along, down) = np.deg2rad(angle), np.tan(np.deg2rad(shear))
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    sheared = np.array([[1, 0], [-down, 1]]) @ [[1, -along], [0, 1]]
    back = np.linalg.inv(scale * turned @ sheared)
    middle = np.array([width / 2, height / 2])
    offset = middle - back @ (middle + moved)
    # round: a right angle is one, not nearly
    return tuple(np.round(np.column_stack([back, offset]).ravel(), 12).tolist())


def drawn_part(
    rng: np.random.Generator, height: int, width: int, scale: tuple[float, float], ratio: tuple[float, float]
) -> tuple[int, int, int, int] | None:
    """(top, left, height, width) of a part with a drawn share of the area and width over height, if one fits soon."""
    for _ in range(_ATTEMPTS):
        area = height * width * rng.uniform(*scale)
        shape = np.exp(rng.uniform(*np.log(ratio)))
        h, w = round(float(np.sqrt(area / shape))), round(float(np.sqrt(area * shape)))
        if 0 < h <= height and 0 < w <= width:
            return int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1)), h, w
    return None


# ── what is done to arrays ────────────────────────────────────────────────────────────────────────────────────────────


def _cut(x: Array, top: int, left: int, height: int, width: int) -> Array:
    return x[:, top : top + height, left : left + width]


def _padded(x: Array, widths: Sequence[int], mode: str = "constant", fill: float = 0) -> Array:
    """With (above, left, below, right) pixels around it; none where that is below 0."""
    top, left, bottom, right = (max(width, 0) for width in widths)
    if not (top or left or bottom or right):
        return x
    given: Any = {"constant_values": fill} if mode == "constant" else {}
    return np.pad(x, ((0, 0), (top, bottom), (left, right)), mode, **given)  # type: ignore[call-overload,no-any-return]


def _resized(x: Array, height: int, width: int, interpolation: str, is_mask: bool) -> Array:
    if x.shape[1:] == (height, width):
        return x
    resampling = _RESAMPLING["nearest" if is_mask else interpolation]
    made = _each(x, lambda channel: channel.resize((width, height), resampling))
    if made.dtype.kind == "f" and interpolation == "bicubic":  # a cubic curve swings beyond what it runs through
        low, high = x.min(), x.max()
        made = np.clip(made, low, high, out=made)
    return made


def _each(x: Array, act: Any) -> Array:
    """What Pillow does to each channel by itself: bytes as bytes, others in single precision or 32 bits."""
    held = x.dtype if x.dtype == np.uint8 else np.dtype(np.float32 if x.dtype.kind == "f" else np.int32)
    made = [np.asarray(act(Image.fromarray(np.ascontiguousarray(channel, held)))) for channel in x]
    return np.stack(made).astype(x.dtype, copy=False)


# ── arguments ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _interpolation(name: str, interpolation: Any) -> Interpolation:
    if interpolation not in _RESAMPLING:
        raise ValueError(f"{name}: interpolation must be one of {', '.join(_RESAMPLING)}, not {interpolation!r}")
    found: Interpolation = interpolation
    return found


def _fills(name: str, fill: Any, mask_fill: Any) -> tuple[float, int]:
    if not is_real(fill):
        raise ValueError(f"{name}: fill must be a number, not {fill!r}")
    if not is_whole(mask_fill):
        raise ValueError(f"{name}: mask_fill must be an integer, not {mask_fill!r}")
    return fill, int(mask_fill)


def _margins(padding: Any) -> tuple[int, ...]:
    """(left, top, right, bottom)."""
    given = (0,) if padding is None else tuple(padding) if isinstance(padding, tuple | list) else (padding,)
    if len(given) not in (1, 2, 4) or not all(is_whole(side, 0) for side in given):
        raise ValueError(f"RandomCrop: padding must be one, two or four integers of at least 0, not {padding!r}")
    return tuple(map(int, given * (4 // len(given))))
