"""What layers of a kind have in common, said once: what their arguments are, what is refused, how they are printed."""

from __future__ import annotations

import re
from inspect import Parameter, cleandoc, signature
from math import inf
from typing import Any, ClassVar

from autograd_mini import Tensor
from autograd_mini.arguments import check_whole, is_real

from ..module import Module

_BLOCKS = ("", "Arguments:", "Returns:", "Raises:", "Source:", "Example:")


def _blocks(text: str) -> dict[str, str]:
    """A docstring's words, under "", and its blocks by their heads."""
    parts = re.split(rf"^({'|'.join(_BLOCKS[1:])})", cleandoc(text), flags=re.MULTILINE)
    return {
        "": parts[0].strip(),
        **{head: block.rstrip() for head, block in zip(parts[1::2], parts[2::2], strict=True)},
    }


def together(own: str, kinds: str) -> str:
    """A docstring that says what its kind's does too: own words, theirs from the second line on, each block once."""
    mine, theirs = _blocks(own), _blocks(kinds)
    words = "\n".join([mine.pop(""), *theirs.pop("").split("\n")[2:]])
    blocks = theirs | mine
    lines = [f"{head}{blocks[head]}" for head in _BLOCKS if head in blocks and head != "Example:"]
    return "\n\n".join(part for part in (words, "\n".join(lines), f"Example:{blocks['Example:']}") if part)


class Kind(Module):
    """A layer whose arguments are attributes of their names, by which it is printed.

    A class whose name begins with "_" is a kind: its docstring says what is true of all its layers.
    """

    always: ClassVar[tuple[str, ...]] = ()
    """Arguments that are printed though they are what they are by default."""

    def __init_subclass__(cls) -> None:
        kind = cls.__bases__[0]
        if cls.__doc__ and kind.__doc__ and kind.__name__.startswith("_") and not cls.__name__.startswith("_"):
            cls.__doc__ = together(cls.__doc__, kind.__doc__)

    def arguments(self) -> dict[str, Any]:
        """The layer's arguments by name, as it was made; where there is a bias, True."""
        found = {}
        for name, given in signature(type(self)).parameters.items():
            if given.kind is Parameter.POSITIONAL_OR_KEYWORD:
                value = getattr(self, name)
                if isinstance(given.default, bool) and (value is None or isinstance(value, Tensor)):
                    value = value is not None  # whether there is a bias
                found[name] = value
        return found

    def extra_repr(self) -> str:
        """The layer's arguments, but for those that are what they are by default."""
        shown, parameters = [], signature(type(self)).parameters
        for name, value in self.arguments().items():
            default = parameters[name].default
            if isinstance(value, Tensor):
                shown.append(f"{name}=Tensor {value.shape}")
            elif default is Parameter.empty:
                shown.append(f"{value!r}")
            elif name in self.always or value != default:
                shown.append(f"{name}={value!r}")
        return ", ".join(shown)

    # ── what is refused ──

    def _whole(self, least: int = 1, **given: Any) -> None:
        """Keep integers as attributes."""
        for what, value in given.items():
            check_whole(type(self).__name__, what, value, least)
            setattr(self, what, int(value))

    def _flags(self, **given: Any) -> None:
        """Keep booleans as attributes."""
        for what, value in given.items():
            setattr(self, what, self._flag(what, value))

    def _flag(self, what: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise TypeError(f"{type(self).__name__}: {what} must be True or False, not {value!r}")
        return value

    def _numbers(self, least: float | None = None, most: float | None = None, **given: Any) -> None:
        """Keep numbers as attributes, from `least` to `most`."""
        for what, value in given.items():
            if least is None and not is_real(value):
                raise TypeError(f"{type(self).__name__}: {what} must be a number, not {value!r}")
            if least is not None and not (is_real(value) and least <= value < inf and (most is None or value <= most)):
                between = f"of at least {least}" if most is None else f"from {least} to {most}"
                raise ValueError(f"{type(self).__name__}: {what} must be a number {between}, not {value!r}")
            setattr(self, what, value)

    def _dropping(self, **given: Any) -> None:
        """Keep probabilities of dropping as attributes."""
        for what, p in given.items():
            if not (is_real(p) and 0 <= p < 1):
                name = type(self).__name__
                raise ValueError(f"{name}: {what} is the probability of dropping, 0 ≤ p < 1; got {p}")
            setattr(self, what, p)

    def _choice(self, what: str, value: Any, known: Any) -> None:
        """Keep one of the known words as an attribute."""
        if not isinstance(value, str) or value not in known:
            words = ", ".join(f'"{word}"' for word in known)
            raise ValueError(f"{type(self).__name__}: {what} must be one of {words}, not {value!r}")
        setattr(self, what, value)
