"""The gamma and beta functions of SciPy's and their logarithms' derivatives, with all digits for large arguments."""

from math import factorial, pi
from typing import Any

import numpy as np

from ..arguments import Whole, is_whole
from ..kernels.quiet import quiet
from .elementwise import cos, sin, where
from .from_scipy import doc, of, scipys, without
from .kinds import elementwise, op

_REAL = "(...), real or complex."

# ── the gamma function ────────────────────────────────────────────────────────────────────────────────────────────────

gamma = elementwise(
    of("gamma", "x"), lambda x, out: out * digamma(x),
    doc("The gamma function Γ(x)", """
        >>> ag.gamma(Tensor([0.5, 5.0])).numpy()  # √π, 4!
        array([ 1.77245385, 24.        ])""", "At the integers below 0 it is nan.", x=_REAL), takes_complex=True,
)  # fmt: skip
gammaln = elementwise(
    of("gammaln", "x"), lambda x: digamma(x),
    doc("The logarithm of the gamma function's absolute value, log |Γ(x)|", """
        >>> x = Tensor(1e6, requires_grad=True)
        >>> ag.grad(ag.gammaln(x), x).item()  # digamma(x)
        13.815510057964...""", "PyTorch's name lgamma is there too. At 0 and the integers below it is inf."),
    methods=["gammaln", "lgamma"], aliases=["lgamma"], analytic=False,
)  # fmt: skip
gammasgn = op(
    of("gammasgn", "x"), doc("The sign of the gamma function, 1 or −1", """
        >>> ag.gammasgn(Tensor([-0.5, 0.5])).numpy()
        array([-1.,  1.])""", "No gradient flows through it."),
    kink=lambda x: np.where(np.greater(x, 0), 0, np.floor(x)),
)  # fmt: skip
gammasgn.defvjp(x=None)


@op(public=False)
def rgamma_slope(x: Any, y: Any) -> Any:
    """y' = −ψ(x) y of y = 1/Γ(x). x, y (...) -> (...).

    Left of ½ it is that of 1/Γ(x) = Γ(1 − x) · sin(πx)/π, since ψ has poles there and this has not.
    """
    x, y = np.asarray(x), np.asarray(y)
    left = x < 0.5
    slope, right, psi = np.empty(x.shape, np.result_type(x, y)), ~left, scipys("psi")
    slope[right] = -y[right] * psi(x[right])
    if left.any():
        z = x[left]
        slope[left] = scipys("gamma")(1 - z) * (np.cos(pi * z) - np.sin(pi * z) * psi(1 - z) / pi)
    return slope.astype(x.dtype, copy=False)


def _rgamma_bend(x: Any) -> Any:
    """(1/Γ)''(x), in the same two ways."""
    left = x < 0.5
    y, z = where(left, 1 - x, 1), where(left, 1, x)
    psi, sine = digamma(y), sin(pi * y)
    reflected = (psi * psi + polygamma.bind(1, y)) * sine / pi + 2 * psi * cos(pi * y) - pi * sine
    return where(left, gamma(y) * reflected, rgamma(z) * (digamma(z) ** 2 - polygamma.bind(1, z)))


rgamma_slope.defvjp(x=lambda g, x: g * _rgamma_bend(x), y=None)
rgamma = elementwise(
    of("rgamma", "x"), lambda x, out: rgamma_slope.bind(x, out),
    doc("The reciprocal of the gamma function, 1/Γ(x)", """
        >>> x = Tensor([0.0, -3.0], requires_grad=True)
        >>> ag.grad(ag.rgamma(x).sum(), x).numpy()  # at its zeros
        array([ 1., -6.])""", "It is 0 at 0 and the integers below, and smooth everywhere."), analytic=False,
)  # fmt: skip
digamma: Any = elementwise(
    of("digamma", "x"), lambda x: polygamma.bind(1, x),
    doc("The digamma function ψ(x), the derivative of log Γ(x)", """
        >>> x = Tensor(1.0, requires_grad=True)
        >>> ag.grad(ag.digamma(x), x).item()  # π²/6
        1.644934066848...""", "SciPy's name psi is there too.", x=_REAL),
    methods=["digamma"], aliases=["psi"],
)  # fmt: skip


def _polygamma(n: Any, x: Any) -> Any:
    if isinstance(n, int) and n >= 0:
        return scipys("psi")(x) if n == 0 else scipys("zeta")(n + 1.0, x) * (factorial(n) * (-1) ** (n + 1))
    n, x = np.asarray(n, np.float64), np.asarray(x, np.float64)
    factor = np.where(n % 2, 1, -1) * scipys("gamma")(n + 1)
    return np.where(n == 0, scipys("psi")(x), factor * scipys("zeta")(n + 1, x))


polygamma: Any = op(
    of("polygamma", "n", "x", by=_polygamma),
    doc("The n-th derivative of the digamma function", """
        >>> x = Tensor(2.0, requires_grad=True)
        >>> ag.grad(ag.polygamma(1, x), x).item() == ag.polygamma(2, x).item()
        True""", n="(...), integers of at least 0, without a gradient.", x="(...), real.",
        raises="TypeError: if n requires a gradient."),
)  # fmt: skip
polygamma.defvjp(x=lambda g, n, x: g * polygamma.bind(n + 1, x))
without(polygamma, "n")

