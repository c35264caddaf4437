"""How a page begins: where the net looks for what it says, and the whole net layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_mini.core.tape import ancestors

from ..attribution.gradcam import GradCAM, last_maps
from ..attribution.projection import Projection
from ..attribution.protocol import Target
from ..figures.figure import one_or_three, shown
from ..figures.pictures import overlay
from ..record import Array, Recorded, value_of
from ..targets import Unit
from .panels import Panels


def where_it_looks(panels: Panels, recorded: Recorded, labels: Sequence[str]) -> dict[str, Any] | None:
    """Grad-CAM of the most probable class over the photograph, and of which maps; None where there are no maps."""
    logits = recorded.outputs[0]
    units = np.zeros(logits.shape, bool)
    units[0, logits.numpy()[0].argmax()] = True
    try:
        maps = last_maps(recorded, logits)
        heat = GradCAM().backward(Target(panels.model, recorded, "", logits, units), retain_graph=True)[0]
    except ValueError:
        return None
    layer = next(name for name, value in recorded.named.items() if value.node is maps.node)
    photo = one_or_three(shown(panels.model, recorded.images.numpy())[0])
    return {
        "src": panels.write(overlay(photo, heat), "gradcam"),
        "target": labels[int(units[0].argmax())],
        "layer": layer,
        "places": list(maps.shape[2:]),
        "empty": not heat.any(),
    }


def whole_net(
    panels: Panels, recorded: Recorded, way: Projection, layers: Sequence[str], strongest: Sequence[Unit], inside: bool
) -> list[dict[str, Any]]:
    """Each layer in one picture: all its channels together, and its strongest channel, projected back to the pixels."""
    told = []
    for index, (layer, unit) in enumerate(zip(layers, strongest, strict=True)):
        pictures = {}
        for key, channel in (("all", "all"), ("strongest", unit.place.channel)):
            target = way.target(panels.model, recorded, layer, channel, "all", inside)  # type: ignore[arg-type]
            signal = way.backward(target, retain_graph=True)[0]
            pictures[key] = panels.signal(signal, f"layer{index}", layer, key)
        told.append({**pictures, "channel": unit.place.channel})
    return told


def switches_tell(recorded: Recorded, layer: str) -> bool:
    """Whether max-pooling takes away as much of the places on the way to a layer as strided convolutions do.

    Where it does not, no switches say where the signal was, and a deconvnet's picture is a grid that owes little to
    the image (Springenberg et al. 2015, section 3.4).
    """
    node = recorded.named[layer].node
    assert node is not None
    pooled = strided = 1
    for one in ancestors(node):
        if one.op is not None and one.op.name == "max_pool2d":
            pooled *= one.params["window"][1][0]
        elif one.op is not None and one.op.name in ("conv", "conv2d"):  # the first: in groups, or of other axes
            strided *= one.params["geometry"][0][0]
    return pooled >= strided


def names_of_channels(recorded: Recorded, layer: str, labels: Sequence[str], after_relu: bool) -> Sequence[str]:
    """The classes that a layer's channels stand for, where each logit is its channel's mean, or just it; else ()."""
    values = value_of(recorded, layer, after_relu).numpy()[0]
    if not labels or values.shape[0] != len(labels):
        return ()
    logits: Array = recorded.outputs[0].numpy()[0].reshape(-1)
    means = values.reshape(len(values), -1).mean(axis=1)
    off = np.maximum(logits, 0) if after_relu and values.min() >= 0 else logits
    return labels if np.allclose(means, off, rtol=1e-3, atol=1e-3 * np.abs(logits).max()) else ()
