"""What one image makes of chosen units: their maps and receptive fields, from one recorded pass; and which layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .errors import refusal
from .receptive import ReceptiveField, field_of, places_inside
from .record import (
    Array,
    Recorded,
    after_own_relu,
    choose_units,
    find_layer,
    forward,
    maps_of,
    own_limit,
    through_relu,
    value_of,
)


class Place(NamedTuple):
    """A unit by its layer, its channel and its position, (y, x)."""

    layer: str
    channel: int
    position: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Unit:
    """One unit on one image.

    activation: its own; strongest: the largest of the whole layer. map (H, W): its channel's; shape (C, H, W): the
    layer's, maps of one element where it is (N, C). field: the pixels that it sees, unclipped.
    """

    place: Place
    activation: float
    strongest: float
    map: Array
    shape: tuple[int, int, int]
    field: ReceptiveField


def units_of(
    recorded: Recorded, layer: str, channels: int | Sequence[int], after_relu: bool = True, inside: bool = False
) -> list[Unit]:
    """The strongest unit of each of the channels of a layer, or of its so many strongest channels, strongest first.

    inside: of those units whose field lies inside the image, as for `project`.
    """
    value = value_of(recorded, layer, after_relu)
    values = value.numpy()
    if odd := np.count_nonzero(~np.isfinite(values)):
        raise refusal(ValueError, f"{odd} of the {values.size} values of the layer {layer!r} are not finite")
    maps = maps_of(values)[0]
    among = places_inside(recorded, value) if inside else np.ones((1, 1), bool)
    if isinstance(channels, int):
        chosen = np.argsort(-np.where(among, maps, -np.inf).max(axis=(1, 2)), kind="stable")[:channels].tolist()
    else:
        chosen = list(channels)
    found = []
    for channel in chosen:
        mask = choose_units(values, channel, None, among).reshape(1, *maps.shape)
        _, _, y, x = (int(index[0]) for index in mask.nonzero())
        field = field_of(recorded, value, (y, x), channel)
        place = Place(layer, channel, (y, x))
        found.append(Unit(place, float(maps[channel, y, x]), float(maps.max()), maps[channel], maps.shape, field))
    return found


def telling_layers(recorded: Recorded, most: int = 10) -> list[str]:
    """Names of up to so many layers with maps, spread from first to last, behind their ReLUs where they have them.

    A module whose parts carry names too stands for them, unless too few layers are left so. Pooling is left out: its
    maps are those of the layer before. Where no layer has maps, layers of vectors. Raises ValueError if there are none.
    """
    first: dict[Any, str] = {}  # by node: the innermost name, which is announced first, but the ReLU's own before all
    for name, value in recorded.named.items():
        node = value.node
        if value.ndim != 4 or node is None or node.op is None or "pool" in node.op.name or max(value.shape[2:]) == 1:
            continue
        start = after_own_relu(recorded, value).node
        if start not in first or (start is node and recorded.named[first[start]].node is not node):
            first[start] = name
    names = [name for name in recorded.named if name in first.values()]
    names = [name for name in names if _depends(recorded, name)]
    rectified = [name for name in names if value_of(recorded, name).numpy().min() >= 0]
    names = rectified or names or _vectors(recorded)
    if not names:
        raise refusal(
            ValueError,
            "no activation that carries a name is (N, C, H, W) or (N, C); build the net of nn modules, or name what it "
            "computes: t.named('hidden')",
        )
    depth = {name: sum(name.startswith(f"{other}.") for other in names) for name in names}
    kept = names
    for level in range(max(depth.values()) + 1):
        kept = [name for name in names if depth[name] <= level]
        if len(kept) >= most:
            break
    places = np.linspace(0, len(kept) - 1, min(most, len(kept))).round().astype(int)
    return [kept[i] for i in places]


def _vectors(recorded: Recorded) -> list[str]:
    """Names of the layers (N, C) that compute something, of each the first."""
    found: dict[Any, str] = {}
    for name, value in recorded.named.items():
        op = None if value.node is None else value.node.op
        if value.ndim == 2 and op is not None and op.name != "reshape" and _depends(recorded, name):
            found.setdefault(value.node, name)
    return list(found.values())


def _depends(recorded: Recorded, name: str) -> bool:
    try:
        find_layer(recorded, name)
    except ValueError:
        return False
    return True


class Watched:
    """A model that writes down what chosen channels come to in all that passes through it.

    totals: for each call the sums of the channels' maps, (N, places). recorded: a pass that tells which layers are
    rectified. A sweep with many units costs as much as one with none.
    """

    def __init__(self, model: Any, recorded: Recorded, places: Sequence[Place], after_relu: bool) -> None:
        self.model, self.places, self.totals = model, list(places), list[Array]()
        self.limits = {place.layer: own_limit(recorded, place.layer, after_relu) for place in self.places}

    def __call__(self, x: Any) -> Any:
        """What the model gives."""
        outputs, named = forward(self.model, x, self.limits)
        totals = []
        for layer, channel, _ in self.places:
            values = through_relu(named[layer].numpy()[:, channel], self.limits[layer])
            totals.append(values.reshape(len(values), -1).sum(axis=1))
        self.totals.append(np.stack(totals, axis=1))
        return outputs
