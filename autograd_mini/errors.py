"""NumPy's errors told again: which operation, which shapes, which rule was broken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from .tape import Value

_KINDS: tuple[type[Exception], ...] = (ValueError, IndexError, MemoryError)
_CAST = re.compile(r"^Cannot cast ufunc .* output from dtype\('(\w+)'\) to dtype\('(\w+)'\)")
_LISTS = (list, tuple)
RAGGED = "the data make no array; nested lists must be equally long"


def explained(name: str, error: Exception, arrays: Sequence[Any]) -> Exception:
    """The same kind of error, saying which operation, which shapes and which rule."""
    kind = next((kind for kind in _KINDS if isinstance(error, kind)), TypeError)
    text = str(error)
    shapes = [tuple(np.shape(array)) for array in arrays if array is not None]
    if isinstance(error, TypeError | ValueError) and (odd := _odd(arrays, "None" in text)):
        kind, text = TypeError, f"takes arrays of real numbers, not {odd}"
    elif "broadcast" in text and len(shapes) > 1:
        text = clash(shapes)
    elif cast := _CAST.search(text):
        text = f"the result would be {cast[1]}, which does not fit into {cast[2]}"
    elif "numpy boolean" in text:
        text = "booleans have no sign and no difference; astype makes numbers of them"
    return kind(": ".join([name, *([" and ".join(map(str, shapes))] if shapes else []), text]))


def clash(shapes: Sequence[tuple[int, ...]]) -> str:
    """What does not go together about shapes."""
    for axis in range(1, 1 + max(map(len, shapes))):
        sizes = {shape[-axis] for shape in shapes if len(shape) >= axis} - {1}
        if len(sizes) > 1:
            lengths = " and ".join(map(str, sorted(sizes)))
            rule = f"compared from the right, {lengths} differ on axis {-axis} and neither is 1"
            return f"these shapes do not broadcast; {rule}"
    return f"together these shapes make {np.broadcast_shapes(*shapes)}, which does not fit into the first"


def told_kind(x: Any) -> str:
    """What somebody gave, in a word: the dtype of an array, the type of anything else."""
    if isinstance(x, np.ndarray | np.generic):
        return f"the dtype {x.dtype}"
    module = type(x).__module__.partition(".")[0]
    return type(x).__name__ if module == "builtins" else f"{module}.{type(x).__name__}"


def is_real(x: Any) -> bool:
    """Whether somebody gave one real number: no boolean, no text, no array, not nan."""
    return isinstance(x, int | float | np.integer | np.floating) and not isinstance(x, bool) and bool(x == x)


def is_whole(x: Any, least: int | None = None) -> bool:
    """Whether somebody gave an integer, of at least so much; True is none."""
    return isinstance(x, int | np.integer) and not isinstance(x, bool) and (least is None or bool(x >= least))


def _odd(arrays: Sequence[Any], none_too: bool) -> str | None:
    """The first argument that no operation takes, in a word, if there is one; an optional one may be None."""
    for x in arrays:
        if x is None:
            if none_too:
                return "NoneType"
        elif not isinstance(x, np.ndarray | np.generic | bool | int | float) or (
            isinstance(x, np.ndarray | np.generic) and x.dtype.kind not in "biufc"
        ):
            return told_kind(x)
    return None


def generator(name: str, rng: Any, called: str = "rng") -> np.random.Generator:
    """A Generator, or one of a seed, or a fresh one. Raises TypeError, as `name`, for what is none of these."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise TypeError(
            f"{name}: {called} must be a NumPy Generator, a seed of at least 0, or None, not {rng!r}"
        ) from None


def operand(name: str, x: Any) -> Any:
    """A Value or array of numbers as it is; anything else as the array NumPy makes of it.

    Raises TypeError, as `name`, for what are no numbers and for lists of Tensors, ValueError for ragged lists.
    """
    if isinstance(x, Value):
        return x
    if isinstance(x, _LISTS) and _holds_values(x):
        raise TypeError(f"{name}: a list of Tensors would lose their gradients; join them with stack first")
    try:
        array = np.asarray(x)
    except ValueError:
        raise ValueError(f"{name}: {RAGGED}") from None
    if array.dtype.kind not in "biufc":
        raise TypeError(f"{name}: takes arrays of real numbers, not {told_kind(array if isinstance(x, _LISTS) else x)}")
    return array


def _holds_values(entries: Sequence[Any]) -> bool:
    return any(isinstance(x, Value) or (isinstance(x, _LISTS) and _holds_values(x)) for x in entries)
