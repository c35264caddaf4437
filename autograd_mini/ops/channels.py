"""Each channel scaled and shifted by numbers of its own, and batch normalisation, which consists of that.

    channel_affine(x, c, a, b, y, k) = (x − c)·a + b + y·k       images, numbers -> images
    channel_sums(y, x, c)            = Σ y, Σ y·(x − c)          images, images -> numbers: its adjoint in its numbers
    moments(x)                       = mean, variance            images         -> numbers

Images are (N, C, ...), numbers (C,), and Σ is over all axes but the channels'. Each is one pass over memory, and its
gradients are one or two of the others: the three are closed under differentiation. Half precision is summed in single.
"""

from types import MethodType
from typing import Any

import numpy as np

from ..arguments import AndTwoMore, is_real
from ..core.observer import expose
from ..core.primitive import Primitive
from ..kernels import channels as kernels
from ..kernels.quiet import quiet
from .elementwise import cast, floating, sqrt
from .former import relu_keyword
from .kinds import definition, op
from .precision import in_single
from .reduce import sum

_HALF = np.dtype(np.float16)
RELU, RELU6 = (0, np.inf), (0, 6)  # between which they bring their results


@op(public=False, analytic=True)
def channel_affine(x: Any, c: Any, a: Any, b: Any, y: Any, k: Any) -> Any:
    """(x − c)·a + b + y·k without the terms that are None. x, y (N, C, ...), c, a, b, k (C,) -> (N, C, ...)."""
    return kernels.affine(x, c, a, b, y, k)


@channel_affine.implementation
def channel_affine_then_relu(x: Any, c: Any, a: Any, b: Any, y: Any, k: Any) -> Any:
    """channel_affine with a relu applied to its result; `relu_done` records that relu."""
    return kernels.affine(x, c, a, b, y, k, RELU)


@channel_affine.implementation
def channel_affine_then_relu6(x: Any, c: Any, a: Any, b: Any, y: Any, k: Any) -> Any:
    """channel_affine with a relu6 applied to its result; `relu6_done` records that."""
    return kernels.affine(x, c, a, b, y, k, RELU6)


@op(public=False, analytic=True)
def channel_sums(y: Any, x: Any, c: Any) -> Any:
    """Σ y and Σ y·(x − c); a c of None is 0. y, x (N, C, ...), c (C,) or None -> (2, C)."""
    return kernels.channel_sums(y, x, c)


@op(public=False, analytic=True)
def moments(x: Any, known: Any) -> Any:
    """The mean m = Σ x / n and the variance Σ (x − m)² / n of each channel. x (N, C, ...) -> (2, C).

    known: the result if it has been computed already (`moments_known`), or None. ∂m/∂x = 1/n, and ∂(variance)/∂x =
    2 (x − m) / n: the derivative by m, a multiple of Σ (x − m), is 0.
    """
    return kernels.moments(x)


@moments.implementation
def moments_known(x: Any, known: Any) -> Any:
    """moments that have been computed already. x (N, C, ...), known (2, C) -> known itself."""
    return known


@op(public=False, analytic=True)
def normalise(x: Any, w: Any, b: Any, known: Any, *, eps: float) -> Any:
    """x̂ · w + b with x̂ = (x − mean) / √(variance + eps). x (N, C, ...), w, b (C,) or None -> (N, C, ...).

    Mean and variance are x's own. known: both if they have been computed already, or None. The gradient of x is
    (g − Σg/n − x̂ · Σ(g·x̂)/n) · w / √(variance + eps): g without its mean and without its part along x̂.
    Source: Ioffe & Szegedy 2015, algorithm 1.
    """
    return _by(kernels.moments(x), x, w, b, eps)


@normalise.implementation
def normalise_known(x: Any, w: Any, b: Any, known: Any, *, eps: float) -> Any:
    """normalise with moments of x that have been computed already."""
    return _by(known, x, w, b, eps)


