"""Equal blocks that follow one another, drawn once with their number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import takewhile
from math import prod
from typing import NamedTuple

from .model import APART, STEPS, Graph, Vertex

LONGEST = 64  # vertices in a block that is looked for


class Stretch(NamedTuple):
    """Blocks of `period` steps, so many `times` one after another, from a step on."""

    start: int
    period: int
    times: int


def repeated(graph: Graph) -> Graph:
    """The graph with each stretch of equal blocks as one block, with its number."""
    while (found := _Steps(graph).longest_repetition()) is not None:
        graph = _folded(graph, *found)
    return graph


class _Numbers(dict[tuple[object, ...], int]):
    """A number for each thing, the same for equal things."""

    def __call__(self, *looks: object) -> int:
        return self.setdefault(looks, len(self))


class _Steps:
    """The steps of a graph in order, and what each takes: another step, by its number, or a leaf or constant."""

    def __init__(self, graph: Graph) -> None:
        vertices, parents = graph.vertices, graph.parents()
        self.keys = [key for key, v in vertices.items() if v.kind in STEPS]
        at = {key: i for i, key in enumerate(self.keys)}
        # a leaf or constant goes by its looks, as a negative number
        number = _Numbers()
        self.taken = [
            [at[p] if p in at else -1 - number(vertices[p].kind, vertices[p].shape) for p in parents[key]]
            for key in self.keys
        ]
        looks = [(v.kind, v.title, v.shape, v.lines, v.times) for v in map(vertices.__getitem__, self.keys)]
        self.looks = [number(*look) for look in looks]
        reaches = ((i - p if p >= 0 else p for p in taken) for i, taken in enumerate(self.taken))
        self.codes = [number(look, *reach) for look, reach in zip(self.looks, reaches, strict=True)]

    def longest_repetition(self) -> tuple[list[str], Stretch] | None:
        """The stretch that saves most, and its keys; None if nothing repeats."""
        best, saved = None, 1
        for period in range(1, min(LONGEST, len(self.keys) // 2) + 1):
            for found in self._stretches(period):
                if (found.times - 1) * period > saved:
                    best, saved = found, (found.times - 1) * period
        return None if best is None else (self.keys[best.start : best.start + best.period * best.times], best)

    def _stretches(self, period: int) -> Iterable[Stretch]:
        """The longest stretches of equal blocks of this length."""
        start, odd = 0, []  # the steps of the stretch that take other things than those a period later
        looks, codes, count = self.looks, self.codes, len(self.keys) - period
        for i in range(count + 1):
            if i < count and codes[i] == codes[i + period]:
                continue
            alike = i < count and looks[i] == looks[i + period]
            if alike and self._fits(i, period, start):
                odd.append(i)
                continue
            if i - start >= period:  # from the right, if what is left over at the left is no part of it
                late = start + (i - start) % period
                fitting = all(self._fits(j, period, late) for j in odd if j >= late)
                yield Stretch(late if fitting else start, period, (i - start) // period + 1)
            start = self._next_start(i, period, start) if alike else i + 1
            odd = [j for j in range(start, i + 1) if codes[j] != codes[j + period]] if start <= i else []

    def _fits(self, i: int, period: int, start: int) -> bool:
        """True if a step and the one a period later are alike in a stretch from `start` on.

        What comes from before the stretch may be another thing of the same looks. What a block takes from the one
        before it, the first takes from elsewhere.
        """
        ones, others = self.taken[i], self.taken[i + period]
        if len(ones) != len(others):  # or from nowhere
            others = [p for p in others if not start <= p < start + period]
        if len(ones) != len(others):
            return False
        for one, other in zip(ones, others, strict=True):
            if other >= start:
                if other - one != period and (one >= start or other - period >= start):
                    return False
            elif one >= start or ((one < 0 or other < 0) and one != other) or self.looks[one] != self.looks[other]:
                return False
        return True

    def _next_start(self, i: int, period: int, start: int) -> int:
        """The first step at which a stretch can begin that has step i, which did not fit, in its first block."""
        late = max((p - period + 1 for p in self.taken[i + period] if p >= 0), default=i + 1)
        return late if start < late <= i and all(self._fits(j, period, late) for j in range(late, i + 1)) else i + 1


def _folded(graph: Graph, keys: list[str], stretch: Stretch) -> Graph:
    """The graph with the first block of a stretch standing for all of them."""
    period, times = stretch.period, stretch.times
    vertices, inside = graph.vertices, set(keys)
    homes = {key: keys[j % period] for j, key in enumerate(keys)}
    parents, children = graph.parents(), graph.children()
    apart = {key for key, v in vertices.items() if v.kind not in STEPS and set(children[key]) <= inside}
    twins: dict[str, list[str]] = {key: keys[j::period] for j, key in enumerate(keys[:period])}
    for key in keys[period:]:  # leaves and constants of the later blocks go with those of the first
        for mine, first in zip(parents[key], parents[homes[key]], strict=False):
            both = mine in apart and first in apart and vertices[mine].kind == vertices[first].kind
            if both and mine not in homes and mine != first:
                homes[mine] = first
                twins.setdefault(first, [first]).append(mine)
    paths = [vertices[key].path for key in keys]
    shared = len([*takewhile(lambda levels: len(set(levels)) == 1, zip(*paths[: 2 * period], strict=False))])
    box, boxes = f"× {times:,}{APART}{keys[0]}", {path[: shared + 1] for path in paths if len(path) > shared}
    drawn = {}
    for key, vertex in vertices.items():
        if homes.get(key, key) != key:
            continue
        alike = [vertices[twin] for twin in twins.get(key, ())]
        each = period > 1 and len(alike) == times  # block has one: it stands in the box
        if alike:
            vertex = _together(alike, 1 if each else len(alike))
        if each:
            vertex = replace(vertex, path=(*vertex.path[:shared], box, *vertex.path[shared:]))
        elif vertex.path[: shared + 1] in boxes and key not in inside:
            vertex = replace(vertex, path=vertex.path[:shared])
        drawn[key] = vertex
    later = inside - set(keys[:period])
    edges = (
        replace(e, source=homes.get(e.source, e.source), target=homes.get(e.target, e.target))
        for e in graph.edges
        if not (e.target in later and e.source in inside)
    )
    return Graph(drawn, list(dict.fromkeys(edges)))


def _together(twins: list[Vertex], times: int) -> Vertex:
    """One vertex for several that are alike."""
    first, last = twins[0], twins[-1]
    nodes = tuple(dict.fromkeys(node for twin in twins for node in twin.nodes))
    title, name = (
        one if one == other or first.kind in STEPS else f"{one} … {other}"
        for one, other in ((first.title, last.title), (first.name, last.name))
    )
    return replace(
        first,
        title=title,
        name=name,
        times=first.times * times,
        parameters=sum(prod(node.shape) for node in nodes if node.op is None) if first.parameters else 0,
        own=tuple(sum(line, ()) for line in zip(*(twin.own for twin in twins), strict=True)),
        tops=tuple(top for twin in twins for top in twin.tops),
        nodes=nodes,
    )
