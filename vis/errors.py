"""Errors in the name of the function that the user called, whatever it called itself."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from autograd_mini.arguments import is_whole
from autograd_mini.observe.lines import user_frame

E = TypeVar("E", bound=Exception)


class _Called(threading.local):
    """The function of `vis` that the user called in this thread, while it runs; what it calls is not named."""

    name = ""


_called = _Called()


@contextmanager
def named_in_errors(name: str) -> Iterator[None]:
    """Let what is refused in this block, or in a function decorated so, be refused in its name.

    Unless another one that is named called it: then in the name of that.
    """
    before, _called.name = _called.name, _called.name or name
    try:
        yield
    finally:
        _called.name = before


def called() -> str:
    """The name of the function that the user called."""
    return _called.name


def warn(words: str) -> None:
    """A UserWarning at the user's line, its words behind the name of the function that the user called."""
    user = user_frame(sys._getframe(1))
    warnings.warn_explicit(
        f"{_called.name}: {words}" if _called.name else words,
        UserWarning,
        user.f_code.co_filename,
        user.f_lineno,
        module=user.f_globals.get("__name__") or "<string>",
        registry=user.f_globals.setdefault("__warningregistry__", {}),
    )


def refusal(kind: Callable[[str], E], words: str) -> E:
    """An error of a kind, its words behind the name of the function that the user called."""
    return kind(f"{_called.name}: {words}" if _called.name else words)


def check_counts(**numbers: Any) -> None:
    """Raise ValueError for what is no integer of at least 1, naming it."""
    for what, number in numbers.items():
        if not is_whole(number, 1):
            raise refusal(ValueError, f"{what} must be an integer of at least 1, not {number!r}")