@normalise.implementation
def normalise_then_relu(x: Any, w: Any, b: Any, known: Any, *, eps: float) -> Any:
    """normalise_known with a relu applied to its result; `relu_done` records that relu."""
    return _by(known, x, w, b, eps, RELU)


@normalise.implementation
def normalise_then_relu6(x: Any, w: Any, b: Any, known: Any, *, eps: float) -> Any:
    """normalise_known with a relu6 applied to its result; `relu6_done` records that."""
    return _by(known, x, w, b, eps, RELU6)


def _by(m: Any, x: Any, w: Any, b: Any, eps: float, limits: tuple[float, float] | None = None) -> Any:
    with quiet(under="ignore"):
        scale = 1 / sqrt.forward(m[1] + eps)
        y = kernels.affine(x, m[0], scale if w is None else scale * w, b, None, None, limits)
        return y if x.dtype != _HALF else y.astype(np.result_type(*(v for v in (x, w, b) if v is not None)))


def _statistics(x: Any, known: Any, eps: float) -> tuple[Any, Any]:
    """The mean and 1 / √(variance + eps), recorded as functions of x."""
    m = moments.bind(x, None) if known is None else moments_known.bind(x, known)
    return m[0], 1 / sqrt.bind(m[1] + eps)


def _back_over_normalise(g: Any, x: Any, w: Any, known: Any, wanted: Any, *, eps: float) -> Any:
    """The gradients of x, w and b: sums over the channels, of which there is one pass for all, and an affine map."""
    if not (wanted[0] or wanted[1]):
        return None, None, _total(g), None
    mean, scale = _statistics(x, known, eps)
    count, sums = _count(x), channel_sums.bind(g, x, mean)
    if wanted[0]:
        factor = scale if w is None else scale * w
        along, near = -factor * scale * scale * sums[1] / count, -factor * sums[0] / count
    return channel_affine.bind(x, mean, along, near, g, factor) if wanted[0] else None, sums[1] * scale, sums[0], None


def _back_over_affine(g: Any, x: Any, c: Any, a: Any, b: Any, y: Any, k: Any, wanted: Any) -> Any:
    """The gradients of all six, those of numbers from one pass if there are several."""
    plain = scaled = None
    if wanted[2]:
        plain, scaled = channel_sums.bind(g, x, c)
    elif wanted[1] or wanted[3]:
        plain = _total(g)
    return (
        channel_affine.bind(g, None, a, None, None, None) if wanted[0] else None,
        -a * plain if wanted[1] else None,
        scaled,
        plain,
        channel_affine.bind(g, None, k, None, None, None) if wanted[4] else None,
        channel_sums.bind(g, y, None)[1] if wanted[5] else None,
    )


def _total(g: Any) -> Any:
    return sum.bind(g, axis=(0, *range(2, g.ndim)), keepdims=False)


def _count(x: Any) -> int:
    count: int = x.size // x.shape[1]
    return count


@op(public=False, effect="moves running statistics")
def track_moments(mean: Any, var: Any, *, running: Any, momentum: float | None, count: int) -> Any:
    """Move running statistics, two Tensors (C,), by `momentum` towards those of a batch with `count` numbers a channel.

    mean, var (C,) -> count. The variance is made unbiased first: it is multiplied by count / (count − 1). Without a
    momentum the third of `running` counts the batches, and the statistics become the means over them.
    """
    if momentum is None:
        batches = expose(running[2], writing=True)
        batches += 1
        momentum = 1 / batches.item()
    with quiet(under="ignore"):
        for own, batch in zip(running[:2], (mean, var * (count / (count - 1))), strict=True):
            array = expose(own, writing=True)
            array += momentum * (batch - array)
    return np.asarray(count)


