"""What excites a channel, side by side: the projections of its strongest units, and the patches of images they saw."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any, Literal

import numpy as np
from PIL import Image

from autograd_mini.arguments import is_whole
from autograd_mini.core.tape import Rules

from ..errors import check_counts, named_in_errors, refusal
from ..figures.figure import Figure, colours, shown
from ..figures.pictures import PERCENTILE, Display, common_scale, grid, to_image
from ..options import Bias, Overlap, Start
from ..receptive import ReceptiveField, field_of
from ..record import AfterRelu, Array, behind_norm, find_layer, maps_of, record
from ..rules import DECONVNET, GRADIENT, GUIDED, LINEAR
from .projection import Projection
from .top_activations import TopActivations, images_at, length, top_activations

Scale = Literal["figure", "channel", "picture"]

OUTSIDE = "#e8e8e8"
"""What is beyond the border of an image."""


@named_in_errors("patches")
def patches(
    model: Any,
    data: Any,
    layer: str,
    *,
    channels: Sequence[int],
    k: int = 9,
    inside: bool = True,
    rules: Rules = DECONVNET,
    start: Start = "activation",
    after_relu: AfterRelu = True,
    overlap: Overlap = "sum",
    bias: Bias = "dropped",
    display: Display = "percentile",
    scale: Scale = "figure",
    side: int = 96,
    batch_size: int = 32,
    top: TopActivations | None = None,
    progress: bool = False,
) -> Figure:
    """For each channel the k images that excite it most: left what its strongest unit projects back, right what it saw.

    Both are cropped by the unit's exact receptive field; at an image's border, where a field reaches into the padding,
    a crop is smaller.

    Arguments:
        model: any function of a Tensor whose activations carry names.
        data: images (N, C, H, W) with C 1 or 3, or what has a length and `inputs(positions)`; the images found are
            fetched again.
        layer: the activation's name.
        channels: a block each.
        k: how many images a channel.
        inside: as for `project`, where units are to be found here.
        rules, start, after_relu, overlap, bias: as for `project`.
        display: as for `to_image`; the percentile is of what is not 0, since a deep unit's few bright pixels would
            leave nothing else to see, and "clip" cuts off at the range of the images.
        scale: one for the whole "figure", or one for each "channel", written below it, or for each "picture".
        side: of a crop at most, in pixels of the picture; smaller fields are enlarged by whole numbers, larger ones
            reduced.
        batch_size: images at once.
        top: what `top_activations` found before, by default found here.
        progress: show a bar on a terminal.
    Returns:
        A Figure; its data are `projections` and `patches` (channels, k, C, height, width), as large as the largest
        crop, smaller fields in the middle, and 0 beyond the field or the image; `fields` (channels, k, 4): top, left,
        bottom, right, unclipped; `activations`, `images` (channels, k) and `positions` (channels, k, 2) as
        `top_activations` finds them.
    Raises:
        KeyError, IndexError, TypeError, ValueError: as `top_activations` and `project` do; TypeError too for data that
            can be gone through once only, ValueError for choices that do not exist, or images that are others when
            fetched again.
    Source: Zeiler & Fergus 2014, Figure 2.

    Example:
        >>> net = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=0), relu=nn.ReLU())
        >>> x = np.random.default_rng(0).random((20, 1, 6, 6), np.float32)
        >>> vis.patches(net, x, "relu", channels=[1], k=4).data["projections"].shape  # fields of 3×3 pixels
        (1, 4, 1, 3, 3)
    """
    _check_data(data)
    if top is not None and not isinstance(top, TopActivations):
        raise refusal(TypeError, f"top must be what top_activations gives, not {type(top).__name__}")
    if scale not in ("figure", "channel", "picture"):
        raise refusal(ValueError, f"scale must be 'figure', 'channel' or 'picture', not {scale!r}")
    if display not in ("symmetric", "percentile", "minmax", "clip"):
        raise refusal(ValueError, f"display must be 'symmetric', 'percentile', 'minmax' or 'clip', not {display!r}")
    if not is_whole(side, 1):
        raise refusal(ValueError, f"side must be a number of pixels of at least 1, not {side!r}")
    check_counts(k=k)
    how = Projection(rules, start, after_relu, overlap, bias)
    how.backward_rules()  # refused before the data are read
    if after_relu == "norm":
        layer = behind_norm(record(model, images_at(data, np.arange(1))), layer)
    if top is None:
        top = top_activations(
            model, data, layer, k=k, channels=channels, inside=inside, batch_size=batch_size, progress=progress
        )
    best = [[*_best(model, data, top, row, k, how)] for row in _rows(top, layer, channels)]
    everything = [crop for crops in best for crop in crops]
    together = {"figure": [everything] * len(best), "channel": best, "picture": best}[scale]
    drawn = [_drawn(crops, display) for crops in together]
    frame = _frame(everything)
    blocks = [
        _block(
            crops,
            frame,
            [_drawn([crop], display) for crop in crops] if scale == "picture" else [each] * len(crops),
            side,
        )
        for crops, each in zip(best, drawn, strict=True)
    ]
    own = scale == "channel" and "scale" in drawn[0]
    below = [_below(crops, each["scale"] if own else None) for crops, each in zip(best, drawn, strict=True)]
    white = drawn[0].get("scale") if scale == "figure" else None
    caption = _caption(top, k, how, display, scale, white)
    return Figure(grid(blocks, below, margin=10), _array(best, frame), white, caption)


@dataclass(frozen=True, eq=False)
class _Crop:
    """What one unit projects back and what it saw, both (C, height, width) of its clipped field, and whose they are."""

    channel: int
    image: int
    position: tuple[int, int]
    activation: float
    field: ReceptiveField
    signal: Array
    coloured: Array  # the signal in the order red, green, blue
    photograph: Array
    limits: tuple[float, float]  # of the model's input

    def area(self, frame: tuple[int, int]) -> tuple[int, int, int, int]:
        """Its field in the middle of a frame, as far as that holds it: left, top, right, bottom."""
        height, width = min(self.field.height, frame[0]), min(self.field.width, frame[1])
        top, left = (frame[0] - height) // 2, (frame[1] - width) // 2
        return left, top, left + width, top + height

    def place(self, frame: tuple[int, int]) -> tuple[int, int]:
        """Where it begins in the frame, (top, left): as far inside its field as the image's border is."""
        left, top, right, bottom = self.area(frame)
        height, width = self.signal.shape[1:]
        down, across = max(-self.field.top, 0), max(-self.field.left, 0)
        return min(top + down, bottom - height), min(left + across, right - width)


