"""Pixels at given positions, none at -1; and places on an axis brought to where an image has pixels."""

from __future__ import annotations

from typing import Any

import numpy as np

from .layout import Array


def take(x: Array, index: Array) -> Array:
    """x (N, C, pixels) at index (N, points), zeros at -1 -> (N, C, points)."""
    out = np.take_along_axis(x, np.maximum(index, 0)[:, None], 2)
    if (index < 0).any():
        np.copyto(out, 0, where=(index < 0)[:, None])
    return out


def put(y: Array, index: Array, size: int) -> Array:
    """y (N, C, points) added up at index (N, points), nowhere at -1 -> (N, C, size)."""
    out = np.empty((*y.shape[:2], size), y.dtype)
    for n, line in enumerate(index):
        there = line >= 0
        whole, line = there.all(), line[there]
        for c in range(y.shape[1]):
            out[n, c] = np.bincount(line, y[n, c] if whole else y[n, c, there], minlength=size)
    return out


def flat_index(pixels: tuple[Array, ...], sizes: tuple[int, ...]) -> Array:
    """Whole numbers on each axis as positions in row-major order, -1 outside of the image."""
    index, inside = np.zeros(pixels[0].shape, np.int64), np.ones(pixels[0].shape, bool)
    for pixel, n in zip(pixels, sizes, strict=True):
        inside &= (pixel >= 0) & (pixel <= n - 1)
        index = index * n + np.clip(pixel, 0, n - 1).astype(np.int64)
    return np.where(inside, index, -1)


def bounded(place: Array, n: int, mode: str, align: bool) -> tuple[Array, Array]:
    """Places on an axis of n pixels where the image has some, and by how much those move with the given ones.

    mode: "zeros" and "free" leave them, "border" moves what is outside to the border, "reflection" mirrors it at the
    centres (`align`) or the edges of the outer pixels. nan is the coordinate -1. Far outside, "zeros" is near outside.
    """
    low, span = (0.0, n - 1.0) if align else (-0.5, float(n))
    lost = np.isnan(place) if mode in ("zeros", "border") else ~np.isfinite(place)
    out: Any = np.where(lost, low, place)
    slope: Any = np.where(lost, 0.0, 1.0)
    if mode == "zeros":
        far = np.abs(out - n / 2) > n / 2 + 3
        return np.where(far, -3.0, out).astype(place.dtype), np.where(far, 0.0, slope).astype(place.dtype)
    if mode == "reflection":
        away = np.abs(out - low)
        flips = np.floor(away / (span or 1.0))
        odd = flips % 2 == 1
        out = np.where(odd, (flips + 1) * span - away, away - flips * span) + low
        slope = slope * np.where((place < low) != odd, -1.0, 1.0)
    if mode != "free":
        slope = np.where((out <= 0) | (out >= n - 1), 0.0, slope)
        out = np.clip(out, 0, n - 1)
    return out.astype(place.dtype), slope.astype(place.dtype)
