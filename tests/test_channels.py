"""The kernels that give each channel its own numbers, and batch normalisation made of them, at sizes where they run."""

import numpy as np
import pytest
from cases import every

import autograd_mini as ag
import nn
from autograd_mini import PRIMITIVES, Tensor, grad
from autograd_mini.kernels import channels

pytestmark = pytest.mark.usefixtures("kernels")
every_dtype = every("dtype", [np.float32, np.float64], ids=["float32", "float64"])
# few channels and many, rows that make a long one and rows that do not, and a last piece that is short
every_shape = every(
    "shape", [(4, 24, 32, 32), (3, 5, 61, 53), (2, 1, 130, 127), (3, 1500, 5, 7), (700, 48), (5, 7, 811)], ids=str
)


def images(*shape, dtype=np.float64, seed=0):
    """Channels innermost in memory."""
    rng = np.random.default_rng(seed)
    return np.moveaxis(rng.standard_normal((shape[0], *shape[2:], shape[1])), -1, 1).astype(dtype, order="K")


def numbers(count, dtype=np.float64, seed=0):
    return np.random.default_rng(100 + seed).uniform(0.5, 2, count).astype(dtype)


def line(v, x):
    return np.asarray(v, np.float64).reshape((-1, *[1] * (x.ndim - 2)))


def over(x):
    return (0, *range(2, x.ndim))


def near(have, want, dtype, size, roundings=8):
    """size: of what is added up, as a number or one for each channel."""
    assert have.dtype == dtype
    assert np.all(np.abs(have - want) <= roundings * np.finfo(dtype).eps / 2 * size)


@every_dtype
@every_shape
@every("limits", [None, (0, np.inf), (0, 0.5)], ids=["linear", "rectified", "limited"])
def test_an_affine_map_is_its_formula(shape, dtype, limits):
    x, y = images(*shape, dtype=dtype), images(*shape, dtype=dtype, seed=1)
    c, a, b, k = (numbers(shape[1], dtype, seed) for seed in range(4))
    for given in ((c, a, b, y, k), (c, a, b, None, None), (None, a, None, None, None), (None, a, None, y, k)):
        c_, a_, b_, y_, k_ = given
        want = (x.astype(float) - (0 if c_ is None else line(c_, x))) * line(a_, x)
        want = want + (0 if b_ is None else line(b_, x)) + (0 if y_ is None else y_ * line(k_, x))
        have = channels.affine(x, *given, limits=limits)
        near(have, want if limits is None else np.clip(want, *limits), dtype, np.abs(want).max())
        assert np.moveaxis(have, 1, -1).flags.c_contiguous


@every_dtype
@every_shape
def test_sums_and_moments_are_the_exact_ones(shape, dtype):
    x, y, c = images(*shape, dtype=dtype), images(*shape, dtype=dtype, seed=1), numbers(shape[1], dtype)
    wide, other, count = x.astype(np.longdouble), y.astype(np.longdouble), x.size // shape[1]
    runs = 256 + 8  # additions in the inputs' own dtype, one after another
    for centre in (c, None):
        product = other * (wide - (0 if centre is None else line(centre, x)))
        have = channels.channel_sums(y, x, centre)
        near(have[0], other.sum(axis=over(x)), dtype, np.abs(other).sum(axis=over(x)), runs)
        near(have[1], product.sum(axis=over(x)), dtype, np.abs(product).sum(axis=over(x)), runs)
    mean, variance = channels.moments(x)
    near(mean, wide.mean(axis=over(x)), dtype, np.abs(wide).sum(axis=over(x)) / count)
    near(variance, wide.var(axis=over(x)), dtype, wide.var(axis=over(x)), runs)


@every_dtype
def test_a_mean_far_from_zero_costs_the_variance_no_digits(dtype):
    x = images(8, 24, 64, 64, dtype=dtype) + np.asarray(3000, dtype)
    x[:4] += 500  # and pieces far from one another
    wide = x.astype(np.longdouble)
    mean, variance = channels.moments(x)
    near(mean, wide.mean(axis=over(x)), dtype, 3250)
    near(variance, wide.var(axis=over(x)), dtype, wide.var(axis=over(x)), 64)
    mean, variance = channels.moments(x[:4])
    near(variance, wide[:4].var(axis=over(x)), dtype, wide[:4].var(axis=over(x)), 256)
    np.testing.assert_array_equal(channels.moments(np.full_like(x, 3000.125)), np.repeat([[3000.125], [0]], 24, axis=1))


def test_memory_of_any_order_gives_the_same_numbers():
    x, y, v = images(3, 6, 70, 50), images(3, 6, 70, 50, seed=1), [numbers(6, seed=seed) for seed in range(4)]
    for order in (np.ascontiguousarray, np.asfortranarray, lambda a: a[:, ::-1][:, ::-1]):
        z = order(x)
        np.testing.assert_array_equal(channels.affine(z, *v[:3], y, v[3]), channels.affine(x, *v[:3], y, v[3]))
        np.testing.assert_array_equal(channels.channel_sums(y, z, v[0]), channels.channel_sums(y, x, v[0]))
        np.testing.assert_array_equal(channels.moments(z), channels.moments(x))


def test_what_is_no_number_stays_in_its_channel():
    x = images(2, 4, 80, 80)
    x[1, 2, 5, 5], x[0, 3, 1, 1] = np.nan, np.inf
    with np.errstate(invalid="ignore"):
        mean, variance = channels.moments(x)
        scaled = channels.affine(x, None, numbers(4), None, None, None, (0, np.inf))
    assert list(np.isfinite(mean)) == list(np.isfinite(variance)) == [True, True, False, False]
    assert np.isnan(scaled[1, 2, 5, 5])
    assert np.isinf(scaled[0, 3, 1, 1])
    assert np.isfinite(scaled).sum() == x.size - 2


