"""Functions known at places: interpolation, slopes, convolution, and how sampled quantities vary together."""

from typing import Annotated, Any

import numpy as np

from ..arguments import Axis, DdofOrNone, Flag, NumberOrNone, Parameter, Plain, axes_of, bare
from ..core.primitive import operand
from ..core.tape import Value
from .arithmetic import matmul
from .elementwise import astype, floating, in_dtype, sqrt, where
from .kinds import conjugated, definition, op
from .precision import in_single
from .reduce import mean
from .scan import diff
from .shape import concatenate, getitem, reshape
from .statistics import average

Optional = Annotated[Any, Parameter(None, "Tensor | ArrayLike | None")]

# ── between places ────────────────────────────────────────────────────────────────────────────────────────────────────


@definition(numpy=[np.interp])
def interp(
    x: Any, xp: Any, fp: Any, left: NumberOrNone = None, right: NumberOrNone = None, period: NumberOrNone = None
) -> Any:
    """Values between those known at places, on straight lines. x (...), xp (n,), fp (n,) -> (...).

    The gradient flows to x, xp and fp. At a known place the slope in x is that of the piece to the right.

    Arguments:
        x: where the values are wanted.
        xp: the places, ascending; with a period in any order.
        fp: the values there.
        left, right: what there is before the first place and behind the last; None for the values there.
        period: a period of x and xp.
    Returns:
        The values, in x's shape.
    Raises:
        ValueError: unless xp and fp are equally long, of at least one place, and for a period of 0.

    Example:
        >>> x = Tensor([0.5, 3.0], requires_grad=True)
        >>> y = ag.interp(x, [0.0, 1.0, 2.0], [0.0, 10.0, 0.0])
        >>> y.numpy(), ag.grad(y.sum(), x).numpy()
        (array([5., 0.]), array([10.,  0.]))
    """
    x, xp, fp = floating("interp", (), x=x, xp=xp, fp=fp)
    if len(xp.shape) != 1 or xp.shape != fp.shape or not xp.shape[0]:
        raise ValueError(f"interp: xp {xp.shape} and fp {fp.shape} must be (n,) both, with at least one place")
    if period is not None:
        if period == 0:
            raise ValueError("interp: the period must not be 0")
        left = right = None
        x, xp = (v - np.floor(bare(v) / abs(period)) * abs(period) for v in (x, xp))
        order = np.argsort(bare(xp), kind="stable")
        xp, fp = getitem(xp, order), getitem(fp, order)
        ends = ([-1], slice(None), [0])
        shifts = (-abs(period), 0, abs(period))
        xp = concatenate([getitem(xp, i) + shift for i, shift in zip(ends, shifts, strict=True)])
        fp = concatenate([getitem(fp, i) for i in ends])
    places, at, n = bare(xp), bare(x), xp.shape[0]
    i = np.clip(np.searchsorted(places, at, "right") - 1, 0, np.maximum(n - 2, 0))
    j = np.minimum(i + 1, n - 1)
    width = getitem(xp, j) - getitem(xp, i)
    low, high = getitem(fp, i), getitem(fp, j)
    inside = (at >= places[0]) & (at <= places[-1]) & (bare(width) != 0)
    share = where(inside, (x - getitem(xp, i)) / where(inside, width, 1), 0)
    found = where(at == places[-1], high + (high - low) * (share - 1), low + (high - low) * share)
    found = where(at < places[0], getitem(fp, 0) if left is None else left, found)
    found = where(at > places[-1], getitem(fp, n - 1) if right is None else right, found)
    return where(at != at, x, found)


@definition(numpy=[np.unwrap])
def unwrap(p: Any, discont: NumberOrNone = None, axis: Axis = -1, *, period: Plain = 2 * np.pi) -> Any:
    """Angles without jumps: whole periods added wherever neighbours differ by half of one or more. p (...) -> (...).

    Arguments:
        p: the angles.
        discont: the least jump that is taken out, by default and at least half a period.
        axis: along which axis.
        period: after which angles repeat; 2π is that of radians.
    Returns:
        The angles, in p's shape; the slope is 1.
    Raises:
        ValueError: for an axis out of range.

    Example:
        >>> ag.unwrap(Tensor([0.0, 3.0, 6.0 - 2 * np.pi])).numpy()
        array([0., 3., 6.])
    """
    return p + turns.bind(p, discont=discont, axis=axis, period=period)


@op(public=False)
def turns(p: Any, *, discont: Any, axis: int, period: Any) -> Any:
    """The whole periods that angles without jumps have more. p (...) -> (...)."""
    return np.unwrap(p, discont, axis, period=period) - p


