"""Geometry of what slides over images: strides, paddings and dilations, checked; switches and flat indices."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arguments import is_whole
from .kernels.layout import Geometry, Pair, Size, Window

IntOrPair = int | tuple[int, int]
IntOrSize = int | tuple[int, ...]
Padding = int | str | tuple[int | tuple[int, int], ...]
Borders = tuple[tuple[int, int], ...]
MOST = 1 << 31  # pixels of a side; beyond it, places no longer fit where they are counted


def pair_of(name: str, what: str, value: Any, least: int) -> Pair:
    """An integer, or a pair of them, as a pair. Raises ValueError, as `name`, for what is neither or below `least`."""
    pair = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(pair) != 2 or not all(is_whole(n, least) and n < MOST for n in pair):
        raise ValueError(f"{name}: {what} must be an integer of at least {least} or a pair of them, not {value!r}")
    return int(pair[0]), int(pair[1])


def size_of(name: str, what: str, value: Any, least: int, axes: int) -> Size:
    """An integer, or one for each axis, as a tuple. Raises ValueError, as `name`, for what is neither."""
    if axes == 2:
        return pair_of(name, what, value, least)
    size = tuple(value) if isinstance(value, tuple | list) else (value,) * axes
    if len(size) != axes or not all(is_whole(n, least) and n < MOST for n in size):
        many = "or a tuple of one" if axes == 1 else f"or {axes} of them"
        raise ValueError(f"{name}: {what} must be an integer of at least {least} {many}, not {value!r}")
    return tuple(map(int, size))


def borders_of(name: str, padding: Any, kernel: Size, stride: Size, dilation: Size, same: bool = True) -> Borders:
    """A padding as (before, after) for each axis. Raises ValueError, as `name`, for what is none.

    same: whether "same" is one. Its odd pixel is behind the image.
    """
    if isinstance(padding, str):
        if padding not in (("same", "valid") if same else ("valid",)):
            words = '"same" or "valid"' if same else '"valid"'
            raise ValueError(f"{name}: a padding in a word is {words}, not {padding!r}")
        if padding == "same" and set(stride) != {1}:
            raise ValueError(f'{name}: padding "same" needs a stride of 1, not {stride}: else maps are no images')
        reach = [d * (k - 1) if padding == "same" else 0 for k, d in zip(kernel, dilation, strict=True)]
        return tuple((n // 2, n - n // 2) for n in reach)
    if has_sides(padding):
        sides = [side if isinstance(side, tuple | list) else (side, side) for side in padding]
        if len(sides) != len(kernel) or not all(
            len(side) == 2 and all(is_whole(n, 0) and n < MOST for n in side) for side in sides
        ):
            axes = "axis" if len(kernel) == 1 else f"of the {len(kernel)} axes"
            raise ValueError(
                f"{name}: padding must be an integer of at least 0 or a pair (before, after) for each {axes}, "
                f"not {padding!r}"
            )
        return tuple((int(before), int(after)) for before, after in sides)
    return tuple((n, n) for n in size_of(name, "padding", padding, 0, len(kernel)))


def has_sides(padding: Any) -> bool:
    """Whether a padding says (before, after) of an axis, or is a word."""
    if isinstance(padding, tuple | list):
        return any(isinstance(side, tuple | list) for side in padding)
    return isinstance(padding, str)


def geometry_of(name: str, stride: Any, padding: Any, dilation: Any) -> Geometry:
    """Stride, padding and dilation of a convolution, as pairs; checked."""
    return Geometry(
        pair_of(name, "stride", stride, 1), pair_of(name, "padding", padding, 0), pair_of(name, "dilation", dilation, 1)
    )


def window_of(name: str, kernel_size: Any, stride: Any, padding: Any) -> Window:
    """Window, stride and padding of a pooling, as pairs; checked."""
    kernel = pair_of(name, "kernel_size", kernel_size, 1)
    s = kernel if stride is None else pair_of(name, "stride", stride, 1)
    p = pair_of(name, "padding", padding, 0)
    if p[0] >= kernel[0] or p[1] >= kernel[1]:
        raise ValueError(
            f"{name}: padding {p} must be smaller than kernel_size {kernel}, so that no window is all padding"
        )
    return Window(kernel, s, p)


def check_maps(name: str, what: str, array: Any) -> None:
    """Raise ValueError, as `name`, unless an array has the axes that `what` names, none empty that must not be."""
    axes = what.count(",") + 1
    if len(array.shape) != axes:
        raise ValueError(f"{name}: {what} must have {axes} axes, not the {len(array.shape)} of shape {array.shape}")
    filters = what.startswith("w")
    if not array.shape[1] or (filters and 0 in array.shape):
        rule = "there must be a filter, a channel and a kernel" if filters else "there must be at least one channel"
        raise ValueError(f"{name}: {what} of shape {array.shape} is empty: {rule}")


def check_fits(name: str, shape: Size, kernel: Size, padding: Size | Borders, dilation: Size) -> None:
    """Raise ValueError, as `name`, for a kernel that reaches beyond the padded image."""
    sides = ("deep", "high", "wide")[3 - len(kernel) :]
    for side, n, k, p, d in zip(sides, shape[2:], kernel, padding, dilation, strict=True):
        before, after = p if isinstance(p, tuple) else (p, p)
        if not 0 < d * (k - 1) + 1 <= n + before + after:
            padded = f"{n} + 2·{before}" if before == after else f"{n} + {before} + {after}"
            raise ValueError(
                f"{name}: a kernel of {times(kernel)} with dilation {d} reaches over {d * (k - 1) + 1} pixels, "
                f"but x {shape} with padding {before if before == after else p} is only {padded} = "
                f"{n + before + after} {side}"
            )


def times(size: Size) -> str:
    """A size as people write it: 3×3."""
    return "×".join(map(str, size))


def pooling_of(name: str, x: Any, kernel_size: Any, stride: Any, padding: Any) -> Window:
    """Window, stride and padding of a pooling, as pairs; checked, also against the maps x."""
    check_maps(name, "x (N, C, H, W)", x)
    window = window_of(name, kernel_size, stride, padding)
    check_fits(name, x.shape, window.kernel_size, window.padding, (1, 1))
    return window


# ── switches and flat indices ─────────────────────────────────────────────────────────────────────────────────────────


def flat_indices(switches: Any, shape: tuple[int, ...], window: Window) -> Any:
    """Switches (positions in the window) as flat positions in the H×W plane of an image of `shape` (N, C, H, W)."""
    rows, columns = _corners(switches.shape, window)
    u, v = np.divmod(switches.astype(np.int64), window.kernel_size[1])
    return (u + rows) * shape[3] + v + columns


def switches_at(indices: Any, size: Pair, window: Window) -> Any:
    """The inverse of `flat_indices`. Raises ValueError if a position is outside its window or outside the image."""
    (kh, kw), stride, padding = window
    rows, columns = _corners(indices.shape, window)
    i, j = np.divmod(indices.astype(np.int64), size[1])
    u, v = i - rows, j - columns
    bad = (u < 0) | (u >= kh) | (v < 0) | (v >= kw) | (i < 0) | (i >= size[0])
    if bad.any():
        where = tuple(map(int, np.argwhere(bad)[0]))
        raise ValueError(
            f"max_unpool2d: the index {indices[where]} at {where} lies outside that value's window; "
            f"are kernel_size {(kh, kw)}, stride {stride} and padding {padding} those of the pooling?"
        )
    return (u * kw + v).astype(np.min_scalar_type(kh * kw - 1))


def _corners(shape: tuple[int, ...], window: Window) -> tuple[Any, Any]:
    """The first row and column of each window of maps (N, C, Hout, Wout): rows (Hout, 1), columns (Wout,)."""
    rows, columns = (np.arange(n) * s - p for n, s, p in zip(shape[2:], window.stride, window.padding, strict=True))
    return rows[:, None], columns
