"""What units want: pictures by descent, filters, maps; and the report's matrix and algorithms."""

import numpy as np
import pytest
from nets import images, squeezenet, trained
from numpy.lib.stride_tricks import sliding_window_view

import autograd_mini as ag
import nn
import vis
from examples.loops import direct_convolution, pooling_output
from vis.wanted.canvas import Canvas, as_input, smoothness


def small(channels=3):
    given = {"rng": np.random.default_rng(2)}
    return nn.Sequential(
        conv1=nn.Conv2d(channels, 6, 3, padding=1, **given), relu=nn.ReLU(),
        conv2=nn.Conv2d(6, 4, 3, padding=1, **given),
        mean=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten(),
    )  # fmt: skip


HOW = [{}, {"fourier": False}, {"decorrelated": False}, {"position": None, "jitter": 0}, {"jitter": 0}]


@pytest.mark.parametrize("how", HOW)
def test_a_picture_excites_its_unit_more_than_photographs_of_noise_do(how):
    net = small()
    noise = np.random.default_rng(0).random((200, 3, 16, 16)).astype(np.float32)
    values = vis.activations(net, noise)["conv2"]
    for channel in (0, 3):
        found = vis.activation_maximization(net, "conv2", channel, size=16, steps=60, lr=0.1, **how)
        assert found.picture.shape == (3, 16, 16)
        assert 0 <= found.picture.min() <= found.picture.max() <= 1
        map_ = vis.activations(net, found.picture[None])["conv2"][0, channel]
        if how.get("position", "all") is None:
            assert map_[8, 8] > values[:, channel, 8, 8].max()
        else:
            assert map_.mean() > values[:, channel].mean(axis=(1, 2)).max()
        assert len(found.values) == 60


def test_a_class_is_climbed_and_reported_as_it_is():
    net = small()
    found = vis.activation_maximization(net, "flat", 2, size=(12, 20), steps=40, jitter=0, rng=5)
    last = vis.activations(net, found.picture[None])["flat"][0, 2]
    assert found.picture.shape == (3, 12, 20)
    assert found.values[0] < found.values[-1] <= last + 0.05 * abs(last)
    again = vis.activation_maximization(net, "flat", 2, size=(12, 20), steps=40, jitter=0, rng=5)
    np.testing.assert_array_equal(found.picture, again.picture)
    assert found.figure(2).picture.size == (40, 24)


def test_a_unit_that_is_off_everywhere_is_switched_on():
    net = small()
    net["conv1"].bias.data[2] = -net["conv1"].weight.numpy()[2].sum() / 2 - 0.8  # a grey picture is well below
    start = vis.activation_maximization(net, "relu", 2, size=12, steps=1).values
    found = vis.activation_maximization(net, "relu", 2, size=12, steps=80, lr=0.2)
    assert start[0] == 0
    assert found.values[-1] > 0


def test_grey_nets_want_grey_pictures():
    found = vis.activation_maximization(small(1), "conv2", 0, size=10, channels=1, steps=5)
    assert found.picture.shape == (1, 10, 10)
    assert found.figure().picture.mode == "L"


def test_smoothing_makes_pictures_smoother():
    rough, smooth = (
        vis.activation_maximization(small(), "conv1", 1, size=16, steps=60, smooth=weight, fourier=False).picture
        for weight in (0.0, 100.0)
    )
    differences = [np.abs(np.diff(p, axis=2)).mean() for p in (rough, smooth)]
    assert differences[1] < 0.5 * differences[0]


def test_a_picture_with_the_same_code_is_found_and_looks_like_the_image():
    net = small()
    x = np.full((1, 3, 16, 16), 0.2, np.float32)
    x[..., 4:12, 4:12] = 0.9
    found = vis.feature_inversion(net, x, "conv1", steps=300, smooth=0.0)
    code, other = (vis.activations(net, p)["conv1"] for p in (x, found.picture[None]))
    distance = ((code - other) ** 2).sum() / (code**2).sum()
    assert found.values[-1] < 0.01
    np.testing.assert_allclose(distance, found.values[-1], atol=0.01)
    assert np.corrcoef(found.picture.ravel(), x.ravel())[0, 1] > 0.9


