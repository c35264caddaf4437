"""Which way a convolution is computed, how exact each is, and what becomes of nan, infinity, nothing and too much."""

import sys
import time
from itertools import product

import direct
import numpy as np
import pytest
from cases import every
from conftest import NUMBA, WAYS, needs_numba
from direct import allowance, assert_near, is_approximate, name_of
from internals import conv2d_relu, linear_relu

import autograd_mini as ag
from autograd_mini import PRIMITIVES, Tensor, grad
from autograd_mini.kernels import buffers, conv
from autograd_mini.kernels.layout import Geometry, channels_first, channels_last
from autograd_mini.kernels.outliers import is_even

ONE = Geometry((1, 1), (1, 1), (1, 1))

# ── the choice ────────────────────────────────────────────────────────────────────────────────────────────────────────

IM2COL, TOEPLITZ, WINOGRAD = "im2col", "toeplitz", "winograd"
DIRECT, FAST = "compiled.direct", "compiled.winograd"

# channels, columns, kernel, width of the maps, stride, dilation, dtype: the way in NumPy, compiled; without Winograd
CHOICES = [
    (3, 64, (3, 3), 224, (1, 1), (1, 1), np.float32, IM2COL, DIRECT, IM2COL, DIRECT),
    (64, 64, (3, 3), 56, (1, 1), (1, 1), np.float32, WINOGRAD, FAST, IM2COL, DIRECT),
    (64, 64, (3, 3), 56, (1, 1), (1, 1), np.float64, WINOGRAD, FAST, IM2COL, DIRECT),
    (512, 512, (3, 3), 7, (1, 1), (1, 1), np.float32, WINOGRAD, FAST, IM2COL, DIRECT),
    (16, 16, (3, 3), 112, (1, 1), (1, 1), np.float32, WINOGRAD, FAST, TOEPLITZ, DIRECT),
    (8, 8, (3, 3), 224, (1, 1), (1, 1), np.float32, TOEPLITZ, DIRECT, TOEPLITZ, DIRECT),
    (8, 8, (3, 3), 222, (1, 1), (1, 1), np.float32, IM2COL, DIRECT, IM2COL, DIRECT),  # 222 is no multiple of 4
    (12, 12, (3, 3), 8, (1, 1), (1, 1), np.float64, TOEPLITZ, DIRECT, TOEPLITZ, DIRECT),
    (12, 12, (3, 3), 9, (1, 1), (1, 1), np.float32, IM2COL, DIRECT, IM2COL, DIRECT),
    (20, 32, (3, 3), 9, (1, 1), (1, 1), np.float32, WINOGRAD, DIRECT, IM2COL, DIRECT),  # 20 are no whole vectors
    (64, 100, (3, 3), 14, (1, 1), (1, 1), np.float32, WINOGRAD, DIRECT, IM2COL, DIRECT),
    (64, 100, (3, 3), 14, (1, 1), (1, 1), np.float64, WINOGRAD, FAST, IM2COL, DIRECT),
    (64, 64, (3, 3), 28, (2, 2), (1, 1), np.float32, IM2COL, DIRECT, IM2COL, DIRECT),
    (64, 64, (3, 3), 28, (1, 2), (1, 1), np.float32, IM2COL, DIRECT, IM2COL, DIRECT),
    (8, 8, (3, 3), 28, (2, 1), (1, 1), np.float32, TOEPLITZ, DIRECT, TOEPLITZ, DIRECT),  # rows are as near as before
    (64, 64, (3, 3), 28, (1, 1), (2, 2), np.float32, IM2COL, DIRECT, IM2COL, DIRECT),
    (64, 64, (3, 3), 28, (1, 1), (1, 2), np.float32, IM2COL, DIRECT, IM2COL, DIRECT),
    (64, 64, (1, 1), 28, (1, 1), (1, 1), np.float32, IM2COL, DIRECT, IM2COL, DIRECT),
    (64, 64, (3, 1), 28, (1, 1), (1, 1), np.float32, IM2COL, DIRECT, IM2COL, DIRECT),
    (64, 64, (5, 5), 28, (1, 1), (1, 1), np.float32, IM2COL, DIRECT, IM2COL, DIRECT),
    (3, 1, (3, 3), 32, (1, 1), (1, 1), np.float32, TOEPLITZ, DIRECT, TOEPLITZ, DIRECT),
    (8, 8, (3, 3), 28, (1, 1), (1, 1), np.float16, TOEPLITZ, TOEPLITZ, TOEPLITZ, TOEPLITZ),
]