turns.defvjp(p=None)


# ── slopes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@definition(numpy=[np.ediff1d])
def ediff1d(ary: Any, to_end: Optional = None, to_begin: Optional = None) -> Any:
    """The differences of all elements in one line. ary (...) -> (n − 1,).

    Arguments:
        ary: real numbers.
        to_end, to_begin: arrays or numbers to put behind and before the differences.
    Returns:
        The differences, in one line.

    Example:
        >>> ag.ediff1d(Tensor([1.0, 4.0, 9.0]), to_begin=0.0).numpy()
        array([0., 3., 5.])
    """
    line = reshape.bind(ary, shape=(int(np.prod(ary.shape)),))
    found = diff.bind(line, n=min(1, line.shape[0]), axis=0)
    ends = [None if end is None else in_dtype("ediff1d", end, line.dtype).reshape((-1,)) for end in (to_begin, to_end)]
    return concatenate([part for part in (ends[0], found, ends[1]) if part is not None])


def _slopes(name: str, y: Any, spacing: Any, axis: int, edge_order: int) -> Any:
    """Slopes along one axis: by neighbours on either side inside, by the first and last few at the ends."""
    n, lead = y.shape[axis], (slice(None),) * axis
    if n < edge_order + 1:
        raise ValueError(f"{name}: axis {axis} of shape {y.shape} is too short; it takes {edge_order + 1} elements")

    def cut(start: int | None, end: int | None) -> Any:
        return getitem.bind(y, index=(*lead, slice(start, end)))

    def of(start: int | None, end: int | None) -> Any:
        return getitem.bind(h, index=(*lead, slice(start, end))) if h.shape else h

    h = operand(name, spacing)
    if h.shape:
        h = reshape(diff.bind(h, n=1, axis=0), [-1 if i == axis else 1 for i in range(len(y.shape))])
    h = astype(h, y.dtype)
    if not h.shape and edge_order == 1:
        ends = (cut(1, 2) - cut(0, 1)) / h, (cut(n - 1, n) - cut(n - 2, n - 1)) / h
        return concatenate([ends[0], (cut(2, None) - cut(None, -2)) / (2 * h), ends[1]] if n > 2 else [*ends], axis)
    before, after = of(None, -1), of(1, None)
    steps = before * after * (before + after)
    weights = (-(after**2) / steps, (after**2 - before**2) / steps, before**2 / steps)
    middle = _total(w * cut(i, n - 2 + i) for i, w in enumerate(weights))
    if edge_order == 1:
        first, last = (cut(1, 2) - cut(0, 1)) / of(0, 1), (cut(n - 1, n) - cut(n - 2, n - 1)) / of(-1, None)
    else:
        a, b = of(0, 1), of(1, 2)
        first = _total((cut(0, 1) * (-(2 * a + b) / (a * (a + b))), cut(1, 2) * ((a + b) / (a * b)),
                        cut(2, 3) * (-a / (b * (a + b)))))  # fmt: skip
        a, b = of(-2, -1), of(-1, None)
        last = _total((cut(n - 3, n - 2) * (b / (a * (a + b))), cut(n - 2, n - 1) * (-(a + b) / (a * b)),
                       cut(n - 1, n) * ((2 * b + a) / (b * (a + b)))))  # fmt: skip
    return concatenate([first, middle, last] if n > 2 else [first, last], axis)


def _total(terms: Any) -> Any:
    """The sum of several arrays."""
    first, *others = terms
    for term in others:
        first = first + term
    return first


