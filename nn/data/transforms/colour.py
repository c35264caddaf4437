"""Transforms that leave pixels where they are: their colours, parts that are hidden, a blur, one mean and deviation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from autograd_mini.arguments import is_real, is_whole

from ..preprocessing import Array
from .geometry import drawn_part
from .protocol import Change, Transform, interval, probability

_GREY = np.array([0.2989, 0.587, 0.114])


class ColorJitter(Transform):
    """Brightness, contrast, saturation and hue, in a drawn order, each changed by a drawn amount.

    Each factor is drawn from 1 − v to 1 + v, at least 0, or between the two that are given; the hue's part of a turn
    from −v to v. Brightness scales a picture towards black, contrast towards the mean of its grey, saturation towards
    its grey, of which red, green and blue are 0.2989, 0.587 and 0.114; a hue is turned as that of HSV. What goes beyond
    0 or 1 is cut off.

    Arguments:
        brightness, contrast, saturation: v, at least 0, or (least, largest) factors.
        hue: v, at most 0.5, or (least, largest) parts of a turn.
    Raises:
        ValueError: for other values; when called, for floating pixels beyond [0, 1] or channels that are not one or
            three.

    Example:
        >>> nn.transforms.ColorJitter(brightness=(0.5, 0.5))(np.ones((3, 1, 1)))[:, 0, 0]
        array([0.5, 0.5, 0.5])
    """

    def __init__(
        self,
        brightness: float | Sequence[float] = 0,
        contrast: float | Sequence[float] = 0,
        saturation: float | Sequence[float] = 0,
        hue: float | Sequence[float] = 0,
    ) -> None:
        self.brightness = _factors("brightness", brightness)
        self.contrast = _factors("contrast", contrast)
        self.saturation = _factors("saturation", saturation)
        self.hue = interval("ColorJitter", "hue", (-hue, hue) if isinstance(hue, int | float) else hue, -0.5, 0.5)

    def draw(self, rng: np.random.Generator, height: int, width: int) -> Change | None:
        """Four changes in some order."""
        ways = [
            (brightened, self.brightness),
            (contrasted, self.contrast),
            (saturated, self.saturation),
            (turned, self.hue),
        ]
        drawn = [(change, rng.uniform(*ends)) for change, ends in ways]
        order = rng.permutation(len(drawn))

        def change(x: Array, _: bool) -> Array:
            colours = _in_unit("ColorJitter", x)
            for i in order:
                act, amount = drawn[i]
                if amount != (act is not turned):
                    colours = act(colours, amount)
            return _as_given(colours, x)

        return change


class RandomGrayscale(Transform):
    """A picture in shades of grey, with as many channels as it had.

    Arguments:
        p: how likely.
    Raises:
        ValueError: for what is no probability; when called, for floating pixels beyond [0, 1] or channels that are not
            one or three.

    Example:
        >>> nn.transforms.RandomGrayscale(p=1)(np.array([[[0.0]], [[1.0]], [[0.0]]]))[:, 0, 0].round(3)
        array([0.587, 0.587, 0.587])
    """

    def __init__(self, p: float = 0.1) -> None:
        self.p = probability("RandomGrayscale", p)

    def draw(self, rng: np.random.Generator, height: int, width: int) -> Change | None:
        """Grey, or nothing."""
        if rng.random() >= self.p:
            return None
        return lambda x, _: _as_given(saturated(_in_unit("RandomGrayscale", x), 0.0), x)


class RandomErasing(Transform):
    """A rectangle of a picture, anywhere in it, hidden.

    Arguments:
        p: how likely.
        scale: the least and the largest share of the picture's area.
        ratio: the least and the largest width of the rectangle over its height; their logarithms are drawn.
        value: what is there, in the unit of the pixels: a number, one a channel, or "random" for normal ones.
    Raises:
        ValueError: for other values.
    Source: Zhong et al. 2017.

    Example:
        >>> erased = nn.transforms.RandomErasing(p=1, scale=(0.25, 0.25), ratio=(1, 1))(np.ones((3, 4, 4)), rng=0)
        >>> erased.sum()
        np.float64(36.0)
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: float | Sequence[float] | Literal["random"] = 0,
    ) -> None:
        self.p = probability("RandomErasing", p)
        self.scale = interval("RandomErasing", "scale", scale, 0, 1)
        self.ratio = interval("RandomErasing", "ratio", ratio, np.finfo(float).tiny)
        numbers = value if isinstance(value, tuple | list) else [value]
        if value != "random" and not (numbers and all(map(is_real, numbers))):
            raise ValueError(f"RandomErasing: value must be a number, one a channel, or 'random', not {value!r}")
        self.value = value

    def draw(self, rng: np.random.Generator, height: int, width: int) -> Change | None:
        """A rectangle hidden, or nothing."""
        part = drawn_part(rng, height, width, self.scale, self.ratio) if rng.random() < self.p else None
        if part is None:
            return None
        top, left, h, w = part

        def change(x: Array, _: bool) -> Array:
            hidden = x.copy()
            there = hidden[:, top : top + h, left : left + w]
            if self.value == "random":
                there[...] = (
                    rng.standard_normal(there.shape) if x.dtype.kind == "f" else rng.integers(256, size=there.shape)
                )
            else:
                there[...] = np.reshape(self.value, (-1, 1, 1))
            return hidden

        return change


