"""Data as people have them: arrays, pairs, iterators, the data sets and loaders of other libraries, all as a data set.

Others are known by what they can do, never by their class: PyTorch's Dataset, TensorDataset and DataLoader and Hugging
Face's datasets are taken without an import of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from autograd_mini.core.primitive import operand
from autograd_mini.core.tape import Value

from .datasets import ArrayData, Batch, Dataset
from .preprocessing import Array, as_rgb

_INPUTS = "image", "img", "pixel_values", "images", "input", "inputs", "x", "data"
_TARGETS = "label", "labels", "fine_label", "target", "targets", "y"
_NO_SETS = Value, str, bytes, bytearray, memoryview, dict, range, set
_UNKNOWN = np.zeros((0, 0), int)


def as_dataset(name: str, x: Any, y: Any = None, *, labelled: bool = True) -> Dataset:
    """What somebody gave as a data set. Raises TypeError or ValueError, as `name`, for what is none, or empty.

    labelled: whether targets are needed, as they are but to predict.
    """
    own = hasattr(x, "inputs") and hasattr(x, "labels")
    if own and y is not None:
        raise ValueError(f"{name}: a data set brings its own labels; give one or the other")
    found = x if own else _brings_targets(name, x, labelled) if y is None else None
    if found is None:
        if y is None and labelled:
            raise ValueError(f"{name}: inputs without targets; give x and y, or a data set")
        rows = _rows(name, x)
        return ArrayData(rows, y if labelled else np.zeros(rows.shape[0], int))
    if not isinstance(found, Loaded) and not len(found):
        raise ValueError(f"{name}: the data set is empty")
    dataset: Dataset = found
    return dataset


def is_examples(x: Any, labelled: bool = True) -> bool:
    """Whether a list or tuple holds (input, target) pairs or dicts, and not an array's rows."""
    if not isinstance(x, list | tuple) or not x:
        return False
    if all(isinstance(item, dict) for item in x):
        return True
    pairs = all(isinstance(item, tuple) and len(item) == 2 for item in x)
    return pairs and (labelled or np.ndim(_value("", x[0][0])) > 0)


class Loaded:
    """Batches that somebody else makes, such as PyTorch's DataLoader: in its order, and as large as it makes them.

    count: examples in an epoch, if that is known.
    """

    def __init__(self, name: str, loader: Any, labelled: bool = True) -> None:
        self.name, self.loader, self.labelled = name, loader, labelled
        self.labels: Array = _UNKNOWN
        self.classes = getattr(loader.dataset, "classes", None)
        self.count = _length(getattr(loader, "sampler", None)) or _length(loader.dataset)
        if getattr(loader, "drop_last", False) and self.count and loader.batch_size:
            self.count -= self.count % loader.batch_size

    def __len__(self) -> int:
        return self.count or 0

    def inputs(self, positions: Array) -> Array:
        """Not to be had by position."""
        raise TypeError(f"{self.name}: a loader of batches has no examples by position")

    def batches(self) -> Iterator[Batch]:
        """One epoch's."""
        for batch in self.loader:
            inputs, targets = _pair(self.name, batch, self.labelled)
            made = _value(self.name, inputs)
            yield made, _value(self.name, targets) if self.labelled else np.zeros(len(made), int)


class _Items:
    """Examples that are got one by one. They may draw from generators of their own, and are asked for by one thread."""

    in_turn = True

    def __init__(self, name: str, items: Any, labelled: bool) -> None:
        self.name, self.items, self.labelled = name, items, labelled
        known = _labels(items)
        self.labels: Array = np.zeros((len(items), 0), int) if known is None else known
        if (classes := _classes(items)) is not None:
            self.classes = classes

    def __len__(self) -> int:
        return len(self.items)

    def inputs(self, positions: Array) -> Array:
        """The inputs at the given positions."""
        return self.examples(positions)[0]

    def examples(self, positions: Array, rng: Any = None) -> Batch:
        """Inputs and targets at the given positions."""
        places = np.arange(len(self))[positions].tolist()
        pairs = [_pair(self.name, self.items[i], self.labelled) for i in places]
        inputs = _stacked(self.name, "inputs", [pair[0] for pair in pairs])
        return inputs, _stacked(self.name, "targets", [pair[1] for pair in pairs])


