"""Arrays as pictures: signals renormalised to [0, 255] by a declared scale, and grids of pictures with captions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from autograd_mini.arguments import array_of, is_real, is_whole
from autograd_mini.core.primitive import operand

from ..errors import called, check_counts, named_in_errors, refusal

Array = np.ndarray[Any, Any]
Display = Literal["symmetric", "minmax", "clip", "percentile", "heat"]


@named_in_errors("to_image")
def to_image(
    array: Any,
    *,
    display: Display = "symmetric",
    scale: float | None = None,
    limits: tuple[float, float] = (0.0, 1.0),
    zoom: int = 1,
) -> Image.Image:
    """An array as a picture, its values renormalised to [0, 255].

    Arguments:
        array: (H, W), (1, H, W) or (3, H, W).
        display: "symmetric" shows 0 as middle grey and ±scale as white and black; "percentile" does so with the 99th
            percentile as the scale; "minmax" stretches the smallest value to black and the largest to white; "clip"
            shows `limits` as black and white and cuts off what is beyond; "heat", of one channel, shows 0 and below as
            black, then red and yellow, and the scale as white.
        scale: of "symmetric", "percentile" and "heat": the largest absolute value, or its percentile, unless given;
            give one scale to all pictures of a figure.
        limits: of "clip": [0, 1] (or bytes) for photographs, or the range of the model's input for a signal.
        zoom: pixels a side for each element.
    Returns:
        A PIL image, grey or in colours.
    Raises:
        TypeError: for what are no real numbers.
        ValueError: for other shapes, values that are not finite, an unknown display, or a scale or limits that mean
            nothing.
    Source: the report, section 3.2.1.

    Example:
        >>> np.asarray(vis.to_image([[-2.0, 0.0, 1.0]]))  # 0 is middle grey
        array([[  0, 128, 191]], dtype=uint8)
    """
    given = _numbers(array)
    check_counts(zoom=zoom)
    values = given / 255.0 if given.dtype == np.uint8 and display == "clip" else given.astype(np.float64)
    if values.ndim == 2:
        values = values[None]
    if values.ndim != 3 or values.shape[0] not in (1, 3) or not values.size:
        raise refusal(ValueError, f"shape {np.shape(array)} must be (H, W), (1, H, W) or (3, H, W), and not empty")
    if not np.isfinite(values).all():
        raise refusal(ValueError, f"{np.count_nonzero(~np.isfinite(values))} of {values.size} values are not finite")
    if display in ("symmetric", "percentile", "heat"):
        if scale is None:
            scale = common_scale([values], percentile=99 if display == "percentile" else 100)
        if not (is_real(scale) and 0 <= scale < np.inf):
            raise refusal(ValueError, f"scale, what is drawn as white, must be a positive number, not {scale!r}")
        low, high = -float(scale) if display != "heat" else 0.0, float(scale)
        if display == "heat" and len(values) == 3:
            raise refusal(ValueError, f"heat has one channel, (H, W) or (1, H, W), and no colours: {np.shape(array)}")
    elif scale is not None:
        raise refusal(ValueError, f"scale={scale!r} is for 'symmetric', 'percentile' and 'heat', not for {display!r}")
    elif display == "minmax":
        low, high = values.min(), values.max()
    elif display == "clip":
        pair = isinstance(limits, tuple | list) and len(limits) == 2 and all(map(is_real, limits))
        low, high = limits if pair else (0.0, 0.0)
        if not -np.inf < low < high < np.inf:
            raise refusal(ValueError, f"limits must be two numbers, the smaller first, not {limits!r}")
    else:
        raise refusal(
            ValueError, f"display must be 'symmetric', 'percentile', 'minmax', 'clip' or 'heat', not {display!r}"
        )
    values = (values - low) / (high - low) if high > low else np.full_like(values, 0.0 if display == "heat" else 0.5)
    if display == "heat":
        values = _heat(values[0])
    levels = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    image = Image.fromarray(levels[0]) if len(levels) == 1 else Image.fromarray(levels.transpose(1, 2, 0))
    return image.resize((image.width * zoom, image.height * zoom), Image.Resampling.NEAREST) if zoom > 1 else image


HEAT = ((0, 0, 0), (87, 16, 110), (188, 55, 60), (249, 142, 9), (252, 255, 200))
"""Colours of heat from 0 to 1, each lighter than the one before: so it reads in grey, too."""


def _heat(values: Array) -> Array:
    """Numbers (H, W), those from 0 to 1 in the colours of heat -> (3, H, W)."""
    steps = np.linspace(0, 1, len(HEAT))
    return np.stack([np.interp(values, steps, np.array(colour) / 255) for colour in zip(*HEAT, strict=True)])


@named_in_errors("overlay")
def overlay(photo: Any, heat: Any, *, scale: float | None = None, opacity: float = 0.5, zoom: int = 1) -> Image.Image:
    """A photograph with a map of heat over it: dark where there is none, and the hottest place brightest.

    Arguments:
        photo: (3, H, W) or (1, H, W), numbers from 0 to 1 or bytes, or a PIL image.
        heat: (H, W), or (C, H, W), whose channels are averaged: what a CAM or an occlusion gives for one image.
            Negative values count as none.
        scale: what is hottest, by default the largest value.
        opacity: of the heat, 0 (the photograph alone) to 1.
        zoom: pixels a side for each element.
    Returns:
        A PIL image in colours.
    Raises:
        TypeError, ValueError: for shapes that differ, and for what is no picture or no number.

    Example:
        >>> np.asarray(vis.overlay(np.full((3, 1, 2), 0.5), [[0.0, 1.0]], opacity=1.0))[0]
        array([[  0,   0,   0],
               [252, 255, 200]], dtype=uint8)
    """
    if not (is_real(opacity) and 0 <= opacity <= 1):
        raise refusal(ValueError, f"opacity must be a number from 0 to 1, not {opacity!r}")
    check_counts(zoom=zoom)
    below = (photo if isinstance(photo, Image.Image) else to_image(photo, display="clip")).convert("RGB")
    map_ = _numbers(heat)
    map_ = map_.mean(axis=0) if map_.ndim == 3 else map_
    above = to_image(map_, display="heat", scale=scale)
    if below.size != above.size:
        sizes = f"{below.height}×{below.width} pixels and heat {np.shape(heat)}"
        raise refusal(ValueError, f"the photograph and the heat must be of one size, not {sizes}")
    mixed = Image.blend(below, above, float(opacity))
    return mixed.resize((mixed.width * zoom, mixed.height * zoom), Image.Resampling.NEAREST) if zoom > 1 else mixed


@named_in_errors("common_scale")
def common_scale(arrays: Sequence[Any], *, percentile: float = 100) -> float:
    """One scale for all the arrays of a figure: the percentile of their absolute values, by default the largest.

    Arguments:
        arrays: of any shapes.
        percentile: from 0 to 100.
    Returns:
        The scale, for `to_image`.
    Raises:
        ValueError: if there are no values, or the percentile is none.
        TypeError: for what are no real numbers.

    Example:
        >>> vis.common_scale([np.array([1.0, -3.0]), np.array([2.0])])
        3.0
    """
    if not (is_real(percentile) and 0 <= percentile <= 100):
        raise refusal(ValueError, f"percentile must be a number from 0 to 100, not {percentile!r}")
    given = [np.abs(np.ravel(_numbers(a))) for a in ([] if arrays is None else arrays)]
    if not sum(values.size for values in given):
        raise refusal(ValueError, "there are no values to take a scale of")
    return float(np.percentile(np.concatenate(given), percentile))


def _numbers(array: Any) -> Array:
    values = array_of(operand(called(), array))
    if values.dtype.kind == "c":
        raise refusal(TypeError, f"takes real numbers, not {values.dtype}")
    return values


@named_in_errors("grid")
def grid(
    images: Sequence[Image.Image],
    captions: Sequence[str] | None = None,
    *,
    columns: int | None = None,
    margin: int = 6,
    background: str = "white",
    ink: str = "black",
    text_size: int = 11,
) -> Image.Image:
    """Pictures side by side in rows, each with its caption below.

    Arguments:
        images: PIL images, of any sizes.
        captions: one for each picture; those wider than the widest picture widen the columns.
        columns: how many a row, by default about as many as rows.
        margin: pixels around each picture.
        background, ink: colours.
        text_size: of the captions, in pixels.
    Returns:
        A PIL image.
    Raises:
        ValueError: for no pictures, captions that are not as many as pictures, or numbers that mean nothing.
        TypeError: for what are no pictures.

    Example:
        >>> vis.grid([vis.to_image(np.eye(3), zoom=10)] * 4, margin=6).size
        (78, 78)
    """
    if isinstance(images, Image.Image) or isinstance(captions, str):
        raise refusal(TypeError, "takes a list of pictures, and a list of captions")
    if not images:
        raise refusal(ValueError, "there are no pictures")
    if not all(isinstance(image, Image.Image) for image in images):
        raise refusal(TypeError, "takes pictures, as to_image makes them of arrays")
    if columns is not None and not is_whole(columns, 1):
        raise refusal(ValueError, f"columns must be an integer of at least 1, or None, not {columns!r}")
    if not is_whole(margin, 0) or not is_whole(text_size, 1):
        raise refusal(ValueError, f"margin and text_size must be numbers of pixels, not {margin!r} and {text_size!r}")
    texts = [""] * len(images) if captions is None else [str(text) for text in captions]
    if len(texts) != len(images):
        raise refusal(ValueError, f"{len(images)} pictures need as many captions, not {len(texts)}")
    columns = columns or int(np.ceil(np.sqrt(len(images))))
    font = ImageFont.load_default(text_size)
    measure = ImageDraw.Draw(Image.new("L", (1, 1)))
    boxes = [measure.multiline_textbbox((0, 0), text, font=font) for text in texts]
    text_height = int(max(box[3] for box in boxes)) + 3 if any(texts) else 0
    cell_width = max(*(image.width for image in images), *(int(box[2]) + 1 for box in boxes), 1)
    cell_height = max(image.height for image in images) + text_height
    rows = -(-len(images) // columns)
    sheet = Image.new(
        "RGB", (columns * (cell_width + margin) + margin, rows * (cell_height + margin) + margin), background
    )
    draw = ImageDraw.Draw(sheet)
    for i, (image, text, box) in enumerate(zip(images, texts, boxes, strict=True)):
        left = margin + (i % columns) * (cell_width + margin)
        top = margin + (i // columns) * (cell_height + margin)
        sheet.paste(image.convert("RGB"), (left + (cell_width - image.width) // 2, top))
        place = (left + (cell_width - int(box[2])) // 2, top + cell_height - text_height + 2)
        draw.multiline_text(place, text, fill=ink, font=font, align="center")
    return sheet
