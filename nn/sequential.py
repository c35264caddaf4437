"""Sequential: modules one after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, overload

from autograd_mini.arguments import is_whole

from .fusion import fused
from .module import Module

if TYPE_CHECKING:
    from autograd_mini import Tensor
    from autograd_mini.core.methods import ArrayLike


class Sequential(Module):
    """Modules one after another: `Sequential(a, b)`, `Sequential(conv=a, relu=b)` or `Sequential(("conv", a), …)`.

    Parts are called by their keys, or by their number. Index by either, or by a slice: net["conv"], net[0], net[:2].

    Arguments:
        layers: modules, or pairs (name, module).
        named: further ones by name.
    Raises:
        TypeError: for what is not a module.
        ValueError: for a name used twice, empty, or of a module's own attributes.

    Example:
        >>> net = nn.Sequential(fc1=nn.Linear(4, 8), relu=nn.ReLU(), fc2=nn.Linear(8, 2))
        >>> net(np.zeros((3, 4))).shape, net["fc2"] is net[-1], len(net[:2])
        ((3, 2), True, 2)
    """

    def __init__(self, *layers: Module | tuple[str, Module], **named: Module) -> None:
        self.layers: dict[str, Module] = {}
        given = [entry if isinstance(entry, tuple) else (str(i), entry) for i, entry in enumerate(layers)]
        for entry in given:
            if len(entry) != 2 or not isinstance(entry[0], str):
                raise TypeError(f"Sequential: a tuple must be (name, module), not {entry!r}")
        layer: Any
        for name, layer in [*given, *named.items()]:
            if not isinstance(layer, Module):
                kind = type(layer).__name__
                hint = "; write Sequential(*layers) or Sequential(**layers)" if kind in ("list", "dict") else ""
                raise TypeError(f"Sequential: {name!r} is a {kind}, not a module{hint}")
            if name in self.layers:
                raise ValueError(f"Sequential: two layers are called {name!r}")
            if not name or name in vars(self) or hasattr(Sequential, name):
                raise ValueError(
                    f"Sequential: no layer can be called {name!r}: a name is not empty, and none of a module's own "
                    "attributes"
                )
            self.layers[name] = layer

    if TYPE_CHECKING:

        def __call__(self, x: Tensor | ArrayLike) -> Tensor:
            """What the last layer gives."""

    def forward(self, x: Any) -> Any:
        """The layers applied one after another, two of them at once where `fusion` has the pair."""
        layers, i = [*self.layers.values(), None], 0
        while (layer := layers[i]) is not None:
            both = fused(layer, layers[i + 1])
            x = (both or layer)(x)
            if x is None:
                raise TypeError(
                    f"Sequential: the forward of {[*self.layers][i]!r}, {type(layer).__name__}, returned None; it "
                    "must return what it computes"
                )
            i += 1 if both is None else 2
        return x

    def children(self) -> Iterator[tuple[str, Module]]:
        """The layers by their keys."""
        yield from self.layers.items()

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers.values())

    @overload
    def __getitem__(self, key: str | int) -> Any: ...
    @overload
    def __getitem__(self, key: slice) -> Sequential: ...
    def __getitem__(self, key: str | int | slice) -> Any:
        if isinstance(key, slice):
            return Sequential(*[*self.layers.items()][key])
        if isinstance(key, str):
            if key not in self.layers:
                raise KeyError(f"Sequential: there is no layer {key!r}; there are {', '.join(self.layers)}")
            return self.layers[key]
        if not is_whole(key):
            raise TypeError(f"Sequential: index by a layer's name, its number, or a slice of them, not {key!r}")
        if not -len(self) <= key < len(self):
            raise IndexError(f"Sequential: there is no layer {key}; there are {len(self)}")
        return [*self.layers.values()][key]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["layers"][name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no attribute or layer {name!r}") from None
