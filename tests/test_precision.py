"""Sums and counts in half and single precision, kinks and nan, and what NumPy is asked to raise."""

import numpy as np
import pytest
import torch
from cases import every

import autograd_mini as ag
import nn
from autograd_mini import Tensor, grad
from autograd_mini.kernels import maps
from autograd_mini.kernels.sums import RUN, sums

HALF, SINGLE = np.finfo(np.float16), np.finfo(np.float32)


def normal(*shape, seed=0, scale=1.0):
    return np.random.default_rng(seed).standard_normal(shape) * scale


# ── half precision: what is counted and added up is in single ─────────────────────────────────────────────────────────

labels = np.random.default_rng(1).integers(0, 3, 70_000)
filters = np.ones((1, 1, 2, 2))
CASES = {  # a function, its arguments, and the gradient that its backward pass begins with
    "sum of rows": (lambda x: ag.sum(x, 0), [np.ones((5000, 2))], 1),
    "sum of columns": (lambda x: ag.sum(x, 1), [np.ones((2, 5000))], 1),
    "sum of channels": (lambda x: ag.sum(x, (0, 2, 3)), [np.ones((3, 40, 40, 5)).transpose(0, 3, 1, 2)], 1),
    "sum of what is repeated": (lambda x: ag.sum(ag.broadcast_to(x, (5000, 3)), 0), [np.ones((1, 3))], 1),
    "mean of rows": (lambda x: ag.mean(x, 0), [np.ones((4096, 2))], 1000),
    "mean of many": (ag.mean, [np.full(70_000, 1e-3)], 1000),
    "mean of ones": (ag.mean, [np.ones((10, 10_000))], 1000),
    "var": (ag.var, [normal(90_000)], 1000),
    "var of large numbers": (lambda x: ag.var(x, 0) / 60_000, [normal(50, 3, scale=200)], 100),
    "var of rows": (lambda x: ag.var(x, 0, ddof=1), [normal(4096, 2)], 1000),
    "std": (lambda x: ag.std(x, 0), [normal(4096, 2, scale=1000)], 1000),
    "max": (ag.max, [np.ones(70_000)], 1000),
    "min of rows": (lambda x: ag.min(x, 0), [np.ones((5000, 2))], 1000),
    "softmax": (lambda x: ag.softmax(x, 1), [normal(2, 5000, scale=3)], normal(2, 5000, seed=2) * 100),
    "softmax of columns": (lambda x: ag.softmax(x, 0), [normal(5000, 2)], normal(5000, 2, seed=2) * 100),
    "log_softmax": (lambda x: ag.log_softmax(x, 0), [normal(5000, 2) + 500], np.ones((5000, 2))),
    "logsumexp": (lambda x: ag.logsumexp(x, 0), [np.zeros((5000, 2))], 1000),
    "cross_entropy": (lambda x: nn.cross_entropy(x, labels), [normal(70_000, 3) + 1000], 1000),
    "mse_loss": (nn.mse_loss, [normal(70_000, scale=200), normal(70_000, seed=1)], 100),
    "avg_pool2d": (lambda x: ag.avg_pool2d(x, kernel_size=300), [np.ones((1, 1, 300, 300))], 1000),
    "pooling with overlaps": (
        lambda x: ag.max_pool2d(x, kernel_size=60, stride=1),
        [-np.abs(np.arange(119) - 59.0)[:, None] - np.abs(np.arange(119) - 59.0) + np.zeros((1, 1, 119, 119))],
        1,
    ),
    "broadcasting": (lambda x, b: x + b, [np.ones((5000, 3)), np.ones(3)], 1),
    "broadcasting a column": (lambda x, b: x * b, [np.ones((3, 5000)), np.ones((3, 1))], 1),
    "linear": (ag.linear, [np.ones((5000, 2)), np.ones((3, 2)), np.ones(3)], 1),
    "conv2d": (lambda x, w, b: ag.conv2d(x, w, b), [np.ones((4, 1, 36, 36)), filters, np.ones(1)], 1),
    "conv_transpose2d": (
        lambda y, w: ag.conv_transpose2d(y, w, stride=2), [np.ones((4, 1, 36, 36)), filters], 1,
    ),
    "an index that repeats": (lambda x: x[np.zeros(5000, int)], [np.ones(2)], 1),
    "batch_norm": (lambda x: ag.batch_norm(x), [normal(4, 2, 30, 30, scale=400)], normal(4, 2, 30, 30, seed=3)),
    "batch_norm, weighted": (
        ag.batch_norm, [normal(20, 2, 40, 40, scale=2), None, None, np.ones(2), np.ones(2)],
        normal(20, 2, 40, 40, seed=4) + 1,
    ),
}  # fmt: skip


