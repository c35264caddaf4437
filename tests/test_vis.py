"""Looking into nets: the backward pass beside the mirrored network, three rules, conventions, traps, pictures."""

import numpy as np
import pytest
from cases import every
from internals import FRESH, activation_hook, here
from nets import assert_state, images, state_of, two_convs_then_pool
from PIL import Image

import autograd_mini as ag
import nn
import vis
from autograd_mini import Tensor


class Branches(nn.Module):
    """Concatenation, addition, a layer used twice, average pooling, batch norm, overlapping padded pooling."""

    def __init__(self):
        rng = np.random.default_rng(3)
        self.stem = nn.Conv2d(3, 4, 3, stride=2, padding=1, rng=rng, dtype=np.float64)
        self.bn = nn.BatchNorm2d(4, dtype=np.float64)
        self.shared = nn.Conv2d(4, 4, 3, padding=1, rng=rng, dtype=np.float64)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.average = nn.AvgPool2d(2)
        self.top = nn.Conv2d(8, 3, 1, rng=rng, dtype=np.float64)
        self.bn.running_mean.data[:] = rng.standard_normal(4)
        self.bn.running_var.data[:] = 1 + rng.random(4)

    def forward(self, x):
        h = ag.relu(self.bn(self.stem(x)))
        once = ag.relu(self.shared(h))
        twice = ag.relu(self.shared(once) - h * 0.5)
        joined = ag.concatenate([once + h, twice], axis=1)
        return self.average(ag.relu(self.top(self.pool(joined))).named("features"))


def by_both(model, x, layer, rtol=1e-10, atol=1e-12, **options):
    """The projection, by the backward pass and by the mirrored network."""
    projected, mirrored = vis.project(model, x, layer, **options), vis.DeconvNet(model).project(x, layer, **options)
    np.testing.assert_allclose(projected, mirrored, rtol=rtol, atol=atol * np.abs(projected).max())
    return projected


# ── the backward pass and the mirrored network ──


@pytest.mark.parametrize("layer", ["conv1", "relu1", "conv2", "relu2", "pool", "conv3", "relu3", "flat", "fc"])
@every("options", [{}, {"start": 1.0}, {"after_relu": False}, {"channel": 3}, {"position": "all"}])
def test_the_projection_equals_the_mirrored_network(layer, options):
    x = images(3, 3, 12, 10)
    projected = by_both(two_convs_then_pool(), x, layer, **options)
    assert projected.shape == x.shape
    assert np.abs(projected).max() > 0 or options.get("after_relu") is False


@pytest.mark.parametrize("layer", ["stem", "shared", "shared#2", "pool", "top", "features", "average"])
def test_the_projection_equals_the_mirrored_network_with_branches_and_shared_layers(layer):
    assert by_both(Branches().eval(), images(2, 3, 17, 14), layer).any()


def test_the_projection_equals_the_mirrored_network_in_float32_to_its_rounding():
    x = images(2, 3, 12, 10, dtype=np.float32)
    assert by_both(two_convs_then_pool(np.float32), x, "fc", rtol=0, atol=1e-6).dtype == np.float32


def test_the_projection_equals_the_mirrored_network_through_products_from_both_sides():
    left, right = images(3, 12), images(10, 4)
    assert by_both(
        lambda x: ag.matmul(ag.matmul(left, x), right).named("product"), images(2, 3, 12, 10), "product"
    ).any()


def test_the_mirrored_network_lists_its_layers_top_first():
    layers = vis.DeconvNet(two_convs_then_pool()).layers(images(1, 3, 12, 10), "conv3")
    kinds = {"conv": "deconv", "pool": "unpool", "relu": "relu"}
    mirrored = ["relu3", "conv3", "pool", "relu2", "conv2", "relu1", "conv1"]
    assert [(layer.kind, layer.mirrors) for layer in layers] == [(kinds[name[:4]], name) for name in mirrored]
    assert layers[0].shape_in == (1, 5, 3, 5)
    assert layers[-1].shape_out == (1, 3, 12, 10)


def test_the_projection_of_a_hand_made_net_is_the_papers_recipe_step_by_step():
    net, x = two_convs_then_pool(), images(1, 3, 12, 10)
    seen = vis.activations(net, x)
    pooled, indices = ag.max_pool2d(seen["relu2"], kernel_size=2, return_indices=True)
    n, c, i, j = np.unravel_index(pooled.argmax(), pooled.shape)
    signal = np.zeros_like(pooled)
    signal[n, c, i, j] = pooled[n, c, i, j]
    signal = ag.max_unpool2d(signal, indices, kernel_size=2)
    signal = ag.conv_transpose2d(np.maximum(signal, 0), net["conv2"].weight.numpy())
    signal = ag.conv_transpose2d(np.maximum(signal, 0), net["conv1"].weight.numpy(), padding=1)
    np.testing.assert_allclose(vis.project(net, x, "pool"), signal, rtol=1e-10, atol=1e-12)


# ── the three rules ──