zeta = op(
    of("zeta", "x", "q"),
    doc("Hurwitz's zeta function Σₖ 1/(k + q)ˣ, k from 0", """
        >>> ag.zeta(2.0, Tensor([1.0, 2.0])).numpy()  # π²/6, and that less 1
        array([1.64493407, 0.64493407])""", "With q = 1 it is Riemann's.",
        x="(...), above 1, without a gradient.", q="(...).",
        raises="TypeError: if x requires a gradient."),
)  # fmt: skip
zeta.defvjp(q=lambda g, x, q: g * (-x * zeta.bind(x + 1, q)))
without(zeta, "x")


@op
def multigammaln(a: Any, d: Whole) -> Any:
    """The logarithm of the multivariate gamma function, log Γ_d(a), elementwise.

    It is d(d−1)/4 · log π + Σⱼ log Γ(a − j/2), j from 0 to d − 1.

    Arguments:
        a: (...), above (d − 1)/2.
        d: an integer of at least 1, the dimension.
    Returns:
        (...), the same shape, of the floating dtype; integers give float64.
    Raises:
        ValueError: for a of (d − 1)/2 or less, or d below 1.
        ImportError: if SciPy is not installed.

    Example:
        >>> ag.multigammaln(Tensor(3.0), 1).item(), ag.gammaln(Tensor(3.0)).item()
        (0.693147180559945..., 0.693147180559945...)
    """
    if not is_whole(d, 1):
        raise ValueError(f"d must be an integer of at least 1, not {d!r}")
    if np.any(np.less_equal(a, (d - 1) / 2)):
        raise ValueError(f"a must be above (d - 1)/2 = {(d - 1) / 2} everywhere")
    total = d * (d - 1) / 4 * np.log(pi).item() + gammaln.forward(a)
    for j in range(1, d):
        total = total + gammaln.forward(np.subtract(a, j / 2))
    return total


multigammaln.defvjp(a=lambda g, a, *, d: g * sum(digamma(a - j / 2) for j in range(d)))

# ── the beta function ─────────────────────────────────────────────────────────────────────────────────────────────────

_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
_LARGE = 12.0  # from here on eight terms of the asymptotic series have all digits of double


@op(public=False)
def polygamma_rise(a: Any, b: Any, *, n: int) -> Any:
    """ψₙ(a + b) − ψₙ(a), of positive a and a + b without cancellation. a, b (...) broadcast -> (...)."""
    dtype = np.result_type(a, b)
    a, b = (np.asarray(y, np.float64) for y in (a, b))
    first, second = _polygamma(n, a + b), _polygamma(n, a)
    rise = np.asarray(first - second)
    close = (np.abs(rise) < np.abs(first) / 4) & (a > 0) & (a + b > 0)  # two bits and more would be lost
    if close.any():
        a, b = np.broadcast_arrays(a, b)
        rise[close] = _small_rise(a[close], b[close], n)
    return rise.astype(dtype if dtype.kind == "f" else np.float64, copy=False)


def _small_rise(a: Any, b: Any, n: int) -> Any:
    """The same: a is raised to above 12 by the recurrence; there the asymptotic series is taken term by term.

    The difference of two powers is a^(−m) · expm1(−m · log(1 + b/a)).
    """

    def fall(at: Any, m: int) -> Any:  # at^(−m) − (at + b)^(−m)
        return -np.expm1(-m * np.log1p(b / at)) * (at**-m if m else 1)

    with quiet(over="ignore", under="ignore", divide="ignore"):
        steps = int(_LARGE) if np.any(a < _LARGE) else 0
        top = a + steps
        total = np.log1p(b / top) if n == 0 else factorial(n - 1) * fall(top, n)
        for j in range(steps):
            total = total + factorial(n) * fall(a + j, n + 1)
        total = total + factorial(n) / 2 * fall(top, n + 1)
        for k, number in enumerate(_BERNOULLI, 1):
            total = total + number * (factorial(2 * k + n - 1) / factorial(2 * k)) * fall(top, 2 * k + n)
    return -total if n % 2 else total


polygamma_rise.defvjp(
    a=lambda g, a, b, *, n: g * polygamma_rise.bind(a, b, n=n + 1),
    b=lambda g, a, b, *, n: g * polygamma.bind(n + 1, a + b),
)
_PAIR = {"a": "(...).", "b": "(...)."}

beta = op(
    of("beta", "a", "b"), doc("The beta function Γ(a)Γ(b)/Γ(a + b)", """
        >>> ag.beta(Tensor(2.0), 3.0).item()
        0.083333333333333...""", **_PAIR),
)  # fmt: skip
betaln = op(
    of("betaln", "a", "b"),
    doc("The logarithm of the beta function's absolute value", """
        >>> a = Tensor(1e12, requires_grad=True)
        >>> ag.grad(ag.betaln(a, 1.0), a).item()  # −1/a: the beta function of a and 1 is 1/a
        -1e-12""", "Its gradient keeps its digits for large a or b.", **_PAIR),
)  # fmt: skip
beta.defvjp(
    a=lambda g, a, b, out: -g * out * polygamma_rise.bind(a, b, n=0),
    b=lambda g, a, b, out: -g * out * polygamma_rise.bind(b, a, n=0),
)
betaln.defvjp(
    a=lambda g, a, b: -g * polygamma_rise.bind(a, b, n=0), b=lambda g, a, b: -g * polygamma_rise.bind(b, a, n=0)
)
