"""Softmax, cross-entropy and normalisation of rows: compiled and in NumPy what their formulas give in double."""

import numpy as np
import pytest
from cases import every

import autograd_mini as ag
from autograd_mini import Tensor, grad
from autograd_mini.kernels import rows, sums

SHAPES = [(1, rows.FEW - 1), (1, rows.FEW), (600, 1), (7, 129), (40, 1030), (3, 2500), (2100, 64), (2, 3, 5, 70)]
every_shape = every("shape", SHAPES, ids=str)
eps = np.finfo(np.float32).eps


def numbers(shape, seed=0):
    return (3 * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


LAYOUTS = {
    "C": lambda a: a,
    "transposed": lambda a: a.T.copy().T,
    "reversed": lambda a: a[..., ::-1].copy()[..., ::-1],
    "read-only": lambda a: np.broadcast_to(a, a.shape),
}


@every_shape
@every("layout", LAYOUTS)
def test_softmax_and_its_logarithm_are_right_to_the_last_bits(kernels, layout, shape):
    x, g = (LAYOUTS[layout](numbers(shape, seed)) for seed in (0, 1))
    before = x.copy()
    leaf, wide, wide_g = Tensor(x, requires_grad=True), x.astype(float), g.astype(float)
    p = softmax(wide)
    y = ag.softmax(leaf)
    away = wide.max(axis=-1, keepdims=True) - wide  # which is rounded before its exponential is taken
    assert np.all(np.abs(y.numpy() - p) <= (8 + away) * eps * p + 1e-44)
    want = p * (wide_g - (wide_g * p).sum(axis=-1, keepdims=True))
    np.testing.assert_allclose(grad(y, leaf, g).numpy(), want, rtol=0, atol=8 * eps * np.abs(g).max())
    y = ag.log_softmax(leaf)
    top = np.abs(wide).max()
    np.testing.assert_allclose(y.numpy(), np.log(p), rtol=2 * eps, atol=2 * eps * top)
    total = wide_g.sum(axis=-1, keepdims=True)
    got = grad(y, leaf, g)
    assert got.dtype == y.dtype == np.float32
    bound = 8 * eps * (np.abs(g) + np.abs(total) * p + np.abs(g).sum(axis=-1, keepdims=True) * p)
    assert np.all(np.abs(got.numpy() - (wide_g - p * total)) <= bound)
    np.testing.assert_array_equal(x, before)


def test_small_probabilities_keep_their_digits_beside_a_certain_one(kernels):
    x = np.full((8, 100), -20, np.float32)
    x[:, 3] = 0
    want = np.log1p(99 * np.exp(-20.0))
    np.testing.assert_allclose(-ag.log_softmax(x)[:, 3], want, rtol=4 * eps)
    labels = np.full(8, 3)
    np.testing.assert_allclose(ag.cross_entropy(x, labels), want, rtol=4 * eps)


@every("size", [64, 1000])
def test_what_is_no_number_spoils_its_own_row_and_no_other(kernels, size):
    x = numbers((12, size))
    clean = ag.softmax(x), ag.log_softmax(x)
    odd = [np.full(size, -np.inf), np.nan, -np.float32(np.nan), np.inf]
    for row, value in enumerate(odd):
        x[row] = value if row == 0 else x[row]
        x[row, 5 * row] = value if row else -np.inf
    x[6, 0] = -np.inf
    for function, before in zip((ag.softmax, ag.log_softmax), clean, strict=True):
        with np.errstate(invalid="ignore"):
            y = function(x)
        assert np.isnan(y[: len(odd)]).all()
        np.testing.assert_array_equal(y[7:], before[7:])
        assert y[6, 0] == function(np.float32([0, -np.inf]))[1]


@every("shape", [(1, 600), (70, 10), (64, 1000), (3000, 128)], ids=str)
@every("labels", [np.int64, np.int32, np.uint8])
def test_the_cross_entropy_is_the_mean_of_the_logarithms(kernels, labels, shape):
    x = numbers(shape)
    chosen = np.random.default_rng(2).integers(0, min(shape[1], 255), shape[0]).astype(labels)
    leaf, p = Tensor(x, requires_grad=True), softmax(x.astype(float))
    loss = ag.cross_entropy(leaf, chosen)
    assert loss.dtype == np.float32
    each = -np.log(p[np.arange(len(x)), chosen])
    np.testing.assert_allclose(loss.item(), each.mean(), rtol=20 * eps)
    want = (p - np.eye(shape[1])[chosen]) / len(x)
    np.testing.assert_allclose(grad(loss, leaf).numpy(), want, rtol=8 * eps, atol=2 * eps / len(x))


@every(("op", "label"), [("cross_entropy", -1), ("cross_entropy", 1000), ("cross_entropy_back", 1000)])
def test_a_label_beyond_the_classes_is_refused(kernels, op, label):
    x, labels = numbers((64, 1000)), np.zeros(64, int)
    labels[5] = label
    more = [np.float32(1)] if op == "cross_entropy_back" else []
    with pytest.raises(IndexError, match=f"^{op}"):
        ag.PRIMITIVES[op].bind(x, labels, *more)


def normed(x, w, b, axes, eps=1e-5):
    mean = x.mean(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(x.var(axis=axes, keepdims=True) + eps) * w + b


@every_shape
@every("layout", LAYOUTS)
@every("dtype", [np.float32, np.float64])
def test_layer_norm_and_its_gradients_are_those_of_its_formula(kernels, dtype, layout, shape):
    n = shape[-1]
    x, g = (LAYOUTS[layout](numbers(shape, seed)).astype(dtype) for seed in (0, 1))
    w, b = np.random.default_rng(3).standard_normal((2, n)).astype(dtype)
    given = [Tensor(a, requires_grad=True) for a in (x, w, b)]
    wide = [Tensor(a.astype(np.longdouble), requires_grad=True) for a in (x, w, b)]
    y = ag.layer_norm(given[0], n, *given[1:])
    want = normed(*(a.numpy() for a in wide), (-1,))
    step = float(np.finfo(dtype).eps)
    np.testing.assert_allclose(y.numpy().astype(float), want.astype(float), rtol=0, atol=20 * step)
    mean, scale = (
        x.astype(float).mean(axis=-1, keepdims=True),
        1 / np.sqrt(x.astype(float).var(-1, keepdims=True) + 1e-5),
    )
    hat, h = (x - mean) * scale, g.astype(float) * w
    back = scale * (h - h.mean(-1, keepdims=True) - hat * (h * hat).mean(-1, keepdims=True))
    flat = [a.astype(float).reshape(-1, n) for a in (g * hat, g)]
    for got, expected, size in zip(
        grad(y, given, g), (back, *(a.sum(axis=0) for a in flat)), (1, *(np.abs(a).sum(axis=0).max() for a in flat)),
        strict=True,
    ):  # fmt: skip
        assert got.dtype == dtype
        top = max(float(size), np.abs(back).max())
        np.testing.assert_allclose(got.numpy().astype(float), expected, rtol=0, atol=100 * step * top)


@every("weight", [True, False])
@every("bias", [True, False])
@every("shape", [(2, 6, 5), (3, 12, 20, 30), (0, 6, 2)], ids=str)
def test_group_norm_takes_its_numbers_by_channel(kernels, shape, bias, weight):
    x, g = numbers(shape), numbers(shape, 1)
    leaves = [Tensor(v, requires_grad=True) for v in (x, *numbers((2, shape[1]), 2))]
    used = [leaves[0], leaves[1] if weight else None, leaves[2] if bias else None]
    y = ag.group_norm(used[0], 3, *used[1:])
    column = (shape[1], *[1] * (len(shape) - 2))
    w, b = (1.0 if v is None else v.numpy().reshape(column).astype(float) for v in used[1:])
    hat = normed(x.reshape(len(x), 3, int(np.prod(shape[1:])) // 3).astype(float), 1, 0, (2,)).reshape(shape)
    np.testing.assert_allclose(y.numpy(), hat * w + (b if bias else 0), rtol=0, atol=20 * eps * np.abs(w).max())
    kept = [v for v in used if v is not None]
    axes = (0, *range(2, len(shape)))
    wants = ([(g * hat).sum(axis=axes)] if weight else []) + ([g.sum(axis=axes, dtype=float)] if bias else [])
    for got, want in zip(grad(y, kept, g)[1:], wants, strict=True):
        np.testing.assert_allclose(got.numpy(), want, rtol=1e-5, atol=1e-4)


def test_a_second_derivative_goes_through_the_compiled_gradient_of_neither(kernels):
    x, labels = numbers((30, 40)), np.arange(30)
    for function in (
        lambda t: ag.softmax(t)[:, 0],
        lambda t: ag.log_softmax(t)[:, 0],
        lambda t: ag.cross_entropy(t, labels),
        lambda t: ag.layer_norm(t, 40)[:, 0],
        lambda t: ag.sigmoid(t),
        lambda t: ag.leaky_relu(t) * t,
    ):
        found = []
        for dtype in (np.float32, np.float64):
            leaf = Tensor(x.astype(dtype), requires_grad=True)
            g = grad(function(leaf).sum(), leaf, create_graph=True)
            found.append(grad((g * x.astype(dtype)).sum(), leaf, allow_unused=True))
        one, two = (np.zeros(1) if v is None else v.numpy() for v in found)
        np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-4)


@every("count", [2, 3])
def test_rows_are_the_same_to_the_bit_for_any_number_of_threads(kernels, threads, count):
    x, g = numbers((3000, 200)), numbers((3000, 200), 1)

    def results():
        leaf = Tensor(x, requires_grad=True)
        ys = ag.softmax(leaf), ag.log_softmax(leaf), ag.layer_norm(leaf, 200)
        return [*(y.numpy() for y in ys), *(grad(y, leaf, g).numpy() for y in ys)]

    threads(1)
    alone = results()
    threads(count)
    for one, other in zip(alone, results(), strict=True):
        np.testing.assert_array_equal(one, other)


# ── sums and maxima ───────────────────────────────────────────────────────────────────────────────────────────────────

PLANES = (3, 40, 30, 50)
REDUCED = [((3, 5, 7), (0,)), ((91, 90), (1,)), ((91, 91), (1,)), ((91, 91), (0,)), ((91, 91), (0, 1)),
           ((2, 70000), (1,)), ((70000, 2), (0,)), ((400, 500), (0, 1)), ((1, 9000, 1), (1,)), ((9000, 1), (1,)),
           (PLANES, (2, 3)), (PLANES, (0, 1)), (PLANES, (1, 2)), (PLANES, (0, 2, 3))]  # fmt: skip


@every(("shape", "axes"), REDUCED)
@every("keepdims", [True, False])
@every("layout", LAYOUTS)
def test_sums_and_maxima_are_right_over_any_axes(kernels, layout, keepdims, axes, shape):
    x = LAYOUTS[layout](numbers(shape))
    wide, count = x.astype(float), np.prod([shape[a] for a in axes])
    got = np.asarray(sums.sums(x, axes, keepdims))
    want = wide.sum(axis=axes, keepdims=keepdims)
    assert got.dtype == np.float32
    assert got.shape == want.shape
    bound = (2 + np.log2(count)) * eps * np.abs(wide).sum(axis=axes, keepdims=keepdims)
    assert np.all(np.abs(got - want) <= bound)
    got = np.asarray(sums.largest(x, axes, keepdims))
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, x.max(axis=axes, keepdims=keepdims))


def test_nan_is_the_largest_of_its_row_whatever_its_sign(kernels):
    x = numbers((100, 100))
    x[0, 3], x[1, 99], x[2] = np.nan, -np.float32(np.nan), -np.inf
    x[3, 5], x[4, 6] = np.inf, -np.inf
    np.testing.assert_array_equal(sums.largest(x, (1,)), x.max(axis=1))
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(sums.sums(x, (1,))[:5], [np.nan, np.nan, -np.inf, np.inf, -np.inf])
    x[5] = -0.0
    assert not np.signbit(sums.sums(x, (1,))[5])
    with np.errstate(invalid="ignore"):
        assert np.isnan(sums.sums(x, (0, 1)))


def test_a_long_sum_of_equal_numbers_is_right_to_the_last_bits(kernels):
    x = np.full(1 << 22, 0.1, np.float32)
    want = x.astype(float).sum()
    assert abs(sums.sums(x, (0,)) / want - 1) <= 2 * eps
    assert abs(sums.sums(x.reshape(2, -1), (1,)) / want * 2 - 1).max() <= 2 * eps
