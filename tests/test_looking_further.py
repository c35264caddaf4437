"""Invariance, occlusion and sanity checks, where the answer is known beforehand."""

import numpy as np
import pytest
from test_vis import two_convs_then_pool

import autograd_mini as ag
import nn
import vis


def images(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def net():
    rng = np.random.default_rng(1)
    return nn.Sequential(
        conv=nn.Conv2d(1, 2, 3, padding=1, rng=rng, dtype=np.float64), relu=nn.ReLU(), flat=nn.Flatten(),
        fc=nn.Linear(2 * 8 * 8, 3, rng=rng, dtype=np.float64),
    )  # fmt: skip


def test_a_square_takes_away_what_lies_under_it():
    weight = images(1, 1, 6, 6)

    def model(x):
        total = (x * weight).sum(axis=(1, 2, 3)).named("total")
        return ag.stack([total, total * 0.0], axis=1).named("logits")

    x = images(2, 1, 6, 6)
    found = vis.occlusion(model, x, size=2, stride=2, target=0)
    for n in range(2):
        for row in range(3):
            for column in range(3):
                top, left = 2 * row, 2 * column
                covered = x[n, 0].copy()
                covered[top : top + 2, left : left + 2] = 0
                logit = (covered * weight[0, 0]).sum()
                np.testing.assert_allclose(found.activation[n, row, column], logit, rtol=1e-9)
                np.testing.assert_allclose(found.probability[n, row, column], 1 / (1 + np.exp(-logit)), rtol=1e-9)
                assert found.predicted[n, row, column] == (0 if logit >= 0 else 1)
    np.testing.assert_allclose(found.unoccluded.activation, (x * weight).sum(axis=(1, 2, 3)), rtol=1e-9)


def test_occlusion_does_not_depend_on_the_batch_size():
    x = images(2, 1, 8, 8)
    one, all_ = (vis.occlusion(net(), x, layer="relu", channel=1, size=3, stride=2, batch_size=b) for b in (1, 64))
    np.testing.assert_allclose(one.activation, all_.activation, rtol=1e-10)
    np.testing.assert_allclose(one.probability, all_.probability, rtol=1e-10)
    assert one.figure().picture.size[0] > 100


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"size": 9}, ValueError), ({"size": 2, "stride": 0}, ValueError), ({"size": 2, "target": 3}, IndexError),
        ({"size": 2, "layer": "conv9"}, KeyError), ({"size": 2, "layer": "relu", "channel": 2}, IndexError),
    ],
)  # fmt: skip
def test_occlusion_refuses_what_makes_no_sense(options, error):
    with pytest.raises(error):
        vis.occlusion(net(), images(1, 1, 8, 8), **options)


def test_nothing_moves_at_the_neutral_amount_and_a_known_distance_beside_it():
    x, model = images(2, 1, 8, 8), net()
    found = vis.invariance(model, x, layers=["relu"], transform="shift", amounts=[0, 3])
    np.testing.assert_allclose(found.distances["relu"][:, 0], 0, atol=1e-12)
    moved = np.zeros_like(x)
    moved[:, :, 3:] = x[:, :, :-3]
    before, after = (vis.activations(model, array)["relu"].reshape(2, -1) for array in (x, moved))
    # Pillow moves pictures in single precision
    np.testing.assert_allclose(found.distances["relu"][:, 1], np.linalg.norm(after - before, axis=1), rtol=1e-5)
    assert found.probability.shape == (2, 2)
    with pytest.raises(ValueError, match="transform must be"):
        vis.invariance(model, x, layers=["relu"], transform="melt")


def test_random_weights_stay_inside_the_block_bit_for_bit():
    model = two_convs_then_pool()
    before = {name: array.copy() for name, array in model.state_dict().items()}

    def changed():
        return {name for name, array in model.state_dict().items() if not np.array_equal(array, before[name])}

    with vis.randomised(model, until="conv3") as names:
        assert names == ["fc", "conv3"]
        assert {name.partition(".")[0] for name in changed()} == {"fc", "conv3"}
    assert not changed()
    with pytest.raises(ZeroDivisionError), vis.randomised(model, only="conv1"):  # noqa: PT012
        assert {name.partition(".")[0] for name in changed()} == {"conv1"}
        raise ZeroDivisionError
    assert not changed()
    with pytest.raises(KeyError), vis.randomised(model, until="conv9"):
        pass


def test_similarity_is_one_for_the_same_and_low_for_noise():
    pytest.importorskip("skimage")
    a, b = images(3, 20, 20), np.random.default_rng(7).standard_normal((3, 20, 20))
    same, other = vis.similarity(a, a), vis.similarity(a, b)
    np.testing.assert_allclose(same, (1, 1), rtol=1e-12)
    assert abs(other.ssim) < 0.2
    assert abs(other.rank) < 0.2
    np.testing.assert_allclose(vis.similarity(a, -a).rank, -1, rtol=1e-12)


def test_the_cascade_goes_from_the_top_down_and_begins_with_the_trained_net():
    pytest.importorskip("skimage")
    model, x = two_convs_then_pool(), images(1, 3, 12, 10)
    found = vis.sanity_check(model, x, "relu3", channel=2)
    assert found.steps == ["trained", "conv3", "conv2", "conv1"]
    np.testing.assert_allclose(found.projections[0], vis.project(model, x, "relu3", channel=2, start=1.0), rtol=1e-12)
    np.testing.assert_allclose((found.ssim[0, 0], found.rank[0, 0]), (1, 1), rtol=1e-12)
    assert np.abs(found.projections[-1] - found.projections[0]).max() > 0
    assert found.figure().picture.size[0] > 20
