"""Normalisation over the axes of one example: layer, RMS, group, instance and local response norm, and unit length.

Layer, group and instance norm are one operation, `normed`, over other axes; RMS norm is the same without the mean.
Batch normalisation is in `channels`.
"""

from collections.abc import Sequence
from math import prod
from typing import Annotated, Any

import numpy as np

from ..arguments import AxesAsGiven, Number, Parameter, Plain, Whole, axes_of, is_real, is_whole
from ..kernels import rows
from ..kernels.quiet import quiet
from ..kernels.sums import sums
from .elementwise import absolute, clip, floating, sign, sqrt
from .kinds import definition, linear, op
from .precision import in_single
from .reduce import sum

LastShape = int | Sequence[int]
Eps = Annotated[Any, Parameter(None, "float | None")]

# ── mean and variance ─────────────────────────────────────────────────────────────────────────────────────────────────


@op(public=False)
def normed(x: Any, w: Any, b: Any, *, axes: Plain, eps: Plain, centred: Plain) -> Any:
    """x̂ · w + b, x̂ = (x − mean) · scale with scale = 1 / √(mean square + eps) of what is left. x (...) -> (...).

    All over the last `axes` axes. w and b have those, or more of x's last axes, or are None; the last of all may be 1.
    Without `centred` the mean is not taken off. With h = g · w and n elements over the axes

        ∂L/∂x = scale · (h − Σh/n − x̂ · Σ(h·x̂)/n)
    """
    with quiet(under="ignore"):
        return rows.normed(x, w, b, axes, eps, centred)


@op(public=False, outputs=("back", "scaled", "plain"))
def normed_back(g: Any, x: Any, w: Any, b: Any, *, axes: Plain, eps: Plain, centred: Plain) -> Any:
    """The gradients of x, w and b from that of `normed`: those of w and b in the shape of either."""
    with quiet(under="ignore"):
        return rows.normed_back(g, x, w, b, axes, eps, centred)


def _bent(u: Any, g: Any, x: Any, w: Any, g_scaled: Any, g_plain: Any, *, axes: int, eps: float, centred: bool) -> Any:
    """The gradients of g, x and w, where u, g_scaled and g_plain are those of what `normed_back` gives.

    With P(v) = v − Σv/n − x̂ · Σ(v·x̂)/n the first is scale · P(g · w), and P is its own adjoint.
    """
    last = tuple(range(len(x.shape) - axes, len(x.shape)))
    n = prod(x.shape[a] for a in last)

    def mean(v: Any) -> Any:
        return sum.bind(v, axis=last, keepdims=True) / n

    def projected(v: Any) -> Any:
        return (v - mean(v) if centred else v) - hat * mean(v * hat)

    y = x - mean(x) if centred else x
    y = y - mean(y) if centred else y  # what the mean lost to rounding
    scale = 1 / sqrt.bind(mean(y * y) + eps)
    hat, h = y * scale, g if w is None else g * w
    back, given = scale * projected(u), scale * projected(h)
    along = g_scaled * g - scale * (u * mean(h * hat) + h * mean(u * hat))
    of_g = (back if w is None else w * back) + g_scaled * hat + g_plain
    return of_g, scale * (projected(along) - hat * mean(u * given)), g * back, None


normed_back.defvjp(_bent, b=None)
normed.defvjp(
    lambda g, x, w, b, *, axes, eps, centred: normed_back.bind(g, x, w, b, axes=axes, eps=eps, centred=centred)
)


@in_single
def _norm(x: Any, w: Any, b: Any, *, axes: int, eps: float, centred: bool = True) -> Any:
    return normed.bind(x, w, b, axes=axes, eps=eps, centred=centred)


def _check_eps(name: str, eps: Any) -> None:
    if not (is_real(eps) and 0 <= eps < np.inf):
        raise ValueError(f"{name}: eps must be a number of at least 0, not {eps!r}")


