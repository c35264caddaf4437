"""The data every side gets, equal to the last bit, and digests by which their results are held against each other."""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

SAMPLE = 512  # elements of an array that travel to the parent


def rng(word: str) -> np.random.Generator:
    """A generator that depends on a word alone."""
    return np.random.default_rng(zlib.crc32(word.encode()))


def normal(word: str, shape: Any) -> Array:
    """Unit-variance float32 numbers, the same in every process."""
    return rng(word).standard_normal(tuple(shape), dtype=np.float32)


def labels(classes: int, count: int) -> Array:
    return rng("labels").integers(0, classes, count)


def weights(name: str, shape: tuple[int, ...]) -> Array:
    """What a parameter of this name holds: of the variance 2 / fan-in (He); scales and variances about 1."""
    if name.endswith(("running_mean", "running_var")):
        return np.full(shape, name.endswith("var"), np.float32)
    array = rng(name).standard_normal(shape, dtype=np.float32)
    array *= 0.1 if len(shape) == 1 else math.sqrt(2 / math.prod(shape[1:]))
    return array + np.float32(1) if len(shape) == 1 and name.endswith("weight") else array


def rotation(size: int) -> Array:
    """An orthogonal matrix (size, size): products with it neither grow nor fade."""
    return np.linalg.qr(rng("rotation").standard_normal((size, size)))[0].astype(np.float32)


def digest(arrays: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What travels instead of an array: shape, root mean square, mean, and a sample with a share of the borders."""
    return {name: _digest_of(np.asarray(array)) for name, array in arrays.items()}


def _digest_of(array: Array) -> dict[str, Any]:
    draw = rng(f"sample of {array.shape}")
    index = []
    for size in array.shape:
        along = draw.integers(0, size, SAMPLE)
        border = draw.integers(0, 8, SAMPLE)  # an eighth at either end of each axis
        along[border == 0], along[border == 1] = 0, size - 1
        index.append(along)
    sample = array[tuple(index)] if index else array.reshape(1)
    flat = array.ravel("K")
    return {
        "shape": list(array.shape),
        "rms": float(np.linalg.norm(flat)) / math.sqrt(max(array.size, 1)),
        "mean": float(flat.mean(dtype=np.float64)),
        "sample": [float(number) for number in sample],
    }


def deviations(one: dict[str, dict[str, Any]], other: dict[str, dict[str, Any]]) -> dict[str, float]:
    """The largest difference between two digests for each name, relative to the size of what is compared.

    Infinite where names or shapes differ or a number is not finite. A gradient of a net is measured by at least a
    thousandth of its largest one: that of a bias before batch normalisation is 0, but for rounding.
    """
    found = dict.fromkeys(set(one) ^ set(other), math.inf)
    largest = max((digest["rms"] for name, digest in one.items() if name.startswith("gradient")), default=0.0)
    for name in set(one) & set(other):
        first, second = one[name], other[name]
        least = 1e-3 * largest if name.startswith("gradient") else 1e-30
        scale = max(first["rms"], max(map(abs, first["sample"]), default=0.0), least)
        pairs = [(first[key], second[key]) for key in ("rms", "mean")]
        pairs += zip(first["sample"], second["sample"], strict=False)
        apart = [abs(a - b) / scale for a, b in pairs]
        fine = first["shape"] == second["shape"] and all(map(math.isfinite, apart))
        found[name] = max(apart) if fine else math.inf
    return found
