"""The error function and the normal distribution, logarithms and entropies: SciPy's, with their derivatives.

Derivatives keep their digits where the usual formulas lose them, as erfcx and log_ndtr do far from 0. Where a product
x · log y is 0 · ∞ it counts as 0, as in SciPy.
"""

from math import pi, sqrt
from typing import Any

import numpy as np

from ..kernels.quiet import quiet
from .elementwise import exp, log, log1p, sigmoid, where
from .from_scipy import doc, of, scipys
from .kinds import ROWS, Row, elementwise, op
from .precision import in_single

_BELL, _ROOT = 2 / sqrt(pi), sqrt(2 * pi)
_REAL = "(...), real or complex."
_FROM_0_TO_1 = "(...), from 0 to 1, where it is −inf and inf; elsewhere the result is nan."

# ── the error function and the normal distribution ────────────────────────────────────────────────────────────────────

erf = elementwise(
    of("erf", "x"), lambda x: _BELL * exp(-x * x),
    doc("The error function 2/√π · ∫₀ˣ e^(−t²) dt", """
        >>> x = Tensor([0.0, 1.0], requires_grad=True)
        >>> ag.grad(ag.erf(x).sum(), x).numpy()  # 2/√π · e^(−x²)
        array([1.12837917, 0.4151075 ])""", x=_REAL), methods=["erf"],
)  # fmt: skip
erfc = elementwise(
    of("erfc", "x"), lambda x: -_BELL * exp(-x * x),
    doc("The complementary error function 1 − erf(x)", """
        >>> ag.erfc(Tensor(9.0)).item(), 1 - ag.erf(Tensor(9.0)).item()
        (4.137031746513...e-37, 0.0)""", "It keeps the digits that the difference loses.", x=_REAL), methods=["erfc"],
)  # fmt: skip


@op(public=False)
def repeated_erfcx(x: Any, *, n: int) -> Any:
    """e^(x²) · iⁿerfc(x), the n times repeated integral of erfc, scaled. x (...) -> (...).

    With E₋₁ = 2/√π and E₀ = erfcx: 2n Eₙ = Eₙ₋₂ − 2x Eₙ₋₁, which cancels for large x; there Eₙ / Eₙ₋₁ is a continued
    fraction of positive terms. Source: Gautschi 1961, "Recursive computation of the repeated integrals of the error
    function".
    """
    x = np.asarray(x)
    wide = x.astype(np.float64)
    with quiet(over="ignore", under="ignore"):
        before, out = np.full_like(wide, _BELL), scipys("erfcx")(wide)
        near = np.minimum(wide, _FAR)
        for k in range(1, n + 1):
            before, out = out, (before - 2 * near * out) / (2 * k)
        far, out = wide > _FAR, np.asarray(out)
        if far.any():
            z = wide[far]
            ratios, ratio = [], np.zeros_like(z)
            for k in range(n + 24, 0, -1):
                ratio = 0.5 / (z + (k + 1) * ratio)
                ratios.append(ratio)
            out[far] = scipys("erfcx")(z) * np.prod(ratios[len(ratios) - n :], axis=0)
    return out.astype(x.dtype)


_FAR = 4.0  # from here on the recurrence loses two digits and the fraction needs few terms
repeated_erfcx.defvjp(x=lambda g, x, *, n: g * (-2 * (n + 1)) * repeated_erfcx.bind(x, n=n + 1))

erfcx = elementwise(
    of("erfcx", "x"), lambda x: -2 * repeated_erfcx.bind(x, n=1),
    doc("The scaled complementary error function e^(x²) · erfc(x)", """
        >>> x = Tensor(1e9, requires_grad=True)
        >>> ag.grad(ag.erfcx(x), x).item()  # −1/(√π x²), where 2x · erfcx(x) − 2/√π has no digit left
        -5.64189583547...e-19"""), analytic=False,
)  # fmt: skip
erfinv = elementwise(
    of("erfinv", "x"), lambda out: exp(out * out) / _BELL,
    doc("The inverse of erf", """
        >>> ag.erfinv(ag.erf(Tensor([-1.0, 0.5]))).numpy()
        array([-1. ,  0.5])""", x="(...), from −1 to 1, where it is −inf and inf; elsewhere the result is nan."),
    methods=["erfinv"], analytic=False,
)  # fmt: skip
erfcinv = elementwise(
    of("erfcinv", "x"), lambda out: exp(out * out) / -_BELL,
    doc("The inverse of erfc", """
        >>> ag.erfcinv(ag.erfc(Tensor([1.0, 9.0]))).numpy()
        array([1., 9.])""", x="(...), from 0 to 2, where it is inf and −inf; elsewhere the result is nan."),
    analytic=False,
)  # fmt: skip
ndtr = elementwise(
    of("ndtr", "x"), lambda x: exp(x * x * -0.5) / _ROOT,
    doc("The distribution function of the standard normal distribution, Φ(x)", """
        >>> x = Tensor(0.0, requires_grad=True)
        >>> ag.grad(ag.ndtr(x), x).item()  # the density
        0.3989422804014327""", x=_REAL),
)  # fmt: skip


