"""Occlusion: maps known in closed form, Captum's on the same weights, squares at the border, figures."""

import io
import sys

import numpy as np
import pytest
from cases import every
from nets import Watching, images, linear, softmax
from PIL import Image

import autograd_mini as ag
import nn
import vis
from vis.attribution.occlusion import _class_map
from vis.attribution.squares import over_pixels


def classifier(dtype=np.float64):
    given = {"rng": np.random.default_rng(4), "dtype": dtype}
    return nn.Sequential(
        conv1=nn.Conv2d(3, 5, 3, padding=1, **given), relu1=nn.ReLU(), pool=nn.MaxPool2d(2),
        conv2=nn.Conv2d(5, 6, 3, **given), relu2=nn.ReLU(), flat=nn.Flatten(), drop=nn.Dropout(0.5, rng=1),
        fc=nn.Linear(6 * 4 * 3, 4, **given),
    )  # fmt: skip


# ── what the maps say ──


@every("fill", [0.0, -1.5, (0.5, -2.0), "mean"])
@every(("size", "stride"), [(3, 1), (3, 2), (3, 3), ((2, 5), (2, 3)), ((7, 6), 4), (1, 1)])
def test_the_maps_of_a_linear_model_are_those_of_the_closed_form(size, stride, fill):
    x = images(2, 2, 7, 6)
    model, weights = linear((2, 7, 6))
    seen = vis.occlusion(model, x, size=size, stride=stride, fill=fill, batch_size=5)
    colour = x.mean((2, 3)) if fill == "mean" else np.broadcast_to(fill, (2, 2))
    logits = np.einsum("nchw,kchw->nk", x, weights)
    np.testing.assert_array_equal(seen.target, logits.argmax(1))
    np.testing.assert_allclose(seen.unoccluded.activation, logits.max(1), rtol=1e-12)
    for (row, column), n in zip(np.ndindex(seen.boxes.shape[:2]), [0, 1] * 100, strict=False):
        top, left, bottom, right = seen.boxes[row, column]
        window = (slice(None), slice(top, bottom), slice(left, right))
        lost = (weights[(slice(None), *window)] * (x[n][window] - colour[n][:, None, None])).sum((1, 2, 3))
        np.testing.assert_allclose(seen.activation[n, row, column], (logits[n] - lost)[seen.target[n]], atol=1e-12)
        chances = softmax(logits[n] - lost)
        np.testing.assert_allclose(seen.probability[n, row, column], chances[seen.target[n]], rtol=1e-10)
        np.testing.assert_allclose(chances[seen.predicted[n, row, column]], chances.max(), rtol=1e-10)  # ties may be


def test_with_squares_of_one_pixel_the_attribution_of_a_linear_model_is_weight_times_input():
    x, (model, weights) = images(3, 1, 5, 4), linear((1, 5, 4))
    seen = vis.occlusion(model, x, size=1, stride=1, target=[2, 0, 1])
    np.testing.assert_allclose(seen.attribution(), weights[[2, 0, 1], 0] * x[:, 0], atol=1e-12)


def test_every_map_is_what_the_model_says_of_the_image_with_its_square():
    net, x = classifier(), images(2, 3, 12, 10)
    seen = vis.occlusion(net, x, layer="relu2", channel=3, size=(4, 3), stride=3, fill=0.7)
    for place in np.ndindex(seen.activation.shape):
        occluded, expected = seen.occluded(*place), x[place[0]].copy()
        top, left, bottom, right = seen.boxes[place[1:]]
        expected[:, top:bottom, left:right] = 0.7
        np.testing.assert_array_equal(occluded, expected)
        values = vis.activations(net, occluded[None])
        chances = softmax(values["fc"])[0]
        np.testing.assert_allclose(seen.activation[place], values["relu2"][0, 3].sum(), rtol=1e-10)
        np.testing.assert_allclose(seen.probability[place], chances[seen.target[place[0]]], rtol=1e-10)
        assert seen.predicted[place] == chances.argmax()


def test_the_squares_reach_the_border_and_the_last_are_cut_off_there():
    model, _ = linear((1, 10, 7))
    boxes = vis.occlusion(model, images(1, 1, 10, 7), size=(4, 3), stride=(4, 2)).boxes
    assert boxes.shape == (3, 3, 4)
    assert boxes[:, 0, 0::2].tolist() == [[0, 4], [4, 8], [8, 10]]
    assert boxes[0, :, 1::2].tolist() == [[0, 3], [2, 5], [4, 7]]


def test_without_a_channel_it_is_that_of_the_strongest_unit_as_for_project():
    net, x = classifier(), images(3, 3, 12, 10)
    seen = vis.occlusion(net, x, layer="relu2", size=6)
    values = vis.activations(net, x)["relu2"]
    np.testing.assert_array_equal(seen.channel, values.max((2, 3)).argmax(1))
    np.testing.assert_allclose(seen.unoccluded.activation, values[range(3), seen.channel].sum((1, 2)), rtol=1e-10)


