"""`nn` and `vis` under autograd_mini's name, where no file beside a program and no other package can take theirs.

`autograd_mini.nn` is `nn` itself, and `autograd_mini.nn.layers` is `nn.layers`. Only where `import nn` would find
something else, as an `nn.py` in the folder, is our package loaded under the longer name instead.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

HOME = Path(__file__).resolve().parent.parent
"""The folder that holds our packages."""


class Alias:
    """Finds the rooms of a package under a longer name: the same modules."""

    def __init__(self, long: str, short: str) -> None:
        self.long, self.short = long, short

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec of a room."""
        known = name.startswith(f"{self.long}.")
        loader: Any = self  # not of `importlib.abc`, which takes long to import
        return ModuleSpec(name, loader) if known else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The room itself."""
        module = import_module(self.short + spec.name[len(self.long) :])
        self.own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: it was run when it was first imported."""
        module.__spec__ = self.own_spec


def stand_for(long: str) -> None:
    """Put our package of the last of its names in the place of a module, as which it was imported."""
    short = long.rpartition(".")[2]
    found = sys.modules[short].__spec__ if short in sys.modules else find_spec(short)
    ours = HOME / short / "__init__.py"
    if found is not None and found.origin is not None and Path(found.origin).resolve() == ours.resolve():
        sys.modules[long] = import_module(short)
        sys.meta_path.insert(0, Alias(long, short))
        for name in [*sys.modules]:  # a function may have a room's name, as `vis.report`: importing would hide it
            if name.startswith(f"{short}."):
                sys.modules[long + name[len(short) :]] = sys.modules[name]
        return
    spec = spec_from_file_location(long, ours, submodule_search_locations=[str(ours.parent)])
    assert spec is not None
    assert spec.loader is not None
    sys.modules[long] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