def _brings_targets(name: str, x: Any, labelled: bool) -> Dataset | None:
    """What others have that is a data set by itself, as one of ours; None for arrays."""
    if isinstance(x, list | tuple):
        return _Items(name, x, labelled) if is_examples(x, labelled) else None
    if isinstance(x, _NO_SETS) or hasattr(x, "__array__") or not _iterable(x):
        return None
    if hasattr(x, "dataset") and hasattr(x, "batch_size") and hasattr(x, "__iter__"):
        return Loaded(name, x, labelled)
    if len(tensors := getattr(x, "tensors", ())) == 2:
        return ArrayData(*(_value(name, tensor) for tensor in tensors))
    if hasattr(x, "__getitem__") and _length(x) is not None:
        return _Items(name, x, labelled)
    return _Items(name, [*x], labelled)  # read to its end, and held


def _iterable(x: Any) -> bool:
    return hasattr(x, "__iter__") or (hasattr(x, "__getitem__") and hasattr(x, "__len__"))


def _length(x: Any) -> int | None:
    """How many there are, if that can be told."""
    try:
        return len(x)
    except (TypeError, NotImplementedError):
        return None


def _pair(name: str, example: Any, labelled: bool) -> tuple[Any, Any]:
    """Input and target of an example, or of a batch; 0 for a target that is not asked for."""
    if isinstance(example, dict):
        keys = [next((key for key in wanted if key in example), None) for wanted in (_INPUTS, _TARGETS)]
        if keys[0] is None or (labelled and keys[1] is None):
            what, wanted = ("input", _INPUTS) if keys[0] is None else ("target", _TARGETS)
            raise TypeError(
                f"{name}: an example has {', '.join(map(repr, example))}; its {what} is looked for as "
                f"{', '.join(wanted)}"
            )
        return example[keys[0]], example[keys[1]] if labelled else 0
    if isinstance(example, tuple | list) and (labelled or len(example) == 2):
        if len(example) != 2:
            raise TypeError(f"{name}: an example must be an input and a target, not {len(example)} things")
        return example[0], example[1] if labelled else 0
    if labelled:
        raise TypeError(f"{name}: an example must be a pair, input and target, or a dict, not {type(example).__name__}")
    return example, 0


def _value(name: str, value: Any) -> Array:
    """An input or a target as an array: a PIL image becomes float32 (C, H, W) in [0, 1], C = 1 if it is grey."""
    if isinstance(value, Image.Image):
        if value.mode in ("1", "L"):
            return np.asarray(value.convert("L"), np.float32)[None] / 255
        return np.asarray(as_rgb(value, "a picture"), np.float32).transpose(2, 0, 1) / 255
    array = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
    if array.dtype.kind not in "biufc":
        raise TypeError(f"{name}: an example holds {type(value).__name__}, which is no array, number or picture")
    return array


def _stacked(name: str, what: str, values: list[Any]) -> Array:
    arrays = [_value(name, value) for value in values]
    if len(shapes := sorted({array.shape for array in arrays})) > 1:
        raise ValueError(f"{name}: {what} of one batch must have one shape, not {', '.join(map(str, shapes[:4]))}")
    return np.stack(arrays)


def _labels(items: Any) -> Array | None:
    """The labels of all examples, where they are known without making each."""
    if getattr(items, "target_transform", None) is not None or getattr(items, "transforms", None) is not None:
        return None
    known = getattr(items, "targets", None)
    if hasattr(items, "features") and hasattr(items, "column_names"):
        known = next((items[key][:] for key in _TARGETS if key in items.column_names), None)
    if known is None or _length(known) != len(items):
        return None
    try:
        labels = np.asarray(known)
    except (TypeError, ValueError):
        return None
    return labels if labels.ndim == 1 and labels.dtype.kind in "iu" else None


def _classes(items: Any) -> list[str] | None:
    """The names of the classes, where they are known."""
    features = getattr(items, "features", None)
    if isinstance(features, dict):
        return next((features[key].names for key in _TARGETS if hasattr(features.get(key), "names")), None)
    names = getattr(items, "classes", None)
    return [*names] if isinstance(names, list | tuple) else None


def _rows(name: str, x: Any) -> Any:
    rows = operand(f"{name}: inputs", x)
    if rows.shape[:1] in ((), (0,)):
        raise ValueError(f"{name}: inputs {rows.shape} hold no examples")
    return rows