@definition(numpy=[np.gradient])
def gradient(f: Any, *varargs: Any, axis: Plain = None, edge_order: Plain = 1) -> Any:
    """The slopes of sampled values along axes, by differences of neighbours; NumPy's `gradient`. f (...) -> (...).

    It is linear in the values; the gradient flows to distances and places too. Derivatives of functions are `grad`'s.

    Arguments:
        f: the values, real numbers.
        *varargs: nothing, for distances of 1; one distance for all axes; or for each a distance or its places (n,).
        axis: one axis or several; None for all of them.
        edge_order: 1 or 2, of how exact the ends are.
    Returns:
        An array of f's shape for each axis: one alone, several in a tuple.
    Raises:
        ValueError: for distances that do not fit, an axis that is too short, and another edge_order.
        TypeError: for another number of distances.

    Example:
        >>> ag.gradient(Tensor([1.0, 4.0, 9.0])).numpy()
        array([3., 4., 5.])
    """
    (y,) = floating("gradient", (), f=f)
    axes_of("gradient", y.shape, axis)  # out of range, or twice
    given = range(len(y.shape)) if axis is None else axis if isinstance(axis, tuple | list) else (axis,)
    along = [a % len(y.shape) for a in given]
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order must be 1 or 2, not {edge_order!r}")
    if len(varargs) not in (0, 1, len(along)):
        raise TypeError(f"gradient: {len(varargs)} distances do not go with {len(along)} axes")
    distances = varargs * len(along) if len(varargs) == 1 else varargs or (1.0,) * len(along)
    for spacing, a in zip(distances, along, strict=True):
        if np.ndim(spacing) > 1 or (np.ndim(spacing) and np.shape(spacing) != (y.shape[a],)):
            raise ValueError(f"gradient: {np.shape(spacing)} places do not go with axis {a} of shape {y.shape}")
    found = tuple(_slopes("gradient", y, spacing, a, edge_order) for spacing, a in zip(distances, along, strict=True))
    return found[0] if len(found) == 1 else found


# ── convolution in one dimension ──────────────────────────────────────────────────────────────────────────────────────


@op(public=False, analytic=True, takes_complex=True, cost=lambda a, v: a[0] * v[0])
def convolved(a: Any, v: Any) -> Any:
    """Σᵢ a[i]·v[k − i], wherever they meet. a (n,), v (m,) -> (n + m − 1,)."""
    return np.convolve(a, v)


@op(public=False, analytic=True, takes_complex=True, cost=lambda out, v: out[0] * v[0])
def correlated(y: Any, v: Any) -> Any:
    """Σₖ y[i + k]·v[k], where v lies inside y: the adjoint of the convolution. y (n,), v (m,) -> (n − m + 1,)."""
    return np.convolve(y, v[::-1], "valid")


convolved.defvjp(a=lambda g, v: correlated.bind(g, conjugated(v)), v=lambda g, a: correlated.bind(g, conjugated(a)))
correlated.defvjp(y=lambda g, v: convolved.bind(g, conjugated(v)), v=lambda g, y: correlated.bind(conjugated(y), g))


