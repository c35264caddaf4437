"""Convolution and pooling against the report's Algorithms 1 and 2, as the plain loops of `rows/geometry.py`.

Data are small integers held as floats: then every true result is an integer, any mistake is off by at least one, and
`EXACTLY` only leaves room for kernels that round on the way.
"""

import numpy as np
import pytest
from cases import every
from rows import CONV_AXES, POOL_AXES, convolved, planes, pooled
from rows.geometry import add_up, collect, convolve, hand_out, paint, pool_by_maximum, put_back

from autograd_mini import (
    Tensor,
    avg_pool2d,
    conv2d,
    conv2d_filter,
    conv_transpose2d,
    grad,
    max_pool2d,
    max_unpool2d,
)
from autograd_mini.kernels import im2col as kernels
from autograd_mini.kernels.layout import Geometry, Window

EXACTLY = {"rtol": 0, "atol": 1e-9}

# The loops of convolutions have few filters, which no compiled way takes: test_convolution_ways has more of them.
in_numpy_and_compiled = pytest.mark.usefixtures("kernels")


def whole(rng, *shape):
    return rng.integers(-9, 10, shape).astype(np.float64)


# ── all small geometries ──────────────────────────────────────────────────────────────────────────────────────────────

# The two axes do not know of each other, so every geometry of an axis appears vertically and horizontally, beside
# partners chosen at random, rather than beside every other.
CONVOLUTIONS = [plane for seed in (1, 2) for plane in planes(CONV_AXES, seed)]
POOLINGS = [plane for seed in (1, 2) for plane in planes(POOL_AXES, seed)]
every_kernel = every("kernel", sorted({plane[1] for plane in CONVOLUTIONS}), ids=str)
every_window = every("kernel", sorted({plane[1] for plane in POOLINGS}), ids=str)


def convolutions(kernel):
    rng = np.random.default_rng(sum(kernel))
    for size, k, stride, padding, dilation in CONVOLUTIONS:
        if k == kernel:
            geometry = Geometry(stride, padding, dilation)
            x, w = whole(rng, 2, 2, *size), whole(rng, 3, 2, *kernel)
            yield geometry, x, w, whole(rng, 2, 3, *convolved(size, kernel, geometry))


def poolings(kernel):
    rng = np.random.default_rng(sum(kernel))
    for size, k, stride, padding in POOLINGS:
        if k == kernel:
            window = Window(k, stride, padding)
            # few different numbers, negative ones among them: ties abound, and a border of zeros would win
            x = rng.integers(-4, 0, (2, 2, *size)).astype(np.float64)
            yield window, x, whole(rng, 2, 2, *pooled(x.shape, window))


def test_the_geometries_hold_all_that_is_said_of_them():
    shapes = {(size, kernel) for size, kernel, *_ in CONVOLUTIONS}
    assert any(size[0] != size[1] for size, _ in shapes)
    assert any(kernel[0] != kernel[1] for _, kernel in shapes)
    assert any(p > k for _, kernel, _, padding, _ in CONVOLUTIONS for p, k in zip(padding, kernel, strict=True))
    assert any((n + 2 * p - d * (k - 1) - 1) % s for n, k, s, p, d in CONV_AXES)
    for plane in (0, 1):
        assert {tuple(pair[plane] for pair in geometry) for geometry in CONVOLUTIONS} == set(CONV_AXES)
        assert {tuple(pair[plane] for pair in geometry) for geometry in POOLINGS} == set(POOL_AXES)


@every_kernel
def test_conv2d_is_algorithm_1(kernel):
    for (stride, padding, dilation), x, w, _ in convolutions(kernel):
        out = conv2d(x, w, stride=stride, padding=padding, dilation=dilation)
        want = convolve(x, w, Geometry(stride, padding, dilation))
        np.testing.assert_allclose(out, want, **EXACTLY, err_msg=f"{x.shape} {w.shape} {stride} {padding} {dilation}")


