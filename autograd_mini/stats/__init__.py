"""Probability distributions by SciPy's names: log-densities, distribution functions, and samples with a gradient.

    stats.norm.logpdf(x, loc, scale)            recorded in x and in the parameters
    stats.gamma.rvs(a, size=100, rng=0)         a sample whose gradient in `a` is that of the quantile
    stats.poisson.logpmf(k, mu)                 of counts, which have no gradient themselves

Outside the support the logarithm of a density is -inf and has gradient 0; for parameters that are none it is nan.
"""

from .continuous import beta, cauchy, chi2, expon, gamma, laplace, logistic, lognorm, norm, t, uniform
from .discrete import bernoulli, binom, geom, nbinom, poisson
from .multivariate import categorical, dirichlet, multinomial, multivariate_normal

__all__ = [
    "bernoulli",
    "beta",
    "binom",
    "categorical",
    "cauchy",
    "chi2",
    "dirichlet",
    "expon",
    "gamma",
    "geom",
    "laplace",
    "logistic",
    "lognorm",
    "multinomial",
    "multivariate_normal",
    "nbinom",
    "norm",
    "poisson",
    "t",
    "uniform",
]
