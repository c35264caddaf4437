"""What NumPy is not to say about numbers: `with quiet(under="ignore"): …`, at a tenth of what `np.errstate` takes."""

from __future__ import annotations

from typing import Any

import numpy as np

try:
    from numpy._core.umath import _extobj_contextvar, _make_extobj
except ImportError:  # another NumPy: its own way
    _extobj_contextvar = None

_known: dict[tuple[Any, ...], tuple[Any, Any]] = {}  # settings, and what they become; NumPy's own, so by identity
_MANY = 64


class _Quiet:
    """NumPy's settings of this context, but for some; made anew only where they are others than the last time."""

    __slots__ = ("changes", "token")

    def __init__(self, changes: dict[str, str]) -> None:
        self.changes = changes

    def __enter__(self) -> None:
        here = _extobj_contextvar.get()
        key = (id(here), *self.changes.items())
        before, settings = _known.get(key, (None, None))
        if before is not here:
            if len(_known) >= _MANY:
                _known.clear()
            settings = _make_extobj(**self.changes)
            _known[key] = here, settings
        self.token = _extobj_contextvar.set(settings)

    def __exit__(self, *error: object) -> None:
        _extobj_contextvar.reset(self.token)


def quiet(**changes: Any) -> Any:
    """NumPy's settings for floating errors inside the block, as in `np.errstate(**changes)`."""
    return np.errstate(**changes) if _extobj_contextvar is None else _Quiet(changes)
