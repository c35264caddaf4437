"""The conventions by which published deconvnets differ: each alone by hand, and all together, beside the mirror."""

from itertools import product

import numpy as np
import pytest
from cases import every
from internals import saving
from nets import Everything, chelsea, images, squeezenet
from test_vis import by_both

import autograd_mini as ag
import nn
import vis
from autograd_mini.kernels.layout import Window
from vis.options import winners

RULES = {"deconvnet": vis.DECONVNET, "gradient": vis.GRADIENT, "guided": vis.GUIDED, "linear": vis.LINEAR}
OVERLAPS = ["sum", "overwrite", "max"]
BIASES = ["dropped", "subtracted"]


# ── all together: two implementations agree ──


@pytest.mark.parametrize("layer", ["stem", "twice#2", "pool2", "logits"])
@every(("overlap", "bias", "rules"), [*product(OVERLAPS, BIASES, RULES)])
def test_the_projection_equals_the_mirrored_network_in_every_combination_of_conventions(layer, overlap, bias, rules):
    net, x = Everything(), images(2, 3, 18, 14)
    for start, after_relu, position in product(["activation", 1.0, -2.0], [True, False], [None, "all", (0, 0)]):
        how = {"overlap": overlap, "bias": bias, "rules": RULES[rules], "start": start, "after_relu": after_relu}
        by_both(net, x, layer, rtol=1e-9, atol=1e-11, position=position, **how)


def test_every_convention_changes_the_picture():
    net, x = Everything(), images(1, 3, 18, 14)
    usual = {"layer": "pool2", "channel": 7}
    pictures = {
        str(how): vis.project(net, x, **usual, **how)
        for how in [
            {},
            *({"rules": rules} for rules in list(RULES.values())[1:]),
            {"start": 1.0},
            {"position": "all"},
            {"position": (0, 0)},
            *({"overlap": overlap, "position": "all"} for overlap in OVERLAPS[1:]),
            {"bias": "subtracted"},
        ]
    }
    seen = list(pictures.items())
    for i, (name, picture) in enumerate(seen):
        assert picture.any(), name
        for other, another in seen[:i]:
            assert np.abs(picture - another).max() > 1e-3 * np.abs(picture).max(), (name, other)


@pytest.mark.parametrize("layer", ["conv1", "pool1", "fire3.expand3x3", "fire4", "fire9", "relu10", "logits"])
def test_the_projection_equals_the_mirrored_network_on_squeezenet(layer):
    projected = by_both(squeezenet(), chelsea(), layer, rtol=0, atol=2e-5)
    assert projected.dtype == np.float32
    assert projected.any()


@pytest.mark.parametrize(("overlap", "bias"), [("overwrite", "dropped"), ("max", "dropped"), ("sum", "subtracted")])
def test_the_projection_equals_the_mirrored_network_on_squeezenet_by_other_options(overlap, bias):
    net, x = nn.SqueezeNet(rng=0, dtype=np.float64), chelsea().astype(np.float64)
    net.load_state_dict(squeezenet().state_dict())
    projected = by_both(net, x, "fire5", rtol=0, atol=1e-10, overlap=overlap, bias=bias)
    assert np.abs(projected - vis.project(net, x, "fire5")).max() > 1e-3 * np.abs(projected).max()


# ── overlapping unpool windows ──