@every_kernel
def test_conv_transpose2d_paints_filters(kernel):
    for (stride, padding, dilation), x, w, y in convolutions(kernel):
        size = x.shape[2:]
        extra = tuple(
            (n + 2 * p - d * (k - 1) - 1) % s
            for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
        )
        out = conv_transpose2d(y, w, stride=stride, padding=padding, dilation=dilation, output_padding=extra)
        want = paint(y, w, size, Geometry(stride, padding, dilation))
        np.testing.assert_allclose(out, want, **EXACTLY, err_msg=f"{y.shape} {w.shape} {stride} {padding} {dilation}")


@every_kernel
def test_conv2d_filter_collects_meetings(kernel):
    for (stride, padding, dilation), x, w, y in convolutions(kernel):
        out = conv2d_filter(x, y, kernel_size=kernel, stride=stride, padding=padding, dilation=dilation)
        want = collect(x, y, kernel, Geometry(stride, padding, dilation))
        np.testing.assert_allclose(out, want, **EXACTLY, err_msg=f"{x.shape} {w.shape} {stride} {padding} {dilation}")


@every_kernel
def test_the_gradients_of_conv2d_are_the_other_two_loops(kernel):
    for (stride, padding, dilation), *arrays, y in convolutions(kernel):
        x, w = (Tensor(a, requires_grad=True) for a in arrays)
        b = Tensor(np.array([1.0, 2.0, 3.0]), requires_grad=True)
        out = conv2d(x, w, b, stride=stride, padding=padding, dilation=dilation)
        plain = conv2d(*arrays, stride=stride, padding=padding, dilation=dilation)
        np.testing.assert_allclose(out, plain + b.numpy().reshape(1, 3, 1, 1), **EXACTLY)
        by_x, by_w, by_b = grad(out, [x, w, b], y)
        np.testing.assert_allclose(
            by_x, paint(y, w.numpy(), x.shape[2:], Geometry(stride, padding, dilation)), **EXACTLY
        )
        np.testing.assert_allclose(by_w, collect(x.numpy(), y, kernel, Geometry(stride, padding, dilation)), **EXACTLY)
        np.testing.assert_allclose(by_b, y.sum(axis=(0, 2, 3)), **EXACTLY)


@in_numpy_and_compiled
@every_window
def test_max_pool2d_is_algorithm_2(kernel):
    for window, x, y in poolings(kernel):
        _, stride, padding = window
        leaf = Tensor(x, requires_grad=True)
        out, indices = max_pool2d(leaf, kernel_size=kernel, stride=stride, padding=padding, return_indices=True)
        maxima, where = pool_by_maximum(x, window)
        np.testing.assert_array_equal(out, maxima, err_msg=f"{x.shape} {window}")
        np.testing.assert_array_equal(indices, where, err_msg=f"{x.shape} {window}")
        np.testing.assert_array_equal(grad(out, leaf, y), put_back(y, where, x.shape[2:]), err_msg=f"{window}")


@in_numpy_and_compiled
@every_window
def test_max_unpool2d_puts_values_back(kernel):
    for window, x, y in poolings(kernel):
        _, stride, padding = window
        _, where = pool_by_maximum(x, window)
        out = max_unpool2d(y, where, kernel_size=kernel, stride=stride, padding=padding, output_size=x.shape[2:])
        np.testing.assert_array_equal(out, put_back(y, where, x.shape[2:]), err_msg=f"{x.shape} {window}")


@in_numpy_and_compiled
@every_window
def test_avg_pool2d_is_the_mean_of_each_window(kernel):
    for window, x, y in poolings(kernel):
        _, stride, padding = window
        leaf = Tensor(x, requires_grad=True)
        out = avg_pool2d(leaf, kernel_size=kernel, stride=stride, padding=padding)
        count = kernel[0] * kernel[1]
        np.testing.assert_allclose(count * out.numpy(), add_up(x, window), **EXACTLY, err_msg=f"{x.shape} {window}")
        back = grad(out, leaf, count * y)
        np.testing.assert_allclose(back, hand_out(y, x.shape[2:], window), **EXACTLY, err_msg=f"{x.shape} {window}")


