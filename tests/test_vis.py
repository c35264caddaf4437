"""Looking into nets: the backward pass beside the mirrored network, three rules, conventions, traps, pictures."""

import numpy as np
import pytest
from internals import FRESH, activation_hook, here
from PIL import Image

import autograd_mini as ag
import nn
import vis
from autograd_mini import Tensor


def images(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def two_convs_then_pool(dtype=np.float64, pool=None, rng=None):
    rng = rng or np.random.default_rng(5)
    return nn.Sequential(
        conv1=nn.Conv2d(3, 6, 3, padding=1, rng=rng, dtype=dtype),
        relu1=nn.ReLU(),
        conv2=nn.Conv2d(6, 8, 3, rng=rng, dtype=dtype),
        relu2=nn.ReLU(),
        pool=pool or nn.MaxPool2d(2),
        conv3=nn.Conv2d(8, 5, (3, 2), stride=(2, 1), padding=1, rng=rng, dtype=dtype),
        relu3=nn.ReLU(),
        flat=nn.Flatten(),
        drop=nn.Dropout(0.5),
        fc=nn.Linear(5 * 3 * 5, 4, rng=rng, dtype=dtype) if pool is None else nn.ReLU(),
    )


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


# ── the backward pass and the mirrored network ──


@pytest.mark.parametrize("layer", ["conv1", "relu1", "conv2", "relu2", "pool", "conv3", "relu3", "flat", "fc"])
@pytest.mark.parametrize("options", [{}, {"start": 1.0}, {"after_relu": False}, {"channel": 3}, {"position": "all"}])
def test_the_projection_equals_the_mirrored_network(layer, options):
    net, x = two_convs_then_pool(), images(3, 3, 12, 10)
    projected = vis.project(net, x, layer, **options)
    mirrored = vis.DeconvNet(net).project(x, layer, **options)
    assert projected.shape == x.shape
    np.testing.assert_allclose(projected, mirrored, rtol=1e-10, atol=1e-12 * np.abs(projected).max())
    assert np.abs(projected).max() > 0 or options.get("after_relu") is False


@pytest.mark.parametrize("layer", ["stem", "shared", "shared#2", "pool", "top", "features", "average"])
def test_the_projection_equals_the_mirrored_network_with_branches_and_shared_layers(layer):
    net, x = Branches().eval(), images(2, 3, 17, 14)
    projected = vis.project(net, x, layer)
    mirrored = vis.DeconvNet(net).project(x, layer)
    np.testing.assert_allclose(projected, mirrored, rtol=1e-10, atol=1e-12 * np.abs(projected).max())
    assert np.abs(projected).max() > 0


def test_the_projection_equals_the_mirrored_network_in_float32_to_its_rounding():
    net, x = two_convs_then_pool(np.float32), images(2, 3, 12, 10).astype(np.float32)
    projected = vis.project(net, x, "fc")
    assert projected.dtype == np.float32
    np.testing.assert_allclose(projected, vis.DeconvNet(net).project(x, "fc"), atol=1e-6 * np.abs(projected).max())


def test_the_mirrored_network_lists_its_layers_top_first():
    layers = vis.DeconvNet(two_convs_then_pool()).layers(images(1, 3, 12, 10), "conv3")
    assert [(layer.kind, layer.mirrors) for layer in layers] == [
        ("relu", "relu3"),
        ("deconv", "conv3"),
        ("unpool", "pool"),
        ("relu", "relu2"),
        ("deconv", "conv2"),
        ("relu", "relu1"),
        ("deconv", "conv1"),
    ]
    assert layers[0].shape_in == (1, 5, 3, 5)
    assert layers[-1].shape_out == (1, 3, 12, 10)


def test_the_mirrored_network_says_which_operation_has_no_mirror():
    net = nn.Sequential(conv=nn.Conv2d(1, 2, 3), act=nn.Tanh(), top=nn.Conv2d(2, 1, 1))
    with pytest.raises(NotImplementedError, match="tanh at 'act' has no mirror"):
        vis.DeconvNet(net).project(np.zeros((1, 1, 5, 5), np.float32), "top")


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


def test_gradient_guided_and_deconvnet_pictures_differ():
    net, x = two_convs_then_pool(), images(2, 3, 12, 10)
    pictures = [vis.project(net, x, "pool", rules=rules) for rules in (vis.DECONVNET, vis.GRADIENT, vis.GUIDED)]
    for i in range(3):
        for j in range(i):
            difference = np.abs(pictures[i] - pictures[j]).max()
            assert difference > 1e-3 * np.abs(pictures[i]).max(), (i, j)


def test_on_a_single_conv_relu_pool_deconvnet_and_guided_agree_as_known():
    net = nn.Sequential(conv=nn.Conv2d(3, 6, 3, rng=1, dtype=np.float64), relu=nn.ReLU(), pool=nn.MaxPool2d(2))
    x = images(2, 3, 10, 10)
    np.testing.assert_array_equal(
        vis.project(net, x, "pool", rules=vis.DECONVNET), vis.project(net, x, "pool", rules=vis.GUIDED)
    )


@pytest.mark.parametrize(
    ("name", "rules"), [("gradient", vis.GRADIENT), ("deconvnet", vis.DECONVNET), ("guided", vis.GUIDED)]
)
def test_each_rule_agrees_with_the_same_rule_hooked_into_pytorch(name, rules):
    torch = pytest.importorskip("torch")
    net, x = two_convs_then_pool(), images(2, 3, 12, 10)

    class Rectify(torch.autograd.Function):
        @staticmethod
        def forward(ctx, t):
            out = t.clamp(min=0)
            ctx.save_for_backward(out)
            return out

        @staticmethod
        def backward(ctx, g):
            (out,) = ctx.saved_tensors
            mask = (out > 0).to(g.dtype)
            return {"gradient": g * mask, "deconvnet": g.clamp(min=0), "guided": g.clamp(min=0) * mask}[name]

    f = torch.nn.functional
    weight = {key: torch.tensor(value) for key, value in net.state_dict().items()}
    tx = torch.tensor(x, requires_grad=True)
    h = Rectify.apply(f.conv2d(tx, weight["conv1.weight"], weight["conv1.bias"], padding=1))
    h = f.max_pool2d(Rectify.apply(f.conv2d(h, weight["conv2.weight"], weight["conv2.bias"])), 2)
    h = f.conv2d(h, weight["conv3.weight"], weight["conv3.bias"], stride=(2, 1), padding=1)
    channel, row, column = 2, 1, 3
    seed = torch.zeros_like(h)
    seed[:, channel, row, column] = 1.0
    (expected,) = torch.autograd.grad(h, tx, seed)
    ours = vis.project(
        net, x, "conv3", channel=channel, position=(row, column), start=1.0, after_relu=False, rules=rules
    )
    np.testing.assert_allclose(ours, expected.numpy(), rtol=1e-9, atol=1e-12)


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


def test_by_default_the_strongest_unit_of_each_image_starts_with_its_activation():
    net, x = two_convs_then_pool(), images(3, 3, 12, 10)
    values = vis.activations(net, x)["relu2"]
    for n in range(3):
        channel, *position = np.unravel_index(values[n].argmax(), values[n].shape)
        alone = vis.project(net, x[n : n + 1], "relu2", channel=int(channel), position=tuple(map(int, position)))
        np.testing.assert_allclose(vis.project(net, x, "relu2")[n], alone[0], rtol=1e-10, atol=1e-13)
        unit = vis.project(net, x, "relu2", start=1.0)[n]
        np.testing.assert_allclose(unit * values[n].max(), alone[0], rtol=1e-10, atol=1e-12)


def test_a_conv_starts_after_its_own_relu_unless_told_otherwise():
    net, x = two_convs_then_pool(), images(1, 3, 12, 10)
    values = vis.activations(net, x)["conv2"][0, 1]
    i, j = np.unravel_index(values.argmin(), values.shape)
    assert values[i, j] < 0
    where = {"channel": 1, "position": (int(i), int(j))}
    assert not vis.project(net, x, "conv2", **where).any()
    assert vis.project(net, x, "conv2", after_relu=False, **where).any()


def test_projecting_leaves_the_model_as_it_was():
    net, x = two_convs_then_pool(), images(2, 3, 12, 10)
    net.train()
    net["conv1"].training = False
    before = {name: array.copy() for name, array in net.state_dict().items()}
    vis.project(net, x, "fc")
    assert net["drop"].training
    assert not net["conv1"].training
    assert all(p.grad is None for p in net.parameters())
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


# ── how far the model runs ──


@pytest.mark.parametrize("project", [vis.project, lambda net, *rest, **how: vis.DeconvNet(net).project(*rest, **how)])
@pytest.mark.parametrize(
    ("layer", "options", "last"),
    [
        ("relu1", {}, "relu1"),
        ("pool", {}, "pool"),
        ("conv2", {"after_relu": False}, "conv2"),
        ("conv2", {}, "fc"),  # whether a ReLU alone takes it on is known at the end
        ("fc", {}, "fc"),
    ],
)
def test_the_model_is_left_once_nothing_that_follows_matters(project, layer, options, last):
    net, x, ran = two_convs_then_pool(), images(2, 3, 12, 10), []
    net.train()
    with activation_hook(lambda name, value: ran.append(name)):
        picture = project(net, x, layer, **options)
    assert ran[-1] == last
    assert net.training
    assert net["drop"].training
    assert here() == FRESH
    recorded = vis.record(net, x)
    value = recorded.named["relu2" if layer == "conv2" and not options else layer]
    values = value.numpy().reshape(2, -1)
    seed = np.where(values == values.max(axis=1, keepdims=True), values, 0).reshape(value.shape)
    np.testing.assert_allclose(
        picture, ag.grad(value, recorded.images, seed, rules=vis.DECONVNET).numpy(), rtol=1e-10, atol=1e-13
    )


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

    def stubborn(x):
        try:
            x = net["relu1"](net["conv1"](x)).named("first")
        except BaseException as left:
            caught.append(left)
        return x

    np.testing.assert_array_equal(
        vis.project(stubborn, x, "first"),
        vis.project(lambda x: net["relu1"](net["conv1"](x)).named("first"), x, "first"),
    )
    assert caught


@pytest.mark.parametrize("rectified", [True, False])
def test_a_value_that_not_its_relu_alone_takes_on_is_started_from_itself(rectified):
    w = images(4, 3, 3, 3)

    def model(x):
        h = ag.conv2d(x, w).named("maps")
        return ag.relu(h) if rectified else ag.relu(h) + h

    x = images(2, 3, 6, 6)
    where = {"channel": 2, "position": (1, 1), "start": -1.0}
    assert vis.project(model, x, "maps", **where).any() == (not rectified)
    assert vis.project(model, x, "maps", after_relu=False, **where).any()


def test_dropout_is_off_while_looking():
    net, x = two_convs_then_pool(), images(2, 3, 12, 10)
    np.testing.assert_array_equal(vis.project(net, x, "fc"), vis.project(net, x, "fc"))


def test_a_model_of_bare_tensor_operations_can_be_looked_into():
    w1, w2 = images(4, 1, 3, 3), images(5, 4, 3, 3)

    def model(x):
        h = ag.relu(ag.conv2d(x, w1, padding=1)).named("edges")
        h = ag.max_pool2d(ag.relu(ag.conv2d(h, w2)), kernel_size=2).named("parts")
        return h.reshape(len(h), -1).sum(axis=1)

    x = images(2, 1, 8, 8)
    assert list(vis.activations(model, x)) == ["edges", "parts"]
    projected = vis.project(model, x, "parts")
    np.testing.assert_allclose(projected, vis.DeconvNet(model).project(x, "parts"), rtol=1e-10, atol=1e-13)


# ── bad input ──


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda n, x: vis.project(n, x, "conv9"), KeyError, "no activation is called 'conv9'; there are conv"),
        (lambda n, x: vis.project(n, x, "conv1", channel=6), IndexError, "channel 6 is out of range: the layer has 6"),
        (lambda n, x: vis.project(n, x, "conv1", position=(12, 0)), IndexError, r"position \(12, 0\) is out of range"),
        (lambda n, x: vis.project(n, x, "conv1", position="some"), ValueError, "position must be None"),
        (lambda n, x: vis.project(n, np.zeros((1, 3, 12, 10), np.uint8), "conv1"), TypeError, "not uint8"),
        (lambda n, x: vis.project(n, x * np.nan, "conv1"), ValueError, "must be finite numbers; 360 of them are not"),
        (lambda n, x: vis.project(n, x[:0], "conv1"), ValueError, "at least one image"),
        (lambda n, x: vis.project(n, x[0], "conv1"), ValueError, r"make a batch with images\[None\]"),
        (
            lambda n, x: vis.project(n, x[0, 0, 0], "conv1"),
            ValueError,
            r"images \(10,\) must be a batch, \(N, C, H, W\)",
        ),
        (lambda n, x: vis.project(n, x[None], "conv1"), ValueError, r"images \(1, 1, 3, 12, 10\) must be a batch"),
        (lambda n, x: vis.project(n, np.full(x.shape, "a"), "conv1"), TypeError, "images must be floating numbers"),
        (lambda n, x: vis.project(n, x + 1j, "conv1"), TypeError, "not complex128"),
        (lambda n, x: vis.project(n, x[:, :2], "conv1"), ValueError, "has 2 channels but the filters"),
        (lambda n, x: vis.project(n, x, "features.conv9"), KeyError, r"there are conv\d, conv\d, conv\d.* and \d more"),
        (lambda n, x: vis.project(n, x, "Zwölf"), KeyError, "there are conv1, relu1, conv2, relu2, pool, conv3"),
        (lambda n, x: vis.project(n, x, 2), KeyError, "no activation is called 2; there are conv1"),
        (
            lambda n, x: vis.project(lambda t: t * 2, x, "conv1"),
            KeyError,
            r"names none. Build it .* t.named\('hidden'\)",
        ),
        (
            lambda n, x: vis.project(lambda t: Tensor(t.numpy()).named("cut"), x, "cut"),
            ValueError,
            "does not depend on",
        ),
        (lambda n, x: vis.project(lambda t: t.sum().named("sum"), x, "sum"), ValueError, r"shape \(\) has no channels"),
        (lambda n, x: vis.to_image(np.zeros((2, 4, 4))), ValueError, r"shape \(2, 4, 4\) must be"),
        (lambda n, x: vis.to_image(np.full((4, 4), np.nan)), ValueError, "16 of 16 values are not finite"),
        (lambda n, x: vis.to_image(np.zeros((4, 4)), display="nice"), ValueError, "not 'nice'"),
        (lambda n, x: vis.to_image(np.zeros((4, 4)), scale=-1.0), ValueError, "must be a positive number, not -1.0"),
        (lambda n, x: vis.to_image(np.zeros((4, 4)), scale=np.nan), ValueError, "not nan"),
        (lambda n, x: vis.to_image(np.zeros((4, 4)), display="clip", scale=2.0), ValueError, "not for 'clip'"),
        (lambda n, x: vis.to_image(np.zeros((4, 4)), display="clip", limits=(1, 1)), ValueError, r"not \(1, 1\)"),
        (lambda n, x: vis.grid([]), ValueError, "no pictures"),
        (lambda n, x: vis.grid([vis.to_image(np.zeros((2, 2)))], ["a", "b"]), ValueError, "not 2"),
    ],
)
def test_bad_input_gets_one_clear_message(call, error, text):
    with pytest.raises(error, match=text):
        call(two_convs_then_pool(), images(1, 3, 12, 10))


