"""Reconstructions layer by layer, one unit across checkpoints, nets side by side: figures made of projections.

Every convention of `project` can be passed on by name. Which signals share a scale is a choice, and declared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from PIL import Image

from autograd_mini.arguments import array_of

from ..errors import named_in_errors, refusal
from ..figures.figure import Array, Figure, colours, shown
from ..figures.pictures import PERCENTILE, grid, to_image
from ..figures.scales import Scale, Scales, check_drawing
from ..receptive import places_inside
from ..record import check_channel, find_layer, maps_of, record
from ..targets import telling_layers
from .projection import project


@named_in_errors("reconstructions")
def reconstructions(
    model: Any,
    images: Any,
    layers: Sequence[str] | None = None,
    *,
    inside: bool = True,
    scale: Scale = "picture",
    percentile: float = PERCENTILE,
    zoom: int = 1,
    **options: Any,
) -> Figure:
    """What the strongest unit of each layer responds to, layer by layer: a row for each image, a column for each layer.

    Arguments:
        model: any function of a Tensor whose activations carry names.
        images: (N, C, H, W), C 1 or 3.
        layers: names, first to last; by default up to eight, spread evenly.
        inside: as for `project`: units in corners often respond to the padding there.
        scale: what has one scale, which is written below: each "picture", as in published figures, each "row", each
            "layer" (deep ones are often weaker by orders of magnitude), or the whole "figure".
        percentile: of the absolute values that are not 0, which the scale is: with 100 single pixels dim all others.
        zoom: pixels a side for each element.
        options: those of `project`: channel, position, rules, start, …
    Returns:
        A Figure; its data are the projections by layer, (N, C, H, W) each, and its scale None where there are several.
    Raises:
        KeyError, IndexError, TypeError, ValueError: as `project` does, and ValueError for choices that do not exist.
    Source: the report, Figure 6.2; Zeiler & Fergus 2014, section 2.1.

    Example:
        >>> net = nn.Sequential(conv1=nn.Conv2d(1, 2, 3, rng=0), relu=nn.ReLU(), conv2=nn.Conv2d(2, 2, 3, rng=0))
        >>> figure = vis.reconstructions(net, np.ones((1, 1, 8, 8), np.float32), ["relu", "conv2"], rules=vis.GUIDED)
        >>> {layer: signals.shape for layer, signals in figure.data.items()}
        {'relu': (1, 1, 8, 8), 'conv2': (1, 1, 8, 8)}
    """
    chosen = None if layers is None else {"": layers}
    return side_by_side(
        {"": model}, images, chosen, inside=inside, scale=scale, percentile=percentile, zoom=zoom, **options
    )


@named_in_errors("side_by_side")
def side_by_side(
    models: Mapping[str, Any],
    images: Any,
    layers: Mapping[str, Sequence[str]] | Sequence[str] | None = None,
    *,
    inside: bool = True,
    scale: Scale = "picture",
    percentile: float = PERCENTILE,
    zoom: int = 1,
    **options: Any,
) -> Figure:
    """Several nets' reconstructions of the same images, one below the other: the same rule, the same kind of unit.

    Arguments:
        models: nets by the name to show.
        images: model inputs (N, C, H, W), or a mapping with those of each net, since nets want theirs prepared
            differently.
        layers: names for all nets, or a mapping with those of each.
        inside: as for `project`.
        scale: as for `reconstructions`, of each net by itself: signals of two nets have no common unit.
        percentile, zoom, options: as for `reconstructions`.
    Returns:
        A Figure; its data are the projections by "net: layer".
    Raises:
        KeyError, IndexError, TypeError, ValueError: as `reconstructions` does, and for nets without a name, images or
            layers.
    Source: the report, Figure 6.3.

    Example:
        >>> nets = {name: nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=n)) for n, name in enumerate(("one", "other"))}
        >>> list(vis.side_by_side(nets, np.ones((1, 1, 6, 6), np.float32), ["conv"]).data)
        ['one: conv', 'other: conv']
    """
    if not isinstance(models, Mapping) or not models:
        raise refusal(TypeError, f"models must be nets by the name to show, not {type(models).__name__} {models!r:.40}")
    for what, by_name in (("images", images), ("layers", layers)):
        if isinstance(by_name, Mapping) and (lacking := models.keys() - by_name.keys()):
            raise refusal(ValueError, f"{what} lack the net {sorted(lacking)[0]!r}; they are of {', '.join(by_name)}")
    check_drawing(scale, percentile, zoom)
    given = {name: images[name] if isinstance(images, Mapping) else images for name in models}
    chosen = {}
    for name, model in models.items():
        wanted = layers[name] if isinstance(layers, Mapping) else layers
        wanted = [wanted] if isinstance(wanted, str) else wanted
        chosen[name] = _telling(model, given[name]) if wanted is None else list(wanted)
        if not chosen[name]:
            raise refusal(ValueError, "the list of layers is empty")
    data = {
        (name, layer): project(model, given[name], layer, inside=inside, **options)
        for name, model in models.items()
        for layer in chosen[name]
    }
    rows: list[list[tuple[Image.Image, str]]] = []
    scales = []
    for name, model in models.items():
        signals = [data[name, layer] for layer in chosen[name]]
        each = Scales([list(of_image) for of_image in zip(*signals, strict=True)], scale, percentile)
        scales.append(each)
        own = f"\n±{each.whole:.2g}" if each.whole is not None and len(models) > 1 else ""
        for n, picture in enumerate(shown(model, given[name])):
            row = [(to_image(picture, display="clip", zoom=zoom), f"{name}{each.beside(n)}{own}".strip())]
            for i, layer in enumerate(chosen[name]):
                drawn = to_image(colours(model, signals[i][n]), scale=each.of(n, i), zoom=zoom)
                row.append((drawn, f"{layer}{each.below(n, i)}"))
            rows.append(row)
    alone = len(models) == 1
    caption = scales[0].words() if alone or scale != "figure" else "grey is zero; each net has its scale, written below"
    return Figure(
        laid_out(rows),
        {f"{name}: {layer}" if name else layer: signals for (name, layer), signals in data.items()},
        scales[0].whole if alone else None,
        caption,
    )


@named_in_errors("across_checkpoints")
def across_checkpoints(
    model: Any,
    checkpoints: Mapping[str, Any] | Iterable[tuple[str, Any]],
    images: Any,
    layer: str,
    *,
    channels: Sequence[int],
    inside: bool = True,
    scale: Scale = "figure",
    percentile: float = PERCENTILE,
    zoom: int = 1,
    **options: Any,
) -> Figure:
    """How features develop: for each channel the strongest projection of all images, checkpoint by checkpoint.

    The image that responds most may change from one checkpoint to the next, as in the paper. The model has its own
    parameters back afterwards, by an error too.

    Arguments:
        model: a net with `load_state_dict`.
        checkpoints: by name ("epoch 1"), each what the model's `load` (a path) or `load_state_dict` (a mapping) takes.
        images: model inputs (N, C, H, W).
        layer: the activation's name.
        channels: a row each.
        inside: as for `project`; of the image that responds most, too.
        scale: what has one scale: the "figure" (all are of one "layer"), each "row", which is a channel, or each
            "picture".
        percentile, zoom, options: as for `reconstructions`.
    Returns:
        A Figure; its data are `projections` (channels, checkpoints, C, H, W), `images` and `activations` (channels,
        checkpoints): which image responded most, and how strongly.
    Raises:
        KeyError, IndexError, TypeError, ValueError: as `project` does, and for checkpoints that are none.
    Source: Zeiler & Fergus 2014, Figure 4.

    Example:
        >>> net, x = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=0)), np.ones((3, 1, 6, 6), np.float32)
        >>> later = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=1))
        >>> states = {"epoch 1": net.state_dict(), "epoch 2": later.state_dict()}
        >>> vis.across_checkpoints(net, states, x, "conv", channels=[0, 1]).data["projections"].shape
        (2, 2, 1, 6, 6)
    """
    named = list(checkpoints.items() if isinstance(checkpoints, Mapping) else checkpoints)
    if not named:
        raise refusal(ValueError, "there are no checkpoints")
    if not all(isinstance(pair, tuple) and len(pair) == 2 for pair in named):
        raise refusal(TypeError, "checkpoints must be by name, or pairs of a name and a checkpoint")
    if not callable(getattr(model, "load_state_dict", None)):
        raise refusal(TypeError, f"{type(model).__name__} has no parameters to load")
    if isinstance(channels, int) or not len(channels):
        raise refusal(ValueError, f"channels must be a list of at least one channel, not {channels!r}")
    check_drawing(scale, percentile, zoom)
    inputs = array_of(images)
    found: dict[tuple[int, int], tuple[Array, int, float]] = {}
    with _own_state(model):
        for t, (_, state) in enumerate(named):
            if isinstance(state, Mapping):
                model.load_state_dict(state)
            else:
                model.load(state)
            recorded = record(model, inputs)
            values = find_layer(recorded, layer).numpy()
            among = places_inside(recorded, recorded.named[layer]) if inside else np.ones((1, 1), bool)
            for i, channel in enumerate(channels):
                check_channel(channel, values.shape[1])
                strengths = np.where(among, maps_of(values)[:, channel], -np.inf).max(axis=(1, 2))
                n = int(strengths.argmax())
                projected = project(model, inputs[n : n + 1], layer, channel=channel, inside=inside, **options)[0]
                found[i, t] = projected, n, float(strengths[n])
    projections = np.stack([[found[i, t][0] for t in range(len(named))] for i in range(len(channels))])
    scales = Scales([list(row) for row in projections], "figure" if scale == "layer" else scale, percentile)
    rows = [
        [
            (
                to_image(colours(model, signal), scale=scales.of(i, t), zoom=zoom),
                f"{layer}, channel {channels[i]}\n{name}{scales.beside(i)}{scales.below(i, t)}",
            )
            for t, (signal, (name, _)) in enumerate(zip(row, named, strict=True))
        ]
        for i, row in enumerate(projections)
    ]
    data = {
        "projections": projections,
        "images": np.array([[found[i, t][1] for t in range(len(named))] for i in range(len(channels))]),
        "activations": np.array([[found[i, t][2] for t in range(len(named))] for i in range(len(channels))]),
    }
    return Figure(laid_out(rows), data, scales.whole, scales.words())


def _telling(model: Any, images: Any, most: int = 8) -> list[str]:
    return telling_layers(record(model, array_of(images)[:1]), most)


def laid_out(rows: list[list[tuple[Image.Image, str]]]) -> Image.Image:
    """Rows of pictures with captions; shorter rows end in white."""
    widest = max(map(len, rows))
    blank = Image.new("RGB", (1, 1), "white")
    cells = [cell for row in rows for cell in [*row, *[(blank, "")] * (widest - len(row))]]
    return grid([picture for picture, _ in cells], [words for _, words in cells], columns=widest)


@contextmanager
def _own_state(model: Any) -> Iterator[None]:
    before = {name: np.copy(array) for name, array in model.state_dict().items()}
    try:
        yield
    finally:
        model.load_state_dict(before)
