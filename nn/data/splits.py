"""Parting a data set: in two or more, class by class, by fractions or by counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_mini.arguments import generator, is_real, is_whole

from .datasets import Array, Dataset, Subset, check_data


def split(data: Dataset, fraction: float | Sequence[float], *, seed: int = 0) -> tuple[Subset, ...]:
    """Part a data set in two or more, class by class.

    Of a class with as many examples as there are parts, or more, at least one goes to each when fractions are given.
    Targets that are not integer labels, (N,), are parted as one class.

    Arguments:
        data: a data set.
        fraction: of every class, rounded, that goes to the first of two parts, above 0 and below 1; or the fractions
            of all parts, whose sum is 1; or how many examples they have, in all those of the data, each class in about
            the same proportion.
        seed: of the drawing, by which each part is the same every time.
    Returns:
        The subsets, their examples in the order of the data.
    Raises:
        ValueError: for other fractions or counts, or if a part has no examples.
        TypeError: for what is no data set or seed.

    Example:
        >>> training, validation = nn.split(nn.ArrayData(np.arange(10), [0] * 6 + [1] * 4), 0.5)
        >>> training.labels, validation.labels
        (array([0, 0, 0, 1, 1]), array([0, 0, 0, 1, 1]))
        >>> [len(part) for part in nn.split(nn.ArrayData(np.arange(20), np.arange(20) % 2), (0.7, 0.2, 0.1))]
        [14, 4, 2]
    """
    check_data("split", data)
    wanted = _parts(fraction, len(data))
    rng = generator("split", seed, "seed")
    classifies = data.labels.ndim == 1 and data.labels.dtype.kind in "iub"
    members = [
        rng.permutation(np.flatnonzero(data.labels == label) if classifies else np.arange(len(data)))
        for label in (np.unique(data.labels) if classifies else [None])
    ]
    parts = _counted(members, wanted) if is_whole(wanted[0]) else _rounded(members, wanted, classifies)
    if not all(map(len, parts)):
        raise ValueError(f"split: {fraction} of {len(data)} examples leaves one part empty")
    return tuple(Subset(data, np.sort(part)) for part in parts)


def _parts(fraction: Any, count: int) -> list[Any]:
    """The fractions of all parts, or their counts."""
    if is_real(fraction) or not isinstance(fraction, list | tuple):
        if not (is_real(fraction) and 0 < fraction < 1):
            raise ValueError(f"split: the fraction must be between 0 and 1, not {fraction!r}")
        return [fraction, 1 - fraction]
    whole = len(fraction) > 1 and all(is_whole(part, 1) for part in fraction)
    if whole and sum(fraction) != count:
        raise ValueError(f"split: the counts {fraction} make {sum(fraction)} examples; the data set has {count}")
    if not whole and not (len(fraction) > 1 and all(is_real(f) and 0 < f < 1 for f in fraction)):
        raise ValueError(f"split: parts must be two fractions or more, or two counts or more, not {fraction!r}")
    if not whole and abs(sum(fraction) - 1) > 1e-6:
        raise ValueError(f"split: the fractions {fraction} must have the sum 1, not {sum(fraction):g}")
    return [*fraction]


def _rounded(members: list[Array], fractions: list[float], each: bool) -> list[Array]:
    """Fractions of every class; each part has one of it, if that is asked for and the class has as many."""
    parts: list[list[Array]] = [[] for _ in fractions]
    for of_class in members:
        start, least = 0, each and len(of_class) >= len(fractions)
        for i, part in enumerate(parts[:-1]):
            end = round(sum(fractions[: i + 1]) * len(of_class))
            if least:
                end = min(max(end, start + 1), len(of_class) - len(parts) + 1 + i)
            part.append(of_class[start:end])
            start = end
        parts[-1].append(of_class[start:])
    return [np.concatenate(part) for part in parts]


def _counted(members: list[Array], counts: list[int]) -> list[Array]:
    """So many in each part, every class spread evenly over the whole."""
    places = np.concatenate([(np.arange(len(of_class)) + 0.5) / len(of_class) for of_class in members])
    order = np.concatenate(members)[np.argsort(places, kind="stable")]
    return np.split(order, np.cumsum(counts)[:-1])
