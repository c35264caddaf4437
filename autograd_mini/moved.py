"""Names and import paths of the release before: they work for one more, and warn."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
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

_HERE = __package__ or "autograd_mini"


def renamed(old: str, now: str) -> Any:
    """An attribute under its old name."""

    def value(self: Any) -> Any:
        warnings.warn(f"{type(self).__name__}.{old} is now {now}", DeprecationWarning, stacklevel=2)
        return getattr(self, now)

    return property(value)


class _Room:
    """Loads a module that looks its names up where they are now."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """A module with nothing in it."""
        return ModuleType(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Warn, and look everything up."""
        rooms = MOVED[module.__name__.removeprefix(f"{_HERE}.")]
        now = " and ".join(f"{_HERE}.{room}" for room in rooms)
        warnings.warn(f"{module.__name__} has moved to {now}", DeprecationWarning, stacklevel=2)

        def found(name: str) -> Any:
            for room in rooms:
                held = vars(import_module(f"{_HERE}.{room}"))
                for called in (name, RENAMED.get(name, name)):
                    if called in held:
                        return held[called]
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}; it has moved to {now}")

        module.__dict__["__getattr__"] = found


class _Finder:
    """Finds what has moved, where Python itself finds nothing."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec of a room that has moved."""
        package, _, room = name.partition(".")
        loader: Any = _Room()  # not of `importlib.abc`, which takes long to import
        return ModuleSpec(name, loader) if package == _HERE and room in MOVED else None


sys.meta_path.append(_Finder())
