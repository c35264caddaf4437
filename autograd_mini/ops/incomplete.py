"""The incomplete gamma and beta functions of SciPy's: distribution functions, with their derivatives.

That of the incomplete gamma function in `a` has no closed form; it is summed here to the digits of double, which makes
samples of the gamma distribution differentiable too. Those of the incomplete beta function in `a` and `b` are refused.
"""

from functools import cache
from typing import Any

import numpy as np

from ..kernels.quiet import quiet
from .elementwise import exp, log, log1p
from .from_scipy import doc, of, scipys, without
from .gamma import betaln, digamma, gammaln, polygamma, polygamma_rise
from .kinds import op
from .special import quotient, xlog1py, xlogy

_A = "(...), above 0."
_X = "(...), at least 0."
_P = """
        >>> a = Tensor(2.0, requires_grad=True)
        >>> ag.grad(ag.{0}(a, 2.0), a).item()
        {1}"""

gammainc = op(
    of("gammainc", "a", "x"),
    doc("The regularised lower incomplete gamma function P(a, x) = ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt / Γ(a)",
        _P.format("gammainc", "-0.294004690746..."),
        "A third derivative in a is refused.", a=_A, x=_X),
)  # fmt: skip
gammaincc = op(
    of("gammaincc", "a", "x"),
    doc("The regularised upper incomplete gamma function Q(a, x) = 1 − P(a, x)",
        _P.format("gammaincc", "0.294004690746..."),
        "A third derivative in a is refused.", a=_A, x=_X),
)  # fmt: skip


@op(public=False)
def log_gamma_density(a: Any, x: Any) -> Any:
    """The logarithm of the gamma distribution's density xᵃ⁻¹ e⁻ˣ / Γ(a). a, x (...) broadcast -> (...)."""
    return xlogy.forward(np.subtract(a, 1), x) - x - gammaln.forward(a)


@op(public=False)
def log_beta_density(a: Any, b: Any, x: Any) -> Any:
    """The logarithm of the beta distribution's density xᵃ⁻¹ (1 − x)ᵇ⁻¹ / B(a, b). a, b, x (...) broadcast -> (...)."""
    powers = xlogy.forward(np.subtract(a, 1), x) + xlog1py.forward(np.subtract(b, 1), np.negative(x))
    return powers - betaln.forward(a, b)


log_gamma_density.defvjp(
    a=lambda g, a, x: g * (log(x) - digamma(a)), x=lambda g, a, x: g * (quotient.bind(a - 1, x) - 1)
)
log_beta_density.defvjp(
    a=lambda g, a, b, x: g * (log(x) + polygamma_rise.bind(a, b, n=0)),
    b=lambda g, a, b, x: g * (log1p(-x) + polygamma_rise.bind(b, a, n=0)),
    x=lambda g, a, b, x: g * (quotient.bind(a - 1, x) - quotient.bind(b - 1, 1 - x)),
)


def gamma_density(a: Any, x: Any) -> Any:
    """The density of the gamma distribution: the slope of P(a, x) in x."""
    return exp(log_gamma_density.bind(a, x))


gammainc.defvjp(
    a=lambda g, a, x: -g * gamma_density(a, x) * gamma_quantile_slope.bind(a, x),
    x=lambda g, a, x: g * gamma_density(a, x),
)
gammaincc.defvjp(
    a=lambda g, a, x: g * gamma_density(a, x) * gamma_quantile_slope.bind(a, x),
    x=lambda g, a, x: -g * gamma_density(a, x),
)


@cache
def _nodes() -> list[tuple[float, float]]:
    """Gauss & Legendre's 64 nodes and weights on [0, 1]."""
    at, weights = np.polynomial.legendre.leggauss(64)
    return [*zip(((at + 1) / 2).tolist(), (weights / 2).tolist(), strict=True)]


@op(public=False)
def gamma_quantile_slope(a: Any, x: Any) -> Any:
    """How fast the quantile x of the gamma distribution moves with a: −(∂P/∂a) / (∂P/∂x). a, x (...) -> (...).

    For moderate a and x below it by the power series of P, the terms of which are all of one sign; else by an integral
    of the density over that of x from x to the nearer end, on a scale on which it falls to e⁻⁴⁰.
    """
    return _in_parts(a, x, bend=False)


@op(public=False)
def gamma_quantile_bend(a: Any, x: Any) -> Any:
    """The derivative of gamma_quantile_slope in a, at a fixed x. a, x (...) -> (...)."""
    return _in_parts(a, x, bend=True)


def _in_parts(a: Any, x: Any, *, bend: bool) -> Any:
    """The slope or the bend, each element by the sum that has its digits."""
    dtype = np.result_type(a, x)
    a, x = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(x, np.float64))
    with quiet(under="ignore", over="ignore"):
        series = (a < 30) & (x <= np.maximum(a, 1.5))
        out = np.full(a.shape, np.nan)
        out[series] = _by_series(a[series], x[series], bend)
        rest = ~series & (a > 0) & (x >= 0) & np.isfinite(a) & np.isfinite(x)
        out[rest] = _by_quadrature(a[rest], x[rest], bend)
    return out.astype(dtype if dtype.kind == "f" else np.float64)


