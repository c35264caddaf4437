"""Names and import paths of the release before: they work for one more release, and warn."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

MOVED: dict[str, tuple[str, ...]] = {
    "tape": ("core.tape", "core.observer", "observe.activations"),
    "ledger": ("core.observer",),
    "primitives": ("core.primitive",),
    "differentiate": ("core.gradient",),
    "tensor": ("core.tensor",),
    "errors": ("core.primitive", "arguments"),
    "guard": ("observe.mutation", "observe.snapshot", "core.observer"),
    "calling": ("observe.lines",),
    "memory": ("observe.memory",),
    "profiling": ("observe.profiler",),
    "anomaly": ("observe.anomaly",),
    "tables": ("observe.table",),
    "functional": ("ops",),
    "shaping": ("ops", "arguments"),
    "spatial": ("ops", "geometry"),
    "gradcheck.blame": ("gradcheck.localize",),
    "gradcheck.manners": ("gradcheck.rule_properties",),
    "gradcheck.narrow": ("gradcheck.low_precision",),
    "gradcheck.subject": ("gradcheck.target",),
}
"""Where what a room held is now, by the room's old name."""

RENAMED = {
    "Ledger": "Observer",
    "watched_by": "observed_by",
    "listening": "activation_hook",
    "walk": "backward_pass",
    "hand_out": "expose",
    "told": "format_place",
    "Kept": "Saved",
    "kept_by": "saved_by",
    "MannersError": "RuleError",
    "check_manners": "check_rule_properties",
    "check_narrow": "check_low_precision",
    "Subject": "Target",
}
"""What things are called now, by their old names."""


def renamed(old: str, now: str) -> Any:
    """An attribute under its old name."""

    def value(self: Any) -> Any:
        warnings.warn(f"{type(self).__name__}.{old} is now {now}", DeprecationWarning, stacklevel=2)
        return getattr(self, now)

    return property(value)


class Moved:
    """Finds and loads rooms of a package that have moved, where Python itself finds nothing.

    rooms: where the contents of a room are now, by its old name. names: new names, by the old ones. elsewhere: what to
    write for a name that others have, and the package does not.
    """

    def __init__(
        self,
        package: str,
        rooms: Mapping[str, Sequence[str]],
        names: Mapping[str, str],
        elsewhere: Mapping[str, str] | None = None,
    ) -> None:
        self.package, self.rooms, self.names, self.elsewhere = package, rooms, names, elsewhere or {}
        sys.meta_path.append(self)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec of a room that has moved."""
        package, _, room = name.partition(".")
        loader: Any = self  # not of `importlib.abc`, which takes long to import
        return ModuleSpec(name, loader) if package == self.package and room in self.rooms else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """A module with nothing in it."""
        return ModuleType(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Warn, and find names where they are now."""
        room = module.__name__.partition(".")[2]
        warnings.warn(f"{module.__name__} has moved to {self._now(room)}", DeprecationWarning, stacklevel=2)
        module.__dict__["__getattr__"] = self.names_of(room, warns=False)

    def names_of(self, room: str, warns: bool = True) -> Callable[[str], Any]:
        """The `__getattr__` of a room, or of what stands for it: finds a name where it is now, and warns."""
        module = f"{self.package}.{room}"

        def found(name: str) -> Any:
            for now in () if name.startswith("__") else self.rooms[room]:
                held = vars(import_module(f"{self.package}.{now}"))
                for called in (name, self.names.get(name, name)):
                    if called in held:
                        if warns:
                            words = f"{module}.{name} is now {self.package}.{now}.{called}"
                            warnings.warn(words, DeprecationWarning, stacklevel=2)
                        return held[called]
            where = "" if warns else f"; it has moved to {self._now(room)}"
            raise AttributeError(f"module {module!r} has no attribute {name!r}{where}")

        return found

    def room(self, name: str) -> ModuleType:
        """The `__getattr__` of the package: a room that has moved, whose names warn when they are used."""
        if name not in self.rooms:
            here = f"; here: {self.elsewhere[name]}" if name in self.elsewhere else ""
            raise AttributeError(f"module {self.package!r} has no attribute {name!r}{here}")
        module = ModuleType(f"{self.package}.{name}")
        module.__dict__["__getattr__"] = self.names_of(name)
        return module

    def _now(self, room: str) -> str:
        return " and ".join(f"{self.package}.{now}" for now in self.rooms[room])


Moved("autograd_mini", MOVED, RENAMED)
