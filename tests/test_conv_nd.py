"""Convolution along one to three axes, with groups and paddings of all kinds, beside PyTorch and beside plain sums."""

import itertools
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import autograd_mini as ag
from autograd_mini import Tensor

OURS = {1: ag.conv1d, 2: ag.conv2d, 3: ag.conv3d}
BACK = {1: ag.conv_transpose1d, 2: ag.conv_transpose2d, 3: ag.conv_transpose3d}
THEIRS = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
THEIRS_BACK = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


@pytest.fixture(params=[True, False], ids=["compiled", "numpy"])
def compiled(request):
    if request.param:
        pytest.importorskip("numba")
    before = ag.is_compiled()
    ag.set_compiled(request.param)
    yield request.param
    ag.set_compiled(before)


def same_to_second_order(ours, theirs, arrays, rtol=1e-9, atol=1e-11, seed=5):
    """Values, gradients, and gradients of a random function of those, beside PyTorch's."""
    rng = np.random.default_rng(seed)
    mine = [Tensor(a, requires_grad=True) for a in arrays]
    other = [torch.tensor(np.array(a), requires_grad=True) for a in arrays]
    have, want = ours(*mine), theirs(*other)
    assert have.shape == tuple(want.shape)
    assert str(have.dtype) == str(want.dtype).removeprefix("torch.")
    np.testing.assert_allclose(have.numpy(), want.detach(), rtol=rtol, atol=atol)
    y = rng.standard_normal(have.shape).astype(have.dtype)
    gy, hy = Tensor(y, requires_grad=True), torch.tensor(y, requires_grad=True)
    first = ag.grad(have, mine, gy, create_graph=True)
    known = torch.autograd.grad(want, other, hy, create_graph=True)
    for g, k in zip(first, known, strict=True):
        np.testing.assert_allclose(g.numpy(), k.detach(), rtol=rtol, atol=atol)
    back = [rng.standard_normal(a.shape).astype(a.dtype) for a in arrays]
    loss = sum((g * b).sum() for g, b in zip(first, back, strict=True))
    loss_there = sum((k * torch.tensor(b)).sum() for k, b in zip(known, back, strict=True))
    second = ag.grad(loss, [*mine, gy], allow_unused=True)
    known = torch.autograd.grad(loss_there, [*other, hy], allow_unused=True)
    for g, k, a in zip(second, known, [*arrays, y], strict=True):
        g, k = np.zeros_like(a) if g is None else g.numpy(), np.zeros_like(a) if k is None else k.detach().numpy()
        np.testing.assert_allclose(g, k, rtol=rtol, atol=atol)


def geometries(axes, count):
    """Random ones, every number of groups beside every kind of step."""
    rng = np.random.default_rng(axes)
    draw = lambda *options: tuple(int(rng.choice(options)) for _ in range(axes))
    for i in range(count):
        groups, each, more = [(1, 2, 3), (2, 1, 1), (3, 1, 2), (2, 2, 3), (2, 3, 2), (4, 1, 1)][i % 6]
        kernel, stride, dilation, padding = draw(1, 2, 3), draw(1, 1, 2, 3), draw(1, 1, 2), draw(0, 1, 2)
        if i % 3 == 0:
            stride = (1,) * axes
        size = tuple(
            max(d * (k - 1) + 1 - 2 * p, 1) + int(rng.integers(0, 4))
            for k, d, p in zip(kernel, dilation, padding, strict=True)
        )
        yield groups, each, more, kernel, stride, dilation, padding, size


CASES = [
    pytest.param(axes, *case, id=f"{axes}d-{i}")
    for axes, count in ((1, 6), (2, 12), (3, 6))
    for i, case in enumerate(geometries(axes, count))
]


@pytest.mark.parametrize(("axes", "groups", "each", "more", "kernel", "stride", "dilation", "padding", "size"), CASES)
def test_convolution_is_that_of_pytorch_to_second_order(
    compiled, axes, groups, each, more, kernel, stride, dilation, padding, size
):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, groups * each, *size))
    w, b = rng.standard_normal((groups * more, each, *kernel)), rng.standard_normal(groups * more)
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    same_to_second_order(
        lambda x, w, b: OURS[axes](x, w, b, **how), lambda x, w, b: THEIRS[axes](x, w, b, **how), (x, w, b)
    )


