"""Bessel functions of SciPy's with their derivatives, which are Bessel functions of the neighbouring orders.

No gradient flows to an order; one that requires a gradient is refused.
"""

from math import pi
from typing import Any

import numpy as np

from .from_scipy import doc, of, scipys, without
from .kinds import elementwise, op

_ABOVE = "(...), above 0; the result is −inf at 0 and nan below."
_ORDER = "(...), the order, without a gradient."
_REFUSED = "TypeError: if the order requires a gradient."
_HALVES = """
        >>> x = Tensor(2.0, requires_grad=True)
        >>> slope = ag.grad(ag.{0}(1, x), x)
        >>> np.allclose(slope.numpy(), {1})
        True"""

# ── of order 0 and 1 ──────────────────────────────────────────────────────────────────────────────────────────────────


def _over(y: Any, x: Any) -> Any:
    """y/x, ½ at 0: of J₁ and I₁, the overflow of which is left to I₀."""
    x = np.asarray(x)
    zero = x == 0
    return np.where(zero, 0.5, np.where(np.isinf(y), 0, y) / np.where(zero, 1, x))


@op(public=False)
def j1_slope(x: Any) -> Any:
    """J₁'(x) = J₀(x) − J₁(x)/x. x (...) -> (...). Its own derivative is (J₃ − 3 J₁)/4."""
    return (scipys("j0")(x) - _over(scipys("j1")(x), x)).astype(np.asarray(x).dtype)


@op(public=False)
def i1_slope(x: Any) -> Any:
    """I₁'(x) = I₀(x) − I₁(x)/x. x (...) -> (...). Its own derivative is (I₃ + 3 I₁)/4."""
    return (scipys("i0")(x) - _over(scipys("i1")(x), x)).astype(np.asarray(x).dtype)


j1_slope.defvjp(x=lambda g, x: g * (jv.bind(3, x) - 3 * j1(x)) / 4)
i1_slope.defvjp(x=lambda g, x: g * (iv.bind(3, x) + 3 * i1(x)) / 4)

j0 = elementwise(
    of("j0", "x"), lambda x: -j1(x),
    doc("The Bessel function of the first kind of order 0, J₀(x)", """
        >>> x = Tensor(1.0, requires_grad=True)
        >>> ag.grad(ag.j0(x), x).item() == -ag.j1(x).item()
        True"""), analytic=False,
)  # fmt: skip
j1: Any = elementwise(
    of("j1", "x"), lambda x: j1_slope.bind(x),
    doc("The Bessel function of the first kind of order 1, J₁(x)", """
        >>> x = Tensor(0.0, requires_grad=True)
        >>> ag.grad(ag.j1(x), x).item()
        0.5"""), analytic=False,
)  # fmt: skip
y0 = elementwise(
    of("y0", "x"), lambda x: -y1(x),
    doc("The Bessel function of the second kind of order 0, Y₀(x)", """
        >>> x = Tensor(1.0, requires_grad=True)
        >>> ag.grad(ag.y0(x), x).item() == -ag.y1(x).item()
        True""", x=_ABOVE), analytic=False,
)  # fmt: skip
y1: Any = elementwise(
    of("y1", "x"), lambda x, out: y0(x) - out / x,
    doc("The Bessel function of the second kind of order 1, Y₁(x)", """
        >>> ag.y1(Tensor([0.0, 1.0])).numpy()
        array([       -inf, -0.78121282])""", x=_ABOVE), analytic=False,
)  # fmt: skip
i0 = elementwise(
    of("i0", "x"), lambda x: i1(x),
    doc("The modified Bessel function of the first kind of order 0, I₀(x)", """
        >>> x = Tensor(1.0, requires_grad=True)
        >>> ag.grad(ag.i0(x), x).item() == ag.i1(x).item()
        True"""), analytic=False, methods=["i0"], numpy=[np.i0],
)  # fmt: skip
i1: Any = elementwise(
    of("i1", "x"), lambda x: i1_slope.bind(x),
    doc("The modified Bessel function of the first kind of order 1, I₁(x)", """
        >>> x = Tensor(0.0, requires_grad=True)
        >>> ag.grad(ag.i1(x), x).item()
        0.5"""), analytic=False,
)  # fmt: skip
k0 = elementwise(
    of("k0", "x"), lambda x: -k1(x),
    doc("The modified Bessel function of the second kind of order 0, K₀(x)", """
        >>> x = Tensor(1.0, requires_grad=True)
        >>> ag.grad(ag.k0(x), x).item() == -ag.k1(x).item()
        True""", x="(...), above 0; the result is inf at 0 and nan below."), analytic=False,
)  # fmt: skip
k1: Any = elementwise(
    of("k1", "x"), lambda x, out: -k0(x) - out / x,
    doc("The modified Bessel function of the second kind of order 1, K₁(x)", """
        >>> ag.k1(Tensor([0.0, 1.0])).numpy()
        array([       inf, 0.60190723])""", x="(...), above 0; the result is inf at 0 and nan below."), analytic=False,
)  # fmt: skip