def gradients_of(function, arguments, g, dtype):
    """The result and the gradients, of arguments that half precision holds."""
    leaves = [None if a is None else Tensor(a.astype(np.float16).astype(dtype), requires_grad=True) for a in arguments]
    out = function(*leaves)
    seed = np.broadcast_to(np.asarray(g, np.float16), out.shape).astype(dtype)
    return [out, *grad(out, [leaf for leaf in leaves if leaf is not None], seed)]


@every("name", CASES)
def test_half_precision_gives_what_double_gives_rounded_once_or_twice(kernels, name):
    function, arguments, g = CASES[name]
    for got, want in zip(
        gradients_of(function, arguments, g, np.float16), gradients_of(function, arguments, g, np.float64), strict=True
    ):
        assert got.dtype == np.float16
        got, want = got.numpy().astype(float), want.numpy()
        assert np.isfinite(got).all()
        # the size of what is added up: what cancels may lose all digits
        size = np.maximum(np.abs(want), np.abs(want).max() * (1e-2 if want.size > 1 else 1))
        np.testing.assert_array_less(np.abs(got - want), 4 * HALF.eps * size + 2 * float(HALF.smallest_subnormal))


@every("name", CASES)
def test_single_stays_single(name):
    assert {found.dtype for found in gradients_of(*CASES[name], np.float32)} == {np.dtype(np.float32)}


@pytest.mark.parametrize("name", ["mean of rows", "var of rows", "softmax", "log_softmax", "max"])
def test_half_precision_is_differentiable_twice(name):
    function, arguments, _ = CASES[name]
    x = Tensor(arguments[0][:20].astype(np.float16), requires_grad=True)
    first = grad((function(x) * 2).sum(), x, create_graph=True)
    second = grad((first * first).sum() + x.sum(), x)
    assert first.dtype == second.dtype == np.float16
    assert np.isfinite(second.numpy()).all()


def test_a_sum_too_large_for_half_precision_is_inf_with_numpys_warning():
    with pytest.warns(RuntimeWarning, match="overflow"):
        assert np.isinf(ag.sum(np.ones(70_000, np.float16)))


def test_gradients_of_a_net_in_half_precision_pass_the_gradient_check():
    x, w, b = (
        Tensor(a.astype(np.float16), requires_grad=True) for a in (normal(4, 3, 6, 6), normal(2, 3, 3, 3), np.ones(2))
    )
    ag.gradcheck(lambda x, w, b: ag.batch_norm(ag.conv2d(x, w), None, None, b, b), (x, w, b))
    ag.gradcheck(lambda x: ag.log_softmax(ag.mean(x, (2, 3))) + ag.std(x, (2, 3)) + ag.max(x, (2, 3)), (x,))
    ag.gradcheck(lambda x: nn.cross_entropy(x[:, :, 0, 0], np.array([0, 1, 2, 1])) + nn.mse_loss(x, x * x), (x,))


def test_batch_norm_of_half_precision_remembers_a_variance_that_half_cannot_hold(kernels):
    x = np.tile(np.array([300, -300], np.float16), (1, 1, 100, 1))
    layer = nn.BatchNorm2d(1, momentum=1.0, dtype=np.float16)
    for net, least in ((layer, -1), (nn.Sequential(layer, nn.ReLU()), 0)):
        for mode, size in ((True, 1), (False, 0.9976)):
            y = net.train(mode)(x)
            assert y.dtype == np.float16
            np.testing.assert_allclose(y.numpy().ravel()[:2].astype(float), [size, size * least], atol=1e-3)
            np.testing.assert_allclose(layer.running_var.numpy(), 90_000 * 200 / 199, rtol=1e-6)


# ── single precision: long sums ───────────────────────────────────────────────────────────────────────────────────────

