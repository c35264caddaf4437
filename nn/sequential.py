"""Sequential: modules one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .containers import Editable
from .fusion import fused
from .module import Module

if TYPE_CHECKING:
    from autograd_mini import Tensor
    from autograd_mini.core.methods import ArrayLike


class Sequential(Editable):
    """Modules one after another: `Sequential(a, b)`, `Sequential(conv=a, relu=b)` or `Sequential(("conv", a), …)`.

    Parts are called by their keys, or by their number. Index by either, or by a slice: net["conv"], net[0], net[:2].
    Edit it like a list: net.append(c), net.insert(0, c), net.extend([c, d]), net.pop(), net["conv"] = c, del net[1];
    layers that are called by their number then are called by their new one.

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
        self._fill([*given, *named.items()])

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
