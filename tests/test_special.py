"""Special functions beside SciPy, PyTorch and mpmath: values, derivatives of both orders, edges, dtypes, errors."""

import subprocess
import sys
from pathlib import Path

import mpmath
import numpy as np
import pytest
import torch
from scipy import special

import autograd_mini as ag
from autograd_mini import Tensor, grad, gradcheck, gradgradcheck
from autograd_mini.ops.gamma import polygamma_rise
from autograd_mini.ops.incomplete import gamma_quantile_slope, log_beta_density, log_gamma_density
from autograd_mini.ops.special import quotient, repeated_erfcx

LINE = [-2.3, -0.7, 0.4, 1.9]
RIGHT = [0.3, 1.2, 2.6, 7.5]
UNIT = [0.05, 0.3, 0.62, 0.97]

# name, arguments: a list is an array that has a gradient, what is fixed stands alone


def leaves(args, dtype=float):
    return [Tensor(np.array(a, dtype), requires_grad=True) if isinstance(a, list) else a for a in args]


# ── beside PyTorch, at edges too ──────────────────────────────────────────────────────────────────────────────────────

inf, nan = np.inf, np.nan
TORCH = [
    ("erf", torch.special.erf, ([-inf, -30, 0, 30, inf, nan],)),
    ("erfc", torch.special.erfc, ([-inf, -30, 0, 30, inf, nan],)),
    ("erfcx", torch.special.erfcx, ([-5, 0, 2, 20],)),
    ("erfinv", torch.special.erfinv, ([-1, 0, 1],)),
    ("ndtr", torch.special.ndtr, ([-inf, -3, 0, inf, nan],)),
    ("log_ndtr", torch.special.log_ndtr, ([-30, -3, 0, 5],)),
    ("ndtri", torch.special.ndtri, ([1e-300, 0.5, 0.9],)),
    ("digamma", torch.special.digamma, ([-0.5, 1, 30, nan],)),
    ("gammaln", torch.special.gammaln, ([0.5, 1, 2, 1e10, nan],)),
    ("expit", torch.special.expit, ([-1000, 0, 1000, nan],)),
    ("log_expit", torch.nn.functional.logsigmoid, ([-1000, 0, 1000, nan],)),
    ("softplus", torch.nn.functional.softplus, ([-1000, 0, 15, nan],)),
    ("logit", torch.special.logit, ([1e-300, 0.5, 1 - 2**-53],)),
    ("entr", torch.special.entr, ([1e-300, 0.5, 2],)),
    ("xlogy", torch.special.xlogy, ([0, 0, 2, 0], [0.5, inf, 3, 2.0])),
    ("xlog1py", torch.special.xlog1py, ([0, 0, 2, 0], [0.5, 1e20, 3, 2.0])),
    ("i0", torch.special.i0, ([-3, 0, 3],)),
    ("i0e", torch.special.i0e, ([-3, 0, 3],)),
    ("i1", torch.special.i1, ([-3, 0, 3],)),
    ("i1e", torch.special.i1e, ([-3, 0, 3],)),
]


