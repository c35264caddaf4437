"""Pooling, in NumPy and compiled, for any number of channels, with ties, nan and infinities, beside a plain search."""

import numpy as np
import pytest
from cases import every
from rows import POOL_AXES, places, planes, pooled

import autograd_mini as ag
from autograd_mini import Tensor, grad
from autograd_mini.kernels import pool as kernels_of_pooling
from autograd_mini.kernels.layout import Window

every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])

CHANNELS = (1, 2, 3, 5, 7, 8, 13, 16, 17, 33)


def windows(size, window):
    """Each window's place among the maps, and the pixels it looks at: (i, j), switches, rows, columns."""
    for i, j in np.ndindex(*pooled((1, 1, *size), window)):
        seen = [(u * window.kernel_size[1] + v, row, column) for u, v, row, column in places(i, j, size, window)]
        yield (i, j), *map(np.array, zip(*seen, strict=True))


def chosen(x, window):
    """Maxima and switches: NumPy's argmax takes the first of the largest, and nan for the largest."""
    out = np.empty((*x.shape[:2], *pooled(x.shape, window)), x.dtype)
    switches = np.empty(out.shape, int)
    for (i, j), offsets, rows, columns in windows(x.shape[2:], window):
        seen = x[:, :, rows, columns]
        best = seen.argmax(axis=-1)
        switches[:, :, i, j] = offsets[best]
        out[:, :, i, j] = np.take_along_axis(seen, best[..., None], -1)[..., 0]
    return out, switches


def spread_out(y, switches, size, window):
    out = np.zeros((*y.shape[:2], *size))
    for (i, j), offsets, rows, columns in windows(size, window):
        for offset, row, column in zip(offsets, rows, columns, strict=True):
            out[:, :, row, column] += np.where(switches[:, :, i, j] == offset, y[:, :, i, j], 0)
    return out


def summed(x, window):
    out = np.empty((*x.shape[:2], *pooled(x.shape, window)))
    for (i, j), _, rows, columns in windows(x.shape[2:], window):
        out[:, :, i, j] = x[:, :, rows, columns].sum(axis=-1, dtype=float)
    return out


def assert_pooled(x, window, rng):
    """By the kernels as by the search: maxima, switches, gathered by them, and put back."""
    (want, where), message = chosen(x, window), f"{x.shape} {window}"
    values, switches = kernels_of_pooling.max_pool2d(x, window)
    y = rng.integers(-9, 9, want.shape).astype(x.dtype)
    back = kernels_of_pooling.unpool(y, switches, x.shape[2:], window)
    assert values.dtype == back.dtype == x.dtype
    assert switches.dtype == np.min_scalar_type(np.prod(window.kernel_size) - 1)
    np.testing.assert_array_equal(values, want, err_msg=message)
    np.testing.assert_array_equal(switches, where, err_msg=message)
    np.testing.assert_array_equal(kernels_of_pooling.pool(x, switches, window), want, err_msg=message)
    np.testing.assert_array_equal(back, spread_out(y, where, x.shape[2:], window), err_msg=message)


KINDS = {
    "any numbers": lambda rng, shape: rng.integers(-99, 99, shape),
    "many ties": lambda rng, shape: rng.integers(-2, 0, shape),
    "all the same": lambda rng, shape: np.full(shape, -3),
    "zeros of either sign": lambda rng, shape: rng.choice([0.0, -0.0], shape),
    "nan here and there": lambda rng, shape: rng.choice([np.nan, -1, 2, 2], shape, p=[0.1, 0.3, 0.3, 0.3]),
    "minus infinity": lambda rng, shape: rng.choice([-np.inf, -5], shape, p=[0.8, 0.2]),
    "all of it": lambda rng, shape: rng.choice([np.nan, -np.inf, np.inf, 0, 1], shape, p=[0.1, 0.4, 0.1, 0.2, 0.2]),
}


@every_dtype
@every("kind", KINDS)
def test_pooling_chooses_gathers_and_puts_back(kernels, kind, dtype):
    rng = np.random.default_rng(1)
    for i, (size, *rest) in enumerate(planes(POOL_AXES, 5)[::3]):
        x = KINDS[kind](rng, (1 + i % 3, CHANNELS[i % len(CHANNELS)], *size)).astype(dtype)
        assert_pooled(x, Window(*rest), rng)


@every_dtype
def test_gathering_is_from_where_the_switches_say_not_from_the_maxima(kernels, dtype):
    rng = np.random.default_rng(2)
    window = Window((3, 2), (2, 2), (1, 0))
    x, other = (rng.standard_normal((2, 7, 9, 8)).astype(dtype) for _ in range(2))
    _, switches = kernels_of_pooling.max_pool2d(other, window)
    want = np.empty(switches.shape, dtype)
    for (i, j), offsets, rows, columns in windows((9, 8), window):
        at = np.argmax(switches[:, :, i, j, None] == offsets, axis=-1)
        want[:, :, i, j] = np.take_along_axis(x[:, :, rows, columns], at[..., None], -1)[..., 0]
    np.testing.assert_array_equal(kernels_of_pooling.pool(x, switches, window), want)


