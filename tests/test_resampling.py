"""Patches, shuffles, interpolation and sampling on grids, beside PyTorch's: values and gradients of both orders."""

import itertools
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from test_conv_nd import same_to_second_order

import autograd_mini as ag
from autograd_mini import Tensor


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


# ── patches and shuffles ──────────────────────────────────────────────────────────────────────────────────────────────

GEOMETRIES = [
    ((2, 3), 1, 0, 1),
    ((3, 3), (2, 1), 1, 1),
    ((1, 1), 1, 0, 1),
    ((2, 2), (3, 2), (1, 2), (2, 1)),
    ((3, 2), 2, (4, 0), 1),
]


@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation"), GEOMETRIES)
def test_patches_are_those_of_pytorch(kernel, stride, padding, dilation):
    how = {"kernel_size": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    x = drawn(2, 3, 6, 7)
    same_to_second_order(lambda x: ag.unfold(x, **how), lambda x: F.unfold(x, **how), (x,))
    y = drawn(*ag.unfold(x, **how).shape)
    same_to_second_order(
        lambda y: ag.fold(y, output_size=(6, 7), **how), lambda y: F.fold(y, output_size=(6, 7), **how), (y,)
    )
    np.testing.assert_allclose((ag.unfold(x, **how) * y).sum(), (ag.fold(y, output_size=(6, 7), **how) * x).sum())


@pytest.mark.parametrize(
    ("name", "shape", "factor"),
    [
        ("pixel_shuffle", (2, 12, 3, 2), 2),
        ("pixel_shuffle", (1, 9, 1, 4), 3),
        ("pixel_unshuffle", (2, 3, 4, 6), 2),
        ("pixel_unshuffle", (2, 3, 4, 6), 1),
        ("channel_shuffle", (2, 6, 3, 2), 3),
        ("channel_shuffle", (0, 6, 3, 2), 2),
    ],
)
def test_shuffles_are_those_of_pytorch(name, shape, factor):
    there = getattr(torch, name, None) or getattr(F, name)
    same_to_second_order(lambda x: getattr(ag, name)(x, factor), lambda x: there(x, factor), (drawn(*shape),))


# ── interpolation ─────────────────────────────────────────────────────────────────────────────────────────────────────

INTERPOLATED = [
    pytest.param(
        mode, shape, size, align, antialias, id=f"{mode}-{shape}-{size}{'-aligned' * align}{'-aa' * antialias}"
    )
    for mode, align, antialias in [
        ("nearest", False, False),
        ("nearest-exact", False, False),
        ("area", False, False),
        ("linear", False, False),
        ("linear", True, False),
        ("bicubic", False, False),
        ("bicubic", True, False),
        ("bilinear", False, True),
        ("bilinear", True, True),
        ("bicubic", False, True),
        ("bicubic", True, True),
    ]
    for shape, size in [
        ((5,), (11,)),
        ((7,), (3,)),
        ((1,), (4,)),
        ((5, 4), (10, 8)),
        ((5, 7), (3, 16)),
        ((9, 6), (2, 5)),
        ((6, 6), (1, 6)),
        ((3, 4, 2), (5, 2, 3)),
        ((2, 2, 5), (4, 1, 5)),
    ]
    if len(shape) == 2 or not (mode == "bicubic" or antialias)
]


@pytest.mark.parametrize(("mode", "shape", "size", "align", "antialias"), INTERPOLATED)
def test_interpolation_is_that_of_pytorch(mode, shape, size, align, antialias):
    name = {"linear": ("linear", "bilinear", "trilinear")[len(shape) - 1]}.get(mode, mode)
    more = {"align_corners": True} if align else {}
    more |= {"antialias": True} if antialias else {}
    x = drawn(2, 3, *shape)
    same_to_second_order(
        lambda x: ag.interpolate(x, size=size, mode=name, **more),
        lambda x: F.interpolate(x, size=size, mode=name, **more),
        (x,),
    )


@pytest.mark.parametrize("factor", [2, 3.0, 0.5, 1.7, 0.4, (1.3, 2.6)])
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "area", "bilinear", "bicubic"])
def test_factors_are_those_of_pytorch(mode, factor):
    same_to_second_order(
        lambda x: ag.interpolate(x, scale_factor=factor, mode=mode),
        lambda x: F.interpolate(x, scale_factor=factor, mode=mode),
        (drawn(2, 3, 5, 7),),
    )