@pytest.mark.parametrize(
    ("signal", "added", "later", "larger"),
    [
        ([[1.0, 2.0], [3.0, 4.0]], 10, 4, 4),
        ([[4.0, 3.0], [2.0, 1.0]], 10, 1, 4),
        ([[-1.0, -2.0], [-3.0, -4.0]], -10, -4, -1),
        ([[2.0, 0.0], [0.0, -1.0]], 1, -1, 2),
        ([[-1.0, 0.0], [-2.0, -3.0]], -6, -3, 0),
        ([[5.0, 5.0], [5.0, 5.0]], 20, 5, 5),
    ],
)
def test_where_four_windows_point_to_one_pixel_their_values_are_added_or_one_stays(signal, added, later, larger):
    x = np.zeros((1, 1, 3, 3))
    x[..., 1, 1] = 1.0  # the largest of all four windows

    def model(t):
        return (ag.max_pool2d(t, kernel_size=2, stride=1) * np.array(signal)).named("out")

    for overlap, expected in zip(OVERLAPS, (added, later, larger), strict=True):
        picture = by_both(model, x, "out", start=1.0, position="all", overlap=overlap)
        np.testing.assert_array_equal(picture, expected * x)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [((3, 3), (2, 2), (0, 0)), ((3, 2), (1, 1), (1, 0)), ((2, 4), (2, 1), (1, 3))]
)
@pytest.mark.parametrize("seed", range(5))
def test_the_window_that_wins_is_the_one_that_a_loop_finds(kernel, stride, padding, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 4, (2, 3, 7, 6)).astype(float)  # ties too
    window = Window(kernel, stride, padding)
    pooled, indices = ag.max_pool2d(x, kernel_size=kernel, stride=stride, padding=padding, return_indices=True)
    _, switches = ag.PRIMITIVES["max_pool2d"].bind(x, window=window)
    signal = rng.integers(-2, 3, pooled.shape).astype(float)
    for values in (None, signal):
        expected = np.zeros_like(x)
        written = np.zeros(x.shape, bool)
        for n, c, i, j in np.ndindex(pooled.shape):
            place = n, c, *divmod(int(indices[n, c, i, j]), x.shape[3])
            if not written[place] or values is None or signal[n, c, i, j] > expected[place]:
                expected[place], written[place] = signal[n, c, i, j], True
        wins = winners(switches, x.shape, window, values)
        assert wins.sum() == written.sum()
        put = ag.max_unpool2d(
            np.where(wins, signal, 0), indices, kernel_size=kernel, stride=stride, padding=padding, output_size=(7, 6)
        )
        np.testing.assert_array_equal(put, expected)


def test_overwriting_is_what_the_unpooling_of_pytorch_does():
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(4).permutation(2 * 3 * 9 * 9).reshape(2, 3, 9, 9).astype(float)
    pooled, indices = torch.nn.functional.max_pool2d(torch.tensor(x), 3, 2, return_indices=True)
    expected = torch.nn.functional.max_unpool2d(pooled[:, 1:2], indices[:, 1:2], 3, 2, output_size=(9, 9)).numpy()
    assert not np.array_equal(expected, vis.project(pools, x, "pool", channel=1, position="all")[:, 1:2])
    picture = vis.project(pools, x, "pool", channel=1, position="all", overlap="overwrite")
    np.testing.assert_array_equal(picture[:, 1:2], expected)


def pools(x):
    return ag.max_pool2d(x, kernel_size=3, stride=2).named("pool")


@pytest.mark.parametrize("overlap", OVERLAPS[1:])
def test_windows_that_do_not_overlap_make_no_difference(overlap):
    def model(x):
        return ag.max_pool2d(x, kernel_size=2).named("pool")

    one, other = (vis.project(model, images(2, 2, 7, 8), "pool", position="all", overlap=o) for o in (overlap, "sum"))
    np.testing.assert_array_equal(one, other)


# ── biases going back ──


def test_subtracting_the_bias_takes_it_from_the_whole_signal_before_the_filter():
    conv = nn.Conv2d(1, 2, 1, dtype=np.float64)
    conv.weight.data[:] = np.reshape([2.0, 3.0], (2, 1, 1, 1))
    conv.bias.data[:] = [10.0, 100.0]
    net, x = nn.Sequential(conv=conv), np.array([[[[1.0, 2.0]]]])
    np.testing.assert_array_equal(by_both(net, x, "conv", channel=0), [[[[0, 2 * 14]]]])
    picture = by_both(net, x, "conv", channel=0, bias="subtracted")
    np.testing.assert_array_equal(picture, [[[[2 * (0 - 10) - 3 * 100, 2 * (14 - 10) - 3 * 100]]]])


@pytest.mark.parametrize(("layer", "shape"), [(nn.Conv2d(1, 1, 1), (3, 1, 4, 5)), (nn.Linear(1, 1), (3, 1))])
def test_subtracting_the_bias_undoes_a_layer_whose_filter_is_its_own_inverse(layer, shape):
    layer.weight.data[:], layer.bias.data[:] = -1.0, 0.25
    net, x = nn.Sequential(one=layer), images(*shape)
    np.testing.assert_allclose(by_both(net, x, "one", position="all", bias="subtracted"), x, rtol=1e-14)


@pytest.mark.parametrize(
    ("layer", "shape"), [(nn.Conv2d(3, 4, 3, bias=False), (2, 3, 5, 5)), (nn.Linear(3, 2, bias=False), (2, 3))]
)
def test_without_a_bias_there_is_nothing_to_subtract(layer, shape):
    net, x = nn.Sequential(one=layer), images(*shape)
    np.testing.assert_array_equal(by_both(net, x, "one", bias="subtracted"), by_both(net, x, "one"))


