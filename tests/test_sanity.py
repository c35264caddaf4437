"""Randomised weights and their way back, how alike pictures are, and the cascade of the sanity check."""

import sys

import numpy as np
import pytest
from nets import images, state_of, trained
from PIL import Image

import autograd_mini as ag
import nn
import vis
from autograd_mini import Tensor
from vis.attribution.sanity import _format_likeness


def changed(net, before):
    """The layers whose parameters are not bitwise what they were, in order."""
    found = [name for name, array in net.state_dict().items() if array.tobytes() != before[name].tobytes()]
    return list(dict.fromkeys(name.rpartition(".")[0] for name in found))


ALL = ["conv1", "conv2", "bn", "top.conv3", "top.fc"]

# ── randomised ──


def test_all_layers_are_randomised_inside_and_bitwise_back_afterwards():
    net = trained(np.float32)
    odd = net["conv1"].weight.data.reshape(-1)
    odd[:4] = [-0.0, np.nan, np.inf, 1e-45]
    odd[1:2].view(np.uint32)[0] |= 12345  # a NaN with a payload
    before, arrays = state_of(net), {name: id(array) for name, array in net.state_dict().items()}
    with vis.randomised(net) as names:
        assert names == ALL[::-1]
        assert changed(net, before) == ALL
        assert np.isfinite(net["conv1"].weight.data).all()
    assert changed(net, before) == []
    assert arrays == {name: id(array) for name, array in net.state_dict().items()}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"until": "top.fc"}, ["top.fc"]),
        ({"until": "top.conv3"}, ["top.conv3", "top.fc"]),
        ({"until": "top"}, ["top.conv3", "top.fc"]),
        ({"until": "bn"}, ["bn", "top.conv3", "top.fc"]),
        ({"until": "conv1"}, ALL),
        ({"only": "conv2"}, ["conv2"]),
        ({"only": "top"}, ["top.conv3", "top.fc"]),
    ],
)
def test_the_cascade_goes_from_the_top_down_to_the_layer_asked_for_or_takes_one_alone(options, expected):
    net = trained()
    before = state_of(net)
    with vis.randomised(net, **options) as names:
        assert names == expected[::-1]
        assert changed(net, before) == expected


def test_a_layer_is_randomised_the_same_however_far_the_cascade_goes_and_with_another_seed_differently():
    net, seen = trained(), []
    for options in ({}, {"until": "top.fc"}, {"only": "top.fc"}, {"rng": 0, "values": "initial"}, {"rng": 1}):
        with vis.randomised(net, **options):
            seen.append(net["top"]["fc"].weight.data.copy())
    assert [np.array_equal(seen[0], other) for other in seen] == [True, True, True, True, False]


def test_initial_values_are_those_of_an_untrained_layer():
    rng = np.random.default_rng(0)
    net = nn.Sequential(conv=nn.Conv2d(16, 64, 3, rng=rng), bn=nn.BatchNorm2d(64), fc=nn.Linear(300, 200, rng=rng))
    for parameter in net.parameters():
        parameter.data[...] = 7
    with vis.randomised(net):
        for name, fan_in in (("conv", 16 * 9), ("fc", 300)):
            weight = net[name].weight.data
            np.testing.assert_allclose(weight.std(), (2 / fan_in) ** 0.5, rtol=0.03)
            np.testing.assert_allclose(weight.mean(), 0, atol=3 * weight.std() / weight.size**0.5)
            np.testing.assert_array_equal(net[name].bias.data, 0)
        np.testing.assert_array_equal(net["bn"].weight.data, 1)
        np.testing.assert_array_equal(net["bn"].bias.data, 0)
        assert {p.dtype for p in net.parameters()} == {np.dtype(np.float32)}


def test_permuted_values_are_the_same_numbers_in_another_order():
    net = trained()
    before = state_of(net)
    with vis.randomised(net, values="permuted"):
        assert changed(net, before) == ALL
        for name, parameter in net.named_parameters():
            np.testing.assert_array_equal(np.sort(parameter.data.ravel()), np.sort(before[name].ravel()))
    assert changed(net, before) == []


def test_any_model_that_names_its_parameters_can_be_randomised():
    class Bare:
        def __init__(self):
            self.w1, self.b1 = Tensor(np.ones((3, 4)), requires_grad=True), Tensor(np.ones(3))

        def named_parameters(self):
            yield "w1", self.w1
            yield "b1", self.b1

    bare = Bare()
    with vis.randomised(bare, until="b1") as names:
        assert names == ["b1"]
        np.testing.assert_array_equal(bare.w1.data, 1)
    with vis.randomised(bare, order=["b1", "w1"], until="w1") as names:
        assert names == ["w1"]
        assert np.abs(bare.w1.data - 1).max() > 0.1
    np.testing.assert_array_equal(bare.w1.data, 1)


