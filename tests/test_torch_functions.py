"""The friendly functions beside PyTorch's, in float64: values, and every gradient for a random cotangent."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import autograd_mini as ag
from autograd_mini import Tensor, grad


def drawn(*shapes, seed=0, of=np.asarray):
    rng = np.random.default_rng(seed)
    return [of(np.asarray(rng.standard_normal(shape))) for shape in shapes]


def assert_same(ours, theirs, *arrays):
    """ours(*tensors) and theirs(*tensors) have the same values and carry the same gradients back to every array."""
    mine = [Tensor(a, requires_grad=True) for a in arrays]
    other = [torch.tensor(a, requires_grad=True) for a in arrays]
    have, want = ours(*mine), theirs(*other)
    assert have.shape == tuple(want.shape)
    assert have.dtype == np.float64
    np.testing.assert_allclose(have, want.detach(), rtol=1e-9, atol=1e-12)
    y = np.asarray(np.random.default_rng(99).standard_normal(have.shape))
    for one, two in zip(grad(have, mine, y), torch.autograd.grad(want, other, torch.tensor(y)), strict=True):
        assert one.shape == tuple(two.shape)
        np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-12)


# ── reductions ────────────────────────────────────────────────────────────────────────────────────────────────────────

AXES = [None, 0, 1, -1, (0, 1), (2, 0), (-1, -3), (0, 1, 2)]
every_axis = pytest.mark.parametrize("axis", AXES, ids=str)
kept_or_not = pytest.mark.parametrize("keepdims", [False, True], ids=["dropped", "kept"])


def dims(axis):
    return tuple(range(3)) if axis is None else axis


@kept_or_not
@every_axis
@pytest.mark.parametrize("name", ["sum", "mean", "max", "min"])
def test_reductions(name, axis, keepdims):
    theirs = {"sum": torch.sum, "mean": torch.mean, "max": torch.amax, "min": torch.amin}[name]
    (x,) = drawn((2, 3, 4))
    assert_same(
        lambda x: getattr(ag, name)(x, axis=axis, keepdims=keepdims), lambda x: theirs(x, dims(axis), keepdims), x
    )
    assert_same(lambda x: getattr(x, name)(axis=axis, keepdims=keepdims), lambda x: theirs(x, dims(axis), keepdims), x)


@kept_or_not
@every_axis
@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("name", ["var", "std"])
def test_variance_and_deviation(name, ddof, axis, keepdims):
    theirs = getattr(torch, name)
    (x,) = drawn((2, 3, 4))
    assert_same(
        lambda x: getattr(ag, name)(x, axis=axis, keepdims=keepdims, ddof=ddof),
        lambda x: theirs(x, dims(axis), correction=ddof, keepdim=keepdims),
        x,
    )


def test_a_variance_without_a_degree_of_freedom_is_refused():
    with pytest.raises(ValueError, match="no degree of freedom"):
        ag.var(np.ones((1, 3)), axis=0, ddof=1)


@kept_or_not
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_the_position_of_the_largest(axis, keepdims):
    x = np.random.default_rng(1).integers(0, 3, (3, 4, 5)).astype(float)
    have = ag.argmax(Tensor(x, requires_grad=True), axis=axis, keepdims=keepdims)
    assert not have.requires_grad
    # torch's choice among several is its own affair; NumPy's is the first, and so is ours
    np.testing.assert_array_equal(have, np.argmax(x, axis=axis, keepdims=keepdims))
    (distinct,) = drawn((3, 4, 5))
    want = torch.argmax(torch.tensor(distinct), axis, keepdims)
    np.testing.assert_array_equal(ag.argmax(distinct, axis=axis, keepdims=keepdims), want)


@pytest.mark.parametrize("axis", [-1, 0, 1, 2, -3])
@pytest.mark.parametrize("scale", [1, 100])
def test_softmax_and_its_logarithm(axis, scale):
    (x,) = drawn((3, 4, 2), of=lambda a: scale * a)
    assert_same(lambda x: ag.softmax(x, axis), lambda x: torch.softmax(x, axis), x)
    assert_same(lambda x: ag.log_softmax(x, axis), lambda x: torch.log_softmax(x, axis), x)
    assert_same(lambda x: ag.logsumexp(x, axis), lambda x: torch.logsumexp(x, axis), x)
    assert_same(lambda x: x.logsumexp(axis, keepdims=True), lambda x: torch.logsumexp(x, axis, keepdim=True), x)


def test_softmax_takes_the_last_axis_unless_told():
    (x,) = drawn((3, 4))
    assert_same(ag.softmax, lambda x: torch.softmax(x, -1), x)
    assert_same(ag.log_softmax, lambda x: torch.log_softmax(x, -1), x)
    assert_same(ag.logsumexp, lambda x: torch.logsumexp(x, -1), x)


def test_softmax_survives_logits_that_overflow():
    x = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4 + 1]])
    assert_same(ag.softmax, lambda x: torch.softmax(x, -1), x)
    assert_same(ag.log_softmax, lambda x: torch.log_softmax(x, -1), x)
    assert_same(ag.logsumexp, lambda x: torch.logsumexp(x, -1), x)


def test_a_masked_logit_has_probability_zero():
    x = np.array([[0.5, -np.inf, 1.0]])
    assert_same(ag.softmax, lambda x: torch.softmax(x, -1), x)
    assert_same(ag.logsumexp, lambda x: torch.logsumexp(x, -1), x)


# ── products ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((2, 3), (3, 4)),
        ((3,), (3,)),
        ((3,), (3, 4)),
        ((2, 3), (3,)),
        ((5, 2, 3), (5, 3, 4)),
        ((5, 2, 3), (3, 4)),
        ((2, 3), (5, 3, 4)),
        ((5, 1, 2, 3), (6, 3, 4)),
        ((1, 2, 3), (5, 3, 1)),
        ((3,), (5, 3, 4)),
        ((5, 2, 3), (3,)),
        ((6, 5, 2, 3), (3,)),
        ((1, 1), (1, 1)),
    ],
    ids=str,
)
def test_matrix_products(a, b):
    assert_same(ag.matmul, torch.matmul, *drawn(a, b))
    assert_same(lambda a, b: a @ b, torch.matmul, *drawn(a, b))


def test_a_product_with_a_bare_array_on_either_side():
    a, b = drawn((2, 3), (3, 4))
    assert_same(lambda b: a @ b, lambda b: torch.tensor(a) @ b, b)
    assert_same(lambda a: a @ b, lambda a: a @ torch.tensor(b), a)


@pytest.mark.parametrize("lead", [(5,), (), (2, 5), (2, 1, 3)], ids=str)
def test_fully_connected_layers(lead):
    x, w, b = drawn((*lead, 4), (3, 4), (3,))
    assert_same(ag.linear, F.linear, x, w, b)
    assert_same(ag.linear, F.linear, x, w)


# ── indexing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

INDICES = {
    "number": 1,
    "negative number": -2,
    "slice": slice(1, 3),
    "step": slice(None, None, 2),
    "numbers": (0, -1, 1),
    "ellipsis": (..., 1),
    "ellipsis between": (1, ..., slice(0, 2)),
    "new axis": (None, 1),
    "new axes": (slice(None), None, ..., None),
    "list": [0, 2, 2],
    "list in a tuple": (slice(None), [2, 0]),
    "array": np.array([[0, 3], [3, 0]]),
    "repeated": np.array([1, 1, 1, 0]),
    "negative array": np.array([-1, 0]),
    "two arrays": (np.array([0, 3, 3]), np.array([1, 2, 2])),
    "arrays that broadcast": (np.array([[0], [1]]), np.array([0, 2, 2])),
    "arrays apart": (np.array([0, 1, 0]), slice(None), np.array([1, 0, 1])),
    "array and number": (np.array([0, 1, 0]), 1),
    "array and new axis": (np.array([0, 1]), None, slice(1, 3)),
    "mask": np.random.default_rng(1).random((4, 3, 2)) < 0.4,
    "mask of rows": np.array([True, False, True, True]),
    "mask of an inner axis": (slice(None), np.array([False, True, True])),
    "mask and array": (np.array([True, False, True, False]), np.array([0, 2])),
    "empty mask": np.zeros(4, bool),
}


def in_torch(index):
    if isinstance(index, tuple):
        return tuple(in_torch(i) for i in index)
    return torch.tensor(index) if isinstance(index, np.ndarray | list) else index


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_indexing(index):
    assert_same(lambda x: x[index], lambda x: x[in_torch(index)], *drawn((4, 3, 2)))
    assert_same(lambda x: ag.getitem(x, index), lambda x: x[in_torch(index)], *drawn((4, 3, 2)))


def test_indexing_by_a_tensor():
    (x,) = drawn((4, 3))
    assert_same(lambda x: x[Tensor([0, 0, 2])], lambda x: x[torch.tensor([0, 0, 2])], x)
    assert_same(lambda x: x[x > 0], lambda x: x[x > 0], x)


def test_indexing_backwards():
    # torch has no negative steps
    assert_same(lambda x: x[::-1, ::-2], lambda x: x.flip(0, 1)[:, ::2], *drawn((4, 3)))


# ── shapes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("shape", [(24,), (4, 6), (-1,), (2, -1, 4), (1, 24, 1), 24], ids=str)
def test_reshaping(shape):
    new = (shape,) if isinstance(shape, int) else shape
    assert_same(lambda x: ag.reshape(x, shape), lambda x: x.reshape(new), *drawn((2, 3, 4)))
    assert_same(lambda x: x.reshape(*new), lambda x: x.reshape(new), *drawn((2, 3, 4)))


@pytest.mark.parametrize("axes", [*itertools.permutations(range(3)), (-1, 0, 1), (0, -1, -2)], ids=str)
def test_transposing(axes):
    assert_same(lambda x: ag.transpose(x, axes), lambda x: x.permute(axes), *drawn((2, 3, 4)))
    assert_same(lambda x: x.transpose(*axes), lambda x: x.permute(axes), *drawn((2, 3, 4)))
    assert_same(lambda x: x.transpose(axes), lambda x: x.permute(axes), *drawn((2, 3, 4)))


@pytest.mark.parametrize("axes", [(0,), (0, 0), (0, 2), (0, 1, 2), (1, -1)], ids=str)
def test_a_transpose_must_name_each_axis_once(axes):
    with pytest.raises(ValueError, match=r"transpose.*\(2, 3\)"):
        ag.transpose(np.ones((2, 3)), axes)


def test_transposing_everything_or_matrices():
    (x,) = drawn((2, 3, 4))
    assert_same(lambda x: x.T, lambda x: x.permute(2, 1, 0), x)
    assert_same(lambda x: x.transpose(), lambda x: x.permute(2, 1, 0), x)
    assert_same(ag.transpose, lambda x: x.permute(2, 1, 0), x)
    assert_same(lambda x: x.mT, lambda x: x.mT, x)
    assert_same(ag.matrix_transpose, lambda x: x.mT, x)


@pytest.mark.parametrize("start", [0, 1, 2, -1])
def test_flattening(start):
    assert_same(lambda x: ag.flatten(x, start), lambda x: x.flatten(start), *drawn((2, 3, 4)))


@pytest.mark.parametrize("axis", [None, 0, 2, -1, (0, 3), (-2, 0)], ids=str)
def test_squeezing(axis):
    theirs = (lambda x: x.squeeze()) if axis is None else (lambda x: x.squeeze(axis))
    assert_same(lambda x: ag.squeeze(x, axis), theirs, *drawn((1, 3, 1, 1)))


@pytest.mark.parametrize(("axis", "shape"), [(0, (1, 2, 3)), (1, (2, 1, 3)), (-1, (2, 3, 1)), ((0, -1), (1, 2, 3, 1))])
def test_expanding(axis, shape):
    assert_same(lambda x: ag.expand_dims(x, axis), lambda x: x.reshape(shape), *drawn((2, 3)))


@pytest.mark.parametrize(("shape", "new"), [((3,), (2, 3)), ((2, 1), (2, 4)), ((), (2, 2)), ((1, 3, 1), (5, 2, 3, 4))])
def test_broadcasting(shape, new):
    assert_same(lambda x: ag.broadcast_to(x, new), lambda x: x.broadcast_to(new), *drawn(shape))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_joining(axis):
    arrays = drawn((2, 3, 4), (2, 3, 4), (2, 3, 4))
    assert_same(lambda *a: ag.concatenate(a, axis), lambda *a: torch.cat(a, axis), *arrays)
    assert_same(lambda *a: ag.stack(a, axis), lambda *a: torch.stack(a, axis), *arrays)
    assert_same(lambda a, b, c: ag.concatenate([a, b, a, c]), lambda a, b, c: torch.cat([a, b, a, c]), *arrays)


def test_joining_different_lengths():
    arrays = drawn((2, 1, 4), (2, 5, 4), (2, 0, 4))
    assert_same(lambda *a: ag.concatenate(a, 1), lambda *a: torch.cat(a, 1), *arrays)


def test_joining_a_constant():
    a, b = drawn((2, 3), (4, 3))
    assert_same(lambda a: ag.concatenate([b, a]), lambda a: torch.cat([torch.tensor(b), a]), a)


@pytest.mark.parametrize(
    ("width", "theirs"),
    [
        (1, (1, 1, 1, 1)),
        ((1, 2), (1, 2, 1, 2)),
        (((1, 0), (0, 2)), (0, 2, 1, 0)),
        (((1,), (2,)), (2, 2, 1, 1)),
        (0, (0, 0, 0, 0)),
    ],
)
@pytest.mark.parametrize("value", [0.0, -1.5])
def test_padding(width, theirs, value):
    assert_same(lambda x: ag.pad(x, width, value), lambda x: F.pad(x, theirs, value=value), *drawn((2, 3)))
    np.testing.assert_array_equal(ag.pad(np.ones((2, 3)), width), np.pad(np.ones((2, 3)), width))


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (-1, 1)], ids=str)
def test_flipping(axis):
    axes = (0, 1, 2) if axis is None else (axis,) if isinstance(axis, int) else axis
    assert_same(lambda x: ag.flip(x, axis), lambda x: x.flip(axes), *drawn((2, 3, 4)))


# ── elementwise ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("low", "high"), [(-0.5, 0.5), (None, 0.0), (0.0, None), (-10, 10), (3, 4)])
def test_clipping(low, high):
    assert_same(lambda x: ag.clip(x, low, high), lambda x: torch.clamp(x, low, high), *drawn((4, 5)))


@pytest.mark.parametrize("name", ["maximum", "minimum"])
@pytest.mark.parametrize("shapes", [((4, 5), (4, 5)), ((5,), (4, 5)), ((4, 1), (1, 5)), ((), (3,))], ids=str)
def test_larger_and_smaller(name, shapes):
    assert_same(getattr(ag, name), getattr(torch, name), *drawn(*shapes))


def test_choosing():
    x, y = drawn((4, 5), (5,))
    chosen = np.arange(20).reshape(4, 5) % 3 == 0
    assert_same(lambda x, y: ag.where(chosen, x, y), lambda x, y: torch.where(torch.tensor(chosen), x, y), x, y)
    assert_same(lambda x, y: ag.where(x > y, x, y * y), lambda x, y: torch.where(x > y, x, y * y), x, y)


@pytest.mark.parametrize("slope", [0.01, 0.3, 0, -1])
def test_leaky_relu(slope):
    assert_same(lambda x: ag.leaky_relu(x, slope), lambda x: F.leaky_relu(x, slope), *drawn((4, 5)))


def test_leaky_relu_leaks_a_hundredth_unless_told():
    assert_same(ag.leaky_relu, F.leaky_relu, *drawn((4, 5)))


@pytest.mark.parametrize("name", ["exp", "sin", "cos", "tanh", "sigmoid", "relu", "abs", "log", "sqrt"])
def test_functions_methods_and_numpy_calls_are_one(name):
    (x,) = drawn((3, 4), of=np.abs if name in ("log", "sqrt") else np.asarray)
    theirs = getattr(torch, name)
    assert_same(getattr(ag, name), theirs, x)
    assert_same(lambda x: getattr(x, name)(), theirs, x)
    if hasattr(np, name):
        assert_same(getattr(np, name), theirs, x)


OPERATORS = {
    "sum": lambda x, y: x + y,
    "difference": lambda x, y: x - y,
    "product": lambda x, y: x * y,
    "quotient": lambda x, y: x / y,
    "power": lambda x, y: x**y,
    "numbers on the left": lambda x, y: (2 + x) * (1 - y) + 3 / x + 2**y,
    "numbers on the right": lambda x, y: (x + 2) * (y - 1) + x / 3 + y**2,
    "negative": lambda x, y: -x + +y,
    "a long way": lambda x, y: ((x * y + x) / (y * y + 1) - x**3) ** 2,
    "one twice": lambda x, y: x * x + y / y,
}


@pytest.mark.parametrize("function", OPERATORS.values(), ids=OPERATORS)
@pytest.mark.parametrize("shapes", [((2, 3), (2, 3)), ((2, 1), (3,)), ((), (2, 3)), ((4, 1, 3), (2, 1))], ids=str)
def test_operators(function, shapes):
    assert_same(function, function, *drawn(*shapes, of=lambda a: np.abs(a) + 0.5))


def test_a_bare_array_on_the_left_gives_a_tensor():
    (x, y) = drawn((2, 3), (3,))
    for function in (lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b):
        assert_same(lambda y, f=function: f(x, y), lambda y, f=function: f(torch.tensor(x), y), y)


# ── images ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("stride", [1, 2, (1, 3)], ids=str)
@pytest.mark.parametrize("padding", [0, (2, 1), 4], ids=str)
@pytest.mark.parametrize("dilation", [1, (1, 2), 3], ids=str)
def test_convolutions(stride, padding, dilation, bias):
    arrays = drawn((2, 3, 8, 9), (4, 3, 2, 3), *([(4,)] if bias else []))
    how = {"stride": stride, "padding": padding, "dilation": dilation}
    assert_same(lambda *a: ag.conv2d(*a, **how), lambda *a: F.conv2d(*a, **how), *arrays)


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize(("stride", "extra"), [(1, 0), (2, 0), (2, 1), ((1, 3), (0, 2)), ((3, 2), (1, 0))], ids=str)
@pytest.mark.parametrize("padding", [0, (0, 2)], ids=str)
@pytest.mark.parametrize("dilation", [1, (3, 2)], ids=str)
def test_transposed_convolutions(stride, extra, padding, dilation, bias):
    arrays = drawn((2, 3, 4, 5), (3, 2, 2, 3), *([(2,)] if bias else []))
    how = {"stride": stride, "padding": padding, "dilation": dilation, "output_padding": extra}
    assert_same(lambda *a: ag.conv_transpose2d(*a, **how), lambda *a: F.conv_transpose2d(*a, **how), *arrays)


@pytest.mark.parametrize("stride", [1, (2, 3)], ids=str)
@pytest.mark.parametrize("padding", [0, (1, 2)], ids=str)
def test_the_gradient_of_filters_as_a_function(stride, padding):
    x, w = drawn((2, 3, 6, 7), (4, 3, 2, 3))
    how = {"stride": stride, "padding": padding}
    (y,) = drawn(F.conv2d(torch.tensor(x), torch.tensor(w), **how).shape, seed=1)

    def theirs(x, y):
        filters = torch.tensor(w, requires_grad=True)
        return torch.autograd.grad(F.conv2d(x, filters, **how), filters, y, create_graph=True)[0]

    assert_same(lambda x, y: ag.conv2d_filter(x, y, kernel_size=(2, 3), **how), theirs, x, y)


POOLS = {
    "tiles": {"kernel_size": 2},
    "tiles that leave a rest": {"kernel_size": (3, 2)},
    "overlapping": {"kernel_size": 3, "stride": 1},
    "overlapping, uneven": {"kernel_size": (3, 2), "stride": (2, 1)},
    "padded": {"kernel_size": 3, "stride": 2, "padding": 1},
    "padded unevenly": {"kernel_size": (2, 4), "stride": (2, 3), "padding": (1, 2)},
    "gaps": {"kernel_size": 2, "stride": 3},
    "whole plane": {"kernel_size": (7, 6)},
}


@pytest.mark.parametrize("how", POOLS.values(), ids=POOLS)
def test_pools(how):
    (x,) = drawn((2, 3, 7, 6))
    assert_same(lambda x: ag.max_pool2d(x, **how), lambda x: F.max_pool2d(x, **how), x)
    assert_same(lambda x: ag.avg_pool2d(x, **how), lambda x: F.avg_pool2d(x, **how), x)


@pytest.mark.parametrize("how", POOLS.values(), ids=POOLS)
@pytest.mark.parametrize("ties", [False, True], ids=["distinct", "ties"])
def test_indices_of_maxima(how, ties):
    rng = np.random.default_rng(2)
    x = rng.integers(0, 3, (2, 3, 7, 6)).astype(float) if ties else rng.standard_normal((2, 3, 7, 6))
    values, indices = ag.max_pool2d(Tensor(x), **how, return_indices=True)
    want_values, want_indices = F.max_pool2d(torch.tensor(x), **how, return_indices=True)
    np.testing.assert_array_equal(values, want_values)
    np.testing.assert_array_equal(indices, want_indices)
    assert_same(lambda x: ag.max_pool2d(x, **how), lambda x: F.max_pool2d(x, **how), x)


@pytest.mark.parametrize("name", ["tiles", "tiles that leave a rest", "gaps", "whole plane"])
def test_unpools(name):
    # only windows that do not overlap: where they do, torch keeps one value and we, like the adjoint, add
    how = POOLS[name]
    (x,) = drawn((2, 3, 7, 6))
    indices = F.max_pool2d(torch.tensor(x), **how, return_indices=True)[1]
    (y,) = drawn(indices.shape, seed=1)
    assert_same(
        lambda y: ag.max_unpool2d(y, indices.numpy(), **how, output_size=(7, 6)),
        lambda y: F.max_unpool2d(y, indices, **how, output_size=(7, 6)),
        y,
    )


def test_an_unpool_of_the_size_that_tiles_make():
    (x,) = drawn((2, 3, 6, 4))
    values, indices = ag.max_pool2d(x, kernel_size=2, return_indices=True)
    assert_same(
        lambda y: ag.max_unpool2d(y, Tensor(indices), kernel_size=2),
        lambda y: F.max_unpool2d(y, torch.tensor(indices), 2),
        values,
    )


@pytest.mark.parametrize("shape", [(4, 3, 5, 2), (6, 3), (4, 3, 7)], ids=str)
def test_batch_normalisation_by_the_batch(shape):
    axes = tuple(i for i in range(len(shape)) if i != 1)
    assert_same(
        lambda x, w, b: ag.batch_norm(x, x.mean(axes), x.var(axes), w, b, eps=1e-3),
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True, eps=1e-3),
        *drawn(shape, (3,), (3,)),
    )


@pytest.mark.parametrize("affine", [True, False], ids=["scaled", "plain"])
def test_batch_normalisation_by_given_statistics(affine):
    x, mean, w, b = drawn((4, 3, 5, 2), (3,), (3,), (3,))
    var = np.array([0.5, 1.0, 3.0])
    assert_same(
        lambda x, *wb: ag.batch_norm(x, mean, var, *wb),
        lambda x, *wb: F.batch_norm(x, torch.tensor(mean), torch.tensor(var), *wb),
        *([x, w, b] if affine else [x]),
    )


def test_batch_normalisation_with_a_weight_alone():
    x, w = drawn((4, 3, 5, 2), (3,))
    axes = (0, 2, 3)
    assert_same(
        lambda x, w: ag.batch_norm(x, x.mean(axes), x.var(axes), w),
        lambda x, w: F.batch_norm(x, None, None, w, None, training=True),
        x,
        w,
    )


def test_a_small_net_carries_every_gradient_back():
    shapes = ((2, 3, 8, 8), (4, 3, 3, 3), (4,), (5, 4, 3, 3), (6, 5 * 2 * 2), (6,))

    def ours(x, w1, b1, w2, w3, b3):
        h = ag.max_pool2d(ag.relu(ag.conv2d(x, w1, b1, padding=1)), kernel_size=2)
        h = ag.avg_pool2d(ag.tanh(ag.conv2d(h, w2, padding=1)), kernel_size=2)
        return ag.log_softmax(ag.linear(ag.flatten(h, 1), w3, b3))

    def theirs(x, w1, b1, w2, w3, b3):
        h = F.max_pool2d(torch.relu(F.conv2d(x, w1, b1, padding=1)), 2)
        h = F.avg_pool2d(torch.tanh(F.conv2d(h, w2, padding=1)), 2)
        return torch.log_softmax(F.linear(h.flatten(1), w3, b3), -1)

    assert_same(ours, theirs, *drawn(*shapes))


# ── kinks: the table of ops/elementwise.py, at the kinks exactly ──────────────────────────────────────────────────────


def slopes(function, *arrays):
    leaves = [Tensor(np.array(a, np.float64), requires_grad=True) for a in arrays]
    out = function(*leaves)
    return [g.numpy().tolist() for g in grad(out, leaves, np.ones(out.shape))]


def test_the_slope_of_relu_at_zero_is_zero():
    assert slopes(ag.relu, [0.0, -0.0]) == [[0, 0]]
    assert_same(ag.relu, torch.relu, np.zeros(3))


@pytest.mark.parametrize("slope", [0.01, 0.3, 0.0, -2.0])
def test_the_slope_of_leaky_relu_at_zero_is_the_leak(slope):
    assert slopes(lambda x: ag.leaky_relu(x, slope), [0.0, -0.0]) == [[slope, slope]]
    assert_same(lambda x: ag.leaky_relu(x, slope), lambda x: F.leaky_relu(x, slope), np.zeros(3))


def test_the_slope_of_abs_at_zero_is_zero():
    assert slopes(ag.abs, [0.0, -0.0]) == [[0, 0]]
    assert_same(ag.abs, torch.abs, np.zeros(3))


def test_the_slope_of_clip_at_a_bound_is_one():
    assert slopes(lambda x: ag.clip(x, -1, 2), [-1.5, -1, 0, 2, 2.5]) == [[0, 1, 1, 1, 0]]
    assert slopes(lambda x: ag.clip(x, None, 2), [2.0, 3.0]) == [[1, 0]]
    assert slopes(lambda x: ag.clip(x, -1), [-1.0, -2.0]) == [[1, 0]]
    assert_same(lambda x: ag.clip(x, -1, 2), lambda x: torch.clamp(x, -1, 2), np.array([-1.5, -1, 0, 2, 2.5]))


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_a_tie_between_two_gives_half_to_each(name):
    assert slopes(getattr(ag, name), [1.0, 2.0], [1.0, 2.0]) == [[0.5, 0.5], [0.5, 0.5]]
    assert slopes(lambda x: getattr(ag, name)(x, 1.0), [1.0]) == [[0.5]]
    assert slopes(lambda x: getattr(ag, name)(x, x), [1.0]) == [[1]]
    assert_same(getattr(ag, name), getattr(torch, name), np.array([[1.0, 2], [3, 3]]), np.array([1.0, 3]))


@pytest.mark.parametrize(("name", "theirs"), [("max", torch.amax), ("min", torch.amin)])
def test_tied_elements_share_the_gradient_of_a_reduction_equally(name, theirs):
    x = np.array([[1.0, 1, 0, 1], [2, 2, 2, 2], [0, 1, 0, 0]])
    x = x if name == "max" else -x
    reduce = getattr(ag, name)
    assert slopes(lambda x: reduce(x, axis=1), x) == [[[1 / 3, 1 / 3, 0, 1 / 3], [1 / 4] * 4, [0, 1, 0, 0]]]
    assert slopes(reduce, x) == [[[0] * 4, [1 / 4] * 4, [0] * 4]]
    for axis in (0, 1, (0, 1)):
        assert_same(lambda x, a=axis: reduce(x, axis=a), lambda x, a=axis: theirs(x, a), x)


def test_all_of_a_pooled_gradient_goes_to_the_first_maximum():
    x = [[[[5.0, 5, 1, 0], [5, 5, 1, 1]]]]
    assert slopes(lambda x: ag.max_pool2d(x, kernel_size=2), x) == [[[[[1, 0, 1, 0], [0, 0, 0, 0]]]]]
    assert_same(lambda x: ag.max_pool2d(x, kernel_size=2), lambda x: F.max_pool2d(x, 2), np.array(x))


def test_a_power_of_zero_has_its_mixed_second_derivative():
    x, y = ag.Tensor([1.5, 0.5, 2.0], requires_grad=True), ag.Tensor([0.0, 0.0, 3.0], requires_grad=True)
    by_x = ag.grad((x**y).sum(), x, create_graph=True)
    np.testing.assert_allclose(ag.grad(by_x.sum(), y), [1 / 1.5, 2.0, 4 + 12 * np.log(2)])  # PyTorch gives 0 where y is
    assert ag.gradgradcheck(ag.power, (x, y))


def test_a_power_of_zero_has_the_slope_of_its_polynomial():
    for exponent, slope in ((0, 0), (1, 1), (2, 0), (3, 0)):
        assert slopes(lambda x, n=exponent: x**n, [0.0]) == [[slope]]
        assert_same(lambda x, n=exponent: x**n, lambda x, n=exponent: x**n, np.zeros(2))
    x, y = np.array([0.0, 0.0, 2.0]), np.array([0.0, 2.0, 0.0])
    assert_same(lambda x, y: x**y, lambda x, y: x**y, x, y)


def test_the_slope_of_a_root_at_zero_is_infinite():
    with np.errstate(divide="ignore"):
        assert slopes(ag.sqrt, [0.0]) == [[np.inf]]


@pytest.mark.parametrize("kink", [ag.relu, ag.abs, lambda x: ag.clip(x, 0, 1), ag.leaky_relu])
def test_second_derivatives_at_a_kink_are_zero(kink):
    x = Tensor([0.0, 1.0, -1.0], requires_grad=True)
    slope = grad(ag.sum(kink(x) * x), x, create_graph=True)
    first = grad(ag.sum(kink(x)), x)
    # (f(x)·x)'' = f''·x + 2f': twice the slope chosen from the table, and nothing for the kink itself
    np.testing.assert_array_equal(grad(ag.sum(slope), x), 2 * first.numpy())
