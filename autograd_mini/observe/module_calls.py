"""Calls of modules: the path and class of what ran a step, and the call around it; kept with the step's name."""

from __future__ import annotations

from typing import Any


class ModuleCall(str):
    """The path of a module while it runs, one for each call: the name of what is recorded in it.

    module: its class; "" of a name that the user gave inside a call. within: the call that it was made in.
    """

    __slots__ = ("module", "within")
    module: str
    within: ModuleCall | None

    def __new__(cls, path: str, module: str = "", within: Any = None) -> ModuleCall:
        """within: the name of what ran before; counts if it is a call."""
        call = super().__new__(cls, path)
        call.module, call.within = module, within if isinstance(within, ModuleCall) else None
        return call

    def __add__(self, name: str) -> ModuleCall:
        """A name given inside the call."""
        return ModuleCall(str.__add__(self, name), "", self)

    def __reduce__(self) -> Any:
        return ModuleCall, (str(self), self.module, self.within)


def calls_of(name: str | None) -> dict[str, ModuleCall]:
    """The calls of modules in which a step of this name was recorded, by path."""
    found: dict[str, ModuleCall] = {}
    call = name if isinstance(name, ModuleCall) else None
    while call is not None:
        if call.module:
            found.setdefault(str(call), call)
        call = call.within
    return found
