"""Kinds of distributions: what a row says of the standard one, and the methods that follow from it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf, nan
from typing import Any, ClassVar

import numpy as np

from ..arguments import Plain
from ..core.observer import is_grad_enabled
from ..core.primitive import clash
from ..core.tape import Value
from ..ops.elementwise import exp, log, where
from ..ops.kinds import elementwise, op
from ..ops.special import xlogy
from .drawing import counts, drawing, together

Function = Callable[..., Any]
POSITIVE: Function = lambda x: x > 0
PROBABILITY: Function = lambda x: (x >= 0) & (x <= 1)
COUNT: Function = lambda x: x >= 0


# ── domains and supports, an operation each, which comparisons and `where` would be ten of ────────────────────────────


@elementwise(product=lambda g: g, analytic=False, public=False)
def checked(x: Any, *, domain: Plain) -> Any:
    """x where the predicate holds, else nan. x (...) -> (...)."""
    return np.where(domain(x), x, nan)


def _under(z: Any, low: float, open: bool) -> Any:  # noqa: A002
    return np.less_equal(z, low) if open else np.less(z, low)


def _over(z: Any, high: float, open: bool) -> Any:  # noqa: A002
    return np.greater_equal(z, high) if open or high == inf else np.greater(z, high)


@op(public=False)
def masked(y: Any, z: Any, *, low: float, high: float, open: bool) -> Any:  # noqa: A002
    """y where z is in the interval, or nan, else 0. y, z (...) broadcast -> (...). Self-adjoint in y."""
    return np.where(_under(z, low, open) | _over(z, high, open), 0, y)


@op(public=False)
def into(z: Any, *, inner: float, low: float, high: float, open: bool) -> Any:  # noqa: A002
    """z in the interval, else `inner`. z (...) -> (...)."""
    return np.where(_under(z, low, open) | _over(z, high, open), inner, z)


@op(public=False)
def patched(y: Any, z: Any, *, below: float, above: float, low: float, high: float, open: bool) -> Any:  # noqa: A002
    """y where z is in the interval, else what is known below and above it. y, z (...) broadcast -> (...)."""
    return np.where(_under(z, low, open), below, np.where(_over(z, high, open), above, y))


def _let_through(g: Any, z: Any, *, low: float, high: float, open: bool) -> Any:  # noqa: A002
    return masked.bind(g, z, low=low, high=high, open=open)


masked.defvjp(y=_let_through, z=None)
into.defvjp(z=_let_through)
patched.defvjp(y=_let_through, z=None)


@dataclass(frozen=True, eq=False)
class Distribution:
    """Arguments by SciPy's names and in SciPy's order, for every method.

    shapes: names of the parameters beside those that move and stretch. law: the standard density or probability, to
    read. domains: which values the shapes may have, where that is not all above 0.
    """

    name: str
    shapes: tuple[str, ...]
    law: str
    domains: dict[str, Function] = field(default_factory=dict, kw_only=True)
    more: ClassVar[dict[str, int]] = {}

    def _read(
        self, method: str, args: tuple[Any, ...], named: dict[str, Any], first: tuple[Any, ...] = ()
    ) -> list[Any]:
        """What was given, `first` and parameters, as floating arrays; nan for values that are none.

        The defaults of those that move and stretch are Python's numbers.
        """
        called, names = f"{self.name}.{method}", (*self.shapes, *self.more)
        values = dict(zip(names, args, strict=False))
        missing = [name for name in self.shapes if name not in values and name not in named]
        if named or missing or len(args) > len(names):
            wrong = {
                "is given twice": [name for name in named if name in values],
                "is unknown": [name for name in named if name not in names],
                "is one too many": [*map(repr, args[len(names) :])],
                "is missing": missing,
            }
            for what, which in wrong.items():
                if which:
                    raise TypeError(f"{called}: {which[0]} {what}; the parameters are {', '.join(names)}")
        values = {**self.more, **values, **named}
        found = together(called, *first, *(values[name] for name in names))
        shapes = [x.shape for x in found if x.shape]
        if len({*shapes}) > 1:
            try:
                np.broadcast_shapes(*shapes)
            except ValueError:
                raise ValueError(f"{called}: {' and '.join(map(str, shapes))}: {clash(shapes)}") from None
        for i, name in enumerate(names, len(first)):
            if type(values[name]) is int and values[name] == self.more.get(name):
                found[i] = values[name]  # what moves and stretches nothing
            elif name != "loc":
                found[i] = checked.bind(found[i], domain=self.domains.get(name, POSITIVE))
        return found

    def __repr__(self) -> str:
        return f"<distribution {self.name}({', '.join((*self.shapes, *self.more))}): {self.law}>"


@dataclass(frozen=True, eq=False, repr=False)
class Continuous(Distribution):
    """A distribution on the line, from the standard one, whose functions are given z and the shapes.

    sample: of shapes (if there are none, of an array for its dtype), size and rng. support: its ends, and a point
    inside; on the ends, if `open`, the density is 0.
    """

    log_density: Function = field(kw_only=True)
    sample: Function = field(kw_only=True)
    distribution: Function = field(kw_only=True)
    survival: Function = field(kw_only=True)
    log_distribution: Function | None = field(default=None, kw_only=True)
    log_survival: Function | None = field(default=None, kw_only=True)
    quantile: Function | None = field(default=None, kw_only=True)
    support: tuple[float, float, float] = field(default=(-inf, inf, 0.0), kw_only=True)
    open: bool = field(default=False, kw_only=True)
    more: ClassVar[dict[str, int]] = {"loc": 0, "scale": 1}

    def logpdf(self, x: Any, *args: Any, **named: Any) -> Any:
        """The logarithm of the density at x. x and parameters (...) broadcast -> (...).

        -inf with gradient 0 outside the support, nan where a parameter is out of its domain.

        Arguments:
            x: (...).
            *args, **named: (...), the shape parameters, then loc=0 and scale=1, by SciPy's names.
        Returns:
            (...), the shape that they broadcast to.
        Raises:
            TypeError: for parameters that are missing, unknown or given twice.

        Example:
            >>> loc = Tensor(0.5, requires_grad=True)
            >>> ag.grad(ag.stats.norm.logpdf(2.0, loc), loc).item()
            1.5
        """
        z, shapes, scale = self._standard("logpdf", x, args, named)
        found = self._inside(z, -inf, -inf, lambda z: self.log_density(z, *shapes))
        return found if _is(scale, 1) else found - log(scale)

    def pdf(self, x: Any, *args: Any, **named: Any) -> Any:
        """The density at x, 0 with gradient 0 outside the support; otherwise as logpdf."""
        return exp(self.logpdf(x, *args, **named))

    def cdf(self, x: Any, *args: Any, **named: Any) -> Any:
        """The probability of at most x; arguments as logpdf's.

        In the shapes of gamma and chi2 there is a first derivative only; in those of beta and t there is none, and one
        that requires a gradient is refused, with TypeError. So it is with sf, logcdf and logsf.
        """
        return self._summed("cdf", self.distribution, 0, 1, x, args, named)

    def sf(self, x: Any, *args: Any, **named: Any) -> Any:
        """The probability of more than x, with all digits where it is small; arguments as logpdf's."""
        return self._summed("sf", self.survival, 1, 0, x, args, named)

    def logcdf(self, x: Any, *args: Any, **named: Any) -> Any:
        """The logarithm of cdf; arguments as logpdf's."""
        return self._summed("logcdf", self.log_distribution or _log_of(self.distribution), -inf, 0, x, args, named)

    def logsf(self, x: Any, *args: Any, **named: Any) -> Any:
        """The logarithm of sf; arguments as logpdf's."""
        return self._summed("logsf", self.log_survival or _log_of(self.survival), 0, -inf, x, args, named)

    def ppf(self, q: Any, *args: Any, **named: Any) -> Any:
        """The quantile at q, the inverse of cdf; arguments as logpdf's."""
        if self.quantile is None:
            raise NotImplementedError(f"{self.name}.ppf: has no closed form")
        q, *shapes, loc, scale = self._read("ppf", args, named, (q,))
        return self.quantile(q, *shapes) * scale + loc

    def rvs(self, *args: Any, size: Any = None, rng: Any = None, **named: Any) -> Any:
        """Random numbers, recorded with respect to the parameters, as loc + scale · a standard number.

        Standard numbers of gamma, and what is made of those (beta, chi2, t), move with the shape as their quantiles do.

        Arguments:
            *args, **named: (...), the shape parameters, then loc=0 and scale=1, by SciPy's names.
            size: the shape, an integer or a tuple of them, to which the parameters broadcast; None for theirs.
            rng: a NumPy Generator or a seed.
        Returns:
            (size), in the floating dtype of the parameters.
        Raises:
            TypeError: for parameters that are missing, unknown or given twice, and for a bad size or rng.
            ValueError: for parameters that do not broadcast to size.

        Example:
            >>> scale = Tensor(2.0, requires_grad=True)
            >>> x = ag.stats.expon.rvs(scale=scale, size=3, rng=0)
            >>> np.allclose(ag.grad(x.sum(), scale).numpy() * 2, x.sum().numpy())  # each is scale · e
            True
        """
        given = self._read("rvs", args, named)
        (*shapes, loc, scale), shape, source = drawing(f"{self.name}.rvs", size, rng, given)
        standard = self.sample(*(shapes or [scale]), shape, source)
        stretched = standard if _is(given[-1], 1) else standard * scale
        return stretched if _is(given[-2], 0) else stretched + loc

    def _standard(self, method: str, x: Any, args: Any, named: Any) -> tuple[Any, list[Any], Any]:
        """(x − loc) / scale, the shapes and the scale."""
        x, *shapes, loc, scale = self._read(method, args, named, (x,))
        moved = x if _is(loc, 0) else x - loc
        return moved if _is(scale, 1) else moved / scale, shapes, scale

    def _summed(self, method: str, of: Function, below: float, above: float, x: Any, args: Any, named: Any) -> Any:
        z, shapes, _ = self._standard(method, x, args, named)
        return self._inside(z, below, above, lambda z: of(z, *shapes))

    def _inside(self, z: Any, below: float, above: float, of: Function) -> Any:
        """What `of` gives inside the support, of nan too, and what is known below and above it."""
        low, high, inner = self.support
        if low == -inf and high == inf:
            return of(z)
        ends = {"low": low, "high": high, "open": self.open}
        return patched.bind(of(into.bind(z, inner=inner, **ends)), z, below=below, above=above, **ends)