# ── un-ReLU ──


def test_without_un_relu_the_signal_passes_as_it_is():
    net, x = Everything(), images(2, 3, 18, 14)
    one = by_both(net, x, "twice", rules=vis.LINEAR, start=1.0)
    np.testing.assert_array_equal(by_both(net, x, "twice", rules=vis.LINEAR, start=-1.0), -one)
    assert not by_both(net, x, "twice", rules=vis.DECONVNET, start=-1.0).any()


def test_in_a_net_without_relu_all_rules_give_the_same_picture():
    net = nn.Sequential(conv1=nn.Conv2d(3, 4, 3), pool=nn.MaxPool2d(2), conv2=nn.Conv2d(4, 2, 3))
    x = images(2, 3, 12, 12).astype(np.float32)
    pictures = [vis.project(net, x, "conv2", rules=rules) for rules in RULES.values()]
    assert pictures[0].any()
    for picture in pictures[1:]:
        np.testing.assert_array_equal(picture, pictures[0])


class Rectified(nn.Module):
    """A net whose rectifier is a function of the test's."""

    def __init__(self, rectifier):
        self.conv, self.head = nn.Conv2d(3, 4, 3, rng=0), nn.Linear(4, 3, rng=1)
        self.rectifier = rectifier

    def forward(self, x):
        return self.head(ag.mean(self.rectifier(self.conv(x)), axis=(2, 3)))


OTHERS = {
    "maximum": lambda x: ag.maximum(x, 0),
    "where": lambda x: ag.where(x > 0, x, 0),
    "clip": lambda x: ag.clip(x, -0.1, None),
    "leaky_relu": ag.leaky_relu,
    "gelu": ag.gelu,
}


@pytest.mark.parametrize("name", OTHERS)
def test_rules_that_replace_nothing_on_the_way_are_told_in_a_warning_at_the_users_line(name):
    net, x = Rectified(OTHERS[name]), images(1, 3, 8, 8).astype(np.float32)
    words = (
        f"between the images and 'head' stands none of relu, relu6, and the picture is the plain gradient; .*{name}$"
    )
    gradient = vis.project(net, x, "head", rules=vis.GRADIENT)  # in silence
    for rules in (vis.DECONVNET, vis.GUIDED, vis.LINEAR):
        with pytest.warns(UserWarning, match=f"^project: {words}") as told:
            np.testing.assert_array_equal(vis.project(net, x, "head", rules=rules), gradient)
        assert told[0].filename == __file__
    with pytest.warns(UserWarning, match=f"^Projection: {words}"):
        vis.Projection(vis.GUIDED)(net, x, "head")


def test_a_rectifier_that_rules_leave_alone_beside_a_relu_is_told_and_others_are_not():
    x = images(1, 3, 8, 8).astype(np.float32)
    with pytest.warns(
        UserWarning, match=r"^project: .* stands maximum, for which the true derivative holds; the rules "
    ):
        vis.project(Rectified(lambda x: ag.relu(ag.maximum(x, 0))), x, "head")
    for rectifier in (ag.relu, lambda x: x, lambda x: ag.relu(x) * ag.sigmoid(x), lambda x: ag.relu(ag.maximum(x, -x))):
        vis.project(Rectified(rectifier), x, "head")
    with pytest.warns(UserWarning, match="stands none of gelu, and the picture is the plain gradient$"):
        vis.project(Rectified(lambda x: x), x, "head", rules={"gelu": {"x": lambda g: g}})


# ── rules of one's own ──


def test_a_rule_of_ones_own_may_name_what_the_operations_rules_do_not():
    net, x = Everything(), images(2, 3, 18, 14)
    mine = {"relu": {"x": lambda g, x: g * (x > 0)}, ag.PRIMITIVES["conv2d"]: {"w": lambda g, x, b, out: out[0]}}
    np.testing.assert_array_equal(
        vis.project(net, x, "logits", rules=mine), vis.project(net, x, "logits", rules=vis.GRADIENT)
    )


