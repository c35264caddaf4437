"""What a module is made of, in words that a file can hold: its class and plain arguments, or a Sequential's layers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .elsewhere import Told, is_own

MADE_OF = "_made_of"
NOTE = "net"
"""What the words are called in a file of weights."""
_FREE = ("rng", "init", "dtype")  # of these the weights remain


def noted(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    """The arguments of a module in words; None if one of them is neither a number nor text, nor a list of such."""
    try:
        return json.dumps([args, {name: value for name, value in kwargs.items() if name not in _FREE}], default=_plain)
    except (TypeError, ValueError):
        return None


def _plain(value: Any) -> Any:
    """A number of NumPy's as one of Python's. Raises TypeError for anything else."""
    if hasattr(value, "item") and not getattr(value, "ndim", 1):
        return value.item()
    raise TypeError(type(value).__name__)


class Made(Told):
    """What remembers the arguments that it is made with, if its class is nn's and has them not as attributes anyway."""

    if not TYPE_CHECKING:

        def __new__(cls, *args, **kwargs):  # noqa: D102
            made = super().__new__(cls, *args, **kwargs)
            if is_own(cls) and not hasattr(cls, "arguments"):
                vars(made)[MADE_OF] = noted(args, kwargs)
            return made


def description(module: Any) -> dict[str, Any] | None:
    """What a module of nn's is made of; None where that cannot be said, as of a class of one's own."""
    kind = type(module)
    if not is_own(kind):
        return None
    if kind.__name__ == "Sequential":
        layers = [[name, description(layer)] for name, layer in module.layers.items()]
        return None if any(what is None for _, what in layers) else {"class": "Sequential", "layers": layers}
    words = noted((), module.arguments()) if hasattr(kind, "arguments") else vars(module).get(MADE_OF)
    if words is None:
        return None
    args, kwargs = json.loads(words)
    return {"class": kind.__name__, "args": args, "kwargs": kwargs}