def test_pictures_become_inputs_as_preprocess_makes_them():
    net = squeezenet()
    picture = np.random.default_rng(0).random((3, 227, 227)).astype(np.float32)
    given = as_input(net, ag.Tensor(picture[None])).numpy()[0]
    np.testing.assert_allclose(given, net.preprocess(picture), rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("fourier", [True, False])
@pytest.mark.parametrize("size", [(8, 8), (7, 9)])
def test_a_canvas_is_differentiable_and_as_large_as_it_is_to_be(fourier, size):
    canvas = Canvas((3, *size), fourier, True, np.random.default_rng(0))
    assert canvas.picture().shape == (1, 3, *size)
    weights = images(1, 3, *size).astype(np.float32)

    def total(parameters):
        canvas.parameters = parameters
        return (canvas.picture() * weights).sum() + smoothness(canvas.picture())

    start = canvas.parameters
    g = ag.grad(total(start), start).numpy()
    direction = np.random.default_rng(1).standard_normal(start.shape).astype(np.float32)
    step = 1e-2
    ahead, behind = (total(ag.Tensor(start.numpy() + s * direction)).item() for s in (step, -step))
    np.testing.assert_allclose((ahead - behind) / (2 * step), (g * direction).sum(), rtol=0.02, atol=1e-3)


# ── sheets ──


def test_filters_are_drawn_each_to_its_own_scale_in_the_nets_colours():
    net = squeezenet()
    figure = vis.filters(net, zoom=4)
    np.testing.assert_array_equal(figure.data["filters"], net["conv1"].weight.numpy())
    one = np.asarray(figure.picture)[2 : 2 + 12 : 4, 2 : 2 + 12 : 4]
    first = net["conv1"].weight.numpy()[0][::-1]  # the net takes blue first
    expected = np.rint((first / np.abs(first).max() + 1) * 127.5).transpose(1, 2, 0)
    assert np.abs(one - expected).max() <= 1
    deeper = vis.filters(net, "fire2.expand3x3", columns=8, zoom=1)
    assert deeper.data["filters"].shape == (64, 16, 3, 3)
    assert deeper.picture.size == (8 * 5 + 2, 8 * 5 + 2)


@pytest.mark.parametrize(("layer", "signed"), [("relu1", False), ("conv2", True)])
def test_maps_are_shown_to_one_scale(layer, signed):
    net, x = trained(), images(2, 3, 16, 16)
    figure = vis.feature_maps(net, x, layer, image=1, numbered=True)
    maps = vis.activations(net, x)[layer][1]
    np.testing.assert_array_equal(figure.data["maps"], maps)
    assert figure.scale == np.abs(maps).max()
    strongest = vis.feature_maps(net, x, layer, image=1, most=2)
    kept = np.sort(np.argsort(-np.abs(maps).max(axis=(1, 2)))[:2])
    np.testing.assert_array_equal(strongest.data["channels"], kept)
    pixels = np.asarray(strongest.picture)[2:18, 2:18, 0].astype(float)
    first = maps[kept[0]] / np.abs(maps).max()
    assert np.abs(pixels - 255 * ((first + 1) / 2 if signed else first)).max() <= 1


# ── the report's matrix and algorithms ──


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 0), (1, 1), (2, 2), (3, 1)])
def test_the_unrolled_matrix_is_the_convolution_and_its_transpose_the_deconv(stride, padding):
    w, x = images(2, 3, 3, 2), images(1, 3, 7, 6)
    unrolled = vis.unrolled(w, (7, 6), stride=stride, padding=padding)
    maps = ag.conv2d(x, w, stride=stride, padding=padding)
    assert unrolled.size == maps.shape[2:]
    np.testing.assert_allclose(unrolled.matrix @ x.ravel(), maps.ravel())
    y = images(*maps.shape)
    images_of = ag.Tensor(x, requires_grad=True)
    back = ag.grad(ag.conv2d(images_of, w, stride=stride, padding=padding), images_of, y).numpy()
    np.testing.assert_allclose(unrolled.matrix.T @ y.ravel(), back.ravel())
    ones = vis.unrolled(np.ones_like(w), (7, 6), stride=stride, padding=padding)
    np.testing.assert_array_equal(unrolled.places >= 0, ones.matrix == 1)


def test_weights_that_are_0_are_printed_and_places_without_a_weight_are_dots():
    found = vis.unrolled([[0.0, 2.5]], (1, 3))
    assert str(found) == "  0  2.5    ·\n  ·    0  2.5"
    figure = found.figure(20)
    assert figure.picture.size == (61, 41)
    np.testing.assert_array_equal(figure.data["matrix"], found.matrix)


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_the_kernels_compute_the_reports_algorithms(stride):
    data, filters = images(2, 3, 9, 8), images(4, 3, 3, 2)
    by_loops = direct_convolution(data, filters, stride)
    np.testing.assert_allclose(ag.conv2d(data, filters, stride=stride), by_loops, rtol=1e-12, atol=1e-12)
    windows = sliding_window_view(data, (3, 2), axis=(2, 3))[:, :, ::stride, ::stride]
    np.testing.assert_allclose(by_loops, np.einsum("ncyxuv,kcuv->nkyx", windows, filters))
    pooled = ag.max_pool2d(data, kernel_size=(3, 2), stride=stride)
    for image, channel in np.ndindex(2, 3):
        np.testing.assert_array_equal(pooled[image, channel], pooling_output(data[image, channel], (3, 2), stride))