LONG = [
    ((1_000_000, 3), (0,)), ((100_003, 3), (0,)), ((3, 100_003), (1,)), ((40_000, 2, 3), (0, 2)),
    ((300, 300, 5), (0, 1)), ((20_000, 5, 3), (0, 1, 2)), ((2, 3, 500, 401), (0, 2, 3)), ((30_000, 2, 1, 2), (0, 2, 3)),
    ((257, 2), (0,)), ((1, 100_000, 1), (1,)), ((RUN * RUN, 2), (0,)), ((7,), (0,)), ((0, 3), (0,)), ((5, 0), (1,)),
]  # fmt: skip
LAYOUTS = {
    "C": lambda a: a,
    "Fortran": np.asfortranarray,
    "backwards": lambda a: a[::-1].copy()[::-1],
    "sliced": lambda a: np.repeat(a, 2, axis=0)[::2],
    "last axis first": lambda a: np.moveaxis(np.moveaxis(a, -1, 0).copy(), 0, -1),
    "repeated": lambda a: np.broadcast_to(a[:1], a.shape),
}


@every("layout", LAYOUTS)
@every(("shape", "axis"), LONG, ids=str)
def test_long_sums_of_single_precision_keep_their_digits(shape, axis, layout):
    x = LAYOUTS[layout](np.random.default_rng(0).uniform(0.5, 1.5, shape).astype(np.float32))
    before = x.copy()
    for keepdims in (False, True):
        got, want = sums(x, axis, keepdims), np.sum(x, axis=axis, keepdims=keepdims, dtype=float)
        assert got.dtype == np.float32
        assert got.shape == want.shape
        # three runs of additions at the most, whose errors add up where all numbers are equal
        np.testing.assert_allclose(got, want, rtol=3 * RUN * float(SINGLE.eps) / 2)
    np.testing.assert_array_equal(x, before)


def test_short_sums_and_sums_of_other_kinds_are_numpys_own():
    whole = np.arange(60_000).reshape(-1, 2)
    for x in (normal(200, 7).astype(np.float32), normal(100_000, 2), whole, np.ones(9, bool)):
        got, want = sums(x, (0,)), x.sum(axis=0)
        assert got.dtype == want.dtype
        np.testing.assert_array_equal(got, want)


def test_the_gradient_of_a_bias_counts_a_million_rows(kernels):
    x = np.ones((1_000_000, 1), np.float32)
    layer = nn.Linear(1, 3, rng=0)
    np.testing.assert_allclose(grad(layer(x).mean(), layer.bias), np.full(3, 1 / 3), rtol=1e-6)
    out = layer(x)
    np.testing.assert_allclose(grad(out, layer.bias, np.full(out.shape, 0.1, np.float32)), np.full(3, 1e5), rtol=1e-6)
    b = Tensor(np.zeros(3, np.float32), requires_grad=True)
    np.testing.assert_allclose(grad(x + b, b, np.full((1_000_000, 3), 0.1, np.float32)), np.full(3, 1e5), rtol=1e-6)


def test_sums_of_channels_keep_their_digits_in_either_memory(kernels):
    x = np.full((1, 1_000_003, 1, 3), 0.1, np.float32).transpose(0, 3, 1, 2)  # channels innermost, no power of two
    for images in (x, np.ascontiguousarray(x)):
        np.testing.assert_allclose(ag.sum(images, (0, 2, 3)), np.full(3, 100_000.3), rtol=2e-6)
    np.testing.assert_allclose(maps.column_sums(x.transpose(0, 2, 3, 1)), np.full(3, 100_000.3), rtol=2e-6)


# ── softmax: what all logits have in common ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("offset", [0, 1e4, -1e4, 1e8, -1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_common_offset_leaves_no_trace_in_log_softmax(offset, dtype):
    x = np.array([[0, 1, 2]], dtype) + dtype(offset)
    differences = (x - x.max()).astype(float)  # what is left of them once the offset is added
    want = differences - np.log(np.exp(differences).sum())
    np.testing.assert_allclose(ag.log_softmax(x), want, rtol=4 * np.finfo(dtype).eps)
    np.testing.assert_allclose(nn.cross_entropy(x, np.array([0])), -want[0, 0], rtol=4 * np.finfo(dtype).eps)


def test_a_tiny_loss_is_not_lost_beside_1():
    for dtype, gap in ((np.float32, 40), (np.float64, 80)):
        x = np.array([[gap, 0, 0]], dtype)
        np.testing.assert_allclose(nn.cross_entropy(x, np.array([0])), 2 * np.exp(-float(gap)), rtol=1e-5)