def test_an_unpool_without_a_size_takes_the_smallest():
    y, indices = np.array([[[[1.0, 2.0]]]]), np.array([[[[0, 4]]]])
    out = max_unpool2d(y, indices, kernel_size=2, stride=(2, 3))
    np.testing.assert_array_equal(out, [[[[1, 0, 0, 0, 2], [0, 0, 0, 0, 0]]]])


# ── blocks and threads ────────────────────────────────────────────────────────────────────────────────────────────────

BLOCKS = {  # PATCH_BYTES, PATCH_ROWS: a block holds as many patches as either allows
    "as shipped": (kernels.PATCH_BYTES, kernels.PATCH_ROWS),
    "a row of the maps in a block": (1, 1),
    "a few rows in a block": (1, 40),
    "a few images in a block": (1, 400),
    "everything in a block": (1 << 30, 1),
}


@every("stride", [(1, 1), (2, 1), (3, 2)])
@every("count", [1, 2])
@every("limits", BLOCKS.values(), ids=BLOCKS)
def test_blocks_change_no_result(limits, count, stride, monkeypatch, threads):
    monkeypatch.setattr(kernels, "PATCH_BYTES", limits[0])
    monkeypatch.setattr(kernels, "PATCH_ROWS", limits[1])
    threads(count)
    rng = np.random.default_rng(1)
    padding, dilation = (4, 5), (1, 2)  # some blocks lie in the border altogether
    x, w = whole(rng, 5, 3, 14, 11), whole(rng, 4, 3, 3, 2)
    maps = convolve(x, w, Geometry(stride, padding, dilation))
    y = whole(rng, *maps.shape)
    leaves = Tensor(x, requires_grad=True), Tensor(w, requires_grad=True)
    out = conv2d(*leaves, stride=stride, padding=padding, dilation=dilation)
    by_x, by_w = grad(out, leaves, y)
    np.testing.assert_allclose(out, maps, **EXACTLY)
    np.testing.assert_allclose(by_x, paint(y, w, x.shape[2:], Geometry(stride, padding, dilation)), **EXACTLY)
    np.testing.assert_allclose(by_w, collect(x, y, (3, 2), Geometry(stride, padding, dilation)), **EXACTLY)


def convolution_results(dtype, stride, of=np.asarray):
    """Values and gradients of a convolution of many blocks, from random data or from a function `of` them."""
    rng = np.random.default_rng(3)
    shapes = ((6, 24, 31, 27), (16, 24, 3, 3), (16,))
    leaves = [Tensor(of(rng.standard_normal(shape).astype(dtype)), requires_grad=True) for shape in shapes]
    out = conv2d(*leaves, stride=stride, padding=1)
    y = of(rng.standard_normal(out.shape).astype(dtype))
    return [out.numpy(), *(g.numpy() for g in grad(out, leaves, y))]


@in_numpy_and_compiled
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("stride", [1, 2])
def test_one_thread_and_two_agree_to_rounding(stride, dtype, threads):
    threads(1)
    alone = convolution_results(dtype, stride)
    threads(2)
    together = convolution_results(dtype, stride)
    sizes = convolution_results(np.float64, stride, np.abs)
    terms = [9 * 24 + 1, 9 * 16, together[0].size // 16, together[0].size // 16]
    for one, two, size, count in zip(alone, together, sizes, terms, strict=True):
        assert one.dtype == two.dtype == dtype
        # a sum of `count` products, however ordered, is within count·eps/2 of the true one times the sum of their sizes
        assert np.all(np.abs(one - two) <= count * np.finfo(dtype).eps * size)


@in_numpy_and_compiled
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2])
def test_the_same_number_of_threads_gives_the_same_bits(stride, count, threads):
    threads(count)
    first = convolution_results(np.float32, stride)
    for _ in range(3):
        for one, two in zip(first, convolution_results(np.float32, stride), strict=True):
            np.testing.assert_array_equal(one, two)


