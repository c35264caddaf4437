"""A classifier's answers to many versions of images: in evaluation mode, batch by batch, with nothing recorded.

images ──► covered, shifted, turned … ──► observe: logits (N, classes), and the values of the layers asked for
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Literal, TypeVar

import numpy as np

from autograd_mini import Tensor, no_grad
from autograd_mini.arguments import array_of, is_whole
from autograd_mini.progress import bar

from .errors import refusal
from .record import Array, as_array, forward

T = TypeVar("T")
Fill = float | Sequence[float] | Array | Literal["mean"]
Classes = int | Sequence[int] | Array | None


def as_batch(images: Any) -> Array:
    """Images (N, C, H, W), or one of them (C, H, W), as a batch. Raises TypeError or ValueError for what is none."""
    array = as_array(images)
    if array.dtype.kind != "f":
        raise refusal(TypeError, f"images must be floating numbers, not {array.dtype}; give what the model takes")
    batch = array[None] if array.ndim == 3 else array
    if batch.ndim != 4 or not batch.size or not np.isfinite(batch).all():
        raise refusal(ValueError, f"images {array.shape} must be finite numbers, (N, C, H, W), with at least one image")
    return batch


def whole(what: str, number: Any) -> int:
    """A number of at least 1. Raises TypeError or ValueError naming it."""
    if not is_whole(number):
        raise refusal(TypeError, f"{what} must be an integer, not {number!r}")
    if number < 1:
        raise refusal(ValueError, f"{what} must be at least 1, not {number}")
    return int(number)


def observe(model: Any, images: Array, layers: Collection[str] = ()) -> tuple[Array, dict[str, Array]]:
    """One forward pass: the logits (N, classes), and the named values asked for (see `record` for their names).

    Raises ValueError if the model's output is not (N, classes).
    """
    with no_grad():
        outputs, named = forward(model, Tensor(images, name="images"), layers)
    logits = [as_logits(y.numpy()) for y in outputs]
    if len(logits) != 1 or logits[0].ndim != 2 or len(logits[0]) != len(images) or not logits[0].size:
        shapes = ", ".join(str(tensor.shape) for tensor in outputs) or "no Tensor"
        raise refusal(
            ValueError, f"the model must classify, (N, C, H, W) -> (N, classes), but {images.shape} gives {shapes}"
        )
    return logits[0], {layer: named[layer].numpy() for layer in layers}


def as_logits(outputs: Array) -> Array:
    """(N, classes, 1, 1), as of a net that ends in a pooling, -> (N, classes); anything else as it is."""
    return outputs.reshape(outputs.shape[:2]) if outputs.ndim > 2 and set(outputs.shape[2:]) == {1} else outputs


def in_batches(items: Sequence[T], batch_size: int, progress: bool, label: str) -> Iterator[Sequence[T]]:
    """The items, `batch_size` at a time, with a bar on a terminal if there is to be progress."""
    with bar(len(items), "img", label, progress) as shown:
        for start in range(0, len(items), batch_size):
            some = items[start : start + batch_size]
            yield some
            shown.update(len(some))


def probabilities(logits: Array) -> Array:
    """Softmax of logits (N, classes) -> same; probabilities, as of a net that ends in its softmax, are as they are."""
    if logits.shape[1] > 1 and (logits >= 0).all() and np.allclose(logits.sum(axis=1), 1, atol=1e-3):
        return logits
    powers: Array = np.exp(logits - logits.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


def target_classes(target: Classes, logits: Array) -> Array:
    """The class that each image stands for, (N,): as given, one for all or one each, or the one predicted.

    Raises TypeError or ValueError for what is no class, IndexError for one that the model does not have.
    """
    count, classes = logits.shape
    if target is None:
        predicted: Array = logits.argmax(1)
        return predicted
    given = array_of(target)
    if given.dtype.kind not in "iu":
        raise refusal(TypeError, f"target must be a class's number, or one an image, not {target!r}")
    if given.shape not in ((), (count,)):
        raise refusal(ValueError, f"target {given.shape} must be one class, or one for each of {count} images")
    if given.min() < 0 or given.max() >= classes:
        raise refusal(IndexError, f"target {target} is out of range: there are {classes} classes, 0 to {classes - 1}")
    return np.broadcast_to(given, count).astype(int)


def fill_colours(fill: Fill, images: Array) -> Array:
    """The colour of what is not the image, (N, C): one number, one a channel, or "mean": each image's own."""
    count, channels = images.shape[:2]
    if isinstance(fill, str):
        if fill != "mean":
            raise refusal(ValueError, f"fill must be a number, one a channel, or 'mean', not {fill!r}")
        mean: Array = images.mean(axis=tuple(range(2, images.ndim)))
        return mean
    given = array_of(fill)
    if given.dtype.kind not in "iuf" or given.shape not in ((), (channels,)) or not np.isfinite(given).all():
        raise refusal(ValueError, f"fill must be a finite number, one for each of {channels} channels, or 'mean'")
    return np.broadcast_to(given.astype(images.dtype), (count, channels))
