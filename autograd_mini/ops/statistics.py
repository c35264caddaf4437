"""Products, order statistics, weighted means, and what leaves nan out.

prod with 0 among the factors     every gradient is right: nothing is divided by
median, quantile                  of the elements they are made of, each by its weight
"""

from collections.abc import Callable
from math import prod as product
from typing import Annotated, Any

import numpy as np

from ..arguments import Axes, AxesWithElements, Axis, AxisOrAll, Ddof, Flag, Parameter, Plain, bare, count
from ..core.primitive import operand
from ..core.tape import Value
from .complex import imag, real
from .elementwise import cast, square, where
from .kinds import conjugated, definition, op
from .precision import in_single
from .reduce import flat_root, max, mean, min, restored, std, sum, var
from .running import cumprod, moved
from .shape import flip, getitem, reshape, transpose
from .sort import argsort, take_along_axis

Weights = Annotated[Any, Parameter(None, "Tensor | ArrayLike | None")]
Levels = Annotated[Any, Parameter(None, "float | ArrayLike")]
Method = Annotated[Any, Parameter(None, "str")]

# ── products ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _back_over_product(g: Any, x: Any, out: Any, *, axis: tuple[int, ...]) -> Any:
    if bare(x).all():
        return restored(g * conjugated(out), x.shape, axis) / conjugated(x)
    order = (*(i for i in range(len(x.shape)) if i not in axis), *axis)
    lined = transpose.bind(x, axes=order)
    line = reshape.bind(lined, shape=(*lined.shape[: len(order) - len(axis)], product(x.shape[i] for i in axis)))
    end = len(line.shape) - 1
    before = cumprod.bind(moved(line, end, 1, 0, 1), axis=end)
    behind = flip.bind(cumprod.bind(flip.bind(moved(line, end, 0, 1, 1), axis=(end,)), axis=end), axis=(end,))
    others = transpose.bind(reshape.bind(before * behind, shape=lined.shape), axes=tuple(map(int, np.argsort(order))))
    return restored(g, x.shape, axis) * conjugated(others)


@op(analytic=True, takes_complex=True, methods=["prod"])
@in_single
def prod(x: Any, axis: Axes = None, keepdims: Flag = False) -> Any:
    """The product over the given axes, by default all. x (...) -> (...).

    Half precision is multiplied in single.

    Arguments:
        x: numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
    Returns:
        The products, in x's dtype if that is floating; 1 where there are no elements.
    Raises:
        ValueError: for an axis out of range or named twice.

    Example:
        >>> x = Tensor([2.0, 0.0, 5.0], requires_grad=True)
        >>> ag.grad(ag.prod(x), x).numpy()  # each the product of the others
        array([ 0., 10.,  0.])
    """
    return np.multiply.reduce(x, axis=axis, keepdims=keepdims)


prod.defvjp(x=in_single(_back_over_product))

# ── where, and how many: constants ────────────────────────────────────────────────────────────────────────────────────


@op(methods=["argmin"], numpy=[np.argmin])
def argmin(x: Any, axis: AxisOrAll = None, keepdims: Flag = False) -> Any:
    """The position of the first smallest element along an axis. x (..., n, ...) -> (...).

    nan counts as smallest. No gradient flows through it.

    Arguments:
        x: real numbers.
        axis: one axis, or None for the position in all of x in row-major order.
        keepdims: whether the reduced axis stays, with length 1.
    Returns:
        The positions, integers.
    Raises:
        ValueError: for an axis out of range, and for one without elements.

    Example:
        >>> ag.argmin(np.array([[1, 5, 2], [7, 0, 7]]), axis=1)
        array([0, 1])
    """
    return np.argmin(x, axis=axis, keepdims=keepdims)


@op(numpy=[np.count_nonzero], methods=["count_nonzero"], takes_complex=True)
def count_nonzero(x: Any, axis: Axes = None, keepdims: Flag = False) -> Any:
    """How many elements are not 0, over the given axes, by default all. x (...) -> (...).

    No gradient flows through it.

    Arguments:
        x: numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
    Returns:
        Integers.
    Raises:
        ValueError: for an axis out of range or named twice.

    Example:
        >>> ag.count_nonzero(np.array([[1, 0], [2, 3]]), axis=0)
        array([2, 1])
    """
    return np.not_equal(x, 0).sum(axis=axis, keepdims=keepdims)