# ── of any order ──────────────────────────────────────────────────────────────────────────────────────────────────────

jv: Any = op(
    of("jv", "v", "z"),
    doc("The Bessel function of the first kind, Jᵥ(z)",
        _HALVES.format("jv", "(ag.j0(2.0) - ag.jv(2, 2.0)) / 2"),
        "SciPy's name jn is there too.", v=_ORDER, z="(...), at least 0 unless v is an integer.", raises=_REFUSED),
    aliases=["jn"],
)  # fmt: skip


def _yn(n: Any, x: Any) -> Any:
    if np.any(np.not_equal(n, np.rint(n))):
        raise ValueError("the order must be a whole number; yv takes others")
    return scipys("yn")(n, x)


yn = op(
    of("yn", "n", "x", by=_yn),
    doc("The Bessel function of the second kind of an integer order, Yₙ(x)",
        _HALVES.format("yn", "(ag.y0(2.0) - ag.yn(2, 2.0)) / 2"),
        n="(...), the order, whole numbers without a gradient.", x=_ABOVE,
        raises=f"{_REFUSED}\n    ValueError: for an order that is not whole."),
)  # fmt: skip
yv = op(
    of("yv", "v", "z"),
    doc("The Bessel function of the second kind, Yᵥ(z)",
        _HALVES.format("yv", "(ag.y0(2.0) - ag.yv(2, 2.0)) / 2"),
        v=_ORDER, z=_ABOVE, raises=_REFUSED),
)  # fmt: skip
iv: Any = op(
    of("iv", "v", "z"),
    doc("The modified Bessel function of the first kind, Iᵥ(z)",
        _HALVES.format("iv", "(ag.i0(2.0) + ag.iv(2, 2.0)) / 2"),
        v=_ORDER, z="(...), at least 0 unless v is an integer.", raises=_REFUSED),
)  # fmt: skip
kv = op(
    of("kv", "v", "z"),
    doc("The modified Bessel function of the second kind, Kᵥ(z)",
        _HALVES.format("kv", "-(ag.k0(2.0) + ag.kv(2, 2.0)) / 2"),
        v=_ORDER, z="(...), above 0.", raises=_REFUSED),
)  # fmt: skip
jv.defvjp(z=lambda g, v, z: g * (jv.bind(v - 1, z) - jv.bind(v + 1, z)) / 2)
yn.defvjp(x=lambda g, n, x: g * (yn.bind(n - 1, x) - yn.bind(n + 1, x)) / 2)
yv.defvjp(z=lambda g, v, z: g * (yv.bind(v - 1, z) - yv.bind(v + 1, z)) / 2)
iv.defvjp(z=lambda g, v, z: g * (iv.bind(v - 1, z) + iv.bind(v + 1, z)) / 2)
kv.defvjp(z=lambda g, v, z: g * (kv.bind(v - 1, z) + kv.bind(v + 1, z)) / -2)

