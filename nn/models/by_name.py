"""By name: what builders of nets have in common. A net is made of layers of one kind and may be given weights."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from autograd_mini.arguments import check_whole, generator, is_real, is_whole
from autograd_mini.geometry import Padding

from ..data.preprocessing import Preprocessing
from ..init import Initialiser, Rng, floating, zeros
from ..layers import BatchNorm2d, Conv2d, Dropout, Linear
from ..layers.kinds import together
from ..module import Module

Weights = str | os.PathLike[str] | Mapping[str, Any] | None
Net = TypeVar("Net", bound=Module)
Net_co = TypeVar("Net_co", bound=Module, covariant=True)

CLASSES = 1000
"""As many as ImageNet has: weights for these are loaded whole."""

IMAGENET = "imagenet"
"""In the place of a file: the weights that the package has, trained on ImageNet."""

_DATA = Path(__file__).parent / "data"
PACKAGED = {"squeezenet": _DATA / "squeezenet1_1.safetensors"}
"""By net, the file of its weights in the package."""

TORCHVISION = Preprocessing(224, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
"""What torchvision's nets are trained to see: RGB in [0, 1] less a mean, over a deviation."""


class Factory:
    """Makes the layers of one net: drawn from one generator by one initialiser, in one dtype, normalised in one way.

    name: of the net, for errors. eps, momentum: of batch normalisations.
    """

    def __init__(
        self, name: str, rng: Rng, init: Initialiser, dtype: Any, *, eps: float = 1e-5, momentum: float = 0.1
    ) -> None:
        self.name, self.rng, self.dtype = name, generator(name, rng), floating(name, dtype)
        self.drawn: dict[str, Any] = {"rng": self.rng, "init": init, "dtype": dtype}
        self.normal: dict[str, Any] = {"eps": eps, "momentum": momentum, "dtype": dtype}

    def whole(self, **given: Any) -> None:
        """Raise ValueError unless all are integers of at least 1."""
        for what, value in given.items():
            check_whole(self.name, what, value, 1)

    def probability(self, what: str, p: Any) -> None:
        """Raise ValueError unless p may be one of dropping."""
        if not (is_real(p) and 0 <= p < 1):
            raise ValueError(f"{self.name}: {what} must be a probability, 0 ≤ p < 1, not {p!r}")

    def rows(self, what: str, table: Any, columns: str) -> list[tuple[int, ...]]:
        """A table of integers of at least 1. Raises ValueError, naming the columns, for what is none."""
        wanted = columns.count(",") + 1
        rows = list(table) if isinstance(table, list | tuple) else [()]
        for row in rows:
            if not isinstance(row, list | tuple) or len(row) != wanted or not all(is_whole(n, 1) for n in row):
                raise ValueError(
                    f"{self.name}: {what} must be rows ({columns}) of integers of at least 1, not {row or table!r}"
                )
        return rows

    def counts(self, what: str, given: Any, length: int | None = None) -> tuple[int, ...]:
        """So many integers of at least 1. Raises ValueError for what is none."""
        numbers = tuple(given) if isinstance(given, list | tuple) else ()
        if not numbers or len(numbers) != (length or len(numbers)) or not all(is_whole(n, 1) for n in numbers):
            many = f"{length} integers" if length else "a tuple of integers"
            raise ValueError(f"{self.name}: {what} must be {many} of at least 1, not {given!r}")
        return numbers

    def conv(
        self,
        into: int,
        out: int,
        kernel: int,
        stride: int = 1,
        padding: Padding | None = None,
        *,
        groups: int = 1,
        bias: bool = False,
    ) -> Conv2d:
        """A convolution, whose maps are as large as what it sees, over the stride, unless a padding is given."""
        padding = kernel // 2 if padding is None else padding
        return Conv2d(into, out, kernel, stride, padding, groups=groups, bias=bias, **self.drawn)

    def norm(self, channels: int) -> BatchNorm2d:
        """A normalisation over the batch."""
        return BatchNorm2d(channels, **self.normal)

    def linear(self, into: int, out: int, bias: bool = True) -> Linear:
        """A linear layer."""
        return Linear(into, out, bias, **self.drawn)

    def drop(self, p: float) -> Dropout:
        """A dropout."""
        self.probability("dropout", p)
        return Dropout(p, rng=self.rng)


