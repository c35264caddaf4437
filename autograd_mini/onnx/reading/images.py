"""ONNX's operators of images: grids, regions, boxes, and pictures decoded."""

from __future__ import annotations

import io
from itertools import product
from typing import Any

import numpy as np

from ... import ops as f
from ...arguments import bare
from .elements import kept
from .operators import operator
from .shapes import whole, within_reason


@operator("AffineGrid")
def _affine_grid(theta: Any, size: Any, *, align_corners: int = 0) -> Any:
    n, _, *lengths = whole(size)
    within_reason((n, *lengths, len(lengths) + 1))
    lines = []
    for length in lengths:
        line = np.arange(length, dtype=np.float64)
        lines.append(
            (2 * line / max(length - 1, 1) - 1 if length > 1 else line)
            if align_corners
            else (2 * line + 1) / length - 1
        )
    axes = np.meshgrid(*lines, indexing="ij")
    places = np.stack([*axes[::-1], np.ones_like(axes[0])], -1).astype(theta.dtype)
    flat = f.matmul(places.reshape(1, -1, len(lengths) + 1), f.swapaxes(theta, -1, -2))
    return f.reshape(flat, (n, *lengths, len(lengths)))


_MODES = {"bilinear": "bilinear", "linear": "bilinear", "nearest": "nearest", "bicubic": "bicubic", "cubic": "bicubic"}


@operator("GridSample")
def _grid_sample(
    x: Any, grid: Any, *, align_corners: int = 0, mode: str = "linear", padding_mode: str = "zeros"
) -> Any:
    if mode not in _MODES:
        raise ValueError(f"there is no mode {mode!r}")
    if x.ndim == 4:
        return f.grid_sample(x, kept(grid, x.dtype), _MODES[mode], padding_mode, bool(align_corners))
    if _MODES[mode] == "bicubic":
        raise ValueError("cubic interpolation is of images, with four axes")
    size = x.shape[2:]
    at = []
    for i, n in enumerate(size):  # the last coordinate is that of the first axis
        place = f.getitem(grid, (..., len(size) - 1 - i))
        place = (place + 1) * ((n - 1) / 2) if align_corners else ((place + 1) * n - 1) / 2
        if padding_mode == "border":
            place = f.clip(place, 0.0, float(n - 1))
        elif padding_mode == "reflection":
            place = _reflected(place, n, bool(align_corners))
        at.append(place)
    return _sampled(x, at, _MODES[mode] == "nearest")


def _reflected(place: Any, n: int, corners: bool) -> Any:
    low, span = (0.0, float(n - 1)) if corners else (-0.5, float(n))
    if not span:
        return 0 * place
    turned = f.remainder(f.absolute(place - low), 2 * span)
    return f.clip(low + span - f.absolute(turned - span), 0.0, float(n - 1))


def _sampled(x: Any, at: list[Any], nearest: bool) -> Any:
    """Volumes at places, 0 beyond the border; between elements all around count."""
    size, n = x.shape[2:], x.shape[0]
    batch = np.arange(n).reshape(-1, *[1] * (at[0].ndim - 1))
    moved = f.moveaxis(x, 1, -1)
    low = [(np.rint if nearest else np.floor)(np.asarray(bare(place))).astype(np.int64) for place in at]
    total: Any = 0.0
    for corner in [(0,) * len(size)] if nearest else [*product((0, 1), repeat=len(size))]:
        index = [begin + step for begin, step in zip(low, corner, strict=True)]
        inside = np.logical_and.reduce([(i >= 0) & (i < m) for i, m in zip(index, size, strict=True)])
        share: Any = inside.astype(x.dtype)
        for place, i in zip(at, index, strict=True):
            share = share if nearest else share * (1 - f.absolute(place - i.astype(x.dtype)))
        safe = [np.where(inside, i, 0) for i in index]
        total = total + f.getitem(moved, (batch, *safe)) * f.expand_dims(share, (-1,))
    return f.moveaxis(total, -1, 1)


@operator("RoiAlign", since=16)
def _roi_align(x: Any, rois: Any, batch: Any, *, coordinate_transformation_mode: str = "half_pixel", **how: Any) -> Any:
    return _aligned(x, rois, batch, coordinate_transformation_mode == "half_pixel", **how)


@operator("RoiAlign", since=10)
def _roi_align_before(x: Any, rois: Any, batch: Any, **how: Any) -> Any:
    return _aligned(x, rois, batch, False, **how)


