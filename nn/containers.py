"""Containers of modules: what can be indexed, edited and gone through by number or by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from typing import Any, Self, overload

from autograd_mini.arguments import is_whole

from .elsewhere import MODULES, lacking
from .module import Module


class Container(Module):
    """Modules by number and by name. One that is called by its number keeps to its place when others come or go."""

    layers: dict[str, Module]

    def _fill(self, entries: Iterable[tuple[str, Any]]) -> None:
        """Hold these entries instead, all or none of them."""
        kind, found = type(self).__name__, dict[str, Module]()
        for name, layer in entries:
            self._check(name, layer)
            if name in found:
                raise ValueError(f"{kind}: two layers are called {name!r}")
            found[name] = layer
        self.layers = found

    def _check(self, name: str, layer: Any) -> None:
        kind = type(self).__name__
        if not isinstance(layer, Module):
            given = type(layer).__name__
            hint = f"; write {kind}(*layers) or {kind}(**layers)" if given in ("list", "dict") else ""
            raise TypeError(f"{kind}: {name!r} is a {given}, not a module{hint}")
        if not isinstance(name, str):
            raise TypeError(f"{kind}: a layer is called by text, not {name!r}")
        if not name or name == "layers" or hasattr(Container, name) or hasattr(type(self), name):
            raise ValueError(
                f"{kind}: no layer can be called {name!r}: a name is not empty, and none of a module's own attributes"
            )

    def _edit(self, entries: list[tuple[str, Any]]) -> None:
        """Hold these entries, those that are called by a number by that of their place now."""
        self._fill((str(i) if name.isdecimal() or not name else name, layer) for i, (name, layer) in enumerate(entries))

    def _at(self, key: Any) -> int:
        """The place of a name or number. Raises KeyError, IndexError or TypeError."""
        kind = type(self).__name__
        if isinstance(key, str):
            if key not in self.layers:
                raise KeyError(f"{kind}: there is no layer {key!r}; there are {', '.join(self.layers)}")
            return [*self.layers].index(key)
        if not is_whole(key):
            raise TypeError(f"{kind}: index by a layer's name, its number, or a slice of them, not {key!r}")
        if not -len(self) <= key < len(self):
            raise IndexError(f"{kind}: there is no layer {key}; there are {len(self)}")
        return int(key) % len(self)

    def children(self) -> Iterator[tuple[str, Module]]:
        """The layers by their keys."""
        yield from self.layers.items()

    def __len__(self) -> int:
        return len(self.layers)

    @overload
    def __getitem__(self, key: str | int) -> Any: ...
    @overload
    def __getitem__(self, key: slice) -> Self: ...
    def __getitem__(self, key: str | int | slice) -> Any:
        if isinstance(key, slice):
            part = copy(self)
            vars(part).pop("_hooks", None)
            part._fill([*self.layers.items()][key])
            return part
        if isinstance(key, str) and key in self.layers:
            return self.layers[key]
        return [*self.layers.values()][self._at(key)]

    def __delitem__(self, key: str | int | slice) -> None:
        entries = [*self.layers.items()]
        del entries[key if isinstance(key, slice) else self._at(key)]
        self._edit(entries)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["layers"][name]
        except KeyError:
            raise lacking(self, name, MODULES) from None


class Editable(Container):
    """A container that can be edited as a list."""

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers.values())

    def __setitem__(self, key: str | int, layer: Module) -> None:
        """Put a layer in the place of one; or, under a new name, behind all."""
        if isinstance(key, str) and key not in self.layers:
            return self._edit([*self.layers.items(), (key, layer)])
        at = self._at(key)
        return self._fill((name, layer if i == at else old) for i, (name, old) in enumerate(self.layers.items()))

    def append(self, layer: Module) -> Self:
        """Put a layer behind all."""
        return self.insert(len(self), layer)

    def insert(self, index: int, layer: Module) -> Self:
        """Put a layer before the one at an index."""
        if not is_whole(index):
            raise TypeError(f"{type(self).__name__}: insert at a layer's number, not {index!r}")
        entries: list[tuple[str, Any]] = [*self.layers.items()]
        entries.insert(index, ("", layer))
        self._edit(entries)
        return self

    def extend(self, layers: Iterable[Module]) -> Self:
        """Put layers behind all; those of another container keep their names."""
        named = layers.layers.items() if isinstance(layers, Container) else [("", layer) for layer in layers]
        self._edit([*self.layers.items(), *named])
        return self

    def pop(self, key: str | int = -1) -> Module:
        """Take a layer out, by default the last, and return it."""
        layer: Module = self[key]
        del self[key]
        return layer


class ModuleList(Editable):
    """A list of modules, called by their numbers.

    It computes nothing: a module that holds it goes through it. A plain list as an attribute holds modules as well.

    Arguments:
        modules: the modules.
    Raises:
        TypeError: for what is not a module.

    Example:
        >>> layers = nn.ModuleList(nn.Linear(2, 2, rng=i) for i in range(3))
        >>> len(layers.append(nn.ReLU())), [name for name, _ in layers.named_parameters()][:2]
        (4, ['0.weight', '0.bias'])
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        self._fill((str(i), module) for i, module in enumerate(modules))


class ModuleDict(Container):
    """A dict of modules, called by their keys.

    It computes nothing: a module that holds it chooses. A plain dict as an attribute holds modules as well.

    Arguments:
        modules: the modules by name, or pairs (name, module).
    Raises:
        TypeError: for what is not a module.
        ValueError: for a name used twice, empty, or of a module's own attributes.

    Example:
        >>> heads = nn.ModuleDict({"left": nn.Linear(2, 1), "right": nn.Linear(2, 3)})
        >>> heads["right"], "left" in heads, [*heads]
        (Linear(2, 3), True, ['left', 'right'])
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()) -> None:
        self._fill(modules.items() if isinstance(modules, Mapping) else modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self.layers)

    def __contains__(self, name: object) -> bool:
        return name in self.layers

    def __setitem__(self, name: str, module: Module) -> None:
        self.update({name: module})

    def update(self, modules: Mapping[str, Module]) -> None:
        """Add modules, or put them in the place of those of the same names."""
        self._fill({**self.layers, **modules}.items())

    def pop(self, name: str) -> Module:
        """Take a module out and return it."""
        module: Module = self[name]
        self._fill((key, other) for key, other in self.layers.items() if key != name)
        return module

    def keys(self) -> Iterable[str]:
        """The names."""
        return self.layers.keys()

    def values(self) -> Iterable[Module]:
        """The modules."""
        return self.layers.values()

    def items(self) -> Iterable[tuple[str, Module]]:
        """Names and modules."""
        return self.layers.items()
