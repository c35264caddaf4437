"""Activations and dropout of channels: PyTorch's values and gradients, at kinks and far away too; both orders."""

import cases
import numpy as np
import pytest
import torch
import torch.nn.functional as F

import autograd_mini as ag
from autograd_mini import Tensor, grad, gradcheck, gradgradcheck

CASES = {
    "gelu": (ag.gelu, F.gelu),
    "gelu, tanh": (lambda x: ag.gelu(x, approximate="tanh"), lambda x: F.gelu(x, approximate="tanh")),
    "silu": (ag.silu, F.silu),
    "mish": (ag.mish, F.mish),
    "softplus": (ag.softplus, F.softplus),
    "softplus, β": (lambda x: ag.softplus(x, 3.0, 5), lambda x: F.softplus(x, 3.0, 5)),
    "logsigmoid": (ag.logsigmoid, F.logsigmoid),
    "tanhshrink": (ag.tanhshrink, F.tanhshrink),
    "softsign": (ag.softsign, F.softsign),
    "elu": (ag.elu, F.elu),
    "elu, α": (lambda x: ag.elu(x, 0.3), lambda x: F.elu(x, 0.3)),
    "celu": (lambda x: ag.celu(x, 0.25), lambda x: F.celu(x, 0.25)),
    "selu": (ag.selu, F.selu),
    "relu6": (ag.relu6, F.relu6),
    "hardtanh": (lambda x: ag.hardtanh(x, -0.5, 2), lambda x: F.hardtanh(x, -0.5, 2)),
    "hardsigmoid": (ag.hardsigmoid, F.hardsigmoid),
    "hardswish": (ag.hardswish, F.hardswish),
    "hardshrink": (ag.hardshrink, F.hardshrink),
    "softshrink": (lambda x: ag.softshrink(x, 1), lambda x: F.softshrink(x, 1)),
    "threshold": (lambda x: ag.threshold(x, 0.5, -7), lambda x: F.threshold(x, 0.5, -7)),
    "leaky_relu": (ag.leaky_relu, F.leaky_relu),
    "rrelu": (ag.rrelu, F.rrelu),
    "prelu, one": (
        lambda x: ag.prelu(x, np.full(1, 0.2, x.dtype)),
        lambda x: F.prelu(x, torch.tensor([0.2], dtype=x.dtype)),
    ),
}
SMOOTH = ["gelu", "gelu, tanh", "silu", "mish", "softplus", "logsigmoid", "tanhshrink", "softsign"]
every = pytest.mark.parametrize("name", CASES)
EDGES = np.array([-3, -1, -0.5, 0, 0.5, 1, 2, 3, 6, 20 / 3, -6, 0.25, -40, 40, 1e-9, -1e-9, -800.0, 800.0])


def checked(f, *arrays):
    """Derivatives of both orders beside finite differences."""
    inputs = [Tensor(a, requires_grad=True) for a in arrays]
    return gradcheck(f, inputs) and gradgradcheck(f, inputs)


def both(name, x):
    """Values and gradients for a cotangent, ours and PyTorch's."""
    ours, theirs = CASES[name]
    mine, other = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    have, want = ours(mine), theirs(other)
    v = np.random.default_rng(1).standard_normal(x.shape).astype(x.dtype)
    (theirs_g,) = torch.autograd.grad(want, other, torch.tensor(v))
    return have.numpy(), want.detach().numpy(), grad(have, mine, v).numpy(), theirs_g.numpy()