@pytest.mark.parametrize(("measure", "total"), [("total", np.sum), ("strongest", np.max)])
def test_the_measure_is_the_maps_total_or_its_strongest_unit(measure, total):
    net, x = classifier(), images(1, 3, 12, 10)
    seen = vis.occlusion(net, x, layer="relu2", channel=1, size=6, measure=measure)
    for place in np.ndindex(seen.boxes.shape[:2]):
        values = vis.activations(net, seen.occluded(0, *place)[None])["relu2"][0, 1]
        np.testing.assert_allclose(seen.activation[0][place], total(values), rtol=1e-10)


def test_a_layer_is_watched_behind_its_own_relu_unless_asked_otherwise():
    net, x = classifier(), images(1, 3, 12, 10)
    values = vis.activations(net, x)["conv2"][0]
    channel = int(np.minimum(values, 0).sum((1, 2)).argmin())
    behind, named, before = (
        vis.occlusion(net, x, layer=layer, channel=channel, size=5, after_relu=after)
        for layer, after in (("conv2", True), ("relu2", True), ("conv2", False))
    )
    np.testing.assert_array_equal(behind.activation, named.activation)
    np.testing.assert_allclose(before.unoccluded.activation, values[channel].sum(), rtol=1e-10)
    np.testing.assert_allclose(behind.unoccluded.activation, np.maximum(values[channel], 0).sum(), rtol=1e-10)
    assert (before.activation < behind.activation).all()


def test_a_layer_that_is_used_twice_is_told_apart_as_in_record():
    conv, x = nn.Conv2d(1, 2, 3, padding=1, rng=0, dtype=np.float64), images(1, 1, 6, 6)

    def twice(x):
        return ag.mean(conv(ag.mean(conv(x).named("conv"), 1, keepdims=True) * 2.0).named("conv"), (2, 3))

    for name, values in vis.activations(twice, x).items():
        seen = vis.occlusion(twice, x, layer=name, channel=0, size=6, after_relu=False)
        np.testing.assert_allclose(seen.unoccluded.activation, values[0, 0].sum(), rtol=1e-10)


def test_it_runs_in_evaluation_mode_records_nothing_and_leaves_model_and_images_alone():
    net, x = classifier().train(), images(2, 3, 12, 10)
    kept, model = x.copy(), Watching(net)
    first, second = (vis.occlusion(model, x, size=4, batch_size=7) for _ in range(2))
    np.testing.assert_array_equal(first.probability, second.probability)  # dropout would change them
    np.testing.assert_array_equal(x, kept)
    assert net.training
    assert net["drop"].training
    assert not any(enabled for enabled, _ in model.calls)
    assert max(count for _, count in model.calls) == 7


def test_the_batch_size_changes_nothing():
    net, x = classifier(), images(2, 3, 12, 10)
    one, many = (vis.occlusion(net, x, layer="conv1", size=5, stride=2, batch_size=b) for b in (1, 500))
    for name in ("activation", "probability", "predicted"):
        np.testing.assert_allclose(getattr(one, name), getattr(many, name), rtol=1e-10)


def test_one_image_is_a_batch_of_one_and_dtypes_stay():
    net, x = classifier(np.float32), images(1, 3, 12, 10, dtype=np.float32)
    alone, batch = vis.occlusion(net, x[0], size=4), vis.occlusion(net, x, size=4)
    np.testing.assert_array_equal(alone.activation, batch.activation)
    assert {alone.activation.dtype, alone.probability.dtype, alone.attribution().dtype} == {np.dtype(np.float32)}


# ── beside Captum ──


def captums(net, of):
    """The net's twin in PyTorch, up to what is asked for, and Captum's Occlusion for it."""
    torch = pytest.importorskip("torch")
    attr = pytest.importorskip("captum.attr", reason="captum 0.9 is not installed: pip install --no-deps captum==0.9.0")
    weights = {name: torch.tensor(value) for name, value in net.state_dict().items()}
    f = torch.nn.functional

    def forward(x):
        h = f.max_pool2d(f.relu(f.conv2d(x, weights["conv1.weight"], weights["conv1.bias"], padding=1)), 2)
        h = f.relu(f.conv2d(h, weights["conv2.weight"], weights["conv2.bias"]))
        if of == "relu2":
            return h.sum((2, 3))
        logits = f.linear(h.flatten(1), weights["fc.weight"], weights["fc.bias"])
        return logits.softmax(1) if of == "probability" else logits

    return torch, attr.Occlusion(forward)


