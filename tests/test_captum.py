"""Beside Captum, on equal weights: the same pictures where conventions coincide, and each difference by itself."""

import numpy as np
import pytest

import autograd_mini as ag
import vis

torch = pytest.importorskip("torch", reason="PyTorch is not installed (the extra `test`)")
attr = pytest.importorskip("captum.attr", reason="Captum is not installed (the extra `test`)")

import torch_twins  # noqa: E402  (after the skips)
from torch.nn import functional as F  # noqa: E402
from torch_twins import Net  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore:Setting backward hooks"),
    pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already require gradients"),
]
ROUNDING = 2e-5  # of the largest value: float32 through up to 20 convolutions
WHOLE = {  # from a class
    "deconvnet": (vis.DECONVNET, attr.Deconvolution),
    "guided": (vis.GUIDED, attr.GuidedBackprop),
    "gradient": (vis.GRADIENT, lambda net: Signed(attr.Saliency(net))),
}
UNIT = {  # from a unit on the way
    "deconvnet": (vis.DECONVNET, attr.NeuronDeconvolution),
    "guided": (vis.GUIDED, attr.NeuronGuidedBackprop),
    "gradient": (vis.GRADIENT, attr.NeuronGradient),
}


class Signed:
    """Captum's saliency without the absolute value that it takes unless told otherwise."""

    def __init__(self, saliency):
        self.saliency = saliency

    def attribute(self, x, target):
        return self.saliency.attribute(x, target, abs=False)


in_torch = torch.tensor


@pytest.fixture
def squeezenets():
    """Ours, PyTorch's, a photograph as both see it, and what it is to them."""
    return torch_twins.squeezenets()


@pytest.fixture
def vggs():
    """A small VGG of ours with biases and random weights, PyTorch's of the same, and two random images."""
    return torch_twins.random_vggs()


W = [0.3 * np.random.default_rng(i).standard_normal(shape) for i, shape in enumerate([(6, 3, 3, 3), (5, 6, 3, 3)])]
X = np.random.default_rng(9).standard_normal((1, 3, 10, 10))


def in_two(x, *relus):
    """Two convolutions in float64 with their ReLUs, and the mean of each map."""
    h = relus[0](F.conv2d(x, torch.tensor(W[0])))
    return relus[-1](F.conv2d(h, torch.tensor(W[1]))).mean((2, 3))


def small(x):
    return ag.mean(ag.relu(ag.conv2d(ag.relu(ag.conv2d(x, W[0])), W[1])), (2, 3)).named("out")


def projected(model, x=X, layer="out", channel=1, start=1.0, **options):
    """Our picture by Captum's conventions."""
    return vis.project(model, x, layer, channel=channel, start=start, after_relu=False, **options)


def assert_same(ours, theirs, rounding=ROUNDING):
    theirs = theirs.detach().numpy()
    assert np.abs(theirs).max() > 0
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=rounding * np.abs(theirs).max())


def assert_different(ours, theirs):
    theirs = theirs.detach().numpy()
    assert np.abs(ours - theirs).max() > 0.05 * np.abs(theirs).max()


# ── where conventions coincide: the same ──


@pytest.mark.parametrize("picture", WHOLE)
def test_a_class_of_squeezenet_and_of_a_random_vgg_looks_the_same(squeezenets, vggs, picture):
    rules, method = WHOLE[picture]
    for (ours, theirs, x), layer, target in ((squeezenets[:3], "logits", squeezenets[3]), (vggs, "classifier.fc2", 3)):
        given = method(theirs).attribute(in_torch(x), target=target)
        assert_same(projected(ours, x, layer, target, rules=rules), given)


@pytest.mark.parametrize(
    "layer", ["conv1", "relu1", "pool1", "fire2.expand3x3", "fire3", "pool3", "fire5.relu_expand1x1", "fire9", "conv10"]
)
@pytest.mark.parametrize("picture", UNIT)
def test_a_unit_of_squeezenet_looks_the_same(squeezenets, picture, layer):
    ours, theirs, x, _ = squeezenets
    values = vis.activations(ours, x)[layer][0]
    channel, *position = map(int, np.unravel_index(values.argmax(), values.shape))
    rules, method = UNIT[picture]
    theirs = method(theirs, theirs.get_submodule(layer)).attribute(in_torch(x), (channel, *position))
    assert_same(projected(ours, x, layer, channel, position=tuple(position), rules=rules), theirs)