@every("winograd", [True, False], ids=["winograd", "exact"])
@every("case", CHOICES, ids=lambda case: "-".join(map(str, (*case[:6], case[6].__name__))))
def test_the_way_is_the_one_that_is_fastest_for_such_shapes(case, kernels, winograd):
    channels, columns, kernel, width, stride, dilation, dtype, *expected = case
    ag.set_winograd(winograd)
    geometry = Geometry(stride, (1, 1), dilation)
    chosen = conv.way(channels, columns, kernel, width, geometry, np.dtype(dtype))
    assert name_of(chosen) == expected[(kernels == "compiled") + 2 * (not winograd)]


def test_winograd_is_never_taken_once_it_is_switched_off(kernels):
    ag.set_winograd(False)
    dtypes = (np.float16, np.float32, np.float64)
    for channels, columns, dtype in product((1, 3, 16, 32, 64, 512), (1, 8, 16, 32, 64, 512), dtypes):
        chosen = conv.way(channels, columns, (3, 3), 16, ONE, np.dtype(dtype))
        assert not is_approximate(chosen)
        assert not name_of(chosen).startswith("compiled") or (kernels == "compiled" and dtype != np.float16)


def test_each_face_goes_the_way_that_was_chosen(kernels, monkeypatch):
    """What is chosen is what runs, with the channels that this face has."""
    asked = []
    really = conv.way
    monkeypatch.setattr(conv, "way", lambda *shape: asked.append((shape, really(*shape))) or asked[-1][1])
    x, w = Tensor(np.ones((1, 16, 8, 12)), requires_grad=True), Tensor(np.ones((32, 16, 3, 3)), requires_grad=True)
    out = ag.conv2d(x, w, padding=1)
    grad(out, [x, w], np.ones(out.shape))
    faces = sorted((channels, columns, kernel, width) for (channels, columns, kernel, width, *_), _ in asked)
    assert faces == [(16, 32, (3, 3), 12), (16, 32, (3, 3), 12), (32, 16, (3, 3), 12)]
    assert {name_of(way) for _, way in asked} == {FAST if kernels == "compiled" else WINOGRAD}


def test_a_loop_that_is_chosen_runs(kernels, monkeypatch):
    """The switch is no mere word: with it, and only with it, the compiled rooms are entered."""
    entered = []
    if NUMBA:
        from autograd_mini.kernels.compiled import direct as loops

        correlate = loops.correlate
        monkeypatch.setattr(loops, "correlate", lambda *a: entered.append(1) or correlate(*a))
    ag.conv2d(np.ones((1, 3, 8, 8)), np.ones((8, 3, 3, 3)))
    assert bool(entered) == (kernels == "compiled")


@every("dtype", [np.int8, np.int64, np.uint8, bool])
@every("channels", [3, 8, 16, 32])
def test_integers_are_taken_for_real_numbers(kernels, channels, dtype):
    rng = np.random.default_rng(channels)
    x = rng.integers(0, 5, (2, channels, 8, 8)).astype(dtype)
    w = rng.integers(0, 5, (channels, channels, 3, 3)).astype(dtype)
    out = ag.conv2d(x, w, padding=1)
    assert out.dtype == np.float64
    np.testing.assert_allclose(out, direct.maps(x, w, None, (8, 8), ONE), rtol=1e-12)
    assert ag.conv2d(x, w.astype(np.float32), padding=1).dtype == np.float32


@every("dtype", [np.int64, np.int32])
@every("channels", [3, 16, 32])
def test_the_primitive_itself_is_exact_on_integers(kernels, channels, dtype):
    rng = np.random.default_rng(channels)
    x, w = rng.integers(-9, 9, (1, channels, 8, 8)), rng.integers(-9, 9, (channels, channels, 3, 3))
    out = PRIMITIVES["conv2d"].bind(x.astype(dtype), w.astype(dtype), None, geometry=ONE)
    np.testing.assert_array_equal(out, direct.maps(x, w, None, (8, 8), ONE))