@every
def test_at_kinks_and_far_away_they_are_those_of_pytorch(name):
    have, want, g, theirs = both(name, EDGES)
    np.testing.assert_allclose(have, want, rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(g, theirs, rtol=1e-7, atol=1e-14)


CURVED = [*SMOOTH, "softplus, β", "elu", "elu, α", "celu", "selu"]
LIMITS = {"softsign": [1, -1]} | dict.fromkeys(["gelu", "gelu, tanh", "silu", "mish", "hardswish"], (np.inf, 0))
"""Of those for which PyTorch has nan at an infinity."""


@cases.every("name", CASES)
@cases.every("count", [1, 1000])  # of which the second goes to compiled loops
@cases.every("dtype", [np.float16, np.float32, np.float64])
def test_infinities_have_the_values_and_slopes_of_the_limit_and_nan_is_nan(kernels, name, dtype, count):
    ours, theirs = CASES[name]
    x = Tensor(np.repeat(np.array([np.inf, -np.inf, np.nan], dtype), count), requires_grad=True)
    far, other = torch.tensor([1e4, -1e4], requires_grad=True), torch.tensor([np.inf, -np.inf, np.nan])
    want, (slopes,) = theirs(other).numpy(), torch.autograd.grad(theirs(far).sum(), far)
    want[:2] = LIMITS.get(name, want[:2])
    with np.errstate(invalid="ignore"):
        y = ours(x)
        g = grad(y.sum(), x)
    np.testing.assert_allclose(y, np.repeat(want, count), rtol=1e-3)
    np.testing.assert_allclose(g.numpy()[: 2 * count], np.repeat(slopes.numpy(), count), rtol=1e-3, atol=1e-7)
    assert name not in CURVED or np.isnan(g.numpy()[2 * count :]).all()


@cases.every("name", SMOOTH)
@cases.every("count", [1, 1000])
@cases.every("dtype", [np.float16, np.float32, np.float64])
def test_the_slope_of_what_is_next_to_0_is_that_at_0(kernels, name, dtype, count):
    tiny = np.finfo(dtype).smallest_subnormal
    x = Tensor(np.repeat(np.array([0, tiny, -tiny, 3 * tiny], dtype), count), requires_grad=True)
    g = grad(CASES[name][0](x).sum(), x).numpy()
    np.testing.assert_allclose(g, g[0], rtol=0, atol=8 * float(np.finfo(dtype).eps) * abs(g[0]))
    np.testing.assert_allclose(g[0], both(name, np.zeros(1))[3] / 0.345584192064786, rtol=1e-3, atol=1e-9)


@every
def test_single_stays_single_and_half_is_computed_in_single(name):
    single, want, g, theirs = both(name, (3 * np.random.default_rng(0).standard_normal(50)).astype(np.float32))
    assert single.dtype == g.dtype == np.float32
    np.testing.assert_allclose(single, want, rtol=2e-5, atol=2e-6)
    np.testing.assert_allclose(g, theirs, rtol=5e-5, atol=1e-5)
    half = (3 * np.random.default_rng(0).standard_normal(50)).astype(np.float16)
    x = Tensor(half, requires_grad=True)
    y = CASES[name][0](x)
    assert y.dtype == grad(y.sum(), x).dtype == np.float16
    np.testing.assert_allclose(y.numpy(), CASES[name][0](half.astype(np.float64)), rtol=2e-3, atol=1e-3)


@pytest.mark.parametrize("name", SMOOTH)
def test_second_derivatives_are_those_of_pytorch(name):
    x = np.concatenate([EDGES, np.random.default_rng(2).standard_normal(20)])
    ours, theirs = CASES[name]
    mine, other = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    g = grad(ours(mine).sum(), mine, create_graph=True)
    (t,) = torch.autograd.grad(theirs(other).sum(), other, create_graph=True)
    (want,) = torch.autograd.grad(t.sum(), other)
    have, want = grad(g.sum(), mine).numpy(), want.numpy()
    known = np.isfinite(want)  # PyTorch's mish overflows at 800
    assert np.isfinite(have).all()
    assert known.sum() >= len(x) - 1
    np.testing.assert_allclose(have[known], want[known], rtol=1e-7, atol=1e-12)


@every
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_as_far_away_as_numbers_reach_both_derivatives_are_those_of_the_limit(name, dtype):
    most = np.finfo(dtype).max
    largest, near = (Tensor(np.array([-x, x], dtype), requires_grad=True) for x in (most / 4, most / 16))
    ours = CASES[name][0]
    slopes = [grad(ours(x).sum(), x, create_graph=True) for x in (largest, near)]
    np.testing.assert_allclose(*slopes, rtol=0, atol=1e-3)
    assert np.isfinite(slopes[0].numpy()).all()
    assert (np.abs(slopes[0].numpy()) <= 1.1).all()
    if slopes[0].requires_grad:
        assert not grad(slopes[0].sum(), largest).numpy().any()


def test_gelu_far_below_zero_has_every_digit():
    from mpmath import mp, mpf, ncdf

    mp.dps = 40
    x = np.array([-1.0, -5.0, -9.0, -30.0])
    want = [float(mpf(v) * ncdf(mpf(v))) for v in x]
    np.testing.assert_allclose(ag.gelu(x), want, rtol=1e-13)


def test_gelu_without_scipy_is_computed_by_python(monkeypatch):
    import sys

    from autograd_mini.kernels import distribution

    x = np.random.default_rng(0).standard_normal((2, 3)).astype(np.float32)
    want = ag.gelu(x)
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    distribution.normal.cache_clear()
    try:
        found = ag.gelu(Tensor(x))
    finally:
        distribution.normal.cache_clear()
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, want, rtol=1e-5)


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 2), (2, 3, 2, 2), (5,)], ids=str)
@pytest.mark.parametrize("count", [1, 3])
def test_prelu_has_a_slope_for_each_channel(shape, count):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal(shape), rng.standard_normal(count)
    if len(shape) == 1 and count > 1:
        with pytest.raises(ValueError, match="one number, or one for each channel"):
            ag.prelu(x, w)
        return
    a, b = Tensor(x, requires_grad=True), Tensor(w, requires_grad=True)
    s, t = torch.tensor(x, requires_grad=True), torch.tensor(w, requires_grad=True)
    v = rng.standard_normal(shape)
    y, z = ag.prelu(a, b), F.prelu(s, t)
    np.testing.assert_allclose(y.numpy(), z.detach())
    for have, want in zip(grad(y, [a, b], v), torch.autograd.grad(z, [s, t], torch.tensor(v)), strict=True):
        np.testing.assert_allclose(have, want)
    assert checked(ag.prelu, x, w)