def test_a_tiny_gradient_is_not_lost_beside_1():
    for gap in (5.0, 20.0, 34.0, 80.0):
        x, rest = Tensor(np.array([[0.0, -gap]]), requires_grad=True), 1 / (1 + np.exp(gap))  # the second's probability
        for y, factor in (
            (nn.cross_entropy(x, np.array([0])), -1), (ag.log_softmax(x)[0, 0], 1), (ag.softmax(x)[0, 0], 1 - rest),
        ):  # fmt: skip
            np.testing.assert_allclose(grad(y, x).numpy()[0], [factor * rest, -factor * rest], rtol=1e-14)


def test_ties_for_the_largest_logit_count_each():
    x = np.array([[3.0, 1.0, 3.0, 3.0], [2.0, 2.0, 2.0, 2.0]])
    want = torch.log_softmax(torch.tensor(x), 1)
    np.testing.assert_allclose(ag.log_softmax(x), want, rtol=1e-14)
    np.testing.assert_allclose(ag.log_softmax(x.T, 0), want.T, rtol=1e-14)


LOGITS = [
    [-np.inf, 0, 1], [0, 1, -np.inf], [-np.inf, -np.inf], [np.inf, 0], [np.inf, np.inf], [np.nan, 0], [-200.0, 200],
]  # fmt: skip


@every("row", LOGITS, ids=str)
@every("name", ["softmax", "log_softmax", "cross_entropy"])
def test_logits_that_are_not_finite_give_what_pytorch_gives(name, row):
    for label in range(2):
        x, t = Tensor([row], requires_grad=True), torch.tensor([row], dtype=torch.float64, requires_grad=True)
        with np.errstate(invalid="ignore"):  # inf - inf
            if name == "cross_entropy":
                y = nn.cross_entropy(x, np.array([label]))
                u = torch.nn.functional.cross_entropy(t, torch.tensor([label]))
            else:
                y, u = getattr(ag, name)(x, 1)[0, label], getattr(torch, name)(t, 1)[0, label]
            y.backward()
        u.backward()
        np.testing.assert_allclose(y.numpy(), u.detach().numpy(), rtol=1e-12, atol=1e-15)  # what PyTorch loses beside 1
        np.testing.assert_allclose(x.grad.numpy(), t.grad.numpy(), rtol=1e-12, atol=1e-170)  # 1 − p is 0 there


def test_logits_as_far_apart_as_can_be_are_quiet():
    largest = float(SINGLE.max)
    x = Tensor(np.array([[largest, -largest, 0]], np.float32), requires_grad=True)
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(ag.softmax(x), [[1, 0, 0]])
        np.testing.assert_array_equal(ag.logsumexp(x), [x.numpy().max()])
        np.testing.assert_array_equal(grad(ag.logsumexp(x).sum(), x), [[1, 0, 0]])
        np.testing.assert_array_equal(ag.logsumexp(np.array([np.inf, 1e30, 5.0])), np.inf)
        np.testing.assert_array_equal(ag.logsumexp(np.array([-np.inf, -np.inf])), -np.inf)


@every("size", [1, 300])  # of which the second goes to compiled loops
def test_a_mean_of_losses_is_finite_where_it_is_a_number_and_infinite_where_it_is_none(kernels, size):
    """A row's own loss is a number of the logits' precision, and inf beyond it; their mean is added up in double."""
    wrong = np.ones(size, int)
    for far, want in ((1e38, np.float32(2e38)), (3e38, np.inf)):
        x = Tensor(np.array([[far, -far]] * size, np.float32), requires_grad=True)
        with np.errstate(over="ignore"):
            loss, right = nn.cross_entropy(x, wrong), nn.cross_entropy(x, 1 - wrong)
        assert (loss.dtype, loss.item()) == (np.float32, want)
        np.testing.assert_array_equal(grad(loss, x), np.float32([[1, -1]] * size) / np.float32(size))
        assert right.item() == 0


@every("dtype", [np.float32, np.float64])
@every("value", [0.1, 1000.1, 10000.1])
@every("shape", [(4, 5), (4, 100), (7, 768), (1000, 7)], ids=str)
def test_equal_numbers_are_normalised_to_0(kernels, dtype, value, shape):
    x = Tensor(np.full(shape, value, dtype), requires_grad=True)
    for y in (ag.layer_norm(x, shape[1]), ag.batch_norm(x), ag.group_norm(x.reshape(1, *shape), 1)):
        np.testing.assert_allclose(y, np.zeros(y.shape), rtol=0, atol=1e-7)  # compiled loops add up one after another