def test_blocks_inside_one_another_unwind_in_order_by_an_error_too():
    net = trained()
    before = state_of(net)
    with vis.randomised(net, only="conv1"):
        outer = state_of(net)

        def fail():
            with vis.randomised(net, rng=1):
                assert changed(net, outer) == ALL
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert changed(net, outer) == []
    assert changed(net, before) == []


# ── similarity ──


@pytest.fixture
def measures():
    pytest.importorskip("skimage.metrics", reason="scikit-image is not installed")
    pytest.importorskip("scipy.stats", reason="SciPy is not installed")


@pytest.mark.usefixtures("measures")
@pytest.mark.parametrize("shape", [(20, 30), (3, 16, 12), (1, 9, 9), (3, 3, 3), (4, 5)])
def test_a_signal_is_most_like_itself_at_any_size_and_unlike_another(shape):
    a, b = np.random.default_rng(0).standard_normal((2, *shape))
    np.testing.assert_allclose(vis.similarity(a, a), (1, 1), rtol=1e-12)
    np.testing.assert_allclose(vis.similarity(a, 1e-6 * a), (1, 1), rtol=1e-9)
    np.testing.assert_allclose(vis.similarity(a, b), vis.similarity(b, a), rtol=1e-9)
    if a.size > 400:
        assert abs(vis.similarity(a, b).rank) < 0.15
        assert abs(vis.similarity(a, b).ssim) < 0.2


@pytest.mark.usefixtures("measures")
def test_the_opposite_of_a_signal_has_the_opposite_ranks_and_the_same_absolute_values():
    a = images(20, 30)
    np.testing.assert_allclose(vis.similarity(a, -a).rank, -1, rtol=1e-12)
    assert vis.similarity(a, -a).ssim < -0.5  # its local means too are seen from middle grey, not from 0
    np.testing.assert_allclose(vis.similarity(a, -a, absolute=True), (1, 1), rtol=1e-12)


@pytest.mark.usefixtures("measures")
def test_the_rank_correlation_is_the_textbooks():
    a, b = np.arange(12.0).reshape(3, 4), np.arange(12.0).reshape(3, 4)
    b[0, :2] = b[0, 1::-1]  # two neighbours exchanged: Σd² = 2
    np.testing.assert_allclose(vis.similarity(a, b).rank, 1 - 6 * 2 / (12 * (12**2 - 1)), rtol=1e-12)
    np.testing.assert_allclose(vis.similarity(a, np.exp(a)).rank, 1, rtol=1e-12)  # only the order counts


@pytest.mark.usefixtures("measures")
def test_the_structural_similarity_is_the_formula_of_wang():
    a, b = images(2, 7, 7)
    p, q = (0.5 + np.clip(s / np.percentile(np.abs(s), 99), -1, 1) / 2 for s in (a, b))  # as they are shown
    c1, c2 = 0.01**2, 0.03**2
    covariance = np.cov(p.ravel(), q.ravel())
    expected = (2 * p.mean() * q.mean() + c1) * (2 * covariance[0, 1] + c2)
    expected /= (p.mean() ** 2 + q.mean() ** 2 + c1) * (covariance[0, 0] + covariance[1, 1] + c2)
    np.testing.assert_allclose(vis.similarity(a, b).ssim, expected, rtol=1e-10)  # one window, the whole


@pytest.mark.usefixtures("measures")
def test_one_outlier_does_not_make_signals_alike():
    a, b = images(2, 40, 40)
    before = vis.similarity(a, b).ssim
    a[3, 3] = b[3, 3] = 1e4
    assert abs(vis.similarity(a, b).ssim - before) < 0.1


@pytest.mark.usefixtures("measures")
def test_a_signal_of_zeros_has_no_ranks():
    zeros, a = np.zeros((8, 8)), images(8, 8)
    assert np.isnan(vis.similarity(zeros, a).rank)
    assert np.isnan(vis.similarity(zeros, zeros).rank)
    assert vis.similarity(zeros, a).ssim < 0.5
    np.testing.assert_allclose(vis.similarity(zeros, zeros).ssim, 1)