@op(numpy=[np.any], methods=["any"], takes_complex=True)
def any(x: Any, axis: Axes = None, keepdims: Flag = False) -> Any:
    """Whether an element is true, not 0, over the given axes, by default all. x (...) -> (...).

    No gradient flows through it.

    Arguments:
        x: numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
    Returns:
        Booleans; False where there are no elements.
    Raises:
        ValueError: for an axis out of range or named twice.

    Example:
        >>> ag.any(Tensor([0.0, 2.0])).item()
        True
    """
    return np.logical_or.reduce(x, axis=axis, keepdims=keepdims)


@op(numpy=[np.all], methods=["all"], takes_complex=True)
def all(x: Any, axis: Axes = None, keepdims: Flag = False) -> Any:
    """Whether all elements are true, not 0, over the given axes, by default all. x (...) -> (...).

    No gradient flows through it.

    Arguments:
        x: numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
    Returns:
        Booleans; True where there are no elements.
    Raises:
        ValueError: for an axis out of range or named twice.

    Example:
        >>> ag.all(Tensor([0.0, 2.0])).item()
        False
    """
    return np.logical_and.reduce(x, axis=axis, keepdims=keepdims)


for constant in (argmin, count_nonzero, any, all):
    constant.defvjp(x=None)

# ── order statistics ──────────────────────────────────────────────────────────────────────────────────────────────────

