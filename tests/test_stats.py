"""Distributions beside SciPy and PyTorch: densities, distribution functions, gradients, supports, samples, errors."""

import doctest
import inspect

import mpmath
import numpy as np
import pytest
import scipy.stats
import torch
from scipy import special
from torch import distributions as D

import autograd_mini as ag
from autograd_mini import Tensor, grad, gradcheck, gradgradcheck
from autograd_mini.stats.drawing import standard_gamma
from autograd_mini.stats.kinds import Continuous, Discrete
from autograd_mini.stats.multivariate import Categorical, Dirichlet, Multinomial, MultivariateNormal, cholesky

inf, nan = np.inf, np.nan
LINE, RIGHT, UNIT = [-2.5, -0.3, 0.7, 3.1], [0.2, 0.9, 2.5, 6.0], [0.05, 0.4, 0.7, 0.95]

# name, x, shape parameters, the parameters whose gradient the distribution function has, PyTorch's
CONTINUOUS = {
    "norm": (LINE, {}, D.Normal, ()),
    "t": (LINE, {"df": 3.5}, D.StudentT, ("df",)),
    "gamma": (RIGHT, {"a": 2.5}, lambda loc, scale, a: D.Gamma(a, 1 / scale), ()),
    "chi2": (RIGHT, {"df": 3.5}, lambda loc, scale, df: D.Chi2(df), ()),
    "beta": (UNIT, {"a": 2.5, "b": 0.7}, lambda loc, scale, a, b: D.Beta(a, b), ("a", "b")),
    "expon": (RIGHT, {}, lambda loc, scale: D.Exponential(1 / scale), ()),
    "laplace": (LINE, {}, D.Laplace, ()),
    "logistic": (LINE, {}, None, ()),
    "cauchy": (LINE, {}, D.Cauchy, ()),
    "uniform": (UNIT, {}, lambda loc, scale: D.Uniform(loc, loc + scale), ()),
    "lognorm": (RIGHT, {"s": 0.8}, lambda loc, scale, s: D.LogNormal(0 * loc, s), ()),
}
DISCRETE = {
    "poisson": ([0, 1, 4, 9], {"mu": 2.5}, lambda mu: D.Poisson(mu), ()),
    "binom": ([0, 1, 4, 6], {"n": 6, "p": 0.3}, lambda n, p: D.Binomial(6, p), ("n",)),
    "bernoulli": ([0, 1, 1, 0], {"p": 0.3}, lambda p: D.Bernoulli(p), ()),
    "geom": ([1, 2, 4, 9], {"p": 0.3}, None, ()),
    "nbinom": ([0, 1, 4, 9], {"n": 3.5, "p": 0.3}, lambda n, p: D.NegativeBinomial(n, 1 - p), ("n",)),
}
LAWS = {**CONTINUOUS, **DISCRETE}
METHODS = ("logpdf", "pdf", "cdf", "sf", "logcdf", "logsf")


def method(name, what):
    """A method of ours by its continuous name, and SciPy's."""
    what = what.replace("pdf", "pmf") if name in DISCRETE else what
    return getattr(getattr(ag.stats, name), what), getattr(getattr(scipy.stats, name), what)


def leaf(value):
    return Tensor(np.array(value, float), requires_grad=True)


def stretched(name, x):
    """A location and scale, and x moved along with them."""
    more = {"loc": 2.0} if name in DISCRETE else {"loc": 0.3, "scale": 1.7}
    return np.array(x) * more.get("scale", 1) + more["loc"], more