def _last(name: str, x: Any, shape: Any, **vectors: Any) -> int:
    """How many axes of x `shape` names, its last."""
    wanted = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    if not wanted or not all(is_whole(n, 1) for n in wanted):
        raise ValueError(f"{name}: normalized_shape must be positive integers, at least one, not {shape!r}")
    if x.shape[-len(wanted) :] != wanted:
        raise ValueError(f"{name}: x {x.shape} must end in normalized_shape {wanted}")
    for what, v in vectors.items():
        if v is not None and v.shape != wanted:
            raise ValueError(f"{name}: {what} {v.shape} must have normalized_shape {wanted}")
    return len(wanted)


@definition
def layer_norm(x: Any, normalized_shape: LastShape, weight: Any = None, bias: Any = None, eps: Number = 1e-5) -> Any:
    """Each example normalised over its last axes: (x − mean) / √(variance + eps) · weight + bias. x (...) -> (...).

    Half precision is computed in single.

    Arguments:
        x: (..., *normalized_shape), real numbers.
        normalized_shape: the lengths of the axes that mean and variance are taken over; an integer for one.
        weight, bias: of normalized_shape, or None.
        eps: a number of at least 0, added to the variance.
    Returns:
        As many numbers, in the dtype that x, weight and bias have in common; half if x is.
    Raises:
        ValueError: for shapes that do not go together, and for an eps below 0.
        TypeError: for data that are not real numbers.
    Source: Ba et al. 2016.

    Example:
        >>> ag.layer_norm(Tensor([[1.0, 3.0], [10.0, 30.0]]), 2, eps=0.0).numpy()
        array([[-1.,  1.],
               [-1.,  1.]])
    """
    x, weight, bias = floating("layer_norm", ("weight", "bias"), x=x, weight=weight, bias=bias)
    _check_eps("layer_norm", eps)
    axes = _last("layer_norm", x, normalized_shape, weight=weight, bias=bias)
    return _norm(x, weight, bias, axes=axes, eps=eps)


@definition
def rms_norm(x: Any, normalized_shape: LastShape, weight: Any = None, eps: Eps = None) -> Any:
    """Each example divided by its root mean square over its last axes: x / √(mean x² + eps) · weight. x (...) -> (...).

    Half precision is computed in single.

    Arguments:
        x: (..., *normalized_shape), real numbers.
        normalized_shape: the lengths of the axes that the mean is taken over; an integer for one.
        weight: of normalized_shape, or None.
        eps: a number of at least 0, added to the mean; None for the distance from 1 to the next number of x's dtype.
    Returns:
        As many numbers, in the dtype that x and weight have in common; half if x is.
    Raises:
        ValueError: for shapes that do not go together, and for an eps below 0.
        TypeError: for data that are not real numbers.
    Source: Zhang & Sennrich 2019.

    Example:
        >>> ag.rms_norm(Tensor([1.0, 7.0]), 2).numpy()
        array([0.2, 1.4])
    """
    x, weight = floating("rms_norm", ("weight",), x=x, weight=weight)
    eps = float(np.finfo(x.dtype).eps) if eps is None else eps
    _check_eps("rms_norm", eps)
    return _norm(x, weight, None, axes=_last("rms_norm", x, normalized_shape, weight=weight), eps=eps, centred=False)


def _by_channel(name: str, x: Any, groups: int, weight: Any, bias: Any, eps: Any) -> Any:
    _check_eps(name, eps)
    for what, v in (("weight", weight), ("bias", bias)):
        if v is not None and v.shape != x.shape[1:2]:
            raise ValueError(f"{name}: {what} {v.shape} must have one entry for each channel of x {x.shape}")
    if not prod(x.shape[1:]):
        raise ValueError(f"{name}: x {x.shape} has examples without elements, which have no mean and no variance")
    channels, pixels = x.shape[1] // groups, prod(x.shape[2:])
    w, b = (None if v is None else v.reshape((groups, channels, 1)) for v in (weight, bias))
    return _norm(x.reshape((-1, groups, channels, pixels)), w, b, axes=2, eps=eps).reshape(x.shape)