# ── scaled ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@op(public=False)
def ive_slope(v: Any, z: Any, y: Any, *, n: int) -> Any:
    """The n-th derivative in z of y = e^(−|z|) Iᵥ(z). v, z, y (...) broadcast -> (...).

    By neighbouring orders, which cancel for large z; there by Hankel's asymptotic series, term by term.
    Source: Abramowitz & Stegun 1964, section 9.7.1.
    """
    dtype = np.result_type(z, np.float32)
    v, z = np.broadcast_arrays(np.asarray(v, np.float64), np.asarray(z, np.float64))
    if n == 1 and np.all(z != 0):
        out = np.asarray(scipys("ive")(v + 1, z) + y * (v / z - np.sign(z)))
    else:
        out = np.asarray(_by_neighbours(v, z, y, n))
    far = np.abs(z) > np.maximum(50, 4 * v * v)
    if far.any():
        order, x = v[far], np.abs(z[far])
        parity = np.where(z[far] > 0, 1, np.where(order % 1, np.nan, np.where((order + n) % 2, -1, 1)))
        term, power, total = np.ones_like(x), 1.0, np.zeros_like(x)
        for m in range(n):
            power *= -0.5 - m
        for k in range(24):
            total += term * power
            term *= ((2 * k + 1) ** 2 - 4 * order * order) / (8 * (k + 1) * x)
            power *= (k + n + 0.5) / (k + 0.5)
        out[far] = parity * total / np.sqrt(2 * pi * x) / x**n
    return out.astype(dtype)


def _by_neighbours(v: Any, z: Any, y: Any, n: int) -> Any:
    """(½(S₋ + S₊) − sign z)ⁿ y, where S₋ and S₊ lower and raise the order."""
    if n == 0:
        return y
    around = sum(_by_neighbours(w, z, scipys("ive")(w, z), n - 1) for w in (v - 1, v + 1))
    return around / 2 - np.sign(z) * _by_neighbours(v, z, y, n - 1)


ive_slope.defvjp(z=lambda g, v, z, y, *, n: g * ive_slope.bind(v, z, y, n=n + 1), y=None)

_SCALED = "Its derivative keeps its digits for large {0}. At 0 the factor's subgradient is 0."

ive = op(
    of("ive", "v", "z"),
    doc("The scaled modified Bessel function of the first kind, e^(−|z|) · Iᵥ(z)", """
        >>> ag.ive(0.5, Tensor([0.0, 1e4])).numpy()  # where I itself overflows
        array([0.        , 0.00398942])""", _SCALED.format("z"),
        v=_ORDER, z="(...), at least 0 unless v is an integer.", raises=_REFUSED),
    kink=lambda z: np.sign(z),
)  # fmt: skip
ive.defvjp(z=lambda g, v, z, out: g * ive_slope.bind(v, z, out, n=1))
i0e = elementwise(
    of("i0e", "x"), lambda x, out: ive_slope.bind(0, x, out, n=1),
    doc("The scaled modified Bessel function e^(−|x|) · I₀(x)", """
        >>> x = Tensor(1e12, requires_grad=True)
        >>> ag.grad(ag.i0e(x), x).item() / (-ag.i0e(x).item() / 2e12)
        1.0...""", _SCALED.format("x")), kink=lambda x: np.sign(x),
)  # fmt: skip
i1e = elementwise(
    of("i1e", "x"), lambda x, out: ive_slope.bind(1, x, out, n=1),
    doc("The scaled modified Bessel function e^(−|x|) · I₁(x)", """
        >>> x = Tensor(0.0, requires_grad=True)
        >>> ag.grad(ag.i1e(x), x).item()
        0.5""", _SCALED.format("x")), kink=lambda x: np.sign(x),
)  # fmt: skip
for _op in (jv, yn, yv, iv, kv, ive, ive_slope):
    without(_op, _op.args[0])
