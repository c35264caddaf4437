"""Invariance: transforms that are known exactly, distances and probabilities against the model itself."""

import sys

import numpy as np
import pytest
from nets import Watching, images, softmax
from PIL import Image

import autograd_mini as ag
import nn
import vis
from vis.attribution.invariance import transformed


def classifier():
    given = {"rng": np.random.default_rng(4), "dtype": np.float64}
    return nn.Sequential(
        conv1=nn.Conv2d(3, 5, 3, padding=1, **given), relu1=nn.ReLU(), pool=nn.MaxPool2d(2), flat=nn.Flatten(),
        drop=nn.Dropout(0.5, rng=1), fc=nn.Linear(5 * 6 * 6, 4, **given),
    )  # fmt: skip


FILL = np.array([0.5, -2.0, 7.0])

# ── the transforms ──


@pytest.mark.parametrize("amount", [-5, -1, 2, 12, 100])
def test_a_shift_by_whole_pixels_moves_them_unchanged_and_fills_what_comes_in(amount):
    x = images(3, 12, 10, dtype=np.float32)
    moved = transformed(x, "shift", amount, FILL)
    expected = np.broadcast_to(FILL[:, None, None], x.shape).astype(np.float32).copy()
    for row in range(12):
        if 0 <= row - amount < 12:
            expected[:, row] = x[:, row - amount]  # positive amounts move down
    np.testing.assert_array_equal(moved, expected)


def test_a_shift_by_half_a_pixel_is_the_mean_of_two_rows():
    x = images(1, 12, 10, dtype=np.float32)
    moved = transformed(x, "shift", 0.5, FILL[:1])
    np.testing.assert_allclose(moved[:, 1:], (x[:, 1:] + x[:, :-1]) / 2, atol=1e-6)


@pytest.mark.parametrize(("amount", "turns"), [(90, 1), (180, 2), (270, 3), (-90, 3), (450, 1)])
def test_a_quarter_turn_of_a_square_moves_pixels_unchanged_counter_clockwise(amount, turns):
    x = images(3, 9, 9, dtype=np.float32)
    np.testing.assert_array_equal(transformed(x, "rotate", amount, FILL), np.rot90(x, turns, axes=(1, 2)))


def test_what_is_turned_in_from_beyond_the_corners_is_filled_and_the_middle_stays():
    x = np.ones((3, 9, 9), np.float32)
    x[:, 4, 4] = 5
    moved = transformed(x, "rotate", 45, FILL)
    for corner in ((0, 0), (0, 8), (8, 0), (8, 8)):
        np.testing.assert_array_equal(moved[:, *corner], FILL)
    np.testing.assert_allclose(moved[:, 4, 4], 5, rtol=1e-5)


def test_scaling_up_shows_the_middle_and_scaling_down_the_fill_around():
    x = np.kron(np.arange(64.0).reshape(8, 8), np.ones((2, 2)))[None].astype(np.float32)
    np.testing.assert_allclose(transformed(x, "scale", 2.0, FILL[:1])[0, 7:9, 7:9], x[0, 7:9, 7:9], rtol=0.2)
    smaller = transformed(np.ones((3, 16, 16), np.float32), "scale", 0.5, FILL)
    for channel, colour in zip(smaller, FILL, strict=True):
        np.testing.assert_array_equal(channel[:3], np.float32(colour))
        np.testing.assert_array_equal(channel[:, -3:], np.float32(colour))
        np.testing.assert_allclose(channel[5:11, 5:11], 1, rtol=1e-6)


@pytest.mark.parametrize("factor", [0.3, 0.75, 1.3, 2.0])
def test_scaling_is_about_the_centre_on_odd_and_even_sides(factor):
    for height, width in ((9, 9), (8, 8), (9, 6)):
        x = images(1, height, width, dtype=np.float32)
        x = x + x[:, ::-1] + x[:, :, ::-1] + x[:, ::-1, ::-1]  # a mirrored picture stays one
        moved = transformed(x, "scale", factor, FILL[:1])
        np.testing.assert_allclose(moved, moved[:, ::-1], atol=1e-5)
        np.testing.assert_allclose(moved, moved[:, :, ::-1], atol=1e-5)


def test_a_ramp_scaled_by_a_factor_has_a_slope_that_much_smaller():
    x = np.arange(40.0, dtype=np.float32)[None, None].repeat(40, axis=1)
    moved = transformed(x, "scale", 1.6, FILL[:1])
    np.testing.assert_allclose(np.diff(moved[0, 20, 5:-5]), 1 / 1.6, rtol=1e-3)


@pytest.mark.parametrize(
    ("transform", "amount"), [("shift", 0), ("scale", 1), ("rotate", 0), ("rotate", 360), ("rotate", -720)]
)
def test_the_neutral_amount_gives_the_image_itself_in_its_own_precision(transform, amount):
    x = images(3, 12, 10)
    np.testing.assert_array_equal(transformed(x, transform, amount, FILL), x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("transform", "amount"), [("shift", 2.3), ("scale", 0.7), ("scale", 1.7), ("rotate", 33)])
