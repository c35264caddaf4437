"""Averages over images, ablations, RISE, and the curves that question pictures: what must hold of them.

That their pictures are those of others is in `test_attribution_peers`.
"""

import numpy as np
import pytest
from nets import Everything, images, trained

import autograd_mini as ag
import nn
import vis


@pytest.mark.parametrize("layer", ["top.fc", "conv1", "relu2"])
@pytest.mark.parametrize("baseline", [0.0, [0.1, -0.2, 0.3], "mean", images(3, 16, 16)])
def test_integrated_gradients_add_up_to_what_the_unit_has_more_than_at_the_baseline(layer, baseline):
    net, x = trained(), images(2, 3, 16, 16)
    method = vis.IntegratedGradients(1000, baseline, batch_size=100)
    at = {0.0: np.zeros_like(x), "mean": np.broadcast_to(x.mean(axis=(2, 3), keepdims=True), x.shape)}
    start = at[baseline] if isinstance(baseline, float | str) else np.reshape(baseline, (1, 3, *np.shape(baseline)[1:]))
    start = np.broadcast_to(start if np.ndim(start) == 4 else np.reshape(start, (1, 3, 1, 1)), x.shape)
    found = method(net, x, layer, channel=1)
    target = method.target(net, method.record(net, x, layer), layer, 1)
    who = np.arange(2)
    np.testing.assert_allclose(
        found.sum(axis=(1, 2, 3)), target.score(x, who) - target.score(start.copy(), who), rtol=0, atol=1e-2
    )


def test_expected_gradients_come_to_integrated_ones_from_one_image():
    net, x = trained(), images(1, 3, 16, 16)
    one = vis.IntegratedGradients(200)(net, x, "top.fc", channel=2)
    many = vis.ExpectedGradients(np.zeros((1, 3, 16, 16)), n=4000, batch_size=500)(net, x, "top.fc", channel=2)
    assert np.abs(one - many).max() < 0.05 * np.abs(one).max()