@in_numpy_and_compiled
def test_pooling_is_the_same_to_the_bit_for_any_number_of_threads(threads):
    rng = np.random.default_rng(4)
    x = Tensor(rng.standard_normal((5, 3, 13, 10)), requires_grad=True)

    def results():
        out, indices = max_pool2d(x, kernel_size=3, stride=2, padding=1, return_indices=True)
        mean = avg_pool2d(x, kernel_size=3, stride=2, padding=1)
        y = np.random.default_rng(5).standard_normal(out.shape)
        back = max_unpool2d(y, indices, kernel_size=3, stride=2, padding=1, output_size=(13, 10))
        return [out, indices, mean, grad(out, x, y), grad(mean, x, y), back]

    threads(1)
    alone = results()
    for count in (2, 3, 7):
        threads(count)
        for one, two in zip(alone, results(), strict=True):
            np.testing.assert_array_equal(one, two)


# ── edges ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@in_numpy_and_compiled
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("side", [5, 40])  # one block an image, and several
def test_a_batch_of_no_images_goes_through_a_convolution(stride, side):
    x = Tensor(np.zeros((0, 2, side, side)), requires_grad=True)
    w, b = Tensor(np.ones((3, 2, 3, 3)), requires_grad=True), Tensor(np.ones(3), requires_grad=True)
    out = conv2d(x, w, b, stride=stride, padding=1)
    assert out.shape == (0, 3, (side - 1) // stride + 1, (side - 1) // stride + 1)
    by_x, by_w, by_b = grad(out, [x, w, b], np.zeros(out.shape))
    assert by_x.shape == x.shape
    np.testing.assert_array_equal(by_w, np.zeros(w.shape))
    np.testing.assert_array_equal(by_b, np.zeros(3))
    y = Tensor(np.zeros((0, 3, side, side)), requires_grad=True)
    image = conv_transpose2d(y, w, stride=stride)
    assert image.shape == (0, 2, (side - 1) * stride + 3, (side - 1) * stride + 3)
    by_y, by_w = grad(image, [y, w], np.zeros(image.shape))
    assert by_y.shape == y.shape
    np.testing.assert_array_equal(by_w, np.zeros(w.shape))


@in_numpy_and_compiled
def test_a_batch_of_no_images_goes_through_a_pooling():
    x = Tensor(np.zeros((0, 2, 5, 4)), requires_grad=True)
    values, indices = max_pool2d(x, kernel_size=2, return_indices=True)
    assert values.shape == indices.shape == (0, 2, 2, 2)
    assert max_unpool2d(values, indices, kernel_size=2, output_size=(5, 4)).shape == (0, 2, 5, 4)
    mean = avg_pool2d(x, kernel_size=2)
    for out in (values, mean):
        assert grad(out, x, np.zeros(out.shape)).shape == x.shape


@in_numpy_and_compiled
def test_the_first_of_tied_maxima_wins_in_row_major_order():
    x = Tensor(np.array([[[[7.0, 7, 1, 2], [7, 0, 2, 2], [3, 5, 4, 4], [5, 5, 4, 4]]]]), requires_grad=True)
    values, indices = max_pool2d(x, kernel_size=2, return_indices=True)
    np.testing.assert_array_equal(values, [[[[7, 2], [5, 4]]]])
    np.testing.assert_array_equal(indices, [[[[0, 3], [9, 10]]]])
    want = [[[[10, 0, 0, 20], [0, 0, 0, 0], [0, 30, 40, 0], [0, 0, 0, 0]]]]
    y = np.array([[[[10.0, 20], [30, 40]]]])
    np.testing.assert_array_equal(grad(values, x, y), want)
    np.testing.assert_array_equal(max_unpool2d(y, indices, kernel_size=2), want)


@in_numpy_and_compiled
def test_overlapping_windows_add_up_where_they_share_a_maximum():
    x = Tensor(np.array([[[[0.0, 9.0, 0.0]]]]), requires_grad=True)
    values, indices = max_pool2d(x, kernel_size=(1, 2), stride=1, return_indices=True)
    y = np.array([[[[2.0, 3.0]]]])
    np.testing.assert_array_equal(grad(values, x, y), [[[[0, 5, 0]]]])
    np.testing.assert_array_equal(max_unpool2d(y, indices, kernel_size=(1, 2), stride=1), [[[[0, 5, 0]]]])


@in_numpy_and_compiled
def test_nan_counts_as_largest_and_its_place_is_remembered():
    plane = np.array([[1.0, np.nan, 5.0, 6.0], [2.0, 3.0, np.nan, np.nan]])
    x = Tensor(plane.reshape(1, 1, 2, 4), requires_grad=True)
    values, indices = max_pool2d(x, kernel_size=2, return_indices=True)
    assert np.isnan(values.numpy()).all()
    np.testing.assert_array_equal(indices, [[[[1, 6]]]])  # the first of several
    np.testing.assert_array_equal(grad(values, x, np.array([[[[2.0, 3.0]]]])), [[[[0, 2, 0, 0], [0, 0, 3, 0]]]])


@in_numpy_and_compiled
@pytest.mark.parametrize("stride", [1, 2], ids=["overlapping", "tiles"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_unpooled_value_that_is_not_finite_stays_at_its_place(value, stride):
    y = np.array([[[[value]]]])
    want = [[[[0, 0], [0, value]]]]
    np.testing.assert_array_equal(max_unpool2d(y, np.array([[[[3]]]]), kernel_size=2, stride=stride), want)


@in_numpy_and_compiled
def test_nan_outside_a_window_does_not_reach_it():
    x = np.array([[[[1.0, 2.0, np.nan], [4.0, 3.0, np.nan]]]])
    values, indices = max_pool2d(x, kernel_size=2, stride=1, return_indices=True)
    np.testing.assert_array_equal(values, [[[[4, np.nan]]]])
    assert indices[0, 0, 0, 0] == 3
    np.testing.assert_array_equal(avg_pool2d(x, kernel_size=2, stride=1), [[[[2.5, np.nan]]]])


@in_numpy_and_compiled
def test_a_window_of_minus_infinities_takes_its_first_pixel_inside_the_image():
    x = Tensor(np.full((1, 1, 2, 3), -np.inf), requires_grad=True)
    values, indices = max_pool2d(x, kernel_size=2, padding=1, return_indices=True)
    np.testing.assert_array_equal(values, np.full((1, 1, 2, 2), -np.inf))
    np.testing.assert_array_equal(indices, [[[[0, 1], [3, 4]]]])
    np.testing.assert_array_equal(grad(values, x, np.array([[[[1.0, 2], [3, 4]]]])), [[[[1, 2, 0], [3, 4, 0]]]])


@in_numpy_and_compiled
def test_infinity_is_the_largest_number():
    values, indices = max_pool2d(np.array([[[[1.0, np.inf, 2.0]]]]), kernel_size=(1, 3), return_indices=True)
    np.testing.assert_array_equal(values, [[[[np.inf]]]])
    np.testing.assert_array_equal(indices, [[[[1]]]])


@in_numpy_and_compiled
@pytest.mark.parametrize("kernel", [(16, 16), (17, 16), (257, 1), (257, 257)], ids=str)
def test_a_window_of_any_size_remembers_its_place(kernel):
    # a switch is one small integer: the place in the window must fit
    x = np.zeros((1, 1, *kernel))
    x[0, 0, -1, -1] = 1
    leaf = Tensor(x, requires_grad=True)
    values, indices = max_pool2d(leaf, kernel_size=kernel, return_indices=True)
    assert values.item() == 1
    assert indices.item() == x.size - 1
    np.testing.assert_array_equal(grad(values, leaf, np.array([[[[1.0]]]])), x)


@pytest.mark.parametrize("pool", [max_pool2d, avg_pool2d])
def test_a_pooling_refuses_windows_that_are_all_padding(pool):
    with pytest.raises(ValueError, match=r"padding \(2, 0\) must be smaller than kernel_size \(2, 3\)"):
        pool(np.ones((1, 1, 4, 4)), kernel_size=(2, 3), padding=(2, 0))


def test_an_unpool_refuses_indices_of_another_geometry():
    _, indices = max_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), kernel_size=2, return_indices=True)
    with pytest.raises(ValueError, match="outside"):
        max_unpool2d(np.ones((1, 1, 2, 2)), indices[..., ::-1], kernel_size=2)