# ── kinks and nan ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("rows", [[[1, 1, 1], [1, 2, 4]], [[0, 0, 0], [3, 3, 3]], [[1, np.nan, 2], [5, 5, 5]]], ids=str)
def test_the_standard_deviation_of_equals_has_pytorchs_gradient_0(rows, ddof):
    x, t = Tensor(np.array(rows, float), requires_grad=True), torch.tensor(rows).double().requires_grad_()
    with np.errstate(all="raise"):
        y = ag.std(x, 1, ddof=ddof)
        y.backward(np.array([1.0, 2.0]))
    u = torch.std(t, 1, correction=ddof)
    u.backward(torch.tensor([1.0, 2.0], dtype=torch.float64))
    np.testing.assert_allclose(y.numpy(), u.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(x.grad.numpy(), t.grad.numpy(), rtol=1e-12, atol=1e-15)


def test_the_standard_deviation_of_one_number_is_0_and_so_is_its_gradient_of_either_order():
    x = Tensor(3.5, requires_grad=True)
    first = grad(x.std(), x, create_graph=True)
    assert (x.std().item(), first.item(), grad(first + x * x, x).item()) == (0, 0, 7)
    assert isinstance(ag.std(np.ones(3, np.float32)), np.float32)


NAN = np.nan


@every("name", ["max", "min"])
@every("row", [[NAN, 1.0], [1.0, NAN, 3.0], [NAN, 1.0, NAN], [NAN, NAN], [2.0, 2.0, 1.0, 1.0]], ids=str)
def test_the_gradient_of_an_extremum_goes_to_nan_where_there_is_one_as_in_pytorch(name, row):
    x, t = Tensor(row, requires_grad=True), torch.tensor(row, dtype=torch.float64, requires_grad=True)
    getattr(ag, name)(x).backward()
    getattr(torch, name)(t).backward()
    np.testing.assert_array_equal(x.grad, t.grad)


def test_each_line_of_an_extremum_minds_its_own_nan():
    x = Tensor([[1.0, NAN, 0.0], [2.0, 2.0, 1.0], [NAN, 5.0, NAN]], requires_grad=True)
    for pick in (ag.max, ag.min):
        g = grad(pick(x, 1), x, np.array([1.0, 2.0, np.inf]))
        ties = [1, 1, 0] if pick is ag.max else [0, 0, 2]
        np.testing.assert_array_equal(g, [[0, 1, 0], ties, [np.inf, 0, np.inf]])


@every("pick", [ag.maximum, ag.minimum])
@every(("pair", "want"), [((NAN, 0.1), (1, 0)), ((0.1, NAN), (0, 1)), ((NAN, NAN), (0.5, 0.5)),
                                            ((2.0, 2.0), (0.5, 0.5)), ((NAN, np.inf), (1, 0))], ids=str)  # fmt: skip
def test_of_two_the_nan_has_the_whole_gradient(pick, pair, want):
    """PyTorch gives 1 to the other too, for which the result is nan whatever it is."""
    x, y = (Tensor([value], requires_grad=True) for value in pair)
    assert [g.item() for g in grad(pick(x, y), [x, y], np.ones(1))] == list(want)
    assert grad(pick(x, pair[1]), x, np.ones(1)).item() == want[0]
    assert grad(pick(pair[0], y), y, np.ones(1)).item() == want[1]
    first = grad(pick(x, y), x, np.ones(1), create_graph=True)
    assert first.item() == want[0]


@every("x", [0.0, -0.0, 2.0, -1.0, np.inf], ids=str)
@every("y", [-1.0, -2.0, 0.0, 0.5, 2.0, NAN, -np.inf], ids=str)
def test_the_slope_of_a_power_in_its_exponent_is_pytorchs(x, y):
    exponent, t = Tensor(y, requires_grad=True), torch.tensor(y, dtype=torch.float64, requires_grad=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        ag.power(x, exponent).backward()
        again = Tensor(y, requires_grad=True)
        ag.power(Tensor(x, requires_grad=True), again).backward()
    torch.pow(torch.tensor(x, dtype=torch.float64), t).backward()
    np.testing.assert_allclose(exponent.grad.numpy(), t.grad.numpy(), rtol=1e-12)
    np.testing.assert_allclose(again.grad.numpy(), t.grad.numpy(), rtol=1e-12)


# ── np.errstate(all="raise") ──────────────────────────────────────────────────────────────────────────────────────────

far = np.array([[0.0, 200.0, 5.0], [1e-44, -1e-44, 3e-39]], np.float32)
tiny = np.array([[1e-44, 1e-39, 1.0], [3e-45, -1e-30, -1e-42]], np.float32)
half = np.array([[0.0, 200.0, -9.0], [6e-8, -6e-8, 1e-5]], np.float16)
QUIET = {
    "softmax": lambda x: ag.softmax(x, 1),
    "log_softmax": lambda x: ag.log_softmax(x, 1),
    "logsumexp": lambda x: ag.logsumexp(x, 1),
    "sigmoid": lambda x: ag.sigmoid(-x),
    "tanh": lambda x: ag.tanh(x * 1.0),
    "leaky_relu": ag.leaky_relu,
    "gelu": ag.gelu,
    "gelu by tanh": lambda x: ag.gelu(x, "tanh"),
    "silu": ag.silu,
    "mish": ag.mish,
    "elu": lambda x: ag.elu(-x),
    "selu": lambda x: ag.selu(-x),
    "softplus": lambda x: ag.softplus(-x, beta=3),
    "logsigmoid": ag.logsigmoid,
    "layer_norm": lambda x: ag.layer_norm(x, 3, eps=1e-3),
    "cross_entropy": lambda x: nn.cross_entropy(x, np.array([1, 0])),
    "mse_loss": lambda x: nn.mse_loss(x, np.zeros((2, 3), x.dtype)),
    "var": ag.var,
    "std": lambda x: ag.std(x, 1),
    "dropout": lambda x: ag.dropout(x, 0.4, rng=0),
    "batch_norm": lambda x: ag.batch_norm(x, eps=1e-3),
    "evaluated batch_norm": lambda x: ag.batch_norm(x, x[0], ag.absolute(x[0]) + 1),
    "matmul": lambda x: x @ (x.T * 1),
    "linear": lambda x: ag.linear(x, x),
    "conv2d": lambda x: ag.conv2d(x.reshape(2, 3, 1, 1), ag.reshape(x, (2, 3, 1, 1))),
    "avg_pool2d": lambda x: ag.avg_pool2d(x.reshape(1, 1, 2, 3), kernel_size=2),
}


@every("name", QUIET)
@every("values", [far, tiny, half], ids=["far", "tiny", "half"])
def test_good_values_raise_nothing_forward_or_back(kernels, name, values):
    x = Tensor(values, requires_grad=True)
    with np.errstate(all="raise"):
        y = QUIET[name](x)
        y.backward(np.full(y.shape, np.finfo(x.dtype).tiny, x.dtype), create_graph=True)
    assert np.isfinite(x.grad.numpy()).all()
    x.grad = None  # opens the circle that create_graph makes


@pytest.mark.parametrize("count", [1, 2])
def test_kernels_in_threads_are_as_quiet(kernels, threads, count):
    threads(count)
    x = Tensor((normal(8, 16, 64, 64) * 1e-38).astype(np.float32), requires_grad=True)
    w = Tensor((normal(16, 16, 3, 3, seed=1) * 1e-3).astype(np.float32), requires_grad=True)
    with np.errstate(all="raise"):
        y = ag.batch_norm(ag.conv2d(x, w, padding=1))
        y = ag.dropout(ag.relu(ag.max_pool2d(y, kernel_size=2)), 0.3, rng=0)
        y = ag.matmul(y.reshape(8, -1), y.reshape(8, -1).T)
        y.backward(np.full(y.shape, 1e-38, np.float32))
    assert np.isfinite(x.grad.numpy()).all()


@pytest.mark.parametrize("count", [1, 2])
def test_a_training_step_raises_nothing(kernels, threads, count):
    threads(count)
    net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, rng=0), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
                        nn.Dropout(0.5, rng=1), nn.Flatten(), nn.Linear(8 * 16 * 16, 4, rng=2))  # fmt: skip
    optimizer = nn.AdamW(net.parameters(), eps=1e-30)
    x = (normal(16, 3, 32, 32) * 1e-30).astype(np.float32)
    with np.errstate(all="raise"):
        for _ in range(3):
            optimizer.zero_grad()
            (nn.cross_entropy(net(x), np.arange(16) % 4) * 1e-25).backward()
            optimizer.step()
        net.eval()(x)
    assert all(np.isfinite(p.numpy()).all() for p in net.parameters())