# fmt: off
track_moments.defvjp(mean=None, var=None)
channel_affine.defvjp(in_single(_back_over_affine))
channel_sums.defvjp(
    y=lambda g, x, c: channel_affine.bind(x, c, g[1], g[0], None, None),
    x=lambda g, y: channel_affine.bind(y, None, g[1], None, None, None),
    c=lambda g, out: -g[1] * out[0],
)
moments.defvjp(
    x=lambda g, x, out: channel_affine.bind(x, out[0], 2 * g[1] / _count(x), g[0] / _count(x), None, None),
    known=None,
)
normalise.defvjp(in_single(_back_over_normalise), known=None)
# fmt: on


def batch_norm_by(
    implementations: tuple[Primitive, Primitive],
    x: Any,
    mean: Any = None,
    var: Any = None,
    weight: Any = None,
    bias: Any = None,
    *,
    eps: float = 1e-5,
    return_statistics: AndTwoMore = False,
) -> Any:
    """Each channel normalised by its mean and variance: (x − mean) / √(var + eps) · weight + bias.

    Without mean and var they are those of the batch, over every axis but the channels', and gradients flow through them
    too. In half precision those of the batch are in single.

    Arguments:
        x: (N, C, ...), images.
        mean, var: (C,), given statistics; None, both, for the batch's own.
        weight, bias: (C,), or None.
        eps: a number of at least 0, added to the variance.
        return_statistics: whether the mean and the variance come back too.
    Returns:
        (N, C, ...), half where x, weight and bias are; with `return_statistics` also the mean and the variance, (C,).
    Raises:
        ValueError: for vectors without C entries, for one of mean and var without the other, for an eps below 0, and
            for a batch without elements that is to give its own.
        TypeError: for data that are not real numbers.
    Source: Ioffe & Szegedy 2015, algorithm 1.

    Example:
        >>> x = Tensor([[1.0, 10.0], [3.0, 30.0]])
        >>> y, mean, var = ag.batch_norm(x, eps=0.0, return_statistics=True)
        >>> y.numpy(), mean.numpy(), var.numpy()
        (array([[-1., -1.],
               [ 1.,  1.]]), array([ 2., 20.]), array([  1., 100.]))
    """
    # implementations: of normalise, for statistics of its own, and of channel_affine
    numbers = {"mean": mean, "var": var, "weight": weight, "bias": bias}
    x, mean, var, weight, bias = floating("batch_norm", numbers, x=x, **numbers)
    if not (is_real(eps) and 0 <= eps < np.inf):
        raise ValueError(f"batch_norm: eps must be a number of at least 0, not {eps!r}")
    if len(x.shape) < 2:
        raise ValueError(f"batch_norm: x {x.shape} has no channel axis; it must be (N, C, ...)")
    for what, v in (("mean", mean), ("var", var), ("weight", weight), ("bias", bias)):
        if v is not None and v.shape != x.shape[1:2]:
            raise ValueError(f"batch_norm: {what} {v.shape} must have one entry for each channel of x {x.shape}")
    if (mean is None) != (var is None):
        raise ValueError("batch_norm: mean and var must both be given, or neither: then they are those of the batch")
    if mean is None:
        if not x.size:
            raise ValueError(f"batch_norm: x {x.shape} has no elements, so there is no mean and no variance")
        m = moments.bind(x, None)
        y = implementations[0].bind(x, weight, bias, m, eps=eps)
        if return_statistics:
            mean, var = m[0], m[1]
    else:
        scale = 1 / sqrt.bind(var + eps)
        y = implementations[1].bind(x, mean, scale if weight is None else scale * weight, bias, None, None)
        kind = np.result_type(*(v.dtype for v in (x, weight, bias) if v is not None))
        y = cast.bind(y, dtype=kind) if kind == np.float16 != y.dtype else y
    return (y, mean, var) if return_statistics else y


_batch_norm = MethodType(batch_norm_by, (normalise_known, channel_affine))
batch_norm = relu_keyword(definition(_batch_norm, name="batch_norm"))