CONTINUOUS = {  # (α, β): the level q stands at α + q·(1 − α − β) + q·n, counted from 1. Source: Hyndman & Fan 1996
    "linear": (1.0, 1.0),
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
STEPPED: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {  # places counted from 0; between two the mean
    "lower": lambda q, n: np.floor(q * (n - 1)),
    "higher": lambda q, n: np.ceil(q * (n - 1)),
    "midpoint": lambda q, n: (np.floor(q * (n - 1)) + np.ceil(q * (n - 1))) / 2,
    "nearest": lambda q, n: np.rint(q * (n - 1)),
    "inverted_cdf": lambda q, n: np.ceil(q * n) - 1,
    "averaged_inverted_cdf": lambda q, n: np.where(q * n == np.floor(q * n), q * n - 0.5, np.ceil(q * n) - 1),
    "closest_observation": lambda q, n: _even_below(q * n - 0.5) - 1,
}


def _even_below(places: np.ndarray) -> np.ndarray:
    """The next integer above, but where a place is an integer itself the even one of it and the next."""
    down = np.floor(places)
    found: np.ndarray = np.where((places == down) & (down % 2 == 0), down, down + 1)
    return found


def _slopes(places: np.ndarray, n: int, method: str) -> np.ndarray:
    """How fast levels' places move with them, by a continuous method; 0 where a place is held at an end."""
    if method == "linear":
        return np.full(places.shape, n - 1.0)
    found: np.ndarray = np.where((places > 0) & (places < n - 1), n + 1.0 - np.sum(CONTINUOUS[method]), 0.0)
    return found


def _places(q: np.ndarray, n: int, method: str) -> np.ndarray:
    """Where among n sorted elements the levels stand, counted from 0, between two of them by a fraction."""
    if method in CONTINUOUS:
        alpha, beta = CONTINUOUS[method]
        found = q * (n - 1) if method == "linear" else n * q + alpha + q * (1 - alpha - beta) - 1
    else:
        found = STEPPED[method](q, n)
    return np.clip(found, 0, n - 1)


@in_single
def _levels_of(x: Any, *, name: str, q: Any, axis: tuple[int, ...], keepdims: bool, method: str) -> Any:
    """The quantiles at the levels q (...), before x's remaining axes. nan in a line makes its quantiles nan."""
    x, levels = operand(name, x), np.asarray(bare(q), np.float64)
    if levels.dtype.kind != "f" or not ((levels >= 0) & (levels <= 1)).all():
        raise ValueError(f"{name}: levels must be from 0 to 1, not {q!r:.60}")
    if method not in (*CONTINUOUS, *STEPPED):
        raise ValueError(f"{name}: method must be one of {', '.join((*CONTINUOUS, *STEPPED))}, not {method!r}")
    rest = tuple(i for i in range(len(x.shape)) if i not in axis)
    line = transpose.bind(x, axes=(*axis, *rest))
    line = reshape.bind(line, shape=(count(name, x.shape, axis), *line.shape[len(axis) :]))
    line = line if line.dtype.kind == "f" else cast.bind(line, dtype=np.dtype(np.float64))
    places = _places(levels.ravel(), line.shape[0], method)
    below = np.floor(places)
    column = (-1, *[1] * len(rest))
    share: Any = (places - below).reshape(column).astype(line.dtype)
    if isinstance(q, Value) and method in CONTINUOUS:  # its slope in q, beside the value that stays
        moved_by = _slopes(places, line.shape[0], method) * (reshape.bind(q, shape=(levels.size,)) - levels.ravel())
        share = share + cast.bind(reshape.bind(moved_by, shape=(levels.size, *column[1:])), dtype=line.dtype)
    order = argsort.bind(line, axis=0)
    low, high = (
        take_along_axis.bind(line, getitem.bind(order, index=np.asarray(place, np.intp)), axis=0)
        for place in (below, np.minimum(below + 1, line.shape[0] - 1))
    )
    rise = high - low
    lost = (bare(share) == 0) & ~np.isfinite(bare(rise))  # 0 · ∞
    found = low + (where(lost, 0, rise) if lost.any() else rise) * share
    odd = bare(line) != bare(line)
    if odd.any():
        found = where(odd.any(axis=0), max.bind(line, axis=(0,), keepdims=True), found)
    kept = tuple(1 if i in axis else n for i, n in enumerate(x.shape)) if keepdims else tuple(x.shape[i] for i in rest)
    return reshape.bind(found, shape=(*levels.shape, *kept))


@definition(numpy={np.quantile: ("overwrite_input",)}, methods=["quantile"])
def quantile(
    x: Any, q: Levels, axis: AxesWithElements = None, *, method: Method = "linear", keepdims: Flag = False
) -> Any:
    """The quantiles of x at given levels over the given axes, by default all. x (...) -> (*q, ...).

    Half precision is computed in single. A line with nan gives nan.

    Arguments:
        x: real numbers.
        q: one level, or an array of them, from 0 to 1.
        axis: one axis or several; None for all of them.
        method: one of NumPy's, by name: "linear", "lower", "nearest", "weibull", …
        keepdims: whether reduced axes stay, with length 1.
    Returns:
        The quantiles, q's shape before x's remaining axes; of integers, float64.
    Raises:
        ValueError: for levels out of range, an unknown method, a bad axis, and axes without elements.
    Source: Hyndman & Fan 1996, "Sample Quantiles in Statistical Packages".

    Example:
        >>> x = Tensor([1.0, 2.0, 4.0], requires_grad=True)
        >>> y = ag.quantile(x, 0.75)
        >>> y.item(), ag.grad(y, x).numpy()
        (3.0, array([0. , 0.5, 0.5]))
    """
    return _levels_of(x, name="quantile", q=q, axis=axis, keepdims=keepdims, method=method)


@definition(numpy={np.percentile: ("overwrite_input",)})
def percentile(
    x: Any, q: Levels, axis: AxesWithElements = None, *, method: Method = "linear", keepdims: Flag = False
) -> Any:
    """The percentiles over the given axes, by default all: quantiles at levels in hundredths. x (...) -> (*q, ...).

    Arguments:
        x: real numbers.
        q: one level, or an array of them, from 0 to 100.
        axis: one axis or several; None for all of them.
        method: as for `quantile`.
        keepdims: whether reduced axes stay, with length 1.
    Returns:
        The percentiles, q's shape before x's remaining axes; of integers, float64.
    Raises:
        ValueError: for levels out of range, an unknown method, a bad axis, and axes without elements.

    Example:
        >>> ag.percentile(Tensor([1.0, 2.0, 4.0]), [0, 50]).numpy()
        array([1., 2.])
    """
    given: Any = q if isinstance(q, Value) else np.asarray(q, np.float64)
    levels = given / 100
    if not ((bare(levels) >= 0) & (bare(levels) <= 1)).all():
        raise ValueError(f"percentile: levels must be from 0 to 100, not {q!r:.60}")
    return _levels_of(x, name="percentile", q=levels, axis=axis, keepdims=keepdims, method=method)


@definition(numpy={np.median: ("overwrite_input",)}, methods=["median"])
def median(x: Any, axis: AxesWithElements = None, keepdims: Flag = False) -> Any:
    """The median over the given axes, by default all; of two in the middle their mean. x (...) -> (...).

    Half precision is computed in single. PyTorch's takes the lower of two.

    Arguments:
        x: real numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
    Returns:
        The medians; nan where there is one; of integers, float64.
    Raises:
        ValueError: for a bad axis, and for axes without elements.

    Example:
        >>> x = Tensor([5.0, 1.0, 3.0, 4.0], requires_grad=True)
        >>> ag.grad(ag.median(x), x).numpy()
        array([0. , 0. , 0.5, 0.5])
    """
    return _levels_of(x, name="median", q=0.5, axis=axis, keepdims=keepdims, method="linear")


@definition(numpy=[np.ptp])
def ptp(x: Any, axis: AxesWithElements = None, keepdims: Flag = False) -> Any:
    """The range, largest less smallest element, over the given axes, by default all. x (...) -> (...).

    Arguments:
        x: real numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
    Returns:
        The ranges, in x's dtype.
    Raises:
        ValueError: for a bad axis, and for axes without elements.

    Example:
        >>> x = Tensor([1.0, 4.0, 2.0], requires_grad=True)
        >>> ag.grad(ag.ptp(x), x).numpy()
        array([-1.,  1.,  0.])
    """
    return max.bind(x, axis=axis, keepdims=keepdims) - min.bind(x, axis=axis, keepdims=keepdims)


@definition(numpy=[np.average])
def average(x: Any, axis: Axes = None, weights: Weights = None, *, keepdims: Flag = False) -> Any:
    """The weighted mean Σ w·x / Σ w over the given axes, by default all. x (...) -> (...).

    Arguments:
        x: numbers.
        axis: one axis or several; None for all of them.
        weights: as many as x has elements in x's shape, or, for one axis, along that; None for equal ones.
        keepdims: whether reduced axes stay, with length 1.
    Returns:
        The means; of integers, float64.
    Raises:
        ValueError: for weights that do not fit, a bad axis, and axes without elements.
        ZeroDivisionError: for weights that add up to 0.

    Example:
        >>> x = Tensor([1.0, 5.0], requires_grad=True)
        >>> ag.grad(ag.average(x, weights=[3.0, 1.0]), x).numpy()
        array([0.75, 0.25])
    """
    if weights is None:
        return mean(x, axis, keepdims)
    w = operand("average", weights)
    if w.shape != x.shape:
        if w.shape != tuple(x.shape[i] for i in axis):
            raise ValueError(f"average: weights {w.shape} must have x's shape {x.shape}, or that of its axes {axis}")
        w = reshape.bind(w, shape=tuple(n if i in axis else 1 for i, n in enumerate(x.shape)))
    total = sum.bind(w * np.ones(x.shape, w.dtype), axis=axis, keepdims=keepdims)
    if not np.all(bare(total)):
        raise ZeroDivisionError("average: the weights add up to 0")
    return sum.bind(x * w, axis=axis, keepdims=keepdims) / total


@definition
def var_mean(x: Any, axis: Axes = None, keepdims: Flag = False, *, ddof: Ddof = 1) -> tuple[Any, Any]:
    """The variance and the mean over the given axes, by default all; PyTorch's name. x (...) -> (...), (...).

    Arguments:
        x: real numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
        ddof: a number of at least 0, which the number of elements is reduced by; 1 as in PyTorch.
    Returns:
        The variances and the means.
    Raises:
        ValueError: for an axis out of range or named twice, and for elements, but no more than ddof.

    Example:
        >>> [part.item() for part in ag.var_mean(Tensor([1.0, 3.0]))]
        [2.0, 2.0]
    """
    return var(x, axis, keepdims, ddof=ddof), mean(x, axis, keepdims)


@definition
def std_mean(x: Any, axis: Axes = None, keepdims: Flag = False, *, ddof: Ddof = 1) -> tuple[Any, Any]:
    """The standard deviation and the mean over the given axes, by default all. x (...) -> (...), (...).

    PyTorch's name. Where all elements are equal the deviation's subgradient is 0.

    Arguments:
        x: real numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
        ddof: a number of at least 0, which the number of elements is reduced by; 1 as in PyTorch.
    Returns:
        The standard deviations and the means.
    Raises:
        ValueError: for an axis out of range or named twice, and for elements, but no more than ddof.

    Example:
        >>> [part.item() for part in ag.std_mean(Tensor([1.0, 3.0, 5.0]))]
        [2.0, 3.0]
    """
    return std(x, axis, keepdims, ddof=ddof), mean(x, axis, keepdims)


# ── without nan ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _known(x: Any) -> Any:
    """Where x is a number."""
    return x == x


@definition(numpy=[np.nansum])
def nansum(x: Any, axis: Axes = None, keepdims: Flag = False) -> Any:
    """The sum of what is not nan over the given axes, by default all. x (...) -> (...).

    Arguments:
        x: numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
    Returns:
        The sums; 0 where there is nothing but nan.
    Raises:
        ValueError: for an axis out of range or named twice.

    Example:
        >>> x = Tensor([1.0, np.nan], requires_grad=True)
        >>> ag.nansum(x).item(), ag.grad(ag.nansum(x), x).numpy()
        (1.0, array([1., 0.]))
    """
    return sum.bind(where(_known(x), x, 0), axis=axis, keepdims=keepdims)


@definition(numpy=[np.nanprod])
def nanprod(x: Any, axis: Axes = None, keepdims: Flag = False) -> Any:
    """The product of what is not nan over the given axes, by default all. x (...) -> (...).

    Arguments:
        x: numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
    Returns:
        The products; 1 where there is nothing but nan.
    Raises:
        ValueError: for an axis out of range or named twice.

    Example:
        >>> ag.nanprod(Tensor([3.0, np.nan, 2.0])).item()
        6.0
    """
    return prod.bind(where(_known(x), x, 1), axis=axis, keepdims=keepdims)


def _counted(x: Any, axis: tuple[int, ...]) -> Any:
    return sum.bind(_known(x), axis=axis, keepdims=True)


@definition(numpy=[np.nanmean])
def nanmean(x: Any, axis: Axes = None, keepdims: Flag = False) -> Any:
    """The mean of what is not nan over the given axes, by default all. x (...) -> (...).

    Half precision is computed in single.

    Arguments:
        x: numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
    Returns:
        The means; nan where there is nothing but nan.
    Raises:
        ValueError: for an axis out of range or named twice.

    Example:
        >>> x = Tensor([1.0, np.nan, 5.0], requires_grad=True)
        >>> ag.nanmean(x).item(), ag.grad(ag.nanmean(x), x).numpy()
        (3.0, array([0.5, 0. , 0.5]))
    """
    return _nan_moment(x, axis=axis, keepdims=keepdims)


@in_single
def _nan_moment(x: Any, *, axis: tuple[int, ...], keepdims: bool, ddof: float | None = None, root: bool = False) -> Any:
    """The mean of what is not nan, or, with ddof, its variance or the root of that."""
    kind = x.dtype if x.dtype.kind in "fc" else np.dtype(np.float64)
    number = _counted(x, axis)
    found = sum.bind(where(_known(x), x, 0), axis=axis, keepdims=True) / _or_nan(number != 0, number, kind)
    if ddof is not None:
        far = where(_known(x), x - found, 0)
        squares = square(far) if kind.kind == "f" else square(real(far)) + square(imag(far))
        total = sum.bind(where(_known(x), squares, 0), axis=axis, keepdims=True)
        found = total / _or_nan(number > ddof, number - ddof, total.dtype)
        found = flat_root.bind(found) if root else found
    return found if keepdims else reshape.bind(found, shape=_without(x.shape, axis))


def _or_nan(mask: Any, count: Any, dtype: np.dtype[Any]) -> Any:
    return cast.bind(where(mask, count, np.nan), dtype=dtype)


def _without(shape: tuple[int, ...], axis: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for i, n in enumerate(shape) if i not in axis)


@definition(numpy=[np.nanvar])
def nanvar(x: Any, axis: Axes = None, keepdims: Flag = False, *, ddof: Ddof = 0) -> Any:
    """The variance of what is not nan over the given axes, by default all. x (...) -> (...).

    Half precision is computed in single.

    Arguments:
        x: real numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
        ddof: a number of at least 0, which the number of elements is reduced by.
    Returns:
        The variances; nan where there are no more than ddof numbers.
    Raises:
        ValueError: for an axis out of range or named twice.

    Example:
        >>> ag.nanvar(Tensor([1.0, np.nan, 5.0])).item()
        4.0
    """
    return _nan_moment(x, axis=axis, keepdims=keepdims, ddof=ddof)


@definition(numpy=[np.nanstd])
def nanstd(x: Any, axis: Axes = None, keepdims: Flag = False, *, ddof: Ddof = 0) -> Any:
    """The standard deviation of what is not nan over the given axes, by default all. x (...) -> (...).

    Half precision is computed in single. Where all are equal the subgradient is 0.

    Arguments:
        x: real numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
        ddof: a number of at least 0, which the number of elements is reduced by.
    Returns:
        The standard deviations; nan where there are no more than ddof numbers.
    Raises:
        ValueError: for an axis out of range or named twice.

    Example:
        >>> ag.nanstd(Tensor([1.0, np.nan, 5.0])).item()
        2.0
    """
    return _nan_moment(x, axis=axis, keepdims=keepdims, ddof=ddof, root=True)


def _nan_extreme(name: str, own: Any, least: float, x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    """The extreme of what is not nan; nan where nothing else is."""
    count(name, x.shape, axis)
    if x.dtype.kind != "f":
        return own.bind(x, axis=axis, keepdims=keepdims)
    nothing = _counted(x, axis) == 0
    return own.bind(where(_known(x) + nothing, x, least), axis=axis, keepdims=keepdims)


@definition(numpy=[np.nanmax])
def nanmax(x: Any, axis: Axes = None, keepdims: Flag = False) -> Any:
    """The largest of what is not nan over the given axes, by default all. x (...) -> (...).

    Tied elements share the gradient equally.

    Arguments:
        x: real numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
    Returns:
        The largest numbers; nan where there is nothing but nan.
    Raises:
        ValueError: for a bad axis, and for axes without elements.

    Example:
        >>> ag.nanmax(Tensor([1.0, np.nan, 5.0])).item()
        5.0
    """
    return _nan_extreme("nanmax", max, -np.inf, x, axis, keepdims)


@definition(numpy=[np.nanmin])
def nanmin(x: Any, axis: Axes = None, keepdims: Flag = False) -> Any:
    """The smallest of what is not nan over the given axes, by default all. x (...) -> (...).

    Tied elements share the gradient equally.

    Arguments:
        x: real numbers.
        axis: one axis or several; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
    Returns:
        The smallest numbers; nan where there is nothing but nan.
    Raises:
        ValueError: for a bad axis, and for axes without elements.

    Example:
        >>> ag.nanmin(Tensor([1.0, np.nan, 5.0])).item()
        1.0
    """
    return _nan_extreme("nanmin", min, np.inf, x, axis, keepdims)


# ── along one axis ────────────────────────────────────────────────────────────────────────────────────────────────────


@definition(numpy=[np.trapezoid])
def trapezoid(y: Any, x: Weights = None, dx: Plain = 1.0, axis: Axis = -1) -> Any:
    """The integral of y along an axis by the trapezoidal rule. y (..., n, ...) -> (...).

    Arguments:
        y: the values.
        x: where they were taken: as many places, or as y has elements; None for equal distances.
        dx: the distance where there is no x.
        axis: the axis.
    Returns:
        The integrals, without the axis.
    Raises:
        ValueError: for a bad axis, and for places that do not fit.

    Example:
        >>> y = Tensor([1.0, 2.0, 3.0], requires_grad=True)
        >>> ag.trapezoid(y).item(), ag.grad(ag.trapezoid(y), y).numpy()
        (4.0, array([0.5, 1. , 0.5]))
    """
    lead = (slice(None),) * axis
    between = getitem.bind(y, index=(*lead, slice(1, None))) + getitem.bind(y, index=(*lead, slice(None, -1)))
    if x is None:
        return sum.bind(between * dx, axis=(axis,), keepdims=False) / 2
    places = operand("trapezoid", x)
    if places.shape == (y.shape[axis],):
        places = places.reshape(tuple(n if i == axis else 1 for i, n in enumerate(y.shape)))
    if len(places.shape) != len(y.shape) or places.shape[axis] != y.shape[axis]:
        raise ValueError(f"trapezoid: x {places.shape} must have one place for each value of axis {axis}, y {y.shape}")
    steps = getitem.bind(places, index=(*lead, slice(1, None))) - getitem.bind(places, index=(*lead, slice(None, -1)))
    return sum.bind(between * steps, axis=(axis,), keepdims=False) / 2