def test_what_is_kept_for_a_rule_is_kept_once_and_by_reference():
    x, w, b = (ag.Tensor(images(*shape), requires_grad=True) for shape in [(1, 2, 4, 4), (3, 2, 3, 3), (3,)])
    with saving({"conv2d": ("b", "out", "nothing"), "max_pool2d": ("x", "switches")}):
        y = ag.conv2d(x, w, b)
        pooled = ag.max_pool2d(y, kernel_size=2)
        ag.concatenate([y, y], axis=1)
    assert y.node.saved.keys() == {"w", "x", "b", "out"}
    assert y.node.saved["b"] is b.data
    assert y.node.saved["out"] is y.data
    assert pooled.node.saved.keys() == {"x", "switches"}
    assert ag.conv2d(x, w, b).node.saved.keys() == {"w", "x"}


# ── the drawing of the backward pass ──


@pytest.mark.parametrize("how", [{}, {"overlap": "max"}, {"overlap": "overwrite"}, {"bias": "subtracted"}])
def test_the_backward_pass_is_drawn_by_the_conventions_it_is_made_by(how):
    net, x = Everything(), images(1, 3, 18, 14)
    usual = vis.mirror_graph(net, x, "pool2").source
    drawn = vis.mirror_graph(net, x, "pool2", **how).source
    assert (drawn.count("where") > usual.count("where")) == ("overlap" in how)
    assert (drawn.count("subtract") > usual.count("subtract")) == ("bias" in how)


def test_the_backward_pass_is_drawn_from_behind_the_layers_own_relu_unless_asked_otherwise():
    net, x = Everything(), images(1, 3, 18, 14)
    behind, before = (vis.mirror_graph(net, x, "stem", after_relu=after_relu).source for after_relu in (True, False))
    assert "relu" in behind
    assert "relu" not in before


@pytest.mark.parametrize("rules", [{}, None])
def test_no_rules_at_all_are_the_gradients(rules):
    net, x = Everything(), images(1, 3, 18, 14)
    one, other = (vis.project(net, x, "pool2", rules=given) for given in (rules, vis.GRADIENT))
    np.testing.assert_array_equal(one, other)


# ── behind a batch norm's ReLU ────────────────────────────────────────────────────────────────────────────────────────


class Normed(nn.Module):
    """Convolution, batch norm, functional ReLU: of the convolution's strongest unit the norm makes one that is off."""

    def __init__(self):
        self.conv, self.norm = nn.Conv2d(3, 2, 3, rng=0), nn.BatchNorm2d(2)
        self.norm.weight.data[...] = [-1.0, 1.0]  # what was strongest in the first channel is now weakest
        self.conv.bias.data[...] = [9.0, 0.0]

    def forward(self, x):
        return ag.relu(self.norm(self.conv(x))).mean(axis=(2, 3))


def test_a_unit_is_chosen_and_started_from_behind_a_batch_norms_relu_when_asked(tmp_path):
    net, x = Normed().eval(), np.random.default_rng(0).standard_normal((1, 3, 8, 8)).astype(np.float32)
    usual, asked = (vis.project(net, x, "conv", after_relu=how) for how in (True, "norm"))
    maps = vis.activations(net, x)["conv"]
    assert maps[0].max(axis=(1, 2)).argmax() == 0  # before the norm its first channel is the strongest
    np.testing.assert_array_equal(usual, vis.project(net, x, "conv", channel=0, after_relu=False))
    np.testing.assert_array_equal(asked, vis.project(net, x, "norm"))
    assert not np.allclose(asked, usual)
    mirrored = vis.DeconvNet(net).project(x, "conv", after_relu="norm")
    np.testing.assert_allclose(mirrored, asked, atol=1e-6)
    plain = nn.Sequential(conv=nn.Conv2d(3, 2, 3, rng=0), relu=nn.ReLU())  # where there is no norm, as usual
    np.testing.assert_array_equal(vis.project(plain, x, "conv", after_relu="norm"), vis.project(plain, x, "conv"))
    seen = vis.patches(net, x, "conv", channels=[1], k=1, after_relu="norm").data
    np.testing.assert_array_equal(
        seen["projections"], vis.patches(net, x, "norm", channels=[1], k=1).data["projections"]
    )
    page = vis.report(net, x, tmp_path / "seen", layers=["conv"], after_relu="norm", occlusion=False, sanity=False)
    assert '"layers": ["norm"]' in page.read_text(encoding="utf-8")
    with pytest.raises(TypeError, match=r"^project: after_relu must be True, False or 'norm', not 'bn'$"):
        vis.project(net, x, "conv", after_relu="bn")
