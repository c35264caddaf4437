"""Sheets: the first layer's filters as pictures, and all maps of a layer side by side."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_mini.arguments import is_whole

from ..attribution.randomised import layers_of
from ..errors import named_in_errors, refusal
from ..figures.figure import Figure, check_image, colours
from ..figures.pictures import common_scale, grid, to_image
from ..record import Array, activations


@named_in_errors("filters")
def filters(model: Any, layer: str | None = None, *, columns: int | None = None, zoom: int = 6) -> Figure:
    """A convolution's filters as pictures: those of the first layer show colours, of others the first channels' mean.

    Each has its own scale: grey is 0, white and black ± its largest weight.

    Arguments:
        model: anything with `named_parameters()`.
        layer: its name, by default the first with filters (K, C, kh, kw).
        columns: how many a row, by default about as many as rows.
        zoom: pixels a side for each weight.
    Returns:
        A Figure; its data are the weights.
    Raises:
        KeyError, TypeError, ValueError: for layers that have no filters.
    Source: Krizhevsky et al. 2012, Figure 3; Zeiler & Fergus 2014, Figure 6.

    Example:
        >>> vis.filters(nn.Sequential(conv=nn.Conv2d(3, 4, 5, rng=0))).data["filters"].shape
        (4, 3, 5, 5)
    """
    found = {name: p for name, given in layers_of(model).items() for p in given.values() if p.ndim == 4}
    if layer is not None and layer not in found:
        raise refusal(KeyError, f"no layer with filters is called {layer!r}; there are {', '.join(found) or 'none'}")
    if not found:
        raise refusal(ValueError, "the model has no filters, (K, C, kh, kw)")
    name = next(iter(found)) if layer is None else layer
    weights: Array = found[name].numpy()
    shown = [colours(model, one) if len(one) == 3 else one.mean(axis=0) for one in weights]
    pictures = [to_image(one, display="symmetric", zoom=zoom) for one in shown]
    caption = f"the {len(weights)} filters of {name}; grey is zero, each has its own scale"
    return Figure(grid(pictures, columns=columns, margin=2), {"filters": weights}, None, caption)


@named_in_errors("feature_maps")
def feature_maps(
    model: Any,
    images: Any,
    layer: str,
    *,
    image: int = 0,
    most: int = 64,
    columns: int | None = None,
    zoom: int = 1,
    numbered: bool = False,
) -> Figure:
    """All maps of a layer of one image, side by side, to one scale: those of a ReLU as black to white.

    Maps that have both signs are drawn about grey. Of more than `most` the strongest are shown, in their order.

    Arguments:
        model, images, layer: as for `activations`.
        image: which image.
        most: how many maps.
        columns: how many a row, by default about as many as rows.
        zoom: pixels a side for each element.
        numbered: whether each has its channel's number below it.
    Returns:
        A Figure; its data are the maps (K, h, w) and the channels' numbers.
    Raises:
        KeyError, IndexError, ValueError: for layers that have no maps, and images that are not there.
    Source: Yosinski et al. 2015, "Understanding Neural Networks Through Deep Visualization", section 2.

    Example:
        >>> net = nn.Sequential(conv=nn.Conv2d(3, 4, 3, rng=0), relu=nn.ReLU())
        >>> vis.feature_maps(net, np.ones((1, 3, 6, 6), np.float32), "relu").data["maps"].shape
        (4, 4, 4)
    """
    named = activations(model, images)
    if layer not in named:
        raise refusal(KeyError, f"no activation is called {layer!r}; there are {', '.join(named) or 'none'}")
    values = named[layer]
    if values.ndim != 4:
        raise refusal(ValueError, f"{layer!r} {values.shape} has no maps; it must be (N, K, h, w)")
    if not is_whole(most, 1):
        raise refusal(ValueError, f"most must be a number of maps of at least 1, not {most!r}")
    check_image(image, values)
    maps = values[image]
    strongest = np.argsort(-np.abs(maps).max(axis=(1, 2)), kind="stable")[:most]
    channels = np.sort(strongest)
    scale = common_scale([maps], percentile=100)  # nothing is cut off: the caption says what white is
    signed = maps.min() < 0
    pictures = [
        to_image(maps[c], scale=scale, zoom=zoom)
        if signed
        else to_image(maps[c] / (scale or 1), display="clip", zoom=zoom)
        for c in channels
    ]
    words = [str(c) for c in channels] if numbered else None
    caption = f"{len(channels)} of the {len(maps)} maps of {layer}; " + (
        f"grey is zero, white and black ±{scale:.3g}" if signed else f"black is zero, white {scale:.3g}"
    )
    return Figure(
        grid(pictures, words, columns=columns, margin=2), {"maps": maps[channels], "channels": channels}, scale, caption
    )