@pytest.mark.parametrize(("name", "theirs", "args"), TORCH)
def test_values_and_gradients_are_pytorchs_at_edges_too(name, theirs, args):
    ours = leaves(args)
    other = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in args]
    out, known = getattr(ag.special, name)(*ours), theirs(*other)
    np.testing.assert_allclose(out.numpy(), known.detach().numpy(), rtol=1e-12, atol=1e-300)
    gradients = torch.autograd.grad(known, other, torch.ones_like(known))
    for g, k in zip(grad(out, ours, np.ones(out.shape)), gradients, strict=True):
        np.testing.assert_allclose(g.numpy(), k.numpy(), rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize(
    ("name", "x", "y", "slopes"),
    [
        ("xlogy", 0.0, 0.0, (0.0, 0.0)),
        ("xlogy", 0.0, -1.0, (0.0, 0.0)),
        ("xlogy", 0.0, 2.0, (np.log(2), 0.0)),
        ("xlog1py", 0.0, -1.0, (0.0, 0.0)),
        ("xlog1py", 0.0, -3.0, (0.0, 0.0)),
    ],
)
def test_a_product_with_a_logarithm_is_flat_where_0_times_infinity_is_0(name, x, y, slopes):
    x, y = Tensor(x, requires_grad=True), Tensor(y, requires_grad=True)
    assert tuple(g.item() for g in grad(getattr(ag.special, name)(x, y), [x, y])) == slopes


@pytest.mark.parametrize(("name", "edge"), [("xlogy", 0.0), ("xlog1py", -1.0)])
def test_where_it_is_flat_the_second_derivatives_are_0_in_either_order(name, edge):
    arrays = np.array([0.0, 0.0, 2.0]), np.array([edge, edge + 4, edge + 4])
    for first in (0, 1):
        leaves = [Tensor(a, requires_grad=True) for a in arrays]
        slope = grad(getattr(ag.special, name)(*leaves).sum(), leaves[first], create_graph=True)
        np.testing.assert_array_equal(grad(slope.sum(), leaves[1 - first]), [0, 0.25, 0.25])


def test_the_mixed_derivative_of_x_log_y_is_kept_where_x_is_0():
    x, y = Tensor(0.0, requires_grad=True), Tensor(4.0, requires_grad=True)
    (slope,) = grad(ag.xlogy(x, y), [y], create_graph=True)
    assert grad(slope, x).item() == 0.25


def test_the_reciprocal_gamma_function_has_slopes_at_its_zeros():
    x = Tensor(-np.arange(6.0), requires_grad=True)
    slope = grad(ag.rgamma(x).sum(), x, create_graph=True)
    np.testing.assert_allclose(slope.numpy(), [1, -1, 2, -6, 24, -120], rtol=1e-13)
    second = [float(mpmath.diff(mpmath.rgamma, -n, 2)) for n in range(6)]
    np.testing.assert_allclose(grad(slope.sum(), x).numpy(), second, rtol=1e-12)


def test_a_modified_bessel_function_that_overflows_has_an_infinite_slope():
    x = Tensor([800.0, -800.0], requires_grad=True)
    assert grad(ag.i1(x), x, np.ones(2)).numpy().tolist() == [inf, inf]


# ── digits where the usual formulas lose them ─────────────────────────────────────────────────────────────────────────


def derivative(function, x, order=1):
    with mpmath.workdps(60):
        return float(mpmath.diff(function, mpmath.mpf(x), order))


def scaled_erfc(x):
    return mpmath.exp(x * x) * mpmath.erfc(x) if x < 1000 else mpmath.hyperu(0.5, 0.5, x * x) / mpmath.sqrt(mpmath.pi)


EXACT = [
    *(("erfcx", scaled_erfc, x) for x in (-3, 0.5, 3.99, 4.01, 30, 1e6)),
    *(("log_ndtr", lambda x: mpmath.log(mpmath.ncdf(x)), x) for x in (-1e3, -40, -3, 0, 6)),
    *(("i0e", lambda x: mpmath.exp(-x) * mpmath.besseli(0, x), x) for x in (0.5, 49, 51, 1e4)),
    *(("i1e", lambda x: mpmath.exp(-x) * mpmath.besseli(1, x), x) for x in (0.5, 49, 51, 1e4)),
    *(("i1", lambda x: mpmath.besseli(1, x), x) for x in (1e-6, 0.3, 20)),
    *(("j1", lambda x: mpmath.besselj(1, x), x) for x in (1e-6, 0.3, 20)),
    *(("gammaln", mpmath.loggamma, x) for x in (1e-8, 1 - 1e-9, 1 + 1e-9, 2 + 1e-9, 1e9)),
    *(("logit", lambda x: mpmath.log(x / (1 - x)), x) for x in (1e-12, 0.5 + 1e-12, 1 - 2**-40)),
    *(("rgamma", mpmath.rgamma, x) for x in (-3 + 1e-9, 0.49, 0.51, 30.5)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "known", "x"), [pytest.param(*row, id=f"{row[0]}({row[2]})") for row in EXACT])
def test_derivatives_of_both_orders_keep_their_digits(name, known, x):
    t = Tensor(float(x), requires_grad=True)
    slope = grad(getattr(ag.special, name)(t), t, create_graph=True)
    np.testing.assert_allclose(slope.item(), derivative(known, float(x)), rtol=2e-12)
    np.testing.assert_allclose(grad(slope, t).item(), derivative(known, float(x), 2), rtol=1e-11)


@pytest.mark.parametrize("n", range(3))
@pytest.mark.parametrize("b", [1e-5, 0.5, 3, 1e9])
@pytest.mark.parametrize("a", [1e-4, 0.3, 11, 12.5, 1e8])
def test_differences_of_polygamma_functions_keep_their_digits(a, b, n):
    with mpmath.workdps(50):
        known = float(mpmath.polygamma(n, mpmath.mpf(a) + mpmath.mpf(b)) - mpmath.polygamma(n, mpmath.mpf(a)))
    np.testing.assert_allclose(polygamma_rise.bind(a, b, n=n), known, rtol=1e-14)


@pytest.mark.parametrize("ratio", [1e-6, 0.3, 0.9, 1, 1.1, 3])
@pytest.mark.parametrize("a", [1e-3, 0.5, 2.5, 29, 30, 300, 1e5])
def test_the_slope_of_a_gamma_quantile_is_that_of_the_distribution_function(a, ratio):
    x = a * ratio
    with mpmath.workdps(40):  # −(∂P/∂a) / p as an integral of the density over that of x, towards the nearer end
        A, X = mpmath.mpf(a), mpmath.mpf(x)
        side = -1 if x < a else 1
        centre, width = mpmath.log(X) - mpmath.digamma(A), 1 / mpmath.sqrt(A)
        term = lambda s: mpmath.exp(A * side * s - X * mpmath.expm1(side * s)) * (side * centre + s)
        steps = [0, *(width * k for k in (0.01, 0.1, 0.5, 1, 2, 4, 8, 16, 40, 100, 1000, 5000))]
        known = float(X * mpmath.quad(term, steps))
    np.testing.assert_allclose(gamma_quantile_slope.bind(a, x), known, rtol=1e-11)


@pytest.mark.parametrize(("op", "params", "args"), [
    (repeated_erfcx, {"n": 1}, (LINE,)), (repeated_erfcx, {"n": 2}, ([4.5, 9.0],)),
    (log_gamma_density, {}, ([0.5, 2.0, 3.0, 1.5], RIGHT)), (quotient, {}, (LINE, RIGHT)),
    (log_beta_density, {}, ([0.5, 2.0, 3.0, 1.5], RIGHT, UNIT)),
    (polygamma_rise, {"n": 0}, (RIGHT, [1.5, 0.2, 3.0, 2.5])), (polygamma_rise, {"n": 1}, ([-1.4], [0.6])),
])  # fmt: skip
def test_what_derivatives_are_made_of_has_derivatives_itself(op, params, args):
    tensors = [a for a in leaves(args) if isinstance(a, Tensor)]
    fixed = [a for a in args if not isinstance(a, list)]
    assert gradcheck(lambda *given: op.bind(*fixed, *given, **params), tensors)


def test_the_slope_of_a_gamma_quantile_has_a_derivative_in_the_quantile():
    x = Tensor([0.7, 1.9, 45.0], requires_grad=True)
    assert gradcheck(lambda x: gamma_quantile_slope.bind(np.array([0.5, 2.0, 40.0]), x), [x])


# ── complex numbers ───────────────────────────────────────────────────────────────────────────────────────────────────


# ── logsumexp by SciPy's signature ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("b", [None, [[0.5, 0.25, 2.0]]])
def test_logsumexp_is_scipys(axis, keepdims, b):
    a = np.array([[1000.0, 999.0, -2.0], [0.5, 0.25, -inf]])
    ours = ag.special.logsumexp(Tensor(a, requires_grad=True), axis, b, keepdims)
    np.testing.assert_allclose(ours.numpy(), special.logsumexp(a, axis, b, keepdims), rtol=1e-14)
    finite = Tensor([[1.0, 0.5, -2.0], [0.5, 0.25, 0.0]], requires_grad=True)
    assert gradcheck(lambda t: ag.special.logsumexp(t, axis, b, keepdims), [finite])
    assert gradgradcheck(lambda t: ag.special.logsumexp(t, axis, b, keepdims), [finite])


def test_logsumexp_of_nothing_and_of_nothing_but_minus_infinity_is_minus_infinity():
    with np.errstate(divide="raise"):
        assert ag.special.logsumexp(np.zeros(0)) == ag.special.logsumexp(np.full(3, -inf)) == -inf


# ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_name_is_scipys_and_stands_at_the_top_too():
    for name in ag.special.__all__:
        assert hasattr(special, name)
        assert name == "logsumexp" or getattr(ag, name) is getattr(ag.special, name)
    assert (ag.lgamma, ag.logsigmoid, ag.psi, ag.jn) == (ag.gammaln, ag.log_expit, ag.digamma, ag.jv)


def test_numpys_i0_and_a_tensors_xlogy_are_recorded():
    t = leaves([UNIT])[0]
    assert np.i0(t).requires_grad
    assert t.xlogy(2.0).requires_grad


def test_logsumexps_example_comes_out():
    assert ag.special.logsumexp(Tensor([1000.0, 1000.0]), b=[0.25, 0.75]).item() == 1000.0


# ── errors ────────────────────────────────────────────────────────────────────────────────────────────────────────────

LOST = "requires a gradient: it has no derivative here, and the gradient would be lost; give detach()"
REFUSED = [
    (lambda t: ag.betainc(t, 1.0, 0.5), TypeError, f"betainc: a (2,) {LOST}"),
    (lambda t: special.betainc(1.0, t, 0.5), TypeError, f"betainc: b (2,) {LOST}"),
    (lambda t: ag.betaincc(1.0, b=t, x=0.5), TypeError, f"betaincc: b (2,) {LOST}"),
    (lambda t: ag.iv(t, 1.0), TypeError, f"iv: v (2,) {LOST}"),
    (lambda t: ag.jn(t, 1.0), TypeError, f"jv: v (2,) {LOST}"),
    (lambda t: ag.polygamma(t, 1.0), TypeError, f"polygamma: n (2,) {LOST}"),
    (lambda t: ag.zeta(t, 1.0), TypeError, f"zeta: x (2,) {LOST}"),
    (lambda t: ag.multigammaln(t, 9), ValueError, "multigammaln: (2,): a must be above (d - 1)/2 = 4.0 everywhere"),
    (lambda t: ag.multigammaln(t, 0), ValueError, "multigammaln: (2,): d must be an integer of at least 1, not 0"),
    (lambda t: ag.beta(t, np.ones(3)), ValueError,
     "beta: (2,) and (3,): these shapes do not broadcast; compared from the right, 2 and 3 differ on axis -1 and "
     "neither is 1"),
    (lambda t: ag.erf("a"), TypeError, "erf: takes arrays of real numbers, not str"),
    (lambda t: ag.special.logsumexp(t, 2), ValueError,
     "logsumexp: axis 2 is out of range for shape (2,), which has 1 axes"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "words"), REFUSED)
def test_bad_calls_say_what_and_why(call, kind, words):
    with pytest.raises(kind) as caught:
        call(Tensor([0.5, 2.0], requires_grad=True))
    assert str(caught.value) == words


def test_what_has_no_derivative_is_taken_as_a_constant_where_no_gradient_is_asked_for():
    order = Tensor([0.5, 2.0], requires_grad=True)
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert ag.iv(order.detach(), x).requires_grad
    with ag.no_grad():
        assert not ag.iv(order, x).requires_grad


def test_a_third_derivative_of_the_incomplete_gamma_function_in_a_is_refused():
    a = Tensor(2.0, requires_grad=True)
    slope = grad(ag.gammainc(a, 1.0), a, create_graph=True)
    with pytest.raises(NotImplementedError, match="gamma_quantile_bend has no rule for 'a'"):
        grad(slope, a, create_graph=True)


def test_without_scipy_an_error_says_which_extra_brings_it():
    program = (
        "import sys; sys.modules['scipy'] = None\n"
        "import autograd_mini as ag\n"
        "print(ag.softplus(ag.Tensor(0.0)).item())\n"
        "try: ag.erf(ag.Tensor(1.0))\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True, cwd=Path(__file__).parent.parent
    )
    words = "is computed by SciPy, which is not installed: the extra `special` brings it"
    assert done.stdout.splitlines() == [
        "0.6931471805599453",
        f"erf: {words}, pip install 'autograd-mini[special]'",
    ]


@pytest.mark.parametrize("ratio", [1e-3, 0.5, 0.999, 1, 1.001, 2, 5])
@pytest.mark.parametrize("a", [0.05, 1, 2.5, 29, 31, 200])
def test_the_second_derivative_of_the_incomplete_gamma_function_in_a_is_that_of_its_integral(a, ratio):
    x, t = a * ratio, Tensor(float(a), requires_grad=True)
    ends, sign = ((0, x), 1) if ratio < 1 else ((x, mpmath.inf), -1)  # the smaller of P and 1 − P
    with mpmath.workdps(40):
        part = lambda t: mpmath.gammainc(t, *ends, regularized=True)
        known = [sign * float(mpmath.diff(part, a, n, h=mpmath.mpf("1e-8"))) for n in (1, 2)]
    slope = grad(ag.gammainc(t, x), t, create_graph=True)
    np.testing.assert_allclose(slope.item(), known[0], rtol=1e-11, atol=1e-290)
    np.testing.assert_allclose(grad(slope, t).item(), known[1], rtol=1e-10, atol=1e-14 * abs(known[0]))


def test_the_incomplete_gamma_functions_have_second_derivatives_in_both_arguments():
    a, x = Tensor([0.4, 2.0, 40.0], requires_grad=True), Tensor([0.7, 5.0, 35.0], requires_grad=True)
    assert gradgradcheck(ag.gammainc, [a, x])
    assert gradgradcheck(ag.gammaincc, [a, x])


def test_a_bessel_function_of_whole_orders_refuses_others():
    np.testing.assert_allclose(ag.yn(2.0, Tensor(1.0)).item(), float(mpmath.bessely(2, 1)))
    with pytest.raises(ValueError, match=r"^yn: \(\) and \(1,\): the order must be a whole number; yv takes others$"):
        ag.yn(1.5, Tensor([1.0]))
