"""Distributions on the line, a row each: the standard one's log-density, distribution function and sample."""

from math import inf, log, pi
from typing import Any

from ..ops.elementwise import absolute, exp, expm1, log1p, sigmoid, sqrt, where
from ..ops.elementwise import log as log_
from ..ops.incomplete import (
    betainc,
    betaincc,
    gammainc,
    gammaincc,
    log_beta_density,
    log_gamma_density,
    log_student_density,
    stdtr,
)  # fmt: skip
from ..ops.special import log_expit, log_ndtr, logit, ndtr, ndtri
from .drawing import log_gamma_sample, noise, standard_gamma
from .kinds import Continuous

_HALF_LOG_2PI = log(2 * pi) / 2
_RIGHT = (0.0, inf, 1.0)


def _noise(law: str) -> Any:
    return lambda like, size, rng: noise.bind(like, law=law, size=size, rng=rng)


def _chi2_sample(df: Any, size: Any, rng: Any) -> Any:
    return 2 * standard_gamma.bind(df / 2, size=size, rng=rng)


def _t_sample(df: Any, size: Any, rng: Any) -> Any:
    normal = noise.bind(df, law="standard_normal", size=size, rng=rng)
    return normal * sqrt(df) / sqrt(_chi2_sample(df, size, rng))


def _beta_sample(a: Any, b: Any, size: Any, rng: Any) -> Any:
    return sigmoid(log_gamma_sample(a, size, rng) - log_gamma_sample(b, size, rng))


def _laplace_cdf(z: Any) -> Any:
    left = z < 0
    return where(left, exp(where(left, z, 0)) / 2, 1 - exp(-where(left, 0, z)) / 2)


def _laplace_logcdf(z: Any) -> Any:
    left = z < 0
    return where(left, z - log(2), log1p(exp(-where(left, 0, z)) / -2))


def _laplace_quantile(q: Any) -> Any:
    left = q < 0.5
    return where(left, log_(2 * where(left, q, 0.5)), -log_(2 - 2 * where(left, 0.5, q)))


norm = Continuous(
    "norm", (), "e^(−z²/2) / √(2π)",
    log_density=lambda z: z * z * -0.5 - _HALF_LOG_2PI,
    distribution=ndtr, survival=lambda z: ndtr(-z), log_distribution=log_ndtr, log_survival=lambda z: log_ndtr(-z),
    quantile=ndtri, sample=_noise("standard_normal"),
)  # fmt: skip
t = Continuous(
    "t", ("df",), "(1 + z²/df)^(−(df + 1)/2) / (√df B(df/2, ½))",
    log_density=lambda z, df: log_student_density(df, z),
    distribution=lambda z, df: stdtr(df, z), survival=lambda z, df: stdtr(df, -z), sample=_t_sample,
)  # fmt: skip
gamma = Continuous(
    "gamma", ("a",), "zᵃ⁻¹ e⁻ᶻ / Γ(a), z ≥ 0",
    support=_RIGHT,
    log_density=lambda z, a: log_gamma_density.bind(a, z),
    distribution=lambda z, a: gammainc(a, z), survival=lambda z, a: gammaincc(a, z),
    sample=lambda a, size, rng: standard_gamma.bind(a, size=size, rng=rng),
)  # fmt: skip
chi2 = Continuous(
    "chi2", ("df",), "z^(df/2 − 1) e^(−z/2) / (2^(df/2) Γ(df/2)), z ≥ 0",
    support=_RIGHT,
    log_density=lambda z, df: log_gamma_density.bind(df / 2, z / 2) - log(2),
    distribution=lambda z, df: gammainc(df / 2, z / 2), survival=lambda z, df: gammaincc(df / 2, z / 2),
    sample=_chi2_sample,
)  # fmt: skip
beta = Continuous(
    "beta", ("a", "b"), "zᵃ⁻¹ (1 − z)ᵇ⁻¹ / B(a, b), 0 ≤ z ≤ 1",
    support=(0.0, 1.0, 0.5),
    log_density=lambda z, a, b: log_beta_density.bind(a, b, z),
    distribution=lambda z, a, b: betainc(a, b, z), survival=lambda z, a, b: betaincc(a, b, z), sample=_beta_sample,
)  # fmt: skip
expon = Continuous(
    "expon", (), "e⁻ᶻ, z ≥ 0",
    support=_RIGHT,
    log_density=lambda z: -z,
    distribution=lambda z: -expm1(-z), survival=lambda z: exp(-z), log_survival=lambda z: -z,
    quantile=lambda q: -log1p(-q), sample=_noise("standard_exponential"),
)  # fmt: skip
laplace = Continuous(
    "laplace", (), "e^(−|z|) / 2",
    log_density=lambda z: -absolute(z) - log(2),
    distribution=_laplace_cdf, survival=lambda z: _laplace_cdf(-z),
    log_distribution=_laplace_logcdf, log_survival=lambda z: _laplace_logcdf(-z),
    quantile=_laplace_quantile, sample=_noise("laplace"),
)  # fmt: skip
logistic = Continuous(
    "logistic", (), "e⁻ᶻ / (1 + e⁻ᶻ)²",
    log_density=lambda z: log_expit(z) + log_expit(-z),
    distribution=sigmoid, survival=lambda z: sigmoid(-z), log_distribution=log_expit,
    log_survival=lambda z: log_expit(-z), quantile=logit, sample=_noise("logistic"),
)  # fmt: skip
cauchy = Continuous(
    "cauchy", (), "1 / (π (1 + z²))",
    log_density=lambda z: -log1p(z * z) - log(pi),
    distribution=lambda z: stdtr(1.0, z), survival=lambda z: stdtr(1.0, -z), sample=_noise("standard_cauchy"),
)  # fmt: skip
uniform = Continuous(
    "uniform", (), "1, 0 ≤ z ≤ 1",
    support=(0.0, 1.0, 0.5),
    log_density=lambda z: 0 * z,
    distribution=lambda z: 1 * z, survival=lambda z: 1 - z, quantile=lambda q: 1 * q, sample=_noise("random"),
)  # fmt: skip
lognorm = Continuous(
    "lognorm", ("s",), "e^(−(log z)² / (2 s²)) / (s z √(2π)), z > 0",
    support=_RIGHT, open=True,
    log_density=lambda z, s: (log_(z) / s) ** 2 * -0.5 - log_(z) - log_(s) - _HALF_LOG_2PI,
    distribution=lambda z, s: ndtr(log_(z) / s), survival=lambda z, s: ndtr(-log_(z) / s),
    log_distribution=lambda z, s: log_ndtr(log_(z) / s), log_survival=lambda z, s: log_ndtr(-log_(z) / s),
    quantile=lambda q, s: exp(s * ndtri(q)),
    sample=lambda s, size, rng: exp(s * noise.bind(s, law="standard_normal", size=size, rng=rng)),
)  # fmt: skip
