"""A classifier's answers to many versions of images: in evaluation mode, batch by batch, with nothing recorded.

images ──► covered, shifted, turned … ──► observe: logits (N, classes), and the values of the layers asked for
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterator, Sequence
from contextlib import nullcontext
from typing import Any, Literal, TypeVar

import numpy as np

from autograd_mini import Tensor, no_grad
from autograd_mini.arguments import array_of
from autograd_mini.observe.activations import activation_hook
from autograd_mini.progress import bar

from .record import Array, as_array, refusal

T = TypeVar("T")
Fill = float | Sequence[float] | Array | Literal["mean"]
Target = int | Sequence[int] | Array | None


def as_batch(images: Any) -> Array:
    """Images (N, C, H, W), or one of them (C, H, W), as a batch. Raises TypeError or ValueError for what is none."""
    array = as_array(images)
    if array.dtype.kind != "f":
        raise TypeError(refusal(f"images must be floating numbers, not {array.dtype}; give what the model takes"))
    batch = array[None] if array.ndim == 3 else array
    if batch.ndim != 4 or not batch.size or not np.isfinite(batch).all():
        raise ValueError(refusal(f"images {array.shape} must be finite numbers, (N, C, H, W), with at least one image"))
    return batch


def whole(name: str, what: str, number: Any) -> int:
    """A number of at least 1. Raises TypeError or ValueError naming it."""
    if isinstance(number, bool) or not hasattr(number, "__index__"):
        raise TypeError(f"{name}: {what} must be an integer, not {number!r}")
    if operator.index(number) < 1:
        raise ValueError(f"{name}: {what} must be at least 1, not {number}")
    return operator.index(number)


def observe(name: str, model: Any, images: Array, layers: Collection[str] = ()) -> tuple[Array, dict[str, Array]]:
    """One forward pass: the logits (N, classes), and the named values asked for (see `record` for their names).

    Raises ValueError, as `name`, if the model's output is not (N, classes).
    """
    if not callable(model):
        raise TypeError(f"{name}: the model must be a function of a Tensor, not {type(model).__name__}")
    bases = {layer.partition("#")[0] for layer in layers}
    seen: dict[str, Array] = {}

    def collect(called: str, value: Any) -> None:
        if called not in bases:
            return  # held by nobody: memory goes as the model goes on
        unique, again = called, 1
        while unique in seen and seen[unique] is not value.data:
            again += 1
            unique = f"{called}#{again}"
        seen[unique] = value.data

    with no_grad(), activation_hook(collect), getattr(model, "evaluating", nullcontext)():
        output = model(Tensor(images, name="images"))
    given = output.values() if isinstance(output, dict) else output if isinstance(output, tuple | list) else [output]
    tensors = [result for result in given if isinstance(result, Tensor)]
    if len(tensors) != 1 or tensors[0].ndim != 2 or len(tensors[0]) != len(images) or not tensors[0].size:
        shapes = ", ".join(str(tensor.shape) for tensor in tensors) or "no Tensor"
        raise ValueError(
            f"{name}: the model must classify, (N, C, H, W) -> (N, classes), but {images.shape} gives {shapes}"
        )
    return tensors[0].numpy(), seen


def in_batches(items: Sequence[T], batch_size: int, progress: bool, name: str) -> Iterator[Sequence[T]]:
    """The items, `batch_size` at a time, with a bar on a terminal if there is to be progress."""
    with bar(len(items), "img", name, progress) as shown:
        for start in range(0, len(items), batch_size):
            some = items[start : start + batch_size]
            yield some
            shown.update(len(some))


def probabilities(logits: Array) -> Array:
    """Softmax of logits (N, classes) -> same."""
    powers: Array = np.exp(logits - logits.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


def target_classes(name: str, target: Target, logits: Array) -> Array:
    """The class that each image stands for, (N,): as given, one for all or one each, or the one predicted.

    Raises TypeError or ValueError for what is no class, IndexError for one that the model does not have.
    """
    count, classes = logits.shape
    if target is None:
        predicted: Array = logits.argmax(1)
        return predicted
    given = array_of(target)
    if given.dtype.kind not in "iu":
        raise TypeError(f"{name}: target must be a class's number, or one an image, not {target!r}")
    if given.shape not in ((), (count,)):
        raise ValueError(f"{name}: target {given.shape} must be one class, or one for each of {count} images")
    if given.min() < 0 or given.max() >= classes:
        raise IndexError(f"{name}: target {target} is out of range: there are {classes} classes, 0 to {classes - 1}")
    return np.broadcast_to(given, count).astype(int)


def fill_colours(name: str, fill: Fill, images: Array) -> Array:
    """The colour of what is not the image, (N, C): one number, one a channel, or "mean": each image's own."""
    count, channels = images.shape[:2]
    if isinstance(fill, str):
        if fill != "mean":
            raise ValueError(f"{name}: fill must be a number, one a channel, or 'mean', not {fill!r}")
        mean: Array = images.mean(axis=(2, 3))
        return mean
    given = array_of(fill)
    if given.dtype.kind not in "iuf" or given.shape not in ((), (channels,)) or not np.isfinite(given).all():
        raise ValueError(f"{name}: fill must be a finite number, one for each of {channels} channels, or 'mean'")
    return np.broadcast_to(given.astype(images.dtype), (count, channels))
