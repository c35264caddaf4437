"""What lets some elements through: dropout, of elements, of whole channels, and for self-normalising nets; a band.

And random numbers beside an array.
"""

from typing import Any

import numpy as np

from ..arguments import Flag, Plain, Real, Rng, generator, is_real
from ..kernels import maps
from ..kernels.quiet import quiet
from .elementwise import where
from .kinds import definition, op
from .shape import getitem


@op(public=False, kink=lambda y, low, high: np.greater(y, low) + 1 * np.greater_equal(y, high))
def band(g: Any, y: Any, *, low: Plain, high: Plain) -> Any:
    """g where low < y < high, else 0: linear in g, and its own adjoint there. g, y (...) -> (...)."""
    return maps.band(g, y, low, high)


band.defvjp(g=lambda v, y, *, low, high: band.bind(v, y, low=low, high=high), y=None)


@op(public=False, effect="draws random numbers")
def dropout_mask(x: Any, *, p: Plain, rng: Plain) -> Any:
    """False with probability p, rounded to 16 bits, else True. x (...) -> (...) bool, in x's memory layout."""
    mask = np.empty_like(x, bool)
    flat = mask.ravel("K")  # a view: the draws are made in the order of x's own memory
    draws = rng.integers(0, 1 << 16, flat.size, dtype=np.uint16)
    np.greater_equal(draws, min(max(round(p * (1 << 16)), 1), (1 << 16) - 1), out=flat)
    return mask


dropout_mask.defvjp(x=None)


@op(public=False)
def dropout(x: Any, mask: Any, *, scale: Plain) -> Any:
    """x · scale where the mask is True, else 0. x (...), mask (...) bool -> (...). Its own adjoint in x."""
    with quiet(under="ignore"):
        return maps.dropout(x, mask, scale)


dropout.defvjp(x=lambda g, mask, *, scale: dropout.bind(g, mask, scale=scale), mask=None)


@definition(name="dropout")
def dropped_out(x: Any, p: Real = 0.5, *, training: Flag = True, rng: Rng = None) -> Any:
    """Each element set to 0 with probability p, the others scaled by 1 / (1 − p). x (...) -> (...).

    Arguments:
        x: real numbers.
        p: the probability of dropping, 0 ≤ p < 1; rounded to 16 bits.
        training: without it, x comes back as it is.
        rng: a NumPy Generator, or the seed of one; None for another one each time.
    Returns:
        As many numbers, in x's dtype if that is floating; their expected value is x.
    Raises:
        ValueError: unless 0 ≤ p < 1.
        TypeError: for an rng that is neither Generator nor seed.
    Source: Srivastava et al. 2014, in its "inverted" form.

    Example:
        >>> ag.dropout(Tensor(np.ones(6)), 0.5, rng=3).numpy()
        array([2., 2., 0., 0., 2., 0.])
    """
    if not (is_real(p) and 0 <= p < 1):
        raise ValueError(f"dropout: p is the probability of dropping, 0 ≤ p < 1; got {p}")
    if not training or p == 0:
        return x
    mask = dropout_mask.bind(x, p=p, rng=generator("dropout", rng))
    return dropout.bind(x, mask, scale=1 / (1 - p))


@op(public=False, effect="draws random numbers")
def random_like(x: Any, *, rng: Plain, draw: Plain, of: Plain) -> Any:
    """Random numbers, as many as x has, in its dtype: rng.draw(*of). x (...) -> (...)."""
    dtype = np.asarray(x).dtype
    return np.asarray(getattr(rng, draw)(*of, size=np.shape(x))).astype(dtype if dtype.kind == "f" else np.float64)


random_like.defvjp(x=None)


def _mask(name: str, x: Any, p: float, rng: Any) -> Any:
    return dropout_mask.bind(x, p=p, rng=generator(name, rng))


def _check(name: str, p: Any) -> None:
    if not (is_real(p) and 0 <= p < 1):
        raise ValueError(f"{name}: p is the probability of dropping, 0 ≤ p < 1; got {p}")


def _channels(name: str, axes: int, x: Any, p: Any, training: bool, rng: Any) -> Any:
    """Dropout of whole channels, each with so many axes."""
    _check(name, p)
    if len(x.shape) not in (axes + 1, axes + 2):
        wanted = ", ".join("LHWDHW"[(0, 1, 3)[axes - 1] :][:axes])
        raise ValueError(f"{name}: x {x.shape} must be (N, C, {wanted}), or (C, {wanted})")
    if not training or p == 0 or not x.size:
        return x
    one = getitem.bind(x, index=(..., *[slice(1)] * axes))
    return dropout.bind(x, _mask(name, one, p, rng), scale=1 / (1 - p))