LOUD = {
    "exp": (lambda: ag.exp(np.float32([1000])), "overflow"),
    "exp, underflow": (lambda: ag.exp(np.float32([-1000])), "underflow"),
    "divide": (lambda: Tensor([1.0]) / 0.0, "divide by zero"),
    "log": (lambda: ag.log(np.array([-1.0])), "invalid value"),
    "softmax": (lambda: ag.softmax(np.array([np.inf, 0.0])), "invalid value"),
    "mse_loss": (lambda: nn.mse_loss(np.float32([1e30]), np.float32([0])), "overflow"),
    "sum in half": (lambda: ag.sum(np.ones(70_000, np.float16)), "overflow"),
    "var in half": (lambda: ag.var(np.float16([300, -300])), "overflow"),
}


@pytest.mark.parametrize("name", LOUD)
def test_what_is_wrong_is_still_raised(name):
    call, words = LOUD[name]
    with np.errstate(all="raise"), pytest.raises(FloatingPointError, match=words):
        call()


def test_an_overflow_on_the_way_back_is_still_raised():
    x = Tensor(np.float32([1e30]), requires_grad=True)
    y = x * np.float32(1e-30)
    with np.errstate(all="raise"), pytest.raises(FloatingPointError, match="overflow"):
        grad(y / np.float32(1e-30), x, np.float32([1e20]))


