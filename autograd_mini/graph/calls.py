"""Calls of modules: what ran a step, of which class, inside which other call; it goes with the name of the step."""

from __future__ import annotations

from typing import Any


class Call(str):
    """The path of a module while it runs, one for each time that it is called: the name of what it records.

    module: its class; "" of a name that the user gave inside a call. within: the call that it was made in.
    """

    __slots__ = ("module", "within")
    module: str
    within: Call | None

    def __new__(cls, path: str, module: str = "", within: Any = None) -> Call:
        """within: whatever ran before, a call or not."""
        call = super().__new__(cls, path)
        call.module, call.within = module, within if isinstance(within, Call) else None
        return call

    def __add__(self, name: str) -> Call:
        """A name given inside: still of this call."""
        return Call(str.__add__(self, name), "", self)

    def __reduce__(self) -> Any:
        return Call, (str(self), self.module, self.within)


def calls_of(name: str | None) -> dict[str, Call]:
    """The calls of modules that a step of this name was recorded in, by path."""
    found: dict[str, Call] = {}
    call = name if isinstance(name, Call) else None
    while call is not None:
        if call.module:
            found.setdefault(str(call), call)
        call = call.within
    return found