@pytest.mark.parametrize("channels", [3, 8, 16, 32, 64])
def test_half_precision_stays_half_and_right_up_to_its_largest_number(kernels, channels):
    rng = np.random.default_rng(channels)
    x, w = (rng.standard_normal(s).astype(np.float16) for s in ((2, channels, 8, 8), (channels, channels, 3, 3)))
    leaves = [Tensor(a, requires_grad=True) for a in (x, w)]
    out = ag.conv2d(*leaves, padding=1)
    y = rng.standard_normal(out.shape).astype(np.float16)
    by_x, by_w = grad(out, leaves, y)
    for got, face, given, terms in (
        (out, direct.maps, (x, w, None, (8, 8), ONE), 9 * channels),
        (by_x, direct.images, (y, w, (8, 8), ONE), 9 * channels),
        (by_w, direct.filters, (x, y, (3, 3), ONE), 2 * 64),
    ):
        assert got.dtype == np.float16
        sizes = face(*(np.abs(a) if isinstance(a, np.ndarray) else a for a in given))
        # added up in single precision and rounded at the end, or with a little luck in half
        assert_near(got.numpy(), face(*given), np.sqrt(terms) * np.finfo(np.float16).eps * sizes)
    large, w = np.full_like(x, 3000), np.zeros_like(w)
    w[:, :, 1, 1] = np.eye(channels)
    np.testing.assert_array_equal(ag.conv2d(large, w, padding=1), large)


# ── how exact ─────────────────────────────────────────────────────────────────────────────────────────────────────────

# channels, columns; the face, and the same by the direct convolution
FACES = {
    "forward": (512, 64, lambda x, w, y: ag.conv2d(x, w, padding=1),
                lambda x, w, y, size: direct.maps(x, w, None, size, ONE)),
    "input gradient": (64, 512, lambda x, w, y: ag.conv_transpose2d(y, w, padding=1),
                       lambda x, w, y, size: direct.images(y, w, size, ONE)),
    "weight gradient": (256, 512, lambda x, w, y: ag.conv2d_filter(x, y, kernel_size=3, padding=1),
                        lambda x, w, y, size: direct.filters(x, y, (3, 3), ONE)),
}  # fmt: skip


@pytest.mark.parametrize("positive", [False, True], ids=["signs", "positive"])
@pytest.mark.parametrize("face", FACES)
def test_winograd_is_wrong_by_less_than_forty_millionths_of_the_largest_result(kernels, face, positive):
    channels, columns, compute, directly = FACES[face]
    rng = np.random.default_rng(3)
    size = (10, 14)  # with tiles that are cut off
    x, y = (rng.standard_normal((2, n, *size)).astype(np.float32) for n in (channels, columns))
    w = (rng.standard_normal((columns, channels, 3, 3)) * np.sqrt(2 / (9 * channels))).astype(np.float32)
    if positive:  # as after a ReLU; then nothing cancels, and the largest result is large
        x, y = np.abs(x), np.abs(y)
    pair = (columns, channels) if face == "input gradient" else (channels, columns)
    assert is_approximate(conv.way(*pair, (3, 3), 14, ONE, np.dtype(np.float32)))
    want = directly(x, w, y, size)
    for winograd, most in ((True, 4e-5), (False, 3e-6)):
        ag.set_winograd(winograd)
        assert np.abs(compute(x, w, y) - want).max() / np.abs(want).max() < most


# ── nan and infinity ──────────────────────────────────────────────────────────────────────────────────────────────────

# NumPy says so when infinities meet
quietly = pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
every_value = pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])


