"""Every way to convolve, alone and as the public functions choose it, against the plain direct convolution."""

import direct
import numpy as np
import pytest
from cases import every
from conftest import needs_numba
from direct import allowance, assert_near, convolved, is_approximate, name_of, shapes
from internals import conv2d_relu
from rows import CONV_AXES, planes

import autograd_mini as ag
from autograd_mini import Tensor, grad
from autograd_mini.kernels import im2col
from autograd_mini.kernels.layout import Geometry, channels_first, channels_last

every_dtype = every("dtype", [np.float32, np.float64], ids=["float32", "float64"])


@pytest.fixture
def poisoned(monkeypatch, way):
    """What the way gets as memory with anything in it, is full of nan: whatever it does not write is seen."""
    for room in (im2col, way):
        if hasattr(room, "empty"):
            monkeypatch.setattr(room, "empty", lambda shape, dtype: np.full(shape, np.nan, dtype))


# ── called directly ───────────────────────────────────────────────────────────────────────────────────────────────────


@every_dtype
def test_the_shapes_hold_all_that_is_said_of_them(way, dtype):
    cases = list(shapes(way, dtype))
    sizes = [convolved(size, kernel, geometry) for _, _, size, kernel, geometry in cases]
    assert {size[0] for _, _, size, _, _ in cases} == set(range(1, 15))
    assert {geometry.padding[axis] for *_, geometry in cases for axis in (0, 1)} == set(range(-2, 5))
    assert any(p > k - 1 for *_, kernel, geometry in cases for p, k in zip(geometry.padding, kernel, strict=True))
    assert {n % 4 for size in sizes for n in size} == set(range(4))  # tiles and neighbours that are cut off
    assert len({channels for channels, *_ in cases}) >= 5
    assert len({columns for _, columns, *_ in cases}) >= 4


@every_dtype
def test_a_way_gives_what_the_direct_convolution_gives(way, dtype, poisoned):
    rng = np.random.default_rng(1)
    for i, (channels, columns, size, kernel, geometry) in enumerate(shapes(way, dtype)):
        x = rng.standard_normal((1 + i % 3, channels, *size)).astype(dtype)
        w = rng.standard_normal((columns, channels, *kernel)).astype(dtype)
        b = rng.standard_normal(columns).astype(dtype) if i % 2 else None
        then_relu = i % 4 >= 2
        out = convolved(size, kernel, geometry)
        want = direct.maps(x, w, b, out, geometry)
        want = np.maximum(want, 0) if then_relu else want
        got = way.correlate(channels_last(x), w, b, out, geometry, then_relu)
        assert got.dtype == dtype
        sizes = direct.maps(np.abs(x), np.abs(w), None if b is None else np.abs(b), out, geometry)
        tolerance = allowance(way, channels * kernel[0] * kernel[1] + 1, sizes, dtype)
        assert_near(channels_first(got), want, tolerance, f"{x.shape} {w.shape} {geometry} {then_relu}")