@pytest.mark.parametrize(("missing", "library"), [("skimage.metrics", "scikit-image"), ("scipy.stats", "scipy")])
@pytest.mark.usefixtures("measures")
def test_without_its_libraries_similarity_names_the_extra_that_brings_them(monkeypatch, missing, library):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=rf"{library} measures it; pip install 'autograd-mini\[report\]'"):
        vis.similarity(np.eye(8), np.eye(8))


# ── the sanity check ──


@pytest.mark.usefixtures("measures")
@pytest.mark.parametrize("method", [None, vis.SlidingSquare(size=5, stride=3), vis.InputTimesGradient()])
def test_the_cascade_is_what_looking_inside_randomised_gives_and_the_weights_come_back(method):
    net, x, how = trained(), images(2, 3, 16, 16), method or vis.Projection(start=1.0)
    before = state_of(net)
    methods = {"mine": how, "gradient": vis.GRADIENT}
    found = vis.sanity_check(net, x, "top.fc", channel=1, method=method, methods=methods)
    assert found.steps == ["trained", *ALL[::-1]]
    assert changed(net, before) == []
    assert net.training
    expected = [how(net, x, "top.fc", channel=1)]
    for name in found.steps[1:]:
        with vis.randomised(net, until=name):
            expected.append(how(net, x, "top.fc", channel=1))
    np.testing.assert_allclose(found.projections, expected, rtol=1e-9, atol=1e-12 * np.abs(expected).max())
    np.testing.assert_array_equal(found.methods["mine"], found.projections[0])
    gradient = vis.project(net, x, "top.fc", channel=1, rules=vis.GRADIENT, start=1)
    np.testing.assert_allclose(found.methods["gradient"], gradient, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose([found.ssim[0], found.rank[0]], 1, rtol=1e-12)
    assert (found.rank[-1] < 0.9).all()


@pytest.mark.usefixtures("measures")
def test_the_unit_stays_the_trained_nets_though_another_becomes_the_strongest():
    net, x = trained(), images(3, 3, 16, 16)
    found = vis.sanity_check(net, x, "relu2", parts=["conv1", "conv2"], rules=vis.GRADIENT)
    values = vis.activations(net, x)["relu2"]
    for n, (channel, (row, column)) in enumerate(found.units):
        assert values[n, channel, row, column] == values[n].max()
        with vis.randomised(net, until="conv2", order=["conv1", "conv2", "bn"]):
            expected = vis.project(
                net, x[n : n + 1], "relu2", channel=channel, position=(row, column), rules=vis.GRADIENT, start=1.0
            )[0]
        step = found.steps.index("conv2")
        np.testing.assert_allclose(found.projections[step, n], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.usefixtures("measures")
def test_layers_go_in_the_order_in_which_they_ran_not_in_which_they_are_defined():
    class Backwards(nn.Module):
        def __init__(self):
            rng = np.random.default_rng(0)
            self.last = nn.Conv2d(4, 3, 3, padding=1, rng=rng, dtype=np.float64)
            self.unused = nn.Linear(2, 2, rng=rng, dtype=np.float64)
            self.first = nn.Conv2d(3, 4, 3, padding=1, rng=rng, dtype=np.float64)
            self.side = nn.Conv2d(3, 3, 1, rng=rng, dtype=np.float64)

        def forward(self, x):
            aside = ag.sum(self.side(x)).named("aside")
            return ag.relu(self.last(ag.relu(self.first(x)))).named("out") + aside

    net = Backwards()
    for parameter in net.last.parameters():
        parameter.requires_grad = False  # frozen weights are randomised like others
    found = vis.sanity_check(net, images(1, 3, 10, 10), "out")
    assert found.steps == ["trained", "last", "first", "unused"]
    np.testing.assert_array_equal(found.projections[-1], found.projections[-2])
    for step in (1, 2):
        assert np.abs(found.projections[step] - found.projections[step - 1]).max() > 1e-6


@pytest.mark.usefixtures("measures")
@pytest.mark.parametrize(
    ("layer", "parts", "steps"),
    [
        ("relu2", [], ["bn", "conv2", "conv1"]),
        ("conv1", [], ["conv1"]),
        ("top.fc", ["top"], ["top", "bn", "conv2", "conv1"]),
    ],
)
def test_what_a_unit_does_not_depend_on_is_passed_over_and_parts_are_randomised_in_one_step(layer, parts, steps):
    assert vis.sanity_check(trained(), images(1, 3, 16, 16), layer, parts=parts).steps == ["trained", *steps]


@pytest.mark.usefixtures("measures")
def test_the_methods_are_projections_by_their_rules_and_are_compared_in_pairs():
    net, x = trained(), images(2, 3, 16, 16)
    found = vis.sanity_check(net, x, "relu2", channel=2, position=(4, 5))
    assert list(found.methods) == ["gradient", "guided", "deconvnet"]
    for name, rules in (("gradient", vis.GRADIENT), ("guided", vis.GUIDED), ("deconvnet", vis.DECONVNET)):
        expected = vis.project(net, x, "relu2", channel=2, position=(4, 5), rules=rules, start=1.0)
        np.testing.assert_allclose(found.methods[name], expected, rtol=1e-9, atol=1e-12)
    assert list(found.between) == [("gradient", "guided"), ("gradient", "deconvnet"), ("guided", "deconvnet")]
    top, left, bottom, right = found.boxes[1]
    pair = [found.methods[name][1][:, top:bottom, left:right] for name in ("guided", "deconvnet")]
    assert found.between["guided", "deconvnet"][1] == vis.similarity(*pair)


@pytest.mark.usefixtures("measures")
def test_only_the_pixels_that_a_projection_reaches_are_compared():
    """One unit of conv2 sees 5×5 pixels of 16×16: the zeros around would make any two pictures alike."""
    net, x = trained(), images(1, 3, 16, 16)
    found = vis.sanity_check(net, x, "conv2", channel=0, position=(8, 3), after_relu=False, rules=vis.GRADIENT)
    assert found.boxes.tolist() == [[5, 0, 12, 7]]  # 5×5 around (8, 3), grown to 7×7
    outside = found.projections[:, 0].copy()
    outside[:, :, 5:12, 0:7] = 0
    assert not outside.any()
    far = vis.sanity_check(net, x, "conv2", channel=0, position=(0, 15), after_relu=False, rules=vis.GRADIENT)
    assert far.boxes.tolist() == [[0, 9, 7, 16]]


@pytest.mark.usefixtures("measures")
def test_a_unit_that_no_signal_leaves_is_told_as_such():
    net, x = trained(), images(1, 3, 16, 16)
    found = vis.sanity_check(net, x, "relu2", channel=0, position=(2, 2), start=0.0)
    assert not found.projections.any()
    assert np.isnan(found.rank).all()
    np.testing.assert_allclose(found.ssim, 1)
    assert _format_likeness(found.ssim[0, 0], found.rank[0, 0]) == "SSIM 1.00, rank –"
    assert found.figure().picture.height > 200


@pytest.mark.usefixtures("measures")
def test_permuted_values_another_seed_and_other_conventions_are_passed_on():
    net, x = trained(), images(1, 3, 16, 16)
    plain = vis.sanity_check(net, x, "relu2", channel=1).projections
    for options in ({"values": "permuted"}, {"rng": 5}):
        other = vis.sanity_check(net, x, "relu2", channel=1, **options).projections
        np.testing.assert_array_equal(other[0], plain[0])
        assert np.abs(other[1:] - plain[1:]).max() > 1e-3
    whole = vis.sanity_check(net, x, "relu2", channel=1, position="all", bias="subtracted", start="activation")
    expected = vis.project(net, x, "relu2", channel=1, position="all", bias="subtracted")
    np.testing.assert_allclose(whole.projections[0], expected, rtol=1e-9)


@pytest.mark.usefixtures("measures")
def test_the_figure_shows_the_methods_above_and_the_cascade_below():
    net, x = trained(), images(2, 3, 16, 16)
    found = vis.sanity_check(net, x, "top.fc")
    figure = found.figure(1, columns=4)
    assert isinstance(figure.picture, Image.Image)
    assert figure.picture.height > 3 * 140  # a row of methods, and six steps in rows of four
    assert figure.scale == 1.0
    np.testing.assert_array_equal(figure.data["projections"], found.projections[:, 1])
    assert found.figure(0).picture.width > figure.picture.width
    with pytest.raises(IndexError, match="there is no image 2; there are 2"):
        found.figure(2)


@pytest.mark.usefixtures("measures")
@pytest.mark.parametrize("channels", [1, 2])
def test_the_figure_works_for_images_without_colours(channels):
    rng = np.random.default_rng(0)
    net = nn.Sequential(conv=nn.Conv2d(channels, 3, 3, rng=rng, dtype=np.float64), relu=nn.ReLU())
    figure = vis.sanity_check(net, images(1, channels, 12, 12), "relu").figure()
    assert figure.picture.height > 200
