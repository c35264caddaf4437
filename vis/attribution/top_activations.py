"""Which images of a data set excite each channel of a layer most, and where: one pass, nothing kept but the best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from autograd_mini import Tensor, no_grad
from autograd_mini.arguments import array_of
from autograd_mini.kernels.ahead import made_ahead
from autograd_mini.observe.table import table
from autograd_mini.progress import bar
from autograd_mini.showing import Shown

from ..errors import check_counts, named_in_errors, refusal
from ..receptive import places_inside
from ..record import Array, check_channel, find_layer, forward, maps_of, record


@dataclass(frozen=True, eq=False)
class TopActivations(Shown):
    """The images that excite each channel most, the strongest first.

    Attributes:
        layer: its name.
        channels: (C,), which.
        values: (C, k), the activation of the image's strongest unit.
        images: (C, k), positions in the data set.
        positions: (C, k, 2), that unit's row and column (0, 0 where the layer is (N, C)).
        seen: how many images there were; of fewer than k, each is there.

    Example:
        >>> x = np.array([[1.0, 0.0], [3.0, 5.0]])
        >>> top = vis.top_activations(lambda x: (2 * x).named("twice"), x, "twice", k=1)
        >>> top.values.tolist(), top.images.tolist(), top.seen
        ([[6.0], [10.0]], [[1], [1]], 2)
    """

    layer: str
    channels: Array
    values: Array
    images: Array
    positions: Array
    seen: int

    def __str__(self) -> str:
        rows = [
            [str(channel), *(f"{value:.4g} (image {image})" for value, image in zip(values, images, strict=True))]
            for channel, values, images in zip(self.channels, self.values, self.images, strict=True)
        ]
        places = ["strongest", *(f"{n}." for n in range(2, self.values.shape[1] + 1))]
        return f"{table([f'channel of {self.layer}', *places], rows)}\nof {self.seen} images"

    __repr__ = __str__


@named_in_errors("top_activations")
def top_activations(
    model: Any,
    data: Any,
    layer: str,
    *,
    k: int = 9,
    channels: Sequence[int] | None = None,
    inside: bool = False,
    batch_size: int = 32,
    progress: bool = False,
) -> TopActivations:
    """The k images of a data set that excite each channel of a layer most, each by its strongest unit alone.

    Of equal activations the earlier image comes first, and of an image's units the first in row-major order. Memory
    grows with the number of channels times k, not with that of images.

    Arguments:
        model: any function of a Tensor whose activations carry names; it runs in evaluation mode, records nothing, and
            only as far as the layer.
        data: images (N, C, H, W); what has a length and `inputs(positions)`, such as nn.ImageFolder; or an iterable of
            batches, arrays or (images, labels), as `nn.batches` gives them.
        layer: the name of an activation (N, C, H, W) or (N, C).
        k: how many images a channel.
        channels: which, by default all.
        inside: as for `project`.
        batch_size: images at once, where batches are not given.
        progress: show a bar on a terminal.
    Returns:
        A TopActivations, with a row for each channel.
    Raises:
        KeyError: for an unknown layer.
        IndexError: for a channel that is not there.
        TypeError: for what is no data set.
        ValueError: for an empty data set, images of different sizes or that are not finite numbers, activations that
            are nan, and for numbers below 1.

    Example:
        >>> net = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=0), relu=nn.ReLU())
        >>> x = np.random.default_rng(0).random((20, 1, 6, 6), np.float32)
        >>> vis.top_activations(net, x, "relu", k=3).positions.shape
        (2, 3, 2)
    """
    check_counts(k=k, batch_size=batch_size)
    best: _Best | None = None
    shape: tuple[int, ...] = ()
    with bar(length(data), "img", "top activations", progress) as shown:
        for batch in batches_of(data, batch_size):
            if batch.ndim and not len(batch):
                continue
            if best is None:
                shape, best = batch.shape[1:], _Best(layer, *_asked(model, batch[:1], layer, channels, inside), k)
            _check(batch, best.seen, shape)
            best.merge(_value_of(model, batch, layer))
            shown.update(len(batch))
    if best is None:
        raise refusal(ValueError, "the data set is empty; there must be at least one image")
    return TopActivations(layer, best.channels, best.values, best.images, best.positions, best.seen)


class _Best:
    """The strongest so far: for each channel up to k values, strongest first, and whose they are."""

    def __init__(self, layer: str, channels: Array, among: Array | None, k: int) -> None:
        self.layer, self.channels, self.k, self.seen, self.among = layer, channels, k, 0, among
        self.values = np.empty((len(channels), 0))
        self.images = np.empty((len(channels), 0), np.intp)
        self.positions = np.empty((len(channels), 0, 2), np.intp)

    def merge(self, values: Array) -> None:
        """Take in the layer's values of the next batch, (B, C, H, W) or (B, C)."""
        maps = maps_of(values)
        if len(self.channels) != maps.shape[1] or (self.channels != np.arange(maps.shape[1])).any():
            maps = maps[:, self.channels]
        if self.among is not None:
            maps = np.where(self.among, maps, -np.inf)
        strongest = maps.max(axis=(2, 3)).T  # (C, B)
        if np.isnan(strongest).any():
            channel, image = np.argwhere(np.isnan(strongest))[0]
            raise refusal(
                ValueError,
                f"{self.layer!r} gives nan for image {self.seen + image} in channel "
                f"{self.channels[channel]}; there is no strongest one",
            )
        before = self.values.shape[1]
        values = np.concatenate([self.values.astype(strongest.dtype), strongest], axis=1)
        order = np.argsort(-values, axis=1, kind="stable")[:, : self.k]  # stable: of equals the earlier image
        numbers = np.broadcast_to(np.arange(self.seen, self.seen + len(maps)), strongest.shape)
        self.values = np.take_along_axis(values, order, axis=1)
        self.images = np.take_along_axis(np.concatenate([self.images, numbers], axis=1), order, axis=1)
        positions = np.zeros((*order.shape, 2), np.intp)
        rows, places = np.nonzero(order < before)
        positions[rows, places] = self.positions[rows, order[rows, places]]
        rows, places = np.nonzero(order >= before)
        winners = maps[order[rows, places] - before, rows]
        at = winners.reshape(len(winners), maps.shape[2] * maps.shape[3]).argmax(axis=1)
        positions[rows, places] = np.stack(np.divmod(at, maps.shape[3]), axis=1)
        self.positions = positions
        self.seen += len(maps)