@every_dtype
@every("stride", [1, 2, 3], ids=["overlapping", "tiles", "apart"])
@every("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_put_back_at_its_place_alone(kernels, value, stride, dtype):
    window = Window((2, 2), (stride, stride), (0, 0))
    x = np.random.default_rng(3).standard_normal((2, 5, 7, 8)).astype(dtype)
    _, switches = kernels_of_pooling.max_pool2d(x, window)
    y = np.ones(switches.shape, dtype)
    want = spread_out(y, switches, (7, 8), window)
    y[1, 3, 1, 1] = value
    u, v = divmod(int(switches[1, 3, 1, 1]), 2)
    want[1, 3, stride + u, stride + v] += value
    np.testing.assert_array_equal(kernels_of_pooling.unpool(y, switches, (7, 8), window), want)


@pytest.mark.parametrize(
    ("kernel", "kind"), [((16, 16), np.uint8), ((16, 17), np.uint16), ((257, 1), np.uint16), ((1, 300), np.uint16)]
)
def test_a_switch_of_a_large_window_holds_any_place_of_it(kernels, kernel, kind):
    rng = np.random.default_rng(4)
    size, window = (kernel[0] + 3, kernel[1] + 4), Window(kernel, (2, 3), (kernel[0] // 2, kernel[1] // 3))
    x = rng.permutation(2 * 3 * size[0] * size[1]).reshape(2, 3, *size).astype(np.float32)
    assert kernels_of_pooling.max_pool2d(x, window)[1].dtype == kind
    assert_pooled(x, window, rng)


@every_dtype
def test_means_and_their_adjoint_are_right_for_any_channels(kernels, dtype):
    rng = np.random.default_rng(5)
    for i, (size, *rest) in enumerate(planes(POOL_AXES, 6)[::4]):
        window = Window(*rest)
        x = rng.integers(-9, 9, (2, CHANNELS[i % len(CHANNELS)], *size)).astype(dtype)
        leaf, count = Tensor(x, requires_grad=True), np.prod(window.kernel_size)
        named = window._asdict()
        out = ag.avg_pool2d(leaf, **named)
        assert out.dtype == dtype
        tolerance = {"rtol": 0, "atol": 20 * np.finfo(dtype).eps, "err_msg": f"{x.shape} {window}"}
        np.testing.assert_allclose(out, summed(x, window) / count, **tolerance)
        y = rng.integers(-9, 9, out.shape).astype(dtype)
        want = np.zeros(x.shape)
        for (i_, j), _, rows, columns in windows(size, window):
            want[:, :, rows, columns] += y[:, :, i_, j, None] / count
        np.testing.assert_allclose(
            grad(out, leaf, y), want, rtol=0, atol=200 * np.finfo(dtype).eps, err_msg=f"{x.shape} {window}"
        )


@pytest.mark.parametrize("dtype", [np.float16, np.int32, bool])
def test_other_kinds_of_numbers_are_pooled_too(kernels, dtype):
    x = np.random.default_rng(6).integers(0, 2 if dtype is bool else 50, (2, 5, 6, 8)).astype(dtype)
    window = Window((3, 2), (2, 2), (1, 0))
    leaf = Tensor(x.astype(np.float16), requires_grad=True)
    out, indices = ag.max_pool2d(x, **window._asdict(), return_indices=True)
    want, where = chosen(x, window)
    np.testing.assert_array_equal(out, want)
    assert out.dtype == (np.float16 if dtype == np.float16 else np.float64)
    np.testing.assert_array_equal(indices, ag.max_pool2d(leaf, **window._asdict(), return_indices=True)[1])
    y = np.ones(want.shape, np.float16)
    back = grad(ag.max_pool2d(leaf, **window._asdict()), leaf, y)
    assert back.dtype == np.float16
    np.testing.assert_array_equal(back, spread_out(y, where, (6, 8), window))


@pytest.mark.parametrize("size", [(224, 224), (56, 57), (9, 300)])
def test_large_maps_are_pooled_as_small_ones(kernels, size):
    """Several strips, several threads; and with memory that lies otherwise."""
    rng = np.random.default_rng(7)
    x = rng.integers(-99, 99, (4, 8, *size)).astype(np.float32)
    want = x[:, :, : size[0] // 2 * 2, : size[1] // 2 * 2]
    want = want.reshape(4, 8, size[0] // 2, 2, size[1] // 2, 2).max(axis=(3, 5))
    for image in (
        x,
        x.transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2),
        np.repeat(x, 2, axis=3)[..., ::2],
        x.T.copy().T,
    ):
        leaf = Tensor(image, requires_grad=True)
        out = ag.max_pool2d(leaf, kernel_size=2)
        np.testing.assert_array_equal(out, want)
        assert out.numpy().strides[1] == 4
        back = grad(out, leaf, np.ones(out.shape, np.float32)).numpy()
        assert back.sum() == out.size
        np.testing.assert_array_equal((back * x).sum(axis=(2, 3)), want.sum(axis=(2, 3)))