@pytest.mark.parametrize("length", range(1, 40))
def test_the_nearest_pixel_is_exact(length):
    x = np.arange(float(length)).reshape(1, 1, length)
    for size in range(1, 60):
        want = np.arange(size) * length // size
        np.testing.assert_array_equal(ag.interpolate(x, size=size)[0, 0], want)


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic", "area"])
def test_dtypes_and_memory_do_not_matter(mode):
    x = drawn(2, 3, 5, 7)
    want = ag.interpolate(x, size=(8, 3), mode=mode)
    for order in itertools.permutations(range(4)):
        laid = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
        np.testing.assert_array_equal(ag.interpolate(laid, size=(8, 3), mode=mode), want)
    for dtype, off in ((np.float32, 1e-5), (np.float16, 1e-2)):
        given = Tensor(x.astype(dtype), requires_grad=True)
        out = ag.interpolate(given, size=(8, 3), mode=mode)
        assert out.dtype == ag.grad(out.sum(), given).dtype == dtype
        np.testing.assert_allclose(out.numpy(), want, atol=off)
    assert ag.interpolate(x[:0], size=(8, 3), mode=mode).shape == (0, 3, 8, 3)


def test_a_long_sequence_is_interpolated():
    x = np.sin(np.linspace(0, 30, 100_000))[None, None]
    out = ag.interpolate(x, size=30_000, mode="linear")
    np.testing.assert_allclose(out, F.interpolate(torch.tensor(x), size=30_000, mode="linear"), atol=1e-12)


# ── grids ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

GRIDS = [
    pytest.param(axes, mode, padding, align, id=f"{axes}d-{mode}-{padding}{'-aligned' * align}")
    for axes, mode in ((2, "bilinear"), (2, "nearest"), (2, "bicubic"), (3, "bilinear"), (3, "nearest"))
    for padding in ("zeros", "border", "reflection")
    for align in (False, True)
]