def test_on_a_single_conv_relu_pool_deconvnet_and_guided_agree_as_known():
    net, x = nn.Sequential(conv=nn.Conv2d(3, 6, 3, rng=1), relu=nn.ReLU(), pool=nn.MaxPool2d(2)), images(2, 3, 10, 10)
    one, other = (vis.project(net, x, "pool", rules=rules) for rules in (vis.DECONVNET, vis.GUIDED))
    np.testing.assert_array_equal(one, other)


# ── which unit, and from what ──


def test_no_second_channel_leaks_into_a_projection():
    net, x = two_convs_then_pool(), images(1, 3, 12, 10)
    one = vis.project(net, x, "conv2", channel=4, position="all")
    for other in range(8):
        if other != 4:
            net["conv2"].weight.data[other] += 1.0
            net["conv2"].bias.data[other] -= 3.0
    np.testing.assert_allclose(vis.project(net, x, "conv2", channel=4, position="all"), one, rtol=1e-12)


def test_a_projection_from_a_unit_stays_inside_its_receptive_field():
    net, x = two_convs_then_pool(), images(1, 3, 12, 10)
    picture = vis.project(net, x, "conv2", channel=0, position=(4, 3), start=1.0, after_relu=False)
    reached = np.argwhere(picture[0].any(axis=0))
    # conv2 (3×3, no padding) sees rows 4..6 of relu1, and conv1 (3×3, padding 1) rows 3..7 of the image
    np.testing.assert_array_equal(reached.min(axis=0), [3, 2])
    np.testing.assert_array_equal(reached.max(axis=0), [7, 6])


@pytest.mark.parametrize("place", [None, (3, 2)])
def test_by_default_the_strongest_unit_of_each_image_starts_with_its_activation(place):
    net, x = two_convs_then_pool(), images(3, 3, 12, 10)
    values = vis.activations(net, x)["relu2"]
    for n in range(3):
        here = values[n] if place is None else values[n][:, *place].reshape(-1, 1, 1)  # of those at the place
        channel, *position = map(int, np.unravel_index(here.argmax(), here.shape))
        alone = vis.project(net, x[n : n + 1], "relu2", channel=channel, position=place or tuple(position))[0]
        assert alone.any()
        given = vis.project(net, x, "relu2", position=place)[n]
        np.testing.assert_allclose(given, alone, rtol=1e-10, atol=1e-13)
        unit = vis.project(net, x, "relu2", position=place, start=1.0)[n]
        np.testing.assert_allclose(unit * here.max(), alone, rtol=1e-10, atol=1e-12)


def test_projecting_leaves_the_model_as_it_was_and_nobody_watching():
    net, x = two_convs_then_pool().train(), images(2, 3, 12, 10)
    net["conv1"].training = False
    before = state_of(net)
    np.testing.assert_array_equal(vis.project(net, x, "fc"), vis.project(net, x, "fc"))  # dropout is off
    assert net["drop"].training
    assert not net["conv1"].training
    assert all(p.grad is None for p in net.parameters())
    assert_state(net, before)
    with pytest.raises(KeyError):
        vis.project(net, x, "fc9", bias="subtracted")
    assert here() == FRESH


# ── how far the model runs ──