@dataclass(frozen=True, eq=False, repr=False)
class Discrete(Distribution):
    """A distribution on the integers, from functions that are given k and the shapes.

    log_mass, distribution, survival: at an integer inside the support. lowest: the least of it. highest:
    a function of the shapes; None for no end. draw: NumPy's law, and the parameters that it takes, from the shapes.
    """

    log_mass: Function = field(kw_only=True)
    distribution: Function = field(kw_only=True)
    survival: Function = field(kw_only=True)
    draw: tuple[str, Function] = field(kw_only=True)
    lowest: int = field(default=0, kw_only=True)
    highest: Function | None = field(default=None, kw_only=True)
    more: ClassVar[dict[str, int]] = {"loc": 0}

    def logpmf(self, k: Any, *args: Any, **named: Any) -> Any:
        """The logarithm of the probability of k. k and parameters (...) broadcast -> (...).

        -inf with gradient 0 for what is no integer of the support, nan where a parameter is out of its domain.

        Arguments:
            k: (...), integers of any dtype, without a gradient.
            *args, **named: (...), the shape parameters, then loc=0, by SciPy's names.
        Returns:
            (...), the shape that they broadcast to.
        Raises:
            TypeError: for parameters that are missing, unknown or given twice, and if k or loc requires a gradient.

        Example:
            >>> mu = Tensor(2.0, requires_grad=True)
            >>> ag.grad(ag.stats.poisson.logpmf(5, mu), mu).item()  # k/μ − 1
            1.5
        """
        k, shapes = self._counted("logpmf", k, args, named)
        no = (k < self.lowest) | ((k != np.floor(k)) & (k == k)) | (k == inf)
        if self.highest is not None:
            no = no | (k > self.highest(*shapes))
        return where(no, -inf, self.log_mass(where(no, self.lowest, k), *shapes))

    def pmf(self, k: Any, *args: Any, **named: Any) -> Any:
        """The probability of k; arguments as logpmf's."""
        return exp(self.logpmf(k, *args, **named))

    def cdf(self, k: Any, *args: Any, **named: Any) -> Any:
        """The probability of at most k; arguments as logpmf's, k any number."""
        return self._summed("cdf", self.distribution, 0, 1, k, args, named)

    def sf(self, k: Any, *args: Any, **named: Any) -> Any:
        """The probability of more than k, exact where it is small; arguments as logpmf's, k any number."""
        return self._summed("sf", self.survival, 1, 0, k, args, named)

    def logcdf(self, k: Any, *args: Any, **named: Any) -> Any:
        """The logarithm of cdf; arguments as logpmf's, k any number."""
        return self._summed("logcdf", _log_of(self.distribution), -inf, 0, k, args, named)

    def logsf(self, k: Any, *args: Any, **named: Any) -> Any:
        """The logarithm of sf; arguments as logpmf's, k any number."""
        return self._summed("logsf", _log_of(self.survival), 0, -inf, k, args, named)

    def rvs(self, *args: Any, size: Any = None, rng: Any = None, **named: Any) -> Any:
        """Random integers, without a gradient.

        Arguments:
            *args, **named: (...), the shape parameters, then loc=0, by SciPy's names.
            size: the shape, an integer or a tuple of them, to which the parameters broadcast; None for theirs.
            rng: a NumPy Generator or a seed.
        Returns:
            (size), integers.
        Raises:
            TypeError: for parameters that are missing, unknown or given twice, and for a bad size or rng.
            ValueError: for parameters out of their domain, or that do not broadcast to size.

        Example:
            >>> ag.stats.bernoulli.rvs(Tensor([0.0, 1.0]), size=(2, 2), rng=0).numpy()
            array([[0, 1],
                   [0, 1]])
        """
        arrays, shape, source = drawing(f"{self.name}.rvs", size, rng, self._read("rvs", args, named))
        *shapes, loc = arrays
        law, taken = self.draw
        return counts.bind(*taken(*shapes), law=law, size=shape, rng=source) + np.floor(loc).astype(np.int64)

    def _counted(self, method: str, k: Any, args: Any, named: Any) -> tuple[Any, list[Any]]:
        """k less loc, and the shapes. Raises TypeError if a gradient would be lost in k."""
        k, *shapes, loc = self._read(method, args, named, (k,))
        counted = k if _is(loc, 0) else k - loc
        if isinstance(counted, Value) and counted.node is not None and is_grad_enabled():
            which = "k" if isinstance(k, Value) and k.node is not None else "loc"
            words = "requires a gradient, and integers have none; give detach()"
            raise TypeError(f"{self.name}.{method}: {which} {words}")
        return counted, shapes

    def _summed(self, method: str, of: Function, below: float, above: float, k: Any, args: Any, named: Any) -> Any:
        k, shapes = self._counted(method, k, args, named)
        k = np.floor(k)
        under, over = k < self.lowest, (k == inf) if self.highest is None else k >= self.highest(*shapes)
        found = of(where(under | over, self.lowest, k), *shapes)
        return where(under, below, where(over, above, found))


def _log_of(function: Function) -> Function:
    return lambda *given: xlogy(1, function(*given))  # which is quiet at 0


def _is(x: Any, number: int) -> bool:
    return type(x) in (int, float) and x == number