@every_dtype
def test_a_way_collects_the_filters_that_the_direct_convolution_collects(way, dtype, poisoned):
    rng = np.random.default_rng(2)
    for i, (channels, columns, size, kernel, geometry) in enumerate(shapes(way, dtype)):
        x = rng.standard_normal((1 + i % 3, channels, *size)).astype(dtype)
        y = rng.standard_normal((len(x), columns, *convolved(size, kernel, geometry))).astype(dtype)
        got = way.filters(channels_last(x), channels_last(y), kernel, geometry)
        assert got.dtype == dtype
        sizes = direct.filters(np.abs(x), np.abs(y), kernel, geometry)
        tolerance = allowance(way, y.size // columns, sizes, dtype)
        assert_near(got, direct.filters(x, y, kernel, geometry), tolerance, f"{x.shape} {y.shape} {geometry}")


@every_dtype
@every("padding", [(0, 0), (1, 1), (2, 0), (3, 4)], ids=str)
@every("channels", [8, 16, 40])
def test_a_way_and_its_adjoints_are_one_form(way, dtype, padding, channels):
    """⟨conv(x, w), y⟩ = ⟨x, convᵀ(y, w)⟩ = ⟨w, filters(x, y)⟩, each by this way."""
    rng = np.random.default_rng(channels)
    columns = 16  # toeplitz: two neighbours
    if name_of(way) == "toeplitz":
        channels = min(channels, 16)
    geometry = Geometry((1, 1), padding, (1, 1))
    size = (9, 14 if channels == 40 else 16)
    out = convolved(size, (3, 3), geometry)
    x = rng.standard_normal((2, channels, *size)).astype(dtype)
    w = rng.standard_normal((columns, channels, 3, 3)).astype(dtype)
    y = rng.standard_normal((2, columns, *out)).astype(dtype)
    flipped = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    image, grads = channels_last(x), channels_last(y)
    maps = channels_first(way.correlate(image, w, None, out, geometry))
    images = channels_first(way.correlate(grads, flipped, None, size, direct.border((3, 3), geometry)))
    filters = way.filters(image, grads, (3, 3), geometry)
    dot = lambda a, b: float(np.vdot(np.asarray(a, float), np.asarray(b, float)))
    sizes = direct.maps(np.abs(x), np.abs(w), None, out, geometry)
    terms = [9 * channels, 9 * columns, y.size // columns]
    # the sides are off by what every map, pixel and filter is off; float64's own inner products round as well
    bound = dot(sizes, np.abs(y)) * 3 * np.finfo(dtype).eps * (direct.WINOGRAD if is_approximate(way) else max(terms))
    assert abs(dot(maps, y) - dot(x, images)) <= bound
    assert abs(dot(maps, y) - dot(w, filters)) <= bound
    assert bound < 0.05 * dot(sizes, np.abs(y))


# ── as the public functions choose ────────────────────────────────────────────────────────────────────────────────────


def assert_public_faces(rng, channels, columns, size, kernel, geometry, dtype, exact):
    out = convolved(size, kernel, geometry)
    x = rng.standard_normal((2, channels, *size)).astype(dtype)
    w = rng.standard_normal((columns, channels, *kernel)).astype(dtype)
    b, y = rng.standard_normal(columns).astype(dtype), rng.standard_normal((2, columns, *out)).astype(dtype)
    named = geometry._asdict()
    way = im2col if exact else None
    message = f"{x.shape} {w.shape} {geometry}"

    def face(compute, given, terms):
        """What the direct convolution gives, and by how much it may be missed."""
        sizes = compute(*(np.abs(a) if isinstance(a, np.ndarray) else a for a in given), geometry)
        return compute(*given, geometry), allowance(way, terms, sizes, dtype)

    maps, of_maps = face(direct.maps, (x, w, b, out), channels * kernel[0] * kernel[1] + 1)
    images, of_images = face(direct.images, (y, w, size), columns * kernel[0] * kernel[1])
    filters, of_filters = face(direct.filters, (x, y, kernel), y.size // columns)
    leaves = [Tensor(a, requires_grad=True) for a in (x, w, b)]
    got = ag.conv2d(*leaves, **named)
    by_x, by_w, by_b = grad(got, leaves, y)
    assert got.dtype == by_x.dtype == by_w.dtype == by_b.dtype == dtype
    got, by_x, by_w, by_b = (a.numpy() for a in (got, by_x, by_w, by_b))
    assert_near(got, maps, of_maps, message)
    assert_near(by_x, images, of_images, message)
    assert_near(by_w, filters, of_filters, message)
    assert_near(by_b, y.sum(axis=(0, 2, 3), dtype=float), y.size * np.finfo(dtype).eps * np.abs(y).max(), message)
    assert_near(conv2d_relu(x, w, b, **named), np.maximum(maps, 0), of_maps, message)
    assert_near(ag.conv2d_filter(x, y, kernel_size=kernel, **named), filters, of_filters, message)
    left = [(n + 2 * p - d * (k - 1) - 1) % s for n, k, s, p, d in zip(size, kernel, *geometry, strict=True)]
    back = ag.conv_transpose2d(y, w, output_padding=tuple(left), **named)
    assert_near(back, images, of_images, message)


@every_dtype
@pytest.mark.parametrize("winograd", [True, False], ids=["winograd", "exact"])
@pytest.mark.parametrize("channels", direct.CHANNELS)
def test_the_faces_of_convolution_are_right_for_any_channels(kernels, channels, winograd, dtype):
    ag.set_winograd(winograd)
    rng = np.random.default_rng([channels, winograd, np.dtype(dtype).itemsize])
    for columns in direct.FILTERS:
        size, padding = tuple(map(int, rng.integers(1, 15, 2))), tuple(map(int, rng.integers(0, 5, 2)))
        geometry = Geometry((1, 1), padding, (1, 1))
        if min(convolved(size, (3, 3), geometry)) >= 1:
            assert_public_faces(rng, channels, columns, size, (3, 3), geometry, dtype, not winograd)


@every_dtype
def test_the_faces_of_convolution_are_right_for_any_geometry(kernels, dtype):
    rng = np.random.default_rng(7)
    for size, kernel, *geometry in planes(CONV_AXES, 3)[:: 1 if kernels == "compiled" else 4]:
        assert_public_faces(rng, 2, 8, size, kernel, Geometry(*geometry), dtype, True)


@pytest.mark.parametrize("winograd", [True, False])
def test_results_lie_channels_last_whatever_the_memory_of_the_arguments(kernels, winograd):
    ag.set_winograd(winograd)
    rng = np.random.default_rng(5)
    x, w = rng.standard_normal((2, 32, 9, 12)), rng.standard_normal((32, 32, 3, 3))
    want = ag.conv2d(x, w, padding=1)
    frozen = w.copy()
    frozen.flags.writeable = False
    arguments = {
        "channels-last": (channels_first(channels_last(x)), w),
        "reversed twice": (x[::-1].copy()[::-1], w[:, ::-1].copy()[:, ::-1]),
        "every other": (np.repeat(x, 2, axis=3)[..., ::2], np.repeat(w, 2, axis=0)[::2]),
        "transposed": (x.transpose(3, 1, 0, 2).copy().transpose(2, 1, 3, 0), w.T.copy().T),
        "not to be written to": (x, frozen),
        "in the other order of bytes": (x.astype(x.dtype.newbyteorder()), w),
    }
    for name, (image, filters) in arguments.items():
        got = ag.conv2d(image, filters, padding=1)
        assert got.strides[1] == got.itemsize, name
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12, err_msg=name)


@needs_numba
@every_dtype
@every("few", [0, 1 << 30], ids=["filters carried over at once", "some at a time"])
def test_filters_carried_over_at_once_or_some_at_a_time_are_the_same_convolution(dtype, few, monkeypatch):
    from autograd_mini.kernels.compiled import winograd

    monkeypatch.setattr(winograd, "FEW_TILES", few)
    rng = np.random.default_rng(9)
    for channels, columns, size in ((72, 136, (7, 7)), (64, 128, (1, 1)), (136, 144, (13, 14)), (512, 128, (3, 9))):
        x = rng.standard_normal((2, channels, *size)).astype(dtype)
        w = rng.standard_normal((columns, channels, 3, 3)).astype(dtype)
        y = rng.standard_normal((2, columns, *size)).astype(dtype)
        b = rng.standard_normal(columns).astype(dtype)
        one = Geometry((1, 1), (1, 1), (1, 1))
        turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
        image, grads = channels_last(x), channels_last(y)
        sizes = [
            direct.maps(np.abs(x), np.abs(w), np.abs(b), size, one),
            direct.filters(np.abs(x), np.abs(y), (3, 3), one),
        ]
        near = [allowance(winograd, 0, each, dtype) for each in sizes]
        got = winograd.correlate(image, w, b, size, one, True)
        assert_near(channels_first(got), np.maximum(direct.maps(x, w, b, size, one), 0), near[0], str(x.shape))
        got = winograd.correlate(grads, turned, None, size, one)
        back = direct.images(np.abs(y), np.abs(w), size, one)
        assert_near(
            channels_first(got), direct.images(y, w, size, one), allowance(winograd, 0, back, dtype), str(x.shape)
        )
        assert_near(
            winograd.filters(image, grads, (3, 3), one), direct.filters(x, y, (3, 3), one), near[1], str(x.shape)
        )


@needs_numba
@every_dtype
def test_weights_are_laid_out_wherever_they_lie_in_memory(dtype):
    from autograd_mini.kernels.compiled.products import even, in_panels, panel_width

    rng = np.random.default_rng(10)
    plain = rng.standard_normal((40, 24, 3, 3)).astype(dtype)
    narrow = rng.standard_normal((42, 5, 2, 3)).astype(dtype)
    overlapping = np.lib.stride_tricks.sliding_window_view(plain.reshape(-1), 9)[:48].reshape(16, 3, 3, 3)
    views = [plain, plain[..., ::-1, ::-1], plain[:, :, ::-1, ::-1].swapaxes(0, 1), plain.swapaxes(0, 1), plain[::-1]]
    views += [plain[..., ::-1], plain[::2, 1:], plain[:13], np.broadcast_to(plain[:1], plain.shape), narrow]
    packed = np.zeros(plain.shape, [("weight", dtype), ("mark", bool)])["weight"]  # no whole number of weights apart
    packed[...] = plain
    for w in (*views, plain.T.copy().T, overlapping, packed):
        wide, flat, start = even(len(w), w.itemsize), in_panels(w), 0
        want = np.zeros((wide, *w.shape[1:]), dtype)
        want[: len(w)] = w
        want = want.transpose(2, 3, 1, 0).reshape(-1, wide)
        while start < wide:
            panel = panel_width(wide - start, w.itemsize)
            got = flat[start * len(want) : (start + panel) * len(want)].reshape(-1, panel)
            np.testing.assert_array_equal(got, want[:, start : start + panel])
            start += panel