def test_the_picture_keeps_its_shape_and_dtype(transform, amount, dtype):
    moved = transformed(images(3, 12, 10, dtype=dtype), transform, amount, FILL)
    assert (moved.shape, moved.dtype) == ((3, 12, 10), dtype)


# ── what is measured ──


@pytest.mark.parametrize(
    ("transform", "amounts"), [("shift", [-3, 0, 2.5]), ("scale", [0.8, 1, 1.5]), ("rotate", [0, 30])]
)
def test_distances_and_probabilities_are_those_of_the_transformed_images(transform, amounts):
    net, x = classifier(), images(2, 3, 12, 12)
    found = vis.invariance(
        net, x, layers=["relu1", "fc"], transform=transform, amounts=amounts, fill=FILL, batch_size=2
    )
    whole = vis.activations(net, x)
    assert list(found.distances) == ["relu1", "fc"]
    np.testing.assert_array_equal(found.target, whole["fc"].argmax(1))
    for n, image in enumerate(x):
        for i, amount in enumerate(amounts):
            moved = vis.activations(net, transformed(image, transform, amount, FILL)[None])
            for layer in ("relu1", "fc"):
                distance = np.sqrt(((moved[layer][0] - whole[layer][n]) ** 2).sum())
                np.testing.assert_allclose(found.distances[layer][n, i], distance, rtol=1e-9, atol=1e-11)
            chances = softmax(moved["fc"][0])
            np.testing.assert_allclose(found.probability[n, i], chances[found.target[n]], rtol=1e-9)
            assert found.predicted[n, i] == chances.argmax()
    neutral = amounts.index(1 if transform == "scale" else 0)
    np.testing.assert_allclose(found.distances["relu1"][:, neutral], 0, atol=1e-10)
    assert np.delete(found.distances["relu1"], neutral, axis=1).min() > 0.1


def test_a_layer_that_takes_the_mean_of_each_map_does_not_see_quarter_turns():
    def model(x):
        return (ag.mean(x, (2, 3)) * 10.0).named("means")

    found = vis.invariance(model, images(2, 3, 8, 8), layers="means", transform="rotate", amounts=[0, 90, 180, 45])
    np.testing.assert_allclose(found.distances["means"][:, :3], 0, atol=1e-5)
    assert found.distances["means"][:, 3].min() > 1e-3
    np.testing.assert_allclose(found.probability[:, 1:3], found.probability[:, :1].repeat(2, 1), rtol=1e-5)


def test_the_model_runs_in_evaluation_mode_and_records_nothing():
    net, x = classifier().train(), images(1, 3, 12, 12)
    model = Watching(net)
    one, two = (vis.invariance(model, x, layers="fc", batch_size=3) for _ in range(2))
    np.testing.assert_array_equal(one.distances["fc"], two.distances["fc"])
    assert net.training
    assert sum(enabled for enabled, _ in model.calls) == 2  # once each, to find the layer
    assert max(count for _, count in model.calls) == 3


@pytest.mark.parametrize(
    ("transform", "least", "most", "neutral"), [("shift", -3, 3, 0), ("scale", 1, 1.8, 1), ("rotate", 0, 360, 0)]
)
def test_the_default_amounts_include_the_neutral_one_and_span_what_the_paper_does(transform, least, most, neutral):
    amounts = vis.invariance(classifier(), images(1, 3, 12, 12), layers="fc", transform=transform).amounts
    assert (amounts.min(), amounts.max()) == (least, most)
    assert neutral in amounts


def test_one_image_a_given_target_and_a_layer_named_twice():
    net, x = classifier(), images(1, 3, 12, 12)
    found = vis.invariance(net, x[0], layers=["fc", "fc"], amounts=[1], target=2)
    assert found.distances["fc"].shape == (1, 1)
    np.testing.assert_array_equal(found.target, [2])


# ── the figure ──


@pytest.mark.parametrize("transform", ["shift", "scale", "rotate"])
def test_the_figure_draws_a_line_for_each_image_and_holds_its_numbers(transform):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    options = {"layers": ["relu1", "fc"], "transform": transform, "amounts": [0.5, 1, 1.5]}
    found = vis.invariance(classifier(), images(2, 3, 12, 12), **options)
    figure = found.figure(["ant", "bee"])
    assert isinstance(figure.picture, Image.Image)
    assert figure.picture.width > 900
    assert list(figure.data) == ["amounts", "relu1", "fc", "probability"]
    np.testing.assert_array_equal(figure.data["fc"], found.distances["fc"])


def test_the_figure_of_one_image_and_one_amount_is_a_figure():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    found = vis.invariance(classifier(), images(1, 3, 12, 12), layers="relu1", amounts=[2])
    assert found.figure().picture.width > 500


def test_without_matplotlib_the_figure_names_the_extra_that_brings_it(monkeypatch):
    found = vis.invariance(classifier(), images(1, 3, 12, 12), layers="relu1", amounts=[2])
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'autograd-mini\[report\]'"):
        found.figure()