def spoilt_by(way, size, pixel):
    """Which pixels of the maps (3×3, padding 1) may not be what they would be without that pixel of the image."""
    rows, columns = np.ogrid[: size[0], : size[1]]
    near = (abs(rows - pixel[0]) <= 1) & (abs(columns - pixel[1]) <= 1)
    if not is_approximate(way):
        return near, near
    sees = lambda at, pixel: (at // 4 * 4 - 1 <= pixel) & (pixel < at // 4 * 4 + 5)
    return near, sees(rows, pixel[0]) & sees(columns, pixel[1])


@quietly
@every_value
@pytest.mark.parametrize("way", [way for way in WAYS if way != TOEPLITZ], indirect=True)  # see its first lines
@every("then_relu", [False, True], ids=["linear", "rectified"])
def test_a_pixel_that_is_no_number_spoils_what_it_reaches_and_nothing_else(way, value, then_relu):
    rng = np.random.default_rng(4)
    size = (11, 16)
    w = rng.standard_normal((16, 16, 3, 3)).astype(np.float32)
    image = rng.standard_normal((2, 16, *size)).astype(np.float32)
    clean = channels_first(way.correlate(channels_last(image), w, None, size, ONE, then_relu))
    for pixel in ((5, 6), (0, 0), (10, 15), (3, 4), (4, 3), (8, 11)):
        spoilt = image.copy()
        spoilt[1, 3][pixel] = value
        got = channels_first(way.correlate(channels_last(spoilt), w, None, size, ONE, then_relu))
        must, may = spoilt_by(way, size, pixel)
        np.testing.assert_array_equal(got[0], clean[0])
        np.testing.assert_array_equal(got[1][:, ~may], clean[1][:, ~may])
        want = direct.maps(spoilt, w, None, size, ONE)[1]
        assert not np.isfinite(want[:, must]).any()
        if then_relu:
            want = np.maximum(want, 0)  # -inf becomes 0, nan stays
        hidden = ~np.isfinite(want) & np.isfinite(got[1])
        assert not hidden.any(), f"{pixel}: {hidden.sum()} results hide what is wrong"
        if not is_approximate(way):
            np.testing.assert_array_equal(np.isnan(got[1]), np.isnan(want))
            np.testing.assert_array_equal(np.isposinf(got[1]), np.isposinf(want))


@quietly
@every_value
def test_a_filter_sees_every_value_that_is_no_number(way, value):
    rng = np.random.default_rng(5)
    x, y = (rng.standard_normal((2, 11, 16, 16)).astype(np.float32) for _ in range(2))
    for place in ((1, 5, 6, 3), (0, 0, 0, 0), (1, 10, 15, 8)):
        for which in (0, 1):
            given = [x.copy(), y.copy()]
            given[which][place] = value
            got = way.filters(*given, (3, 3), ONE)
            want = direct.filters(*(channels_first(a) for a in given), (3, 3), ONE)
            affected = np.take(got, place[3], 1 - which)
            assert not np.isfinite(affected[~np.isfinite(np.take(want, place[3], 1 - which))]).any()
            others = np.delete(got, place[3], 1 - which)
            np.testing.assert_array_equal(others, np.delete(way.filters(x, y, (3, 3), ONE), place[3], 1 - which))


@quietly
@every("dtype", [np.float32, np.float64])
@every("value", [-9999.0, 1e7, 1e20, np.inf, np.nan])
def test_a_pixel_far_larger_than_the_others_leaves_alone_what_does_not_see_it(kernels, value, dtype):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1, 32, 12, 12)).astype(dtype)
    w = (rng.standard_normal((32, 32, 3, 3)) / 17).astype(dtype)
    x[0, 0, 5, 5] = value
    far = np.ones((12, 12), bool)
    far[4:7, 4:7] = False
    want = direct.maps(x, w, None, (12, 12), ONE)
    for got in (ag.conv2d(x, w, padding=1), ag.conv2d(x, w, padding=((1, 1), (1, 2)))[..., :12]):
        assert np.abs(got - want)[:, :, far].max() < 300 * np.finfo(dtype).eps


@every("channels", [16, 32])
def test_results_near_the_largest_number_are_finite_where_the_plain_sum_is(kernels, channels):
    x, w = np.full((1, channels, 9, 9), 3e36, np.float32), np.full((32, channels, 3, 3), 1e-2, np.float32)
    assert np.isfinite(ag.conv2d(x, w, padding=1)).all()


@every("scale", [1e-30, 1.0, 1e25])
def test_numbers_of_like_sizes_may_be_mixed_and_others_not(kernels, scale):
    rng = np.random.default_rng(1)
    x = np.maximum(rng.standard_normal((2, 9, 9, 16)) * scale, 0).astype(np.float32)
    assert is_even(x)
    assert is_even(np.zeros_like(x))
    assert is_even(x[:0])
    x[1, 3, 3, 3] = 2000 * scale
    assert is_even(x)
    for value in (-20000 * scale, np.nan, -np.inf):
        x[1, 3, 3, 3] = value
        assert not is_even(x)


