"""Modules that a file only tells of: names around parts, which hold them and compute nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..module import Module


class Scope(Module):
    """Parts by name: `scope["0"]`, `scope.conv1`. A name of a module's own attributes has an underscore behind it."""

    def __init__(self) -> None:
        self._inside: dict[str, Module] = {}

    def children(self) -> Iterator[tuple[str, Module]]:
        """The parts by their names."""
        yield from self._inside.items()

    def __getitem__(self, name: str | int) -> Any:
        key = str(name)
        if key not in self._inside:
            raise KeyError(f"there is no part {key!r}; there are {', '.join(self._inside)}")
        return self._inside[key]

    def __setitem__(self, name: str | int, part: Module) -> None:
        """Put a module in the place of a part."""
        key = str(name)
        if key not in self._inside or not isinstance(part, Module):
            raise KeyError(f"a module can take the place of a part; there are {', '.join(self._inside)}")
        self._inside[key] = part

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_inside"][name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no attribute or part {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.__dict__.get("_inside", ()):
            self[name] = value
        else:
            object.__setattr__(self, name, value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._inside)

    def __contains__(self, name: object) -> bool:
        return name in self._inside

    def __len__(self) -> int:
        return len(self._inside)
