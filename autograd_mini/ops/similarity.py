"""Similarities and distances of vectors, and the losses that rank by them."""

from typing import Any

import numpy as np

from ..arguments import Axis, Flag, Number
from ..core.primitive import clash
from .activation import logsigmoid
from .elementwise import clip, detach, floating, minimum, sqrt, where
from .kinds import definition
from .loss import Reduction, by_element, of_one_shape
from .normalise import check_p, p_norm
from .precision import in_single
from .reduce import sum
from .shape import broadcast_to, squeeze


def _broadcast(name: str, *optional: str, **arrays: Any) -> tuple[Any, ...]:
    """Floating arrays. Raises ValueError, as `name`, unless their shapes broadcast."""
    found = floating(name, optional, **arrays)
    try:
        np.broadcast_shapes(*(a.shape for a in found))
    except ValueError:
        shapes = [a.shape for a in found]
        raise ValueError(f"{name}: {' and '.join(map(str, shapes))}: {clash(shapes)}") from None
    return found


def _at_least(x: Any, low: float) -> Any:
    """max(x, low) with the gradient of x itself."""
    return x + clip.bind(low - detach.bind(x), low=0, high=None)


def _hinge(x: Any) -> Any:
    """max(x, 0), with slope 1 at 0."""
    return clip.bind(x, low=0, high=None)


@definition
def cosine_similarity(x1: Any, x2: Any, axis: Axis = 1, eps: Number = 1e-8) -> Any:
    """The cosine of the angle between vectors: x1 · x2 / (max(‖x1‖, eps) max(‖x2‖, eps)). (..., n, ...) -> (...).

    Half precision is computed in single.

    Arguments:
        x1, x2: (..., n, ...), whose shapes broadcast.
        axis: the vectors' axis.
        eps: a number, the least length.
    Returns:
        (...) without that axis, in the dtype that both have in common.
    Raises:
        ValueError: for shapes that do not broadcast, and for an axis out of range.

    Example:
        >>> ag.cosine_similarity(Tensor([[3.0, 4.0], [0.0, 0.0]]), np.array([[1.0, 0.0]])).numpy()
        array([0.6, 0. ])
    """
    x1, x2 = _broadcast("cosine_similarity", x1=x1, x2=x2)
    return _cosine(x1, x2, axis - len(x1.shape), eps)


@in_single
def _cosine(x1: Any, x2: Any, axis: int, eps: float) -> Any:
    shape = np.broadcast_shapes(x1.shape, x2.shape)
    units = []
    for x in (x1, x2):
        if len(x.shape) < -axis or x.shape[axis] != shape[axis]:  # one element stands for all of a vector
            x = broadcast_to.bind(x, shape=shape)
        units.append(x / _at_least(p_norm.bind(x, p=2, axes=(axis % len(x.shape),)), eps))
    products = units[0] * units[1]
    return sum.bind(products, axis=(axis % len(products.shape),), keepdims=False)


@definition
def pairwise_distance(x1: Any, x2: Any, p: Number = 2.0, eps: Number = 1e-6, keepdims: Flag = False) -> Any:
    """The distance of vectors, (Σ |x1 − x2 + eps|^p)^(1/p). x1, x2 (..., n) -> (...).

    Half precision is computed in single.

    Arguments:
        x1, x2: (..., n), whose shapes broadcast.
        p: a number above 0; inf for the largest difference.
        eps: a number, added to each difference.
        keepdims: whether the vectors' axis stays, with length 1.
    Returns:
        (...), or (..., 1), in the dtype that both have in common.
    Raises:
        ValueError: for shapes that do not broadcast, vectors without an axis, and for a p that is not above 0.

    Example:
        >>> ag.pairwise_distance(Tensor([[3.0, 4.0]]), np.array([[0.0, 0.0]]), eps=0.0).numpy()
        array([5.])
    """
    x1, x2 = _broadcast("pairwise_distance", x1=x1, x2=x2)
    check_p("pairwise_distance", p)
    if not x1.shape or not x2.shape:
        raise ValueError(f"pairwise_distance: {x1.shape} and {x2.shape} must be vectors, (..., n)")
    found = _distance(x1, x2, p, eps)
    return found if keepdims else squeeze(found, -1)


@in_single
def _distance(x1: Any, x2: Any, p: float, eps: float) -> Any:
    d = x1 - x2 + eps
    return p_norm.bind(d, p=p, axes=(len(d.shape) - 1,))


@definition
def hinge_embedding_loss(x: Any, target: Any, margin: Number = 1.0, reduction: Reduction = "mean") -> Any:
    """The distance x where the target is 1, and max(0, margin − x) where it is −1.

    The subgradient of the hinge at 0 is 1. Half precision is computed in single.

    Arguments:
        x: (...), distances.
        target: (...), 1 for alike and −1 for different.
        margin: a number.
        reduction: "none", "mean" or "sum".
    Returns:
        (...), the losses, or one number (), in x's dtype if that is floating.
    Raises:
        ValueError: unless the shapes are equal, and for other reductions.

    Example:
        >>> ag.hinge_embedding_loss(Tensor([0.25, 0.25]), np.array([1, -1]), reduction="none").numpy()
        array([0.25, 0.75])
    """
    x, target = of_one_shape("hinge_embedding_loss", x=x, target=target)
    losses = lambda x, t: where(t != 1, _hinge(margin - x), 0) + where(t != -1, x, 0)
    return by_element(losses, reduction, x, target)


