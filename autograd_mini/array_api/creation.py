"""New Tensors: of numbers, of other arrays, and of other libraries' arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops as f
from ..arguments import on_cpu
from ..core.tape import Value
from ..core.tensor import Tensor

__all__ = [
    "arange", "asarray", "empty", "empty_like", "eye", "from_dlpack", "full", "full_like", "linspace", "ones",
    "ones_like", "zeros", "zeros_like",
]  # fmt: skip


def asarray(obj: Any, /, *, dtype: Any = None, device: str | None = None, copy: bool | None = None) -> Any:
    """A Tensor of numbers, lists of them, arrays or Tensors, whose gradients it keeps.

    copy: True for memory of its own, None for sharing where that is possible, False for a ValueError where it is not.
    """
    on_cpu("asarray", device)
    found: Any = f.array(obj) if isinstance(obj, list | tuple) else obj if isinstance(obj, Value) else Tensor(obj)
    if dtype is not None and found.dtype != np.dtype(dtype):
        found = f.astype(found, dtype)
    given: Any = obj._array if isinstance(obj, Value) else obj
    shared = given is found._array or (isinstance(obj, np.ndarray) and np.may_share_memory(obj, found._array))
    if copy is False and not shared:
        raise ValueError(f"asarray: {type(obj).__name__} cannot become a Tensor of {found.dtype} without a copy")
    return f.copy(found) if copy and shared else found


def from_dlpack(x: Any, /, *, device: str | None = None, copy: bool | None = None) -> Any:
    """A Tensor of another library's array, by default in the same memory. BufferError for one with a gradient."""
    on_cpu("from_dlpack", device)
    return Tensor(np.from_dlpack(x, device=None if device is None else "cpu", copy=copy))


def arange(
    start: float, /, stop: float | None = None, step: float = 1, *, dtype: Any = None, device: str | None = None
) -> Any:
    """Numbers in equal steps, the end left out."""
    on_cpu("arange", device)
    return f.arange(start, stop, step, dtype)


def linspace(
    start: Any, stop: Any, /, num: int, *, dtype: Any = None, device: str | None = None, endpoint: bool = True
) -> Any:
    """Numbers evenly spaced from one to another."""
    on_cpu("linspace", device)
    return f.linspace(start, stop, num, endpoint, dtype=dtype)


def eye(n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = None, device: str | None = None) -> Any:
    """Ones on a diagonal, zeros elsewhere."""
    on_cpu("eye", device)
    return f.eye(n_rows, n_cols, k, dtype)


def full(shape: Any, fill_value: Any, *, dtype: Any = None, device: str | None = None) -> Any:
    """One number everywhere."""
    on_cpu("full", device)
    return f.full(shape, fill_value, dtype)


def full_like(x: Any, /, fill_value: Any, *, dtype: Any = None, device: str | None = None) -> Any:
    """One number everywhere, in another array's shape."""
    on_cpu("full_like", device)
    return f.full_like(x, fill_value, dtype)


def _filled(name: str, words: str) -> tuple[Any, Any]:
    """`zeros` and `zeros_like`, or the same of ones."""

    def filled(shape: Any, *, dtype: Any = None, device: str | None = None) -> Any:
        on_cpu(name, device)
        return getattr(f, name)(shape, dtype)

    def filled_like(x: Any, /, *, dtype: Any = None, device: str | None = None) -> Any:
        on_cpu(f"{name}_like", device)
        return getattr(f, f"{name}_like")(x, dtype)

    for function, called, whose in ((filled, name, ""), (filled_like, f"{name}_like", " in another array's shape")):
        function.__name__ = function.__qualname__ = called
        function.__doc__ = f"A Tensor of {words}{whose}."
    return filled, filled_like


zeros, zeros_like = _filled("zeros", "zeros")
ones, ones_like = _filled("ones", "ones")
empty, empty_like = _filled("empty", "elements that mean nothing yet")
