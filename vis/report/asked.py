"""What a report is asked to show: images, channels, layers and names of classes, normalised and refused."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from autograd_mini import Tensor
from autograd_mini.arguments import array_of, is_whole

from ..errors import refusal
from ..figures.figure import Figure
from ..predictions import as_logits
from ..record import Array, Recorded, find_layer


def inputs_of(model: Any, images: Any, names: Sequence[str] | None) -> tuple[Array, list[str]]:
    """Model inputs (N, C, H, W) and a name for each."""
    given = [images] if isinstance(images, str | os.PathLike | Image.Image) else images
    called: list[str] = []
    if not isinstance(given, np.ndarray | Tensor | Iterable):
        raise refusal(TypeError, f"images must be model inputs, or pictures or their paths, not {type(given).__name__}")
    if not isinstance(given, np.ndarray | Tensor):
        given = list(given)
        if any(isinstance(one, str | os.PathLike | Image.Image) for one in given):
            preprocess = getattr(model, "preprocess", None)
            if preprocess is None:
                raise refusal(
                    TypeError, "this model has no preprocess that makes inputs of pictures; give it (N, C, H, W)"
                )
            called = [Path(one).name if isinstance(one, str | os.PathLike) else "" for one in given]
            given = [preprocess(one) for one in given]
        if not given:
            raise refusal(ValueError, "there are no images")
        given = np.stack([array_of(one) for one in given])
    array = array_of(given)
    array = array[None] if array.ndim == 3 else array
    if array.ndim != 4 or not array.size or array.shape[1] not in (1, 3):
        raise refusal(
            ValueError, f"images {array.shape} must be (N, C, H, W) with 1 or 3 channels, and at least one of them"
        )
    if names is not None and len(names) != len(array):
        raise refusal(ValueError, f"{len(array)} images need as many names, not {len(names)}")
    called = called or [""] * len(array)
    chosen = called if names is None else [str(name) for name in names]
    return array, [name or f"image {n}" for n, name in enumerate(chosen)]


def channels_of(channels: int | Sequence[int]) -> int | list[int]:
    """How many channels of each layer, or which, each once."""
    if isinstance(channels, int | np.integer):
        if not is_whole(channels, 1):
            raise refusal(ValueError, f"channels must be at least 1, or a list of channels, not {channels!r}")
        return int(channels)
    chosen = list(dict.fromkeys(operator.index(channel) for channel in channels))
    if not chosen:
        raise refusal(ValueError, "the list of channels is empty")
    return chosen


def distinct(layers: Sequence[str], recorded: Recorded) -> list[str]:
    """The named layers, each once. Raises as `project` does for those that are not there."""
    chosen = [layers] if isinstance(layers, str) else list(dict.fromkeys(layers))
    if not chosen:
        raise refusal(ValueError, "the list of layers is empty")
    for layer in chosen:
        find_layer(recorded, layer)
    return chosen


def labels_of(recorded: Recorded, classes: Sequence[str] | None) -> list[str]:
    """A name for every class; none if the net gives no logits."""
    first: tuple[int, ...] = as_logits(recorded.outputs[0].numpy()).shape if len(recorded.outputs) == 1 else ()
    count = first[1] if len(first) == 2 and first[1] > 1 else 0
    if classes is not None and len(classes) != count:
        raise refusal(ValueError, f"{len(classes)} names are given for the {count} classes of this net")
    return [str(name) for name in classes] if classes is not None else [f"class {i}" for i in range(count)]


def check_folder(figures: Any, out: Any) -> None:
    """Raise TypeError for figures that are none, or a folder that is no path."""
    if figures is not None and not isinstance(figures, Mapping):
        raise refusal(TypeError, f"figures must be Figures by name, not {type(figures).__name__}")
    if not isinstance(out, str | os.PathLike):
        raise refusal(TypeError, f"out must be a str or a Path, not {type(out).__name__}")
    for name, figure in (figures or {}).items():
        if not isinstance(figure, Figure):
            raise refusal(TypeError, f"figures[{name!r}] must be a Figure, not {type(figure).__name__}")
