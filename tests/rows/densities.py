"""What distributions are made of: their domains and supports, and a density that is an operation itself."""

import numpy as np
from scipy import special

from .row import apart, case, constant, normal, positive, row

# fmt: off

INSIDE = {"low": -0.33, "high": 0.42, "open": False}


def inside(z, low, high, **how):
    return (z >= low) & (z <= high)


row("checked", case(positive(3), domain=lambda x: x > 0, called="positive"),
    oracle=lambda x, domain: np.where(domain(x), x, np.nan))
row("masked", case(normal(3, 4), constant(np.arange(-5, 7).reshape(3, 4)), low=-3, high=4, open=True), linear="0",
    oracle=lambda y, z, low, high, **how: np.where((z > low) & (z < high), y, 0))
row("into", case(apart(3, 4), inner=0.1, **INSIDE), ties=True,
    oracle=lambda z, inner, **how: np.where(inside(z, **how), z, inner))
row("patched", case(normal(3, 4), constant(np.arange(-5, 7).reshape(3, 4)), below=-9.0, above=7.0, low=-3, high=4,
    open=False), oracle=lambda y, z, below, above, low, high, **how: np.where(z < low, below, np.where(
    z > high, above, y)))
row("log_dirichlet_density", case(positive(2, 3), positive(3)), oracle=lambda x, alpha:
    ((alpha - 1) * np.log(x)).sum(-1) - special.gammaln(alpha).sum(-1) + special.gammaln(alpha.sum(-1)))
row("autograd_mini.stats.multivariate.cholesky", normal(3, 3), ties=True, oracle=np.linalg.cholesky, least=np.float32,
    around=lambda f, x: f(x @ x.mT + np.eye(3, dtype=x.dtype)))
row("log_gamma_density", case(constant([0.5, 2.0, 3.0]), positive(3)), once=True,
    oracle=lambda a, x: (a - 1) * np.log(x) - x - special.gammaln(a))