def _check_data(data: Any) -> None:
    count = length(data)
    if count is None:
        raise refusal(
            TypeError,
            f"data must be images (N, C, H, W), or have a length and inputs(positions), not a "
            f"{type(data).__name__}: the images found are fetched again",
        )
    shape = images_at(data, np.arange(1)).shape if count else (1, 1, 1, 1)
    if len(shape) != 4 or shape[1] not in (1, 3):
        raise refusal(ValueError, f"images {shape} must be (N, 1, H, W) or (N, 3, H, W) to be shown")


def _rows(top: TopActivations, layer: str, channels: Sequence[int]) -> list[int]:
    """Where the channels are in what was found. Raises ValueError if it is of another layer, or lacks one."""
    if top.layer != layer:
        raise refusal(ValueError, f"top is of the layer {top.layer!r}, not of {layer!r}")
    known = {int(channel): row for row, channel in enumerate(top.channels)}
    wanted = np.atleast_1d(channels).tolist()
    missing = [channel for channel in wanted if channel not in known]
    if not wanted:
        raise refusal(ValueError, "channels must be numbers of channels, at least one")
    if missing:
        raise refusal(ValueError, f"top was found for other channels than {missing[0]}")
    return [known[channel] for channel in wanted]


def _best(model: Any, data: Any, top: TopActivations, row: int, k: int, how: Projection) -> Iterator[_Crop]:
    """One channel's best, the strongest first."""
    channel, images = int(top.channels[row]), top.images[row, :k]
    pictures = images_at(data, images)
    looks = shown(model, pictures)
    for n, (y, x) in enumerate(top.positions[row, :k].tolist()):
        picture, activation = pictures[n : n + 1], float(top.values[row, n])
        recorded = record(model, picture, enough=lambda name, _: name == top.layer)
        value = find_layer(recorded, top.layer)
        maps = maps_of(value.numpy())[0, channel]
        unit = float(maps[y, x])
        if not abs(unit - activation) <= 1e-3 * max(abs(activation), float(np.abs(maps).max())):
            raise refusal(
                ValueError,
                f"image {images[n]}, fetched again, excites channel {channel} of {top.layer!r} by {unit:.4g}, "
                f"not by {activation:.4g} as when it was found; is it the same model, and the same image each time?",
            )
        field = field_of(recorded, value, (y, x), channel)
        signal = how(model, picture, top.layer, channel=channel, position=(y, x))[0]
        yield _Crop(
            channel, int(images[n]), (y, x), activation, field,
            field.crop(signal).copy(), field.crop(colours(model, signal)).copy(), field.crop(looks[n]).copy(),
            (float(picture.min()), float(picture.max())),
        )  # fmt: skip