@in_single
def _normal_ratio(g: Any, x: Any) -> Any:
    """g · φ(x)/Φ(x), which is 0 where 1/φ(x) is too large for x's dtype."""
    far = x > sqrt(2 * np.log(np.finfo(x.dtype).max) - 10)
    return g * where(far, 0, sqrt(2 / pi) / erfcx(where(far, 0, x) * -sqrt(0.5)))


log_ndtr = elementwise(
    of("log_ndtr", "x"), None,
    doc("The logarithm of the normal distribution function, log Φ(x)", """
        >>> x = Tensor(-1e5, requires_grad=True)
        >>> ag.grad(ag.log_ndtr(x), x).item()  # where Φ(x) is 0
        100000.0000100...""", "Its derivative φ(x)/Φ(x) keeps its digits however far left."),
    product=_normal_ratio, analytic=False,
)  # fmt: skip
ndtri = elementwise(
    of("ndtri", "x"), lambda out: exp(out * out * 0.5) * _ROOT,
    doc("The inverse of ndtr: the quantiles of the standard normal distribution", """
        >>> ag.ndtri(Tensor([0.5, 0.975])).numpy()
        array([0.        , 1.95996398])""", x=_FROM_0_TO_1),
    analytic=False,
)  # fmt: skip

# ── logarithms and entropies ──────────────────────────────────────────────────────────────────────────────────────────

ROWS["expit"] = Row(sigmoid, (), {})

logit = elementwise(
    of("logit", "x"), None,
    doc("The logarithm of the odds, log(x / (1 − x)), the inverse of sigmoid", """
        >>> x = Tensor([0.25, 0.5], requires_grad=True)
        >>> ag.grad(ag.logit(x).sum(), x).numpy()
        array([5.33333333, 4.        ])""", x=_FROM_0_TO_1),
    product=lambda g, x: g / where((x < 0) | (x > 1), np.nan, x * (1 - x)), methods=["logit"], analytic=False,
)  # fmt: skip


@op(public=False)
def quotient(p: Any, x: Any) -> Any:
    """p / x, but 0 where both are 0, as are its slopes. p, x (...) broadcast -> (...)."""
    return np.divide(p, np.where(np.equal(p, 0) & np.equal(x, 0), 1, x))


quotient.defvjp(
    p=lambda g, p, x: quotient.bind(where((p == 0) & (x == 0), 0, g), x),
    x=lambda g, x, out: -g * quotient.bind(out, x),
)

_TIMES = "(...), what multiplies; where it is 0 the product is 0, unless y is nan."

xlogy = op(
    of("xlogy", "x", "y"), doc("The product x · log y, 0 where x is 0", """
        >>> p = Tensor([0.0, 1.0], requires_grad=True)
        >>> ag.grad(ag.xlogy([0.0, 2.0], p).sum(), p).numpy()  # 0 and not nan, where 0 · log 0 is 0
        array([0., 2.])""", "Its gradient in x where x is 0 and y is not above 0 is 0, and in y where both are 0.",
        x=_TIMES, y="(...), at least 0."), methods=["xlogy"],
)  # fmt: skip
xlogy.defvjp(x=lambda g, x, y: g * log(where((x == 0) & (y <= 0), 1, y)), y=lambda g, x, y: g * quotient.bind(x, y))
xlog1py = op(
    of("xlog1py", "x", "y"),
    doc("The product x · log(1 + y), 0 where x is 0", """
        >>> ag.xlog1py(Tensor([0.0, 2.0]), [-1.0, 1e-20]).numpy()
        array([0.e+00, 2.e-20])""",
        "Its gradient is 0 in x where x is 0 and y is not above −1, and in y where x is 0 and y is −1.",
        x=_TIMES, y="(...), at least −1."),
)  # fmt: skip
xlog1py.defvjp(
    x=lambda g, x, y: g * log1p(where((x == 0) & (y <= -1), 0, y)),
    y=lambda g, x, y: g * quotient.bind(x, 1 + y),
)
entr = elementwise(
    of("entr", "x"), None,
    doc("The entropy's terms −x · log x, 0 at 0 and −inf below", """
        >>> p = Tensor([0.5, 0.25, 0.25])
        >>> float(ag.entr(p).sum().item() / np.log(2))  # in bits
        1.5""", "The slope at 0 is inf, and nan below."),
    product=lambda g, x: g * (-1 - xlogy(1, x)), analytic=False,
)  # fmt: skip
