"""The protocol of attributions: a method of one's own, the square that slides, random weights that question both."""

import numpy as np
import pytest
from nets import images, trained
from PIL import Image

import autograd_mini as ag
import vis
from autograd_mini import Tensor


class SquaredGradient(vis.Attribution):
    """What a reader writes: the square of the chosen unit's gradient."""

    def backward(self, target):
        ones = target.units.astype(target.value.dtype)
        return ag.grad(target.value, target.recorded.images, ones).numpy() ** 2


def test_a_method_of_ones_own_gives_what_the_operations_give_by_hand():
    net, x = trained().eval(), images(2, 3, 16, 16)
    values = vis.activations(net, x)["relu2"]
    assert (values[:, 3].reshape(2, -1).max(axis=1) > 0).all()
    rows, columns = np.unravel_index(values[:, 3].reshape(2, -1).argmax(axis=1), values.shape[2:])
    t = Tensor(x, requires_grad=True)
    h = ag.relu(net["bn"](net["conv2"](ag.relu(net["conv1"](t)))))
    (expected,) = ag.grad(ag.sum(h[np.arange(2), 3, rows, columns]), [t])
    given = SquaredGradient()(net, x, "bn", channel=3)  # behind its own ReLU, as everywhere
    np.testing.assert_allclose(given, expected.numpy() ** 2, rtol=1e-10, atol=1e-12)
    assert given.any()


def test_what_a_method_refuses_is_refused_in_its_name():
    with pytest.raises(KeyError, match="SquaredGradient: no activation is called 'conv9'"):
        SquaredGradient()(trained(), images(1, 3, 16, 16), "conv9")
    with pytest.raises(TypeError, match="abstract"):
        vis.Attribution()


@pytest.mark.parametrize("after_relu", [True, False])
def test_the_pass_is_left_at_the_layer_where_nothing_behind_it_matters(after_relu):
    method = SquaredGradient()
    method.after_relu = after_relu
    recorded = method.record(trained(), images(1, 3, 16, 16), "conv2")
    assert (list(recorded.named)[-1] == "conv2") != after_relu  # its own ReLU is still to come
    assert bool(recorded.outputs) == after_relu


# ── the square that slides ──


@pytest.mark.parametrize(
    ("layer", "after_relu", "watched"), [("relu1", True, "relu1"), ("bn", True, "relu2"), ("bn", False, "bn")]
)
def test_a_square_takes_from_a_channel_what_occlusion_measures(layer, after_relu, watched):
    net, x = trained(), images(2, 3, 16, 16)
    square = {"size": (5, 4), "stride": 3, "fill": "mean", "batch_size": 7}
    expected = vis.occlusion(net, x, layer=watched, channel=2, after_relu=after_relu, **square).attribution()
    given = vis.SlidingSquare(after_relu=after_relu, **square)(net, x, layer, channel=2, position="all")
    assert given.shape == x.shape
    for channel in range(3):
        np.testing.assert_array_equal(given[:, channel], expected)


def test_a_square_takes_from_a_class_and_from_a_single_unit_too():
    net, x = trained(), images(2, 3, 16, 16)
    square = {"size": 6, "stride": 5}
    logit = vis.occlusion(net, x, target=1, **square).attribution()
    np.testing.assert_array_equal(vis.SlidingSquare(**square)(net, x, "top.fc", channel=1)[:, 0], logit)
    values = vis.activations(net, x[:1])["relu1"][0, 2]
    place = tuple(map(int, np.unravel_index(values.argmax(), values.shape)))
    taken = vis.SlidingSquare(**square)(net, x[:1], "relu1", channel=2, position=place)[:, 0]
    field = vis.receptive_field(net, x, "relu1", place)
    beyond = np.ones((16, 16), bool)
    beyond[max(0, field.top - 5) : field.bottom + 5, max(0, field.left - 5) : field.right + 5] = False
    assert taken.any()
    assert not taken[:, beyond].any()  # squares that do not touch what the unit sees take nothing


def test_a_sanity_check_is_drawn_as_its_method_says():
    pytest.importorskip("skimage.metrics", reason="scikit-image is not installed")
    drawn = []

    class Red(SquaredGradient):
        def picture(self, model, signal, *, scale=None, zoom=1):
            drawn.append(signal.shape)
            return Image.new("RGB", (40, 40), "red")

    picture = vis.sanity_check(trained(), images(1, 3, 16, 16), "top.fc", method=Red(), methods={}).figure().picture
    assert len(drawn) == 6  # the trained net and five layers
    assert (np.asarray(picture) == [255, 0, 0]).all(axis=-1).sum() >= 6 * 40 * 40
