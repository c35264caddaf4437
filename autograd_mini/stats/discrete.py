"""Distributions on the integers, a row each: the logarithm of the probability, the distribution function, the draw."""

from typing import Any

from ..ops.elementwise import exp, expm1, log, log1p
from ..ops.gamma import betaln
from ..ops.incomplete import betainc, betaincc, gammainc, gammaincc, log_beta_density, log_gamma_density
from ..ops.special import xlog1py, xlogy
from .kinds import COUNT, PROBABILITY, Discrete

_CHANCE = {"p": PROBABILITY}


def _binom_log_mass(k: Any, n: Any, p: Any) -> Any:
    return log_beta_density.bind(k + 1, n - k + 1, p) - log1p(n)


def _nbinom_log_mass(k: Any, n: Any, p: Any) -> Any:
    return xlogy(n, p) + xlog1py(k, -p) - betaln(n, k + 1) - log(n + k)


poisson = Discrete(
    "poisson", ("mu",), "μᵏ e^(−μ) / k!, k ≥ 0",
    domains={"mu": COUNT},
    log_mass=lambda k, mu: log_gamma_density.bind(k + 1, mu),
    distribution=lambda k, mu: gammaincc(k + 1, mu), survival=lambda k, mu: gammainc(k + 1, mu),
    draw=("poisson", lambda mu: (mu,)),
)  # fmt: skip
binom = Discrete(
    "binom", ("n", "p"), "n! / (k! (n − k)!) pᵏ (1 − p)ⁿ⁻ᵏ, 0 ≤ k ≤ n",
    domains={"n": COUNT, **_CHANCE}, highest=lambda n, p: n,
    log_mass=_binom_log_mass,
    distribution=lambda k, n, p: betaincc(k + 1, n - k, p), survival=lambda k, n, p: betainc(k + 1, n - k, p),
    draw=("binomial", lambda n, p: (n.astype(int), p)),
)  # fmt: skip
bernoulli = Discrete(
    "bernoulli", ("p",), "pᵏ (1 − p)¹⁻ᵏ, k 0 or 1",
    domains=_CHANCE, highest=lambda p: 1,
    log_mass=lambda k, p: xlogy(k, p) + xlog1py(1 - k, -p),
    distribution=lambda k, p: 1 - p, survival=lambda k, p: p,
    draw=("binomial", lambda p: (1, p)),
)  # fmt: skip
geom = Discrete(
    "geom", ("p",), "p (1 − p)ᵏ⁻¹, k ≥ 1",
    domains=_CHANCE, lowest=1,
    log_mass=lambda k, p: xlog1py(k - 1, -p) + xlogy(1, p),
    distribution=lambda k, p: -expm1(xlog1py(k, -p)), survival=lambda k, p: exp(xlog1py(k, -p)),
    draw=("geometric", lambda p: (p,)),
)  # fmt: skip
nbinom = Discrete(
    "nbinom", ("n", "p"), "Γ(n + k) / (Γ(n) k!) pⁿ (1 − p)ᵏ, k ≥ 0",
    domains=_CHANCE,
    log_mass=_nbinom_log_mass,
    distribution=lambda k, n, p: betainc(n, k + 1, p), survival=lambda k, n, p: betaincc(n, k + 1, p),
    draw=("negative_binomial", lambda n, p: (n, p)),
)  # fmt: skip