interpreted = pytest.mark.parametrize("kernels", ["numpy"], indirect=True)
"""The compiled loops have nothing to say."""


@interpreted
@pytest.mark.parametrize("count", [1, 2, 3])
def test_an_overflow_is_raised_whichever_thread_meets_it(kernels, threads, count):
    threads(count)
    for place in (0, -1):
        x = np.ones(1 << 22, np.float32)
        x[place] = SINGLE.max
        with np.errstate(all="raise"), pytest.raises(FloatingPointError, match="overflow"):
            ag.dropout(x, 1e-4, rng=0)
        with np.errstate(all="ignore"):
            assert np.isinf(np.asarray(ag.dropout(x, 1e-4, rng=0))[place])


# ── steps of the optimisers ───────────────────────────────────────────────────────────────────────────────────────────

OPTIMIZERS = {
    "SGD": lambda p: nn.SGD(p, 0.01),
    "momentum": lambda p: nn.SGD(p, 0.01, momentum=0.9, weight_decay=0.01, nesterov=True),
    "Adam": lambda p: nn.Adam(p),
    "AdamW": lambda p: nn.AdamW(p, weight_decay=0.1),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_half_precision_moves_in_single(kernels, name):
    start, gradients = normal(50).astype(np.float16), normal(5, 50, seed=1, scale=1e-3).astype(np.float16)
    gradients[:, :10] = 0
    gradients[:, 10:15] = 300  # whose square is more than half precision holds
    half, single = (Tensor(start.astype(dtype), requires_grad=True) for dtype in (np.float16, np.float32))
    movers = [OPTIMIZERS[name]([p]) for p in (half, single)]
    for g in gradients:
        for p, optimizer in zip((half, single), movers, strict=True):
            p.grad = g
            optimizer.step()
    assert half.dtype == np.float16
    for array, same in zip(movers[0].memory[0].values(), movers[1].memory[0].values(), strict=True):
        assert array.dtype == same.dtype
    rounded = len(gradients) * HALF.eps  # once a step
    np.testing.assert_allclose(half.numpy().astype(float), single.numpy(), rtol=rounded, atol=rounded)
    if name == "Adam":
        np.testing.assert_array_equal(half.numpy()[:10], start[:10])


@every("name", OPTIMIZERS)
@every("dtype", [np.float16, np.float32, np.float64])
@every("size", [4, 4000])
def test_an_infinite_parameter_stays_infinite_but_where_weight_decay_takes_it_off(kernels, name, dtype, size):
    start = np.resize(np.array([np.inf, -np.inf, 1, 0], dtype), size)
    p, t = Tensor(start.copy(), requires_grad=True), torch.tensor(start, dtype=torch.float64, requires_grad=True)
    mover = OPTIMIZERS[name]([p])
    other = {
        "SGD": lambda t: torch.optim.SGD(t, 0.01),
        "momentum": lambda t: torch.optim.SGD(t, 0.01, momentum=0.9, weight_decay=0.01, nesterov=True),
        "Adam": torch.optim.Adam,
        "AdamW": lambda t: torch.optim.AdamW(t, weight_decay=0.1),
    }[name]([t])
    for _ in range(2):
        p.grad, t.grad = np.ones(size, dtype), torch.ones(size, dtype=torch.float64)
        with np.errstate(invalid="ignore"):
            mover.step()
        other.step()
    np.testing.assert_allclose(p, t.detach(), rtol=0, atol=4 * float(np.finfo(dtype).eps))


def test_a_state_in_half_precision_goes_on_in_single():
    p = Tensor(np.ones(3, np.float16), requires_grad=True)
    optimizer = nn.Adam([p])
    p.grad = np.ones(3, np.float16)
    optimizer.step()
    state = {key: v.astype(np.float16) if v.ndim else v for key, v in optimizer.state_dict().items()}
    other = nn.Adam([p])
    other.load_state_dict(state)
    assert other.memory[0]["second"].dtype == np.float32
    other.step()
    assert np.isfinite(p.numpy()).all()


@pytest.mark.parametrize("kind", [nn.Adam, nn.AdamW])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_without_epsilon_what_has_no_gradient_becomes_nan_and_the_step_is_whole(kernels, kind, dtype):
    values, gradients = ([1, 1], [2, 2]), ([1, 1], [0, 1])
    leaves = [Tensor(np.array(v, dtype), requires_grad=True) for v in values]
    others = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in values]
    optimizer, other = kind(leaves, eps=0), getattr(torch.optim, kind.__name__)(others, eps=0)
    for p, t, g in zip(leaves, others, gradients, strict=True):
        p.grad, t.grad = np.array(g, dtype), torch.tensor(g, dtype=torch.float64)
    with np.errstate(invalid="ignore"):
        optimizer.step()
    other.step()
    for p, t in zip(leaves, others, strict=True):
        np.testing.assert_allclose(p.numpy().astype(float), t.detach().numpy(), rtol=2 * float(np.finfo(dtype).eps))