@pytest.mark.parametrize("way", [vis.Projection, vis.MirroredNetwork])
@pytest.mark.parametrize(
    ("layer", "options", "value", "last"),
    [
        ("relu1", {}, "relu1", "relu1"),
        ("pool", {}, "pool", "pool"),
        ("conv2", {"after_relu": False}, "conv2", "conv2"),
        ("flat", {}, "flat", "flat"),
        ("conv2", {}, "relu2", "fc"),  # whether a ReLU alone takes it on is known at the end
        ("fc", {}, "fc", "fc"),
    ],
)
def test_the_model_is_left_once_nothing_that_follows_matters(way, layer, options, value, last):
    net, x, ran = two_convs_then_pool().train(), images(2, 3, 12, 10), []
    with activation_hook(lambda name, value: ran.append(name)):
        picture = way(**options)(net, x, layer)
    assert ran[-1] == last
    assert net.training
    assert net["drop"].training
    assert here() == FRESH
    recorded = vis.record(net, x)
    values = recorded.named[value].numpy()
    strongest = values.reshape(2, -1).max(axis=1).reshape(2, *[1] * (values.ndim - 1))
    seed = np.where(values == strongest, values, 0)
    expected = ag.grad(recorded.named[value], recorded.images, seed, rules=vis.DECONVNET).numpy()
    np.testing.assert_allclose(picture, expected, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("rules", [vis.DECONVNET, vis.GRADIENT, vis.GUIDED, vis.LINEAR])
@pytest.mark.parametrize("start", ["activation", 1.0, -2.0])
def test_a_relu_behind_what_is_rectified_already_makes_no_difference(rules, start):
    w = images(4, 1, 3, 3)

    def model(x):
        pooled = ag.max_pool2d(ag.relu(ag.conv2d(x, w) - 3.0), kernel_size=2).named("pooled")
        return ag.relu(pooled).named("again")

    x = images(3, 1, 8, 8)
    assert (vis.activations(model, x)["pooled"][:, 2, 1, 1] == 0).any()  # units that are off
    how = {"channel": 2, "position": (1, 1), "rules": rules, "start": start}
    np.testing.assert_array_equal(vis.project(model, x, "pooled", **how), vis.project(model, x, "again", **how))


def test_a_model_that_catches_everything_is_left_at_its_end():
    net, x, caught = two_convs_then_pool(), images(2, 3, 12, 10), []

    def first(x):
        return net["relu1"](net["conv1"](x)).named("first")

    def stubborn(x):
        try:
            return first(x)
        except BaseException as left:
            caught.append(left)
            return x

    np.testing.assert_array_equal(vis.project(stubborn, x, "first"), vis.project(first, x, "first"))
    assert caught


@pytest.mark.parametrize("besides", [None, "before", "behind"])
def test_a_value_that_not_its_relu_alone_takes_on_is_started_from_itself(besides):
    w, x = images(4, 3, 3, 3), images(2, 3, 6, 6)

    def model(x):
        h = ag.conv2d(x, w).named("maps")
        aside = h * 2.0 if besides == "before" else 0.0
        return ag.relu(h) + aside + (h if besides == "behind" else 0.0)

    where = {"channel": 2, "position": (1, 1), "start": -1.0}
    assert vis.project(model, x, "maps", **where).any() == (besides is not None)
    assert vis.project(model, x, "maps", after_relu=False, **where).any()


def test_a_model_of_bare_tensor_operations_can_be_looked_into():
    w1, w2 = images(4, 1, 3, 3), Tensor(images(5, 4, 3, 3), requires_grad=True)

    def model(x):
        h = ag.relu(ag.conv2d(x, w1, padding=1)).named("edges")
        return ag.max_pool2d(ag.relu(ag.conv2d(h, w2)), kernel_size=2).named("parts")  # the model's own output

    x = images(2, 1, 8, 8)
    assert list(vis.activations(model, x)) == ["edges", "parts"]
    assert by_both(model, x, "parts").any()
    assert w2.grad is None


# ── pictures ──


OUTLIER = np.append(np.ones(999), 1000.0).reshape(40, 25)


@every(
    ("array", "options", "levels"),
    [
        ([[-2.0, 0.0], [1.0, 2.0]], {"display": "symmetric"}, [[0, 128], [191, 255]]),
        ([[-2.0, 0.0], [1.0, 2.0]], {"scale": 2.0}, [[0, 128], [191, 255]]),
        ([[1.0]], {"scale": 4.0}, [[159]]),
        ([[0.25, 0.5], [0.75, 1.25]], {"display": "minmax"}, [[0, 64], [128, 255]]),
        ([[0.25, 0.5], [0.75, 1.25]], {"display": "clip"}, [[64, 128], [191, 255]]),
        ([[0.25, 0.5], [0.75, 1.25]], {"display": "clip", "limits": (0.0, 0.75)}, [[85, 170], [255, 255]]),
        (np.array([[0, 200]], np.uint8), {"display": "clip"}, [[0, 200]]),
        (OUTLIER, {}, np.full((40, 25), 255)),
        (OUTLIER, {"display": "symmetric"}, np.where(OUTLIER == 1, 128, 255)),
        (OUTLIER * (np.arange(1000) > 800).reshape(40, 25), {}, (np.arange(1000) > 800).reshape(40, 25) * 127 + 128),
        *((np.zeros((3, 3)), {"display": how}, np.full((3, 3), 128)) for how in ("symmetric", "minmax", "percentile")),
    ],
)
def test_a_display_draws_each_number_at_its_level(array, options, levels):
    np.testing.assert_array_equal(np.asarray(vis.to_image(array, **options)), levels)


def test_a_picture_says_its_scale_and_how_much_is_beyond_it():
    said = vis.to_image(OUTLIER, zoom=2).info
    assert (said["scale"], said["clipped"]) == (1.0, 0.001)
    assert vis.to_image(OUTLIER, display="symmetric").info == {"scale": 1000.0, "clipped": 0.0}
    assert vis.to_image(OUTLIER, display="minmax").info == {}
    assert vis.common_scale([np.zeros(9), OUTLIER * -3]) == 3.0  # what is 0 has no part in it
    assert vis.common_scale([np.zeros(9)]) == 0.0


def test_colour_pictures_and_zoom_keep_their_places():
    a = np.zeros((3, 2, 2))
    a[0, 0, 1] = 1.0
    picture = vis.to_image(a, display="clip", zoom=3)
    assert picture.size == (6, 6)
    assert picture.getpixel((3, 0)) == (255, 0, 0)
    assert picture.getpixel((2, 0)) == (0, 0, 0)


def test_a_grid_holds_every_picture_whole_with_its_caption_below():
    pictures = [Image.new("RGB", (20, 10), (40 * i, 0, 0)) for i in range(5)]
    sheet = vis.grid(pictures, ["one", "two", "a caption wider than its picture", "", "five"], columns=3)
    pixels = {colour: count for count, colour in sheet.getcolors(100_000)}
    for i in range(1, 5):
        assert pixels[(40 * i, 0, 0)] == 20 * 10  # black is also the ink's colour
    assert sheet.width > 3 * 60
