"""Random weights in a trained model, layer by layer from the top, and bitwise the old ones afterwards.

Layers go by the parameters' names: `fire2.squeeze1x1.weight` belongs to the layer `fire2.squeeze1x1`, and that to the
part `fire2`. Source: Adebayo et al. 2018, "Sanity Checks for Saliency Maps", section 3.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np

from autograd_mini import Tensor
from autograd_mini.arguments import generator
from autograd_mini.core.observer import expose

from ..errors import called, named_in_errors, refusal

Rng = np.random.Generator | int | None
Values = Literal["initial", "permuted"]
Layers = Mapping[str, Mapping[str, Tensor]]


@contextmanager
def randomised(
    model: Any,
    *,
    until: str | None = None,
    only: str | None = None,
    values: Values = "initial",
    order: Sequence[str] | None = None,
    rng: Rng = 0,
) -> Iterator[list[str]]:
    """Random parameters inside the block, from the top layer down; bitwise the old ones afterwards, by an error too.

    With the same seed a layer becomes the same, however far down the cascade goes. The arrays are written into, not
    exchanged: results recorded before must not be gone back over inside. Buffers (running means) stay as they are.

    Arguments:
        model: anything with `named_parameters()`.
        until: the lowest layer, or part, to randomise; without, all are.
        only: one layer or part alone, all others as trained.
        values: "initial", what an untrained layer begins with, as in the paper: weights normal with mean 0 and variance
            2 / fan_in (He et al. 2015), biases 0 and the scales of normalisation (parameters with one axis whose name
            does not say bias or beta) 1; or "permuted", each parameter's own numbers in a random order.
        order: the names of layers from the bottom up, by default as the model defines them.
        rng: a NumPy Generator, or a seed.
    Returns:
        A context that gives the layers' names, top first.
    Raises:
        TypeError: for a model without parameters, or what is no seed.
        KeyError: for an unknown layer.
        ValueError: for what makes no sense.
    Source: Adebayo et al. 2018, section 3.

    Example:
        >>> net = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=0), fc=nn.Linear(4, 3, rng=0))
        >>> before = net["fc"].weight.numpy().copy()
        >>> with vis.randomised(net, until="fc") as names:
        ...     print(names, (net["fc"].weight.numpy() == before).any())
        ['fc'] False
        >>> bool((net["fc"].weight.numpy() == before).all())
        True
    """
    with named_in_errors("randomised"):
        if until is not None and only is not None:
            raise refusal(ValueError, f"until={until!r} and only={only!r} exclude each other")
        layers = layers_of(model)
        randomise = randomiser(layers, values, rng)
        names = list(layers) if order is None else list(order)
        if unknown := [name for name in names if name not in layers]:
            inside(unknown[0], layers)  # which says what there is
            raise refusal(ValueError, f"order must name layers, and {unknown[0]!r} is a part of several")
        names.reverse()
        if until is not None:
            names = names[: names.index(inside(until, names)[-1]) + 1]
        elif only is not None:
            names = inside(only, names)
    with restored(layers):
        for name in names:
            randomise(name)
        yield names


def layers_of(model: Any) -> Layers:
    """A model's layers in order of definition, each with its parameters, by name.

    A parameter whose name has no dot is a layer by itself. Raises TypeError for a model that has no parameters.
    """
    named = getattr(model, "named_parameters", None)
    layers: dict[str, dict[str, Tensor]] = {}
    for name, parameter in named() if callable(named) else ():
        layers.setdefault(name.rpartition(".")[0] or name, {})[name] = parameter
    if not layers:
        raise refusal(TypeError, f"{type(model).__name__} has no named_parameters() to randomise")
    return layers


def inside(part: str, layers: Collection[str]) -> list[str]:
    """The layers that a name means: the one called so, or all in the part called so. Raises KeyError."""
    found = [name for name in layers if name == part or name.startswith(f"{part}.")]
    if not found:
        near = ", ".join(difflib.get_close_matches(part, layers, n=5, cutoff=0.4) or list(layers)[:20])
        raise refusal(KeyError, f"no layer with parameters is called {part!r}; there are {near}")
    return found


def randomiser(layers: Layers, values: Values, rng: Rng) -> Callable[[str], None]:
    """A function that randomises the layer of a name: with the same seed in the same way, whichever come before it."""
    if values not in ("initial", "permuted"):
        raise refusal(ValueError, f"values must be 'initial' or 'permuted', not {values!r}")
    generators = dict(zip(layers, generator(called(), rng).spawn(len(layers)), strict=True))

    def randomise(name: str) -> None:
        draw = generators[name]
        for path, parameter in layers[name].items():
            array = expose(parameter, writing=True)
            if values == "permuted":
                array[...] = draw.permutation(array.ravel()).reshape(array.shape)
            elif array.ndim > 1:
                array[...] = draw.standard_normal(array.shape) * (2 / np.prod(array.shape[1:])) ** 0.5
            else:
                array[...] = 0 if path.rpartition(".")[2].lower() in _OFFSETS else 1

    return randomise


@contextmanager
def restored(layers: Layers) -> Iterator[None]:
    """Give all parameters their numbers back, bit by bit, when the block ends, however it ends."""
    before = [(parameter, parameter._array.copy()) for layer in layers.values() for parameter in layer.values()]
    try:
        yield
    finally:
        for parameter, array in before:
            expose(parameter, writing=True)[...] = array


_OFFSETS = ("bias", "beta", "b", "offset", "shift")
