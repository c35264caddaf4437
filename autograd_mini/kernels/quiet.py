"""What NumPy is not to say about numbers: `with quiet(under="ignore"): …`, where it would say it, and cheaply."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any, TypeVar

import numpy as np

Function = TypeVar("Function", bound=Callable[..., Any])

_umath: Any = getattr(getattr(np, "_core", None), "umath", None)  # another NumPy may have other inner parts
_current: Any = getattr(_umath, "_extobj_contextvar", None)
_make: Any = getattr(_umath, "_make_extobj", None)

_known: dict[int, tuple[Any, dict[Any, Any]]] = {}  # settings, by identity: by what is wanted what they become
_MANY = 4  # of them, since others make new ones at each `np.errstate`
_NOTHING: AbstractContextManager[None] = nullcontext()
_nothing_at: list[Any] = [None]  # the settings at which there is nothing to change for a backward pass


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
    known = _known.get(id(here))
    if known is None or known[0] is not here:
        if len(_known) >= _MANY:
            _known.clear()
        known = _known[id(here)] = here, {}
    key = under, over, divide
    if key not in known[1]:
        known[1][key] = _settings({"under": under, "over": over, "divide": divide})
    settings = known[1][key]
    return _NOTHING if settings is None else _Quiet(settings)


def quiet_underflow() -> Any:
    """As `quiet(under="ignore")`, quicker where nothing has to be changed: every backward pass begins with it."""
    if _current is not None and _current.get() is _nothing_at[0]:
        return _NOTHING
    inside = quiet(under="ignore")
    if inside is _NOTHING:
        _nothing_at[0] = _current.get()
    return inside


def without_underflow(function: Function) -> Function:
    """A kernel for which a number too small to differ from 0 is 0, whatever NumPy's settings are."""

    @wraps(function)
    def computed(*args: Any, **params: Any) -> Any:
        with quiet(under="ignore"):
            return function(*args, **params)

    return computed  # type: ignore[return-value]  # which keeps its signature


def _settings(wanted: dict[str, Any]) -> Any:
    """Today's settings with these changes; None if there is nothing to change."""
    now = np.geterr()
    changes = {name: how for name, how in wanted.items() if how is not None and now[name] != how}  # type: ignore[literal-required]
    return _make(**changes) if changes else None
