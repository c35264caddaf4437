"""What else excites the channels of a page: the parts of a data set's images that they respond to most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..attribution.top_activations import images_at, top_activations
from ..figures.figure import one_or_three, shown
from ..figures.pictures import grid, to_image
from ..receptive import ReceptiveField, field_of
from ..record import Array, Recorded, find_layer
from .panels import number

_SIDE = 84  # of a part, in pixels of the picture


def neighbours(
    folder: Path,
    model: Any,
    data: Any,
    recorded: Recorded,
    channels: Mapping[str, Sequence[int]],
    *,
    k: int,
    inside: bool,
    batch_size: int,
    progress: bool,
) -> dict[str, dict[int, dict[str, Any]]]:
    """For each channel of each layer, by layer and channel: a picture of the k parts, and how strongly they excite it.

    recorded: a pass of an image of the same size, which tells the fields.
    """
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for index, (layer, wanted) in enumerate(channels.items()):
        value = find_layer(recorded, layer)

        @cache
        def field(position: tuple[int, int], value: Any = value) -> ReceptiveField:
            return field_of(recorded, value, position)

        top = top_activations(
            model, data, layer, k=k, channels=list(wanted), inside=inside, batch_size=batch_size, progress=progress
        )
        places = np.unique(top.images)
        looks = dict(zip(places.tolist(), shown(model, images_at(data, places)), strict=True))
        found[layer] = {}
        for channel, images, positions, values in zip(wanted, top.images, top.positions, top.values, strict=True):
            parts = [
                _part(looks[image], field(tuple(position)))
                for image, position in zip(images.tolist(), positions.tolist(), strict=True)
            ]
            path = folder / "pictures" / f"layer{index}-channel{channel}-top.jpg"
            grid(parts, columns=3, margin=2, background="#808080").save(path, quality=88)
            found[layer][channel] = {
                "src": path.relative_to(folder).as_posix(),
                "count": len(parts),
                "of": top.seen,
                "most": number(values[0]),
                "least": number(values[-1]),
            }
    return found


def _part(look: Array, field: ReceptiveField) -> Image.Image:
    """What a unit sees of an image, as large as a part is drawn."""
    seen = field.crop(one_or_three(look))
    if not seen.size:
        return Image.new("RGB", (_SIDE, _SIDE), "#e8e8e8")
    picture = to_image(seen, display="clip").convert("RGB")
    small = max(picture.size) * 3 <= _SIDE
    share = _SIDE / max(picture.size)
    size = [max(1, round(side * share)) for side in picture.size]
    return picture.resize(size, Image.Resampling.NEAREST if small else Image.Resampling.LANCZOS)