ALONG = {
    "glu": (ag.glu, F.glu),
    "softmin": (ag.softmin, lambda x, axis: F.softmin(x, axis)),
    "softmax": (ag.softmax, lambda x, axis: F.softmax(x, axis)),
    "sparsemax": (ag.sparsemax, None),
}


@pytest.mark.parametrize("name", ALONG)
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_functions_along_an_axis(name, axis):
    ours, theirs = ALONG[name]
    x = np.random.default_rng(0).standard_normal((4, 6, 2))
    assert checked(lambda x: ours(x, axis), x)
    if theirs is not None:
        np.testing.assert_allclose(ours(x, axis), theirs(torch.tensor(x), axis))


def test_sparsemax_is_the_nearest_point_of_the_simplex():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 5)) * 2
    p = ag.sparsemax(x)
    np.testing.assert_allclose(p.sum(-1), 1)
    assert (p >= 0).all()
    assert (p == 0).any()
    others = rng.dirichlet(np.ones(5), 2000)
    assert (((x - p) ** 2).sum(-1, keepdims=True) <= ((x[:, None] - others) ** 2).sum(-1) + 1e-12).all()
    np.testing.assert_array_equal(ag.sparsemax(np.array([1e9, 0.0, -1e9])), [1, 0, 0])
    assert ag.sparsemax(x.astype(np.float16)).dtype == np.float16


def test_a_random_leaky_relu_draws_its_slopes_between_the_bounds():
    x = Tensor(-np.ones((100, 100)), requires_grad=True)
    y = ag.rrelu(x, 0.1, 0.3, training=True, rng=0)
    slopes = grad(y.sum(), x).numpy()
    np.testing.assert_allclose(-y.numpy(), slopes)
    assert 0.1 <= slopes.min() < 0.11 < 0.29 < slopes.max() <= 0.3
    np.testing.assert_array_equal(y.numpy(), ag.rrelu(x, 0.1, 0.3, training=True, rng=0).numpy())
    assert ag.rrelu(np.float32([-1, 2]), training=True).dtype == np.float32