def test_half_precision_and_mixed_dtypes_are_what_numpy_makes_of_them():
    x, v = images(2, 4, 80, 80, dtype=np.float32), numbers(4)
    assert channels.affine(x, v, v, v, None, None).dtype == np.float64
    assert channels.affine(x.astype(np.float16), *[v.astype(np.float16)] * 3, None, None).dtype == np.float16


# ── batch normalisation ───────────────────────────────────────────────────────────────────────────────────────────────


def composed(x, w, b, eps):
    """By definition, step by step."""
    mean, var = ag.mean(x, (0, 2, 3), keepdims=True), ag.var(x, (0, 2, 3), keepdims=True)
    return (x - mean) / ag.sqrt(var + eps) * w.reshape((1, -1, 1, 1)) + b.reshape((1, -1, 1, 1))


@pytest.mark.parametrize("shape", [(3, 4, 5, 6), (3, 8, 50, 60)], ids=["small", "large"])
def test_the_statistics_of_the_batch_carry_gradients_to_second_order(shape):
    x, w, b = (Tensor(a, requires_grad=True) for a in (images(*shape), numbers(shape[1]), numbers(shape[1], seed=1)))
    target = images(*shape, seed=2)
    results = []
    for y in (ag.batch_norm(x, None, None, w, b, eps=1e-3), composed(x, w, b, 1e-3)):
        first = grad((y * y * target).sum(), [x, w, b], create_graph=True)
        second = grad(sum((g * g).sum() for g in first), [x, w, b])
        results.append([y, *first, *second])
    for have, want in zip(*results, strict=True):
        np.testing.assert_allclose(have, want, rtol=1e-9, atol=1e-9 * np.abs(want.numpy()).max())


def test_moments_that_are_known_change_nothing():
    x, w, b = (Tensor(a, requires_grad=True) for a in (images(2, 3, 4, 5), numbers(3), numbers(3, seed=1)))
    y = ag.batch_norm(x, None, None, w, b)
    plain = PRIMITIVES["normalise"].bind(x, w, b, None, eps=1e-5)
    np.testing.assert_array_equal(y, plain)
    g = images(2, 3, 4, 5, seed=3)
    for have, want in zip(grad(y, [x, w, b], g), grad(plain, [x, w, b], g), strict=True):
        np.testing.assert_array_equal(have, want)
    assert ag.gradgradcheck(lambda x, w, b: ag.batch_norm(x, None, None, w, b), [x, w, b])


def test_the_statistics_handed_out_are_tensors_like_others():
    x = Tensor(images(2, 3, 4, 5), requires_grad=True)
    y, mean, var = ag.batch_norm(x, return_statistics=True)
    np.testing.assert_allclose(mean, x.numpy().mean(axis=(0, 2, 3)), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(var, x.numpy().var(axis=(0, 2, 3)), rtol=1e-12)
    expected = grad((ag.mean(x, (0, 2, 3)) * ag.var(x, (0, 2, 3))).sum(), x)
    np.testing.assert_allclose(grad((mean * var).sum(), x), expected, rtol=1e-9, atol=1e-12)
    assert y.requires_grad


@pytest.mark.parametrize("training", [True, False])
def test_a_relu_after_it_happens_in_the_same_pass_and_is_a_step_of_its_own(training):
    rng = np.random.default_rng(0)
    net = nn.Sequential(
        conv=nn.Conv2d(3, 8, 3, rng=rng, dtype=float), bn=nn.BatchNorm2d(8, dtype=float), relu=nn.ReLU()
    )
    net["bn"].bias.data[...] = rng.standard_normal(8)
    net.train() if training else net.eval()
    x = images(4, 3, 40, 40)
    g = images(4, 8, 38, 38, seed=1)
    parameters = list(net.parameters())
    fused = net(Tensor(x))
    apart = ag.relu(net["bn"](net["conv"](Tensor(x))))
    np.testing.assert_array_equal(fused, apart)
    assert fused.node.op.name == "relu"
    assert fused.node.parents[0].op.name == ("normalise" if training else "channel_affine")
    for have, want in zip(grad(fused, parameters, g), grad(apart, parameters, g), strict=True):
        np.testing.assert_array_equal(have, want)


def test_it_keeps_its_input_once_and_nothing_of_that_size_beside_it():
    norm = nn.BatchNorm2d(16)
    x = Tensor(images(4, 16, 48, 48, dtype=np.float32), requires_grad=True)
    usage = ag.saved(norm(x))
    assert x.numpy().nbytes <= usage.saved_bytes + usage.parameter_bytes < 1.1 * x.numpy().nbytes


def test_a_batch_that_trains_before_the_backward_pass_of_one_that_does_not_leaves_its_gradients_alone():
    norm = nn.BatchNorm2d(3, dtype=float)
    x, g = images(2, 3, 4, 5), images(2, 3, 4, 5, seed=1)
    expected = grad(norm.eval()(Tensor(x)), norm.weight, g)
    y = norm(Tensor(x))
    norm.train()(Tensor(x + 7))
    np.testing.assert_array_equal(grad(y, norm.weight, g), expected)


def test_what_does_not_fit_is_refused_in_the_words_of_batch_norm():
    x = Tensor(images(2, 3, 4, 5))
    with pytest.raises(ValueError, match=r"^batch_norm: mean and var must both be given"):
        ag.batch_norm(x, numbers(3))
    with pytest.raises(ValueError, match=r"^batch_norm: x \(0, 3, 4, 5\) has no elements"):
        ag.batch_norm(x[:0])