@definition
def group_norm(x: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: Number = 1e-5) -> Any:
    """Each group of channels of each example normalised: (x − mean) / √(variance + eps) · weight + bias.

    Half precision is computed in single.

    Arguments:
        x: (N, C, ...), real numbers.
        num_groups: a positive integer that divides C.
        weight, bias: (C,), or None.
        eps: a number of at least 0, added to the variance.
    Returns:
        (N, C, ...), in the dtype that x, weight and bias have in common; half if x is.
    Raises:
        ValueError: for vectors without C entries, groups that do not divide C, an eps below 0, and examples without
            elements.
        TypeError: for data that are not real numbers.
    Source: Wu & He 2018.

    Example:
        >>> ag.group_norm(Tensor([[1.0, 3.0, 10.0, 30.0]]), 2, eps=0.0).numpy()
        array([[-1.,  1., -1.,  1.]])
    """
    x, weight, bias = floating("group_norm", ("weight", "bias"), x=x, weight=weight, bias=bias)
    if len(x.shape) < 2 or not is_whole(num_groups, 1) or x.shape[1] % num_groups:
        raise ValueError(f"group_norm: {num_groups!r} groups must divide the channels of x {x.shape}, (N, C, ...)")
    return _by_channel("group_norm", x, int(num_groups), weight, bias, eps)


@definition
def instance_norm(x: Any, weight: Any = None, bias: Any = None, eps: Number = 1e-5) -> Any:
    """Each channel of each example normalised: (x − mean) / √(variance + eps) · weight + bias.

    Half precision is computed in single. With given statistics it is `batch_norm`.

    Arguments:
        x: (N, C, L, ...), real numbers.
        weight, bias: (C,), or None.
        eps: a number of at least 0, added to the variance.
    Returns:
        (N, C, L, ...), in the dtype that x, weight and bias have in common; half if x is.
    Raises:
        ValueError: for vectors without C entries, for images without axes or elements, and for an eps below 0.
        TypeError: for data that are not real numbers.
    Source: Ulyanov et al. 2016.

    Example:
        >>> ag.instance_norm(Tensor([[[1.0, 3.0], [10.0, 30.0]]]), eps=0.0).numpy()
        array([[[-1.,  1.],
                [-1.,  1.]]])
    """
    x, weight, bias = floating("instance_norm", ("weight", "bias"), x=x, weight=weight, bias=bias)
    if len(x.shape) < 3:
        raise ValueError(f"instance_norm: x {x.shape} must be (N, C, L, ...): there is nothing to take a mean of")
    return _by_channel("instance_norm", x, x.shape[1], weight, bias, eps)


# ── neighbouring channels ─────────────────────────────────────────────────────────────────────────────────────────────


@linear(lambda g, *, before, after: neighbour_sums.bind(g, before=after, after=before), public=False)
def neighbour_sums(x: Any, *, before: Plain, after: Plain) -> Any:
    """For each channel the sum from `before` channels before to `after` behind it. x (N, C, ...) -> (N, C, ...)."""
    y = np.array(x)
    for k in range(1, max(before, after) + 1):
        if k <= before:
            y[:, k:] += x[:, :-k]
        if k <= after:
            y[:, :-k] += x[:, k:]
    return y