@pytest.mark.parametrize("what", METHODS)
@pytest.mark.parametrize("name", LAWS)
def test_values_are_scipys(name, what):
    x, shapes, *_ = LAWS[name]
    ours, theirs = method(name, what)
    moved, more = stretched(name, x)
    for given, params in ((np.array(x), shapes), (moved, {**shapes, **more})):
        known = theirs(given, **params)
        np.testing.assert_allclose(ours(given, **params), known, rtol=1e-12, atol=1e-300)
        np.testing.assert_allclose(ours(given, *params.values()), known, rtol=1e-12, atol=1e-300)
        np.testing.assert_allclose(ours(Tensor(given), **params).numpy(), known, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("what", METHODS)
@pytest.mark.parametrize("name", LAWS)
def test_derivatives_of_both_orders_are_those_of_differences(name, what):
    x, shapes, _, refused = LAWS[name]
    ours, _ = method(name, what)
    moved, more = stretched(name, x)
    if what[-3:] in ("cdf", "sf") or what == "logsf":
        fixed = {key: value for key, value in shapes.items() if key in refused}
    else:
        fixed = {key: value for key, value in shapes.items() if (name, key) == ("binom", "n")}
    if name in DISCRETE:
        fixed["loc"] = more.pop("loc")
    free = {key: leaf(value) for key, value in {**shapes, **more}.items() if key not in fixed}
    leaves = [*([leaf(moved)] if name in CONTINUOUS else []), *free.values()]

    def function(*given):
        at, rest = (given[0], given[1:]) if name in CONTINUOUS else (moved, given)
        return ours(at, **fixed, **dict(zip(free, rest, strict=True)))

    moved = moved[np.isfinite(method(name, what)[1](moved, **{**shapes, **more, **fixed}))]
    leaves[:1] = [leaf(moved)] if name in CONTINUOUS else leaves[:1]
    assert gradcheck(function, leaves)
    once = name in ("gamma", "chi2") and what in ("cdf", "sf", "logcdf", "logsf")  # in a, the first order only
    if once:
        assert gradgradcheck(lambda x: ours(x, **shapes, **more), leaves[:1])
    else:
        assert gradgradcheck(function, leaves)


@pytest.mark.parametrize("name", [name for name, (*_, theirs, _) in LAWS.items() if theirs])
def test_log_densities_and_gradients_are_pytorchs(name):
    x, shapes, theirs, _ = LAWS[name]
    moves = {} if name in DISCRETE else {"loc": 0.0, "scale": 1.0}
    fixed = ("n",) if name == "binom" else ()
    ours = {key: leaf(value) for key, value in {**shapes, **moves}.items() if key not in fixed}
    other = {key: torch.tensor(t.numpy(), requires_grad=True) for key, t in ours.items()}
    given = {key: torch.tensor(float(shapes[key])) for key in fixed}
    out = method(name, "logpdf")[0](np.array(x), **ours, **{key: shapes[key] for key in fixed})
    known = theirs(**other, **given).log_prob(torch.tensor(x, dtype=torch.float64))
    np.testing.assert_allclose(
        out.numpy(), known.detach().numpy(), rtol=1e-6 if name in ("bernoulli", "lognorm") else 1e-10, atol=1e-12
    )
    gradients = torch.autograd.grad(known.sum(), [*other.values()], allow_unused=True)
    for g, k in zip(grad(out.sum(), [*ours.values()]), gradients, strict=True):
        if k is not None and (k != 0).any():
            np.testing.assert_allclose(g.numpy(), k.numpy(), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "outside"),
    [
        ("gamma", [-0.5, -inf, inf]), ("chi2", [-0.5, -inf, inf]), ("beta", [-0.5, 1.5, inf]),
        ("expon", [-1e-9, -inf, inf]), ("uniform", [-0.5, 1.5, inf]), ("lognorm", [-0.5, 0.0, inf]),
        ("poisson", [-1, 2.5, inf]), ("binom", [-1, 7, 2.5]), ("bernoulli", [-1, 2, 0.5]), ("geom", [0, 1.5, inf]),
        ("nbinom", [-1, 2.5, inf]),
    ],
)  # fmt: skip
def test_outside_the_support_a_log_density_is_minus_infinity_and_flat(name, outside):
    _, shapes, *_ = LAWS[name]
    free = {key: leaf(value) for key, value in shapes.items()}
    scale = {} if name in DISCRETE else {"scale": leaf(1.0)}
    out = method(name, "logpdf")[0](np.array(outside), **free, **scale)
    assert np.all(out.numpy() == -inf)
    if free:
        assert all(g.numpy() == 0 for g in grad(out, [*free.values()], np.ones(out.shape)))
    x = leaf([outside[0]])
    if name in CONTINUOUS:
        assert grad(method(name, "logpdf")[0](x, **shapes).sum(), x).numpy() == 0
    for what, known in (("pdf", method(name, "pdf")), ("cdf", method(name, "cdf")), ("logsf", method(name, "logsf"))):
        ours, theirs = known
        with np.errstate(all="ignore"):
            values = theirs(outside, **shapes)
        there = ~np.isnan(values)  # as SciPy has it at inf
        np.testing.assert_allclose(ours(np.array(outside), **shapes)[there], values[there], rtol=1e-12, err_msg=what)


