"""While a module runs: what each of its parts is called, and with it what they record."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from weakref import ref

from autograd_mini import Tensor
from autograd_mini.core.observer import announce, current, rescoped
from autograd_mini.observe.module_calls import ModuleCall


class _Paths(dict[int, str]):
    """The path of every part of the outermost module that runs, by identity."""


_running: ContextVar[ref[_Paths] | None] = ContextVar("running", default=None)
"""While a module runs in this thread or task. Its call holds the paths, so that they go with it, whatever ends it."""


def running() -> _Paths | None:
    """The paths of the module that runs here."""
    link = _running.get()
    return None if link is None else link()


def run_as(part: Any, forward: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """What `forward`, or what stands for it, gives; what it records is named after the part's path."""
    paths, before, path = running(), current.get().scope, None
    outermost = paths is None
    try:
        if paths is None:
            paths = _Paths(part._name_parts())
            _running.set(ref(paths))
        own = paths.get(id(part))
        path = ModuleCall(own, type(part).__name__, before) if own else before
        rescoped(path)
        result = forward(*args, **kwargs)
    except Exception as error:
        if outermost and isinstance(error, RecursionError):
            raise RecursionError(
                f"{type(part).__name__}: its calls go too deep; does a part contain the module it is part of?"
            ) from None
        if path and not hasattr(error, "__notes__") and not isinstance(error, RecursionError):
            error.add_note(f"in {path}: {part!r}")
        raise
    finally:
        rescoped(before)
        if outermost:
            _running.set(None)
    if path and path != before and isinstance(result, Tensor):
        announce(path, result)
    return result