@definition
def margin_ranking_loss(x1: Any, x2: Any, target: Any, margin: Number = 0.0, reduction: Reduction = "mean") -> Any:
    """How far x1 fails to be above x2 by the margin: max(0, −t (x1 − x2) + margin). (...) -> () or (...).

    The subgradient of the hinge at 0 is 1. Half precision is computed in single.

    Arguments:
        x1, x2: (...), scores.
        target: (...), 1 where x1 should be the larger, −1 where x2; all three broadcast.
        margin: a number.
        reduction: "none", "mean" or "sum".
    Returns:
        (...), the losses, or one number (), in x1's dtype if that is floating.
    Raises:
        ValueError: for shapes that do not broadcast, and for other reductions.

    Example:
        >>> ag.margin_ranking_loss(Tensor([3.0, 3.0]), np.array([1.0, 1.0]), np.array([1, -1])).numpy()
        array(1.)
    """
    x1, x2, target = _broadcast("margin_ranking_loss", x1=x1, x2=x2, target=target)
    return by_element(lambda a, b, t: _hinge(margin - t * (a - b)), reduction, x1, x2, target)


@definition
def soft_margin_loss(x: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """The logistic loss log(1 + e^(−t x)) of scores x with targets t of 1 and −1.

    Nothing overflows. Half precision is computed in single.

    Arguments:
        x: (...), scores.
        target: (...), 1 or −1.
        reduction: "none", "mean" or "sum".
    Returns:
        (...), the losses, or one number (), in x's dtype if that is floating.
    Raises:
        ValueError: unless the shapes are equal, and for other reductions.

    Example:
        >>> ag.soft_margin_loss(Tensor([1000.0, 1000.0]), np.array([1, -1]), "none").numpy() + 0.0
        array([   0., 1000.])
    """
    x, target = of_one_shape("soft_margin_loss", x=x, target=target)
    return by_element(lambda x, t: -logsigmoid(t * x), reduction, x, target)


@definition
def cosine_embedding_loss(x1: Any, x2: Any, target: Any, margin: Number = 0.0, reduction: Reduction = "mean") -> Any:
    """The cosine of two vectors, 1 − cos where t is 1, max(0, cos − margin) where it is −1. -> () or (N,).

    The subgradient of the hinge at 0 is 1. Half precision is computed in single.

    Arguments:
        x1, x2: (N, n) or (n,), vectors.
        target: (N,) or (), 1 for alike and −1 for different.
        margin: a number.
        reduction: "none", "mean" or "sum".
    Returns:
        (N,) or (), the losses, or one number (), in x1's dtype if that is floating.
    Raises:
        ValueError: for shapes that do not go together, and for other reductions.

    Example:
        >>> x = np.array([[3.0, 4.0], [3.0, 4.0]])
        >>> ag.cosine_embedding_loss(Tensor([[1.0, 0.0]]), x, np.array([1, -1]), reduction="none").numpy()
        array([0.4, 0.6])
    """
    name = "cosine_embedding_loss"
    x1, x2 = _broadcast(name, x1=x1, x2=x2)
    (target,) = floating(name, (), target=target)
    if not x1.shape or not x2.shape or np.broadcast_shapes(x1.shape, x2.shape)[:-1] != target.shape:
        raise ValueError(f"{name}: x1 {x1.shape}, x2 {x2.shape} and target {target.shape} must be (N, n), (N, n), (N,)")

    def losses(a: Any, b: Any, t: Any) -> Any:
        products = sum.bind(a * b, axis=(len(np.broadcast_shapes(a.shape, b.shape)) - 1,), keepdims=False)
        one, two = (sum.bind(v * v, axis=(len(v.shape) - 1,), keepdims=False) + 1e-12 for v in (a, b))
        cosine = products / sqrt(one * two)
        return where(t == 1, 1 - cosine, 0) + where(t == -1, _hinge(cosine - margin), 0)

    return by_element(losses, reduction, x1, x2, target)


@definition
def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: Number = 1.0,
    p: Number = 2.0,
    eps: Number = 1e-6,
    swap: Flag = False,
    reduction: Reduction = "mean",
) -> Any:
    """How far a negative fails to be farther off than a positive: max(0, d(a, p) − d(a, n) + margin). -> ().

    d is `pairwise_distance`. The subgradient of the hinge at 0 is 1. Half precision is computed in single.

    Arguments:
        anchor, positive, negative: (..., n), vectors, whose shapes broadcast.
        margin: a number.
        p, eps: as for `pairwise_distance`.
        swap: whether d(p, n) counts for d(a, n) where it is smaller.
        reduction: "none", "mean" or "sum".
    Returns:
        (...), the losses, or one number (), in anchor's dtype if that is floating.
    Raises:
        ValueError: for shapes that do not broadcast, for a p that is not above 0, and for other reductions.
    Source: Balntas et al. 2016.

    Example:
        >>> a, b = np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]])
        >>> round(ag.triplet_margin_loss(Tensor(a), b, a).item(), 5)
        6.0
    """
    name = "triplet_margin_loss"
    arrays = _broadcast(name, anchor=anchor, positive=positive, negative=negative)
    check_p(name, p)
    if not all(a.shape for a in arrays):
        raise ValueError(f"{name}: anchor, positive and negative must be vectors, (..., n)")

    def losses(a: Any, b: Any, c: Any) -> Any:
        near, far = _distance(a, b, p, eps), _distance(a, c, p, eps)
        far = minimum(far, _distance(b, c, p, eps)) if swap else far
        return squeeze(_hinge(near - far + margin), -1)

    return by_element(losses, reduction, *arrays)
