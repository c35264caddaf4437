"""Initialisers: `init(shape, rng, dtype) -> array`. Weights have the shape (out, in) or (out, in, kh, kw)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_mini import Tensor
from autograd_mini.arguments import generator, is_real, is_whole

from .elsewhere import INITIALISERS

Array = np.ndarray[Any, Any]
Rng = np.random.Generator | int | None
Initialiser = Callable[[tuple[int, ...], np.random.Generator, Any], Array]


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many inputs feed one output, and how many outputs one input feeds: (in · kh · kw, out · kh · kw)."""
    window = prod(shape[2:])
    return shape[1] * window, shape[0] * window


def he_normal(shape: tuple[int, ...], rng: Rng, dtype: Any = np.float32) -> Array:
    """Normal with variance 2 / fan_in, which keeps the scale of what runs through ReLUs.

    Arguments:
        shape: (out, in, ...), of which fan_in is in · ….
        rng: a Generator or a seed.
        dtype: float32 or float64.
    Returns:
        An array of that shape.
    Raises:
        ValueError: for a shape of less than two axes.
        TypeError: for another dtype.
    Source: He et al. 2015.

    Example:
        >>> round(float(nn.he_normal((1000, 50), rng=0).std()), 2)  # √(2 / 50)
        0.2
    """
    return _normal("he_normal", shape, rng, dtype, lambda into, out: (2 / into) ** 0.5)


def he_uniform(shape: tuple[int, ...], rng: Rng, dtype: Any = np.float32) -> Array:
    """Uniform with variance 2 / fan_in, which keeps the scale of what runs through ReLUs.

    Arguments:
        shape: (out, in, ...), of which fan_in is in · ….
        rng: a Generator or a seed.
        dtype: float32 or float64.
    Returns:
        An array of that shape.
    Raises:
        ValueError: for a shape of less than two axes.
        TypeError: for another dtype.
    Source: He et al. 2015.

    Example:
        >>> round(float(nn.he_uniform((1000, 50), rng=0).max()), 3)  # √(6 / 50)
        0.346
    """
    return _uniform("he_uniform", shape, rng, dtype, lambda into, out: (6 / into) ** 0.5)


def xavier_normal(shape: tuple[int, ...], rng: Rng, dtype: Any = np.float32) -> Array:
    """Normal with variance 2 / (fan_in + fan_out), which keeps the scale of what runs through tanh.

    Arguments:
        shape: (out, in, ...), of which fan_in is in · ….
        rng: a Generator or a seed.
        dtype: float32 or float64.
    Returns:
        An array of that shape.
    Raises:
        ValueError: for a shape of less than two axes.
        TypeError: for another dtype.
    Source: Glorot & Bengio 2010.

    Example:
        >>> round(float(nn.xavier_normal((150, 50), rng=0).std()), 2)  # √(2 / 200)
        0.1
    """
    return _normal("xavier_normal", shape, rng, dtype, lambda into, out: (2 / (into + out)) ** 0.5)


def xavier_uniform(shape: tuple[int, ...], rng: Rng, dtype: Any = np.float32) -> Array:
    """Uniform with variance 2 / (fan_in + fan_out), which keeps the scale of what runs through tanh.

    Arguments:
        shape: (out, in, ...), of which fan_in is in · ….
        rng: a Generator or a seed.
        dtype: float32 or float64.
    Returns:
        An array of that shape.
    Raises:
        ValueError: for a shape of less than two axes.
        TypeError: for another dtype.
    Source: Glorot & Bengio 2010.

    Example:
        >>> round(float(nn.xavier_uniform((150, 50), rng=0).max()), 3)  # √(6 / 200)
        0.173
    """
    return _uniform("xavier_uniform", shape, rng, dtype, lambda into, out: (6 / (into + out)) ** 0.5)


def normal(shape: tuple[int, ...], rng: Rng, dtype: Any = np.float32, *, std: float | None = None) -> Array:
    """Normal with a given standard deviation.

    Arguments:
        shape: (out, in, ...), of which fan_in is in · ….
        rng: a Generator or a seed.
        dtype: float32 or float64.
        std: the deviation, by default √(1 / fan_in).
    Returns:
        An array of that shape.
    Raises:
        ValueError: for a shape of less than two axes, or a std below 0.
        TypeError: for another dtype.
    Source: the report, listing 5.1.

    Example:
        >>> round(float(nn.normal((1000, 100), rng=0).std()), 2)  # √(1 / 100)
        0.1
    """
    if std is not None and not (is_real(std) and 0 <= std < np.inf):
        raise ValueError(f"normal: std must be a number of at least 0, or None, not {std!r}")
    return _normal("normal", shape, rng, dtype, lambda into, out: (1 / into) ** 0.5 if std is None else std)


