"""What is done with each image of a report: every chosen unit is looked at, and one square slides over it for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..attribution.occlusion import occlusion
from ..attribution.projection import Projection
from ..attribution.randomised import randomised
from ..predictions import as_logits, probabilities
from ..record import Array, Recorded, record
from ..targets import Place, Unit, Watched, units_of
from .pages import PictureFiles
from .panels import Panels, best_classes, compared, format_square
from .story import names_of_channels, where_it_looks, whole_net

EVERY_WAY = 3
"""How many of a layer's strongest channels are projected in every way, the others in the first: most of the time goes
into that."""


def recorded_for(model: Any, image: Array, ways: Mapping[str, Projection]) -> Recorded:
    """One forward pass of one image (1, C, H, W) that saves what going back in any of these ways asks for."""
    with ExitStack() as keeping:
        for way in ways.values():
            keeping.enter_context(way.saving())
        return record(model, image)


def projections(model: Any, recorded: Recorded, place: Place, ways: Mapping[str, Projection]) -> dict[str, Array]:
    """A unit projected back to the pixels in each of the ways, (C, H, W) each: what `project` gives."""
    return {key: way.backward(way.target(model, recorded, *place), retain_graph=True)[0] for key, way in ways.items()}


@dataclass
class ImageReport:
    """What is done with every image.

    ways: the first is that in which the whole net is shown. seed: of the random weights to compare with; square: the
    occlusion's options.
    """

    files: PictureFiles
    model: Any
    layers: list[str]
    channels: int | list[int]
    labels: list[str]
    ways: Mapping[str, Projection]
    inside: bool
    seed: int | None
    square: dict[str, Any] | None
    about_square: tuple[str, str] | None = None

    def of(
        self, n: int, name: str, image: Array, recorded: Recorded | None, advance: Callable[[], None]
    ) -> dict[str, Any]:
        """Image number n, (1, C, H, W): its pictures are written, and what the page needs to know of it is returned."""
        recorded = recorded or recorded_for(self.model, image, self.ways)
        first = next(iter(self.ways.values()))
        panels = Panels(self.files, n, self.model)
        facts = panels.image(image[0], name)
        facts["scores"], facts["looks"] = [], None
        if self.labels:
            facts["scores"] = best_classes(probabilities(as_logits(recorded.outputs[0].numpy()))[0], self.labels)
            facts["looks"] = where_it_looks(panels, recorded, self.labels)
        chosen = [
            units_of(recorded, layer, self.channels, bool(first.after_relu), self.inside) for layer in self.layers
        ]
        strongest = [max(units, key=lambda unit: unit.activation) for units in chosen]
        story = whole_net(panels, recorded, first, self.layers, strongest, self.inside)
        trained = {
            unit.place: projections(self.model, recorded, unit.place, self._ways_of(rank))
            for units in chosen
            for rank, unit in enumerate(units)
        }
        random = self._from_random(image, [units[:1] for units in chosen])  # the last of all: weights change
        facts["layers"] = []
        shown: list[tuple[Unit, int, dict[str, Any]]] = []
        for index, (layer, units) in enumerate(zip(self.layers, chosen, strict=True)):
            classes = names_of_channels(recorded, layer, self.labels, bool(first.after_relu))
            entries = [
                self._unit(
                    panels, unit, index, classes[unit.place.channel] if classes else "", trained[unit.place],
                    random.get(unit.place, {}), recorded.images.shape[2:],
                )
                for unit in units
            ]  # fmt: skip
            shown += [(unit, index, entry) for unit, entry in zip(units, entries, strict=True)]
            facts["layers"].append({"shape": units[0].shape, "story": story[index], "units": entries})
            advance()
        if self.square is not None:
            self._occlude(panels, recorded, image[0], facts, shown, bool(first.after_relu))
        self.files.wait()
        return facts

    def _ways_of(self, rank: int) -> Mapping[str, Projection]:
        """In which ways a channel is projected: in all if it was asked for by number, or is among the strongest."""
        if rank < EVERY_WAY or not isinstance(self.channels, int):
            return self.ways
        return dict([next(iter(self.ways.items()))])

    def _from_random(self, image: Array, chosen: Sequence[Sequence[Unit]]) -> dict[Place, dict[str, Array]]:
        """The same units of the model with random weights, projected from the same number: one that happens to be off
        there would show nothing.
        """
        if self.seed is None:
            return {}
        found = {}
        with randomised(self.model, rng=self.seed):
            other = recorded_for(self.model, image, self.ways)
            for unit in (unit for units in chosen for unit in units):
                from_same = {
                    key: replace(way, start=unit.activation if way.start == "activation" else way.start)
                    for key, way in self.ways.items()
                }
                found[unit.place] = projections(self.model, other, unit.place, from_same)
        return found

    def _unit(
        self,
        panels: Panels,
        unit: Unit,
        index: int,
        name: str,
        trained: Mapping[str, Array],
        random: Mapping[str, Array],
        size: tuple[int, ...],
    ) -> dict[str, Any]:
        facts = panels.unit(unit, index, size, name)
        facts["projections"] = []
        for way, signal in trained.items():
            entry = panels.projection(signal, unit, index, way)
            if way in random:
                entry["random"] = panels.projection(random[way], unit, index, f"{way}-random")
                entry["random"] |= compared(signal, random[way], unit.field.clipped(size[0], size[1]))
            facts["projections"].append(entry)
        return facts

    def _occlude(
        self,
        panels: Panels,
        recorded: Recorded,
        image: Array,
        facts: dict[str, Any],
        shown: list[tuple[Unit, int, dict[str, Any]]],
        after_relu: bool,
    ) -> None:
        """One sweep of the square for all units."""
        assert self.square is not None
        watched = Watched(self.model, recorded, [unit.place for unit, _, _ in shown], after_relu)
        found = occlusion(watched, image[None], **self.square)
        boxes, size = found.boxes, image.shape[1:]
        places = boxes.shape[0] * boxes.shape[1]
        totals = np.concatenate(watched.totals)[-places:].T.reshape(len(shown), *boxes.shape[:2])  # what ran last
        bare = watched.totals[0][0]  # what ran first
        for (unit, index, entry), left, without in zip(shown, totals, bare, strict=True):
            entry["occlusion"] = panels.lost(left, float(without), boxes, unit, index, size)
        facts["occlusion"] = panels.swept(found, self.labels)
        self.about_square = format_square(found)
