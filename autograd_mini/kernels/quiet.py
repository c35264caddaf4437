"""What NumPy is not to say about numbers: `with quiet(under="ignore"): …`, at a tenth of what `np.errstate` takes."""

from __future__ import annotations

from typing import Any

import numpy as np

_umath: Any = getattr(getattr(np, "_core", None), "umath", None)  # another NumPy may have other inner parts
_current: Any = getattr(_umath, "_extobj_contextvar", None)
_make: Any = getattr(_umath, "_make_extobj", None)

_known: dict[tuple[Any, ...], tuple[Any, Any]] = {}  # settings, and what they become; NumPy's own, so by identity
_MANY = 64


class _Quiet:
    """NumPy's settings of this context, but for some; made anew only where they are others than the last time."""

    __slots__ = ("changes", "token")

    def __init__(self, changes: dict[str, str]) -> None:
        self.changes = changes

    def __enter__(self) -> None:
        here = _current.get()
        key = (id(here), *self.changes.items())
        before, settings = _known.get(key, (None, None))
        if before is not here:
            if len(_known) >= _MANY:
                _known.clear()
            settings = _make(**self.changes)
            _known[key] = here, settings
        self.token = _current.set(settings)

    def __exit__(self, *error: object) -> None:
        _current.reset(self.token)


def quiet(**changes: Any) -> Any:
    """NumPy's settings for floating errors inside the block, as in `np.errstate(**changes)`."""
    return np.errstate(**changes) if _current is None or _make is None else _Quiet(changes)