@pytest.mark.parametrize(("size", "stride"), [((4, 3), (2, 3)), ((5, 5), (5, 5)), ((3, 7), (3, 4)), ((12, 10), (1, 1))])
@pytest.mark.parametrize("of", ["logit", "probability", "relu2"])
def test_the_attribution_is_captums_to_rounding(of, size, stride):
    net, x, fill = classifier(np.float32), images(2, 3, 12, 10, dtype=np.float32), (0.5, -1, 2)
    torch, theirs = captums(net, of)
    watched = {"layer": "relu2", "channel": 4} if of == "relu2" else {"target": [2, 0]}
    seen = vis.occlusion(net, x, size=size, stride=stride, fill=fill, **watched)
    ours = seen.attribution("probability" if of == "probability" else "activation")
    given = theirs.attribute(
        torch.tensor(x), (3, *size), strides=(3, *stride), target=watched.get("target", [4, 4]),
        baselines=torch.tensor(fill).reshape(1, 3, 1, 1).expand(1, 3, 12, 10), perturbations_per_eval=3,
    ).numpy()  # fmt: skip
    assert np.abs(ours).max() > 1e-3
    for channel in range(3):  # Captum's map has a channel for each of the image's, all the same
        np.testing.assert_allclose(ours, given[:, channel], rtol=0, atol=5e-6 * max(1, np.abs(given).max()))


def test_squares_with_gaps_between_them_have_maps_but_no_attribution():
    seen = vis.occlusion(classifier(), images(1, 3, 12, 10), target=1, size=2, stride=3)
    assert seen.activation.shape == (1, 5, 4)
    with pytest.raises(ValueError, match="lie under no square"):
        seen.attribution()


# ── the figure ──


def test_the_figure_shows_the_image_where_it_hurts_most_and_the_maps_beside_it():
    net, x = classifier(), images(2, 3, 12, 10)
    seen = vis.occlusion(net, x, layer="relu2", size=4, stride=2)
    names = ["ant", "bee", "cat", "dog"]
    figure = seen.figure(1, names)
    assert isinstance(figure.picture, Image.Image)
    assert figure.picture.width > 4 * 190  # four pictures, each 10 pixels 19 times as large, and a legend
    assert figure.scale is None
    assert names[seen.target[1]] in figure.caption
    assert f"channel {seen.channel[1]}" in figure.caption
    np.testing.assert_array_equal(figure.data["probability"], seen.probability[1])
    worst = np.unravel_index(seen.probability[1].argmin(), seen.probability[1].shape)
    top, left, bottom, right = seen.boxes[worst]
    covered = figure.data["occluded"][:, top:bottom, left:right]
    assert np.ptp(covered) < 1e-12  # one grey, as 0 in each channel is one value when stretched
    assert seen.figure(0).picture.size[1] > 0


def test_a_pixel_of_a_map_shows_the_square_whose_centre_is_nearest():
    model, _ = linear((1, 9, 9))
    seen = vis.occlusion(model, images(1, 1, 9, 9), size=3, stride=3)
    spread = over_pixels(np.arange(9).reshape(3, 3), seen.boxes, seen.images.shape[2:])
    np.testing.assert_array_equal(spread, np.kron(np.arange(9).reshape(3, 3), np.ones((3, 3), int)))
    seen = vis.occlusion(model, images(1, 1, 9, 9), size=5, stride=2)  # centres at 2.5, 4.5, 6.5
    np.testing.assert_array_equal(
        over_pixels(np.arange(9).reshape(3, 3), seen.boxes, seen.images.shape[2:])[0], [0, 0, 0, 0, 1, 1, 2, 2, 2]
    )


def test_the_class_map_names_its_colours_and_puts_the_rare_ones_together():
    predicted = np.concatenate([np.repeat(np.arange(12), np.arange(12, 0, -1)), [3, 3]]).reshape(8, 10)
    colours, legend = _class_map(predicted, 3, [f"c{i}" for i in range(20)], 100)
    assert colours.shape == (3, 8, 10)
    by_class = {cls: {tuple(colour) for colour in colours[:, predicted == cls].T} for cls in range(12)}
    assert all(len(found) == 1 for found in by_class.values())
    assert len(set.union(*by_class.values())) == 9  # eight of their own, and one for all others
    assert by_class[3] == {tuple(np.array([0x00, 0x72, 0xB2]) / 255)}  # the bare image's has the first colour
    assert by_class[8] == by_class[11]
    assert legend.height == 180  # nine lines


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_the_figure_works_for_grey_images_and_for_many_channels(channels):
    figure = vis.occlusion(linear((channels, 8, 8))[0], images(1, channels, 8, 8), size=3).figure()
    assert figure.picture.height > 200


@pytest.mark.parametrize("progress", [False, True])
def test_a_bar_is_shown_where_there_is_a_terminal_and_only_if_asked_for(monkeypatch, progress):
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    model, _ = linear((1, 8, 8))
    vis.occlusion(model, images(1, 1, 8, 8), size=4, stride=4, progress=progress)
    assert ("occlusion" in terminal.getvalue()) is progress