def zeros(shape: tuple[int, ...], rng: Rng, dtype: Any = np.float32) -> Array:
    """All zeros.

    Arguments:
        shape: any.
        rng: not used; initialisers have it.
        dtype: a floating dtype.
    Returns:
        An array of that shape.
    Raises:
        ValueError, TypeError: for what is no shape or no floating dtype.

    Example:
        >>> nn.zeros((2, 3), rng=None)
        array([[0., 0., 0.],
               [0., 0., 0.]], dtype=float32)
    """
    _checked("zeros", shape, 0, 0)
    return np.zeros(shape, floating("zeros", dtype))


def Parameter(data: Any, requires_grad: bool = True) -> Tensor:  # noqa: N802 (PyTorch's name)
    """A Tensor to be trained: an attribute of a module that is one is a parameter.

    Arguments:
        data: floating numbers.
        requires_grad: whether it is trained now.
    Returns:
        A leaf, with memory of its own.
    Raises:
        TypeError: for what are no floating numbers.

    Example:
        >>> nn.Parameter(np.zeros(2))
        Tensor([0., 0.], requires_grad=True)
    """
    return Tensor(data, requires_grad=requires_grad)


def weight_and_bias(
    name: str, shape: tuple[int, ...], bias: int | None, rng: Rng, init: Initialiser, dtype: Any
) -> tuple[Tensor, Tensor | None]:
    """What a layer called `name` begins with: the weight as `init` makes it, the bias, if it has one, 0."""
    if not all(is_whole(n, 1) for n in shape):
        raise ValueError(f"{name}: sizes must be integers of at least 1; the weight would be {shape}")
    kind = floating(name, dtype)
    if not callable(init):
        raise TypeError(f"{name}: init must be a function (shape, rng, dtype) -> array, not {init!r}")
    drawn = init(shape, generator(name, rng), kind)
    if np.shape(drawn) != shape:
        raise ValueError(f"{name}: init made the shape {np.shape(drawn)}, but the weight has {shape}")
    weight = Tensor(drawn, requires_grad=True, name="weight")
    return weight, None if bias is None else Tensor(np.zeros(bias, kind), requires_grad=True, name="bias")


def floating(name: str, dtype: Any) -> np.dtype[Any]:
    """A floating dtype. Raises TypeError, as `name`, for what is none."""
    with suppress(TypeError):
        kind: np.dtype[Any] = np.dtype(dtype)
        if kind.kind == "f" and dtype is not None:  # which NumPy takes for float64
            return kind
    raise TypeError(f"{name}: dtype must be a floating dtype, not {dtype!r}")


def _normal(name: str, shape: tuple[int, ...], rng: Rng, dtype: Any, std: Callable[[int, int], float]) -> Array:
    draw, kind = _drawing(name, shape, rng, dtype)
    values = draw.standard_normal(shape, kind)
    values *= std(*fans(shape))
    return values


def _uniform(name: str, shape: tuple[int, ...], rng: Rng, dtype: Any, bound: Callable[[int, int], float]) -> Array:
    draw, kind = _drawing(name, shape, rng, dtype)
    values, most = draw.random(shape, kind), bound(*fans(shape))
    values *= 2 * most
    values -= most
    return values


def _drawing(name: str, shape: Any, rng: Any, dtype: Any) -> tuple[np.random.Generator, Any]:
    """What numbers are drawn with, all of it checked."""
    _checked(name, shape, 2, 1)
    kind = floating(name, dtype)
    if kind not in (np.float32, np.float64):
        raise TypeError(f"{name}: numbers are drawn in float32 and float64, not in {kind}")
    return generator(name, rng), kind


def _checked(name: str, shape: Any, axes: int, least: int) -> None:
    if not isinstance(shape, tuple | list) or len(shape) < axes or not all(is_whole(n, least) for n in shape):
        rule = f"{'(out, in, ...), ' if axes else 'a tuple of '}integers of at least {least}"
        raise ValueError(f"{name}: the shape must be {rule}, not {shape!r}")


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        words = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(f"{words}; here: {INITIALISERS[name]}" if name in INITIALISERS else words, name=name)
