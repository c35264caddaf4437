"""What is done to each channel by numbers of its own, and batch normalisation, which is made of it.

    channel_affine(x, c, a, b, y, k) = (x − c)·a + b + y·k       images, numbers -> images
    channel_sums(y, x, c)            = Σ y, Σ y·(x − c)          images, images -> numbers: its adjoint in its numbers
    moments(x)                       = mean, variance            images         -> numbers

Images are (N, C, ...), numbers (C,), and Σ goes over every axis but the channels'. Each is a pass over memory, and the
gradient of each is one or two of the others: closed under differentiation. Sums of half precision are single.
"""

from typing import Any

import numpy as np

from ..core.primitive import primitive
from ..kernels import channels as kernels
from .elementwise import sqrt
from .precision import in_single
from .reduce import sum


@primitive
def channel_affine(x: Any, c: Any, a: Any, b: Any, y: Any, k: Any) -> Any:
    """(x − c)·a + b + y·k, what is None left out. x, y (N, C, ...), c, a, b, k (C,) -> (N, C, ...)."""
    return kernels.affine(x, c, a, b, y, k)


@channel_affine.implementation
def channel_affine_rectified(x: Any, c: Any, a: Any, b: Any, y: Any, k: Any) -> Any:
    """channel_affine with negative results already 0, for a relu that follows and need not touch them again."""
    return kernels.affine(x, c, a, b, y, k, rectify=True)


@primitive
def channel_sums(y: Any, x: Any, c: Any) -> Any:
    """Σ y and Σ y·(x − c), a c of None being 0. y, x (N, C, ...), c (C,) or None -> (2, C)."""
    return kernels.channel_sums(y, x, c)


@primitive
def moments(x: Any, known: Any) -> Any:
    """The mean m = Σ x / n and the variance Σ (x − m)² / n of each channel. x (N, C, ...) -> (2, C).

    known: the result, for the way that has it already, or None. ∂m/∂x = 1/n, and ∂(variance)/∂x = 2 (x − m) / n: what
    m adds to that is Σ (x − m) = 0.
    """
    return kernels.moments(x)


@moments.implementation
def moments_known(x: Any, known: Any) -> Any:
    """moments where they are known. x (N, C, ...), known (2, C) -> known itself."""
    return known


@primitive
def normalise(x: Any, w: Any, b: Any, known: Any, *, eps: float) -> Any:
    """(x − mean) · w / √(variance + eps) + b by the moments of x itself. x (N, C, ...), w, b (C,) or None -> as x.

    known: the moments, for the way that has them already, or None. With x̂ = (x − mean) / √(variance + eps) the gradient
    of x is g less its mean and less x̂ · Σ(g·x̂)/n, its part along x̂, all of it times w / √(variance + eps).
    Source: Ioffe & Szegedy 2015, algorithm 1.
    """
    return _by(kernels.moments(x), x, w, b, eps)


@normalise.implementation
def normalise_known(x: Any, w: Any, b: Any, known: Any, *, eps: float) -> Any:
    """normalise where the moments of x are known."""
    return _by(known, x, w, b, eps)


@normalise.implementation
def normalise_rectified(x: Any, w: Any, b: Any, known: Any, *, eps: float) -> Any:
    """The same with negative results already 0, for a relu that follows and need not touch them again."""
    return _by(known, x, w, b, eps, rectify=True)


def _by(m: Any, x: Any, w: Any, b: Any, eps: float, rectify: bool = False) -> Any:
    with np.errstate(under="ignore"):
        scale = 1 / sqrt.forward(m[1] + eps)
        y = kernels.affine(x, m[0], scale if w is None else scale * w, b, None, None, rectify)
        return y.astype(np.result_type(*(v for v in (x, w, b) if v is not None)), copy=False)


def _statistics(x: Any, known: Any, eps: float) -> tuple[Any, Any]:
    """The mean and 1 / √(variance + eps), differentiable by x."""
    m = moments(x, None) if known is None else moments_known(x, known)
    return m[0], 1 / sqrt(m[1] + eps)


def _normalised(g: Any, x: Any, w: Any, known: Any, eps: float) -> Any:
    mean, scale = _statistics(x, known, eps)
    count, sums, factor = _count(x), channel_sums(g, x, mean), scale if w is None else scale * w
    return channel_affine(x, mean, -factor * scale * scale * sums[1] / count, -factor * sums[0] / count, g, factor)


def _scaled(g: Any, x: Any, known: Any, eps: float) -> Any:
    mean, scale = _statistics(x, known, eps)
    return channel_sums(g, x, mean)[1] * scale


def _total(g: Any) -> Any:
    return sum(g, axis=(0, *range(2, g.ndim)), keepdims=False)


def _count(x: Any) -> int:
    count: int = x.size // x.shape[1]
    return count


# fmt: off
channel_affine.defvjp(
    x=lambda g, a: channel_affine(g, None, a, None, None, None),
    c=in_single(lambda g, a: -a * _total(g)),
    a=in_single(lambda g, x, c: channel_sums(g, x, c)[1]),
    b=lambda g: _total(g),
    y=lambda g, k: channel_affine(g, None, k, None, None, None),
    k=in_single(lambda g, y: channel_sums(g, y, None)[1]),
)
channel_sums.defvjp(
    y=lambda g, x, c: channel_affine(x, c, g[1], g[0], None, None),
    x=lambda g, y: channel_affine(y, None, g[1], None, None, None),
    c=lambda g, out: -g[1] * out[0],
)
moments.defvjp(
    x=lambda g, x, out: channel_affine(x, out[0], 2 * g[1] / _count(x), g[0] / _count(x), None, None),
    known=None,
)
normalise.defvjp(
    x=in_single(lambda g, x, w, known, *, eps: _normalised(g, x, w, known, eps)),
    w=in_single(lambda g, x, known, *, eps: _scaled(g, x, known, eps)),
    b=lambda g: _total(g),
    known=None,
)
# fmt: on

for op in (channel_affine, channel_sums, moments, normalise):
    op.analytic = True