@quietly
@every_value
@every("channels", [3, 16, 32])
def test_no_gradient_hides_what_is_no_number(kernels, channels, value):
    rng = np.random.default_rng(6)
    x = Tensor(rng.standard_normal((1, channels, 9, 9)), requires_grad=True)
    w = Tensor(rng.standard_normal((32, channels, 3, 3)), requires_grad=True)
    y = rng.standard_normal((1, 32, 9, 9))
    y[0, 5, 4, 4] = value
    by_x, by_w = grad(ag.conv2d(x, w, padding=1), [x, w], y)
    assert not np.isfinite(by_x.numpy()[:, :, 3:6, 3:6]).any()
    assert not np.isfinite(by_w.numpy()[5]).any()
    assert np.isfinite(np.delete(by_w.numpy(), 5, 0)).all()


# ── nothing at all ────────────────────────────────────────────────────────────────────────────────────────────────────


@every("dtype", [np.float32, np.float64])
@every(
    ("channels", "columns", "stride"),
    [(3, 8, 1), (8, 8, 1), (8, 8, 2), (2, 3, 1), (2, 3, 2), (16, 16, 1), (40, 32, 1)],
    ids=str,
)
def test_a_batch_of_none_goes_every_way(kernels, channels, columns, stride, dtype):
    x = Tensor(np.zeros((0, channels, 8, 9), dtype), requires_grad=True)
    w = Tensor(np.ones((columns, channels, 3, 3), dtype), requires_grad=True)
    b = Tensor(np.ones(columns, dtype), requires_grad=True)
    size = (8, 9) if stride == 1 else (4, 5)
    for conv2d in (ag.conv2d, conv2d_relu):
        out = conv2d(x, w, b, stride=stride, padding=1)
        assert out.shape == (0, columns, *size)
        by = grad(out, [x, w, b], np.zeros(out.shape, dtype))
        assert [g.shape for g in by] == [x.shape, w.shape, b.shape]
        assert not any(g.numpy().any() for g in by)
        assert {a.dtype for a in (out, *by)} == {np.dtype(dtype)}
    back = ag.conv_transpose2d(np.zeros((0, columns, 8, 9), dtype), w.numpy(), stride=stride)
    assert back.shape == (0, channels, 7 * stride + 3, 8 * stride + 3)
    assert back.dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_batch_of_none_goes_through_what_is_between(kernels, dtype):
    x = Tensor(np.zeros((0, 8, 6, 6), dtype), requires_grad=True)
    values, indices = ag.max_pool2d(ag.relu(x), kernel_size=2, return_indices=True)
    assert values.shape == indices.shape == (0, 8, 3, 3)
    flat = ag.dropout(ag.flatten(values, 1), 0.5, rng=np.random.default_rng(0))
    w, b = Tensor(np.ones((5, 72), dtype), requires_grad=True), Tensor(np.ones(5, dtype), requires_grad=True)
    for linear in (ag.linear, linear_relu):
        out = linear(flat, w, b)
        assert out.shape == (0, 5)
        by = grad(out, [x, w, b], np.zeros((0, 5), dtype), retain_graph=True)
        assert [g.shape for g in by] == [x.shape, w.shape, b.shape]
        assert {a.dtype for a in (values, out, *by)} == {np.dtype(dtype)}
        assert not by[1].numpy().any()
    assert ag.max_unpool2d(values, indices, kernel_size=2).shape == (0, 8, 6, 6)
    assert ag.avg_pool2d(x, kernel_size=3, stride=1, padding=1).shape == x.shape


# ── more than there is ────────────────────────────────────────────────────────────────────────────────────────────────

MANY = 10**12  # images that do not fit into what an address can tell, so that no system promises the memory


def image(channels):
    return np.ones((1, channels, 4, 4), np.float32)


def filters(channels, columns):
    return np.ones((columns, channels, 3, 3), np.float32)


def images(channels):
    return np.broadcast_to(image(channels), (MANY, channels, 4, 4))