def _part_of(name: str, full: Any, n: int, m: int, mode: str) -> Any:
    """The part of the whole convolution that a mode means."""
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"{name}: mode must be 'full', 'same' or 'valid', not {mode!r}")
    most, least = (n, m) if n >= m else (m, n)
    start = {"full": 0, "same": (least - 1) // 2, "valid": least - 1}[mode]
    length = {"full": n + m - 1, "same": most, "valid": most - least + 1}[mode]
    return getitem.bind(full, index=slice(start, start + length))


def _lines(name: str, **arrays: Any) -> list[Any]:
    found = []
    for what, given in arrays.items():
        line = operand(name, given, *arrays.values())
        line = line if line.shape else line.reshape((1,))
        if len(line.shape) != 1 or not line.shape[0]:
            raise ValueError(f"{name}: {what} {line.shape} must be one line (n,) of at least one element")
        found.append(line)
    return found


@definition(numpy=[np.convolve])
def convolve(a: Any, v: Any, mode: Plain = "full") -> Any:
    """The convolution Σᵢ a[i]·v[k − i] of two lines. a (n,), v (m,) -> (k,).

    Arguments:
        a, v: numbers, one line each.
        mode: "full" for all places where they meet, n + m − 1; "same" for the max(n, m) in the middle; "valid" for
            those where the shorter lies inside the longer.
    Returns:
        The sums, in one line.
    Raises:
        ValueError: for an empty line, more axes, and another mode.

    Example:
        >>> ag.convolve(Tensor([1.0, 2.0, 3.0]), [0.0, 1.0, 0.5]).numpy()
        array([0. , 1. , 2.5, 4. , 1.5])
    """
    x, y = _lines("convolve", a=a, v=v)
    return _part_of("convolve", convolved.bind(x, y), x.shape[0], y.shape[0], mode)


@definition(numpy=[np.correlate])
def correlate(a: Any, v: Any, mode: Plain = "valid") -> Any:
    """The cross-correlation Σᵢ a[k + i]·v̄[i] of two lines. a (n,), v (m,) -> (k,).

    Arguments:
        a, v: numbers, one line each.
        mode: as for `convolve`.
    Returns:
        The sums, in one line.
    Raises:
        ValueError: for an empty line, more axes, and another mode.

    Example:
        >>> ag.correlate(Tensor([1.0, 2.0, 3.0]), [0.0, 1.0, 0.5]).numpy()
        array([3.5])
    """
    x, y = _lines("correlate", a=a, v=v)
    mirrored = getitem.bind(conjugated(y), index=slice(None, None, -1))
    full = convolved.bind(x, mirrored)
    if mode == "same" and x.shape[0] < y.shape[0]:  # NumPy turns them round, and the result with them
        start = (x.shape[0] - 1) - (x.shape[0] - 1) // 2
        return getitem.bind(full, index=slice(start, start + y.shape[0]))
    return _part_of("correlate", full, x.shape[0], y.shape[0], mode)


# ── together ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@definition(numpy=[np.cov])
@in_single
def cov(
    m: Any, y: Optional = None, rowvar: Flag = True, bias: Flag = False, ddof: DdofOrNone = None,
    fweights: Optional = None, aweights: Optional = None,
) -> Any:  # fmt: skip
    """The covariances of variables observed together. m (variables, n) -> (variables, variables).

    Arguments:
        m: a row for each variable, a column for each observation; one line is one variable.
        y: more variables, in the same form.
        rowvar: False where the variables are columns.
        bias: divide by n, not by n − 1.
        ddof: divide by n − ddof, whatever bias is.
        fweights: how often each observation was made, integers (n,).
        aweights: weights of the observations, (n,).
    Returns:
        The symmetric matrix of covariances; of one variable its variance, ().
    Raises:
        ValueError: for more than two axes, and for weights that do not fit.

    Example:
        >>> ag.cov(Tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])).numpy()
        array([[ 1., -1.],
               [-1.,  1.]])
    """
    rows = [_variables("cov", x, rowvar) for x in (m, y) if x is not None]
    x = concatenate(rows) if len(rows) > 1 else rows[0]
    n = x.shape[1]
    weights: Any = None
    last: Any = None
    for what, given in (("fweights", fweights), ("aweights", aweights)):
        if given is not None:
            w = np.asarray(bare(given))
            if w.shape != (n,) or (w < 0).any() or (what == "fweights" and (w != np.rint(w)).any()):
                raise ValueError(f"cov: {what} {w.shape} must be {n} numbers of at least 0, one for each observation")
            last = given if isinstance(given, Value) else w
            weights = last if weights is None else weights * last
    less = (0 if bias else 1) if ddof is None else ddof
    total: Any = n if weights is None else weights.sum()
    divisor: Any
    own = None if weights is None else weights.astype(x.dtype)
    if weights is None or aweights is None or not less:
        divisor = total - less
    else:
        divisor = total - less * (weights * last).sum() / total
    recorded = isinstance(weights, Value)
    divisor = 0.0 if bare(divisor) <= 0 else divisor.astype(x.dtype) if recorded else float(divisor)
    centred = x - (mean(x, 1, True) if own is None else average(x, 1, own, keepdims=True))
    weighted = centred if own is None else centred * own
    found = matmul(weighted, conjugated(centred).mT) / divisor
    return found.reshape(()) if found.shape == (1, 1) else found


def _variables(name: str, given: Any, rowvar: bool) -> Any:
    x = operand(name, given)
    (x,) = (x,) if x.dtype.kind == "c" else floating(name, (), x=given)
    if len(x.shape) > 2:
        raise ValueError(f"{name}: {x.shape} has more than two axes; it must be (variables, n)")
    x = x.reshape((1, -1)) if len(x.shape) < 2 else x
    return x if rowvar or x.shape[0] == 1 else x.T


@definition(numpy=[np.corrcoef])
@in_single
def corrcoef(x: Any, y: Optional = None, rowvar: Flag = True) -> Any:
    """The correlation coefficients of variables observed together. x (variables, n) -> (variables, variables).

    Arguments:
        x: a row for each variable, a column for each observation.
        y: more variables, in the same form.
        rowvar: False where the variables are columns.
    Returns:
        The symmetric matrix of coefficients, from -1 to 1; nan where a variable does not vary; of one variable 1, ().
    Raises:
        ValueError: for more than two axes.

    Example:
        >>> ag.corrcoef(Tensor([[1.0, 2.0, 3.0], [6.0, 4.0, 2.0]])).numpy()
        array([[ 1., -1.],
               [-1.,  1.]])
    """
    c = cov(x, y, rowvar)
    if not c.shape:
        return c / c
    spread = sqrt(getitem(c.real if c.dtype.kind == "c" else c, (np.arange(c.shape[0]), np.arange(c.shape[0]))))
    return c / spread.reshape((-1, 1)) / spread.reshape((1, -1))