# ── pictures ──


def test_symmetric_pictures_show_zero_as_middle_grey_and_the_scale_as_white():
    picture = np.asarray(vis.to_image(np.array([[-2.0, 0.0], [1.0, 2.0]])))
    np.testing.assert_array_equal(picture, [[0, 128], [191, 255]])
    np.testing.assert_array_equal(np.asarray(vis.to_image(np.array([[1.0]]), scale=4.0)), [[159]])


def test_minmax_clip_and_percentile_do_as_they_say():
    a = np.array([[0.25, 0.5], [0.75, 1.25]])
    np.testing.assert_array_equal(np.asarray(vis.to_image(a, display="minmax")), [[0, 64], [128, 255]])
    np.testing.assert_array_equal(np.asarray(vis.to_image(a, display="clip")), [[64, 128], [191, 255]])
    np.testing.assert_array_equal(
        np.asarray(vis.to_image(a, display="clip", limits=(0.0, 0.75))), [[85, 170], [255, 255]]
    )
    outlier = np.append(np.ones(999), 1000.0).reshape(40, 25)
    assert np.asarray(vis.to_image(outlier, display="percentile"))[0, 0] == 255
    assert np.asarray(vis.to_image(outlier))[0, 0] == 128


def test_a_constant_picture_is_grey():
    for display in ("symmetric", "minmax", "percentile"):
        assert (np.asarray(vis.to_image(np.zeros((3, 3)), display=display)) == 128).all()


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


def test_one_scale_for_a_figure_is_its_largest_absolute_value():
    assert vis.common_scale([np.array([1.0, -5.0]), np.array([[3.0]])]) == 5.0


def test_the_model_output_itself_can_carry_the_name():
    x = images(1, 1, 6, 6)
    w = Tensor(images(2, 1, 3, 3), requires_grad=True)
    picture = vis.project(lambda t: ag.conv2d(t, w).named("out"), x, "out")
    assert picture.any()
    assert w.grad is None