@pytest.mark.parametrize("name", LAWS)
def test_parameters_that_are_none_give_nan_as_in_scipy_and_nan_stays_nan(name):
    x, shapes, *_ = LAWS[name]
    ours, theirs = method(name, "logpdf")
    for key in [*shapes, *([] if name in DISCRETE else ["scale"])]:
        bad = {**shapes, key: -1.5}
        assert np.isnan(theirs(x[1], **bad))
        assert np.isnan(ours(x[1], **bad))
        assert np.all(np.isnan(ours(np.array(x), **{**bad, key: Tensor([[-1.5]])}).numpy()))
    assert np.isnan(ours(nan, **shapes))


@pytest.mark.parametrize("name", LAWS)
def test_single_precision_stays_single_with_integers_and_numbers_beside_it(name):
    x, shapes, *_ = LAWS[name]
    own = {key: Tensor(np.float32(value)) for key, value in shapes.items()}
    for what in METHODS:
        out = method(name, what)[0](Tensor(np.array(x, np.float32)), **own, loc=0)
        assert out.dtype == np.float32
        np.testing.assert_allclose(
            out.numpy(), method(name, what)[0](np.array(x, float), **shapes), rtol=2e-4, atol=1e-5
        )
    if shapes:
        assert method(name, "logpdf")[0](np.array([1, 2]), **own).dtype == np.float32


@pytest.mark.parametrize("name", ["norm", "expon", "laplace", "logistic", "uniform", "lognorm"])
def test_quantiles_are_scipys_and_the_inverse_of_the_distribution_function(name):
    _, shapes, *_ = CONTINUOUS[name]
    q = leaf(UNIT)
    law, theirs = getattr(ag.stats, name), getattr(scipy.stats, name)
    np.testing.assert_allclose(law.ppf(q, **shapes, loc=1, scale=2).numpy(), theirs.ppf(UNIT, **shapes, loc=1, scale=2))
    np.testing.assert_allclose(law.cdf(law.ppf(q, **shapes), **shapes).numpy(), UNIT)
    assert gradcheck(lambda q: law.ppf(q, **shapes), [q])


@pytest.mark.parametrize("name", LAWS)
def test_empty_and_0_d_arrays_and_broadcasting_are_taken(name):
    x, shapes, *_ = LAWS[name]
    ours, _ = method(name, "logpdf")
    column = Tensor(np.array([[x[1]], [x[2]]], float))
    loc = leaf(np.zeros(3))
    assert ours(column, **shapes, loc=loc.detach()).shape == (2, 3)
    assert ours(Tensor(np.zeros((0, 2))), **shapes).shape == (0, 2)
    assert ours(x[1], **shapes).shape == ()
    if name in CONTINUOUS:
        assert grad(ours(column, **shapes, loc=loc).sum(), loc).shape == (3,)