# ── the picture ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _drawn(crops: Sequence[_Crop], display: Display) -> dict[str, Any]:
    """How to draw the signals of all these crops: options of `to_image`."""
    if display == "minmax":
        return {"display": display}
    if display == "clip":
        return {"display": display, "limits": (min(c.limits[0] for c in crops), max(c.limits[1] for c in crops))}
    signals = [crop.signal for crop in crops if crop.signal.size] or [np.zeros(1)]
    percentile = PERCENTILE if display == "percentile" else 100
    return {"display": display, "scale": common_scale(signals, percentile=percentile)}


def _frame(crops: Sequence[_Crop]) -> tuple[int, int]:
    """Height and width that hold each crop."""
    sizes = [crop.signal.shape[1:] for crop in crops]
    return max(1, *(height for height, _ in sizes)), max(1, *(width for _, width in sizes))


def _block(crops: Sequence[_Crop], frame: tuple[int, int], drawn: Sequence[dict[str, Any]], side: int) -> Image.Image:
    """A channel's projections in a square, and beside it in the same order what the units saw."""
    columns = ceil(sqrt(len(crops)))
    projections = [_cell(crop, crop.coloured, frame, each, side) for crop, each in zip(crops, drawn, strict=True)]
    photographs = [_cell(crop, crop.photograph, frame, {"display": "clip"}, side) for crop in crops]
    return grid([grid(cells, columns=columns, margin=2) for cells in (projections, photographs)], columns=2, margin=1)


def _cell(crop: _Crop, picture: Array, frame: tuple[int, int], drawn: dict[str, Any], side: int) -> Image.Image:
    """A crop at its place in the frame, enlarged by a whole number or reduced."""
    cell = Image.new("RGB", (frame[1], frame[0]), "white")
    if picture.size:
        cell.paste(OUTSIDE, crop.area(frame))
        top, left = crop.place(frame)
        cell.paste(to_image(picture, **drawn).convert("RGB"), (left, top))
    longest = max(frame)
    if longest <= side:
        zoom = side // longest
        return cell.resize((cell.width * zoom, cell.height * zoom), Image.Resampling.NEAREST)
    size = max(1, round(cell.width * side / longest)), max(1, round(cell.height * side / longest))
    return cell.resize(size, Image.Resampling.BOX)


def _below(crops: Sequence[_Crop], white: float | None) -> str:
    most, least = crops[0].activation, crops[-1].activation
    words = f"channel {crops[0].channel}: {most:.3g}" + (f" to {least:.3g}" if len(crops) > 1 else "")
    return words if white is None else f"{words}\n±{white:.3g}"


def _caption(top: TopActivations, k: int, how: Projection, display: Display, scale: Scale, white: float | None) -> str:
    numbers = {"figure": f"±{white or 0:.3g}", "channel": "the number below", "picture": "each picture's own"}[scale]
    grey = f"grey is zero, white and black {numbers}"
    drawn = {
        "symmetric": f"{grey}, the largest",
        "percentile": f"{grey} and beyond, the 99th percentile of what is not zero",
        "minmax": "each from its smallest value, black, to its largest, white",
        "clip": "black and white are the range of the images",
    }[display]
    rules = next((name for known, name in _NAMES if how.rules is known), "rules of its own")
    usual = vars(Projection(how.rules)).items()
    options = [f"{name} {getattr(how, name)}" for name, value in usual if getattr(how, name) != value]
    return (
        f"{top.layer}: of {top.seen} images the {min(k, top.values.shape[1])} that excite each channel most. Left: the "
        f"strongest unit projected back ({', '.join([rules, *options])}); {drawn}. Right: what it saw; pale is beyond "
        "the image's border"
    )


_NAMES = ((DECONVNET, "deconvnet"), (GRADIENT, "gradient"), (GUIDED, "guided backpropagation"), (LINEAR, "linear"))


def _array(best: Sequence[Sequence[_Crop]], frame: tuple[int, int]) -> dict[str, Array]:
    def framed(crop: _Crop, picture: Array) -> Array:
        out = np.zeros((len(picture), *frame), picture.dtype)
        (top, left), (height, width) = crop.place(frame), picture.shape[1:]
        out[:, top : top + height, left : left + width] = picture
        return out

    def each(what: Callable[[_Crop], Any]) -> Array:
        return np.array([[what(crop) for crop in crops] for crops in best])

    return {
        "projections": each(lambda crop: framed(crop, crop.signal)),
        "patches": each(lambda crop: framed(crop, crop.photograph)),
        "fields": each(lambda crop: (crop.field.top, crop.field.left, crop.field.bottom, crop.field.right)),
        "activations": each(lambda crop: crop.activation),
        "images": each(lambda crop: crop.image),
        "positions": each(lambda crop: crop.position),
    }
