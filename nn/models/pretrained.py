"""Pretrained: VGG weights as torchvision and Keras keep them, found by their names and turned into ours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..data.preprocessing import Preprocessing
from ..io.matching import Translated

Array = np.ndarray[Any, Any]

_TORCHVISION = re.compile(r"(features|classifier)\.(\d+)\.(\w+)")
_KERAS = re.compile(
    r"(?!features\.|classifier\.)(?:.*[/.])?"  # not ours; the name of a model or of groups; then
    r"(?:block(?P<block>\d+)_conv(?P<conv>\d+)|(?P<dense>fc\d+|predictions))(?:_\d+)?"  # the layer, and
    r"[/._](?:(?P<weight>kernel|W|vars[/.]0)|bias|b|vars[/.]1)(?:_\d+)?(?::0)?"  # which of its two arrays
)


def translate(
    state: Mapping[str, Any],
    features: Sequence[str],
    classifier: Sequence[str],
    maps: tuple[int, int, int],
    input_shape: tuple[int, ...],
) -> Translated:
    """A VGG's weights under our names and in our order of axes; a state that is ours comes back as it is.

    features, classifier: what the net's layers are called, in order. maps: the (C, H, W) that its linear layers begin
    with. input_shape: (C, H, W). Names that mean no layer are kept, for the caller to complain of.

    - torchvision: "features.0.weight", "classifier.6.bias": layers by their number, batch normalisation among them.
      Its nets want RGB in [0, 1] less a mean, over a deviation.
    - Keras: "block1_conv1/kernel:0", "block1_conv1/block1_conv1_W_1:0", "block1_conv1.kernel", "predictions/bias", …:
      kernels (kh, kw, in, out) and matrices (in, out), of which the first takes pixels in (H, W, C) order. Its nets are
      Simonyan & Zisserman's own and want BGR from 0 to 255 less a mean.

    Raises ValueError if two arrays mean the same one, or some are torchvision's and some Keras's.
    """
    linear = [name for name in classifier if name.startswith("fc")]
    kinds: dict[str, dict[str, Any]] = {}
    called: dict[str, str] = {}
    turned: dict[str, Any] = {}
    for theirs, values in state.items():
        ours = theirs
        if found := _TORCHVISION.fullmatch(theirs):
            kinds["torchvision"] = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
            where, number, field = found.groups()
            layers = features if where == "features" else classifier[1:]  # flattening is no layer of theirs
            if int(number) < len(layers):
                ours = f"{where}.{layers[int(number)]}.{field}"
        elif found := _KERAS.fullmatch(theirs):
            kinds["Keras"] = {"bgr": True, "scale": 255.0, "mean": (103.939, 116.779, 123.68)}
            field = "weight" if found["weight"] else "bias"
            if found["dense"]:
                layer = linear[-1] if found["dense"] == "predictions" else found["dense"]
                ours = f"classifier.{layer}.{field}"
                values = _matrix(values, maps if layer == linear[0] else None)
            else:
                ours = f"features.conv{found['block']}_{found['conv']}.{field}"
                values = _kernel(values)
        if ours in turned:
            raise ValueError(f"load: {called[ours]} and {theirs} are both {ours}; the model is left unchanged")
        turned[ours], called[ours] = values, theirs
    if len(kinds) > 1:
        raise ValueError("load: some names are torchvision's and some Keras's; the model is left unchanged")
    channels, height, width = input_shape
    if not kinds or channels != 3 or height != width:
        return Translated(turned, called, None)
    return Translated(turned, called, Preprocessing(height, **kinds.popitem()[1]))


def _kernel(values: Any) -> Array:
    """(kh, kw, in, out) -> (out, in, kh, kw); a bias stays."""
    array = np.asarray(values)
    return array.transpose(3, 2, 0, 1) if array.ndim == 4 else array


def _matrix(values: Any, maps: tuple[int, int, int] | None) -> Array:
    """(in, out) -> (out, in), and pixels in (H, W, C) order to (C, H, W); a bias stays."""
    array = np.asarray(values)
    if array.ndim == 2 and maps is not None and len(array) == np.prod(maps):
        channels, height, width = maps
        return array.reshape(height, width, channels, -1).transpose(3, 2, 0, 1).reshape(array.shape[::-1])
    return array.T