@pytest.mark.parametrize("layer", ["features.conv1_2", "features.relu2_1", "features.pool2", "classifier.relu1"])
@pytest.mark.parametrize("picture", UNIT)
def test_the_strongest_unit_of_a_random_vgg_looks_the_same_when_captum_is_told_where_it_is(vggs, picture, layer):
    ours, theirs, x = vggs
    values = vis.activations(ours, x[:1])[layer][0]
    unit = tuple(map(int, np.unravel_index(values.argmax(), values.shape)))
    rules, method = UNIT[picture]
    theirs = method(theirs, theirs.get_submodule(layer.split(".")[1])).attribute(in_torch(x[:1]), unit)
    assert_same(projected(ours, x[:1], layer, None, rules=rules), theirs)


def test_a_whole_channel_looks_the_same(vggs):
    ours, theirs, x = vggs
    both = attr.NeuronDeconvolution(theirs, theirs.conv2_2).attribute(in_torch(x), (2, slice(None), slice(None)))
    assert_same(projected(ours, x, "features.conv2_2", 2, position="all"), both)


def test_input_times_gradient_is_captums(squeezenets):
    ours, theirs, x, cat = squeezenets
    found = vis.InputTimesGradient()(ours, x, "logits", channel=cat)
    assert_same(found, attr.InputXGradient(theirs).attribute(in_torch(x), target=cat))


@pytest.mark.parametrize("picture", WHOLE)
def test_the_first_of_tied_maxima_receives_everything_in_both(picture):
    x, w = np.ones((1, 3, 12, 12)), np.abs(W[0])
    net = Net(lambda x, relu: F.max_pool2d(relu(F.conv2d(x, torch.tensor(w))), 3, 2).mean((2, 3)), torch.nn.ReLU())

    def ties(x):
        return ag.mean(ag.max_pool2d(ag.relu(ag.conv2d(x, w)), kernel_size=3, stride=2), (2, 3)).named("out")

    rules, method = WHOLE[picture]
    assert_same(projected(ties, x, rules=rules), method(net).attribute(in_torch(x), target=1), 1e-12)


# ── where they differ: each difference ──


def test_captum_starts_from_1_and_we_from_the_activation(squeezenets):
    ours, theirs, x, cat = squeezenets
    theirs = attr.Deconvolution(theirs).attribute(in_torch(x), target=cat)
    logit = vis.activations(ours, x)["logits"][0, cat]
    assert logit > 1.5
    assert_different(vis.project(ours, x, "logits", channel=cat), theirs)
    assert_same(vis.project(ours, x, "logits", channel=cat) / logit, theirs)


def test_captum_starts_before_a_convolutions_own_relu_and_we_behind_it(vggs):
    ours, theirs, x = vggs
    values = vis.activations(ours, x[:1])["features.conv2_1"][0, 4]
    place = tuple(map(int, np.unravel_index(values.argmin(), values.shape)))
    assert values[place] < 0
    off = {"channel": 4, "position": place, "start": 1.0}
    theirs = attr.NeuronGradient(theirs, theirs.conv2_1).attribute(in_torch(x[:1]), (4, *place))
    assert not vis.project(ours, x[:1], "features.conv2_1", rules=vis.GRADIENT, **off).any()
    assert_same(vis.project(ours, x[:1], "features.conv2_1", rules=vis.GRADIENT, after_relu=False, **off), theirs)


def test_captums_saliency_is_the_absolute_gradient_unless_told_otherwise(squeezenets):
    ours, theirs, x, cat = squeezenets
    theirs = attr.Saliency(theirs).attribute(in_torch(x), target=cat)
    gradient = projected(ours, x, "logits", cat, rules=vis.GRADIENT)
    assert_different(gradient, theirs)
    assert_same(np.abs(gradient), theirs)


@pytest.mark.parametrize("picture", ["deconvnet", "guided"])
@pytest.mark.parametrize("relu", [F.relu, torch.Tensor.relu_, lambda t: t.clamp(min=0)])
def test_for_relus_that_are_no_modules_captum_gives_the_gradient_without_a_word(picture, relu):
    rules, method = WHOLE[picture]
    theirs = method(Net(lambda x: in_two(x, relu))).attribute(in_torch(X), target=1)
    assert_different(projected(small, rules=rules), theirs)
    assert_same(projected(small, rules=vis.GRADIENT), theirs, 1e-12)


@pytest.mark.parametrize("picture", ["deconvnet", "guided"])
@pytest.mark.parametrize("in_place", [False, True])
def test_one_relu_module_used_twice_in_a_row_or_in_place_makes_no_difference(picture, in_place):
    rules, method = WHOLE[picture]
    theirs = method(Net(in_two, torch.nn.ReLU(in_place))).attribute(in_torch(X), target=1)
    assert_same(projected(small, rules=rules), theirs, 1e-12)