def _value_of(model: Any, batch: Array, layer: str) -> Array:
    """The layer's value for a batch, nothing recorded; found by the name that `record` gives it."""
    with no_grad():
        _, named = forward(model, Tensor(batch), [layer], lambda name, _: name == layer)
    return named[layer].numpy()


# ── the data ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def batches_of(data: Any, batch_size: int) -> Iterator[Array]:
    """The images of a data set in order, (B, C, H, W) at a time. Raises TypeError for what is no data set.

    Of data that say they are `readable_ahead` a background thread reads the next ones meanwhile.
    """
    count = length(data)
    if count is not None:
        edges = [(first, min(first + batch_size, count)) for first in range(0, count, batch_size)]
        places = (np.arange(*edge) if hasattr(data, "inputs") else slice(*edge) for edge in edges)
        makers = (partial(images_at, data, place) for place in places)
        if getattr(data, "readable_ahead", False):
            yield from made_ahead(makers, 2)
        else:
            yield from (make() for make in makers)
    elif hasattr(data, "__iter__") and not isinstance(data, str | bytes | dict):
        for batch in data:
            labelled = isinstance(batch, tuple | list) and len(batch) and np.ndim(batch[0]) in (2, 4)
            yield _array(batch[0] if labelled else batch)
    else:
        raise refusal(
            TypeError,
            "data must be images (N, C, H, W), have a length and inputs(positions), or be an iterable of batches, "
            f"not {type(data).__name__}",
        )


def images_at(data: Any, positions: Any) -> Array:
    """The images of a data set at some positions, (B, C, H, W)."""
    return _array(data.inputs(positions) if hasattr(data, "inputs") else array_of(data)[positions])


def length(data: Any) -> int | None:
    """How many images, where that is known and they can be had by position."""
    if isinstance(data, np.ndarray | Tensor):
        return data.shape[0] if data.ndim else None
    return len(data) if hasattr(data, "inputs") and hasattr(data, "__len__") else None


def _array(batch: Any) -> Array:
    try:
        return array_of(batch)
    except ValueError as error:
        sizes = sorted({np.shape(image) for image in batch})
        raise refusal(
            ValueError, f"the images of a batch must have one size, not {', '.join(map(str, sizes))}"
        ) from error


def _check(batch: Array, seen: int, shape: tuple[int, ...]) -> None:
    if batch.shape[1:] != shape:
        raise refusal(
            ValueError,
            f"images from number {seen} on are {batch.shape[1:]}, those before {shape}; all must have one size, or "
            "their units cannot be compared",
        )
    if not np.isfinite(batch).all():
        image = next(n for n in range(len(batch)) if not np.isfinite(batch[n]).all())
        raise refusal(ValueError, f"image {seen + image} holds nan or inf; images must be finite numbers")


def _asked(model: Any, image: Array, layer: str, channels: Any, inside: bool) -> tuple[Array, Array | None]:
    """The channels asked about, and the places in their maps, None for all; of a pass that nothing is kept of."""
    recorded = record(model, image, enough=lambda name, _: name == layer)
    value = find_layer(recorded, layer)
    chosen = _chosen(channels, maps_of(value.numpy()).shape[1])
    return chosen, places_inside(recorded, value) if inside else None


def _chosen(channels: Any, count: int) -> Array:
    """The channels as an array, of so many. Raises ValueError, TypeError or IndexError if one is none of them."""
    chosen = np.arange(count) if channels is None else np.atleast_1d(np.asarray(channels))
    if chosen.ndim != 1 or not chosen.size or chosen.dtype.kind not in "iu":
        raise refusal(
            ValueError, f"channels must be numbers of channels, at least one, or None for all, not {channels!r}"
        )
    for channel in chosen:
        check_channel(channel, count)
    return chosen.astype(np.intp)
