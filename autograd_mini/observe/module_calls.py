"""Calls of modules: what ran a step, of which class, inside which other call; it goes with the name of the step."""

from __future__ import annotations

from typing import Any


class ModuleCall(str):
    """The path of a module while it runs, one for each time that it is called: the name of what it records.

    module: its class; "" of a name that the user gave inside a call. within: the call that it was made in.
    """

    __slots__ = ("module", "within")
    module: str
    within: ModuleCall | None

    def __new__(cls, path: str, module: str = "", within: Any = None) -> ModuleCall:
        """within: whatever ran before, a call or not."""
        call = super().__new__(cls, path)
        call.module, call.within = module, within if isinstance(within, ModuleCall) else None
        return call

    def __add__(self, name: str) -> ModuleCall:
        """A name given inside: still of this call."""
        return ModuleCall(str.__add__(self, name), "", self)

    def __reduce__(self) -> Any:
        return ModuleCall, (str(self), self.module, self.within)


def calls_of(name: str | None) -> dict[str, ModuleCall]:
    """The calls of modules that a step of this name was recorded in, by path."""
    found: dict[str, ModuleCall] = {}
    call = name if isinstance(name, ModuleCall) else None
    while call is not None:
        if call.module:
            found.setdefault(str(call), call)
        call = call.within
    return found