@interpreted
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_numpy_has_to_say_of_a_step_it_says_when_all_have_moved(kernels, name):
    for mode, said in (("raise", pytest.raises(FloatingPointError)), ("warn", pytest.warns(RuntimeWarning))):
        leaves = [Tensor(np.full(3, SINGLE.max, np.float32), requires_grad=True) for _ in range(3)]
        for p in leaves:
            p.grad = np.full(3, -SINGLE.max, np.float32)
        optimizer = OPTIMIZERS[name](leaves)
        optimizer.lr = 1e9
        with np.errstate(all=mode), said as caught:
            optimizer.step()
        words = str(caught.value if mode == "raise" else caught[0].message)
        assert f"encountered in {type(optimizer).__name__}.step; every parameter has moved" in words
        for p in leaves[1:]:
            np.testing.assert_array_equal(p.numpy(), leaves[0].numpy())
        assert optimizer.steps == 1


def test_a_parameter_that_cannot_be_written_to_keeps_all_from_moving():
    p, q = (Tensor(np.ones(2, np.float32), requires_grad=True) for _ in range(2))
    p.grad = q.grad = np.ones(2, np.float32)
    q.data.flags.writeable = False
    optimizer = nn.Adam([p, q])
    with pytest.raises(ValueError, match=r"^Adam: parameter 1 \(2,\) cannot be written to$"):
        optimizer.step()
    np.testing.assert_array_equal(p.numpy(), 1)
    assert optimizer.steps == 0


@pytest.mark.parametrize("scale", [1.0, 1e-160, 1e160, 5e-324, 1e300])
@pytest.mark.parametrize("count", [3, 2000])
def test_lengths_of_vectors_keep_their_digits_where_squares_overflow_or_vanish(count, scale):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, count)) * scale
    x[0] = y[1] = 0
    np.testing.assert_allclose(ag.hypot(x, y), np.hypot(x, y), rtol=4e-16, atol=0)
    np.testing.assert_allclose(ag.hypot(x, 1), np.hypot(x, 1), rtol=4e-16, atol=0)
    x[2] = np.inf
    y[0] = np.nan
    np.testing.assert_array_equal(ag.hypot(x, y)[:3], np.hypot(x, y)[:3])