class Builder(Protocol[Net_co]):
    """What makes a net by its name."""

    def __call__(
        self,
        weights: Weights = None,
        *,
        num_classes: int = CLASSES,
        rng: Rng = None,
        init: Initialiser | None = None,
        dtype: Any = np.float32,
    ) -> Net_co:
        """The net."""


def by_name(make: Callable[..., Net]) -> Builder[Net]:
    """A builder of nets, of a function that takes num_classes, rng, init and dtype."""
    name = make.__name__

    @wraps(make, assigned=("__module__", "__name__", "__qualname__"))
    def build(
        weights: Weights = None,
        *,
        num_classes: int = CLASSES,
        rng: Rng = None,
        init: Initialiser | None = None,
        dtype: Any = np.float32,
    ) -> Net:
        """A net that is known by its name.

        Arguments:
            weights: a file of them, as `read_state` reads, or a state; "imagenet" for those in the package, which only
                `squeezenet` has; None: the net knows nothing yet.
            num_classes: how many logits there are. Of weights for another number the last layer is left out.
            rng: a Generator or a seed, from which weights are drawn that are not given, and what is dropped.
            init: how they are drawn, (shape, rng, dtype) -> array; None for what the net is usually begun with.
            dtype: of the parameters, a floating one.
        Returns:
            The net: images (N, 3, H, W) -> logits (N, num_classes). It has an `input_shape` for `summary`, and where it
            is known a `preprocess` that makes its input of a photograph.
        Raises:
            FileNotFoundError, ValueError: as `Module.load` does.
            TypeError: for what is no number of classes, dtype or state.
        """
        check_whole(name, "num_classes", num_classes, 1)
        if weights is not None and num_classes == CLASSES:
            init = zeros  # nothing of it is left
        drawn = {"rng": rng, "dtype": dtype} | ({} if init is None else {"init": init})
        return loaded(name, make(num_classes=num_classes, **drawn), weights, num_classes == CLASSES)

    build.__doc__ = together(make.__doc__ or "", build.__doc__ or "")
    vars(build).pop("__wrapped__")  # whose signature is another
    return build


def loaded(name: str, net: Net, weights: Weights, whole: bool = True) -> Net:
    """A net with weights, if they are given: all of them, or all but those of the layer that the net defines last."""
    if weights is None:
        return net
    missing: Any = "refuse" if whole else "keep"
    if isinstance(weights, str) and weights == IMAGENET:
        if name not in PACKAGED:
            raise ValueError(f"{name}: the package has weights of {', '.join(PACKAGED)} only; name a file")
        weights = PACKAGED[name]
    if not isinstance(weights, str | os.PathLike | Mapping):
        raise TypeError(f"{name}: weights must be a file or a state, arrays by path, not {type(weights).__name__}")
    if isinstance(weights, Mapping):
        match: Any = net.load_state_dict(weights, missing=missing)
    else:
        match = net.load(weights, missing=missing)
    if not whole:
        last = [*net.state_dict()][-1].rpartition(".")[0]
        lacking = [name for name in match.missing if name.rpartition(".")[0] != last]
        if lacking:
            raise ValueError(f"load: {match.source} lacks {', '.join(lacking[:10])}, which are not of the last layer")
    return net


def imagenet_classes() -> list[str]:
    """The names of ImageNet's 1,000 classes, in the order of a net's logits.

    Returns:
        A list of text.

    Example:
        >>> nn.imagenet_classes()[285]
        'Egyptian cat'
    """
    return (_DATA / "imagenet_classes.txt").read_text(encoding="utf-8").splitlines()