def test_gumbel_softmax_samples_classes_by_their_probabilities():
    x = Tensor(np.broadcast_to(np.log([0.1, 0.3, 0.6]), (40000, 3)), requires_grad=True)
    hard = ag.gumbel_softmax(x, hard=True, rng=0)
    np.testing.assert_allclose(hard.numpy().mean(0), [0.1, 0.3, 0.6], atol=0.01)
    assert set(np.unique(hard.numpy())) == {0.0, 1.0}
    soft = ag.gumbel_softmax(x, rng=0)
    np.testing.assert_array_equal(soft.numpy().argmax(1), hard.numpy().argmax(1))
    v = np.random.default_rng(1).standard_normal(x.shape)
    np.testing.assert_allclose(grad(hard, x, v).numpy(), grad(soft, x, v).numpy())
    sharp = ag.gumbel_softmax(x, 1e-4, rng=0).numpy()
    np.testing.assert_allclose(sharp.sum(1), 1)
    assert np.mean(sharp.max(1)) > 0.99


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("batch", [(200, 30), (6000,)], ids=str)
def test_channels_are_dropped_as_a_whole(axes, batch):
    f = {1: ag.dropout1d, 2: ag.dropout2d, 3: ag.dropout3d}[axes]
    x = Tensor(np.ones((*batch, *(2, 3, 2)[:axes]), np.float32), requires_grad=True)
    y = f(x, 0.25, rng=0)
    lines = y.numpy().reshape(-1, np.prod((2, 3, 2)[:axes]))
    assert y.dtype == np.float32
    assert (lines == lines[:, :1]).all()
    np.testing.assert_allclose(np.unique(lines), [0, 4 / 3], rtol=1e-6)
    assert abs(np.mean(lines == 0) - 0.25) < 0.02
    np.testing.assert_array_equal(grad(y.sum(), x).numpy(), y.numpy())
    assert f(x, 0.25, training=False) is x


def test_alpha_dropout_keeps_mean_and_variance():
    x = Tensor(np.random.default_rng(0).standard_normal(200000), requires_grad=True)
    y = ag.alpha_dropout(x, 0.3, rng=1)
    assert abs(y.numpy().mean()) < 0.01
    assert abs(y.numpy().var() - 1) < 0.01
    g = grad(y.sum(), x).numpy()
    values = np.unique(y.numpy()[g == 0].round(12))
    assert len(values) == 1  # all that is dropped has one value
    assert abs(np.mean(g == 0) - 0.3) < 0.01
    assert ag.alpha_dropout(np.ones(3, np.float32)).dtype == np.float32


BAD = {
    "gelu: approximate must be 'none' or 'tanh', not 'erf'": lambda: ag.gelu(np.ones(2), "erf"),
    "softplus: beta must be a number, not 'x'": lambda: ag.softplus(np.ones(2), "x"),
    "celu: alpha must not be 0, by which x is divided": lambda: ag.celu(np.ones(2), 0),
    "rrelu: lower 2 must not be above upper 1": lambda: ag.rrelu(np.ones(2), 2, 1),
    "glu: axis 1 of shape (2, 3) must have an even length, to be halved": lambda: ag.glu(np.ones((2, 3))),
    "glu: axis 2 is out of range for shape (2, 3), which has 2 axes": lambda: ag.glu(np.ones((2, 3)), 2),
    "prelu: weight (2,) must be one number, or one for each channel of x (4, 3)": lambda: ag.prelu(
        np.ones((4, 3)), np.ones(2)
    ),
    "gumbel_softmax: tau must be above 0, not 0": lambda: ag.gumbel_softmax(np.ones(2), 0),
    "dropout2d: x (2, 3) must be (N, C, H, W), or (C, H, W)": lambda: ag.dropout2d(np.ones((2, 3))),
    "dropout3d: p is the probability of dropping, 0 ≤ p < 1; got 1": lambda: ag.dropout3d(np.ones((2, 3)), 1),
    "alpha_dropout: p is the probability of dropping, 0 ≤ p < 1; got nan": lambda: ag.alpha_dropout(
        np.ones(2), float("nan")
    ),
    "alpha_dropout: rng must be a NumPy Generator, a seed of at least 0, or None, not 'x'": lambda: ag.alpha_dropout(
        np.ones(2), rng="x"
    ),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_calls_are_refused_in_a_sentence(message):
    with pytest.raises((ValueError, TypeError)) as error:
        BAD[message]()
    assert str(error.value) == message