@definition
def dropout1d(x: Any, p: Real = 0.5, *, training: Flag = True, rng: Rng = None) -> Any:
    """Each channel set to 0 with probability p, the others scaled by 1 / (1 − p). x (N, C, L) -> (N, C, L).

    Arguments:
        x: (N, C, L) or (C, L), real numbers.
        p: the probability of dropping, 0 ≤ p < 1; rounded to 16 bits.
        training: without it, x comes back as it is.
        rng: a NumPy Generator, or the seed of one; None for another one each time.
    Returns:
        As many numbers, in x's dtype if that is floating; their expected value is x.
    Raises:
        ValueError: unless 0 ≤ p < 1, and for another number of axes.
        TypeError: for an rng that is neither Generator nor seed.
    Source: Tompson et al. 2014.

    Example:
        >>> ag.dropout1d(Tensor(np.ones((3, 2))), rng=3).numpy()
        array([[2., 2.],
               [2., 2.],
               [0., 0.]])
    """
    return _channels("dropout1d", 1, x, p, training, rng)


@definition
def dropout2d(x: Any, p: Real = 0.5, *, training: Flag = True, rng: Rng = None) -> Any:
    """Each channel set to 0 with probability p, the others scaled by 1 / (1 − p). x (N, C, H, W) -> (N, C, H, W).

    Arguments:
        x: (N, C, H, W) or (C, H, W), real numbers.
        p: the probability of dropping, 0 ≤ p < 1; rounded to 16 bits.
        training: without it, x comes back as it is.
        rng: a NumPy Generator, or the seed of one; None for another one each time.
    Returns:
        As many numbers, in x's dtype if that is floating; their expected value is x.
    Raises:
        ValueError: unless 0 ≤ p < 1, and for another number of axes.
        TypeError: for an rng that is neither Generator nor seed.
    Source: Tompson et al. 2014.

    Example:
        >>> ag.dropout2d(Tensor(np.ones((3, 1, 2))), rng=3).numpy()[:, 0]
        array([[2., 2.],
               [2., 2.],
               [0., 0.]])
    """
    return _channels("dropout2d", 2, x, p, training, rng)


@definition
def dropout3d(x: Any, p: Real = 0.5, *, training: Flag = True, rng: Rng = None) -> Any:
    """Each channel set to 0 with probability p, the others scaled by 1 / (1 − p). x (N, C, D, H, W) -> the same.

    Arguments:
        x: (N, C, D, H, W) or (C, D, H, W), real numbers.
        p: the probability of dropping, 0 ≤ p < 1; rounded to 16 bits.
        training: without it, x comes back as it is.
        rng: a NumPy Generator, or the seed of one; None for another one each time.
    Returns:
        As many numbers, in x's dtype if that is floating; their expected value is x.
    Raises:
        ValueError: unless 0 ≤ p < 1, and for another number of axes.
        TypeError: for an rng that is neither Generator nor seed.
    Source: Tompson et al. 2014.

    Example:
        >>> ag.dropout3d(Tensor(np.ones((3, 1, 1, 2))), rng=3).numpy()[:, 0, 0]
        array([[2., 2.],
               [2., 2.],
               [0., 0.]])
    """
    return _channels("dropout3d", 3, x, p, training, rng)


_LOWEST = -1.7580993408473766
"""What selu tends to for x → −∞."""


@definition
def alpha_dropout(x: Any, p: Real = 0.5, *, training: Flag = True, rng: Rng = None) -> Any:
    """Each element set to selu's lowest value with probability p, then all scaled and shifted. x (...) -> (...).

    A mean of 0 and a variance of 1 stay what they are.

    Arguments:
        x: real numbers.
        p: the probability of dropping, 0 ≤ p < 1; rounded to 16 bits.
        training: without it, x comes back as it is.
        rng: a NumPy Generator, or the seed of one; None for another one each time.
    Returns:
        As many numbers, in x's dtype if that is floating.
    Raises:
        ValueError: unless 0 ≤ p < 1.
        TypeError: for an rng that is neither Generator nor seed.
    Source: Klambauer et al. 2017.

    Example:
        >>> ag.alpha_dropout(Tensor(np.zeros(3)), 0.5, rng=3).numpy().round(6)
        array([ 0.779194,  0.779194, -0.779194])
    """
    _check("alpha_dropout", p)
    if not training or p == 0:
        return x
    scale = 1 / np.sqrt((1 - p) * (1 + p * _LOWEST**2)).item()
    with quiet(under="ignore"):
        return where(_mask("alpha_dropout", x, p, rng), x, _LOWEST) * scale - scale * _LOWEST * p