def _by_series(a: Any, x: Any, bend: bool) -> Any:
    """x Σₖ (ψ(a + k + 1) − log x) · xᵏ / (a ⋯ (a + k)), or its derivative in a, term by term."""
    term, fall = 1 / a, 1 / a  # fall: minus the derivative of log term
    rate, rise = scipys("psi")(a + 1) - np.log(np.where(x > 0, x, 1)), scipys("zeta")(2, a + 1) if bend else 0
    total, more, k = np.zeros_like(a), np.ones_like(a), 0
    while np.any(np.abs(more) > 1e-17 * np.abs(total)) and k < 1000:
        more = term * (rise - rate * fall) if bend else term * rate
        total = total + more
        k += 1
        term = term * x / (a + k)
        rate, rise, fall = rate + 1 / (a + k), rise - 1 / (a + k) ** 2, fall + 1 / (a + k)
    return x * total


def _by_quadrature(a: Any, x: Any, bend: bool) -> Any:
    """x ∫ e^(a t − x (eᵗ − 1)) |log x + t − ψ(a)| dt, over t from 0 to where nothing is left; or its slope in a."""
    side = np.where(x < a, -1.0, 1.0)
    gap = np.abs(a - x)
    length = np.where(x < a, 1.6, 1) * 80 / (gap + np.sqrt(gap * gap + 80 * x))
    length = np.where(x < a, length, np.minimum(length, np.log1p((40 + a * length) / np.where(x > 0, x, 1))))
    square = np.maximum(a, 30.0) ** -2  # log a − ψ(a), of large a without cancellation
    tail = (1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square / 132)))) * square
    ratio = np.where(x < a / 2, np.log(np.where(x > 0, x, 1) / a), np.log1p(np.maximum(x - a, -a / 2) / a))
    centre = np.where(a < 30, np.log(np.where(x > 0, x, 1)) - scipys("psi")(a), ratio + 0.5 / a + tail)
    total, rise = np.zeros_like(a), scipys("zeta")(2, a) if bend else 0
    for at, weight in _nodes():
        s = length * at
        t = side * s
        rest = side * centre + s
        total += weight * np.exp(t * (a - x) - x * (np.expm1(t) - t)) * (t * rest - side * rise if bend else rest)
    return x * length * total


# at a fixed quantile x: ∂/∂x of −(∂P/∂a) / p, where ∂p/∂a = p · (log x − ψ(a)) and p' = p · ((a − 1)/x − 1)
gamma_quantile_slope.defvjp(
    a=lambda g, a, x: g * gamma_quantile_bend.bind(a, x),
    x=lambda g, a, x, out: g * (digamma(a) - log(x) - out * ((a - 1) / x - 1)),
)
gamma_quantile_bend.defvjp(
    x=lambda g, a, x, out: g * (polygamma(1, a) - out * ((a - 1) / x - 1) - gamma_quantile_slope.bind(a, x) / x),
)

_BETA = {
    "a": "(...), above 0, without a gradient.",
    "b": "(...), above 0, without a gradient.",
    "x": "(...), from 0 to 1.",
}
_REFUSED = "TypeError: if a or b requires a gradient."

betainc = op(
    of("betainc", "a", "b", "x"),
    doc("The regularised incomplete beta function I(a, b, x) = ∫₀ˣ tᵃ⁻¹ (1 − t)ᵇ⁻¹ dt / B(a, b)", """
        >>> x = Tensor(0.25, requires_grad=True)
        >>> ag.grad(ag.betainc(2.0, 2.0, x), x).item()  # 6 x (1 − x)
        1.125""", raises=_REFUSED, **_BETA),
)  # fmt: skip
betaincc = op(
    of("betaincc", "a", "b", "x"),
    doc("The complement of the regularised incomplete beta function, 1 − I(a, b, x)", """
        >>> ag.betaincc(1.0, 1.0, Tensor(0.25)).item()
        0.75""", raises=_REFUSED, **_BETA),
)  # fmt: skip


betainc.defvjp(x=lambda g, a, b, x: g * exp(log_beta_density.bind(a, b, x)))
betaincc.defvjp(x=lambda g, a, b, x: -g * exp(log_beta_density.bind(a, b, x)))
for _op in (betainc, betaincc):
    without(_op, "a", "b")

stdtr = op(
    of("stdtr", "df", "t"),
    doc("The distribution function of Student's t distribution", """
        >>> t = Tensor(0.0, requires_grad=True)
        >>> ag.grad(ag.stdtr(1.0, t), t).item()  # of df = 1, Cauchy's, the density is 1/π there
        0.318309886183790...""", df="(...), degrees of freedom above 0, without a gradient.", t="(...).",
        raises="TypeError: if df requires a gradient."),
)  # fmt: skip


def log_student_density(df: Any, t: Any) -> Any:
    """The logarithm of the density of Student's t distribution."""
    return log1p(t * t / df) * ((df + 1) / -2) - betaln(df / 2, 0.5) - log(df) / 2


stdtr.defvjp(t=lambda g, df, t: g * exp(log_student_density(df, t)))
without(stdtr, "df")