def test_at_an_end_of_the_support_logarithms_are_minus_infinity_without_a_warning():
    assert ag.stats.gamma.logcdf([0.0, -1.0], 2.0).tolist() == [-inf, -inf]
    assert ag.stats.geom.logsf(2, 1.0) == -inf
    assert ag.stats.gamma.logpdf(0.0, [0.5, 1.0, 2.0]).tolist() == [inf, 0, -inf]
    x = leaf([0.0])
    assert grad(ag.stats.gamma.logpdf(x, 1.0), x, np.ones(1)).numpy() == -1  # that of e⁻ˣ


def test_a_density_far_out_has_a_gradient_that_keeps_its_digits():
    x, df = leaf(-60.0), leaf(1e10)
    np.testing.assert_allclose(grad(ag.stats.norm.logcdf(x), x).item(), 60.01665742, rtol=1e-9)
    slope = grad(ag.stats.t.logpdf(2.0, df), df).item()
    with mpmath.workdps(60):
        known = mpmath.diff(
            lambda v: mpmath.loggamma((v + 1) / 2) - mpmath.loggamma(v / 2) - mpmath.log(v) / 2
            - (v + 1) / 2 * mpmath.log(1 + 4 / v), mpmath.mpf(10) ** 10)  # fmt: skip
    np.testing.assert_allclose(slope, float(known), rtol=1e-4)  # what is left of two terms that cancel to 1e-20


# ── samples ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", LAWS)
def test_samples_follow_the_distribution(name):
    _, shapes, *_ = LAWS[name]
    _, more = stretched(name, 0)
    law, theirs = getattr(ag.stats, name), getattr(scipy.stats, name)(**shapes, **more)
    x = law.rvs(**shapes, **more, size=4000, rng=7)
    assert x.shape == (4000,)
    if name in CONTINUOUS:
        assert scipy.stats.kstest(x, theirs.cdf).pvalue > 1e-3
    else:
        assert x.dtype.kind == "i"
        values, times = np.unique(x, return_counts=True)
        assert np.abs(times / 4000 - theirs.pmf(values)).max() < 0.04
        assert abs(x.mean() - theirs.mean()) < 4 * theirs.std() / np.sqrt(4000)
    again = law.rvs(**{key: Tensor(np.array(value)) for key, value in shapes.items()}, **more, size=4000, rng=7)
    np.testing.assert_array_equal(np.asarray(again.numpy() if isinstance(again, Tensor) else again), x)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_samples_carry_the_gradient_of_the_mean_of_a_function(name):
    """The derivative of E f(x) by samples beside that by quadrature over quantiles, f(x) = tanh(x/3)."""
    _, shapes, *_ = CONTINUOUS[name]
    n, u = 20_000, (np.arange(100_000) + 0.5) / 100_000
    params = {**shapes, "loc": 0.3, "scale": 1.7}
    free = {key: leaf(value) for key, value in params.items()}
    x = getattr(ag.stats, name).rvs(**free, size=n, rng=1)
    slopes = grad(ag.tanh(x / 3).sum() / n, [*free.values()])
    theirs = getattr(scipy.stats, name)
    for key, slope in zip(free, slopes, strict=True):
        h = 1e-4
        at = [theirs.ppf(u, **{**params, key: params[key] + sign * h}) for sign in (1, -1)]
        up, down = (np.tanh(x / 3).mean() for x in at)
        assert abs(slope.item() - (up - down) / (2 * h)) < 0.01


@pytest.mark.parametrize("a", [0.05, 0.7, 3.0, 80.0])
def test_the_gradient_of_a_gamma_number_is_that_of_its_quantile(a):
    t = Tensor(np.full(6, a), requires_grad=True)
    x = standard_gamma.bind(t, size=(6,), rng=np.random.default_rng(2))
    slope = grad(x, t, np.ones(6)).numpy()
    np.testing.assert_allclose(
        slope, torch._standard_gamma_grad(torch.tensor(t.numpy()), torch.tensor(x.numpy())), rtol=2e-3
    )
    u, h = special.gammainc(a, x.numpy()), 1e-4 * a
    inside = (u > 1e-3) & (u < 0.999)
    known = (special.gammaincinv(a + h, u) - special.gammaincinv(a - h, u)) / (2 * h)
    np.testing.assert_allclose(slope[inside], known[inside], rtol=1e-4)