@pytest.mark.parametrize(("axes", "mode", "padding", "align"), GRIDS)
def test_samples_are_those_of_pytorch(axes, mode, padding, align):
    x, grid = drawn(2, 3, *(4, 5, 3)[:axes]), np.random.default_rng(1).uniform(-2.2, 2.2, (2, *(5, 4, 2)[:axes], axes))
    how = {"mode": mode, "padding_mode": padding, "align_corners": align}
    mine, other = (
        [Tensor(a, requires_grad=True) for a in (x, grid)],
        [torch.tensor(a, requires_grad=True) for a in (x, grid)],
    )
    have, want = ag.grid_sample(*mine, **how), F.grid_sample(*other, **how)
    np.testing.assert_allclose(have.numpy(), want.detach(), rtol=1e-9, atol=1e-11)
    y = drawn(*have.shape, seed=3)
    first = ag.grad(have, mine, y, allow_unused=True)
    for g, k in zip(first, torch.autograd.grad(want, other, torch.tensor(y)), strict=True):
        np.testing.assert_allclose(np.zeros(k.shape) if g is None else g.numpy(), k, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(
    ("mode", "padding"), [*itertools.product(("bilinear", "nearest", "bicubic"), ("zeros", "border"))]
)
def test_places_that_are_no_numbers_or_far_away_have_the_values_of_pytorch(mode, padding):
    x = drawn(1, 1, 3, 4)
    grid = np.array([[[[np.nan, 0.1], [0.2, np.nan], [1e9, 0.0], [-1e9, 0.0], [1e30, 0.3]]]])
    if (mode, padding) == ("bicubic", "border"):
        grid = grid[..., 2:4, :]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        have = ag.grid_sample(x, grid, mode, padding)
    known = np.where(np.isnan(grid), -1, grid)
    want = F.grid_sample(torch.tensor(x), torch.tensor(known), mode, padding, align_corners=False)
    np.testing.assert_allclose(have, want, rtol=1e-6, atol=1e-9)


@pytest.mark.filterwarnings("ignore:Since version 1.3.0")  # PyTorch's, of a side of one pixel
@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("size", [(2, 1, 4, 5), (2, 1, 1, 3), (2, 1, 3, 2, 4)])
def test_affine_grids_are_those_of_pytorch(size, align):
    axes = len(size) - 2
    same_to_second_order(
        lambda theta: ag.affine_grid(theta, size, align),
        lambda theta: F.affine_grid(theta, size, align),
        (drawn(2, axes, axes + 1),),
    )


# ── what does not fit ─────────────────────────────────────────────────────────────────────────────────────────────────

X = np.ones((1, 2, 5, 5))
WRONG = [
    (lambda: ag.unfold(X[0], kernel_size=2), "unfold: x (N, C, H, W) must have 4 axes, not the 3 of shape (2, 5, 5)"),
    (
        lambda: ag.fold(np.ones((1, 8, 9)), output_size=5, kernel_size=2),
        "fold: y (1, 8, 9) must have a multiple of 2·2 = 4 rows and 4·4 = 16 columns for images (5, 5)",
    ),
    (lambda: ag.pixel_shuffle(X, 2), "pixel_shuffle: 2² = 4 does not divide the 2 channels of x (1, 2, 5, 5)"),
    (lambda: ag.pixel_shuffle(X, 0), "pixel_shuffle: upscale_factor must be an integer of at least 1, not 0"),
    (lambda: ag.pixel_unshuffle(X, 2), "pixel_unshuffle: 2 does not divide the height and width of x (1, 2, 5, 5)"),
    (
        lambda: ag.channel_shuffle(X, 3),
        "channel_shuffle: x (1, 2, 5, 5) must be (N, C, ...) with channels that 3 groups divide",
    ),
    (lambda: ag.interpolate(X), "interpolate: one of size and scale_factor must be given, and not both"),
    (
        lambda: ag.interpolate(X, size=3, mode="linear"),
        "interpolate: for x (1, 2, 5, 5) mode must be one of nearest, nearest-exact, area, bilinear, bicubic, "
        "not 'linear'",
    ),
    (lambda: ag.interpolate(X, size=3, align_corners=True), "interpolate: mode 'nearest' has no align_corners"),
    (lambda: ag.interpolate(X, size=3, mode="area", antialias=True), "interpolate: mode 'area' has no antialias"),
    (
        lambda: ag.interpolate(X, size=(3, 0)),
        "interpolate: size must be an integer of at least 1, or one for each of the 2 axes, not (3, 0)",
    ),
    (lambda: ag.interpolate(X, scale_factor=0.1), "interpolate: scale_factor 0.1 leaves no pixel of x (1, 2, 5, 5)"),
    (
        lambda: ag.affine_grid(np.ones((1, 2, 2)), (1, 1, 2, 2)),
        "affine_grid: theta (1, 2, 2) must be (N, 2, 3) for a size (N, C, H, W), or (N, 3, 4) for (N, C, D, H, W), "
        "not (1, 1, 2, 2)",
    ),
    (
        lambda: ag.grid_sample(X, np.ones((1, 2, 2, 3))),
        "grid_sample: grid (1, 2, 2, 3) must be (1, ..., 2) for x (1, 2, 5, 5)",
    ),
    (
        lambda: ag.grid_sample(X[None], np.ones((1, 2, 2, 2, 3)), "bicubic"),
        "grid_sample: for x (1, 1, 2, 5, 5) mode must be one of bilinear, nearest, not 'bicubic'",
    ),
    (
        lambda: ag.grid_sample(X, np.ones((1, 2, 2, 2)), padding_mode="wrap"),
        "grid_sample: padding_mode must be zeros, border or reflection, not 'wrap'",
    ),
]


@pytest.mark.parametrize(("call", "words"), WRONG, ids=[words[:60] for _, words in WRONG])
def test_what_does_not_fit_is_told(call, words):
    with pytest.raises(ValueError) as told:
        call()
    assert str(told.value) == words
