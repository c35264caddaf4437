"""What NumPy is not to say about numbers: `with quiet(under="ignore"): …`, where it would say it, and cheaply."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

_umath: Any = getattr(getattr(np, "_core", None), "umath", None)  # another NumPy may have other inner parts
_current: Any = getattr(_umath, "_extobj_contextvar", None)
_make: Any = getattr(_umath, "_make_extobj", None)

_known: dict[tuple[Any, ...], tuple[Any, Any]] = {}  # settings, by identity, and what they are to become; None: no need
_MANY = 64
_NOTHING: AbstractContextManager[None] = nullcontext()


class _Quiet:
    """Other settings of NumPy's inside the block."""

    __slots__ = ("settings", "token")

    def __init__(self, settings: Any) -> None:
        self.settings = settings

    def __enter__(self) -> None:
        self.token = _current.set(self.settings)

    def __exit__(self, *error: object) -> None:
        _current.reset(self.token)


def quiet(under: Any = None, over: Any = None, divide: Any = None) -> Any:
    """NumPy's settings for floating errors inside the block, as in `np.errstate`; nothing if they are those already."""
    if _current is None or _make is None:
        wanted = {"under": under, "over": over, "divide": divide}
        return np.errstate(**{name: how for name, how in wanted.items() if how is not None})
    here = _current.get()
    key = (id(here), under, over, divide)
    found = _known.get(key)
    if found is None or found[0] is not here:
        found = here, _settings({"under": under, "over": over, "divide": divide})
        if len(_known) >= _MANY:
            _known.clear()
        _known[key] = found
    return _NOTHING if found[1] is None else _Quiet(found[1])


def _settings(wanted: dict[str, Any]) -> Any:
    """Today's settings with these changes; None if there is nothing to change."""
    now = np.geterr()
    changes = {name: how for name, how in wanted.items() if how is not None and now[name] != how}  # type: ignore[literal-required]
    return _make(**changes) if changes else None