@pytest.mark.parametrize("name", LAWS)
def test_samples_broadcast_over_parameters_and_are_those_of_a_seed(name):
    _, shapes, *_ = LAWS[name]
    law = getattr(ag.stats, name)
    loc = np.arange(3.0)
    assert law.rvs(**shapes, loc=loc, rng=0).shape == (3,)
    assert law.rvs(**shapes, loc=loc, size=(2, 3), rng=0).shape == (2, 3)
    assert law.rvs(**shapes, size=0, rng=0).shape == (0,)
    first, second = (np.asarray(law.rvs(**shapes, size=5, rng=np.random.default_rng(4))) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_traced_program_draws_anew():
    rng = np.random.default_rng(0)
    loc = leaf(1.0)
    program = ag.trace(lambda t: ag.stats.norm.rvs(t, size=3, rng=rng), loc)
    first, second = program(loc), program(loc)
    assert not np.array_equal(first.numpy(), second.numpy())


# ── vectors and classes ───────────────────────────────────────────────────────────────────────────────────────────────

RNG = np.random.default_rng(3)
COV = (lambda a: a @ a.T + np.eye(3))(RNG.standard_normal((3, 3)))
MEAN, POINTS = RNG.standard_normal(3), RNG.standard_normal((4, 3))


@pytest.mark.parametrize("cov", [COV, 2.0, np.array([1.0, 2.0, 0.5])], ids=["matrix", "number", "diagonal"])
@pytest.mark.parametrize("mean", [MEAN, None], ids=["mean", "none"])
def test_the_normal_distribution_of_vectors_is_scipys(mean, cov):
    ours, theirs = ag.stats.multivariate_normal, scipy.stats.multivariate_normal
    full = cov * np.eye(3) if np.ndim(cov) < 2 else cov
    for x in (POINTS, POINTS[0]):
        np.testing.assert_allclose(ours.logpdf(x, mean, cov), theirs.logpdf(x, mean, full), rtol=1e-12)
        np.testing.assert_allclose(ours.pdf(Tensor(x), mean, cov).numpy(), theirs.pdf(x, mean, full), rtol=1e-12)
    if np.ndim(cov) or mean is not None:
        np.testing.assert_allclose(ours.entropy(mean, cov), theirs.entropy(mean, full), rtol=1e-12)


def test_the_normal_distribution_of_vectors_has_derivatives_of_both_orders():
    ours = ag.stats.multivariate_normal
    leaves = [leaf(POINTS), leaf(MEAN), leaf(COV)]
    assert gradcheck(ours.logpdf, leaves)
    assert gradgradcheck(ours.logpdf, leaves)
    assert gradcheck(lambda cov: ours.entropy(None, cov), [leaf(COV)])
    several = leaf(np.stack([COV, COV + np.eye(3)]))
    assert gradcheck(lambda x, cov: ours.logpdf(x, MEAN, cov), [leaf(POINTS[:2]), several])
    other = [torch.tensor(t.numpy(), requires_grad=True) for t in leaves]
    known = D.MultivariateNormal(other[1], other[2]).log_prob(other[0])
    for g, k in zip(grad(ours.logpdf(*leaves).sum(), leaves), torch.autograd.grad(known.sum(), other), strict=True):
        np.testing.assert_allclose(g.numpy(), k.numpy(), rtol=1e-9, atol=1e-12)


def test_the_cholesky_factor_has_derivatives_of_both_orders():
    for check in (gradcheck, gradgradcheck):
        assert check(lambda a: cholesky.bind((a + a.mT) / 2), [leaf(COV)])


def test_normal_vectors_follow_mean_and_covariance_and_carry_their_gradients():
    mean, cov = leaf(MEAN), leaf(COV)
    x = ag.stats.multivariate_normal.rvs(mean, cov, size=20_000, rng=5)
    assert np.abs(np.cov(x.numpy().T) - COV).max() < 0.15
    loss = (x * x).sum() / 20_000  # E = tr Σ + |μ|²
    g_mean, g_cov = grad(loss, [mean, cov])
    np.testing.assert_allclose(g_mean.numpy(), 2 * MEAN, atol=0.1)
    np.testing.assert_allclose(g_cov.numpy(), np.eye(3), atol=0.1)
    assert ag.stats.multivariate_normal.rvs(MEAN, size=(2, 5), rng=0).shape == (2, 5, 3)
    assert ag.stats.multivariate_normal.rvs(cov=COV, rng=0).shape == (3,)


def test_dirichlet_is_scipys_and_pytorchs():
    alpha, x = np.array([0.7, 2.0, 3.5]), np.array([[0.2, 0.3, 0.5], [0.1, 0.05, 0.85]])
    known = [scipy.stats.dirichlet.logpdf(line, alpha) for line in x]
    np.testing.assert_allclose(ag.stats.dirichlet.logpdf(x, alpha), known, rtol=1e-12)
    np.testing.assert_allclose(ag.stats.dirichlet.pdf(Tensor(x), alpha).numpy(), np.exp(known), rtol=1e-12)
    assert gradcheck(ag.stats.dirichlet.logpdf, [leaf(x), leaf(alpha)])
    assert gradgradcheck(ag.stats.dirichlet.logpdf, [leaf(x), leaf(alpha)])
    ours, other = leaf(alpha), torch.tensor(alpha, requires_grad=True)
    known = torch.autograd.grad(D.Dirichlet(other).log_prob(torch.tensor(x)).sum(), other)[0]
    np.testing.assert_allclose(grad(ag.stats.dirichlet.logpdf(x, ours).sum(), ours).numpy(), known, rtol=1e-10)
    t = leaf([1.5, -0.5])
    out = ag.stats.dirichlet.logpdf(t, alpha[:2])
    assert out.item() == -inf
    assert grad(out, t).numpy()[1] == 0


def test_dirichlet_samples_follow_their_mean_and_carry_its_gradient():
    alpha = leaf([0.4, 2.0, 3.5])
    x = ag.stats.dirichlet.rvs(alpha, size=20_000, rng=6)
    mean = alpha / alpha.sum()
    np.testing.assert_allclose(x.numpy().mean(0), mean.numpy(), atol=0.01)
    np.testing.assert_allclose(grad(x[:, 0].sum() / 20_000, alpha).numpy(), grad(mean[0], alpha).numpy(), atol=0.01)


def test_multinomial_is_scipys():
    p, x = leaf([0.2, 0.3, 0.5]), np.array([[1, 2, 1], [0, 0, 4], [1, 1, 1], [-1, 1, 4]])
    known = [scipy.stats.multinomial.logpmf(line, 4, p.numpy()) for line in x]
    out = ag.stats.multinomial.logpmf(x, 4, p)
    np.testing.assert_allclose(out.numpy(), known, rtol=1e-12)
    np.testing.assert_allclose(ag.stats.multinomial.pmf(Tensor(x), np.array([4] * 4), p).numpy(), np.exp(known))
    np.testing.assert_allclose(grad(out, p, np.ones(4)).numpy(), x[:2].sum(0) / p.numpy())
    assert gradcheck(lambda p: ag.stats.multinomial.logpmf(x[:2], 4, p), [p])
    assert ag.stats.multinomial.rvs(4, p, size=5, rng=0).numpy().sum(1).tolist() == [4] * 5


def test_categorical_is_pytorchs_from_probabilities_and_logits():
    values = np.array([[0.2, 0.3, 0.5], [0.0, 0.4, 0.6]])
    k = np.array([2, 1])
    for kind, given in (("p", values), ("logits", np.array([[0.1, -2.0, 3.0], [1.0, 2.0, 3.0]]))):
        ours, other = leaf(given), torch.tensor(given, requires_grad=True)
        out = ag.stats.categorical.logpmf(k, **{kind: ours})
        known = D.Categorical(**{"probs" if kind == "p" else kind: other}).log_prob(torch.tensor(k))
        np.testing.assert_allclose(out.numpy(), known.detach().numpy(), rtol=1e-12)
        if kind == "logits":
            slope = torch.autograd.grad(known.sum(), other)[0].numpy()
            np.testing.assert_allclose(grad(out.sum(), ours).numpy(), slope, rtol=1e-12, atol=1e-15)
    p = leaf(values)
    out = ag.stats.categorical.logpmf(np.array([[2, 1], [0, 2], [-1, 3]]), p)
    assert out.numpy()[2].tolist() == [-inf, -inf]
    np.testing.assert_allclose(grad(out, p, np.ones((3, 2))).numpy(), [[5, 0, 2], [0, 2.5, 1 / 0.6]])
    x = ag.stats.categorical.rvs(values, size=(4000, 2), rng=0)
    assert np.abs((x[:, 0] == 2).mean() - 0.5) < 0.03
    assert not (x[:, 1] == 0).any()


# ── errors ────────────────────────────────────────────────────────────────────────────────────────────────────────────

T = Tensor([0.5, 2.0], requires_grad=True)
ERRORS = [
    (lambda: ag.stats.t.logpdf(T), TypeError, "t.logpdf: df is missing; the parameters are df, loc, scale"),
    (lambda: ag.stats.norm.logpdf(T, 0, 1, 2), TypeError,
     "norm.logpdf: 2 is one too many; the parameters are loc, scale"),
    (lambda: ag.stats.norm.pdf(T, sigma=1), TypeError, "norm.logpdf: sigma is unknown; the parameters are loc, scale"),
    (lambda: ag.stats.norm.cdf(T, 0, loc=1), TypeError, "norm.cdf: loc is given twice; the parameters are loc, scale"),
    (lambda: ag.stats.norm.logpdf(T, np.zeros(3)), ValueError,
     "norm.logpdf: (2,) and (3,): these shapes do not broadcast; compared from the right, 2 and 3 differ on axis -1 "
     "and neither is 1"),
    (lambda: ag.stats.norm.logpdf("a"), TypeError, "norm.logpdf: takes arrays of real numbers, not str"),
    (lambda: ag.stats.poisson.logpmf(T, 2.0), TypeError,
     "poisson.logpmf: k requires a gradient, and integers have none; give detach()"),
    (lambda: ag.stats.poisson.cdf(2, 2.0, loc=T), TypeError,
     "poisson.cdf: loc requires a gradient, and integers have none; give detach()"),
    (lambda: ag.stats.beta.cdf(0.5, T, 2.0), TypeError,
     "betainc: a (2,) requires a gradient: it has no derivative here, and the gradient would be lost; give detach()"),
    (lambda: ag.stats.gamma.ppf(0.5, 2.0), NotImplementedError, "gamma.ppf: has no closed form"),
    (lambda: ag.stats.norm.rvs(T, size=3), ValueError,
     "norm.rvs: parameters of shape (2,) do not broadcast to size (3,)"),
    (lambda: ag.stats.norm.rvs(size=1.5), TypeError,
     "norm.rvs: size must be an integer or a tuple of them, of at least 0, not 1.5"),
    (lambda: ag.stats.norm.rvs(rng="x"), TypeError,
     "norm.rvs: rng must be a NumPy Generator, a seed of at least 0, or None, not 'x'"),
    (lambda: ag.stats.multivariate_normal.logpdf(T, None, np.zeros((2, 2))), ValueError,
     "multivariate_normal.logpdf: cov (2, 2) must be positive definite"),
    (lambda: ag.stats.multivariate_normal.logpdf(T, np.zeros(3)), ValueError,
     "multivariate_normal.logpdf: x (2,), mean (3,) and cov (): vectors of length 3 need a cov that ends in (3, 3)"),
    (lambda: ag.stats.dirichlet.logpdf(T, [1.0, 2.0, 3.0]), ValueError,
     "dirichlet.logpdf: x (2,) and alpha (3,): the last axis is that of the classes, and of one length"),
    (lambda: ag.stats.multinomial.logpmf(T, 2, T), TypeError,
     "multinomial.logpmf: x requires a gradient, and integers have none; give detach()"),
    (lambda: ag.stats.categorical.logpmf(1), TypeError, "categorical.logpmf: give one of p and logits"),
    (lambda: ag.stats.categorical.logpmf(1.0, T), TypeError, "categorical.logpmf: k must be integers, not float64"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "words"), ERRORS)
def test_bad_calls_say_what_and_why(call, kind, words):
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == words


def test_a_distribution_shows_its_parameters_and_law():
    assert repr(ag.stats.expon) == "<distribution expon(loc, scale): e⁻ᶻ, z ≥ 0>"


EXAMPLES = [
    pytest.param(function, id=function.__qualname__)
    for kind in (Continuous, Discrete, MultivariateNormal, Dirichlet, Multinomial, Categorical)
    for function in vars(kind).values()
    if inspect.isfunction(function) and ">>>" in (function.__doc__ or "")
]


@pytest.mark.parametrize("function", EXAMPLES)
def test_an_example_comes_out(function):
    names, said = {"np": np, "ag": ag, "Tensor": Tensor}, []
    example = doctest.DocTestParser().get_doctest(inspect.getdoc(function), names, "example", None, None)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert runner.run(example, out=said.append).failed == 0, "".join(said)


def test_a_normal_distribution_on_a_plane_is_scipys():
    mvn, rng = ag.stats.multivariate_normal, np.random.default_rng(0)
    b, mean = rng.standard_normal((4, 2)), rng.standard_normal(4)
    cov, x = b @ b.T, mean + rng.standard_normal((5, 2)) @ b.T
    x[3] += 1  # beside the plane
    known = scipy.stats.multivariate_normal.logpdf(x, mean, cov, allow_singular=True)
    np.testing.assert_allclose(mvn.logpdf(Tensor(x), mean, cov, allow_singular=True).numpy(), known, rtol=1e-9)
    np.testing.assert_allclose(mvn.pdf(x, mean, cov, True), np.exp(known), rtol=1e-9)
    along = lambda t: mvn.logpdf(mean + ag.matmul(t, b.T), mean, cov, allow_singular=True)
    assert gradcheck(along, [Tensor(rng.standard_normal((3, 2)), requires_grad=True)])
    regular, stack = cov + np.eye(4), np.stack([cov, np.diag([1.0, 2.0, 0.0, 3.0])])
    np.testing.assert_allclose(mvn.logpdf(x, mean, regular, True), mvn.logpdf(x, mean, regular), rtol=1e-12)
    each = [scipy.stats.multivariate_normal.logpdf(mean, mean, one, allow_singular=True) for one in stack]
    np.testing.assert_allclose(mvn.logpdf(mean, mean, stack, True), each, rtol=1e-9)


def test_a_normal_distribution_on_a_plane_refuses_what_has_no_density():
    mvn, flat = ag.stats.multivariate_normal, np.diag([1.0, 0.0])
    with pytest.raises(TypeError, match=r"^multivariate_normal.logpdf: cov \(2, 2\) is singular and requires a grad"):
        mvn.pdf([1.0, 0.0], cov=Tensor(flat, requires_grad=True), allow_singular=True)
    with pytest.raises(ValueError, match=r"^multivariate_normal.logpdf: cov \(2, 2\) must be positive semidefinite$"):
        mvn.logpdf([1.0, 0.0], cov=-flat, allow_singular=True)
    with pytest.raises(ValueError, match=r"^multivariate_normal.logpdf: cov \(2, 2\) must be positive definite$"):
        mvn.logpdf([1.0, 0.0], cov=flat)