def test_smooth_grad_averages_any_method_with_what_it_saves():
    net, x = trained(), images(2, 3, 16, 16)
    for method in (vis.Projection(vis.GUIDED), vis.LRP(vis.lrp_epsilon(0.1)), vis.GradCAM("conv2")):
        still = vis.SmoothGrad(n=3, sigma=0.0, method=method)(net, x, "top.fc", channel=1)
        np.testing.assert_allclose(still, method(net, x, "top.fc", channel=1), rtol=1e-9, atol=1e-12)
    seeds = [vis.SmoothGrad(n=3, rng=seed)(net, x, "top.fc", channel=1) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(seeds[0], seeds[1])
    assert (seeds[0] != seeds[2]).any()


def test_a_unit_stays_the_same_on_other_images():
    net, x = Everything(), images(3, 3, 18, 14)
    method = vis.Gradient()
    target = method.target(net, method.record(net, x, "twice"), "twice")
    again = target.on(x[::-1].copy(), np.array([2, 1, 0]))
    np.testing.assert_allclose(method.backward(again)[::-1], method.backward(target))
    values = target.value.numpy()
    np.testing.assert_allclose(target.score(x, np.arange(3)), values[target.units])


@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_the_size_of_batches_changes_nothing(batch_size):
    net, x = trained(), images(2, 3, 16, 16)
    ways = (
        lambda size: vis.SmoothGrad(n=5, batch_size=size),
        lambda size: vis.IntegratedGradients(7, batch_size=size),
        lambda size: vis.ExpectedGradients(images(2, 3, 16, 16), 5, batch_size=size),
        lambda size: vis.FeatureAblation(4, batch_size=size),
        lambda size: vis.RISE(9, batch_size=size),
    )
    for way in ways:
        given, alone = (way(size)(net, x, "top.fc", channel=1) for size in (batch_size, 3))
        np.testing.assert_allclose(given, alone, rtol=1e-9, atol=1e-12)


def test_units_behind_a_relu6_are_cut_off_at_6_on_other_images_too():
    given = {"rng": np.random.default_rng(0), "dtype": np.float64}
    layers = {"conv": nn.Conv2d(3, 4, 3, **given), "relu": nn.ReLU6(), "flat": nn.Flatten()}
    net = nn.Sequential(**layers, fc=nn.Linear(144, 2, **given))
    x = 9 * images(1, 3, 8, 8)
    assert (vis.activations(net, x)["conv"] > 6).any()
    square = {"size": 3, "stride": 2}
    for position in (None, "all"):
        by_layer, by_relu = (
            vis.SlidingSquare(**square)(net, x, layer, channel=1, position=position) for layer in ("conv", "relu")
        )
        np.testing.assert_array_equal(by_layer, by_relu)
    occluded = [vis.occlusion(net, x, layer=layer, channel=1, **square).activation for layer in ("conv", "relu")]
    np.testing.assert_array_equal(*occluded)
    images_of = lambda layer: vis.FeatureAblation(2)(net, x, layer, channel=1, position="all")
    np.testing.assert_array_equal(images_of("conv"), images_of("relu"))


# ── ablations ──


def test_a_feature_takes_what_the_unit_loses_without_it():
    net, x = trained(), images(2, 3, 16, 16)
    features = np.random.default_rng(0).integers(5, size=(3, 16, 16))
    found = vis.FeatureAblation(features, fill="mean")(net, x, "top.fc", channel=1)
    logits = lambda images: vis.activations(net, images)["top.fc"][:, 1]
    for n in range(2):
        for feature in range(5):
            without = x[n : n + 1].copy()
            colours = np.broadcast_to(x[n].mean(axis=(1, 2))[:, None, None], (3, 16, 16))
            without[0][features == feature] = colours[features == feature]
            lost = (logits(x[n : n + 1]) - logits(without)).item()
            np.testing.assert_allclose(found[n][features == feature], lost, rtol=1e-9)


def test_a_grid_of_features_covers_the_image_whatever_its_size():
    x = np.ones((1, 2, 7, 5))
    total = lambda x: x.sum(axis=(1, 2, 3)).reshape((-1, 1)).named("total")
    found = vis.FeatureAblation(3)(total, x, "total")[0, 0]
    rows, columns = ([0, 0, 0, 1, 1, 2, 2], [0, 0, 1, 1, 2])
    for i, j in np.ndindex(3, 3):
        where = np.outer(np.equal(rows, i), np.equal(columns, j))
        np.testing.assert_allclose(found[where], 2 * where.sum())


def test_rise_finds_the_pixel_that_matters():
    x = np.zeros((1, 1, 20, 20))
    x[0, 0, 14, 5] = 1.0
    corner = lambda x: x[:, :, 14:15, 5:6].sum(axis=(2, 3)).named("corner")
    found = vis.RISE(n=800, size=5, rng=1)(corner, x, "corner")[0, 0]
    top, left = np.unravel_index(found.argmax(), found.shape)
    assert max(abs(top - 14), abs(left - 5)) <= 2
    assert vis.RISE(n=3).picture(corner, np.stack([found])).getextrema() == ((0, 252), (0, 255), (0, 200))


# ── faithfulness ──


def weighed(weights):
    return lambda x: (x * weights).sum(axis=(1, 2, 3)).reshape((-1, 1)).named("sum")


def test_the_best_order_falls_and_rises_first_and_the_worst_last():
    weights = np.random.default_rng(0).random((1, 8, 8))
    x, net = np.ones((2, 1, 8, 8)), weighed(weights)
    best = np.broadcast_to(weights, x.shape)
    found = vis.faithfulness(net, x, "sum", {"best": best, "worst": -best}, steps=16)
    total = weights.sum()
    for curves, first, last in ((found.deletion, total, 0), (found.insertion, 0, total)):
        for curve in curves.values():
            np.testing.assert_allclose(curve[:, 0], first, atol=1e-9)
            np.testing.assert_allclose(curve[:, -1], last, atol=1e-9)
    expected = total - np.concatenate([[0], np.cumsum(np.sort(weights.ravel())[::-1].reshape(16, 4).sum(axis=1))])
    np.testing.assert_allclose(found.deletion["best"][0], expected, atol=1e-9)
    areas = found.areas()
    assert areas["best"][0] < areas["random"][0] < areas["worst"][0]
    assert areas["best"][1] > areas["random"][1] > areas["worst"][1]
    np.testing.assert_allclose(found.shares, np.linspace(0, 1, 17))


def test_signs_and_sizes_are_two_orders():
    weights = np.array([[[3.0, -4.0], [1.0, 2.0]]])
    x, net = np.ones((1, 1, 2, 2)), weighed(weights)
    signed = vis.faithfulness(net, x, "sum", {"g": vis.Gradient()}, steps=4).deletion["g"][0]
    sized = vis.faithfulness(net, x, "sum", {"g": vis.Gradient()}, steps=4, absolute=True).deletion["g"][0]
    np.testing.assert_allclose(signed, [2, -1, -3, -4, 0])
    np.testing.assert_allclose(sized, [2, 6, 3, 1, 0])


def test_a_figure_has_both_curves_of_every_method():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    net, x = trained(), images(2, 3, 16, 16)
    methods = {"Grad-CAM": vis.GradCAM("conv2"), "gradient": vis.Gradient()}
    found = vis.faithfulness(net, x, "top.fc", methods, steps=5, fill="mean")
    figure = found.figure(1)
    assert figure.picture.width > figure.picture.height
    assert set(figure.data) == {
        "shares", *(f"pixels {what}: {name}" for what in ("taken away", "put in") for name in (*methods, "random"))
    }  # fmt: skip
    np.testing.assert_array_equal(figure.data["pixels put in: gradient"], found.insertion["gradient"][1])
    logits = vis.activations(net, x)["top.fc"]
    np.testing.assert_allclose(found.deletion["gradient"][:, 0], logits.max(axis=1))
    assert found.attributions["gradient"].shape == x.shape


@pytest.mark.parametrize(
    "method",
    [vis.Gradient(), vis.SmoothGrad(n=2), vis.IntegratedGradients(2), vis.FeatureAblation(2), vis.RISE(4),
     vis.ExpectedGradients(np.zeros((1, 3, 16, 16)), n=2)],
    ids=lambda method: type(method).__name__,
)  # fmt: skip
def test_random_weights_question_every_method(method):
    pytest.importorskip("skimage.metrics", reason="scikit-image is not installed")
    found = vis.sanity_check(trained(), images(1, 3, 16, 16), "top.fc", method=method, methods={})
    assert found.projections[0].any()
    assert found.figure().picture.size
    assert (found.ssim[1:] < 0.999).any()


def test_vectors_are_averaged_over_too():
    given = {"rng": np.random.default_rng(0), "dtype": np.float64}
    net = nn.Sequential(fc=nn.Linear(4, 3, **given), relu=nn.ReLU(), out=nn.Linear(3, 2, **given))
    x = images(2, 4)
    found = vis.IntegratedGradients(300)(net, x, "out", channel=0)
    logits = lambda x: net(ag.Tensor(x)).numpy()[:, 0]
    np.testing.assert_allclose(found.sum(axis=1), logits(x) - logits(0 * x), atol=1e-2)
    assert vis.SmoothGrad(n=2)(net, x, "out").shape == x.shape
    assert vis.LRP()(net, x, "out").shape == x.shape