@pytest.mark.parametrize(("axes", "groups", "each", "more", "kernel", "stride", "dilation", "padding", "size"), CASES)
def test_its_adjoint_is_that_of_pytorch_to_second_order(
    compiled, axes, groups, each, more, kernel, stride, dilation, padding, size
):
    rng = np.random.default_rng(0)
    maps = tuple(int(rng.integers(2, 5)) for _ in range(axes))
    padding = tuple(
        min(p, (s + d * (k - 1)) // 2) for p, s, d, k in zip(padding, stride, dilation, kernel, strict=True)
    )
    extra = tuple(s - 1 for s in stride)
    y = rng.standard_normal((2, groups * more, *maps))
    w, b = rng.standard_normal((groups * more, each, *kernel)), rng.standard_normal(groups * each)
    how = {"stride": stride, "padding": padding, "output_padding": extra, "dilation": dilation, "groups": groups}
    same_to_second_order(
        lambda y, w, b: BACK[axes](y, w, b, **how), lambda y, w, b: THEIRS_BACK[axes](y, w, b, **how), (y, w, b)
    )


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_paddings_in_a_word_are_those_of_pytorch(axes, kernel, dilation):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 4, *[7] * axes)), rng.standard_normal((2, 2, *[kernel] * axes))
    for padding in ("same", "valid"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # PyTorch's, of an even kernel
            want = THEIRS[axes](torch.tensor(x), torch.tensor(w), padding=padding, dilation=dilation, groups=2)
        have = OURS[axes](x, w, padding=padding, dilation=dilation, groups=2)
        np.testing.assert_allclose(have, want, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_unequal_paddings_are_those_of_a_padded_image(axes, groups):
    rng = np.random.default_rng(1)
    x, w = rng.standard_normal((2, 4, *[5] * axes)), rng.standard_normal((4, 4 // groups, *[3] * axes))
    sides = ((2, 0), (0, 1), (3, 1))[:axes]
    flat = [n for pair in reversed(sides) for n in pair]
    same_to_second_order(
        lambda x, w: OURS[axes](x, w, padding=sides, stride=2, groups=groups),
        lambda x, w: THEIRS[axes](F.pad(x, flat), w, stride=2, groups=groups),
        (x, w),
    )
    y = rng.standard_normal((2, 4, *[3] * axes))
    inside = (..., *(slice(before, n - after) for (before, after), n in zip(sides, [7] * axes, strict=True)))
    same_to_second_order(
        lambda y, w: BACK[axes](y, w, padding=sides, stride=2, groups=groups),
        lambda y, w: THEIRS_BACK[axes](y, w, stride=2, groups=groups)[inside],
        (y, w),
    )


@pytest.mark.parametrize("groups", [1, 2, 8, 16])
def test_single_precision_stays_single_and_half_is_summed_in_single(compiled, groups):
    rng = np.random.default_rng(2)
    x, w = rng.standard_normal((3, 16, 9, 10)), rng.standard_normal((16, 16 // groups, 3, 3))
    want = F.conv2d(torch.tensor(x), torch.tensor(w), padding=1, groups=groups).numpy()
    for dtype, off in ((np.float32, 1e-4), (np.float16, 2e-2)):
        x_, w_ = Tensor(x.astype(dtype), requires_grad=True), Tensor(w.astype(dtype), requires_grad=True)
        out = ag.conv2d(x_, w_, padding=1, groups=groups)
        gx, gw = ag.grad(out.sum(), [x_, w_])
        assert out.dtype == gx.dtype == gw.dtype == dtype
        np.testing.assert_allclose(out.numpy(), want, atol=off * np.abs(want).max())


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [1, 3])
def test_no_image_gives_no_map(compiled, axes, groups, stride, kernel):
    for kind, length in (("conv", (5 - kernel) // stride + 1), ("conv_transpose", 4 * stride + kernel)):
        x = Tensor(np.zeros((0, 4, *[5] * axes)), requires_grad=True)
        w = Tensor(np.ones((4, 4 // groups, *[kernel] * axes)), requires_grad=True)
        out = getattr(ag, f"{kind}{axes}d")(x, w, stride=stride, groups=groups)
        assert out.shape == (0, 4, *[length] * axes)
        gx, gw = ag.grad(out.sum(), [x, w], create_graph=True)
        assert gx.shape == x.shape
        assert not gw.numpy().any()
        assert ag.grad((gx * gx).sum(), w).shape == w.shape


@pytest.mark.parametrize("channels", [16, 128])
def test_no_image_gives_filters_no_gradient(compiled, channels, monkeypatch):
    if compiled:  # whatever is read without having been written is seen
        from autograd_mini.kernels.compiled import winograd

        monkeypatch.setattr(winograd, "empty", lambda shape, dtype: np.full(shape, np.nan, dtype))
    x, w = np.zeros((0, channels, 6, 6), np.float32), np.ones((channels, channels, 3, 3), np.float32)
    w = Tensor(w, requires_grad=True)
    assert not ag.grad(ag.conv2d(x, w, padding=1).sum(), w).numpy().any()


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("groups", [1, 4])
@pytest.mark.parametrize("stride", [1, 2])
def test_of_an_image_without_pixels_only_the_padding_is_seen(compiled, axes, groups, stride):
    for lengths in ([0] * axes, [0, *[3] * (axes - 1)], [*[3] * (axes - 1), 0]):
        x = Tensor(np.zeros((2, 4, *lengths)), requires_grad=True)
        w = Tensor(np.ones((4, 4 // groups, *[2] * axes)), requires_grad=True)
        out = OURS[axes](x, w, Tensor(np.arange(4.0)), stride=stride, padding=1, groups=groups)
        np.testing.assert_array_equal(out, np.broadcast_to(np.arange(4).reshape(4, *[1] * axes), out.shape))
        gx, gw = ag.grad(out.sum(), [x, w])
        assert out.size > 0
        assert gx.shape == x.shape
        assert not gw.numpy().any()


@pytest.mark.parametrize("order", [*itertools.permutations(range(4))], ids=str)
def test_memory_in_any_order_gives_the_same(order):
    rng = np.random.default_rng(3)
    x, w = rng.standard_normal((2, 6, 5, 7)), rng.standard_normal((6, 2, 3, 2))
    laid = lambda a: np.ascontiguousarray(a.transpose(order)).transpose(np.argsort(order))
    for groups, v in ((3, w), (6, w[:, :1])):
        np.testing.assert_array_equal(
            ag.conv2d(laid(x), laid(v), groups=groups, stride=2), ag.conv2d(x, v, groups=groups, stride=2)
        )


@pytest.mark.parametrize("stride", [1, 2])
def test_a_large_volume_is_done_in_slabs(monkeypatch, stride):
    from autograd_mini.kernels import conv_nd

    rng = np.random.default_rng(4)
    x, w = rng.standard_normal((3, 4, 6, 5, 4)), rng.standard_normal((6, 2, 3, 2, 2))
    how = {"stride": stride, "padding": 1, "groups": 2}
    for few in (1, 3000, 12_000):
        monkeypatch.setattr(conv_nd, "SLAB_BYTES", few)
        same_to_second_order(lambda x, w: ag.conv3d(x, w, **how), lambda x, w: F.conv3d(x, w, **how), (x, w))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("channels", [3, 8, 16, 20, 40, 120])
def test_depthwise_ones_of_any_width_are_those_of_pytorch(compiled, channels, dtype):
    rng = np.random.default_rng(channels)
    tolerance = 200 * np.finfo(dtype).eps
    for size, kernel, more in (
        ((17, 30), (3, 3), 1),
        ((9, 8), (5, 2), 2),
        ((4, 7, 16), (3, 1, 3), 1),
        ((1, 5), (1, 1), 1),
    ):
        axes = len(size)
        for stride, dilation in ((1, 1), (2, 1), (3, 2)):
            x = rng.standard_normal(
                (2, channels, *(max(n, dilation * (k - 1)) for n, k in zip(size, kernel, strict=True)))
            )
            x, w = x.astype(dtype), rng.standard_normal((channels * more, 1, *kernel)).astype(dtype)
            how = {"stride": stride, "padding": 1, "dilation": dilation, "groups": channels}
            mine, other = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
            mine_w, other_w = Tensor(w, requires_grad=True), torch.tensor(w, requires_grad=True)
            have, want = OURS[axes](mine, mine_w, **how), THEIRS[axes](other, other_w, **how)
            y = rng.standard_normal(have.shape).astype(dtype)
            pairs = zip(
                (have, *ag.grad(have, [mine, mine_w], y)),
                (want, *torch.autograd.grad(want, [other, other_w], torch.tensor(y))),
                strict=True,
            )
            for got, expected in pairs:
                np.testing.assert_allclose(
                    got.numpy(),
                    expected.detach(),
                    rtol=tolerance,
                    atol=tolerance * max(1, want.numel() / want.shape[1]) ** 0.5,
                )


def test_what_is_not_finite_stays_in_its_group(compiled):
    x, w = np.ones((1, 8, 4, 4)), np.ones((8, 2, 3, 3))
    x[0, 2, 1, 1] = np.inf
    out = ag.conv2d(x, w, groups=4, padding=1)
    assert np.isfinite(out[:, [0, 1, 4, 5, 6, 7]]).all()
    assert np.isinf(out[:, 2:4]).any()


def test_whole_numbers_are_convolved_in_double_precision():
    x, w = np.arange(12).reshape(1, 2, 6), np.ones((2, 1, 3), int)
    assert ag.conv1d(x, w, groups=2).dtype == np.float64


X, W = np.ones((1, 4, 5, 5)), np.ones((6, 2, 3, 3))
WRONG = [
    (lambda: ag.conv2d(X, W, groups=0), "conv2d: groups must be an integer of at least 1, not 0"),
    (lambda: ag.conv2d(X, W, groups=4), "conv2d: 4 groups do not divide the 6 filters of w (6, 2, 3, 3)"),
    (
        lambda: ag.conv2d(X, W, groups=3),
        "conv2d: x (1, 4, 5, 5) has 4 channels but the filters w (6, 2, 3, 3) in 3 groups expect 6",
    ),
    (
        lambda: ag.conv2d(X, W, groups=2, padding="full"),
        'conv2d: a padding in a word is "same" or "valid", not \'full\'',
    ),
    (
        lambda: ag.conv2d(X, W, groups=2, padding="same", stride=2),
        'conv2d: padding "same" needs a stride of 1, not (2, 2): else maps are no images',
    ),
    (
        lambda: ag.conv2d(X, W, groups=2, padding=((1, 2), 3, 4)),
        "conv2d: padding must be an integer of at least 0 or a pair (before, after) for each of the 2 axes, "
        "not ((1, 2), 3, 4)",
    ),
    (
        lambda: ag.conv2d(X, np.ones((6, 2, 7, 3)), groups=2, padding=((1, 0), (0, 0))),
        "conv2d: a kernel of 7×3 with dilation 1 reaches over 7 pixels, but x (1, 4, 5, 5) with padding (1, 0) is only "
        "5 + 1 + 0 = 6 high",
    ),
    (
        lambda: ag.conv_transpose2d(np.ones((1, 6, 2, 2)), W, np.ones(3), groups=2),
        "conv_transpose2d: b (3,) must have one entry for each of the 4 channels of w (6, 2, 3, 3)",
    ),
    (
        lambda: ag.conv_transpose2d(np.ones((1, 6, 2, 2)), W, padding="same"),
        "conv_transpose2d: a padding in a word is \"valid\", not 'same'",
    ),
    (
        lambda: ag.conv_transpose2d(np.ones((1, 6, 2, 2)), W, groups=2, padding=((2, 3), 0)),
        "conv_transpose2d: y (1, 6, 2, 2) with w (6, 2, 3, 3), padding ((2, 3), (0, 0)) leaves an image of -1×4",
    ),
    (
        lambda: ag.conv3d(X, W),
        "conv3d: x (N, C, D, H, W) must have 5 axes, not the 4 of shape (1, 4, 5, 5)",
    ),
    (
        lambda: ag.conv3d(X[None], W[None], stride=(1, 2)),
        "conv3d: stride must be an integer of at least 1 or 3 of them, not (1, 2)",
    ),
    (
        lambda: ag.conv1d(np.ones((1, 2, 3)), np.ones((1, 2, 5))),
        "conv1d: a kernel of 5 with dilation 1 reaches over 5 pixels, but x (1, 2, 3) with padding 0 is only "
        "3 + 2·0 = 3 wide",
    ),
    (
        lambda: ag.conv_transpose1d(np.ones((1, 2, 3)), np.ones((2, 1, 5)), stride=2, output_padding=2),
        "conv_transpose1d: output_padding (2,) must be smaller than the stride (2,)",
    ),
]


@pytest.mark.parametrize(("call", "words"), WRONG, ids=[words[:60] for _, words in WRONG])
def test_what_does_not_fit_is_told(call, words):
    with pytest.raises(ValueError) as told:
        call()
    assert str(told.value) == words
