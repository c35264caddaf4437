"""Distributions of vectors: normal, Dirichlet and multinomial; and of one of several classes."""

from math import log as log_of
from math import pi
from typing import Any

import numpy as np

from ..arguments import bare, generator
from ..core.primitive import operand
from ..core.tape import Value
from ..ops.arithmetic import matmul
from ..ops.elementwise import exp, log, where
from ..ops.gamma import digamma, gammaln
from ..ops.kinds import op
from ..ops.linalg import solve
from ..ops.reduce import sum
from ..ops.softmax import log_softmax, softmax
from ..ops.special import quotient, xlogy
from .drawing import counts, drawing, log_gamma_sample, noise, sized, together
from .kinds import POSITIVE, checked

# ── matrices ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@op(public=False)
def cholesky(a: Any) -> Any:
    """The lower triangular L with L Lᵀ = a, symmetric and positive definite. a (..., d, d) -> (..., d, d)."""
    return np.linalg.cholesky(a)


def _cholesky_rule(g: Any, out: Any) -> Any:
    """L⁻ᵀ Φ(Lᵀ g) L⁻¹, symmetric, where Φ takes the lower triangle and half of the diagonal."""
    n = out.shape[-1]
    lower = (np.tril(np.ones((n, n))) - np.eye(n) / 2).astype(out.dtype)
    half = solve.bind(out.mT, solve.bind(out.mT, matmul(out.mT, g) * lower).mT)
    return (half + half.mT) / 2


cholesky.defvjp(a=_cholesky_rule)


def _support(cov: Any) -> tuple[Any, Any, Any, Any] | None:
    """What the density of a singular cov is made of, bare arrays. None if cov is regular. cov (..., d, d).

    A root of its pseudo-inverse, (..., d, d); the logarithm of its pseudo-determinant times (2π)ʳᵃⁿᵏ, (...); the
    directions that do not vary, (..., d, d), and how long a step along them counts as none, (...). As in SciPy.
    """
    values, vectors = np.linalg.eigh(cov)
    least = (1e3 if cov.dtype == np.float32 else 1e6) * np.finfo(cov.dtype).eps * np.abs(values).max(-1, keepdims=True)
    varies = values > least
    if varies.all():
        return None
    if (values < -least).any():
        raise ValueError
    root = vectors * np.where(varies, 1 / np.sqrt(np.where(varies, values, 1)), 0)[..., None, :]
    log_det = np.where(varies, np.log(np.where(varies, 2 * pi * values, 1)), 0).sum(-1)
    return root, log_det, vectors * ~varies[..., None, :], 1e3 * least[..., 0]


def _log_det(factor: Any) -> Any:
    """log det L Lᵀ. L (..., d, d) -> (...)."""
    diagonal = np.arange(factor.shape[-1])
    return 2 * sum(log(factor[..., diagonal, diagonal]), -1)