def test_one_relu_module_used_in_two_branches_mixes_up_captums_deconvolution():
    def theirs(x, *relus):  # each branch is computed up to its ReLU before either is rectified
        one, other = F.conv2d(x, torch.tensor(W[0])), F.conv2d(x, torch.tensor(W[0][::-1].copy()))
        return F.conv2d(relus[0](one) - 0.5 * relus[-1](other), torch.tensor(W[1])).mean((2, 3))

    def abreast(x):
        one, other = ag.relu(ag.conv2d(x, W[0])), ag.relu(ag.conv2d(x, W[0][::-1]))
        return ag.mean(ag.conv2d(one - 0.5 * other, W[1]), (2, 3)).named("out")

    relus = torch.nn.ReLU(), torch.nn.ReLU()
    two, one = (
        attr.Deconvolution(Net(theirs, *parts)).attribute(in_torch(X), target=1) for parts in (relus, relus[:1])
    )
    assert_same(projected(abreast), two, 1e-12)
    assert_same(vis.DeconvNet(abreast).project(X, "out", channel=1, start=1.0), two, 1e-12)
    assert_different(projected(abreast), one)


def test_what_goes_around_a_relu_is_lost_to_captums_deconvolution():
    def theirs(x, relu):
        h = F.conv2d(x, torch.tensor(W[0]))
        return F.conv2d(relu(h) + 0.5 * h, torch.tensor(W[1])).mean((2, 3))

    def around(x, aside=lambda h: h):
        h = ag.conv2d(x, W[0])
        return ag.mean(ag.conv2d(ag.relu(h) + 0.5 * aside(h), W[1]), (2, 3)).named("out")

    lost = attr.Deconvolution(Net(theirs, torch.nn.ReLU())).attribute(in_torch(X), target=1)
    assert_different(projected(around), lost)
    assert_same(vis.DeconvNet(around).project(X, "out", channel=1, start=1.0), in_torch(projected(around)), 1e-12)
    assert_same(projected(lambda x: around(x, lambda h: h.detach())), lost, 1e-12)


def test_of_a_layer_used_twice_captum_takes_the_last_use_and_we_the_one_you_name():
    torch.default_generator.manual_seed(3)
    conv = torch.nn.Conv2d(3, 3, 3, padding=1, dtype=torch.float64)
    w, b = (parameter.detach().numpy() for parameter in (conv.weight, conv.bias))
    net = Net(
        lambda x, conv, *relus: relus[1](conv(relus[0](conv(x)))).mean((2, 3)),
        conv,
        *(torch.nn.ReLU(), torch.nn.ReLU()),
    )

    def twice(x):
        h = ag.relu(ag.conv2d(x, w, b, padding=1).named("conv"))
        return ag.relu(ag.conv2d(h, w, b, padding=1).named("conv"))

    theirs = attr.NeuronDeconvolution(net, conv).attribute(in_torch(X), (1, 4, 5))
    assert_same(projected(twice, layer="conv#2", position=(4, 5)), theirs, 1e-12)
    assert_different(projected(twice, layer="conv", position=(4, 5)), theirs)


def test_captum_looks_at_what_the_model_returns_and_we_at_what_you_name():
    def probabilities(x):
        return ag.softmax(small(x)).named("probabilities")

    net = Net(lambda x, relu: in_two(x, relu).softmax(1), torch.nn.ReLU())
    theirs = WHOLE["gradient"][1](net).attribute(in_torch(X), target=1)
    assert_same(projected(probabilities, layer="probabilities", rules=vis.GRADIENT), theirs, 1e-12)
    logits = projected(probabilities, layer="out", rules=vis.GRADIENT)
    assert_different(logits, theirs)
    np.testing.assert_array_equal(logits, projected(small, rules=vis.GRADIENT))


def test_captum_leaves_dropout_on_in_a_net_that_is_training_and_we_switch_it_off(vggs):
    ours, theirs, x = vggs
    expected = attr.Deconvolution(theirs).attribute(in_torch(x), target=3)
    ours.train()
    theirs.train()
    torch.default_generator.manual_seed(0)
    dropped = attr.Deconvolution(theirs).attribute(in_torch(x), target=3)
    picture = projected(ours, x, "classifier.fc2", 3)
    theirs.eval()
    ours.eval()
    assert_same(picture, expected)
    assert_different(picture, dropped)
