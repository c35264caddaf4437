"""Flat parts of photographs: equal numbers stay equal, so that switches, and projections, are PyTorch's."""

import numpy as np
import pytest
from nets import chelsea

import autograd_mini as ag
import nn
import vis

torch = pytest.importorskip("torch", reason="PyTorch is not installed (the extra `test`)")

from torch.nn import functional as F  # noqa: E402  (after the skip)


def flat(dtype):
    """A photograph on a flat ground of a colour."""
    x = np.empty((1, 3, 96, 96), dtype)
    x[:] = np.array([0.3, 0.21, 0.27])[:, None, None]
    x[..., 36:60, 38:62] = chelsea()[:, :, 60:84, 60:84] / 100
    return x


def net_of(dtype):
    return nn.VGG("32x2 M 32x2 M | 2", input_shape=(3, 96, 96), rng=0, dtype=dtype)


def switches_of(named):
    return {name: value.node.saved["switches"] for name, value in named.items() if "pool" in name}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("compiled", [True, False])
def test_projections_of_a_photograph_on_a_flat_ground_are_pytorchs(dtype, compiled):
    before = ag.is_compiled()
    if compiled and not before:
        pytest.skip("the kernels are not compiled")
    net, x, layer = net_of(dtype), flat(dtype), "features.conv2_2"
    assert ag.is_winograd()
    ag.set_compiled(compiled)
    try:
        ours = vis.project(net, x, layer, position="all", channel=3, rules=vis.GRADIENT, start=1.0)
    finally:
        ag.set_compiled(before)
    weights = {name: torch.tensor(p.numpy()) for name, p in net.named_parameters()}
    h = images = torch.tensor(x, requires_grad=True)
    for block in (1, 2):
        h = F.max_pool2d(h, 2) if block == 2 else h
        for i in (1, 2):
            at = f"features.conv{block}_{i}"
            h = F.relu(F.conv2d(h, weights[f"{at}.weight"], weights[f"{at}.bias"], padding=1))
    (theirs,) = torch.autograd.grad(h[:, 3].sum(), images)
    rounding = 1e-5 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=0, atol=rounding * theirs.abs().max().item())


@pytest.mark.parametrize("compiled", [True, False])
def test_of_equal_numbers_the_first_is_taken_in_every_flat_window(compiled):
    before = ag.is_compiled()
    if compiled and not before:
        pytest.skip("the kernels are not compiled")
    ag.set_compiled(compiled)
    try:
        found = switches_of(vis.record(net_of(np.float32), flat(np.float32)).named)
    finally:
        ag.set_compiled(before)
    switches = found["features.pool1"]
    ground = np.ones(switches.shape[2:], bool)
    ground[15:33, 16:34] = False  # the photograph, and what sees it
    ground[[0, -1]] = ground[:, [0, -1]] = False  # padding
    assert ground.sum() > 1500
    assert (switches[..., ground] == 0).all()


def test_a_picture_moves_with_what_is_in_the_image():
    net, x = net_of(np.float32), flat(np.float32)
    moved = np.roll(x, 4, axis=3)
    here, there = (vis.project(net, images, "features.conv2_2", position="all", channel=3) for images in (x, moved))
    inside = np.s_[..., 20:76, 20:76]
    np.testing.assert_allclose(np.roll(here, 4, axis=3)[inside], there[inside], rtol=0, atol=1e-5 * np.abs(here).max())


def test_outside_a_recording_nothing_changes():
    from autograd_mini.kernels.settings import is_plain

    vis.record(net_of(np.float32), flat(np.float32))
    assert not is_plain()
    with pytest.raises(ZeroDivisionError):
        vis.record(lambda x: 1 / 0, flat(np.float32))
    assert not is_plain()
    assert ag.is_winograd()