# ── normal ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class MultivariateNormal:
    """The normal distribution of vectors, by SciPy's names: mean=None for zeros, cov=1 for independent components.

    mean: (..., d) or a number. cov: (..., d, d), symmetric and positive definite; (d,), a diagonal; or a number, the
    variance of each component.
    """

    def logpdf(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        """The logarithm of the density at x.

        A singular cov has its density on the plane that it reaches; elsewhere it is -inf, with gradient 0.

        Arguments:
            x: (..., d).
            mean: (..., d), a number, or None for zeros.
            cov: (..., d, d), symmetric and positive definite; (d,), a diagonal; or a number.
            allow_singular: whether cov may be singular, and then without a gradient.
        Returns:
            (...).
        Raises:
            ValueError: for shapes that do not fit, and for cov that is not positive definite.
            TypeError: for a singular cov that requires a gradient.

        Example:
            >>> mean = Tensor([0.0, 0.0], requires_grad=True)
            >>> ag.grad(ag.stats.multivariate_normal.logpdf([1.0, 3.0], mean, [[2.0, 1.0], [1.0, 2.0]]), mean).numpy()
            array([-0.33333333,  1.66666667])
        """
        x, mean, square = self._read("logpdf", x, mean, cov)
        r = x - mean
        if allow_singular and (support := self._definite("logpdf", _support, bare(square), "semidefinite")):
            if isinstance(square, Value) and square.node is not None:
                words = "is singular and requires a gradient: the density has no derivative there; give detach()"
                raise TypeError(f"multivariate_normal.logpdf: cov {square.node.shape} {words}")
            root, log_det, still, step = support
            beside = np.linalg.vector_norm(bare(r)[..., None, :] @ still, axis=(-2, -1)) > step
            y = matmul(r[..., None, :], root)
            return where(beside, -np.inf, (sum(y * y, (-2, -1)) + log_det) / -2)
        factor = self._definite("logpdf", cholesky.bind, square)
        if len(factor.shape) == 2:  # one matrix for all: its columns are the vectors
            y = solve.bind(factor, (r if len(r.shape) == 2 else r.reshape((-1, r.shape[-1]))).mT)
            distance = sum(y * y, 0)
            distance = distance if len(r.shape) == 2 else distance.reshape(r.shape[:-1])
        else:
            y = solve.bind(factor, r.reshape((*r.shape, 1)))
            distance = sum(y * y, (-2, -1))
        return (distance + _log_det(factor) + r.shape[-1] * log_of(2 * pi)) / -2

    def pdf(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        """The density at x; arguments as logpdf's."""
        return exp(self.logpdf(x, mean, cov, allow_singular))

    def entropy(self, mean: Any = None, cov: Any = 1) -> Any:
        """The differential entropy in nats, which depends on cov alone; arguments as logpdf's. -> (...)."""
        *_, square = self._read("entropy", None, mean, cov)
        factor = self._definite("entropy", cholesky.bind, square)
        return (_log_det(factor) + factor.shape[-1] * (1 + log_of(2 * pi))) / 2

    def rvs(self, mean: Any = None, cov: Any = 1, size: Any = None, rng: Any = None) -> Any:
        """Random vectors mean + L e with L Lᵀ = cov, recorded with respect to mean and cov.

        Arguments:
            mean: (..., d), a number, or None for zeros.
            cov: (..., d, d), symmetric and positive definite; (d,), a diagonal; or a number.
            size: the shape before d, an integer or a tuple of them; None for that of the parameters.
            rng: a NumPy Generator or a seed.
        Returns:
            (size, d).
        Raises:
            ValueError: for shapes that do not fit, and for cov that is not positive definite.

        Example:
            >>> mean = Tensor([1.0, 2.0], requires_grad=True)
            >>> ag.grad(ag.stats.multivariate_normal.rvs(mean, size=5, rng=0).sum(), mean).numpy()
            array([5., 5.])
        """
        _, mean, square = self._read("rvs", None, mean, cov)
        factor = self._definite("rvs", cholesky.bind, square)
        d = factor.shape[-1]
        lead = np.broadcast_shapes(mean.shape[:-1], factor.shape[:-2])
        like, whole = np.zeros((*lead, d), factor.dtype), None if size is None else sized(size, d)
        _, shape, source = drawing("multivariate_normal.rvs", whole, rng, [like])
        e = noise.bind(factor, law="standard_normal", size=shape, rng=source)
        return mean + matmul(factor, e.reshape((*shape, 1))).reshape(shape)

    def _read(self, method: str, x: Any, mean: Any, cov: Any) -> tuple[Any, Any, Any]:
        """x, the mean and cov as a matrix, in one dtype and fitting together."""
        name = f"multivariate_normal.{method}"
        x, mean, cov = together(name, 0 if x is None else x, 0 if mean is None else mean, cov)
        d = max(a.shape[-1] if a.shape else 1 for a in (x, mean, cov))
        square = cov * np.eye(d, dtype=cov.dtype) if cov.shape in ((), (1,), (d,)) else cov
        if square.shape[-2:] != (d, d) or any(a.shape and a.shape[-1] != d for a in (x, mean)):
            shapes = f"x {x.shape}, mean {mean.shape} and cov {cov.shape}"
            raise ValueError(f"{name}: {shapes}: vectors of length {d} need a cov that ends in ({d}, {d})")
        whole = x if x.shape else x.reshape((1,)), mean if mean.shape else mean.reshape((1,))
        return *whole, (square + square.mT) / 2

    def _definite(self, method: str, function: Any, square: Any, kind: str = "definite") -> Any:
        """A function of a positive definite matrix."""
        try:
            return function(square)
        except ValueError:
            raise ValueError(f"multivariate_normal.{method}: cov {square.shape} must be positive {kind}") from None


multivariate_normal = MultivariateNormal()

# ── Dirichlet, multinomial, categorical ───────────────────────────────────────────────────────────────────────────────


@op(public=False)
def log_dirichlet_density(x: Any, alpha: Any) -> Any:
    """log Π xᵅ⁻¹ / B(alpha), -inf where an x is below 0. x, alpha (..., m) broadcast -> (...)."""
    terms = xlogy.forward(np.subtract(alpha, 1), x).sum(-1) - gammaln.forward(alpha).sum(-1)
    return np.where((x < 0).any(-1), -np.inf, terms + gammaln.forward(alpha.sum(-1)))


def _each(g: Any, out: Any) -> Any:
    """g for each class, 0 where the density is 0."""
    return where(out == -np.inf, 0, g)[..., None]


log_dirichlet_density.defvjp(
    x=lambda g, x, alpha, out: _each(g, out) * quotient.bind(alpha - 1, x),
    alpha=lambda g, x, alpha, out: (
        _each(g, out) * (log(where(x < 0, 1, x)) - digamma(alpha) + digamma(sum(alpha, -1, True)))
    ),
)


class Dirichlet:
    """The Dirichlet distribution of probabilities of several classes, along the last axis."""

    def logpdf(self, x: Any, alpha: Any) -> Any:
        """The logarithm of the density at x, -inf with gradient 0 where one is below 0.

        Arguments:
            x: (..., m), probabilities that sum to 1, which is not looked at.
            alpha: (..., m), above 0; elsewhere the result is nan.
        Returns:
            (...).
        Raises:
            ValueError: for shapes that do not fit.

        Example:
            >>> ag.stats.dirichlet.logpdf(Tensor([0.2, 0.8]), [1.0, 1.0]).item()
            0.0
        """
        x, alpha = together("dirichlet.logpdf", x, alpha)
        _classes("dirichlet.logpdf", x=x, alpha=alpha)
        return log_dirichlet_density.bind(x, checked.bind(alpha, domain=POSITIVE))

    def pdf(self, x: Any, alpha: Any) -> Any:
        """The density at x; arguments as logpdf's."""
        return exp(self.logpdf(x, alpha))

    def rvs(self, alpha: Any, size: Any = None, rng: Any = None) -> Any:
        """Random probabilities, recorded with respect to alpha, as gamma numbers over their sum.

        Arguments:
            alpha: (..., m), above 0.
            size: the shape before m, an integer or a tuple of them; None for alpha's.
            rng: a NumPy Generator or a seed.
        Returns:
            (size, m), each line of which sums to 1.
        Raises:
            ValueError: for a size that alpha does not broadcast to.

        Example:
            >>> p = ag.stats.dirichlet.rvs(Tensor([0.01, 0.01]), size=3, rng=0)
            >>> p.sum(axis=-1).numpy()
            array([1., 1., 1.])
        """
        (alpha,) = together("dirichlet.rvs", alpha)
        _classes("dirichlet.rvs", alpha=alpha)
        m = alpha.shape[-1]
        whole = None if size is None else sized(size, m)
        (alpha,), shape, source = drawing("dirichlet.rvs", whole, rng, [alpha])
        return softmax(log_gamma_sample(alpha, shape, source), -1)


class Multinomial:
    """The multinomial distribution: how often each class comes in n draws, along the last axis."""

    def logpmf(self, x: Any, n: Any, p: Any) -> Any:
        """The logarithm of the probability of the counts x, -inf with gradient 0 where they do not sum to n.

        Arguments:
            x: (..., m), counts, without a gradient.
            n: (...), the number of draws, without a gradient.
            p: (..., m), probabilities that sum to 1, which is not looked at.
        Returns:
            (...).
        Raises:
            ValueError: for shapes that do not fit.
            TypeError: if x or n requires a gradient.

        Example:
            >>> p = Tensor([0.5, 0.5], requires_grad=True)
            >>> ag.grad(ag.stats.multinomial.logpmf([3, 1], 4, p), p).numpy()
            array([6., 2.])
        """
        x, n, p = together("multinomial.logpmf", x, n, p)
        _flat("multinomial.logpmf", x=x, n=n)
        _classes("multinomial.logpmf", x=x, p=p)
        no = (sum((x < 0) | (x != np.floor(x)), -1, True) > 0) | (sum(x, -1, True) != n[..., None])
        x = where(no, 0, x)
        found = gammaln(n + 1) + sum(xlogy(x, p) - gammaln(x + 1), -1)
        return where(no[..., 0], -np.inf, found)

    def pmf(self, x: Any, n: Any, p: Any) -> Any:
        """The probability of the counts x; arguments as logpmf's."""
        return exp(self.logpmf(x, n, p))

    def rvs(self, n: Any, p: Any, size: Any = None, rng: Any = None) -> Any:
        """Random counts, without a gradient; n and p as logpmf's, size the shape before m. -> (size, m), integers."""
        n, p = operand("multinomial.rvs", n), operand("multinomial.rvs", p)
        _classes("multinomial.rvs", p=p)
        return counts.bind(n.astype(int), p, law="multinomial", size=size, rng=generator("multinomial.rvs", rng))


class Categorical:
    """The distribution of one of m classes, along the last axis, from probabilities or logits."""

    def logpmf(self, k: Any, p: Any = None, *, logits: Any = None) -> Any:
        """The logarithm of the probability of class k, -inf with gradient 0 for what is no class.

        Arguments:
            k: (...), integers from 0 to m − 1.
            p: (..., m), probabilities that sum to 1, which is not looked at.
            logits: (..., m), instead of p, of which the softmax is the probabilities.
        Returns:
            (...).
        Raises:
            ValueError: for shapes that do not fit.
            TypeError: unless one of p and logits is given, and for k that are no integers.

        Example:
            >>> ag.stats.categorical.logpmf([0, 1, 2], logits=Tensor([0.0, 0.0])).numpy()
            array([-0.69314718, -0.69314718,        -inf])
        """
        given = self._given("logpmf", p, logits)
        k = operand("categorical.logpmf", k)
        if k.dtype.kind not in "iu":
            raise TypeError(f"categorical.logpmf: k must be integers, not {k.dtype}")
        m = given.shape[-1]
        no, hot = (k < 0) | (k >= m), k[..., None] == np.arange(m)
        chosen = where(no, 1, sum(where(hot, given if logits is None else log_softmax(given, -1), 0), -1))
        return where(no, -np.inf, chosen if p is None else xlogy(1, chosen))

    def pmf(self, k: Any, p: Any = None, *, logits: Any = None) -> Any:
        """The probability of class k; arguments as logpmf's."""
        return exp(self.logpmf(k, p, logits=logits))

    def rvs(self, p: Any = None, size: Any = None, rng: Any = None, *, logits: Any = None) -> Any:
        """Random classes, without a gradient; p and logits as logpmf's. -> (size), integers, by default (...)."""
        given = self._given("rvs", p, logits)
        known = given if p is None else xlogy(1, given)
        like = np.zeros(known.shape[:-1], known.dtype)
        _, shape, source = drawing("categorical.rvs", size, rng, [like])
        gumbel = noise.bind(known, law="gumbel", size=(*shape, known.shape[-1]), rng=source)
        return (known + gumbel).argmax(-1)

    def _given(self, method: str, p: Any, logits: Any) -> Any:
        if (p is None) == (logits is None):
            raise TypeError(f"categorical.{method}: give one of p and logits")
        (given,) = together(f"categorical.{method}", logits if p is None else p)
        _classes(f"categorical.{method}", **{"logits" if p is None else "p": given})
        return given


dirichlet, multinomial, categorical = Dirichlet(), Multinomial(), Categorical()


def _classes(name: str, **arrays: Any) -> None:
    """Refuse what has no last axis for the classes, or several of different lengths."""
    lengths = {a.shape[-1] if getattr(a, "shape", ()) else None for a in arrays.values()}
    if None in lengths or len(lengths) > 1:
        shapes = " and ".join(f"{key} {getattr(a, 'shape', ())}" for key, a in arrays.items())
        raise ValueError(f"{name}: {shapes}: the last axis is that of the classes, and of one length")


def _flat(name: str, **arrays: Any) -> None:
    for key, a in arrays.items():
        if isinstance(a, Value) and a.node is not None:
            raise TypeError(f"{name}: {key} requires a gradient, and integers have none; give detach()")