def _aligned(
    x: Any, rois: Any, batch: Any, half: bool, mode: str = "avg", output_height: int = 1, output_width: int = 1,
    sampling_ratio: int = 0, spatial_scale: float = 1.0,
) -> Any:  # fmt: skip
    boxes, of = np.asarray(bare(rois), np.float64) * spatial_scale - 0.5 * half, np.asarray(bare(batch))
    height, width = x.shape[2:]
    found = []
    for (left, top, right, bottom), i in zip(boxes, of, strict=True):
        sides = []
        for begin, end, count, n in ((top, bottom, output_height, height), (left, right, output_width, width)):
            length = end - begin if half else max(end - begin, 1.0)
            points = sampling_ratio or max(int(np.ceil(length / count)), 1)
            within_reason((count, points))
            place = begin + (np.arange(count * points) + 0.5) * (length / count / points)
            sides.append((place, points, (place < -1.0) | (place > n), np.clip(place, 0, n - 1)))
        (_, rows, no_row, y), (_, columns, no_column, z) = sides
        at_y, at_z = np.broadcast_arrays(y[:, None], z[None])
        image = f.getitem(x, int(i))
        values, shares = _corners(image, at_y, at_z, ~(no_row[:, None] | no_column[None]))
        shape = (x.shape[1], output_height, rows, output_width, columns)
        if mode == "avg":
            found.append(f.mean(f.reshape(f.sum(values * shares, 0), shape), (2, 4)))
        else:  # the largest share of a neighbour, as the operator is defined
            found.append(f.max(f.reshape(f.max(values * shares, 0), shape), (2, 4)))
    return f.stack(found, 0) if found else np.zeros((0, x.shape[1], output_height, output_width), x.dtype)


def _corners(image: Any, y: Any, z: Any, inside: Any) -> tuple[Any, Any]:
    """The four neighbours of places in an image (C, H, W) -> (4, C, ...), and the share of each."""
    height, width = image.shape[1:]
    top, left = np.floor(y).astype(np.int64), np.floor(z).astype(np.int64)
    values, shares = [], []
    for up, right in product((0, 1), (0, 1)):
        i, j = np.minimum(top + up, height - 1), np.minimum(left + right, width - 1)
        values.append(f.getitem(image, (slice(None), i, j)))
        share = (y - top if up else 1 - (y - top)) * (z - left if right else 1 - (z - left))
        shares.append((share * inside).astype(image.dtype))
    return f.stack(values, 0), np.expand_dims(np.stack(shares), 1)


@operator("NonMaxSuppression")
def _non_max_suppression(
    boxes: Any, scores: Any, most: Any = None, overlap: Any = None, least: Any = None, *, center_point_box: int = 0
) -> Any:
    corners, values = np.asarray(bare(boxes), np.float64), np.asarray(bare(scores))
    count = 0 if most is None else whole(most)[0]
    limit = 0.0 if overlap is None else float(np.asarray(bare(overlap)).reshape(-1)[0])
    if center_point_box:
        middle, half = corners[..., :2], corners[..., 2:] / 2
        corners = np.concatenate((middle - half, middle + half), -1)
    low = np.minimum(corners[..., :2], corners[..., 2:])
    high = np.maximum(corners[..., :2], corners[..., 2:])
    area, chosen = (high - low).prod(-1), []
    for i, j in np.ndindex(values.shape[:2]):
        order = np.argsort(-values[i, j], kind="stable")
        if least is not None:
            order = order[values[i, j, order] > np.asarray(bare(least)).reshape(-1)[0]]
        taken: list[int] = []
        for k in order:
            if len(taken) >= count:
                break
            both = np.maximum(np.minimum(high[i, k], high[i, taken]) - np.maximum(low[i, k], low[i, taken]), 0).prod(-1)
            whole_area = area[i, k] + area[i, taken] - both
            if not np.any(both > limit * whole_area):
                taken.append(int(k))
        chosen += [(i, j, k) for k in taken]
    return np.array(chosen, np.int64).reshape(-1, 3)


_FORMATS = ("BMP", "JPEG", "JPEG2000", "TIFF", "PNG", "WEBP", "PPM")


@operator("ImageDecoder")
def _image_decoder(octets: Any, *, pixel_format: str = "RGB") -> Any:
    from PIL import Image

    mode = "L" if pixel_format == "Grayscale" else "RGB"
    try:
        with Image.open(io.BytesIO(np.asarray(bare(octets)).tobytes()), formats=_FORMATS) as picture:
            pixels = np.asarray(picture.convert(mode))
    except Exception:  # whatever a decoder raises: the operator is defined to give nothing then
        return np.zeros((0, 0, 1 if mode == "L" else 3), np.uint8)
    if mode == "L":
        return pixels[:, :, None]
    return pixels[:, :, ::-1] if pixel_format == "BGR" else pixels