class GaussianBlur(Transform):
    """A picture blurred by a normal distribution of a drawn width; beyond its edges it is mirrored.

    Arguments:
        kernel_size: pixels that are averaged along height and width: an odd number, or two.
        sigma: the standard deviation in pixels, or the least and the largest.
    Raises:
        ValueError: for other values; when called, for a picture that is no larger than half the kernel.

    Example:
        >>> nn.transforms.GaussianBlur(3, sigma=1.0)(np.eye(3)[None]).round(2)[0, 1]
        array([0.37, 0.35, 0.37])
    """

    def __init__(self, kernel_size: int | Sequence[int], sigma: float | Sequence[float] = (0.1, 2.0)) -> None:
        pair = kernel_size if isinstance(kernel_size, tuple | list) else (kernel_size, kernel_size)
        if len(pair) != 2 or not all(is_whole(side, 1) and side % 2 for side in pair):
            raise ValueError(
                f"GaussianBlur: kernel_size must be an odd number of at least 1, or two, not {kernel_size!r}"
            )
        self.kernel_size = tuple(map(int, pair))
        ends = (sigma, sigma) if is_real(sigma) else sigma
        self.sigma = interval("GaussianBlur", "sigma", ends, np.finfo(float).tiny)

    def draw(self, rng: np.random.Generator, height: int, width: int) -> Change | None:
        """Blurred."""
        if any(size // 2 >= side for size, side in zip(self.kernel_size, (height, width), strict=True)):
            across = "×".join(map(str, self.kernel_size))
            raise ValueError(
                f"GaussianBlur: a picture of {height}×{width} must be larger than half the kernel, {across}"
            )
        sigma = rng.uniform(*self.sigma)

        def change(x: Array, _: bool) -> Array:
            blurred = x.astype(np.float32) if x.dtype == np.uint8 else x
            for axis, size in zip((1, 2), self.kernel_size, strict=True):
                places = np.arange(size) - size // 2
                weights = np.exp(-0.5 * (places / sigma) ** 2)
                weights = (weights / weights.sum()).astype(blurred.dtype)
                margins = [(0, 0), (0, 0), (0, 0)]
                margins[axis] = (size // 2, size // 2)
                windows = np.lib.stride_tricks.sliding_window_view(np.pad(blurred, margins, "reflect"), size, axis)
                blurred = windows @ weights
            return np.rint(blurred).astype(np.uint8) if x.dtype == np.uint8 else blurred

        return change


class Normalize(Transform):
    """(x − mean) / std, channel by channel; bytes are brought to [0, 1] first, as float32.

    Arguments:
        mean, std: one number a channel.
    Raises:
        ValueError: for other values, and for a picture of other channels.

    Example:
        >>> nn.transforms.Normalize([0.5], [0.25])(np.array([[[0.0, 1.0]]]))
        array([[[-2.,  2.]]])
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        for name, numbers in (("mean", mean), ("std", std)):
            if not (isinstance(numbers, tuple | list) and numbers and all(map(is_real, numbers))):
                raise ValueError(f"Normalize: {name} must be one number a channel, not {numbers!r}")
        if len(mean) != len(std) or not all(s > 0 for s in std):
            raise ValueError(
                f"Normalize: std must be {len(mean)} numbers above 0, as many as there are means, not {std!r}"
            )
        self.mean, self.std = tuple(mean), tuple(std)

    def draw(self, rng: np.random.Generator, height: int, width: int) -> Change | None:
        """The same for every picture."""

        def change(x: Array, _: bool) -> Array:
            if len(x) != len(self.mean):
                raise ValueError(f"Normalize: {len(self.mean)} means are not for the {len(x)} channels of {x.shape}")
            x = x.astype(np.float32) / 255 if x.dtype == np.uint8 else x
            mean, std = (np.reshape(numbers, (-1, 1, 1)).astype(x.dtype) for numbers in (self.mean, self.std))
            normal: Array = (x - mean) / std
            return normal

        return change


# ── colours, floating (C, H, W) in [0, 1] ─────────────────────────────────────────────────────────────────────────────


def brightened(x: Array, factor: float) -> Array:
    """Scaled towards black."""
    return _blended(x, 0, factor)


def contrasted(x: Array, factor: float) -> Array:
    """Scaled towards the mean of its grey."""
    return _blended(x, _grey(x).mean(), factor)


def saturated(x: Array, factor: float) -> Array:
    """Scaled towards its grey."""
    return _blended(x, _grey(x), factor)


def turned(x: Array, turn: float) -> Array:
    """With the hue of HSV turned by a part of a turn."""
    if len(x) == 1:
        return x
    value, low = x.max(0), x.min(0)
    spread = value - low
    safe = np.where(spread == 0, 1, spread)
    red, green, blue = x
    sixths = np.where(value == red, (green - blue) / safe % 6,
                      np.where(value == green, (blue - red) / safe + 2, (red - green) / safe + 4))  # fmt: skip
    sixths = sixths + 6 * turn
    made = []
    for first in (5, 3, 1):
        k = (first + sixths) % 6
        made.append(value - spread * np.clip(np.minimum(k, 4 - k), 0, 1))
    found: Array = np.stack(made).astype(x.dtype, copy=False)
    return found


def _blended(x: Array, other: Any, factor: float) -> Array:
    near = x.dtype.type(factor)
    blended: Array = np.clip(near * x + (1 - near) * other, 0, 1)
    return blended


def _grey(x: Array) -> Array:
    grey: Array = x if len(x) == 1 else np.tensordot(_GREY.astype(x.dtype), x, 1)[None]
    return grey


def _in_unit(name: str, x: Array) -> Array:
    """A picture as floating numbers in [0, 1], or refused."""
    if len(x) not in (1, 3):
        raise ValueError(f"{name}: a picture {x.shape} must have one channel or three, red, green and blue")
    if x.dtype == np.uint8:
        return x.astype(np.float32) / 255
    low, high = x.min(), x.max()
    if not (low >= 0 and high <= 1):  # also where they are not numbers
        raise ValueError(
            f"{name}: floating pixels must lie in [0, 1], not {low:g} to {high:g}; colours are changed before a mean "
            "is taken off"
        )
    return x


def _as_given(colours: Array, x: Array) -> Array:
    """In the dtype and unit of what was given."""
    return np.rint(colours * 255).astype(np.uint8) if x.dtype == np.uint8 else colours


def _factors(what: str, value: Any) -> tuple[float, float]:
    if is_real(value) and value < 0:
        raise ValueError(f"ColorJitter: {what} must be at least 0, or two numbers in order, not {value!r}")
    return interval("ColorJitter", what, (max(0, 1 - value), 1 + value) if is_real(value) else value, 0)
