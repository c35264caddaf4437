"""Pools along one to three axes, of every geometry, beside PyTorch's: values, positions, gradients of both orders."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from test_conv_nd import compiled, same_to_second_order  # noqa: F401 (a fixture)

import autograd_mini as ag
from autograd_mini import Tensor


def ours(name, axes):
    return getattr(ag, f"{name}{axes}d")


def theirs(name, axes):
    return getattr(F, f"{name}{axes}d")


def apart(rng, *shape):
    """Numbers of which no two are equal, nor nearly."""
    return (rng.permutation(int(np.prod(shape))).reshape(shape) - 7) / 10


def geometries(axes, count, dilated):
    """Windows beside images; PyTorch takes paddings up to half the window."""
    rng = np.random.default_rng(axes)
    draw = lambda *options: tuple(int(rng.choice(options)) for _ in range(axes))
    for i in range(count):
        kernel, stride, dilation = draw(1, 2, 3), draw(1, 2, 3), draw(1, 1, 2) if dilated else (1,) * axes
        padding = tuple(int(rng.integers(0, k // 2 + 1)) for k in kernel)
        reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
        size = tuple(max(r - p, 1) + int(rng.integers(1, 5)) for r, p in zip(reach, padding, strict=True))
        yield kernel, stride, padding, dilation, size, i % 2 == 1


MAX = [
    pytest.param(axes, *case, id=f"{axes}d-{i}")
    for axes in (1, 2, 3)
    for i, case in enumerate(geometries(axes, 6, dilated=True))
]
AVERAGE = [
    pytest.param(axes, *case, id=f"{axes}d-{i}")
    for axes in (1, 2, 3)
    for i, case in enumerate(geometries(axes, 6, dilated=False))
]


@pytest.mark.parametrize(("axes", "kernel", "stride", "padding", "dilation", "size", "ceil"), MAX)
def test_maxima_are_those_of_pytorch(compiled, axes, kernel, stride, padding, dilation, size, ceil):  # noqa: F811
    x = apart(np.random.default_rng(0), 2, 3, *size)
    how = {"kernel_size": kernel, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil}
    same_to_second_order(lambda x: ours("max_pool", axes)(x, **how), lambda x: theirs("max_pool", axes)(x, **how), (x,))
    values, places = ours("max_pool", axes)(x, **how, return_indices=True)
    known, there = theirs("max_pool", axes)(torch.tensor(x), **how, return_indices=True)
    np.testing.assert_array_equal(values, known)
    np.testing.assert_array_equal(places, there)


@pytest.mark.parametrize(("axes", "kernel", "stride", "padding", "dilation", "size", "ceil"), AVERAGE)
def test_means_are_those_of_pytorch(compiled, axes, kernel, stride, padding, dilation, size, ceil):  # noqa: F811
    x = np.random.default_rng(0).standard_normal((2, 3, *size))
    how = {"kernel_size": kernel, "stride": stride, "padding": padding, "ceil_mode": ceil}
    for more in ({}, {"count_include_pad": False}, {"divisor_override": 3}):
        if axes == 1 and "divisor_override" in more:
            continue  # PyTorch has none there
        both = {**how, **more}
        same_to_second_order(
            lambda x, how=both: ours("avg_pool", axes)(x, **how),
            lambda x, how=both: theirs("avg_pool", axes)(x, **how),
            (x,),
        )


@pytest.mark.parametrize(("axes", "ceil"), [*itertools.product((1, 2, 3), (False, True))])
@pytest.mark.parametrize("p", [1, 2, 3, 1.5])
def test_norms_are_those_of_pytorch(axes, ceil, p):
    x = np.random.default_rng(0).uniform(0.5, 2, (2, 3, *(7, 6, 5)[:axes]))
    how = {"kernel_size": 3, "stride": 2, "ceil_mode": ceil}
    same_to_second_order(
        lambda x: ours("lp_pool", axes)(x, p, **how), lambda x: theirs("lp_pool", axes)(x, p, **how), (x,)
    )


def test_a_norm_of_0_has_the_gradient_0():
    x = Tensor(np.zeros((1, 1, 4)), requires_grad=True)
    out = ag.lp_pool1d(x, 2, kernel_size=2)
    assert not out.numpy().any()
    assert not ag.grad(out.sum(), x).numpy().any()


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("name", ["max", "avg"])
def test_unequal_borders_are_those_of_a_padded_map(name, axes):
    x = apart(np.random.default_rng(0), 2, 2, *[5] * axes)
    sides = ((1, 0), (0, 2), (2, 1))[:axes]
    flat = [n for pair in reversed(sides) for n in pair]
    fill = -torch.inf if name == "max" else 0.0
    same_to_second_order(
        lambda x: ours(f"{name}_pool", axes)(x, kernel_size=3, stride=2, padding=sides),
        lambda x: theirs(f"{name}_pool", axes)(F.pad(x, flat, value=fill), kernel_size=3, stride=2),
        (x,),
    )


SIZES = {1: [(7,), (1,), (3,)], 2: [(6, 4), (1, 1), (3, 2), (5, 3), (None, 2)], 3: [(4, 1, 3), (1, 1, 1), (2, 2, 2)]}


@pytest.mark.parametrize(("axes", "size"), [(axes, size) for axes in SIZES for size in SIZES[axes]])
def test_adaptive_pools_are_those_of_pytorch(axes, size):
    for shape in ((6, 4, 6)[:axes], (7, 5, 3)[:axes], (2, 9, 4)[:axes]):
        x = apart(np.random.default_rng(0), 2, 3, *shape)
        for name in ("adaptive_max_pool", "adaptive_avg_pool"):
            same_to_second_order(
                lambda x, name=name: ours(name, axes)(x, size), lambda x, name=name: theirs(name, axes)(x, size), (x,)
            )
        _, places = ours("adaptive_max_pool", axes)(x, size, return_indices=True)
        _, there = theirs("adaptive_max_pool", axes)(torch.tensor(x), size, return_indices=True)
        np.testing.assert_array_equal(places, there)


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("ceil", [False, True])
def test_unpooling_takes_the_positions_of_pytorch(axes, ceil):
    x = apart(np.random.default_rng(0), 2, 3, *(7, 6, 5)[:axes])
    values, places = theirs("max_pool", axes)(torch.tensor(x), 2, ceil_mode=ceil, return_indices=True)
    how = {"kernel_size": 2, "output_size": x.shape[2:]}
    same_to_second_order(
        lambda y: ours("max_unpool", axes)(y, places.numpy(), **how),
        lambda y: theirs("max_unpool", axes)(y, places, **how),
        (values.numpy(),),
    )


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_the_first_of_equal_maxima_gets_the_gradient_and_nan_is_the_largest(compiled, axes, dilation):  # noqa: F811
    x = np.ones((1, 1, *[4] * axes))
    x.flat[5 % x.size] = np.nan
    how = {"kernel_size": 2, "stride": 1, "dilation": dilation}
    same = lambda x: theirs("max_pool", axes)(x, **how)
    values, places = ours("max_pool", axes)(x, **how, return_indices=True)
    known, there = theirs("max_pool", axes)(torch.tensor(x), **how, return_indices=True)
    np.testing.assert_array_equal(values, known)
    np.testing.assert_array_equal(places, there)
    low = np.full((1, 1, *[4] * axes), -np.inf)
    _, places = ours("max_pool", axes)(low, **how, padding=1, return_indices=True)
    assert places.min() >= 0
    equal = np.zeros((2, 2, *[5] * axes))
    same_to_second_order(lambda x: ours("max_pool", axes)(x, **how), same, (equal,))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_dtypes_stay_and_half_is_summed_in_single(dtype):
    x = Tensor(np.full((1, 1, 80, 80), 8, dtype), requires_grad=True)
    for out in (
        ag.avg_pool2d(x, kernel_size=80, padding=((1, 0), (0, 0)), count_include_pad=False),
        ag.adaptive_avg_pool2d(x, 1),
        ag.adaptive_avg_pool2d(x, 3),
        ag.global_avg_pool(x),
        ag.adaptive_max_pool2d(x, 3),
        ag.global_max_pool(x),
        ag.max_pool2d(x, kernel_size=3, dilation=2),
    ):
        assert out.dtype == ag.grad(out.sum(), x).dtype == dtype
        np.testing.assert_allclose(out.numpy(), 8, rtol=1e-6 if dtype == np.float32 else 1e-3, atol=1e-3)


def test_memory_in_any_order_gives_the_same():
    x = apart(np.random.default_rng(0), 2, 3, 5, 7)
    for order in itertools.permutations(range(4)):
        laid = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
        for call in (
            lambda x: ag.max_pool2d(x, kernel_size=2, ceil_mode=True),
            lambda x: ag.max_pool2d(x, kernel_size=2, dilation=2),
            lambda x: ag.avg_pool2d(x, kernel_size=2, count_include_pad=False, padding=1),
            lambda x: ag.adaptive_avg_pool2d(x, 2),
            lambda x: ag.adaptive_max_pool2d(x, 3),
        ):
            np.testing.assert_array_equal(call(laid), call(x))


def test_an_infinity_stays_in_the_windows_that_see_it():
    x = np.ones((1, 1, 7))
    x[..., 0] = np.inf
    assert np.isfinite(ag.adaptive_avg_pool1d(x, 3)[0, 0, 1:]).all()
    y = Tensor(np.ones((1, 1, 7)), requires_grad=True)
    g = ag.grad(ag.adaptive_avg_pool1d(y, 3), y, np.array([[[np.inf, 1.0, 1.0]]]))
    assert np.isfinite(g.numpy()[0, 0, 3:]).all()


def test_no_image_gives_no_map():
    x = Tensor(np.zeros((0, 2, 5, 5)), requires_grad=True)
    for call in (
        lambda x: ag.max_pool2d(x, kernel_size=2, stride=1, dilation=2),
        lambda x: ag.avg_pool2d(x, kernel_size=2, ceil_mode=True),
        lambda x: ag.adaptive_avg_pool2d(x, 3),
        lambda x: ag.adaptive_max_pool2d(x, 3),
    ):
        assert call(x).shape == (0, 2, 3, 3)
        assert ag.grad(call(x).sum(), x).shape == x.shape


X = np.ones((1, 2, 5, 5))
WRONG = [
    (
        lambda: ag.max_pool2d(X, kernel_size=2, padding=2, ceil_mode=True),
        "max_pool2d: padding ((2, 2), (2, 2)) must be smaller than the window's reach, 2 for kernel_size (2, 2) with "
        "dilation (1, 1), so that no window is all padding",
    ),
    (
        lambda: ag.max_pool1d(np.ones((1, 1, 1)), kernel_size=2, dilation=3, padding=2),
        "max_pool1d: a window of 2 with dilation 3 over 1 pixels of x (1, 1, 1), padded by 2, would see padding only",
    ),
    (
        lambda: ag.max_pool3d(X, kernel_size=2),
        "max_pool3d: x (N, C, D, H, W) must have 5 axes, not the 4 of shape (1, 2, 5, 5)",
    ),
    (
        lambda: ag.avg_pool2d(X, kernel_size=2, divisor_override=0),
        "avg_pool2d: divisor_override must be a number other than 0, or None, not 0",
    ),
    (
        lambda: ag.avg_pool1d(X[0], kernel_size=7),
        "avg_pool1d: a kernel of 7 with dilation 1 reaches over 7 pixels, but x (2, 5, 5) with padding 0 is only "
        "5 + 2·0 = 5 wide",
    ),
    (lambda: ag.lp_pool2d(X, 0, kernel_size=2), "lp_pool2d: norm_type must be a number above 0, not 0"),
    (
        lambda: ag.adaptive_avg_pool2d(X, (2, 0)),
        "adaptive_avg_pool2d: output_size must be an integer of at least 1, or None, or 2 of them, not (2, 0)",
    ),
    (lambda: ag.adaptive_max_pool2d(X[..., :0], 2), "adaptive_max_pool2d: x (1, 2, 5, 0) has no pixels"),
    (
        lambda: ag.global_max_pool(X[0, 0]),
        "global_max_pool: x (5, 5) has no channels with pixels; it must be (N, C, ...)",
    ),
    (
        lambda: ag.max_unpool1d(X[0], np.full((2, 5, 5), 99), kernel_size=2),
        "max_unpool1d: the index 99 is outside of (10,)",
    ),
    (
        lambda: ag.max_unpool1d(X[0], np.zeros((2, 5, 5), int), kernel_size=2, output_size=12),
        "max_unpool1d: output_size (12,) must be less than the stride (2,) away from (10,)",
    ),
]


@pytest.mark.parametrize(("call", "words"), WRONG, ids=[words[:60] for _, words in WRONG])
def test_what_does_not_fit_is_told(call, words):
    with pytest.raises(ValueError) as told:
        call()
    assert str(told.value) == words
