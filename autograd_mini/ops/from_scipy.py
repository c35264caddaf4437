"""SciPy's functions as forward functions: loaded when one is first called, in the dtype of what they are given.

A row of these rooms is SciPy's C code forward and a derivative here, written with rows, so that there is one of every
order. `of` makes the forward function, `doc` the docstring, of which a row says what is its own.
"""

import inspect
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from ..core.observer import is_grad_enabled
from ..core.primitive import Primitive, call_as
from ..core.tape import Value
from .kinds import ROWS

_NARROW = (np.dtype(np.float16), np.dtype(np.float32))


@cache
def scipys(name: str, room: str = "special") -> Any:
    """SciPy's function of that name. Raises ImportError where SciPy is not installed."""
    try:
        return getattr(import_module(f"scipy.{room}"), name)
    except ImportError:
        words = "is computed by SciPy, which is not installed: the extra `special` brings it"
        raise ImportError(f"{name}: {words}, pip install 'autograd-mini[special]'") from None


def of(name: str, *args: str, by: Callable[..., Any] | None = None) -> Any:
    """A forward function of that name and array arguments: SciPy's, or what is computed `by` that function.

    SciPy computes in double what it has no loop for; the result is in the dtype that NumPy would give it.
    """

    def forward(*arrays: Any) -> Any:
        out = (by or scipys(name))(*arrays)
        narrow = any(getattr(a, "dtype", None) in _NARROW for a in arrays)
        return out.astype(np.result_type(*arrays), copy=False) if narrow else out

    forward.__name__ = forward.__qualname__ = name
    parameters = [inspect.Parameter(arg, inspect.Parameter.POSITIONAL_OR_KEYWORD) for arg in args]
    forward.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # functions have attributes
    return forward


def doc(what: str, example: str, more: str = "", result: str = "", raises: str = "", **args: str) -> str:
    """The docstring of a row that SciPy computes: a sentence, prose, what its arguments are, and an example."""
    words = {name: f"{name}: {text}" for name, text in (args or {"x": "(...), real."}).items()}
    shape = "(...), the same shape," if len(words) == 1 else "(...), the shape that they broadcast to,"
    blocks = [
        f"{what}, elementwise.",
        *([more] if more else []),
        "Arguments:\n" + "\n".join(f"    {text}" for text in words.values()),
        f"Returns:\n    {result or f'{shape} of the floating dtype; integers give float64.'}",
        "Raises:\n" + f"    {raises}\n" * bool(raises) + "    ImportError: if SciPy is not installed.",
        "Example:\n" + "\n".join(f"    {line}" for line in inspect.cleandoc(example).split("\n")),
    ]
    head, *rest = blocks
    prose = [rest.pop(0)] if more else []
    text = "\n\n".join([head, *prose, "\n".join(rest[:-1]), rest[-1]])
    return text.replace("\n", "\n    ").replace("\n    \n", "\n\n") + "\n    "


def without(op: Primitive, *names: str) -> None:
    """Refuse a gradient in arguments that have no derivative here, when the operation is called."""
    compiled: Any = op.call

    def called(*given: Any, **named: Any) -> Any:
        for name, x in (*zip(op.args, given, strict=False), *named.items()):
            if name in names and isinstance(x, Value) and x.node is not None and is_grad_enabled():
                words = "it has no derivative here, and the gradient would be lost; give detach()"
                raise TypeError(f"{op.name}: {name} {x.node.shape} requires a gradient: {words}")
        return compiled(*given, **named)

    called.__doc__, called.__signature__ = op.__doc__, op.__signature__  # type: ignore[attr-defined]
    call_as(op, called)


def recorded(ufunc: np.ufunc) -> Any:
    """The row for a ufunc of SciPy's, by its name; None if it is another's, or has none."""
    special = sys.modules.get("scipy.special")  # whoever has a ufunc of it has loaded it
    row = ROWS.get(ufunc.__name__) if getattr(special, ufunc.__name__, None) is ufunc else None
    return row and row.function