@definition
def local_response_norm(x: Any, size: Whole, alpha: Number = 1e-4, beta: Number = 0.75, k: Number = 1.0) -> Any:
    """Each number divided by its neighbours' in other channels: x / (k + α · mean of x² over `size` channels)^β.

    Channels beyond the first and last count as 0. Half precision is computed in single.

    Arguments:
        x: (N, C, ...), real numbers.
        size: how many channels the mean is taken over, a positive integer.
        alpha, beta, k: α, β, and k, numbers.
    Returns:
        (N, C, ...), in x's dtype if that is floating.
    Raises:
        ValueError: for a size that is no positive integer, and for an x without channels.
        TypeError: for other parameters that are not numbers, and for data that are not real.
    Source: Krizhevsky et al. 2012, section 3.3, where α is not divided by the size.

    Example:
        >>> ag.local_response_norm(Tensor([[3.0, 0.0, 4.0]]), 3, alpha=3.0, beta=0.5, k=0.0).numpy()
        array([[1., 0., 1.]])
    """
    (x,) = floating("local_response_norm", (), x=x)
    if not is_whole(size, 1) or len(x.shape) < 2:
        raise ValueError(f"local_response_norm: size {size!r} must be a positive integer, and x {x.shape} (N, C, ...)")
    return _responses(x, size=int(size), alpha=alpha, beta=beta, k=k)


@in_single
def _responses(x: Any, *, size: int, alpha: float, beta: float, k: float) -> Any:
    with quiet(under="ignore"):
        near = neighbour_sums.bind(x * x, before=size // 2, after=(size - 1) // 2)
        return x / (k + alpha / size * near) ** beta


# ── length ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _pieces(x: Any, out: Any, p: float) -> Any:
    return np.sign(x) * (np.abs(x) == out if p == np.inf else p != 2)


@op(public=False, kink=_pieces)
@in_single
def p_norm(x: Any, *, p: Plain, axes: Plain) -> Any:
    """The length (Σ|x|^p)^(1/p) over the axes, which stay. x (...) -> (..., 1, ...). The subgradient at 0 is 0."""
    with quiet(under="ignore"):
        if p == 2:
            return np.sqrt(sums(x * x, axes, keepdims=True))
        size = np.abs(x)
        if p == np.inf:
            return np.max(size, axis=axes, keepdims=True, initial=0)
        return sums(size, axes, keepdims=True) if p == 1 else sums(size**p, axes, keepdims=True) ** (1 / p)


@in_single
def _lengthened(g: Any, x: Any, out: Any, *, p: float, axes: tuple[int, ...]) -> Any:
    if p == 1:
        return g * sign(x)
    if p == np.inf:
        hit = (absolute(x) == out) & (x != 0)
        return g * sign(x) * (hit / np.maximum(hit.sum(axis=axes, keepdims=True), 1)).astype(x.dtype)
    safe = out + (out == 0)
    if p == 2:
        return x * (g / safe)
    return g * sign(x) * ((absolute(x) + (x == 0)) / safe) ** (p - 1)


p_norm.defvjp(x=_lengthened)


def check_p(name: str, p: Any) -> None:
    """Raises ValueError, as `name`, for a p that makes no length."""
    if not (is_real(p) and p > 0):
        raise ValueError(f"{name}: p must be a number above 0, inf for the largest element, not {p!r}")


@definition
def normalize(x: Any, p: Number = 2.0, axis: AxesAsGiven = 1, eps: Number = 1e-12) -> Any:
    """The numbers divided by their length along an axis, x / max(‖x‖, eps), which becomes 1. x (...) -> (...).

    Half precision is computed in single.

    Arguments:
        x: real numbers.
        p: the length is (Σ|x|^p)^(1/p); inf for the largest |x|.
        axis: one axis or several.
        eps: a number, the least that is divided by.
    Returns:
        As many numbers, in x's dtype if that is floating.
    Raises:
        ValueError: for a p that is not above 0, and for an axis out of range or named twice.
        TypeError: for data that are not real numbers.

    Example:
        >>> ag.normalize(Tensor([[3.0, 4.0], [0.0, 0.0]])).numpy()
        array([[0.6, 0.8],
               [0. , 0. ]])
    """
    (x,) = floating("normalize", (), x=x)
    check_p("normalize", p)
    return _unit(x, p=p, axes=axes_of("normalize", x.shape, axis), eps=eps)


@in_single
def _unit(x: Any, *, p: float, axes: tuple[int, ...], eps: float) -> Any:
    return x / clip.bind(p_norm.bind(x, p=p, axes=axes), low=eps, high=None)
