"""Grad-CAM, Grad-CAM++ and guided Grad-CAM beside Captum's and beside their formulas in PyTorch."""

import numpy as np
import pytest
from nets import images, trained

import autograd_mini as ag
import vis

torch = pytest.importorskip("torch", reason="PyTorch is not installed (the extra `test`)")
attr = pytest.importorskip("captum.attr", reason="Captum is not installed (the extra `test`)")

import torch_twins  # noqa: E402  (after the skips)

pytestmark = [
    pytest.mark.filterwarnings("ignore:Setting backward hooks"),
    pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already require gradients"),
]


def assert_same(ours, theirs, rounding=2e-5):
    assert np.abs(theirs).max() > 0
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=rounding * np.abs(theirs).max())


def stretched(heat, size):
    return torch.nn.functional.interpolate(heat, size, mode="bilinear")


def maps_and_slopes(net, name, x, target):
    """A layer's maps and the gradient of a class at them, in PyTorch."""
    held = []
    handle = net.get_submodule(name).register_forward_hook(lambda module, given, out: held.append(out))
    scores = net(torch.tensor(x))[:, target].sum()
    handle.remove()
    return held[0], torch.autograd.grad(scores, held[0])[0]


@pytest.mark.parametrize("layer", ["fire9", "fire5", "pool1", "fire6.expand3x3"])
def test_grad_cam_is_captums_stretched_to_the_image(layer):
    ours, theirs, x, cat = torch_twins.squeezenets()
    found = vis.GradCAM(layer, after_relu=False)(ours, x, "logits", channel=cat)
    expected = attr.LayerGradCam(theirs, theirs.get_submodule(layer)).attribute(
        torch.tensor(x), target=cat, relu_attributions=True
    )
    expected = stretched(expected, x.shape[2:]).detach().numpy()
    assert found.shape == x.shape
    for channel in range(3):
        assert_same(found[:, channel], expected[:, 0])


def test_maps_are_taken_behind_their_own_relu():
    ours, theirs, x, cat = torch_twins.squeezenets()
    maps, slopes = maps_and_slopes(theirs, "fire6.relu_expand3x3", x, cat)
    expected = stretched((maps * slopes.mean((2, 3), keepdim=True)).sum(1, keepdim=True).relu(), x.shape[2:])
    assert_same(vis.GradCAM("fire6.expand3x3")(ours, x, "logits", channel=cat)[:, :1], expected.detach().numpy())


def test_by_default_the_last_maps_on_the_way_are_taken():
    ours, _, x, cat = torch_twins.squeezenets()
    recorded = vis.record(ours, x)
    last = [name for name, value in recorded.named.items() if value.ndim == 4 and value.shape[2] > 1][-1]
    assert last == "relu10"
    found = vis.GradCAM()(ours, x, "logits", channel=cat)
    np.testing.assert_array_equal(found, vis.GradCAM(last)(ours, x, "logits", channel=cat))
    net = trained()
    np.testing.assert_array_equal(
        vis.GradCAM()(net, images(2, 3, 16, 16), "conv2"), vis.GradCAM("relu1")(net, images(2, 3, 16, 16), "conv2")
    )


def test_grad_cam_plus_plus_is_its_formula():
    ours, theirs, x, cat = torch_twins.squeezenets()
    for layer in ("fire9", "fire5"):
        maps, slopes = (tensor.detach().numpy().astype(np.float64) for tensor in maps_and_slopes(theirs, layer, x, cat))
        heat = np.zeros(maps.shape[2:])
        for k in range(maps.shape[1]):
            total, weight = maps[0, k].sum(), 0.0
            for i, j in np.ndindex(heat.shape):
                slope = slopes[0, k, i, j]
                below = 2 * slope**2 + total * slope**3
                weight += max(slope, 0) * slope**2 / below if slope != 0 and below != 0 else 0
            heat += weight * maps[0, k]
        expected = stretched(torch.tensor(np.maximum(heat, 0))[None, None], x.shape[2:]).numpy()
        assert_same(vis.GradCAMPlusPlus(layer)(ours, x, "logits", channel=cat)[:, :1], expected)


def test_grad_cam_plus_plus_has_no_share_where_there_is_no_gradient():
    flat = vis.GradCAMPlusPlus("maps")(
        lambda x: ((x * 1).named("maps") * 0.0).sum(axis=(2, 3)).named("out"), np.ones((1, 2, 3, 3)), "out"
    )
    np.testing.assert_array_equal(flat, 0)


def test_guided_grad_cam_is_captums():
    ours, theirs, x, cat = torch_twins.squeezenets()
    found = vis.GuidedGradCAM("fire9")(ours, x, "logits", channel=cat)
    method = attr.GuidedGradCam(theirs, theirs.get_submodule("fire9"))
    expected = method.attribute(torch.tensor(x), target=cat, interpolate_mode="bilinear")
    assert_same(found, expected.detach().numpy())


@pytest.mark.parametrize("method", [vis.GradCAM, vis.GradCAMPlusPlus, vis.GuidedGradCAM])
def test_each_image_of_a_batch_has_the_map_that_it_has_alone(method):
    net, x = trained(), images(3, 3, 16, 16)
    together = method("conv2")(net, x, "top.fc", channel=1)
    for n in range(3):
        np.testing.assert_allclose(together[n : n + 1], method("conv2")(net, x[n : n + 1], "top.fc", channel=1))
    assert together.any()


@pytest.mark.parametrize("method", [vis.GradCAM(), vis.GuidedGradCAM("pool")])
def test_random_weights_question_them(method):
    pytest.importorskip("skimage.metrics", reason="scikit-image is not installed")
    found = vis.sanity_check(trained(), images(1, 3, 16, 16), "top.fc", method=method, methods={})
    assert found.projections.any()
    assert found.ssim[0, 0] == 1
    assert (found.ssim[1:] < 0.99).any()
    assert found.figure().picture.size


def test_maps_that_come_to_nothing_are_refused():
    def beside(x):
        (x * 2).named("aside")
        return ag.mean(x, (2, 3)).named("out")

    with pytest.raises(ValueError, match="GradCAM: 'out' does not depend on the maps 'aside'"):
        vis.GradCAM("aside")(beside, images(1, 3, 8, 8), "out")


def test_an_overlay_blends_a_photograph_with_heat():
    photo, heat = np.full((3, 2, 2), 0.5), np.array([[0.0, 1.0], [2.0, -3.0]])
    hot = np.asarray(vis.to_image(np.maximum(heat, 0), display="heat"), int)
    assert hot[0, 0].tolist() == hot[1, 1].tolist() == [0, 0, 0]
    assert (np.diff(hot.reshape(4, 3)[[0, 1, 2]].sum(axis=1)) > 0).all()
    mixed = np.asarray(vis.overlay(photo, heat, opacity=0.25, scale=2.0), int)
    assert np.abs(mixed - (0.75 * 128 + 0.25 * hot)).max() <= 1
    channels = np.stack([heat, heat])
    assert vis.overlay(photo, channels, scale=2.0, zoom=3).size == (6, 6)
    np.testing.assert_array_equal(np.asarray(vis.overlay(photo, heat, opacity=0)), 128)