TOO_MUCH = {
    "conv2d with a border": lambda: ag.conv2d(image(3), filters(3, 8), padding=10**6),
    "conv2d with a border, odd": lambda: ag.conv2d(image(3), filters(3, 5), padding=10**6),
    "conv2d with a border, Winograd": lambda: ag.conv2d(image(32), filters(32, 32), padding=10**6),
    "conv2d of a wide filter": lambda: ag.conv2d(image(8), filters(8, 8), padding=10**7, dilation=10**7 - 9),
    "conv2d of many images": lambda: ag.conv2d(images(16), filters(16, 16)),
    "conv2d of many images, few channels": lambda: ag.conv2d(images(3), filters(3, 8)),
    "conv_transpose2d with large strides": lambda: ag.conv_transpose2d(image(8), filters(3, 8), stride=10**6),
    "conv_transpose2d of many maps": lambda: ag.conv_transpose2d(images(16), filters(16, 16)),
    "max_pool2d of many images": lambda: ag.max_pool2d(images(3), kernel_size=2),
    "avg_pool2d of many images": lambda: ag.avg_pool2d(images(3), kernel_size=2),
    "relu of many images": lambda: ag.relu(images(3)),
}


def most_memory():
    """How many bytes this process held at its fullest moment."""
    resource = pytest.importorskip("resource", reason="this system does not tell how much memory was used")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1 << 10)


@every("name", TOO_MUCH)
def test_what_does_not_fit_into_memory_is_refused_at_once(kernels, name):
    if kernels == "compiled":
        ag.conv2d(image(3), filters(3, 8))  # compiled, or fetched from the disk, before the clock runs
    before = most_memory()
    start = time.process_time()
    with pytest.raises(MemoryError, match=r"shape .*(bytes|iB)|(bytes|iB).* shape") as caught:
        TOO_MUCH[name]()
    assert str(caught.value).startswith(f"{name.split()[0]}: (")
    assert time.process_time() - start < 2  # of this process alone, however busy the machine is
    assert most_memory() < before + (64 << 20)


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: ag.conv2d(x, filters(16, 16), padding=1),
        lambda x: ag.conv_transpose2d(x, filters(16, 16), padding=1),
        lambda x: ag.max_pool2d(x, kernel_size=2),
        lambda x: ag.avg_pool2d(x, kernel_size=2),
        lambda x: ag.relu(x),
    ],
    ids=["conv2d", "conv_transpose2d", "max_pool2d", "avg_pool2d", "relu"],
)
def test_a_little_more_than_this_machine_has_is_refused_before_it_is_touched(kernels, compute, monkeypatch):
    """A system may promise memory that it does not have, and end the process that uses it."""
    monkeypatch.setattr(buffers, "_physical_memory", lambda: 1 << 24)
    with pytest.raises(MemoryError, match=r"needs 33,554,432 bytes \(0\.0 GiB\); this machine has 0\.0 GiB"):
        compute(np.broadcast_to(image(16), (1 << 15, 16, 4, 4)))


@pytest.mark.parametrize("channels", [3, 32])
def test_a_wide_border_is_no_more_work_than_its_results(kernels, channels):
    out = ag.conv2d(image(channels), filters(channels, 8), stride=10**6, padding=10**6)
    assert out.shape == (1, 8, 3, 3)
    want = np.zeros((3, 3))
    want[1, 1] = 9 * channels
    np.testing.assert_array_equal(out[0], np.broadcast_to(want, (8, 3, 3)))


@needs_numba
def test_how_an_image_is_cut_into_strips_changes_no_bit():
    from autograd_mini.kernels.compiled import direct as loops

    rng = np.random.default_rng(8)
    x = rng.standard_normal((1, 12, 3000, 8)).astype(np.float32)  # of a row this wide, a strip holds only one
    w = rng.standard_normal((8, 8, 3, 3)).astype(np.float32)
    whole = loops.correlate(x, w, None, (12, 3000), ONE)
    part = loops.correlate(np.ascontiguousarray(x[:, :, :50]), w, None, (12, 50), ONE)
    np.testing.assert_array_equal(whole[:, :, :49], part[:, :, :49])
    sizes = direct.maps(*(np.abs(a) for a in (channels_first(x), w)), None, (12, 3000), ONE)
    want = direct.maps(channels_first(x), w, None, (12, 3000), ONE)
    assert_near(channels_first(whole), want, allowance(loops, 72, sizes, np.float32))
